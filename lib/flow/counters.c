/* The one table of this room's counters. docs/counters.md is made from it by
 * scripts/counters.c; names, units and help texts are stable. */
#include <stddef.h>
#include <string.h>

#include "internal.h"

typedef struct row {
    const char *name, *unit, *help;
    size_t field;                       /* of wanmi_account */
} row;

static const row table[] = {
    {"wanmi_events_submitted_total", "events",
     "Events given to an intake: routed, unrouted and refused ones together.",
     offsetof(wanmi_account, submitted)},
    {"wanmi_events_routed_total", "events", "Events of which a sink accepted at least one delivery.",
     offsetof(wanmi_account, routed)},
    {"wanmi_events_unrouted_total", "events",
     "Events that were rejected, lay outside without a fallback unit, or were wanted by no sink.",
     offsetof(wanmi_account, unrouted)},
    {"wanmi_events_refused_total", "events",
     "Events of a submit that failed or came after intake had stopped.",
     offsetof(wanmi_account, refused)},
    {"wanmi_events_inside_total", "events", "Of the routed and unrouted: in a cell.",
     offsetof(wanmi_account, inside)},
    {"wanmi_events_snapped_total", "events",
     "Of the routed and unrouted: in no cell, with one near enough.", offsetof(wanmi_account, snapped)},
    {"wanmi_events_outside_total", "events", "Of the routed and unrouted: in no cell.",
     offsetof(wanmi_account, outside)},
    {"wanmi_events_rejected_total", "events",
     "Of the unrouted: with a position that cannot be answered.", offsetof(wanmi_account, rejected)},
    {"wanmi_events_unwanted_total", "events",
     "Of the unrouted: wanted by no sink's subscription.", offsetof(wanmi_account, unwanted)},
    {"wanmi_deliveries_made_total", "deliveries",
     "Deliveries that the rules made, before subscriptions.", offsetof(wanmi_account, deliveries)},
};

enum { ROWS = sizeof table / sizeof table[0] };

static uint64_t field_of(const wanmi_account *account, size_t field)
{
    uint64_t value;
    memcpy(&value, (const char *)account + field, sizeof value);
    return value;
}

wanmi_status wanmi_flow_counters(wanmi_flow *flow, wanmi_counter *counters, size_t capacity,
                                 size_t *count, wanmi_error *error)
{
    if (flow == NULL || count == NULL || (counters == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the flow, the counters or the place for their number is NULL");
    wanmi_account account;
    wanmi_account_init(&account);
    wanmi_status status = wanmi_flow_snapshot(flow, &account, NULL, 0, error);
    if (status != WANMI_OK)
        return status;
    size_t own = capacity < ROWS ? capacity : ROWS, others = 0;
    status = wanmi_dispatch_counters(flow->dispatch, own < capacity ? counters + own : NULL,
                                     capacity - own, &others, error);
    if (status < 0)
        return status;
    for (size_t i = 0; i < own; i++)
        counters[i] = (wanmi_counter){table[i].name, table[i].unit, table[i].help, NULL, WANMI_COUNTER,
                                      field_of(&account, table[i].field)};
    *count = ROWS + others;
    return own < ROWS ? WANMI_PARTIAL : status;
}
