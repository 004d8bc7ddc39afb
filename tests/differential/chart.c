/* Charts against PROJ: each kernel, in several CRSs, datums and extents, on
 * uniform points and on, and one double beside, every kind of edge.
 *
 * When a chart is made its error is held to a hundredth of the bound on its own
 * sample. PROJ's own rounding differs from point to point, so other points are
 * held to an eightieth here; what was seen is printed.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "charts.h"

enum { ROOM = 160000 };

typedef struct points {
    size_t count;
    double *lon, *lat;
    double *x, *y;              /* PROJ's */
    uint8_t *reasons;
} points;

static void *memory(size_t count, size_t size)
{
    void *block = calloc(count, size);
    assert_non_null(block);
    return block;
}

static points draw(const wanmi_chart *chart, wanmi_transform *transform, const test_chart_case *c)
{
    test_random random = {42};
    points p = {0, memory(ROOM, 8), memory(ROOM, 8), memory(ROOM, 8), memory(ROOM, 8), memory(ROOM, 1)};
    p.count = test_chart_points(chart, &random, c->points, ROOM, p.lon, p.lat);
    assert_int_equal(wanmi_transform_forward(transform, c->datum, p.count, p.lon, 0, p.lat, 0, p.x,
                                             p.y, p.reasons, NULL), WANMI_OK);
    return p;
}

static void drop(points *p)
{
    free(p->lon), free(p->lat), free(p->x), free(p->y), free(p->reasons);
}

/* Where PROJ answered the bits are PROJ's; where a polynomial did it is near. */
static double compare(const test_chart_case *c, const points *p, const double *x, const double *y,
                      const uint8_t *reasons, const uint8_t *covered)
{
    double worst = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (reasons[i] != p->reasons[i])
            fail_msg("%s: %.17g %.17g has reason %d, not %d", c->name, p->lon[i], p->lat[i],
                     reasons[i], p->reasons[i]);
        if (!covered[i]) {
            assert_memory_equal(&x[i], &p->x[i], sizeof *x);
            assert_memory_equal(&y[i], &p->y[i], sizeof *y);
            continue;
        }
        double off = hypot(x[i] - p->x[i], y[i] - p->y[i]);
        if (!(off <= worst))
            worst = off;
    }
    return worst;
}

static double part_of(const uint8_t *covered, size_t count)
{
    size_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += covered[i];
    return (double)sum / (double)count;
}

static void run(const wanmi_chart *chart, wanmi_transform *transform, const points *p, double *xy,
                uint8_t *reasons, uint8_t *covered)
{
    assert_int_equal(wanmi_chart_forward(chart, transform, p->count, p->lon, 0, p->lat, 0, xy,
                                         xy + ROOM, reasons, covered, NULL), WANMI_OK);
}

static void print(const test_chart_case *c, const wanmi_chart *chart, double worst)
{
    printf("%-34s degree %u, %4u boxes, covered %.4f, made with %.2g m, seen here %.2g m\n", c->name,
           wanmi_chart_degree(chart), wanmi_chart_box_count(chart), wanmi_chart_covered(chart),
           wanmi_chart_error_m(chart), worst);
}

static void one_case(const test_chart_case *c)
{
    wanmi_crs *crs = test_chart_crs(c);
    wanmi_transform *transform = test_chart_transform(crs);
    wanmi_chart *chart = test_chart(crs, c, WANMI_KERNEL_PORTABLE);
    points p = draw(chart, transform, c);
    double *xy = memory(2 * ROOM, 8), *other = memory(2 * ROOM, 8);
    uint8_t *reasons = memory(2 * ROOM, 1), *covered = memory(2 * ROOM, 1);
    run(chart, transform, &p, xy, reasons, covered);
    double worst = compare(c, &p, xy, xy + ROOM, reasons, covered);
    print(c, chart, worst);
    assert_true(worst <= wanmi_chart_bound_m(chart) / 80);
    assert_true(wanmi_chart_error_m(chart) <= wanmi_chart_bound_m(chart) / 100);
    assert_true(wanmi_chart_covered(chart) >= c->covered);
    assert_true(part_of(covered, c->points) >= c->covered - 0.02);
    for (int kernel = WANMI_KERNEL_X86_64_V2; kernel <= WANMI_KERNEL_X86_64_V4; kernel++) {
        wanmi_chart *same = test_chart(crs, c, (wanmi_kernel)kernel);
        if (same == NULL)
            continue;
        assert_int_equal(wanmi_chart_kernel(same), kernel);
        run(same, transform, &p, other, reasons + ROOM, covered + ROOM);
        assert_memory_equal(other, xy, p.count * sizeof *xy);
        assert_memory_equal(other + ROOM, xy + ROOM, p.count * sizeof *xy);
        assert_memory_equal(reasons + ROOM, reasons, p.count);
        assert_memory_equal(covered + ROOM, covered, p.count);
        wanmi_chart_release(same);
    }
    free(xy), free(other), free(reasons), free(covered);
    drop(&p);
    wanmi_chart_release(chart);
    wanmi_transform_free(transform);
    wanmi_crs_release(crs);
}

static void every_case_against_proj(void **state)
{
    (void)state;
    for (size_t i = 0; i < test_chart_case_count; i++)
        if (test_has_datum(test_chart_cases[i].datum))
            one_case(&test_chart_cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_against_proj)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
