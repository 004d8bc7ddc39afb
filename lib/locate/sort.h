/* Sorting without memory of the C library's own, which qsort takes. Internal to
 * the room. */
#ifndef WM_LOCATE_SORT_H
#define WM_LOCATE_SORT_H

#include <stddef.h>
#include <stdint.h>

typedef int (*wm_order_fn)(const void *a, const void *b);

/* Ascending, in place; items of up to 16 bytes. Equal ones may change places. */
void wm_sort_items(void *items, size_t count, size_t size, wm_order_fn order);
void wm_sort_numbers(uint32_t *numbers, size_t count);

/* By the upper 32 bits, stable; `scratch` is as long. For very many. */
void wm_sort_keys(uint64_t *keys, uint64_t *scratch, size_t count);

#endif
