/* The account of events, read by any thread while intakes write. */
#include <string.h>

#include "internal.h"

void wanmi_account_init(wanmi_account *account)
{
    *account = (wanmi_account){.struct_size = sizeof *account};
    wanmi_tally_init(&account->sum);
}

/* The law holds in each intake's figures, so it holds in their sum. */
static void read_figures(wanmi_flow *flow, wm_figures *sum)
{
    pthread_mutex_lock(&flow->lock);
    *sum = flow->closed_figures;
    for (wanmi_intake *intake = flow->intakes; intake != NULL; intake = intake->next) {
        wm_figures one;
        wm_board_read(&intake->board, &one);
        wm_figures_add(sum, &one);
    }
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
    wm_figures sum;
    /* Events first: the deliveries of every event that is counted are accepted. */
    read_figures(flow, &sum);
    const uint64_t *v = sum.value;
    wanmi_account read = {size, v[WM_SUBMITTED], v[WM_ROUTED], v[WM_UNROUTED], v[WM_REFUSED],
                          v[WM_INSIDE], v[WM_SNAPPED], v[WM_OUTSIDE], v[WM_REJECTED],
                          v[WM_UNWANTED], v[WM_MADE], {0}};
    wanmi_tally_init(&read.sum);
    wanmi_status status = wanmi_dispatch_snapshot(flow->dispatch, &read.sum, sinks, capacity, error);
    if (status == WANMI_OK)
        memcpy(account, &read, size);
    return status;
}
