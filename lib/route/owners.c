/* Owners of objects: what a rule asks of them. */
#include "plan.h"

#include <string.h>

static bool is_kind(const wanmi_map *map, uint32_t unit, const char *kind)
{
    wanmi_unit_info info;
    return wanmi_map_unit(map, unit, &info) == WANMI_OK && strcmp(info.kind, kind) == 0;
}

/* Units of one kind get the number of the first of them. */
static wanmi_status number_kinds(wanmi_plan *plan)
{
    uint32_t units = wanmi_map_unit_count(plan->map), kinds = 0;
    uint32_t *numbers = wm_arena_alloc(&plan->arena, wm_product(units, sizeof *numbers));
    uint32_t *firsts = wm_alloc(&plan->host, wm_product(units, sizeof *firsts));
    for (uint32_t i = 0; i < units && numbers != NULL && firsts != NULL; i++) {
        wanmi_unit_info info;
        wanmi_map_unit(plan->map, i, &info);
        uint32_t at = 0;
        while (at < kinds && !is_kind(plan->map, firsts[at], info.kind))
            at++;
        if (at == kinds)
            firsts[kinds++] = i;
        numbers[i] = firsts[at];
    }
    bool made = numbers != NULL && firsts != NULL;
    wm_free(&plan->host, firsts, wm_product(units, sizeof *firsts));
    plan->unit_kinds = made ? numbers : NULL;
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

/* The first unit from 0 on whose code is not below `text`, of which `length` bytes
 * count; with `past` the first that is above it. */
static uint32_t unit_bound(const wanmi_map *map, const char *text, size_t length, bool past)
{
    uint32_t low = 0, high = wanmi_map_unit_count(map);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strncmp(wanmi_map_unit_code(map, middle), text, length);
        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void read_range(const wanmi_map *map, const wanmi_owner_test *test, wm_owner *owner)
{
    /* A whole code is compared with its ending NUL. */
    size_t length = strlen(test->text) + (test->match == WANMI_OWNER_CODE);
    owner->first_unit = unit_bound(map, test->text, length, false);
    owner->end_unit = unit_bound(map, test->text, length, true);
}

static wanmi_status read_kind(wanmi_plan *plan, const char *kind, wm_owner *owner)
{
    uint32_t units = wanmi_map_unit_count(plan->map), at = 0;
    if (plan->unit_kinds == NULL && number_kinds(plan) != WANMI_OK)
        return WANMI_E_MEMORY;
    while (at < units && !is_kind(plan->map, at, kind))
        at++;
    if (at < units) {
        owner->end_unit = units;
        owner->kind = plan->unit_kinds[at];
    }
    return WANMI_OK;
}

wanmi_status wm_owner_read(wm_compile *compile, const wanmi_rule_def *def, const wm_place *place,
                           const wm_owner **owner)
{
    wanmi_plan *plan = compile->plan;
    wanmi_owner_test test = {.match = WANMI_OWNER_ANY};
    wanmi_owner_parse(def->owner, &test, NULL);
    *owner = NULL;
    if (test.match == WANMI_OWNER_ANY)
        return WANMI_OK;
    wm_owner *kept = wm_arena_alloc(&plan->arena, sizeof *kept);
    if (kept == NULL)
        return WANMI_E_MEMORY;
    *kept = (wm_owner){.place = test.owner, .kind = WANMI_NONE};
    wanmi_status status = WANMI_OK;
    if (test.match == WANMI_OWNER_KIND)
        status = read_kind(plan, test.text, kept);
    else
        read_range(plan->map, &test, kept);
    if (status == WANMI_OK && kept->first_unit == kept->end_unit)
        status = wm_problem(compile, WANMI_E_ROUTE_RULE, place,
                            "rule with seq %d: no unit has this code or kind", def->seq);
    *owner = kept;
    return status;
}

bool wm_owner_holds(const wanmi_plan *plan, const wm_owner *owner, const uint32_t owners[3])
{
    for (int32_t i = 0; i < 3; i++) {
        uint32_t unit = owners[i];
        if ((owner->place >= 0 && owner->place != i) || unit < owner->first_unit
            || unit >= owner->end_unit)
            continue;
        if (owner->kind == WANMI_NONE || plan->unit_kinds[unit] == owner->kind)
            return true;
    }
    return false;
}
