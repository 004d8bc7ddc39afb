/* The handle of a chart: made once, immutable, shared. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "chart.h"
#include "wanmi_config.h"

/* A narrower area is widened: in it the rim that is measured around each box
 * would be thinner than the waves of the reference's own border. */
static const double NARROWEST = 0.01;

void wanmi_chart_options_init(wanmi_chart_options *options)
{
    *options = (wanmi_chart_options){.struct_size = sizeof *options, .bound_m = 1e-6,
                                     .boxes_max = 1024};
}

static wanmi_status copy_options(const wanmi_chart_options *from, wanmi_chart_options *to,
                                 wanmi_error *error)
{
    wanmi_chart_options_init(to);
    if (from == NULL)
        return WANMI_OK;
    if (from->struct_size < sizeof from->struct_size || from->struct_size > sizeof *to)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_chart_options was not filled by wanmi_chart_options_init");
    memcpy(to, from, from->struct_size);
    if (!(to->bound_m > 0 && to->bound_m <= 1e6))
        return wm_error(error, WANMI_E_ARGUMENT, "a chart's bound of %g m is not above 0", to->bound_m);
    if (to->degree != 0 && (to->degree < WM_CHART_DEGREE_MIN || to->degree > WM_CHART_DEGREE_MAX))
        return wm_error(error, WANMI_E_ARGUMENT, "a chart's degree is %d to %d, not %u",
                        WM_CHART_DEGREE_MIN, WM_CHART_DEGREE_MAX, to->degree);
    if (to->boxes_max == 0 || to->boxes_max > WM_CHART_BOXES_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "a chart has 1 to %d boxes, not %u",
                        WM_CHART_BOXES_MAX, to->boxes_max);
    return WANMI_OK;
}

static wanmi_status check_datum(wanmi_datum datum, wanmi_error *error)
{
    if ((unsigned)datum > WANMI_DATUM_BD09)
        return wm_error(error, WANMI_E_CRS_DATUM, "a chart is of longitude and latitude, not of datum %s",
                        wanmi_datum_name(datum));
#if !WM_HAVE_GCJ02
    if (datum == WANMI_DATUM_GCJ02 || datum == WANMI_DATUM_BD09)
        return wm_error(error, WANMI_E_CRS_DATUM, "%s was left out of this build (option gcj02)",
                        wanmi_datum_name(datum));
#endif
    return WANMI_OK;
}

static void widen(double *low, double *high)
{
    if (*high - *low >= NARROWEST)
        return;
    double middle = (*low + *high) / 2;
    *low = middle - NARROWEST / 2;
    *high = middle + NARROWEST / 2;
}

static wanmi_status check_area(wm_area *a, wanmi_error *error)
{
    /* Negated, so that NaN is refused too. */
    if (!(a->west >= -180 && a->west <= a->east && a->east <= 180 && a->south >= -90 &&
          a->south <= a->north && a->north <= 90))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the area west %g, south %g, east %g, north %g is not in degrees", a->west,
                        a->south, a->east, a->north);
    widen(&a->west, &a->east);
    widen(&a->south, &a->north);
    return WANMI_OK;
}

static wanmi_status fill(wanmi_chart *chart, const wanmi_chart_options *options, wanmi_error *error)
{
    wanmi_transform *transform = NULL;
    wanmi_status status = wanmi_transform_create(chart->crs, &transform, error);
    if (status == WANMI_OK)
        status = wm_chart_plan(chart, options, transform, error);
    wanmi_transform_free(transform);
    return status;
}

wanmi_status wm_chart_new(wanmi_crs *crs, wanmi_datum datum, wm_area area, wanmi_kernel kernel,
                          const wanmi_host *host, wanmi_chart **chart, wanmi_error *error)
{
    wanmi_status status = check_datum(datum, error);
    if (status != WANMI_OK)
        return status;
    if ((unsigned)kernel > WANMI_KERNEL_X86_64_V4)
        return wm_error(error, WANMI_E_ARGUMENT, "there is no kernel number %d", (int)kernel);
    const wm_chart_code *code = wm_chart_code_of(&kernel);
    if (code == NULL)
        return wm_error(error, WANMI_E_UNSUPPORTED,
                        "kernel number %d is not carried by this processor or build", (int)kernel);
    wanmi_host copy;
    status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_chart *made = wm_alloc_zero(&copy, sizeof *made);
    if (made == NULL) {
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    made->host = copy;
    atomic_init(&made->references, 1);
    made->crs = wanmi_crs_retain(crs);
    made->datum = datum;
    made->kernel = kernel;
    made->code = code;
    made->area = area;
    *chart = made;
    return WANMI_OK;
}

wanmi_status wanmi_chart_create(wanmi_crs *crs, wanmi_datum datum, double west, double south,
                                double east, double north, const wanmi_chart_options *options,
                                const wanmi_host *host, wanmi_chart **chart, wanmi_error *error)
{
    if (crs == NULL || chart == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a CRS and a place for the chart must be given");
    wanmi_chart_options chosen;
    wanmi_chart *made = NULL;
    wm_area area = {west, south, east, north};
    wanmi_status status = copy_options(options, &chosen, error);
    if (status == WANMI_OK)
        status = check_area(&area, error);
    if (status == WANMI_OK)
        status = wm_chart_new(crs, datum, area, chosen.kernel, host, &made, error);
    if (status != WANMI_OK)
        return status;
    made->bound = chosen.bound_m;
    status = fill(made, &chosen, error);
    if (status != WANMI_OK) {
        wanmi_chart_release(made);
        return status;
    }
    *chart = made;
    return WANMI_OK;
}

wanmi_chart *wanmi_chart_retain(wanmi_chart *chart)
{
    if (chart != NULL)
        atomic_fetch_add_explicit(&chart->references, 1, memory_order_relaxed);
    return chart;
}

static size_t slots_size(const wanmi_chart *chart)
{
    return (size_t)chart->columns * chart->rows * sizeof *chart->slots;
}

static size_t boxes_size(const wanmi_chart *chart)
{
    return (size_t)chart->box_count * wm_chart_stride(chart->degree) * sizeof *chart->boxes;
}

void wanmi_chart_release(wanmi_chart *chart)
{
    if (chart == NULL || atomic_fetch_sub_explicit(&chart->references, 1, memory_order_acq_rel) != 1)
        return;
    if (chart->slots != NULL)
        wm_free(&chart->host, chart->slots, slots_size(chart));
    if (chart->boxes != NULL)
        wm_free_aligned(&chart->host, chart->boxes, boxes_size(chart), 64);
    wanmi_crs_release(chart->crs);
    wanmi_host host = chart->host;
    wm_free(&host, chart, sizeof *chart);
    wm_host_drop(&host);
}

double wanmi_chart_bound_m(const wanmi_chart *chart)
{
    return chart->bound;
}

double wanmi_chart_error_m(const wanmi_chart *chart)
{
    return chart->error;
}

double wanmi_chart_covered(const wanmi_chart *chart)
{
    return (double)chart->box_count / ((double)chart->columns * chart->rows);
}

uint32_t wanmi_chart_degree(const wanmi_chart *chart)
{
    return chart->degree;
}

uint32_t wanmi_chart_box_count(const wanmi_chart *chart)
{
    return chart->box_count;
}

uint64_t wanmi_chart_bytes(const wanmi_chart *chart)
{
    return sizeof *chart + slots_size(chart) + boxes_size(chart);
}

wanmi_kernel wanmi_chart_kernel(const wanmi_chart *chart)
{
    return chart->kernel;
}

wanmi_datum wanmi_chart_datum(const wanmi_chart *chart)
{
    return chart->datum;
}
