/* A histogram of microseconds: log-linear, two significant digits, 1 us to 19 hours.
 *
 * One thread records, any thread reads, nobody waits: a bucket is a counter with
 * one writer. All that is told is made from the buckets alone (count, sum,
 * quantiles), so a reading always agrees with itself; it lies between the first
 * and the last instant of the reading.
 *
 * Buckets hold what is above their lower and at most their upper bound, as
 * Prometheus's `le` wants it. Up to 256 us each microsecond has its own; above,
 * every doubling has 128 of equal width, so a bucket is at most 1/128 (0.8 %) of its
 * values wide. Powers of two are upper bounds, and so exact.
 *
 * Source of the layout: HdrHistogram (Gil Tene), with upper bounds in place of
 * lower ones. Why not a library: docs/decisions/0007-histogram.md
 */
#ifndef WM_DISPATCH_HISTOGRAM_H
#define WM_DISPATCH_HISTOGRAM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { WM_HISTOGRAM_BUCKETS = 3840 };

/* More than this counts as this. */
#define WM_HISTOGRAM_MOST ((uint64_t)1 << 36)

typedef struct wm_histogram {
    _Atomic uint64_t bucket[WM_HISTOGRAM_BUCKETS];      /* all zero at the start */
} wm_histogram;

static inline size_t wm_histogram_index(uint64_t value)
{
    uint64_t below = value < WM_HISTOGRAM_MOST ? value - (value != 0) : WM_HISTOGRAM_MOST - 1;
    if (below < 256)
        return (size_t)below;
    unsigned shift = 56 - (unsigned)__builtin_clzll(below);
    return ((size_t)shift << 7) + (size_t)(below >> shift);
}

/* The one writer: a load and a store, no locked instruction. */
static inline void wm_histogram_record(wm_histogram *histogram, uint64_t value)
{
    _Atomic uint64_t *bucket = &histogram->bucket[wm_histogram_index(value)];
    uint64_t count = atomic_load_explicit(bucket, memory_order_relaxed);
    atomic_store_explicit(bucket, count + 1, memory_order_relaxed);
}

/* Readers. Adds the buckets to `counts`, of WM_HISTOGRAM_BUCKETS. */
void wm_histogram_add(const wm_histogram *histogram, uint64_t *counts);

/* Of such counts: how many values; their sum, each as the middle of its bucket; the
 * largest, and the one that a share `q` (0 to 1) of all are at most, each as its
 * bucket's upper bound (0: there is none); how many are at most `bound`, a power of
 * two or at most 256. */
uint64_t wm_counts_total(const uint64_t *counts);
uint64_t wm_counts_sum(const uint64_t *counts);
uint64_t wm_counts_most(const uint64_t *counts);
uint64_t wm_counts_quantile(const uint64_t *counts, double q);
uint64_t wm_counts_upto(const uint64_t *counts, uint64_t bound);

#endif
