/* All that belongs to one map, made together and counted. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "internal.h"

/* The lane of a unit comes from its code, so that it stays the same when another
 * map numbers the units anew. */
static wanmi_status make_keys(wm_generation *generation)
{
    generation->unit_count = wanmi_map_unit_count(generation->map);
    generation->unit_keys = wm_alloc(generation->host,
                                     wm_product(generation->unit_count, sizeof(uint32_t)));
    if (generation->unit_keys == NULL)
        return WANMI_E_MEMORY;
    for (uint32_t i = 0; i < generation->unit_count; i++) {
        const char *code = wanmi_map_unit_code(generation->map, i);
        generation->unit_keys[i] = XXH32(code, strlen(code), 0);
    }
    return WANMI_OK;
}

wanmi_status wm_generation_make(const wanmi_host *host, wanmi_map *map, wanmi_index *index,
                                wanmi_words *words, wm_generation **generation, wanmi_error *error)
{
    wm_generation *fresh = wm_alloc_zero(host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    atomic_init(&fresh->references, 1);
    fresh->host = host;
    fresh->map = wanmi_map_retain(map);
    fresh->index = wanmi_index_retain(index);
    wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &fresh->plan, error);
    if (status == WANMI_OK && index == NULL)
        status = wanmi_index_create(map, NULL, &fresh->index, error);
    if (status == WANMI_OK && make_keys(fresh) != WANMI_OK)
        status = wm_error_memory(error);
    if (status != WANMI_OK) {
        wm_generation_release(fresh);
        return status;
    }
    *generation = fresh;
    return WANMI_OK;
}

wm_generation *wm_generation_retain(wm_generation *generation)
{
    atomic_fetch_add_explicit(&generation->references, 1, memory_order_relaxed);
    return generation;
}

void wm_generation_release(wm_generation *generation)
{
    if (generation == NULL
        || atomic_fetch_sub_explicit(&generation->references, 1, memory_order_acq_rel) != 1)
        return;
    const wanmi_host *host = generation->host;
    wm_filters_drop(&generation->filters, host);
    wm_free(host, generation->unit_keys, generation->unit_count * sizeof(uint32_t));
    wanmi_plan_release(generation->plan);
    wanmi_index_release(generation->index);
    wanmi_map_release(generation->map);
    wm_free(host, generation, sizeof *generation);
}
