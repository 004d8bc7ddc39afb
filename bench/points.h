/* Seeded sets of points over any map.
 *
 * uniform      over the box of the areas
 * clustered    1,000 hot spots in random areas, asked as 1, 1/2, 1/3, ... (Zipf),
 *              normally spread by 30 m
 * adversarial  on vertices and edges; one or two units in the last place beside
 *              them; 1e-10 to 1e-2 m beside them
 * trajectory   1,000 vehicles that report in turn, each some metres on
 */
#ifndef BENCH_POINTS_H
#define BENCH_POINTS_H

#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

typedef enum bench_set {
    BENCH_UNIFORM,
    BENCH_CLUSTERED,
    BENCH_ADVERSARIAL,
    BENCH_TRAJECTORY,
    BENCH_SETS,
    BENCH_FROM_FILE = BENCH_SETS
} bench_set;

extern const char *const bench_set_names[BENCH_SETS + 1];

typedef struct bench_points {
    bench_set set;
    wanmi_datum datum;
    int64_t instant_us;             /* of all of them: which areas are valid */
    size_t count;
    double *x, *y;                  /* degrees, or metres of the map */
} bench_points;

/* One thread's way to make points of a map. */
typedef struct bench_source bench_source;

bench_source *bench_source_open(wanmi_map *map);
void bench_source_close(bench_source *source);

/* Fills x and y of `points`, which have room for `count`; the same seed gives
 * the same points. Datums: WGS 84 and map. */
void bench_source_fill(bench_source *source, uint64_t seed, bench_points *points);

/* Uniform over the same box as it looks in degrees: no projection, for billions. */
void bench_source_degrees(bench_source *source, uint64_t seed, size_t count, double *lon, double *lat);

#endif
