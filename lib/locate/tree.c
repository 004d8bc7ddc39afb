/* A packed R-tree over boxes: see tree.h. */
#include "tree.h"

#include <math.h>

#include "sort.h"
#include "wanmi/types.h"

enum { HILBERT_BITS = 16, STEPS = 65000 };

/* A frame is never narrower, so that steps a metre stay finite. */
static const double FRAME_MIN_M = 1e-3;

/* How far a point of the grid lies along the Hilbert curve that fills it: each
 * step picks a quadrant and turns the rest of the way into its frame. */
static uint32_t hilbert(uint32_t x, uint32_t y)
{
    uint32_t along = 0;
    for (uint32_t side = 1u << (HILBERT_BITS - 1); side > 0; side /= 2) {
        uint32_t right = (x & side) != 0, up = (y & side) != 0;
        along = along * 4 + ((3 * right) ^ up);
        if (up)
            continue;
        if (right) {
            x = ~x & ((1u << HILBERT_BITS) - 1);
            y = ~y & ((1u << HILBERT_BITS) - 1);
        }
        uint32_t swap = x;
        x = y;
        y = swap;
    }
    return along;
}

static uint32_t grid_place(double low, double high, double from, double to)
{
    double cells = (double)((1u << HILBERT_BITS) - 1);
    double part = to > from ? ((low + high) / 2 - from) / (to - from) : 0;
    return (uint32_t)(part <= 0 ? 0 : part >= 1 ? cells : part * cells);
}

/* Curve place and index in one number, so that the order is total and the same
 * on every machine. */
static void sort_by_curve(const wm_box *boxes, uint32_t count, uint64_t *keys, uint64_t *scratch)
{
    wm_box all = boxes[0];
    for (uint32_t i = 1; i < count; i++)
        all = wm_box_join(all, boxes[i]);
    for (uint32_t i = 0; i < count; i++) {
        const wm_box *b = &boxes[i];
        uint32_t x = grid_place(b->min_x, b->max_x, all.min_x, all.max_x);
        uint32_t y = grid_place(b->min_y, b->max_y, all.min_y, all.max_y);
        keys[i] = (uint64_t)hilbert(x, y) << 32 | i;
    }
    wm_sort_keys(keys, scratch, count);
}

void wm_tree_lay_out(wm_tree *tree, uint32_t count)
{
    tree->count = count;
    for (uint32_t boxes = count;; boxes = (boxes + WM_TREE_FANOUT - 1) / WM_TREE_FANOUT) {
        tree->starts[tree->levels++] = tree->node_count;
        tree->node_count += (boxes + WM_TREE_FANOUT - 1) / WM_TREE_FANOUT;
        if (boxes <= WM_TREE_FANOUT)
            break;
    }
}

/* ---- frames -------------------------------------------------------------------------- */

/* The step a place is in, from -1 before the frame to STEPS + 1 after it, moved to
 * fit. It never falls when `at` grows, whatever is rounded on the way: all that is
 * compared must come through here. */
static int16_t step_of(double at, double corner, float per)
{
    double steps = (at - corner) * (double)per;
    int step = steps >= STEPS + 1 ? STEPS + 1 : steps >= 0 ? (int)steps : -1;
    return (int16_t)(step - STEPS / 2);
}

typedef struct steps {
    int16_t min_x, min_y, max_x, max_y;
} steps;

static steps steps_of(const wm_node *node, wm_box box)
{
    return (steps){step_of(box.min_x, node->x, node->per_x), step_of(box.min_y, node->y, node->per_y),
                   step_of(box.max_x, node->x, node->per_x), step_of(box.max_y, node->y, node->per_y)};
}

static void set_frame(wm_node *node, wm_box all)
{
    node->x = all.min_x;
    node->y = all.min_y;
    node->per_x = (float)(STEPS / fmax(all.max_x - all.min_x, FRAME_MIN_M));
    node->per_y = (float)(STEPS / fmax(all.max_y - all.min_y, FRAME_MIN_M));
}

/* Gives the box of all. */
static wm_box fill_node(wm_node *node, const wm_box *boxes, uint32_t count)
{
    wm_box all = WM_BOX_NOTHING;
    for (uint32_t i = 0; i < count; i++)
        all = wm_box_join(all, boxes[i]);
    set_frame(node, all);
    for (uint32_t i = 0; i < WM_TREE_FANOUT; i++) {
        steps s = {INT16_MAX, INT16_MAX, INT16_MIN, INT16_MIN};
        if (i < count)
            s = steps_of(node, boxes[i]);
        node->min_x[i] = s.min_x, node->min_y[i] = s.min_y;
        node->max_x[i] = s.max_x, node->max_y[i] = s.max_y;
    }
    return all;
}

static uint32_t in_node(size_t count, size_t node)
{
    size_t left = count - node * WM_TREE_FANOUT;
    return left < WM_TREE_FANOUT ? (uint32_t)left : WM_TREE_FANOUT;
}

/* ---- building ------------------------------------------------------------------------ */

/* `joined`: room for a box a node of level 0, then the box of each node of the
 * level below the one in work. */
static void fill_levels(wm_tree *tree, const wm_box *boxes, const uint64_t *keys, uint32_t first_id,
                        wm_box *joined)
{
    size_t count = tree->count;
    for (size_t n = 0; n * WM_TREE_FANOUT < count; n++) {
        wm_box own[WM_TREE_FANOUT];
        uint32_t here = in_node(count, n);
        for (uint32_t i = 0; i < here; i++) {
            uint32_t from = (uint32_t)keys[n * WM_TREE_FANOUT + i];
            own[i] = boxes[from];
            tree->ids[n * WM_TREE_FANOUT + i] = first_id + from;
        }
        joined[n] = fill_node(&tree->nodes[n], own, here);
    }
    for (uint32_t level = 1; level < tree->levels; level++) {
        count = (count + WM_TREE_FANOUT - 1) / WM_TREE_FANOUT;
        for (size_t n = 0; n * WM_TREE_FANOUT < count; n++)
            joined[n] = fill_node(&tree->nodes[tree->starts[level] + n], joined + n * WM_TREE_FANOUT,
                                  in_node(count, n));
    }
}

static bool build(const wanmi_host *host, const wm_box *boxes, uint32_t first_id, wm_tree *tree)
{
    size_t keys_size = wm_product(tree->count, sizeof(uint64_t));
    size_t joined_size = wm_product((size_t)tree->count / WM_TREE_FANOUT + 1, sizeof(wm_box));
    uint64_t *keys = wm_alloc(host, keys_size), *scratch = wm_alloc(host, keys_size);
    wm_box *joined = wm_alloc(host, joined_size);
    tree->nodes = wm_alloc(host, wm_product(tree->node_count, sizeof *tree->nodes));
    tree->ids = wm_alloc(host, wm_product(tree->count, sizeof *tree->ids));
    bool done = keys != NULL && scratch != NULL && joined != NULL && tree->nodes != NULL &&
                tree->ids != NULL;
    if (done) {
        sort_by_curve(boxes, tree->count, keys, scratch);
        fill_levels(tree, boxes, keys, first_id, joined);
    }
    wm_free(host, keys, keys_size);
    wm_free(host, scratch, keys_size);
    wm_free(host, joined, joined_size);
    return done;
}

bool wm_tree_build(const wanmi_host *host, const wm_box *boxes, uint32_t count, uint32_t first_id,
                   wm_tree *tree)
{
    wm_tree fresh = {.count = 0};
    *tree = fresh;
    if (count == 0)
        return true;
    wm_tree_lay_out(&fresh, count);
    if (!build(host, boxes, first_id, &fresh)) {
        wm_tree_drop(host, &fresh);
        return false;
    }
    *tree = fresh;
    return true;
}

void wm_tree_drop(const wanmi_host *host, wm_tree *tree)
{
    wm_free(host, tree->nodes, tree->node_count * sizeof *tree->nodes);
    wm_free(host, tree->ids, tree->count * sizeof *tree->ids);
    *tree = (wm_tree){.count = 0};
}

uint64_t wm_tree_bytes(const wm_tree *tree)
{
    return tree->node_count * sizeof *tree->nodes + tree->count * sizeof *tree->ids;
}

/* ---- walking ------------------------------------------------------------------------- */

/* One bit a box of the node. No branches: which boxes a point meets cannot be
 * foretold, and a wrong guess costs more than all 16 comparisons. */
static uint32_t met_by(const wm_node *n, wm_box window)
{
    static const uint16_t bit[WM_TREE_FANOUT] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
                                                 8192, 16384, 32768};
    steps w = steps_of(n, window);
    uint16_t met = 0;
    for (int i = 0; i < WM_TREE_FANOUT; i++) {
        bool meets = (n->min_x[i] <= w.max_x) & (n->max_x[i] >= w.min_x) &
                     (n->min_y[i] <= w.max_y) & (n->max_y[i] >= w.min_y);
        met = (uint16_t)(met | (meets ? bit[i] : 0));
    }
    return met;
}

static void open_node(wm_walk *walk, uint32_t level, uint32_t number)
{
    walk->level = level;
    walk->at[level].first = number * WM_TREE_FANOUT;
    walk->at[level].left = met_by(&walk->tree->nodes[walk->tree->starts[level] + number],
                                  walk->window);
}

void wm_walk_start(wm_walk *walk, const wm_tree *tree, wm_box window)
{
    walk->tree = tree;
    walk->window = window;
    walk->level = 0;
    if (tree->levels > 0)
        open_node(walk, tree->levels - 1, 0);
}

uint32_t wm_walk_next(wm_walk *walk)
{
    while (walk->level < walk->tree->levels) {
        uint32_t level = walk->level, left = walk->at[level].left;
        if (left == 0) {
            walk->level++;
            continue;
        }
        uint32_t box = walk->at[level].first + (uint32_t)__builtin_ctz(left);
        walk->at[level].left = left & (left - 1);
        if (level == 0)
            return walk->tree->ids[box];
        open_node(walk, level - 1, box);
    }
    return WANMI_NONE;
}
