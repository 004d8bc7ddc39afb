/* flow: one handle from events to sinks, sentence by sentence of flow.h. (Long, because one
 * invented town serves them all.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

/* A flow over the invented city (support/maps.h) with one intake and up to four
 * recording sinks. */
typedef struct scene {
    test_memory memory;
    wanmi_flow *flow;
    wanmi_intake *intake;
    test_sink sinks[4];
    uint32_t sink_count;
} scene;

static _Atomic int64_t clock_us = 1000000;

/* Never the same twice. */
static int64_t ticking(void *user)
{
    (void)user;
    return clock_us++;
}

static void open_flow(scene *s, size_t batch_max)
{
    memset(s, 0, sizeof *s);
    wanmi_host host = test_host(&s->memory);
    host.clock.now_us = ticking;
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = batch_max;
    options.dispatch.ring_capacity = 1024;
    assert_int_equal(wanmi_flow_create(&options, &host, &s->flow, NULL), WANMI_OK);
}

static wanmi_map *city_without_fallback(const wanmi_host *host)
{
    test_city city;
    test_city_init(&city);
    city.people = city.rules = false;
    wanmi_map_builder *b = test_builder(host);
    test_city_fill(b, &city);
    test_add_unit(b, "U", "");
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = 1;
    rule.unit = "U";
    test_add_rule(b, &rule);
    return test_build(b);
}

/* Some tests run again with an index that is made beforehand. */
static bool by_index;

static void set_city(scene *s, uint32_t generation)
{
    test_city city;
    test_city_init(&city);
    city.generation = generation;
    wanmi_host host = test_host(&s->memory);
    wanmi_map *map = test_city_map(&host, &city);
    wanmi_error error;
    wanmi_index *index = NULL;
    if (by_index)
        assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    wanmi_status given = by_index ? wanmi_flow_set_index(s->flow, index, &error)
                                  : wanmi_flow_set_map(s->flow, map, &error);
    wanmi_index_release(index);
    if (given != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(map);
}

static wanmi_status add_sink(scene *s, const wanmi_subscription *subscription, wanmi_error *error)
{
    char name[16];
    snprintf(name, sizeof name, "sink%u", s->sink_count);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name;
    def.lanes = 2;
    def.deliver = test_sink_deliver;
    def.user = &s->sinks[s->sink_count];
    test_sink_init(&s->sinks[s->sink_count]);
    uint32_t number = 77;
    wanmi_status status = wanmi_flow_add_sink(s->flow, &def, subscription, &number, error);
    if (status == WANMI_OK)
        assert_int_equal(number, s->sink_count++);
    else
        test_sink_drop(&s->sinks[s->sink_count]);
    return status;
}

static void start(scene *s)
{
    wanmi_error error;
    if (wanmi_flow_start(s->flow, &error) != WANMI_OK
        || wanmi_intake_open(s->flow, &s->intake, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

/* A scene that runs, with one sink. */
static void run(scene *s, const wanmi_subscription *subscription)
{
    open_flow(s, 1024);
    set_city(s, 1);
    assert_int_equal(add_sink(s, subscription, NULL), WANMI_OK);
    start(s);
}

static void drain(scene *s)
{
    uint64_t left = 99;
    wanmi_error error;
    if (wanmi_flow_drain(s->flow, 60000000, &left, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(left, 0);
}

static void end(scene *s)
{
    wanmi_intake_close(s->intake);
    wanmi_flow_free(s->flow);
    for (uint32_t i = 0; i < s->sink_count; i++)
        test_sink_drop(&s->sinks[i]);
    assert_int_equal(s->memory.held_blocks, 0);
    assert_false(s->memory.wrong_size);
}

static uint32_t word(const scene *s, const char *text)
{
    uint32_t number = WANMI_NONE;
    if (text != NULL)
        assert_int_equal(wanmi_words_number(wanmi_flow_words(s->flow), text, strlen(text), &number,
                                            NULL), WANMI_OK);
    return number;
}

/* In the city's column and row of cells, from the south-west. */
static wanmi_event event_at(const scene *s, int column, int row, const char *class_text)
{
    return (wanmi_event){.id = (uint64_t)(column * 100 + row), .user = 5, .time_us = WANMI_TIME_NONE,
                         .x = 500050 + column * 100, .y = 4420050 + row * 100,
                         .class_id = word(s, class_text), .source_id = WANMI_NONE,
                         .datum = WANMI_DATUM_MAP};
}

static wanmi_account account_of(scene *s)
{
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(s->flow, &a, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(a.submitted, a.routed + a.unrouted + a.refused);
    assert_int_equal(a.submitted - a.refused, a.inside + a.snapped + a.outside + a.rejected);
    assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
    return a;
}

/* ---- the way ----------------------------------------------------------------------------- */

static void events_reach_their_sinks(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    set_city(&s, 3);
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.roles = "网格员";
    assert_int_equal(add_sink(&s, NULL, NULL), WANMI_OK);
    assert_int_equal(add_sink(&s, &wish, NULL), WANMI_OK);
    start(&s);
    wanmi_event events[3] = {event_at(&s, 0, 5, "0101"), event_at(&s, 7, 0, "02"), event_at(&s, 99, 0, "01")};
    wanmi_receipt receipts[3];
    size_t done = 0;
    assert_int_equal(wanmi_flow_submit(s.intake, events, 3, receipts, &done, NULL), WANMI_OK);
    assert_int_equal(done, 3);
    /* 网格员 and 网格长, the first of them twice; 督导员, a copy, 网格长; outside. */
    assert_int_equal(receipts[0].deliveries, 3);
    assert_int_equal(receipts[1].deliveries, 3);
    assert_int_equal(receipts[2].deliveries, 1);
    assert_int_equal(receipts[0].where, WANMI_INSIDE);
    assert_int_equal(receipts[2].where, WANMI_OUTSIDE);
    assert_int_equal(receipts[2].cell, WANMI_NONE);
    assert_int_equal(receipts[0].reason | receipts[1].reason | receipts[2].reason, 0);
    wanmi_map *map = wanmi_flow_map(s.flow, 3);
    assert_non_null(map);
    assert_null(wanmi_flow_map(s.flow, 2));
    assert_string_equal(wanmi_map_area_code(map, receipts[0].cell), "110101001002001");
    drain(&s);
    assert_int_equal(s.sinks[0].count, 6);
    assert_int_equal(s.sinks[1].count, 1);
    const wanmi_delivery *d = &s.sinks[1].seen[0];
    assert_int_equal(d->event_id, 5);
    assert_int_equal(d->user, 5);
    assert_int_equal(d->generation, 3);
    assert_string_equal(wanmi_map_unit_code(map, d->unit), "P-110101001002001");
    wanmi_account a = account_of(&s);
    assert_int_equal(a.submitted, 3);
    assert_int_equal(a.routed, 3);
    assert_int_equal(a.inside, 2);
    assert_int_equal(a.outside, 1);
    assert_int_equal(a.deliveries, 6);
    assert_int_equal(a.sum.accepted, 7);
    assert_int_equal(a.sum.delivered, 7);
    end(&s);
}

static void one_instant_a_submit(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 2);
    set_city(&s, 1);
    assert_int_equal(add_sink(&s, NULL, NULL), WANMI_OK);
    start(&s);
    wanmi_event events[7];
    for (int i = 0; i < 7; i++)
        events[i] = event_at(&s, i, 0, NULL);
    events[4].time_us = 12345;
    int64_t before = clock_us;
    assert_int_equal(wanmi_flow_submit(s.intake, events, 7, NULL, NULL, NULL), WANMI_OK);
    drain(&s);
    assert_int_equal(s.sinks[0].count, 7);
    for (size_t i = 0; i < 7; i++) {
        const wanmi_delivery *d = &s.sinks[0].seen[i];
        assert_int_equal(d->time_us, d->event_id == 400 ? 12345 : before);
    }
    end(&s);
}

static void every_event_gets_its_reason(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    wanmi_host host = test_host(&s.memory);
    wanmi_map *map = city_without_fallback(&host);
    assert_int_equal(wanmi_flow_set_map(s.flow, map, NULL), WANMI_OK);
    wanmi_map_release(map);
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.classes = "01";
    assert_int_equal(add_sink(&s, &wish, NULL), WANMI_OK);
    start(&s);
    wanmi_event events[6] = {event_at(&s, 0, 0, "01"), event_at(&s, 0, 0, "02"), event_at(&s, 50, 0, "01"),
                             event_at(&s, 0, 0, "01"), event_at(&s, 0, 0, "01"), event_at(&s, 0, 0, "01")};
    events[3].y = (double)NAN;
    events[4].class_id = 5000;
    events[5].datum = 99;
    static const uint8_t reasons[] = {WANMI_REASON_NONE, WANMI_REASON_UNWANTED, WANMI_REASON_OUTSIDE,
                                      WANMI_REASON_NOT_FINITE, WANMI_REASON_CLASS, WANMI_REASON_DATUM};
    static const uint8_t where[] = {WANMI_INSIDE, WANMI_INSIDE, WANMI_OUTSIDE, WANMI_REJECTED,
                                    WANMI_INSIDE, WANMI_REJECTED};
    wanmi_receipt receipts[6];
    size_t done;
    assert_int_equal(wanmi_flow_submit(s.intake, events, 6, receipts, &done, NULL), WANMI_OK);
    assert_int_equal(done, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(receipts[i].reason, reasons[i]);
        assert_int_equal(receipts[i].where, where[i]);
        assert_int_equal(receipts[i].deliveries, i == 0);
    }
    wanmi_account a = account_of(&s);
    assert_int_equal(a.routed, 1);
    assert_int_equal(a.unrouted, 5);
    assert_int_equal(a.unwanted, 1);
    assert_int_equal(a.rejected, 2);
    assert_int_equal(a.outside, 1);
    assert_int_equal(a.inside, 3);
    assert_int_equal(a.deliveries, 2);
    end(&s);
}

static void a_flow_without_sinks_wants_nothing(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    set_city(&s, 1);
    start(&s);
    wanmi_event event = event_at(&s, 0, 0, "01");
    wanmi_receipt receipt;
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, &receipt, NULL, NULL), WANMI_OK);
    assert_int_equal(receipt.reason, WANMI_REASON_UNWANTED);
    assert_int_equal(account_of(&s).unwanted, 1);
    end(&s);
}

/* ---- subscriptions --------------------------------------------------------------------------- */

/* What a sink with this wish gets of a fixed set of events, as ids of events with
 * the code of the unit: "0:P-1 0:C2 ...". Sorted by the order of submission; one
 * lane. */
static const char *wanted_by(const wanmi_subscription *wish)
{
    static char text[2048];
    scene s;
    open_flow(&s, 1024);
    set_city(&s, 1);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "one";
    def.lanes = 1;
    def.deliver = test_sink_deliver;
    def.user = &s.sinks[0];
    test_sink_init(&s.sinks[0]);
    s.sink_count = 1;
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, wish, NULL, NULL), WANMI_OK);
    start(&s);
    /* Events 1 .. 5: north-west 0101, south-east 02, south-west 03 of source 12345,
     * outside, no class in the north-east. Interned after the start. */
    wanmi_event events[5] = {event_at(&s, 0, 5, "0101"), event_at(&s, 7, 0, "02"), event_at(&s, 0, 0, "03"),
                             event_at(&s, 50, 0, "03"), event_at(&s, 7, 5, NULL)};
    events[2].source_id = word(&s, "12345");
    for (int i = 0; i < 5; i++) {
        events[i].id = (uint64_t)(i + 1);
        events[i].severity = (uint8_t)(i * 50);
    }
    assert_int_equal(wanmi_flow_submit(s.intake, events, 5, NULL, NULL, NULL), WANMI_OK);
    drain(&s);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < s.sinks[0].count; i++) {
        const wanmi_delivery *d = &s.sinks[0].seen[i];
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu:%s", i != 0 ? " " : "",
                                 (unsigned long long)d->event_id,
                                 wanmi_map_unit_code(wanmi_flow_map(s.flow, 1), d->unit));
    }
    end(&s);
    return text;
}

#define WANTS(field, value, expected)                                                              \
    do {                                                                                           \
        wanmi_subscription wish;                                                                   \
        wanmi_subscription_init(&wish);                                                            \
        wish.field = value;                                                                        \
        assert_string_equal(wanted_by(&wish), expected);                                           \
    } while (0)

static void subscriptions_choose(void **state)
{
    (void)state;
    assert_string_equal(wanted_by(NULL), "1:P-110101001002001 1:C2 2:S2 2:BUREAU 2:C3 3:C1 4:BUREAU 5:C4");
    WANTS(classes, "", "1:P-110101001002001 1:C2 2:S2 2:BUREAU 2:C3 3:C1 4:BUREAU 5:C4");
    WANTS(classes, "01", "1:P-110101001002001 1:C2");
    WANTS(classes, "0102; 03", "3:C1 4:BUREAU");
    WANTS(classes, "0", "1:P-110101001002001 1:C2 2:S2 2:BUREAU 2:C3 3:C1 4:BUREAU");
    WANTS(units, "C2;;C3 ", "1:C2 2:C3");
    WANTS(units, "S1/", "1:P-110101001002001 1:C2 3:C1");
    WANTS(units, "S2/;BUREAU", "2:S2 2:BUREAU 2:C3 4:BUREAU 5:C4");
    WANTS(units, "BUREAU/", "1:P-110101001002001 1:C2 2:S2 2:BUREAU 2:C3 3:C1 4:BUREAU 5:C4");
    WANTS(roles, "督导员", "2:S2");
    WANTS(roles, "督导员;网格员", "1:P-110101001002001 2:S2");
    WANTS(sources, "12345", "3:C1");
    WANTS(sources, "1234", "");
    WANTS(cells, "110101001002001", "1:P-110101001002001 1:C2");
    WANTS(cells, "110101001*", "1:P-110101001002001 1:C2 3:C1");
    WANTS(cells, "*", "1:P-110101001002001 1:C2 2:S2 2:BUREAU 2:C3 3:C1 5:C4");
    WANTS(tags, "急", "2:S2");
    WANTS(priority_max, 2, "2:S2");
    WANTS(severity_min, 100, "3:C1 4:BUREAU 5:C4");
    WANTS(copies, 1, "1:P-110101001002001 1:C2 2:S2 2:C3 3:C1 4:BUREAU 5:C4");
    WANTS(copies, 2, "2:BUREAU");
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.classes = "02";
    wish.units = "BUREAU/";
    wish.roles = "督导员;网格长";
    wish.copies = 1;
    assert_string_equal(wanted_by(&wish), "2:S2 2:C3");
}

static void filters_that_name_unknown_things_are_refused(void **state)
{
    (void)state;
    const struct { size_t field; const char *value; } wrong[] = {
        {offsetof(wanmi_subscription, units), "C1;C9"}, {offsetof(wanmi_subscription, units), "C9/"},
        {offsetof(wanmi_subscription, units),
         "C0123456789012345678901234567890123456789012345678901234567890123456789"},
        {offsetof(wanmi_subscription, roles), "网格"}, {offsetof(wanmi_subscription, tags), "缓"},
        {offsetof(wanmi_subscription, cells), "1"}, {offsetof(wanmi_subscription, cells), "9*"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        scene s;
        open_flow(&s, 1024);
        set_city(&s, 1);
        wanmi_subscription wish;
        wanmi_subscription_init(&wish);
        memcpy((char *)&wish + wrong[i].field, &wrong[i].value, sizeof wrong[i].value);
        assert_int_equal(add_sink(&s, &wish, NULL), WANMI_OK);
        wanmi_error error;
        assert_int_equal(wanmi_flow_start(s.flow, &error), WANMI_E_FLOW_FILTER);
        assert_non_null(strstr(error.message, "sink0"));
        const char *named = strrchr(wrong[i].value, ';');
        assert_string_equal(error.value, named != NULL ? named + 1 : wrong[i].value);
        end(&s);
    }
}

static void filters_that_cannot_be_read_are_refused(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    wanmi_subscription wish;
    wanmi_error error;
    for (int i = 0; i < 6; i++) {
        wanmi_subscription_init(&wish);
        wish.classes = i == 0 ? " ; ;" : "";
        wish.priority_max = i == 1 ? 10 : i == 2 ? -1 : 9;
        wish.severity_min = i == 3 ? 256 : 0;
        wish.copies = i == 4 ? 3 : 0;
        wish.struct_size += i == 5;
        assert_int_equal(add_sink(&s, &wish, &error), i == 5 ? WANMI_E_ARGUMENT : WANMI_E_FLOW_FILTER);
        assert_true(error.message[0] != '\0');
    }
    wanmi_subscription_init(&wish);
    assert_int_equal(add_sink(&s, &wish, NULL), WANMI_OK);
    end(&s);
}

/* ---- states ------------------------------------------------------------------------------------ */

static void states_are_kept(void **state)
{
    (void)state;
    scene s;
    wanmi_error error;
    open_flow(&s, 1024);
    wanmi_intake *intake = NULL;
    assert_int_equal(wanmi_flow_start(s.flow, &error), WANMI_E_FLOW_MAP);
    assert_int_equal(wanmi_intake_open(s.flow, &intake, &error), WANMI_E_DISPATCH_STATE);
    assert_null(wanmi_flow_map(s.flow, 1));
    set_city(&s, 5);
    set_city(&s, 6);
    wanmi_host host = test_host(&s.memory);
    wanmi_map *old = test_city_map(&host, NULL);
    assert_int_equal(wanmi_flow_set_map(s.flow, old, &error), WANMI_E_FLOW_MAP);
    assert_int_equal(add_sink(&s, NULL, NULL), WANMI_OK);
    start(&s);
    assert_int_equal(wanmi_flow_start(s.flow, &error), WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_flow_set_map(s.flow, old, &error), WANMI_E_FLOW_MAP);
    wanmi_map_release(old);
    assert_int_equal(wanmi_map_generation(wanmi_flow_map(s.flow, 6)), 6);
    drain(&s);
    assert_int_equal(wanmi_intake_open(s.flow, &intake, &error), WANMI_E_DISPATCH_STATE);
    assert_null(intake);
    wanmi_flow_stop(s.flow);
    wanmi_flow_stop(s.flow);
    assert_int_equal(wanmi_flow_start(s.flow, &error), WANMI_E_DISPATCH_STATE);
    assert_int_equal(add_sink(&s, NULL, &error), WANMI_E_DISPATCH_STATE);
    test_city city;
    test_city_init(&city);
    city.generation = 7;
    wanmi_map *later = test_city_map(&host, &city);
    assert_int_equal(wanmi_flow_set_map(s.flow, later, &error), WANMI_E_DISPATCH_STATE);
    wanmi_map_release(later);
    end(&s);
}

static void a_doubled_sink_is_refused_and_leaves_no_wish(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    set_city(&s, 1);
    assert_int_equal(add_sink(&s, NULL, NULL), WANMI_OK);
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "sink0";
    def.lanes = 1;
    def.deliver = test_sink_deliver;
    wanmi_subscription wish;
    wanmi_subscription_init(&wish);
    wish.units = "nobody";
    assert_int_equal(wanmi_flow_add_sink(s.flow, &def, &wish, NULL, NULL), WANMI_E_DISPATCH_SINK);
    start(&s);
    end(&s);
}

static void after_intake_has_stopped_events_are_refused(void **state)
{
    (void)state;
    scene s;
    run(&s, NULL);
    wanmi_event events[3] = {event_at(&s, 0, 0, "01"), event_at(&s, 1, 0, "01"), event_at(&s, 2, 0, "01")};
    wanmi_receipt receipts[3];
    size_t done = 9;
    wanmi_error error;
    assert_int_equal(wanmi_flow_submit(s.intake, events, 3, receipts, &done, NULL), WANMI_OK);
    drain(&s);
    assert_int_equal(wanmi_flow_submit(s.intake, events, 3, receipts, &done, &error), WANMI_E_DISPATCH_CLOSED);
    assert_int_equal(error.status, WANMI_E_DISPATCH_CLOSED);
    assert_int_equal(done, 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(receipts[i].reason, WANMI_REASON_CLOSED);
        assert_int_equal(receipts[i].deliveries, 0);
    }
    wanmi_account a = account_of(&s);
    assert_int_equal(a.submitted, 6);
    assert_int_equal(a.routed, 3);
    assert_int_equal(a.refused, 3);
    end(&s);
}

static void a_drain_in_vain_says_what_is_left(void **state)
{
    (void)state;
    scene s;
    run(&s, NULL);
    test_sink_hang(&s.sinks[0], true);
    wanmi_event event = event_at(&s, 0, 0, NULL);
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, NULL, NULL, NULL), WANMI_OK);
    test_sink_await_inside(&s.sinks[0], 1);
    uint64_t left = 0;
    wanmi_error error;
    assert_int_equal(wanmi_flow_drain(s.flow, 1000, &left, &error), WANMI_E_DEADLINE);
    assert_int_equal(left, 1);
    assert_int_equal(account_of(&s).sum.in_callback, 1);
    test_sink_hang(&s.sinks[0], false);
    drain(&s);
    end(&s);
}

static void figures_of_closed_intakes_stay(void **state)
{
    (void)state;
    scene s;
    run(&s, NULL);
    wanmi_event event = event_at(&s, 0, 0, NULL);
    for (int i = 0; i < 10; i++) {
        wanmi_intake *intake = NULL;
        assert_int_equal(wanmi_intake_open(s.flow, &intake, NULL), WANMI_OK);
        assert_int_equal(wanmi_flow_submit(intake, &event, 1, NULL, NULL, NULL), WANMI_OK);
        assert_int_equal(account_of(&s).submitted, i + 1);
        wanmi_intake_close(intake);
        assert_int_equal(account_of(&s).submitted, i + 1);
    }
    wanmi_intake_close(NULL);
    end(&s);
}

static void small_chunks_give_the_same(void **state)
{
    (void)state;
    static const size_t batches[] = {1, 3, 1024};
    uint64_t accepted[3];
    for (int b = 0; b < 3; b++) {
        scene s;
        open_flow(&s, batches[b]);
        set_city(&s, 1);
        assert_int_equal(add_sink(&s, NULL, NULL), WANMI_OK);
        start(&s);
        wanmi_event events[200];
        wanmi_receipt receipts[200];
        for (int i = 0; i < 200; i++)
            events[i] = event_at(&s, i % 9, i % 7, i % 3 == 0 ? "02" : "01");
        size_t done;
        assert_int_equal(wanmi_flow_submit(s.intake, events, 200, receipts, &done, NULL), WANMI_OK);
        assert_int_equal(done, 200);
        drain(&s);
        accepted[b] = account_of(&s).sum.accepted;
        uint64_t sum = 0;
        for (int i = 0; i < 200; i++)
            sum += receipts[i].deliveries;
        assert_int_equal(sum, accepted[b]);
        assert_int_equal(s.sinks[0].count, accepted[b]);
        end(&s);
    }
    assert_int_equal(accepted[0], accepted[2]);
    assert_int_equal(accepted[1], accepted[2]);
}

static void a_units_order_is_kept(void **state)
{
    (void)state;
    scene s;
    run(&s, NULL);
    wanmi_event events[300];
    for (int i = 0; i < 300; i++) {
        events[i] = event_at(&s, i % 8, i % 6, NULL);
        events[i].id = (uint64_t)i;
    }
    assert_int_equal(wanmi_flow_submit(s.intake, events, 300, NULL, NULL, NULL), WANMI_OK);
    drain(&s);
    assert_int_equal(s.sinks[0].count, 300);
    for (size_t i = 0; i < 300; i++)
        for (size_t k = i + 1; k < 300; k++)
            if (s.sinks[0].seen[i].unit == s.sinks[0].seen[k].unit)
                assert_true(s.sinks[0].seen[i].event_id < s.sinks[0].seen[k].event_id);
    end(&s);
}

/* ---- counters and arguments ----------------------------------------------------------------------- */

static void counters_say_the_account(void **state)
{
    (void)state;
    scene s;
    run(&s, NULL);
    wanmi_event event = event_at(&s, 0, 0, NULL);
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, NULL, NULL, NULL), WANMI_OK);
    drain(&s);
    wanmi_counter counters[256];
    size_t count = 0, again = 0;
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 256, &count, NULL), WANMI_OK);
    assert_true(count > 10 && count <= 256);
    assert_string_equal(counters[0].name, "wanmi_events_submitted_total");
    assert_int_equal(counters[0].value, 1);
    assert_null(counters[0].sink);
    for (size_t i = 0; i < count; i++) {
        assert_true(counters[i].help[0] != '\0' && counters[i].unit[0] != '\0');
        for (size_t k = 0; k < i; k++)
            assert_true(strcmp(counters[i].name, counters[k].name) != 0 || counters[i].part != WANMI_PART_VALUE
                        || (counters[i].tag != NULL && strcmp(counters[i].tag, counters[k].tag) != 0));
        if (strcmp(counters[i].name, "wanmi_sink_delivered_total") == 0)
            assert_int_equal(counters[i].value, 1);
    }
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 3, &again, NULL), WANMI_PARTIAL);
    assert_int_equal(again, count);
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 15, &again, NULL), WANMI_PARTIAL);
    assert_int_equal(again, count);
    assert_int_equal(wanmi_flow_counters(s.flow, NULL, 0, &again, NULL), WANMI_PARTIAL);
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 64, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_counters(NULL, counters, 64, &again, NULL), WANMI_E_ARGUMENT);
    end(&s);
}

/* ---- modes, objects, tags ---------------------------------------------------------------------- */

/* Two cells' worth: rule 1 in an emergency, rule 2 else, with a tag each, and an
 * object in the second column. */
static void run_switched(scene *s, size_t batch_max)
{
    open_flow(s, batch_max);
    wanmi_host host = test_host(&s->memory);
    test_city city;
    test_city_init(&city);
    city.rules = false;
    wanmi_map_builder *b = test_builder(&host);
    test_city_fill(b, &city);
    wanmi_object_def object;
    wanmi_object_def_init(&object);
    object.code = "lamp";
    object.class_text = "0203";
    object.x = 500150;
    object.y = 4420050;
    object.upkeep = "S2";
    assert_int_equal(wanmi_map_builder_object(b, &object, NULL), WANMI_OK);
    for (int i = 1; i <= 3; i++) {
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        rule.seq = i;
        rule.mode = i == 1 ? "emergency" : "";
        rule.last = i == 1;
        rule.role = i == 3 ? "@upkeep" : "";
        rule.unit = i == 3 ? "" : i == 1 ? "BUREAU;S1" : "S2";
        rule.tag = i == 1 ? "alarm" : i == 2 ? "plain" : "";
        test_add_rule(b, &rule);
    }
    wanmi_map *map = test_build(b);
    assert_int_equal(wanmi_flow_set_map(s->flow, map, NULL), WANMI_OK);
    wanmi_map_release(map);
    assert_int_equal(add_sink(s, NULL, NULL), WANMI_OK);
    start(s);
}

static uint32_t deliveries_of(scene *s, wanmi_event event)
{
    wanmi_receipt receipt;
    assert_int_equal(wanmi_flow_submit(s->intake, &event, 1, &receipt, NULL, NULL), WANMI_OK);
    return receipt.deliveries;
}

static void a_mode_is_in_force_for_the_next_submit(void **state)
{
    (void)state;
    scene s;
    run_switched(&s, 2);
    wanmi_event event = event_at(&s, 0, 0, "01");
    wanmi_error e;
    assert_int_equal(deliveries_of(&s, event), 1);
    assert_int_equal(wanmi_flow_set_mode(s.flow, "emergency", NULL), WANMI_OK);
    assert_int_equal(deliveries_of(&s, event), 2);
    assert_int_equal(wanmi_flow_set_mode(s.flow, "normal", NULL), WANMI_OK);
    assert_int_equal(deliveries_of(&s, event), 1);
    assert_int_equal(wanmi_flow_set_mode(s.flow, "emergency", NULL), WANMI_OK);
    /* An intake that is opened now begins in it. */
    wanmi_intake_close(s.intake);
    assert_int_equal(wanmi_intake_open(s.flow, &s.intake, NULL), WANMI_OK);
    assert_int_equal(deliveries_of(&s, event), 2);
    assert_int_equal(wanmi_flow_set_mode(s.flow, "a;b", &e), WANMI_E_ARGUMENT);
    char long_one[WANMI_CODE_MAX + 2];
    memset(long_one, 'x', sizeof long_one - 1);
    long_one[sizeof long_one - 1] = '\0';
    assert_int_equal(wanmi_flow_set_mode(s.flow, long_one, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_set_mode(NULL, "a", &e), WANMI_E_ARGUMENT);
    assert_int_equal(deliveries_of(&s, event), 2);
    assert_int_equal(wanmi_flow_set_mode(s.flow, NULL, NULL), WANMI_OK);
    assert_int_equal(deliveries_of(&s, event), 1);
    wanmi_status status = WANMI_OK;
    int kept = 0;
    for (; status == WANMI_OK; kept++) {
        char mode[16];
        snprintf(mode, sizeof mode, "m%d", kept);
        status = wanmi_flow_set_mode(s.flow, mode, &e);
    }
    assert_int_equal(status, WANMI_E_LIMIT);
    assert_int_equal(kept, 1024 - 3 + 1);
    assert_int_equal(wanmi_flow_set_mode(s.flow, "emergency", NULL), WANMI_OK);
    assert_int_equal(deliveries_of(&s, event), 2);
    drain(&s);
    end(&s);
}

static void events_name_objects(void **state)
{
    (void)state;
    scene s;
    run_switched(&s, 2);
    wanmi_event events[5];
    for (int i = 0; i < 5; i++) {
        events[i] = event_at(&s, 0, 0, "01");
        if (i % 2 == 0)
            continue;
        events[i].datum = WANMI_DATUM_OBJECT;
        events[i].object_id = word(&s, i == 1 ? "lamp" : "bench");
        events[i].class_id = WANMI_NONE;
        events[i].x = NAN;
    }
    wanmi_receipt receipts[5];
    assert_int_equal(wanmi_flow_submit(s.intake, events, 5, receipts, NULL, NULL), WANMI_OK);
    wanmi_map *map = wanmi_flow_map(s.flow, 1);
    assert_string_equal(wanmi_map_area_code(map, receipts[1].cell), "110101001001010");
    assert_int_equal(receipts[1].deliveries, 2);        /* rule 2, and who keeps it up */
    assert_int_equal(receipts[3].where, WANMI_REJECTED);
    assert_int_equal(receipts[3].reason, WANMI_REASON_OBJECT);
    assert_int_equal(receipts[3].deliveries, 0);
    for (int i = 0; i < 5; i += 2)
        assert_int_equal(receipts[i].deliveries, 1);
    drain(&s);
    wanmi_account a = account_of(&s);
    assert_int_equal(a.rejected, 1);
    assert_int_equal(a.routed, 4);
    bool seen = false;
    for (size_t i = 0; i < s.sinks[0].count; i++)
        seen |= s.sinks[0].seen[i].step == WANMI_STEP_OWNER
             && strcmp(wanmi_words_text(wanmi_flow_words(s.flow), s.sinks[0].seen[i].class_id), "0203") == 0;
    assert_true(seen);
    end(&s);
}

static void deliveries_are_counted_by_tag(void **state)
{
    (void)state;
    scene s;
    run_switched(&s, 2);
    uint64_t by_tag[4] = {9, 9, 9, 9};
    size_t count = 0;
    for (int i = 0; i < 3; i++)
        deliveries_of(&s, event_at(&s, 0, 0, "01"));
    deliveries_of(&s, event_at(&s, 99, 0, "01"));       /* outside: in no rule's tag */
    assert_int_equal(wanmi_flow_set_mode(s.flow, "emergency", NULL), WANMI_OK);
    wanmi_intake_close(s.intake);                        /* what it counted stays */
    assert_int_equal(wanmi_intake_open(s.flow, &s.intake, NULL), WANMI_OK);
    deliveries_of(&s, event_at(&s, 0, 0, "01"));
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 4, &count, NULL), WANMI_OK);
    assert_int_equal(count, 3);
    assert_true(by_tag[0] == 2 && by_tag[1] == 3 && by_tag[2] == 1 && by_tag[3] == 9);
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 1, &count, NULL), WANMI_PARTIAL);
    assert_int_equal(count, 3);
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, NULL, 0, &count, NULL), WANMI_PARTIAL);
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, NULL, 1, &count, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 4, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_deliveries_by_tag(NULL, by_tag, 4, &count, NULL), WANMI_E_ARGUMENT);
    wanmi_counter counters[256];
    char text[32768];
    size_t needed;
    assert_int_equal(wanmi_flow_counters(s.flow, counters, 256, &count, NULL), WANMI_OK);
    assert_int_equal(wanmi_counters_prometheus(counters, count, text, sizeof text, &needed), WANMI_OK);
    assert_non_null(strstr(text, "\nwanmi_deliveries_by_tag_total{tag=\"alarm\"} 2\n"
                                 "wanmi_deliveries_by_tag_total{tag=\"plain\"} 3\n"
                                 "wanmi_deliveries_by_tag_total{tag=\"\"} 1\n"));
    drain(&s);
    assert_int_equal(account_of(&s).deliveries, 6);
    end(&s);
    /* Before there is a map there is only "none". */
    open_flow(&s, 2);
    assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag, 4, &count, NULL), WANMI_OK);
    assert_int_equal(count, 1);
    assert_true(by_tag[0] == 0);
    wanmi_flow_free(s.flow);
}

/* What many events came to, and by which tag, is the same however many are worked on at once. */
static void large_batches_are_counted_whole(void **state)
{
    (void)state;
    enum { COUNT = 1021 };
    static wanmi_event events[COUNT];
    wanmi_account accounts[2];
    uint64_t by_tag[2][3];
    for (int way = 0; way < 2; way++) {
        scene s;
        size_t count;
        run_switched(&s, way == 0 ? 1024 : 2);
        for (int i = 0; i < COUNT; i++) {
            events[i] = event_at(&s, i % 7 == 3 ? 99 : i % 2, 0, i % 3 == 0 ? NULL : "01");
            events[i].y += i % 11 == 5 ? (double)NAN : 0;
        }
        for (int k = 0; k < 2; k++) {
            assert_int_equal(wanmi_flow_set_mode(s.flow, k == 0 ? "normal" : "emergency", NULL), WANMI_OK);
            assert_int_equal(wanmi_flow_submit(s.intake, events, k == 0 ? COUNT : COUNT / 2, NULL, NULL, NULL), WANMI_OK);
        }
        drain(&s);
        assert_int_equal(wanmi_flow_deliveries_by_tag(s.flow, by_tag[way], 3, &count, NULL), WANMI_OK);
        accounts[way] = account_of(&s);
        assert_int_equal(by_tag[way][0] + by_tag[way][1] + by_tag[way][2], accounts[way].deliveries);
        end(&s);
    }
    assert_memory_equal(by_tag[0], by_tag[1], sizeof by_tag[0]);
    assert_true(by_tag[0][0] > 500 && by_tag[0][1] > 500 && by_tag[0][2] > 50);
    const wanmi_account *a = &accounts[0], *b = &accounts[1];
    assert_int_equal(a->submitted, COUNT + COUNT / 2);
    assert_true(a->submitted == b->submitted && a->routed == b->routed && a->unrouted == b->unrouted);
    assert_true(a->inside == b->inside && a->outside == b->outside && a->rejected == b->rejected);
    assert_true(a->inside > 900 && a->outside > 150 && a->rejected > 100 && a->deliveries == b->deliveries);
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    wanmi_error e;
    wanmi_flow *flow = NULL;
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    assert_int_equal(options.batch_max, 1024);
    assert_int_equal(wanmi_flow_create(NULL, NULL, NULL, &e), WANMI_E_ARGUMENT);
    for (int i = 0; i < 4; i++) {
        wanmi_flow_options_init(&options);
        options.struct_size = i == 0 ? sizeof options + 1 : sizeof options;
        options.batch_max = i == 1 ? 0 : i == 2 ? 65537 : 1024;
        options.engine = i == 3 ? (wanmi_engine)7 : WANMI_ENGINE_FAST;
        assert_int_equal(wanmi_flow_create(&options, NULL, &flow, &e), WANMI_E_ARGUMENT);
    }
    wanmi_flow_options_init(&options);
    options.dispatch.ring_capacity = 3;
    assert_int_equal(wanmi_flow_create(&options, NULL, &flow, &e), WANMI_E_QUEUE_CAPACITY);
    assert_null(flow);
    scene s;
    run(&s, NULL);
    size_t done;
    wanmi_account account;
    wanmi_account_init(&account);
    uint64_t left;
    assert_int_equal(wanmi_flow_submit(NULL, NULL, 0, NULL, &done, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_submit(s.intake, NULL, 1, NULL, &done, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_submit(s.intake, NULL, 0, NULL, &done, &e), WANMI_OK);
    assert_int_equal(done, 0);
    assert_int_equal(wanmi_flow_snapshot(NULL, &account, NULL, 0, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_snapshot(s.flow, NULL, NULL, 0, &e), WANMI_E_ARGUMENT);
    account.struct_size++;
    assert_int_equal(wanmi_flow_snapshot(s.flow, &account, NULL, 0, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_drain(NULL, 0, &left, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_drain(s.flow, -1, &left, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_drain(s.flow, 0, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_set_map(s.flow, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_set_index(s.flow, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_set_index(NULL, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_add_sink(s.flow, NULL, NULL, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_start(NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_intake_open(s.flow, NULL, &e), WANMI_E_ARGUMENT);
    assert_int_equal(account_of(&s).submitted, 0);
    wanmi_flow_free(NULL);
    wanmi_flow_stop(NULL);
    end(&s);
}

static void a_map_that_promises_nothing_is_refused(void **state)
{
    (void)state;
    scene s;
    open_flow(&s, 1024);
    test_city city;
    test_city_init(&city);
    city.people = city.rules = false;
    wanmi_host host = test_host(&s.memory);
    wanmi_map *map = test_city_map(&host, &city);
    wanmi_error error;
    assert_int_equal(wanmi_flow_set_map(s.flow, map, &error), WANMI_E_ROUTE_NOBODY);
    assert_null(wanmi_flow_map(s.flow, 1));
    wanmi_map_release(map);
    end(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_reach_their_sinks),
        cmocka_unit_test(one_instant_a_submit),
        cmocka_unit_test(every_event_gets_its_reason),
        cmocka_unit_test(a_flow_without_sinks_wants_nothing),
        cmocka_unit_test(subscriptions_choose),
        cmocka_unit_test(filters_that_name_unknown_things_are_refused),
        cmocka_unit_test(filters_that_cannot_be_read_are_refused),
        cmocka_unit_test(states_are_kept),
        cmocka_unit_test(a_doubled_sink_is_refused_and_leaves_no_wish),
        cmocka_unit_test(after_intake_has_stopped_events_are_refused),
        cmocka_unit_test(a_drain_in_vain_says_what_is_left),
        cmocka_unit_test(figures_of_closed_intakes_stay),
        cmocka_unit_test(small_chunks_give_the_same),
        cmocka_unit_test(a_units_order_is_kept),
        cmocka_unit_test(counters_say_the_account),
        cmocka_unit_test(a_mode_is_in_force_for_the_next_submit),
        cmocka_unit_test(events_name_objects),
        cmocka_unit_test(deliveries_are_counted_by_tag),
        cmocka_unit_test(large_batches_are_counted_whole),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(a_map_that_promises_nothing_is_refused),
    };
    const struct CMUnitTest again[] = {
        cmocka_unit_test(events_reach_their_sinks),
        cmocka_unit_test(subscriptions_choose),
        cmocka_unit_test(states_are_kept),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    by_index = true;
    return failed + cmocka_run_group_tests_name("by_index", again, NULL, NULL);
}
