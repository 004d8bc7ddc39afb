/* The harness of handing over: `wanmi bench dispatch`, build/bench/dispatch.
 * docs/benchmarks.md tells how it measures. */
#ifndef BENCH_DISPATCH_H
#define BENCH_DISPATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct bench_dispatch_options {
    unsigned rounds;                /* 1 to BENCH_ROUNDS_LIMIT */
    size_t records;                 /* of a round; 0: as many as take some hundredths of a second */
    bool processor_time;            /* rows and ratios by the processor time of all threads */
    bool pinned;                    /* threads each to a processor, in turn */
    bool peers;                     /* ck_ring too, where it is built in */
    const char *json_path;          /* NULL: none */
    /* Called between steps; non-zero ends the run, and what is done is written. */
    int (*on_step)(void *user, const char *what);
    void *step_user;
} bench_dispatch_options;

void bench_dispatch_options_init(bench_dispatch_options *options);

/* Runs and prints. Gives 0; 2 where a file cannot be written. */
int bench_dispatch(const bench_dispatch_options *options);

#endif
