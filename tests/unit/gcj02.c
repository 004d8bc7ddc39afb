/* GCJ-02 and BD-09 against tests/vectors/gcj02.txt, and at the edge of their box. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support.h"
#include "wanmi_config.h"

typedef wanmi_reason (*conversion)(double lon, double lat, double *out_lon, double *out_lat);

static const struct { const char *from, *to; conversion run; } all[] = {
    {"wgs84", "gcj02", wanmi_gcj02_from_wgs84}, {"gcj02", "wgs84", wanmi_wgs84_from_gcj02},
    {"gcj02", "bd09", wanmi_bd09_from_gcj02}, {"bd09", "gcj02", wanmi_gcj02_from_bd09}};

static conversion named(const char *from, const char *to)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(all[i].from, from) == 0 && strcmp(all[i].to, to) == 0)
            return all[i].run;
    fail_msg("no conversion from %s to %s", from, to);
    return NULL;
}

static void vectors_of_sixty_digits(void **state)
{
    (void)state;
    if (!WM_HAVE_GCJ02)
        skip();
    FILE *file = fopen(test_source("tests/vectors/gcj02.txt"), "r");
    assert_non_null(file);
    char line[256], from[16], to[16];
    double lon, lat, want_lon, want_lat, tolerance, got_lon, got_lat;
    int count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        if (line[0] == '#')
            continue;
        assert_int_equal(sscanf(line, "%15s %15s %lf %lf %lf %lf %lf", from, to, &lon, &lat, &want_lon,
                                &want_lat, &tolerance), 7);
        assert_int_equal(named(from, to)(lon, lat, &got_lon, &got_lat), WANMI_REASON_NONE);
        double off = hypot((got_lon - want_lon) * cos(lat * M_PI / 180), got_lat - want_lat) * 111320;
        if (!(off <= tolerance))
            fail_msg("%s to %s at %.9f %.9f is off by %g m", from, to, lon, lat, off);
        count++;
    }
    fclose(file);
    assert_true(count > 280);
}

static void outside_the_box(void **state)
{
    (void)state;
    static const struct { double lon, lat; wanmi_reason reason; } cases[] = {
        {72.004, 30, WANMI_REASON_NONE}, {137.8347, 30, WANMI_REASON_NONE},
        {100, 0.8293, WANMI_REASON_NONE}, {100, 55.8271, WANMI_REASON_NONE},
        {72.003999, 30, WANMI_REASON_DATUM_BOX}, {137.834701, 30, WANMI_REASON_DATUM_BOX},
        {100, 0.829299, WANMI_REASON_DATUM_BOX}, {100, 55.827101, WANMI_REASON_DATUM_BOX},
        {-74, 40, WANMI_REASON_DATUM_BOX}, {1e300, 40, WANMI_REASON_DATUM_BOX},
        {NAN, 30, WANMI_REASON_NOT_FINITE}, {100, NAN, WANMI_REASON_NOT_FINITE},
        {INFINITY, 30, WANMI_REASON_NOT_FINITE}, {100, -INFINITY, WANMI_REASON_NOT_FINITE}};
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            double lon = 5, lat = 6;
            wanmi_reason want = WM_HAVE_GCJ02 ? cases[i].reason : WANMI_REASON_DATUM;
            assert_int_equal(all[k].run(cases[i].lon, cases[i].lat, &lon, &lat), want);
            assert_true(want == WANMI_REASON_NONE ? isfinite(lon) && isfinite(lat) : isnan(lon) && isnan(lat));
        }
    }
}

/* A wrong ellipsoid or pi in place of 3000 pi / 180 would show here. */
static void figures_of_known_places(void **state)
{
    (void)state;
    if (!WM_HAVE_GCJ02)
        skip();
    static const struct { double lon, lat, metres; } places[] = {
        {116.416, 39.928, 556}, {121.4737, 31.2304, 482}, {114.0579, 22.5431, 606}, {120.1551, 30.2741, 520}};
    for (size_t i = 0; i < 4; i++) {
        double lon, lat;
        assert_int_equal(wanmi_gcj02_from_wgs84(places[i].lon, places[i].lat, &lon, &lat), WANMI_REASON_NONE);
        double moved = hypot((lon - places[i].lon) * cos(lat * M_PI / 180), lat - places[i].lat) * 111320;
        if (!(fabs(moved - places[i].metres) < 6))
            fail_msg("moved by %.1f m, expected %g", moved, places[i].metres);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_sixty_digits),
        cmocka_unit_test(outside_the_box),
        cmocka_unit_test(figures_of_known_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
