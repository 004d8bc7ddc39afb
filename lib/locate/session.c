/* A session and its tuples: the part of locate.h about wanmi_locator. */
#include "session.h"

#include "base/error.h"

static wanmi_status open_parts(wanmi_locator *l, wanmi_error *error)
{
    wanmi_status status = wanmi_transform_create(wanmi_map_crs(l->index->map), &l->transform, error);
    if (status == WANMI_OK)
        status = wm_areas_open(&l->areas, l->index, error);
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
    wm_tuples_init(&fresh->tuples, index->host, index->layer_count);
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
    wanmi_transform_free(locator->transform);
    wm_tuples_drop(&locator->tuples);
    wm_free(host, locator->candidates, locator->candidate_capacity * sizeof *locator->candidates);
    wm_free(host, locator->words, locator->word_capacity * sizeof *locator->words);
    wm_free(host, locator, sizeof *locator);
    wanmi_index_release(index);     /* last: the host is the map's */
}

wanmi_index *wanmi_locator_index(const wanmi_locator *locator)
{
    return locator->index;
}

wanmi_status wanmi_locator_areas(const wanmi_locator *locator, uint32_t tuple, uint32_t layer,
                                 const uint32_t **areas, size_t *count)
{
    const wm_tuples *tuples = &locator->tuples;
    if (tuple >= tuples->count || layer >= tuples->layer_count || areas == NULL || count == NULL)
        return WANMI_E_ARGUMENT;
    const uint32_t *words = tuples->list[tuple].words;
    *areas = words + tuples->layer_count + 1 + words[layer];
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
