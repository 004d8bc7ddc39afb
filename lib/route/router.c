/* A thread's session: events and hits in, deliveries out.
 *
 * Everything that can fail (arguments, the class table growing) happens before
 * the first event of a call is routed; from there on nothing is allocated.
 */
#include "plan.h"

#include <string.h>

#define CLASS_UNSEEN 0xFFFFFFFFu

/* The areas of one event in one layer, looked up once an event. */
typedef struct wm_presence {
    uint64_t event;                     /* the event they are of */
    const uint32_t *areas;
    size_t count;
    uint32_t one;                       /* where `areas` points when the router found it */
} wm_presence;

struct wanmi_router {
    wanmi_plan *plan;
    uint32_t *classes;                  /* class number -> prefix, or CLASS_UNSEEN */
    size_t class_capacity;
    uint32_t words_known;               /* words there were when last asked */
    uint64_t event;                     /* counts events, for `presence` */
    wm_presence presence[WANMI_LAYERS_MAX];
};

/* One event on its way. */
typedef struct wm_work {
    wanmi_router *router;
    const wanmi_plan *plan;
    const wanmi_locator *locator;
    const wanmi_event *event;
    int64_t instant_us;
    uint32_t cell, tuple;
    wanmi_where where;
    wanmi_delivery *deliveries;
    size_t count;
} wm_work;

wanmi_status wanmi_router_create(wanmi_plan *plan, wanmi_router **router, wanmi_error *error)
{
    if (plan == NULL || router == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_router_create needs a plan and a router");
    wanmi_router *fresh = wm_alloc_zero(&plan->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->plan = wanmi_plan_retain(plan);
    *router = fresh;
    return WANMI_OK;
}

void wanmi_router_free(wanmi_router *router)
{
    if (router == NULL)
        return;
    wanmi_plan *plan = router->plan;
    wm_free(&plan->host, router->classes, router->class_capacity * sizeof *router->classes);
    wm_free(&plan->host, router, sizeof *router);
    wanmi_plan_release(plan);
}

/* ---- classes ------------------------------------------------------------------- */

/* Whether a number is in the words; they only grow. */
static bool is_word(wanmi_router *router, uint32_t number)
{
    if (number >= router->words_known)
        router->words_known = wanmi_words_count(router->plan->words);
    return number < router->words_known;
}

static wanmi_status see_class(wanmi_router *router, uint32_t class_id)
{
    const wanmi_plan *plan = router->plan;
    size_t before = router->class_capacity;
    void *classes = router->classes;
    if (!wm_reserve(&plan->host, &classes, &router->class_capacity, (size_t)class_id + 1,
                    sizeof *router->classes))
        return WANMI_E_MEMORY;
    router->classes = classes;
    for (size_t i = before; i < router->class_capacity; i++)
        router->classes[i] = CLASS_UNSEEN;
    router->classes[class_id] = wm_class_prefix(plan, wanmi_words_text(plan->words, class_id));
    return WANMI_OK;
}

static wanmi_status see_classes(wanmi_router *router, const wanmi_event *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t id = events[i].class_id;
        if (id < router->class_capacity && router->classes[id] != CLASS_UNSEEN)
            continue;
        if (id == WANMI_NONE || !is_word(router, id))
            continue;
        wanmi_status status = see_class(router, id);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
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

static const wm_presence *presence_in(const wm_work *work, uint32_t layer)
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
    const wm_presence *presence = presence_in(work, rule->layer);
    for (size_t i = 0; i < presence->count; i++)
        if (presence->areas[i] >= rule->first_area && presence->areas[i] < rule->end_area)
            return true;
    return false;
}

/* ---- deliveries ---------------------------------------------------------------- */

/* What a delivery says besides the event: who, by which rule, in which role. */
typedef struct wm_address {
    uint32_t unit, rule;
    uint16_t role, tag;
    uint8_t priority, flags;
    wanmi_step step;
} wm_address;

/* One unit gets one delivery in one role: the first wins, but what a unit must
 * do takes the place of what it would only have been told. */
static void deliver(wm_work *work, const wm_address *to)
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
        .due_us = WANMI_TIME_NONE, .generation = work->plan->generation, .unit = to->unit,
        .cell = work->cell, .rule = to->rule, .class_id = event->class_id,
        .source_id = event->source_id, .role = to->role, .tag = to->tag, .priority = to->priority,
        .severity = event->severity, .step = (uint8_t)to->step, .flags = to->flags,
    };
}

static void deliver_to_holders(wm_work *work, const wm_rule *rule, wm_address *to)
{
    const wanmi_plan *plan = work->plan;
    const wm_office *office = &plan->offices[rule->office];
    const wm_presence *presence = presence_in(work, office->layer);
    to->role = rule->role;
    for (size_t i = 0; i < presence->count; i++) {
        const wm_run *run = wm_office_run(plan, office, presence->areas[i], work->instant_us, &to->step);
        uint32_t holders = run == NULL ? 0 : rule->all ? run->count : 1;
        for (uint32_t k = 0; k < holders; k++) {
            to->unit = plan->holders[run->first + k];
            deliver(work, to);
        }
    }
}

static void obey(wm_work *work, const wm_rule *rule)
{
    wm_address to = {.rule = (uint32_t)(rule - work->plan->rules), .role = WM_SHORT_NONE,
                     .tag = rule->tag, .priority = rule->priority, .flags = rule->flags,
                     .step = WANMI_STEP_UNIT};
    if (rule->unit != WANMI_NONE) {
        to.unit = rule->unit;
        deliver(work, &to);
    }
    if (rule->office != WANMI_NONE)
        deliver_to_holders(work, rule, &to);
}

static bool matches(const wm_work *work, const wm_rule *rule)
{
    const wanmi_event *event = work->event;
    return event->severity >= rule->min_severity
        && (rule->source == WANMI_NONE || rule->source == event->source_id)
        && work->instant_us >= rule->from
        && (work->instant_us < rule->to || rule->to == WM_FOR_EVER)
        && (rule->layer == WANMI_NONE || lies_in(work, rule));
}

static void obey_rules(wm_work *work)
{
    const wanmi_plan *plan = work->plan;
    uint32_t class_id = work->event->class_id;
    const wm_prefix *prefix = plan->prefixes;
    if (class_id != WANMI_NONE)
        prefix += work->router->classes[class_id];
    for (uint32_t i = 0; i < prefix->count; i++) {
        const wm_rule *rule = &plan->rules[plan->lists[prefix->first + i]];
        if (!matches(work, rule))
            continue;
        obey(work, rule);
        if (rule->last)
            return;
    }
}

/* ---- where no rule reaches ------------------------------------------------------ */

static bool has_primary(const wm_work *work)
{
    for (size_t i = 0; i < work->count; i++)
        if ((work->deliveries[i].flags & WANMI_DELIVERY_COPY) == 0)
            return true;
    return false;
}

static void fall_back(wm_work *work)
{
    const wanmi_plan *plan = work->plan;
    wm_address to = {.rule = WANMI_RULE_FALLBACK, .role = WM_SHORT_NONE, .tag = WM_SHORT_NONE,
                     .priority = 5, .step = WANMI_STEP_FALLBACK, .unit = plan->fallback_unit};
    const wm_run *run = wm_office_run(plan, &plan->offices[plan->fallback_office], work->cell,
                                      work->instant_us, &to.step);
    if (run != NULL) {
        to.unit = plan->holders[run->first];
        to.role = (uint16_t)run->role;
    } else {
        to.step = WANMI_STEP_FALLBACK;
    }
    if (to.unit != WANMI_NONE)
        deliver(work, &to);
}

static wanmi_reason route_outside(wm_work *work)
{
    if (work->plan->fallback_unit == WANMI_NONE)
        return WANMI_REASON_OUTSIDE;
    const wm_address to = {.unit = work->plan->fallback_unit, .rule = WANMI_RULE_OUTSIDE,
                           .role = WM_SHORT_NONE, .tag = WM_SHORT_NONE, .priority = 5,
                           .step = WANMI_STEP_FALLBACK};
    work->cell = WANMI_NONE;
    deliver(work, &to);
    return WANMI_REASON_NONE;
}

/* The reason is NONE when there is a delivery. */
static wanmi_reason route_one(wm_work *work, wanmi_reason rejected)
{
    const wanmi_event *event = work->event;
    if (work->where == WANMI_REJECTED)
        return rejected;
    if (event->class_id != WANMI_NONE && !is_word(work->router, event->class_id))
        return WANMI_REASON_CLASS;
    if (event->source_id != WANMI_NONE && !is_word(work->router, event->source_id))
        return WANMI_REASON_SOURCE;
    if (work->where == WANMI_OUTSIDE)
        return route_outside(work);
    work->router->event++;
    obey_rules(work);
    if (!has_primary(work))
        fall_back(work);
    return WANMI_REASON_NONE;
}

/* ---- the call ------------------------------------------------------------------ */

static wanmi_status check_hits(const wanmi_plan *plan, const wanmi_hits *hits, size_t count,
                               wanmi_error *error)
{
    uint32_t first = 0, cells = 0;
    if (plan->cell_layer != WANMI_NONE) {
        first = plan->layers[plan->cell_layer].first_area;
        cells = plan->layers[plan->cell_layer].area_count;
    }
    for (size_t i = 0; i < count; i++) {
        bool in_cell = hits->where[i] == WANMI_INSIDE || hits->where[i] == WANMI_SNAPPED;
        if (hits->where[i] > WANMI_REJECTED || (in_cell && hits->cell[i] - first >= cells))
            return wm_error(error, WANMI_E_ARGUMENT, "hit %zu names no cell of the plan's map", i);
    }
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

static wanmi_status route_all(wm_work *work, const wanmi_event *events, size_t count,
                              const wanmi_hits *hits, int64_t now_us, size_t capacity, size_t *first,
                              uint8_t *unrouted, size_t *done)
{
    wanmi_delivery *deliveries = work->deliveries;
    size_t used = 0, i = 0;
    for (; i < count && capacity - used >= work->plan->deliveries_max; i++) {
        first[i] = used;
        work->event = &events[i];
        work->instant_us = events[i].time_us != WANMI_TIME_NONE ? events[i].time_us : now_us;
        work->cell = hits->cell[i];
        work->tuple = hits->tuple[i];
        work->where = (wanmi_where)hits->where[i];
        work->deliveries = deliveries + used;
        work->count = 0;
        unrouted[i] = (uint8_t)route_one(work, (wanmi_reason)hits->reason[i]);
        used += work->count;
    }
    first[i] = used;
    *done = i;
    return i == count ? WANMI_OK : WANMI_PARTIAL;
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
    if (status == WANMI_OK && see_classes(router, events, count) != WANMI_OK)
        status = wm_error_memory(error);
    if (status != WANMI_OK)
        return status;
    wm_work work = {.router = router, .plan = plan, .locator = locator, .deliveries = deliveries};
    if (now_us == WANMI_TIME_NONE)
        now_us = wm_now_us(&plan->host);
    return route_all(&work, events, count, hits, now_us, capacity, first, unrouted, done);
}
