/* Which areas cover a point of one tile, exactly. Internal to the room.
 *
 * A tile that edges cross has a record:
 *   words[0]  b, how many areas cover the whole tile without an edge in it
 *   words[1]  g, how many areas have edges in it
 *   b words   those areas, ascending
 *   g groups  an area's number * 2 + whether it covers the tile's reference point;
 *             how many runs follow; each run: its first point in the map's
 *             coordinates, and how many edges go on from there
 * The edges of a record are all that meet the open tile.
 *
 * An area covers a point when the way from it to the reference point crosses its
 * edges an even number of times and it covers the reference point, or an odd
 * number and it does not; or when the point is on one of the edges. The way goes
 * level to the reference point's upright, then along that, and so never leaves the
 * tile. Every question is one of wm_side, so the answer is GEOS's own. A point on
 * a wall is asked in each tile it touches, and covered where one of them says so.
 */
#ifndef WM_LOCATE_COVER_H
#define WM_LOCATE_COVER_H

#include "side.h"

enum { WM_RECORD_AREAS = 0, WM_RECORD_GROUPS = 1, WM_RECORD_HEAD = 2 };

typedef struct wm_tile_point {
    const double *xy;               /* the map's coordinates */
    double x, y;
    double reference_x, reference_y;
    bool from_below;                /* the point is on the tile's upper wall: the way starts just below it */
} wm_tile_point;

/* Appends the areas that cover the point to `areas`, which has room for the
 * record's, and gives their number; or -1 where the way runs through the end of an
 * edge in a way that decides nothing (or GEOS failed: sides->failed). */
int64_t wm_record_cover(const uint32_t *record, const wm_tile_point *point, wm_sides *sides,
                        uint32_t *areas);

#endif
