/* PROJ contexts: see internal.h. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"

/* PROJ's first message names the cause, later ones its consequences. */
static void keep_first(void *user, int level, const char *message)
{
    wm_proj *proj = user;
    if (level == PJ_LOG_ERROR && proj->complaint[0] == '\0')
        wm_text_fit(proj->complaint, sizeof proj->complaint, message);
}

static wanmi_status no_database(wm_proj *proj, const wanmi_host *host, wanmi_error *error)
{
    const wm_place place = {.file = host->proj_data};
    char cause[300];
    snprintf(cause, sizeof cause, "%s", wm_proj_complaint(proj));
    wm_proj_close(proj);
    return wm_error_at(error, WANMI_E_CRS_DATABASE, &place,
                       "proj.db is missing or unreadable (%s); install PROJ's data (Debian: "
                       "proj-data) or name the folder that holds proj.db as proj_data", cause);
}

wanmi_status wm_proj_open(wm_proj *to, const wanmi_host *host, wanmi_error *error)
{
    *to = (wm_proj){.context = proj_context_create()};
    if (to->context == NULL)
        return wm_error_memory(error);
    proj_log_func(to->context, to, keep_first);
    proj_log_level(to->context, PJ_LOG_ERROR);
    proj_context_set_enable_network(to->context, 0);
    if (host->proj_data != NULL)
        proj_context_set_search_paths(to->context, 1, &host->proj_data);
    if (proj_context_get_database_path(to->context) == NULL)
        return no_database(to, host, error);
    wm_proj_forget(to);
    return WANMI_OK;
}

void wm_proj_close(wm_proj *proj)
{
    if (proj->context != NULL)
        proj_context_destroy(proj->context);
    proj->context = NULL;
}

const char *wm_proj_complaint(const wm_proj *proj)
{
    if (proj->complaint[0] != '\0')
        return proj->complaint;
    int number = proj_context_errno(proj->context);
    const char *text = number != 0 ? proj_context_errno_string(proj->context, number) : NULL;
    return text != NULL ? text : "PROJ gives no reason";
}

void wm_proj_forget(wm_proj *proj)
{
    proj->complaint[0] = '\0';
}
