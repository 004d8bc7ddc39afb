/* Reading a map: units, duties, roles, tags, rules. */
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

uint32_t wanmi_map_rule_count(const wanmi_map *map)
{
    return map->rule_count;
}

wanmi_status wanmi_map_rule(const wanmi_map *map, uint32_t rule, wanmi_rule_def *def)
{
    if (rule >= map->rule_count || def == NULL)
        return WANMI_E_ARGUMENT;
    *def = map->rules[rule].def;
    for (size_t i = 0; i < WM_RULE_TEXTS; i++)
        wm_rule_set(def, i, text_of(map, map->rules[rule].texts[i]));
    return WANMI_OK;
}
