/* The compiled index: what the fast engine looks into. Internal to the room.
 * docs/index.md tells how it is built and why its answers are the reference's.
 *
 * A position's tile is found by two products. Its word is an answer, or the place
 * of the tile's tree: cuts along the edges that cross the tile, each saying on which
 * side to go on, down to a label. All of it is in the tile's own measure, in floats:
 * u, v from -1/2 to 1/2, so that positions far from any line are told apart cheaply.
 * What is too near a wall or a line is told so, and settled on PROJ's own x, y: by the
 * very edges that the cuts stand for, or by the tile's record (cover.h).
 */
#ifndef WM_LOCATE_COMPILED_H
#define WM_LOCATE_COMPILED_H

#include <string.h>

#include "plane.h"
#include "side.h"
#include "timeline.h"
#include "tuples.h"

/* A word is the number of a block, of a tile's tree, or, with this bit, a label. */
#define WM_LABEL 0x40000000u
/* Labels: a tuple's number; a set's number with WM_LABEL_SET; none. */
#define WM_LABEL_NONE 0x7FFFFFFFu   /* nothing is kept: ask the exact path */
#define WM_LABEL_SET 0x20000000u    /* number of a cover set: the answer hangs on the instant */
#define WM_LABEL_FAR 0x10000000u    /* a tuple without a cell, and no cell within snap_m */
#define WM_LABEL_VALUE 0x0FFFFFFFu
/* How far from PROJ's own x, y an approximate position may be: 1 um of a chart's
 * bound, and as much again for the rounding of large numbers. */
#define WM_POSITION_DOUBT_M 2e-6

/* A tile's tree is a piece of `trees`. A tile's word is the place of its first cut,
 * in pairs of words. From there, backwards: the record's place (cover.h), how many
 * cuts there are, and the labels; forwards: the cuts, two words each; then a word a
 * cut that says which edges it stands for; then lists of edges. Nothing in it hangs
 * on where it stands. */
enum { WM_TREE_RECORD = 1, WM_TREE_CUTS = 2, WM_TREE_LABELS = 3, WM_TREE_HEAD = 2 };
/* Words of a line of the cache: `trees` begins with one. */
enum { WM_TREE_LINE = 16 };

/* A cut is 8 bytes, one load: the line v = slope * u + offset with |slope| <= 1, or u
 * of v where it is steep; both in units of 1/32767 tile. Then two codes, of what lies
 * below it and above it: the number of a cut of this tile, or of a label. In a word,
 * from its low end: slope, offset (int16_t), below, above (uint16_t). */
#define WM_CUT_UNIT 32767.0
#define WM_CUT_LABEL 0x8000u
#define WM_CUT_STEEP 0x4000u        /* in the code of what lies below */
#define WM_CUT_COUNT_MAX 0x4000u
#define WM_CUT_LABELS_MAX 0x8000u
/* Which edges a cut stands for: one edge, by its first point; with this bit, the
 * place of a list, a count and then edges; WANMI_NONE where that decides nothing. */
#define WM_CUT_LIST 0x80000000u

typedef uint64_t wm_cut;

struct wm_compiled {
    wm_plane plane;
    float rim_x, rim_y;             /* nearer than this to a wall, in tiles: not certain */
    float strip;                    /* nearer than this to a line, in a cut's units: not certain */
    double reach_x, reach_y;        /* farther than this outside all tiles: outside for certain */
    uint32_t block_bits;            /* a block is 2^bits tiles wide and high */
    uint32_t block_columns, block_rows;
    uint32_t *blocks;               /* a word: a label for all its tiles, or its place in `tiles` */
    uint32_t *tiles;                /* words */
    size_t tiles_size;              /* bytes */
    uint32_t block_count;           /* of those that have tiles of their own */
    uint32_t *trees;
    size_t tree_count, tree_capacity;   /* words */
    size_t trees_alignment;         /* once compiled; 0: as the host gives it */
    uint32_t *records;              /* cover.h */
    size_t record_count, record_capacity;
    wm_tuples tuples;
    wm_lists sets;                  /* cover sets; sealed once compiled */
    wm_timelines timelines;         /* of the sets */
};

/* Has memory on its way that will be wanted. A true load: a prefetch is dropped where
 * its page is not at hand, which in a large index is often. */
static inline void wm_touch(const void *at)
{
    (void)*(const volatile char *)at;
}

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

static inline wm_cut wm_cut_make(int16_t slope, int16_t offset, bool steep, uint32_t below,
                                 uint32_t above)
{
    return (uint16_t)slope | (uint64_t)(uint16_t)offset << 16 | (uint64_t)below << 32 |
           (uint64_t)above << 48 | (steep ? (uint64_t)WM_CUT_STEEP << 32 : 0);
}

static inline const uint32_t *wm_tree_at(const wm_compiled *c, uint32_t word)
{
    return c->trees + 2 * (size_t)word;
}

static inline wm_cut wm_tree_cut(const uint32_t *tree, uint32_t code)
{
    wm_cut cut;
    memcpy(&cut, tree + 2 * (size_t)code, sizeof cut);
    return cut;
}

static inline uint32_t wm_tree_label(const uint32_t *tree, uint32_t code)
{
    return tree[-WM_TREE_LABELS - (ptrdiff_t)(code & ~WM_CUT_LABEL)];
}

static inline bool wm_cut_is_steep(wm_cut cut)
{
    return (cut >> 32 & WM_CUT_STEEP) != 0;
}

/* How far a place u, v in a tile is above the line, in units, measured along v (or
 * along u where the line is steep). No branch: which way a line runs cannot be
 * foretold. Every kernel does these operations, in floats, in this order. */
static inline float wm_cut_above(wm_cut cut, const float *uv)
{
    uint32_t steep = wm_cut_is_steep(cut);
    float slope = (int16_t)cut, offset = (int16_t)(cut >> 16);
    return (uv[1 - steep] * (float)WM_CUT_UNIT - slope * uv[steep]) - offset;
}

/* The code of what lies below the line or above it. No branch here either. */
static inline uint32_t wm_cut_next(wm_cut cut, bool above)
{
    return (uint32_t)(cut >> (32 + 16 * (unsigned)above)) & (0xFFFF & ~WM_CUT_STEEP);
}

/* Fills index->compiled. Errors: WANMI_E_MEMORY, WANMI_E_CANCELLED,
 * WANMI_E_LOCATE_GEOS. */
wanmi_status wm_compile(wanmi_index *index, const wanmi_index_options *options, wanmi_error *error);
/* Sets how far off a place may be, in the tiles' measure, from the plane. */
void wm_compiled_bound(wm_compiled *compiled, double snap_m);
/* Gives back what only compiling needs. Gives false when there is no memory. */
bool wm_compiled_trim(const wanmi_host *host, wm_compiled *compiled);
void wm_compiled_free(const wanmi_host *host, wm_compiled *compiled);
uint64_t wm_compiled_bytes(const wm_compiled *compiled);

#endif
