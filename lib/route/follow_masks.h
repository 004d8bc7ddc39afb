/* Which steps events take: the third stage of follow.h. */
#ifndef WM_ROUTE_FOLLOW_MASKS_H
#define WM_ROUTE_FOLLOW_MASKS_H

#include "follow_block.h"
#include "masks.h"

/* ---- 3: masks ------------------------------------------------------------------------------ */

/* The first word of a cell's row: its signature, its home's number above. */
static inline uint32_t signature_of(const struct wm_programs *p, uint32_t word)
{
    return word & (((uint32_t)1 << p->signature_bits) - 1);
}

static inline uint32_t home_of(const struct wm_programs *p, uint32_t word)
{
    return p->first_home + (word >> p->signature_bits) * p->home_stride;
}

static inline void take_programs(const struct wm_programs *p, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict units = p->units, *restrict table = p->table;
    const uint32_t *restrict rows = b->bases[WM_BASE_CELL];
    const uint32_t columns = p->columns;
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = units[rows[i]];
        b->bases[WM_BASE_HOME][i] = home_of(p, word);
        b->programs[i] = table[signature_of(p, word) * columns + b->classes[i]];
    }
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(&programs[b->programs[i]]);
}

/* Where the limits of an event begin in each step's. */
static inline void take_dues(const struct wm_programs *p, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict units = p->units, *restrict grades_of = p->signature_grades;
    const uint32_t *restrict rows = b->bases[WM_BASE_CELL];
    const uint32_t grades = p->grades;
    for (size_t i = 0; i < count; i++)
        b->dues[i] = b->tiers[i] * grades;
    for (size_t i = 0; grades > 1 && i < count; i++)
        b->dues[i] += grades_of[signature_of(p, units[rows[i]])];
}

/* Whether all events are of the first tuples of their cells, and these lie where the cells do. */
static inline bool all_at_home(const wanmi_router *router, const uint32_t *restrict cells, const uint32_t *restrict tuples,
                               size_t count)
{
    uint32_t others = 0;
    for (size_t i = 0; i < count; i++)
        others |= (tuples[i] - cells[i]) ^ router->tuple_of_cell;
    return others == 0 && router->is_homely;
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

/* Has a later event on its way from memory while there is something to compute: one of the
 * next batch, if the caller goes through a long column. What is asked for in advance may
 * lie anywhere. */
static inline void foresee(const wanmi_event *event)
{
    enum { AHEAD = 256 };
    __builtin_prefetch((const void *)((uintptr_t)event + AHEAD * sizeof *event), 0, 3);
}

/* Programs, their masks and steps at once, where nothing is asked of events. */
static inline void take_fixed(const struct wm_programs *p, const wanmi_event *events, size_t count, wm_block *restrict b)
{
    const uint32_t *restrict units = p->units, *restrict table = p->table;
    const uint32_t *restrict rows = b->bases[WM_BASE_CELL];
    const uint32_t columns = p->columns;
    const wm_fixed *restrict fixed = p->fixed;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = units[rows[i]];
        const wm_fixed *one = &fixed[table[signature_of(p, word) * columns + b->classes[i]]];
        foresee(events + i);
        b->bases[WM_BASE_HOME][i] = home_of(p, word);
        b->masks[i] = one->mask;
        b->steps[i] = one->first_step;
        b->odd[i] |= one->odd;
    }
}

static inline void take_masks(const struct wm_programs *p, const wanmi_event *events, size_t count, wm_block *restrict b)
{
    const uint64_t *masks = p->masks;
    const wm_program *programs = p->programs;
    for (size_t i = 0; i < count; i++) {
        const wm_program *program = &programs[b->programs[i]];
        foresee(events + i);
        uint64_t mask = masks[program->gates[WM_GATE_TIER] + b->tiers[i]]
                      & masks[program->gates[WM_GATE_SOURCE] + b->sources[i]]
                      & masks[program->gates[WM_GATE_HOURS] + b->hours[i]]
                      & masks[program->gates[WM_GATE_DATES] + b->dates[i]];
        b->odd[i] |= wm_settle_mask(p->groups, program, &mask);
        b->masks[i] = mask;
        b->steps[i] = program->first_step;
    }
}

#endif
