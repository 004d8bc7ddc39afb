/* Warnings: rules that can match no event, and roles that nobody has. A rule is
 * held against single earlier ones, not against several together. */
#include "plan.h"

#include <stdio.h>
#include <string.h>

typedef struct wm_view {
    wm_compile *compile;
    uint32_t number;
    wanmi_rule_def def;
} wm_view;

static void say(const wm_view *view, const char *value, const char *words)
{
    const wm_place place = {.layer = "wanmi_rules", .row = view->def.row, .value = value};
    wm_warn(view->compile, &place, "rule with seq %d: %s", view->def.seq, words);
}

/* ---- rules that end the search --------------------------------------------------------- */

static bool same_hours(const wm_pattern *a, const wm_pattern *b)
{
    return a->count == b->count
        && (a->count == 0 || memcmp(a->spans, b->spans, a->count * sizeof *a->spans) == 0);
}

static bool covers_when(const wm_when *outer, const wm_when *inner)
{
    if (outer == NULL || inner == NULL)
        return outer == NULL;
    bool days = outer->days == WANMI_DAYS_ANY
             || (outer->days == inner->days && outer->calendar == inner->calendar
                 && (inner->weekdays & ~outer->weekdays) == 0);
    return days && same_hours(&outer->hours, &inner->hours);
}

static bool covers_owner(const wm_owner *outer, const wm_owner *inner)
{
    if (outer == NULL || inner == NULL)
        return outer == NULL;
    return (outer->place < 0 || outer->place == inner->place)
        && outer->first_unit <= inner->first_unit && outer->end_unit >= inner->end_unit
        && (outer->kind == WANMI_NONE || outer->kind == inner->kind);
}

/* Whether the outer rule matches whatever the inner one matches, class aside. */
static bool covers(const wm_rule *outer, const wm_rule *inner)
{
    bool place = outer->layer == WANMI_NONE
              || (outer->layer == inner->layer && outer->first_area <= inner->first_area
                  && outer->end_area >= inner->end_area);
    return place && (inner->modes & ~outer->modes) == 0
        && (outer->source == WANMI_NONE || outer->source == inner->source)
        && outer->min_severity <= inner->min_severity
        && outer->from <= inner->from && outer->to >= inner->to
        && covers_when(outer->when, inner->when) && covers_owner(outer->owner, inner->owner);
}

static void warn_if_shadowed(const wm_view *view)
{
    const wanmi_plan *plan = view->compile->plan;
    /* The list of the rule's own class has every earlier rule whose class covers it. */
    const wm_prefix *prefix = &plan->prefixes[wm_class_prefix(plan, view->def.class_prefix)];
    for (uint32_t i = 0; i < prefix->count && plan->lists[prefix->first + i] < view->number; i++) {
        uint32_t earlier = plan->lists[prefix->first + i];
        if (!plan->rules[earlier].last || !covers(&plan->rules[earlier], &plan->rules[view->number]))
            continue;
        wanmi_rule_def def;
        wanmi_rule_def_init(&def);
        wanmi_map_rule(plan->map, earlier, &def);
        char words[96];
        snprintf(words, sizeof words, "can never match: the rule with seq %d matches all that it could, "
                 "and is the last", def.seq);
        say(view, NULL, words);
        return;
    }
}

/* ---- conditions that never hold ---------------------------------------------------------- */

static bool week_has(const wm_calendar *calendar, bool works)
{
    for (unsigned d = 0; d < 7; d++)
        if ((calendar->week[d].count != 0) == works)
            return true;
    for (uint32_t i = 0; i < calendar->range_count; i++)
        if ((calendar->ranges[i].pattern.count != 0) == works)
            return true;
    for (uint32_t i = 0; i < calendar->date_count; i++)
        if ((calendar->dates[i].pattern.count != 0) == works)
            return true;
    return false;
}

static void warn_of_days(const wm_view *view, const wm_when *when)
{
    if (when == NULL || (when->days != WANMI_DAYS_WORK && when->days != WANMI_DAYS_REST))
        return;
    if (!week_has(&view->compile->plan->calendars.list[when->calendar], when->days == WANMI_DAYS_WORK))
        say(view, view->def.weekdays, "can never match: the calendar has no such day");
}

static void warn_of_owner(const wm_view *view, const wm_owner *owner)
{
    const wanmi_plan *plan = view->compile->plan;
    if (owner == NULL)
        return;
    for (uint32_t i = 0; i < plan->object_count; i++) {
        wanmi_object_info object;
        if (wanmi_map_object(plan->map, i, &object) == WANMI_OK
            && wm_owner_holds(plan, owner, object.owners))
            return;
    }
    say(view, view->def.owner, "can never match: no object has such an owner");
}

static void warn_of_role(const wm_view *view, const wm_rule *rule)
{
    const wanmi_plan *plan = view->compile->plan;
    if (rule->office == WANMI_NONE || rule->unit_count != 0)
        return;
    for (uint32_t i = 0; i < plan->run_count; i++)
        if (plan->runs[i].role == rule->role)
            return;
    say(view, view->def.role, "reaches nobody: no area has a duty of this role");
}

void wm_warn_of_rules(wm_compile *compile)
{
    const wanmi_plan *plan = compile->plan;
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_rule *rule = &plan->rules[i];
        wm_view view = {.compile = compile, .number = i};
        wanmi_rule_def_init(&view.def);
        wanmi_map_rule(plan->map, i, &view.def);
        if (rule->layer != WANMI_NONE && rule->first_area == rule->end_area)
            say(&view, view.def.layer, "can never match: the layer has no such area");
        warn_of_days(&view, rule->when);
        warn_of_owner(&view, rule->owner);
        warn_of_role(&view, rule);
        warn_if_shadowed(&view);
    }
}
