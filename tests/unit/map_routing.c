/* Calendars, deadlines, escalations and objects: what a row may be, column by
 * column; what is found among the rest; what is read from the map. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TEXT_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define TEXT_256 TEXT_64 TEXT_64 TEXT_64 TEXT_64

enum { ROW = 17, PROBLEMS_MAX = 32 };

static wanmi_map_builder *builder;
static wanmi_error error, problems[PROBLEMS_MAX];
static size_t problem_count;

static int make(void **state)
{
    (void)state;
    builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    test_add_unit(builder, "u", "");
    test_add_unit(builder, "v", "u");
    wanmi_error_clear(&error);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    wanmi_map_builder_free(builder);
    return 0;
}

/* A bad row is named by table, row, column and value. */
static void refused(wanmi_status status, wanmi_status expected, const char *table, const char *column,
                    const char *words)
{
    char where[128];
    snprintf(where, sizeof where, "table %s, row %d: column %s:", table, ROW, column);
    if (status != expected || error.status != expected || strstr(error.message, where) == NULL ||
        strstr(error.message, words) == NULL)
        fail_msg("%s with '%s', expected '%s' and '%s'", wanmi_status_name(status), error.message, where,
                 words);
    assert_int_equal(error.row, ROW);
    assert_string_equal(error.layer, table);
}

/* What is put into a text column, and what is said of it. */
typedef struct bad_text {
    const char *column;
    size_t at;
    const char *text, *words;
} bad_text;

static void put(void *def, size_t at, const char *text)
{
    memcpy((char *)def + at, &text, sizeof text);
}

/* ---- rows by themselves -------------------------------------------------------------- */

static wanmi_calendar_def calendar(const char *name, const char *day, const char *hours, int64_t row)
{
    wanmi_calendar_def d;
    wanmi_calendar_def_init(&d);
    d.name = name;
    d.day = day;
    d.hours = hours;
    d.row = row;
    return d;
}

static void rows_of_calendars(void **state)
{
    (void)state;
#define AT(field) offsetof(wanmi_calendar_def, field)
    static const bad_text cases[] = {
        {"name", AT(name), "", "is missing"}, {"name", AT(name), NULL, "is missing"},
        {"name", AT(name), TEXT_256, "longer than 255"}, {"name", AT(name), " x", "blank"},
        {"day", AT(day), "", "is missing"}, {"day", AT(day), " ", "is empty"}, {"day", AT(day), "8", "joined by '/': '8'"},
        {"day", AT(day), "workday", "neither weekdays, a date nor a range of dates: 'workday'"},
        {"day", AT(day), "restday@x", "neither weekdays"}, {"day", AT(day), "2008-02-30", "no date such as"},
        {"hours", AT(hours), "25:00-26:00", "'25:00-26:00'"}, {"hours", AT(hours), "22:00-06:00", "cross midnight"},
        {"hours", AT(hours), "8:00-9:00\n", "control"}, {"hours", AT(hours), "\xFF", "UTF-8"},
    };
    wanmi_calendar_def good = calendar("default", "1-5", "08:00-12:00;18:00-24:00", ROW);
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_calendar_def d = good;
        put(&d, cases[i].at, cases[i].text);
        refused(wanmi_map_builder_calendar(builder, &d, &error), WANMI_E_MAP_CALENDAR, "wanmi_calendars",
                cases[i].column, cases[i].words);
    }
    assert_int_equal(wanmi_map_builder_calendar(builder, &good, NULL), WANMI_OK);
    good = calendar("rest", "7", NULL, 0);
    assert_int_equal(wanmi_map_builder_calendar(builder, &good, &error), WANMI_OK);
    assert_int_equal(wanmi_map_builder_calendar(NULL, &good, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_calendar(builder, NULL, &error), WANMI_E_ARGUMENT);
#undef AT
}

static wanmi_deadline_def deadline(const char *name, int32_t seq, double limit, const char *unit, int64_t row)
{
    wanmi_deadline_def d;
    wanmi_deadline_def_init(&d);
    d.name = name;
    d.seq = seq;
    d.limit = limit;
    d.unit = unit;
    d.row = row;
    return d;
}

static const struct {
    double limit;
    const char *unit, *words;
} bad_limits[] = {
    {-1, "urgent_hour", "is not from 0 to 100000: '-1'"}, {100001, "urgent_hour", "is not from 0"},
    {INFINITY, "urgent_hour", "is not from 0"}, {1.5, "working_day", "no whole number of days: '1.5'"},
    {0.5, "natural_day", "no whole number of days"}, {NAN, "working_hour", "is missing"},
};

static void rows_of_deadlines(void **state)
{
    (void)state;
#define AT(field) offsetof(wanmi_deadline_def, field)
    static const bad_text cases[] = {
        {"name", AT(name), "", "is missing"}, {"name", AT(name), TEXT_256, "longer than 255"},
        {"class", AT(class_prefix), TEXT_64 "x", "longer than 64"}, {"grade", AT(grade), TEXT_64 "x", "longer than 64"},
        {"mode", AT(mode), "a;;b", "empty word"}, {"mode", AT(mode), "a;a", "twice: 'a;a'"},
        {"mode", AT(mode), TEXT_64 "x", "longer than 64"}, {"unit", AT(unit), "", "is missing"},
        {"unit", AT(unit), "hour", "is none of urgent_hour"}, {"calendar", AT(calendar), "x;y", "holds a ';'"},
        {"calendar", AT(calendar), "default", "without a calendar: 'default'"},
    };
    wanmi_deadline_def good = deadline("4h", 1, 0.25, "urgent_hour", ROW), d;
    for (size_t i = 0; i < COUNT(cases); i++) {
        d = good;
        put(&d, cases[i].at, cases[i].text);
        refused(wanmi_map_builder_deadline(builder, &d, &error), WANMI_E_MAP_DEADLINE, "wanmi_deadlines",
                cases[i].column, cases[i].words);
    }
    for (size_t i = 0; i < COUNT(bad_limits); i++) {
        d = good;
        d.limit = bad_limits[i].limit;
        d.unit = bad_limits[i].unit;
        refused(wanmi_map_builder_deadline(builder, &d, &error), WANMI_E_MAP_DEADLINE, "wanmi_deadlines",
                "limit", bad_limits[i].words);
    }
    d = good;
    d.limit = 0;
    refused(wanmi_map_builder_deadline(builder, &d, &error), WANMI_E_MAP_DEADLINE, "wanmi_deadlines", "limit",
            "is 0");
    d = good;
    d.min_severity = 256;
    refused(wanmi_map_builder_deadline(builder, &d, &error), WANMI_E_MAP_DEADLINE, "wanmi_deadlines",
            "min_severity", "from 0 to 255: 256");
    d = good;
    d.unit = "natural_day";
    d.limit = 1;
    d.calendar = "c";
    refused(wanmi_map_builder_deadline(builder, &d, &error), WANMI_E_MAP_DEADLINE, "wanmi_deadlines",
            "calendar", "without a calendar");
    assert_int_equal(wanmi_map_builder_deadline(builder, &good, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_builder_deadline(NULL, &good, NULL), WANMI_E_ARGUMENT);
#undef AT
}

static wanmi_escalation_def escalation(int32_t seq, const char *on, const char *to, int64_t row)
{
    wanmi_escalation_def d;
    wanmi_escalation_def_init(&d);
    d.seq = seq;
    d.on = on;
    d.to = to;
    d.limit = 0;
    d.unit = "urgent_hour";
    d.row = row;
    return d;
}

static void bad_escalation(const wanmi_escalation_def *d, const char *column, const char *words)
{
    refused(wanmi_map_builder_escalation(builder, d, &error), WANMI_E_MAP_ESCALATION, "wanmi_escalations",
            column, words);
}

static void rows_of_escalations(void **state)
{
    (void)state;
#define AT(field) offsetof(wanmi_escalation_def, field)
    static const bad_text cases[] = {
        {"class", AT(class_prefix), TEXT_64 "x", "longer than 64"}, {"role", AT(role), "a;b", "holds a ';'"},
        {"role", AT(role), "@keeper", "none of @authority"}, {"mode", AT(mode), ";", "empty word"},
        {"on", AT(on), "", "is missing"}, {"on", AT(on), "late", "neither ack nor done: 'late'"},
        {"from", AT(since), "now", "neither event nor due: 'now'"}, {"unit", AT(unit), "", "is missing"},
        {"unit", AT(unit), "day", "is none of"}, {"calendar", AT(calendar), "c", "without a calendar"},
        {"to", AT(to), "", "is missing"}, {"to", AT(to), "boss", "none of unit_parent, area_parent"},
        {"target_role", AT(target_role), "r", "for holder and area_parent only"},
        {"target_role", AT(target_role), "@upkeep", "means an owner"},
        {"at_layer", AT(at_layer), "cell", "for holder only"}, {"target_unit", AT(target_unit), "u", "for unit only"},
        {"tag", AT(tag), " x", "blank"},
    };
    wanmi_escalation_def good = escalation(1, "ack", "unit_parent", ROW), d;
    for (size_t i = 0; i < COUNT(cases); i++) {
        d = good;
        put(&d, cases[i].at, cases[i].text);
        bad_escalation(&d, cases[i].column, cases[i].words);
    }
    for (size_t i = 0; i < COUNT(bad_limits); i++) {
        d = good;
        d.limit = bad_limits[i].limit;
        d.unit = bad_limits[i].unit;
        bad_escalation(&d, "limit", bad_limits[i].words);
    }
    d = good;
    d.min_severity = -1;
    bad_escalation(&d, "min_severity", "from 0 to 255: -1");
    d = good;
    d.priority = 10;
    bad_escalation(&d, "priority", "from 0 to 9: 10");
    d = escalation(1, "ack", "holder", ROW);
    bad_escalation(&d, "target_role", "is missing; to is holder");
    d.target_role = "r";
    d.target_unit = "u";
    bad_escalation(&d, "target_unit", "for unit only");
    d = escalation(1, "ack", "unit", ROW);
    bad_escalation(&d, "target_unit", "is missing; to is unit");
    d = escalation(1, "ack", "area_parent", ROW);
    d.at_layer = "cell";
    bad_escalation(&d, "at_layer", "for holder only");
    assert_int_equal(wanmi_map_builder_escalation(builder, &good, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_builder_escalation(NULL, &good, NULL), WANMI_E_ARGUMENT);
#undef AT
}

static wanmi_object_def object(const char *code, const char *authority, int64_t row)
{
    wanmi_object_def d;
    wanmi_object_def_init(&d);
    d.code = code;
    d.x = 1.5;
    d.y = -2;
    d.authority = authority;
    d.row = row;
    return d;
}

static void rows_of_objects(void **state)
{
    (void)state;
#define AT(field) offsetof(wanmi_object_def, field)
    static const bad_text cases[] = {
        {"code", AT(code), "", "is missing"}, {"code", AT(code), "a;b", "holds a ';'"},
        {"code", AT(code), TEXT_64 "x", "longer than 64"}, {"name", AT(name), TEXT_256, "longer than 255"},
        {"class", AT(class_text), TEXT_64 "x", "longer than 64"}, {"authority", AT(authority), " u", "blank"},
        {"property", AT(property), TEXT_64 "x", "longer than 64"}, {"upkeep", AT(upkeep), "u;v", "holds a ';'"},
    };
    static const double numbers[] = {NAN, INFINITY, -1.1e9};
    static const char *const words[] = {"is missing", "no coordinate of up to 1e9 m: 'inf'", "'-1100000000'"};
    wanmi_object_def good = object(TEXT_64, "u", ROW);
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_object_def d = good;
        put(&d, cases[i].at, cases[i].text);
        refused(wanmi_map_builder_object(builder, &d, &error), WANMI_E_MAP_OBJECT, "wanmi_objects",
                cases[i].column, cases[i].words);
    }
    for (size_t i = 0; i < 3; i++) {
        wanmi_object_def d = good;
        d.x = numbers[i];
        refused(wanmi_map_builder_object(builder, &d, &error), WANMI_E_MAP_OBJECT, "wanmi_objects", "x",
                words[i]);
        d = good;
        d.y = numbers[i];
        refused(wanmi_map_builder_object(builder, &d, &error), WANMI_E_MAP_OBJECT, "wanmi_objects", "y",
                words[i]);
    }
    assert_int_equal(wanmi_map_builder_object(builder, &good, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_builder_object(NULL, &good, NULL), WANMI_E_ARGUMENT);
#undef AT
}

static void forms_of_rules(void **state)
{
    (void)state;
#define AT(field) offsetof(wanmi_rule_def, field)
    static const bad_text cases[] = {
        {"mode", AT(mode), "a;", "empty word"}, {"owner", AT(owner), "boss=u", "none of authority"},
        {"weekdays", AT(weekdays), "8", "is neither weekdays"}, {"weekdays", AT(weekdays), "2008-10-01", "is a date"},
        {"hours", AT(hours), "25:00-26:00", "from 00:00 to 24:00: '25:00-26:00'"},
        {"role", AT(role), "@keeper", "none of @authority"}, {"unit", AT(unit), "u;u", "twice"},
        {"unit", AT(unit), TEXT_64 "x", "longer than 64"}, {"deadline", AT(deadline), TEXT_256, "longer than 255"},
        {"at_layer", AT(at_layer), "cell", "an owner's role is at no layer: 'cell'"},
    };
    wanmi_rule_def good;
    wanmi_rule_def_init(&good);
    good.row = ROW;
    good.role = "@upkeep";
    good.unit = " u ; v ";
    good.mode = "night;day";
    good.owner = "主管=@bureau";
    good.weekdays = "workday@school";
    good.hours = "22:00-06:00";
    for (size_t i = 0; i < COUNT(cases); i++) {
        wanmi_rule_def d = good;
        put(&d, cases[i].at, cases[i].text);
        refused(wanmi_map_builder_rule(builder, &d, &error), WANMI_E_MAP_RULE, "wanmi_rules", cases[i].column,
                cases[i].words);
    }
    assert_int_equal(wanmi_map_builder_rule(builder, &good, &error), WANMI_OK);
    wanmi_duty_def duty;
    wanmi_duty_def_init(&duty);
    duty.layer = duty.area = "cell";
    duty.unit = "u";
    duty.role = "@upkeep";
    assert_int_equal(wanmi_map_builder_duty(builder, &duty, &error), WANMI_E_MAP_DUTY);
    assert_non_null(strstr(error.message, "means an owner in rules: '@upkeep'"));
#undef AT
}

/* ---- among the rest --------------------------------------------------------------------- */

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    assert_true(problem_count < PROBLEMS_MAX);
    problems[problem_count++] = *problem;
}

static wanmi_map *build(void)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = note;
    problem_count = 0;
    wanmi_map *map = NULL;
    if (wanmi_map_build(builder, &options, &map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return map;
}

/* What is said of a row, anywhere among the problems; it says so once. */
static void said(wanmi_status status, int64_t row, const char *words)
{
    size_t found = 0;
    for (size_t i = 0; i < problem_count; i++)
        found += problems[i].status == status && problems[i].row == row &&
                 strstr(problems[i].message, words) != NULL;
    if (found == 1)
        return;
    for (size_t i = 0; i < problem_count; i++)
        print_message("%s\n", problems[i].message);
    fail_msg("%zu times row %d: %s", found, (int)row, words);
}

static void add_calendar(const char *name, const char *day, int64_t row)
{
    wanmi_calendar_def d = calendar(name, day, "08:00-12:00", row);
    if (wanmi_map_builder_calendar(builder, &d, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static void calendars(void **state)
{
    (void)state;
    static const struct {
        const char *name, *day;
    } rows[] = {{"default", "2008-10-05"}, {"default", "1-3"}, {"default", "2008-10-03/2008-10-09"},
                {"default", "3-5"}, {"default", "2008-10-01/2008-10-03"}, {"default", "sun;sat"},
                {"default", "2008-10-05"}, {"default", "2008-10-09/2008-10-31"}, {"default", "2008-10-10/2008-10-12"},
                {"a", "1-7"}, {"default", "2008-10-11/2008-11-02"}};
    for (size_t i = 0; i < COUNT(rows); i++)
        add_calendar(rows[i].name, rows[i].day, (int64_t)i + 1);
    wanmi_map *map = build();
    said(WANMI_E_MAP_CALENDAR, 4, "table wanmi_calendars, row 4: column day: meets row 2 of calendar default (1-3)");
    said(WANMI_E_MAP_CALENDAR, 5, "meets row 3 of calendar default (2008-10-03/2008-10-09) on one day: "
                                  "'2008-10-01/2008-10-03'");
    said(WANMI_E_MAP_CALENDAR, 7, "meets row 1 of calendar default");
    said(WANMI_E_MAP_CALENDAR, 8, "meets row 3 of");
    said(WANMI_E_MAP_CALENDAR, 11, "meets row 9 of");
    assert_int_equal(problem_count, 5);
    static const char *const order[] = {"1-7", "1-3", "sun;sat", "2008-10-03/2008-10-09",
                                        "2008-10-10/2008-10-12", "2008-10-05"};
    wanmi_calendar_def def;
    assert_int_equal(wanmi_map_calendar_count(map), 6);
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(wanmi_map_calendar(map, i, &def), WANMI_OK);
        assert_string_equal(def.day, order[i]);
        assert_string_equal(def.name, i == 0 ? "a" : "default");
        assert_string_equal(def.hours, "08:00-12:00");
    }
    assert_int_equal(wanmi_map_calendar(map, 6, &def), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_calendar(map, 0, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
    assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_E_MAP_CALENDAR);
}

/* Without the row's number the day says which it meets. */
static void calendars_without_rows(void **state)
{
    (void)state;
    add_calendar("default", "2008-10-05/2008-10-06", 0);
    add_calendar("default", "2008-10-01/2008-10-05", 0);
    wanmi_map *map = build();
    assert_int_equal(problem_count, 1);
    assert_non_null(strstr(problems[0].message, "column day: meets 2008-10-05/2008-10-06 of calendar default on "
                                                "one day: '2008-10-01/2008-10-05'"));
    wanmi_map_release(map);
}

static void add_deadline(const char *name, int32_t seq, const char *unit, const char *calendar_name, int64_t row)
{
    wanmi_deadline_def d = deadline(name, seq, 2, unit, row);
    d.calendar = calendar_name;
    d.mode = "night;day";
    d.grade = "A";
    d.class_prefix = "01";
    d.min_severity = 7;
    if (wanmi_map_builder_deadline(builder, &d, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static void deadlines(void **state)
{
    (void)state;
    add_calendar("school", "1-5", 1);
    add_deadline("b", 2, "working_day", "school", 1);
    add_deadline("b", -1, "natural_day", "", 2);
    add_deadline("a", 2, "urgent_hour", "", 3);
    add_deadline("b", 2, "urgent_hour", "", 4);
    add_deadline("c", 1, "working_hour", "", 5);
    add_deadline("c", 2, "working_day", "street", 6);
    wanmi_map *map = build();
    said(WANMI_E_MAP_DEADLINE, 4, "table wanmi_deadlines, row 4: column seq: is doubled in this profile: '2'");
    said(WANMI_E_MAP_DEADLINE, 5, "column calendar: this calendar is not there: 'default'");
    said(WANMI_E_MAP_DEADLINE, 6, "this calendar is not there: 'street'");
    assert_int_equal(problem_count, 3);
    assert_int_equal(wanmi_map_deadline_count(map), 3);
    static const int64_t rows[] = {3, 2, 1};
    wanmi_deadline_def def;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(wanmi_map_deadline(map, i, &def), WANMI_OK);
        assert_int_equal(def.row, rows[i]);
    }
    assert_string_equal(def.name, "b");
    assert_string_equal(def.unit, "working_day");
    assert_string_equal(def.calendar, "school");
    assert_string_equal(def.mode, "night;day");
    assert_string_equal(def.grade, "A");
    assert_string_equal(def.class_prefix, "01");
    assert_int_equal(def.min_severity, 7);
    assert_true(def.limit == 2);
    assert_int_equal(wanmi_map_deadline(map, 3, &def), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
}

static void add_escalation(int32_t seq, const char *to, const char *role, const char *layer, const char *unit,
                           int64_t row)
{
    wanmi_escalation_def d = escalation(seq, "done", to, row);
    d.target_role = role;
    d.at_layer = layer;
    d.target_unit = unit;
    d.role = "@upkeep";
    d.tag = "督办";
    d.since = "due";
    d.unit = "working_hour";
    if (wanmi_map_builder_escalation(builder, &d, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static void escalations(void **state)
{
    (void)state;
    add_escalation(9, "unit", "", "", "u", 1);
    add_escalation(3, "holder", "督导员", "cell", "", 2);
    add_escalation(9, "unit_parent", "", "", "", 3);
    add_escalation(4, "holder", "督导员", "street", "", 4);
    add_escalation(5, "unit", "", "", "w", 5);
    wanmi_map *map = build();
    said(WANMI_E_MAP_ESCALATION, 3, "table wanmi_escalations, row 3: column seq: is doubled: '9'");
    said(WANMI_E_MAP_ESCALATION, 4, "column at_layer: this layer is not there: 'street'");
    said(WANMI_E_MAP_ESCALATION, 5, "column target_unit: this unit is not there: 'w'");
    assert_int_equal(problem_count, 3);
    wanmi_escalation_def def;
    assert_int_equal(wanmi_map_escalation_count(map), 2);
    assert_int_equal(wanmi_map_escalation(map, 0, &def), WANMI_OK);
    assert_int_equal(def.seq, 3);
    assert_string_equal(def.target_role, "督导员");
    assert_string_equal(def.at_layer, "cell");
    assert_string_equal(def.since, "due");
    assert_string_equal(def.on, "done");
    assert_int_equal(def.priority, -1);
    assert_int_equal(wanmi_map_escalation(map, 2, &def), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_role_count(map), 2);
    assert_string_equal(wanmi_map_role(map, wanmi_map_find_role(map, "督导员")), "督导员");
    assert_int_not_equal(wanmi_map_find_role(map, "@upkeep"), WANMI_NONE);
    assert_int_equal(wanmi_map_tag_count(map), 1);
    assert_string_equal(wanmi_map_tag(map, 0), "督办");
    wanmi_map_release(map);
}

static void add_object(const char *code, const char *authority, const char *upkeep, int64_t row)
{
    wanmi_object_def d = object(code, authority, row);
    d.upkeep = upkeep;
    d.name = "路灯";
    d.class_text = "0102";
    if (wanmi_map_builder_object(builder, &d, &error) != WANMI_OK)
        fail_msg("%s", error.message);
}

static void objects(void **state)
{
    (void)state;
    add_object("L2", "u", "v", 1);
    add_object("L1", "", "", 2);
    add_object("L2", "", "", 3);
    add_object("L3", "w", "", 4);
    add_object("L4", "", "x", 5);
    wanmi_map *map = build();
    said(WANMI_E_MAP_OBJECT, 3, "table wanmi_objects, row 3: column code: is doubled: 'L2'");
    said(WANMI_E_MAP_OBJECT, 4, "column authority: this unit is not there: 'w'");
    said(WANMI_E_MAP_OBJECT, 5, "column upkeep: this unit is not there: 'x'");
    assert_int_equal(problem_count, 3);
    wanmi_object_info info;
    assert_int_equal(wanmi_map_object_count(map), 2);
    assert_int_equal(wanmi_map_find_object(map, "L2"), 1);
    assert_int_equal(wanmi_map_find_object(map, "L3"), WANMI_NONE);
    assert_int_equal(wanmi_map_find_object(map, NULL), WANMI_NONE);
    assert_int_equal(wanmi_map_object(map, 1, &info), WANMI_OK);
    assert_string_equal(info.code, "L2");
    assert_string_equal(info.name, "路灯");
    assert_string_equal(info.class_text, "0102");
    assert_true(info.x == 1.5 && info.y == -2);
    assert_int_equal(info.owners[WANMI_OWNER_AUTHORITY], wanmi_map_find_unit(map, "u"));
    assert_int_equal(info.owners[WANMI_OWNER_PROPERTY], WANMI_NONE);
    assert_int_equal(info.owners[WANMI_OWNER_UPKEEP], wanmi_map_find_unit(map, "v"));
    assert_int_equal(info.row, 1);
    assert_string_equal(wanmi_map_object_code(map, 0), "L1");
    assert_string_equal(wanmi_map_object_code(map, 2), "");
    assert_int_equal(wanmi_map_object(map, 2, &info), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_object(map, 0, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
}

static void add_rule(int32_t seq, const char *owner, const char *weekdays, const char *units, const char *name)
{
    wanmi_rule_def d;
    wanmi_rule_def_init(&d);
    d.seq = seq;
    d.row = seq;
    d.owner = owner;
    d.weekdays = weekdays;
    d.unit = units;
    d.deadline = name;
    test_add_rule(builder, &d);
}

/* Tables come one after the other: what they name may be missing as a whole. */
static void what_rules_name(void **state)
{
    (void)state;
    add_rule(1, "upkeep=u", "workday", "u;v", "4h");
    add_rule(2, "w", "", "u", "");
    add_rule(3, "upkeep=w*", "", "u", "");
    add_rule(4, "@bureau", "", "u", "");
    add_rule(5, "*", "", "u; w", "");
    wanmi_map *map = build();
    for (int row = 2; row <= 4; row++)
        said(WANMI_E_MAP_RULE, row, "this owner is not there");
    said(WANMI_E_MAP_RULE, 5, "table wanmi_rules, row 5: column unit: rule with seq 5: this unit is not there: 'w'");
    assert_int_equal(problem_count, 4);
    wanmi_map_release(map);
    add_calendar("school", "1", 1);
    add_deadline("2h", 1, "urgent_hour", "", 1);
    add_rule(6, "", "restday@school", "u", "2h");
    add_rule(7, "", "", "u", "4h");
    map = build();
    said(WANMI_E_MAP_RULE, 1, "names a calendar that is not there: 'workday'");
    said(WANMI_E_MAP_RULE, 7, "this deadline is not there: '4h'");
    assert_int_equal(problem_count, 6);
    assert_int_equal(wanmi_map_rule_count(map), 1);
    wanmi_map_release(map);
}

/* ---- one map against another ---------------------------------------------------------- */

static wanmi_map *map_with(int changed)
{
    builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.uuid = "00000000-0000-0000-0000-000000000000";
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    test_add_unit(builder, "u", "");
    add_calendar("default", changed == 1 ? "2" : "1", changed == 0 ? 5 : 0);
    if (changed == 2)
        add_calendar("default", "7", 0);
    wanmi_deadline_def d = deadline("4h", 1, changed == 3 ? 2 : 1, changed == 4 ? "urgent_hour" : "working_hour", 0);
    d.min_severity = changed == 5;
    assert_int_equal(wanmi_map_builder_deadline(builder, &d, &error), WANMI_OK);
    wanmi_escalation_def e = escalation(changed == 6 ? 2 : 1, "ack", "unit_parent", 0);
    e.limit = changed == 7;
    e.priority = changed == 8 ? 1 : -1;
    e.tag = changed == 9 ? "t" : "";
    assert_int_equal(wanmi_map_builder_escalation(builder, &e, &error), WANMI_OK);
    wanmi_object_def o = object(changed == 10 ? "p" : "o", changed == 11 ? "u" : "", 0);
    o.x = changed == 12 ? nextafter(1, 2) : 1;
    o.class_text = changed == 13 ? "1" : "";
    assert_int_equal(wanmi_map_builder_object(builder, &o, &error), WANMI_OK);
    return test_build(builder);
}

static void differences(void **state)
{
    (void)state;
    static const char *const words[] = {
        NULL, "code default: day differs: 1 and 2", "the number of calendar rows differs: 1 and 2",
        "code 4h: limit differs: 1 and 2", "code 4h: unit differs: working_hour and urgent_hour",
        "code 4h: min_severity differs", "seq differs: 1 and 2", "code escalation 1: limit differs: 0 and 1",
        "escalation 1: priority differs: -1 and 1", "escalation 1: tag differs: (none) and t",
        "the object's code differs: o and p", "code o: the object's authority differs: (none) and u",
        "the object's x differs: 1 and 1.0000000000000002", "the object's class differs: (none) and 1",
    };
    wanmi_map_builder *kept = builder;
    wanmi_map *map = map_with(-1);
    for (int i = 0; i < (int)COUNT(words); i++) {
        wanmi_map *other = map_with(i);
        wanmi_status status = wanmi_map_equal(map, other, &error);
        assert_int_equal(status, words[i] == NULL ? WANMI_OK : WANMI_PARTIAL);
        if (words[i] != NULL && strstr(error.message, words[i]) == NULL)
            fail_msg("%s, expected %s", error.message, words[i]);
        if (i == 2)
            assert_true(wanmi_map_bytes(other) > wanmi_map_bytes(map));
        wanmi_map_release(other);
    }
    wanmi_map_release(map);
    builder = kept;
}

int main(void)
{
    void (*const cases[])(void **) = {
        rows_of_calendars, rows_of_deadlines, rows_of_escalations, rows_of_objects, forms_of_rules, calendars,
        calendars_without_rows, deadlines, escalations, objects, what_rules_name, differences};
    static const char *const names[] = {
        "rows_of_calendars", "rows_of_deadlines", "rows_of_escalations", "rows_of_objects", "forms_of_rules",
        "calendars", "calendars_without_rows", "deadlines", "escalations", "objects", "what_rules_name",
        "differences"};
    struct CMUnitTest tests[COUNT(cases)] = {{0}};
    for (size_t i = 0; i < COUNT(cases); i++)
        tests[i] = (struct CMUnitTest){names[i], cases[i], make, drop, NULL};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
