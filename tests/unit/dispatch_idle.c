/* Lanes that have nothing to do: how they wait, and the sink's own time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "house.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
enum { THREAD_SANITIZER = 1 };
#else
enum { THREAD_SANITIZER = 0 };
#endif

/* ---- waiting ------------------------------------------------------------------------------- */

/* How often the lane's thread has slept, at the end of one callback and at the begin of the next. */
typedef struct sleeper {
    _Atomic long slept[2];
    _Atomic int calls;
} sleeper;

static void note_sleep(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch;
    (void)count;
    (void)outcomes;
    sleeper *s = user;
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    int call = atomic_load(&s->calls);
    if (call < 2)
        atomic_store(&s->slept[call], usage.ru_nvcsw);
    atomic_store(&s->calls, call + 1);
}

static void await_sleeper(sleeper *s, int calls)
{
    for (int64_t began = house_steady_us(); atomic_load(&s->calls) < calls; test_nap_us(500))
        assert_true(house_steady_us() - began < HOUSE_PATIENCE_US);
}

/* One delivery, nothing for a while, and one more: gives how often the lane slept in between. */
static long sleeps_of(wanmi_wait wait, int64_t nap_us)
{
    house h;
    sleeper s = {.calls = 0};
    house_plan(&h);
    h.defs[0].deliver = note_sleep;
    h.defs[0].user = &s;
    h.defs[0].wait = wait;
    house_build(&h);
    house_submit(&h, 0, 0, 1);
    await_sleeper(&s, 1);
    test_nap_us(nap_us);
    house_submit(&h, 0, 1, 1);
    await_sleeper(&s, 2);
    house_drain(&h);
    assert_int_equal(house_tally(&h, 0).delivered, 2);
    house_leave(&h);
    return atomic_load(&s.slept[1]) - atomic_load(&s.slept[0]);
}

/* The system may have it sleep for reasons of its own: but not each time. */
static bool may_stay_awake(wanmi_wait wait)
{
    for (int i = 0; i < 5; i++)
        if (sleeps_of(wait, 50000) == 0)
            return true;
    return THREAD_SANITIZER;                        /* whose own locks sleep */
}

static void test_waits_as_it_is_told(void **state)
{
    (void)state;
    long slept = 0;
    /* Where others have the processor it takes a while until it gives up. */
    for (int64_t nap_us = 50000; slept == 0 && nap_us < 20000000; nap_us *= 4)
        slept = sleeps_of(WANMI_WAIT_PARK, nap_us);
    assert_true(slept > 0);
    assert_true(may_stay_awake(WANMI_WAIT_YIELD));
    assert_true(may_stay_awake(WANMI_WAIT_SPIN));
}

/* ---- the sink's own time --------------------------------------------------------------------- */

typedef struct idler {
    _Atomic int calls, inside, together;
    _Atomic bool hang;
} idler;

static void enter(idler *i)
{
    if (atomic_fetch_add(&i->inside, 1) != 0)
        atomic_fetch_add(&i->together, 1);
    test_nap_us(200);
}

static void idle(void *user)
{
    idler *i = user;
    enter(i);
    while (atomic_load(&i->hang))
        test_nap_us(200);
    atomic_fetch_sub(&i->inside, 1);
    atomic_fetch_add(&i->calls, 1);
}

static void deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch;
    (void)count;
    (void)outcomes;
    idler *i = user;
    enter(i);
    atomic_fetch_sub(&i->inside, 1);
}

static void plan_idle(house *h, idler *i)
{
    house_plan(h);
    h->defs[0].deliver = deliver;
    h->defs[0].user = i;
    h->defs[0].idle = idle;
    h->defs[0].idle_us = 2000;
}

static void await_calls(idler *i, int calls)
{
    for (int64_t began = house_steady_us(); atomic_load(&i->calls) < calls; test_nap_us(500))
        assert_true(house_steady_us() - began < HOUSE_PATIENCE_US);
}

/* Again and again while nothing comes, and never while the lane is in its callback. */
static void test_called_when_nothing_comes(void **state)
{
    (void)state;
    static const wanmi_wait waits[] = {WANMI_WAIT_PARK, WANMI_WAIT_YIELD};
    for (size_t w = 0; w < 2; w++) {
        house h;
        idler i = {0};
        plan_idle(&h, &i);
        h.defs[0].wait = waits[w];
        house_build(&h);
        for (int round = 1; round <= 5; round++) {
            await_calls(&i, round * 3);
            house_submit(&h, 0, (size_t)round * 10, 10);
        }
        house_drain(&h);
        assert_int_equal(atomic_load(&i.together), 0);
        assert_int_equal(house_tally(&h, 0).delivered, 50);
        house_leave(&h);
    }
}

static void test_not_called(void **state)
{
    (void)state;
    house h;
    idler i = {0}, polled = {0};
    plan_idle(&h, &i);
    h.defs[0].idle_us = 0;
    h.defs[1].deliver = NULL;
    h.defs[1].idle = idle;
    h.defs[1].idle_us = 1000;
    h.defs[1].user = &polled;
    house_build(&h);
    test_nap_us(30000);
    house_leave(&h);
    assert_int_equal(atomic_load(&i.calls) + atomic_load(&polled.calls), 0);
    house_plan(&h);
    h.defs[0].idle_us = -1;
    uint32_t sink;
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &h.d, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_add_sink(h.d, &h.defs[0], &sink, NULL), WANMI_E_ARGUMENT);
    wanmi_dispatch_free(h.d);
    for (int j = 0; j < HOUSE_SINKS; j++)
        test_sink_drop(&h.sinks[j]);
    test_letters_drop(&h.letters);
}

/* One that hangs is seen, and waited for. */
static void test_watched(void **state)
{
    (void)state;
    house h;
    idler i = {0};
    plan_idle(&h, &i);
    h.defs[0].hung_us = 20000;
    atomic_store(&i.hang, true);
    house_build(&h);
    for (int64_t began = house_steady_us(); house_tally(&h, 0).state != WANMI_SINK_HUNG; test_nap_us(500))
        assert_true(house_steady_us() - began < HOUSE_PATIENCE_US);
    assert_int_equal(house_tally(&h, 0).hung, 1);
    house_submit(&h, 0, 0, 1);
    atomic_store(&i.hang, false);
    house_drain(&h);
    for (int64_t began = house_steady_us(); house_tally(&h, 0).state == WANMI_SINK_HUNG; test_nap_us(500))
        assert_true(house_steady_us() - began < HOUSE_PATIENCE_US);
    assert_int_equal(atomic_load(&i.together), 0);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_waits_as_it_is_told),
        cmocka_unit_test(test_called_when_nothing_comes),
        cmocka_unit_test(test_not_called),
        cmocka_unit_test(test_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
