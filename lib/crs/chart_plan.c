/* How a chart is cut: from one box to ever more, until the bound is met.
 *
 * A grid is surveyed box by box. When more than one box in 64 fails at every
 * degree, the grid is doubled, in columns or in rows as the failing boxes ask
 * for. The last grid that boxes_max allows is taken as it is: a kink of a
 * datum's formula runs through some boxes however small they are, and those are
 * left to PROJ. Asking the reference takes nearly all the time, so the fits of the
 * survey are kept until it is known which degree is taken.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "chart.h"

enum {
    DEGREES = WM_CHART_DEGREE_MAX + 1,
    FAILURES_PART = 64,
    HOPELESS = 32               /* failures without one success, anywhere in the last grid */
};

/* How far off a fit is that could not be made. */
static const double NOT_FITTED = INFINITY;

typedef struct survey {
    uint32_t met[DEGREES];      /* boxes that meet the bound with each degree */
    uint32_t failed;            /* with all of them */
    uint32_t columns_wanted;    /* of the failed, those better cut into columns */
    double nearest;             /* smallest error among those too large */
    uint32_t boxes;             /* looked at; their fits stand in the plan in this order */
} survey;

typedef struct plan {
    wanmi_chart *chart;
    wm_chart_work *work;
    uint32_t low, high;         /* degrees allowed */
    uint32_t boxes_max;
    double limit;               /* of an error seen */
    double *fits;               /* of one surveyed box after another: fit_size doubles each */
    size_t fit_capacity;
    bool full;                  /* no memory */
} plan;

uint32_t wm_chart_stride(uint32_t degree)
{
    return (WM_CHART_HEAD + (degree + 1) * (degree + 2) + 7) / 8 * 8;
}

static wm_area box_area(const wanmi_chart *c, uint32_t cell)
{
    const double width = (c->area.east - c->area.west) / c->columns;
    const double height = (c->area.north - c->area.south) / c->rows;
    const uint32_t column = cell % c->columns, row = cell / c->columns;
    return (wm_area){c->area.west + width * column, c->area.south + height * row,
                     c->area.west + width * (column + 1), c->area.south + height * (row + 1)};
}

/* A box's fits: how far each degree is off, then the boxes of each. */
static size_t fit_place(const plan *p, uint32_t degree)
{
    size_t place = p->high - p->low + 1;
    for (uint32_t d = p->low; d < degree; d++)
        place += wm_chart_stride(d);
    return place;
}

static size_t fit_size(const plan *p)
{
    return fit_place(p, p->high + 1);
}

/* Room for the fits of one more box, or NULL. */
static double *next_fits(plan *p, const survey *s)
{
    const size_t size = fit_size(p);
    if (!wm_reserve(&p->chart->host, (void **)&p->fits, &p->fit_capacity, (s->boxes + 1) * size,
                    sizeof *p->fits)) {
        p->full = true;
        return NULL;
    }
    double *fits = p->fits + s->boxes * size;
    for (uint32_t degree = p->low; degree <= p->high; degree++)
        fits[degree - p->low] = NOT_FITTED;
    return fits;
}

static void survey_box(plan *p, survey *s, uint32_t cell)
{
    const wm_area area = box_area(p->chart, cell);
    bool is_met = false;
    double *fits = next_fits(p, s);
    if (fits == NULL)
        return;
    s->boxes++;
    if (!wm_chart_sample(p->work, &area)) {
        s->failed++;
        s->columns_wanted += (area.east - area.west) * cos(area.south * M_PI / 180) >
                             area.north - area.south;
        return;
    }
    for (uint32_t degree = p->low; degree <= p->high; degree++) {
        double error = wm_chart_fit(p->work, degree, fits + fit_place(p, degree));
        fits[degree - p->low] = error;
        is_met = is_met || error <= p->limit;
        s->met[degree] += error <= p->limit;
        if (error > p->limit && error < s->nearest)
            s->nearest = error;
    }
    s->failed += !is_met;
    s->columns_wanted += !is_met && wm_chart_wants_columns(p->work, p->high);
}

/* Any odd step reaches all cells, their count being a power of two. */
static uint32_t surveyed_cell(uint32_t cells, uint32_t number)
{
    return (uint32_t)((uint64_t)number * (cells * 5 / 8 | 1) % cells);
}

/* Surveys the boxes spread over the area first, so that a hopeless grid is soon
 * given up; true: the grid is to be taken. */
static bool survey_grid(plan *p, survey *s, bool is_last)
{
    const uint32_t cells = p->chart->columns * p->chart->rows;
    *s = (survey){.nearest = INFINITY};
    for (uint32_t n = 0; n < cells && !p->full; n++) {
        survey_box(p, s, surveyed_cell(cells, n));
        if (is_last && s->failed == HOPELESS && s->boxes == HOPELESS)
            return true;
        if (!is_last && s->failed > cells / FAILURES_PART)
            return false;
    }
    return true;
}

static uint32_t best_degree(const plan *p, const survey *s)
{
    uint32_t best = p->low;
    for (uint32_t degree = p->low; degree <= p->high; degree++)
        if (s->met[degree] > s->met[best])
            best = degree;
    return best;
}

/* Leaves the chart with columns and rows; `s` is the survey of them. */
static void choose_grid(plan *p, survey *s)
{
    wanmi_chart *c = p->chart;
    c->columns = c->rows = 1;
    for (;;) {
        bool is_last = c->columns * c->rows * 2 > p->boxes_max;
        if (survey_grid(p, s, is_last) || p->full)
            return;
        if (s->columns_wanted * 2 > s->failed)
            c->columns *= 2;
        else
            c->rows *= 2;
    }
}

static void fill_box(const plan *p, uint32_t cell, uint32_t surveyed, uint32_t *made)
{
    wanmi_chart *c = p->chart;
    const uint32_t stride = wm_chart_stride(c->degree);
    const double *fits = p->fits + surveyed * fit_size(p);
    const double seen = fits[c->degree - p->low];
    c->slots[cell] = WANMI_NONE;
    if (!(seen <= p->limit))
        return;
    memcpy(c->boxes + (size_t)*made * stride, fits + fit_place(p, c->degree), stride * sizeof *fits);
    c->error = seen > c->error ? seen : c->error;
    c->slots[cell] = (*made)++;
}

static wanmi_status fill_boxes(plan *p, uint32_t count, wanmi_error *error)
{
    wanmi_chart *c = p->chart;
    const uint32_t cells = c->columns * c->rows, stride = wm_chart_stride(c->degree);
    c->slots = wm_alloc(&c->host, cells * sizeof *c->slots);
    c->boxes = wm_alloc_aligned(&c->host, (size_t)count * stride * sizeof *c->boxes, 64);
    c->box_count = count;
    if (c->slots == NULL || c->boxes == NULL)
        return wm_error_memory(error);
    uint32_t made = 0;
    for (uint32_t n = 0; n < cells; n++)
        c->slots[surveyed_cell(cells, n)] = n;
    for (uint32_t cell = 0; cell < cells; cell++)
        fill_box(p, cell, c->slots[cell], &made);
    return WANMI_OK;
}

static wanmi_status refuse(const plan *p, const survey *s, wanmi_error *error)
{
    const wanmi_chart *c = p->chart;
    if (isinf(s->nearest))
        return wm_error(error, WANMI_E_CRS_CHART,
                        "chart: the projection or the datum refuses positions in every one of %u boxes",
                        c->columns * c->rows);
    return wm_error(error, WANMI_E_CRS_CHART,
                    "chart: no polynomial of degree %u to %u in %u boxes is near enough: the best is "
                    "%.3g m off, and a bound of %g m asks for %g m", p->low, p->high,
                    c->columns * c->rows, s->nearest, c->bound, p->limit);
}

wanmi_status wm_chart_plan(wanmi_chart *chart, const wanmi_chart_options *options,
                           wanmi_transform *transform, wanmi_error *error)
{
    plan p = {.chart = chart,
              .low = options->degree != 0 ? options->degree : WM_CHART_DEGREE_MIN,
              .high = options->degree != 0 ? options->degree : WM_CHART_DEGREE_MAX,
              .boxes_max = options->boxes_max,
              .limit = options->bound_m / WM_CHART_MARGIN};
    wanmi_status status = wm_chart_work_open(&chart->host, transform, chart->datum, &p.work, error);
    if (status != WANMI_OK)
        return status;
    survey s;
    choose_grid(&p, &s);
    if (p.full)
        status = wm_error_memory(error);
    chart->degree = best_degree(&p, &s);
    chart->columns_per_degree = chart->columns / (chart->area.east - chart->area.west);
    chart->rows_per_degree = chart->rows / (chart->area.north - chart->area.south);
    if (status == WANMI_OK)
        status = s.met[chart->degree] != 0 ? fill_boxes(&p, s.met[chart->degree], error)
                                           : refuse(&p, &s, error);
    wm_free(&chart->host, p.fits, p.fit_capacity * sizeof *p.fits);
    wm_chart_work_close(&chart->host, p.work);
    return status;
}
