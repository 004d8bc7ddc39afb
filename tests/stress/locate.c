/* Four sessions on one index, two of each engine, started at the same moment, so that areas are met
 * for the first time by all of them at once. Under ThreadSanitizer this also
 * shows that the library itself shares nothing unguarded (GEOS and PROJ are not
 * instrumented). */
#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <geos_c.h>

#include "shapes.h"

enum { THREADS = 4, POINTS = 4000, ROUNDS = 3 };

/* Stand before GEOS's own: making and freeing geometries must never happen on
 * two threads at once, for GEOS counts them on one number that is not atomic. */
static int making;
static int makings;
static int clashes;

static void enter(void)
{
    __atomic_add_fetch(&makings, 1, __ATOMIC_RELAXED);
    if (__atomic_add_fetch(&making, 1, __ATOMIC_SEQ_CST) != 1)
        __atomic_add_fetch(&clashes, 1, __ATOMIC_RELAXED);
    sched_yield();
}

static void leave(void)
{
    __atomic_sub_fetch(&making, 1, __ATOMIC_SEQ_CST);
}

__attribute__((visibility("default")))
GEOSGeometry *GEOSWKBReader_read_r(GEOSContextHandle_t geos, GEOSWKBReader *reader,
                                   const unsigned char *wkb, size_t size)
{
    GEOSGeometry *(*real)(GEOSContextHandle_t, GEOSWKBReader *, const unsigned char *, size_t);
    *(void **)&real = dlsym(RTLD_NEXT, "GEOSWKBReader_read_r");
    enter();
    GEOSGeometry *made = real(geos, reader, wkb, size);
    leave();
    return made;
}

__attribute__((visibility("default")))
void GEOSGeom_destroy_r(GEOSContextHandle_t geos, GEOSGeometry *geometry)
{
    void (*real)(GEOSContextHandle_t, GEOSGeometry *);
    *(void **)&real = dlsym(RTLD_NEXT, "GEOSGeom_destroy_r");
    enter();
    real(geos, geometry);
    leave();
}

typedef struct shared {
    wanmi_index *index;
    pthread_barrier_t start;
    double xs[POINTS], ys[POINTS];
    uint8_t datums[POINTS];
} shared;

typedef struct worker {
    shared *all;
    wanmi_engine engine;
    wanmi_status status;
    uint32_t cells[POINTS], streets[POINTS];
} worker;

static wanmi_status locate_all(worker *w, wanmi_locator *locator)
{
    static const int64_t now = TEST_T1;
    uint32_t *tuples = malloc(POINTS * sizeof *tuples);
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = POINTS, in.x = w->all->xs, in.y = w->all->ys;
    in.datums = w->all->datums, in.now_us = now;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = w->cells, out.tuple = tuples;
    wanmi_status status = wanmi_locate(locator, &in, &out, NULL);
    uint32_t layer = wanmi_map_find_layer(wanmi_index_map(w->all->index), "street");
    for (int i = 0; i < POINTS && status == WANMI_OK; i++)
        w->streets[i] = wanmi_locator_area(locator, tuples[i], layer);
    free(tuples);
    return status;
}

static void *work(void *user)
{
    worker *w = user;
    pthread_barrier_wait(&w->all->start);
    for (int round = 0; round < ROUNDS && w->status == WANMI_OK; round++) {
        wanmi_locator *locator = NULL;
        w->status = wanmi_locator_create(w->all->index, w->engine, &locator, NULL);
        if (w->status == WANMI_OK)
            w->status = locate_all(w, locator);
        wanmi_locator_free(locator);
    }
    return NULL;
}

/* Points of all kinds, in turn in each datum: the charts are shared as well. */
static void draw_points(shared *all, wanmi_map *map)
{
    wanmi_transform *transform = NULL;
    assert_int_equal(wanmi_transform_create(wanmi_map_crs(map), &transform, NULL), WANMI_OK);
    test_random random = {11};
    for (int i = 0; i < POINTS; i++) {
        uint8_t reason;
        double *x = &all->xs[i], *y = &all->ys[i];
        all->datums[i] = (uint8_t)(i / 5 % (WANMI_DATUM_MAP + 1));
        test_point_near(&random, map, i % TEST_POINT_KINDS, 50, x, y);
        if (wanmi_transform_inverse(transform, (wanmi_datum)all->datums[i], 1, x, 0, y, 0, x, y, &reason,
                                    NULL) != WANMI_OK)
            all->datums[i] = WANMI_DATUM_MAP;       /* a build without it */
    }
    wanmi_transform_free(transform);
}

static void sessions_at_once(void **state)
{
    (void)state;
    test_city city = {.seed = 5, .side = 20, .jitter_m = 20, .bends = 5, .overlap = 0.1, .drop = 0.1,
                      .hole = 0.1, .version = 0.1, .places = 20, .snap_m = 20};
    wanmi_host host;
    wanmi_host_init(&host);
    wanmi_map *map = test_make_city(&city, &host);
    shared *all = calloc(1, sizeof *all);
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.threads = 4;
    assert_int_equal(wanmi_index_create(map, &options, &all->index, NULL), WANMI_OK);
    wanmi_map_release(map);
    draw_points(all, map);
    pthread_barrier_init(&all->start, NULL, THREADS);
    worker *workers = calloc(THREADS, sizeof *workers);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i].all = all;
        workers[i].engine = i % 2 == 0 ? WANMI_ENGINE_EXACT : WANMI_ENGINE_FAST;
        assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(workers[i].status, WANMI_OK);
        assert_memory_equal(workers[i].cells, workers[0].cells, sizeof workers[0].cells);
        assert_memory_equal(workers[i].streets, workers[0].streets, sizeof workers[0].streets);
    }
    pthread_barrier_destroy(&all->start);
    assert_true(makings > 1000);        /* the two above are really in the way */
    assert_int_equal(clashes, 0);
    wanmi_index_release(all->index);
    free(workers);
    free(all);
}

/* However many threads have compiled it, a place has the same answer, tuple for tuple, and
 * progress is told on the caller's thread. */
static int count_calls(void *user, uint64_t done, uint64_t total)
{
    assert_true(done < total);
    assert_true(pthread_equal(pthread_self(), *(pthread_t *)user));
    return 0;
}

static void locate_with(wanmi_map *map, int32_t compilers, wanmi_positions *in, wanmi_hits *out,
                        uint64_t *bytes)
{
    pthread_t self = pthread_self();
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.threads = compilers;
    options.on_progress = count_calls;
    options.progress_user = &self;
    assert_int_equal(wanmi_index_create(map, &options, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_FAST, &locator, NULL), WANMI_OK);
    assert_int_equal(wanmi_locate(locator, in, out, NULL), WANMI_OK);
    *bytes = wanmi_index_bytes(index);
    wanmi_locator_free(locator);
    wanmi_index_release(index);
}

static void threads_make_the_same_index(void **state)
{
    (void)state;
    static double xs[POINTS], ys[POINTS];
    static uint32_t cells[2][POINTS], tuples[2][POINTS];
    test_city city = {.seed = 7, .side = 30, .jitter_m = 20, .bends = 5, .overlap = 0.1, .drop = 0.1,
                      .hole = 0.1, .version = 0.1, .places = 20, .snap_m = 20};
    wanmi_map *map = test_make_city(&city, NULL);
    test_random random = {12};
    for (int i = 0; i < POINTS; i++)
        test_point_near(&random, map, i % TEST_POINT_KINDS, 50, &xs[i], &ys[i]);
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.datum = WANMI_DATUM_MAP;
    in.count = POINTS;
    in.x = xs;
    in.y = ys;
    in.now_us = 0;
    uint64_t first = 0;
    for (int32_t compilers = 1; compilers <= 5; compilers++) {
        wanmi_hits out;
        uint64_t bytes;
        wanmi_hits_init(&out);
        out.cell = cells[compilers > 1];
        out.tuple = tuples[compilers > 1];
        locate_with(map, compilers, &in, &out, &bytes);
        first = compilers == 1 ? bytes : first;
        assert_memory_equal(cells[0], cells[compilers > 1], sizeof cells[0]);
        assert_memory_equal(tuples[0], tuples[compilers > 1], sizeof tuples[0]);
        assert_in_range(bytes, first, first + 64);      /* trees begin at pairs of words */
    }
    wanmi_map_release(map);
}

/* The last reference may be dropped by any thread, sessions outlive it. */
static void *retain_and_release(void *user)
{
    for (int i = 0; i < 20000; i++)
        wanmi_index_release(wanmi_index_retain(user));
    wanmi_index_release(user);
    return NULL;
}

static void references_on_many_threads(void **state)
{
    (void)state;
    test_city city = {.seed = 6, .side = 3};
    wanmi_map *map = test_make_city(&city, NULL);
    wanmi_index *index = NULL;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    wanmi_map_release(map);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, retain_and_release,
                                        wanmi_index_retain(index)), 0);
    wanmi_index_release(index);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_at_once),
        cmocka_unit_test(threads_make_the_same_index),
        cmocka_unit_test(references_on_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
