/* Working time summed up once, so that a due time is two look-ups: how much
 * working time there was before the instant, and when there will have been so
 * much more. In whole seconds of 32 bits: a year of a plain calendar is 10 kB.
 */
#include "calendar.h"

/* 2000-01-01T00:00Z, and the days from there to 2101-01-01. */
#define FIRST_US INT64_C(946684800000000)
enum { DAYS = 36891, SECONDS_BITS = 16, DONE_BITS = 14 };
#define LAST_US (FIRST_US + DAYS * WM_DAY_US)

/* Local dates that are counted: those that lie between the two in every zone. */
enum { FIRST_DAY = 10958, COUNTED_DAYS = DAYS - 3 };

/* A span of working time begins, and so many seconds of it were before. It lasts
 * for what the next one has more. */
typedef struct wm_stint {
    uint32_t start, done;
} wm_stint;

struct wm_worktime {
    wm_stint *stints;               /* the first is empty, at 0; one more stands behind the last;
                                       NULL: no hours are asked for */
    uint32_t count;
    uint32_t total;                 /* seconds of work in all */
    uint32_t *by_start;             /* the last stint that starts at or before n << SECONDS_BITS */
    uint32_t *by_done;              /* the last stint with so little before it, n << DONE_BITS */
    uint32_t *working_days;         /* until and with FIRST_DAY + n; NULL: no days are asked for */
    uint32_t *day_ends;             /* of the n-th working day */
    uint32_t day_count;
};

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

static wanmi_status make_steps(wm_worktime *sums, wm_arena *arena)
{
    size_t starts = ((size_t)second_of(LAST_US) >> SECONDS_BITS) + 1;
    size_t dones = ((size_t)sums->total >> DONE_BITS) + 1;
    sums->by_start = wm_arena_alloc(arena, starts * sizeof *sums->by_start);
    sums->by_done = wm_arena_alloc(arena, dones * sizeof *sums->by_done);
    if (sums->by_start == NULL || sums->by_done == NULL)
        return WANMI_E_MEMORY;
    uint32_t at = 0;
    for (size_t i = 0; i < starts; i++) {
        while (sums->stints[at + 1].start <= i << SECONDS_BITS)
            at++;
        sums->by_start[i] = at;
    }
    at = 0;
    for (size_t i = 0; i < dones; i++) {
        while (at + 1 < sums->count && sums->stints[at + 1].done <= i << DONE_BITS)
            at++;
        sums->by_done[i] = at;
    }
    return WANMI_OK;
}

static wanmi_status make_days(wm_worktime *sums, const wm_calendar *calendar, wm_arena *arena,
                              const wanmi_zone *zone)
{
    sums->working_days = wm_arena_alloc(arena, COUNTED_DAYS * sizeof *sums->working_days);
    sums->day_ends = wm_arena_alloc(arena, COUNTED_DAYS * sizeof *sums->day_ends);
    if (sums->working_days == NULL || sums->day_ends == NULL)
        return WANMI_E_MEMORY;
    wm_clock clock;
    wm_clock_init(&clock, zone);
    for (int64_t i = 0; i < COUNTED_DAYS; i++) {
        int64_t end;
        if (wm_day_end(calendar, &clock, FIRST_DAY + i, &end))
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

/* Microseconds of work before an instant. */
static int64_t work_before(const wm_worktime *sums, int64_t instant_us)
{
    uint32_t second = second_of(instant_us);
    const wm_stint *stint = &sums->stints[sums->by_start[second >> SECONDS_BITS]];
    while (stint[1].start <= second)
        stint++;
    int64_t into = instant_us - FIRST_US - stint->start * WM_SECOND_US;
    int64_t length = (int64_t)(stint[1].done - stint->done) * WM_SECOND_US;
    return stint->done * WM_SECOND_US + (into < length ? into : length);
}

int64_t wm_work_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t work_us)
{
    const wm_worktime *sums = calendar->worktime;
    if (sums == NULL || sums->stints == NULL || instant_us < FIRST_US || instant_us >= LAST_US)
        return wm_work_walk_end(calendar, clock->zone, instant_us, work_us);
    int64_t target = work_before(sums, instant_us) + work_us;
    /* The end of a stint belongs to it, not to the next one. */
    int64_t second = (target - 1) / WM_SECOND_US;
    if (second >= sums->total)
        return wm_work_walk_end(calendar, clock->zone, instant_us, work_us);
    const wm_stint *stint = &sums->stints[sums->by_done[second >> DONE_BITS]];
    while (stint[1].done <= second)
        stint++;
    return FIRST_US + stint->start * WM_SECOND_US + (target - stint->done * WM_SECOND_US);
}

int64_t wm_work_day_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t days)
{
    const wm_worktime *sums = calendar->worktime;
    int64_t day = wm_clock_day(clock, instant_us);
    if (sums != NULL && sums->working_days != NULL && day >= FIRST_DAY && day < FIRST_DAY + COUNTED_DAYS) {
        uint64_t wanted = sums->working_days[day - FIRST_DAY] + (uint64_t)days - 1;
        if (wanted < sums->day_count)
            return FIRST_US + sums->day_ends[wanted] * WM_SECOND_US;
    }
    return wm_work_walk_day_end(calendar, clock->zone, day, days);
}
