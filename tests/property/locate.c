/* What must hold on every map, whatever its shape. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "shapes.h"

enum { POINTS = 6000 };

typedef struct located {
    wanmi_map *map;
    wanmi_index *index;
    wanmi_locator *locator;
    uint32_t cells[POINTS], tuples[POINTS];
    uint8_t where[POINTS];
    double distances[POINTS];
} located;

static located *locate_by(const test_city *city, const double *xs, const double *ys, wanmi_engine engine)
{
    located *l = calloc(1, sizeof *l);
    l->map = test_make_city(city, NULL);
    cr_assert_eq(wanmi_index_create(l->map, NULL, &l->index, NULL), WANMI_OK);
    cr_assert_eq(wanmi_locator_create(l->index, engine, &l->locator, NULL), WANMI_OK);
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = POINTS, in.x = xs, in.y = ys, in.datum = WANMI_DATUM_MAP, in.now_us = TEST_T1;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = l->cells, out.tuple = l->tuples, out.where = l->where, out.distance_m = l->distances;
    cr_assert_eq(wanmi_locate(l->locator, &in, &out, NULL), WANMI_OK);
    return l;
}

static void drop(located *l)
{
    wanmi_locator_free(l->locator);
    wanmi_index_release(l->index);
    wanmi_map_release(l->map);
    free(l);
}

/* What holds of one engine's answers holds of the other's: they are the same. */
static located *locate_on(const test_city *city, const double *xs, const double *ys)
{
    located *exact = locate_by(city, xs, ys, WANMI_ENGINE_EXACT);
    located *fast = locate_by(city, xs, ys, WANMI_ENGINE_FAST);
    cr_assert_arr_eq(fast->cells, exact->cells, sizeof fast->cells);
    cr_assert_arr_eq(fast->where, exact->where, sizeof fast->where);
    cr_assert_eq(memcmp(fast->distances, exact->distances, sizeof fast->distances), 0);
    drop(exact);
    return fast;
}

static void draw_points(const test_city *city, double margin_m, double *xs, double *ys)
{
    wanmi_map *map = test_make_city(city, NULL);
    test_random random = {city->seed + 50};
    for (int i = 0; i < POINTS; i++)
        test_point_near(&random, map, i % TEST_POINT_KINDS, margin_m, &xs[i], &ys[i]);
    wanmi_map_release(map);
}

static test_city city_of(uint64_t seed)
{
    return (test_city){.seed = seed, .side = 10, .jitter_m = 4 * (double)seed, .bends = (uint32_t)seed,
                       .drop = 0.1, .overlap = 0.15, .hole = 0.15, .version = 0.15, .places = 15,
                       .snap_m = 15};
}

static uint64_t seeds[] = {0, 1, 2, 3, 4, 5, 6};

ParameterizedTestParameters(locate, one_owner)
{
    return cr_make_param_array(uint64_t, seeds, sizeof seeds / sizeof *seeds);
}

/* On a partition without faults every point well inside the outer border has an
 * owner, exactly one in each partition layer, and one of the cells that meet there. */
ParameterizedTest(uint64_t *seed, locate, one_owner)
{
    static double xs[POINTS], ys[POINTS];
    test_city city = {.seed = *seed, .side = 9, .jitter_m = 4 * (double)*seed, .bends = (uint32_t)*seed};
    draw_points(&city, -110, xs, ys);
    located *l = locate_on(&city, xs, ys);
    uint32_t cell_layer = wanmi_map_cell_layer(l->map);
    wanmi_area_info first, last;
    wanmi_map_area(l->map, 0, &first);
    double min_x = INFINITY, min_y = INFINITY, max_x = -INFINITY, max_y = -INFINITY;
    for (uint32_t i = 0; i < wanmi_map_area_count(l->map); i++) {
        wanmi_map_area(l->map, i, &last);
        min_x = fmin(min_x, last.min_x), max_x = fmax(max_x, last.max_x);
        min_y = fmin(min_y, last.min_y), max_y = fmax(max_y, last.max_y);
    }
    int inner = 0;
    for (int i = 0; i < POINTS; i++) {
        if (xs[i] < min_x + 60 || xs[i] > max_x - 160 || ys[i] < min_y + 60 || ys[i] > max_y - 160)
            continue;
        inner++;
        cr_assert_eq(l->where[i], WANMI_INSIDE, "point %d: %.17g %.17g", i, xs[i], ys[i]);
        cr_assert_eq(l->distances[i], 0);
        for (uint32_t layer = 0; layer < wanmi_map_layer_count(l->map); layer++) {
            wanmi_layer_info info;
            const uint32_t *areas;
            size_t count;
            wanmi_map_layer(l->map, layer, &info);
            cr_assert_eq(wanmi_locator_areas(l->locator, l->tuples[i], layer, &areas, &count), WANMI_OK);
            if (info.kind == WANMI_PARTITION)
                cr_assert_eq(count, 1);
            if (layer == cell_layer)
                cr_assert_eq(areas[0], l->cells[i]);
        }
    }
    cr_assert_gt(inner, POINTS / 2);
    drop(l);
}

/* The same areas by code, whatever their numbers. */
static void same_answers(const located *a, const located *b)
{
    for (int i = 0; i < POINTS; i++) {
        cr_assert_eq(a->where[i], b->where[i]);
        cr_assert_str_eq(wanmi_map_area_code(a->map, a->cells[i]),
                         wanmi_map_area_code(b->map, b->cells[i]));
        cr_assert(a->distances[i] == b->distances[i] ||
                  (isnan(a->distances[i]) && isnan(b->distances[i])));
        for (uint32_t layer = 0; layer < wanmi_map_layer_count(a->map); layer++) {
            wanmi_layer_info info;
            wanmi_map_layer(a->map, layer, &info);
            uint32_t other = wanmi_map_find_layer(b->map, info.name);
            const uint32_t *in_a, *in_b;
            size_t count_a, count_b;
            wanmi_locator_areas(a->locator, a->tuples[i], layer, &in_a, &count_a);
            wanmi_locator_areas(b->locator, b->tuples[i], other, &in_b, &count_b);
            cr_assert_eq(count_a, count_b);
            for (size_t k = 0; k < count_a; k++)
                cr_assert_str_eq(wanmi_map_area_code(a->map, in_a[k]),
                                 wanmi_map_area_code(b->map, in_b[k]));
        }
    }
}

ParameterizedTestParameters(locate, order_of_rows_and_layers)
{
    return cr_make_param_array(uint64_t, seeds, sizeof seeds / sizeof *seeds);
}

/* Rows and layers given in another order make the same answers. */
ParameterizedTest(uint64_t *seed, locate, order_of_rows_and_layers)
{
    static double xs[POINTS], ys[POINTS];
    test_city city = city_of(*seed);
    draw_points(&city, 30, xs, ys);
    located *plain = locate_on(&city, xs, ys);
    for (city.shuffle = 1; city.shuffle <= 4; city.shuffle++) {
        located *shuffled = locate_on(&city, xs, ys);
        same_answers(plain, shuffled);
        drop(shuffled);
    }
    drop(plain);
}

ParameterizedTestParameters(locate, order_of_points)
{
    return cr_make_param_array(uint64_t, seeds, sizeof seeds / sizeof *seeds);
}

/* A session's answer does not depend on what it was asked before: the other way
 * round, and one at a time by fresh eyes. */
ParameterizedTest(uint64_t *seed, locate, order_of_points)
{
    static double xs[POINTS], ys[POINTS], back_xs[POINTS], back_ys[POINTS];
    test_city city = city_of(*seed);
    draw_points(&city, 30, xs, ys);
    for (int i = 0; i < POINTS; i++) {
        back_xs[i] = xs[POINTS - 1 - i];
        back_ys[i] = ys[POINTS - 1 - i];
    }
    located *forth = locate_on(&city, xs, ys), *back = locate_on(&city, back_xs, back_ys);
    for (int i = 0; i < POINTS; i++) {
        cr_assert_eq(forth->cells[i], back->cells[POINTS - 1 - i]);
        uint32_t cell;
        wanmi_where where;
        cr_assert_eq(wanmi_locate_one(back->locator, WANMI_DATUM_MAP, xs[i], ys[i], TEST_T1, &cell,
                                      &where, NULL), WANMI_OK);
        cr_assert_eq(cell, forth->cells[i]);
        cr_assert_eq(where, forth->where[i]);
    }
    drop(forth);
    drop(back);
}
