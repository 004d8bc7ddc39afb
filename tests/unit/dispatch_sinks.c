/* Sinks that come and go while the dispatch runs: numbers, names, what becomes of
 * what is pending, figures that stay, memory that goes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "house.h"

/* ---- added ------------------------------------------------------------------------------- */

static void test_added_while_running(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    house_submit(&h, 0, 0, 10);
    test_sink late;
    test_sink_init(&late);
    wanmi_sink_def def = house_def("late", &late);
    def.lanes = 3;
    uint32_t sink = house_add(&h, &def);
    assert_int_equal(sink, 2);
    assert_int_equal(wanmi_dispatch_sink_count(h.d), 3);
    assert_string_equal(wanmi_dispatch_sink_name(h.d, sink), "late");
    house_submit(&h, sink, 0, 1000);                /* by a producer opened before it came */
    wanmi_producer *q;
    assert_int_equal(wanmi_producer_open(h.d, &q, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_submit(q, sink, house_deliveries + 1000, house_keys, 500, NULL), WANMI_OK);
    wanmi_producer_close(q);
    house_drain(&h);
    assert_int_equal(late.count, 1500);
    assert_int_equal(h.sinks[0].count, 10);
    house_leave(&h);
    test_sink_drop(&late);
}

static void test_names_and_numbers(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    const char *name = wanmi_dispatch_sink_name(h.d, 0);
    wanmi_sink_def def = house_def("first", &h.sinks[0]);
    uint32_t sink = 77, seen[64], count = 0;
    assert_int_equal(wanmi_dispatch_add_sink(h.d, &def, &sink, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(sink, 77);
    for (int i = 0; i < 20; i++) {
        uint32_t number = i == 0 ? 0 : sink;
        assert_int_equal(house_remove(&h, number, 0), 0);
        seen[count++] = number;
        assert_null(wanmi_dispatch_sink_name(h.d, number));
        assert_int_equal(wanmi_producer_submit(h.p, number, house_deliveries, house_keys, 1, NULL),
                         WANMI_E_DISPATCH_SINK);
        assert_int_equal(wanmi_dispatch_remove_sink(h.d, number, 0, NULL, NULL), WANMI_E_DISPATCH_SINK);
        sink = house_add(&h, &def);                       /* its name is free again */
        for (uint32_t j = 0; j < count; j++)        /* old numbers name nobody */
            assert_true(sink != seen[j]);
        assert_ptr_equal(wanmi_dispatch_sink_name(h.d, sink), name);
        uint32_t numbers[4] = {9, 9, 9, 9};
        assert_int_equal(wanmi_dispatch_sinks(h.d, numbers, 4), 2);
        assert_int_equal(numbers[0], sink);
        assert_int_equal(numbers[1], 1);
        assert_int_equal(numbers[2], 9);
    }
    house_submit(&h, sink, 0, 5);
    house_drain(&h);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.sink, sink);
    assert_int_equal(t.delivered, 5);
    assert_int_equal(wanmi_dispatch_remove_sink(NULL, 0, 0, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, sink, -1, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_dispatch_stop(h.d);
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, sink, 0, NULL, NULL), WANMI_E_DISPATCH_STATE);
    house_leave(&h);
}

static void test_before_the_start(void **state)
{
    (void)state;
    wanmi_dispatch *d = NULL;
    test_sink sink;
    test_sink_init(&sink);
    uint32_t a, b;
    wanmi_sink_def def = house_def("a", &sink);
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &d, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &a, NULL), WANMI_OK);
    def.name = "b";
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &b, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_remove_sink(d, a, 60000000, NULL, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_sink_count(d), 1);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p;
    wanmi_delivery delivery;
    uint32_t key;
    uint64_t left;
    test_deliveries(&delivery, &key, 1, 0);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_submit(p, a, &delivery, &key, 1, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_producer_submit(p, b, &delivery, &key, 1, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    assert_int_equal(test_law(d).delivered, 1);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

/* ---- removed ------------------------------------------------------------------------------- */

static void test_removed_when_empty(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    house_submit(&h, 0, 0, 4000);
    assert_int_equal(house_remove(&h, 0, 60000000), 0);
    assert_int_equal(h.sinks[0].count, 4000);       /* nothing is lost when there is time */
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.delivered, 4000);          /* its figures stay in the sum */
    assert_int_equal(wanmi_dispatch_sink_count(h.d), 1);
    house_submit(&h, 1, 0, 10);
    house_drain(&h);
    assert_int_equal(test_law_of_all(h.d).delivered, 4010);
    house_leave(&h);
}

typedef struct removal {
    house *h;
    uint64_t left;
    _Atomic bool done;
} removal;

static void *remove_on_thread(void *argument)
{
    removal *r = argument;
    r->left = house_remove(r->h, 0, 5000);
    atomic_store(&r->done, true);
    return NULL;
}

/* Until the removal of a sink that has a callback has waited as long as it is to. It
 * shows in why the sink cannot be polled. */
static void await_burial(wanmi_dispatch *d, uint32_t sink)
{
    wanmi_delivery delivery;
    wanmi_error error;
    uint64_t ticket;
    size_t count;
    for (int64_t began = house_steady_us(); house_steady_us() - began < HOUSE_PATIENCE_US; test_nap_us(1000)) {
        assert_int_equal(wanmi_sink_poll(d, sink, 1, 0, &delivery, &ticket, 1, &count, &error),
                         WANMI_E_DISPATCH_SINK);
        if (strstr(error.message, "has a callback") == NULL)
            return;
    }
    fail_msg("the removal does not begin to bury");
}

static void test_removed_with_much_pending(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].batch_max = 10;
    h.removed = true;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 1000);
    removal r = {.h = &h};
    pthread_t thread;
    pthread_create(&thread, NULL, remove_on_thread, &r);
    await_burial(h.d, 0);
    test_nap_us(30000);
    assert_false(atomic_load(&r.done));             /* waits for the callback that runs */
    assert_int_equal(test_law_of_all(h.d).pending, 1001);
    house_submit(&h, 1, 0, 50);                     /* the others do not */
    assert_true(test_sink_await(&h.sinks[1], 50));
    wanmi_sink_def def = house_def("third", &h.sinks[1]);
    house_add(&h, &def);
    test_sink_hang(&h.sinks[0], false);
    pthread_join(thread, NULL);
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.dead_removed, r.left);
    assert_int_equal(h.sinks[0].count + r.left, 1001);
    assert_true(r.left >= 990);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(h.d, HOUSE_PATIENCE_US, &left, NULL), WANMI_OK);
    assert_int_equal(h.letters.count, r.left);
    for (size_t i = 0; i < h.letters.count; i++) {
        assert_int_equal(h.letters.seen[i].reason, WANMI_REASON_REMOVED);
        assert_int_equal(h.letters.seen[i].sink, 0);
        assert_string_equal(h.letters.seen[i].sink_name, "first");
    }
    uint64_t pending = 9;
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 0);
    house_leave(&h);
}

/* Letters of a sink that is gone are counted as its own, and it is forgotten only then. */
static void test_letters_outlive_the_sink(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].deliver = NULL;
    house_build(&h);
    test_letters_hang(&h.letters, true);
    house_submit(&h, 0, 0, 100);
    assert_int_equal(house_remove(&h, 0, 0), 100);
    wanmi_sink_def def = house_def("first", &h.sinks[0]);
    uint32_t sink = house_add(&h, &def);                  /* the dead-letter callback hangs meanwhile */
    assert_int_equal(house_remove(&h, sink, 0), 0);
    sink = house_add(&h, &def);
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.dead_queued, 100);
    uint64_t pending = 0;
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 100);                 /* the letters name the generation */
    test_letters_hang(&h.letters, false);
    house_submit(&h, sink, 0, 7);
    house_drain(&h);
    assert_int_equal(house_remove(&h, sink, 0), 0);
    def.name = "last";
    house_add(&h, &def);                                  /* forgets those that are done */
    sum = test_law_of_all(h.d);
    assert_int_equal(sum.dead_removed, 100);
    assert_int_equal(sum.delivered, 7);
    assert_int_equal(sum.dead_queued, 0);
    assert_int_equal(h.letters.count, 100);
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 0);
    house_leave(&h);
}

static void *submit_much(void *argument)
{
    house *h = argument;
    assert_int_equal(wanmi_producer_submit(h->p, 0, house_deliveries, house_keys, 100, NULL), WANMI_OK);
    return NULL;
}

/* A producer that waits for room at one sink keeps no other from going. */
static void test_others_are_not_waited_for(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 8;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    h.defs[0].block_us = INT64_MAX;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, submit_much, &h);
    while (house_tally(&h, 0).pending != 8)
        test_nap_us(100);
    assert_int_equal(house_remove(&h, 1, 0), 0);       /* returns while that producer waits */
    assert_int_equal(house_tally(&h, 0).pending, 8);
    test_sink_hang(&h.sinks[0], false);
    pthread_join(thread, NULL);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 101);
    house_leave(&h);
}

static int released;

static void release(void *user)
{
    assert_non_null(user);
    released++;
}

static void test_released_once(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].release = h.defs[1].release = release;
    house_build(&h);
    released = 0;
    assert_int_equal(house_remove(&h, 0, 0), 0);
    assert_int_equal(released, 1);
    wanmi_dispatch_stop(h.d);
    assert_int_equal(released, 1);
    house_leave(&h);
    assert_int_equal(released, 2);
}

/* Coming and going leaves nothing behind. */
static void test_memory_goes(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    int64_t held = 0;
    for (int i = 0; i < 50; i++) {
        wanmi_sink_def def = house_def("guest", &h.sinks[0]);
        def.lanes = 1 + (uint32_t)i % 4;
        def.attempts_max = 3;
        uint32_t sink = house_add(&h, &def);
        house_submit(&h, sink, 0, 100);
        assert_int_equal(house_remove(&h, sink, 60000000), 0);
        if (i == 7)
            held = h.memory.held_bytes;
        if (i > 7 && i % 4 == 3)
            assert_int_equal(h.memory.held_bytes, held);
    }
    assert_int_equal(test_law_of_all(h.d).delivered, 5000);
    house_leave(&h);
}

/* A callback that adds and removes sinks while a stop waits for it: it is told that
 * all has stopped, and neither waits for the other. */
typedef struct late_change {
    wanmi_dispatch *d;
    atomic_bool inside;
    wanmi_status added, removed;
} late_change;

static void change_late(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch;
    (void)count;
    (void)outcomes;
    late_change *c = user;
    atomic_store(&c->inside, true);
    wanmi_producer *producer;
    while (wanmi_producer_open(c->d, &producer, NULL) == WANMI_OK) {
        wanmi_producer_close(producer);
        test_nap_us(100);
    }
    wanmi_sink_def def = house_def("too late", NULL);
    uint32_t sink;
    c->added = wanmi_dispatch_add_sink(c->d, &def, &sink, NULL);
    c->removed = wanmi_dispatch_remove_sink(c->d, 1, 0, NULL, NULL);
}

static void test_changed_while_stopping(void **state)
{
    (void)state;
    house h;
    late_change c = {.d = NULL};
    house_plan(&h);
    h.defs[0].deliver = change_late;
    h.defs[0].user = &c;
    house_build(&h);
    c.d = h.d;
    house_submit(&h, 0, 0, 1);
    while (!atomic_load(&c.inside))
        test_nap_us(100);
    wanmi_dispatch_stop(h.d);
    assert_int_equal(c.added, WANMI_E_DISPATCH_STATE);
    assert_int_equal(c.removed, WANMI_E_DISPATCH_STATE);
    assert_int_equal(house_tally(&h, 0).delivered, 1);
    house_leave(&h);
}

static void test_all_places(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 16;
    house_build(&h);
    char name[16];
    uint32_t numbers[WANMI_SINKS_MAX];
    for (int i = 2; i < WANMI_SINKS_MAX; i++) {
        snprintf(name, sizeof name, "s%d", i);
        wanmi_sink_def def = house_def(name, &h.sinks[0]);
        assert_int_equal(house_add(&h, &def), i);
    }
    wanmi_sink_def def = house_def("one more", &h.sinks[0]);
    uint32_t sink = 77;
    assert_int_equal(wanmi_dispatch_add_sink(h.d, &def, &sink, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(house_remove(&h, 40, 0), 0);
    assert_int_equal(house_add(&h, &def), 40 + 64);
    assert_int_equal(wanmi_dispatch_sinks(h.d, numbers, WANMI_SINKS_MAX), WANMI_SINKS_MAX);
    assert_int_equal(numbers[40], 104);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_added_while_running),
        cmocka_unit_test(test_names_and_numbers),
        cmocka_unit_test(test_before_the_start),
        cmocka_unit_test(test_removed_when_empty),
        cmocka_unit_test(test_removed_with_much_pending),
        cmocka_unit_test(test_letters_outlive_the_sink),
        cmocka_unit_test(test_others_are_not_waited_for),
        cmocka_unit_test(test_released_once),
        cmocka_unit_test(test_memory_goes),
        cmocka_unit_test(test_changed_while_stopping),
        cmocka_unit_test(test_all_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
