/* What becomes of deliveries: the sentences of wanmi/dispatch.h about outcomes,
 * policies, dead letters, drain and stop, each made to happen with sinks that
 * hang when told to. After each the law is looked at. One long file, for all
 * cases stand in the same house of two sinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "house.h"
#include "support.h"

/* ---- delivered ------------------------------------------------------------------- */

static void test_delivered_whole(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].batch_max = 7;
    house_build(&h);
    house_submit(&h, 0, 0, 1000);
    house_submit(&h, 1, 1000, 1);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 1000);
    assert_memory_equal(h.sinks[0].seen, house_deliveries, 1000 * sizeof *house_deliveries);
    assert_true(h.sinks[0].largest <= 7);
    assert_int_equal(h.sinks[1].count, 1);
    assert_int_equal(h.sinks[1].seen[0].event_id, 1000);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.accepted, 1000);
    assert_int_equal(t.delivered, 1000);
    assert_int_equal(t.batches, h.sinks[0].batches);
    house_leave(&h);
}

typedef struct lane_record {
    pthread_mutex_t lock;
    pthread_t thread[64];               /* of each key's remainder */
    bool known[64], moved;
    uint64_t last[97];                  /* event_id of each unit */
    bool disordered;
} lane_record;

static void record_lane(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)outcomes;
    lane_record *r = user;
    pthread_mutex_lock(&r->lock);
    for (size_t i = 0; i < count; i++) {
        uint32_t lane = batch[i].unit % 5;
        if (r->known[lane] && !pthread_equal(r->thread[lane], pthread_self()))
            r->moved = true;
        r->known[lane] = true;
        r->thread[lane] = pthread_self();
        r->disordered |= r->last[batch[i].unit] > batch[i].event_id;
        r->last[batch[i].unit] = batch[i].event_id;
    }
    pthread_mutex_unlock(&r->lock);
}

static void test_key_chooses_the_lane(void **state)
{
    (void)state;
    house h;
    lane_record record = {.lock = PTHREAD_MUTEX_INITIALIZER};
    house_plan(&h);
    h.defs[0].deliver = record_lane;
    h.defs[0].user = &record;
    h.defs[0].lanes = 5;
    house_build(&h);
    for (size_t i = 0; i + 64 <= HOUSE_MANY; i += 64)
        house_submit(&h, 0, i, 64);
    house_drain(&h);
    assert_false(record.moved);
    assert_false(record.disordered);
    for (int i = 1; i < 5; i++)
        assert_false(pthread_equal(record.thread[i], record.thread[0]));
    assert_int_equal(test_law(h.d).delivered, HOUSE_MANY / 64 * 64);
    house_leave(&h);
}

/* A delivery takes the lane of its key, whatever the number of lanes is. */
static void test_every_number_of_lanes(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {2, 3, 16, 31, 32};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        house h;
        house_plan(&h);
        h.defs[0].lanes = numbers[i];
        h.options.ring_capacity = 256;
        house_build(&h);
        house_submit(&h, 0, 0, 1500);
        house_drain(&h);
        wanmi_tally t = house_tally(&h, 0);
        assert_int_equal(t.accepted, 1500);
        assert_int_equal(h.sinks[0].count, t.delivered);
        house_leave(&h);
    }
}

static void test_producers_are_served_in_turn(void **state)
{
    (void)state;
    enum { FLOOD = 2000, BATCH = 8 };
    house h;
    house_plan(&h);
    h.defs[0].batch_max = BATCH;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, FLOOD);
    wanmi_producer *q;
    assert_int_equal(wanmi_producer_open(h.d, &q, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_submit(q, 0, house_deliveries + 3000, house_keys, 1, NULL), WANMI_OK);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    size_t at = 0;
    while (h.sinks[0].seen[at].event_id != 3000)
        at++;
    assert_true(at <= 2 * BATCH);
    wanmi_producer_close(q);
    house_leave(&h);
}

/* ---- outcomes ----------------------------------------------------------------------- */

static uint8_t by_id(const wanmi_delivery *delivery)
{
    static const uint8_t outcomes[] = {WANMI_DELIVERED, WANMI_RETRY, WANMI_DEAD, 77};
    return outcomes[delivery->event_id % 4];
}

static int64_t house_now(void *user)
{
    return __atomic_add_fetch(&((house *)user)->now_us, 1, __ATOMIC_RELAXED);
}

static int by_event(const void *a, const void *b)
{
    uint64_t x = ((const wanmi_dead_letter *)a)->delivery.event_id;
    uint64_t y = ((const wanmi_dead_letter *)b)->delivery.event_id;
    return (x > y) - (x < y);
}

static void test_outcomes(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.host.clock = (wanmi_clock){.user = &h, .now_us = house_now};
    h.now_us = 1000000000;
    h.sinks[1].outcome = by_id;
    house_build(&h);
    house_submit(&h, 1, 0, 1000);
    house_drain(&h);
    wanmi_tally t = house_tally(&h, 1);
    assert_int_equal(t.delivered, 250);
    assert_int_equal(t.dead_attempts, 250);
    assert_int_equal(t.dead_sink, 500);             /* an unknown outcome is dead */
    assert_int_equal(t.dead, 750);
    assert_int_equal(h.letters.count, 750);         /* drain waits for letters too */
    qsort(h.letters.seen, 750, sizeof *h.letters.seen, by_event);
    for (size_t i = 0, id = 0; i < 750; i++, id++) {
        const wanmi_dead_letter *l = &h.letters.seen[i];
        id += id % 4 == 0;
        assert_memory_equal(&l->delivery, &house_deliveries[id], sizeof l->delivery);
        assert_int_equal(l->sink, 1);
        assert_int_equal(l->attempts, 1);
        assert_int_equal(l->reason, id % 4 == 1 ? WANMI_REASON_ATTEMPTS : WANMI_REASON_SINK);
        assert_true(l->first_seen_us > 0 && l->first_seen_us <= l->dead_us);
        assert_true(l->dead_us <= h.now_us);
    }
    house_leave(&h);
}

/* ---- a hanging sink, overflow --------------------------------------------------------- */

static void test_hanging_sink(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 16;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 15);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.in_callback, 1);
    assert_int_equal(t.queued, 15);
    assert_int_equal(t.pending, 16);
    assert_int_equal(t.batches, 1);
    house_submit(&h, 0, 16, 10);                          /* the ring is full */
    for (size_t i = 0; i < 1000; i += 8) {          /* the other sink is left alone */
        house_submit(&h, 1, i, 8);
        assert_true(test_sink_await(&h.sinks[1], i + 8));
    }
    t = house_tally(&h, 0);
    assert_int_equal(t.accepted, 26);
    assert_int_equal(t.dead_full, 10);
    assert_int_equal(t.pending, 16);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 16);
    assert_int_equal(h.letters.count, 10);
    for (size_t i = 0; i < 10; i++) {
        const wanmi_dead_letter *l = &h.letters.seen[i];
        assert_int_equal(l->delivery.event_id, 16 + i);
        assert_int_equal(l->reason, WANMI_REASON_FULL);
        assert_int_equal(l->attempts, 0);
        assert_int_equal(l->sink, 0);
        assert_true(l->first_seen_us > 0 && l->first_seen_us <= l->dead_us);
    }
    house_leave(&h);
}

static void test_overflow_by_lane(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 8;
    h.defs[0].lanes = 2;
    house_build(&h);
    test_sink_hang(&h.sinks[0], true);
    /* Even units fill lane 0, odd ones lane 1; each lane overflows by itself. */
    for (size_t i = 0; i < 20; i++)
        house_keys[i] = i < 14 ? 0 : 1;
    house_submit(&h, 0, 0, 20);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.pending, 8 + 6);
    assert_int_equal(t.dead_full, 6);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 14);
    house_leave(&h);
}

/* ---- block ----------------------------------------------------------------------------- */

static void test_block_until_deadline(void **state)
{
    (void)state;
    enum { DEAD = 200 };
    for (uint32_t lanes = 1; lanes <= 2; lanes++) {
        house h;
        house_plan(&h);
        h.options.ring_capacity = 8;
        h.defs[0].policy = WANMI_POLICY_BLOCK;
        h.defs[0].block_us = 30000;
        h.defs[0].lanes = lanes;
        house_build(&h);
        memset(house_keys, 0, sizeof house_keys);
        house_hang_with(&h, 0, 0);
        int64_t began = house_steady_us();
        house_submit(&h, 0, 1, 7 + DEAD);
        int64_t took = house_steady_us() - began;
        /* The whole call waits that long, not each delivery. */
        assert_in_range(took, 30000, 30000 * (DEAD - 1));
        wanmi_tally t = house_tally(&h, 0);
        assert_int_equal(t.pending, 8);
        assert_int_equal(t.dead_deadline, DEAD);
        test_sink_hang(&h.sinks[0], false);
        house_drain(&h);
        assert_int_equal(h.sinks[0].count, 8);
        assert_int_equal(h.letters.count, DEAD);
        for (size_t i = 0; i < DEAD; i++) {
            const wanmi_dead_letter *l = &h.letters.seen[i];
            assert_int_equal(l->delivery.event_id, 8 + i);
            assert_int_equal(l->reason, WANMI_REASON_DEADLINE);
            assert_int_equal(l->attempts, 0);
            assert_true(l->dead_us - l->first_seen_us >= 29000);
        }
        house_leave(&h);
    }
}

static void test_block_zero_waits_not(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 2;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 5);
    assert_int_equal(house_tally(&h, 0).dead_deadline, 4);
    house_leave(&h);
}

typedef struct submitter {
    house *h;
    size_t count;
    wanmi_status status;
    _Atomic bool done;
} submitter;

static void *submit_on_thread(void *argument)
{
    submitter *s = argument;
    s->status = wanmi_producer_submit(s->h->p, 0, house_deliveries, house_keys, s->count, NULL);
    atomic_store(&s->done, true);
    return NULL;
}

static void await_full(house *h, size_t pending)
{
    while (house_tally(h, 0).pending != pending)
        test_nap_us(100);
}

static void test_block_goes_on_with_room(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 8;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    h.defs[0].block_us = HOUSE_PATIENCE_US;
    h.defs[0].lanes = 3;
    house_build(&h);
    test_sink_hang(&h.sinks[0], true);
    submitter s = {.h = &h, .count = 1000};
    pthread_t thread;
    pthread_create(&thread, NULL, submit_on_thread, &s);
    test_sink_await_inside(&h.sinks[0], 3);         /* all lanes see theirs while it waits */
    assert_false(atomic_load(&s.done));
    test_law(h.d);
    test_sink_hang(&h.sinks[0], false);
    pthread_join(thread, NULL);
    assert_int_equal(s.status, WANMI_OK);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 1000);
    assert_int_equal(house_tally(&h, 0).dead, 0);
    house_leave(&h);
}

static void test_drain_sees_a_blocked_submit(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 8;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    h.defs[0].block_us = HOUSE_PATIENCE_US;
    house_build(&h);
    test_sink_hang(&h.sinks[0], true);
    submitter s = {.h = &h, .count = 100};
    pthread_t thread;
    pthread_create(&thread, NULL, submit_on_thread, &s);
    await_full(&h, 8);
    uint64_t left = 0;
    assert_int_equal(wanmi_dispatch_drain(h.d, 1000, &left, NULL), WANMI_E_DEADLINE);
    assert_int_equal(left, 8);
    assert_false(atomic_load(&s.done));
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);                                      /* began before: accepted as a whole */
    pthread_join(thread, NULL);
    assert_int_equal(s.status, WANMI_OK);
    assert_int_equal(h.sinks[0].count, 100);
    house_leave(&h);
}

static void *stop_on_thread(void *argument)
{
    wanmi_dispatch_stop(((house *)argument)->d);
    return NULL;
}

static void test_stop_ends_a_blocked_submit(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 8;
    h.defs[0].policy = WANMI_POLICY_BLOCK;
    h.defs[0].block_us = INT64_MAX;
    house_build(&h);
    test_sink_hang(&h.sinks[0], true);
    submitter s = {.h = &h, .count = 20};
    pthread_t submitting, stopping;
    pthread_create(&submitting, NULL, submit_on_thread, &s);
    await_full(&h, 8);
    test_sink_await_inside(&h.sinks[0], 1);         /* else the lane may see the stop before the batch */
    pthread_create(&stopping, NULL, stop_on_thread, &h);
    pthread_join(submitting, NULL);                 /* though the sink still hangs */
    assert_int_equal(s.status, WANMI_OK);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.accepted, 20);
    assert_int_equal(t.dead_shutdown, 12);
    test_sink_hang(&h.sinks[0], false);
    pthread_join(stopping, NULL);
    t = house_tally(&h, 0);
    assert_int_equal(t.delivered + t.dead_shutdown, 20);
    assert_int_equal(h.letters.count, t.dead_shutdown);
    house_leave(&h);
}

/* ---- dead letters -------------------------------------------------------------------------- */

static uint8_t all_die(const wanmi_delivery *delivery)
{
    (void)delivery;
    return WANMI_DEAD;
}

static void test_nobody_takes_letters(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.dead = NULL;
    h.options.ring_capacity = 16;
    h.sinks[0].outcome = all_die;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 30);
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_full, 15);
    assert_int_equal(t.dead_sink, 16);
    assert_int_equal(t.dead_unwritten, 31);
    house_leave(&h);
}

static void test_letters_refused(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.sinks[0].outcome = all_die;
    h.sinks[1].outcome = by_id;
    h.letters.refuse_every = 2;
    house_build(&h);
    for (size_t i = 0; i + 50 <= 2000; i += 50) {
        house_submit(&h, 0, i, 50);
        house_submit(&h, 1, i, 50);
    }
    house_drain(&h);
    wanmi_tally t = test_law(h.d);
    assert_int_equal(t.dead, 2000 + 1500);
    assert_int_equal(t.dead_unwritten, h.letters.refused);
    assert_int_equal(h.letters.count + h.letters.refused, t.dead);
    house_leave(&h);
}

static void test_letters_ring_full(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.dead_capacity = 4;
    h.sinks[0].outcome = all_die;
    house_build(&h);
    test_letters_hang(&h.letters, true);
    house_submit(&h, 0, 0, 1);
    test_letters_await_inside(&h.letters);
    /* That one and three more fit; the lane goes on without the others. */
    house_submit(&h, 0, 1, 20);
    while (house_tally(&h, 0).dead != 21)
        test_nap_us(100);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_unwritten, 17);
    assert_int_equal(t.dead_queued, 4);
    uint64_t left = 9;
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_dispatch_drain(h.d, 1000, &left, &error), WANMI_E_DEADLINE);
    assert_int_equal(error.status, WANMI_E_DEADLINE);
    assert_int_equal(left, 0);                      /* nothing is pending, but letters are on their way */
    test_letters_hang(&h.letters, false);
    house_drain(&h);
    assert_int_equal(h.letters.count, 4);
    house_leave(&h);
}

static void test_producers_letters_ring_full(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.dead_capacity = 4;
    h.options.ring_capacity = 8;
    house_build(&h);
    test_letters_hang(&h.letters, true);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 27);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_full, 20);
    assert_int_equal(t.dead_unwritten, 16);
    assert_int_equal(t.dead_queued, 4);
    house_leave(&h);
}

/* ---- drain and stop -------------------------------------------------------------------------- */

static void test_drain(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    house_hang_with(&h, 1, 0);
    house_submit(&h, 1, 1, 9);
    house_submit(&h, 0, 0, 100);
    while (house_tally(&h, 0).delivered != 100)     /* however busy the machine is */
        test_nap_us(100);
    uint64_t left = 0;
    int64_t began = house_steady_us();
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_dispatch_drain(h.d, 20000, &left, &error), WANMI_E_DEADLINE);
    assert_in_range(house_steady_us() - began, 20000, 5000000);
    assert_int_equal(error.status, WANMI_E_DEADLINE);
    assert_int_equal(left, 10);
    assert_int_equal(h.sinks[0].count, 100);
    assert_int_equal(wanmi_dispatch_drain(h.d, 0, &left, NULL), WANMI_E_DEADLINE);
    assert_int_equal(left, 10);
    wanmi_status status = wanmi_producer_submit(h.p, 0, house_deliveries, house_keys, 5, &error);
    assert_int_equal(status, WANMI_E_DISPATCH_CLOSED);
    assert_int_equal(error.status, WANMI_E_DISPATCH_CLOSED);
    assert_int_equal(house_tally(&h, 0).accepted, 100);
    test_sink_hang(&h.sinks[1], false);
    house_drain(&h);
    assert_int_equal(h.sinks[1].count, 10);
    assert_int_equal(wanmi_dispatch_drain(h.d, 0, &left, NULL), WANMI_OK);
    house_leave(&h);
}

static void test_stop_buries_what_is_pending(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.dead_capacity = 4;                    /* less than there is to bury */
    h.defs[0].batch_max = 10;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 3000);
    pthread_t stopping;
    pthread_create(&stopping, NULL, stop_on_thread, &h);
    wanmi_status status;                            /* intake stops at once */
    while ((status = wanmi_producer_submit(h.p, 0, house_deliveries, house_keys, 0, NULL)) == WANMI_OK)
        test_nap_us(100);
    assert_int_equal(status, WANMI_E_DISPATCH_CLOSED);
    test_nap_us(20000);                             /* stop waits for the callback that runs */
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.in_callback, 1);
    assert_int_equal(t.pending, 3001);
    test_sink_hang(&h.sinks[0], false);
    pthread_join(stopping, NULL);
    t = house_tally(&h, 0);
    assert_int_equal(t.delivered, 1);               /* its answer still counts */
    assert_int_equal(t.dead_shutdown, 3000);
    assert_int_equal(t.dead_unwritten, 0);
    assert_int_equal(h.letters.count, 3000);
    for (size_t i = 0; i < 3000; i++) {
        const wanmi_dead_letter *l = &h.letters.seen[i];
        assert_int_equal(l->delivery.event_id, 1 + i);
        assert_int_equal(l->reason, WANMI_REASON_SHUTDOWN);
        assert_int_equal(l->attempts, 0);
    }
    house_leave(&h);
}

static void test_closed_producer_is_delivered(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    house_hang_with(&h, 0, 0);
    house_submit(&h, 0, 1, 100);
    wanmi_producer_close(h.p);
    h.p = NULL;
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    assert_int_equal(h.sinks[0].count, 101);
    assert_int_equal(test_law(h.d).delivered, 101);
    house_leave(&h);
}

/* ---- callbacks that call back, memory ------------------------------------------------------------ */

static void ask_from_inside(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch, (void)outcomes;
    house *h = user;
    wanmi_tally sum;
    wanmi_tally_init(&sum);
    assert_int_equal(wanmi_dispatch_snapshot(h->d, &sum, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(sum.in_callback, count);
    assert_int_equal(sum.accepted, sum.delivered + sum.dead + sum.pending);
    h->now_us += (int64_t)count;
}

static void test_snapshot_from_a_callback(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].deliver = ask_from_inside;
    h.defs[0].user = &h;
    house_build(&h);
    house_submit(&h, 0, 0, 3000);
    house_drain(&h);
    assert_int_equal(h.now_us, 3000);
    house_leave(&h);
}

static void test_nothing_is_allocated_on_the_way(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.options.ring_capacity = 64;
    h.defs[0].lanes = 3;
    h.sinks[0].outcome = by_id;
    house_build(&h);
    int64_t before = __atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED);
    for (size_t i = 0; i + 100 <= HOUSE_MANY; i += 100)
        house_submit(&h, (uint32_t)(i / 100 % 2), i, 100);
    house_drain(&h);
    test_law(h.d);
    wanmi_producer_close(h.p);
    assert_int_equal(__atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED), before);
    h.p = NULL;
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivered_whole),
        cmocka_unit_test(test_key_chooses_the_lane),
        cmocka_unit_test(test_every_number_of_lanes),
        cmocka_unit_test(test_producers_are_served_in_turn),
        cmocka_unit_test(test_outcomes),
        cmocka_unit_test(test_hanging_sink),
        cmocka_unit_test(test_overflow_by_lane),
        cmocka_unit_test(test_block_until_deadline),
        cmocka_unit_test(test_block_zero_waits_not),
        cmocka_unit_test(test_block_goes_on_with_room),
        cmocka_unit_test(test_drain_sees_a_blocked_submit),
        cmocka_unit_test(test_stop_ends_a_blocked_submit),
        cmocka_unit_test(test_nobody_takes_letters),
        cmocka_unit_test(test_letters_refused),
        cmocka_unit_test(test_letters_ring_full),
        cmocka_unit_test(test_producers_letters_ring_full),
        cmocka_unit_test(test_drain),
        cmocka_unit_test(test_stop_buries_what_is_pending),
        cmocka_unit_test(test_closed_producer_is_delivered),
        cmocka_unit_test(test_snapshot_from_a_callback),
        cmocka_unit_test(test_nothing_is_allocated_on_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
