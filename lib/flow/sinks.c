/* Sinks that come and go, with what they want. */
#include "internal.h"

/* Under `change`: makes a stage with `wish` (NULL: none) at a place and puts it in
 * force; before the start only notes it. Then `last` is done (NULL: nothing). On
 * failure all is as it was. */
static wanmi_status put_wish(wanmi_flow *flow, uint32_t place, wm_wish *wish, const wm_last_step *last,
                             wanmi_error *error)
{
    wm_wish *before = flow->wishes[place];
    flow->wishes[place] = wish;
    flow->version++;
    wm_stage *stage = NULL;
    wanmi_status status = WANMI_OK;
    if (flow->stage == NULL) {
        status = last != NULL ? last->take(last->argument, error) : WANMI_OK;
    } else {
        status = wm_stage_make(flow, flow->generation, flow->wishes, &stage, error);
        if (status == WANMI_OK)
            status = wm_put_in_force(flow, stage, last, error);
    }
    if (status == WANMI_OK) {
        wm_wish_release(before, &flow->host);
        return WANMI_OK;
    }
    wm_stage_free(stage, &flow->host);
    flow->wishes[place] = before;
    return status;
}

/* ---- one more --------------------------------------------------------------------------- */

typedef struct wm_addition {
    wanmi_flow *flow;
    const wanmi_sink_def *def;
    wm_wish *wish;
} wm_addition;

/* The last step, because it cannot be undone: a sink that is removed is released. */
static wanmi_status add_to_dispatch(void *argument, wanmi_error *error)
{
    const wm_addition *a = argument;
    return wanmi_dispatch_add_sink(a->flow->dispatch, a->def, &a->wish->number, error);
}

static wanmi_status add_sink(wanmi_flow *flow, const wanmi_sink_def *def,
                             const wanmi_subscription *subscription, uint32_t *sink,
                             wanmi_error *error)
{
    wanmi_status status = wm_may_change(flow, error);
    if (status != WANMI_OK)
        return status;
    uint32_t place = 0;
    while (place < WANMI_SINKS_MAX && flow->wishes[place] != NULL)
        place++;
    if (place == WANMI_SINKS_MAX)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "there are %d sinks already", WANMI_SINKS_MAX);
    wm_addition addition = {flow, def, NULL};
    const wm_last_step last = {add_to_dispatch, &addition};
    status = wm_wish_read(&flow->host, subscription, def, &addition.wish, error);
    if (status != WANMI_OK)
        return status;
    status = put_wish(flow, place, addition.wish, &last, error);
    if (status != WANMI_OK)
        wm_wish_release(addition.wish, &flow->host);
    else if (sink != NULL)
        *sink = addition.wish->number;
    return status;
}

wanmi_status wanmi_flow_add_sink(wanmi_flow *flow, const wanmi_sink_def *def,
                                 const wanmi_subscription *subscription, uint32_t *sink,
                                 wanmi_error *error)
{
    if (flow == NULL || def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_add_sink needs a flow and a sink");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->change);
    wanmi_status status = add_sink(flow, def, subscription, sink, error);
    pthread_mutex_unlock(&flow->change);
    return status;
}

/* ---- one less --------------------------------------------------------------------------- */

static wanmi_status take_out(wanmi_flow *flow, uint32_t sink, wanmi_error *error)
{
    wanmi_status status = wm_may_change(flow, error);
    if (status != WANMI_OK)
        return status;
    uint32_t place = 0;
    while (place < WANMI_SINKS_MAX && (flow->wishes[place] == NULL || flow->wishes[place]->number != sink))
        place++;
    if (place == WANMI_SINKS_MAX)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "the flow has no sink %u", sink);
    return put_wish(flow, place, NULL, NULL, error);
}

/* What the sink still holds may take its time; other changes do not wait for it. */
wanmi_status wanmi_flow_remove_sink(wanmi_flow *flow, uint32_t sink, int64_t drain_us, uint64_t *left,
                                    wanmi_error *error)
{
    if (flow == NULL || drain_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "no flow was given, or the time to drain is negative");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->change);
    wanmi_status status = take_out(flow, sink, error);
    pthread_mutex_unlock(&flow->change);
    /* One that the flow has not the dispatch may have: if it refused a removal before. */
    if (status == WANMI_OK || status == WANMI_E_DISPATCH_SINK)
        status = wanmi_dispatch_remove_sink(flow->dispatch, sink, drain_us, left, error);
    return status;
}

wanmi_dispatch *wanmi_flow_dispatch(const wanmi_flow *flow)
{
    return flow->dispatch;
}
