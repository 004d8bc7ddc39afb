/* wanmi_plan_check: what it finds, in which table, row and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

#define ENDED INT64_C(1000)         /* before every instant of these tests */
#define NOW INT64_C(1800000000000000)

enum { MOST = 32 };

typedef struct seen {
    int severity;
    wanmi_status status;
    char place[160];                /* TABLE ROW COLUMN VALUE LAYER CODE */
    char message[700];
} seen;

typedef struct findings {
    seen items[MOST];
    size_t count;
} findings;

static void record(void *user, const wanmi_plan_finding *f)
{
    findings *all = user;
    assert_true(all->count < MOST);
    seen *s = &all->items[all->count++];
    s->severity = f->severity;
    s->status = f->status;
    snprintf(s->place, sizeof s->place, "%s %lld %s %s %s %s", f->table, (long long)f->row, f->column,
             f->value, f->layer, f->code);
    snprintf(s->message, sizeof s->message, "%s", f->message);
}

static findings check(wanmi_map_builder *builder)
{
    findings all = {.count = 0};
    uint64_t found = 1000;
    wanmi_error error;
    wanmi_map *map = test_build(builder);
    wanmi_status status = wanmi_plan_check(map, NOW, record, &all, &found, &error);
    if (status != WANMI_OK)
        fail_msg("%s", error.message);
    assert_int_equal(found, all.count);
    wanmi_map_release(map);
    return all;
}

static void expect(const findings *all, size_t at, int severity, const char *place, const char *words)
{
    if (at >= all->count)
        fail_msg("not found: %s", place);
    const seen *s = &all->items[at];
    if (s->severity != severity || strcmp(s->place, place) != 0 || strstr(s->message, words) == NULL)
        fail_msg("%d %s: %s\nin place of %d %s: %s", s->severity, s->place, s->message, severity, place,
                 words);
    assert_true((s->status == WANMI_OK) == (severity < 3));
}

static void expect_one(const findings *all, int severity, const char *place, const char *words)
{
    for (size_t i = 1; i < all->count; i++)
        print_error("also found: %s\n", all->items[i].message);
    expect(all, 0, severity, place, words);
    assert_int_equal(all->count, 1);
}

static void expect_none(const findings *all)
{
    if (all->count != 0)
        fail_msg("found: %s", all->items[0].message);
}

/* Every unit has something that leads to it, and no rank is met twice. */
static wanmi_map_builder *sound(void)
{
    wanmi_map_builder *b = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.fallback_unit = "BUREAU";
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_layer(b, "empty", WANMI_OVERLAY, 1, "");
    test_add_box(b, "street", "A", "", 0, 0, 100, 100);
    test_add_box(b, "cell", "A1", "A", 0, 0, 100, 100);
    test_add_version(b, "street", "B", "", WANMI_TIME_NONE, ENDED, test_wkb_box(200, 0, 300, 100));
    test_add_unit(b, "BUREAU", "");
    test_add_unit(b, "U1", "");
    test_add_unit(b, "U2", "");
    test_add_duty(b, "street", "A", "keeper", "U1", 1);
    test_add_duty(b, "street", "A", "keeper", "U2", 2);
    return b;
}

/* A row of each of the later tables that hangs together with the others. */
static wanmi_rule_def rule_of(int32_t seq)
{
    wanmi_rule_def r = test_rule(seq);
    r.unit = "";
    r.role = "keeper";
    return r;
}

static void add_calendar(wanmi_map_builder *b, const char *name, const char *day, const char *hours, int64_t row)
{
    wanmi_calendar_def def;
    wanmi_calendar_def_init(&def);
    def.name = name;
    def.day = day;
    def.hours = hours;
    def.row = row;
    assert_int_equal(wanmi_map_builder_calendar(b, &def, NULL), WANMI_OK);
}

static void add_deadline(wanmi_map_builder *b, const char *name, const char *unit, int64_t row)
{
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    def.name = name;
    def.seq = (int32_t)row;
    def.limit = 2;
    def.unit = unit;
    def.row = row;
    assert_int_equal(wanmi_map_builder_deadline(b, &def, NULL), WANMI_OK);
}

static wanmi_escalation_def escalation_of(int32_t seq)
{
    wanmi_escalation_def def;
    wanmi_escalation_def_init(&def);
    def.seq = seq;
    def.row = seq;
    def.on = "ack";
    def.limit = 1;
    def.unit = "urgent_hour";
    def.to = "unit";
    def.target_unit = "BUREAU";
    return def;
}

static void what_hangs_together_has_no_findings(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    add_calendar(b, "default", "1-5", "08:00-12:00", 1);
    add_deadline(b, "4h", "working_hour", 1);
    wanmi_rule_def r = rule_of(10);
    r.deadline = "4h";
    r.weekdays = "workday";
    test_add_rule(b, &r);
    wanmi_escalation_def e = escalation_of(10);
    e.role = "keeper";
    e.since = "due";
    assert_int_equal(wanmi_map_builder_escalation(b, &e, NULL), WANMI_OK);
    findings all = check(b);
    expect_none(&all);
}

static void check_rule(const wanmi_rule_def *rule, int severity, const char *place, const char *words)
{
    wanmi_map_builder *b = sound();
    test_add_rule(b, rule);
    findings all = check(b);
    if (words == NULL)
        expect_none(&all);
    else
        expect_one(&all, severity, place, words);
}

static void rules_that_match_nothing(void **state)
{
    (void)state;
    wanmi_rule_def r = rule_of(10);
    check_rule(&r, 0, NULL, NULL);
    r.layer = "street";
    r.area = "A*";
    check_rule(&r, 0, NULL, NULL);
    r.area = "B*";              /* only an area that has ended */
    check_rule(&r, 2, "wanmi_rules 10 area B*  ", "no such area is valid");
    r.area = "";
    check_rule(&r, 0, NULL, NULL);
    r.layer = "empty";
    check_rule(&r, 2, "wanmi_rules 10 layer empty  ", "can never match: the layer has no areas");
    r = rule_of(11);
    r.valid_to_us = ENDED;
    check_rule(&r, 1, "wanmi_rules 11 valid_to   ", "its validity is over");
    r.valid_to_us = NOW + 1;
    check_rule(&r, 0, NULL, NULL);
    r = rule_of(12);
    r.owner = "upkeep=U1";
    check_rule(&r, 2, "wanmi_rules 12 owner upkeep=U1  ", "no object has such an owner");
}

static void roles_that_nobody_has(void **state)
{
    (void)state;
    wanmi_rule_def r = rule_of(10);
    r.role = "warden";
    check_rule(&r, 2, "wanmi_rules 10 role warden  ", "reaches nobody");
    r.unit = "U1";
    check_rule(&r, 2, "wanmi_rules 10 role warden  ", "only the units are reached");
}

static void owners_of_objects_count(void **state)
{
    (void)state;
    static const struct { const char *owner; bool found; } cases[] = {
        {"upkeep=U1", false}, {"U1", false}, {"upkeep=U*", false}, {"property=U1", true}, {"U2", true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *b = sound();
        wanmi_object_def object;
        wanmi_object_def_init(&object);
        object.code = "LAMP";
        object.x = object.y = 50;
        object.upkeep = "U1";
        assert_int_equal(wanmi_map_builder_object(b, &object, NULL), WANMI_OK);
        wanmi_rule_def r = rule_of(10);
        r.owner = cases[i].owner;
        test_add_rule(b, &r);
        findings all = check(b);
        assert_int_equal(all.count, cases[i].found);
    }
}

/* An earlier rule with `last` that asks no more than the later one. */
static void rules_behind_a_last_one(void **state)
{
    (void)state;
    struct { const char *earlier_class, *class, *earlier_source, *hours; int severity; bool last, found; } cases[] = {
        {"", "", "", "", 0, true, true},        {"", "01", "", "", 0, true, true},
        {"01", "0102", "", "", 0, true, true},  {"0102", "01", "", "", 0, true, false},
        {"02", "01", "", "", 0, true, false},   {"", "01", "", "", 0, false, false},
        {"", "01", "phone", "", 0, true, false}, {"", "01", "", "08:00-12:00", 0, true, false},
        {"", "01", "", "", 100, true, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *b = sound();
        wanmi_rule_def r = rule_of(10);
        r.class_prefix = cases[i].earlier_class;
        r.source = cases[i].earlier_source;
        r.hours = cases[i].hours;
        r.min_severity = cases[i].severity;
        r.last = cases[i].last;
        test_add_rule(b, &r);
        r = rule_of(20);
        r.class_prefix = cases[i].class;
        test_add_rule(b, &r);
        findings all = check(b);
        if (cases[i].found)
            expect_one(&all, 2, "wanmi_rules 20    ", "can never match: the rule with seq 10");
        else
            expect_none(&all);
    }
}

static void errors_are_findings_by_column(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    wanmi_rule_def r = rule_of(10);
    r.deadline = "4h";
    r.weekdays = "workday";
    test_add_rule(b, &r);
    findings all = check(b);
    assert_int_equal(all.count, 2);
    expect(&all, 0, 3, "wanmi_rules 10 weekdays workday  ", "there is no calendar default");
    expect(&all, 1, 3, "wanmi_rules 10 deadline 4h  ", "no deadlines of this name");
}

static void a_plan_without_a_receiver(void **state)
{
    (void)state;
    wanmi_map_builder *b = test_district(NULL, "");
    findings all = {.count = 0};
    wanmi_map *map = test_build(b);
    assert_int_equal(wanmi_plan_check(map, NOW, record, &all, NULL, NULL), WANMI_OK);
    assert_int_equal(all.items[0].severity, 3);
    assert_int_equal(all.items[0].status, WANMI_E_ROUTE_NOBODY);
    assert_non_null(strstr(all.items[0].message, "nobody answers"));
    wanmi_map_release(map);
}

static void units_that_nothing_leads_to(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    test_add_unit(b, "IDLE", "");
    test_add_unit(b, "ABOVE", "");
    test_add_unit(b, "BELOW", "ABOVE");
    test_add_unit(b, "OWNER", "");
    test_add_unit(b, "NAMED", "");
    test_add_unit(b, "LAST", "");
    wanmi_object_def object;
    wanmi_object_def_init(&object);
    object.code = "LAMP";
    object.x = object.y = 50;
    object.property = "OWNER";
    assert_int_equal(wanmi_map_builder_object(b, &object, NULL), WANMI_OK);
    wanmi_rule_def r = rule_of(10);
    r.unit = "U1;NAMED";
    test_add_rule(b, &r);
    wanmi_escalation_def e = escalation_of(10);
    e.target_unit = "LAST";
    assert_int_equal(wanmi_map_builder_escalation(b, &e, NULL), WANMI_OK);
    findings all = check(b);
    assert_int_equal(all.count, 2);
    expect(&all, 0, 1, "wanmi_units 0    BELOW", "nothing leads to this unit");
    expect(&all, 1, 1, "wanmi_units 0    IDLE", "nothing leads to this unit");
}

static void ranks_alike(void **state)
{
    (void)state;
    for (int all_holders = 0; all_holders < 2; all_holders++) {
        wanmi_map_builder *b = sound();
        test_add_unit(b, "U3", "");
        test_add_duty(b, "street", "A", "keeper", "U3", 2);
        wanmi_rule_def r = rule_of(10);
        r.holders = all_holders ? "all" : "best";
        test_add_rule(b, &r);
        findings all = check(b);
        if (all_holders)
            expect_none(&all);
        else
            expect_one(&all, 2, "wanmi_duties 0 rank 2 street A", "U3 has the same rank as U2 for the role keeper");
    }
}

static void deadlines_and_calendars_of_nobody(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    add_calendar(b, "default", "1-5", "08:00-12:00", 1);
    add_calendar(b, "school", "1-5", "", 2);
    add_calendar(b, "school", "2026-10-01", "", 3);
    add_deadline(b, "idle", "working_day", 1);
    add_deadline(b, "idle", "urgent_hour", 2);
    add_deadline(b, "used", "urgent_hour", 3);
    wanmi_rule_def r = rule_of(10);
    r.deadline = "used";
    test_add_rule(b, &r);
    findings all = check(b);
    assert_int_equal(all.count, 3);
    expect(&all, 0, 1, "wanmi_deadlines 1 name idle  ", "no rule names");
    expect(&all, 1, 2, "wanmi_calendars 2 name school  ", "no working hours");
    expect(&all, 2, 1, "wanmi_calendars 2 name school  ", "asks this calendar");
}

static void escalations_in_vain(void **state)
{
    (void)state;
    static const struct { const char *role, *since, *to, *target_role, *place, *words; } cases[] = {
        {"warden", "", "unit", "", "wanmi_escalations 10 role warden  ", "no delivery is in this role"},
        {"", "due", "unit", "", "wanmi_escalations 10 from due  ", "nothing is due"},
        {"", "", "holder", "warden", "wanmi_escalations 10 target_role warden  ", "finds nobody"},
        {"", "", "area_parent", "warden", "wanmi_escalations 10 target_role warden  ", "finds nobody"},
        {"", "", "unit_parent", "", "wanmi_escalations 10 to unit_parent  ", "no unit has a parent"},
        {"keeper", "event", "holder", "keeper", NULL, NULL},
        {"", "", "area_parent", "", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *b = sound();
        wanmi_escalation_def e = escalation_of(10);
        e.role = cases[i].role;
        e.since = cases[i].since;
        e.to = cases[i].to;
        e.target_role = cases[i].target_role;
        e.target_unit = strcmp(e.to, "unit") == 0 ? "BUREAU" : "";
        assert_int_equal(wanmi_map_builder_escalation(b, &e, NULL), WANMI_OK);
        findings all = check(b);
        if (cases[i].place == NULL)
            expect_none(&all);
        else
            expect_one(&all, 2, cases[i].place, cases[i].words);
    }
}

static void a_mode_of_one_row_alone(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    static const char *const modes[] = {"emergency", "emergency", "emergncy", "normal"};
    for (int i = 0; i < 4; i++) {
        wanmi_rule_def r = rule_of(10 * i + 10);
        r.mode = modes[i];
        test_add_rule(b, &r);
    }
    findings all = check(b);
    expect_one(&all, 1, "wanmi_rules 30 mode emergncy  ", "no other row names this mode");
}

/* An event that meets rules lies in a cell. */
static void rules_behind_one_for_all_cells(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        wanmi_map_builder *b = sound();
        test_add_box(b, "cell", "A2", "A", 100, 0, 200, 100);
        wanmi_rule_def r = rule_of(10);
        r.layer = "cell";
        r.area = i < 2 ? "" : "A1";
        r.last = 1;
        test_add_rule(b, &r);
        r = rule_of(20);
        r.layer = i % 2 == 0 ? "" : "cell";
        test_add_rule(b, &r);
        findings all = check(b);
        if (i < 2)
            expect_one(&all, 2, "wanmi_rules 20    ", "can never match: the rule with seq 10");
        else
            expect_none(&all);
    }
}

/* Hours that lie in hours of the same days, or of all days. */
static void hours_behind_a_last_one(void **state)
{
    (void)state;
    const struct { const char *days, *hours, *later_days, *later_hours; bool found; } cases[] = {
        {"1-5", "", "mon", "08:00-10:00", true},            {"1-5", "", "sat", "08:00-10:00", false},
        {"", "08:00-18:00", "", "09:00-10:00", true},       {"", "08:00-18:00", "", "09:00-18:01", false},
        {"", "08:00-12:00;12:00-18:00", "", "09:00-13:00", true}, {"", "00:00-24:00", "", "", true},
        {"1-7", "", "", "", true},                          {"", "00:00-23:59", "", "", false},
        {"", "20:00-08:00", "fri", "22:00-06:00", true},    {"fri", "20:00-08:00", "fri", "22:00-06:00", true},
        {"", "22:00-24:00;00:00-06:00", "fri", "22:00-06:00", true},
        {"fri", "22:00-24:00;00:00-06:00", "fri", "22:00-06:00", false},
        {"fri", "", "fri", "22:00-06:00", false},           {"1-7", "", "fri", "22:00-06:00", true},
        {"", "22:00-06:00", "", "00:00-06:00;23:00-24:00", true},
        {"sat", "22:00-06:00", "sat", "00:00-06:00", false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wanmi_map_builder *b = sound();
        wanmi_rule_def r = rule_of(10);
        r.weekdays = cases[i].days;
        r.hours = cases[i].hours;
        r.last = 1;
        test_add_rule(b, &r);
        r = rule_of(20);
        r.weekdays = cases[i].later_days;
        r.hours = cases[i].later_hours;
        test_add_rule(b, &r);
        findings all = check(b);
        if (cases[i].found)
            expect_one(&all, 2, "wanmi_rules 20    ", "can never match: the rule with seq 10");
        else
            expect_none(&all);
    }
}

/* Each is held against all before it. */
static void ten_thousand_rules_on_one_class(void **state)
{
    (void)state;
    enum { RULES = 10000 };
    wanmi_map_builder *b = sound();
    for (int i = 0; i < RULES; i++) {
        char source[16];
        snprintf(source, sizeof source, "s%d", i == RULES - 1 ? 0 : i);
        wanmi_rule_def r = rule_of(i + 1);
        r.class_prefix = "01";
        r.source = source;
        r.last = 1;
        test_add_rule(b, &r);
    }
    clock_t start = clock();
    findings all = check(b);
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    assert_int_equal(all.count, 1);
    expect(&all, 0, 2, "wanmi_rules 10000    ", "the rule with seq 1 ");
    print_message("%.2f s of processor time\n", seconds);
}

/* The fallback is one of 1,024. */
static void ten_thousand_rules_for_as_many_units(void **state)
{
    (void)state;
    wanmi_map_builder *b = sound();
    for (int i = 0; i < 10000; i++) {
        char unit[16];
        snprintf(unit, sizeof unit, "N%d", i);
        test_add_unit(b, unit, "");
        wanmi_rule_def r = rule_of(i + 1);
        r.class_prefix = "01";
        r.role = "";
        r.unit = unit;
        test_add_rule(b, &r);
    }
    findings all = check(b);
    expect(&all, 0, 3, "wanmi_rules 1024  01  ",
           "the rule with seq 1024 is one too many: one event of the class could have 10001 deliveries");
}

static void what_is_missing_is_an_argument(void **state)
{
    (void)state;
    wanmi_error error;
    assert_int_equal(wanmi_plan_check(NULL, NOW, NULL, NULL, NULL, &error), WANMI_E_ARGUMENT);
    wanmi_map *map = test_build(sound());
    uint64_t found = 0;
    assert_int_equal(wanmi_plan_check(map, WANMI_TIME_NONE, NULL, NULL, &found, NULL), WANMI_OK);
    assert_int_equal(found, 0);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_hangs_together_has_no_findings),
        cmocka_unit_test(rules_that_match_nothing),
        cmocka_unit_test(roles_that_nobody_has),
        cmocka_unit_test(owners_of_objects_count),
        cmocka_unit_test(rules_behind_a_last_one),
        cmocka_unit_test(errors_are_findings_by_column),
        cmocka_unit_test(a_plan_without_a_receiver),
        cmocka_unit_test(units_that_nothing_leads_to),
        cmocka_unit_test(ranks_alike),
        cmocka_unit_test(deadlines_and_calendars_of_nobody),
        cmocka_unit_test(escalations_in_vain),
        cmocka_unit_test(a_mode_of_one_row_alone),
        cmocka_unit_test(rules_behind_one_for_all_cells),
        cmocka_unit_test(hours_behind_a_last_one),
        cmocka_unit_test(ten_thousand_rules_on_one_class),
        cmocka_unit_test(ten_thousand_rules_for_as_many_units),
        cmocka_unit_test(what_is_missing_is_an_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
