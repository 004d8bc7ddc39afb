/* Down the tiles' trees with PROJ's own x, y. Internal to the room.
 *
 * Where a place is near a cut's line the very edges decide that the cut stands for:
 * on one side of all of them is on that side of the line. Exactly on the line of one
 * edge is on both: the point then belongs to the leaves on both sides, and an area
 * covers it when one of their labels says so (an area is the closure of its inside).
 * A point on a wall goes down the trees of all tiles it touches.
 *
 * A group of points goes down together, one cut a step, and waits together where
 * edges decide: what one of them loads from far away is on its way while the others
 * are at work.
 */
#ifndef WM_LOCATE_DESCENT_H
#define WM_LOCATE_DESCENT_H

#include "compiled.h"

enum { WM_GROUP = 128, WM_WALKERS = 4 * WM_GROUP, WM_DESCENT_LABELS = 8 };

/* The different labels of all leaves that meet a point. */
typedef struct wm_leaves {
    uint32_t labels[WM_DESCENT_LABELS];
    uint32_t count;
    bool lost;                      /* no meaning in it: the edges do not decide, or too many labels */
} wm_leaves;

/* One way of a point down one tile's tree. */
typedef struct wm_walker {
    uint32_t word;                  /* the tree */
    float uv[2];                    /* where in its tile */
    uint16_t code;                  /* at which cut, or in the end of which label */
    uint16_t point;
} wm_walker;

typedef struct wm_descent {
    double x[WM_GROUP], y[WM_GROUP];
    wm_leaves leaves[WM_GROUP];
    wm_walker walkers[WM_WALKERS];
    uint32_t edges[WM_WALKERS];         /* at a line: which edges decide */
    uint16_t walking[WM_WALKERS], waiting[WM_WALKERS], landed[WM_WALKERS];
    uint32_t walker_count, walking_count, waiting_count, landed_count;
} wm_descent;

void wm_descent_clear(wm_descent *descent);
/* A point at a place x, y from the tops of all trees there; or from a cut on, where it
 * is known to be; or none at all. Up to WM_GROUP points. */
void wm_descent_enter(wm_descent *descent, const wm_compiled *compiled, uint32_t point, double x,
                      double y);
void wm_descent_resume(wm_descent *descent, uint32_t point, double x, double y, wm_walker at);
void wm_descent_skip(wm_descent *descent, uint32_t point);
/* Fills `leaves` of all points. */
void wm_descend(wm_descent *descent, const wm_compiled *compiled, const double *xy);

/* Has the word that says which edges a cut stands for on its way from memory; `deep`:
 * and the edges, once that has come. */
void wm_edges_foresee(const wm_compiled *compiled, const double *xy, uint32_t word, uint32_t code,
                      bool deep);

#endif
