/* A second opinion for billions of points, which shares nothing with lib/locate:
 * the areas whose boxes hold a point, by a grid over the boxes, and for each the
 * crossings of a ray with its edges, by GEOS's rules for a point in a ring; the
 * edges at the point's height are found by bands. Signs by a filter whose sign is
 * proven, else by GEOS's own orientation test. Takes x, y as PROJ gives them.
 */
#ifndef BENCH_ORACLE_H
#define BENCH_ORACLE_H

#include <geos_c.h>

#include "rules.h"

typedef struct bench_oracle bench_oracle;

/* Immutable: shared by threads, each with a GEOS context of its own. */
bench_oracle *bench_oracle_open(const wanmi_map *map, int64_t instant_us);
void bench_oracle_close(bench_oracle *oracle);

/* Fills cells and lists of `count` points; what is not finite lies nowhere. */
void bench_oracle_ask(const bench_oracle *oracle, GEOSContextHandle_t geos, const double *x, const double *y,
                      size_t count, bench_answers *answers);

#endif
