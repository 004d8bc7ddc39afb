/* Reading a map: meta, layers, areas. Everything is a look into an array. */
#include <string.h>

#include "model.h"

void *wm_map_block(wanmi_map *map, size_t count, size_t size)
{
    size_t bytes = wm_product(count, size);
    if (map->block_count == WM_BLOCKS_MAX || bytes == SIZE_MAX)
        return NULL;
    void *start = wm_alloc(&map->host, bytes);
    if (start != NULL)
        map->blocks[map->block_count++] = (wm_block){start, bytes};
    return start;
}

wanmi_map *wanmi_map_retain(wanmi_map *map)
{
    if (map != NULL)
        atomic_fetch_add_explicit(&map->references, 1, memory_order_relaxed);
    return map;
}

void wanmi_map_release(wanmi_map *map)
{
    if (map == NULL || atomic_fetch_sub_explicit(&map->references, 1, memory_order_acq_rel) != 1)
        return;
    wanmi_host host = map->host;
    wanmi_crs_release(map->crs);
    wanmi_zone_free(map->zone);
    for (size_t i = 0; i < map->block_count; i++)
        wm_free(&host, map->blocks[i].start, map->blocks[i].size);
    wm_free(&host, map->texts, map->text_bytes);
    wm_free(&host, map, sizeof *map);
    wm_host_drop(&host);
}

static uint64_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

uint64_t wanmi_map_bytes(const wanmi_map *map)
{
    uint64_t bytes = sizeof *map + map->text_bytes + text_size(map->host.proj_data) +
                     text_size(map->host.zone_data);
    for (size_t i = 0; i < map->block_count; i++)
        bytes += map->blocks[i].size != 0 ? map->blocks[i].size : 1;
    return bytes;
}

/* ---- meta ----------------------------------------------------------------------- */

static const char *text_of(const wanmi_map *map, uint32_t place)
{
    return map->texts + place;
}

void wanmi_map_read_meta(const wanmi_map *map, wanmi_map_meta *meta)
{
    *meta = (wanmi_map_meta){
        .struct_size = sizeof *meta,
        .uuid = text_of(map, map->uuid), .title = text_of(map, map->title),
        .crs = text_of(map, map->crs_text), .operation = wanmi_crs_operation(map->crs),
        .timezone = text_of(map, map->timezone), .cell_layer = text_of(map, map->cell_layer_name),
        .fallback_unit = text_of(map, map->fallback_code),
        .code_layout = text_of(map, map->code_layout), .snap_m = map->snap_m,
        .generation = map->generation, .allow_ballpark = map->allow_ballpark};
}

wanmi_crs *wanmi_map_crs(const wanmi_map *map)
{
    return map->crs;
}

const wanmi_zone *wanmi_map_zone(const wanmi_map *map)
{
    return map->zone;
}

uint32_t wanmi_map_generation(const wanmi_map *map)
{
    return map->generation;
}

const wanmi_host *wanmi_map_host(const wanmi_map *map)
{
    return &map->host;
}

uint32_t wanmi_map_fallback_unit(const wanmi_map *map)
{
    return map->fallback_unit;
}

/* ---- layers --------------------------------------------------------------------- */

uint32_t wanmi_map_layer_count(const wanmi_map *map)
{
    return map->layer_count;
}

uint32_t wanmi_map_cell_layer(const wanmi_map *map)
{
    return map->cell_layer;
}

uint32_t wm_find_layer(const wanmi_map *map, const char *texts, const char *name)
{
    for (uint32_t i = 0; i < map->layer_count; i++)
        if (strcmp(texts + map->layers[i].name, name) == 0)
            return i;
    return WANMI_NONE;
}

uint32_t wanmi_map_find_layer(const wanmi_map *map, const char *name)
{
    return name != NULL ? wm_find_layer(map, map->texts, name) : WANMI_NONE;
}

wanmi_status wanmi_map_layer(const wanmi_map *map, uint32_t layer, wanmi_layer_info *info)
{
    if (layer >= map->layer_count || info == NULL)
        return WANMI_E_ARGUMENT;
    const wm_layer *l = &map->layers[layer];
    *info = (wanmi_layer_info){.name = text_of(map, l->name), .kind = l->kind, .level = l->level,
                               .parent = l->parent, .first_area = l->first_area,
                               .area_count = l->area_count,
                               .is_cell_ancestor = l->is_cell_ancestor};
    return WANMI_OK;
}

/* ---- areas ---------------------------------------------------------------------- */

uint32_t wanmi_map_area_count(const wanmi_map *map)
{
    return map->area_count;
}

wanmi_status wanmi_map_area(const wanmi_map *map, uint32_t area, wanmi_area_info *info)
{
    if (area >= map->area_count || info == NULL)
        return WANMI_E_ARGUMENT;
    const double *box = map->box + 4 * (size_t)area;
    *info = (wanmi_area_info){
        .code = text_of(map, map->code[area]), .name = text_of(map, map->name[area]),
        .parent_code = text_of(map, map->parent_code[area]),
        .grade = text_of(map, map->grade[area]), .valid_from_us = map->valid_from[area],
        .valid_to_us = map->valid_to[area], .row = map->row[area], .layer = map->layer[area],
        .parent = map->parent[area], .key = map->key[area],
        .polygon_count = map->polygon_start[area + 1] - map->polygon_start[area] - 1,
        .min_x = box[0], .min_y = box[1], .max_x = box[2], .max_y = box[3]};
    return WANMI_OK;
}

const char *wanmi_map_area_code(const wanmi_map *map, uint32_t area)
{
    return area < map->area_count ? text_of(map, map->code[area]) : "";
}

uint32_t wm_find_key(const wanmi_map *map, const char *texts, uint32_t layer, const char *code)
{
    uint32_t low = map->layers[layer].first_area, end = low + map->layers[layer].area_count;
    uint32_t high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(texts + map->code[middle], code) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && strcmp(texts + map->code[low], code) == 0 ? low : WANMI_NONE;
}

/* The version of a key that is valid at an instant. Versions follow each other
 * in time and do not overlap. */
static uint32_t version_at(const wanmi_map *map, uint32_t key, int64_t instant_us)
{
    if (key == WANMI_NONE || instant_us == WANMI_TIME_NONE)
        return key;
    for (uint32_t a = key; a < map->area_count && map->key[a] == key; a++) {
        if (instant_us < map->valid_from[a])
            return WANMI_NONE;
        if (map->valid_to[a] == WANMI_TIME_NONE || instant_us < map->valid_to[a])
            return a;
    }
    return WANMI_NONE;
}

uint32_t wanmi_map_find_area(const wanmi_map *map, uint32_t layer, const char *code,
                             int64_t instant_us)
{
    if (layer >= map->layer_count || code == NULL)
        return WANMI_NONE;
    return version_at(map, wm_find_key(map, map->texts, layer, code), instant_us);
}

uint32_t wanmi_map_area_parent(const wanmi_map *map, uint32_t area, int64_t instant_us)
{
    return area < map->area_count ? version_at(map, map->parent[area], instant_us) : WANMI_NONE;
}

wanmi_status wanmi_map_area_rings(const wanmi_map *map, uint32_t area, wanmi_area_rings *rings)
{
    if (area >= map->area_count || rings == NULL)
        return WANMI_E_ARGUMENT;
    *rings = (wanmi_area_rings){
        .polygon_count = map->polygon_start[area + 1] - map->polygon_start[area] - 1,
        .ring_count = map->ring_start[area + 1] - map->ring_start[area],
        .polygons = map->polygons + map->polygon_start[area],
        .points = map->points + map->ring_start[area], .xy = map->xy};
    return WANMI_OK;
}
