/* The flow as a whole: made, started, drained, stopped. */
#include <string.h>

#include "internal.h"

enum { BATCH_DEFAULT = 1024, BATCH_MAX = 65536 };

/* How long a stop waits for submits that run: a sink of policy BLOCK may hold one
 * up for long. After it the dispatch turns them out. */
#define STOP_PATIENCE_NS INT64_C(1000000000)

void wanmi_flow_options_init(wanmi_flow_options *options)
{
    *options = (wanmi_flow_options){.struct_size = sizeof *options, .batch_max = BATCH_DEFAULT};
    wanmi_dispatch_options_init(&options->dispatch);
}

static wanmi_status read_options(wanmi_flow_options *to, const wanmi_flow_options *from,
                                 wanmi_error *error)
{
    wanmi_flow_options_init(to);
    if (from == NULL)
        return WANMI_OK;
    if (from->struct_size < sizeof(size_t) || from->struct_size > sizeof *to)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_flow_options was not filled by wanmi_flow_options_init");
    memcpy(to, from, from->struct_size);
    to->struct_size = sizeof *to;
    if (to->batch_max == 0 || to->batch_max > BATCH_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "batch_max is 1 to %d, not %zu", BATCH_MAX,
                        to->batch_max);
    if (to->engine != WANMI_ENGINE_FAST && to->engine != WANMI_ENGINE_EXACT)
        return wm_error(error, WANMI_E_ARGUMENT, "unknown engine %d", (int)to->engine);
    if (to->missing != WANMI_MISSING_REFUSE && to->missing != WANMI_MISSING_WARN)
        return wm_error(error, WANMI_E_ARGUMENT, "unknown answer to what is missing: %d", (int)to->missing);
    return WANMI_OK;
}

/* Every intake is closed, or of the process that this one was forked from. */
static void drop_stations(wanmi_flow *flow)
{
    while (flow->intakes != NULL) {
        wanmi_intake *intake = flow->intakes;
        flow->intakes = intake->next;
        wm_intake_free(intake);
    }
    while (flow->stations != NULL) {
        wm_station *station = flow->stations;
        flow->stations = station->next;
        wm_station_free(station, &flow->host);
    }
    while (flow->stages != NULL) {
        wm_stage *stage = flow->stages;
        flow->stages = stage->next;
        wm_stage_free(stage, &flow->host);
    }
    /* The map of a flow that was not started is in no list. */
    if (flow->stage == NULL)
        wm_generation_free(flow->generation);
    while (flow->generations != NULL) {
        wm_generation *generation = flow->generations;
        flow->generations = generation->next;
        wm_generation_free(generation);
    }
}

/* Frees a flow, whole or half made. Sinks come first: they may ask for maps. */
static void drop(wanmi_flow *flow)
{
    bool forked = flow->dispatch != NULL && wm_flow_forked(flow, NULL);
    wanmi_dispatch_free(flow->dispatch);
    drop_stations(flow);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        wm_wish_release(flow->wishes[i], &flow->host);
    wm_ledger_drop(flow);
    wanmi_words_release(flow->words);
    wm_arena_drop(&flow->texts);
    /* In a child, to destroy what another thread waits for is to wait for ever. */
    if (!forked) {
        pthread_cond_destroy(&flow->keeper.wake);
        pthread_cond_destroy(&flow->keeper.freed);
        pthread_mutex_destroy(&flow->lock);
        pthread_mutex_destroy(&flow->change);
    }
    wanmi_host host = flow->host;
    wm_free(&host, flow, sizeof *flow);
    wm_host_drop(&host);
}

static void make_locks(wanmi_flow *flow)
{
    pthread_condattr_t steady;
    pthread_condattr_init(&steady);
    pthread_condattr_setclock(&steady, CLOCK_MONOTONIC);
    pthread_cond_init(&flow->keeper.wake, &steady);
    pthread_condattr_destroy(&steady);
    pthread_cond_init(&flow->keeper.freed, NULL);
    pthread_mutex_init(&flow->lock, NULL);
    pthread_mutex_init(&flow->change, NULL);
}

static wanmi_status make(const wanmi_flow_options *options, wanmi_host *host, wanmi_flow **flow,
                         wanmi_error *error)
{
    wanmi_flow *fresh = wm_alloc_zero(host, sizeof *fresh);
    if (fresh == NULL) {
        wm_host_drop(host);
        return wm_error_memory(error);
    }
    fresh->host = *host;
    fresh->options = *options;
    wm_arena_init(&fresh->texts, &fresh->host);
    make_locks(fresh);
    wanmi_status status = wanmi_words_create(&fresh->host, &fresh->words, error);
    if (status == WANMI_OK)
        status = wanmi_dispatch_create(&options->dispatch, &fresh->host, &fresh->dispatch, error);
    if (status == WANMI_OK)
        *flow = fresh;
    else
        drop(fresh);
    return status;
}

wanmi_status wanmi_flow_create(const wanmi_flow_options *options, const wanmi_host *host,
                               wanmi_flow **flow, wanmi_error *error)
{
    if (flow == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no place for the flow was given");
    wanmi_flow_options checked;
    wanmi_status status = read_options(&checked, options, error);
    if (status != WANMI_OK)
        return status;
    wanmi_host copy;
    status = wm_host_copy(&copy, host, error);
    return status == WANMI_OK ? make(&checked, &copy, flow, error) : status;
}

void wanmi_flow_free(wanmi_flow *flow)
{
    if (flow == NULL)
        return;
    /* In a child a thread that is not there may have been changing the lists when
     * its process forked: then they cannot be trusted, and stay as they are. */
    if (wm_flow_forked(flow, NULL)) {
        if (pthread_mutex_trylock(&flow->lock) != 0)
            return;
        pthread_mutex_unlock(&flow->lock);
    }
    wanmi_flow_stop(flow);
    drop(flow);
}

bool wm_flow_forked(const wanmi_flow *flow, wanmi_error *error)
{
    uint64_t pending;
    if (wanmi_dispatch_pending_of(flow->dispatch, 0, &pending, NULL) != WANMI_E_DISPATCH_STATE)
        return false;
    wm_error(error, WANMI_E_DISPATCH_STATE, "the flow belongs to the process that this one was forked from");
    return true;
}

wanmi_words *wanmi_flow_words(const wanmi_flow *flow)
{
    return flow->words;
}

/* ---- the start ------------------------------------------------------------------------- */

static wanmi_status must_be_new(wanmi_flow *flow, wanmi_error *error)
{
    pthread_mutex_lock(&flow->lock);
    wm_flow_state state = flow->state;
    pthread_mutex_unlock(&flow->lock);
    if (state == WM_FLOW_MADE)
        return WANMI_OK;
    return wm_error(error, WANMI_E_DISPATCH_STATE, "the flow is %s already",
                    state == WM_FLOW_STARTED ? "started" : "stopped");
}

/* Under `change`. No intake is open yet, so what is made can be put in force. */
static wanmi_status start(wanmi_flow *flow, wanmi_error *error)
{
    wanmi_status status = must_be_new(flow, error);
    if (status != WANMI_OK)
        return status;
    if (flow->generation == NULL)
        return wm_error(error, WANMI_E_FLOW_MAP, "the flow has no map: wanmi_flow_set_map comes first");
    wm_stage *stage = NULL;
    status = wm_stage_make(flow, flow->generation, flow->wishes, &stage, error);
    if (status == WANMI_OK)
        status = wanmi_dispatch_start(flow->dispatch, error);
    if (status == WANMI_OK)
        status = wm_put_in_force(flow, stage, NULL, error);
    if (status != WANMI_OK) {
        wm_stage_free(stage, &flow->host);
        return status;
    }
    pthread_mutex_lock(&flow->lock);
    flow->state = WM_FLOW_STARTED;
    pthread_mutex_unlock(&flow->lock);
    return WANMI_OK;
}

wanmi_status wanmi_flow_start(wanmi_flow *flow, wanmi_error *error)
{
    if (flow == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no flow was given");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->change);
    wanmi_status status = start(flow, error);
    pthread_mutex_unlock(&flow->change);
    return status;
}

/* ---- the end -------------------------------------------------------------------------- */

wanmi_status wanmi_flow_drain(wanmi_flow *flow, int64_t deadline_us, uint64_t *left,
                              wanmi_error *error)
{
    if (flow == NULL || left == NULL || deadline_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the flow or `left` is NULL, or the deadline is negative");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    int64_t most = deadline_us < INT64_MAX / 1000 ? deadline_us * 1000 : INT64_MAX;
    int64_t began = wm_steady_ns(&flow->host);
    wm_gate_shut(flow);
    if (!wm_gate_wait(flow, most)) {
        wanmi_tally sum;
        wanmi_tally_init(&sum);
        wanmi_dispatch_snapshot(flow->dispatch, &sum, NULL, 0, NULL);
        *left = sum.pending;
        return wm_error(error, WANMI_E_DEADLINE,
                        "after %lld us a submit is still handing over; %llu deliveries are pending",
                        (long long)deadline_us, (unsigned long long)sum.pending);
    }
    int64_t gone = wm_steady_ns(&flow->host) - began;
    int64_t rest = gone < most ? (most - gone) / 1000 : 0;
    return wanmi_dispatch_drain(flow->dispatch, rest, left, error);
}

void wanmi_flow_stop(wanmi_flow *flow)
{
    if (flow == NULL || wm_flow_forked(flow, NULL))
        return;
    wm_gate_shut(flow);
    pthread_mutex_lock(&flow->lock);
    flow->state = WM_FLOW_STOPPED;
    pthread_mutex_unlock(&flow->lock);
    wm_gate_wait(flow, STOP_PATIENCE_NS);
    wanmi_dispatch_stop(flow->dispatch);
    wm_keeper_stop(flow);
    wm_reclaim(flow);
}
