/* The seeded workloads of the benches: maps made by the API.
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

#include "wanmi/wanmi.h"

int bench_is_workload(const char *name);

/* Ends the process where it fails. `host` may be NULL. */
wanmi_map *bench_make_map(const char *workload, const wanmi_host *host);

#endif
