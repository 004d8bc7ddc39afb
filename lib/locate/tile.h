/* One position's tile and its way down, one operation after another: what every kernel
 * does, many at a time. Internal to the room. */
#ifndef WM_LOCATE_TILE_H
#define WM_LOCATE_TILE_H

#include <math.h>

#include "compiled.h"

/* The word of a position's tile, and where in it: WM_LABEL_NONE where a wall is too
 * near, or for NaN; tuple 0 where every tile is far. */
static inline uint32_t wm_tile_at(const wm_compiled *c, double x, double y, float *uv)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    const double columns = wx->count, rows = wy->count;
    x = (x - wx->start) * wx->per_step;
    y = (y - wy->start) * wy->per_step;
    if (x >= 0 && y >= 0 && x < columns && y < rows) {
        uint32_t column = (uint32_t)x, row = (uint32_t)y;
        uv[0] = (float)(x - column - 0.5);
        uv[1] = (float)(y - row - 0.5);
        bool is_clear = (fabsf(uv[0]) < 0.5f - c->rim_x) & (fabsf(uv[1]) < 0.5f - c->rim_y);
        return is_clear ? wm_tile_word(c, column, row) : WM_LABEL_NONE;
    }
    bool is_far = x < -c->reach_x || y < -c->reach_y || x > columns + c->reach_x || y > rows + c->reach_y;
    return is_far ? WM_LABEL | WM_LABEL_FAR : WM_LABEL_NONE;
}

/* Whether a label tells the answer by itself: a tuple, of a cell (*cell) or far from
 * all (WANMI_NONE). Others hang on the instant, on the nearest cell, on the edges. */
static inline bool wm_label_tells(const wm_layout *layout, uint32_t label, uint32_t *cell)
{
    uint32_t cell_number = (label & WM_LABEL_VALUE) - 1;    /* of no cell: wraps around */
    bool is_tuple = (label & (WM_LABEL | WM_LABEL_SET)) == WM_LABEL;
    bool is_first = cell_number < layout->cell_count;
    *cell = is_first ? layout->first_cell + cell_number : WANMI_NONE;
    return is_tuple & (is_first | ((label & WM_LABEL_FAR) != 0));
}

#endif
