/* route: who takes over when a delivery is not acknowledged or not done in time. */
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

static wanmi_escalation_def step(int32_t seq, const char *on, double hours, const char *to)
{
    wanmi_escalation_def def;
    wanmi_escalation_def_init(&def);
    def.seq = def.row = seq;
    def.on = on;
    def.limit = hours;
    def.unit = "urgent_hour";
    def.to = to;
    return def;
}

static void add(wanmi_map_builder *b, wanmi_escalation_def def)
{
    wanmi_error error;
    if (wanmi_map_builder_escalation(b, &def, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

/* The district with its duties: U3 U1 U2 keep K1, UA community A, US street S; all
 * below BUREAU. A rule to the keeper with a limit of 2 hours, one of class 09 to V1. */
static wanmi_map_builder *district(void)
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    test_add_limit(b, "p", 1, 2, "urgent_hour");
    test_add_object(b, "lamp", "", 50, "U2", "", "");
    wanmi_rule_def rule = test_rule(1);
    rule.class_prefix = "01";
    rule.role = "keeper";
    rule.deadline = "p";
    rule.priority = 4;
    rule.tag = "plain";
    test_add_rule(b, &rule);
    rule = test_rule(2);
    rule.class_prefix = "09";
    rule.unit = "V1";
    test_add_rule(b, &rule);
    rule = test_rule(3);
    rule.class_prefix = "08";
    rule.role = "@authority";
    test_add_rule(b, &rule);
    return b;
}

static wanmi_delivery first_delivery(test_way *way, const wanmi_event *event)
{
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_true(test_way_route(way, event, 0, d, &reason) >= 1);
    return d[0];
}

/* The chain as "UNIT/ROLE ack@2h p4 plain; ...". */
static const char *chain(test_way *way, const wanmi_delivery *d)
{
    static char text[1024];
    wanmi_escalation steps[16];
    size_t count = 0, used = 0;
    wanmi_error error;
    if (wanmi_plan_escalate(way->plan, d, way->mode, steps, 16, &count, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(
            text + used, sizeof text - used, "%s%s%s%s %s@%gh p%d %s", i != 0 ? "; " : "",
            wanmi_map_unit_code(way->map, steps[i].unit), steps[i].role != 0xFFFF ? "/" : "",
            wanmi_map_role(way->map, steps[i].role), steps[i].on == WANMI_NOT_DONE ? "done" : "ack",
            (double)steps[i].at_us / 3600e6, steps[i].priority, wanmi_map_tag(way->map, steps[i].tag));
    return text;
}

static const char *chain_at(test_way *way, double x, const char *class_text)
{
    wanmi_event event = test_event(way, x, 50, class_text, NULL);
    event.time_us = 0;
    wanmi_delivery d = first_delivery(way, &event);
    return chain(way, &d);
}

static void up_the_areas(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    add(b, step(1, "ack", 1, "area_parent"));
    add(b, step(2, "done", 3, "area_parent"));
    add(b, step(3, "done", 4, "area_parent"));
    test_way way;
    test_way_open(&way, test_build(b));
    /* From the cell's keeper to the community's, to the street's; then nobody is above. */
    assert_string_equal(chain_at(&way, 50, "01"), "UA/keeper ack@1h p4 plain; US/keeper done@3h p4 plain");
    /* K2 has none: UA got it, and the street is next. */
    assert_string_equal(chain_at(&way, 150, "01"), "US/keeper ack@1h p4 plain");
    assert_string_equal(chain_at(&way, 250, "01"), "");
    /* In no role, and in an owner's: whoever has any duty; a delivery that stands
     * nowhere stands at its cell. */
    assert_string_equal(chain_at(&way, 250, "09"), "UB/guard ack@1h p5 ; US/keeper done@3h p5 ");
    wanmi_event event = test_object_event(&way, "lamp", "08");
    event.time_us = 0;
    wanmi_delivery d = first_delivery(&way, &event);
    assert_int_equal(d.step, WANMI_STEP_OWNER);
    assert_string_equal(chain(&way, &d), "UA/keeper ack@1h p5 ; US/keeper done@3h p5 ");
    test_way_close(&way);
}

static void up_the_units(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    add(b, step(1, "ack", 1, "unit_parent"));
    add(b, step(2, "ack", 2, "unit_parent"));   /* BUREAU has none above it */
    wanmi_escalation_def def = step(3, "done", 3, "unit");
    def.target_unit = "W";
    def.priority = 0;
    def.tag = "hot";
    add(b, def);
    add(b, step(4, "done", 4, "unit_parent"));  /* W's is in the chain already */
    def = step(5, "done", 5, "unit");
    def.target_unit = "U3";                     /* who has the delivery */
    add(b, def);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(chain_at(&way, 50, "01"), "BUREAU ack@1h p4 plain; W done@3h p0 hot");
    test_way_close(&way);
}

static void holders_of_a_role(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    wanmi_escalation_def def = step(1, "ack", 1, "holder");
    def.target_role = "keeper";
    add(b, def);                                /* the cell's second best: the best has it */
    def.seq = 2;
    def.at_layer = "street";
    add(b, def);
    def.seq = 3;
    def.at_layer = "community";
    def.target_role = "guard";
    add(b, def);                                /* in A nobody is, nor above */
    def = step(4, "done", 4, "area_parent");    /* goes on from the street, where step 2 stood */
    add(b, def);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(chain_at(&way, 50, "01"), "U1/keeper ack@1h p4 plain; US/keeper ack@1h p4 plain");
    assert_string_equal(chain_at(&way, 250, "09"), "US/keeper ack@1h p5 ; UB/guard ack@1h p5 ");
    test_way_close(&way);
}

static void conditions_choose_rows(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    static const char *const units[] = {"U1", "U2", "UA", "UB", "W"};
    for (int i = 0; i < 5; i++) {
        wanmi_escalation_def def = step(i + 1, "ack", i, "unit");
        def.target_unit = units[i];
        def.class_prefix = i == 0 ? "0102" : "";
        def.role = i == 1 ? "keeper" : "";
        def.min_severity = i == 2 ? 7 : 0;
        def.mode = i == 3 ? "emergency" : "";
        def.since = i == 4 ? "due" : "event";
        add(b, def);
    }
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(chain_at(&way, 50, "01"), "U2 ack@1h p4 plain; W ack@6h p4 plain");
    assert_string_equal(chain_at(&way, 50, "01023"),
                        "U1 ack@0h p4 plain; U2 ack@1h p4 plain; W ack@6h p4 plain");
    assert_string_equal(chain_at(&way, 50, "09"), "");  /* in no role, and without a due time */
    test_way_mode(&way, "emergency");
    assert_string_equal(chain_at(&way, 50, "09"), "UB ack@3h p5 ");
    wanmi_event event = test_event(&way, 50, 50, "09", NULL);
    event.severity = 7;
    event.time_us = 3600000000;
    wanmi_delivery d = first_delivery(&way, &event);
    assert_string_equal(chain(&way, &d), "UA ack@3h p5 ; UB ack@4h p5 ");
    /* Outside there is no area to go up from. */
    event.x = 900;
    event.severity = 0;
    d = first_delivery(&way, &event);
    assert_int_equal(d.cell, WANMI_NONE);
    assert_string_equal(chain(&way, &d), "UB ack@4h p5 ");
    test_way_close(&way);
}

static void limits_run_along_calendars(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    test_add_day(b, "default", "1-5", "08:00-12:00");
    wanmi_escalation_def def = step(1, "done", 2, "unit");
    def.target_unit = "W";
    def.unit = "working_hour";
    def.since = "due";
    add(b, def);
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 50, 50, "01", NULL);
    event.time_us = test_instant(way.map, "2025-06-06T09:00");  /* a Friday; due at 11:00 */
    wanmi_delivery d = first_delivery(&way, &event);
    wanmi_escalation made;
    size_t count;
    assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, &made, 1, &count, NULL), WANMI_OK);
    assert_int_equal(count, 1);
    assert_true(made.at_us == test_instant(way.map, "2025-06-09T09:00"));
    test_way_close(&way);
}

static void little_room_and_wrong_arguments(void **state)
{
    (void)state;
    wanmi_map_builder *b = district();
    add(b, step(1, "ack", 1, "area_parent"));
    add(b, step(2, "done", 3, "area_parent"));
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 50, 50, "01", NULL);
    const wanmi_delivery d = first_delivery(&way, &event);
    wanmi_escalation steps[2] = {{.row = 42}, {.row = 42}};
    size_t count = 42;
    wanmi_error e;
    assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, NULL, 0, &count, &e), WANMI_PARTIAL);
    assert_int_equal(count, 2);
    assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, steps, 1, &count, &e), WANMI_PARTIAL);
    assert_int_equal(count, 2);
    assert_true(steps[0].row == 0 && steps[1].row == 42);
    count = 42;
    assert_int_equal(wanmi_plan_escalate(NULL, &d, NULL, steps, 2, &count, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_escalate(way.plan, NULL, NULL, steps, 2, &count, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, NULL, 2, &count, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, steps, 2, NULL, &e), WANMI_E_ARGUMENT);
    wanmi_delivery wrong[5] = {d, d, d, d, d};
    wrong[0].generation = 1;
    wrong[1].unit = 4000;
    wrong[2].cell = 4000;
    wrong[3].class_id = 4000;
    for (int i = 0; i < 4; i++)
        assert_int_equal(wanmi_plan_escalate(way.plan, &wrong[i], NULL, steps, 2, &count, &e), WANMI_E_ARGUMENT);
    assert_int_equal(count, 42);
    test_way_close(&way);
}

static wanmi_status plan_with(wanmi_escalation_def def, bool with_calendar, wanmi_error *error)
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    if (with_calendar)
        test_add_day(b, "default", "mon", "08:00-08:01");
    add(b, def);
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

static void what_cannot_be_obeyed_is_refused(void **state)
{
    (void)state;
    wanmi_error error;
    wanmi_escalation_def def = step(7, "ack", 1, "holder");
    def.target_role = "keeper";
    def.at_layer = "precinct";
    assert_int_equal(plan_with(def, false, &error), WANMI_E_ROUTE_RULE);
    assert_int_equal(error.row, 7);
    assert_string_equal(error.value, "precinct");
    def.at_layer = "zone";
    assert_int_equal(plan_with(def, false, &error), WANMI_E_ROUTE_RULE);
    def.at_layer = "street";
    assert_int_equal(plan_with(def, false, &error), WANMI_OK);
    def.unit = "working_hour";
    assert_int_equal(plan_with(def, false, &error), WANMI_E_ROUTE_RULE);
    assert_non_null(strstr(error.message, "no calendar"));
    assert_int_equal(plan_with(def, true, &error), WANMI_OK);
    def.limit = 9;
    assert_int_equal(plan_with(def, true, &error), WANMI_E_ROUTE_RULE);
    assert_non_null(strstr(error.message, "ten years"));
    assert_string_equal(error.layer, "wanmi_escalations");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(up_the_areas),
        cmocka_unit_test(up_the_units),
        cmocka_unit_test(holders_of_a_role),
        cmocka_unit_test(conditions_choose_rows),
        cmocka_unit_test(limits_run_along_calendars),
        cmocka_unit_test(little_room_and_wrong_arguments),
        cmocka_unit_test(what_cannot_be_obeyed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
