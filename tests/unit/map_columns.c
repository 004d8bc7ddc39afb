/* The areas' columns: what one layer has costs nothing in another, every way of
 * keeping a row, a validity or a shape gives it back, and the bytes are exact. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

#define NONE WANMI_TIME_NONE

static wanmi_map_builder *start(const wanmi_host *host)
{
    wanmi_map_builder *builder = test_builder(host);
    test_add_meta(builder, NULL);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(builder, "nothing", WANMI_OVERLAY, 0, "");
    test_add_layer(builder, "community", WANMI_PARTITION, 1, "");
    test_add_layer(builder, "nothing-more", WANMI_OVERLAY, 0, "");
    return builder;
}

static wanmi_area_def row_of(const char *layer, const char *code)
{
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    return def;
}

/* Takes the WKB. */
static void add(wanmi_map_builder *builder, wanmi_area_def def, test_wkb wkb)
{
    wanmi_error error;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    if (wanmi_map_builder_area(builder, &def, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    free(wkb.bytes);
}

static test_wkb box_at(double x)
{
    return test_wkb_box(x, 0, x + 1, 1);
}

static wanmi_area_info area_of(const wanmi_map *map, const char *layer, const char *code)
{
    wanmi_area_info info;
    uint32_t area = wanmi_map_find_area(map, wanmi_map_find_layer(map, layer), code, NONE);
    assert_int_equal(wanmi_map_area(map, area, &info), WANMI_OK);
    return info;
}

/* ---- what it weighs ------------------------------------------------------------------ */

enum { CELLS = 4096 };

typedef void (*change)(wanmi_area_def *def, uint32_t number);

/* So many cells, each changed, and one community that has everything. */
static uint64_t bytes_of(uint32_t cells, change each)
{
    test_memory memory = {0}, crs_memory = {0};
    wanmi_host host = test_host(&memory), other = test_host(&crs_memory);
    host.proj_data = other.proj_data = NULL;
    wanmi_map_builder *builder = start(&host);
    for (uint32_t i = 0; i < cells; i++) {
        char code[16];
        snprintf(code, sizeof code, "%05u", i);
        wanmi_area_def def = row_of("cell", code);
        if (each != NULL)
            each(&def, i);
        add(builder, def, box_at(1000 + i));
    }
    wanmi_area_def community = row_of("community", "C");
    community.name = "name";
    community.grade = "grade";
    community.row = INT64_C(1) << 40;
    community.valid_from_us = 5;
    add(builder, community, box_at(0));
    wanmi_map *map = test_build(builder);
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    wanmi_crs *crs = NULL;
    wanmi_zone *zone = NULL;
    assert_int_equal(wanmi_crs_create("EPSG:4548", &options, &other, &crs, NULL), WANMI_OK);
    assert_int_equal(wanmi_zone_open("UTC", &other, &zone, NULL), WANMI_OK);
    uint64_t bytes = wanmi_map_bytes(map);
    assert_int_equal(bytes, memory.held_bytes - crs_memory.held_bytes);
    wanmi_map_release(map);
    wanmi_crs_release(crs);
    wanmi_zone_free(zone);
    assert_int_equal(memory.held_bytes, 0);
    return bytes;
}

static void with_row(wanmi_area_def *def, uint32_t number)
{
    def->row = number;
}

static void with_long_row(wanmi_area_def *def, uint32_t number)
{
    def->row = number == 7 ? INT64_C(0x100000000) : number;
}

static void with_negative_row(wanmi_area_def *def, uint32_t number)
{
    def->row = number == 7 ? -1 : (int64_t)number;
}

static void with_name(wanmi_area_def *def, uint32_t number)
{
    def->name = number == 7 ? "N" : NULL;
}

static void named_as_code(wanmi_area_def *def, uint32_t number)
{
    (void)number;
    def->name = def->code;
}

static void with_grade(wanmi_area_def *def, uint32_t number)
{
    (void)number;
    def->grade = "grade";
}

static void with_parent(wanmi_area_def *def, uint32_t number)
{
    (void)number;
    def->parent = "C";
}

static void with_end(wanmi_area_def *def, uint32_t number)
{
    def->valid_to_us = number == 7 ? 100 : NONE;
}

/* A cell of four corners: its ring, where the ring begins, where its code stands,
 * the code, and a bit and a share of a count; nothing else. */
static void a_cell_weighs_what_it_says(void **state)
{
    (void)state;
    static const double plain = 5 * 16 + 4 + 4 + 6 + 8 / 32.0;
    static const struct {
        change each;
        double more;
        uint64_t texts;             /* at most so many bytes in all */
    } ways[] = {{NULL, 0, 0}, {with_row, 4, 0}, {with_long_row, 8, 0}, {with_negative_row, 8, 0},
                {with_name, 4, 2}, {named_as_code, 4, 0}, {with_grade, 4, 100}, {with_parent, 4, 0},
                {with_end, 16, 0}};
    uint64_t base = bytes_of(CELLS, NULL);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        uint64_t one = bytes_of(CELLS, ways[i].each), two = bytes_of(2 * CELLS, ways[i].each);
        double a_cell = plain + ways[i].more;
        assert_in_range(two - one - (uint64_t)(CELLS * a_cell), 0, ways[i].texts);
        assert_in_range(one - base - (uint64_t)(CELLS * ways[i].more), 0, ways[i].texts);
    }
}

/* Versions of one code make the column of keys, in their own layer. */
static void versions_of_one_code(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start(NULL);
    for (int v = 0; v < 3; v++) {
        wanmi_area_def def = row_of("community", "B");
        def.valid_from_us = 100 * v;
        def.valid_to_us = 100 * (v + 1);
        def.row = v + 1;
        add(builder, def, box_at(10 * v));
    }
    add(builder, row_of("community", "A"), box_at(40));
    add(builder, row_of("community", "C"), box_at(50));
    for (int i = 0; i < 3; i++) {
        char code[] = {(char)('1' + i), '\0'};
        wanmi_area_def def = row_of("cell", code);
        def.parent = i == 0 ? "B" : i == 1 ? "C" : NULL;
        add(builder, def, box_at(1000 + i));
    }
    wanmi_map *map = test_build(builder);
    static const uint32_t keys[] = {0, 1, 2, 3, 4, 4, 4, 7}, layers[] = {0, 0, 0, 2, 2, 2, 2, 2};
    static const uint32_t parents[] = {4, 7, WANMI_NONE, WANMI_NONE, WANMI_NONE, WANMI_NONE, WANMI_NONE,
                                       WANMI_NONE};
    static const int64_t rows[] = {0, 0, 0, 0, 1, 2, 3, 0};
    for (uint32_t a = 0; a < 8; a++) {
        wanmi_area_info info;
        assert_int_equal(wanmi_map_area(map, a, &info), WANMI_OK);
        assert_int_equal(info.layer, layers[a]);
        assert_int_equal(info.key, keys[a]);
        assert_int_equal(info.parent, parents[a]);
        assert_int_equal(info.row, rows[a]);
        assert_string_equal(info.parent_code, wanmi_map_area_code(map, parents[a]));
        bool timed = a >= 4 && a <= 6;
        assert_int_equal(info.valid_from_us, timed ? 100 * (a - 4) : NONE);
        assert_int_equal(info.valid_to_us, timed ? 100 * (a - 3) : NONE);
        wanmi_area_version version;
        assert_int_equal(wanmi_map_area_version(map, a, &version), WANMI_OK);
        assert_true(version.valid_from_us == info.valid_from_us && version.valid_to_us == info.valid_to_us);
        assert_true(version.key == info.key && version.parent == info.parent);
    }
    wanmi_area_version none;
    assert_int_equal(wanmi_map_area_version(map, 8, &none), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_area_version(map, 0, NULL), WANMI_E_ARGUMENT);
    for (int64_t at = -50; at < 400; at += 50) {
        uint32_t expected = at < 0 || at >= 300 ? WANMI_NONE : 4 + (uint32_t)at / 100;
        assert_int_equal(wanmi_map_area_parent(map, 0, at), expected);
        assert_int_equal(wanmi_map_find_area(map, 2, "B", at), expected);
        assert_int_equal(wanmi_map_area_parent(map, 1, at), 7);
        assert_int_equal(wanmi_map_find_area(map, 0, "2", at), 1);
    }
    wanmi_map_release(map);
}

static void rows_of_any_size(void **state)
{
    (void)state;
    static const int64_t rows[] = {0, 1, UINT32_MAX, INT64_C(0x100000000), -1, INT64_MAX, INT64_MIN};
    enum { COUNT = sizeof rows / sizeof *rows };
    wanmi_map_builder *builder = start(NULL);
    for (int i = 0; i < COUNT; i++) {
        char code[] = {(char)('a' + i), '\0'};
        wanmi_area_def def = row_of("cell", code);
        def.row = rows[i];
        add(builder, def, box_at(10 * i));
        def = row_of("community", code);
        def.row = i < 3 ? rows[i] : 0;
        add(builder, def, box_at(10 * i));
    }
    wanmi_map *map = test_build(builder);
    for (int i = 0; i < COUNT; i++) {
        char code[] = {(char)('a' + i), '\0'};
        assert_int_equal(area_of(map, "cell", code).row, rows[i]);
        assert_int_equal(area_of(map, "community", code).row, i < 3 ? rows[i] : 0);
    }
    wanmi_map_release(map);
}

static void texts_where_they_are(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start(NULL);
    for (int i = 0; i < 9; i++) {
        char code[] = {(char)('a' + i), '\0'};
        wanmi_area_def def = row_of("cell", code);
        def.name = i == 4 ? "only one" : "";
        add(builder, def, box_at(10 * i));
        def = row_of("community", code);
        def.name = code;
        def.grade = i % 2 == 0 ? "odd" : "";
        add(builder, def, box_at(10 * i));
    }
    wanmi_map *map = test_build(builder);
    for (int i = 0; i < 9; i++) {
        char code[] = {(char)('a' + i), '\0'};
        assert_string_equal(area_of(map, "cell", code).name, i == 4 ? "only one" : "");
        assert_string_equal(area_of(map, "cell", code).grade, "");
        assert_string_equal(area_of(map, "community", code).name, code);
        assert_string_equal(area_of(map, "community", code).grade, i % 2 == 0 ? "odd" : "");
        assert_string_equal(area_of(map, "community", code).code, code);
    }
    wanmi_map_release(map);
}

/* ---- shapes --------------------------------------------------------------------------- */

/* A convex ring of so many points, the closing one too. */
static test_wkb round_ring(double x, uint32_t points)
{
    double xy[2 * 200];
    assert_true(points <= 200);
    for (uint32_t i = 0; i < points; i++) {
        double angle = 6.283185307179586 * (i % (points - 1)) / (points - 1);
        xy[2 * i] = x + 10 * cos(angle);
        xy[2 * i + 1] = 20 * sin(angle);
    }
    return test_wkb_ring(xy, points);
}

static test_wkb with_hole(double x)
{
    const double xy[] = {x, 0, x + 9, 0, x + 9, 9, x, 9, x, 0,
                         x + 3, 3, x + 4, 3, x + 4, 4, x + 3, 3};
    const uint32_t points[] = {5, 4};
    return test_wkb_polygon(xy, points, 2);
}

static test_wkb many_parts(double x, uint32_t parts)
{
    test_wkb list[4];
    for (uint32_t i = 0; i + 1 < parts; i++)
        list[i] = box_at(x + 3 * i);
    list[parts - 1] = with_hole(x + 20);
    test_wkb multi = test_wkb_multi(list, parts);
    for (uint32_t i = 0; i < parts; i++)
        free(list[i].bytes);
    return multi;
}

static test_wkb shape_of(uint32_t kind, double x)
{
    switch (kind) {
    case 1: return with_hole(x);
    case 2: return many_parts(x, 2);
    case 3: return many_parts(x, 4);
    case 4: return round_ring(x, 64);
    case 5: return round_ring(x, 65);
    case 6: return round_ring(x, 200);
    default: return box_at(x);
    }
}

static void check_shape(const wanmi_map *map, uint32_t area, uint32_t kind, test_wkb expected)
{
    static const uint32_t parts[] = {1, 1, 2, 4, 1, 1, 1, 1}, ring_counts[] = {1, 2, 3, 5, 1, 1, 1, 1};
    uint8_t wkb[4096];
    assert_int_equal(wanmi_map_area_wkb_size(map, area), expected.size);
    assert_int_equal(wanmi_map_area_wkb(map, area, wkb, sizeof wkb), WANMI_OK);
    assert_memory_equal(wkb, expected.bytes, expected.size);
    wanmi_area_rings rings;
    wanmi_area_info info;
    assert_int_equal(wanmi_map_area_rings(map, area, &rings), WANMI_OK);
    assert_int_equal(wanmi_map_area(map, area, &info), WANMI_OK);
    assert_int_equal(rings.polygon_count, parts[kind]);
    assert_int_equal(info.polygon_count, parts[kind]);
    assert_int_equal(rings.ring_count, ring_counts[kind]);
    assert_int_equal(rings.polygons[0], 0);
    assert_int_equal(rings.polygons[parts[kind]], ring_counts[kind]);
    double low_x = INFINITY, low_y = INFINITY, high_x = -INFINITY, high_y = -INFINITY;
    for (size_t i = rings.points[0]; i < rings.points[rings.ring_count]; i++) {
        low_x = fmin(low_x, rings.xy[2 * i]);
        low_y = fmin(low_y, rings.xy[2 * i + 1]);
        high_x = fmax(high_x, rings.xy[2 * i]);
        high_y = fmax(high_y, rings.xy[2 * i + 1]);
    }
    assert_true(info.min_x == low_x && info.min_y == low_y && info.max_x == high_x && info.max_y == high_y);
}

/* Plain areas and others in every order, more than the 32 that are marked together,
 * and runs of one kind. */
static void shapes_of_every_kind(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    for (uint64_t seed = 0; seed < 4; seed++) {
        test_random random = {seed};
        uint32_t kinds[COUNT];
        wanmi_map_builder *builder = start(NULL);
        for (uint32_t i = 0; i < COUNT; i++) {
            char code[16];
            kinds[i] = i > 100 && i < 200 ? (uint32_t)seed * 2 : test_below(&random, 8);
            snprintf(code, sizeof code, "%04u", i);
            add(builder, row_of(i < 250 ? "cell" : "community", code), shape_of(kinds[i], 100.0 * i));
        }
        wanmi_map *map = test_build(builder);
        for (uint32_t i = 0; i < COUNT; i++) {
            test_wkb expected = shape_of(kinds[i], 100.0 * i);
            check_shape(map, i, kinds[i], expected);
            free(expected.bytes);
        }
        wanmi_map_release(map);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cell_weighs_what_it_says), cmocka_unit_test(versions_of_one_code),
        cmocka_unit_test(rows_of_any_size), cmocka_unit_test(texts_where_they_are),
        cmocka_unit_test(shapes_of_every_kind)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
