/* A packed R-tree over boxes: see tree.h. */
#include "tree.h"

#include <math.h>
#include <stdlib.h>

#include "wanmi/types.h"

enum { HILBERT_BITS = 16, NODE_ALIGNMENT = 64 };

static wm_box join(wm_box a, wm_box b)
{
    return (wm_box){a.min_x < b.min_x ? a.min_x : b.min_x, a.min_y < b.min_y ? a.min_y : b.min_y,
                    a.max_x > b.max_x ? a.max_x : b.max_x, a.max_y > b.max_y ? a.max_y : b.max_y};
}

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

static int compare_keys(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

/* Curve place and index in one number, so that the order is total and the same
 * on every machine. */
static void sort_by_curve(const wm_box *boxes, uint32_t count, uint64_t *keys)
{
    wm_box all = boxes[0];
    for (uint32_t i = 1; i < count; i++)
        all = join(all, boxes[i]);
    for (uint32_t i = 0; i < count; i++) {
        const wm_box *b = &boxes[i];
        uint32_t x = grid_place(b->min_x, b->max_x, all.min_x, all.max_x);
        uint32_t y = grid_place(b->min_y, b->max_y, all.min_y, all.max_y);
        keys[i] = (uint64_t)hilbert(x, y) << 32 | i;
    }
    qsort(keys, count, sizeof *keys, compare_keys);
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

static wm_box box_of(const wm_node *node)
{
    wm_box all = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int i = 0; i < WM_TREE_FANOUT; i++)
        all = join(all, (wm_box){node->min_x[i], node->min_y[i], node->max_x[i], node->max_y[i]});
    return all;
}

static void put_box(wm_node *node, uint32_t at, wm_box box)
{
    node->min_x[at] = box.min_x;
    node->min_y[at] = box.min_y;
    node->max_x[at] = box.max_x;
    node->max_y[at] = box.max_y;
}

static void fill_nodes(wm_tree *tree, const wm_box *boxes, const uint64_t *keys, uint32_t first_id)
{
    for (size_t n = 0; n < tree->node_count; n++)
        for (uint32_t i = 0; i < WM_TREE_FANOUT; i++)
            put_box(&tree->nodes[n], i, (wm_box){INFINITY, INFINITY, -INFINITY, -INFINITY});
    for (uint32_t i = 0; i < tree->count; i++) {
        uint32_t from = (uint32_t)keys[i];
        put_box(&tree->nodes[i / WM_TREE_FANOUT], i % WM_TREE_FANOUT, boxes[from]);
        tree->ids[i] = first_id + from;
    }
    for (uint32_t level = 1; level < tree->levels; level++) {
        const wm_node *below = tree->nodes + tree->starts[level - 1];
        wm_node *here = tree->nodes + tree->starts[level];
        size_t count = tree->starts[level] - tree->starts[level - 1];
        for (size_t i = 0; i < count; i++)
            put_box(&here[i / WM_TREE_FANOUT], i % WM_TREE_FANOUT, box_of(&below[i]));
    }
}

bool wm_tree_build(const wanmi_host *host, const wm_box *boxes, uint32_t count, uint32_t first_id,
                   wm_tree *tree)
{
    *tree = (wm_tree){.count = 0};
    if (count == 0)
        return true;
    wm_tree fresh = {.count = 0};
    wm_tree_lay_out(&fresh, count);
    size_t keys_size = wm_product(count, sizeof(uint64_t));
    uint64_t *keys = wm_alloc(host, keys_size);
    fresh.nodes = wm_alloc_aligned(host, wm_product(fresh.node_count, sizeof *fresh.nodes), NODE_ALIGNMENT);
    fresh.ids = wm_alloc(host, wm_product(count, sizeof *fresh.ids));
    bool done = keys != NULL && fresh.nodes != NULL && fresh.ids != NULL;
    if (done) {
        sort_by_curve(boxes, count, keys);
        fill_nodes(&fresh, boxes, keys, first_id);
        *tree = fresh;
    } else {
        wm_tree_drop(host, &fresh);
    }
    wm_free(host, keys, keys_size);
    return done;
}

void wm_tree_drop(const wanmi_host *host, wm_tree *tree)
{
    wm_free_aligned(host, tree->nodes, tree->node_count * sizeof *tree->nodes, NODE_ALIGNMENT);
    wm_free(host, tree->ids, tree->count * sizeof *tree->ids);
    *tree = (wm_tree){.count = 0};
}

uint64_t wm_tree_bytes(const wm_tree *tree)
{
    return tree->node_count * sizeof *tree->nodes + tree->count * sizeof *tree->ids;
}

/* One bit a box of the node. No branches: which boxes a point meets cannot be
 * foretold, and a wrong guess costs more than all 16 comparisons. */
static uint32_t met_by(const wm_node *n, wm_box w)
{
    uint64_t met[WM_TREE_FANOUT];
    for (int i = 0; i < WM_TREE_FANOUT; i++)
        met[i] = (uint64_t)((n->min_x[i] <= w.max_x) & (n->max_x[i] >= w.min_x) &
                            (n->min_y[i] <= w.max_y) & (n->max_y[i] >= w.min_y));
    uint32_t bits = 0;
    for (int i = 0; i < WM_TREE_FANOUT; i++)
        bits |= (uint32_t)met[i] << i;
    return bits;
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
