/* More than a sink can take, and sinks that are sick: `wanmi bench dispatch
 * --overload` and `--sick`. docs/benchmarks.md tells how they measure. */
#ifndef BENCH_OVERLOAD_H
#define BENCH_OVERLOAD_H

#include <stdbool.h>

typedef struct bench_strain_options {
    unsigned rounds;                /* 1 to BENCH_ROUNDS_LIMIT */
    double seconds;                 /* of each measurement */
    double rate;                    /* of --sick: deliveries a second to each sink */
    const char *json_path;          /* NULL: none */
    bool (*stopping)(void);         /* NULL, or: whether somebody asked for the end */
} bench_strain_options;

void bench_strain_options_init(bench_strain_options *options);

/* Run and print. Give 0; 1 where the law does not hold, or tallies are not what
 * producers, sinks and letters counted; 2 where a file cannot be written. */
int bench_overload(const bench_strain_options *options);
int bench_sick(const bench_strain_options *options);

#endif
