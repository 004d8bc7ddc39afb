/* The lattice, and rings with a node wherever they cross one of its lines. */
#ifndef WM_GRID_LATTICE_H
#define WM_GRID_LATTICE_H

#include "polygons.h"
#include "trace.h"

typedef struct wm_lattice {
    double origin_x, origin_y, size;
} wm_lattice;

/* A line's coordinate: this one expression everywhere, so that equal lines have
 * equal bits. */
static inline double wm_line_x(const wm_lattice *l, int64_t column)
{
    return l->origin_x + (double)column * l->size;
}

static inline double wm_line_y(const wm_lattice *l, int64_t row)
{
    return l->origin_y + (double)row * l->size;
}

/* The square a coordinate lies in: line(i) <= coordinate < line(i + 1). */
int64_t wm_column_of(const wm_lattice *l, double x);
int64_t wm_row_of(const wm_lattice *l, double y);

/* A part of an area's border inside one square (column, row), area on its left. */
typedef struct wm_border {
    int32_t row, column;
    wm_edge edge;
} wm_border;

/* A node on a lattice line. Bit 0 of `crossings`: an odd number of edges leaves
 * it to the greater side (up of a row's line, right of a column's); bit 1: to
 * the lesser. Once wm_noded_sort has run, `inside` says by the same bits whether
 * the line just behind this node runs, on that side, inside the area. */
typedef struct wm_wall_node {
    int32_t line;
    uint8_t crossings, inside;
    double at;
} wm_wall_node;

enum { WM_ROW_LINES = 0, WM_COLUMN_LINES = 1 };
enum { WM_GREATER = 0, WM_LESSER = 1 };

typedef struct wm_wall_nodes {
    wm_wall_node *items;
    size_t count, room;
} wm_wall_nodes;

/* An area with the lattice's nodes in its edges. */
typedef struct wm_noded {
    const wanmi_host *host;
    wm_polygons shape;             /* rings as they were given, with more nodes */
    wm_border *borders;         /* by row from north to south, then column */
    size_t border_count, border_room;
    wm_wall_nodes walls[2];     /* by line, then along it */
    wm_xy *crossed;          /* scratch: crossings of one edge */
    size_t crossed_room;
    double area;                /* m2 */
} wm_noded;

void wm_noded_init(wm_noded *noded, const wanmi_host *host);
void wm_noded_drop(wm_noded *noded);

/* Nodes all rings of `area`. Errors: WANMI_E_LIMIT (more squares than can be
 * numbered), WANMI_E_MEMORY. */
wanmi_status wm_noded_make(wm_noded *noded, const wm_lattice *lattice, const wm_grid_geos *geos,
                           const wm_polygons *area, wanmi_error *error);

/* A piece of line from `a` to `b` along a wall, inside the area. */
typedef bool (*wm_wall_fn)(void *user, double a, double b);

/* Reports, from low to high, the parts of line `line` between `from` and `to`
 * whose greater or lesser side is inside the area, cut at every node. False when
 * `report` gave false. */
bool wm_walls_walk(const wm_wall_nodes *walls, int32_t line, double from, double to, int side,
                   wm_wall_fn report, void *user);

/* Gives `to` the polygons of `from` with a node wherever a vertex lies exactly
 * on an edge. A hole may touch its shell in the middle of an edge; once that
 * edge is noded its parts are off by a last bit and would cross the hole. */
wanmi_status wm_touches_add(wm_polygons *to, const wm_polygons *from, const wm_grid_geos *geos,
                            wanmi_error *error);

#endif
