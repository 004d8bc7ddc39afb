/* wanmi_locate against a plain reading of docs/answers.md, on seeded maps with
 * every fault a map can have. No answer may differ. This test also guards the way
 * lib/locate/areas.c asks GEOS without making points. */
#include <dlfcn.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain_reading.h"

static void check_city(const test_city *city, int rounds, uint64_t *wheres)
{
    wanmi_map *map = test_make_city(city, NULL);
    check_map(map, rounds, city->seed + 1, wheres);
    wanmi_map_release(map);
}

static void check_kind(test_city city, bool wants_snapped)
{
    uint64_t wheres[4] = {0};
    for (city.seed = 1; city.seed <= 6; city.seed++) {
        city.shuffle = city.seed;
        check_city(&city, 4, wheres);
    }
    print_message("inside %llu, snapped %llu, outside %llu\n", (unsigned long long)wheres[0],
                  (unsigned long long)wheres[1], (unsigned long long)wheres[2]);
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_OUTSIDE] > 0);
    assert_true((wheres[WANMI_SNAPPED] > 0) == wants_snapped);
}

static void squares(void **state)
{
    (void)state;
    check_kind((test_city){.side = 12, .places = 8}, false);
}

static void irregular(void **state)
{
    (void)state;
    check_kind((test_city){.side = 10, .jitter_m = 30, .bends = 7, .places = 20, .snap_m = 25}, true);
}

static void everything_wrong(void **state)
{
    (void)state;
    check_kind((test_city){.side = 11, .jitter_m = 25, .bends = 3, .drop = 0.15, .overlap = 0.2,
                           .hole = 0.2, .version = 0.3, .places = 30, .snap_m = 40}, true);
}

/* Hand-drawn: parts that touch in a point, a hole that touches its shell, a
 * ring inside a hole, a spike, long thin and nearly level edges. */
static void touching(void **state)
{
    (void)state;
    wanmi_map_builder *builder = NULL;
    test_open_builder(NULL, 5, &builder);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    test_area a = {0};
    test_area_box(&a, false, 0, 0, 10, 10);
    test_area_box(&a, false, 10, 10, 20, 20);
    test_add_area(builder, "cell", "bowtie", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    test_area_box(&a, false, 30, 0, 50, 20);
    test_area_ring(&a, true, (double[]){30, 10, 40, 5, 40, 15}, 3);
    test_add_area(builder, "cell", "hole at the shell", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    test_area_round(&a, false, 80.3, 10.7, 20.1, 33);
    test_area_round(&a, true, 80.3, 10.7, 15.1, 31);
    test_area_round(&a, false, 80.3, 10.7, 5.1, 29);
    test_add_area(builder, "cell", "ring in a hole", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    test_area_ring(&a, false, (double[]){0, 30, 1000.1, 30.00001, 2000.7, 30, 1000.3, 30.3}, 4);
    test_add_area(builder, "cell", "sliver", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    test_area_ring(&a, false, (double[]){0, 40, 1 / 3.0, 40 + 1 / 7.0, 1e4 / 3, 40 + 1e4 / 7,
                                         1e4, 90, 3, 39.5}, 5);
    test_add_area(builder, "cell", "collinear", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    wanmi_map *map = test_close_builder(builder);
    uint64_t wheres[4] = {0};
    check_map(map, 30, 7, wheres);
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_SNAPPED] > 0 && wheres[WANMI_OUTSIDE] > 0);
    wanmi_map_release(map);
}

/* ---- lattices ------------------------------------------------------------------------ */

static double ulps_off(double at, int ulps)
{
    for (; ulps > 0; ulps--)
        at = nextafter(at, INFINITY);
    for (; ulps < 0; ulps++)
        at = nextafter(at, -INFINITY);
    return at;
}

/* Lines of the lattice, crossings of two of them, and a few ulps beside; anywhere
 * along the other way. */
static void draw_on_lattice(test_random *random, double origin_x, double origin_y, double step, double *x,
                            double *y)
{
    double along = test_uniform(random, -1, 13);
    double column = (double)test_below(random, 13), row = (double)test_below(random, 13);
    int kind = (int)test_below(random, 3);
    *x = origin_x + (kind == 0 ? along : column) * step;
    *y = origin_y + (kind == 1 ? along : row) * step;
    if (kind != 0)
        *x = ulps_off(*x, (int)test_below(random, 7) - 3);
    if (kind != 1)
        *y = ulps_off(*y, (int)test_below(random, 7) - 3);
}

static double rounded(double at, double digit)
{
    return digit > 0 ? nearbyint(at / digit) * digit : at;
}

/* Twelve by twelve squares with some left out, streets of six columns, a round
 * place and some with corners over them, and one more square far to the east, so that whole blocks of
 * tiles lie empty between. */
static wanmi_map *lattice_map(double step, double digit, double snap_m)
{
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, snap_m, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_add_layer(b, "place", WANMI_OVERLAY, 0, "");
    for (int i = 0; i < 144; i++) {
        char code[16];
        double x = 500000 + step * (i % 12), y = 4400000 + step * (i / 12);
        snprintf(code, sizeof code, "%d", 1000 - 7 * i % 145);
        if (i % 11 != 5)
            test_add_box(b, "cell", code, i % 12 < 6 ? "w" : "e", rounded(x, digit), rounded(y, digit),
                         rounded(x + step, digit), rounded(y + step, digit));
    }
    test_add_box(b, "street", "w", "", 500000, 4400000, 500000 + 6 * step, 4400000 + 12 * step);
    test_add_box(b, "street", "e", "", 500000 + 6 * step, 4400000, 500000 + 12 * step, 4400000 + 12 * step);
    test_add_box(b, "cell", "far", "", 500000 + 900 * step, 4400000, 500000 + 901 * step, 4400000 + step);
    test_area a = {0};
    for (int i = 0; i < 40; i++) {  /* with corners on a level line, going on above it */
        static const double corners[] = {0.3, 0.4, 0.9, 0.4, 0.95, 1, 0.9, 1.6, 0.35, 1.6, 0.25, 1};
        char code[16];
        double xy[12];
        for (int k = 0; k < 6; k++) {
            xy[2 * k] = 500000 + step * (i % 12 + corners[2 * k]);
            xy[2 * k + 1] = 4400000 + step * (i * 5 % 11 + corners[2 * k + 1]);
        }
        snprintf(code, sizeof code, "corner %d", i);
        test_area_ring(&a, false, xy, 6);
        test_add_area(b, "place", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    test_area_round(&a, false, 500000 + 4.3 * step, 4400000 + 5.1 * step, 2.7 * step, 61);
    test_add_area(b, "place", "round", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    return test_close_builder(b);
}

static wanmi_locator_counts check_lattice(double step, double digit, double snap_m)
{
    static double xs[ROUND], ys[ROUND];
    wanmi_map *map = lattice_map(step, digit, snap_m);
    uint64_t wheres[4] = {0};
    test_random random = {77};
    both e;
    brute b;
    both_open(&e, map);
    brute_open(&b, map);
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < ROUND; i++)
            if (i % 2 == 0)
                draw_on_lattice(&random, 500000, 4400000, step, &xs[i], &ys[i]);
            else
                test_point_near(&random, map, i / 2 % TEST_POINT_KINDS, step, &xs[i], &ys[i]);
        check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    }
    brute_close(&b);
    wanmi_locator_counts counts = both_close(&e);
    wanmi_map_release(map);
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_OUTSIDE] > 0);
    assert_true((wheres[WANMI_SNAPPED] > 0) == (snap_m > 0));
    return counts;
}

static void lattice(void **state)
{
    (void)state;
    check_lattice(100, 0, 0);
    check_lattice(100, 0, 30);
    check_lattice(0.25, 0, 0);
    check_lattice(0.01, 0, 0.004);
}

/* A mistake made once: a lattice written with too few digits drifts off its walls.
 * Slower then, and right all the same. */
static void lattice_with_too_few_digits(void **state)
{
    (void)state;
    check_lattice(100 / 3.0, 0.001, 0);
    check_lattice(100 / 3.0, 0.01, 5);
    check_lattice(100.1, 0, 0);
}

/* Rectangles of some 10,000 m2 with corners in whole metres, cut one from the other. */
static void add_rectangles(wanmi_map_builder *b, test_random *random, uint32_t *count, const uint32_t *box)
{
    uint32_t width = box[2] - box[0], height = box[3] - box[1], parts[2][4];
    if (width * height <= 10000) {
        char code[16];
        snprintf(code, sizeof code, "%u", (*count)++);
        test_add_box(b, "cell", code, "", 500000.0 + box[0], 4400000.0 + box[1], 500000.0 + box[2],
                     4400000.0 + box[3]);
        return;
    }
    int axis = width > height ? 0 : 1;
    uint32_t third = (axis == 0 ? width : height) / 3;
    memcpy(parts[0], box, sizeof parts[0]);
    memcpy(parts[1], box, sizeof parts[1]);
    parts[0][axis + 2] = parts[1][axis] = box[axis] + third + test_below(random, third + 1);
    add_rectangles(b, random, count, parts[0]);
    add_rectangles(b, random, count, parts[1]);
}

/* All corners stand on a lattice of one metre, which is none to make tiles of. */
static void a_lattice_far_finer_than_the_cells(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_random random = {5};
    uint32_t count = 0;
    uint64_t wheres[4] = {0};
    both e;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    add_rectangles(b, &random, &count, (uint32_t[]){0, 0, 3000, 3000});
    wanmi_map *map = test_close_builder(b);
    both_open_with(&e, map, 1u << WANMI_DATUM_MAP);
    assert_true(wanmi_index_bytes(e.index) < 600.0 * count);
    both_close(&e);
    check_map(map, 1, 5, wheres);
    wanmi_map_release(map);
}

/* ---- times --------------------------------------------------------------------------- */

/* Instants at which areas begin and end to count. */
typedef struct instants {
    int64_t list[64];
    uint32_t count;
} instants;

/* Versions of one code, each a box of its own and with a parent of its own, one after
 * the other; now and then none for a while, but never at the end of time. */
static void add_versions(wanmi_map_builder *b, test_random *random, const instants *when, const char *layer,
                         const char *code, const char *parents, uint32_t parent_count, double x, double y,
                         double size)
{
    int64_t from = WANMI_TIME_NONE;
    uint32_t at = 0;
    for (bool last = false; !last;) {
        at += 1 + test_below(random, when->count / 2 + 1);
        last = at > when->count;
        int64_t to = last ? WANMI_TIME_NONE : when->list[at - 1];
        test_area a = {0};
        char parent[32] = "";
        if (parents[0] != '\0')
            snprintf(parent, sizeof parent, "%s%u", parents, test_below(random, parent_count));
        double off = size * test_uniform(random, -0.2, 0.2);
        test_area_ring(&a, false, (double[]){x + off, y - off, x + size, y + off / 3, x + size + off,
                                             y + size, x - off / 2, y + size + off}, 4);
        if (last || test_below(random, 5) != 0)
            test_add_area(b, layer, code, parent, from, to, &a);
        else
            test_area_free(&a);
        from = to;
    }
}

/* All layers change, cells and the two above them overlap and change their parents:
 * which of several communities owns a place hangs on the ways up at the instant. */
static wanmi_map *changing_map(uint64_t seed, const instants *when)
{
    wanmi_map_builder *b = NULL;
    char code[16];
    test_random random = {seed};
    test_open_builder(NULL, seed % 2 == 0 ? 0 : 20, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(b, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 2, "");
    test_add_layer(b, "place", WANMI_OVERLAY, 0, "");
    for (int i = 0; i < 36; i++) {
        snprintf(code, sizeof code, "c%d", i * 7 % 36);
        add_versions(b, &random, when, "cell", code, "c", 9, 500000 + i % 6 * 100, 4400000 + i / 6 * 100, 100);
    }
    for (int i = 0; i < 9; i++) {
        snprintf(code, sizeof code, "c%d", i);
        add_versions(b, &random, when, "community", code, "s", 4, 500000 + i % 3 * 200,
                     4400000 + i / 3 * 200, 260);
    }
    for (int i = 0; i < 4; i++) {
        snprintf(code, sizeof code, "s%d", i);
        add_versions(b, &random, when, "street", code, "", 0, 500000 + i % 2 * 300, 4400000 + i / 2 * 300, 350);
    }
    for (int i = 0; i < 12; i++) {
        snprintf(code, sizeof code, "p%d", i);
        add_versions(b, &random, when, "place", code, "", 0, test_uniform(&random, 500000, 500500),
                     test_uniform(&random, 4400000, 4400500), 90);
    }
    return test_close_builder(b);
}

/* On the instants themselves and just before, in between, and at the ends of time;
 * in runs and mixed. */
static int64_t draw_instant(test_random *random, const instants *when, int64_t before)
{
    if (test_below(random, 3) == 0)
        return before;
    int64_t at = when->list[test_below(random, when->count)];
    switch (test_below(random, 6)) {
    case 0: return at - 1;
    case 1: return at + 1;
    case 2: return at + (int64_t)test_below(random, 1000000000) - 500000000;
    case 3: return test_below(random, 2) == 0 ? INT64_MAX : INT64_MIN + 1;
    default: return at;
    }
}

static void check_changing(uint64_t seed, uint32_t changes)
{
    static double xs[ROUND], ys[ROUND];
    static int64_t times[ROUND];
    instants when = {.count = changes};
    for (uint32_t i = 0; i < changes; i++)
        when.list[i] = TEST_T1 + 100000000 * (int64_t)i * (i % 3 + 1);
    for (uint32_t i = 1; i < changes; i++)      /* ascending, at uneven steps */
        when.list[i] = when.list[i] > when.list[i - 1] ? when.list[i] : when.list[i - 1] + 1;
    wanmi_map *map = changing_map(seed, &when);
    uint64_t wheres[4] = {0};
    test_random random = {seed + 100};
    both e;
    brute b;
    both_open_with(&e, map, 1u << WANMI_DATUM_WGS84);
    brute_open(&b, map);
    for (int round = 0; round < 3; round++) {
        int64_t instant = when.list[0];
        for (int i = 0; i < ROUND; i++) {
            test_point_near(&random, map, i % 3 == 0 ? 1 + i % (TEST_POINT_KINDS - 1) : 6, 0, &xs[i], &ys[i]);
            if (i % 3 != 0)
                xs[i] = test_uniform(&random, 499950, 500650), ys[i] = test_uniform(&random, 4399950, 4400650);
            times[i] = instant = draw_instant(&random, &when, instant);
        }
        check_points(&b, e.exact, e.fast, xs, ys, times, ROUND, wheres);
    }
    brute_close(&b);
    both_close(&e);
    wanmi_map_release(map);
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_OUTSIDE] > 0);
}

static void changes_in_time(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        check_changing(seed, 1);
        check_changing(seed, 3);
        check_changing(seed, 12);
        check_changing(seed, 40);       /* more than a timeline follows */
    }
}

/* ---- a crowded corner -------------------------------------------------------------------- */

/* Round cells of 31 corners, 60 m apart and one over the other, in a country's box of
 * 4,000 x 3,000 km, which is a cell too. */
static wanmi_map *crowded_map(void)
{
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_area a = {0};
    for (int i = 0; i < 900; i++) {
        char code[16];
        snprintf(code, sizeof code, "%d", i);
        test_area_round(&a, false, 500000 + 60 * (i % 30), 4400000 + 60.0 * (i / 30), 35, 31);
        test_add_area(b, "cell", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    test_add_box(b, "cell", "country", "", -1500000, 2400000, 2500000, 5400000);
    return test_close_builder(b);
}

/* Tiles as large as the country's edges alone would have them would send every position
 * there the long way. */
static void a_crowded_corner(void **state)
{
    (void)state;
    static double xs[ROUND], ys[ROUND];
    wanmi_map *map = crowded_map();
    uint64_t wheres[4] = {0};
    test_random random = {5};
    both e;
    brute b;
    both_open(&e, map);
    brute_open(&b, map);
    for (int i = 0; i < ROUND; i++) {
        xs[i] = test_uniform(&random, 500000, 501800);
        ys[i] = test_uniform(&random, 4400000, 4401800);
    }
    check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    wanmi_locator_counts counts;
    wanmi_locator_counts_init(&counts);
    assert_int_equal(wanmi_locator_count(e.fast, &counts), WANMI_OK);
    assert_true(counts.certain > counts.positions / 100 * 95);
    for (int i = 0; i < ROUND; i++)
        test_point_near(&random, map, i % TEST_POINT_KINDS, 100, &xs[i], &ys[i]);
    check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    brute_close(&b);
    both_close(&e);
    wanmi_map_release(map);
}

/* Wells far from one another: small rings alone would ask for tiles of a few metres over
 * the whole country, and each well for a block of a million of them. */
static void small_and_far_apart(void **state)
{
    (void)state;
    enum { WELLS = 200 };
    static double xs[ROUND], ys[ROUND];
    wanmi_map_builder *builder = NULL;
    test_open_builder(NULL, 0, &builder);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    test_random random = {9};
    for (int i = 0; i < WELLS; i++) {
        char code[8];
        test_area a = {0};
        double x = test_uniform(&random, -2e6, 3e6), y = test_uniform(&random, 2e6, 6e6);
        snprintf(code, sizeof code, "%d", i);
        test_area_ring(&a, false, (double[]){x, y, x + 9, y + 4, x + 5, y + 13, x - 4, y + 9}, 4);
        test_add_area(builder, "cell", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    wanmi_map *map = test_close_builder(builder);
    uint64_t wheres[4] = {0};
    both e;
    brute b;
    both_open_with(&e, map, 1u << WANMI_DATUM_MAP);
    assert_true(wanmi_index_bytes(e.index) < WELLS * 10000);
    brute_open(&b, map);
    for (int i = 0; i < ROUND; i++)
        test_point_near(&random, map, i % TEST_POINT_KINDS, 100, &xs[i], &ys[i]);
    check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    brute_close(&b);
    both_close(&e);
    wanmi_map_release(map);
}

/* Cells of some centimetres that overlap, with corners on a lattice of 2 cm. */
static wanmi_map *map_of_centimetres(test_random *random, double x, double y)
{
    const double size = 0.02;
    wanmi_map_builder *builder = NULL;
    test_open_builder(NULL, 0, &builder);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    for (int i = 0; i < 36; i++) {
        char code[8];
        test_area a = {0};
        double at_x = x + size * (i % 6), at_y = y + size * (i / 6);
        double wide = size * (1 + test_below(random, 2)), high = size * (1 + test_below(random, 2));
        snprintf(code, sizeof code, "%d", i);
        double arm = at_x - size * test_below(random, 2);
        test_area_ring(&a, false, (double[]){at_x, at_y, at_x + wide, at_y, at_x + wide, at_y + high, arm,
                                             at_y + high, arm, at_y + high / 2, at_x, at_y + high / 2}, 6);
        test_add_area(builder, "cell", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    return test_close_builder(builder);
}

/* Points of the lattice and of half of it, and a few ulps beside. */
static void check_centimetres(double x, double y)
{
    static double xs[ROUND], ys[ROUND];
    uint64_t wheres[4] = {0};
    test_random random = {4};
    for (int round = 0; round < 4; round++) {
        wanmi_map *map = map_of_centimetres(&random, x, y);
        both e;
        brute b;
        both_open_with(&e, map, 1u << WANMI_DATUM_MAP);
        brute_open(&b, map);
        for (int i = 0; i < ROUND; i++) {
            xs[i] = ulps_off(x + 0.01 * ((int)test_below(&random, 16) - 2), (int)test_below(&random, 7) - 3);
            ys[i] = ulps_off(y + 0.01 * ((int)test_below(&random, 16) - 2), (int)test_below(&random, 7) - 3);
        }
        check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
        brute_close(&b);
        both_close(&e);
        wanmi_map_release(map);
    }
    assert_true(wheres[WANMI_INSIDE] > 0 && wheres[WANMI_OUTSIDE] > 0);
}

/* Where neighbouring doubles are 1e-7 m apart, tiles as small as these cells would have
 * walls, and places in them, far off their own measure. At zero the smallest doubles lie
 * beside the lattice, and the products of which GEOS takes the sign are zero. */
static void centimetres(void **state)
{
    (void)state;
    check_centimetres(-9.9e8, 9.9e8);
    check_centimetres(39500000, 4400000);
    check_centimetres(0, 0);
}

/* ---- in doubt -------------------------------------------------------------------------- */

/* Long slanting edges from the origin, and points within ulps of them: there the
 * coordinates have all their digits behind the line, and no filter in doubles can
 * tell the side. */
static void nearly_collinear(void **state)
{
    (void)state;
    enum { BLADES = 40 };
    static double xs[ROUND], ys[ROUND];
    double ends[BLADES + 1][2];
    wanmi_map_builder *builder = NULL;
    test_open_builder(NULL, 0, &builder);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    for (int i = 0; i <= BLADES; i++) {
        ends[i][0] = 5000 * cos(0.03 * i + 0.1);
        ends[i][1] = 5000 * sin(0.03 * i + 0.1);
    }
    for (int i = 0; i < BLADES; i++) {
        char code[8];
        test_area a = {0};
        snprintf(code, sizeof code, "%d", 90 - i);
        test_area_ring(&a, false, (double[]){0, 0, ends[i][0], ends[i][1], ends[i + 1][0],
                                             ends[i + 1][1]}, 3);
        test_add_area(builder, "cell", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    wanmi_map *map = test_close_builder(builder);
    uint64_t wheres[4] = {0};
    test_random random = {3};
    both e;
    brute b;
    both_open(&e, map);
    brute_open(&b, map);
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < ROUND; i++) {
            const double *end = ends[test_below(&random, BLADES + 1)];
            double t = test_uniform(&random, 0, 1);
            xs[i] = ulps_off(t * end[0], (int)test_below(&random, 5) - 2);
            ys[i] = ulps_off(t * end[1], (int)test_below(&random, 3) - 1);
        }
        check_points(&b, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    }
    brute_close(&b);
    wanmi_locator_counts counts = both_close(&e);
    assert_true(counts.orientations > 1000);
    wanmi_map_release(map);
}

/* ---- anywhere in the world ----------------------------------------------------------------- */

/* Beyond the chart's area, at the ends of the earth, and what is no position. */
static void far_from_the_map(void **state)
{
    (void)state;
    static const double odd[][2] = {{NAN, 40}, {117, NAN}, {INFINITY, 40}, {180, 40}, {-180, 0}, {181, 3},
                                    {117, 90}, {117, -90}, {117, 91}, {1e300, 40}, {117, 39.7}, {0, 0}};
    static double xs[ROUND], ys[ROUND];
    static uint32_t cells[ROUND], tuples[ROUND];
    static uint8_t where[ROUND], reasons[ROUND];
    static double distances[ROUND];
    wanmi_map *map = lattice_map(100, 0, 1000);
    test_random random = {9};
    both e;
    both_open(&e, map);
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = ROUND, in.x = xs, in.y = ys, in.now_us = 0;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells, out.tuple = tuples, out.where = where, out.reason = reasons;
    out.distance_m = distances;
    for (int datum = WANMI_DATUM_WGS84; datum <= WANMI_DATUM_MAP; datum++) {
        for (int i = 0; i < ROUND; i++) {
            double spread = pow(10, test_uniform(&random, -4, 2));
            xs[i] = 117 + test_uniform(&random, -spread, spread);
            ys[i] = 39.73 + test_uniform(&random, -spread, spread);
            if (i % 10 == 0)
                xs[i] = odd[i / 10 % 12][0], ys[i] = odd[i / 10 % 12][1];
        }
        in.datum = (wanmi_datum)datum;
        assert_int_equal(wanmi_locate(e.exact, &in, &out, NULL), WANMI_OK);
        check_fast(e.fast, e.exact, &in, &out);
    }
    both_close(&e);
    wanmi_map_release(map);
}

/* ---- charts ---------------------------------------------------------------------------------- */

/* These two stand before the library's own: the first moves the area that is
 * charted, so that many positions lie outside what was fitted, the second counts. */
static double charts_moved;
static int charts_made;
static uint64_t asked_of_charts, not_covered;

__attribute__((visibility("default")))
wanmi_status wanmi_chart_create(wanmi_crs *crs, wanmi_datum datum, double west, double south, double east,
                                double north, const wanmi_chart_options *options, const wanmi_host *host,
                                wanmi_chart **chart, wanmi_error *error)
{
    wanmi_status (*real)(wanmi_crs *, wanmi_datum, double, double, double, double,
                         const wanmi_chart_options *, const wanmi_host *, wanmi_chart **, wanmi_error *);
    *(void **)&real = dlsym(RTLD_NEXT, "wanmi_chart_create");
    double dx = charts_moved * (east - west), dy = charts_moved * (north - south) / 2;
    wanmi_status status = real(crs, datum, west + dx, south + dy, east + dx, north + dy, options, host,
                               chart, error);
    charts_made += status == WANMI_OK;
    return status;
}

__attribute__((visibility("default")))
wanmi_status wanmi_chart_forward(const wanmi_chart *chart, wanmi_transform *transform, size_t count,
                                 const double *lon, size_t lon_stride, const double *lat, size_t lat_stride,
                                 double *xs, double *ys, uint8_t *reasons, uint8_t *covered,
                                 wanmi_error *error)
{
    wanmi_status (*real)(const wanmi_chart *, wanmi_transform *, size_t, const double *, size_t,
                         const double *, size_t, double *, double *, uint8_t *, uint8_t *, wanmi_error *);
    *(void **)&real = dlsym(RTLD_NEXT, "wanmi_chart_forward");
    wanmi_status status = real(chart, transform, count, lon, lon_stride, lat, lat_stride, xs, ys, reasons,
                               covered, error);
    asked_of_charts += covered != NULL ? count : 0;     /* else a chart asks itself */
    for (size_t i = 0; covered != NULL && i < count; i++)
        not_covered += !covered[i];
    return status;
}

/* A mistake made once: a fitted box smaller than the areas. */
static void charts_smaller_than_the_map(void **state)
{
    (void)state;
    wanmi_map *map = test_make_city(&(test_city){.seed = 4, .side = 11, .jitter_m = 25, .bends = 3,
                                                 .drop = 0.1, .hole = 0.2, .places = 20, .snap_m = 30},
                                    NULL);
    uint64_t wheres[4] = {0};
    for (charts_moved = 0; charts_moved < 0.9; charts_moved += 0.4) {
        charts_made = 0;
        asked_of_charts = not_covered = 0;
        check_map(map, 3, 12, wheres);
        assert_true(charts_made == 3 || charts_made == 1);  /* one: a build without the offset datums */
        print_message("charts moved by %.1f of the area: %llu of %llu not covered\n", charts_moved,
                      (unsigned long long)not_covered, (unsigned long long)asked_of_charts);
        assert_true(not_covered >= asked_of_charts * (charts_moved / 2) && not_covered < asked_of_charts);
    }
    charts_moved = 0;
    wanmi_map_release(map);
}

/* Around 105 E the formula of GCJ-02 has no slope, and no chart covers it: the
 * street of boxes there is left to PROJ, through the middle of the cells. */
static void a_kink_through_the_map(void **state)
{
    (void)state;
    enum { SIDE = 14 };
    static double xs[ROUND], ys[ROUND];
    wanmi_transform *transform = NULL;
    wanmi_map_builder *b = NULL;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4544";
    assert_int_equal(wanmi_map_builder_create(NULL, &b, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_random random = {14};
    for (int i = 0; i < SIDE * SIDE; i++) {
        char code[16];
        test_area a = {0};
        double x = 500000 + 100 * (i % SIDE - SIDE / 2), y = 3875000 + 100 * (i / SIDE - SIDE / 2);
        snprintf(code, sizeof code, "%d", i * 31 % 997);
        test_area_ring(&a, false, (double[]){x, y, x + 101, y + 7, x + 95, y + 103, x - 3, y + 98}, 4);
        test_add_area(b, "cell", code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    }
    wanmi_map *map = test_close_builder(b);
    assert_int_equal(wanmi_transform_create(wanmi_map_crs(map), &transform, NULL), WANMI_OK);
    uint64_t wheres[4] = {0};
    both e;
    brute plain;
    not_covered = 0;
    both_open_with(&e, map, 0);
    brute_open(&plain, map);
    for (int i = 0; i < ROUND; i++) {
        test_point_near(&random, map, i % TEST_POINT_KINDS, 100, &xs[i], &ys[i]);
        double lon = 105, lat = 35;     /* as WGS 84, and a few hairs beside */
        if (i % 3 != 0)
            continue;
        uint8_t reason;
        if (i % 2 == 0)
            lon += test_uniform(&random, -1, 1) * pow(10, test_uniform(&random, -13, -5));
        else
            lat += test_uniform(&random, -1, 1) * pow(10, test_uniform(&random, -13, -5));
        *(i % 2 == 0 ? &lat : &lon) += test_uniform(&random, -0.007, 0.007);
        assert_int_equal(wanmi_transform_forward(transform, WANMI_DATUM_WGS84, 1, &lon, 0, &lat, 0, &xs[i],
                                                 &ys[i], &reason, NULL), WANMI_OK);
    }
    check_points(&plain, e.exact, e.fast, xs, ys, NULL, ROUND, wheres);
    brute_close(&plain);
    both_close(&e);
    wanmi_transform_free(transform);
    wanmi_map_release(map);
    assert_true(wheres[WANMI_INSIDE] > 0);
    assert_true(not_covered > 0 || charts_made == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares),
        cmocka_unit_test(irregular),
        cmocka_unit_test(everything_wrong),
        cmocka_unit_test(touching),
        cmocka_unit_test(lattice),
        cmocka_unit_test(lattice_with_too_few_digits),
        cmocka_unit_test(a_lattice_far_finer_than_the_cells),
        cmocka_unit_test(a_crowded_corner),
        cmocka_unit_test(small_and_far_apart),
        cmocka_unit_test(centimetres),
        cmocka_unit_test(changes_in_time),
        cmocka_unit_test(nearly_collinear),
        cmocka_unit_test(far_from_the_map),
        cmocka_unit_test(charts_smaller_than_the_map),
        cmocka_unit_test(a_kink_through_the_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
