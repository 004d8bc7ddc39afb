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
static void enter_all(wm_descent *d, const wm_compiled *c, uint32_t point, double u, double v)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    wm_touched columns = wm_touched_by(wx, d->x[point]), rows = wm_touched_by(wy, d->y[point]);
    d->leaves[point].lost = wm_side_underflows(d->x[point]) || wm_side_underflows(d->y[point]);
    for (int64_t row = rows.first; row <= rows.last; row++)
        for (int64_t column = columns.first; column <= columns.last; column++)
            if (row >= 0 && row < wy->count && column >= 0 && column < wx->count)
                enter_tile(d, c, point, u, v, (uint32_t)column, (uint32_t)row);
}

static void set_point(wm_descent *d, uint32_t point, double x, double y)
{
    d->x[point] = x;
    d->y[point] = y;
    d->leaves[point].count = 0;
    d->leaves[point].lost = false;
}

void wm_descent_clear(wm_descent *d)
{
    d->walker_count = d->walking_count = d->waiting_count = d->landed_count = 0;
}

void wm_descent_enter(wm_descent *d, const wm_compiled *c, uint32_t point, double x, double y)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    double u = (x - wx->start) * wx->per_step, v = (y - wy->start) * wy->per_step;
    set_point(d, point, x, y);
    if (u >= 0 && v >= 0 && u < wx->count && v < wy->count) {
        uint32_t column = (uint32_t)u, row = (uint32_t)v;
        double off_x = fabs(u - column - 0.5), off_y = fabs(v - row - 0.5);
        if (off_x < 0.5 - (double)c->rim_x && off_y < 0.5 - (double)c->rim_y) {
            enter_tile(d, c, point, u, v, column, row);
            return;
        }
    }
    enter_all(d, c, point, u, v);
}

void wm_descent_resume(wm_descent *d, uint32_t point, double x, double y, wm_walker at)
{
    set_point(d, point, x, y);
    d->walkers[d->walker_count] = at;
    d->waiting[d->waiting_count++] = (uint16_t)d->walker_count++;
}

void wm_descent_skip(wm_descent *d, uint32_t point)
{
    set_point(d, point, 0, 0);
}

/* ---- cuts -------------------------------------------------------------------------------- */

/* All that walk take a step, then again, until each has come to a leaf or too near
 * a line. No branch: which way a place goes cannot be foretold. */
static void walk(wm_descent *d, const wm_compiled *c)
{
    uint32_t walking = d->walking_count, waiting = d->waiting_count, landed = d->landed_count;
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

/* Labels, then the rows of their tuples, which the answer is made of. */
static void land(wm_descent *d, const wm_compiled *c)
{
    for (uint32_t k = 0; k < d->landed_count; k++) {
        const wm_walker *w = &d->walkers[d->landed[k]];
        uint32_t label = wm_tree_label(wm_tree_at(c, w->word), w->code);
        if ((label & WM_LABEL_SET) == 0)
            __builtin_prefetch(wm_tuples_row(&c->tuples, label & WM_LABEL_VALUE));
        add_label(&d->leaves[w->point], label);
    }
    d->landed_count = 0;
}

/* ---- lines ------------------------------------------------------------------------------- */

static const uint32_t *edges_at(const uint32_t *tree, uint32_t code)
{
    return tree + 2 * (size_t)tree[-WM_TREE_CUTS] + code;
}

static const uint32_t *list_at(const uint32_t *tree, uint32_t edges)
{
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

void wm_edges_foresee(const wm_compiled *c, const double *xy, uint32_t word, uint32_t code, bool deep)
{
    const uint32_t *tree = wm_tree_at(c, word), *place = edges_at(tree, code);
    if (!deep)
        __builtin_prefetch(place);
    else if (is_list(*place))
        __builtin_prefetch(list_at(tree, *place));
    else
        foresee_edge(xy, *place == WANMI_NONE ? 0 : *place);
}

/* Which edges, then their coordinates: loads that hang on one another, each asked
 * for all that wait. */
static void foresee(wm_descent *d, const wm_compiled *c, const double *xy)
{
    for (int deep = 0; deep < 2; deep++) {
        for (uint32_t k = 0; k < d->waiting_count; k++) {
            const wm_walker *w = &d->walkers[d->waiting[k]];
            wm_edges_foresee(c, xy, w->word, w->code, deep);
        }
    }
    for (uint32_t k = 0; k < d->waiting_count; k++) {
        const wm_walker *w = &d->walkers[d->waiting[k]];
        const uint32_t *tree = wm_tree_at(c, w->word), *list;
        d->edges[k] = *edges_at(tree, w->code);
        if (!is_list(d->edges[k]))
            continue;
        list = list_at(tree, d->edges[k]);
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
        return side_of_list(steep, xy, list_at(wm_tree_at(c, w->word), edges), x, y);
    const double *a = xy + 2 * (size_t)edges;
    return side_of_edge(steep, a, a + 2, x, y);
}

/* Goes on, to a cut or to a leaf. */
static void go_on(wm_descent *d, uint32_t number, uint32_t code)
{
    bool leaf = (code & WM_CUT_LABEL) != 0;
    d->walkers[number].code = (uint16_t)code;
    d->walking[d->walking_count] = d->landed[d->landed_count] = (uint16_t)number;
    d->walking_count += !leaf;
    d->landed_count += leaf;
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
            go_on(d, d->walker_count++, wm_cut_next(cut, false));
        }
        go_on(d, number, wm_cut_next(cut, side >= 0));
    }
    d->waiting_count = 0;
}

void wm_descend(wm_descent *d, const wm_compiled *c, const double *xy)
{
    while (d->walking_count + d->waiting_count > 0) {
        walk(d, c);
        foresee(d, c, xy);
        decide(d, c, xy);
        land(d, c);
    }
}
