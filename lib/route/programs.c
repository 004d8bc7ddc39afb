/* Makes programs: for every signature and prefix the rules that can be met there, as
 * steps and gates. See program.h. */
#include "maker.h"
#include "masks.h"

#include <string.h>

/* What compiling may cost: rules looked at, programs kept. Signatures beyond are left to
 * quick.c. */
enum { LOOKS_MAX = 1 << 25, PROGRAMS_MAX = 1 << 18, DUES_MAX = 1 << 16, STEP_WORDS = sizeof(wm_step) / 4 };

/* ---- steps ------------------------------------------------------------------------------ */

static void add_step(wm_maker *maker, wm_step step)
{
    if (maker->count == WM_STEPS_MAX)
        maker->full = true;
    else
        maker->steps[maker->count++] = step;
}

static wm_step step_of(const wm_maker *maker, uint32_t number, uint32_t dues)
{
    const wm_rule *rule = &maker->compile->plan->rules[number];
    return (wm_step){.generation = maker->compile->plan->generation, .rule = number, .dues = dues,
                     .role = WM_SHORT_NONE, .tag = rule->tag, .priority = rule->priority,
                     .step = WANMI_STEP_UNIT, .flags = rule->flags};
}

/* Places, of which the signature says whether they hold; WANMI_NONE where it does not. */
static uint32_t lies_there(const wm_maker *maker, const wm_rule *rule)
{
    const wanmi_plan *plan = maker->compile->plan;
    if (rule->layer == WANMI_NONE)
        return true;
    if (!wm_is_in_row(plan, maker->programs, rule->layer))
        return WANMI_NONE;
    uint32_t area = wm_row_area(plan, maker->programs, maker->cell, rule->layer);
    return area >= rule->first_area && area < rule->end_area;
}

static bool has_gates(const wm_maker *maker, const wm_rule *rule)
{
    for (wm_gate gate = WM_GATE_SOURCE; gate < WM_GATES; gate++)
        if (wm_asks_value(rule, gate) && wm_value_count(maker->programs, gate) == 1)
            return false;
    return true;
}

/* Gives false where the holders are not as simple as slots. */
static bool add_holders(wm_maker *maker, const wm_rule *rule, wm_step step)
{
    const wm_office *office = &maker->compile->plan->offices[rule->office];
    uint32_t wanted = rule->all ? office->most : 1, found = 0;
    step.role = rule->role;
    for (uint32_t i = 0; i < maker->rows->slot_count; i++) {
        const wm_slot *slot = &maker->rows->slots[i];
        if (slot->office != rule->office || slot->nth >= wanted)
            continue;
        wm_filled filled = wm_filled_by(wm_row_unit(maker->programs, slot, maker->cell));
        if (filled == WM_FILLED_WALK)
            return false;
        found++;
        step.base = slot->base;
        step.slot = slot->at;
        step.step = filled == WM_FILLED_ABOVE ? WANMI_STEP_ANCESTOR : WANMI_STEP_DUTY;
        if (filled != WM_FILLED_NOT)
            add_step(maker, step);
    }
    return found == wanted;
}

static bool add_receivers(wm_maker *maker, const wm_rule *rule, wm_step step)
{
    step.base = WM_BASE_NAMED;
    for (uint32_t i = 0; i < rule->unit_count; i++) {
        step.slot = maker->programs->first_named + rule->first_unit + i;
        add_step(maker, step);
    }
    return rule->office == WANMI_NONE || add_holders(maker, rule, step);
}

/* Events that go this way name no object: an owner is nobody. */
static wanmi_status add_rule(wm_maker *maker, uint32_t number)
{
    const wm_rule *rule = &maker->compile->plan->rules[number];
    uint32_t there = lies_there(maker, rule), before = maker->count, dues;
    if (rule->owner != NULL || there == false)
        return WANMI_OK;
    wanmi_status status = wm_find_dues(maker->compile, maker->programs, maker->rows, rule->profile, maker->prefix,
                                       &dues);
    if (status != WANMI_OK)
        return status;
    wm_step step = step_of(maker, number, dues);
    bool simple = there == true && has_gates(maker, rule) && add_receivers(maker, rule, step);
    bool silent = maker->count == before && rule->last;
    if (!simple || silent) {
        maker->count = before;
        step.base = WM_BASE_HARD;
        add_step(maker, step);
    }
    return WANMI_OK;
}

/* ---- gates ------------------------------------------------------------------------------- */

static bool is_asked(const wm_maker *maker, wm_gate gate)
{
    for (uint32_t i = 0; i < maker->count; i++)
        if (wm_asks_value(&maker->compile->plan->rules[maker->steps[i].rule], gate))
            return true;
    return false;
}

/* What cannot be asked here is for quick.c to ask. */
static uint64_t mask_of(const wm_maker *maker, wm_gate gate, uint32_t value)
{
    const wanmi_plan *plan = maker->compile->plan;
    bool asks = gate == WM_GATE_TIER || wm_value_count(maker->programs, gate) > 1;
    uint64_t mask = 0;
    for (uint32_t i = 0; i < maker->count; i++) {
        const wm_rule *rule = &plan->rules[maker->steps[i].rule];
        mask |= (uint64_t)(!asks || wm_value_suits(plan, maker->programs, rule, gate, value)) << i;
    }
    return mask;
}

/* The first gate is there for all: it has no bits beyond the steps. */
static wanmi_status make_gate(wm_maker *maker, wm_gate gate, uint32_t *number)
{
    uint64_t masks[WM_VALUES_MAX];
    uint32_t count = wm_value_count(maker->programs, gate);
    *number = 0;
    if (gate != WM_GATE_TIER && !is_asked(maker, gate))
        return WANMI_OK;
    for (uint32_t value = 0; value < count; value++)
        masks[value] = mask_of(maker, gate, value);
    return wm_pool_put(&maker->gates, masks, 2 * (size_t)count, number) ? WANMI_OK : WANMI_E_MEMORY;
}

/* ---- programs -------------------------------------------------------------------------------- */

static void mark_steps(const wm_maker *maker, wm_program *program)
{
    const wanmi_plan *plan = maker->compile->plan;
    for (uint32_t i = 0; i < maker->count && i < WM_STEPS_MAX; i++) {
        const wm_step *step = &maker->steps[i];
        bool ends = i + 1 == maker->count || maker->steps[i + 1].rule != step->rule;
        program->primary |= (uint64_t)!wm_is_copy(step) << i;
        program->hard |= (uint64_t)(step->base == WM_BASE_HARD) << i;
        program->lasts |= (uint64_t)(ends && plan->rules[step->rule].last) << i;
    }
}

static wanmi_status make_program(wm_maker *maker, wm_program *program)
{
    for (wm_gate gate = 0; gate < WM_GATES; gate++) {
        wanmi_status status = make_gate(maker, gate, &program->gates[gate]);
        if (status != WANMI_OK)
            return status;
    }
    mark_steps(maker, program);
    return wm_find_groups(maker, program);
}

/* The first gate suits every value. The first program sends every event to quick.c: its
 * one step is hard, and every tier suits it. */
static wanmi_status make_first(wm_maker *maker)
{
    uint64_t masks[WM_VALUES_MAX];
    uint32_t number, most = 1;
    wm_program *program = &maker->list[maker->listed++];
    for (wm_gate gate = 0; gate < WM_GATES; gate++)
        if (wm_value_count(maker->programs, gate) > most)
            most = wm_value_count(maker->programs, gate);
    memset(masks, 0xFF, most * sizeof *masks);
    if (!wm_pool_put(&maker->gates, masks, 2 * (size_t)most, &number))
        return WANMI_E_MEMORY;
    for (uint32_t value = 0; value < most; value++)
        masks[value] = 1;
    *program = (wm_program){.hard = 1};
    const wm_step step = {.base = WM_BASE_HARD};
    return wm_pool_put(&maker->gates, masks, 2 * (size_t)most, &program->gates[WM_GATE_TIER])
            && wm_pool_put(&maker->made, &step, STEP_WORDS, &number) ? WANMI_OK : WANMI_E_MEMORY;
}

/* The program of the maker's signature for its prefix: 0 where it has too many steps. */
static wanmi_status find_program(wm_maker *maker, uint32_t *number)
{
    const wanmi_plan *plan = maker->compile->plan;
    const wm_prefix *prefix = &plan->prefixes[maker->prefix];
    maker->count = 0;
    maker->full = false;
    for (uint32_t i = 0; i < prefix->count && !maker->full; i++) {
        wanmi_status status = add_rule(maker, plan->lists[prefix->first + i]);
        if (status != WANMI_OK)
            return status;
    }
    *number = 0;
    if (maker->full)
        return WANMI_OK;
    if (!wm_pool_put(&maker->made, maker->steps, STEP_WORDS * (size_t)maker->count, number))
        return WANMI_E_MEMORY;
    if (*number < maker->listed)
        return WANMI_OK;
    void *list = maker->list;
    if (!wm_reserve(&plan->host, &list, &maker->capacity, (size_t)maker->listed + 1, sizeof *maker->list))
        return WANMI_E_MEMORY;
    maker->list = list;
    maker->list[maker->listed] = (wm_program){0};
    return make_program(maker, &maker->list[maker->listed++]);
}

/* ---- the table ----------------------------------------------------------------------------------- */

static wanmi_status fill_table(wm_maker *maker)
{
    const wanmi_plan *plan = maker->compile->plan;
    struct wm_programs *programs = maker->programs;
    uint64_t looks = 0;
    for (uint32_t signature = 1; signature <= programs->signature_count; signature++) {
        maker->cell = maker->rows->examples[signature];
        for (maker->prefix = 0; maker->prefix < plan->prefix_count; maker->prefix++) {
            uint32_t *entry = &programs->table[(size_t)signature * programs->columns + maker->prefix];
            looks += plan->prefixes[maker->prefix].count;
            if (looks > LOOKS_MAX || maker->listed >= PROGRAMS_MAX)
                return WANMI_OK;
            wanmi_status status = find_program(maker, entry);
            if (status != WANMI_OK)
                return status;
        }
    }
    return WANMI_OK;
}

static void fill_fallback_steps(const wanmi_plan *plan, struct wm_programs *programs)
{
    wm_step step = {.generation = plan->generation, .rule = WANMI_RULE_FALLBACK, .base = WM_BASE_CELL,
                    .tag = WM_SHORT_NONE, .priority = 5};
    for (uint32_t role = 0; role < wanmi_map_role_count(plan->map); role++) {
        step.role = (uint16_t)role;
        step.step = WANMI_STEP_DUTY;
        programs->steps[wm_fallback_step(plan, role, false)] = step;
        step.step = WANMI_STEP_ANCESTOR;
        programs->steps[wm_fallback_step(plan, role, true)] = step;
    }
    step.role = WM_SHORT_NONE;
    step.step = WANMI_STEP_FALLBACK;
    programs->steps[wm_fallback_step(plan, WM_SHORT_NONE, false)] = step;
    programs->steps[0] = (wm_step){0};
}

/* Each step once, and the programs' own by number: what is looked at together is small. */
static wanmi_status keep_steps(wm_maker *maker)
{
    wanmi_plan *plan = maker->compile->plan;
    struct wm_programs *programs = maker->programs;
    size_t count = maker->made.word_count / STEP_WORDS, fallbacks = wm_fallback_step_count(plan);
    wm_pool once;
    wm_pool_init(&once, &plan->host);
    /* The inner loop may read as far as a program could reach. */
    programs->order = wm_arena_alloc(&plan->arena, (count + WM_STEPS_MAX) * sizeof *programs->order);
    bool made = programs->order != NULL;
    if (made)
        memset(programs->order + count, 0, WM_STEPS_MAX * sizeof *programs->order);
    for (size_t i = 0; i < count && made; i++) {
        uint32_t number = 0;
        made = wm_pool_put(&once, maker->made.words + i * STEP_WORDS, STEP_WORDS, &number);
        programs->order[i] = ((uint32_t)fallbacks + number) << WM_ORDER_BITS;
    }
    if (made)
        programs->steps = wm_arena_lines(&plan->arena, (fallbacks + once.count) * sizeof *programs->steps);
    made = made && programs->steps != NULL;
    if (made) {
        fill_fallback_steps(plan, programs);
        memcpy(programs->steps + fallbacks, once.words, once.word_count * sizeof *once.words);
    }
    wm_pool_drop(&once);
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

static bool asks_nothing(const struct wm_programs *programs)
{
    for (wm_gate gate = 0; gate < WM_GATES; gate++)
        if (wm_value_count(programs, gate) != 1)
            return false;
    return true;
}

/* What would be worked out alike for every event. */
static wanmi_status fix(wanmi_plan *plan, struct wm_programs *programs)
{
    programs->fixed = wm_arena_alloc(&plan->arena, programs->program_count * sizeof *programs->fixed);
    if (programs->fixed == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = 0; i < programs->program_count; i++) {
        const wm_program *program = &programs->programs[i];
        uint64_t mask = UINT64_MAX;
        for (wm_gate gate = 0; gate < WM_GATES; gate++)
            mask &= programs->masks[program->gates[gate]];
        uint32_t odd = wm_settle_mask(programs->groups, program, &mask);
        programs->fixed[i] = (wm_fixed){mask, program->first_step, odd};
    }
    return WANMI_OK;
}

static wanmi_status keep(wm_maker *maker)
{
    wanmi_plan *plan = maker->compile->plan;
    struct wm_programs *programs = maker->programs;
    programs->masks = wm_arena_alloc(&plan->arena, maker->gates.word_count * sizeof(uint32_t));
    programs->programs = wm_arena_lines(&plan->arena, maker->listed * sizeof *programs->programs);
    programs->groups = wm_arena_alloc(&plan->arena, maker->group_count * sizeof *programs->groups);
    if (programs->masks == NULL || programs->programs == NULL || programs->groups == NULL
        || keep_steps(maker) != WANMI_OK)
        return WANMI_E_MEMORY;
    if (maker->group_count != 0)
        memcpy(programs->groups, maker->groups, maker->group_count * sizeof *programs->groups);
    memcpy(programs->masks, maker->gates.words, maker->gates.word_count * sizeof(uint32_t));
    for (uint32_t i = 0; i < maker->listed; i++) {
        wm_program *program = &programs->programs[i];
        *program = maker->list[i];
        program->is_rare = program->hard != 0 || program->twin_groups != 0 || program->mixed_groups != 0;
        program->first_step = (uint32_t)(maker->made.rows[i].first / STEP_WORDS);
        for (wm_gate gate = 0; gate < WM_GATES; gate++)
            program->gates[gate] = (uint32_t)(maker->gates.rows[program->gates[gate]].first / 2);
    }
    programs->program_count = maker->listed;
    wanmi_status status = asks_nothing(programs) ? fix(plan, programs) : WANMI_OK;
    return status != WANMI_OK ? status : wm_keep_dues(maker->compile, programs, maker->rows);
}

static wanmi_status make_table(wm_maker *maker)
{
    wanmi_plan *plan = maker->compile->plan;
    struct wm_programs *programs = maker->programs;
    size_t entries = ((size_t)programs->signature_count + 1) * programs->columns;
    programs->table = wm_arena_alloc(&plan->arena, entries * sizeof *programs->table);
    void *list = NULL;
    if (programs->table == NULL || !wm_reserve(&plan->host, &list, &maker->capacity, 1, sizeof *maker->list))
        return WANMI_E_MEMORY;
    maker->list = list;
    memset(programs->table, 0, entries * sizeof *programs->table);
    wanmi_status status = make_first(maker);
    if (status == WANMI_OK)
        status = wm_begin_dues(maker->compile, programs, maker->rows);
    if (status == WANMI_OK)
        status = fill_table(maker);
    return status == WANMI_OK ? keep(maker) : status;
}

/* ---- all --------------------------------------------------------------------------------------------- */

static wanmi_status make(wm_maker *maker, bool *suits)
{
    wm_compile *compile = maker->compile;
    struct wm_programs *programs = maker->programs;
    programs->columns = compile->plan->prefix_count + 1;
    wanmi_status status = wm_make_limits(compile, programs);
    if (status == WANMI_OK)
        status = wm_make_values(compile, programs, suits);
    *suits = *suits && wanmi_map_deadline_count(compile->plan->map) < UINT16_MAX
          && programs->tiers.count * programs->grades <= DUES_MAX;
    if (status == WANMI_OK && *suits)
        status = wm_make_rows(compile, programs, maker->rows, suits);
    return status == WANMI_OK && *suits ? make_table(maker) : status;
}

wanmi_status wm_compile_programs(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    if (plan->cell_layer == WANMI_NONE)
        return WANMI_OK;
    struct wm_programs *programs = wm_arena_alloc(&plan->arena, sizeof *programs);
    wm_maker *maker = wm_alloc_zero(&plan->host, sizeof *maker);
    wm_rows *rows = wm_alloc_zero(&plan->host, sizeof *rows);
    wanmi_status status = WANMI_E_MEMORY;
    bool suits = true;
    if (programs != NULL && maker != NULL && rows != NULL) {
        *programs = (struct wm_programs){0};
        maker->compile = compile;
        maker->programs = programs;
        maker->rows = rows;
        wm_pool_init(&maker->made, &plan->host);
        wm_pool_init(&maker->gates, &plan->host);
        wm_pool_init(&rows->due_rows, &plan->host);
        wm_pool_init(&rows->homes, &plan->host);
        status = make(maker, &suits);
        wm_pool_drop(&maker->made);
        wm_pool_drop(&maker->gates);
        wm_free(&plan->host, maker->list, maker->capacity * sizeof *maker->list);
        wm_free(&plan->host, maker->groups, maker->group_capacity * sizeof *maker->groups);
        wm_rows_drop(compile, rows);
    }
    if (status == WANMI_OK && suits)
        plan->programs = programs;
    wm_free(&plan->host, maker, sizeof *maker);
    wm_free(&plan->host, rows, sizeof *rows);
    return status;
}
