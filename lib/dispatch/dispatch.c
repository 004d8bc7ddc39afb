/* The dispatch as a whole: made, started, drained, stopped, freed. */
#include <string.h>

#include "internal.h"

enum { RING_DEFAULT = 16384, DEAD_DEFAULT = 4096, PRODUCERS_DEFAULT = 64, PRODUCERS_MAX = 65536,
       DEAD_HUNG_DEFAULT_US = 10 * 1000 * 1000 };

void wanmi_dispatch_options_init(wanmi_dispatch_options *options)
{
    *options = (wanmi_dispatch_options){.struct_size = sizeof *options,
                                        .ring_capacity = RING_DEFAULT,
                                        .dead_capacity = DEAD_DEFAULT,
                                        .producers_max = PRODUCERS_DEFAULT,
                                        .dead_hung_us = DEAD_HUNG_DEFAULT_US};
}

static bool ring_capacity_fits(size_t capacity)
{
    return capacity >= 2 && capacity <= (size_t)1 << 30 && (capacity & (capacity - 1)) == 0;
}

static wanmi_status read_options(wanmi_dispatch_options *to, const wanmi_dispatch_options *from,
                                 wanmi_error *error)
{
    wanmi_dispatch_options_init(to);
    if (from != NULL) {
        if (from->struct_size < sizeof(size_t) || from->struct_size > sizeof *from)
            return wm_error(error, WANMI_E_ARGUMENT,
                            "wanmi_dispatch_options was not filled by wanmi_dispatch_options_init");
        memcpy(to, from, from->struct_size);
        to->struct_size = sizeof *to;
    }
    if (!ring_capacity_fits(to->ring_capacity))
        return wm_error(error, WANMI_E_QUEUE_CAPACITY,
                        "ring_capacity is a power of two from 2 to 2^30, not %zu",
                        to->ring_capacity);
    if (!ring_capacity_fits(to->dead_capacity))
        return wm_error(error, WANMI_E_QUEUE_CAPACITY,
                        "dead_capacity is a power of two from 2 to 2^30, not %zu",
                        to->dead_capacity);
    if (to->producers_max < 1 || to->producers_max > PRODUCERS_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "producers_max is 1 to %d, not %u", PRODUCERS_MAX,
                        to->producers_max);
    if (to->dead_hung_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "dead_hung_us is negative");
    return WANMI_OK;
}

/* Everything is ready but the places of producers. */
static void init(wanmi_dispatch *d, const wanmi_dispatch_options *options, const wanmi_host *host)
{
    memset(d, 0, sizeof *d);
    d->host = *host;
    d->ring_host = *host;
    d->ring_host.proj_data = d->ring_host.zone_data = NULL;
    d->options = *options;
    pthread_mutex_init(&d->ending, NULL);
    pthread_mutex_init(&d->control, NULL);
    pthread_mutex_init(&d->slots, NULL);
    pthread_mutex_init(&d->reading, NULL);
    pthread_mutex_init(&d->dead_lock, NULL);
    wm_arena_init(&d->names, &d->host);
}

static wanmi_status make(const wanmi_dispatch_options *options, const wanmi_host *host,
                         wanmi_dispatch **made, wanmi_error *error)
{
    size_t places = options->producers_max * sizeof(wanmi_producer *);
    wanmi_producer **producers = wm_alloc_zero(host, places);
    wanmi_dispatch *d = wm_alloc_aligned(host, sizeof *d, WM_LINE_PAIR);
    if (producers == NULL || d == NULL) {
        wm_free(host, producers, places);
        wm_free_aligned(host, d, sizeof *d, WM_LINE_PAIR);
        return wm_error_memory(error);
    }
    init(d, options, host);
    wanmi_status status = wm_alive_open(d, error);
    if (status != WANMI_OK) {
        wm_free(host, producers, places);
        wm_free_aligned(host, d, sizeof *d, WM_LINE_PAIR);
        return status;
    }
    d->producers = producers;
    *made = d;
    return WANMI_OK;
}

wanmi_status wanmi_dispatch_create(const wanmi_dispatch_options *options, const wanmi_host *host,
                                   wanmi_dispatch **dispatch, wanmi_error *error)
{
    if (dispatch == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for the dispatch was given");
    wanmi_dispatch_options checked;
    wanmi_status status = read_options(&checked, options, error);
    if (status != WANMI_OK)
        return status;
    wanmi_host copy;
    status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    status = make(&checked, &copy, dispatch, error);
    if (status != WANMI_OK)
        wm_host_drop(&copy);
    return status;
}

/* In a child there is nobody who could still use a sink, and its owner is the parent. */
static void free_sinks(wanmi_dispatch *d, bool forked)
{
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        for (wm_sink *sink = wm_sink_at(d, i), *older; sink != NULL; sink = older) {
            older = sink->older;
            if (!forked && !wm_flag(&sink->gone) && sink->def.release != NULL)
                sink->def.release(sink->def.user);
            wm_sink_free(sink);
        }
}

void wanmi_dispatch_free(wanmi_dispatch *d)
{
    if (d == NULL)
        return;
    bool forked = wm_forked(d);
    /* In a child: what a thread of the parent was giving back at that moment cannot
     * be told from the rest, so all of it stays. */
    if (forked && atomic_load(&d->freeing) != 0)
        return;
    wanmi_dispatch_stop(d);
    free_sinks(d, forked);
    for (uint32_t i = 0; i < wm_producer_count(d); i++)
        wm_producer_free(d->producers[i]);
    if (!forked) {                          /* in a child somebody's copy may be locked */
        pthread_mutex_destroy(&d->ending);
        pthread_mutex_destroy(&d->control);
        pthread_mutex_destroy(&d->slots);
        pthread_mutex_destroy(&d->reading);
        pthread_mutex_destroy(&d->dead_lock);
    }
    wm_alive_drop(d);
    wm_arena_drop(&d->names);
    wanmi_host host = d->host;
    wm_free(&host, (void *)d->name_list, d->name_room * sizeof *d->name_list);
    wm_free(&host, d->producers, d->options.producers_max * sizeof *d->producers);
    wm_free_aligned(&host, d, sizeof *d, WM_LINE_PAIR);
    wm_host_drop(&host);
}

/* ---- the start --------------------------------------------------------------- */

static wanmi_status start(wanmi_dispatch *d, wanmi_error *error)
{
    if (d->state != WM_MADE)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "the dispatch is %s already",
                        d->state == WM_STARTED ? "started" : "stopped");
    int failed = wm_threads_start(d);
    if (failed != 0)
        return wm_error(error, WANMI_E_SYSTEM, "a thread could not be started: %s",
                        strerror(failed));
    pthread_mutex_lock(&d->slots);
    d->state = WM_STARTED;
    pthread_mutex_unlock(&d->slots);
    return WANMI_OK;
}

wanmi_status wanmi_dispatch_start(wanmi_dispatch *d, wanmi_error *error)
{
    if (d == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no dispatch was given");
    if (wm_forked(d))
        return wm_forked_error(error);
    pthread_mutex_lock(&d->control);
    wanmi_status status = start(d, error);
    pthread_mutex_unlock(&d->control);
    return status;
}

/* ---- the end ------------------------------------------------------------------ */

typedef struct rest {
    uint64_t pending, letters;
    bool in_submit;
} rest;

static bool look(wanmi_dispatch *d, rest *r)
{
    wm_totals all;
    /* In this order: what a submit brings until its end is seen. */
    r->in_submit = wm_any_in_submit(d);
    wm_totals_read(d, &all, NULL, NULL, 0);
    r->pending = wm_totals_pending(&all);
    r->letters = all.figures.value[WM_LETTERS] - all.figures.value[WM_LETTERS_DONE];
    return !r->in_submit && r->pending == 0 && r->letters == 0;
}

wanmi_status wanmi_dispatch_drain(wanmi_dispatch *d, int64_t deadline_us, uint64_t *left,
                                  wanmi_error *error)
{
    if (d == NULL || left == NULL || deadline_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the dispatch or `left` is NULL, or the deadline is negative");
    if (wm_forked(d))
        return wm_forked_error(error);
    int64_t began = wm_steady_ns(&d->host);
    int64_t most = deadline_us < INT64_MAX / 1000 ? deadline_us * 1000 : INT64_MAX;
    atomic_store(&d->closed, true);
    rest r;
    wm_wait wait = {0};
    while (!look(d, &r)) {
        int64_t gone = wm_steady_ns(&d->host) - began;
        if (gone >= most) {
            *left = r.pending;
            return wm_error(error, WANMI_E_DEADLINE,
                            "after %lld us %llu deliveries are pending, %llu dead letters are on "
                            "their way%s", (long long)deadline_us, (unsigned long long)r.pending,
                            (unsigned long long)r.letters,
                            r.in_submit ? ", and a producer is still submitting" : "");
        }
        wm_wait_at_most(&wait, most - gone);
    }
    *left = 0;
    return WANMI_OK;
}

void wanmi_dispatch_stop(wanmi_dispatch *d)
{
    if (d == NULL || wm_forked(d))
        return;
    pthread_mutex_lock(&d->ending);
    pthread_mutex_lock(&d->control);
    atomic_store(&d->closed, true);
    atomic_store(&d->stopping, true);
    pthread_mutex_lock(&d->slots);
    bool ran = d->state == WM_STARTED;
    d->state = WM_STOPPED;
    pthread_mutex_unlock(&d->slots);
    /* Not held while callbacks are waited for: one of them may be about to add or
     * to remove a sink, and is told that it is too late. */
    pthread_mutex_unlock(&d->control);
    wm_wait wait = {0};
    while (wm_any_in_submit(d) || atomic_load(&d->removals) != 0)
        wm_wait_more(&wait);
    if (ran)
        wm_threads_end(d);
    pthread_mutex_unlock(&d->ending);
}
