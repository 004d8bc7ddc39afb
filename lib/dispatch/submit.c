/* Submitting: the producer's way from an array of deliveries into the rings. */
#include "submit.h"

#include <string.h>

static void publish(wm_call *c, uint32_t number)
{
    const wm_sink *sink = c->block->sink;
    wm_link *link = &c->block->links[number];
    link->unsampled += link->staged;
    if (link->unsampled >= WM_SAMPLE_EVERY || wm_park_sleeps(sink->lanes[number / sink->bands].park))
        wm_sample_begin(link, &c->producer->dispatch->host);
    wm_side_open(&link->producer);
    wm_side_add(&link->producer, WM_ACCEPTED, link->staged);
    wanmi_ring_publish(link->ring, link->staged);
    wm_side_close(&link->producer);
    link->staged = link->room = 0;
    c->staged &= ~((uint64_t)1 << number);
    c->published |= (uint64_t)1 << number;
}

void wm_call_publish(wm_call *c)
{
    const wm_sink *sink = c->block->sink;
    while (c->staged != 0)
        publish(c, (uint32_t)__builtin_ctzll(c->staged));
    wm_park_fence();
    for (; c->published != 0; c->published &= c->published - 1)
        wm_park_look(sink->lanes[(uint32_t)__builtin_ctzll(c->published) / sink->bands].park);
    wm_letters_look(&c->producer->letters);
}

static enum wm_figure figure_of(wanmi_reason reason)
{
    switch (reason) {
    case WANMI_REASON_DEADLINE:
        return WM_DEAD_DEADLINE;
    case WANMI_REASON_SHUTDOWN:
        return WM_DEAD_SHUTDOWN;
    case WANMI_REASON_REMOVED:
        return WM_DEAD_REMOVED;
    case WANMI_REASON_HUNG:
        return WM_DEAD_HUNG;
    default:
        return WM_DEAD_FULL;
    }
}

/* A delivery that found no room: accepted, and dead. */
static void bury(wm_call *c, uint32_t number, const wanmi_delivery *delivery, wanmi_reason reason)
{
    wanmi_producer *p = c->producer;
    const wm_sink *sink = c->block->sink;
    bool waited = sink->def.policy != WANMI_POLICY_OVERFLOW;
    wanmi_dead_letter *letter = wm_letters_place(&p->letters, 1);
    if (letter != NULL)
        *letter = (wanmi_dead_letter){.delivery = *delivery, .first_seen_us = c->submitted_us,
                                      .dead_us = waited ? wm_now_us(&p->dispatch->host)
                                                        : c->submitted_us,
                                      .sink = sink->number, .reason = (uint16_t)reason};
    else
        wm_generations_add(&p->ended, wm_generation_place(delivery), 1);
    wm_side *side = &c->block->links[number].producer;
    wm_side_open(side);
    wm_side_add(side, WM_ACCEPTED, 1);
    wm_side_add(side, figure_of(reason), 1);
    wm_side_add(side, WM_UNWRITTEN, letter == NULL);
    wm_letters_publish(&p->letters, side);
    wm_side_close(side);
}

/* The ring of a link is full: true when there is room after all, else the first
 * of the `left` deliveries is buried. */
static bool room_or_buried(wm_call *c, uint32_t number, const wanmi_delivery *deliveries,
                           const uint32_t *keys, size_t left)
{
    if (c->submitted_us == WANMI_TIME_NONE)
        c->submitted_us = wm_now_us(&c->producer->dispatch->host);
    c->deliveries = deliveries;
    c->keys = keys;
    c->left = left;
    wanmi_reason why = wm_room_make(c, number);
    if (why != WANMI_REASON_NONE)
        bury(c, number, deliveries, why);
    return why == WANMI_REASON_NONE;
}

/* ---- one lane: whole runs of one band are copied ---------------------------------- */

static size_t run_of_band(const wm_sink *sink, const wanmi_delivery *deliveries, size_t count,
                          uint32_t *band)
{
    *band = wm_link_number(sink, deliveries, 0);
    if (sink->bands == 1)
        return count;
    size_t run = 1;
    while (run < count && wm_link_number(sink, &deliveries[run], 0) == *band)
        run++;
    return run;
}

static void submit_run(wm_call *c, uint32_t band, const wanmi_delivery *deliveries,
                       const uint32_t *keys, size_t count)
{
    wm_link *link = &c->block->links[band];
    while (count != 0) {
        size_t moved = 1;
        if (wm_room_reserve(link, count) || room_or_buried(c, band, deliveries, keys, count)) {
            moved = link->staged = link->room;
            memcpy(link->places, deliveries, moved * sizeof *deliveries);
            memcpy(link->key_places, keys, moved * sizeof *keys);
            publish(c, band);
        }
        deliveries += moved;
        keys += moved;
        count -= moved;
    }
}

static void submit_one_lane(wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys,
                            size_t count)
{
    for (size_t i = 0, run; i < count; i += run) {
        uint32_t band;
        run = run_of_band(c->block->sink, deliveries + i, count - i, &band);
        submit_run(c, band, deliveries + i, keys + i, run);
    }
}

/* ---- several lanes: one by one ------------------------------------------------------ */

/* Sees that there is a place for the next record of the link. */
static bool make_room(wm_call *c, uint32_t number, size_t wanted)
{
    wm_link *link = &c->block->links[number];
    if (link->staged < link->room)
        return true;
    if (link->staged != 0)
        publish(c, number);
    return wm_room_reserve(link, wanted);
}

static void submit_lanes(wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys,
                         size_t count)
{
    const wm_sink *sink = c->block->sink;
    for (size_t i = 0; i < count; i++) {
        uint32_t number = wm_link_number(sink, &deliveries[i], keys[i]);
        if (!make_room(c, number, count - i)
            && !room_or_buried(c, number, &deliveries[i], &keys[i], count - i))
            continue;
        wm_link *link = &c->block->links[number];
        link->places[link->staged] = deliveries[i];
        link->key_places[link->staged++] = keys[i];
        c->staged |= (uint64_t)1 << number;
    }
}

/* ---- the call ------------------------------------------------------------------------ */

static wanmi_status check(const wanmi_producer *producer, const void *deliveries,
                          const uint32_t *keys, size_t count, wanmi_error *error)
{
    if (producer == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no producer was given");
    if (wm_forked(producer->dispatch))
        return wm_forked_error(error);
    if (count != 0 && (deliveries == NULL || keys == NULL))
        return wm_error(error, WANMI_E_ARGUMENT, "%zu deliveries without records or keys", count);
    return WANMI_OK;
}

static wanmi_status submit(wanmi_producer *producer, uint32_t sink,
                           const wanmi_delivery *deliveries, const uint32_t *keys, size_t count,
                           wanmi_error *error)
{
    wm_call c = {.producer = producer, .submitted_us = WANMI_TIME_NONE};
    if (atomic_load(&producer->dispatch->closed))
        return wm_error(error, WANMI_E_DISPATCH_CLOSED, "intake has stopped");
    c.block = atomic_load(&producer->blocks[wm_place_of(sink)]);
    if (c.block == NULL || c.block->sink->number != sink)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "there is no sink %u", sink);
    const wm_sink *to = c.block->sink;
    if (to->def.policy == WANMI_POLICY_REJECT && !wm_room_for_all(&c, deliveries, keys, count))
        return wm_error(error, WANMI_E_DISPATCH_FULL, "sink %s has no room for all of %zu deliveries",
                        to->def.name, count);
    /* Before a lane can count their end. */
    wm_generations_add_run(&producer->accepted, deliveries, count);
    if (to->def.lanes == 1)
        submit_one_lane(&c, deliveries, keys, count);
    else
        submit_lanes(&c, deliveries, keys, count);
    wm_call_publish(&c);
    return WANMI_OK;
}

wanmi_status wanmi_producer_submit(wanmi_producer *producer, uint32_t sink,
                                   const wanmi_delivery *deliveries, const uint32_t *keys,
                                   size_t count, wanmi_error *error)
{
    wanmi_status status = check(producer, deliveries, keys, count, error);
    if (status != WANMI_OK)
        return status;
    /* Either this sees that intake is closed or the sink removed, or who does that
     * sees this (both sides store and then load, seq_cst) and waits for its end. */
    uint64_t call = wm_submit_begins(atomic_load_explicit(&producer->in_submit, memory_order_relaxed),
                                     wm_place_of(sink));
    atomic_exchange(&producer->in_submit, call);
    status = submit(producer, sink, deliveries, keys, count, error);
    atomic_store_explicit(&producer->in_submit, call - 1, memory_order_release);
    return status;
}
