/* The builder's units and duties, row by row. */
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

/* One text of a row: what it is (the column's name behind a blank) and what it may be. */
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
        wm_place at = *place;
        at.column = strchr(c->what, ' ') + 1;
        wanmi_status found = wm_text_check(c->what, *c->text, c->most, c->rules, status, &at, error);
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
    const wm_place place = {.layer = "wanmi_units", .row = d.row};
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
    wm_place place = {.layer = "wanmi_duties", .row = d.row};
    status = check_columns(columns, count, WANMI_E_MAP_DUTY, &place, error);
    place.value = d.role;
    place.column = "role";
    if (status == WANMI_OK && d.role[0] == '@')
        status = wm_error_at(error, WANMI_E_MAP_DUTY, &place,
                             "duty role begins with '@', which means an owner in rules");
    place.value = NULL;
    place.column = "rank";
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
