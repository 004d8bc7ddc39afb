/* Findings in the tables beside the rules: units that nothing leads to, duties
 * alike, deadlines and calendars that nothing names. Each table is marked from
 * what names it, so the work is that of reading all rows a few times. */
#include "check_tables.h"

#include <stdio.h>
#include <string.h>

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static void mark_unit(wm_look *look, uint32_t unit)
{
    if (unit != WANMI_NONE)
        look->units[unit] = 1;
}

static void mark_units_of_list(wm_look *look, const char *list)
{
    const char *word;
    size_t at = 0, length;
    while (wanmi_list_next(list, &at, &word, &length, NULL) == WANMI_OK) {
        char code[WANMI_CODE_MAX + 1];
        memcpy(code, word, length);
        code[length] = '\0';
        mark_unit(look, wanmi_map_find_unit(look->map, code));
    }
}

/* The rows of a table of names stand in the order of the names: gives the first
 * of a name, or WANMI_NONE. */
typedef const char *(*wm_name_fn)(const wanmi_map *map, uint32_t row);

static const char *calendar_name(const wanmi_map *map, uint32_t row)
{
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    wanmi_map_calendar(map, row, &def);
    return def.name;
}

static const char *profile_name(const wanmi_map *map, uint32_t row)
{
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    wanmi_map_deadline(map, row, &def);
    return def.name;
}

static void mark_name(const wanmi_map *map, wm_name_fn name_of, uint32_t count, const char *name,
                      uint8_t *marks)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(name_of(map, middle), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < count && strcmp(name_of(map, low), name) == 0)
        marks[low] = 1;
}

static void mark_calendar(wm_look *look, const char *name)
{
    mark_name(look->map, calendar_name, look->calendar_count, given(name) ? name : "default",
              look->calendars);
}

static void mark_limit(wm_look *look, const char *unit, const char *calendar)
{
    wanmi_limit_unit of = WANMI_URGENT_HOUR;
    wanmi_limit_unit_parse(unit, &of, NULL);
    if (of == WANMI_WORKING_HOUR || of == WANMI_WORKING_DAY)
        mark_calendar(look, calendar);
}

/* ---- what names what -------------------------------------------------------------------- */

static void read_rules(wm_look *look)
{
    for (uint32_t i = 0; i < wanmi_map_rule_count(look->map); i++) {
        wanmi_rule_def def;
        wanmi_days days = {.kind = WANMI_DAYS_ANY};
        wanmi_rule_def_init(&def);
        wanmi_map_rule(look->map, i, &def);
        mark_units_of_list(look, def.unit);
        if (given(def.deadline))
            mark_name(look->map, profile_name, look->profile_count, def.deadline, look->profiles);
        look->has_deadlines |= given(def.deadline);
        wanmi_days_parse(def.weekdays, &days, NULL);
        if (days.kind == WANMI_DAYS_WORK || days.kind == WANMI_DAYS_REST)
            mark_calendar(look, days.calendar);
        uint32_t role = given(def.role) ? wanmi_map_find_role(look->map, def.role) : WANMI_NONE;
        if (role == WANMI_NONE)
            continue;
        if (def.role[0] == '@')
            look->roles[role] |= WM_ROLE_REACHED;
        else if (!given(def.holders) || strcmp(def.holders, "all") != 0)
            look->roles[role] |= WM_ROLE_BEST;
    }
}

static void read_units_and_objects(wm_look *look)
{
    mark_unit(look, wanmi_map_fallback_unit(look->map));
    for (uint32_t i = 0; i < look->unit_count; i++) {
        wanmi_unit_info unit;
        wanmi_map_unit(look->map, i, &unit);
        mark_unit(look, unit.parent);
        look->has_parents |= unit.parent != WANMI_NONE;
    }
    for (uint32_t i = 0; i < wanmi_map_duty_count(look->map); i++) {
        wanmi_duty_info duty;
        wanmi_map_duty(look->map, i, &duty);
        mark_unit(look, duty.unit);
        look->roles[duty.role] |= WM_ROLE_REACHED | WM_ROLE_DUTY;
    }
    for (uint32_t i = 0; i < wanmi_map_object_count(look->map); i++) {
        wanmi_object_info object;
        wanmi_map_object(look->map, i, &object);
        for (int k = 0; k < 3; k++)
            mark_unit(look, object.owners[k]);
    }
}

static void read_limits(wm_look *look)
{
    for (uint32_t i = 0; i < look->profile_count; i++) {
        wanmi_deadline_def def;
        wanmi_deadline_def_init(&def);
        wanmi_map_deadline(look->map, i, &def);
        mark_limit(look, def.unit, def.calendar);
    }
    for (uint32_t i = 0; i < wanmi_map_escalation_count(look->map); i++) {
        wanmi_escalation_def def;
        wanmi_escalation_def_init(&def);
        wanmi_map_escalation(look->map, i, &def);
        mark_limit(look, def.unit, def.calendar);
        if (given(def.target_unit))
            mark_unit(look, wanmi_map_find_unit(look->map, def.target_unit));
    }
}

/* ---- findings --------------------------------------------------------------------------- */

static void note_units(const wm_look *look)
{
    for (uint32_t i = 0; i < look->unit_count; i++) {
        wanmi_unit_info unit;
        wanmi_map_unit(look->map, i, &unit);
        const wm_place place = {.layer = "wanmi_units", .row = unit.row, .code = unit.code};
        if (look->units[i] == 0)
            wm_note(look->compile, &place,
                    "nothing leads to this unit: it has no duty and no unit below it, and no rule, "
                    "object or escalation names it");
    }
}

static void warn_of_rank(const wm_look *look, const wanmi_duty_info *earlier, const wanmi_duty_info *later)
{
    wanmi_area_info area;
    wanmi_layer_info layer;
    char rank[16];
    wanmi_map_area(look->map, later->area, &area);
    wanmi_map_layer(look->map, area.layer, &layer);
    snprintf(rank, sizeof rank, "%d", (int)later->rank);
    const wm_place place = {.layer = "wanmi_duties", .row = later->row, .code = area.code,
                            .column = "rank", .value = rank};
    look->compile->area_layer = layer.name;
    wm_warn(look->compile, &place,
            "%.64s has the same rank as %.64s for the role %.64s: of the two the lower code is taken",
            wanmi_map_unit_code(look->map, later->unit), wanmi_map_unit_code(look->map, earlier->unit),
            wanmi_map_role(look->map, later->role));
    look->compile->area_layer = NULL;
}

/* Duties are sorted by area, role, rank and unit. */
static void warn_of_ranks(const wm_look *look)
{
    wanmi_duty_info last = {.area = WANMI_NONE};
    for (uint32_t i = 0; i < wanmi_map_duty_count(look->map); i++) {
        wanmi_duty_info duty;
        wanmi_map_duty(look->map, i, &duty);
        bool alike = duty.area == last.area && duty.role == last.role && duty.rank == last.rank;
        if (alike && (look->roles[duty.role] & WM_ROLE_BEST) != 0) {
            bool in_order = last.row <= duty.row;
            warn_of_rank(look, in_order ? &last : &duty, in_order ? &duty : &last);
        }
        last = duty;
    }
}

static void note_profiles(const wm_look *look)
{
    const char *last = "";
    for (uint32_t i = 0; i < look->profile_count; i++) {
        wanmi_deadline_def def;
        wanmi_deadline_def_init(&def);
        wanmi_map_deadline(look->map, i, &def);
        const wm_place place = {.layer = "wanmi_deadlines", .row = def.row, .column = "name",
                                .value = def.name};
        if (strcmp(def.name, last) != 0 && look->profiles[i] == 0)
            wm_note(look->compile, &place, "no rule names these deadlines");
        last = def.name;
    }
}

static void warn_of_calendar(const wm_look *look, uint32_t first, uint32_t end)
{
    wanmi_calendar_def def;
    bool works = false;
    for (uint32_t i = end; i-- > first;) {
        wanmi_calendar_def_init(&def);
        wanmi_map_calendar(look->map, i, &def);
        works |= given(def.hours);
    }
    const wm_place place = {.layer = "wanmi_calendars", .row = def.row, .column = "name",
                            .value = def.name};
    if (!works)
        wm_warn(look->compile, &place, "the calendar has no working hours on any day");
    if (look->calendars[first] == 0)
        wm_note(look->compile, &place, "no rule, deadline or escalation asks this calendar");
}

static void warn_of_calendars(const wm_look *look)
{
    for (uint32_t first = 0, end; first < look->calendar_count; first = end) {
        for (end = first + 1; end < look->calendar_count; end++)
            if (strcmp(calendar_name(look->map, end), calendar_name(look->map, first)) != 0)
                break;
        warn_of_calendar(look, first, end);
    }
}

wanmi_status wm_check_tables(wm_compile *compile, const wanmi_map *map)
{
    const wanmi_host *host = wanmi_map_host(map);
    wm_look look = {.compile = compile, .map = map, .unit_count = wanmi_map_unit_count(map),
                    .profile_count = wanmi_map_deadline_count(map),
                    .calendar_count = wanmi_map_calendar_count(map)};
    uint32_t roles = wanmi_map_role_count(map);
    size_t size = (size_t)look.unit_count + look.profile_count + look.calendar_count + roles;
    uint8_t *marks = wm_alloc_zero(host, size);
    if (marks == NULL)
        return WANMI_E_MEMORY;
    look.units = marks;
    look.profiles = look.units + look.unit_count;
    look.calendars = look.profiles + look.profile_count;
    look.roles = look.calendars + look.calendar_count;
    read_units_and_objects(&look);
    read_rules(&look);
    read_limits(&look);
    note_units(&look);
    warn_of_ranks(&look);
    note_profiles(&look);
    warn_of_calendars(&look);
    wm_warn_of_escalations(&look);
    wm_free(host, marks, size);
    return WANMI_OK;
}
