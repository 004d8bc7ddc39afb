/* Modes: words that switch rules on and off while a flow runs. A plan numbers
 * the words that its rows name; every other mode is alike. */
#include "plan.h"

#include <string.h>

static uint32_t find(const wanmi_plan *plan, const char *word, size_t length)
{
    uint32_t at = 0;
    while (at < plan->mode_count
           && (strlen(plan->modes[at]) != length || memcmp(plan->modes[at], word, length) != 0))
        at++;
    return at;
}

static wanmi_status add(wm_compile *compile, const char *word, size_t length, const wm_place *place)
{
    wanmi_plan *plan = compile->plan;
    if (plan->mode_count == WM_MODES_MAX)
        return wm_problem(compile, WANMI_E_LIMIT, place, "the map's rows name more than %u modes",
                          WM_MODES_MAX);
    const char *kept = wm_arena_text_n(&plan->arena, word, length);
    if (kept == NULL)
        return WANMI_E_MEMORY;
    compile->mode_place[plan->mode_count] = *place;
    plan->modes[plan->mode_count++] = kept;
    return WANMI_OK;
}

wanmi_status wm_modes_read(wm_compile *compile, const char *list, const wm_place *place, wm_modes *modes)
{
    wanmi_plan *plan = compile->plan;
    const char *word;
    size_t at = 0, length;
    wm_modes named = 0;
    while (wanmi_list_next(list, &at, &word, &length, NULL) == WANMI_OK) {
        uint32_t mode = find(plan, word, length);
        wanmi_status status = mode == plan->mode_count ? add(compile, word, length, place) : WANMI_OK;
        if (status != WANMI_OK)
            return status;
        if (mode == plan->mode_count)
            continue;                   /* one too many, and told */
        compile->mode_rows[mode]++;
        named |= (wm_modes)1 << mode;
    }
    *modes = named != 0 ? named : WM_ALL_MODES;
    return WANMI_OK;
}

wm_modes wm_mode_of(const wanmi_plan *plan, const char *mode)
{
    if (mode == NULL || mode[0] == '\0')
        mode = "normal";
    return (wm_modes)1 << find(plan, mode, strlen(mode));
}

/* A word that one row has alone, where others share theirs, may be a slip. */
void wm_warn_of_modes(wm_compile *compile)
{
    const wanmi_plan *plan = compile->plan;
    bool shared = false;
    for (uint32_t i = 0; i < plan->mode_count; i++)
        shared |= compile->mode_rows[i] > 1 && strcmp(plan->modes[i], "normal") != 0;
    for (uint32_t i = 0; i < plan->mode_count && shared; i++) {
        wm_place place = compile->mode_place[i];
        place.value = plan->modes[i];
        place.column = "mode";
        if (compile->mode_rows[i] == 1 && strcmp(plan->modes[i], "normal") != 0)
            wm_note(compile, &place, "no other row names this mode");
    }
}
