/* A hash of numbers: see slots.h. */
#include "slots.h"

#include <string.h>

#include "wanmi/types.h"

enum { FIRST_SLOTS = 16 };

bool wm_list_equal(wm_list a, wm_list b)
{
    return a.count == b.count &&
           (a.count == 0 || memcmp(a.items, b.items, a.count * sizeof *a.items) == 0);
}

/* Multiply and fold, a word at a time (the step of splitmix64). */
static uint64_t hash_of(wm_list list)
{
    uint64_t hash = list.count;
    for (size_t i = 0; i < list.count; i++) {
        hash = (hash ^ list.items[i]) * 0xBF58476D1CE4E5B9u;
        hash ^= hash >> 31;
    }
    return hash;
}

uint32_t wm_slots_find(const wm_slots *slots, const void *keeper, wm_list_fn list_of, wm_list wanted)
{
    if (slots->slot_count == 0)
        return WANMI_NONE;
    size_t mask = slots->slot_count - 1;
    for (size_t at = hash_of(wanted) & mask;; at = (at + 1) & mask) {
        uint32_t number = slots->numbers[at];
        if (number == WANMI_NONE || wm_list_equal(list_of(keeper, number), wanted))
            return number;
    }
}

void wm_slots_put(wm_slots *slots, wm_list list, uint32_t number)
{
    size_t mask = slots->slot_count - 1, at = hash_of(list) & mask;
    while (slots->numbers[at] != WANMI_NONE)
        at = (at + 1) & mask;
    slots->numbers[at] = number;
    slots->taken++;
}

bool wm_slots_room(wm_slots *slots, const wanmi_host *host, const void *keeper, wm_list_fn list_of)
{
    if (slots->slot_count >= 2 * (slots->taken + 1))
        return true;
    wm_slots fresh = {.slot_count = slots->slot_count == 0 ? FIRST_SLOTS : 2 * slots->slot_count};
    size_t size = wm_product(fresh.slot_count, sizeof *fresh.numbers);
    fresh.numbers = wm_alloc(host, size);
    if (fresh.numbers == NULL)
        return false;
    memset(fresh.numbers, 0xFF, size);
    for (size_t i = 0; i < slots->slot_count; i++)
        if (slots->numbers[i] != WANMI_NONE)
            wm_slots_put(&fresh, list_of(keeper, slots->numbers[i]), slots->numbers[i]);
    wm_slots_drop(slots, host);
    *slots = fresh;
    return true;
}

void wm_slots_drop(wm_slots *slots, const wanmi_host *host)
{
    wm_free(host, slots->numbers, slots->slot_count * sizeof *slots->numbers);
    *slots = (wm_slots){.slot_count = 0};
}

uint64_t wm_slots_bytes(const wm_slots *slots)
{
    return slots->slot_count * sizeof *slots->numbers;
}
