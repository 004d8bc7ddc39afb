/* Building a map: what is only seen when all is there, what is left out, and
 * what the map then says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

enum { PROBLEMS_MAX = 64 };

static wanmi_error problems[PROBLEMS_MAX];
static size_t problem_count;

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    assert_true(problem_count < PROBLEMS_MAX);
    problems[problem_count++] = *problem;
}

/* Builds with and without on_problem; the first problem is the error without. */
static wanmi_map *build(wanmi_map_builder *builder)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = note;
    problem_count = 0;
    wanmi_map *map = NULL, *strict = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_map_build(builder, &options, &map, &error);
    if (status != WANMI_OK)
        fail_msg("%s", error.message);
    status = wanmi_map_build(builder, NULL, &strict, &error);
    if (problem_count == 0) {
        assert_int_equal(status, WANMI_OK);
        assert_int_equal(wanmi_map_equal(map, strict, &error), WANMI_OK);
        wanmi_map_release(strict);
    } else {
        assert_null(strict);
        assert_int_equal(status, problems[0].status);
        assert_string_equal(error.message, problems[0].message);
    }
    wanmi_map_builder_free(builder);
    return map;
}

static void problem(size_t index, wanmi_status status, const char *words)
{
    assert_true(index < problem_count);
    if (problems[index].status != status || strstr(problems[index].message, words) == NULL)
        fail_msg("%s: '%s', expected '%s'", wanmi_status_name(problems[index].status),
                 problems[index].message, words);
}

static wanmi_map_builder *start(void)
{
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    return builder;
}

static wanmi_map_builder *start_with_cells(void)
{
    wanmi_map_builder *builder = start();
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(builder, "community", WANMI_PARTITION, 1, "");
    return builder;
}

/* ---- meta ---------------------------------------------------------------------- */

static void meta_must_be_usable(void **state)
{
    (void)state;
    wanmi_error error;
    wanmi_map *map = NULL;
    wanmi_map_builder *builder = test_builder(NULL);
    assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_E_MAP_META);
    assert_int_equal(wanmi_map_build(NULL, NULL, &map, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_build(builder, NULL, NULL, &error), WANMI_E_ARGUMENT);
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.struct_size = 0;
    assert_int_equal(wanmi_map_build(builder, &options, &map, &error), WANMI_E_ARGUMENT);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "no such CRS";
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_E_CRS_DEFINITION);
    meta.crs = "EPSG:4490";
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_E_CRS_UNITS);
    meta.crs = "EPSG:4548";
    meta.timezone = "Asia/Atlantis";
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_E_ZONE);
    assert_null(map);
    wanmi_map_builder_free(builder);
}

/* No layer, no area, no unit: a map that is to be filled later. It may name its
 * cell layer and fallback unit before they are there. */
static void an_empty_map(void **state)
{
    (void)state;
    wanmi_error error;
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.title = "东城";
    meta.cell_layer = "cell";
    meta.fallback_unit = "BUREAU";
    meta.code_layout = "6+3+3+3";
    meta.snap_m = 2.5;
    meta.generation = 7;
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 0);
    wanmi_map_meta back;
    wanmi_map_read_meta(map, &back);
    assert_string_equal(back.title, "东城");
    assert_string_equal(back.crs, "EPSG:4548");
    assert_string_equal(back.timezone, "Asia/Shanghai");
    assert_string_equal(back.cell_layer, "cell");
    assert_string_equal(back.fallback_unit, "BUREAU");
    assert_string_equal(back.code_layout, "6+3+3+3");
    assert_int_equal(strlen(back.uuid), 36);
    assert_int_equal(back.uuid[14], '4');
    assert_true(strlen(back.operation) > 10);
    assert_true(back.snap_m == 2.5);
    assert_int_equal(back.generation, 7);
    assert_int_equal(wanmi_map_generation(map), 7);
    assert_int_equal(wanmi_map_cell_layer(map), WANMI_NONE);
    assert_int_equal(wanmi_map_fallback_unit(map), WANMI_NONE);
    assert_non_null(wanmi_map_crs(map));
    assert_int_equal(wanmi_zone_offset(wanmi_map_zone(map), 0), 8 * 3600);
    assert_non_null(wanmi_map_host(map));
    wanmi_map_release(map);
}

/* ---- layers -------------------------------------------------------------------- */

static void layers(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start();
    test_add_layer(builder, "fire", WANMI_OVERLAY, 0, "");
    test_add_layer(builder, "street", WANMI_PARTITION, 2, "nowhere");
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(builder, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(builder, "police", WANMI_PARTITION, 2, "street");
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 2);
    problem(0, WANMI_E_MAP_PARENT, "layer street: its parent layer is not there: 'nowhere'");
    problem(1, WANMI_E_MAP_PARENT, "layer police: level 2: its parent layer's level 2 is not higher");
    assert_int_equal(wanmi_map_layer_count(map), 5);
    assert_int_equal(wanmi_map_cell_layer(map), 2);
    assert_int_equal(wanmi_map_find_layer(map, "community"), 3);
    assert_int_equal(wanmi_map_find_layer(map, "Community"), WANMI_NONE);
    assert_int_equal(wanmi_map_find_layer(map, NULL), WANMI_NONE);
    static const struct {
        const char *name;
        uint32_t parent;
        int32_t is_cell_ancestor;
    } expected[] = {{"fire", WANMI_NONE, 0}, {"street", WANMI_NONE, 1}, {"cell", 3, 0},
                    {"community", 1, 1}, {"police", WANMI_NONE, 0}};
    wanmi_layer_info info;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(wanmi_map_layer(map, i, &info), WANMI_OK);
        assert_string_equal(info.name, expected[i].name);
        assert_int_equal(info.parent, expected[i].parent);
        assert_int_equal(info.is_cell_ancestor, expected[i].is_cell_ancestor);
        assert_int_equal(info.area_count, 0);
    }
    assert_int_equal(wanmi_map_layer(map, 5, &info), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
}

static wanmi_map *with_cell_layer(const char *cell_layer)
{
    wanmi_error error;
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.cell_layer = cell_layer;
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    test_add_layer(builder, "street", WANMI_PARTITION, 2, "");
    test_add_layer(builder, "fire", WANMI_OVERLAY, 0, "");
    test_add_layer(builder, "one", WANMI_PARTITION, 0, "");
    test_add_layer(builder, "two", WANMI_PARTITION, 0, "");
    return build(builder);
}

static void the_cell_layer(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
        uint32_t index;
    } cases[] = {{"", NULL, 2}, {"two", NULL, 3},
                 {"street", "layer street: the map's cell layer is no partition of level 0", WANMI_NONE},
                 {"fire", "layer fire: the map's cell layer is no partition of level 0", WANMI_NONE},
                 {"three", "layer three: the map's cell layer is not there", WANMI_NONE}};
    for (size_t i = 0; i < 5; i++) {
        wanmi_map *map = with_cell_layer(cases[i].name);
        assert_int_equal(problem_count, cases[i].words != NULL);
        if (cases[i].words != NULL)
            problem(0, WANMI_E_MAP_LAYER, cases[i].words);
        assert_int_equal(wanmi_map_cell_layer(map), cases[i].index);
        wanmi_map_release(map);
    }
}

/* ---- areas ---------------------------------------------------------------------- */

static wanmi_status add_row(wanmi_map_builder *builder, const char *layer, const char *code,
                            const char *parent, int64_t from, int64_t to, int64_t row)
{
    wanmi_error error;
    test_wkb wkb = test_wkb_box(10.0 * (double)row, 0, 10.0 * (double)row + 10, 1000);
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    def.valid_from_us = from;
    def.valid_to_us = to;
    def.row = row;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    wanmi_status status = wanmi_map_builder_area(builder, &def, &error);
    free(wkb.bytes);
    return status;
}

static const int64_t NONE = WANMI_TIME_NONE;

static void areas_are_sorted(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start_with_cells();
    static const char *const codes[] = {"b", "\xE4\xB8\x9C", "a", "B", "10", "1", "9"};
    for (int i = 0; i < 7; i++)
        assert_int_equal(add_row(builder, i % 2 ? "community" : "cell", codes[i], "", NONE, NONE, i + 1), 0);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 0);
    static const char *const expected[] = {"10", "9", "a", "b", "1", "B", "\xE4\xB8\x9C"};
    assert_int_equal(wanmi_map_area_count(map), 7);
    for (uint32_t i = 0; i < 7; i++) {
        wanmi_area_info info;
        assert_int_equal(wanmi_map_area(map, i, &info), WANMI_OK);
        assert_string_equal(info.code, expected[i]);
        assert_string_equal(wanmi_map_area_code(map, i), expected[i]);
        assert_int_equal(info.layer, i < 4 ? 0 : 1);
        assert_int_equal(info.key, i);
        assert_int_equal(info.polygon_count, 1);
        assert_string_equal(codes[info.row - 1], expected[i]);
        assert_true(info.min_x == 10.0 * (double)info.row && info.max_x == info.min_x + 10 &&
                    info.min_y == 0 && info.max_y == 1000);
        assert_int_equal(wanmi_map_find_area(map, info.layer, expected[i], NONE), i);
        assert_int_equal(wanmi_map_find_area(map, 1 - info.layer, expected[i], NONE), WANMI_NONE);
    }
    wanmi_layer_info layer;
    wanmi_map_layer(map, 1, &layer);
    assert_int_equal(layer.first_area, 4);
    assert_int_equal(layer.area_count, 3);
    assert_int_equal(wanmi_map_find_area(map, 9, "1", NONE), WANMI_NONE);
    assert_int_equal(wanmi_map_find_area(map, 0, NULL, NONE), WANMI_NONE);
    wanmi_map_release(map);
}

static void areas_of_no_layer(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start_with_cells();
    assert_int_equal(add_row(builder, "grid", "7", "", NONE, NONE, 12), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "7", "", NONE, NONE, 13), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 1);
    problem(0, WANMI_E_MAP_LAYER, "layer grid, row 12, code 7: the map has no such layer");
    assert_int_equal(wanmi_map_area_count(map), 1);
    wanmi_map_release(map);
}

static void doubled_codes(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start_with_cells();
    assert_int_equal(add_row(builder, "cell", "2", "", NONE, NONE, 5), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "1", "", NONE, NONE, 6), WANMI_OK);
    assert_int_equal(add_row(builder, "community", "2", "", NONE, NONE, 7), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "2", "", NONE, NONE, 8), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "3", "", NONE, 100, 9), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "3", "", 99, NONE, 10), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "2", "", 50, 60, 0), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 3);
    problem(0, WANMI_E_MAP_CODE, "layer cell, row 8, code 2: the code is doubled: row 5 has it already");
    problem(1, WANMI_E_MAP_CODE, "layer cell, code 2: the code is doubled: its validity overlaps with row 5");
    problem(2, WANMI_E_MAP_CODE, "layer cell, row 10, code 3: the code is doubled: its validity overlaps with row 9");
    assert_int_equal(problems[0].row, 8);
    assert_string_equal(problems[0].code, "2");
    assert_int_equal(wanmi_map_area_count(map), 4);
    wanmi_area_info info;
    wanmi_map_area(map, wanmi_map_find_area(map, 0, "2", NONE), &info);
    assert_int_equal(info.row, 5);
    wanmi_map_release(map);
}

/* Versions of one code that follow each other, with a gap, given in any order. */
static void versions(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start_with_cells();
    assert_int_equal(add_row(builder, "community", "C", "", 300, NONE, 1), WANMI_OK);
    assert_int_equal(add_row(builder, "community", "C", "", NONE, 100, 2), WANMI_OK);
    assert_int_equal(add_row(builder, "community", "C", "", 100, 200, 3), WANMI_OK);
    assert_int_equal(add_row(builder, "community", "D", "", NONE, NONE, 4), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "1", "C", NONE, NONE, 5), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 0);
    static const struct {
        int64_t instant, row;
    } at[] = {{NONE, 2}, {-1000000, 2}, {99, 2}, {100, 3}, {199, 3}, {200, 0}, {299, 0}, {300, 1},
              {INT64_MAX, 1}};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        uint32_t area = wanmi_map_find_area(map, 1, "C", at[i].instant);
        assert_int_equal(wanmi_map_area_parent(map, 0, at[i].instant), area);
        wanmi_area_info info = {.row = 0};
        wanmi_map_area(map, area, &info);
        assert_int_equal(info.row, at[i].row);
        if (area != WANMI_NONE)
            assert_int_equal(info.key, 1);
    }
    wanmi_area_info cell;
    wanmi_map_area(map, 0, &cell);
    assert_int_equal(cell.parent, 1);
    assert_string_equal(cell.parent_code, "C");
    assert_int_equal(wanmi_map_area_parent(map, 1, NONE), WANMI_NONE);
    assert_int_equal(wanmi_map_area_parent(map, 99, NONE), WANMI_NONE);
    wanmi_map_release(map);
}

static void parents_of_areas(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start_with_cells();
    assert_int_equal(add_row(builder, "cell", "1", "X", NONE, NONE, 3), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "2", "C", NONE, NONE, 4), WANMI_OK);
    assert_int_equal(add_row(builder, "cell", "3", "", NONE, NONE, 5), WANMI_OK);
    assert_int_equal(add_row(builder, "community", "C", "S", NONE, NONE, 6), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 2);
    problem(0, WANMI_E_MAP_PARENT, "layer cell, row 3, code 1: its parent is not in layer community: 'X'");
    problem(1, WANMI_E_MAP_PARENT, "layer community, row 6, code C: it names a parent, but its layer has no parent layer: 'S'");
    assert_int_equal(wanmi_map_area_count(map), 4);
    static const uint32_t parents[] = {WANMI_NONE, 3, WANMI_NONE, WANMI_NONE};
    for (uint32_t i = 0; i < 4; i++) {
        wanmi_area_info info;
        wanmi_map_area(map, i, &info);
        assert_int_equal(info.parent, parents[i]);
        assert_string_equal(info.parent_code, i == 1 ? "C" : "");
    }
    wanmi_map_release(map);
}

static void rings(void **state)
{
    (void)state;
    wanmi_map *map = test_city_map(NULL, NULL);
    uint32_t relic = wanmi_map_find_layer(map, "relic");
    uint32_t holed = wanmi_map_find_area(map, relic, "R", NONE);
    uint32_t parts = wanmi_map_find_area(map, relic, "T", NONE);
    wanmi_area_rings r;
    assert_int_equal(wanmi_map_area_rings(map, holed, &r), WANMI_OK);
    assert_int_equal(r.polygon_count, 1);
    assert_int_equal(r.ring_count, 2);
    assert_int_equal(r.polygons[0], 0);
    assert_int_equal(r.polygons[1], 2);
    assert_int_equal(r.points[1] - r.points[0], 5);
    assert_true(r.xy[2 * r.points[1]] == 500200 && r.xy[2 * r.points[1] + 1] == 4420150);
    assert_int_equal(wanmi_map_area_rings(map, parts, &r), WANMI_OK);
    assert_int_equal(r.polygon_count, 2);
    assert_int_equal(r.ring_count, 2);
    assert_int_equal(r.polygons[1], 1);
    assert_int_equal(r.polygons[2], 2);
    assert_int_equal(r.points[2] - r.points[0], 10);
    assert_true(r.xy[2 * r.points[1]] == 500700);
    wanmi_area_info info;
    wanmi_map_area(map, parts, &info);
    assert_int_equal(info.polygon_count, 2);
    assert_int_equal(wanmi_map_area_wkb_size(map, parts), 9 + 2 * (9 + 4 + 80));
    const uint32_t none = wanmi_map_area_count(map);
    assert_int_equal(wanmi_map_area_rings(map, none, &r), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_area(map, none, &info), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_area_wkb_size(map, none), 0);
    assert_string_equal(wanmi_map_area_code(map, none), "");
    wanmi_map_release(map);
}

/* ---- warnings, progress, memory ------------------------------------------------- */

static char last_warning[256];

static void keep_warning(void *user, wanmi_log_level level, const char *message)
{
    (void)user;
    assert_int_equal(level, WANMI_LOG_WARNING);
    snprintf(last_warning, sizeof last_warning, "%s", message);
}

static void degrees_are_noticed(void **state)
{
    (void)state;
    wanmi_host host;
    wanmi_host_init(&host);
    host.log.write = keep_warning;
    for (int metres = 0; metres < 2; metres++) {
        last_warning[0] = '\0';
        wanmi_map_builder *builder = test_builder(&host);
        test_add_meta(builder, NULL);
        test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
        test_add_box(builder, "cell", "1", "", 116.4, 39.9, 116.5, 40);
        if (metres)
            test_add_box(builder, "cell", "2", "", 500000, 4420000, 500100, 4420100);
        wanmi_map_release(test_build(builder));
        assert_int_equal(strstr(last_warning, "look like degrees") != NULL, !metres);
    }
}

static int stop_at(void *user, uint64_t done, uint64_t total)
{
    uint64_t *calls = user;
    assert_true(done <= total);
    return ++calls[0] == calls[1];
}

static void progress_and_cancel(void **state)
{
    (void)state;
    wanmi_map_builder *builder = test_builder(NULL);
    test_city city;
    test_city_init(&city);
    city.columns = city.rows = 100;
    test_city_fill(builder, &city);
    uint64_t calls[2] = {0, 0};
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_progress = stop_at;
    options.progress_user = calls;
    wanmi_map *map = NULL;
    assert_int_equal(wanmi_map_build(builder, &options, &map, NULL), WANMI_OK);
    wanmi_map_release(map);
    const uint64_t all = calls[0];
    assert_true(all >= 4);
    for (uint64_t stop = 1; stop <= all; stop++) {
        wanmi_error error;
        map = NULL;
        calls[0] = 0;
        calls[1] = stop;
        assert_int_equal(wanmi_map_build(builder, &options, &map, &error), WANMI_E_CANCELLED);
        assert_null(map);
    }
    wanmi_map_builder_free(builder);
}

static void bytes_are_exact(void **state)
{
    (void)state;
    test_memory with_map = {0}, without = {0};
    wanmi_host host = test_host(&with_map), other = test_host(&without);
    host.proj_data = other.proj_data = NULL;
    wanmi_map *map = test_city_map(&host, NULL);
    wanmi_map_meta meta;
    wanmi_map_read_meta(map, &meta);
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    wanmi_crs *crs = NULL;
    wanmi_zone *zone = NULL;
    assert_int_equal(wanmi_crs_create(meta.crs, &options, &other, &crs, NULL), WANMI_OK);
    assert_int_equal(wanmi_zone_open(meta.timezone, &other, &zone, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_bytes(map), with_map.held_bytes - without.held_bytes);
    wanmi_crs_release(crs);
    wanmi_zone_free(zone);
    wanmi_map *again = wanmi_map_retain(map);
    assert_ptr_equal(again, map);
    wanmi_map_release(map);
    assert_int_not_equal(with_map.held_bytes, 0);
    wanmi_map_release(again);
    wanmi_map_release(NULL);
    assert_int_equal(with_map.held_blocks, 0);
    assert_false(with_map.wrong_size);
}

static uint64_t bytes_with_name(const char *name)
{
    wanmi_map_builder *builder = start();
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    for (int i = 0; i < 500; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", i);
        test_wkb wkb = test_wkb_box(1000 + i, 0, 1001 + i, 1);
        wanmi_area_def def;
        wanmi_area_def_init(&def);
        def.layer = "cell";
        def.code = code;
        def.name = name;
        def.wkb = wkb.bytes;
        def.wkb_size = wkb.size;
        assert_int_equal(wanmi_map_builder_area(builder, &def, NULL), WANMI_OK);
        free(wkb.bytes);
    }
    wanmi_map *map = test_build(builder);
    uint64_t bytes = wanmi_map_bytes(map);
    wanmi_map_release(map);
    return bytes;
}

/* A hundred thousand cells of one name hold that text once, or nearly; each of them
 * says where it is. */
static void texts_are_kept_once(void **state)
{
    (void)state;
    uint64_t plain = bytes_with_name(""), named = bytes_with_name("a name of twenty-nine bytes..");
    assert_true(named > plain);
    assert_true(named - plain < 500 * sizeof(uint32_t) + 30 * 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(meta_must_be_usable), cmocka_unit_test(an_empty_map),
        cmocka_unit_test(layers), cmocka_unit_test(the_cell_layer),
        cmocka_unit_test(areas_are_sorted), cmocka_unit_test(areas_of_no_layer),
        cmocka_unit_test(doubled_codes), cmocka_unit_test(versions),
        cmocka_unit_test(parents_of_areas), cmocka_unit_test(rings),
        cmocka_unit_test(degrees_are_noticed), cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(bytes_are_exact), cmocka_unit_test(texts_are_kept_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
