/* See plain_reading.h. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "plain_reading.h"

void brute_open(brute *b, const wanmi_map *map)
{
    *b = (brute){.map = map, .areas = wanmi_map_area_count(map)};
    b->geos = GEOS_init_r();
    b->polygons = calloc(b->areas, sizeof *b->polygons);
    b->prepared = calloc(b->areas, sizeof *b->prepared);
    b->infos = calloc(b->areas, sizeof *b->infos);
    b->layer_count = wanmi_map_layer_count(map);
    b->cell_layer = wanmi_map_cell_layer(map);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    b->snap_m = meta.snap_m;
    for (uint32_t i = 0; i < b->layer_count; i++)
        wanmi_map_layer(map, i, &b->layers[i]);
    GEOSWKBReader *reader = GEOSWKBReader_create_r(b->geos);
    for (uint32_t i = 0; i < b->areas; i++) {
        size_t size = wanmi_map_area_wkb_size(map, i);
        uint8_t *wkb = malloc(size);
        assert_int_equal(wanmi_map_area_wkb(map, i, wkb, size), WANMI_OK);
        b->polygons[i] = GEOSWKBReader_read_r(b->geos, reader, wkb, size);
        assert_non_null(b->polygons[i]);
        b->prepared[i] = GEOSPrepare_r(b->geos, b->polygons[i]);
        wanmi_map_area(map, i, &b->infos[i]);
        free(wkb);
    }
    GEOSWKBReader_destroy_r(b->geos, reader);
}

void brute_close(brute *b)
{
    for (uint32_t i = 0; i < b->areas; i++) {
        GEOSPreparedGeom_destroy_r(b->geos, b->prepared[i]);
        GEOSGeom_destroy_r(b->geos, b->polygons[i]);
    }
    GEOS_finish_r(b->geos);
    free(b->polygons);
    free(b->prepared);
    free(b->infos);
}

static bool counts(const wanmi_area_info *info, int64_t t)
{
    return (info->valid_from_us == WANMI_TIME_NONE || info->valid_from_us <= t) &&
           (info->valid_to_us == WANMI_TIME_NONE || t < info->valid_to_us);
}

/* Which areas cover a point: a fresh point, thrown away after. */
static void cover_all(brute *b, double x, double y, int64_t t, bool also_unprepared, bool *covers)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(b->geos, x, y);
    for (uint32_t i = 0; i < b->areas; i++) {
        char answer = GEOSPreparedCovers_r(b->geos, b->prepared[i], point);
        assert_true(answer == 0 || answer == 1);
        if (also_unprepared) {
            assert_int_equal(GEOSCovers_r(b->geos, b->polygons[i], point), answer);
            b->unprepared++;
        }
        covers[i] = answer == 1 && counts(&b->infos[i], t);
    }
    GEOSGeom_destroy_r(b->geos, point);
}

static uint32_t lowest(const brute *b, uint32_t layer, const bool *covers)
{
    const wanmi_layer_info *info = &b->layers[layer];
    for (uint32_t i = info->first_area; i < info->first_area + info->area_count; i++)
        if (covers[i])
            return i;
    return WANMI_NONE;
}

/* The cell's parent, parent's parent ... in `layer`, found by code. */
static uint32_t ancestor_in(const brute *b, uint32_t cell, uint32_t layer, int64_t t)
{
    uint32_t area = cell;
    while (area != WANMI_NONE && b->infos[area].layer != layer) {
        uint32_t up = b->layers[b->infos[area].layer].parent;
        if (up == WANMI_NONE || b->infos[area].parent_code[0] == '\0')
            return WANMI_NONE;
        area = wanmi_map_find_area(b->map, up, b->infos[area].parent_code, t);
    }
    return area;
}

typedef struct answer {
    uint32_t cell, tuple;
    uint8_t where;
    double distance_m;
} answer;

static void check_layer(brute *b, const wanmi_locator *l, uint32_t layer, const answer *a,
                        const bool *covers, int64_t t)
{
    const wanmi_layer_info *info = &b->layers[layer];
    const uint32_t *areas;
    size_t count, seen = 0;
    assert_int_equal(wanmi_locator_areas(l, a->tuple, layer, &areas, &count), WANMI_OK);
    if (info->kind == WANMI_OVERLAY) {
        for (uint32_t i = info->first_area; i < info->first_area + info->area_count; i++)
            if (covers[i]) {
                assert_true(seen < count);
                assert_int_equal(areas[seen++], i);
            }
        assert_int_equal(seen, count);
        return;
    }
    uint32_t owner = lowest(b, layer, covers);
    if (a->where == WANMI_INSIDE && info->is_cell_ancestor && layer != b->cell_layer) {
        uint32_t own = ancestor_in(b, a->cell, layer, t);
        if (own != WANMI_NONE && covers[own])
            owner = own;
    }
    assert_int_equal(count, owner != WANMI_NONE);
    assert_int_equal(wanmi_locator_area(l, a->tuple, layer), owner);
}

/* GEOS's distance to every cell; the rule about ties as it is written. */
static void check_nearest(brute *b, double x, double y, const answer *a, int64_t t)
{
    const wanmi_layer_info *info = &b->layers[b->cell_layer];
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(b->geos, x, y);
    double *distances = malloc((info->area_count + 1) * sizeof *distances), smallest = INFINITY;
    for (uint32_t i = 0; i < info->area_count; i++) {
        distances[i] = INFINITY;
        if (!counts(&b->infos[info->first_area + i], t))
            continue;
        GEOSDistance_r(b->geos, b->polygons[info->first_area + i], point, &distances[i]);
        smallest = fmin(smallest, distances[i]);
    }
    uint32_t nearest = 0;
    while (nearest < info->area_count &&
           !(b->snap_m > 0 && distances[nearest] <= b->snap_m && distances[nearest] <= smallest + 1e-9))
        nearest++;
    if (nearest == info->area_count) {
        assert_int_equal(a->where, WANMI_OUTSIDE);
        assert_int_equal(a->cell, WANMI_NONE);
        assert_true(isnan(a->distance_m));
    } else {
        assert_int_equal(a->where, WANMI_SNAPPED);
        assert_int_equal(a->cell, info->first_area + nearest);
        assert_true(fabs(a->distance_m - distances[nearest]) <= 1e-9);
    }
    free(distances);
    GEOSGeom_destroy_r(b->geos, point);
}

static void check_point(brute *b, const wanmi_locator *l, double x, double y, int64_t t,
                        const answer *a, bool also_unprepared, bool *covers)
{
    cover_all(b, x, y, t, also_unprepared, covers);
    uint32_t cell = lowest(b, b->cell_layer, covers);
    if (cell != WANMI_NONE) {
        assert_int_equal(a->where, WANMI_INSIDE);
        assert_int_equal(a->cell, cell);
        assert_true(a->distance_m == 0);
    } else {
        check_nearest(b, x, y, a, t);
    }
    for (uint32_t layer = 0; layer < b->layer_count; layer++)
        check_layer(b, l, layer, a, covers, t);
}

/* One position a call: the same answer, certain or not. */
static void check_one_by_one(wanmi_locator *fast, const wanmi_positions *in, const wanmi_hits *expected)
{
    for (size_t i = 0; i < in->count; i++) {
        uint32_t cell = 0;
        wanmi_where where = WANMI_INSIDE;
        wanmi_datum datum = in->datums != NULL ? (wanmi_datum)in->datums[i] : in->datum;
        int64_t when = in->time_us != NULL ? in->time_us[i] : in->now_us;
        assert_int_equal(wanmi_locate_one(fast, datum, in->x[i], in->y[i], when, &cell, &where, NULL),
                         WANMI_OK);
        if (cell != expected->cell[i] || where != (wanmi_where)expected->where[i])
            fail_msg("x %.17g y %.17g: alone cell %u where %d, exact cell %u where %d", in->x[i], in->y[i],
                     cell, (int)where, expected->cell[i], expected->where[i]);
    }
}

/* The fast engine's columns against the exact one's: the same bits, and the same
 * areas in every layer. */
static void check_kernel(wanmi_locator *fast, const wanmi_locator *exact, const wanmi_positions *in,
                         const wanmi_hits *expected)
{
    static uint32_t cells[ROUND], tuples[ROUND];
    static uint8_t where[ROUND], reasons[ROUND];
    static double distances[ROUND];
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells, out.tuple = tuples, out.where = where, out.distance_m = distances;
    out.reason = reasons;
    assert_int_equal(wanmi_locate(fast, in, &out, NULL), WANMI_OK);
    for (size_t i = 0; i < in->count; i++) {
        if (where[i] == WANMI_REJECTED && expected->where[i] == WANMI_REJECTED) {
            assert_int_equal(reasons[i], expected->reason != NULL ? expected->reason[i] : reasons[i]);
            continue;
        }
        bool same = cells[i] == expected->cell[i] && where[i] == expected->where[i] &&
                    memcmp(&distances[i], &expected->distance_m[i], sizeof(double)) == 0;
        for (uint32_t layer = 0; layer < wanmi_map_layer_count(wanmi_index_map(
                 wanmi_locator_index(fast))) && same; layer++) {
            const uint32_t *a, *b;
            size_t a_count, b_count;
            assert_int_equal(wanmi_locator_areas(fast, tuples[i], layer, &a, &a_count), WANMI_OK);
            assert_int_equal(wanmi_locator_areas(exact, expected->tuple[i], layer, &b, &b_count), WANMI_OK);
            same = a_count == b_count && memcmp(a, b, a_count * sizeof *a) == 0;
        }
        if (!same)
            fail_msg("x %.17g y %.17g: fast cell %u where %d, exact cell %u where %d", in->x[i], in->y[i],
                     cells[i], where[i], expected->cell[i], expected->where[i]);
    }
}

void check_fast(wanmi_locator *fast, const wanmi_locator *exact, const wanmi_positions *in,
                const wanmi_hits *expected)
{
    for (int kernel = WANMI_KERNEL_X86_64_V4; kernel >= WANMI_KERNEL_AUTO; kernel--) {
        wanmi_status status = wanmi_locator_use_kernel(fast, (wanmi_kernel)kernel, NULL);
        if (status == WANMI_E_UNSUPPORTED)
            continue;           /* another processor's */
        assert_int_equal(status, WANMI_OK);
        check_kernel(fast, exact, in, expected);
    }
    check_one_by_one(fast, in, expected);
}

/* Both engines on columns of degrees. */
static void check_columns(wanmi_locator *fast, wanmi_locator *exact, const wanmi_positions *in)
{
    static double distances[ROUND];
    static uint32_t cells[ROUND], tuples[ROUND];
    static uint8_t where[ROUND], reasons[ROUND];
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells, out.tuple = tuples, out.where = where, out.distance_m = distances;
    out.reason = reasons;
    assert_int_equal(wanmi_locate(exact, in, &out, NULL), WANMI_OK);
    check_fast(fast, exact, in, &out);
}

static void shift_by_ulps(double *at, uint64_t draw)
{
    for (uint64_t n = draw % 3; n > 0; n--)
        *at = nextafter(*at, (draw & 64) != 0 ? INFINITY : -INFINITY);
}

/* The same points as degrees of every datum, by the datum's own forward formulas, and
 * some a few ulps beside: PROJ's x, y are then a little beside the points, and the
 * fast engine starts from its charts'. Then all datums mixed in one column. */
static void check_degrees(wanmi_locator *fast, wanmi_locator *exact, const wanmi_positions *points)
{
    enum { DATUMS = WANMI_DATUM_MAP + 1 };
    static double lons[DATUMS][ROUND], lats[DATUMS][ROUND];
    static uint8_t reasons[ROUND], mixed[ROUND];
    wanmi_transform *transform = NULL;
    wanmi_crs *crs = wanmi_map_crs(wanmi_index_map(wanmi_locator_index(exact)));
    assert_int_equal(wanmi_transform_create(crs, &transform, NULL), WANMI_OK);
    wanmi_positions in = *points;
    test_random random = {points->count};
    for (int datum = 0; datum < DATUMS; datum++) {
        in.x = lons[datum], in.y = lats[datum], in.datum = (wanmi_datum)datum;
        if (wanmi_transform_inverse(transform, in.datum, in.count, points->x, 0, points->y, 0,
                                    lons[datum], lats[datum], reasons, NULL) != WANMI_OK)
            continue;           /* a build without it */
        for (size_t i = 1; i < in.count; i += 2) {
            shift_by_ulps(&lons[datum][i], test_next(&random));
            shift_by_ulps(&lats[datum][i], test_next(&random));
        }
        if (datum != WANMI_DATUM_CGCS2000 && datum != WANMI_DATUM_MAP)
            check_columns(fast, exact, &in);
    }
    wanmi_transform_free(transform);
    for (size_t i = 0; i < in.count; i++) {     /* long runs and short ones */
        bool goes_on = i > 0 && test_below(&random, i < in.count / 2 ? 20 : 2) != 0;
        mixed[i] = goes_on ? mixed[i - 1] : (uint8_t)test_below(&random, DATUMS);
        lons[0][i] = lons[mixed[i]][i];
        lats[0][i] = lats[mixed[i]][i];
    }
    in.x = lons[0], in.y = lats[0], in.datums = mixed;
    check_columns(fast, exact, &in);
}

void check_points(brute *b, wanmi_locator *l, wanmi_locator *fast, const double *xs, const double *ys,
                  const int64_t *when, size_t count, uint64_t *wheres)
{
    static double distances[ROUND];
    static uint32_t cells[ROUND], tuples[ROUND];
    static uint8_t where[ROUND];
    assert_true(count <= ROUND);
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = count;
    in.x = xs, in.y = ys, in.time_us = when, in.now_us = 0, in.datum = WANMI_DATUM_MAP;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells, out.tuple = tuples, out.where = where, out.distance_m = distances;
    assert_int_equal(wanmi_locate(l, &in, &out, NULL), WANMI_OK);
    check_fast(fast, l, &in, &out);
    bool *covers = malloc(b->areas);
    for (size_t i = 0; i < count; i++) {
        answer a = {cells[i], tuples[i], where[i], distances[i]};
        check_point(b, l, xs[i], ys[i], when != NULL ? when[i] : 0, &a, i % 16 < 1, covers);
        wheres[where[i]]++;
    }
    free(covers);
    check_degrees(fast, l, &in);
}

/* One batch of points of all kinds and all times, located at once. */
void check_round(brute *b, wanmi_locator *l, wanmi_locator *fast, test_random *random,
                 uint64_t *wheres)
{
    static const int64_t times[] = {TEST_T1 - 1, TEST_T1, TEST_T1 + 1, TEST_T2 - 1, TEST_T2, 0};
    static double xs[ROUND], ys[ROUND];
    static int64_t when[ROUND];
    for (int i = 0; i < ROUND; i++) {
        test_point_near(random, b->map, i % TEST_POINT_KINDS, 60, &xs[i], &ys[i]);
        when[i] = times[test_below(random, 6)];
    }
    check_points(b, l, fast, xs, ys, when, ROUND, wheres);
}

void both_open(both *e, wanmi_map *map)
{
    both_open_with(e, map, 1u << WANMI_DATUM_WGS84 | 1u << WANMI_DATUM_GCJ02 | 1u << WANMI_DATUM_BD09);
}

void both_open_with(both *e, wanmi_map *map, uint32_t charts)
{
    static int32_t maps = 0;            /* compiled by one thread, by two, by three */
    *e = (both){.index = NULL};
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.charts = charts;
    options.threads = 1 + maps++ % 3;
    assert_int_equal(wanmi_index_create(map, &options, &e->index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(e->index, WANMI_ENGINE_EXACT, &e->exact, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(e->index, WANMI_ENGINE_FAST, &e->fast, NULL), WANMI_OK);
}

wanmi_locator_counts both_close(both *e)
{
    wanmi_locator_counts counts;
    wanmi_locator_counts_init(&counts);
    assert_int_equal(wanmi_locator_count(e->fast, &counts), WANMI_OK);
    print_message("certain %llu, settled %llu, exact %llu; GEOS asked for %llu sides\n",
                  (unsigned long long)counts.certain, (unsigned long long)counts.settled,
                  (unsigned long long)counts.exact, (unsigned long long)counts.orientations);
    wanmi_locator_free(e->fast);
    wanmi_locator_free(e->exact);
    wanmi_index_release(e->index);
    return counts;
}

void check_map(wanmi_map *map, int rounds, uint64_t seed, uint64_t *wheres)
{
    both e;
    brute b;
    test_random random = {seed};
    both_open(&e, map);
    brute_open(&b, map);
    for (int i = 0; i < rounds; i++)
        check_round(&b, e.exact, e.fast, &random, wheres);
    assert_true(b.unprepared > 0);
    brute_close(&b);
    wanmi_locator_counts counts = both_close(&e);
    assert_true(counts.certain > 0 && counts.settled > 0);
}
