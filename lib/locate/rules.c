/* From covering areas to a tuple: see rules.h. */
#include "rules.h"

#include <string.h>

/* Those of the set that belong to a layer: areas ascend and a layer's numbers are
 * consecutive, so they stand together. */
typedef struct part {
    const uint32_t *areas;
    size_t count;
} part;

static part part_of(const wanmi_index *index, uint32_t layer, const uint32_t *areas, size_t count)
{
    const wm_layer *l = &index->layers[layer];
    size_t first = 0;
    while (first < count && areas[first] < l->first_area)
        first++;
    size_t end = first;
    while (end < count && areas[end] - l->first_area < l->area_count)
        end++;
    return (part){first < end ? areas + first : NULL, end - first}; /* `areas` may be NULL */
}

static uint32_t lowest_valid(const wanmi_index *index, part p, int64_t instant_us)
{
    for (size_t i = 0; i < p.count; i++)
        if (wm_index_valid(index, p.areas[i], instant_us))
            return p.areas[i];
    return WANMI_NONE;
}

static bool holds(part p, uint32_t area)
{
    for (size_t i = 0; i < p.count; i++)
        if (p.areas[i] == area)
            return true;
    return false;
}

/* The cell's ancestor in a layer at the instant, or WANMI_NONE. */
static uint32_t ancestor_in(const wanmi_index *index, uint32_t cell, uint32_t layer, int64_t instant_us)
{
    for (uint32_t i = 0; i < index->ancestor_count && cell != WANMI_NONE; i++) {
        cell = wanmi_map_area_parent(index->map, cell, instant_us);
        if (index->ancestors[i] == layer)
            return cell;
    }
    return WANMI_NONE;
}

static uint32_t owner_in(const wanmi_index *index, part p, uint32_t layer, uint32_t cell,
                         int64_t instant_us)
{
    if (layer == index->cell_layer)
        return cell;
    if (p.count > 1 && cell != WANMI_NONE) {    /* a choice to be made */
        uint32_t own = ancestor_in(index, cell, layer, instant_us);
        if (own != WANMI_NONE && holds(p, own) && wm_index_valid(index, own, instant_us))
            return own;
    }
    return lowest_valid(index, p, instant_us);
}

uint32_t wm_rules_of_two(const wanmi_index *index, uint32_t layer, uint32_t cell, uint32_t one,
                         uint32_t two, int64_t instant_us)
{
    const uint32_t areas[2] = {one < two ? one : two, one < two ? two : one};
    return owner_in(index, (part){areas, 2}, layer, cell, instant_us);
}

uint32_t wm_rules_apply(const wanmi_index *index, const uint32_t *areas, size_t count,
                        int64_t instant_us, uint32_t *words)
{
    uint32_t cell = WANMI_NONE;
    if (index->cell_layer != WANMI_NONE)
        cell = lowest_valid(index, part_of(index, index->cell_layer, areas, count), instant_us);
    uint32_t used = 0, *out = words + index->layer_count + 1;
    words[0] = 0;
    for (uint32_t layer = 0; layer < index->layer_count; layer++) {
        part p = part_of(index, layer, areas, count);
        if (index->layers[layer].kind == WANMI_OVERLAY) {
            for (size_t i = 0; i < p.count; i++)
                if (wm_index_valid(index, p.areas[i], instant_us))
                    out[used++] = p.areas[i];
        } else {
            uint32_t owner = owner_in(index, p, layer, cell, instant_us);
            if (owner != WANMI_NONE)
                out[used++] = owner;
        }
        words[layer + 1] = used;
    }
    return cell;
}

bool wm_rules_choice(const wanmi_index *index, const uint32_t *areas, size_t count)
{
    for (uint32_t i = 0; i < index->ancestor_count; i++)
        if (part_of(index, index->ancestors[i], areas, count).count > 1)
            return true;
    return false;
}

bool wm_rules_timed(const wanmi_index *index, const uint32_t *areas, size_t count)
{
    if (index->spans == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        wm_span span = index->spans[areas[i]];
        if (span.from_us != WANMI_TIME_NONE || span.to_us != WANMI_TIME_NONE)
            return true;
    }
    return wm_rules_choice(index, areas, count);
}
