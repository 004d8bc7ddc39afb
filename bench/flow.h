/* The harness of the whole way: `wanmi bench flow`, build/bench/flow.
 * docs/benchmarks.md tells how it measures. */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BENCH_FLOW_EVENTS = 1000000, BENCH_FLOW_SIDES_MAX = 4 };

typedef struct bench_flow_options {
    const char *workload;           /* W1 to W4 */
    size_t events;
    unsigned rounds;
    uint64_t seed;
    bool quick;                     /* one producer and one sink, batches of 256 alone */
    const char *json_path;          /* NULL: none */
    bool (*stopping)(void);         /* NULL, or: whether somebody asked for the end */
} bench_flow_options;

void bench_flow_options_init(bench_flow_options *options);

/* Runs and prints. Gives 0; 1 where what came out is not what the plain loop gives;
 * 2 where a file cannot be written. */
int bench_flow(const bench_flow_options *options);

/* ---- chaos ------------------------------------------------------------------------------- */

typedef struct bench_chaos_options {
    double seconds;                 /* the longest it may take; 0: no such limit */
    uint64_t events;                /* to submit at least; 0: no such limit */
    uint64_t seed;
    unsigned producers;             /* 1 to 16 */
    double rate;                    /* events a second of all producers; 0: as fast as they can */
    const char *json_path;          /* NULL: none */
    bool (*stopping)(void);         /* NULL, or: whether somebody asked for the end, which is then as by itself */
} bench_chaos_options;

void bench_chaos_options_init(bench_chaos_options *options);

/* Runs and prints the law every second. Gives 0; 1 where anything differs: the law in
 * any snapshot, ids against the sinks' own records, a delivery against its map. */
int bench_chaos(const bench_chaos_options *options);

#endif
