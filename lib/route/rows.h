/* What making programs knows besides them, for as long as it lasts. Internal to the
 * room. */
#ifndef WM_ROUTE_ROWS_H
#define WM_ROUTE_ROWS_H

#include "program.h"

/* A place for a unit in the row of every cell or home: the n-th best holder that an
 * office has there. */
typedef struct wm_slot {
    uint32_t office, nth;
    wm_base base;
    uint32_t at;                        /* in the row */
} wm_slot;

typedef struct wm_rows {
    wm_slot slots[WM_SLOTS_MAX];
    uint32_t slot_count;
    uint32_t *classes[WANMI_LAYERS_MAX];    /* of each area: the rules' places that it lies in; NULL: none asks */
    wm_pool homes;
    uint32_t *examples;                 /* a cell (from 0) of each signature */
    size_t example_capacity;
    uint32_t *dues;                     /* where each profile's begin, by prefix; WANMI_NONE: not known yet */
    wm_pool due_rows;
} wm_rows;

/* How a slot is filled in a row. */
typedef enum wm_filled { WM_FILLED_NOT, WM_FILLED_OWN, WM_FILLED_ABOVE, WM_FILLED_WALK } wm_filled;

static inline wm_filled wm_filled_by(uint32_t entry)
{
    if (entry == WM_REACH_NOBODY)
        return WM_FILLED_NOT;
    if (entry == WM_REACH_WALK)
        return WM_FILLED_WALK;
    return (entry & WM_REACH_ANCESTOR) != 0 ? WM_FILLED_ABOVE : WM_FILLED_OWN;
}

/* A block that begins with a line of the cache. NULL: no memory. */
void *wm_arena_lines(wm_arena *arena, size_t size);

/* Whether a layer is the cells' or one that rows have an area of. */
bool wm_is_in_row(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t layer);
/* The area of a cell (from 0) in such a layer, and the unit or what stands in its place. */
uint32_t wm_row_area(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t cell, uint32_t layer);
uint32_t wm_row_unit(const struct wm_programs *programs, const wm_slot *slot, uint32_t cell);
/* The step of a cell's fallback by role (WM_SHORT_NONE: the map's unit). */
uint32_t wm_fallback_step(const wanmi_plan *plan, uint32_t role, bool above);
uint32_t wm_fallback_step_count(const wanmi_plan *plan);

/* rows.c: makes the cells' rows, with the rules' units behind them; `suits` says whether
 * they are not too wide. Errors: memory. */
wanmi_status wm_make_rows(wm_compile *compile, struct wm_programs *programs, wm_rows *rows, bool *suits);
void wm_rows_drop(wm_compile *compile, wm_rows *rows);

/* places.c: the classes of the areas of a layer. Errors: memory. */
wanmi_status wm_make_classes(wm_compile *compile, uint32_t layer, uint32_t **classes);

/* dues.c: the limits of deadlines; where in `dues` those of a profile begin for a
 * prefix of classes; and `dues` itself, once all have been asked for. Errors: memory. */
wanmi_status wm_make_limits(wm_compile *compile, struct wm_programs *programs);
wanmi_status wm_begin_dues(wm_compile *compile, const struct wm_programs *programs, wm_rows *rows);
wanmi_status wm_find_dues(wm_compile *compile, const struct wm_programs *programs, wm_rows *rows, uint32_t profile,
                          uint32_t prefix, uint32_t *first);
wanmi_status wm_keep_dues(wm_compile *compile, struct wm_programs *programs, const wm_rows *rows);

#endif
