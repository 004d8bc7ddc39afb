/* The account of events, read by any thread while intakes write. */
#include <string.h>

#include "internal.h"

void wanmi_account_init(wanmi_account *account)
{
    *account = (wanmi_account){.struct_size = sizeof *account};
    wanmi_tally_init(&account->sum);
}

/* The law holds in each intake's figures, so it holds in their sum. */
static void read_figures(wanmi_flow *flow, wm_figures *sum, wanmi_account *account)
{
    pthread_mutex_lock(&flow->lock);
    *sum = flow->closed_figures;
    for (wanmi_intake *intake = flow->intakes; intake != NULL; intake = intake->next) {
        wm_figures one;
        wm_board_read(&intake->board, &one);
        wm_figures_add(sum, &one);
    }
    account->swaps = flow->swaps;
    account->swaps_put_off = flow->swaps_put_off;
    account->generation = flow->generation != NULL ? flow->generation->number : 0;
    /* Before the start the map is in no list. */
    account->maps_alive = flow->stage != NULL ? flow->generation_count : flow->generation != NULL;
    pthread_mutex_unlock(&flow->lock);
}

wanmi_status wanmi_flow_snapshot(wanmi_flow *flow, wanmi_account *account, wanmi_tally *sinks,
                                 size_t capacity, wanmi_error *error)
{
    if (flow == NULL || account == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the flow or the account is NULL");
    size_t size = account->struct_size;
    if (size < sizeof size || size > sizeof *account)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_account was not filled by wanmi_account_init");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    wm_figures sum;
    wanmi_account read;
    wanmi_account_init(&read);
    /* Events first: the deliveries of every event that is counted are accepted. */
    read_figures(flow, &sum, &read);
    const uint64_t *v = sum.value;
    read.struct_size = size;
    read.submitted = v[WM_SUBMITTED];
    read.routed = v[WM_ROUTED];
    read.unrouted = v[WM_UNROUTED];
    read.refused = v[WM_REFUSED];
    read.inside = v[WM_INSIDE];
    read.snapped = v[WM_SNAPPED];
    read.outside = v[WM_OUTSIDE];
    read.rejected = v[WM_REJECTED];
    read.unwanted = v[WM_UNWANTED];
    read.deliveries = v[WM_MADE];
    wanmi_status status = wanmi_dispatch_snapshot(flow->dispatch, &read.sum, sinks, capacity, error);
    if (status == WANMI_OK)
        memcpy(account, &read, size);
    return status;
}
