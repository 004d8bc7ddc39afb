/* The dispatch as a whole: made, started, drained, stopped, freed. */
#include <signal.h>
#include <string.h>

#include "internal.h"

enum { RING_DEFAULT = 16384, DEAD_DEFAULT = 4096, PRODUCERS_DEFAULT = 64, PRODUCERS_MAX = 65536 };

void wanmi_dispatch_options_init(wanmi_dispatch_options *options)
{
    *options = (wanmi_dispatch_options){.struct_size = sizeof *options,
                                        .ring_capacity = RING_DEFAULT,
                                        .dead_capacity = DEAD_DEFAULT,
                                        .producers_max = PRODUCERS_DEFAULT};
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
    pthread_mutex_init(&d->control, NULL);
    pthread_mutex_init(&d->slots, NULL);
    pthread_mutex_init(&d->reading, NULL);
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

void wanmi_dispatch_free(wanmi_dispatch *d)
{
    if (d == NULL)
        return;
    wanmi_dispatch_stop(d);
    for (uint32_t i = 0; i < wm_producer_count(d); i++)
        wm_producer_free(d->producers[i]);
    for (uint32_t i = 0; i < wanmi_dispatch_sink_count(d); i++)
        wm_sink_free(d->sinks[i]);
    pthread_mutex_destroy(&d->control);
    pthread_mutex_destroy(&d->slots);
    pthread_mutex_destroy(&d->reading);
    wanmi_host host = d->host;
    wm_free(&host, d->producers, d->options.producers_max * sizeof *d->producers);
    wm_free_aligned(&host, d, sizeof *d, WM_LINE_PAIR);
    wm_host_drop(&host);
}

/* ---- threads ----------------------------------------------------------------- */

static wm_lane *lane_at(wanmi_dispatch *d, uint32_t sink, uint32_t lane)
{
    return &d->sinks[sink]->lanes[lane];
}

static int start_thread(pthread_t *thread, bool *running, void *(*run)(void *), void *argument)
{
    int failed = pthread_create(thread, NULL, run, argument);
    *running = failed == 0;
    return failed;
}

static int start_threads(wanmi_dispatch *d)
{
    int failed = 0;
    if (d->options.dead != NULL)
        failed = start_thread(&d->dead_thread, &d->dead_running, wm_dead_run, d);
    for (uint32_t i = 0; failed == 0 && i < wanmi_dispatch_sink_count(d); i++)
        for (uint32_t j = 0; failed == 0 && j < d->sinks[i]->def.lanes; j++) {
            wm_lane *lane = lane_at(d, i, j);
            failed = start_thread(&lane->thread, &lane->running, wm_lane_run, lane);
        }
    return failed;
}

static void end_lanes(wanmi_dispatch *d)
{
    atomic_store(&d->lanes_end, true);
    wm_park_fence();
    for (uint32_t i = 0; i < wanmi_dispatch_sink_count(d); i++)
        for (uint32_t j = 0; j < d->sinks[i]->def.lanes; j++)
            wm_park_look(&lane_at(d, i, j)->park);
    for (uint32_t i = 0; i < wanmi_dispatch_sink_count(d); i++)
        for (uint32_t j = 0; j < d->sinks[i]->def.lanes; j++) {
            wm_lane *lane = lane_at(d, i, j);
            if (lane->running)
                pthread_join(lane->thread, NULL);
            lane->running = false;
        }
}

/* Lanes first: they send letters until they end. */
static void end_threads(wanmi_dispatch *d)
{
    end_lanes(d);
    atomic_store(&d->dead_end, true);
    wm_park_fence();
    wm_park_look(&d->dead_park);
    if (d->dead_running)
        pthread_join(d->dead_thread, NULL);
    d->dead_running = false;
}

/* The host's signals are the host's: our threads take none, but for those that
 * a fault of their own raises. */
static void mask_signals(sigset_t *before)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS};
    sigset_t all;
    sigfillset(&all);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        sigdelset(&all, faults[i]);
    pthread_sigmask(SIG_BLOCK, &all, before);
}

static wanmi_status start(wanmi_dispatch *d, wanmi_error *error)
{
    if (d->state != WM_MADE)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "the dispatch is %s already",
                        d->state == WM_STARTED ? "started" : "stopped");
    sigset_t before;
    mask_signals(&before);
    int failed = start_threads(d);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed != 0) {
        end_threads(d);
        atomic_store(&d->lanes_end, false);
        atomic_store(&d->dead_end, false);
        return wm_error(error, WANMI_E_SYSTEM, "a thread could not be started: %s",
                        strerror(failed));
    }
    pthread_mutex_lock(&d->slots);
    d->state = WM_STARTED;
    pthread_mutex_unlock(&d->slots);
    return WANMI_OK;
}

wanmi_status wanmi_dispatch_start(wanmi_dispatch *d, wanmi_error *error)
{
    if (d == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no dispatch was given");
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
    wm_totals_read(d, &all, NULL, 0);
    r->pending = all.published - all.released;
    r->letters = all.figures.value[WM_LETTERS] - all.figures.value[WM_LETTERS_DONE];
    return !r->in_submit && r->pending == 0 && r->letters == 0;
}

wanmi_status wanmi_dispatch_drain(wanmi_dispatch *d, int64_t deadline_us, uint64_t *left,
                                  wanmi_error *error)
{
    if (d == NULL || left == NULL || deadline_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the dispatch or `left` is NULL, or the deadline is negative");
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
    if (d == NULL)
        return;
    pthread_mutex_lock(&d->control);
    atomic_store(&d->closed, true);
    atomic_store(&d->stopping, true);
    pthread_mutex_lock(&d->slots);
    bool ran = d->state == WM_STARTED;
    d->state = WM_STOPPED;
    pthread_mutex_unlock(&d->slots);
    if (ran) {
        wm_wait wait = {0};
        while (wm_any_in_submit(d))
            wm_wait_more(&wait);
        end_threads(d);
    }
    pthread_mutex_unlock(&d->control);
}
