/* Streams in by the public API: positions and events from CSV and from NDJSON. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"
#include "wanmi/io.h"

typedef struct dump {
    char text[16384];
    size_t used;
} dump;

__attribute__((format(printf, 2, 3))) static void say(dump *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    d->used += (size_t)vsnprintf(d->text + d->used, sizeof d->text - d->used, format, arguments);
    va_end(arguments);
    assert_true(d->used < sizeof d->text);
}

static void say_row(dump *d, const wanmi_io_row *row)
{
    char time[40];
    wanmi_time_format(NULL, row->time_us, time, sizeof time);
    say(d, "%d@%d %s %.17g %.17g %s %s %d %s%s%s\n", (int)row->row, (int)row->line, row->id, row->lon,
        row->lat, row->class_text, row->source, row->severity, time, row->object[0] != '\0' ? " of " : "",
        row->object);
}

static void dump_rows(dump *d, wanmi_io_reader *reader, size_t capacity)
{
    wanmi_io_row rows[64];
    wanmi_error error;
    for (;;) {
        size_t count = 99;
        wanmi_status status = wanmi_io_reader_read(reader, rows, capacity, &count, &error);
        assert_true(count <= capacity);
        for (size_t i = 0; i < count; i++)
            say_row(d, &rows[i]);
        if (status == WANMI_END) {
            assert_int_equal(count, 0);
            return;
        }
        if (status == WANMI_E_IO_ROW)
            say(d, "%d@%d %s ! %s\n", (int)rows[count].row, (int)rows[count].line, rows[count].id,
                error.message);
        else
            assert_int_equal(status, WANMI_OK);
    }
}

static void dump_stream(dump *d, const char *text, wanmi_io_format format,
                        const wanmi_io_columns *columns, size_t capacity)
{
    wanmi_io_reader *reader = NULL;
    wanmi_error error;
    size_t size = strlen(text);
    char *copy = malloc(size != 0 ? size : 1);
    memcpy(copy, text, size);
    d->used = 0;
    d->text[0] = '\0';
    wanmi_status status = wanmi_io_reader_open_memory(copy, size, "t", format, columns, NULL, NULL,
                                                      &reader, &error);
    if (status == WANMI_OK)
        dump_rows(d, reader, capacity);
    else
        say(d, "!! %s %s", wanmi_status_name(status), error.message);
    wanmi_io_reader_close(reader);
    free(copy);
}

/* The same whatever the size of a batch. */
static void expect_as(const char *text, wanmi_io_format format, const wanmi_io_columns *columns,
                      const char *wanted)
{
    for (size_t capacity = 1; capacity <= 64; capacity *= 4) {
        dump d;
        dump_stream(&d, text, format, columns, capacity);
        assert_string_equal(d.text, wanted);
    }
}

static void expect(const char *text, const char *wanted)
{
    expect_as(text, WANMI_IO_AUTO, NULL, wanted);
}

/* ---- CSV ------------------------------------------------------------------------------------ */

static void test_csv(void **state)
{
    (void)state;
    expect("lon,lat\n116.5,39.9\n", "1@2  116.5 39.899999999999999   0 \n");
    expect("id,lat,lon,time,class,severity,source\n"
           "007, -1e1 ,\"+116.25\",2026-01-02T03:04:05Z,0102,255,相机\n",
           "1@2 007 116.25 -10 0102 相机 255 2026-01-02T03:04:05Z\n");
    expect("lon,lat,time\n1,2,\n", "1@2  1 2   0 \n");
    expect("lon,lat\nNaN,-inf\nINFINITY,nan\n", "1@2  nan -inf   0 \n2@3  inf nan   0 \n");
}

static void test_csv_numbers(void **state)
{
    (void)state;
    /* The nearest double, on the short way and on the long one. */
    expect("lon,lat\n0.1,116.3975012345678\n9007199254740993,123456789012345\n"
           "1.7976931348623157e308,2.2250738585072011e-308\n-0,.5\n5.,000000000000001\n",
           "1@2  0.10000000000000001 116.3975012345678   0 \n"
           "2@3  9007199254740992 123456789012345   0 \n"
           "3@4  1.7976931348623157e+308 2.2250738585072009e-308   0 \n4@5  -0 0.5   0 \n5@6  5 1   0 \n");
}

static void test_csv_refused(void **state)
{
    (void)state;
    expect("lon,lat,id,time,severity\n,2,a,,\n1x,2,b,,\n1,0x10,c,,\n1,2 3,d,,\n1,2,e,yesterday,\n1,2,f,,256\n"
           "1,2,g,,-1\n1,2,h,,1.0\n1,.,i,,\n1,nan(1),j,,\n1,2,k,,7\n1,2\n",
           "1@2 a ! t: row 1: line 2, column lon: is empty: ''\n"
           "2@3 b ! t: row 2: line 3, column lon: is not a number: '1x'\n"
           "3@4 c ! t: row 3: line 4, column lat: is not a number: '0x10'\n"
           "4@5 d ! t: row 4: line 5, column lat: is not a number: '2 3'\n"
           "5@6 e ! t: row 5: line 6, column time: is not a time of ISO 8601: 'yesterday'\n"
           "6@7 f ! t: row 6: line 7, column severity: is not a whole number from 0 to 255: '256'\n"
           "7@8 g ! t: row 7: line 8, column severity: is not a whole number from 0 to 255: '-1'\n"
           "8@9 h ! t: row 8: line 9, column severity: is not a whole number from 0 to 255: '1.0'\n"
           "9@10 i ! t: row 9: line 10, column lat: is not a number: '.'\n"
           "10@11 j ! t: row 10: line 11, column lat: is not a number: 'nan(1)'\n"
           "11@12 k 1 2   7 \n"
           "12@13  ! t: row 12: line 13: 2 fields where the header has 5\n");
}

static void test_columns(void **state)
{
    wanmi_io_columns columns;
    (void)state;
    wanmi_io_columns_init(&columns);
    columns.lon = "经度";
    columns.lat = "纬度";
    columns.id = "编号";
    columns.class_column = "kind";
    expect_as("编号,经度,纬度,kind,id\n甲,1,2,03,no\n", WANMI_IO_AUTO, &columns, "1@2 甲 1 2 03  0 \n");
    expect_as("编号,经度,纬度\n", WANMI_IO_AUTO, &columns,
              "!! WANMI_E_IO_COLUMN t: the header (编号, 经度, 纬度) has no such column: 'kind'");
    expect("lon,x\n1,2\n", "!! WANMI_E_IO_COLUMN t: the header (lon, x) has no such column: 'lat'");
    columns.struct_size = sizeof columns + 1;
    expect_as("lon,lat\n", WANMI_IO_AUTO, &columns,
              "!! WANMI_E_ARGUMENT wanmi_io_columns was not filled by wanmi_io_columns_init");
}

/* A row that names an object needs no position, and a file of such rows no columns for it. */
static void test_named_objects(void **state)
{
    wanmi_io_columns columns;
    (void)state;
    expect("object,class\nlamp,01\n,02\n",
           "1@2  nan nan 01  0  of lamp\n2@3  ! t: row 2: line 3, column lon: is empty\n");
    expect("lon,lat,object\n,,lamp\n1,2,lamp\n1,2,\nx,2,lamp\n",
           "1@2  nan nan   0  of lamp\n2@3  1 2   0  of lamp\n3@4  1 2   0 \n"
           "4@5  ! t: row 4: line 5, column lon: is not a number: 'x'\n");
    wanmi_io_columns_init(&columns);
    columns.object = "thing";
    expect_as("thing,object\nlamp,no\n", WANMI_IO_AUTO, &columns, "1@2  nan nan   0  of lamp\n");
    expect_as("lon,lat\n", WANMI_IO_AUTO, &columns,
              "!! WANMI_E_IO_COLUMN t: the header (lon, lat) has no such column: 'thing'");
    columns.lon = "x";
    expect_as("thing,lat\n", WANMI_IO_AUTO, &columns,
              "!! WANMI_E_IO_COLUMN t: the header (thing, lat) has no such column: 'x'");
    expect("{\"object\":\"lamp\"}\n{\"object\":7,\"lon\":1,\"lat\":2}\n{\"object\":null}\n{\"object\":\"\"}\n",
           "1@1  nan nan   0  of lamp\n2@2  1 2   0  of 7\n"
           "3@3  ! t: row 3: line 3, column lon: is missing\n4@4  ! t: row 4: line 4, column lon: is empty\n");
    expect("{\"type\":\"Feature\",\"geometry\":null,\"properties\":{\"object\":\"lamp\",\"id\":\"a\"}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},"
           "\"properties\":{\"object\":\"lamp\"}}\n",
           "1@1 a nan nan   0  of lamp\n2@2  1 2   0  of lamp\n");
}

/* ---- NDJSON ----------------------------------------------------------------------------------- */

static void test_objects(void **state)
{
    (void)state;
    expect("{\"lon\":116.5,\"lat\":39}\n", "1@1  116.5 39   0 \n");
    expect("\xEF\xBB\xBF{\"lon\":\"116.5\",\"lat\":\" 39 \",\"id\":12,\"class\":\"0102\",\"severity\":3}\r\n\n"
           "  {\"lon\":1,\"lat\":2,\"id\":\"q\\\"\\u4e2d\",\"time\":\"2026-01-02\",\"source\":null,\"severity\":\"4\"}",
           "1@1 12 116.5 39 0102  3 \n2@3 q\"中 1 2   4 2026-01-02T00:00:00Z\n");
    expect("\x1E{\"lon\":1,\"lat\":2}\n\x1E{\"lon\":3,\"lat\":\"nan\"}\n", "1@1  1 2   0 \n2@2  3 nan   0 \n");
    expect_as("", WANMI_IO_NDJSON, NULL, "");
    expect_as("\n \n", WANMI_IO_NDJSON, NULL, "");
}

static void test_features(void **state)
{
    (void)state;
    expect("{\"type\":\"Feature\",\"id\":\"甲\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2.5,9]},"
           "\"properties\":{\"class\":\"x\",\"severity\":1}}\n"
           "{\"type\":\"Feature\",\"id\":5,\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},"
           "\"properties\":{\"id\":\"own\"}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":null}\n",
           "1@1 甲 1 2.5 x  1 \n2@2 own 1 2   0 \n3@3  1 2   0 \n");
    expect("{\"type\":\"Feature\",\"geometry\":null,\"properties\":{}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[]},\"properties\":{}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[\"1\",2]},\"properties\":{}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1]},\"properties\":{}}\n"
           "{\"type\":\"Feature\",\"geometry\":{\"type\":\"Point\",\"coordinates\":[1,2]},\"properties\":3}\n",
           "1@1  ! t: row 1: line 1: the feature's geometry is not a Point\n"
           "2@2  ! t: row 2: line 2: the feature's geometry is not a Point: 'Polygon'\n"
           "3@3  ! t: row 3: line 3: the Point's coordinates are not two numbers\n"
           "4@4  ! t: row 4: line 4: the Point's coordinates are not two numbers\n"
           "5@5  ! t: row 5: line 5: the feature's properties are not an object\n");
}

static void test_json_refused(void **state)
{
    (void)state;
    expect("{\"lon\":1}\n{\"lon\":null,\"lat\":2}\n{\"lon\":true,\"lat\":2}\n{\"lon\":\"x\",\"lat\":2}\n"
           "{\"lon\":1,\"lat\":2,\"id\":1.5}\n{\"lon\":1,\"lat\":2,\"severity\":3.5}\n{\"lon\":1,\"lat\":2,\"lat\":3}\n"
           "{\"lon\":1,\"lat\":NaN}\n[1,2]\n{\"lon\":1,\n{\"lon\":1,\"lat\":2,\"id\":\"a\\u0000b\"}\n"
           "{\"lon\":1,\"lat\":2}x\n{\"lon\":1,\"lat\":\"\"}\n{\"lon\":1,\"lat\":2}\n",
           "1@1  ! t: row 1: line 1, column lat: is missing\n"
           "2@2  ! t: row 2: line 2, column lon: is missing\n"
           "3@3  ! t: row 3: line 3, column lon: is not a number\n"
           "4@4  ! t: row 4: line 4, column lon: is not a number: 'x'\n"
           "5@5  ! t: row 5: line 5, column id: is neither a text nor a whole number\n"
           "6@6  ! t: row 6: line 6, column severity: is neither a text nor a whole number\n"
           "7@7  ! t: row 7: line 7: is not JSON: 'duplicate object key near '\"lat\"''\n"
           "8@8  ! t: row 8: line 8: is not JSON: 'invalid token near 'NaN''\n"
           "9@9  ! t: row 9: line 9: is not a JSON object\n"
           "10@10  ! t: row 10: line 10: is not JSON: 'string or '}' expected near end of file'\n"
           "11@11  ! t: row 11: line 11: is not JSON: '\\u0000 is not allowed without JSON_ALLOW_NUL near '\"a\\u0000b\"''\n"
           "12@12  ! t: row 12: line 12: is not JSON: 'end of file expected near 'x''\n"
           "13@13  ! t: row 13: line 13, column lat: is empty: ''\n"
           "14@14  1 2   0 \n");
}

static void test_named_members(void **state)
{
    wanmi_io_columns columns;
    (void)state;
    wanmi_io_columns_init(&columns);
    columns.class_column = "kind";
    /* A member that was asked for must be there, if only as null. */
    expect_as("{\"lon\":1,\"lat\":2,\"kind\":null}\n{\"lon\":1,\"lat\":2}\n", WANMI_IO_AUTO, &columns,
              "1@1  1 2   0 \n2@2  ! t: row 2: line 2, column kind: is missing\n");
    /* One member for three columns: longer texts than the line would have room for. */
    columns.id = columns.source = "kind";
    expect_as("{\"lon\":1,\"lat\":2,\"kind\":\"abcdefghijklmnopqrstuvwxyz\"}\n", WANMI_IO_AUTO, &columns,
              "1@1 abcdefghijklmnopqrstuvwxyz 1 2 abcdefghijklmnopqrstuvwxyz "
              "abcdefghijklmnopqrstuvwxyz 0 \n");
}

static void test_not_a_stream(void **state)
{
    (void)state;
    expect("{\"type\":\"FeatureCollection\",\"features\":[", "!! WANMI_E_IO_FORMAT t: a whole GeoJSON file, "
           "not one feature a line (ogr2ogr -f GeoJSONSeq makes that of it)");
    expect("{\n\"lon\":1}", "!! WANMI_E_IO_FORMAT t: an object over several lines, not one object a line");
    expect("\n [1,2]", "!! WANMI_E_IO_FORMAT t: a JSON array, not one object a line");
    expect("", "!! WANMI_E_IO_FORMAT t: is empty: no header line");
}

static void test_long_json(void **state)
{
    enum { LONG = 3000000 };
    wanmi_io_reader *reader = NULL;
    wanmi_io_row rows[8];
    wanmi_error error;
    size_t count = 0;
    (void)state;
    char *text = malloc(LONG + 200);
    assert_non_null(text);
    memset(text, '1', LONG + 200);
    size_t size = (size_t)sprintf(text, "{\"lon\":1,\"lat\":2}\n{\"lon\":\"");
    text[size] = '1';
    size += LONG;
    size += (size_t)sprintf(text + size, "\"}\n{\"lon\":3,\"lat\":4}\n");
    assert_int_equal(wanmi_io_reader_open_memory(text, size, "t", WANMI_IO_AUTO, NULL, NULL, NULL,
                                                 &reader, &error), WANMI_OK);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_E_IO_ROW);
    assert_int_equal(count, 1);
    assert_true(rows[0].lon == 1);
    assert_int_equal(rows[1].row, 2);
    assert_string_equal(error.message, "t: row 2: line 2: is longer than 1 MiB");
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_OK);
    assert_int_equal(rows[0].row, 3);
    assert_int_equal(rows[0].line, 3);
    assert_true(rows[0].lon == 3);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_END);
    wanmi_io_reader_close(reader);
    free(text);
}

/* ---- files, arguments, memory ------------------------------------------------------------------ */

/* Rows come out of a pipe as they are written into it. */
static void test_pipe(void **state)
{
    int ends[2];
    char path[32];
    wanmi_io_reader *reader = NULL;
    wanmi_io_row rows[8];
    size_t count = 0;
    wanmi_error error;
    (void)state;
    assert_int_equal(pipe(ends), 0);
    snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    assert_int_equal(write(ends[1], "lon,lat\n1,2\n3,", 14), 14);
    assert_int_equal(wanmi_io_reader_open(path, WANMI_IO_AUTO, NULL, NULL, NULL, &reader, &error), WANMI_OK);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_OK);
    assert_int_equal(count, 1);
    assert_int_equal(write(ends[1], "4\n5,6", 5), 5);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_OK);
    assert_int_equal(count, 1);
    assert_true(rows[0].lon == 3 && rows[0].lat == 4);
    close(ends[1]);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_OK);
    assert_true(count == 1 && rows[0].lon == 5 && rows[0].lat == 6);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_END);
    wanmi_io_reader_close(reader);
    close(ends[0]);
}

static void test_gzip(void **state)
{
    char command[600], path[300];
    wanmi_io_reader *reader = NULL;
    wanmi_io_row rows[8];
    size_t count = 0;
    wanmi_error error;
    (void)state;
    snprintf(path, sizeof path, "%s/p.csv.gz", test_folder());
    snprintf(command, sizeof command, "printf 'lon,lat\\n1,2\\n' | gzip > %s", path);
    assert_int_equal(system(command), 0);
    assert_int_equal(wanmi_io_reader_open(path, WANMI_IO_AUTO, NULL, NULL, NULL, &reader, &error), WANMI_OK);
    assert_int_equal(wanmi_io_reader_read(reader, rows, 8, &count, &error), WANMI_OK);
    assert_true(count == 1 && rows[0].lon == 1);
    wanmi_io_reader_close(reader);
}

static void test_arguments(void **state)
{
    wanmi_io_reader *reader = NULL;
    wanmi_io_row row;
    size_t count = 0;
    wanmi_error error;
    (void)state;
    assert_int_equal(wanmi_io_reader_open(NULL, WANMI_IO_AUTO, NULL, NULL, NULL, &reader, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_reader_open("-", WANMI_IO_AUTO, NULL, NULL, NULL, NULL, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_reader_open("-", (wanmi_io_format)9, NULL, NULL, NULL, &reader, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_reader_open_memory(NULL, 1, "t", WANMI_IO_AUTO, NULL, NULL, NULL, &reader, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_reader_open("/nowhere", WANMI_IO_AUTO, NULL, NULL, NULL, &reader, &error),
                     WANMI_E_IO_OPEN);
    assert_string_equal(error.message, "/nowhere: cannot be opened: No such file or directory");
    assert_int_equal(wanmi_io_reader_read(NULL, &row, 1, &count, &error), WANMI_E_ARGUMENT);
    assert_null(reader);
    wanmi_io_reader_close(NULL);
}

static wanmi_status work(const wanmi_host *host, void *text)
{
    wanmi_io_reader *reader = NULL;
    wanmi_io_row rows[4];
    size_t count = 0;
    wanmi_status status = wanmi_io_reader_open_memory(text, strlen(text), "t", WANMI_IO_AUTO, NULL, NULL,
                                                      host, &reader, NULL);
    if (status == WANMI_OK)
        status = wanmi_io_reader_read(reader, rows, 4, &count, NULL);
    wanmi_io_reader_close(reader);
    return status;
}

static void test_memory_fails(void **state)
{
    char csv[] = "lon,lat\n1,2\n", json[] = "{\"lon\":1,\"lat\":2}\n";
    (void)state;
    assert_true(test_fail_each(work, csv) > 20);
    assert_true(test_fail_each(work, json) > 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv), cmocka_unit_test(test_csv_numbers),
        cmocka_unit_test(test_csv_refused), cmocka_unit_test(test_columns), cmocka_unit_test(test_named_objects),
        cmocka_unit_test(test_objects), cmocka_unit_test(test_features),
        cmocka_unit_test(test_json_refused), cmocka_unit_test(test_named_members),
        cmocka_unit_test(test_not_a_stream), cmocka_unit_test(test_long_json),
        cmocka_unit_test(test_pipe), cmocka_unit_test(test_gzip),
        cmocka_unit_test(test_arguments), cmocka_unit_test(test_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
