/* A histogram of microseconds: see histogram.h. */
#include "histogram.h"

#include <math.h>

/* The lower bound (not in it) and the width of a bucket. */
static uint64_t lower_bound(size_t index, uint64_t *width)
{
    unsigned shift = index < 256 ? 0 : (unsigned)(index >> 7) - 1;
    *width = (uint64_t)1 << shift;
    return shift == 0 ? index : (uint64_t)((index & 127) + 128) << shift;
}

static uint64_t upper_bound(size_t index)
{
    uint64_t width, lower = lower_bound(index, &width);
    return lower + width;
}

void wm_histogram_add(const wm_histogram *histogram, uint64_t *counts)
{
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS; i++)
        counts[i] += atomic_load_explicit(&histogram->bucket[i], memory_order_relaxed);
}

uint64_t wm_counts_total(const uint64_t *counts)
{
    uint64_t total = 0;
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS; i++)
        total += counts[i];
    return total;
}

uint64_t wm_counts_sum(const uint64_t *counts)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS; i++) {
        uint64_t width, lower = lower_bound(i, &width);
        if (counts[i] != 0)
            sum += counts[i] * (lower + (width + 1) / 2);
    }
    return sum;
}

uint64_t wm_counts_most(const uint64_t *counts)
{
    for (size_t i = WM_HISTOGRAM_BUCKETS; i-- > 0;)
        if (counts[i] != 0)
            return upper_bound(i);
    return 0;
}

uint64_t wm_counts_quantile(const uint64_t *counts, double q)
{
    uint64_t total = wm_counts_total(counts), seen = 0;
    /* The rank of the value, from 1; a share of 0 is the smallest. */
    double rank = ceil(q * (double)total);
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS; i++) {
        seen += counts[i];
        if (seen != 0 && (double)seen >= rank)
            return upper_bound(i);
    }
    return wm_counts_most(counts);
}

uint64_t wm_counts_upto(const uint64_t *counts, uint64_t bound)
{
    uint64_t count = 0;
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS && upper_bound(i) <= bound; i++)
        count += counts[i];
    return count;
}
