/* A search's kernel for x86-64-v3: AVX2, eight positions side by side. */
#include "kernel_wide.h"

/* ---- packing ------------------------------------------------------------------------- */

/* For each mask of eight: the numbers of its bits from the low end, a byte each. */
#define BIT(m, i) \
    (((m) >> (i) & 1) != 0 ? (uint64_t)(i) << (8 * __builtin_popcount((m) & ((1 << (i)) - 1))) : 0)
#define ONE(m) \
    (BIT(m, 0) | BIT(m, 1) | BIT(m, 2) | BIT(m, 3) | BIT(m, 4) | BIT(m, 5) | BIT(m, 6) | BIT(m, 7))
#define FOUR(m) ONE(m), ONE((m) + 1), ONE((m) + 2), ONE((m) + 3)
#define SIXTEEN(m) FOUR(m), FOUR((m) + 4), FOUR((m) + 8), FOUR((m) + 12)
#define SIXTY_FOUR(m) SIXTEEN(m), SIXTEEN((m) + 16), SIXTEEN((m) + 32), SIXTEEN((m) + 48)

static const uint64_t packing[256] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};

static inline __m256i order_of(uint32_t kept)
{
    return _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)&packing[kept]));
}

static inline void pack(void *to, size_t at, __m256i order, __m256i all)
{
    _mm256_storeu_si256((__m256i *)(void *)((uint32_t *)to + at), _mm256_permutevar8x32_epi32(all, order));
}

static inline __m256i load(const void *from, size_t at)
{
    return _mm256_loadu_si256((const __m256i *)(const void *)((const uint32_t *)from + at));
}

static inline uint32_t bits_of(__m256i lanes)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(lanes));
}

static inline __m256i has(__m256i all, uint32_t bits)
{
    __m256i wanted = _mm256_set1_epi32((int)bits);
    return _mm256_cmpeq_epi32(_mm256_and_si256(all, wanted), wanted);
}

/* The next `count` of eight. */
static inline uint32_t lanes_of(size_t count)
{
    return count >= 8 ? 0xFF : (1u << count) - 1;
}

/* ---- 1: tiles ------------------------------------------------------------------------ */

/* Four positions. */
typedef struct four {
    __m128i column, row, inside, far;
    __m128 u, v;
} four;

/* From four marks of 64 bits to four of 32. */
static inline __m128i narrow(__m256d marks)
{
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    return _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(_mm256_castpd_si256(marks), even));
}

static inline __m256d or4(__m256d a, __m256d b, __m256d c, __m256d d)
{
    return _mm256_or_pd(_mm256_or_pd(a, b), _mm256_or_pd(c, d));
}

static inline four place_four(const wm_compiled *c, const double *xs, const double *ys)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    const __m256d zero = _mm256_setzero_pd(), half = _mm256_set1_pd(0.5);
    const __m256d columns = _mm256_set1_pd(wx->count), rows = _mm256_set1_pd(wy->count);
    __m256d x = _mm256_mul_pd(_mm256_sub_pd(_mm256_loadu_pd(xs), _mm256_set1_pd(wx->start)),
                              _mm256_set1_pd(wx->per_step));
    __m256d y = _mm256_mul_pd(_mm256_sub_pd(_mm256_loadu_pd(ys), _mm256_set1_pd(wy->start)),
                              _mm256_set1_pd(wy->per_step));
    __m256d inside = _mm256_and_pd(_mm256_and_pd(_mm256_cmp_pd(x, zero, _CMP_GE_OQ),
                                                 _mm256_cmp_pd(y, zero, _CMP_GE_OQ)),
                                   _mm256_and_pd(_mm256_cmp_pd(x, columns, _CMP_LT_OQ),
                                                 _mm256_cmp_pd(y, rows, _CMP_LT_OQ)));
    four f = {.far = _mm_setzero_si128(), .inside = narrow(inside)};
    if (__builtin_expect(_mm256_movemask_pd(inside) != 0xF, 0)) {
        __m256d away = or4(_mm256_cmp_pd(x, _mm256_set1_pd(-c->reach_x), _CMP_LT_OQ),
                           _mm256_cmp_pd(y, _mm256_set1_pd(-c->reach_y), _CMP_LT_OQ),
                           _mm256_cmp_pd(x, _mm256_set1_pd(wx->count + c->reach_x), _CMP_GT_OQ),
                           _mm256_cmp_pd(y, _mm256_set1_pd(wy->count + c->reach_y), _CMP_GT_OQ));
        f.far = narrow(_mm256_andnot_pd(inside, away));
        x = _mm256_and_pd(x, inside);   /* what is no tile's number becomes 0 */
        y = _mm256_and_pd(y, inside);
    }
    f.column = _mm256_cvttpd_epi32(x);  /* sides have far fewer than 2^31 tiles */
    f.row = _mm256_cvttpd_epi32(y);
    f.u = _mm256_cvtpd_ps(_mm256_sub_pd(_mm256_sub_pd(x, _mm256_cvtepi32_pd(f.column)), half));
    f.v = _mm256_cvtpd_ps(_mm256_sub_pd(_mm256_sub_pd(y, _mm256_cvtepi32_pd(f.row)), half));
    return f;
}

static inline __m256i join(__m128i a, __m128i b)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(a), b, 1);
}

static inline __m256 magnitude(__m256 all)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), all);
}

/* Where each position's tile is; where it is not sure, tile 0 and a label instead. */
static void place_all(const wm_compiled *c, wm_scratch *s, const double *xs, const double *ys,
                      size_t count, uint32_t *labels)
{
    const __m128i bits = _mm_cvtsi32_si128((int)c->block_bits);
    const __m128i twice = _mm_cvtsi32_si128((int)(2 * c->block_bits));
    const __m256i mask = _mm256_set1_epi32((int)((1u << c->block_bits) - 1));
    const __m256i width = _mm256_set1_epi32((int)c->block_columns);
    const __m256 clear_u = _mm256_set1_ps(0.5f - c->rim_x), clear_v = _mm256_set1_ps(0.5f - c->rim_y);
    for (size_t i = 0; i < count; i += 8) {
        four a = place_four(c, xs + i, ys + i), b = place_four(c, xs + i + 4, ys + i + 4);
        __m256 u = _mm256_insertf128_ps(_mm256_castps128_ps256(a.u), b.u, 1);
        __m256 v = _mm256_insertf128_ps(_mm256_castps128_ps256(a.v), b.v, 1);
        __m256i column = join(a.column, b.column), row = join(a.row, b.row);
        __m256 clear = _mm256_and_ps(_mm256_cmp_ps(magnitude(u), clear_u, _CMP_LT_OQ),
                                     _mm256_cmp_ps(magnitude(v), clear_v, _CMP_LT_OQ));
        __m256i sure = _mm256_and_si256(join(a.inside, b.inside), _mm256_castps_si256(clear));
        __m256i block = _mm256_add_epi32(_mm256_mullo_epi32(_mm256_srl_epi32(row, bits), width),
                                         _mm256_srl_epi32(column, bits));
        __m256i in_block = _mm256_add_epi32(_mm256_sll_epi32(_mm256_and_si256(row, mask), bits),
                                            _mm256_and_si256(column, mask));
        __m256i label = _mm256_blendv_epi8(_mm256_set1_epi32(WM_LABEL_NONE),
                                           _mm256_set1_epi32(WM_LABEL | WM_LABEL_FAR), join(a.far, b.far));
        if (s->blocks_in_order)
            label = _mm256_blendv_epi8(label, block, sure);
        else
            label = _mm256_mask_i32gather_epi32(label, (const int *)c->blocks, block, sure, 4);
        __m256i tile = _mm256_add_epi32(_mm256_sll_epi32(label, twice), in_block);
        tile = _mm256_andnot_si256(has(label, WM_LABEL), tile);
        _mm256_storeu_si256((__m256i *)(void *)(s->words + i), tile);
        _mm256_storeu_ps(s->uv[0] + i, u);
        _mm256_storeu_ps(s->uv[1] + i, v);
        _mm256_storeu_si256((__m256i *)(void *)(labels + i), label);
    }
}

/* ---- 2: words ------------------------------------------------------------------------ */

/* Packs what leads to a tree. */
static size_t sort_words(wm_scratch *s, size_t count, uint32_t *labels)
{
    __m256i who = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    size_t walking = 0;
    for (size_t i = 0; i < count; i += 8, who = _mm256_add_epi32(who, _mm256_set1_epi32(8))) {
        __m256i label = load(labels, i), u = load(s->uv[0], i), v = load(s->uv[1], i);
        __m256i word = _mm256_blendv_epi8(load(s->words, i), label, has(label, WM_LABEL));
        uint32_t walks = ~bits_of(has(word, WM_LABEL)) & lanes_of(count - i);
        __m256i order = order_of(walks);
        _mm256_storeu_si256((__m256i *)(void *)(labels + i), word);
        pack(s->words, walking, order, word);
        pack(s->who, walking, order, who);
        pack(s->uv[0], walking, order, u);
        pack(s->uv[1], walking, order, v);
        walking += (size_t)__builtin_popcount(walks);
    }
    return walking;
}

/* ---- 3: cuts ------------------------------------------------------------------------- */

/* All that are walking go one cut down, as in kernel_scalar.h. `from`: their cuts. */
static inline size_t step_down(const wm_compiled *c, wm_scratch *s, const uint32_t *from, size_t walking,
                               size_t *found)
{
    const __m256 unit = _mm256_set1_ps((float)WM_CUT_UNIT), strip = _mm256_set1_ps(c->strip);
    size_t left = 0, ended = *found;
    for (size_t k = 0; k < walking; k += 8) {
        __m256 a = _mm256_castsi256_ps(four_cuts(c->trees, from + k));
        __m256 b = _mm256_castsi256_ps(four_cuts(c->trees, from + k + 4));
        __m256i line = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
        __m256i next = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
        line = _mm256_permute4x64_epi64(line, 0xD8);
        next = _mm256_permute4x64_epi64(next, 0xD8);
        __m256i word = load(s->words, k), who = load(s->who, k);
        __m256 u = _mm256_castsi256_ps(load(s->uv[0], k)), v = _mm256_castsi256_ps(load(s->uv[1], k));
        __m256 slope = _mm256_cvtepi32_ps(_mm256_srai_epi32(_mm256_slli_epi32(line, 16), 16));
        __m256 offset = _mm256_cvtepi32_ps(_mm256_srai_epi32(line, 16));
        __m256 steep = _mm256_castsi256_ps(has(next, WM_CUT_STEEP));
        __m256 across = _mm256_blendv_ps(v, u, steep), along = _mm256_blendv_ps(u, v, steep);
        __m256 over = _mm256_sub_ps(_mm256_sub_ps(_mm256_mul_ps(across, unit), _mm256_mul_ps(slope, along)),
                                    offset);
        __m256i above = _mm256_castps_si256(_mm256_cmp_ps(over, _mm256_setzero_ps(), _CMP_GT_OQ));
        __m256 clear = _mm256_cmp_ps(magnitude(over), strip, _CMP_GT_OQ);
        uint32_t lanes = lanes_of(walking - k), sure = (uint32_t)_mm256_movemask_ps(clear) & lanes;
        if (__builtin_expect(sure != lanes, 0))
            stop(s, from, k, lanes & ~sure);
        __m256i code = _mm256_blendv_epi8(next, _mm256_srli_epi32(next, 16), above);
        code = _mm256_and_si256(code, _mm256_set1_epi32(0xFFFF & ~WM_CUT_STEEP));
        uint32_t ends = bits_of(has(code, WM_CUT_LABEL)) & sure, goes = sure & ~ends;
        __m256i number = _mm256_andnot_si256(_mm256_set1_epi32(WM_CUT_LABEL), code);
        __m256i end = _mm256_sub_epi32(_mm256_add_epi32(word, word), _mm256_set1_epi32(WM_TREE_LABELS));
        __m256i ending = order_of(ends), going = order_of(goes);
        pack(s->ends, ended, ending, _mm256_sub_epi32(end, number));
        pack(s->found, ended, ending, who);
        ended += (size_t)__builtin_popcount(ends);
        pack(s->words, left, going, word);
        pack(s->at, left, going, _mm256_add_epi32(word, code));
        pack(s->who, left, going, who);
        pack(s->uv[0], left, going, _mm256_castps_si256(u));
        pack(s->uv[1], left, going, _mm256_castps_si256(v));
        left += (size_t)__builtin_popcount(goes);
    }
    *found = ended;
    return left;
}

/* Eight are loaded where fewer are left: the rest must lead somewhere. */
static inline void fill_up(uint32_t *at, size_t walking, uint32_t somewhere)
{
    _mm256_storeu_si256((__m256i *)(void *)(at + walking), _mm256_set1_epi32((int)somewhere));
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

/* As wm_label_tells. */
static size_t answer(const wm_layout *layout, const uint32_t *labels, size_t count, uint32_t *cells,
                     uint32_t *tuples, uint16_t *left)
{
    const __m256i none = _mm256_set1_epi32((int)WANMI_NONE);
    const __m256i last = _mm256_set1_epi32((int)layout->cell_count - 1);
    const __m256i first_cell = _mm256_set1_epi32((int)layout->first_cell);
    const __m256i of_kind = _mm256_set1_epi32(WM_LABEL | WM_LABEL_SET);
    size_t kept = 0;
    for (size_t i = 0; i < count; i += 8) {
        __m256i label = load(labels, i), marks = _mm256_setzero_si256();
        __m256i number = _mm256_and_si256(label, _mm256_set1_epi32(WM_LABEL_VALUE));
        __m256i cell = _mm256_add_epi32(number, none);      /* - 1 */
        __m256i first = _mm256_cmpeq_epi32(_mm256_min_epu32(cell, last), cell);
        if (layout->cell_count == 0)
            first = marks;
        __m256i tuple = _mm256_cmpeq_epi32(_mm256_and_si256(label, of_kind), _mm256_set1_epi32(WM_LABEL));
        __m256i tells = _mm256_and_si256(tuple, _mm256_or_si256(first, has(label, WM_LABEL_FAR)));
        cell = _mm256_blendv_epi8(none, _mm256_add_epi32(cell, first_cell), first);
        uint32_t lanes = lanes_of(count - i), later = ~bits_of(tells) & lanes;
        if (lanes == 0xFF) {
            _mm256_storeu_si256((__m256i *)(void *)(cells + i), cell);
            if (tuples != NULL)
                _mm256_storeu_si256((__m256i *)(void *)(tuples + i), number);
        } else {
            marks = _mm256_cmpgt_epi32(_mm256_set1_epi32((int)(count - i)),
                                       _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
            _mm256_maskstore_epi32((int *)(cells + i), marks, cell);
            if (tuples != NULL)
                _mm256_maskstore_epi32((int *)(tuples + i), marks, number);
        }
        for (; later != 0; later &= later - 1)
            left[kept++] = (uint16_t)(i + (size_t)__builtin_ctz(later));
    }
    return kept;
}

const wm_kernel wm_kernel_v3 = {search, answer};
