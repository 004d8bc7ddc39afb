/* Lists of areas: see lists.h. */
#include "lists.h"

#include <string.h>

#include "wanmi/types.h"

void wm_lists_init(wm_lists *lists, const wanmi_host *host)
{
    *lists = (wm_lists){.host = host, .count = 1};
}

void wm_lists_drop(wm_lists *lists)
{
    wm_free(lists->host, lists->starts, lists->start_capacity * sizeof *lists->starts);
    wm_free(lists->host, lists->areas, lists->area_capacity * sizeof *lists->areas);
    wm_slots_drop(&lists->slots, lists->host);
    wm_lists_init(lists, lists->host);
}

uint64_t wm_lists_bytes(const wm_lists *lists)
{
    return (lists->start_capacity + lists->area_capacity) * sizeof *lists->areas +
           wm_slots_bytes(&lists->slots);
}

static wm_list list_of(const void *keeper, uint32_t number)
{
    return wm_lists_at(keeper, number);
}

uint32_t wm_lists_find(const wm_lists *lists, wm_list list)
{
    return list.count == 0 ? 0 : wm_slots_find(&lists->slots, lists, list_of, list);
}

static bool add(wm_lists *lists, wm_list list)
{
    size_t used = lists->count > 1 ? lists->starts[lists->count] : 0;
    if (lists->count >= WANMI_NONE - 1 || used + list.count > UINT32_MAX ||
        !wm_reserve(lists->host, (void **)&lists->starts, &lists->start_capacity,
                    (size_t)lists->count + 2, sizeof *lists->starts) ||
        !wm_reserve(lists->host, (void **)&lists->areas, &lists->area_capacity, used + list.count,
                    sizeof *lists->areas))
        return false;
    memcpy(lists->areas + used, list.items, list.count * sizeof *lists->areas);
    if (lists->count == 1)
        lists->starts[0] = lists->starts[1] = 0;
    lists->starts[++lists->count] = (uint32_t)(used + list.count);
    return true;
}

bool wm_lists_number(wm_lists *lists, wm_list list, uint32_t *number)
{
    uint32_t known = wm_lists_find(lists, list);
    if (known == WANMI_NONE) {
        if (!wm_slots_room(&lists->slots, lists->host, lists, list_of) || !add(lists, list))
            return false;
        known = lists->count - 1;
        wm_slots_put(&lists->slots, list, known);
    }
    *number = known;
    return true;
}

bool wm_lists_trim(wm_lists *lists)
{
    if (lists->count == 1)
        return true;
    return wm_fit(lists->host, (void **)&lists->starts, &lists->start_capacity,
                  (size_t)lists->count + 1, sizeof *lists->starts) &&
           wm_fit(lists->host, (void **)&lists->areas, &lists->area_capacity,
                  lists->starts[lists->count], sizeof *lists->areas);
}

void wm_lists_seal(wm_lists *lists)
{
    wm_slots_drop(&lists->slots, lists->host);
}
