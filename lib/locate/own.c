/* A session's own tuples: see own.h. */
#include "own.h"

#include <string.h>

#include "wanmi/map.h"

void wm_own_init(wm_own *own, const wanmi_host *host, const wm_layout *layout, const wm_tuples *shared)
{
    *own = (wm_own){.shared = shared, .layout = *layout, .shared_lists = 1};   /* 0 is the empty list */
    wm_arena_init(&own->arena, host);
    if (shared != NULL) {
        own->shared_rows = shared->count;
        own->shared_lists = shared->lists.count;
    }
}

static void kept_drop(wm_kept *kept, const wanmi_host *host)
{
    wm_free(host, kept->list, kept->capacity * sizeof *kept->list);
    wm_slots_drop(&kept->slots, host);
}

void wm_own_drop(wm_own *own)
{
    const wanmi_host *host = own->arena.host;
    kept_drop(&own->rows, host);
    kept_drop(&own->lists, host);
    wm_arena_drop(&own->arena);
    *own = (wm_own){.shared = NULL};
}

static uint64_t kept_bytes(const wm_kept *kept)
{
    return kept->capacity * sizeof *kept->list + wm_slots_bytes(&kept->slots);
}

uint64_t wm_own_bytes(const wm_own *own)
{
    return own->arena.bytes + kept_bytes(&own->rows) + kept_bytes(&own->lists);
}

static wm_list list_of(const void *keeper, uint32_t number)
{
    const wm_kept *kept = keeper;
    return (wm_list){kept->list[number] + 1, kept->list[number][0]};
}

static bool keep(wm_own *own, wm_kept *kept, wm_list list, uint32_t *number)
{
    const wanmi_host *host = own->arena.host;
    if (!wm_reserve(host, (void **)&kept->list, &kept->capacity, kept->count + 1, sizeof *kept->list) ||
        !wm_slots_room(&kept->slots, host, kept, list_of))
        return false;
    uint32_t *words = wm_arena_alloc(&own->arena, (1 + list.count) * sizeof *words);
    if (words == NULL)
        return false;
    words[0] = (uint32_t)list.count;
    memcpy(words + 1, list.items, list.count * sizeof *words);
    *number = (uint32_t)kept->count;
    kept->list[kept->count++] = words;
    wm_slots_put(&kept->slots, list, *number);
    return true;
}

/* The number of what is kept, new or known, counted on from `before`. */
static bool number_kept(wm_own *own, wm_kept *kept, uint32_t before, wm_list list, uint32_t *number)
{
    uint32_t known = wm_slots_find(&kept->slots, kept, list_of, list);
    if (known == WANMI_NONE && (kept->count >= WANMI_NONE - 1 - before || !keep(own, kept, list, &known)))
        return false;
    *number = before + known;
    return true;
}

static bool number_list(wm_own *own, wm_list areas, uint32_t *number)
{
    *number = areas.count == 0 ? 0 : WANMI_NONE;
    if (*number == WANMI_NONE && own->shared != NULL)
        *number = wm_lists_find(&own->shared->lists, areas);
    return *number != WANMI_NONE || number_kept(own, &own->lists, own->shared_lists, areas, number);
}

bool wm_own_number(wm_own *own, const uint32_t *written, uint32_t *number)
{
    const wm_layout *layout = &own->layout;
    uint32_t row[WANMI_LAYERS_MAX];
    bool may_be_shared = own->shared != NULL;
    for (uint32_t layer = 0; layer < layout->layer_count; layer++) {
        wm_list areas = wm_written_layer(written, layout->layer_count, layer);
        if (!wm_is_overlay(layout, layer)) {
            row[layer] = areas.count > 0 ? areas.items[0] : WANMI_NONE;
        } else {
            if (!number_list(own, areas, &row[layer]))
                return false;
            may_be_shared = may_be_shared && row[layer] < own->shared_lists;
        }
    }
    uint32_t shared = may_be_shared ? wm_tuples_find(own->shared, row) : WANMI_NONE;
    if (shared != WANMI_NONE) {
        *number = shared;
        return true;
    }
    return number_kept(own, &own->rows, own->shared_rows, (wm_list){row, layout->layer_count}, number);
}

/* The list of an overlay's word; an empty one is at the word, not nowhere. */
static wm_list list_at(const wm_own *own, const uint32_t *word)
{
    if (*word >= own->shared_lists)
        return list_of(&own->lists, *word - own->shared_lists);
    return *word == 0 ? (wm_list){word, 0} : wm_lists_at(&own->shared->lists, *word);
}

bool wm_own_areas(const wm_own *own, uint32_t number, uint32_t layer, wm_list *areas)
{
    const uint32_t *row;
    if (number < own->shared_rows) {
        if (!wm_tuples_used(own->shared, number))
            return false;
        row = wm_tuples_row(own->shared, number);
    } else {
        if (number - own->shared_rows >= own->rows.count)
            return false;
        row = own->rows.list[number - own->shared_rows] + 1;
    }
    *areas = wm_is_overlay(&own->layout, layer) ? list_at(own, row + layer) : wm_owner_list(row + layer);
    return true;
}
