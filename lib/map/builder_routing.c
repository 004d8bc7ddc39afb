/* The builder's rules, calendars, deadlines, escalations and objects: what can be
 * seen in a row by itself. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

void wanmi_rule_def_init(wanmi_rule_def *def)
{
    *def = (wanmi_rule_def){.struct_size = sizeof *def, .valid_from_us = WANMI_TIME_NONE,
                            .valid_to_us = WANMI_TIME_NONE, .priority = -1};
    wm_def_clear(&wm_kinds[WM_RULES], def);
}

void wanmi_calendar_def_init(wanmi_calendar_def *def)
{
    *def = (wanmi_calendar_def){.struct_size = sizeof *def};
    wm_def_clear(&wm_kinds[WM_CALENDARS], def);
}

void wanmi_deadline_def_init(wanmi_deadline_def *def)
{
    *def = (wanmi_deadline_def){.struct_size = sizeof *def, .limit = NAN};
    wm_def_clear(&wm_kinds[WM_DEADLINES], def);
}

void wanmi_escalation_def_init(wanmi_escalation_def *def)
{
    *def = (wanmi_escalation_def){.struct_size = sizeof *def, .limit = NAN, .priority = -1};
    wm_def_clear(&wm_kinds[WM_ESCALATIONS], def);
}

void wanmi_object_def_init(wanmi_object_def *def)
{
    *def = (wanmi_object_def){.struct_size = sizeof *def, .x = NAN, .y = NAN};
    wm_def_clear(&wm_kinds[WM_OBJECTS], def);
}

/* Begins a row: takes the caller's definition over the defaults in `own` and
 * checks its texts. */
static wanmi_status take(const wanmi_map_builder *builder, const wm_kind *kind, void *own,
                         const void *def, const char *what, wanmi_error *error)
{
    if (builder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
    wanmi_status status = wm_struct_take(own, def, kind->size, what, error);
    if (status != WANMI_OK)
        return status;
    wm_def_clear(kind, own);
    return wm_def_check(kind, own, error);
}

/* Ends it: copies its texts, sharing those of the row before, and keeps it. */
static wanmi_status keep(wanmi_map_builder *builder, const wm_kind *kind, void *own, wanmi_error *error)
{
    wm_rows *rows = &builder->rows[kind - wm_kinds];
    const char *last = rows->count != 0 ? (const char *)rows->defs + (rows->count - 1) * kind->size : NULL;
    if (rows->count >= UINT32_MAX / 2)
        return wm_error(error, WANMI_E_LIMIT, "the map has too many rows of %s", kind->name);
    for (size_t i = 0; i < kind->column_count; i++) {
        const wm_text_column *c = &kind->columns[i];
        const char *text = wm_builder_text(builder, wm_def_text(own, c),
                                           last != NULL ? wm_def_text(last, c) : NULL);
        if (text == NULL)
            return wm_error_memory(error);
        wm_def_put(own, c, text);
    }
    if (!wm_reserve(&builder->host, &rows->defs, &rows->room, rows->count + 1, kind->size))
        return wm_error_memory(error);
    memcpy((char *)rows->defs + rows->count * kind->size, own, kind->size);
    rows->count++;
    return WANMI_OK;
}

/* ---- rules ---------------------------------------------------------------------- */

static wanmi_status check_rule(const wanmi_rule_def *d, wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_RULES];
    const struct {
        const char *column;
        int64_t value, low, high;
    } numbers[] = {{"min_severity", d->min_severity, 0, 255}, {"copy", d->copy, 0, 1},
                   {"priority", d->priority == -1 ? 0 : d->priority, 0, 9}, {"last", d->last, 0, 1}};
    for (size_t i = 0; i < 4; i++) {
        wanmi_status status = wm_def_range(kind, d, numbers[i].column, numbers[i].value,
                                           numbers[i].low, numbers[i].high, error);
        if (status != WANMI_OK)
            return status;
    }
    if (d->valid_from_us != WANMI_TIME_NONE && d->valid_to_us != WANMI_TIME_NONE &&
        d->valid_from_us >= d->valid_to_us)
        return wm_def_wrong(kind, d, "valid_to", NULL, "is not later than valid_from", error);
    if (d->holders[0] != '\0' && strcmp(d->holders, "best") != 0 && strcmp(d->holders, "all") != 0)
        return wm_def_wrong(kind, d, "holders", d->holders, "is neither best nor all", error);
    if (d->area[0] != '\0' && d->layer[0] == '\0')
        return wm_def_wrong(kind, d, "area", d->area, "is given without its layer", error);
    if (d->role[0] == '@' && d->at_layer[0] != '\0')
        return wm_def_wrong(kind, d, "at_layer", d->at_layer, "an owner's role is at no layer", error);
    /* One with `last` would not stop anything either: the event goes to the fallback, which can be named. */
    if (d->unit[0] == '\0' && d->role[0] == '\0')
        return wm_def_wrong(kind, d, "unit", NULL, "is empty, and so is role: nobody would receive anything", error);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_rule(wanmi_map_builder *builder, const wanmi_rule_def *def,
                                    wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_RULES];
    wanmi_rule_def d;
    wanmi_rule_def_init(&d);
    wanmi_status status = take(builder, kind, &d, def, "wanmi_rule_def", error);
    if (status == WANMI_OK)
        status = check_rule(&d, error);
    return status == WANMI_OK ? keep(builder, kind, &d, error) : status;
}

/* ---- calendars ------------------------------------------------------------------ */

/* A day's hours are that day's: a calendar counts them day by day. */
static wanmi_status check_calendar(const wanmi_calendar_def *d, wanmi_error *error)
{
    wanmi_hours spans[WANMI_HOURS_MAX];
    wanmi_days days;
    size_t count;
    const wm_kind *kind = &wm_kinds[WM_CALENDARS];
    wm_read_hours(d->hours, spans, &count);
    if (count != 0 && spans[count - 1].to_minute > 24 * 60)
        return wm_def_wrong(kind, d, "hours", d->hours,
                            "a calendar's hours cross midnight; give the next day a row of its own", error);
    wm_read_days(d->day, &days);
    if (days.kind == WANMI_DAYS_ANY)
        return wm_def_wrong(kind, d, "day", d->day, "is empty", error);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_calendar(wanmi_map_builder *builder, const wanmi_calendar_def *def,
                                        wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_CALENDARS];
    wanmi_calendar_def d;
    wanmi_calendar_def_init(&d);
    wanmi_status status = take(builder, kind, &d, def, "wanmi_calendar_def", error);
    if (status == WANMI_OK)
        status = check_calendar(&d, error);
    return status == WANMI_OK ? keep(builder, kind, &d, error) : status;
}

/* ---- deadlines and escalations --------------------------------------------------- */

enum { LIMIT_MAX = 100000 };

/* What deadlines and escalations have alike. */
typedef struct limit {
    const wm_kind *kind;
    const void *def;
    double limit;
    const char *unit, *calendar;
} limit;

static wanmi_status check_limit(const limit *l, bool zero, wanmi_error *error)
{
    wanmi_limit_unit unit = WANMI_URGENT_HOUR;
    char value[32];
    const char *wrong = NULL;
    wm_read_limit_unit(l->unit, &unit);
    bool days = unit == WANMI_WORKING_DAY || unit == WANMI_NATURAL_DAY;
    snprintf(value, sizeof value, "%.17g", l->limit);
    if (isnan(l->limit))
        return wm_def_wrong(l->kind, l->def, "limit", NULL, "is missing", error);
    if (!(l->limit >= 0 && l->limit <= LIMIT_MAX))
        wrong = "is not from 0 to 100000";
    else if (l->limit == 0 && !zero)
        wrong = "is 0";
    else if (days && l->limit != floor(l->limit))
        wrong = "is no whole number of days";
    if (wrong != NULL)
        return wm_def_wrong(l->kind, l->def, "limit", value, wrong, error);
    if (l->calendar[0] != '\0' && (unit == WANMI_URGENT_HOUR || unit == WANMI_NATURAL_DAY))
        return wm_def_wrong(l->kind, l->def, "calendar", l->calendar,
                            "this unit is counted without a calendar", error);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_deadline(wanmi_map_builder *builder, const wanmi_deadline_def *def,
                                        wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_DEADLINES];
    wanmi_deadline_def d;
    wanmi_deadline_def_init(&d);
    wanmi_status status = take(builder, kind, &d, def, "wanmi_deadline_def", error);
    if (status == WANMI_OK)
        status = wm_def_range(kind, &d, "min_severity", d.min_severity, 0, 255, error);
    const limit l = {kind, &d, d.limit, d.unit, d.calendar};
    if (status == WANMI_OK)
        status = check_limit(&l, false, error);
    return status == WANMI_OK ? keep(builder, kind, &d, error) : status;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

static wanmi_status check_escalation_words(const wanmi_escalation_def *d, wanmi_error *error)
{
    static const char *const ons[] = {"ack", "done"}, *const sinces[] = {"", "event", "due"};
    static const char *const tos[] = {"unit_parent", "area_parent", "holder", "unit"};
    const wm_kind *kind = &wm_kinds[WM_ESCALATIONS];
    if (!is_one_of(d->on, ons, 2))
        return wm_def_wrong(kind, d, "on", d->on, "is neither ack nor done", error);
    if (!is_one_of(d->since, sinces, 3))
        return wm_def_wrong(kind, d, "from", d->since, "is neither event nor due", error);
    if (!is_one_of(d->to, tos, 4))
        return wm_def_wrong(kind, d, "to", d->to, "is none of unit_parent, area_parent, holder, unit", error);
    return WANMI_OK;
}

/* Each `to` has targets that it needs, or that would not be obeyed. */
static wanmi_status check_escalation_target(const wanmi_escalation_def *d, wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_ESCALATIONS];
    bool holder = strcmp(d->to, "holder") == 0, unit = strcmp(d->to, "unit") == 0;
    bool role = holder || strcmp(d->to, "area_parent") == 0;
    if (holder && d->target_role[0] == '\0')
        return wm_def_wrong(kind, d, "target_role", NULL, "is missing; to is holder", error);
    if (unit && d->target_unit[0] == '\0')
        return wm_def_wrong(kind, d, "target_unit", NULL, "is missing; to is unit", error);
    if (!role && d->target_role[0] != '\0')
        return wm_def_wrong(kind, d, "target_role", d->target_role, "is for holder and area_parent only", error);
    if (!holder && d->at_layer[0] != '\0')
        return wm_def_wrong(kind, d, "at_layer", d->at_layer, "is for holder only", error);
    if (!unit && d->target_unit[0] != '\0')
        return wm_def_wrong(kind, d, "target_unit", d->target_unit, "is for unit only", error);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_escalation(wanmi_map_builder *builder, const wanmi_escalation_def *def,
                                          wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_ESCALATIONS];
    wanmi_escalation_def d;
    wanmi_escalation_def_init(&d);
    wanmi_status status = take(builder, kind, &d, def, "wanmi_escalation_def", error);
    if (status == WANMI_OK)
        status = wm_def_range(kind, &d, "min_severity", d.min_severity, 0, 255, error);
    if (status == WANMI_OK)
        status = wm_def_range(kind, &d, "priority", d.priority == -1 ? 0 : d.priority, 0, 9, error);
    const limit l = {kind, &d, d.limit, d.unit, d.calendar};
    if (status == WANMI_OK)
        status = check_limit(&l, true, error);
    if (status == WANMI_OK)
        status = check_escalation_words(&d, error);
    if (status == WANMI_OK)
        status = check_escalation_target(&d, error);
    return status == WANMI_OK ? keep(builder, kind, &d, error) : status;
}

/* ---- objects -------------------------------------------------------------------- */

static wanmi_status check_coordinate(const wanmi_object_def *d, const char *column, double value,
                                     wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_OBJECTS];
    char text[32];
    if (isnan(value))
        return wm_def_wrong(kind, d, column, NULL, "is missing", error);
    snprintf(text, sizeof text, "%.17g", value);
    if (!(fabs(value) <= 1e9))
        return wm_def_wrong(kind, d, column, text, "is no coordinate of up to 1e9 m", error);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_object(wanmi_map_builder *builder, const wanmi_object_def *def,
                                      wanmi_error *error)
{
    const wm_kind *kind = &wm_kinds[WM_OBJECTS];
    wanmi_object_def d;
    wanmi_object_def_init(&d);
    wanmi_status status = take(builder, kind, &d, def, "wanmi_object_def", error);
    if (status == WANMI_OK)
        status = check_coordinate(&d, "x", d.x, error);
    if (status == WANMI_OK)
        status = check_coordinate(&d, "y", d.y, error);
    return status == WANMI_OK ? keep(builder, kind, &d, error) : status;
}
