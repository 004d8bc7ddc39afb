/* The compiled index: what the fast engine looks into. Internal to the room.
 * docs/index.md tells how it is built and why its answers are the reference's.
 *
 * A position's tile is found by two products. Its word is an answer, or the first
 * of the tile's cuts: lines along the edges that cross the tile, each node saying
 * on which side to go on. All of it is in the tile's own measure, in floats: u, v
 * from -1/2 to 1/2, so that positions far from any line are told apart cheaply.
 * What is too near a wall or a line is told so, and settled on PROJ's own x, y by
 * the tile's record (cover.h).
 */
#ifndef WM_LOCATE_COMPILED_H
#define WM_LOCATE_COMPILED_H

#include "plane.h"
#include "side.h"
#include "tuples.h"

/* A word is the number of a block, of a cut, or, with this bit, a label. */
#define WM_LABEL 0x40000000u
/* Labels: a tuple's number; a set's number with WM_LABEL_SET; none. */
#define WM_LABEL_NONE 0x7FFFFFFFu   /* nothing is kept: ask the exact path */
#define WM_LABEL_SET 0x20000000u    /* number of a cover set: the answer hangs on the instant */
#define WM_LABEL_FAR 0x10000000u    /* a tuple without a cell, and no cell within snap_m */
#define WM_LABEL_VALUE 0x0FFFFFFFu
/* How far from PROJ's own x, y an approximate position may be: 1 um of a chart's
 * bound, and as much again for the rounding of large numbers. */
#define WM_POSITION_DOUBT_M 2e-6

/* Bit of wm_cut.next[0]: u is a function of v along the line, else v of u. */
#define WM_STEEP 0x80000000u

/* 16 bytes, one load: the line v = slope * u + offset with |slope| <= 1. */
typedef struct wm_cut {
    float slope, offset;
    uint32_t next[2];               /* words: below it, above it */
} wm_cut;

struct wm_compiled {
    wm_plane plane;
    float rim_x, rim_y;             /* nearer than this to a wall, in tiles: not certain */
    float strip;                    /* nearer than this to a line: not certain */
    double reach_x, reach_y;        /* farther than this outside all tiles: outside for certain */
    uint32_t block_bits;            /* a block is 2^bits tiles wide and high */
    uint32_t block_columns, block_rows;
    uint32_t *blocks;               /* a word: a label for all its tiles, or its place in `tiles` */
    uint32_t *tiles;                /* words */
    size_t tiles_size;              /* bytes */
    uint32_t block_count;           /* of those that have tiles of their own */
    wm_cut *cuts;                   /* before a tile's first cut stands its header: record_of */
    size_t cut_count, cut_capacity;
    uint32_t *records;              /* cover.h */
    size_t record_count, record_capacity;
    wm_tuples tuples;               /* number 0: no area at all */
    uint32_t *cells;                /* by tuple: the area in the cell layer, or WANMI_NONE */
    size_t cell_capacity;
    wm_tuples sets;                 /* cover sets as tuples of no layer: a count, then the areas */
};

static inline uint32_t wm_block_place(const wm_compiled *c, uint32_t column, uint32_t row)
{
    return (row >> c->block_bits) * c->block_columns + (column >> c->block_bits);
}

static inline size_t wm_tile_place(const wm_compiled *c, uint32_t block, uint32_t column, uint32_t row)
{
    uint32_t mask = (1u << c->block_bits) - 1;
    return ((size_t)block << (2 * c->block_bits)) + ((row & mask) << c->block_bits) + (column & mask);
}

static inline uint32_t wm_tile_word(const wm_compiled *c, uint32_t column, uint32_t row)
{
    uint32_t word = c->blocks[wm_block_place(c, column, row)];
    return (word & WM_LABEL) != 0 ? word : c->tiles[wm_tile_place(c, word, column, row)];
}

/* How far a place u, v in a tile is above the line, in the tile's measure along v
 * (or along u where the line is steep). No branch: which way a line runs cannot be
 * foretold. */
static inline float wm_cut_above(const wm_cut *cut, const float *uv)
{
    uint32_t steep = cut->next[0] >> 31;
    return uv[1 - steep] - cut->slope * uv[steep] - cut->offset;
}

/* Where the record stands of the tile whose first cut this is. */
static inline uint32_t wm_record_of(const wm_compiled *c, uint32_t first_cut)
{
    return c->cuts[first_cut - 1].next[0];
}

/* Fills index->compiled. Errors: WANMI_E_MEMORY, WANMI_E_CANCELLED,
 * WANMI_E_LOCATE_GEOS. */
wanmi_status wm_compile(wanmi_index *index, const wanmi_index_options *options, wanmi_error *error);
/* Gives back what was taken in advance. Gives false when there is no memory. */
bool wm_compiled_trim(const wanmi_host *host, wm_compiled *compiled);
void wm_compiled_free(const wanmi_host *host, wm_compiled *compiled);
uint64_t wm_compiled_bytes(const wm_compiled *compiled);

#endif
