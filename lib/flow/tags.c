/* Deliveries by tag: each intake counts its own, readers add them up. */
#include <string.h>

#include "internal.h"

static uint32_t tags_of(const wm_generation *generation)
{
    return generation != NULL ? wanmi_map_tag_count(generation->map) : 0;
}

wanmi_status wm_tags_make(wm_tags *tags, wm_arena *arena, const wm_generation *generation)
{
    tags->count = tags_of(generation) + 1;
    tags->made = wm_arena_alloc(arena, tags->count * sizeof *tags->made);
    for (uint32_t i = 0; i < tags->count && tags->made != NULL; i++)
        atomic_init(&tags->made[i], 0);
    return tags->made != NULL ? WANMI_OK : WANMI_E_MEMORY;
}

/* One thread writes, so there is nothing to be lost between reading and writing. */
static void add(wm_tags *tags, uint32_t tag, uint64_t more)
{
    _Atomic uint64_t *made = &tags->made[tag];
    atomic_store_explicit(made, atomic_load_explicit(made, memory_order_relaxed) + more,
                          memory_order_relaxed);
}

void wm_tags_count(wm_tags *tags, const wanmi_delivery *deliveries, size_t count)
{
    uint32_t last = tags->count - 1;
    if (last == 0 && count != 0)
        add(tags, 0, count);
    for (size_t i = 0; i < count && last != 0; i++)
        add(tags, deliveries[i].tag < last ? deliveries[i].tag : last, 1);
}

void wm_tags_add(wm_tags *to, const wm_tags *from)
{
    for (uint32_t i = 0; i < from->count && i < to->count; i++)
        add(to, i, atomic_load_explicit(&from->made[i], memory_order_relaxed));
}

static void read_all(wanmi_flow *flow, uint64_t *deliveries, size_t capacity, size_t *count)
{
    *count = flow->closed_tags.made != NULL ? flow->closed_tags.count
                                            : tags_of(atomic_load(&flow->current)) + 1;
    for (size_t i = 0; i < *count && i < capacity; i++) {
        deliveries[i] = 0;
        if (flow->closed_tags.made == NULL)
            continue;
        deliveries[i] = atomic_load_explicit(&flow->closed_tags.made[i], memory_order_relaxed);
        for (wanmi_intake *intake = flow->intakes; intake != NULL; intake = intake->next)
            deliveries[i] += atomic_load_explicit(&intake->tags.made[i], memory_order_relaxed);
    }
}

wanmi_status wanmi_flow_deliveries_by_tag(wanmi_flow *flow, uint64_t *deliveries, size_t capacity,
                                          size_t *count, wanmi_error *error)
{
    if (flow == NULL || count == NULL || (deliveries == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the flow, the figures or the place for their number is NULL");
    pthread_mutex_lock(&flow->lock);
    read_all(flow, deliveries, capacity, count);
    pthread_mutex_unlock(&flow->lock);
    return *count <= capacity ? WANMI_OK : WANMI_PARTIAL;
}
