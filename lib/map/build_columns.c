/* The columns of a map's areas: which of them each layer needs, and what stands
 * in them. */
#include <string.h>

#include "model.h"

/* What some area of a layer has. */
typedef struct needs {
    bool names, grades, parents, keys, rows, long_rows, valid;
} needs;

static bool is_version(const wm_area_work *work, size_t place)
{
    const uint32_t *order = work->build->order;
    return place != 0 && wm_same_code(work, order[place - 1], order[place]);
}

static void note(needs *n, const wm_area_row *row, bool version)
{
    n->names |= row->name[0] != '\0';
    n->grades |= row->grade[0] != '\0';
    n->parents |= row->parent[0] != '\0';
    n->keys |= version;
    n->rows |= row->row != 0;
    n->long_rows |= row->row < 0 || row->row > UINT32_MAX;
    n->valid |= row->valid_from != WANMI_TIME_NONE || row->valid_to != WANMI_TIME_NONE;
}

/* Also counts the layers' areas. */
static void survey(const wm_area_work *work, needs *layers)
{
    wanmi_map *map = work->build->map;
    for (size_t i = 0; i < work->count; i++) {
        uint32_t from = work->build->order[i], layer = work->layer_of[from];
        note(&layers[layer], &work->rows[from], is_version(work, i));
        map->layers[layer].area_count++;
    }
    for (uint32_t i = 1; i < map->layer_count; i++)
        map->layers[i].first_area = map->layers[i - 1].first_area + map->layers[i - 1].area_count;
    map->area_count = (uint32_t)work->count;
}

static uint32_t *cut_short(uint32_t **rest, bool wanted, uint32_t count)
{
    uint32_t *column = *rest;
    *rest += wanted ? count : 0;
    return wanted ? column : NULL;
}

static int64_t *cut_long(int64_t **rest, bool wanted, size_t count)
{
    int64_t *column = *rest;
    *rest += wanted ? count : 0;
    return wanted ? column : NULL;
}

static wanmi_status take_columns(const wm_area_work *work, const needs *layers)
{
    wanmi_map *map = work->build->map;
    size_t shorts = 0, longs = 0;
    for (uint32_t i = 0; i < map->layer_count; i++) {
        const needs *n = &layers[i];
        size_t areas = map->layers[i].area_count;
        shorts += areas * (size_t)(n->names + n->grades + n->parents + n->keys + (n->rows && !n->long_rows));
        longs += areas * (size_t)(n->long_rows + 2 * n->valid);
    }
    if ((map->code = wm_map_block(map, work->count, sizeof *map->code)) == NULL ||
        (map->short_columns = wm_map_block(map, shorts, sizeof *map->short_columns)) == NULL ||
        (map->long_columns = wm_map_block(map, longs, sizeof *map->long_columns)) == NULL)
        return wm_error_memory(work->build->error);
    uint32_t *rest = map->short_columns;
    int64_t *long_rest = map->long_columns;
    for (uint32_t i = 0; i < map->layer_count; i++) {
        const needs *n = &layers[i];
        wm_layer *layer = &map->layers[i];
        layer->names = cut_short(&rest, n->names, layer->area_count);
        layer->grades = cut_short(&rest, n->grades, layer->area_count);
        layer->parents = cut_short(&rest, n->parents, layer->area_count);
        layer->keys = cut_short(&rest, n->keys, layer->area_count);
        layer->rows = cut_short(&rest, n->rows && !n->long_rows, layer->area_count);
        layer->long_rows = cut_long(&long_rest, n->long_rows, layer->area_count);
        layer->valid = cut_long(&long_rest, n->valid, 2 * (size_t)layer->area_count);
    }
    return WANMI_OK;
}

static wanmi_status put_texts(wm_build *build, const wm_area_row *row, uint32_t *code,
                              uint32_t *name, uint32_t *grade)
{
    wanmi_status status = wm_pool_add(build, row->code, code);
    if (status == WANMI_OK && name != NULL)
        status = wm_pool_add(build, row->name, name);
    if (status == WANMI_OK && grade != NULL)
        status = wm_pool_add(build, row->grade, grade);
    return status;
}

static wanmi_status put_columns(wm_area_work *work, uint32_t area)
{
    wm_build *build = work->build;
    wanmi_map *map = build->map;
    const wm_area_row *row = &work->rows[build->order[area]];
    const wm_layer *layer = &map->layers[work->layer_of[build->order[area]]];
    size_t i = area - layer->first_area;
    if (layer->parents != NULL)
        layer->parents[i] = WANMI_NONE;
    if (layer->keys != NULL)
        layer->keys[i] = is_version(work, area) ? layer->keys[i - 1] : area;
    if (layer->rows != NULL)
        layer->rows[i] = (uint32_t)row->row;
    if (layer->long_rows != NULL)
        layer->long_rows[i] = row->row;
    if (layer->valid != NULL) {
        layer->valid[2 * i] = row->valid_from;
        layer->valid[2 * i + 1] = row->valid_to;
    }
    return put_texts(build, row, &map->code[area], layer->names != NULL ? &layer->names[i] : NULL,
                     layer->grades != NULL ? &layer->grades[i] : NULL);
}

wanmi_status wm_build_columns(wm_area_work *work)
{
    needs layers[WANMI_LAYERS_MAX] = {{0}};
    survey(work, layers);
    wanmi_status status = take_columns(work, layers);
    for (uint32_t a = 0; a < work->count && status == WANMI_OK; a++)
        status = put_columns(work, a);
    return status;
}
