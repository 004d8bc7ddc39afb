/* What the files of a chart share: the handle, one box, the kernels. */
#ifndef WM_CRS_CHART_H
#define WM_CRS_CHART_H

#include "internal.h"

enum {
    WM_CHART_DEGREE_MIN = 3,
    WM_CHART_DEGREE_MAX = 8,
    WM_CHART_BOXES_MAX = 4096,
    /* Before a box's coefficients: its middle, and the part of x and y added last. */
    WM_CHART_HEAD = 4,
    /* How many times the bound must be the largest error seen. */
    WM_CHART_MARGIN = 100
};

typedef struct wm_area {
    double west, south, east, north;
} wm_area;

/* Doubles that one box takes, a multiple of a cache line. */
uint32_t wm_chart_stride(uint32_t degree);

/* ---- kernels -------------------------------------------------------------------- */

/* What each kernel offers. `xs` and `ys` may be `lon` and `lat`. */
typedef struct wm_chart_code {
    /* x and y of `count` positions that all lie in one box. */
    void (*evaluate)(const double *box, uint32_t degree, size_t count, const double *lon,
                     const double *lat, double *xs, double *ys);
    /* Whether all lie in the area; NaN does not. */
    bool (*all_inside)(const wm_area *area, size_t count, const double *lon, const double *lat);
} wm_chart_code;

extern const wm_chart_code wm_chart_portable, wm_chart_v2, wm_chart_v3, wm_chart_v4;

/* The code of a kernel, which becomes another than AUTO; NULL when this
 * processor or this build does not carry it. */
const wm_chart_code *wm_chart_code_of(wanmi_kernel *kernel);

/* ---- making --------------------------------------------------------------------- */

/* Scratch of fitting and measuring one box, chart_fit.c. */
typedef struct wm_chart_work wm_chart_work;

/* `transform` must outlive it. Errors: WANMI_E_MEMORY. */
wanmi_status wm_chart_work_open(const wanmi_host *host, wanmi_transform *transform,
                                wanmi_datum datum, wm_chart_work **work, wanmi_error *error);
void wm_chart_work_close(const wanmi_host *host, wm_chart_work *work);

/* Asks the reference at the nodes and the samples of a box; false: it refused
 * one of them. The other functions then speak of this box. */
bool wm_chart_sample(wm_chart_work *work, const wm_area *box);
/* Writes the box of a degree, and gives the largest distance to the reference. */
double wm_chart_fit(wm_chart_work *work, uint32_t degree, double *box);
/* Whether more columns would help a fit of this degree more than more rows. */
bool wm_chart_wants_columns(const wm_chart_work *work, uint32_t degree);

struct wanmi_chart {
    wanmi_host host;
    _Atomic uint32_t references;
    wanmi_crs *crs;
    wanmi_datum datum;
    wanmi_kernel kernel;
    const wm_chart_code *code;
    wm_area area;
    uint32_t columns, rows, degree, box_count;
    double columns_per_degree, rows_per_degree;
    double bound, error;
    uint32_t *slots;
    double *boxes;
};

/* A chart that has no boxes yet. Errors: as wanmi_chart_create, but for the fit. */
wanmi_status wm_chart_new(wanmi_crs *crs, wanmi_datum datum, wm_area area, wanmi_kernel kernel,
                          const wanmi_host *host, wanmi_chart **chart, wanmi_error *error);

/* Chooses grid and degree, and makes slots and boxes. */
wanmi_status wm_chart_plan(wanmi_chart *chart, const wanmi_chart_options *options,
                           wanmi_transform *transform, wanmi_error *error);

#endif
