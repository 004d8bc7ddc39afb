/* See flow_stages.h. */
#include "flow_stages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

wanmi_flow *bench_flow_open(const bench_flow_load *load, unsigned sinks, wanmi_deliver_fn deliver, void *const *users)
{
    wanmi_error error;
    wanmi_flow *flow;
    bench_must(wanmi_flow_create(NULL, NULL, &flow, &error), &error);
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
        bench_must(wanmi_flow_add_sink(flow, &def, NULL, NULL, &error), &error);
    }
    bench_must(wanmi_flow_set_index(flow, load->index, &error), &error);
    bench_must(wanmi_flow_start(flow, &error), &error);
    return flow;
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

/* What the lane's thread does: `inside` in the callback, `thread` from its first to
 * its last. */
typedef struct lane_clock {
    double began, last, inside;
    uint64_t sum;
} lane_clock;

static void timed_take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    lane_clock *c = user;
    (void)outcomes;
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    if (c->began == 0)
        c->began = start;
    c->sum += bench_flow_read(batch, count);
    c->last = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    c->inside += c->last - start;
}

static double submit_all(const bench_flow_load *load, lane_clock *lane)
{
    wanmi_error error;
    wanmi_intake *intake;
    uint64_t left;
    void *users[] = {lane};
    wanmi_flow *flow = bench_flow_open(load, 1, timed_take, users);
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

/* A dispatch alone, one batch of deliveries handed to it again and again. */
static double hand_over(const bench_flow_load *load, bench_flow_hand *hand, lane_clock *lane)
{
    wanmi_error error;
    wanmi_producer *producer;
    uint64_t left;
    void *users[] = {lane};
    uint32_t *keys = bench_memory(hand->capacity * sizeof *keys);
    wanmi_flow *flow = bench_flow_open(load, 1, timed_take, users);
    bench_flow_locate(hand, load->events, BATCH);
    size_t count = bench_flow_route(hand, load->events, BATCH);
    for (size_t i = 0; i < count; i++)
        keys[i] = hand->deliveries[i].unit;
    bench_must(wanmi_producer_open(wanmi_flow_dispatch(flow), &producer, &error), &error);
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    for (size_t at = 0; at + BATCH <= load->count; at += BATCH)
        bench_must(wanmi_producer_submit(producer, 0, hand->deliveries, keys, count, &error), &error);
    double took = bench_seconds(CLOCK_THREAD_CPUTIME_ID) - start;
    bench_must(wanmi_flow_drain(flow, 60000000, &left, &error), &error);
    wanmi_producer_close(producer);
    wanmi_flow_free(flow);
    free(keys);
    return took;
}

static void measure_round(const bench_flow_load *load, bench_flow_hand *hand, double *seconds)
{
    size_t events = load->count / BATCH * BATCH;
    double locate = 0, route = 0;
    for (size_t at = 0; at < events; at += BATCH) {
        double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        bench_flow_locate(hand, load->events + at, BATCH);
        double located = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
        bench_flow_route(hand, load->events + at, BATCH);
        locate += located - start;
        route += bench_seconds(CLOCK_THREAD_CPUTIME_ID) - located;
    }
    lane_clock lane = {0}, other = {0};
    seconds[STAGE_LOCATE] = locate;
    seconds[STAGE_ROUTE] = route;
    seconds[STAGE_HAND_OVER] = hand_over(load, hand, &other);
    seconds[STAGE_SUBMIT] = submit_all(load, &lane);
    seconds[STAGE_REST] = seconds[STAGE_SUBMIT] - locate - route - seconds[STAGE_HAND_OVER];
    seconds[STAGE_CALLBACK] = lane.inside;
    seconds[STAGE_LANE] = lane.last - lane.began;
}

/* Reading the clock costs as much as a stage of a small batch: its own price. */
static double price_of_clock(void)
{
    double start = bench_seconds(CLOCK_THREAD_CPUTIME_ID), last = start;
    for (int i = 0; i < 10000; i++)
        last = bench_seconds(CLOCK_THREAD_CPUTIME_ID);
    return (last - start) / 10000;
}

void bench_flow_stages(const bench_flow_load *load, unsigned rounds, json_t *rows)
{
    static double seconds[STAGES][BENCH_ROUNDS_LIMIT];
    bench_flow_hand *hand = bench_memory(sizeof *hand);
    bench_flow_hand_open(hand, load, WANMI_ENGINE_FAST);
    for (unsigned round = 0; round <= rounds; round++) {
        double one[STAGES];
        measure_round(load, hand, one);
        for (int i = 0; i < STAGES && round != 0; i++)
            seconds[i][round - 1] = one[i];
    }
    double events = (double)(load->count / BATCH * BATCH), clock = 1e9 * price_of_clock() / BATCH;
    printf("\n  each stage, processor time of its thread, batches of %d (the clock's own %.2f ns an event taken off)\n",
           BATCH, clock);
    for (int i = 0; i < STAGES; i++) {
        double ns = 1e9 * bench_median(seconds[i], rounds) / events;
        if (i == STAGE_LOCATE || i == STAGE_ROUTE || i == STAGE_CALLBACK)
            ns -= clock;
        if (i == STAGE_LANE)
            ns -= 2 * clock;
        if (i == STAGE_REST)
            ns += 2 * clock;
        printf("  %-36s %8.2f ns an event\n", stage_names[i], ns);
        json_array_append_new(rows, json_pack("{ss ss ss sI ss ss si sf sn sn ss sI}", "bench", "flow", "workload",
                                              load->workload, "points", "uniform", "count", (json_int_t)events,
                                              "method", "wanmi", "kernel", load->kernel, "threads", 1, "median_ns",
                                              ns, "ratio", "differences", "stage", stage_names[i], "batch",
                                              (json_int_t)BATCH));
    }
    bench_flow_hand_close(hand);
    free(hand);
}
