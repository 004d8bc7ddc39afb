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
#include "side.h"

/* What is nearer to a cut's line than this, in tiles, goes with the line. */
#define WM_WITHIN_LINE 1.5e-7
/* A place is known to 2^-25 a coordinate, and how far it is above a line is
 * computed to better than 1e-7. */
#define WM_FLOAT_DOUBT 2e-7
/* How far from its line a cut may be kept, in tiles: slope and offset rounded to
 * half a unit each, the slope along half a tile; and a little for the rounding. */
#define WM_CUT_DOUBT (0.76 / WM_CUT_UNIT)

typedef struct wm_piece {
    double au, av, bu, bv;          /* in the tile's measure */
    uint32_t point;                 /* the edge it is of: from this point of the map to the next */
    bool a_is_cut, b_is_cut;        /* no end of the edge, but where it was cut */
} wm_piece;

typedef struct wm_corner {
    double u, v;
} wm_corner;

/* The line v = slope * u + offset with |slope| <= 1, or u of v where it is steep. */
typedef struct wm_line {
    double slope, offset;
    bool steep;
} wm_line;

/* Gives the label of a place inside a leaf; WM_LABEL_NONE where it has none. */
typedef wanmi_status (*wm_label_fn)(void *user, double u, double v, uint32_t *label);

/* One tile's tree while it grows. */
typedef struct wm_sapling {
    uint64_t *cuts;
    uint32_t *edges, *lists, *labels;
    size_t cut_count, cut_capacity, edge_capacity;
    size_t list_count, list_capacity;
    size_t label_count, label_capacity;
} wm_sapling;

typedef struct wm_partition {
    const wanmi_host *host;
    wm_compiled *to;
    const double *xy;               /* the map's coordinates */
    wm_sides *sides;
    wm_label_fn label;
    void *user;
    wm_piece *pieces;               /* a stack: each side's above its parent's */
    size_t piece_count, piece_capacity;
    wm_corner *corners;             /* likewise, of the regions */
    size_t corner_count, corner_capacity;
    wm_sapling tree;
    uint32_t column, row;           /* of the tile */
} wm_partition;

/* Begins with a tile. */
void wm_partition_start(wm_partition *partition, uint32_t column, uint32_t row);
/* Adds the edge from this point of the map to the next; only what is in the tile
 * counts. Gives false when there is no memory. */
bool wm_partition_add(wm_partition *partition, uint32_t point);
/* Cuts the tile along what was added; its tree keeps `record`. Gives its word. */
wanmi_status wm_partition_finish(wm_partition *partition, uint32_t record, uint32_t *word);
void wm_partition_drop(wm_partition *partition);

#endif
