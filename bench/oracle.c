/* See oracle.h. */
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum { COVERING_MAX = 4096, EDGES_A_BAND = 4, BANDS_MAX = 65536, GRID_MAX = 4096 };
/* Shewchuk 1997: the sign of a 2 x 2 determinant of differences is certain above it. */
static const double CERTAIN = (3 + 16 * 0x1p-53) * 0x1p-53;

typedef struct area {
    double min_x, min_y, max_x, max_y;
    double bands_a_metre;
    uint32_t bands;
    uint32_t first_band;            /* of the oracle's bands */
} area;

struct bench_oracle {
    bench_rules rules;
    const double *xy;               /* the map's own */
    area *areas;
    size_t *bands;                  /* starts in `edges`, one more than bands */
    uint32_t *edges;                /* numbers of their first points */
    size_t band_count, edge_room;
    double min_x, min_y, columns_a_metre, rows_a_metre;
    uint32_t columns, rows;
    uint32_t *grid, *listed;        /* starts of each cell's areas; areas */
};

/* ---- bands: the edges of an area by height ------------------------------------------------ */

static uint32_t step_of(double at, double origin, double scale, uint32_t count)
{
    double step = (at - origin) * scale;
    if (!(step > 0))
        return 0;
    return step >= count ? count - 1 : (uint32_t)step;
}

/* `what` is called for each edge and band that meet. Monotone in y, so an edge
 * that reaches a point's height is in the point's band. */
static size_t each_edge(const bench_oracle *o, const wanmi_area_rings *rings, const area *a, size_t *counts,
                        uint32_t *edges)
{
    size_t met = 0;
    for (uint32_t r = 0; r < rings->ring_count; r++) {
        for (uint32_t i = rings->points[r]; i + 1 < rings->points[r + 1]; i++) {
            double y0 = o->xy[2 * (size_t)i + 1], y1 = o->xy[2 * (size_t)i + 3];
            uint32_t last = step_of(fmax(y0, y1), a->min_y, a->bands_a_metre, a->bands);
            for (uint32_t b = step_of(fmin(y0, y1), a->min_y, a->bands_a_metre, a->bands); b <= last; b++) {
                met++;
                if (edges != NULL)
                    edges[counts[b]++] = i;
                else
                    counts[b]++;
            }
        }
    }
    return met;
}

static void add_bands(bench_oracle *o, const wanmi_map *map, uint32_t number, size_t *band_room)
{
    wanmi_area_info info;
    wanmi_area_rings rings;
    area *a = &o->areas[number];
    wanmi_map_area(map, number, &info);
    wanmi_map_area_rings(map, number, &rings);
    o->xy = rings.xy;
    *a = (area){.min_x = info.min_x, .min_y = info.min_y, .max_x = info.max_x, .max_y = info.max_y};
    uint32_t edges = rings.points[rings.ring_count] - rings.points[0];
    a->bands = edges / EDGES_A_BAND < 1 ? 1 : edges / EDGES_A_BAND > BANDS_MAX ? BANDS_MAX : edges / EDGES_A_BAND;
    a->bands_a_metre = a->bands / fmax(a->max_y - a->min_y, 1e-9);
    a->first_band = (uint32_t)o->band_count;
    if (*band_room < o->band_count + a->bands + 1) {
        *band_room = 2 * (o->band_count + a->bands + 1);
        o->bands = bench_memory_more(o->bands, *band_room * sizeof *o->bands);
    }
    size_t *counts = bench_memory(a->bands * sizeof *counts), start = o->bands[o->band_count];
    memset(counts, 0, a->bands * sizeof *counts);
    size_t met = each_edge(o, &rings, a, counts, NULL);
    if (o->edge_room < start + met) {
        o->edge_room = 2 * (start + met);
        o->edges = bench_memory_more(o->edges, o->edge_room * sizeof *o->edges);
    }
    for (uint32_t b = 0; b < a->bands; b++) {
        size_t in_band = counts[b];
        counts[b] = start;
        start += in_band;
        o->bands[++o->band_count] = start;
    }
    each_edge(o, &rings, a, counts, o->edges);
    free(counts);
}

/* ---- the grid: the areas whose boxes are near ------------------------------------------------ */

static void find_grid(bench_oracle *o)
{
    double max_x = -INFINITY, max_y = -INFINITY;
    o->min_x = o->min_y = INFINITY;
    for (uint32_t i = 0; i < o->rules.count; i++) {
        o->min_x = fmin(o->min_x, o->areas[i].min_x);
        o->min_y = fmin(o->min_y, o->areas[i].min_y);
        max_x = fmax(max_x, o->areas[i].max_x);
        max_y = fmax(max_y, o->areas[i].max_y);
    }
    double width = fmax(max_x - o->min_x, 1e-9), height = fmax(max_y - o->min_y, 1e-9);
    double side = sqrt(width * height / (2.0 * o->rules.count));
    o->columns = (uint32_t)fmin(fmax(width / side, 1), GRID_MAX);
    o->rows = (uint32_t)fmin(fmax(height / side, 1), GRID_MAX);
    o->columns_a_metre = o->columns / width;
    o->rows_a_metre = o->rows / height;
}

static void list_area(bench_oracle *o, uint32_t number, bool count_only)
{
    const area *a = &o->areas[number];
    uint32_t last_column = step_of(a->max_x, o->min_x, o->columns_a_metre, o->columns);
    uint32_t last_row = step_of(a->max_y, o->min_y, o->rows_a_metre, o->rows);
    for (uint32_t row = step_of(a->min_y, o->min_y, o->rows_a_metre, o->rows); row <= last_row; row++)
        for (uint32_t c = step_of(a->min_x, o->min_x, o->columns_a_metre, o->columns); c <= last_column; c++) {
            uint32_t *place = &o->grid[row * o->columns + c];
            if (count_only)
                ++*place;
            else
                o->listed[--*place] = number;
        }
}

static void fill_grid(bench_oracle *o)
{
    size_t count = (size_t)o->columns * o->rows;
    o->grid = bench_memory((count + 1) * sizeof *o->grid);
    memset(o->grid, 0, (count + 1) * sizeof *o->grid);
    for (uint32_t i = 0; i < o->rules.count; i++)
        if (o->rules.valid[i])
            list_area(o, i, true);
    for (size_t i = 1; i <= count; i++)     /* ends; listing makes starts of them */
        o->grid[i] += o->grid[i - 1];
    o->listed = bench_memory(o->grid[count] * sizeof *o->listed);
    for (uint32_t i = 0; i < o->rules.count; i++)
        if (o->rules.valid[i])
            list_area(o, i, false);
}

bench_oracle *bench_oracle_open(const wanmi_map *map, int64_t instant_us)
{
    size_t band_room = 1;
    bench_oracle *o = bench_memory(sizeof *o);
    *o = (bench_oracle){.bands = bench_memory(sizeof(size_t))};
    o->bands[0] = 0;
    bench_rules_open(&o->rules, map, instant_us);
    o->areas = bench_memory(o->rules.count * sizeof *o->areas);
    for (uint32_t i = 0; i < o->rules.count; i++)
        add_bands(o, map, i, &band_room);
    find_grid(o);
    fill_grid(o);
    return o;
}

void bench_oracle_close(bench_oracle *o)
{
    bench_rules_close(&o->rules);
    free(o->areas);
    free(o->bands);
    free(o->edges);
    free(o->grid);
    free(o->listed);
    free(o);
}

/* ---- asking --------------------------------------------------------------------------------- */

/* On which side of a to b: 1 left, -1 right, 0 on the line. */
static int side(GEOSContextHandle_t geos, const double *a, const double *b, double x, double y)
{
    double left = (a[0] - x) * (b[1] - y), right = (a[1] - y) * (b[0] - x), det = left - right;
    if (fabs(det) > CERTAIN * (fabs(left) + fabs(right)))
        return det > 0 ? 1 : -1;
    return GEOSOrientationIndex_r(geos, a[0], a[1], b[0], b[1], x, y);
}

/* A ray from the point eastwards: whether it crosses the edge. The point on the
 * edge: `on` is set. A crossing at a corner counts for the edge that goes on above. */
static bool crosses(GEOSContextHandle_t geos, const double *a, double x, double y, bool *on)
{
    const double *b = a + 2;
    if (a[0] < x && b[0] < x)
        return false;
    if (b[0] == x && b[1] == y)
        *on = true;
    if (a[1] == y && b[1] == y && x >= fmin(a[0], b[0]) && x <= fmax(a[0], b[0]))
        *on = true;
    if ((a[1] > y) == (b[1] > y))
        return false;
    int sign = side(geos, a, b, x, y);
    if (sign == 0)
        *on = true;
    return (b[1] < a[1] ? -sign : sign) > 0;
}

static bool covered(const bench_oracle *o, GEOSContextHandle_t geos, const area *a, double x, double y)
{
    if (x < a->min_x || x > a->max_x || y < a->min_y || y > a->max_y)
        return false;
    const size_t *band = o->bands + a->first_band + step_of(y, a->min_y, a->bands_a_metre, a->bands);
    bool odd = false, on = false;
    for (size_t i = band[0]; i < band[1] && !on; i++)
        odd ^= crosses(geos, o->xy + 2 * (size_t)o->edges[i], x, y, &on);
    return odd || on;
}

static size_t covering(const bench_oracle *o, GEOSContextHandle_t geos, double x, double y, uint32_t *found)
{
    size_t count = 0;
    if (!isfinite(x) || !isfinite(y))
        return 0;
    const uint32_t *place = o->grid + (size_t)step_of(y, o->min_y, o->rows_a_metre, o->rows) * o->columns +
                            step_of(x, o->min_x, o->columns_a_metre, o->columns);
    for (uint32_t i = place[0]; i < place[1]; i++)
        if (covered(o, geos, &o->areas[o->listed[i]], x, y) && count < COVERING_MAX)
            found[count++] = o->listed[i];
    return count;
}

void bench_oracle_ask(const bench_oracle *o, GEOSContextHandle_t geos, const double *x, const double *y,
                      size_t count, bench_answers *answers)
{
    bench_list_restart(answers);
    for (size_t i = 0; i < count; i++) {
        uint32_t found[COVERING_MAX];
        size_t areas = covering(o, geos, x[i], y[i], found);
        bench_rules_apply(&o->rules, BENCH_ALL_LAYERS, found, areas, answers, i);
    }
}
