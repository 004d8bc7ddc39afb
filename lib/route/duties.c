/* Who holds a role for an area, or for its nearest ancestor that has holders.
 *
 * Duties belong to a code, so to all versions of an area. Which version of a
 * parent counts is known only at the event's instant; where one version covers
 * all of the child's time, as nearly always, the answer is worked out here once.
 */
#include "plan.h"

#include <string.h>

/* Entries of a parents table beside indices of areas. */
#define PARENT_NONE 0xFFFFFFFFu
#define PARENT_VARIES 0xFFFFFFFEu

static wanmi_status make_arrays(wanmi_plan *plan)
{
    size_t areas = wanmi_map_area_count(plan->map), duties = wanmi_map_duty_count(plan->map);
    plan->first_run = wm_arena_alloc(&plan->arena, (areas + 1) * sizeof *plan->first_run);
    plan->runs = wm_arena_alloc(&plan->arena, wm_product(duties, sizeof *plan->runs));
    plan->holders = wm_arena_alloc(&plan->arena, wm_product(duties, sizeof *plan->holders));
    if (plan->first_run == NULL || plan->runs == NULL || plan->holders == NULL)
        return WANMI_E_MEMORY;
    return WANMI_OK;
}

wanmi_status wm_compile_duties(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = make_arrays(plan);
    if (status != WANMI_OK)
        return status;
    uint32_t areas = wanmi_map_area_count(plan->map), duties = wanmi_map_duty_count(plan->map);
    uint32_t area = 0, last_area = WANMI_NONE;
    for (uint32_t i = 0; i < duties; i++) {
        wanmi_duty_info duty;
        wanmi_map_duty(plan->map, i, &duty);
        while (area <= duty.area)
            plan->first_run[area++] = plan->run_count;
        plan->holders[i] = duty.unit;
        wm_run *run = plan->run_count != 0 ? &plan->runs[plan->run_count - 1] : NULL;
        if (run != NULL && duty.area == last_area && run->role == duty.role)
            run->count++;
        else
            plan->runs[plan->run_count++] = (wm_run){duty.role, duty.rank, i, 1};
        last_area = duty.area;
    }
    while (area <= areas)
        plan->first_run[area++] = plan->run_count;
    return WANMI_OK;
}

wanmi_status wm_office_number(wm_compile *compile, uint32_t role, uint32_t layer, uint32_t *office)
{
    wanmi_plan *plan = compile->plan;
    if (plan->offices == NULL) {
        /* One a rule at the most, and the one for fallbacks. */
        size_t most = (size_t)wanmi_map_rule_count(plan->map) + 1;
        plan->offices = wm_arena_alloc(&plan->arena, wm_product(most, sizeof *plan->offices));
        if (plan->offices == NULL)
            return WANMI_E_MEMORY;
    }
    uint32_t at = 0;
    while (at < plan->office_count
           && (plan->offices[at].role != role || plan->offices[at].layer != layer))
        at++;
    if (at == plan->office_count) {
        const wm_layer *of = &plan->layers[layer];
        plan->offices[plan->office_count++] =
            (wm_office){.role = role, .layer = layer, .first_area = of->first_area,
                        .area_count = of->area_count};
    }
    *office = at;
    return WANMI_OK;
}

bool wm_has_duty(const wanmi_plan *plan, uint32_t area_key)
{
    return plan->first_run[area_key] != plan->first_run[area_key + 1];
}

/* Whether run `a` is better than `b`: the lower rank, then the lower unit code
 * (units are sorted by code), then the lower role. */
static bool is_better(const wanmi_plan *plan, const wm_run *a, const wm_run *b)
{
    if (a->rank != b->rank)
        return a->rank < b->rank;
    uint32_t unit_a = plan->holders[a->first], unit_b = plan->holders[b->first];
    return unit_a != unit_b ? unit_a < unit_b : a->role < b->role;
}

/* The number of the run of a role (or of the best duty of any) of one area, or
 * WANMI_NONE. An area has a handful of roles, so looking through them is quick. */
static uint32_t own_run(const wanmi_plan *plan, uint32_t role, uint32_t area_key)
{
    uint32_t found = WANMI_NONE;
    for (uint32_t i = plan->first_run[area_key]; i < plan->first_run[area_key + 1]; i++) {
        if (plan->runs[i].role == role)
            return i;
        if (role == WM_ANY_ROLE
            && (found == WANMI_NONE || is_better(plan, &plan->runs[i], &plan->runs[found])))
            found = i;
    }
    return found;
}

const wm_run *wm_own_run(const wanmi_plan *plan, uint32_t role, uint32_t area)
{
    wanmi_area_info info;
    if (wanmi_map_area(plan->map, area, &info) != WANMI_OK)
        return NULL;
    uint32_t run = own_run(plan, role, info.key);
    return run != WANMI_NONE ? &plan->runs[run] : NULL;
}

/* The run of an area or of its nearest ancestor at an instant. */
static const wm_run *walk(const wanmi_plan *plan, uint32_t role, uint32_t area, int64_t instant_us,
                          wanmi_step *step)
{
    *step = WANMI_STEP_DUTY;
    while (area != WANMI_NONE) {
        wanmi_area_info info;
        wanmi_map_area(plan->map, area, &info);
        uint32_t run = own_run(plan, role, info.key);
        if (run != WANMI_NONE)
            return &plan->runs[run];
        *step = WANMI_STEP_ANCESTOR;
        area = wanmi_map_area_parent(plan->map, area, instant_us);
    }
    return NULL;
}

const wm_run *wm_office_run(const wanmi_plan *plan, const wm_office *office, uint32_t area,
                            int64_t instant_us, wanmi_step *step)
{
    uint32_t entry = office->reach[area - office->first_area];
    if (entry == WM_REACH_NOBODY)
        return NULL;
    if (entry == WM_REACH_WALK)
        return walk(plan, office->role, area, instant_us, step);
    *step = (entry & WM_REACH_ANCESTOR) != 0 ? WANMI_STEP_ANCESTOR : WANMI_STEP_DUTY;
    return &plan->runs[entry & ~WM_REACH_ANCESTOR];
}

/* ---- filling the offices ------------------------------------------------------- */

typedef struct wm_family {
    uint32_t *keys;                     /* an entry an area */
    uint32_t *parents;
} wm_family;

static bool covers_time(const wanmi_area_info *outer, const wanmi_area_info *inner)
{
    bool from = outer->valid_from_us == WANMI_TIME_NONE
             || (inner->valid_from_us != WANMI_TIME_NONE && outer->valid_from_us <= inner->valid_from_us);
    bool to = outer->valid_to_us == WANMI_TIME_NONE
           || (inner->valid_to_us != WANMI_TIME_NONE && outer->valid_to_us >= inner->valid_to_us);
    return from && to;
}

/* The one parent an area has all its time; none; or it varies. */
static uint32_t steady_parent(const wanmi_map *map, const wanmi_area_info *area)
{
    if (area->parent == WANMI_NONE)
        return PARENT_NONE;
    wanmi_area_info parent;
    uint32_t at = area->parent;
    while (wanmi_map_area(map, at, &parent) == WANMI_OK && parent.key == area->parent) {
        if (covers_time(&parent, area))
            return at;
        at++;
    }
    return PARENT_VARIES;
}

uint32_t wm_steady_ancestor(const wanmi_plan *plan, uint32_t area, uint32_t layer)
{
    const wm_layer *wanted = &plan->layers[layer];
    while (area != PARENT_NONE && area != PARENT_VARIES && area - wanted->first_area >= wanted->area_count) {
        wanmi_area_info info;
        wanmi_map_area(plan->map, area, &info);
        area = steady_parent(plan->map, &info);
    }
    return area;
}

static void fill_family(const wanmi_plan *plan, wm_family *family)
{
    for (uint32_t i = 0; i < wanmi_map_area_count(plan->map); i++) {
        wanmi_area_info info;
        wanmi_map_area(plan->map, i, &info);
        family->keys[i] = info.key;
        family->parents[i] = steady_parent(plan->map, &info);
    }
}

static uint32_t reach_of(const wanmi_plan *plan, const wm_family *family, uint32_t role, uint32_t area)
{
    for (uint32_t at = area; at != PARENT_NONE; at = family->parents[at]) {
        if (at == PARENT_VARIES)
            return WM_REACH_WALK;
        uint32_t run = own_run(plan, role, family->keys[at]);
        if (run != WANMI_NONE)
            return at == area ? run : run | WM_REACH_ANCESTOR;
    }
    return WM_REACH_NOBODY;
}

/* The most holders of a role that any area of the map has. */
static uint32_t most_holders(const wanmi_plan *plan, uint32_t role)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < plan->run_count; i++)
        if (plan->runs[i].role == role && plan->runs[i].count > most)
            most = plan->runs[i].count;
    return most;
}

static wanmi_status fill_office(wanmi_plan *plan, const wm_family *family, wm_office *office)
{
    office->reach = wm_arena_alloc(&plan->arena, (size_t)office->area_count * sizeof *office->reach);
    if (office->reach == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = 0; i < office->area_count; i++) {
        uint32_t entry = reach_of(plan, family, office->role, office->first_area + i);
        office->reach[i] = entry;
        uint32_t holders = 0;
        if (entry == WM_REACH_WALK)
            holders = most_holders(plan, office->role);
        else if (entry != WM_REACH_NOBODY)
            holders = plan->runs[entry & ~WM_REACH_ANCESTOR].count;
        if (holders > office->most)
            office->most = holders;
    }
    return WANMI_OK;
}

static wanmi_status fill_offices(wanmi_plan *plan, const wm_family *family)
{
    for (uint32_t i = 0; i < plan->office_count; i++) {
        wanmi_status status = fill_office(plan, family, &plan->offices[i]);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

wanmi_status wm_compile_offices(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = WANMI_OK;
    if (plan->cell_layer != WANMI_NONE)
        status = wm_office_number(compile, WM_ANY_ROLE, plan->cell_layer, &plan->fallback_office);
    if (status != WANMI_OK)
        return status;
    size_t size = (size_t)wanmi_map_area_count(plan->map) * sizeof(uint32_t);
    wm_family family = {wm_alloc(&plan->host, size), wm_alloc(&plan->host, size)};
    status = WANMI_E_MEMORY;
    if (family.keys != NULL && family.parents != NULL) {
        fill_family(plan, &family);
        status = fill_offices(plan, &family);
    }
    wm_free(&plan->host, family.keys, size);
    wm_free(&plan->host, family.parents, size);
    return status;
}
