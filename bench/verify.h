/* The long differential run: `wanmi bench locate --verify N`.
 *
 * Of each map N uniform points, and N / 20 of each other set, at most ten million
 * of them; every point is asked of the fast engine with every kernel and of the
 * oracle (oracle.h) on PROJ's own x, y. A sample of them is asked of the exact
 * engine and of PROJ + GEOS as well, so that the oracle itself is checked.
 */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include "locate.h"
#include "results.h"

/* Gives how many answers differ. */
uint64_t bench_verify(const bench_locate_options *options, bench_results *results, const char *workload,
                      wanmi_map *map);

#endif
