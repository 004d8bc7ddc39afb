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

/* After the table: one for each tag of the map, and one for deliveries without. */
static const wanmi_counter by_tag = {
    .name = "wanmi_deliveries_by_tag_total", .unit = "deliveries",
    .help = "Deliveries that the rules made, before subscriptions, by their rule's tag (empty: none).",
    .kind = WANMI_COUNTER,
};

static wanmi_counter tag_counter(const wanmi_flow *flow, size_t tag, uint64_t value)
{
    const wm_generation *generation = atomic_load(&((wanmi_flow *)flow)->current);
    wanmi_counter counter = by_tag;
    counter.tag = generation != NULL ? wanmi_map_tag(generation->map, (uint32_t)tag) : "";
    counter.value = value;
    return counter;
}

/* Gives how many there are; writes as many as there is room for. */
static wanmi_status tag_counters(wanmi_flow *flow, wanmi_counter *counters, size_t capacity,
                                 size_t *count, wanmi_error *error)
{
    wanmi_status status = wanmi_flow_deliveries_by_tag(flow, NULL, 0, count, error);
    if (status < 0)
        return status;
    size_t room = *count, size = room * sizeof(uint64_t);
    uint64_t *values = wm_alloc(&flow->host, size);
    if (values == NULL)
        return wm_error_memory(error);
    wanmi_flow_deliveries_by_tag(flow, values, room, count, NULL);
    for (size_t i = 0; i < room && i < capacity; i++)
        counters[i] = tag_counter(flow, i, values[i]);
    wm_free(&flow->host, values, size);
    return WANMI_OK;
}

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
    size_t own = capacity < ROWS ? capacity : ROWS, tags = 0, others = 0;
    status = tag_counters(flow, own < capacity ? counters + own : NULL, capacity - own, &tags, error);
    if (status != WANMI_OK)
        return status;
    size_t used = own + (capacity - own < tags ? capacity - own : tags);
    status = wanmi_dispatch_counters(flow->dispatch, used < capacity ? counters + used : NULL,
                                     capacity - used, &others, error);
    if (status < 0)
        return status;
    for (size_t i = 0; i < own; i++)
        counters[i] = (wanmi_counter){.name = table[i].name, .unit = table[i].unit,
                                      .help = table[i].help, .kind = WANMI_COUNTER,
                                      .value = field_of(&account, table[i].field)};
    *count = ROWS + tags + others;
    return *count > capacity ? WANMI_PARTIAL : WANMI_OK;
}
