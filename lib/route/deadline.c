/* Deadlines: which limit an event has under a profile, and when it is over. */
#include "plan.h"

#include <math.h>
#include <string.h>

static const int64_t HOUR_US = INT64_C(3600) * WM_SECOND_US;

/* ---- limits -------------------------------------------------------------------------- */

static bool needs_calendar(wanmi_limit_unit unit)
{
    return unit == WANMI_WORKING_HOUR || unit == WANMI_WORKING_DAY;
}

wanmi_status wm_limit_read(wm_compile *compile, double amount, const char *unit, const char *calendar,
                           const wm_place *place, wm_limit *limit)
{
    wanmi_plan *plan = compile->plan;
    *limit = (wm_limit){.unit = WANMI_URGENT_HOUR, .calendar = WANMI_NONE};
    wanmi_limit_unit_parse(unit, &limit->unit, NULL);
    bool hours = limit->unit == WANMI_URGENT_HOUR || limit->unit == WANMI_WORKING_HOUR;
    limit->amount = (int64_t)llround(hours ? amount * (double)HOUR_US : amount);
    if (!needs_calendar(limit->unit))
        return WANMI_OK;
    wm_place named = *place;
    named.column = "calendar";
    named.value = calendar[0] != '\0' ? calendar : "default";
    limit->calendar = wm_calendars_find(&plan->calendars, named.value);
    if (limit->calendar == WANMI_NONE)
        return wm_problem(compile, WANMI_E_ROUTE_RULE, &named, "there is no calendar of this name");
    if (wm_calendar_has(&plan->calendars.list[limit->calendar], wanmi_map_zone(plan->map),
                        hours ? limit->amount : 0, hours ? 0 : limit->amount))
        return WANMI_OK;
    return wm_problem(compile, WANMI_E_ROUTE_RULE, &named,
                      "the calendar has too little working time: the limit would not end within ten years");
}

int64_t wm_limit_end(const wanmi_plan *plan, const wm_limit *limit, wm_clock *clock, int64_t instant_us)
{
    if (instant_us > WM_CLOCK_MAX || instant_us < -WM_CLOCK_MAX)
        return WANMI_TIME_NONE;
    if (limit->amount == 0)
        return instant_us;
    if (limit->unit == WANMI_URGENT_HOUR)
        return instant_us + limit->amount;
    if (limit->unit == WANMI_NATURAL_DAY)
        return wm_clock_days_later(clock, instant_us, limit->amount);
    const wm_calendar *calendar = &plan->calendars.list[limit->calendar];
    if (limit->unit == WANMI_WORKING_HOUR)
        return wm_work_end(calendar, clock, instant_us, limit->amount);
    return wm_work_day_end(calendar, clock, instant_us, limit->amount);
}

/* ---- profiles -------------------------------------------------------------------------- */

static wanmi_status make_arrays(wanmi_plan *plan)
{
    size_t rows = wanmi_map_deadline_count(plan->map);
    plan->deadlines = wm_arena_alloc(&plan->arena, wm_product(rows, sizeof *plan->deadlines));
    plan->profiles = wm_arena_alloc(&plan->arena, wm_product(rows, sizeof *plan->profiles));
    plan->grades = wm_arena_alloc(&plan->arena, wm_product(rows, sizeof *plan->grades));
    return plan->deadlines != NULL && plan->profiles != NULL && plan->grades != NULL ? WANMI_OK
                                                                                     : WANMI_E_MEMORY;
}

/* 0 is every grade that no row names. */
static uint16_t grade_number(const wanmi_plan *plan, const char *grade)
{
    uint32_t at = 0;
    while (at < plan->grade_count && strcmp(plan->grades[at], grade) != 0)
        at++;
    return at < plan->grade_count ? (uint16_t)(at + 1) : 0;
}

static wanmi_status read_grade(wm_compile *compile, const char *grade, const wm_place *place,
                               uint16_t *number)
{
    wanmi_plan *plan = compile->plan;
    *number = 0;
    if (grade[0] == '\0')
        return WANMI_OK;
    *number = grade_number(plan, grade);
    if (*number != 0)
        return WANMI_OK;
    if (plan->grade_count == UINT16_MAX)
        return wm_problem(compile, WANMI_E_LIMIT, place, "deadlines name more than %d grades", UINT16_MAX);
    plan->grades[plan->grade_count++] = grade;
    *number = (uint16_t)plan->grade_count;
    return WANMI_OK;
}

static wanmi_status read_deadline(wm_compile *compile, const wanmi_deadline_def *def, wm_deadline *deadline)
{
    wm_place place = {.layer = "wanmi_deadlines", .row = def->row, .value = def->mode,
                      .column = "mode"};
    *deadline = (wm_deadline){.min_severity = (uint8_t)def->min_severity};
    wanmi_status status = wm_modes_read(compile, def->mode, &place, &deadline->modes);
    place.value = def->grade;
    place.column = "grade";
    if (status == WANMI_OK)
        status = read_grade(compile, def->grade, &place, &deadline->grade);
    if (status == WANMI_OK)
        status = wm_limit_read(compile, def->limit, def->unit, def->calendar, &place, &deadline->limit);
    if (status == WANMI_OK && deadline->limit.calendar != WANMI_NONE && compile->problems == 0)
        status = wm_worktime_make(&compile->plan->calendars.list[deadline->limit.calendar],
                                  &compile->plan->arena, wanmi_map_zone(compile->plan->map),
                                  deadline->limit.unit);
    return status;
}

/* Rows of one name stand together, in the order of seq. */
wanmi_status wm_compile_deadlines(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = make_arrays(plan);
    uint32_t count = wanmi_map_deadline_count(plan->map);
    for (uint32_t i = 0; i < count && status == WANMI_OK; i++) {
        wanmi_deadline_def def;
        wanmi_deadline_def_init(&def);
        wanmi_map_deadline(plan->map, i, &def);
        wm_profile *last = plan->profile_count != 0 ? &plan->profiles[plan->profile_count - 1] : NULL;
        if (last == NULL || strcmp(last->name, def.name) != 0) {
            last = &plan->profiles[plan->profile_count++];
            *last = (wm_profile){def.name, i, 0};
        }
        last->count++;
        status = read_deadline(compile, &def, &plan->deadlines[i]);
    }
    return status;
}

uint32_t wm_profile_find(const wanmi_plan *plan, const char *name)
{
    uint32_t low = 0, high = plan->profile_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(plan->profiles[middle].name, name);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}

/* ---- what they ask --------------------------------------------------------------------- */

static wanmi_status number_cells(wanmi_plan *plan)
{
    if (plan->grade_count == 0 || plan->cell_layer == WANMI_NONE)
        return WANMI_OK;
    const wm_layer *cells = &plan->layers[plan->cell_layer];
    plan->cell_grades = wm_arena_alloc(&plan->arena, wm_product(cells->area_count, sizeof(uint16_t)));
    if (plan->cell_grades == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = 0; i < cells->area_count; i++) {
        wanmi_area_info cell;
        wanmi_map_area(plan->map, cells->first_area + i, &cell);
        plan->cell_grades[i] = cell.grade[0] != '\0' ? grade_number(plan, cell.grade) : 0;
    }
    return WANMI_OK;
}

wanmi_status wm_compile_conditions(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    for (uint32_t i = 0; i < wanmi_map_deadline_count(plan->map); i++) {
        wanmi_deadline_def def;
        wanmi_deadline_def_init(&def);
        wanmi_map_deadline(plan->map, i, &def);
        wm_class_range(plan, def.class_prefix, &plan->deadlines[i].first_prefix,
                       &plan->deadlines[i].end_prefix);
    }
    return number_cells(plan);
}

uint32_t wm_deadline_for(const wanmi_plan *plan, const wm_profile *profile, const wm_case *of, uint16_t grade)
{
    for (uint32_t i = profile->first; i < profile->first + profile->count; i++) {
        const wm_deadline *deadline = &plan->deadlines[i];
        if (of->prefix >= deadline->first_prefix && of->prefix < deadline->end_prefix
            && (deadline->grade == 0 || deadline->grade == grade) && (deadline->modes & of->mode) != 0
            && of->severity >= deadline->min_severity)
            return i;
    }
    return WANMI_NONE;
}

uint32_t wm_deadline_of(const wanmi_plan *plan, const wm_profile *profile, const wm_case *of)
{
    uint16_t grade = 0;
    if (plan->cell_grades != NULL && of->cell != WANMI_NONE)
        grade = plan->cell_grades[of->cell - plan->layers[plan->cell_layer].first_area];
    return wm_deadline_for(plan, profile, of, grade);
}

wanmi_status wanmi_plan_due(const wanmi_plan *plan, const char *profile, uint32_t class_id,
                            uint32_t cell, uint8_t severity, const char *mode, int64_t time_us,
                            int64_t *due_us, uint32_t *deadline, wanmi_error *error)
{
    if (plan == NULL || profile == NULL || due_us == NULL || time_us == WANMI_TIME_NONE)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_plan_due needs a plan, a profile and an instant");
    uint32_t number = wm_profile_find(plan, profile);
    const wm_place place = {.value = profile};
    if (number == WANMI_NONE)
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "the map has no deadlines of this name");
    const char *text = class_id != WANMI_NONE ? wanmi_words_text(plan->words, class_id) : "";
    if (text == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the class %u is not in the words", class_id);
    if (cell != WANMI_NONE && !wm_is_cell(plan, cell))
        return wm_error(error, WANMI_E_ARGUMENT, "the area %u is no cell", cell);
    const wm_case of = {wm_class_prefix(plan, text), cell, wm_mode_of(plan, mode), severity};
    uint32_t row = wm_deadline_of(plan, &plan->profiles[number], &of);
    wm_clock clock;
    wm_clock_init(&clock, wanmi_map_zone(plan->map));
    *due_us = row != WANMI_NONE ? wm_limit_end(plan, &plan->deadlines[row].limit, &clock, time_us)
                                : WANMI_TIME_NONE;
    if (deadline != NULL)
        *deadline = row;
    return WANMI_OK;
}
