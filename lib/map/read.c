/* Reading a map: its memory, meta, layers. */
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
