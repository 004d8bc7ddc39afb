/* Why a rule matches an event or not: for people who ask about one event.
 *
 * It reads the conditions one by one in place of the router's way, which stops
 * asking as soon as it can; tests hold that both find the same rules.
 */
#include "router.h"

#include <string.h>

/* One event, and what rules ask of it. */
typedef struct wm_question {
    wanmi_router *router;
    const wanmi_plan *plan;
    const wanmi_locator *locator;
    const wanmi_event *event;
    int64_t instant_us;
    uint32_t cell, tuple;
    wanmi_where where;
    const char *class_text;
    bool has_object;
    uint32_t owners[3];
} wm_question;

/* ---- places -------------------------------------------------------------------------- */

static uint32_t ancestor_in(const wm_question *q, const wm_layer *layer)
{
    uint32_t area = q->cell;
    while (area != WANMI_NONE && area - layer->first_area >= layer->area_count)
        area = wanmi_map_area_parent(q->plan->map, area, q->instant_us);
    return area;
}

static bool is_one_of(uint32_t area, const wm_rule *rule)
{
    return area >= rule->first_area && area < rule->end_area;
}

/* Above the cells: the area that covers the event, else the cell's ancestor; of a
 * snapped event the other way round. */
static bool lies_in(const wm_question *q, const wm_rule *rule)
{
    const wm_layer *layer = &q->plan->layers[rule->layer];
    if (layer->use == WM_LAYER_CELL)
        return is_one_of(q->cell, rule);
    const uint32_t *areas = NULL;
    size_t count = 0;
    wanmi_locator_areas(q->locator, q->tuple, rule->layer, &areas, &count);
    uint32_t ancestor = layer->use == WM_LAYER_ANCESTOR ? ancestor_in(q, layer) : WANMI_NONE;
    if (ancestor != WANMI_NONE && (count == 0 || q->where == WANMI_SNAPPED))
        return is_one_of(ancestor, rule);
    for (size_t i = 0; i < count; i++)
        if (is_one_of(areas[i], rule))
            return true;
    return false;
}

/* ---- conditions, in the order of the table's columns ----------------------------------- */

static bool is_in_force(const wm_question *q, const wm_rule *rule)
{
    return q->instant_us >= rule->from && (q->instant_us < rule->to || rule->to == WM_FOR_EVER);
}

static bool is_time_for(const wm_question *q, const wm_rule *rule)
{
    return rule->when == NULL
        || wm_when_holds(q->plan, rule->when, wm_clock_local(&q->router->clock, q->instant_us));
}

static wanmi_condition first_failed(const wm_question *q, uint32_t number)
{
    const wm_rule *rule = &q->plan->rules[number];
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    wanmi_map_rule(q->plan->map, number, &def);
    if ((rule->modes & q->router->mode) == 0)
        return WANMI_CONDITION_MODE;
    if (strncmp(q->class_text, def.class_prefix, strlen(def.class_prefix)) != 0)
        return WANMI_CONDITION_CLASS;
    if (rule->layer != WANMI_NONE && !lies_in(q, rule))
        return WANMI_CONDITION_PLACE;
    if (rule->owner != NULL && !(q->has_object && wm_owner_holds(q->plan, rule->owner, q->owners)))
        return WANMI_CONDITION_OWNER;
    if (rule->source != WANMI_NONE && rule->source != q->event->source_id)
        return WANMI_CONDITION_SOURCE;
    if (q->event->severity < rule->min_severity)
        return WANMI_CONDITION_SEVERITY;
    if (!is_in_force(q, rule))
        return WANMI_CONDITION_VALIDITY;
    return is_time_for(q, rule) ? WANMI_CONDITION_NONE : WANMI_CONDITION_TIME;
}

static void ask_all(const wm_question *q, uint8_t *failed)
{
    bool over = false;
    for (uint32_t i = 0; i < q->plan->rule_count; i++) {
        failed[i] = over ? WANMI_CONDITION_LAST : (uint8_t)first_failed(q, i);
        over = over || (failed[i] == WANMI_CONDITION_NONE && q->plan->rules[i].last);
    }
}

/* ---- the call -------------------------------------------------------------------------- */

static void take_object(wm_question *q)
{
    wanmi_object_info info;
    const wm_seen_object *seen = wm_object_of(q->router, q->event);
    uint32_t class_id = q->event->class_id;
    q->has_object = seen != NULL && wanmi_map_object(q->plan->map, seen->object, &info) == WANMI_OK;
    if (q->has_object) {
        memcpy(q->owners, info.owners, sizeof q->owners);
        class_id = class_id != WANMI_NONE ? class_id : seen->class_id;
    }
    q->class_text = class_id != WANMI_NONE ? wanmi_words_text(q->plan->words, class_id) : "";
}

wanmi_status wanmi_route_explain(wanmi_router *router, const wanmi_locator *locator,
                                 const wanmi_event *event, const wanmi_hits *hits, int64_t now_us,
                                 uint8_t *failed, size_t capacity, wanmi_error *error)
{
    if (router == NULL || locator == NULL || event == NULL || hits == NULL || hits->cell == NULL
        || hits->tuple == NULL || hits->where == NULL || (failed == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_route_explain needs a router, a locator, an event, "
                        "its cell, tuple and where, and places for the answers");
    const wanmi_plan *plan = router->plan;
    if (wanmi_index_map(wanmi_locator_index(locator)) != plan->map)
        return wm_error(error, WANMI_E_ARGUMENT, "the locator is of another map than the plan");
    if (capacity < plan->rule_count)
        return wm_error(error, WANMI_E_ARGUMENT, "there is room for %zu of %u rules", capacity,
                        plan->rule_count);
    if (wm_see(router, event, 1) != WANMI_OK)
        return wm_error_memory(error);
    if (now_us == WANMI_TIME_NONE)
        now_us = wm_now_us(&plan->host);
    wm_question q = {.router = router, .plan = plan, .locator = locator, .event = event,
                     .instant_us = event->time_us != WANMI_TIME_NONE ? event->time_us : now_us,
                     .cell = hits->cell[0], .tuple = hits->tuple[0],
                     .where = (wanmi_where)hits->where[0]};
    take_object(&q);
    if (q.class_text == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the class %u is not in the words", event->class_id);
    if (q.where != WANMI_INSIDE && q.where != WANMI_SNAPPED)
        memset(failed, WANMI_CONDITION_CELL, plan->rule_count);
    else if (!wm_is_cell(plan, q.cell))
        return wm_error(error, WANMI_E_ARGUMENT, "the area %u is no cell", q.cell);
    else
        ask_all(&q, failed);
    return WANMI_OK;
}
