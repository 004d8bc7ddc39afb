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
    {"wanmi_sink_slow_total", "callbacks", "Callbacks that lasted longer than slow_us, hung ones too.",
     WANMI_COUNTER, offsetof(wanmi_tally, slow)},
    {"wanmi_sink_hung_total", "callbacks", "Callbacks that lasted longer than hung_us.",
     WANMI_COUNTER, offsetof(wanmi_tally, hung)},
};

static const row state_row = {
    "wanmi_sink_state", "state",
    "How the sink does: 0 well, 1 left alone (breaker open), 2 tried with one delivery, 3 hung.",
    WANMI_GAUGE, offsetof(wanmi_tally, state)};

typedef struct timing_row {
    const char *name, *unit, *help;
    wanmi_timing timing;
} timing_row;

static const timing_row timings[] = {
    {"wanmi_sink_latency_microseconds", "microseconds",
     "From the submit to the outcome, with all attempts, of a sample of the deliveries.",
     WANMI_TIMING_LATENCY},
    {"wanmi_sink_callback_microseconds", "microseconds", "How long the sink's callbacks last.",
     WANMI_TIMING_CALLBACK},
};

/* Bounds are powers of four from 1 us to 71 minutes, then all. */
enum {
    ROWS = sizeof table / sizeof table[0],
    TIMINGS = sizeof timings / sizeof timings[0],
    BOUNDS = 17,
    TIMING_ROWS = BOUNDS + 3            /* all, sum, count */
};

static const char *const lane_names[WANMI_LANES_MAX] = {
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
    "16", "17", "18", "19", "20", "21", "22", "23", "24", "25", "26", "27", "28", "29", "30", "31"};

/* One snapshot on its way into the caller's array. */
typedef struct writing {
    wanmi_counter *counters;
    size_t capacity, count;
    wanmi_tally sinks[WANMI_SINKS_MAX];
    wm_described described[WANMI_SINKS_MAX];
    uint32_t sink_count;
} writing;

static void put(writing *w, const wanmi_counter *counter)
{
    if (w->count < w->capacity)
        w->counters[w->count] = *counter;
    w->count++;
}

static uint64_t field_of(const wanmi_tally *tally, size_t field)
{
    uint64_t value;
    memcpy(&value, (const char *)tally + field, sizeof value);
    return value;
}

/* All sinks of one name stand together, as Prometheus asks. */
static void put_figures(writing *w)
{
    for (size_t i = 0; i <= ROWS; i++) {
        const row *r = i < ROWS ? &table[i] : &state_row;
        for (uint32_t j = 0; j < w->sink_count; j++) {
            uint64_t value = i < ROWS ? field_of(&w->sinks[j], r->field) : w->sinks[j].state;
            put(w, &(wanmi_counter){.name = r->name, .unit = r->unit, .help = r->help,
                                    .sink = w->described[j].name, .kind = r->kind, .value = value});
        }
    }
}

static void put_timing(writing *w, const timing_row *r, const wm_described *of, uint32_t lane)
{
    uint64_t counts[WM_HISTOGRAM_BUCKETS] = {0};
    wm_timing_add(&of->sink->lanes[lane], r->timing, counts);
    wanmi_counter c = {.name = r->name, .unit = r->unit, .help = r->help, .sink = of->name,
                       .lane = lane_names[lane], .kind = WANMI_HISTOGRAM, .part = WANMI_PART_BUCKET};
    for (unsigned i = 0; i < BOUNDS; i++) {
        c.bound = (uint64_t)1 << 2 * i;
        c.value = wm_counts_upto(counts, c.bound);
        put(w, &c);
    }
    c.bound = WANMI_BOUND_NONE;
    c.value = wm_counts_total(counts);
    put(w, &c);
    c.bound = 0;
    c.part = WANMI_PART_SUM;
    c.value = wm_counts_sum(counts);
    put(w, &c);
    c.part = WANMI_PART_COUNT;
    c.value = wm_counts_total(counts);
    put(w, &c);
}

static void put_timings(writing *w)
{
    for (size_t i = 0; i < TIMINGS; i++)
        for (uint32_t j = 0; j < w->sink_count; j++)
            for (uint32_t lane = 0; lane < w->described[j].sink->def.lanes; lane++) {
                if (w->count < w->capacity)
                    put_timing(w, &timings[i], &w->described[j], lane);
                else
                    w->count += TIMING_ROWS;
            }
}

/* Under `reading`, so that all is of one snapshot, and no sink goes meanwhile. */
static void put_all(wanmi_dispatch *d, writing *w)
{
    wm_totals all, each[WANMI_SINKS_MAX];
    w->sink_count = wm_totals_read_held(d, &all, each, w->described, WANMI_SINKS_MAX);
    for (uint32_t i = 0; i < w->sink_count; i++)
        w->sinks[i] = wm_tally_of(&each[i], &w->described[i]);
    put_figures(w);
    put_timings(w);
}

wanmi_status wanmi_dispatch_counters(wanmi_dispatch *d, wanmi_counter *counters, size_t capacity,
                                     size_t *count, wanmi_error *error)
{
    if (d == NULL || count == NULL || (counters == NULL && capacity != 0))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the dispatch, the counters or the place for their number is NULL");
    if (wm_forked(d))
        return wm_forked_error(error);
    writing w = {.counters = counters, .capacity = capacity};
    pthread_mutex_lock(&d->reading);
    put_all(d, &w);
    pthread_mutex_unlock(&d->reading);
    *count = w.count;
    return w.count > capacity ? WANMI_PARTIAL : WANMI_OK;
}
