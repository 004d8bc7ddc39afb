/* Map files that other programs have spoilt: each bad row is named and left out, the
 * rest is a map; and such a file can be mended table by table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"
#include "wanmi/io.h"

static char whole[256], path[256];
static wanmi_error error;
static char said[8192];
static int problems;

static int make(void **state)
{
    (void)state;
    test_city city;
    test_city_init(&city);
    city.columns = city.rows = 2;
    wanmi_map *map = test_city_map(NULL, &city);
    snprintf(whole, sizeof whole, "%s/whole.gpkg", test_folder());
    snprintf(path, sizeof path, "%s/spoilt.gpkg", test_folder());
    if (wanmi_io_map_write(map, whole, NULL, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(map);
    return 0;
}

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    problems++;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", problem->message);
}

/* A fresh copy of the map, changed by statements of SQL. */
static void spoil(const char *statements)
{
    char command[2048];
    snprintf(command, sizeof command, "cp '%s' '%s' && sqlite3 '%s' \"%s\"", whole, path, path, statements);
    assert_int_equal(system(command), 0);
}

static wanmi_map *read_spoilt(int expected)
{
    wanmi_io_report report;
    wanmi_map *map = NULL;
    wanmi_io_report_init(&report);
    report.on_problem = note;
    said[0] = '\0';
    problems = 0;
    if (wanmi_io_map_read(path, &report, NULL, &map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    if (problems != expected)
        fail_msg("%d problems, expected %d: %s", problems, expected, said);
    return map;
}

static void says(const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("'%s' is not in: %s", words, said);
}

/* Reading strictly ends with the first of them. */
static void refused(wanmi_status status, const char *words)
{
    wanmi_map *map = NULL;
    wanmi_status got = wanmi_io_map_read(path, NULL, NULL, &map, &error);
    if (got != status || strstr(error.message, words) == NULL)
        fail_msg("%s: %s", wanmi_status_name(got), error.message);
    assert_null(map);
}

/* Where the middle of the south-west cell lies is known whatever the tables say. */
static void locates(wanmi_map *map)
{
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    uint32_t cell = WANMI_NONE;
    wanmi_where where = WANMI_REJECTED;
    assert_int_equal(wanmi_index_create(map, NULL, &index, &error), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_FAST, &locator, &error), WANMI_OK);
    assert_int_equal(wanmi_locate_one(locator, WANMI_DATUM_MAP, 500050, 4420050, WANMI_TIME_NONE, &cell, &where,
                                      &error), WANMI_OK);
    assert_int_equal(where, WANMI_INSIDE);
    assert_string_equal(wanmi_map_area_code(map, cell), "110101001001001");
    wanmi_locator_free(locator);
    wanmi_index_release(index);
}

static void bad_rows_of_every_table(void **state)
{
    (void)state;
    spoil("INSERT INTO wanmi_units (fid, code, parent) VALUES (90, 'L1', 'L2'), (91, 'L2', 'L1'), (92, '', '');"
          "INSERT INTO wanmi_duties (fid, layer, area, role, unit, rank) VALUES (90, 'cell', 'nowhere', 'r', 'S1', 1);"
          "INSERT INTO wanmi_rules (fid, seq, unit) VALUES (90, 90, 'NOBODY');"
          "INSERT INTO wanmi_rules (fid, seq, unit, hours) VALUES (91, 91, 'S1', '25:00-26:00');"
          "INSERT INTO wanmi_rules (fid, seq, unit) VALUES (92, NULL, 'S1');"
          "INSERT INTO wanmi_calendars (fid, name, day, hours) VALUES (1, 'c', '2008-02-30', '');"
          "INSERT INTO wanmi_deadlines (fid, name, seq, [limit], unit) VALUES (1, 'd', 1, 4, 'parsec');"
          "INSERT INTO wanmi_escalations (fid, seq, [on], [limit], unit, [to]) VALUES (1, 1, 'never', 1, 'urgent_hour', 'unit_parent');"
          "INSERT INTO wanmi_objects (fid, code, x, y, upkeep) VALUES (1, 'O', 500050, 4420050, 'NOBODY');");
    wanmi_map *map = read_spoilt(10);
    says("spoilt.gpkg: table wanmi_units, row 91, code L2: column parent: unit: its parents make a loop: 'L1'");
    says("table wanmi_units, row 92: column code: unit code is missing");
    says("table wanmi_duties, row 90: column area: duty in area nowhere of layer cell: the layer has no such area: 'nowhere'");
    says("table wanmi_rules, row 90: column unit: rule with seq 90: this unit is not there: 'NOBODY'");
    says("table wanmi_rules, row 91: column hours: holds a time that is not from 00:00 to 24:00: '25:00-26:00'");
    says("table wanmi_rules, row 92: column seq: is missing");
    says("table wanmi_calendars, row 1: column day: holds no date such as 2008-10-01: '2008-02-30'");
    says("table wanmi_deadlines, row 1: column unit: is none of urgent_hour");
    says("table wanmi_escalations, row 1: column on: ");
    says("table wanmi_objects, row 1: column upkeep: this unit is not there: 'NOBODY'");
    assert_int_equal(wanmi_map_rule_count(map), 4);
    locates(map);
    wanmi_map_release(map);
    refused(WANMI_E_MAP_UNIT, "row 92");
}

/* SQLite keeps a text in a column of numbers, and GDAL reads it as 0. */
static void texts_in_columns_of_numbers(void **state)
{
    (void)state;
    spoil("UPDATE wanmi_rules SET priority = 'low' WHERE seq = 10; UPDATE wanmi_rules SET priority = 2.5 WHERE seq = 20;"
          "UPDATE wanmi_rules SET priority = NULL WHERE seq = 30; UPDATE wanmi_rules SET priority = '7' WHERE seq = 40;"
          "INSERT INTO wanmi_objects (fid, code, x, y) VALUES (1, 'O', 'here', 4420050);");
    wanmi_map *map = read_spoilt(3);
    says("table wanmi_rules, row 1: column priority: no number as this column holds them: 'low'");
    says("table wanmi_rules, row 2: column priority: no number as this column holds them: '2.5'");
    says("table wanmi_objects, row 1: column x: no number as this column holds them: 'here'");
    wanmi_rule_def rule;
    assert_int_equal(wanmi_map_rule_count(map), 2);
    assert_int_equal(wanmi_map_rule(map, 0, &rule), WANMI_OK);
    assert_int_equal(rule.priority, -1);
    assert_int_equal(wanmi_map_rule(map, 1, &rule), WANMI_OK);
    assert_int_equal(rule.priority, 7);
    wanmi_map_release(map);
    refused(WANMI_E_IO_ROW, "'low'");
    /* A column of somebody else is nobody's business. */
    spoil("ALTER TABLE wanmi_units ADD COLUMN telephone INTEGER; UPDATE wanmi_units SET telephone = '010-1234'");
    map = read_spoilt(0);
    wanmi_map_release(map);
    spoil("UPDATE wanmi_layers SET level = 'low' WHERE name = 'school'");
    wanmi_map_release(read_spoilt(1));
    says("table wanmi_layers, row 4: column level: no number as this column holds them: 'low'");
}

static void missing_columns_and_tables(void **state)
{
    (void)state;
    spoil("ALTER TABLE wanmi_rules DROP COLUMN hours; ALTER TABLE wanmi_units DROP COLUMN kind;"
          "ALTER TABLE wanmi_duties DROP COLUMN unit");
    wanmi_map *map = read_spoilt(3);
    says("table wanmi_rules: the table has no such column: 'hours'");
    says("table wanmi_units: the table has no such column: 'kind'");
    says("table wanmi_duties: the table has no such column: 'unit'");
    assert_int_equal(wanmi_map_rule_count(map), 4);
    assert_int_equal(wanmi_map_duty_count(map), 0);
    locates(map);
    wanmi_map_release(map);
    refused(WANMI_E_IO_COLUMN, "'kind'");
    spoil("DROP TABLE relic");
    map = read_spoilt(1);
    says("layer relic: wanmi_layers names it, but the file has no table of that name");
    locates(map);
    wanmi_map_release(map);
    refused(WANMI_E_MAP_LAYER, "no table of that name");
}

/* A parent layer that is not there is one problem, not one for each of its areas. */
static void a_missing_parent_layer_is_said_once(void **state)
{
    (void)state;
    spoil("UPDATE wanmi_layers SET parent = 'nowhere' WHERE name = 'cell'");
    wanmi_map *map = read_spoilt(1);
    says("layer cell: its parent layer is not there: 'nowhere'");
    locates(map);
    wanmi_map_release(map);
}

/* ---- mending ------------------------------------------------------------------------------ */

static char *csv(const char *text)
{
    static char name[300];
    snprintf(name, sizeof name, "%s/rows.csv", test_folder());
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return name;
}

static wanmi_status replace(wanmi_io_table table, const char *text)
{
    wanmi_io_table_options options;
    wanmi_io_table_options_init(&options);
    options.replace = 1;
    return wanmi_io_map_add_table(path, table, csv(text), &options, NULL, NULL, NULL, &error);
}

static void several_tables_are_mended_one_by_one(void **state)
{
    (void)state;
    spoil("UPDATE wanmi_rules SET hours = '8' WHERE seq = 10; UPDATE wanmi_duties SET unit = 'GONE' WHERE fid = 1;"
          "UPDATE wanmi_units SET code = '' WHERE code = 'P-110101001001001'");
    wanmi_map_release(read_spoilt(3));
    assert_int_equal(replace(WANMI_IO_RULES, "seq,unit\n10,S1\n"), WANMI_OK);
    wanmi_map_release(read_spoilt(2));
    /* What was good before may not be spoilt: here two units that duties name. */
    assert_int_equal(replace(WANMI_IO_UNITS, "code\nBUREAU\nS1\n"), WANMI_E_MAP_DUTY);
    assert_non_null(strstr(error.message, "not changed, because it would be no good map: "));
    assert_non_null(strstr(error.message, "there is no such unit: 'P-"));
    wanmi_map_release(read_spoilt(2));
    assert_int_equal(wanmi_io_map_set(path, "title", "mended", NULL, &error), WANMI_OK);
    assert_int_equal(replace(WANMI_IO_DUTIES, "layer,area,role,unit,rank\nstreet,110101001,r,S1,1\n"), WANMI_OK);
    wanmi_map_release(read_spoilt(1));
    assert_int_equal(replace(WANMI_IO_UNITS, "code\nBUREAU\nS1\n"), WANMI_OK);
    wanmi_map_release(read_spoilt(0));
}

/* One is told of the row that is bad for itself as well, and of no other. */
static void rows_are_added_to_a_spoilt_map(void **state)
{
    (void)state;
    spoil("UPDATE wanmi_rules SET hours = '8' WHERE seq = 10; UPDATE wanmi_duties SET rank = 'first' WHERE fid = 1");
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_io_report_init(&report);
    wanmi_io_tally_init(&tally);
    report.on_problem = note;
    said[0] = '\0';
    problems = 0;
    assert_int_equal(wanmi_io_map_add_table(path, WANMI_IO_UNITS, csv("code,parent\nNEW,BUREAU\nNEWER,NOBODY\n"), NULL,
                                            &report, NULL, &tally, &error), WANMI_OK);
    assert_int_equal(tally.taken, 1);
    assert_int_equal(problems, 1);
    says("row 2, code NEWER: column parent: unit: its parent is not there: 'NOBODY'");
    wanmi_map *map = read_spoilt(2);
    assert_int_not_equal(wanmi_map_find_unit(map, "NEW"), WANMI_NONE);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_rows_of_every_table), cmocka_unit_test(texts_in_columns_of_numbers),
        cmocka_unit_test(missing_columns_and_tables), cmocka_unit_test(a_missing_parent_layer_is_said_once),
        cmocka_unit_test(several_tables_are_mended_one_by_one), cmocka_unit_test(rows_are_added_to_a_spoilt_map),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
