/* What is wrong with a map is found once, where it is, and nothing else is. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <geos_c.h>

#include "maps.h"
#include "support.h"

enum { MOST = 64 };

typedef struct seen {
    wanmi_finding_kind kind;
    int severity;
    char layer[64], code[72], other[72], message[700];
    double area, x, y, lon, lat, wkb_area;
} seen;

typedef struct findings {
    seen items[MOST];
    size_t count;
} findings;

static double area_of_wkb(const uint8_t *wkb, size_t size)
{
    if (wkb == NULL)
        return NAN;
    GEOSContextHandle_t geos = GEOS_init_r();
    GEOSWKBReader *reader = GEOSWKBReader_create_r(geos);
    GEOSGeometry *g = GEOSWKBReader_read_r(geos, reader, wkb, size);
    assert_non_null(g);
    double area = NAN;
    GEOSArea_r(geos, g, &area);
    GEOSGeom_destroy_r(geos, g);
    GEOSWKBReader_destroy_r(geos, reader);
    GEOS_finish_r(geos);
    return area;
}

static void record(void *user, const wanmi_finding *f)
{
    findings *all = user;
    assert_true(all->count < MOST);
    seen *s = &all->items[all->count++];
    *s = (seen){.kind = f->kind, .severity = f->severity, .area = f->area_m2, .x = f->x, .y = f->y,
                .lon = f->lon, .lat = f->lat, .wkb_area = area_of_wkb(f->wkb, f->wkb_size)};
    snprintf(s->layer, sizeof s->layer, "%s", f->layer);
    snprintf(s->code, sizeof s->code, "%s", f->code);
    snprintf(s->other, sizeof s->other, "%s", f->other);
    snprintf(s->message, sizeof s->message, "%s", f->message);
}

static findings check_with(wanmi_map *map, const wanmi_check_options *options)
{
    findings all = {.count = 0};
    uint64_t found = 1000;
    wanmi_error error;
    wanmi_status status = wanmi_check(map, options, record, &all, &found, &error);
    if (status != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(found, all.count);
    wanmi_map_release(map);
    return all;
}

static findings check(wanmi_map *map)
{
    return check_with(map, NULL);
}

static void expect_none(const findings *all)
{
    if (all->count != 0)
        fail_msg("found: %s", all->items[0].message);
}

/* Exactly one finding, of this kind and code. */
static const seen *expect_one(const findings *all, wanmi_finding_kind kind, const char *layer,
                              const char *code, const char *other)
{
    for (size_t i = 1; i < all->count; i++)
        print_error("also found: %s\n", all->items[i].message);
    assert_int_equal(all->count, 1);
    const seen *s = &all->items[0];
    assert_int_equal(s->kind, kind);
    assert_string_equal(s->layer, layer);
    assert_string_equal(s->code, code);
    assert_string_equal(s->other, other);
    assert_non_null(strstr(s->message, code));
    return s;
}

static void expect_area(const seen *s, double area, double slack)
{
    if (!(fabs(s->area - area) <= slack) || !(fabs(s->wkb_area - area) <= slack))
        fail_msg("%s: area %.9g, shape %.9g, expected %.9g", s->message, s->area, s->wkb_area, area);
}

/* ---- a small ground: two communities side by side, each of 2 x 2 cells -------------- */

#define X 500000.0
#define Y 4420000.0

/* Cell `index` 1..4 of community 1 or 2; 1 2 are the northern ones. */
typedef struct ground {
    wanmi_map_builder *builder;
    double box[2][4][4];        /* min x, min y, max x, max y; NAN: not there */
} ground;

static ground new_ground(void)
{
    ground g = {.builder = test_builder(NULL)};
    test_add_meta(g.builder, NULL);
    test_add_layer(g.builder, "community", WANMI_PARTITION, 1, "");
    test_add_layer(g.builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_box(g.builder, "community", "1", "", X, Y, X + 200, Y + 200);
    test_add_box(g.builder, "community", "2", "", X + 200, Y, X + 400, Y + 200);
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < 4; i++) {
            double x = X + 200 * c + 100 * (i % 2), y = Y + 100 * (i < 2);
            double box[4] = {x, y, x + 100, y + 100};
            memcpy(g.box[c][i], box, sizeof box);
        }
    return g;
}

static findings check_ground_with(ground *g, const wanmi_check_options *options)
{
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < 4; i++) {
            char code[8], parent[8];
            const double *b = g->box[c][i];
            snprintf(code, sizeof code, "%d%d", c + 1, i + 1);
            snprintf(parent, sizeof parent, "%d", c + 1);
            if (!isnan(b[0]))
                test_add_box(g->builder, "cell", code, parent, b[0], b[1], b[2], b[3]);
        }
    return check_with(test_build(g->builder), options);
}

static findings check_ground(ground *g)
{
    return check_ground_with(g, NULL);
}

static void a_sound_map_has_no_findings(void **state)
{
    (void)state;
    findings all = check(test_city_map(NULL, NULL));
    expect_none(&all);
    ground g = new_ground();
    all = check_ground(&g);
    expect_none(&all);
}

/* ---- gaps --------------------------------------------------------------------------- */

static void a_missing_cell_is_a_gap_of_its_parent(void **state)
{
    (void)state;
    ground g = new_ground();
    g.box[0][3][0] = NAN;       /* in the middle, at the other community */
    findings all = check_ground(&g);
    const seen *s = expect_one(&all, WANMI_FINDING_GAP, "cell", "1", "");
    expect_area(s, 10000, 0.01);
    assert_int_equal(s->severity, 3);
    assert_true(s->x > X + 100 && s->x < X + 200 && s->y > Y && s->y < Y + 100);
    assert_true(fabs(s->lon - 117) < 0.01 && fabs(s->lat - 39.91) < 0.05);
}

static void all_cells_missing_is_one_gap(void **state)
{
    (void)state;
    ground g = new_ground();
    for (int i = 0; i < 4; i++)
        g.box[1][i][0] = NAN;
    findings all = check_ground(&g);
    expect_area(expect_one(&all, WANMI_FINDING_GAP, "cell", "2", ""), 40000, 0.01);
}

static void gaps_thinner_than_the_tolerance_are_none(void **state)
{
    (void)state;
    const struct { double width, tolerance; bool found; } cases[] = {
        {0.005, 0.001, true}, {0.0005, 0.001, false}, {0.0005, 0.0001, true},
        {0.5, 1, false},      {1.2, 1, true},         {1e-7, 0.001, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ground g = new_ground();
        wanmi_check_options o;
        wanmi_check_options_init(&o);
        o.tolerance_m = cases[i].tolerance;
        g.box[0][0][2] -= cases[i].width;
        findings all = check_ground_with(&g, &o);
        if (cases[i].found)
            expect_area(expect_one(&all, WANMI_FINDING_GAP, "cell", "1", ""), 100 * cases[i].width,
                        cases[i].tolerance * 2);
        else
            expect_none(&all);
    }
}

static wanmi_map_builder *one_layer(void)
{
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    test_add_layer(builder, "street", WANMI_PARTITION, 1, "");
    return builder;
}

/* Four areas around a square hole, none node by node. */
static void add_pinwheel(wanmi_map_builder *builder, const char *layer, const char *parent, double hole)
{
    double x = X, y = Y, h = hole, w = 300;
    test_add_box(builder, layer, "A", parent, x - w, y - w, x + h, y);
    test_add_box(builder, layer, "B", parent, x + h, y - w, x + h + w, y + h);
    test_add_box(builder, layer, "C", parent, x, y + h, x + h + w, y + h + w);
    test_add_box(builder, layer, "D", parent, x - w, y, x, y + h + w);
}

static void a_hole_in_a_layer_is_told_once(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    add_pinwheel(builder, "street", "", 50);
    findings all = check(test_build(builder));
    const seen *s = expect_one(&all, WANMI_FINDING_GAP, "street", "A", "B");
    expect_area(s, 2500, 0.01);
    assert_int_equal(s->severity, 3);

    builder = one_layer();      /* large: a lake, a note */
    add_pinwheel(builder, "street", "", 200);
    all = check(test_build(builder));
    s = expect_one(&all, WANMI_FINDING_GAP, "street", "A", "B");
    expect_area(s, 40000, 0.1);
    assert_int_equal(s->severity, 1);
}

static void a_lake_is_told_by_the_coarsest_layer_only(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    add_pinwheel(builder, "street", "", 200);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "street");
    const char *codes = "ABCD";
    double w = 300, h = 200, boxes[4][4] = {{X - w, Y - w, X + h, Y}, {X + h, Y - w, X + h + w, Y + h},
                                            {X, Y + h, X + h + w, Y + h + w}, {X - w, Y, X, Y + h + w}};
    for (int i = 0; i < 4; i++) {
        char parent[2] = {codes[i], 0}, code[4];
        double middle = (boxes[i][0] + boxes[i][2]) / 2, quarter = (boxes[i][1] + boxes[i][3]) / 2;
        snprintf(code, sizeof code, "%s1", parent);
        test_add_box(builder, "cell", code, parent, boxes[i][0], boxes[i][1], middle, quarter);
        snprintf(code, sizeof code, "%s2", parent);
        test_add_box(builder, "cell", code, parent, middle, boxes[i][1], boxes[i][2], quarter);
        snprintf(code, sizeof code, "%s3", parent);
        test_add_box(builder, "cell", code, parent, boxes[i][0], quarter, boxes[i][2], boxes[i][3]);
    }
    findings all = check(test_build(builder));
    expect_one(&all, WANMI_FINDING_GAP, "street", "A", "B");
}

static void bays_and_touching_corners_are_no_gaps(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    test_add_box(builder, "street", "A", "", X, Y, X + 100, Y + 100);
    test_add_box(builder, "street", "B", "", X + 100, Y + 100, X + 200, Y + 200); /* a corner */
    test_add_box(builder, "street", "C", "", X + 100, Y + 30, X + 200, Y + 60);   /* T-shaped */
    findings all = check(test_build(builder));
    expect_none(&all);
}

/* ---- overlaps ----------------------------------------------------------------------- */

static void an_overlap_names_both_and_its_area(void **state)
{
    (void)state;
    ground g = new_ground();
    g.box[0][0][2] += 1;        /* over its neighbour in the same community */
    findings all = check_ground(&g);
    const seen *s = expect_one(&all, WANMI_FINDING_OVERLAP, "cell", "11", "12");
    expect_area(s, 100, 1e-6);
    assert_int_equal(s->severity, 3);
    assert_true(s->x > X + 100 && s->x < X + 101);
    g = new_ground();
    g.box[0][0][2] += 0.0005;
    all = check_ground(&g);
    expect_none(&all);
}

static void one_area_over_two_neighbours_is_two_overlaps(void **state)
{
    (void)state;
    ground g = new_ground();
    wanmi_map_builder *builder = g.builder;
    /* Lies evenly over 11 and 12, whose shared edge the strike-out takes away. */
    test_add_box(builder, "cell", "15", "1", X + 50, Y + 120, X + 150, Y + 180);
    findings all = check_ground(&g);
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0].code, "11");
    assert_string_equal(all.items[0].other, "15");
    expect_area(&all.items[0], 3000, 1e-6);
    assert_string_equal(all.items[1].code, "12");
    assert_string_equal(all.items[1].other, "15");
    expect_area(&all.items[1], 3000, 1e-6);
}

static void the_same_area_twice_is_one_overlap(void **state)
{
    (void)state;
    ground g = new_ground();
    test_add_box(g.builder, "cell", "19", "1", X, Y, X + 100, Y + 100);
    findings all = check_ground(&g);
    expect_area(expect_one(&all, WANMI_FINDING_OVERLAP, "cell", "13", "19"), 10000, 1e-6);
}

static void an_overlap_in_an_overlay_is_none(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    test_add_layer(builder, "school", WANMI_OVERLAY, 3, "");
    test_add_box(builder, "street", "A", "", X, Y, X + 100, Y + 100);
    test_add_box(builder, "school", "A", "", X, Y, X + 100, Y + 100);
    test_add_box(builder, "school", "B", "", X, Y, X + 100, Y + 100);
    findings all = check(test_build(builder));
    expect_none(&all);
}

static void only_areas_valid_at_the_instant_count(void **state)
{
    (void)state;
    for (int at = 0; at < 2; at++) {
        wanmi_map_builder *builder = one_layer();
        test_add_version(builder, "street", "A", "", WANMI_TIME_NONE, 1000,
                         test_wkb_box(X, Y, X + 100, Y + 100));
        test_add_version(builder, "street", "A", "", 1000, WANMI_TIME_NONE,
                         test_wkb_box(X, Y, X + 150, Y + 100));
        test_add_version(builder, "street", "B", "", WANMI_TIME_NONE, WANMI_TIME_NONE,
                         test_wkb_box(X + 100, Y, X + 200, Y + 100));
        wanmi_check_options o;
        wanmi_check_options_init(&o);
        o.instant_us = at == 0 ? 999 : 1000;
        findings all = check_with(test_build(builder), &o);
        if (at == 0)
            expect_none(&all);
        else
            expect_area(expect_one(&all, WANMI_FINDING_OVERLAP, "street", "A", "B"), 5000, 1e-6);
    }
}

/* ---- parents ------------------------------------------------------------------------ */

static void a_cell_that_crosses_its_parent_is_told_with_what_lies_outside(void **state)
{
    (void)state;
    ground g = new_ground();
    g.box[0][2][0] -= 2;        /* out of the map to the west */
    findings all = check_ground(&g);
    const seen *s = expect_one(&all, WANMI_FINDING_PARENT, "cell", "13", "1");
    expect_area(s, 200, 1e-6);
    assert_true(s->x < X && s->x > X - 2);
    g = new_ground();
    g.box[0][2][0] -= 0.0005;
    all = check_ground(&g);
    expect_none(&all);
}

/* The part outside and a part inside make one face of the same count. */
static void crossing_is_seen_beside_an_overlap(void **state)
{
    (void)state;
    ground g = new_ground();
    test_add_box(g.builder, "cell", "15", "1", X - 30, Y + 20, X + 30, Y + 80);
    findings all = check_ground(&g);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.items[0].kind, WANMI_FINDING_PARENT);
    assert_string_equal(all.items[0].code, "15");
    expect_area(&all.items[0], 1800, 1e-6);
    assert_int_equal(all.items[1].kind, WANMI_FINDING_OVERLAP);
    expect_area(&all.items[1], 1800, 1e-6);
}

static void areas_without_parent_are_told(void **state)
{
    (void)state;
    ground g = new_ground();
    test_add_box(g.builder, "cell", "31", "", X + 500, Y, X + 600, Y + 100);
    findings all = check_ground(&g);
    const seen *s = expect_one(&all, WANMI_FINDING_PARENT, "cell", "31", "");
    assert_true(isnan(s->area));
    assert_true(s->x > X + 500 && s->x < X + 600);
    assert_true(fabs(s->wkb_area - 10000) < 1e-6);
}

static void a_parent_that_has_ended_is_told(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "street");
    test_add_version(builder, "street", "A", "", WANMI_TIME_NONE, 1000, test_wkb_box(X, Y, X + 100, Y + 100));
    test_add_box(builder, "cell", "A1", "A", X, Y, X + 100, Y + 100);
    findings all = check(test_build(builder));
    const seen *s = expect_one(&all, WANMI_FINDING_PARENT, "cell", "A1", "A");
    assert_int_equal(s->severity, 3);
}

/* ---- rows --------------------------------------------------------------------------- */

static wanmi_map_builder *with_layout(const char *layout, const char *fallback)
{
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.code_layout = layout;
    meta.fallback_unit = fallback;
    wanmi_error error;
    if (wanmi_map_builder_meta(builder, &meta, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    test_add_layer(builder, "street", WANMI_PARTITION, 1, "");
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "street");
    return builder;
}

static void codes_against_the_layout(void **state)
{
    (void)state;
    const struct { const char *parent, *code; wanmi_finding_kind kind; } cases[] = {
        {"110101", "110101001", WANMI_FINDING_OTHER},   /* sound */
        {"110101", "11010101", WANMI_FINDING_CODE},     /* too short */
        {"110101", "1101010X1", WANMI_FINDING_CODE},    /* no digit */
        {"110101", "110102001", WANMI_FINDING_PARENT}}; /* another's prefix */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *builder = with_layout("6+3", NULL);
        test_add_box(builder, "street", cases[i].parent, "", X, Y, X + 100, Y + 100);
        test_add_box(builder, "cell", cases[i].code, cases[i].parent, X, Y, X + 100, Y + 100);
        findings all = check(test_build(builder));
        if (i == 0)
            expect_none(&all);
        else
            expect_one(&all, cases[i].kind, "cell", cases[i].code, i == 3 ? "110101" : "");
    }
    wanmi_map_builder *builder = with_layout("6+3", NULL);
    test_add_box(builder, "street", "11010", "", X, Y, X + 100, Y + 100);
    test_add_box(builder, "cell", "110101001", "11010", X, Y, X + 100, Y + 100);
    findings all = check(test_build(builder));
    expect_one(&all, WANMI_FINDING_CODE, "street", "11010", "");
}

static void cells_far_from_their_size(void **state)
{
    (void)state;
    const struct { double side; bool found; } cases[] = {
        {31, true}, {32, false}, {100, false}, {316, false}, {317, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *builder = with_layout(NULL, NULL);
        double side = cases[i].side;
        test_add_box(builder, "street", "A", "", X, Y, X + side, Y + side);
        test_add_box(builder, "cell", "A1", "A", X, Y, X + side, Y + side);
        findings all = check(test_build(builder));
        if (!cases[i].found) {
            expect_none(&all);
            continue;
        }
        const seen *s = expect_one(&all, WANMI_FINDING_SIZE, "cell", "A1", "");
        expect_area(s, side * side, 1e-6);
        assert_int_equal(s->severity, 1);
    }
}

/* Two cells in B, one of them in A; streets under a city or not. */
static wanmi_map_builder *streets(const char *fallback, bool city)
{
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.fallback_unit = fallback;
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, NULL), WANMI_OK);
    if (city)
        test_add_layer(builder, "city", WANMI_PARTITION, 2, "");
    test_add_layer(builder, "street", WANMI_PARTITION, 1, city ? "city" : "");
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "street");
    if (city)
        test_add_box(builder, "city", "C", "", X, Y, X + 300, Y + 100);
    test_add_unit(builder, "U", "");
    test_add_box(builder, "street", "A", city ? "C" : "", X, Y, X + 100, Y + 100);
    test_add_box(builder, "street", "B", city ? "C" : "", X + 100, Y, X + 300, Y + 100);
    test_add_box(builder, "cell", "A1", "A", X, Y, X + 100, Y + 100);
    test_add_box(builder, "cell", "B1", "B", X + 100, Y, X + 200, Y + 100);
    test_add_box(builder, "cell", "B2", "B", X + 200, Y, X + 300, Y + 100);
    return builder;
}

/* One finding for the highest area that nobody answers for. */
static void areas_nobody_answers_for(void **state)
{
    (void)state;
    for (int fallback = 0; fallback < 2; fallback++)
        for (int city = 0; city < 2; city++) {
            wanmi_map_builder *builder = streets(fallback ? "U" : NULL, city);
            test_add_duty(builder, "street", "A", "网格长", "U", 1);
            findings all = check(test_build(builder));
            const seen *s = expect_one(&all, WANMI_FINDING_DUTY, "street", "B", "");
            assert_int_equal(s->severity, fallback ? 1 : 2);
            assert_non_null(strstr(s->message, "2 of its cells"));
            assert_non_null(strstr(s->message, fallback ? "fallback unit U" : "no fallback unit"));
        }
}

static void a_cell_nobody_answers_for(void **state)
{
    (void)state;
    wanmi_map_builder *builder = streets("U", false);
    test_add_duty(builder, "street", "A", "网格长", "U", 1);
    test_add_duty(builder, "cell", "B1", "网格员", "U", 1);
    findings all = check(test_build(builder));
    const seen *s = expect_one(&all, WANMI_FINDING_DUTY, "cell", "B2", "");
    assert_non_null(strstr(s->message, "the cell"));
    builder = streets("U", true);
    test_add_duty(builder, "city", "C", "网格长", "U", 1);
    all = check(test_build(builder));
    expect_none(&all);
}

static void a_map_without_duties(void **state)
{
    (void)state;
    findings all = check(test_build(streets("U", true)));
    const seen *s = expect_one(&all, WANMI_FINDING_DUTY, "", "", "");
    assert_int_equal(s->severity, 1);
    assert_non_null(strstr(s->message, "no duties"));
    all = check(test_build(streets(NULL, true)));
    assert_int_equal(expect_one(&all, WANMI_FINDING_DUTY, "", "", "")->severity, 2);
}

static void add_object(wanmi_map_builder *builder, const char *code, double x, const char *owner)
{
    wanmi_object_def object;
    wanmi_object_def_init(&object);
    object.code = code;
    object.x = x;
    object.y = Y + 50;
    object.upkeep = owner;
    object.row = 7;
    assert_int_equal(wanmi_map_builder_object(builder, &object, NULL), WANMI_OK);
}

static void objects_in_no_cell_or_of_nobody(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        wanmi_map_builder *builder = streets("U", true);
        test_add_duty(builder, "city", "C", "网格长", "U", 1);
        add_object(builder, "LAMP", i == 1 ? X + 300.001 : X + 300, i == 2 ? "" : "U");
        findings all = check(test_build(builder));
        if (i == 0) {
            expect_none(&all);
            continue;
        }
        const seen *s = expect_one(&all, WANMI_FINDING_OBJECT, "wanmi_objects", "LAMP", "");
        assert_int_equal(s->severity, i == 1 ? 2 : 1);
        assert_non_null(strstr(s->message, "table wanmi_objects, row 7, code LAMP: "));
        assert_non_null(strstr(s->message, i == 1 ? "in no cell" : "no owner"));
        assert_float_equal(s->x, i == 1 ? X + 300.001 : X + 300, 1e-9);
    }
}

static void a_duty_of_an_area_that_has_ended(void **state)
{
    (void)state;
    wanmi_map_builder *builder = one_layer();
    test_add_unit(builder, "U", "");
    test_add_box(builder, "street", "A", "", X, Y, X + 100, Y + 100);
    test_add_version(builder, "street", "B", "", WANMI_TIME_NONE, 1000, test_wkb_box(X, Y, X + 100, Y + 100));
    test_add_duty(builder, "street", "A", "网格长", "U", 1);
    test_add_duty(builder, "street", "B", "网格长", "U", 1);
    findings all = check(test_build(builder));
    expect_one(&all, WANMI_FINDING_DUTY, "street", "B", "U");
}

/* ---- the call ----------------------------------------------------------------------- */

static int stop(void *user, uint64_t done, uint64_t total)
{
    (void)user;
    assert_true(done <= total);
    return 1;
}

typedef struct steps { uint64_t calls, last, total; } steps;

static int count_steps(void *user, uint64_t done, uint64_t total)
{
    steps *s = user;
    assert_true(done >= s->last && done <= total);
    *s = (steps){s->calls + 1, done, total};
    return 0;
}

static void progress_and_cancel(void **state)
{
    (void)state;
    wanmi_map *map = test_city_map(NULL, NULL);
    wanmi_check_options o;
    wanmi_check_options_init(&o);
    steps s = {0, 0, 0};
    o.on_progress = count_steps;
    o.progress_user = &s;
    uint64_t found = 7;
    assert_int_equal(wanmi_check(map, &o, NULL, NULL, &found, NULL), WANMI_OK);
    assert_int_equal(found, 0);
    assert_true(s.calls > 2 && s.last == s.total);
    o.on_progress = stop;
    found = 7;
    wanmi_error error;
    assert_int_equal(wanmi_check(map, &o, NULL, NULL, &found, &error), WANMI_E_CANCELLED);
    assert_int_equal(found, 7);
    wanmi_map_release(map);
}

static void bad_arguments(void **state)
{
    (void)state;
    wanmi_map *map = test_city_map(NULL, NULL);
    wanmi_check_options o;
    wanmi_check_options_init(&o);
    const double bad[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
        o.tolerance_m = bad[i];
        assert_int_equal(wanmi_check(map, &o, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    }
    wanmi_check_options_init(&o);
    o.struct_size = 0;
    assert_int_equal(wanmi_check(map, &o, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    o.struct_size = sizeof o + 8;
    assert_int_equal(wanmi_check(map, &o, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_check(NULL, NULL, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
    const char *texts[] = {"gap", "overlap", "geometry", "code", "size", "parent", "duty", "rule", "other",
                           "unit", "object", "calendar", "deadline", "escalation"};
    for (int i = 0; i < 14; i++)
        assert_string_equal(wanmi_finding_text((wanmi_finding_kind)i), texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_map_has_no_findings),
        cmocka_unit_test(a_missing_cell_is_a_gap_of_its_parent),
        cmocka_unit_test(all_cells_missing_is_one_gap),
        cmocka_unit_test(gaps_thinner_than_the_tolerance_are_none),
        cmocka_unit_test(a_hole_in_a_layer_is_told_once),
        cmocka_unit_test(a_lake_is_told_by_the_coarsest_layer_only),
        cmocka_unit_test(bays_and_touching_corners_are_no_gaps),
        cmocka_unit_test(an_overlap_names_both_and_its_area),
        cmocka_unit_test(one_area_over_two_neighbours_is_two_overlaps),
        cmocka_unit_test(the_same_area_twice_is_one_overlap),
        cmocka_unit_test(an_overlap_in_an_overlay_is_none),
        cmocka_unit_test(only_areas_valid_at_the_instant_count),
        cmocka_unit_test(a_cell_that_crosses_its_parent_is_told_with_what_lies_outside),
        cmocka_unit_test(crossing_is_seen_beside_an_overlap),
        cmocka_unit_test(areas_without_parent_are_told),
        cmocka_unit_test(a_parent_that_has_ended_is_told),
        cmocka_unit_test(codes_against_the_layout),
        cmocka_unit_test(cells_far_from_their_size),
        cmocka_unit_test(areas_nobody_answers_for),
        cmocka_unit_test(a_cell_nobody_answers_for),
        cmocka_unit_test(a_map_without_duties),
        cmocka_unit_test(a_duty_of_an_area_that_has_ended),
        cmocka_unit_test(objects_in_no_cell_or_of_nobody),
        cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
