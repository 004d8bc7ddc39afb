/* The builder's tables: units, duties and rules, row by row. */
#include <string.h>

#include "model.h"

void wanmi_unit_def_init(wanmi_unit_def *def)
{
    *def = (wanmi_unit_def){.struct_size = sizeof *def, .code = "", .name = "", .kind = "",
                            .parent = ""};
}

void wanmi_duty_def_init(wanmi_duty_def *def)
{
    *def = (wanmi_duty_def){.struct_size = sizeof *def, .layer = "", .area = "", .role = "",
                            .unit = "", .rank = 1};
}

void wanmi_rule_def_init(wanmi_rule_def *def)
{
    *def = (wanmi_rule_def){.struct_size = sizeof *def, .valid_from_us = WANMI_TIME_NONE,
                            .valid_to_us = WANMI_TIME_NONE, .priority = -1};
    for (size_t i = 0; i < WM_RULE_TEXTS; i++)
        wm_rule_set(def, i, "");
}

/* One text of a row: what its column is called and what it may be. */
typedef struct text_column {
    const char *what;
    const char **text;
    const char *last;           /* the same column of the row before */
    size_t most;
    unsigned rules;
} text_column;

static wanmi_status check_columns(const text_column *columns, size_t count, wanmi_status status,
                                  const wm_place *place, wanmi_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const text_column *c = &columns[i];
        wanmi_status found = wm_text_check(c->what, *c->text, c->most, c->rules, status, place, error);
        if (found != WANMI_OK)
            return found;
    }
    return WANMI_OK;
}

static wanmi_status copy_columns(wanmi_map_builder *builder, const text_column *columns,
                                 size_t count, wanmi_error *error)
{
    for (size_t i = 0; i < count; i++)
        if ((*columns[i].text = wm_builder_text(builder, *columns[i].text, columns[i].last)) == NULL)
            return wm_error_memory(error);
    return WANMI_OK;
}

static wanmi_status no_builder(wanmi_error *error)
{
    return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
}

wanmi_status wanmi_map_builder_unit(wanmi_map_builder *builder, const wanmi_unit_def *def,
                                    wanmi_error *error)
{
    if (builder == NULL)
        return no_builder(error);
    wanmi_unit_def d;
    wanmi_unit_def_init(&d);
    wanmi_status status = wm_struct_take(&d, def, sizeof d, "wanmi_unit_def", error);
    if (status != WANMI_OK)
        return status;
    const wanmi_unit_def *last =
        builder->unit_count != 0 ? &builder->units[builder->unit_count - 1] : &d;
    const text_column columns[] = {
        {"unit code", &d.code, NULL, WANMI_CODE_MAX, WM_TEXT_NEEDED | WM_TEXT_CODE},
        {"unit name", &d.name, NULL, WANMI_NAME_MAX, WM_TEXT_FREE},
        {"unit kind", &d.kind, last != &d ? last->kind : NULL, WANMI_NAME_MAX, WM_TEXT_FREE},
        {"unit parent", &d.parent, last != &d ? last->parent : NULL, WANMI_CODE_MAX, WM_TEXT_CODE},
    };
    const size_t count = sizeof columns / sizeof columns[0];
    const wm_place place = {.row = d.row};
    status = check_columns(columns, count, WANMI_E_MAP_UNIT, &place, error);
    if (status == WANMI_OK)
        status = copy_columns(builder, columns, count, error);
    if (status != WANMI_OK)
        return status;
    if (!wm_reserve(&builder->host, (void **)&builder->units, &builder->unit_room,
                    builder->unit_count + 1, sizeof d))
        return wm_error_memory(error);
    builder->units[builder->unit_count++] = d;
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_duty(wanmi_map_builder *builder, const wanmi_duty_def *def,
                                    wanmi_error *error)
{
    if (builder == NULL)
        return no_builder(error);
    wanmi_duty_def d;
    wanmi_duty_def_init(&d);
    wanmi_status status = wm_struct_take(&d, def, sizeof d, "wanmi_duty_def", error);
    if (status != WANMI_OK)
        return status;
    const wanmi_duty_def none = {0};
    const wanmi_duty_def *last =
        builder->duty_count != 0 ? &builder->duties[builder->duty_count - 1] : &none;
    const text_column columns[] = {
        {"duty layer", &d.layer, last->layer, 63, WM_TEXT_NEEDED | WM_TEXT_CODE},
        {"duty area", &d.area, last->area, WANMI_CODE_MAX, WM_TEXT_NEEDED | WM_TEXT_CODE},
        {"duty role", &d.role, last->role, WANMI_CODE_MAX, WM_TEXT_NEEDED | WM_TEXT_CODE},
        {"duty unit", &d.unit, last->unit, WANMI_CODE_MAX, WM_TEXT_NEEDED | WM_TEXT_CODE},
    };
    const size_t count = sizeof columns / sizeof columns[0];
    const wm_place place = {.row = d.row};
    status = check_columns(columns, count, WANMI_E_MAP_DUTY, &place, error);
    if (status == WANMI_OK && d.rank < 1)
        status = wm_error_at(error, WANMI_E_MAP_DUTY, &place, "duty rank %d is below 1", (int)d.rank);
    if (status == WANMI_OK)
        status = copy_columns(builder, columns, count, error);
    if (status != WANMI_OK)
        return status;
    if (!wm_reserve(&builder->host, (void **)&builder->duties, &builder->duty_room,
                    builder->duty_count + 1, sizeof d))
        return wm_error_memory(error);
    builder->duties[builder->duty_count++] = d;
    return WANMI_OK;
}

/* ---- rules ---------------------------------------------------------------------- */

static wanmi_status check_rule_texts(const wanmi_rule_def *d, const wm_place *place,
                                     wanmi_error *error)
{
    for (size_t i = 0; i < WM_RULE_TEXTS; i++) {
        const wm_rule_text *t = &wm_rule_texts[i];
        wanmi_status status = wm_text_check(t->column, wm_rule_get(d, i), t->most, t->rules,
                                            WANMI_E_MAP_RULE, place, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status check_rule_number(const char *column, int64_t value, int64_t low, int64_t high,
                                      const wm_place *place, wanmi_error *error)
{
    if (value >= low && value <= high)
        return WANMI_OK;
    return wm_error_at(error, WANMI_E_MAP_RULE, place, "%s is not from %lld to %lld: %lld", column,
                       (long long)low, (long long)high, (long long)value);
}

static wanmi_status check_rule(const wanmi_rule_def *d, wanmi_error *error)
{
    const wm_place place = {.row = d->row};
    const struct {
        const char *column;
        int64_t value, low, high;
    } numbers[] = {{"min_severity", d->min_severity, 0, 255}, {"copy", d->copy, 0, 1},
                   {"priority", d->priority, -1, 9}, {"last", d->last, 0, 1}};
    wanmi_status status = check_rule_texts(d, &place, error);
    for (size_t i = 0; i < 4 && status == WANMI_OK; i++)
        status = check_rule_number(numbers[i].column, numbers[i].value, numbers[i].low,
                                   numbers[i].high, &place, error);
    if (status != WANMI_OK)
        return status;
    if (d->valid_from_us != WANMI_TIME_NONE && d->valid_to_us != WANMI_TIME_NONE &&
        d->valid_from_us >= d->valid_to_us)
        return wm_error_at(error, WANMI_E_MAP_RULE, &place, "valid_to is not later than valid_from");
    wm_place valued = place;
    valued.value = d->holders;
    if (d->holders[0] != '\0' && strcmp(d->holders, "best") != 0 && strcmp(d->holders, "all") != 0)
        return wm_error_at(error, WANMI_E_MAP_RULE, &valued, "holders is neither best nor all");
    valued.value = d->area;
    if (d->area[0] != '\0' && d->layer[0] == '\0')
        return wm_error_at(error, WANMI_E_MAP_RULE, &valued, "area is given without its layer");
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_rule(wanmi_map_builder *builder, const wanmi_rule_def *def,
                                    wanmi_error *error)
{
    if (builder == NULL)
        return no_builder(error);
    wanmi_rule_def d;
    wanmi_rule_def_init(&d);
    wanmi_status status = wm_struct_take(&d, def, sizeof d, "wanmi_rule_def", error);
    if (status != WANMI_OK)
        return status;
    for (size_t i = 0; i < WM_RULE_TEXTS; i++)
        wm_rule_set(&d, i, wm_rule_get(&d, i)); /* NULL becomes "" */
    if ((status = check_rule(&d, error)) != WANMI_OK)
        return status;
    for (size_t i = 0; i < WM_RULE_TEXTS; i++) {
        const char *copy = wm_builder_text(builder, wm_rule_get(&d, i), NULL);
        if (copy == NULL)
            return wm_error_memory(error);
        wm_rule_set(&d, i, copy);
    }
    if (!wm_reserve(&builder->host, (void **)&builder->rules, &builder->rule_room,
                    builder->rule_count + 1, sizeof d))
        return wm_error_memory(error);
    builder->rules[builder->rule_count++] = d;
    return WANMI_OK;
}
