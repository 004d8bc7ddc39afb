/* The snapshot: sums over all rings in which the law holds.
 *
 * It holds for each ring by itself. A ring's producer side obeys
 * accepted = dead there + published, its lane's side delivered + dead there +
 * parked + leased + handed over again = released, in every state a reader can
 * see; and pending is what the ring has published and not released, and those
 * three. So the two sides may be read one after the other, if only the lane's is
 * read first: then nothing is released that is not published. The pair is read
 * again when the lane moved in between, so that it mostly is of one instant;
 * under a load that never lets up, of two close ones.
 */
#include <string.h>

#include "internal.h"

/* Readings of a ring that may be disturbed before one is taken as it is. */
enum { PAIR_TRIES = 16 };

static void add_figures(wm_totals *to, const wm_figures *from)
{
    for (int i = 0; i < WM_FIGURES; i++)
        to->figures.value[i] += from->value[i];
}

static void add_link(wm_totals *to, wm_link *link)
{
    wm_figures lane, producer;
    for (int i = 0; i < PAIR_TRIES; i++) {
        uint64_t version = wm_side_read(&link->lane, &lane);
        wm_side_read(&link->producer, &producer);
        if (wm_side_version(&link->lane) == version)
            break;
    }
    add_figures(to, &lane);
    add_figures(to, &producer);
    to->released += lane.index;
    to->published += producer.index;
}

void wm_totals_of_links(wm_sink *sink, wm_totals *to)
{
    memset(to, 0, sizeof *to);
    uint32_t producers = wm_producer_count(sink->dispatch);
    for (uint32_t i = 0; i < producers; i++) {
        wm_block *block = wm_block_at(sink, i);
        for (uint32_t j = 0; block != NULL && j < sink->links; j++)
            add_link(to, &block->links[j]);
    }
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        to->late += atomic_load_explicit(&sink->lanes[i].late, memory_order_relaxed);
        to->again_batches += atomic_load_explicit(&sink->lanes[i].again_batches, memory_order_relaxed);
    }
    to->opened = atomic_load(&sink->breaker.opened);
    to->slow = atomic_load(&sink->slow);
    to->hung = atomic_load(&sink->hung_calls);
}

void wm_totals_of(wm_sink *sink, wm_totals *to)
{
    /* First, as the reader of letters: none is done that was not sent. The
     * producers are counted after it, for one may have been opened and have sent
     * letters meanwhile. */
    wm_figures done;
    wm_side_read(&sink->letters_done, &done);
    if (wm_flag(&sink->gone))
        *to = sink->last;
    else
        wm_totals_of_links(sink, to);
    add_figures(to, &done);
}

void wm_totals_add(wm_totals *to, const wm_totals *from)
{
    add_figures(to, &from->figures);
    to->published += from->published;
    to->released += from->released;
    to->again_batches += from->again_batches;
    to->late += from->late;
    to->opened += from->opened;
    to->slow += from->slow;
    to->hung += from->hung;
}

uint64_t wm_totals_pending(const wm_totals *t)
{
    const uint64_t *v = t->figures.value;
    return t->published - t->released + v[WM_PARKED] + v[WM_LEASED] + v[WM_AGAIN];
}

wanmi_sink_state wm_state_of(const wm_sink *sink)
{
    return wm_flag(&sink->hung) ? WANMI_SINK_HUNG
                                : (wanmi_sink_state)atomic_load(&sink->breaker.state);
}

uint32_t wm_totals_read_held(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                             wm_described *described, uint32_t count)
{
    uint32_t there = 0;
    *all = d->forgotten;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        for (wm_sink *sink = wm_sink_at(d, i); sink != NULL; sink = sink->older) {
            wm_totals one;
            wm_totals_of(sink, &one);
            wm_totals_add(all, &one);
            if (wm_flag(&sink->removing))
                continue;
            if (there < count) {
                sinks[there] = one;
                described[there] = (wm_described){.number = sink->number, .name = sink->def.name,
                                                  .state = wm_state_of(sink), .sink = sink};
            }
            there++;
        }
    return there;
}

uint32_t wm_totals_read(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                        wm_described *described, uint32_t count)
{
    /* Sides hand their copies to one reader at a time. */
    pthread_mutex_lock(&d->reading);
    uint32_t there = wm_totals_read_held(d, all, sinks, described, count);
    pthread_mutex_unlock(&d->reading);
    return there;
}

void wanmi_tally_init(wanmi_tally *tally)
{
    *tally = (wanmi_tally){.struct_size = sizeof *tally};
}

wanmi_tally wm_tally_of(const wm_totals *t, const wm_described *described)
{
    const uint64_t *v = t->figures.value;
    uint64_t in_rings = t->published - t->released;
    return (wanmi_tally){
        .struct_size = sizeof(wanmi_tally),
        .accepted = v[WM_ACCEPTED],
        .delivered = v[WM_DELIVERED],
        .dead = v[WM_DEAD_FULL] + v[WM_DEAD_DEADLINE] + v[WM_DEAD_SINK] + v[WM_DEAD_ATTEMPTS]
                + v[WM_DEAD_SHUTDOWN] + v[WM_DEAD_DROPPED] + v[WM_DEAD_HUNG] + v[WM_DEAD_REMOVED],
        .pending = wm_totals_pending(t),
        .queued = in_rings - v[WM_IN_CALLBACK],
        .in_callback = v[WM_IN_CALLBACK] + v[WM_AGAIN],
        .parked = v[WM_PARKED],
        .leased = v[WM_LEASED],
        .dead_full = v[WM_DEAD_FULL],
        .dead_deadline = v[WM_DEAD_DEADLINE],
        .dead_sink = v[WM_DEAD_SINK],
        .dead_attempts = v[WM_DEAD_ATTEMPTS],
        .dead_shutdown = v[WM_DEAD_SHUTDOWN],
        .dead_dropped = v[WM_DEAD_DROPPED],
        .dead_hung = v[WM_DEAD_HUNG],
        .dead_removed = v[WM_DEAD_REMOVED],
        .dead_unwritten = v[WM_UNWRITTEN],
        .dead_queued = v[WM_LETTERS] - v[WM_LETTERS_DONE],
        .batches = v[WM_BATCHES] + t->again_batches,
        .retried = v[WM_RETRIED],
        .repeated = v[WM_REPEATED],
        .late = t->late,
        .breaker_opened = t->opened,
        .slow = t->slow,
        .hung = t->hung,
        .sink = described->number,
        .state = (uint32_t)described->state,
    };
}

/* Fills a tally that an older caller may have made shorter. */
static void write_tally(void *to, size_t size, const wm_totals *totals,
                        const wm_described *described)
{
    wanmi_tally tally = wm_tally_of(totals, described);
    tally.struct_size = size;
    memcpy(to, &tally, size);
}

static bool size_fits(const wanmi_tally *tally)
{
    return tally->struct_size >= sizeof tally->struct_size && tally->struct_size <= sizeof *tally;
}

wanmi_status wanmi_dispatch_snapshot(wanmi_dispatch *d, wanmi_tally *sum, wanmi_tally *sinks,
                                     size_t capacity, wanmi_error *error)
{
    if (d == NULL || sum == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the dispatch or the place for the sum is NULL");
    if (wm_forked(d))
        return wm_forked_error(error);
    if (!size_fits(sum) || (sinks != NULL && capacity != 0 && !size_fits(sinks)))
        return wm_error(error, WANMI_E_ARGUMENT, "a wanmi_tally was not filled by wanmi_tally_init");
    wm_totals all, each[WANMI_SINKS_MAX];
    wm_described described[WANMI_SINKS_MAX], whole = {.number = WANMI_NONE};
    uint32_t there = wm_totals_read(d, &all, each, described, WANMI_SINKS_MAX);
    for (uint32_t i = 0; i < there; i++)
        if (described[i].state > whole.state)
            whole.state = described[i].state;
    size_t count = sinks == NULL ? 0 : capacity < there ? capacity : there;
    size_t stride = count != 0 ? sinks->struct_size : 0;
    write_tally(sum, sum->struct_size, &all, &whole);
    for (size_t i = 0; i < count; i++)
        write_tally((char *)sinks + i * stride, stride, &each[i], &described[i]);
    return WANMI_OK;
}
