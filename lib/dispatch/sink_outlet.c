/* Outlets: see sink_outlet.h. */
#include "sink_outlet.h"

#include <string.h>

static size_t size_of(const void *given)
{
    size_t size;
    memcpy(&size, given, sizeof size);
    return size;
}

bool wm_outlet_fits(const void *given, size_t size)
{
    return given != NULL && size_of(given) >= sizeof(size_t) && size_of(given) <= size;
}

wanmi_status wm_outlet_options(void *to, size_t size, const void *from, const char *type,
                               wanmi_error *error)
{
    if (!wm_outlet_fits(from, size))
        return wm_error(error, WANMI_E_ARGUMENT, "%s was not filled by %s_init", type, type);
    memcpy(to, from, size_of(from));
    memcpy(to, &size, sizeof size);
    return WANMI_OK;
}

wanmi_status wm_outlet_make(size_t size, size_t line_max, const wanmi_host *host, void **sink,
                            wanmi_error *error)
{
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wm_outlet *outlet = wm_alloc_zero(&own, size);
    if (outlet == NULL || !wm_lines_open(&outlet->lines, line_max, &own)) {
        wm_free(&own, outlet, size);
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    outlet->host = own;
    outlet->size = size;
    pthread_mutex_init(&outlet->lock, NULL);
    *sink = outlet;
    return WANMI_OK;
}

void wm_outlet_free(void *sink)
{
    wm_outlet *outlet = sink;
    wanmi_host host = outlet->host;
    wm_lines_drop(&outlet->lines, &host);
    pthread_mutex_destroy(&outlet->lock);
    wm_free(&host, outlet, outlet->size);
    wm_host_drop(&host);
}

wanmi_status wm_outlet_def(void *sink, const char *name, wanmi_deliver_fn deliver,
                           void (*release)(void *user), wanmi_sink_def *def, wanmi_error *error)
{
    if (sink == NULL || name == NULL || def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the sink, its name or its definition is NULL");
    wanmi_sink_def_init(def);
    def->name = name;
    def->deliver = deliver;
    def->user = sink;
    def->release = release;
    def->order = WANMI_ORDER_BATCH;
    return WANMI_OK;
}

void wm_outlet_figures(wm_outlet *outlet, void *to, const void *figures)
{
    size_t size = size_of(to);
    pthread_mutex_lock(&outlet->lock);
    memcpy(to, figures, size);
    pthread_mutex_unlock(&outlet->lock);
    memcpy(to, &size, sizeof size);
}
