/* flow with every allocation failed in turn, and with sinks that fail: a clean
 * error, nothing leaked, no event uncounted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

enum { EVENTS = 12 };

typedef struct scene {
    test_memory memory;
    wanmi_host host;
    wanmi_map *map;
    test_sink sink;
    wanmi_flow *flow;
    wanmi_intake *intake;
    bool submitted;
} scene;

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    s->host = test_host(&s->memory);
    s->map = test_city_map(&s->host, NULL);
    test_sink_init(&s->sink);
}

static void close_scene(scene *s)
{
    wanmi_map_release(s->map);
    test_sink_drop(&s->sink);
    assert_int_equal(s->memory.held_blocks, 0);
    assert_false(s->memory.wrong_size);
}

static void must_hold(wanmi_flow *flow, uint64_t submitted)
{
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(flow, &a, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(a.submitted, submitted);
    assert_int_equal(a.submitted, a.routed + a.unrouted + a.refused);
    assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
}

static wanmi_status make(scene *s)
{
    wanmi_status status = wanmi_flow_create(NULL, &s->host, &s->flow, NULL);
    if (status == WANMI_OK)
        status = wanmi_flow_set_map(s->flow, s->map, NULL);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "all";
    def.lanes = 1;
    def.deliver = test_sink_deliver;
    def.user = &s->sink;
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.cells = "1*";
    wish.classes = "01;02;03";
    if (status == WANMI_OK)
        status = wanmi_flow_add_sink(s->flow, &def, &wish, NULL, NULL);
    if (status == WANMI_OK)
        status = wanmi_flow_start(s->flow, NULL);
    if (status == WANMI_OK)
        status = wanmi_intake_open(s->flow, &s->intake, NULL);
    return status;
}

static wanmi_status submit(scene *s, size_t *done)
{
    static const char *const classes[] = {"01", "02", "0301", "9"};
    wanmi_event events[EVENTS];
    wanmi_receipt receipts[EVENTS];
    for (int i = 0; i < EVENTS; i++) {
        uint32_t number;
        wanmi_status status = wanmi_words_number(wanmi_flow_words(s->flow), classes[i % 4],
                                                 strlen(classes[i % 4]), &number, NULL);
        if (status != WANMI_OK)
            return status;
        events[i] = (wanmi_event){.id = (uint64_t)i, .time_us = 5, .x = 500050 + 100 * (i % 8),
                                  .y = 4420050, .class_id = number, .source_id = WANMI_NONE,
                                  .datum = WANMI_DATUM_MAP};
    }
    s->submitted = true;
    wanmi_status status = wanmi_flow_submit(s->intake, events, EVENTS, receipts, done, NULL);
    for (size_t i = *done; status != WANMI_OK && i < EVENTS; i++)
        assert_int_equal(receipts[i].reason, WANMI_REASON_ERROR);
    return status;
}

/* The whole life; where a submit fails it is done again with memory. */
static wanmi_status live(scene *s)
{
    s->flow = NULL;
    s->intake = NULL;
    s->submitted = false;
    size_t done = 0;
    wanmi_status status = make(s);
    if (status == WANMI_OK)
        status = submit(s, &done);
    s->memory.fail_at = s->memory.fail_at <= s->memory.calls ? 0 : s->memory.fail_at;
    if (s->submitted) {
        must_hold(s->flow, EVENTS);
        if (status != WANMI_OK) {
            assert_int_equal(submit(s, &done), WANMI_OK);
            assert_int_equal(done, EVENTS);
            must_hold(s->flow, 2 * EVENTS);
        }
    }
    wanmi_intake_close(s->intake);
    wanmi_flow_free(s->flow);
    return status;
}

static void every_allocation_fails(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    int64_t held = s.memory.held_blocks;
    int tried = 0;
    for (int on = 0; on < 2; on++)
        for (int64_t nth = 1;; nth++) {
            s.memory.fail_at = s.memory.calls + nth;
            s.memory.from_then_on = on != 0;
            wanmi_status status = live(&s);
            bool failed = s.memory.fail_at == 0;
            s.memory.fail_at = 0;
            if (failed)
                assert_int_equal(status, WANMI_E_MEMORY);
            else
                assert_int_equal(status, WANMI_OK);
            assert_int_equal(s.memory.held_blocks, held);
            if (!failed)
                break;
            tried++;
        }
    assert_true(tried > 60);
    close_scene(&s);
}

/* After the first events of each kind, submitting takes no memory. */
static void submitting_takes_no_memory(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    size_t done;
    assert_int_equal(make(&s), WANMI_OK);
    assert_int_equal(submit(&s, &done), WANMI_OK);
    int64_t calls = s.memory.calls;
    for (int i = 0; i < 100; i++)
        assert_int_equal(submit(&s, &done), WANMI_OK);
    assert_int_equal(s.memory.calls, calls);
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow);
    close_scene(&s);
}

/* ---- a sink that hangs, with policy BLOCK and patience of a minute -------------------------- */

enum { MANY = 400, PART = 100 };

typedef struct held_up {
    scene scene;                        /* its sink hangs, and wants class 01 */
    test_sink other;                    /* wants class 02 */
    wanmi_event events[MANY];           /* of the classes 01 and 02 in turn */
    wanmi_receipt receipts[MANY];
    size_t done;
    wanmi_status status;
    atomic_bool over;
    pthread_t submitter;
} held_up;

static void *submit_many(void *user)
{
    held_up *h = user;
    h->status = wanmi_flow_submit(h->scene.intake, h->events, MANY, h->receipts, &h->done, NULL);
    atomic_store(&h->over, true);
    return NULL;
}

/* Once the submit has been cut off: the stop waits for the callback then. */
static void *let_go_late(void *user)
{
    held_up *h = user;
    for (int i = 0; i < 30000 && !atomic_load(&h->over); i++)
        test_nap_us(1000);
    test_sink_hang(&h->scene.sink, false);
    return NULL;
}

static void add_held_up_sink(held_up *h, const char *class_text, test_sink *to)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = class_text;
    def.lanes = 1;
    def.batch_max = 1;
    def.policy = WANMI_POLICY_BLOCK;
    def.block_us = 60000000;
    def.deliver = test_sink_deliver;
    def.user = to;
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.classes = class_text;
    wish.roles = "网格长";
    assert_int_equal(wanmi_flow_add_sink(h->scene.flow, &def, &wish, NULL, NULL), WANMI_OK);
}

static void make_events(held_up *h)
{
    uint32_t classes[2];
    for (int i = 0; i < 2; i++)
        assert_int_equal(wanmi_words_number(wanmi_flow_words(h->scene.flow), i == 0 ? "01" : "02", 2,
                                            &classes[i], NULL), WANMI_OK);
    for (int i = 0; i < MANY; i++)
        h->events[i] = (wanmi_event){.id = (uint64_t)i, .time_us = 5, .x = 500050, .y = 4420050,
                                     .class_id = classes[i % 2], .source_id = WANMI_NONE,
                                     .datum = WANMI_DATUM_MAP};
}

/* Until the hanging sink holds the first part up, and a drain has shut intake. */
static void begin(held_up *h)
{
    memset(h, 0, sizeof *h);
    open_scene(&h->scene);
    test_sink_init(&h->other);
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = PART;
    options.dispatch.ring_capacity = 2;
    assert_int_equal(wanmi_flow_create(&options, &h->scene.host, &h->scene.flow, NULL), WANMI_OK);
    assert_int_equal(wanmi_flow_set_map(h->scene.flow, h->scene.map, NULL), WANMI_OK);
    add_held_up_sink(h, "01", &h->scene.sink);
    add_held_up_sink(h, "02", &h->other);
    assert_int_equal(wanmi_flow_start(h->scene.flow, NULL), WANMI_OK);
    assert_int_equal(wanmi_intake_open(h->scene.flow, &h->scene.intake, NULL), WANMI_OK);
    make_events(h);
    test_sink_hang(&h->scene.sink, true);
    assert_int_equal(pthread_create(&h->submitter, NULL, submit_many, h), 0);
    test_sink_await_inside(&h->scene.sink, 1);
    test_nap_us(20000);
    assert_false(atomic_load(&h->over));
    must_hold(h->scene.flow, 0);        /* a part is not accounted before its end */
    uint64_t left;
    wanmi_error error;
    assert_int_equal(wanmi_flow_drain(h->scene.flow, 1000, &left, &error), WANMI_E_DEADLINE);
    assert_true(left > 0);
    assert_non_null(strstr(error.message, "still handing over"));
}

/* Account and receipts must say the same. */
static void end(held_up *h, uint64_t routed, uint64_t delivered_to_other)
{
    must_hold(h->scene.flow, MANY);
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(h->scene.flow, &a, NULL, 0, NULL), WANMI_OK);
    uint64_t accepted = 0;
    for (size_t i = 0; i < MANY; i++) {
        accepted += h->receipts[i].deliveries;
        assert_int_equal(h->receipts[i].reason,
                         h->receipts[i].deliveries != 0 ? WANMI_REASON_NONE : WANMI_REASON_CLOSED);
    }
    assert_int_equal(h->status, WANMI_E_DISPATCH_CLOSED);
    assert_int_equal(a.routed, routed);
    assert_int_equal(a.refused, MANY - routed);
    assert_int_equal(a.inside, routed);
    assert_int_equal(a.sum.accepted, accepted);
    assert_int_equal(accepted, routed);
    assert_int_equal(a.sum.pending, 0);
    assert_int_equal(h->other.count, delivered_to_other);
    wanmi_intake_close(h->scene.intake);
    wanmi_flow_free(h->scene.flow);
    test_sink_drop(&h->other);
    close_scene(&h->scene);
}

static void a_drain_lets_a_part_reach_all_its_sinks(void **state)
{
    (void)state;
    static held_up h;
    begin(&h);
    test_sink_hang(&h.scene.sink, false);
    pthread_join(h.submitter, NULL);
    uint64_t left = 1;
    assert_int_equal(wanmi_flow_drain(h.scene.flow, 60000000, &left, NULL), WANMI_OK);
    assert_int_equal(left, 0);
    assert_int_equal(h.done, PART);
    end(&h, PART, PART / 2);
}

static void a_stop_cuts_a_part_off_and_says_what_became_of_it(void **state)
{
    (void)state;
    static held_up h;
    pthread_t helper;
    begin(&h);
    assert_int_equal(pthread_create(&helper, NULL, let_go_late, &h), 0);
    wanmi_flow_stop(h.scene.flow);
    pthread_join(h.submitter, NULL);
    pthread_join(helper, NULL);
    /* The hanging sink had accepted its half; the other one was closed by then. */
    for (size_t i = 0; i < PART; i++)
        assert_int_equal(h.receipts[i].deliveries, i % 2 == 0);
    assert_int_equal(h.done, 1);
    end(&h, PART / 2, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(submitting_takes_no_memory),
        cmocka_unit_test(a_drain_lets_a_part_reach_all_its_sinks),
        cmocka_unit_test(a_stop_cuts_a_part_off_and_says_what_became_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
