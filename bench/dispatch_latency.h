/* How long a record takes from submit to callback, and what waiting for it costs. */
#ifndef BENCH_DISPATCH_LATENCY_H
#define BENCH_DISPATCH_LATENCY_H

#include <stddef.h>

#include "dispatch_rounds.h"

/* Hands over `count` records one at a time, each `gap_us` after the one before has
 * arrived (0: at once). Writes `count` latencies in nanoseconds; gives how many
 * processors the receiving side took. */
double bench_latency(const bench_method *method, size_t count, unsigned gap_us, double *ns);

#endif
