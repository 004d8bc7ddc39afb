/* The pieces an area falls into, one connected part a square, and the cells they
 * make once slivers have joined a neighbour. */
#ifndef WM_GRID_PIECES_H
#define WM_GRID_PIECES_H

#include "lattice.h"
#include "trace.h"

#define WM_PIECE_NONE UINT32_MAX

/* A connected part of the area in one square. `polygon` is its place in
 * wm_pieces.shape, or WM_PIECE_NONE: the whole square, with its corners only. */
typedef struct wm_piece {
    int32_t row, column;
    uint32_t polygon;
    uint32_t leader;            /* the piece whose cell it is part of; itself: its own */
    uint32_t next;              /* the next piece of the same cell, or WM_PIECE_NONE */
    double area;
    double x, y;                /* centre, to put the pieces of one square in order */
} wm_piece;

typedef struct wm_pieces {
    const wanmi_host *host;
    wm_lattice lattice;
    const wm_grid_geos *geos;
    wm_piece *items;            /* in the order of their numbers: north to south, west to east */
    size_t count, room;
    wm_polygons shape;
    wm_tracer tracer;
    wm_edges edges;             /* scratch */
    double least;               /* smaller pieces join a neighbour, m2 */
    uint64_t cells, joined, kept_small;
} wm_pieces;

void wm_pieces_init(wm_pieces *pieces, const wanmi_host *host, const wm_grid_geos *geos,
                    const wm_lattice *lattice, double least);
void wm_pieces_drop(wm_pieces *pieces);

/* Cuts a noded area. Errors: WANMI_E_GRID_AREA (its edges do not close up),
 * WANMI_E_LIMIT, WANMI_E_MEMORY. */
wanmi_status wm_pieces_cut(wm_pieces *pieces, const wm_noded *noded, wanmi_error *error);

/* The pieces of a square are first .. first + count - 1. */
size_t wm_pieces_of_square(const wm_pieces *pieces, int32_t row, int32_t column, size_t *first);

/* Joins pieces below `least` to the neighbours they share the longest border
 * with; counts cells, joined and kept_small. */
wanmi_status wm_pieces_join(wm_pieces *pieces, wanmi_error *error);

/* Replaces `cell` by the polygon of the cell that piece `leader` leads. */
wanmi_status wm_pieces_cell(wm_pieces *pieces, size_t leader, wm_polygons *cell, wanmi_error *error);

/* Adds a piece's edges to pieces->edges. */
bool wm_piece_edges(wm_pieces *pieces, const wm_piece *piece);

#endif
