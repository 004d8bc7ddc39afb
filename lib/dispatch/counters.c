/* The one table of this room's counters. docs/counters.md is made from it by
 * scripts/counters.c; names, units and help texts are stable. */
#include <stddef.h>
#include <string.h>

#include "internal.h"

typedef struct row {
    const char *name, *unit, *help;
    wanmi_counter_kind kind;
    size_t field;               /* of wanmi_tally */
} row;

static const row table[] = {
    {"wanmi_sink_accepted_total", "deliveries",
     "Deliveries taken for the sink: delivered, dead and pending ones together.",
     WANMI_COUNTER, offsetof(wanmi_tally, accepted)},
    {"wanmi_sink_delivered_total", "deliveries",
     "Deliveries that the sink's callback answered as delivered.",
     WANMI_COUNTER, offsetof(wanmi_tally, delivered)},
    {"wanmi_sink_dead_total", "deliveries", "Deliveries that ended dead, for whatever reason.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead)},
    {"wanmi_sink_pending", "deliveries", "Deliveries neither delivered nor dead yet.",
     WANMI_GAUGE, offsetof(wanmi_tally, pending)},
    {"wanmi_sink_queued", "deliveries", "Of the pending: waiting in a ring.",
     WANMI_GAUGE, offsetof(wanmi_tally, queued)},
    {"wanmi_sink_in_callback", "deliveries", "Of the pending: handed to a callback that runs.",
     WANMI_GAUGE, offsetof(wanmi_tally, in_callback)},
    {"wanmi_sink_dead_full_total", "deliveries",
     "Of the dead: found a full ring (policy overflow).",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_full)},
    {"wanmi_sink_dead_deadline_total", "deliveries",
     "Of the dead: found a ring that stayed full until the deadline (policy block).",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_deadline)},
    {"wanmi_sink_dead_sink_total", "deliveries", "Of the dead: the sink answered dead.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_sink)},
    {"wanmi_sink_dead_attempts_total", "deliveries",
     "Of the dead: the sink asked for a retry and no attempt was left.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_attempts)},
    {"wanmi_sink_dead_shutdown_total", "deliveries", "Of the dead: still pending at the stop.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_shutdown)},
    {"wanmi_sink_dead_unwritten_total", "deliveries",
     "Of the dead: the letter could not be written.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_unwritten)},
    {"wanmi_sink_dead_queued", "deliveries",
     "Of the dead: the letter is on its way to the dead-letter callback.",
     WANMI_GAUGE, offsetof(wanmi_tally, dead_queued)},
    {"wanmi_sink_batches_total", "batches", "Calls of the sink's callback.",
     WANMI_COUNTER, offsetof(wanmi_tally, batches)},
};

enum { ROWS = sizeof table / sizeof table[0] };

static uint64_t field_of(const wanmi_tally *tally, size_t field)
{
    uint64_t value;
    memcpy(&value, (const char *)tally + field, sizeof value);
    return value;
}

wanmi_status wanmi_dispatch_counters(wanmi_dispatch *d, wanmi_counter *counters, size_t capacity,
                                     size_t *count, wanmi_error *error)
{
    if (d == NULL || count == NULL || (counters == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the dispatch, the counters or the place for their number is NULL");
    wanmi_tally sum, sinks[WANMI_SINKS_MAX];
    wanmi_tally_init(&sum);
    for (int i = 0; i < WANMI_SINKS_MAX; i++)
        wanmi_tally_init(&sinks[i]);
    uint32_t sink_count = wanmi_dispatch_sink_count(d);
    wanmi_dispatch_snapshot(d, &sum, sinks, sink_count, NULL);
    /* All sinks of one name stand together, as Prometheus asks. */
    size_t whole = (size_t)ROWS * sink_count;
    for (size_t i = 0; i < whole && i < capacity; i++) {
        const row *r = &table[i / sink_count];
        uint32_t sink = (uint32_t)(i % sink_count);
        counters[i] = (wanmi_counter){.name = r->name, .unit = r->unit, .help = r->help,
                                      .sink = wanmi_dispatch_sink_name(d, sink), .kind = r->kind,
                                      .value = field_of(&sinks[sink], r->field)};
    }
    *count = whole;
    return whole > capacity ? WANMI_PARTIAL : WANMI_OK;
}
