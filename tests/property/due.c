/* Due times from sums, from walks and from the plain minute-by-minute evaluation
 * (support/plain_time.c): equal, near every change of clocks, at holidays, leap days
 * and the edges of what is summed up, along calendars drawn at random.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "plain_time.h"
#include "routing.h"
#include "support.h"

enum { CALENDARS = 8, INSTANTS = 30 };

#define MINUTE INT64_C(60000000)
#define DAY (1440 * MINUTE)

typedef struct place {
    const char *zone;
    int year, month, day;               /* changes of clocks, leap days, new years */
} place;

static const place places[] = {
    {"Europe/Berlin", 2025, 3, 30}, {"Europe/Berlin", 2025, 10, 26}, {"Europe/Berlin", 2024, 2, 29},
    {"America/New_York", 2007, 3, 11}, {"America/New_York", 2099, 11, 1},
    {"America/New_York", 1999, 12, 31}, {"Asia/Shanghai", 1986, 5, 4}, {"Asia/Shanghai", 1991, 9, 15},
    {"Asia/Shanghai", 2008, 10, 1}, {"Asia/Shanghai", 2100, 12, 31}, {"Australia/Lord_Howe", 2025, 4, 6},
    {"Australia/Lord_Howe", 2025, 10, 5}, {"Pacific/Apia", 2011, 12, 30},
    {"America/Goose_Bay", 2010, 11, 7}, {"UTC", 2000, 1, 1},
};

static const char *const hours[] = {"08:00-12:00;14:00-18:00", "00:00-24:00", "22:30-24:00", "00:00-02:30",
                                    "00:00-00:01,23:59-24:00", "01:30-03:15;12:00-12:45", "02:00-03:00", ""};

static const char *pick_hours(test_random *random)
{
    return hours[test_below(random, sizeof hours / sizeof hours[0])];
}

/* A date of the weeks around the place. */
static const char *some_date(const place *at, int64_t days)
{
    static char text[48];
    wanmi_time_format(NULL, (test_day(at->year, at->month, at->day) + days) * DAY, text, sizeof text);
    text[10] = '\0';
    return text;
}

static void add_calendar(wanmi_map_builder *b, test_random *random, const place *at)
{
    char day[48];
    test_add_day(b, "default", "2", "09:30-10:00");     /* so that no calendar is too poor */
    for (int d = 1; d <= 7; d++) {
        snprintf(day, sizeof day, "%d", d);
        if (d != 2 && test_below(random, 10) < 7)
            test_add_day(b, "default", day, pick_hours(random));
    }
    for (int i = 0; i < 4; i++) {
        int64_t first = (int64_t)(6 * i) - 9 + test_below(random, 3);
        snprintf(day, sizeof day, "%.10s/", some_date(at, first));
        strcat(day, some_date(at, first + test_below(random, 3)));
        if (test_below(random, 2) == 0)
            test_add_day(b, "default", day, test_below(random, 2) == 0 ? "" : pick_hours(random));
        if (test_below(random, 2) == 0)
            test_add_day(b, "default", some_date(at, first + 1), pick_hours(random));
    }
}

static const double limits[] = {0.25, 3, 8, 24.5, 1, 2, 3, 7, 1, 2, 3, 40, 2, 30};
static const char *const units[] = {"working_hour", "working_hour", "working_hour", "working_hour",
                                    "working_day", "working_day", "working_day", "working_day",
                                    "natural_day", "natural_day", "natural_day", "natural_day",
                                    "urgent_hour", "urgent_hour"};
enum { LIMITS = sizeof limits / sizeof limits[0] };

static wanmi_map *map_of(test_random *random, const place *at)
{
    wanmi_map_builder *b = test_district_in(NULL, "BUREAU", at->zone);
    add_calendar(b, random, at);
    for (int i = 0; i < LIMITS; i++) {
        char name[8];
        snprintf(name, sizeof name, "p%d", i);
        test_add_limit(b, name, 1, limits[i], units[i]);
    }
    return test_build(b);
}

/* Within two weeks of the place; half of them near its midnight, on whole hours or not. */
static int64_t some_instant(test_random *random, const place *at)
{
    int64_t instant = test_day(at->year, at->month, at->day) * DAY
                    + (int64_t)test_below(random, 21 * 1440) * MINUTE - 12 * DAY;
    if (test_below(random, 2) == 0)
        instant = test_day(at->year, at->month, at->day) * DAY
                + (int64_t)test_below(random, 72) * 30 * MINUTE - 12 * 60 * MINUTE;
    uint32_t kind = test_below(random, 4);
    return instant + (kind == 0 ? 1 : kind == 1 ? -1 : kind == 2 ? (int)test_below(random, 60000000) : 0);
}

static void compare(const wanmi_plan *plan, const place *at, int64_t instant)
{
    wanmi_map *map = wanmi_plan_map(plan);
    for (int i = 0; i < LIMITS; i++) {
        char name[8], from[40], fast[40], plain[40];
        snprintf(name, sizeof name, "p%d", i);
        int64_t due_us = 0;
        cr_assert_eq(wanmi_plan_due(plan, name, WANMI_NONE, WANMI_NONE, 0, NULL, instant, &due_us, NULL, NULL),
                     WANMI_OK);
        int64_t expected = test_plain_limit(map, limits[i], units[i], "", instant);
        wanmi_time_format(wanmi_map_zone(map), instant, from, sizeof from);
        wanmi_time_format(wanmi_map_zone(map), due_us, fast, sizeof fast);
        wanmi_time_format(wanmi_map_zone(map), expected, plain, sizeof plain);
        cr_assert(due_us == expected, "%s: %g %s from %s: %s where %s was expected", at->zone, limits[i],
                  units[i], from, fast, plain);
    }
}

ParameterizedTestParameters(due, equals_the_walk_minute_by_minute)
{
    static int numbers[sizeof places / sizeof places[0]];
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        numbers[i] = (int)i;
    return cr_make_param_array(int, numbers, sizeof places / sizeof places[0]);
}

ParameterizedTest(int *number, due, equals_the_walk_minute_by_minute)
{
    const place *at = &places[*number];
    test_random random = {(uint64_t)at->year * 1000 + (uint64_t)at->day};
    for (int c = 0; c < CALENDARS; c++) {
        wanmi_map *map = map_of(&random, at);
        wanmi_words *words = NULL;
        wanmi_plan *plan = NULL;
        wanmi_error error;
        cr_assert_eq(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
        cr_assert_eq(wanmi_plan_create(map, words, NULL, NULL, &plan, &error), WANMI_OK, "%s", error.message);
        for (int i = 0; i < INSTANTS; i++)
            compare(plan, at, some_instant(&random, at));
        wanmi_plan_release(plan);
        wanmi_words_release(words);
        wanmi_map_release(map);
    }
}
