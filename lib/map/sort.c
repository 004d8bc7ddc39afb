/* A merge sort of row numbers, stable, in memory of the host (qsort takes the C
 * library's). Rows mostly come in order: runs that already are cost one look. */
#include <string.h>

#include "model.h"

static void merge(uint32_t *items, uint32_t *scratch, size_t middle, size_t count,
                  wm_compare compare, const void *context)
{
    memcpy(scratch, items, middle * sizeof *items);
    size_t left = 0, right = middle, to = 0;
    while (left < middle) {
        if (right < count && compare(context, scratch[left], items[right]) > 0)
            items[to++] = items[right++];
        else
            items[to++] = scratch[left++];
    }
}

void wm_sort(uint32_t *items, uint32_t *scratch, size_t count, wm_compare compare,
             const void *context)
{
    if (count < 2)
        return;
    size_t middle = count / 2;
    wm_sort(items, scratch, middle, compare, context);
    wm_sort(items + middle, scratch, count - middle, compare, context);
    if (compare(context, items[middle - 1], items[middle]) > 0)
        merge(items, scratch, middle, count, compare, context);
}
