/* Removals: sinks that go while producers submit.
 *
 * A removed sink stays known at its place, or behind its successor, until its last
 * dead letter has been handled; then its memory goes as well.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

int32_t wm_thread_id(void)
{
    return (int32_t)syscall(SYS_gettid);
}

/* ---- removing --------------------------------------------------------------------- */

/* The sink in whose callback this is called; NULL: it is in none. Under `control`. */
static wm_sink *caller_of(const wanmi_dispatch *d)
{
    int32_t self = wm_thread_id();
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        wm_sink *sink = wm_sink_at(d, i);
        for (uint32_t j = 0; sink != NULL && j < sink->def.lanes; j++)
            if (atomic_load(&sink->lanes[j].thread_id) == self)
                return sink;
    }
    return NULL;
}

/* Whether the removal of a sink could not end, as it would wait for the callback that
 * asks for it: one of `caller`, whose own removal is perhaps asked for by a callback of
 * another sink, and so on. Each is asked for by one callback at most, which has not
 * returned: so all on this way are there. */
static wanmi_status check_caller(const wanmi_dispatch *d, const wm_sink *sink, const wm_sink *caller,
                                 wanmi_error *error)
{
    if (atomic_load(&d->dead_thread_id) == wm_thread_id())
        return wm_error(error, WANMI_E_DISPATCH_STATE,
                        "sink %s: its removal would wait for the dead-letter callback that asks for it",
                        sink->def.name);
    for (const wm_sink *by = caller; by != NULL; by = by->remover)
        if (by == sink)
            return wm_error(error, WANMI_E_DISPATCH_STATE,
                            "sink %s: its removal would wait for the callback of sink %s that asks for it",
                            sink->def.name, caller->def.name);
    return WANMI_OK;
}

static wanmi_status begin_removal(wanmi_dispatch *d, uint32_t number, wm_sink **sink,
                                  wanmi_error *error)
{
    *sink = wm_roster_find(d, number);
    if (d->state == WM_STOPPED)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "sink %u: the dispatch is stopped", number);
    if (*sink == NULL)
        return wm_roster_no_sink(number, error);
    wm_sink *caller = caller_of(d);
    wanmi_status status = check_caller(d, *sink, caller, error);
    if (status != WANMI_OK)
        return status;
    (*sink)->remover = caller;
    pthread_mutex_lock(&d->slots);
    atomic_store(&(*sink)->removing, true);
    wm_blocks_show(*sink, false);
    pthread_mutex_unlock(&d->slots);
    atomic_fetch_sub(&d->sink_count, 1);
    atomic_fetch_add(&d->removals, 1);
    return WANMI_OK;
}

static uint64_t pending_of(wanmi_dispatch *d, wm_sink *sink)
{
    wm_totals t;
    pthread_mutex_lock(&d->reading);
    wm_totals_of(sink, &t);
    pthread_mutex_unlock(&d->reading);
    return wm_totals_pending(&t);
}

static void await_empty(wanmi_dispatch *d, wm_sink *sink, int64_t drain_us)
{
    int64_t began = wm_steady_ns(&d->host);
    int64_t most = drain_us < INT64_MAX / 1000 ? drain_us * 1000 : INT64_MAX;
    wm_wait wait = {0};
    while (!wm_flag(&d->stopping) && pending_of(d, sink) != 0) {
        int64_t gone = wm_steady_ns(&d->host) - began;
        if (gone >= most)
            return;
        wm_wait_at_most(&wait, most - gone);
    }
}

static uint64_t last_figures(wanmi_dispatch *d, wm_sink *sink)
{
    pthread_mutex_lock(&d->reading);
    wm_totals_of_links(sink, &sink->last);
    for (uint32_t i = 0; i < sink->def.lanes; i++)
        wm_generations_sum(&sink->last_ended, &sink->lanes[i].ended);
    atomic_store(&sink->gone, true);
    atomic_fetch_add(&d->remembered, 1);
    atomic_fetch_add(&d->freeing, 1);
    wm_sink_empty(sink);
    atomic_fetch_sub(&d->freeing, 1);
    uint64_t left = sink->last.figures.value[WM_DEAD_REMOVED];
    pthread_mutex_unlock(&d->reading);
    return left;
}

/* Ends a sink that nothing new comes to; gives how many deliveries went dead, and what is to
 * be released. */
static uint64_t end_sink(wanmi_dispatch *d, wm_sink *sink, int64_t drain_us, wanmi_sink_def *def)
{
    wm_submits_end(d, wm_place_of(sink->number));
    await_empty(d, sink, drain_us);
    /* Under `slots`: a poll that comes now sees this, or is among the pollers. */
    pthread_mutex_lock(&d->slots);
    atomic_store(&sink->ending, true);
    pthread_mutex_unlock(&d->slots);
    wm_lanes_end(sink);
    wm_wait wait = {0};
    while (atomic_load(&sink->pollers) != 0)
        wm_wait_more(&wait);
    *def = sink->def;
    return last_figures(d, sink);               /* which the dead-letter thread may forget it after */
}

wanmi_status wanmi_dispatch_remove_sink(wanmi_dispatch *d, uint32_t number, int64_t drain_us,
                                        uint64_t *left, wanmi_error *error)
{
    if (d == NULL || drain_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "no dispatch was given, or drain_us is negative");
    if (wm_forked(d))
        return wm_forked_error(error);
    wm_sink *sink;
    wanmi_sink_def def = {0};
    uint64_t rest = 0;
    pthread_mutex_lock(&d->control);
    wanmi_status status = begin_removal(d, number, &sink, error);
    bool running = d->state == WM_STARTED;
    if (status == WANMI_OK && !running)
        rest = end_sink(d, sink, drain_us, &def);
    pthread_mutex_unlock(&d->control);
    if (status != WANMI_OK)
        return status;
    /* No lock is held while callbacks are waited for, or one releases: others may come and
     * go, and wanmi_dispatch_stop waits for `removals`. */
    if (running)
        rest = end_sink(d, sink, drain_us, &def);
    if (def.release != NULL)
        def.release(def.user);
    pthread_mutex_lock(&d->control);
    wm_roster_forget(d);
    pthread_mutex_unlock(&d->control);
    atomic_fetch_sub(&d->removals, 1);
    if (left != NULL)
        *left = rest;
    return WANMI_OK;
}

/* ---- forgetting --------------------------------------------------------------------- */

static void forget(wanmi_dispatch *d, wm_sink *sink)
{
    wm_totals t;
    wm_totals_of(sink, &t);
    wm_totals_add(&d->forgotten, &t);
    wm_generations_sum(&d->forgotten_ended, &sink->last_ended);
    wm_sink_free(sink);
    atomic_fetch_sub(&d->remembered, 1);
}

/* Nobody names it any more. */
static bool is_over(wm_sink *sink)
{
    wm_totals t;
    if (!wm_flag(&sink->gone))
        return false;
    wm_totals_of(sink, &t);
    return t.figures.value[WM_LETTERS] == t.figures.value[WM_LETTERS_DONE];
}

static void forget_at(wanmi_dispatch *d, uint32_t place)
{
    wm_sink *first = wm_sink_at(d, place), **at = &first;
    while (*at != NULL) {
        wm_sink *sink = *at;
        if (is_over(sink)) {
            *at = sink->older;
            forget(d, sink);
        } else {
            at = &sink->older;
        }
    }
    atomic_store_explicit(&d->sinks[place], first, memory_order_release);
}

void wm_roster_forget(wanmi_dispatch *d)
{
    /* The dead-letter thread may be at a removed sink's letters: then it does this when
     * it is done with them. */
    if (atomic_load(&d->remembered) == 0 || pthread_mutex_trylock(&d->dead_lock) != 0)
        return;
    /* All who look for a sink hold one of these, or `control`. */
    pthread_mutex_lock(&d->reading);
    pthread_mutex_lock(&d->slots);
    atomic_fetch_add(&d->freeing, 1);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        forget_at(d, i);
    atomic_fetch_sub(&d->freeing, 1);
    pthread_mutex_unlock(&d->slots);
    pthread_mutex_unlock(&d->reading);
    pthread_mutex_unlock(&d->dead_lock);
}

void wm_roster_tidy(wanmi_dispatch *d)
{
    if (pthread_mutex_trylock(&d->control) != 0)
        return;
    /* A stop looks at all sinks without a lock. */
    if (!wm_flag(&d->stopping))
        wm_roster_forget(d);
    pthread_mutex_unlock(&d->control);
}
