/* Areas from OGR files: what their coordinates mean, which features are bad and
 * how they are named, and layers that are made of them. */
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
#include "wanmi_config.h"

/* A datum with an offset, where the build has one. */
static const char *const offset_datum = WM_HAVE_GCJ02 ? "gcj02" : "wgs84";

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

static char *features(const char *name, const char *list)
{
    static char text[8192];
    snprintf(text, sizeof text, "{\"type\":\"FeatureCollection\",\"features\":[%s]}", list);
    return write_text(name, text);
}

#define FEATURE(code, kind, coordinates) \
    "{\"type\":\"Feature\",\"properties\":{\"code\":\"" code "\"},\"geometry\":{\"type\":\"" kind \
    "\",\"coordinates\":" coordinates "}}"
#define SQUARE "[[[116.4,39.9],[116.41,39.9],[116.41,39.91],[116.4,39.91],[116.4,39.9]]]"

enum { PROBLEMS_MAX = 32 };
static wanmi_error problems[PROBLEMS_MAX];
static int problem_count;

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    assert_true(problem_count < PROBLEMS_MAX);
    problems[problem_count++] = *problem;
}

static void problem(int index, wanmi_status status, int64_t row, const char *code, const char *words)
{
    if (index >= problem_count)
        fail_msg("only %d problems, expected '%s'", problem_count, words);
    const wanmi_error *p = &problems[index];
    if (p->status != status || p->row != row || strcmp(p->code, code) != 0 ||
        strstr(p->message, words) == NULL)
        fail_msg("%s row %lld code '%s': '%s', expected row %lld code '%s' '%s'",
                 wanmi_status_name(p->status), (long long)p->row, p->code, p->message, (long long)row,
                 code, words);
}

static wanmi_io_layer_options options_of(const char *source)
{
    wanmi_io_layer_options options;
    wanmi_io_layer_options_init(&options);
    options.source = source;
    options.code = "code";
    return options;
}

static wanmi_crs *crs_of(const char *definition)
{
    wanmi_crs *crs = NULL;
    wanmi_error error;
    if (wanmi_crs_create(definition, NULL, NULL, &crs, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return crs;
}

/* Reads in EPSG:4548 with every problem noted. */
static wanmi_io_areas *read_areas(const wanmi_io_layer_options *options, wanmi_io_tally *tally)
{
    wanmi_crs *crs = crs_of("EPSG:4548");
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = note;
    problem_count = 0;
    wanmi_io_tally_init(tally);
    wanmi_io_areas *areas = NULL;
    wanmi_error error;
    if (wanmi_io_areas_read(options, "layer", crs, NULL, &report, NULL, &areas, tally, &error) !=
        WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_crs_release(crs);
    assert_int_equal(wanmi_io_areas_count(areas), tally->taken);
    return areas;
}

static void refused_in(const wanmi_io_layer_options *options, const char *definition,
                       wanmi_status expected, const char *words)
{
    wanmi_crs *crs = crs_of(definition);
    wanmi_io_areas *areas = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_io_areas_read(options, "layer", crs, NULL, NULL, NULL, &areas, NULL,
                                              &error);
    if (status != expected || strstr(error.message, words) == NULL)
        fail_msg("%s: '%s', expected %s '%s'", wanmi_status_name(status), error.message,
                 wanmi_status_name(expected), words);
    assert_null(areas);
    wanmi_crs_release(crs);
}

static void refused(const wanmi_io_layer_options *options, wanmi_status expected, const char *words)
{
    refused_in(options, "EPSG:4548", expected, words);
}

/* The x, y of a vertex in the outer ring of a polygon's WKB. */
static void vertex(const wanmi_area_def *area, uint32_t index, double *x, double *y)
{
    uint32_t kind;
    memcpy(&kind, area->wkb + 1, 4);
    assert_int_equal(kind, 3);
    memcpy(x, area->wkb + 13 + 16 * (size_t)index, 8);
    memcpy(y, area->wkb + 21 + 16 * (size_t)index, 8);
}

static void project(const char *definition, wanmi_datum datum, double lon, double lat, double *x, double *y)
{
    wanmi_crs *crs = crs_of(definition);
    wanmi_transform *transform = NULL;
    uint8_t reason;
    assert_int_equal(wanmi_transform_create(crs, &transform, NULL), WANMI_OK);
    assert_int_equal(wanmi_transform_forward(transform, datum, 1, &lon, 0, &lat, 0, x, y, &reason, NULL),
                     WANMI_OK);
    assert_int_equal(reason, WANMI_REASON_NONE);
    wanmi_transform_free(transform);
    wanmi_crs_release(crs);
}

static void run(const char *format, const char *a, const char *b)
{
    char command[2048];
    snprintf(command, sizeof command, format, a, b);
    assert_int_equal(system(command), 0);
}

/* ---- what coordinates mean ------------------------------------------------------------- */

static void vertices_are_projected_one_by_one(void **state)
{
    (void)state;
    static const struct { const char *name; wanmi_datum datum; } datums[] = {
        {NULL, WANMI_DATUM_WGS84}, {"wgs84", WANMI_DATUM_WGS84}, {"cgcs2000", WANMI_DATUM_CGCS2000},
        {"gcj02", WANMI_DATUM_GCJ02}, {"bd09", WANMI_DATUM_BD09}};
    char *path = features("square.geojson", FEATURE("A", "Polygon", SQUARE));
    for (size_t i = 0; i < (WM_HAVE_GCJ02 ? 5 : 3); i++) {
        wanmi_io_layer_options options = options_of(path);
        options.datum = datums[i].name;
        wanmi_io_tally tally;
        wanmi_io_areas *areas = read_areas(&options, &tally);
        assert_int_equal(tally.taken, 1);
        const wanmi_area_def *area = wanmi_io_areas_list(areas);
        assert_string_equal(area->layer, "layer");
        assert_string_equal(area->code, "A");
        assert_int_equal(area->row, 1);
        double x, y, px, py;
        vertex(area, 2, &x, &y);
        project("EPSG:4548", datums[i].datum, 116.41, 39.91, &px, &py);
        assert_true(x == px && y == py);
        wanmi_io_areas_free(areas);
    }
}

static void the_maps_own_numbers_stay_as_they_are(void **state)
{
    (void)state;
    char *path = features("own.geojson",
                          FEATURE("A", "Polygon", "[[[500000.1,4400000.3],[500100.7,4400000.3],"
                                  "[500100.7,4400100.123456789],[500000.1,4400000.3]]]"));
    wanmi_io_layer_options options = options_of(path);
    options.datum = "map";
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    double x, y;
    vertex(wanmi_io_areas_list(areas), 2, &x, &y);
    assert_true(x == 500100.7 && y == 4400100.123456789);
    wanmi_io_areas_free(areas);
    /* The same from a file that says it is in the map's CRS. */
    char *gpkg = in_folder("own.gpkg");
    run("ogr2ogr -f GPKG -a_srs EPSG:4548 '%s' '%s'", gpkg, path);
    for (int named = 0; named < 2; named++) {
        options = options_of(gpkg);
        options.datum = named ? "map" : NULL;
        areas = read_areas(&options, &tally);
        vertex(wanmi_io_areas_list(areas), 2, &x, &y);
        assert_true(x == 500100.7 && y == 4400100.123456789);
        wanmi_io_areas_free(areas);
    }
    options.datum = "gcj02";
    refused(&options, WANMI_E_CRS_DATUM, "contradicts");
    options.datum = "wgs84";
    refused(&options, WANMI_E_CRS_DATUM, "contradicts");
    options.datum = "map";
    refused_in(&options, "EPSG:4549", WANMI_E_CRS_DATUM, "contradicts");
    options.datum = "mars2000";
    refused(&options, WANMI_E_CRS_DATUM, "mars2000");
}

static void a_file_without_crs_needs_a_datum(void **state)
{
    (void)state;
    char *path = write_text("none.csv", "code,WKT\nA,\"POLYGON ((116.4 39.9,116.41 39.9,116.4 39.91,"
                            "116.4 39.9))\"\n");
    wanmi_io_layer_options options = options_of(path);
    refused(&options, WANMI_E_CRS_DATUM, "name the datum");
    options.datum = offset_datum;
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 1);
    wanmi_io_areas_free(areas);
}

static void another_crs_goes_through_longitude_and_latitude(void **state)
{
    (void)state;
    char *path = features("square.geojson", FEATURE("A", "Polygon", SQUARE));
    char *utm = in_folder("utm.gpkg"), *feet = in_folder("feet.gpkg"), *old = in_folder("old.gpkg");
    run("ogr2ogr -f GPKG -t_srs EPSG:32650 '%s' '%s'", utm, path);
    wanmi_io_layer_options options = options_of(utm);
    wanmi_crs *crs = crs_of("EPSG:32650");
    wanmi_io_areas *areas = NULL;
    double x, y, px, py;
    assert_int_equal(wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_OK);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
    /* UTM 50 into UTM 51: back to degrees and on, within a micrometre. */
    crs = crs_of("EPSG:32651");
    areas = NULL;
    assert_int_equal(wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_OK);
    vertex(wanmi_io_areas_list(areas), 2, &x, &y);
    project("EPSG:32651", WANMI_DATUM_WGS84, 116.41, 39.91, &px, &py);
    assert_true(x - px < 1e-6 && px - x < 1e-6 && y - py < 1e-6 && py - y < 1e-6);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
    /* WGS 84 and CGCS2000 are equal, also in metres: both ways, also Web Mercator. */
    char *metres = in_folder("cgcs2000.gpkg"), *web = in_folder("web.gpkg");
    run("ogr2ogr -f GPKG -a_srs EPSG:4490 '%s.degrees.gpkg' '%s'", metres, path);
    run("ogr2ogr -f GPKG -t_srs EPSG:4549 '%s' '%s.degrees.gpkg'", metres, metres);
    run("ogr2ogr -f GPKG -t_srs EPSG:3857 '%s' '%s'", web, path);
    static const char *const targets[] = {"EPSG:4548", "EPSG:32650", "EPSG:4548"};
    const char *const sources[] = {utm, metres, web};
    for (int i = 0; i < 3; i++) {
        options = options_of(sources[i]);
        crs = crs_of(targets[i]);
        areas = NULL;
        assert_int_equal(wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                         WANMI_OK);
        vertex(wanmi_io_areas_list(areas), 2, &x, &y);
        project(targets[i], WANMI_DATUM_WGS84, 116.41, 39.91, &px, &py);
        assert_true(x - px < 1e-6 && px - x < 1e-6 && y - py < 1e-6 && py - y < 1e-6);
        wanmi_io_areas_free(areas);
        wanmi_crs_release(crs);
    }
    /* State plane feet, axes east and north, with a datum that has a shift. */
    char *york = features("york.geojson", FEATURE("N", "Polygon", "[[[-74,40.7],[-73.99,40.7],"
                          "[-73.99,40.71],[-74,40.7]]]"));
    run("ogr2ogr -f 'GPKG' -t_srs EPSG:2263 '%s' '%s'", feet, york);
    options = options_of(feet);
    crs = crs_of("EPSG:32618");
    areas = NULL;
    wanmi_error error;
    if (wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    vertex(wanmi_io_areas_list(areas), 2, &x, &y);
    project("EPSG:32618", WANMI_DATUM_WGS84, -73.99, 40.71, &px, &py);
    assert_true(x - px < 0.01 && px - x < 0.01 && y - py < 0.01 && py - y < 0.01);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
    /* Beijing 1954: PROJ would take it for CGCS2000, 67 m off. */
    run("ogr2ogr -f GPKG -a_srs EPSG:4214 '%s' '%s'", old, path);
    options = options_of(old);
    refused(&options, WANMI_E_CRS_BALLPARK, "Beijing 1954");
}

static void neighbours_keep_their_common_vertices(void **state)
{
    (void)state;
    char *path = features("two.geojson",
        FEATURE("A", "Polygon", "[[[116.4,39.9],[116.4123456,39.9],[116.4123456,39.9123457],[116.4,39.91],[116.4,39.9]]]")
        "," FEATURE("B", "Polygon", "[[[116.5,39.9],[116.5,39.95],[116.4123456,39.9123457],[116.4123456,39.9],[116.5,39.9]]]"));
    char *utm = in_folder("two.gpkg");
    run("ogr2ogr -f GPKG -t_srs EPSG:32650 '%s' '%s'", utm, path);
    const char *const files[] = {path, utm};
    for (int i = 0; i < 2; i++) {
        wanmi_io_layer_options options = options_of(files[i]);
        wanmi_crs *crs = crs_of("EPSG:32651");
        wanmi_io_areas *areas = NULL;
        assert_int_equal(wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                         WANMI_OK);
        const wanmi_area_def *list = wanmi_io_areas_list(areas);
        double ax, ay, bx, by;
        vertex(&list[0], 2, &ax, &ay);
        vertex(&list[1], 2, &bx, &by);
        assert_true(ax == bx && ay == by);
        wanmi_io_areas_free(areas);
        wanmi_crs_release(crs);
    }
}

static void swapped_axes_are_told(void **state)
{
    (void)state;
    char *path = features("swapped.geojson",
                          FEATURE("A", "Polygon", "[[[39.9,116.4],[39.91,116.4],[39.91,116.41],[39.9,116.4]]]"));
    wanmi_io_layer_options options = options_of(path);
    refused(&options, WANMI_E_MAP_GEOMETRY, "latitude");
    refused(&options, WANMI_E_MAP_GEOMETRY, "swapped");
    options.datum = "gcj02";
    refused(&options, WANMI_E_MAP_GEOMETRY, "swapped");
}

/* ---- bad features ------------------------------------------------------------------------- */

static void every_bad_feature_is_named(void **state)
{
    (void)state;
    char *path = features("bad.geojson",
        FEATURE("good", "Polygon", SQUARE) ","
        FEATURE("unclosed", "Polygon", "[[[116.4,39.9],[116.41,39.9],[116.41,39.91],[116.4,39.91]]]") ","
        FEATURE("empty", "Polygon", "[]") ","
        FEATURE("point ring", "Polygon", "[[[116.4,39.9]]]") ","
        FEATURE("bowtie", "Polygon", "[[[116.4,39.9],[116.41,39.91],[116.41,39.9],[116.4,39.91],[116.4,39.9]]]") ","
        FEATURE("far", "Polygon", "[[[116.4,39.9],[1e400,39.9],[116.41,39.91],[116.4,39.9]]]") ","
        FEATURE("west", "Polygon", "[[[-200,39.9],[116.4,39.9],[116.41,39.91],[-200,39.9]]]") ","
        FEATURE("point", "Point", "[116.4,39.9]") ","
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"none\"},\"geometry\":null},"
        FEATURE("", "Polygon", SQUARE) ","
        FEATURE("collection", "GeometryCollection\",\"geometries\":[],\"x\":\"", "0") ","
        FEATURE("last", "Polygon", SQUARE));
    wanmi_io_layer_options options = options_of(path);
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    for (int i = 0; i < problem_count; i++) {
        assert_string_equal(problems[i].file, path);
        assert_string_equal(problems[i].layer, "layer");
        print_message("%s\n", problems[i].message + strlen(path));
    }
    assert_int_equal(tally.read, 12);
    assert_int_equal(tally.taken, 2);
    assert_int_equal(tally.refused, 10);
    problem(0, WANMI_E_MAP_GEOMETRY, 2, "unclosed", "closed");
    problem(1, WANMI_E_MAP_GEOMETRY, 3, "empty", "empty");
    problem(2, WANMI_E_MAP_GEOMETRY, 4, "point ring", "1 point");
    problem(3, WANMI_E_MAP_GEOMETRY, 5, "bowtie", "Self-intersection");
    problem(4, WANMI_E_MAP_GEOMETRY, 6, "far", "");
    problem(5, WANMI_E_MAP_GEOMETRY, 7, "west", "longitude");
    problem(6, WANMI_E_MAP_GEOMETRY, 8, "point", "buffer");
    problem(7, WANMI_E_MAP_GEOMETRY, 9, "none", "no geometry");
    problem(8, WANMI_E_MAP_CODE, 10, "", "missing");
    problem(9, WANMI_E_MAP_GEOMETRY, 11, "collection", "");
    const wanmi_area_def *list = wanmi_io_areas_list(areas);
    assert_string_equal(list[1].code, "last");
    assert_int_equal(list[1].row, 12);
    wanmi_io_areas_free(areas);
    refused(&options, WANMI_E_MAP_GEOMETRY, "row 2, code unclosed");
    /* skip_invalid leaves them out also where nobody listens. */
    options.skip_invalid = 1;
    wanmi_crs *crs = crs_of("EPSG:4548");
    areas = NULL;
    assert_int_equal(wanmi_io_areas_read(&options, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_OK);
    assert_int_equal(wanmi_io_areas_count(areas), 2);
    wanmi_io_areas_free(areas);
    wanmi_crs_release(crs);
}

static void rows_are_those_of_the_file_also_when_some_are_chosen(void **state)
{
    (void)state;
    char *path = features("chosen.geojson",
        FEATURE("a1", "Polygon", SQUARE) "," FEATURE("b1", "Polygon", SQUARE) ","
        FEATURE("b2", "Polygon", "[[[116.4,39.9]]]") "," FEATURE("a2", "Polygon", SQUARE) ","
        FEATURE("b3", "Polygon", SQUARE));
    wanmi_io_layer_options options = options_of(path);
    options.where = "code LIKE 'b%'";
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    assert_int_equal(tally.read, 3);
    assert_int_equal(tally.taken, 2);
    problem(0, WANMI_E_MAP_GEOMETRY, 3, "b2", "1 point");
    assert_int_equal(wanmi_io_areas_list(areas)[0].row, 2);
    assert_int_equal(wanmi_io_areas_list(areas)[1].row, 5);
    wanmi_io_areas_free(areas);
    /* The code may be computed. */
    options.code = "upper(code) || '-' || length(code)";
    areas = read_areas(&options, &tally);
    assert_string_equal(wanmi_io_areas_list(areas)[1].code, "B3-2");
    assert_int_equal(wanmi_io_areas_list(areas)[1].row, 5);
    wanmi_io_areas_free(areas);
    options.where = "no such thing at all";
    refused(&options, WANMI_E_ARGUMENT, "no such thing");
    options = options_of(path);
    options.code = "colour";
    refused(&options, WANMI_E_IO_COLUMN, "'colour'");
    refused(&options, WANMI_E_IO_COLUMN, "there are: code");
    options = options_of(path);
    options.parent_field = "mother";
    refused(&options, WANMI_E_IO_COLUMN, "'mother'");
    options = options_of(path);
    options.buffer = "wide";
    refused(&options, WANMI_E_IO_COLUMN, "'wide'");
    options.buffer = "-5";
    refused(&options, WANMI_E_ARGUMENT, "-5");
}

static void fields_become_texts_and_instants(void **state)
{
    (void)state;
    char *path = write_text("fields.geojson", "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{\"n\":110101,\"real\":12345678901234.0,\"name\":\"东城\","
        "\"up\":7,\"from\":\"2026-11-22\",\"to\":\"2026-11-23T08:00:00+08:00\",\"grade\":\"A\"},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}},"
        "{\"type\":\"Feature\",\"properties\":{\"n\":2,\"real\":123456789012345678.5,\"name\":null,"
        "\"up\":null,\"from\":null,\"to\":null,\"grade\":null},"
        "\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}}]}");
    wanmi_io_layer_options options = options_of(path);
    options.code = "n";
    options.name_field = "name";
    options.parent_field = "up";
    options.valid_from_field = "from";
    options.valid_to_field = "to";
    options.grade_field = "grade";
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    for (int i = 0; i < problem_count; i++)
        print_message("%s\n", problems[i].message);
    assert_int_equal(tally.taken, 2);
    const wanmi_area_def *a = wanmi_io_areas_list(areas);
    assert_string_equal(a[0].code, "110101");
    assert_string_equal(a[0].name, "东城");
    assert_string_equal(a[0].parent, "7");
    assert_string_equal(a[0].grade, "A");
    int64_t from, to;
    wanmi_time_parse(NULL, "2026-11-22", &from, NULL);
    wanmi_time_parse(NULL, "2026-11-23T00:00:00Z", &to, NULL);
    assert_int_equal(a[0].valid_from_us, from);
    assert_int_equal(a[0].valid_to_us, to);
    assert_int_equal(a[1].valid_to_us, WANMI_TIME_NONE);
    wanmi_io_areas_free(areas);
    /* A code of 18 digits stored as a float has lost some of them. */
    options.code = "real";
    areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 1);
    assert_string_equal(wanmi_io_areas_list(areas)->code, "12345678901234");
    assert_int_equal(problem_count, 1);
    assert_int_equal(problems[0].row, 2);
    wanmi_io_areas_free(areas);
}

/* ---- sources --------------------------------------------------------------------------------- */

static void sources_are_found_or_named(void **state)
{
    (void)state;
    wanmi_io_layer_options options = options_of(in_folder("nothing.geojson"));
    refused(&options, WANMI_E_IO_OPEN, "no such file");
    options.source = in_folder("nothing.geojson:layer");
    refused(&options, WANMI_E_IO_OPEN, "no such file");
    options.source = write_text("words.geojson", "these are words");
    refused(&options, WANMI_E_IO_FORMAT, "words.geojson");
    options.source = write_text("empty.geojson", "");
    refused(&options, WANMI_E_IO_FORMAT, "empty.geojson");
    options.source = write_text("cut.geojson", "{\"type\":\"FeatureCollection\",\"features\":[{\"type\":");
    refused(&options, WANMI_E_IO_FORMAT, "cut.geojson");
    options.source = features("zero.geojson", "");
    options.code = "code";
    char *one = features("one.geojson", FEATURE("A", "Polygon", SQUARE)), *two = in_folder("two layers.gpkg");
    run("ogr2ogr -f GPKG '%s' '%s' -nln first", two, one);
    run("ogr2ogr -f GPKG -update '%s' '%s' -nln second", two, one);
    options.source = two;
    refused(&options, WANMI_E_IO_FORMAT, "first, second");
    char named[300];
    snprintf(named, sizeof named, "%s:second", two);
    options.source = named;
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 1);
    wanmi_io_areas_free(areas);
    snprintf(named, sizeof named, "%s:third", two);
    refused(&options, WANMI_E_IO_OPEN, "first, second");
    /* A file whose name has a colon wins over the split. */
    options.source = features("a:b.geojson", FEATURE("A", "Polygon", SQUARE));
    areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 1);
    wanmi_io_areas_free(areas);
    char *shapes = in_folder("shapes.shp");
    run("ogr2ogr -f 'ESRI Shapefile' '%s' '%s'", shapes, one);
    options.source = shapes;
    areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 1);
    wanmi_io_areas_free(areas);
    options.source = NULL;
    refused(&options, WANMI_E_ARGUMENT, "source");
    wanmi_crs *crs = crs_of("EPSG:4548");
    assert_int_equal(wanmi_io_areas_read(NULL, "l", crs, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_areas_read(&options, NULL, crs, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_areas_read(&options, "l", NULL, NULL, NULL, NULL, &areas, NULL, NULL),
                     WANMI_E_ARGUMENT);
    wanmi_crs_release(crs);
    wanmi_io_areas_free(NULL);
    assert_int_equal(wanmi_io_areas_count(NULL), 0);
}

static void curves_points_and_lines_become_polygons(void **state)
{
    (void)state;
    char *path = write_text("curves.csv", "code,wide,WKT\n"
        "curve,,\"CURVEPOLYGON (CIRCULARSTRING (500000 4400000,500100 4400100,500200 4400000,500100 4399900,500000 4400000))\"\n"
        "point,300,POINT (500000 4400000)\n"
        "line,10,\"LINESTRING Z (500000 4400000 5,500100 4400000 5)\"\n"
        "bare,,POINT (500000 4400000)\nwrong,-1,POINT (500000 4400000)\nword,abc,POINT (500000 4400000)\n"
        "gone,10,POINT EMPTY\n");
    wanmi_io_layer_options options = options_of(path);
    options.datum = "map";
    options.buffer = "wide";
    wanmi_io_tally tally;
    wanmi_io_areas *areas = read_areas(&options, &tally);
    for (int i = 0; i < problem_count; i++)
        print_message("%s\n", problems[i].message);
    assert_int_equal(tally.taken, 3);
    problem(0, WANMI_E_MAP_GEOMETRY, 4, "bare", "without a buffer");
    problem(1, WANMI_E_IO_ROW, 5, "wrong", "-1");
    problem(2, WANMI_E_IO_ROW, 6, "word", "abc");
    problem(3, WANMI_E_MAP_GEOMETRY, 7, "gone", "empty");
    const wanmi_area_def *point = &wanmi_io_areas_list(areas)[1];
    assert_int_equal(point->wkb_size, 13 + 16 * (4 * 64 + 1));
    double x, y;
    vertex(point, 0, &x, &y);
    assert_true(x == 500300 && y == 4400000);
    wanmi_io_areas_free(areas);
    options.buffer = "25.5";
    areas = read_areas(&options, &tally);
    assert_int_equal(tally.taken, 6);
    wanmi_io_areas_free(areas);
}

/* ---- layers of a map --------------------------------------------------------------------------- */

static char *create(const char *name)
{
    char *path = in_folder(name);
    unlink(path);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    wanmi_error error;
    if (wanmi_io_map_create(path, &meta, NULL, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return path;
}

static wanmi_layer_def layer_of(const char *name, int32_t level, const char *parent)
{
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.level = level;
    def.parent = parent;
    return def;
}

static char warning[1024];

static void keep_warning(void *user, wanmi_log_level level, const char *message)
{
    (void)user;
    if (level == WANMI_LOG_WARNING)
        snprintf(warning, sizeof warning, "%s", message);
}

static wanmi_status add(const char *path, const wanmi_layer_def *def, const wanmi_io_layer_options *options,
                        bool report_all, wanmi_io_tally *tally, wanmi_error *error)
{
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    report.on_problem = report_all ? note : NULL;
    problem_count = 0;
    wanmi_host host;
    wanmi_host_init(&host);
    host.log.write = keep_warning;
    warning[0] = '\0';
    wanmi_io_tally_init(tally);
    wanmi_error_clear(error);
    return wanmi_io_map_add_layer(path, def, options, &report, &host, tally, error);
}

static wanmi_map *read_map(const char *path)
{
    wanmi_map *map = NULL;
    wanmi_error error;
    if (wanmi_io_map_read(path, NULL, NULL, &map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return map;
}

static void layers_are_added_and_replaced(void **state)
{
    (void)state;
    char *map_path = create("layers.gpkg");
    char *streets = write_text("streets.geojson", "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"S\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}}]}");
    char *cells = write_text("cells.geojson", "{\"type\":\"FeatureCollection\",\"features\":["
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"1\",\"p\":\"S\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}},"
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"2\",\"p\":\"T\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}},"
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"1\",\"p\":\"S\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}},"
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"3\",\"p\":\"S\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[[[116.4,39.9]]]}},"
        "{\"type\":\"Feature\",\"properties\":{\"code\":\"4\",\"p\":\"S\"},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":" SQUARE "}}]}");
    wanmi_io_tally tally;
    wanmi_error error;
    wanmi_io_layer_options options = options_of(streets);
    wanmi_layer_def street = layer_of("street", 1, ""), cell = layer_of("cell", 0, "street");
    if (add(map_path, &street, &options, false, &tally, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    options = options_of(cells);
    options.parent_field = "p";
    /* Refused: all four are named, and nothing is changed. */
    assert_int_equal(add(map_path, &cell, &options, true, &tally, &error), WANMI_E_MAP_GEOMETRY);
    assert_int_equal(problem_count, 3);
    problem(0, WANMI_E_MAP_GEOMETRY, 4, "3", "1 point");
    assert_non_null(strstr(error.message, "nothing was changed"));
    assert_int_equal(add(map_path, &cell, &options, false, &tally, &error), WANMI_E_MAP_GEOMETRY);
    wanmi_map *map = read_map(map_path);
    assert_int_equal(wanmi_map_layer_count(map), 1);
    assert_int_equal(wanmi_map_generation(map), 2);
    wanmi_map_release(map);
    /* Skipped: what is bad by itself or among the others is left out. */
    options.skip_invalid = 1;
    if (add(map_path, &cell, &options, true, &tally, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(tally.read, 5);
    assert_int_equal(tally.taken, 2);
    assert_int_equal(tally.refused, 3);
    assert_int_equal(problem_count, 3);
    bool doubled = false, orphan = false;
    for (int i = 0; i < problem_count; i++) {
        assert_string_equal(problems[i].file, cells);
        doubled |= problems[i].status == WANMI_E_MAP_CODE && problems[i].row == 3;
        orphan |= problems[i].status == WANMI_E_MAP_PARENT && problems[i].row == 2;
    }
    assert_true(doubled && orphan);
    map = read_map(map_path);
    assert_int_equal(wanmi_map_cell_layer(map), wanmi_map_find_layer(map, "cell"));
    assert_int_equal(wanmi_map_area_count(map), 3);
    wanmi_map_release(map);
    /* Once more: not without being asked. */
    assert_int_equal(add(map_path, &cell, &options, true, &tally, &error), WANMI_E_MAP_LAYER);
    options.replace = 1;
    options.where = "code = '4'";
    if (add(map_path, &cell, &options, true, &tally, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    map = read_map(map_path);
    assert_int_equal(wanmi_map_area_count(map), 2);
    assert_int_equal(wanmi_map_generation(map), 4);
    wanmi_map_release(map);
    /* A layer others stand on cannot be replaced by one without their parents. */
    options = options_of(cells);
    options.replace = 1;
    options.where = "code = '4'";
    assert_int_equal(add(map_path, &street, &options, true, &tally, &error), WANMI_E_MAP_PARENT);
    assert_non_null(strstr(error.message, "not changed"));
    cell = layer_of("wanmi_units", 0, "");
    assert_int_equal(add(map_path, &cell, &options, true, &tally, &error), WANMI_E_MAP_LAYER);
    cell = layer_of("orphan", 0, "nowhere");
    assert_int_not_equal(add(map_path, &cell, &options, true, &tally, &error), WANMI_OK);
    assert_int_equal(wanmi_io_map_add_layer(map_path, NULL, &options, NULL, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_map_add_layer(NULL, &cell, &options, NULL, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_io_map_add_layer(map_path, &cell, NULL, NULL, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
}

static void overlays_keep_points_and_lines(void **state)
{
    (void)state;
    char *map_path = create("overlay.gpkg");
    char *path = write_text("places.csv", "code,wide,WKT\nP,300,POINT (116.4 39.9)\n"
                            "L,20,\"LINESTRING (116.4 39.9,116.41 39.91)\"\n");
    wanmi_io_layer_options options = options_of(path);
    options.datum = offset_datum;
    options.buffer = "wide";
    wanmi_layer_def def = layer_of("place", 0, "");
    wanmi_io_tally tally;
    wanmi_error error;
    assert_int_equal(add(map_path, &def, &options, false, &tally, &error), WANMI_E_ARGUMENT);
    def.kind = WANMI_OVERLAY;
    if (add(map_path, &def, &options, false, &tally, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    run("ogrinfo -al '%s' place%s | grep -q 'POINT ('", map_path, "");
    run("ogrinfo -al '%s' place%s | grep -q 'buffer_m (Real) = 300'", map_path, "");
    wanmi_map *map = read_map(map_path);
    uint32_t p = wanmi_map_find_area(map, 0, "P", WANMI_TIME_NONE);
    wanmi_area_info info;
    assert_int_equal(wanmi_map_area(map, p, &info), WANMI_OK);
    double x, y;
    project("EPSG:4548", WM_HAVE_GCJ02 ? WANMI_DATUM_GCJ02 : WANMI_DATUM_WGS84, 116.4, 39.9, &x, &y);
    assert_true(info.max_x == x + 300 && info.min_y == y - 300);
    wanmi_map_release(map);
}

static void a_layer_that_lies_elsewhere_is_warned_of(void **state)
{
    (void)state;
    char *map_path = create("elsewhere.gpkg");
    wanmi_layer_def first = layer_of("first", 0, ""), second = layer_of("second", 3, "");
    wanmi_io_layer_options options = options_of(features("here.geojson", FEATURE("A", "Polygon", SQUARE)));
    wanmi_io_tally tally;
    wanmi_error error;
    assert_int_equal(add(map_path, &first, &options, false, &tally, &error), WANMI_OK);
    assert_string_equal(warning, "");
    /* A square of 100 m, read in a datum that is 556 m away. */
    options = options_of(features("there.geojson", FEATURE("B", "Polygon",
        "[[[116.394,39.898],[116.395,39.898],[116.395,39.899],[116.394,39.898]]]")));
    assert_int_equal(add(map_path, &second, &options, false, &tally, &error), WANMI_OK);
    assert_non_null(strstr(warning, "wrong datum"));
    assert_non_null(strstr(warning, "116.3940 39.8980"));
    assert_non_null(strstr(warning, "116.4000 39."));
    options.replace = 1;
    options.source = features("there.geojson", FEATURE("B", "Polygon", SQUARE));
    assert_int_equal(add(map_path, &second, &options, false, &tally, &error), WANMI_OK);
    assert_string_equal(warning, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vertices_are_projected_one_by_one),
        cmocka_unit_test(the_maps_own_numbers_stay_as_they_are),
        cmocka_unit_test(a_file_without_crs_needs_a_datum),
        cmocka_unit_test(another_crs_goes_through_longitude_and_latitude),
        cmocka_unit_test(neighbours_keep_their_common_vertices),
        cmocka_unit_test(swapped_axes_are_told),
        cmocka_unit_test(every_bad_feature_is_named),
        cmocka_unit_test(rows_are_those_of_the_file_also_when_some_are_chosen),
        cmocka_unit_test(fields_become_texts_and_instants),
        cmocka_unit_test(sources_are_found_or_named),
        cmocka_unit_test(curves_points_and_lines_become_polygons),
        cmocka_unit_test(layers_are_added_and_replaced),
        cmocka_unit_test(overlays_keep_points_and_lines),
        cmocka_unit_test(a_layer_that_lies_elsewhere_is_warned_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
