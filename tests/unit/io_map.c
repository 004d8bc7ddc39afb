/* Map files: written and read again, changed whole, and refused when they are
 * not what they should be. (Long, because every way a file can be wrong is here.) */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"
#include "wanmi/io.h"

/* ---- helpers ------------------------------------------------------------------------ */

static char *in_folder(const char *name)
{
    static char paths[8][256];
    static unsigned next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

static char *write_text(const char *name, const char *text)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
    return path;
}

static char *read_bytes(const char *path, size_t *size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = malloc(*size + 1);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

static void write_bytes(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* Files and folders in this test's folder: what a change has left behind. */
static int left_behind(void)
{
    char command[256];
    snprintf(command, sizeof command, "ls -A '%s' | grep -c 'new-'", test_folder());
    FILE *pipe = popen(command, "r");
    int count = -1;
    assert_int_equal(fscanf(pipe, "%d", &count), 1);
    pclose(pipe);
    return count;
}

/* The bytes of a file's tables, changed by hand as another program would. */
static void sql(const char *path, const char *statements)
{
    char command[2048];
    snprintf(command, sizeof command, "sqlite3 '%s' \"%s\"", path, statements);
    assert_int_equal(system(command), 0);
}

/* The same by GDAL, for tables with geometry, whose triggers ask for its functions. */
static void ogr_sql(const char *path, const char *statement)
{
    char command[2048];
    snprintf(command, sizeof command, "ogrinfo -q '%s' -sql \"%s\" 2>&1 | grep -q ERROR", path,
             statement);
    assert_int_not_equal(system(command), 0);
}

static void good(wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK)
        fail_msg("%s: %s", wanmi_status_name(status), error->message);
}

static void bad(wanmi_status status, const wanmi_error *error, wanmi_status expected, const char *words)
{
    if (status != expected || strstr(error->message, words) == NULL)
        fail_msg("%s: '%s', expected %s: '%s'", wanmi_status_name(status), error->message,
                 wanmi_status_name(expected), words);
    assert_int_equal(error->status, expected);
}

static wanmi_map *read_map(const char *path)
{
    wanmi_map *map = NULL;
    wanmi_error error;
    good(wanmi_io_map_read(path, NULL, NULL, &map, &error), &error);
    return map;
}

static void refused(const char *path, wanmi_status expected, const char *words)
{
    wanmi_map *map = (wanmi_map *)0x1;
    wanmi_error error;
    wanmi_error_clear(&error);
    bad(wanmi_io_map_read(path, NULL, NULL, &map, &error), &error, expected, words);
    assert_ptr_equal(map, (wanmi_map *)0x1);
    assert_string_equal(error.file, path);
}

static char *write_city(const char *name)
{
    char *path = in_folder(name);
    unlink(path);
    wanmi_map *map = test_city_map(NULL, NULL);
    wanmi_error error;
    good(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
    wanmi_map_release(map);
    return path;
}

enum { PROBLEMS_MAX = 64 };
static wanmi_error problems[PROBLEMS_MAX];
static int problem_count;

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    assert_true(problem_count < PROBLEMS_MAX);
    problems[problem_count++] = *problem;
}

static wanmi_io_report noting(void)
{
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = note;
    problem_count = 0;
    return report;
}

static void problem(int index, wanmi_status status, int64_t row, const char *words)
{
    assert_true(index < problem_count);
    if (problems[index].status != status || problems[index].row != row ||
        strstr(problems[index].message, words) == NULL)
        fail_msg("%s row %lld: '%s', expected row %lld '%s'", wanmi_status_name(problems[index].status),
                 (long long)problems[index].row, problems[index].message, (long long)row, words);
}

/* ---- round trips ----------------------------------------------------------------------- */

static void a_map_comes_back_as_it_was(void **state)
{
    (void)state;
    char *path = in_folder("city.gpkg");
    wanmi_map *map = test_city_map(NULL, NULL);
    wanmi_error error;
    for (int round = 0; round < 2; round++) { /* the second replaces the first */
        good(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
        wanmi_map *again = read_map(path);
        if (wanmi_map_equal(map, again, &error) != WANMI_OK)
            fail_msg("%s", error.message);
        wanmi_map_release(again);
    }
    assert_int_equal(left_behind(), 0);
    wanmi_map_release(map);
}

static void coordinates_keep_every_bit(void **state)
{
    (void)state;
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "+proj=tmerc +lat_0=0 +lon_0=116.35 +k=1 +x_0=39000000 +y_0=-4000000 +ellps=GRS80 "
               "+units=m +type=crs";
    meta.uuid = "01234567-89ab-cdef-0123-456789abcdef";
    meta.title = "一个地方 \"quoted\", 'single'";
    meta.timezone = "America/New_York";
    meta.allow_ballpark = 1;
    meta.snap_m = 0.1;
    meta.generation = 4000000000u;
    wanmi_error error;
    good(wanmi_map_builder_meta(builder, &meta, &error), &error);
    test_add_layer(builder, "网格", WANMI_PARTITION, 0, "");
    test_add_layer(builder, "Order_by-2", WANMI_OVERLAY, 3, "");
    const double odd[] = {39000000.1, 0.30000000000000004, 39000100.7, 1e-300,
                          39000050.123456789, 123.00000000000001, 39000000.1, 0.30000000000000004};
    test_add_version(builder, "网格", "1'1\"", "", 1700000000000001, WANMI_TIME_NONE,
                     test_wkb_ring(odd, 4));
    test_wkb parts[] = {test_wkb_box(0, 0, 1, 1), test_wkb_box(2, 0, 3, 1)};
    test_add_area(builder, "Order_by-2", "二", "", test_wkb_multi(parts, 2));
    test_add_box(builder, "Order_by-2", "三", "", 5, 5, 6, 6);
    wanmi_map *map = test_build(builder);
    char *path = in_folder("地图 1.gpkg");
    good(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
    wanmi_map *again = read_map(path);
    if (wanmi_map_equal(map, again, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(again);
    wanmi_map_release(map);
    free(parts[0].bytes);
    free(parts[1].bytes);
}

static void ogr_tools_open_it(void **state)
{
    (void)state;
    char *path = write_city("open.gpkg"), command[512];
    snprintf(command, sizeof command,
             "ogrinfo -so '%s' cell 2>&1 | grep -q 'Feature Count: 48' && "
             "ogrinfo -so '%s' cell 2>&1 | grep -q 'EPSG\",4548' && "
             "ogrinfo -q '%s' | grep -q wanmi_rules", path, path, path);
    assert_int_equal(system(command), 0);
    sql(path, "CREATE TABLE proof (a CHECK (a = 9));"
              "INSERT INTO proof SELECT count(*) FROM gpkg_contents WHERE data_type = 'attributes'");
}

static int stop_at_once(void *user, uint64_t done, uint64_t total)
{
    (void)done, (void)total;
    ++*(int *)user;
    return 1;
}

static void the_caller_may_stop(void **state)
{
    (void)state;
    char *path = write_city("stop.gpkg");
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    int calls = 0;
    report.on_progress = stop_at_once;
    report.progress_user = &calls;
    wanmi_map *map = NULL;
    wanmi_error error;
    assert_int_equal(wanmi_io_map_read(path, &report, NULL, &map, &error), WANMI_E_CANCELLED);
    assert_true(calls > 0);
    assert_null(map);
}

/* ---- files that are no maps --------------------------------------------------------------- */

static void what_is_no_map_is_named(void **state)
{
    (void)state;
    refused(in_folder("nothing.gpkg"), WANMI_E_IO_OPEN, "No such file");
    refused(test_folder(), WANMI_E_IO_OPEN, "folder");
    refused(write_text("empty.gpkg", ""), WANMI_E_IO_FORMAT, "empty");
    refused(write_text("short.gpkg", "SQLite"), WANMI_E_IO_FORMAT, "too short");
    char text[201];
    memset(text, 'x', 200);
    text[200] = '\0';
    refused(write_text("text.gpkg", text), WANMI_E_IO_FORMAT, "not an SQLite");
    char *path = in_folder("plain.gpkg");
    sql(path, "CREATE TABLE t (a)");
    refused(path, WANMI_E_IO_FORMAT, "no GeoPackage");
    path = in_folder("other.gpkg");
    char command[512];
    snprintf(command, sizeof command,
             "ogr2ogr -f GPKG '%s' '%s' 2>/dev/null", path,
             write_text("one.csv", "a,WKT\n1,POINT (1 2)\n"));
    assert_int_equal(system(command), 0);
    refused(path, WANMI_E_IO_FORMAT, "wanmi_meta");
    wanmi_map *map = NULL;
    assert_int_equal(wanmi_io_map_read(NULL, NULL, NULL, &map, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_map_read(path, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_io_report report = {.struct_size = 0};
    assert_int_equal(wanmi_io_map_read(path, &report, NULL, &map, NULL), WANMI_E_ARGUMENT);
}

static void a_truncated_map_is_refused(void **state)
{
    (void)state;
    size_t size;
    char *bytes = read_bytes(write_city("whole.gpkg"), &size), *cut = in_folder("cut.gpkg");
    for (size_t sixteenth = 0; sixteenth < 16; sixteenth++) {
        write_bytes(cut, bytes, size * sixteenth / 16);
        refused(cut, WANMI_E_IO_FORMAT, sixteenth > 0 ? "truncated" : "empty");
    }
    write_bytes(cut, bytes, size - 1); /* SQLite itself would fill this up */
    refused(cut, WANMI_E_IO_FORMAT, "truncated");
    free(bytes);
}

static void damage_inside_never_crashes(void **state)
{
    (void)state;
    size_t size;
    char *whole = write_city("sound.gpkg"), *hurt = in_folder("hurt.gpkg");
    char *bytes = read_bytes(whole, &size);
    wanmi_map *map = read_map(whole);
    test_random random = {7};
    for (int round = 0; round < 60; round++) {
        char *copy = malloc(size);
        memcpy(copy, bytes, size);
        size_t at = 100 + test_below(&random, (uint32_t)(size - 400));
        for (size_t i = 0; i < 300; i++)
            copy[at + i] = (char)test_next(&random);
        write_bytes(hurt, copy, size);
        free(copy);
        wanmi_map *read = NULL;
        wanmi_error error;
        wanmi_error_clear(&error);
        wanmi_status status = wanmi_io_map_read(hurt, NULL, NULL, &read, &error);
        assert_true(status <= 0);
        assert_true(status == WANMI_OK || error.message[0] != '\0');
        wanmi_map_release(read);
    }
    wanmi_map_release(map);
    free(bytes);
}

static void schemas_and_columns_are_checked(void **state)
{
    (void)state;
    char *path = write_city("schema.gpkg");
    sql(path, "UPDATE wanmi_meta SET value = '7' WHERE key = 'schema'");
    refused(path, WANMI_E_IO_FORMAT, "schema 1");
    sql(path, "DELETE FROM wanmi_meta WHERE key = 'schema'");
    refused(path, WANMI_E_IO_FORMAT, "schema is missing");
    sql(path, "INSERT INTO wanmi_meta (key, value) VALUES ('schema', '1'), ('stranger', 'x')");
    wanmi_map_release(read_map(path));
    sql(path, "INSERT INTO wanmi_meta (key, value) VALUES ('title', 'again')");
    refused(path, WANMI_E_MAP_META, "twice");
    path = write_city("meta.gpkg");
    sql(path, "UPDATE wanmi_meta SET value = 'far' WHERE key = 'snap_m'");
    refused(path, WANMI_E_MAP_META, "'far'");
    path = write_city("zone.gpkg");
    sql(path, "UPDATE wanmi_meta SET value = 'Nowhere/City' WHERE key = 'timezone'");
    refused(path, WANMI_E_ZONE, "Nowhere/City");
    path = write_city("column.gpkg");
    sql(path, "ALTER TABLE wanmi_duties RENAME COLUMN role TO rolle");
    refused(path, WANMI_E_IO_COLUMN, "wanmi_duties");
    sql(path, "ALTER TABLE wanmi_duties RENAME COLUMN rolle TO role");
    sql(path, "ALTER TABLE community RENAME COLUMN parent TO parant");
    refused(path, WANMI_E_IO_COLUMN, "community");
    refused(path, WANMI_E_IO_COLUMN, "'parent'");
    path = write_city("tables.gpkg");
    sql(path, "DROP TABLE relic");
    refused(path, WANMI_E_MAP_LAYER, "relic");
    path = write_city("layers.gpkg");
    sql(path, "UPDATE wanmi_layers SET kind = 'sponge' WHERE name = 'cell'");
    refused(path, WANMI_E_MAP_LAYER, "'sponge'");
}

static void a_layer_in_another_crs_is_refused(void **state)
{
    (void)state;
    char *path = write_city("srs.gpkg"), command[512];
    snprintf(command, sizeof command,
             "ogr2ogr -f GPKG -update '%s' -nln degrees -a_srs EPSG:4326 '%s' cell 2>/dev/null", path,
             write_city("srs2.gpkg"));
    assert_int_equal(system(command), 0);
    sql(path, "INSERT INTO wanmi_layers (name, kind, level) VALUES ('degrees', 'overlay', 0)");
    refused(path, WANMI_E_MAP_LAYER, "CRS");
    path = write_city("srs3.gpkg");
    snprintf(command, sizeof command,
             "ogr2ogr -f GPKG -update '%s' -nln degrees -a_srs '+proj=longlat +a=6378137 +b=6356000' "
             "'%s' cell 2>/dev/null", path, in_folder("srs2.gpkg"));
    assert_int_equal(system(command), 0);
    sql(path, "INSERT INTO wanmi_layers (name, kind, level) VALUES ('degrees', 'overlay', 0)");
    refused(path, WANMI_E_MAP_LAYER, "CRS");
}

/* ---- bad rows -------------------------------------------------------------------------------- */

static void bad_rows_are_named_and_left_out(void **state)
{
    (void)state;
    char *path = write_city("rows.gpkg");
    sql(path, "UPDATE wanmi_duties SET unit = 'NOBODY' WHERE fid = 5;"
              "UPDATE wanmi_duties SET rank = -1 WHERE fid = 6;"
              "UPDATE wanmi_duties SET rank = 99999999999 WHERE fid = 7;"
              "UPDATE wanmi_rules SET valid_from = 'soon' WHERE fid = 2;");
    ogr_sql(path, "UPDATE school SET valid_to = '2026-99-01' WHERE fid = 1");
    ogr_sql(path, "UPDATE community SET geom = NULL WHERE fid = 1");
    refused(path, WANMI_E_MAP_GEOMETRY, "no geometry");
    wanmi_io_report report = noting();
    wanmi_map *map = NULL;
    wanmi_error error;
    good(wanmi_io_map_read(path, &report, NULL, &map, &error), &error);
    bool seen[6] = {false};
    for (int i = 0; i < problem_count; i++) {
        assert_string_equal(problems[i].file, path);
        const char *m = problems[i].message;
        seen[0] |= strstr(m, "NOBODY") != NULL && problems[i].row == 5;
        seen[1] |= strstr(m, "table wanmi_duties") != NULL && strstr(m, "-1") != NULL &&
                   problems[i].row == 6;
        seen[2] |= strstr(m, "'99999999999'") != NULL && strstr(m, "rank") != NULL &&
                   problems[i].row == 7;
        seen[3] |= strstr(m, "'soon'") != NULL && problems[i].row == 2;
        seen[4] |= strstr(m, "2026-99-01") != NULL && strcmp(problems[i].layer, "school") == 0;
        seen[5] |= strstr(m, "no geometry") != NULL && strcmp(problems[i].layer, "community") == 0 &&
                   problems[i].code[0] != '\0';
    }
    for (int i = 0; i < 6; i++)
        if (!seen[i])
            fail_msg("problem %d was not named", i);
    wanmi_map *whole = test_city_map(NULL, NULL);
    assert_int_equal(wanmi_map_rule_count(map) + 1, wanmi_map_rule_count(whole));
    assert_int_equal(wanmi_map_area_count(map) + 2, wanmi_map_area_count(whole));
    wanmi_map_release(whole);
    wanmi_map_release(map);
}

static void points_and_lines_become_areas(void **state)
{
    (void)state;
    char *path = write_city("buffers.gpkg"), command[512];
    snprintf(command, sizeof command,
             "ogr2ogr -f GPKG -update -a_srs EPSG:4548 '%s' -nln place -nlt GEOMETRY '%s' 2>/dev/null",
             path, write_text("place.csv", "code,name,parent,valid_from,valid_to,grade,buffer_m,WKT\n"
                              "P,,,,,,300,POINT (500400 4420300)\n"
                              "L,,,,,,50,\"LINESTRING (500000 4420000, 500800 4420600)\"\n"
                              "A,,,,,,,\"POLYGON ((0 0, 10 0, 0 10, 0 0))\"\n"));
    assert_int_equal(system(command), 0);
    sql(path, "INSERT INTO wanmi_layers (name, kind, level) VALUES ('place', 'overlay', 0)");
    wanmi_map *map = read_map(path);
    uint32_t layer = wanmi_map_find_layer(map, "place");
    uint32_t p = wanmi_map_find_area(map, layer, "P", WANMI_TIME_NONE);
    wanmi_area_info info;
    wanmi_area_rings rings;
    assert_int_equal(wanmi_map_area(map, p, &info), WANMI_OK);
    assert_true(info.min_x == 500100 && info.max_x == 500700);
    assert_int_equal(wanmi_map_area_rings(map, p, &rings), WANMI_OK);
    assert_int_equal(rings.points[1] - rings.points[0], 4 * 64 + 1);
    assert_int_not_equal(wanmi_map_find_area(map, layer, "A", WANMI_TIME_NONE), WANMI_NONE);
    wanmi_map_release(map);
    sql(path, "UPDATE wanmi_layers SET kind = 'partition' WHERE name = 'place'");
    refused(path, WANMI_E_MAP_GEOMETRY, "overlay");
    sql(path, "UPDATE wanmi_layers SET kind = 'overlay' WHERE name = 'place'");
    ogr_sql(path, "UPDATE place SET buffer_m = NULL WHERE code = 'L'");
    refused(path, WANMI_E_MAP_GEOMETRY, "without a buffer");
    ogr_sql(path, "UPDATE place SET buffer_m = -3 WHERE code = 'L'");
    refused(path, WANMI_E_IO_ROW, "buffer_m");
}

/* ---- creating ---------------------------------------------------------------------------------- */

static char *create(const char *name)
{
    char *path = in_folder(name);
    unlink(path);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.title = "新";
    meta.fallback_unit = "ALL";
    meta.cell_layer = "cell";
    wanmi_error error;
    good(wanmi_io_map_create(path, &meta, NULL, &error), &error);
    return path;
}

static void an_empty_map_is_created_once(void **state)
{
    (void)state;
    char *path = create("new.gpkg");
    wanmi_map *map = read_map(path);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    assert_string_equal(meta.title, "新");
    assert_string_equal(meta.fallback_unit, "ALL");
    assert_string_equal(meta.cell_layer, "cell");
    assert_int_equal(meta.generation, 1);
    assert_int_equal(wanmi_map_layer_count(map), 0);
    wanmi_error error;
    bad(wanmi_io_map_create(path, &meta, NULL, &error), &error, WANMI_E_IO_OPEN, "exists");
    wanmi_map_release(map);
    wanmi_map_meta_init(&meta);
    bad(wanmi_io_map_create(in_folder("x.gpkg"), &meta, NULL, &error), &error, WANMI_E_MAP_META, "CRS");
    meta.crs = "EPSG:4326";
    assert_int_equal(wanmi_io_map_create(in_folder("x.gpkg"), &meta, NULL, &error), WANMI_E_CRS_UNITS);
    meta.crs = "EPSG:4548";
    bad(wanmi_io_map_create(in_folder("no/such/x.gpkg"), &meta, NULL, &error), &error,
        WANMI_E_IO_WRITE, "No such file");
    assert_int_equal(wanmi_io_map_create(NULL, &meta, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_map_create("x", NULL, NULL, NULL), WANMI_E_ARGUMENT);
}

/* ---- tables ------------------------------------------------------------------------------------- */

static wanmi_status add(const char *map, wanmi_io_table table, const char *csv, int replace,
                        const wanmi_io_report *report, wanmi_io_tally *tally, wanmi_error *error)
{
    wanmi_io_tally_init(tally);
    wanmi_error_clear(error);
    wanmi_io_table_options options;
    wanmi_io_table_options_init(&options);
    options.replace = replace;
    return wanmi_io_map_add_table(map, table, csv, &options, report, NULL, tally, error);
}

static void rows_of_a_csv_file_are_added(void **state)
{
    (void)state;
    char *path = create("tables.gpkg");
    wanmi_io_tally tally;
    wanmi_error error;
    char *csv = write_text("units.csv", "\xEF\xBB\xBFname,code,parent\r\n\"全部, all\",ALL,\r\n"
                           "B,b,ALL\r\n");
    good(add(path, WANMI_IO_UNITS, csv, 0, NULL, &tally, &error), &error);
    assert_int_equal(tally.read, 2);
    assert_int_equal(tally.taken, 2);
    wanmi_map *map = read_map(path);
    assert_int_equal(wanmi_map_generation(map), 2);
    assert_int_equal(wanmi_map_unit_count(map), 2);
    wanmi_unit_info unit;
    assert_int_equal(wanmi_map_unit(map, wanmi_map_find_unit(map, "ALL"), &unit), WANMI_OK);
    assert_string_equal(unit.name, "全部, all");
    wanmi_map_release(map);
    csv = write_text("more.csv", "code\nc\n");
    good(add(path, WANMI_IO_UNITS, csv, 0, NULL, &tally, &error), &error);
    map = read_map(path);
    assert_int_equal(wanmi_map_generation(map), 3);
    assert_int_equal(wanmi_map_unit_count(map), 3);
    wanmi_map_release(map);
    csv = write_text("all.csv", "code\nALL\n");
    good(add(path, WANMI_IO_UNITS, csv, 1, NULL, &tally, &error), &error);
    csv = write_text("rules.csv", "seq,class,unit,min_severity,valid_from,last,priority\n"
                     "10,01,ALL,3,2026-11-22,1,\n20,,ALL,,2026-11-22T08:00:00.5Z,,9\n");
    good(add(path, WANMI_IO_RULES, csv, 0, NULL, &tally, &error), &error);
    map = read_map(path);
    assert_int_equal(wanmi_map_unit_count(map), 1);
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    assert_int_equal(wanmi_map_rule(map, 0, &rule), WANMI_OK);
    assert_int_equal(rule.min_severity, 3);
    assert_int_equal(rule.last, 1);
    int64_t midnight;
    assert_int_equal(wanmi_time_parse(wanmi_map_zone(map), "2026-11-22", &midnight, NULL), WANMI_OK);
    assert_int_equal(rule.valid_from_us, midnight);
    wanmi_map_release(map);
    assert_int_equal(left_behind(), 0);
}

static void wrong_columns_are_named(void **state)
{
    (void)state;
    char *path = create("columns.gpkg");
    size_t before_size, after_size;
    char *before = read_bytes(path, &before_size);
    wanmi_io_tally tally;
    wanmi_error error;
    bad(add(path, WANMI_IO_UNITS, write_text("u.csv", "code,colour\na,b\n"), 0, NULL, &tally, &error),
        &error, WANMI_E_IO_COLUMN, "'colour'");
    bad(add(path, WANMI_IO_UNITS, write_text("u.csv", "code,colour\na,b\n"), 0, NULL, &tally, &error),
        &error, WANMI_E_IO_COLUMN, "code, name, kind, parent");
    bad(add(path, WANMI_IO_UNITS, write_text("u.csv", "name\na\n"), 0, NULL, &tally, &error), &error,
        WANMI_E_IO_COLUMN, "code");
    bad(add(path, WANMI_IO_UNITS, write_text("u.csv", "code,code\na,b\n"), 0, NULL, &tally, &error),
        &error, WANMI_E_IO_COLUMN, "code");
    bad(add(path, WANMI_IO_UNITS, in_folder("nothing.csv"), 0, NULL, &tally, &error), &error,
        WANMI_E_IO_OPEN, "nothing.csv");
    bad(add(in_folder("nothing.gpkg"), WANMI_IO_UNITS, write_text("u.csv", "code\na\n"), 0, NULL,
            &tally, &error), &error, WANMI_E_IO_OPEN, "nothing.gpkg");
    assert_int_equal(wanmi_io_map_add_table(path, (wanmi_io_table)9, "x", 0, NULL, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
    char *after = read_bytes(path, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    free(before);
    free(after);
    assert_int_equal(left_behind(), 0);
}

static void bad_csv_rows_are_named_and_the_rest_goes_through(void **state)
{
    (void)state;
    char *path = write_city("bad.gpkg");
    wanmi_io_tally tally;
    wanmi_error error;
    wanmi_io_report report = noting();
    /* Row 5 is S1 once more, 6 has no parent, and 7 hangs on 6. */
    char *csv = write_text("units.csv", "code,parent\nX,S1\n,S1\n\"Y\nZ;\",S1\ntoo,many,fields\nS1,\n"
                           "lost,NOWHERE\nchild,lost\n");
    good(add(path, WANMI_IO_UNITS, csv, 0, &report, &tally, &error), &error);
    assert_int_equal(tally.read, 7);
    assert_int_equal(tally.taken, 1);
    assert_int_equal(tally.refused, 6);
    assert_int_equal(problem_count, 6);
    problem(0, WANMI_E_IO_ROW, 4, "fields");
    problem(1, WANMI_E_MAP_UNIT, 2, "missing");
    problem(2, WANMI_E_MAP_UNIT, 3, "");
    problem(3, WANMI_E_MAP_UNIT, 5, "S1");
    problem(4, WANMI_E_MAP_PARENT, 6, "'NOWHERE'");
    problem(5, WANMI_E_MAP_PARENT, 7, "'lost'");
    for (int i = 0; i < 6; i++)
        assert_string_equal(problems[i].file, csv);
    wanmi_map_release(read_map(path));
    /* Without on_problem the first is the error, and nothing is changed. */
    bad(add(path, WANMI_IO_UNITS, csv, 0, NULL, &tally, &error), &error, WANMI_E_IO_ROW, "row 4");
    report = noting();
    csv = write_text("duties.csv", "layer,area,role,unit,rank\n"
                     "cell,110101001001001,网格员,S1,2\ncell,999,网格员,S1,1\nnowhere,1,x,S1,1\n"
                     "cell,110101001001001,网格员,NOBODY,1\ncell,110101001001001,a,S1,first\n");
    good(add(path, WANMI_IO_DUTIES, csv, 0, &report, &tally, &error), &error);
    assert_int_equal(tally.taken, 1);
    assert_int_equal(problem_count, 4);
    problem(0, WANMI_E_IO_ROW, 5, "'first'");
    problem(1, WANMI_E_MAP_DUTY, 2, "999");
    problem(2, WANMI_E_MAP_DUTY, 3, "nowhere");
    problem(3, WANMI_E_MAP_DUTY, 4, "NOBODY");
    report = noting();
    csv = write_text("rules.csv", "seq,class,unit,valid_from,priority\n10,01,S1,,\n"
                     "900,01,S1,,\n901,01,GHOST,,\n902,,S1,tomorrow,\n903,,S1,,12\n");
    good(add(path, WANMI_IO_RULES, csv, 0, &report, &tally, &error), &error);
    assert_int_equal(tally.taken, 1);
    assert_int_equal(problem_count, 4);
    wanmi_map_release(read_map(path));
}

static void what_others_need_is_not_taken_away(void **state)
{
    (void)state;
    char *path = write_city("needed.gpkg");
    size_t before_size, after_size;
    char *before = read_bytes(path, &before_size);
    wanmi_io_tally tally;
    wanmi_error error;
    wanmi_io_report report = noting();
    char *csv = write_text("few.csv", "code\nBUREAU\n");
    wanmi_status status = add(path, WANMI_IO_UNITS, csv, 1, &report, &tally, &error);
    assert_int_not_equal(status, WANMI_OK);
    assert_non_null(strstr(error.message, "not changed"));
    assert_int_equal(problem_count, 0);
    status = wanmi_io_map_drop(path, "wanmi_units", NULL, &error);
    assert_int_not_equal(status, WANMI_OK);
    assert_non_null(strstr(error.message, "not changed"));
    char *after = read_bytes(path, &after_size);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    free(before);
    free(after);
}

/* ---- dropping ----------------------------------------------------------------------------------- */

static void layers_and_tables_are_dropped(void **state)
{
    (void)state;
    char *path = write_city("drop.gpkg");
    wanmi_error error;
    sql(path, "CREATE TABLE foreign_notes (a); INSERT INTO foreign_notes VALUES ('kept');"
              "ALTER TABLE wanmi_units ADD COLUMN phone TEXT;"
              "UPDATE wanmi_units SET phone = '110' WHERE code = 'BUREAU'");
    good(wanmi_io_map_drop(path, "relic", NULL, &error), &error);
    good(wanmi_io_map_drop(path, "wanmi_rules", NULL, &error), &error);
    good(wanmi_io_map_drop(path, "wanmi_duties", NULL, &error), &error);
    wanmi_map *map = read_map(path);
    assert_int_equal(wanmi_map_find_layer(map, "relic"), WANMI_NONE);
    assert_int_equal(wanmi_map_rule_count(map), 0);
    assert_int_equal(wanmi_map_generation(map), 4);
    wanmi_map_release(map);
    /* The cell layer, named as such beside another that could be it. */
    sql(path, "UPDATE wanmi_meta SET value = 'cell' WHERE key = 'cell_layer';"
              "UPDATE wanmi_layers SET kind = 'partition' WHERE name = 'school'");
    good(wanmi_io_map_drop(path, "cell", NULL, &error), &error);
    map = read_map(path);
    assert_int_equal(wanmi_map_cell_layer(map), wanmi_map_find_layer(map, "school"));
    wanmi_map_release(map);
    sql(path, "CREATE TABLE proof (a CHECK (a = 1));"
              "INSERT INTO proof SELECT count(*) FROM foreign_notes WHERE a = 'kept';"
              "INSERT INTO proof SELECT count(*) FROM wanmi_units WHERE phone = '110'; DROP TABLE proof");
    bad(wanmi_io_map_drop(path, "relic", NULL, &error), &error, WANMI_E_MAP_LAYER, "relic");
    bad(wanmi_io_map_drop(path, "wanmi_meta", NULL, &error), &error, WANMI_E_ARGUMENT, "without");
    assert_int_equal(wanmi_io_map_drop(path, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_map_drop(NULL, "x", NULL, NULL), WANMI_E_ARGUMENT);
}

/* ---- files in use --------------------------------------------------------------------------------- */

static void a_map_open_elsewhere_is_left_alone(void **state)
{
    (void)state;
    char *path = write_city("busy.gpkg");
    wanmi_error error;
    char name[300];
    snprintf(name, sizeof name, "%s-wal", path);
    write_bytes(name, "something", 9);
    bad(wanmi_io_map_drop(path, "relic", NULL, &error), &error, WANMI_E_IO_WRITE, "-wal");
    wanmi_map *map = test_city_map(NULL, NULL);
    bad(wanmi_io_map_write(map, path, NULL, NULL, &error), &error, WANMI_E_IO_WRITE, "-wal");
    unlink(name);
    good(wanmi_io_map_write(map, path, NULL, NULL, &error), &error);
    wanmi_map_release(map);
    assert_int_equal(left_behind(), 0);
}

static void links_and_permissions_stay(void **state)
{
    (void)state;
    char *path = write_city("real.gpkg"), *link = in_folder("link.gpkg");
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(chmod(path, 0640), 0);
    wanmi_error error;
    good(wanmi_io_map_drop(link, "relic", NULL, &error), &error);
    struct stat about;
    assert_int_equal(lstat(link, &about), 0);
    assert_true(S_ISLNK(about.st_mode));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0640);
    wanmi_map *map = read_map(path);
    assert_int_equal(wanmi_map_find_layer(map, "relic"), WANMI_NONE);
    wanmi_map_release(map);
}

static void *add_units(void *user)
{
    char path[300], csv[300];
    snprintf(path, sizeof path, "%s/race.gpkg", test_folder());
    snprintf(csv, sizeof csv, "%s/race%d.csv", test_folder(), *(int *)user);
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_io_map_add_table(path, WANMI_IO_UNITS, csv, 0, NULL, NULL, NULL, &error);
    *(int *)user = status == WANMI_OK;
    if (status != WANMI_OK && (status != WANMI_E_IO_WRITE || strstr(error.message, "meanwhile") == NULL))
        *(int *)user = -1;
    return NULL;
}

static void two_writers_do_not_spoil_a_map(void **state)
{
    (void)state;
    char path[300];
    snprintf(path, sizeof path, "%s", write_city("race.gpkg"));
    for (int round = 0; round < 4; round++) {
        char text[64];
        pthread_t threads[3];
        int numbers[3] = {0, 1, 2}, done = 0;
        wanmi_map *before = read_map(path);
        for (int i = 0; i < 3; i++) {
            char name[16];
            snprintf(name, sizeof name, "race%d.csv", i);
            snprintf(text, sizeof text, "code\nr%d-%d\n", round, i);
            write_text(name, text);
            assert_int_equal(pthread_create(&threads[i], NULL, add_units, &numbers[i]), 0);
        }
        for (int i = 0; i < 3; i++) {
            pthread_join(threads[i], NULL);
            assert_int_not_equal(numbers[i], -1);
            done += numbers[i];
        }
        assert_true(done >= 1);
        wanmi_map *after = read_map(path);
        assert_true(wanmi_map_unit_count(after) > wanmi_map_unit_count(before));
        wanmi_map_release(before);
        wanmi_map_release(after);
    }
    assert_int_equal(left_behind(), 0);
}

static void nothing_is_printed(void **state)
{
    (void)state;
    fflush(stderr);
    fflush(stdout);
    char *log = in_folder("printed");
    int err = dup(2), out = dup(1), to = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    dup2(to, 2);
    dup2(to, 1);
    damage_inside_never_crashes(state);
    wanmi_error error;
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = "x";
    options.code = "no such ( expression";
    options.source = write_text("printed.geojson", "{\"type\":\"FeatureCollection\",\"features\":"
                                "[{\"type\":\"Feature\",\"properties\":{},\"geometry\":[[[");
    wanmi_io_map_add_layer(write_city("quiet.gpkg"), &def, &options, NULL, NULL, NULL, &error);
    options.source = write_text("printed.csv", "a,WKT\n1,POLYGON ((1 2\n");
    options.datum = "wgs84";
    wanmi_io_map_add_layer(in_folder("quiet.gpkg"), &def, &options, NULL, NULL, NULL, &error);
    fflush(stderr);
    fflush(stdout);
    dup2(err, 2);
    dup2(out, 1);
    close(err);
    close(out);
    close(to);
    size_t size;
    char *printed = read_bytes(log, &size);
    if (size != 0)
        fail_msg("printed: %s", printed);
    free(printed);
}

/* ---- export ---------------------------------------------------------------------------------------- */

static void exported_tables_can_be_added_again(void **state)
{
    (void)state;
    wanmi_map *map = test_city_map(NULL, NULL);
    char *folder = in_folder("export"), file[300];
    wanmi_error error;
    for (int round = 0; round < 2; round++)
        good(wanmi_io_map_export(map, folder, NULL, &error), &error);
    char *path = in_folder("again.gpkg");
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    good(wanmi_io_map_create(path, &meta, NULL, &error), &error);
    const char *const layers[] = {"street", "community", "cell", "school", "relic"};
    const char *const parents[] = {"", "street", "community", "", ""};
    for (int i = 0; i < 5; i++) {
        wanmi_layer_def def;
        wanmi_layer_def_init(&def);
        def.name = layers[i];
        def.kind = i < 3 ? WANMI_PARTITION : WANMI_OVERLAY;
        def.level = i < 3 ? 2 - i : 0;
        def.parent = parents[i];
        wanmi_io_layer_options options;
        wanmi_io_layer_options_init(&options);
        snprintf(file, sizeof file, "%s/%s.geojson", folder, layers[i]);
        options.source = file;
        options.code = "code";
        options.name_field = "name";
        options.parent_field = "parent";
        options.valid_from_field = "valid_from";
        options.valid_to_field = "valid_to";
        options.grade_field = "grade";
        good(wanmi_io_map_add_layer(path, &def, &options, NULL, NULL, NULL, &error), &error);
    }
    const char *const tables[] = {"wanmi_units", "wanmi_duties", "wanmi_rules"};
    for (int i = 0; i < 3; i++) {
        snprintf(file, sizeof file, "%s/%s.csv", folder, tables[i]);
        good(wanmi_io_map_add_table(path, (wanmi_io_table)i, file, 0, NULL, NULL, NULL, &error), &error);
    }
    wanmi_map *again = read_map(path);
    assert_int_equal(wanmi_map_area_count(again), wanmi_map_area_count(map));
    assert_int_equal(wanmi_map_duty_count(again), wanmi_map_duty_count(map));
    assert_int_equal(wanmi_map_rule_count(again), wanmi_map_rule_count(map));
    for (uint32_t i = 0; i < wanmi_map_area_count(map); i++) {
        wanmi_area_info a, b;
        assert_int_equal(wanmi_map_area(map, i, &a), WANMI_OK);
        uint32_t layer = wanmi_map_find_layer(again, layers[0]);
        wanmi_layer_info info;
        assert_int_equal(wanmi_map_layer(map, a.layer, &info), WANMI_OK);
        layer = wanmi_map_find_layer(again, info.name);
        assert_int_equal(wanmi_map_area(again, wanmi_map_find_area(again, layer, a.code,
                                                                   WANMI_TIME_NONE), &b), WANMI_OK);
        assert_string_equal(a.parent_code, b.parent_code);
        /* Nine digits of a degree. */
        assert_true(a.min_x - b.min_x < 2e-4 && b.min_x - a.min_x < 2e-4);
        assert_true(a.max_y - b.max_y < 2e-4 && b.max_y - a.max_y < 2e-4);
    }
    wanmi_map_release(again);
    bad(wanmi_io_map_export(map, write_text("file", "x"), NULL, &error), &error, WANMI_E_IO_WRITE, "");
    assert_int_equal(wanmi_io_map_export(map, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
}

static void exported_texts_keep_their_commas_and_quotes(void **state)
{
    (void)state;
    const char *name = "a, \"b\" 'c'; 丁";
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    wanmi_unit_def unit;
    wanmi_unit_def_init(&unit);
    unit.code = "U";
    unit.name = name;
    wanmi_error error;
    good(wanmi_map_builder_unit(builder, &unit, &error), &error);
    wanmi_map *map = test_build(builder);
    char *folder = in_folder("quotes"), csv[300];
    good(wanmi_io_map_export(map, folder, NULL, &error), &error);
    wanmi_map_release(map);
    snprintf(csv, sizeof csv, "%s/wanmi_units.csv", folder);
    char *path = create("quotes.gpkg");
    wanmi_io_tally tally;
    sql(path, "UPDATE wanmi_meta SET value = 'U' WHERE key = 'fallback_unit'");
    good(add(path, WANMI_IO_UNITS, csv, 0, NULL, &tally, &error), &error);
    map = read_map(path);
    wanmi_unit_info info;
    assert_int_equal(wanmi_map_unit(map, 0, &info), WANMI_OK);
    assert_string_equal(info.name, name);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_map_comes_back_as_it_was),
        cmocka_unit_test(coordinates_keep_every_bit),
        cmocka_unit_test(ogr_tools_open_it),
        cmocka_unit_test(the_caller_may_stop),
        cmocka_unit_test(what_is_no_map_is_named),
        cmocka_unit_test(a_truncated_map_is_refused),
        cmocka_unit_test(damage_inside_never_crashes),
        cmocka_unit_test(schemas_and_columns_are_checked),
        cmocka_unit_test(a_layer_in_another_crs_is_refused),
        cmocka_unit_test(bad_rows_are_named_and_left_out),
        cmocka_unit_test(points_and_lines_become_areas),
        cmocka_unit_test(an_empty_map_is_created_once),
        cmocka_unit_test(rows_of_a_csv_file_are_added),
        cmocka_unit_test(wrong_columns_are_named),
        cmocka_unit_test(bad_csv_rows_are_named_and_the_rest_goes_through),
        cmocka_unit_test(what_others_need_is_not_taken_away),
        cmocka_unit_test(layers_and_tables_are_dropped),
        cmocka_unit_test(a_map_open_elsewhere_is_left_alone),
        cmocka_unit_test(links_and_permissions_stay),
        cmocka_unit_test(two_writers_do_not_spoil_a_map),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(exported_tables_can_be_added_again),
        cmocka_unit_test(exported_texts_keep_their_commas_and_quotes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
