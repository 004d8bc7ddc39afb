/* A session's tuples: see tuples.h. */
#include "tuples.h"

#include <string.h>

#include "wanmi/types.h"

enum { FIRST_SLOTS = 64 };

void wm_tuples_init(wm_tuples *tuples, const wanmi_host *host, uint32_t layer_count)
{
    *tuples = (wm_tuples){.layer_count = layer_count};
    wm_arena_init(&tuples->arena, host);
}

void wm_tuples_drop(wm_tuples *tuples)
{
    const wanmi_host *host = tuples->arena.host;
    wm_free(host, tuples->list, tuples->capacity * sizeof *tuples->list);
    wm_free(host, tuples->slots, tuples->slot_count * sizeof *tuples->slots);
    wm_arena_drop(&tuples->arena);
    *tuples = (wm_tuples){.layer_count = 0};
}

uint64_t wm_tuples_bytes(const wm_tuples *tuples)
{
    return tuples->arena.bytes + tuples->capacity * sizeof *tuples->list +
           tuples->slot_count * sizeof *tuples->slots;
}

static size_t length_of(const wm_tuples *tuples, const uint32_t *words)
{
    return tuples->layer_count + 1 + words[tuples->layer_count];
}

/* Multiply and fold, a word at a time (the step of splitmix64). */
static uint64_t hash_of(const uint32_t *words, size_t length)
{
    uint64_t hash = length;
    for (size_t i = 0; i < length; i++) {
        hash = (hash ^ words[i]) * 0xBF58476D1CE4E5B9u;
        hash ^= hash >> 31;
    }
    return hash;
}

/* Where a tuple is, or the free slot where it would go. */
static size_t find_slot(const wm_tuples *tuples, const uint32_t *words, size_t length, uint64_t hash)
{
    size_t mask = tuples->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        uint32_t number = tuples->slots[at];
        if (number == WANMI_NONE)
            return at;
        const wm_tuple *known = &tuples->list[number];
        if (known->hash == hash && length_of(tuples, known->words) == length &&
            memcmp(known->words, words, length * sizeof *words) == 0)
            return at;
    }
}

/* At most half of the slots are taken. */
static bool grow_slots(wm_tuples *tuples)
{
    if (tuples->slot_count >= 2 * (tuples->count + 1))
        return true;
    const wanmi_host *host = tuples->arena.host;
    size_t fresh_count = tuples->slot_count == 0 ? FIRST_SLOTS : 2 * tuples->slot_count;
    size_t size = wm_product(fresh_count, sizeof *tuples->slots);
    uint32_t *fresh = wm_alloc(host, size);
    if (fresh == NULL)
        return false;
    memset(fresh, 0xFF, size);
    for (size_t i = 0; i < tuples->count; i++) {
        size_t at = tuples->list[i].hash & (fresh_count - 1);
        while (fresh[at] != WANMI_NONE)
            at = (at + 1) & (fresh_count - 1);
        fresh[at] = (uint32_t)i;
    }
    wm_free(host, tuples->slots, tuples->slot_count * sizeof *tuples->slots);
    tuples->slots = fresh;
    tuples->slot_count = fresh_count;
    return true;
}

static bool add(wm_tuples *tuples, const uint32_t *words, size_t length, uint64_t hash)
{
    if (tuples->count >= WANMI_NONE ||
        !wm_reserve(tuples->arena.host, (void **)&tuples->list, &tuples->capacity,
                    tuples->count + 1, sizeof *tuples->list))
        return false;
    uint32_t *kept = wm_arena_alloc(&tuples->arena, length * sizeof *words);
    if (kept == NULL)
        return false;
    memcpy(kept, words, length * sizeof *words);
    tuples->list[tuples->count++] = (wm_tuple){kept, hash};
    return true;
}

bool wm_tuples_number(wm_tuples *tuples, const uint32_t *words, uint32_t *number)
{
    size_t length = length_of(tuples, words);
    uint64_t hash = hash_of(words, length);
    if (!grow_slots(tuples))
        return false;
    size_t at = find_slot(tuples, words, length, hash);
    if (tuples->slots[at] == WANMI_NONE) {
        if (!add(tuples, words, length, hash))
            return false;
        tuples->slots[at] = (uint32_t)(tuples->count - 1);
    }
    *number = tuples->slots[at];
    return true;
}

uint32_t wm_tuples_find(const wm_tuples *tuples, const uint32_t *words)
{
    if (tuples->slot_count == 0)
        return WANMI_NONE;
    size_t length = length_of(tuples, words);
    return tuples->slots[find_slot(tuples, words, length, hash_of(words, length))];
}

bool wm_tuples_trim(wm_tuples *tuples)
{
    const wanmi_host *host = tuples->arena.host;
    size_t item = sizeof *tuples->list;
    if (tuples->count == 0 || tuples->count == tuples->capacity)
        return true;
    wm_tuple *fitting = wm_resize(host, tuples->list, tuples->capacity * item, tuples->count * item);
    if (fitting == NULL)
        return false;
    tuples->list = fitting;
    tuples->capacity = tuples->count;
    return true;
}

static void sift_down(uint32_t *items, size_t at, size_t count)
{
    uint32_t item = items[at];
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && items[child + 1] > items[child])
            child++;
        if (items[child] <= item)
            break;
        items[at] = items[child];
    }
    items[at] = item;
}

/* They are few as a rule, and thousands on a map with that many areas one over the
 * other. */
void wm_sort_numbers(uint32_t *numbers, size_t count)
{
    if (count <= 16) {
        for (size_t i = 1; i < count; i++) {
            uint32_t number = numbers[i];
            size_t at = i;
            for (; at > 0 && numbers[at - 1] > number; at--)
                numbers[at] = numbers[at - 1];
            numbers[at] = number;
        }
        return;
    }
    for (size_t i = count / 2; i-- > 0;)
        sift_down(numbers, i, count);
    for (size_t left = count - 1; left > 0; left--) {
        uint32_t largest = numbers[0];
        numbers[0] = numbers[left];
        numbers[left] = largest;
        sift_down(numbers, 0, left);
    }
}
