/* wanmi_map_equal: a city against itself, and against one in which one thing is
 * changed; the first difference is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

/* What is changed; each number is one thing. */
enum change {
    NOTHING, UUID, TITLE, SNAP, ZONE, FALLBACK, LAYOUT, CELL_LAYER, LAYER_NAME, LAYER_KIND,
    LAYER_LEVEL, LAYER_PARENT, AREA_MORE, AREA_CODE, AREA_NAME, AREA_PARENT, AREA_GRADE, AREA_FROM,
    AREA_TO, AREA_POINT, AREA_ZERO, AREA_RINGS, AREA_PARTS, UNIT_MORE, UNIT_KIND, UNIT_PARENT,
    DUTY_MORE, DUTY_RANK, DUTY_ROLE, RULE_MORE, RULE_SEQ, RULE_CLASS, RULE_PRIORITY, RULE_TO,
    ROWS_AND_GENERATION, CHANGES
};

static const char *const words[CHANGES] = {
    [UUID] = "uuid differs", [TITLE] = "title differs: (none) and Other", [SNAP] = "snap_m differs: 1 and 2",
    [ZONE] = "timezone differs: UTC and Asia/Shanghai", [FALLBACK] = "fallback_unit differs: u and v",
    [LAYOUT] = "code_layout differs", [CELL_LAYER] = "cell_layer differs: cell and (none)",
    [LAYER_NAME] = "layer cell: the parent layer differs: other and changed",
    [LAYER_KIND] = "layer other: the layer's kind differs", [LAYER_LEVEL] = "layer other: the layer's level differs: 1 and 2",
    [LAYER_PARENT] = "layer cell: the parent layer differs: other and (none)",
    [AREA_MORE] = "layer cell: the number of areas differs: 2 and 3", [AREA_CODE] = "layer cell, code 2: the code differs: 2 and 3",
    [AREA_NAME] = "layer cell, code 1: the name differs: (none) and n",
    [AREA_PARENT] = "layer cell, code 1: the parent differs: p and (none)",
    [AREA_GRADE] = "layer cell, code 1: the grade differs: (none) and 特级",
    [AREA_FROM] = "layer cell, code 1: valid_from differs: (none) and 1970-01-01T00:00:00.000001+00:00",
    [AREA_TO] = "layer cell, code 1: valid_to differs", [AREA_POINT] = "layer cell, code 2: point 3 of ring 1 differs",
    [AREA_ZERO] = "layer cell, code 2: point 1 of ring 1 differs: 0 0 and 0 -0", [AREA_RINGS] = "layer cell, code 2: the number of rings differs: 1 and 2",
    [AREA_PARTS] = "layer cell, code 2: the number of parts differs: 1 and 2",
    [UNIT_MORE] = "the number of units differs", [UNIT_KIND] = "code u: the unit's kind differs: (none) and team",
    [UNIT_PARENT] = "code v: the unit's parent differs: u and (none)",
    [DUTY_MORE] = "the number of duties differs: 1 and 2", [DUTY_RANK] = "layer cell, code 1: a duty's rank differs: 1 and 2",
    [DUTY_ROLE] = "layer cell, code 1: a duty's role differs: 网格员 and 网格长",
    [RULE_MORE] = "the number of rules differs: 1 and 2", [RULE_SEQ] = "seq differs: 1 and 2",
    [RULE_CLASS] = "code rule 1: class differs: 01 and 02", [RULE_PRIORITY] = "code rule 1: priority differs: -1 and 5",
    [RULE_TO] = "code rule 1: valid_to differs",
};

static void fill_meta(wanmi_map_builder *builder, enum change c)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.uuid = c == UUID ? "00000000-0000-0000-0000-000000000001"
                          : "00000000-0000-0000-0000-000000000000";
    meta.title = c == TITLE ? "Other" : "";
    meta.snap_m = c == SNAP ? 2 : 1;
    meta.timezone = c == ZONE ? "Asia/Shanghai" : "UTC";
    meta.fallback_unit = c == FALLBACK ? "v" : "u";
    meta.code_layout = c == LAYOUT ? "1" : "";
    meta.generation = c == ROWS_AND_GENERATION ? 2 : 1;
    wanmi_error error;
    assert_int_equal(wanmi_map_builder_meta(builder, &meta, &error), WANMI_OK);
}

static test_wkb shape(enum change c)
{
    const double y = c == AREA_POINT ? 100.00000000000001 : 100, zero = c == AREA_ZERO ? -0.0 : 0.0;
    const double xy[] = {0, zero, 500, 0, 500, y, 0, 100, 0, 0, 10, 10, 10, 20, 20, 20, 20, 10, 10, 10};
    const uint32_t points[] = {5, 5};
    test_wkb whole = test_wkb_polygon(xy, points, c == AREA_RINGS ? 2 : 1);
    if (c != AREA_PARTS)
        return whole;
    test_wkb parts[] = {whole, test_wkb_box(600, 0, 700, 1)};
    test_wkb multi = test_wkb_multi(parts, 2);
    free(parts[0].bytes);
    free(parts[1].bytes);
    return multi;
}

static void fill_areas(wanmi_map_builder *builder, enum change c)
{
    wanmi_error error;
    test_wkb wkb = test_wkb_box(1000, 0, 1100, 100);
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = "cell";
    def.code = "1";
    def.name = c == AREA_NAME ? "n" : "";
    def.parent = c == AREA_PARENT || c == LAYER_PARENT ? "" : "p";
    def.grade = c == AREA_GRADE ? "特级" : "";
    def.valid_from_us = c == AREA_FROM ? 1 : WANMI_TIME_NONE;
    def.valid_to_us = c == AREA_TO ? 2 : WANMI_TIME_NONE;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    def.row = c == ROWS_AND_GENERATION ? 4 : 3;
    assert_int_equal(wanmi_map_builder_area(builder, &def, &error), WANMI_OK);
    free(wkb.bytes);
    test_add_area(builder, "cell", c == AREA_CODE ? "3" : "2", "", shape(c));
    if (c == AREA_MORE)
        test_add_box(builder, "cell", "3", "", 0, 0, 1, 1);
    test_add_box(builder, c == LAYER_NAME ? "changed" : "other", "p", "", 0, 0, 2000, 2000);
}

static void fill_rule(wanmi_map_builder *builder, enum change c)
{
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.seq = c == RULE_SEQ ? 2 : 1;
    rule.class_prefix = c == RULE_CLASS ? "02" : "01";
    rule.role = "@upkeep";
    rule.priority = c == RULE_PRIORITY ? 5 : -1;
    rule.valid_to_us = c == RULE_TO ? 5 : WANMI_TIME_NONE;
    test_add_rule(builder, &rule);
    rule.seq = 3;
    if (c == RULE_MORE)
        test_add_rule(builder, &rule);
}

static wanmi_map *city(enum change c)
{
    wanmi_map_builder *builder = test_builder(NULL);
    fill_meta(builder, c);
    const char *other = c == LAYER_NAME ? "changed" : "other";
    test_add_layer(builder, "cell", c == CELL_LAYER ? WANMI_OVERLAY : WANMI_PARTITION, 0,
                   c == LAYER_PARENT ? "" : other);
    test_add_layer(builder, other, c == LAYER_KIND ? WANMI_OVERLAY : WANMI_PARTITION,
                   c == LAYER_LEVEL ? 2 : 1, "");
    fill_areas(builder, c);
    wanmi_unit_def unit;
    wanmi_unit_def_init(&unit);
    unit.code = "u";
    unit.kind = c == UNIT_KIND ? "team" : "";
    assert_int_equal(wanmi_map_builder_unit(builder, &unit, NULL), WANMI_OK);
    test_add_unit(builder, "v", c == UNIT_PARENT ? "" : "u");
    if (c == UNIT_MORE)
        test_add_unit(builder, "w", "");
    test_add_duty(builder, "cell", "1", c == DUTY_ROLE ? "网格长" : "网格员", "u",
                  c == DUTY_RANK ? 2 : 1);
    if (c == DUTY_MORE)
        test_add_duty(builder, "cell", "1", "网格员", "v", 1);
    fill_rule(builder, c);
    return test_build(builder);
}

static void every_change_is_named(void **state)
{
    (void)state;
    wanmi_map *first = city(NOTHING);
    for (int c = 0; c < CHANGES; c++) {
        wanmi_map *second = city(c);
        wanmi_error difference;
        wanmi_error_clear(&difference);
        wanmi_status status = wanmi_map_equal(first, second, &difference);
        assert_int_equal(status, wanmi_map_equal(second, first, NULL));
        assert_int_equal(status, words[c] != NULL ? WANMI_PARTIAL : WANMI_OK);
        if (words[c] != NULL && strstr(difference.message, words[c]) == NULL)
            fail_msg("'%s' is not in '%s'", words[c], difference.message);
        wanmi_map_release(second);
    }
    assert_int_equal(wanmi_map_equal(first, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(first);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_change_is_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
