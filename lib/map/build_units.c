/* Units of a map: their order, doubled codes, parents and loops; and the map's
 * fallback unit. */
#include <string.h>

#include "model.h"

static int compare_units(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_unit_def *units = context;
    return strcmp(units[a].code, units[b].code);
}

static wanmi_status unit_problem(wm_build *build, const wanmi_unit_def *def, const char *value,
                                 const char *words)
{
    const wm_place place = {.layer = "wanmi_units", .code = def->code, .row = def->row, .value = value,
                            .column = value != NULL ? "parent" : "code"};
    wanmi_status status = value != NULL ? WANMI_E_MAP_PARENT : WANMI_E_MAP_UNIT;
    return wm_report(build, wm_error_at(&build->problem, status, &place, "unit: %s", words));
}

/* Of two units of one code the later row is left out. */
static wanmi_status drop_doubled(wm_build *build, size_t *count)
{
    const wanmi_unit_def *defs = build->from->units;
    size_t kept = 0;
    for (size_t i = 0; i < build->from->unit_count; i++) {
        const wanmi_unit_def *def = &defs[build->order[i]];
        wanmi_status status = wm_progress(build, 1);
        if (kept != 0 && strcmp(defs[build->order[kept - 1]].code, def->code) == 0) {
            if (status == WANMI_OK)
                status = unit_problem(build, def, NULL, "the code is doubled");
        } else {
            build->order[kept++] = build->order[i];
        }
        if (status != WANMI_OK)
            return status;
    }
    *count = kept;
    return WANMI_OK;
}

static wanmi_status put_unit(wm_build *build, wm_unit *unit, const wanmi_unit_def *def)
{
    wanmi_status status = wm_pool_add(build, def->code, &unit->code);
    if (status == WANMI_OK)
        status = wm_pool_add(build, def->name, &unit->name);
    if (status == WANMI_OK)
        status = wm_pool_add(build, def->kind, &unit->kind);
    unit->row = def->row;
    unit->parent = WANMI_NONE;
    return status;
}

static wanmi_status put_parents(wm_build *build)
{
    wanmi_map *map = build->map;
    for (uint32_t u = 0; u < map->unit_count; u++) {
        const wanmi_unit_def *def = &build->from->units[build->order[u]];
        if (def->parent[0] == '\0')
            continue;
        map->units[u].parent = wm_find_unit(map, build->pool.bytes, def->parent);
        if (map->units[u].parent != WANMI_NONE)
            continue;
        wanmi_status status = unit_problem(build, def, def->parent, "its parent is not there");
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

/* Walks up from every unit, marking each with the walk that met it first: a
 * walk that meets its own mark has gone round. The loop is cut at the unit where
 * it was seen. build->scratch holds the marks. */
static wanmi_status cut_loops(wm_build *build)
{
    wanmi_map *map = build->map;
    uint32_t *mark = build->scratch;
    for (uint32_t u = 0; u < map->unit_count; u++)
        mark[u] = WANMI_NONE;
    for (uint32_t u = 0; u < map->unit_count; u++) {
        for (uint32_t at = u; at != WANMI_NONE && mark[at] == WANMI_NONE; at = map->units[at].parent) {
            mark[at] = u;
            uint32_t next = map->units[at].parent;
            if (next == WANMI_NONE || mark[next] != u)
                continue;
            const wanmi_unit_def *def = &build->from->units[build->order[at]];
            wanmi_status status = unit_problem(build, def, def->parent, "its parents make a loop");
            if (status != WANMI_OK)
                return status;
            map->units[at].parent = WANMI_NONE;
        }
    }
    return WANMI_OK;
}

/* As with the cell layer: a map without units may name its fallback unit early. */
static wanmi_status find_fallback(wm_build *build)
{
    wanmi_map *map = build->map;
    const char *code = build->from->meta.fallback_unit;
    if (code[0] == '\0' || map->unit_count == 0)
        return WANMI_OK;
    map->fallback_unit = wm_find_unit(map, build->pool.bytes, code);
    if (map->fallback_unit != WANMI_NONE)
        return WANMI_OK;
    const wm_place place = {.code = code};
    return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_UNIT, &place,
                                        "the map's fallback unit is not there"));
}

wanmi_status wm_build_units(wm_build *build)
{
    wanmi_map *map = build->map;
    size_t count = build->from->unit_count;
    wanmi_status status = wm_order(build, count);
    if (status != WANMI_OK)
        return status;
    wm_sort(build->order, build->scratch, count, compare_units, build->from->units);
    if ((status = drop_doubled(build, &count)) != WANMI_OK)
        return status;
    if ((map->units = wm_map_block(map, count, sizeof *map->units)) == NULL)
        return wm_error_memory(build->error);
    map->unit_count = (uint32_t)count;
    for (uint32_t u = 0; u < count && status == WANMI_OK; u++)
        status = put_unit(build, &map->units[u], &build->from->units[build->order[u]]);
    if (status == WANMI_OK)
        status = put_parents(build);
    if (status == WANMI_OK)
        status = cut_loops(build);
    return status == WANMI_OK ? find_fallback(build) : status;
}
