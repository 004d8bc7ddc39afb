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

wanmi_status wanmi_locator_create(wanmi_index *index, wanmi_engine engine,
                                  wanmi_locator **locator, wanmi_error *error)
{
    if (index == NULL || locator == NULL)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_locator_create wants an index and a place for the locator");
    if (engine != WANMI_ENGINE_FAST && engine != WANMI_ENGINE_EXACT)
        return wm_error(error, WANMI_E_ARGUMENT, "there is no engine %d", (int)engine);
    wanmi_locator *fresh = wm_alloc_zero(index->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    fresh->index = wanmi_index_retain(index);
    fresh->host = index->host;
    fresh->fast = engine == WANMI_ENGINE_FAST && index->compiled != NULL;
    fresh->areas.index = index;
    fresh->sides.lock = &index->geos_lock;
    wanmi_locator_counts_init(&fresh->counts);
    wm_tuples_init(&fresh->tuples, index->host, index->layer_count);
    if (index->compiled != NULL)
        fresh->shared_tuples = (uint32_t)index->compiled->tuples.count;
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
    wm_tuples_drop(&locator->tuples);
    wm_free(host, locator->candidates, locator->candidate_capacity * sizeof *locator->candidates);
    wm_free(host, locator->words, locator->word_capacity * sizeof *locator->words);
    wm_free(host, locator, sizeof *locator);
    wanmi_index_release(index);     /* last: the host is the map's */
}

bool wm_locator_number(wanmi_locator *locator, const uint32_t *words, uint32_t *number)
{
    uint32_t own;
    if (locator->shared_tuples > 0) {
        *number = wm_tuples_find(&locator->index->compiled->tuples, words);
        if (*number != WANMI_NONE)
            return true;
    }
    if (!wm_tuples_number(&locator->tuples, words, &own))
        return false;
    *number = locator->shared_tuples + own;
    return true;
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
    const wm_tuples *tuples = &locator->tuples;
    uint32_t layers = tuples->layer_count, shared = locator->shared_tuples;
    if (layer >= layers || areas == NULL || count == NULL ||
        (tuple >= shared && tuple - shared >= tuples->count))
        return WANMI_E_ARGUMENT;
    const wm_tuple *found = tuple < shared ? &locator->index->compiled->tuples.list[tuple]
                                           : &tuples->list[tuple - shared];
    const uint32_t *words = found->words;
    *areas = words + layers + 1 + words[layer];
    *count = words[layer + 1] - words[layer];
    return WANMI_OK;
}

uint32_t wanmi_locator_area(const wanmi_locator *locator, uint32_t tuple, uint32_t layer)
{
    const uint32_t *areas;
    size_t count;
    if (wanmi_locator_areas(locator, tuple, layer, &areas, &count) != WANMI_OK || count == 0)
        return WANMI_NONE;
    return areas[0];
}

uint64_t wanmi_locator_bytes(const wanmi_locator *locator)
{
    return sizeof *locator + wm_areas_bytes(&locator->areas) + wm_tuples_bytes(&locator->tuples) +
           locator->candidate_capacity * sizeof *locator->candidates +
           locator->word_capacity * sizeof *locator->words;
}
