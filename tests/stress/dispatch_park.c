/* No wake-up is lost: work is brought at the very moment the sleeper gives up
 * looking for some. The bringer learns when that is: a little later when it
 * found the sleeper awake, a little earlier when it found it asleep. Compiled
 * with the room's own park.c, for nothing of it is exported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <time.h>

#include "dispatch/park.h"
#include "support.h"

typedef struct desk {
    wm_park park;
    _Alignas(128) _Atomic uint64_t brought;
    _Alignas(128) _Atomic uint64_t done;
    _Atomic bool end;
    wm_idle idle;
    wm_nap_fn nap_ns;
    int64_t due_ns;             /* work that comes by itself; 0: none */
    int64_t late_ns;            /* when it was found, after that */
    uint64_t naps;
} desk;

static int64_t steady_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool work_off(void *argument)
{
    desk *d = argument;
    uint64_t brought = atomic_load_explicit(&d->brought, memory_order_acquire);
    if (brought == atomic_load_explicit(&d->done, memory_order_relaxed))
        return false;
    atomic_store_explicit(&d->done, brought, memory_order_release);
    return true;
}

static void *serve(void *argument)
{
    desk *d = argument;
    wm_park_serve(&d->park, &(wm_service){.round = work_off, .nap_ns = d->nap_ns, .argument = d, .end = &d->end,
                                         .idle = d->idle});
    return NULL;
}

/* As a producer does: publish, fence, look. Gives whether it slept. */
static bool bring(desk *d, uint64_t number)
{
    atomic_store_explicit(&d->brought, number, memory_order_release);
    wm_park_fence();
    bool slept = (atomic_load_explicit(&d->park.word, memory_order_relaxed) & WM_PARK_SLEEPS) != 0;
    wm_park_look(&d->park);
    return slept;
}

static void await(desk *d, uint64_t number)
{
    int64_t began = steady_ns();
    while (atomic_load_explicit(&d->done, memory_order_acquire) != number)
        if (steady_ns() - began > 30000000000)
            fail_msg("the wake-up for %llu was lost", (unsigned long long)number);
}

static void test_brought_while_falling_asleep(void **state)
{
    (void)state;
    static desk d;
    pthread_t sleeper;
    pthread_create(&sleeper, NULL, serve, &d);
    /* Three seconds; on a busy machine as long as the moment is not found, up to thirty. */
    int64_t began = steady_ns(), delay = 0;
    uint64_t number = 0, asleep = 0;
    test_random random = {3};
    bool found = false;
    while (steady_ns() - began < (found ? 3000000000 : 30000000000)) {
        int64_t from = steady_ns(), wait = delay + test_below(&random, 200);
        while (steady_ns() - from < wait)
            ;
        bool slept = bring(&d, ++number);
        asleep += slept;
        delay += (slept ? -1 : 1) * (100 + delay / 16);     /* a busy machine yields for milliseconds */
        delay = delay < 0 ? 0 : delay > 500000000 ? 500000000 : delay;
        await(&d, number);
        found = asleep > 100 && number - asleep > 100;
    }
    atomic_store(&d.end, true);
    wm_park_fence();
    wm_park_look(&d.park);
    pthread_join(sleeper, NULL);
    if (!found) {
        print_message("skipped: too busy a machine to find the moment of falling asleep\n");
        skip();
    }
}

/* Ends while asleep, while falling asleep and while awake. */
static void test_ended_while_falling_asleep(void **state)
{
    (void)state;
    for (int i = 0; i < 2000; i++) {
        static desk d;
        d = (desk){0};
        pthread_t sleeper;
        pthread_create(&sleeper, NULL, serve, &d);
        int64_t from = steady_ns();
        while (steady_ns() - from < i * 50)
            ;
        bring(&d, 1);
        atomic_store(&d.end, true);
        wm_park_fence();
        wm_park_look(&d.park);
        pthread_join(sleeper, NULL);
        assert_int_equal(atomic_load(&d.done), 1);
    }
}

/* Servers that never sleep take work without being woken, and end. */
static void test_awake_for_ever(void **state)
{
    (void)state;
    static const wm_idle idle[] = {WM_IDLE_YIELD, WM_IDLE_SPIN};
    for (int i = 0; i < 2; i++) {
        static desk d;
        d = (desk){.idle = idle[i]};
        pthread_t server;
        pthread_create(&server, NULL, serve, &d);
        for (uint64_t number = 1; number <= 200; number++) {
            int64_t from = steady_ns();
            while (steady_ns() - from < 2000)
                ;
            assert_int_equal(atomic_load(&d.park.word) & WM_PARK_SLEEPS, 0);
            atomic_store_explicit(&d.brought, number, memory_order_release);
            await(&d, number);
        }
        atomic_store(&d.end, true);
        pthread_join(server, NULL);
    }
}

static bool come_due(void *argument)
{
    desk *d = argument;
    int64_t late = steady_ns() - d->due_ns;
    if (d->due_ns == 0 || late < 0)
        return work_off(argument);
    d->due_ns = 0;
    d->late_ns = late;
    atomic_store_explicit(&d->brought, 1, memory_order_relaxed);
    return work_off(argument);
}

static int64_t until_due(void *argument)
{
    desk *d = argument;
    d->naps++;
    return d->due_ns == 0 ? INT64_MAX : d->due_ns - steady_ns();
}

static void *serve_due(void *argument)
{
    desk *d = argument;
    wm_park_serve(&d->park, &(wm_service){.round = come_due, .nap_ns = until_due, .argument = d, .end = &d->end});
    return NULL;
}

/* What comes due by itself is found without a wake-up, neither early nor by
 * staying awake; then the sleep has no end again, but for a wake-up. */
static void test_comes_due(void **state)
{
    (void)state;
    static desk d;
    d = (desk){.due_ns = steady_ns() + 50000000};
    pthread_t sleeper;
    pthread_create(&sleeper, NULL, serve_due, &d);
    await(&d, 1);
    assert_true(d.late_ns >= 0);
    bring(&d, 2);
    await(&d, 2);
    atomic_store(&d.end, true);
    wm_park_fence();
    wm_park_look(&d.park);
    pthread_join(sleeper, NULL);
    assert_in_range(d.naps, 0, 50);
}

/* ---- how long it stays awake -------------------------------------------------------------- */

static void test_allowance(void **state)
{
    (void)state;
    int64_t awake_ns = WM_AWAKE_LEAST_NS;
    for (int i = 0; i < 20; i++) {                  /* work that comes soon makes it longer, up to a bound */
        int64_t more = wm_awake_after(awake_ns, WM_AWAKE_MOST_NS);
        assert_true(more == 2 * awake_ns || (more == WM_AWAKE_MOST_NS && more <= 2 * awake_ns));
        awake_ns = more;
    }
    assert_int_equal(awake_ns, WM_AWAKE_MOST_NS);
    for (int i = 0; i < 20; i++) {                  /* and late work shorter again */
        int64_t less = wm_awake_after(awake_ns, i % 2 == 0 ? WM_AWAKE_MOST_NS + 1 : INT64_MAX);
        assert_true(less == awake_ns / 2 || less == WM_AWAKE_LEAST_NS);
        awake_ns = less;
    }
    assert_int_equal(awake_ns, WM_AWAKE_LEAST_NS);
}

enum { QUICK_NS = 25 * 1000 };

/* Work that comes due quickly a hundred times, then every `every_ns`; found by the
 * server itself. */
typedef struct ticking {
    wm_park park;
    int64_t every_ns, due_ns;
    int64_t processor_ns;           /* from then on */
    uint64_t found, wanted, sleeps;
    _Atomic bool end;
} ticking;

static int64_t own_time_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool tick(void *argument)
{
    ticking *t = argument;
    int64_t now_ns = steady_ns();
    if (now_ns < t->due_ns)
        return false;
    if (++t->found == 100) {
        t->processor_ns = own_time_ns();
        t->sleeps = 0;
    }
    if (t->found == t->wanted) {
        t->processor_ns = own_time_ns() - t->processor_ns;
        atomic_store(&t->end, true);
    }
    t->due_ns = now_ns + (t->found < 100 ? QUICK_NS : t->every_ns);
    return true;
}

static int64_t until_tick(void *argument)
{
    ticking *t = argument;
    t->sleeps++;
    return t->due_ns - steady_ns();
}

static void serve_ticking(ticking *t, int64_t every_ns)
{
    *t = (ticking){.every_ns = every_ns, .wanted = 600};
    prctl(PR_SET_TIMERSLACK, 1);
    wm_park_serve(&t->park, &(wm_service){.round = tick, .nap_ns = until_tick, .argument = t, .end = &t->end});
}

/* Whoever is given work soon again stays awake for it. */
static void test_stays_awake_for_quick_work(void **state)
{
    (void)state;
    ticking t;
    serve_ticking(&t, QUICK_NS);
    assert_in_range(t.sleeps, 0, 250);
}

/* Whoever is not any more sleeps, and takes hardly any time. */
static void test_sleeps_between_slow_work(void **state)
{
    (void)state;
    ticking t;
    serve_ticking(&t, 2000000);
    assert_in_range(t.processor_ns / 500, 0, 50000);
}

/* ---- several sleepers at one park --------------------------------------------------------- */

typedef struct counter {
    wm_park park;
    pthread_mutex_t lock;
    uint64_t left, taken;
    bool end;
    _Atomic uint32_t visits;
} counter;

static bool take_one(void *argument)
{
    counter *c = argument;
    pthread_mutex_lock(&c->lock);
    bool found = c->left > 0 || c->end;
    c->taken += c->left > 0;
    c->left -= c->left > 0;
    pthread_mutex_unlock(&c->lock);
    return found;
}

static bool is_over(counter *c)
{
    pthread_mutex_lock(&c->lock);
    bool over = c->end && c->left == 0;
    pthread_mutex_unlock(&c->lock);
    return over;
}

/* Stays to the end. */
static void *poll_always(void *argument)
{
    counter *c = argument;
    while (!is_over(c))
        if (!take_one(c))
            wm_park_await(&c->park, take_one, c, INT64_MAX);
    return NULL;
}

/* Comes for one thing at a time. */
static void *poll_at_times(void *argument)
{
    counter *c = argument;
    while (!is_over(c)) {
        wm_park_await(&c->park, take_one, c, 20000);
        atomic_fetch_add(&c->visits, 1);
        for (int64_t from = steady_ns(); steady_ns() - from < 20000;)
            ;
    }
    return NULL;
}

static void bring_more(counter *c, uint64_t more, bool end)
{
    pthread_mutex_lock(&c->lock);
    c->left += more;
    c->end = end;
    pthread_mutex_unlock(&c->lock);
    wm_park_fence();
    wm_park_look(&c->park);
}

/* What one leaves, the other takes without being woken again. */
static void test_several_sleepers(void **state)
{
    (void)state;
    counter c = {.lock = PTHREAD_MUTEX_INITIALIZER};
    pthread_t always, at_times;
    pthread_create(&always, NULL, poll_always, &c);
    pthread_create(&at_times, NULL, poll_at_times, &c);
    test_random random = {5};
    for (uint64_t brought = 0; brought < 20000;) {
        uint64_t more = 1 + test_below(&random, 3);
        bring_more(&c, more, false);
        brought += more;
        for (int64_t from = steady_ns(), left = 1; left != 0;) {
            pthread_mutex_lock(&c.lock);
            left = (int64_t)c.left;
            pthread_mutex_unlock(&c.lock);
            if (steady_ns() - from > 30000000000)
                fail_msg("what was brought is not taken");
        }
    }
    bring_more(&c, 0, true);
    pthread_join(always, NULL);
    pthread_join(at_times, NULL);
    assert_true(c.taken >= 20000 && c.visits > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brought_while_falling_asleep),
        cmocka_unit_test(test_ended_while_falling_asleep),
        cmocka_unit_test(test_awake_for_ever),
        cmocka_unit_test(test_comes_due),
        cmocka_unit_test(test_allowance),
        cmocka_unit_test(test_stays_awake_for_quick_work),
        cmocka_unit_test(test_sleeps_between_slow_work),
        cmocka_unit_test(test_several_sleepers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
