/* A ring that is full: what the sink's policy makes of it, seen from the producer. */
#include "internal.h"
#include "submit.h"

/* How long one submit call waits for a lane to drop what is old. */
enum { DROP_PATIENCE_US = 2000 };

bool wm_room_reserve(wm_link *link, size_t wanted)
{
    void *places;
    link->room = wanmi_ring_reserve(link->ring, wanted, &places);
    link->places = places;
    link->key_places = link->keys + (wanmi_ring_published(link->ring) & link->mask);
    return link->room != 0;
}

static int64_t patience_ends(const wm_call *c, int64_t us)
{
    int64_t now = wm_steady_ns(&c->producer->dispatch->host), ns, until;
    if (__builtin_mul_overflow(us, (int64_t)1000, &ns) || __builtin_add_overflow(now, ns, &until))
        return INT64_MAX;
    return until;
}

/* Why a producer need not wait, or no longer; NONE: it may. */
static wanmi_reason futile(const wm_call *c)
{
    const wm_sink *sink = c->block->sink;
    if (wm_flag(&sink->dispatch->stopping))
        return WANMI_REASON_SHUTDOWN;
    if (wm_flag(&sink->removing))
        return WANMI_REASON_REMOVED;
    return wm_flag(&sink->hung) ? WANMI_REASON_HUNG : WANMI_REASON_NONE;
}

static wanmi_reason wait_for_room(wm_call *c, wm_link *link, size_t wanted, int64_t most_us)
{
    const wanmi_host *host = &c->producer->dispatch->host;
    wanmi_reason why;
    wm_wait wait = {0};
    if (c->until_ns == 0)
        c->until_ns = patience_ends(c, most_us);
    while ((why = futile(c)) == WANMI_REASON_NONE) {
        int64_t left = c->until_ns - wm_steady_ns(host);
        if (wm_room_reserve(link, wanted))
            return WANMI_REASON_NONE;
        if (left <= 0) {
            c->impatient = true;
            return WANMI_REASON_DEADLINE;
        }
        wm_wait_at_most(&wait, left);
    }
    return why;
}

/* BLOCK: waits for room in a ring as long as this call may. */
static wanmi_reason block(wm_call *c, wm_link *link, size_t wanted)
{
    if (c->impatient)
        return WANMI_REASON_DEADLINE;
    /* What the lanes do not see they cannot work off. */
    wm_call_publish(c);
    return wait_for_room(c, link, wanted, c->block->sink->def.block_us);
}

/* How many of what is left of the call go to this ring: so many of the oldest die
 * for them, and none for those that go elsewhere. */
static uint32_t places_wanted(const wm_call *c, uint32_t number)
{
    const wm_sink *sink = c->block->sink;
    size_t count = 0, most = c->block->links[number].mask + 1;
    for (size_t i = 0; i < c->left && count < most; i++)
        count += wm_link_number(sink, &c->deliveries[i], c->keys[i]) == number;
    return (uint32_t)count;
}

/* A polled lane belongs to whoever has its lock: the producer drops by itself. */
static bool drop_as_lane(wm_lane *lane, wm_link *link, uint32_t wanted)
{
    pthread_mutex_lock(&lane->lock);
    atomic_store_explicit(&link->room_wanted, wanted, memory_order_relaxed);
    wm_run_make_room(lane, link);
    pthread_mutex_unlock(&lane->lock);
    return wm_room_reserve(link, wanted);
}

static bool lane_is_long_inside(const wm_call *c, const wm_lane *lane)
{
    int64_t began = atomic_load_explicit(&lane->callback_began_ns, memory_order_acquire);
    return began != 0
           && wm_steady_ns(&c->producer->dispatch->host) - began > DROP_PATIENCE_US * 1000;
}

/* DROP_OLDEST: asks the lane, and waits a little for it to come by. */
static wanmi_reason drop_oldest(wm_call *c, uint32_t number, wm_link *link)
{
    wm_lane *lane = &c->block->sink->lanes[number / c->block->sink->bands];
    wm_call_publish(c);
    if (wm_polled(c->block->sink))
        return drop_as_lane(lane, link, places_wanted(c, number)) ? WANMI_REASON_NONE
                                                                  : WANMI_REASON_FULL;
    if (c->impatient || lane_is_long_inside(c, lane))
        return WANMI_REASON_FULL;
    uint32_t wanted = places_wanted(c, number);
    atomic_store_explicit(&link->room_wanted, wanted, memory_order_release);
    wm_park_fence();
    wm_park_look(lane->park);
    wanmi_reason why = wait_for_room(c, link, wanted, DROP_PATIENCE_US);
    /* Those it was asked for are dead by now: older ones need not die for them. */
    atomic_store_explicit(&link->room_wanted, 0, memory_order_release);
    return why == WANMI_REASON_DEADLINE || why == WANMI_REASON_HUNG ? WANMI_REASON_FULL : why;
}

wanmi_reason wm_room_make(wm_call *c, uint32_t number)
{
    wm_link *link = &c->block->links[number];
    switch (c->block->sink->def.policy) {
    case WANMI_POLICY_BLOCK:
        return block(c, link, c->left);
    case WANMI_POLICY_DROP_OLDEST:
        return drop_oldest(c, number, link);
    default:
        return WANMI_REASON_FULL;
    }
}

bool wm_room_for_all(const wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys,
                     size_t count)
{
    size_t needed[WANMI_LANES_MAX * WM_BANDS_MAX] = {0};
    const wm_sink *sink = c->block->sink;
    for (size_t i = 0; i < count; i++)
        needed[wm_link_number(sink, &deliveries[i], keys[i])]++;
    for (uint32_t i = 0; i < sink->links; i++) {
        const wm_link *link = &c->block->links[i];
        if (needed[i] > link->mask + 1 - wanmi_ring_depth(link->ring))
            return false;
    }
    return true;
}
