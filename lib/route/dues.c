/* Due times for programs: limits in a form that asks nothing, and which limit a step
 * has for each tier and grade. */
#include "rows.h"

#include <string.h>

/* Whether clocks are never changed again: a day is then always as long. */
static bool is_steady(const wanmi_zone *zone)
{
    wm_stretch stretch;
    wm_zone_stretch(zone, WM_CENTURY_FIRST_US, &stretch);
    return stretch.to_us == INT64_MAX;
}

/* Work in whole seconds, where it can be counted so; 0: it cannot. */
static uint32_t seconds_of(const wm_worktime *sums, int64_t work_us)
{
    bool fits = sums->is_near && work_us % WM_SECOND_US == 0 && work_us / WM_SECOND_US < UINT32_MAX / 4;
    return fits ? (uint32_t)(work_us / WM_SECOND_US) : 0;
}

static wm_due due_of(const wanmi_plan *plan, const wm_limit *limit, const wm_worktime *sums)
{
    wm_due due = {.keep = -1, .add = limit->amount};
    if (limit->amount == 0 || limit->unit == WANMI_URGENT_HOUR)
        return due;
    if (limit->unit == WANMI_NATURAL_DAY) {
        due.add *= WM_DAY_US;
        due.is_days = !is_steady(wanmi_map_zone(plan->map));
    } else if (limit->unit == WANMI_WORKING_HOUR) {
        due.is_work = 1;
        due.seconds = seconds_of(sums, limit->amount);
    } else {
        due.is_work_days = 1;
    }
    return due;
}

wanmi_status wm_make_limits(wm_compile *compile, struct wm_programs *programs)
{
    wanmi_plan *plan = compile->plan;
    uint32_t count = wanmi_map_deadline_count(plan->map);
    programs->grades = plan->grade_count + 1;
    programs->limits = wm_arena_alloc(&plan->arena, wm_product((size_t)count + 1, sizeof *programs->limits));
    programs->sums = wm_arena_alloc(&plan->arena, wm_product((size_t)count + 1, sizeof *programs->sums));
    if (programs->limits == NULL || programs->sums == NULL)
        return WANMI_E_MEMORY;
    programs->has_dues = count != 0;
    programs->limits[0] = (wm_due){.add = WANMI_TIME_NONE};
    programs->sums[0] = NULL;
    for (uint32_t i = 0; i < count; i++) {
        const wm_limit *limit = &plan->deadlines[i].limit;
        wm_due *due = &programs->limits[i + 1];
        programs->sums[i + 1] =
            limit->calendar != WANMI_NONE ? plan->calendars.list[limit->calendar].worktime : NULL;
        *due = due_of(plan, limit, programs->sums[i + 1]);
        programs->has_later |= due->is_days != 0 || due->is_work != 0 || due->is_work_days != 0;
        programs->needs_day |= due->is_work_days != 0;
        programs->needs_stretch |= due->is_days != 0;
    }
    return WANMI_OK;
}

static size_t row_length(const struct wm_programs *programs)
{
    return (size_t)programs->tiers.count * programs->grades;
}

static void fill_row(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t profile, uint32_t prefix,
                     uint32_t *row)
{
    for (uint32_t tier = 0; tier < programs->tiers.count; tier++) {
        const wm_case of = {prefix, WANMI_NONE, (wm_modes)1 << tier / programs->tiers.ranks,
                            programs->tiers.thresholds[tier % programs->tiers.ranks]};
        for (uint32_t grade = 0; grade < programs->grades; grade++) {
            uint32_t deadline = wm_deadline_for(plan, &plan->profiles[profile], &of, (uint16_t)grade);
            *row++ = deadline != WANMI_NONE ? deadline + 1 : 0;
        }
    }
}

/* The first row says of everything that it is never due. */
wanmi_status wm_begin_dues(wm_compile *compile, const struct wm_programs *programs, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    size_t count = wm_product(plan->profile_count, plan->prefix_count), length = row_length(programs);
    rows->dues = wm_alloc(&plan->host, wm_product(count, sizeof *rows->dues));
    uint32_t *never = wm_alloc_zero(&plan->host, length * sizeof *never), number = 0;
    bool made = rows->dues != NULL && never != NULL && wm_pool_put(&rows->due_rows, never, length, &number);
    wm_free(&plan->host, never, length * sizeof *never);
    for (size_t i = 0; i < count && made; i++)
        rows->dues[i] = WANMI_NONE;
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

wanmi_status wm_find_dues(wm_compile *compile, const struct wm_programs *programs, wm_rows *rows, uint32_t profile,
                          uint32_t prefix, uint32_t *first)
{
    const wanmi_plan *plan = compile->plan;
    size_t length = row_length(programs);
    *first = 0;
    if (profile == WANMI_NONE)
        return WANMI_OK;
    uint32_t *known = &rows->dues[(size_t)profile * plan->prefix_count + prefix];
    if (*known == WANMI_NONE) {
        uint32_t *row = wm_alloc(&plan->host, length * sizeof *row), number;
        if (row == NULL)
            return WANMI_E_MEMORY;
        fill_row(plan, programs, profile, prefix, row);
        bool put = wm_pool_put(&rows->due_rows, row, length, &number);
        wm_free(&plan->host, row, length * sizeof *row);
        if (!put)
            return WANMI_E_MEMORY;
        *known = number * (uint32_t)length;
    }
    *first = *known;
    return WANMI_OK;
}

wanmi_status wm_keep_dues(wm_compile *compile, struct wm_programs *programs, const wm_rows *rows)
{
    size_t count = rows->due_rows.word_count;
    programs->dues = wm_arena_alloc(&compile->plan->arena, wm_product(count, sizeof *programs->dues));
    if (programs->dues == NULL)
        return WANMI_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        programs->dues[i] = (uint16_t)rows->due_rows.words[i];
    return WANMI_OK;
}
