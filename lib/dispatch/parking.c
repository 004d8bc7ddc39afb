/* The parking of a lane: see parking.h. */
#include "parking.h"

#include <string.h>

#include "base/error.h"
#include "base/memory.h"

static size_t bucket_count(uint32_t capacity)
{
    size_t count = 16;
    while (count < capacity)
        count *= 2;
    return count;
}

static void chain_free(wm_parking *p)
{
    for (uint32_t i = 0; i < p->capacity; i++) {
        p->parked[i].stance = WM_STANCE_FREE;
        p->parked[i].uses = 0;
        p->queues[i].first = WANMI_NONE;
        p->parked[i].after = p->queues[i].chain = i + 1 < p->capacity ? i + 1 : WANMI_NONE;
    }
    p->free_parked = p->free_queue = p->capacity != 0 ? 0 : WANMI_NONE;
}

wanmi_status wm_parking_open(wm_parking *p, const wanmi_host *host, uint32_t capacity,
                             wanmi_error *error)
{
    size_t buckets = bucket_count(capacity);
    *p = (wm_parking){.capacity = capacity, .bucket_mask = (uint32_t)buckets - 1};
    p->parked = wm_alloc(host, capacity * sizeof *p->parked);
    p->queues = wm_alloc(host, capacity * sizeof *p->queues);
    p->heap = wm_alloc(host, capacity * sizeof *p->heap);
    p->buckets = wm_alloc(host, buckets * sizeof *p->buckets);
    if (p->parked == NULL || p->queues == NULL || p->heap == NULL || p->buckets == NULL) {
        wm_parking_drop(p, host);
        return wm_error_memory(error);
    }
    memset(p->buckets, 0xFF, buckets * sizeof *p->buckets);     /* WANMI_NONE */
    chain_free(p);
    return WANMI_OK;
}

void wm_parking_drop(wm_parking *p, const wanmi_host *host)
{
    wm_free(host, p->parked, p->capacity * sizeof *p->parked);
    wm_free(host, p->queues, p->capacity * sizeof *p->queues);
    wm_free(host, p->heap, p->capacity * sizeof *p->heap);
    wm_free(host, p->buckets, ((size_t)p->bucket_mask + 1) * sizeof *p->buckets);
    *p = (wm_parking){0};
}

/* ---- queues by key ---------------------------------------------------------------- */

static uint32_t bucket_of(const wm_parking *p, const wm_link *link, uint32_t key)
{
    uint64_t h = ((uint64_t)(uintptr_t)link >> 7) * 0x9E3779B97F4A7C15u ^ key;
    h *= 0xD6E8FEB86659FD93u;
    return (uint32_t)(h >> 32) & p->bucket_mask;
}

uint32_t wm_parking_find(const wm_parking *p, const wm_link *link, uint32_t key)
{
    uint32_t q = p->buckets[bucket_of(p, link, key)];
    while (q != WANMI_NONE && (p->queues[q].link != link || p->queues[q].key != key))
        q = p->queues[q].chain;
    return q;
}

static uint32_t open_queue(wm_parking *p, wm_link *link, uint32_t key, bool alone)
{
    uint32_t number = p->free_queue;
    wm_queue *q = &p->queues[number];
    p->free_queue = q->chain;
    *q = (wm_queue){.link = link, .key = key, .first = WANMI_NONE, .last = WANMI_NONE,
                    .chain = WANMI_NONE, .alone = alone};
    if (!alone) {
        uint32_t *bucket = &p->buckets[bucket_of(p, link, key)];
        q->chain = *bucket;
        *bucket = number;
    }
    return number;
}

static void close_queue(wm_parking *p, uint32_t number)
{
    wm_queue *q = &p->queues[number];
    if (!q->alone) {
        uint32_t *at = &p->buckets[bucket_of(p, q->link, q->key)];
        while (*at != number)
            at = &p->queues[*at].chain;
        *at = q->chain;
    }
    q->chain = p->free_queue;
    p->free_queue = number;
}

/* ---- deliveries --------------------------------------------------------------------- */

uint32_t wm_parking_add(wm_parking *p, wm_link *link, uint32_t key, const wanmi_delivery *delivery,
                        bool alone)
{
    uint32_t number = p->free_parked, queue = alone ? WANMI_NONE : wm_parking_find(p, link, key);
    wm_parked *e = &p->parked[number];
    p->free_parked = e->after;
    p->used++;
    if (queue == WANMI_NONE)
        queue = open_queue(p, link, key, alone);
    wm_queue *q = &p->queues[queue];
    *e = (wm_parked){.delivery = *delivery, .queue = queue, .before = q->last, .after = WANMI_NONE,
                     .uses = e->uses + 1, .heap = WANMI_NONE, .stance = WM_STANCE_WAITS};
    if (q->last != WANMI_NONE)
        p->parked[q->last].after = number;
    else
        q->first = number;
    q->last = number;
    return number;
}

void wm_parking_remove(wm_parking *p, uint32_t number)
{
    wm_parked *e = &p->parked[number];
    uint32_t queue = e->queue;
    wm_queue *q = &p->queues[queue];
    wm_parking_hold(p, number);
    if (e->before != WANMI_NONE)
        p->parked[e->before].after = e->after;
    else
        q->first = e->after;
    if (e->after != WANMI_NONE)
        p->parked[e->after].before = e->before;
    else
        q->last = e->before;
    e->stance = WM_STANCE_FREE;
    e->after = p->free_parked;
    p->free_parked = number;
    p->used--;
    if (q->first == WANMI_NONE)
        close_queue(p, queue);
}

/* ---- the heap --------------------------------------------------------------------------- */

static void put(wm_parking *p, uint32_t at, uint32_t parked)
{
    p->heap[at] = parked;
    p->parked[parked].heap = at;
}

static int64_t due_at(const wm_parking *p, uint32_t at)
{
    return p->parked[p->heap[at]].due_ns;
}

/* Moves one up or down from `at` to where it belongs. */
static void settle(wm_parking *p, uint32_t at, uint32_t parked)
{
    int64_t due = p->parked[parked].due_ns;
    while (at != 0 && due_at(p, (at - 1) / 2) > due) {
        put(p, at, p->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (uint32_t child; (child = 2 * at + 1) < p->heaped; at = child) {
        if (child + 1 < p->heaped && due_at(p, child + 1) < due_at(p, child))
            child++;
        if (due_at(p, child) >= due)
            break;
        put(p, at, p->heap[child]);
    }
    put(p, at, parked);
}

void wm_parking_due(wm_parking *p, uint32_t parked, int64_t due_ns)
{
    wm_parked *e = &p->parked[parked];
    e->due_ns = due_ns;
    settle(p, e->heap != WANMI_NONE ? e->heap : p->heaped++, parked);
}

void wm_parking_hold(wm_parking *p, uint32_t parked)
{
    uint32_t at = p->parked[parked].heap;
    if (at == WANMI_NONE)
        return;
    p->parked[parked].heap = WANMI_NONE;
    uint32_t moved = p->heap[--p->heaped];
    if (at != p->heaped)
        settle(p, at, moved);
}
