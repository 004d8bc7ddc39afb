/* Hours, days and limits a second time, minute by minute: what the library's
 * tables are held against. Nothing is kept from one question to the next.
 */
#ifndef WM_TEST_PLAIN_TIME_H
#define WM_TEST_PLAIN_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* Days since 1970-01-01 of a date. */
int64_t test_day(int year, int month, int day);

/* Whether a day has working hours in a calendar of the map ("" is "default"). */
bool test_plain_workday(const wanmi_map *map, const char *calendar, int64_t day);

/* Whether the columns `weekdays` and `hours` of a rule hold at an instant. */
bool test_plain_when(const wanmi_map *map, const char *weekdays, const char *hours, int64_t instant_us);

/* When a limit that runs from an instant is over. Ends the process where that is
 * not within eleven years. */
int64_t test_plain_limit(const wanmi_map *map, double limit, const char *unit, const char *calendar,
                         int64_t instant_us);

#endif
