/* Stations: what one thread needs to work on a stage, and how it passes from hand
 * to hand.
 *
 * intake->station is the only place where a station can be found, and an exchange
 * the only way to get it: so it has one owner at a time, and no one reads what
 * another might free.
 *     submit   takes it (leaves NULL), works, puts it back where NULL still stands
 *     change   exchanges it for the new one. Got a station: the intake was idle, and
 *              nobody works with that one any more. Got NULL: a submit works with it,
 *              finds the new one in its place at its end, and leaves the old one
 * An exchange and a compare-and-exchange a submit, whatever its size; nobody waits.
 */
#include "internal.h"

/* Deliveries routed at once, in events' worth: most events have one or two. */
enum { DELIVERIES_AN_EVENT = 2 };

static void *array(wm_station *station, size_t size, bool *all)
{
    void *items = wm_arena_alloc(&station->arena, wm_product(station->capacity, size));
    *all &= items != NULL;
    return items;
}

static wanmi_status make_scratch(wm_station *station, size_t batch)
{
    const wm_generation *generation = station->stage->generation;
    station->capacity = DELIVERIES_AN_EVENT * batch + wanmi_plan_deliveries_max(generation->plan);
    bool all = true;
    station->deliveries = array(station, sizeof *station->deliveries, &all);
    station->gathered = array(station, sizeof *station->gathered, &all);
    station->keys = array(station, sizeof *station->keys, &all);
    station->gathered_keys = array(station, sizeof *station->gathered_keys, &all);
    station->masks = array(station, sizeof *station->masks, &all);
    return all ? wm_tags_make(&station->tags, &station->arena, generation) : WANMI_E_MEMORY;
}

/* The router looks at an index that is new to it: now, not in a submit. */
static wanmi_status introduce(wm_station *station, wanmi_error *error)
{
    uint32_t number;
    uint8_t byte;
    size_t first, done;
    wanmi_hits none;
    wanmi_hits_init(&none);
    none.cell = none.tuple = &number;
    none.where = none.reason = &byte;
    return wanmi_route(station->router, station->locator, NULL, 0, &none, 0, station->deliveries,
                       station->capacity, &first, NULL, &done, error);
}

static wanmi_status fill(wm_station *station, const wanmi_flow_options *options, wanmi_error *error)
{
    const wm_generation *generation = station->stage->generation;
    if (make_scratch(station, options->batch_max) != WANMI_OK)
        return wm_error_memory(error);
    wanmi_status status = wanmi_locator_create(generation->index, options->engine, &station->locator,
                                               error);
    if (status == WANMI_OK)
        status = wanmi_router_create(generation->plan, &station->router, error);
    return status == WANMI_OK ? introduce(station, error) : status;
}

wanmi_status wm_station_make(wanmi_flow *flow, wm_stage *stage, wm_station **station,
                             wanmi_error *error)
{
    wm_station *fresh = wm_alloc_zero(&flow->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->stage = stage;
    wm_arena_init(&fresh->arena, &flow->host);
    wanmi_status status = fill(fresh, &flow->options, error);
    if (status == WANMI_OK)
        *station = fresh;
    else
        wm_station_free(fresh, &flow->host);
    return status;
}

void wm_station_free(wm_station *station, const wanmi_host *host)
{
    wanmi_router_free(station->router);
    wanmi_locator_free(station->locator);
    wm_arena_drop(&station->arena);
    wm_free(host, station, sizeof *station);
}

/* Acquire: what the one who made it or had it last has written. */
wm_station *wm_station_take(wanmi_intake *intake)
{
    return atomic_exchange_explicit(&intake->station, NULL, memory_order_acquire);
}

void wm_station_put_back(wanmi_intake *intake, wm_station *station)
{
    wm_station *nothing = NULL;
    if (!atomic_compare_exchange_strong_explicit(&intake->station, &nothing, station,
                                                 memory_order_release, memory_order_relaxed))
        wm_station_leave(intake->flow, station);
}

/* Pushed by many, taken all at once (keeper.c): so no place is ever seen twice. */
void wm_station_leave(wanmi_flow *flow, wm_station *station)
{
    wm_station *top = atomic_load_explicit(&flow->left, memory_order_relaxed);
    do
        station->left = top;
    while (!atomic_compare_exchange_weak_explicit(&flow->left, &top, station, memory_order_release,
                                                  memory_order_relaxed));
}
