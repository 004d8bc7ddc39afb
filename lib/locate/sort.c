/* Sorting without memory of the C library's own: see sort.h. */
#include "sort.h"

#include <string.h>

enum { ITEM_MAX = 16, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* ---- a heap --------------------------------------------------------------------------- */

typedef struct heap {
    char *items;
    size_t size;
    wm_order_fn order;
} heap;

static void sift_down(const heap *h, size_t at, size_t count)
{
    char item[ITEM_MAX];
    size_t size = h->size;
    memcpy(item, h->items + at * size, size);
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        const char *larger = h->items + child * size;
        if (child + 1 < count && h->order(larger + size, larger) > 0) {
            child++;
            larger += size;
        }
        if (h->order(larger, item) <= 0)
            break;
        memcpy(h->items + at * size, larger, size);
    }
    memcpy(h->items + at * size, item, size);
}

void wm_sort_items(void *items, size_t count, size_t size, wm_order_fn order)
{
    heap h = {items, size, order};
    char largest[ITEM_MAX];
    if (count < 2)
        return;
    for (size_t i = count / 2; i-- > 0;)
        sift_down(&h, i, count);
    for (size_t left = count - 1; left > 0; left--) {
        memcpy(largest, h.items, size);
        memcpy(h.items, h.items + left * size, size);
        memcpy(h.items + left * size, largest, size);
        sift_down(&h, 0, left);
    }
}

/* ---- numbers --------------------------------------------------------------------------- */

static int compare_numbers(const void *a, const void *b)
{
    uint32_t one, two;
    memcpy(&one, a, sizeof one);
    memcpy(&two, b, sizeof two);
    return (one > two) - (one < two);
}

/* They are few as a rule, and thousands on a map with that many areas one over the
 * other. */
void wm_sort_numbers(uint32_t *numbers, size_t count)
{
    if (count > 16) {
        wm_sort_items(numbers, count, sizeof *numbers, compare_numbers);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        uint32_t number = numbers[i];
        size_t at = i;
        for (; at > 0 && numbers[at - 1] > number; at--)
            numbers[at] = numbers[at - 1];
        numbers[at] = number;
    }
}

/* ---- keys ------------------------------------------------------------------------------- */

/* By one digit: counted, then put in order. */
static void pass(const uint64_t *from, uint64_t *to, size_t count, uint32_t shift)
{
    size_t starts[DIGITS] = {0}, sum = 0;
    for (size_t i = 0; i < count; i++)
        starts[from[i] >> shift & (DIGITS - 1)]++;
    for (size_t d = 0; d < DIGITS; d++) {
        size_t here = starts[d];
        starts[d] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        to[starts[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

/* Digits of 11, 11 and 10 bits from the lowest on. */
void wm_sort_keys(uint64_t *keys, uint64_t *scratch, size_t count)
{
    pass(keys, scratch, count, 32);
    pass(scratch, keys, count, 32 + DIGIT_BITS);
    pass(keys, scratch, count, 32 + 2 * DIGIT_BITS);
    memcpy(keys, scratch, count * sizeof *keys);
}
