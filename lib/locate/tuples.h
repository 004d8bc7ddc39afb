/* A session's tuples: the areas of every layer, each different one once.
 * Internal to the room.
 *
 * A tuple is written as layer_count + 1 offsets and then the areas: those of
 * layer l are areas[offsets[l]] .. areas[offsets[l + 1]] - 1. The words lie in
 * chunks that never move, so that what wanmi_locator_areas gives stays.
 */
#ifndef WM_LOCATE_TUPLES_H
#define WM_LOCATE_TUPLES_H

#include "base/memory.h"

typedef struct wm_tuple {
    const uint32_t *words;
    uint64_t hash;
} wm_tuple;

typedef struct wm_tuples {
    wm_arena arena;
    wm_tuple *list;                 /* by number */
    size_t count, capacity;
    uint32_t *slots;                /* open addressing; WANMI_NONE: free */
    size_t slot_count;              /* a power of two, or 0 */
    uint32_t layer_count;
} wm_tuples;

void wm_tuples_init(wm_tuples *tuples, const wanmi_host *host, uint32_t layer_count);
void wm_tuples_drop(wm_tuples *tuples);
uint64_t wm_tuples_bytes(const wm_tuples *tuples);

/* The number of a tuple, new or known. Gives false when there is no memory, and
 * then nothing has changed. */
bool wm_tuples_number(wm_tuples *tuples, const uint32_t *words, uint32_t *number);

/* The number of a known tuple, or WANMI_NONE. */
uint32_t wm_tuples_find(const wm_tuples *tuples, const uint32_t *words);

/* Gives back what was taken in advance. Gives false when there is no memory. */
bool wm_tuples_trim(wm_tuples *tuples);

/* Ascending; allocates nothing, as qsort may. */
void wm_sort_numbers(uint32_t *numbers, size_t count);

#endif
