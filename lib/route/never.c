/* Warnings: rules that can match no event, and roles that nobody has. A rule is
 * held against single earlier ones, not against several together. */
#include "plan.h"

#include <stdio.h>

typedef struct wm_view {
    wm_compile *compile;
    uint32_t number;
    wanmi_rule_def def;
    const uint8_t *owned;               /* of each unit: in which places it owns some object */
} wm_view;

static wm_place place_of(const wm_view *view, const char *column, const char *value)
{
    return (wm_place){.layer = "wanmi_rules", .row = view->def.row, .column = column, .value = value};
}

static void say(const wm_view *view, const char *column, const char *value, const char *words)
{
    const wm_place place = place_of(view, column, value);
    wm_warn(view->compile, &place, "rule with seq %d: %s", view->def.seq, words);
}

/* ---- rules that end the search --------------------------------------------------------- */

static const wanmi_hours WHOLE_DAY = {0, WM_DAY_MINUTES};

/* How far the hours reach that have begun by `minute` of a day. With `any_day` the day
 * before and the one after have them too; else only this day is known to. */
static int32_t reach(const wm_pattern *hours, int32_t minute, bool any_day)
{
    uint32_t count = hours->count != 0 ? hours->count : 1;
    const wanmi_hours *spans = hours->count != 0 ? hours->spans : &WHOLE_DAY;
    int32_t most = minute;
    for (uint32_t i = 0; i < count; i++)
        for (int32_t shift = any_day ? -WM_DAY_MINUTES : 0; shift <= (any_day ? WM_DAY_MINUTES : 0);
             shift += WM_DAY_MINUTES)
            if (spans[i].from_minute + shift <= minute && spans[i].to_minute + shift > most)
                most = spans[i].to_minute + shift;
    return most;
}

static bool covers_hours(const wm_pattern *outer, const wm_pattern *inner, bool any_day)
{
    uint32_t count = inner->count != 0 ? inner->count : 1;
    const wanmi_hours *spans = inner->count != 0 ? inner->spans : &WHOLE_DAY;
    for (uint32_t i = 0; i < count; i++)
        for (int32_t at = spans[i].from_minute, next; at < spans[i].to_minute; at = next) {
            next = reach(outer, at, any_day);
            if (next == at)
                return false;
        }
    return true;
}

static bool covers_when(const wm_when *outer, const wm_when *inner)
{
    static const wm_when always = {.days = WANMI_DAYS_ANY, .calendar = WANMI_NONE};
    if (outer == NULL)
        return true;
    if (inner == NULL)
        inner = &always;
    bool any_day = outer->days == WANMI_DAYS_ANY
                || (outer->days == WANMI_DAYS_WEEK && outer->weekdays == 0x7F);
    bool days = any_day
             || (outer->days == inner->days && outer->calendar == inner->calendar
                 && (inner->weekdays & ~outer->weekdays) == 0);
    return days && covers_hours(&outer->hours, &inner->hours, any_day);
}

static bool covers_owner(const wm_owner *outer, const wm_owner *inner)
{
    if (outer == NULL || inner == NULL)
        return outer == NULL;
    return (outer->place < 0 || outer->place == inner->place)
        && outer->first_unit <= inner->first_unit && outer->end_unit >= inner->end_unit
        && (outer->kind == WANMI_NONE || outer->kind == inner->kind);
}

/* Rules are tried for events in a cell only: who asks for any cell asks for nothing. */
static bool is_anywhere(const wanmi_plan *plan, const wm_rule *rule)
{
    if (rule->layer == WANMI_NONE || rule->layer != plan->cell_layer)
        return rule->layer == WANMI_NONE;
    const wm_layer *cells = &plan->layers[plan->cell_layer];
    return rule->first_area <= cells->first_area
        && rule->end_area >= cells->first_area + cells->area_count;
}

/* Whether the outer rule matches whatever the inner one matches, class aside. */
static bool covers(const wanmi_plan *plan, const wm_rule *outer, const wm_rule *inner)
{
    bool place = is_anywhere(plan, outer)
              || (outer->layer == inner->layer && outer->first_area <= inner->first_area
                  && outer->end_area >= inner->end_area);
    return place && (inner->modes & ~outer->modes) == 0
        && (outer->source == WANMI_NONE || outer->source == inner->source)
        && outer->min_severity <= inner->min_severity
        && outer->from <= inner->from && outer->to >= inner->to
        && covers_owner(outer->owner, inner->owner) && covers_when(outer->when, inner->when);
}

static void warn_if_shadowed(const wm_view *view)
{
    const wanmi_plan *plan = view->compile->plan;
    /* The list of the rule's own class has every earlier rule whose class covers it. */
    const wm_prefix *prefix = &plan->prefixes[wm_class_prefix(plan, view->def.class_prefix)];
    for (uint32_t i = 0; i < prefix->count && plan->lists[prefix->first + i] < view->number; i++) {
        uint32_t earlier = plan->lists[prefix->first + i];
        if (!plan->rules[earlier].last || !covers(plan, &plan->rules[earlier], &plan->rules[view->number]))
            continue;
        wanmi_rule_def def;
        wanmi_rule_def_init(&def);
        wanmi_map_rule(plan->map, earlier, &def);
        char words[96];
        snprintf(words, sizeof words, "can never match: the rule with seq %d matches all that it could, "
                 "and is the last", def.seq);
        say(view, NULL, NULL, words);
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
        say(view, "weekdays", view->def.weekdays, "can never match: the calendar has no such day");
}

/* Owners are looked up in what the objects together have: a rule then costs no
 * walk through all of them. */
static void warn_of_owner(const wm_view *view, const wm_owner *owner)
{
    const wanmi_plan *plan = view->compile->plan;
    if (owner == NULL)
        return;
    for (uint32_t unit = owner->first_unit; unit < owner->end_unit; unit++)
        for (int32_t place = 0; place < 3; place++) {
            const uint32_t owners[3] = {place == 0 ? unit : WANMI_NONE, place == 1 ? unit : WANMI_NONE,
                                        place == 2 ? unit : WANMI_NONE};
            if ((view->owned[unit] >> place & 1) != 0 && wm_owner_holds(plan, owner, owners))
                return;
        }
    say(view, "owner", view->def.owner, "can never match: no object has such an owner");
}

/* A bit for each place in which some object has the unit. */
static void find_owned(const wanmi_plan *plan, uint8_t *owned)
{
    for (uint32_t i = 0; i < plan->object_count; i++) {
        wanmi_object_info object;
        wanmi_map_object(plan->map, i, &object);
        for (unsigned place = 0; place < 3; place++)
            if (object.owners[place] != WANMI_NONE)
                owned[object.owners[place]] |= (uint8_t)(1u << place);
    }
}

static void warn_of_role(const wm_view *view, const wm_rule *rule)
{
    const wanmi_plan *plan = view->compile->plan;
    if (rule->office == WANMI_NONE || plan->offices[rule->office].most != 0)
        return;
    say(view, "role", view->def.role, rule->unit_count != 0
        ? "only the units are reached: no area it asks, nor one above, has a duty of this role"
        : "reaches nobody: no area it asks, nor one above, has a duty of this role");
}

/* ---- what hangs on the instant of a check ------------------------------------------------ */

static bool is_valid_area(const wm_view *view, uint32_t area)
{
    wanmi_area_version version;
    int64_t now = view->compile->instant_us;
    return wanmi_map_area_version(view->compile->plan->map, area, &version) == WANMI_OK
        && (version.valid_from_us == WANMI_TIME_NONE || version.valid_from_us <= now)
        && (version.valid_to_us == WANMI_TIME_NONE || now < version.valid_to_us);
}

static void warn_of_areas(const wm_view *view, const wm_rule *rule)
{
    bool whole = view->def.area == NULL || view->def.area[0] == '\0';
    const char *column = whole ? "layer" : "area", *value = whole ? view->def.layer : view->def.area;
    if (rule->layer == WANMI_NONE)
        return;
    if (rule->first_area == rule->end_area) {
        say(view, column, value, "can never match: the layer has no areas");
        return;
    }
    if (!view->compile->checking)
        return;
    for (uint32_t area = rule->first_area; area < rule->end_area; area++)
        if (is_valid_area(view, area))
            return;
    say(view, column, value, "matches nothing now: no such area is valid at this instant");
}

static void note_validity(const wm_view *view, const wm_rule *rule)
{
    if (!view->compile->checking || rule->to > view->compile->instant_us)
        return;
    const wm_place place = place_of(view, "valid_to", NULL);
    wm_note(view->compile, &place, "rule with seq %d: its validity is over", view->def.seq);
}

wanmi_status wm_warn_of_rules(wm_compile *compile)
{
    const wanmi_plan *plan = compile->plan;
    size_t units = wanmi_map_unit_count(plan->map);
    uint8_t *owned = wm_alloc_zero(&plan->host, units);
    if (owned == NULL)
        return WANMI_E_MEMORY;
    find_owned(plan, owned);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const wm_rule *rule = &plan->rules[i];
        wm_view view = {.compile = compile, .number = i, .owned = owned};
        wanmi_rule_def_init(&view.def);
        wanmi_map_rule(plan->map, i, &view.def);
        warn_of_areas(&view, rule);
        warn_of_days(&view, rule->when);
        warn_of_owner(&view, rule->owner);
        warn_of_role(&view, rule);
        warn_if_shadowed(&view);
        note_validity(&view, rule);
    }
    wm_free(&plan->host, owned, units);
    return WANMI_OK;
}
