/* The supervisor: one thread a dispatch that looks at the callbacks under way, so that
 * a sink that hangs is known while it hangs, and tells the observer of states.
 *
 * A callback is counted as slow or hung once: by this thread while it lasts, or by
 * its lane when it returns, whoever sees it first. So none is missed, however
 * seldom this thread looks.
 */
#include "internal.h"

enum { NAP_MIN_US = 500, NAP_MAX_US = 1000 * 1000 };

static int64_t now_of(const wanmi_dispatch *d)
{
    return wm_steady_ns(&d->host);
}

/* ---- callbacks ------------------------------------------------------------------------- */

/* Whether this callback, known by its beginning, is seen for the first time. */
static bool first_sight(_Atomic int64_t *last_ns, int64_t began_ns)
{
    int64_t last = atomic_load_explicit(last_ns, memory_order_relaxed);
    while (last < began_ns)
        if (atomic_compare_exchange_weak(last_ns, &last, began_ns))
            return true;
    return false;
}

static bool longer(int64_t ns, int64_t limit_us)
{
    return limit_us != 0 && ns / 1000 > limit_us;
}

bool wm_watch_lasts(wm_lane *lane, int64_t began_ns, int64_t ns)
{
    wm_sink *sink = lane->sink;
    bool hung = longer(ns, sink->def.hung_us);
    if (longer(ns, sink->def.slow_us) && first_sight(&lane->slow_ns, began_ns))
        atomic_fetch_add(&sink->slow, 1);
    if (hung && first_sight(&lane->hung_ns, began_ns))
        atomic_fetch_add(&sink->hung_calls, 1);
    return hung;
}

static bool any_hung(wm_sink *sink)
{
    bool hung = false;
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        int64_t began_ns = atomic_load_explicit(&lane->callback_began_ns, memory_order_acquire);
        if (began_ns != 0)
            hung |= wm_watch_lasts(lane, began_ns, now_of(sink->dispatch) - began_ns);
    }
    return hung;
}

static void look_at(wm_sink *sink)
{
    bool hung = any_hung(sink);
    atomic_store(&sink->hung, hung);
    if (!hung)
        return;
    /* The callback may have returned, and its lane looked at the flag of this thread,
     * before `hung` was set: one of the two sees the other. */
    wm_park_fence();
    atomic_store(&sink->hung, any_hung(sink));
}

/* ---- states ------------------------------------------------------------------------------ */

typedef struct news {
    uint32_t count;
    struct {
        uint32_t sink;
        wanmi_sink_state state;
    } of[WANMI_SINKS_MAX];
} news;

static bool watched(const wm_sink *sink)
{
    return sink != NULL && !wm_flag(&sink->removing) && !wm_polled(sink);
}

/* Under `reading` no sink goes. The observer is called after it, for it may want a
 * snapshot. */
static void look_at_all(wanmi_dispatch *d, news *n)
{
    n->count = 0;
    pthread_mutex_lock(&d->reading);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        wm_sink *sink = wm_sink_at(d, i);
        if (!watched(sink))
            continue;
        look_at(sink);
        wanmi_sink_state state = wm_state_of(sink);
        if (state != (wanmi_sink_state)sink->told) {
            sink->told = state;
            n->of[n->count].sink = sink->number;
            n->of[n->count++].state = state;
        }
    }
    pthread_mutex_unlock(&d->reading);
}

static bool look(void *dispatch)
{
    wanmi_dispatch *d = dispatch;
    news n;
    look_at_all(d, &n);
    for (uint32_t i = 0; d->options.on_state != NULL && i < n.count; i++)
        d->options.on_state(d->options.state_user, n.of[i].sink, n.of[i].state);
    return wm_flag(&d->watch_end);
}

/* ---- the thread ----------------------------------------------------------------------------- */

static int64_t smaller(int64_t a, int64_t limit_us)
{
    return limit_us != 0 && limit_us / 2 < a ? limit_us / 2 : a;
}

/* Half of the shortest limit there is. */
static int64_t nap_ns(wanmi_dispatch *d)
{
    int64_t us = INT64_MAX;
    pthread_mutex_lock(&d->reading);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        const wm_sink *sink = wm_sink_at(d, i);
        if (watched(sink))
            us = smaller(smaller(us, sink->def.slow_us), sink->def.hung_us);
    }
    pthread_mutex_unlock(&d->reading);
    if (us == INT64_MAX)
        return us;
    us = us < NAP_MIN_US ? NAP_MIN_US : us > NAP_MAX_US ? NAP_MAX_US : us;
    return us * 1000;
}

void *wm_watch_run(void *dispatch)
{
    wanmi_dispatch *d = dispatch;
    pthread_setname_np(pthread_self(), "wm-supervisor");
    while (!wm_park_await(&d->watch_park, look, d, nap_ns(d)))
        ;
    return NULL;
}

void wm_watch_look(wanmi_dispatch *d)
{
    wm_park_fence();
    wm_park_look(&d->watch_park);
}
