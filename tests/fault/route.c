/* route with every allocation failed in turn: a clean error, nothing leaked,
 * nothing written, and the same call works when memory is back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

/* The map is whole before anything fails: its building is tested elsewhere. */
static wanmi_map *whole_map(test_memory *memory)
{
    wanmi_host host = test_host(memory);
    wanmi_map_builder *b = test_builder(&host);
    test_city city;
    test_city_init(&city);
    test_city_fill(b, &city);
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = 50;
    rule.layer = "school";
    rule.source = "12345";
    rule.role = "督导员";
    rule.at_layer = "relic";
    test_add_rule(b, &rule);
    rule.seq = 51;
    rule.mode = "night;emergency";
    rule.weekdays = "workday";
    rule.hours = "22:00-06:00";
    rule.owner = "@team";
    rule.deadline = "p";
    test_add_rule(b, &rule);
    wanmi_unit_def team;
    wanmi_unit_def_init(&team);
    team.code = "TEAM";
    team.kind = "team";
    assert_int_equal(wanmi_map_builder_unit(b, &team, NULL), WANMI_OK);
    test_add_day(b, "default", "1-5", "08:00-12:00");
    test_add_limit(b, "p", 1, 4, "working_hour");
    test_add_limit(b, "p", 2, 4, "working_day");
    test_add_object(b, "lamp", "0203", 500050, "TEAM", "", "");
    wanmi_escalation_def step;
    wanmi_escalation_def_init(&step);
    step.on = "ack";
    step.to = "unit_parent";
    step.unit = "working_hour";
    step.limit = 1;
    assert_int_equal(wanmi_map_builder_escalation(b, &step, NULL), WANMI_OK);
    return test_build(b);
}

static void fail_from(test_memory *memory, int64_t nth, bool from_then_on)
{
    memory->fail_at = nth != 0 ? memory->calls + nth : 0;
    memory->from_then_on = from_then_on;
}

static void plans(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_map *map = whole_map(&memory);
    int64_t held = memory.held_blocks;
    int tried = 0;
    for (int on = 0; on < 2; on++)
        for (int64_t nth = 1;; nth++) {
            wanmi_words *words = NULL;
            assert_int_equal(wanmi_words_create(&host, &words, NULL), WANMI_OK);
            wanmi_plan *plan = NULL;
            wanmi_error error;
            fail_from(&memory, nth, on != 0);
            wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &plan, &error);
            bool failed = memory.calls >= memory.fail_at;
            fail_from(&memory, 0, false);
            assert_int_equal(status, failed ? WANMI_E_MEMORY : WANMI_OK);
            if (failed) {
                assert_null(plan);
                assert_int_equal(error.status, WANMI_E_MEMORY);
            }
            wanmi_plan_release(plan);
            wanmi_words_release(words);
            assert_int_equal(memory.held_blocks, held);
            if (!failed)
                break;
            tried++;
        }
    assert_true(tried > 20);
    wanmi_map_release(map);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

static void routers_and_classes_first_seen(void **state)
{
    (void)state;
    test_memory memory = {0};
    test_way way;
    test_way_open(&way, whole_map(&memory));
    wanmi_event events[2] = {test_event(&way, 500050, 4420050, "01", "12345"),
                             test_event(&way, 500150, 4420050, "02", NULL)};
    test_hit hits[2];
    test_way_locate(&way, events, 2, 0, hits);
    uint32_t cell[2] = {hits[0].cell, hits[1].cell}, tuple[2] = {hits[0].tuple, hits[1].tuple};
    uint8_t where[2] = {0, 0}, reason[2] = {0, 0}, unrouted[2] = {42, 42};
    wanmi_hits columns;
    wanmi_hits_init(&columns);
    columns.cell = cell;
    columns.tuple = tuple;
    columns.where = where;
    columns.reason = reason;
    wanmi_router *router = NULL;
    fail_from(&memory, 1, true);
    assert_int_equal(wanmi_router_create(way.plan, &router, NULL), WANMI_E_MEMORY);
    assert_null(router);
    fail_from(&memory, 0, false);
    assert_int_equal(wanmi_router_create(way.plan, &router, NULL), WANMI_OK);
    wanmi_delivery deliveries[64];
    size_t first[3] = {42, 42, 42}, done = 42;
    fail_from(&memory, 1, true);
    assert_int_equal(wanmi_route(router, way.locator, events, 2, &columns, 0, deliveries, 64, first,
                                 unrouted, &done, NULL), WANMI_E_MEMORY);
    assert_int_equal(done, 42);
    assert_int_equal(first[0], 42);
    assert_int_equal(unrouted[0], 42);
    fail_from(&memory, 0, false);
    assert_int_equal(wanmi_route(router, way.locator, events, 2, &columns, 0, deliveries, 64, first,
                                 unrouted, &done, NULL), WANMI_OK);
    assert_int_equal(done, 2);
    /* Classes that are known cost no memory any more. */
    int64_t calls = memory.calls;
    for (int i = 0; i < 100; i++)
        assert_int_equal(wanmi_route(router, way.locator, events, 2, &columns, 0, deliveries, 64,
                                     first, unrouted, &done, NULL), WANMI_OK);
    assert_int_equal(memory.calls, calls);
    wanmi_router_free(router);
    test_way_close(&way);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

/* Words are looked up block by block: what came before a class that there is no memory for
 * is routed, and told so; the next call tells the rest. */
static void a_class_first_seen_in_a_later_block(void **state)
{
    (void)state;
    enum { COUNT = 600, NEW = 400, BLOCK = NEW / 64 * 64 };
    static wanmi_event events[COUNT];
    static test_hit hits[COUNT];
    static uint32_t cells[COUNT], tuples[COUNT];
    static uint8_t where[COUNT], reasons[COUNT], unrouted[COUNT];
    static wanmi_delivery deliveries[8 * COUNT];
    static size_t first[COUNT + 1];
    test_memory memory = {0};
    test_way way;
    test_way_open(&way, whole_map(&memory));
    for (int i = 0; i < COUNT; i++)
        events[i] = test_event(&way, 500050, 4420050, "01", NULL);
    for (int i = 0; i < 100; i++) {         /* numbers that a table of few classes has no room for */
        char text[16];
        snprintf(text, sizeof text, "02%d", i);
        events[NEW] = test_event(&way, 500050, 4420050, text, NULL);
    }
    test_way_locate(&way, events, COUNT, 0, hits);
    for (int i = 0; i < COUNT; i++) {
        cells[i] = hits[i].cell;
        tuples[i] = hits[i].tuple;
    }
    wanmi_hits columns;
    wanmi_hits_init(&columns);
    columns.cell = cells;
    columns.tuple = tuples;
    columns.where = where;
    columns.reason = reasons;
    size_t done = 42;
    assert_int_equal(wanmi_route(way.router, way.locator, events, 1, &columns, 0, deliveries, 8 * COUNT, first,
                                 unrouted, &done, NULL), WANMI_OK);
    fail_from(&memory, 1, true);
    assert_int_equal(wanmi_route(way.router, way.locator, events, COUNT, &columns, 0, deliveries, 8 * COUNT, first,
                                 unrouted, &done, NULL), WANMI_PARTIAL);
    assert_int_equal(done, BLOCK);
    assert_true(first[done] >= done);
    columns.cell += done;
    columns.tuple += done;
    first[0] = 4711;
    assert_int_equal(wanmi_route(way.router, way.locator, events + BLOCK, COUNT - BLOCK, &columns, 0, deliveries,
                                 8 * COUNT, first, unrouted, &done, NULL), WANMI_E_MEMORY);
    assert_int_equal(done, BLOCK);
    assert_int_equal(first[0], 4711);
    fail_from(&memory, 0, false);
    assert_int_equal(wanmi_route(way.router, way.locator, events + BLOCK, COUNT - BLOCK, &columns, 0, deliveries,
                                 8 * COUNT, first, unrouted, &done, NULL), WANMI_OK);
    assert_int_equal(done, COUNT - BLOCK);
    test_way_close(&way);
    assert_int_equal(memory.held_blocks, 0);
}

static void checks(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_map *map = whole_map(&memory);
    int64_t held = memory.held_blocks;
    int tried = 0;
    for (int64_t nth = 1;; nth++) {
        uint64_t found = 1000;
        wanmi_error error;
        fail_from(&memory, nth, false);
        wanmi_status status = wanmi_plan_check(map, 0, NULL, NULL, &found, &error);
        bool failed = memory.calls >= memory.fail_at;
        fail_from(&memory, 0, false);
        assert_int_equal(status, failed ? WANMI_E_MEMORY : WANMI_OK);
        assert_int_equal(memory.held_blocks, held);
        if (!failed)
            break;
        assert_int_equal(error.status, WANMI_E_MEMORY);
        assert_int_equal(found, 1000);
        tried++;
    }
    assert_true(tried > 10);
    wanmi_map_release(map);
}

/* Objects first seen, with a class that is new to the words, and chains. */
static void objects_and_escalations(void **state)
{
    (void)state;
    test_memory memory = {0};
    int tried = 0;
    for (bool failed = true; failed; tried++) {
        test_way way;
        test_way_open(&way, whole_map(&memory));
        const wanmi_event event = test_object_event(&way, "lamp", NULL);
        double x = 42, y = 42;
        uint8_t datum = 42;
        fail_from(&memory, tried + 1, false);
        wanmi_status status = wanmi_router_places(way.router, &event, 1, &x, &y, &datum, NULL);
        failed = memory.calls >= memory.fail_at;
        fail_from(&memory, 0, false);
        assert_int_equal(status, failed ? WANMI_E_MEMORY : WANMI_OK);
        assert_int_equal(datum, failed ? 42 : WANMI_DATUM_MAP);
        assert_int_equal(wanmi_router_places(way.router, &event, 1, &x, &y, &datum, NULL), WANMI_OK);
        assert_true(x == 500050);
        wanmi_delivery d = {.generation = 1, .unit = wanmi_map_find_unit(way.map, "S1"), .cell = WANMI_NONE,
                            .class_id = WANMI_NONE, .role = 0xFFFF, .tag = 0xFFFF};
        wanmi_escalation step;
        size_t count = 42;
        fail_from(&memory, 1, false);
        assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, &step, 1, &count, NULL), WANMI_E_MEMORY);
        assert_int_equal(count, 42);
        fail_from(&memory, 0, false);
        assert_int_equal(wanmi_plan_escalate(way.plan, &d, NULL, &step, 1, &count, NULL), WANMI_OK);
        assert_int_equal(count, 1);
        assert_string_equal(wanmi_map_unit_code(way.map, step.unit), "BUREAU");
        test_way_close(&way);
        assert_int_equal(memory.held_blocks, 0);
    }
    assert_true(tried >= 3);
    assert_false(memory.wrong_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plans),
        cmocka_unit_test(checks),
        cmocka_unit_test(routers_and_classes_first_seen),
        cmocka_unit_test(a_class_first_seen_in_a_later_block),
        cmocka_unit_test(objects_and_escalations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
