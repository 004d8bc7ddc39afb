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

/* The same with people and rules, of a generation from 1: a unit of each of seven
 * roles in every community, 200 classes of which each has a rule and every second
 * one more, for a copy: 1.5 deliveries an event. */
wanmi_map *bench_make_manned_map(const char *workload, const wanmi_host *host, uint32_t generation);
/* Events of such a map: uniform places in WGS 84, times over the year 2024, even
 * classes; ids from 0. */
void bench_manned_events(const char *workload, const wanmi_map *map, wanmi_words *words, uint64_t seed,
                         wanmi_event *events, size_t count);

#endif
