/* wanmi_map_build: from a builder's rows to an immutable map. Meta and layers
 * are resolved here; areas, units, duties, rules and so on in their own files. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "model.h"

enum { PROGRESS_EVERY = 8192 };

void wanmi_map_build_options_init(wanmi_map_build_options *options)
{
    *options = (wanmi_map_build_options){.struct_size = sizeof *options};
}

wanmi_status wm_report(wm_build *build, wanmi_status status)
{
    if (build->options.on_problem == NULL) {
        if (build->error != NULL)
            *build->error = build->problem;
        return status;
    }
    build->options.on_problem(build->options.problem_user, &build->problem);
    return WANMI_OK;
}

wanmi_status wm_progress(wm_build *build, uint64_t steps)
{
    uint64_t before = build->done;
    build->done += steps;
    bool speak = before == 0 || build->done == build->total ||
                 before / PROGRESS_EVERY != build->done / PROGRESS_EVERY;
    if (!speak || build->options.on_progress == NULL)
        return WANMI_OK;
    if (build->options.on_progress(build->options.progress_user, build->done, build->total) == 0)
        return WANMI_OK;
    return wm_error(build->error, WANMI_E_CANCELLED, "the building of the map was cancelled");
}

wanmi_status wm_order(wm_build *build, size_t count)
{
    if (count > build->order_room) {
        size_t size = wm_product(count, sizeof *build->order);
        uint32_t *order = wm_alloc(build->host, size);
        uint32_t *scratch = order != NULL ? wm_alloc(build->host, size) : NULL;
        if (scratch == NULL) {
            wm_free(build->host, order, size);
            return wm_error_memory(build->error);
        }
        wm_free(build->host, build->order, build->order_room * sizeof *build->order);
        wm_free(build->host, build->scratch, build->order_room * sizeof *build->scratch);
        build->order = order;
        build->scratch = scratch;
        build->order_room = count;
    }
    for (size_t i = 0; i < count; i++)
        build->order[i] = (uint32_t)i;
    return WANMI_OK;
}

/* ---- texts ---------------------------------------------------------------------- */

wanmi_status wm_pool_add(wm_build *build, const char *text, uint32_t *place)
{
    wm_pool *pool = &build->pool;
    size_t length = strlen(text);
    uint32_t *slot = &pool->slots[wm_text_hash(text, length) % WM_POOL_SLOTS];
    if (pool->used != 0) {
        if (text[0] == '\0') {
            *place = 0;
            return WANMI_OK;
        }
        uint32_t known = *slot;
        if (known != 0 && strcmp(pool->bytes + known, text) == 0) {
            *place = known;
            return WANMI_OK;
        }
    }
    size_t size = length + 1;
    if (pool->used + size > UINT32_MAX)
        return wm_error(build->error, WANMI_E_LIMIT, "the map's texts are larger than 4 GiB");
    if (!wm_reserve(build->host, (void **)&pool->bytes, &pool->room, pool->used + size, 1))
        return wm_error_memory(build->error);
    memcpy(pool->bytes + pool->used, text, size);
    *place = *slot = (uint32_t)pool->used;
    pool->used += size;
    return WANMI_OK;
}

/* Gives the finished texts to the map, at their exact size. */
static wanmi_status settle_texts(wm_build *build)
{
    wm_pool *pool = &build->pool;
    char *bytes = wm_resize(build->host, pool->bytes, pool->room, pool->used);
    if (bytes == NULL)
        return wm_error_memory(build->error);
    build->map->texts = bytes;
    build->map->text_bytes = pool->used;
    pool->bytes = NULL;
    pool->room = 0;
    return WANMI_OK;
}

bool wm_set_add(wm_set *set, const wanmi_host *host, const char *text)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(set->texts[middle], text);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!wm_reserve(host, (void **)&set->texts, &set->room, set->count + 1, sizeof *set->texts))
        return false;
    memmove(set->texts + low + 1, set->texts + low, (set->count - low) * sizeof *set->texts);
    set->texts[low] = text;
    set->count++;
    return true;
}

uint32_t wm_set_find(const wm_set *set, const char *text)
{
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(set->texts[middle], text);
        if (order == 0)
            return (uint32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return WANMI_NONE;
}

/* ---- meta and layers ------------------------------------------------------------ */

static wanmi_status open_crs(wm_build *build)
{
    const wanmi_map_meta *meta = &build->from->meta;
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = meta->operation;
    options.allow_ballpark = meta->allow_ballpark;
    wanmi_status status = wanmi_crs_create(meta->crs, &options, build->host, &build->map->crs,
                                           build->error);
    if (status != WANMI_OK)
        return status;
    const char *warning = wanmi_crs_warning(build->map->crs);
    if (warning[0] != '\0')
        wm_log(build->host, WANMI_LOG_WARNING, "%s", warning);
    return wanmi_zone_open(meta->timezone, build->host, &build->map->zone, build->error);
}

static wanmi_status build_meta(wm_build *build)
{
    const wanmi_map_meta *meta = &build->from->meta;
    wanmi_map *map = build->map;
    const struct {
        const char *text;
        uint32_t *place;
    } texts[] = {{"", &map->uuid}, {meta->uuid, &map->uuid}, {meta->title, &map->title},
                 {meta->crs, &map->crs_text}, {meta->timezone, &map->timezone},
                 {meta->cell_layer, &map->cell_layer_name},
                 {meta->fallback_unit, &map->fallback_code},
                 {meta->code_layout, &map->code_layout}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wanmi_status status = wm_pool_add(build, texts[i].text, texts[i].place);
        if (status != WANMI_OK)
            return status;
    }
    map->snap_m = meta->snap_m;
    map->generation = meta->generation;
    map->allow_ballpark = meta->allow_ballpark;
    map->cell_layer = map->fallback_unit = WANMI_NONE;
    return open_crs(build);
}

/* The parent layer, which must be there and coarser; so loops cannot be. */
static wanmi_status resolve_parent_layer(wm_build *build, uint32_t index)
{
    const wanmi_layer_def *def = &build->from->layers[index];
    wm_layer *layer = &build->map->layers[index];
    if (def->parent[0] == '\0')
        return WANMI_OK;
    const wm_place place = {.layer = def->name, .value = def->parent};
    uint32_t parent = wm_find_layer(build->map, build->pool.bytes, def->parent);
    if (parent == WANMI_NONE)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "its parent layer is not there"));
    if (build->map->layers[parent].level <= layer->level)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "level %d: its parent layer's level %d is not higher",
                                            (int)layer->level,
                                            (int)build->map->layers[parent].level));
    layer->parent = parent;
    return WANMI_OK;
}

static wanmi_status wrong_cell_layer(wm_build *build, const char *words)
{
    const wm_place place = {.layer = build->from->meta.cell_layer};
    return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_LAYER, &place, "%s", words));
}

static bool can_hold_cells(const wm_layer *layer)
{
    return layer->kind == WANMI_PARTITION && layer->level == 0;
}

/* A map may name its cell layer before the layer is there; once another layer
 * could be meant, the name must be right. */
static wanmi_status resolve_cell_layer(wm_build *build)
{
    wanmi_map *map = build->map;
    const char *name = build->from->meta.cell_layer;
    uint32_t first = WANMI_NONE;
    for (uint32_t i = map->layer_count; i-- > 0;)
        if (can_hold_cells(&map->layers[i]))
            first = i;
    if (name[0] == '\0') {
        map->cell_layer = first;
        return WANMI_OK;
    }
    uint32_t named = wm_find_layer(map, build->pool.bytes, name);
    if (named == WANMI_NONE)
        return first == WANMI_NONE ? WANMI_OK
                                   : wrong_cell_layer(build, "the map's cell layer is not there");
    if (!can_hold_cells(&map->layers[named]))
        return wrong_cell_layer(build, "the map's cell layer is no partition of level 0");
    map->cell_layer = named;
    return WANMI_OK;
}

static wanmi_status build_layers(wm_build *build)
{
    wanmi_map *map = build->map;
    map->layer_count = (uint32_t)build->from->layer_count;
    for (uint32_t i = 0; i < map->layer_count; i++) {
        const wanmi_layer_def *def = &build->from->layers[i];
        map->layers[i] = (wm_layer){.kind = def->kind, .level = def->level, .parent = WANMI_NONE};
        wanmi_status status = wm_pool_add(build, def->name, &map->layers[i].name);
        if (status != WANMI_OK)
            return status;
    }
    for (uint32_t i = 0; i < map->layer_count; i++) {
        wanmi_status status = resolve_parent_layer(build, i);
        if (status != WANMI_OK)
            return status;
    }
    wanmi_status status = resolve_cell_layer(build);
    if (status != WANMI_OK || map->cell_layer == WANMI_NONE)
        return status;
    for (uint32_t i = map->layers[map->cell_layer].parent; i != WANMI_NONE; i = map->layers[i].parent)
        map->layers[i].is_cell_ancestor = 1;
    return WANMI_OK;
}

/* ---- the whole ------------------------------------------------------------------ */

static wanmi_status build_all(wm_build *build)
{
    wanmi_status (*const steps[])(wm_build *) = {
        build_meta, build_layers, wm_build_areas, wm_build_units,
        wm_build_duties, wm_build_calendars, wm_build_deadlines, wm_build_rules,
        wm_build_escalations, wm_build_objects, wm_build_words, settle_texts};
    wanmi_status status = wm_progress(build, 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && status == WANMI_OK; i++)
        status = steps[i](build);
    return status;
}

static void drop_scratch(wm_build *build)
{
    const wanmi_host *host = build->host;
    wm_free(host, build->pool.bytes, build->pool.room);
    wm_free(host, build->order, build->order_room * sizeof *build->order);
    wm_free(host, build->scratch, build->order_room * sizeof *build->scratch);
    wm_free(host, build->roles.texts, build->roles.room * sizeof *build->roles.texts);
    wm_free(host, build->tags.texts, build->tags.room * sizeof *build->tags.texts);
}

static wanmi_status create_map(const wanmi_host *host, wanmi_map **map, wanmi_error *error)
{
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_map *fresh = wm_alloc_zero(&own, sizeof *fresh);
    if (fresh == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    fresh->host = own;
    atomic_init(&fresh->references, 1);
    *map = fresh;
    return WANMI_OK;
}

wanmi_status wanmi_map_build(wanmi_map_builder *builder, const wanmi_map_build_options *options,
                             wanmi_map **map, wanmi_error *error)
{
    if (builder == NULL || map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder or map is NULL");
    wm_build build = {.from = builder, .host = &builder->host, .error = error};
    wanmi_map_build_options_init(&build.options);
    wanmi_status status = WANMI_OK;
    if (options != NULL)
        status = wm_struct_take(&build.options, options, sizeof build.options,
                                "wanmi_map_build_options", error);
    if (status == WANMI_OK && !builder->have_meta)
        status = wm_error(error, WANMI_E_MAP_META, "the map's CRS is missing: no meta was given");
    if (status == WANMI_OK)
        status = create_map(&builder->host, &build.map, error);
    if (status != WANMI_OK)
        return status;
    build.total = 2 * (uint64_t)builder->area_count + builder->unit_count + builder->duty_count;
    for (int i = 0; i < WM_KINDS; i++)
        build.total += builder->rows[i].count;
    status = build_all(&build);
    drop_scratch(&build);
    if (status == WANMI_OK)
        *map = build.map;
    else
        wanmi_map_release(build.map);
    return status;
}
