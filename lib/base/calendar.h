/* Days and dates of the proleptic Gregorian calendar, and local time. Internal to base. */
#ifndef WM_CALENDAR_H
#define WM_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "wanmi/base.h"
#include "zone.h"

enum { DAY_SECONDS = 86400, MICROSECONDS = 1000000 };

/* Days since 1970-01-01 of a date, and back. Source: H. Hinnant,
 * "chrono-compatible low-level date algorithms", days_from_civil. */
int64_t wm_days_from_date(int64_t year, int month, int day);
void wm_date_from_days(int64_t days, int64_t *year, int *month, int *day);
int wm_days_in_month(int64_t year, int month);

/* Quotient that rounds towards minus infinity; `divisor` > 0. */
int64_t wm_floor_div(int64_t value, int64_t divisor);

/* An offset from UTC at `text`: +08, +0800, +08:00, +08:05:43; up to 23:59:59.
 * Gives where it ends, NULL when there is none. */
const char *wm_offset_parse(const char *text, int32_t *seconds);

/* The footer of a TZif file: a POSIX TZ rule, for instants after the table. */
typedef enum wm_rule_kind {
    WM_RULE_JULIAN,             /* Jn: day 1 to 365, 29 February is never counted */
    WM_RULE_DAY,                /* n: day 0 to 365 */
    WM_RULE_MONTH               /* Mm.w.d: the w-th weekday d of month m, 5 is the last */
} wm_rule_kind;

typedef struct wm_rule_day {
    wm_rule_kind kind;
    int month, week, day;
    int32_t time;               /* seconds after local midnight, -167 h to 167 h */
} wm_rule_day;

typedef struct wm_rule {
    bool is_given;
    bool has_summer;
    int32_t standard, summer;   /* seconds ahead of UTC */
    wm_rule_day to_summer, to_standard;
} wm_rule;

/* Reads "CST-8" or "EST5EDT,M3.2.0,M11.1.0"; false when it is not one. */
bool wm_rule_parse(const char *text, wm_rule *rule);
int32_t wm_rule_offset(const wm_rule *rule, int64_t instant);
/* The first change after `instant`; INT64_MAX when there is none. */
int64_t wm_rule_next(const wm_rule *rule, int64_t instant);

#endif
