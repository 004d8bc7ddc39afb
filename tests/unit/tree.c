/* The packed R-tree loses nothing and gives little else; sorting without the C library's memory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "locate/sort.h"
#include "locate/tree.h"
#include "support.h"
#include "wanmi/types.h"

enum { MANY = 3000, FIRST_ID = 7 };

static wanmi_host host;
static wm_box boxes[MANY];

static bool meet(wm_box a, wm_box b)
{
    return a.min_x <= b.max_x && a.max_x >= b.min_x && a.min_y <= b.max_y && a.max_y >= b.min_y;
}

static wm_box grown(wm_box b, double by)
{
    return (wm_box){b.min_x - by, b.min_y - by, b.max_x + by, b.max_y + by};
}

/* Every box that meets the window is given once, and none that misses it by more
 * than `slack`. */
static void check_window(const wm_tree *tree, uint32_t count, wm_box window, double slack)
{
    static bool given[MANY];
    memset(given, 0, sizeof given);
    wm_walk walk;
    wm_walk_start(&walk, tree, window);
    for (uint32_t id; (id = wm_walk_next(&walk)) != WANMI_NONE;) {
        assert_in_range(id, FIRST_ID, FIRST_ID + count - 1);
        assert_false(given[id - FIRST_ID]);
        given[id - FIRST_ID] = true;
    }
    for (uint32_t i = 0; i < count; i++) {
        assert_true(given[i] || !meet(boxes[i], window));
        assert_true(!given[i] || meet(grown(boxes[i], slack), window));
    }
}

/* Windows in boxes' corners, one unit in the last place outside them, anywhere. */
static void check_windows(const wm_tree *tree, uint32_t count, test_random *random, wm_box all, double slack)
{
    for (int round = 0; round < 400; round++) {
        wm_box b = boxes[test_below(random, count)];
        double x = round % 2 == 0 ? b.min_x : b.max_x, y = round % 3 == 0 ? b.min_y : b.max_y;
        check_window(tree, count, (wm_box){x, y, x, y}, slack);
        x = nextafter(b.max_x, INFINITY);
        check_window(tree, count, (wm_box){x, b.min_y, x, b.min_y}, slack);
        y = nextafter(b.min_y, -INFINITY);
        check_window(tree, count, (wm_box){b.min_x, y, b.min_x, y}, slack);
        x = test_uniform(random, all.min_x - 10, all.max_x + 10);
        y = test_uniform(random, all.min_y - 10, all.max_y + 10);
        double half = round % 4 == 0 ? test_uniform(random, 0, (all.max_x - all.min_x) / 4) : 0;
        check_window(tree, count, (wm_box){x - half, y - half, x + half, y + half}, slack);
    }
    check_window(tree, count, (wm_box){-INFINITY, -INFINITY, INFINITY, INFINITY}, slack);
    check_window(tree, count, (wm_box){1e300, 1e300, 1e300, 1e300}, slack);
    check_window(tree, count, (wm_box){-1e300, -1e300, -1e300, -1e300}, slack);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    static const uint32_t counts[] = {1, 2, 16, 17, 255, 256, 257, MANY};
    static const double origins[] = {0, -3e5, 5.8e6, 1e9}, sides[] = {1e-4, 50, 4e6};
    test_random random = {20261122};
    for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
        for (int place = 0; place < 12; place++) {
            double origin = origins[place % 4], side = sides[place / 4];
            wm_box all = {origin, -origin, origin + side, side - origin};
            for (uint32_t i = 0; i < counts[c]; i++) {
                double x = test_uniform(&random, all.min_x, all.max_x), width = test_uniform(&random, 0, side / 40);
                double y = test_uniform(&random, all.min_y, all.max_y), height = test_uniform(&random, 0, side / 40);
                boxes[i] = (wm_box){x, y, x + (i % 5 == 0 ? 0 : width), y + (i % 7 == 0 ? 0 : height)};
            }
            wm_tree tree;
            assert_true(wm_tree_build(&host, boxes, counts[c], FIRST_ID, &tree));
            check_windows(&tree, counts[c], &random, all, 2 * 1.03 * fmax(side, 1e-3) / 65000 + 1e-7 * fabs(origin));
            wm_tree_drop(&host, &tree);
        }
}

/* A lattice's boxes touch: a point in the middle of one is in no other, a corner in four. */
static void a_lattice_of_a_thousand_kilometres(void **state)
{
    (void)state;
    enum { SIDE = 50 };
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        double x = 3e5 + i % SIDE * 2e4, y = 5.2e6 + i / SIDE * 2e4;
        boxes[i] = (wm_box){x, y, x + 2e4, y + 2e4};
    }
    wm_tree tree;
    assert_true(wm_tree_build(&host, boxes, SIDE * SIDE, FIRST_ID, &tree));
    assert_true(wm_tree_bytes(&tree) < 15 * SIDE * SIDE);
    for (uint32_t i = 0; i < SIDE * SIDE; i++) {
        double x = boxes[i].min_x + 1e4, y = boxes[i].min_y + 1e4;
        wm_walk walk;
        wm_walk_start(&walk, &tree, (wm_box){x, y, x, y});
        assert_int_equal(wm_walk_next(&walk), FIRST_ID + i);
        assert_int_equal(wm_walk_next(&walk), WANMI_NONE);
        check_window(&tree, SIDE * SIDE, (wm_box){boxes[i].max_x, boxes[i].max_y, boxes[i].max_x, boxes[i].max_y},
                     20);
    }
    wm_tree_drop(&host, &tree);
}

static void an_empty_tree_gives_nothing(void **state)
{
    (void)state;
    wm_tree tree;
    wm_walk walk;
    assert_true(wm_tree_build(&host, NULL, 0, FIRST_ID, &tree));
    wm_walk_start(&walk, &tree, (wm_box){-INFINITY, -INFINITY, INFINITY, INFINITY});
    assert_int_equal(wm_walk_next(&walk), WANMI_NONE);
    assert_int_equal(wm_tree_bytes(&tree), 0);
    wm_tree_drop(&host, &tree);
}

/* ---- sorting ------------------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    return (one > two) - (one < two);
}

static int by_double(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

static int by_key(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a, two = *(const uint64_t *)b;
    return (one > two) - (one < two);
}

static void sorted_as_qsort_does(void **state)
{
    (void)state;
    static uint32_t numbers[MANY], expected[MANY];
    static double pairs[MANY][2], expected_pairs[MANY][2];
    static uint64_t keys[MANY], scratch[MANY], expected_keys[MANY];
    test_random random = {1};
    for (size_t count = 0; count <= MANY; count = count < 70 ? count + 1 : count * 3) {
        for (size_t i = 0; i < count; i++) {
            numbers[i] = expected[i] = test_below(&random, i % 2 == 0 ? 20 : UINT32_MAX);
            pairs[i][0] = test_uniform(&random, -1e6, 1e6);
            pairs[i][1] = 2 * pairs[i][0];
            keys[i] = (test_next(&random) & ~(uint64_t)UINT32_MAX) | i;
            if (i % 3 == 0 && i > 0)
                keys[i] = (keys[i - 1] & ~(uint64_t)UINT32_MAX) | i;
        }
        memcpy(expected_pairs, pairs, sizeof pairs);
        memcpy(expected_keys, keys, sizeof keys);
        qsort(expected, count, sizeof *expected, by_number);
        qsort(expected_pairs, count, sizeof *expected_pairs, by_double);
        qsort(expected_keys, count, sizeof *expected_keys, by_key);
        wm_sort_numbers(numbers, count);
        wm_sort_items(pairs, count, sizeof *pairs, by_double);
        wm_sort_keys(keys, scratch, count);
        assert_memory_equal(numbers, expected, sizeof numbers);
        assert_memory_equal(pairs, expected_pairs, sizeof pairs);
        assert_memory_equal(keys, expected_keys, sizeof keys);
    }
    wm_sort_numbers(NULL, 0);
}

static wanmi_status work(const wanmi_host *raw, void *user)
{
    (void)user;
    wanmi_host copy;
    wm_tree tree;
    if (wm_host_copy(&copy, raw, NULL) != WANMI_OK)
        return WANMI_E_MEMORY;
    bool done = wm_tree_build(&copy, boxes, 300, FIRST_ID, &tree);
    wm_tree_drop(&copy, &tree);
    wm_host_drop(&copy);
    return done ? WANMI_OK : WANMI_E_MEMORY;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(test_fail_each(work, NULL) >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost),
        cmocka_unit_test(a_lattice_of_a_thousand_kilometres),
        cmocka_unit_test(an_empty_tree_gives_nothing),
        cmocka_unit_test(sorted_as_qsort_does),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return wm_host_copy(&host, NULL, NULL) == WANMI_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
