/* Down the tiles' trees, many points in step: see descent.h. */
#include "descent.h"

#include "wanmi/types.h"

enum { UNDECIDED = 2 };

static void add_label(wm_leaves *leaves, uint32_t label)
{
    for (uint32_t i = 0; i < leaves->count; i++)
        if (leaves->labels[i] == label)
            return;
    if (label == WM_LABEL_NONE || leaves->count == WM_DESCENT_LABELS)
        leaves->lost = true;
    else
        leaves->labels[leaves->count++] = label;
}

/* ---- tiles ------------------------------------------------------------------------------- */

static void enter_tile(wm_descent *d, const wm_compiled *c, uint32_t point, double u, double v,
                       uint32_t column, uint32_t row)
{
    uint32_t word = wm_tile_word(c, column, row);
    if ((word & WM_LABEL) != 0) {
        add_label(&d->leaves[point], word);
    } else if (d->walker_count == WM_WALKERS) {
        d->leaves[point].lost = true;
    } else {
        const uint32_t *tree = wm_tree_at(c, word);
        __builtin_prefetch(tree - WM_TREE_HEAD);
        __builtin_prefetch(tree + 14);
        d->walkers[d->walker_count] = (wm_walker){word, {(float)(u - column - 0.5), (float)(v - row - 0.5)},
                                                  0, (uint16_t)point};
        d->walking[d->walking_count++] = (uint16_t)d->walker_count++;
    }
}

/* Every tile the point touches; none outside them all. */
static void enter_tiles(wm_descent *d, const wm_compiled *c, uint32_t point)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    double x = d->x[point], y = d->y[point];
    double u = (x - wx->start) * wx->per_step, v = (y - wy->start) * wy->per_step;
    wm_touched columns = wm_touched_by(wx, x), rows = wm_touched_by(wy, y);
    d->leaves[point].count = 0;
    d->leaves[point].lost = false;
    for (int64_t row = rows.first; row <= rows.last; row++)
        for (int64_t column = columns.first; column <= columns.last; column++)
            if (row >= 0 && row < wy->count && column >= 0 && column < wx->count)
                enter_tile(d, c, point, u, v, (uint32_t)column, (uint32_t)row);
}

/* ---- cuts -------------------------------------------------------------------------------- */

/* All that walk take a step, then again, until each has come to a leaf or too near
 * a line. No branch: which way a place goes cannot be foretold. */
static void walk(wm_descent *d, const wm_compiled *c)
{
    uint32_t walking = d->walking_count, waiting = 0, landed = 0;
    while (walking > 0) {
        uint32_t left = 0;
        for (uint32_t k = 0; k < walking; k++) {
            uint16_t number = d->walking[k];
            wm_walker *w = &d->walkers[number];
            const uint32_t *tree = wm_tree_at(c, w->word);
            wm_cut cut = wm_tree_cut(tree, w->code);
            float over = wm_cut_above(cut, w->uv);
            bool near = !(fabsf(over) > c->strip);
            uint32_t next = wm_cut_next(cut, over > 0), code = near ? w->code : next;
            bool leaf = (code & WM_CUT_LABEL) != 0;
            w->code = (uint16_t)code;
            d->waiting[waiting] = d->landed[landed] = d->walking[left] = number;
            waiting += near;
            landed += leaf;
            left += !(near | leaf);
        }
        walking = left;
    }
    d->walking_count = 0;
    d->waiting_count = waiting;
    d->landed_count = landed;
}

static void land(wm_descent *d, const wm_compiled *c)
{
    for (uint32_t k = 0; k < d->landed_count; k++) {
        const wm_walker *w = &d->walkers[d->landed[k]];
        add_label(&d->leaves[w->point], wm_tree_label(wm_tree_at(c, w->word), w->code));
    }
}

/* ---- lines ------------------------------------------------------------------------------- */

static const uint32_t *edges_at(const wm_compiled *c, const wm_walker *w)
{
    const uint32_t *tree = wm_tree_at(c, w->word);
    return tree + 2 * (size_t)tree[-WM_TREE_CUTS] + w->code;
}

static const uint32_t *list_at(const wm_compiled *c, const wm_walker *w, uint32_t edges)
{
    const uint32_t *tree = wm_tree_at(c, w->word);
    return tree + 3 * (size_t)tree[-WM_TREE_CUTS] + (edges & ~WM_CUT_LIST);
}

static bool is_list(uint32_t edges)
{
    return (edges & WM_CUT_LIST) != 0 && edges != WANMI_NONE;
}

static void foresee_edge(const double *xy, uint32_t edge)
{
    __builtin_prefetch(xy + 2 * (size_t)edge);
    __builtin_prefetch(xy + 2 * (size_t)edge + 3);
}

/* Which edges, then their coordinates: loads that hang on one another, each asked
 * for all that wait. */
static void foresee(wm_descent *d, const wm_compiled *c, const double *xy)
{
    for (uint32_t k = 0; k < d->waiting_count; k++)
        __builtin_prefetch(edges_at(c, &d->walkers[d->waiting[k]]));
    for (uint32_t k = 0; k < d->waiting_count; k++) {
        const wm_walker *w = &d->walkers[d->waiting[k]];
        uint32_t edges = *edges_at(c, w);
        d->edges[k] = edges;
        if (is_list(edges))
            __builtin_prefetch(list_at(c, w, edges));
        else
            foresee_edge(xy, edges == WANMI_NONE ? 0 : edges);
    }
    for (uint32_t k = 0; k < d->waiting_count; k++) {
        if (!is_list(d->edges[k]))
            continue;
        const uint32_t *list = list_at(c, &d->walkers[d->waiting[k]], d->edges[k]);
        for (uint32_t i = 1; i <= list[0]; i++)
            foresee_edge(xy, list[i]);
    }
}

/* 1 above the line, -1 below it, 0 on it. */
static int side_of_edge(bool steep, const double *a, const double *b, double x, double y)
{
    int left = wm_side_filter(a, b, x, y);
    if (left == WM_SIDE_DOUBTFUL)
        return UNDECIDED;
    return (steep ? a[1] < b[1] : a[0] > b[0]) ? -left : left;
}

static int side_of_list(bool steep, const double *xy, const uint32_t *list, double x, double y)
{
    int all = UNDECIDED;
    for (uint32_t i = 1; i <= list[0]; i++) {
        const double *a = xy + 2 * (size_t)list[i];
        int side = side_of_edge(steep, a, a + 2, x, y);
        if (side == 0 || (i > 1 && side != all))
            return UNDECIDED;
        all = side;
    }
    return all;
}

static int side_of(const wm_descent *d, const wm_compiled *c, const double *xy, const wm_walker *w,
                   bool steep, uint32_t edges)
{
    double x = d->x[w->point], y = d->y[w->point];
    if (edges == WANMI_NONE)
        return UNDECIDED;
    if (is_list(edges))
        return side_of_list(steep, xy, list_at(c, w, edges), x, y);
    const double *a = xy + 2 * (size_t)edges;
    return side_of_edge(steep, a, a + 2, x, y);
}

/* Goes on, to a cut or to a leaf. */
static void go_on(wm_descent *d, const wm_compiled *c, uint32_t number, uint32_t code)
{
    wm_walker *w = &d->walkers[number];
    w->code = (uint16_t)code;
    if ((code & WM_CUT_LABEL) != 0)
        add_label(&d->leaves[w->point], wm_tree_label(wm_tree_at(c, w->word), code));
    else
        d->walking[d->walking_count++] = (uint16_t)number;
}

static void decide(wm_descent *d, const wm_compiled *c, const double *xy)
{
    for (uint32_t k = 0; k < d->waiting_count; k++) {
        uint32_t number = d->waiting[k];
        const wm_walker *w = &d->walkers[number];
        if (d->leaves[w->point].lost)
            continue;
        wm_cut cut = wm_tree_cut(wm_tree_at(c, w->word), w->code);
        int side = side_of(d, c, xy, w, wm_cut_is_steep(cut), d->edges[k]);
        if (side == UNDECIDED || (side == 0 && d->walker_count == WM_WALKERS)) {
            d->leaves[w->point].lost = true;
            continue;
        }
        if (side == 0) {
            d->walkers[d->walker_count] = *w;
            go_on(d, c, d->walker_count++, wm_cut_next(cut, false));
        }
        go_on(d, c, number, wm_cut_next(cut, side >= 0));
    }
}

void wm_descend(wm_descent *d, const wm_compiled *c, const double *xy, size_t count)
{
    d->walker_count = d->walking_count = 0;
    for (uint32_t point = 0; point < count; point++)
        enter_tiles(d, c, point);
    while (d->walking_count > 0) {
        walk(d, c);
        land(d, c);
        foresee(d, c, xy);
        decide(d, c, xy);
    }
}
