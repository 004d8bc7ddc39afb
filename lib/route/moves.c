/* Rules as numbers alone, and the best holders of all areas side by side: what
 * quick.c needs, made from what the plain evaluation reads.
 */
#include "rows.h"

/* ---- rosters ------------------------------------------------------------------------- */

uint32_t wm_roster_entry(const wanmi_plan *plan, uint32_t reach, uint32_t nth)
{
    if (reach == WM_REACH_NOBODY || reach == WM_REACH_WALK)
        return reach;
    const wm_run *run = &plan->runs[reach & ~WM_REACH_ANCESTOR];
    if (nth >= run->count)
        return WM_REACH_NOBODY;
    uint32_t unit = plan->holders[run->first + nth];
    /* A number that has no room beside the bit is looked for in the plain way. */
    return unit < WM_REACH_ANCESTOR - 2 ? unit | (reach & WM_REACH_ANCESTOR) : WM_REACH_WALK;
}

/* Offices that rules ask for; the one for fallbacks, of any role, is not. */
static wanmi_status fill_roster(wanmi_plan *plan, uint32_t layer)
{
    const wm_layer *areas = &plan->layers[layer];
    wm_roster *roster = &plan->rosters[layer];
    for (uint32_t i = 0; i < plan->office_count; i++)
        roster->slots += plan->offices[i].layer == layer && plan->offices[i].role != WM_ANY_ROLE;
    if (layer == plan->cell_layer && plan->programs != NULL) {
        roster->stride = plan->programs->stride;
        roster->units = plan->programs->units + WM_CELL_SLOTS;
        return WANMI_OK;
    }
    roster->stride = roster->slots;
    size_t entries = wm_product(roster->slots, areas->area_count);
    roster->units = wm_arena_alloc(&plan->arena, wm_product(entries, sizeof *roster->units));
    if (roster->units == NULL)
        return WANMI_E_MEMORY;
    uint32_t slot = 0;
    for (uint32_t i = 0; i < plan->office_count; i++) {
        const wm_office *office = &plan->offices[i];
        if (office->layer != layer || office->role == WM_ANY_ROLE)
            continue;
        for (size_t area = 0; area < areas->area_count; area++)
            roster->units[area * roster->slots + slot] = wm_roster_entry(plan, office->reach[area], 0);
        slot++;
    }
    return WANMI_OK;
}

static uint32_t slot_of(const wanmi_plan *plan, uint32_t office)
{
    uint32_t slot = 0;
    for (uint32_t i = 0; i < office; i++)
        slot += plan->offices[i].layer == plan->offices[office].layer && plan->offices[i].role != WM_ANY_ROLE;
    return slot;
}

/* ---- moves --------------------------------------------------------------------------- */

static bool is_overlay(const wanmi_plan *plan, uint32_t layer)
{
    return plan->layers[layer].use == WM_LAYER_OVERLAY;
}

static void address(const wanmi_plan *plan, const wm_rule *rule, wm_move *move)
{
    move->kind = WM_MOVE_PLAIN;
    if (rule->owner_role >= 0)
        return;
    if (rule->office == WANMI_NONE && rule->unit_count == 1) {
        move->kind = WM_MOVE_UNIT;
        move->target = plan->rule_units[rule->first_unit];
        move->role = WM_SHORT_NONE;
        return;
    }
    if (rule->office == WANMI_NONE || rule->unit_count != 0)
        return;
    const wm_office *office = &plan->offices[rule->office];
    if (is_overlay(plan, office->layer) || (rule->all && office->most > 1))
        return;
    move->kind = WM_MOVE_HOLDER;
    move->at_layer = (uint8_t)office->layer;
    move->target = slot_of(plan, rule->office);
}

static void narrow(const wanmi_plan *plan, const wm_rule *rule, wm_move *move)
{
    bool here = rule->layer != WANMI_NONE && !is_overlay(plan, rule->layer);
    move->asks_more = rule->when != NULL || rule->owner != NULL || (rule->layer != WANMI_NONE && !here);
    move->place = WM_ANYWHERE;
    if (!here)
        return;
    move->place = (uint8_t)rule->layer;
    move->first_area = rule->first_area;
    move->area_count = rule->end_area - rule->first_area;
}

static wm_move move_of(const wanmi_plan *plan, const wm_rule *rule)
{
    wm_move move = {
        .from = rule->from, .until = rule->to == WM_FOR_EVER ? WM_FOR_EVER : rule->to - 1,
        .modes = rule->modes, .source = rule->source,
        .source_mask = rule->source == WANMI_NONE ? 0 : UINT32_MAX, .profile = rule->profile,
        .role = rule->role, .tag = rule->tag, .min_severity = rule->min_severity,
        .priority = rule->priority, .flags = rule->flags, .last = rule->last,
    };
    narrow(plan, rule, &move);
    address(plan, rule, &move);
    return move;
}

wanmi_status wm_compile_moves(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    _Static_assert(WANMI_LAYERS_MAX < WM_ANYWHERE, "a layer's number fits a byte");
    plan->moves = wm_arena_alloc(&plan->arena, wm_product(plan->rule_count, sizeof *plan->moves));
    if (plan->moves == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_move *move = &plan->moves[i];
        plan->moves[i] = move_of(plan, &plan->rules[i]);
        if (move->place != WM_ANYWHERE && move->place != plan->cell_layer)
            plan->is_asked[move->place] = true;
        if (move->kind == WM_MOVE_HOLDER && move->at_layer != plan->cell_layer)
            plan->is_asked[move->at_layer] = true;
    }
    for (uint32_t i = 0; plan->programs != NULL && i < plan->programs->watched_count; i++)
        plan->is_asked[plan->programs->watched[i]] = true;
    for (uint32_t layer = 0; layer < plan->layer_count; layer++) {
        wanmi_status status = fill_roster(plan, layer);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}
