/* Lists of areas, each different one once, in flat arrays. Internal to the room.
 *
 * List n is areas[starts[n]] .. areas[starts[n + 1] - 1]; list 0 is empty. Numbers
 * only, no pointers: the arrays mean the same wherever they lie.
 */
#ifndef WM_LOCATE_LISTS_H
#define WM_LOCATE_LISTS_H

#include "slots.h"

typedef struct wm_lists {
    const wanmi_host *host;
    uint32_t *starts;               /* count + 1; NULL while there is only the empty list */
    uint32_t *areas;
    size_t start_capacity, area_capacity;
    uint32_t count;
    wm_slots slots;                 /* of all but the empty one */
} wm_lists;

void wm_lists_init(wm_lists *lists, const wanmi_host *host);
void wm_lists_drop(wm_lists *lists);
uint64_t wm_lists_bytes(const wm_lists *lists);

/* The number of a list, new or known. Gives false when there is no memory, and
 * then nothing has changed. */
bool wm_lists_number(wm_lists *lists, wm_list list, uint32_t *number);
/* The number of a known list, or WANMI_NONE. */
uint32_t wm_lists_find(const wm_lists *lists, wm_list list);

/* Gives back what was taken in advance. Gives false when there is no memory. */
bool wm_lists_trim(wm_lists *lists);
/* Drops the hash: from now on lists are only looked at. */
void wm_lists_seal(wm_lists *lists);

static inline wm_list wm_lists_at(const wm_lists *lists, uint32_t number)
{
    if (number == 0)
        return (wm_list){NULL, 0};
    uint32_t start = lists->starts[number];
    return (wm_list){lists->areas + start, lists->starts[number + 1] - start};
}

#endif
