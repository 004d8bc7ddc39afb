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

/* A step that an event takes: its place in the block, and from WM_ORDER_BITS on the step's
 * number, as wm_programs.order has it. */
typedef uint32_t wm_take;

static inline uint32_t event_of(wm_take take)
{
    return take & (WM_BLOCK - 1);
}

/* A take whose due time is more than a sum: its number and its limit's. */
static inline uint32_t late_of(uint32_t take, uint32_t limit)
{
    return take | limit << 16;
}

/* Takes are written three at once, and lists of them one too far. */
enum { WM_TAKES = WM_BLOCK * 2, WM_TAKES_ROOM = WM_TAKES + WM_STEPS_MAX + 4 };

typedef struct wm_block {
    /* Of events. */
    uint64_t heads[WM_BLOCK][2];            /* id and user */
    uint64_t words[WM_BLOCK];               /* class and source, as they lie in events and deliveries */
    int64_t instants[WM_BLOCK];
    uint64_t masks[WM_BLOCK];
    uint32_t cells[WM_BLOCK], classes[WM_BLOCK], sources[WM_BLOCK], severities[WM_BLOCK];
    uint32_t tiers[WM_BLOCK], hours[WM_BLOCK], dates[WM_BLOCK], days[WM_BLOCK], stretches[WM_BLOCK];
    uint32_t bases[WM_BASES][WM_BLOCK];     /* where their units begin */
    uint32_t programs[WM_BLOCK], steps[WM_BLOCK], dues[WM_BLOCK];
    uint32_t odd[WM_BLOCK];
    /* Of takes. */
    wm_take takes[WM_TAKES_ROOM];
    /* Of takes whose due time is more than a sum, by kind. */
    uint32_t days_later[WM_TAKES_ROOM], work[WM_TAKES_ROOM], work_days[WM_TAKES_ROOM];
} wm_block;

/* Bits of `odd`. */
enum { WM_ODD_EVENT = 1, WM_ODD_NOBODY = 2 };   /* quick.c must do it; nobody is told what to do */

/* ---- 1: values ------------------------------------------------------------------------- */

/* What is asked of an event, side by side. Says whether one names an object. */
static inline bool spread(const wanmi_event *restrict events, size_t count, wm_block *restrict b)
{
    uint32_t objects = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t is_object = events[i].datum == WANMI_DATUM_OBJECT;
        memcpy(b->heads[i], &events[i], 16);
        memcpy(&b->words[i], (const char *)&events[i] + offsetof(wanmi_event, class_id), 8);
        b->instants[i] = events[i].time_us;
        b->classes[i] = events[i].class_id;
        b->sources[i] = events[i].source_id;
        b->severities[i] = events[i].severity;
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
static inline void take_classes(const wanmi_router *router, uint32_t unknown, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict classes = router->classes;
    const uint32_t seen = (uint32_t)router->class_capacity;
    for (size_t i = 0; i < count; i++) {
        uint32_t class_id = b->classes[i];
        uint32_t column = class_id < seen ? classes[class_id] : class_id == WANMI_NONE ? 0 : unknown;
        b->classes[i] = column < unknown ? column : unknown;
    }
}

static inline void take_tiers(const wm_tiers *tiers, wm_modes mode, size_t count, wm_block *restrict b)
{
    const uint32_t first = (uint32_t)__builtin_ctzll(mode) * tiers->ranks;
    const uint32_t *restrict rank_of = tiers->rank_of;
    enum { FEW = 8 };
    for (size_t i = 0; i < count; i++)
        b->tiers[i] = tiers->ranks <= FEW ? first : first + rank_of[b->severities[i]];
    for (uint32_t k = 1; tiers->ranks <= FEW && k < tiers->ranks; k++) {
        const uint32_t threshold = tiers->thresholds[k];
        for (size_t i = 0; i < count; i++)
            b->tiers[i] += b->severities[i] >= threshold;
    }
}

static inline void take_sources(const wm_sources *sources, uint32_t words, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict numbers = sources->numbers;
    const uint32_t last = sources->words;
    for (size_t i = 0; i < count; i++) {
        uint32_t source = b->sources[i];
        b->odd[i] |= source + 1 > words;        /* none is 0 */
        b->sources[i] = source < last ? source : last;
    }
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

/* ---- 3: masks ------------------------------------------------------------------------------ */

static inline void take_programs(const struct wm_programs *p, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict units = p->units, *restrict table = p->table, *restrict grades_of = p->signature_grades;
    const uint32_t columns = p->columns, grades = p->grades, bits = p->signature_bits;
    const uint32_t first_home = p->first_home, home_stride = p->home_stride;
    const uint32_t *restrict rows = b->bases[WM_BASE_CELL];
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = units[rows[i]], signature = word & (((uint32_t)1 << bits) - 1);
        b->bases[WM_BASE_HOME][i] = first_home + (word >> bits) * home_stride;
        b->programs[i] = table[signature * columns + b->classes[i]];
        b->dues[i] = b->tiers[i] * grades + grades_of[signature];
    }
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(&programs[b->programs[i]]);
}

/* Events whose areas above the cell are not those of its home are odd. */
static inline void compare_areas(const struct wm_programs *p, const wm_cover *cover, size_t count, wm_block *restrict b)
{
    for (uint32_t k = 0; k < p->watched_count; k++) {
        const uint32_t *restrict areas = cover->areas[p->watched[k]], *restrict homes = b->bases[WM_BASE_HOME];
        const uint32_t *restrict units = p->units + k;
        for (size_t i = 0; i < count; i++)
            b->odd[i] |= areas[i] != units[homes[i]];
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

/* Says whether quick.c must do the event. */
static inline bool settle_groups(const struct wm_programs *p, const wm_program *program, uint64_t *mask)
{
    const uint64_t *group = p->groups + program->first_group;
    bool odd = (*mask & program->hard) != 0;
    for (uint32_t k = 0; k < program->twin_groups; k++, group++) {
        uint64_t twins = *mask & *group;
        *mask ^= twins & (twins - 1);
    }
    for (uint32_t k = 0; k < program->mixed_groups; k++, group++)
        odd |= has_two(*mask & *group);
    return odd;
}

static inline void take_masks(const struct wm_programs *p, const wanmi_event *next, size_t count, wm_block *restrict b)
{
    const uint64_t *masks = p->masks;
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        const wm_program *program = &programs[b->programs[i]];
        __builtin_prefetch(next + i, 0, 0);
        uint64_t mask = masks[program->gates[WM_GATE_TIER] + b->tiers[i]]
                      & masks[program->gates[WM_GATE_SOURCE] + b->sources[i]]
                      & masks[program->gates[WM_GATE_HOURS] + b->hours[i]]
                      & masks[program->gates[WM_GATE_DATES] + b->dates[i]];
        mask &= until_lowest(mask & program->lasts);
        uint64_t twins = mask & program->twins;
        mask ^= twins & (twins - 1);
        if (program->is_rare)
            b->odd[i] |= settle_groups(p, program, &mask);
        b->odd[i] |= (uint32_t)((mask & program->primary) == 0) * WM_ODD_NOBODY;
        b->masks[i] = mask;
        b->steps[i] = program->first_step;
    }
}

/* ---- 4: deliveries ------------------------------------------------------------------------------ */

/* How many takes there are whose due time is more than a sum, by kind. */
typedef struct wm_later {
    size_t days, work, work_days;
} wm_later;

/* What follows one another in events, steps and deliveries alike is copied as it stands. */
enum { CLASS_AT = offsetof(wanmi_delivery, class_id), ROLE_AT = offsetof(wanmi_delivery, role) };
_Static_assert(offsetof(wanmi_event, user) == 8 && offsetof(wanmi_delivery, user) == 8
               && offsetof(wanmi_event, source_id) == offsetof(wanmi_event, class_id) + 4
               && offsetof(wanmi_delivery, source_id) == CLASS_AT + 4
               && offsetof(wm_step, flags) - offsetof(wm_step, role) == offsetof(wanmi_delivery, flags) - ROLE_AT,
               "what is copied together lies alike");


/* `may_change`: natural days are not all as long. */
static inline wm_later write(const wm_work *work, wm_block *restrict b, size_t count, bool may_change,
                             wanmi_delivery *restrict to)
{
    const struct wm_programs *p = work->plan->programs;
    const uint16_t *restrict dues = p->dues;
    const wm_due *restrict limits = p->limits;
    const wm_step *restrict steps = p->steps;
    const uint32_t *restrict units = p->units;
    const uint32_t generation = work->plan->generation;
    size_t days = 0, worked = 0, work_days = 0;
    for (size_t k = 0; k < count; k++) {
        const uint32_t at = event_of(b->takes[k]);
        const wm_step *step = &steps[b->takes[k] >> WM_ORDER_BITS];
        const uint32_t number = dues[step->dues + b->dues[at]];
        const wm_due *limit = &limits[number];
        const int64_t instant = b->instants[at];
        const uint32_t late = late_of((uint32_t)k, number);
        if (may_change)
            b->days_later[days] = late;
        b->work[worked] = late;
        b->work_days[work_days] = late;
        days += limit->is_days;
        worked += limit->is_work;
        work_days += limit->is_work_days;
        memcpy(&to[k], b->heads[at], 16);
        to[k].time_us = instant;
        to[k].due_us = (instant & limit->keep) + limit->add;
        to[k].generation = generation;
        to[k].unit = units[b->bases[step->base][at] + step->slot] & ~WM_REACH_ANCESTOR;
        to[k].cell = b->cells[at];
        to[k].rule = step->rule;
        memcpy((char *)&to[k] + CLASS_AT, &b->words[at], 8);
        memcpy((char *)&to[k] + ROLE_AT, (const char *)step + offsetof(wm_step, role), 8);
        to[k].severity = (uint8_t)b->severities[at];
    }
    return (wm_later){days, worked, work_days};
}

/* ---- 5: due times ---------------------------------------------------------------------------- */

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

static inline void finish(const wm_work *work, wm_block *b, size_t count, wanmi_delivery *to)
{
    const bool may_change = work->plan->programs->needs_stretch;
    wm_later later = may_change ? write(work, b, count, true, to) : write(work, b, count, false, to);
    end_days(work, b, later.days, to);
    end_work(work, b, later.work, to);
    end_work_days(work, b, later.work_days, to);
}

/* ---- a block ----------------------------------------------------------------------------------- */

/* Asked for the lowest bit of nothing, this one answers. */
static const uint64_t BEYOND = UINT64_C(1) << 63;

/* The steps of a mask. Gives their number; three are always written. */
static inline size_t list_steps(uint64_t mask, const uint32_t *order, uint32_t event, wm_take *takes)
{
    size_t count = 0;
    for (; count < 3; count++, mask &= mask - 1)
        takes[count] = order[__builtin_ctzll(mask | BEYOND)] | event;
    for (; mask != 0; count++, mask &= mask - 1)
        takes[count] = order[__builtin_ctzll(mask)] | event;
    return count;
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
        finish(work, b, taken, batch->deliveries + begin);
        begin += taken;
        taken = 0;
    }
    finish(work, b, taken, batch->deliveries + begin);
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
            finish(work, b, taken, batch->deliveries + begin);
            begin += taken;
            taken = 0;
        }
        if (b->odd[i] == 0 || fallback != 0)
            continue;
        unrouted[i] = (uint8_t)wm_route_quickly_one(work, batch, from + i, begin, cover, i);
        begin += work->count;
    }
    finish(work, b, taken, batch->deliveries + begin);
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
    bool objects = spread(events, count, b);
    take_classes(work->router, unknown, count, b);
    if (!objects && !is_among(b->classes, count, unknown))
        return true;
    work->lacks_memory = wm_see(work->router, events, count) != WANMI_OK;
    spread(events, count, b);
    take_classes(work->router, unknown, count, b);
    return !work->lacks_memory;
}

/* Stages 1 to 3; what does not need the events themselves goes before. */
static inline bool look_at(wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_cover *cover, wm_block *b)
{
    const struct wm_programs *p = work->plan->programs;
    const size_t left = batch->count - from - count;
    take_cells(p, batch->hits->cell + from, batch->hits->where + from, count, b);
    wm_look_around(work, batch, from, count, cover);
    if (!read_events(work, batch->events + from, count, b))
        return false;
    take_instants(batch->now_us, count, b);
    take_tiers(&p->tiers, work->router->mode, count, b);
    take_sources(&p->sources, work->router->words_known, count, b);
    take_programs(p, count, b);
    if (p->seasons.changes != NULL)
        take_local(p, count, b);
    if (p->dates.count > 1)
        take_dates(&p->dates, count, b);
    compare_areas(p, cover, count, b);
    take_masks(p, batch->events + from + (left >= count ? count : 0), count, b);
    return true;
}

static inline bool any_odd(const wm_block *b, size_t count)
{
    uint32_t odd = 0;
    for (size_t i = 0; i < count; i++)
        odd |= b->odd[i];
    return odd != 0;
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
    memset(b.bases[WM_BASE_NAMED], 0, sizeof b.bases[WM_BASE_NAMED]);
    for (size_t i = 0; i < batch->count && i < WM_BLOCK; i++)
        __builtin_prefetch(&batch->events[i], 0, 0);
    for (; from < batch->count && done == count; from += done) {
        count = batch->count - from < WM_BLOCK ? batch->count - from : WM_BLOCK;
        if (!look_at(work, batch, from, count, &cover, &b))
            break;
        done = count;
        if (!any_odd(&b, count) && (batch->capacity - used) / count >= work->plan->deliveries_max)
            run_all(work, batch, from, count, &b, &used);
        else
            done = run_events(work, batch, from, count, &cover, &b, &used);
    }
    if (from != 0 || !work->lacks_memory)
        batch->first[from] = used;
    return from;
}

#endif
