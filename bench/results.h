/* What a run found: a table as it goes, JSON at the end. */
#ifndef BENCH_RESULTS_H
#define BENCH_RESULTS_H

#include <jansson.h>

#include "machine.h"
#include "ways.h"

/* A map as it was made: bytes asked of the allocator, nothing of GEOS's among
 * them, for nothing of GEOS's is kept. */
typedef struct bench_weight {
    const char *workload;
    uint32_t cells, areas;
    double map_seconds, index_seconds;
    int64_t map_bytes, index_bytes;
} bench_weight;

typedef struct bench_results {
    bench_machine machine;
    json_t *maps, *rows;
} bench_results;

void bench_results_open(bench_results *results);
void bench_results_map(bench_results *results, const bench_weight *weight);
/* The ways of one set of points and one question; ways[0] is the reference. */
void bench_results_rows(bench_results *results, const char *workload, const bench_points *points,
                        const bench_way *ways, size_t count);
/* What was compared and not timed. */
void bench_results_verified(bench_results *results, const char *workload, const char *points, wanmi_datum datum,
                            const bench_way *way, uint64_t checked, uint64_t differences);
/* Writes JSON and picture where there is a path. Gives 0, or 2 with a message. */
int bench_results_close(bench_results *results, const char *path, const char *plot_path);

#endif
