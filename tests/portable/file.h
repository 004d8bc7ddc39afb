/* What one machine asked of the portable kernels and got, for another to ask again.
 *
 * A file is some rounds, each a head and then, in this order, what the head counts:
 * the index's blocks, tiles and trees, the positions' x and y, their labels, and for
 * each where it stopped (compiled.h, kernel.h); then a chart's box, longitudes,
 * latitudes, x and y. Numbers are as the machine keeps them: both are little-endian
 * and have 64-bit pointers. */
#ifndef PORTABLE_FILE_H
#define PORTABLE_FILE_H

#include "locate/kernel.h"

#define PORTABLE_MAGIC 0x31656C626174726Full

typedef struct portable_head {
    uint64_t magic;
    wm_plane plane;
    double reach_x, reach_y;
    float rim_x, rim_y, strip;
    uint32_t block_bits, block_columns, block_rows, block_count;
    uint32_t degree, box_size;      /* of the chart; doubles of its box */
    uint32_t position_count;        /* in blocks of WM_BLOCK, the last one padded */
    uint64_t tiles_size, tree_count;
} portable_head;

typedef struct portable_stop {
    uint32_t code;
    float u, v;
} portable_stop;

static inline wm_compiled portable_compiled(const portable_head *h, uint32_t *blocks, uint32_t *tiles,
                                            uint32_t *trees)
{
    return (wm_compiled){.plane = h->plane, .rim_x = h->rim_x, .rim_y = h->rim_y, .strip = h->strip,
                         .reach_x = h->reach_x, .reach_y = h->reach_y, .block_bits = h->block_bits,
                         .block_columns = h->block_columns, .block_rows = h->block_rows,
                         .block_count = h->block_count, .blocks = blocks, .tiles = tiles,
                         .tiles_size = h->tiles_size, .trees = trees, .tree_count = h->tree_count};
}

/* Labels of all positions, and where those without one stopped. */
static inline void portable_ask(const wm_compiled *c, wm_scratch *scratch, const double *xs,
                                const double *ys, size_t count, uint32_t *labels, portable_stop *stops)
{
    for (size_t start = 0; start < count; start += WM_BLOCK) {
        size_t in_block = count - start < WM_BLOCK ? count - start : WM_BLOCK;
        wm_kernel_portable.search(c, scratch, xs + start, ys + start, in_block, labels + start);
        for (size_t i = 0; i < in_block; i++) {
            bool stopped = (labels[start + i] & WM_LABEL) == 0;
            stops[start + i] = (portable_stop){0, 0, 0};
            if (stopped)
                stops[start + i] = (portable_stop){scratch->codes[i], scratch->stops[i][0],
                                                   scratch->stops[i][1]};
        }
    }
}

#endif
