/* A packed R-tree over boxes. Internal to the room.
 *
 * Static: built once, whole, from all boxes of one layer; arrays only, no
 * pointers, 16 children a node. The boxes are packed in the order of their
 * centres on a Hilbert curve: Kamel and Faloutsos, "On packing R-trees",
 * CIKM 1993.
 *
 * A node keeps its 16 boxes in 16-bit steps of its own frame, 65,000 across. The
 * same rounding is used for a box and for the window that asks, and it never turns
 * two numbers round: what meets exactly also meets in steps, and nothing is lost.
 * Something may be given that misses by a step. Whoever must know for certain looks
 * at the area itself.
 */
#ifndef WM_LOCATE_TREE_H
#define WM_LOCATE_TREE_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"

enum { WM_TREE_FANOUT = 16, WM_TREE_LEVELS = 8 };   /* 16^8 = 2^32 boxes */

typedef struct wm_box {
    double min_x, min_y, max_x, max_y;
} wm_box;

/* Turned round, so that joining it to a box changes nothing. */
#define WM_BOX_NOTHING ((wm_box){INFINITY, INFINITY, -INFINITY, -INFINITY})

static inline wm_box wm_box_join(wm_box a, wm_box b)
{
    return (wm_box){a.min_x < b.min_x ? a.min_x : b.min_x, a.min_y < b.min_y ? a.min_y : b.min_y,
                    a.max_x > b.max_x ? a.max_x : b.max_x, a.max_y > b.max_y ? a.max_y : b.max_y};
}

/* 16 boxes side by side, so that one sweep compares them all. Places that are not
 * used hold a box that meets nothing. */
typedef struct wm_node {
    double x, y;                    /* the frame's corner */
    float per_x, per_y;             /* steps a metre */
    int16_t min_x[WM_TREE_FANOUT], min_y[WM_TREE_FANOUT];
    int16_t max_x[WM_TREE_FANOUT], max_y[WM_TREE_FANOUT];
} wm_node;

/* Level 0 holds the given boxes in curve order, level k + 1 one box for each node
 * of level k; the highest level is one node. */
typedef struct wm_tree {
    wm_node *nodes;
    uint32_t *ids;                  /* of level 0's boxes: first_id + place in the input */
    size_t node_count;
    uint32_t count;
    uint32_t levels;                /* 0: empty */
    size_t starts[WM_TREE_LEVELS];  /* where each level starts in `nodes` */
} wm_tree;

/* Gives false when there is no memory; then `tree` holds nothing. */
bool wm_tree_build(const wanmi_host *host, const wm_box *boxes, uint32_t count, uint32_t first_id,
                   wm_tree *tree);
void wm_tree_drop(const wanmi_host *host, wm_tree *tree);
uint64_t wm_tree_bytes(const wm_tree *tree);

/* Levels, starts and node_count of an empty tree for so many boxes, at least one. */
void wm_tree_lay_out(wm_tree *tree, uint32_t count);

/* A walk over all boxes that meet a window, edges included, and some that miss it
 * by little. The window may be made smaller between two steps, and nodes not yet
 * opened heed it: that is how the nearest area is found. */
typedef struct wm_walk {
    const wm_tree *tree;
    wm_box window;
    uint32_t level;
    struct { uint32_t first, left; } at[WM_TREE_LEVELS];   /* a node's first box; bits of those that met */
} wm_walk;

void wm_walk_start(wm_walk *walk, const wm_tree *tree, wm_box window);
/* The next id, in no useful order; WANMI_NONE (types.h) at the end. */
uint32_t wm_walk_next(wm_walk *walk);

#endif
