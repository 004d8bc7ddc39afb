/* What a row of each table may be: every column, every limit, with words. */
#include <limits.h>
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

#define TEXT_64 "0123456789012345678901234567890123456789012345678901234567890123"
#define TEXT_256 TEXT_64 TEXT_64 TEXT_64 TEXT_64

static wanmi_map_builder *builder;
static wanmi_error error;

static int make(void **state)
{
    (void)state;
    builder = test_builder(NULL);
    wanmi_error_clear(&error);
    return 0;
}

static int drop(void **state)
{
    (void)state;
    wanmi_map_builder_free(builder);
    return 0;
}

static void refused(wanmi_status status, wanmi_status expected, const char *words)
{
    if (status != expected || error.status != expected || strstr(error.message, words) == NULL)
        fail_msg("%s with '%s', expected %s with '%s'", wanmi_status_name(status), error.message,
                 wanmi_status_name(expected), words);
}

/* ---- texts --------------------------------------------------------------------- */

static wanmi_status area(const char *layer, const char *code, const char *name, const char *parent,
                         const char *grade)
{
    test_wkb wkb = test_wkb_box(0, 0, 1, 1);
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.name = name;
    def.parent = parent;
    def.grade = grade;
    def.row = 9;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    wanmi_status status = wanmi_map_builder_area(builder, &def, &error);
    free(wkb.bytes);
    return status;
}

static void codes(void **state)
{
    (void)state;
    static const struct {
        const char *code, *words;
    } bad[] = {
        {"", "row 9: code is missing"},
        {NULL, "row 9: code is missing"},
        {TEXT_64 "4", "code is longer than 64 bytes"},
        {"11\xFF", "row 9: code is not UTF-8"},
        {"11\xC0\xAF", "not UTF-8"},
        {"11\xED\xA0\x80", "not UTF-8"},
        {"11\n", "holds a control character"},
        {"11\x7F", "holds a control character"},
        {"11\xC2\x85", "holds a control character"},
        {" 11", "begins or ends with a blank: ' 11'"},
        {"11 ", "begins or ends with a blank"},
        {"11\xE3\x80\x80", "begins or ends with a blank"},
        {"\xC2\xA0""11", "begins or ends with a blank"},
        {"1;2", "holds a ';'"},
        {"11*", "ends with a '*'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(area("cell", bad[i].code, "", "", ""), WANMI_E_MAP_CODE, bad[i].words);
    static const char *const good[] = {TEXT_64, "1", "1 1", "东城-07", "a*b", "\xF0\x9F\x8F\x99"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(area("cell", good[i], NULL, NULL, NULL), WANMI_OK);
}

static void other_texts_of_areas(void **state)
{
    (void)state;
    refused(area("", "1", "", "", ""), WANMI_E_MAP_LAYER, "layer is missing");
    refused(area("cell", "1", TEXT_256, "", ""), WANMI_E_ARGUMENT, "name is longer than 255 bytes");
    refused(area("cell", "1", "a\tb", "", ""), WANMI_E_ARGUMENT, "name holds a control character");
    refused(area("cell", "1", "", " 1", ""), WANMI_E_MAP_PARENT, "parent begins or ends");
    refused(area("cell", "1", "", "", TEXT_64 "4"), WANMI_E_ARGUMENT, "grade is longer than 64");
    assert_int_equal(area("cell", "1", " any; name ", "0", "特级"), WANMI_OK);
}

static void validity(void **state)
{
    (void)state;
    test_wkb wkb = test_wkb_box(0, 0, 1, 1);
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = "cell";
    def.code = "1";
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    def.valid_from_us = def.valid_to_us = 1000;
    refused(wanmi_map_builder_area(builder, &def, &error), WANMI_E_ARGUMENT, "not later");
    def.valid_to_us = 999;
    refused(wanmi_map_builder_area(builder, &def, &error), WANMI_E_ARGUMENT, "not later");
    def.valid_to_us = 1001;
    assert_int_equal(wanmi_map_builder_area(builder, &def, &error), WANMI_OK);
    def.valid_to_us = WANMI_TIME_NONE;
    assert_int_equal(wanmi_map_builder_area(builder, &def, &error), WANMI_OK);
    free(wkb.bytes);
}

/* ---- meta ---------------------------------------------------------------------- */

static wanmi_status meta(const wanmi_map_meta *changed)
{
    return wanmi_map_builder_meta(builder, changed, &error);
}

static void meta_columns(void **state)
{
    (void)state;
    wanmi_map_meta good, m;
    wanmi_map_meta_init(&good);
    refused(meta(&good), WANMI_E_MAP_META, "CRS is missing");
    good.crs = "EPSG:4548";
    assert_int_equal(meta(&good), WANMI_OK);
    m = good;
    m.title = TEXT_256;
    refused(meta(&m), WANMI_E_MAP_META, "title is longer");
    m = good;
    m.uuid = "1234";
    refused(meta(&m), WANMI_E_MAP_META, "uuid is not");
    m = good;
    m.uuid = "01234567-89ab-cdef-0123-456789abcdefa";
    refused(meta(&m), WANMI_E_MAP_META, "uuid is not");
    m = good;
    m.uuid = "01234567-89AB-cdef-0123-456789abcdef";
    assert_int_equal(meta(&m), WANMI_OK);
    m = good;
    m.generation = 0;
    refused(meta(&m), WANMI_E_MAP_META, "generation is 0");
    static const double snaps[] = {-1, -1e-300, 1000.5, INFINITY, NAN};
    for (size_t i = 0; i < 5; i++) {
        m = good;
        m.snap_m = snaps[i];
        refused(meta(&m), WANMI_E_MAP_META, "snap_m is not from 0 to 1000");
    }
    m = good;
    m.snap_m = 1000;
    assert_int_equal(meta(&m), WANMI_OK);
}

static void meta_layout(void **state)
{
    (void)state;
    wanmi_map_meta m;
    wanmi_map_meta_init(&m);
    m.crs = "EPSG:4548";
    static const char *const bad[] = {"+", "6+", "+6", "6++3", "0+3", "6+10", "6 + 3", "a",
                                      "6-3", "9+9+9+9+9+9+9+9"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        m.code_layout = bad[i];
        refused(meta(&m), WANMI_E_MAP_META, "code_layout");
    }
    static const char *const good[] = {"6+3+3+2", "6+5", "9", "6+6+3+3+2", ""};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        m.code_layout = good[i];
        assert_int_equal(meta(&m), WANMI_OK);
    }
}

static void struct_sizes(void **state)
{
    (void)state;
    wanmi_map_meta m;
    wanmi_map_meta_init(&m);
    m.crs = "EPSG:4548";
    m.struct_size = 0;
    refused(meta(&m), WANMI_E_ARGUMENT, "wanmi_map_meta was not filled");
    m.struct_size = sizeof m + 1;
    refused(meta(&m), WANMI_E_ARGUMENT, "wanmi_map_meta was not filled");
    refused(meta(NULL), WANMI_E_ARGUMENT, "wanmi_map_meta was not filled");
    /* An older caller knows no snap_m and no generation: the defaults hold. */
    m.struct_size = offsetof(wanmi_map_meta, snap_m);
    m.snap_m = NAN;
    m.generation = 0;
    assert_int_equal(meta(&m), WANMI_OK);
    assert_int_equal(wanmi_map_builder_meta(NULL, &m, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_layer(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_area(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_check_area(builder, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_unit(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_duty(builder, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_rule(NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_map_builder_create(NULL, NULL, &error), WANMI_E_ARGUMENT);
}

/* ---- layers -------------------------------------------------------------------- */

static wanmi_status layer(const char *name, int kind, int32_t level, const char *parent)
{
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = (wanmi_layer_kind)kind;
    def.level = level;
    def.parent = parent;
    return wanmi_map_builder_layer(builder, &def, &error);
}

static void layers(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", TEXT_64, "a b", "a.b", "a\"b", "a;b", "\xFF", "wanmi_meta", "WANMI_x", "gpkg_contents",
        "rtree_cell_geom", "sqlite_master", "id", "Status", "distance_m"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refused(layer(bad[i], 0, 0, ""), WANMI_E_MAP_LAYER, "layer name");
    refused(layer("cell", 2, 0, ""), WANMI_E_MAP_LAYER, "kind 2");
    refused(layer("cell", 0, -1, ""), WANMI_E_MAP_LAYER, "level -1");
    refused(layer("cell", 0, 0, "\n"), WANMI_E_MAP_LAYER, "parent layer");
    assert_int_equal(layer("cell", 0, 0, NULL), WANMI_OK);
    refused(layer("cell", 0, 0, ""), WANMI_E_MAP_LAYER, "there is a layer cell already");
    refused(layer("Cell", 0, 0, ""), WANMI_E_MAP_LAYER, "there is a layer cell already");
    assert_int_equal(layer("网格_1-a", 1, 3, ""), WANMI_OK);
    for (int i = 2; i < WANMI_LAYERS_MAX; i++) {
        char name[32];
        snprintf(name, sizeof name, "layer%d", i);
        assert_int_equal(layer(name, 1, 1, ""), WANMI_OK);
    }
    refused(layer("more", 0, 0, ""), WANMI_E_LIMIT, "64 layers at most");
}

/* ---- units, duties, rules --------------------------------------------------------- */

static void units(void **state)
{
    (void)state;
    wanmi_unit_def good, d;
    wanmi_unit_def_init(&good);
    good.row = 3;
    refused(wanmi_map_builder_unit(builder, &good, &error), WANMI_E_MAP_UNIT, "row 3: column code: unit code is missing");
    good.code = "U";
    assert_int_equal(wanmi_map_builder_unit(builder, &good, &error), WANMI_OK);
    d = good;
    d.code = "U;";
    refused(wanmi_map_builder_unit(builder, &d, &error), WANMI_E_MAP_UNIT, "unit code holds a ';'");
    d = good;
    d.name = TEXT_256;
    refused(wanmi_map_builder_unit(builder, &d, &error), WANMI_E_MAP_UNIT, "unit name is longer");
    d = good;
    d.kind = "\x01";
    refused(wanmi_map_builder_unit(builder, &d, &error), WANMI_E_MAP_UNIT, "unit kind");
    d = good;
    d.parent = " ";
    refused(wanmi_map_builder_unit(builder, &d, &error), WANMI_E_MAP_UNIT, "unit parent");
}

static void duties(void **state)
{
    (void)state;
    wanmi_duty_def good, d;
    wanmi_duty_def_init(&good);
    good.layer = "cell";
    good.area = "1";
    good.role = "网格员";
    good.unit = "U";
    good.row = 4;
    assert_int_equal(wanmi_map_builder_duty(builder, &good, &error), WANMI_OK);
    d = good;
    d.layer = "";
    refused(wanmi_map_builder_duty(builder, &d, &error), WANMI_E_MAP_DUTY, "row 4: column layer: duty layer is missing");
    d = good;
    d.area = NULL;
    refused(wanmi_map_builder_duty(builder, &d, &error), WANMI_E_MAP_DUTY, "duty area is missing");
    d = good;
    d.role = "";
    refused(wanmi_map_builder_duty(builder, &d, &error), WANMI_E_MAP_DUTY, "column role: duty role is missing");
    d = good;
    d.unit = "";
    refused(wanmi_map_builder_duty(builder, &d, &error), WANMI_E_MAP_DUTY, "duty unit is missing");
    d = good;
    d.rank = 0;
    refused(wanmi_map_builder_duty(builder, &d, &error), WANMI_E_MAP_DUTY, "column rank: duty rank 0");
}

static wanmi_status rule(const wanmi_rule_def *def)
{
    return wanmi_map_builder_rule(builder, def, &error);
}

static void rules(void **state)
{
    (void)state;
    wanmi_rule_def good, d;
    wanmi_rule_def_init(&good);
    good.seq = 10;
    good.row = 5;
    good.mode = NULL;
    good.role = "r";
    assert_int_equal(rule(&good), WANMI_OK);
    d = good;
    d.min_severity = 256;
    refused(rule(&d), WANMI_E_MAP_RULE, "table wanmi_rules, row 5: column min_severity: is not from 0 to 255: 256");
    d = good;
    d.min_severity = -1;
    refused(rule(&d), WANMI_E_MAP_RULE, "min_severity");
    d = good;
    d.copy = 2;
    refused(rule(&d), WANMI_E_MAP_RULE, "column copy: is not from 0 to 1");
    d = good;
    d.last = -1;
    refused(rule(&d), WANMI_E_MAP_RULE, "column last: is not from 0 to 1");
    d = good;
    d.priority = 10;
    refused(rule(&d), WANMI_E_MAP_RULE, "column priority: is not from 0 to 9");
    d = good;
    d.priority = -2;
    refused(rule(&d), WANMI_E_MAP_RULE, "column priority: is not from 0 to 9: -2");
    d = good;
    d.role = "";
    d.last = 1;
    refused(rule(&d), WANMI_E_MAP_RULE, "column unit: is empty, and so is role: nobody would receive anything");
    d = good;
    d.holders = "some";
    refused(rule(&d), WANMI_E_MAP_RULE, "column holders: is neither best nor all: 'some'");
    d = good;
    d.area = "1";
    refused(rule(&d), WANMI_E_MAP_RULE, "column area: is given without its layer: '1'");
    d = good;
    d.valid_from_us = 5;
    d.valid_to_us = 5;
    refused(rule(&d), WANMI_E_MAP_RULE, "not later");
    d = good;
    d.tag = "a;b";
    refused(rule(&d), WANMI_E_MAP_RULE, "column tag: holds a ';'");
    d = good;
    d.class_prefix = TEXT_64 "4";
    refused(rule(&d), WANMI_E_MAP_RULE, "column class: is longer than 64 bytes");
    d = good;
    d.hours = "\xFE";
    refused(rule(&d), WANMI_E_MAP_RULE, "column hours: is not UTF-8");
    d = good;
    d.seq = INT32_MIN;
    d.layer = "cell";
    d.area = TEXT_64 "*";
    d.holders = "all";
    assert_int_equal(rule(&d), WANMI_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes, make, drop),
        cmocka_unit_test_setup_teardown(other_texts_of_areas, make, drop),
        cmocka_unit_test_setup_teardown(validity, make, drop),
        cmocka_unit_test_setup_teardown(meta_columns, make, drop),
        cmocka_unit_test_setup_teardown(meta_layout, make, drop),
        cmocka_unit_test_setup_teardown(struct_sizes, make, drop),
        cmocka_unit_test_setup_teardown(layers, make, drop),
        cmocka_unit_test_setup_teardown(units, make, drop),
        cmocka_unit_test_setup_teardown(duties, make, drop),
        cmocka_unit_test_setup_teardown(rules, make, drop)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
