/* Cutting a tile along the edges that cross it. Internal to the room.
 *
 * A binary space partition: H. Fuchs, Z. M. Kedem, B. F. Naylor, "On visible
 * surface generation by a priori tree structures", SIGGRAPH 1980. Each cut is the
 * whole line through one edge; the pieces of the others go to the side they are
 * on, or to both, cut in two. Where no piece is left is a leaf: no edge crosses
 * it, so all its points have one answer, and a point well inside is asked for it.
 */
#ifndef WM_LOCATE_PARTITION_H
#define WM_LOCATE_PARTITION_H

#include "compiled.h"

/* What is nearer to a cut's line than this, in tiles, goes with the line. Lines
 * are kept in floats and are off by less than 8e-8. */
#define WM_WITHIN_LINE 1.5e-7
/* A place is known to 2^-25 a coordinate, and how far it is above a line is
 * computed to better than 2e-7; half as much again. */
#define WM_FLOAT_DOUBT 3e-7

typedef struct wm_piece {
    double au, av, bu, bv;          /* in the tile's measure */
} wm_piece;

typedef struct wm_corner {
    double u, v;
} wm_corner;

/* Gives the label of a place inside a leaf; WM_LABEL_NONE where it has none. */
typedef wanmi_status (*wm_label_fn)(void *user, double u, double v, uint32_t *label);

typedef struct wm_partition {
    const wanmi_host *host;
    wm_compiled *to;
    wm_label_fn label;
    void *user;
    wm_piece *pieces;               /* a stack: each side's above its parent's */
    size_t piece_count, piece_capacity;
    wm_corner *corners;             /* likewise, of the regions */
    size_t corner_count, corner_capacity;
} wm_partition;

/* Adds an edge to the tile that comes next; only what is in the tile counts. */
bool wm_partition_add(wm_partition *partition, wm_piece edge);
/* Cuts the tile along what was added, after a header cut that keeps `record`.
 * Gives its word. */
wanmi_status wm_partition_finish(wm_partition *partition, uint32_t record, uint32_t *word);
void wm_partition_drop(wm_partition *partition);

#endif
