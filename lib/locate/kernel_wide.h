/* What the kernels with wide registers share. Internal to the room.
 *
 * Words and cuts are fetched one by one, two places a load: gathers take longer on the
 * processors this was measured on (Zen 5: 1.2 and 1.8 cycles for 4 and 8 bytes, against
 * 0.8), and are slow on others. */
#ifndef WM_LOCATE_KERNEL_WIDE_H
#define WM_LOCATE_KERNEL_WIDE_H

#include <immintrin.h>
#include <string.h>

#include "kernel.h"

/* From places to words. `count` is rounded up to even. */
static inline void fetch_words(const uint32_t *tiles, uint32_t *words, size_t count)
{
#pragma GCC unroll 8
    for (size_t i = 0; i < count; i += 2) {
        uint64_t two;
        memcpy(&two, words + i, sizeof two);
        words[i] = tiles[(uint32_t)two];
        words[i + 1] = tiles[two >> 32];
    }
}

/* Has the first two lines of each tree on their way. Loads alone would wait for one
 * another: only so many instructions are under way at a time, and these need not be. */
static inline void foresee_trees(const wm_compiled *c, const wm_scratch *s, size_t walking)
{
#pragma GCC unroll 4
    for (size_t k = 0; k < walking; k++) {
        const uint32_t *tree = wm_tree_at(c, s->words[k]);
        __builtin_prefetch(tree);
        __builtin_prefetch(tree + WM_TREE_LINE - 2);
    }
}

static inline __m128i two_cuts(const uint32_t *trees, const uint32_t *at)
{
    const uint64_t *cuts = (const uint64_t *)(const void *)trees;
    uint64_t two;
    memcpy(&two, at, sizeof two);
    return _mm_unpacklo_epi64(_mm_loadl_epi64((const __m128i *)(const void *)(cuts + (uint32_t)two)),
                              _mm_loadl_epi64((const __m128i *)(const void *)(cuts + (two >> 32))));
}

static inline __m256i four_cuts(const uint32_t *trees, const uint32_t *at)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(two_cuts(trees, at)), two_cuts(trees, at + 2), 1);
}

/* Those of the ones from `first` on that are too near a line: rare. `from`: the cuts. */
static __attribute__((noinline)) void stop(wm_scratch *s, const uint32_t *from, size_t first,
                                           uint32_t near)
{
    for (; near != 0; near &= near - 1) {
        size_t k = first + (size_t)__builtin_ctz(near);
        wm_stop_at(s, s->who[k], from[k] - s->words[k], s->uv[0][k], s->uv[1][k]);
    }
}

static inline void take_labels(const wm_compiled *c, const wm_scratch *s, size_t found, uint32_t *labels)
{
#pragma GCC unroll 4
    for (size_t k = 0; k < found; k++)
        labels[s->found[k]] = c->trees[s->ends[k]];
}

#endif
