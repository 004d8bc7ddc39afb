/* The promise: every event in a cell, at every instant, reaches somebody.
 *
 * It holds when the map has a fallback unit; or when a rule that asks nothing of
 * an event names a unit; or when each cell, all the time it is valid, has a duty
 * of its own or of an ancestor. Parents change with time, so the last is proved
 * interval by interval.
 */
#include "plan.h"

typedef struct wm_interval {
    int64_t from, to;                   /* from <= instant < to; WM_FOR_EVER: no end */
} wm_interval;

static wm_interval validity(const wanmi_area_info *area)
{
    return (wm_interval){area->valid_from_us != WANMI_TIME_NONE ? area->valid_from_us : WM_ALWAYS_WAS,
                         area->valid_to_us != WANMI_TIME_NONE ? area->valid_to_us : WM_FOR_EVER};
}

static bool is_for_all(const wm_rule *rule)
{
    return rule->layer == WANMI_NONE && rule->source == WANMI_NONE && rule->min_severity == 0
        && rule->modes == WM_ALL_MODES && rule->when == NULL && rule->owner == NULL
        && rule->from == WM_ALWAYS_WAS && rule->to == WM_FOR_EVER;
}

/* A rule with a unit of its own that every event meets. An earlier rule that ends
 * the search keeps events from it, unless it names a primary unit itself. */
static bool rules_promise(const wanmi_plan *plan)
{
    uint32_t without_class = 0;         /* in the list of events without class, in order of seq */
    const wm_prefix *none = &plan->prefixes[0];
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_rule *rule = &plan->rules[i];
        bool any_class = without_class < none->count
                      && plan->lists[none->first + without_class] == i;
        without_class += any_class;
        bool names = rule->unit_count != 0 && (rule->flags & WANMI_DELIVERY_COPY) == 0;
        if (names && any_class && is_for_all(rule))
            return true;
        if (rule->last && !names)
            return false;
    }
    return false;
}

/* Whether an area has, at every instant of a part of its time, a duty of its own
 * or of an ancestor. Versions of a code do not overlap and stand in order. As
 * deep as there are layers above. */
static bool is_served(const wanmi_plan *plan, const wanmi_area_info *area, wm_interval when)
{
    if (when.from >= when.to || wm_has_duty(plan, area->key))
        return true;
    if (area->parent == WANMI_NONE)
        return false;
    int64_t reached = when.from;
    wanmi_area_info parent;
    for (uint32_t at = area->parent; reached < when.to; at++) {
        if (wanmi_map_area(plan->map, at, &parent) != WANMI_OK || parent.key != area->parent)
            return false;
        wm_interval part = validity(&parent);
        if (part.to <= reached)
            continue;
        if (part.from > reached)
            return false;
        part.from = reached;
        if (part.to > when.to)
            part.to = when.to;
        if (!is_served(plan, &parent, part))
            return false;
        reached = part.to;
    }
    return true;
}

wanmi_status wm_check_promise(wm_compile *compile)
{
    const wanmi_plan *plan = compile->plan;
    if (plan->cell_layer == WANMI_NONE || plan->fallback_unit != WANMI_NONE || rules_promise(plan))
        return WANMI_OK;
    const wm_layer *cells = &plan->layers[plan->cell_layer];
    wanmi_area_info first = {0};
    uint32_t unserved = 0;
    for (uint32_t i = 0; i < cells->area_count; i++) {
        wanmi_area_info cell;
        wanmi_map_area(plan->map, cells->first_area + i, &cell);
        if (!is_served(plan, &cell, validity(&cell)) && unserved++ == 0)
            first = cell;
    }
    if (unserved == 0)
        return WANMI_OK;
    wanmi_layer_info layer;
    wanmi_map_layer(plan->map, plan->cell_layer, &layer);
    const wm_place place = {.layer = layer.name, .row = first.row, .code = first.code};
    return wm_problem(compile, WANMI_E_ROUTE_NOBODY, &place,
                      "nobody answers for this cell%s: neither it nor an ancestor has a duty%s, the map "
                      "has no fallback unit, and no rule without conditions names a unit (%u of %u cells)",
                      unserved > 1 ? " and others" : "",
                      first.parent != WANMI_NONE ? " at every instant" : "", unserved,
                      cells->area_count);
}
