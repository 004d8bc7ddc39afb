/* Deliveries from events and the steps they take: the last two stages of follow.h. */
#ifndef WM_ROUTE_FOLLOW_WRITE_H
#define WM_ROUTE_FOLLOW_WRITE_H

#include "follow_block.h"

#if defined __AVX512F__ || defined __AVX2__
#include <immintrin.h>
#endif

/* ---- deliveries ------------------------------------------------------------------------- */

/* A step lies as the second half of a delivery does; what follows one another in events and
 * deliveries alike is copied together. */
enum { HALF = 32 };
_Static_assert(sizeof(wanmi_event) == 2 * HALF && sizeof(wanmi_delivery) == 2 * HALF && sizeof(wm_step) == HALF
               && offsetof(wanmi_event, user) == 8 && offsetof(wanmi_delivery, user) == 8
               && offsetof(wanmi_event, class_id) == 40 && offsetof(wanmi_delivery, class_id) == 48
               && offsetof(wanmi_event, source_id) == 44 && offsetof(wanmi_delivery, source_id) == 52
               && offsetof(wanmi_event, severity) == 49 && offsetof(wanmi_delivery, severity) == 61
               && offsetof(wanmi_delivery, generation) == HALF + offsetof(wm_step, generation)
               && offsetof(wanmi_delivery, rule) == HALF + offsetof(wm_step, rule)
               && offsetof(wanmi_delivery, role) == HALF + offsetof(wm_step, role)
               && offsetof(wanmi_delivery, flags) == HALF + offsetof(wm_step, flags),
               "what is copied together lies alike");

/* All of a delivery but its instants, unit and cell, which may be anything. */
static inline void put_line(wanmi_delivery *restrict to, const wanmi_event *restrict event, const wm_step *restrict step)
{
#if defined __AVX512F__
    const __m512i from = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 10, 11, 14, 12);
    const __m512i of_event = _mm512_setr_epi32(-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, -1, -1, 0, 0xFF00);
    const __m512i moved = _mm512_permutexvar_epi32(from, _mm512_loadu_si512(event));
    const __m512i mine = _mm512_broadcast_i64x4(_mm256_loadu_si256((const __m256i *)(const void *)step));
    enum { SELECT = 0xCA };                     /* the first one's bits choose */
    _mm512_storeu_si512(to, _mm512_ternarylogic_epi32(of_event, moved, mine, SELECT));
#elif defined __AVX2__
    const __m256i from = _mm256_setr_epi32(0, 1, 2, 3, 2, 3, 6, 4);
    const __m256i of_event = _mm256_setr_epi32(0, 0, 0, 0, -1, -1, 0, 0xFF00);
    const __m256i half = _mm256_loadu_si256((const __m256i *)(const void *)event + 1);
    const __m256i moved = _mm256_and_si256(_mm256_permutevar8x32_epi32(half, from), of_event);
    const __m256i mine = _mm256_loadu_si256((const __m256i *)(const void *)step);
    memcpy(to, event, 16);
    _mm256_storeu_si256((__m256i *)(void *)to + 1, _mm256_or_si256(_mm256_andnot_si256(of_event, mine), moved));
#else
    memcpy(to, event, 16);
    to->generation = step->generation;
    to->rule = step->rule;
    memcpy((char *)to + offsetof(wanmi_delivery, class_id), (const char *)event + offsetof(wanmi_event, class_id), 8);
    memcpy((char *)to + offsetof(wanmi_delivery, role), (const char *)step + offsetof(wm_step, role), 8);
    to->severity = event->severity;
#endif
}

/* How many takes there are whose due time is more than a sum, by kind. */
typedef struct wm_later {
    size_t days, work, work_days;
} wm_later;

/* What due times there are: none, sums, days and work too, days that are not all as long. */
typedef enum wm_dueness { WM_NEVER_DUE, WM_DUE_BY_SUM, WM_DUE_LATER, WM_DUE_ANYHOW } wm_dueness;

static inline wm_later write(const wm_work *work, const wanmi_event *restrict events, wm_block *restrict b, size_t count,
                             const wm_dueness dueness, wanmi_delivery *restrict to)
{
    const struct wm_programs *p = work->plan->programs;
    const uint16_t *restrict dues = p->dues;
    const wm_due *restrict limits = p->limits;
    const wm_step *restrict steps = p->steps;
    const uint32_t *restrict units = p->units;
    size_t days = 0, worked = 0, work_days = 0;
    for (size_t k = 0; k < count; k++) {
        const uint32_t at = event_of(b->takes[k]);
        const wm_step *step = &steps[b->takes[k] >> WM_ORDER_BITS];
        const int64_t instant = b->instants[at];
        int64_t due = WANMI_TIME_NONE;
        if (dueness != WM_NEVER_DUE) {
            const uint32_t number = dues[step->dues + b->dues[at]];
            const wm_due *limit = &limits[number];
            due = (instant & limit->keep) + limit->add;
            if (dueness >= WM_DUE_LATER) {
                const uint32_t late = late_of((uint32_t)k, number);
                if (dueness == WM_DUE_ANYHOW)
                    b->days_later[days] = late;
                b->work[worked] = late;
                b->work_days[work_days] = late;
                days += limit->is_days;
                worked += limit->is_work;
                work_days += limit->is_work_days;
            }
        }
        put_line(&to[k], &events[at], step);
        to[k].time_us = instant;
        to[k].due_us = due;
        to[k].unit = units[b->bases[step->base][at] + step->slot] & ~WM_REACH_ANCESTOR;
        to[k].cell = b->cells[at];
    }
    return (wm_later){days, worked, work_days};
}

/* ---- due times ---------------------------------------------------------------------------- */

/* Limits are numbered from 1. */
static inline int64_t long_way(const wm_work *work, uint32_t limit, int64_t instant_us)
{
    return wm_limit_end(work->plan, &work->plan->deadlines[limit - 1].limit, &work->router->clock, instant_us);
}

static inline void end_days(const wm_work *work, const wm_block *b, size_t count, wanmi_delivery *to)
{
    const struct wm_programs *p = work->plan->programs;
    for (size_t k = 0; k < count; k++) {
        const uint32_t take = b->days_later[k] & 0xFFFF, number = b->days_later[k] >> 16;
        uint64_t since = (uint64_t)to[take].due_us - (uint64_t)WM_CENTURY_FIRST_US;
        if (since >= (uint64_t)WM_CENTURY_US
            || wm_season_of(&p->seasons, to[take].due_us) != b->stretches[event_of(b->takes[take])])
            to[take].due_us = long_way(work, number, to[take].time_us);
    }
}

/* In two goes, so that the second does not wait for the first. Between them the due time
 * is the second of work that it is over with, and the microseconds beyond it. A stint's end
 * belongs to it, not to the next one. */
static inline void end_work(const wm_work *work, const wm_block *b, size_t count, wanmi_delivery *to)
{
    const wm_due *limits = work->plan->programs->limits;
    const wm_worktime *const *all_sums = work->plan->programs->sums;
    for (size_t k = 0; k < count; k++) {
        const uint32_t take = b->work[k] & 0xFFFF, number = b->work[k] >> 16;
        const wm_worktime *sums = all_sums[number];
        uint64_t since = (uint64_t)(to[take].time_us - WM_CENTURY_FIRST_US);
        uint32_t second = (uint32_t)(since / (uint64_t)WM_SECOND_US);
        uint32_t beyond = (uint32_t)since - second * (uint32_t)WM_SECOND_US;
        const wm_stint *stint = wm_near_stint_at(sums, second);
        uint32_t into = second - stint->start, length = stint[1].done - stint->done;
        uint32_t done = stint->done + (into < length ? into : length) + limits[number].seconds;
        to[take].due_us = (int64_t)((uint64_t)done << 32 | (into < length ? beyond : 0));
    }
    for (size_t k = 0; k < count; k++) {
        const uint32_t take = b->work[k] & 0xFFFF, number = b->work[k] >> 16;
        const wm_worktime *sums = all_sums[number];
        uint32_t done = (uint32_t)((uint64_t)to[take].due_us >> 32), beyond = (uint32_t)to[take].due_us;
        uint32_t last = done - (beyond == 0);
        if (last >= sums->total || limits[number].seconds == 0) {
            to[take].due_us = long_way(work, number, to[take].time_us);
            continue;
        }
        const wm_stint *stint = wm_near_stint_with(sums, last);
        to[take].due_us = WM_CENTURY_FIRST_US + (stint->start + (done - stint->done)) * WM_SECOND_US + beyond;
    }
}

static inline void end_work_days(const wm_work *work, const wm_block *b, size_t count, wanmi_delivery *to)
{
    const struct wm_programs *p = work->plan->programs;
    for (size_t k = 0; k < count; k++) {
        const uint32_t take = b->work_days[k] & 0xFFFF, number = b->work_days[k] >> 16;
        if (!wm_worktime_day_end(p->sums[number], b->days[event_of(b->takes[take])], p->limits[number].add,
                                 &to[take].due_us))
            to[take].due_us = long_way(work, number, to[take].time_us);
    }
}

static inline void finish(const wm_work *work, const wanmi_event *events, wm_block *b, size_t count, wanmi_delivery *to)
{
    const struct wm_programs *p = work->plan->programs;
    if (!p->has_dues) {
        write(work, events, b, count, WM_NEVER_DUE, to);
        return;
    }
    if (!p->has_later) {
        write(work, events, b, count, WM_DUE_BY_SUM, to);
        return;
    }
    wm_later later = p->needs_stretch ? write(work, events, b, count, WM_DUE_ANYHOW, to)
                                      : write(work, events, b, count, WM_DUE_LATER, to);
    end_days(work, b, later.days, to);
    end_work(work, b, later.work, to);
    end_work_days(work, b, later.work_days, to);
}

#endif
