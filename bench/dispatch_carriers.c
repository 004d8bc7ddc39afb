/* See dispatch_carriers.h: the ring of this library, and the queue that everybody
 * writes first. Both put in and take out whole batches. */
#include "dispatch_carriers.h"

#include <pthread.h>
#include <stdlib.h>

#include "support.h"

/* ---- wanmi_ring -------------------------------------------------------------------------- */

typedef struct rings {
    unsigned count, last;               /* `last`: shown last */
    wanmi_ring *ring[];
} rings;

static void *open_rings(unsigned producers)
{
    wanmi_error error;
    rings *r = bench_memory(sizeof *r + producers * sizeof *r->ring);
    r->count = producers;
    r->last = 0;
    for (unsigned i = 0; i < producers; i++)
        bench_must(wanmi_ring_create(sizeof(wanmi_delivery), BENCH_RING, NULL, &r->ring[i], &error), &error);
    return r;
}

static void close_rings(void *way)
{
    rings *r = way;
    for (unsigned i = 0; i < r->count; i++)
        wanmi_ring_free(r->ring[i]);
    free(r);
}

static void put_rings(void *way, unsigned producer, const wanmi_delivery *records, size_t count)
{
    wanmi_ring *ring = ((rings *)way)->ring[producer];
    for (unsigned rounds = 0;;) {
        size_t moved = wanmi_ring_push(ring, records, count);
        records += moved;
        count -= moved;
        if (count == 0)
            return;
        if (moved == 0)
            bench_wait(&rounds);
    }
}

static size_t get_rings(void *way, const wanmi_delivery **records)
{
    rings *r = way;
    for (unsigned i = 0; i < r->count; i++) {
        const void *taken;
        r->last = r->last + 1 < r->count ? r->last + 1 : 0;
        size_t count = wanmi_ring_take(r->ring[r->last], BENCH_TAKEN, &taken);
        if (count != 0) {
            *records = taken;
            return count;
        }
    }
    return 0;
}

static void done_rings(void *way, size_t count)
{
    rings *r = way;
    wanmi_ring_release(r->ring[r->last], count);
}

const bench_carrier bench_carrier_ring = {"wanmi", open_rings, put_rings, get_rings, done_rings, close_rings};

/* ---- a mutex ------------------------------------------------------------------------------- */

typedef struct locked {
    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    wanmi_delivery records[BENCH_RING], taken[BENCH_TAKEN];
    size_t head, tail;
} locked;

static void *open_locked(unsigned producers)
{
    (void)producers;
    locked *q = bench_memory(sizeof *q);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->filled, NULL);
    pthread_cond_init(&q->emptied, NULL);
    q->head = q->tail = 0;
    return q;
}

static void close_locked(void *way)
{
    locked *q = way;
    pthread_mutex_destroy(&q->lock);
    pthread_cond_destroy(&q->filled);
    pthread_cond_destroy(&q->emptied);
    free(q);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void put_locked(void *way, unsigned producer, const wanmi_delivery *records, size_t count)
{
    locked *q = way;
    (void)producer;
    while (count != 0) {
        pthread_mutex_lock(&q->lock);
        while (q->tail - q->head == BENCH_RING)
            pthread_cond_wait(&q->emptied, &q->lock);
        int was_empty = q->tail == q->head;
        size_t at = q->tail % BENCH_RING;
        size_t run = least(least(count, BENCH_RING - (q->tail - q->head)), BENCH_RING - at);
        memcpy(q->records + at, records, run * sizeof *records);
        q->tail += run;
        if (was_empty)
            pthread_cond_signal(&q->filled);
        pthread_mutex_unlock(&q->lock);
        records += run;
        count -= run;
    }
}

/* Waits until there are some: all that are waited for come. */
static size_t get_locked(void *way, const wanmi_delivery **records)
{
    locked *q = way;
    pthread_mutex_lock(&q->lock);
    while (q->tail == q->head)
        pthread_cond_wait(&q->filled, &q->lock);
    int was_full = q->tail - q->head == BENCH_RING;
    size_t at = q->head % BENCH_RING;
    size_t run = least(least(BENCH_TAKEN, q->tail - q->head), BENCH_RING - at);
    memcpy(q->taken, q->records + at, run * sizeof *q->records);
    q->head += run;
    if (was_full)                       /* others may wait as well as the one whose room this is */
        pthread_cond_broadcast(&q->emptied);
    pthread_mutex_unlock(&q->lock);
    *records = q->taken;
    return run;
}

static void done_locked(void *way, size_t count)
{
    (void)way, (void)count;
}

const bench_carrier bench_carrier_mutex = {"mutex", open_locked, put_locked, get_locked, done_locked, close_locked};
