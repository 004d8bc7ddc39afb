/* The inverses of GCJ-02 and BD-09 are within 1e-6 m over the whole box: a dense
 * grid, random positions, and the lines 105 E and 35 N, where the square roots in
 * the formula have no derivative. Prints the largest errors seen. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>

#include "support.h"
#include "wanmi_config.h"

static const double WEST = 72.004, EAST = 137.8347, SOUTH = 0.8293, NORTH = 55.8271;

typedef wanmi_reason (*conversion)(double lon, double lat, double *out_lon, double *out_lat);

typedef struct pair {
    const char *name;
    conversion there, back;
} pair;

typedef struct worst {
    double metres, lon, lat;
    uint64_t tried;
} worst;

static double apart(double lon, double lat, double other_lon, double other_lat)
{
    return hypot((lon - other_lon) * cos(lat * M_PI / 180), lat - other_lat) * 111320;
}

/* From a position of the plain side, through the other, and back. */
static void round_trip(const pair *p, double lon, double lat, worst *w)
{
    double there_lon, there_lat, back_lon, back_lat;
    cr_assert_eq(p->there(lon, lat, &there_lon, &there_lat), WANMI_REASON_NONE);
    wanmi_reason reason = p->back(there_lon, there_lat, &back_lon, &back_lat);
    if (reason == WANMI_REASON_DATUM_BOX)      /* moved out of the box at its rim */
        return;
    cr_assert_eq(reason, WANMI_REASON_NONE);
    double metres = apart(lon, lat, back_lon, back_lat);
    w->tried++;
    if (!(metres <= w->metres))
        *w = (worst){metres, lon, lat, w->tried};
}

static void on_grid(const pair *p, worst *w)
{
    enum { COLUMNS = 1300, ROWS = 1100 };
    for (int i = 0; i <= COLUMNS; i++)
        for (int j = 0; j <= ROWS; j++)
            round_trip(p, WEST + (EAST - WEST) * i / COLUMNS, SOUTH + (NORTH - SOUTH) * j / ROWS, w);
}

static void at_random(const pair *p, worst *w)
{
    test_random random = {20040102};
    for (int i = 0; i < 500000; i++)
        round_trip(p, test_uniform(&random, WEST, EAST), test_uniform(&random, SOUTH, NORTH), w);
}

/* 1e-1 down to 1e-15 degrees on both sides of 105 E and 35 N. */
static void by_the_roots(const pair *p, worst *w)
{
    test_random random = {105};
    for (int i = 0; i < 500000; i++) {
        double off = pow(10, test_uniform(&random, -15, -1)) * (i % 2 == 0 ? 1 : -1);
        double lon = i % 3 == 0 ? test_uniform(&random, WEST, EAST) : 105 + off;
        double lat = i % 3 == 0 ? 35 + off : test_uniform(&random, SOUTH, NORTH);
        round_trip(p, lon, lat, w);
    }
}

static void check(const pair *p)
{
    static const struct { const char *name; void (*run)(const pair *p, worst *w); } sets[] = {
        {"grid", on_grid}, {"random", at_random}, {"near 105 E and 35 N", by_the_roots}};
    for (int i = 0; i < 3; i++) {
        worst w = {0};
        sets[i].run(p, &w);
        printf("%s, %s: %llu positions, largest error %.3g m at %.12f %.12f\n", p->name, sets[i].name,
               (unsigned long long)w.tried, w.metres, w.lon, w.lat);
        cr_expect_lt(w.metres, 1e-6);
    }
}

Test(gcj02, inverse_over_the_box)
{
    if (!WM_HAVE_GCJ02)
        cr_skip_test("built without GCJ-02");
    check(&(pair){"GCJ-02", wanmi_gcj02_from_wgs84, wanmi_wgs84_from_gcj02});
}

Test(bd09, inverse_over_the_box)
{
    if (!WM_HAVE_GCJ02)
        cr_skip_test("built without BD-09");
    check(&(pair){"BD-09", wanmi_bd09_from_gcj02, wanmi_gcj02_from_bd09});
}
