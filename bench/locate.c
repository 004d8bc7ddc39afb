/* See locate.h: maps, points and ways of one run. */
#include "locate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "floors.h"
#include "kernels.h"
#include "memory.h"
#include "peers.h"
#include "plain.h"
#include "results.h"
#include "support.h"
#include "verify.h"
#include "ways.h"
#include "workload.h"

/* Methods of microseconds a point are asked fewer points, and never fewer than these;
 * on edges all are slow. */
enum { SLOW_SHARE = 10, SLOW_LEAST = 100000, EDGE_SHARE = 5, SERVER_SHARE = 100, SERVER_LEAST = 5000 };

typedef struct run {
    const bench_locate_options *options;
    bench_results results;
    clockid_t clock;
    size_t different;
    bool stopped;

    const char *workload;
    int64_t held;
    wanmi_map *map;
    wanmi_index *index;
    wanmi_locator *exact;
    bench_kernels kernels;          /* the fast engine */
    bench_plain *plain;
    bench_floors *floors;
    bench_s2 *s2;                   /* peers: NULL where there is none */
    bench_postgis *postgis;
    bench_way ways[BENCH_WAYS_MAX];
    size_t way_count;
} run;

void bench_locate_options_init(bench_locate_options *options)
{
    *options = (bench_locate_options){.points = BENCH_POINTS, .rounds = BENCH_ROUNDS, .seed = 42,
                                        .peers = true, .threads = 1};
}

static bool go_on(run *r, const char *what)
{
    if (r->options->on_step != NULL && r->options->on_step(r->options->step_user, what) != 0)
        r->stopped = true;
    return !r->stopped;
}

/* ---- a map -------------------------------------------------------------------------------- */

static void say_peer(run *r, const char *version, const char *why)
{
    if (why[0] != '\0')
        printf("%s\n", why);
    else if (version[0] != '\0')
        bench_machine_peer(&r->results.machine, version);
}

static void open_peers(run *r)
{
    char why[BENCH_WHY] = "";
    r->s2 = r->options->peers ? bench_s2_open(r->map, why) : NULL;
    say_peer(r, bench_s2_version(), why);
    why[0] = '\0';
    r->postgis = NULL;
    if (r->options->postgis == NULL)
        return;
    r->postgis = bench_postgis_open(r->map, r->options->postgis, why);
    say_peer(r, r->postgis != NULL ? bench_postgis_version(r->postgis) : "", why);
}

static void weigh(run *r, double map_seconds, double index_seconds, int64_t map_bytes)
{
    wanmi_layer_info cells = {0};
    if (wanmi_map_cell_layer(r->map) != WANMI_NONE)
        wanmi_map_layer(r->map, wanmi_map_cell_layer(r->map), &cells);
    bench_weight weight = {.workload = r->workload, .cells = cells.area_count,
                           .areas = wanmi_map_area_count(r->map), .map_seconds = map_seconds,
                           .index_seconds = index_seconds, .map_bytes = map_bytes,
                           .index_bytes = r->held - map_bytes};
    bench_results_map(&r->results, &weight);
}

static size_t most_points(const run *r)
{
    return r->options->given.count > 0 ? r->options->given.count : r->options->points;
}

/* What the index keeps beside what the exact path needs as well. */
static uint64_t tile_bytes(const run *r)
{
    wanmi_error error;
    wanmi_index *boxes = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    bench_must(wanmi_index_create(r->map, &options, &boxes, &error), &error);
    uint64_t bytes = wanmi_index_bytes(r->index) - wanmi_index_bytes(boxes);
    wanmi_index_release(boxes);
    return bytes;
}

static void open_map(run *r)
{
    wanmi_error error;
    wanmi_host host = bench_counting_host(&r->held);
    double start = bench_seconds(CLOCK_MONOTONIC);
    /* A map that was given is counted by itself; its index with the map's host. */
    r->map = r->options->map != NULL ? wanmi_map_retain(r->options->map)
                                     : bench_make_map(r->workload, &host);
    double made = bench_seconds(CLOCK_MONOTONIC);
    int64_t map_bytes = r->options->map != NULL ? (int64_t)wanmi_map_bytes(r->map) : r->held;
    bench_must(wanmi_index_create(r->map, NULL, &r->index, &error), &error);
    double compiled = bench_seconds(CLOCK_MONOTONIC);
    if (r->options->map != NULL)
        r->held = map_bytes + (int64_t)wanmi_index_bytes(r->index);
    weigh(r, made - start, compiled - made, map_bytes);
    bench_must(wanmi_locator_create(r->index, WANMI_ENGINE_EXACT, &r->exact, &error), &error);
    bench_kernels_open(&r->kernels, r->index);
    r->plain = bench_plain_open(r->map, 0);
    r->floors = bench_floors_open(tile_bytes(r), most_points(r));
    open_peers(r);
}

static void close_map(run *r)
{
    if (r->s2 != NULL)
        bench_s2_close(r->s2);
    if (r->postgis != NULL)
        bench_postgis_close(r->postgis);
    bench_floors_close(r->floors);
    bench_plain_close(r->plain);
    wanmi_locator_free(r->exact);
    bench_kernels_close(&r->kernels);
    wanmi_index_release(r->index);
    wanmi_map_release(r->map);
}

/* ---- the ways ------------------------------------------------------------------------------ */

static bench_way *add_way(run *r, bench_asked asked, size_t count)
{
    bench_way *way = &r->ways[r->way_count++];
    *way = (bench_way){.kernel = "none", .asked = asked, .count = count, .batch = BENCH_BATCH};
    bench_answers_open(&way->answers, count);
    return way;
}

static size_t part_of(size_t count, size_t share, size_t least)
{
    size_t part = count / share > least ? count / share : least;
    return part < count ? part : count;
}

static size_t slow_count(size_t count)
{
    return part_of(count, SLOW_SHARE, SLOW_LEAST);
}

static void add_wanmi(run *r, bench_asked asked, size_t count)
{
    bench_way *way = add_way(r, asked, slow_count(count));
    way->method = "exact";
    bench_wanmi_way(way, r->exact);
    for (size_t i = 0; i < r->kernels.count; i++) {
        way = add_way(r, asked, count);
        way->method = "fast";
        way->kernel = r->kernels.names[i];
        bench_wanmi_way(way, r->kernels.locators[i]);
    }
    if (asked == BENCH_CELLS) {
        way = add_way(r, asked, count);
        way->method = "wanmi-one";
        way->kernel = r->kernels.names[0];
        way->one_a_call = true;
        bench_wanmi_way(way, r->kernels.locators[0]);
    }
}

static void add_peers(run *r, bench_asked asked, const bench_points *points)
{
    if (r->s2 != NULL && points->datum != WANMI_DATUM_MAP)
        bench_s2_way(add_way(r, asked, slow_count(points->count)), r->s2);
    if (r->postgis != NULL && bench_postgis_takes(r->postgis, points->datum)) {
        bench_way *way = add_way(r, asked, part_of(points->count, SERVER_SHARE, SERVER_LEAST));
        way->batch = way->count;
        bench_postgis_way(way, r->postgis);
    }
    bench_stream_way(add_way(r, asked, points->count), r->floors);
    bench_gather_way(add_way(r, asked, points->count), r->floors);
}

/* The reference comes first. */
static void open_ways(run *r, bench_asked asked, const bench_points *points)
{
    r->way_count = 0;
    bench_plain_way(add_way(r, asked, slow_count(points->count)), r->plain);
    if (points->datum != WANMI_DATUM_MAP)
        bench_proj_way(add_way(r, asked, slow_count(points->count)), r->plain);
    add_wanmi(r, asked, points->count);
    add_peers(r, asked, points);
}

static double ask_all(run *r, bench_way *way, const bench_points *points)
{
    clockid_t clock = way->elsewhere ? CLOCK_MONOTONIC : r->clock;
    double start = bench_seconds(clock);
    for (size_t at = 0; at < way->count; at += way->batch) {
        size_t left = way->count - at;
        way->ask(way, points, at, left < way->batch ? left : way->batch, &way->answers);
    }
    return bench_seconds(clock) - start;
}

/* Rounds of all ways take turns, so that what disturbs the machine disturbs all. */
static bool measure(run *r, const bench_points *points)
{
    char what[128];
    for (unsigned round = 0; round <= r->options->rounds; round++) {
        snprintf(what, sizeof what, "%s, %s points, %s: round %u of %u", r->workload,
                 bench_set_names[points->set], bench_asked_names[r->ways[0].asked], round, r->options->rounds);
        for (size_t i = 0; i < r->way_count; i++) {
            if (!go_on(r, what))
                return false;
            double seconds = ask_all(r, &r->ways[i], points);
            if (round > 0)              /* the first warms up: every area touched */
                r->ways[i].seconds[round - 1] = seconds;
        }
    }
    for (size_t i = 0; i < r->way_count; i++)
        r->ways[i].ns = 1e9 * bench_median(r->ways[i].seconds, r->options->rounds) / (double)r->ways[i].count;
    return true;
}

static void compare(run *r, const bench_points *points)
{
    for (size_t i = 0; i < r->way_count; i++) {
        bench_way *way = &r->ways[i];
        if (!way->compared)
            continue;
        if (way->expand != NULL)
            way->expand(way, points, &way->answers);
        bench_way_compare(way, &r->ways[0]);
        r->different += way->differences;
    }
}

static void run_question(run *r, bench_asked asked, const bench_points *points)
{
    open_ways(r, asked, points);
    if (measure(r, points)) {
        compare(r, points);
        bench_results_rows(&r->results, r->workload, points, r->ways, r->way_count);
    }
    for (size_t i = 0; i < r->way_count; i++)
        bench_answers_close(&r->ways[i].answers);
}

static void run_points(run *r, const bench_points *points)
{
    if (!r->stopped)
        run_question(r, BENCH_ALL_LAYERS, points);
    if (!r->stopped && wanmi_map_cell_layer(r->map) != WANMI_NONE)
        run_question(r, BENCH_CELLS, points);
}

static void run_sets(run *r)
{
    static const struct { bench_set set; wanmi_datum datum; } sets[] = {
        {BENCH_UNIFORM, WANMI_DATUM_WGS84},     {BENCH_CLUSTERED, WANMI_DATUM_WGS84},
        {BENCH_ADVERSARIAL, WANMI_DATUM_WGS84}, {BENCH_ADVERSARIAL, WANMI_DATUM_MAP},
        {BENCH_TRAJECTORY, WANMI_DATUM_WGS84},
    };
    bench_source *source = bench_source_open(r->map);
    size_t size = r->options->points * sizeof(double);
    bench_points points = {.count = r->options->points, .x = bench_memory(size), .y = bench_memory(size)};
    for (size_t i = 0; i < sizeof sets / sizeof *sets && !r->stopped; i++) {
        points.set = sets[i].set;
        points.datum = sets[i].datum;
        points.count = points.set == BENCH_ADVERSARIAL
                           ? part_of(r->options->points, EDGE_SHARE, SLOW_LEAST) : r->options->points;
        bench_source_fill(source, r->options->seed + i, &points);
        run_points(r, &points);
    }
    free(points.x);
    free(points.y);
    bench_source_close(source);
}

static void verify_map(run *r)
{
    wanmi_map *map = r->options->map != NULL ? wanmi_map_retain(r->options->map) : bench_make_map(r->workload, NULL);
    r->different += bench_verify(r->options, &r->results, r->workload, map);
    wanmi_map_release(map);
}

static void run_map(run *r, const char *workload)
{
    r->workload = workload;
    if (!go_on(r, workload))
        return;
    if (r->options->verify > 0) {
        verify_map(r);
        return;
    }
    open_map(r);
    if (r->options->given.count > 0)
        run_points(r, &r->options->given);
    else
        run_sets(r);
    close_map(r);
}

static void run_workloads(run *r)
{
    static const char *const all[] = {"W1", "W2", "W3", "W4"};
    const char *const *names = r->options->workload_count > 0 ? r->options->workloads : all;
    size_t count = r->options->workload_count > 0 ? r->options->workload_count : sizeof all / sizeof *all;
    for (size_t i = 0; i < count && !r->stopped; i++)
        run_map(r, names[i]);
}

int bench_locate(const bench_locate_options *options)
{
    run *r = bench_memory(sizeof *r);
    *r = (run){.options = options,
               .clock = options->processor_time ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC};
    bench_results_open(&r->results);
    bench_machine_print(&r->results.machine);
    if (options->verify == 0)
        printf("one thread, batches of %d, median of %u rounds in turn, %s time\n", BENCH_BATCH,
               options->rounds, options->processor_time ? "processor" : "wall");
    if (options->map != NULL)
        run_map(r, options->map_name);
    else
        run_workloads(r);
    int code = bench_results_close(&r->results, options->json_path, options->plot_path);
    if (code == 0 && r->different > 0)
        code = 1;
    free(r);
    return code;
}
