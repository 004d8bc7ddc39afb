/* The histogram against exact quantiles of the same values, sorted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch/histogram.h"
#include "support.h"

static wm_histogram histogram;
static uint64_t counts[WM_HISTOGRAM_BUCKETS];

static void clear(void)
{
    memset(&histogram, 0, sizeof histogram);
    memset(counts, 0, sizeof counts);
}

/* Bounds rise without a gap; every value lies in the bucket whose bounds hold it. */
static void test_layout(void **state)
{
    (void)state;
    clear();
    uint64_t before = 0;
    for (size_t i = 0; i < WM_HISTOGRAM_BUCKETS; i++) {
        memset(counts, 0, sizeof counts);
        counts[i] = 1;
        uint64_t upper = wm_counts_most(counts);
        assert_true(upper > before);
        assert_int_equal(wm_histogram_index(upper), i);
        assert_int_equal(wm_histogram_index(before + 1), i);
        /* Two significant digits. */
        assert_true((double)(upper - before - 1) <= (double)(before + 1) / 128);
        uint64_t middle = wm_counts_sum(counts);
        assert_true(middle > before && middle <= upper);
        before = upper;
    }
    assert_true(before == WM_HISTOGRAM_MOST);
    assert_int_equal(wm_histogram_index(0), 0);
    assert_int_equal(wm_histogram_index(UINT64_MAX), WM_HISTOGRAM_BUCKETS - 1);
    assert_int_equal(wm_histogram_index(WM_HISTOGRAM_MOST + 1), WM_HISTOGRAM_BUCKETS - 1);
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void check_quantiles(const uint64_t *sorted, size_t n)
{
    static const double shares[] = {0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 1};
    for (size_t i = 0; i < sizeof shares / sizeof shares[0]; i++) {
        size_t rank = (size_t)ceil(shares[i] * (double)n);
        uint64_t exact = sorted[rank != 0 ? rank - 1 : 0], told = wm_counts_quantile(counts, shares[i]);
        if (exact == 0)
            exact = 1;
        if (told < exact || (double)(told - exact) > (double)exact / 128)
            fail_msg("q %g: exact %llu, told %llu", shares[i], (unsigned long long)exact,
                     (unsigned long long)told);
    }
}

static void check_bounds(const uint64_t *sorted, size_t n)
{
    for (uint64_t bound = 1; bound <= WM_HISTOGRAM_MOST / 2; bound *= 2) {
        size_t exact = 0;
        while (exact < n && sorted[exact] <= bound)
            exact++;
        assert_int_equal(wm_counts_upto(counts, bound), exact);
    }
}

/* Values of four shapes, from microseconds to hours. */
static uint64_t draw(test_random *random, int shape)
{
    double u = test_uniform(random, 0, 1);
    switch (shape) {
    case 0: return (uint64_t)(u * 300);                         /* exact buckets */
    case 1: return (uint64_t)exp(u * 23);                       /* every size */
    case 2: return (uint64_t)(-log(1 - u) * 5000);              /* exponential */
    default: return (uint64_t)(u < 0.99 ? 200 + u * 100 : 3.6e9 * u);   /* two heaps far apart */
    }
}

static void test_quantiles(void **state)
{
    (void)state;
    enum { N = 199999 };        /* so that ranks are no whole numbers */
    uint64_t *values = malloc(N * sizeof *values);
    assert_non_null(values);
    test_random random = {5};
    for (int shape = 0; shape < 4; shape++) {
        clear();
        double sum = 0;
        for (size_t i = 0; i < N; i++) {
            values[i] = draw(&random, shape);
            sum += (double)values[i];
            wm_histogram_record(&histogram, values[i]);
        }
        qsort(values, N, sizeof *values, by_value);
        wm_histogram_add(&histogram, counts);
        assert_int_equal(wm_counts_total(counts), N);
        check_quantiles(values, N);
        check_bounds(values, N);
        assert_true(fabs((double)wm_counts_sum(counts) - sum) <= sum / 128 + N);
    }
    free(values);
}

/* Empty, one value, and two histograms read into one. */
static void test_small(void **state)
{
    (void)state;
    clear();
    assert_int_equal(wm_counts_quantile(counts, 0.5), 0);
    assert_int_equal(wm_counts_most(counts), 0);
    assert_int_equal(wm_counts_sum(counts), 0);
    wm_histogram_record(&histogram, 77);
    wm_histogram_add(&histogram, counts);
    assert_int_equal(wm_counts_quantile(counts, 0), 77);
    assert_int_equal(wm_counts_quantile(counts, 1), 77);
    assert_int_equal(wm_counts_sum(counts), 77);
    wm_histogram_add(&histogram, counts);
    assert_int_equal(wm_counts_total(counts), 2);
    assert_int_equal(wm_counts_upto(counts, 64), 0);
    assert_int_equal(wm_counts_upto(counts, 128), 2);
}

enum { RECORDS = 2000000 };

static void *record(void *argument)
{
    (void)argument;
    test_random random = {9};
    for (int i = 0; i < RECORDS; i++)
        wm_histogram_record(&histogram, test_next(&random) & 0xFFFFF);
    return NULL;
}

/* Readings beside the writer only grow, and agree with themselves. */
static void test_beside_the_writer(void **state)
{
    (void)state;
    clear();
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, record, NULL), 0);
    uint64_t before = 0, upto_before = 0, total = 0;
    while (total < RECORDS) {
        memset(counts, 0, sizeof counts);
        wm_histogram_add(&histogram, counts);
        total = wm_counts_total(counts);
        uint64_t upto = wm_counts_upto(counts, 1024);
        assert_true(total >= before && upto >= upto_before && upto <= total);
        assert_int_equal(wm_counts_upto(counts, WM_HISTOGRAM_MOST), total);
        before = total;
        upto_before = upto;
    }
    pthread_join(thread, NULL);
    assert_int_equal(total, RECORDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_beside_the_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
