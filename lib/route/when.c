/* Days and hours of a rule. Hours that cross midnight belong to the day on which
 * they begin, so the small hours ask for the day before. */
#include "plan.h"

wanmi_status wm_when_read(wm_compile *compile, const wanmi_rule_def *def, const wm_place *place,
                          const wm_when **when)
{
    wanmi_plan *plan = compile->plan;
    wanmi_days days = {.kind = WANMI_DAYS_ANY};
    wm_when found = {.calendar = WANMI_NONE};
    wanmi_days_parse(def->weekdays, &days, NULL);
    wanmi_status status = wm_pattern_read(&plan->arena, def->hours, &found.hours);
    if (status != WANMI_OK)
        return status;
    *when = NULL;
    if (days.kind == WANMI_DAYS_ANY && found.hours.count == 0)
        return WANMI_OK;
    found.days = days.kind;
    found.weekdays = days.weekdays;
    if (days.kind == WANMI_DAYS_WORK || days.kind == WANMI_DAYS_REST) {
        found.calendar = wm_calendars_find(&plan->calendars, days.calendar);
        if (found.calendar == WANMI_NONE)
            return wm_problem(compile, WANMI_E_ROUTE_RULE, place,
                              "rule with seq %d: there is no calendar %.100s", def->seq, days.calendar);
    }
    wm_when *kept = wm_arena_alloc(&plan->arena, sizeof *kept);
    if (kept == NULL)
        return WANMI_E_MEMORY;
    *kept = found;
    *when = kept;
    return WANMI_OK;
}

bool wm_when_day(const wanmi_plan *plan, const wm_when *when, int64_t day)
{
    if (when->days == WANMI_DAYS_ANY)
        return true;
    if (when->days == WANMI_DAYS_WEEK)
        return (when->weekdays >> wm_weekday(day) & 1) != 0;
    bool works = wm_calendar_works(&plan->calendars.list[when->calendar], day);
    return works == (when->days == WANMI_DAYS_WORK);
}

bool wm_when_holds(const wanmi_plan *plan, const wm_when *when, wm_local local)
{
    if (when->hours.count == 0)
        return wm_when_day(plan, when, local.day);
    for (uint32_t i = 0; i < when->hours.count; i++) {
        const wanmi_hours *span = &when->hours.spans[i];
        int32_t next_day = local.minute + WM_DAY_MINUTES;
        if (local.minute >= span->from_minute && local.minute < span->to_minute
            && wm_when_day(plan, when, local.day))
            return true;
        if (next_day < span->to_minute && wm_when_day(plan, when, local.day - 1))
            return true;
    }
    return false;
}
