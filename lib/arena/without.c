/* wanmi/arena.h in a build without jemalloc. */
#include "base/error.h"
#include "wanmi/arena.h"

wanmi_status wanmi_arena_open(wanmi_allocator *allocator, wanmi_error *error)
{
    (void)allocator;
    return wm_error(error, WANMI_E_UNSUPPORTED, "this wanmi was built without jemalloc");
}

uint64_t wanmi_arena_bytes(const wanmi_allocator *allocator)
{
    (void)allocator;
    return 0;
}

void wanmi_arena_close(wanmi_allocator *allocator)
{
    (void)allocator;
}
