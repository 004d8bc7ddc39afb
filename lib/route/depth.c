/* How many areas of an overlay layer can lie over one point, at the most: the
 * depth of their boxes, found by a sweep from west to east over a tree of sums
 * that keeps the deepest place of the sweep line.
 * Source: the measure-of-union sweep of Bentley (1977), counting in place of
 * measuring. Validity is left out: boxes of all times count together.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

/* A box enters at its west side and leaves after its east side: boxes are closed. */
typedef struct wm_side {
    double x;
    uint32_t low, high;                 /* numbers of its y values, both included */
    int32_t change;
} wm_side;

/* A node covers a range of y numbers: `add` lies over all of it, `most` is the
 * deepest of its inside, `add` included. */
typedef struct wm_node {
    int32_t add, most;
} wm_node;

typedef struct wm_sweep {
    uint32_t boxes;
    size_t leaves;                      /* a power of two, at least 2 * boxes */
    wm_side *sides;
    double *ys;
    wm_node *nodes;
} wm_sweep;

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static int by_x(const void *a, const void *b)
{
    const wm_side *x = a, *y = b;
    if (x->x != y->x)
        return x->x < y->x ? -1 : 1;
    return y->change - x->change;       /* entering first: boxes that touch share a point */
}

static uint32_t number_of(const wm_sweep *sweep, double y)
{
    uint32_t low = 0, high = 2 * sweep->boxes;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sweep->ys[middle] < y)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Adds to the y numbers low .. high under a node that covers `width` from `start`. */
static void add(wm_sweep *sweep, size_t node, size_t start, size_t width, const wm_side *side)
{
    if (side->high < start || side->low >= start + width)
        return;
    wm_node *at = &sweep->nodes[node];
    if (side->low <= start && start + width - 1 <= side->high) {
        at->add += side->change;
        at->most += side->change;
        return;
    }
    add(sweep, 2 * node, start, width / 2, side);
    add(sweep, 2 * node + 1, start + width / 2, width / 2, side);
    int32_t left = sweep->nodes[2 * node].most, right = sweep->nodes[2 * node + 1].most;
    at->most = at->add + (left > right ? left : right);
}

static void fill(const wanmi_plan *plan, const wm_layer *layer, wm_sweep *sweep)
{
    wanmi_area_info area;
    for (uint32_t i = 0; i < sweep->boxes; i++) {
        wanmi_map_area(plan->map, layer->first_area + i, &area);
        sweep->ys[2 * i] = area.min_y;
        sweep->ys[2 * i + 1] = area.max_y;
    }
    qsort(sweep->ys, 2 * (size_t)sweep->boxes, sizeof *sweep->ys, by_value);
    for (uint32_t i = 0; i < sweep->boxes; i++) {
        wanmi_map_area(plan->map, layer->first_area + i, &area);
        uint32_t low = number_of(sweep, area.min_y), high = number_of(sweep, area.max_y);
        sweep->sides[2 * i] = (wm_side){area.min_x, low, high, 1};
        sweep->sides[2 * i + 1] = (wm_side){area.max_x, low, high, -1};
    }
    qsort(sweep->sides, 2 * (size_t)sweep->boxes, sizeof *sweep->sides, by_x);
    memset(sweep->nodes, 0, 2 * sweep->leaves * sizeof *sweep->nodes);
}

wanmi_status wm_layer_depth(const wanmi_plan *plan, uint32_t layer, uint32_t *depth)
{
    wm_sweep sweep = {.boxes = plan->layers[layer].area_count, .leaves = 2};
    while (sweep.leaves < 2 * (size_t)sweep.boxes)
        sweep.leaves *= 2;
    size_t sides = 2 * (size_t)sweep.boxes * sizeof *sweep.sides;
    size_t ys = 2 * (size_t)sweep.boxes * sizeof *sweep.ys;
    size_t nodes = 2 * sweep.leaves * sizeof *sweep.nodes;
    sweep.sides = wm_alloc(&plan->host, sides);
    sweep.ys = wm_alloc(&plan->host, ys);
    sweep.nodes = wm_alloc(&plan->host, nodes);
    wanmi_status status = WANMI_E_MEMORY;
    if (sweep.sides != NULL && sweep.ys != NULL && sweep.nodes != NULL) {
        fill(plan, &plan->layers[layer], &sweep);
        int32_t most = 0;
        for (size_t i = 0; i < 2 * (size_t)sweep.boxes; i++) {
            add(&sweep, 1, 0, sweep.leaves, &sweep.sides[i]);
            most = sweep.nodes[1].most > most ? sweep.nodes[1].most : most;
        }
        *depth = (uint32_t)most;
        status = WANMI_OK;
    }
    wm_free(&plan->host, sweep.sides, sides);
    wm_free(&plan->host, sweep.ys, ys);
    wm_free(&plan->host, sweep.nodes, nodes);
    return status;
}
