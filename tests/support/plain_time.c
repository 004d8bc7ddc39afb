/* See plain_time.h. */
#include "plain_time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE INT64_C(60000000)
#define DAY (1440 * MINUTE)

static int64_t floor_div(int64_t value, int64_t divisor)
{
    return value / divisor - (value % divisor < 0);
}

/* By counting years and months. */
int64_t test_day(int year, int month, int day)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = 0;
    for (int y = year < 1970 ? year : 1970; y < (year < 1970 ? 1970 : year); y++)
        days += y % 4 == 0 && (y % 100 != 0 || y % 400 == 0) ? 366 : 365;
    days = year < 1970 ? -days : days;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    for (int m = 1; m < month; m++)
        days += lengths[m - 1] + (m == 2 && leap);
    return days + day - 1;
}

static int64_t local_of(const wanmi_map *map, int64_t instant_us)
{
    return instant_us + wanmi_zone_offset(wanmi_map_zone(map), instant_us) * INT64_C(1000000);
}

/* The hours that a calendar has for a day; NULL: no row names it. */
static const char *hours_of(const wanmi_map *map, const char *calendar, int64_t day)
{
    const char *hours = NULL;
    wanmi_days_kind best = WANMI_DAYS_ANY;
    uint32_t weekday = (uint32_t)(day + 3 - floor_div(day + 3, 7) * 7);
    for (uint32_t i = 0; i < wanmi_map_calendar_count(map); i++) {
        wanmi_calendar_def row;
        wanmi_calendar_def_init(&row);
        wanmi_map_calendar(map, i, &row);
        wanmi_days days;
        if (strcmp(row.name, calendar) != 0 || wanmi_days_parse(row.day, &days, NULL) != WANMI_OK)
            continue;
        bool holds = days.kind == WANMI_DAYS_WEEK ? (days.weekdays >> weekday & 1) != 0
                                                  : days.first_day <= day && day <= days.last_day;
        if (holds && days.kind > best) {
            best = days.kind;
            hours = row.hours;
        }
    }
    return hours;
}

/* Blanks say as little as nothing. */
static bool is_blank(const char *text)
{
    return text[strspn(text, " ")] == '\0';
}

static bool in_hours(const char *hours, int64_t minute)
{
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count = 0;
    if (hours != NULL)
        wanmi_hours_parse(hours, spans, WANMI_HOURS_MAX, &count, NULL);
    for (size_t i = 0; i < count; i++)
        if (minute >= spans[i].from_minute && minute < spans[i].to_minute)
            return true;
    return false;
}

static const char *named(const char *calendar)
{
    return calendar[0] != '\0' ? calendar : "default";
}

bool test_plain_workday(const wanmi_map *map, const char *calendar, int64_t day)
{
    const char *hours = hours_of(map, named(calendar), day);
    return hours != NULL && !is_blank(hours);
}

static bool day_fits(const wanmi_map *map, const char *weekdays, int64_t day)
{
    wanmi_days days;
    if (wanmi_days_parse(weekdays, &days, NULL) != WANMI_OK)
        abort();
    if (days.kind == WANMI_DAYS_WEEK)
        return (days.weekdays >> (day + 3 - floor_div(day + 3, 7) * 7) & 1) != 0;
    if (days.kind == WANMI_DAYS_WORK)
        return test_plain_workday(map, days.calendar, day);
    return days.kind == WANMI_DAYS_ANY || !test_plain_workday(map, days.calendar, day);
}

bool test_plain_when(const wanmi_map *map, const char *weekdays, const char *hours, int64_t instant_us)
{
    int64_t local = local_of(map, instant_us), day = floor_div(local, DAY);
    int64_t minute = (local - day * DAY) / MINUTE;
    if (is_blank(hours))
        return day_fits(map, weekdays, day);
    return (in_hours(hours, minute) && day_fits(map, weekdays, day))
        || (in_hours(hours, minute + 1440) && day_fits(map, weekdays, day - 1));
}

/* ---- limits ------------------------------------------------------------------------------- */

static void give_up(void)
{
    fprintf(stderr, "a limit does not end\n");
    abort();
}

/* The hours of the day that is walked through. */
typedef struct walk {
    const wanmi_map *map;
    const char *calendar;
    int64_t day;
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count;
} walk;

static walk begin(const wanmi_map *map, const char *calendar)
{
    return (walk){.map = map, .calendar = named(calendar), .day = INT64_MIN};
}

/* Whether an instant lies in the working hours of its local date. */
static bool is_working(walk *w, int64_t at)
{
    int64_t local = local_of(w->map, at), day = floor_div(local, DAY);
    if (day != w->day) {
        const char *hours = hours_of(w->map, w->calendar, day);
        w->count = 0;
        wanmi_hours_parse(hours != NULL ? hours : "", w->spans, WANMI_HOURS_MAX, &w->count, NULL);
        w->day = day;
    }
    int64_t minute = (local - day * DAY) / MINUTE;
    for (size_t i = 0; i < w->count; i++)
        if (minute >= w->spans[i].from_minute && minute < w->spans[i].to_minute)
            return true;
    return false;
}

static int64_t working_hours(const wanmi_map *map, const char *calendar, int64_t from, int64_t left)
{
    walk w = begin(map, calendar);
    for (int64_t at = from, next; at < from + 4000 * DAY; at = next) {
        next = (floor_div(at, MINUTE) + 1) * MINUTE;
        if (!is_working(&w, at))
            continue;
        if (left <= next - at)
            return at + left;
        left -= next - at;
    }
    give_up();
    return 0;
}

/* A day is over when its date has not been the local one for two days. */
static int64_t working_days(const wanmi_map *map, const char *calendar, int64_t from, int64_t wanted)
{
    int64_t today = floor_div(local_of(map, from), DAY);
    int64_t date = today, end = 0, found = 0;
    walk w = begin(map, calendar);
    for (int64_t at = floor_div(from, MINUTE) * MINUTE; at < from + 4000 * DAY; at += MINUTE) {
        int64_t day = floor_div(local_of(map, at), DAY);
        if (found == wanted && day > date + 1)
            return end;
        if (day <= today || !is_working(&w, at))
            continue;
        if (day > date && found < wanted) {
            date = day;
            found++;
        }
        if (day == date && found == wanted)
            end = at + MINUTE;
    }
    give_up();
    return 0;
}

static int64_t natural_days(const wanmi_map *map, int64_t from, int64_t days)
{
    const wanmi_zone *zone = wanmi_map_zone(map);
    char text[40], again[48];
    /* The date of the later day is that of its noon in UTC, its time the local one. */
    wanmi_time_format(NULL, (floor_div(local_of(map, from), DAY) + days) * DAY + DAY / 2, again,
                      sizeof again);
    int64_t local = local_of(map, from);
    wanmi_time_format(NULL, local, text, sizeof text);
    text[strlen(text) - 1] = '\0';
    memcpy(text, again, 10);
    int64_t end = 0;
    if (wanmi_time_parse(zone, text, &end, NULL) != WANMI_OK)
        give_up();
    return end;
}

int64_t test_plain_limit(const wanmi_map *map, double limit, const char *unit, const char *calendar,
                         int64_t instant_us)
{
    int64_t hours = (int64_t)llround(limit * 3600e6);
    if (limit == 0)
        return instant_us;
    if (strcmp(unit, "urgent_hour") == 0)
        return instant_us + hours;
    if (strcmp(unit, "working_hour") == 0)
        return working_hours(map, calendar, instant_us, hours);
    if (strcmp(unit, "working_day") == 0)
        return working_days(map, calendar, instant_us, (int64_t)limit);
    return natural_days(map, instant_us, (int64_t)limit);
}
