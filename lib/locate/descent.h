/* Down a tile's tree with PROJ's own x, y. Internal to the room.
 *
 * Where a place is near a cut's line the very edges decide that the cut stands for:
 * on one side of all of them is on that side of the line. Exactly on the line of one
 * edge is on both: the point then belongs to the leaves on both sides, and an area
 * covers it when one of their labels says so (an area is the closure of its inside).
 */
#ifndef WM_LOCATE_DESCENT_H
#define WM_LOCATE_DESCENT_H

#include "compiled.h"

enum { WM_DESCENT_LABELS = 8 };

/* The different labels of all leaves that meet a point: those of one tile are added. */
typedef struct wm_leaves {
    uint32_t labels[WM_DESCENT_LABELS];
    uint32_t count;
} wm_leaves;

/* Gives false, with no meaning in `leaves`, where there are too many. */
bool wm_leaves_add(wm_leaves *leaves, uint32_t label);

/* Gives false where the edges do not decide, or would need GEOS to: the record does. */
bool wm_descend(const wm_compiled *compiled, const double *xy, uint32_t word, const float *uv, double x,
                double y, wm_leaves *leaves);

#endif
