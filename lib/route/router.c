/* A thread's session: events and hits in, deliveries out.
 *
 * Everything that can fail (arguments, the class table growing) happens before
 * the first event of a call is routed; from there on nothing is allocated.
 */
#include "router.h"

#include <string.h>

wanmi_status wanmi_router_create(wanmi_plan *plan, wanmi_router **router, wanmi_error *error)
{
    if (plan == NULL || router == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_router_create needs a plan and a router");
    wanmi_router *fresh = wm_alloc_zero(&plan->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->plan = wanmi_plan_retain(plan);
    fresh->mode = wm_mode_of(plan, NULL);
    wm_clock_init(&fresh->clock, wanmi_map_zone(plan->map));
    fresh->follow = wm_follow_of(&fresh->kernel);
    *router = fresh;
    return WANMI_OK;
}

wanmi_status wanmi_router_set_mode(wanmi_router *router, const char *mode, wanmi_error *error)
{
    if (router == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no router was given");
    const wm_place place = {.value = mode};
    if (mode != NULL && strchr(mode, ';') != NULL)
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "a mode is one word without ';'");
    router->mode = wm_mode_of(router->plan, mode);
    return WANMI_OK;
}

wanmi_status wanmi_router_set_engine(wanmi_router *router, wanmi_engine engine, wanmi_error *error)
{
    if (router == NULL || (engine != WANMI_ENGINE_FAST && engine != WANMI_ENGINE_EXACT))
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_router_set_engine needs a router and an engine");
    router->engine = engine;
    return WANMI_OK;
}

wanmi_status wanmi_router_use_kernel(wanmi_router *router, wanmi_kernel kernel, wanmi_error *error)
{
    if (router == NULL || (unsigned)kernel > WANMI_KERNEL_X86_64_V4)
        return wm_error(error, WANMI_E_ARGUMENT, "no router, or there is no kernel number %d", (int)kernel);
    wm_follow_fn follow = wm_follow_of(&kernel);
    if (follow == NULL)
        return wm_error(error, WANMI_E_UNSUPPORTED,
                        "kernel number %d is not carried by this processor or build", (int)kernel);
    router->follow = follow;
    router->kernel = kernel;
    return WANMI_OK;
}

wanmi_kernel wanmi_router_kernel(const wanmi_router *router)
{
    return router->kernel;
}

void wanmi_router_free(wanmi_router *router)
{
    if (router == NULL)
        return;
    wanmi_plan *plan = router->plan;
    wm_free(&plan->host, router->classes, router->class_capacity * sizeof *router->classes);
    wm_free(&plan->host, router->objects, router->object_capacity * sizeof *router->objects);
    wanmi_index_release(router->index);
    wm_free(&plan->host, router, sizeof *router);
    wanmi_plan_release(plan);
}

/* ---- places -------------------------------------------------------------------- */

static uint32_t ancestor_in(const wm_work *work, uint32_t layer)
{
    const wm_layer *wanted = &work->plan->layers[layer];
    uint32_t area = work->cell;
    while (area != WANMI_NONE && area - wanted->first_area >= wanted->area_count)
        area = wanmi_map_area_parent(work->plan->map, area, work->instant_us);
    return area;
}

/* In a layer above the cells the area is the one that covers the event, else the
 * cell's ancestor; of a snapped event, which counts as in its cell, the cell's
 * ancestor comes first. */
static uint32_t single_area(const wm_work *work, uint32_t layer)
{
    wm_layer_use use = work->plan->layers[layer].use;
    if (use == WM_LAYER_CELL)
        return work->cell;
    uint32_t covering = wanmi_locator_area(work->locator, work->tuple, layer);
    if (use != WM_LAYER_ANCESTOR || (covering != WANMI_NONE && work->where != WANMI_SNAPPED))
        return covering;
    uint32_t ancestor = ancestor_in(work, layer);
    return ancestor != WANMI_NONE ? ancestor : covering;
}

const wm_presence *wm_presence_in(const wm_work *work, uint32_t layer)
{
    wm_presence *presence = &work->router->presence[layer];
    if (presence->event == work->router->event)
        return presence;
    presence->event = work->router->event;
    if (work->plan->layers[layer].use == WM_LAYER_OVERLAY) {
        presence->areas = NULL;
        presence->count = 0;
        wanmi_locator_areas(work->locator, work->tuple, layer, &presence->areas, &presence->count);
    } else {
        presence->one = single_area(work, layer);
        presence->areas = &presence->one;
        presence->count = presence->one != WANMI_NONE;
    }
    return presence;
}

static bool lies_in(const wm_work *work, const wm_rule *rule)
{
    const wm_presence *presence = wm_presence_in(work, rule->layer);
    for (size_t i = 0; i < presence->count; i++)
        if (presence->areas[i] >= rule->first_area && presence->areas[i] < rule->end_area)
            return true;
    return false;
}

/* ---- deliveries ---------------------------------------------------------------- */

static uint32_t prefix_of(const wm_work *work)
{
    return work->class_id != WANMI_NONE ? work->router->classes[work->class_id] : 0;
}

int64_t wm_due_of(wm_work *work, uint32_t profile)
{
    const wanmi_plan *plan = work->plan;
    if (profile == WANMI_NONE)
        return WANMI_TIME_NONE;
    const wm_case of = {prefix_of(work), work->cell, work->router->mode, work->event->severity};
    uint32_t row = wm_deadline_of(plan, &plan->profiles[profile], &of);
    if (row == WANMI_NONE)
        return WANMI_TIME_NONE;
    return wm_limit_end(plan, &plan->deadlines[row].limit, &work->router->clock, work->instant_us);
}

/* One unit gets one delivery in one role: the first wins, but what a unit must
 * do takes the place of what it would only have been told. */
void wm_deliver(wm_work *work, const wm_address *to)
{
    wanmi_delivery *at = work->deliveries, *end = work->deliveries + work->count;
    while (at < end && (at->unit != to->unit || at->role != to->role))
        at++;
    if (at < end && ((at->flags & WANMI_DELIVERY_COPY) == 0 || (to->flags & WANMI_DELIVERY_COPY) != 0))
        return;
    work->count += at == end;
    const wanmi_event *event = work->event;
    *at = (wanmi_delivery){
        .event_id = event->id, .user = event->user, .time_us = work->instant_us,
        .due_us = wm_due_of(work, to->profile), .generation = work->plan->generation, .unit = to->unit,
        .cell = work->cell, .rule = to->rule, .class_id = work->class_id,
        .source_id = event->source_id, .role = to->role, .tag = to->tag, .priority = to->priority,
        .severity = event->severity, .step = (uint8_t)to->step, .flags = to->flags,
    };
}

static void deliver_to_holders(wm_work *work, const wm_rule *rule, wm_address *to)
{
    const wanmi_plan *plan = work->plan;
    const wm_office *office = &plan->offices[rule->office];
    const wm_presence *presence = wm_presence_in(work, office->layer);
    to->role = rule->role;
    for (size_t i = 0; i < presence->count; i++) {
        const wm_run *run = wm_office_run(plan, office, presence->areas[i], work->instant_us, &to->step);
        uint32_t holders = run == NULL ? 0 : rule->all ? run->count : 1;
        for (uint32_t k = 0; k < holders; k++) {
            to->unit = plan->holders[run->first + k];
            wm_deliver(work, to);
        }
    }
}

static const uint32_t *owners_of(wm_work *work)
{
    wanmi_object_info info;
    if (!work->has_owners && wanmi_map_object(work->plan->map, work->object->object, &info) == WANMI_OK)
        memcpy(work->owners, info.owners, sizeof work->owners);
    work->has_owners = true;
    return work->owners;
}

static void deliver_to_owner(wm_work *work, const wm_rule *rule, wm_address *to)
{
    to->unit = work->object != NULL ? owners_of(work)[rule->owner_role] : WANMI_NONE;
    to->role = rule->role;
    to->step = WANMI_STEP_OWNER;
    if (to->unit != WANMI_NONE)
        wm_deliver(work, to);
}

void wm_obey(wm_work *work, const wm_rule *rule)
{
    wm_address to = {.rule = (uint32_t)(rule - work->plan->rules), .role = WM_SHORT_NONE,
                     .tag = rule->tag, .priority = rule->priority, .flags = rule->flags,
                     .profile = rule->profile, .step = WANMI_STEP_UNIT};
    for (uint32_t i = 0; i < rule->unit_count; i++) {
        to.unit = work->plan->rule_units[rule->first_unit + i];
        wm_deliver(work, &to);
    }
    if (rule->office != WANMI_NONE)
        deliver_to_holders(work, rule, &to);
    if (rule->owner_role >= 0)
        deliver_to_owner(work, rule, &to);
}

static bool is_time_for(wm_work *work, const wm_when *when)
{
    if (!work->has_local)
        work->local = wm_clock_local(&work->router->clock, work->instant_us);
    work->has_local = true;
    return wm_when_holds(work->plan, when, work->local);
}

bool wm_matches(wm_work *work, const wm_rule *rule)
{
    const wanmi_event *event = work->event;
    return (rule->modes & work->router->mode) != 0
        && event->severity >= rule->min_severity
        && (rule->source == WANMI_NONE || rule->source == event->source_id)
        && work->instant_us >= rule->from
        && (work->instant_us < rule->to || rule->to == WM_FOR_EVER)
        && (rule->when == NULL || is_time_for(work, rule->when))
        && (rule->owner == NULL
            || (work->object != NULL && wm_owner_holds(work->plan, rule->owner, owners_of(work))))
        && (rule->layer == WANMI_NONE || lies_in(work, rule));
}

static void obey_rules(wm_work *work)
{
    const wanmi_plan *plan = work->plan;
    const wm_prefix *prefix = &plan->prefixes[prefix_of(work)];
    for (uint32_t i = 0; i < prefix->count; i++) {
        const wm_rule *rule = &plan->rules[plan->lists[prefix->first + i]];
        if (!wm_matches(work, rule))
            continue;
        wm_obey(work, rule);
        if (rule->last)
            return;
    }
}

/* ---- where no rule reaches ------------------------------------------------------ */

bool wm_has_primary(const wm_work *work)
{
    for (size_t i = 0; i < work->count; i++)
        if ((work->deliveries[i].flags & WANMI_DELIVERY_COPY) == 0)
            return true;
    return false;
}

void wm_fall_back(wm_work *work)
{
    const wanmi_plan *plan = work->plan;
    wm_address to = {.rule = WANMI_RULE_FALLBACK, .role = WM_SHORT_NONE, .tag = WM_SHORT_NONE,
                     .profile = WANMI_NONE, .priority = 5, .step = WANMI_STEP_FALLBACK,
                     .unit = plan->fallback_unit};
    const wm_run *run = wm_office_run(plan, &plan->offices[plan->fallback_office], work->cell,
                                      work->instant_us, &to.step);
    if (run != NULL) {
        to.unit = plan->holders[run->first];
        to.role = (uint16_t)run->role;
    } else {
        to.step = WANMI_STEP_FALLBACK;
    }
    if (to.unit != WANMI_NONE)
        wm_deliver(work, &to);
}

static wanmi_reason route_outside(wm_work *work)
{
    if (work->plan->fallback_unit == WANMI_NONE)
        return WANMI_REASON_OUTSIDE;
    const wm_address to = {.unit = work->plan->fallback_unit, .rule = WANMI_RULE_OUTSIDE,
                           .role = WM_SHORT_NONE, .tag = WM_SHORT_NONE, .profile = WANMI_NONE,
                           .priority = 5,
                           .step = WANMI_STEP_FALLBACK};
    work->cell = WANMI_NONE;
    wm_deliver(work, &to);
    return WANMI_REASON_NONE;
}

/* The reason is NONE when there is a delivery. */
wanmi_reason wm_route_one(wm_work *work, wanmi_reason rejected)
{
    const wanmi_event *event = work->event;
    if (event->datum == WANMI_DATUM_OBJECT && work->object == NULL)
        return WANMI_REASON_OBJECT;
    if (work->where == WANMI_REJECTED)
        return rejected;
    if (!wm_has_seen_class(work->router, work->class_id))
        return WANMI_REASON_CLASS;
    if (event->source_id != WANMI_NONE && !wm_is_word(work->router, event->source_id))
        return WANMI_REASON_SOURCE;
    if (work->where == WANMI_OUTSIDE)
        return route_outside(work);
    work->router->event++;
    obey_rules(work);
    if (!wm_has_primary(work))
        wm_fall_back(work);
    return WANMI_REASON_NONE;
}

/* ---- the call ------------------------------------------------------------------ */

/* The first hit that names no cell of the plan's map, or their number. Looked for only
 * where there is one: most of the time goes into finding that there is none. */
static size_t find_bad_hit(const wanmi_hits *hits, size_t count, uint32_t first, uint32_t cells)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++)
        bad |= (uint32_t)(hits->where[i] > WANMI_REJECTED)
             | ((uint32_t)(hits->where[i] <= WANMI_SNAPPED) & (uint32_t)(hits->cell[i] - first >= cells));
    size_t at = bad != 0 ? 0 : count;
    while (at < count && hits->where[at] <= WANMI_REJECTED
           && (hits->where[at] > WANMI_SNAPPED || hits->cell[at] - first < cells))
        at++;
    return at;
}

static wanmi_status check_hits(const wanmi_plan *plan, const wanmi_hits *hits, size_t count,
                               wanmi_error *error)
{
    uint32_t first = 0, cells = 0;
    if (plan->cell_layer != WANMI_NONE) {
        first = plan->layers[plan->cell_layer].first_area;
        cells = plan->layers[plan->cell_layer].area_count;
    }
    size_t bad = find_bad_hit(hits, count, first, cells);
    if (bad < count)
        return wm_error(error, WANMI_E_ARGUMENT, "hit %zu names no cell of the plan's map", bad);
    return WANMI_OK;
}

static wanmi_status check(const wanmi_router *router, const wanmi_locator *locator,
                          const wanmi_hits *hits, wanmi_error *error)
{
    if (hits->struct_size < sizeof(size_t) || hits->struct_size > sizeof *hits)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_hits was not filled by wanmi_hits_init");
    if (hits->cell == NULL || hits->tuple == NULL || hits->where == NULL || hits->reason == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "routing needs the columns cell, tuple, where and reason of the hits");
    if (wanmi_index_map(wanmi_locator_index(locator)) != router->plan->map)
        return wm_error(error, WANMI_E_ARGUMENT, "the locator is of another map than the plan");
    return WANMI_OK;
}

void wm_take_event(wm_work *work, const wm_batch *batch, size_t i, size_t used)
{
    const wanmi_event *event = &batch->events[i];
    work->event = event;
    work->instant_us = event->time_us != WANMI_TIME_NONE ? event->time_us : batch->now_us;
    work->cell = batch->hits->cell[i];
    work->tuple = batch->hits->tuple[i];
    work->where = (wanmi_where)batch->hits->where[i];
    work->object = wm_object_of(work->router, event);
    work->class_id = event->class_id;
    if (event->class_id == WANMI_NONE && work->object != NULL)
        work->class_id = work->object->class_id;
    work->has_owners = work->has_local = false;
    work->deliveries = batch->deliveries + used;
    work->count = 0;
}

/* Gives how many events were routed. */
static size_t route_plainly(wm_work *work, const wm_batch *batch)
{
    size_t used = 0, i = 0;
    for (; i < batch->count && batch->capacity - used >= work->plan->deliveries_max; i++) {
        batch->first[i] = used;
        wm_take_event(work, batch, i, used);
        batch->unrouted[i] = (uint8_t)wm_route_one(work, (wanmi_reason)batch->hits->reason[i]);
        used += work->count;
    }
    batch->first[i] = used;
    return i;
}

wanmi_status wanmi_route(wanmi_router *router, const wanmi_locator *locator,
                         const wanmi_event *events, size_t count, const wanmi_hits *hits,
                         int64_t now_us, wanmi_delivery *deliveries, size_t capacity,
                         size_t *first, uint8_t *unrouted, size_t *done, wanmi_error *error)
{
    bool given = router != NULL && locator != NULL && hits != NULL && first != NULL && done != NULL;
    if (!given || (deliveries == NULL && capacity != 0)
        || (count != 0 && (events == NULL || unrouted == NULL)))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_route needs a router, a locator, events, hits and all its outputs");
    const wanmi_plan *plan = router->plan;
    wanmi_status status = check(router, locator, hits, error);
    if (status == WANMI_OK)
        status = check_hits(plan, hits, count, error);
    bool by_programs = router->engine == WANMI_ENGINE_FAST && plan->programs != NULL;
    if (status == WANMI_OK && !by_programs && wm_see(router, events, count) != WANMI_OK)
        status = wm_error_memory(error);
    if (status != WANMI_OK)
        return status;
    if (by_programs && wanmi_locator_index(locator) != router->index)
        wm_meet_index(router, locator);
    wm_work work = {.router = router, .plan = plan, .locator = locator};
    if (now_us == WANMI_TIME_NONE)
        now_us = wm_now_us(&plan->host);
    const wm_batch batch = {events, count, hits, now_us, deliveries, capacity, first, unrouted};
    size_t routed = by_programs ? router->follow(&work, &batch)
                  : router->engine == WANMI_ENGINE_EXACT ? route_plainly(&work, &batch)
                                                         : wm_route_quickly(&work, &batch);
    /* Words are looked up block by block: where some were routed before, the next call tells. */
    if (routed == 0 && work.lacks_memory)
        return wm_error_memory(error);
    *done = routed;
    return *done == count ? WANMI_OK : WANMI_PARTIAL;
}
