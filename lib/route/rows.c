/* The rows of cells and homes: who is there, and which signature that is. Cells of one
 * signature lie in the same places of rules and have holders for the same roles, so that
 * the same deliveries are made there, but to other units. */
#include "rows.h"

#include <string.h>

/* The table of programs must not outgrow what it saves. What is beyond is left to
 * quick.c. */
enum { TABLE_MAX = 1 << 22, NTH_MAX = 8 };

void *wm_arena_lines(wm_arena *arena, size_t size)
{
    enum { LINE = 64 };
    char *block = wm_arena_alloc(arena, size < SIZE_MAX - LINE ? size + LINE : size);
    return block != NULL ? block + (LINE - (uintptr_t)block % LINE) % LINE : NULL;
}

/* ---- slots ------------------------------------------------------------------------------ */

static void watch_layers(const wanmi_plan *plan, struct wm_programs *programs)
{
    for (uint32_t layer = 0; layer < plan->layer_count; layer++) {
        bool asked = false;
        for (uint32_t i = 0; i < plan->rule_count; i++)
            asked |= plan->rules[i].layer == layer;
        for (uint32_t i = 0; i < plan->office_count; i++)
            asked |= plan->offices[i].layer == layer;
        if (asked && plan->layers[layer].use == WM_LAYER_ANCESTOR)
            programs->watched[programs->watched_count++] = (uint8_t)layer;
    }
}

bool wm_is_in_row(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t layer)
{
    bool found = layer == plan->cell_layer;
    for (uint32_t i = 0; i < programs->watched_count; i++)
        found |= programs->watched[i] == layer;
    return found;
}

static bool add_slot(const wanmi_plan *plan, struct wm_programs *programs, wm_rows *rows, uint32_t office, uint32_t nth)
{
    bool in_cell = plan->offices[office].layer == plan->cell_layer;
    if (rows->slot_count == WM_SLOTS_MAX)
        return false;
    rows->slots[rows->slot_count++] = (wm_slot){
        .office = office, .nth = nth, .base = in_cell ? WM_BASE_CELL : WM_BASE_HOME,
        .at = in_cell ? programs->stride++ : programs->home_stride++};
    return true;
}

static bool takes_all(const wanmi_plan *plan, uint32_t office)
{
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].office == office && plan->rules[i].all)
            return true;
    return false;
}

/* First the best of the offices of the cells, in their order, as a roster has them. */
static bool list_slots(const wanmi_plan *plan, struct wm_programs *programs, wm_rows *rows)
{
    programs->stride = WM_CELL_SLOTS;
    programs->home_stride = programs->watched_count;
    for (uint32_t i = 0; i < plan->office_count; i++)
        if (plan->offices[i].layer == plan->cell_layer && plan->offices[i].role != WM_ANY_ROLE
            && !add_slot(plan, programs, rows, i, 0))
            return false;
    for (uint32_t i = 0; i < plan->office_count; i++) {
        const wm_office *office = &plan->offices[i];
        if (office->role == WM_ANY_ROLE || !wm_is_in_row(plan, programs, office->layer))
            continue;
        bool all = office->most > 1 && office->most <= NTH_MAX && takes_all(plan, i);
        for (uint32_t nth = office->layer == plan->cell_layer; nth < (all ? office->most : 1); nth++)
            if (!add_slot(plan, programs, rows, i, nth))
                return false;
    }
    return true;
}

/* ---- rows --------------------------------------------------------------------------------- */

static uint32_t home_row(const struct wm_programs *programs, uint32_t cell)
{
    uint32_t home = programs->units[cell * programs->stride] >> programs->signature_bits;
    return programs->first_home + home * programs->home_stride;
}

uint32_t wm_row_area(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t cell, uint32_t layer)
{
    if (layer == plan->cell_layer)
        return programs->first_cell + cell;
    for (uint32_t i = 0; i < programs->watched_count; i++)
        if (programs->watched[i] == layer)
            return programs->units[home_row(programs, cell) + i];
    return WANMI_NONE;
}

uint32_t wm_row_unit(const struct wm_programs *programs, const wm_slot *slot, uint32_t cell)
{
    uint32_t row = slot->base == WM_BASE_CELL ? cell * programs->stride : home_row(programs, cell);
    return programs->units[row + slot->at];
}

uint32_t wm_fallback_step(const wanmi_plan *plan, uint32_t role, bool above)
{
    return role == WM_SHORT_NONE ? 2 * wanmi_map_role_count(plan->map) + 1 : 2 * role + above + 1;
}

uint32_t wm_fallback_step_count(const wanmi_plan *plan)
{
    return wm_fallback_step(plan, WM_SHORT_NONE, false) + 1;
}

static void fill_fallback(const wanmi_plan *plan, uint32_t cell, uint32_t *unit, uint32_t *step)
{
    uint32_t reach = plan->offices[plan->fallback_office].reach[cell];
    *unit = 0;
    *step = 0;
    if (reach == WM_REACH_NOBODY && plan->fallback_unit != WANMI_NONE) {
        *unit = plan->fallback_unit;
        *step = wm_fallback_step(plan, WM_SHORT_NONE, false);
    } else if (reach != WM_REACH_NOBODY && reach != WM_REACH_WALK) {
        const wm_run *run = &plan->runs[reach & ~WM_REACH_ANCESTOR];
        *unit = plan->holders[run->first];
        *step = wm_fallback_step(plan, run->role, (reach & WM_REACH_ANCESTOR) != 0);
    }
}

static uint32_t holder(const wanmi_plan *plan, const wm_slot *slot, uint32_t area)
{
    const wm_office *office = &plan->offices[slot->office];
    if (area - office->first_area >= office->area_count)
        return WM_REACH_NOBODY;
    return wm_roster_entry(plan, office->reach[area - office->first_area], slot->nth);
}

static void fill_cell(const wanmi_plan *plan, struct wm_programs *programs, const wm_rows *rows, uint32_t cell)
{
    for (uint32_t i = 0; i < rows->slot_count; i++)
        if (rows->slots[i].base == WM_BASE_CELL)
            programs->units[cell * programs->stride + rows->slots[i].at] =
                holder(plan, &rows->slots[i], programs->first_cell + cell);
    uint32_t *fallback = programs->units + programs->first_fallback + 2 * (size_t)cell;
    fill_fallback(plan, cell, &fallback[0], &fallback[1]);
}

static void fill_home(const wanmi_plan *plan, struct wm_programs *programs, const wm_rows *rows, uint32_t home)
{
    uint32_t *row = programs->units + programs->first_home + home * programs->home_stride;
    const uint32_t *areas = wm_pool_at(&rows->homes, home);
    memcpy(row, areas, programs->watched_count * sizeof *row);
    for (uint32_t i = 0; i < rows->slot_count; i++) {
        const wm_slot *slot = &rows->slots[i];
        for (uint32_t k = 0; slot->base == WM_BASE_HOME && k < programs->watched_count; k++)
            if (programs->watched[k] == plan->offices[slot->office].layer)
                row[slot->at] = holder(plan, slot, areas[k]);
    }
}

/* Numbers the homes, in the place where the cells' words will be. The last word keeps
 * apart those that nothing is watched for. */
static bool find_homes(const wanmi_plan *plan, const struct wm_programs *programs, wm_rows *rows, uint32_t *homes)
{
    uint32_t areas[WANMI_LAYERS_MAX + 1] = {0};
    for (uint32_t cell = 0; cell < plan->layers[plan->cell_layer].area_count; cell++) {
        for (uint32_t i = 0; i < programs->watched_count; i++)
            areas[i] = wm_steady_ancestor(plan, programs->first_cell + cell, programs->watched[i]);
        if (!wm_pool_put(&rows->homes, areas, programs->watched_count + 1, &homes[cell]))
            return false;
    }
    return true;
}

/* Where everything stands. False: more than can be counted in 32 bits. */
static bool lay_out(const wanmi_plan *plan, struct wm_programs *programs, const wm_rows *rows, size_t named,
                    size_t *words)
{
    uint64_t cells = plan->layers[plan->cell_layer].area_count, homes = rows->homes.count;
    uint64_t home = cells * programs->stride, fallback = home + homes * programs->home_stride;
    programs->first_home = (uint32_t)home;
    programs->first_fallback = (uint32_t)fallback;
    programs->first_named = (uint32_t)(fallback + 2 * cells);
    programs->signature_bits = 31;
    while (homes > (uint64_t)1 << (32 - programs->signature_bits))
        programs->signature_bits--;
    *words = fallback + 2 * cells + named;
    return *words < UINT32_MAX && programs->signature_bits > 8;
}

static void fill_rows(const wanmi_plan *plan, struct wm_programs *programs, const wm_rows *rows, const uint32_t *homes)
{
    uint32_t cells = plan->layers[plan->cell_layer].area_count;
    for (uint32_t home = 0; home < rows->homes.count; home++)
        fill_home(plan, programs, rows, home);
    for (uint32_t cell = 0; cell < cells; cell++) {
        programs->units[cell * programs->stride] = homes[cell] << programs->signature_bits;
        fill_cell(plan, programs, rows, cell);
    }
}

static wanmi_status make_units(wm_compile *compile, struct wm_programs *programs, wm_rows *rows, bool *suits)
{
    wanmi_plan *plan = compile->plan;
    size_t size = plan->layers[plan->cell_layer].area_count * sizeof(uint32_t), words;
    uint32_t *homes = wm_alloc(&plan->host, size);
    bool made = homes != NULL && find_homes(plan, programs, rows, homes);
    *suits = *suits && made && lay_out(plan, programs, rows, compile->units_read, &words);
    if (*suits) {
        programs->units = wm_arena_lines(&plan->arena, words * sizeof *programs->units);
        made = programs->units != NULL;
    }
    if (*suits && made) {
        fill_rows(plan, programs, rows, homes);
        memcpy(programs->units + programs->first_named, plan->rule_units, compile->units_read * sizeof *programs->units);
    }
    wm_free(&plan->host, homes, size);
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

/* ---- signatures --------------------------------------------------------------------------- */

static uint32_t class_of(const wanmi_plan *plan, const wm_rows *rows, uint32_t layer, uint32_t area)
{
    const wm_layer *areas = &plan->layers[layer];
    if (rows->classes[layer] == NULL || area - areas->first_area >= areas->area_count)
        return 0;
    return rows->classes[layer][area - areas->first_area];
}

static bool sign_row(wm_compile *compile, struct wm_programs *programs, wm_rows *rows, wm_pool *pool, uint32_t cell)
{
    const wanmi_plan *plan = compile->plan;
    uint32_t words[2 + WANMI_LAYERS_MAX + WM_SLOTS_MAX], count = 0, number = 0;
    words[count++] = plan->cell_grades != NULL ? plan->cell_grades[cell] : 0;
    words[count++] = class_of(plan, rows, plan->cell_layer, programs->first_cell + cell);
    for (uint32_t i = 0; i < programs->watched_count; i++)
        words[count++] = class_of(plan, rows, programs->watched[i],
                                  wm_row_area(plan, programs, cell, programs->watched[i]));
    for (uint32_t i = 0; i < rows->slot_count; i++)
        words[count++] = wm_filled_by(wm_row_unit(programs, &rows->slots[i], cell));
    size_t known = pool->count;
    if (!wm_pool_put(pool, words, count, &number))
        return false;
    number = number < programs->signature_count ? number + 1 : 0;
    if (pool->count != known && number != 0) {
        rows->examples[number] = cell;
        programs->signature_grades[number] = words[0];
    }
    programs->units[cell * programs->stride] |= number;
    return true;
}

static wanmi_status sign_rows(wm_compile *compile, struct wm_programs *programs, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    uint32_t most = TABLE_MAX / programs->columns, cells = plan->layers[plan->cell_layer].area_count;
    programs->signature_count = ((uint32_t)1 << programs->signature_bits) - 1;
    if (programs->signature_count > most)
        programs->signature_count = most;
    if (programs->signature_count > cells)
        programs->signature_count = cells;
    rows->example_capacity = programs->signature_count + 1;
    size_t size = rows->example_capacity * sizeof *rows->examples;
    rows->examples = wm_alloc(&plan->host, size);
    programs->signature_grades = wm_arena_alloc(&compile->plan->arena, size);
    if (rows->examples == NULL || programs->signature_grades == NULL)
        return WANMI_E_MEMORY;
    programs->signature_grades[0] = 0;
    wm_pool pool;
    wm_pool_init(&pool, &plan->host);
    bool made = true;
    for (uint32_t cell = 0; cell < cells && made; cell++)
        made = sign_row(compile, programs, rows, &pool, cell);
    if (pool.count < programs->signature_count)
        programs->signature_count = (uint32_t)pool.count;
    wm_pool_drop(&pool);
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

/* ---- all -------------------------------------------------------------------------------------- */

static wanmi_status make_classes(wm_compile *compile, const struct wm_programs *programs, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        uint32_t layer = plan->rules[i].layer;
        if (layer == WANMI_NONE || rows->classes[layer] != NULL || !wm_is_in_row(plan, programs, layer))
            continue;
        wanmi_status status = wm_make_classes(compile, layer, &rows->classes[layer]);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

wanmi_status wm_make_rows(wm_compile *compile, struct wm_programs *programs, wm_rows *rows, bool *suits)
{
    wanmi_plan *plan = compile->plan;
    watch_layers(plan, programs);
    programs->first_cell = plan->layers[plan->cell_layer].first_area;
    *suits = list_slots(plan, programs, rows);
    if (!*suits)
        return WANMI_OK;
    wanmi_status status = make_units(compile, programs, rows, suits);
    if (status != WANMI_OK || !*suits)
        return status;
    status = make_classes(compile, programs, rows);
    return status == WANMI_OK ? sign_rows(compile, programs, rows) : status;
}

void wm_rows_drop(wm_compile *compile, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    wm_free(&plan->host, rows->dues, wm_product(plan->profile_count, plan->prefix_count) * sizeof *rows->dues);
    wm_pool_drop(&rows->due_rows);
    wm_pool_drop(&rows->homes);
    wm_free(&plan->host, rows->examples, rows->example_capacity * sizeof *rows->examples);
    for (uint32_t layer = 0; layer < plan->layer_count; layer++)
        wm_free(&plan->host, rows->classes[layer], plan->layers[layer].area_count * sizeof **rows->classes);
}
