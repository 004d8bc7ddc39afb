/* The search's kernels against one another, label by label: the room's own functions,
 * on indices that the library made. And what the API says of kernels. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "locate/kernel.h"
#include "shapes.h"

enum { KERNELS = WANMI_KERNEL_X86_64_V4 + 1, ROUNDS = 60 };

typedef struct found {
    wm_scratch scratch;
    uint32_t labels[WM_BLOCK];
    uint32_t cells[WM_BLOCK], tuples[WM_BLOCK];
    uint16_t left[WM_ROOM];
    size_t left_count;
} found;

typedef struct block {
    double xs[WM_BLOCK], ys[WM_BLOCK];
    size_t count;
} block;

static void run(const wm_kernel *kernel, const wm_compiled *c, const block *b, bool in_order, found *to)
{
    memset(to, 0xA5, sizeof *to);
    to->scratch.blocks_in_order = in_order;
    kernel->search(c, &to->scratch, b->xs, b->ys, b->count, to->labels);
    to->left_count = kernel->answer(&c->tuples.layout, to->labels, b->count, to->cells, to->tuples, to->left);
}

static void assert_same(const found *a, const found *b, const block *points)
{
    assert_memory_equal(a->labels, b->labels, points->count * sizeof *a->labels);
    for (size_t i = 0; i < points->count; i++) {
        if ((a->labels[i] & WM_LABEL) != 0)
            continue;       /* it stopped at a line: where? */
        assert_int_equal(a->scratch.codes[i], b->scratch.codes[i]);
        assert_memory_equal(a->scratch.stops[i], b->scratch.stops[i], sizeof a->scratch.stops[i]);
    }
    assert_int_equal(a->left_count, b->left_count);
    assert_memory_equal(a->left, b->left, a->left_count * sizeof *a->left);
    assert_memory_equal(a->cells, b->cells, points->count * sizeof *a->cells);
    assert_memory_equal(a->tuples, b->tuples, points->count * sizeof *a->tuples);
    /* Nothing is written beyond the caller's columns. */
    for (size_t i = points->count; i < WM_BLOCK; i++) {
        assert_int_equal(b->cells[i], 0xA5A5A5A5u);
        assert_int_equal(b->tuples[i], 0xA5A5A5A5u);
    }
}

/* How often the blocks were not looked at. */
static int in_order;

/* Gives how many positions stopped at a line. */
static size_t compare_kernels(const wm_compiled *c, const block *b)
{
    static found plain, other;
    size_t stopped = 0;
    run(&wm_kernel_portable, c, b, false, &plain);
    for (int number = WANMI_KERNEL_PORTABLE + 1; number < KERNELS; number++) {
        wanmi_kernel kernel = (wanmi_kernel)number;
        const wm_kernel *code = wm_kernel_of(c, &kernel);
        if (code == NULL)
            continue;       /* not of this processor */
        run(code, c, b, false, &other);
        assert_same(&plain, &other, b);
        if (!wm_blocks_in_order(c))
            continue;
        in_order++;
        run(code, c, b, true, &other);
        assert_same(&plain, &other, b);
    }
    for (size_t i = 0; i < b->count; i++)
        stopped += (plain.labels[i] & WM_LABEL) == 0;
    return stopped;
}

static double strange(test_random *random)
{
    static const double all[] = {NAN, -NAN, INFINITY, -INFINITY, 0, -0.0, 1e308, -1e308, 5e-324, 4294967296.0,
                                 -4294967296.0, 9.3e18, 1e10, 4400000, 500000, -1};
    return all[test_below(random, sizeof all / sizeof *all)];
}

static void fill(block *b, test_random *random, const wanmi_map *map, int round)
{
    b->count = round < 40 ? (size_t)round : round < 50 ? WM_BLOCK - 50 + (size_t)round : WM_BLOCK;
    for (size_t i = 0; i < WM_BLOCK; i++) {
        test_point_near(random, map, (int)(i % TEST_POINT_KINDS), 300, &b->xs[i], &b->ys[i]);
        if (round % 2 == 1 && test_below(random, 4) == 0)
            b->xs[i] = strange(random);
        if (round % 2 == 1 && test_below(random, 4) == 0)
            b->ys[i] = strange(random);
    }
}

static void compare_on(const test_city *city)
{
    static block b;
    wanmi_map *map = test_make_city(city, NULL);
    wanmi_index *index = NULL;
    test_random random = {city->seed};
    size_t stopped = 0;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    for (int round = 0; round < ROUNDS; round++) {
        fill(&b, &random, map, round);
        stopped += compare_kernels(index->compiled, &b);
    }
    assert_true(city->bends == 0 || stopped > 1000);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

static void every_kernel_gives_the_same_labels(void **state)
{
    (void)state;
    compare_on(&(test_city){.seed = 1, .side = 12, .jitter_m = 30, .bends = 4, .drop = 0.1, .overlap = 0.1,
                            .hole = 0.1, .places = 20});
    compare_on(&(test_city){.seed = 2, .side = 20, .version = 0.3, .snap_m = 20, .drop = 0.2});
    compare_on(&(test_city){.seed = 3, .side = 3, .jitter_m = 20, .bends = 60});
}

/* A map without edges inside: blocks of one word, no trees. */
static void one_cell_alone(void **state)
{
    (void)state;
    compare_on(&(test_city){.seed = 4, .side = 1});
}

static void a_session_tells_and_changes_its_kernel(void **state)
{
    (void)state;
    wanmi_map *map = test_make_city(&(test_city){.seed = 5, .side = 3}, NULL);
    wanmi_index *index = NULL;
    wanmi_locator *l = NULL;
    wanmi_error error;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_FAST, &l, NULL), WANMI_OK);
    wanmi_kernel best = wanmi_locator_kernel(l);
    assert_int_not_equal(best, WANMI_KERNEL_AUTO);
    for (int number = 1; number < KERNELS; number++) {
        wanmi_kernel kernel = (wanmi_kernel)number, before = wanmi_locator_kernel(l);
        wanmi_status status = wanmi_locator_use_kernel(l, kernel, &error);
        assert_int_equal(status, kernel <= best ? WANMI_OK : WANMI_E_UNSUPPORTED);
        assert_int_equal(wanmi_locator_kernel(l), kernel <= best ? kernel : before);
    }
    assert_int_equal(wanmi_locator_use_kernel(l, WANMI_KERNEL_AUTO, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_kernel(l), best);
    assert_int_equal(wanmi_locator_use_kernel(l, (wanmi_kernel)KERNELS, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_use_kernel(l, (wanmi_kernel)-1, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_use_kernel(NULL, WANMI_KERNEL_AUTO, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_kernel(l), best);
    wanmi_locator_free(l);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* An index with more tiles than 32 bits count is for the portable kernel. */
static void an_index_too_large_for_wide_kernels(void **state)
{
    (void)state;
    static wm_compiled large;
    large.tiles_size = ((size_t)UINT32_MAX + 1) * sizeof *large.tiles;
    wanmi_kernel kernel = WANMI_KERNEL_AUTO;
    assert_ptr_equal(wm_kernel_of(&large, &kernel), &wm_kernel_portable);
    assert_int_equal(kernel, WANMI_KERNEL_PORTABLE);
    for (int number = WANMI_KERNEL_PORTABLE + 1; number < KERNELS; number++) {
        kernel = (wanmi_kernel)number;
        assert_null(wm_kernel_of(&large, &kernel));
    }
}

static void blocks_in_order_and_not(void **state)
{
    (void)state;
    static uint32_t words[] = {0, 1, 2, 3, 4, 5};
    wm_compiled c = {.block_columns = 3, .block_rows = 2, .blocks = words};
    assert_true(wm_blocks_in_order(&c));
    words[4] = 3;
    assert_false(wm_blocks_in_order(&c));
    words[4] = WM_LABEL | 4;
    assert_false(wm_blocks_in_order(&c));
    wanmi_kernel best = WANMI_KERNEL_AUTO;      /* the maps of other tests had such */
    wm_kernel_of(NULL, &best);
    assert_true(in_order > 0 || best == WANMI_KERNEL_PORTABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_gives_the_same_labels),
        cmocka_unit_test(one_cell_alone),
        cmocka_unit_test(a_session_tells_and_changes_its_kernel),
        cmocka_unit_test(an_index_too_large_for_wide_kernels),
        cmocka_unit_test(blocks_in_order_and_not),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
