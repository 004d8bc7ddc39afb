/* The tables of rules, calendars, deadlines, escalations and objects: what their
 * text columns are called and may be, for all that treats them alike. */
#include <stdio.h>
#include <string.h>

#include "model.h"

#define RULE(name) offsetof(wanmi_rule_def, name)
#define CALENDAR(name) offsetof(wanmi_calendar_def, name)
#define DEADLINE(name) offsetof(wanmi_deadline_def, name)
#define ESCALATION(name) offsetof(wanmi_escalation_def, name)
#define OBJECT(name) offsetof(wanmi_object_def, name)

enum { NEEDED_CODE = WM_TEXT_NEEDED | WM_TEXT_CODE };

static const wm_text_column rules[] = {
    {"mode", RULE(mode), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_LIST},
    {"class", RULE(class_prefix), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"layer", RULE(layer), 63, WM_TEXT_FREE, WM_FORM_NONE},
    {"area", RULE(area), WANMI_CODE_MAX + 1, WM_TEXT_CODE, WM_FORM_NONE},
    {"owner", RULE(owner), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_OWNER},
    {"source", RULE(source), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"weekdays", RULE(weekdays), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_WEEKDAYS},
    {"hours", RULE(hours), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_HOURS},
    {"role", RULE(role), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_ROLE},
    {"at_layer", RULE(at_layer), 63, WM_TEXT_FREE, WM_FORM_NONE},
    {"holders", RULE(holders), 8, WM_TEXT_FREE, WM_FORM_NONE},
    {"unit", RULE(unit), WANMI_LIST_MAX, WM_TEXT_FREE, WM_FORM_LIST},
    {"deadline", RULE(deadline), WANMI_NAME_MAX, WM_TEXT_CODE, WM_FORM_NONE},
    {"tag", RULE(tag), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
};

static const wm_text_column calendars[] = {
    {"name", CALENDAR(name), WANMI_NAME_MAX, NEEDED_CODE, WM_FORM_NONE},
    {"day", CALENDAR(day), WANMI_NAME_MAX, WM_TEXT_NEEDED, WM_FORM_DAYS},
    {"hours", CALENDAR(hours), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_HOURS},
};

static const wm_text_column deadlines[] = {
    {"name", DEADLINE(name), WANMI_NAME_MAX, NEEDED_CODE, WM_FORM_NONE},
    {"class", DEADLINE(class_prefix), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"grade", DEADLINE(grade), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"mode", DEADLINE(mode), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_LIST},
    {"unit", DEADLINE(unit), WANMI_NAME_MAX, WM_TEXT_NEEDED, WM_FORM_LIMIT_UNIT},
    {"calendar", DEADLINE(calendar), WANMI_NAME_MAX, WM_TEXT_CODE, WM_FORM_NONE},
};

static const wm_text_column escalations[] = {
    {"class", ESCALATION(class_prefix), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"role", ESCALATION(role), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_ROLE},
    {"mode", ESCALATION(mode), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_LIST},
    {"on", ESCALATION(on), 8, WM_TEXT_NEEDED, WM_FORM_NONE},
    {"from", ESCALATION(since), 8, WM_TEXT_FREE, WM_FORM_NONE},
    {"unit", ESCALATION(unit), WANMI_NAME_MAX, WM_TEXT_NEEDED, WM_FORM_LIMIT_UNIT},
    {"calendar", ESCALATION(calendar), WANMI_NAME_MAX, WM_TEXT_CODE, WM_FORM_NONE},
    {"to", ESCALATION(to), 16, WM_TEXT_NEEDED, WM_FORM_NONE},
    {"target_role", ESCALATION(target_role), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_PLAIN_ROLE},
    {"at_layer", ESCALATION(at_layer), 63, WM_TEXT_FREE, WM_FORM_NONE},
    {"target_unit", ESCALATION(target_unit), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
    {"tag", ESCALATION(tag), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
};

static const wm_text_column objects[] = {
    {"code", OBJECT(code), WANMI_CODE_MAX, NEEDED_CODE, WM_FORM_NONE},
    {"name", OBJECT(name), WANMI_NAME_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"class", OBJECT(class_text), WANMI_CODE_MAX, WM_TEXT_FREE, WM_FORM_NONE},
    {"authority", OBJECT(authority), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
    {"property", OBJECT(property), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
    {"upkeep", OBJECT(upkeep), WANMI_CODE_MAX, WM_TEXT_CODE, WM_FORM_NONE},
};

#define TABLE(list, type) list, sizeof list / sizeof list[0], sizeof(type), offsetof(type, row)

const wm_kind wm_kinds[WM_KINDS] = {
    [WM_RULES] = {"wanmi_rules", WANMI_E_MAP_RULE, TABLE(rules, wanmi_rule_def)},
    [WM_CALENDARS] = {"wanmi_calendars", WANMI_E_MAP_CALENDAR, TABLE(calendars, wanmi_calendar_def)},
    [WM_DEADLINES] = {"wanmi_deadlines", WANMI_E_MAP_DEADLINE, TABLE(deadlines, wanmi_deadline_def)},
    [WM_ESCALATIONS] = {"wanmi_escalations", WANMI_E_MAP_ESCALATION,
                        TABLE(escalations, wanmi_escalation_def)},
    [WM_OBJECTS] = {"wanmi_objects", WANMI_E_MAP_OBJECT, TABLE(objects, wanmi_object_def)},
};

const char *wm_def_text(const void *def, const wm_text_column *column)
{
    const char *text;
    memcpy(&text, (const char *)def + column->at, sizeof text);
    return text != NULL ? text : "";
}

void wm_def_put(void *def, const wm_text_column *column, const char *text)
{
    memcpy((char *)def + column->at, &text, sizeof text);
}

void wm_def_clear(const wm_kind *kind, void *def)
{
    for (size_t i = 0; i < kind->column_count; i++)
        wm_def_put(def, &kind->columns[i], wm_def_text(def, &kind->columns[i]));
}

wm_place wm_def_place(const wm_kind *kind, const void *def)
{
    wm_place place = {.layer = kind->name};
    memcpy(&place.row, (const char *)def + kind->row_at, sizeof place.row);
    return place;
}

wanmi_status wm_def_wrong(const wm_kind *kind, const void *def, const char *column, const char *value,
                          const char *words, wanmi_error *error)
{
    wm_place place = wm_def_place(kind, def);
    place.value = value;
    return wm_error_at(error, kind->status, &place, "column %s: %s", column, words);
}

static const char *wrong_form(wm_form form, const char *text)
{
    wanmi_hours spans[WANMI_HOURS_MAX];
    size_t count;
    wanmi_days days;
    wanmi_owner_test test;
    wanmi_limit_unit unit;
    const char *wrong;
    switch (form) {
    case WM_FORM_LIST:
        return wm_read_list(text);
    case WM_FORM_HOURS:
        return wm_read_hours(text, spans, &count);
    case WM_FORM_WEEKDAYS:
        wrong = wm_read_days(text, &days);
        return wrong == NULL && days.kind >= WANMI_DAYS_RANGE
                   ? "is a date; valid_from and valid_to are for these" : wrong;
    case WM_FORM_DAYS:
        wrong = wm_read_days(text, &days);
        return wrong == NULL && (days.kind == WANMI_DAYS_WORK || days.kind == WANMI_DAYS_REST)
                   ? "is neither weekdays, a date nor a range of dates" : wrong;
    case WM_FORM_OWNER:
        return wm_read_owner(text, &test);
    case WM_FORM_ROLE:
        return wm_read_role(text);
    case WM_FORM_PLAIN_ROLE:
        return text[0] == '@' ? "begins with '@', which means an owner and can only stand in rules" : NULL;
    case WM_FORM_LIMIT_UNIT:
        return wm_read_limit_unit(text, &unit);
    default:
        return NULL;
    }
}

wanmi_status wm_def_check(const wm_kind *kind, const void *def, wanmi_error *error)
{
    const wm_place place = wm_def_place(kind, def);
    for (size_t i = 0; i < kind->column_count; i++) {
        const wm_text_column *c = &kind->columns[i];
        const char *text = wm_def_text(def, c);
        char what[32];
        snprintf(what, sizeof what, "column %s:", c->column);
        wanmi_status status = wm_text_check(what, text, c->most, c->rules, kind->status, &place, error);
        if (status != WANMI_OK)
            return status;
        const char *wrong = wrong_form(c->form, text);
        if (wrong != NULL)
            return wm_def_wrong(kind, def, c->column, text, wrong, error);
    }
    return WANMI_OK;
}

wanmi_status wm_def_range(const wm_kind *kind, const void *def, const char *column, int64_t value,
                          int64_t low, int64_t high, wanmi_error *error)
{
    if (value >= low && value <= high)
        return WANMI_OK;
    const wm_place place = wm_def_place(kind, def);
    return wm_error_at(error, kind->status, &place, "column %s: is not from %lld to %lld: %lld", column,
                       (long long)low, (long long)high, (long long)value);
}
