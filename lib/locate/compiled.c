/* Keeping and freeing a compiled index. */
#include <math.h>
#include <sys/mman.h>

#include "partition.h"

void wm_compiled_bound(wm_compiled *c, double snap_m)
{
    const wm_plane *p = &c->plane;
    double off = WM_POSITION_DOUBT_M, reach = snap_m + 1;
    c->rim_x = (float)(off * p->x.per_step + 2e-7);
    c->rim_y = (float)(off * p->y.per_step + 2e-7);
    c->strip = (float)(WM_CUT_UNIT * (2 * off * fmax(p->x.per_step, p->y.per_step) + WM_WITHIN_LINE +
                                      WM_CUT_DOUBT + WM_FLOAT_DOUBT));
    c->reach_x = reach * p->x.per_step;
    c->reach_y = reach * p->y.per_step;
}

enum { LINE = 64, HUGE_PAGE = 2 << 20 };
/* From here on trees want pages of two megabytes: with small ones half of the loads
 * would wait for the place of their page as well. Below, their rounding would weigh. */
static const size_t HUGE_FROM = 16 << 20;

/* An advice, which the system is free not to take. */
static void ask_for_huge_pages(void *block, size_t size)
{
#ifdef MADV_HUGEPAGE
    if (size >= HUGE_FROM)
        (void)madvise(block, size / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE);
#else
    (void)block;
    (void)size;
#endif
}

static bool align_trees(const wanmi_host *host, wm_compiled *c)
{
    size_t size = c->tree_count * sizeof *c->trees, alignment = size >= HUGE_FROM ? HUGE_PAGE : LINE;
    uint32_t *aligned = wm_alloc_aligned(host, size, alignment);
    if (aligned == NULL)
        return false;
    ask_for_huge_pages(aligned, size);
    if (size > 0)
        memcpy(aligned, c->trees, size);
    wm_free(host, c->trees, c->tree_capacity * sizeof *c->trees);
    c->trees = aligned;
    c->tree_capacity = c->tree_count;
    c->trees_alignment = alignment;
    return true;
}

bool wm_compiled_trim(const wanmi_host *host, wm_compiled *c)
{
    wm_lists_seal(&c->sets);
    return align_trees(host, c) &&
           wm_fit(host, (void **)&c->records, &c->record_capacity, c->record_count, sizeof *c->records) &&
           wm_tuples_trim(&c->tuples) && wm_lists_trim(&c->sets);
}

void wm_compiled_free(const wanmi_host *host, wm_compiled *c)
{
    if (c == NULL)
        return;
    wm_free(host, c->blocks, (size_t)c->block_columns * c->block_rows * sizeof *c->blocks);
    wm_free(host, c->tiles, c->tiles_size);
    if (c->trees_alignment != 0)
        wm_free_aligned(host, c->trees, c->tree_capacity * sizeof *c->trees, c->trees_alignment);
    else
        wm_free(host, c->trees, c->tree_capacity * sizeof *c->trees);
    wm_free(host, c->records, c->record_capacity * sizeof *c->records);
    wm_tuples_drop(&c->tuples);
    wm_lists_drop(&c->sets);
    wm_timelines_drop(&c->timelines, host);
    wm_free(host, c, sizeof *c);
}

uint64_t wm_compiled_bytes(const wm_compiled *c)
{
    return sizeof *c + (uint64_t)c->block_columns * c->block_rows * sizeof *c->blocks + c->tiles_size +
           c->tree_capacity * sizeof *c->trees + c->record_capacity * sizeof *c->records +
           wm_tuples_bytes(&c->tuples) + wm_lists_bytes(&c->sets) +
           wm_timelines_bytes(&c->timelines);
}
