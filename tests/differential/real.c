/* wanmi_locate against a plain reading of docs/answers.md on real areas: New
 * York's police precincts, community districts and fire companies, and Beijing's
 * districts. Skipped where the files are not there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain_reading.h"
#include "wanmi/io.h"

static void count_problem(void *user, const wanmi_error *problem)
{
    print_message("left out: %s\n", problem->message);
    ++*(int *)user;
}

static void add_source(wanmi_map_builder *builder, wanmi_crs *crs, const char *layer,
                       const char *file, const char *code, const char *datum, int *problems)
{
    wanmi_error error;
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = file;
    options.code = code;
    options.datum = datum;
    options.skip_invalid = 1;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = count_problem;
    report.problem_user = problems;
    wanmi_io_areas *areas = NULL;
    if (wanmi_io_areas_read(&options, layer, crs, NULL, &report, NULL, &areas, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    const wanmi_area_def *list = wanmi_io_areas_list(areas);
    for (size_t i = 0; i < wanmi_io_areas_count(areas); i++)
        if (wanmi_map_builder_area(builder, &list[i], &error) != WANMI_OK)
            count_problem(problems, &error);
    wanmi_io_areas_free(areas);
}

static wanmi_map_builder *open_builder(const char *definition, double snap_m, wanmi_crs **crs)
{
    wanmi_error error;
    wanmi_map_builder *builder = NULL;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = definition;
    meta.snap_m = snap_m;
    assert_int_equal(wanmi_map_builder_create(NULL, &builder, NULL), WANMI_OK);
    if (wanmi_map_builder_meta(builder, &meta, &error) != WANMI_OK ||
        wanmi_crs_create(definition, NULL, NULL, crs, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return builder;
}

static void check_real(wanmi_map_builder *builder, wanmi_crs *crs, int rounds, const int *problems)
{
    wanmi_map *map = test_close_builder(builder);
    wanmi_crs_release(crs);
    uint64_t wheres[4] = {0};
    check_map(map, rounds, 5, wheres);
    print_message("%u areas, %d left out; inside %llu, snapped %llu, outside %llu\n",
                  wanmi_map_area_count(map), *problems, (unsigned long long)wheres[WANMI_INSIDE],
                  (unsigned long long)wheres[WANMI_SNAPPED], (unsigned long long)wheres[WANMI_OUTSIDE]);
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_SNAPPED] > 0);
    wanmi_map_release(map);
}

static const char *file_or_skip(char *path, size_t size, const char *name)
{
    const char *found = test_data(name);
    if (found == NULL) {
        print_message("%s is not there\n", name);
        skip();
    }
    snprintf(path, size, "%s", found);
    return path;
}

static void new_york(void **state)
{
    (void)state;
    char precincts[4096], districts[4096], companies[4096];
    file_or_skip(precincts, sizeof precincts, "nyc_police_precincts.geojson");
    file_or_skip(districts, sizeof districts, "nyc_community_districts.geojson");
    file_or_skip(companies, sizeof companies, "nyc_fire_companies.topojson");
    wanmi_crs *crs = NULL;
    int problems = 0;
    wanmi_map_builder *builder = open_builder("EPSG:32618", 200, &crs);
    test_add_layer(builder, "precinct", WANMI_PARTITION, 0, "");
    test_add_layer(builder, "district", WANMI_PARTITION, 1, "");
    test_add_layer(builder, "company", WANMI_OVERLAY, 1, "");
    add_source(builder, crs, "precinct", precincts, "Precinct", "wgs84", &problems);
    add_source(builder, crs, "district", districts, "BoroCD", "wgs84", &problems);
    add_source(builder, crs, "company", companies, "FireCoType || FireCoNum", "wgs84", &problems);
    assert_true(problems < 5);
    check_real(builder, crs, 6, &problems);
}

static void beijing(void **state)
{
    (void)state;
    char districts[4096];
    double x, y;
    file_or_skip(districts, sizeof districts, "cn_beijing_districts_gcj02.geojson");
    if (wanmi_gcj02_from_wgs84(116, 39, &x, &y) != WANMI_REASON_NONE) {
        print_message("this build has no GCJ-02\n");
        skip();
    }
    wanmi_crs *crs = NULL;
    int problems = 0;
    wanmi_map_builder *builder = open_builder("EPSG:4548", 500, &crs);
    test_add_layer(builder, "district", WANMI_PARTITION, 0, "");
    add_source(builder, crs, "district", districts, "adcode", "gcj02", &problems);
    assert_int_equal(problems, 0);
    check_real(builder, crs, 10, &problems);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_york),
        cmocka_unit_test(beijing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
