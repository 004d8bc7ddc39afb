/* The mode in force. An intake takes it up when a submit begins; texts of modes
 * stay as long as the flow, so nobody waits for anybody. */
#include <string.h>

#include "internal.h"

/* More different words than this are no modes. */
enum { MODES_MAX = 1024 };

static wanmi_status keep(wanmi_flow *flow, const char *mode, const char **kept, wanmi_error *error)
{
    for (wm_mode *m = flow->modes; m != NULL; m = m->next)
        if (strcmp(m->text, mode) == 0) {
            *kept = m->text;
            return WANMI_OK;
        }
    if (flow->mode_count == MODES_MAX)
        return wm_error(error, WANMI_E_LIMIT, "the flow was in %d different modes", MODES_MAX);
    wm_mode *fresh = wm_arena_alloc(&flow->texts, sizeof *fresh);
    const char *text = fresh != NULL ? wm_arena_text(&flow->texts, mode) : NULL;
    if (text == NULL)
        return wm_error_memory(error);
    *fresh = (wm_mode){text, flow->modes};
    flow->modes = fresh;
    flow->mode_count++;
    *kept = text;
    return WANMI_OK;
}

wanmi_status wanmi_flow_set_mode(wanmi_flow *flow, const char *mode, wanmi_error *error)
{
    if (flow == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no flow was given");
    if (wm_flow_forked(flow, error))
        return WANMI_E_DISPATCH_STATE;
    const wm_place place = {.value = mode};
    if (mode != NULL && (strchr(mode, ';') != NULL || strlen(mode) > WANMI_CODE_MAX))
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "a mode is one word of up to %d bytes without ';'",
                           WANMI_CODE_MAX);
    pthread_mutex_lock(&flow->lock);
    const char *kept = NULL;
    wanmi_status status = keep(flow, mode != NULL ? mode : "", &kept, error);
    if (status == WANMI_OK)
        atomic_store(&flow->mode, kept);
    pthread_mutex_unlock(&flow->lock);
    return status;
}

void wm_mode_take_up(const wanmi_flow *flow, wm_station *station)
{
    const char *mode = atomic_load(&((wanmi_flow *)flow)->mode);
    if (mode == station->mode)
        return;
    wanmi_router_set_mode(station->router, mode, NULL);
    station->mode = mode;
}
