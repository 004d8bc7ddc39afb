/* See support.h. */
#include "support.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GUARD = 64 };

/* The size stands before each block, so that a wrong release is seen. */
static void *test_alloc(void *user, size_t size, size_t alignment)
{
    test_memory *m = user;
    int64_t call = __atomic_add_fetch(&m->calls, 1, __ATOMIC_RELAXED);
    int64_t fail_at = __atomic_load_n(&m->fail_at, __ATOMIC_RELAXED);
    if (fail_at != 0 && (call == fail_at || (m->from_then_on && call > fail_at)))
        return NULL;
    size_t head = alignment > GUARD ? alignment : GUARD;
    void *block = NULL;
    if (size > SIZE_MAX / 2 || posix_memalign(&block, head, head + size) != 0)
        return NULL;
    memcpy((char *)block + head - sizeof size, &size, sizeof size);
    memset((char *)block + head, 0xA5, size);
    __atomic_add_fetch(&m->held_blocks, 1, __ATOMIC_RELAXED);
    __atomic_add_fetch(&m->held_bytes, (int64_t)size, __ATOMIC_RELAXED);
    return (char *)block + head;
}

static void test_release(void *user, void *block, size_t size, size_t alignment)
{
    test_memory *m = user;
    size_t head = alignment > GUARD ? alignment : GUARD, was;
    memcpy(&was, (char *)block - sizeof was, sizeof was);
    if (was != size) {
        m->wrong_size = true;
        fprintf(stderr, "a block of %zu bytes was released as one of %zu\n", was, size);
    }
    __atomic_sub_fetch(&m->held_blocks, 1, __ATOMIC_RELAXED);
    __atomic_sub_fetch(&m->held_bytes, (int64_t)was, __ATOMIC_RELAXED);
    memset(block, 0x5A, was);
    free((char *)block - head);
}

static void *test_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    void *fresh = test_alloc(user, size, alignment);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, block, old_size < size ? old_size : size);
    test_release(user, block, old_size, alignment);
    return fresh;
}

wanmi_allocator test_allocator(test_memory *memory)
{
    return (wanmi_allocator){memory, test_alloc, test_resize, test_release};
}

wanmi_host test_host(test_memory *memory)
{
    wanmi_host host;
    wanmi_host_init(&host);
    host.allocator = test_allocator(memory);
    return host;
}

static void die(const char *what, int64_t at, bool from_then_on)
{
    fprintf(stderr, "allocation %lld failed %s: %s\n", (long long)at,
            from_then_on ? "and every later one" : "once", what);
    abort();
}

int64_t test_fail_each(wanmi_status (*work)(const wanmi_host *host, void *user), void *user)
{
    int64_t tried = 0;
    for (int from_then_on = 0; from_then_on < 2; from_then_on++) {
        for (int64_t at = 1;; at++) {
            test_memory m = {.fail_at = at, .from_then_on = from_then_on != 0};
            wanmi_host host = test_host(&m);
            wanmi_status status = work(&host, user);
            if (m.held_blocks != 0 || m.held_bytes != 0)
                die("memory is left", at, m.from_then_on);
            if (m.wrong_size)
                die("a block was released with a wrong size", at, m.from_then_on);
            bool failed = m.calls >= at;
            if (!failed && status != WANMI_OK)
                die(wanmi_status_name(status), at, m.from_then_on);
            if (failed && status != WANMI_E_MEMORY && status != WANMI_OK)
                die(wanmi_status_name(status), at, m.from_then_on);
            if (!failed)
                break;
            tried++;
        }
    }
    return tried;
}

uint64_t test_next(test_random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double test_uniform(test_random *random, double low, double high)
{
    return low + (high - low) * ((double)(test_next(random) >> 11) * 0x1p-53);
}

uint32_t test_below(test_random *random, uint32_t bound)
{
    return (uint32_t)(((test_next(random) >> 32) * bound) >> 32);
}

static const char *source_root(void)
{
    const char *root = getenv("WANMI_SOURCE");
    return root != NULL ? root : ".";
}

const char *test_source(const char *relative)
{
    static _Thread_local char path[4096];
    snprintf(path, sizeof path, "%s/%s", source_root(), relative);
    return path;
}

const char *test_data(const char *name)
{
    static _Thread_local char path[4096];
    snprintf(path, sizeof path, "%s/../shared/data/%s", source_root(), name);
    return access(path, R_OK) == 0 ? path : NULL;
}

static char folder[64];

static void remove_folder(void)
{
    char command[96];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s could not be removed\n", folder);
}

const char *test_folder(void)
{
    if (folder[0] == '\0') {
        strcpy(folder, "/tmp/wanmi-test-XXXXXX");
        if (mkdtemp(folder) == NULL)
            abort();
        atexit(remove_folder);
    }
    return folder;
}
