/* The most deliveries one event can have: what a caller must make room for.
 *
 * A bound, not the exact number. Rules that ask for different areas of one
 * partition layer exclude each other, as do rules for different sources and rules for
 * different modes; all other conditions are taken to hold at the same time. However many
 * rules there are, a unit gets one delivery in one role.
 */
#include "plan.h"

#include <stdlib.h>

/* Where in a layer's areas the weight of the rules changes. */
typedef struct wm_edge {
    uint32_t layer;
    uint32_t area;
    int64_t change;
} wm_edge;

/* A rule and the source it asks for; WANMI_NONE: none. */
typedef struct wm_asked {
    uint32_t source, rule;
} wm_asked;

/* A receiver of a prefix's rules, of which each is counted once. */
typedef struct wm_counted {
    uint32_t prefix;                    /* one more than its number; 0: of none yet */
    uint32_t weight;
} wm_counted;

typedef struct wm_weights {
    uint32_t depth[WANMI_LAYERS_MAX];   /* areas a point can lie in */
    uint64_t *rules;                    /* deliveries a rule can make */
    wm_edge *edges;
    wm_asked *asked;                    /* rules of one prefix in one mode */
    wm_counted *units, *offices;        /* that rules name */
} wm_weights;

static int by_place(const void *a, const void *b)
{
    const wm_edge *x = a, *y = b;
    if (x->layer != y->layer)
        return x->layer < y->layer ? -1 : 1;
    if (x->area != y->area)
        return x->area < y->area ? -1 : 1;
    return (x->change > y->change) - (x->change < y->change);
}

static uint64_t weigh_office(const wanmi_plan *plan, const wm_weights *weights, const wm_rule *rule)
{
    if (rule->office == WANMI_NONE)
        return 0;
    const wm_office *office = &plan->offices[rule->office];
    uint64_t holders = rule->all || office->most == 0 ? office->most : 1;
    return holders * weights->depth[office->layer];
}

static uint64_t weigh_rule(const wanmi_plan *plan, const wm_weights *weights, const wm_rule *rule)
{
    return (uint64_t)rule->unit_count + (rule->owner_role >= 0) + weigh_office(plan, weights, rule);
}

/* Gives by how much the receiver weighs more than was counted for the prefix. */
static uint64_t count_once(wm_counted *receiver, uint32_t prefix, uint64_t weight)
{
    uint32_t counted = receiver->prefix == prefix + 1 ? receiver->weight : 0;
    if (weight <= counted)
        return 0;
    *receiver = (wm_counted){prefix + 1, weight < UINT32_MAX ? (uint32_t)weight : UINT32_MAX};
    return weight - counted;
}

/* How many receivers the rules of a prefix have, and the first rule with which they are
 * more than the limit. */
static uint64_t count_receivers(const wanmi_plan *plan, wm_weights *weights, uint32_t prefix, uint32_t *beyond)
{
    const wm_prefix *of = &plan->prefixes[prefix];
    wm_counted owners[3] = {{0, 0}};
    uint64_t count = 1;                 /* the fallback */
    *beyond = WANMI_NONE;
    for (uint32_t i = 0; i < of->count; i++) {
        uint32_t number = plan->lists[of->first + i];
        const wm_rule *rule = &plan->rules[number];
        for (uint32_t k = 0; k < rule->unit_count; k++)
            count += count_once(&weights->units[plan->rule_units[rule->first_unit + k]], prefix, 1);
        if (rule->office != WANMI_NONE)
            count += count_once(&weights->offices[rule->office], prefix, weigh_office(plan, weights, rule));
        if (rule->owner_role >= 0)
            count += count_once(&owners[rule->owner_role], prefix, 1);
        if (count > WANMI_DELIVERIES_MAX && *beyond == WANMI_NONE)
            *beyond = number;
    }
    return count;
}

/* The heaviest rules of one layer that an event can meet together. */
static uint64_t heaviest(const wm_weights *weights, const wm_edge *edges, size_t count)
{
    int64_t now = 0, most = 0, all = 0;
    for (size_t i = 0; i < count; i++) {
        now += edges[i].change;
        all += edges[i].change > 0 ? edges[i].change : 0;
        most = now > most ? now : most;
    }
    uint64_t together = (uint64_t)most * weights->depth[edges[0].layer];
    return together < (uint64_t)all ? together : (uint64_t)all;
}

/* What all these rules can make together. */
static uint64_t weigh_together(const wanmi_plan *plan, wm_weights *weights, const wm_asked *asked, size_t count)
{
    uint64_t bound = 0;
    size_t edges = 0;
    for (size_t i = 0; i < count; i++) {
        const wm_rule *rule = &plan->rules[asked[i].rule];
        int64_t weight = (int64_t)weights->rules[asked[i].rule];
        if (rule->layer == WANMI_NONE) {
            bound += (uint64_t)weight;
        } else if (rule->first_area != rule->end_area) {
            weights->edges[edges++] = (wm_edge){rule->layer, rule->first_area, weight};
            weights->edges[edges++] = (wm_edge){rule->layer, rule->end_area, -weight};
        }
    }
    qsort(weights->edges, edges, sizeof *weights->edges, by_place);
    for (size_t i = 0, end; i < edges; i = end) {
        for (end = i; end < edges && weights->edges[end].layer == weights->edges[i].layer; end++)
            ;
        bound += heaviest(weights, weights->edges + i, end - i);
    }
    return bound;
}

/* Rules without a source come last, for any source there is. */
static int by_source(const void *a, const void *b)
{
    const wm_asked *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->rule > y->rule) - (x->rule < y->rule);
}

/* An event has one source: the rules for any, and those of the heaviest. Where places
 * exclude each other across that, all together may be less. */
static uint64_t bound_in_mode(const wanmi_plan *plan, wm_weights *weights, const wm_prefix *prefix, wm_modes mode)
{
    size_t count = 0, at = 0;
    for (uint32_t i = 0; i < prefix->count; i++) {
        uint32_t rule = plan->lists[prefix->first + i];
        if ((plan->rules[rule].modes & mode) != 0)
            weights->asked[count++] = (wm_asked){plan->rules[rule].source, rule};
    }
    uint64_t together = weigh_together(plan, weights, weights->asked, count), most = 0;
    qsort(weights->asked, count, sizeof *weights->asked, by_source);
    while (at < count && weights->asked[at].source != WANMI_NONE) {
        size_t first = at;
        while (at < count && weights->asked[at].source == weights->asked[first].source)
            at++;
        uint64_t of_source = weigh_together(plan, weights, weights->asked + first, at - first);
        most = of_source > most ? of_source : most;
    }
    uint64_t apart = most + weigh_together(plan, weights, weights->asked + at, count - at);
    return apart < together ? apart : together;
}

/* One more for the fallback. Modes that no rule of the prefix names are all alike. */
static uint64_t bound_of(const wanmi_plan *plan, wm_weights *weights, const wm_prefix *prefix)
{
    wm_modes named = 0;
    for (uint32_t i = 0; i < prefix->count; i++) {
        wm_modes modes = plan->rules[plan->lists[prefix->first + i]].modes;
        named |= modes != WM_ALL_MODES ? modes : 0;
    }
    uint64_t most = named != WM_ALL_MODES ? bound_in_mode(plan, weights, prefix, ~named & (named + 1)) : 0;
    for (; named != 0; named &= named - 1) {
        uint64_t bound = bound_in_mode(plan, weights, prefix, named & ~(named - 1));
        most = bound > most ? bound : most;
    }
    return 1 + most;
}

/* Only overlay layers that rules name are measured. */
static wanmi_status measure_depths(const wanmi_plan *plan, wm_weights *weights)
{
    bool named[WANMI_LAYERS_MAX] = {false};
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].layer != WANMI_NONE)
            named[plan->rules[i].layer] = true;
    for (uint32_t i = 0; i < plan->office_count; i++)
        named[plan->offices[i].layer] = true;
    for (uint32_t i = 0; i < plan->layer_count; i++) {
        weights->depth[i] = 1;
        if (!named[i] || plan->layers[i].use != WM_LAYER_OVERLAY)
            continue;
        wanmi_status status = wm_layer_depth(plan, i, &weights->depth[i]);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status refuse(wm_compile *compile, const wm_prefix *of, uint64_t most, uint32_t beyond)
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    wanmi_map_rule(compile->plan->map, beyond, &def);
    const wm_place place = {.layer = "wanmi_rules", .row = def.row, .value = of->length != 0 ? of->text : NULL};
    return wm_problem(compile, WANMI_E_LIMIT, &place,
                      "the rule with seq %d is one too many: one event%s could have %llu deliveries, "
                      "and the limit is %d", def.seq, of->length != 0 ? " of the class" : "", (unsigned long long)most,
                      WANMI_DELIVERIES_MAX);
}

static wanmi_status find_bound(wm_compile *compile, wm_weights *weights)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = measure_depths(plan, weights);
    if (status != WANMI_OK)
        return status;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        weights->rules[i] = weigh_rule(plan, weights, &plan->rules[i]);
    uint64_t most = 1;
    uint32_t of = 0, beyond = WANMI_NONE;
    for (uint32_t i = 0; i < plan->prefix_count; i++) {
        uint32_t first_beyond;
        uint64_t bound = bound_of(plan, weights, &plan->prefixes[i]);
        uint64_t receivers = count_receivers(plan, weights, i, &first_beyond);
        bound = receivers < bound ? receivers : bound;
        if (bound > most) {
            most = bound;
            of = i;
            beyond = first_beyond;
        }
    }
    if (most > WANMI_DELIVERIES_MAX)
        return refuse(compile, &plan->prefixes[of], most, beyond);
    plan->deliveries_max = (uint32_t)most;
    return WANMI_OK;
}

wanmi_status wm_compile_bound(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    size_t rules_size = wm_product(plan->rule_count, sizeof(uint64_t));
    size_t edges_size = wm_product(plan->rule_count, 2 * sizeof(wm_edge));
    size_t asked_size = wm_product(plan->rule_count, sizeof(wm_asked));
    size_t units = wanmi_map_unit_count(plan->map);
    size_t counted_size = wm_product(units + plan->office_count, sizeof(wm_counted));
    wm_weights weights = {.rules = wm_alloc(&plan->host, rules_size),
                          .edges = wm_alloc(&plan->host, edges_size),
                          .asked = wm_alloc(&plan->host, asked_size),
                          .units = wm_alloc_zero(&plan->host, counted_size)};
    wanmi_status status = WANMI_E_MEMORY;
    if (weights.rules != NULL && weights.edges != NULL && weights.asked != NULL && weights.units != NULL) {
        weights.offices = weights.units + units;
        status = find_bound(compile, &weights);
    }
    wm_free(&plan->host, weights.units, counted_size);
    wm_free(&plan->host, weights.asked, asked_size);
    wm_free(&plan->host, weights.rules, rules_size);
    wm_free(&plan->host, weights.edges, edges_size);
    return status;
}
