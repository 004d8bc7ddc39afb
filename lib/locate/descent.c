/* Down a tile's tree: see descent.h. */
#include "descent.h"

#include "wanmi/types.h"

enum { UNDECIDED = 2, WAYS_MAX = 8 };

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

static int side_of_cut(const double *xy, const uint32_t *tree, uint32_t code, bool steep, double x,
                       double y)
{
    uint32_t cuts = tree[-WM_TREE_CUTS], edge = tree[2 * (size_t)cuts + code];
    if (edge == WANMI_NONE)
        return UNDECIDED;
    if ((edge & WM_CUT_LIST) != 0)
        return side_of_list(steep, xy, tree + 3 * (size_t)cuts + (edge & ~WM_CUT_LIST), x, y);
    const double *a = xy + 2 * (size_t)edge;
    return side_of_edge(steep, a, a + 2, x, y);
}

bool wm_leaves_add(wm_leaves *leaves, uint32_t label)
{
    for (uint32_t i = 0; i < leaves->count; i++)
        if (leaves->labels[i] == label)
            return true;
    if (label == WM_LABEL_NONE || leaves->count == WM_DESCENT_LABELS)
        return false;
    leaves->labels[leaves->count++] = label;
    return true;
}

bool wm_descend(const wm_compiled *c, const double *xy, uint32_t word, const float *uv, double x,
                double y, wm_leaves *leaves)
{
    const uint32_t *tree = wm_tree_at(c, word);
    uint32_t ways[WAYS_MAX] = {0}, count = 1;
    while (count > 0) {
        uint32_t code = ways[--count];
        while ((code & WM_CUT_LABEL) == 0) {
            wm_cut cut = wm_tree_cut(tree, code);
            float over = wm_cut_above(cut, uv);
            int side = (over > 0) - (over < 0);
            if (!(fabsf(over) > c->strip))
                side = side_of_cut(xy, tree, code, wm_cut_is_steep(cut), x, y);
            if (side == UNDECIDED || (side == 0 && count == WAYS_MAX))
                return false;
            if (side == 0)
                ways[count++] = wm_cut_next(cut, false);
            code = wm_cut_next(cut, side >= 0);
        }
        if (!wm_leaves_add(leaves, wm_tree_label(tree, code)))
            return false;
    }
    return true;
}
