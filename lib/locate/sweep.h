/* A part of the tiles, some rows of blocks, compiled by one thread. Internal to
 * the room.
 *
 * Parts share the map, the edges and the arrays of blocks and tiles, in which each
 * writes its own rows only. All else is the part's own, and put together by
 * compile.c: trees, records, and the sets of areas that labels stand for.
 */
#ifndef WM_LOCATE_SWEEP_H
#define WM_LOCATE_SWEEP_H

#include <stdatomic.h>

#include "cover.h"
#include "edges.h"
#include "partition.h"

/* What happens in one tile of the row: an edge (point) or, with point WANMI_NONE,
 * an area that covers the reference point. */
typedef struct wm_item {
    uint32_t slot, area, point;
} wm_item;

typedef struct wm_part {
    const wanmi_index *index;
    const wanmi_host *host;
    const wm_row_edges *edges;
    uint32_t first_row, end_row;    /* of tiles; whole rows of blocks */
    atomic_bool *stop;              /* all parts': somebody has failed, or was asked to stop */
    atomic_uint *rows_done;         /* all parts' */

    wm_compiled own;                /* shares plane, blocks and tiles; trees and records are its own */
    /* A label is the number of a list here, with WM_LABEL_FAR where no cell is near:
     * areas, ascending, that cover the place whenever they are valid. */
    wm_lists covers;
    wanmi_status status;

    wm_sides sides;
    wm_partition partition;
    uint32_t *slot_starts;          /* of the row of blocks, by block column: its first slot */
    uint32_t slot_count;
    wm_item *items, *sorted;
    size_t item_count, item_capacity, sorted_capacity;
    uint32_t *slot_items;           /* slot_count + 1 */
    size_t slot_item_capacity;
    uint32_t *toggles;
    size_t toggle_count, toggle_capacity;
    uint32_t *areas;                /* a set */
    size_t area_capacity;
    wm_tile_point tile;             /* of the tile in work */
    uint32_t column, row;
    uint32_t record;
} wm_part;

/* Called now and then by one of the parts; non-zero: stop. */
typedef int (*wm_part_tick)(void *user);

/* `laid` has plane, bounds, blocks and tiles. Gives false when there is no memory;
 * the part may be dropped all the same. */
bool wm_part_open(wm_part *part, const wm_row_edges *edges, const wm_compiled *laid, pthread_mutex_t *lock);
/* Makes the part's tiles: part->status. `tick` may be NULL. */
void wm_part_make(wm_part *part, wm_part_tick tick, void *user);
/* Frees all but what `own` was given away of (set to NULL, with capacity 0). */
void wm_part_drop(wm_part *part);

#endif
