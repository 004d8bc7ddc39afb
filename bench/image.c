/* build/bench/image: what an index image saves.
 *
 * For each workload: compiling, saving, and opening the image (warm: it has just been
 * written), mapped, mapped with its checksums compared, and copied; medians. Then the
 * same positions by the compiled index and by the opened one, in turn: the answers
 * must be the same, and the rates tell what mapped pages cost.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "points.h"
#include "support.h"
#include "workload.h"

enum { ROUNDS = 9, POINTS = 1 << 20 };

typedef struct run {
    clockid_t clock;
    const char *path;
    wanmi_map *map;
    wanmi_index *index;
    double *lon, *lat;
} run;

static double open_once(const run *r, const wanmi_index_options *options)
{
    wanmi_index *index = NULL;
    wanmi_error error;
    double start = bench_seconds(r->clock);
    bench_must(wanmi_index_open(r->map, r->path, options, &index, &error), &error);
    double took = bench_seconds(r->clock) - start;
    wanmi_index_release(index);
    return took;
}

static void open_many(const run *r, const char *how, bool verify, bool copy)
{
    double took[ROUNDS];
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.verify_image = verify;
    options.copy_image = copy;
    for (int i = 0; i < ROUNDS; i++)
        took[i] = open_once(r, &options);
    printf("  opened, %-22s %10.1f ms\n", how, 1e3 * bench_median(took, ROUNDS));
}

static double locate(const run *r, wanmi_locator *locator, uint32_t *cells)
{
    wanmi_positions in;
    wanmi_hits out;
    wanmi_error error;
    wanmi_positions_init(&in);
    wanmi_hits_init(&out);
    in.count = POINTS, in.x = r->lon, in.y = r->lat, in.now_us = 0;
    out.cell = cells;
    double start = bench_seconds(r->clock);
    bench_must(wanmi_locate(locator, &in, &out, &error), &error);
    return bench_seconds(r->clock) - start;
}

static bool compare(const run *r)
{
    wanmi_index *indexes[2] = {r->index, NULL};
    wanmi_locator *locators[2];
    double took[2][ROUNDS];
    uint32_t *cells[2];
    wanmi_error error;
    bench_must(wanmi_index_open(r->map, r->path, NULL, &indexes[1], &error), &error);
    for (int k = 0; k < 2; k++) {
        bench_must(wanmi_locator_create(indexes[k], WANMI_ENGINE_FAST, &locators[k], &error), &error);
        cells[k] = bench_memory(POINTS * sizeof **cells);
        locate(r, locators[k], cells[k]);
    }
    for (int i = 0; i < ROUNDS; i++)
        for (int k = 0; k < 2; k++)
            took[k][i] = locate(r, locators[k], cells[k]);
    bool same = memcmp(cells[0], cells[1], POINTS * sizeof **cells) == 0;
    printf("  locate, compiled and opened    %10.1f ns, %.1f ns a point; the answers are %s\n",
           1e9 * bench_median(took[0], ROUNDS) / POINTS, 1e9 * bench_median(took[1], ROUNDS) / POINTS,
           same ? "the same" : "NOT the same");
    for (int k = 0; k < 2; k++) {
        wanmi_locator_free(locators[k]);
        free(cells[k]);
    }
    wanmi_index_release(indexes[1]);
    return same;
}

static bool run_workload(run *r, const char *workload)
{
    wanmi_error error;
    r->map = bench_make_map(workload, NULL);
    double start = bench_seconds(CLOCK_MONOTONIC);
    bench_must(wanmi_index_create(r->map, NULL, &r->index, &error), &error);
    double made = bench_seconds(CLOCK_MONOTONIC);
    bench_must(wanmi_index_save(r->index, r->path, &error), &error);
    double saved = bench_seconds(CLOCK_MONOTONIC);
    struct stat there;
    if (stat(r->path, &there) != 0)
        bench_die("%s is not there", r->path);
    printf("%s, %u areas, image of %.1f MB\n", workload, wanmi_map_area_count(r->map), (double)there.st_size / 1e6);
    printf("  compiled                       %10.1f ms\n", 1e3 * (made - start));
    printf("  saved                          %10.1f ms\n", 1e3 * (saved - made));
    open_many(r, "mapped", false, false);
    open_many(r, "mapped and verified", true, false);
    open_many(r, "copied", false, true);
    bench_source *source = bench_source_open(r->map);
    bench_points points = {.set = BENCH_UNIFORM, .datum = WANMI_DATUM_WGS84, .count = POINTS, .x = r->lon,
                           .y = r->lat};
    bench_source_fill(source, 42, &points);
    bench_source_close(source);
    bool same = compare(r);
    unlink(r->path);
    wanmi_index_release(r->index);
    wanmi_map_release(r->map);
    return same;
}

int main(int argc, char **argv)
{
    run r = {.clock = CLOCK_MONOTONIC, .path = "bench.wmi"};
    bool same = true;
    int first = 1;
    if (argc > first && strcmp(argv[first], "--cpu") == 0) {
        r.clock = CLOCK_THREAD_CPUTIME_ID;
        first++;
    }
    if (argc == first || !bench_is_workload(argv[first])) {
        printf("usage: image [--cpu] W1|W2|W3|W4 ...    writes bench.wmi in this folder, and removes it\n");
        return 2;
    }
    r.lon = bench_memory(POINTS * sizeof *r.lon);
    r.lat = bench_memory(POINTS * sizeof *r.lat);
    for (int i = first; i < argc; i++)
        same = bench_is_workload(argv[i]) && run_workload(&r, argv[i]) && same;
    free(r.lon);
    free(r.lat);
    return same ? 0 : 1;
}
