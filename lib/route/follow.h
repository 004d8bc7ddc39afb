/* Events by programs, a block at a time: the inner loop of routing, compiled for several
 * processors (follow_*.c). See program.h.
 *
 * Every stage goes over the block before the next begins, so that no event waits alone
 * for memory, and decides by arithmetic, not by branches that cannot be guessed:
 *   1. numbers of the events become values; the cells' rows are asked for;
 *   2. local days and hours;
 *   3. rows give programs, their gates the mask of steps to take;
 *   4. the steps of all events side by side, and their due times, each kind together;
 *   5. deliveries.
 * An event that does not suit is left to quick.c at its turn.
 */
#ifndef WM_ROUTE_FOLLOW_H
#define WM_ROUTE_FOLLOW_H

#include "follow_masks.h"
#include "follow_values.h"
#include "follow_write.h"

/* ---- a block ----------------------------------------------------------------------------------- */

/* Asked for the lowest bit of nothing, this one answers. */
static const uint64_t BEYOND = UINT64_C(1) << 63;

/* The steps of a mask. Three are always written, or as many as fit a register. */
static inline void list_steps(uint64_t mask, const uint32_t *order, uint32_t event, wm_take *takes)
{
    size_t count = 0;
#if defined __AVX512F__
    if (__builtin_expect(mask >> 8 == 0, 1)) {
        const __m256i all = _mm256_or_si256(_mm256_loadu_si256((const __m256i *)(const void *)order),
                                            _mm256_set1_epi32((int)event));
        _mm256_storeu_si256((__m256i *)(void *)takes, _mm256_maskz_compress_epi32((__mmask8)mask, all));
        return;
    }
#endif
    for (; count < 3; count++, mask &= mask - 1)
        takes[count] = order[__builtin_ctzll(mask | BEYOND)] | event;
    for (; mask != 0; count++, mask &= mask - 1)
        takes[count] = order[__builtin_ctzll(mask)] | event;
}

/* A block of which every event suits, and there is room for all that it could give: nothing
 * is asked of one. */
static inline void run_all(const wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_block *b, size_t *used)
{
    const uint32_t *restrict order = work->plan->programs->order;
    size_t *restrict first = batch->first + from;
    size_t begin = *used, taken = 0;
    memset(batch->unrouted + from, 0, count);
    for (size_t i = 0; i < count; i++) {
        const uint64_t mask = b->masks[i];
        first[i] = begin + taken;
        list_steps(mask, order + b->steps[i], (uint32_t)i, b->takes + taken);
        taken += (size_t)__builtin_popcountll(mask);
        if (taken <= WM_TAKES)
            continue;
        finish(work, batch->events + from, b, taken, batch->deliveries + begin);
        begin += taken;
        taken = 0;
    }
    finish(work, batch->events + from, b, taken, batch->deliveries + begin);
    *used = begin + taken;
}

/* The step of the event's fallback, whose unit then stands where its cell's would; 0:
 * quick.c must do it. */
static inline uint32_t fall_back(const struct wm_programs *p, uint32_t cell, wm_block *b, size_t i)
{
    uint32_t at = p->first_fallback + 2 * (cell - p->first_cell);
    if (b->odd[i] != WM_ODD_NOBODY || b->masks[i] != 0)
        return 0;
    b->bases[WM_BASE_CELL][i] = at;
    return p->units[at + 1];
}

/* The events of a block in their order. Gives how many were routed: all, or up to the first
 * whose deliveries might not fit. `used` goes on. */
static inline size_t run_events(wm_work *work, const wm_batch *batch, size_t from, size_t count, const wm_cover *cover,
                                wm_block *b, size_t *used)
{
    const struct wm_programs *p = work->plan->programs;
    const uint32_t *order = p->order;
    const size_t room = batch->capacity - work->plan->deliveries_max;
    size_t *first = batch->first + from;
    uint8_t *unrouted = batch->unrouted + from;
    size_t begin = *used, taken = 0, i = 0;
    for (; i < count && begin + taken <= room; i++) {
        first[i] = begin + taken;
        unrouted[i] = 0;
        uint64_t mask = b->masks[i];
        size_t listed = taken;
        list_steps(mask, order + b->steps[i], (uint32_t)i, b->takes + listed);
        taken += (size_t)__builtin_popcountll(mask);
        if (b->odd[i] == 0 && taken <= WM_TAKES)
            continue;
        uint32_t fallback = fall_back(p, batch->hits->cell[from + i], b, i);
        if (fallback != 0)
            b->takes[taken++] = fallback << WM_ORDER_BITS | (uint32_t)i;
        else if (b->odd[i] != 0)
            taken = listed;
        if (taken > WM_TAKES || (b->odd[i] != 0 && fallback == 0)) {
            finish(work, batch->events + from, b, taken, batch->deliveries + begin);
            begin += taken;
            taken = 0;
        }
        if (b->odd[i] == 0 || fallback != 0)
            continue;
        unrouted[i] = (uint8_t)wm_route_quickly_one(work, batch, from + i, begin, cover, i);
        begin += work->count;
    }
    finish(work, batch->events + from, b, taken, batch->deliveries + begin);
    *used = begin + taken;
    return i;
}

static inline bool is_among(const uint32_t *restrict words, size_t count, uint32_t wanted)
{
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= words[i] == wanted;
    return found != 0;
}

/* What events say; words that are new to the router are looked up. False: there is no
 * memory for them. */
static inline bool read_events(wm_work *work, const wanmi_event *events, size_t count, wm_block *b)
{
    const uint32_t unknown = work->plan->programs->columns - 1;
    bool objects = take_times(events, count, b);
    take_classes(work->router, events, unknown, count, b);
    if (!objects && !is_among(b->classes, count, unknown))
        return true;
    work->lacks_memory = wm_see(work->router, events, count) != WANMI_OK;
    take_classes(work->router, events, unknown, count, b);
    return !work->lacks_memory;
}

/* The steps of each event, before what is odd about its areas. */
static inline void take_steps(const wm_work *work, const wanmi_event *events, size_t count, wm_block *b)
{
    const struct wm_programs *p = work->plan->programs;
    if (p->fixed == NULL || p->has_dues)
        take_tiers(&p->tiers, work->router->mode, events, count, b);
    if (p->has_dues)
        take_dues(p, count, b);
    if (p->seasons.changes != NULL)
        take_local(p, count, b);
    if (p->fixed != NULL) {
        take_fixed(p, events, count, b);
        return;
    }
    take_programs(p, count, b);
    if (p->dates.count > 1)
        take_dates(&p->dates, count, b);
    take_masks(p, events, count, b);
}

static inline bool any_odd(const wm_block *b, size_t count)
{
    uint32_t odd = 0;
    for (size_t i = 0; i < count; i++)
        odd |= b->odd[i];
    return odd != 0;
}

/* Stages 1 to 3; what does not need the events themselves goes before. */
static inline bool look_at(wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_cover *cover, wm_block *b)
{
    const struct wm_programs *p = work->plan->programs;
    const wanmi_event *events = batch->events + from;
    b->at_home = all_at_home(work->router, batch->hits->cell + from, batch->hits->tuple + from, count);
    take_cells(p, batch->hits->cell + from, batch->hits->where + from, count, b);
    if (!b->at_home)
        wm_look_around(work, batch, from, count, cover);
    if (!read_events(work, events, count, b))
        return false;
    take_instants(batch->now_us, count, b);
    take_sources(&p->sources, work->router->words_known, events, count, b);
    take_steps(work, events, count, b);
    if (!b->at_home)
        compare_areas(p, cover, count, b);
    return true;
}

static inline size_t wm_follow_batch(wm_work *work, const wm_batch *batch)
{
    wm_block b;
    wm_cover cover;
    size_t used = 0, from = 0, done = 0, count = 0;
    if (batch->capacity < work->plan->deliveries_max) {
        batch->first[0] = 0;
        return 0;
    }
    memset(b.hours, 0, sizeof b.hours);
    memset(b.dates, 0, sizeof b.dates);
    memset(b.sources, 0, sizeof b.sources);
    memset(b.bases[WM_BASE_NAMED], 0, sizeof b.bases[WM_BASE_NAMED]);
    for (size_t i = 0; i < batch->count && i < WM_BLOCK; i++)
        __builtin_prefetch(&batch->events[i], 0, 0);
    for (; from < batch->count && done == count; from += done) {
        count = batch->count - from < WM_BLOCK ? batch->count - from : WM_BLOCK;
        if (!look_at(work, batch, from, count, &cover, &b))
            break;
        done = count;
        const bool odd = any_odd(&b, count);
        if (odd && b.at_home)
            wm_look_around(work, batch, from, count, &cover);   /* for quick.c */
        if (!odd && (batch->capacity - used) / count >= work->plan->deliveries_max)
            run_all(work, batch, from, count, &b, &used);
        else
            done = run_events(work, batch, from, count, &cover, &b, &used);
    }
    if (from != 0 || !work->lacks_memory)
        batch->first[from] = used;
    return from;
}

#endif
