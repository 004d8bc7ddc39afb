/* flow: maps and sinks that change while events flow, sentence by sentence of flow.h. */
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

enum { SINKS_MAX = 3 };

/* A flow over the invented city, which runs, with one intake. */
typedef struct scene {
    test_memory memory;
    wanmi_host host;
    wanmi_flow *flow;
    wanmi_intake *intake;
    test_sink sinks[SINKS_MAX];
    uint32_t numbers[SINKS_MAX];
    uint32_t sink_count;
    test_letters letters;
    atomic_uint warnings;
    char warning[512];
} scene;

static scene s;

static void keep_warning(void *user, wanmi_log_level level, const char *message)
{
    (void)user;
    if (level != WANMI_LOG_WARNING)
        return;
    snprintf(s.warning, sizeof s.warning, "%s", message);
    atomic_fetch_add(&s.warnings, 1);
}

static void open_flow(wanmi_missing missing)
{
    memset(&s, 0, sizeof s);
    s.host = test_host(&s.memory);
    s.host.log.write = keep_warning;
    test_letters_init(&s.letters);
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.missing = missing;
    options.batch_max = 16;
    options.dispatch.ring_capacity = 64;
    options.dispatch.dead = test_letters_write;
    options.dispatch.dead_user = &s.letters;
    assert_int_equal(wanmi_flow_create(&options, &s.host, &s.flow, NULL), WANMI_OK);
}

/* Cells of 100 m, or with `small` of 50. */
static wanmi_map *city(uint32_t generation, bool small)
{
    test_city made;
    test_city_init(&made);
    made.generation = generation;
    made.columns = small ? 16 : 8;
    made.rows = small ? 12 : 6;
    made.size_m = small ? 50 : 100;
    return test_city_map(&s.host, &made);
}

static wanmi_status set_map(wanmi_map *map, wanmi_error *error)
{
    wanmi_status status = wanmi_flow_set_map(s.flow, map, error);
    wanmi_map_release(map);
    return status;
}

static void must_set(uint32_t generation, bool small)
{
    wanmi_error error;
    if (set_map(city(generation, small), &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static wanmi_status add_sink_of(wanmi_policy policy, const wanmi_subscription *wish, wanmi_error *error)
{
    char name[16];
    wanmi_sink_def def;
    snprintf(name, sizeof name, "sink%u", s.sink_count);
    wanmi_sink_def_init(&def);
    def.name = name;
    def.lanes = 2;
    def.batch_max = 8;
    def.policy = policy;
    def.block_us = 60000000;
    def.deliver = test_sink_deliver;
    def.user = &s.sinks[s.sink_count];
    test_sink_init(&s.sinks[s.sink_count]);
    wanmi_status status = wanmi_flow_add_sink(s.flow, &def, wish, &s.numbers[s.sink_count], error);
    if (status == WANMI_OK)
        s.sink_count++;
    else
        test_sink_drop(&s.sinks[s.sink_count]);
    return status;
}

static wanmi_status add_sink(const wanmi_subscription *wish, wanmi_error *error)
{
    return add_sink_of(WANMI_POLICY_OVERFLOW, wish, error);
}

static void start(void)
{
    wanmi_error error;
    if (wanmi_flow_start(s.flow, &error) != WANMI_OK
        || wanmi_intake_open(s.flow, &s.intake, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static void run(void)
{
    open_flow(WANMI_MISSING_REFUSE);
    must_set(1, false);
    assert_int_equal(add_sink(NULL, NULL), WANMI_OK);
    start();
}

static void end(void)
{
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow);
    for (uint32_t i = 0; i < s.sink_count; i++)
        test_sink_drop(&s.sinks[i]);
    test_letters_drop(&s.letters);
    assert_int_equal(s.memory.held_blocks, 0);
    assert_false(s.memory.wrong_size);
}

static uint32_t word(const char *text)
{
    uint32_t number = WANMI_NONE;
    assert_int_equal(wanmi_words_number(wanmi_flow_words(s.flow), text, strlen(text), &number, NULL), WANMI_OK);
    return number;
}

/* In the 100 m square of that column and row, from the south-west. */
static wanmi_event event_at(uint64_t id, int column, int row, const char *class_text)
{
    return (wanmi_event){.id = id, .time_us = 5, .x = 500025 + column * 100, .y = 4420075 + row * 100,
                         .class_id = word(class_text), .source_id = WANMI_NONE, .datum = WANMI_DATUM_MAP};
}

static wanmi_receipt submit(uint64_t id, const char *class_text)
{
    wanmi_event event = event_at(id, 0, 5, class_text);
    wanmi_receipt receipt;
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, &receipt, NULL, NULL), WANMI_OK);
    return receipt;
}

static wanmi_account account(void)
{
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(a.submitted, a.routed + a.unrouted + a.refused);
    assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
    return a;
}

static uint32_t alive(void)
{
    uint32_t maps = 99;
    assert_int_equal(wanmi_flow_reclaim(s.flow, &maps, NULL), WANMI_OK);
    return maps;
}

/* Whether it comes to that by itself: nothing is asked but the account. */
static bool alive_becomes(uint64_t maps)
{
    for (int i = 0; i < 30000; i++) {
        if (account().maps_alive == maps)
            return true;
        test_nap_us(1000);
    }
    return false;
}

/* ---- maps --------------------------------------------------------------------------------------- */

static void a_submit_takes_the_map_in_force(void **state)
{
    (void)state;
    run();
    assert_int_equal(submit(1, "01").generation, 1);
    must_set(2, true);
    assert_int_equal(wanmi_map_generation(wanmi_flow_map(s.flow, 2)), 2);
    wanmi_receipt receipt = submit(2, "01");
    assert_int_equal(receipt.generation, 2);
    assert_string_equal(wanmi_map_area_code(wanmi_flow_map(s.flow, 2), receipt.cell), "110101001002001");
    must_set(9, false);
    assert_int_equal(submit(3, "01").generation, 9);
    assert_true(test_sink_await(&s.sinks[0], 6));
    for (size_t i = 0; i < 6; i++) {
        const wanmi_delivery *d = &s.sinks[0].seen[i];
        assert_int_equal(d->generation, d->event_id == 1 ? 1 : d->event_id == 2 ? 2 : 9);
    }
    wanmi_account a = account();
    assert_int_equal(a.swaps, 2);
    assert_int_equal(a.generation, 9);
    end();
}

static void old_maps_go_though_an_intake_is_idle(void **state)
{
    (void)state;
    run();
    assert_int_equal(account().maps_alive, 1);
    for (uint32_t generation = 2; generation < 200; generation++)
        must_set(generation, generation % 2 == 0);
    assert_int_equal(alive(), 1);
    for (uint32_t generation = 1; generation < 199; generation++)
        assert_null(wanmi_flow_map(s.flow, generation));
    assert_non_null(wanmi_flow_map(s.flow, 199));
    end();
}

/* After each of a hundred pairs of swaps with events in between, a map at rest holds
 * to the byte what it held after the first. */
static void memory_comes_back(void **state)
{
    (void)state;
    run();
    int64_t first = 0;
    for (uint32_t pair = 1; pair <= 100; pair++) {
        must_set(2 * pair, true);
        submit(pair, "02");
        assert_true(test_sink_await(&s.sinks[0], 3 * pair));
        must_set(2 * pair + 1, false);
        assert_true(alive_becomes(1));
        assert_int_equal(alive(), 1);
        int64_t held = __atomic_load_n(&s.memory.held_bytes, __ATOMIC_RELAXED);
        first = pair == 1 ? held : first;
        assert_int_equal(held, first);
    }
    end();
}

static void a_map_stays_while_a_delivery_names_it(void **state)
{
    (void)state;
    run();
    test_sink_hang(&s.sinks[0], true);
    submit(1, "01");
    test_sink_await_inside(&s.sinks[0], 1);
    for (uint32_t generation = 2; generation < 6; generation++)
        must_set(generation, true);
    assert_int_equal(alive(), 2);
    test_nap_us(30000);
    assert_int_equal(account().maps_alive, 2);
    assert_non_null(wanmi_flow_map(s.flow, 1));
    assert_null(wanmi_flow_map(s.flow, 2));
    test_sink_hang(&s.sinks[0], false);
    /* The flow sees to it by itself. */
    assert_true(alive_becomes(1));
    assert_null(wanmi_flow_map(s.flow, 1));
    end();
}

static void a_map_stays_while_a_letter_names_it(void **state)
{
    (void)state;
    run();
    s.sinks[0].outcome = NULL;
    test_letters_hang(&s.letters, true);
    test_sink_hang(&s.sinks[0], true);
    for (uint64_t i = 0; i < 200; i++)
        submit(i, "01");
    test_letters_await_inside(&s.letters);
    must_set(2, true);
    test_sink_hang(&s.sinks[0], false);
    for (int i = 0; i < 30000 && account().sum.pending != 0; i++)
        test_nap_us(1000);
    assert_int_equal(account().sum.pending, 0);
    assert_int_equal(alive(), 2);
    assert_non_null(wanmi_flow_map(s.flow, 1));
    test_letters_hang(&s.letters, false);
    assert_true(alive_becomes(1));
    end();
}

typedef struct long_submit {
    wanmi_event events[200];
    wanmi_receipt receipts[200];
    wanmi_status status;
} long_submit;

static void *submit_long(void *user)
{
    long_submit *l = user;
    l->status = wanmi_flow_submit(s.intake, l->events, 200, l->receipts, NULL, NULL);
    return NULL;
}

/* A submit of 13 parts is held up by its sink; the map changes thrice meanwhile. */
static void a_submit_that_runs_goes_on_with_its_map(void **state)
{
    (void)state;
    static long_submit l;
    pthread_t thread;
    open_flow(WANMI_MISSING_REFUSE);
    must_set(1, false);
    assert_int_equal(add_sink_of(WANMI_POLICY_BLOCK, NULL, NULL), WANMI_OK);
    start();
    for (int i = 0; i < 200; i++)
        l.events[i] = event_at((uint64_t)i, 0, 5, "01");
    test_sink_hang(&s.sinks[0], true);
    assert_int_equal(pthread_create(&thread, NULL, submit_long, &l), 0);
    test_sink_await_inside(&s.sinks[0], 1);
    for (uint32_t generation = 2; generation < 5; generation++)
        must_set(generation, true);
    assert_int_equal(alive(), 2);       /* 2 and 3 are not waited for by the one who works with 1 */
    test_sink_hang(&s.sinks[0], false);
    pthread_join(thread, NULL);
    assert_int_equal(l.status, WANMI_OK);
    for (int i = 0; i < 200; i++)
        assert_int_equal(l.receipts[i].generation, 1);
    assert_int_equal(submit(300, "01").generation, 4);
    assert_true(alive_becomes(1));
    assert_true(test_sink_await(&s.sinks[0], 402));
    for (size_t i = 0; i < 402; i++)
        assert_int_equal(s.sinks[0].seen[i].generation, s.sinks[0].seen[i].event_id == 300 ? 4 : 1);
    end();
}

static void set_index_swaps_as_well(void **state)
{
    (void)state;
    run();
    wanmi_map *map = city(2, true);
    wanmi_index *index = NULL;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    wanmi_map_release(map);
    assert_int_equal(wanmi_flow_set_index(s.flow, index, NULL), WANMI_OK);
    wanmi_index_release(index);
    assert_int_equal(submit(1, "01").generation, 2);
    assert_true(alive_becomes(1));
    end();
}

/* ---- lanes over swaps ------------------------------------------------------------------------------ */

/* The thread that each quarter's unit came by: its lane. */
typedef struct lanes {
    pthread_mutex_t lock;
    pthread_t of[5];
    bool known[5];
    size_t count, moved;
    uint32_t numbers[2];                /* of C1, by the map's kind */
} lanes;

static void note_lanes(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    lanes *l = user;
    (void)outcomes;
    pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < count; i++) {
        const char *unit = wanmi_map_unit_code(wanmi_flow_map(s.flow, batch[i].generation), batch[i].unit);
        int quarter = unit[1] - '0';
        l->moved += l->known[quarter] && !pthread_equal(l->of[quarter], pthread_self());
        l->of[quarter] = pthread_self();
        l->known[quarter] = true;
        if (quarter == 1)
            l->numbers[batch[i].generation % 2] = batch[i].unit;
        l->count++;
    }
    pthread_mutex_unlock(&l->lock);
}

/* With a unit more that comes before all others every second time. */
static wanmi_map *renumbered(uint32_t generation)
{
    test_city made;
    test_city_init(&made);
    made.generation = generation;
    wanmi_map_builder *b = test_builder(&s.host);
    if (generation % 2 == 0)
        test_add_unit(b, "A", "");
    test_city_fill(b, &made);
    return test_build(b);
}

/* Whatever a map numbers it as, a unit keeps its lane, and so its order. */
static void a_unit_keeps_its_lane_over_swaps(void **state)
{
    (void)state;
    static lanes l;
    memset(&l, 0, sizeof l);
    pthread_mutex_init(&l.lock, NULL);
    open_flow(WANMI_MISSING_REFUSE);
    assert_int_equal(set_map(renumbered(1), NULL), WANMI_OK);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "lanes";
    def.lanes = 4;
    def.deliver = note_lanes;
    def.user = &l;
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, NULL, NULL, NULL), WANMI_OK);
    start();
    for (uint32_t generation = 1; generation <= 20; generation++) {
        if (generation != 1)
            assert_int_equal(set_map(renumbered(generation), NULL), WANMI_OK);
        wanmi_event events[4];
        for (int k = 0; k < 4; k++)
            events[k] = event_at((uint64_t)k, k % 2 * 7, k / 2 * 5, "03");
        assert_int_equal(wanmi_flow_submit(s.intake, events, 4, NULL, NULL, NULL), WANMI_OK);
    }
    uint64_t left = 1;
    assert_int_equal(wanmi_flow_drain(s.flow, 30000000, &left, NULL), WANMI_OK);
    assert_int_equal(l.count, 80);
    assert_int_not_equal(l.numbers[0], l.numbers[1]);
    assert_int_equal(l.moved, 0);
    end();
    pthread_mutex_destroy(&l.lock);
}

static void the_mode_outlives_a_map(void **state)
{
    (void)state;
    open_flow(WANMI_MISSING_REFUSE);
    for (uint32_t generation = 1; generation <= 2; generation++) {
        test_city made;
        test_city_init(&made);
        made.rules = false;
        made.generation = generation;
        wanmi_map_builder *b = test_builder(&s.host);
        test_city_fill(b, &made);
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        rule.seq = 1;
        rule.mode = "emergency";
        rule.unit = "S1;S2;C1";
        test_add_rule(b, &rule);
        assert_int_equal(set_map(test_build(b), NULL), WANMI_OK);
        if (generation != 1)
            break;
        assert_int_equal(add_sink(NULL, NULL), WANMI_OK);
        start();
        assert_int_equal(submit(1, "01").deliveries, 1);
        assert_int_equal(wanmi_flow_set_mode(s.flow, "emergency", NULL), WANMI_OK);
        assert_int_equal(submit(1, "01").deliveries, 3);
    }
    wanmi_receipt receipt = submit(2, "01");
    assert_int_equal(receipt.generation, 2);
    assert_int_equal(receipt.deliveries, 3);
    end();
}

/* ---- maps that are refused ------------------------------------------------------------------------ */

static wanmi_map *city_with(uint32_t generation, const char *unit, const char *tag, bool fallback)
{
    test_city made;
    test_city_init(&made);
    made.people = made.rules = false;
    made.generation = generation;
    wanmi_map_builder *b = test_builder(&s.host);
    test_city_fill(b, &made);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.generation = generation;
    meta.fallback_unit = fallback ? unit : "";
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_unit(b, unit, "");
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = 1;
    rule.class_prefix = fallback ? "" : "01";
    rule.unit = unit;
    rule.tag = tag;
    test_add_rule(b, &rule);
    return test_build(b);
}

static void refused(wanmi_map *map, wanmi_status expected, const char *words)
{
    wanmi_error error;
    size_t count;
    assert_int_equal(set_map(map, &error), expected);
    if (strstr(error.message, words) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, words);
    assert_int_equal(submit(1, "02").generation, 5);
    assert_int_equal(alive(), 1);
    assert_int_equal(account().swaps, 0);
    /* Tags of a map that was refused are counted nowhere. */
    wanmi_counter counters[256];
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 256, &count, NULL), WANMI_OK);
    for (size_t i = 0; i < count; i++)
        assert_true(counters[i].tag == NULL || strcmp(counters[i].tag, "new") != 0);
}

static void a_refused_map_leaves_the_old_one_in_force(void **state)
{
    (void)state;
    open_flow(WANMI_MISSING_REFUSE);
    must_set(5, false);
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.units = "S1/;BUREAU";
    assert_int_equal(add_sink(&wish, NULL), WANMI_OK);
    assert_int_equal(add_sink(NULL, NULL), WANMI_OK);
    start();
    refused(city(5, true), WANMI_E_FLOW_MAP, "generation 5, the flow's is of 5");
    refused(city(4, true), WANMI_E_FLOW_MAP, "generation 4, the flow's is of 5");
    refused(city_with(6, "BUREAU", "new", true), WANMI_E_FLOW_FILTER, "sink sink0");
    refused(city_with(6, "BUREAU", "new", false), WANMI_E_ROUTE_NOBODY, "");
    /* And then one that is not. */
    must_set(6, true);
    assert_int_equal(submit(1, "02").generation, 6);
    end();
}

static void what_is_missing_may_be_passed_over(void **state)
{
    (void)state;
    open_flow(WANMI_MISSING_WARN);
    must_set(5, false);
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.units = "S1;BUREAU";
    assert_int_equal(add_sink(&wish, NULL), WANMI_OK);
    start();
    assert_int_equal(s.warnings, 0);
    assert_int_equal(set_map(city_with(6, "BUREAU", "new", true), NULL), WANMI_OK);
    assert_int_equal(s.warnings, 1);
    assert_non_null(strstr(s.warning, "sink0"));
    assert_non_null(strstr(s.warning, "S1"));
    assert_int_equal(submit(1, "01").deliveries, 1);
    end();
}

/* As a counter, and as Prometheus is told. */
static uint64_t value_of(const char *name)
{
    wanmi_counter counters[256];
    size_t count = 0, length = 0;
    static char text[1 << 16];
    char line[128];
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 256, &count, NULL), WANMI_OK);
    assert_int_equal(wanmi_counters_prometheus(counters, count, text, sizeof text, &length), WANMI_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(counters[i].name, name) == 0) {
            snprintf(line, sizeof line, "\n%s %llu\n", name, (unsigned long long)counters[i].value);
            assert_non_null(strstr(text, line));
            return counters[i].value;
        }
    fail_msg("no counter is called %s", name);
    return 0;
}

static void sixty_four_maps_are_alive_at_most(void **state)
{
    (void)state;
    run();
    test_sink_hang(&s.sinks[0], true);
    wanmi_error error;
    for (uint32_t generation = 1; generation <= 64; generation++) {
        if (generation != 1)
            must_set(generation, false);
        assert_int_equal(submit(generation, "03").deliveries, 1);
    }
    assert_int_equal(alive(), 64);
    for (uint32_t generation = 1; generation <= 64; generation++)
        assert_int_equal(wanmi_map_generation(wanmi_flow_map(s.flow, generation)), generation);
    assert_int_equal(set_map(city(65, false), &error), WANMI_E_LIMIT);
    assert_non_null(strstr(error.message, "64 maps are alive"));
    assert_int_equal(submit(65, "03").generation, 64);
    wanmi_account a = account();
    assert_int_equal(a.swaps_put_off, 1);
    assert_int_equal(a.swaps, 63);
    assert_int_equal(a.generation, 64);
    assert_int_equal(a.maps_alive, 64);
    assert_int_equal(value_of("wanmi_map_swaps_put_off_total"), 1);
    assert_int_equal(value_of("wanmi_map_swaps_total"), 63);
    assert_int_equal(value_of("wanmi_map_generation"), 64);
    assert_int_equal(value_of("wanmi_maps_alive"), 64);
    test_sink_hang(&s.sinks[0], false);
    assert_true(alive_becomes(1));
    assert_int_equal(value_of("wanmi_maps_alive"), 1);
    assert_int_equal(value_of("wanmi_map_generation"), 64);
    must_set(65, false);
    assert_int_equal(submit(66, "03").generation, 65);
    assert_int_equal(value_of("wanmi_map_swaps_total"), 64);
    assert_int_equal(value_of("wanmi_map_swaps_put_off_total"), 1);
    end();
}

/* ---- tags over maps ----------------------------------------------------------------------------- */

static uint64_t counter_of(const char *tag)
{
    wanmi_counter counters[256];
    size_t count;
    uint64_t value = 0;
    int found = 0;
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 256, &count, NULL), WANMI_OK);
    for (size_t i = 0; i < count; i++)
        if (strcmp(counters[i].name, "wanmi_deliveries_by_tag_total") == 0 && strcmp(counters[i].tag, tag) == 0) {
            value = counters[i].value;
            found++;
        }
    assert_int_equal(found, 1);
    return value;
}

static void tags_are_counted_over_maps_by_their_text(void **state)
{
    (void)state;
    open_flow(WANMI_MISSING_REFUSE);
    assert_int_equal(set_map(city_with(1, "A", "flood", true), NULL), WANMI_OK);
    assert_int_equal(add_sink(NULL, NULL), WANMI_OK);
    start();
    for (int i = 0; i < 3; i++)
        submit(1, "01");
    assert_int_equal(set_map(city_with(2, "A", "fire", true), NULL), WANMI_OK);
    submit(1, "01");
    uint64_t by_tag[4];
    size_t count;
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 4, &count, NULL), WANMI_OK);
    assert_int_equal(count, 2);
    assert_int_equal(by_tag[0], 1);
    assert_int_equal(counter_of("flood"), 3);
    assert_int_equal(counter_of("fire"), 1);
    assert_int_equal(set_map(city_with(3, "A", "flood", true), NULL), WANMI_OK);
    submit(1, "01");
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 4, &count, NULL), WANMI_OK);
    assert_int_equal(by_tag[0], 4);
    assert_int_equal(by_tag[1], 0);
    assert_int_equal(counter_of("flood"), 4);
    assert_int_equal(counter_of("fire"), 1);
    assert_int_equal(counter_of(""), 0);
    assert_int_equal(account().deliveries, 5);
    end();
}

/* ---- sinks ------------------------------------------------------------------------------------------ */

static void sinks_come_while_events_flow(void **state)
{
    (void)state;
    run();
    wanmi_subscription wish;
    wanmi_error error;
    wanmi_subscription_init(&wish);
    wish.units = "nobody";
    assert_int_equal(submit(1, "01").deliveries, 2);
    assert_int_equal(add_sink(&wish, &error), WANMI_E_FLOW_FILTER);
    assert_non_null(strstr(error.message, "nobody"));
    assert_int_equal(submit(2, "01").deliveries, 2);
    wish.units = "C2";
    wish.classes = "02;01";
    assert_int_equal(add_sink(&wish, NULL), WANMI_OK);
    assert_int_equal(submit(3, "01").deliveries, 3);
    assert_int_equal(submit(4, "03").deliveries, 1);
    assert_int_equal(wanmi_dispatch_sink_count(wanmi_flow_dispatch(s.flow)), 2);
    must_set(2, true);
    assert_int_equal(submit(5, "01").deliveries, 3);
    assert_true(test_sink_await(&s.sinks[1], 2));
    assert_int_equal(s.sinks[1].seen[0].event_id, 3);
    assert_int_equal(s.sinks[1].seen[1].event_id, 5);
    /* What it needs is looked for in the next map as well. */
    assert_int_equal(set_map(city_with(3, "A", "", true), &error), WANMI_E_FLOW_FILTER);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_submit_takes_the_map_in_force),
        cmocka_unit_test(old_maps_go_though_an_intake_is_idle),
        cmocka_unit_test(memory_comes_back),
        cmocka_unit_test(a_map_stays_while_a_delivery_names_it),
        cmocka_unit_test(a_map_stays_while_a_letter_names_it),
        cmocka_unit_test(a_submit_that_runs_goes_on_with_its_map),
        cmocka_unit_test(set_index_swaps_as_well),
        cmocka_unit_test(a_unit_keeps_its_lane_over_swaps),
        cmocka_unit_test(the_mode_outlives_a_map),
        cmocka_unit_test(a_refused_map_leaves_the_old_one_in_force),
        cmocka_unit_test(what_is_missing_may_be_passed_over),
        cmocka_unit_test(sixty_four_maps_are_alive_at_most),
        cmocka_unit_test(tags_are_counted_over_maps_by_their_text),
        cmocka_unit_test(sinks_come_while_events_flow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
