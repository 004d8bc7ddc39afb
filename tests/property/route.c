/* route against a plain evaluation of the rules (support/routing.c), on random
 * maps, rules and events: equal deliveries, and a plan is refused exactly when
 * some event could reach nobody.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

enum { RULES_MAX = 64, MAPS = 60, EVENTS = 300, UNITS = 8, LAST_INSTANT = 60, OBJECTS = 12 };

static const char *const layers[] = {"cell", "community", "street", "precinct", "zone", "ring"};
static const char *const roles[] = {"keeper", "guard", "warden"};
static const char *const classes[] = {"0", "01", "010", "0101", "02", "1", "宣传", "宣传广告"};
static const char *const sources[] = {"12345", "video", "patrol"};
static const char *const modes[] = {"", "", "", "normal", "emergency", "normal;night", "night;emergency"};
static const char *const days[] = {"", "1-5", "sat-mon", "3", "workday", "restday@school", "workday@school"};
static const char *const hours[] = {"", "08:00-12:00;14:00-18:00", "22:00-06:00", "00:00-24:00",
                                    "23:30-02:30,12:00-12:01"};
static const char *const owners[] = {"U1", "U*", "upkeep=U2", "authority=@team", "@post", "权属=U*"};
static const char *const zones[] = {"UTC", "Asia/Shanghai", "Europe/Berlin", "America/New_York",
                                    "Australia/Lord_Howe"};
static const char *const kinds[] = {"team", "post", "bureau"};
static const char *const grades[] = {"1", "2", "3"};
static const char *const profiles[] = {"fast", "slow"};
static const char *const units_of_time[] = {"urgent_hour", "working_hour", "working_day", "natural_day"};

/* Around these lie the instants of a map: of the years that are compiled and not; before a
 * change of clocks in Berlin, before midnight in Shanghai. */
static const int64_t origins[] = {0, 1206838799999970, 1199116799999970, 4133894399999970};
static int64_t origin;

typedef struct world {
    test_random random;
    wanmi_map_builder *builder;
    bool asks;                          /* rules ask of more than class and place */
    bool dues;                          /* there are deadlines */
} world;

static uint32_t below(world *w, uint32_t bound)
{
    return test_below(&w->random, bound);
}

static bool chance(world *w, uint32_t percent)
{
    return below(w, 100) < percent;
}

static const char *pick(world *w, const char *const *texts, size_t count)
{
    return texts[below(w, (uint32_t)count)];
}
#define PICK(w, texts) pick(w, texts, sizeof texts / sizeof texts[0])

static const char *unit_code(uint32_t number)
{
    static char code[16];
    snprintf(code, sizeof code, "U%u", number);
    return code;
}

/* An area in up to three versions, end to end or with gaps, over the same box.
 * `parents` codes "prefix0" .. are drawn anew for each version. */
static void add_area(world *w, const char *layer, const char *code, const char *prefix,
                     uint32_t parents, double x, double y, double width, double height)
{
    uint32_t versions = chance(w, 70) ? 1 : 2 + below(w, 2);
    int64_t from = versions > 1 && chance(w, 50) ? origin + below(w, 15) : WANMI_TIME_NONE;
    for (uint32_t i = 0; i < versions; i++) {
        int64_t start = from == WANMI_TIME_NONE ? origin : from;
        int64_t to = start + 1 + below(w, 20);
        if (i + 1 == versions && chance(w, 80))
            to = WANMI_TIME_NONE;
        char parent[16] = "";
        if (parents != 0 && chance(w, 90))
            snprintf(parent, sizeof parent, "%s%u", prefix, below(w, parents));
        test_wkb box = test_wkb_box(x, y, x + width, y + height);
        wanmi_area_def area;
        wanmi_area_def_init(&area);
        area.layer = layer;
        area.code = code;
        area.parent = parent;
        area.grade = chance(w, 70) ? PICK(w, grades) : "";
        area.valid_from_us = from;
        area.valid_to_us = to;
        area.wkb = box.bytes;
        area.wkb_size = box.size;
        cr_assert_eq(wanmi_map_builder_area(w->builder, &area, NULL), WANMI_OK);
        free(box.bytes);
        from = to + (chance(w, 70) ? 0 : 3);
    }
}

static void add_places(world *w)
{
    char code[16];
    test_add_layer(w->builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(w->builder, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(w->builder, "street", WANMI_PARTITION, 2, "");
    test_add_layer(w->builder, "precinct", WANMI_PARTITION, 1, "");
    test_add_layer(w->builder, "zone", WANMI_OVERLAY, 1, "ring");
    test_add_layer(w->builder, "ring", WANMI_OVERLAY, 2, "");
    for (int i = 0; i < 2; i++) {
        snprintf(code, sizeof code, "S%d", i);
        add_area(w, "street", code, "", 0, 0, i * 200, 400, 200);
        snprintf(code, sizeof code, "R%d", i);
        add_area(w, "ring", code, "", 0, i * 100, 0, 300, 300);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(code, sizeof code, "C%d", i);
        add_area(w, "community", code, "S", 2, i % 2 * 200, i / 2 * 200, 200, 200);
        snprintf(code, sizeof code, "P%d", i);
        add_area(w, "precinct", code, "", 0, i * 90, 0, 90, 400);
        snprintf(code, sizeof code, "Z%d", i);
        add_area(w, "zone", code, "R", 2, test_uniform(&w->random, 0, 300),
                 test_uniform(&w->random, 0, 300), 150, 150);
    }
    for (int i = 0; i < 16; i++) {
        snprintf(code, sizeof code, "K%02d", i);
        if (chance(w, 92))              /* gaps, where events are outside or snapped */
            add_area(w, "cell", code, "C", 4, i % 4 * 100, i / 4 * 100, 100, 100);
    }
}

static const char *area_code(world *w, const char *layer)
{
    static char code[16];
    if (strcmp(layer, "cell") == 0)
        snprintf(code, sizeof code, "K%02u", below(w, 16));
    else
        snprintf(code, sizeof code, "%c%u", layer[0] == 'c' ? 'C' : layer[0] - 'a' + 'A',
                 below(w, layer[0] == 's' || layer[0] == 'r' ? 2 : 4));
    return code;
}

static void add_people(world *w, bool generous)
{
    for (uint32_t i = 0; i < UNITS; i++) {
        wanmi_unit_def unit;
        wanmi_unit_def_init(&unit);
        unit.code = unit_code(i);
        unit.kind = PICK(w, kinds);
        cr_assert_eq(wanmi_map_builder_unit(w->builder, &unit, NULL), WANMI_OK);
    }
    uint32_t duties = below(w, 50);
    for (uint32_t i = 0; i < duties; i++) {
        const char *layer = PICK(w, layers);
        test_add_duty(w->builder, layer, area_code(w, layer), PICK(w, roles), unit_code(below(w, UNITS)),
                      1 + (int32_t)below(w, 4));
    }
    if (generous)
        for (int i = 0; i < 2; i++)
            test_add_duty(w->builder, "street", i == 0 ? "S0" : "S1", "keeper", "U0", 1);
}

static void add_calendars(world *w)
{
    static const struct { const char *name, *day, *hours; } rows[] = {
        {"default", "1-5", "08:00-12:00;14:00-18:00"}, {"default", "1971-10-01/1971-10-07", ""},
        {"default", "1971-10-09", "08:00-12:00"}, {"school", "mon;wed-fri", "07:30-24:00"},
        {"school", "sat", "00:00-02:30"}, {"school", "2008-03-30", "00:00-24:00"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wanmi_calendar_def row;
        wanmi_calendar_def_init(&row);
        row.name = rows[i].name;
        row.day = rows[i].day;
        row.hours = rows[i].hours;
        cr_assert_eq(wanmi_map_builder_calendar(w->builder, &row, NULL), WANMI_OK);
    }
    for (int32_t i = 0; i < 8 && w->dues; i++) {
        wanmi_deadline_def row;
        wanmi_deadline_def_init(&row);
        row.name = profiles[i % 2];
        row.seq = i;
        row.class_prefix = chance(w, 40) ? PICK(w, classes) : "";
        row.grade = chance(w, 40) ? PICK(w, grades) : "";
        row.mode = w->asks && chance(w, 30) ? PICK(w, modes) : "";
        row.min_severity = w->asks && chance(w, 30) ? (int32_t)below(w, 256) : 0;
        row.unit = PICK(w, units_of_time);
        row.limit = 1 + below(w, 4);
        if (row.unit[0] == 'w' && chance(w, 50))
            row.calendar = "school";
        cr_assert_eq(wanmi_map_builder_deadline(w->builder, &row, NULL), WANMI_OK);
    }
}

static void add_objects(world *w)
{
    for (uint32_t i = 0; i < OBJECTS; i++) {
        char code[16], unit[3][16] = {"", "", ""};
        snprintf(code, sizeof code, "O%u", i);
        for (int k = 0; k < 3; k++)
            if (chance(w, 70))
                strcpy(unit[k], unit_code(below(w, UNITS)));
        wanmi_object_def row;
        wanmi_object_def_init(&row);
        row.code = code;
        row.class_text = chance(w, 60) ? PICK(w, classes) : "";
        row.x = test_uniform(&w->random, -40, 440);
        row.y = test_uniform(&w->random, -40, 440);
        row.authority = unit[0];
        row.property = unit[1];
        row.upkeep = unit[2];
        cr_assert_eq(wanmi_map_builder_object(w->builder, &row, NULL), WANMI_OK);
    }
}

/* Where, when and for whom. */
static void add_circumstances(world *w, wanmi_rule_def *rule)
{
    rule->deadline = w->dues && chance(w, 40) ? PICK(w, profiles) : "";
    if (!w->asks)
        return;
    rule->mode = chance(w, 30) ? PICK(w, modes) : "";
    rule->weekdays = chance(w, 20) ? PICK(w, days) : "";
    rule->hours = chance(w, 20) ? PICK(w, hours) : "";
    rule->owner = chance(w, 15) ? PICK(w, owners) : "";
}

static void add_rule(world *w, int32_t seq)
{
    char area[16] = "", unit[32] = "";
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = seq;
    if (chance(w, 60))
        rule.class_prefix = PICK(w, classes);
    if (chance(w, 40)) {
        rule.layer = PICK(w, layers);
        if (chance(w, 80))
            strcpy(area, area_code(w, rule.layer));
        if (area[0] != '\0' && chance(w, 30))
            area[1 + below(w, (uint32_t)strlen(area) - 1)] = '*';
        if (strchr(area, '*') != NULL)
            strchr(area, '*')[1] = '\0';
        rule.area = area;
    }
    if (w->asks && chance(w, 20))
        rule.source = PICK(w, sources);
    if (w->asks && chance(w, 20))
        rule.min_severity = (int32_t)below(w, 256);
    if (w->asks && chance(w, 20)) {
        rule.valid_from_us = origin + below(w, LAST_INSTANT / 2);
        rule.valid_to_us = rule.valid_from_us + 1 + below(w, LAST_INSTANT / 2);
    }
    if (chance(w, 70))
        rule.role = PICK(w, roles);
    if (chance(w, 15))
        rule.role = chance(w, 50) ? "@upkeep" : chance(w, 50) ? "@主管" : "@property";
    else if (chance(w, 60))
        rule.at_layer = PICK(w, layers);
    rule.holders = chance(w, 50) ? "all" : chance(w, 50) ? "best" : "";
    if (chance(w, 30) || rule.role == NULL || rule.role[0] == '\0')
        snprintf(unit, sizeof unit, "%s", unit_code(below(w, UNITS / 2)));
    if (unit[0] != '\0' && chance(w, 30))
        snprintf(unit + 2, sizeof unit - 2, ";%s", unit_code(UNITS / 2 + below(w, UNITS / 2)));
    rule.unit = unit;
    add_circumstances(w, &rule);
    rule.copy = chance(w, 30);
    rule.priority = (int32_t)below(w, 11) - 1;
    rule.tag = chance(w, 20) ? "night" : chance(w, 20) ? "急" : "";
    rule.last = chance(w, 15);
    test_add_rule(w->builder, &rule);
}

static void leave_out(void *user, const wanmi_error *problem)
{
    (void)user, (void)problem;
}

/* Rows that contradict the others (a duty of an area that is a gap, two duties
 * alike) are left out. */
static wanmi_map *random_map(world *w)
{
    w->builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = PICK(w, zones);
    meta.snap_m = chance(w, 50) ? 30 : 0;
    meta.fallback_unit = chance(w, 40) ? "U1" : "";
    meta.cell_layer = "cell";
    cr_assert_eq(wanmi_map_builder_meta(w->builder, &meta, NULL), WANMI_OK);
    w->asks = chance(w, 75);
    w->dues = chance(w, 75);
    add_places(w);
    add_people(w, chance(w, 50));
    add_calendars(w);
    add_objects(w);
    uint32_t rules = below(w, 25);
    for (uint32_t i = 0; i < rules; i++)
        add_rule(w, (int32_t)(i * 7 + 1));
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = leave_out;
    wanmi_map *map = NULL;
    wanmi_error error;
    cr_assert_eq(wanmi_map_build(w->builder, &options, &map, &error), WANMI_OK, "%s", error.message);
    wanmi_map_builder_free(w->builder);
    return map;
}

/* ---- the promise -------------------------------------------------------------------------- */

static bool is_valid(const wanmi_area_info *area, int64_t t)
{
    return (area->valid_from_us == WANMI_TIME_NONE || t >= area->valid_from_us)
        && (area->valid_to_us == WANMI_TIME_NONE || t < area->valid_to_us);
}

/* All instants are whole microseconds, and nothing changes before the origin or 100 after it. */
static bool all_cells_served(const wanmi_map *map)
{
    wanmi_layer_info cells;
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &cells);
    for (uint32_t i = 0; i < cells.area_count; i++)
        for (int64_t t = origin - 1; t <= origin + 101; t++) {
            wanmi_area_info cell;
            wanmi_map_area(map, cells.first_area + i, &cell);
            if (is_valid(&cell, t) && !test_plain_served(map, cells.first_area + i, t))
                return false;
        }
    return true;
}

static bool is_empty(const char *text)
{
    return text == NULL || text[0] == '\0';
}

static bool a_rule_serves_all(const wanmi_map *map)
{
    for (uint32_t i = 0; i < wanmi_map_rule_count(map); i++) {
        wanmi_rule_def r;
        wanmi_rule_def_init(&r);
        wanmi_map_rule(map, i, &r);
        bool acts = !is_empty(r.unit) && !r.copy;
        if (acts && is_empty(r.class_prefix) && is_empty(r.layer) && is_empty(r.source)
            && is_empty(r.mode) && is_empty(r.weekdays) && is_empty(r.hours) && is_empty(r.owner)
            && r.min_severity == 0 && r.valid_from_us == WANMI_TIME_NONE
            && r.valid_to_us == WANMI_TIME_NONE)
            return true;
        if (r.last && !acts)
            return false;
    }
    return false;
}

static bool promised(wanmi_map *map)
{
    wanmi_words *words = NULL;
    wanmi_plan *plan = NULL;
    wanmi_error error;
    cr_assert_eq(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
    wanmi_status status = wanmi_plan_create(map, words, NULL, NULL, &plan, &error);
    bool expected = wanmi_map_fallback_unit(map) != WANMI_NONE || a_rule_serves_all(map)
                 || all_cells_served(map);
    cr_assert_eq(status, expected ? WANMI_OK : WANMI_E_ROUTE_NOBODY, "%s where %s was expected",
                 wanmi_status_name(status), expected ? "a plan" : "a refusal");
    wanmi_plan_release(plan);
    wanmi_words_release(words);
    return expected;
}

/* ---- events -------------------------------------------------------------------------------- */

static wanmi_event random_event(world *w, test_way *way)
{
    wanmi_event e = test_event(way, test_uniform(&w->random, -40, 440),
                               test_uniform(&w->random, -40, 440),
                               chance(w, 80) ? PICK(w, classes) : NULL,
                               chance(w, 60) ? PICK(w, sources) : NULL);
    if (chance(w, 20)) {                /* on edges and corners */
        e.x = 50.0 * below(w, 9);
        e.y = 50.0 * below(w, 9);
    }
    if (chance(w, 2))
        e.class_id = 1000;
    if (chance(w, 2))
        e.x = 1.0 / 0.0;
    e.id = test_next(&w->random);
    e.severity = (uint8_t)below(w, 256);
    e.time_us = chance(w, 20) ? WANMI_TIME_NONE : origin + (int64_t)below(w, LAST_INSTANT) - 1;
    if (chance(w, 40))                  /* between 1969 and 2038, to the minute or not */
        e.time_us = (int64_t)below(w, 36300000) * 60000000 - 31536000000000 + (chance(w, 50) ? 0 : 123456789);
    if (chance(w, 25)) {
        char code[16];
        snprintf(code, sizeof code, "O%u", below(w, OBJECTS + 1));      /* the last is unknown */
        wanmi_event named = test_object_event(way, code, NULL);
        e.datum = named.datum;
        e.object_id = chance(w, 2) ? 5000 : named.object_id;
    }
    return e;
}

static bool same(const wanmi_delivery *a, size_t a_count, const wanmi_delivery *b, size_t b_count)
{
    return a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
}

typedef struct tally {
    size_t made, due, owners;
} tally;

/* The explanation finds the rules that are followed, and no other. */
static void compare_rules(test_way *way, const wanmi_event *event, test_hit *hit, const uint8_t *matched)
{
    uint32_t rules = wanmi_map_rule_count(way->map);
    uint8_t failed[RULES_MAX] = {0};
    wanmi_hits hits;
    wanmi_error error;
    wanmi_hits_init(&hits);
    hits.cell = &hit->cell;
    hits.tuple = &hit->tuple;
    hits.where = &hit->where;
    cr_assert_leq(rules, RULES_MAX);
    wanmi_status status = wanmi_route_explain(way->router, way->locator, event, &hits, origin + 5, failed, RULES_MAX,
                                              &error);
    cr_assert_eq(status, WANMI_OK, "%s", error.message);
    for (uint32_t i = 0; i < rules; i++)
        cr_assert_eq(failed[i] == WANMI_CONDITION_NONE, matched[i] != 0, "rule %u: condition %u", i, failed[i]);
}

/* The rules one after the other say what they say as compiled. */
static void compare_engines(test_way *way, const wanmi_event *event, const wanmi_delivery *fast, size_t fast_count,
                            uint8_t fast_reason)
{
    static wanmi_delivery exact[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    cr_assert_eq(wanmi_router_set_engine(way->router, WANMI_ENGINE_EXACT, NULL), WANMI_OK);
    size_t count = test_way_route(way, event, origin + 5, exact, &reason);
    cr_assert_eq(wanmi_router_set_engine(way->router, WANMI_ENGINE_FAST, NULL), WANMI_OK);
    cr_assert_eq(reason, fast_reason);
    cr_assert(same(fast, fast_count, exact, count), "%zu deliveries by rules as compiled, %zu one after the other",
              fast_count, count);
}

/* Many events in one call, as many blocks and as little room as it comes: what they
 * have one by one, as the rules are read. */
static void compare_batches(world *w, test_way *way, const wanmi_event *events, size_t count)
{
    static wanmi_delivery deliveries[WANMI_DELIVERIES_MAX * 2], one[WANMI_DELIVERIES_MAX];
    static test_hit found[EVENTS];
    static uint32_t cells[EVENTS], tuples[EVENTS];
    static uint8_t where[EVENTS], reasons[EVENTS], unrouted[EVENTS];
    static size_t first[EVENTS + 1];
    test_way_locate(way, events, count, origin + 5, found);
    for (size_t i = 0; i < count; i++) {
        cells[i] = found[i].cell;
        tuples[i] = found[i].tuple;
        where[i] = found[i].where;
        reasons[i] = found[i].reason;
    }
    for (size_t at = 0, done; at < count; at += done) {
        wanmi_hits hits;
        wanmi_hits_init(&hits);
        hits.cell = cells + at;
        hits.tuple = tuples + at;
        hits.where = where + at;
        hits.reason = reasons + at;
        size_t room = wanmi_plan_deliveries_max(way->plan) + below(w, WANMI_DELIVERIES_MAX);
        wanmi_status status = wanmi_route(way->router, way->locator, events + at, count - at, &hits, origin + 5,
                                          deliveries, room, first, unrouted, &done, NULL);
        cr_assert(done > 0 && status == (at + done == count ? WANMI_OK : WANMI_PARTIAL));
        for (size_t i = 0; i < done; i++) {
            uint8_t reason;
            cr_assert_eq(wanmi_router_set_engine(way->router, WANMI_ENGINE_EXACT, NULL), WANMI_OK);
            size_t expected = test_way_route(way, &events[at + i], origin + 5, one, &reason);
            cr_assert_eq(wanmi_router_set_engine(way->router, WANMI_ENGINE_FAST, NULL), WANMI_OK);
            cr_assert_eq(unrouted[i], reason);
            cr_assert(same(deliveries + first[i], first[i + 1] - first[i], one, expected));
        }
    }
}

/* The same by each machine code that this processor carries. */
static void compare_kernels(world *w, test_way *way, const wanmi_event *events, size_t count)
{
    for (int kernel = WANMI_KERNEL_X86_64_V4; kernel >= WANMI_KERNEL_AUTO; kernel--) {
        wanmi_status status = wanmi_router_use_kernel(way->router, (wanmi_kernel)kernel, NULL);
        cr_assert(status == WANMI_OK || (status == WANMI_E_UNSUPPORTED && kernel > WANMI_KERNEL_PORTABLE));
        if (status == WANMI_OK)
            compare_batches(w, way, events, count);
    }
}

static void compare(test_way *way, const wanmi_event *event, tally *made)
{
    uint8_t matched[RULES_MAX] = {0};
    static wanmi_delivery fast[WANMI_DELIVERIES_MAX], plain[WANMI_DELIVERIES_MAX];
    uint8_t fast_reason, plain_reason;
    test_hit hit;
    test_way_locate(way, event, 1, origin + 5, &hit);
    size_t expected = test_plain_rules(way, event, &hit, origin + 5, plain, &plain_reason, matched);
    size_t count = test_way_route(way, event, origin + 5, fast, &fast_reason);
    cr_assert_eq(fast_reason, plain_reason);
    cr_assert(same(fast, count, plain, expected), "%zu deliveries where %zu were expected: %s", count,
              expected, test_way_text(way, event));
    cr_assert_leq(count, wanmi_plan_deliveries_max(way->plan));
    compare_engines(way, event, fast, count, fast_reason);
    bool inside = hit.where == WANMI_INSIDE || hit.where == WANMI_SNAPPED;
    bool primary = false;
    for (size_t i = 0; i < count; i++) {
        primary |= (fast[i].flags & WANMI_DELIVERY_COPY) == 0;
        made->due += fast[i].due_us != WANMI_TIME_NONE;
        made->owners += fast[i].step == WANMI_STEP_OWNER;
    }
    cr_assert(!inside || fast_reason != 0 || primary, "an event inside reaches nobody");
    made->made += count;
    if (plain_reason == WANMI_REASON_NONE)
        compare_rules(way, event, &hit, matched);
}

ParameterizedTestParameters(route, equals_the_plain_evaluation)
{
    static uint64_t seeds[] = {1, 2, 3, 4, 5, 6};
    return cr_make_param_array(uint64_t, seeds, sizeof seeds / sizeof seeds[0]);
}

static const char *const some_modes[] = {"", "normal", "emergency", "night"};

ParameterizedTest(uint64_t *seed, route, equals_the_plain_evaluation)
{
    world w = {.random = {*seed}};
    size_t plans = 0, refused = 0;
    tally made = {0};
    for (int m = 0; m < MAPS; m++) {
        origin = origins[m % 4];
        wanmi_map *map = random_map(&w);
        if (!promised(map)) {
            refused++;
            wanmi_map_release(map);
            continue;
        }
        plans++;
        test_way way;
        test_way_open(&way, map);
        static wanmi_event events[EVENTS];
        for (int i = 0; i < EVENTS; i++) {
            if (chance(&w, 10))
                test_way_mode(&way, chance(&w, 50) ? pick(&w, some_modes, 4) : "elsewhere");
            wanmi_event event = random_event(&w, &way);
            compare(&way, &event, &made);
            events[i] = event;
        }
        compare_kernels(&w, &way, events, EVENTS);
        test_way_close(&way);
    }
    /* Both ways must have been walked, or the test says nothing. */
    cr_assert(plans >= 5 && refused >= 2 && made.made >= plans * EVENTS / 2
                  && made.due >= made.made / 20 && made.owners >= made.made / 300,
              "%zu plans, %zu refused, %zu deliveries, %zu with a due time, %zu to owners", plans,
              refused, made.made, made.due, made.owners);
}
