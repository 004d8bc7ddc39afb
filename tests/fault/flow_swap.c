/* flow: changes while events flow, with every allocation failed in turn. What is in
 * force stays in force, nothing leaks, no event is uncounted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

enum { INTAKES = 2 };

typedef struct scene {
    test_memory memory;
    wanmi_host host;
    wanmi_flow *flow;
    wanmi_intake *intakes[INTAKES];
    test_sink sinks[2];
    int released;                       /* times that a sink's release was called */
    wanmi_map *next;                    /* of generation 2 */
    uint64_t submitted;
} scene;

static scene s;

static void count_release(void *user)
{
    (void)user;
    s.released++;
}

static void describe(wanmi_sink_def *def, wanmi_subscription *wish, int i)
{
    wanmi_sink_def_init(def);
    wanmi_subscription_init(wish);
    def->name = i == 0 ? "first" : "second";
    def->lanes = 1;
    def->deliver = test_sink_deliver;
    def->user = &s.sinks[i];
    def->release = count_release;
    wish->cells = "110101001*;110101002*";
    wish->tags = i == 0 ? "" : "急";
}

static wanmi_map *make_map(uint32_t generation)
{
    test_city city;
    test_city_init(&city);
    city.columns = 8 * generation;
    city.rows = 6 * generation;
    city.size_m = 100.0 / generation;
    city.generation = generation;
    return test_city_map(&s.host, &city);
}

static void open_scene(void)
{
    memset(&s, 0, sizeof s);
    s.host = test_host(&s.memory);
    test_sink_init(&s.sinks[0]);
    test_sink_init(&s.sinks[1]);
    wanmi_sink_def def;
    wanmi_subscription wish;
    describe(&def, &wish, 0);
    assert_int_equal(wanmi_flow_create(NULL, &s.host, &s.flow, NULL), WANMI_OK);
    wanmi_map *map = make_map(1);
    assert_int_equal(wanmi_flow_set_map(s.flow, map, NULL), WANMI_OK);
    wanmi_map_release(map);
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, &wish, NULL, NULL), WANMI_OK);
    assert_int_equal(wanmi_flow_start(s.flow, NULL), WANMI_OK);
    for (int i = 0; i < INTAKES; i++)
        assert_int_equal(wanmi_intake_open(s.flow, &s.intakes[i], NULL), WANMI_OK);
    s.next = make_map(2);
}

static void close_scene(void)
{
    wanmi_map_release(s.next);
    for (int i = 0; i < INTAKES; i++)
        wanmi_intake_close(s.intakes[i]);
    wanmi_flow_free(s.flow);
    test_sink_drop(&s.sinks[0]);
    test_sink_drop(&s.sinks[1]);
    assert_int_equal(s.memory.held_blocks, 0);
    assert_false(s.memory.wrong_size);
}

/* One event through each intake: under which map, and to how many sinks. */
static void must_be(uint32_t generation, uint32_t sinks)
{
    for (int i = 0; i < INTAKES; i++) {
        wanmi_event event = {.id = ++s.submitted, .time_us = 5, .x = 500025, .y = 4420025, .source_id = WANMI_NONE,
                             .datum = WANMI_DATUM_MAP};
        wanmi_receipt receipt;
        assert_int_equal(wanmi_words_number(wanmi_flow_words(s.flow), "02", 2, &event.class_id, NULL), WANMI_OK);
        assert_int_equal(wanmi_flow_submit(s.intakes[i], &event, 1, &receipt, NULL, NULL), WANMI_OK);
        assert_int_equal(receipt.generation, generation);
        assert_int_equal(receipt.deliveries, 3 + (sinks - 1));
    }
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(a.submitted, s.submitted);
    assert_int_equal(a.submitted, a.routed);
    assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
}

/* When the keeper has freed what earlier changes have left. */
static int64_t blocks_at_rest(void)
{
    assert_int_equal(wanmi_flow_reclaim(s.flow, NULL, NULL), WANMI_OK);
    return __atomic_load_n(&s.memory.held_blocks, __ATOMIC_RELAXED);
}

/* Fails each allocation of `change` in turn, once and from then on, until it goes
 * through. After each failure one map and one sink are there, and the very blocks that
 * were there before. */
static int fail_each(wanmi_status (*change)(wanmi_error *error), uint32_t from, uint32_t sinks)
{
    int tried = 0;
    must_be(from, sinks);
    int64_t held = blocks_at_rest();
    for (int64_t nth = 1;; nth++)
        for (int on = 0; on < 2; on++) {
            wanmi_error error = {0};
            s.memory.fail_at = s.memory.calls + nth;
            s.memory.from_then_on = on != 0;
            wanmi_status status = change(&error);
            bool failed = s.memory.fail_at <= s.memory.calls;
            s.memory.fail_at = 0;
            if (!failed) {
                assert_int_equal(status, WANMI_OK);
                return tried;
            }
            assert_int_equal(status, WANMI_E_MEMORY);
            assert_int_equal(error.status, WANMI_E_MEMORY);
            assert_int_equal(blocks_at_rest(), held);
            assert_int_equal(s.released, 0);
            must_be(from, sinks);
            tried++;
        }
}

static wanmi_status swap(wanmi_error *error)
{
    return wanmi_flow_set_map(s.flow, s.next, error);
}

static wanmi_status add(wanmi_error *error)
{
    wanmi_sink_def def;
    wanmi_subscription wish;
    describe(&def, &wish, 1);
    return wanmi_flow_add_sink(s.flow, &def, &wish, NULL, error);
}

static void every_allocation_of_a_swap_fails(void **state)
{
    (void)state;
    open_scene();
    assert_true(fail_each(swap, 1, 1) > 200);
    must_be(2, 1);
    close_scene();
}

static void every_allocation_of_a_new_sink_fails(void **state)
{
    (void)state;
    open_scene();
    assert_true(fail_each(add, 1, 1) > 60);
    must_be(1, 2);
    assert_int_equal(s.released, 0);
    close_scene();
    assert_int_equal(s.released, 2);
}

static wanmi_status remove_first(wanmi_error *error)
{
    return wanmi_flow_remove_sink(s.flow, 0, 60000000, NULL, error);
}

static void every_allocation_of_a_removal_fails(void **state)
{
    (void)state;
    open_scene();
    assert_int_equal(add(NULL), WANMI_OK);
    assert_true(fail_each(remove_first, 1, 2) > 20);
    assert_int_equal(s.released, 1);
    wanmi_event event = {.id = ++s.submitted, .time_us = 5, .x = 500025, .y = 4420025, .source_id = WANMI_NONE,
                         .class_id = WANMI_NONE, .datum = WANMI_DATUM_MAP};
    wanmi_receipt receipt;
    assert_int_equal(wanmi_flow_submit(s.intakes[0], &event, 1, &receipt, NULL, NULL), WANMI_OK);
    assert_int_equal(receipt.reason, WANMI_REASON_UNWANTED);
    close_scene();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_of_a_swap_fails),
        cmocka_unit_test(every_allocation_of_a_new_sink_fails),
        cmocka_unit_test(every_allocation_of_a_removal_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
