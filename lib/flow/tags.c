/* Deliveries by tag: each station counts its own, by its map's numbers; the ledger
 * adds them up by their text, over all maps. */
#include <string.h>

#include "internal.h"

/* ---- a station's ---------------------------------------------------------------------- */

wanmi_status wm_tags_make(wm_tags *tags, wm_arena *arena, const wm_generation *generation)
{
    tags->count = generation->tag_count + 1;
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
    for (size_t i = 0; i < count; i++)
        add(tags, deliveries[i].tag < last ? deliveries[i].tag : last, 1);
}

void wm_tags_add(wm_tags *tags, const wm_tag_counts *counts)
{
    for (uint32_t tag = 0; tag < tags->count; tag++) {
        uint64_t sum = 0;
        for (uint32_t k = 0; k < WM_TAGS_APART; k++)
            sum += counts->of[k][tag];
        if (sum != 0)
            add(tags, tag, sum);
    }
}

/* ---- the ledger ------------------------------------------------------------------------- */

/* Its number among those prepared; adds it when it is new. UINT32_MAX: no memory. */
static uint32_t number_of(wanmi_flow *flow, const char *text)
{
    wm_ledger *ledger = &flow->ledger;
    for (uint32_t i = 0; i < ledger->prepared; i++)
        if (strcmp(ledger->rows[i].text, text) == 0)
            return i;
    void *rows = ledger->rows;
    bool room = wm_reserve(&flow->host, &rows, &ledger->capacity, (size_t)ledger->prepared + 1,
                           sizeof *ledger->rows);
    ledger->rows = rows;
    char *copy = room ? wm_text_copy(&flow->host, text) : NULL;
    if (copy == NULL)
        return UINT32_MAX;
    ledger->rows[ledger->prepared] = (wm_ledger_row){.text = copy};
    return ledger->prepared++;
}

static wanmi_status number_tags(wanmi_flow *flow, wm_generation *generation)
{
    uint32_t last = generation->tag_count;
    /* The first row is of none, also where the first map has other tags. */
    generation->tags[last] = number_of(flow, "");
    bool all = generation->tags[last] != UINT32_MAX;
    for (uint32_t i = 0; i < last && all; i++) {
        generation->tags[i] = number_of(flow, wanmi_map_tag(generation->map, i));
        all = generation->tags[i] != UINT32_MAX;
    }
    return all ? WANMI_OK : WANMI_E_MEMORY;
}

wanmi_status wm_ledger_prepare(wanmi_flow *flow, wm_generation *generation)
{
    uint32_t count = wanmi_map_tag_count(generation->map);
    generation->tags = wm_alloc(&flow->host, ((size_t)count + 1) * sizeof(uint32_t));
    if (generation->tags == NULL)
        return WANMI_E_MEMORY;
    generation->tag_count = count;
    pthread_mutex_lock(&flow->lock);
    wanmi_status status = number_tags(flow, generation);
    if (status != WANMI_OK)
        wm_ledger_forget(flow);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

void wm_ledger_show(wanmi_flow *flow)
{
    flow->ledger.count = flow->ledger.prepared;
}

void wm_ledger_forget(wanmi_flow *flow)
{
    wm_ledger *ledger = &flow->ledger;
    while (ledger->prepared > ledger->count)
        wm_text_free(&flow->host, ledger->rows[--ledger->prepared].text);
}

void wm_ledger_close(wm_ledger *ledger, const wm_generation *generation, const wm_tags *tags)
{
    for (uint32_t i = 0; i < tags->count; i++)
        ledger->rows[generation->tags[i]].closed +=
            atomic_load_explicit(&tags->made[i], memory_order_relaxed);
}

void wm_ledger_sum(wanmi_flow *flow)
{
    wm_ledger_row *rows = flow->ledger.rows;
    for (uint32_t i = 0; i < flow->ledger.count; i++)
        rows[i].sum = rows[i].closed;
    for (const wm_station *s = flow->stations; s != NULL; s = s->next)
        for (uint32_t i = 0; i < s->tags.count; i++)
            rows[s->stage->generation->tags[i]].sum +=
                atomic_load_explicit(&s->tags.made[i], memory_order_relaxed);
}

void wm_ledger_drop(wanmi_flow *flow)
{
    flow->ledger.count = 0;
    wm_ledger_forget(flow);
    wm_free(&flow->host, flow->ledger.rows, flow->ledger.capacity * sizeof *flow->ledger.rows);
}

/* ---- read by others ------------------------------------------------------------------------ */

wanmi_status wanmi_flow_deliveries_by_tag(wanmi_flow *flow, uint64_t *deliveries, size_t capacity,
                                          size_t *count, wanmi_error *error)
{
    if (flow == NULL || count == NULL || (deliveries == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the flow, the figures or the place for their number is NULL");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    pthread_mutex_lock(&flow->lock);
    const wm_generation *generation = flow->generation;
    wm_ledger_sum(flow);
    *count = generation != NULL ? (size_t)generation->tag_count + 1 : 1;
    for (size_t i = 0; i < *count && i < capacity; i++)
        deliveries[i] = generation != NULL ? flow->ledger.rows[generation->tags[i]].sum : 0;
    pthread_mutex_unlock(&flow->lock);
    return *count <= capacity ? WANMI_OK : WANMI_PARTIAL;
}
