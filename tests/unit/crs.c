/* What a CRS may be, which operation is chosen for it, and what is refused. */
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <proj.h>

#include "support.h"

#define DEGREES "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
#define SHIFT "+step +proj=push +v_3 +step +proj=cart +ellps=GRS80 +step +proj=helmert "
#define UNSHIFT "+step +inv +proj=cart +ellps=krass +step +proj=pop +v_3 "

static const char LOCAL_WKT1[] =
    "PROJCS[\"city\",GEOGCS[\"China Geodetic Coordinate System 2000\",DATUM[\"China_2000\","
    "SPHEROID[\"CGCS2000\",6378137,298.257222101]],PRIMEM[\"Greenwich\",0],"
    "UNIT[\"degree\",0.0174532925199433]],PROJECTION[\"Transverse_Mercator\"],"
    "PARAMETER[\"latitude_of_origin\",0],PARAMETER[\"central_meridian\",116.35],"
    "PARAMETER[\"scale_factor\",1],PARAMETER[\"false_easting\",50000],"
    "PARAMETER[\"false_northing\",-4000000],UNIT[\"metre\",1]]";
/* The datum bears a name that PROJ does not know. */
static const char LOCAL_WKT1_NAME[] =
    "PROJCS[\"city\",GEOGCS[\"CGCS2000\",DATUM[\"CGCS2000\",SPHEROID[\"CGCS2000\",6378137,"
    "298.257222101]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],"
    "PARAMETER[\"central_meridian\",116.35],PARAMETER[\"scale_factor\",1],"
    "PARAMETER[\"false_easting\",50000],PARAMETER[\"false_northing\",-4000000],UNIT[\"metre\",1]]";
/* The name of CGCS2000 over another ellipsoid is not believed. */
static const char FALSE_NAME[] =
    "PROJCS[\"city\",GEOGCS[\"CGCS2000\",DATUM[\"CGCS2000\",SPHEROID[\"x\",6378245,298.3]],"
    "PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433]],"
    "PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",0],"
    "PARAMETER[\"central_meridian\",116.35],PARAMETER[\"scale_factor\",1],"
    "PARAMETER[\"false_easting\",50000],PARAMETER[\"false_northing\",0],UNIT[\"metre\",1]]";
static const char LOCAL_WKT2[] =
    "PROJCRS[\"city\",BASEGEOGCRS[\"CGCS2000\",DATUM[\"China 2000\",ELLIPSOID[\"CGCS2000\",6378137,"
    "298.257222101]],ID[\"EPSG\",4490]],CONVERSION[\"c\",METHOD[\"Transverse Mercator\",ID[\"EPSG\",9807]],"
    "PARAMETER[\"Latitude of natural origin\",0,ANGLEUNIT[\"degree\",0.0174532925199433]],"
    "PARAMETER[\"Longitude of natural origin\",116.35,ANGLEUNIT[\"degree\",0.0174532925199433]],"
    "PARAMETER[\"Scale factor at natural origin\",1],PARAMETER[\"False easting\",50000,LENGTHUNIT[\"metre\",1]],"
    "PARAMETER[\"False northing\",-4000000,LENGTHUNIT[\"metre\",1]]],CS[Cartesian,2],"
    "AXIS[\"northing\",north,ORDER[1]],AXIS[\"easting\",east,ORDER[2]],LENGTHUNIT[\"metre\",1]]";

static wanmi_crs *make(const char *definition, const char *operation, int allow_ballpark)
{
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = operation;
    options.allow_ballpark = allow_ballpark;
    wanmi_crs *crs = NULL;
    wanmi_error error;
    if (wanmi_crs_create(definition, &options, NULL, &crs, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return crs;
}

static wanmi_transform *session(wanmi_crs *crs)
{
    wanmi_transform *transform = NULL;
    wanmi_error error;
    if (wanmi_transform_create(crs, &transform, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return transform;
}

/* One position through a transform of its own. */
static wanmi_reason project(wanmi_crs *crs, double lon, double lat, double *x, double *y)
{
    wanmi_transform *transform = session(crs);
    uint8_t reason = 255;
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, &lon, 0, &lat, 0, x, y,
                                             &reason, NULL), WANMI_OK);
    wanmi_transform_free(transform);
    return (wanmi_reason)reason;
}

static void assert_near(double x, double y, double expected_x, double expected_y, double tolerance)
{
    if (!(hypot(x - expected_x, y - expected_y) <= tolerance))
        fail_msg("(%.9f, %.9f), expected (%.9f, %.9f) to %g m", x, y, expected_x, expected_y, tolerance);
}

static void all_zones_of_cgcs2000(void **state)
{
    (void)state;
    for (int code = 4513; code <= 4554; code++) {
        char text[16];
        snprintf(text, sizeof text, "EPSG:%d", code);
        wanmi_crs *crs = make(text, NULL, 0);
        bool has_zone = code <= 4533;
        double meridian = 75 + 3 * (has_zone ? code - 4513 : code - 4534), x, y;
        assert_int_equal(wanmi_crs_epsg(crs), code);
        assert_string_equal(wanmi_crs_definition(crs), text);
        assert_string_equal(wanmi_crs_geographic(crs), "EPSG:4490");
        assert_string_equal(wanmi_crs_warning(crs), "");
        assert_int_equal(wanmi_crs_is_ballpark(crs), 0);
        assert_true(wanmi_crs_accuracy(crs) == 0);
        assert_non_null(strstr(wanmi_crs_name(crs), "CGCS2000"));
        assert_memory_equal(wanmi_crs_wkt(crs), "PROJCRS[", 8);
        assert_null(strchr(wanmi_crs_operation(crs), '\n'));
        /* On the meridian: easting first, and it bears the zone's number. */
        assert_int_equal(project(crs, meridian, 35, &x, &y), WANMI_REASON_NONE);
        assert_near(x, 0, 500000 + (has_zone ? 1e6 * (code - 4513 + 25) : 0), 0, 1e-6);
        assert_near(0, y, 0, 3874439.51, 500);
        wanmi_crs_release(crs);
    }
}

static void vectors_of_an_independent_call(void **state)
{
    (void)state;
    FILE *file = fopen(test_source("tests/vectors/crs.txt"), "r");
    assert_non_null(file);
    char line[256], name[32];
    double lon, lat, x, y, tolerance, own_x, own_y;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%31s %lf %lf %lf %lf %lf", name, &lon, &lat, &x, &y, &tolerance), 6);
        wanmi_crs *crs = make(name, NULL, 0);
        assert_int_equal(project(crs, lon, lat, &own_x, &own_y), WANMI_REASON_NONE);
        assert_near(own_x, own_y, x, y, tolerance);
        wanmi_crs_release(crs);
        count++;
    }
    fclose(file);
    assert_int_equal(count, 120);
}

static void local_systems(void **state)
{
    (void)state;
    wanmi_crs *plain = make("EPSG:4548", DEGREES "+step +proj=tmerc +lon_0=116.35 +x_0=50000 "
                            "+y_0=-4000000 +ellps=GRS80", 0);
    static const char *const same[] = {LOCAL_WKT1, LOCAL_WKT1_NAME, LOCAL_WKT2};
    double x, y, own_x, own_y;
    assert_int_equal(project(plain, 116.4, 39.9, &x, &y), WANMI_REASON_NONE);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        wanmi_crs *crs = make(same[i], NULL, 0);
        assert_string_equal(wanmi_crs_geographic(crs), "EPSG:4490");
        assert_string_equal(wanmi_crs_name(crs), "city");
        assert_int_equal(wanmi_crs_epsg(crs), 0);
        assert_int_equal(wanmi_crs_is_ballpark(crs), 0);
        assert_int_equal(project(crs, 116.4, 39.9, &own_x, &own_y), WANMI_REASON_NONE);
        assert_near(own_x, own_y, x, y, 1e-9);
        wanmi_crs_release(crs);
    }
    wanmi_crs_release(plain);
    static const char *const wgs84[] = {"+proj=tmerc +lon_0=116.35 +x_0=50000 +datum=WGS84",
        "+proj=tmerc +lon_0=116.35 +x_0=50000 +datum=WGS84 +axis=neu",
        "proj=tmerc lon_0=116.35 x_0=50000 datum=WGS84 type=crs"};
    for (size_t i = 0; i < sizeof wgs84 / sizeof wgs84[0]; i++) {
        wanmi_crs *crs = make(wgs84[i], NULL, 0);
        assert_string_equal(wanmi_crs_geographic(crs), "EPSG:4326");
        assert_int_equal(project(crs, 116.4, 39.9, &own_x, &own_y), WANMI_REASON_NONE);
        assert_near(own_x, own_y, 54275.914765, 4418426.859924, 1e-5);
        wanmi_crs_release(crs);
    }
}

/* A shift in the definition itself is used, and is no ballpark. */
static void shift_in_the_definition(void **state)
{
    (void)state;
    wanmi_crs *with = make("+proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass +towgs84=15.8,-154.4,-82.3", NULL, 0);
    wanmi_crs *without = make("EPSG:2436", NULL, 1);
    double ax, ay, bx, by;
    assert_int_equal(project(with, 116.4, 39.9, &ax, &ay), WANMI_REASON_NONE);
    assert_int_equal(project(without, 116.4, 39.9, &bx, &by), WANMI_REASON_NONE);
    assert_int_equal(wanmi_crs_is_ballpark(with), 0);
    assert_string_equal(wanmi_crs_warning(with), "");
    assert_true(hypot(ax - bx, ay - by) > 30 && hypot(ax - bx, ay - by) < 100);
    wanmi_crs_release(with);
    wanmi_crs_release(without);
}

/* ---- refused --------------------------------------------------------------------- */

typedef struct refusal {
    const char *definition;
    wanmi_status status;
    const char *words;
} refusal;

static void definitions_that_are_refused(void **state)
{
    (void)state;
    static const refusal all[] = {
        {"nonsense", WANMI_E_CRS_DEFINITION, "cannot read"},
        {"EPSG:99999", WANMI_E_CRS_DEFINITION, "EPSG:99999"},
        /* PROJ finds one CRS whose name holds these: none that was asked for. */
        {"4548", WANMI_E_CRS_DEFINITION, "no code such as EPSG:4548"},
        {"SCAR IMW ST45", WANMI_E_CRS_DEFINITION, "whole name"},
        {"+proj=foo", WANMI_E_CRS_DEFINITION, "cannot read"},
        {"PROJCS[\"x\",GEOGCS[", WANMI_E_CRS_DEFINITION, "cannot read"},
        {"{\"type\": \"nothing\"}", WANMI_E_CRS_DEFINITION, "cannot read"},
        {DEGREES "+step +proj=utm +zone=50", WANMI_E_CRS_DEFINITION, "something else"},
        {"EPSG:4490", WANMI_E_CRS_UNITS, "geographic"},
        {"EPSG:4326", WANMI_E_CRS_UNITS, "geographic"},
        {"EPSG:4978", WANMI_E_CRS_UNITS, "geocentric"},
        {"EPSG:5773", WANMI_E_CRS_UNITS, "vertical"},
        {"EPSG:7405", WANMI_E_CRS_UNITS, "compound"},
        {"EPSG:2263", WANMI_E_CRS_UNITS, "0.3048006096 m"},
        {"+proj=utm +zone=50 +datum=WGS84 +units=us-ft", WANMI_E_CRS_UNITS, "not in metres"},
        {"+proj=utm +zone=50 +datum=WGS84 +units=km", WANMI_E_CRS_UNITS, "1000 m"},
        {"EPSG:2053", WANMI_E_CRS_UNITS, "not east and north"},
        {"+proj=tmerc +lon_0=116.35 +ellps=GRS80", WANMI_E_CRS_BALLPARK, "CGCS2000"},
        {"EPSG:2436", WANMI_E_CRS_BALLPARK, "67 m"},
        {"EPSG:2364", WANMI_E_CRS_BALLPARK, "Xi'an 1980"},
        {FALSE_NAME, WANMI_E_CRS_BALLPARK, "ballpark"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        wanmi_crs *crs = NULL;
        wanmi_error error = {0};
        if (wanmi_crs_create(all[i].definition, NULL, NULL, &crs, &error) != all[i].status)
            fail_msg("%s: %s %s", all[i].definition, wanmi_status_name(error.status), error.message);
        assert_null(crs);
        assert_int_equal(error.status, all[i].status);
        if (strstr(error.message, all[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", error.message, all[i].words);
        assert_int_equal(wanmi_crs_create(all[i].definition, NULL, NULL, &crs, NULL), all[i].status);
    }
}

static void a_whole_name_is_taken(void **state)
{
    (void)state;
    wanmi_crs *crs = make("CGCS2000 / 3-degree Gauss-Kruger CM 117E", NULL, 0);
    assert_int_equal(wanmi_crs_epsg(crs), 4548);
    wanmi_crs_release(crs);
}

static void ballpark_tells_the_ways_out(void **state)
{
    (void)state;
    static const char definition[] = "+proj=tmerc +lon_0=116.35 +x_0=50000 +ellps=GRS80";
    wanmi_crs *crs = NULL;
    wanmi_error error;
    assert_int_equal(wanmi_crs_create(definition, NULL, NULL, &crs, &error), WANMI_E_CRS_BALLPARK);
    assert_non_null(strstr(error.message, "pipeline"));
    assert_non_null(strstr(error.message, "allow a ballpark"));
    assert_non_null(strstr(error.message, "WKT based on CGCS2000"));
    assert_string_equal(error.value, definition);
    crs = make(definition, NULL, 1);
    assert_int_equal(wanmi_crs_is_ballpark(crs), 1);
    assert_true(wanmi_crs_accuracy(crs) < 0);
    wanmi_crs_release(crs);
    /* Allowing one does not prefer one. */
    crs = make("EPSG:4548", NULL, 1);
    assert_int_equal(wanmi_crs_is_ballpark(crs), 0);
    wanmi_crs_release(crs);
}

static char logged[1024];

static void keep_log(void *user, wanmi_log_level level, const char *message)
{
    (void)user;
    assert_int_equal(level, WANMI_LOG_WARNING);
    snprintf(logged, sizeof logged, "%s", message);
}

static void old_datums_are_warned_of(void **state)
{
    (void)state;
    wanmi_host host;
    wanmi_host_init(&host);
    host.log.write = keep_log;
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.allow_ballpark = 1;
    static const char *const old[] = {"EPSG:2436", "EPSG:2364", "EPSG:2362", "EPSG:21420"};
    for (size_t i = 0; i < sizeof old / sizeof old[0]; i++) {
        wanmi_crs *crs = NULL;
        logged[0] = '\0';
        assert_int_equal(wanmi_crs_create(old[i], &options, &host, &crs, NULL), WANMI_OK);
        assert_int_equal(wanmi_crs_is_ballpark(crs), 1);
        assert_non_null(strstr(wanmi_crs_warning(crs), "67 m near Beijing"));
        assert_non_null(strstr(logged, old[i]));
        wanmi_crs_release(crs);
    }
    wanmi_crs *crs = make("EPSG:2436", DEGREES SHIFT "+x=-15.8 +y=154.4 +z=82.3 " UNSHIFT
                          "+step +proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass", 0);
    assert_string_equal(wanmi_crs_warning(crs), "");
    assert_int_equal(wanmi_crs_is_ballpark(crs), 0);
    wanmi_crs_release(crs);
}

/* ---- operations -------------------------------------------------------------------- */

static void given_operations(void **state)
{
    (void)state;
    static const char seven[] = DEGREES SHIFT "+x=-15.8 +y=154.4 +z=82.3 +rx=0.1 +ry=0.2 +rz=-0.3 +s=1.5 "
        "+convention=position_vector " UNSHIFT "+step +proj=tmerc +lon_0=117 +x_0=500000 +ellps=krass";
    static const char four[] = DEGREES "+step +proj=tmerc +lon_0=117 +x_0=500000 +ellps=GRS80 "
        "+step +proj=helmert +x=-300000 +y=-4000000 +theta=3600 +s=1.00001 +convention=coordinate_frame";
    wanmi_crs *crs = make("EPSG:2436", seven, 0);
    assert_string_equal(wanmi_crs_operation(crs), seven);
    assert_true(wanmi_crs_accuracy(crs) < 0);
    double x, y;
    assert_int_equal(project(crs, 116.4, 39.9, &x, &y), WANMI_REASON_NONE);
    wanmi_crs_release(crs);
    /* What cs2cs's sibling cct gives for the same pipeline. */
    PJ_CONTEXT *context = proj_context_create();
    PJ *operation = proj_create(context, seven);
    PJ_COORD c = proj_trans(operation, PJ_FWD, proj_coord(116.4, 39.9, 0, 0));
    assert_near(x, y, c.xy.x, c.xy.y, 0);
    proj_destroy(operation);
    proj_context_destroy(context);
    /* A rotation of a whole degree. */
    crs = make("EPSG:4548", four, 0);
    assert_int_equal(project(crs, 116.4, 39.9, &x, &y), WANMI_REASON_NONE);
    double east, north;
    assert_int_equal(project(crs, 116.41, 39.9, &east, &north), WANMI_REASON_NONE);
    assert_near(fabs(atan2(north - y, east - x)) * 180 / M_PI, 0, 1, 0, 0.5);
    wanmi_crs_release(crs);
}

static void operations_that_are_refused(void **state)
{
    (void)state;
    static const refusal all[] = {
        {"+proj=foo", WANMI_E_CRS_OPERATION, "cannot be made: "},
        {"EPSG:4326", WANMI_E_CRS_OPERATION, "is a CRS"},
        {"+proj=tmerc +lon_0=117 +ellps=GRS80", WANMI_E_CRS_OPERATION, "radians"},
        {DEGREES "+step +proj=tmerc +lon_0=117 +ellps=GRS80 +step +proj=axisswap +order=2,1",
         WANMI_E_CRS_OPERATION, "northing before easting"},
        {DEGREES "+step +proj=axisswap +order=2,1 +step +proj=tmerc +lon_0=117 +ellps=GRS80",
         WANMI_E_CRS_OPERATION, "operation"},
        {DEGREES "+step +proj=unitconvert +xy_in=rad +xy_out=deg", WANMI_E_CRS_OPERATION, "metres"},
        {DEGREES "+step +proj=utm +zone=50 +step +proj=unitconvert +xy_in=m +xy_out=km",
         WANMI_E_CRS_OPERATION, "metres"},
        {DEGREES "+step +proj=hgridshift +grids=absent.gsb +step +proj=utm +zone=50",
         WANMI_E_CRS_OPERATION, "operation"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        wanmi_crs_options options;
        wanmi_crs_options_init(&options);
        options.operation = all[i].definition;
        wanmi_crs *crs = NULL;
        wanmi_error error;
        if (wanmi_crs_create("EPSG:4548", &options, NULL, &crs, &error) != all[i].status)
            fail_msg("'%s' was taken", all[i].definition);
        assert_null(crs);
        if (strstr(error.message, all[i].words) == NULL)
            fail_msg("'%s' does not say '%s'", error.message, all[i].words);
    }
}

/* The stored text does what PROJ's own operation does, and may be given back. */
static void the_text_is_the_operation(void **state)
{
    (void)state;
    static const struct { const char *from, *to; double meridian; } all[] = {
        {"EPSG:4490", "EPSG:4548", 117}, {"EPSG:4490", "EPSG:4526", 114}, {"EPSG:4326", "EPSG:32618", -75},
        {"EPSG:4326", "EPSG:32650", 117}, {"EPSG:4326", "EPSG:2326", 114.1}, {"EPSG:4490", LOCAL_WKT2, 116.35}};
    test_random random = {4548};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        wanmi_crs *first = make(all[i].to, NULL, 0);
        wanmi_crs *crs = make(all[i].to, wanmi_crs_operation(first), 0);
        wanmi_transform *transform = session(crs);
        PJ_CONTEXT *context = proj_context_create();
        PJ *raw = proj_create_crs_to_crs(context, all[i].from, all[i].to, NULL);
        PJ *operation = proj_normalize_for_visualization(context, raw);
        assert_non_null(operation);
        for (int k = 0; k < 1000; k++) {
            double lon = all[i].meridian + test_uniform(&random, -1.5, 1.5), x, y;
            double lat = test_uniform(&random, 22, 23);
            uint8_t reason;
            assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, &lon, 0, &lat, 0, &x,
                                                     &y, &reason, NULL), WANMI_OK);
            PJ_COORD c = proj_trans(operation, PJ_FWD, proj_coord(lon, lat, 0, 0));
            assert_near(x, y, c.xy.x, c.xy.y, 1e-9);
        }
        proj_destroy(operation);
        proj_destroy(raw);
        proj_context_destroy(context);
        wanmi_transform_free(transform);
        wanmi_crs_release(first);
        wanmi_crs_release(crs);
    }
}

/* Hong Kong 1980 over London, and British National Grid with and without an area. */
static void areas_choose_among_operations(void **state)
{
    (void)state;
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.west = -0.5, options.south = 51.3, options.east = 0.3, options.north = 51.7;
    wanmi_crs *crs = NULL;
    wanmi_error error;
    if (wanmi_crs_create("EPSG:27700", &options, NULL, &crs, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(wanmi_crs_is_ballpark(crs), 0);
    assert_string_equal(wanmi_crs_geographic(crs), "EPSG:4326");
    double x, y;
    assert_int_equal(project(crs, -0.1276, 51.5072, &x, &y), WANMI_REASON_NONE);
    assert_near(x, y, 530050, 180375, 100);
    wanmi_crs_release(crs);
    static const double wrong[][4] = {{-181, 0, 1, 1}, {0, 0, 181, 1}, {0, -91, 1, 1}, {0, 0, 1, 91},
                                      {0, 2, 1, 1}, {NAN, 0, 1, 1}, {0, 0, INFINITY, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        options.west = wrong[i][0], options.south = wrong[i][1];
        options.east = wrong[i][2], options.north = wrong[i][3];
        crs = NULL;
        assert_int_equal(wanmi_crs_create("EPSG:27700", &options, NULL, &crs, NULL), WANMI_E_ARGUMENT);
        assert_null(crs);
    }
}

static void arguments(void **state)
{
    (void)state;
    wanmi_crs *crs = NULL;
    wanmi_crs_options options = {0};
    assert_int_equal(wanmi_crs_create(NULL, NULL, NULL, &crs, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_crs_create("", NULL, NULL, &crs, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_crs_create("EPSG:4548", NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_crs_create("EPSG:4548", &options, NULL, &crs, NULL), WANMI_E_ARGUMENT);
    options.struct_size = sizeof options + 1;
    assert_int_equal(wanmi_crs_create("EPSG:4548", &options, NULL, &crs, NULL), WANMI_E_ARGUMENT);
    options.struct_size = offsetof(wanmi_crs_options, allow_ballpark);     /* an older caller's */
    options.west = NAN;
    assert_int_equal(wanmi_crs_create("EPSG:4548", &options, NULL, &crs, NULL), WANMI_OK);
    assert_ptr_equal(wanmi_crs_retain(crs), crs);
    wanmi_crs_release(crs);
    wanmi_crs_release(crs);
    wanmi_crs_release(NULL);
    assert_null(wanmi_crs_retain(NULL));
    wanmi_transform *transform = NULL;
    assert_int_equal(wanmi_transform_create(NULL, &transform, NULL), WANMI_E_ARGUMENT);
    wanmi_transform_free(NULL);
}

/* ---- the database ---------------------------------------------------------------------- */

static void without_a_database(void **state)
{
    (void)state;
    char folder[256], path[300];
    snprintf(folder, sizeof folder, "%s/empty", test_folder());
    mkdir(folder, 0700);
    wanmi_host host;
    wanmi_host_init(&host);
    host.proj_data = folder;
    static const char *const definitions[] = {"EPSG:4548", "+proj=tmerc +lon_0=117 +datum=WGS84", "nonsense"};
    for (int damaged = 0; damaged < 2; damaged++) {
        for (size_t i = 0; i < 3; i++) {
            wanmi_crs *crs = NULL;
            wanmi_error error;
            assert_int_equal(wanmi_crs_create(definitions[i], NULL, &host, &crs, &error), WANMI_E_CRS_DATABASE);
            assert_null(crs);
            assert_non_null(strstr(error.message, "proj.db"));
            assert_string_equal(error.file, folder);
        }
        snprintf(path, sizeof path, "%s/proj.db", folder);
        FILE *file = fopen(path, "w");
        fputs("this is no database", file);
        fclose(file);
    }
}

/* The host's folder is used, whatever the environment says. */
static void with_a_database_elsewhere(void **state)
{
    (void)state;
    PJ_CONTEXT *context = proj_context_create();
    char from[512], to[300];
    snprintf(from, sizeof from, "%s", proj_context_get_database_path(context));
    proj_context_destroy(context);
    snprintf(to, sizeof to, "%s/proj.db", test_folder());
    assert_int_equal(symlink(from, to), 0);
    setenv("PROJ_LIB", "/nowhere", 1);
    setenv("PROJ_DATA", "/nowhere", 1);
    wanmi_host host;
    wanmi_host_init(&host);
    host.proj_data = test_folder();
    wanmi_crs *crs = NULL;
    assert_int_equal(wanmi_crs_create("EPSG:4548", NULL, &host, &crs, NULL), WANMI_OK);
    wanmi_transform_free(session(crs));
    wanmi_crs_release(crs);
    unsetenv("PROJ_LIB");
    unsetenv("PROJ_DATA");
}

/* Neither PROJ nor this library prints anything, whatever goes wrong. */
static void nothing_is_printed(void **state)
{
    char path[300];
    snprintf(path, sizeof path, "%s/printed", test_folder());
    int kept = dup(2), file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    dup2(file, 2);
    definitions_that_are_refused(state);
    operations_that_are_refused(state);
    without_a_database(state);
    dup2(kept, 2);
    close(kept);
    assert_int_equal(lseek(file, 0, SEEK_END), 0);
    close(file);
}

static wanmi_status use_all(const wanmi_host *host, void *user)
{
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = user;
    wanmi_host own = *host;
    own.zone_data = "/somewhere";
    wanmi_crs *crs = NULL;
    wanmi_transform *transform = NULL;
    wanmi_status status = wanmi_crs_create("+proj=tmerc +lon_0=117 +x_0=500000 +datum=WGS84", &options, &own,
                                           &crs, NULL);
    if (status == WANMI_OK)
        status = wanmi_transform_create(crs, &transform, NULL);
    wanmi_crs_release(crs);
    if (status == WANMI_OK) {
        double lon = 116.4, lat = 39.9, x, y;
        uint8_t reason;
        status = wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, &lon, 0, &lat, 0, &x, &y, &reason,
                                         NULL);
    }
    wanmi_transform_free(transform);
    return status;
}

static void every_allocation_fails(void **state)
{
    (void)state;
    assert_true(test_fail_each(use_all, NULL) >= 10);
    assert_true(test_fail_each(use_all, (void *)(DEGREES "+step +proj=utm +zone=50")) >= 10);
}

static void names_of_datums(void **state)
{
    (void)state;
    static const char *const names[] = {"wgs84", "cgcs2000", "gcj02", "bd09", "map"};
    for (int i = 0; i < 5; i++) {
        wanmi_datum datum = (wanmi_datum)99;
        assert_int_equal(wanmi_datum_parse(names[i], &datum, NULL), WANMI_OK);
        assert_int_equal(datum, i);
        assert_string_equal(wanmi_datum_name((wanmi_datum)i), names[i]);
    }
    static const char *const wrong[] = {"", "WGS84", "gcj", "wgs84 ", "bd-09"};
    for (int i = 0; i < 5; i++) {
        wanmi_datum datum = (wanmi_datum)99;
        wanmi_error error;
        assert_int_equal(wanmi_datum_parse(wrong[i], &datum, &error), WANMI_E_CRS_DATUM);
        assert_int_equal(datum, 99);
        assert_string_equal(error.value, wrong[i]);
    }
    assert_int_equal(wanmi_datum_parse(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_string_equal(wanmi_datum_name((wanmi_datum)5), "unknown");
    assert_string_equal(wanmi_datum_name((wanmi_datum)-1), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_zones_of_cgcs2000),
        cmocka_unit_test(vectors_of_an_independent_call),
        cmocka_unit_test(local_systems),
        cmocka_unit_test(shift_in_the_definition),
        cmocka_unit_test(definitions_that_are_refused),
        cmocka_unit_test(a_whole_name_is_taken),
        cmocka_unit_test(ballpark_tells_the_ways_out),
        cmocka_unit_test(old_datums_are_warned_of),
        cmocka_unit_test(given_operations),
        cmocka_unit_test(operations_that_are_refused),
        cmocka_unit_test(the_text_is_the_operation),
        cmocka_unit_test(areas_choose_among_operations),
        cmocka_unit_test(arguments),
        cmocka_unit_test(without_a_database),
        cmocka_unit_test(with_a_database_elsewhere),
        cmocka_unit_test(nothing_is_printed),
        cmocka_unit_test(every_allocation_fails),
        cmocka_unit_test(names_of_datums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
