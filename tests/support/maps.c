/* See maps.h. */
#include "maps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(wanmi_status status, const wanmi_error *error)
{
    if (status == WANMI_OK)
        return;
    fprintf(stderr, "a test's map cannot be made: %s: %s\n", wanmi_status_name(status),
            error->message);
    abort();
}

/* ---- WKB ---------------------------------------------------------------------------- */

static uint8_t *put(uint8_t *to, const void *value, size_t size)
{
    memcpy(to, value, size); /* tests run on little-endian machines */
    return to + size;
}

static uint8_t *put_head(uint8_t *to, uint32_t type, uint32_t count)
{
    *to++ = 1;
    to = put(to, &type, 4);
    return put(to, &count, 4);
}

test_wkb test_wkb_polygon(const double *xy, const uint32_t *points, uint32_t rings)
{
    size_t size = 9;
    for (uint32_t r = 0; r < rings; r++)
        size += 4 + 16 * (size_t)points[r];
    test_wkb wkb = {malloc(size), size};
    uint8_t *to = put_head(wkb.bytes, 3, rings);
    for (uint32_t r = 0; r < rings; r++) {
        to = put(to, &points[r], 4);
        to = put(to, xy, 16 * (size_t)points[r]);
        xy += 2 * (size_t)points[r];
    }
    return wkb;
}

test_wkb test_wkb_ring(const double *xy, uint32_t points)
{
    return test_wkb_polygon(xy, &points, 1);
}

test_wkb test_wkb_box(double min_x, double min_y, double max_x, double max_y)
{
    const double xy[] = {min_x, min_y, max_x, min_y, max_x, max_y, min_x, max_y, min_x, min_y};
    return test_wkb_ring(xy, 5);
}

test_wkb test_wkb_multi(const test_wkb *polygons, uint32_t count)
{
    size_t size = 9;
    for (uint32_t i = 0; i < count; i++)
        size += polygons[i].size;
    test_wkb wkb = {malloc(size), size};
    uint8_t *to = put_head(wkb.bytes, 6, count);
    for (uint32_t i = 0; i < count; i++)
        to = put(to, polygons[i].bytes, polygons[i].size);
    return wkb;
}

/* ---- rows ------------------------------------------------------------------------- */

void test_add_meta(wanmi_map_builder *builder, const char *crs)
{
    wanmi_error error;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = crs != NULL ? crs : "EPSG:4548";
    meta.timezone = "UTC";
    must(wanmi_map_builder_meta(builder, &meta, &error), &error);
}

void test_add_layer(wanmi_map_builder *builder, const char *name, wanmi_layer_kind kind,
                    int32_t level, const char *parent)
{
    wanmi_error error;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = kind;
    def.level = level;
    def.parent = parent;
    must(wanmi_map_builder_layer(builder, &def, &error), &error);
}

void test_add_version(wanmi_map_builder *builder, const char *layer, const char *code,
                      const char *parent, int64_t from_us, int64_t to_us, test_wkb wkb)
{
    wanmi_error error;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    def.valid_from_us = from_us;
    def.valid_to_us = to_us;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    must(wanmi_map_builder_area(builder, &def, &error), &error);
    free(wkb.bytes);
}

void test_add_area(wanmi_map_builder *builder, const char *layer, const char *code,
                   const char *parent, test_wkb wkb)
{
    test_add_version(builder, layer, code, parent, WANMI_TIME_NONE, WANMI_TIME_NONE, wkb);
}

void test_add_box(wanmi_map_builder *builder, const char *layer, const char *code,
                  const char *parent, double min_x, double min_y, double max_x, double max_y)
{
    test_add_area(builder, layer, code, parent, test_wkb_box(min_x, min_y, max_x, max_y));
}

void test_add_unit(wanmi_map_builder *builder, const char *code, const char *parent)
{
    wanmi_error error;
    wanmi_unit_def def;
    wanmi_unit_def_init(&def);
    def.code = code;
    def.name = code;
    def.parent = parent;
    must(wanmi_map_builder_unit(builder, &def, &error), &error);
}

void test_add_duty(wanmi_map_builder *builder, const char *layer, const char *area,
                   const char *role, const char *unit, int32_t rank)
{
    wanmi_error error;
    wanmi_duty_def def;
    wanmi_duty_def_init(&def);
    def.layer = layer;
    def.area = area;
    def.role = role;
    def.unit = unit;
    def.rank = rank;
    must(wanmi_map_builder_duty(builder, &def, &error), &error);
}

void test_add_rule(wanmi_map_builder *builder, const wanmi_rule_def *rule)
{
    wanmi_error error;
    must(wanmi_map_builder_rule(builder, rule, &error), &error);
}

wanmi_map_builder *test_builder(const wanmi_host *host)
{
    wanmi_error error;
    wanmi_map_builder *builder = NULL;
    must(wanmi_map_builder_create(host, &builder, &error), &error);
    return builder;
}

wanmi_map *test_build(wanmi_map_builder *builder)
{
    wanmi_error error;
    wanmi_map *map = NULL;
    must(wanmi_map_build(builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(builder);
    return map;
}

/* ---- the invented city -------------------------------------------------------------- */

void test_city_init(test_city *city)
{
    *city = (test_city){.columns = 8, .rows = 6, .size_m = 100, .x = 500000, .y = 4420000,
                        .generation = 1, .crs = "EPSG:4548", .overlays = true, .people = true,
                        .rules = true};
}

static void fill_meta(wanmi_map_builder *builder, const test_city *city)
{
    wanmi_error error;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.title = "An invented city";
    meta.crs = city->crs;
    meta.cell_layer = "cell";
    meta.code_layout = "6+3+3+3";
    meta.fallback_unit = city->people ? "BUREAU" : "";
    meta.snap_m = city->snap_m;
    meta.generation = city->generation;
    must(wanmi_map_builder_meta(builder, &meta, &error), &error);
}

static void fill_streets(wanmi_map_builder *builder, const test_city *c)
{
    double middle = c->x + c->columns / 2 * c->size_m;
    double east = c->x + c->columns * c->size_m, north = c->y + c->rows * c->size_m;
    test_add_layer(builder, "street", WANMI_PARTITION, 2, "");
    test_add_box(builder, "street", "110101001", "", c->x, c->y, middle, north);
    test_add_box(builder, "street", "110101002", "", middle, c->y, east, north);
}

/* The cells of the quarter west (0) or east (1), south (0) or north (1). */
typedef struct quarter {
    uint32_t first_column, end_column, first_row, end_row; /* rows from the south */
    const char *street, *community, *head;
} quarter;

static quarter quarter_of(const test_city *c, int east, int north)
{
    static const char *const streets[] = {"110101001", "110101002"};
    static const char *const communities[] = {"110101001001", "110101001002", "110101002001",
                                              "110101002002"};
    static const char *const heads[] = {"C1", "C2", "C3", "C4"};
    int number = 2 * east + north;
    return (quarter){.first_column = east ? c->columns / 2 : 0,
                     .end_column = east ? c->columns : c->columns / 2,
                     .first_row = north ? c->rows / 2 : 0,
                     .end_row = north ? c->rows : c->rows / 2,
                     .street = streets[east], .community = communities[number],
                     .head = heads[number]};
}

static void fill_cell_duty(wanmi_map_builder *builder, const char *code, const char *head,
                           uint32_t sequence)
{
    char unit[40];
    snprintf(unit, sizeof unit, "P-%s", code);
    test_add_unit(builder, unit, head);
    if (sequence % 3 != 0)
        test_add_duty(builder, "cell", code, "网格员", unit, 1);
}

static void fill_quarter(wanmi_map_builder *builder, const test_city *c, const quarter *q)
{
    double s = c->size_m;
    test_add_box(builder, "community", q->community, q->street, c->x + q->first_column * s,
                 c->y + q->first_row * s, c->x + q->end_column * s, c->y + q->end_row * s);
    if (c->people)
        test_add_duty(builder, "community", q->community, "网格长", q->head, 1);
    uint32_t sequence = 0;
    for (uint32_t row = q->end_row; row-- > q->first_row;) {
        for (uint32_t column = q->first_column; column < q->end_column; column++) {
            char code[32];
            snprintf(code, sizeof code, "%s%03u", q->community, ++sequence);
            test_add_box(builder, "cell", code, q->community, c->x + column * s, c->y + row * s,
                         c->x + (column + 1) * s, c->y + (row + 1) * s);
            if (c->people)
                fill_cell_duty(builder, code, q->head, sequence);
        }
    }
}

static void fill_heads(wanmi_map_builder *builder)
{
    test_add_unit(builder, "BUREAU", "");
    test_add_unit(builder, "S1", "BUREAU");
    test_add_unit(builder, "S2", "BUREAU");
    test_add_unit(builder, "C1", "S1");
    test_add_unit(builder, "C2", "S1");
    test_add_unit(builder, "C3", "S2");
    test_add_unit(builder, "C4", "S2");
    test_add_duty(builder, "street", "110101001", "督导员", "S1", 1);
    test_add_duty(builder, "street", "110101002", "督导员", "S2", 1);
}

static void fill_overlays(wanmi_map_builder *builder, const test_city *c)
{
    double s = c->size_m, wide = c->columns * s, high = c->rows * s;
    double east = c->x + wide, north = c->y + high;
    test_add_layer(builder, "school", WANMI_OVERLAY, 0, "");
    test_add_box(builder, "school", "A", "", c->x, c->y, c->x + wide * 0.75, north);
    test_add_box(builder, "school", "B", "", east - wide * 0.75, c->y, east, north);
    test_add_layer(builder, "relic", WANMI_OVERLAY, 0, "");
    double w = c->x + wide / 4, e = east - wide / 4, b = c->y + high / 4, t = north - high / 4;
    const double holed[] = {c->x, c->y, east, c->y, east, north, c->x, north, c->x, c->y,
                            w, b, w, t, e, t, e, b, w, b};
    const uint32_t points[] = {5, 5};
    test_add_area(builder, "relic", "R", "", test_wkb_polygon(holed, points, 2));
    test_wkb parts[] = {test_wkb_box(c->x, c->y, c->x + s, c->y + s),
                        test_wkb_box(east - s, north - s, east, north)};
    test_add_area(builder, "relic", "T", "", test_wkb_multi(parts, 2));
    free(parts[0].bytes);
    free(parts[1].bytes);
}

static void fill_rules(wanmi_map_builder *builder)
{
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = 10;
    rule.class_prefix = "01";
    rule.role = "网格员";
    test_add_rule(builder, &rule);
    wanmi_rule_def_init(&rule);
    rule.seq = 20;
    rule.class_prefix = "02";
    rule.role = "督导员";
    rule.at_layer = "street";
    rule.priority = 2;
    rule.tag = "急";
    test_add_rule(builder, &rule);
    wanmi_rule_def_init(&rule);
    rule.seq = 30;
    rule.class_prefix = "02";
    rule.unit = "BUREAU";
    rule.copy = 1;
    test_add_rule(builder, &rule);
    wanmi_rule_def_init(&rule);
    rule.seq = 40;
    rule.role = "网格长";
    rule.at_layer = "community";
    test_add_rule(builder, &rule);
}

void test_city_fill(wanmi_map_builder *builder, const test_city *city)
{
    fill_meta(builder, city);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(builder, "community", WANMI_PARTITION, 1, "street");
    if (city->people)
        fill_heads(builder);
    fill_streets(builder, city);
    for (int i = 0; i < 4; i++) {
        quarter q = quarter_of(city, i / 2, i % 2);
        fill_quarter(builder, city, &q);
    }
    if (city->overlays)
        fill_overlays(builder, city);
    if (city->people && city->rules)
        fill_rules(builder);
}

wanmi_map *test_city_map(const wanmi_host *host, const test_city *city)
{
    test_city standard;
    test_city_init(&standard);
    wanmi_map_builder *builder = test_builder(host);
    test_city_fill(builder, city != NULL ? city : &standard);
    return test_build(builder);
}
