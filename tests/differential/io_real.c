/* Real files, when they are there: how many areas each holds and which of them
 * are bad, as another tool (shapely) counted them. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support.h"
#include "wanmi/io.h"

enum { ROWS_MAX = 64 };

typedef struct problems {
    int count;
    int64_t rows[ROWS_MAX];
    char messages[ROWS_MAX][640];
} problems;

static void note(void *user, const wanmi_error *problem)
{
    problems *p = user;
    if (p->count < ROWS_MAX) {
        p->rows[p->count] = problem->row;
        strcpy(p->messages[p->count], problem->message);
    }
    p->count++;
}

static bool named(const problems *p, int64_t row, const char *words)
{
    for (int i = 0; i < p->count && i < ROWS_MAX; i++)
        if (p->rows[i] == row && strstr(p->messages[i], words) != NULL)
            return true;
    return false;
}

typedef struct source {
    const char *file, *layer, *code, *datum, *crs;
} source;

/* Reads a file into areas; skips the test when it is not there. */
static void read_file(const source *from, problems *bad, wanmi_io_tally *tally)
{
    const char *path = test_data(from->file);
    if (path == NULL) {
        print_message("%s is not here: skipped\n", from->file);
        skip();
    }
    char place[4200];
    snprintf(place, sizeof place, "%s%s%s", path, from->layer != NULL ? ":" : "",
             from->layer != NULL ? from->layer : "");
    wanmi_error error;
    wanmi_crs *crs = NULL;
    if (wanmi_crs_create(from->crs, NULL, NULL, &crs, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = place;
    options.code = from->code;
    options.datum = from->datum;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = note;
    report.problem_user = bad;
    wanmi_io_areas *areas = NULL;
    wanmi_io_tally_init(tally);
    memset(bad, 0, sizeof *bad);
    if (wanmi_io_areas_read(&options, "layer", crs, NULL, &report, NULL, &areas, tally, &error) !=
        WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(wanmi_io_areas_count(areas), tally->taken);
    assert_int_equal(bad->count, tally->refused);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
}

static void show(const problems *bad)
{
    for (int i = 0; i < bad->count && i < ROWS_MAX; i++)
        print_message("%s\n", bad->messages[i]);
}

static void beijing_has_16_districts(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"cn_beijing_districts_gcj02.geojson", NULL, "adcode", "gcj02", "EPSG:4548"},
              &bad, &tally);
    show(&bad);
    assert_int_equal(tally.taken, 16);
    assert_int_equal(tally.refused, 0);
}

static void compounds_are_named_by_row(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"cn_beijing_compounds_3700.geojson", NULL, "id", "bd09", "EPSG:4548"}, &bad,
              &tally);
    show(&bad);
    assert_int_equal(tally.read, 3703);
    assert_int_equal(tally.refused, 10);
    static const int64_t points[] = {1290, 1553, 2992};
    for (int i = 0; i < 3; i++)
        assert_true(named(&bad, points[i], "ring 1 has 1 point"));
    static const int64_t crossings[] = {9, 1667, 2576, 2608, 2947, 3198, 3542};
    for (int i = 0; i < 7; i++)
        assert_true(named(&bad, crossings[i], "elf-intersection"));
}

static void precincts(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"nyc_police_precincts.geojson", NULL, "Precinct", NULL, "EPSG:32618"}, &bad,
              &tally);
    show(&bad);
    assert_int_equal(tally.read, 76);
    assert_int_equal(tally.refused, 1);
    assert_true(named(&bad, 71, "code 113: part 5, ring 1 has 3 points"));
}

static void community_districts(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"nyc_community_districts.geojson", NULL, "BoroCD", NULL, "EPSG:32618"}, &bad,
              &tally);
    show(&bad);
    assert_int_equal(tally.taken, 71);
    assert_int_equal(tally.refused, 0);
}

static void fire_companies(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"nyc_fire_companies.topojson", NULL, "FireCoType || FireCoNum", "wgs84",
                        "EPSG:32618"}, &bad, &tally);
    show(&bad);
    assert_int_equal(tally.read, 343);
    assert_int_equal(tally.refused, 1);
    assert_true(named(&bad, 288, "code E72"));
}

static void counties(void **state)
{
    (void)state;
    problems bad;
    wanmi_io_tally tally;
    read_file(&(source){"us_counties_10m.topojson", "counties", "id", "wgs84", "EPSG:5070"}, &bad,
              &tally);
    show(&bad);
    assert_int_equal(tally.read, 3231);
    assert_int_equal(tally.refused, 23); /* 22 invalid, 1 empty */
    assert_true(named(&bad, 630, "51610: the polygon is empty"));
    assert_true(named(&bad, 273, "part 4, ring 1"));
}

/* ---- against ogr2ogr ---------------------------------------------------------------- */

static wanmi_io_areas *read_quietly(const char *path, const char *code, wanmi_crs *crs)
{
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = path;
    options.code = code;
    wanmi_io_areas *areas = NULL;
    wanmi_error error;
    if (wanmi_io_areas_read(&options, "layer", crs, NULL, NULL, NULL, &areas, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return areas;
}

static void ogr2ogr_projects_alike(void **state)
{
    (void)state;
    const char *path = test_data("nyc_community_districts.geojson");
    if (path == NULL)
        skip();
    char command[9000], origin[4096], projected[300];
    snprintf(origin, sizeof origin, "%s", path);
    snprintf(projected, sizeof projected, "%s/projected.gpkg", test_folder());
    snprintf(command, sizeof command, "ogr2ogr -f GPKG -t_srs EPSG:32618 -nlt PROMOTE_TO_MULTI '%s' '%s'",
             projected, origin);
    assert_int_equal(system(command), 0);
    wanmi_error error;
    wanmi_crs *crs = NULL;
    assert_int_equal(wanmi_crs_create("EPSG:32618", NULL, NULL, &crs, &error), WANMI_OK);
    wanmi_io_areas *ours = read_quietly(origin, "BoroCD", crs);
    wanmi_io_areas *theirs = read_quietly(projected, "BoroCD", crs);
    assert_int_equal(wanmi_io_areas_count(ours), wanmi_io_areas_count(theirs));
    double most = 0;
    size_t vertices = 0;
    for (size_t i = 0; i < wanmi_io_areas_count(ours); i++) {
        const wanmi_area_def *a = &wanmi_io_areas_list(ours)[i], *b = &wanmi_io_areas_list(theirs)[i];
        assert_string_equal(a->code, b->code);
        /* Same structure; a polygon alone has nine bytes less of head than a multipolygon of it. */
        size_t skip_a = a->wkb[1] == 3 ? 13 : 22, skip_b = b->wkb[1] == 3 ? 13 : 22;
        assert_int_equal(a->wkb_size - skip_a, b->wkb_size - skip_b);
        if (a->wkb[1] != 3)
            continue;
        for (size_t at = 0; at + 8 <= a->wkb_size - skip_a; at += 8, vertices++) {
            double x, y;
            memcpy(&x, a->wkb + skip_a + at, 8);
            memcpy(&y, b->wkb + skip_b + at, 8);
            most = x - y > most ? x - y : y - x > most ? y - x : most;
        }
    }
    print_message("%zu numbers, the largest difference is %g m\n", vertices, most);
    assert_true(vertices > 1000 && most < 1e-6);
    wanmi_io_areas_free(ours);
    wanmi_io_areas_free(theirs);
    wanmi_crs_release(crs);
}

/* ---- one map of three layers ---------------------------------------------------------- */

static void new_york_is_one_map(void **state)
{
    (void)state;
    static const struct { const char *file, *layer, *code, *datum; uint64_t taken; } layers[] = {
        {"nyc_police_precincts.geojson", "precinct", "Precinct", NULL, 75},
        {"nyc_community_districts.geojson", "district", "BoroCD", NULL, 71},
        {"nyc_fire_companies.topojson", "company", "FireCoType || FireCoNum", "wgs84", 342}};
    if (test_data(layers[2].file) == NULL)
        skip();
    char path[300];
    snprintf(path, sizeof path, "%s/york.gpkg", test_folder());
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:32618";
    meta.timezone = "America/New_York";
    wanmi_error error;
    assert_int_equal(wanmi_io_map_create(path, &meta, NULL, &error), WANMI_OK);
    for (int i = 0; i < 3; i++) {
        char origin[4096];
        snprintf(origin, sizeof origin, "%s", test_data(layers[i].file));
        wanmi_layer_def def;
        wanmi_layer_def_init(&def);
        def.name = layers[i].layer;
        def.level = i;
        wanmi_io_layer_options options;
        wanmi_io_layer_options_init(&options);
        options.source = origin;
        options.code = layers[i].code;
        options.datum = layers[i].datum;
        options.skip_invalid = 1;
        wanmi_io_tally tally;
        wanmi_io_tally_init(&tally);
        if (wanmi_io_map_add_layer(path, &def, &options, NULL, NULL, &tally, &error) != WANMI_OK)
            fail_msg("%s", error.message);
        assert_int_equal(tally.taken, layers[i].taken);
    }
    wanmi_map *map = NULL;
    assert_int_equal(wanmi_io_map_read(path, NULL, NULL, &map, &error), WANMI_OK);
    assert_int_equal(wanmi_map_area_count(map), 75 + 71 + 342);
    assert_int_equal(wanmi_map_cell_layer(map), wanmi_map_find_layer(map, "precinct"));
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beijing_has_16_districts),
        cmocka_unit_test(compounds_are_named_by_row),
        cmocka_unit_test(precincts),
        cmocka_unit_test(community_districts),
        cmocka_unit_test(fire_companies),
        cmocka_unit_test(counties),
        cmocka_unit_test(ogr2ogr_projects_alike),
        cmocka_unit_test(new_york_is_one_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
