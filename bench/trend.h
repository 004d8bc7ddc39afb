/* What a run keeps while it runs: memory and descriptors, and whether they grow. */
#ifndef BENCH_TREND_H
#define BENCH_TREND_H

#include <stddef.h>
#include <stdint.h>

/* One figure over time; the straight line that lies nearest to it. */
typedef struct bench_trend {
    size_t count;
    double t, v, tt, tv;            /* sums */
} bench_trend;

void bench_trend_add(bench_trend *trend, double seconds, double value);

/* The least of each stretch of time: what goes up and down shows no growth, what is
 * never given back does. */
typedef struct bench_floor {
    double stretch;                 /* seconds */
    double ends, least;             /* of the stretch under way; 0: none */
    bench_trend trend;
} bench_floor;

void bench_floor_add(bench_floor *floor, double seconds, double value);
/* Growth an hour; 0 of fewer than two samples. */
double bench_trend_hourly(const bench_trend *trend);

/* Of this process: resident bytes, open descriptors. */
uint64_t bench_resident_bytes(void);
uint64_t bench_descriptors(void);

#endif
