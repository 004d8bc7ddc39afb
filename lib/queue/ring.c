/* The ring: see wanmi/queue.h.
 *
 * Two indices count records for ever; their difference is the depth, their low
 * bits the place. Each side keeps its own index and a copy of the other's on a
 * pair of cache lines of its own (processors fetch lines in pairs of 128
 * bytes), so that in the steady state the sides touch each other's lines once
 * for all the records between.
 */
#include "wanmi/queue.h"

#include <stdatomic.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"

enum { LINE_PAIR = 128, RECORD_MAX = 4096 };
#define CAPACITY_MAX ((size_t)1 << 30)

struct wanmi_ring {
    /* Written by nobody after the ring is made. */
    _Alignas(LINE_PAIR) size_t capacity;
    size_t record_size;
    unsigned char *records;
    size_t bytes;                       /* of this block, records included */
    wanmi_host host;

    /* The producer's. */
    _Alignas(LINE_PAIR) _Atomic size_t published;
    size_t released_seen;

    /* The consumer's. */
    _Alignas(LINE_PAIR) _Atomic size_t released;
    size_t published_seen;

    _Alignas(LINE_PAIR) unsigned char first[];
};

static wanmi_status check(size_t record_size, size_t capacity, wanmi_ring **ring, wanmi_error *error)
{
    if (ring == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for the ring was given");
    if (record_size == 0 || record_size > RECORD_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "a ring's records have 1 to %d bytes, not %zu",
                        RECORD_MAX, record_size);
    if (capacity < 2 || capacity > CAPACITY_MAX || (capacity & (capacity - 1)) != 0)
        return wm_error(error, WANMI_E_QUEUE_CAPACITY,
                        "a ring's capacity is a power of two from 2 to 2^30, not %zu", capacity);
    return WANMI_OK;
}

wanmi_status wanmi_ring_create(size_t record_size, size_t capacity, const wanmi_host *host,
                               wanmi_ring **ring, wanmi_error *error)
{
    wanmi_status status = check(record_size, capacity, ring, error);
    if (status != WANMI_OK)
        return status;
    wanmi_host copy;
    status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    size_t bytes = wm_product(capacity, record_size), head = sizeof(wanmi_ring);
    wanmi_ring *made = NULL;
    if (bytes <= SIZE_MAX - head)
        made = wm_alloc_aligned(&copy, head + bytes, LINE_PAIR);
    if (made == NULL) {
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    memset(made, 0, head);
    made->capacity = capacity;
    made->record_size = record_size;
    made->records = made->first;
    made->bytes = head + bytes;
    made->host = copy;
    *ring = made;
    return WANMI_OK;
}

void wanmi_ring_free(wanmi_ring *ring)
{
    if (ring == NULL)
        return;
    wanmi_host host = ring->host;
    wm_free_aligned(&host, ring, ring->bytes, LINE_PAIR);
    wm_host_drop(&host);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static unsigned char *place_of(const wanmi_ring *ring, size_t index)
{
    return ring->records + (index & (ring->capacity - 1)) * ring->record_size;
}

/* How many places from `index` on lie before the ring's end. */
static size_t to_the_end(const wanmi_ring *ring, size_t index)
{
    return ring->capacity - (index & (ring->capacity - 1));
}

/* Free places, at least `enough` of them if there are that many. */
static size_t free_places(wanmi_ring *ring, size_t index, size_t enough)
{
    size_t places = ring->capacity - (index - ring->released_seen);
    if (places < enough) {
        /* Pairs with the release in wanmi_ring_release: the consumer has done
         * with these places. */
        ring->released_seen = atomic_load_explicit(&ring->released, memory_order_acquire);
        places = ring->capacity - (index - ring->released_seen);
    }
    return places;
}

static size_t full_places(wanmi_ring *ring, size_t index, size_t enough)
{
    size_t places = ring->published_seen - index;
    if (places < enough) {
        /* Pairs with the release in wanmi_ring_publish: the records are there. */
        ring->published_seen = atomic_load_explicit(&ring->published, memory_order_acquire);
        places = ring->published_seen - index;
    }
    return places;
}

size_t wanmi_ring_reserve(wanmi_ring *ring, size_t wanted, void **places)
{
    size_t index = atomic_load_explicit(&ring->published, memory_order_relaxed);
    size_t count = least(wanted, least(free_places(ring, index, 1), to_the_end(ring, index)));
    *places = place_of(ring, index);
    return count;
}

void wanmi_ring_publish(wanmi_ring *ring, size_t count)
{
    size_t index = atomic_load_explicit(&ring->published, memory_order_relaxed);
    atomic_store_explicit(&ring->published, index + count, memory_order_release);
}

size_t wanmi_ring_push(wanmi_ring *ring, const void *records, size_t count)
{
    size_t index = atomic_load_explicit(&ring->published, memory_order_relaxed);
    count = least(count, free_places(ring, index, least(count, ring->capacity)));
    if (count == 0)
        return 0;
    size_t size = ring->record_size, run = least(count, to_the_end(ring, index));
    memcpy(place_of(ring, index), records, run * size);
    if (run < count)
        memcpy(ring->records, (const unsigned char *)records + run * size, (count - run) * size);
    atomic_store_explicit(&ring->published, index + count, memory_order_release);
    return count;
}

size_t wanmi_ring_take(wanmi_ring *ring, size_t wanted, const void **records)
{
    size_t index = atomic_load_explicit(&ring->released, memory_order_relaxed);
    size_t count = least(wanted, least(full_places(ring, index, 1), to_the_end(ring, index)));
    *records = place_of(ring, index);
    return count;
}

void wanmi_ring_release(wanmi_ring *ring, size_t count)
{
    size_t index = atomic_load_explicit(&ring->released, memory_order_relaxed);
    atomic_store_explicit(&ring->released, index + count, memory_order_release);
}

size_t wanmi_ring_pop(wanmi_ring *ring, void *records, size_t count)
{
    size_t index = atomic_load_explicit(&ring->released, memory_order_relaxed);
    count = least(count, full_places(ring, index, least(count, ring->capacity)));
    if (count == 0)
        return 0;
    size_t size = ring->record_size, run = least(count, to_the_end(ring, index));
    memcpy(records, place_of(ring, index), run * size);
    if (run < count)
        memcpy((unsigned char *)records + run * size, ring->records, (count - run) * size);
    atomic_store_explicit(&ring->released, index + count, memory_order_release);
    return count;
}

uint64_t wanmi_ring_published(const wanmi_ring *ring)
{
    return atomic_load_explicit(&ring->published, memory_order_acquire);
}

uint64_t wanmi_ring_released(const wanmi_ring *ring)
{
    return atomic_load_explicit(&ring->released, memory_order_acquire);
}

size_t wanmi_ring_depth(const wanmi_ring *ring)
{
    /* Released first: it can then never be ahead of what was published. Both
     * sides may move between the reads, so the difference is held to what fits. */
    uint64_t released = wanmi_ring_released(ring);
    return least((size_t)(wanmi_ring_published(ring) - released), ring->capacity);
}

size_t wanmi_ring_capacity(const wanmi_ring *ring)
{
    return ring->capacity;
}
