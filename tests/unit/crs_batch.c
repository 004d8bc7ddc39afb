/* Batches: reasons, strides, blocks, places of output, datums, threads. */
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"
#include "wanmi_config.h"

enum { MANY = 5000 };

static wanmi_crs *crs;
static wanmi_transform *transform;

static int setup(void **state)
{
    (void)state;
    return wanmi_crs_create("EPSG:4548", NULL, NULL, &crs, NULL) != WANMI_OK ||
           wanmi_transform_create(crs, &transform, NULL) != WANMI_OK;
}

static int teardown(void **state)
{
    (void)state;
    wanmi_transform_free(transform);
    wanmi_crs_release(crs);
    return 0;
}

static wanmi_reason one(wanmi_transform *t, wanmi_datum datum, double lon, double lat, double *x, double *y)
{
    uint8_t reason = 255;
    assert_int_equal(wanmi_transform_forward(t, datum, 1, &lon, 0, &lat, 0, x, y, &reason, NULL), WANMI_OK);
    if (reason != WANMI_REASON_NONE)
        assert_true(isnan(*x) && isnan(*y));
    else
        assert_true(isfinite(*x) && isfinite(*y));
    return (wanmi_reason)reason;
}

static void reasons_of_single_positions(void **state)
{
    (void)state;
    static const struct { double lon, lat; wanmi_reason reason; } all[] = {
        {116.4, 39.9, WANMI_REASON_NONE}, {NAN, 39.9, WANMI_REASON_NOT_FINITE},
        {116.4, NAN, WANMI_REASON_NOT_FINITE}, {INFINITY, 39.9, WANMI_REASON_NOT_FINITE},
        {116.4, -INFINITY, WANMI_REASON_NOT_FINITE}, {180.0000001, 39.9, WANMI_REASON_LONGITUDE},
        {-180.0000001, 39.9, WANMI_REASON_LONGITUDE}, {1e300, 39.9, WANMI_REASON_LONGITUDE},
        {116.4, 90.0000001, WANMI_REASON_LATITUDE}, {116.4, -90.0000001, WANMI_REASON_LATITUDE},
        {39.9, 116.4, WANMI_REASON_LATITUDE}, {200, 100, WANMI_REASON_LONGITUDE}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        double x = 0, y = 0;
        assert_int_equal(one(transform, WANMI_DATUM_WGS84, all[i].lon, all[i].lat, &x, &y), all[i].reason);
    }
}

/* A quarter of the globe from the meridian the projection ends; the positions after
 * one such are none the worse for it. */
static void a_refusal_of_proj_ends_with_its_position(void **state)
{
    (void)state;
    static double lon[MANY], lat[MANY], x[MANY], y[MANY];
    static uint8_t reasons[MANY];
    double good_x, good_y;
    assert_int_equal(one(transform, WANMI_DATUM_WGS84, 116.4, 39.9, &good_x, &good_y), WANMI_REASON_NONE);
    for (size_t i = 0; i < MANY; i++) {
        lon[i] = i % 3 == 0 ? 27.0 : 116.4;
        lat[i] = i % 3 == 0 ? 0.0 : 39.9;
    }
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, MANY, lon, 0, lat, 0, x, y, reasons,
                                             NULL), WANMI_OK);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(reasons[i], i % 3 == 0 ? WANMI_REASON_PROJECTION : WANMI_REASON_NONE);
        assert_true(i % 3 == 0 ? isnan(x[i]) && isnan(y[i]) : x[i] == good_x && y[i] == good_y);
    }
}

/* A batch gives bit for bit what single calls give, wherever the numbers lie. */
static void batches_equal_single_calls(void **state)
{
    (void)state;
    typedef struct row { char pad[3]; double lon, lat; uint64_t id; } __attribute__((packed)) row;
    static row rows[MANY];
    static double lon[MANY], lat[MANY], x[MANY], y[MANY], px[MANY], py[MANY];
    static uint8_t reasons[MANY], packed_reasons[MANY];
    test_random random = {1024};
    for (size_t i = 0; i < MANY; i++) {
        lon[i] = test_uniform(&random, 115, 119);
        lat[i] = i % 7 == 0 ? NAN : i % 11 == 0 ? 95 : test_uniform(&random, 39, 41);
        memcpy(&rows[i].lon, &lon[i], sizeof lon[i]);
        memcpy(&rows[i].lat, &lat[i], sizeof lat[i]);
    }
    static const size_t counts[] = {0, 1, 2, 1023, 1024, 1025, 2048, MANY};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t n = counts[c];
        memset(x, 0x11, sizeof x);
        const char *base = (const char *)rows;
        assert_int_equal(wanmi_transform_forward(
            transform, WANMI_DATUM_CGCS2000, n, (const double *)(const void *)(base + offsetof(row, lon)),
            sizeof(row), (const double *)(const void *)(base + offsetof(row, lat)), sizeof(row), x, y, reasons,
            NULL), WANMI_OK);
        memcpy(px, lon, sizeof px);
        memcpy(py, lat, sizeof py);
        assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, n, px, 0, py, 0, px, py,
                                                 packed_reasons, NULL), WANMI_OK);   /* in place */
        for (size_t i = 0; i < n; i++) {
            double sx, sy;
            wanmi_reason reason = one(transform, WANMI_DATUM_WGS84, lon[i], lat[i], &sx, &sy);
            assert_int_equal(reasons[i], reason);
            assert_int_equal(packed_reasons[i], reason);
            if (reason == WANMI_REASON_NONE)
                assert_true(x[i] == sx && y[i] == sy && px[i] == sx && py[i] == sy);
            else
                assert_true(isnan(x[i]) && isnan(py[i]));
        }
        if (n < MANY) {
            double untouched;
            memset(&untouched, 0x11, sizeof untouched);
            assert_memory_equal(&x[n], &untouched, sizeof untouched);
        }
    }
}

static void numbers_of_the_map_are_copied(void **state)
{
    (void)state;
    const double in_x[] = {448688.5, NAN, 1e300, -INFINITY}, in_y[] = {4418598.25, 1, -5, 2};
    double x[4], y[4];
    uint8_t reasons[4];
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_MAP, 4, in_x, 0, in_y, 0, x, y, reasons, NULL),
                     WANMI_OK);
    assert_true(x[0] == in_x[0] && y[0] == in_y[0] && x[2] == 1e300);
    assert_int_equal(reasons[0], WANMI_REASON_NONE);
    assert_int_equal(reasons[1], WANMI_REASON_NOT_FINITE);
    assert_int_equal(reasons[2], WANMI_REASON_NONE);
    assert_int_equal(reasons[3], WANMI_REASON_NOT_FINITE);
    assert_true(isnan(x[1]) && isnan(y[1]) && isnan(x[3]));
    assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_MAP, 4, in_x, 0, in_y, 0, x, y, reasons, NULL),
                     WANMI_OK);
    assert_true(x[0] == in_x[0] && y[0] == in_y[0]);
    assert_int_equal(reasons[1], WANMI_REASON_NOT_FINITE);
}

static void the_way_back(void **state)
{
    (void)state;
    test_random random = {7};
    for (int datum = WANMI_DATUM_WGS84; datum <= WANMI_DATUM_BD09; datum++) {
        if (!WM_HAVE_GCJ02 && datum >= WANMI_DATUM_GCJ02)
            break;
        for (int i = 0; i < 2000; i++) {
            double lon = test_uniform(&random, 115, 119), lat = test_uniform(&random, 20, 50), x, y;
            double back_lon, back_lat;
            uint8_t reason;
            assert_int_equal(one(transform, (wanmi_datum)datum, lon, lat, &x, &y), WANMI_REASON_NONE);
            assert_int_equal(wanmi_transform_inverse(transform, (wanmi_datum)datum, 1, &x, 0, &y, 0, &back_lon,
                                                     &back_lat, &reason, NULL), WANMI_OK);
            assert_int_equal(reason, WANMI_REASON_NONE);
            if (!(hypot((back_lon - lon) * cos(lat * M_PI / 180), back_lat - lat) * 111320 < 1e-6))
                fail_msg("datum %d at %.9f %.9f came back as %.12f %.12f", datum, lon, lat, back_lon, back_lat);
        }
    }
    const double x[] = {NAN, 1e300}, y[] = {1, 1e300};
    double lon[2], lat[2];
    uint8_t reasons[2];
    assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 2, x, 0, y, 0, lon, lat, reasons, NULL),
                     WANMI_OK);
    assert_int_equal(reasons[0], WANMI_REASON_NOT_FINITE);
    assert_int_equal(reasons[1], WANMI_REASON_PROJECTION);
    assert_true(isnan(lon[0]) && isnan(lat[1]));
}

static void offset_datums(void **state)
{
    (void)state;
    double lon = 116.4, lat = 39.9, x, y, gx, gy;
    uint8_t reason;
    wanmi_error error;
    if (!WM_HAVE_GCJ02) {
        for (int datum = WANMI_DATUM_GCJ02; datum <= WANMI_DATUM_BD09; datum++)
            assert_int_equal(wanmi_transform_forward(transform, (wanmi_datum)datum, 1, &lon, 0, &lat, 0, &x, &y,
                                                     &reason, &error), WANMI_E_CRS_DATUM);
        assert_non_null(strstr(error.message, "bd09 was left out"));
        return;
    }
    /* GCJ-02 lies 556 m off in the middle of Beijing: what is given is taken back by that. */
    assert_int_equal(one(transform, WANMI_DATUM_WGS84, lon, lat, &x, &y), WANMI_REASON_NONE);
    assert_int_equal(one(transform, WANMI_DATUM_GCJ02, lon, lat, &gx, &gy), WANMI_REASON_NONE);
    assert_true(fabs(hypot(x - gx, y - gy) - 556) < 10);
    double glon, glat, blon, blat;
    assert_int_equal(wanmi_gcj02_from_wgs84(lon, lat, &glon, &glat), WANMI_REASON_NONE);
    assert_int_equal(wanmi_bd09_from_gcj02(glon, glat, &blon, &blat), WANMI_REASON_NONE);
    assert_int_equal(one(transform, WANMI_DATUM_GCJ02, glon, glat, &gx, &gy), WANMI_REASON_NONE);
    assert_true(hypot(x - gx, y - gy) < 1e-6);
    assert_int_equal(one(transform, WANMI_DATUM_BD09, blon, blat, &gx, &gy), WANMI_REASON_NONE);
    assert_true(hypot(x - gx, y - gy) < 2e-6);
    assert_int_equal(one(transform, WANMI_DATUM_GCJ02, -74, 40.7, &x, &y), WANMI_REASON_DATUM_BOX);
    assert_int_equal(one(transform, WANMI_DATUM_BD09, 116, 56, &x, &y), WANMI_REASON_DATUM_BOX);
    assert_int_equal(one(transform, WANMI_DATUM_GCJ02, 181, 40, &x, &y), WANMI_REASON_LONGITUDE);
    assert_int_equal(one(transform, WANMI_DATUM_GCJ02, NAN, 40, &x, &y), WANMI_REASON_NOT_FINITE);
    x = -5e6, y = 4e6;              /* far west of the box, on the way back */
    assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_GCJ02, 1, &x, 0, &y, 0, &lon, &lat, &reason,
                                             NULL), WANMI_OK);
    assert_int_equal(reason, WANMI_REASON_DATUM_BOX);
    assert_true(isnan(lon) && isnan(lat));
}

static void bad_calls(void **state)
{
    (void)state;
    double a = 116, b = 40, x = 7, y = 8;
    uint8_t reason = 9;
    assert_int_equal(wanmi_transform_forward(NULL, WANMI_DATUM_WGS84, 1, &a, 0, &b, 0, &x, &y, &reason, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, NULL, 0, &b, 0, &x, &y, &reason,
                                             NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, &a, 0, &b, 0, &x, &y, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 1, &a, 0, &b, 0, &x, NULL, &reason,
                                             NULL), WANMI_E_ARGUMENT);
    wanmi_error error;
    assert_int_equal(wanmi_transform_forward(transform, (wanmi_datum)5, 1, &a, 0, &b, 0, &x, &y, &reason, &error),
                     WANMI_E_CRS_DATUM);
    assert_int_equal(wanmi_transform_forward(transform, (wanmi_datum)-1, 1, &a, 0, &b, 0, &x, &y, &reason, NULL),
                     WANMI_E_CRS_DATUM);
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 0, NULL, 0, NULL, 0, NULL, NULL, NULL,
                                             NULL), WANMI_OK);
    assert_true(x == 7 && y == 8 && reason == 9);
}

static double expected_x[MANY], expected_y[MANY], shared_lon[MANY], shared_lat[MANY];

static void *own_session(void *user)
{
    int *wrong = user;
    static const int rounds = 20;
    for (int round = 0; round < rounds; round++) {
        wanmi_transform *t = NULL;
        double *x = malloc(MANY * sizeof *x), *y = malloc(MANY * sizeof *y);
        uint8_t *reasons = malloc(MANY);
        if (wanmi_transform_create(crs, &t, NULL) != WANMI_OK ||
            wanmi_transform_forward(t, WANMI_DATUM_WGS84, MANY, shared_lon, 0, shared_lat, 0, x, y, reasons,
                                    NULL) != WANMI_OK ||
            memcmp(x, expected_x, sizeof expected_x) != 0 || memcmp(y, expected_y, sizeof expected_y) != 0)
            (*wrong)++;
        wanmi_transform_free(t);
        free(x), free(y), free(reasons);
    }
    return NULL;
}

static void sessions_on_many_threads(void **state)
{
    (void)state;
    static uint8_t reasons[MANY];
    test_random random = {3};
    for (size_t i = 0; i < MANY; i++) {
        shared_lon[i] = test_uniform(&random, 115, 119);
        shared_lat[i] = test_uniform(&random, 39, 41);
    }
    assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, MANY, shared_lon, 0, shared_lat, 0,
                                             expected_x, expected_y, reasons, NULL), WANMI_OK);
    pthread_t threads[4];
    int wrong[4] = {0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, own_session, &wrong[i]), 0);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(wrong[i], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_of_single_positions),
        cmocka_unit_test(a_refusal_of_proj_ends_with_its_position),
        cmocka_unit_test(batches_equal_single_calls),
        cmocka_unit_test(numbers_of_the_map_are_copied),
        cmocka_unit_test(the_way_back),
        cmocka_unit_test(offset_datums),
        cmocka_unit_test(bad_calls),
        cmocka_unit_test(sessions_on_many_threads),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
