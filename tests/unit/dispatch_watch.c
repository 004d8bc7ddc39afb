/* The supervisor, the timings, and what the counters tell of both. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "sinks.h"
#include "support.h"

enum { CHANGES_MAX = 64 };

/* What the observer was told. */
typedef struct told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct {
        uint32_t sink;
        wanmi_sink_state state;
    } of[CHANGES_MAX];
    size_t count;
    wanmi_dispatch *look_at;        /* a snapshot is taken in each call */
} told;

static void on_state(void *user, uint32_t sink, wanmi_sink_state state)
{
    told *t = user;
    pthread_mutex_lock(&t->lock);
    if (t->look_at != NULL)
        test_law(t->look_at);
    if (t->count < CHANGES_MAX) {
        t->of[t->count].sink = sink;
        t->of[t->count].state = state;
    }
    t->count++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

/* Waits until so many were told; they must come within a minute. */
static void await_told(told *t, size_t count)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 60;
    pthread_mutex_lock(&t->lock);
    while (t->count < count)
        if (pthread_cond_timedwait(&t->changed, &t->lock, &until) != 0)
            fail_msg("told %zu times, not %zu", t->count, count);
    pthread_mutex_unlock(&t->lock);
}

typedef struct house {
    wanmi_dispatch *d;
    wanmi_producer *p;
    test_sink sinks[2];
    uint32_t numbers[2];
    told told;
} house;

static void build(house *h, size_t count, void (*change)(wanmi_sink_def *def, size_t i))
{
    memset(h, 0, sizeof *h);
    pthread_mutex_init(&h->told.lock, NULL);
    pthread_cond_init(&h->told.changed, NULL);
    wanmi_dispatch_options options;
    wanmi_dispatch_options_init(&options);
    options.on_state = on_state;
    options.state_user = &h->told;
    options.ring_capacity = 64;
    assert_int_equal(wanmi_dispatch_create(&options, NULL, &h->d, NULL), WANMI_OK);
    static const char *const names[] = {"one", "two"};
    for (size_t i = 0; i < count; i++) {
        test_sink_init(&h->sinks[i]);
        wanmi_sink_def def;
        wanmi_sink_def_init(&def);
        def.name = names[i];
        def.deliver = test_sink_deliver;
        def.user = &h->sinks[i];
        def.slow_us = 20000;
        def.hung_us = 60000;
        if (change != NULL)
            change(&def, i);
        assert_int_equal(wanmi_dispatch_add_sink(h->d, &def, &h->numbers[i], NULL), WANMI_OK);
    }
    assert_int_equal(wanmi_dispatch_start(h->d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(h->d, &h->p, NULL), WANMI_OK);
}

static void drop(house *h, size_t count)
{
    wanmi_producer_close(h->p);
    wanmi_dispatch_free(h->d);
    for (size_t i = 0; i < count; i++)
        test_sink_drop(&h->sinks[i]);
    pthread_mutex_destroy(&h->told.lock);
    pthread_cond_destroy(&h->told.changed);
}

static void submit(house *h, size_t sink, uint64_t first, size_t count)
{
    wanmi_delivery deliveries[256];
    uint32_t keys[256];
    test_deliveries(deliveries, keys, count, first);
    assert_int_equal(wanmi_producer_submit(h->p, h->numbers[sink], deliveries, keys, count, NULL), WANMI_OK);
}

static void drain(house *h)
{
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(h->d, 20000000, &left, NULL), WANMI_OK);
}

static wanmi_tally tally_of(house *h, size_t sink)
{
    wanmi_tally sum, each[2];
    wanmi_tally_init(&sum);
    wanmi_tally_init(&each[0]);
    wanmi_tally_init(&each[1]);
    assert_int_equal(wanmi_dispatch_snapshot(h->d, &sum, each, 2, NULL), WANMI_OK);
    return each[sink];
}

static wanmi_times times_of(house *h, size_t sink, uint32_t lane, wanmi_timing timing)
{
    wanmi_times t;
    wanmi_times_init(&t);
    assert_int_equal(wanmi_dispatch_times(h->d, h->numbers[sink], lane, timing, &t, NULL), WANMI_OK);
    return t;
}

/* ---- slow and hung --------------------------------------------------------------------------- */

/* On a busy machine a quick callback may last long. */
static void patient_with_the_second(wanmi_sink_def *def, size_t i)
{
    if (i == 1)
        def->slow_us = def->hung_us = 30000000;
}

/* Known while it hangs, over as soon as it returns; the other sink goes on. */
static void test_hung(void **state)
{
    (void)state;
    house h;
    build(&h, 2, patient_with_the_second);
    h.told.look_at = h.d;               /* the observer may ask */
    test_sink_hang(&h.sinks[0], true);
    submit(&h, 0, 0, 10);
    await_told(&h.told, 1);
    assert_int_equal(h.told.of[0].sink, h.numbers[0]);
    assert_int_equal(h.told.of[0].state, WANMI_SINK_HUNG);
    wanmi_tally t = tally_of(&h, 0);
    assert_int_equal(t.state, WANMI_SINK_HUNG);
    assert_int_equal(t.slow, 1);
    assert_int_equal(t.hung, 1);
    assert_int_equal(t.in_callback, 10);
    assert_int_equal(test_law(h.d).state, WANMI_SINK_HUNG);     /* the worst of all */
    assert_int_equal(tally_of(&h, 1).state, WANMI_SINK_CLOSED);
    submit(&h, 1, 0, 50);
    assert_true(test_sink_await(&h.sinks[1], 50));
    test_nap_us(100000);                /* counted once, however long */
    assert_int_equal(tally_of(&h, 0).hung, 1);
    test_sink_hang(&h.sinks[0], false);
    await_told(&h.told, 2);
    assert_int_equal(h.told.of[1].sink, h.numbers[0]);
    assert_int_equal(h.told.of[1].state, WANMI_SINK_CLOSED);
    drain(&h);
    t = tally_of(&h, 0);
    assert_int_equal(t.state, WANMI_SINK_CLOSED);
    assert_int_equal(t.delivered, 10);
    assert_int_equal(t.slow, 1);
    assert_int_equal(t.hung, 1);
    test_law(h.d);
    drop(&h, 2);
    assert_int_equal(h.told.count, 2);
}

static void two_seconds(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->slow_us = 0;
    def->hung_us = 2000000;
}

/* The supervisor looks every second here; a callback that returns is seen at once. */
static void test_recovers_at_once(void **state)
{
    (void)state;
    house h;
    build(&h, 1, two_seconds);
    struct timespec before, after;
    test_sink_hang(&h.sinks[0], true);
    submit(&h, 0, 0, 1);
    await_told(&h.told, 1);
    test_nap_us(50000);
    clock_gettime(CLOCK_MONOTONIC, &before);
    test_sink_hang(&h.sinks[0], false);
    await_told(&h.told, 2);
    clock_gettime(CLOCK_MONOTONIC, &after);
    int64_t took_us = (after.tv_sec - before.tv_sec) * INT64_C(1000000) + (after.tv_nsec - before.tv_nsec) / 1000;
    assert_true(took_us < 600000);
    drain(&h);
    assert_int_equal(test_law(h.d).hung, 1);
    assert_int_equal(tally_of(&h, 0).slow, 0);
    drop(&h, 1);
}

static void long_watch(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->slow_us = 5000;
    def->hung_us = 30000000;
}

static uint8_t slow_outcome(const wanmi_delivery *delivery)
{
    if (delivery->event_id % 2 == 0)
        test_nap_us(6000);
    return WANMI_DELIVERED;
}

/* Shorter than the supervisor's round, and yet every one is counted, once. */
static void test_slow(void **state)
{
    (void)state;
    house h;
    build(&h, 1, long_watch);
    h.sinks[0].outcome = slow_outcome;
    for (uint64_t i = 0; i < 20; i++) {
        submit(&h, 0, i, 1);
        assert_true(test_sink_await(&h.sinks[0], i + 1));
        while (tally_of(&h, 0).delivered != i + 1)
            test_nap_us(100);
    }
    wanmi_tally t = tally_of(&h, 0);
    assert_true(t.slow >= 10 && t.slow <= 20);      /* those that sleep; a busy machine may make others slow */
    assert_int_equal(t.hung, 0);
    assert_int_equal(t.batches, 20);
    wanmi_times c = times_of(&h, 0, 0, WANMI_TIMING_CALLBACK);
    assert_int_equal(c.count, 20);
    assert_true(c.max_us >= 6000 && c.p50_us <= c.p90_us && c.p99_us <= c.max_us);
    drain(&h);
    test_law(h.d);
    drop(&h, 1);
    assert_int_equal(h.told.count, 0);
}

static void no_watch(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->slow_us = def->hung_us = 0;
}

static void test_nobody_watches(void **state)
{
    (void)state;
    house h;
    build(&h, 1, no_watch);
    test_sink_hang(&h.sinks[0], true);
    submit(&h, 0, 0, 1);
    test_sink_await_inside(&h.sinks[0], 1);
    test_nap_us(50000);
    wanmi_tally t = tally_of(&h, 0);
    assert_int_equal(t.slow + t.hung + t.state, 0);
    test_sink_hang(&h.sinks[0], false);
    drain(&h);
    test_law(h.d);
    drop(&h, 1);
}

static void blocks(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->policy = WANMI_POLICY_BLOCK;
    def->block_us = 30000000;
}

static void *submit_more(void *argument)
{
    submit(argument, 0, 100, 200);
    return NULL;
}

/* A producer that waits for room does not wait for a sink that hangs. */
static void test_block_does_not_wait_for_the_hung(void **state)
{
    (void)state;
    house h;
    build(&h, 1, blocks);
    test_sink_hang(&h.sinks[0], true);
    submit(&h, 0, 0, 1);
    test_sink_await_inside(&h.sinks[0], 1);
    pthread_t thread;
    time_t began = time(NULL);
    assert_int_equal(pthread_create(&thread, NULL, submit_more, &h), 0);
    pthread_join(thread, NULL);
    assert_true(time(NULL) - began < 10);
    wanmi_tally t = tally_of(&h, 0);
    assert_int_equal(t.dead_hung, 200 - 63);            /* one place is held by the callback */
    assert_int_equal(t.dead_deadline, 0);
    test_law(h.d);
    test_sink_hang(&h.sinks[0], false);
    drain(&h);
    assert_int_equal(test_law(h.d).delivered, 64);
    drop(&h, 1);
}

/* Comes while all runs, with shorter limits than the others. */
static void test_added_later(void **state)
{
    (void)state;
    house h;
    build(&h, 1, no_watch);
    test_sink_init(&h.sinks[1]);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "later";
    def.deliver = test_sink_deliver;
    def.user = &h.sinks[1];
    def.hung_us = 200000;
    test_nap_us(20000);                 /* the supervisor sleeps for good: nothing is to be watched */
    assert_int_equal(wanmi_dispatch_add_sink(h.d, &def, &h.numbers[1], NULL), WANMI_OK);
    test_sink_hang(&h.sinks[1], true);
    submit(&h, 1, 0, 3);
    await_told(&h.told, 1);
    assert_int_equal(h.told.of[0].sink, h.numbers[1]);
    test_sink_hang(&h.sinks[1], false);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, h.numbers[1], 60000000, &left, NULL), WANMI_OK);
    assert_int_equal(left, 0);
    wanmi_times times;
    wanmi_times_init(&times);
    assert_int_equal(wanmi_dispatch_times(h.d, h.numbers[1], WANMI_NONE, WANMI_TIMING_LATENCY, &times, NULL),
                     WANMI_E_DISPATCH_SINK);
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.hung, 1);      /* the figures of one that is gone stay in the sum */
    assert_int_equal(sum.delivered, 3);
    drop(&h, 2);
}

static uint8_t refuse(const wanmi_delivery *delivery)
{
    (void)delivery;
    return WANMI_RETRY;
}

static void quick_breaker(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->batch_max = 1;
    def->breaker_failures = 2;
    def->breaker_open_us = 50000;
    def->retry_base_us = 1000;
    def->retry_max_us = 2000;
    def->attempts_max = 0;
    def->slow_us = 0;
    def->hung_us = 1000000;             /* not for what a busy machine does */
}

/* The breaker's states are told, too. */
static void test_breaker_is_told(void **state)
{
    (void)state;
    house h;
    build(&h, 1, quick_breaker);
    h.sinks[0].outcome = refuse;
    submit(&h, 0, 0, 4);
    await_told(&h.told, 1);
    assert_int_equal(h.told.of[0].state, WANMI_SINK_OPEN);
    pthread_mutex_lock(&h.sinks[0].lock);
    h.sinks[0].outcome = NULL;
    pthread_mutex_unlock(&h.sinks[0].lock);
    drain(&h);
    for (size_t count = 2;; count++) {          /* half-open may be told on the way */
        await_told(&h.told, count);
        if (h.told.of[count - 1].state == WANMI_SINK_CLOSED)
            break;
    }
    assert_true(test_law(h.d).delivered == 4);
    drop(&h, 1);
}

/* ---- timings -------------------------------------------------------------------------------------- */

/* Latency begins at the submit: what waits in the ring counts. */
static void test_latency(void **state)
{
    (void)state;
    house h;
    build(&h, 1, NULL);
    test_sink_hang(&h.sinks[0], true);
    submit(&h, 0, 0, 1);
    test_sink_await_inside(&h.sinks[0], 1);
    assert_int_equal(times_of(&h, 0, 0, WANMI_TIMING_LATENCY).count, 0);    /* no outcome yet */
    assert_int_equal(times_of(&h, 0, 0, WANMI_TIMING_CALLBACK).count, 0);
    test_nap_us(30000);
    test_sink_hang(&h.sinks[0], false);
    assert_true(test_sink_await(&h.sinks[0], 1));
    while (times_of(&h, 0, 0, WANMI_TIMING_LATENCY).count == 0)
        test_nap_us(100);
    wanmi_times t = times_of(&h, 0, 0, WANMI_TIMING_LATENCY);
    assert_int_equal(t.count, 1);
    assert_true(t.p50_us >= 30000 && t.p50_us == t.max_us);
    assert_true(t.sum_us >= 29800);
    drain(&h);
    test_law(h.d);
    drop(&h, 1);
}

static _Atomic int refusals;

static uint8_t refuse_thrice(const wanmi_delivery *delivery)
{
    (void)delivery;
    return atomic_fetch_add(&refusals, 1) < 3 ? WANMI_RETRY : WANMI_DELIVERED;
}

static void slow_retries(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->retry_base_us = def->retry_max_us = 20000;
    def->breaker_failures = 0;
}

/* All attempts count, and the latency is told once, at the end. */
static void test_latency_with_retries(void **state)
{
    (void)state;
    house h;
    build(&h, 1, slow_retries);
    atomic_store(&refusals, 0);
    h.sinks[0].outcome = refuse_thrice;
    submit(&h, 0, 0, 1);
    drain(&h);
    wanmi_times t = times_of(&h, 0, WANMI_NONE, WANMI_TIMING_LATENCY);
    assert_int_equal(t.count, 1);
    assert_true(t.p50_us >= 30000);             /* three waits of 10 ms at least */
    assert_int_equal(times_of(&h, 0, 0, WANMI_TIMING_CALLBACK).count, 4);
    assert_int_equal(test_law(h.d).delivered, 1);
    drop(&h, 1);
}

static void three_lanes(wanmi_sink_def *def, size_t i)
{
    (void)i;
    def->lanes = 3;
}

/* Each lane by itself, and all in sum; those of samples never more than delivered. */
static void test_lanes(void **state)
{
    (void)state;
    house h;
    build(&h, 1, three_lanes);
    for (uint64_t i = 0; i < 200; i++) {
        submit(&h, 0, i * 50, 50);
        assert_true(test_sink_await(&h.sinks[0], (size_t)(i + 1) * 50));
    }
    drain(&h);
    for (int timing = 0; timing < 2; timing++) {
        uint64_t count = 0;
        for (uint32_t lane = 0; lane < 3; lane++) {
            wanmi_times one = times_of(&h, 0, lane, (wanmi_timing)timing);
            assert_true(one.count > 0);
            count += one.count;
        }
        wanmi_times all = times_of(&h, 0, WANMI_NONE, (wanmi_timing)timing);
        assert_int_equal(all.count, count);
        assert_true(all.p50_us <= all.p90_us && all.p90_us <= all.p99_us && all.p99_us <= all.p999_us
                    && all.p999_us <= all.max_us);
    }
    wanmi_tally sum = test_law(h.d);
    assert_true(times_of(&h, 0, WANMI_NONE, WANMI_TIMING_LATENCY).count <= sum.delivered);
    assert_int_equal(times_of(&h, 0, WANMI_NONE, WANMI_TIMING_CALLBACK).count, sum.batches);
    drop(&h, 1);
}

/* A polled sink's latency lasts until the acknowledgement. */
static void test_polled(void **state)
{
    (void)state;
    wanmi_dispatch *d = NULL;
    wanmi_producer *p = NULL;
    wanmi_sink_def def;
    uint32_t sink, keys[5];
    wanmi_delivery deliveries[5], got[5];
    uint64_t tickets[5], left;
    uint8_t outcomes[5] = {0};
    size_t count = 0, taken;
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &d, NULL), WANMI_OK);
    wanmi_sink_def_init(&def);
    def.name = "polled";
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &sink, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    test_deliveries(deliveries, keys, 5, 0);
    assert_int_equal(wanmi_sink_poll(d, sink, 1000000, 1, got, tickets, 5, &count, NULL), WANMI_AGAIN);
    assert_int_equal(wanmi_producer_submit(p, sink, deliveries, keys, 5, NULL), WANMI_OK);
    assert_int_equal(wanmi_sink_poll(d, sink, 10000000, 0, got, tickets, 5, &count, NULL), WANMI_OK);
    assert_int_equal(count, 5);
    test_nap_us(20000);
    wanmi_times t;
    wanmi_times_init(&t);
    assert_int_equal(wanmi_dispatch_times(d, sink, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_OK);
    assert_int_equal(t.count, 0);
    assert_int_equal(wanmi_sink_ack(d, sink, tickets, outcomes, 5, &taken, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_times(d, sink, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_OK);
    assert_int_equal(t.count, 1);
    assert_true(t.max_us >= 20000);
    assert_int_equal(wanmi_dispatch_drain(d, 1000000, &left, NULL), WANMI_OK);
    assert_int_equal(test_law(d).delivered, 5);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
}

static void test_times_refused(void **state)
{
    (void)state;
    house h;
    build(&h, 1, NULL);
    wanmi_times t;
    wanmi_times_init(&t);
    assert_int_equal(t.struct_size, sizeof t);
    assert_int_equal(wanmi_dispatch_times(NULL, 0, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 0, WANMI_TIMING_LATENCY, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_times(h.d, 5, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 1, WANMI_TIMING_LATENCY, &t, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 0, (wanmi_timing)2, &t, NULL), WANMI_E_ARGUMENT);
    t.struct_size = 7;
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_E_ARGUMENT);
    t.struct_size = sizeof t + 1;
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_E_ARGUMENT);
    memset(&t, 0xEE, sizeof t);
    t.struct_size = offsetof(wanmi_times, p50_us);
    assert_int_equal(wanmi_dispatch_times(h.d, 0, 0, WANMI_TIMING_LATENCY, &t, NULL), WANMI_OK);
    assert_int_equal(t.count, 0);
    assert_int_equal(t.p50_us, 0xEEEEEEEEEEEEEEEE);
    test_law(h.d);
    drop(&h, 1);
}

/* ---- counters ----------------------------------------------------------------------------------------- */

/* The histograms of the counters are those of wanmi_dispatch_times. */
static void test_histograms_as_counters(void **state)
{
    (void)state;
    enum { MOST = 512 };
    house h;
    build(&h, 1, three_lanes);
    for (uint64_t i = 0; i < 50; i++) {
        submit(&h, 0, i * 50, 50);
        assert_true(test_sink_await(&h.sinks[0], (size_t)(i + 1) * 50));
    }
    drain(&h);
    wanmi_counter c[MOST];
    size_t count = 0, series = 0;
    assert_int_equal(wanmi_dispatch_counters(h.d, c, MOST, &count, NULL), WANMI_OK);
    for (size_t i = 0; i < count; i++) {
        if (c[i].kind != WANMI_HISTOGRAM) {
            assert_null(c[i].lane);
            assert_int_equal(series, 0);
            continue;
        }
        bool latency = strcmp(c[i].name, "wanmi_sink_latency_microseconds") == 0;
        wanmi_times t = times_of(&h, 0, (uint32_t)atoi(c[i].lane),
                                 latency ? WANMI_TIMING_LATENCY : WANMI_TIMING_CALLBACK);
        uint64_t before = 0, bound = 0;
        for (; c[i].part == WANMI_PART_BUCKET; i++) {
            assert_true(c[i].value >= before && c[i].bound > bound);
            before = c[i].value;
            bound = c[i].bound;
            if (bound >= t.max_us)
                assert_int_equal(c[i].value, t.count);
        }
        assert_true(bound == WANMI_BOUND_NONE);
        assert_int_equal(c[i].part, WANMI_PART_SUM);
        assert_int_equal(c[i++].value, t.sum_us);
        assert_int_equal(c[i].part, WANMI_PART_COUNT);
        assert_int_equal(c[i].value, t.count);
        series++;
    }
    assert_int_equal(series, 6);
    /* Every smaller array is filled to its end, and no further. */
    for (size_t capacity = 0; capacity < count; capacity += 7) {
        wanmi_counter part[MOST];
        size_t whole;
        memset(part, 0, sizeof part);
        assert_int_equal(wanmi_dispatch_counters(h.d, part, capacity, &whole, NULL), WANMI_PARTIAL);
        assert_int_equal(whole, count);
        for (size_t i = 0; i < MOST; i++)
            assert_true((part[i].name != NULL) == (i < capacity));
    }
    static char text[1 << 17];
    size_t needed;
    assert_int_equal(wanmi_counters_prometheus(c, count, text, sizeof text, &needed), WANMI_OK);
    assert_non_null(strstr(text, "# TYPE wanmi_sink_latency_microseconds histogram\n"));
    assert_non_null(strstr(text, "\nwanmi_sink_callback_microseconds_bucket{sink=\"one\",lane=\"2\",le=\"+Inf\"} "));
    assert_non_null(strstr(text, "\nwanmi_sink_state{sink=\"one\"} 0\n"));
    assert_int_equal(wanmi_counters_json(c, count, text, sizeof text, &needed), WANMI_OK);
    test_law(h.d);
    drop(&h, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hung),
        cmocka_unit_test(test_recovers_at_once),
        cmocka_unit_test(test_slow),
        cmocka_unit_test(test_nobody_watches),
        cmocka_unit_test(test_block_does_not_wait_for_the_hung),
        cmocka_unit_test(test_added_later),
        cmocka_unit_test(test_breaker_is_told),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_latency_with_retries),
        cmocka_unit_test(test_lanes),
        cmocka_unit_test(test_polled),
        cmocka_unit_test(test_times_refused),
        cmocka_unit_test(test_histograms_as_counters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
