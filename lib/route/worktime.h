/* Working time of the years 2000 to 2100 summed up, in whole seconds of 32 bits, so
 * that a due time is two look-ups. Internal to the room: worktime.c makes it.
 */
#ifndef WM_ROUTE_WORKTIME_H
#define WM_ROUTE_WORKTIME_H

#include "calendar.h"

/* 2000-01-01T00:00Z, and the days from there to 2101-01-01. */
#define WM_CENTURY_FIRST_US INT64_C(946684800000000)
enum { WM_CENTURY_DAYS = 36891, WM_START_BITS = 16, WM_DONE_BITS = 14 };
#define WM_CENTURY_US (WM_CENTURY_DAYS * WM_DAY_US)

/* Local dates that are counted: those that lie between the two in every zone. */
enum { WM_COUNTED_FIRST = 10958, WM_COUNTED_DAYS = WM_CENTURY_DAYS - 3 };

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
    uint32_t *by_start;             /* the last stint that starts at or before n << WM_START_BITS */
    uint32_t *by_done;              /* the last stint with so little before it, n << WM_DONE_BITS */
    bool is_near;                   /* from there it is never further than two stints */
    uint32_t *working_days;         /* until and with WM_COUNTED_FIRST + n; NULL: no days are asked for */
    uint32_t *day_ends;             /* of the n-th working day */
    uint32_t day_count;
};

/* The stint of a second, and the one that so many seconds of work end in. */
static inline const wm_stint *wm_stint_at(const wm_worktime *sums, uint32_t second)
{
    const wm_stint *stint = &sums->stints[sums->by_start[second >> WM_START_BITS]];
    while (stint[1].start <= second)
        stint++;
    return stint;
}

static inline const wm_stint *wm_stint_with(const wm_worktime *sums, uint32_t done)
{
    const wm_stint *stint = &sums->stints[sums->by_done[done >> WM_DONE_BITS]];
    while (stint[1].done <= done)
        stint++;
    return stint;
}

/* The same without a guess, where the tables lead as near as that (wm_worktime.is_near):
 * where stints are some hours long. */
static inline const wm_stint *wm_near_stint_at(const wm_worktime *sums, uint32_t second)
{
    const wm_stint *stint = &sums->stints[sums->by_start[second >> WM_START_BITS]];
    stint += stint[1].start <= second;
    return stint + (stint[1].start <= second);
}

static inline const wm_stint *wm_near_stint_with(const wm_worktime *sums, uint32_t done)
{
    const wm_stint *stint = &sums->stints[sums->by_done[done >> WM_DONE_BITS]];
    stint += stint[1].done <= done;
    return stint + (stint[1].done <= done);
}

/* Microseconds of work before an instant, which is counted in microseconds from the
 * century's begin. */
static inline int64_t wm_worktime_before(const wm_worktime *sums, uint64_t since_us)
{
    const wm_stint *stint = wm_stint_at(sums, (uint32_t)(since_us / (uint64_t)WM_SECOND_US));
    int64_t into = (int64_t)since_us - stint->start * WM_SECOND_US;
    int64_t length = (int64_t)(stint[1].done - stint->done) * WM_SECOND_US;
    return stint->done * WM_SECOND_US + (into < length ? into : length);
}

/* The instant at which there was so much work (above 0) since the century's begin.
 * False: not within the sums. The end of a stint belongs to it, not to the next one. */
static inline bool wm_worktime_at(const wm_worktime *sums, int64_t work_us, int64_t *end_us)
{
    uint64_t second = (uint64_t)(work_us - 1) / (uint64_t)WM_SECOND_US;
    if (second >= sums->total)
        return false;
    const wm_stint *stint = wm_stint_with(sums, (uint32_t)second);
    *end_us = WM_CENTURY_FIRST_US + stint->start * WM_SECOND_US + (work_us - stint->done * WM_SECOND_US);
    return true;
}

/* When the working hours of the n-th working day after a local date end. */
static inline bool wm_worktime_day_end(const wm_worktime *sums, int64_t day, int64_t days, int64_t *end_us)
{
    if ((uint64_t)(day - WM_COUNTED_FIRST) >= WM_COUNTED_DAYS)
        return false;
    uint64_t wanted = sums->working_days[day - WM_COUNTED_FIRST] + (uint64_t)days - 1;
    if (wanted >= sums->day_count)
        return false;
    *end_us = WM_CENTURY_FIRST_US + sums->day_ends[wanted] * WM_SECOND_US;
    return true;
}

#endif
