/* Working hours of days, and working time along them.
 *
 * A calendar's working time is a set of instants: those whose local time lies in
 * the hours of their local date. So a clock that is put back while people work
 * makes the working day longer, and one that is put on makes it shorter.
 */
#ifndef WM_ROUTE_CALENDAR_H
#define WM_ROUTE_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "clock.h"
#include "wanmi/map.h"

/* The hours of a day. */
typedef struct wm_pattern {
    uint32_t count;
    const wanmi_hours *spans;
} wm_pattern;

/* Reads a column `hours` into the arena. Errors: memory. */
wanmi_status wm_pattern_read(wm_arena *arena, const char *hours, wm_pattern *pattern);

/* Days that are not like their weekday. */
typedef struct wm_exception {
    int64_t first, last;            /* both included */
    wm_pattern pattern;
} wm_exception;

/* The working time of the years 2000 to 2100 summed up, in seconds since
 * 2000-01-01T00:00Z. */
typedef struct wm_worktime wm_worktime;

typedef struct wm_calendar {
    const char *name;
    wm_pattern week[7];
    wm_exception *ranges, *dates;   /* each in the order of time, none meeting another */
    uint32_t range_count, date_count;
    wm_worktime *worktime;          /* NULL: not asked for */
} wm_calendar;

typedef struct wm_calendars {
    wm_calendar *list;              /* sorted by name */
    uint32_t count;
} wm_calendars;

/* Reads a map's calendars into the arena. Errors: memory. */
wanmi_status wm_calendars_read(wm_calendars *calendars, wm_arena *arena, const wanmi_map *map);
/* The number of a calendar by name, or WANMI_NONE. */
uint32_t wm_calendars_find(const wm_calendars *calendars, const char *name);

/* The hours of a day. */
const wm_pattern *wm_calendar_pattern(const wm_calendar *calendar, int64_t day);
/* Whether a day has working hours. */
bool wm_calendar_works(const wm_calendar *calendar, int64_t day);

/* Whether so much working time, or so many working days, are over within ten
 * years of any instant. */
bool wm_calendar_has(const wm_calendar *calendar, const wanmi_zone *zone, int64_t work_us, int64_t days);

/* ---- working time along a calendar (worktime.c) ----------------------------------- */

/* Sums up the working time of 2000 to 2100, as this unit of limits needs it. After
 * an error the calendar is of no use. Errors: memory. */
wanmi_status wm_worktime_make(wm_calendar *calendar, wm_arena *arena, const wanmi_zone *zone,
                              wanmi_limit_unit unit);

/* When so much working time (above 0) after an instant is used up; when the
 * working hours of the n-th (from 1) working day after its local date end. A
 * working day is one with working time. WANMI_TIME_NONE: not within twenty years.
 * Both give the same answers with and without sums. */
int64_t wm_work_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t work_us);
int64_t wm_work_day_end(const wm_calendar *calendar, wm_clock *clock, int64_t instant_us, int64_t days);

/* ---- the same from day to day (walk.c) --------------------------------------------- */

/* Walks through working time, span by span. */
typedef struct wm_work_walk {
    const wm_calendar *calendar;
    wm_clock clock;
    wm_stretch stretch;
    int64_t day;
    uint32_t span;
} wm_work_walk;

void wm_work_walk_begin(wm_work_walk *walk, const wm_calendar *calendar, const wanmi_zone *zone, int64_t instant_us);
/* The next span of instants; the first may begin before the walk's instant, or be
 * over by then. Gives false when it would begin on a day after `until_us`. */
bool wm_work_walk_next(wm_work_walk *walk, int64_t until_us, int64_t *from_us, int64_t *to_us);

/* When the working hours of a day end; false: it has no working time. */
bool wm_day_end(const wm_calendar *calendar, wm_clock *clock, int64_t day, int64_t *end_us);

int64_t wm_work_walk_end(const wm_calendar *calendar, const wanmi_zone *zone, int64_t instant_us, int64_t work_us);
int64_t wm_work_walk_day_end(const wm_calendar *calendar, const wanmi_zone *zone, int64_t day, int64_t days);

#endif
