/* Charts beside PROJ: longitude, latitude to x, y.
 *
 * Ways over the same points, in turn, five rounds, the median of each:
 *   copy       reads and writes the same bytes and does nothing: the floor
 *   proj       PROJ's own batch call (no such thing for GCJ-02 and BD-09)
 *   transform  wanmi_transform_forward, the reference: PROJ, the datum removed before
 *   chart      wanmi_chart_forward, with each kernel that this processor carries,
 *              in batches and one position a call
 * One thread, its processor time, batches of 1,024 into one place. A difference is a position whose
 * x, y lie farther from the reference's than the chart's bound.
 *
 * usage: chart [--points N] [--json FILE]
 */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <proj.h>

#include "support.h"

#ifndef BENCH_FLAGS
#define BENCH_FLAGS "not known"
#endif

enum { ROUNDS = 5, BATCH = 1024, DEFAULT_POINTS = 65536, WAYS_MAX = 16, KERNELS = 5 };

static const char *const kernel_names[KERNELS] = {"auto", "portable", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

typedef struct workload {
    const char *name, *definition;
    wanmi_datum datum;
    double west, south, east, north;
    const char *points;             /* uniform over the area, or a walk of steps up to 10 m */
} workload;

static const workload workloads[] = {
    {"district", "EPSG:4548", WANMI_DATUM_WGS84, 117.0, 39.5, 117.09, 39.63, "uniform"},
    {"city", "EPSG:4548", WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, "uniform"},
    {"province", "EPSG:4548", WANMI_DATUM_WGS84, 113.5, 36, 119.9, 42.6, "uniform"},
    {"province", "EPSG:4548", WANMI_DATUM_WGS84, 113.5, 36, 119.9, 42.6, "trajectory"},
    {"China", "EPSG:4548", WANMI_DATUM_WGS84, 73, 18, 135, 54, "uniform"},
    {"district", "EPSG:4548", WANMI_DATUM_GCJ02, 117.0, 39.5, 117.09, 39.63, "uniform"},
    {"city", "EPSG:4548", WANMI_DATUM_GCJ02, 116.2, 39.7, 116.7, 40.1, "uniform"},
    {"city", "EPSG:4548", WANMI_DATUM_GCJ02, 116.2, 39.7, 116.7, 40.1, "trajectory"},
    {"district", "EPSG:4548", WANMI_DATUM_BD09, 117.0, 39.5, 117.09, 39.63, "uniform"},
};

typedef enum method { COPY, PROJ_BATCH, TRANSFORM, CHART, CHART_ONE } method;

static const char *const method_names[] = {"copy", "proj", "transform", "chart", "chart one a call"};
/* Passes over the points in a round, so that no round is too short to be timed. */
static const int passes[] = {32, 1, 1, 16, 4};

typedef struct way {
    method method;
    wanmi_chart *chart;
    double seconds[ROUNDS], ns;
    size_t differences;
    double worst;
} way;

typedef struct run {
    const workload *workload;
    PJ_CONTEXT *context;
    PJ *operation;
    wanmi_transform *transform;
    size_t count;
    double *lon, *lat, *x, *y;      /* x, y: the reference's */
    way ways[WAYS_MAX];
    size_t way_count;
    double built_ms;
    double sink;                    /* so that no round is left out by the compiler */
} run;

/* Of this thread alone: what else runs on the machine does not count. */
static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void must(wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK) {
        fprintf(stderr, "bench: %s\n", error->message);
        exit(1);
    }
}

/* ---- the ways ---------------------------------------------------------------------- */

static void proj_batch(run *r, const double *lon, const double *lat, size_t count, double *x, double *y)
{
    memcpy(x, lon, count * sizeof *x);
    memcpy(y, lat, count * sizeof *y);
    proj_trans_generic(r->operation, PJ_FWD, x, sizeof *x, count, y, sizeof *y, count, NULL, 0, 0,
                       NULL, 0, 0);
}

static void do_batch(run *r, const way *w, size_t at, size_t count, double *x, double *y)
{
    uint8_t reasons[BATCH];
    const double *lon = r->lon + at, *lat = r->lat + at;
    wanmi_error error;
    switch (w->method) {
    case COPY:
        memcpy(x, lon, count * sizeof *x);
        memcpy(y, lat, count * sizeof *y);
        break;
    case PROJ_BATCH:
        proj_batch(r, lon, lat, count, x, y);
        break;
    case TRANSFORM:
        must(wanmi_transform_forward(r->transform, r->workload->datum, count, lon, 0, lat, 0, x, y,
                                     reasons, &error), &error);
        break;
    case CHART:
        must(wanmi_chart_forward(w->chart, r->transform, count, lon, 0, lat, 0, x, y, reasons, NULL,
                                 &error), &error);
        break;
    case CHART_ONE:
        for (size_t i = 0; i < count; i++)
            must(wanmi_chart_forward(w->chart, r->transform, 1, lon + i, 0, lat + i, 0, x + i, y + i,
                                     reasons, NULL, &error), &error);
        break;
    }
    r->sink += x[0] + y[count - 1];
}

static double run_once(run *r, const way *w)
{
    double x[BATCH], y[BATCH], start = seconds_now();
    for (int pass = 0; pass < passes[w->method]; pass++)
        for (size_t at = 0; at < r->count; at += BATCH)
            do_batch(r, w, at, r->count - at < BATCH ? r->count - at : BATCH, x, y);
    return (seconds_now() - start) / passes[w->method];
}

/* Also warms everything. */
static void compare(run *r, way *w)
{
    double x[BATCH], y[BATCH];
    for (size_t at = 0; at < r->count; at += BATCH) {
        size_t count = r->count - at < BATCH ? r->count - at : BATCH;
        do_batch(r, w, at, count, x, y);
        for (size_t i = 0; i < count && w->method >= CHART; i++) {
            double off = hypot(x[i] - r->x[at + i], y[i] - r->y[at + i]);
            w->differences += !(off <= wanmi_chart_bound_m(w->chart));
            w->worst = off > w->worst ? off : w->worst;
        }
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

static void measure(run *r)
{
    for (size_t k = 0; k < r->way_count; k++)
        compare(r, &r->ways[k]);
    for (int round = 0; round < ROUNDS; round++)
        for (size_t k = 0; k < r->way_count; k++)
            r->ways[k].seconds[round] = run_once(r, &r->ways[k]);
    for (size_t k = 0; k < r->way_count; k++) {
        qsort(r->ways[k].seconds, ROUNDS, sizeof(double), compare_doubles);
        r->ways[k].ns = 1e9 * r->ways[k].seconds[ROUNDS / 2] / (double)r->count;
    }
}

/* ---- one workload --------------------------------------------------------------------- */

static void add_way(run *r, method m, wanmi_chart *chart)
{
    r->ways[r->way_count++] = (way){.method = m, .chart = chart};
}

static void add_charts(run *r, wanmi_crs *crs)
{
    const workload *w = r->workload;
    for (int kernel = WANMI_KERNEL_PORTABLE; kernel < KERNELS; kernel++) {
        wanmi_chart_options options;
        wanmi_chart_options_init(&options);
        options.kernel = (wanmi_kernel)kernel;
        wanmi_chart *chart = NULL;
        wanmi_error error;
        double start = seconds_now();
        wanmi_status status = wanmi_chart_create(crs, w->datum, w->west, w->south, w->east, w->north,
                                                 &options, NULL, &chart, &error);
        if (status == WANMI_E_UNSUPPORTED)
            continue;
        must(status, &error);
        r->built_ms = 1e3 * (seconds_now() - start);
        add_way(r, CHART, chart);
    }
    add_way(r, CHART_ONE, wanmi_chart_retain(r->ways[r->way_count - 1].chart));
}

static void draw_points(run *r)
{
    const double step = 1e-4;
    const workload *w = r->workload;
    const bool is_walk = strcmp(w->points, "trajectory") == 0;
    uint64_t state = 42;
    for (size_t i = 0; i < r->count; i++) {
        const bool goes_on = is_walk && i != 0;
        double lon = goes_on ? r->lon[i - 1] + bench_uniform(&state, -step, step)
                             : bench_uniform(&state, w->west, w->east);
        double lat = goes_on ? r->lat[i - 1] + bench_uniform(&state, -step, step)
                             : bench_uniform(&state, w->south, w->north);
        r->lon[i] = fmin(fmax(lon, w->west), w->east);
        r->lat[i] = fmin(fmax(lat, w->south), w->north);
    }
}

static void open_run(run *r, wanmi_crs *crs)
{
    wanmi_error error;
    const workload *w = r->workload;
    must(wanmi_transform_create(crs, &r->transform, &error), &error);
    r->context = proj_context_create();
    r->operation = proj_create(r->context, wanmi_crs_operation(crs));
    double **const arrays[] = {&r->lon, &r->lat, &r->x, &r->y};
    for (int i = 0; i < 4; i++)
        *arrays[i] = bench_memory(r->count * sizeof(double));
    draw_points(r);
    uint8_t *reasons = bench_memory(r->count);
    must(wanmi_transform_forward(r->transform, w->datum, r->count, r->lon, 0, r->lat, 0, r->x, r->y,
                                 reasons, &error), &error);
    free(reasons);
    add_way(r, COPY, NULL);
    if (w->datum == WANMI_DATUM_WGS84)
        add_way(r, PROJ_BATCH, NULL);
    add_way(r, TRANSFORM, NULL);
    add_charts(r, crs);
}

static void close_run(run *r)
{
    for (size_t k = 0; k < r->way_count; k++)
        wanmi_chart_release(r->ways[k].chart);
    wanmi_transform_free(r->transform);
    proj_destroy(r->operation);
    proj_context_destroy(r->context);
    free(r->lon), free(r->lat), free(r->x), free(r->y);
}

static const char *kernel_of(const way *w)
{
    return w->chart != NULL ? kernel_names[wanmi_chart_kernel(w->chart)] : "none";
}

/* The reference of the ratios: PROJ's batch call where there is one. */
static double reference_ns(const run *r)
{
    return r->ways[1].ns;
}

static void print_table(const run *r)
{
    const wanmi_chart *c = r->ways[r->way_count - 1].chart;
    printf("\n%s, %s, %s, %s: degree %u, %u boxes, %.2f %% covered, %llu bytes, made in %.1f ms; largest error "
           "when made %.2g m, here %.2g m; bound %g m\n", r->workload->name, r->workload->definition,
           wanmi_datum_name(r->workload->datum), r->workload->points, wanmi_chart_degree(c), wanmi_chart_box_count(c),
           100 * wanmi_chart_covered(c), (unsigned long long)wanmi_chart_bytes(c), r->built_ms,
           wanmi_chart_error_m(c), r->ways[r->way_count - 1].worst, wanmi_chart_bound_m(c));
    printf("  %-18s %-10s %12s %10s %12s\n", "method", "kernel", "ns a point", "ratio", "differences");
    for (size_t k = 0; k < r->way_count; k++) {
        const way *w = &r->ways[k];
        char text[32] = "-";
        if (w->chart != NULL)
            snprintf(text, sizeof text, "%zu", w->differences);
        printf("  %-18s %-10s %12.2f %9.1fx %12s\n", method_names[w->method], kernel_of(w), w->ns,
               reference_ns(r) / w->ns, text);
    }
}

static void print_json(FILE *json, const run *r, bool is_first)
{
    for (size_t k = 0; json != NULL && k < r->way_count; k++) {
        const way *w = &r->ways[k];
        fprintf(json, "%s\n    {\"bench\": \"chart\", \"workload\": \"%s %s\", \"points\": \"%s\", "
                      "\"count\": %zu, \"method\": \"%s\", \"kernel\": \"%s\", \"threads\": 1, "
                      "\"median_ns\": %.3f, \"ratio\": %.3f, \"differences\": ",
                is_first && k == 0 ? "" : ",", r->workload->name, wanmi_datum_name(r->workload->datum),
                r->workload->points, r->count, method_names[w->method], kernel_of(w), w->ns, reference_ns(r) / w->ns);
        if (w->chart != NULL)
            fprintf(json, "%zu}", w->differences);
        else
            fprintf(json, "%s}", w->method == COPY ? "null" : "0");
    }
}

static size_t run_workload(const workload *w, size_t count, FILE *json, bool is_first)
{
    wanmi_error error;
    wanmi_crs *crs = NULL;
    must(wanmi_crs_create(w->definition, NULL, NULL, &crs, &error), &error);
    run r = {.workload = w, .count = count};
    open_run(&r, crs);
    measure(&r);
    print_table(&r);
    print_json(json, &r, is_first);
    size_t different = 0;
    for (size_t k = 0; k < r.way_count; k++)
        different += r.ways[k].differences;
    close_run(&r);
    wanmi_crs_release(crs);
    return different;
}

/* ---- main ------------------------------------------------------------------------------ */

static void machine_text(char *text, size_t size)
{
    char line[256], model[128] = "unknown processor";
    FILE *file = fopen("/proc/cpuinfo", "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "model name : %127[^\n]", model) == 1)
            break;
    if (file != NULL)
        fclose(file);
    struct utsname os;
    uname(&os);
    snprintf(text, size, "%s, %ld processors, %s %s", model, sysconf(_SC_NPROCESSORS_ONLN),
             os.sysname, os.release);
}

static bool has_datum(wanmi_datum datum)
{
    double lon, lat;
    return datum == WANMI_DATUM_WGS84 ||
           wanmi_gcj02_from_wgs84(116.4, 39.9, &lon, &lat) == WANMI_REASON_NONE;
}

static size_t run_all(size_t count, FILE *json)
{
    size_t different = 0;
    for (size_t i = 0; i < sizeof workloads / sizeof workloads[0]; i++)
        if (has_datum(workloads[i].datum))
            different += run_workload(&workloads[i], count, json, i == 0);
    return different;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"points", required_argument, NULL, 'p'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *json_path = NULL;
    size_t count = DEFAULT_POINTS;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'p') {
            count = strtoul(optarg, NULL, 10);
        } else if (option == 'j') {
            json_path = optarg;
        } else {
            printf("chart [--points N] [--json FILE]\n");
            return option == 'h' ? 0 : 2;
        }
    }
    FILE *json = json_path != NULL ? fopen(json_path, "w") : NULL;
    if ((json_path != NULL && json == NULL) || count == 0) {
        fprintf(stderr, "bench: %s\n", count == 0 ? "no points" : "the JSON file cannot be written");
        return 2;
    }
    char machine[512], versions[256];
    machine_text(machine, sizeof machine);
    wanmi_version_text(versions, sizeof versions);
    printf("%s\ncompiler %s, %s; %s\n%zu points, one thread, batches of %d, median of %d rounds\n",
           machine, __VERSION__, BENCH_FLAGS, versions, count, BATCH, ROUNDS);
    if (json != NULL)
        fprintf(json, "{\n  \"machine\": {\"text\": \"%s\", \"compiler\": \"%s\", \"flags\": \"%s\", "
                      "\"versions\": \"%s\"},\n  \"results\": [", machine, __VERSION__, BENCH_FLAGS, versions);
    size_t different = run_all(count, json);
    if (json != NULL && (fprintf(json, "\n  ]\n}\n") < 0 || fclose(json) != 0)) {
        fprintf(stderr, "bench: the JSON file cannot be written\n");
        return 2;
    }
    return different == 0 ? 0 : 1;
}
