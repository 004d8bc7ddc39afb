/* Every allocation failed in turn while maps are read, written and changed:
 * WANMI_E_MEMORY, nothing leaked, the old file as it was. GDAL's own memory is
 * not the host's and does not fail here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"
#include "wanmi/io.h"

static char map_path[256], copy_path[256], out_path[256], layer_path[256], csv_path[256], objects_path[256];

static void put(char *path, const char *name, const char *text)
{
    snprintf(path, 256, "%s/%s", test_folder(), name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int make_files(void **state)
{
    (void)state;
    put(map_path, "map.gpkg", "");
    put(copy_path, "copy.gpkg", "");
    put(out_path, "out.gpkg", "");
    put(csv_path, "units.csv", "code,name,parent\nX,十,BUREAU\n,bad,\n");
    put(objects_path, "objects.csv", "code,lon,lat,upkeep\nL1,117,39.9,BUREAU\nL2,217,39.9,\n");
    put(layer_path, "layer.geojson",
        "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"properties\":{\"c\":\"1\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[117,39.9],[117.01,39.9],[117.01,39.91],"
        "[117,39.9]]]}},{\"type\":\"Feature\",\"properties\":{\"c\":\"2\"},\"geometry\":{\"type\":"
        "\"Point\",\"coordinates\":[117,39.9]}}]}");
    unlink(map_path);
    test_city city;
    test_city_init(&city);
    city.columns = city.rows = 2;
    wanmi_map *map = test_city_map(NULL, &city);
    wanmi_error error;
    assert_int_equal(wanmi_io_map_write(map, map_path, NULL, NULL, &error), WANMI_OK);
    wanmi_map_release(map);
    return 0;
}

static void copy_map(void)
{
    char command[600];
    snprintf(command, sizeof command, "cp '%s' '%s'", map_path, copy_path);
    assert_int_equal(system(command), 0);
}

/* After a failure the old file is there, byte for byte; after a success another. */
static void check_copy(wanmi_status status)
{
    char command[600];
    snprintf(command, sizeof command, "cmp -s '%s' '%s'", map_path, copy_path);
    assert_int_equal(system(command) == 0, status != WANMI_OK);
}

static void ignore(void *user, const wanmi_error *problem)
{
    ++*(int *)user;
    assert_int_not_equal(problem->status, WANMI_E_MEMORY);
}

static wanmi_status read_work(const wanmi_host *host, void *user)
{
    (void)user;
    wanmi_map *map = NULL;
    wanmi_status status = wanmi_io_map_read(map_path, NULL, host, &map, NULL);
    assert_true(status == WANMI_OK || map == NULL);
    wanmi_map_release(map);
    return status;
}

static wanmi_status write_work(const wanmi_host *host, void *user)
{
    return wanmi_io_map_write(user, out_path, NULL, host, NULL);
}

static wanmi_status export_work(const wanmi_host *host, void *user)
{
    char folder[300];
    snprintf(folder, sizeof folder, "%s/export", test_folder());
    return wanmi_io_map_export(user, folder, host, NULL);
}

static wanmi_status areas_work(const wanmi_host *host, void *user)
{
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = layer_path;
    options.code = "c || 'x'";
    options.where = "c <> 'none'";
    options.buffer = "30";
    options.datum = "gcj02";
    wanmi_crs *crs = NULL;
    wanmi_status status = wanmi_crs_create("EPSG:4548", NULL, host, &crs, NULL);
    if (status != WANMI_OK)
        return status;
    int problems = 0;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = ignore;
    report.problem_user = &problems;
    wanmi_io_areas *areas = NULL;
    status = wanmi_io_areas_read(&options, "l", crs, NULL, &report, host, &areas, NULL, NULL);
    assert_int_equal(problems, 0);
    if (status == WANMI_OK)
        assert_int_equal(wanmi_io_areas_count(areas), 2);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
    (void)user;
    return status;
}

static wanmi_status layer_work(const wanmi_host *host, void *user)
{
    (void)user;
    copy_map();
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = "more";
    def.kind = WANMI_OVERLAY;
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = layer_path;
    options.code = "c";
    options.skip_invalid = 1;
    wanmi_status status = wanmi_io_map_add_layer(copy_path, &def, &options, NULL, host, NULL, NULL);
    check_copy(status);
    return status;
}

static wanmi_status add_rows(const wanmi_host *host, wanmi_io_table table, const char *csv, const char *datum)
{
    copy_map();
    int problems = 0;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = ignore;
    report.problem_user = &problems;
    wanmi_io_table_options options;
    wanmi_io_table_options_init(&options);
    options.datum = datum;
    wanmi_status status = wanmi_io_map_add_table(copy_path, table, csv, &options, &report, host, NULL, NULL);
    check_copy(status);
    return status;
}

static wanmi_status table_work(const wanmi_host *host, void *user)
{
    (void)user;
    return add_rows(host, WANMI_IO_UNITS, csv_path, NULL);
}

static wanmi_status objects_work(const wanmi_host *host, void *user)
{
    (void)user;
    return add_rows(host, WANMI_IO_OBJECTS, objects_path, "cgcs2000");
}

static wanmi_status drop_work(const wanmi_host *host, void *user)
{
    (void)user;
    copy_map();
    wanmi_status status = wanmi_io_map_drop(copy_path, "relic", host, NULL);
    check_copy(status);
    return status;
}

static wanmi_status create_work(const wanmi_host *host, void *user)
{
    (void)user;
    unlink(copy_path);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    return wanmi_io_map_create(copy_path, &meta, host, NULL);
}

static int left_behind(void)
{
    char command[300];
    snprintf(command, sizeof command, "ls -A '%s' | grep -c 'new-'", test_folder());
    FILE *pipe = popen(command, "r");
    int count = -1;
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

static void run(wanmi_status (*work)(const wanmi_host *, void *))
{
    test_city city;
    test_city_init(&city);
    city.columns = city.rows = 2;
    wanmi_map *map = test_city_map(NULL, &city);
    print_message("%lld allocations failed\n", (long long)test_fail_each(work, map));
    assert_int_equal(left_behind(), 0);
    wanmi_map_release(map);
}

static void reading(void **state) { (void)state; run(read_work); }
static void writing(void **state) { (void)state; run(write_work); }
static void exporting(void **state) { (void)state; run(export_work); }
static void reading_areas(void **state) { (void)state; run(areas_work); }
static void adding_a_layer(void **state) { (void)state; run(layer_work); }
static void adding_a_table(void **state) { (void)state; run(table_work); }
static void adding_objects(void **state) { (void)state; run(objects_work); }
static void dropping(void **state) { (void)state; run(drop_work); }
static void creating(void **state) { (void)state; run(create_work); }

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading), cmocka_unit_test(writing), cmocka_unit_test(exporting),
        cmocka_unit_test(reading_areas), cmocka_unit_test(adding_a_layer),
        cmocka_unit_test(adding_a_table), cmocka_unit_test(adding_objects),
        cmocka_unit_test(dropping), cmocka_unit_test(creating),
    };
    return cmocka_run_group_tests(tests, make_files, NULL);
}
