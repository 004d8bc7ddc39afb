/* From the map's rows to rules of integers. The map has checked what each row
 * says and most of what it points to; here is refused what cannot be obeyed. */
#include "plan.h"

#include <string.h>

typedef struct wm_row {
    wm_compile *compile;
    const wanmi_rule_def *def;
    wm_rule *rule;
} wm_row;

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static wm_place place_of(const wm_row *row, const char *column, const char *value)
{
    return (wm_place){.layer = "wanmi_rules", .row = row->def->row, .column = column, .value = value};
}

static wanmi_status refuse(const wm_row *row, const char *column, const char *value, const char *words)
{
    const wm_place place = place_of(row, column, value);
    return wm_problem(row->compile, WANMI_E_ROUTE_RULE, &place, "rule with seq %d: %s",
                      row->def->seq, words);
}

/* The first area from `low` on whose code is not below `text`, of which the first
 * `length` bytes count; with `past` the first that is above it. */
static uint32_t area_bound(const wanmi_map *map, uint32_t low, uint32_t high, const char *text,
                           size_t length, bool past)
{
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strncmp(wanmi_map_area_code(map, middle), text, length);
        if (order < 0 || (past && order == 0))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Areas lie in the order of their codes: a code or a prefix means a range. */
static void read_areas(const wm_row *row)
{
    const wanmi_plan *plan = row->compile->plan;
    const wanmi_rule_def *def = row->def;
    wm_rule *rule = row->rule;
    const wm_layer *layer = &plan->layers[rule->layer];
    rule->first_area = layer->first_area;
    rule->end_area = layer->first_area + layer->area_count;
    if (!given(def->area))
        return;
    size_t length = strlen(def->area);
    bool prefix = def->area[length - 1] == '*';
    /* A whole code is compared with its ending NUL. */
    size_t compared = prefix ? length - 1 : length + 1;
    uint32_t end = rule->end_area;
    rule->first_area = area_bound(plan->map, rule->first_area, end, def->area, compared, false);
    rule->end_area = area_bound(plan->map, rule->first_area, end, def->area, compared, true);
}

static wanmi_status read_place(const wm_row *row)
{
    const wanmi_rule_def *def = row->def;
    row->rule->layer = WANMI_NONE;
    if (!given(def->layer))
        return WANMI_OK;
    row->rule->layer = wanmi_map_find_layer(row->compile->plan->map, def->layer);
    read_areas(row);
    return WANMI_OK;
}

static wanmi_status read_source(const wm_row *row)
{
    const char *source = row->def->source;
    row->rule->source = WANMI_NONE;
    if (!given(source))
        return WANMI_OK;
    wanmi_status status = wanmi_words_number(row->compile->plan->words, source, strlen(source),
                                             &row->rule->source, row->compile->error);
    if (status == WANMI_E_ARGUMENT)
        return refuse(row, "source", source, "is no text of 1 to 64 bytes of UTF-8");
    return status;
}

uint16_t wm_tag_of(const wanmi_map *map, const char *tag)
{
    for (uint32_t i = 0; given(tag) && i < wanmi_map_tag_count(map); i++)
        if (strcmp(wanmi_map_tag(map, i), tag) == 0)
            return (uint16_t)i;
    return WM_SHORT_NONE;
}

static wanmi_status read_numbers(const wm_row *row)
{
    const wanmi_rule_def *def = row->def;
    wm_rule *rule = row->rule;
    rule->from = def->valid_from_us != WANMI_TIME_NONE ? def->valid_from_us : WM_ALWAYS_WAS;
    rule->to = def->valid_to_us != WANMI_TIME_NONE ? def->valid_to_us : WM_FOR_EVER;
    rule->flags = def->copy != 0 ? WANMI_DELIVERY_COPY : 0;
    rule->last = def->last != 0;
    rule->min_severity = (uint8_t)def->min_severity;
    rule->priority = (uint8_t)(def->priority < 0 ? 5 : def->priority);
    rule->tag = wm_tag_of(row->compile->plan->map, def->tag);
    return WANMI_OK;
}

static wanmi_status read_deadline(const wm_row *row)
{
    const char *name = row->def->deadline;
    row->rule->profile = WANMI_NONE;
    if (!given(name))
        return WANMI_OK;
    row->rule->profile = wm_profile_find(row->compile->plan, name);
    if (row->rule->profile != WANMI_NONE)
        return WANMI_OK;
    return refuse(row, "deadline", name, "there are no deadlines of this name");
}

static wanmi_status read_role(const wm_row *row)
{
    const wanmi_rule_def *def = row->def;
    const wanmi_plan *plan = row->compile->plan;
    wanmi_owner owner;
    row->rule->role = (uint16_t)wanmi_map_find_role(plan->map, def->role);
    row->rule->all = given(def->holders) && strcmp(def->holders, "all") == 0;
    if (wanmi_owner_role_parse(def->role, &owner, NULL) == WANMI_OK) {
        row->rule->owner_role = (int32_t)owner;
        return WANMI_OK;
    }
    uint32_t layer = given(def->at_layer) ? wanmi_map_find_layer(plan->map, def->at_layer)
                                          : plan->cell_layer;
    /* A map without cells has every event outside: no rule is ever tried. */
    if (layer == WANMI_NONE)
        return WANMI_OK;
    return wm_office_number(row->compile, wanmi_map_find_role(plan->map, def->role), layer,
                            &row->rule->office);
}

/* Conditions that most rules do not have. */
static wanmi_status read_circumstances(const wm_row *row)
{
    const wanmi_rule_def *def = row->def;
    wm_place place = place_of(row, "mode", def->mode);
    wanmi_status status = wm_modes_read(row->compile, def->mode, &place, &row->rule->modes);
    place = place_of(row, "weekdays", def->weekdays);
    if (status == WANMI_OK)
        status = wm_when_read(row->compile, def, &place, &row->rule->when);
    place = place_of(row, "owner", def->owner);
    if (status == WANMI_OK)
        status = wm_owner_read(row->compile, def, &place, &row->rule->owner);
    return status;
}

/* The units of all rules stand one after the other; the arrays are made when the
 * first rule is read. */
static wanmi_status read_units(const wm_row *row)
{
    wanmi_plan *plan = row->compile->plan;
    wm_rule *rule = row->rule;
    rule->first_unit = row->compile->units_read;
    const char *word;
    size_t at = 0, length;
    while (wanmi_list_next(row->def->unit, &at, &word, &length, NULL) == WANMI_OK) {
        char code[WANMI_CODE_MAX + 1];
        memcpy(code, word, length);
        code[length] = '\0';
        uint32_t unit = wanmi_map_find_unit(plan->map, code);
        if (unit == WANMI_NONE)
            return refuse(row, "unit", code, "there is no unit of this code");
        plan->rule_units[row->compile->units_read++] = unit;
        rule->unit_count++;
    }
    return WANMI_OK;
}

static wanmi_status read_receivers(const wm_row *row)
{
    const wanmi_rule_def *def = row->def;
    row->rule->office = WANMI_NONE;
    row->rule->role = WM_SHORT_NONE;
    row->rule->owner_role = -1;
    wanmi_status status = read_units(row);
    return status == WANMI_OK && given(def->role) ? read_role(row) : status;
}

/* How many words the columns `unit` of all rules have together. */
static size_t count_units(const wanmi_map *map)
{
    size_t count = 0;
    for (uint32_t i = 0; i < wanmi_map_rule_count(map); i++) {
        wanmi_rule_def def;
        wanmi_rule_def_init(&def);
        wanmi_map_rule(map, i, &def);
        const char *word;
        size_t at = 0, length;
        while (wanmi_list_next(def.unit, &at, &word, &length, NULL) == WANMI_OK)
            count++;
    }
    return count;
}

static wanmi_status make_arrays(wanmi_plan *plan)
{
    plan->rule_count = wanmi_map_rule_count(plan->map);
    plan->rules = wm_arena_alloc(&plan->arena, wm_product(plan->rule_count, sizeof *plan->rules));
    plan->rule_units = wm_arena_alloc(&plan->arena,
                                      wm_product(count_units(plan->map), sizeof *plan->rule_units));
    return plan->rules != NULL && plan->rule_units != NULL ? WANMI_OK : WANMI_E_MEMORY;
}

wanmi_status wm_compile_rules(wm_compile *compile)
{
    static wanmi_status (*const readers[])(const wm_row *row) = {
        read_place, read_source, read_numbers, read_circumstances, read_deadline,
        read_receivers,
    };
    wanmi_plan *plan = compile->plan;
    wanmi_status made = make_arrays(plan);
    if (made != WANMI_OK)
        return made;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        wanmi_rule_def def;
        wanmi_rule_def_init(&def);
        wanmi_map_rule(plan->map, i, &def);
        plan->rules[i] = (wm_rule){0};
        const wm_row row = {compile, &def, &plan->rules[i]};
        for (size_t k = 0; k < sizeof readers / sizeof readers[0]; k++) {
            wanmi_status status = readers[k](&row);
            if (status != WANMI_OK)
                return status;
        }
    }
    return WANMI_OK;
}
