/* Changes of what is in force while events flow: a new map, a sink more or less.
 *
 * All that a change needs is made first, while everything goes on as it is: index,
 * plan, filters, a station for each intake that is open. Only then is it put in
 * force, under the lock and without anything that can fail. So a change that
 * fails has changed nothing.
 */
#include <string.h>

#include "internal.h"

/* ---- stations for all ------------------------------------------------------------------- */

/* Stations that are made and not given to an intake yet. */
typedef struct wm_pool {
    wm_station *first;
    uint32_t count;
} wm_pool;

static wm_station *draw(wm_pool *pool)
{
    wm_station *station = pool->first;
    pool->first = station->next;
    pool->count--;
    return station;
}

static void drop_pool(wm_pool *pool, const wanmi_host *host)
{
    while (pool->count != 0)
        wm_station_free(draw(pool), host);
}

static wanmi_status fill_pool(wanmi_flow *flow, wm_pool *pool, uint32_t wanted, wm_stage *stage,
                              wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    while (status == WANMI_OK && pool->count < wanted) {
        wm_station *fresh = NULL;
        status = wm_station_make(flow, stage, &fresh, error);
        if (status != WANMI_OK)
            break;
        fresh->next = pool->first;
        pool->first = fresh;
        pool->count++;
    }
    return status;
}

/* Whoever is idle gives its station back at once; a submit leaves it when it ends. */
static void give(wanmi_flow *flow, wm_pool *pool, wm_stage *stage)
{
    for (wanmi_intake *intake = flow->intakes; intake != NULL; intake = intake->next) {
        wm_station *fresh = draw(pool);
        fresh->next = flow->stations;
        fresh->link = &flow->stations;
        if (fresh->next != NULL)
            fresh->next->link = &fresh->next;
        flow->stations = fresh;
        stage->users++;
        /* Release: the intake sees the whole station. Acquire: whoever frees the
         * other sees all that was done with it. */
        wm_station *before = atomic_exchange_explicit(&intake->station, fresh, memory_order_acq_rel);
        if (before != NULL)
            wm_station_leave(flow, before);
    }
}

static void put_stage(wanmi_flow *flow, wm_stage *stage)
{
    wm_generation *generation = stage->generation;
    stage->users++;
    if (generation->stages++ == 0) {
        generation->next = flow->generations;
        flow->generations = generation;
        flow->generation_count++;
        flow->swaps += flow->stage != NULL;
    }
    if (flow->stage != NULL)
        flow->stage->users--;
    stage->next = flow->stages;
    flow->stages = stage;
    flow->stage = stage;
    flow->generation = generation;
    wm_ledger_show(flow);
}

wanmi_status wm_put_in_force(wanmi_flow *flow, wm_stage *stage, const wm_last_step *last,
                             wanmi_error *error)
{
    wm_pool pool = {0};
    wanmi_status status = flow->stage != NULL ? wm_keeper_start(flow, error) : WANMI_OK;
    pthread_mutex_lock(&flow->lock);
    /* Intakes may be opened while stations are made for the others. */
    while (status == WANMI_OK && pool.count < flow->intake_count) {
        uint32_t wanted = flow->intake_count;
        pthread_mutex_unlock(&flow->lock);
        status = fill_pool(flow, &pool, wanted, stage, error);
        pthread_mutex_lock(&flow->lock);
    }
    if (status == WANMI_OK && last != NULL)
        status = last->take(last->argument, error);
    if (status == WANMI_OK) {
        give(flow, &pool, stage);
        put_stage(flow, stage);
    }
    pthread_mutex_unlock(&flow->lock);
    drop_pool(&pool, &flow->host);
    wm_keeper_wake(flow);
    return status;
}

wanmi_status wm_may_change(wanmi_flow *flow, wanmi_error *error)
{
    pthread_mutex_lock(&flow->lock);
    bool stopped = flow->state == WM_FLOW_STOPPED;
    pthread_mutex_unlock(&flow->lock);
    return stopped ? wm_error(error, WANMI_E_DISPATCH_STATE, "the flow is stopped already") : WANMI_OK;
}

/* ---- maps --------------------------------------------------------------------------------- */

/* Under `change`, so the map in force stays while it is looked at. */
static wanmi_status must_be_newer(const wanmi_flow *flow, const wanmi_map *map, wanmi_error *error)
{
    uint32_t number = wanmi_map_generation(map);
    if (flow->generation == NULL || number > flow->generation->number
        || (number == flow->generation->number && flow->stage == NULL))
        return WANMI_OK;
    return wm_error(error, WANMI_E_FLOW_MAP,
                    "the map is of generation %u, the flow's is of %u: a map that takes its place is of a later one",
                    number, flow->generation->number);
}

/* A sink that hangs keeps the maps that its deliveries name: not ever more of them. */
static wanmi_status must_have_room(wanmi_flow *flow, wanmi_error *error)
{
    if (wm_reclaim(flow) < WM_GENERATIONS_MAX)
        return WANMI_OK;
    pthread_mutex_lock(&flow->lock);
    flow->swaps_put_off++;
    pthread_mutex_unlock(&flow->lock);
    return wm_error(error, WANMI_E_LIMIT,
                    "%d maps are alive: deliveries that are pending, or submits that run, name the old ones",
                    WM_GENERATIONS_MAX);
}

/* Nothing flows yet: the map takes the place of the one before. */
static void set_first(wanmi_flow *flow, wm_generation *fresh)
{
    pthread_mutex_lock(&flow->lock);
    wm_generation *before = flow->generation;
    if (before != NULL)
        wm_names_remove(&flow->names, before);
    wm_names_add(&flow->names, fresh);
    flow->generation = fresh;
    wm_ledger_show(flow);
    pthread_mutex_unlock(&flow->lock);
    wm_generation_free(before);
}

static wanmi_status swap(wanmi_flow *flow, wm_generation *fresh, wanmi_error *error)
{
    wm_stage *stage = NULL;
    wanmi_status status = wm_stage_make(flow, fresh, flow->wishes, &stage, error);
    if (status != WANMI_OK)
        return status;
    /* Named before any delivery can name it. */
    wm_names_add(&flow->names, fresh);
    status = wm_put_in_force(flow, stage, NULL, error);
    if (status != WANMI_OK) {
        wm_names_remove(&flow->names, fresh);
        wm_stage_free(stage, &flow->host);
    }
    return status;
}

/* `index` NULL: compiled. */
static wanmi_status set_map(wanmi_flow *flow, wanmi_map *map, wanmi_index *index, wanmi_error *error)
{
    wanmi_status status = wm_may_change(flow, error);
    if (status == WANMI_OK)
        status = must_be_newer(flow, map, error);
    if (status == WANMI_OK)
        status = must_have_room(flow, error);
    if (status != WANMI_OK)
        return status;
    wm_generation *fresh = NULL;
    status = wm_generation_make(&flow->host, map, index, flow->words, &fresh, error);
    if (status != WANMI_OK)
        return status;
    if (wm_ledger_prepare(flow, fresh) != WANMI_OK)
        status = wm_error_memory(error);
    if (status == WANMI_OK && flow->stage != NULL)
        status = swap(flow, fresh, error);
    else if (status == WANMI_OK)
        set_first(flow, fresh);
    if (status != WANMI_OK) {
        pthread_mutex_lock(&flow->lock);
        wm_ledger_forget(flow);
        pthread_mutex_unlock(&flow->lock);
        wm_generation_free(fresh);
    }
    return status;
}

wanmi_status wanmi_flow_set_map(wanmi_flow *flow, wanmi_map *map, wanmi_error *error)
{
    if (flow == NULL || map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_set_map needs a flow and a map");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->change);
    wanmi_status status = set_map(flow, map, NULL, error);
    pthread_mutex_unlock(&flow->change);
    return status;
}

wanmi_status wanmi_flow_set_index(wanmi_flow *flow, wanmi_index *index, wanmi_error *error)
{
    if (flow == NULL || index == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_flow_set_index needs a flow and an index");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->change);
    wanmi_status status = set_map(flow, wanmi_index_map(index), index, error);
    pthread_mutex_unlock(&flow->change);
    return status;
}

wanmi_map *wanmi_flow_map(const wanmi_flow *flow, uint32_t generation)
{
    return flow != NULL ? wm_names_find(&flow->names, generation) : NULL;
}
