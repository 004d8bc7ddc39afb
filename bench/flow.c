/* The whole way, events in, callbacks out, beside the plain loop that locates,
 * routes and calls.
 *
 *   exact   the plain loop by PROJ, GEOS and rules one after the other: one event at
 *           a time, on one thread. The reference
 *   loop    the plain loop by the compiled index and plan, in batches, on one
 *           thread: what there would be without queues
 *   flow    producers that locate and route, sinks that are called on threads of
 *           their own. Each sink wants every delivery and reads every field of it
 *
 * All take turns on the same events; the median of the rounds counts. Time runs from
 * the first submit until nothing is pending.
 */
#include "flow.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_stages.h"
#include "results.h"
#include "support.h"
#include "workload.h"

enum { WAYS_MAX = 32, EXACT_SHARE = 40 };

typedef enum way_kind { EXACT, LOOP, FLOW } way_kind;

typedef struct way {
    way_kind kind;
    unsigned producers, sinks;
    wanmi_order order;
    size_t batch;
    double seconds[BENCH_ROUNDS_LIMIT];
    size_t events;
    uint64_t sum;                   /* of every field of every delivery, by sink 0 */
    uint64_t deliveries;            /* of all sinks */
} way;

static const char *const kind_names[] = {"exact", "loop", "flow"};

void bench_flow_options_init(bench_flow_options *options)
{
    *options = (bench_flow_options){.workload = "W1", .events = BENCH_FLOW_EVENTS, .rounds = 5, .seed = 42};
}

/* ---- the plain loop ------------------------------------------------------------------------ */

static void run_loop(const bench_flow_load *load, way *w)
{
    bench_flow_hand hand;
    bench_flow_hand_open(&hand, load, w->kind == EXACT ? WANMI_ENGINE_EXACT : WANMI_ENGINE_FAST);
    uint64_t sum = 0, made = 0;
    double start = bench_seconds(CLOCK_MONOTONIC);
    for (size_t at = 0, count; at < w->events; at += count) {
        count = w->events - at < w->batch ? w->events - at : w->batch;
        bench_flow_locate(&hand, load->events + at, count);
        size_t deliveries = bench_flow_route(&hand, load->events + at, count);
        sum += bench_flow_read(hand.deliveries, deliveries);
        made += deliveries;
    }
    w->seconds[0] = bench_seconds(CLOCK_MONOTONIC) - start;
    w->sum = sum;
    w->deliveries = made;
    bench_flow_hand_close(&hand);
}

/* ---- the flow -------------------------------------------------------------------------------- */

typedef struct sink {
    uint64_t sum, count;
    char padding[112];              /* each on lines of its own */
} sink;

typedef struct producer {
    const bench_flow_load *load;
    wanmi_intake *intake;
    pthread_barrier_t *begin;
    size_t first, count, batch;
    double began;
} producer;

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    sink *s = user;
    (void)outcomes;
    s->sum += bench_flow_read(batch, count);
    s->count += count;
}

static void *produce(void *user)
{
    producer *p = user;
    wanmi_error error;
    pthread_barrier_wait(p->begin);
    p->began = bench_seconds(CLOCK_MONOTONIC);
    for (size_t at = 0, count; at < p->count; at += count) {
        count = p->count - at < p->batch ? p->count - at : p->batch;
        bench_must(wanmi_flow_submit(p->intake, p->load->events + p->first + at, count, NULL, NULL, &error), &error);
    }
    return NULL;
}

static double produce_all(const bench_flow_load *load, const way *w, wanmi_flow *flow)
{
    producer producers[BENCH_FLOW_SIDES_MAX];
    pthread_t threads[BENCH_FLOW_SIDES_MAX];
    pthread_barrier_t begin;
    wanmi_error error;
    uint64_t left;
    pthread_barrier_init(&begin, NULL, w->producers);
    for (unsigned i = 0; i < w->producers; i++) {
        size_t first = w->events * i / w->producers, end = w->events * (i + 1) / w->producers;
        producers[i] = (producer){load, NULL, &begin, first, end - first, w->batch, 0};
        bench_must(wanmi_intake_open(flow, &producers[i].intake, &error), &error);
        if (pthread_create(&threads[i], NULL, produce, &producers[i]) != 0)
            bench_die("no threads");
    }
    for (unsigned i = 0; i < w->producers; i++)
        pthread_join(threads[i], NULL);
    bench_must(wanmi_flow_drain(flow, 60000000, &left, &error), &error);
    double ended = bench_seconds(CLOCK_MONOTONIC), seconds = 0;
    /* From the first that began: this thread may have slept meanwhile. */
    for (unsigned i = 0; i < w->producers; i++)
        seconds = ended - producers[i].began > seconds ? ended - producers[i].began : seconds;
    for (unsigned i = 0; i < w->producers; i++)
        wanmi_intake_close(producers[i].intake);
    pthread_barrier_destroy(&begin);
    return seconds;
}

static void run_flow(const bench_flow_load *load, way *w)
{
    static sink sinks[BENCH_FLOW_SIDES_MAX];
    memset(sinks, 0, sizeof sinks);
    void *users[BENCH_FLOW_SIDES_MAX];
    for (unsigned i = 0; i < w->sinks; i++)
        users[i] = &sinks[i];
    wanmi_flow *flow = bench_flow_open(load, w->sinks, w->order, take, users);
    w->seconds[0] = produce_all(load, w, flow);
    w->sum = sinks[0].sum;
    w->deliveries = 0;
    for (unsigned i = 0; i < w->sinks; i++)
        w->deliveries += sinks[i].count;
    wanmi_flow_free(flow);
}

/* ---- rounds ----------------------------------------------------------------------------------- */

static void run_way(const bench_flow_load *load, way *w, unsigned round)
{
    double kept = w->seconds[0];
    if (w->kind == FLOW)
        run_flow(load, w);
    else
        run_loop(load, w);
    double took = w->seconds[0];
    w->seconds[0] = kept;
    /* The first round warms up. */
    if (round != 0)
        w->seconds[round - 1] = took;
}

/* Whether they went to their end. */
static bool run_rounds(const bench_flow_options *options, const bench_flow_load *load, way *ways, size_t count)
{
    for (unsigned round = 0; round <= options->rounds; round++)
        for (size_t i = 0; i < count; i++) {
            if (options->stopping != NULL && options->stopping())
                return false;
            run_way(load, &ways[i], round);
        }
    return true;
}

static size_t choose_ways(const bench_flow_options *options, way *ways)
{
    static const size_t batches[] = {1, 16, 64, 256, 1024};
    size_t count = 0;
    ways[count++] = (way){.kind = EXACT, .producers = 1, .sinks = 1, .batch = 1,
                          .events = options->events / EXACT_SHARE + 1};
    ways[count++] = (way){.kind = LOOP, .producers = 1, .sinks = 1, .batch = 256, .events = options->events};
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++)
        if (!options->quick || batches[b] == 256)
            ways[count++] = (way){.kind = FLOW, .producers = 1, .sinks = 1, .batch = batches[b],
                                  .events = options->events};
    for (wanmi_order order = WANMI_ORDER_BATCH; order <= WANMI_ORDER_NONE; order++)
        ways[count++] = (way){.kind = FLOW, .producers = 1, .sinks = 1, .order = order, .batch = 256,
                              .events = options->events};
    for (unsigned producers = 1; producers <= 4 && !options->quick; producers *= 2)
        for (unsigned sinks = 1; sinks <= 4; sinks *= 2)
            if (producers * sinks > 1)
                ways[count++] = (way){.kind = FLOW, .producers = producers, .sinks = sinks, .batch = 256,
                                      .events = options->events};
    return count;
}

/* Whether a way gave what the plain loop by the same events gave. */
static bool is_right(const bench_flow_load *load, const way *w)
{
    way reference = {.kind = LOOP, .batch = 256, .events = w->events};
    run_loop(load, &reference);
    return w->sum == reference.sum && w->deliveries == reference.deliveries * w->sinks;
}

static size_t report(const bench_flow_options *options, const bench_flow_load *load, way *ways, size_t count,
                     bench_results *results)
{
    double reference = 0;
    size_t wrong = 0;
    printf("\n  %-6s %9s %6s %6s %6s %12s %10s %9s\n", "method", "producers", "sinks", "order", "batch", "an event", "rate",
           "ratio");
    for (size_t i = 0; i < count; i++) {
        way *w = &ways[i];
        double ns = 1e9 * bench_median(w->seconds, options->rounds) / (double)w->events;
        bool right = is_right(load, w);
        reference = i == 0 ? ns : reference;
        wrong += !right;
        const char *order = w->kind == FLOW ? bench_flow_orders[w->order] : "-";
        printf("  %-6s %9u %6u %6s %6zu %9.2f ns %6.2f M/s %9.1f%s\n", kind_names[w->kind], w->producers, w->sinks,
               order, w->batch, ns, 1e3 / ns, reference / ns, right ? "" : "  NOT THE SAME DELIVERIES");
        json_array_append_new(results->rows,
            json_pack("{ss ss ss sI ss ss si sf sf si si si ss sI sf}", "bench", "flow", "workload", options->workload,
                      "points", "uniform", "count", (json_int_t)w->events, "method",
                      w->kind == FLOW ? "wanmi" : kind_names[w->kind], "kernel", load->kernel, "threads",
                      (int)(w->kind == FLOW ? w->producers + w->sinks : 1), "median_ns", ns, "ratio", reference / ns,
                      "differences", right ? 0 : 1, "producers", (int)w->producers, "sinks", (int)w->sinks, "order", order, "batch",
                      (json_int_t)w->batch, "deliveries", (double)w->deliveries / (double)(w->events * w->sinks)));
    }
    return wrong;
}

int bench_flow(const bench_flow_options *options)
{
    way ways[WAYS_MAX];
    bench_flow_load load;
    bench_results results;
    bench_results_open(&results);
    bench_machine_print(&results.machine);
    printf("%s, %zu events in WGS 84, median of %u rounds in turn, wall time from the first submit until nothing is "
           "pending\n", options->workload, options->events, options->rounds);
    bench_flow_load_open(&load, options->workload, options->seed, options->events);
    size_t count = choose_ways(options, ways);
    bool whole = run_rounds(options, &load, ways, count);
    size_t wrong = whole ? report(options, &load, ways, count, &results) : 0;
    if (whole)
        bench_flow_stages(&load, options->rounds, results.rows);
    bench_flow_load_close(&load);
    int code = bench_results_close(&results, options->json_path, NULL);
    return code == 0 && wrong > 0 ? 1 : code;
}
