/* Submitting: the producer's way from an array of deliveries into the rings. */
#include <string.h>

#include "internal.h"

/* One call of wanmi_producer_submit. */
typedef struct call {
    wanmi_producer *producer;
    wm_sink *sink;
    wm_link *links;             /* the sink's lanes */
    uint64_t staged;            /* a bit a lane: records lie in reserved places */
    uint64_t published;         /* a bit a lane: its thread may have to be woken */
    int64_t submitted_us;       /* WANMI_TIME_NONE until it is needed */
    int64_t until_ns;           /* the end of BLOCK's patience; 0 until it is needed */
    bool impatient;             /* that end has come */
} call;

static wanmi_dispatch *dispatch_of(const call *c)
{
    return c->producer->dispatch;
}

static void publish(call *c, uint32_t lane)
{
    wm_link *link = &c->links[lane];
    wm_side_open(&link->producer);
    wm_side_add(&link->producer, WM_ACCEPTED, link->staged);
    wanmi_ring_publish(link->ring, link->staged);
    wm_side_close(&link->producer);
    link->staged = link->room = 0;
    c->staged &= ~((uint64_t)1 << lane);
    c->published |= (uint64_t)1 << lane;
}

/* Publishes all that is staged and wakes who sleeps. */
static void publish_all(call *c)
{
    while (c->staged != 0)
        publish(c, (uint32_t)__builtin_ctzll(c->staged));
    wm_park_fence();
    for (; c->published != 0; c->published &= c->published - 1)
        wm_park_look(&c->sink->lanes[__builtin_ctzll(c->published)].park);
    wm_letters_look(&c->producer->letters);
}

/* Reserves up to `wanted` places that lie one after another; false: full. */
static bool reserve(wm_link *link, size_t wanted)
{
    void *places;
    link->room = wanmi_ring_reserve(link->ring, wanted, &places);
    link->places = places;
    return link->room != 0;
}

/* Sees that there is a place for the next record of the lane. */
static bool make_room(call *c, uint32_t lane, size_t wanted)
{
    wm_link *link = &c->links[lane];
    if (link->staged < link->room)
        return true;
    if (link->staged != 0)
        publish(c, lane);
    return reserve(link, wanted);
}

static int64_t patience_ends(const call *c)
{
    int64_t now = wm_steady_ns(&dispatch_of(c)->host), ns, until;
    if (__builtin_mul_overflow(c->sink->def.block_us, (int64_t)1000, &ns)
        || __builtin_add_overflow(now, ns, &until))
        return INT64_MAX;
    return until;
}

/* BLOCK: waits for room in a lane's ring as long as this call may. */
static bool wait_for_room(call *c, uint32_t lane, size_t wanted)
{
    wanmi_dispatch *d = dispatch_of(c);
    if (c->impatient)
        return false;
    if (c->until_ns == 0)
        c->until_ns = patience_ends(c);
    /* What the lanes do not see they cannot work off. */
    publish_all(c);
    wm_wait wait = {0};
    while (!wm_flag(&d->stopping)) {
        int64_t left = c->until_ns - wm_steady_ns(&d->host);
        if (reserve(&c->links[lane], wanted))
            return true;
        if (left <= 0) {
            c->impatient = true;
            return false;
        }
        wm_wait_at_most(&wait, left);
    }
    return false;
}

/* A delivery that found no room: accepted, and dead. */
static void bury(call *c, uint32_t lane, const wanmi_delivery *delivery)
{
    static const struct { enum wm_figure figure; wanmi_reason reason; } why[] = {
        {WM_DEAD_FULL, WANMI_REASON_FULL},
        {WM_DEAD_DEADLINE, WANMI_REASON_DEADLINE},
        {WM_DEAD_SHUTDOWN, WANMI_REASON_SHUTDOWN},
    };
    wanmi_dispatch *d = dispatch_of(c);
    bool block = c->sink->def.policy == WANMI_POLICY_BLOCK;
    int cause = !block ? 0 : c->impatient ? 1 : 2;
    wm_letters *letters = &c->producer->letters;
    wanmi_dead_letter *letter = wm_letters_place(letters, 1);
    if (letter != NULL)
        *letter = (wanmi_dead_letter){.delivery = *delivery, .first_seen_us = c->submitted_us,
                                      .dead_us = block ? wm_now_us(&d->host) : c->submitted_us,
                                      .sink = c->sink->index, .reason = (uint16_t)why[cause].reason};
    wm_side *side = &c->links[lane].producer;
    wm_side_open(side);
    wm_side_add(side, WM_ACCEPTED, 1);
    wm_side_add(side, why[cause].figure, 1);
    wm_side_add(side, WM_UNWRITTEN, letter == NULL);
    wm_letters_publish(letters, side);
    wm_side_close(side);
}

/* The ring of a lane is full: true when there is room after all, else the
 * delivery is buried. */
static bool room_or_buried(call *c, uint32_t lane, const wanmi_delivery *delivery, size_t wanted)
{
    if (c->submitted_us == WANMI_TIME_NONE)
        c->submitted_us = wm_now_us(&dispatch_of(c)->host);
    if (c->sink->def.policy == WANMI_POLICY_BLOCK && wait_for_room(c, lane, wanted))
        return true;
    bury(c, lane, delivery);
    return false;
}

static void submit_one_lane(call *c, const wanmi_delivery *deliveries, size_t count)
{
    wm_link *link = &c->links[0];
    while (count != 0) {
        if (!reserve(link, count) && !room_or_buried(c, 0, deliveries, count)) {
            deliveries++;
            count--;
            continue;
        }
        memcpy(link->places, deliveries, link->room * sizeof *deliveries);
        deliveries += link->room;
        count -= link->room;
        link->staged = link->room;
        publish(c, 0);
    }
}

static void submit_lanes(call *c, const wanmi_delivery *deliveries, const uint32_t *keys,
                         size_t count)
{
    uint32_t lanes = c->sink->def.lanes, mask = (lanes & (lanes - 1)) == 0 ? lanes - 1 : 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t lane = mask != 0 ? keys[i] & mask : keys[i] % lanes;
        if (!make_room(c, lane, count - i) && !room_or_buried(c, lane, &deliveries[i], count - i))
            continue;
        wm_link *link = &c->links[lane];
        link->places[link->staged++] = deliveries[i];
        c->staged |= (uint64_t)1 << lane;
    }
}

static wanmi_status check(const wanmi_producer *producer, uint32_t sink, const void *deliveries,
                          const uint32_t *keys, size_t count, wanmi_error *error)
{
    if (producer == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no producer was given");
    if (count != 0 && (deliveries == NULL || keys == NULL))
        return wm_error(error, WANMI_E_ARGUMENT, "%zu deliveries without records or keys", count);
    uint32_t sinks = wanmi_dispatch_sink_count(producer->dispatch);
    if (sink >= sinks)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "there is no sink %u, only %u sinks", sink,
                        sinks);
    return WANMI_OK;
}

wanmi_status wanmi_producer_submit(wanmi_producer *producer, uint32_t sink,
                                   const wanmi_delivery *deliveries, const uint32_t *keys,
                                   size_t count, wanmi_error *error)
{
    wanmi_status status = check(producer, sink, deliveries, keys, count, error);
    if (status != WANMI_OK)
        return status;
    wanmi_dispatch *d = producer->dispatch;
    /* Either this sees that intake is closed, or who closes it sees this (both
     * sides store and then load, seq_cst) and waits for its end. */
    atomic_exchange(&producer->in_submit, 1);
    if (atomic_load(&d->closed)) {
        atomic_store_explicit(&producer->in_submit, 0, memory_order_release);
        return wm_error(error, WANMI_E_DISPATCH_CLOSED, "intake has stopped");
    }
    call c = {.producer = producer, .sink = d->sinks[sink], .submitted_us = WANMI_TIME_NONE};
    c.links = &producer->links[c.sink->first_lane];
    if (c.sink->def.lanes == 1)
        submit_one_lane(&c, deliveries, count);
    else
        submit_lanes(&c, deliveries, keys, count);
    publish_all(&c);
    atomic_store_explicit(&producer->in_submit, 0, memory_order_release);
    return WANMI_OK;
}
