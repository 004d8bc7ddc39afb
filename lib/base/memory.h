/* Memory of the host, and texts that live together.
 *
 * Every allocation of the library goes through the host's table. Internal:
 * compiled into libwanmi and libwanmi_io alike, never exported.
 */
#ifndef WM_MEMORY_H
#define WM_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/base.h"

/* A handle's own copy of what the host lends: every function is set, the texts
 * are copied. `from` may be NULL. */
wanmi_status wm_host_copy(wanmi_host *to, const wanmi_host *from, wanmi_error *error);
void wm_host_drop(wanmi_host *host);

int64_t wm_now_us(const wanmi_host *host);
int64_t wm_steady_ns(const wanmi_host *host);
void wm_log(const wanmi_host *host, wanmi_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Blocks of a handle; a size of 0 gives a valid block of one byte. `host` must
 * come from wm_host_copy. All give NULL when there is no memory. */
void *wm_alloc(const wanmi_host *host, size_t size);
void *wm_alloc_zero(const wanmi_host *host, size_t size);
void *wm_alloc_aligned(const wanmi_host *host, size_t size, size_t alignment);
void *wm_resize(const wanmi_host *host, void *block, size_t old_size, size_t size);
void wm_free(const wanmi_host *host, void *block, size_t size);
void wm_free_aligned(const wanmi_host *host, void *block, size_t size, size_t alignment);

/* `count` times `size`, or SIZE_MAX when that overflows (no allocator gives it). */
size_t wm_product(size_t count, size_t size);

char *wm_text_copy(const wanmi_host *host, const char *text);
void wm_text_free(const wanmi_host *host, char *text);

/* Makes room for `needed` items of `item_size` bytes; doubles. `*items` and
 * `*capacity` are untouched when it gives false. */
bool wm_reserve(const wanmi_host *host, void **items, size_t *capacity, size_t needed,
                size_t item_size);

/* Gives back what was reserved beyond `count` items. Gives false when the host
 * cannot, and then nothing has changed. */
bool wm_fit(const wanmi_host *host, void **items, size_t *capacity, size_t count, size_t item_size);

/* Texts and small blocks that are freed together. */
typedef struct wm_arena_chunk wm_arena_chunk;
typedef struct wm_arena {
    const wanmi_host *host;
    wm_arena_chunk *chunks;
    uint64_t bytes;             /* taken from the host */
} wm_arena;

void wm_arena_init(wm_arena *arena, const wanmi_host *host);
void wm_arena_drop(wm_arena *arena);
void *wm_arena_alloc(wm_arena *arena, size_t size);
/* `text` NULL gives "". */
const char *wm_arena_text(wm_arena *arena, const char *text);
const char *wm_arena_text_n(wm_arena *arena, const char *text, size_t length);

#endif
