/* Polling: sinks without a callback, whose lanes belong to whoever has their lock.
 *
 * A ticket is the place of a delivery in its lane's parking, the lane, and how
 * often that place was handed out: an old ticket names a number that has passed.
 */
#include "internal.h"

enum { TICKET_PLACE_BITS = 24, TICKET_LANE_BITS = 8 };

static uint64_t ticket_of(const wm_lane *lane, uint32_t at)
{
    return (uint64_t)lane->parking.parked[at].uses << (TICKET_PLACE_BITS + TICKET_LANE_BITS)
           | (uint64_t)lane->number << TICKET_PLACE_BITS | at;
}

/* ---- taking -------------------------------------------------------------------------- */

/* One call of wanmi_sink_poll. */
typedef struct poll {
    wm_sink *sink;
    wanmi_delivery *deliveries;
    uint64_t *tickets;
    size_t capacity, count;
    int64_t lease_us, now_ns;
} poll;

static int64_t later(int64_t now_ns, int64_t us)
{
    int64_t ns, at;
    if (__builtin_mul_overflow(us, (int64_t)1000, &ns) || __builtin_add_overflow(now_ns, ns, &at))
        return INT64_MAX;
    return at;
}

static void give(poll *p, wm_lane *lane, uint32_t at)
{
    wm_parking_due(&lane->parking, at, later(p->now_ns, p->lease_us));
    p->deliveries[p->count] = lane->parking.parked[at].delivery;
    p->tickets[p->count++] = ticket_of(lane, at);
}

/* What was given before and comes again. */
static void poll_parked(poll *p, wm_lane *lane)
{
    wm_parking *parking = &lane->parking;
    bool several = p->sink->def.order == WANMI_ORDER_BATCH;
    uint32_t queue;
    size_t before = p->count;
    while (p->count < p->capacity && (queue = wm_again_first(lane, p->now_ns)) != WANMI_NONE) {
        uint32_t at = parking->queues[queue].first;
        do {
            wm_again_out(lane, at, WM_LEASED, p->now_ns);
            give(p, lane, at);
            at = parking->parked[at].after;
        } while (several && at != WANMI_NONE && p->count < p->capacity);
    }
    if (p->count != before)
        atomic_fetch_add_explicit(&lane->again_batches, 1, memory_order_relaxed);
}

static void lease_run(poll *p, wm_lane *lane, const wm_run *run)
{
    wm_link *link = run->link;
    int64_t now_us = wm_now_us(&p->sink->dispatch->host);
    bool alone = p->sink->def.order == WANMI_ORDER_NONE;
    for (size_t i = 0; i < run->count; i++) {
        uint32_t at = wm_parking_add(&lane->parking, link, run->keys[i], &run->batch[i], alone);
        wm_parked *parked = &lane->parking.parked[at];
        parked->stance = WM_STANCE_OUT;
        parked->attempts = 1;
        parked->first_ns = p->now_ns;
        parked->first_us = now_us;
        wm_sample_park(link, i, parked);
        lane->parking.queues[parked->queue].out++;
        give(p, lane, at);
    }
    wm_link_parked(link, (int)run->count);
    wm_side_open(&link->lane);
    wm_side_add(&link->lane, WM_LEASED, run->count);
    wm_side_add(&link->lane, WM_BATCHES, 1);
    wanmi_ring_release(link->ring, run->count);
    wm_side_close(&link->lane);
}

static void poll_lane(poll *p, wm_lane *lane)
{
    wm_run run;
    pthread_mutex_lock(&lane->lock);
    poll_parked(p, lane);
    while (p->count < p->capacity && wm_run_next(lane, p->capacity - p->count, &run))
        lease_run(p, lane, &run);
    wm_wake_dead(lane);
    pthread_mutex_unlock(&lane->lock);
}

static bool ended(const wm_sink *sink)
{
    return wm_flag(&sink->ending) || wm_flag(&sink->dispatch->stopping);
}

static bool poll_round(void *argument)
{
    poll *p = argument;
    wm_sink *sink = p->sink;
    /* Begins at another lane each time, or the first would have it all. */
    uint32_t turn = atomic_fetch_add_explicit(&sink->poll_turn, 1, memory_order_relaxed);
    p->now_ns = wm_steady_ns(&sink->dispatch->host);
    for (uint32_t i = 0; i < sink->def.lanes && p->count < p->capacity && !ended(sink); i++)
        poll_lane(p, &sink->lanes[(turn + i) % sink->def.lanes]);
    return p->count != 0 || ended(sink);
}

/* Until something is due, by what stands in the lanes now. */
static int64_t nap_ns(poll *p, int64_t most_ns)
{
    for (uint32_t i = 0; i < p->sink->def.lanes; i++) {
        wm_lane *lane = &p->sink->lanes[i];
        pthread_mutex_lock(&lane->lock);
        uint32_t first = wm_parking_first(&lane->parking);
        if (first != WANMI_NONE) {
            int64_t left = lane->parking.parked[first].due_ns - p->now_ns;
            most_ns = left < most_ns ? left : most_ns;
        }
        pthread_mutex_unlock(&lane->lock);
    }
    return most_ns > 0 ? most_ns : 0;
}

static void poll_until(poll *p, int64_t wait_us)
{
    enum { NAP_MAX_NS = 100 * 1000 * 1000 };        /* as in lane.c */
    const wanmi_host *host = &p->sink->dispatch->host;
    int64_t until = later(wm_steady_ns(host), wait_us);
    while (!poll_round(p)) {
        int64_t left = until - wm_steady_ns(host);
        if (left <= 0)
            return;
        if (wm_park_await(&p->sink->park, poll_round, p,
                          nap_ns(p, left < NAP_MAX_NS ? left : NAP_MAX_NS)))
            return;
    }
}

static wanmi_status check(const wanmi_dispatch *d, const void *first, const void *second,
                          size_t count, wanmi_error *error)
{
    if (d == NULL || (count != 0 && (first == NULL || second == NULL)))
        return wm_error(error, WANMI_E_ARGUMENT, "the dispatch or an array is NULL");
    return wm_forked(d) ? wm_forked_error(error) : WANMI_OK;
}

wanmi_status wanmi_sink_poll(wanmi_dispatch *d, uint32_t sink, int64_t lease_us, int64_t wait_us,
                             wanmi_delivery *deliveries, uint64_t *tickets, size_t capacity,
                             size_t *count, wanmi_error *error)
{
    wanmi_status status = check(d, deliveries, tickets, capacity, error);
    if (status != WANMI_OK)
        return status;
    if (count == NULL || capacity == 0 || lease_us <= 0 || wait_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for deliveries or their number, a lease "
                        "that is not positive, or a negative wait");
    poll p = {.deliveries = deliveries, .tickets = tickets, .capacity = capacity,
              .lease_us = lease_us};
    status = wm_sink_enter(d, sink, &p.sink, error);
    if (status != WANMI_OK)
        return status;
    poll_until(&p, wait_us);
    bool closed = p.count == 0 && ended(p.sink), stopped = wm_flag(&d->stopping);
    wm_sink_leave(p.sink);
    if (closed)
        return stopped ? wm_error(error, WANMI_E_DISPATCH_CLOSED, "the dispatch is stopped")
                       : wm_error(error, WANMI_E_DISPATCH_SINK, "sink %u is removed", sink);
    *count = p.count;
    return p.count != 0 ? WANMI_OK : WANMI_AGAIN;
}

/* ---- answering ------------------------------------------------------------------------ */

typedef void (*ticket_fn)(wm_lane *lane, uint32_t at, const void *argument, size_t i,
                          int64_t now_ns);

/* The place of a ticket whose lease holds; WANMI_NONE: it is late. */
static uint32_t place_of(wm_lane *lane, uint64_t ticket, int64_t now_ns)
{
    uint32_t at = (uint32_t)(ticket & (((uint64_t)1 << TICKET_PLACE_BITS) - 1));
    if (at >= lane->parking.capacity || ticket_of(lane, at) != ticket)
        return WANMI_NONE;
    const wm_parked *parked = &lane->parking.parked[at];
    if (parked->stance != WM_STANCE_OUT)
        return WANMI_NONE;
    if (parked->due_ns > now_ns)
        return at;
    wm_again_lapse(lane, at, now_ns);
    return WANMI_NONE;
}

static bool with_ticket(wm_sink *sink, uint64_t ticket, ticket_fn run, const void *argument, size_t i)
{
    uint32_t number = (uint32_t)(ticket >> TICKET_PLACE_BITS) & ((1u << TICKET_LANE_BITS) - 1);
    wm_lane *lane = &sink->lanes[number < sink->def.lanes ? number : 0];
    pthread_mutex_lock(&lane->lock);
    int64_t now_ns = wm_steady_ns(&sink->dispatch->host);
    uint32_t at = ended(sink) ? WANMI_NONE : place_of(lane, ticket, now_ns);
    if (at != WANMI_NONE)
        run(lane, at, argument, i, now_ns);
    else
        atomic_fetch_add_explicit(&lane->late, 1, memory_order_relaxed);
    wm_wake_dead(lane);
    pthread_mutex_unlock(&lane->lock);
    return at != WANMI_NONE;
}

static void answer(wm_lane *lane, uint32_t at, const void *outcomes, size_t i, int64_t now_ns)
{
    wm_again_answer(lane, at, WM_LEASED, ((const uint8_t *)outcomes)[i], now_ns);
}

static void extend(wm_lane *lane, uint32_t at, const void *lease_us, size_t i, int64_t now_ns)
{
    (void)i;
    wm_parking_due(&lane->parking, at, later(now_ns, *(const int64_t *)lease_us));
}

static wanmi_status with_tickets(wanmi_dispatch *d, uint32_t number, const uint64_t *tickets,
                                 size_t count, size_t *taken, ticket_fn run, const void *argument,
                                 wanmi_error *error)
{
    wm_sink *sink;
    wanmi_status status = wm_sink_enter(d, number, &sink, error);
    if (status != WANMI_OK)
        return status;
    size_t done = 0;
    for (size_t i = 0; i < count; i++)
        done += with_ticket(sink, tickets[i], run, argument, i);
    /* What stood behind them may be had now. */
    wm_park_fence();
    wm_park_look(&sink->park);
    wm_sink_leave(sink);
    if (taken != NULL)
        *taken = done;
    return WANMI_OK;
}

wanmi_status wanmi_sink_ack(wanmi_dispatch *d, uint32_t sink, const uint64_t *tickets,
                            const uint8_t *outcomes, size_t count, size_t *taken,
                            wanmi_error *error)
{
    wanmi_status status = check(d, tickets, outcomes, count, error);
    return status == WANMI_OK ? with_tickets(d, sink, tickets, count, taken, answer, outcomes, error)
                              : status;
}

wanmi_status wanmi_sink_extend(wanmi_dispatch *d, uint32_t sink, const uint64_t *tickets,
                               size_t count, int64_t lease_us, size_t *taken, wanmi_error *error)
{
    wanmi_status status = check(d, tickets, tickets, count, error);
    if (status != WANMI_OK)
        return status;
    if (lease_us <= 0)
        return wm_error(error, WANMI_E_ARGUMENT, "a lease is longer than 0 us");
    return with_tickets(d, sink, tickets, count, taken, extend, &lease_us, error);
}
