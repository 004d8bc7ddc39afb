/* A sink that takes a fixed time a delivery, offered as much as it can take, twice
 * and ten times that: what it still gets done, what memory that takes, and how soon
 * its queue is as short again as it is at half load.
 */
#include "overload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "results.h"
#include "strain.h"
#include "support.h"

enum { FACTORS = 3, COST_NS = 2000, BATCH_MAX = 256 };
static const double factors[FACTORS] = {1, 2, 10};
static const double SETTLE = 0.2, NORMAL_LIMIT = 20;

typedef struct side {
    const char *name;
    wanmi_policy policy;
} side;

/* Of the rounds, one value each. */
typedef struct loads {
    double offered[FACTORS][BENCH_ROUNDS_LIMIT], goodput[FACTORS][BENCH_ROUNDS_LIMIT];
    double share[FACTORS][BENCH_ROUNDS_LIMIT];      /* goodput by the round's peak */
    double normal[FACTORS][BENCH_ROUNDS_LIMIT];     /* seconds until the queue was short again */
    double peak[BENCH_ROUNDS_LIMIT], depth[BENCH_ROUNDS_LIMIT];
    unsigned rounds;                                /* that are whole */
    int64_t held, held_before, cap;                 /* the most of all rounds; before the first load */
    uint64_t taken[FACTORS], snapshots, differences;
    uint64_t dead, unwritten;                       /* of all loads; of them, whose letter found no room */
} loads;

void bench_strain_options_init(bench_strain_options *options)
{
    *options = (bench_strain_options){.rounds = 5, .seconds = 1, .rate = 200000};
}

static bool stopped(const bench_strain_options *o)
{
    return o->stopping != NULL && o->stopping();
}

static wanmi_sink_def slow_sink(wanmi_policy policy)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "slow";
    def.deliver = strain_take;
    def.batch_max = BATCH_MAX;
    def.policy = policy;
    def.block_us = 1000000;
    return def;
}

static void begin(strain *s, const wanmi_sink_def *def, double rate)
{
    strain_open(s);
    strain_add(s, def)->cost_ns = COST_NS;
    strain_start(s, STRAIN_PRODUCERS, rate);
    strain_watch(s, SETTLE);
}

static void finish(strain *s, loads *l)
{
    strain_stop(s);
    l->differences += strain_differences(s, 0);
    l->snapshots += s->snapshots;
    l->dead += s->dead;
    l->unwritten += s->unwritten;
    strain_close(s);
}

/* What the sink takes while its rings are never empty and nothing is dropped. */
static double measure_peak(const bench_strain_options *o, loads *l)
{
    strain s;
    wanmi_sink_def def = slow_sink(WANMI_POLICY_BLOCK);
    begin(&s, &def, STRAIN_FLAT_OUT);
    uint64_t before = s.sinks[0].taken;
    double lasted = strain_watch(&s, o->seconds);
    double peak = (double)(s.sinks[0].taken - before) / lasted;
    finish(&s, l);
    return peak;
}

/* One load, and then half load until the queue is short again. */
static void measure_load(const bench_strain_options *o, strain *s, loads *l, int f, double peak, uint64_t depth)
{
    unsigned round = l->rounds;
    atomic_store(&s->rate, factors[f] * peak);
    strain_watch(s, SETTLE);
    uint64_t taken = s->sinks[0].taken, submitted = s->submitted;
    double lasted = strain_watch(s, o->seconds);
    taken = s->sinks[0].taken - taken;
    l->taken[f] += taken;
    l->goodput[f][round] = (double)taken / lasted;
    l->offered[f][round] = (double)(s->submitted - submitted) / lasted;
    l->share[f][round] = l->goodput[f][round] / peak;
    atomic_store(&s->rate, peak / 2);
    l->normal[f][round] = strain_until(s, depth, NORMAL_LIMIT);
}

static void measure_round(const bench_strain_options *o, wanmi_policy policy, loads *l)
{
    strain s;
    wanmi_dispatch_options options;
    wanmi_sink_def def = slow_sink(policy);
    double peak = measure_peak(o, l);
    begin(&s, &def, peak / 2);
    s.most_pending = 0;
    strain_watch(&s, 2 * SETTLE);
    uint64_t depth = s.most_pending;
    wanmi_dispatch_options_init(&options);
    l->cap = strain_cap(&s, &options, &def);
    l->held_before = l->rounds == 0 ? s.most_held : l->held_before;
    for (int f = 0; f < FACTORS; f++)
        measure_load(o, &s, l, f, peak, depth);
    l->peak[l->rounds] = peak;
    l->depth[l->rounds] = (double)depth;
    l->held = s.most_held > l->held ? s.most_held : l->held;
    finish(&s, l);
    l->rounds++;
}

/* ---- what is told --------------------------------------------------------------------------------- */

static void keep_row(bench_results *results, const char *method, const loads *l, double load, uint64_t count,
                     double goodput, double share)
{
    json_array_append_new(results->rows,
        json_pack("{ss ss ss sI ss ss si sf sf sI sf sI sI sI sI sI}", "bench", "dispatch", "workload", "overload", "points",
                  "records", "count", (json_int_t)count, "method", method, "kernel", "none", "threads",
                  STRAIN_PRODUCERS + 1, "median_ns", goodput > 0 ? 1e9 / goodput : 0.0, "ratio", share, "differences",
                  (json_int_t)l->differences, "load", load, "held_bytes", (json_int_t)l->held, "cap_bytes",
                  (json_int_t)l->cap, "snapshots", (json_int_t)l->snapshots, "dead", (json_int_t)l->dead,
                  "dead_unwritten", (json_int_t)l->unwritten));
}

static void add_to_last(bench_results *results, const char *name, double value)
{
    json_object_set_new(json_array_get(results->rows, json_array_size(results->rows) - 1), name, json_real(value));
}

static double most(const double *values, unsigned count)
{
    double found = values[0];
    for (unsigned i = 1; i < count; i++)
        found = values[i] > found ? values[i] : found;
    return found;
}

static void report(bench_results *results, const side *at, loads *l)
{
    double peak = bench_median(l->peak, l->rounds);
    printf("\n%s, %u producers, one sink of %.1f us a delivery; peak %.0f /s; at half load at most %.0f pending\n",
           at->name, STRAIN_PRODUCERS, 1e-3 * COST_NS, peak, bench_median(l->depth, l->rounds));
    printf("  %5s %14s %14s %9s %14s %16s\n", "load", "offered", "goodput", "of peak", "normal after",
           "at the longest");
    keep_row(results, "peak", l, 0, 0, peak, 1);
    for (int f = 0; f < FACTORS; f++) {
        double longest = most(l->normal[f], l->rounds), offered = bench_median(l->offered[f], l->rounds);
        double goodput = bench_median(l->goodput[f], l->rounds), share = bench_median(l->share[f], l->rounds);
        double normal = bench_median(l->normal[f], l->rounds);
        printf("  %4.0fx %12.0f/s %12.0f/s %7.1f %% %12.3f s %14.3f s\n", factors[f], offered, goodput, 100 * share,
               normal, longest);
        keep_row(results, at->name, l, factors[f], l->taken[f], goodput, share);
        add_to_last(results, "offered_per_s", offered);
        add_to_last(results, "normal_s", normal);
        add_to_last(results, "normal_longest_s", longest);
    }
    printf("  bytes held: %" PRId64 " before, at most %" PRId64 "; rings, parking and letters are configured to %"
           PRId64 ", the rest %" PRId64 "\n", l->held_before, l->held, l->cap, l->held - l->cap);
    printf("  dead: %" PRIu64 ", of which %" PRIu64 " letters found no room and were counted as unwritten\n", l->dead,
           l->unwritten);
    printf("  %" PRIu64 " snapshots: %" PRIu64 " differences\n", l->snapshots, l->differences);
    fflush(stdout);
}

int bench_overload(const bench_strain_options *options)
{
    static const side sides[] = {{"overflow", WANMI_POLICY_OVERFLOW}, {"drop-oldest", WANMI_POLICY_DROP_OLDEST}};
    enum { SIDES = sizeof sides / sizeof *sides };
    bench_results results;
    uint64_t differences = 0;
    loads *all = bench_memory(SIDES * sizeof *all);
    for (int i = 0; i < SIDES; i++)
        all[i] = (loads){0};
    bench_results_open(&results);
    bench_machine_print(&results.machine);
    printf("median of %u rounds in turn, %.1f s each load, wall time\n", options->rounds, options->seconds);
    for (unsigned round = 0; round < options->rounds && !stopped(options); round++)
        for (int i = 0; i < SIDES; i++)
            measure_round(options, sides[i].policy, &all[i]);
    for (int i = 0; i < SIDES; i++) {
        differences += all[i].differences;
        if (all[i].rounds > 0)
            report(&results, &sides[i], &all[i]);
    }
    free(all);
    int code = bench_results_close(&results, options->json_path, NULL);
    return code == 0 && differences != 0 ? 1 : code;
}
