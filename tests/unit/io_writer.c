/* Streams out: CSV, NDJSON and tables of a GeoPackage, whole or with an error. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <gdal.h>
#include <ogr_api.h>

#include "support.h"
#include "wanmi/io.h"

static const char *const names[] = {"id", "value", "n"};
static const wanmi_io_type types[] = {WANMI_IO_TEXT, WANMI_IO_REAL, WANMI_IO_INTEGER};

static const char *path_of(const char *name)
{
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", test_folder(), name);
    return path;
}

static char *contents(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[size] = '\0';
    return text;
}

static wanmi_io_writer *open_writer(const char *path, wanmi_io_output output, wanmi_crs *crs)
{
    wanmi_io_writer *writer = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_io_writer_open(path, output, names, types, 3, crs, NULL, &writer, &error);
    if (status != WANMI_OK)
        print_message("%s\n", error.message);
    assert_int_equal(status, WANMI_OK);
    return writer;
}

static void row(wanmi_io_writer *writer, const char *a, const char *b, const char *c)
{
    const char *values[] = {a, b, c};
    assert_int_equal(wanmi_io_writer_row(writer, values, NAN, NAN, NULL), WANMI_OK);
}

/* ---- texts ------------------------------------------------------------------------------ */

static void test_csv(void **state)
{
    (void)state;
    const char *path = path_of("a.csv");
    wanmi_io_writer *w = open_writer(path, WANMI_IO_OUT_CSV, NULL);
    row(w, "甲", "1.5", "2");
    row(w, NULL, "", NULL);
    row(w, "a,\"b\"\n", "nan", "-1");
    row(w, " x ", NULL, NULL);
    row(w, "y\r", NULL, NULL);
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    assert_string_equal(contents(path), "id,value,n\n甲,1.5,2\n,,\n\"a,\"\"b\"\"\n\",nan,-1\n\" x \",,\n\"y\r\",,\n");
}

static void test_csv_one_column(void **state)
{
    static const char *const one[] = {"a b"};
    const char *empty[] = {NULL};
    wanmi_io_writer *w = NULL;
    (void)state;
    const char *path = path_of("one.csv");
    assert_int_equal(wanmi_io_writer_open(path, WANMI_IO_OUT_CSV, one, types, 1, NULL, NULL, &w, NULL), WANMI_OK);
    assert_int_equal(wanmi_io_writer_row(w, empty, 0, 0, NULL), WANMI_OK);
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    assert_string_equal(contents(path), "a b\n\"\"\n");
}

static void test_ndjson(void **state)
{
    (void)state;
    const char *path = path_of("a.ndjson");
    wanmi_io_writer *w = open_writer(path, WANMI_IO_OUT_NDJSON, NULL);
    row(w, "甲\"\\\n\x01", "1.50", "007");
    row(w, NULL, "", NULL);
    row(w, "", "nan", "+3");
    row(w, "x", ".5", "-12");
    row(w, "x", "1e5", "-0");
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    assert_string_equal(contents(path),
                        "{\"id\":\"甲\\\"\\\\\\n\\u0001\",\"value\":1.50,\"n\":7}\n"
                        "{\"id\":null,\"value\":null,\"n\":null}\n"
                        "{\"id\":\"\",\"value\":null,\"n\":3}\n"
                        "{\"id\":\"x\",\"value\":0.5,\"n\":-12}\n"
                        "{\"id\":\"x\",\"value\":1e5,\"n\":-0}\n");
}

static void test_bad_values(void **state)
{
    const char *word[] = {"a", "x", "1"}, *bytes[] = {"\xFF", "1", "1"};
    wanmi_error error;
    (void)state;
    wanmi_io_writer *w = open_writer(path_of("bad.ndjson"), WANMI_IO_OUT_NDJSON, NULL);
    assert_int_equal(wanmi_io_writer_row(w, word, NAN, NAN, &error), WANMI_E_ARGUMENT);
    assert_non_null(strstr(error.message, "column value: is not a number: 'x'"));
    assert_int_equal(wanmi_io_writer_row(w, bytes, NAN, NAN, &error), WANMI_E_ARGUMENT);
    assert_non_null(strstr(error.message, "column id: is not UTF-8 text"));
    wanmi_io_writer_close(w, NULL);
}

/* A refused row leaves no half of it in the output. */
static void test_refused_row_leaves_nothing(void **state)
{
    const char *word[] = {"a", "1", "x"};
    (void)state;
    const char *path = path_of("half.ndjson");
    wanmi_io_writer *w = open_writer(path, WANMI_IO_OUT_NDJSON, NULL);
    row(w, "1", "1", "1");
    assert_int_equal(wanmi_io_writer_row(w, word, NAN, NAN, NULL), WANMI_E_ARGUMENT);
    row(w, "2", "2", "2");
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    assert_string_equal(contents(path), "{\"id\":\"1\",\"value\":1,\"n\":1}\n{\"id\":\"2\",\"value\":2,\"n\":2}\n");
}

static void test_flush_and_large(void **state)
{
    enum { LARGE = 200000 };
    (void)state;
    const char *path = path_of("large.csv");
    char *large = malloc(LARGE + 1);
    memset(large, 'x', LARGE);
    large[LARGE] = '\0';
    wanmi_io_writer *w = open_writer(path, WANMI_IO_OUT_CSV, NULL);
    row(w, "1", "2", "3");
    assert_string_equal(contents(path), "");
    assert_int_equal(wanmi_io_writer_flush(w, NULL), WANMI_OK);
    assert_string_equal(contents(path), "id,value,n\n1,2,3\n");
    row(w, large, NULL, NULL);
    row(w, "4", "5", "6");
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    FILE *file = fopen(path, "rb");
    fseek(file, 0, SEEK_END);
    assert_int_equal(ftell(file), 17 + LARGE + 3 + 6);
    fclose(file);
    free(large);
}

/* ---- full disks, bad places ----------------------------------------------------------------- */

static void test_full_disk(void **state)
{
    wanmi_error error;
    (void)state;
    if (access("/dev/full", W_OK) != 0)
        skip();
    wanmi_io_writer *w = open_writer("/dev/full", WANMI_IO_OUT_CSV, NULL);
    row(w, "1", "2", "3");
    assert_int_equal(wanmi_io_writer_flush(w, &error), WANMI_E_IO_WRITE);
    assert_string_equal(error.message, "/dev/full: cannot be written: No space left on device");
    row(w, "1", "2", "3");
    assert_int_equal(wanmi_io_writer_close(w, &error), WANMI_E_IO_WRITE);
}

static void test_bad_places(void **state)
{
    static const wanmi_io_type strange[] = {(wanmi_io_type)7};
    wanmi_io_writer *w = NULL;
    wanmi_error error;
    (void)state;
    assert_int_equal(wanmi_io_writer_open("/nowhere/a.csv", WANMI_IO_OUT_CSV, names, types, 3, NULL, NULL, &w, &error),
                     WANMI_E_IO_OPEN);
    assert_string_equal(error.file, "/nowhere/a.csv");
    assert_int_equal(wanmi_io_writer_open("/nowhere/a.gpkg", WANMI_IO_OUT_GPKG, names, types, 3, NULL, NULL, &w, &error),
                     WANMI_E_IO_OPEN);
    assert_int_equal(wanmi_io_writer_open("-", WANMI_IO_OUT_GPKG, names, types, 3, NULL, NULL, &w, &error),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_open(NULL, WANMI_IO_OUT_CSV, names, types, 3, NULL, NULL, &w, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_open("x", WANMI_IO_OUT_CSV, names, types, 0, NULL, NULL, &w, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_open("x", WANMI_IO_OUT_CSV, names, strange, 1, NULL, NULL, &w, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_open("x", (wanmi_io_output)5, names, types, 3, NULL, NULL, &w, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_open("x", WANMI_IO_OUT_CSV, names, types, 3, NULL, NULL, NULL, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_row(NULL, names, 0, 0, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_flush(NULL, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_writer_close(NULL, &error), WANMI_OK);
    assert_null(w);
}

/* ---- GeoPackage ------------------------------------------------------------------------------ */

static void test_gpkg(void **state)
{
    const char *one[] = {"甲", "1.5", "-7"}, *two[] = {NULL, "nan", ""};
    wanmi_crs *crs = NULL;
    (void)state;
    char *path = strdup(path_of("结果.gpkg"));
    assert_int_equal(wanmi_crs_create("EPSG:4548", NULL, NULL, &crs, NULL), WANMI_OK);
    wanmi_io_writer *w = open_writer(path, WANMI_IO_OUT_GPKG, crs);
    assert_int_equal(wanmi_io_writer_row(w, one, 500000.25, 4400000.5, NULL), WANMI_OK);
    assert_int_equal(wanmi_io_writer_row(w, two, NAN, NAN, NULL), WANMI_OK);
    assert_int_not_equal(access(path, F_OK), 0); /* not before it is whole */
    assert_int_equal(wanmi_io_writer_close(w, NULL), WANMI_OK);
    wanmi_crs_release(crs);

    GDALDatasetH file = GDALOpenEx(path, GDAL_OF_VECTOR, NULL, NULL, NULL);
    assert_non_null(file);
    OGRLayerH layer = GDALDatasetGetLayerByName(file, "结果");
    assert_non_null(layer);
    assert_int_equal(OGR_L_GetFeatureCount(layer, 1), 2);
    OGRFeatureH f = OGR_L_GetNextFeature(layer);
    assert_string_equal(OGR_F_GetFieldAsString(f, 0), "甲");
    assert_true(OGR_F_GetFieldAsDouble(f, 1) == 1.5);
    assert_int_equal(OGR_F_GetFieldAsInteger64(f, 2), -7);
    assert_true(OGR_G_GetX(OGR_F_GetGeometryRef(f), 0) == 500000.25);
    OGR_F_Destroy(f);
    f = OGR_L_GetNextFeature(layer);
    for (int i = 0; i < 3; i++)
        assert_true(OGR_F_IsFieldNull(f, i));
    assert_null(OGR_F_GetGeometryRef(f));
    OGR_F_Destroy(f);
    GDALClose(file);
    free(path);
}

static wanmi_status work(const wanmi_host *host, void *output)
{
    const char *values[] = {"1", "2", "3"};
    wanmi_io_writer *w = NULL;
    wanmi_status status = wanmi_io_writer_open(path_of("m.gpkg"), *(wanmi_io_output *)output, names, types, 3,
                                               NULL, host, &w, NULL);
    if (status == WANMI_OK)
        status = wanmi_io_writer_row(w, values, NAN, NAN, NULL);
    wanmi_status closed = wanmi_io_writer_close(w, NULL);
    return status != WANMI_OK ? status : closed;
}

static void test_memory_fails(void **state)
{
    wanmi_io_output csv = WANMI_IO_OUT_CSV, gpkg = WANMI_IO_OUT_GPKG;
    (void)state;
    assert_true(test_fail_each(work, &csv) > 10);
    assert_true(test_fail_each(work, &gpkg) > 14);
    char command[400];
    snprintf(command, sizeof command, "ls %s | grep -q part", test_folder());
    assert_int_not_equal(system(command), 0); /* nothing half written is left */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_csv), cmocka_unit_test(test_csv_one_column),
        cmocka_unit_test(test_ndjson), cmocka_unit_test(test_bad_values),
        cmocka_unit_test(test_refused_row_leaves_nothing), cmocka_unit_test(test_flush_and_large),
        cmocka_unit_test(test_full_disk), cmocka_unit_test(test_bad_places),
        cmocka_unit_test(test_gpkg), cmocka_unit_test(test_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
