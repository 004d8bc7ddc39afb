/* Positions through a chart, block by block.
 *
 * The common block lies whole in one box and goes straight through the kernel.
 * Any other is sorted by boxes first, so that the kernel always has positions of
 * one box side by side; what no box covers is left for PROJ. A position's box
 * never depends on its neighbours: its bits are the same in every batch.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "chart.h"

enum { BLOCK = 1024, NOBODY = 0xFFFF };

typedef struct batch {
    const wanmi_chart *chart;
    wanmi_transform *transform;
    const char *lon, *lat;
    size_t lon_stride, lat_stride;
    double *xs, *ys;
    uint8_t *reasons, *covered;
} batch;

/* A block's positions, and those of one box after another. */
typedef struct sorter {
    double lon[BLOCK], lat[BLOCK];
    double first[BLOCK], second[BLOCK];
    uint16_t ranks[BLOCK];                  /* of first and second in the block */
    uint16_t next[BLOCK];                   /* the next of the same box */
    uint16_t touched[BLOCK];                /* boxes met */
    uint16_t heads[WM_CHART_BOXES_MAX];     /* a box's last position, NOBODY between blocks */
} sorter;

static double number_at(const char *base, size_t stride, size_t i)
{
    double value;
    memcpy(&value, base + i * stride, sizeof value);
    return value;
}

/* ---- what the chart does not cover --------------------------------------------------- */

static void refuse(const batch *b, size_t i, double lon, double lat)
{
    wanmi_reason reason = wm_remove_datum(b->chart->datum, &lon, &lat);
    b->reasons[i] = (uint8_t)(reason != WANMI_REASON_NONE ? reason : WANMI_REASON_UNCOVERED);
    b->xs[i] = b->ys[i] = NAN;
}

static void ask_proj(const batch *b, sorter *s, size_t from, size_t count)
{
    uint8_t reasons[BLOCK];
    if (b->transform != NULL)
        wanmi_transform_forward(b->transform, b->chart->datum, count, s->first, 0, s->second, 0,
                                s->first, s->second, reasons, NULL);
    for (size_t k = 0; k < count; k++) {
        size_t i = from + s->ranks[k];
        if (b->covered != NULL)
            b->covered[i] = 0;
        if (b->transform == NULL) {
            refuse(b, i, s->first[k], s->second[k]);
            continue;
        }
        b->reasons[i] = reasons[k];
        b->xs[i] = s->first[k];
        b->ys[i] = s->second[k];
    }
}

/* ---- boxes ----------------------------------------------------------------------------- */

static const double *box_at(const wanmi_chart *c, uint32_t slot)
{
    return c->boxes + (size_t)slot * wm_chart_stride(c->degree);
}

static uint32_t part_of(double offset, double per_degree, uint32_t parts)
{
    uint32_t part = (uint32_t)(offset * per_degree);
    return part < parts ? part : parts - 1;
}

/* The number of a position's box in the grid; WANMI_NONE outside the area. */
static uint32_t cell_of(const wanmi_chart *c, double lon, double lat)
{
    /* Negated, so that NaN lies outside. */
    if (!(lon >= c->area.west && lon <= c->area.east && lat >= c->area.south && lat <= c->area.north))
        return WANMI_NONE;
    uint32_t column = part_of(lon - c->area.west, c->columns_per_degree, c->columns);
    uint32_t row = part_of(lat - c->area.south, c->rows_per_degree, c->rows);
    return row * c->columns + column;
}

static uint32_t slot_of(const wanmi_chart *c, double lon, double lat)
{
    uint32_t cell = cell_of(c, lon, lat);
    return cell != WANMI_NONE ? c->slots[cell] : WANMI_NONE;
}

/* The cell's sides that other cells share, moved inwards by far more than the
 * rounding of cell_of: what lies inside has this cell. */
static wm_area surely_in(const wanmi_chart *c, uint32_t cell)
{
    const uint32_t column = cell % c->columns, row = cell / c->columns;
    const double width = (c->area.east - c->area.west) / c->columns;
    const double height = (c->area.north - c->area.south) / c->rows;
    wm_area a = c->area;
    if (column != 0)
        a.west += width * (column + 1e-6);
    if (column + 1 != c->columns)
        a.east = c->area.west + width * (column + 1 - 1e-6);
    if (row != 0)
        a.south += height * (row + 1e-6);
    if (row + 1 != c->rows)
        a.north = c->area.south + height * (row + 1 - 1e-6);
    return a;
}

/* The box in which all positions surely lie, or NULL. */
static const double *common_box(const wanmi_chart *c, size_t count, const double *lon, const double *lat)
{
    const uint32_t cell = cell_of(c, lon[0], lat[0]);
    if (cell == WANMI_NONE || c->slots[cell] == WANMI_NONE)
        return NULL;
    const wm_area area = surely_in(c, cell);
    return c->code->all_inside(&area, count, lon, lat) ? box_at(c, c->slots[cell]) : NULL;
}

/* ---- sorting by boxes ---------------------------------------------------------------- */

/* Gives the number of boxes touched; in *left, how many no box covers: they
 * stand in first, second and ranks. */
static size_t sort(const wanmi_chart *c, sorter *s, size_t count, size_t *left)
{
    size_t boxes = 0, alone = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t slot = slot_of(c, s->lon[i], s->lat[i]);
        if (slot == WANMI_NONE) {
            s->first[alone] = s->lon[i];
            s->second[alone] = s->lat[i];
            s->ranks[alone++] = (uint16_t)i;
            continue;
        }
        if (s->heads[slot] == NOBODY)
            s->touched[boxes++] = (uint16_t)slot;
        s->next[i] = s->heads[slot];
        s->heads[slot] = (uint16_t)i;
    }
    *left = alone;
    return boxes;
}

static void evaluate_box(const batch *b, sorter *s, size_t from, uint32_t slot)
{
    const wanmi_chart *c = b->chart;
    size_t count = 0;
    for (uint16_t i = s->heads[slot]; i != NOBODY; i = s->next[i], count++) {
        s->first[count] = s->lon[i];
        s->second[count] = s->lat[i];
        s->ranks[count] = i;
    }
    s->heads[slot] = NOBODY;
    c->code->evaluate(box_at(c, slot), c->degree, count, s->first, s->second, s->first, s->second);
    for (size_t k = 0; k < count; k++) {
        b->xs[from + s->ranks[k]] = s->first[k];
        b->ys[from + s->ranks[k]] = s->second[k];
    }
}

/* s->lon and s->lat are copies: the block's own may be overwritten meanwhile. */
static void run_sorted(const batch *b, sorter *s, size_t from, size_t count)
{
    size_t left, boxes = sort(b->chart, s, count, &left);
    if (left != 0)
        ask_proj(b, s, from, left);
    for (size_t k = 0; k < boxes; k++)
        evaluate_box(b, s, from, s->touched[k]);
}

/* ---- a batch --------------------------------------------------------------------------- */

static void copy_in(const batch *b, sorter *s, size_t from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        s->lon[i] = number_at(b->lon, b->lon_stride, from + i);
        s->lat[i] = number_at(b->lat, b->lat_stride, from + i);
    }
}

static void run_block(const batch *b, sorter *s, size_t from, size_t count)
{
    const wanmi_chart *c = b->chart;
    const bool is_packed = b->lon_stride == sizeof(double) && b->lat_stride == sizeof(double) &&
                           ((uintptr_t)b->lon | (uintptr_t)b->lat) % sizeof(double) == 0;
    const double *lon = s->lon, *lat = s->lat;
    memset(b->reasons + from, WANMI_REASON_NONE, count);
    if (b->covered != NULL)
        memset(b->covered + from, 1, count);
    if (is_packed) {
        lon = (const double *)(const void *)b->lon + from;
        lat = (const double *)(const void *)b->lat + from;
    } else {
        copy_in(b, s, from, count);
    }
    const double *box = common_box(c, count, lon, lat);
    if (box != NULL) {
        c->code->evaluate(box, c->degree, count, lon, lat, b->xs + from, b->ys + from);
        return;
    }
    if (is_packed)
        copy_in(b, s, from, count);
    run_sorted(b, s, from, count);
}

static wanmi_status check(const batch *b, size_t count, wanmi_error *error)
{
    if (b->chart == NULL || (count != 0 && (b->lon == NULL || b->lat == NULL || b->xs == NULL ||
                                            b->ys == NULL || b->reasons == NULL)))
        return wm_error(error, WANMI_E_ARGUMENT, "a chart and all arrays must be given");
    if (b->transform == NULL)
        return WANMI_OK;
    const wanmi_crs *crs = wm_transform_crs(b->transform);
    if (crs != b->chart->crs && strcmp(crs->operation, b->chart->crs->operation) != 0)
        return wm_error(error, WANMI_E_ARGUMENT, "the transform is of another CRS than the chart");
    return WANMI_OK;
}

wanmi_status wanmi_chart_forward(const wanmi_chart *chart, wanmi_transform *transform, size_t count,
                                 const double *lon, size_t lon_stride, const double *lat,
                                 size_t lat_stride, double *xs, double *ys, uint8_t *reasons,
                                 uint8_t *covered, wanmi_error *error)
{
    const batch b = {chart, transform, (const char *)lon, (const char *)lat,
                     lon_stride != 0 ? lon_stride : sizeof *lon,
                     lat_stride != 0 ? lat_stride : sizeof *lat, xs, ys, reasons, covered};
    wanmi_status status = check(&b, count, error);
    if (status != WANMI_OK)
        return status;
    sorter s;
    memset(s.heads, 0xFF, chart->box_count * sizeof *s.heads);
    for (size_t from = 0; from < count; from += BLOCK)
        run_block(&b, &s, from, count - from < BLOCK ? count - from : BLOCK);
    return WANMI_OK;
}
