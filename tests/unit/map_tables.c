/* Units, duties and rules of a built map: order, numbers, what they point to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

enum { PROBLEMS_MAX = 64 };

static wanmi_error problems[PROBLEMS_MAX];
static size_t problem_count;

static void note(void *user, const wanmi_error *problem)
{
    (void)user;
    assert_true(problem_count < PROBLEMS_MAX);
    problems[problem_count++] = *problem;
}

static wanmi_map *build(wanmi_map_builder *builder)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = note;
    problem_count = 0;
    wanmi_map *map = NULL;
    wanmi_error error;
    if (wanmi_map_build(builder, &options, &map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_builder_free(builder);
    return map;
}

static void problem(size_t index, wanmi_status status, const char *words)
{
    assert_true(index < problem_count);
    if (problems[index].status != status || strstr(problems[index].message, words) == NULL)
        fail_msg("%s: '%s', expected '%s'", wanmi_status_name(problems[index].status),
                 problems[index].message, words);
}

/* Three cells in a layer, two of them beginning with 11. */
static wanmi_map_builder *start(const char *fallback)
{
    wanmi_error error;
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.fallback_unit = fallback;
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    test_add_layer(builder, "police", WANMI_OVERLAY, 1, "");
    test_add_box(builder, "cell", "1102", "", 1000, 0, 1001, 1);
    test_add_box(builder, "cell", "1101", "", 1001, 0, 1002, 1);
    test_add_box(builder, "cell", "1201", "", 1002, 0, 1003, 1);
    return builder;
}

static void units(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("c");
    test_add_unit(builder, "c", "");
    test_add_unit(builder, "a", "c");
    test_add_unit(builder, "b", "nobody");
    wanmi_unit_def def;
    wanmi_unit_def_init(&def);
    def.code = "a";
    def.row = 17;
    wanmi_error error;
    assert_int_equal(wanmi_map_builder_unit(builder, &def, &error), WANMI_OK);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 2);
    problem(0, WANMI_E_MAP_UNIT, "table wanmi_units, row 17, code a: column code: unit: the code is doubled");
    problem(1, WANMI_E_MAP_PARENT, "table wanmi_units, code b: column parent: unit: its parent is not there: 'nobody'");
    assert_int_equal(wanmi_map_unit_count(map), 3);
    static const uint32_t parents[] = {2, WANMI_NONE, WANMI_NONE};
    static const char *const codes[] = {"a", "b", "c"};
    wanmi_unit_info info;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(wanmi_map_unit(map, i, &info), WANMI_OK);
        assert_string_equal(info.code, codes[i]);
        assert_string_equal(info.name, codes[i]);
        assert_string_equal(info.kind, "");
        assert_string_equal(wanmi_map_unit_code(map, i), codes[i]);
        assert_int_equal(info.parent, parents[i]);
        assert_int_equal(wanmi_map_find_unit(map, codes[i]), i);
    }
    assert_int_equal(wanmi_map_fallback_unit(map), 2);
    assert_int_equal(wanmi_map_unit(map, 3, &info), WANMI_E_ARGUMENT);
    assert_string_equal(wanmi_map_unit_code(map, 3), "");
    assert_int_equal(wanmi_map_find_unit(map, "d"), WANMI_NONE);
    assert_int_equal(wanmi_map_find_unit(map, NULL), WANMI_NONE);
    wanmi_map_release(map);
}

static void loops_of_units(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("");
    test_add_unit(builder, "self", "self");
    test_add_unit(builder, "r1", "r2");
    test_add_unit(builder, "r2", "r3");
    test_add_unit(builder, "r3", "r1");
    test_add_unit(builder, "tail", "r2");
    test_add_unit(builder, "free", "");
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 2);
    problem(0, WANMI_E_MAP_PARENT, "table wanmi_units, code r3: column parent: unit: its parents make a loop: 'r1'");
    problem(1, WANMI_E_MAP_PARENT, "table wanmi_units, code self: column parent: unit: its parents make a loop: 'self'");
    for (uint32_t u = 0; u < wanmi_map_unit_count(map); u++) {
        wanmi_unit_info info = {.parent = u};
        for (int steps = 0; info.parent != WANMI_NONE; steps++) {
            assert_true(steps < 6);
            wanmi_map_unit(map, info.parent, &info);
        }
    }
    wanmi_map_release(map);
}

static void the_fallback_unit(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("nobody");
    test_add_unit(builder, "a", "");
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 1);
    problem(0, WANMI_E_MAP_UNIT, "code nobody: the map's fallback unit is not there");
    assert_int_equal(wanmi_map_fallback_unit(map), WANMI_NONE);
    wanmi_map_release(map);
}

/* ---- duties --------------------------------------------------------------------- */

static void duties(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("");
    test_add_unit(builder, "u", "");
    test_add_unit(builder, "v", "");
    test_add_duty(builder, "cell", "1201", "网格员", "v", 1);
    test_add_duty(builder, "cell", "1101", "网格长", "u", 2);
    test_add_duty(builder, "cell", "1101", "网格长", "v", 1);
    test_add_duty(builder, "cell", "1101", "民警", "v", 1);
    test_add_duty(builder, "cell", "1101", "网格员", "v", 5);
    test_add_duty(builder, "cell", "1101", "网格员", "u", 5);
    test_add_duty(builder, "grid", "1101", "民警", "u", 1);
    test_add_duty(builder, "cell", "1199", "民警", "u", 1);
    test_add_duty(builder, "cell", "1101", "民警", "w", 1);
    test_add_duty(builder, "cell", "1101", "督导员", "w", 1);
    test_add_duty(builder, "cell", "1101", "网格长", "u", 3);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 5);
    problem(0, WANMI_E_MAP_DUTY, "column layer: duty in area 1101 of layer grid: the map has no such layer: 'grid'");
    problem(1, WANMI_E_MAP_DUTY, "table wanmi_duties: column area: duty in area 1199 of layer cell: the layer has no such area: '1199'");
    problem(2, WANMI_E_MAP_DUTY, "table wanmi_duties: column unit: duty in area 1101 of layer cell: there is no such unit: 'w'");
    problem(4, WANMI_E_MAP_DUTY, ": this unit has this role here already: 'u'");
    /* 督导员 was only in a row that is left out. */
    static const char *const roles[] = {"民警", "网格员", "网格长"};
    assert_int_equal(wanmi_map_role_count(map), 3);
    for (uint32_t i = 0; i < 3; i++) {
        assert_string_equal(wanmi_map_role(map, i), roles[i]);
        assert_int_equal(wanmi_map_find_role(map, roles[i]), i);
    }
    assert_string_equal(wanmi_map_role(map, 3), "");
    assert_int_equal(wanmi_map_find_role(map, "督导员"), WANMI_NONE);
    assert_int_equal(wanmi_map_find_role(map, NULL), WANMI_NONE);
    static const wanmi_duty_info expected[] = {
        {.area = 0, .role = 0, .rank = 1, .unit = 1}, {.area = 0, .role = 1, .rank = 5, .unit = 0},
        {.area = 0, .role = 1, .rank = 5, .unit = 1}, {.area = 0, .role = 2, .rank = 1, .unit = 1},
        {.area = 0, .role = 2, .rank = 2, .unit = 0}, {.area = 2, .role = 1, .rank = 1, .unit = 1}};
    assert_int_equal(wanmi_map_duty_count(map), 6);
    wanmi_duty_info info;
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(wanmi_map_duty(map, i, &info), WANMI_OK);
        assert_memory_equal(&info, &expected[i], sizeof info);
    }
    assert_int_equal(wanmi_map_duty(map, 6, &info), WANMI_E_ARGUMENT);
    static const uint32_t ranges[][2] = {{0, 5}, {5, 0}, {5, 1}, {0, 0}};
    for (uint32_t a = 0; a < 4; a++) {
        uint32_t first, count;
        wanmi_map_area_duties(map, a, &first, &count);
        assert_int_equal(count, ranges[a][1]);
        if (a < 3)
            assert_int_equal(first, ranges[a][0]);
    }
    wanmi_map_release(map);
}

/* A duty is of all versions of a code: it hangs on the first one. */
static void duties_of_versions(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("");
    test_add_unit(builder, "u", "");
    test_add_version(builder, "police", "P", "", 200, WANMI_TIME_NONE, test_wkb_box(0, 0, 9000, 1));
    test_add_version(builder, "police", "P", "", WANMI_TIME_NONE, 200, test_wkb_box(0, 0, 8000, 1));
    test_add_duty(builder, "police", "P", "民警", "u", 1);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 0);
    wanmi_duty_info duty;
    assert_int_equal(wanmi_map_duty(map, 0, &duty), WANMI_OK);
    uint32_t late = wanmi_map_find_area(map, 1, "P", 300);
    wanmi_area_info area;
    wanmi_map_area(map, late, &area);
    assert_int_equal(duty.area, area.key);
    assert_int_equal(late, area.key + 1);
    assert_true(area.max_x == 9000);
    wanmi_map_release(map);
}

/* ---- rules ---------------------------------------------------------------------- */

static void add_rule(wanmi_map_builder *builder, int32_t seq, const char *layer, const char *area,
                     const char *unit, const char *at_layer, const char *tag)
{
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = seq;
    rule.row = 100 + seq;
    rule.layer = layer;
    rule.area = area;
    rule.unit = unit;
    rule.at_layer = at_layer;
    /* At a layer the role is called as it; without unit and role a rule is none. */
    rule.role = at_layer[0] != '\0' ? at_layer : unit[0] == '\0' ? "z" : "";
    rule.tag = tag;
    test_add_rule(builder, &rule);
}

static void rules(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("");
    test_add_unit(builder, "u", "");
    add_rule(builder, 30, "cell", "1201", "u", "", "b");
    add_rule(builder, -1, "cell", "12*", "", "cell", "急");
    add_rule(builder, 20, "", "", "", "", "b");
    add_rule(builder, 3, "grid", "", "", "", "lost");
    add_rule(builder, 4, "cell", "1199", "", "", "");
    add_rule(builder, 5, "cell", "13*", "", "", "");
    add_rule(builder, 6, "police", "*", "", "", "");
    add_rule(builder, 7, "cell", "", "w", "", "");
    add_rule(builder, 8, "cell", "*", "", "grid", "");
    add_rule(builder, 20, "", "", "", "", "a");
    add_rule(builder, 9, "cell", "*", "", "", "a");
    add_rule(builder, 1, "cell", "1201*", "", "", "");
    add_rule(builder, 2, "cell", "12011*", "", "", "");
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 8);
    problem(0, WANMI_E_MAP_RULE, "row 102: column area: rule with seq 2: this area is not there: '12011*'");
    problem(1, WANMI_E_MAP_RULE, "row 103: column layer: rule with seq 3: this layer is not there: 'grid'");
    problem(2, WANMI_E_MAP_RULE, "row 104: column area: rule with seq 4: this area is not there: '1199'");
    problem(3, WANMI_E_MAP_RULE, "row 105: column area: rule with seq 5: this area is not there: '13*'");
    problem(4, WANMI_E_MAP_RULE, "row 106: column area: rule with seq 6: this area is not there: '*'");
    problem(5, WANMI_E_MAP_RULE, "row 107: column unit: rule with seq 7: this unit is not there: 'w'");
    problem(6, WANMI_E_MAP_RULE, "row 108: column at_layer: rule with seq 8: this layer is not there: 'grid'");
    problem(7, WANMI_E_MAP_RULE, "row 120: column seq: is doubled: '20'");
    static const int32_t seqs[] = {-1, 1, 9, 20, 30};
    assert_int_equal(wanmi_map_rule_count(map), 5);
    wanmi_rule_def def;
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(wanmi_map_rule(map, i, &def), WANMI_OK);
        assert_int_equal(def.seq, seqs[i]);
        assert_int_equal(def.struct_size, sizeof def);
    }
    assert_int_equal(wanmi_map_rule(map, 5, &def), WANMI_E_ARGUMENT);
    static const char *const tags[] = {"a", "b", "急"};
    assert_int_equal(wanmi_map_tag_count(map), 3);
    for (uint32_t i = 0; i < 3; i++)
        assert_string_equal(wanmi_map_tag(map, i), tags[i]);
    assert_string_equal(wanmi_map_tag(map, 3), "");
    assert_int_equal(wanmi_map_find_role(map, "cell"), 0);
    wanmi_map_release(map);
}

/* Every column of a rule comes back as it went in, from texts that are gone. */
static void rules_are_kept_whole(void **state)
{
    (void)state;
    wanmi_map_builder *builder = start("");
    test_add_unit(builder, "u", "");
    char texts[14][16] = {"m", "01", "cell", "11*", "u*", "src", "1-5", "8:00-17:00", "role", "cell",
                         "all", "u", "4h", "tag"};
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    const char **columns[] = {&rule.mode, &rule.class_prefix, &rule.layer, &rule.area, &rule.owner,
                              &rule.source, &rule.weekdays, &rule.hours, &rule.role, &rule.at_layer,
                              &rule.holders, &rule.unit, &rule.deadline, &rule.tag};
    char kept[14][16];
    memcpy(kept, texts, sizeof kept);
    for (int i = 0; i < 14; i++)
        *columns[i] = texts[i];
    rule.seq = 7;
    rule.min_severity = 255;
    rule.valid_from_us = -5;
    rule.valid_to_us = 5;
    rule.copy = rule.last = 1;
    rule.priority = 0;
    rule.row = 33;
    test_add_rule(builder, &rule);
    memset(texts, 'x', sizeof texts);
    wanmi_map *map = build(builder);
    assert_int_equal(problem_count, 0);
    assert_int_equal(wanmi_map_rule(map, 0, &rule), WANMI_OK);
    for (int i = 0; i < 14; i++)
        assert_string_equal(*columns[i], kept[i]);
    assert_true(rule.seq == 7 && rule.min_severity == 255 && rule.valid_from_us == -5 &&
                rule.valid_to_us == 5 && rule.copy == 1 && rule.last == 1 && rule.priority == 0 &&
                rule.row == 33);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units), cmocka_unit_test(loops_of_units),
        cmocka_unit_test(the_fallback_unit), cmocka_unit_test(duties),
        cmocka_unit_test(duties_of_versions), cmocka_unit_test(rules),
        cmocka_unit_test(rules_are_kept_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
