/* route: rules as they are compiled, where property/route.c seldom leads: programs that
 * are too long, copies before primaries, blocks of events of every kind, each machine
 * code. What is compiled says what the rules say one after the other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

enum { EVENTS = 1000, ROOM = 64 * EVENTS };

typedef struct answer {
    wanmi_delivery deliveries[ROOM];
    size_t first[EVENTS + 1];
    uint8_t unrouted[EVENTS];
} answer;

typedef struct trial {
    test_way way;
    wanmi_event events[EVENTS];
    uint32_t cells[EVENTS], tuples[EVENTS];
    uint8_t where[EVENTS], reasons[EVENTS];
    answer expected, found;
} trial;

/* In calls of at most `capacity` deliveries. */
static void route_all(trial *t, size_t count, size_t capacity, answer *to)
{
    size_t used = 0;
    for (size_t at = 0, done; at < count; at += done) {
        wanmi_hits hits;
        wanmi_hits_init(&hits);
        hits.cell = t->cells + at;
        hits.tuple = t->tuples + at;
        hits.where = t->where + at;
        hits.reason = t->reasons + at;
        assert_true(used + capacity <= ROOM);
        wanmi_status status = wanmi_route(t->way.router, t->way.locator, t->events + at, count - at, &hits, 0,
                                          to->deliveries + used, capacity, to->first + at, to->unrouted + at, &done,
                                          NULL);
        assert_int_equal(status, at + done == count ? WANMI_OK : WANMI_PARTIAL);
        assert_true(done > 0);
        for (size_t i = at; i <= at + done; i++)
            to->first[i] += used;
        assert_true(to->first[at + done] - used <= capacity);
        used = to->first[at + done];
    }
}

/* Gives how many deliveries there are, by every machine code the same as by the rules. */
static size_t agree(trial *t, size_t count, size_t capacity)
{
    static test_hit hits[EVENTS];
    test_way_locate(&t->way, t->events, count, 0, hits);
    for (size_t i = 0; i < count; i++) {
        t->cells[i] = hits[i].cell;
        t->tuples[i] = hits[i].tuple;
        t->where[i] = hits[i].where;
        t->reasons[i] = hits[i].reason;
    }
    assert_int_equal(wanmi_router_set_engine(t->way.router, WANMI_ENGINE_EXACT, NULL), WANMI_OK);
    route_all(t, count, ROOM, &t->expected);
    assert_int_equal(wanmi_router_set_engine(t->way.router, WANMI_ENGINE_FAST, NULL), WANMI_OK);
    size_t length = t->expected.first[count];
    for (int kernel = WANMI_KERNEL_X86_64_V4; kernel >= WANMI_KERNEL_AUTO; kernel--) {
        /* A router that has not seen any class yet. */
        wanmi_router_free(t->way.router);
        assert_int_equal(wanmi_router_create(t->way.plan, &t->way.router, NULL), WANMI_OK);
        if (wanmi_router_use_kernel(t->way.router, (wanmi_kernel)kernel, NULL) == WANMI_E_UNSUPPORTED)
            continue;
        memset(&t->found, 0xAA, sizeof t->found);
        route_all(t, count, capacity, &t->found);
        assert_memory_equal(t->found.first, t->expected.first, (count + 1) * sizeof *t->found.first);
        assert_memory_equal(t->found.unrouted, t->expected.unrouted, count);
        assert_memory_equal(t->found.deliveries, t->expected.deliveries, length * sizeof *t->found.deliveries);
    }
    return length;
}

static trial *begin(wanmi_map_builder *b)
{
    trial *t = calloc(1, sizeof *t);
    assert_non_null(t);
    test_way_open(&t->way, test_build(b));
    return t;
}

static void end(trial *t)
{
    test_way_close(&t->way);
    free(t);
}

static wanmi_event event_at(trial *t, double x, const char *class_text, const char *time)
{
    wanmi_event event = test_event(&t->way, x, 50, class_text, NULL);
    event.time_us = test_instant(t->way.map, time);
    return event;
}

/* ---- one event ------------------------------------------------------------------------------ */

static void a_kernel_is_chosen(void **state)
{
    (void)state;
    wanmi_error error;
    trial *t = begin(test_district(NULL, "BUREAU"));
    wanmi_router *router = t->way.router;
    wanmi_kernel best = wanmi_router_kernel(router);
    assert_true(best != WANMI_KERNEL_AUTO);
    assert_int_equal(wanmi_router_use_kernel(router, WANMI_KERNEL_PORTABLE, &error), WANMI_OK);
    assert_int_equal(wanmi_router_kernel(router), WANMI_KERNEL_PORTABLE);
    assert_int_equal(wanmi_router_use_kernel(router, (wanmi_kernel)5, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_use_kernel(router, (wanmi_kernel)-1, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_use_kernel(NULL, WANMI_KERNEL_AUTO, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_kernel(router), WANMI_KERNEL_PORTABLE);
    assert_int_equal(wanmi_router_use_kernel(router, WANMI_KERNEL_AUTO, NULL), WANMI_OK);
    assert_int_equal(wanmi_router_kernel(router), best);
    end(t);
}

static void more_steps_than_a_program_has(void **state)
{
    (void)state;
    for (int rules = 63; rules <= 66; rules++) {
        wanmi_map_builder *b = test_district(NULL, "BUREAU");
        for (int i = 0; i < rules; i++) {
            char code[16];
            snprintf(code, sizeof code, "N%02d", i);
            test_add_unit(b, code, "");
            wanmi_rule_def r = test_rule(i + 1);
            r.unit = code;
            r.copy = i % 3 == 0;
            test_add_rule(b, &r);
        }
        trial *t = begin(b);
        for (int i = 0; i < 40; i++)        /* more of them than a block's list of steps has room for */
            t->events[i] = event_at(t, 50, NULL, "2008-09-26T16:00");
        assert_int_equal(agree(t, 40, ROOM), 40 * rules);
        end(t);
    }
}

static void a_primary_stands_where_the_copy_stood(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    /* U2 and the keepers are twins, of which the first is taken; U1 is a copy before a primary;
     * the community's keeper may be the cell's. */
    static const struct { const char *unit, *role, *at_layer; int copy, min_severity; } rules[] = {
        {"U1", "", "", 1, 0}, {"U2", "", "", 0, 0}, {"U1", "", "", 0, 100}, {"U2", "", "", 1, 200},
        {"", "keeper", "", 0, 50}, {"", "keeper", "", 1, 0}, {"", "keeper", "", 1, 20},
        {"", "keeper", "community", 1, 240}, {"U3", "", "", 1, 0}, {"U3", "", "", 1, 10},
    };
    for (int i = 0; i < 10; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = rules[i].unit;
        r.role = rules[i].role;
        r.at_layer = rules[i].at_layer;
        r.copy = rules[i].copy;
        r.min_severity = rules[i].min_severity;
        test_add_rule(b, &r);
    }
    trial *t = begin(b);
    for (int i = 0; i < 256; i++) {
        t->events[i] = event_at(t, 50, NULL, "2008-09-26T16:00");
        t->events[i].severity = (uint8_t)i;
    }
    assert_int_equal(agree(t, 256, ROOM), 4 * 256 + 16);
    const wanmi_delivery *severe = t->found.deliveries + t->found.first[100];
    assert_int_equal(severe[0].rule, 2);
    assert_int_equal(severe[0].flags, 0);
    assert_int_equal(severe[-4].rule, 0);
    assert_int_equal(severe[-4].flags, WANMI_DELIVERY_COPY);
    end(t);
}

/* ---- blocks --------------------------------------------------------------------------------- */

static void add_rules_of_all_kinds(wanmi_map_builder *b)
{
    static const struct { const char *class_prefix, *layer, *area, *source, *hours, *role, *at_layer, *unit, *deadline; int last; }
        rules[] = {
            {"01", "", "", "", "", "keeper", "", "", "work", 0},
            {"01", "community", "A", "", "22:00-06:00", "", "", "U1;U2", "days", 0},
            {"04", "zone", "Z2", "", "", "warden", "zone", "", "", 0},
            {"02", "", "", "patrol", "", "guard", "community", "", "work", 1},
            {"05", "precinct", "P2", "", "", "warden", "precinct", "", "", 0},
            {"", "cell", "K4", "", "08:00-12:00", "", "", "BUREAU", "days", 1},
            {"", "", "", "", "", "", "", "BUREAU", "natural", 0},
        };
    test_add_day(b, "default", "1-5", "08:00-12:00;14:00-18:00");
    test_add_limit(b, "work", 1, 3.5, "working_hour");
    test_add_limit(b, "days", 1, 2, "working_day");
    test_add_limit(b, "natural", 1, 1, "natural_day");
    for (int i = 0; i < 7; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.class_prefix = rules[i].class_prefix;
        r.layer = rules[i].layer;
        r.area = rules[i].area;
        r.source = rules[i].source;
        r.hours = rules[i].hours;
        r.role = rules[i].role;
        r.at_layer = rules[i].at_layer;
        r.unit = rules[i].unit;
        r.deadline = rules[i].deadline;
        r.last = rules[i].last;
        test_add_rule(b, &r);
    }
}

static wanmi_event any_event(trial *t, test_random *random)
{
    static const char *const classes[] = {"01", "0101", "02", "03", "0202", "04", "05", "01"};
    wanmi_event e = test_event(&t->way, test_uniform(random, -10, 410), 50, classes[test_below(random, 8)],
                               test_below(random, 2) ? "patrol" : NULL);
    if (test_below(random, 40) == 0)
        e = test_object_event(&t->way, "lamp", NULL);
    e.id = test_next(random);
    e.severity = (uint8_t)test_below(random, 256);
    e.time_us = INT64_C(1206576000000000) + (int64_t)test_below(random, 1440 * 400) * 60000000;
    switch (test_below(random, 60)) {
    case 0: e.class_id = WANMI_NONE; break;
    case 1: e.class_id = 100000; break;
    case 2: e.source_id = 100000; break;
    case 3: e.time_us = WANMI_TIME_NONE; break;
    case 4: e.time_us = INT64_C(5000000000000000); break;
    case 5: e.x = 0.0 / 0.0; break;
    default: break;
    }
    return e;
}

static void blocks_of_events_of_every_kind(void **state)
{
    (void)state;
    static const char *const zones[] = {"Asia/Shanghai", "Europe/Berlin", "UTC", "Africa/Casablanca"};
    for (int z = 0; z < 4; z++) {
        wanmi_map_builder *b = test_district_in(NULL, "BUREAU", zones[z]);
        test_district_duties(b);
        test_add_object(b, "lamp", "0101", 150, "U1", "", "U2");
        add_rules_of_all_kinds(b);
        trial *t = begin(b);
        test_random random = {7 + (uint64_t)z};
        for (int i = 0; i < EVENTS; i++)
            t->events[i] = any_event(t, &random);
        size_t room = wanmi_plan_deliveries_max(t->way.plan);
        assert_true(agree(t, EVENTS, 4096) > EVENTS);
        assert_true(agree(t, EVENTS, room) > EVENTS);
        assert_true(agree(t, 511, 511 + room) > 511);
        end(t);
    }
}

/* ---- cells cut by an area above them ------------------------------------------------------------ */

/* Four cells of 100 m in two communities that meet at `border`, with a guard each. */
static wanmi_map_builder *two_communities(double border)
{
    wanmi_map_builder *b = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.fallback_unit = "BUREAU";
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(b, "community", WANMI_PARTITION, 1, "");
    test_add_box(b, "community", "A", "", 0, 0, border, 100);
    test_add_box(b, "community", "B", "", border, 0, 400, 100);
    for (int i = 0; i < 4; i++) {
        char code[8];
        snprintf(code, sizeof code, "K%d", i + 1);
        test_add_box(b, "cell", code, i * 100 < border ? "A" : "B", i * 100, 0, i * 100 + 100, 100);
    }
    static const char *const units[] = {"BUREAU", "UA", "UB"};
    for (int i = 0; i < 3; i++)
        test_add_unit(b, units[i], "");
    test_add_duty(b, "community", "A", "guard", "UA", 1);
    test_add_duty(b, "community", "B", "guard", "UB", 1);
    wanmi_rule_def r = test_rule(1);
    r.role = "guard";
    r.at_layer = "community";
    test_add_rule(b, &r);
    return b;
}

static size_t told(const trial *t, size_t count, const char *unit)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += strcmp(wanmi_map_unit_code(t->way.map, t->found.deliveries[i].unit), unit) == 0;
    return found;
}

/* 300 events 1 m apart from 0.5 on. */
static trial *row_of_events(double border)
{
    trial *t = begin(two_communities(border));
    for (int i = 0; i < 300; i++)
        t->events[i] = event_at(t, 0.5 + i, "01", "2008-03-30 12:00");
    return t;
}

/* The guard of where the event is, also in a cell of which a part lies in another community
 * than most of it, and the cell's parent is either. */
static void a_cell_in_two_communities(void **state)
{
    (void)state;
    static const struct { double border; size_t in_a; } cases[] = {{200, 200}, {250, 250}, {201, 201}, {299, 299}, {100, 100}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        trial *t = row_of_events(cases[i].border);
        assert_int_equal(agree(t, 300, ROOM), 300);
        assert_int_equal(told(t, 300, "UA"), cases[i].in_a);
        assert_int_equal(told(t, 300, "UB"), 300 - cases[i].in_a);
        end(t);
    }
}

/* A router meets one index after the other. The second numbers tuples as it meets them: here
 * as the first does, but for the part of a cell that lies in another community. */
static void an_index_after_another(void **state)
{
    (void)state;
    enum { COUNT = 4 };
    static const double at[COUNT] = {-500, 50, 150, 260};
    trial *t = begin(two_communities(250));
    wanmi_locator *compiled = t->way.locator;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    wanmi_index *plain;
    assert_int_equal(wanmi_index_create(t->way.map, &options, &plain, NULL), WANMI_OK);
    for (int i = 0; i < COUNT; i++)
        t->events[i] = event_at(t, at[i], "01", "2008-03-30 12:00");
    for (int round = 0; round < 4; round++) {
        wanmi_locator *locator = compiled;
        test_hit hits[COUNT];
        if (round % 2 == 1)
            assert_int_equal(wanmi_locator_create(plain, WANMI_ENGINE_EXACT, &locator, NULL), WANMI_OK);
        t->way.locator = locator;
        test_way_locate(&t->way, t->events, COUNT, 0, hits);
        for (int i = 0; i < COUNT; i++) {
            t->cells[i] = hits[i].cell;
            t->tuples[i] = hits[i].tuple;
            t->where[i] = hits[i].where;
        }
        route_all(t, COUNT, ROOM, &t->found);
        assert_int_equal(t->found.first[COUNT], COUNT);
        assert_int_equal(told(t, COUNT, "UA"), 2);
        assert_int_equal(told(t, COUNT, "UB"), 1);
        assert_string_equal(wanmi_map_unit_code(t->way.map, t->found.deliveries[3].unit), "UB");
        if (round % 2 == 1)
            wanmi_locator_free(locator);
    }
    t->way.locator = compiled;
    wanmi_index_release(plain);
    end(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_kernel_is_chosen),
        cmocka_unit_test(more_steps_than_a_program_has),
        cmocka_unit_test(a_primary_stands_where_the_copy_stood),
        cmocka_unit_test(blocks_of_events_of_every_kind),
        cmocka_unit_test(a_cell_in_two_communities),
        cmocka_unit_test(an_index_after_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
