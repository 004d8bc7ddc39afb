/* An arena of a private jemalloc as an allocator table: see wanmi/arena.h. */
#include <jemalloc/jemalloc.h>
#include <stdio.h>

#include "base/error.h"
#include "wanmi/arena.h"

/* No thread cache: a block that is freed counts as freed at once. The arena's
 * number travels in `user`, so an arena needs no block of its own. */
static int flags_of(void *user, size_t alignment)
{
    return MALLOCX_ARENA((unsigned)(uintptr_t)user) | MALLOCX_TCACHE_NONE |
           MALLOCX_ALIGN(alignment);
}

static void *arena_alloc(void *user, size_t size, size_t alignment)
{
    return mallocx(size, flags_of(user, alignment));
}

static void *arena_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    (void)old_size;
    return rallocx(block, size, flags_of(user, alignment));
}

static void arena_release(void *user, void *block, size_t size, size_t alignment)
{
    sdallocx(block, size, flags_of(user, alignment));
}

static int is_arena(const wanmi_allocator *allocator)
{
    return allocator != NULL && allocator->alloc == arena_alloc;
}

wanmi_status wanmi_arena_open(wanmi_allocator *allocator, wanmi_error *error)
{
    if (allocator == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for the allocator was given");
    unsigned number = 0;
    size_t size = sizeof number;
    int failed = mallctl("arenas.create", &number, &size, NULL, 0);
    if (failed != 0)
        return wm_error(error, WANMI_E_SYSTEM, "jemalloc made no arena (error %d)", failed);
    *allocator = (wanmi_allocator){(void *)(uintptr_t)number, arena_alloc, arena_resize,
                                   arena_release};
    return WANMI_OK;
}

static uint64_t figure(const wanmi_allocator *allocator, const char *name)
{
    char path[64];
    size_t value = 0, size = sizeof value;
    snprintf(path, sizeof path, "stats.arenas.%u.%s.allocated",
             (unsigned)(uintptr_t)allocator->user, name);
    return mallctl(path, &value, &size, NULL, 0) == 0 ? value : 0;
}

uint64_t wanmi_arena_bytes(const wanmi_allocator *allocator)
{
    if (!is_arena(allocator))
        return 0;
    uint64_t epoch = 1;         /* writing it takes a fresh snapshot of the figures */
    size_t size = sizeof epoch;
    if (mallctl("epoch", &epoch, &size, &epoch, size) != 0)
        return 0;
    return figure(allocator, "small") + figure(allocator, "large");
}

void wanmi_arena_close(wanmi_allocator *allocator)
{
    if (!is_arena(allocator))
        return;
    char path[64];
    snprintf(path, sizeof path, "arena.%u.destroy", (unsigned)(uintptr_t)allocator->user);
    mallctl(path, NULL, NULL, NULL, 0);
    *allocator = (wanmi_allocator){0};
}
