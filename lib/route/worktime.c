/* Working time summed up once: see worktime.h. A year of a plain calendar is 10 kB. */
#include "worktime.h"

#define FIRST_US WM_CENTURY_FIRST_US
#define LAST_US (WM_CENTURY_FIRST_US + WM_CENTURY_US)

static uint32_t second_of(int64_t instant_us)
{
    return (uint32_t)((instant_us - FIRST_US) / WM_SECOND_US);
}

/* Fills the stints, or only counts them where there are none yet. */
static uint32_t walk_stints(const wm_calendar *calendar, const wanmi_zone *zone, wm_worktime *sums)
{
    wm_work_walk walk;
    wm_work_walk_begin(&walk, calendar, zone, FIRST_US);
    uint32_t count = 1, done = 0;
    for (int64_t from, to; wm_work_walk_next(&walk, LAST_US, &from, &to);) {
        from = from < FIRST_US ? FIRST_US : from;
        to = to > LAST_US ? LAST_US : to;
        if (from >= to)
            continue;
        if (sums->stints != NULL)
            sums->stints[count] = (wm_stint){second_of(from), done};
        done += second_of(to) - second_of(from);
        count++;
    }
    sums->total = done;
    return count;
}

static wanmi_status make_stints(wm_worktime *sums, const wm_calendar *calendar, wm_arena *arena,
                                const wanmi_zone *zone)
{
    sums->count = walk_stints(calendar, zone, sums);
    sums->stints = wm_arena_alloc(arena, ((size_t)sums->count + 1) * sizeof *sums->stints);
    if (sums->stints == NULL)
        return WANMI_E_MEMORY;
    sums->stints[0] = (wm_stint){0, 0};
    walk_stints(calendar, zone, sums);
    sums->stints[sums->count] = (wm_stint){UINT32_MAX, sums->total};
    return WANMI_OK;
}

/* Whether no entry of a table is further than two stints from the next. */
static bool leads_near(const wm_worktime *sums, const uint32_t *table, size_t count)
{
    bool near = sums->count - 1 <= table[count - 1] + 2;
    for (size_t i = 1; i < count; i++)
        near = near && table[i] <= table[i - 1] + 2;
    return near;
}

static wanmi_status make_steps(wm_worktime *sums, wm_arena *arena)
{
    size_t starts = ((size_t)second_of(LAST_US) >> WM_START_BITS) + 1;
    size_t dones = ((size_t)sums->total >> WM_DONE_BITS) + 1;
    sums->by_start = wm_arena_alloc(arena, starts * sizeof *sums->by_start);
    sums->by_done = wm_arena_alloc(arena, dones * sizeof *sums->by_done);
    if (sums->by_start == NULL || sums->by_done == NULL)
        return WANMI_E_MEMORY;
    uint32_t at = 0;
    for (size_t i = 0; i < starts; i++) {
        while (sums->stints[at + 1].start <= i << WM_START_BITS)
            at++;
        sums->by_start[i] = at;
    }
    at = 0;
    for (size_t i = 0; i < dones; i++) {
        while (at + 1 < sums->count && sums->stints[at + 1].done <= i << WM_DONE_BITS)
            at++;
        sums->by_done[i] = at;
    }
    sums->is_near = leads_near(sums, sums->by_start, starts) && leads_near(sums, sums->by_done, dones);
    return WANMI_OK;
}

static wanmi_status make_days(wm_worktime *sums, const wm_calendar *calendar, wm_arena *arena,
                              const wanmi_zone *zone)
{
    sums->working_days = wm_arena_alloc(arena, WM_COUNTED_DAYS * sizeof *sums->working_days);
    sums->day_ends = wm_arena_alloc(arena, WM_COUNTED_DAYS * sizeof *sums->day_ends);
    if (sums->working_days == NULL || sums->day_ends == NULL)
        return WANMI_E_MEMORY;
    wm_clock clock;
    wm_clock_init(&clock, zone);
    for (int64_t i = 0; i < WM_COUNTED_DAYS; i++) {
        int64_t end;
        if (wm_day_end(calendar, &clock, WM_COUNTED_FIRST + i, &end))
            sums->day_ends[sums->day_count++] = second_of(end);
        sums->working_days[i] = sums->day_count;
    }
    return WANMI_OK;
}

static wanmi_status make_hours(wm_worktime *sums, const wm_calendar *calendar, wm_arena *arena,
                               const wanmi_zone *zone)
{
    wanmi_status status = make_stints(sums, calendar, arena, zone);
    return status == WANMI_OK ? make_steps(sums, arena) : status;
}

wanmi_status wm_worktime_make(wm_calendar *calendar, wm_arena *arena, const wanmi_zone *zone,
                              wanmi_limit_unit unit)
{
    wm_worktime *sums = calendar->worktime;
    if (sums == NULL) {
        sums = wm_arena_alloc(arena, sizeof *sums);
        if (sums == NULL)
            return WANMI_E_MEMORY;
        *sums = (wm_worktime){0};
        calendar->worktime = sums;
    }
    if (unit == WANMI_WORKING_HOUR && sums->stints == NULL)
        return make_hours(sums, calendar, arena, zone);
    if (unit == WANMI_WORKING_DAY && sums->working_days == NULL)
        return make_days(sums, calendar, arena, zone);
    return WANMI_OK;
}

int64_t wm_work_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t work_us)
{
    const wm_worktime *sums = calendar->worktime;
    int64_t end;
    if (sums != NULL && sums->stints != NULL && instant_us >= FIRST_US && instant_us < LAST_US
        && wm_worktime_at(sums, wm_worktime_before(sums, (uint64_t)(instant_us - FIRST_US)) + work_us, &end))
        return end;
    return wm_work_walk_end(calendar, clock->zone, instant_us, work_us);
}

int64_t wm_work_day_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t days)
{
    const wm_worktime *sums = calendar->worktime;
    int64_t day = wm_clock_day(clock, instant_us), end;
    if (sums != NULL && sums->working_days != NULL && wm_worktime_day_end(sums, day, days, &end))
        return end;
    return wm_work_walk_day_end(calendar, clock->zone, day, days);
}
