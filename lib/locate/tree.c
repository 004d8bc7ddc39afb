/* A packed R-tree over boxes: see tree.h. */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "wanmi/types.h"

enum { HILBERT_BITS = 16 };

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

static void lay_out_levels(wm_tree *tree, uint32_t count)
{
    size_t start = 0;
    for (uint32_t size = count;; size = (size + WM_TREE_FANOUT - 1) / WM_TREE_FANOUT) {
        tree->starts[tree->levels] = start;
        tree->sizes[tree->levels++] = size;
        start += size;
        if (size <= WM_TREE_FANOUT)
            break;
    }
    tree->count = count;
    tree->box_count = start;
}

static void fill_upper_levels(wm_tree *tree)
{
    for (uint32_t level = 1; level < tree->levels; level++) {
        const wm_box *below = tree->boxes + tree->starts[level - 1];
        wm_box *here = tree->boxes + tree->starts[level];
        for (uint32_t i = 0; i < tree->sizes[level - 1]; i++) {
            wm_box *parent = &here[i / WM_TREE_FANOUT];
            *parent = i % WM_TREE_FANOUT == 0 ? below[i] : join(*parent, below[i]);
        }
    }
}

bool wm_tree_build(const wanmi_host *host, const wm_box *boxes, uint32_t count, uint32_t first_id,
                   wm_tree *tree)
{
    *tree = (wm_tree){.count = 0};
    if (count == 0)
        return true;
    wm_tree fresh = {.count = 0};
    lay_out_levels(&fresh, count);
    size_t keys_size = wm_product(count, sizeof(uint64_t));
    uint64_t *keys = wm_alloc(host, keys_size);
    fresh.boxes = wm_alloc(host, wm_product(fresh.box_count, sizeof *fresh.boxes));
    fresh.ids = wm_alloc(host, wm_product(count, sizeof *fresh.ids));
    bool done = keys != NULL && fresh.boxes != NULL && fresh.ids != NULL;
    if (done) {
        sort_by_curve(boxes, count, keys);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t from = (uint32_t)keys[i];
            fresh.boxes[i] = boxes[from];
            fresh.ids[i] = first_id + from;
        }
        fill_upper_levels(&fresh);
        *tree = fresh;
    } else {
        wm_tree_drop(host, &fresh);
    }
    wm_free(host, keys, keys_size);
    return done;
}

void wm_tree_drop(const wanmi_host *host, wm_tree *tree)
{
    wm_free(host, tree->boxes, tree->box_count * sizeof *tree->boxes);
    wm_free(host, tree->ids, tree->count * sizeof *tree->ids);
    *tree = (wm_tree){.count = 0};
}

uint64_t wm_tree_bytes(const wm_tree *tree)
{
    return tree->box_count * sizeof *tree->boxes + tree->count * sizeof *tree->ids;
}

void wm_walk_start(wm_walk *walk, const wm_tree *tree, wm_box window)
{
    walk->tree = tree;
    walk->window = window;
    walk->level = tree->levels;
    if (tree->levels == 0)
        return;
    walk->level = tree->levels - 1;
    walk->at[walk->level].next = 0;
    walk->at[walk->level].end = tree->sizes[walk->level];
}

static bool meets(const wm_box *a, const wm_box *b)
{
    return a->min_x <= b->max_x && a->max_x >= b->min_x &&
           a->min_y <= b->max_y && a->max_y >= b->min_y;
}

uint32_t wm_walk_next(wm_walk *walk)
{
    const wm_tree *tree = walk->tree;
    while (walk->level < tree->levels) {
        uint32_t level = walk->level;
        if (walk->at[level].next == walk->at[level].end) {
            walk->level++;
            continue;
        }
        uint32_t i = walk->at[level].next++;
        if (!meets(&tree->boxes[tree->starts[level] + i], &walk->window))
            continue;
        if (level == 0)
            return tree->ids[i];
        uint32_t last = tree->sizes[level - 1], first = i * WM_TREE_FANOUT;
        walk->level = level - 1;
        walk->at[level - 1].next = first;
        walk->at[level - 1].end = last - first > WM_TREE_FANOUT ? first + WM_TREE_FANOUT : last;
    }
    return WANMI_NONE;
}
