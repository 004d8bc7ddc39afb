/* Finding equal things again: a hash of numbers. Internal to the room.
 *
 * Open addressing, at most half full. It keeps numbers and nothing else: what a
 * number stands for is asked of its keeper, also when the hash grows.
 */
#ifndef WM_LOCATE_SLOTS_H
#define WM_LOCATE_SLOTS_H

#include "base/memory.h"

typedef struct wm_list {
    const uint32_t *items;
    size_t count;
} wm_list;

/* What a number stands for. */
typedef wm_list (*wm_list_fn)(const void *keeper, uint32_t number);

typedef struct wm_slots {
    uint32_t *numbers;              /* WANMI_NONE: free */
    size_t slot_count;              /* a power of two, or 0 */
    size_t taken;
} wm_slots;

bool wm_list_equal(wm_list a, wm_list b);

/* The number that stands for `wanted`, or WANMI_NONE. */
uint32_t wm_slots_find(const wm_slots *slots, const void *keeper, wm_list_fn list_of, wm_list wanted);
/* Makes room for one more. Gives false when there is no memory, and then nothing
 * has changed. */
bool wm_slots_room(wm_slots *slots, const wanmi_host *host, const void *keeper, wm_list_fn list_of);
/* Puts a number that is not there yet; there is room. */
void wm_slots_put(wm_slots *slots, wm_list list, uint32_t number);
void wm_slots_drop(wm_slots *slots, const wanmi_host *host);
uint64_t wm_slots_bytes(const wm_slots *slots);

#endif
