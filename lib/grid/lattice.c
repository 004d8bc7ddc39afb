/* Rings with a node wherever they cross a lattice line: see lattice.h.
 *
 * A crossing has its lattice coordinate exactly; the other is rounded once, from
 * the edge's ends in sorted order, so that two areas which share the edge get
 * the same bits. Crossings are put in order by their rounded coordinates and
 * kept between their neighbours, so every part of an edge lies in one closed
 * square whatever the rounding was. After that nothing is computed any more:
 * squares, walls and cells only pick from these nodes.
 */
#include "lattice.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/error.h"

enum { LINES_MAX = 1 << 29, CROSSINGS_MAX = 1 << 28 };

static int64_t index_of(double origin, double size, double at)
{
    int64_t i = (int64_t)floor((at - origin) / size);
    while (origin + (double)i * size > at)
        i--;
    while (origin + (double)(i + 1) * size <= at)
        i++;
    return i;
}

int64_t wm_column_of(const wm_lattice *l, double x)
{
    return index_of(l->origin_x, l->size, x);
}

int64_t wm_row_of(const wm_lattice *l, double y)
{
    return index_of(l->origin_y, l->size, y);
}

void wm_noded_init(wm_noded *noded, const wanmi_host *host)
{
    *noded = (wm_noded){.host = host};
    wm_polygons_init(&noded->shape, host);
}

void wm_noded_drop(wm_noded *noded)
{
    const wanmi_host *host = noded->host;
    wm_polygons_drop(&noded->shape);
    wm_free(host, noded->borders, noded->border_room * sizeof *noded->borders);
    wm_free(host, noded->crossed, noded->crossed_room * sizeof *noded->crossed);
    for (int i = 0; i < 2; i++)
        wm_free(host, noded->walls[i].items, noded->walls[i].room * sizeof *noded->walls[i].items);
    *noded = (wm_noded){.host = host};
}

/* ---- what is close enough to be a line ---------------------------------------------- */

/* Closer than rounding can tell: a few last bits. */
static double closeness(wm_xy a, wm_xy b)
{
    return 4 * DBL_EPSILON * fmax(fmax(fabs(a.x), fabs(b.x)), fmax(fabs(a.y), fabs(b.y)));
}

static double to_line(double origin, double size, double at, double close)
{
    double line = origin + round((at - origin) / size) * size;
    return fabs(line - at) <= close ? line : at;
}

/* A vertex so close to a line that both edges at it would cross the line in the
 * same rounded point is put on the line. */
static wm_xy snap(const wm_lattice *l, wm_xy p)
{
    double close = closeness(p, p);
    return (wm_xy){to_line(l->origin_x, l->size, p.x, close),
                   to_line(l->origin_y, l->size, p.y, close)};
}

/* ---- crossings of one edge ---------------------------------------------------------- */

static double keep_between(double value, double a, double b)
{
    return fmax(fmin(a, b), fmin(fmax(a, b), value));
}

/* Appends to noded->crossed, from `a` (the left, or lower, end) to `b`. */
static bool cross_edge(wm_noded *noded, const wm_lattice *l, wm_xy a, wm_xy b, size_t *count)
{
    double dx = b.x - a.x, dy = b.y - a.y;
    int64_t column = wm_column_of(l, a.x) + 1, row = wm_row_of(l, a.y), step = dy < 0 ? -1 : 1;
    if (dy > 0)
        row++;
    else if (wm_line_y(l, row) == a.y)
        row--;
    double close = closeness(a, b);
    wm_xy last = a;
    for (;;) {
        double line_x = wm_line_x(l, column), line_y = wm_line_y(l, row);
        bool cross_x = line_x < b.x, cross_y = dy > 0 ? line_y < b.y : dy < 0 && line_y > b.y;
        if (!cross_x && !cross_y)
            return true;
        wm_xy p = {cross_x ? line_x : b.x, line_y};
        double y = keep_between(a.y + (p.x - a.x) / dx * dy, last.y, b.y);
        if (cross_x && cross_y && fabs(y - line_y) <= close) {
            column++, row += step;
        } else if (cross_x && (!cross_y || (y - line_y) * dy < 0)) {
            p.y = y;
            column++;
        } else {
            p.x = keep_between(a.x + (line_y - a.y) / dy * dx, last.x, p.x);
            row += step;
        }
        if (!wm_reserve(noded->host, (void **)&noded->crossed, &noded->crossed_room, *count + 1,
                        sizeof *noded->crossed))
            return false;
        noded->crossed[(*count)++] = last = p;
    }
}

static bool add_edge(wm_noded *noded, const wm_lattice *l, wm_xy a, wm_xy b)
{
    bool swap = b.x < a.x || (b.x == a.x && b.y < a.y);
    size_t count = 0;
    if (a.x == b.x && a.y == b.y)
        return true;
    if (!wm_polygons_add_point(&noded->shape, a.x, a.y) ||
        !cross_edge(noded, l, swap ? b : a, swap ? a : b, &count))
        return false;
    for (size_t i = 0; i < count; i++) {
        wm_xy p = noded->crossed[swap ? count - 1 - i : i];
        if (!wm_polygons_add_point(&noded->shape, p.x, p.y))
            return false;
    }
    return true;
}

/* ---- what each part of a ring is ---------------------------------------------------- */

/* A node and the square to its upper right. */
typedef struct place {
    wm_xy p;
    int64_t column, row;
    bool on_column, on_row;     /* on that square's left line, on its lower line */
} place;

static place place_of(const wm_lattice *l, wm_xy p)
{
    place at = {.p = p, .column = wm_column_of(l, p.x), .row = wm_row_of(l, p.y)};
    at.on_column = wm_line_x(l, at.column) == p.x;
    at.on_row = wm_line_y(l, at.row) == p.y;
    return at;
}

static bool add_border(wm_noded *noded, const place *a, const place *b, bool turn)
{
    if ((a->p.x == b->p.x && a->on_column) || (a->p.y == b->p.y && a->on_row))
        return true;            /* along a line: walls are made from their nodes */
    if (!wm_reserve(noded->host, (void **)&noded->borders, &noded->border_room,
                    noded->border_count + 1, sizeof *noded->borders))
        return false;
    noded->borders[noded->border_count++] = (wm_border){
        (int32_t)(a->p.y < b->p.y ? a->row : b->row),
        (int32_t)(a->p.x < b->p.x ? a->column : b->column),
        turn ? (wm_edge){b->p, a->p} : (wm_edge){a->p, b->p}};
    return true;
}

static unsigned leaves(double here, double there)
{
    return there > here ? 1u << WM_GREATER : there < here ? 1u << WM_LESSER : 0;
}

static bool add_wall_node(wm_noded *noded, int which, int64_t line, double at, unsigned crossings)
{
    wm_wall_nodes *walls = &noded->walls[which];
    if (!wm_reserve(noded->host, (void **)&walls->items, &walls->room, walls->count + 1,
                    sizeof *walls->items))
        return false;
    walls->items[walls->count++] = (wm_wall_node){(int32_t)line, (uint8_t)crossings, 0, at};
    return true;
}

static bool add_wall_nodes(wm_noded *noded, const place *before, const place *here, const place *after)
{
    if (here->on_row &&
        !add_wall_node(noded, WM_ROW_LINES, here->row, here->p.x,
                       leaves(here->p.y, before->p.y) ^ leaves(here->p.y, after->p.y)))
        return false;
    return !here->on_column ||
           add_wall_node(noded, WM_COLUMN_LINES, here->column, here->p.y,
                         leaves(here->p.x, before->p.x) ^ leaves(here->p.x, after->p.x));
}

/* `turn`: the ring runs with the area on its right. */
static bool sort_out_ring(wm_noded *noded, const wm_lattice *l, size_t start, size_t end, bool turn)
{
    const wm_xy *points = noded->shape.points;
    place before = place_of(l, points[end - 1]), here = place_of(l, points[start]);
    for (size_t i = start; i < end; i++) {
        place after = place_of(l, points[i + 1 < end ? i + 1 : start]);
        if (!add_border(noded, &here, &after, turn) || !add_wall_nodes(noded, &before, &here, &after))
            return false;
        before = here;
        here = after;
    }
    return true;
}

/* ---- sorting ------------------------------------------------------------------------ */

static int compare_borders(const void *left, const void *right)
{
    const wm_border *a = left, *b = right;
    if (a->row != b->row)
        return a->row > b->row ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

static int compare_wall_nodes(const void *left, const void *right)
{
    const wm_wall_node *a = left, *b = right;
    if (a->line != b->line)
        return a->line < b->line ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

/* A line begins outside; each odd number of edges that leaves it to one side
 * changes what lies on that side. */
static void sort_walls(wm_wall_nodes *walls)
{
    qsort(walls->items, walls->count, sizeof *walls->items, compare_wall_nodes);
    size_t kept = 0;
    for (size_t i = 0; i < walls->count; i++) {
        wm_wall_node *last = kept > 0 ? &walls->items[kept - 1] : NULL;
        if (last != NULL && compare_wall_nodes(last, &walls->items[i]) == 0)
            last->crossings ^= walls->items[i].crossings;
        else
            walls->items[kept++] = walls->items[i];
    }
    walls->count = kept;
    for (size_t i = 0; i < kept; i++) {
        wm_wall_node *node = &walls->items[i];
        bool same_line = i > 0 && node[-1].line == node->line;
        node->inside = (same_line ? node[-1].inside : 0) ^ node->crossings;
    }
}

bool wm_walls_walk(const wm_wall_nodes *walls, int32_t line, double from, double to, int side,
                   wm_wall_fn report, void *user)
{
    size_t low = 0, high = walls->count;
    const wm_wall_node *nodes = walls->items;
    while (low < high) {        /* the first node behind `from` */
        size_t middle = low + (high - low) / 2;
        if (nodes[middle].line < line || (nodes[middle].line == line && nodes[middle].at <= from))
            low = middle + 1;
        else
            high = middle;
    }
    bool inside = low > 0 && nodes[low - 1].line == line && (nodes[low - 1].inside >> side & 1);
    for (size_t i = low; i < walls->count && nodes[i].line == line && nodes[i].at < to; i++) {
        if (inside && !report(user, from, nodes[i].at))
            return false;
        from = nodes[i].at;
        inside = nodes[i].inside >> side & 1;
    }
    return !inside || report(user, from, to);
}

/* ---- the whole ---------------------------------------------------------------------- */

static wanmi_status check_extent(const wm_lattice *l, const wm_polygons *area, wanmi_error *error)
{
    double reach = 0, crossings = 0;
    for (size_t r = 0; r < area->ring_count; r++) {
        size_t start = wm_polygons_ring_start(area, r);
        for (size_t i = start; i < area->ring_ends[r]; i++) {
            wm_xy a = area->points[i], b = area->points[i + 1 < area->ring_ends[r] ? i + 1 : start];
            reach = fmax(reach, fmax(fabs(a.x - l->origin_x), fabs(a.y - l->origin_y)) / l->size);
            crossings += (fabs(a.x - b.x) + fabs(a.y - b.y)) / l->size;
        }
    }
    if (reach < LINES_MAX && crossings < CROSSINGS_MAX)
        return WANMI_OK;
    return wm_error(error, WANMI_E_LIMIT, "a lattice of %.9g m is too fine for it", l->size);
}

static bool node_ring(wm_noded *noded, const wm_lattice *l, const wm_grid_geos *geos,
                      const wm_polygons *area, size_t ring, bool is_shell)
{
    size_t start = wm_polygons_ring_start(area, ring), end = area->ring_ends[ring];
    size_t fresh = noded->shape.point_count;
    for (size_t i = start; i < end; i++)
        if (!add_edge(noded, l, snap(l, area->points[i]),
                      snap(l, area->points[i + 1 < end ? i + 1 : start])))
            return false;
    if (noded->shape.point_count < fresh + 3)
        return wm_polygons_end_ring(&noded->shape); /* collapsed: the area will be refused */
    bool left = wm_ring_turn(geos, area->points + start, end - start) > 0;
    return wm_polygons_end_ring(&noded->shape) &&
           sort_out_ring(noded, l, fresh, noded->shape.point_count, left != is_shell);
}

wanmi_status wm_noded_make(wm_noded *noded, const wm_lattice *lattice, const wm_grid_geos *geos,
                           const wm_polygons *area, wanmi_error *error)
{
    wm_polygons_clear(&noded->shape);
    noded->border_count = noded->walls[0].count = noded->walls[1].count = 0;
    wanmi_status status = check_extent(lattice, area, error);
    if (status != WANMI_OK)
        return status;
    wm_sum sum = {0, 0};
    for (size_t p = 0; p < area->polygon_count; p++) {
        size_t first = wm_polygons_polygon_start(area, p);
        for (size_t r = first; r < area->polygon_ends[p]; r++)
            if (!node_ring(noded, lattice, geos, area, r, r == first))
                return wm_error_memory(error);
        if (!wm_polygons_end_polygon(&noded->shape))
            return wm_error_memory(error);
        wm_sum_add(&sum, wm_polygons_polygon_area(&noded->shape, p));
    }
    noded->area = wm_sum_value(&sum);
    if (noded->border_count != 0)
        qsort(noded->borders, noded->border_count, sizeof *noded->borders, compare_borders);
    for (int i = 0; i < 2; i++)
        if (noded->walls[i].count != 0)
            sort_walls(&noded->walls[i]);
    return WANMI_OK;
}
