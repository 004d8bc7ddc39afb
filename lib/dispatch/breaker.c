/* The breaker of a sink: after some batches that were refused whole it is left
 * alone for a while, then tried with one delivery. Shared by the sink's lanes. */
#include "internal.h"

enum { OPEN_MAX_US = 30 * 1000 * 1000 };

static int64_t now_of(const wm_sink *sink)
{
    return wm_steady_ns(&sink->dispatch->host);
}

static void open_for(wm_sink *sink, int64_t wait_us)
{
    wm_breaker *b = &sink->breaker;
    int64_t now = now_of(sink), ns;
    if (__builtin_mul_overflow(wait_us, (int64_t)1000, &ns) || ns > INT64_MAX - now)
        ns = INT64_MAX - now;
    atomic_store(&b->wait_us, wait_us);
    atomic_store(&b->until_ns, now + ns);
    atomic_fetch_add(&b->opened, 1);
    atomic_store(&b->state, WANMI_SINK_OPEN);
    wm_watch_look(sink->dispatch);
}

static void close_breaker(wm_sink *sink)
{
    atomic_store(&sink->breaker.failures, 0);
    atomic_store(&sink->breaker.state, WANMI_SINK_CLOSED);
    wm_watch_look(sink->dispatch);
}

wm_leave wm_breaker_leave(wm_sink *sink)
{
    wm_breaker *b = &sink->breaker;
    uint32_t state = atomic_load_explicit(&b->state, memory_order_acquire);
    if (state == WANMI_SINK_CLOSED)
        return WM_LEAVE_ALL;
    if (state == WANMI_SINK_HALF_OPEN || now_of(sink) < atomic_load(&b->until_ns))
        return WM_LEAVE_NONE;
    return atomic_compare_exchange_strong(&b->state, &state, WANMI_SINK_HALF_OPEN) ? WM_LEAVE_ONE
                                                                                  : WM_LEAVE_NONE;
}

void wm_breaker_unused(wm_sink *sink)
{
    atomic_store(&sink->breaker.state, WANMI_SINK_OPEN);
}

/* The wait after a trial that failed. One that had failed before makes it no
 * longer: else a few that the sink never takes would keep it from the others. */
static int64_t next_wait(const wm_breaker *b, bool fresh)
{
    int64_t before = atomic_load(&b->wait_us), twice = before > OPEN_MAX_US / 2 ? OPEN_MAX_US : before * 2;
    return fresh && twice > before ? twice : before;
}

void wm_breaker_told(wm_sink *sink, wm_leave leave, bool all_refused, bool fresh)
{
    wm_breaker *b = &sink->breaker;
    if (leave == WM_LEAVE_ONE) {
        if (all_refused)
            open_for(sink, next_wait(b, fresh));
        else
            close_breaker(sink);
        return;
    }
    if (!all_refused) {
        if (atomic_load_explicit(&b->failures, memory_order_relaxed) != 0)
            atomic_store(&b->failures, 0);
        return;
    }
    uint32_t most = sink->def.breaker_failures;
    if (most != 0 && atomic_fetch_add(&b->failures, 1) + 1 == most)
        open_for(sink, sink->def.breaker_open_us);
}
