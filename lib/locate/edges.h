/* Every edge of a map by the rows of tiles it passes, and which blocks have any.
 * Internal to the room. */
#ifndef WM_LOCATE_EDGES_H
#define WM_LOCATE_EDGES_H

#include "compiled.h"

typedef struct wm_entry {
    uint32_t area, point;           /* the edge from this point to the next */
} wm_entry;

typedef struct wm_row_edges {
    const wanmi_index *index;
    const wm_compiled *to;          /* its plane and its blocks are laid */
    const double *xy;               /* the map's coordinates */
    wm_entry *entries;              /* by row; areas ascend within each */
    size_t *row_starts;             /* rows + 1 */
    size_t entry_count;
    uint8_t *busy;                  /* by block: an edge crosses it */
} wm_row_edges;

/* Before: all zero but `index` and `to`. Gives false when there is no memory. */
bool wm_row_edges_sort(wm_row_edges *edges);
void wm_row_edges_drop(wm_row_edges *edges);
/* Of all areas together. */
size_t wm_edge_count(const wanmi_index *index);

/* Numbers of tiles, both included. */
typedef struct wm_tiles {
    uint32_t first, last;
} wm_tiles;

/* The columns an edge passes inside one row, with a little room on either side. */
wm_tiles wm_edge_columns(const wm_plane *plane, const double *a, const double *b, uint32_t row);

#endif
