/* Polygons while they are worked on: points, rings, polygons in three growing
 * arrays, and their way from and to WKB. Also the room's GEOS session. */
#ifndef WM_GRID_SHAPE_H
#define WM_GRID_SHAPE_H

#include <geos_c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

/* One GEOS context, with the last message it gave. */
typedef struct wm_grid_geos {
    GEOSContextHandle_t context;
    GEOSWKBReader *reader;
    char message[256];
} wm_grid_geos;

wanmi_status wm_grid_geos_open(wm_grid_geos *geos, wanmi_error *error);
void wm_grid_geos_close(wm_grid_geos *geos);

typedef struct wm_xy { double x, y; } wm_xy;

/* Rings are open here: the first point is not repeated. Ring r is
 * points[start(r)] .. points[ring_ends[r] - 1], where start(r) is the end of the
 * ring before it; polygon p is the rings up to polygon_ends[p], its shell first. */
typedef struct wm_polygons {
    const wanmi_host *host;
    wm_xy *points;
    uint32_t *ring_ends, *polygon_ends;
    size_t point_count, ring_count, polygon_count;
    size_t point_room, ring_room, polygon_room;
} wm_polygons;

void wm_polygons_init(wm_polygons *shape, const wanmi_host *host);
void wm_polygons_clear(wm_polygons *shape);
void wm_polygons_drop(wm_polygons *shape);

/* Each gives false when there is no memory (or more than 2^32 points). */
bool wm_polygons_add_point(wm_polygons *shape, double x, double y);
bool wm_polygons_end_ring(wm_polygons *shape);
bool wm_polygons_end_polygon(wm_polygons *shape);

size_t wm_polygons_ring_start(const wm_polygons *shape, size_t ring);
size_t wm_polygons_polygon_start(const wm_polygons *shape, size_t polygon);

/* Reads a polygon or multipolygon; points that repeat the one before are left
 * out. Errors: WANMI_E_GRID_AREA with GEOS's words, WANMI_E_MEMORY. */
wanmi_status wm_polygons_read(wm_polygons *shape, wm_grid_geos *geos, const uint8_t *wkb, size_t size,
                           wanmi_error *error);

/* WKB (ISO, little endian) of `count` polygons from `first`: one is a Polygon,
 * more are a MultiPolygon. Gives the bytes needed; writes when `wkb` is given. */
size_t wm_polygons_write(const wm_polygons *shape, size_t first, size_t count, uint8_t *wkb);

/* Twice the signed area of a ring is right to the last bits wherever the ring
 * lies: exact products, compensated sum. */
double wm_ring_area(const wm_xy *points, size_t count);
/* A polygon's area, holes taken off, whichever way its rings turn. */
double wm_polygons_polygon_area(const wm_polygons *shape, size_t polygon);

/* Which way a simple ring turns, decided exactly: 1 counter-clockwise, -1
 * clockwise, 0 degenerate. */
int wm_ring_turn(const wm_grid_geos *geos, const wm_xy *points, size_t count);

/* Where `p` lies, decided exactly: 1 inside the ring, 0 on it, -1 outside. */
int wm_ring_side(const wm_grid_geos *geos, const wm_xy *ring, size_t count, wm_xy p);

/* A sum that does not lose small terms in large ones (Neumaier). */
typedef struct wm_sum { double sum, rest; } wm_sum;
void wm_sum_add(wm_sum *sum, double term);
double wm_sum_value(const wm_sum *sum);

#endif
