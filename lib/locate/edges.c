/* Edges by their rows: see edges.h. */
#include "edges.h"

#include <math.h>

/* Nearer than this to a wall, in metres, an edge may be on either side of it by
 * rounding; and what a stated position may be off. */
static const double NEAR_M = 1e-6;

/* The numbers of tiles between two places, with a little room on either side. */
static wm_tiles between(const wm_walls *walls, double low, double high)
{
    double first = floor((low - NEAR_M - walls->start) * walls->per_step);
    double last = floor((high + NEAR_M - walls->start) * walls->per_step);
    double end = walls->count - 1.0;
    return (wm_tiles){(uint32_t)(first < 0 ? 0 : first > end ? end : first),
                  (uint32_t)(last < 0 ? 0 : last > end ? end : last)};
}

static wm_tiles rows_of(const wm_row_edges *e, const double *a, const double *b)
{
    return between(&e->to->plane.y, fmin(a[1], b[1]), fmax(a[1], b[1]));
}

wm_tiles wm_edge_columns(const wm_plane *plane, const double *a, const double *b, uint32_t row)
{
    const wm_walls *y = &plane->y;
    if (a[1] > b[1]) {
        const double *swap = a;
        a = b;
        b = swap;
    }
    double low = wm_wall(y, row) - NEAR_M, high = wm_wall(y, row + 1) + NEAR_M;
    double x0 = a[0], x1 = b[0], slope = b[1] > a[1] ? (b[0] - a[0]) / (b[1] - a[1]) : 0;
    if (a[1] < low)
        x0 += (low - a[1]) * slope;
    if (b[1] > high)
        x1 += (high - b[1]) * slope;
    /* Rounding may carry a place beyond the edge's ends, never the edge itself. */
    double left = fmin(a[0], b[0]), right = fmax(a[0], b[0]);
    return between(&plane->x, fmax(left, fmin(x0, x1)), fmin(right, fmax(x0, x1)));
}

/* Marks the blocks whose tiles may differ: an edge along a wall inside a block parts
 * them without crossing one. */
static void mark_busy(wm_row_edges *e, const double *a, const double *b, uint32_t row)
{
    const wm_plane *p = &e->to->plane;
    uint32_t bits = e->to->block_bits;
    wm_tiles columns = wm_edge_columns(p, a, b, row);
    int64_t size = 1 << bits, south = (int64_t)(row >> bits) * size;
    if (fmin(a[1], b[1]) >= wm_wall(&p->y, south + size) || fmax(a[1], b[1]) <= wm_wall(&p->y, south))
        return;
    for (uint32_t block = columns.first >> bits; block <= columns.last >> bits; block++) {
        int64_t west = (int64_t)block * size;
        if (fmin(a[0], b[0]) < wm_wall(&p->x, west + size) && fmax(a[0], b[0]) > wm_wall(&p->x, west))
            e->busy[(row >> bits) * e->to->block_columns + block] = 1;
    }
}

typedef void (*edge_fn)(wm_row_edges *e, uint32_t area, uint32_t point);

static void for_each_edge(wm_row_edges *e, edge_fn edge)
{
    for (uint32_t area = 0; area < e->index->area_count; area++) {
        wanmi_area_rings rings;
        wanmi_map_area_rings(e->index->map, area, &rings);
        e->xy = rings.xy;
        for (uint32_t r = 0; r < rings.ring_count; r++)
            for (uint32_t p = rings.points[r]; p + 1 < rings.points[r + 1]; p++)
                edge(e, area, p);
    }
}

static void count_edge(wm_row_edges *e, uint32_t area, uint32_t point)
{
    (void)area;
    const double *a = e->xy + 2 * (size_t)point;
    wm_tiles rows = rows_of(e, a, a + 2);
    for (uint32_t row = rows.first; row <= rows.last; row++)
        e->row_starts[row + 1]++;
}

static void put_edge(wm_row_edges *e, uint32_t area, uint32_t point)
{
    const double *a = e->xy + 2 * (size_t)point;
    wm_tiles rows = rows_of(e, a, a + 2);
    for (uint32_t row = rows.first; row <= rows.last; row++) {
        e->entries[e->row_starts[row]++] = (wm_entry){area, point};
        mark_busy(e, a, a + 2, row);
    }
}

/* Counting sort: areas ascend within each row. */
bool wm_row_edges_sort(wm_row_edges *e)
{
    size_t rows = e->to->plane.y.count;
    e->row_starts = wm_alloc_zero(e->index->host, wm_product(rows + 2, sizeof *e->row_starts));
    e->busy = wm_alloc_zero(e->index->host, wm_product(e->to->block_columns, e->to->block_rows));
    if (e->row_starts == NULL || e->busy == NULL)
        return false;
    for_each_edge(e, count_edge);
    for (size_t row = 0; row < rows; row++)
        e->row_starts[row + 1] += e->row_starts[row];
    e->entry_count = e->row_starts[rows];
    e->entries = wm_alloc(e->index->host, wm_product(e->entry_count, sizeof *e->entries));
    if (e->entries == NULL)
        return false;
    for_each_edge(e, put_edge);     /* leaves each start at its end: the next row's start */
    memmove(e->row_starts + 1, e->row_starts, rows * sizeof *e->row_starts);
    e->row_starts[0] = 0;
    return true;
}

void wm_row_edges_drop(wm_row_edges *e)
{
    const wanmi_host *host = e->index->host;
    wm_free(host, e->entries, e->entry_count * sizeof *e->entries);
    wm_free(host, e->row_starts, (e->to->plane.y.count + (size_t)2) * sizeof *e->row_starts);
    wm_free(host, e->busy, (size_t)e->to->block_columns * e->to->block_rows);
}

size_t wm_edge_count(const wanmi_index *index)
{
    size_t count = 0;
    for (uint32_t area = 0; area < index->area_count; area++) {
        wanmi_area_rings rings;
        wanmi_map_area_rings(index->map, area, &rings);
        for (uint32_t r = 0; r < rings.ring_count; r++)
            count += rings.points[r + 1] - rings.points[r] - 1;
    }
    return count;
}
