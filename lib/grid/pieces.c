/* The pieces of an area, square by square: see pieces.h.
 *
 * A square's piece is bounded by the borders that run through the square and by
 * those parts of its four walls whose side towards the square lies inside the
 * area. Both come from the same nodes, so neighbours meet node by node. A square
 * that nothing touches but corners is wholly in or wholly out; rows of such
 * squares are taken from the lines below them without looking at each.
 */
#include "pieces.h"

#include <stdlib.h>

#include "base/error.h"

enum { PIECES_MAX = 1 << 27 };

typedef struct square { int32_t row, column; } square;

typedef struct squares {
    square *items;
    size_t count, room;
} squares;

void wm_pieces_init(wm_pieces *pieces, const wanmi_host *host, const wm_grid_geos *geos,
                    const wm_lattice *lattice, double least)
{
    *pieces = (wm_pieces){.host = host, .lattice = *lattice, .geos = geos, .least = least};
    wm_polygons_init(&pieces->shape, host);
    wm_tracer_init(&pieces->tracer, host, geos);
}

void wm_pieces_drop(wm_pieces *pieces)
{
    wm_free(pieces->host, pieces->items, pieces->room * sizeof *pieces->items);
    wm_polygons_drop(&pieces->shape);
    wm_tracer_drop(&pieces->tracer);
    wm_edges_drop(pieces->host, &pieces->edges);
}

static int compare_squares(const void *left, const void *right)
{
    const square *a = left, *b = right;
    if (a->row != b->row)
        return a->row > b->row ? -1 : 1;
    return a->column < b->column ? -1 : a->column > b->column;
}

static int compare_pieces(const void *left, const void *right)
{
    const wm_piece *a = left, *b = right;
    if (a->row != b->row)
        return a->row > b->row ? -1 : 1;
    if (a->column != b->column)
        return a->column < b->column ? -1 : 1;
    if (a->y != b->y)
        return a->y > b->y ? -1 : 1;
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->polygon < b->polygon ? -1 : a->polygon > b->polygon;
}

/* ---- which squares the area's nodes touch ------------------------------------------- */

static bool add_square(const wanmi_host *host, squares *list, int64_t row, int64_t column)
{
    square s = {(int32_t)row, (int32_t)column};
    if (list->count > 0 && compare_squares(&list->items[list->count - 1], &s) == 0)
        return true;
    if (!wm_reserve(host, (void **)&list->items, &list->room, list->count + 1, sizeof s))
        return false;
    list->items[list->count++] = s;
    return true;
}

static bool add_wall_squares(wm_pieces *p, const wm_noded *noded, squares *list)
{
    const wm_lattice *l = &p->lattice;
    const wm_wall_nodes *rows = &noded->walls[WM_ROW_LINES], *columns = &noded->walls[WM_COLUMN_LINES];
    for (size_t i = 0; i < rows->count; i++) {
        const wm_wall_node *n = &rows->items[i];
        int64_t column = wm_column_of(l, n->at);
        if (wm_line_x(l, column) != n->at && (!add_square(p->host, list, n->line, column) ||
                                              !add_square(p->host, list, n->line - 1, column)))
            return false;
    }
    for (size_t i = 0; i < columns->count; i++) {
        const wm_wall_node *n = &columns->items[i];
        int64_t row = wm_row_of(l, n->at);
        if (wm_line_y(l, row) != n->at && (!add_square(p->host, list, row, n->line) ||
                                           !add_square(p->host, list, row, n->line - 1)))
            return false;
    }
    return true;
}

static bool find_touched(wm_pieces *p, const wm_noded *noded, squares *list)
{
    for (size_t i = 0; i < noded->border_count; i++)
        if (!add_square(p->host, list, noded->borders[i].row, noded->borders[i].column))
            return false;
    if (!add_wall_squares(p, noded, list))
        return false;
    if (list->count != 0)
        qsort(list->items, list->count, sizeof *list->items, compare_squares);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || compare_squares(&list->items[kept - 1], &list->items[i]) != 0)
            list->items[kept++] = list->items[i];
    list->count = kept;
    return true;
}

/* ---- one touched square ------------------------------------------------------------- */

/* Walls are walked counter-clockwise, the square on their left. */
typedef struct wall {
    wm_pieces *pieces;
    double line;
    bool column, backwards;
} wall;

static bool add_wall(void *user, double a, double b)
{
    const wall *w = user;
    double from = w->backwards ? b : a, to = w->backwards ? a : b;
    wm_xy p = w->column ? (wm_xy){w->line, from} : (wm_xy){from, w->line};
    wm_xy q = w->column ? (wm_xy){w->line, to} : (wm_xy){to, w->line};
    return wm_edges_add(w->pieces->host, &w->pieces->edges, p, q);
}

static bool add_walls(wm_pieces *p, const wm_noded *noded, square s)
{
    double west = wm_line_x(&p->lattice, s.column), east = wm_line_x(&p->lattice, s.column + 1);
    double south = wm_line_y(&p->lattice, s.row), north = wm_line_y(&p->lattice, s.row + 1);
    const wm_wall_nodes *rows = &noded->walls[WM_ROW_LINES], *columns = &noded->walls[WM_COLUMN_LINES];
    wall below = {p, south, false, false}, right = {p, east, true, false};
    wall above = {p, north, false, true}, left = {p, west, true, true};
    return wm_walls_walk(rows, s.row, west, east, WM_GREATER, add_wall, &below) &&
           wm_walls_walk(columns, s.column + 1, south, north, WM_LESSER, add_wall, &right) &&
           wm_walls_walk(rows, s.row + 1, west, east, WM_LESSER, add_wall, &above) &&
           wm_walls_walk(columns, s.column, south, north, WM_GREATER, add_wall, &left);
}

static bool add_piece(wm_pieces *p, square s, size_t polygon, double area, double x, double y)
{
    if (!wm_reserve(p->host, (void **)&p->items, &p->room, p->count + 1, sizeof *p->items))
        return false;
    p->items[p->count++] =
        (wm_piece){s.row, s.column, (uint32_t)polygon, 0, WM_PIECE_NONE, area, x, y};
    return true;
}

/* The mean of the shell's nodes: only an order among the pieces of one square. */
static bool add_traced(wm_pieces *p, square s, size_t polygon)
{
    size_t shell = wm_polygons_polygon_start(&p->shape, polygon);
    size_t start = wm_polygons_ring_start(&p->shape, shell), end = p->shape.ring_ends[shell];
    double x = 0, y = 0;
    for (size_t i = start; i < end; i++) {
        x += p->shape.points[i].x - p->shape.points[start].x;
        y += p->shape.points[i].y - p->shape.points[start].y;
    }
    x = x / (double)(end - start) + p->shape.points[start].x;
    y = y / (double)(end - start) + p->shape.points[start].y;
    return add_piece(p, s, polygon, wm_polygons_polygon_area(&p->shape, polygon), x, y);
}

static wanmi_status cut_square(wm_pieces *p, const wm_noded *noded, square s, size_t *border,
                               wanmi_error *error)
{
    p->edges.count = 0;
    for (; *border < noded->border_count && noded->borders[*border].row == s.row &&
           noded->borders[*border].column == s.column; ++*border) {
        const wm_edge *e = &noded->borders[*border].edge;
        if (!wm_edges_add(p->host, &p->edges, e->a, e->b))
            return wm_error_memory(error);
    }
    if (!add_walls(p, noded, s))
        return wm_error_memory(error);
    if (p->edges.count == 0)
        return WANMI_OK;
    size_t before = p->shape.polygon_count;
    wanmi_status status = wm_trace(&p->tracer, &p->edges, &p->shape, error);
    for (size_t i = before; status == WANMI_OK && i < p->shape.polygon_count; i++)
        if (!add_traced(p, s, i))
            status = wm_error_memory(error);
    return status;
}

/* ---- whole squares ------------------------------------------------------------------ */

static size_t find_square(const squares *list, square s)
{
    size_t low = 0, high = list->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_squares(&list->items[middle], &s) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool add_whole(wm_pieces *p, square s)
{
    double west = wm_line_x(&p->lattice, s.column), east = wm_line_x(&p->lattice, s.column + 1);
    double south = wm_line_y(&p->lattice, s.row), north = wm_line_y(&p->lattice, s.row + 1);
    return add_piece(p, s, WM_PIECE_NONE, (east - west) * (north - south), west, south);
}

/* The untouched squares above the part `from` .. `to` of a row's lower line,
 * which lies inside the area. */
static wanmi_status add_run(wm_pieces *p, const squares *touched, int32_t row, double from, double to,
                            wanmi_error *error)
{
    int64_t first = wm_column_of(&p->lattice, from), end = wm_column_of(&p->lattice, to);
    if (wm_line_x(&p->lattice, first) != from)
        first++;
    if (end - first > PIECES_MAX - (int64_t)p->count)
        return wm_error(error, WANMI_E_LIMIT, "a lattice of %.9g m is too fine for it",
                        p->lattice.size);
    size_t t = find_square(touched, (square){row, (int32_t)first});
    for (int64_t column = first; column < end; column++) {
        square s = {row, (int32_t)column};
        if (t < touched->count && compare_squares(&touched->items[t], &s) == 0)
            t++;
        else if (!add_whole(p, s))
            return wm_error_memory(error);
    }
    return WANMI_OK;
}

static wanmi_status add_runs(wm_pieces *p, const wm_noded *noded, const squares *touched,
                             wanmi_error *error)
{
    const wm_wall_nodes *rows = &noded->walls[WM_ROW_LINES];
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; status == WANMI_OK && i + 1 < rows->count; i++) {
        const wm_wall_node *n = &rows->items[i];
        if (n->line == n[1].line && (n->inside >> WM_GREATER & 1))
            status = add_run(p, touched, n->line, n->at, n[1].at, error);
    }
    return status;
}

/* ---- the whole ---------------------------------------------------------------------- */

wanmi_status wm_pieces_cut(wm_pieces *pieces, const wm_noded *noded, wanmi_error *error)
{
    wm_pieces *p = pieces;
    p->count = 0;
    wm_polygons_clear(&p->shape);
    squares touched = {0};
    wanmi_status status = find_touched(p, noded, &touched) ? WANMI_OK : wm_error_memory(error);
    size_t border = 0;
    for (size_t i = 0; status == WANMI_OK && i < touched.count; i++)
        status = cut_square(p, noded, touched.items[i], &border, error);
    if (status == WANMI_OK)
        status = add_runs(p, noded, &touched, error);
    wm_free(p->host, touched.items, touched.room * sizeof *touched.items);
    if (status == WANMI_OK && p->count != 0)
        qsort(p->items, p->count, sizeof *p->items, compare_pieces);
    for (size_t i = 0; i < p->count; i++)
        p->items[i].leader = (uint32_t)i;
    return status;
}

size_t wm_pieces_of_square(const wm_pieces *pieces, int32_t row, int32_t column, size_t *first)
{
    square s = {row, column};
    size_t low = 0, high = pieces->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        square at = {pieces->items[middle].row, pieces->items[middle].column};
        if (compare_squares(&at, &s) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *first = low;
    while (low < pieces->count && pieces->items[low].row == row && pieces->items[low].column == column)
        low++;
    return low - *first;
}

bool wm_piece_edges(wm_pieces *pieces, const wm_piece *piece)
{
    if (piece->polygon != WM_PIECE_NONE)
        return wm_edges_add_polygon(pieces->host, &pieces->edges, &pieces->shape, piece->polygon);
    const wm_lattice *l = &pieces->lattice;
    double west = wm_line_x(l, piece->column), east = wm_line_x(l, piece->column + 1);
    double south = wm_line_y(l, piece->row), north = wm_line_y(l, piece->row + 1);
    wm_xy corners[4] = {{west, south}, {east, south}, {east, north}, {west, north}};
    for (int i = 0; i < 4; i++)
        if (!wm_edges_add(pieces->host, &pieces->edges, corners[i], corners[(i + 1) % 4]))
            return false;
    return true;
}
