/* route: deadlines. Which row of a profile says the limit, and when it is over: in
 * each unit of time, on days of rest and make-up days, where clocks change. The
 * times here were worked out by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

/* China's hours: 8 hours a day, a golden week at rest, Saturday 27 September 2008
 * made up for it; "night" works over midnight, "always" without end. */
static void add_calendars(wanmi_map_builder *b)
{
    test_add_day(b, "default", "1-5", "08:00-12:00;14:00-18:00");
    test_add_day(b, "default", "2008-09-29/2008-10-05", "");
    test_add_day(b, "default", "2008-09-27", "08:00-12:00;14:00-18:00");
    test_add_day(b, "default", "2008-02-29", "08:00-12:00");
    test_add_day(b, "night", "1-7", "20:00-24:00;00:00-04:00");
    test_add_day(b, "always", "1-7", "00:00-24:00");
}

/* When a limit of so many units is over, as local time without its offset; "=" and
 * the offset where that matters. */
static const char *due(const char *zone, double limit, const char *unit, const char *calendar,
                       const char *from)
{
    static char text[64];
    wanmi_map_builder *b = test_district_in(NULL, "BUREAU", zone);
    add_calendars(b);
    wanmi_deadline_def row;
    wanmi_deadline_def_init(&row);
    row.name = "p";
    row.limit = limit;
    row.unit = unit;
    row.calendar = calendar;
    assert_int_equal(wanmi_map_builder_deadline(b, &row, NULL), WANMI_OK);
    wanmi_rule_def rule = test_rule(1);
    rule.unit = "U1";
    rule.deadline = "p";
    test_add_rule(b, &rule);
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    event.time_us = test_instant(way.map, from);
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_int_equal(test_way_route(&way, &event, 0, d, &reason), 1);
    wanmi_time_format(wanmi_map_zone(way.map), d[0].due_us, text, sizeof text);
    /* The same answer without a session. */
    int64_t again = 0;
    uint32_t which = 99;
    assert_int_equal(wanmi_plan_due(way.plan, "p", WANMI_NONE, d[0].cell, 0, NULL, event.time_us, &again,
                                    &which, NULL), WANMI_OK);
    assert_true(again == d[0].due_us);
    assert_int_equal(which, 0);
    test_way_close(&way);
    return text;
}

#define SHANGHAI(limit, unit, from) due("Asia/Shanghai", limit, unit, "", from)
#define BERLIN(limit, unit, calendar, from) due("Europe/Berlin", limit, unit, calendar, from)

/* ---- units of time ------------------------------------------------------------------------- */

static void urgent_hours_run_round_the_clock(void **state)
{
    (void)state;
    assert_string_equal(SHANGHAI(2, "urgent_hour", "2008-09-26T23:30"), "2008-09-27T01:30:00+08:00");
    assert_string_equal(SHANGHAI(0.5, "urgent_hour", "2008-10-01T10:00:00.25"), "2008-10-01T10:30:00.250000+08:00");
    /* Through the night that is an hour short, or long. */
    assert_string_equal(due("Europe/Berlin", 4, "urgent_hour", "", "2025-03-30T00:00"), "2025-03-30T05:00:00+02:00");
    assert_string_equal(due("Europe/Berlin", 4, "urgent_hour", "", "2025-10-26T00:00"), "2025-10-26T03:00:00+01:00");
}

static void working_hours_are_used_up(void **state)
{
    (void)state;
    /* 4 working hours from a Monday morning end at noon, not after lunch. */
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-08T08:00"), "2008-09-08T12:00:00+08:00");
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-08T06:00"), "2008-09-08T12:00:00+08:00");
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-08T10:00"), "2008-09-08T16:00:00+08:00");
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-08T12:30"), "2008-09-08T18:00:00+08:00");
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-08T18:00"), "2008-09-09T12:00:00+08:00");
    /* From Friday evening to Monday. */
    assert_string_equal(SHANGHAI(0.5, "working_hour", "2008-09-12T17:45"), "2008-09-15T08:15:00+08:00");
    /* Fractions down to the microsecond. */
    assert_string_equal(SHANGHAI(0.25, "working_hour", "2008-09-08T11:59:59.999999"),
                        "2008-09-08T14:14:59.999999+08:00");
    assert_string_equal(SHANGHAI(40, "working_hour", "2008-09-08T08:00"), "2008-09-12T18:00:00+08:00");
}

static void working_hours_over_holidays(void **state)
{
    (void)state;
    /* Friday 26 September: Saturday is made up, then a week at rest. */
    assert_string_equal(SHANGHAI(4, "working_hour", "2008-09-26T16:00"), "2008-09-27T10:00:00+08:00");
    assert_string_equal(SHANGHAI(12, "working_hour", "2008-09-26T16:00"), "2008-10-06T10:00:00+08:00");
    /* 29 February has a date of its own. */
    assert_string_equal(SHANGHAI(6, "working_hour", "2008-02-29T09:00"), "2008-03-03T11:00:00+08:00");
    assert_string_equal(SHANGHAI(6, "working_hour", "2012-02-28T14:00"), "2012-02-29T10:00:00+08:00");
}

static void working_hours_that_end_at_24(void **state)
{
    (void)state;
    assert_string_equal(BERLIN(4, "working_hour", "night", "2025-06-02T12:00"), "2025-06-03T00:00:00+02:00");
    assert_string_equal(BERLIN(6, "working_hour", "night", "2025-06-02T12:00"), "2025-06-03T02:00:00+02:00");
    assert_string_equal(BERLIN(8, "working_hour", "night", "2025-06-02T22:00"), "2025-06-03T22:00:00+02:00");
}

static void working_hours_where_clocks_change(void **state)
{
    (void)state;
    /* The night of 30 March 2025 has no 02:00 to 03:00: 3 hours of work to 04:00. */
    assert_string_equal(BERLIN(4, "working_hour", "night", "2025-03-30T00:00"), "2025-03-30T21:00:00+02:00");
    assert_string_equal(BERLIN(3, "working_hour", "night", "2025-03-30T00:00"), "2025-03-30T04:00:00+02:00");
    /* That of 26 October has it twice: 5 hours. */
    assert_string_equal(BERLIN(5, "working_hour", "night", "2025-10-26T00:00"), "2025-10-26T04:00:00+01:00");
    assert_string_equal(BERLIN(2.5, "working_hour", "night", "2025-10-26T00:00"), "2025-10-26T02:30:00+02:00");
    assert_string_equal(BERLIN(3.5, "working_hour", "night", "2025-10-26T00:00"), "2025-10-26T02:30:00+01:00");
}

static void working_days_end_with_their_hours(void **state)
{
    (void)state;
    assert_string_equal(SHANGHAI(1, "working_day", "2008-09-08T00:00"), "2008-09-09T18:00:00+08:00");
    assert_string_equal(SHANGHAI(1, "working_day", "2008-09-08T23:59"), "2008-09-09T18:00:00+08:00");
    assert_string_equal(SHANGHAI(1, "working_day", "2008-09-12T10:00"), "2008-09-15T18:00:00+08:00");
    assert_string_equal(SHANGHAI(1, "working_day", "2008-09-13T10:00"), "2008-09-15T18:00:00+08:00");
    assert_string_equal(SHANGHAI(2, "working_day", "2008-09-26T10:00"), "2008-10-06T18:00:00+08:00");
    assert_string_equal(SHANGHAI(1, "working_day", "2008-02-28T10:00"), "2008-02-29T12:00:00+08:00");
    assert_string_equal(BERLIN(1, "working_day", "night", "2025-06-02T12:00"), "2025-06-04T00:00:00+02:00");
    assert_string_equal(SHANGHAI(10, "working_day", "2008-09-08T00:00"), "2008-09-22T18:00:00+08:00");
}

static void natural_days_keep_the_time_of_day(void **state)
{
    (void)state;
    assert_string_equal(SHANGHAI(7, "natural_day", "2008-09-26T10:00:00.5"), "2008-10-03T10:00:00.500000+08:00");
    assert_string_equal(SHANGHAI(1, "natural_day", "2008-02-28T10:00"), "2008-02-29T10:00:00+08:00");
    assert_string_equal(SHANGHAI(365, "natural_day", "2008-02-29T10:00"), "2009-02-28T10:00:00+08:00");
    /* Over a change of clocks: the same time; left out: moved on; doubled: the earlier. */
    assert_string_equal(BERLIN(1, "natural_day", "", "2025-03-29T12:00"), "2025-03-30T12:00:00+02:00");
    assert_string_equal(BERLIN(1, "natural_day", "", "2025-03-29T02:30"), "2025-03-30T03:30:00+02:00");
    assert_string_equal(BERLIN(1, "natural_day", "", "2025-10-25T02:30"), "2025-10-26T02:30:00+02:00");
    assert_string_equal(BERLIN(1, "natural_day", "", "2025-10-26T02:30+01:00"), "2025-10-27T02:30:00+01:00");
    /* Half an hour at Lord Howe; summer time in China. */
    assert_string_equal(due("Australia/Lord_Howe", 1, "natural_day", "", "2025-10-04T02:15"),
                        "2025-10-05T02:45:00+11:00");
    assert_string_equal(SHANGHAI(1, "natural_day", "1986-05-03T02:30"), "1986-05-04T03:30:00+09:00");
}

static void years_beyond_the_tables(void **state)
{
    (void)state;
    /* Monday 5 September 1988, in summer time; Monday 5 January 2150; over both edges. */
    assert_string_equal(SHANGHAI(4, "working_hour", "1988-09-05T10:00"), "1988-09-05T16:00:00+09:00");
    assert_string_equal(SHANGHAI(1, "working_day", "1988-09-05T10:00"), "1988-09-06T18:00:00+09:00");
    assert_string_equal(SHANGHAI(4, "working_hour", "2150-01-05T10:00"), "2150-01-05T16:00:00+08:00");
    assert_string_equal(SHANGHAI(2, "working_day", "2150-01-05T10:00"), "2150-01-07T18:00:00+08:00");
    assert_string_equal(SHANGHAI(9, "working_hour", "1999-12-31T10:00"), "2000-01-03T11:00:00+08:00");
    assert_string_equal(SHANGHAI(9, "working_hour", "2100-12-31T10:00"), "2101-01-03T11:00:00+08:00");
    assert_string_equal(SHANGHAI(2, "working_day", "2100-12-30T10:00"), "2101-01-03T18:00:00+08:00");
}

/* ---- profiles ------------------------------------------------------------------------------------- */

static void add_row(wanmi_map_builder *b, int32_t seq, const char *class_prefix, const char *grade,
                    const char *mode, int32_t min_severity)
{
    wanmi_deadline_def row;
    wanmi_deadline_def_init(&row);
    row.name = "p";
    row.seq = seq;
    row.class_prefix = class_prefix;
    row.grade = grade;
    row.mode = mode;
    row.min_severity = min_severity;
    row.limit = seq;
    row.unit = "urgent_hour";
    assert_int_equal(wanmi_map_builder_deadline(b, &row, NULL), WANMI_OK);
}

/* Which of the rows says the limit; 0: none. By the router and by wanmi_plan_due. */
static int row_of(test_way *way, double x, const char *class_text, uint8_t severity)
{
    wanmi_event event = test_event(way, x, 50, class_text, NULL);
    event.time_us = 0;
    event.severity = severity;
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_int_equal(test_way_route(way, &event, 0, d, &reason), 1);
    int64_t hours = d[0].due_us == WANMI_TIME_NONE ? 0 : d[0].due_us / 3600000000, due_us = 1;
    uint32_t row = 1;
    assert_int_equal(wanmi_plan_due(way->plan, "p", d[0].class_id, d[0].cell, severity, way->mode, 0, &due_us,
                                    &row, NULL), WANMI_OK);
    assert_true(due_us == d[0].due_us);
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    assert_int_equal(wanmi_map_deadline(way->map, row, &def), hours != 0 ? WANMI_OK : WANMI_E_ARGUMENT);
    assert_int_equal(hours != 0 ? def.seq : 0, hours);
    return (int)hours;
}

static void the_first_row_that_holds_says_the_limit(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_wkb box = test_wkb_box(400, 0, 500, 100);
    wanmi_area_def area;
    wanmi_area_def_init(&area);
    area.layer = "cell";
    area.code = "K5";
    area.grade = "A";
    area.wkb = box.bytes;
    area.wkb_size = box.size;
    assert_int_equal(wanmi_map_builder_area(b, &area, NULL), WANMI_OK);
    free(box.bytes);
    add_row(b, 7, "01", "", "", 0);     /* in any order of rows: seq counts */
    add_row(b, 1, "", "", "emergency", 0);
    add_row(b, 2, "01", "A", "", 0);
    add_row(b, 3, "0102", "", "", 0);
    add_row(b, 5, "", "", "normal;night", 100);
    wanmi_rule_def rule = test_rule(1);
    rule.unit = "U1";
    rule.deadline = "p";
    test_add_rule(b, &rule);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_int_equal(row_of(&way, 50, "01", 0), 7);
    assert_int_equal(row_of(&way, 50, "0102", 0), 3);
    assert_int_equal(row_of(&way, 50, "01021", 0), 3);
    assert_int_equal(row_of(&way, 50, "02", 0), 0);
    assert_int_equal(row_of(&way, 50, NULL, 99), 0);
    assert_int_equal(row_of(&way, 50, NULL, 100), 5);
    assert_int_equal(row_of(&way, 50, "01", 200), 5);
    assert_int_equal(row_of(&way, 450, "01", 200), 2);
    assert_int_equal(row_of(&way, 450, "02", 0), 0);
    test_way_mode(&way, "emergency");
    assert_int_equal(row_of(&way, 50, "02", 200), 1);
    test_way_mode(&way, "quiet");
    assert_int_equal(row_of(&way, 50, "02", 200), 0);
    test_way_close(&way);
}

static void fallbacks_have_no_due_time(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_add_limit(b, "p", 1, 2, "urgent_hour");
    wanmi_rule_def rule = test_rule(1);
    rule.unit = "U1";
    rule.copy = 1;
    rule.deadline = "p";
    test_add_rule(b, &rule);
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    assert_int_equal(test_way_route(&way, &event, 5, d, &reason), 2);
    assert_true(d[0].due_us == 7200000005);
    assert_true(d[1].due_us == WANMI_TIME_NONE);
    event.x = 900;
    assert_int_equal(test_way_route(&way, &event, 5, d, &reason), 1);
    assert_true(d[0].due_us == WANMI_TIME_NONE);
    /* Before all calendars nothing is due either. */
    event.x = 50;
    event.time_us = INT64_MIN + 1;
    assert_int_equal(test_way_route(&way, &event, 5, d, &reason), 2);
    assert_true(d[0].due_us == WANMI_TIME_NONE);
    test_way_close(&way);
}

/* ---- what is refused ---------------------------------------------------------------------------------- */

static wanmi_status plan_with(void (*fill)(wanmi_map_builder *), double limit, const char *unit,
                              const char *calendar, wanmi_error *error)
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    if (fill != NULL)
        fill(b);
    wanmi_deadline_def row;
    wanmi_deadline_def_init(&row);
    row.name = "p";
    row.row = 17;
    row.limit = limit;
    row.unit = unit;
    row.calendar = calendar;
    assert_int_equal(wanmi_map_builder_deadline(b, &row, NULL), WANMI_OK);
    wanmi_map *map = test_build(b);
    wanmi_words *words = NULL;
    wanmi_plan *plan = NULL;
    assert_int_equal(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
    wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &plan, error);
    wanmi_plan_release(plan);
    wanmi_words_release(words);
    wanmi_map_release(map);
    return status;
}

static void fill_poor(wanmi_map_builder *b)
{
    test_add_day(b, "default", "mon", "08:00-08:01");   /* 521 minutes in ten years */
    test_add_day(b, "dates", "2025-06-02", "00:00-24:00");
    test_add_day(b, "gap", "1-7", "00:00-24:00");
    test_add_day(b, "gap", "2030-01-01/2041-12-31", "");
}

static void a_calendar_must_have_enough(void **state)
{
    (void)state;
    static const struct { double limit; const char *unit, *calendar; bool enough; } cases[] = {
        {8, "working_hour", "", true}, {9, "working_hour", "", false}, {521, "working_day", "", true},
        {522, "working_day", "", false}, {1, "working_hour", "dates", false},
        {1, "working_hour", "gap", false}, {1, "working_day", "gap", false},
        {100000, "urgent_hour", "", true}, {100000, "natural_day", "", true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wanmi_error error;
        wanmi_error_clear(&error);
        wanmi_status status = plan_with(fill_poor, cases[i].limit, cases[i].unit, cases[i].calendar, &error);
        assert_int_equal(status, cases[i].enough ? WANMI_OK : WANMI_E_ROUTE_RULE);
        if (cases[i].enough)
            continue;
        assert_string_equal(error.layer, "wanmi_deadlines");
        assert_int_equal(error.row, 17);
        assert_string_equal(error.value, cases[i].calendar[0] != '\0' ? cases[i].calendar : "default");
    }
    wanmi_error error;
    assert_int_equal(plan_with(NULL, 1, "working_hour", "", &error), WANMI_E_ROUTE_RULE);
    assert_non_null(strstr(error.message, "no calendar"));
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_add_limit(b, "p", 1, 2, "urgent_hour");
    test_way way;
    test_way_open(&way, test_build(b));
    int64_t due_us = 42;
    uint32_t row = 42;
    wanmi_error e;
    assert_int_equal(wanmi_plan_due(NULL, "p", WANMI_NONE, WANMI_NONE, 0, "", 0, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, NULL, WANMI_NONE, WANMI_NONE, 0, "", 0, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, "q", WANMI_NONE, WANMI_NONE, 0, "", 0, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, "p", 77, WANMI_NONE, 0, "", 0, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, "p", WANMI_NONE, 4000, 0, "", 0, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, "p", WANMI_NONE, WANMI_NONE, 0, "", WANMI_TIME_NONE, &due_us, &row, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_due(way.plan, "p", WANMI_NONE, WANMI_NONE, 0, "", 0, NULL, &row, &e), WANMI_E_ARGUMENT);
    assert_true(due_us == 42 && row == 42);
    assert_int_equal(wanmi_plan_due(way.plan, "p", WANMI_NONE, WANMI_NONE, 0, "", 0, &due_us, NULL, NULL), WANMI_OK);
    assert_true(due_us == 7200000000);
    test_way_close(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(urgent_hours_run_round_the_clock),
        cmocka_unit_test(working_hours_are_used_up),
        cmocka_unit_test(working_hours_over_holidays),
        cmocka_unit_test(working_hours_that_end_at_24),
        cmocka_unit_test(working_hours_where_clocks_change),
        cmocka_unit_test(working_days_end_with_their_hours),
        cmocka_unit_test(natural_days_keep_the_time_of_day),
        cmocka_unit_test(years_beyond_the_tables),
        cmocka_unit_test(the_first_row_that_holds_says_the_limit),
        cmocka_unit_test(fallbacks_have_no_due_time),
        cmocka_unit_test(a_calendar_must_have_enough),
        cmocka_unit_test(wrong_arguments_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
