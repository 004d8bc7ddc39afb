/* Local dates and times of instants. A clock remembers the zone's stretch it was
 * asked about last: events of one season cost an addition, not a search. */
#ifndef WM_ROUTE_CLOCK_H
#define WM_ROUTE_CLOCK_H

#include <stdint.h>

#include "base/zone.h"

enum { WM_DAY_SECONDS = 86400, WM_DAY_MINUTES = 1440, WM_MINUTE_SECONDS = 60 };
#define WM_SECOND_US INT64_C(1000000)
#define WM_DAY_US (WM_DAY_SECONDS * WM_SECOND_US)

/* Instants are taken as lying in these 36,000 years to either side of 1970, so
 * that sums with offsets and limits do not overflow. */
#define WM_CLOCK_MAX (INT64_C(1) << 60)

typedef struct wm_clock {
    const wanmi_zone *zone;
    wm_stretch stretch;             /* empty (from_us == to_us) before the first question */
} wm_clock;

typedef struct wm_local {
    int64_t day;                    /* days since 1970-01-01 */
    int32_t minute;                 /* of the day */
} wm_local;

void wm_clock_init(wm_clock *clock, const wanmi_zone *zone);

/* The day that a local time, in microseconds, lies in. */
int64_t wm_days_of(int64_t local_us);

/* Microseconds that local time is ahead at an instant. */
int64_t wm_clock_offset(wm_clock *clock, int64_t instant_us);
wm_local wm_clock_local(wm_clock *clock, int64_t instant_us);
int64_t wm_clock_day(wm_clock *clock, int64_t instant_us);

/* 0 is Monday; `day` as in wm_local. */
unsigned wm_weekday(int64_t day);

/* The instant of the same local time `days` (1 or more) later: where a clock
 * change leaves that out, moved on by the gap; where it comes twice, the earlier. */
int64_t wm_clock_days_later(wm_clock *clock, int64_t instant_us, int64_t days);

#endif
