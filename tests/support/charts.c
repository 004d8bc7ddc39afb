/* See charts.h. */
#include "charts.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "wanmi_config.h"

#define DEGREES "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
#define ROTATED DEGREES "+step +proj=tmerc +lat_0=0 +lon_0=116.35 +k=1 +x_0=50000 +y_0=-4000000 " \
    "+ellps=GRS80 +step +proj=helmert +x=1000 +y=-2000 +theta=7200 +s=1.00001 +convention=position_vector"
#define OLD_DATUM DEGREES "+step +proj=push +v_3 +step +proj=cart +ellps=GRS80 +step +proj=helmert " \
    "+x=-15.8 +y=154.4 +z=82.3 +step +inv +proj=cart +ellps=krass +step +proj=pop +v_3 " \
    "+step +proj=tmerc +lat_0=0 +lon_0=117 +k=1 +x_0=500000 +y_0=0 +ellps=krass"

const test_chart_case test_chart_cases[] = {
    {"district", "EPSG:4548", NULL, WANMI_DATUM_WGS84, 117.0, 39.5, 117.09, 39.63, 100000, 1},
    {"city", "EPSG:4548", NULL, WANMI_DATUM_CGCS2000, 116.2, 39.7, 116.7, 40.1, 100000, 1},
    {"city, easting with zone", "EPSG:4527", NULL, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, 100000, 1},
    {"far from the meridian", "EPSG:4527", NULL, WANMI_DATUM_WGS84, 121.2, 31, 121.8, 31.5, 50000, 1},
    {"UTM, west", "EPSG:32618", NULL, WANMI_DATUM_WGS84, -74.3, 40.4, -73.7, 41, 50000, 1},
    {"UTM, south", "EPSG:32756", NULL, WANMI_DATUM_WGS84, 150.9, -34.1, 151.4, -33.6, 50000, 1},
    {"web Mercator", "EPSG:3857", NULL, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, 50000, 1},
    {"Lambert's conic", "EPSG:2154", NULL, WANMI_DATUM_WGS84, 2.1, 48.7, 2.6, 49, 50000, 1},
    {"rotated", "EPSG:4548", ROTATED, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, 50000, 1},
    {"datum shift", "EPSG:4548", OLD_DATUM, WANMI_DATUM_WGS84, 116.2, 39.7, 116.7, 40.1, 50000, 1},
    {"across the equator and Greenwich", "EPSG:32631", NULL, WANMI_DATUM_WGS84, -0.2, -0.2, 0.3, 0.2, 50000, 1},
    {"province", "EPSG:4548", NULL, WANMI_DATUM_WGS84, 113.5, 36, 119.9, 42.6, 50000, 1},
    {"China", "EPSG:4548", NULL, WANMI_DATUM_WGS84, 73, 18, 135, 54, 50000, 0.98},
    {"district, GCJ-02", "EPSG:4548", NULL, WANMI_DATUM_GCJ02, 117.0, 39.5, 117.09, 39.63, 20000, 1},
    {"city, GCJ-02", "EPSG:4527", NULL, WANMI_DATUM_GCJ02, 116.2, 39.7, 116.7, 40.1, 10000, 1},
    {"kink of GCJ-02", "EPSG:4525", NULL, WANMI_DATUM_GCJ02, 104.95, 30.4, 105.05, 30.5, 10000, 0.95},
    {"border of GCJ-02", "EPSG:4533", NULL, WANMI_DATUM_GCJ02, 137.78, 40, 137.86, 40.1, 10000, 0.5},
    {"street, BD-09", "EPSG:4548", NULL, WANMI_DATUM_BD09, 117.0, 39.5, 117.03, 39.53, 5000, 1},
};
const size_t test_chart_case_count = sizeof test_chart_cases / sizeof test_chart_cases[0];

bool test_has_datum(wanmi_datum datum)
{
    return WM_HAVE_GCJ02 || (datum != WANMI_DATUM_GCJ02 && datum != WANMI_DATUM_BD09);
}

wanmi_crs *test_chart_crs(const test_chart_case *c)
{
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = c->operation;
    wanmi_crs *crs = NULL;
    wanmi_error error;
    if (wanmi_crs_create(c->definition, &options, NULL, &crs, &error) != WANMI_OK)
        fail_msg("%s: %s", c->name, error.message);
    return crs;
}

wanmi_transform *test_chart_transform(wanmi_crs *crs)
{
    wanmi_transform *transform = NULL;
    assert_int_equal(wanmi_transform_create(crs, &transform, NULL), WANMI_OK);
    return transform;
}

wanmi_chart *test_chart(wanmi_crs *crs, const test_chart_case *c, wanmi_kernel kernel)
{
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.kernel = kernel;
    options.boxes_max = c->covered < 1 && c->datum == WANMI_DATUM_GCJ02 ? 128 : 512;
    wanmi_chart *chart = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_chart_create(crs, c->datum, c->west, c->south, c->east, c->north,
                                             &options, NULL, &chart, &error);
    if (status != WANMI_OK && status != WANMI_E_UNSUPPORTED)
        fail_msg("%s: %s", c->name, error.message);
    return chart;
}

/* An edge, or the next double on either side of it. */
static double near_edge(test_random *random, double low, double high, uint32_t parts)
{
    uint32_t k = test_below(random, parts + 1);
    double edge = k == parts ? high : low + (high - low) / parts * k;
    switch (test_below(random, 4)) {
    case 0: return nextafter(edge, -INFINITY);
    case 1: return nextafter(edge, INFINITY);
    case 2: return edge + test_uniform(random, -1, 1) * pow(10, test_uniform(random, -14, -4));
    default: return edge;
    }
}

size_t test_chart_points(const wanmi_chart *chart, test_random *random, size_t uniform, size_t room,
                         double *lon, double *lat)
{
    wanmi_chart_view v;
    wanmi_chart_view_init(&v);
    assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_OK);
    size_t n = 0;
    for (; n < uniform && n < room; n++) {
        lon[n] = test_uniform(random, v.west, v.east);
        lat[n] = test_uniform(random, v.south, v.north);
    }
    for (size_t k = 0; k < uniform / 2 && n < room; k++, n++) {
        bool on_column = k % 3 != 0, on_row = k % 3 != 1;
        lon[n] = on_column ? near_edge(random, v.west, v.east, v.columns)
                           : test_uniform(random, v.west, v.east);
        lat[n] = on_row ? near_edge(random, v.south, v.north, v.rows)
                        : test_uniform(random, v.south, v.north);
    }
    return n;
}
