/* A search's kernel in plain C: what the others must equal, label by label. The file
 * that includes this is compiled for its own processors. */
#ifndef WM_LOCATE_KERNEL_SCALAR_H
#define WM_LOCATE_KERNEL_SCALAR_H

#include "kernel.h"
#include "tile.h"

/* Labels, and what is to walk. No branch that hangs on a position but the rare ones,
 * so that the loads of many tiles run side by side. */
static size_t find_tiles(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys,
                         size_t count, uint32_t *labels)
{
    size_t walking = 0;
    for (size_t i = 0; i < count; i++) {
        float uv[2] = {0, 0};
        uint32_t word = wm_tile_at(c, xs[i], ys[i], uv);
        bool is_label = (word & WM_LABEL) != 0;
        labels[i] = word;
        s->words[walking] = s->at[walking] = word;
        s->who[walking] = (uint32_t)i;
        s->uv[0][walking] = uv[0];
        s->uv[1][walking] = uv[1];
        walking += !is_label;
    }
    for (size_t k = 0; k < walking; k++)
        __builtin_prefetch(wm_tree_at(c, s->words[k]));
    return walking;
}

/* All that are walking go one cut down. What comes to a label is put beside those that
 * did before; what is too near a line stops, and its label stays the tile's word. Gives
 * how many go on. */
static size_t step_down(const wm_compiled *c, wm_scratch *s, size_t walking, size_t *found)
{
    size_t left = 0, ended = *found;
    for (size_t k = 0; k < walking; k++) {
        uint32_t word = s->words[k], who = s->who[k];
        float u = s->uv[0][k], v = s->uv[1][k];
        wm_cut cut = wm_tree_cut(c->trees, s->at[k]);
        float over = wm_cut_above(cut, (float[]){u, v});
        uint32_t code = wm_cut_next(cut, over > 0);
        bool is_clear = fabsf(over) > c->strip, is_label = (code & WM_CUT_LABEL) != 0;
        if (__builtin_expect(!is_clear, 0))
            wm_stop_at(s, who, s->at[k] - word, u, v);
        uint32_t end = 2 * word - WM_TREE_LABELS - (code & ~WM_CUT_LABEL);
        __builtin_prefetch(c->trees + (is_label ? end : 2 * (word + code)));
        s->ends[ended] = end;
        s->found[ended] = who;
        ended += is_clear & is_label;
        s->words[left] = word;
        s->at[left] = word + code;
        s->who[left] = who;
        s->uv[0][left] = u;
        s->uv[1][left] = v;
        left += is_clear & !is_label;
    }
    *found = ended;
    return left;
}

static void search(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys, size_t count,
                   uint32_t *labels)
{
    size_t found = 0, walking = find_tiles(c, s, xs, ys, count, labels);
    while (walking > 0)
        walking = step_down(c, s, walking, &found);
    for (size_t k = 0; k < found; k++)
        labels[s->found[k]] = c->trees[s->ends[k]];
}

static size_t answer(const wm_layout *layout, const uint32_t *labels, size_t count, uint32_t *cells,
                     uint32_t *tuples, uint16_t *left)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        left[kept] = (uint16_t)i;
        kept += !wm_label_tells(layout, labels[i], &cells[i]);
    }
    for (size_t i = 0; tuples != NULL && i < count; i++)
        tuples[i] = labels[i] & WM_LABEL_VALUE;
    return kept;
}

#endif
