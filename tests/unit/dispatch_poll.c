/* Polling: tickets and leases, answers in time and late, order, waiting, the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "house.h"

enum { MANY = 200, SECOND = 1000000 };

typedef struct caught {
    wanmi_delivery deliveries[MANY];
    uint64_t tickets[MANY];
    uint8_t outcomes[MANY];
    size_t count, taken;
} caught;

static void plan_polled(house *h)
{
    house_plan(h);
    for (int i = 0; i < HOUSE_SINKS; i++) {
        h->defs[i].deliver = NULL;
        h->defs[i].attempts_max = 5;
        h->defs[i].urgent_max = -1;
        h->defs[i].retry_base_us = 1000;
        h->defs[i].retry_max_us = 1000;
    }
}

static wanmi_status try_poll(house *h, caught *c, int64_t lease_us, int64_t wait_us, size_t capacity)
{
    memset(c->outcomes, WANMI_DELIVERED, sizeof c->outcomes);
    c->count = 99;
    return wanmi_sink_poll(h->d, 0, lease_us, wait_us, c->deliveries, c->tickets, capacity, &c->count, NULL);
}

static void poll(house *h, caught *c, int64_t lease_us, size_t expected)
{
    assert_int_equal(try_poll(h, c, lease_us, expected != 0 ? 5 * SECOND : 0, MANY),
                     expected != 0 ? WANMI_OK : WANMI_AGAIN);
    assert_int_equal(c->count, expected);
}

static void answer(house *h, caught *c, size_t expected)
{
    assert_int_equal(wanmi_sink_ack(h->d, 0, c->tickets, c->outcomes, c->count, &c->taken, NULL), WANMI_OK);
    assert_int_equal(c->taken, expected);
}

static void same_key(size_t count)
{
    for (size_t i = 0; i < count; i++)
        house_keys[i] = 3;
}

/* ---- arguments --------------------------------------------------------------------------- */

static void test_arguments(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[1].deliver = test_sink_deliver;
    house_build(&h);
    caught c;
    size_t count = 7;
    uint8_t outcome = 0;
#define POLL(d, sink, lease, wait, deliveries, tickets, capacity, count) \
    wanmi_sink_poll(d, sink, lease, wait, deliveries, tickets, capacity, count, NULL)
    assert_int_equal(POLL(NULL, 0, 1, 0, c.deliveries, c.tickets, 1, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 0, 0, c.deliveries, c.tickets, 1, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 1, -1, c.deliveries, c.tickets, 1, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 1, 0, NULL, c.tickets, 1, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 1, 0, c.deliveries, NULL, 1, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 1, 0, c.deliveries, c.tickets, 0, &count), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 0, 1, 0, c.deliveries, c.tickets, 1, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(POLL(h.d, 1, 1, 0, c.deliveries, c.tickets, 1, &count), WANMI_E_DISPATCH_SINK);
    assert_int_equal(POLL(h.d, 2, 1, 0, c.deliveries, c.tickets, 1, &count), WANMI_E_DISPATCH_SINK);
    assert_int_equal(POLL(h.d, 64, 1, 0, c.deliveries, c.tickets, 1, &count), WANMI_E_DISPATCH_SINK);
#undef POLL
    assert_int_equal(count, 7);
    assert_int_equal(wanmi_sink_ack(h.d, 2, c.tickets, &outcome, 0, &count, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_sink_ack(h.d, 0, NULL, &outcome, 1, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_sink_ack(h.d, 0, c.tickets, NULL, 1, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_sink_extend(h.d, 0, c.tickets, 0, 0, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_sink_extend(h.d, 1, c.tickets, 0, 1, &count, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(count, 7);
    /* Tickets that nobody was given. */
    const uint64_t strange[] = {0, 1, UINT64_MAX, (uint64_t)1 << 32, (uint64_t)1 << 24, 4096};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(wanmi_sink_ack(h.d, 0, &strange[i], &outcome, 1, NULL, NULL), WANMI_OK);
    assert_int_equal(house_tally(&h, 0).late, 6);
    house_leave(&h);
}

static void test_not_started(void **state)
{
    (void)state;
    wanmi_dispatch *d = NULL;
    wanmi_sink_def def;
    uint32_t sink;
    size_t count = 7;
    caught c;
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &d, NULL), WANMI_OK);
    wanmi_sink_def_init(&def);
    def.name = "polled";
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &sink, NULL), WANMI_OK);
    assert_int_equal(wanmi_sink_poll(d, sink, 1, 0, c.deliveries, c.tickets, 1, &count, NULL), WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_sink_poll(d, sink, 1, 0, c.deliveries, c.tickets, 1, &count, NULL), WANMI_AGAIN);
    assert_int_equal(count, 0);
    wanmi_dispatch_stop(d);
    assert_int_equal(wanmi_sink_poll(d, sink, 1, 0, c.deliveries, c.tickets, 1, &count, NULL), WANMI_E_DISPATCH_CLOSED);
    wanmi_dispatch_free(d);
}

/* ---- leases -------------------------------------------------------------------------------- */

static void test_polled_and_answered(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].lanes = 3;
    house_build(&h);
    house_submit(&h, 0, 0, 90);                     /* all of different keys */
    caught c;
    poll(&h, &c, SECOND, 90);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.leased, 90);
    assert_int_equal(t.pending, 90);
    assert_int_equal(t.queued, 0);
    for (size_t i = 0; i < 90; i++) {
        const wanmi_delivery *d = &c.deliveries[i];
        assert_memory_equal(d, &house_deliveries[d->event_id], sizeof *d);
        c.outcomes[i] = i % 3 == 0 ? WANMI_DEAD : WANMI_DELIVERED;
    }
    answer(&h, &c, 90);
    answer(&h, &c, 0);                              /* answered before */
    t = house_tally(&h, 0);
    assert_int_equal(t.delivered, 60);
    assert_int_equal(t.dead_sink, 30);
    assert_int_equal(t.late, 90);
    house_drain(&h);
    assert_int_equal(h.letters.count, 30);
    assert_int_equal(h.letters.seen[0].attempts, 1);
    house_leave(&h);
}

static void test_leases_run_out(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    house_submit(&h, 0, 0, 10);
    caught first, second;
    poll(&h, &first, 500000, 10);
    poll(&h, &second, 500000, 0);                   /* they are leased */
    test_nap_us(510000);
    /* Late, though nobody has looked since: of no effect. */
    answer(&h, &first, 0);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.delivered, 0);
    assert_int_equal(t.late, 10);
    assert_int_equal(t.repeated, 10);
    assert_int_equal(t.parked, 10);
    poll(&h, &second, SECOND, 10);
    answer(&h, &first, 0);                          /* other tickets by now */
    for (size_t i = 0; i < 10; i++) {
        assert_true((second.deliveries[i].flags & WANMI_DELIVERY_REPEAT) != 0);
        assert_true(second.tickets[i] != first.tickets[i]);
        second.outcomes[i] = WANMI_RETRY;
    }
    answer(&h, &second, 10);
    for (size_t got = 0; got < 10; got += first.count) {    /* after the wait, still marked */
        assert_int_equal(try_poll(&h, &first, SECOND, SECOND, MANY), WANMI_OK);
        assert_true((first.deliveries[0].flags & WANMI_DELIVERY_REPEAT) != 0);
        answer(&h, &first, first.count);
    }
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).delivered, 10);
    house_leave(&h);
}

static void test_leases_use_attempts(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].attempts_max = 2;
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    caught c;
    poll(&h, &c, 5000, 1);
    test_nap_us(10000);
    poll(&h, &c, 5000, 1);
    test_nap_us(10000);
    poll(&h, &c, 5000, 0);
    house_drain(&h);
    assert_int_equal(h.letters.count, 1);
    assert_int_equal(h.letters.seen[0].attempts, 2);
    assert_int_equal(h.letters.seen[0].reason, WANMI_REASON_ATTEMPTS);
    house_leave(&h);
}

static void test_extended(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    house_submit(&h, 0, 0, 4);
    caught c, none;
    poll(&h, &c, 500000, 4);
    assert_int_equal(wanmi_sink_extend(h.d, 0, c.tickets, 2, 20 * SECOND, &c.taken, NULL), WANMI_OK);
    assert_int_equal(c.taken, 2);
    test_nap_us(510000);
    poll(&h, &none, SECOND, 2);                     /* the other two come again */
    answer(&h, &c, 2);
    assert_int_equal(wanmi_sink_extend(h.d, 0, c.tickets, 4, SECOND, &c.taken, NULL), WANMI_OK);
    assert_int_equal(c.taken, 0);
    answer(&h, &none, 2);
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).delivered, 4);
    house_leave(&h);
}

/* ---- order ------------------------------------------------------------------------------------ */

static void test_one_of_a_key(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    same_key(5);
    house_submit(&h, 0, 0, 5);
    caught c, none;
    for (size_t i = 0; i < 5; i++) {
        poll(&h, &c, SECOND, 1);
        assert_int_equal(c.deliveries[0].event_id, i);
        poll(&h, &none, SECOND, 0);
        if (i == 2) {                               /* refused: the others go on waiting */
            c.outcomes[0] = WANMI_RETRY;
            answer(&h, &c, 1);
            poll(&h, &c, SECOND, 1);
            assert_int_equal(c.deliveries[0].event_id, 2);
        }
        answer(&h, &c, 1);
    }
    house_drain(&h);
    house_leave(&h);
}

static void test_several_of_a_key(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].order = WANMI_ORDER_BATCH;
    house_build(&h);
    same_key(8);
    house_submit(&h, 0, 0, 6);
    caught c, next;
    assert_int_equal(try_poll(&h, &c, SECOND, 0, 4), WANMI_OK);
    assert_int_equal(c.count, 4);
    house_submit(&h, 0, 6, 2);
    poll(&h, &next, SECOND, 0);                     /* of another poll: they wait */
    c.outcomes[1] = c.outcomes[2] = c.outcomes[3] = WANMI_RETRY;
    answer(&h, &c, 4);
    poll(&h, &next, SECOND, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(next.deliveries[i].event_id, i + 1);
    answer(&h, &next, 7);
    house_drain(&h);
    house_leave(&h);
}

/* Leases of one key end at times of their own, and it comes again in its order when all
 * are back. */
static void test_leases_of_a_key_end_apart(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].order = WANMI_ORDER_BATCH;
    house_build(&h);
    same_key(4);
    house_submit(&h, 0, 0, 4);
    caught c, again;
    poll(&h, &c, 30000, 4);
    assert_int_equal(wanmi_sink_extend(h.d, 0, &c.tickets[1], 1, 60 * SECOND, &c.taken, NULL), WANMI_OK);
    test_nap_us(40000);
    poll(&h, &again, SECOND, 0);                    /* one is still leased */
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.repeated, 3);
    assert_int_equal(t.leased, 1);
    assert_int_equal(wanmi_sink_ack(h.d, 0, &c.tickets[1], c.outcomes, 1, &c.taken, NULL), WANMI_OK);
    assert_int_equal(c.taken, 1);
    poll(&h, &again, SECOND, 3);
    for (size_t i = 0; i < 3; i++) {
        static const uint64_t expected[] = {0, 2, 3};
        assert_int_equal(again.deliveries[i].event_id, expected[i]);
    }
    answer(&h, &again, 3);
    house_drain(&h);
    house_leave(&h);
}

/* ---- many of one key ---------------------------------------------------------------------------- */

enum { CROWD = 1 << 18 };

typedef struct crowd {
    house h;
    wanmi_delivery *deliveries;
    uint64_t *tickets;
    uint8_t *outcomes;
    uint32_t *keys;
} crowd;

/* A quarter of a million deliveries of one key, all leased by one poll. */
static void lease_crowd(crowd *c, int64_t lease_us)
{
    plan_polled(&c->h);
    c->h.options.ring_capacity = CROWD;
    c->h.defs[0].order = WANMI_ORDER_BATCH;
    c->h.defs[0].parked_max = CROWD;
    house_build(&c->h);
    c->deliveries = calloc(CROWD, sizeof *c->deliveries);
    c->tickets = calloc(CROWD, sizeof *c->tickets);
    c->outcomes = calloc(CROWD, sizeof *c->outcomes);
    c->keys = calloc(CROWD, sizeof *c->keys);
    for (uint32_t i = 0; i < CROWD; i++)
        c->deliveries[i].event_id = i;
    assert_int_equal(wanmi_producer_submit(c->h.p, 0, c->deliveries, c->keys, CROWD, NULL), WANMI_OK);
    size_t count = 0;
    assert_int_equal(wanmi_sink_poll(c->h.d, 0, lease_us, 0, c->deliveries, c->tickets, CROWD, &count, NULL), WANMI_OK);
    assert_int_equal(count, CROWD);
}

static void leave_crowd(crowd *c)
{
    house_drain(&c->h);
    house_leave(&c->h);
    free(c->deliveries);
    free(c->tickets);
    free(c->outcomes);
    free(c->keys);
}

/* Of this thread, so that a busy machine makes it no longer. */
static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Steps that go through the whole queue would take minutes here, 34 thousand million of
 * them; as it is each call takes some milliseconds, under ThreadSanitizer a second. */
enum { CROWD_SECONDS = 20 };

static void test_many_of_a_key_are_answered(void **state)
{
    (void)state;
    static crowd c;
    lease_crowd(&c, 3600ll * SECOND);
    double began = processor_seconds();
    size_t taken = 0;
    assert_int_equal(wanmi_sink_extend(c.h.d, 0, c.tickets, CROWD, 7200ll * SECOND, &taken, NULL), WANMI_OK);
    assert_int_equal(taken, CROWD);
    assert_int_equal(wanmi_sink_ack(c.h.d, 0, c.tickets, c.outcomes, CROWD, &taken, NULL), WANMI_OK);
    assert_int_equal(taken, CROWD);
    assert_true(processor_seconds() - began < CROWD_SECONDS);
    assert_int_equal(house_tally(&c.h, 0).delivered, CROWD);
    leave_crowd(&c);
}

/* The same for leases that run out, and for what comes again and is refused. */
static void test_many_of_a_key_come_again(void **state)
{
    (void)state;
    static crowd c;
    lease_crowd(&c, 1);
    double began = processor_seconds();
    size_t count = 0;
    wanmi_status status;
    while ((status = wanmi_sink_poll(c.h.d, 0, 3600ll * SECOND, SECOND, c.deliveries, c.tickets, CROWD,
                                     &count, NULL)) == WANMI_AGAIN)
        ;
    assert_int_equal(status, WANMI_OK);
    assert_int_equal(count, CROWD);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(c.deliveries[i].event_id, i);
        c.outcomes[i] = i % 2 == 0 ? WANMI_DEAD : WANMI_RETRY;
    }
    assert_int_equal(wanmi_sink_ack(c.h.d, 0, c.tickets, c.outcomes, CROWD, NULL, NULL), WANMI_OK);
    assert_int_equal(house_tally(&c.h, 0).parked, CROWD / 2);
    assert_int_equal(wanmi_dispatch_remove_sink(c.h.d, 0, 0, NULL, NULL), WANMI_OK);
    assert_true(processor_seconds() - began < CROWD_SECONDS);
    c.h.removed = true;
    leave_crowd(&c);
}

/* One producer's deliveries all stand behind each other and fill the parking; the
 * other's still get their turn. */
static void test_a_full_parking_is_shared(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].parked_max = 4;
    house_build(&h);
    wanmi_producer *q;
    assert_int_equal(wanmi_producer_open(h.d, &q, NULL), WANMI_OK);
    same_key(100);
    house_submit(&h, 0, 0, 100);
    assert_int_equal(wanmi_producer_submit(q, 0, house_deliveries + 1000, house_keys + 1000, 90, NULL), WANMI_OK);
    size_t of_q = 0;
    caught c, first;
    assert_int_equal(try_poll(&h, &first, SECOND, 0, 1), WANMI_OK);
    assert_int_equal(try_poll(&h, &c, SECOND, 0, 1), WANMI_OK);
    assert_int_equal(first.deliveries[0].event_id, 0);
    assert_int_equal(c.deliveries[0].event_id, 1000);
    caught none;
    poll(&h, &none, SECOND, 0);                     /* what stands behind the first fills the rest */
    assert_int_equal(house_tally(&h, 0).parked, 2);
    answer(&h, &first, 1);
    answer(&h, &c, 1);
    for (int round = 0; round < 20; round++) {
        assert_int_equal(try_poll(&h, &c, SECOND, 0, MANY), WANMI_OK);
        for (size_t i = 0; i < c.count; i++)
            of_q += c.deliveries[i].event_id >= 1000;
        answer(&h, &c, c.count);
    }
    assert_true(of_q >= 5);
    wanmi_producer_close(q);
    house_leave(&h);
}

/* ---- waiting, and the end ---------------------------------------------------------------------- */

typedef struct waiter {
    house *h;
    caught c;
    wanmi_status status;
    int64_t took_us;
    atomic_bool waits;
} waiter;

static void *wait_for_some(void *argument)
{
    waiter *w = argument;
    int64_t began = house_steady_us();
    atomic_store(&w->waits, true);
    w->status = try_poll(w->h, &w->c, SECOND, 8 * SECOND, 1);
    w->took_us = house_steady_us() - began;
    return NULL;
}

static void test_waits(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    waiter w[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++) {
        w[i] = (waiter){.h = &h};
        pthread_create(&threads[i], NULL, wait_for_some, &w[i]);
    }
    for (int i = 0; i < 3; i++)
        while (!atomic_load(&w[i].waits))
            test_nap_us(100);
    test_nap_us(30000);
    house_submit(&h, 0, 0, 3);                      /* one each */
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(w[i].status, WANMI_OK);
        assert_int_equal(w[i].c.count, 1);
        assert_in_range(w[i].took_us, 20000, 7 * SECOND);
        answer(&h, &w[i].c, 1);
    }
    caught c;
    int64_t began = house_steady_us();
    assert_int_equal(try_poll(&h, &c, SECOND, 50000, 1), WANMI_AGAIN);
    assert_int_equal(c.count, 0);
    assert_in_range(house_steady_us() - began, 50000, 5 * SECOND);
    house_leave(&h);
}

/* What was refused comes to a poll that already waits. */
static void test_waits_for_what_is_due(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    h.defs[0].retry_base_us = h.defs[0].retry_max_us = 100000;
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    caught c;
    poll(&h, &c, SECOND, 1);
    c.outcomes[0] = WANMI_RETRY;
    int64_t began = house_steady_us();
    answer(&h, &c, 1);
    poll(&h, &c, SECOND, 1);
    assert_in_range(house_steady_us() - began, 50000, 4 * SECOND);
    answer(&h, &c, 1);
    house_leave(&h);
}

static void test_stop_buries_leases(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    house_submit(&h, 0, 0, 10);
    caught c;
    assert_int_equal(try_poll(&h, &c, 60 * SECOND, 0, 6), WANMI_OK);
    c.outcomes[0] = WANMI_RETRY;
    assert_int_equal(wanmi_sink_ack(h.d, 0, c.tickets, c.outcomes, 1, NULL, NULL), WANMI_OK);
    waiter w = {.h = &h};
    pthread_t thread;
    test_nap_us(5000);
    caught rest;
    poll(&h, &rest, 60 * SECOND, 5);                /* all is leased: the next one waits */
    pthread_create(&thread, NULL, wait_for_some, &w);
    test_nap_us(20000);
    uint64_t left = 0;
    assert_int_equal(wanmi_dispatch_drain(h.d, 1000, &left, NULL), WANMI_E_DEADLINE);
    assert_int_equal(left, 10);
    wanmi_dispatch_stop(h.d);
    pthread_join(thread, NULL);                     /* is told at once */
    assert_int_equal(w.status, WANMI_E_DISPATCH_CLOSED);
    assert_true(w.took_us < 7 * SECOND);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.dead_shutdown, 10);
    assert_int_equal(t.leased + t.parked + t.queued, 0);
    assert_int_equal(wanmi_sink_ack(h.d, 0, c.tickets, c.outcomes, 6, NULL, NULL), WANMI_E_DISPATCH_CLOSED);
    house_leave(&h);
}

static void test_polls_allocate_nothing(void **state)
{
    (void)state;
    house h;
    plan_polled(&h);
    house_build(&h);
    int64_t before = __atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED);
    caught c;
    for (size_t i = 0; i < 2000; i += 50) {
        house_submit(&h, 0, i, 50);
        while (try_poll(&h, &c, SECOND, 0, MANY) == WANMI_OK)
            answer(&h, &c, c.count);
    }
    house_drain(&h);
    assert_int_equal(__atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED), before);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_not_started),
        cmocka_unit_test(test_polled_and_answered),
        cmocka_unit_test(test_leases_run_out),
        cmocka_unit_test(test_leases_use_attempts),
        cmocka_unit_test(test_extended),
        cmocka_unit_test(test_one_of_a_key),
        cmocka_unit_test(test_several_of_a_key),
        cmocka_unit_test(test_leases_of_a_key_end_apart),
        cmocka_unit_test(test_many_of_a_key_are_answered),
        cmocka_unit_test(test_many_of_a_key_come_again),
        cmocka_unit_test(test_a_full_parking_is_shared),
        cmocka_unit_test(test_waits),
        cmocka_unit_test(test_waits_for_what_is_due),
        cmocka_unit_test(test_stop_buries_leases),
        cmocka_unit_test(test_polls_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
