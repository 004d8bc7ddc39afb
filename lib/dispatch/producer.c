/* Producers: a place each, with a ring to every lane. A place stays when its
 * producer is closed, with its rings and figures, and is used again once empty. */
#include <string.h>

#include "internal.h"

/* Its blocks go with the sinks'. */
void wm_producer_free(wanmi_producer *producer)
{
    wanmi_dispatch *d = producer->dispatch;
    wm_letters_drop(&producer->letters);
    wm_free_aligned(&d->host, producer, sizeof *producer, WM_LINE_PAIR);
}

static wanmi_status make_producer(wanmi_dispatch *d, wanmi_producer **made, wanmi_error *error)
{
    wanmi_producer *producer = wm_alloc_aligned(&d->host, sizeof *producer, WM_LINE_PAIR);
    if (producer == NULL)
        return wm_error_memory(error);
    memset(producer, 0, sizeof *producer);
    producer->dispatch = d;
    wanmi_status status = wm_letters_open(&producer->letters, d, error);
    if (status == WANMI_OK)
        status = wm_blocks_of_producer(producer, error);
    if (status != WANMI_OK) {
        wm_blocks_drop(producer);
        wm_producer_free(producer);
        return status;
    }
    *made = producer;
    return WANMI_OK;
}

static bool block_rests(const wm_block *block)
{
    for (uint32_t i = 0; i < block->sink->links; i++)
        /* In this order: what a lane parks is parked before it leaves the ring. */
        if (wanmi_ring_depth(block->links[i].ring) != 0
            || atomic_load_explicit(&block->links[i].parked, memory_order_acquire) != 0)
            return false;
    return true;
}

/* Closed, and nothing of it is on its way. */
static bool reusable(const wanmi_producer *producer)
{
    if (producer->open)
        return false;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        const wm_block *block = atomic_load(&producer->blocks[i]);
        if (block != NULL && !block_rests(block))
            return false;
    }
    return producer->letters.ring == NULL || wanmi_ring_depth(producer->letters.ring) == 0;
}

static wanmi_status find_place(wanmi_dispatch *d, wanmi_producer **place, wanmi_error *error)
{
    if (d->state != WM_STARTED)
        return wm_error(error, WANMI_E_DISPATCH_STATE,
                        "producers are opened while the dispatch runs: it %s",
                        d->state == WM_MADE ? "is not started" : "is stopped");
    uint32_t count = wm_producer_count(d);
    for (uint32_t i = 0; i < count; i++) {
        if (reusable(d->producers[i])) {
            *place = d->producers[i];
            return WANMI_OK;
        }
    }
    if (count == d->options.producers_max)
        return wm_error(error, WANMI_E_LIMIT,
                        "%u producers are open, or closed and not yet empty: the most there may be",
                        count);
    wanmi_status status = make_producer(d, place, error);
    if (status != WANMI_OK)
        return status;
    wm_blocks_join(*place, count);
    d->producers[count] = *place;
    atomic_store_explicit(&d->producer_count, count + 1, memory_order_release);
    return WANMI_OK;
}

wanmi_status wanmi_producer_open(wanmi_dispatch *d, wanmi_producer **producer, wanmi_error *error)
{
    if (d == NULL || producer == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the dispatch or the place for the producer is NULL");
    if (wm_forked(d))
        return wm_forked_error(error);
    wanmi_producer *place = NULL;
    pthread_mutex_lock(&d->slots);
    wanmi_status status = find_place(d, &place, error);
    if (status == WANMI_OK) {
        place->open = true;
        *producer = place;
    }
    pthread_mutex_unlock(&d->slots);
    return status;
}

void wanmi_producer_close(wanmi_producer *producer)
{
    if (producer == NULL || wm_forked(producer->dispatch))
        return;
    pthread_mutex_lock(&producer->dispatch->slots);
    producer->open = false;
    pthread_mutex_unlock(&producer->dispatch->slots);
}

bool wm_any_in_submit(wanmi_dispatch *d)
{
    bool any = false;
    /* The lock sees producers that were opened before `closed` was set; those
     * opened later see `closed`. */
    pthread_mutex_lock(&d->slots);
    uint32_t count = wm_producer_count(d);
    for (uint32_t i = 0; i < count; i++)
        any |= wm_submit_runs(atomic_load(&d->producers[i]->in_submit));
    pthread_mutex_unlock(&d->slots);
    return any;
}
