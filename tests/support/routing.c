/* See routing.h. */
#include "routing.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "plain_time.h"

static void must(wanmi_status status, const wanmi_error *error)
{
    if (status == WANMI_OK)
        return;
    fprintf(stderr, "routing in a test: %s: %s\n", wanmi_status_name(status), error != NULL ? error->message : "");
    abort();
}

wanmi_map_builder *test_district(const wanmi_host *host, const char *fallback)
{
    return test_district_in(host, fallback, "UTC");
}

wanmi_map_builder *test_district_in(const wanmi_host *host, const char *fallback, const char *timezone)
{
    wanmi_map_builder *b = test_builder(host);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = timezone;
    meta.fallback_unit = fallback;
    meta.snap_m = 10;
    meta.generation = 9;
    must(wanmi_map_builder_meta(b, &meta, NULL), NULL);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(b, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 2, "");
    test_add_layer(b, "precinct", WANMI_PARTITION, 1, "");
    test_add_layer(b, "zone", WANMI_OVERLAY, 0, "");
    test_add_box(b, "street", "S", "", 0, 0, 400, 100);
    test_add_box(b, "community", "A", "S", 0, 0, 200, 100);
    test_add_box(b, "community", "B", "S", 200, 0, 400, 100);
    const char *const cells[] = {"K1", "K2", "K3", "K4"};
    for (int i = 0; i < 4; i++)
        test_add_box(b, "cell", cells[i], i < 2 ? "A" : "B", i * 100, 0, i * 100 + 100, 100);
    test_add_box(b, "precinct", "P1", "", 0, 0, 100, 100);
    test_add_box(b, "precinct", "P2", "", 100, 0, 400, 100);
    test_add_box(b, "zone", "Z1", "", 0, 0, 200, 100);
    test_add_box(b, "zone", "Z2", "", 100, 0, 300, 100);
    test_add_box(b, "zone", "Z10", "", 301, 0, 400, 100);
    test_add_unit(b, "BUREAU", "");
    const char *const units[] = {"U1", "U2", "U3", "UA", "UB", "US", "V1", "V2", "W"};
    for (int i = 0; i < 9; i++)
        test_add_unit(b, units[i], "BUREAU");
    return b;
}

void test_add_day(wanmi_map_builder *b, const char *calendar, const char *day, const char *hours)
{
    wanmi_error error;
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    def.name = calendar;
    def.day = day;
    def.hours = hours;
    must(wanmi_map_builder_calendar(b, &def, &error), &error);
}

void test_add_limit(wanmi_map_builder *b, const char *profile, int32_t seq, double limit, const char *unit)
{
    wanmi_error error;
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    def.name = profile;
    def.seq = def.row = seq;
    def.limit = limit;
    def.unit = unit;
    must(wanmi_map_builder_deadline(b, &def, &error), &error);
}

void test_add_object(wanmi_map_builder *b, const char *code, const char *class_text, double x,
                     const char *authority, const char *property, const char *upkeep)
{
    wanmi_error error;
    wanmi_object_def def;
    wanmi_object_def_init(&def);
    def.code = code;
    def.class_text = class_text;
    def.x = x;
    def.y = 50;
    def.authority = authority;
    def.property = property;
    def.upkeep = upkeep;
    must(wanmi_map_builder_object(b, &def, &error), &error);
}

int64_t test_instant(const wanmi_map *map, const char *text)
{
    int64_t instant = 0;
    wanmi_error error;
    must(wanmi_time_parse(wanmi_map_zone(map), text, &instant, &error), &error);
    return instant;
}

wanmi_rule_def test_rule(int32_t seq)
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    def.seq = seq;
    def.row = seq;
    return def;
}

void test_district_duties(wanmi_map_builder *b)
{
    test_add_duty(b, "cell", "K1", "keeper", "U2", 2);
    test_add_duty(b, "cell", "K1", "keeper", "U3", 1);
    test_add_duty(b, "cell", "K1", "keeper", "U1", 2);
    test_add_duty(b, "community", "A", "keeper", "UA", 1);
    test_add_duty(b, "street", "S", "keeper", "US", 1);
    test_add_duty(b, "community", "B", "guard", "UB", 1);
    test_add_duty(b, "zone", "Z1", "warden", "V1", 1);
    test_add_duty(b, "zone", "Z2", "warden", "V2", 1);
    test_add_duty(b, "precinct", "P2", "warden", "W", 1);
}

void test_way_open(test_way *way, wanmi_map *map)
{
    wanmi_error error;
    *way = (test_way){.map = map};
    const wanmi_host *host = wanmi_map_host(map);
    must(wanmi_words_create(host, &way->words, &error), &error);
    must(wanmi_index_create(map, NULL, &way->index, &error), &error);
    must(wanmi_locator_create(way->index, WANMI_ENGINE_EXACT, &way->locator, &error), &error);
    must(wanmi_plan_create(map, way->words, NULL, NULL, &way->plan, &error), &error);
    must(wanmi_router_create(way->plan, &way->router, &error), &error);
}

void test_way_mode(test_way *way, const char *mode)
{
    wanmi_error error;
    must(wanmi_router_set_mode(way->router, mode, &error), &error);
    way->mode = mode;
}

void test_way_close(test_way *way)
{
    wanmi_router_free(way->router);
    wanmi_locator_free(way->locator);
    wanmi_plan_release(way->plan);
    wanmi_index_release(way->index);
    wanmi_words_release(way->words);
    wanmi_map_release(way->map);
}

static uint32_t word(test_way *way, const char *text)
{
    wanmi_error error;
    uint32_t number = WANMI_NONE;
    if (text != NULL)
        must(wanmi_words_number(way->words, text, strlen(text), &number, &error), &error);
    return number;
}

wanmi_event test_event(test_way *way, double x, double y, const char *class_text, const char *source)
{
    return (wanmi_event){.id = 7, .user = 8, .time_us = WANMI_TIME_NONE, .x = x, .y = y,
                         .class_id = word(way, class_text), .source_id = word(way, source),
                         .datum = WANMI_DATUM_MAP};
}

wanmi_event test_object_event(test_way *way, const char *object, const char *class_text)
{
    wanmi_event event = test_event(way, 0.0 / 0.0, 0.0 / 0.0, class_text, NULL);
    event.datum = WANMI_DATUM_OBJECT;
    event.object_id = word(way, object);
    return event;
}

/* The object an event names, found by looking at each; false: it names none. */
static bool object_of(const test_way *way, const wanmi_event *event, wanmi_object_info *info)
{
    const char *code = wanmi_words_text(way->words, event->object_id);
    for (uint32_t i = 0; i < wanmi_map_object_count(way->map); i++)
        if (event->datum == WANMI_DATUM_OBJECT && code != NULL
            && wanmi_map_object(way->map, i, info) == WANMI_OK && strcmp(info->code, code) == 0)
            return true;
    return false;
}

void test_way_locate(test_way *way, const wanmi_event *events, size_t count, int64_t now_us,
                     test_hit *hits)
{
    wanmi_error error;
    for (size_t i = 0; i < count; i++) {
        wanmi_positions positions;
        wanmi_positions_init(&positions);
        wanmi_object_info object = {.x = events[i].x, .y = events[i].y};
        uint8_t datum = object_of(way, &events[i], &object) ? WANMI_DATUM_MAP : events[i].datum;
        positions.count = 1;
        positions.x = &object.x;
        positions.y = &object.y;
        positions.time_us = &events[i].time_us;
        positions.datums = &datum;
        positions.now_us = now_us;
        wanmi_hits out;
        wanmi_hits_init(&out);
        out.cell = &hits[i].cell;
        out.tuple = &hits[i].tuple;
        out.where = &hits[i].where;
        out.reason = &hits[i].reason;
        must(wanmi_locate(way->locator, &positions, &out, &error), &error);
    }
}

size_t test_way_route(test_way *way, const wanmi_event *event, int64_t now_us,
                      wanmi_delivery *deliveries, uint8_t *reason)
{
    wanmi_error error;
    test_hit hit;
    test_way_locate(way, event, 1, now_us, &hit);
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = &hit.cell;
    hits.tuple = &hit.tuple;
    hits.where = &hit.where;
    hits.reason = &hit.reason;
    size_t first[2], done;
    must(wanmi_route(way->router, way->locator, event, 1, &hits, now_us, deliveries,
                     WANMI_DELIVERIES_MAX, first, reason, &done, &error), &error);
    return first[1];
}

static size_t say(const wanmi_map *map, const wanmi_delivery *d, char *text, size_t size)
{
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    char number[16] = "?";
    if (wanmi_map_rule(map, d->rule, &rule) == WANMI_OK)
        snprintf(number, sizeof number, "%d", rule.seq);
    bool has_role = d->role != 0xFFFF;
    return (size_t)snprintf(text, size, "%s%s%s %s %s%s", wanmi_map_unit_code(map, d->unit),
                            has_role ? "/" : "", has_role ? wanmi_map_role(map, d->role) : "",
                            d->rule == WANMI_RULE_FALLBACK ? "fallback"
                            : d->rule == WANMI_RULE_OUTSIDE ? "outside" : number,
                            wanmi_step_text((wanmi_step)d->step),
                            (d->flags & WANMI_DELIVERY_COPY) != 0 ? " copy" : "");
}

const char *test_way_text(test_way *way, const wanmi_event *event)
{
    static char text[65536];
    static wanmi_delivery deliveries[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    size_t count = test_way_route(way, event, 0, deliveries, &reason), used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i != 0)
            used += (size_t)snprintf(text + used, sizeof text - used, "; ");
        used += say(way->map, &deliveries[i], text + used, sizeof text - used);
    }
    if (count == 0)
        snprintf(text, sizeof text, "(%s)", wanmi_reason_text((wanmi_reason)reason));
    return text;
}

/* ---- the plain evaluation -------------------------------------------------------------- */

typedef struct plain {
    test_way *way;
    const wanmi_map *map;
    const wanmi_event *event;
    const test_hit *hit;
    int64_t instant;
    wanmi_delivery *out;
    size_t count;
    bool has_object;
    wanmi_object_info object;
    uint32_t class_id;          /* the event's, else its object's */
    uint8_t *matched;           /* of each rule: 1 where it matches; NULL: not asked */
} plain;

/* The areas an event lies in, in one layer. */
static size_t areas_in(const plain *p, uint32_t layer, uint32_t *areas)
{
    wanmi_layer_info info;
    wanmi_map_layer(p->map, layer, &info);
    const uint32_t *covering = NULL;
    size_t count = 0;
    wanmi_locator_areas(p->way->locator, p->hit->tuple, layer, &covering, &count);
    if (info.kind == WANMI_OVERLAY) {
        memcpy(areas, covering, count * sizeof *areas);
        return count;
    }
    uint32_t at = p->hit->cell;
    wanmi_area_info area;
    while (at != WANMI_NONE && wanmi_map_area(p->map, at, &area) == WANMI_OK && area.layer != layer)
        at = wanmi_map_area_parent(p->map, at, p->instant);
    bool by_parents = layer == wanmi_map_cell_layer(p->map)
                   || (info.is_cell_ancestor && at != WANMI_NONE
                       && (p->hit->where == WANMI_SNAPPED || count == 0));
    if (!by_parents && count == 0)
        return 0;
    areas[0] = by_parents ? at : covering[0];
    return 1;
}

static bool code_fits(const char *code, const char *wanted)
{
    size_t length = strlen(wanted);
    if (length != 0 && wanted[length - 1] == '*')
        return strncmp(code, wanted, length - 1) == 0;
    return length == 0 || strcmp(code, wanted) == 0;
}

static bool is_set(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static bool place_fits(const plain *p, const wanmi_rule_def *rule)
{
    if (!is_set(rule->layer))
        return true;
    static uint32_t areas[4096];
    size_t count = areas_in(p, wanmi_map_find_layer(p->map, rule->layer), areas);
    for (size_t i = 0; i < count; i++)
        if (code_fits(wanmi_map_area_code(p->map, areas[i]), is_set(rule->area) ? rule->area : ""))
            return true;
    return false;
}

static bool text_fits(const plain *p, uint32_t number, const char *wanted, bool prefix)
{
    if (!is_set(wanted))
        return true;
    const char *text = number == WANMI_NONE ? NULL : wanmi_words_text(p->way->words, number);
    if (text == NULL)
        return false;
    return prefix ? strncmp(text, wanted, strlen(wanted)) == 0 : strcmp(text, wanted) == 0;
}

static bool mode_fits(const plain *p, const char *list)
{
    const char *mode = is_set(p->way->mode) ? p->way->mode : "normal", *word;
    size_t at = 0, length;
    bool none = true;
    while (wanmi_list_next(list, &at, &word, &length, NULL) == WANMI_OK) {
        if (strlen(mode) == length && memcmp(mode, word, length) == 0)
            return true;
        none = false;
    }
    return none;
}

static bool owner_fits(const plain *p, const char *text)
{
    wanmi_owner_test wanted;
    wanmi_unit_info unit;
    if (wanmi_owner_parse(text, &wanted, NULL) != WANMI_OK)
        abort();
    if (wanted.match == WANMI_OWNER_ANY)
        return true;
    for (int32_t i = 0; i < 3 && p->has_object; i++) {
        if ((wanted.owner >= 0 && wanted.owner != i)
            || wanmi_map_unit(p->map, p->object.owners[i], &unit) != WANMI_OK)
            continue;
        if (wanted.match == WANMI_OWNER_KIND ? strcmp(unit.kind, wanted.text) == 0
            : wanted.match == WANMI_OWNER_CODE ? strcmp(unit.code, wanted.text) == 0
            : strncmp(unit.code, wanted.text, strlen(wanted.text)) == 0)
            return true;
    }
    return false;
}

static bool rule_fits(const plain *p, const wanmi_rule_def *rule)
{
    return mode_fits(p, rule->mode) && owner_fits(p, rule->owner)
        && test_plain_when(p->map, rule->weekdays, rule->hours, p->instant)
        && text_fits(p, p->class_id, rule->class_prefix, true)
        && text_fits(p, p->event->source_id, rule->source, false)
        && p->event->severity >= rule->min_severity
        && (rule->valid_from_us == WANMI_TIME_NONE || p->instant >= rule->valid_from_us)
        && (rule->valid_to_us == WANMI_TIME_NONE || p->instant < rule->valid_to_us)
        && place_fits(p, rule);
}

/* The due time under a profile: of all rows that hold the one with the lowest seq. */
static int64_t due_of(const plain *p, const char *profile)
{
    wanmi_deadline_def row, best;
    wanmi_deadline_def_init(&best);
    bool found = false;
    for (uint32_t i = 0; is_set(profile) && i < wanmi_map_deadline_count(p->map); i++) {
        wanmi_deadline_def_init(&row);
        wanmi_map_deadline(p->map, i, &row);
        wanmi_area_info cell = {.grade = ""};
        wanmi_map_area(p->map, p->hit->cell, &cell);
        bool holds = strcmp(row.name, profile) == 0 && text_fits(p, p->class_id, row.class_prefix, true)
                  && (row.grade[0] == '\0' || strcmp(row.grade, cell.grade) == 0)
                  && mode_fits(p, row.mode) && p->event->severity >= row.min_severity;
        if (holds && (!found || row.seq < best.seq))
            best = row;
        found |= holds;
    }
    return found ? test_plain_limit(p->map, best.limit, best.unit, best.calendar, p->instant)
                 : WANMI_TIME_NONE;
}

static void put(plain *p, wanmi_delivery d)
{
    d.event_id = p->event->id;
    d.user = p->event->user;
    d.time_us = p->instant;
    d.generation = wanmi_map_generation(p->map);
    d.class_id = p->class_id;
    d.source_id = p->event->source_id;
    d.severity = p->event->severity;
    for (size_t i = 0; i < p->count; i++) {
        if (p->out[i].unit != d.unit || p->out[i].role != d.role)
            continue;
        if (p->out[i].flags == WANMI_DELIVERY_COPY && d.flags == 0)
            p->out[i] = d;
        return;
    }
    if (p->count == WANMI_DELIVERIES_MAX)
        abort();
    p->out[p->count++] = d;
}

/* The n-th best holder (from 0) of a role (WANMI_NONE: any) of one area's code, by
 * rank, unit code, role: by counting those that are better. */
static bool nth_holder(const wanmi_map *map, uint32_t area, uint32_t role, size_t n,
                       wanmi_duty_info *found)
{
    wanmi_area_info info;
    wanmi_map_area(map, area, &info);
    for (uint32_t i = 0; i < wanmi_map_duty_count(map); i++) {
        wanmi_duty_info duty, other;
        wanmi_map_duty(map, i, &duty);
        if (duty.area != info.key || (role != WANMI_NONE && duty.role != role))
            continue;
        size_t better = 0;
        for (uint32_t k = 0; k < wanmi_map_duty_count(map); k++) {
            wanmi_map_duty(map, k, &other);
            if (other.area != info.key || (role != WANMI_NONE && other.role != role))
                continue;
            int codes = strcmp(wanmi_map_unit_code(map, other.unit), wanmi_map_unit_code(map, duty.unit));
            better += other.rank < duty.rank
                   || (other.rank == duty.rank && (codes < 0 || (codes == 0 && other.role < duty.role)));
        }
        if (better == n) {
            *found = duty;
            return true;
        }
    }
    return false;
}

/* Gives to the holders for one area, or for its nearest ancestor that has some. */
static bool put_holders(plain *p, uint32_t area, uint32_t role, bool all, wanmi_delivery d)
{
    d.step = WANMI_STEP_DUTY;
    while (area != WANMI_NONE) {
        wanmi_duty_info duty;
        size_t n = 0;
        for (; (n == 0 || all) && nth_holder(p->map, area, role, n, &duty); n++) {
            d.unit = duty.unit;
            d.role = (uint16_t)duty.role;
            put(p, d);
        }
        if (n != 0)
            return true;
        d.step = WANMI_STEP_ANCESTOR;
        area = wanmi_map_area_parent(p->map, area, p->instant);
    }
    return false;
}

static void follow(plain *p, uint32_t number, const wanmi_rule_def *rule)
{
    wanmi_delivery d = {.rule = number, .cell = p->hit->cell, .role = 0xFFFF, .tag = 0xFFFF,
                        .priority = (uint8_t)(rule->priority == -1 ? 5 : rule->priority),
                        .flags = rule->copy ? WANMI_DELIVERY_COPY : 0, .step = WANMI_STEP_UNIT,
                        .due_us = due_of(p, rule->deadline)};
    for (uint32_t i = 0; is_set(rule->tag) && i < wanmi_map_tag_count(p->map); i++)
        if (strcmp(wanmi_map_tag(p->map, i), rule->tag) == 0)
            d.tag = (uint16_t)i;
    const char *word;
    size_t at = 0, length;
    while (wanmi_list_next(rule->unit, &at, &word, &length, NULL) == WANMI_OK) {
        char code[WANMI_CODE_MAX + 1];
        snprintf(code, sizeof code, "%.*s", (int)length, word);
        d.unit = wanmi_map_find_unit(p->map, code);
        put(p, d);
    }
    wanmi_owner owner;
    if (wanmi_owner_role_parse(rule->role, &owner, NULL) == WANMI_OK) {
        d.unit = p->has_object ? p->object.owners[owner] : WANMI_NONE;
        d.role = (uint16_t)wanmi_map_find_role(p->map, rule->role);
        d.step = WANMI_STEP_OWNER;
        if (d.unit != WANMI_NONE)
            put(p, d);
    }
    if (!is_set(rule->role) || rule->role[0] == '@')
        return;
    static uint32_t areas[4096];
    uint32_t layer = is_set(rule->at_layer) ? wanmi_map_find_layer(p->map, rule->at_layer)
                                            : wanmi_map_cell_layer(p->map);
    size_t count = areas_in(p, layer, areas);
    for (size_t i = 0; i < count; i++)
        put_holders(p, areas[i], wanmi_map_find_role(p->map, rule->role),
                    is_set(rule->holders) && strcmp(rule->holders, "all") == 0, d);
}

static void give_to_somebody(plain *p)
{
    wanmi_delivery d = {.rule = WANMI_RULE_FALLBACK, .cell = p->hit->cell, .role = 0xFFFF, .tag = 0xFFFF,
                        .priority = 5, .step = WANMI_STEP_FALLBACK, .unit = wanmi_map_fallback_unit(p->map),
                        .due_us = WANMI_TIME_NONE};
    if (!put_holders(p, p->hit->cell, WANMI_NONE, false, d) && d.unit != WANMI_NONE)
        put(p, d);
}

static wanmi_reason plain_outside(plain *p)
{
    wanmi_delivery d = {.rule = WANMI_RULE_OUTSIDE, .cell = WANMI_NONE, .role = 0xFFFF, .tag = 0xFFFF,
                        .priority = 5, .step = WANMI_STEP_FALLBACK, .unit = wanmi_map_fallback_unit(p->map),
                        .due_us = WANMI_TIME_NONE};
    if (d.unit == WANMI_NONE)
        return WANMI_REASON_OUTSIDE;
    put(p, d);
    return WANMI_REASON_NONE;
}

size_t test_plain_route(test_way *way, const wanmi_event *event, const test_hit *hit, int64_t now_us,
                        wanmi_delivery *deliveries, uint8_t *reason)
{
    return test_plain_rules(way, event, hit, now_us, deliveries, reason, NULL);
}

size_t test_plain_rules(test_way *way, const wanmi_event *event, const test_hit *hit, int64_t now_us,
                        wanmi_delivery *deliveries, uint8_t *reason, uint8_t *matched)
{
    plain p = {.way = way, .map = way->map, .event = event, .hit = hit, .out = deliveries, .matched = matched,
               .instant = event->time_us != WANMI_TIME_NONE ? event->time_us : now_us};
    p.has_object = object_of(way, event, &p.object);
    p.class_id = event->class_id;
    if (p.has_object && p.class_id == WANMI_NONE && is_set(p.object.class_text))
        p.class_id = word(way, p.object.class_text);
    *reason = WANMI_REASON_OBJECT;
    if (event->datum == WANMI_DATUM_OBJECT && !p.has_object)
        return 0;
    *reason = hit->reason;
    if (hit->where == WANMI_REJECTED)
        return 0;
    *reason = WANMI_REASON_NONE;
    if (event->class_id != WANMI_NONE && wanmi_words_text(way->words, event->class_id) == NULL)
        *reason = WANMI_REASON_CLASS;
    else if (event->source_id != WANMI_NONE && wanmi_words_text(way->words, event->source_id) == NULL)
        *reason = WANMI_REASON_SOURCE;
    else if (hit->where == WANMI_OUTSIDE)
        *reason = (uint8_t)plain_outside(&p);
    if (*reason != WANMI_REASON_NONE || hit->where == WANMI_OUTSIDE)
        return p.count;
    bool primary = false, last = false;
    for (uint32_t i = 0; i < wanmi_map_rule_count(p.map) && !last; i++) {
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        wanmi_map_rule(p.map, i, &rule);
        if (!rule_fits(&p, &rule))
            continue;
        follow(&p, i, &rule);
        if (p.matched != NULL)
            p.matched[i] = 1;
        last = rule.last != 0;
    }
    for (size_t i = 0; i < p.count; i++)
        primary |= deliveries[i].flags == 0;
    if (!primary)
        give_to_somebody(&p);
    return p.count;
}

int test_plain_served(const wanmi_map *map, uint32_t cell, int64_t instant_us)
{
    wanmi_duty_info duty;
    for (; cell != WANMI_NONE; cell = wanmi_map_area_parent(map, cell, instant_us))
        if (nth_holder(map, cell, WANMI_NONE, 0, &duty))
            return 1;
    return 0;
}
