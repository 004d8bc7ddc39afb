/* A page that the kernel empties in children: how a dispatch knows that it is in
 * one, where its threads are not and its locks may be held for ever. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "internal.h"

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

wanmi_status wm_alive_open(wanmi_dispatch *d, wanmi_error *error)
{
    uint32_t *page = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                          -1, 0);
    if (page == MAP_FAILED)
        return wm_error_memory(error);
    if (madvise(page, page_size(), MADV_WIPEONFORK) != 0) {
        int failed = errno;
        munmap(page, page_size());
        return wm_error(error, WANMI_E_SYSTEM, "no page that a fork wipes: %s", strerror(failed));
    }
    *page = 1;
    d->alive = page;
    return WANMI_OK;
}

void wm_alive_drop(wanmi_dispatch *d)
{
    munmap((void *)(uintptr_t)d->alive, page_size());
}

wanmi_status wm_forked_error(wanmi_error *error)
{
    return wm_error(error, WANMI_E_DISPATCH_STATE,
                    "this process was forked from the one that made the dispatch: its threads are not here");
}
