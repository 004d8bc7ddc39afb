/* What every bench needs: memory or the end, the clock, medians, seeded numbers. */
#ifndef BENCH_SUPPORT_H
#define BENCH_SUPPORT_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "wanmi/wanmi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* These end the process with a message and code 2: a bench that lacks memory or
 * its map is worth nothing. */
void *bench_memory(size_t size);
void *bench_memory_more(void *block, size_t size);
void bench_must(wanmi_status status, const wanmi_error *error);
void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Seconds of a clock: CLOCK_MONOTONIC, or CLOCK_THREAD_CPUTIME_ID on a machine
 * that is busy with other things. */
double bench_seconds(clockid_t clock);
/* Sorts the values. */
double bench_median(double *values, size_t count);

/* Seeded numbers: splitmix64. */
uint64_t bench_next(uint64_t *state);
double bench_uniform(uint64_t *state, double low, double high);

#ifdef __cplusplus
}
#endif
#endif
