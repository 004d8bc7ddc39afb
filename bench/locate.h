/* The harness of locating: `wanmi bench locate`, build/bench/locate.
 * docs/benchmarks.md tells how it measures. */
#ifndef BENCH_LOCATE_H
#define BENCH_LOCATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ways.h"

enum { BENCH_ROUNDS = 5, BENCH_POINTS = 1000000, BENCH_WORKLOADS_MAX = 8 };

typedef struct bench_locate_options {
    const char *workloads[BENCH_WORKLOADS_MAX];
    size_t workload_count;          /* 0: W1 to W4 */
    wanmi_map *map;                 /* in place of workloads; NULL: none */
    const char *map_name;
    bench_points given;             /* points of a file for the map; count 0: the seeded sets */
    size_t points;                  /* of a set; slow methods are asked the first of them */
    unsigned rounds;
    uint64_t seed;
    bool processor_time;            /* the thread's own, for a machine that is busy */
    uint64_t verify;                /* points to compare and not to time; 0: times (verify.h) */
    uint64_t adversarial;           /* of these, adversarial ones; 0: a twentieth */
    unsigned threads;               /* of verifying; timing has one */
    bool peers;                     /* S2 too, where it is built in */
    const char *postgis;            /* how to reach a server; NULL: not asked */
    const char *json_path;          /* NULL: none */
    const char *plot_path;          /* of an SVG; NULL: none */
    /* Called between steps; non-zero ends the run, and what is done is written. */
    int (*on_step)(void *user, const char *what);
    void *step_user;
} bench_locate_options;

void bench_locate_options_init(bench_locate_options *options);

/* Runs and prints. Gives 0; 1 where answers differ from the reference's; 2 where
 * a file cannot be written. */
int bench_locate(const bench_locate_options *options);

#endif
