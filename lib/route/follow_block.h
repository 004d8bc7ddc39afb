/* What the stages of follow.h hand to one another: columns of a block of events. */
#ifndef WM_ROUTE_FOLLOW_BLOCK_H
#define WM_ROUTE_FOLLOW_BLOCK_H

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

/* Takes are written eight at once at most, and lists of them one too far. */
enum { WM_TAKES = WM_BLOCK * 2, WM_TAKES_ROOM = WM_TAKES + WM_STEPS_MAX + 8 };

typedef struct wm_block {
    /* Of events. */
    int64_t instants[WM_BLOCK];
    uint64_t masks[WM_BLOCK];
    uint32_t cells[WM_BLOCK], classes[WM_BLOCK], sources[WM_BLOCK];
    uint32_t tiers[WM_BLOCK], hours[WM_BLOCK], dates[WM_BLOCK], days[WM_BLOCK], stretches[WM_BLOCK];
    uint32_t bases[WM_BASES][WM_BLOCK];     /* where their units begin */
    uint32_t programs[WM_BLOCK], steps[WM_BLOCK], dues[WM_BLOCK];
    uint32_t odd[WM_BLOCK];
    bool at_home;                           /* all lie in the areas above their cells: no cover was looked up */
    /* Of takes. */
    wm_take takes[WM_TAKES_ROOM];
    /* Of takes whose due time is more than a sum, by kind. */
    uint32_t days_later[WM_TAKES_ROOM], work[WM_TAKES_ROOM], work_days[WM_TAKES_ROOM];
} wm_block;

#endif
