/* The whole dispatch at full speed: several producers, sinks that answer all
 * outcomes, hang now and then, block and die, dead letters that are refused, and
 * snapshots taken all the while. Afterwards every id is looked up: in the sink's
 * own record, among the written letters, or counted as unwritten; none twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sinks.h"
#include "support.h"

enum { PRODUCERS = 4, SINKS = 5, EACH = 60000, UNITS = 61, BATCH = 200, LIVES = 64 };

typedef struct town {
    wanmi_dispatch *d;
    test_sink sinks[SINKS];
    test_letters letters;
    _Atomic int producing;
} town;

typedef struct worker {
    town *town;
    uint32_t number;
    uint64_t accepted[SINKS];
    bool failed;
} worker;

static uint64_t id_of(uint32_t producer, uint64_t number)
{
    return (uint64_t)producer * EACH + number;
}

static uint8_t mixed(const wanmi_delivery *delivery)
{
    static const uint8_t outcomes[] = {0, 0, WANMI_RETRY, 0, WANMI_DEAD, 0, 200};
    return outcomes[delivery->event_id % 7];
}

static uint8_t dead(const wanmi_delivery *delivery)
{
    (void)delivery;
    return WANMI_DEAD;
}

/* Places of those that were closed come free when all that they brought has ended. */
static wanmi_status open_some_time(wanmi_dispatch *d, wanmi_producer **p)
{
    wanmi_status status;
    while ((status = wanmi_producer_open(d, p, NULL)) == WANMI_E_LIMIT)
        test_nap_us(100);
    return status;
}

static void *produce(void *argument)
{
    worker *w = argument;
    test_random random = {w->number};
    wanmi_delivery deliveries[BATCH];
    uint32_t keys[BATCH];
    wanmi_producer *p = NULL;
    uint32_t life = 0;
    w->failed = open_some_time(w->town->d, &p) != WANMI_OK;
    for (uint64_t sent = 0; sent < EACH && !w->failed;) {
        size_t count = test_below(&random, 3) == 0 ? 1 : 1 + test_below(&random, BATCH);
        count = count < EACH - sent ? count : (size_t)(EACH - sent);
        test_deliveries(deliveries, keys, count, id_of(w->number, sent));
        for (size_t i = 0; i < count; i++) {
            deliveries[i].unit = keys[i] = (uint32_t)(test_next(&random) % UNITS);
            deliveries[i].cell = life % LIVES;
        }
        for (uint32_t s = 0; s < SINKS; s++) {
            w->failed |= wanmi_producer_submit(p, s, deliveries, keys, count, NULL) != WANMI_OK;
            w->accepted[s] += count;
        }
        sent += count;
        /* Changing hands: closed with deliveries on their way, and another opened. */
        if (test_below(&random, 100) == 0) {
            life++;
            wanmi_producer_close(p);
            w->failed |= open_some_time(w->town->d, &p) != WANMI_OK;
        }
    }
    wanmi_producer_close(p);
    atomic_fetch_sub(&w->town->producing, 1);
    return NULL;
}

/* Has one sink hang for some milliseconds, over and over. */
static void *trouble(void *argument)
{
    town *t = argument;
    while (atomic_load(&t->producing) != 0) {
        test_sink_hang(&t->sinks[2], true);
        test_nap_us(5000);
        test_sink_hang(&t->sinks[2], false);
        test_nap_us(2000);
    }
    return NULL;
}

static void open_town(town *t)
{
    static const char *names[SINKS] = {"mixed", "blocked", "hangs", "dies", "one by one"};
    memset(t, 0, sizeof *t);
    test_letters_init(&t->letters);
    t->letters.refuse_every = 5;
    wanmi_dispatch_options options;
    wanmi_dispatch_options_init(&options);
    options.ring_capacity = 256;
    options.dead_capacity = 64;
    options.producers_max = PRODUCERS + 2;
    options.dead = test_letters_write;
    options.dead_user = &t->letters;
    assert_int_equal(wanmi_dispatch_create(&options, NULL, &t->d, NULL), WANMI_OK);
    for (int i = 0; i < SINKS; i++) {
        wanmi_sink_def def;
        uint32_t index;
        test_sink_init(&t->sinks[i]);
        wanmi_sink_def_init(&def);
        def.name = names[i];
        def.deliver = test_sink_deliver;
        def.user = &t->sinks[i];
        def.attempts_max = 1;
        def.lanes = i < 2 ? 3 - (uint32_t)i : 1;
        def.batch_max = i == 4 ? 1 : 100;
        def.policy = i == 1 || i == 4 ? WANMI_POLICY_BLOCK : WANMI_POLICY_OVERFLOW;
        def.block_us = i == 1 ? 2000 : 10000000;
        assert_int_equal(wanmi_dispatch_add_sink(t->d, &def, &index, NULL), WANMI_OK);
    }
    t->sinks[0].outcome = mixed;
    t->sinks[3].outcome = dead;
    assert_int_equal(wanmi_dispatch_start(t->d, NULL), WANMI_OK);
}

/* Marks where each id of a sink was found; gives how many were not. */
static uint64_t look_up(const town *t, uint32_t sink)
{
    unsigned char *found = calloc(PRODUCERS, EACH);
    static uint64_t last[PRODUCERS][LIVES][UNITS];
    uint64_t missing = 0;
    memset(last, 0, sizeof last);
    const test_sink *s = &t->sinks[sink];
    for (size_t i = 0; i < s->count; i++) {
        const wanmi_delivery *d = &s->seen[i];
        assert_true(d->event_id < (uint64_t)PRODUCERS * EACH && d->user == ~d->event_id);
        assert_int_equal(found[d->event_id]++, 0);
        /* In order for each unit and producer, from its opening to its closing. */
        uint64_t *before = &last[d->event_id / EACH][d->cell][d->unit];
        assert_true(*before <= d->event_id);
        *before = d->event_id;
    }
    for (size_t i = 0; i < t->letters.count; i++)
        if (t->letters.seen[i].sink == sink)
            assert_int_equal(found[t->letters.seen[i].delivery.event_id]++, 0);
    for (size_t i = 0; i < (size_t)PRODUCERS * EACH; i++)
        missing += found[i] == 0;
    free(found);
    return missing;
}

static void check_end(town *t, const worker *workers)
{
    wanmi_tally each[SINKS], sum = test_law(t->d);
    for (int i = 0; i < SINKS; i++)
        wanmi_tally_init(&each[i]);
    assert_int_equal(wanmi_dispatch_snapshot(t->d, &sum, each, SINKS, NULL), WANMI_OK);
    assert_int_equal(sum.pending, 0);
    assert_int_equal(sum.dead_queued, 0);
    for (uint32_t s = 0; s < SINKS; s++) {
        uint64_t accepted = 0;
        for (int i = 0; i < PRODUCERS; i++)
            accepted += workers[i].accepted[s];
        assert_int_equal(each[s].accepted, accepted);
        assert_int_equal(each[s].delivered, t->sinks[s].count);
        assert_int_equal(each[s].batches, t->sinks[s].batches);
        assert_int_equal(look_up(t, s), each[s].dead_unwritten);
        assert_false(t->sinks[s].not_filled);
    }
    assert_true(sum.dead_full != 0 && sum.dead_unwritten != 0 && sum.dead_attempts != 0);
    assert_int_equal(each[4].delivered, (uint64_t)PRODUCERS * EACH);
}

static void close_town(town *t)
{
    wanmi_dispatch_free(t->d);
    for (int i = 0; i < SINKS; i++)
        test_sink_drop(&t->sinks[i]);
    test_letters_drop(&t->letters);
}

static void test_everything_at_once(void **state)
{
    (void)state;
    static town t;
    open_town(&t);
    worker workers[PRODUCERS];
    pthread_t threads[PRODUCERS], troubling;
    atomic_store(&t.producing, PRODUCERS);
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        workers[i] = (worker){.town = &t, .number = i};
        pthread_create(&threads[i], NULL, produce, &workers[i]);
    }
    pthread_create(&troubling, NULL, trouble, &t);
    uint64_t snapshots = 0;
    wanmi_tally before = {0};
    while (atomic_load(&t.producing) != 0) {
        wanmi_tally now = test_law(t.d);
        assert_true(now.accepted >= before.accepted && now.delivered >= before.delivered
                    && now.dead >= before.dead);
        before = now;
        snapshots++;
    }
    for (uint32_t i = 0; i < PRODUCERS; i++) {
        pthread_join(threads[i], NULL);
        assert_false(workers[i].failed);
    }
    pthread_join(troubling, NULL);
    assert_true(snapshots > 10);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(t.d, 20000000, &left, NULL), WANMI_OK);
    check_end(&t, workers);
    close_town(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
