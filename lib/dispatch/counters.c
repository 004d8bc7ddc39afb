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
    {"wanmi_sink_parked", "deliveries",
     "Of the pending: waiting to be tried again, or behind one that is.",
     WANMI_GAUGE, offsetof(wanmi_tally, parked)},
    {"wanmi_sink_leased", "deliveries", "Of the pending: polled and not yet answered.",
     WANMI_GAUGE, offsetof(wanmi_tally, leased)},
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
    {"wanmi_sink_dead_dropped_total", "deliveries",
     "Of the dead: dropped for newer ones (policy drop_oldest).",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_dropped)},
    {"wanmi_sink_dead_hung_total", "deliveries",
     "Of the dead: found a full ring of a sink that hangs (policy block).",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_hung)},
    {"wanmi_sink_dead_removed_total", "deliveries",
     "Of the dead: still pending when the sink was removed.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_removed)},
    {"wanmi_sink_dead_unwritten_total", "deliveries",
     "Of the dead: the letter could not be written.",
     WANMI_COUNTER, offsetof(wanmi_tally, dead_unwritten)},
    {"wanmi_sink_dead_queued", "deliveries",
     "Of the dead: the letter is on its way to the dead-letter callback.",
     WANMI_GAUGE, offsetof(wanmi_tally, dead_queued)},
    {"wanmi_sink_batches_total", "batches", "Calls of the sink's callback, or batches polled.",
     WANMI_COUNTER, offsetof(wanmi_tally, batches)},
    {"wanmi_sink_retried_total", "deliveries",
     "Answers of the sink that asked for a further attempt and got it.",
     WANMI_COUNTER, offsetof(wanmi_tally, retried)},
    {"wanmi_sink_repeated_total", "deliveries", "Leases that ran out without an answer.",
     WANMI_COUNTER, offsetof(wanmi_tally, repeated)},
    {"wanmi_sink_late_total", "deliveries", "Answers that came after their lease.",
     WANMI_COUNTER, offsetof(wanmi_tally, late)},
    {"wanmi_sink_breaker_opened_total", "times",
     "Times that the sink was left alone after batches it refused whole.",
     WANMI_COUNTER, offsetof(wanmi_tally, breaker_opened)},
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
    if (wm_forked(d))
        return wm_forked_error(error);
    wm_totals all, each[WANMI_SINKS_MAX];
    wm_described described[WANMI_SINKS_MAX];
    wanmi_tally sinks[WANMI_SINKS_MAX];
    uint32_t sink_count = wm_totals_read(d, &all, each, described, WANMI_SINKS_MAX);
    for (uint32_t i = 0; i < sink_count; i++)
        sinks[i] = wm_tally_of(&each[i], &described[i]);
    /* All sinks of one name stand together, as Prometheus asks. */
    size_t whole = (size_t)ROWS * sink_count;
    for (size_t i = 0; i < whole && i < capacity; i++) {
        const row *r = &table[i / sink_count];
        uint32_t sink = (uint32_t)(i % sink_count);
        counters[i] = (wanmi_counter){.name = r->name, .unit = r->unit, .help = r->help,
                                      .sink = described[sink].name, .kind = r->kind,
                                      .value = field_of(&sinks[sink], r->field)};
    }
    *count = whole;
    return whole > capacity ? WANMI_PARTIAL : WANMI_OK;
}
