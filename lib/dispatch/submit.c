/* Submitting: the producer's way from an array of deliveries into the rings. */
#include "submit.h"

#include <string.h>

#include "stream.h"

/* So few that places for both bands need not be asked for. */
enum { FEW = 4, AHEAD = 16 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The fence at the end of a submit waits until this processor has each line that was
 * written, and the lane's has had them since the last time round: a small submit asks
 * early for those of the next ones. (For large ones it does harm: those lines are asked
 * for by the lane's processor as well, which reads ahead.) */
static void ask_for_places(const wm_link *link)
{
    for (size_t i = AHEAD - link->staged; i < AHEAD; i++)
        wm_prefetch_to_write(link->places + link->staged + i);
    wm_prefetch_to_write(link->key_places + link->staged + AHEAD);
}

static void publish(wm_call *c, uint32_t number)
{
    const wm_sink *sink = c->block->sink;
    wm_link *link = &c->block->links[number];
    link->unsampled += link->staged;
    if (link->unsampled >= WM_SAMPLE_EVERY || wm_park_sleeps(sink->lanes[number / sink->bands].park))
        wm_sample_begin(link, &c->producer->dispatch->host);
    if (c->small)
        ask_for_places(link);
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
                                      .sink = sink->number, .sink_name = sink->def.name,
                                      .reason = (uint16_t)reason};
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

/* ---- several lanes, or few: one by one ------------------------------------------------ */

/* Places for the next records of the link, of which `wanted` may come; 0: it is full. */
static size_t places_in(wm_call *c, uint32_t number, size_t wanted)
{
    wm_link *link = &c->block->links[number];
    size_t places = link->room - link->staged;
    if (places >= wanted || (places != 0 && link->staged != 0))
        return places;
    if (link->staged != 0)
        publish(c, number);
    wm_room_reserve(link, wanted);
    return link->room;
}

/* The first of `left` deliveries. */
static void submit_one(wm_call *c, const wanmi_delivery *delivery, const uint32_t *key, size_t left)
{
    uint32_t number = wm_link_number(c->block->sink, delivery, *key);
    wm_link *link = &c->block->links[number];
    if (link->staged == link->room && places_in(c, number, left) == 0
        && !room_or_buried(c, number, delivery, key, left))
        return;
    link->places[link->staged] = *delivery;
    link->key_places[link->staged++] = *key;
    c->staged |= (uint64_t)1 << number;
}

static void submit_each(wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        submit_one(c, &deliveries[i], &keys[i], count - i);
}

/* ---- one lane: many at a time -------------------------------------------------------- */

/* Stages records of one band, for which there are places: the ring's memory is as the
 * array. */
static void stage_run(wm_link *link, const wanmi_delivery *deliveries, const uint32_t *keys, size_t count)
{
    memcpy(link->places + link->staged, deliveries, count * sizeof *deliveries);
    memcpy(link->key_places + link->staged, keys, count * sizeof *keys);
    link->staged += count;
}

/* One band. */
static void submit_band(wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys, size_t count)
{
    wm_link *link = &c->block->links[0];
    while (count != 0) {
        size_t moved = 1;
        if (wm_room_reserve(link, count) || room_or_buried(c, 0, deliveries, keys, count)) {
            stage_run(link, deliveries, keys, moved = link->room);
            publish(c, 0);
        }
        deliveries += moved;
        keys += moved;
        count -= moved;
    }
}

/* Stages so many, for which both bands have places whatever their priorities. The place
 * is computed, not branched to: which ones are urgent is foretold badly. Gives whether all
 * are of one generation. */
static inline bool stage_both(wm_link *links, int32_t urgent_max, const wanmi_delivery *deliveries,
                              const uint32_t *keys, size_t count, bool streams)
{
    wanmi_delivery *first = links[0].places + links[0].staged, *second = links[1].places + links[1].staged;
    uint32_t *first_key = links[0].key_places + links[0].staged;
    uint32_t *second_key = links[1].key_places + links[1].staged;
    size_t urgent = 0;
    uint32_t differences = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_urgent = deliveries[i].priority <= urgent_max;
        differences |= deliveries[i].generation ^ deliveries[0].generation;
        wanmi_delivery *place = is_urgent ? first + urgent : second + (i - urgent);
        if (streams)
            wm_stream(place, &deliveries[i]);
        else
            *place = deliveries[i];
        *(is_urgent ? first_key + urgent : second_key + (i - urgent)) = keys[i];
        urgent += is_urgent;
    }
    links[0].staged += urgent;
    links[1].staged += count - urgent;
    if (streams)
        wm_stream_end();
    return differences == 0;
}

/* How many of the first are of one band. */
static size_t run_of_band(const wanmi_delivery *deliveries, size_t count, int32_t urgent_max, uint32_t *band)
{
    size_t run = 1;
    *band = deliveries[0].priority > urgent_max;
    while (run < count && (deliveries[run].priority > urgent_max) == *band)
        run++;
    return run;
}

/* Two bands: each is published once, unless its ring has too few places in a row. Their
 * generations are counted on the way. */
static void submit_both(wm_call *c, const wanmi_delivery *deliveries, const uint32_t *keys, size_t count)
{
    wm_link *links = c->block->links;
    wm_generations *accepted = &c->producer->accepted;
    int32_t urgent_max = c->block->sink->def.urgent_max;
    for (size_t i = 0, moved; i < count; i += moved) {
        moved = least(count - i, least(places_in(c, 0, count - i), places_in(c, 1, count - i)));
        if (moved == 0) {
            /* One is full, which matters only to what goes there. */
            wm_generations_add_run(accepted, &deliveries[i], 1);
            submit_one(c, &deliveries[i], &keys[i], count - i);
            moved = 1;
            continue;
        }
        uint32_t band;
        bool is_one_generation = false;
        if (run_of_band(deliveries + i, moved, urgent_max, &band) == moved)
            stage_run(&links[band], deliveries + i, keys + i, moved);
        else if (moved >= WM_STREAM_MIN)
            is_one_generation = stage_both(links, urgent_max, deliveries + i, keys + i, moved, true);
        else
            is_one_generation = stage_both(links, urgent_max, deliveries + i, keys + i, moved, false);
        if (is_one_generation)
            wm_generations_add(accepted, wm_generation_place(&deliveries[i]), moved);
        else
            wm_generations_add_run(accepted, deliveries + i, moved);
        c->staged |= (uint64_t)(links[0].staged != 0) | (uint64_t)(links[1].staged != 0) << 1;
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
    wm_call c = {.producer = producer, .small = count <= AHEAD, .submitted_us = WANMI_TIME_NONE};
    if (atomic_load(&producer->dispatch->closed))
        return wm_error(error, WANMI_E_DISPATCH_CLOSED, "intake has stopped");
    c.block = atomic_load(&producer->blocks[wm_place_of(sink)]);
    if (c.block == NULL || c.block->sink->number != sink)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "there is no sink %u", sink);
    const wm_sink *to = c.block->sink;
    if (to->def.policy == WANMI_POLICY_REJECT && !wm_room_for_all(&c, deliveries, keys, count))
        return wm_error(error, WANMI_E_DISPATCH_FULL, "sink %s has no room for all of %zu deliveries",
                        to->def.name, count);
    const bool both = to->links > 1 && to->links == to->bands && count > FEW;
    /* Before they are published, for then a lane can count their end. */
    if (!both)
        wm_generations_add_run(&producer->accepted, deliveries, count);
    if (to->links == 1)
        submit_band(&c, deliveries, keys, count);
    else if (both)
        submit_both(&c, deliveries, keys, count);
    else
        submit_each(&c, deliveries, keys, count);
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
