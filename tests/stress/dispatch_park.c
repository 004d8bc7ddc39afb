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
#include <time.h>

#include "dispatch/park.h"
#include "support.h"

typedef struct desk {
    wm_park park;
    _Alignas(128) _Atomic uint64_t brought;
    _Alignas(128) _Atomic uint64_t done;
    _Atomic bool end;
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
    wm_park_serve(&d->park, work_off, d, &d->end);
    return NULL;
}

/* As a producer does: publish, fence, look. Gives whether it slept. */
static bool bring(desk *d, uint64_t number)
{
    atomic_store_explicit(&d->brought, number, memory_order_release);
    wm_park_fence();
    bool slept = atomic_load_explicit(&d->park.sleeping, memory_order_relaxed) != 0;
    wm_park_look(&d->park);
    return slept;
}

static void await(desk *d, uint64_t number)
{
    int64_t began = steady_ns();
    while (atomic_load_explicit(&d->done, memory_order_acquire) != number)
        if (steady_ns() - began > 3000000000)
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
        delay += slept ? -100 : 100;
        delay = delay < 0 ? 0 : delay;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_brought_while_falling_asleep),
        cmocka_unit_test(test_ended_while_falling_asleep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
