/* The threads of a dispatch: begun and ended. */
#include <signal.h>
#include <string.h>

#include "internal.h"

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

static int start_thread(pthread_t *thread, bool *running, void *(*run)(void *), void *argument)
{
    sigset_t before;
    mask_signals(&before);
    int failed = pthread_create(thread, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    *running = failed == 0;
    return failed;
}

int wm_lanes_start(wm_sink *sink)
{
    if (wm_polled(sink))
        return 0;
    int failed = 0;
    for (uint32_t i = 0; failed == 0 && i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        failed = start_thread(&lane->thread, &lane->running, wm_lane_run, lane);
    }
    if (failed != 0) {
        wm_lanes_end(sink);
        atomic_store(&sink->ending, false);
    }
    return failed;
}

static void bury_polled(wm_sink *sink)
{
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        pthread_mutex_lock(&lane->lock);
        wm_lane_bury(lane);
        pthread_mutex_unlock(&lane->lock);
    }
    wm_park_wake(&sink->park);
}

/* Asks first and joins then, so that lanes end side by side. */
static void ask_to_end(wm_sink *sink)
{
    atomic_store(&sink->ending, true);
    wm_park_fence();
    for (uint32_t i = 0; i < sink->def.lanes; i++)
        wm_park_look(sink->lanes[i].park);
}

void wm_lanes_end(wm_sink *sink)
{
    ask_to_end(sink);
    if (wm_polled(sink))
        bury_polled(sink);
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        if (lane->running)
            pthread_join(lane->thread, NULL);
        lane->running = false;
    }
}

static bool there(const wm_sink *sink)
{
    return sink != NULL && !wm_flag(&sink->gone);
}

int wm_threads_start(wanmi_dispatch *d)
{
    int failed = 0;
    if (d->options.dead != NULL)
        failed = start_thread(&d->dead_thread, &d->dead_running, wm_dead_run, d);
    if (failed == 0)
        failed = start_thread(&d->watch_thread, &d->watch_running, wm_watch_run, d);
    for (uint32_t i = 0; failed == 0 && i < WANMI_SINKS_MAX; i++) {
        wm_sink *sink = wm_sink_at(d, i);
        if (there(sink))
            failed = wm_lanes_start(sink);
    }
    if (failed != 0) {
        wm_threads_end(d);
        for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
            if (wm_sink_at(d, i) != NULL)
                atomic_store(&wm_sink_at(d, i)->ending, false);
        atomic_store(&d->dead_end, false);
        atomic_store(&d->watch_end, false);
    }
    return failed;
}

static void end_watch(wanmi_dispatch *d)
{
    atomic_store(&d->watch_end, true);
    wm_watch_look(d);
    if (d->watch_running)
        pthread_join(d->watch_thread, NULL);
    d->watch_running = false;
}

/* Lanes first: they send letters, and are watched, until they end. */
void wm_threads_end(wanmi_dispatch *d)
{
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        if (there(wm_sink_at(d, i)))
            ask_to_end(wm_sink_at(d, i));
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        if (there(wm_sink_at(d, i)))
            wm_lanes_end(wm_sink_at(d, i));
    atomic_store(&d->dead_end, true);
    wm_park_fence();
    wm_park_look(&d->dead_park);
    if (d->dead_running)
        pthread_join(d->dead_thread, NULL);
    d->dead_running = false;
    end_watch(d);
}
