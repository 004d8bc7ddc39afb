/* Three sinks, one of them sick: whether the two others notice. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "overload.h"
#include "results.h"
#include "strain.h"
#include "support.h"
#include "wanmi/sinks.h"

enum { WELL, HANGS, RETRIES, KILLED, CASES, HEALTHY = 2 };
static const char *const case_names[CASES] = {"well", "hangs", "retries", "killed"};
static const char *const case_words[CASES] = {"the third is well", "does not return", "asks again for all",
                                              "a process, killed every 5 ms"};
static const double SETTLE = 0.3, KILL_SECONDS = 0.005;

/* The third sink. */
typedef struct patient {
    _Atomic bool well;              /* from now on it hangs no more, and kills no more */
    wanmi_pipe_sink *pipe;
    double killed_at;
    uint64_t kills;
} patient;

typedef struct cases {
    double rate[CASES][BENCH_ROUNDS_LIMIT];         /* of both others together */
    double share[CASES][BENCH_ROUNDS_LIMIT];        /* by that of the round when all were well */
    double p99[CASES][BENCH_ROUNDS_LIMIT];          /* latency of the slower of the two, us */
    uint64_t taken[CASES], sick_took[CASES], snapshots[CASES], differences[CASES], kills;
    unsigned rounds;
} cases;

static void hang(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    patient *p = user;
    struct timespec pause = {0, 5000000};
    (void)batch;
    while (!atomic_load(&p->well))
        nanosleep(&pause, NULL);
    memset(outcomes, WANMI_DEAD, count);    /* so that its own count stays 0 */
}

static void ask_again(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)user;
    (void)batch;
    memset(outcomes, WANMI_RETRY, count);
}

/* Killed from its own lane: nobody else can have reaped the process meanwhile, and so
 * the number is no other's. */
static void kill_and_deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    patient *p = user;
    double now = bench_seconds(CLOCK_MONOTONIC);
    if (now - p->killed_at >= KILL_SECONDS && !atomic_load(&p->well)) {
        wanmi_pipe_figures figures;
        wanmi_pipe_figures_init(&figures);
        if (wanmi_pipe_sink_figures(p->pipe, &figures, NULL) == WANMI_OK && figures.process > 1
            && kill((pid_t)figures.process, SIGKILL) == 0)
            p->kills++;
        p->killed_at = now;
    }
    wanmi_pipe_sink_deliver(p->pipe, batch, count, outcomes);
}

static void open_pipe(patient *p)
{
    static const char *const arguments[] = {"cat", NULL};
    wanmi_pipe_options options;
    wanmi_error error;
    wanmi_pipe_options_init(&options);
    options.arguments = arguments;
    options.restart_base_us = 500;
    options.restart_max_us = 2000;
    bench_must(wanmi_pipe_sink_open(&options, NULL, &p->pipe, &error), &error);
}

static wanmi_sink_def third_sink(int kind, patient *p)
{
    static const wanmi_deliver_fn callbacks[CASES] = {strain_take, hang, ask_again, kill_and_deliver};
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "third";
    def.deliver = callbacks[kind];
    def.user = p;
    def.hung_us = 100000;
    if (kind == KILLED) {
        open_pipe(p);
        def.order = WANMI_ORDER_BATCH;
        def.attempts_max = 0;
        def.retry_base_us = 1000;
        def.breaker_failures = 0;       /* no rest: it is started, and killed, again and again */
    }
    return def;
}

static void open_sinks(strain *s, int kind, patient *p)
{
    wanmi_sink_def healthy, third = third_sink(kind, p);
    strain_open(s);
    wanmi_sink_def_init(&healthy);
    healthy.deliver = strain_take;
    healthy.name = "first";
    strain_add(s, &healthy);
    healthy.name = "second";
    strain_add(s, &healthy);
    strain_add(s, &third);
}

static double slowest_us(strain *s)
{
    uint64_t slowest = 0;
    for (int i = 0; i < HEALTHY; i++) {
        wanmi_times times;
        wanmi_error error;
        wanmi_times_init(&times);
        bench_must(wanmi_dispatch_times(s->dispatch, s->sinks[i].number, WANMI_NONE, WANMI_TIMING_LATENCY, &times,
                                        &error), &error);
        slowest = times.p99_us > slowest ? times.p99_us : slowest;
    }
    return (double)slowest;
}

static uint64_t lines_of(const patient *p)
{
    wanmi_pipe_figures figures;
    if (p->pipe == NULL)
        return 0;
    wanmi_pipe_figures_init(&figures);
    wanmi_pipe_sink_figures(p->pipe, &figures, NULL);
    return figures.lines;
}

static void measure(const bench_strain_options *o, int kind, cases *c)
{
    strain s;
    patient p = {0};
    open_sinks(&s, kind, &p);
    strain_start(&s, 1, o->rate);
    strain_watch(&s, SETTLE);
    uint64_t before = s.sinks[0].taken + s.sinks[1].taken;
    double lasted = strain_watch(&s, o->seconds);
    uint64_t taken = s.sinks[0].taken + s.sinks[1].taken - before;
    c->rate[kind][c->rounds] = (double)taken / lasted;
    c->share[kind][c->rounds] = c->rate[kind][c->rounds] / c->rate[WELL][c->rounds];
    c->p99[kind][c->rounds] = slowest_us(&s);
    c->taken[kind] += taken;
    atomic_store(&p.well, true);
    strain_stop(&s);
    uint64_t lines = lines_of(&p);
    c->kills += p.kills;
    c->sick_took[kind] += lines + s.sinks[HEALTHY].taken;
    c->differences[kind] += strain_differences(&s, lines);
    c->snapshots[kind] += s.snapshots;
    strain_close(&s);
    wanmi_pipe_sink_close(p.pipe);
}

/* ---- what is told --------------------------------------------------------------------------------- */

static void report(bench_results *results, cases *c)
{
    printf("\n  %-8s %-30s %14s %9s %9s %11s %14s %10s %12s\n", "third", "", "the others", "of well", "least", "p99",
           "third took", "snapshots", "differences");
    for (int i = 0; i < CASES; i++) {
        double rate = bench_median(c->rate[i], c->rounds), share = bench_median(c->share[i], c->rounds);
        double p99 = bench_median(c->p99[i], c->rounds), least = c->share[i][0];     /* they are sorted now */
        printf("  %-8s %-30s %12.0f/s %7.1f %% %7.1f %% %8.0f us %14" PRIu64 " %10" PRIu64 " %12" PRIu64 "\n",
               case_names[i], case_words[i], rate, 100 * share, 100 * least, p99, c->sick_took[i], c->snapshots[i],
               c->differences[i]);
        json_array_append_new(results->rows,
            json_pack("{ss ss ss sI ss ss si sf sf sI sf sf sI sI}", "bench", "dispatch", "workload", "sick", "points",
                      "records", "count", (json_int_t)c->taken[i], "method", case_names[i], "kernel", "none", "threads",
                      1 + STRAIN_SINKS, "median_ns", rate > 0 ? 1e9 / rate : 0.0, "ratio", share, "differences",
                      (json_int_t)c->differences[i], "ratio_least", least, "p99_us", p99, "third_took",
                      (json_int_t)c->sick_took[i], "snapshots", (json_int_t)c->snapshots[i]));
    }
    printf("  the process was killed %" PRIu64 " times\n", c->kills);
}

int bench_sick(const bench_strain_options *options)
{
    bench_results results;
    uint64_t differences = 0;
    cases *c = bench_memory(sizeof *c);
    memset(c, 0, sizeof *c);
    bench_results_open(&results);
    bench_machine_print(&results.machine);
    printf("three sinks, one producer that offers each %.0f deliveries a second; median of %u rounds in turn, "
           "%.1f s each, wall time\n", options->rate, options->rounds, options->seconds);
    while (c->rounds < options->rounds && (options->stopping == NULL || !options->stopping())) {
        for (int i = 0; i < CASES; i++)
            measure(options, i, c);
        c->rounds++;
    }
    if (c->rounds > 0)
        report(&results, c);
    for (int i = 0; i < CASES; i++)
        differences += c->differences[i];
    free(c);
    int code = bench_results_close(&results, options->json_path, NULL);
    return code == 0 && differences != 0 ? 1 : code;
}
