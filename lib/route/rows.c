/* The cells' rows: who is there, and which signature that is. Cells of one signature
 * lie in the same places of rules and have holders for the same roles, so that the
 * same deliveries are made there, but to other units. */
#include "rows.h"

#include <string.h>

/* Signatures are 16 bits of a row; and the table of programs must not outgrow what it
 * saves. What is beyond is left to quick.c. */
enum { SIGNATURES_MAX = UINT16_MAX, TABLE_MAX = 1 << 22, NTH_MAX = 8 };

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

static bool add_slot(wm_rows *rows, uint32_t office, uint32_t nth)
{
    if (rows->slot_count == WM_SLOTS_MAX)
        return false;
    rows->slots[rows->slot_count++] = (wm_slot){office, nth};
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
static bool list_slots(const wanmi_plan *plan, const struct wm_programs *programs, wm_rows *rows)
{
    for (uint32_t i = 0; i < plan->office_count; i++)
        if (plan->offices[i].layer == plan->cell_layer && plan->offices[i].role != WM_ANY_ROLE
            && !add_slot(rows, i, 0))
            return false;
    for (uint32_t i = 0; i < plan->office_count; i++) {
        const wm_office *office = &plan->offices[i];
        if (office->role == WM_ANY_ROLE || !wm_is_in_row(plan, programs, office->layer))
            continue;
        bool all = office->most > 1 && office->most <= NTH_MAX && takes_all(plan, i);
        for (uint32_t nth = office->layer == plan->cell_layer; nth < (all ? office->most : 1); nth++)
            if (!add_slot(rows, i, nth))
                return false;
    }
    return true;
}

/* ---- rows --------------------------------------------------------------------------------- */

uint32_t wm_row_slots(const struct wm_programs *programs)
{
    return WM_ROW_WATCHED + programs->watched_count + WM_ROW_SLOTS;
}

uint32_t wm_row_area(const wanmi_plan *plan, const struct wm_programs *programs, uint32_t row, uint32_t layer)
{
    if (layer == plan->cell_layer)
        return programs->first_cell + row / programs->stride;
    for (uint32_t i = 0; i < programs->watched_count; i++)
        if (programs->watched[i] == layer)
            return programs->units[row + WM_ROW_WATCHED + i];
    return WANMI_NONE;
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

static void fill_row(const wanmi_plan *plan, struct wm_programs *programs, const wm_rows *rows, uint32_t cell)
{
    uint32_t at = cell * programs->stride, watched = programs->watched_count;
    uint32_t *row = programs->units + at;
    uint32_t area = programs->first_cell + cell;
    for (uint32_t i = 0; i < watched; i++)
        row[WM_ROW_WATCHED + i] = wm_steady_ancestor(plan, area, programs->watched[i]);
    uint32_t *rest = row + WM_ROW_WATCHED + watched;
    fill_fallback(plan, cell, &rest[WM_ROW_FALLBACK_UNIT], &rest[WM_ROW_FALLBACK_STEP]);
    for (uint32_t i = 0; i < rows->slot_count; i++)
        rest[WM_ROW_SLOTS + i] = holder(plan, &rows->slots[i],
                                        wm_row_area(plan, programs, at, plan->offices[rows->slots[i].office].layer));
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
    uint32_t words[1 + WANMI_LAYERS_MAX + WM_SLOTS_MAX], count = 0, number = 0;
    uint32_t at = cell * programs->stride, slots = at + wm_row_slots(programs), grade = 0;
    words[count++] = class_of(plan, rows, plan->cell_layer, programs->first_cell + cell);
    for (uint32_t i = 0; i < programs->watched_count; i++)
        words[count++] = class_of(plan, rows, programs->watched[i], programs->units[at + WM_ROW_WATCHED + i]);
    for (uint32_t i = 0; i < rows->slot_count; i++)
        words[count++] = wm_filled_by(programs->units[slots + i]);
    size_t known = pool->count;
    if (!wm_pool_put(pool, words, count, &number))
        return false;
    number = number < programs->signature_count ? number + 1 : 0;
    if (pool->count != known && number != 0)
        rows->examples[number] = at;
    if (plan->cell_grades != NULL)
        grade = plan->cell_grades[cell];
    programs->units[at + WM_ROW_SIGNATURE] = number | grade << 16;
    return true;
}

static wanmi_status sign_rows(wm_compile *compile, struct wm_programs *programs, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    uint32_t most = TABLE_MAX / programs->prefix_count, cells = plan->layers[plan->cell_layer].area_count;
    programs->signature_count = most < SIGNATURES_MAX ? most : SIGNATURES_MAX;
    if (programs->signature_count > cells)
        programs->signature_count = cells;
    rows->example_capacity = programs->signature_count + 1;
    rows->examples = wm_alloc(&plan->host, rows->example_capacity * sizeof *rows->examples);
    if (rows->examples == NULL)
        return WANMI_E_MEMORY;
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

/* How many words the cells' rows have together; more than can be counted in 32 bits with
 * what comes behind them do not suit. */
static bool count_words(const wanmi_plan *plan, const struct wm_programs *programs, size_t named, size_t *words)
{
    size_t rows = wm_product(plan->layers[plan->cell_layer].area_count, programs->stride);
    *words = rows + named;
    return rows < UINT32_MAX / 2 && named < UINT32_MAX / 2;
}

wanmi_status wm_make_rows(wm_compile *compile, struct wm_programs *programs, wm_rows *rows, bool *suits)
{
    wanmi_plan *plan = compile->plan;
    const wm_layer *cells = &plan->layers[plan->cell_layer];
    watch_layers(plan, programs);
    programs->first_cell = cells->first_area;
    *suits = list_slots(plan, programs, rows);
    programs->stride = wm_row_slots(programs) + rows->slot_count;
    size_t words;
    *suits = count_words(plan, programs, compile->units_read, &words) && *suits;
    if (!*suits)
        return WANMI_OK;
    programs->units = wm_arena_alloc(&plan->arena, words * sizeof *programs->units);
    if (programs->units == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t cell = 0; cell < cells->area_count; cell++)
        fill_row(plan, programs, rows, cell);
    memcpy(programs->units + (size_t)cells->area_count * programs->stride, plan->rule_units,
           compile->units_read * sizeof *programs->units);
    wanmi_status status = make_classes(compile, programs, rows);
    return status == WANMI_OK ? sign_rows(compile, programs, rows) : status;
}

void wm_rows_drop(wm_compile *compile, wm_rows *rows)
{
    const wanmi_plan *plan = compile->plan;
    wm_free(&plan->host, rows->dues, wm_product(plan->profile_count, plan->prefix_count) * sizeof *rows->dues);
    wm_pool_drop(&rows->due_rows);
    wm_free(&plan->host, rows->examples, rows->example_capacity * sizeof *rows->examples);
    for (uint32_t layer = 0; layer < plan->layer_count; layer++)
        wm_free(&plan->host, rows->classes[layer], plan->layers[layer].area_count * sizeof **rows->classes);
}
