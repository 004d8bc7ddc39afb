/* The flow as a whole: made, given a map and sinks, started, drained, stopped. */
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
    return WANMI_OK;
}

/* Frees a flow, whole or half made. */
static void drop(wanmi_flow *flow)
{
    wanmi_dispatch_free(flow->dispatch);
    wm_generation_release(atomic_load(&flow->current));
    wanmi_words_release(flow->words);
    wm_arena_drop(&flow->texts);
    pthread_mutex_destroy(&flow->lock);
    wanmi_host host = flow->host;
    wm_free(&host, flow, sizeof *flow);
    wm_host_drop(&host);
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
    pthread_mutex_init(&fresh->lock, NULL);
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
    wanmi_flow_stop(flow);
    drop(flow);
}

wanmi_words *wanmi_flow_words(const wanmi_flow *flow)
{
    return flow->words;
}

/* ---- before the start ---------------------------------------------------------------- */

static wanmi_status must_be_new(const wanmi_flow *flow, wanmi_error *error)
{
    if (flow->state == WM_FLOW_MADE)
        return WANMI_OK;
    return wm_error(error, WANMI_E_DISPATCH_STATE, "the flow is %s already",
                    flow->state == WM_FLOW_STARTED ? "started" : "stopped");
}

/* `index` NULL: compiled. */
static wanmi_status set_map(wanmi_flow *flow, wanmi_map *map, wanmi_index *index, wanmi_error *error)
{
    wanmi_status status = must_be_new(flow, error);
    if (status != WANMI_OK)
        return status;
    wm_generation *before = atomic_load(&flow->current);
    if (before != NULL && wanmi_map_generation(map) < wanmi_map_generation(before->map))
        return wm_error(error, WANMI_E_FLOW_MAP, "the map is of generation %u, the flow's is of %u",
                        wanmi_map_generation(map), wanmi_map_generation(before->map));
    wm_generation *fresh = NULL;
    status = wm_generation_make(&flow->host, map, index, flow->words, &fresh, error);
    if (status != WANMI_OK)
        return status;
    atomic_store(&flow->current, fresh);
    wm_generation_release(before);
    return WANMI_OK;
}

wanmi_status wanmi_flow_set_map(wanmi_flow *flow, wanmi_map *map, wanmi_error *error)
{
    if (flow == NULL || map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_set_map needs a flow and a map");
    pthread_mutex_lock(&flow->lock);
    wanmi_status status = set_map(flow, map, NULL, error);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

wanmi_status wanmi_flow_set_index(wanmi_flow *flow, wanmi_index *index, wanmi_error *error)
{
    if (flow == NULL || index == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_set_index needs a flow and an index");
    pthread_mutex_lock(&flow->lock);
    wanmi_status status = set_map(flow, wanmi_index_map(index), index, error);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

wanmi_map *wanmi_flow_map(const wanmi_flow *flow, uint32_t generation)
{
    wm_generation *current = atomic_load(&((wanmi_flow *)flow)->current);
    if (current == NULL || wanmi_map_generation(current->map) != generation)
        return NULL;
    return current->map;
}

static wanmi_status add_sink(wanmi_flow *flow, const wanmi_sink_def *def,
                             const wanmi_subscription *subscription, uint32_t *sink,
                             wanmi_error *error)
{
    wanmi_status status = must_be_new(flow, error);
    if (status != WANMI_OK)
        return status;
    wm_wish wish;
    status = wm_wish_read(&flow->texts, subscription, def->name != NULL ? def->name : "", &wish, error);
    if (status != WANMI_OK)
        return status;
    uint32_t number;
    status = wanmi_dispatch_add_sink(flow->dispatch, def, &number, error);
    if (status != WANMI_OK)
        return status;
    flow->wishes[number] = wish;
    if (sink != NULL)
        *sink = number;
    return WANMI_OK;
}

wanmi_status wanmi_flow_add_sink(wanmi_flow *flow, const wanmi_sink_def *def,
                                 const wanmi_subscription *subscription, uint32_t *sink,
                                 wanmi_error *error)
{
    if (flow == NULL || def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_add_sink needs a flow and a sink");
    pthread_mutex_lock(&flow->lock);
    wanmi_status status = add_sink(flow, def, subscription, sink, error);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

static wanmi_status start(wanmi_flow *flow, wanmi_error *error)
{
    wanmi_status status = must_be_new(flow, error);
    if (status != WANMI_OK)
        return status;
    wm_generation *generation = atomic_load(&flow->current);
    if (generation == NULL)
        return wm_error(error, WANMI_E_FLOW_MAP, "the flow has no map: wanmi_flow_set_map comes first");
    wm_filters filters;
    status = wm_filters_compile(&filters, &flow->host, generation->map, flow->wishes, flow->dispatch,
                                error);
    if (status != WANMI_OK)
        return status;
    if (flow->closed_tags.made == NULL && wm_tags_make(&flow->closed_tags, &flow->texts, generation) != WANMI_OK)
        status = wm_error_memory(error);
    if (status == WANMI_OK)
        status = wanmi_dispatch_start(flow->dispatch, error);
    if (status != WANMI_OK) {
        wm_filters_drop(&filters, &flow->host);
        return status;
    }
    generation->filters = filters;
    flow->state = WM_FLOW_STARTED;
    return WANMI_OK;
}

wanmi_status wanmi_flow_start(wanmi_flow *flow, wanmi_error *error)
{
    if (flow == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no flow was given");
    pthread_mutex_lock(&flow->lock);
    wanmi_status status = start(flow, error);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

/* ---- the end -------------------------------------------------------------------------- */

wanmi_status wanmi_flow_drain(wanmi_flow *flow, int64_t deadline_us, uint64_t *left,
                              wanmi_error *error)
{
    if (flow == NULL || left == NULL || deadline_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the flow or `left` is NULL, or the deadline is negative");
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
    if (flow == NULL)
        return;
    wm_gate_shut(flow);
    pthread_mutex_lock(&flow->lock);
    flow->state = WM_FLOW_STOPPED;
    pthread_mutex_unlock(&flow->lock);
    wm_gate_wait(flow, STOP_PATIENCE_NS);
    wanmi_dispatch_stop(flow->dispatch);
}
