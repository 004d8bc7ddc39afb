/* See flow_stages.h. */
#include "flow_stages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support.h"
#include "ways.h"
#include "workload.h"

/* ---- the load --------------------------------------------------------------------------------- */

static const char *kernel_name(wanmi_kernel kernel)
{
    static const char *const names[] = {"auto", "portable", "x86-64-v2", "x86-64-v3", "x86-64-v4"};
    return names[kernel];
}

void bench_flow_load_open(bench_flow_load *load, const char *workload, uint64_t seed, size_t count)
{
    wanmi_error error;
    wanmi_locator *locator;
    *load = (bench_flow_load){.workload = workload, .count = count};
    load->map = bench_make_manned_map(workload, NULL, 1);
    load->events = bench_memory(count * sizeof *load->events);
    bench_must(wanmi_index_create(load->map, NULL, &load->index, &error), &error);
    bench_must(wanmi_flow_create(NULL, NULL, &load->words_of, &error), &error);
    wanmi_words *words = wanmi_flow_words(load->words_of);
    bench_must(wanmi_plan_create(load->map, words, NULL, NULL, &load->plan, &error), &error);
    bench_manned_events(workload, load->map, words, seed, load->events, count);
    bench_must(wanmi_locator_create(load->index, WANMI_ENGINE_FAST, &locator, &error), &error);
    load->kernel = kernel_name(wanmi_locator_kernel(locator));
    wanmi_locator_free(locator);
}

void bench_flow_load_close(bench_flow_load *load)
{
    free(load->events);
    wanmi_plan_release(load->plan);
    wanmi_flow_free(load->words_of);
    wanmi_index_release(load->index);
    wanmi_map_release(load->map);
}

/* The words of a new flow are numbered as those of the first: all in its order. */
static void copy_words(const bench_flow_load *load, wanmi_flow *flow)
{
    wanmi_error error;
    const wanmi_words *from = wanmi_flow_words(load->words_of);
    for (uint32_t i = 0; i < wanmi_words_count(from); i++) {
        uint32_t number;
        const char *text = wanmi_words_text(from, i);
        bench_must(wanmi_words_number(wanmi_flow_words(flow), text, strlen(text), &number, &error), &error);
        if (number != i)
            bench_die("the words are numbered otherwise");
    }
}

const char *const bench_flow_orders[3] = {"unit", "batch", "none"};

static wanmi_flow *open_flow(const bench_flow_load *load, unsigned sinks, wanmi_order order, size_t ring,
                             wanmi_deliver_fn deliver, void *const *users)
{
    wanmi_error error;
    wanmi_flow *flow;
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.dispatch.ring_capacity = ring != 0 ? ring : options.dispatch.ring_capacity;
    bench_must(wanmi_flow_create(&options, NULL, &flow, &error), &error);
    copy_words(load, flow);
    for (unsigned i = 0; i < sinks; i++) {
        char name[16];
        wanmi_sink_def def;
        snprintf(name, sizeof name, "sink %u", i);
        wanmi_sink_def_init(&def);
        def.name = name;
        def.lanes = 1;
        def.deliver = deliver;
        def.user = users[i];
        def.policy = WANMI_POLICY_BLOCK;
        def.block_us = 60 * 1000 * 1000;
        def.order = order;
        bench_must(wanmi_flow_add_sink(flow, &def, NULL, NULL, &error), &error);
    }
    bench_must(wanmi_flow_set_index(flow, load->index, &error), &error);
    bench_must(wanmi_flow_start(flow, &error), &error);
    return flow;
}

wanmi_flow *bench_flow_open(const bench_flow_load *load, unsigned sinks, wanmi_order order, wanmi_deliver_fn deliver,
                            void *const *users)
{
    return open_flow(load, sinks, order, 0, deliver, users);
}

/* ---- locate and route --------------------------------------------------------------------------- */

void bench_flow_hand_open(bench_flow_hand *hand, const bench_flow_load *load, wanmi_engine engine)
{
    wanmi_error error;
    bench_must(wanmi_locator_create(load->index, engine, &hand->locator, &error), &error);
    bench_must(wanmi_router_create(load->plan, &hand->router, &error), &error);
    bench_must(wanmi_router_set_engine(hand->router, engine, &error), &error);
    hand->capacity = 4 * BENCH_FLOW_BATCH_MAX + wanmi_plan_deliveries_max(load->plan);
    hand->deliveries = bench_memory(hand->capacity * sizeof *hand->deliveries);
    memset(hand->deliveries, 0, hand->capacity * sizeof *hand->deliveries);
}

void bench_flow_hand_close(bench_flow_hand *hand)
{
    free(hand->deliveries);
    wanmi_router_free(hand->router);
    wanmi_locator_free(hand->locator);
}

static wanmi_hits hits_of(bench_flow_hand *hand)
{
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = hand->cells;
    hits.tuple = hand->tuples;
    hits.where = hand->where;
    hits.reason = hand->reasons;
    return hits;
}

void bench_flow_locate(bench_flow_hand *hand, const wanmi_event *events, size_t count)
{
    wanmi_error error;
    wanmi_positions at;
    wanmi_hits hits = hits_of(hand);
    wanmi_positions_init(&at);
    at.count = count;
    at.x = &events->x;
    at.y = &events->y;
    at.time_us = &events->time_us;
    at.datums = &events->datum;
    at.x_stride = at.y_stride = at.time_stride = at.datum_stride = sizeof *events;
    at.now_us = 0;
    bench_must(wanmi_locate(hand->locator, &at, &hits, &error), &error);
}

size_t bench_flow_route(bench_flow_hand *hand, const wanmi_event *events, size_t count)
{
    wanmi_error error;
    wanmi_hits hits = hits_of(hand);
    size_t done = 0;
    bench_must(wanmi_route(hand->router, hand->locator, events, count, &hits, 0, hand->deliveries, hand->capacity,
                           hand->first, hand->unrouted, &done, &error), &error);
    if (done != count)
        bench_die("a batch had more deliveries than there was room for");
    return hand->first[count];
}

uint64_t bench_flow_read(const wanmi_delivery *deliveries, size_t count)
{
    uint64_t sum = 0, words[sizeof *deliveries / 8];
    for (size_t i = 0; i < count; i++) {
        memcpy(words, &deliveries[i], sizeof words);
        for (size_t k = 0; k < sizeof words / 8; k++)
            sum += words[k];
    }
    return sum;
}

/* ---- what each stage costs ------------------------------------------------------------------------ */

enum { STAGE_LOCATE, STAGE_ROUTE, STAGE_HAND_OVER, STAGE_REST, STAGE_SUBMIT, STAGE_CALLBACK, STAGE_LANE, STAGES };
static const char *const stage_names[STAGES] = {
    "locate", "route", "hand-over to the ring", "subscriptions, keys, account", "submit, all of these",
    "callback reads every field", "dispatch thread, with its callback",
};

enum { BATCH = 256 };

/* A lane that waits at its first callback until all that it is to get lies in its
 * ring: then it works without a pause until the last. The clock is read twice. */
typedef struct lane_clock {
    atomic_bool open;
    bool reads;                     /* every field of every delivery */
    uint64_t total, count, sum, calls;
    double began, ended;
} lane_clock;

enum { LANE_RING = 1 << 17, LANE_EVENTS = 1 << 16 };

static void gated_take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    lane_clock *c = user;
    (void)outcomes;
    while (!atomic_load_explicit(&c->open, memory_order_acquire))
        nanosleep(&(struct timespec){0, 100000}, NULL);
    if (c->calls++ == 0)
        c->began = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    if (c->reads)
        c->sum += bench_flow_read(batch, count);
    c->count += count;
    if (c->count == c->total)
        c->ended = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
}

static void take_all(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)outcomes;
    *(uint64_t *)user += bench_flow_read(batch, count);
}

/* Seconds of the dispatch thread for an event; gives how many deliveries a callback
 * got. */
static double work_off(const bench_flow_load *load, wanmi_order order, bool reads, double *seconds)
{
    wanmi_error error;
    wanmi_intake *intake;
    uint64_t left;
    size_t events = load->count < LANE_EVENTS ? load->count : LANE_EVENTS;
    lane_clock lane = {.reads = reads};
    void *users[] = {&lane};
    wanmi_account account;
    wanmi_account_init(&account);
    wanmi_flow *flow = open_flow(load, 1, order, LANE_RING, gated_take, users);
    bench_must(wanmi_intake_open(flow, &intake, &error), &error);
    bench_must(wanmi_flow_submit(intake, load->events, events, NULL, NULL, &error), &error);
    bench_must(wanmi_flow_snapshot(flow, &account, NULL, 0, &error), &error);
    lane.total = account.sum.accepted;
    atomic_store_explicit(&lane.open, true, memory_order_release);
    bench_must(wanmi_flow_drain(flow, 60000000, &left, &error), &error);
    wanmi_intake_close(intake);
    wanmi_flow_free(flow);
    *seconds = (lane.ended - lane.began) / (double)events;
    return (double)lane.count / (double)lane.calls;
}

static double submit_all(const bench_flow_load *load, wanmi_order order)
{
    wanmi_error error;
    wanmi_intake *intake;
    uint64_t left;
    uint64_t sum = 0;
    void *users[] = {&sum};
    wanmi_flow *flow = bench_flow_open(load, 1, order, take_all, users);
    bench_must(wanmi_intake_open(flow, &intake, &error), &error);
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t at = 0; at + BATCH <= load->count; at += BATCH)
        bench_must(wanmi_flow_submit(intake, load->events + at, BATCH, NULL, NULL, &error), &error);
    double took = bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    bench_must(wanmi_flow_drain(flow, 60000000, &left, &error), &error);
    wanmi_intake_close(intake);
    wanmi_flow_free(flow);
    return took;
}

/* Reading the clock costs as much as a stage of a small batch: its own price. */
static double price_of_clock(void)
{
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID), last = start;
    for (int i = 0; i < 10000; i++)
        last = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    return (last - start) / 10000;
}

/* Seconds of handing over, the clock's with it: each batch is located and routed before, as in
 * a submit, so that the lane keeps up as it does there. */
static double hand_over(const bench_flow_load *load, bench_flow_hand *hand, wanmi_order order)
{
    wanmi_error error;
    wanmi_producer *producer;
    uint64_t left;
    uint64_t sum = 0;
    double took = 0;
    void *users[] = {&sum};
    uint32_t *keys = bench_memory(hand->capacity * sizeof *keys);
    wanmi_flow *flow = bench_flow_open(load, 1, order, take_all, users);
    bench_must(wanmi_producer_open(wanmi_flow_dispatch(flow), &producer, &error), &error);
    for (size_t at = 0; at + BATCH <= load->count; at += BATCH) {
        bench_flow_locate(hand, load->events + at, BATCH);
        size_t count = bench_flow_route(hand, load->events + at, BATCH);
        for (size_t i = 0; i < count; i++)
            keys[i] = hand->deliveries[i].unit;
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        bench_must(wanmi_producer_submit(producer, 0, hand->deliveries, keys, count, &error), &error);
        took += bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    }
    bench_must(wanmi_flow_drain(flow, 60000000, &left, &error), &error);
    wanmi_producer_close(producer);
    wanmi_flow_free(flow);
    free(keys);
    return took;
}

/* Seconds of each stage, the clock's own taken off. Gives how many deliveries a
 * callback got. */
static double measure_round(const bench_flow_load *load, bench_flow_hand *hand, wanmi_order order, double *seconds)
{
    size_t events = load->count / BATCH * BATCH, batches = events / BATCH;
    double locate = 0, route = 0, clock = price_of_clock(), idle, reading;
    for (size_t at = 0; at < events; at += BATCH) {
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        bench_flow_locate(hand, load->events + at, BATCH);
        double located = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        bench_flow_route(hand, load->events + at, BATCH);
        locate += located - start;
        route += bench_seconds(CLOCK_THREAD_CPUTIME_ID) - located;
    }
    seconds[STAGE_LOCATE] = locate - clock * (double)batches;
    seconds[STAGE_ROUTE] = route - clock * (double)batches;
    seconds[STAGE_HAND_OVER] = hand_over(load, hand, order) - clock * (double)batches;
    seconds[STAGE_SUBMIT] = submit_all(load, order);
    seconds[STAGE_REST] = seconds[STAGE_SUBMIT] - seconds[STAGE_LOCATE] - seconds[STAGE_ROUTE]
                        - seconds[STAGE_HAND_OVER];
    double a_callback = work_off(load, order, false, &idle);
    work_off(load, order, true, &reading);
    seconds[STAGE_CALLBACK] = (reading - idle) * (double)events;
    seconds[STAGE_LANE] = reading * (double)events;
    return a_callback;
}

static void measure_stages(const bench_flow_load *load, bench_flow_hand *hand, wanmi_order order, unsigned rounds,
                           json_t *rows)
{
    static double seconds[STAGES][BENCH_ROUNDS_LIMIT];
    double a_callback = 0, events = (double)(load->count / BATCH * BATCH);
    for (unsigned round = 0; round <= rounds; round++) {
        double one[STAGES];
        a_callback = measure_round(load, hand, order, one);
        for (int i = 0; i < STAGES && round != 0; i++)
            seconds[i][round - 1] = one[i];
    }
    printf("\n  each stage, order %s, %.0f deliveries a callback\n", bench_flow_orders[order], a_callback);
    for (int i = 0; i < STAGES; i++) {
        double ns = 1e9 * bench_median(seconds[i], rounds) / events;
        printf("  %-36s %8.2f ns an event\n", stage_names[i], ns);
        json_array_append_new(rows, json_pack("{ss ss ss sI ss ss si sf sn sn ss sI ss sf}", "bench", "flow",
                                              "workload", load->workload, "points", "uniform", "count",
                                              (json_int_t)events, "method", "wanmi", "kernel", load->kernel, "threads",
                                              1, "median_ns", ns, "ratio", "differences", "stage", stage_names[i],
                                              "batch", (json_int_t)BATCH, "order", bench_flow_orders[order],
                                              "a_callback", a_callback));
    }
}

void bench_flow_stages(const bench_flow_load *load, unsigned rounds, json_t *rows)
{
    bench_flow_hand *hand = bench_memory(sizeof *hand);
    bench_flow_hand_open(hand, load, WANMI_ENGINE_FAST);
    printf("\n  processor time of the stage's thread, batches of %d, the clock's own taken off\n", BATCH);
    measure_stages(load, hand, WANMI_ORDER_UNIT, rounds, rows);
    measure_stages(load, hand, WANMI_ORDER_BATCH, rounds, rows);
    bench_flow_hand_close(hand);
    free(hand);
}
