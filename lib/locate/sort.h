/* Sorting in place. Internal to the room. */
#ifndef WM_LOCATE_SORT_H
#define WM_LOCATE_SORT_H

#include <stddef.h>
#include <stdint.h>

/* Ascending. Allocates nothing, as qsort may. */
void wm_sort_numbers(uint32_t *numbers, size_t count);

#endif
