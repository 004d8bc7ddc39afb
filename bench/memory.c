/* See memory.h. */
#include "memory.h"

#include <stdlib.h>
#include <string.h>

static void *counted_alloc(void *user, size_t size, size_t alignment)
{
    void *block = NULL;
    if (posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) != 0)
        return NULL;
    __atomic_add_fetch((int64_t *)user, (int64_t)size, __ATOMIC_RELAXED);
    return block;
}

static void counted_release(void *user, void *block, size_t size, size_t alignment)
{
    (void)alignment;
    free(block);
    __atomic_sub_fetch((int64_t *)user, (int64_t)size, __ATOMIC_RELAXED);
}

static void *counted_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    void *fresh = counted_alloc(user, size, alignment);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, block, old_size < size ? old_size : size);
    counted_release(user, block, old_size, alignment);
    return fresh;
}

static void *touched_alloc(void *user, size_t size, size_t alignment)
{
    void *block = counted_alloc(user, size, alignment);
    return block != NULL ? memset(block, 0xa5, size) : NULL;
}

static void *touched_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    unsigned char *fresh = counted_resize(user, block, old_size, size, alignment);
    if (fresh != NULL && size > old_size)
        memset(fresh + old_size, 0xa5, size - old_size);
    return fresh;
}

wanmi_host bench_counting_host(int64_t *held)
{
    wanmi_host host;
    wanmi_host_init(&host);
    *held = 0;
    host.allocator = (wanmi_allocator){held, counted_alloc, counted_resize, counted_release};
    return host;
}

wanmi_host bench_touching_host(int64_t *held)
{
    wanmi_host host = bench_counting_host(held);
    host.allocator.alloc = touched_alloc;
    host.allocator.resize = touched_resize;
    return host;
}
