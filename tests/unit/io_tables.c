/* Objects, calendars, deadlines, escalations and the columns of rules through
 * files: CSV in, map file, CSV out; every bad row named by file, row, column, value. */
#include <math.h>
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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char map_path[256];
static wanmi_error error;

static char *in_folder(const char *name)
{
    static char paths[4][400];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

static char *csv(const char *text)
{
    char *path = in_folder("rows.csv");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

/* A small city whose units have kinds, at map_path. */
static int make(void **state)
{
    (void)state;
    test_city city;
    test_city_init(&city);
    city.columns = city.rows = 2;
    wanmi_map *map = test_city_map(NULL, &city);
    snprintf(map_path, sizeof map_path, "%s", in_folder("map.gpkg"));
    if (wanmi_io_map_write(map, map_path, NULL, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(map);
    return 0;
}

static char said[4096];

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    snprintf(said + strlen(said), sizeof said - strlen(said), "%s\n", problem->message);
}

/* Adds rows; gives how many were taken. What was said is in `said`. */
static int add(wanmi_io_table table, const char *text, const char *datum)
{
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_io_table_options options;
    wanmi_io_report_init(&report);
    wanmi_io_tally_init(&tally);
    wanmi_io_table_options_init(&options);
    options.datum = datum;
    report.on_problem = note;
    said[0] = '\0';
    if (wanmi_io_map_add_table(map_path, table, csv(text), &options, &report, NULL, &tally, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(tally.read, tally.taken + tally.refused);
    return (int)tally.taken;
}

static void expect(const char *words)
{
    if (strstr(said, words) == NULL)
        fail_msg("'%s' is not in\n%s", words, said);
}

static void not_added(wanmi_io_table table, const char *text, const char *datum, wanmi_status expected,
                      const char *words)
{
    wanmi_io_table_options options;
    wanmi_io_table_options_init(&options);
    options.datum = datum;
    wanmi_status status = wanmi_io_map_add_table(map_path, table, csv(text), &options, NULL, NULL, NULL, &error);
    if (status != expected || strstr(error.message, words) == NULL)
        fail_msg("%s: %s, expected %s", wanmi_status_name(status), error.message, words);
}

static wanmi_map *read_map(const char *path)
{
    wanmi_map *map = NULL;
    if (wanmi_io_map_read(path, NULL, NULL, &map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return map;
}

/* ---- objects -------------------------------------------------------------------------- */

static void objects_by_x_and_y(void **state)
{
    (void)state;
    assert_int_equal(add(WANMI_IO_OBJECTS, "y,x,code,name,class,authority,upkeep\n"
                                           "4420050.125,500050.1,L1,路灯,0102,BUREAU,S1\n"
                                           "4.42e6,500000,L2,,,,\n", NULL), 2);
    assert_string_equal(said, "");
    wanmi_map *map = read_map(map_path);
    wanmi_object_info info;
    assert_int_equal(wanmi_map_object(map, wanmi_map_find_object(map, "L1"), &info), WANMI_OK);
    assert_true(info.x == 500050.1 && info.y == 4420050.125);
    assert_string_equal(info.name, "路灯");
    assert_string_equal(wanmi_map_unit_code(map, info.owners[WANMI_OWNER_UPKEEP]), "S1");
    assert_int_equal(info.owners[WANMI_OWNER_PROPERTY], WANMI_NONE);
    wanmi_map_release(map);
}

/* The x, y of each datum are the transform's own, to the last bit. */
static void objects_by_longitude_and_latitude(void **state)
{
    (void)state;
    static const char *const datums[] = {NULL, "wgs84", "cgcs2000", "gcj02", "bd09"};
    for (size_t i = 0; i < COUNT(datums); i++) {
        char text[128], code[16];
        snprintf(code, sizeof code, "D%zu", i);
        snprintf(text, sizeof text, "code,lon,lat\n%s,116.40001,39.90002\n", code);
        wanmi_datum datum = WANMI_DATUM_WGS84;
        if (datums[i] != NULL)
            assert_int_equal(wanmi_datum_parse(datums[i], &datum, NULL), WANMI_OK);
        wanmi_map *map = read_map(map_path);
        wanmi_transform *transform = NULL;
        assert_int_equal(wanmi_transform_create(wanmi_map_crs(map), &transform, NULL), WANMI_OK);
        double lon = 116.40001, lat = 39.90002, x, y;
        uint8_t reason;
        wanmi_status known = wanmi_transform_forward(transform, datum, 1, &lon, 0, &lat, 0, &x, &y, &reason, NULL);
        wanmi_transform_free(transform);
        wanmi_map_release(map);
        if (known != WANMI_OK)
            continue;           /* a datum left out of this build */
        assert_int_equal(add(WANMI_IO_OBJECTS, text, datums[i]), 1);
        map = read_map(map_path);
        wanmi_object_info info;
        assert_int_equal(wanmi_map_object(map, wanmi_map_find_object(map, code), &info), WANMI_OK);
        assert_true(info.x == x && info.y == y);
        wanmi_map_release(map);
    }
}

static void bad_objects(void **state)
{
    (void)state;
    assert_int_equal(add(WANMI_IO_OBJECTS,
                         "code,x,y,authority\nA,1,2,\nB,x,2,\nC,,2,\nD,1,0x10,\nE,1,2e9,\nF,1,2,U9\nA,3,4,\n,1,2,\n",
                         NULL), 1);
    expect("rows.csv: row 2: line 3, column x: no number: 'x'");
    expect("rows.csv: table wanmi_objects, row 3: column x: is missing");
    expect("row 4: line 5, column y: no number: '0x10'");
    expect("rows.csv: table wanmi_objects, row 5: column y: is no coordinate of up to 1e9 m: '2000000000'");
    expect("table wanmi_objects, row 6: column authority: this unit is not there: 'U9'");
    expect("table wanmi_objects, row 7: column code: is doubled: 'A'");
    expect("table wanmi_objects, row 8: column code: is missing");
    assert_int_equal(add(WANMI_IO_OBJECTS, "code,lon,lat\nA,181,1\nB,1,-91\nC,,1\nD,1,\nE,nan,1\nF,1e,1\n", NULL), 0);
    expect("row 1: line 2, column lon: no position: longitude: '181'");
    expect("row 2: line 3, column lat: no position: latitude: '-91'");
    expect("row 3: line 4, column lon: is missing: ''");
    expect("row 4: line 5, column lat: is missing: ''");
    expect("row 5: line 6, column lon: no number: 'nan'");
    expect("row 6: line 7, column lon: no number: '1e'");
    not_added(WANMI_IO_OBJECTS, "code,lon\na,1\n", NULL, WANMI_E_IO_COLUMN, "lat");
    not_added(WANMI_IO_OBJECTS, "code,x\na,1\n", NULL, WANMI_E_IO_COLUMN, "y");
    not_added(WANMI_IO_OBJECTS, "code,lon,lat,x\na,1,1,1\n", NULL, WANMI_E_IO_COLUMN, "beside lon and lat: 'x'");
    not_added(WANMI_IO_OBJECTS, "code,lon,lon,lat\na,1,1,1\n", NULL, WANMI_E_IO_COLUMN, "lon");
    not_added(WANMI_IO_OBJECTS, "code,x,y\na,1,1\n", "gcj02", WANMI_E_CRS_DATUM, "no columns lon and lat: 'gcj02'");
    not_added(WANMI_IO_OBJECTS, "code,x,y\na,1,1\n", "map", WANMI_E_CRS_DATUM, "x and y need none");
    not_added(WANMI_IO_OBJECTS, "code,lon,lat\na,1,1\n", "moon", WANMI_E_CRS_DATUM, "'moon'");
    not_added(WANMI_IO_UNITS, "code\na\n", "wgs84", WANMI_E_CRS_DATUM, "a datum is of objects");
    not_added(WANMI_IO_UNITS, "code,lon\na,1\n", NULL, WANMI_E_IO_COLUMN, "not a column of wanmi_units");
    wanmi_io_table_options options = {.struct_size = 3};
    assert_int_equal(wanmi_io_map_add_table(map_path, WANMI_IO_UNITS, csv("code\na\n"), &options, NULL, NULL, NULL,
                                            NULL), WANMI_E_ARGUMENT);
}

/* ---- calendars, deadlines, escalations, rules --------------------------------------------- */

static void bad_rows_are_named(void **state)
{
    (void)state;
    assert_int_equal(add(WANMI_IO_CALENDARS, "name,day,hours\ndefault,1-5,08:00-12:00;14:00-18:00\n"
                         "default,2008-10-01/2008-10-07,\ndefault,2008-13-01,\ndefault,6,25:00-26:00\n"
                         "default,5,\ndefault,2008-10-07/2008-10-08,\ndefault,6,22:00-06:00\n", NULL), 2);
    expect("rows.csv: table wanmi_calendars, row 3: column day: holds no date such as 2008-10-01: '2008-13-01'");
    expect("rows.csv: table wanmi_calendars, row 4: column hours: holds a time that is not from 00:00 to 24:00");
    expect("row 5: column day: meets row 1 of calendar default (1-5) on one day: '5'");
    expect("row 6: column day: meets row 2 of calendar default (2008-10-01/2008-10-07) on one day");
    expect("row 7: column hours: a calendar's hours cross midnight");
    assert_int_equal(add(WANMI_IO_DEADLINES, "name,seq,limit,unit,calendar,min_severity\n"
                         "4h,1,4,working_hour,,3\n4h,1,4,urgent_hour,,\n4h,x,4,urgent_hour,,\n4h,2,a,urgent_hour,,\n"
                         "4h,3,1,working_day,night,\n4h,4,,urgent_hour,,\n4h,5,0.5,urgent_hour,,\n4h,,1,urgent_hour,,\n", NULL), 2);
    expect("rows.csv: table wanmi_deadlines, row 2: column seq: is doubled in this profile: '1'");
    expect("rows.csv: row 3: line 4, column seq: no whole number: 'x'");
    expect("rows.csv: row 4: line 5, column limit: no number: 'a'");
    expect("row 5: column calendar: this calendar is not there: 'night'");
    expect("row 6: column limit: is missing");
    expect("rows.csv: row 8: line 9, column seq: is missing");
    assert_int_equal(add(WANMI_IO_ESCALATIONS, "seq,on,limit,unit,to,target_role,target_unit,from\n"
                         "1,ack,0.5,urgent_hour,unit_parent,,,\n2,late,1,urgent_hour,unit_parent,,,\n"
                         "1,done,1,urgent_hour,unit_parent,,,\n3,done,1,working_day,unit,,U9,due\n,done,1,urgent_hour,unit_parent,,,\n", NULL), 1);
    expect("row 2: column on: is neither ack nor done: 'late'");
    expect("row 3: column seq: is doubled: '1'");
    expect("row 4: column target_unit: this unit is not there: 'U9'");
    expect("row 5: line 6, column seq: is missing");
    assert_int_equal(add(WANMI_IO_RULES, "seq,unit,role,owner,weekdays,hours,deadline,mode\n"
                         "101,S1;S2,@养护,upkeep=S*,workday,22:00-06:00,4h,night;day\n102,S1;S9,,,,,,\n"
                         "103,S1,,,8,,,\n104,S1,,,,8,,\n105,S1,,x=S1,,,,\n106,S1,@x,,,,,\n107,S1,,,,,8h,\n"
                         "108,S1,,,restday@x,,,\n109,S1,,,,,,a;;b\n,S1,,,,,,\n", NULL), 1);
    expect("row 2: column unit: rule with seq 102: this unit is not there: 'S9'");
    expect("row 3: column weekdays: is neither weekdays");
    expect("row 4: column hours: is not spans of hours");
    expect("row 5: column owner: names before its '=' none of");
    expect("row 6: column role: begins with '@'");
    expect("row 7: column deadline: rule with seq 107: this deadline is not there: '8h'");
    expect("row 8: column weekdays: rule with seq 108: names a calendar that is not there: 'restday@x'");
    expect("row 9: column mode: an empty word stands in the list: 'a;;b'");
    expect("row 10: line 11, column seq: is missing");
    /* What was there stays: a row that meets it is the one that goes, whichever comes first in time. */
    assert_int_equal(add(WANMI_IO_CALENDARS, "name,day,hours\ndefault,2008-09-28/2008-10-01,\n", NULL), 0);
    expect("row 1: column day: meets 2008-10-01/2008-10-07 of calendar default on one day: '2008-09-28/2008-10-01'");
}

/* Reading names the table in a file that somebody changed by hand. */
static void a_bad_row_of_a_file_is_named(void **state)
{
    (void)state;
    char command[900];
    const char *path = in_folder("hand.gpkg");
    snprintf(command, sizeof command, "cp '%s' '%s' && sqlite3 '%s' \"INSERT INTO wanmi_calendars (fid, name, day, "
             "hours) VALUES (77, 'x', '1', '8-12')\"", map_path, path, path);
    assert_int_equal(system(command), 0);
    wanmi_map *map = NULL;
    assert_int_equal(wanmi_io_map_read(path, NULL, NULL, &map, &error), WANMI_E_MAP_CALENDAR);
    assert_non_null(strstr(error.message, "hand.gpkg: table wanmi_calendars, row 77: column hours: is not spans"));
    assert_int_equal(error.row, 77);
}

/* ---- files without these tables, and dropping ---------------------------------------------- */

static void old_files_are_read(void **state)
{
    (void)state;
    static const char *const tables[] = {"wanmi_objects", "wanmi_calendars", "wanmi_deadlines",
                                         "wanmi_escalations"};
    wanmi_map *map = read_map(map_path);
    assert_true(wanmi_map_object_count(map) > 0 && wanmi_map_calendar_count(map) > 0);
    wanmi_map_release(map);
    /* A calendar may not go while something names it and others are there; as a whole it may. */
    for (size_t i = 0; i < COUNT(tables); i++)
        if (wanmi_io_map_drop(map_path, tables[i], NULL, &error) != WANMI_OK)
            fail_msg("%s", error.message);
    map = read_map(map_path);
    assert_int_equal(wanmi_map_object_count(map), 0);
    assert_int_equal(wanmi_map_calendar_count(map), 0);
    assert_int_equal(wanmi_map_deadline_count(map), 0);
    assert_int_equal(wanmi_map_escalation_count(map), 0);
    assert_int_equal(wanmi_map_rule_count(map), 5);
    wanmi_map_release(map);
    assert_int_equal(wanmi_io_map_drop(map_path, "wanmi_objects", NULL, NULL), WANMI_E_MAP_LAYER);
    /* A deadline that rules do not find among others would spoil the map. */
    not_added(WANMI_IO_DEADLINES, "name,seq,limit,unit\n8h,1,8,urgent_hour\n", NULL, WANMI_E_MAP_RULE,
              "not changed, because it would be no good map");
    assert_int_equal(add(WANMI_IO_DEADLINES, "name,seq,limit,unit\n4h,1,4,urgent_hour\n", NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_by_x_and_y), cmocka_unit_test(objects_by_longitude_and_latitude),
        cmocka_unit_test(bad_objects), cmocka_unit_test(bad_rows_are_named),
        cmocka_unit_test(a_bad_row_of_a_file_is_named), cmocka_unit_test(old_files_are_read),
    };
    return cmocka_run_group_tests(tests, make, NULL);
}
