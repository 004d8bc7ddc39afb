/* Rules, calendars, deadlines, escalations and objects of a map: what they point
 * to and their order. */
#include <stdio.h>
#include <string.h>

#include "model.h"

/* ---- what all have in common ----------------------------------------------------- */

/* A row that is looked at: the `kept` good ones before it stand in build->order,
 * in the map's order. */
typedef struct row {
    wm_build *build;
    int table;
    const wm_kind *kind;
    const void *def;
    uint32_t index;             /* among the builder's rows */
    size_t *kept;
} row;

static wanmi_status refuse(const row *r, const char *column, const char *value, const char *words)
{
    return wm_report(r->build, wm_def_wrong(r->kind, r->def, column, value, words, &r->build->problem));
}

static const void *def_at(const wm_build *build, int table, uint32_t index)
{
    return (const char *)build->from->rows[table].defs + index * wm_kinds[table].size;
}

/* The good row `back` rows before this one; NULL: there is none. */
static const void *before(const row *r, size_t back)
{
    return back < *r->kept ? def_at(r->build, r->table, r->build->order[*r->kept - 1 - back]) : NULL;
}

/* What is asked of each row in turn, in the map's order: whether it is good. */
typedef wanmi_status (*look)(const row *r, bool *good);

static wanmi_status put_row(wm_build *build, int table, uint32_t at, const void *def)
{
    const wm_kind *kind = &wm_kinds[table];
    wm_kept *kept = &build->map->kept[table];
    memcpy((char *)kept->defs + at * kind->size, def, kind->size);
    /* The caller's may be an older one. */
    memcpy((char *)kept->defs + at * kind->size, &kind->size, sizeof kind->size);
    for (size_t i = 0; i < kind->column_count; i++) {
        wanmi_status status = wm_pool_add(build, wm_def_text(def, &kind->columns[i]),
                                          &kept->texts[at * kind->column_count + i]);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

/* Sorts the builder's rows and leaves those in build->order that are good. */
static wanmi_status choose_rows(wm_build *build, int table, wm_compare compare, look see, size_t *kept)
{
    size_t count = build->from->rows[table].count;
    wanmi_status status = wm_order(build, count);
    if (status != WANMI_OK)
        return status;
    wm_sort(build->order, build->scratch, count, compare, build->from->rows[table].defs);
    *kept = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t index = build->order[i];
        const row r = {build, table, &wm_kinds[table], def_at(build, table, index), index, kept};
        bool good = false;
        status = see(&r, &good);
        if (status == WANMI_OK)
            status = wm_progress(build, 1);
        if (status != WANMI_OK)
            return status;
        if (good)
            build->order[(*kept)++] = index;
    }
    return WANMI_OK;
}

static wanmi_status build_rows(wm_build *build, int table, wm_compare compare, look see)
{
    const wm_kind *kind = &wm_kinds[table];
    wm_kept *to = &build->map->kept[table];
    size_t kept;
    wanmi_status status = choose_rows(build, table, compare, see, &kept);
    if (status != WANMI_OK || kept == 0)
        return status;
    to->defs = wm_map_block(build->map, kept, kind->size);
    to->texts = wm_map_block(build->map, kept, kind->column_count * sizeof *to->texts);
    if (to->defs == NULL || to->texts == NULL)
        return wm_error_memory(build->error);
    to->count = (uint32_t)kept;
    for (uint32_t i = 0; i < kept && status == WANMI_OK; i++)
        status = put_row(build, table, i, def_at(build, table, build->order[i]));
    return status;
}

static bool has_word(wm_build *build, wm_set *set, const char *text)
{
    return text[0] == '\0' || wm_set_add(set, build->host, text);
}

static bool layer_is_there(const wm_build *build, const char *name)
{
    return name[0] == '\0' || wm_find_layer(build->map, build->pool.bytes, name) != WANMI_NONE;
}

static bool unit_is_there(const wm_build *build, const char *code)
{
    return code[0] == '\0' || wm_find_unit(build->map, build->pool.bytes, code) != WANMI_NONE;
}

/* The first row of a kept table, whose first text column is its name, with this
 * name or a later one. */
static bool name_is_there(const wm_build *build, int table, const char *name)
{
    const wm_kept *kept = &build->map->kept[table];
    uint32_t low = 0, high = kept->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = strcmp(build->pool.bytes + kept->texts[middle * wm_kinds[table].column_count], name);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    /* Tables come one after the other: one that is not there yet may be named. */
    return kept->count == 0;
}

static int compare_number(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

/* ---- calendars ------------------------------------------------------------------- */

/* Weekdays, then ranges, then dates; each in the order of time. */
static int compare_calendars(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_calendar_def *p = (const wanmi_calendar_def *)context + a;
    const wanmi_calendar_def *q = (const wanmi_calendar_def *)context + b;
    int order = strcmp(p->name, q->name);
    if (order != 0)
        return order;
    wanmi_days x, y;
    wm_read_days(p->day, &x);
    wm_read_days(q->day, &y);
    order = compare_number(x.kind, y.kind);
    if (order == 0)
        order = compare_number(x.first_day, y.first_day);
    /* Of two sets of weekdays the one with the earlier first day. */
    return order != 0 ? order : compare_number(x.weekdays & -x.weekdays, y.weekdays & -y.weekdays);
}

static bool meet(const wanmi_days *a, const wanmi_days *b)
{
    if (a->kind == WANMI_DAYS_WEEK)
        return (a->weekdays & b->weekdays) != 0;
    return a->first_day <= b->last_day && b->first_day <= a->last_day;
}

static wanmi_status refuse_meeting(wm_build *build, const wanmi_calendar_def *def,
                                   const wanmi_calendar_def *other)
{
    const row r = {.build = build, .kind = &wm_kinds[WM_CALENDARS], .def = def};
    char words[192];
    if (other->row > 0)
        snprintf(words, sizeof words, "meets row %lld of calendar %.40s (%.40s) on one day",
                 (long long)other->row, def->name, other->day);
    else
        snprintf(words, sizeof words, "meets %.40s of calendar %.40s on one day", other->day, def->name);
    return refuse(&r, "day", def->day, words);
}

/* Of two rows that meet the one that was given later goes: what was in a file
 * before stays. The one `back` rows before this one is taken out. */
static wanmi_status drop_before(const row *r, size_t back)
{
    wm_build *build = r->build;
    wanmi_status status = refuse_meeting(build, before(r, back), r->def);
    uint32_t *out = &build->order[*r->kept - 1 - back];
    memmove(out, out + 1, back * sizeof *out);
    --*r->kept;
    return status;
}

/* Rows of one name and kind stand together in order. Of ranges and dates that are
 * kept the last one reaches furthest; of weekdays at most seven are kept. */
static wanmi_status see_calendar(const row *r, bool *good)
{
    const wanmi_calendar_def *def = r->def, *other;
    wanmi_days days, others;
    wm_read_days(def->day, &days);
    for (size_t back = 0; (other = before(r, back)) != NULL;) {
        wanmi_status status = WANMI_OK;
        wm_read_days(other->day, &others);
        if (strcmp(other->name, def->name) != 0 || others.kind != days.kind)
            break;
        if (!meet(&days, &others) && days.kind != WANMI_DAYS_WEEK)
            break;
        if (!meet(&days, &others))
            back++;
        else if (r->index > r->build->order[*r->kept - 1 - back])
            return refuse_meeting(r->build, def, other);
        else
            status = drop_before(r, back);
        if (status != WANMI_OK)
            return status;
    }
    *good = true;
    return WANMI_OK;
}

wanmi_status wm_build_calendars(wm_build *build)
{
    return build_rows(build, WM_CALENDARS, compare_calendars, see_calendar);
}

/* ---- deadlines ------------------------------------------------------------------- */

/* An empty name means "default", which must be there as well where it is used. */
static bool calendar_is_there(const wm_build *build, const char *name, const char *unit)
{
    wanmi_limit_unit u = WANMI_URGENT_HOUR;
    wm_read_limit_unit(unit, &u);
    if (u == WANMI_URGENT_HOUR || u == WANMI_NATURAL_DAY)
        return true;
    return name_is_there(build, WM_CALENDARS, name[0] != '\0' ? name : "default");
}

static const char no_calendar[] = "this calendar is not there";

static int compare_deadlines(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_deadline_def *p = (const wanmi_deadline_def *)context + a;
    const wanmi_deadline_def *q = (const wanmi_deadline_def *)context + b;
    int order = strcmp(p->name, q->name);
    return order != 0 ? order : compare_number(p->seq, q->seq);
}

static wanmi_status see_deadline(const row *r, bool *good)
{
    const wanmi_deadline_def *def = r->def, *last = before(r, 0);
    char seq[16];
    snprintf(seq, sizeof seq, "%d", (int)def->seq);
    if (last != NULL && last->seq == def->seq && strcmp(last->name, def->name) == 0)
        return refuse(r, "seq", seq, "is doubled in this profile");
    if (!calendar_is_there(r->build, def->calendar, def->unit))
        return refuse(r, "calendar", def->calendar[0] != '\0' ? def->calendar : "default", no_calendar);
    *good = true;
    return WANMI_OK;
}

wanmi_status wm_build_deadlines(wm_build *build)
{
    return build_rows(build, WM_DEADLINES, compare_deadlines, see_deadline);
}

/* ---- rules ----------------------------------------------------------------------- */

static int compare_rules(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_rule_def *rules = context;
    return compare_number(rules[a].seq, rules[b].seq);
}

/* Whether `area` (a code, or a prefix and '*') means any area of the layer. */
static bool area_is_there(const wm_build *build, const char *layer_name, const char *area)
{
    const wanmi_map *map = build->map;
    size_t length = strlen(area);
    if (length == 0)
        return true;
    uint32_t layer = wm_find_layer(map, build->pool.bytes, layer_name);
    if (area[length - 1] != '*')
        return wm_find_key(map, build->pool.bytes, layer, area) != WANMI_NONE;
    uint32_t low = map->layers[layer].first_area, end = low + map->layers[layer].area_count;
    uint32_t high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strncmp(build->pool.bytes + map->code[middle], area, length - 1) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < end && strncmp(build->pool.bytes + map->code[low], area, length - 1) == 0;
}

/* Whether any unit of the map could be the owner that a rule asks for. */
static bool owner_is_there(const wm_build *build, const char *text)
{
    const wanmi_map *map = build->map;
    const char *texts = build->pool.bytes;
    wanmi_owner_test test;
    wm_read_owner(text, &test);
    if (test.match == WANMI_OWNER_ANY)
        return true;
    for (uint32_t u = 0; u < map->unit_count; u++) {
        const char *code = texts + map->units[u].code;
        if ((test.match == WANMI_OWNER_CODE && strcmp(code, test.text) == 0) ||
            (test.match == WANMI_OWNER_PREFIX && strncmp(code, test.text, strlen(test.text)) == 0) ||
            (test.match == WANMI_OWNER_KIND && strcmp(texts + map->units[u].kind, test.text) == 0))
            return true;
    }
    return false;
}

static bool days_are_there(const wm_build *build, const char *text)
{
    wanmi_days days;
    wm_read_days(text, &days);
    return (days.kind != WANMI_DAYS_WORK && days.kind != WANMI_DAYS_REST) ||
           name_is_there(build, WM_CALENDARS, days.calendar);
}

/* The first unit of a list that is not there, copied out; false: all are. */
static bool misses_unit(const wm_build *build, const char *list, char *code)
{
    size_t at = 0, length;
    const char *word;
    while (wanmi_list_next(list, &at, &word, &length, NULL) == WANMI_OK) {
        memcpy(code, word, length);
        code[length] = '\0';
        if (!unit_is_there(build, code))
            return true;
    }
    return false;
}

/* What a rule points to that is not there: gives the words, column and value; `unit` is
 * room for a code. */
static const char *wrong_rule(const wm_build *build, const wanmi_rule_def *def, wm_place *place, char *unit)
{
    place->column = "layer", place->value = def->layer;
    if (!layer_is_there(build, def->layer))
        return "this layer is not there";
    place->column = "area", place->value = def->area;
    if (!area_is_there(build, def->layer, def->area))
        return "this area is not there";
    place->column = "owner", place->value = def->owner;
    if (!owner_is_there(build, def->owner))
        return "this owner is not there: no unit has this code or kind";
    place->column = "weekdays", place->value = def->weekdays;
    if (!days_are_there(build, def->weekdays))
        return "names a calendar that is not there";
    place->column = "at_layer", place->value = def->at_layer;
    if (!layer_is_there(build, def->at_layer))
        return "this layer is not there";
    place->column = "unit", place->value = unit;
    if (misses_unit(build, def->unit, unit))
        return "this unit is not there";
    place->column = "deadline", place->value = def->deadline;
    if (def->deadline[0] != '\0' && !name_is_there(build, WM_DEADLINES, def->deadline))
        return "this deadline is not there";
    return NULL;
}

static wanmi_status see_rule(const row *r, bool *good)
{
    wm_build *build = r->build;
    const wanmi_rule_def *def = r->def, *last = before(r, 0);
    char seq[16], unit[WANMI_CODE_MAX + 1];
    snprintf(seq, sizeof seq, "%d", (int)def->seq);
    wm_place place = wm_def_place(r->kind, def);
    if (last != NULL && last->seq == def->seq)
        return refuse(r, "seq", seq, "is doubled");
    const char *wrong = wrong_rule(build, def, &place, unit);
    if (wrong != NULL)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_RULE, &place, "rule with seq %s: %s", seq,
                                            wrong));
    if (!has_word(build, &build->roles, def->role) || !has_word(build, &build->tags, def->tag))
        return wm_error_memory(build->error);
    *good = true;
    return WANMI_OK;
}

wanmi_status wm_build_rules(wm_build *build)
{
    return build_rows(build, WM_RULES, compare_rules, see_rule);
}

/* ---- escalations ------------------------------------------------------------------ */

static int compare_escalations(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_escalation_def *defs = context;
    return compare_number(defs[a].seq, defs[b].seq);
}

static wanmi_status see_escalation(const row *r, bool *good)
{
    wm_build *build = r->build;
    const wanmi_escalation_def *def = r->def, *last = before(r, 0);
    char seq[16];
    snprintf(seq, sizeof seq, "%d", (int)def->seq);
    if (last != NULL && last->seq == def->seq)
        return refuse(r, "seq", seq, "is doubled");
    if (!calendar_is_there(build, def->calendar, def->unit))
        return refuse(r, "calendar", def->calendar[0] != '\0' ? def->calendar : "default", no_calendar);
    if (!layer_is_there(build, def->at_layer))
        return refuse(r, "at_layer", def->at_layer, "this layer is not there");
    if (!unit_is_there(build, def->target_unit))
        return refuse(r, "target_unit", def->target_unit, "this unit is not there");
    if (!has_word(build, &build->roles, def->role) || !has_word(build, &build->roles, def->target_role) ||
        !has_word(build, &build->tags, def->tag))
        return wm_error_memory(build->error);
    *good = true;
    return WANMI_OK;
}

wanmi_status wm_build_escalations(wm_build *build)
{
    return build_rows(build, WM_ESCALATIONS, compare_escalations, see_escalation);
}

/* ---- objects ---------------------------------------------------------------------- */

static int compare_objects(const void *context, uint32_t a, uint32_t b)
{
    const wanmi_object_def *defs = context;
    return strcmp(defs[a].code, defs[b].code);
}

static wanmi_status see_object(const row *r, bool *good)
{
    const wanmi_object_def *def = r->def, *last = before(r, 0);
    const struct {
        const char *column, *unit;
    } owners[] = {{"authority", def->authority}, {"property", def->property}, {"upkeep", def->upkeep}};
    if (last != NULL && strcmp(last->code, def->code) == 0)
        return refuse(r, "code", def->code, "is doubled");
    for (size_t i = 0; i < 3; i++)
        if (!unit_is_there(r->build, owners[i].unit))
            return refuse(r, owners[i].column, owners[i].unit, "this unit is not there");
    *good = true;
    return WANMI_OK;
}

static wanmi_status put_object(wm_build *build, wm_object *object, const wanmi_object_def *def)
{
    const char *owners[3] = {def->authority, def->property, def->upkeep};
    *object = (wm_object){.x = def->x, .y = def->y, .row = def->row};
    for (size_t i = 0; i < 3; i++)
        object->owners[i] = owners[i][0] != '\0'
                                ? wm_find_unit(build->map, build->pool.bytes, owners[i]) : WANMI_NONE;
    wanmi_status status = wm_pool_add(build, def->code, &object->code);
    if (status == WANMI_OK)
        status = wm_pool_add(build, def->name, &object->name);
    if (status == WANMI_OK)
        status = wm_pool_add(build, def->class_text, &object->class_text);
    return status;
}

wanmi_status wm_build_objects(wm_build *build)
{
    wanmi_map *map = build->map;
    size_t kept;
    wanmi_status status = choose_rows(build, WM_OBJECTS, compare_objects, see_object, &kept);
    if (status != WANMI_OK || kept == 0)
        return status;
    if ((map->objects = wm_map_block(map, kept, sizeof *map->objects)) == NULL)
        return wm_error_memory(build->error);
    for (; map->object_count < kept && status == WANMI_OK; map->object_count++)
        status = put_object(build, &map->objects[map->object_count],
                            def_at(build, WM_OBJECTS, build->order[map->object_count]));
    return status;
}
