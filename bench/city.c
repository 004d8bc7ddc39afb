/* See city.h. */
#include "city.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"

enum {
    SIDE = 100, BLOCK = 10, STREET_BLOCKS = 2,      /* cells a line; cells and communities the next is wide */
    ROLES = 7, POOL = 10,                           /* units of one role in one community */
    BIG_CLASSES = 10, SMALL_CLASSES = 20,
    SOURCES = 4, RULES = 500
};
static const double ORIGIN_X = 446000, ORIGIN_Y = 4410000, CELL_M = 100;
static const int64_t YEAR_BEGINS_US = INT64_C(1704067200000000), YEAR_US = INT64_C(366) * 86400 * 1000000;

static const char *const roles[ROLES] = {"keeper", "police", "fire", "medic", "warden", "party", "volunteer"};
static const char *const sources[SOURCES] = {"patrol", "hotline", "video", "sensor"};
static const char *const profiles[] = {"urgent", "short", "plain", "long"};

typedef struct maker {
    wanmi_map_builder *builder;
    int32_t rules;
} maker;

static void must(wanmi_status status, const wanmi_error *error)
{
    bench_must(status, error);
}

/* ---- places ----------------------------------------------------------------------------- */

static void add_layer(maker *m, const char *name, int32_t level, const char *parent)
{
    wanmi_error error;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = WANMI_PARTITION;
    def.level = level;
    def.parent = parent;
    must(wanmi_map_builder_layer(m->builder, &def, &error), &error);
}

/* A square of so many cells as WKB, in this machine's order of bytes. */
static size_t write_square(unsigned char *wkb, unsigned x, unsigned y, unsigned cells)
{
    double x0 = ORIGIN_X + CELL_M * x, y0 = ORIGIN_Y + CELL_M * y, side = CELL_M * cells;
    double ring[10] = {x0, y0, x0 + side, y0, x0 + side, y0 + side, x0, y0 + side, x0, y0};
    uint32_t head[3] = {3, 1, 5};
    wkb[0] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    memcpy(wkb + 1, head, sizeof head);
    memcpy(wkb + 1 + sizeof head, ring, sizeof ring);
    return 1 + sizeof head + sizeof ring;
}

static void community_code(char *code, unsigned x, unsigned y)
{
    sprintf(code, "110101%03u", y / BLOCK * (SIDE / BLOCK) + x / BLOCK);
}

static void street_code(char *code, unsigned x, unsigned y)
{
    unsigned wide = BLOCK * STREET_BLOCKS;
    sprintf(code, "1101%02u", y / wide * (SIDE / wide) + x / wide);
}

static void cell_code(char *code, unsigned x, unsigned y)
{
    community_code(code, x, y);
    sprintf(code + strlen(code), "%03u", y % BLOCK * BLOCK + x % BLOCK);
}

static void add_areas(maker *m, const char *layer, unsigned wide, void (*code_of)(char *, unsigned, unsigned),
                      void (*parent_of)(char *, unsigned, unsigned))
{
    for (unsigned y = 0; y < SIDE; y += wide) {
        for (unsigned x = 0; x < SIDE; x += wide) {
            char code[64], parent[64] = "";
            unsigned char wkb[128];
            wanmi_error error;
            wanmi_area_def def;
            wanmi_area_def_init(&def);
            code_of(code, x, y);
            if (parent_of != NULL)
                parent_of(parent, x, y);
            def.layer = layer;
            def.code = code;
            def.parent = parent;
            def.grade = (x / wide + y / wide) % 3 == 0 ? "1" : "2";
            def.wkb = wkb;
            def.wkb_size = write_square(wkb, x, y, wide);
            must(wanmi_map_builder_area(m->builder, &def, &error), &error);
        }
    }
}

static void add_places(maker *m)
{
    add_layer(m, "cell", 0, "community");
    add_layer(m, "community", 1, "street");
    add_layer(m, "street", 2, "");
    add_areas(m, "street", BLOCK * STREET_BLOCKS, street_code, NULL);
    add_areas(m, "community", BLOCK, community_code, street_code);
    add_areas(m, "cell", 1, cell_code, community_code);
}

/* ---- people ----------------------------------------------------------------------------- */

static void add_unit(maker *m, const char *code)
{
    wanmi_error error;
    wanmi_unit_def def;
    wanmi_unit_def_init(&def);
    def.code = code;
    must(wanmi_map_builder_unit(m->builder, &def, &error), &error);
}

static void add_duty(maker *m, const char *layer, const char *area, const char *role, const char *unit)
{
    wanmi_error error;
    wanmi_duty_def def;
    wanmi_duty_def_init(&def);
    def.layer = layer;
    def.area = area;
    def.role = role;
    def.unit = unit;
    def.rank = 1;
    must(wanmi_map_builder_duty(m->builder, &def, &error), &error);
}

static void add_people(maker *m)
{
    uint64_t seed = 7;
    char code[96], area[32];
    add_unit(m, "CENTRE");
    add_unit(m, "BUREAU");
    for (unsigned y = 0; y < SIDE; y += BLOCK) {
        for (unsigned x = 0; x < SIDE; x += BLOCK) {
            community_code(area, x, y);
            snprintf(code, sizeof code, "%s-head", area);
            add_unit(m, code);
            add_duty(m, "community", area, "head", code);
            for (unsigned i = 0; i < ROLES * POOL; i++) {
                snprintf(code, sizeof code, "%s-%s-%u", area, roles[i / POOL], i % POOL);
                add_unit(m, code);
            }
        }
    }
    for (unsigned i = 0; i < SIDE * SIDE; i++) {
        char community[32];
        cell_code(area, i % SIDE, i / SIDE);
        community_code(community, i % SIDE, i / SIDE);
        for (unsigned role = 0; role < ROLES; role++) {
            snprintf(code, sizeof code, "%s-%s-%u", community, roles[role], (unsigned)(bench_next(&seed) % POOL));
            add_duty(m, "cell", area, roles[role], code);
        }
    }
    for (unsigned i = 0; i < SIDE * SIDE; i += BLOCK * STREET_BLOCKS) {
        if (i / SIDE % (BLOCK * STREET_BLOCKS) != 0)
            continue;
        street_code(area, i % SIDE, i / SIDE);
        snprintf(code, sizeof code, "%s-office", area);
        add_unit(m, code);
        add_duty(m, "street", area, "office", code);
    }
}

/* ---- deadlines ---------------------------------------------------------------------------- */

static void add_calendar(maker *m, const char *day, const char *hours)
{
    wanmi_error error;
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    def.name = "default";
    def.day = day;
    def.hours = hours;
    must(wanmi_map_builder_calendar(m->builder, &def, &error), &error);
}

static void add_deadline(maker *m, const char *name, int32_t seq, const char *grade, double limit, const char *unit)
{
    wanmi_error error;
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    def.name = name;
    def.seq = seq;
    def.grade = grade;
    def.limit = limit;
    def.unit = unit;
    must(wanmi_map_builder_deadline(m->builder, &def, &error), &error);
}

static void add_deadlines(maker *m)
{
    add_calendar(m, "1-5", "08:30-12:00;13:30-17:30");
    add_calendar(m, "2024-02-10/2024-02-17", "");
    add_calendar(m, "2024-05-01/2024-05-05", "");
    add_calendar(m, "2024-10-01/2024-10-07", "");
    add_calendar(m, "2024-02-04", "08:30-12:00;13:30-17:30");
    add_deadline(m, "urgent", 1, "1", 0.5, "urgent_hour");
    add_deadline(m, "urgent", 2, "", 1, "urgent_hour");
    add_deadline(m, "short", 1, "1", 2, "working_hour");
    add_deadline(m, "short", 2, "", 4, "working_hour");
    add_deadline(m, "plain", 1, "1", 8, "working_hour");
    add_deadline(m, "plain", 2, "", 2, "working_day");
    add_deadline(m, "long", 1, "1", 5, "working_day");
    add_deadline(m, "long", 2, "", 15, "natural_day");
}

/* ---- rules -------------------------------------------------------------------------------- */

static wanmi_rule_def next_rule(maker *m, const char *class_prefix)
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    def.seq = ++m->rules;
    def.class_prefix = class_prefix;
    def.priority = -1;
    return def;
}

static void add_rule(maker *m, const wanmi_rule_def *def)
{
    wanmi_error error;
    must(wanmi_map_builder_rule(m->builder, def, &error), &error);
}

static void class_code(char *code, unsigned number)
{
    sprintf(code, "%02u%02u", number / SMALL_CLASSES + 1, number % SMALL_CLASSES + 1);
}

/* What only some events of a class meet. */
static void add_condition(wanmi_rule_def *def, unsigned number, char *area)
{
    switch (number % 8) {
    case 0: def->min_severity = 230; break;
    case 1: def->source = sources[number / 8 % SOURCES]; break;
    case 2: def->hours = "22:00-06:00"; break;
    case 3: def->weekdays = "restday"; break;
    case 4: def->mode = "emergency"; break;
    case 5:
        def->valid_from_us = YEAR_BEGINS_US + YEAR_US / 2;
        def->valid_to_us = def->valid_from_us + YEAR_US / 6;
        break;
    case 6: def->layer = "street"; street_code(area, number * 7 % SIDE, number * 13 % SIDE); break;
    default: def->layer = "community"; community_code(area, number * 7 % SIDE, number * 13 % SIDE); break;
    }
    def->area = area;
}

/* One for every class, a copy for every tenth, 200 with a condition and a role or
 * a unit; and 80 of a whole big class, which few of its events meet. */
static void add_rules(maker *m)
{
    static const unsigned rare[] = {0, 4, 6, 7};
    char code[16], area[64];
    for (unsigned i = 0; i < BENCH_CITY_CLASSES; i++) {
        class_code(code, i);
        wanmi_rule_def def = next_rule(m, code);
        def.role = roles[i % ROLES];
        def.deadline = profiles[i % 4];
        add_rule(m, &def);
        if (i % 10 == 0) {
            def = next_rule(m, code);
            def.role = i % 20 == 0 ? "head" : "office";
            def.at_layer = i % 20 == 0 ? "community" : "street";
            def.copy = 1;
            add_rule(m, &def);
        }
        def = next_rule(m, code);
        area[0] = '\0';
        add_condition(&def, i, area);
        if (i % 5 == 0)
            def.unit = "BUREAU";
        else
            def.role = roles[(i + 3) % ROLES];
        def.deadline = "urgent";
        def.tag = "special";
        add_rule(m, &def);
    }
    for (unsigned i = 0; m->rules < RULES; i++) {
        snprintf(code, sizeof code, "%02u", i % BIG_CLASSES + 1);
        wanmi_rule_def def = next_rule(m, code);
        area[0] = '\0';
        add_condition(&def, rare[i / BIG_CLASSES % 4] + 8 * i, area);
        def.unit = "CENTRE";
        def.copy = 1;
        add_rule(m, &def);
    }
}

wanmi_map *bench_make_city(const wanmi_host *host)
{
    wanmi_error error;
    maker m = {0};
    wanmi_map_meta meta;
    wanmi_map *map = NULL;
    must(wanmi_map_builder_create(host, &m.builder, &error), &error);
    wanmi_map_meta_init(&meta);
    meta.title = "city";
    meta.crs = "EPSG:4548";
    meta.timezone = "Asia/Shanghai";
    meta.fallback_unit = "CENTRE";
    must(wanmi_map_builder_meta(m.builder, &meta, &error), &error);
    add_places(&m);
    add_people(&m);
    add_deadlines(&m);
    add_rules(&m);
    must(wanmi_map_build(m.builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(m.builder);
    return map;
}

/* ---- events ------------------------------------------------------------------------------- */

static uint32_t number_of(wanmi_words *words, const char *text)
{
    wanmi_error error;
    uint32_t number = WANMI_NONE;
    must(wanmi_words_number(words, text, strlen(text), &number, &error), &error);
    return number;
}

/* The class of a number from 0 to 1: the k-th is asked for 1/k as often as the
 * first. Which is the k-th has nothing to do with its code. */
static unsigned class_at(double number, const double *sums)
{
    unsigned rank = 0;
    while (rank + 1 < BENCH_CITY_CLASSES && sums[rank] <= number * sums[BENCH_CITY_CLASSES - 1])
        rank++;
    return rank * 73 % BENCH_CITY_CLASSES;
}

void bench_city_events(wanmi_words *words, uint64_t seed, wanmi_event *events, size_t count)
{
    uint32_t classes[BENCH_CITY_CLASSES], source_numbers[SOURCES];
    double sums[BENCH_CITY_CLASSES], sum = 0;
    for (unsigned i = 0; i < BENCH_CITY_CLASSES; i++) {
        char code[16];
        class_code(code, i);
        classes[i] = number_of(words, code);
        sums[i] = sum += 1.0 / (i + 1);
    }
    for (unsigned i = 0; i < SOURCES; i++)
        source_numbers[i] = number_of(words, sources[i]);
    for (size_t i = 0; i < count; i++) {
        uint64_t source = bench_next(&seed) % 10;
        events[i] = (wanmi_event){
            .id = i, .user = bench_next(&seed),
            .time_us = YEAR_BEGINS_US + (int64_t)(bench_next(&seed) % (uint64_t)YEAR_US),
            .x = bench_uniform(&seed, ORIGIN_X, ORIGIN_X + SIDE * CELL_M),
            .y = bench_uniform(&seed, ORIGIN_Y, ORIGIN_Y + SIDE * CELL_M),
            .class_id = classes[class_at(bench_uniform(&seed, 0, 1), sums)],
            .source_id = source < 8 ? source_numbers[source % SOURCES] : WANMI_NONE,
            .datum = WANMI_DATUM_MAP, .severity = (uint8_t)bench_next(&seed),
        };
    }
}
