/* What a lane takes from its rings: which ring comes next, and how many of its
 * records may be handed over together. The same for lanes with a callback and for
 * those that are polled. */
#include "internal.h"

/* Urgent batches in a row after which an ordinary one is served. */
enum { URGENT_RUN_MAX = 8 };

static const uint32_t *keys_at(const wm_link *link)
{
    return link->keys + (wanmi_ring_released(link->ring) & link->mask);
}

bool wm_run_show(wm_link *link, size_t limit, wm_run *run)
{
    const void *records;
    size_t count = wanmi_ring_take(link->ring, limit, &records);
    if (count != 0)
        *run = (wm_run){.link = link, .batch = records, .keys = keys_at(link), .count = count, .shown = count};
    return count != 0;
}

static bool held(const wm_lane *lane, const wm_run *run, size_t i)
{
    return wm_parking_find(&lane->parking, run->link, run->keys[i]) != WANMI_NONE;
}

/* Parks the records at the front whose key has earlier ones in the parking. */
static size_t park_held(wm_lane *lane, const wm_run *run)
{
    wm_link *link = run->link;
    size_t count = 0;
    while (count < run->count && wm_parking_room(&lane->parking) != 0 && held(lane, run, count)) {
        uint32_t at = wm_parking_add(&lane->parking, link, run->keys[count], &run->batch[count], false);
        wm_sample_park(link, count, &lane->parking.parked[at]);
        count++;
    }
    if (count == 0)
        return 0;
    /* Before the ring gives them back: see wm_producer_rests. */
    wm_link_parked(link, (int)count);
    wm_side_open(&link->lane);
    wm_side_add(&link->lane, WM_PARKED, count);
    wanmi_ring_release(link->ring, count);
    wm_side_close(&link->lane);
    return count;
}

/* Ends the run where the parking could not take its records, or before the first
 * that must wait. Gives false when none is left. */
static bool cut_to_parking(wm_lane *lane, wm_run *run, bool ordered)
{
    size_t room = wm_parking_room(&lane->parking), count = 0;
    if (room == 0) {
        lane->stuck = true;
        return false;
    }
    if (run->count > room)
        run->count = room;
    if (ordered) {
        while (count < run->count && !held(lane, run, count))
            count++;
        run->count = count;
    }
    return true;
}

bool wm_run_take(wm_lane *lane, wm_link *link, size_t limit, wm_run *run)
{
    const wm_sink *sink = lane->sink;
    if (atomic_load_explicit(&link->room_wanted, memory_order_relaxed) != 0)
        wm_run_make_room(lane, link);
    while (wm_run_show(link, limit, run)) {
        if (!wm_parks(sink))
            return true;
        bool ordered = sink->def.order != WANMI_ORDER_NONE && wm_link_parked_count(link) != 0;
        if (ordered && park_held(lane, run) != 0)
            continue;
        if (!cut_to_parking(lane, run, ordered))
            return false;
        if (lane->seen != NULL)
            run->count = wm_seen_run(lane->seen, run->keys, run->count);
        return true;
    }
    return false;
}

/* The next run of one band, producers in turn. */
static bool next_of_band(wm_lane *lane, uint32_t band, size_t limit, wm_run *run)
{
    const wm_sink *sink = lane->sink;
    uint32_t producers = wm_producer_count(sink->dispatch);
    uint32_t at = lane->turn[band] < producers ? lane->turn[band] : 0;
    for (uint32_t i = 0; i < producers; i++) {
        wm_block *block = wm_block_at(sink, at);
        at = at + 1 < producers ? at + 1 : 0;
        if (block == NULL)
            continue;
        bool taken = wm_run_take(lane, wm_link_of(block, lane, band), limit, run);
        if (taken || lane->stuck) {
            /* Also when it only filled the parking: else it would be the first to
             * do so each time, and the others would never come. */
            lane->turn[band] = at;
            return taken;
        }
    }
    return false;
}

bool wm_run_next(wm_lane *lane, size_t limit, wm_run *run)
{
    bool two = lane->sink->bands == WM_BANDS_MAX, tired = lane->urgent_run >= URGENT_RUN_MAX;
    lane->stuck = false;
    if (two && !tired) {
        bool taken = next_of_band(lane, 0, limit, run);
        lane->urgent_run += taken || lane->stuck;
        if (taken || lane->stuck)
            return taken;
    }
    lane->urgent_run = 0;
    bool taken = next_of_band(lane, two, limit, run);
    if (taken || lane->stuck || !tired)
        return taken;
    taken = next_of_band(lane, 0, limit, run);
    lane->urgent_run = taken;
    return taken;
}

void wm_run_make_room(wm_lane *lane, wm_link *link)
{
    uint32_t wanted = atomic_exchange_explicit(&link->room_wanted, 0, memory_order_acq_rel);
    size_t depth = wanmi_ring_depth(link->ring), free_places = link->mask + 1 - depth;
    wm_run run;
    /* A ring's end may cut a run short: two suffice. */
    for (int i = 0; i < 2 && wanted > free_places; i++) {
        if (!wm_run_show(link, wanted - free_places, &run))
            return;
        wm_run_bury(lane, &run, WM_DEAD_DROPPED, WANMI_REASON_DROPPED, false);
        free_places += run.count;
    }
}

/* ---- keys that come again -------------------------------------------------------- */

enum { SEEN_KEYS = 1024, SEEN_PLACES = 2048, SEEN_SHIFT = 32 - 11 };

/* A set of keys, emptied by a new stamp. Never more than half full. */
struct wm_seen {
    uint32_t stamp;
    struct {
        uint32_t stamp, key;
    } places[SEEN_PLACES];
};

wm_seen *wm_seen_make(const wanmi_host *host)
{
    return wm_alloc_zero(host, sizeof(wm_seen));
}

void wm_seen_free(const wanmi_host *host, wm_seen *seen)
{
    wm_free(host, seen, sizeof *seen);
}

/* Adds a key; false when it is there. */
static bool seen_first(wm_seen *seen, uint32_t key)
{
    uint32_t at = key * 0x9E3779B1u >> SEEN_SHIFT;
    while (seen->places[at].stamp == seen->stamp) {
        if (seen->places[at].key == key)
            return false;
        at = (at + 1) % SEEN_PLACES;
    }
    seen->places[at].stamp = seen->stamp;
    seen->places[at].key = key;
    return true;
}

size_t wm_seen_run(wm_seen *seen, const uint32_t *keys, size_t count)
{
    if (++seen->stamp == 0) {               /* once in 2^32 batches: old stamps would be taken for new */
        for (uint32_t i = 0; i < SEEN_PLACES; i++)
            seen->places[i].stamp = 0;
        seen->stamp = 1;
    }
    size_t different = 0, most = count < SEEN_KEYS ? count : SEEN_KEYS;
    while (different < most && seen_first(seen, keys[different]))
        different++;
    return different;
}
