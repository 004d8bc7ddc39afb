/* Escalations: who takes over when a delivery is not acknowledged or not done in
 * time. Asked for now and then, not per event: it walks plainly. */
#include "plan.h"

#include <string.h>

typedef enum wm_target { WM_TO_UNIT_PARENT, WM_TO_AREA_PARENT, WM_TO_HOLDER, WM_TO_UNIT } wm_target;

struct wm_escalation {
    wm_modes modes;
    wm_limit limit;
    const char *class_prefix;
    uint32_t role;                      /* of the delivery; WANMI_NONE: any */
    uint32_t target_role;               /* WANMI_NONE: the delivery's */
    uint32_t layer, unit;               /* of holders; of a named unit */
    wm_target to;
    uint16_t tag;                       /* WM_SHORT_NONE: the delivery's */
    uint8_t min_severity;
    int8_t priority;                    /* -1: the delivery's */
    wanmi_escalation_on on;
    bool from_due;
};

/* ---- compiling --------------------------------------------------------------------------- */

static wanmi_status refuse(wm_compile *compile, const wanmi_escalation_def *def, const char *value,
                           const char *words)
{
    const wm_place place = {.layer = "wanmi_escalations", .row = def->row, .column = "at_layer",
                            .value = value};
    return wm_problem(compile, WANMI_E_ROUTE_RULE, &place, "escalation with seq %d: %s", def->seq, words);
}

static uint32_t role_of(const wanmi_map *map, const char *role)
{
    return role[0] != '\0' ? wanmi_map_find_role(map, role) : WANMI_NONE;
}

/* Only the cell is known of a delivery, and so the areas above it. */
static wanmi_status read_layer(wm_compile *compile, const wanmi_escalation_def *def, uint32_t *layer)
{
    const wanmi_plan *plan = compile->plan;
    *layer = plan->cell_layer;
    if (def->at_layer[0] == '\0' || plan->cell_layer == WANMI_NONE)
        return WANMI_OK;
    *layer = wanmi_map_find_layer(plan->map, def->at_layer);
    if (*layer != WANMI_NONE && plan->layers[*layer].use <= WM_LAYER_ANCESTOR)
        return WANMI_OK;
    return refuse(compile, def, def->at_layer, "its layer is neither the cells' nor above them");
}

static wanmi_status read_target(wm_compile *compile, const wanmi_escalation_def *def,
                                struct wm_escalation *row)
{
    static const char *const words[] = {[WM_TO_UNIT_PARENT] = "unit_parent",
                                        [WM_TO_AREA_PARENT] = "area_parent",
                                        [WM_TO_HOLDER] = "holder", [WM_TO_UNIT] = "unit"};
    const wanmi_map *map = compile->plan->map;
    row->to = WM_TO_UNIT_PARENT;
    while (row->to < WM_TO_UNIT && strcmp(words[row->to], def->to) != 0)
        row->to++;
    row->target_role = role_of(map, def->target_role);
    row->unit = def->target_unit[0] != '\0' ? wanmi_map_find_unit(map, def->target_unit) : WANMI_NONE;
    return read_layer(compile, def, &row->layer);
}

static wanmi_status read_row(wm_compile *compile, const wanmi_escalation_def *def,
                             struct wm_escalation *row)
{
    const wanmi_map *map = compile->plan->map;
    wm_place place = {.layer = "wanmi_escalations", .row = def->row, .column = "mode", .value = def->mode};
    *row = (struct wm_escalation){
        .class_prefix = def->class_prefix, .role = role_of(map, def->role),
        .min_severity = (uint8_t)def->min_severity, .priority = (int8_t)def->priority,
        .tag = wm_tag_of(map, def->tag), .from_due = strcmp(def->since, "due") == 0,
        .on = strcmp(def->on, "done") == 0 ? WANMI_NOT_DONE : WANMI_NOT_ACKNOWLEDGED};
    wanmi_status status = wm_modes_read(compile, def->mode, &place, &row->modes);
    if (status == WANMI_OK)
        status = wm_limit_read(compile, def->limit, def->unit, def->calendar, &place, &row->limit);
    return status == WANMI_OK ? read_target(compile, def, row) : status;
}

wanmi_status wm_compile_escalations(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    plan->escalation_count = wanmi_map_escalation_count(plan->map);
    plan->escalations = wm_arena_alloc(&plan->arena,
                                       wm_product(plan->escalation_count, sizeof *plan->escalations));
    wanmi_status status = plan->escalations != NULL ? WANMI_OK : WANMI_E_MEMORY;
    for (uint32_t i = 0; i < plan->escalation_count && status == WANMI_OK; i++) {
        wanmi_escalation_def def;
        wanmi_escalation_def_init(&def);
        wanmi_map_escalation(plan->map, i, &def);
        status = read_row(compile, &def, &plan->escalations[i]);
    }
    return status;
}

/* ---- the chain ----------------------------------------------------------------------------- */

typedef struct wm_chain {
    const wanmi_plan *plan;
    const wanmi_delivery *delivery;
    wm_modes mode;
    const char *class_text;
    uint32_t area;                      /* where the step before stood; WANMI_NONE: nowhere */
    uint32_t unit;                      /* of the step before */
    wanmi_escalation *steps;            /* room for one a row */
    size_t count;
    wm_clock clock;
} wm_chain;

/* The role whose holders are asked for: an owner's role has none, and stands for any. */
static uint32_t wanted_role(const wm_chain *chain, const struct wm_escalation *row)
{
    if (row->target_role != WANMI_NONE)
        return row->target_role;
    uint16_t role = chain->delivery->role;
    return role == WM_SHORT_NONE || chain->delivery->step == WANMI_STEP_OWNER ? WM_ANY_ROLE : role;
}

static uint32_t parent_of(const wm_chain *chain, uint32_t area)
{
    return wanmi_map_area_parent(chain->plan->map, area, chain->delivery->time_us);
}

/* Where the delivery's unit holds its role: the cell, or the nearest area above it;
 * the cell where it holds none. */
static uint32_t area_of_delivery(const wm_chain *chain)
{
    const wanmi_plan *plan = chain->plan;
    const wanmi_delivery *d = chain->delivery;
    for (uint32_t area = d->cell; area != WANMI_NONE; area = parent_of(chain, area)) {
        const wm_run *run = wm_own_run(plan, d->role, area);
        for (uint32_t i = 0; run != NULL && i < run->count; i++)
            if (plan->holders[run->first + i] == d->unit)
                return area;
    }
    return d->cell;
}

static bool is_in_chain(const wm_chain *chain, uint32_t unit)
{
    bool found = unit == chain->delivery->unit;
    for (size_t i = 0; i < chain->count && !found; i++)
        found = chain->steps[i].unit == unit;
    return found;
}

/* The best holder of a role, of an area or of its nearest ancestor that has some,
 * who is not in the chain yet. The chain goes on from there in any case. */
static uint32_t holder_of(wm_chain *chain, uint32_t role, uint32_t area, uint16_t *held)
{
    const wanmi_plan *plan = chain->plan;
    const wm_run *run = NULL;
    for (; area != WANMI_NONE && (run = wm_own_run(plan, role, area)) == NULL; area = parent_of(chain, area))
        ;
    if (run == NULL)
        return WANMI_NONE;
    chain->area = area;
    *held = (uint16_t)run->role;
    for (uint32_t i = 0; i < run->count; i++)
        if (!is_in_chain(chain, plan->holders[run->first + i]))
            return plan->holders[run->first + i];
    return WANMI_NONE;
}

static uint32_t area_in_layer(const wm_chain *chain, uint32_t layer)
{
    uint32_t area = chain->delivery->cell;
    const wm_layer *wanted = layer != WANMI_NONE ? &chain->plan->layers[layer] : NULL;
    while (area != WANMI_NONE && wanted != NULL && area - wanted->first_area >= wanted->area_count)
        area = parent_of(chain, area);
    return area;
}

/* Who a row hands over to, or WANMI_NONE. */
static uint32_t target_of(wm_chain *chain, const struct wm_escalation *row, uint16_t *role)
{
    wanmi_unit_info info;
    *role = WM_SHORT_NONE;
    switch (row->to) {
    case WM_TO_UNIT:
        return row->unit;
    case WM_TO_UNIT_PARENT:
        return wanmi_map_unit(chain->plan->map, chain->unit, &info) == WANMI_OK ? info.parent : WANMI_NONE;
    case WM_TO_HOLDER:
        return holder_of(chain, wanted_role(chain, row), area_in_layer(chain, row->layer), role);
    default:
        if (chain->area == WANMI_NONE)
            return WANMI_NONE;
        return holder_of(chain, wanted_role(chain, row), parent_of(chain, chain->area), role);
    }
}

static bool row_holds(const wm_chain *chain, const struct wm_escalation *row)
{
    const wanmi_delivery *d = chain->delivery;
    return (row->modes & chain->mode) != 0 && d->severity >= row->min_severity
        && (row->role == WANMI_NONE || row->role == d->role)
        && strncmp(chain->class_text, row->class_prefix, strlen(row->class_prefix)) == 0
        && (!row->from_due || d->due_us != WANMI_TIME_NONE);
}

static void follow(wm_chain *chain, uint32_t number)
{
    const struct wm_escalation *row = &chain->plan->escalations[number];
    const wanmi_delivery *d = chain->delivery;
    if (!row_holds(chain, row))
        return;
    uint16_t role;
    uint32_t unit = target_of(chain, row, &role);
    int64_t at = wm_limit_end(chain->plan, &row->limit, &chain->clock, row->from_due ? d->due_us : d->time_us);
    if (unit == WANMI_NONE || at == WANMI_TIME_NONE || is_in_chain(chain, unit))
        return;
    chain->steps[chain->count++] = (wanmi_escalation){
        .at_us = at, .unit = unit, .row = number, .role = role,
        .tag = row->tag != WM_SHORT_NONE ? row->tag : d->tag,
        .priority = row->priority >= 0 ? (uint8_t)row->priority : d->priority,
        .on = (uint8_t)row->on};
    chain->unit = unit;
}

/* ---- the call ------------------------------------------------------------------------------- */

static wanmi_status check(const wanmi_plan *plan, const wanmi_delivery *d, wanmi_error *error)
{
    if (d->generation != plan->generation)
        return wm_error(error, WANMI_E_ARGUMENT, "the delivery is of generation %u, the plan of %u",
                        d->generation, plan->generation);
    if (d->unit >= wanmi_map_unit_count(plan->map) || (d->cell != WANMI_NONE && !wm_is_cell(plan, d->cell)))
        return wm_error(error, WANMI_E_ARGUMENT, "the delivery names no unit or no cell of the plan's map");
    if (d->class_id != WANMI_NONE && wanmi_words_text(plan->words, d->class_id) == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the delivery's class %u is not in the words", d->class_id);
    return WANMI_OK;
}

static void make_chain(wm_chain *chain)
{
    const wanmi_plan *plan = chain->plan;
    wm_clock_init(&chain->clock, wanmi_map_zone(plan->map));
    chain->class_text = "";
    if (chain->delivery->class_id != WANMI_NONE)
        chain->class_text = wanmi_words_text(plan->words, chain->delivery->class_id);
    chain->unit = chain->delivery->unit;
    chain->area = area_of_delivery(chain);
    for (uint32_t i = 0; i < plan->escalation_count; i++)
        follow(chain, i);
}

wanmi_status wanmi_plan_escalate(const wanmi_plan *plan, const wanmi_delivery *delivery, const char *mode,
                                 wanmi_escalation *steps, size_t capacity, size_t *count,
                                 wanmi_error *error)
{
    if (plan == NULL || delivery == NULL || count == NULL || (steps == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_plan_escalate needs a plan, a delivery and places for the steps");
    wanmi_status status = check(plan, delivery, error);
    if (status != WANMI_OK)
        return status;
    /* Who is in the chain must be known, however little the caller wants of it. */
    size_t size = plan->escalation_count * sizeof *steps;
    wm_chain chain = {.plan = plan, .delivery = delivery, .mode = wm_mode_of(plan, mode),
                      .steps = wm_alloc(&plan->host, size)};
    if (chain.steps == NULL)
        return wm_error_memory(error);
    make_chain(&chain);
    *count = chain.count;
    size_t given = chain.count < capacity ? chain.count : capacity;
    if (given != 0)
        memcpy(steps, chain.steps, given * sizeof *steps);
    wm_free(&plan->host, chain.steps, size);
    return chain.count <= capacity ? WANMI_OK : WANMI_PARTIAL;
}
