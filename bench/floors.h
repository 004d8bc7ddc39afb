/* What memory allows, in the same run as the rest.
 *
 * floor-stream  the same points read and one word written for each: 16 bytes in,
 *               4 out
 * floor-gather  as many random words as points, out of an array as large as the
 *               index's tiles and trees, with the places at hand and the widest loads there are
 */
#ifndef BENCH_FLOORS_H
#define BENCH_FLOORS_H

#include "ways.h"

typedef struct bench_floors bench_floors;

/* `bytes`: of the array that is gathered from. */
bench_floors *bench_floors_open(uint64_t bytes, size_t points);
void bench_floors_close(bench_floors *floors);

void bench_stream_way(bench_way *way, bench_floors *floors);
void bench_gather_way(bench_way *way, bench_floors *floors);

#endif
