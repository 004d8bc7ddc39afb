/* route: what a rule means, sentence by sentence of route.h. */
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

static const char *text_at(test_way *way, double x, const char *class_text, const char *source)
{
    wanmi_event event = test_event(way, x, 50, class_text, source);
    return test_way_text(way, &event);
}

/* ---- conditions -------------------------------------------------------------------------- */

static void classes_match_by_prefix(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    const char *const classes[] = {"", "01", "0102", "01020", "02"};
    for (int i = 0; i < 5; i++) {
        wanmi_rule_def r = test_rule(10 * (i + 1));
        r.class_prefix = classes[i];
        const char *const units[] = {"U1", "U2", "U3", "UA", "UB"};
        r.unit = units[i];
        test_add_rule(b, &r);
    }
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 50, NULL, NULL), "U1 10 unit");
    assert_string_equal(text_at(&way, 50, "0", NULL), "U1 10 unit");
    assert_string_equal(text_at(&way, 50, "01", NULL), "U1 10 unit; U2 20 unit");
    assert_string_equal(text_at(&way, 50, "0101", NULL), "U1 10 unit; U2 20 unit");
    assert_string_equal(text_at(&way, 50, "01021", NULL), "U1 10 unit; U2 20 unit; U3 30 unit");
    assert_string_equal(text_at(&way, 50, "010203", NULL),
                        "U1 10 unit; U2 20 unit; U3 30 unit; UA 40 unit");
    assert_string_equal(text_at(&way, 50, "02", NULL), "U1 10 unit; UB 50 unit");
    assert_string_equal(text_at(&way, 50, "03", NULL), "U1 10 unit");
    test_way_close(&way);
}

static void a_class_may_come_after_the_router(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_rule_def r = test_rule(1);
    r.class_prefix = "77";
    r.unit = "U1";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 50, "1", NULL), "BUREAU fallback fallback");
    for (int i = 0; i < 3000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", 700000 + i);
        assert_string_equal(text_at(&way, 50, text, NULL), "BUREAU fallback fallback");
    }
    assert_string_equal(text_at(&way, 50, "7701", NULL), "U1 1 unit");
    test_way_close(&way);
}

/* One rule to U1 with this layer and area; where along the row of cells it holds,
 * as "1..4" for K1 and K4. */
static const char *holds(const char *layer, const char *area)
{
    static char text[8];
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_rule_def r = test_rule(1);
    r.layer = layer;
    r.area = area;
    r.unit = "U1";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    for (int i = 0; i < 4; i++)
        text[i] = strcmp(text_at(&way, i * 100 + 50, NULL, NULL), "U1 1 unit") == 0 ? (char)('1' + i) : '.';
    text[4] = '\0';
    test_way_close(&way);
    return text;
}

static void places_match(void **state)
{
    (void)state;
    assert_string_equal(holds("", ""), "1234");
    assert_string_equal(holds("cell", "K2"), ".2..");
    assert_string_equal(holds("cell", "K*"), "1234");
    assert_string_equal(holds("cell", "*"), "1234");
    assert_string_equal(holds("community", "A"), "12..");
    assert_string_equal(holds("street", ""), "1234");
    assert_string_equal(holds("precinct", "P2"), ".234");
    assert_string_equal(holds("zone", "Z1"), "12..");
    assert_string_equal(holds("zone", "Z2"), ".23.");
    assert_string_equal(holds("zone", "Z1*"), "12.4");
    assert_string_equal(holds("zone", "Z*"), "1234");
    assert_string_equal(holds("zone", ""), "1234");
}

static void sources_severities_and_times_match(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_rule_def r = test_rule(1);
    r.source = "12345";
    r.min_severity = 3;
    r.valid_from_us = 100;
    r.valid_to_us = 200;
    r.unit = "U1";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    const struct { const char *source; uint8_t severity; int64_t time; bool holds; } cases[] = {
        {"12345", 3, 100, true}, {"12345", 255, 199, true}, {"12345", 2, 100, false},
        {"12345", 3, 99, false}, {"12345", 3, 200, false}, {"1234", 3, 100, false},
        {"123456", 3, 100, false}, {NULL, 3, 100, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wanmi_event event = test_event(&way, 50, 50, "01", cases[i].source);
        event.severity = cases[i].severity;
        event.time_us = cases[i].time;
        assert_string_equal(test_way_text(&way, &event),
                            cases[i].holds ? "U1 1 unit" : "BUREAU fallback fallback");
    }
    test_way_close(&way);
}

static void after_last_no_rule_is_tried(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_rule_def r = test_rule(1);
    r.class_prefix = "01";
    r.unit = "U1";
    r.last = 1;
    test_add_rule(b, &r);
    r = test_rule(2);
    r.class_prefix = "02";
    r.role = "nobody's";            /* matches, delivers nothing, and still ends */
    r.last = 1;
    test_add_rule(b, &r);
    r = test_rule(3);
    r.unit = "U2";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 50, "01", NULL), "U1 1 unit");
    assert_string_equal(text_at(&way, 50, "02", NULL), "BUREAU fallback fallback");
    assert_string_equal(text_at(&way, 50, "03", NULL), "U2 3 unit");
    test_way_close(&way);
}

/* ---- receivers ----------------------------------------------------------------------------- */

static const char *keepers_at(double x, const char *role, const char *at_layer, const char *holders)
{
    static char text[256];
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    wanmi_rule_def r = test_rule(1);
    r.role = role;
    r.at_layer = at_layer;
    r.holders = holders;
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    strcpy(text, text_at(&way, x, NULL, NULL));
    test_way_close(&way);
    return text;
}

static void holders_are_found(void **state)
{
    (void)state;
    /* The lowest rank; of equal ranks the lowest code. */
    assert_string_equal(keepers_at(50, "keeper", "", ""), "U3/keeper 1 duty");
    assert_string_equal(keepers_at(50, "keeper", "", "best"), "U3/keeper 1 duty");
    assert_string_equal(keepers_at(50, "keeper", "", "all"),
                        "U3/keeper 1 duty; U1/keeper 1 duty; U2/keeper 1 duty");
    /* Else the nearest ancestor's. */
    assert_string_equal(keepers_at(150, "keeper", "", ""), "UA/keeper 1 ancestor");
    assert_string_equal(keepers_at(250, "keeper", "", "all"), "US/keeper 1 ancestor");
    /* At another layer. */
    assert_string_equal(keepers_at(50, "keeper", "community", ""), "UA/keeper 1 duty");
    assert_string_equal(keepers_at(350, "keeper", "community", ""), "US/keeper 1 ancestor");
    assert_string_equal(keepers_at(50, "keeper", "street", ""), "US/keeper 1 duty");
    assert_string_equal(keepers_at(150, "warden", "precinct", ""), "W/warden 1 duty");
    /* Every area of an overlay, in the order of codes; none where there is none. */
    assert_string_equal(keepers_at(50, "warden", "zone", ""), "V1/warden 1 duty");
    assert_string_equal(keepers_at(150, "warden", "zone", ""), "V1/warden 1 duty; V2/warden 1 duty");
    assert_string_equal(keepers_at(350, "warden", "zone", ""), "UB/guard fallback ancestor");
    assert_string_equal(keepers_at(50, "warden", "precinct", ""), "U3/keeper fallback duty");
}

static void an_overlay_condition_delivers_at_the_cell(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    wanmi_rule_def r = test_rule(1);
    r.layer = "zone";
    r.area = "Z2";
    r.role = "keeper";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 150, NULL, NULL), "UA/keeper 1 ancestor");
    test_way_close(&way);
}

static void one_unit_gets_one_delivery_in_one_role(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    wanmi_rule_def r = test_rule(1);
    r.unit = "U1";
    r.role = "keeper";
    r.holders = "all";
    r.copy = 1;
    r.priority = 7;
    test_add_rule(b, &r);
    r = test_rule(2);
    r.unit = "U2";
    test_add_rule(b, &r);
    r = test_rule(3);
    r.role = "keeper";
    r.priority = 1;
    r.tag = "hot";
    test_add_rule(b, &r);
    r = test_rule(4);
    r.role = "keeper";
    r.holders = "all";
    r.copy = 1;
    test_add_rule(b, &r);
    r = test_rule(5);
    r.role = "keeper";
    r.priority = 0;
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    /* Named and holding are two roles. The primary of rule 3 stands where the copy
     * stood; rule 4's copies and rule 5's primary come too late. */
    assert_string_equal(text_at(&way, 50, NULL, NULL),
                        "U1 1 unit copy; U3/keeper 3 duty; U1/keeper 1 duty copy; "
                        "U2/keeper 1 duty copy; U2 2 unit");
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_int_equal(test_way_route(&way, &event, 0, d, &reason), 5);
    assert_int_equal(d[1].priority, 1);
    assert_string_equal(wanmi_map_tag(way.map, d[1].tag), "hot");
    assert_int_equal(d[2].priority, 7);
    assert_int_equal(d[2].tag, 0xFFFF);
    test_way_close(&way);
}

static void a_delivery_says_all(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    wanmi_rule_def r = test_rule(1);
    r.role = "keeper";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 150, 50, "01", "12345");
    event.severity = 77;
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_int_equal(test_way_route(&way, &event, 4321, d, &reason), 1);
    assert_int_equal(reason, WANMI_REASON_NONE);
    assert_int_equal(d[0].event_id, 7);
    assert_int_equal(d[0].user, 8);
    assert_int_equal(d[0].time_us, 4321);
    assert_true(d[0].due_us == WANMI_TIME_NONE);
    assert_int_equal(d[0].generation, 9);
    assert_string_equal(wanmi_map_area_code(way.map, d[0].cell), "K2");
    assert_int_equal(d[0].class_id, event.class_id);
    assert_int_equal(d[0].source_id, event.source_id);
    assert_int_equal(d[0].severity, 77);
    assert_int_equal(d[0].priority, 5);
    event.time_us = 99;
    assert_int_equal(test_way_route(&way, &event, 4321, d, &reason), 1);
    assert_int_equal(d[0].time_us, 99);
    test_way_close(&way);
}

/* ---- fallback, outside, rejected -------------------------------------------------------------- */

static void what_no_rule_reaches_falls_back(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_add_duty(b, "cell", "K1", "b", "U2", 2);
    test_add_duty(b, "cell", "K1", "a", "U3", 2);
    test_add_duty(b, "cell", "K1", "c", "U1", 3);
    test_add_duty(b, "community", "A", "a", "UA", 9);
    wanmi_rule_def r = test_rule(1);
    r.unit = "UA";
    r.copy = 1;
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 50, NULL, NULL), "UA 1 unit copy; U2/b fallback duty");
    assert_string_equal(text_at(&way, 150, NULL, NULL), "UA 1 unit copy; UA/a fallback ancestor");
    assert_string_equal(text_at(&way, 250, NULL, NULL), "UA 1 unit copy; BUREAU fallback fallback");
    test_way_close(&way);
}

/* No rule stops an event without naming who has it then: the fallback unit, or a role. */
static void what_is_to_stop_at_the_fallback_names_it(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    wanmi_rule_def r = test_rule(1);
    r.class_prefix = "99";
    r.unit = "BUREAU";
    r.last = 1;
    test_add_rule(b, &r);
    r = test_rule(2);
    r.role = "keeper";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 150, "991", NULL), "BUREAU 1 unit");
    assert_string_equal(text_at(&way, 150, "98", NULL), "UA/keeper 2 ancestor");
    test_way_close(&way);
}

static void a_fallback_takes_the_place_of_a_copy(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    wanmi_rule_def r = test_rule(1);
    r.unit = "BUREAU";
    r.copy = 1;
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 50, NULL, NULL), "BUREAU fallback fallback");
    test_way_close(&way);
}

static void outside_goes_to_the_fallback_unit_or_nobody(void **state)
{
    (void)state;
    for (int with = 0; with < 2; with++) {
        wanmi_map_builder *b = test_district(NULL, with ? "BUREAU" : "");
        wanmi_rule_def r = test_rule(1);
        r.unit = "U1";
        test_add_rule(b, &r);
        test_way way;
        test_way_open(&way, test_build(b));
        assert_string_equal(text_at(&way, 900, "01", NULL),
                            with ? "BUREAU outside fallback" : "(outside)");
        wanmi_event event = test_event(&way, 900, 50, NULL, NULL);
        wanmi_delivery d[WANMI_DELIVERIES_MAX];
        uint8_t reason;
        if (with) {
            assert_int_equal(test_way_route(&way, &event, 0, d, &reason), 1);
            assert_int_equal(d[0].cell, WANMI_NONE);
        }
        test_way_close(&way);
    }
}

static void what_cannot_be_answered_is_told(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 0.0 / 0.0, 50, NULL, NULL);
    assert_string_equal(test_way_text(&way, &event), "(not finite)");
    event.x = 50;
    event.class_id = 5;
    assert_string_equal(test_way_text(&way, &event), "(class)");
    event.class_id = WANMI_NONE;
    event.source_id = 5;
    assert_string_equal(test_way_text(&way, &event), "(source)");
    event.x = 900;                      /* also where it lies outside */
    assert_string_equal(test_way_text(&way, &event), "(source)");
    test_way_close(&way);
}

static void a_snapped_event_counts_as_in_its_cell(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    /* The street reaches 5 m past its cells, and so does the next one. */
    test_add_box(b, "street", "T", "", 404, 0, 500, 100);
    test_add_unit(b, "UT", "");
    test_add_duty(b, "street", "T", "keeper", "UT", 1);
    wanmi_rule_def r = test_rule(1);
    r.layer = "street";
    r.area = "S";
    r.role = "keeper";
    r.at_layer = "street";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    assert_string_equal(text_at(&way, 402, NULL, NULL), "US/keeper 1 duty");
    assert_string_equal(text_at(&way, 405, NULL, NULL), "US/keeper 1 duty");
    assert_string_equal(text_at(&way, 420, NULL, NULL), "BUREAU outside fallback");
    test_way_close(&way);
}

/* ---- versions ----------------------------------------------------------------------------------- */

static void ancestors_are_those_of_the_instant(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_builder(NULL);
    test_add_meta(b, NULL);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(b, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 2, "");
    test_add_box(b, "cell", "K", "A", 0, 0, 100, 100);
    /* The community moved from street S to street T at 1000. */
    test_add_version(b, "community", "A", "S", WANMI_TIME_NONE, 1000, test_wkb_box(0, 0, 100, 100));
    test_add_version(b, "community", "A", "T", 1000, WANMI_TIME_NONE, test_wkb_box(0, 0, 100, 100));
    test_add_box(b, "street", "S", "", 0, 0, 100, 100);
    test_add_version(b, "street", "T", "", 500, WANMI_TIME_NONE, test_wkb_box(0, 0, 100, 100));
    test_add_unit(b, "US", "");
    test_add_unit(b, "UT", "");
    test_add_duty(b, "street", "S", "keeper", "US", 1);
    test_add_duty(b, "street", "T", "keeper", "UT", 1);
    wanmi_rule_def r = test_rule(1);
    r.role = "keeper";
    test_add_rule(b, &r);
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    event.time_us = 999;
    assert_string_equal(test_way_text(&way, &event), "US/keeper 1 ancestor");
    event.time_us = 1000;
    assert_string_equal(test_way_text(&way, &event), "UT/keeper 1 ancestor");
    test_way_close(&way);
}

/* ---- the call ------------------------------------------------------------------------------------ */

typedef struct batch {
    wanmi_event events[8];
    uint32_t cell[8], tuple[8];
    uint8_t where[8], reason[8], unrouted[8];
    size_t first[9], done;
    wanmi_hits hits;
    wanmi_delivery deliveries[64];
} batch;

static void locate_batch(test_way *way, batch *b)
{
    test_hit hits[8];
    test_way_locate(way, b->events, 8, 0, hits);
    for (int i = 0; i < 8; i++) {
        b->cell[i] = hits[i].cell;
        b->tuple[i] = hits[i].tuple;
        b->where[i] = hits[i].where;
        b->reason[i] = hits[i].reason;
    }
    wanmi_hits_init(&b->hits);
    b->hits.cell = b->cell;
    b->hits.tuple = b->tuple;
    b->hits.where = b->where;
    b->hits.reason = b->reason;
}

static void open_batch(test_way *way, batch *b, const char *fallback)
{
    wanmi_map_builder *builder = test_district(NULL, fallback);
    test_district_duties(builder);
    wanmi_rule_def r = test_rule(1);
    r.role = "keeper";
    r.holders = "all";
    test_add_rule(builder, &r);
    test_way_open(way, test_build(builder));
    memset(b, 0, sizeof *b);
    for (int i = 0; i < 8; i++) {
        b->events[i] = test_event(way, i == 3 ? 900 : 50, 50, "01", NULL);
        b->events[i].id = (uint64_t)i;
    }
    locate_batch(way, b);
}

static void a_batch_stops_before_what_might_not_fit(void **state)
{
    (void)state;
    test_way way;
    batch b;
    open_batch(&way, &b, "");
    assert_int_equal(wanmi_plan_deliveries_max(way.plan), 4);
    memset(b.unrouted, 99, sizeof b.unrouted);
    assert_int_equal(wanmi_route(way.router, way.locator, b.events, 8, &b.hits, 0, b.deliveries, 9,
                                 b.first, b.unrouted, &b.done, NULL), WANMI_PARTIAL);
    assert_int_equal(b.done, 2);
    assert_int_equal(b.first[2], 6);
    assert_int_equal(b.unrouted[2], 99);
    /* Too little room for even one: nothing is done. */
    assert_int_equal(wanmi_route(way.router, way.locator, b.events, 8, &b.hits, 0, b.deliveries, 3,
                                 b.first, b.unrouted, &b.done, NULL), WANMI_PARTIAL);
    assert_int_equal(b.done, 0);
    assert_int_equal(wanmi_route(way.router, way.locator, b.events, 8, &b.hits, 0, b.deliveries, 64,
                                 b.first, b.unrouted, &b.done, NULL), WANMI_OK);
    assert_int_equal(b.done, 8);
    assert_int_equal(b.first[8], 21);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(b.first[i + 1] - b.first[i], i == 3 ? 0 : 3);
        assert_int_equal(b.unrouted[i], i == 3 ? WANMI_REASON_OUTSIDE : WANMI_REASON_NONE);
        for (size_t k = b.first[i]; k < b.first[i + 1]; k++)
            assert_int_equal(b.deliveries[k].event_id, i);
    }
    assert_int_equal(wanmi_route(way.router, way.locator, NULL, 0, &b.hits, 0, NULL, 0, b.first,
                                 NULL, &b.done, NULL), WANMI_OK);
    assert_int_equal(b.done, 0);
    assert_int_equal(b.first[0], 0);
    test_way_close(&way);
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    test_way way;
    batch b;
    open_batch(&way, &b, "BUREAU");
    wanmi_error e;
#define ROUTE(router, locator, events, hits, deliveries, first, unrouted, done) \
    wanmi_route(router, locator, events, 8, hits, 0, deliveries, 64, first, unrouted, done, &e)
    assert_int_equal(ROUTE(NULL, way.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, NULL, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, NULL, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, b.events, NULL, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, NULL, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, NULL, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, b.first, NULL, &b.done), WANMI_E_ARGUMENT);
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, NULL), WANMI_E_ARGUMENT);
    uint32_t **columns[] = {&b.hits.cell, &b.hits.tuple};
    for (int i = 0; i < 2; i++) {
        uint32_t *kept = *columns[i];
        *columns[i] = NULL;
        assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
        *columns[i] = kept;
    }
    b.hits.struct_size = sizeof b.hits + 1;
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    b.hits.struct_size = sizeof b.hits;
    b.cell[5] = WANMI_NONE;             /* inside, and in no cell */
    assert_int_equal(ROUTE(way.router, way.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    test_way other;
    batch unused;
    open_batch(&other, &unused, "BUREAU");
    assert_int_equal(ROUTE(way.router, other.locator, b.events, &b.hits, b.deliveries, b.first, b.unrouted, &b.done), WANMI_E_ARGUMENT);
    assert_non_null(strstr(e.message, "another map"));
#undef ROUTE
    wanmi_plan *plan = NULL;
    wanmi_router *router = NULL;
    assert_int_equal(wanmi_plan_create(NULL, way.words, NULL, NULL, &plan, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_plan_create(way.map, NULL, NULL, NULL, &plan, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_create(NULL, &router, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_set_engine(NULL, WANMI_ENGINE_FAST, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_set_engine(way.router, (wanmi_engine)2, &e), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_set_engine(way.router, WANMI_ENGINE_EXACT, &e), WANMI_OK);
    wanmi_plan_release(NULL);
    wanmi_router_free(NULL);
    assert_ptr_equal(wanmi_plan_retain(way.plan), way.plan);
    wanmi_plan_release(way.plan);
    test_way_close(&other);
    test_way_close(&way);
}

static int64_t noon(void *user)
{
    (void)user;
    return 43200000000;
}

static void without_an_instant_the_clock_is_read(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    host.clock.now_us = noon;
    wanmi_map_builder *b = test_district(&host, "BUREAU");
    test_way way;
    test_way_open(&way, test_build(b));
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    assert_int_equal(test_way_route(&way, &event, WANMI_TIME_NONE, d, &reason), 1);
    assert_int_equal(d[0].time_us, 43200000000);
    test_way_close(&way);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

static void the_invented_city_routes(void **state)
{
    (void)state;
    test_way way;
    test_way_open(&way, test_city_map(NULL, NULL));
    /* The north-west cell is the first of its community. */
    wanmi_event event = test_event(&way, 500050, 4420550, "0101", NULL);
    assert_string_equal(test_way_text(&way, &event),
                        "P-110101001002001/网格员 10 duty; C2/网格长 40 duty");
    event = test_event(&way, 500050, 4420550, "02", NULL);
    assert_string_equal(test_way_text(&way, &event),
                        "S1/督导员 20 duty; BUREAU 30 unit copy; C2/网格长 40 duty");
    test_way_close(&way);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_match_by_prefix),
        cmocka_unit_test(a_class_may_come_after_the_router),
        cmocka_unit_test(places_match),
        cmocka_unit_test(sources_severities_and_times_match),
        cmocka_unit_test(after_last_no_rule_is_tried),
        cmocka_unit_test(holders_are_found),
        cmocka_unit_test(an_overlay_condition_delivers_at_the_cell),
        cmocka_unit_test(one_unit_gets_one_delivery_in_one_role),
        cmocka_unit_test(a_delivery_says_all),
        cmocka_unit_test(what_no_rule_reaches_falls_back),
        cmocka_unit_test(a_fallback_takes_the_place_of_a_copy),
        cmocka_unit_test(what_is_to_stop_at_the_fallback_names_it),
        cmocka_unit_test(outside_goes_to_the_fallback_unit_or_nobody),
        cmocka_unit_test(what_cannot_be_answered_is_told),
        cmocka_unit_test(a_snapped_event_counts_as_in_its_cell),
        cmocka_unit_test(ancestors_are_those_of_the_instant),
        cmocka_unit_test(a_batch_stops_before_what_might_not_fit),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(without_an_instant_the_clock_is_read),
        cmocka_unit_test(the_invented_city_routes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
