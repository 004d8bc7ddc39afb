/* A session's own tuples: those that the index does not have. Internal to the
 * room.
 *
 * Numbered after the index's, and their lists after the index's lists. Their words
 * lie in chunks that never move, so that what wanmi_locator_areas gives stays.
 */
#ifndef WM_LOCATE_OWN_H
#define WM_LOCATE_OWN_H

#include "tuples.h"

/* Rows or lists, by number: a count, then the words. */
typedef struct wm_kept {
    const uint32_t **list;
    size_t count, capacity;
    wm_slots slots;
} wm_kept;

typedef struct wm_own {
    const wm_tuples *shared;        /* the index's; NULL: it has none */
    wm_layout layout;
    uint32_t shared_rows, shared_lists;
    wm_arena arena;
    wm_kept rows, lists;
} wm_own;

void wm_own_init(wm_own *own, const wanmi_host *host, const wm_layout *layout, const wm_tuples *shared);
void wm_own_drop(wm_own *own);
uint64_t wm_own_bytes(const wm_own *own);

/* The number of a tuple written out (tuples.h): the index's, or the session's own,
 * new or known. Allocates nothing for one that is known. Gives false when there is
 * no memory, and then no number has changed its meaning. */
bool wm_own_number(wm_own *own, const uint32_t *written, uint32_t *number);

/* The areas of any tuple in one layer. Gives false where there is no such tuple. */
bool wm_own_areas(const wm_own *own, uint32_t number, uint32_t layer, wm_list *areas);

#endif
