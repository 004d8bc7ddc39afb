/* What becomes of a batch of a ring: figures, letters, and what is parked. */
#include "internal.h"

void wm_generations_add_run(wm_generations *g, const wanmi_delivery *deliveries, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        uint32_t place = wm_generation_place(&deliveries[i]);
        for (end = i + 1; end < count && wm_generation_place(&deliveries[end]) == place; end++)
            ;
        wm_generations_add(g, place, end - i);
    }
}

/* Puts a part into the figures and gives its records back, in one change: so no
 * reading sees a delivery both pending and ended, or neither. */
static void settle_part(wm_lane *lane, wm_link *link, wm_part *p, bool in_callback)
{
    wm_side *side = &link->lane;
    if (p->parked != 0)
        wm_link_parked(link, (int)p->parked);
    wm_side_open(side);
    wm_side_add(side, WM_DELIVERED, p->delivered);
    wm_side_add(side, WM_DEAD_SINK, p->sink);
    wm_side_add(side, WM_DEAD_ATTEMPTS, p->attempts);
    wm_side_add(side, p->figure, p->dead);
    wm_side_add(side, WM_UNWRITTEN, p->unwritten);
    wm_side_add(side, WM_PARKED, p->parked);
    wm_side_add(side, WM_RETRIED, p->parked);
    if (in_callback)
        wm_side_take(side, WM_IN_CALLBACK, p->count);
    wm_letters_publish(&lane->letters, side);
    wanmi_ring_release(link->ring, p->count);
    wm_side_close(side);
    wm_sample_passed(lane, link, in_callback);
    *p = (wm_part){.figure = p->figure};
}

/* Stages the letter of one delivery of which `left` more may follow; gives false
 * when there is no room for it. */
static bool stage_letter(wm_lane *lane, wm_link *link, wm_part *p, const wanmi_dead_letter *letter,
                         size_t left, bool in_callback)
{
    wanmi_dead_letter *place = wm_letters_place(&lane->letters, left);
    if (place == NULL && lane->letters.staged != 0) {
        settle_part(lane, link, p, in_callback);
        place = wm_letters_place(&lane->letters, left);
    }
    if (place == NULL)
        return false;
    *place = *letter;
    return true;
}

void wm_wake_dead(wm_lane *lane)
{
    if (lane->letters.sent) {
        wm_park_fence();
        wm_letters_look(&lane->letters);
    }
}

static void park(wm_lane *lane, const wm_run *run, size_t i, size_t ahead, const wm_times *times)
{
    uint32_t at = wm_parking_add(&lane->parking, run->link, run->keys[i], &run->batch[i],
                                 lane->sink->def.order == WANMI_ORDER_NONE);
    wm_parked *parked = &lane->parking.parked[at];
    parked->attempts = 1;
    wm_sample_park(run->link, ahead, parked);
    if (lane->outcomes[i] == WANMI_UNKNOWN)
        parked->delivery.flags |= WANMI_DELIVERY_REPEAT;
    parked->first_us = times->began_us;
    parked->first_ns = times->began_ns;
    if (lane->parking.queues[parked->queue].first == at)
        wm_parking_due(&lane->parking, at, times->ended_ns + wm_backoff_ns(lane, 1));
}

static bool any_bad(const uint8_t *outcomes, size_t count)
{
    unsigned all = 0;
    for (size_t i = 0; i < count; i++)
        all |= outcomes[i];
    return all != WANMI_DELIVERED;
}

static size_t settle_mixed(wm_lane *lane, const wm_run *run, const wm_times *times)
{
    bool again = lane->sink->def.attempts_max != 1;
    size_t refused = 0;
    wm_part p = {.figure = WM_DEAD_SINK};
    wanmi_dead_letter letter = {.first_seen_us = times->began_us, .dead_us = times->ended_us,
                                .sink = lane->sink->number, .sink_name = lane->sink->def.name,
                                .attempts = 1};
    for (size_t i = 0; i < run->count; i++, p.count++) {
        uint8_t outcome = lane->outcomes[i];
        bool retry = wm_refused(outcome);
        refused += retry;
        if (retry && again) {
            park(lane, run, i, p.count, times);
            p.parked++;
            continue;
        }
        bool staged = false;
        if (outcome != WANMI_DELIVERED) {
            letter.reason = retry ? WANMI_REASON_ATTEMPTS : WANMI_REASON_SINK;
            letter.delivery = run->batch[i];
            /* Staging may settle the part before: count this one after it. */
            staged = stage_letter(lane, run->link, &p, &letter, run->count - i, true);
            p.unwritten += !staged;
        }
        if (!staged)
            wm_generations_add(&lane->ended, wm_generation_place(&run->batch[i]), 1);
        p.delivered += outcome == WANMI_DELIVERED;
        p.attempts += retry;
        p.sink += !retry && outcome != WANMI_DELIVERED;
    }
    settle_part(lane, run->link, &p, true);
    return refused;
}

size_t wm_settle_run(wm_lane *lane, const wm_run *run, int64_t began_ns)
{
    size_t refused = 0;
    if (any_bad(lane->outcomes, run->count)) {
        const wanmi_host *host = &lane->sink->dispatch->host;
        wm_times times = {.began_ns = began_ns, .ended_ns = wm_steady_ns(host),
                          .ended_us = wm_now_us(host)};
        times.began_us = times.ended_us - (times.ended_ns - began_ns) / 1000;
        refused = settle_mixed(lane, run, &times);
        lane->ended_ns = 0;
    } else {
        wm_generations_add_run(&lane->ended, run->batch, run->count);
        wm_part p = {.count = run->count, .delivered = run->count, .figure = WM_DEAD_SINK};
        settle_part(lane, run->link, &p, true);
    }
    wm_wake_dead(lane);
    return refused;
}

void wm_run_bury(wm_lane *lane, const wm_run *run, enum wm_figure figure, wanmi_reason reason,
                 bool patient)
{
    int64_t now = wm_now_us(&lane->sink->dispatch->host);
    wanmi_dead_letter letter = {.first_seen_us = now, .dead_us = now, .sink = lane->sink->number,
                                .sink_name = lane->sink->def.name, .reason = (uint16_t)reason};
    wm_part p = {.figure = figure};
    wm_wait wait = {0};
    for (size_t i = 0; i < run->count; i++) {
        letter.delivery = run->batch[i];
        bool staged;
        while (!(staged = stage_letter(lane, run->link, &p, &letter, run->count - i, false))
               && patient && wm_letters_await(lane, &wait))
            ;
        if (!staged)
            wm_generations_add(&lane->ended, wm_generation_place(&run->batch[i]), 1);
        p.unwritten += !staged;
        p.dead++;
        p.count++;
    }
    settle_part(lane, run->link, &p, false);
    wm_wake_dead(lane);
}
