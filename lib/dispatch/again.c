/* Deliveries that are parked: handed over once more, ended, buried. */
#include <string.h>

#include "internal.h"

/* What one callback gets of the parking. */
enum { AGAIN_MAX = 256, DOUBLINGS_MAX = 40 };

struct wm_again {
    size_t count;
    uint32_t places[AGAIN_MAX];
    wanmi_delivery batch[AGAIN_MAX];
};

wm_again *wm_again_make(const wanmi_host *host)
{
    return wm_alloc_zero(host, sizeof(wm_again));
}

void wm_again_free(const wanmi_host *host, wm_again *again)
{
    wm_free(host, again, sizeof *again);
}

/* Numbers that lanes do not share (xorshift64*). */
static uint64_t next_random(wm_lane *lane)
{
    uint64_t x = lane->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    lane->random = x;
    return x * 0x2545F4914F6CDD1Du;
}

int64_t wm_backoff_ns(wm_lane *lane, uint32_t attempts)
{
    const wanmi_sink_def *def = &lane->sink->def;
    int64_t us = def->retry_base_us;
    for (uint32_t i = 1; i < attempts && i < DOUBLINGS_MAX && us < def->retry_max_us; i++)
        us = us > INT64_MAX / 2 ? INT64_MAX : us * 2;
    us = us < def->retry_max_us ? us : def->retry_max_us;
    us = us < INT64_MAX / 4000 ? us : INT64_MAX / 4000;     /* 70 years */
    uint64_t half = (uint64_t)us * 500;
    return (int64_t)(half + next_random(lane) % (half + 1));
}

/* ---- one delivery ------------------------------------------------------------------- */

static wm_queue *queue_of(wm_lane *lane, uint32_t at)
{
    return &lane->parking.queues[lane->parking.parked[at].queue];
}

static bool stage(wm_lane *lane, const wm_parked *parked, wanmi_reason reason, bool patient)
{
    int64_t now_us = wm_now_us(&lane->sink->dispatch->host);
    wanmi_dead_letter *letter;
    wm_wait wait = {0};
    while ((letter = wm_letters_place(&lane->letters, 1)) == NULL)
        if (!patient || !wm_letters_await(lane, &wait))
            return false;
    *letter = (wanmi_dead_letter){.delivery = parked->delivery, .dead_us = now_us,
                                  .first_seen_us = parked->attempts != 0 ? parked->first_us : now_us,
                                  .sink = lane->sink->number, .sink_name = lane->sink->def.name,
                                  .attempts = parked->attempts, .reason = (uint16_t)reason};
    return true;
}

/* Takes one out of the parking; `from` is where it is counted, `to` where it ends. */
static void leave(wm_lane *lane, uint32_t at, enum wm_figure from, enum wm_figure to,
                  wanmi_reason reason, bool patient)
{
    const wm_parked *parked = &lane->parking.parked[at];
    wm_link *link = queue_of(lane, at)->link;
    bool staged = reason != WANMI_REASON_NONE && stage(lane, parked, reason, patient);
    if (!staged)
        wm_generations_add(&lane->ended, wm_generation_place(&parked->delivery), 1);
    wm_side_open(&link->lane);
    wm_side_take(&link->lane, from, 1);
    wm_side_add(&link->lane, to, 1);
    wm_side_add(&link->lane, WM_UNWRITTEN, reason != WANMI_REASON_NONE && !staged);
    wm_letters_publish(&lane->letters, &link->lane);
    wm_side_close(&link->lane);
    if (parked->sample_ns != 0 && (to == WM_DELIVERED || to == WM_DEAD_SINK || to == WM_DEAD_ATTEMPTS))
        wm_sample_parked_end(lane, parked);
    wm_parking_remove(&lane->parking, at);
    wm_link_parked(link, -1);
}

static void move(wm_link *link, enum wm_figure from, enum wm_figure to, enum wm_figure count)
{
    wm_side_open(&link->lane);
    wm_side_take(&link->lane, from, 1);
    wm_side_add(&link->lane, to, 1);
    wm_side_add(&link->lane, count, 1);
    wm_side_close(&link->lane);
}

/* No attempt is left to it, or none may begin any more. */
static bool exhausted(const wm_lane *lane, const wm_parked *parked, int64_t now_ns)
{
    const wanmi_sink_def *def = &lane->sink->def;
    return (def->attempts_max != 0 && parked->attempts >= def->attempts_max)
           || (parked->attempts != 0 && (now_ns - parked->first_ns) / 1000 > def->retry_for_us);
}

/* Says when a queue comes next, after one of it has come back or gone: not before
 * all that are handed out have. */
static void next(wm_lane *lane, uint32_t queue, int64_t now_ns)
{
    wm_parking *p = &lane->parking;
    const wm_queue *q = &p->queues[queue];
    if (q->first == WANMI_NONE || q->out != 0)
        return;
    const wm_parked *first = &p->parked[q->first];
    bool wait = first->attempts != 0 && !first->lapsed;
    wm_parking_due(p, q->first, wait ? now_ns + wm_backoff_ns(lane, first->attempts) : now_ns);
}

void wm_again_out(wm_lane *lane, uint32_t at, enum wm_figure to, int64_t now_ns)
{
    wm_parked *parked = &lane->parking.parked[at];
    if (parked->attempts == 0) {
        parked->first_ns = now_ns;
        parked->first_us = wm_now_us(&lane->sink->dispatch->host);
    }
    parked->attempts += parked->attempts < UINT16_MAX;
    parked->stance = WM_STANCE_OUT;
    parked->lapsed = false;
    parked->uses++;
    queue_of(lane, at)->out++;
    wm_link *link = queue_of(lane, at)->link;
    wm_side_open(&link->lane);
    wm_side_take(&link->lane, WM_PARKED, 1);
    wm_side_add(&link->lane, to, 1);
    wm_side_close(&link->lane);
}

void wm_again_answer(wm_lane *lane, uint32_t at, enum wm_figure from, uint8_t outcome,
                     int64_t now_ns)
{
    wm_parked *parked = &lane->parking.parked[at];
    wm_queue *q = queue_of(lane, at);
    uint32_t queue = parked->queue;
    q->out--;
    wm_parking_hold(&lane->parking, at);
    if (outcome == WANMI_DELIVERED) {
        leave(lane, at, from, WM_DELIVERED, WANMI_REASON_NONE, false);
    } else if (!wm_refused(outcome)) {
        leave(lane, at, from, WM_DEAD_SINK, WANMI_REASON_SINK, false);
    } else if (exhausted(lane, parked, now_ns)) {
        leave(lane, at, from, WM_DEAD_ATTEMPTS, WANMI_REASON_ATTEMPTS, false);
    } else {
        parked->stance = WM_STANCE_WAITS;
        if (outcome == WANMI_UNKNOWN)
            parked->delivery.flags |= WANMI_DELIVERY_REPEAT;
        move(q->link, from, WM_PARKED, WM_RETRIED);
    }
    next(lane, queue, now_ns);
}

void wm_again_lapse(wm_lane *lane, uint32_t at, int64_t now_ns)
{
    wm_parked *parked = &lane->parking.parked[at];
    wm_queue *q = queue_of(lane, at);
    uint32_t queue = parked->queue;
    q->out--;
    wm_parking_hold(&lane->parking, at);
    if (exhausted(lane, parked, now_ns)) {
        leave(lane, at, WM_LEASED, WM_DEAD_ATTEMPTS, WANMI_REASON_ATTEMPTS, false);
    } else {
        parked->stance = WM_STANCE_WAITS;
        parked->delivery.flags |= WANMI_DELIVERY_REPEAT;
        parked->lapsed = true;
        move(q->link, WM_LEASED, WM_PARKED, WM_REPEATED);
    }
    next(lane, queue, now_ns);
}

uint32_t wm_again_first(wm_lane *lane, int64_t now_ns)
{
    wm_parking *p = &lane->parking;
    for (uint32_t at; (at = wm_parking_first(p)) != WANMI_NONE && p->parked[at].due_ns <= now_ns;) {
        const wm_parked *parked = &p->parked[at];
        uint32_t queue = parked->queue;
        if (parked->stance == WM_STANCE_OUT) {
            wm_again_lapse(lane, at, now_ns);
            continue;
        }
        if (!exhausted(lane, parked, now_ns))
            return queue;
        leave(lane, at, WM_PARKED, WM_DEAD_ATTEMPTS, WANMI_REASON_ATTEMPTS, false);
        next(lane, queue, now_ns);
    }
    return WANMI_NONE;
}

void wm_again_bury(wm_lane *lane, enum wm_figure figure, wanmi_reason reason)
{
    wm_parking *p = &lane->parking;
    for (uint32_t at = 0; at < p->capacity && p->used != 0; at++) {
        if (p->parked[at].stance == WM_STANCE_FREE)
            continue;
        bool leased = p->parked[at].stance == WM_STANCE_OUT;
        if (leased)
            queue_of(lane, at)->out--;
        leave(lane, at, leased ? WM_LEASED : WM_PARKED, figure, reason, true);
    }
    wm_wake_dead(lane);
}

/* ---- a callback's batch of them ------------------------------------------------------------ */

/* The queue's deliveries that may go together. */
static void gather_queue(wm_lane *lane, uint32_t queue, size_t limit, int64_t now_ns)
{
    wm_again *again = lane->again;
    wm_parking *p = &lane->parking;
    bool several = lane->sink->def.order == WANMI_ORDER_BATCH;
    uint32_t at = p->queues[queue].first;
    wm_parking_hold(p, at);
    do {
        wm_again_out(lane, at, WM_AGAIN, now_ns);
        again->batch[again->count] = p->parked[at].delivery;
        again->places[again->count++] = at;
        at = p->parked[at].after;
    } while (several && at != WANMI_NONE && again->count < limit
             && !exhausted(lane, &p->parked[at], now_ns));
}

size_t wm_again_gather(wm_lane *lane, size_t limit, const wanmi_delivery **batch)
{
    lane->again->count = 0;
    if (limit > AGAIN_MAX)
        limit = AGAIN_MAX;
    int64_t now_ns = wm_steady_ns(&lane->sink->dispatch->host);
    uint32_t queue;
    while (lane->again->count < limit && (queue = wm_again_first(lane, now_ns)) != WANMI_NONE)
        gather_queue(lane, queue, limit, now_ns);
    /* Some may have ended instead. */
    wm_wake_dead(lane);
    *batch = lane->again->batch;
    return lane->again->count;
}

size_t wm_again_settle(wm_lane *lane)
{
    int64_t now_ns = wm_steady_ns(&lane->sink->dispatch->host);
    size_t refused = 0;
    for (size_t i = 0; i < lane->again->count; i++) {
        refused += wm_refused(lane->outcomes[i]);
        wm_again_answer(lane, lane->again->places[i], WM_AGAIN, lane->outcomes[i], now_ns);
    }
    wm_wake_dead(lane);
    return refused;
}
