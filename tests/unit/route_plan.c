/* route: plans that are refused, by row and by cell, and the bound of deliveries. */
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

/* ---- plans that are refused ------------------------------------------------------------------------ */

static wanmi_status plan_of(wanmi_map *map, wanmi_problem_fn on_problem, void *user,
                            wanmi_plan **plan, wanmi_error *error)
{
    wanmi_words *words = NULL;
    assert_int_equal(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
    wanmi_status status = wanmi_plan_create(map, words, on_problem, user, plan, error);
    wanmi_words_release(words);
    return status;
}

/* What the map's builder lets through where a whole table is not there. */
static void what_cannot_be_obeyed_is_refused_by_row(void **state)
{
    (void)state;
    static const struct { const char *weekdays, *deadline, *unit, *value, *words; } cases[] = {
        {"workday", "", "U1", "workday", "no calendar default"},
        {"restday@school", "", "U1", "restday@school", "no calendar school"},
        {"", "4h", "U1", "4h", "no deadlines of this name"},
    };
    for (int i = 0; i < 3; i++) {
        wanmi_map_builder *b = test_district(NULL, "BUREAU");
        wanmi_rule_def r = test_rule(31);
        r.weekdays = cases[i].weekdays;
        r.deadline = cases[i].deadline;
        r.unit = cases[i].unit;
        test_add_rule(b, &r);
        wanmi_map *map = test_build(b);
        wanmi_plan *plan = NULL;
        wanmi_error error;
        assert_int_equal(plan_of(map, NULL, NULL, &plan, &error), WANMI_E_ROUTE_RULE);
        assert_null(plan);
        assert_int_equal(error.row, 31);
        assert_non_null(strstr(error.message, cases[i].words));
        assert_non_null(strstr(error.message, "row 31"));
        assert_string_equal(error.value, cases[i].value);
        assert_int_equal(plan_of(map, NULL, NULL, &plan, NULL), WANMI_E_ROUTE_RULE);
        wanmi_map_release(map);
    }
}

static void note_row(void *user, const wanmi_error *problem)
{
    char *rows = user;
    snprintf(rows + strlen(rows), 32, "%lld ", (long long)problem->row);
}

static void every_problem_is_reported(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    for (int i = 1; i <= 4; i++) {
        wanmi_rule_def r = test_rule(i);
        r.unit = "U1";
        r.deadline = i != 3 ? "4h" : "";
        r.weekdays = i == 2 ? "workday" : "";
        test_add_rule(b, &r);
    }
    wanmi_map *map = test_build(b);
    wanmi_plan *plan = NULL;
    wanmi_error error;
    char rows[256] = "";
    assert_int_equal(plan_of(map, note_row, rows, &plan, &error), WANMI_E_ROUTE_RULE);
    assert_string_equal(rows, "1 2 2 4 ");
    assert_int_equal(error.row, 1);
    wanmi_map_release(map);
}

/* A cell K without a duty of its own; its community as the case has it. */
static wanmi_status promise_of(int which, wanmi_error *error)
{
    wanmi_map_builder *b = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.fallback_unit = which == 1 ? "U" : "";
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "community");
    test_add_layer(b, "community", WANMI_PARTITION, 1, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 2, "");
    test_add_unit(b, "U", "");
    test_add_version(b, "street", "S", "", WANMI_TIME_NONE, 950, test_wkb_box(0, 0, 300, 100));
    test_add_box(b, "cell", "J", "A", 0, 0, 100, 100);
    test_add_version(b, "cell", "K", "A", 100, 900, test_wkb_box(100, 0, 200, 100));
    test_add_box(b, "cell", "L", "A", 200, 0, 300, 100);
    test_wkb box = test_wkb_box(0, 0, 300, 100), again = test_wkb_box(0, 0, 300, 100);
    int64_t end = which == 3 ? 800 : WANMI_TIME_NONE;
    if (which == 4 || which == 5) {
        test_add_version(b, "community", "A", "", WANMI_TIME_NONE, 500, box);
        test_add_version(b, "community", "A", "", which == 4 ? 500 : 501, WANMI_TIME_NONE, again);
    } else {
        test_add_version(b, "community", "A", which == 10 ? "S" : "", WANMI_TIME_NONE, end, box);
        free(again.bytes);
    }
    test_add_duty(b, "cell", "J", "keeper", "U", 1);
    test_add_duty(b, "cell", "L", "keeper", "U", 1);
    if (which == 10)
        test_add_duty(b, "street", "S", "keeper", "U", 1);
    if (which >= 2 && which <= 5)
        test_add_duty(b, "community", "A", "keeper", "U", 1);
    wanmi_rule_def r = test_rule(5);
    r.unit = "U";
    if (which == 6 || which == 8)
        test_add_rule(b, &r);
    if (which == 7) {
        r.min_severity = 1;
        test_add_rule(b, &r);
    }
    r = test_rule(4);
    r.class_prefix = "01";
    r.role = "keeper";
    r.last = 1;
    if (which == 8)
        test_add_rule(b, &r);
    r = test_rule(6);
    r.unit = "U";
    r.copy = 1;
    if (which == 9)
        test_add_rule(b, &r);
    wanmi_map *map = test_build(b);
    wanmi_plan *plan = NULL;
    wanmi_status status = plan_of(map, NULL, NULL, &plan, error);
    wanmi_plan_release(plan);
    wanmi_map_release(map);
    return status;
}

static void every_event_inside_reaches_somebody(void **state)
{
    (void)state;
    static const struct { wanmi_status status; const char *what; } cases[] = {
        {WANMI_E_ROUTE_NOBODY, "nobody"},
        {WANMI_OK, "a fallback unit"},
        {WANMI_OK, "a duty of the parent"},
        {WANMI_E_ROUTE_NOBODY, "a parent that ends before the cell"},
        {WANMI_OK, "two versions of the parent, end to end"},
        {WANMI_E_ROUTE_NOBODY, "two versions with a gap of 1 us"},
        {WANMI_OK, "a rule for all"},
        {WANMI_E_ROUTE_NOBODY, "a rule for the severe"},
        {WANMI_E_ROUTE_NOBODY, "a rule for all behind one that ends"},
        {WANMI_E_ROUTE_NOBODY, "a copy for all"},
        {WANMI_OK, "a grandparent that ends after the cell and before the parent"},
    };
    for (int i = 0; i < 11; i++) {
        wanmi_error error;
        wanmi_error_clear(&error);
        wanmi_status status = promise_of(i, &error);
        if (status != cases[i].status)
            fail_msg("%s: %s", cases[i].what, wanmi_status_name(status));
        if (status == WANMI_OK)
            continue;
        assert_string_equal(error.layer, "cell");
        /* With gap or end of the parent, the two other cells are served themselves. */
        assert_string_equal(error.code, "K");
        assert_non_null(strstr(error.message, "1 of 3 cells"));
    }
}

static void more_deliveries_than_the_limit_are_refused(void **state)
{
    (void)state;
    for (int extra = 0; extra < 2; extra++) {
        wanmi_map_builder *b = test_district(NULL, "BUREAU");
        for (int i = 0; i < WANMI_DELIVERIES_MAX - 1 + extra; i++) {
            char code[16];
            snprintf(code, sizeof code, "N%d", i);
            test_add_unit(b, code, "");
            test_add_duty(b, "community", "A", "many", code, 1);
        }
        wanmi_rule_def r = test_rule(1);
        r.role = "many";
        r.holders = "all";
        test_add_rule(b, &r);
        wanmi_map *map = test_build(b);
        wanmi_plan *plan = NULL;
        wanmi_error error;
        wanmi_status status = plan_of(map, NULL, NULL, &plan, &error);
        assert_int_equal(status, extra ? WANMI_E_LIMIT : WANMI_OK);
        if (extra) {
            assert_non_null(strstr(error.message, "1025"));
            assert_int_equal(error.row, 1);
        } else {
            assert_int_equal(wanmi_plan_deliveries_max(plan), WANMI_DELIVERIES_MAX);
        }
        wanmi_plan_release(plan);
        wanmi_map_release(map);
    }
}

static uint32_t bound_of(void (*fill)(wanmi_map_builder *b))
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    fill(b);
    wanmi_map *map = test_build(b);
    wanmi_plan *plan = NULL;
    assert_int_equal(plan_of(map, NULL, NULL, &plan, NULL), WANMI_OK);
    uint32_t bound = wanmi_plan_deliveries_max(plan);
    assert_true(wanmi_plan_bytes(plan) > 0);
    assert_ptr_equal(wanmi_plan_map(plan), map);
    wanmi_plan_release(plan);
    wanmi_map_release(map);
    return bound;
}

static void fill_nothing(wanmi_map_builder *b)
{
    (void)b;
}

/* 2,000 rules, each for one of the four cells in turn and for one class. */
static void fill_exclusive(wanmi_map_builder *b)
{
    static const char *const cells[] = {"K1", "K2", "K3", "K4"};
    for (int i = 0; i < 2000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%04d", i / 4);
        wanmi_rule_def r = test_rule(i + 1);
        r.layer = "cell";
        r.area = cells[i % 4];
        r.class_prefix = text;
        r.unit = "U1";
        test_add_rule(b, &r);
    }
}

static void fill_overlay(wanmi_map_builder *b)
{
    for (int i = 0; i < 2000; i++) {
        char code[16];
        snprintf(code, sizeof code, "D%d", i);
        double x = 1000 + 10 * (i / 2), y = i % 2 * 100;
        test_add_box(b, "zone", code, "", x, y, x + 10, y + 100);
        test_add_duty(b, "zone", code, "warden", "V1", 1);
    }
    wanmi_rule_def r = test_rule(1);
    r.role = "warden";
    r.at_layer = "zone";
    test_add_rule(b, &r);
}

/* A new unit: what names another one each time makes a delivery more. */
static const char *own_unit(wanmi_map_builder *b, int number)
{
    static char code[16];
    snprintf(code, sizeof code, "N%d", number);
    test_add_unit(b, code, "");
    return code;
}

/* 10,000 rules, each for one source; three of one source for one cell each; two for any. */
static void fill_sources(wanmi_map_builder *b)
{
    static const char *const cells[] = {"K1", "K2", "K3"};
    for (int i = 0; i < 10005; i++) {
        char text[16], units[24];
        snprintf(text, sizeof text, "s%d", i);
        snprintf(units, sizeof units, "%s%s", own_unit(b, i), i % 2 == 0 ? "" : ";U1");
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = units;
        if (i < 10003)
            r.source = i < 10000 ? text : "s1";
        if (i >= 10000 && i < 10003) {
            r.layer = "cell";
            r.area = cells[i - 10000];
        }
        test_add_rule(b, &r);
    }
}

/* 900 rules in one mode, 900 in another, 90 in both, 9 in any. */
static void fill_modes(wanmi_map_builder *b)
{
    for (int i = 0; i < 1899; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = own_unit(b, i);
        r.mode = i < 900 ? "day" : i < 1800 ? "night" : i < 1890 ? "night;day" : "";
        test_add_rule(b, &r);
    }
}

/* Both at once: 600 rules for each pair of two modes and two sources. */
static void fill_pairs(wanmi_map_builder *b)
{
    for (int i = 0; i < 2400; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = own_unit(b, i);
        r.mode = i % 2 == 0 ? "day" : "night";
        r.source = i / 2 % 2 == 0 ? "hotline" : "patrol";
        test_add_rule(b, &r);
    }
}

/* Rules for other cells exclude each other, also where one of them asks for a source. */
static void fill_places_and_sources(wanmi_map_builder *b)
{
    for (int i = 0; i < 1800; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = own_unit(b, i);
        r.layer = "cell";
        r.area = i < 900 ? "K1" : "K2";
        r.source = i < 900 ? "" : "patrol";
        test_add_rule(b, &r);
    }
}

/* 5,000 rules for all, of two units, all holders of a role, the best of them and an owner. */
static void fill_receivers(wanmi_map_builder *b)
{
    for (int i = 0; i < 5000; i++) {
        wanmi_rule_def r = test_rule(i + 1);
        r.unit = i % 5 == 0 ? "U1" : i % 5 == 1 ? "U2;U1" : "";
        r.role = i % 5 < 2 ? "" : i % 5 == 4 ? "@upkeep" : "keeper";
        r.holders = i % 5 == 2 ? "all" : "best";
        test_add_rule(b, &r);
    }
}

static void the_bound_counts_what_can_come_together(void **state)
{
    (void)state;
    assert_int_equal(bound_of(fill_sources), 1 + 2 + 2 + 1 + 2);    /* fallback, s1, one of its cells, the two for any */
    assert_int_equal(bound_of(fill_modes), 1 + 900 + 90 + 9);
    assert_int_equal(bound_of(fill_pairs), 1 + 600);
    assert_int_equal(bound_of(fill_places_and_sources), 1 + 900);
    /* One delivery a unit and role: fallback, U1, U2, K1's three keepers, one owner. */
    assert_int_equal(bound_of(fill_receivers), 1 + 2 + 3 + 1);
    assert_int_equal(bound_of(fill_nothing), 1);
    assert_int_equal(bound_of(fill_exclusive), 2);
    /* 2,003 areas, of which four at most, that meet in a corner, lie over one point. */
    assert_int_equal(bound_of(fill_overlay), 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_obeyed_is_refused_by_row),
        cmocka_unit_test(every_problem_is_reported),
        cmocka_unit_test(every_event_inside_reaches_somebody),
        cmocka_unit_test(more_deliveries_than_the_limit_are_refused),
        cmocka_unit_test(the_bound_counts_what_can_come_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
