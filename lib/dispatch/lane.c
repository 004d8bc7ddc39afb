/* A lane: the thread that hands one share of a sink's deliveries to its callback. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "internal.h"

/* A batch of fewer is followed by a breath of 8 to 64 pauses, up to a few
 * microseconds; where that was of no use, by so many batches without one. */
enum { FEW = 32, BREATH_LEAST = 8, BREATH_DOUBLINGS = 3, BREATHLESS = 64 };

/* How long a lane that cannot take what lies in its rings does not look: those
 * who bring more would wake it for nothing. */
enum { DEAF_NS = 1000 * 1000, NAP_MAX_NS = 100 * 1000 * 1000 };

static void nap_deaf(void)
{
    nanosleep(&(struct timespec){.tv_nsec = DEAF_NS}, NULL);
}

/* Around every call into the sink, so that the supervisor sees how long it lasts. */
static int64_t enter_sink(wm_lane *lane, int64_t began_ns)
{
    /* 0 means "not inside": a clock that starts there is moved by the least. */
    began_ns += began_ns == 0;
    atomic_store_explicit(&lane->callback_began_ns, began_ns, memory_order_release);
    return began_ns;
}

/* Gives when that was. */
static int64_t leave_sink(wm_lane *lane, int64_t began_ns)
{
    atomic_store_explicit(&lane->callback_began_ns, 0, memory_order_release);
    int64_t ended_ns = wm_steady_ns(&lane->sink->dispatch->host);
    /* The supervisor may have called the sink hung: it need not for longer. */
    if (wm_watch_lasts(lane, began_ns, ended_ns - began_ns))
        wm_watch_look(lane->sink->dispatch);
    return ended_ns;
}

/* Hands a batch to the callback; lane->outcomes has the answers. Gives when it began,
 * which is `began_ns` where that is known. */
static int64_t call(wm_lane *lane, const wanmi_delivery *batch, size_t count, int64_t began_ns)
{
    wm_sink *sink = lane->sink;
    memset(lane->outcomes, WANMI_DELIVERED, count);
    if (began_ns == 0)
        began_ns = wm_steady_ns(&sink->dispatch->host);
    began_ns = enter_sink(lane, began_ns);
    sink->def.deliver(sink->def.user, batch, count, lane->outcomes);
    lane->ended_ns = leave_sink(lane, began_ns);
    int64_t lasted_ns = lane->ended_ns - began_ns;
    wm_histogram_record(&lane->timings->callback, (uint64_t)(lasted_ns > 0 ? lasted_ns + 999 : 0) / 1000);
    return began_ns;
}

static void deliver(wm_lane *lane, const wm_run *run, wm_leave leave, int64_t began_ns)
{
    wm_side *side = &run->link->lane;
    wm_side_open(side);
    wm_side_set(side, WM_IN_CALLBACK, run->count);
    wm_side_add(side, WM_BATCHES, 1);
    wm_side_close(side);
    began_ns = call(lane, run->batch, run->count, began_ns);
    size_t refused = wm_settle_run(lane, run, began_ns);
    wm_breaker_told(lane->sink, leave, refused == run->count, true);
}

static bool deliver_again(wm_lane *lane, size_t limit, wm_leave leave)
{
    if (lane->parking.heaped == 0)
        return false;
    const wanmi_delivery *batch;
    size_t count = wm_again_gather(lane, limit, &batch);
    if (count == 0)
        return false;
    atomic_fetch_add_explicit(&lane->again_batches, 1, memory_order_relaxed);
    call(lane, batch, count, 0);
    size_t refused = wm_again_settle(lane);
    lane->ended_ns = 0;
    /* One that is refused again says more of itself than of the sink. */
    if (leave == WM_LEAVE_ONE || count > 1 || refused == 0)
        wm_breaker_told(lane->sink, leave, refused == count, false);
    return true;
}

/* What a lane does that may not call, or cannot take: it still drops what producers
 * ask it to. */
static void idle(wm_lane *lane)
{
    const wm_sink *sink = lane->sink;
    uint32_t producers = wm_producer_count(sink->dispatch);
    if (sink->def.policy == WANMI_POLICY_DROP_OLDEST)
        for (uint32_t i = 0; i < producers; i++) {
            wm_block *block = wm_block_at(sink, i);
            for (uint32_t band = 0; block != NULL && band < sink->bands; band++)
                wm_run_make_room(lane, wm_link_of(block, lane, band));
        }
    nap_deaf();
}

static bool has_idle(const wm_lane *lane)
{
    return lane->sink->def.idle != NULL && lane->sink->def.idle_us != 0;
}

/* Nothing has come: the sink's own time, now and then. */
static void rest(wm_lane *lane)
{
    const wm_sink *sink = lane->sink;
    if (!has_idle(lane))
        return;
    int64_t now_ns = wm_steady_ns(&sink->dispatch->host), ns;
    if (lane->idle_ns != 0 && now_ns >= lane->idle_ns) {
        int64_t began_ns = enter_sink(lane, now_ns);
        sink->def.idle(sink->def.user);
        now_ns = leave_sink(lane, began_ns);
        lane->idle_ns = 0;
    }
    if (lane->idle_ns == 0 && (__builtin_mul_overflow(sink->def.idle_us, (int64_t)1000, &ns)
                               || __builtin_add_overflow(now_ns, ns, &lane->idle_ns)))
        lane->idle_ns = INT64_MAX;
}

/* One delivery to see how the sink does: a new one, for what was refused before
 * may be refused for its own sake. */
static bool serve_trial(wm_lane *lane)
{
    wm_run run;
    if (wm_run_next(lane, 1, &run)) {
        deliver(lane, &run, WM_LEAVE_ONE, 0);
        return true;
    }
    if (deliver_again(lane, 1, WM_LEAVE_ONE))
        return true;
    wm_breaker_unused(lane->sink);
    return false;
}

/* Where a lane takes each record as soon as it is there, both sides are busy with getting
 * the same cache lines from each other. So when few have come, it lets a moment pass
 * before it looks again. Gives whether it did. */
static bool breathe(wm_lane *lane)
{
    if (!lane->few || lane->sink->def.wait == WANMI_WAIT_SPIN)
        return false;
    if (lane->breathless != 0) {
        lane->breathless--;
        return false;
    }
    for (uint32_t i = 0; i < (uint32_t)BREATH_LEAST << lane->breath; i++)
        wm_pause();
    return true;
}

/* What has come of it: few, then the next is longer; hardly any or very many, then they
 * are not coming a few at a time, and it is not tried again soon. */
static void breathed(wm_lane *lane, size_t there)
{
    if (there <= 1 || (there >= 2 * FEW && lane->breath == 0)) {
        lane->breathless = BREATHLESS;
        lane->breath = 0;
    } else if (there < FEW) {
        lane->breath += lane->breath < BREATH_DOUBLINGS;
    } else if (there >= 2 * FEW) {
        lane->breath--;
    }
}

/* One batch of what was refused before, and one of the rings; that one begins when
 * `began_ns` says, if nothing was between. */
static bool serve_both(wm_lane *lane, int64_t began_ns)
{
    wm_sink *sink = lane->sink;
    wm_run run = {0};
    bool breath = breathe(lane), any = deliver_again(lane, sink->def.batch_max, WM_LEAVE_ALL);
    /* That may have opened the breaker. */
    if (any && atomic_load_explicit(&sink->breaker.state, memory_order_acquire) != WANMI_SINK_CLOSED)
        return true;
    bool more = wm_run_next(lane, sink->def.batch_max, &run);
    size_t there = run.shown < sink->def.batch_max ? run.shown : 2 * FEW;     /* or more */
    if (breath)
        breathed(lane, there);
    lane->few = more && run.count == there && there < FEW;
    if (more)
        deliver(lane, &run, WM_LEAVE_ALL, any || breath ? 0 : began_ns);
    return any || more;
}

static bool serve_round(void *argument)
{
    wm_lane *lane = argument;
    wm_sink *sink = lane->sink;
    /* A callback that follows another at once begins where that ended: the clock is
     * read once a batch, not twice. */
    int64_t began_ns = lane->ended_ns;
    lane->ended_ns = 0;
    if (wm_flag(&sink->dispatch->stopping) || wm_flag(&sink->ending))
        return wm_lane_bury(lane);
    wm_leave leave = wm_breaker_leave(sink);
    lane->stuck = false;
    bool any = leave == WM_LEAVE_ALL ? serve_both(lane, began_ns)
                                     : leave == WM_LEAVE_ONE && serve_trial(lane);
    if (any)
        return true;
    if (leave != WM_LEAVE_NONE && !lane->stuck) {
        rest(lane);
        return false;
    }
    idle(lane);
    return true;
}

/* Until the first of the parked is due, or the sink's idle. Not much longer than it takes
 * a person to notice, for a host's clock may go otherwise than the system's. */
static int64_t nap_ns(void *argument)
{
    wm_lane *lane = argument;
    uint32_t first = wm_parking_first(&lane->parking);
    int64_t due_ns = first != WANMI_NONE ? lane->parking.parked[first].due_ns : INT64_MAX;
    if (has_idle(lane) && lane->idle_ns < due_ns)
        due_ns = lane->idle_ns;
    if (due_ns == INT64_MAX)
        return INT64_MAX;
    int64_t left = due_ns - wm_steady_ns(&lane->sink->dispatch->host);
    return left < NAP_MAX_NS ? left : NAP_MAX_NS;
}

bool wm_lane_bury(wm_lane *lane)
{
    wm_sink *sink = lane->sink;
    bool stopping = wm_flag(&sink->dispatch->stopping), any = lane->parking.used != 0;
    enum wm_figure figure = stopping ? WM_DEAD_SHUTDOWN : WM_DEAD_REMOVED;
    wanmi_reason reason = stopping ? WANMI_REASON_SHUTDOWN : WANMI_REASON_REMOVED;
    wm_again_bury(lane, figure, reason);
    uint32_t producers = wm_producer_count(sink->dispatch);
    for (uint32_t i = 0; i < producers; i++) {
        wm_block *block = wm_block_at(sink, i);
        for (uint32_t band = 0; block != NULL && band < sink->bands; band++) {
            wm_run run;
            while (wm_run_show(wm_link_of(block, lane, band), sink->def.batch_max, &run)) {
                wm_run_bury(lane, &run, figure, reason, true);
                any = true;
            }
        }
    }
    return any;
}

static void name_thread(const wm_lane *lane)
{
    char sink[9], name[16];         /* the system takes 15 bytes */
    wm_text_fit(sink, sizeof sink, lane->sink->def.name);
    snprintf(name, sizeof name, "wm-%s-%u", sink, lane->number % 100);
    pthread_setname_np(pthread_self(), name);
}

void *wm_lane_run(void *argument)
{
    static const wm_idle idles[] = {
        [WANMI_WAIT_PARK] = WM_IDLE_PARK,
        [WANMI_WAIT_YIELD] = WM_IDLE_YIELD,
        [WANMI_WAIT_SPIN] = WM_IDLE_SPIN,
    };
    wm_lane *lane = argument;
    name_thread(lane);
    atomic_store(&lane->thread_id, wm_thread_id());
    wm_park_serve(lane->park, &(wm_service){.round = serve_round, .nap_ns = nap_ns, .argument = lane,
                                            .end = &lane->sink->ending,
                                            .idle = idles[lane->sink->def.wait]});
    atomic_store(&lane->thread_id, 0);
    return NULL;
}
