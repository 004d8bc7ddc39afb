/* Escalations that never apply, or find nobody. */
#include "check_tables.h"

#include <string.h>

static bool has(const wm_look *look, const char *role, unsigned bit)
{
    uint32_t number = wanmi_map_find_role(look->map, role);
    return number != WANMI_NONE && (look->roles[number] & bit) != 0;
}

static void say(const wm_look *look, const wanmi_escalation_def *def, const char *column,
                const char *value, const char *words)
{
    const wm_place place = {.layer = "wanmi_escalations", .row = def->row, .column = column,
                            .value = value};
    wm_warn(look->compile, &place, "escalation with seq %d: %s", def->seq, words);
}

static bool is(const char *text, const char *word)
{
    return text != NULL && strcmp(text, word) == 0;
}

static void warn_of_target(const wm_look *look, const wanmi_escalation_def *def)
{
    bool named = def->target_role != NULL && def->target_role[0] != '\0';
    bool asks_role = is(def->to, "holder") || (is(def->to, "area_parent") && named);
    if (asks_role && !has(look, def->target_role, WM_ROLE_DUTY))
        say(look, def, "target_role", def->target_role, "finds nobody: no area has a duty of this role");
    if (is(def->to, "unit_parent") && !look->has_parents)
        say(look, def, "to", def->to, "finds nobody: no unit has a parent");
}

void wm_warn_of_escalations(const wm_look *look)
{
    for (uint32_t i = 0; i < wanmi_map_escalation_count(look->map); i++) {
        wanmi_escalation_def def;
        wanmi_escalation_def_init(&def);
        wanmi_map_escalation(look->map, i, &def);
        if (def.role != NULL && def.role[0] != '\0' && !has(look, def.role, WM_ROLE_REACHED))
            say(look, &def, "role", def.role, "never applies: no delivery is in this role");
        if (is(def.since, "due") && !look->has_deadlines)
            say(look, &def, "from", def.since, "never applies: no rule names a deadline, so nothing is due");
        warn_of_target(look, &def);
    }
}
