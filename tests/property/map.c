/* Random maps: rows in any order make the same map; areas are sorted, versions
 * are found at every instant as a search through all rows finds them, and every
 * coordinate comes back bit by bit. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "support.h"

enum { ROWS_MAX = 400, LAYERS = 3, SEEDS = 40 };

typedef struct row {
    uint32_t layer;
    char code[24], parent[24];
    int64_t from, to;
    test_wkb wkb;
} row;

typedef struct world {
    row rows[ROWS_MAX];
    size_t count;
} world;

static const char *const names[LAYERS] = {"cell", "community", "责任网格"};

/* A star of up to 30 corners, seldom of many more, now and then with a hole or a
 * second part. */
static test_wkb star(test_random *random, double x, double y)
{
    double xy[2 * 100];
    uint32_t corners = 3 + test_below(random, test_below(random, 8) == 0 ? 80 : 28);
    for (uint32_t i = 0; i < corners; i++) {
        double angle = 6.283185307179586 * i / corners, r = test_uniform(random, 10, 50);
        xy[2 * i] = x + r * __builtin_cos(angle);
        xy[2 * i + 1] = y + r * __builtin_sin(angle);
    }
    xy[2 * corners] = xy[0];
    xy[2 * corners + 1] = xy[1];
    uint32_t points[2] = {corners + 1, 4};
    double *hole = xy + 2 * (corners + 1);
    const double inner[] = {x - 1, y - 1, x + 1, y - 1, x, y + 1, x - 1, y - 1};
    memcpy(hole, inner, sizeof inner);
    test_wkb first = test_wkb_polygon(xy, points, corners > 5 && test_below(random, 4) == 0 ? 2 : 1);
    if (test_below(random, 5) != 0)
        return first;
    test_wkb parts[] = {first, test_wkb_box(x + 60, y, x + 70, y + 10)};
    test_wkb multi = test_wkb_multi(parts, 2);
    free(parts[0].bytes);
    free(parts[1].bytes);
    return multi;
}

/* Codes of few letters, so that many begin alike; each with one to four versions
 * that follow each other. */
static void make_world(world *w, test_random *random)
{
    size_t codes = 1 + test_below(random, ROWS_MAX / 4);
    w->count = 0;
    for (size_t c = 0; c < codes; c++) {
        row r = {.layer = test_below(random, LAYERS)};
        uint32_t length = 1 + test_below(random, 3);
        for (uint32_t i = 0; i < length; i++)
            strcat(r.code, &"a\0b\0东\0\0"[2 * test_below(random, 3)]);
        sprintf(r.code + strlen(r.code), "%zu", c % 7 == 0 ? c : c * 1000003 % 1009);
        bool known = false;
        for (size_t i = 0; i < w->count; i++)
            known = known || (w->rows[i].layer == r.layer && strcmp(w->rows[i].code, r.code) == 0);
        if (known)
            continue;
        uint32_t versions = test_below(random, 3) == 0 ? 1 + test_below(random, 4) : 1;
        int64_t at = versions == 1 && test_below(random, 2) ? WANMI_TIME_NONE
                                                            : (int64_t)test_below(random, 100);
        for (uint32_t v = 0; v < versions; v++) {
            r.from = at;
            r.to = v + 1 == versions && test_below(random, 2)
                       ? WANMI_TIME_NONE
                       : (at == WANMI_TIME_NONE ? 0 : at) + 1 + (int64_t)test_below(random, 50);
            at = r.to + (int64_t)test_below(random, 2) * 10;
            r.wkb = star(random, 1000.0 * (double)w->count, 0);
            w->rows[w->count++] = r;
        }
    }
}

static void drop_world(world *w)
{
    for (size_t i = 0; i < w->count; i++)
        free(w->rows[i].wkb.bytes);
}

static void shuffle(world *w, test_random *random)
{
    for (size_t i = w->count; i > 1; i--) {
        size_t j = test_below(random, (uint32_t)i);
        row swapped = w->rows[i - 1];
        w->rows[i - 1] = w->rows[j];
        w->rows[j] = swapped;
    }
}

static wanmi_map *build(const world *w)
{
    wanmi_error error;
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.uuid = "00000000-0000-0000-0000-000000000000";
    cr_assert_eq(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK, "%s", error.message);
    for (size_t i = 0; i < LAYERS; i++)
        test_add_layer(builder, names[i], i == 2 ? WANMI_OVERLAY : WANMI_PARTITION, (int32_t)i,
                       i == 0 ? "community" : "");
    for (size_t i = 0; i < w->count; i++) {
        const row *r = &w->rows[i];
        test_wkb copy = {malloc(r->wkb.size), r->wkb.size};
        memcpy(copy.bytes, r->wkb.bytes, copy.size);
        test_add_version(builder, names[r->layer], r->code, "", r->from, r->to, copy);
    }
    return test_build(builder);
}

static const row *row_of(const world *w, const wanmi_area_info *info)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->rows[i].layer == info->layer && strcmp(w->rows[i].code, info->code) == 0 &&
            w->rows[i].from == info->valid_from_us)
            return &w->rows[i];
    return NULL;
}

static void check_box(const wanmi_map *map, uint32_t area, const wanmi_area_info *info)
{
    wanmi_area_rings rings;
    bool left = false, right = false, low = false, high = false;
    cr_assert_eq(wanmi_map_area_rings(map, area, &rings), WANMI_OK);
    for (size_t i = rings.points[0]; i < rings.points[rings.ring_count]; i++) {
        double x = rings.xy[2 * i], y = rings.xy[2 * i + 1];
        cr_assert(x >= info->min_x && x <= info->max_x && y >= info->min_y && y <= info->max_y);
        left = left || x == info->min_x;
        right = right || x == info->max_x;
        low = low || y == info->min_y;
        high = high || y == info->max_y;
    }
    cr_assert(left && right && low && high);
}

static void check_areas(const world *w, const wanmi_map *map)
{
    cr_assert_eq(wanmi_map_area_count(map), w->count);
    wanmi_area_info before = {.layer = 0}, info;
    for (uint32_t a = 0; a < w->count; a++, before = info) {
        cr_assert_eq(wanmi_map_area(map, a, &info), WANMI_OK);
        const row *r = row_of(w, &info);
        cr_assert_not_null(r);
        uint8_t wkb[2048];
        cr_assert_eq(wanmi_map_area_wkb_size(map, a), r->wkb.size);
        cr_assert_eq(wanmi_map_area_wkb(map, a, wkb, sizeof wkb), WANMI_OK);
        cr_assert_arr_eq(wkb, r->wkb.bytes, r->wkb.size);
        check_box(map, a, &info);
        wanmi_layer_info layer;
        cr_assert_eq(wanmi_map_layer(map, info.layer, &layer), WANMI_OK);
        cr_assert(a >= layer.first_area && a - layer.first_area < layer.area_count);
        bool same = a != 0 && before.layer == info.layer && strcmp(before.code, info.code) == 0;
        cr_assert_eq(info.key, same ? before.key : a);
        if (a == 0)
            continue;
        cr_assert(before.layer <= info.layer);
        if (before.layer == info.layer)
            cr_assert(strcmp(before.code, info.code) < 0 ||
                      (same && before.valid_from_us < info.valid_from_us));
    }
}

static void check_versions(const world *w, const wanmi_map *map)
{
    for (size_t i = 0; i < w->count; i++) {
        const row *r = &w->rows[i];
        for (int64_t t = -1; t < 400; t += 3) {
            const row *expected = NULL;
            for (size_t k = 0; k < w->count; k++) {
                const row *o = &w->rows[k];
                if (o->layer == r->layer && strcmp(o->code, r->code) == 0 && o->from <= t &&
                    (o->to == WANMI_TIME_NONE || t < o->to))
                    expected = o;
            }
            uint32_t found = wanmi_map_find_area(map, r->layer, r->code, t);
            wanmi_area_info info;
            cr_assert_eq(found == WANMI_NONE, expected == NULL);
            if (expected != NULL && wanmi_map_area(map, found, &info) == WANMI_OK)
                cr_assert_eq(info.valid_from_us, expected->from);
        }
    }
}

ParameterizedTestParameters(map, random_maps)
{
    static uint64_t seeds[SEEDS];
    for (uint64_t i = 0; i < SEEDS; i++)
        seeds[i] = i;
    return cr_make_param_array(uint64_t, seeds, SEEDS);
}

ParameterizedTest(uint64_t *seed, map, random_maps)
{
    static world w;
    test_random random = {*seed};
    make_world(&w, &random);
    wanmi_map *first = build(&w);
    shuffle(&w, &random);
    wanmi_map *second = build(&w);
    wanmi_error difference;
    wanmi_error_clear(&difference);
    cr_assert_eq(wanmi_map_equal(first, second, &difference), WANMI_OK, "%s", difference.message);
    cr_assert_eq(wanmi_map_bytes(first), wanmi_map_bytes(second));
    check_areas(&w, second);
    check_versions(&w, second);
    wanmi_map_release(first);
    wanmi_map_release(second);
    drop_world(&w);
}
