/* How fast records are handed over: from ring to ring, from submit to callback, and
 * how long one alone takes. All methods take turns on the same load; the median of
 * the rounds counts. A record has 64 bytes, and whoever takes it reads all of them.
 */
#include "dispatch.h"

#include <stdio.h>
#include <stdlib.h>

#include "dispatch_latency.h"
#include "dispatch_rounds.h"
#include "results.h"
#include "support.h"

enum { METHODS_MAX = 8, SAMPLES_MAX = 20000, TRIAL = 64 * 1024, GAP_US = 500 };
static const double ROUND_SECONDS = 0.04;

typedef struct run {
    const bench_dispatch_options *options;
    bench_results results;
    bench_method methods[METHODS_MAX];
    size_t method_count;
    bool stopped;
} run;

/* What a row says of a method on a load. `differences` is always 0 there: a round
 * that does not give what went in ends the process. */
typedef struct row {
    const char *workload;
    const bench_method *method;
    bench_load load;
    double ns, processor_ns;            /* a record: the wall's clock, all threads' time */
    double p99_ns, processors;          /* of latencies only */
    size_t count;                       /* records of a round */
} row;

void bench_dispatch_options_init(bench_dispatch_options *options)
{
    *options = (bench_dispatch_options){.rounds = 5, .peers = true};
}

static bool step(run *r, const char *what)
{
    const bench_dispatch_options *o = r->options;
    r->stopped = r->stopped || (o->on_step != NULL && o->on_step(o->step_user, what) != 0);
    return !r->stopped;
}

static void add_method(run *r, bench_method method)
{
    if (r->method_count == METHODS_MAX)
        bench_die("too many methods");
    r->methods[r->method_count++] = method;
}

/* The queue with a mutex is the reference: the first. */
static void begin_methods(run *r)
{
    r->method_count = 0;
    add_method(r, (bench_method){.name = "mutex", .carrier = &bench_carrier_mutex});
    if (r->options->peers && bench_carrier_ck() != NULL)
        add_method(r, (bench_method){.name = "ck_ring", .carrier = bench_carrier_ck()});
}

static const char *wait_name(const bench_method *method)
{
    static const char *const names[] = {"park", "yield", "spin"};
    if (method->carrier == NULL)
        return names[method->wait];
    return method->carrier == &bench_carrier_mutex ? "condition" : "spin";
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void print_head(const char *workload, const bench_load *load, const char *rest)
{
    printf("\n%s, %u producer%s, %u sink%s, %s\n", workload, load->producers, load->producers == 1 ? "" : "s",
           load->sinks, load->sinks == 1 ? "" : "s", rest);
}

static void keep_row(run *r, const row *at, double ratio, double ns)
{
    json_t *made = json_pack("{ss ss ss sI ss ss si sf sf si sI si si ss sf}", "bench", "dispatch", "workload",
        at->workload, "points", "records", "count", (json_int_t)at->count, "method", at->method->name, "kernel", "none",
        "threads", (int)(at->load.producers + at->load.sinks), "median_ns", ns, "ratio", ratio, "differences", 0,
        "batch", (json_int_t)at->load.batch, "producers", (int)at->load.producers, "sinks", (int)at->load.sinks,
        "wait", wait_name(at->method), "processor_ns", at->processor_ns);
    if (at->p99_ns > 0) {
        json_object_set_new(made, "p99_ns", json_real(at->p99_ns));
        json_object_set_new(made, "processors", json_real(at->processors));
    }
    json_array_append_new(r->results.rows, made);
}

static void report_rates(run *r, const row *rows)
{
    bool processor = r->options->processor_time;
    double reference = processor ? rows[0].processor_ns : rows[0].ns;
    for (size_t m = 0; m < r->method_count; m++) {
        double ns = processor ? rows[m].processor_ns : rows[m].ns;
        printf("  %6zu  %-12s %10.2f ns %10.1f M/s %10.2f ns %9.2f\n", rows[m].load.batch, rows[m].method->name,
               rows[m].ns, 1e3 / rows[m].ns, rows[m].processor_ns, reference / ns);
        keep_row(r, &rows[m], reference / ns, ns);
    }
    fflush(stdout);
}

/* ---- rates ------------------------------------------------------------------------------------ */

/* Batches a producer that take about ROUND_SECONDS, at least one. */
static size_t batches_for(const run *r, const bench_method *method, bench_load load)
{
    if (r->options->records != 0) {
        size_t batches = r->options->records / load.producers / load.batch;
        return batches > 0 ? batches : 1;
    }
    load.batches = TRIAL / load.producers / load.sinks / load.batch;
    bench_took took = bench_hand_over(method, &load);
    return (size_t)((double)load.batches * ROUND_SECONDS / took.seconds) + 1;
}

/* All methods in turn on one load; a first round, which finds how many records, warms up. */
static void measure_rates(run *r, const char *workload, const bench_load *load)
{
    row rows[METHODS_MAX];
    double wall[METHODS_MAX][BENCH_ROUNDS_LIMIT], processor[METHODS_MAX][BENCH_ROUNDS_LIMIT];
    for (size_t m = 0; m < r->method_count; m++) {
        rows[m] = (row){.workload = workload, .method = &r->methods[m], .load = *load};
        rows[m].load.pinned = r->options->pinned;
        rows[m].load.batches = batches_for(r, &r->methods[m], rows[m].load);
        rows[m].count = rows[m].load.batches * load->batch * load->producers * load->sinks;
    }
    for (unsigned round = 0; round < r->options->rounds; round++) {
        for (size_t m = 0; m < r->method_count; m++) {
            bench_took took = bench_hand_over(&r->methods[m], &rows[m].load);
            wall[m][round] = 1e9 * took.seconds / (double)rows[m].count;
            processor[m][round] = 1e9 * took.processor / (double)rows[m].count;
        }
    }
    for (size_t m = 0; m < r->method_count; m++) {
        rows[m].ns = bench_median(wall[m], r->options->rounds);
        rows[m].processor_ns = bench_median(processor[m], r->options->rounds);
    }
    report_rates(r, rows);
}

static void print_rate_columns(void)
{
    printf("  %6s  %-12s %13s %14s %13s %9s\n", "batch", "method", "a record", "rate", "processor", "ratio");
}

static void measure_ring(run *r)
{
    static const size_t batches[] = {1, 4, 16, 64, 256, 1024};
    bench_load load = {.producers = 1, .sinks = 1};
    begin_methods(r);
    add_method(r, (bench_method){.name = "wanmi", .carrier = &bench_carrier_ring});
    print_head("ring", &load, "records through the ring alone");
    print_rate_columns();
    for (size_t i = 0; i < sizeof batches / sizeof *batches && step(r, "ring"); i++) {
        load.batch = batches[i];
        measure_rates(r, "ring", &load);
    }
}

static void measure_submit(run *r)
{
    static const struct { unsigned producers, sinks; } sides[] = {{1, 1}, {2, 1}, {4, 1}, {1, 2}, {1, 4}, {2, 2}, {4, 4}};
    static const size_t batches[] = {1, 16, 64, 256, 1024};
    begin_methods(r);
    add_method(r, (bench_method){.name = "wanmi", .order = WANMI_ORDER_UNIT});
    add_method(r, (bench_method){.name = "wanmi-batch", .order = WANMI_ORDER_BATCH});
    for (size_t s = 0; s < sizeof sides / sizeof *sides; s++) {
        bench_load load = {.producers = sides[s].producers, .sinks = sides[s].sinks};
        if (!step(r, "submit"))
            return;
        print_head("submit", &load, "from submit to callback, a record for each sink");
        print_rate_columns();
        for (size_t i = 0; i < sizeof batches / sizeof *batches && step(r, "submit"); i++) {
            load.batch = batches[i];
            if (s == 0 || load.batch == 64 || load.batch == 256)
                measure_rates(r, "submit", &load);
        }
    }
}

/* ---- latencies -------------------------------------------------------------------------------- */

static void report_latencies(run *r, const char *workload, double samples[][SAMPLES_MAX], const double *processors,
                             size_t count)
{
    double reference = bench_median(samples[0], count);
    for (size_t m = 0; m < r->method_count; m++) {
        row at = {.workload = workload, .method = &r->methods[m], .load = {1, 1, 1, count, false}, .count = count};
        at.ns = bench_median(samples[m], count);        /* sorts them */
        at.p99_ns = samples[m][count * 99 / 100];
        at.processors = processors[m] / r->options->rounds;
        printf("  %-12s %-10s %13.0f ns %13.0f ns %10.2f %9.2f\n", at.method->name, wait_name(at.method), at.ns,
               at.p99_ns, at.processors, reference / at.ns);
        keep_row(r, &at, reference / at.ns, at.ns);
    }
    fflush(stdout);
}

/* One record at a time, methods in turn; the samples of all rounds count. */
static void measure_latency(run *r, const char *workload, size_t count, unsigned gap_us)
{
    static double samples[METHODS_MAX][SAMPLES_MAX];
    double processors[METHODS_MAX] = {0};
    if (count * r->options->rounds > SAMPLES_MAX)
        count = SAMPLES_MAX / r->options->rounds;
    for (unsigned round = 0; round < r->options->rounds; round++)
        for (size_t m = 0; m < r->method_count; m++) {
            if (!step(r, workload))
                return;
            processors[m] += bench_latency(&r->methods[m], count, gap_us, samples[m] + round * count);
        }
    report_latencies(r, workload, samples, processors, count * r->options->rounds);
}

static void measure_waiting(run *r)
{
    bench_load load = {.producers = 1, .sinks = 1};
    begin_methods(r);
    add_method(r, (bench_method){.name = "wanmi-park", .wait = WANMI_WAIT_PARK});
    add_method(r, (bench_method){.name = "wanmi-yield", .wait = WANMI_WAIT_YIELD});
    add_method(r, (bench_method){.name = "wanmi-spin", .wait = WANMI_WAIT_SPIN});
    for (int gap = 0; gap < 2 && !r->stopped; gap++) {
        char rest[96];
        snprintf(rest, sizeof rest, "one record alone, %s; processors that the receiving side takes",
                 gap == 0 ? "the next at once" : "every 500 us");
        print_head("latency", &load, rest);
        printf("  %-12s %-10s %16s %16s %10s %9s\n", "method", "waits", "median", "99 in 100", "processors", "ratio");
        measure_latency(r, gap == 0 ? "latency at once" : "latency after 500 us", gap == 0 ? 2000 : 200,
                        gap == 0 ? 0 : GAP_US);
    }
}

int bench_dispatch(const bench_dispatch_options *options)
{
    run r = {.options = options};
    bench_results_open(&r.results);
    if (options->peers && bench_carrier_ck() != NULL)
        bench_machine_peer(&r.results.machine, bench_ck_version());
    bench_machine_print(&r.results.machine);
    printf("records of %zu bytes, rings of %d, at most %d taken at once; median of %u rounds in turn, %s time%s\n",
           sizeof(wanmi_delivery), BENCH_RING, BENCH_TAKEN, options->rounds,
           options->processor_time ? "processor" : "wall", options->pinned ? ", threads pinned" : "");
    if (options->peers && bench_carrier_ck() == NULL)
        printf("ck_ring is not built in (libck-dev, -Dpeers=enabled)\n");
    measure_ring(&r);
    measure_submit(&r);
    measure_waiting(&r);
    return bench_results_close(&r.results, options->json_path, NULL);
}
