/* See verify.h. */
#include "verify.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <proj.h>

#include "kernels.h"
#include "oracle.h"
#include "plain.h"
#include "support.h"

enum { BLOCK = 16384, OTHER_SHARE = 20, OTHER_MOST = 10000000, SAMPLE_UNIFORM = 16, SAMPLE_OTHERS = 512,
       SHOWN_MOST = 10, WAYS_MAX = BENCH_KERNELS_MAX + 2 };

typedef struct tally {
    uint64_t checked, differences;
} tally;

/* One set of points of one map. */
typedef struct task {
    const bench_locate_options *options;
    const char *workload;
    wanmi_map *map;
    wanmi_index *index;
    size_t kernel_count;
    const char *kernel_names[BENCH_KERNELS_MAX];
    const bench_oracle *oracle;
    bench_set set;
    wanmi_datum datum;
    uint64_t points, seed;
    atomic_uint_fast64_t next_block;
    atomic_bool stop;
    pthread_mutex_t lock;           /* of what follows, and of printing */
    tally tallies[WAYS_MAX];
    unsigned shown;
} task;

typedef struct worker {
    task *task;
    pthread_t thread;
    bool leads;                     /* says how far it is, and asks PROJ + GEOS */
    PJ_CONTEXT *context;
    PJ *operation;
    GEOSContextHandle_t geos;
    bench_source *source;
    bench_plain *plain;
    bench_kernels kernels;
    wanmi_locator *exact;
    bench_way ways[WAYS_MAX], oracle;
    size_t way_count;
    bench_points points;
    double *x, *y;                  /* PROJ's own */
} worker;

/* ---- a worker's own things -------------------------------------------------------------------- */

static bench_way *add_way(worker *w, const char *method, const char *kernel)
{
    bench_way *way = &w->ways[w->way_count++];
    *way = (bench_way){.method = method, .kernel = kernel, .asked = BENCH_ALL_LAYERS, .batch = BENCH_BATCH};
    bench_answers_open(&way->answers, BLOCK);
    return way;
}

static void worker_open(worker *w)
{
    const task *t = w->task;
    wanmi_error error;
    w->context = proj_context_create();
    w->operation = proj_create(w->context, wanmi_crs_operation(wanmi_map_crs(t->map)));
    w->geos = GEOS_init_r();
    w->source = bench_source_open(t->map);
    w->points = (bench_points){.set = t->set, .datum = t->datum, .x = bench_memory(BLOCK * sizeof(double)),
                               .y = bench_memory(BLOCK * sizeof(double))};
    w->x = bench_memory(BLOCK * sizeof(double));
    w->y = bench_memory(BLOCK * sizeof(double));
    w->oracle = (bench_way){.asked = BENCH_ALL_LAYERS};
    bench_answers_open(&w->oracle.answers, BLOCK);
    bench_kernels_open(&w->kernels, t->index);
    for (size_t i = 0; i < w->kernels.count; i++)
        bench_wanmi_way(add_way(w, "fast", w->kernels.names[i]), w->kernels.locators[i]);
    bench_must(wanmi_locator_create(t->index, WANMI_ENGINE_EXACT, &w->exact, &error), &error);
    bench_wanmi_way(add_way(w, "exact", "none"), w->exact);
    if (w->leads) {
        w->plain = bench_plain_open(t->map, 0);
        bench_plain_way(add_way(w, "proj+geos", "none"), w->plain);
    }
}

static void worker_close(worker *w)
{
    for (size_t i = 0; i < w->way_count; i++)
        bench_answers_close(&w->ways[i].answers);
    bench_kernels_close(&w->kernels);
    wanmi_locator_free(w->exact);
    bench_answers_close(&w->oracle.answers);
    if (w->plain != NULL)
        bench_plain_close(w->plain);
    bench_source_close(w->source);
    GEOS_finish_r(w->geos);
    proj_destroy(w->operation);
    proj_context_destroy(w->context);
    free(w->points.x);
    free(w->points.y);
    free(w->x);
    free(w->y);
}

/* ---- one block ---------------------------------------------------------------------------------- */

static void make_points(worker *w, uint64_t block, size_t count)
{
    uint64_t seed = w->task->seed + block * 0x9E3779B97F4A7C15u;
    w->points.count = count;
    if (w->task->set == BENCH_UNIFORM && w->task->datum != WANMI_DATUM_MAP)
        bench_source_degrees(w->source, seed, count, w->points.x, w->points.y);
    else
        bench_source_fill(w->source, seed, &w->points);
    memcpy(w->x, w->points.x, count * sizeof *w->x);
    memcpy(w->y, w->points.y, count * sizeof *w->y);
    if (w->task->datum != WANMI_DATUM_MAP)
        proj_trans_generic(w->operation, PJ_FWD, w->x, sizeof *w->x, count, w->y, sizeof *w->y, count, NULL,
                           0, 0, NULL, 0, 0);
}

static void print_list(const bench_answers *answers, size_t i)
{
    for (uint32_t k = answers->starts[i]; k < answers->starts[i + 1]; k++)
        printf(" %u", answers->areas[k]);
}

static void show(worker *w, const bench_way *way)
{
    for (size_t i = 0; i < way->checked && w->task->shown < SHOWN_MOST; i++) {
        if (bench_way_same(way, &w->oracle, i))
            continue;
        w->task->shown++;
        printf("  %s %s differs at %.17g %.17g: areas", way->method, way->kernel, w->points.x[i], w->points.y[i]);
        print_list(&way->answers, i);
        printf(", and the oracle:");
        print_list(&w->oracle.answers, i);
        printf("\n");
    }
}

static void ask_way(worker *w, bench_way *way, size_t count)
{
    way->count = count;
    for (size_t at = 0; at < count; at += way->batch)
        way->ask(way, &w->points, at, count - at < way->batch ? count - at : way->batch, &way->answers);
    if (way->expand != NULL)
        way->expand(way, &w->points, &way->answers);
    bench_way_compare(way, &w->oracle);
}

static void run_block(worker *w, uint64_t block, size_t count)
{
    size_t sample = w->task->set == BENCH_UNIFORM ? SAMPLE_UNIFORM : SAMPLE_OTHERS;
    make_points(w, block, count);
    bench_oracle_ask(w->task->oracle, w->geos, w->x, w->y, count, &w->oracle.answers);
    w->oracle.count = count;
    for (size_t i = 0; i < w->way_count; i++)
        ask_way(w, &w->ways[i], i < w->task->kernel_count || sample > count ? count : sample);
    pthread_mutex_lock(&w->task->lock);
    for (size_t i = 0; i < w->way_count; i++) {
        w->task->tallies[i].checked += w->ways[i].checked;
        w->task->tallies[i].differences += w->ways[i].differences;
        if (w->ways[i].differences > 0)
            show(w, &w->ways[i]);
    }
    pthread_mutex_unlock(&w->task->lock);
}

static void *work(void *argument)
{
    worker *w = argument;
    task *t = w->task;
    char what[128];
    worker_open(w);
    for (;;) {
        uint64_t block = atomic_fetch_add(&t->next_block, 1), done = block * BLOCK;
        if (done >= t->points || atomic_load(&t->stop))
            break;
        run_block(w, block, t->points - done < BLOCK ? (size_t)(t->points - done) : BLOCK);
        snprintf(what, sizeof what, "%.40s, %s points: %d of 100", t->workload, bench_set_names[t->set],
                 (int)(100.0 * (double)done / (double)t->points));
        if (w->leads && t->options->on_step != NULL && t->options->on_step(t->options->step_user, what) != 0)
            atomic_store(&t->stop, true);
    }
    worker_close(w);
    return NULL;
}

/* ---- a set, a map ---------------------------------------------------------------------------------- */

static uint64_t report(const task *t, bench_results *results, double seconds)
{
    uint64_t differences = 0;
    printf("%s, %s points (%s), from the oracle on PROJ's x, y:", t->workload, bench_set_names[t->set],
           wanmi_datum_name(t->datum));
    for (size_t i = 0; i < t->kernel_count + 2; i++) {
        bool fast = i < t->kernel_count;
        bench_way way = {.method = fast ? "fast" : i == t->kernel_count ? "exact" : "proj+geos",
                         .kernel = fast ? t->kernel_names[i] : "none"};
        printf("%s %s%s%s %llu of %llu differ", i > 0 ? "," : "", way.method, fast ? " " : "",
               fast ? way.kernel : "", (unsigned long long)t->tallies[i].differences,
               (unsigned long long)t->tallies[i].checked);
        bench_results_verified(results, t->workload, bench_set_names[t->set], t->datum, &way,
                               t->tallies[i].checked, t->tallies[i].differences);
        differences += t->tallies[i].differences;
    }
    printf(" (%.0f s)\n", seconds);
    fflush(stdout);
    return differences;
}

static uint64_t run_task(task *t, bench_results *results)
{
    unsigned threads = t->options->threads;
    worker *workers = bench_memory(threads * sizeof *workers);
    double start = bench_seconds(CLOCK_MONOTONIC);
    pthread_mutex_init(&t->lock, NULL);
    memset(workers, 0, threads * sizeof *workers);
    for (unsigned i = 0; i < threads; i++) {
        workers[i].task = t;
        workers[i].leads = i == 0;
        if (i > 0 && pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
            bench_die("no thread");
    }
    work(&workers[0]);
    for (unsigned i = 1; i < threads; i++)
        pthread_join(workers[i].thread, NULL);
    pthread_mutex_destroy(&t->lock);
    free(workers);
    return report(t, results, bench_seconds(CLOCK_MONOTONIC) - start);
}

uint64_t bench_verify(const bench_locate_options *options, bench_results *results, const char *workload,
                      wanmi_map *map)
{
    static const struct { bench_set set; wanmi_datum datum; } sets[] = {
        {BENCH_UNIFORM, WANMI_DATUM_WGS84},     {BENCH_CLUSTERED, WANMI_DATUM_WGS84},
        {BENCH_ADVERSARIAL, WANMI_DATUM_WGS84}, {BENCH_ADVERSARIAL, WANMI_DATUM_MAP},
        {BENCH_TRAJECTORY, WANMI_DATUM_WGS84},
    };
    uint64_t differences = 0, others = options->verify / OTHER_SHARE + 1;
    bool stopped = false;
    bench_kernels kernels;
    wanmi_error error;
    wanmi_index *index = NULL;
    bench_must(wanmi_index_create(map, NULL, &index, &error), &error);
    bench_kernels_open(&kernels, index);
    bench_oracle *oracle = bench_oracle_open(map, 0);
    for (size_t i = 0; i < sizeof sets / sizeof *sets && !stopped; i++) {
        task t = {.options = options, .workload = workload, .map = map, .index = index,
                  .kernel_count = kernels.count, .oracle = oracle, .set = sets[i].set, .datum = sets[i].datum, .seed = options->seed + 1000 * i,
                  .points = others < OTHER_MOST ? others : OTHER_MOST};
        memcpy(t.kernel_names, kernels.names, sizeof t.kernel_names);
        if (sets[i].set == BENCH_UNIFORM)
            t.points = options->verify;
        else if (sets[i].set == BENCH_ADVERSARIAL && options->adversarial > 0)
            t.points = options->adversarial;
        differences += run_task(&t, results);
        stopped = atomic_load(&t.stop);
    }
    bench_oracle_close(oracle);
    bench_kernels_close(&kernels);
    wanmi_index_release(index);
    return differences;
}
