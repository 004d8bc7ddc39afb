/* Reading a map: units, duties, roles, tags, rules and what goes with them, objects. */
#include <string.h>

#include "model.h"

static const char *text_of(const wanmi_map *map, uint32_t place)
{
    return map->texts + place;
}

uint32_t wanmi_map_unit_count(const wanmi_map *map)
{
    return map->unit_count;
}

wanmi_status wanmi_map_unit(const wanmi_map *map, uint32_t unit, wanmi_unit_info *info)
{
    if (unit >= map->unit_count || info == NULL)
        return WANMI_E_ARGUMENT;
    const wm_unit *u = &map->units[unit];
    *info = (wanmi_unit_info){.code = text_of(map, u->code), .name = text_of(map, u->name),
                              .kind = text_of(map, u->kind), .parent = u->parent, .row = u->row};
    return WANMI_OK;
}

const char *wanmi_map_unit_code(const wanmi_map *map, uint32_t unit)
{
    return unit < map->unit_count ? text_of(map, map->units[unit].code) : "";
}

uint32_t wm_find_unit(const wanmi_map *map, const char *texts, const char *code)
{
    uint32_t low = 0, high = map->unit_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(texts + map->units[middle].code, code);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}

uint32_t wanmi_map_find_unit(const wanmi_map *map, const char *code)
{
    return code != NULL ? wm_find_unit(map, map->texts, code) : WANMI_NONE;
}

uint32_t wanmi_map_duty_count(const wanmi_map *map)
{
    return map->duty_count;
}

wanmi_status wanmi_map_duty(const wanmi_map *map, uint32_t duty, wanmi_duty_info *info)
{
    if (duty >= map->duty_count || info == NULL)
        return WANMI_E_ARGUMENT;
    *info = map->duties[duty];
    return WANMI_OK;
}

void wanmi_map_area_duties(const wanmi_map *map, uint32_t area_key, uint32_t *first, uint32_t *count)
{
    *first = *count = 0;
    if (area_key >= map->area_count || map->duty_start == NULL)
        return;
    *first = map->duty_start[area_key];
    *count = map->duty_start[area_key + 1] - *first;
}

uint32_t wanmi_map_role_count(const wanmi_map *map)
{
    return map->role_count;
}

const char *wanmi_map_role(const wanmi_map *map, uint32_t role)
{
    return role < map->role_count ? text_of(map, map->roles[role]) : "";
}

uint32_t wanmi_map_find_role(const wanmi_map *map, const char *role)
{
    uint32_t low = 0, high = role != NULL ? map->role_count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(text_of(map, map->roles[middle]), role);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}

uint32_t wanmi_map_tag_count(const wanmi_map *map)
{
    return map->tag_count;
}

const char *wanmi_map_tag(const wanmi_map *map, uint32_t tag)
{
    return tag < map->tag_count ? text_of(map, map->tags[tag]) : "";
}

/* ---- rules and what goes with them ------------------------------------------------- */

/* A copy of a row, with its texts. */
static wanmi_status read_row(const wanmi_map *map, int table, uint32_t index, void *def)
{
    const wm_kind *kind = &wm_kinds[table];
    const wm_kept *kept = &map->kept[table];
    if (index >= kept->count || def == NULL)
        return WANMI_E_ARGUMENT;
    memcpy(def, (const char *)kept->defs + index * kind->size, kind->size);
    for (size_t i = 0; i < kind->column_count; i++)
        wm_def_put(def, &kind->columns[i], text_of(map, kept->texts[index * kind->column_count + i]));
    return WANMI_OK;
}

uint32_t wanmi_map_rule_count(const wanmi_map *map)
{
    return map->kept[WM_RULES].count;
}

wanmi_status wanmi_map_rule(const wanmi_map *map, uint32_t rule, wanmi_rule_def *def)
{
    return read_row(map, WM_RULES, rule, def);
}

uint32_t wanmi_map_calendar_count(const wanmi_map *map)
{
    return map->kept[WM_CALENDARS].count;
}

wanmi_status wanmi_map_calendar(const wanmi_map *map, uint32_t calendar, wanmi_calendar_def *def)
{
    return read_row(map, WM_CALENDARS, calendar, def);
}

uint32_t wanmi_map_deadline_count(const wanmi_map *map)
{
    return map->kept[WM_DEADLINES].count;
}

wanmi_status wanmi_map_deadline(const wanmi_map *map, uint32_t deadline, wanmi_deadline_def *def)
{
    return read_row(map, WM_DEADLINES, deadline, def);
}

uint32_t wanmi_map_escalation_count(const wanmi_map *map)
{
    return map->kept[WM_ESCALATIONS].count;
}

wanmi_status wanmi_map_escalation(const wanmi_map *map, uint32_t escalation, wanmi_escalation_def *def)
{
    return read_row(map, WM_ESCALATIONS, escalation, def);
}

/* ---- objects ------------------------------------------------------------------------ */

uint32_t wanmi_map_object_count(const wanmi_map *map)
{
    return map->object_count;
}

wanmi_status wanmi_map_object(const wanmi_map *map, uint32_t object, wanmi_object_info *info)
{
    if (object >= map->object_count || info == NULL)
        return WANMI_E_ARGUMENT;
    const wm_object *o = &map->objects[object];
    *info = (wanmi_object_info){.code = text_of(map, o->code), .name = text_of(map, o->name),
                                .class_text = text_of(map, o->class_text), .x = o->x, .y = o->y,
                                .owners = {o->owners[0], o->owners[1], o->owners[2]}, .row = o->row};
    return WANMI_OK;
}

const char *wanmi_map_object_code(const wanmi_map *map, uint32_t object)
{
    return object < map->object_count ? text_of(map, map->objects[object].code) : "";
}

uint32_t wanmi_map_find_object(const wanmi_map *map, const char *code)
{
    uint32_t low = 0, high = code != NULL ? map->object_count : 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(text_of(map, map->objects[middle].code), code);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}
