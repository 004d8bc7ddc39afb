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

#include <string.h>

#include "program.h"
#include "router.h"

/* A step that an event takes. */
typedef struct wm_take {
    uint32_t event, step;
} wm_take;

/* Takes are written three at once, and lists of them one too far. */
enum { WM_TAKES = WM_BLOCK * 2, WM_TAKES_ROOM = WM_TAKES + WM_STEPS_MAX + 4 };

typedef struct wm_block {
    uint64_t masks[WM_BLOCK];
    int64_t instants[WM_BLOCK];
    uint32_t rows[WM_BLOCK], prefixes[WM_BLOCK], tiers[WM_BLOCK], sources[WM_BLOCK], hours[WM_BLOCK], dates[WM_BLOCK];
    uint32_t days[WM_BLOCK], stretches[WM_BLOCK];
    uint32_t programs[WM_BLOCK], steps[WM_BLOCK], dues[WM_BLOCK];
    uint32_t odd[WM_BLOCK];
    /* Of takes. */
    wm_take takes[WM_TAKES_ROOM];
    int64_t due_us[WM_TAKES_ROOM];
    uint16_t limits[WM_TAKES_ROOM];
    uint16_t later[3][WM_TAKES_ROOM];       /* takes whose due time is more than a sum, by kind */
} wm_block;

/* Bits of `odd`. */
enum { WM_ODD_EVENT = 1, WM_ODD_NOBODY = 2 };

/* ---- 1: values ------------------------------------------------------------------------- */

static inline void take_values(const wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_block *b)
{
    const struct wm_programs *p = work->plan->programs;
    const wanmi_event *events = batch->events + from;
    const uint32_t *units = p->units, *cells = batch->hits->cell + from, *classes = work->router->classes;
    const uint8_t *where = batch->hits->where + from, *rank_of = p->tiers.rank_of;
    const uint32_t first_cell = p->first_cell, stride = p->stride, words = work->router->words_known;
    const uint32_t tier = (uint32_t)__builtin_ctzll(work->router->mode) * p->tiers.ranks;
    const size_t seen = work->router->class_capacity;
    const int64_t now = batch->now_us;
    const wm_sources sources = p->sources;
    for (size_t i = 0; i < count; i++) {
        const wanmi_event *event = &events[i];
        int64_t instant = event->time_us != WANMI_TIME_NONE ? event->time_us : now;
        uint32_t prefix = event->class_id < seen ? classes[event->class_id]
                        : event->class_id == WANMI_NONE ? 0 : WM_UNSEEN;
        bool fits = (where[i] == WANMI_INSIDE) & (event->datum != WANMI_DATUM_OBJECT) & (prefix != WM_UNSEEN)
                  & ((event->source_id < words) | (event->source_id == WANMI_NONE))
                  & ((uint64_t)instant - (uint64_t)WM_CENTURY_FIRST_US < (uint64_t)WM_CENTURY_US);
        uint32_t row = (cells[i] - first_cell) * stride & (uint32_t)-(int32_t)fits;
        __builtin_prefetch(units + row);
        __builtin_prefetch(units + row + stride - 1);
        b->odd[i] = !fits;
        b->rows[i] = row;
        b->prefixes[i] = prefix & (uint32_t)-(int32_t)fits;
        b->instants[i] = fits ? instant : WM_CENTURY_FIRST_US;
        b->tiers[i] = tier + rank_of[event->severity];
        b->sources[i] = wm_source_value(&sources, event->source_id);
    }
}

/* ---- 2: time --------------------------------------------------------------------------- */

static inline void take_local(const struct wm_programs *p, size_t count, wm_block *b)
{
    const wm_seasons seasons = p->seasons;
    const uint16_t *kinds = p->times.kinds, *segment_of = p->times.segment_of;
    const uint32_t segments = p->times.segments;
    for (size_t i = 0; i < count; i++) {
        uint32_t stretch = wm_season_of(&seasons, b->instants[i]);
        uint64_t local = (uint64_t)(b->instants[i] + seasons.offsets_us[stretch]);
        uint32_t minutes = (uint32_t)(local / (WM_MINUTE_SECONDS * (uint64_t)WM_SECOND_US));
        uint32_t day = minutes / WM_DAY_MINUTES;
        b->days[i] = day;
        b->stretches[i] = stretch;
        if (kinds != NULL)
            b->hours[i] = kinds[day - WM_DAYS_FIRST] * segments + segment_of[minutes - day * WM_DAY_MINUTES];
    }
}

static inline void take_dates(const struct wm_programs *p, size_t count, wm_block *b)
{
    const wm_dates dates = p->dates;
    for (size_t i = 0; i < count; i++)
        b->dates[i] = wm_dates_value(&dates, b->instants[i]);
}

/* ---- 3: masks ------------------------------------------------------------------------------ */

/* Events whose areas above the cell are not those of the cell's row are odd. */
static inline void compare_areas(const struct wm_programs *p, const wm_cover *cover, size_t count, wm_block *b)
{
    for (uint32_t k = 0; k < p->watched_count; k++) {
        const uint32_t *areas = cover->areas[p->watched[k]], *units = p->units + WM_ROW_WATCHED + k;
        for (size_t i = 0; i < count; i++)
            b->odd[i] |= areas[i] != units[b->rows[i]];
    }
}

static inline void take_programs(const struct wm_programs *p, size_t count, wm_block *b)
{
    const uint32_t *units = p->units, *table = p->table, prefixes = p->prefix_count, grades = p->grades;
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        uint32_t sign = units[b->rows[i] + WM_ROW_SIGNATURE];
        uint32_t number = table[(size_t)(sign & 0xFFFF) * prefixes + b->prefixes[i]];
        __builtin_prefetch(&programs[number]);
        b->programs[i] = number;
        b->dues[i] = b->tiers[i] * grades + (sign >> 16);
    }
}

/* Bits up to and with the lowest; all where there is none. */
static inline uint64_t until_lowest(uint64_t mask)
{
    return mask ^ (mask - 1);
}

static inline bool has_two(uint64_t mask)
{
    return (mask & (mask - 1)) != 0;
}

static inline void take_masks(const struct wm_programs *p, size_t count, wm_block *b)
{
    const uint64_t *masks = p->masks;
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        const wm_program *program = &programs[b->programs[i]];
        uint64_t mask = masks[program->gates[WM_GATE_TIER] + b->tiers[i]]
                      & masks[program->gates[WM_GATE_SOURCE] + b->sources[i]]
                      & masks[program->gates[WM_GATE_HOURS] + b->hours[i]]
                      & masks[program->gates[WM_GATE_DATES] + b->dates[i]];
        mask &= until_lowest(mask & program->lasts);
        uint64_t twins = mask & program->twins, hard = mask & program->hard;
        mask ^= twins & (twins - 1);
        bool lacks = (mask != 0) & ((mask & program->primary) == 0);
        b->odd[i] |= (hard != 0) | has_two(mask & program->pairs) | lacks | (uint32_t)(mask == 0) * WM_ODD_NOBODY;
        b->masks[i] = mask;
        b->steps[i] = program->first_step;
    }
}

/* ---- 4: due times ---------------------------------------------------------------------------- */

static inline void take_limits(const struct wm_programs *p, wm_block *b, size_t count, size_t later[3])
{
    const uint16_t *dues = p->dues;
    const wm_step *steps = p->steps;
    const wm_due *limits = p->limits;
    size_t days = 0, work = 0, work_days = 0;
    for (size_t k = 0; k < count; k++) {
        const wm_take take = b->takes[k];
        uint16_t number = dues[steps[take.step].dues + b->dues[take.event]];
        const wm_due *limit = &limits[number];
        b->limits[k] = number;
        b->due_us[k] = (b->instants[take.event] & limit->keep) + limit->add;
        b->later[0][days] = b->later[1][work] = b->later[2][work_days] = (uint16_t)k;
        days += limit->kind == WM_DUE_DAYS;
        work += limit->kind == WM_DUE_WORK;
        work_days += limit->kind == WM_DUE_WORK_DAYS;
    }
    later[0] = days;
    later[1] = work;
    later[2] = work_days;
}

static inline int64_t long_way(const wm_work *work, const wm_due *limit, int64_t instant_us)
{
    return wm_limit_end(work->plan, limit->limit, &work->router->clock, instant_us);
}

static inline void end_days(const wm_work *work, wm_block *b, size_t count)
{
    const struct wm_programs *p = work->plan->programs;
    for (size_t k = 0; k < count; k++) {
        uint32_t at = b->later[0][k], event = b->takes[at].event;
        uint64_t since = (uint64_t)b->due_us[at] - (uint64_t)WM_CENTURY_FIRST_US;
        if (since >= (uint64_t)WM_CENTURY_US || wm_season_of(&p->seasons, b->due_us[at]) != b->stretches[event])
            b->due_us[at] = long_way(work, &p->limits[b->limits[at]], b->instants[event]);
    }
}

static inline void end_work(const wm_work *work, wm_block *b, size_t count)
{
    const struct wm_programs *p = work->plan->programs;
    for (size_t k = 0; k < count; k++) {
        uint32_t at = b->later[1][k];
        const wm_due *limit = &p->limits[b->limits[at]];
        int64_t instant = b->instants[b->takes[at].event];
        if (!wm_worktime_end(limit->sums, (uint64_t)(instant - WM_CENTURY_FIRST_US), limit->add, &b->due_us[at]))
            b->due_us[at] = long_way(work, limit, instant);
    }
}

static inline void end_work_days(const wm_work *work, wm_block *b, size_t count)
{
    const struct wm_programs *p = work->plan->programs;
    for (size_t k = 0; k < count; k++) {
        uint32_t at = b->later[2][k], event = b->takes[at].event;
        const wm_due *limit = &p->limits[b->limits[at]];
        if (!wm_worktime_day_end(limit->sums, b->days[event], limit->add, &b->due_us[at]))
            b->due_us[at] = long_way(work, limit, b->instants[event]);
    }
}

/* ---- 5: deliveries ----------------------------------------------------------------------------- */

static inline void write(const wm_work *work, const wm_batch *batch, size_t from, const wm_block *b, size_t count,
                         wanmi_delivery *to)
{
    const wm_step *steps = work->plan->programs->steps;
    const uint32_t *units = work->plan->programs->units, *cells = batch->hits->cell + from;
    const wanmi_event *events = batch->events + from;
    const uint32_t generation = work->plan->generation;
    for (size_t k = 0; k < count; k++) {
        const wm_take take = b->takes[k];
        const wm_step *step = &steps[take.step];
        const wanmi_event *event = &events[take.event];
        uint32_t unit = units[(b->rows[take.event] & step->row_mask) + step->slot] & ~WM_REACH_ANCESTOR;
        memcpy(&to[k].event_id, &event->id, 16);
        to[k].time_us = b->instants[take.event];
        to[k].due_us = b->due_us[k];
        to[k].generation = generation;
        to[k].unit = unit;
        to[k].cell = cells[take.event];
        to[k].rule = step->rule;
        memcpy(&to[k].class_id, &event->class_id, 8);
        memcpy(&to[k].role, &step->role, 8);
        to[k].severity = event->severity;
    }
}

static inline void finish(const wm_work *work, const wm_batch *batch, size_t from, wm_block *b, size_t count,
                          wanmi_delivery *to)
{
    size_t later[3];
    take_limits(work->plan->programs, b, count, later);
    end_days(work, b, later[0]);
    end_work(work, b, later[1]);
    end_work_days(work, b, later[2]);
    write(work, batch, from, b, count, to);
}

/* ---- a block ----------------------------------------------------------------------------------- */

/* Asked for the lowest bit of nothing, this one answers. */
static const uint64_t BEYOND = UINT64_C(1) << 63;

/* The steps of a mask. Gives their number; three are always written. */
static inline size_t list_steps(uint64_t mask, const uint32_t *order, uint32_t event, wm_take *takes)
{
    size_t count = 0;
    for (; count < 3; count++, mask &= mask - 1)
        takes[count] = (wm_take){event, order[__builtin_ctzll(mask | BEYOND)]};
    for (; mask != 0; count++, mask &= mask - 1)
        takes[count] = (wm_take){event, order[__builtin_ctzll(mask)]};
    return count;
}

/* The step of the event's fallback; 0: quick.c must do it. */
static inline uint32_t fallback_of(const struct wm_programs *p, const wm_block *b, size_t i)
{
    return b->odd[i] == WM_ODD_NOBODY ? p->units[b->rows[i] + WM_ROW_WATCHED + p->watched_count + WM_ROW_FALLBACK_STEP]
                                      : 0;
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
        uint32_t fallback = fallback_of(p, b, i);
        if (fallback != 0)
            b->takes[taken++] = (wm_take){(uint32_t)i, fallback};
        else if (b->odd[i] != 0)
            taken = listed;
        if (taken > WM_TAKES || (b->odd[i] != 0 && fallback == 0)) {
            finish(work, batch, from, b, taken, batch->deliveries + begin);
            begin += taken;
            taken = 0;
        }
        if (b->odd[i] == 0 || fallback != 0)
            continue;
        unrouted[i] = (uint8_t)wm_route_quickly_one(work, batch, from + i, begin, cover, i);
        begin += work->count;
    }
    finish(work, batch, from, b, taken, batch->deliveries + begin);
    *used = begin + taken;
    return i;
}

static inline size_t wm_follow_batch(wm_work *work, const wm_batch *batch)
{
    const struct wm_programs *p = work->plan->programs;
    wm_block b;
    wm_cover cover;
    size_t used = 0, from = 0, done = 0, count = 0;
    if (batch->capacity < work->plan->deliveries_max) {
        batch->first[0] = 0;
        return 0;
    }
    memset(b.hours, 0, sizeof b.hours);
    memset(b.dates, 0, sizeof b.dates);
    for (; from < batch->count && done == count; from += done) {
        count = batch->count - from < WM_BLOCK ? batch->count - from : WM_BLOCK;
        wm_look_around(work, batch, from, count, &cover);
        take_values(work, batch, from, count, &b);
        if (p->seasons.changes != NULL)
            take_local(p, count, &b);
        if (p->dates.count > 1)
            take_dates(p, count, &b);
        compare_areas(p, &cover, count, &b);
        take_programs(p, count, &b);
        take_masks(p, count, &b);
        done = run_events(work, batch, from, count, &cover, &b, &used);
    }
    batch->first[from] = used;
    return from;
}

#endif
