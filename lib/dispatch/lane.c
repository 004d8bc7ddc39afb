/* A lane: the thread that hands one share of a sink's deliveries to its callback. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* What became of the first records of a batch, not yet in the figures. */
typedef struct part {
    size_t count, delivered, sink, attempts, shutdown, unwritten;
} part;

static void open_batch(wm_link *link, size_t count)
{
    wm_side_open(&link->lane);
    wm_side_set(&link->lane, WM_IN_CALLBACK, count);
    wm_side_add(&link->lane, WM_BATCHES, 1);
    wm_side_close(&link->lane);
}

/* Puts a part into the figures and gives its records back, in one change: so no
 * reading sees a delivery both pending and ended, or neither. */
static void settle_part(wm_lane *lane, wm_link *link, part *p, bool in_callback)
{
    wm_side *side = &link->lane;
    wm_side_open(side);
    wm_side_add(side, WM_DELIVERED, p->delivered);
    wm_side_add(side, WM_DEAD_SINK, p->sink);
    wm_side_add(side, WM_DEAD_ATTEMPTS, p->attempts);
    wm_side_add(side, WM_DEAD_SHUTDOWN, p->shutdown);
    wm_side_add(side, WM_UNWRITTEN, p->unwritten);
    if (in_callback)
        wm_side_set(side, WM_IN_CALLBACK, wm_side_get(side, WM_IN_CALLBACK) - p->count);
    wm_letters_publish(&lane->letters, side);
    wanmi_ring_release(link->ring, p->count);
    wm_side_close(side);
    *p = (part){0};
}

/* Stages the letter of one delivery of which `left` more may follow; gives false
 * when there is no room for it. */
static bool stage_letter(wm_lane *lane, wm_link *link, part *p, const wanmi_dead_letter *letter,
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

static void wake_dead(wm_lane *lane)
{
    if (lane->letters.sent) {
        wm_park_fence();
        wm_letters_look(&lane->letters);
    }
}

/* Whether any outcome is not WANMI_DELIVERED. */
static bool any_bad(const uint8_t *outcomes, size_t count)
{
    unsigned all = 0;
    for (size_t i = 0; i < count; i++)
        all |= outcomes[i];
    return all != WANMI_DELIVERED;
}

static void settle_mixed(wm_lane *lane, wm_link *link, const wanmi_delivery *batch, size_t count,
                         int64_t first_us)
{
    wanmi_dispatch *d = lane->sink->dispatch;
    part p = {0};
    wanmi_dead_letter letter = {.first_seen_us = first_us, .dead_us = wm_now_us(&d->host),
                                .sink = lane->sink->index, .attempts = 1};
    for (size_t i = 0; i < count; i++) {
        if (lane->outcomes[i] != WANMI_DELIVERED) {
            bool retry = lane->outcomes[i] == WANMI_RETRY;
            letter.reason = retry ? WANMI_REASON_ATTEMPTS : WANMI_REASON_SINK;
            letter.delivery = batch[i];
            /* Staging may settle the part before: count this one after it. */
            bool staged = stage_letter(lane, link, &p, &letter, count - i, true);
            p.unwritten += !staged;
            p.attempts += retry;
            p.sink += !retry;
        } else {
            p.delivered++;
        }
        p.count++;
    }
    settle_part(lane, link, &p, true);
}

static void deliver(wm_lane *lane, wm_link *link, const wanmi_delivery *batch, size_t count)
{
    wm_sink *sink = lane->sink;
    open_batch(link, count);
    memset(lane->outcomes, WANMI_DELIVERED, count);
    int64_t first_us = wm_now_us(&sink->dispatch->host);
    sink->def.deliver(sink->def.user, batch, count, lane->outcomes);
    if (any_bad(lane->outcomes, count))
        settle_mixed(lane, link, batch, count, first_us);
    else
        settle_part(lane, link, &(part){.count = count, .delivered = count}, true);
    wake_dead(lane);
}

/* Stopped: what is pending is dead. Waits for room for the letters, for the
 * dead-letter thread lives until all lanes have ended. */
static void bury(wm_lane *lane, wm_link *link, const wanmi_delivery *batch, size_t count)
{
    wanmi_dispatch *d = lane->sink->dispatch;
    int64_t now = wm_now_us(&d->host);
    wanmi_dead_letter letter = {.first_seen_us = now, .dead_us = now, .sink = lane->sink->index,
                                .reason = WANMI_REASON_SHUTDOWN};
    part p = {0};
    wm_wait wait = {0};
    for (size_t i = 0; i < count; i++) {
        letter.delivery = batch[i];
        bool staged;
        while (!(staged = stage_letter(lane, link, &p, &letter, count - i, false))
               && lane->letters.ring != NULL) {
            wake_dead(lane);
            wm_wait_more(&wait);
        }
        p.unwritten += !staged;
        p.shutdown++;
        p.count++;
    }
    settle_part(lane, link, &p, false);
    wake_dead(lane);
}

/* One batch of every producer that has one, in turn. */
static bool serve_round(void *argument)
{
    wm_lane *lane = argument;
    wanmi_dispatch *d = lane->sink->dispatch;
    bool any = false;
    uint32_t producers = wm_producer_count(d);
    for (uint32_t i = 0; i < producers; i++) {
        wm_link *link = &d->producers[i]->links[lane->index];
        const void *batch;
        size_t count = wanmi_ring_take(link->ring, lane->sink->def.batch_max, &batch);
        if (count == 0)
            continue;
        any = true;
        if (wm_flag(&d->stopping))
            bury(lane, link, batch, count);
        else
            deliver(lane, link, batch, count);
    }
    return any;
}

static void name_thread(const wm_lane *lane)
{
    char sink[9], name[16];         /* the system takes 15 bytes */
    wm_text_fit(sink, sizeof sink, lane->sink->name);
    snprintf(name, sizeof name, "wm-%s-%u", sink, lane->number % 100);
    pthread_setname_np(pthread_self(), name);
}

void *wm_lane_run(void *argument)
{
    wm_lane *lane = argument;
    wanmi_dispatch *d = lane->sink->dispatch;
    name_thread(lane);
    wm_park_serve(&lane->park, &(wm_service){.round = serve_round, .argument = lane, .end = &d->lanes_end});
    return NULL;
}
