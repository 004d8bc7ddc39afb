/* The reference: the best that a careful user of PROJ and GEOS would write. One
 * operation, made once; a batch call of PROJ; an STRtree over the areas' boxes;
 * prepared geometries made beforehand; lowest code of a partition layer, the owner
 * cell's ancestors first, all areas of an overlay. A candidate that could not win
 * is not tested. The one allocation left is the point that GEOS's tree wants.
 */
#ifndef BENCH_PLAIN_H
#define BENCH_PLAIN_H

#include "ways.h"

typedef struct bench_plain bench_plain;

/* Areas that are not valid at the instant are left out. */
bench_plain *bench_plain_open(wanmi_map *map, int64_t instant_us);
void bench_plain_close(bench_plain *plain);

/* `proj+geos`; its answers are what others are compared with. */
void bench_plain_way(bench_way *way, bench_plain *plain);
/* `proj`: its batch call alone. */
void bench_proj_way(bench_way *way, bench_plain *plain);

#endif
