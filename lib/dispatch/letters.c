/* Dead letters: each thread's ring to the dead-letter thread, and that thread. */
#include <string.h>

#include "internal.h"

/* Letters a callback; how long it sleeps while there is something to tidy. */
enum { LETTERS_MAX = 512, TIDY_NS = 50 * 1000 * 1000 };

wanmi_status wm_letters_open(wm_letters *letters, wanmi_dispatch *d, wanmi_error *error)
{
    *letters = (wm_letters){.reader = &d->dead_park};
    if (d->options.dead == NULL)
        return WANMI_OK;
    return wanmi_ring_create(sizeof(wanmi_dead_letter), d->options.dead_capacity, &d->ring_host,
                             &letters->ring, error);
}

void wm_letters_drop(wm_letters *letters)
{
    wanmi_ring_free(letters->ring);
    letters->ring = NULL;
}

wanmi_dead_letter *wm_letters_place(wm_letters *letters, size_t wanted)
{
    if (letters->staged == letters->room) {
        if (letters->staged != 0 || letters->ring == NULL)
            return NULL;
        void *places;
        letters->room = wanmi_ring_reserve(letters->ring, wanted, &places);
        letters->places = places;
        if (letters->room == 0)
            return NULL;
    }
    return &letters->places[letters->staged++];
}

void wm_letters_publish(wm_letters *letters, wm_side *side)
{
    if (letters->staged == 0)
        return;
    wm_side_add(side, WM_LETTERS, letters->staged);
    wanmi_ring_publish(letters->ring, letters->staged);
    letters->staged = letters->room = 0;
    letters->sent = true;
}

void wm_letters_look(wm_letters *letters)
{
    if (!letters->sent)
        return;
    letters->sent = false;
    wm_park_look(letters->reader);
}

/* The dead-letter callback has lasted too long to be waited for. */
static bool dead_hangs(const wanmi_dispatch *d)
{
    int64_t began_ns = atomic_load_explicit(&d->dead_began_ns, memory_order_acquire);
    int64_t limit_us = d->options.dead_hung_us;
    return began_ns != 0 && limit_us != 0 && (wm_steady_ns(&d->host) - began_ns) / 1000 > limit_us;
}

bool wm_letters_await(wm_lane *lane, wm_wait *wait)
{
    if (lane->letters.ring == NULL || dead_hangs(lane->sink->dispatch))
        return false;
    wm_wake_dead(lane);
    wm_wait_more(wait);
    return true;
}

/* The sink of a number, gone or not: it is not forgotten while letters of it are
 * on their way. */
static wm_sink *sink_of(const wanmi_dispatch *d, uint32_t number)
{
    wm_sink *sink = wm_sink_at(d, wm_place_of(number));
    while (sink->number != number)
        sink = sink->older;
    return sink;
}

/* Counts letters that have left, of one sink after another. */
static void count_done(wanmi_dispatch *d, const wanmi_dead_letter *letters, size_t count,
                       size_t written)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i; end < count && letters[end].sink == letters[i].sink; end++)
            wm_generations_add(&d->letters_ended, wm_generation_place(&letters[end].delivery), 1);
        size_t wrote = written <= i ? 0 : (written < end ? written : end) - i;
        wm_side *side = &sink_of(d, letters[i].sink)->letters_done;
        wm_side_open(side);
        wm_side_add(side, WM_LETTERS_DONE, end - i);
        wm_side_add(side, WM_UNWRITTEN, end - i - wrote);
        wm_side_close(side);
    }
}

static bool write_some(wanmi_dispatch *d, wanmi_ring *ring)
{
    const void *records;
    size_t count = wanmi_ring_take(ring, LETTERS_MAX, &records);
    if (count == 0)
        return false;
    const wanmi_dead_letter *letters = records;
    int64_t began_ns = wm_steady_ns(&d->host);
    atomic_store_explicit(&d->dead_began_ns, began_ns + (began_ns == 0), memory_order_release);
    size_t written = d->options.dead(d->options.dead_user, letters, count);
    atomic_store_explicit(&d->dead_began_ns, 0, memory_order_release);
    count_done(d, letters, count, written < count ? written : count);
    wanmi_ring_release(ring, count);
    return true;
}

static bool write_sinks(wanmi_dispatch *d, uint32_t place)
{
    bool any = false;
    for (wm_sink *sink = wm_sink_at(d, place); sink != NULL; sink = sink->older)
        for (uint32_t j = 0; j < sink->def.lanes; j++)
            any |= write_some(d, sink->lanes[j].letters.ring);
    return any;
}

/* One batch of every ring that has one. */
static bool write_round(void *dispatch)
{
    wanmi_dispatch *d = dispatch;
    bool any = false;
    uint32_t producers = wm_producer_count(d);
    pthread_mutex_lock(&d->dead_lock);
    for (uint32_t i = 0; i < producers; i++)
        any |= write_some(d, d->producers[i]->letters.ring);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        any |= write_sinks(d, i);
    pthread_mutex_unlock(&d->dead_lock);
    if (!any && atomic_load(&d->remembered) != 0)
        wm_roster_tidy(d);
    return any;
}

/* While a sink is to be forgotten it looks again: another may have been in its way. */
static int64_t nap_ns(void *dispatch)
{
    const wanmi_dispatch *d = dispatch;
    return atomic_load(&d->remembered) != 0 ? TIDY_NS : INT64_MAX;
}

void *wm_dead_run(void *dispatch)
{
    wanmi_dispatch *d = dispatch;
    pthread_setname_np(pthread_self(), "wm-dead-letters");
    atomic_store(&d->dead_thread_id, wm_thread_id());
    wm_park_serve(&d->dead_park, &(wm_service){.round = write_round, .nap_ns = nap_ns, .argument = d,
                                               .end = &d->dead_end});
    atomic_store(&d->dead_thread_id, 0);
    return NULL;
}
