/* What events and their cells say, as values: the first two stages of follow.h. */
#ifndef WM_ROUTE_FOLLOW_VALUES_H
#define WM_ROUTE_FOLLOW_VALUES_H

#include "follow_block.h"

/* ---- 1: values ------------------------------------------------------------------------- */

/* The events' instants, side by side. Says whether one names an object. */
static inline bool take_times(const wanmi_event *restrict events, size_t count, wm_block *restrict b)
{
    uint32_t objects = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t is_object = events[i].datum == WANMI_DATUM_OBJECT;
        b->instants[i] = events[i].time_us;
        b->odd[i] |= is_object;
        objects |= is_object;
    }
    return objects != 0;
}

/* Of odd events too everything stays within its table. */
static inline void take_instants(int64_t now_us, size_t count, wm_block *restrict b)
{
    for (size_t i = 0; i < count; i++) {
        int64_t instant = b->instants[i] != WANMI_TIME_NONE ? b->instants[i] : now_us;
        bool fits = (uint64_t)instant - (uint64_t)WM_CENTURY_FIRST_US < (uint64_t)WM_CENTURY_US;
        b->odd[i] |= !fits;
        b->instants[i] = fits ? instant : WM_CENTURY_FIRST_US;
    }
}

/* The column of a class; the last is for those that are not known. */
static inline void take_classes(const wanmi_router *router, const wanmi_event *restrict events, uint32_t unknown,
                                size_t count, wm_block *restrict b)
{
    const uint32_t *restrict classes = router->classes;
    const uint32_t seen = (uint32_t)router->class_capacity;
    for (size_t i = 0; i < count; i++) {
        uint32_t class_id = events[i].class_id;
        uint32_t column = class_id < seen ? classes[class_id] : class_id == WANMI_NONE ? 0 : unknown;
        b->classes[i] = column < unknown ? column : unknown;
    }
}

static inline void take_tiers(const wm_tiers *tiers, wm_modes mode, const wanmi_event *restrict events, size_t count,
                              wm_block *restrict b)
{
    const uint32_t first = (uint32_t)__builtin_ctzll(mode) * tiers->ranks;
    const uint32_t *restrict rank_of = tiers->rank_of;
    enum { FEW = 8 };
    for (size_t i = 0; i < count; i++)
        b->tiers[i] = tiers->ranks <= FEW ? first : first + rank_of[events[i].severity];
    if (tiers->ranks == 1 || tiers->ranks > FEW)
        return;
    uint32_t severities[WM_BLOCK];
    for (size_t i = 0; i < count; i++)
        severities[i] = events[i].severity;
    for (uint32_t k = 1; k < tiers->ranks; k++) {
        const uint32_t threshold = tiers->thresholds[k];
        for (size_t i = 0; i < count; i++)
            b->tiers[i] += severities[i] >= threshold;
    }
}

static inline void take_sources(const wm_sources *sources, uint32_t words, const wanmi_event *restrict events,
                                size_t count, wm_block *restrict b)
{
    const uint32_t *restrict numbers = sources->numbers;
    const uint32_t last = sources->words;
    for (size_t i = 0; i < count; i++)
        b->odd[i] |= events[i].source_id + 1 > words;       /* none is 0 */
    if (sources->count == 1)
        return;
    for (size_t i = 0; i < count; i++)
        b->sources[i] = events[i].source_id;
    for (size_t i = 0; i < count; i++)
        b->sources[i] = b->sources[i] < last ? b->sources[i] : last;
    for (size_t i = 0; i < count; i++)
        b->sources[i] = numbers[b->sources[i]];
}

static inline void take_cells(const struct wm_programs *p, const uint32_t *restrict cells, const uint8_t *restrict where,
                              size_t count, wm_block *restrict b)
{
    const uint32_t first = p->first_cell, stride = p->stride, *units = p->units;
    uint32_t *restrict rows = b->bases[WM_BASE_CELL];
    for (size_t i = 0; i < count; i++) {
        b->cells[i] = cells[i];
        b->odd[i] = where[i] != WANMI_INSIDE;
        rows[i] = where[i] <= WANMI_SNAPPED ? (cells[i] - first) * stride : 0;
    }
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(units + rows[i]);
}

/* ---- 2: time --------------------------------------------------------------------------- */

/* Minutes are counted as hours until these are known. By numbers that are exact as
 * doubles: less than 2^44, and a minute is 2^8 * 234,375 microseconds; the half keeps
 * the quotient off whole numbers, from which it is further than it is wrong. */
static inline void take_minutes(const wm_seasons *seasons, size_t count, wm_block *restrict b)
{
    const double per_minute = 1.0 / 234375;
    if (seasons->is_one) {
        const int64_t offset = seasons->offsets_us[0];
        for (size_t i = 0; i < count; i++) {
            b->stretches[i] = 0;
            b->hours[i] = (uint32_t)(int32_t)(((double)((b->instants[i] + offset) >> 8) + 0.5) * per_minute);
        }
        return;
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t stretch = wm_season_of(seasons, b->instants[i]);
        int64_t local = b->instants[i] + seasons->offsets_us[stretch];
        b->stretches[i] = stretch;
        b->hours[i] = (uint32_t)(int32_t)(((double)(local >> 8) + 0.5) * per_minute);
    }
}

static inline void take_local(const struct wm_programs *p, size_t count, wm_block *restrict b)
{
    const uint16_t *kinds = p->times.kinds, *segment_of = p->times.segment_of;
    const uint32_t segments = p->times.segments;
    take_minutes(&p->seasons, count, b);
    for (size_t i = 0; i < count; i++) {
        uint32_t day = b->hours[i] / WM_DAY_MINUTES;
        b->days[i] = day;
        b->hours[i] -= day * WM_DAY_MINUTES;
    }
    for (size_t i = 0; i < count; i++)
        b->hours[i] = kinds != NULL ? kinds[b->days[i] - WM_DAYS_FIRST] * segments + segment_of[b->hours[i]] : 0;
}

static inline void take_dates(const wm_dates *dates, size_t count, wm_block *restrict b)
{
    enum { FEW = 8 };
    for (size_t i = 0; dates->count > FEW && i < count; i++)
        b->dates[i] = wm_dates_value(dates, b->instants[i]);
    for (size_t i = 0; dates->count <= FEW && i < count; i++)
        b->dates[i] = 0;
    for (uint32_t k = 0; dates->count <= FEW && k + 1 < dates->count; k++) {
        const int64_t at = dates->breaks[k];
        for (size_t i = 0; i < count; i++)
            b->dates[i] += b->instants[i] >= at;
    }
}

#endif
