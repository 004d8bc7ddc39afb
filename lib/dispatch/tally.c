/* The snapshot: sums over all rings in which the law holds.
 *
 * It holds for each ring by itself. A ring's producer side obeys
 * accepted = dead there + published, its lane's side delivered + dead there =
 * released, in every state a reader can see; and pending is what the ring has
 * published and not released. So the two sides may be read one after the other,
 * if only the lane's is read first: then nothing is released that is not
 * published. The pair is read again when the lane moved in between, so that it
 * mostly is of one instant; under a load that never lets up, of two close ones.
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

static void read_sink(wanmi_dispatch *d, wm_sink *sink, wm_totals *to)
{
    memset(to, 0, sizeof *to);
    /* First, as the reader of letters: none is done that was not sent. The
     * producers are counted after it, for one may have been opened and have sent
     * letters meanwhile. */
    wm_figures done;
    wm_side_read(&sink->letters_done, &done);
    add_figures(to, &done);
    uint32_t producers = wm_producer_count(d);
    for (uint32_t i = 0; i < producers; i++)
        for (uint32_t j = 0; j < sink->def.lanes; j++)
            add_link(to, &d->producers[i]->links[sink->first_lane + j]);
}

static void add_totals(wm_totals *to, const wm_totals *from)
{
    add_figures(to, &from->figures);
    to->published += from->published;
    to->released += from->released;
}

void wm_totals_read(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks, uint32_t count)
{
    memset(all, 0, sizeof *all);
    /* Sides hand their copies to one reader at a time. */
    pthread_mutex_lock(&d->reading);
    uint32_t sink_count = wanmi_dispatch_sink_count(d);
    for (uint32_t i = 0; i < sink_count; i++) {
        wm_totals one;
        read_sink(d, d->sinks[i], &one);
        add_totals(all, &one);
        if (i < count)
            sinks[i] = one;
    }
    pthread_mutex_unlock(&d->reading);
}

void wanmi_tally_init(wanmi_tally *tally)
{
    *tally = (wanmi_tally){.struct_size = sizeof *tally};
}

static wanmi_tally tally_of(const wm_totals *t)
{
    const uint64_t *v = t->figures.value;
    uint64_t pending = t->published - t->released;
    return (wanmi_tally){
        .struct_size = sizeof(wanmi_tally),
        .accepted = v[WM_ACCEPTED],
        .delivered = v[WM_DELIVERED],
        .dead = v[WM_DEAD_FULL] + v[WM_DEAD_DEADLINE] + v[WM_DEAD_SINK] + v[WM_DEAD_ATTEMPTS]
                + v[WM_DEAD_SHUTDOWN],
        .pending = pending,
        .queued = pending - v[WM_IN_CALLBACK],
        .in_callback = v[WM_IN_CALLBACK],
        .dead_full = v[WM_DEAD_FULL],
        .dead_deadline = v[WM_DEAD_DEADLINE],
        .dead_sink = v[WM_DEAD_SINK],
        .dead_attempts = v[WM_DEAD_ATTEMPTS],
        .dead_shutdown = v[WM_DEAD_SHUTDOWN],
        .dead_unwritten = v[WM_UNWRITTEN],
        .dead_queued = v[WM_LETTERS] - v[WM_LETTERS_DONE],
        .batches = v[WM_BATCHES],
    };
}

/* Fills a tally that an older caller may have made shorter. */
static void write_tally(void *to, size_t size, const wm_totals *totals)
{
    wanmi_tally tally = tally_of(totals);
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
    if (!size_fits(sum) || (sinks != NULL && capacity != 0 && !size_fits(sinks)))
        return wm_error(error, WANMI_E_ARGUMENT, "a wanmi_tally was not filled by wanmi_tally_init");
    wm_totals all, each[WANMI_SINKS_MAX];
    uint32_t count = wanmi_dispatch_sink_count(d);
    if (sinks == NULL)
        count = 0;
    else if (capacity < count)
        count = (uint32_t)capacity;
    size_t stride = count != 0 ? sinks->struct_size : 0;
    wm_totals_read(d, &all, each, count);
    write_tally(sum, sum->struct_size, &all);
    for (uint32_t i = 0; i < count; i++)
        write_tally((char *)sinks + i * stride, stride, &each[i]);
    return WANMI_OK;
}
