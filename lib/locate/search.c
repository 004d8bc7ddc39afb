/* Searching blocks of positions: see search.h and docs/index.md. */
#include <math.h>

#include "search.h"

/* A label is no tree: then the first one, which is always near. No branch. */
static inline void prefetch_tree(const wm_compiled *c, uint32_t word)
{
    uint32_t is_tree = ((word >> 30) & 1) - 1;
    __builtin_prefetch(wm_tree_at(c, word & is_tree));
}

/* Which tile, and where in it. The first loop has no branch that hangs on a
 * position but the rare ones, so that the loads of many tiles run side by side. */
static size_t find_tiles(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys,
                         size_t count, uint32_t *labels)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    double columns = wx->count, rows = wy->count;
    float near_x = 0.5f - c->rim_x, near_y = 0.5f - c->rim_y;
    size_t walking = 0;
    for (size_t i = 0; i < count; i++) {
        double x = (xs[i] - wx->start) * wx->per_step, y = (ys[i] - wy->start) * wy->per_step;
        uint32_t word = WM_LABEL_NONE;
        if (x >= 0 && y >= 0 && x < columns && y < rows) {
            uint32_t column = (uint32_t)x, row = (uint32_t)y;
            float u = (float)(x - column - 0.5), v = (float)(y - row - 0.5);
            if (u < near_x && u > -near_x && v < near_y && v > -near_y)
                word = wm_tile_word(c, column, row);
            s->uv[i][0] = u;
            s->uv[i][1] = v;
        } else if (x < -c->reach_x || y < -c->reach_y || x > columns + c->reach_x ||
                   y > rows + c->reach_y) {
            word = WM_LABEL | WM_LABEL_FAR;     /* tuple 0: no area */
        }
        labels[i] = word;
        prefetch_tree(c, word);
        s->walking[walking] = (uint16_t)i;
        walking += (word & WM_LABEL) == 0;
    }
    return walking;
}

/* All positions that are still among cuts take a step down, then again: one
 * position alone would wait for memory at each. */
void wm_search(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys, size_t count,
               uint32_t *labels)
{
    size_t walking = find_tiles(c, s, xs, ys, count, labels);
    for (size_t k = 0; k < walking; k++)
        s->codes[s->walking[k]] = 0;
    while (walking > 0) {
        size_t left = 0;
        for (size_t k = 0; k < walking; k++) {
            uint32_t i = s->walking[k];
            const uint32_t *tree = wm_tree_at(c, labels[i]);
            wm_cut cut = wm_tree_cut(tree, s->codes[i]);
            float over = wm_cut_above(cut, s->uv[i]);
            uint32_t code = wm_cut_next(cut, over > 0);
            if (__builtin_expect(!(fabsf(over) > c->strip), 0))
                continue;           /* its label stays the tree */
            s->codes[i] = (uint16_t)code;
            if ((code & WM_CUT_LABEL) != 0)
                labels[i] = wm_tree_label(tree, code);
            s->walking[left] = (uint16_t)i;
            left += (code & WM_CUT_LABEL) == 0;
        }
        walking = left;
    }
}
