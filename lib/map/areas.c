/* Reading a map: areas. Their columns are NULL where no area of the layer says
 * anything, and plain areas have no shape but their ring: see model.h. */
#include <math.h>
#include <string.h>

#include "model.h"

static const char *text_of(const wanmi_map *map, uint32_t place)
{
    return map->texts + place;
}

/* ---- layers and columns ----------------------------------------------------------- */

/* The last layer that begins at the area or before it: empty ones begin where the
 * next does. */
uint32_t wm_layer_of(const wanmi_map *map, uint32_t area)
{
    uint32_t layer = 0;
    while (layer + 1 < map->layer_count && map->layers[layer + 1].first_area <= area)
        layer++;
    return layer;
}

static uint32_t key_in(const wm_layer *layer, uint32_t area)
{
    return layer->keys != NULL ? layer->keys[area - layer->first_area] : area;
}

static uint32_t parent_in(const wm_layer *layer, uint32_t area)
{
    return layer->parents != NULL ? layer->parents[area - layer->first_area] : WANMI_NONE;
}

static int64_t row_in(const wm_layer *layer, uint32_t area)
{
    if (layer->long_rows != NULL)
        return layer->long_rows[area - layer->first_area];
    return layer->rows != NULL ? (int64_t)layer->rows[area - layer->first_area] : 0;
}

static int64_t valid_in(const wm_layer *layer, uint32_t area, int end)
{
    return layer->valid != NULL ? layer->valid[2 * (size_t)(area - layer->first_area) + (size_t)end]
                                : WANMI_TIME_NONE;
}

static const char *text_in(const wanmi_map *map, const wm_layer *layer, const uint32_t *column,
                           uint32_t area)
{
    return column != NULL ? text_of(map, column[area - layer->first_area]) : "";
}

uint32_t wm_area_key(const wanmi_map *map, uint32_t area)
{
    return key_in(&map->layers[wm_layer_of(map, area)], area);
}

uint32_t wm_area_parent(const wanmi_map *map, uint32_t area)
{
    return parent_in(&map->layers[wm_layer_of(map, area)], area);
}

/* ---- shapes ------------------------------------------------------------------------- */

/* The entry of an area that is not plain, or the one that the next such has. */
static const wm_other *other_of(const wanmi_map *map, uint32_t area, bool *plain)
{
    wm_marks marks = map->marks[area / 32];
    uint32_t bit = UINT32_C(1) << area % 32;
    *plain = (marks.bits & bit) == 0;
    return &map->others[marks.before + (uint32_t)__builtin_popcount(marks.bits & (bit - 1))];
}

static void rings_of(const wanmi_map *map, uint32_t area, wanmi_area_rings *rings)
{
    static const uint32_t one_ring[] = {0, 1};
    bool plain;
    const wm_other *other = other_of(map, area, &plain);
    *rings = (wanmi_area_rings){.polygon_count = 1, .ring_count = 1, .polygons = one_ring,
                                .points = map->points + area + other->more_rings, .xy = map->xy};
    if (plain)
        return;
    rings->polygon_count = other[1].first_polygon - other->first_polygon - 1;
    rings->ring_count = other[1].more_rings - other->more_rings + 1;
    rings->polygons = map->polygons + other->first_polygon;
}

void wm_area_box(const wanmi_map *map, uint32_t area, double *box)
{
    bool plain;
    const wm_other *other = other_of(map, area, &plain);
    if (!plain) {
        memcpy(box, other->box, sizeof other->box);
        return;
    }
    const uint32_t *points = map->points + area + other->more_rings;
    wm_points_box(map->xy + 2 * (size_t)points[0], points[1] - points[0], box);
}

void wm_points_box(const double *xy, size_t count, double *box)
{
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        box[0] = x < box[0] ? x : box[0];
        box[1] = y < box[1] ? y : box[1];
        box[2] = x > box[2] ? x : box[2];
        box[3] = y > box[3] ? y : box[3];
    }
}

wanmi_status wanmi_map_area_rings(const wanmi_map *map, uint32_t area, wanmi_area_rings *rings)
{
    if (area >= map->area_count || rings == NULL)
        return WANMI_E_ARGUMENT;
    rings_of(map, area, rings);
    return WANMI_OK;
}

/* ---- what an area is ------------------------------------------------------------------ */

uint32_t wanmi_map_area_count(const wanmi_map *map)
{
    return map->area_count;
}

wanmi_status wanmi_map_area(const wanmi_map *map, uint32_t area, wanmi_area_info *info)
{
    if (area >= map->area_count || info == NULL)
        return WANMI_E_ARGUMENT;
    uint32_t number = wm_layer_of(map, area);
    const wm_layer *layer = &map->layers[number];
    uint32_t parent = parent_in(layer, area);
    wanmi_area_rings rings;
    double box[4];
    rings_of(map, area, &rings);
    wm_area_box(map, area, box);
    *info = (wanmi_area_info){
        .code = text_of(map, map->code[area]), .name = text_in(map, layer, layer->names, area),
        .parent_code = wanmi_map_area_code(map, parent),
        .grade = text_in(map, layer, layer->grades, area),
        .valid_from_us = valid_in(layer, area, 0), .valid_to_us = valid_in(layer, area, 1),
        .row = row_in(layer, area), .layer = number, .parent = parent, .key = key_in(layer, area),
        .polygon_count = rings.polygon_count,
        .min_x = box[0], .min_y = box[1], .max_x = box[2], .max_y = box[3]};
    return WANMI_OK;
}

wanmi_status wanmi_map_area_version(const wanmi_map *map, uint32_t area, wanmi_area_version *version)
{
    if (area >= map->area_count || version == NULL)
        return WANMI_E_ARGUMENT;
    const wm_layer *layer = &map->layers[wm_layer_of(map, area)];
    *version = (wanmi_area_version){valid_in(layer, area, 0), valid_in(layer, area, 1), key_in(layer, area),
                                    parent_in(layer, area)};
    return WANMI_OK;
}

const char *wanmi_map_area_code(const wanmi_map *map, uint32_t area)
{
    return area < map->area_count ? text_of(map, map->code[area]) : "";
}

/* ---- finding -------------------------------------------------------------------------- */

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
    const wm_layer *layer = &map->layers[wm_layer_of(map, key)];
    uint32_t end = layer->first_area + layer->area_count;
    for (uint32_t a = key; a < end && key_in(layer, a) == key; a++) {
        int64_t to = valid_in(layer, a, 1);
        if (instant_us < valid_in(layer, a, 0))
            return WANMI_NONE;
        if (to == WANMI_TIME_NONE || instant_us < to)
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
    return area < map->area_count ? version_at(map, wm_area_parent(map, area), instant_us)
                                  : WANMI_NONE;
}
