/* The certain search in machine code of several kinds. Internal to the room.
 *
 * Each kernel answers blocks of positions by the same operations on the same
 * numbers in the same order (compiled.h), so that all give the same labels. The
 * search goes in passes over the block, so that no position waits alone for memory:
 *   1. every position's tile, where in it, and whether it is clear of the walls;
 *   2. the tiles' words; those that lead to a tree are packed together;
 *   3. all of these one cut down, the rest packed again, until none is left;
 *   4. the labels they ended at.
 */
#ifndef WM_LOCATE_KERNEL_H
#define WM_LOCATE_KERNEL_H

#include "compiled.h"

/* Positions are taken in blocks of this many: a multiple of every width. */
enum { WM_BLOCK = 1024 };
/* Packing may write, and loading may read, this many more. */
enum { WM_WIDTH = 16, WM_ROOM = WM_BLOCK + WM_WIDTH };

/* Arrays of what is walking come first to last in the order of the block. */
typedef struct wm_scratch {
    _Alignas(64) uint32_t words[WM_ROOM];   /* tiles' places, then words, then trees */
    uint32_t at[WM_ROOM];           /* cuts, counted in pairs of words of `trees` */
    uint32_t who[WM_ROOM];          /* places in the block */
    float uv[2][WM_ROOM];           /* where in its tile */
    uint32_t ends[WM_ROOM];         /* found: the label's place in `trees`, and whose it is */
    uint32_t found[WM_ROOM];
    /* By place in the block, where a line is too near: at which cut, where in the tile. */
    uint16_t codes[WM_BLOCK];
    float stops[WM_BLOCK][2];
    bool blocks_in_order;           /* block i of the index has tiles, and they are the i-th: no need to look */
} wm_scratch;

static inline void wm_stop_at(wm_scratch *s, uint32_t who, uint32_t code, float u, float v)
{
    s->codes[who] = (uint16_t)code;
    s->stops[who][0] = u;
    s->stops[who][1] = v;
}

typedef struct wm_kernel {
    /* Labels of positions, each known to WM_POSITION_DOUBT_M. Where that is not certain:
     * too near a wall WM_LABEL_NONE; too near a line the tile's word (without WM_LABEL),
     * and scratch->codes and stops say where. NaN gives WM_LABEL_NONE. `count` up to
     * WM_BLOCK. All arrays have room for a whole block, and more is read and written of
     * them than `count`. */
    void (*search)(const wm_compiled *compiled, wm_scratch *scratch, const double *xs,
                   const double *ys, size_t count, uint32_t *labels);
    /* Cells and tuples (NULL: not wanted) of labels that tell them by themselves:
     * wm_label_tells. The places of all others go into `left`, which has room for
     * WM_ROOM. Gives how many those are. */
    size_t (*answer)(const wm_layout *layout, const uint32_t *labels, size_t count, uint32_t *cells,
                     uint32_t *tuples, uint16_t *left);
} wm_kernel;

/* For wm_scratch. An image's blocks are not believed: they are looked at. */
bool wm_blocks_in_order(const wm_compiled *compiled);

extern const wm_kernel wm_kernel_portable, wm_kernel_v2, wm_kernel_v3, wm_kernel_v4;

/* The code of a kernel, which becomes another than AUTO; NULL where this processor or
 * this build does not carry it. An index too large for a kernel's numbers gets the
 * portable one when AUTO is asked. */
const wm_kernel *wm_kernel_of(const wm_compiled *compiled, wanmi_kernel *kernel);

#endif
