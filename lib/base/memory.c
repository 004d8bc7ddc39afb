/* Memory of the host: see memory.h. */
#include "memory.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "error.h"

enum { PLAIN_ALIGNMENT = 16, ARENA_CHUNK = 16 * 1024 };

static void *system_alloc(void *user, size_t size, size_t alignment)
{
    (void)user;
    if (alignment <= PLAIN_ALIGNMENT)
        return malloc(size);
    void *block = NULL;
    return posix_memalign(&block, alignment, size) == 0 ? block : NULL;
}

static void *system_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    if (alignment <= PLAIN_ALIGNMENT)
        return realloc(block, size);
    void *fresh = system_alloc(user, size, alignment);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, block, old_size < size ? old_size : size);
    free(block);
    return fresh;
}

static void system_release(void *user, void *block, size_t size, size_t alignment)
{
    (void)user, (void)size, (void)alignment;
    free(block);
}

static int64_t clock_read(clockid_t id, int64_t per_second)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * per_second + (int64_t)t.tv_nsec / (1000000000 / per_second);
}

static int64_t system_now_us(void *user)
{
    (void)user;
    return clock_read(CLOCK_REALTIME, 1000000);
}

static int64_t system_steady_ns(void *user)
{
    (void)user;
    return clock_read(CLOCK_MONOTONIC, 1000000000);
}

void wanmi_host_init(wanmi_host *host)
{
    *host = (wanmi_host){.struct_size = sizeof *host};
}

static wanmi_status fill_tables(wanmi_host *to, wanmi_error *error)
{
    wanmi_allocator *a = &to->allocator;
    if (a->alloc == NULL && a->resize == NULL && a->release == NULL)
        *a = (wanmi_allocator){NULL, system_alloc, system_resize, system_release};
    if (a->alloc == NULL || a->resize == NULL || a->release == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the host's allocator needs all three functions or none");
    if (to->clock.now_us == NULL)
        to->clock.now_us = system_now_us;
    if (to->clock.steady_ns == NULL)
        to->clock.steady_ns = system_steady_ns;
    return WANMI_OK;
}

wanmi_status wm_host_copy(wanmi_host *to, const wanmi_host *from, wanmi_error *error)
{
    wanmi_host copy;
    wanmi_host_init(&copy);
    if (from != NULL) {
        if (from->struct_size < sizeof(size_t) || from->struct_size > sizeof copy)
            return wm_error(error, WANMI_E_ARGUMENT, "wanmi_host was not filled by wanmi_host_init");
        memcpy(&copy, from, from->struct_size);
        copy.struct_size = sizeof copy;
    }
    const char *proj = copy.proj_data, *zone = copy.zone_data;
    copy.proj_data = copy.zone_data = NULL;
    wanmi_status status = fill_tables(&copy, error);
    if (status != WANMI_OK)
        return status;
    if (proj != NULL && (copy.proj_data = wm_text_copy(&copy, proj)) == NULL)
        return wm_error_memory(error);
    if (zone != NULL && (copy.zone_data = wm_text_copy(&copy, zone)) == NULL) {
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    *to = copy;
    return WANMI_OK;
}

void wm_host_drop(wanmi_host *host)
{
    wm_text_free(host, (char *)host->proj_data);
    wm_text_free(host, (char *)host->zone_data);
    host->proj_data = host->zone_data = NULL;
}

int64_t wm_now_us(const wanmi_host *host)
{
    return host->clock.now_us(host->clock.user);
}

int64_t wm_steady_ns(const wanmi_host *host)
{
    return host->clock.steady_ns(host->clock.user);
}

void wm_log(const wanmi_host *host, wanmi_log_level level, const char *format, ...)
{
    if (host->log.write == NULL)
        return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    host->log.write(host->log.user, level, text);
}

void *wm_alloc_aligned(const wanmi_host *host, size_t size, size_t alignment)
{
    return host->allocator.alloc(host->allocator.user, size != 0 ? size : 1, alignment);
}

void wm_free_aligned(const wanmi_host *host, void *block, size_t size, size_t alignment)
{
    if (block != NULL)
        host->allocator.release(host->allocator.user, block, size != 0 ? size : 1, alignment);
}

void *wm_alloc(const wanmi_host *host, size_t size)
{
    return wm_alloc_aligned(host, size, PLAIN_ALIGNMENT);
}

void *wm_alloc_zero(const wanmi_host *host, size_t size)
{
    void *block = wm_alloc(host, size);
    if (block != NULL)
        memset(block, 0, size);
    return block;
}

void *wm_resize(const wanmi_host *host, void *block, size_t old_size, size_t size)
{
    if (block == NULL)
        return wm_alloc(host, size);
    return host->allocator.resize(host->allocator.user, block, old_size != 0 ? old_size : 1,
                                  size != 0 ? size : 1, PLAIN_ALIGNMENT);
}

void wm_free(const wanmi_host *host, void *block, size_t size)
{
    wm_free_aligned(host, block, size, PLAIN_ALIGNMENT);
}

size_t wm_product(size_t count, size_t size)
{
    size_t product;
    return __builtin_mul_overflow(count, size, &product) ? SIZE_MAX : product;
}

char *wm_text_copy(const wanmi_host *host, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = wm_alloc(host, size);
    return copy != NULL ? memcpy(copy, text, size) : NULL;
}

void wm_text_free(const wanmi_host *host, char *text)
{
    if (text != NULL)
        wm_free(host, text, strlen(text) + 1);
}

bool wm_reserve(const wanmi_host *host, void **items, size_t *capacity, size_t needed,
                size_t item_size)
{
    if (needed <= *capacity)
        return true;
    size_t fresh = *capacity < 8 ? 8 : *capacity;
    while (fresh < needed) {
        if (fresh > SIZE_MAX / 2)
            return false;
        fresh *= 2;
    }
    size_t size = wm_product(fresh, item_size);
    if (size == SIZE_MAX)
        return false;
    void *block = wm_resize(host, *items, *capacity * item_size, size);
    if (block == NULL)
        return false;
    *items = block;
    *capacity = fresh;
    return true;
}

bool wm_fit(const wanmi_host *host, void **items, size_t *capacity, size_t count, size_t item_size)
{
    if (count == 0 || count == *capacity)
        return true;
    void *fitting = wm_resize(host, *items, *capacity * item_size, count * item_size);
    if (fitting == NULL)
        return false;
    *items = fitting;
    *capacity = count;
    return true;
}

struct wm_arena_chunk {
    wm_arena_chunk *next;
    size_t size;                /* of the whole chunk */
    size_t used;
    char bytes[];
};

void wm_arena_init(wm_arena *arena, const wanmi_host *host)
{
    *arena = (wm_arena){.host = host};
}

void wm_arena_drop(wm_arena *arena)
{
    while (arena->chunks != NULL) {
        wm_arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        wm_free(arena->host, chunk, chunk->size);
    }
    arena->bytes = 0;
}

void *wm_arena_alloc(wm_arena *arena, size_t size)
{
    size_t room = (size + PLAIN_ALIGNMENT - 1) & ~(size_t)(PLAIN_ALIGNMENT - 1);
    if (room < size)
        return NULL;
    wm_arena_chunk *chunk = arena->chunks;
    if (chunk == NULL || chunk->size - sizeof *chunk - chunk->used < room) {
        size_t whole = sizeof *chunk + (room > ARENA_CHUNK ? room : ARENA_CHUNK);
        if (whole < room || (chunk = wm_alloc(arena->host, whole)) == NULL)
            return NULL;
        *chunk = (wm_arena_chunk){.next = arena->chunks, .size = whole};
        arena->chunks = chunk;
        arena->bytes += whole;
    }
    void *block = chunk->bytes + chunk->used;
    chunk->used += room;
    return block;
}

const char *wm_arena_text_n(wm_arena *arena, const char *text, size_t length)
{
    if (length == 0)
        return "";
    char *copy = wm_arena_alloc(arena, length + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

const char *wm_arena_text(wm_arena *arena, const char *text)
{
    return wm_arena_text_n(arena, text, text != NULL ? strlen(text) : 0);
}
