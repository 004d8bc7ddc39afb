/* Every allocation of a CRS and its chart failed in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "support.h"

typedef struct plan {
    wanmi_crs *crs;             /* NULL: made with the failing host as well */
    uint32_t degree, boxes_max;
} plan;

static wanmi_status make(const wanmi_host *host, void *user)
{
    const plan *p = user;
    wanmi_crs *crs = wanmi_crs_retain(p->crs);
    wanmi_error error;
    wanmi_status status = WANMI_OK;
    if (crs == NULL)
        status = wanmi_crs_create("EPSG:4548", NULL, host, &crs, &error);
    if (status != WANMI_OK)
        return status;
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.degree = p->degree;
    options.boxes_max = p->boxes_max;
    wanmi_chart *chart = NULL;
    status = wanmi_chart_create(crs, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, &options, host, &chart,
                                &error);
    if (status == WANMI_OK) {
        wanmi_chart_release(chart);
    } else {
        assert_null(chart);
        assert_int_equal(error.status, status);
    }
    wanmi_crs_release(crs);
    return status;
}

static void each_allocation_fails(void **state)
{
    (void)state;
    plan p = {NULL, 0, 1024};
    assert_true(test_fail_each(make, &p) > 4);
    assert_int_equal(wanmi_crs_create("EPSG:4548", NULL, NULL, &p.crs, NULL), WANMI_OK);
    p.degree = 3;
    assert_true(test_fail_each(make, &p) >= 2 * 3);
    wanmi_crs_release(p.crs);
}

static wanmi_status remake(const wanmi_host *host, void *user)
{
    const wanmi_chart_view *view = user;
    wanmi_crs *crs = NULL;
    wanmi_chart *chart = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_crs_create("EPSG:4548", NULL, host, &crs, &error);
    if (status == WANMI_OK)
        status = wanmi_chart_from_view(crs, WANMI_DATUM_WGS84, view, WANMI_KERNEL_AUTO, host, &chart, &error);
    assert_true((status == WANMI_OK) == (chart != NULL));
    assert_true(status == WANMI_OK || error.status == status);
    wanmi_chart_release(chart);
    wanmi_crs_release(crs);
    return status;
}

static void each_allocation_from_a_view_fails(void **state)
{
    (void)state;
    wanmi_crs *crs = NULL;
    wanmi_chart *chart = NULL;
    assert_int_equal(wanmi_crs_create("EPSG:4548", NULL, NULL, &crs, NULL), WANMI_OK);
    assert_int_equal(wanmi_chart_create(crs, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, NULL, NULL, &chart,
                                        NULL), WANMI_OK);
    wanmi_chart_view view;
    wanmi_chart_view_init(&view);
    assert_int_equal(wanmi_chart_view_of(chart, &view, NULL), WANMI_OK);
    assert_true(test_fail_each(remake, &view) > 4);
    wanmi_chart_release(chart);
    wanmi_crs_release(crs);
}

/* A chart that is refused leaves nothing either. */
static void a_refusal_leaves_nothing(void **state)
{
    (void)state;
    plan p = {NULL, 3, 1};
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    assert_int_equal(make(&host, &p), WANMI_E_CRS_CHART);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_fails),
                                       cmocka_unit_test(each_allocation_from_a_view_fails),
                                       cmocka_unit_test(a_refusal_leaves_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
