/* Sorting in place: see sort.h. */
#include "sort.h"

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
