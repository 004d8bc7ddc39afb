/* Moments that are hard to hit, hit many times: a lane falling asleep while a
 * record comes, a submit while intake closes, snapshots of threads that never
 * rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "sinks.h"
#include "support.h"

static int64_t steady_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- falling asleep ------------------------------------------------------------------ */

typedef struct counted {
    _Atomic uint64_t delivered, letters;
} counted;

/* Ends every other delivery dead. */
static void count_deliveries(void *user, const wanmi_delivery *batch, size_t count,
                             uint8_t *outcomes)
{
    counted *c = user;
    uint64_t delivered = 0;
    for (size_t i = 0; i < count; i++) {
        if (batch[i].event_id % 2 == 0)
            delivered++;
        else
            outcomes[i] = WANMI_DEAD;
    }
    atomic_fetch_add(&c->delivered, delivered);
}

static size_t count_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    (void)letters;
    atomic_fetch_add(&((counted *)user)->letters, count);
    return count;
}

static wanmi_dispatch *open_counted(counted *c, uint32_t lanes, uint32_t batch_max)
{
    wanmi_dispatch *d = NULL;
    wanmi_dispatch_options options;
    wanmi_dispatch_options_init(&options);
    options.dead = count_letters;
    options.dead_user = c;
    options.ring_capacity = 1024;
    assert_int_equal(wanmi_dispatch_create(&options, NULL, &d, NULL), WANMI_OK);
    wanmi_sink_def def;
    uint32_t index;
    wanmi_sink_def_init(&def);
    def.name = "counted";
    def.deliver = count_deliveries;
    def.user = c;
    def.lanes = lanes;
    def.batch_max = batch_max;
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    return d;
}

/* Nothing else moves: were a wake-up lost, the record would lie there for ever. */
static void await(_Atomic uint64_t *figure, uint64_t value)
{
    int64_t began = steady_us();
    while (atomic_load(figure) != value) {
        if (steady_us() - began > 60000000)
            fail_msg("a wake-up was lost: %llu of %llu", (unsigned long long)atomic_load(figure),
                     (unsigned long long)value);
        sched_yield();
    }
}

static void test_no_wake_up_is_lost(void **state)
{
    (void)state;
    enum { RECORDS = 6000, LANES = 3 };
    counted c = {0};
    wanmi_dispatch *d = open_counted(&c, LANES, 16);
    wanmi_producer *p;
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    test_random random = {7};
    wanmi_delivery delivery;
    uint32_t key;
    for (uint64_t i = 0; i < RECORDS; i++) {
        test_deliveries(&delivery, &key, 1, i);
        assert_int_equal(wanmi_producer_submit(p, 0, &delivery, &key, 1, NULL), WANMI_OK);
        await(i % 2 == 0 ? &c.delivered : &c.letters, i / 2 + 1);
        /* Around the time a lane takes to give up spinning and yielding. */
        int64_t until = steady_us() + test_below(&random, 80);
        while (steady_us() < until)
            ;
    }
    wanmi_producer_close(p);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    test_law(d);
    wanmi_dispatch_free(d);
}

/* ---- closing intake ------------------------------------------------------------------- */

typedef struct submitter {
    wanmi_dispatch *d;
    uint64_t seed, accepted;
    _Atomic bool *go;
} submitter;

static void *submit_until_closed(void *argument)
{
    submitter *s = argument;
    test_random random = {s->seed};
    wanmi_delivery deliveries[50];
    uint32_t keys[50];
    wanmi_producer *p = NULL;
    while (!atomic_load(s->go))
        sched_yield();
    while (wanmi_producer_open(s->d, &p, NULL) == WANMI_OK) {
        for (int i = 0; i < 20; i++) {
            size_t count = 1 + test_below(&random, 50);
            test_deliveries(deliveries, keys, count, 0);
            if (wanmi_producer_submit(p, 0, deliveries, keys, count, NULL) != WANMI_OK) {
                wanmi_producer_close(p);
                return NULL;
            }
            s->accepted += count;
        }
        wanmi_producer_close(p);
    }
    return NULL;
}

static void close_while_submitting(uint64_t round, bool stop)
{
    enum { THREADS = 3 };
    counted c = {0};
    wanmi_dispatch *d = open_counted(&c, 2, 64);
    submitter s[THREADS];
    pthread_t threads[THREADS];
    _Atomic bool go = false;
    for (uint64_t i = 0; i < THREADS; i++) {
        s[i] = (submitter){.d = d, .seed = round * THREADS + i, .go = &go};
        pthread_create(&threads[i], NULL, submit_until_closed, &s[i]);
    }
    atomic_store(&go, true);
    test_nap_us((int64_t)(round % 10) * 200);
    uint64_t left = 9;
    if (stop)
        wanmi_dispatch_stop(d);
    else
        assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    /* At once, without waiting for the submitters: nothing may come any more. */
    wanmi_tally end = test_law(d);
    assert_int_equal(end.pending, 0);
    assert_int_equal(end.dead_queued, 0);
    uint64_t accepted = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        accepted += s[i].accepted;
    }
    assert_int_equal(end.accepted, accepted);
    assert_int_equal(test_law(d).accepted, accepted);
    assert_int_equal(atomic_load(&c.delivered), end.delivered);
    assert_int_equal(atomic_load(&c.letters), end.dead - end.dead_unwritten);
    wanmi_dispatch_free(d);
}

static void test_closing_intake(void **state)
{
    (void)state;
    for (uint64_t round = 0; round < 60; round++)
        close_while_submitting(round, round % 2 != 0);
}

/* ---- never at rest --------------------------------------------------------------------- */

typedef struct hurry {
    wanmi_dispatch *d;
    _Atomic bool stop;
} hurry;

static void *submit_one_by_one(void *argument)
{
    hurry *h = argument;
    wanmi_producer *p = NULL;
    wanmi_delivery delivery;
    uint32_t key;
    test_deliveries(&delivery, &key, 1, 0);
    if (wanmi_producer_open(h->d, &p, NULL) != WANMI_OK)
        return NULL;
    while (!atomic_load_explicit(&h->stop, memory_order_relaxed))
        wanmi_producer_submit(p, 0, &delivery, &key, 1, NULL);
    wanmi_producer_close(p);
    return NULL;
}

/* Batches of one, so that figures change as often as they can, read by two. */
static void *read_all_the_time(void *argument)
{
    hurry *h = argument;
    while (!atomic_load_explicit(&h->stop, memory_order_relaxed))
        test_law(h->d);
    return NULL;
}

static void test_snapshots_of_the_restless(void **state)
{
    (void)state;
    counted c = {0};
    hurry h = {.d = open_counted(&c, 1, 1)};
    pthread_t producers[2], reader;
    for (int i = 0; i < 2; i++)
        pthread_create(&producers[i], NULL, submit_one_by_one, &h);
    pthread_create(&reader, NULL, read_all_the_time, &h);
    int64_t until = steady_us() + 2000000;
    uint64_t snapshots = 0, last = 0;
    while (steady_us() < until) {
        wanmi_tally now = test_law(h.d);
        assert_true(now.accepted >= last);
        last = now.accepted;
        snapshots++;
    }
    atomic_store(&h.stop, true);
    for (int i = 0; i < 2; i++)
        pthread_join(producers[i], NULL);
    pthread_join(reader, NULL);
    assert_true(snapshots > 10 && last > 1000);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(h.d, 60000000, &left, NULL), WANMI_OK);
    assert_int_equal(test_law(h.d).delivered, atomic_load(&c.delivered));
    wanmi_dispatch_free(h.d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_wake_up_is_lost),
        cmocka_unit_test(test_closing_intake),
        cmocka_unit_test(test_snapshots_of_the_restless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
