/* wanmi_locate against a plain reading of docs/answers.md, on seeded maps with
 * every fault a map can have. No answer may differ. This test also guards the way
 * lib/locate/areas.c asks GEOS without making points. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(squares),
        cmocka_unit_test(irregular),
        cmocka_unit_test(everything_wrong),
        cmocka_unit_test(touching),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
