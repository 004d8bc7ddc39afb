/* Full rings under the policies that do more than overflow: the oldest dropped,
 * the whole submit rejected, a sink removed while a producer waits for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>

#include "house.h"

/* ---- drop_oldest ------------------------------------------------------------------------ */

static void plan_dropping(house *h)
{
    house_plan(h);
    h->options.ring_capacity = 16;
    h->defs[0].policy = WANMI_POLICY_DROP_OLDEST;
    h->defs[0].urgent_max = -1;
    h->defs[0].batch_max = 4;
}

/* A sink that hangs has its lane hang: what comes then is dead as under OVERFLOW,
 * and no submit waits for long. */
static void test_drop_at_a_hanging_sink(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 15);
    enum { MORE = 4000 };
    int64_t began = house_steady_us();
    for (size_t i = 0; i < MORE; i++)
        house_submit(&h, 0, 16 + i, 1);
    /* The first waits 2 ms; the others see that the lane has been inside for longer. */
    assert_in_range(house_steady_us() - began, 0, 2000 * (MORE - 1));
    for (size_t i = 0; i < 500; i += 5) {           /* the other sink is left alone */
        house_submit(&h, 1, i, 5);
        assert_true(test_sink_await(&h.sinks[1], i + 5));
    }
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.pending, 16);
    assert_int_equal(t.dead_full, MORE);
    assert_int_equal(t.dead_dropped, 0);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    /* Nothing older died for those that are dead themselves. */
    assert_int_equal(h.sinks[0].count, 16);
    assert_int_equal(house_tally(&h, 0).dead_dropped, 0);
    house_leave(&h);
}

static void test_drop_once_inside_for_long(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 15);
    test_nap_us(10000);
    int64_t began = house_steady_us();
    house_submit(&h, 0, 16, 2000);
    assert_in_range(house_steady_us() - began, 0, 1000000);
    assert_int_equal(house_tally(&h, 0).dead_full, 2000);
    house_leave(&h);
}

/* A lane between two callbacks drops: here it may not call, for the breaker is open. */
static uint8_t refuse(const wanmi_delivery *delivery)
{
    (void)delivery;
    return WANMI_RETRY;
}

static void test_drop_the_oldest(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    h.sinks[0].outcome = refuse;
    h.defs[0].attempts_max = 8;
    h.defs[0].order = WANMI_ORDER_NONE;
    h.defs[0].breaker_failures = 1;
    h.defs[0].breaker_open_us = 60000000;
    house_build(&h);
    house_submit(&h, 0, 0, 4);
    while (house_tally(&h, 0).state != WANMI_SINK_OPEN)
        test_nap_us(100);
    uint64_t parked = house_tally(&h, 0).parked;
    assert_in_range(parked, 1, 4);
    for (size_t i = 4; i < 304; i += 3)
        house_submit(&h, 0, i, 3);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.queued, 16);
    assert_int_equal(t.parked, parked);
    assert_int_equal(t.dead_dropped + t.dead_full, 304 - 16 - parked);
    assert_true(t.dead_dropped > 200);              /* a busy machine may let the patience end */
    wanmi_dispatch_stop(h.d);
    uint64_t last_dropped = 0;
    for (size_t i = 0; i < h.letters.count; i++) {
        const wanmi_dead_letter *l = &h.letters.seen[i];
        if (l->reason == WANMI_REASON_DROPPED) {
            assert_true(l->delivery.event_id > last_dropped || l->delivery.event_id == 0);
            last_dropped = l->delivery.event_id;
            assert_int_equal(l->attempts, 0);
        }
    }
    for (size_t i = 0; i < h.letters.count; i++)    /* what was kept is newer than what was dropped */
        if (h.letters.seen[i].reason == WANMI_REASON_SHUTDOWN && h.letters.seen[i].attempts == 0)
            assert_true(h.letters.seen[i].delivery.event_id > last_dropped);
    house_leave(&h);
}

/* Nobody polls: the producer drops by itself, at once. */
static void test_drop_at_a_polled_sink(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    h.defs[0].deliver = NULL;
    h.defs[0].lanes = 2;
    house_build(&h);
    for (size_t i = 0; i < 300; i++)
        house_keys[i] = 4;
    house_submit(&h, 0, 0, 300);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_dropped, 284);
    assert_int_equal(t.dead_full, 0);
    wanmi_delivery deliveries[20];
    uint64_t tickets[20];
    size_t count = 0;
    assert_int_equal(wanmi_sink_poll(h.d, 0, 1000000, 0, deliveries, tickets, 20, &count, NULL), WANMI_OK);
    assert_int_equal(count, 1);                     /* one of a key */
    assert_int_equal(deliveries[0].event_id, 284);
    house_leave(&h);
}

/* The oldest die for those that come to their ring, not for the rest of the call. */
static void test_drop_for_few(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    h.defs[0].deliver = NULL;
    h.defs[0].lanes = 2;
    house_build(&h);
    for (size_t i = 0; i < 32; i++)
        house_keys[i] = i < 19 ? 4 : 5;
    house_submit(&h, 0, 0, 16);                     /* one ring is full */
    house_submit(&h, 0, 16, 16);                    /* three more for it, the others for the next */
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_dropped, 3);
    assert_int_equal(t.dead_full, 0);
    assert_int_equal(t.queued, 29);
    house_leave(&h);
}

/* The same between two bands of one lane. */
static void test_drop_for_one_band(void **state)
{
    (void)state;
    house h;
    plan_dropping(&h);
    h.defs[0].deliver = NULL;
    h.defs[0].urgent_max = 2;
    house_build(&h);
    for (size_t i = 0; i < 32; i++)
        house_deliveries[i].priority = i < 19 ? 2 : 3;
    house_submit(&h, 0, 0, 16);
    house_submit(&h, 0, 16, 16);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_dropped, 3);
    assert_int_equal(t.dead_full, 0);
    assert_int_equal(t.queued, 29);
    house_leave(&h);
}

/* ---- overflow: two bands of one lane ----------------------------------------------------- */

enum { PLACES = 16, COMING = 60 };

static void make_each_third_urgent(void)
{
    for (size_t i = 0; i < HOUSE_MANY; i++)
        house_deliveries[i].priority = i % 3 == 0 ? 2 : 3;
}

/* What was taken of `first` and those that follow: of each band the first, in order. */
static void look_at_bands(const house *h, size_t first, size_t urgent, size_t ordinary)
{
    size_t count[2] = {0}, next[2] = {first, first};
    for (size_t i = 0; i < h->sinks[0].count; i++) {
        const wanmi_delivery *seen = &h->sinks[0].seen[i];
        int band = seen->priority > 2;
        if (seen->event_id < first)
            continue;
        while ((next[band] % 3 != 0) != band)
            next[band]++;
        assert_int_equal(seen->event_id, next[band]++);
        assert_int_equal(seen->user, house_deliveries[seen->event_id].user);
        count[band]++;
    }
    assert_int_equal(count[0], urgent);
    assert_int_equal(count[1], ordinary);
}

/* Each fills for itself, wherever in its ring it stands and however many come at once. */
static void fill_bands(size_t before, size_t at_once)
{
    house h;
    house_plan(&h);
    h.options.ring_capacity = PLACES;
    h.defs[0].urgent_max = 2;
    house_build(&h);
    make_each_third_urgent();
    for (size_t i = 1; i <= before; i++) {
        house_submit(&h, 0, i, 1);
        assert_true(test_sink_await(&h.sinks[0], i));
    }
    size_t held = 99, first = held + 1;             /* an urgent one: its place is taken */
    house_hang_with(&h, 0, held);
    for (size_t i = 0; i < COMING; i += at_once)
        house_submit(&h, 0, first + i, at_once);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.queued, PLACES - 1 + PLACES);
    assert_int_equal(t.dead_full, COMING - t.queued);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    look_at_bands(&h, first, PLACES - 1, PLACES);
    house_leave(&h);
}

static void test_bands_fill_by_themselves(void **state)
{
    (void)state;
    for (size_t before = 0; before < 3 * PLACES; before += 5) {
        fill_bands(before, COMING);
        fill_bands(before, 10);
        fill_bands(before, 3);
        fill_bands(before, 1);
    }
}

/* Few and many ordinary ones between urgent ones. */
static bool is_urgent(size_t i)
{
    size_t stretch = i / 500 % 4;
    return stretch == 0 ? i % 15 == 0 : stretch == 1 ? i % 2 == 0 : stretch == 2 ? i % 300 == 0 : i % 7 != 0;
}

enum { KEYS = 31 };

/* The next of a band and key, from `i` on. */
static size_t next_of(size_t i, int band, uint32_t key)
{
    while (i < HOUSE_MANY && (is_urgent(i) == band || house_keys[i] != key))
        i++;
    return i;
}

/* Takes and answers all. Those of a band and key come in order, one at a time: so each
 * has its own key with it. */
static size_t take_all(house *h)
{
    size_t next[2][KEYS] = {{0}}, taken = 0, count, answered;
    wanmi_delivery deliveries[20];
    uint64_t tickets[20];
    const uint8_t outcomes[20] = {WANMI_DELIVERED};
    while (wanmi_sink_poll(h->d, 0, 60000000, 0, deliveries, tickets, 20, &count, NULL) == WANMI_OK && count != 0) {
        uint32_t out[2] = {0};
        for (size_t i = 0; i < count; i++) {
            uint64_t id = deliveries[i].event_id;
            int band = !is_urgent(id);
            uint32_t key = house_keys[id];
            assert_int_equal(id, next_of(next[band][key], band, key));
            assert_int_equal(deliveries[i].user, house_deliveries[id].user);
            assert_int_equal(out[band] & (uint32_t)1 << key, 0);
            next[band][key] = id + 1;
            out[band] |= (uint32_t)1 << key;
        }
        taken += count;
        assert_int_equal(wanmi_sink_ack(h->d, 0, tickets, outcomes, count, &answered, NULL), WANMI_OK);
    }
    return taken;
}

static void test_bands_of_long_submits(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = HOUSE_MANY;
    h.defs[0].deliver = NULL;
    h.defs[0].urgent_max = 2;
    house_build(&h);
    for (size_t i = 0; i < HOUSE_MANY; i++) {
        house_deliveries[i].priority = is_urgent(i) ? 2 : 3;
        house_keys[i] = (uint32_t)(i * i % KEYS);
    }
    for (size_t i = 0, some = 1; i < HOUSE_MANY; i += some, some = 2 * some + 1) {
        some = some < HOUSE_MANY - i ? some : HOUSE_MANY - i;
        house_submit(&h, 0, i, some);
    }
    assert_int_equal(take_all(&h), HOUSE_MANY);
    house_leave(&h);
}

/* ---- reject ------------------------------------------------------------------------------ */

static void test_reject_takes_all_or_nothing(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 16;
    h.defs[0].policy = WANMI_POLICY_REJECT;
    h.defs[0].lanes = 2;
    h.defs[0].urgent_max = 2;
    house_build(&h);
    test_sink_hang(&h.sinks[0], true);
    for (size_t i = 0; i < 200; i++) {
        house_keys[i] = i < 100 ? 0 : 1;
        house_deliveries[i].priority = i % 2 == 0 ? 0 : 5;
    }
    house_submit(&h, 0, 0, 32);                     /* lane 0: both bands full */
    wanmi_error error;
    wanmi_error_clear(&error);
    uint64_t pending = 0;
    /* Room for all but the last. */
    assert_int_equal(wanmi_producer_submit(h.p, 0, house_deliveries + 99, house_keys + 99, 20, &error),
                     WANMI_E_DISPATCH_FULL);
    assert_int_equal(error.status, WANMI_E_DISPATCH_FULL);
    assert_non_null(strstr(error.message, "first"));
    assert_int_equal(wanmi_producer_submit(h.p, 0, house_deliveries + 100, house_keys + 100, 33, NULL),
                     WANMI_E_DISPATCH_FULL);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.accepted, 32);
    assert_int_equal(t.dead, 0);
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 32);
    house_submit(&h, 0, 100, 32);                   /* lane 1 has room for these */
    house_submit(&h, 1, 0, 100);                    /* and the other sink for all */
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).delivered, 64);
    house_leave(&h);
}

/* ---- block --------------------------------------------------------------------------------- */

typedef struct waiting {
    house *h;
    wanmi_status status;
} waiting;

static void *submit_much(void *argument)
{
    waiting *w = argument;
    w->status = wanmi_producer_submit(w->h->p, 0, house_deliveries, house_keys, 40, NULL);
    return NULL;
}

/* The sink goes while a producer waits for it: what it did not take is dead. */
static void test_block_ends_with_the_sink(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 16;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    h.defs[0].block_us = INT64_MAX;
    h.defs[0].deliver = NULL;
    h.defs[0].urgent_max = -1;
    h.removed = true;
    house_build(&h);
    waiting w = {.h = &h};
    pthread_t thread;
    pthread_create(&thread, NULL, submit_much, &w);
    while (house_tally(&h, 0).queued != 16)
        test_nap_us(100);
    uint64_t left = 0;
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, 0, 0, &left, NULL), WANMI_OK);
    pthread_join(thread, NULL);
    assert_int_equal(w.status, WANMI_OK);           /* accepted as a whole */
    assert_int_equal(left, 40);
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.accepted, 40);
    assert_int_equal(sum.dead_removed, 40);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_drop_at_a_hanging_sink),
        cmocka_unit_test(test_drop_once_inside_for_long),
        cmocka_unit_test(test_drop_the_oldest),
        cmocka_unit_test(test_drop_at_a_polled_sink),
        cmocka_unit_test(test_drop_for_few),
        cmocka_unit_test(test_drop_for_one_band),
        cmocka_unit_test(test_bands_fill_by_themselves),
        cmocka_unit_test(test_bands_of_long_submits),
        cmocka_unit_test(test_reject_takes_all_or_nothing),
        cmocka_unit_test(test_block_ends_with_the_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
