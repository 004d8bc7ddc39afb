/* Latencies: one delivery of a link at a time, from the submit to its outcome. */
#include <string.h>

#include "internal.h"

void wm_sample_begin(wm_link *link, const wanmi_host *host)
{
    if (atomic_load_explicit(&link->sample_at, memory_order_acquire) != 0)
        return;                         /* one is under way */
    link->unsampled = 0;
    atomic_store_explicit(&link->sample_ns, wm_steady_ns(host), memory_order_relaxed);
    atomic_store_explicit(&link->sample_at, wanmi_ring_published(link->ring) + 1, memory_order_release);
}

static int64_t take_sample(wm_link *link)
{
    int64_t began_ns = atomic_load_explicit(&link->sample_ns, memory_order_relaxed);
    atomic_store_explicit(&link->sample_at, 0, memory_order_release);
    return began_ns;
}

static void record(wm_lane *lane, int64_t began_ns)
{
    int64_t ns = wm_steady_ns(&lane->sink->dispatch->host) - began_ns;
    wm_histogram_record(&lane->timings->latency, (uint64_t)(ns > 0 ? ns + 999 : 0) / 1000);
}

void wm_sample_end(wm_lane *lane, wm_link *link, bool counts)
{
    int64_t began_ns = take_sample(link);
    if (counts)
        record(lane, began_ns);
}

void wm_sample_park(wm_link *link, size_t ahead, wm_parked *parked)
{
    uint64_t at = atomic_load_explicit(&link->sample_at, memory_order_acquire);
    if (at == 0 || at - 1 != wanmi_ring_released(link->ring) + ahead)
        return;
    int64_t began_ns = take_sample(link);
    parked->sample_ns = began_ns + (began_ns == 0);     /* 0 means "none" */
}

void wm_sample_parked_end(wm_lane *lane, const wm_parked *parked)
{
    record(lane, parked->sample_ns);
}

/* ---- read ------------------------------------------------------------------------------ */

void wm_timing_add(const wm_lane *lane, wanmi_timing timing, uint64_t *counts)
{
    wm_histogram_add(timing == WANMI_TIMING_LATENCY ? &lane->timings->latency : &lane->timings->callback,
                     counts);
}

void wanmi_times_init(wanmi_times *times)
{
    *times = (wanmi_times){.struct_size = sizeof *times};
}

static wanmi_times times_of(const uint64_t *counts, size_t struct_size)
{
    return (wanmi_times){
        .struct_size = struct_size,
        .count = wm_counts_total(counts),
        .sum_us = wm_counts_sum(counts),
        .p50_us = wm_counts_quantile(counts, 0.5),
        .p90_us = wm_counts_quantile(counts, 0.9),
        .p99_us = wm_counts_quantile(counts, 0.99),
        .p999_us = wm_counts_quantile(counts, 0.999),
        .max_us = wm_counts_most(counts),
    };
}

/* Adds up one lane, or all. Under `reading`. */
static wanmi_status add_lanes(const wanmi_dispatch *d, uint32_t number, uint32_t lane,
                              wanmi_timing timing, uint64_t *counts, wanmi_error *error)
{
    const wm_sink *sink = wm_sink_at(d, wm_place_of(number));
    if (sink == NULL || sink->number != number || wm_flag(&sink->removing))
        return wm_error(error, WANMI_E_DISPATCH_SINK, "there is no sink %u", number);
    if (lane != WANMI_NONE && lane >= sink->def.lanes)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s has %u lanes: there is no lane %u",
                        sink->def.name, sink->def.lanes, lane);
    for (uint32_t i = 0; i < sink->def.lanes; i++)
        if (lane == WANMI_NONE || lane == i)
            wm_timing_add(&sink->lanes[i], timing, counts);
    return WANMI_OK;
}

wanmi_status wanmi_dispatch_times(wanmi_dispatch *d, uint32_t sink, uint32_t lane,
                                  wanmi_timing timing, wanmi_times *times, wanmi_error *error)
{
    if (d == NULL || times == NULL || times->struct_size < sizeof times->struct_size
        || times->struct_size > sizeof *times)
        return wm_error(error, WANMI_E_ARGUMENT, "no dispatch was given, or wanmi_times was not filled "
                                                 "by wanmi_times_init");
    if (wm_forked(d))
        return wm_forked_error(error);
    if (timing != WANMI_TIMING_LATENCY && timing != WANMI_TIMING_CALLBACK)
        return wm_error(error, WANMI_E_ARGUMENT, "unknown timing %d", (int)timing);
    uint64_t counts[WM_HISTOGRAM_BUCKETS] = {0};
    pthread_mutex_lock(&d->reading);
    wanmi_status status = add_lanes(d, sink, lane, timing, counts, error);
    pthread_mutex_unlock(&d->reading);
    if (status != WANMI_OK)
        return status;
    wanmi_times filled = times_of(counts, times->struct_size);
    memcpy(times, &filled, times->struct_size);
    return WANMI_OK;
}
