/* Maps swapped under load. Three maps of one city, cut into cells of other sizes and
 * so with other numbers for everything, take turns while producers submit, open and
 * close intakes, and sinks lag, refuse and ask again. Each delivery is looked up in
 * the map of its own generation: its cell and unit must be those of its event there.
 * All deliveries of one submit bear one generation, ids match the sinks' records, and
 * when all is quiet the flow holds as much memory as after the first swaps.
 *
 * WANMI_SWAPS sets how many swaps (default 400; 10000 takes some minutes).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

enum { VARIANTS = 3, TYPES = 512, PRODUCERS = 3, SINKS = 3, BATCH = 200, UNITS_MAX = 8 };
enum { BUCKETS = 1 << 20, CALLS = 1 << 16, PLACES = 12 };

/* What an event of a type becomes under a map: codes, which outlive it. */
typedef struct expectation {
    char cell[WANMI_CODE_MAX + 1];
    char units[UNITS_MAX][WANMI_CODE_MAX + 1];
    int count;
} expectation;

typedef struct scene {
    test_memory memory;
    wanmi_flow *flow;
    wanmi_event types[TYPES];
    expectation expected[VARIANTS][TYPES];
    atomic_uint promised[BUCKETS];      /* by receipts, by id modulo BUCKETS */
    atomic_uint recorded[BUCKETS];      /* by sinks and letters */
    _Atomic uint64_t calls[PRODUCERS][CALLS];   /* call << 32 | its generation */
    atomic_uint wrong, mixed, gone;     /* deliveries: of another map; calls of two; without a map */
    _Atomic uint64_t deliveries, submits;
    pthread_rwlock_t quiet;             /* producers hold it to read */
    atomic_bool end;
} scene;

static scene s;

static uint32_t variant_of(uint32_t generation)
{
    return generation % VARIANTS;
}

static wanmi_map *make_map(uint32_t generation, const wanmi_host *host)
{
    static const uint32_t columns[VARIANTS] = {8, 16, 4}, rows[VARIANTS] = {6, 12, 3};
    static const double sizes[VARIANTS] = {100, 50, 200};
    test_city city;
    test_city_init(&city);
    city.columns = columns[variant_of(generation)];
    city.rows = rows[variant_of(generation)];
    city.size_m = sizes[variant_of(generation)];
    city.generation = generation;
    city.overlays = false;
    return test_city_map(host, &city);
}

/* ---- what is expected ---------------------------------------------------------------------- */

static void make_types(void)
{
    static const char *const classes[] = {"01", "02", "0201", "03"};
    test_random random = {7};
    for (int i = 0; i < TYPES; i++) {
        uint32_t number = 0;
        const char *text = classes[test_below(&random, 4)];
        wanmi_words_number(wanmi_flow_words(s.flow), text, strlen(text), &number, NULL);
        s.types[i] = (wanmi_event){
            .time_us = 5, .x = test_uniform(&random, 499980, 500820), .y = test_uniform(&random, 4419980, 4420620),
            .class_id = number, .source_id = WANMI_NONE, .datum = WANMI_DATUM_MAP};
    }
}

static void expect(expectation *e, const wanmi_map *map, uint32_t cell, const wanmi_delivery *d, size_t count)
{
    snprintf(e->cell, sizeof e->cell, "%s", cell != WANMI_NONE ? wanmi_map_area_code(map, cell) : "");
    assert_true(count <= UNITS_MAX);
    e->count = (int)count;
    for (size_t i = 0; i < count; i++)
        snprintf(e->units[i], sizeof e->units[i], "%s", wanmi_map_unit_code(map, d[i].unit));
}

/* By locate and route alone. */
static void expect_all(uint32_t variant)
{
    wanmi_map *map = make_map(VARIANTS + variant, NULL);
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    wanmi_plan *plan = NULL;
    wanmi_router *router = NULL;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(index, WANMI_ENGINE_EXACT, &locator, NULL), WANMI_OK);
    assert_int_equal(wanmi_plan_create(map, wanmi_flow_words(s.flow), NULL, NULL, &plan, NULL), WANMI_OK);
    assert_int_equal(wanmi_router_create(plan, &router, NULL), WANMI_OK);
    for (int i = 0; i < TYPES; i++) {
        uint32_t cell, tuple;
        uint8_t where, reason, unrouted;
        wanmi_positions positions;
        wanmi_positions_init(&positions);
        positions.count = 1;
        positions.x = &s.types[i].x;
        positions.y = &s.types[i].y;
        positions.datum = WANMI_DATUM_MAP;
        wanmi_hits hits = {sizeof hits, &cell, &tuple, NULL, NULL, NULL, &where, &reason};
        wanmi_delivery deliveries[64];
        size_t first[2], done;
        assert_int_equal(wanmi_locate(locator, &positions, &hits, NULL), WANMI_OK);
        assert_int_equal(wanmi_route(router, locator, &s.types[i], 1, &hits, 5, deliveries, 64, first, &unrouted,
                                     &done, NULL), WANMI_OK);
        expect(&s.expected[variant][i], map, cell, deliveries, first[1]);
    }
    wanmi_router_free(router);
    wanmi_plan_release(plan);
    wanmi_locator_free(locator);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* ---- what comes ------------------------------------------------------------------------------ */

/* A call's first generation seen, by whoever sees it first. */
static void check_call(uint64_t user, uint32_t generation)
{
    uint64_t producer = user >> 32, call = user & 0xFFFFFFFF, mine = call << 32 | generation;
    _Atomic uint64_t *place = &s.calls[producer][call % CALLS];
    uint64_t there = atomic_load(place);
    while (there >> 32 < call)
        if (atomic_compare_exchange_weak(place, &there, mine))
            return;
    if (there >> 32 == call && there != mine)
        atomic_fetch_add(&s.mixed, 1);
}

static void check_delivery(const wanmi_delivery *d)
{
    const wanmi_map *map = wanmi_flow_map(s.flow, d->generation);
    atomic_fetch_add(&s.recorded[d->event_id % BUCKETS], 1);
    atomic_fetch_add_explicit(&s.deliveries, 1, memory_order_relaxed);
    check_call(d->user, d->generation);
    if (map == NULL) {
        atomic_fetch_add(&s.gone, 1);
        return;
    }
    const expectation *e = &s.expected[variant_of(d->generation)][d->event_id % TYPES];
    bool right = wanmi_map_generation(map) == d->generation
              && strcmp(e->cell, d->cell != WANMI_NONE ? wanmi_map_area_code(map, d->cell) : "") == 0;
    bool found = false;
    for (int i = 0; i < e->count; i++)
        found |= strcmp(e->units[i], wanmi_map_unit_code(map, d->unit)) == 0;
    if (!right || !found)
        atomic_fetch_add(&s.wrong, 1);
}

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    const char *kind = user;
    if (kind[0] == 'l')
        test_nap_us(500);
    for (size_t i = 0; i < count; i++) {
        if (kind[0] == 'c' && batch[i].event_id % 13 == 0)
            outcomes[i] = WANMI_DEAD;
        else
            check_delivery(&batch[i]);
    }
}

static size_t write_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    (void)user;
    for (size_t i = 0; i < count; i++)
        check_delivery(&letters[i].delivery);
    return count;
}

/* ---- producers ---------------------------------------------------------------------------------- */

static void submit_batch(wanmi_intake *intake, uint64_t producer, uint64_t call, size_t count)
{
    wanmi_event events[BATCH] = {0};
    wanmi_receipt receipts[BATCH];
    for (size_t i = 0; i < count; i++) {
        uint64_t id = (call * BATCH + i) * PRODUCERS + producer;
        events[i] = s.types[id % TYPES];
        events[i].id = id;
        events[i].user = producer << 32 | call;
    }
    assert_int_equal(wanmi_flow_submit(intake, events, count, receipts, NULL, NULL), WANMI_OK);
    for (size_t i = 0; i < count; i++) {
        atomic_fetch_add(&s.promised[events[i].id % BUCKETS], receipts[i].deliveries);
        check_call(events[i].user, receipts[i].generation);
        const char *cell = s.expected[variant_of(receipts[i].generation)][events[i].id % TYPES].cell;
        if ((receipts[i].cell == WANMI_NONE) != (cell[0] == '\0'))
            atomic_fetch_add(&s.wrong, 1);
    }
    atomic_fetch_add(&s.submits, 1);
}

/* All places may be closed ones whose deliveries have not arrived yet. */
static void open_intake(wanmi_intake **intake)
{
    wanmi_status status = wanmi_intake_open(s.flow, intake, NULL);
    for (int i = 0; status == WANMI_E_LIMIT && i < 60000; i++) {
        test_nap_us(1000);
        status = wanmi_intake_open(s.flow, intake, NULL);
    }
    assert_int_equal(status, WANMI_OK);
}

/* Producers' rings are kept when they are closed, and used again: all that there can
 * be are made first, so that they do not count as growth. */
static void open_all_places(void)
{
    wanmi_intake *intakes[PLACES];
    for (int i = 0; i < PLACES; i++)
        open_intake(&intakes[i]);
    for (int i = 0; i < PLACES; i++)
        wanmi_intake_close(intakes[i]);
}

/* The first has one intake for long, the others open new ones. */
static void *produce(void *user)
{
    uint64_t producer = (uint64_t)(uintptr_t)user;
    test_random random = {producer + 1};
    wanmi_intake *intake = NULL;
    for (uint64_t call = 1; !atomic_load(&s.end); call++) {
        pthread_rwlock_rdlock(&s.quiet);
        if (intake == NULL)
            open_intake(&intake);
        submit_batch(intake, producer, call, 1 + test_below(&random, BATCH));
        if (producer != 0 && test_below(&random, 50) == 0) {
            wanmi_intake_close(intake);
            intake = NULL;
        }
        pthread_rwlock_unlock(&s.quiet);
        test_nap_us(100);
    }
    wanmi_intake_close(intake);
    return NULL;
}

/* ---- the run --------------------------------------------------------------------------------------- */

static void swap_to(uint32_t generation)
{
    wanmi_host host = test_host(&s.memory);
    wanmi_map *map = make_map(generation, &host);
    wanmi_index_options options;
    wanmi_index *index = NULL;
    wanmi_index_options_init(&options);
    options.charts = 1u << WANMI_DATUM_MAP;
    options.threads = 1;
    wanmi_error error;
    assert_int_equal(wanmi_index_create(map, &options, &index, NULL), WANMI_OK);
    wanmi_status status = wanmi_flow_set_index(s.flow, index, &error);
    /* A machine that is busy may let the lanes fall 64 maps behind. */
    for (int i = 0; status == WANMI_E_LIMIT && i < 60000; i++) {
        test_nap_us(1000);
        status = wanmi_flow_set_index(s.flow, index, &error);
    }
    if (status != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

static wanmi_tally settled(void)
{
    wanmi_account a;
    for (int i = 0; i < 60000; i++) {
        wanmi_account_init(&a);
        assert_int_equal(wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL), WANMI_OK);
        assert_int_equal(a.submitted, a.routed + a.unrouted + a.refused);
        assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
        if (a.sum.pending == 0 && a.sum.dead_queued == 0)
            break;
        test_nap_us(1000);
    }
    assert_int_equal(a.sum.pending + a.sum.dead_queued, 0);
    return a.sum;
}

/* Bytes held when nothing flows and a fresh map of the first kind is in force. */
static int64_t bytes_at_rest(uint32_t *generation)
{
    pthread_rwlock_wrlock(&s.quiet);
    settled();
    do
        ++*generation;
    while (variant_of(*generation) != 0);
    swap_to(*generation);
    uint32_t alive = 0;
    assert_int_equal(wanmi_flow_reclaim(s.flow, &alive, NULL), WANMI_OK);
    assert_int_equal(alive, 1);
    int64_t held = __atomic_load_n(&s.memory.held_bytes, __ATOMIC_RELAXED);
    pthread_rwlock_unlock(&s.quiet);
    return held;
}

static void add_sink(const char *name, uint32_t lanes, wanmi_policy policy, const char *units)
{
    wanmi_sink_def def;
    wanmi_subscription wish;
    wanmi_sink_def_init(&def);
    wanmi_subscription_init(&wish);
    def.name = name;
    def.user = (void *)(uintptr_t)name;
    def.deliver = take;
    def.lanes = lanes;
    def.batch_max = 64;
    def.policy = policy;
    def.block_us = 60000000;
    wish.units = units;
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, &wish, NULL, NULL), WANMI_OK);
}

static void open_scene(void)
{
    memset(&s, 0, sizeof s);
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&s.quiet, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    wanmi_host host = test_host(&s.memory);
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = 64;
    options.dispatch.producers_max = PLACES;
    options.dispatch.ring_capacity = 512;
    options.dispatch.dead_capacity = 1 << 14;
    options.dispatch.dead = write_letters;
    assert_int_equal(wanmi_flow_create(&options, &host, &s.flow, NULL), WANMI_OK);
    make_types();
    for (uint32_t v = 0; v < VARIANTS; v++)
        expect_all(v);
    swap_to(1);
    add_sink("plain", 2, WANMI_POLICY_BLOCK, "");
    add_sink("lagging", 1, WANMI_POLICY_OVERFLOW, "S1/");
    add_sink("choosy", 1, WANMI_POLICY_BLOCK, "S2;BUREAU;C3;C4");
    assert_int_equal(wanmi_flow_start(s.flow, NULL), WANMI_OK);
    open_all_places();
}

static void match_ids(void)
{
    wanmi_tally sum = settled();
    uint64_t different = 0;
    for (size_t i = 0; i < BUCKETS; i++)
        different += atomic_load(&s.promised[i]) != atomic_load(&s.recorded[i]);
    assert_int_equal(different, 0);
    assert_int_equal(sum.dead_unwritten, 0);
    assert_int_equal(sum.delivered + sum.dead, atomic_load(&s.deliveries));
}

static void maps_are_swapped_under_load(void **state)
{
    (void)state;
    const char *wanted = getenv("WANMI_SWAPS");
    long swaps = wanted != NULL ? atol(wanted) : 400;
    uint32_t generation = 1;
    pthread_t threads[PRODUCERS];
    open_scene();
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, (void *)i), 0);
    for (int i = 0; i < 30; i++)
        swap_to(++generation);
    int64_t before = bytes_at_rest(&generation);
    for (long i = 0; i < swaps; i++)
        swap_to(++generation);
    int64_t after = bytes_at_rest(&generation);
    atomic_store(&s.end, true);
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    match_ids();
    print_message("%ld swaps, %llu submits, %llu deliveries; %lld bytes held before, %lld after\n", swaps,
                  (unsigned long long)s.submits, (unsigned long long)s.deliveries, (long long)before,
                  (long long)after);
    assert_int_equal(s.mixed, 0);
    assert_int_equal(s.wrong, 0);
    assert_int_equal(s.gone, 0);
    assert_true(after <= before + before / 100 && after >= before - before / 100);
    wanmi_flow_free(s.flow);
    assert_int_equal(s.memory.held_blocks, 0);
    assert_false(s.memory.wrong_size);
    pthread_rwlock_destroy(&s.quiet);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(maps_are_swapped_under_load)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
