/* Directed edges to polygons: which rings they make, without any arithmetic
 * that could make a new point. */
#ifndef WM_GRID_TRACE_H
#define WM_GRID_TRACE_H

#include "polygons.h"

/* An edge with the area on its left. */
typedef struct wm_edge { wm_xy a, b; } wm_edge;

typedef struct wm_edges {
    wm_edge *items;
    size_t count, room;
} wm_edges;

bool wm_edges_add(const wanmi_host *host, wm_edges *edges, wm_xy a, wm_xy b);
void wm_edges_drop(const wanmi_host *host, wm_edges *edges);

/* Adds the edges of a polygon of `shape`, shells counter-clockwise. */
bool wm_edges_add_polygon(const wanmi_host *host, wm_edges *edges, const wm_polygons *shape,
                          size_t polygon);
/* Removes each pair of edges that run the same way in opposite directions. */
void wm_edges_cancel(wm_edges *edges);

typedef struct wm_tracer_ring wm_tracer_ring;
typedef struct wm_tracer {
    const wanmi_host *host;
    const wm_grid_geos *geos;
    uint32_t *next, *place, *walk;  /* by edge; `walk` is the stack of one walk */
    size_t next_room, place_room, walk_room;
    wm_polygons rings;
    wm_tracer_ring *list;
    size_t list_count, list_room;
} wm_tracer;

void wm_tracer_init(wm_tracer *tracer, const wanmi_host *host, const wm_grid_geos *geos);
void wm_tracer_drop(wm_tracer *tracer);

/* Appends the polygons that the edges bound to `out`: each has a connected
 * inside, a shell (counter-clockwise) and its holes. Sorts `edges`.
 * WANMI_E_GRID_AREA when the edges do not close up. */
wanmi_status wm_trace(wm_tracer *tracer, wm_edges *edges, wm_polygons *out, wanmi_error *error);

#endif
