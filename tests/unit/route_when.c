/* route: what a rule asks beside class and place (modes, days, hours, objects and
 * their owners), several units, and what a plan warns of.
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

/* A district in Berlin with one rule to U1, and a calendar: Monday to Friday,
 * closed over Christmas but for Saturday the 27th. */
static void open_rule(test_way *way, wanmi_rule_def *rule)
{
    wanmi_map_builder *b = test_district_in(NULL, "BUREAU", "Europe/Berlin");
    test_add_day(b, "default", "1-5", "09:00-17:00");
    test_add_day(b, "default", "2025-12-24/2025-12-31", "");
    test_add_day(b, "default", "2025-12-27", "09:00-12:00");
    test_add_day(b, "weekend", "sat-sun", "10:00-12:00");
    test_add_unit(b, "U1B", "");
    wanmi_unit_def unit;
    wanmi_unit_def_init(&unit);
    unit.code = "T1";
    unit.kind = "team";
    assert_int_equal(wanmi_map_builder_unit(b, &unit, NULL), WANMI_OK);
    test_add_object(b, "lamp", "0203", 250, "U1", "U2", "T1");
    test_add_object(b, "well", "", 150, "U1B", "", "");
    rule->unit = rule->unit[0] != '\0' || rule->role[0] != '\0' ? rule->unit : "U1";
    test_add_rule(b, rule);
    test_way_open(way, test_build(b));
}

static bool is_in_force(test_way *way, const char *time)
{
    wanmi_event event = test_event(way, 50, 50, NULL, NULL);
    event.time_us = test_instant(way->map, time);
    return strcmp(test_way_text(way, &event), "U1 1 unit") == 0;
}

/* Whether a rule with these days and hours holds at each of the times: "+-+". */
static const char *holds(const char *weekdays, const char *hours, const char *const *times)
{
    static char text[32];
    test_way way;
    wanmi_rule_def rule = test_rule(1);
    rule.weekdays = weekdays;
    rule.hours = hours;
    open_rule(&way, &rule);
    size_t n = 0;
    for (; times[n] != NULL; n++)
        text[n] = is_in_force(&way, times[n]) ? '+' : '-';
    text[n] = '\0';
    test_way_close(&way);
    return text;
}

/* ---- days and hours ---------------------------------------------------------------------- */

static void weekdays_are_of_the_local_date(void **state)
{
    (void)state;
    /* Sunday, Monday, Friday, Saturday; Sunday 23:30 UTC is Monday in Berlin. */
    const char *const times[] = {"2025-11-16T12:00", "2025-11-17T00:00", "2025-11-21T23:59:59.999999",
                                 "2025-11-22T00:00", "2025-11-16T23:30Z", NULL};
    assert_string_equal(holds("1-5", "", times), "-++-+");
    assert_string_equal(holds("sat-mon", "", times), "++-++");
    assert_string_equal(holds("7", "", times), "+----");
    assert_string_equal(holds("mon;fri", "", times), "-++-+");
    assert_string_equal(holds("", "", times), "+++++");
}

static void hours_begin_included_and_end_excluded(void **state)
{
    (void)state;
    const char *const times[] = {"2025-11-17T07:59:59.999999", "2025-11-17T08:00", "2025-11-17T11:59:59.999999",
                                 "2025-11-17T12:00", "2025-11-17T23:59:59", "2025-11-18T00:00", NULL};
    assert_string_equal(holds("", "08:00-12:00", times), "-++---");
    assert_string_equal(holds("", "8:00-12:00,23:00-24:00", times), "-++-+-");
    assert_string_equal(holds("", "00:00-24:00", times), "++++++");
    /* 08:00 in Berlin is 07:00 UTC in winter, 06:00 in summer. */
    const char *const utc[] = {"2025-11-17T07:00Z", "2025-11-17T06:00Z", "2025-07-17T06:00Z",
                               "2025-07-17T10:00Z", NULL};
    assert_string_equal(holds("", "08:00-12:00", utc), "+-+-");
}

static void hours_over_midnight_belong_to_the_day_they_begin_on(void **state)
{
    (void)state;
    const char *const times[] = {"2025-11-21T21:59", "2025-11-21T22:00", "2025-11-22T05:59", "2025-11-22T06:00",
                                 "2025-11-22T22:00", "2025-11-23T05:59", "2025-11-17T05:00", NULL};
    assert_string_equal(holds("", "22:00-06:00", times), "-++-+++");
    assert_string_equal(holds("fri", "22:00-06:00", times), "-++----");
    assert_string_equal(holds("sat", "22:00-06:00", times), "----++-");
    assert_string_equal(holds("workday", "22:00-06:00", times), "-++----");
    assert_string_equal(holds("restday", "22:00-06:00", times), "----+++");
}

static void hours_on_days_of_clock_changes(void **state)
{
    (void)state;
    /* 02:30 is left out in spring and comes twice in autumn. */
    const char *const times[] = {"2025-03-30T00:59:59Z", "2025-03-30T01:00Z", "2025-10-26T00:30Z",
                                 "2025-10-26T01:30Z", "2025-10-26T02:00Z", NULL};
    assert_string_equal(holds("sun", "02:00-03:00", times), "--++-");
    assert_string_equal(holds("sun", "01:00-02:00", times), "+----");
    assert_string_equal(holds("sun", "03:00-04:00", times), "-+--+");
}

static void workdays_are_the_calendars(void **state)
{
    (void)state;
    /* Friday, Saturday, a holiday, the make-up Saturday, 1990 and 2150 (Mondays). */
    const char *const times[] = {"2025-11-21T03:00", "2025-11-22T03:00", "2025-12-25T10:00",
                                 "2025-12-27T20:00", "1990-01-01T10:00", "2150-01-05T10:00", NULL};
    assert_string_equal(holds("workday", "", times), "+--+++");
    assert_string_equal(holds("restday", "", times), "-++---");
    assert_string_equal(holds("workday@weekend", "", times), "-+-+--");
    assert_string_equal(holds("restday@weekend", "18:00-24:00", times), "------");
}

/* ---- modes ------------------------------------------------------------------------------------ */

static void a_mode_puts_rules_in_force(void **state)
{
    (void)state;
    static const struct { const char *mode, *holds_in; } cases[] = {
        {"", "nek"}, {"normal", "n"}, {"emergency", "e"}, {"emergency;normal", "ne"}, {" k ", "k"},
    };
    static const struct { const char *mode; char letter; } modes[] = {
        {NULL, 'n'}, {"", 'n'}, {"normal", 'n'}, {"emergency", 'e'}, {"k", 'k'}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        test_way way;
        wanmi_rule_def rule = test_rule(1);
        rule.mode = cases[i].mode;
        open_rule(&way, &rule);
        /* A router begins in the mode normal. */
        assert_int_equal(is_in_force(&way, "2025-11-17"), strchr(cases[i].holds_in, 'n') != NULL);
        for (size_t k = 0; k < sizeof modes / sizeof modes[0]; k++) {
            assert_int_equal(wanmi_router_set_mode(way.router, modes[k].mode, NULL), WANMI_OK);
            assert_int_equal(is_in_force(&way, "2025-11-17"),
                             strchr(cases[i].holds_in, modes[k].letter) != NULL);
        }
        wanmi_error error;
        assert_int_equal(wanmi_router_set_mode(way.router, "a;b", &error), WANMI_E_ARGUMENT);
        assert_int_equal(wanmi_router_set_mode(NULL, "a", &error), WANMI_E_ARGUMENT);
        test_way_close(&way);
    }
}

static void modes_have_a_limit(void **state)
{
    (void)state;
    for (int modes = 63; modes <= 64; modes++) {
        wanmi_map_builder *b = test_district(NULL, "BUREAU");
        for (int i = 0; i < modes; i++) {
            char mode[16];
            snprintf(mode, sizeof mode, "m%d", i);
            wanmi_rule_def rule = test_rule(i + 1);
            rule.unit = "U1";
            rule.mode = mode;
            test_add_rule(b, &rule);
        }
        wanmi_map *map = test_build(b);
        if (modes == 63) {
            test_way way;
            test_way_open(&way, map);
            wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
            test_way_mode(&way, "m62");
            assert_string_equal(test_way_text(&way, &event), "U1 63 unit");
            test_way_mode(&way, "m63");
            assert_string_equal(test_way_text(&way, &event), "BUREAU fallback fallback");
            test_way_close(&way);
            continue;
        }
        wanmi_words *words = NULL;
        wanmi_plan *plan = NULL;
        wanmi_error error;
        assert_int_equal(wanmi_words_create(NULL, &words, NULL), WANMI_OK);
        assert_int_equal(wanmi_plan_create(map, words, NULL, NULL, &plan, &error), WANMI_E_LIMIT);
        assert_int_equal(error.row, 64);
        wanmi_words_release(words);
        wanmi_map_release(map);
    }
}

/* ---- units and objects --------------------------------------------------------------------------- */

static void a_rule_may_name_several_units(void **state)
{
    (void)state;
    test_way way;
    wanmi_rule_def rule = test_rule(1);
    rule.unit = "UB; U1 ;BUREAU";
    open_rule(&way, &rule);
    wanmi_event event = test_event(&way, 50, 50, NULL, NULL);
    assert_string_equal(test_way_text(&way, &event), "UB 1 unit; U1 1 unit; BUREAU 1 unit");
    assert_int_equal(wanmi_plan_deliveries_max(way.plan), 4);
    test_way_close(&way);
}

/* What an event at the lamp gets by a rule that asks for this owner. */
static const char *owned(const char *object, const char *owner, const char *role)
{
    static char text[128];
    test_way way;
    wanmi_rule_def rule = test_rule(1);
    rule.owner = owner;
    rule.role = role;
    open_rule(&way, &rule);
    wanmi_event event = object != NULL ? test_object_event(&way, object, NULL)
                                       : test_event(&way, 250, 50, NULL, NULL);
    snprintf(text, sizeof text, "%s", test_way_text(&way, &event));
    test_way_close(&way);
    return text;
}

static void owners_match(void **state)
{
    (void)state;
    static const char *const fit[] = {"U1", "U2", "T1", "authority=U1", "主管=U1", "upkeep=T1", "养护=T*",
                                      "U*", "*", "property=*", "@team", "upkeep=@team"};
    static const char *const unfit[] = {"U3", "property=U1", "authority=U2", "upkeep=U*", "BUREAU",
                                        "authority=@team", "U1B"};
    for (size_t i = 0; i < sizeof fit / sizeof fit[0]; i++) {
        assert_string_equal(owned("lamp", fit[i], ""), "U1 1 unit");
        /* Without an object nobody owns anything. */
        assert_string_equal(owned(NULL, fit[i], ""), "BUREAU fallback fallback");
    }
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++)
        assert_string_equal(owned("lamp", unfit[i], ""), "BUREAU fallback fallback");
    /* A whole code, not its beginning; an owner that is not there is no owner. */
    assert_string_equal(owned("well", "U1", ""), "BUREAU fallback fallback");
    assert_string_equal(owned("well", "U1*", ""), "U1 1 unit");
    assert_string_equal(owned("well", "property=*", ""), "BUREAU fallback fallback");
    assert_string_equal(owned("well", "", ""), "U1 1 unit");
}

static void owners_receive(void **state)
{
    (void)state;
    assert_string_equal(owned("lamp", "", "@authority"), "U1/@authority 1 owner");
    assert_string_equal(owned("lamp", "", "@property"), "U2/@property 1 owner");
    assert_string_equal(owned("lamp", "", "@养护"), "T1/@养护 1 owner");
    assert_string_equal(owned("well", "", "@upkeep"), "BUREAU fallback fallback");
    assert_string_equal(owned(NULL, "", "@upkeep"), "BUREAU fallback fallback");
}

static void an_event_is_where_its_object_is(void **state)
{
    (void)state;
    test_way way;
    wanmi_rule_def rule = test_rule(1);
    rule.class_prefix = "02";
    rule.layer = "cell";
    rule.area = "K3";
    open_rule(&way, &rule);
    wanmi_event event = test_object_event(&way, "lamp", NULL);
    wanmi_delivery d[WANMI_DELIVERIES_MAX];
    uint8_t reason;
    /* It has the object's class, unless it has one of its own. */
    assert_int_equal(test_way_route(&way, &event, 0, d, &reason), 1);
    assert_string_equal(wanmi_map_area_code(way.map, d[0].cell), "K3");
    assert_string_equal(wanmi_words_text(way.words, d[0].class_id), "0203");
    assert_int_equal(d[0].step, WANMI_STEP_UNIT);
    event = test_object_event(&way, "lamp", "03");
    assert_string_equal(test_way_text(&way, &event), "BUREAU fallback fallback");
    event = test_object_event(&way, "well", "02");
    assert_string_equal(test_way_text(&way, &event), "BUREAU fallback fallback");
    event = test_object_event(&way, "bench", NULL);
    assert_string_equal(test_way_text(&way, &event), "(object)");
    event.object_id = 4000;             /* no word */
    assert_string_equal(test_way_text(&way, &event), "(object)");
    event.datum = WANMI_DATUM_MAP;      /* then the object is not read */
    event.x = event.y = 50;
    assert_string_equal(test_way_text(&way, &event), "BUREAU fallback fallback");
    test_way_close(&way);
}

static void places_of_objects(void **state)
{
    (void)state;
    test_way way;
    wanmi_rule_def rule = test_rule(1);
    open_rule(&way, &rule);
    const wanmi_event events[3] = {test_event(&way, 1, 2, NULL, NULL), test_object_event(&way, "well", NULL),
                                   test_object_event(&way, "bench", NULL)};
    double x[3], y[3];
    uint8_t datums[3];
    assert_int_equal(wanmi_router_places(way.router, events, 3, x, y, datums, NULL), WANMI_OK);
    assert_true(x[0] == 1 && y[0] == 2 && datums[0] == WANMI_DATUM_MAP);
    assert_true(x[1] == 150 && y[1] == 50 && datums[1] == WANMI_DATUM_MAP);
    assert_int_equal(datums[2], WANMI_DATUM_OBJECT);
    assert_int_equal(wanmi_plan_object(way.plan, events[1].object_id), wanmi_map_find_object(way.map, "well"));
    assert_int_equal(wanmi_plan_object(way.plan, events[2].object_id), WANMI_NONE);
    assert_int_equal(wanmi_plan_object(way.plan, 4000), WANMI_NONE);
    assert_int_equal(wanmi_router_places(way.router, NULL, 0, NULL, NULL, NULL, NULL), WANMI_OK);
    assert_int_equal(wanmi_router_places(NULL, events, 3, x, y, datums, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_places(way.router, NULL, 3, x, y, datums, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_places(way.router, events, 3, NULL, y, datums, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_places(way.router, events, 3, x, NULL, datums, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_router_places(way.router, events, 3, x, y, NULL, NULL), WANMI_E_ARGUMENT);
    test_way_close(&way);
}

/* ---- warnings ------------------------------------------------------------------------------------- */

typedef struct notes {
    size_t count;
    wanmi_error last;
} notes;

static void note(void *user, const wanmi_error *problem)
{
    notes *n = user;
    n->count++;
    n->last = *problem;
}

/* Two rules, of which the plan warns of row 2 with these words; NULL: of nothing. */
static void warns(wanmi_rule_def first, wanmi_rule_def second, const char *words)
{
    wanmi_map_builder *b = test_district(NULL, "BUREAU");
    test_district_duties(b);
    test_add_day(b, "default", "1-7", "00:00-24:00");
    test_add_object(b, "lamp", "", 250, "U1", "", "");
    first.unit = "UA";
    second.unit = second.role[0] != '\0' ? "" : "UB";
    test_add_rule(b, &first);
    test_add_rule(b, &second);
    wanmi_map *map = test_build(b);
    wanmi_words *list = NULL;
    wanmi_plan *plan = NULL;
    notes n = {0};
    assert_int_equal(wanmi_words_create(NULL, &list, NULL), WANMI_OK);
    assert_int_equal(wanmi_plan_create(map, list, note, &n, &plan, NULL), WANMI_OK);
    assert_non_null(plan);
    if (words == NULL && n.count != 0)
        fail_msg("%s", n.last.message);
    if (words != NULL) {
        assert_int_equal(n.count, 1);
        assert_int_equal(n.last.status, WANMI_OK);
        assert_int_equal(n.last.row, 2);
        if (strstr(n.last.message, words) == NULL)
            fail_msg("%s", n.last.message);
    }
    wanmi_plan_release(plan);
    wanmi_words_release(list);
    wanmi_map_release(map);
}

static void rules_that_can_never_match_are_told(void **state)
{
    (void)state;
    wanmi_rule_def first = test_rule(1), second = test_rule(2);
    warns(first, second, NULL);
    second.weekdays = "restday";
    warns(first, second, "no such day");
    second.weekdays = "workday";
    warns(first, second, NULL);
    second = test_rule(2);
    second.owner = "upkeep=U1";
    warns(first, second, "no object has such an owner");
    second.owner = "U1";
    warns(first, second, NULL);
    second = test_rule(2);
    second.role = "nobody's";
    warns(first, second, "reaches nobody");
}

static void rules_behind_a_last_one_are_told(void **state)
{
    (void)state;
    wanmi_rule_def first = test_rule(1), second = test_rule(2);
    first.last = 1;
    warns(first, second, "seq 1 matches all");
    first.class_prefix = "01";
    warns(first, second, NULL);
    second.class_prefix = "0102";
    warns(first, second, "seq 1 matches all");
    first.layer = second.layer = "cell";
    first.area = "K1*";
    second.area = "K2";
    warns(first, second, NULL);
    first.area = "K*";
    warns(first, second, "seq 1 matches all");
    first.min_severity = 5;
    warns(first, second, NULL);
    second.min_severity = 5;
    warns(first, second, "seq 1 matches all");
    first.mode = "emergency;normal";
    warns(first, second, NULL);
    second.mode = "normal";
    warns(first, second, "seq 1 matches all");
    first.weekdays = "1-5";
    warns(first, second, NULL);
    second.weekdays = "3";
    warns(first, second, "seq 1 matches all");
    first.hours = "08:00-12:00";
    warns(first, second, NULL);
    second.hours = "8:00-12:00";
    warns(first, second, "seq 1 matches all");
    first.owner = "authority=U1";
    warns(first, second, NULL);
    second.owner = "authority=U1";
    warns(first, second, "seq 1 matches all");
    first.owner = "U*";
    warns(first, second, "seq 1 matches all");
    first.source = "video";
    warns(first, second, NULL);
    second.source = "video";
    warns(first, second, "seq 1 matches all");
    first.valid_to_us = 1000;
    warns(first, second, NULL);
    second.valid_to_us = 1000;
    warns(first, second, "seq 1 matches all");
}

static void a_mode_that_one_row_has_alone_may_be_a_slip(void **state)
{
    (void)state;
    wanmi_rule_def first = test_rule(1), second = test_rule(2);
    first.mode = "emergency";
    warns(first, second, NULL);         /* there is nothing it could be a slip for */
    second.mode = "normal";
    warns(first, second, NULL);
    second.mode = "emergency;emergancy";
    warns(first, second, "no other row names this mode");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weekdays_are_of_the_local_date),
        cmocka_unit_test(hours_begin_included_and_end_excluded),
        cmocka_unit_test(hours_over_midnight_belong_to_the_day_they_begin_on),
        cmocka_unit_test(hours_on_days_of_clock_changes),
        cmocka_unit_test(workdays_are_the_calendars),
        cmocka_unit_test(a_mode_puts_rules_in_force),
        cmocka_unit_test(modes_have_a_limit),
        cmocka_unit_test(a_rule_may_name_several_units),
        cmocka_unit_test(owners_match),
        cmocka_unit_test(owners_receive),
        cmocka_unit_test(an_event_is_where_its_object_is),
        cmocka_unit_test(places_of_objects),
        cmocka_unit_test(rules_that_can_never_match_are_told),
        cmocka_unit_test(rules_behind_a_last_one_are_told),
        cmocka_unit_test(a_mode_that_one_row_has_alone_may_be_a_slip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
