/* Finding equal rows of numbers again: each distinct row gets a number, counted from
 * 0. For compiling only; what is kept of it is copied. */
#ifndef WM_ROUTE_POOL_H
#define WM_ROUTE_POOL_H

#include "base/memory.h"

typedef struct wm_pool_row {
    size_t first;
    uint32_t length, hash;
} wm_pool_row;

typedef struct wm_pool {
    const wanmi_host *host;
    uint32_t *words;                    /* of all rows, one after the other */
    size_t word_count, word_capacity;
    wm_pool_row *rows;
    size_t count, capacity;
    uint32_t *slots;                    /* numbers of rows by hash; at most half full */
    size_t slot_count;
} wm_pool;

void wm_pool_init(wm_pool *pool, const wanmi_host *host);
void wm_pool_drop(wm_pool *pool);
/* The number of a row, new or known. Gives false when there is no memory. */
bool wm_pool_put(wm_pool *pool, const void *row, size_t length, uint32_t *number);
const uint32_t *wm_pool_at(const wm_pool *pool, uint32_t number);

#endif
