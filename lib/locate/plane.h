/* The raster of tiles that covers a map's plane. Internal to the room.
 *
 * Wall i is at origin + (first + i) * step, always by this expression, so that a
 * wall is one double that everybody agrees on. Where the cells stand on a lattice
 * the walls are its lines, to the last bit: a square between lines then needs no
 * edges at all. A lattice that was rounded when it was written is no lattice; its
 * edges are then kept like any others.
 */
#ifndef WM_LOCATE_PLANE_H
#define WM_LOCATE_PLANE_H

#include <stdbool.h>
#include <stdint.h>

#include "index.h"

/* One direction of it. */
typedef struct wm_walls {
    double origin, first, step;
    double start, per_step;         /* of wall 0, and 1 / step: for quick rough places */
    uint32_t count;                 /* tiles; there is one wall more */
} wm_walls;

typedef struct wm_plane {
    wm_walls x, y;
} wm_plane;

static inline double wm_wall(const wm_walls *walls, int64_t number)
{
    return walls->origin + (walls->first + (double)number) * walls->step;
}

/* A place in a tile, -1/2 to 1/2, in the map's plane. */
static inline double wm_place_in_tile(const wm_walls *walls, uint32_t tile, double at)
{
    return wm_wall(walls, tile) + (at + 0.5) * walls->step;
}

/* Where in a tile its reference point lies: not where maps have lines. */
#define WM_REFERENCE_X 0.48713509726
#define WM_REFERENCE_Y 0.51732948127

/* The last wall that is not beyond `at`: -1 before the first, `count` from the
 * last on. Exact, whatever the rounding of a product says. */
int64_t wm_wall_below(const wm_walls *walls, double at);

/* The tiles a point touches in one direction: from first to last, two where it is
 * on the wall between them. Either may lie outside. */
typedef struct wm_touched {
    int64_t first, last;
    bool on_wall;
} wm_touched;

wm_touched wm_touched_by(const wm_walls *walls, double at);

/* Finds the walls for a map with at least one area. Gives false when there is no
 * memory. */
bool wm_plane_choose(const wanmi_index *index, wm_plane *plane);
/* Every second wall only. */
void wm_plane_coarsen(const wanmi_index *index, wm_plane *plane);

#endif
