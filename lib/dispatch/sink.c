/* Sinks: their definition, and their lanes before the threads start. */
#include <string.h>

#include "base/text.h"
#include "internal.h"

enum { BATCH_DEFAULT = 1024, BATCH_MAX = 65536 };

void wanmi_sink_def_init(wanmi_sink_def *def)
{
    *def = (wanmi_sink_def){.struct_size = sizeof *def, .lanes = 1, .batch_max = BATCH_DEFAULT};
}

static wanmi_status check_def(const wanmi_sink_def *def, wanmi_error *error)
{
    size_t length = def->name != NULL ? strnlen(def->name, sizeof ((wm_sink *)0)->name) : 0;
    if (length == 0 || length >= sizeof ((wm_sink *)0)->name)
        return wm_error(error, WANMI_E_ARGUMENT, "a sink's name has 1 to 63 bytes");
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)def->name[i] < 0x20 || def->name[i] == 0x7F)
            return wm_error(error, WANMI_E_ARGUMENT, "a sink's name has a control character at byte %zu", i + 1);
    if (!wm_text_is_utf8(def->name, length))
        return wm_error(error, WANMI_E_ARGUMENT, "a sink's name is not UTF-8");
    if (def->deliver == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s has no callback", def->name);
    if (def->lanes < 1 || def->lanes > WANMI_LANES_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s: 1 to %d lanes, not %u", def->name,
                        WANMI_LANES_MAX, def->lanes);
    if (def->batch_max < 1 || def->batch_max > BATCH_MAX)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s: batch_max is 1 to %d, not %u", def->name,
                        BATCH_MAX, def->batch_max);
    if (def->policy != WANMI_POLICY_OVERFLOW && def->policy != WANMI_POLICY_BLOCK)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s: unknown policy %d", def->name,
                        (int)def->policy);
    if (def->block_us < 0)
        return wm_error(error, WANMI_E_ARGUMENT, "sink %s: block_us is negative", def->name);
    return WANMI_OK;
}

/* Reads a definition that an older caller may have made shorter. */
static wanmi_status read_def(wanmi_sink_def *to, const wanmi_sink_def *from, wanmi_error *error)
{
    if (from == NULL || from->struct_size < sizeof(size_t) || from->struct_size > sizeof *from)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_sink_def was not filled by wanmi_sink_def_init");
    wanmi_sink_def_init(to);
    memcpy(to, from, from->struct_size);
    to->struct_size = sizeof *to;
    return check_def(to, error);
}

void wm_sink_free(wm_sink *sink)
{
    const wanmi_host *host = &sink->dispatch->host;
    for (uint32_t i = 0; sink->lanes != NULL && i < sink->def.lanes; i++) {
        wm_letters_drop(&sink->lanes[i].letters);
        wm_free(host, sink->lanes[i].outcomes, sink->def.batch_max);
    }
    wm_free_aligned(host, sink->lanes, sink->def.lanes * sizeof *sink->lanes, WM_LINE_PAIR);
    wm_free_aligned(host, sink, sizeof *sink, WM_LINE_PAIR);
}

static wanmi_status make_lanes(wanmi_dispatch *d, wm_sink *sink, wanmi_error *error)
{
    size_t bytes = sink->def.lanes * sizeof *sink->lanes;
    sink->lanes = wm_alloc_aligned(&d->host, bytes, WM_LINE_PAIR);
    if (sink->lanes == NULL)
        return wm_error_memory(error);
    memset(sink->lanes, 0, bytes);
    for (uint32_t i = 0; i < sink->def.lanes; i++) {
        wm_lane *lane = &sink->lanes[i];
        lane->sink = sink;
        lane->number = i;
        lane->index = sink->first_lane + i;
        lane->outcomes = wm_alloc(&d->host, sink->def.batch_max);
        if (lane->outcomes == NULL)
            return wm_error_memory(error);
        wanmi_status status = wm_letters_open(&lane->letters, d, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status make_sink(wanmi_dispatch *d, const wanmi_sink_def *def, wm_sink **made,
                              wanmi_error *error)
{
    wm_sink *sink = wm_alloc_aligned(&d->host, sizeof *sink, WM_LINE_PAIR);
    if (sink == NULL)
        return wm_error_memory(error);
    memset(sink, 0, sizeof *sink);
    wm_side_init(&sink->letters_done, NULL, NULL);
    sink->dispatch = d;
    sink->def = *def;
    wm_text_fit(sink->name, sizeof sink->name, def->name);
    sink->def.name = sink->name;
    sink->index = wanmi_dispatch_sink_count(d);
    sink->first_lane = d->lane_count;
    wanmi_status status = make_lanes(d, sink, error);
    if (status != WANMI_OK) {
        wm_sink_free(sink);
        return status;
    }
    *made = sink;
    return WANMI_OK;
}

static wanmi_status add(wanmi_dispatch *d, const wanmi_sink_def *def, uint32_t *index,
                        wanmi_error *error)
{
    uint32_t count = wanmi_dispatch_sink_count(d);
    if (d->state != WM_MADE)
        return wm_error(error, WANMI_E_DISPATCH_STATE, "sink %s: sinks are added before the start",
                        def->name);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(d->sinks[i]->name, def->name) == 0)
            return wm_error(error, WANMI_E_DISPATCH_SINK, "there is a sink %s already", def->name);
    if (count == WANMI_SINKS_MAX)
        return wm_error(error, WANMI_E_DISPATCH_SINK, "sink %s: there are %d already, no more go in",
                        def->name, WANMI_SINKS_MAX);
    wm_sink *sink = NULL;
    wanmi_status status = make_sink(d, def, &sink, error);
    if (status != WANMI_OK)
        return status;
    d->sinks[count] = sink;
    d->lane_count += def->lanes;
    atomic_store_explicit(&d->sink_count, count + 1, memory_order_release);
    *index = count;
    return WANMI_OK;
}

wanmi_status wanmi_dispatch_add_sink(wanmi_dispatch *d, const wanmi_sink_def *def, uint32_t *sink,
                                     wanmi_error *error)
{
    if (d == NULL || sink == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the dispatch or the place for the sink is NULL");
    wanmi_sink_def copy;
    wanmi_status status = read_def(&copy, def, error);
    if (status != WANMI_OK)
        return status;
    pthread_mutex_lock(&d->control);
    status = add(d, &copy, sink, error);
    pthread_mutex_unlock(&d->control);
    return status;
}

uint32_t wanmi_dispatch_sink_count(const wanmi_dispatch *d)
{
    return atomic_load_explicit(&d->sink_count, memory_order_acquire);
}

const char *wanmi_dispatch_sink_name(const wanmi_dispatch *d, uint32_t sink)
{
    return sink < wanmi_dispatch_sink_count(d) ? d->sinks[sink]->name : NULL;
}
