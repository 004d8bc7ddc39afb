/* The one table of this room's counters. docs/counters.md is made from it by
 * scripts/counters.c; names, units and help texts are stable. */
#include <stddef.h>
#include <string.h>

#include "internal.h"

typedef struct row {
    const char *name, *unit, *help;
    size_t field;                       /* of wanmi_account */
    wanmi_counter_kind kind;
} row;

static const row table[] = {
    {"wanmi_events_submitted_total", "events",
     "Events given to an intake: routed, unrouted and refused ones together.",
     offsetof(wanmi_account, submitted), WANMI_COUNTER},
    {"wanmi_events_routed_total", "events", "Events of which a sink accepted at least one delivery.",
     offsetof(wanmi_account, routed), WANMI_COUNTER},
    {"wanmi_events_unrouted_total", "events",
     "Events that were rejected, lay outside without a fallback unit, or were wanted by no sink.",
     offsetof(wanmi_account, unrouted), WANMI_COUNTER},
    {"wanmi_events_refused_total", "events",
     "Events of a submit that failed or came after intake had stopped.",
     offsetof(wanmi_account, refused), WANMI_COUNTER},
    {"wanmi_events_inside_total", "events", "Of the routed and unrouted: in a cell.",
     offsetof(wanmi_account, inside), WANMI_COUNTER},
    {"wanmi_events_snapped_total", "events",
     "Of the routed and unrouted: in no cell, with one near enough.", offsetof(wanmi_account, snapped), WANMI_COUNTER},
    {"wanmi_events_outside_total", "events", "Of the routed and unrouted: in no cell.",
     offsetof(wanmi_account, outside), WANMI_COUNTER},
    {"wanmi_events_rejected_total", "events",
     "Of the unrouted: with a position that cannot be answered.", offsetof(wanmi_account, rejected), WANMI_COUNTER},
    {"wanmi_events_unwanted_total", "events",
     "Of the unrouted: wanted by no sink's subscription.", offsetof(wanmi_account, unwanted), WANMI_COUNTER},
    {"wanmi_deliveries_made_total", "deliveries",
     "Deliveries that the rules made, before subscriptions.", offsetof(wanmi_account, deliveries), WANMI_COUNTER},
    {"wanmi_map_swaps_total", "maps", "Maps that took the place of another since the start.",
     offsetof(wanmi_account, swaps), WANMI_COUNTER},
    {"wanmi_map_swaps_put_off_total", "maps",
     "Maps that were refused because as many were alive as can be (WANMI_E_LIMIT).",
     offsetof(wanmi_account, swaps_put_off), WANMI_COUNTER},
    {"wanmi_map_generation", "generation", "Generation of the map in force; 0: none yet.",
     offsetof(wanmi_account, generation), WANMI_GAUGE},
    {"wanmi_maps_alive", "maps", "The map in force, and those before it that are still named.",
     offsetof(wanmi_account, maps_alive), WANMI_GAUGE},
};

enum { ROWS = sizeof table / sizeof table[0] };

/* After the table: one for each tag that the maps have had, and one for deliveries
 * without. */
static const wanmi_counter by_tag = {
    .name = "wanmi_deliveries_by_tag_total", .unit = "deliveries",
    .help = "Deliveries that the rules made, before subscriptions, by their rule's tag (empty: none).",
    .kind = WANMI_COUNTER,
};

/* Gives how many there are; writes as many as there is room for. */
static size_t tag_counters(wanmi_flow *flow, wanmi_counter *counters, size_t capacity)
{
    pthread_mutex_lock(&flow->lock);
    wm_ledger_sum(flow);
    /* Of none: the ledger's first row, and the last counter. */
    size_t count = flow->ledger.count > 0 ? flow->ledger.count : 1;
    for (size_t i = 0; i < count && i < capacity; i++) {
        const wm_ledger_row *of = flow->ledger.count > 0 ? &flow->ledger.rows[(i + 1) % count] : NULL;
        counters[i] = by_tag;
        counters[i].tag = of != NULL ? of->text : "";
        counters[i].value = of != NULL ? of->sum : 0;
    }
    pthread_mutex_unlock(&flow->lock);
    return count;
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
    size_t own = capacity < ROWS ? capacity : ROWS, others = 0;
    size_t tags = tag_counters(flow, own < capacity ? counters + own : NULL, capacity - own);
    size_t used = own + (capacity - own < tags ? capacity - own : tags);
    status = wanmi_dispatch_counters(flow->dispatch, used < capacity ? counters + used : NULL,
                                     capacity - used, &others, error);
    if (status < 0)
        return status;
    for (size_t i = 0; i < own; i++)
        counters[i] = (wanmi_counter){.name = table[i].name, .unit = table[i].unit,
                                      .help = table[i].help, .kind = table[i].kind,
                                      .value = field_of(&account, table[i].field)};
    *count = ROWS + tags + others;
    return *count > capacity ? WANMI_PARTIAL : WANMI_OK;
}
