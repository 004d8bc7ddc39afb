/* The harness of routing: `wanmi bench route`, build/bench/route.
 * docs/benchmarks.md tells how it measures. */
#ifndef BENCH_ROUTING_H
#define BENCH_ROUTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_EVENTS = 1000000 };

typedef struct bench_route_options {
    size_t events;
    unsigned rounds;
    uint64_t seed;
    bool processor_time;            /* the thread's own, for a machine that is busy */
    const char *json_path;          /* NULL: none */
} bench_route_options;

void bench_route_options_init(bench_route_options *options);

/* Runs and prints. Gives 0; 1 where deliveries differ from the reference's; 2 where
 * a file cannot be written. */
int bench_route(const bench_route_options *options);

#endif
