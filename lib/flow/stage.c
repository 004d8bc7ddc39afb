/* What is in force at an instant: a generation, and the subscriptions against it. */
#include "internal.h"

wanmi_status wm_stage_make(wanmi_flow *flow, wm_generation *generation, const wm_wishes wishes,
                           wm_stage **stage, wanmi_error *error)
{
    wm_stage *fresh = wm_alloc_zero(&flow->host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    wanmi_status status = wm_filters_compile(&fresh->filters, &flow->host, generation->map, wishes,
                                             flow->options.missing, error);
    if (status != WANMI_OK) {
        wm_free(&flow->host, fresh, sizeof *fresh);
        return status;
    }
    fresh->version = flow->version;
    fresh->generation = generation;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++) {
        fresh->wishes[i] = wm_wish_retain(wishes[i]);
        if (wishes[i] == NULL)
            continue;
        fresh->sinks |= (uint64_t)1 << i;
        fresh->plain |= (uint64_t)wm_wish_is_plain(wishes[i]) << i;
        fresh->rejecting |= (uint64_t)wishes[i]->rejects << i;
    }
    *stage = fresh;
    return WANMI_OK;
}

void wm_stage_free(wm_stage *stage, const wanmi_host *host)
{
    if (stage == NULL)
        return;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        wm_wish_release(stage->wishes[i], host);
    wm_filters_drop(&stage->filters, host);
    wm_free(host, stage, sizeof *stage);
}
