/* The seeded workloads of the benches: maps made by the API, and points.
 *
 * W1: a district of 7 x 14.5 km, a 100 m lattice clipped by 200 communities with
 *     wiggly borders.
 * W2: the same extent, irregular cells of 40 edges each.
 * W3, W4: as W1 and W2, on 45 x 45 km: over 200,000 cells.
 * All have the layers cell and community (the cell's parent), in EPSG:4548, not
 * far from its central meridian.
 */
#ifndef BENCH_WORKLOAD_H
#define BENCH_WORKLOAD_H

#include <stddef.h>

#include "wanmi/wanmi.h"

/* Ends the process with the library's words when it fails: a bench without its
 * map is worth nothing. */
wanmi_map *bench_make_map(const char *workload);

/* Longitudes and latitudes (WGS 84) that lie uniformly over the map's cells. */
void bench_uniform_points(wanmi_map *map, uint64_t seed, size_t count, double *lon, double *lat);

/* Likewise on vertices, on edges, and 1e-10 to 1e-2 m beside them. */
void bench_adversarial_points(wanmi_map *map, uint64_t seed, size_t count, double *lon, double *lat);

/* Seeded numbers: splitmix64. */
double bench_uniform(uint64_t *state, double low, double high);

void *bench_memory(size_t size);

#endif
