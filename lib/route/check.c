/* wanmi_plan_check: what people who write rules should look at again. */
#include "plan.h"

static wanmi_status check(wm_compile *compile, wanmi_map *map, wanmi_words *words)
{
    wanmi_plan *plan = NULL;
    wanmi_status status = wm_plan_make(compile, map, words, &plan);
    wanmi_plan_release(plan);
    /* What is wrong with the map was told; only what hinders the check itself ends it. */
    if (status != WANMI_OK && (compile->problems == 0 || status != compile->first.status))
        return status;
    status = wm_check_tables(compile, map);
    return status == WANMI_OK ? WANMI_OK : wm_error_memory(compile->error);
}

wanmi_status wanmi_plan_check(wanmi_map *map, int64_t instant_us, wanmi_plan_finding_fn on_finding,
                              void *user, uint64_t *found, wanmi_error *error)
{
    if (map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_plan_check needs a map");
    const wanmi_host *host = wanmi_map_host(map);
    wanmi_words *words = NULL;
    wanmi_error failure;                /* the first thing wrong with the map stands here too */
    wm_compile compile = {.checking = true, .on_finding = on_finding, .finding_user = user,
                          .error = &failure,
                          .instant_us = instant_us != WANMI_TIME_NONE ? instant_us : wm_now_us(host)};
    wanmi_status status = wanmi_words_create(host, &words, error);
    if (status != WANMI_OK)
        return status;
    status = check(&compile, map, words);
    wanmi_words_release(words);
    if (status != WANMI_OK && error != NULL)
        *error = failure;
    else if (status == WANMI_OK && found != NULL)
        *found = compile.found;
    return status;
}
