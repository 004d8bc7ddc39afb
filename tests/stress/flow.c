/* flow under load: several intakes, sinks that filter, lag and overflow, a thread
 * that takes snapshots all the time. At the end every event's receipt is matched
 * with what the sinks and the dead letters recorded, id by id.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

enum { INTAKES = 3, EVENTS = 20000, SINKS = 3 };

typedef struct scene {
    wanmi_flow *flow;
    test_sink sinks[SINKS];
    test_letters letters;
    atomic_bool end;
    atomic_uint snapshots;
} scene;

/* One thread's events and what became of them. */
typedef struct worker {
    scene *scene;
    uint32_t number;
    wanmi_event *events;
    wanmi_receipt *receipts;
    size_t accounted;               /* events that were routed or unrouted, by `done` */
    bool reopen;                    /* opens a new intake now and then */
} worker;

static void lag(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    test_nap_us(300);
    test_sink_deliver(user, batch, count, outcomes);
}

static uint8_t some_refused(const wanmi_delivery *delivery)
{
    return delivery->event_id % 17 == 0 ? WANMI_DEAD : WANMI_DELIVERED;
}

static void add_sink(scene *s, int i, const char *name, wanmi_deliver_fn deliver, uint32_t lanes,
                     wanmi_policy policy, const wanmi_subscription *wish)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name;
    def.deliver = deliver;
    def.user = &s->sinks[i];
    def.lanes = lanes;
    def.batch_max = 64;
    def.policy = policy;
    def.block_us = 2000000;
    test_sink_init(&s->sinks[i]);
    assert_int_equal(wanmi_flow_add_sink(s->flow, &def, wish, NULL, NULL), WANMI_OK);
}

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    test_letters_init(&s->letters);
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = 64;
    options.dispatch.ring_capacity = 512;
    options.dispatch.dead_capacity = 1 << 17;
    options.dispatch.dead = test_letters_write;
    options.dispatch.dead_user = &s->letters;
    assert_int_equal(wanmi_flow_create(&options, NULL, &s->flow, NULL), WANMI_OK);
    wanmi_map *map = test_city_map(NULL, NULL);
    assert_int_equal(wanmi_flow_set_map(s->flow, map, NULL), WANMI_OK);
    wanmi_map_release(map);
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    add_sink(s, 0, "all, waiting", test_sink_deliver, 2, WANMI_POLICY_BLOCK, NULL);
    wish.units = "S1/";
    add_sink(s, 1, "west, slow", lag, 1, WANMI_POLICY_OVERFLOW, &wish);
    wanmi_subscription_init(&wish);
    wish.classes = "02";
    wish.copies = 1;
    add_sink(s, 2, "class 02, choosy", test_sink_deliver, 3, WANMI_POLICY_BLOCK, &wish);
    s->sinks[2].outcome = some_refused;
    assert_int_equal(wanmi_flow_start(s->flow, NULL), WANMI_OK);
}

/* ---- threads ------------------------------------------------------------------------------ */

static void check_snapshot(const wanmi_account *a, const wanmi_account *before, const wanmi_tally *sinks)
{
    assert_int_equal(a->submitted, a->routed + a->unrouted + a->refused);
    assert_int_equal(a->submitted - a->refused, a->inside + a->snapped + a->outside + a->rejected);
    assert_true(a->unwanted <= a->unrouted);
    assert_true(a->submitted >= before->submitted && a->routed >= before->routed
                && a->unrouted >= before->unrouted && a->refused >= before->refused);
    assert_int_equal(a->sum.accepted, a->sum.delivered + a->sum.dead + a->sum.pending);
    /* The deliveries of an event that is counted are accepted. */
    assert_true(a->sum.accepted >= a->routed);
    for (int i = 0; i < SINKS; i++)
        assert_int_equal(sinks[i].accepted, sinks[i].delivered + sinks[i].dead + sinks[i].pending);
}

static void *watch(void *user)
{
    scene *s = user;
    wanmi_account before;
    wanmi_account_init(&before);
    while (!atomic_load(&s->end)) {
        wanmi_account a;
        wanmi_tally sinks[SINKS];
        wanmi_account_init(&a);
        for (int i = 0; i < SINKS; i++)
            wanmi_tally_init(&sinks[i]);
        assert_int_equal(wanmi_flow_snapshot(s->flow, &a, sinks, SINKS, NULL), WANMI_OK);
        check_snapshot(&a, &before, sinks);
        before = a;
        atomic_fetch_add(&s->snapshots, 1);
    }
    return NULL;
}

static void make_events(worker *w)
{
    test_random random = {w->number + 1};
    uint32_t classes[4];
    static const char *const texts[] = {"01", "02", "0201", "03"};
    for (int i = 0; i < 4; i++)
        wanmi_words_number(wanmi_flow_words(w->scene->flow), texts[i], strlen(texts[i]), &classes[i], NULL);
    for (size_t i = 0; i < EVENTS; i++)
        w->events[i] = (wanmi_event){
            .id = w->number * (uint64_t)EVENTS + i, .time_us = WANMI_TIME_NONE,
            .x = test_uniform(&random, 499950, 500850), .y = test_uniform(&random, 4419950, 4420650),
            .class_id = classes[test_below(&random, 4)], .source_id = WANMI_NONE,
            .datum = test_below(&random, 50) == 0 ? 99 : WANMI_DATUM_MAP};
}

/* Events that were never submitted: intake had stopped before. */
static void give_up(worker *w, size_t from)
{
    for (size_t i = from; i < EVENTS; i++)
        w->receipts[i].reason = WANMI_REASON_CLOSED;
}

/* Submits all events through intakes that it opens, the first and, if it is one
 * that opens anew, more. Gives how many it came to. */
static size_t submit_some(worker *w, test_random *random, size_t at)
{
    wanmi_intake *intake = NULL;
    wanmi_status status = wanmi_intake_open(w->scene->flow, &intake, NULL);
    while (status == WANMI_OK && at < EVENTS) {
        size_t count = 1 + test_below(random, 400), done;
        count = count < EVENTS - at ? count : EVENTS - at;
        status = wanmi_flow_submit(intake, w->events + at, count, w->receipts + at, &done, NULL);
        w->accounted += done;
        at += count;
        if (w->reopen && test_below(random, 10) == 0)
            break;
    }
    wanmi_intake_close(intake);
    if (status != WANMI_OK)
        give_up(w, at);
    return status == WANMI_OK ? at : EVENTS;
}

static void *submit(void *user)
{
    worker *w = user;
    test_random random = {w->number + 100};
    for (size_t at = 0; at < EVENTS;)
        at = submit_some(w, &random, at);
    return NULL;
}

/* ---- the reckoning ------------------------------------------------------------------------- */

/* Deliveries the sinks and the dead letters recorded for each event. */
static uint32_t *recorded(scene *s)
{
    uint32_t *of = calloc((size_t)INTAKES * EVENTS, sizeof *of);
    for (int i = 0; i < SINKS; i++)
        for (size_t k = 0; k < s->sinks[i].count; k++)
            of[s->sinks[i].seen[k].event_id]++;
    for (size_t k = 0; k < s->letters.count; k++)
        of[s->letters.seen[k].delivery.event_id]++;
    return of;
}

static void match(scene *s, const worker *workers)
{
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(s->flow, &a, NULL, 0, NULL), WANMI_OK);
    uint32_t *of = recorded(s);
    uint64_t routed = 0, unrouted = 0, closed = 0, accepted = 0, accounted = 0;
    for (int w = 0; w < INTAKES; w++) {
        accounted += workers[w].accounted;
        for (size_t i = 0; i < EVENTS; i++) {
            const wanmi_receipt *r = &workers[w].receipts[i];
            assert_int_equal(of[w * (size_t)EVENTS + i], r->deliveries);
            accepted += r->deliveries;
            if (r->deliveries != 0)
                routed++;
            else if (r->reason == WANMI_REASON_CLOSED)
                closed++;
            else
                unrouted++;
            assert_int_equal(r->deliveries != 0, r->reason == 0);
        }
    }
    free(of);
    assert_int_equal(routed, a.routed);
    assert_int_equal(unrouted, a.unrouted);
    assert_int_equal(accounted, a.routed + a.unrouted);
    assert_true(a.refused <= closed);   /* what came after a refused call was never submitted */
    assert_int_equal(accepted, a.sum.accepted);
    assert_int_equal(a.sum.pending, 0);
    assert_int_equal(a.sum.dead_unwritten, 0);
    assert_int_equal(a.sum.delivered, s->sinks[0].count + s->sinks[1].count + s->sinks[2].count);
    assert_int_equal(a.sum.dead, s->letters.count);
}

static void close_scene(scene *s, worker *workers)
{
    wanmi_flow_free(s->flow);
    for (int i = 0; i < SINKS; i++)
        test_sink_drop(&s->sinks[i]);
    test_letters_drop(&s->letters);
    for (int i = 0; i < INTAKES; i++) {
        free(workers[i].events);
        free(workers[i].receipts);
    }
}

/* `drain_after_us`: 0 lets all events in first. */
static void run(int64_t drain_after_us)
{
    static scene s;
    worker workers[INTAKES];
    pthread_t threads[INTAKES], watcher;
    open_scene(&s);
    for (uint32_t i = 0; i < INTAKES; i++) {
        workers[i] = (worker){&s, i, malloc(EVENTS * sizeof(wanmi_event)),
                              calloc(EVENTS, sizeof(wanmi_receipt)), 0, i == 0};
        make_events(&workers[i]);
    }
    assert_int_equal(pthread_create(&watcher, NULL, watch, &s), 0);
    while (atomic_load(&s.snapshots) == 0)
        test_nap_us(100);
    for (int i = 0; i < INTAKES; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, submit, &workers[i]), 0);
    uint64_t left = 0;
    if (drain_after_us != 0) {
        test_nap_us(drain_after_us);
        assert_int_equal(wanmi_flow_drain(s.flow, 30000000, &left, NULL), WANMI_OK);
    }
    for (int i = 0; i < INTAKES; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(wanmi_flow_drain(s.flow, 30000000, &left, NULL), WANMI_OK);
    assert_int_equal(left, 0);
    atomic_store(&s.end, true);
    pthread_join(watcher, NULL);
    /* Few when intake is shut at once, or the machine is busy; never none. */
    assert_true(atomic_load(&s.snapshots) > (drain_after_us == 0 ? 2 : 0));
    match(&s, workers);
    close_scene(&s, workers);
}

static void everything_arrives(void **state)
{
    (void)state;
    run(0);
}

static void a_drain_in_the_middle_cuts_no_event_in_two(void **state)
{
    (void)state;
    for (int64_t i = 0; i < 5; i++)
        run(3000 + 7001 * i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_arrives),
        cmocka_unit_test(a_drain_in_the_middle_cuts_no_event_in_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
