/* wanmi_route_explain: of each rule the first condition that does not hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

enum { RULES = 12 };

#define MIDNIGHT_US 0

static void add(wanmi_map_builder *b, int32_t seq, const wanmi_rule_def *like)
{
    wanmi_rule_def r = *like;
    r.seq = seq;
    r.unit = "BUREAU";
    test_add_rule(b, &r);
}

/* One rule for each condition, which the event of the tests does not fulfil. */
static wanmi_map *district_of_rules(void)
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_object_def object;
    wanmi_object_def_init(&object);
    object.code = "LAMP";
    object.x = object.y = 50;
    object.upkeep = "BUREAU";
    assert_int_equal(wanmi_map_builder_object(b, &object, NULL), WANMI_OK);
    wanmi_rule_def rules[RULES];
    for (int i = 0; i < RULES; i++)
        rules[i] = test_rule(i);
    rules[0].class_prefix = "01";
    rules[1].mode = "emergency";
    rules[2].class_prefix = "02";
    rules[3].layer = "zone";
    rules[3].area = "Z10";
    rules[4].owner = "BUREAU";
    rules[5].source = "phone";
    rules[5].last = 1;                      /* does not match, so it ends nothing */
    rules[6].min_severity = 200;
    rules[7].valid_from_us = 1000;
    rules[8].hours = "23:00-23:59";
    rules[9].weekdays = "1-3";              /* 1970-01-01 was a Thursday */
    rules[10].last = 1;
    for (int i = 0; i < RULES; i++)
        add(b, 10 * i + 10, &rules[i]);
    return test_build(b);
}

static wanmi_status ask(test_way *way, const wanmi_event *event, uint8_t *failed, size_t room, wanmi_error *error)
{
    test_hit hit;
    wanmi_hits hits;
    test_way_locate(way, event, 1, MIDNIGHT_US, &hit);
    wanmi_hits_init(&hits);
    hits.cell = &hit.cell;
    hits.tuple = &hit.tuple;
    hits.where = &hit.where;
    return wanmi_route_explain(way->router, way->locator, event, &hits, MIDNIGHT_US, failed, room, error);
}

static void expect(test_way *way, const wanmi_event *event, const uint8_t *expected)
{
    uint8_t failed[RULES];
    wanmi_error error;
    if (ask(way, event, failed, RULES, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    assert_memory_equal(failed, expected, RULES);
}

static void the_first_condition_that_fails(void **state)
{
    (void)state;
    test_way way;
    test_way_open(&way, district_of_rules());
    wanmi_event event = test_event(&way, 50, 50, "0102", NULL);
    uint8_t expected[RULES] = {
        WANMI_CONDITION_NONE, WANMI_CONDITION_MODE, WANMI_CONDITION_CLASS, WANMI_CONDITION_PLACE,
        WANMI_CONDITION_OWNER, WANMI_CONDITION_SOURCE, WANMI_CONDITION_SEVERITY, WANMI_CONDITION_VALIDITY,
        WANMI_CONDITION_TIME, WANMI_CONDITION_TIME, WANMI_CONDITION_NONE, WANMI_CONDITION_LAST};
    expect(&way, &event, expected);
    assert_int_equal(wanmi_router_set_mode(way.router, "emergency", NULL), WANMI_OK);
    expected[1] = WANMI_CONDITION_NONE;
    expect(&way, &event, expected);
    event = test_object_event(&way, "LAMP", "02");
    expected[0] = WANMI_CONDITION_CLASS;
    expected[2] = expected[4] = WANMI_CONDITION_NONE;
    expect(&way, &event, expected);
    event.time_us = 1000;
    event.severity = 200;
    expected[6] = expected[7] = WANMI_CONDITION_NONE;
    expect(&way, &event, expected);
    test_way_close(&way);
}

static void outside_no_rule_is_tried(void **state)
{
    (void)state;
    test_way way;
    test_way_open(&way, district_of_rules());
    wanmi_event event = test_event(&way, -500, 50, "0102", NULL);
    uint8_t expected[RULES];
    memset(expected, WANMI_CONDITION_CELL, sizeof expected);
    expect(&way, &event, expected);
    test_way_close(&way);
}

static void arguments(void **state)
{
    (void)state;
    test_way way;
    test_way_open(&way, district_of_rules());
    wanmi_event event = test_event(&way, 50, 50, "0102", NULL);
    uint8_t failed[RULES];
    wanmi_error error;
    assert_int_equal(ask(&way, &event, failed, RULES - 1, &error), WANMI_E_ARGUMENT);
    assert_non_null(strstr(error.message, "room for 11 of 12 rules"));
    event.class_id = 12345;
    assert_int_equal(ask(&way, &event, failed, RULES, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_route_explain(way.router, way.locator, &event, NULL, MIDNIGHT_US, failed, RULES, NULL),
                     WANMI_E_ARGUMENT);
    test_way_close(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_condition_that_fails),
        cmocka_unit_test(outside_no_rule_is_tried),
        cmocka_unit_test(arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
