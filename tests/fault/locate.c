/* Every allocation of index, session and locating failed in turn; GEOS failing
 * in the middle of a batch; and what the session is worth afterwards. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <geos_c.h>

#include "shapes.h"

enum { POINTS = 400 };

/* Stands before GEOS's own: fails the n-th preparation when asked to. */
static int prepare_fails_in;

__attribute__((visibility("default")))
const GEOSPreparedGeometry *GEOSPrepare_r(GEOSContextHandle_t geos, const GEOSGeometry *geometry)
{
    const GEOSPreparedGeometry *(*real)(GEOSContextHandle_t, const GEOSGeometry *);
    *(void **)&real = dlsym(RTLD_NEXT, "GEOSPrepare_r");
    if (prepare_fails_in > 0 && --prepare_fails_in == 0)
        return NULL;
    return real(geos, geometry);
}

static void draw_points(const wanmi_map *map, double *xs, double *ys)
{
    test_random random = {21};
    for (int i = 0; i < POINTS; i++)
        test_point_near(&random, map, i % TEST_POINT_KINDS, 50, &xs[i], &ys[i]);
}

static wanmi_status locate_points(wanmi_locator *locator, const double *xs, const double *ys,
                                  uint32_t *cells, wanmi_error *error)
{
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = POINTS, in.x = xs, in.y = ys, in.datum = WANMI_DATUM_MAP, in.now_us = TEST_T1;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells;
    return wanmi_locate(locator, &in, &out, error);
}

static const test_city city = {.seed = 9, .side = 4, .jitter_m = 20, .bends = 2, .drop = 0.1,
                               .overlap = 0.2, .hole = 0.2, .version = 0.2, .places = 70,
                               .snap_m = 30};

/* The map is built with this host too, but from memory that does not fail: the
 * failing begins with the index. */
typedef struct switched {
    wanmi_host inner;
    bool on;
    const wanmi_host *failing;
    test_memory plain;
} switched;

static wanmi_allocator *now(switched *s)
{
    return s->on ? (wanmi_allocator *)&s->failing->allocator : &s->inner.allocator;
}

/* Blocks name their owner, so that each is released where it was taken. */
typedef struct head { wanmi_allocator *owner; char pad[56]; } head;

static void *switched_alloc(void *user, size_t size, size_t alignment)
{
    wanmi_allocator *a = now(user);
    head *h = a->alloc(a->user, size + sizeof *h, alignment < 64 ? 64 : alignment);
    if (h == NULL)
        return NULL;
    h->owner = a;
    return h + 1;
}

static void *switched_resize(void *user, void *block, size_t old, size_t size, size_t alignment)
{
    (void)user;
    head *h = (head *)block - 1;
    wanmi_allocator *a = h->owner;
    h = a->resize(a->user, h, old + sizeof *h, size + sizeof *h, alignment < 64 ? 64 : alignment);
    return h != NULL ? h + 1 : NULL;
}

static void switched_release(void *user, void *block, size_t size, size_t alignment)
{
    (void)user;
    head *h = (head *)block - 1;
    h->owner->release(h->owner->user, h, size + sizeof *h, alignment < 64 ? 64 : alignment);
}

static wanmi_status all_of_it(const wanmi_host *failing, void *user)
{
    (void)user;
    switched s = {.failing = failing};
    s.inner = test_host(&s.plain);
    wanmi_host host;
    wanmi_host_init(&host);
    host.allocator = (wanmi_allocator){&s, switched_alloc, switched_resize, switched_release};
    wanmi_map *map = test_make_city(&city, &host);
    double xs[POINTS], ys[POINTS];
    uint32_t cells[POINTS], fast_cells[POINTS];
    draw_points(map, xs, ys);
    s.on = true;
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL, *fast = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_index_create(map, NULL, &index, &error);
    if (status == WANMI_OK)
        status = wanmi_locator_create(index, WANMI_ENGINE_EXACT, &locator, &error);
    if (status == WANMI_OK)
        status = locate_points(locator, xs, ys, cells, &error);
    if (status == WANMI_OK)
        status = wanmi_locator_create(index, WANMI_ENGINE_FAST, &fast, &error);
    if (status == WANMI_OK)
        status = wanmi_locator_use_kernel(fast, WANMI_KERNEL_PORTABLE, &error);
    if (status == WANMI_OK)
        status = locate_points(fast, xs, ys, fast_cells, &error);
    if (status == WANMI_OK)
        assert_memory_equal(fast_cells, cells, sizeof cells);
    if (status != WANMI_OK)
        assert_int_equal(error.status, WANMI_E_MEMORY);
    wanmi_locator_free(fast);
    wanmi_locator_free(locator);
    wanmi_index_release(index);
    wanmi_map_release(map);
    assert_int_equal(s.plain.held_blocks, 0);
    return status;
}

/* Loading, which compiles and saves, and the same again, which opens. */
static wanmi_status by_image(const wanmi_host *failing, void *user)
{
    const wanmi_index_options *options = user;
    char path[128];
    snprintf(path, sizeof path, "%s/fault.wmi", test_folder());
    unlink(path);
    switched s = {.failing = failing};
    s.inner = test_host(&s.plain);
    wanmi_host host;
    wanmi_host_init(&host);
    host.allocator = (wanmi_allocator){&s, switched_alloc, switched_resize, switched_release};
    test_city small = city;
    small.side = 2, small.places = 3;
    wanmi_map *map = test_make_city(&small, &host);
    s.on = true;
    wanmi_index *made = NULL, *opened = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_index_create(map, options, &made, &error);
    if (status == WANMI_OK)
        status = wanmi_index_save(made, path, &error);
    if (status == WANMI_OK)
        status = wanmi_index_open(map, path, options, &opened, &error);
    assert_true((status == WANMI_OK) == (opened != NULL));
    wanmi_index_release(opened);
    wanmi_index_release(made);
    wanmi_image_use use = WANMI_IMAGE_UNSAVED;
    opened = NULL;
    if (status == WANMI_OK)
        status = wanmi_index_load(map, path, options, &opened, &use, &error);
    assert_true((status == WANMI_OK) == (opened != NULL && use == WANMI_IMAGE_OPENED));
    if (status != WANMI_OK)
        assert_int_equal(error.status, WANMI_E_MEMORY);
    wanmi_index_release(opened);
    wanmi_map_release(map);
    assert_int_equal(s.plain.held_blocks, 0);
    return status;
}

static void every_allocation_of_images(void **state)
{
    (void)state;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.charts = 1u << WANMI_DATUM_WGS84;
    assert_true(test_fail_each(by_image, &options) > 50);
    options.copy_image = 1;
    int64_t tried = test_fail_each(by_image, &options);
    print_message("%lld allocations failed\n", (long long)tried);
}

static void every_allocation(void **state)
{
    (void)state;
    int64_t tried = test_fail_each(all_of_it, NULL);
    print_message("%lld allocations failed\n", (long long)tried);
    assert_true(tried > 50);
}

/* A session that lost memory in the middle goes on as if nothing had been. */
static void usable_afterwards(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_map *map = test_make_city(&city, &host);
    double xs[POINTS], ys[POINTS];
    uint32_t expected[POINTS], cells[POINTS];
    draw_points(map, xs, ys);
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL, *hurt = NULL;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &locator, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &hurt, NULL), WANMI_OK);
    assert_int_equal(locate_points(locator, xs, ys, expected, NULL), WANMI_OK);
    wanmi_status status = WANMI_E_MEMORY;
    int failures = 0;
    for (int step = 1; status == WANMI_E_MEMORY; step++) {
        memory.calls = 0;
        memory.fail_at = 1 + step % 3;
        status = locate_points(hurt, xs, ys, cells, NULL);
        failures += status == WANMI_E_MEMORY;
    }
    memory.fail_at = 0;
    assert_true(failures > 10);
    assert_int_equal(status, WANMI_OK);
    assert_memory_equal(cells, expected, sizeof cells);
    wanmi_locator_free(hurt);
    wanmi_locator_free(locator);
    wanmi_index_release(index);
    wanmi_map_release(map);
    assert_int_equal(memory.held_blocks, 0);
}

static void geos_fails(void **state)
{
    (void)state;
    wanmi_map *map = test_make_city(&city, NULL);
    double xs[POINTS], ys[POINTS];
    uint32_t cells[POINTS];
    draw_points(map, xs, ys);
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    wanmi_error error;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &locator, NULL), WANMI_OK);
    prepare_fails_in = 5;
    assert_int_equal(locate_points(locator, xs, ys, cells, &error), WANMI_E_LOCATE_GEOS);
    assert_int_equal(error.status, WANMI_E_LOCATE_GEOS);
    assert_true(strlen(error.layer) > 0 && strlen(error.code) > 0);
    assert_non_null(strstr(error.message, error.code));
    assert_int_equal(locate_points(locator, xs, ys, cells, &error), WANMI_OK);
    wanmi_locator_free(locator);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation),
        cmocka_unit_test(every_allocation_of_images),
        cmocka_unit_test(usable_afterwards),
        cmocka_unit_test(geos_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
