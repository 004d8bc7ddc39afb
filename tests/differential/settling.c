/* Settled points on maps that are made to lead the descent astray (lib/locate/descent.h):
 * borders that nearly run along one another, slivers, fans, chains all but straight,
 * parts that touch, tiles with very many edges. Every answer of the fast engine is
 * compared with the exact one's, as x, y and as degrees.
 *
 *   differential-settling [POINTS [SEED]]    points a map, both ways; 6,000 unless told
 *
 * Prints what a point costs, so that a long run also shows the worst case. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "plain_reading.h"

static size_t points_wanted = 6000;
static uint64_t seed = 17;

typedef struct canvas {
    wanmi_map_builder *builder;
    test_random random;
    double x, y;                    /* its south-west corner */
    unsigned count;                 /* of codes given */
} canvas;

static void add(canvas *c, const char *layer, test_area *area)
{
    char code[24];
    snprintf(code, sizeof code, "%06u", (c->count++ * 7919u) % 1000003u);
    test_add_area(c->builder, layer, code, "", WANMI_TIME_NONE, WANMI_TIME_NONE, area);
}

static void add_ring(canvas *c, const char *layer, const double *offsets, size_t count)
{
    double xy[64];
    test_area area = {0};
    for (size_t i = 0; i < count; i++) {
        xy[2 * i] = c->x + offsets[2 * i];
        xy[2 * i + 1] = c->y + offsets[2 * i + 1];
    }
    test_area_ring(&area, false, xy, count);
    add(c, layer, &area);
}

/* A length of 1e-10 to 1e-6 m, of either sign, or none. */
static double tiny(canvas *c)
{
    double size = pow(10, test_uniform(&c->random, -10, -6));
    uint32_t kind = test_below(&c->random, 5);
    return kind == 0 ? 0 : kind < 3 ? size : -size;
}

/* ---- maps ------------------------------------------------------------------------------- */

/* A border from west to east, all but straight. Below it lie fields, above it others
 * with nodes of their own on it; districts share it with neither, to a hair. */
static void tee_junctions(canvas *c)
{
    enum { FIELDS = 17 };
    const double slope = 0.137, width = 11.3;
    for (int side = -1; side <= 1; side += 2) {
        for (int i = 0; i < FIELDS; i++) {
            double from = width * i + (side > 0 ? 4.1 : 0), to = from + width;
            double a = slope * from, b = slope * to, far = side * 40;
            add_ring(c, "cell", (double[]){from, a + side * 1e-9 * (i % 3), to, b + side * 1e-9 * (i % 3),
                                           to, b + far, from, a + far}, 4);
        }
        double end = width * FIELDS;
        for (int i = 0; i < 4; i++) {
            double off = tiny(c);
            add_ring(c, "district", (double[]){0, off, end / 3, slope * end / 3 + tiny(c), end,
                                               slope * end + off, end, slope * end + side * (41 + i), 0,
                                               side * (41 + i)}, 5);
        }
    }
}

/* The same ring again and again, each a hair beside the other. */
static void near_duplicates(canvas *c)
{
    for (int i = 0; i < 24; i++) {
        double shift_x = tiny(c), shift_y = tiny(c);
        double ring[2 * 13];
        for (int k = 0; k < 13; k++) {
            ring[2 * k] = 40 + (30 + 3 * (k % 4)) * cos(k * 0.4833) + shift_x;
            ring[2 * k + 1] = 40 + (30 + 3 * (k % 4)) * sin(k * 0.4833) + (k % 2 == 0 ? shift_y : tiny(c));
        }
        add_ring(c, i % 2 == 0 ? "cell" : "place", ring, 13);
    }
}

/* Areas thinner than what goes with a line. */
static void slivers(canvas *c)
{
    add_ring(c, "cell", (double[]){0, 0, 90, 0, 90, 90, 0, 90}, 4);
    for (int i = 0; i < 60; i++) {
        double x = test_uniform(&c->random, 5, 60), y = test_uniform(&c->random, 5, 60);
        double turn = test_uniform(&c->random, 0, 3.1), thin = 4e-9 * (1 + test_below(&c->random, 50));
        double dx = 25 * cos(turn), dy = 25 * sin(turn);
        add_ring(c, i % 3 == 0 ? "district" : "place",
                 (double[]){x, y, x + dx, y + dy, x + dx - thin * sin(turn), y + dy + thin * cos(turn),
                            x - thin * sin(turn), y + thin * cos(turn)}, 4);
        if (i % 4 == 0)             /* a needle with its point on the one before */
            add_ring(c, "place", (double[]){x + dx / 2, y + dy / 2, x + dx / 2 + 20, y + dy / 2 + 7,
                                            x + dx / 2 + 20, y + dy / 2 + 7 + 3 * thin}, 3);
    }
}

/* A hundred triangles at one point, and others that end a hair beside it. */
static void fan(canvas *c)
{
    enum { BLADES = 100 };
    for (int i = 0; i < BLADES; i++) {
        double a = 2 * M_PI * i / BLADES, b = 2 * M_PI * (i + 1) / BLADES;
        add_ring(c, "cell", (double[]){50, 50, 50 + 45 * cos(a), 50 + 45 * sin(a), 50 + 45 * cos(b),
                                       50 + 45 * sin(b)}, 3);
        if (i % 5 == 0)
            add_ring(c, "place", (double[]){50 + tiny(c), 50 + tiny(c), 50 + 30 * cos(a), 50 + 30 * sin(a),
                                            50 + 30 * cos(b + 1), 50 + 30 * sin(b + 1)}, 3);
    }
}

/* A border across a large tile, straight to some micrometres, with an end that leaves
 * it: edges that go with the line, and one that bends off it behind them. */
static void kinks(canvas *c)
{
    enum { NODES_MOST = 7 };
    int layers = 1 + (int)test_below(&c->random, 2);
    for (int layer = 0; layer < layers; layer++) {
        double slope = layer * 1e-6, ring[2 * NODES_MOST + 4];
        size_t nodes = 4 + test_below(&c->random, 4);
        for (size_t i = 0; i < nodes; i++) {
            bool last = i + 1 == nodes;
            double x = i == 0 ? 0 : last ? 100 : 10 + 0.7 * (double)i + test_uniform(&c->random, 0, 0.6);
            double bend = last ? test_uniform(&c->random, 3e-4, 2e-3) : test_uniform(&c->random, -9e-6, 9e-6);
            ring[2 * i] = x;
            ring[2 * i + 1] = 47.3 + (0.013 + slope) * x + (i < 2 ? 0 : bend);
        }
        for (int side = -1; side <= 1; side += 2) {
            memcpy(ring + 2 * nodes, (double[]){100, 50 + 50 * side, 0, 50 + 50 * side}, 4 * sizeof *ring);
            add_ring(c, layer == 0 ? "cell" : "district", ring, nodes + 2);
        }
    }
}

/* Two areas share a chain of short edges, all but straight; another layer has only
 * its ends; one has every third node. */
static void chains(canvas *c)
{
    enum { NODES = 26 };
    for (int chain = 0; chain < 8; chain++) {
        double nodes[2 * NODES], ring[2 * NODES + 4], slope = test_uniform(&c->random, -1.2, 1.2);
        double wide = chain % 2 == 0 ? 1 : 3.7, y = 30 * chain + 20;
        for (int i = 0; i < NODES; i++) {
            nodes[2 * i] = wide * i + (chain % 3 == 0 ? 1e-9 : 1e-7) * (i % 2);
            nodes[2 * i + 1] = y + slope * nodes[2 * i] * 0.1 + tiny(c);
        }
        for (int side = -1; side <= 1; side += 2) {
            for (int step = 1; step <= NODES - 1; step += step == 1 ? 4 : NODES - 6) {
                int count = 0;
                for (int i = 0; i < NODES; i += step, count++)
                    memcpy(ring + 2 * (size_t)count, nodes + 2 * (size_t)i, 2 * sizeof *ring);
                double last = ring[2 * count - 2];
                memcpy(ring + 2 * (size_t)count, (double[]){last, y + 12 * side, 0, y + 12 * side},
                       4 * sizeof *ring);
                add_ring(c, step == 1 ? "cell" : step == 5 ? "district" : "place", ring,
                         (size_t)count + 2);
            }
        }
    }
}

/* Rings with doubled points, holes that touch their shell and one another in a point,
 * parts that touch in a point, all of them overlapped. */
static void touching(canvas *c)
{
    for (int i = 0; i < 9; i++) {
        double x = c->x + 30 * (i % 3), y = c->y + 30 * (i / 3);
        test_area a = {0};
        test_area_ring(&a, false, (double[]){x, y, x, y, x + 30, y + 1e-9 * i, x + 30, y + 30, x + 30, y + 30,
                                             x + 12, y + 30, x, y + 30}, 7);
        test_area_ring(&a, true, (double[]){x, y + 15, x + 10, y + 10, x + 10, y + 20}, 3);
        test_area_ring(&a, true, (double[]){x + 10, y + 20, x + 14, y + 15, x + 20, y + 20.000001}, 3);
        add(c, i % 2 == 0 ? "cell" : "district", &a);
        test_area_box(&a, false, x + 3, y + 3, x + 13, y + 13);
        test_area_box(&a, false, x + 13, y + 13, x + 20, y + 20);
        test_area_ring(&a, false, (double[]){x + 20, y + 20, x + 25 + tiny(c), y + 21, x + 22, y + 27}, 3);
        add(c, "place", &a);
        test_area_ring(&a, false, (double[]){x + 5, y - 3, x + 33, y + 11 + tiny(c), x + 14, y + 29}, 3);
        add(c, "cell", &a);
    }
}

/* A coast of thousands of short edges, and one large area that makes few tiles. */
static void coast(canvas *c)
{
    enum { NODES = 10000 };
    double *ring = malloc(2 * (NODES + 2) * sizeof *ring);
    for (int side = -1; side <= 1; side += 2) {
        test_area area = {0};
        test_random same = {77};
        for (int i = 0; i < NODES; i++) {
            ring[2 * i] = c->x + 0.01 * i + test_uniform(&same, -0.004, 0.004);
            ring[2 * i + 1] = c->y + 3 * sin(0.003 * i) + test_uniform(&same, -0.5, 0.5);
        }
        memcpy(ring + 2 * (size_t)NODES, (double[]){c->x + 100, c->y + side * 3000, c->x, c->y + side * 3000},
               4 * sizeof *ring);
        test_area_ring(&area, false, ring, NODES + 2);
        add(c, "cell", &area);
    }
    free(ring);
    for (int i = 0; i < 400; i++)
        add_ring(c, "district", (double[]){4000.0 * (i % 20), 4000.0 + 4000 * (i / 20), 4000.0 * (i % 20) + 3900,
                                           4010.0 + 4000 * (i / 20), 4000.0 * (i % 20), 7990.0 + 4000 * (i / 20)}, 3);
}

/* Hundreds of areas of one overlay over one another. */
static void pile(canvas *c)
{
    add_ring(c, "cell", (double[]){0, 0, 400, 0, 400, 400, 0, 400}, 4);
    for (int i = 0; i < 400; i++) {
        test_area area = {0};
        test_area_round(&area, false, c->x + test_uniform(&c->random, 150, 250),
                        c->y + test_uniform(&c->random, 150, 250), test_uniform(&c->random, 20, 140),
                        3 + test_below(&c->random, 20));
        add(c, "place", &area);
    }
}

/* ---- points -------------------------------------------------------------------------------- */

static double spent(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Between two vertices of one area, or a few units in the last place beside one. */
static void draw(test_random *random, const wanmi_map *map, size_t i, double *x, double *y)
{
    test_point_near(random, map, (int)(i % TEST_POINT_KINDS), 30, x, y);
    if (i % 3 != 0)
        return;
    for (uint32_t k = test_below(random, 4); k > 0; k--) {
        *x = nextafter(*x, test_below(random, 2) == 0 ? -INFINITY : INFINITY);
        *y = nextafter(*y, test_below(random, 2) == 0 ? -INFINITY : INFINITY);
    }
}

static double ask(both *e, wanmi_datum datum, const double *xs, const double *ys)
{
    static double distances[ROUND];
    static uint32_t cells[ROUND], tuples[ROUND];
    static uint8_t where[ROUND];
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = ROUND, in.x = xs, in.y = ys, in.now_us = 0, in.datum = datum;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells, out.tuple = tuples, out.where = where, out.distance_m = distances;
    double from = spent();
    assert_int_equal(wanmi_locate(e->fast, &in, &out, NULL), WANMI_OK);
    from = spent() - from;
    assert_int_equal(wanmi_locate(e->exact, &in, &out, NULL), WANMI_OK);
    check_fast(e->fast, e->exact, &in, &out);
    return from;
}

static void check(const char *name, void (*draw_map)(canvas *), double x, double y, size_t points)
{
    static double xs[ROUND], ys[ROUND], lons[ROUND], lats[ROUND];
    static uint8_t reasons[ROUND];
    canvas c = {.random = {seed}, .x = x, .y = y};
    test_open_builder(NULL, 0, &c.builder);
    test_add_layer(c.builder, "cell", WANMI_PARTITION, 0, "");
    test_add_layer(c.builder, "district", WANMI_PARTITION, 1, "");
    test_add_layer(c.builder, "place", WANMI_OVERLAY, 0, "");
    draw_map(&c);
    wanmi_map *map = test_close_builder(c.builder);
    both e;
    both_open(&e, map);
    wanmi_transform *transform = NULL;
    assert_int_equal(wanmi_transform_create(wanmi_map_crs(map), &transform, NULL), WANMI_OK);
    double plane = 0, degrees = 0;
    size_t done = 0;
    for (; done < points; done += ROUND) {
        for (size_t i = 0; i < ROUND; i++)
            draw(&c.random, map, i, &xs[i], &ys[i]);
        plane += ask(&e, WANMI_DATUM_MAP, xs, ys);
        assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, ROUND, xs, 0, ys, 0, lons, lats,
                                                 reasons, NULL), WANMI_OK);
        degrees += ask(&e, WANMI_DATUM_WGS84, lons, lats);
    }
    wanmi_transform_free(transform);
    print_message("%s at %g %g: x, y %.0f ns a point, degrees %.0f ns\n  ", name, x, y,
                  1e9 * plane / (double)done, 1e9 * degrees / (double)done);
    both_close(&e);
    wanmi_map_release(map);
}

static void check_both(const char *name, void (*draw_map)(canvas *), size_t points)
{
    check(name, draw_map, 499977.25, 4399983.5, points);
    check(name, draw_map, 0, 0, points);    /* where numbers have all their digits */
}

static void hairs(void **state)
{
    (void)state;
    check_both("tee junctions", tee_junctions, points_wanted);
    check_both("near duplicates", near_duplicates, points_wanted);
    check_both("slivers", slivers, points_wanted);
    check_both("chains", chains, points_wanted);
    for (int i = 0; i < 12; i++, seed++)
        check_both("kinks", kinks, points_wanted / 2);
}

static void corners(void **state)
{
    (void)state;
    check_both("fan", fan, points_wanted);
    check_both("touching", touching, points_wanted);
}

static void heaps(void **state)
{
    (void)state;
    check_both("coast", coast, points_wanted / 2);
    check_both("pile", pile, points_wanted / 4);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hairs),
        cmocka_unit_test(corners),
        cmocka_unit_test(heaps),
    };
    if (argc > 1)
        points_wanted = strtoul(argv[1], NULL, 10);
    if (argc > 2)
        seed = strtoull(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
