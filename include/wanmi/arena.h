/* wanmi/arena.h - an allocator over an arena of jemalloc of its own (libwanmi_arena).
 *
 * Takes:   nothing.
 * Gives:   an allocator table whose bytes can be read exactly, for those who ask.
 * Threads: an arena may be used from any number of threads at the same time.
 *
 * The program's own malloc is left alone: this library holds a private jemalloc
 * whose symbols are not exported, and libwanmi never links jemalloc.
 */
#ifndef WANMI_ARENA_H
#define WANMI_ARENA_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Opens an arena; `allocator` goes into a wanmi_host.
 * Owns: give `allocator` to wanmi_arena_close once all that was made with it is
 * freed. Threads: any.
 * Errors: WANMI_E_UNSUPPORTED when built without jemalloc, WANMI_E_SYSTEM,
 * WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_arena_open(wanmi_allocator *allocator, wanmi_error *error);

/* Bytes now handed out by an allocator of wanmi_arena_open, as jemalloc counts
 * them: each block by its size class. Errors: none (0 for any other allocator).
 * Threads: any. Since: 0.1 */
WANMI_API uint64_t wanmi_arena_bytes(const wanmi_allocator *allocator);

/* Gives all of the arena back and makes `allocator` empty.
 * Errors: none (any other allocator is left as it is). Threads: nobody may use
 * the arena any more. Since: 0.1 */
WANMI_API void wanmi_arena_close(wanmi_allocator *allocator);

#ifdef __cplusplus
}
#endif
#endif
