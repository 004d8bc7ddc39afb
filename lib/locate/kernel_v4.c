/* A search's kernel for x86-64-v4: AVX-512, sixteen positions side by side. */
#include "kernel_wide.h"

/* The next `count` of sixteen. */
static inline __mmask16 lanes_of(size_t count)
{
    return count >= 16 ? 0xFFFF : (__mmask16)((1u << count) - 1);
}

static inline size_t pack(void *to, size_t at, __mmask16 kept, __m512i all)
{
    _mm512_storeu_si512((uint32_t *)to + at, _mm512_maskz_compress_epi32(kept, all));
    return at + (size_t)__builtin_popcount(kept);
}

/* ---- 1: tiles ------------------------------------------------------------------------ */

/* Eight positions. */
typedef struct eight {
    __m256i column, row;
    __m256 u, v;
    __mmask8 inside, far;
} eight;

static inline eight place_eight(const wm_compiled *c, const double *xs, const double *ys, __mmask8 lanes)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    const __m512d zero = _mm512_setzero_pd(), half = _mm512_set1_pd(0.5);
    const __m512d columns = _mm512_set1_pd(wx->count), rows = _mm512_set1_pd(wy->count);
    __m512d x = _mm512_maskz_loadu_pd(lanes, xs), y = _mm512_maskz_loadu_pd(lanes, ys);
    x = _mm512_mul_pd(_mm512_sub_pd(x, _mm512_set1_pd(wx->start)), _mm512_set1_pd(wx->per_step));
    y = _mm512_mul_pd(_mm512_sub_pd(y, _mm512_set1_pd(wy->start)), _mm512_set1_pd(wy->per_step));
    eight e = {.far = 0};
    e.inside = _mm512_mask_cmp_pd_mask(lanes, x, zero, _CMP_GE_OQ);
    e.inside = _mm512_mask_cmp_pd_mask(e.inside, y, zero, _CMP_GE_OQ);
    e.inside = _mm512_mask_cmp_pd_mask(e.inside, x, columns, _CMP_LT_OQ);
    e.inside = _mm512_mask_cmp_pd_mask(e.inside, y, rows, _CMP_LT_OQ);
    if (__builtin_expect(e.inside != 0xFF, 0)) {
        __mmask8 west = _mm512_cmp_pd_mask(x, _mm512_set1_pd(-c->reach_x), _CMP_LT_OQ);
        __mmask8 south = _mm512_cmp_pd_mask(y, _mm512_set1_pd(-c->reach_y), _CMP_LT_OQ);
        __mmask8 east = _mm512_cmp_pd_mask(x, _mm512_set1_pd(wx->count + c->reach_x), _CMP_GT_OQ);
        __mmask8 north = _mm512_cmp_pd_mask(y, _mm512_set1_pd(wy->count + c->reach_y), _CMP_GT_OQ);
        e.far = (__mmask8)((west | south | east | north) & ~e.inside);
    }
    e.column = _mm512_maskz_cvttpd_epu32(e.inside, x);
    e.row = _mm512_maskz_cvttpd_epu32(e.inside, y);
    e.u = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_sub_pd(x, _mm512_cvtepu32_pd(e.column)), half));
    e.v = _mm512_cvtpd_ps(_mm512_sub_pd(_mm512_sub_pd(y, _mm512_cvtepu32_pd(e.row)), half));
    return e;
}

/* Where each position's tile is; where it is not sure, tile 0 and a label instead. */
static void place_all(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys,
                      size_t count, uint32_t *labels)
{
    const __m128i bits = _mm_cvtsi32_si128((int)c->block_bits);
    const __m128i twice = _mm_cvtsi32_si128((int)(2 * c->block_bits));
    const __m512i mask = _mm512_set1_epi32((int)((1u << c->block_bits) - 1));
    const __m512 clear_u = _mm512_set1_ps(0.5f - c->rim_x), clear_v = _mm512_set1_ps(0.5f - c->rim_y);
    for (size_t i = 0; i < count; i += 16) {
        __mmask16 lanes = lanes_of(count - i);
        eight a = place_eight(c, xs + i, ys + i, (__mmask8)lanes);
        eight b = place_eight(c, xs + i + 8, ys + i + 8, (__mmask8)(lanes >> 8));
        __m512 u = _mm512_insertf32x8(_mm512_castps256_ps512(a.u), b.u, 1);
        __m512 v = _mm512_insertf32x8(_mm512_castps256_ps512(a.v), b.v, 1);
        __m512i column = _mm512_inserti32x8(_mm512_castsi256_si512(a.column), b.column, 1);
        __m512i row = _mm512_inserti32x8(_mm512_castsi256_si512(a.row), b.row, 1);
        __mmask16 far = (__mmask16)(a.far | b.far << 8), sure = (__mmask16)(a.inside | b.inside << 8);
        sure = _mm512_mask_cmp_ps_mask(sure, _mm512_abs_ps(u), clear_u, _CMP_LT_OQ);
        sure = _mm512_mask_cmp_ps_mask(sure, _mm512_abs_ps(v), clear_v, _CMP_LT_OQ);
        __m512i block = _mm512_add_epi32(_mm512_mullo_epi32(_mm512_srl_epi32(row, bits),
                                                            _mm512_set1_epi32((int)c->block_columns)),
                                         _mm512_srl_epi32(column, bits));
        __m512i in_block = _mm512_add_epi32(_mm512_sll_epi32(_mm512_and_si512(row, mask), bits),
                                            _mm512_and_si512(column, mask));
        __m512i label = _mm512_set1_epi32(WM_LABEL_NONE);
        label = _mm512_mask_mov_epi32(label, far, _mm512_set1_epi32(WM_LABEL | WM_LABEL_FAR));
        if (s->blocks_in_order)
            label = _mm512_mask_mov_epi32(label, sure, block);
        else
            label = _mm512_mask_i32gather_epi32(label, sure, block, c->blocks, 4);
        __mmask16 deep = _mm512_testn_epi32_mask(label, _mm512_set1_epi32(WM_LABEL));
        __m512i tile = _mm512_add_epi32(_mm512_sll_epi32(label, twice), in_block);
        _mm512_storeu_si512(s->words + i, _mm512_maskz_mov_epi32(deep, tile));
        _mm512_storeu_ps(s->uv[0] + i, u);
        _mm512_storeu_ps(s->uv[1] + i, v);
        _mm512_storeu_si512(labels + i, label);
    }
}

/* ---- 2: words ------------------------------------------------------------------------ */

/* Packs what leads to a tree. */
static size_t sort_words(wm_scratch *s, size_t count, uint32_t *labels)
{
    const __m512i is_label = _mm512_set1_epi32(WM_LABEL);
    __m512i who = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t walking = 0;
    for (size_t i = 0; i < count; i += 16, who = _mm512_add_epi32(who, _mm512_set1_epi32(16))) {
        __m512i label = _mm512_loadu_si512(labels + i);
        __mmask16 deep = _mm512_mask_testn_epi32_mask(lanes_of(count - i), label, is_label);
        __m512i word = _mm512_mask_loadu_epi32(label, deep, s->words + i);
        __mmask16 walks = _mm512_mask_testn_epi32_mask(deep, word, is_label);
        __m512i u = _mm512_loadu_si512(s->uv[0] + i), v = _mm512_loadu_si512(s->uv[1] + i);
        _mm512_storeu_si512(labels + i, word);
        pack(s->words, walking, walks, word);
        pack(s->who, walking, walks, who);
        pack(s->uv[0], walking, walks, u);
        walking = pack(s->uv[1], walking, walks, v);
    }
    return walking;
}

/* ---- 3: cuts ------------------------------------------------------------------------- */

static inline __m512i eight_cuts(const uint32_t *trees, const uint32_t *at)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(four_cuts(trees, at)), four_cuts(trees, at + 4), 1);
}

/* All that are walking go one cut down, as in kernel_scalar.h. `from`: their cuts. */
static inline size_t step_down(const wm_compiled *c, wm_scratch *s, const uint32_t *from, size_t walking,
                               size_t *found)
{
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    const __m512i odd = _mm512_or_si512(even, _mm512_set1_epi32(1));
    const __m512 unit = _mm512_set1_ps((float)WM_CUT_UNIT), strip = _mm512_set1_ps(c->strip);
    size_t left = 0, ended = *found;
    for (size_t k = 0; k < walking; k += 16) {
        __m512i a = eight_cuts(c->trees, from + k), b = eight_cuts(c->trees, from + k + 8);
        __m512i word = _mm512_loadu_si512(s->words + k), who = _mm512_loadu_si512(s->who + k);
        __m512 u = _mm512_loadu_ps(s->uv[0] + k), v = _mm512_loadu_ps(s->uv[1] + k);
        __m512i line = _mm512_permutex2var_epi32(a, even, b), next = _mm512_permutex2var_epi32(a, odd, b);
        __m512 slope = _mm512_cvtepi32_ps(_mm512_srai_epi32(_mm512_slli_epi32(line, 16), 16));
        __m512 offset = _mm512_cvtepi32_ps(_mm512_srai_epi32(line, 16));
        __mmask16 steep = _mm512_test_epi32_mask(next, _mm512_set1_epi32(WM_CUT_STEEP));
        __m512 across = _mm512_mask_mov_ps(v, steep, u), along = _mm512_mask_mov_ps(u, steep, v);
        __m512 over = _mm512_sub_ps(_mm512_sub_ps(_mm512_mul_ps(across, unit), _mm512_mul_ps(slope, along)),
                                    offset);
        __mmask16 above = _mm512_cmp_ps_mask(over, _mm512_setzero_ps(), _CMP_GT_OQ);
        __mmask16 lanes = lanes_of(walking - k);
        __mmask16 clear = _mm512_mask_cmp_ps_mask(lanes, _mm512_abs_ps(over), strip, _CMP_GT_OQ);
        __m512i code = _mm512_and_si512(_mm512_mask_srli_epi32(next, above, next, 16),
                                        _mm512_set1_epi32(0xFFFF & ~WM_CUT_STEEP));
        __mmask16 ends = _mm512_mask_test_epi32_mask(clear, code, _mm512_set1_epi32(WM_CUT_LABEL));
        __mmask16 goes = (__mmask16)(clear & ~ends), near = (__mmask16)(lanes & ~clear);
        if (__builtin_expect(near != 0, 0))
            stop(s, from, k, near);
        __m512i number = _mm512_andnot_si512(_mm512_set1_epi32(WM_CUT_LABEL), code);
        __m512i end = _mm512_sub_epi32(_mm512_sub_epi32(_mm512_add_epi32(word, word),
                                                        _mm512_set1_epi32(WM_TREE_LABELS)), number);
        pack(s->ends, ended, ends, end);
        ended = pack(s->found, ended, ends, who);
        pack(s->words, left, goes, word);
        pack(s->at, left, goes, _mm512_add_epi32(word, code));
        pack(s->who, left, goes, who);
        pack(s->uv[0], left, goes, _mm512_castps_si512(u));
        left = pack(s->uv[1], left, goes, _mm512_castps_si512(v));
    }
    *found = ended;
    return left;
}

/* Sixteen are loaded where fewer are left: the rest must lead somewhere. */
static inline void fill_up(uint32_t *at, size_t walking, uint32_t somewhere)
{
    _mm512_storeu_si512(at + walking, _mm512_set1_epi32((int)somewhere));
}

static void search(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys, size_t count,
                   uint32_t *labels)
{
    place_all(c, s, xs, ys, count, labels);
    if (c->block_count > 0)
        fetch_words(c->tiles, s->words, count);
    size_t found = 0, walking = sort_words(s, count, labels);
    uint32_t somewhere = s->words[0];
    const uint32_t *from = s->words;
    if (walking > 0)
        fill_up(s->words, walking, somewhere);
    foresee_trees(c, s, walking);
    while (walking > 0) {
        walking = step_down(c, s, from, walking, &found);
        from = s->at;
        fill_up(s->at, walking, somewhere);
    }
    take_labels(c, s, found, labels);
}

/* ---- answers ------------------------------------------------------------------------- */

static size_t answer(const wm_layout *layout, const uint32_t *labels, size_t count, uint32_t *cells,
                     uint32_t *tuples, uint16_t *left)
{
    const __m512i cell_count = _mm512_set1_epi32((int)layout->cell_count);
    const __m512i none = _mm512_set1_epi32((int)WANMI_NONE);
    __m512i who = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    size_t kept = 0;
    for (size_t i = 0; i < count; i += 16, who = _mm512_add_epi32(who, _mm512_set1_epi32(16))) {
        __mmask16 lanes = lanes_of(count - i);
        __m512i label = _mm512_loadu_si512(labels + i);
        __m512i number = _mm512_and_si512(label, _mm512_set1_epi32(WM_LABEL_VALUE));
        __m512i cell = _mm512_add_epi32(number, none);      /* - 1 */
        __mmask16 first = _mm512_cmplt_epu32_mask(cell, cell_count);
        __m512i kind = _mm512_and_si512(label, _mm512_set1_epi32(WM_LABEL | WM_LABEL_SET));
        __mmask16 tuple = _mm512_cmpeq_epi32_mask(kind, _mm512_set1_epi32(WM_LABEL));
        __mmask16 far = _mm512_test_epi32_mask(label, _mm512_set1_epi32(WM_LABEL_FAR));
        cell = _mm512_mask_add_epi32(none, first, cell, _mm512_set1_epi32((int)layout->first_cell));
        _mm512_mask_storeu_epi32(cells + i, lanes, cell);
        if (tuples != NULL)
            _mm512_mask_storeu_epi32(tuples + i, lanes, number);
        __mmask16 later = (__mmask16)(lanes & ~(tuple & (first | far)));
        __m256i places = _mm512_cvtepi32_epi16(_mm512_maskz_compress_epi32(later, who));
        _mm256_storeu_si256((__m256i *)(void *)(left + kept), places);
        kept += (size_t)__builtin_popcount(later);
    }
    return kept;
}

const wm_kernel wm_kernel_v4 = {search, answer};
