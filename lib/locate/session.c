/* A session and its tuples: the part of locate.h about wanmi_locator. */
#include <string.h>

#include "compiled.h"
#include "session.h"

#include "base/error.h"

static wanmi_status open_parts(wanmi_locator *l, wanmi_error *error)
{
    wanmi_status status = wanmi_transform_create(wanmi_map_crs(l->index->map), &l->transform, error);
    if (status == WANMI_OK && !l->fast)
        status = wm_areas_open(&l->areas, error);
    if (status != WANMI_OK)
        return status;
    if (!wm_reserve(l->host, (void **)&l->words, &l->word_capacity, 2 * WANMI_LAYERS_MAX,
                    sizeof *l->words) ||
        !wm_reserve(l->host, (void **)&l->candidates, &l->candidate_capacity, 64,
                    sizeof *l->candidates))
        return wm_error_memory(error);
    return WANMI_OK;
}

static void set_chart(wanmi_locator *l, uint32_t datum, wanmi_chart *chart)
{
    wanmi_chart_release(l->charts[datum]);
    l->charts[datum] = chart;
    wanmi_chart_view_init(&l->views[datum]);
    wanmi_chart_view_of(chart, &l->views[datum], NULL);     /* none of no chart */
}

wanmi_status wanmi_locator_create(wanmi_index *index, wanmi_engine engine,
                                  wanmi_locator **locator, wanmi_error *error)
{
    if (index == NULL || locator == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_locator_create wants an index and a place for the locator");
    if (engine != WANMI_ENGINE_FAST && engine != WANMI_ENGINE_EXACT)
        return wm_error(error, WANMI_E_ARGUMENT, "there is no engine %d", (int)engine);
    wanmi_locator *fresh = wm_alloc_aligned(index->host, sizeof *fresh, _Alignof(wanmi_locator));
    if (fresh == NULL)
        return wm_error_memory(error);
    memset(fresh, 0, sizeof *fresh);
    fresh->index = wanmi_index_retain(index);
    fresh->host = index->host;
    fresh->fast = engine == WANMI_ENGINE_FAST && index->compiled != NULL;
    fresh->areas.index = index;
    fresh->sides.lock = &index->geos_lock;
    wanmi_locator_counts_init(&fresh->counts);
    fresh->kernel = wm_kernel_of(index->compiled, &fresh->kernel_number);
    fresh->scratch.blocks_in_order = fresh->fast && wm_blocks_in_order(index->compiled);
    for (uint32_t datum = 0; datum < WM_CHARTS; datum++)
        set_chart(fresh, datum, wanmi_chart_retain(index->charts[datum]));
    wm_layout layout = wm_index_layout(index);
    wm_own_init(&fresh->own, index->host, &layout,
                index->compiled != NULL ? &index->compiled->tuples : NULL);
    wanmi_area_rings rings;
    if (wanmi_map_area_rings(index->map, 0, &rings) == WANMI_OK)
        fresh->xy = rings.xy;
    wanmi_status status = open_parts(fresh, error);
    if (status != WANMI_OK) {
        wanmi_locator_free(fresh);
        return status;
    }
    *locator = fresh;
    return WANMI_OK;
}

void wanmi_locator_free(wanmi_locator *locator)
{
    if (locator == NULL)
        return;
    const wanmi_host *host = locator->host;
    wanmi_index *index = locator->index;
    wm_areas_close(&locator->areas);
    wm_sides_close(&locator->sides);
    wanmi_transform_free(locator->transform);
    for (uint32_t datum = 0; datum < WM_CHARTS; datum++)
        wanmi_chart_release(locator->charts[datum]);
    wm_own_drop(&locator->own);
    wm_free(host, locator->candidates, locator->candidate_capacity * sizeof *locator->candidates);
    wm_free(host, locator->words, locator->word_capacity * sizeof *locator->words);
    wm_free_aligned(host, locator, sizeof *locator, _Alignof(wanmi_locator));
    wanmi_index_release(index);     /* last: the host is the map's */
}

/* The index's chart where it runs that kernel, else one made of its data. */
static wanmi_status chart_of(const wanmi_locator *l, uint32_t datum, wanmi_kernel kernel,
                             wanmi_chart **chart, wanmi_error *error)
{
    wanmi_chart *shared = l->index->charts[datum];
    *chart = NULL;
    if (shared == NULL || wanmi_chart_kernel(shared) == kernel) {
        *chart = wanmi_chart_retain(shared);
        return WANMI_OK;
    }
    wanmi_chart_view view;
    wanmi_chart_view_init(&view);
    wanmi_chart_view_of(shared, &view, NULL);
    return wanmi_chart_from_view(wanmi_map_crs(l->index->map), (wanmi_datum)datum, &view, kernel, l->host,
                                 chart, error);
}

wanmi_status wanmi_locator_use_kernel(wanmi_locator *locator, wanmi_kernel kernel, wanmi_error *error)
{
    if (locator == NULL || (unsigned)kernel > WANMI_KERNEL_X86_64_V4)
        return wm_error(error, WANMI_E_ARGUMENT, "no locator, or there is no kernel number %d", (int)kernel);
    const wm_kernel *code = wm_kernel_of(locator->index->compiled, &kernel);
    if (code == NULL)
        return wm_error(error, WANMI_E_UNSUPPORTED,
                        "kernel number %d is not carried by this processor or build", (int)kernel);
    wanmi_chart *charts[WM_CHARTS] = {NULL};
    wanmi_status status = WANMI_OK;
    for (uint32_t datum = 0; datum < WM_CHARTS && status == WANMI_OK; datum++)
        status = chart_of(locator, datum, kernel, &charts[datum], error);
    for (uint32_t datum = 0; datum < WM_CHARTS; datum++) {
        if (status == WANMI_OK)
            set_chart(locator, datum, charts[datum]);
        else
            wanmi_chart_release(charts[datum]);
    }
    if (status != WANMI_OK)
        return status;
    locator->kernel = code;
    locator->kernel_number = kernel;
    return WANMI_OK;
}

wanmi_kernel wanmi_locator_kernel(const wanmi_locator *locator)
{
    return locator->kernel_number;
}

void wanmi_locator_counts_init(wanmi_locator_counts *counts)
{
    *counts = (wanmi_locator_counts){.struct_size = sizeof *counts};
}

wanmi_status wanmi_locator_count(const wanmi_locator *locator, wanmi_locator_counts *counts)
{
    if (locator == NULL || counts == NULL || counts->struct_size < sizeof(size_t) ||
        counts->struct_size > sizeof *counts)
        return WANMI_E_ARGUMENT;
    wanmi_locator_counts all = locator->counts;
    all.struct_size = counts->struct_size;
    all.orientations = locator->sides.asked;
    all.prepared = locator->areas.prepared;
    memcpy(counts, &all, counts->struct_size);
    return WANMI_OK;
}

wanmi_index *wanmi_locator_index(const wanmi_locator *locator)
{
    return locator->index;
}

wanmi_status wanmi_locator_areas(const wanmi_locator *locator, uint32_t tuple, uint32_t layer,
                                 const uint32_t **areas, size_t *count)
{
    wm_list found;
    if (layer >= locator->own.layout.layer_count || areas == NULL || count == NULL ||
        !wm_own_areas(&locator->own, tuple, layer, &found))
        return WANMI_E_ARGUMENT;
    *areas = found.items;
    *count = found.count;
    return WANMI_OK;
}

uint32_t wanmi_locator_area(const wanmi_locator *locator, uint32_t tuple, uint32_t layer)
{
    const wm_own *own = &locator->own;
    wm_list found;
    /* Nearly always asked of a tuple of the index: one load. */
    if (tuple < own->shared_rows && layer < own->layout.layer_count && !wm_is_overlay(&own->layout, layer))
        return wm_tuples_row(own->shared, tuple)[layer];
    if (layer >= own->layout.layer_count || !wm_own_areas(own, tuple, layer, &found) || found.count == 0)
        return WANMI_NONE;
    return found.items[0];
}

void wanmi_locator_area_each(const wanmi_locator *locator, const uint32_t *tuples, size_t count,
                             uint32_t layer, uint32_t *areas)
{
    const wm_own *own = &locator->own;
    const uint32_t width = own->layout.layer_count;
    const bool at_hand = layer < width && !wm_is_overlay(&own->layout, layer) && own->shared_rows != 0;
    const uint32_t shared = at_hand ? own->shared_rows : 0;
    const uint32_t *rows = at_hand ? wm_tuples_row(own->shared, 0) + layer : NULL;
    uint32_t others = 0;
    for (size_t i = 0; i < count; i++) {
        bool is_shared = tuples[i] < shared;
        others += !is_shared;
        areas[i] = is_shared ? rows[(size_t)tuples[i] * width] : WANMI_NONE;
    }
    for (size_t i = 0; others != 0 && i < count; i++)
        if (tuples[i] >= shared)
            areas[i] = wanmi_locator_area(locator, tuples[i], layer);
}

uint32_t wanmi_locator_cell_tuple(const wanmi_locator *locator, uint32_t cell)
{
    const wm_tuples *tuples = locator->own.shared;
    if (tuples == NULL || tuples->layout.cell_layer == WANMI_NONE ||
        cell - tuples->layout.first_cell >= tuples->layout.cell_count)
        return WANMI_NONE;
    uint32_t number = 1 + cell - tuples->layout.first_cell;
    return wm_tuples_used(tuples, number) ? number : WANMI_NONE;
}

uint64_t wanmi_locator_bytes(const wanmi_locator *locator)
{
    return sizeof *locator + wm_areas_bytes(&locator->areas) + wm_own_bytes(&locator->own) +
           locator->candidate_capacity * sizeof *locator->candidates +
           locator->word_capacity * sizeof *locator->words;
}
