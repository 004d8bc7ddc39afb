/* Units, duties, rules as tables: see table.h. */
#include "table.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "gdal.h"

#define AT(part, field) offsetof(wm_row, part) + offsetof(wanmi_##part##_def, field)

static const wm_column unit_columns[] = {
    {"code", WM_COLUMN_TEXT, AT(unit, code), true},
    {"name", WM_COLUMN_TEXT, AT(unit, name), false},
    {"kind", WM_COLUMN_TEXT, AT(unit, kind), false},
    {"parent", WM_COLUMN_TEXT, AT(unit, parent), false},
};

static const wm_column duty_columns[] = {
    {"layer", WM_COLUMN_TEXT, AT(duty, layer), true},
    {"area", WM_COLUMN_TEXT, AT(duty, area), true},
    {"role", WM_COLUMN_TEXT, AT(duty, role), true},
    {"unit", WM_COLUMN_TEXT, AT(duty, unit), true},
    {"rank", WM_COLUMN_INTEGER, AT(duty, rank), false},
};

static const wm_column rule_columns[] = {
    {"seq", WM_COLUMN_INTEGER, AT(rule, seq), true},
    {"mode", WM_COLUMN_TEXT, AT(rule, mode), false},
    {"class", WM_COLUMN_TEXT, AT(rule, class_prefix), false},
    {"layer", WM_COLUMN_TEXT, AT(rule, layer), false},
    {"area", WM_COLUMN_TEXT, AT(rule, area), false},
    {"owner", WM_COLUMN_TEXT, AT(rule, owner), false},
    {"source", WM_COLUMN_TEXT, AT(rule, source), false},
    {"min_severity", WM_COLUMN_INTEGER, AT(rule, min_severity), false},
    {"valid_from", WM_COLUMN_TIME, AT(rule, valid_from_us), false},
    {"valid_to", WM_COLUMN_TIME, AT(rule, valid_to_us), false},
    {"weekdays", WM_COLUMN_TEXT, AT(rule, weekdays), false},
    {"hours", WM_COLUMN_TEXT, AT(rule, hours), false},
    {"role", WM_COLUMN_TEXT, AT(rule, role), false},
    {"at_layer", WM_COLUMN_TEXT, AT(rule, at_layer), false},
    {"holders", WM_COLUMN_TEXT, AT(rule, holders), false},
    {"unit", WM_COLUMN_TEXT, AT(rule, unit), false},
    {"copy", WM_COLUMN_INTEGER, AT(rule, copy), false},
    {"priority", WM_COLUMN_INTEGER, AT(rule, priority), false},
    {"deadline", WM_COLUMN_TEXT, AT(rule, deadline), false},
    {"tag", WM_COLUMN_TEXT, AT(rule, tag), false},
    {"last", WM_COLUMN_INTEGER, AT(rule, last), false},
};

static wanmi_status add_unit(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_unit(builder, &row->unit, error);
}

static wanmi_status add_duty(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_duty(builder, &row->duty, error);
}

static wanmi_status add_rule(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_rule(builder, &row->rule, error);
}

static wanmi_status give_unit(const wanmi_map *map, uint32_t index, wm_row *row)
{
    wanmi_unit_info info;
    wanmi_status status = wanmi_map_unit(map, index, &info);
    if (status != WANMI_OK)
        return status;
    row->unit.code = info.code;
    row->unit.name = info.name;
    row->unit.kind = info.kind;
    row->unit.parent = info.parent != WANMI_NONE ? wanmi_map_unit_code(map, info.parent) : "";
    row->unit.row = info.row;
    return WANMI_OK;
}

static wanmi_status give_duty(const wanmi_map *map, uint32_t index, wm_row *row)
{
    wanmi_duty_info info;
    wanmi_area_info area;
    wanmi_layer_info layer;
    wanmi_status status = wanmi_map_duty(map, index, &info);
    if (status == WANMI_OK)
        status = wanmi_map_area(map, info.area, &area);
    if (status == WANMI_OK)
        status = wanmi_map_layer(map, area.layer, &layer);
    if (status != WANMI_OK)
        return status;
    row->duty.layer = layer.name;
    row->duty.area = area.code;
    row->duty.role = wanmi_map_role(map, info.role);
    row->duty.unit = wanmi_map_unit_code(map, info.unit);
    row->duty.rank = info.rank;
    row->duty.row = info.row;
    return WANMI_OK;
}

static wanmi_status give_rule(const wanmi_map *map, uint32_t index, wm_row *row)
{
    return wanmi_map_rule(map, index, &row->rule);
}

#define COLUMNS(list) list, sizeof list / sizeof list[0]

const wm_table wm_tables[WM_TABLES] = {
    {"wanmi_units", COLUMNS(unit_columns), AT(unit, row), AT(unit, code), add_unit,
     wanmi_map_unit_count, give_unit},
    {"wanmi_duties", COLUMNS(duty_columns), AT(duty, row), AT(duty, area), add_duty,
     wanmi_map_duty_count, give_duty},
    {"wanmi_rules", COLUMNS(rule_columns), AT(rule, row), AT(rule, tag), add_rule,
     wanmi_map_rule_count, give_rule},
};

const wm_table *wm_table_find(const char *name)
{
    for (size_t i = 0; i < WM_TABLES; i++)
        if (strcmp(wm_tables[i].name, name) == 0)
            return &wm_tables[i];
    return NULL;
}

const wm_column *wm_table_column(const wm_table *table, const char *name)
{
    for (size_t i = 0; i < table->column_count; i++)
        if (strcmp(table->columns[i].name, name) == 0)
            return &table->columns[i];
    return NULL;
}

void wm_row_init(wm_row *row)
{
    wanmi_unit_def_init(&row->unit);
    wanmi_duty_def_init(&row->duty);
    wanmi_rule_def_init(&row->rule);
}

static wanmi_status bad_value(const wm_table *table, const wm_column *column, const wm_row *row,
                              const char *words, const char *text, wanmi_error *error)
{
    wm_place place = {.value = text};
    memcpy(&place.row, (const char *)row + table->row_at, sizeof place.row);
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "column %s: %s", column->name, words);
}

wanmi_status wm_row_set(const wm_table *table, const wm_column *column, const char *text,
                        const wanmi_zone *zone, wm_row *row, wanmi_error *error)
{
    char *at = (char *)row + column->at;
    if (text[0] == '\0')
        return WANMI_OK;
    if (column->kind == WM_COLUMN_TEXT) {
        memcpy(at, &text, sizeof text);
    } else if (column->kind == WM_COLUMN_INTEGER) {
        int32_t number;
        if (!wm_text_integer(text, &number))
            return bad_value(table, column, row, "no whole number", text, error);
        memcpy(at, &number, sizeof number);
    } else {
        int64_t instant;
        if (wanmi_time_parse(zone, text, &instant, NULL) != WANMI_OK)
            return bad_value(table, column, row, "no date or time of ISO 8601", text, error);
        memcpy(at, &instant, sizeof instant);
    }
    return WANMI_OK;
}

void wm_row_number(const wm_table *table, int64_t number, wm_row *row)
{
    memcpy((char *)row + table->row_at, &number, sizeof number);
}

const char *wm_row_text(const wm_column *column, const wm_row *row, const wanmi_zone *zone,
                        char *room, size_t size)
{
    const char *at = (const char *)row + column->at;
    if (column->kind == WM_COLUMN_TEXT) {
        const char *text;
        memcpy(&text, at, sizeof text);
        return text != NULL ? text : "";
    }
    if (column->kind == WM_COLUMN_INTEGER) {
        int32_t number;
        memcpy(&number, at, sizeof number);
        snprintf(room, size, "%d", (int)number);
    } else {
        int64_t instant;
        memcpy(&instant, at, sizeof instant);
        wanmi_time_format(zone, instant, room, size);
    }
    return room;
}
