/* Units, duties, rules and so on as tables: see table.h. */
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define AT(part, field) offsetof(wanmi_##part##_def, field)

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
    {"priority", WM_COLUMN_DIGIT, AT(rule, priority), false},
    {"deadline", WM_COLUMN_TEXT, AT(rule, deadline), false},
    {"tag", WM_COLUMN_TEXT, AT(rule, tag), false},
    {"last", WM_COLUMN_INTEGER, AT(rule, last), false},
};

static const wm_column object_columns[] = {
    {"code", WM_COLUMN_TEXT, AT(object, code), true},
    {"name", WM_COLUMN_TEXT, AT(object, name), false},
    {"class", WM_COLUMN_TEXT, AT(object, class_text), false},
    {"x", WM_COLUMN_REAL, AT(object, x), true},
    {"y", WM_COLUMN_REAL, AT(object, y), true},
    {"authority", WM_COLUMN_TEXT, AT(object, authority), false},
    {"property", WM_COLUMN_TEXT, AT(object, property), false},
    {"upkeep", WM_COLUMN_TEXT, AT(object, upkeep), false},
};

static const wm_column calendar_columns[] = {
    {"name", WM_COLUMN_TEXT, AT(calendar, name), true},
    {"day", WM_COLUMN_TEXT, AT(calendar, day), true},
    {"hours", WM_COLUMN_TEXT, AT(calendar, hours), true},
};

static const wm_column deadline_columns[] = {
    {"name", WM_COLUMN_TEXT, AT(deadline, name), true},
    {"seq", WM_COLUMN_INTEGER, AT(deadline, seq), true},
    {"class", WM_COLUMN_TEXT, AT(deadline, class_prefix), false},
    {"grade", WM_COLUMN_TEXT, AT(deadline, grade), false},
    {"mode", WM_COLUMN_TEXT, AT(deadline, mode), false},
    {"min_severity", WM_COLUMN_INTEGER, AT(deadline, min_severity), false},
    {"limit", WM_COLUMN_REAL, AT(deadline, limit), true},
    {"unit", WM_COLUMN_TEXT, AT(deadline, unit), true},
    {"calendar", WM_COLUMN_TEXT, AT(deadline, calendar), false},
};

static const wm_column escalation_columns[] = {
    {"seq", WM_COLUMN_INTEGER, AT(escalation, seq), true},
    {"class", WM_COLUMN_TEXT, AT(escalation, class_prefix), false},
    {"role", WM_COLUMN_TEXT, AT(escalation, role), false},
    {"min_severity", WM_COLUMN_INTEGER, AT(escalation, min_severity), false},
    {"mode", WM_COLUMN_TEXT, AT(escalation, mode), false},
    {"on", WM_COLUMN_TEXT, AT(escalation, on), true},
    {"from", WM_COLUMN_TEXT, AT(escalation, since), false},
    {"limit", WM_COLUMN_REAL, AT(escalation, limit), true},
    {"unit", WM_COLUMN_TEXT, AT(escalation, unit), true},
    {"calendar", WM_COLUMN_TEXT, AT(escalation, calendar), false},
    {"to", WM_COLUMN_TEXT, AT(escalation, to), true},
    {"target_role", WM_COLUMN_TEXT, AT(escalation, target_role), false},
    {"at_layer", WM_COLUMN_TEXT, AT(escalation, at_layer), false},
    {"target_unit", WM_COLUMN_TEXT, AT(escalation, target_unit), false},
    {"priority", WM_COLUMN_DIGIT, AT(escalation, priority), false},
    {"tag", WM_COLUMN_TEXT, AT(escalation, tag), false},
};

/* ---- to the builder ------------------------------------------------------------------- */

static void init_unit(wm_row *row)
{
    wanmi_unit_def_init(&row->unit);
}

static void init_duty(wm_row *row)
{
    wanmi_duty_def_init(&row->duty);
}

static void init_rule(wm_row *row)
{
    wanmi_rule_def_init(&row->rule);
}

static void init_object(wm_row *row)
{
    wanmi_object_def_init(&row->object);
}

static void init_calendar(wm_row *row)
{
    wanmi_calendar_def_init(&row->calendar);
}

static void init_deadline(wm_row *row)
{
    wanmi_deadline_def_init(&row->deadline);
}

static void init_escalation(wm_row *row)
{
    wanmi_escalation_def_init(&row->escalation);
}

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

static wanmi_status add_object(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_object(builder, &row->object, error);
}

static wanmi_status add_calendar(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_calendar(builder, &row->calendar, error);
}

static wanmi_status add_deadline(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_deadline(builder, &row->deadline, error);
}

static wanmi_status add_escalation(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error)
{
    return wanmi_map_builder_escalation(builder, &row->escalation, error);
}

/* ---- from the map --------------------------------------------------------------------- */

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

static wanmi_status give_object(const wanmi_map *map, uint32_t index, wm_row *row)
{
    wanmi_object_info info;
    wanmi_status status = wanmi_map_object(map, index, &info);
    if (status != WANMI_OK)
        return status;
    row->object.code = info.code;
    row->object.name = info.name;
    row->object.class_text = info.class_text;
    row->object.x = info.x;
    row->object.y = info.y;
    row->object.authority = wanmi_map_unit_code(map, info.owners[WANMI_OWNER_AUTHORITY]);
    row->object.property = wanmi_map_unit_code(map, info.owners[WANMI_OWNER_PROPERTY]);
    row->object.upkeep = wanmi_map_unit_code(map, info.owners[WANMI_OWNER_UPKEEP]);
    row->object.row = info.row;
    return WANMI_OK;
}

static wanmi_status give_calendar(const wanmi_map *map, uint32_t index, wm_row *row)
{
    return wanmi_map_calendar(map, index, &row->calendar);
}

static wanmi_status give_deadline(const wanmi_map *map, uint32_t index, wm_row *row)
{
    return wanmi_map_deadline(map, index, &row->deadline);
}

static wanmi_status give_escalation(const wanmi_map *map, uint32_t index, wm_row *row)
{
    return wanmi_map_escalation(map, index, &row->escalation);
}

/* ---- the tables ----------------------------------------------------------------------- */

#define COLUMNS(list) list, sizeof list / sizeof list[0]

const wm_table wm_tables[WM_TABLES] = {
    [WANMI_IO_UNITS] = {"wanmi_units", COLUMNS(unit_columns), AT(unit, row), init_unit, add_unit,
                        wanmi_map_unit_count, give_unit},
    [WANMI_IO_DUTIES] = {"wanmi_duties", COLUMNS(duty_columns), AT(duty, row), init_duty, add_duty,
                         wanmi_map_duty_count, give_duty},
    [WANMI_IO_RULES] = {"wanmi_rules", COLUMNS(rule_columns), AT(rule, row), init_rule, add_rule,
                        wanmi_map_rule_count, give_rule},
    [WANMI_IO_OBJECTS] = {"wanmi_objects", COLUMNS(object_columns), AT(object, row), init_object,
                          add_object, wanmi_map_object_count, give_object},
    [WANMI_IO_CALENDARS] = {"wanmi_calendars", COLUMNS(calendar_columns), AT(calendar, row),
                            init_calendar, add_calendar, wanmi_map_calendar_count, give_calendar},
    [WANMI_IO_DEADLINES] = {"wanmi_deadlines", COLUMNS(deadline_columns), AT(deadline, row),
                            init_deadline, add_deadline, wanmi_map_deadline_count, give_deadline},
    [WANMI_IO_ESCALATIONS] = {"wanmi_escalations", COLUMNS(escalation_columns), AT(escalation, row),
                              init_escalation, add_escalation, wanmi_map_escalation_count,
                              give_escalation},
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

const char *wm_column_words(const wm_column *column, const char *text)
{
    static const char *const words[] = {
        [WM_COLUMN_TEXT] = "", [WM_COLUMN_INTEGER] = "no whole number", [WM_COLUMN_DIGIT] = "no whole number",
        [WM_COLUMN_TIME] = "no date or time of ISO 8601", [WM_COLUMN_REAL] = "no number"};
    return text[0] == '\0' ? "is missing" : words[column->kind];
}

static wanmi_status bad_value(const wm_table *table, const wm_column *column, const wm_row *row,
                              const char *text, wanmi_error *error)
{
    wm_place place = {.value = text[0] != '\0' ? text : NULL};
    memcpy(&place.row, (const char *)row + table->row_at, sizeof place.row);
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "column %s: %s", column->name,
                       wm_column_words(column, text));
}

wanmi_status wm_row_set(const wm_table *table, const wm_column *column, const char *text,
                        const wanmi_zone *zone, wm_row *row, wanmi_error *error)
{
    char *at = (char *)row + column->at;
    if (text[0] == '\0')
        return column->needed && column->kind == WM_COLUMN_INTEGER ? bad_value(table, column, row, text, error)
                                                                   : WANMI_OK;
    if (column->kind == WM_COLUMN_TEXT) {
        memcpy(at, &text, sizeof text);
    } else if (column->kind == WM_COLUMN_INTEGER || column->kind == WM_COLUMN_DIGIT) {
        int32_t number;
        if (!wm_text_integer(text, &number))
            return bad_value(table, column, row, text, error);
        memcpy(at, &number, sizeof number);
    } else if (column->kind == WM_COLUMN_REAL) {
        double number;
        /* 0x10 is a number to C, not to a clerk. */
        if (strpbrk(text, "xX") != NULL || !wm_text_number(text, &number))
            return bad_value(table, column, row, text, error);
        memcpy(at, &number, sizeof number);
    } else {
        int64_t instant;
        if (wanmi_time_parse(zone, text, &instant, NULL) != WANMI_OK)
            return bad_value(table, column, row, text, error);
        memcpy(at, &instant, sizeof instant);
    }
    return WANMI_OK;
}

void wm_row_number(const wm_table *table, int64_t number, wm_row *row)
{
    memcpy((char *)row + table->row_at, &number, sizeof number);
}

const char *wm_row_text(const wm_column *column, const wm_row *row, const wanmi_zone *zone,
                        char room[WM_SLOT])
{
    const char *at = (const char *)row + column->at;
    if (column->kind == WM_COLUMN_TEXT) {
        const char *text;
        memcpy(&text, at, sizeof text);
        return text != NULL ? text : "";
    }
    if (column->kind == WM_COLUMN_INTEGER || column->kind == WM_COLUMN_DIGIT) {
        int32_t number;
        memcpy(&number, at, sizeof number);
        if (column->kind == WM_COLUMN_DIGIT && number < 0)
            return "";
        snprintf(room, WM_SLOT, "%d", (int)number);
    } else if (column->kind == WM_COLUMN_REAL) {
        double number;
        memcpy(&number, at, sizeof number);
        if (isnan(number))
            return "";
        wm_number_text(number, room);
    } else {
        int64_t instant;
        memcpy(&instant, at, sizeof instant);
        wanmi_time_format(zone, instant, room, WM_SLOT);
    }
    return room;
}
