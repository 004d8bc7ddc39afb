/* What is refused and tried again: waits, limits, who stands behind whom, the
 * parking's cap, the breaker, and urgent before ordinary. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "house.h"

/* One time that a delivery was handed over. */
typedef struct visit {
    uint64_t id;
    int64_t at_us;
    size_t batch;
    uint8_t flags, answer;
} visit;

/* A sink that refuses the first so many times, by id, and keeps what it saw. */
typedef struct moody {
    pthread_mutex_t lock;
    visit visits[8192];
    size_t count, batches;
    uint8_t times[HOUSE_MANY];              /* refusals left */
    uint8_t refusal;
    bool refuse_all;
} moody;

static moody mood;

static void visit_moody(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    moody *m = user;
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < count; i++) {
        uint8_t *left = &m->times[batch[i].event_id];
        if (m->refuse_all || *left != 0)
            outcomes[i] = m->refusal;
        *left -= *left != 0 && !m->refuse_all;
        if (m->count < 8192)
            m->visits[m->count++] = (visit){batch[i].event_id, house_steady_us(), m->batches,
                                            batch[i].flags, outcomes[i]};
    }
    m->batches++;
    pthread_mutex_unlock(&m->lock);
}

static void plan_moody(house *h)
{
    memset(&mood, 0, sizeof mood);
    pthread_mutex_init(&mood.lock, NULL);
    mood.refusal = WANMI_RETRY;
    house_plan(h);
    h->defs[0].deliver = visit_moody;
    h->defs[0].user = &mood;
    h->defs[0].attempts_max = 8;
    h->defs[0].retry_base_us = 20000;
    h->defs[0].retry_max_us = 80000;
    h->defs[0].breaker_failures = 0;
    h->defs[0].urgent_max = -1;
}

static size_t visits(void)
{
    pthread_mutex_lock(&mood.lock);
    size_t count = mood.count;
    pthread_mutex_unlock(&mood.lock);
    return count;
}

static void await_visits(size_t count)
{
    int64_t began = house_steady_us();
    while (visits() < count) {
        if (house_steady_us() - began > HOUSE_PATIENCE_US)
            fail_msg("%zu of %zu visits", visits(), count);
        test_nap_us(200);
    }
}

static void refuse_all(bool yes)
{
    pthread_mutex_lock(&mood.lock);
    mood.refuse_all = yes;
    pthread_mutex_unlock(&mood.lock);
}

/* ---- waits and limits ----------------------------------------------------------------- */

static void test_backoff(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    mood.times[0] = 5;
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    house_drain(&h);
    assert_int_equal(mood.count, 6);
    /* Each wait is between half and the whole of 20, 40, 80, 80, 80 ms; a busy
     * machine makes it longer. */
    static const int64_t waits[] = {20000, 40000, 80000, 80000, 80000};
    for (size_t i = 0; i < 5; i++) {
        int64_t waited = mood.visits[i + 1].at_us - mood.visits[i].at_us;
        assert_in_range(waited, waits[i] / 2, waits[i] + 2000000);
        assert_int_equal(mood.visits[i + 1].flags & WANMI_DELIVERY_REPEAT, 0);
    }
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.delivered, 1);
    assert_int_equal(t.retried, 5);
    assert_int_equal(t.batches, 6);
    house_leave(&h);
}

/* Many waits are spread over the half, not all at one end of it. */
static void test_jitter(void **state)
{
    (void)state;
    enum { MANY = 200 };
    house h;
    plan_moody(&h);
    h.defs[0].order = WANMI_ORDER_NONE;
    h.defs[0].retry_base_us = 200000;
    h.defs[0].retry_max_us = 200000;
    memset(mood.times, 1, MANY);
    house_build(&h);
    house_submit(&h, 0, 0, MANY);
    house_drain(&h);
    int64_t first = INT64_MAX, last = 0, began = mood.visits[0].at_us;
    assert_int_equal(mood.count, 2 * MANY);
    for (size_t i = MANY; i < mood.count; i++) {
        int64_t waited = mood.visits[i].at_us - began;
        first = waited < first ? waited : first;
        last = waited > last ? waited : last;
    }
    assert_true(first >= 100000);
    assert_true(last - first > 50000);
    house_leave(&h);
}

static void test_attempts_end(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].attempts_max = 3;
    h.defs[0].retry_base_us = 1000;
    mood.times[0] = 200;
    house_build(&h);
    house_keys[1] = house_keys[0];
    house_submit(&h, 0, 0, 2);                  /* the second is of the same key */
    house_drain(&h);
    assert_int_equal(h.letters.count, 1);
    const wanmi_dead_letter *l = &h.letters.seen[0];
    assert_memory_equal(&l->delivery, &house_deliveries[0], sizeof l->delivery);
    assert_int_equal(l->attempts, 3);
    assert_int_equal(l->reason, WANMI_REASON_ATTEMPTS);
    assert_true(l->dead_us - l->first_seen_us >= 1000);
    assert_int_equal(mood.count, 4);
    assert_int_equal(mood.visits[3].id, 1);     /* only when the first was dead */
    assert_int_equal(house_tally(&h, 0).dead_attempts, 1);
    house_leave(&h);
}

/* 0: no limit of attempts, only of time. */
static void test_time_ends(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].attempts_max = 0;
    h.defs[0].retry_base_us = 2000;
    h.defs[0].retry_max_us = 2000;
    h.defs[0].retry_for_us = 1000000;
    mood.times[0] = 255;
    refuse_all(true);
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    house_drain(&h);
    assert_int_equal(h.letters.count, 1);
    assert_int_equal(h.letters.seen[0].reason, WANMI_REASON_ATTEMPTS);
    assert_int_equal(h.letters.seen[0].attempts, mood.count);
    assert_true(mood.count > 8);
    /* On a busy machine the last one that is due in time comes later. */
    assert_in_range(mood.visits[mood.count - 1].at_us - mood.visits[0].at_us, 500000, 4000000);
    house_leave(&h);
}

static void test_unknown_is_marked(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].retry_base_us = 1000;
    mood.refusal = WANMI_UNKNOWN;
    mood.times[3] = 2;
    house_build(&h);
    house_submit(&h, 0, 0, 5);
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).delivered, 5);
    for (size_t i = 0, seen = 0; i < mood.count; i++) {
        bool again = mood.visits[i].id == 3 && seen++ != 0;
        assert_int_equal(mood.visits[i].flags, again ? WANMI_DELIVERY_REPEAT : 0);
    }
    house_leave(&h);
}

/* ---- behind one that is tried again ------------------------------------------------------- */

static void test_later_ones_wait(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].retry_base_us = 2000000;
    h.defs[0].retry_max_us = 2000000;
    mood.times[0] = 1;
    house_build(&h);
    for (size_t i = 0; i < 20; i++)
        house_keys[i] = i % 2 == 0 ? 100 : (uint32_t)i;
    house_submit(&h, 0, 0, 20);                 /* even: the key of the first */
    await_visits(11);
    wanmi_tally t = house_tally(&h, 0);
    while (t.parked != 10)
        t = house_tally(&h, 0);
    assert_int_equal(t.delivered, 10);          /* the odd ones went by */
    assert_int_equal(t.pending, 10);
    assert_int_equal(t.queued, 0);
    uint64_t pending = 0;
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 10);
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 2, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 0);
    house_drain(&h);
    assert_int_equal(mood.count, 21);
    for (size_t i = 0; i < 10; i++) {
        assert_int_equal(mood.visits[11 + i].id, 2 * i);
        for (size_t j = 0; j < i; j++)          /* strict: one of a key in a batch */
            assert_true(mood.visits[11 + i].batch != mood.visits[11 + j].batch);
    }
    house_leave(&h);
}

static void test_keys_of_a_batch_differ(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    house_build(&h);
    for (size_t i = 0; i < 2000; i++)
        house_keys[i] = house_deliveries[i].unit = (uint32_t)(i * i % 37);
    house_submit(&h, 0, 0, 2000);
    house_drain(&h);
    size_t largest = 0;
    for (size_t i = 0, end; i < mood.count; i = end) {
        bool seen[37] = {false};
        for (end = i; end < mood.count && mood.visits[end].batch == mood.visits[i].batch; end++) {
            assert_int_equal(mood.visits[end].id, end);
            assert_false(seen[house_keys[end]]);
            seen[house_keys[end]] = true;
        }
        largest = end - i > largest ? end - i : largest;
    }
    assert_true(largest > 3);
    house_leave(&h);
}

/* Under ORDER_BATCH those that were refused together come again together. */
static void test_batches_of_one_key(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].order = WANMI_ORDER_BATCH;
    h.defs[0].retry_base_us = 1000;
    h.defs[1].attempts_max = 1;
    for (size_t i = 0; i < 10; i++)
        mood.times[i] = i < 5 ? 0 : 1;
    house_build(&h);
    for (size_t i = 0; i < 10; i++)
        house_keys[i] = 7;
    house_submit(&h, 0, 0, 10);
    house_drain(&h);
    assert_int_equal(mood.count, 15);
    for (size_t i = 0; i < 15; i++) {
        assert_int_equal(mood.visits[i].id, i < 10 ? i : i - 5);
        assert_int_equal(mood.visits[i].batch, mood.visits[i < 10 ? 0 : 10].batch);
    }
    house_leave(&h);
}

/* ---- the parking's cap ------------------------------------------------------------------------ */

static void test_parking_cap(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.options.ring_capacity = 8;
    h.defs[0].parked_max = 4;
    h.defs[0].retry_base_us = 60000000;
    h.defs[0].retry_max_us = 60000000;
    refuse_all(true);
    house_build(&h);
    for (size_t i = 0; i < 30; i++)
        house_submit(&h, 0, i, 1);
    await_visits(4);
    wanmi_tally t = house_tally(&h, 0);
    while (t.parked != 4)
        t = house_tally(&h, 0);
    test_nap_us(20000);
    house_submit(&h, 0, 30, 20);
    t = house_tally(&h, 0);
    assert_int_equal(t.parked, 4);              /* no more go in: the ring fills, the policy decides */
    assert_int_equal(t.queued, 8);
    assert_int_equal(t.dead_full, 50 - 12);
    assert_int_equal(visits(), 4);
    wanmi_dispatch_stop(h.d);                   /* and what is parked is buried with its story */
    t = house_tally(&h, 0);
    assert_int_equal(t.dead_shutdown, 12);
    size_t tried = 0;
    for (size_t i = 0; i < h.letters.count; i++) {
        const wanmi_dead_letter *l = &h.letters.seen[i];
        if (l->reason == WANMI_REASON_SHUTDOWN && l->attempts == 1)
            tried++;
        else
            assert_int_equal(l->attempts, 0);
        assert_true(l->first_seen_us > 0 && l->first_seen_us <= l->dead_us);
    }
    assert_int_equal(tried, 4);
    house_leave(&h);
}

/* What waits in the parking is handed on though the rings are full of more. */
static void test_cap_lets_go(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].parked_max = 2;
    h.defs[0].retry_base_us = 1000;
    h.defs[0].retry_max_us = 1000;
    memset(mood.times, 2, 500);
    house_build(&h);
    house_submit(&h, 0, 0, 500);
    house_drain(&h);
    assert_int_equal(mood.count, 1500);
    assert_int_equal(house_tally(&h, 0).delivered, 500);
    house_leave(&h);
}

/* ---- the breaker -------------------------------------------------------------------------------- */

static wanmi_tally await_state(house *h, wanmi_sink_state state)
{
    int64_t began = house_steady_us();
    wanmi_tally t;
    while ((t = house_tally(h, 0)).state != state)
        if (house_steady_us() - began > HOUSE_PATIENCE_US)
            fail_msg("the state is %u", t.state);
    /* Once more: the figures of that reading may be older than its state. */
    return house_tally(h, 0);
}

static void test_breaker(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].breaker_failures = 3;
    h.defs[0].breaker_open_us = 500000;
    h.defs[0].attempts_max = 0;
    h.defs[0].batch_max = 10;
    h.defs[0].retry_base_us = 1000;
    h.defs[0].retry_max_us = 1000;
    refuse_all(true);
    house_build(&h);
    house_submit(&h, 0, 0, 97);
    wanmi_tally t = await_state(&h, WANMI_SINK_OPEN);
    assert_int_equal(t.breaker_opened, 1);
    assert_int_equal(t.batches, 3);
    size_t seen = visits();
    assert_true(seen <= 30);
    await_visits(seen + 1);                     /* one is tried, refused, and it opens again */
    while (house_tally(&h, 0).breaker_opened != 2)
        test_nap_us(200);
    assert_int_equal(visits(), seen + 1);
    assert_in_range(mood.visits[seen].at_us - mood.visits[seen - 1].at_us, 500000, 5000000);
    await_visits(seen + 2);                     /* twice as long */
    assert_in_range(mood.visits[seen + 1].at_us - mood.visits[seen].at_us, 1000000, 9000000);
    assert_int_equal(house_tally(&h, 1).state, WANMI_SINK_CLOSED);
    refuse_all(false);
    house_drain(&h);
    t = house_tally(&h, 0);
    assert_int_equal(t.state, WANMI_SINK_CLOSED);
    assert_int_equal(t.delivered, 97);
    house_leave(&h);
}

/* Batches of which something is taken do not add up. */
static void test_breaker_wants_whole_batches(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].breaker_failures = 2;
    h.defs[0].retry_base_us = 0;
    h.defs[0].batch_max = 4;
    for (size_t i = 0; i < 400; i++)
        mood.times[i] = i % 4 != 0;
    h.defs[0].order = WANMI_ORDER_BATCH;
    house_build(&h);
    house_submit(&h, 0, 0, 400);
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).breaker_opened, 0);
    house_leave(&h);
}

/* One that is never taken does not open it. */
static void test_breaker_and_one_that_is_never_taken(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].breaker_failures = 2;
    h.defs[0].attempts_max = 20;
    h.defs[0].retry_base_us = h.defs[0].retry_max_us = 500;
    mood.times[0] = 255;
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    house_drain(&h);
    assert_int_equal(mood.count, 20);
    wanmi_tally t = house_tally(&h, 0);
    assert_int_equal(t.breaker_opened, 0);
    assert_int_equal(t.dead_attempts, 1);
    house_leave(&h);
}

/* Several open it, but keep others waiting no longer than breaker_open_us. */
static void test_breaker_and_some_that_are_never_taken(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].breaker_failures = 2;
    h.defs[0].breaker_open_us = 50000;
    h.defs[0].attempts_max = 0;
    h.defs[0].retry_base_us = h.defs[0].retry_max_us = 500;
    memset(mood.times, 255, 5);
    house_build(&h);
    house_submit(&h, 0, 0, 5);
    while (house_tally(&h, 0).breaker_opened < 8)   /* doubled, the next wait were 12.8 s */
        test_nap_us(1000);
    int64_t began = house_steady_us();
    house_submit(&h, 0, 10, 3);
    while (house_tally(&h, 0).delivered != 3)
        test_nap_us(1000);
    assert_in_range(house_steady_us() - began, 0, 3000000);
    house_leave(&h);
}

/* ---- urgent first ---------------------------------------------------------------------------------- */

static void hang_moody(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    house *h = user;
    test_sink_deliver(&h->sinks[0], batch, count, outcomes);
    visit_moody(&mood, batch, count, outcomes);
}

static void test_urgent_overtake_without_starving(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].deliver = hang_moody;
    h.defs[0].user = &h;
    h.defs[0].urgent_max = 2;
    h.defs[0].batch_max = 1;
    house_build(&h);
    house_hang_with(&h, 0, 0);
    for (size_t i = 1; i <= 60; i++)
        house_deliveries[i].priority = i <= 20 ? 3 : (uint8_t)(i % 3);
    house_submit(&h, 0, 1, 60);                 /* 20 ordinary ones, then 40 urgent ones */
    test_sink_hang(&h.sinks[0], false);
    house_drain(&h);
    assert_int_equal(mood.count, 61);
    uint64_t urgent = 21, ordinary = 1;
    for (size_t i = 1; i < 61; i++) {
        bool turn = i % 9 == 0;                 /* eight urgent batches, then an ordinary one */
        if (i <= 45)
            assert_int_equal(mood.visits[i].id, turn ? ordinary : urgent);
        urgent += mood.visits[i].id == urgent;
        ordinary += mood.visits[i].id == ordinary;
    }
    assert_int_equal(urgent, 61);
    assert_int_equal(ordinary, 21);
    house_leave(&h);
}

static void test_retries_allocate_nothing(void **state)
{
    (void)state;
    house h;
    plan_moody(&h);
    h.defs[0].lanes = 3;
    h.defs[0].retry_base_us = 100;
    memset(mood.times, 1, 2000);
    house_build(&h);
    int64_t before = __atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED);
    for (size_t i = 0; i < 2000; i += 100)
        house_submit(&h, 0, i, 100);
    house_drain(&h);
    assert_int_equal(__atomic_load_n(&h.memory.calls, __ATOMIC_RELAXED), before);
    assert_int_equal(house_tally(&h, 0).retried, 2000);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backoff),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_attempts_end),
        cmocka_unit_test(test_time_ends),
        cmocka_unit_test(test_unknown_is_marked),
        cmocka_unit_test(test_later_ones_wait),
        cmocka_unit_test(test_keys_of_a_batch_differ),
        cmocka_unit_test(test_batches_of_one_key),
        cmocka_unit_test(test_parking_cap),
        cmocka_unit_test(test_cap_lets_go),
        cmocka_unit_test(test_breaker),
        cmocka_unit_test(test_breaker_wants_whole_batches),
        cmocka_unit_test(test_breaker_and_one_that_is_never_taken),
        cmocka_unit_test(test_breaker_and_some_that_are_never_taken),
        cmocka_unit_test(test_urgent_overtake_without_starving),
        cmocka_unit_test(test_retries_allocate_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
