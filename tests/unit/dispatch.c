/* The dispatch's handles, states, arguments, figures and threads: the sentences
 * of wanmi/dispatch.h about what may be called when and with what. What becomes
 * of deliveries is in dispatch_deliveries.c. Long as the list of refusals is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "sinks.h"
#include "support.h"

static wanmi_dispatch *make(const wanmi_dispatch_options *options)
{
    wanmi_dispatch *d = NULL;
    assert_int_equal(wanmi_dispatch_create(options, NULL, &d, NULL), WANMI_OK);
    return d;
}

static wanmi_sink_def def_of(const char *name, test_sink *sink)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name;
    def.deliver = test_sink_deliver;
    def.user = sink;
    return def;
}

static void add(wanmi_dispatch *d, const char *name, test_sink *sink, uint32_t lanes)
{
    wanmi_sink_def def = def_of(name, sink);
    def.lanes = lanes;
    def.attempts_max = 1;
    uint32_t index, before = wanmi_dispatch_sink_count(d);
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &index, NULL), WANMI_OK);
    assert_int_equal(index, before);
}

static wanmi_producer *open(wanmi_dispatch *d)
{
    wanmi_producer *p = NULL;
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    return p;
}

/* ---- create ---------------------------------------------------------------------- */

static void test_options(void **state)
{
    (void)state;
    wanmi_dispatch_options o;
    wanmi_dispatch_options_init(&o);
    assert_int_equal(o.struct_size, sizeof o);
    assert_int_equal(o.ring_capacity, 16384);
    assert_int_equal(o.dead_capacity, 4096);
    assert_int_equal(o.producers_max, 64);
    assert_null(o.dead);
    wanmi_dispatch_free(make(&o));
    wanmi_dispatch_free(make(NULL));
    wanmi_dispatch_free(NULL);
    o.struct_size = offsetof(wanmi_dispatch_options, dead);     /* an older caller */
    o.dead = (wanmi_dead_fn)(uintptr_t)1;                       /* not read */
    wanmi_dispatch_free(make(&o));
}

static void refuses_options(const wanmi_dispatch_options *o, wanmi_status expected)
{
    wanmi_dispatch *untouched = (wanmi_dispatch *)&expected, *d = untouched;
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_dispatch_create(o, NULL, &d, &error), expected);
    assert_int_equal(error.status, expected);
    assert_ptr_equal(d, untouched);
}

static void test_options_refused(void **state)
{
    (void)state;
    wanmi_dispatch_options good, o;
    wanmi_dispatch_options_init(&good);
    static const size_t capacities[] = {0, 1, 3, 1000, (size_t)1 << 31};
    for (size_t i = 0; i < 5; i++) {
        o = good;
        o.ring_capacity = capacities[i];
        refuses_options(&o, WANMI_E_QUEUE_CAPACITY);
        o = good;
        o.dead_capacity = capacities[i];
        refuses_options(&o, WANMI_E_QUEUE_CAPACITY);
    }
    o = good;
    o.producers_max = 0;
    refuses_options(&o, WANMI_E_ARGUMENT);
    o = good;
    o.producers_max = 65537;
    refuses_options(&o, WANMI_E_ARGUMENT);
    o = good;
    o.struct_size = 0;
    refuses_options(&o, WANMI_E_ARGUMENT);
    o = good;
    o.struct_size = sizeof o + 1;
    refuses_options(&o, WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_create(&good, NULL, NULL, NULL), WANMI_E_ARGUMENT);
}

/* ---- sinks ------------------------------------------------------------------------- */

static void refuses_sink(wanmi_dispatch *d, const wanmi_sink_def *def, wanmi_status expected)
{
    uint32_t index = 77, before = wanmi_dispatch_sink_count(d);
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_dispatch_add_sink(d, def, &index, &error), expected);
    assert_int_equal(error.status, expected);
    assert_int_equal(index, 77);
    assert_int_equal(wanmi_dispatch_sink_count(d), before);
}

static void test_sink_def(void **state)
{
    (void)state;
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    assert_int_equal(def.struct_size, sizeof def);
    assert_int_equal(def.lanes, 1);
    assert_int_equal(def.batch_max, 1024);
    assert_int_equal(def.policy, WANMI_POLICY_OVERFLOW);
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    const wanmi_sink_def good = def_of("good", &sink);
    char name[65];
    memset(name, 'n', 64);
    name[64] = '\0';
    def = good;
    def.name = name;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def.name = "two\nlines";
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def.name = "two\xC2\x85lines";              /* U+0085 */
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def.name = "half a character: \xE7\x81";
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    name[63] = '\0';
    add(d, name, &sink, 1);
    assert_string_equal(wanmi_dispatch_sink_name(d, 0), name);
    name[0] = 'm';                              /* the name was copied */
    assert_int_equal(wanmi_dispatch_sink_name(d, 0)[0], 'n');
    assert_null(wanmi_dispatch_sink_name(d, 1));
    def = good;
    def.name = "";
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.name = NULL;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.lanes = 0;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.lanes = 33;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.batch_max = 0;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.batch_max = 65537;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.policy = (wanmi_policy)4;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.block_us = -1;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.struct_size = 0;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    def = good;
    def.struct_size = sizeof def + 1;
    refuses_sink(d, &def, WANMI_E_ARGUMENT);
    refuses_sink(d, NULL, WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_add_sink(d, &good, NULL, NULL), WANMI_E_ARGUMENT);
    add(d, "good", &sink, 32);
    refuses_sink(d, &good, WANMI_E_DISPATCH_SINK);              /* doubled */
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

static void test_sinks_max(void **state)
{
    (void)state;
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    char name[16];
    for (int i = 0; i < WANMI_SINKS_MAX; i++) {
        snprintf(name, sizeof name, "s%d", i);
        add(d, name, &sink, 1);
    }
    wanmi_sink_def def = def_of("one more", &sink);
    refuses_sink(d, &def, WANMI_E_DISPATCH_SINK);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

/* ---- states -------------------------------------------------------------------------- */

static void test_states(void **state)
{
    (void)state;
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    wanmi_sink_def late = def_of("late", &sink);
    wanmi_producer *const untouched = (wanmi_producer *)&sink, *p = untouched;
    add(d, "early", &sink, 2);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_E_DISPATCH_STATE);
    wanmi_dispatch_stop(d);
    wanmi_dispatch_stop(d);
    refuses_sink(d, &late, WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_E_DISPATCH_STATE);
    assert_ptr_equal(p, untouched);
    assert_int_equal(wanmi_producer_open(NULL, &p, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_producer_open(d, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_start(NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_dispatch_stop(NULL);
    wanmi_producer_close(NULL);
    test_law(d);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

static void test_stop_before_start(void **state)
{
    (void)state;
    wanmi_dispatch *d = make(NULL);
    uint64_t left = 9;
    assert_int_equal(wanmi_dispatch_drain(d, 0, &left, NULL), WANMI_OK);
    assert_int_equal(left, 0);
    wanmi_dispatch_stop(d);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_E_DISPATCH_STATE);
    test_law(d);
    wanmi_dispatch_free(d);
}

static void test_submit_arguments(void **state)
{
    (void)state;
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    add(d, "a", &sink, 1);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p = open(d);
    wanmi_delivery delivery;
    uint32_t key;
    wanmi_error error;
    wanmi_error_clear(&error);
    test_deliveries(&delivery, &key, 1, 0);
    assert_int_equal(wanmi_producer_submit(p, 1, &delivery, &key, 1, &error), WANMI_E_DISPATCH_SINK);
    assert_int_equal(error.status, WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_producer_submit(p, 0, NULL, &key, 1, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_producer_submit(p, 0, &delivery, NULL, 1, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_producer_submit(NULL, 0, &delivery, &key, 1, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_producer_submit(p, 0, NULL, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(test_law(d).accepted, 0);          /* on an error none is accepted */
    uint64_t left = 9;
    assert_int_equal(wanmi_dispatch_drain(d, -1, &left, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_drain(d, 1, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_drain(NULL, 1, &left, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(left, 9);
    assert_int_equal(wanmi_producer_submit(p, 0, &delivery, &key, 1, NULL), WANMI_OK);
    assert_true(test_sink_await(&sink, 1));
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

/* ---- producers ------------------------------------------------------------------------- */

static void test_producers_max(void **state)
{
    (void)state;
    wanmi_dispatch_options o;
    wanmi_dispatch_options_init(&o);
    o.producers_max = 2;
    wanmi_dispatch *d = make(&o);
    test_sink sink;
    test_sink_init(&sink);
    add(d, "a", &sink, 2);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p = open(d), *q = open(d), *r = NULL;
    assert_int_equal(wanmi_producer_open(d, &r, NULL), WANMI_E_LIMIT);
    assert_null(r);
    test_sink_hang(&sink, true);
    wanmi_delivery deliveries[10];
    uint32_t keys[10];
    test_deliveries(deliveries, keys, 10, 0);
    assert_int_equal(wanmi_producer_submit(p, 0, deliveries, keys, 10, NULL), WANMI_OK);
    wanmi_producer_close(p);
    /* What it left in its rings is not for another producer. */
    assert_int_equal(wanmi_producer_open(d, &r, NULL), WANMI_E_LIMIT);
    wanmi_producer_close(q);
    r = open(d);
    assert_ptr_equal(r, q);
    test_law(d);
    test_sink_hang(&sink, false);
    assert_true(test_sink_await(&sink, 10));
    uint64_t left;
    while (test_law(d).pending != 0)
        test_nap_us(100);
    wanmi_producer *again = open(d);
    assert_ptr_equal(again, p);
    assert_int_equal(wanmi_producer_submit(again, 0, deliveries, keys, 10, NULL), WANMI_OK);
    wanmi_producer_close(again);
    wanmi_producer_close(r);
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    assert_int_equal(test_law(d).delivered, 20);        /* figures of closed ones stay */
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

/* ---- figures ------------------------------------------------------------------------------ */

static void test_snapshot_arguments(void **state)
{
    (void)state;
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    add(d, "a", &sink, 1);
    add(d, "b", &sink, 1);
    add(d, "c", &sink, 1);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p = open(d);
    wanmi_delivery deliveries[3];
    uint32_t keys[3];
    test_deliveries(deliveries, keys, 3, 0);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(wanmi_producer_submit(p, i, deliveries, keys, i + 1, NULL), WANMI_OK);
    wanmi_tally sum, each[3], before;
    wanmi_tally_init(&sum);
    assert_int_equal(sum.struct_size, sizeof sum);
    for (int i = 0; i < 3; i++)
        wanmi_tally_init(&each[i]);
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(sum.accepted, 6);
    each[2].accepted = 55;
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, each, 2, NULL), WANMI_OK);
    assert_int_equal(each[0].accepted, 1);
    assert_int_equal(each[1].accepted, 2);
    assert_int_equal(each[2].accepted, 55);
    assert_int_equal(sum.accepted, 6);                  /* of all sinks */
    each[0].struct_size = sizeof each[0] + 8;
    before = sum;
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, each, 3, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_snapshot(NULL, &sum, NULL, 0, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_snapshot(d, NULL, NULL, 0, NULL), WANMI_E_ARGUMENT);
    assert_memory_equal(&sum, &before, sizeof sum);
    sum.struct_size = 0;
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, NULL, 0, NULL), WANMI_E_ARGUMENT);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

static void test_snapshot_for_older_callers(void **state)
{
    (void)state;
    enum { OLD = offsetof(wanmi_tally, dead_full) };
    wanmi_dispatch *d = make(NULL);
    test_sink sink;
    test_sink_init(&sink);
    add(d, "a", &sink, 1);
    add(d, "b", &sink, 1);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p = open(d);
    wanmi_delivery delivery;
    uint32_t key;
    test_deliveries(&delivery, &key, 1, 0);
    assert_int_equal(wanmi_producer_submit(p, 1, &delivery, &key, 1, NULL), WANMI_OK);
    uint64_t old[2][OLD / 8];
    wanmi_tally sum;
    memset(&sum, 0xEE, sizeof sum);
    old[0][0] = old[1][0] = sum.struct_size = OLD;
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, (wanmi_tally *)(void *)old, 2, NULL), WANMI_OK);
    assert_int_equal(old[0][1], 0);
    assert_int_equal(old[1][0], OLD);
    assert_int_equal(old[1][1], 1);
    assert_int_equal(sum.accepted, 1);
    assert_int_equal(sum.dead_full, 0xEEEEEEEEEEEEEEEE);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    test_sink_drop(&sink);
}

static uint8_t some_die(const wanmi_delivery *delivery)
{
    return (uint8_t)(delivery->event_id % 3);
}

static void test_counters(void **state)
{
    (void)state;
    enum { ROWS = 26, SINKS = 2, TIMINGS = 2 * 20 };        /* TIMINGS: rows of a lane's histograms */
    wanmi_dispatch *d = make(NULL);
    test_sink sinks[SINKS];
    for (int i = 0; i < SINKS; i++)
        test_sink_init(&sinks[i]);
    sinks[1].outcome = some_die;
    add(d, "first", &sinks[0], 1);
    add(d, "second", &sinks[1], 1);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    wanmi_producer *p = open(d);
    wanmi_delivery deliveries[30];
    uint32_t keys[30];
    test_deliveries(deliveries, keys, 30, 0);
    assert_int_equal(wanmi_producer_submit(p, 1, deliveries, keys, 30, NULL), WANMI_OK);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    enum { ALL = (ROWS + TIMINGS) * SINKS };
    wanmi_counter c[ALL + 1];
    size_t count = 0;
    memset(c, 0, sizeof c);
    assert_int_equal(wanmi_dispatch_counters(d, c, 3, &count, NULL), WANMI_PARTIAL);
    assert_int_equal(count, ALL);
    assert_null(c[3].name);
    assert_int_equal(wanmi_dispatch_counters(d, NULL, 0, &count, NULL), WANMI_PARTIAL);
    assert_int_equal(wanmi_dispatch_counters(d, c, ALL + 1, &count, NULL), WANMI_OK);
    assert_int_equal(count, ALL);
    assert_int_equal(wanmi_dispatch_counters(d, NULL, 1, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_dispatch_counters(d, c, 1, NULL, NULL), WANMI_E_ARGUMENT);
    uint64_t second[ROWS];
    for (size_t i = 0; i < ROWS * SINKS; i++) {
        assert_string_equal(c[i].sink, i % 2 == 0 ? "first" : "second");
        assert_string_equal(c[i].name, c[i / 2 * 2].name);
        assert_true(c[i].unit[0] != '\0' && c[i].help[0] != '\0');
        assert_true((c[i].kind == WANMI_COUNTER) == (strstr(c[i].name, "_total") != NULL));
        for (size_t j = 0; j < i / 2 * 2; j++)
            assert_string_not_equal(c[j].name, c[i].name);
        if (i % 2 == 1)
            second[i / 2] = c[i].value;
        else
            assert_int_equal(c[i].value, 0);
    }
    /* accepted, delivered, dead, pending, queued, in callback, parked, leased; full, deadline, sink,
     * attempts, shutdown, dropped, hung, removed, unwritten (nobody takes letters), queued letters */
    static const uint64_t expected[] = {30, 10, 20, 0, 0, 0, 0, 0, 0, 0, 10, 10, 0, 0, 0, 0, 20, 0};
    assert_memory_equal(second, expected, sizeof expected);
    assert_int_equal(second[sizeof expected / sizeof expected[0]], sinks[1].batches);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    for (int i = 0; i < SINKS; i++)
        test_sink_drop(&sinks[i]);
}

/* ---- threads -------------------------------------------------------------------------------- */

typedef struct seen_thread {
    char name[32];
    sigset_t blocked;
} seen_thread;

static void look_at_thread(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch, (void)count;
    seen_thread *seen = user;
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
    outcomes[0] = WANMI_DEAD;
}

static size_t look_at_dead_thread(void *user, const wanmi_dead_letter *letters, size_t count)
{
    (void)letters;
    seen_thread *seen = user;
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_BLOCK, NULL, &seen->blocked);
    return count;
}

static void check_thread(const seen_thread *seen, const char *name)
{
    static const int hosts[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGALRM, SIGCHLD, SIGPROF};
    assert_string_equal(seen->name, name);
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++)
        assert_int_equal(sigismember(&seen->blocked, hosts[i]), 1);
    assert_int_equal(sigismember(&seen->blocked, SIGSEGV), 0);
}

static void test_threads(void **state)
{
    (void)state;
    seen_thread lane = {0}, dead = {0};
    wanmi_dispatch_options o;
    wanmi_dispatch_options_init(&o);
    o.dead = look_at_dead_thread;
    o.dead_user = &dead;
    wanmi_dispatch *d = make(&o);
    wanmi_sink_def def = def_of("网格中心", NULL);
    def.deliver = look_at_thread;
    def.user = &lane;
    uint32_t index;
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &index, NULL), WANMI_OK);
    sigset_t before, after;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    for (int i = 1; i < 32; i++)                        /* the caller's mask is as it was */
        assert_int_equal(sigismember(&after, i), sigismember(&before, i));
    wanmi_producer *p = open(d);
    wanmi_delivery delivery;
    uint32_t key;
    test_deliveries(&delivery, &key, 1, 0);
    assert_int_equal(wanmi_producer_submit(p, 0, &delivery, &key, 1, NULL), WANMI_OK);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    check_thread(&lane, "wm-网格-0");                   /* cut at a character */
    check_thread(&dead, "wm-dead-letters");
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_options_refused),
        cmocka_unit_test(test_sink_def),
        cmocka_unit_test(test_sinks_max),
        cmocka_unit_test(test_states),
        cmocka_unit_test(test_stop_before_start),
        cmocka_unit_test(test_submit_arguments),
        cmocka_unit_test(test_producers_max),
        cmocka_unit_test(test_snapshot_arguments),
        cmocka_unit_test(test_snapshot_for_older_callers),
        cmocka_unit_test(test_counters),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
