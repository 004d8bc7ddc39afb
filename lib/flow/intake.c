/* Intakes: a thread's own locator, router, rings and scratch. */
#include <string.h>

#include "internal.h"

/* Deliveries routed at once, in events' worth: most events have one or two. */
enum { DELIVERIES_AN_EVENT = 2 };

static void drop(wanmi_intake *intake)
{
    wanmi_flow *flow = intake->flow;
    wanmi_producer_close(intake->producer);
    wanmi_router_free(intake->router);
    wanmi_locator_free(intake->locator);
    wm_generation_release(intake->generation);
    wm_free(&flow->host, intake->classes.masks, intake->classes.capacity * sizeof(uint64_t));
    wm_free(&flow->host, intake->sources.masks, intake->sources.capacity * sizeof(uint64_t));
    wm_arena_drop(&intake->arena);
    wm_free(&flow->host, intake, sizeof *intake);
}

static void *array(wanmi_intake *intake, size_t count, size_t size, bool *all)
{
    void *items = wm_arena_alloc(&intake->arena, wm_product(count, size));
    *all &= items != NULL;
    return items;
}

static wanmi_status make_scratch(wanmi_intake *intake)
{
    size_t batch = intake->flow->options.batch_max;
    intake->capacity = DELIVERIES_AN_EVENT * batch
                     + wanmi_plan_deliveries_max(intake->generation->plan);
    bool all = true;
    intake->cells = array(intake, batch, sizeof *intake->cells, &all);
    intake->tuples = array(intake, batch, sizeof *intake->tuples, &all);
    intake->where = array(intake, batch, sizeof *intake->where, &all);
    intake->reasons = array(intake, batch, sizeof *intake->reasons, &all);
    intake->unrouted = array(intake, batch, sizeof *intake->unrouted, &all);
    intake->x = array(intake, batch, sizeof *intake->x, &all);
    intake->y = array(intake, batch, sizeof *intake->y, &all);
    intake->datums = array(intake, batch, sizeof *intake->datums, &all);
    intake->first = array(intake, batch + 1, sizeof *intake->first, &all);
    intake->deliveries = array(intake, intake->capacity, sizeof *intake->deliveries, &all);
    intake->gathered = array(intake, intake->capacity, sizeof *intake->gathered, &all);
    intake->keys = array(intake, intake->capacity, sizeof *intake->keys, &all);
    intake->gathered_keys = array(intake, intake->capacity, sizeof *intake->gathered_keys, &all);
    intake->masks = array(intake, intake->capacity, sizeof *intake->masks, &all);
    return all ? wm_tags_make(&intake->tags, &intake->arena, intake->generation) : WANMI_E_MEMORY;
}

static wanmi_status fill(wanmi_intake *intake, wanmi_error *error)
{
    wm_generation *generation = intake->generation;
    if (make_scratch(intake) != WANMI_OK)
        return wm_error_memory(error);
    wanmi_status status = wanmi_locator_create(generation->index, intake->flow->options.engine,
                                               &intake->locator, error);
    if (status == WANMI_OK)
        status = wanmi_router_create(generation->plan, &intake->router, error);
    if (status == WANMI_OK)
        status = wanmi_producer_open(intake->flow->dispatch, &intake->producer, error);
    return status;
}

static wanmi_status make(wanmi_flow *flow, wanmi_intake **made, wanmi_error *error)
{
    if (flow->state != WM_FLOW_STARTED || atomic_load(&flow->closed))
        return wm_error(error, WANMI_E_DISPATCH_STATE, "intakes are opened while the flow runs: %s",
                        flow->state == WM_FLOW_MADE ? "it is not started" : "intake has stopped");
    wanmi_intake *fresh = wm_alloc_zero(&flow->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->flow = flow;
    wm_arena_init(&fresh->arena, &flow->host);
    fresh->generation = wm_generation_retain(atomic_load(&flow->current));
    wanmi_status status = fill(fresh, error);
    if (status == WANMI_OK)
        *made = fresh;
    else
        drop(fresh);
    return status;
}

wanmi_status wanmi_intake_open(wanmi_flow *flow, wanmi_intake **intake, wanmi_error *error)
{
    if (flow == NULL || intake == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the flow or the place for the intake is NULL");
    pthread_mutex_lock(&flow->lock);
    wanmi_intake *fresh = NULL;
    wanmi_status status = make(flow, &fresh, error);
    if (status == WANMI_OK) {
        fresh->next = flow->intakes;
        fresh->link = &flow->intakes;
        if (fresh->next != NULL)
            fresh->next->link = &fresh->next;
        flow->intakes = fresh;
        *intake = fresh;
    }
    pthread_mutex_unlock(&flow->lock);
    return status;
}

void wanmi_intake_close(wanmi_intake *intake)
{
    if (intake == NULL)
        return;
    wanmi_flow *flow = intake->flow;
    pthread_mutex_lock(&flow->lock);
    wm_figures_add(&flow->closed_figures, &intake->figures);
    wm_tags_add(&flow->closed_tags, &intake->tags);
    *intake->link = intake->next;
    if (intake->next != NULL)
        intake->next->link = intake->link;
    pthread_mutex_unlock(&flow->lock);
    drop(intake);
}
