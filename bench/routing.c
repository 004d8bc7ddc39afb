/* How fast events whose places are known become deliveries: the rules evaluated one
 * after the other, and as they are compiled, in turn on the same events.
 *
 * Events lie in order as they came; their hits are found beforehand. Each batch's
 * deliveries go to the same place, as in a producer that hands them on.
 */
#include "routing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "city.h"
#include "results.h"
#include "support.h"

enum { METHODS = 4, ROOM = 8 * BENCH_BATCH };

/* The fast one in each machine code that there is; where the processor does not carry
 * one, it is left out. */
static const struct method {
    const char *name, *kernel;
    wanmi_engine engine;
    wanmi_kernel code;
} methods[METHODS] = {
    {"plain", "none", WANMI_ENGINE_EXACT, WANMI_KERNEL_AUTO},
    {"fast", "x86-64-v4", WANMI_ENGINE_FAST, WANMI_KERNEL_X86_64_V4},
    {"fast", "x86-64-v3", WANMI_ENGINE_FAST, WANMI_KERNEL_X86_64_V3},
    {"fast", "portable", WANMI_ENGINE_FAST, WANMI_KERNEL_PORTABLE},
};

/* What one batch came to. */
typedef struct outcome {
    wanmi_delivery *deliveries;
    size_t *first;
    uint8_t *unrouted;
    size_t capacity;
} outcome;

typedef struct run {
    const bench_route_options *options;
    wanmi_map *map;
    wanmi_words *words;
    wanmi_index *index;
    wanmi_locator *locator;
    wanmi_plan *plan;
    wanmi_router *routers[METHODS];
    bool carried[METHODS];
    wanmi_event *events;
    wanmi_hits hits;                /* of all events */
    outcome outcomes[METHODS];
    double seconds[METHODS][BENCH_ROUNDS_LIMIT];
    size_t deliveries, due;         /* of all events */
    size_t different[METHODS];      /* events */
} run;

void bench_route_options_init(bench_route_options *options)
{
    *options = (bench_route_options){.events = BENCH_EVENTS, .rounds = 5, .seed = 42};
}

static void locate_all(run *r)
{
    wanmi_error error;
    wanmi_positions at;
    size_t count = r->options->events;
    wanmi_hits_init(&r->hits);
    r->hits.cell = bench_memory(count * sizeof *r->hits.cell);
    r->hits.tuple = bench_memory(count * sizeof *r->hits.tuple);
    r->hits.where = bench_memory(count);
    r->hits.reason = bench_memory(count);
    wanmi_positions_init(&at);
    at.count = count;
    at.x = &r->events->x;
    at.y = &r->events->y;
    at.time_us = &r->events->time_us;
    at.x_stride = at.y_stride = at.time_stride = sizeof *r->events;
    at.datum = WANMI_DATUM_MAP;
    bench_must(wanmi_locate(r->locator, &at, &r->hits, &error), &error);
}

static void open_city(run *r)
{
    wanmi_error error;
    r->map = bench_make_city(NULL);
    bench_must(wanmi_words_create(NULL, &r->words, &error), &error);
    bench_must(wanmi_index_create(r->map, NULL, &r->index, &error), &error);
    bench_must(wanmi_locator_create(r->index, WANMI_ENGINE_FAST, &r->locator, &error), &error);
    double start = bench_seconds(CLOCK_MONOTONIC);
    bench_must(wanmi_plan_create(r->map, r->words, NULL, NULL, &r->plan, &error), &error);
    double made = bench_seconds(CLOCK_MONOTONIC) - start;
    wanmi_layer_info cells;
    wanmi_map_layer(r->map, wanmi_map_cell_layer(r->map), &cells);
    printf("\ncity: %u cells, %u layers, %d classes, %u rules, %u duties; plan made in %.1f ms, %.0f bytes a cell\n",
           cells.area_count, wanmi_map_layer_count(r->map), BENCH_CITY_CLASSES, wanmi_map_rule_count(r->map),
           wanmi_map_duty_count(r->map), 1e3 * made, (double)wanmi_plan_bytes(r->plan) / cells.area_count);
    r->events = bench_memory(r->options->events * sizeof *r->events);
    bench_city_events(r->words, r->options->seed, r->events, r->options->events);
    locate_all(r);
}

static void open_methods(run *r)
{
    wanmi_error error;
    for (size_t m = 0; m < METHODS; m++) {
        outcome *o = &r->outcomes[m];
        bench_must(wanmi_router_create(r->plan, &r->routers[m], &error), &error);
        bench_must(wanmi_router_set_engine(r->routers[m], methods[m].engine, &error), &error);
        wanmi_status status = wanmi_router_use_kernel(r->routers[m], methods[m].code, &error);
        r->carried[m] = status != WANMI_E_UNSUPPORTED;
        if (r->carried[m])
            bench_must(status, &error);
        o->capacity = ROOM + wanmi_plan_deliveries_max(r->plan);
        o->deliveries = bench_memory(o->capacity * sizeof *o->deliveries);
        o->first = bench_memory((BENCH_BATCH + 1) * sizeof *o->first);
        o->unrouted = bench_memory(BENCH_BATCH);
        memset(o->deliveries, 0, o->capacity * sizeof *o->deliveries);
    }
}

/* Routes up to `count` events from `at` on; gives how many. */
static size_t route_batch(run *r, size_t method, size_t at, size_t count)
{
    wanmi_error error;
    const outcome *o = &r->outcomes[method];
    wanmi_hits hits = r->hits;
    size_t done = 0;
    hits.cell += at;
    hits.tuple += at;
    hits.where += at;
    hits.reason += at;
    wanmi_status status = wanmi_route(r->routers[method], r->locator, r->events + at, count, &hits, 0,
                                      o->deliveries, o->capacity, o->first, o->unrouted, &done, &error);
    if (status != WANMI_PARTIAL)
        bench_must(status, &error);
    return done;
}

static size_t batch_at(const run *r, size_t at)
{
    size_t left = r->options->events - at;
    return left < BENCH_BATCH ? left : BENCH_BATCH;
}

static void measure(run *r)
{
    clockid_t clock = r->options->processor_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC;
    /* The first round warms up. */
    for (unsigned round = 0; round <= r->options->rounds; round++) {
        for (size_t m = 0; m < METHODS; m++) {
            if (!r->carried[m])
                continue;
            double start = bench_seconds(clock);
            for (size_t at = 0; at < r->options->events;)
                at += route_batch(r, m, at, batch_at(r, at));
            r->seconds[m][round != 0 ? round - 1 : 0] = bench_seconds(clock) - start;
        }
    }
}

static size_t differences(const outcome *o, const outcome *reference, size_t count)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = o->first[i + 1] - o->first[i];
        found += o->unrouted[i] != reference->unrouted[i]
              || length != reference->first[i + 1] - reference->first[i]
              || memcmp(o->deliveries + o->first[i], reference->deliveries + reference->first[i],
                        length * sizeof *o->deliveries) != 0;
    }
    return found;
}

/* All methods make room for a whole batch alike, so they do as many events. */
static void compare(run *r)
{
    const outcome *reference = &r->outcomes[0];
    for (size_t at = 0, done; at < r->options->events; at += done) {
        done = route_batch(r, 0, at, batch_at(r, at));
        r->deliveries += reference->first[done];
        for (size_t i = 0; i < reference->first[done]; i++)
            r->due += reference->deliveries[i].due_us != WANMI_TIME_NONE;
        for (size_t m = 1; m < METHODS; m++) {
            if (!r->carried[m])
                continue;
            if (route_batch(r, m, at, done) != done)
                bench_die("one method has room for fewer events than another");
            r->different[m] += differences(&r->outcomes[m], reference, done);
        }
    }
}

static json_t *row_of(const run *r, size_t m, double ns, double ratio)
{
    return json_pack("{ss ss ss sI ss ss si sf sf sI sf}", "bench", "route", "workload", "city", "points",
                     "uniform", "count", (json_int_t)r->options->events, "method", methods[m].name, "kernel",
                     methods[m].kernel, "threads", 1, "median_ns", ns, "ratio", ratio, "differences", (json_int_t)r->different[m],
                     "deliveries", (double)r->deliveries / (double)r->options->events);
}

static size_t report(run *r, bench_results *results)
{
    double count = (double)r->options->events, reference = 0;
    size_t different = 0;
    printf("%.2f deliveries an event, %.2f with a due time\n\n  %-8s %-10s %13s %13s %9s  %10s\n",
           (double)r->deliveries / count, (double)r->due / count, "method", "kernel", "an event", "rate", "ratio",
           "differences");
    for (size_t m = 0; m < METHODS; m++) {
        if (!r->carried[m])
            continue;
        double ns = 1e9 * bench_median(r->seconds[m], r->options->rounds) / count;
        reference = m == 0 ? ns : reference;
        printf("  %-8s %-10s %10.2f ns %9.1f M/s %9.2f  %10zu\n", methods[m].name, methods[m].kernel, ns, 1e3 / ns,
               reference / ns, r->different[m]);
        json_array_append_new(results->rows, row_of(r, m, ns, reference / ns));
        different += r->different[m];
    }
    return different;
}

static void close_run(run *r)
{
    for (size_t m = 0; m < METHODS; m++) {
        wanmi_router_free(r->routers[m]);
        free(r->outcomes[m].deliveries);
        free(r->outcomes[m].first);
        free(r->outcomes[m].unrouted);
    }
    free(r->events);
    free(r->hits.cell);
    free(r->hits.tuple);
    free(r->hits.where);
    free(r->hits.reason);
    wanmi_plan_release(r->plan);
    wanmi_locator_free(r->locator);
    wanmi_index_release(r->index);
    wanmi_words_release(r->words);
    wanmi_map_release(r->map);
}

int bench_route(const bench_route_options *options)
{
    run r = {.options = options};
    bench_results results;
    bench_results_open(&results);
    bench_machine_print(&results.machine);
    printf("one thread, batches of %d, median of %u rounds in turn, %s time\n", BENCH_BATCH, options->rounds,
           options->processor_time ? "processor" : "wall");
    open_city(&r);
    open_methods(&r);
    measure(&r);
    compare(&r);
    size_t different = report(&r, &results);
    close_run(&r);
    int code = bench_results_close(&results, options->json_path, NULL);
    return code == 0 && different > 0 ? 1 : code;
}
