/* Both engines against PROJ and GEOS in a plain loop.
 *
 * Four ways over the same points, in turn, five rounds, the median of each:
 *   proj    PROJ's own batch call alone: what no exact answer can be quicker than
 *   plain   what a careful user would write: the same batch call, a GEOS STRtree
 *           over all areas, prepared geometries made beforehand, a fresh point an
 *           event, lowest code of each layer
 *   exact   wanmi_locate, WANMI_ENGINE_EXACT
 *   fast    wanmi_locate, WANMI_ENGINE_FAST
 * All on one thread, batches of 1,024. Every answer of plain and the two is
 * compared; `differences` must be 0.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <geos_c.h>
#include <proj.h>

#include "workload.h"

enum { ROUNDS = 5, BATCH = 1024, LAYERS = 2, DEFAULT_POINTS = 200000 };

typedef enum method { METHOD_PROJ, METHOD_PLAIN, METHOD_EXACT, METHOD_FAST, METHODS } method;

static const char *const method_names[METHODS] = {"proj", "proj+geos", "exact", "fast"};

/* ---- the plain loop -------------------------------------------------------------- */

typedef struct plain {
    PJ_CONTEXT *proj;
    PJ *operation;
    GEOSContextHandle_t geos;
    GEOSSTRtree *tree;
    GEOSGeometry **shapes;
    const GEOSPreparedGeometry **prepared;
    uint32_t *ids;                  /* what the tree's items point to */
    uint32_t count, second_layer;   /* areas from here on are the second layer's */
} plain;

static void plain_open(plain *p, wanmi_map *map)
{
    p->proj = proj_context_create();
    p->operation = proj_create(p->proj, wanmi_crs_operation(wanmi_map_crs(map)));
    p->geos = GEOS_init_r();
    p->count = wanmi_map_area_count(map);
    p->tree = GEOSSTRtree_create_r(p->geos, 10);
    p->shapes = bench_memory(p->count * sizeof *p->shapes);
    p->prepared = bench_memory(p->count * sizeof *p->prepared);
    p->ids = bench_memory(p->count * sizeof *p->ids);
    wanmi_layer_info layer;
    wanmi_map_layer(map, 1, &layer);
    p->second_layer = layer.first_area;
    GEOSWKBReader *reader = GEOSWKBReader_create_r(p->geos);
    for (uint32_t i = 0; i < p->count; i++) {
        size_t size = wanmi_map_area_wkb_size(map, i);
        uint8_t *wkb = bench_memory(size);
        wanmi_map_area_wkb(map, i, wkb, size);
        p->shapes[i] = GEOSWKBReader_read_r(p->geos, reader, wkb, size);
        p->prepared[i] = GEOSPrepare_r(p->geos, p->shapes[i]);
        p->ids[i] = i;
        GEOSSTRtree_insert_r(p->geos, p->tree, p->shapes[i], &p->ids[i]);
        free(wkb);
    }
    GEOSWKBReader_destroy_r(p->geos, reader);
}

static void plain_close(plain *p)
{
    GEOSSTRtree_destroy_r(p->geos, p->tree);
    for (uint32_t i = 0; i < p->count; i++) {
        GEOSPreparedGeom_destroy_r(p->geos, p->prepared[i]);
        GEOSGeom_destroy_r(p->geos, p->shapes[i]);
    }
    GEOS_finish_r(p->geos);
    proj_destroy(p->operation);
    proj_context_destroy(p->proj);
    free(p->shapes);
    free(p->prepared);
    free(p->ids);
}

typedef struct question {
    plain *p;
    GEOSGeometry *point;
    uint32_t best[LAYERS];
} question;

static void ask_candidate(void *item, void *user)
{
    question *q = user;
    uint32_t area = *(uint32_t *)item, *best = &q->best[area >= q->p->second_layer];
    if (area < *best && GEOSPreparedCovers_r(q->p->geos, q->p->prepared[area], q->point) == 1)
        *best = area;
}

static void project(plain *p, const double *lon, const double *lat, size_t count, double *x, double *y)
{
    memcpy(x, lon, count * sizeof *x);
    memcpy(y, lat, count * sizeof *y);
    proj_trans_generic(p->operation, PJ_FWD, x, sizeof *x, count, y, sizeof *y, count, NULL, 0, 0,
                       NULL, 0, 0);
}

static void must(wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK) {
        fprintf(stderr, "bench: %s\n", error->message);
        exit(1);
    }
}

/* ---- one round --------------------------------------------------------------------- */

typedef struct run {
    plain peer;
    wanmi_locator *locators[METHODS];
    const double *lon, *lat;
    size_t count;
    uint32_t *answers[METHODS][LAYERS];
    double seconds[METHODS][ROUNDS];
    double sink;                    /* so that no round is left out by the compiler */
} run;

static void run_plain(run *r, size_t at, size_t count, int with_areas)
{
    double x[BATCH], y[BATCH];
    project(&r->peer, r->lon + at, r->lat + at, count, x, y);
    r->sink += x[0] + y[count - 1];
    for (size_t i = 0; with_areas && i < count; i++) {
        question q = {&r->peer, GEOSGeom_createPointFromXY_r(r->peer.geos, x[i], y[i]),
                      {WANMI_NONE, WANMI_NONE}};
        GEOSSTRtree_query_r(r->peer.geos, r->peer.tree, q.point, ask_candidate, &q);
        GEOSGeom_destroy_r(r->peer.geos, q.point);
        r->answers[METHOD_PLAIN][0][at + i] = q.best[0];
        r->answers[METHOD_PLAIN][1][at + i] = q.best[1];
    }
}

static void run_wanmi(run *r, method way, size_t at, size_t count)
{
    uint32_t tuples[BATCH];
    wanmi_error error;
    wanmi_positions positions;
    wanmi_positions_init(&positions);
    positions.count = count;
    positions.x = r->lon + at;
    positions.y = r->lat + at;
    positions.now_us = 0;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = r->answers[way][0] + at;
    hits.tuple = tuples;
    must(wanmi_locate(r->locators[way], &positions, &hits, &error), &error);
    for (size_t i = 0; i < count; i++)
        r->answers[way][1][at + i] = wanmi_locator_area(r->locators[way], tuples[i], 1);
}

/* The wall's clock; with --cpu this thread's own time, for a machine that is busy
 * with other things. */
static clockid_t clock_read = CLOCK_MONOTONIC;

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(clock_read, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double run_once(run *r, method way)
{
    double start = seconds_now();
    for (size_t at = 0; at < r->count; at += BATCH) {
        size_t count = r->count - at < BATCH ? r->count - at : BATCH;
        if (way >= METHOD_EXACT)
            run_wanmi(r, way, at, count);
        else
            run_plain(r, at, count, way == METHOD_PLAIN);
    }
    return seconds_now() - start;
}

static int compare_doubles(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

static double median_ns(run *r, method way)
{
    qsort(r->seconds[way], ROUNDS, sizeof(double), compare_doubles);
    return 1e9 * r->seconds[way][ROUNDS / 2] / (double)r->count;
}

/* The exact engine against the plain loop, the fast one against the exact. On a
 * shared border the plain loop gives each layer's lowest code, the exact path
 * prefers the owner's own community: there only the cells are compared. */
static size_t differences(const run *r, method way, int on_borders)
{
    size_t different = 0;
    method other = way == METHOD_FAST ? METHOD_EXACT : METHOD_PLAIN;
    for (int layer = 0; layer < (on_borders && way == METHOD_EXACT ? 1 : LAYERS); layer++)
        for (size_t i = 0; i < r->count; i++)
            different += r->answers[other][layer][i] != r->answers[way][layer][i];
    return different;
}

/* ---- what is printed ------------------------------------------------------------------ */

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

static void print_json(FILE *json, const char *workload, const char *points, run *r, const double *ns, const size_t *different,
                       int first)
{
    for (int way = 0; json != NULL && way < METHODS; way++) {
        fprintf(json, "%s    {\"bench\": \"locate\", \"workload\": \"%s\", \"points\": \"%s\", "
                      "\"count\": %zu, \"method\": \"%s\", \"kernel\": \"none\", \"threads\": 1, "
                      "\"median_ns\": %.2f, \"ratio\": %.3f, \"differences\": ",
                first && way == 0 ? "" : ",\n", workload, points, r->count, method_names[way], ns[way],
                ns[METHOD_PLAIN] / ns[way]);
        if (way >= METHOD_EXACT)
            fprintf(json, "%zu}", different[way]);
        else
            fprintf(json, "%s}", way == METHOD_PLAIN ? "0" : "null");
    }
}

static void measure(run *r, double *ns)
{
    for (int way = 0; way < METHODS; way++)         /* warm: every area touched */
        run_once(r, (method)way);
    for (int round = 0; round < ROUNDS; round++)
        for (int way = 0; way < METHODS; way++)
            r->seconds[way][round] = run_once(r, (method)way);
    for (int way = 0; way < METHODS; way++)
        ns[way] = median_ns(r, (method)way);
}

static void print_table(const run *r, const double *ns, const size_t *different)
{
    wanmi_index *index = wanmi_locator_index(r->locators[METHOD_FAST]);
    wanmi_map *map = wanmi_index_map(index);
    wanmi_layer_info cells;
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &cells);
    double a_cell = 1.0 / cells.area_count;
    printf("%u cells; bytes a cell: map %.0f, index %.0f, session of the exact engine %.0f (GEOS's not "
           "counted), of the fast one %.0f\n",
           cells.area_count, (double)wanmi_map_bytes(map) * a_cell, (double)wanmi_index_bytes(index) * a_cell,
           (double)wanmi_locator_bytes(r->locators[METHOD_EXACT]) * a_cell,
           (double)wanmi_locator_bytes(r->locators[METHOD_FAST]) * a_cell);
    printf("  %-10s %12s %14s %10s %12s\n", "method", "ns a point", "points a s", "ratio", "differences");
    for (int way = 0; way < METHODS; way++) {
        char text[32] = "-";
        if (way >= METHOD_EXACT)
            snprintf(text, sizeof text, "%zu", different[way]);
        printf("  %-10s %12.1f %14.0f %9.2fx %12s\n", method_names[way], ns[way], 1e9 / ns[way],
               ns[METHOD_PLAIN] / ns[way], text);
    }
}

/* One set of points by all methods. */
static size_t run_points(run *r, const char *workload, const char *points, FILE *json, int first)
{
    double ns[METHODS];
    size_t different[METHODS] = {0};
    int on_borders = strcmp(points, "uniform") != 0;
    measure(r, ns);
    for (int way = METHOD_EXACT; way < METHODS; way++)
        different[way] = differences(r, (method)way, on_borders);
    printf("%s points\n", points);
    print_table(r, ns, different);
    print_json(json, workload, points, r, ns, different, first);
    return different[METHOD_EXACT] + different[METHOD_FAST];
}

static size_t run_workload(const char *workload, size_t count, FILE *json, int first)
{
    wanmi_error error;
    wanmi_index *index = NULL;
    run r = {.count = count};
    double start = seconds_now();
    wanmi_map *map = bench_make_map(workload);
    double made = seconds_now();
    must(wanmi_index_create(map, NULL, &index, &error), &error);
    printf("\n%s: map made in %.2f s, index in %.1f ms\n", workload, made - start,
           1e3 * (seconds_now() - made));
    must(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &r.locators[METHOD_EXACT], &error), &error);
    must(wanmi_locator_create(index, WANMI_ENGINE_FAST, &r.locators[METHOD_FAST], &error), &error);
    double *lon = bench_memory(count * sizeof *lon), *lat = bench_memory(count * sizeof *lat);
    bench_uniform_points(map, 42, count, lon, lat);
    r.lon = lon;
    r.lat = lat;
    plain_open(&r.peer, map);
    for (int way = METHOD_PLAIN; way < METHODS; way++)
        for (int layer = 0; layer < LAYERS; layer++)
            r.answers[way][layer] = bench_memory(count * sizeof(uint32_t));
    size_t different = run_points(&r, workload, "uniform", json, first);
    bench_adversarial_points(map, 43, count, lon, lat);
    different += run_points(&r, workload, "adversarial", json, 0);
    for (int way = METHOD_PLAIN; way < METHODS; way++)
        for (int layer = 0; layer < LAYERS; layer++)
            free(r.answers[way][layer]);
    plain_close(&r.peer);
    wanmi_locator_free(r.locators[METHOD_EXACT]);
    wanmi_locator_free(r.locators[METHOD_FAST]);
    wanmi_index_release(index);
    wanmi_map_release(map);
    free(lon);
    free(lat);
    return different;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"workload", required_argument, NULL, 'w'},
                                            {"points", required_argument, NULL, 'p'},
                                            {"json", required_argument, NULL, 'j'},
                                            {"cpu", no_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *only = NULL, *json_path = NULL;
    size_t count = DEFAULT_POINTS;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (option == 'w')
            only = optarg;
        else if (option == 'p')
            count = strtoul(optarg, NULL, 10);
        else if (option == 'j')
            json_path = optarg;
        else if (option == 'c')
            clock_read = CLOCK_THREAD_CPUTIME_ID;
        else {
            printf("locate [--workload W1|W2|W3|W4] [--points N] [--cpu] [--json FILE]\n");
            return option == 'h' ? 0 : 2;
        }
    }
    char machine[512], versions[256];
    machine_text(machine, sizeof machine);
    wanmi_version_text(versions, sizeof versions);
    printf("%s\ncompiler %s; %s\n%zu points, one thread, batches of %d, median of %d rounds, %s time\n",
           machine, __VERSION__, versions, count, BATCH, ROUNDS,
           clock_read == CLOCK_MONOTONIC ? "wall" : "processor");
    FILE *json = json_path != NULL ? fopen(json_path, "w") : NULL;
    if ((json_path != NULL && json == NULL) || count == 0) {
        fprintf(stderr, "bench: %s\n", count == 0 ? "no points" : "the JSON file cannot be written");
        return 2;
    }
    if (json != NULL)
        fprintf(json, "{\n  \"machine\": {\"text\": \"%s\", \"compiler\": \"%s\", \"versions\": \"%s\"},\n"
                      "  \"results\": [\n", machine, __VERSION__, versions);
    static const char *const workloads[] = {"W1", "W2", "W3", "W4"};   /* the last two only by name */
    size_t different = 0;
    int first = 1;
    for (int i = 0; i < 4; i++) {
        if (only != NULL ? strcmp(only, workloads[i]) != 0 : i >= 2)
            continue;
        different += run_workload(workloads[i], count, json, first);
        first = 0;
    }
    if (json != NULL) {
        fprintf(json, "\n  ]\n}\n");
        fclose(json);
    }
    return different == 0 ? 0 : 1;
}
