/* Intakes: a thread's own rings, columns and figures, and the place of its station. */
#include <string.h>

#include "internal.h"

/* The producer is closed by whoever frees: in a forked child it is not ours. */
void wm_intake_free(wanmi_intake *intake)
{
    const wanmi_host *host = &intake->flow->host;
    wm_free(host, intake->classes.masks, intake->classes.capacity * sizeof(uint64_t));
    wm_free(host, intake->sources.masks, intake->sources.capacity * sizeof(uint64_t));
    wm_arena_drop(&intake->arena);
    wm_free(host, intake, sizeof *intake);
}

static void *array(wanmi_intake *intake, size_t count, size_t size, bool *all)
{
    void *items = wm_arena_alloc(&intake->arena, wm_product(count, size));
    *all &= items != NULL;
    return items;
}

static wanmi_status make_columns(wanmi_intake *intake, size_t batch)
{
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
    return all ? WANMI_OK : WANMI_E_MEMORY;
}

/* ---- opening ------------------------------------------------------------------------------- */

/* The stage in force, which stays as long as its user wants it. */
static wanmi_status hold_stage(wanmi_flow *flow, wm_stage **stage, wanmi_error *error)
{
    pthread_mutex_lock(&flow->lock);
    bool made = flow->state == WM_FLOW_MADE;
    bool runs = flow->state == WM_FLOW_STARTED && !atomic_load(&flow->closed);
    *stage = runs ? flow->stage : NULL;
    if (runs)
        flow->stage->users++;
    pthread_mutex_unlock(&flow->lock);
    if (runs)
        return WANMI_OK;
    return wm_error(error, WANMI_E_DISPATCH_STATE, "intakes are opened while the flow runs: %s",
                    made ? "it is not started" : "intake has stopped");
}

static void let_go(wanmi_flow *flow, wm_stage *stage)
{
    pthread_mutex_lock(&flow->lock);
    stage->users--;
    pthread_mutex_unlock(&flow->lock);
}

/* Another stage may have been put in force while the station was made; then it is
 * made again. Gives whether the intake is in the list. */
static bool enter(wanmi_flow *flow, wanmi_intake *intake, wm_station *station)
{
    pthread_mutex_lock(&flow->lock);
    bool current = station->stage == flow->stage;
    if (current) {
        station->next = flow->stations;
        station->link = &flow->stations;
        if (station->next != NULL)
            station->next->link = &station->next;
        flow->stations = station;
        station->stage->users++;
        atomic_store_explicit(&intake->station, station, memory_order_release);
        intake->next = flow->intakes;
        intake->link = &flow->intakes;
        if (intake->next != NULL)
            intake->next->link = &intake->next;
        flow->intakes = intake;
        flow->intake_count++;
    }
    pthread_mutex_unlock(&flow->lock);
    return current;
}

static wanmi_status enter_with_station(wanmi_flow *flow, wanmi_intake *intake, wanmi_error *error)
{
    for (;;) {
        wm_stage *stage = NULL;
        wm_station *station = NULL;
        wanmi_status status = hold_stage(flow, &stage, error);
        if (status != WANMI_OK)
            return status;
        status = wm_station_make(flow, stage, &station, error);
        bool entered = status == WANMI_OK && enter(flow, intake, station);
        let_go(flow, stage);
        if (status != WANMI_OK || entered)
            return status;
        wm_station_free(station, &flow->host);
    }
}

static wanmi_status make(wanmi_flow *flow, wanmi_intake **made, wanmi_error *error)
{
    wanmi_intake *fresh = wm_alloc_zero(&flow->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->flow = flow;
    wm_arena_init(&fresh->arena, &flow->host);
    wanmi_status status = make_columns(fresh, flow->options.batch_max);
    if (status != WANMI_OK)
        wm_error_memory(error);
    if (status == WANMI_OK)
        status = wanmi_producer_open(flow->dispatch, &fresh->producer, error);
    if (status == WANMI_OK)
        status = enter_with_station(flow, fresh, error);
    if (status == WANMI_OK) {
        *made = fresh;
    } else {
        wanmi_producer_close(fresh->producer);
        wm_intake_free(fresh);
    }
    return status;
}

/* Whether intakes may be opened; asked first, so that its error is the one told. */
static wanmi_status must_run(wanmi_flow *flow, wanmi_error *error)
{
    wm_stage *stage = NULL;
    wanmi_status status = hold_stage(flow, &stage, error);
    if (status == WANMI_OK)
        let_go(flow, stage);
    return status;
}

wanmi_status wanmi_intake_open(wanmi_flow *flow, wanmi_intake **intake, wanmi_error *error)
{
    if (flow == NULL || intake == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the flow or the place for the intake is NULL");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    wanmi_status status = must_run(flow, error);
    return status == WANMI_OK ? make(flow, intake, error) : status;
}

/* ---- closing ------------------------------------------------------------------------------- */

void wanmi_intake_close(wanmi_intake *intake)
{
    if (intake == NULL || wm_flow_forked(intake->flow, NULL))
        return;
    wanmi_flow *flow = intake->flow;
    pthread_mutex_lock(&flow->lock);
    wm_figures_add(&flow->closed_figures, &intake->figures);
    *intake->link = intake->next;
    if (intake->next != NULL)
        intake->next->link = intake->link;
    flow->intake_count--;
    pthread_mutex_unlock(&flow->lock);
    /* No change finds it any more. */
    wm_station_leave(flow, wm_station_take(intake));
    wm_reclaim(flow);
    wanmi_producer_close(intake->producer);
    wm_intake_free(intake);
}
