/* One position a call. What is certain is answered here, by the operations of the
 * kernels on one position; everything else goes the way of all positions. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "session.h"
#include "tile.h"

/* x and y side by side, as their coefficients stand. */
typedef double pair __attribute__((vector_size(16)));

static inline pair load_pair(const double *from)
{
    pair both;
    memcpy(&both, from, sizeof both);
    return both;
}

/* `degree` is a constant where this is called: all loops are unrolled. Formula:
 * wanmi_chart_view; the bits are those of wanmi_chart_forward. */
static inline __attribute__((always_inline)) void evaluate_box(const double *box, uint32_t degree,
                                                               double *x, double *y)
{
    const double *c = box + 4, u = *x - box[0], v = *y - box[1];
    pair p = load_pair(c);
    c += 2;
#pragma GCC unroll 16
    for (uint32_t power = degree; power-- > 0;) {
        pair q = load_pair(c);
        c += 2;
#pragma GCC unroll 16
        for (uint32_t j = power; j < degree; j++, c += 2)
            q = q * u + load_pair(c);
        p = p * v + q;
    }
    p += load_pair(box + 2);
    *x = p[0];
    *y = p[1];
}

/* x, y by a chart's polynomial; false where it does not cover the position. */
static bool evaluate(const wanmi_chart_view *view, double lon, double lat, double *x, double *y)
{
    /* Negated, so that NaN lies outside. */
    if (!(lon >= view->west && lon <= view->east && lat >= view->south && lat <= view->north))
        return false;
    uint32_t column = (uint32_t)((lon - view->west) * view->columns_per_degree);
    uint32_t row = (uint32_t)((lat - view->south) * view->rows_per_degree);
    column = column < view->columns ? column : view->columns - 1;
    row = row < view->rows ? row : view->rows - 1;
    uint32_t slot = view->slots[(size_t)row * view->columns + column];
    if (slot == WANMI_NONE)
        return false;
    const double *box = view->boxes + (size_t)slot * view->stride;
    *x = lon;
    *y = lat;
    switch (view->degree) {
    case 3: evaluate_box(box, 3, x, y); break;
    case 4: evaluate_box(box, 4, x, y); break;
    case 5: evaluate_box(box, 5, x, y); break;
    default: evaluate_box(box, view->degree, x, y); break;
    }
    return true;
}

/* The label of a place, or WM_LABEL_NONE where it is not certain. */
static uint32_t search_one(const wm_compiled *c, double x, double y)
{
    float uv[2];
    uint32_t word = wm_tile_at(c, x, y, uv), code = 0;
    if ((word & WM_LABEL) != 0)
        return word;
    const uint32_t *tree = wm_tree_at(c, word);
    while ((code & WM_CUT_LABEL) == 0) {
        wm_cut cut = wm_tree_cut(tree, code);
        float over = wm_cut_above(cut, uv);
        if (!(fabsf(over) > c->strip))
            return WM_LABEL_NONE;
        code = wm_cut_next(cut, over > 0);
    }
    return wm_tree_label(tree, code);
}

/* True where the position was answered. */
static bool locate_certain(wanmi_locator *l, wanmi_datum datum, double x, double y, uint32_t *cell)
{
    if (!l->fast || (uint32_t)datum > WANMI_DATUM_MAP)
        return false;
    if (datum == WANMI_DATUM_MAP) {
        if (!isfinite(x) || !isfinite(y))
            return false;
    } else {
        uint32_t of = wm_chart_datum((uint32_t)datum);
        if (l->charts[of] == NULL || !evaluate(&l->views[of], x, y, &x, &y))
            return false;
    }
    const wm_compiled *c = l->index->compiled;
    uint32_t label = search_one(c, x, y);
    if ((label & (WM_LABEL | WM_LABEL_SET)) != WM_LABEL)
        return false;
    *cell = wm_tuples_cell(&c->tuples, label & WM_LABEL_VALUE);
    return *cell != WANMI_NONE || (label & WM_LABEL_FAR) != 0;
}

static wanmi_status locate_any(wanmi_locator *locator, wanmi_datum datum, double x, double y,
                               int64_t instant_us, uint32_t *cell, wanmi_where *where,
                               wanmi_error *error)
{
    uint8_t found = WANMI_REJECTED;
    wanmi_positions positions;
    wanmi_positions_init(&positions);
    positions.count = 1;
    positions.x = &x;
    positions.y = &y;
    positions.datum = datum;
    positions.now_us = instant_us;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = cell;
    hits.where = &found;
    wanmi_status status = wanmi_locate(locator, &positions, &hits, error);
    if (status == WANMI_OK)
        *where = (wanmi_where)found;
    return status;
}

wanmi_status wanmi_locate_one(wanmi_locator *locator, wanmi_datum datum, double x, double y,
                              int64_t instant_us, uint32_t *cell, wanmi_where *where,
                              wanmi_error *error)
{
    uint32_t found;
    if (locator == NULL || cell == NULL || where == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_locate_one wants a locator and places for cell and where");
    if (!locate_certain(locator, datum, x, y, &found))
        return locate_any(locator, datum, x, y, instant_us, cell, where, error);
    locator->counts.positions++;
    locator->counts.certain++;
    *cell = found;
    *where = found != WANMI_NONE ? WANMI_INSIDE : WANMI_OUTSIDE;
    return WANMI_OK;
}
