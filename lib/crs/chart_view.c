/* A chart as plain data, and a chart made of plain data that nobody vouches for. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "chart.h"

enum { PLACES = 5 };

void wanmi_chart_view_init(wanmi_chart_view *view)
{
    *view = (wanmi_chart_view){.struct_size = sizeof *view};
}

wanmi_status wanmi_chart_view_of(const wanmi_chart *chart, wanmi_chart_view *view, wanmi_error *error)
{
    if (chart == NULL || view == NULL || view->struct_size < sizeof view->struct_size ||
        view->struct_size > sizeof *view)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "a chart and a view filled by wanmi_chart_view_init must be given");
    const wanmi_chart_view whole = {
        view->struct_size, chart->area.west, chart->area.south, chart->area.east, chart->area.north,
        chart->columns_per_degree, chart->rows_per_degree, chart->columns, chart->rows,
        chart->degree, wm_chart_stride(chart->degree), chart->box_count, 0, chart->slots,
        chart->boxes, chart->bound, chart->error};
    memcpy(view, &whole, view->struct_size);
    return WANMI_OK;
}

/* ---- and back ------------------------------------------------------------------------ */

static bool is_whole(const wanmi_chart_view *v)
{
    return v->west >= -180 && v->west < v->east && v->east <= 180 && v->south >= -90 &&
           v->south < v->north && v->north <= 90 && v->slots != NULL && v->boxes != NULL && v->degree >= WM_CHART_DEGREE_MIN &&
           v->degree <= WM_CHART_DEGREE_MAX && v->stride == wm_chart_stride(v->degree) &&
           v->columns != 0 && v->rows != 0 && (uint64_t)v->columns * v->rows <= WM_CHART_BOXES_MAX &&
           v->box_count != 0 && v->box_count <= v->columns * v->rows && v->bound_m > 0 &&
           v->bound_m <= 1e6 && v->error_m >= 0 && v->error_m <= v->bound_m;
}

static bool slots_are_sound(const wanmi_chart *c)
{
    for (uint32_t cell = 0; cell < c->columns * c->rows; cell++)
        if (c->slots[cell] >= c->box_count && c->slots[cell] != WANMI_NONE)
            return false;
    return true;
}

/* The sizes are set first: wanmi_chart_release goes by them. */
static wanmi_status copy_arrays(wanmi_chart *c, const wanmi_chart_view *v, wanmi_error *error)
{
    size_t slots = (size_t)v->columns * v->rows * sizeof *c->slots;
    size_t boxes = (size_t)v->box_count * v->stride * sizeof *c->boxes;
    c->columns = v->columns;
    c->rows = v->rows;
    c->degree = v->degree;
    c->box_count = v->box_count;
    c->columns_per_degree = c->columns / (c->area.east - c->area.west);
    c->rows_per_degree = c->rows / (c->area.north - c->area.south);
    c->bound = v->bound_m;
    c->error = v->error_m;
    c->slots = wm_alloc(&c->host, slots);
    c->boxes = wm_alloc_aligned(&c->host, boxes, 64);
    if (c->slots == NULL || c->boxes == NULL)
        return wm_error_memory(error);
    memcpy(c->slots, v->slots, slots);
    memcpy(c->boxes, v->boxes, boxes);
    return WANMI_OK;
}

/* A box's middle and places near its corners. */
static void draw_places(const wanmi_chart *c, uint32_t cell, double *lon, double *lat)
{
    static const double along[PLACES] = {0.5, 0.04, 0.97, 0.03, 0.96}, up[PLACES] = {0.5, 0.05, 0.02, 0.98, 0.94};
    for (int i = 0; i < PLACES; i++) {
        lon[i] = c->area.west + (c->area.east - c->area.west) / c->columns * (cell % c->columns + along[i]);
        lat[i] = c->area.south + (c->area.north - c->area.south) / c->rows * (cell / c->columns + up[i]);
    }
}

static bool box_is_near(const wanmi_chart *c, wanmi_transform *transform, uint32_t cell)
{
    double lon[PLACES], lat[PLACES], xs[PLACES], ys[PLACES], their_x[PLACES], their_y[PLACES];
    uint8_t reasons[PLACES], their_reasons[PLACES];
    draw_places(c, cell, lon, lat);
    if (wanmi_chart_forward(c, NULL, PLACES, lon, 0, lat, 0, xs, ys, reasons, NULL, NULL) != WANMI_OK ||
        wanmi_transform_forward(transform, c->datum, PLACES, lon, 0, lat, 0, their_x, their_y,
                                their_reasons, NULL) != WANMI_OK)
        return false;
    for (int i = 0; i < PLACES; i++)
        if (!(hypot(xs[i] - their_x[i], ys[i] - their_y[i]) <= c->bound))   /* NaN is not near */
            return false;
    return true;
}

static wanmi_status ask_reference(const wanmi_chart *c, wanmi_error *error)
{
    wanmi_transform *transform = NULL;
    wanmi_status status = wanmi_transform_create(c->crs, &transform, error);
    for (uint32_t cell = 0; cell < c->columns * c->rows && status == WANMI_OK; cell++)
        if (c->slots[cell] != WANMI_NONE && !box_is_near(c, transform, cell))
            status = wm_error(error, WANMI_E_CRS_CHART,
                              "chart: PROJ's positions in box %u are not those it was made from", cell);
    wanmi_transform_free(transform);
    return status;
}

wanmi_status wanmi_chart_from_view(wanmi_crs *crs, wanmi_datum datum, const wanmi_chart_view *view,
                                   wanmi_kernel kernel, const wanmi_host *host, wanmi_chart **chart,
                                   wanmi_error *error)
{
    wanmi_chart_view v;
    wanmi_chart *made = NULL;
    if (crs == NULL || chart == NULL || view == NULL || view->struct_size < sizeof view->struct_size ||
        view->struct_size > sizeof *view)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "a CRS, a view filled by wanmi_chart_view_init and a place for the chart must be given");
    wanmi_chart_view_init(&v);
    memcpy(&v, view, view->struct_size);
    if (!is_whole(&v))
        return wm_error(error, WANMI_E_CRS_CHART, "chart: the view's numbers contradict each other");
    wanmi_status status = wm_chart_new(crs, datum, (wm_area){v.west, v.south, v.east, v.north}, kernel, host,
                                       &made, error);
    if (status != WANMI_OK)
        return status;
    status = copy_arrays(made, &v, error);
    if (status == WANMI_OK && !slots_are_sound(made))
        status = wm_error(error, WANMI_E_CRS_CHART, "chart: a slot of the view leads to no box");
    if (status == WANMI_OK)
        status = ask_reference(made, error);
    if (status != WANMI_OK) {
        wanmi_chart_release(made);
        return status;
    }
    *chart = made;
    return WANMI_OK;
}
