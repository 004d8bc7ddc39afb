/* Charts: what is refused, what is known of one, and the laws of its arrays. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "charts.h"
#include "wanmi_config.h"

static const test_chart_case city = {"city", "EPSG:4548", NULL, WANMI_DATUM_WGS84, 116.2, 39.7,
                                     116.7, 40.1, 0, 1};

static wanmi_status create(wanmi_crs *crs, const test_chart_case *c, const wanmi_chart_options *options,
                           wanmi_chart **chart, wanmi_error *error)
{
    return wanmi_chart_create(crs, c->datum, c->west, c->south, c->east, c->north, options, NULL,
                              chart, error);
}

/* ---- making ------------------------------------------------------------------------- */

static void refuses(wanmi_crs *crs, const wanmi_chart_options *options, const test_chart_case *c,
                    wanmi_status expected)
{
    wanmi_chart *chart = (wanmi_chart *)(void *)crs;     /* a mark that must stay */
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(create(crs, c, options, &chart, &error), expected);
    assert_int_equal(error.status, expected);
    assert_true(error.message[0] != '\0');
    assert_ptr_equal(chart, crs);
    assert_int_equal(create(crs, c, options, &chart, NULL), expected);
}

static void options_are_checked(void **state)
{
    (void)state;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart_options fresh, o;
    wanmi_chart_options_init(&fresh);
    o = fresh, o.struct_size = 0, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.struct_size = sizeof o + 1, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.bound_m = 0, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.bound_m = -1, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.bound_m = NAN, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.degree = 2, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.degree = 9, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.boxes_max = 0, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.boxes_max = 4097, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    o = fresh, o.kernel = (wanmi_kernel)5, refuses(crs, &o, &city, WANMI_E_ARGUMENT);
    wanmi_crs_release(crs);
}

static void areas_and_datums_are_checked(void **state)
{
    (void)state;
    wanmi_crs *crs = test_chart_crs(&city);
    test_chart_case c = city;
    c.west = 117, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.south = 41, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.east = 180.1, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.south = -90.1, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.west = NAN, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.north = INFINITY, refuses(crs, NULL, &c, WANMI_E_ARGUMENT), c = city;
    c.datum = WANMI_DATUM_MAP, refuses(crs, NULL, &c, WANMI_E_CRS_DATUM);
    c.datum = (wanmi_datum)9, refuses(crs, NULL, &c, WANMI_E_CRS_DATUM);
    wanmi_chart *chart;
    assert_int_equal(create(NULL, &city, NULL, &chart, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(create(crs, &city, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_chart_release(NULL);
    assert_null(wanmi_chart_retain(NULL));
    wanmi_crs_release(crs);
}

/* A prototype took degree 3 at this scale, and put points into wrong cells. */
static void degree_3_of_a_city_is_refused(void **state)
{
    (void)state;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.degree = 3;
    options.boxes_max = 1;
    refuses(crs, &options, &city, WANMI_E_CRS_CHART);
    wanmi_error error;
    wanmi_chart *chart = NULL;
    create(crs, &city, &options, &chart, &error);
    assert_non_null(strstr(error.message, "degree 3"));
    options.bound_m = 1;                /* the same fit serves who asks for less */
    assert_int_equal(create(crs, &city, &options, &chart, NULL), WANMI_OK);
    assert_true(wanmi_chart_error_m(chart) > 1e-5 && wanmi_chart_error_m(chart) <= 1e-2);
    wanmi_chart_release(chart);
    options.bound_m = 1e-6;             /* and with enough boxes it meets the bound */
    options.boxes_max = 4096;
    assert_int_equal(create(crs, &city, &options, &chart, NULL), WANMI_OK);
    assert_true(wanmi_chart_box_count(chart) >= 16);
    assert_int_equal(wanmi_chart_degree(chart), 3);
    assert_true(wanmi_chart_error_m(chart) <= 1e-8);
    wanmi_chart_release(chart);
    wanmi_crs_release(crs);
}

static void a_bound_below_rounding_is_refused(void **state)
{
    (void)state;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.bound_m = 1e-9;
    options.boxes_max = 4;
    refuses(crs, &options, &city, WANMI_E_CRS_CHART);
    wanmi_crs_release(crs);
}

static void what_the_datum_refuses_is_refused(void **state)
{
    (void)state;
    test_chart_case c = city;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.boxes_max = 4;
    c.datum = WANMI_DATUM_GCJ02, c.west = 10, c.east = 10.5;
    refuses(crs, &options, &c, WM_HAVE_GCJ02 ? WANMI_E_CRS_CHART : WANMI_E_CRS_DATUM);
    wanmi_crs_release(crs);
}

static void what_is_known_of_a_chart(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart *chart = NULL;
    assert_int_equal(wanmi_chart_create(crs, city.datum, city.west, city.south, city.east, city.north,
                                        NULL, &host, &chart, NULL), WANMI_OK);
    wanmi_crs_release(crs);             /* the chart keeps it */
    assert_true(wanmi_chart_bound_m(chart) == 1e-6);
    assert_true(wanmi_chart_error_m(chart) > 0 && wanmi_chart_error_m(chart) <= 1e-8);
    assert_true(wanmi_chart_covered(chart) == 1);
    assert_int_equal(wanmi_chart_box_count(chart), 1);
    assert_in_range(wanmi_chart_degree(chart), 4, 6);
    assert_int_equal(wanmi_chart_bytes(chart), memory.held_bytes);
    assert_int_not_equal(wanmi_chart_kernel(chart), WANMI_KERNEL_AUTO);
    assert_int_equal(wanmi_chart_datum(chart), WANMI_DATUM_WGS84);
    assert_ptr_equal(wanmi_chart_retain(chart), chart);
    wanmi_chart_release(chart);
    double lon = 116.4, lat = 39.9, x, y;
    uint8_t reason;
    assert_int_equal(wanmi_chart_forward(chart, NULL, 1, &lon, 0, &lat, 0, &x, &y, &reason, NULL, NULL),
                     WANMI_OK);
    assert_int_equal(reason, WANMI_REASON_NONE);
    wanmi_chart_release(chart);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

/* An area of one point is widened; a wide one keeps its edges. */
static void areas_are_widened(void **state)
{
    (void)state;
    test_chart_case c = city;
    c.west = c.east = 116.4, c.south = c.north = 39.9;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart *chart = test_chart(crs, &c, WANMI_KERNEL_AUTO);
    wanmi_chart_view v;
    wanmi_chart_view_init(&v);
    assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_OK);
    assert_true(fabs(v.east - v.west - 0.01) < 1e-12 && fabs(v.west - 116.395) < 1e-12);
    assert_true(fabs(v.north - v.south - 0.01) < 1e-12 && fabs(v.south - 39.895) < 1e-12);
    wanmi_chart_release(chart);
    chart = test_chart(crs, &city, WANMI_KERNEL_AUTO);
    assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_OK);
    assert_true(v.west == city.west && v.east == city.east && v.south == city.south &&
                v.north == city.north);
    wanmi_chart_release(chart);
    wanmi_crs_release(crs);
}

/* ---- arrays ------------------------------------------------------------------------- */

enum { MANY = 5000 };

typedef struct answers {
    double x[MANY], y[MANY];
    uint8_t reasons[MANY], covered[MANY];
} answers;

static void forward(const wanmi_chart *chart, wanmi_transform *transform, size_t count,
                    const double *lon, const double *lat, answers *a)
{
    memset(a, 0xAA, sizeof *a);
    assert_int_equal(wanmi_chart_forward(chart, transform, count, lon, 0, lat, 0, a->x, a->y,
                                         a->reasons, a->covered, NULL), WANMI_OK);
}

/* Positions of all kinds, many of them bad; those from 1,024 to 2,047 (a block)
 * are good and lie in one box, also of many. */
static void draw(double *lon, double *lat)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 180, -180, 180.5, -181, 90, -90, 90.5,
                                 -91, 0, -0.0, 1e308, -1e308, 5e-324, 116.2, 116.7, 39.7, 40.1};
    test_random random = {7};
    for (size_t i = 0; i < MANY; i++) {
        lon[i] = test_uniform(&random, 116.1, 116.8);
        lat[i] = test_uniform(&random, 39.6, 40.2);
        if (i % 5 == 0)
            lon[i] = bad[test_below(&random, sizeof bad / sizeof bad[0])];
        if (i % 7 == 0)
            lat[i] = bad[test_below(&random, sizeof bad / sizeof bad[0])];
        if (i / 1024 == 1) {
            lon[i] = test_uniform(&random, 116.4, 116.4005);
            lat[i] = test_uniform(&random, 39.905, 39.9055);
        }
    }
}

static bool same(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

/* One box, and many: forced to degree 3. */
static wanmi_chart *city_chart(wanmi_crs *crs, bool many, wanmi_kernel kernel)
{
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.degree = many ? 3 : 0;
    options.kernel = kernel;
    wanmi_chart *chart = NULL;
    wanmi_status status = create(crs, &city, &options, &chart, NULL);
    assert_true(status == WANMI_OK || status == WANMI_E_UNSUPPORTED);
    return chart;
}

static void bad_positions_get_the_same_reasons(void **state)
{
    (void)state;
    static double lon[MANY], lat[MANY];
    static answers a, alone, reference;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_transform *transform = test_chart_transform(crs);
    draw(lon, lat);
    wanmi_transform_forward(transform, WANMI_DATUM_WGS84, MANY, lon, 0, lat, 0, reference.x,
                            reference.y, reference.reasons, NULL);
    for (int n = 0; n < 2 * (WANMI_KERNEL_X86_64_V4 + 1); n++) {
        wanmi_chart *chart = city_chart(crs, n % 2 != 0, (wanmi_kernel)(n / 2));
        if (chart == NULL)
            continue;
        forward(chart, transform, MANY, lon, lat, &a);
        forward(chart, NULL, MANY, lon, lat, &alone);
        for (size_t i = 0; i < MANY; i++) {
            bool inside = lon[i] >= city.west && lon[i] <= city.east && lat[i] >= city.south &&
                          lat[i] <= city.north;
            assert_int_equal(a.covered[i], inside);
            assert_int_equal(alone.covered[i], inside);
            assert_int_equal(a.reasons[i], reference.reasons[i]);
            if (inside) {
                assert_true(hypot(a.x[i] - reference.x[i], a.y[i] - reference.y[i]) <= 1e-8);
                assert_true(same(a.x[i], alone.x[i]) && same(a.y[i], alone.y[i]));
                continue;
            }
            assert_true(same(a.x[i], reference.x[i]) && same(a.y[i], reference.y[i]));
            assert_true(isnan(alone.x[i]) && isnan(alone.y[i]));
            uint8_t reason = reference.reasons[i] == WANMI_REASON_NONE ||
                             reference.reasons[i] == WANMI_REASON_PROJECTION
                                 ? WANMI_REASON_UNCOVERED : reference.reasons[i];
            assert_int_equal(alone.reasons[i], reason);
        }
        wanmi_chart_release(chart);
    }
    wanmi_transform_free(transform);
    wanmi_crs_release(crs);
}

typedef struct record {
    char head[3];
    double lon;
    float between;
    double lat;
} __attribute__((packed)) record;

/* Batch, one by one, in place, crossed in place, strided and unaligned. */
static void every_layout_gives_the_same_bits(void **state)
{
    (void)state;
    static double lon[MANY], lat[MANY], in_x[MANY], in_y[MANY];
    static record records[MANY];
    static answers a, b;
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_transform *transform = test_chart_transform(crs);
    draw(lon, lat);
    for (int many = 0; many < 2; many++) {
        wanmi_chart *chart = city_chart(crs, many != 0, WANMI_KERNEL_AUTO);
        forward(chart, transform, MANY, lon, lat, &a);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(wanmi_chart_forward(chart, transform, 1, &lon[i], 0, &lat[i], 0, &b.x[i],
                                                 &b.y[i], &b.reasons[i], NULL, NULL), WANMI_OK);
            assert_true(same(a.x[i], b.x[i]) && same(a.y[i], b.y[i]));
            records[i].lon = lon[i], records[i].lat = lat[i];
        }
        assert_memory_equal(a.reasons, b.reasons, MANY);
        const char *base = (const char *)records;
        assert_int_equal(wanmi_chart_forward(chart, transform, MANY,
                                             (const double *)(const void *)(base + 3), sizeof(record),
                                             (const double *)(const void *)(base + 15), sizeof(record),
                                             b.x, b.y, b.reasons, b.covered, NULL), WANMI_OK);
        for (size_t i = 0; i < MANY; i++)
            assert_true(same(a.x[i], b.x[i]) && same(a.y[i], b.y[i]) && a.covered[i] == b.covered[i]);
        for (int crossed = 0; crossed < 2; crossed++) {
            memcpy(in_x, crossed ? lat : lon, sizeof in_x);
            memcpy(in_y, crossed ? lon : lat, sizeof in_y);
            assert_int_equal(wanmi_chart_forward(chart, transform, MANY, crossed ? in_y : in_x, 0,
                                                 crossed ? in_x : in_y, 0, in_x, in_y, b.reasons, NULL,
                                                 NULL), WANMI_OK);
            for (size_t i = 0; i < MANY; i++)
                assert_true(same(a.x[i], in_x[i]) && same(a.y[i], in_y[i]));
        }
        wanmi_chart_release(chart);
    }
    wanmi_transform_free(transform);
    wanmi_crs_release(crs);
}

/* Every number of positions from none up: the ends of registers and blocks. */
static void every_count_gives_the_same_bits(void **state)
{
    (void)state;
    static double lon[MANY], lat[MANY];
    static answers whole, part;
    wanmi_crs *crs = test_chart_crs(&city);
    test_random random = {11};
    for (size_t i = 0; i < MANY; i++) {
        lon[i] = test_uniform(&random, city.west, city.east);
        lat[i] = test_uniform(&random, city.south, city.north);
    }
    for (int kernel = WANMI_KERNEL_PORTABLE; kernel <= WANMI_KERNEL_X86_64_V4; kernel++) {
        wanmi_chart *chart = city_chart(crs, false, (wanmi_kernel)kernel);
        if (chart == NULL)
            continue;
        forward(chart, NULL, MANY, lon, lat, &whole);
        for (size_t count = 0; count < MANY; count += count < 70 || (count > 1000 && count < 1100) ? 1 : 37) {
            forward(chart, NULL, count, lon, lat, &part);
            assert_memory_equal(part.x, whole.x, count * sizeof(double));
            assert_memory_equal(part.y, whole.y, count * sizeof(double));
            assert_int_equal(part.covered[count], 0xAA);
            uint64_t untouched;
            memcpy(&untouched, &part.x[count], sizeof untouched);
            assert_true(untouched == 0xAAAAAAAAAAAAAAAAu);
        }
        wanmi_chart_release(chart);
    }
    wanmi_crs_release(crs);
}

/* One position beyond one edge by one double, or NaN, among others that lie
 * inside, at every place of a register: it alone is not covered. */
static void one_bad_position_is_seen(void **state)
{
    (void)state;
    enum { COUNT = 75 };
    const double bad[][2] = {{nextafter(city.west, -1e9), 39.9}, {nextafter(city.east, 1e9), 39.9},
                             {116.4, nextafter(city.south, -1e9)}, {116.4, nextafter(city.north, 1e9)},
                             {NAN, 39.9}, {116.4, NAN}, {INFINITY, 39.9}, {116.4, -INFINITY}};
    static answers a;
    wanmi_crs *crs = test_chart_crs(&city);
    for (int kernel = WANMI_KERNEL_PORTABLE; kernel <= WANMI_KERNEL_X86_64_V4; kernel++) {
        wanmi_chart *chart = city_chart(crs, false, (wanmi_kernel)kernel);
        if (chart == NULL)
            continue;
        for (size_t at = 0; at < COUNT; at++) {
            for (size_t k = 0; k < sizeof bad / sizeof bad[0]; k++) {
                double lon[COUNT], lat[COUNT];
                for (size_t i = 0; i < COUNT; i++) {        /* the corners are inside */
                    lon[i] = i % 2 != 0 ? city.west : city.east;
                    lat[i] = i % 4 < 2 ? city.south : city.north;
                }
                lon[at] = bad[k][0], lat[at] = bad[k][1];
                forward(chart, NULL, COUNT, lon, lat, &a);
                for (size_t i = 0; i < COUNT; i++)
                    assert_int_equal(a.covered[i], i != at);
                assert_int_equal(a.reasons[at], k < 4 ? WANMI_REASON_UNCOVERED : WANMI_REASON_NOT_FINITE);
                assert_true(isnan(a.x[at]) && isnan(a.y[at]));
            }
        }
        wanmi_chart_release(chart);
    }
    wanmi_crs_release(crs);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    test_chart_case other = city;
    other.definition = "EPSG:4547";
    wanmi_crs *crs = test_chart_crs(&city), *other_crs = test_chart_crs(&other),
              *again = test_chart_crs(&city);
    wanmi_transform *strange = test_chart_transform(other_crs), *equal = test_chart_transform(again);
    wanmi_chart *chart = test_chart(crs, &city, WANMI_KERNEL_AUTO);
    double lon = 100, lat = 40, x = 1, y = 2;
    uint8_t reason = 77;
    wanmi_error error;
    assert_int_equal(wanmi_chart_forward(chart, strange, 1, &lon, 0, &lat, 0, &x, &y, &reason, NULL,
                                         &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_forward(NULL, NULL, 1, &lon, 0, &lat, 0, &x, &y, &reason, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_forward(chart, NULL, 1, NULL, 0, &lat, 0, &x, &y, &reason, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_forward(chart, NULL, 1, &lon, 0, &lat, 0, &x, &y, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_true(x == 1 && y == 2 && reason == 77);
    assert_int_equal(wanmi_chart_forward(chart, NULL, 0, NULL, 0, NULL, 0, NULL, NULL, NULL, NULL, NULL),
                     WANMI_OK);
    assert_int_equal(wanmi_chart_forward(chart, equal, 1, &lon, 0, &lat, 0, &x, &y, &reason, NULL, NULL),
                     WANMI_OK);
    assert_int_equal(reason, WANMI_REASON_NONE);
    wanmi_chart_view v = {0};
    assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_view_of(chart, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_chart_release(chart);
    wanmi_transform_free(strange);
    wanmi_transform_free(equal);
    wanmi_crs_release(crs);
    wanmi_crs_release(other_crs);
    wanmi_crs_release(again);
}

/* ---- the view ----------------------------------------------------------------------- */

static uint32_t cell(double offset, double per_degree, uint32_t count)
{
    double k = floor(offset * per_degree);
    return k < count ? (uint32_t)k : count - 1;
}

/* Word by word as the header says. */
static bool by_view(const wanmi_chart_view *v, double lon, double lat, double *x, double *y)
{
    if (!(v->west <= lon && lon <= v->east && v->south <= lat && lat <= v->north))
        return false;
    uint32_t column = cell(lon - v->west, v->columns_per_degree, v->columns);
    uint32_t row = cell(lat - v->south, v->rows_per_degree, v->rows);
    uint32_t k = v->slots[row * v->columns + column];
    if (k == WANMI_NONE)
        return false;
    const double *b = v->boxes + (size_t)k * v->stride;
    double result[2];
    for (int axis = 0; axis < 2; axis++) {
        const double *next = b + 4 + axis, u = lon - b[0], w = lat - b[1];
        double p = 0;
        for (int i = (int)v->degree; i >= 0; i--) {
            double q = *next;
            next += 2;
            for (int j = 1; j <= (int)v->degree - i; j++, next += 2)
                q = q * u + *next;
            p = i == (int)v->degree ? q : p * w + q;
        }
        result[axis] = b[2 + axis] + p;
    }
    *x = result[0], *y = result[1];
    return true;
}

/* Batches that lie wholly beside one edge between boxes: each position's box is
 * the header's, whatever box the others are in. */
static void batches_beside_an_edge(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    static answers a;
    test_random random = {3};
    wanmi_crs *crs = test_chart_crs(&city);
    wanmi_chart *chart = city_chart(crs, true, WANMI_KERNEL_AUTO);
    wanmi_chart_view v;
    wanmi_chart_view_init(&v);
    assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_OK);
    assert_true(v.columns > 2 && v.rows > 2);
    for (int round = 0; round < 2000; round++) {
        double lon[COUNT], lat[COUNT], x, y;
        double edge_lon = v.west + test_below(&random, v.columns + 1) / v.columns_per_degree;
        double edge_lat = v.south + test_below(&random, v.rows + 1) / v.rows_per_degree;
        double near = pow(10, test_uniform(&random, -16, -4)), side = round % 2 != 0 ? -1 : 0;
        for (size_t i = 0; i < COUNT; i++) {
            lon[i] = edge_lon + near * test_uniform(&random, side, 1);
            lat[i] = edge_lat + near * test_uniform(&random, side, 1);
        }
        forward(chart, NULL, COUNT, lon, lat, &a);
        for (size_t i = 0; i < COUNT; i++) {
            assert_int_equal(by_view(&v, lon[i], lat[i], &x, &y), a.covered[i]);
            if (a.covered[i])
                assert_true(same(x, a.x[i]) && same(y, a.y[i]));
        }
    }
    wanmi_chart_release(chart);
    wanmi_crs_release(crs);
}

static void the_view_is_the_chart(void **state)
{
    (void)state;
    enum { ROOM = 6000 };
    static double lon[ROOM], lat[ROOM];
    static answers a;
    for (size_t n = 0; n < test_chart_case_count; n++) {
        const test_chart_case *c = &test_chart_cases[n];
        if (c->datum == WANMI_DATUM_BD09 || !test_has_datum(c->datum))
            continue;                   /* slow to make, and no other way */
        wanmi_crs *crs = test_chart_crs(c);
        wanmi_chart *chart = test_chart(crs, c, WANMI_KERNEL_AUTO);
        wanmi_chart_view v;
        wanmi_chart_view_init(&v);
        assert_int_equal(wanmi_chart_view_of(chart, &v, NULL), WANMI_OK);
        assert_int_equal(v.struct_size, sizeof v);
        assert_int_equal(v.stride % 8, 0);
        assert_int_equal((uintptr_t)v.boxes % 64, 0);
        assert_true(v.bound_m == wanmi_chart_bound_m(chart));
        test_random random = {5};
        size_t count = test_chart_points(chart, &random, 3000, MANY, lon, lat);
        forward(chart, NULL, count, lon, lat, &a);
        for (size_t i = 0; i < count; i++) {
            double x = 0, y = 0;
            assert_int_equal(by_view(&v, lon[i], lat[i], &x, &y), a.covered[i]);
            if (a.covered[i])
                assert_true(same(x, a.x[i]) && same(y, a.y[i]));
        }
        static answers again;
        wanmi_chart *copy = NULL;
        assert_int_equal(wanmi_chart_from_view(crs, c->datum, &v, WANMI_KERNEL_AUTO, NULL, &copy, NULL),
                         WANMI_OK);
        forward(copy, NULL, count, lon, lat, &again);
        for (size_t i = 0; i < count; i++)
            assert_true(again.covered[i] == a.covered[i] && again.reasons[i] == a.reasons[i] &&
                        same(again.x[i], a.x[i]) && same(again.y[i], a.y[i]));
        assert_true(wanmi_chart_error_m(copy) == wanmi_chart_error_m(chart));
        assert_true(wanmi_chart_bound_m(copy) == wanmi_chart_bound_m(chart));
        assert_true(wanmi_chart_bytes(copy) == wanmi_chart_bytes(chart));
        wanmi_chart_release(copy);
        wanmi_chart_release(chart);
        wanmi_crs_release(crs);
    }
}

/* ---- a chart of a view that nobody vouches for ----------------------------------------- */

static void view_refused(wanmi_crs *crs, const wanmi_chart_view *v, wanmi_status expected)
{
    wanmi_chart *chart = (wanmi_chart *)(void *)crs;     /* a mark that must stay */
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_chart_from_view(crs, city.datum, v, WANMI_KERNEL_AUTO, NULL, &chart, &error),
                     expected);
    assert_int_equal(error.status, expected);
    assert_true(error.message[0] != '\0');
    assert_ptr_equal(chart, crs);
}

static void false_views_are_refused(void **state)
{
    (void)state;
    enum { BOXES = 16 };
    wanmi_crs *crs = test_chart_crs(&city), *other = NULL;
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.degree = 3;                 /* many boxes */
    wanmi_chart *chart = NULL;
    assert_int_equal(create(crs, &city, &options, &chart, NULL), WANMI_OK);
    wanmi_chart_view whole, v;
    wanmi_chart_view_init(&whole);
    assert_int_equal(wanmi_chart_view_of(chart, &whole, NULL), WANMI_OK);
    assert_true(whole.box_count >= BOXES);
    uint32_t cells = whole.columns * whole.rows;
    uint32_t *slots = malloc(cells * sizeof *slots);
    double *boxes = malloc((size_t)whole.box_count * whole.stride * sizeof *boxes);
    memcpy(slots, whole.slots, cells * sizeof *slots);
    memcpy(boxes, whole.boxes, (size_t)whole.box_count * whole.stride * sizeof *boxes);
    whole.slots = slots, whole.boxes = boxes;
    v = whole, v.struct_size = 0, view_refused(crs, &v, WANMI_E_ARGUMENT);
    v = whole, v.struct_size++, view_refused(crs, &v, WANMI_E_ARGUMENT);
    v = whole, v.columns = 0, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.rows = UINT32_MAX, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.columns = v.rows = 65536, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.degree = 9, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.degree = 2, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.stride--, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.box_count = 0, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.box_count--, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.box_count = cells + 1, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.west = NAN, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.north = v.south, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.east = 181, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.bound_m = NAN, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.error_m = -1, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.slots = NULL, view_refused(crs, &v, WANMI_E_CRS_CHART);
    v = whole, v.boxes = NULL, view_refused(crs, &v, WANMI_E_CRS_CHART);
    slots[cells / 2] += whole.box_count, view_refused(crs, &whole, WANMI_E_CRS_CHART);
    slots[cells / 2] -= whole.box_count;
    for (uint32_t box = 0; box < whole.box_count; box += whole.box_count / BOXES) {
        double *b = boxes + (size_t)box * whole.stride, kept = b[2];
        b[2] += 3e-6, view_refused(crs, &whole, WANMI_E_CRS_CHART);
        b[2] = NAN, view_refused(crs, &whole, WANMI_E_CRS_CHART);
        b[2] = kept;
    }
    /* The same numbers for another CRS. */
    assert_int_equal(wanmi_crs_create("EPSG:4549", NULL, NULL, &other, NULL), WANMI_OK);
    view_refused(other, &whole, WANMI_E_CRS_CHART);
    wanmi_chart *copy = NULL;
    assert_int_equal(wanmi_chart_from_view(crs, WANMI_DATUM_MAP, &whole, WANMI_KERNEL_AUTO, NULL, &copy, NULL),
                     WANMI_E_CRS_DATUM);
    assert_int_equal(wanmi_chart_from_view(crs, city.datum, &whole, (wanmi_kernel)5, NULL, &copy, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_from_view(NULL, city.datum, &whole, WANMI_KERNEL_AUTO, NULL, &copy, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_from_view(crs, city.datum, NULL, WANMI_KERNEL_AUTO, NULL, &copy, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_chart_from_view(crs, city.datum, &whole, WANMI_KERNEL_AUTO, NULL, NULL, NULL),
                     WANMI_E_ARGUMENT);
    /* What is computed anew is not read; an older caller has no error_m. */
    v = whole, v.columns_per_degree = NAN, v.rows_per_degree = -1;
    v.struct_size = offsetof(wanmi_chart_view, error_m);
    assert_int_equal(wanmi_chart_from_view(crs, city.datum, &v, WANMI_KERNEL_AUTO, NULL, &copy, NULL), WANMI_OK);
    wanmi_chart_release(copy);
    free(slots);
    free(boxes);
    wanmi_chart_release(chart);
    wanmi_crs_release(other);
    wanmi_crs_release(crs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked),
        cmocka_unit_test(areas_and_datums_are_checked),
        cmocka_unit_test(degree_3_of_a_city_is_refused),
        cmocka_unit_test(a_bound_below_rounding_is_refused),
        cmocka_unit_test(what_the_datum_refuses_is_refused),
        cmocka_unit_test(what_is_known_of_a_chart),
        cmocka_unit_test(areas_are_widened),
        cmocka_unit_test(bad_positions_get_the_same_reasons),
        cmocka_unit_test(every_layout_gives_the_same_bits),
        cmocka_unit_test(every_count_gives_the_same_bits),
        cmocka_unit_test(one_bad_position_is_seen),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(batches_beside_an_edge),
        cmocka_unit_test(the_view_is_the_chart),
        cmocka_unit_test(false_views_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
