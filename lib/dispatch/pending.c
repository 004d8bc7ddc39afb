/* How many deliveries may still name a generation. */
#include "internal.h"

static uint64_t count_of(const wm_generations *g, uint32_t place)
{
    return atomic_load_explicit(&g->count[place], memory_order_acquire);
}

void wm_generations_sum(wm_generations *to, const wm_generations *from)
{
    for (uint32_t i = 0; i < WM_GENERATIONS; i++)
        wm_generations_add(to, i, count_of(from, i));
}

static uint64_t ended_at_sinks(const wanmi_dispatch *d, uint32_t place)
{
    uint64_t ended = count_of(&d->forgotten_ended, place);
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        for (const wm_sink *sink = wm_sink_at(d, i); sink != NULL; sink = sink->older)
            /* A sink that is gone keeps its lanes' counts. */
            for (uint32_t j = 0; j < sink->def.lanes; j++)
                ended += count_of(&sink->lanes[j].ended, place);
    return ended;
}

wanmi_status wanmi_dispatch_pending_of(wanmi_dispatch *d, uint32_t generation, uint64_t *pending,
                                       wanmi_error *error)
{
    if (d == NULL || pending == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the dispatch or the place for the number is NULL");
    if (wm_forked(d))
        return wm_forked_error(error);
    uint32_t place = generation % WM_GENERATIONS;
    pthread_mutex_lock(&d->reading);
    /* What has ended first: each was accepted before, so that the difference is
     * never less than what is pending. */
    uint64_t ended = ended_at_sinks(d, place) + count_of(&d->letters_ended, place), accepted = 0;
    uint32_t producers = wm_producer_count(d);
    for (uint32_t i = 0; i < producers; i++)
        ended += count_of(&d->producers[i]->ended, place);
    for (uint32_t i = 0; i < producers; i++)
        accepted += count_of(&d->producers[i]->accepted, place);
    pthread_mutex_unlock(&d->reading);
    *pending = accepted - ended;
    return WANMI_OK;
}
