/* Sinks: their definition, and their lanes before the threads start. */
#include <string.h>

#include "base/text.h"
#include "internal.h"

enum {
    NAME_MAX_BYTES = 63,
    BATCH_DEFAULT = 1024, BATCH_MAX = 65536,
    URGENT_DEFAULT = 1, PRIORITY_MAX = 9,
    ATTEMPTS_DEFAULT = 8, ATTEMPTS_MAX = 65535,
    PARKED_DEFAULT = 4096,
    FAILURES_DEFAULT = 5,
    MS = 1000, SECOND = 1000 * MS
};

void wanmi_sink_def_init(wanmi_sink_def *def)
{
    *def = (wanmi_sink_def){
        .struct_size = sizeof *def, .lanes = 1, .batch_max = BATCH_DEFAULT,
        .urgent_max = URGENT_DEFAULT, .attempts_max = ATTEMPTS_DEFAULT,
        .parked_max = PARKED_DEFAULT, .retry_base_us = 100 * MS, .retry_max_us = 30 * SECOND,
        .retry_for_us = 600 * SECOND, .breaker_failures = FAILURES_DEFAULT,
        .breaker_open_us = SECOND, .slow_us = SECOND, .hung_us = 10 * SECOND,
    };
}

/* Of one byte, or of two: U+0080 to U+009F. */
static bool is_control(const char *text)
{
    const unsigned char *s = (const unsigned char *)text;
    return s[0] < 0x20 || s[0] == 0x7F || (s[0] == 0xC2 && s[1] < 0xA0);
}

static wanmi_status check_name(const char *name, wanmi_error *error)
{
    size_t length = name != NULL ? strnlen(name, NAME_MAX_BYTES + 1) : 0;
    if (length == 0 || length > NAME_MAX_BYTES)
        return wm_error(error, WANMI_E_ARGUMENT, "a sink's name has 1 to %d bytes", NAME_MAX_BYTES);
    for (size_t i = 0; i < length; i++)
        if (is_control(name + i))
            return wm_error(error, WANMI_E_ARGUMENT,
                            "a sink's name has a control character at byte %zu", i + 1);
    if (!wm_text_is_utf8(name, length))
        return wm_error(error, WANMI_E_ARGUMENT, "a sink's name is not UTF-8");
    return WANMI_OK;
}

/* Numbers of a definition, each with its limits: one row a field. */
static wanmi_status check_numbers(const wanmi_sink_def *def, wanmi_error *error)
{
    const struct {
        const char *name;
        int64_t value, least, most;
    } rows[] = {
        {"lanes", def->lanes, 1, WANMI_LANES_MAX},
        {"batch_max", def->batch_max, 1, BATCH_MAX},
        {"policy", def->policy, WANMI_POLICY_OVERFLOW, WANMI_POLICY_REJECT},
        {"order", def->order, WANMI_ORDER_UNIT, WANMI_ORDER_NONE},
        {"wait", def->wait, WANMI_WAIT_PARK, WANMI_WAIT_SPIN},
        {"urgent_max", def->urgent_max, -1, PRIORITY_MAX},
        {"block_us", def->block_us, 0, INT64_MAX},
        {"attempts_max", def->attempts_max, 0, ATTEMPTS_MAX},
        {"parked_max", def->parked_max, 1, WANMI_PARKED_MAX},
        {"retry_base_us", def->retry_base_us, 0, INT64_MAX},
        {"retry_max_us", def->retry_max_us, 0, INT64_MAX},
        {"retry_for_us", def->retry_for_us, 0, INT64_MAX},
        {"breaker_open_us", def->breaker_open_us, 0, INT64_MAX},
        {"slow_us", def->slow_us, 0, INT64_MAX},
        {"hung_us", def->hung_us, 0, INT64_MAX},
        {"idle_us", def->idle_us, 0, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value < rows[i].least || rows[i].value > rows[i].most)
            return wm_error(error, WANMI_E_ARGUMENT, "sink %s: %s is %lld to %lld, not %lld",
                            def->name, rows[i].name, (long long)rows[i].least,
                            (long long)rows[i].most, (long long)rows[i].value);
    return WANMI_OK;
}

/* Reads a definition that an older caller may have made shorter. */
wanmi_status wm_sink_read_def(wanmi_sink_def *to, const wanmi_sink_def *from, wanmi_error *error)
{
    if (from == NULL || from->struct_size < sizeof(size_t) || from->struct_size > sizeof *from)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_sink_def was not filled by wanmi_sink_def_init");
    wanmi_sink_def_init(to);
    memcpy(to, from, from->struct_size);
    to->struct_size = sizeof *to;
    wanmi_status status = check_name(to->name, error);
    return status == WANMI_OK ? check_numbers(to, error) : status;
}

/* ---- lanes ------------------------------------------------------------------------ */

static void empty_lane(wm_lane *lane)
{
    const wm_sink *sink = lane->sink;
    const wanmi_host *host = &sink->dispatch->host;
    wm_free(host, lane->outcomes, sink->def.batch_max);
    wm_seen_free(host, lane->seen);
    wm_again_free(host, lane->again);
    wm_parking_drop(&lane->parking, host);
    wm_free(host, lane->timings, sizeof *lane->timings);
    lane->timings = NULL;
    lane->outcomes = NULL;
    lane->seen = NULL;
    lane->again = NULL;
}

void wm_sink_empty(wm_sink *sink)
{
    for (uint32_t i = 0; sink->lanes != NULL && i < sink->def.lanes; i++)
        empty_lane(&sink->lanes[i]);
    uint32_t places = sink->dispatch->options.producers_max;
    for (uint32_t i = 0; sink->blocks != NULL && i < places; i++)
        wm_block_free(atomic_load(&sink->blocks[i]));
    wm_free(&sink->dispatch->host, sink->blocks, places * sizeof *sink->blocks);
    sink->blocks = NULL;
}

void wm_sink_free(wm_sink *sink)
{
    const wanmi_host *host = &sink->dispatch->host;
    wm_sink_empty(sink);
    for (uint32_t i = 0; sink->lanes != NULL && i < sink->def.lanes; i++) {
        wm_letters_drop(&sink->lanes[i].letters);
        pthread_mutex_destroy(&sink->lanes[i].lock);
    }
    wm_free_aligned(host, sink->lanes, sink->def.lanes * sizeof *sink->lanes, WM_LINE_PAIR);
    wm_free_aligned(host, sink, sizeof *sink, WM_LINE_PAIR);
}

static wanmi_status fill_lane(wm_lane *lane, wanmi_error *error)
{
    wm_sink *sink = lane->sink;
    wanmi_dispatch *d = sink->dispatch;
    const wanmi_host *host = &d->host;
    bool parks = wm_parks(sink), polled = wm_polled(sink);
    lane->outcomes = wm_alloc(host, sink->def.batch_max);
    lane->timings = wm_alloc_zero(host, sizeof *lane->timings);
    if (lane->outcomes == NULL || lane->timings == NULL)
        return wm_error_memory(error);
    if (parks && sink->def.order == WANMI_ORDER_UNIT) {
        lane->seen = wm_seen_make(host);
        if (lane->seen == NULL)
            return wm_error_memory(error);
    }
    if (parks && !polled) {
        lane->again = wm_again_make(host);
        if (lane->again == NULL)
            return wm_error_memory(error);
    }
    if (parks) {
        wanmi_status status = wm_parking_open(&lane->parking, host, sink->def.parked_max, error);
        if (status != WANMI_OK)
            return status;
    }
    return wm_letters_open(&lane->letters, d, error);
}

static wanmi_status make_lanes(wm_sink *sink, wanmi_error *error)
{
    const wanmi_host *host = &sink->dispatch->host;
    size_t bytes = sink->def.lanes * sizeof *sink->lanes;
    sink->lanes = wm_alloc_aligned(host, bytes, WM_LINE_PAIR);
    if (sink->lanes == NULL)
        return wm_error_memory(error);
    memset(sink->lanes, 0, bytes);
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        lane->sink = sink;
        lane->number = i;
        lane->park = wm_polled(sink) ? &sink->park : &lane->own_park;
        /* Never 0, and not the same for lanes made at one instant. */
        lane->random = (uint64_t)wm_steady_ns(host) * 0x9E3779B97F4A7C15u
                       ^ ((uint64_t)sink->number << 32 | (i + 1));
        lane->random |= lane->random == 0;
        pthread_mutex_init(&lane->lock, NULL);
    }
    wanmi_status status = WANMI_OK;
    for (uint32_t i = 0; i < sink->def.lanes && status == WANMI_OK; i++)
        status = fill_lane(&sink->lanes[i], error);
    return status;
}

wanmi_status wm_sink_make(wanmi_dispatch *d, const wanmi_sink_def *def, const char *name,
                          uint32_t number, wm_sink **made, wanmi_error *error)
{
    wm_sink *sink = wm_alloc_aligned(&d->host, sizeof *sink, WM_LINE_PAIR);
    if (sink == NULL)
        return wm_error_memory(error);
    memset(sink, 0, sizeof *sink);
    wm_side_init(&sink->letters_done, NULL, NULL);
    sink->dispatch = d;
    sink->def = *def;
    sink->def.name = name;
    sink->number = number;
    sink->bands = def->urgent_max >= 0 ? WM_BANDS_MAX : 1;
    sink->links = def->lanes * sink->bands;
    sink->lane_mask = (def->lanes & (def->lanes - 1)) == 0 ? def->lanes - 1 : WANMI_NONE;
    sink->blocks = wm_alloc_zero(&d->host, d->options.producers_max * sizeof *sink->blocks);
    wanmi_status status = sink->blocks != NULL ? make_lanes(sink, error) : wm_error_memory(error);
    if (status != WANMI_OK) {
        wm_sink_free(sink);
        return status;
    }
    *made = sink;
    return WANMI_OK;
}
