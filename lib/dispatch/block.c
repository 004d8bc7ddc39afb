/* Blocks: a producer's links to one sink. They are made when either comes, so
 * that a submit only has to find them. */
#include <string.h>

#include "internal.h"

static wanmi_status make_link(wanmi_dispatch *d, wm_link *link, wanmi_error *error)
{
    size_t capacity = d->options.ring_capacity;
    link->mask = capacity - 1;
    link->unsampled = WM_SAMPLE_EVERY;      /* the first one is a sample */
    link->keys = wm_alloc(&d->host, wm_product(capacity, sizeof *link->keys));
    if (link->keys == NULL)
        return wm_error_memory(error);
    wanmi_status status = wanmi_ring_create(sizeof(wanmi_delivery), capacity, &d->ring_host,
                                            &link->ring, error);
    if (status != WANMI_OK)
        return status;
    wm_side_init(&link->producer, link->ring, wanmi_ring_published);
    wm_side_init(&link->lane, link->ring, wanmi_ring_released);
    return WANMI_OK;
}

void wm_block_free(wm_block *block)
{
    if (block == NULL)
        return;
    const wanmi_dispatch *d = block->sink->dispatch;
    size_t keys = wm_product(d->options.ring_capacity, sizeof *block->links->keys);
    for (uint32_t i = 0; block->links != NULL && i < block->sink->links; i++) {
        wanmi_ring_free(block->links[i].ring);
        wm_free(&d->host, block->links[i].keys, keys);
    }
    wm_free_aligned(&d->host, block->links, block->sink->links * sizeof *block->links, WM_LINE_PAIR);
    wm_free(&d->host, block, sizeof *block);
}

static wanmi_status make_block(wm_sink *sink, wm_block **made, wanmi_error *error)
{
    wanmi_dispatch *d = sink->dispatch;
    wm_block *block = wm_alloc_zero(&d->host, sizeof *block);
    if (block == NULL)
        return wm_error_memory(error);
    block->sink = sink;
    size_t bytes = sink->links * sizeof *block->links;
    block->links = wm_alloc_aligned(&d->host, bytes, WM_LINE_PAIR);
    wanmi_status status = block->links != NULL ? WANMI_OK : wm_error_memory(error);
    if (status == WANMI_OK)
        memset(block->links, 0, bytes);
    for (uint32_t i = 0; status == WANMI_OK && i < sink->links; i++)
        status = make_link(d, &block->links[i], error);
    if (status == WANMI_OK)
        *made = block;
    else
        wm_block_free(block);
    return status;
}

wanmi_status wm_blocks_of_sink(wm_sink *sink, wanmi_error *error)
{
    uint32_t count = wm_producer_count(sink->dispatch);
    for (uint32_t i = 0; i < count; i++) {
        wm_block *block = NULL;
        wanmi_status status = make_block(sink, &block, error);
        if (status != WANMI_OK)
            return status;                      /* wm_sink_free frees those made */
        atomic_store_explicit(&sink->blocks[i], block, memory_order_release);
    }
    return WANMI_OK;
}

void wm_blocks_show(wm_sink *sink, bool show)
{
    wanmi_dispatch *d = sink->dispatch;
    uint32_t count = wm_producer_count(d);
    for (uint32_t i = 0; i < count; i++)
        /* seq_cst: see wm_submits_end. */
        atomic_store(&d->producers[i]->blocks[wm_place_of(sink->number)],
                     show ? wm_block_at(sink, i) : NULL);
}

/* A sink that takes deliveries. */
static bool takes(const wm_sink *sink)
{
    return sink != NULL && !wm_flag(&sink->removing);
}

void wm_blocks_drop(wanmi_producer *producer)
{
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        wm_block_free(atomic_load(&producer->blocks[i]));
}

wanmi_status wm_blocks_of_producer(wanmi_producer *producer, wanmi_error *error)
{
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        wm_sink *sink = wm_sink_at(producer->dispatch, i);
        wm_block *block = NULL;
        wanmi_status status = takes(sink) ? make_block(sink, &block, error) : WANMI_OK;
        if (status != WANMI_OK)
            return status;
        atomic_store(&producer->blocks[i], block);
    }
    return WANMI_OK;
}

void wm_blocks_join(wanmi_producer *producer, uint32_t index)
{
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        wm_block *block = atomic_load(&producer->blocks[i]);
        if (block != NULL)
            atomic_store_explicit(&block->sink->blocks[index], block, memory_order_release);
    }
}

void wm_submits_end(wanmi_dispatch *d, uint32_t place)
{
    uint32_t count = wm_producer_count(d);
    for (uint32_t i = 0; i < count; i++) {
        /* Either the submit sees what was stored before this (both sides store and
         * then load, seq_cst), or this sees the submit and waits for its end. */
        uint64_t seen = atomic_load(&d->producers[i]->in_submit);
        bool to_it = wm_submit_runs(seen) && wm_submit_place(seen) == place;
        wm_wait wait = {0};
        while (to_it && atomic_load(&d->producers[i]->in_submit) == seen)
            wm_wait_more(&wait);
    }
}
