/* The roster: which sinks there are, and how they come while producers submit. How they
 * go: removal.c.
 *
 * A number is a place (its low bits) and how often the place was used before, so
 * that an old number never names another sink.
 */
#include <string.h>

#include "internal.h"

#define USES_MAX ((uint32_t)1 << (32 - WM_SLOT_BITS))

static bool there(const wm_sink *sink)
{
    return sink != NULL && !wm_flag(&sink->removing);
}

static wm_sink *last_of(const wanmi_dispatch *d, uint32_t number)
{
    wm_sink *sink = wm_sink_at(d, wm_place_of(number));
    return sink != NULL && sink->number == number ? sink : NULL;
}

wm_sink *wm_roster_find(const wanmi_dispatch *d, uint32_t number)
{
    wm_sink *sink = last_of(d, number);
    return there(sink) ? sink : NULL;
}

wanmi_status wm_roster_no_sink(uint32_t number, wanmi_error *error)
{
    return wm_error(error, WANMI_E_DISPATCH_SINK, "there is no sink %u", number);
}

/* ---- adding ----------------------------------------------------------------------- */

static wanmi_status find_place(const wanmi_dispatch *d, const char *name, uint32_t *place,
                               wanmi_error *error)
{
    uint32_t first = WANMI_SINKS_MAX;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        const wm_sink *sink = wm_sink_at(d, i);
        if (sink != NULL && !wm_flag(&sink->gone)) {
            if (strcmp(sink->def.name, name) == 0)
                return wm_error(error, WANMI_E_DISPATCH_SINK, "there is a sink %s already", name);
        } else if (d->uses[i] < USES_MAX && first == WANMI_SINKS_MAX) {
            first = i;
        }
    }
    if (first == WANMI_SINKS_MAX)
        return wm_error(error, WANMI_E_DISPATCH_SINK,
                        "sink %s: there are %d already, no more go in", name, WANMI_SINKS_MAX);
    *place = first;
    return WANMI_OK;
}

/* A name that lives to the end; the same text is kept once, whatever comes and goes. */
static const char *keep_name(wanmi_dispatch *d, const char *name)
{
    for (uint32_t i = 0; i < d->name_count; i++)
        if (strcmp(d->name_list[i], name) == 0)
            return d->name_list[i];
    void *list = (void *)d->name_list;
    atomic_fetch_add(&d->freeing, 1);
    bool room = wm_reserve(&d->host, &list, &d->name_room, (size_t)d->name_count + 1,
                           sizeof *d->name_list);
    d->name_list = list;
    atomic_fetch_sub(&d->freeing, 1);
    if (!room)
        return NULL;
    const char *kept = wm_arena_text(&d->names, name);
    if (kept != NULL)
        d->name_list[d->name_count++] = kept;
    return kept;
}

/* Under `slots`, so that producers are the same before and after. */
static wanmi_status let_in(wanmi_dispatch *d, wm_sink *sink, uint32_t place, wanmi_error *error)
{
    wanmi_status status = wm_blocks_of_sink(sink, error);
    if (status != WANMI_OK)
        return status;
    int failed = d->state == WM_STARTED ? wm_lanes_start(sink) : 0;
    if (failed != 0)
        return wm_error(error, WANMI_E_SYSTEM, "sink %s: a thread could not be started: %s",
                        sink->def.name, strerror(failed));
    sink->older = wm_sink_at(d, place);
    d->uses[place]++;
    atomic_store_explicit(&d->sinks[place], sink, memory_order_release);
    atomic_fetch_add(&d->sink_count, 1);
    wm_blocks_show(sink, true);
    wm_watch_look(d);
    return WANMI_OK;
}

static wanmi_status add(wanmi_dispatch *d, const wanmi_sink_def *def, uint32_t *number,
                        wanmi_error *error)
{
    uint32_t place = 0;
    if (d->state == WM_STOPPED)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "sink %s: the dispatch is stopped", def->name);
    wanmi_status status = find_place(d, def->name, &place, error);
    if (status != WANMI_OK)
        return status;
    wm_roster_forget(d);
    const char *name = keep_name(d, def->name);
    if (name == NULL)
        return wm_error_memory(error);
    wm_sink *sink = NULL;
    status = wm_sink_make(d, def, name, place | d->uses[place] << WM_SLOT_BITS, &sink, error);
    if (status != WANMI_OK)
        return status;
    pthread_mutex_lock(&d->slots);
    status = let_in(d, sink, place, error);
    pthread_mutex_unlock(&d->slots);
    if (status == WANMI_OK)
        *number = sink->number;
    else
        wm_sink_free(sink);
    return status;
}

wanmi_status wanmi_dispatch_add_sink(wanmi_dispatch *d, const wanmi_sink_def *def, uint32_t *sink,
                                     wanmi_error *error)
{
    if (d == NULL || sink == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the dispatch or the place for the sink is NULL");
    if (wm_forked(d))
        return wm_forked_error(error);
    wanmi_sink_def copy;
    wanmi_status status = wm_sink_read_def(&copy, def, error);
    if (status != WANMI_OK)
        return status;
    pthread_mutex_lock(&d->control);
    status = add(d, &copy, sink, error);
    pthread_mutex_unlock(&d->control);
    return status;
}

/* ---- looking ------------------------------------------------------------------------ */

wanmi_status wm_sink_enter(wanmi_dispatch *d, uint32_t number, wm_sink **sink, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    pthread_mutex_lock(&d->slots);
    /* One that is being removed may still be emptied. */
    wm_sink *found = last_of(d, number);
    if (d->state == WM_MADE)
        status = wm_error(error, WANMI_E_DISPATCH_STATE, "the dispatch is not started");
    else if (d->state == WM_STOPPED || wm_flag(&d->stopping))
        status = wm_error(error, WANMI_E_DISPATCH_CLOSED, "the dispatch is stopped");
    else if (found == NULL || wm_flag(&found->ending))
        status = wm_roster_no_sink(number, error);
    else if (!wm_polled(found))
        status = wm_error(error, WANMI_E_DISPATCH_SINK, "sink %s has a callback: it is not polled",
                          found->def.name);
    if (status == WANMI_OK) {
        atomic_fetch_add(&found->pollers, 1);
        *sink = found;
    }
    pthread_mutex_unlock(&d->slots);
    return status;
}

void wm_sink_leave(wm_sink *sink)
{
    atomic_fetch_sub(&sink->pollers, 1);
}

uint32_t wanmi_dispatch_sink_count(const wanmi_dispatch *d)
{
    return atomic_load_explicit(&d->sink_count, memory_order_acquire);
}

uint32_t wanmi_dispatch_sinks(const wanmi_dispatch *dispatch, uint32_t *numbers, uint32_t capacity)
{
    wanmi_dispatch *d = (wanmi_dispatch *)(uintptr_t)dispatch;
    uint32_t count = 0;
    if (wm_forked(d))
        return 0;
    pthread_mutex_lock(&d->reading);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        const wm_sink *sink = wm_sink_at(d, i);
        if (!there(sink))
            continue;
        if (count < capacity)
            numbers[count] = sink->number;
        count++;
    }
    pthread_mutex_unlock(&d->reading);
    return count;
}

const char *wanmi_dispatch_sink_name(const wanmi_dispatch *dispatch, uint32_t number)
{
    wanmi_dispatch *d = (wanmi_dispatch *)(uintptr_t)dispatch;
    if (wm_forked(d))
        return NULL;
    pthread_mutex_lock(&d->reading);
    const wm_sink *sink = wm_roster_find(d, number);
    const char *name = sink != NULL ? sink->def.name : NULL;
    pthread_mutex_unlock(&d->reading);
    return name;
}
