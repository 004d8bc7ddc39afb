/* All that belongs to one map, made together, and the table of those alive. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <string.h>

#include "internal.h"

/* ---- one --------------------------------------------------------------------------- */

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
    fresh->host = host;
    fresh->number = wanmi_map_generation(map);
    fresh->map = wanmi_map_retain(map);
    fresh->index = wanmi_index_retain(index);
    wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &fresh->plan, error);
    if (status == WANMI_OK && index == NULL)
        status = wanmi_index_create(map, NULL, &fresh->index, error);
    if (status == WANMI_OK && make_keys(fresh) != WANMI_OK)
        status = wm_error_memory(error);
    if (status != WANMI_OK) {
        wm_generation_free(fresh);
        return status;
    }
    *generation = fresh;
    return WANMI_OK;
}

void wm_generation_free(wm_generation *generation)
{
    if (generation == NULL)
        return;
    const wanmi_host *host = generation->host;
    wm_free(host, generation->tags, ((size_t)generation->tag_count + 1) * sizeof(uint32_t));
    wm_free(host, generation->unit_keys, generation->unit_count * sizeof(uint32_t));
    wanmi_plan_release(generation->plan);
    wanmi_index_release(generation->index);
    wanmi_map_release(generation->map);
    wm_free(host, generation, sizeof *generation);
}

/* ---- those alive ----------------------------------------------------------------------- */

bool wm_names_add(wm_names *names, const wm_generation *generation)
{
    uint32_t first = generation->number % WM_GENERATIONS_MAX;
    for (uint32_t i = 0; i < WM_GENERATIONS_MAX; i++) {
        uint32_t at = (first + i) % WM_GENERATIONS_MAX;
        if (atomic_load_explicit(&names->numbers[at], memory_order_relaxed) != 0)
            continue;
        atomic_store_explicit(&names->maps[at], generation->map, memory_order_relaxed);
        atomic_store_explicit(&names->numbers[at], generation->number, memory_order_release);
        return true;
    }
    return false;
}

void wm_names_remove(wm_names *names, const wm_generation *generation)
{
    for (uint32_t at = 0; at < WM_GENERATIONS_MAX; at++)
        if (atomic_load_explicit(&names->numbers[at], memory_order_relaxed) == generation->number)
            atomic_store_explicit(&names->numbers[at], 0, memory_order_relaxed);
}

/* A map that a delivery names is neither added nor removed meanwhile; so the place
 * of its number, once seen, stays. */
wanmi_map *wm_names_find(const wm_names *names, uint32_t number)
{
    uint32_t first = number % WM_GENERATIONS_MAX;
    for (uint32_t i = 0; i < WM_GENERATIONS_MAX && number != 0; i++) {
        uint32_t at = (first + i) % WM_GENERATIONS_MAX;
        if (atomic_load_explicit(&names->numbers[at], memory_order_acquire) == number)
            return atomic_load_explicit(&names->maps[at], memory_order_relaxed);
    }
    return NULL;
}
