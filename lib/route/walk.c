/* Working time from day to day, stretch of the zone by stretch: the plain way,
 * for any year, and what the sums of worktime.c are made from.
 *
 * Inside a stretch local time runs straight on; where a clock is put back over
 * midnight a day comes twice, and so is walked through twice.
 */
#include "calendar.h"

/* How far is looked, and so how long a plan's limits may last: ten years, and as
 * much again where exceptions meet a limit half used up. */
enum { MOST_DAYS = 2 * 3653 };

static const int64_t MINUTE_US = WM_MINUTE_SECONDS * WM_SECOND_US;

/* No zone is further from UTC (RFC 8536). */
static const int64_t MOST_OFFSET_US = INT64_C(26) * 3600 * WM_SECOND_US;

/* The part of a span of a day that lies in a stretch; false: none. */
static bool span_in(const wm_stretch *stretch, int64_t day, const wanmi_hours *span, int64_t *from_us,
                    int64_t *to_us)
{
    int64_t midnight = day * WM_DAY_US - stretch->offset_us;
    *from_us = midnight + span->from_minute * MINUTE_US;
    *to_us = midnight + span->to_minute * MINUTE_US;
    if (*from_us < stretch->from_us)
        *from_us = stretch->from_us;
    if (*to_us > stretch->to_us)
        *to_us = stretch->to_us;
    return *from_us < *to_us;
}

static void enter(wm_work_walk *walk, int64_t instant_us)
{
    wm_clock_offset(&walk->clock, instant_us);
    walk->stretch = walk->clock.stretch;
    walk->day = wm_clock_day(&walk->clock, instant_us);
    walk->span = 0;
}

void wm_work_walk_begin(wm_work_walk *walk, const wm_calendar *calendar, const wanmi_zone *zone, int64_t instant_us)
{
    *walk = (wm_work_walk){.calendar = calendar};
    wm_clock_init(&walk->clock, zone);
    enter(walk, instant_us);
}

bool wm_work_walk_next(wm_work_walk *walk, int64_t until_us, int64_t *from_us, int64_t *to_us)
{
    for (;;) {
        const wm_pattern *pattern = wm_calendar_pattern(walk->calendar, walk->day);
        while (walk->span < pattern->count)
            if (span_in(&walk->stretch, walk->day, &pattern->spans[walk->span++], from_us, to_us))
                return true;
        walk->span = 0;
        walk->day++;
        int64_t midnight = walk->day * WM_DAY_US - walk->stretch.offset_us;
        if (midnight >= walk->stretch.to_us) {
            midnight = walk->stretch.to_us;
            enter(walk, midnight);
            walk->stretch.from_us = midnight;
        }
        if (midnight > until_us)
            return false;
    }
}

bool wm_day_end(const wm_calendar *calendar, wm_clock *clock, int64_t day, int64_t *end_us)
{
    const wm_pattern *pattern = wm_calendar_pattern(calendar, day);
    if (pattern->count == 0)
        return false;
    bool found = false;
    int64_t until = (day + 1) * WM_DAY_US + MOST_OFFSET_US;
    for (int64_t at = day * WM_DAY_US - MOST_OFFSET_US; at < until; at = clock->stretch.to_us) {
        wm_clock_offset(clock, at);
        for (uint32_t i = 0; i < pattern->count; i++) {
            int64_t from, to;
            if (!span_in(&clock->stretch, day, &pattern->spans[i], &from, &to))
                continue;
            if (!found || to > *end_us)
                *end_us = to;
            found = true;
        }
    }
    return found;
}

int64_t wm_work_walk_end(const wm_calendar *calendar, const wanmi_zone *zone, int64_t instant_us, int64_t work_us)
{
    wm_work_walk walk;
    wm_work_walk_begin(&walk, calendar, zone, instant_us);
    int64_t from, to;
    while (wm_work_walk_next(&walk, instant_us + MOST_DAYS * WM_DAY_US, &from, &to)) {
        if (from < instant_us)
            from = instant_us;
        if (to <= from)
            continue;
        if (to - from >= work_us)
            return from + work_us;
        work_us -= to - from;
    }
    return WANMI_TIME_NONE;
}

int64_t wm_work_walk_day_end(const wm_calendar *calendar, const wanmi_zone *zone, int64_t day, int64_t days)
{
    wm_clock clock;
    wm_clock_init(&clock, zone);
    for (int64_t at = day + 1; at <= day + MOST_DAYS; at++) {
        int64_t end;
        if (wm_day_end(calendar, &clock, at, &end) && --days == 0)
            return end;
    }
    return WANMI_TIME_NONE;
}
