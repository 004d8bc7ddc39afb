/* Compiling a map into trees: the part of locate.h about wanmi_index. */
#include "index.h"

#include <string.h>

#include "base/error.h"
#include "chart.h"
#include "compiled.h"
#include "image.h"

static void index_free(wanmi_index *index)
{
    const wanmi_host *host = index->host;
    wanmi_map *map = index->map;
    if (index->image != NULL)
        wm_image_let_go(index);
    for (uint32_t i = 0; index->layers != NULL && i < index->layer_count; i++)
        wm_tree_drop(host, &index->layers[i].tree);
    wm_free(host, index->layers, index->layer_count * sizeof *index->layers);
    for (int datum = 0; datum < WM_CHARTS; datum++)
        wanmi_chart_release(index->charts[datum]);
    wm_compiled_free(host, index->compiled);
    wm_free(host, index->spans, index->area_count * sizeof *index->spans);
    pthread_mutex_destroy(&index->geos_lock);
    wm_free(host, index, sizeof *index);
    wanmi_map_release(map);         /* last: the host is the map's */
}

static bool read_layer(wanmi_index *index, uint32_t number, wm_box *boxes, bool *timed)
{
    wm_layer *layer = &index->layers[number];
    for (uint32_t i = 0; i < layer->area_count; i++) {
        wanmi_area_info area;
        wanmi_map_area(index->map, layer->first_area + i, &area);
        boxes[i] = (wm_box){area.min_x, area.min_y, area.max_x, area.max_y};
        index->extent = wm_box_join(index->extent, boxes[i]);
        *timed = *timed || area.valid_from_us != WANMI_TIME_NONE || area.valid_to_us != WANMI_TIME_NONE;
    }
    return wm_tree_build(index->host, boxes, layer->area_count, layer->first_area, &layer->tree);
}

static bool read_layers(wanmi_index *index, bool *timed)
{
    uint32_t largest = 0;
    index->extent = WM_BOX_NOTHING;
    for (uint32_t i = 0; i < index->layer_count; i++)
        largest = index->layers[i].area_count > largest ? index->layers[i].area_count : largest;
    size_t size = wm_product(largest, sizeof(wm_box));
    wm_box *boxes = wm_alloc(index->host, size);
    bool done = boxes != NULL;
    for (uint32_t i = 0; done && i < index->layer_count; i++)
        done = read_layer(index, i, boxes, timed);
    wm_free(index->host, boxes, size);
    return done;
}

wm_layout wm_index_layout(const wanmi_index *index)
{
    wm_layout layout = {.layer_count = index->layer_count, .cell_layer = index->cell_layer};
    for (uint32_t i = 0; i < index->layer_count; i++)
        layout.overlays |= (uint64_t)(index->layers[i].kind == WANMI_OVERLAY) << i;
    if (index->cell_layer != WANMI_NONE) {
        layout.first_cell = index->layers[index->cell_layer].first_area;
        layout.cell_count = index->layers[index->cell_layer].area_count;
    }
    return layout;
}

static bool read_spans(wanmi_index *index)
{
    wanmi_area_version area = {0};
    index->spans = wm_alloc(index->host, wm_product(index->area_count, sizeof *index->spans));
    for (uint32_t i = 0; index->spans != NULL && i < index->area_count; i++) {
        wanmi_map_area_version(index->map, i, &area);
        index->spans[i] = (wm_span){area.valid_from_us, area.valid_to_us};
    }
    return index->spans != NULL;
}

static void read_ancestors(wanmi_index *index)
{
    wanmi_layer_info info = {.parent = WANMI_NONE};
    if (index->cell_layer != WANMI_NONE)
        wanmi_map_layer(index->map, index->cell_layer, &info);
    while (info.parent != WANMI_NONE && index->ancestor_count < WANMI_LAYERS_MAX) {
        index->ancestors[index->ancestor_count++] = info.parent;
        wanmi_map_layer(index->map, info.parent, &info);
    }
}

static bool read_kinds(wanmi_index *index)
{
    index->layers = wm_alloc_zero(index->host, wm_product(index->layer_count, sizeof *index->layers));
    for (uint32_t i = 0; index->layers != NULL && i < index->layer_count; i++) {
        wanmi_layer_info info = {0};
        wanmi_map_layer(index->map, i, &info);
        index->layers[i].kind = info.kind;
        index->layers[i].first_area = info.first_area;
        index->layers[i].area_count = info.area_count;
    }
    return index->layers != NULL;
}

void wanmi_index_options_init(wanmi_index_options *options)
{
    *options = (wanmi_index_options){.struct_size = sizeof *options};
}

wanmi_status wm_index_options_take(wanmi_index_options *to, const wanmi_index_options *from,
                                   wanmi_error *error)
{
    wanmi_index_options_init(to);
    if (from == NULL)
        return WANMI_OK;
    if (from->struct_size < sizeof(size_t) || from->struct_size > sizeof *to)
        return wm_error(error, WANMI_E_ARGUMENT, "the options were not filled by wanmi_index_options_init");
    memcpy(to, from, from->struct_size);    /* an older caller's struct is shorter */
    if (to->charts >> (WANMI_DATUM_MAP + 1) != 0)
        return wm_error(error, WANMI_E_ARGUMENT, "charts 0x%x has bits of no datum", (unsigned)to->charts);
    return WANMI_OK;
}

wanmi_status wm_index_new(wanmi_map *map, wanmi_index **index, wanmi_error *error)
{
    const wanmi_host *host = wanmi_map_host(map);
    wanmi_index *fresh = wm_alloc_zero(host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    atomic_init(&fresh->references, 1);
    pthread_mutex_init(&fresh->geos_lock, NULL);
    fresh->map = wanmi_map_retain(map);
    fresh->host = host;
    fresh->layer_count = wanmi_map_layer_count(map);
    fresh->area_count = wanmi_map_area_count(map);
    fresh->cell_layer = wanmi_map_cell_layer(map);
    fresh->snap_m = meta.snap_m;
    read_ancestors(fresh);
    if (!read_kinds(fresh)) {
        index_free(fresh);
        return wm_error_memory(error);
    }
    *index = fresh;
    return WANMI_OK;
}

static wanmi_status compile(wanmi_index *index, const wanmi_index_options *options, wanmi_error *error)
{
    bool timed = false;
    if (!read_layers(index, &timed) || (timed && !read_spans(index)))
        return wm_error_memory(error);
    if (options->exact_only || index->area_count == 0)
        return WANMI_OK;
    index->charts_asked = options->charts;
    wanmi_status status = wm_compile(index, options, error);
    return status == WANMI_OK ? wm_index_charts(index, options->charts, error) : status;
}

wanmi_status wanmi_index_create(wanmi_map *map, const wanmi_index_options *options,
                                wanmi_index **index, wanmi_error *error)
{
    wanmi_index_options o;
    wanmi_index *fresh = NULL;
    wanmi_status status = wm_index_options_take(&o, options, error);
    if (status == WANMI_OK && (map == NULL || index == NULL))
        status = wm_error(error, WANMI_E_ARGUMENT, "wanmi_index_create wants a map and a place for the index");
    if (status == WANMI_OK)
        status = wm_index_new(map, &fresh, error);
    if (status != WANMI_OK)
        return status;
    status = compile(fresh, &o, error);
    if (status != WANMI_OK) {
        index_free(fresh);
        return status;
    }
    *index = fresh;
    return WANMI_OK;
}

wanmi_index *wanmi_index_retain(wanmi_index *index)
{
    if (index != NULL)
        atomic_fetch_add_explicit(&index->references, 1, memory_order_relaxed);
    return index;
}

void wanmi_index_release(wanmi_index *index)
{
    if (index != NULL &&
        atomic_fetch_sub_explicit(&index->references, 1, memory_order_acq_rel) == 1)
        index_free(index);
}

wanmi_map *wanmi_index_map(const wanmi_index *index)
{
    return index->map;
}

static uint64_t own_bytes(const wanmi_index *index)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < index->layer_count; i++)
        bytes += wm_tree_bytes(&index->layers[i].tree);
    if (index->spans != NULL)
        bytes += index->area_count * sizeof *index->spans;
    if (index->compiled != NULL)
        bytes += wm_compiled_bytes(index->compiled);
    return bytes;
}

uint64_t wanmi_index_bytes(const wanmi_index *index)
{
    uint64_t bytes = sizeof *index + index->layer_count * sizeof *index->layers;
    for (int datum = 0; datum < WM_CHARTS; datum++)
        if (index->charts[datum] != NULL)
            bytes += wanmi_chart_bytes(index->charts[datum]);
    return bytes + (index->image != NULL ? wm_image_adopted_bytes(index) : own_bytes(index));
}
