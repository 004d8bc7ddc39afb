/* Every allocation of building a map failed in turn, once and from then on: a
 * clean error, nothing left, and on the way a builder that stays usable. */
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <geos_c.h>

#include "maps.h"
#include "support.h"

/* Stand before GEOS's own: fail the n-th call when asked to. */
static int rings_fail_in;
static bool judging_fails;

__attribute__((visibility("default")))
GEOSGeometry *GEOSGeom_createLinearRing_r(GEOSContextHandle_t geos, GEOSCoordSequence *line)
{
    GEOSGeometry *(*real)(GEOSContextHandle_t, GEOSCoordSequence *);
    *(void **)&real = dlsym(RTLD_NEXT, "GEOSGeom_createLinearRing_r");
    if (rings_fail_in > 0 && --rings_fail_in == 0) {
        GEOSCoordSeq_destroy_r(geos, line);
        return NULL;
    }
    return real(geos, line);
}

__attribute__((visibility("default")))
char GEOSisValidDetail_r(GEOSContextHandle_t geos, const GEOSGeometry *geometry, int flags,
                         char **reason, GEOSGeometry **at)
{
    char (*real)(GEOSContextHandle_t, const GEOSGeometry *, int, char **, GEOSGeometry **);
    *(void **)&real = dlsym(RTLD_NEXT, "GEOSisValidDetail_r");
    return judging_fails ? 2 : real(geos, geometry, flags, reason, at);
}

/* WKB is made once: only what the library takes is to fail. */
static test_wkb cells[3], holed, parts;

static wanmi_status add_area(wanmi_map_builder *builder, const char *layer, const char *code,
                             const char *parent, test_wkb wkb, wanmi_error *error)
{
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    return wanmi_map_builder_area(builder, &def, error);
}

static wanmi_status add_layers(wanmi_map_builder *builder, wanmi_error *error)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "+08:00";
    meta.fallback_unit = "u";
    wanmi_status status = wanmi_map_builder_meta(builder, &meta, error);
    wanmi_layer_def layer;
    wanmi_layer_def_init(&layer);
    layer.name = "cell";
    layer.parent = "street";
    if (status == WANMI_OK)
        status = wanmi_map_builder_layer(builder, &layer, error);
    layer.name = "street";
    layer.parent = "";
    layer.level = 1;
    return status == WANMI_OK ? wanmi_map_builder_layer(builder, &layer, error) : status;
}

static wanmi_status add_areas(wanmi_map_builder *builder, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    static const char *const codes[] = {"12", "11", "13"};
    for (int i = 0; i < 3 && status == WANMI_OK; i++)
        status = add_area(builder, "cell", codes[i], "1", cells[i], error);
    if (status == WANMI_OK)
        status = add_area(builder, "street", "1", "", holed, error);
    return status == WANMI_OK ? add_area(builder, "street", "2", "", parts, error) : status;
}

static wanmi_status add_tables(wanmi_map_builder *builder, wanmi_error *error)
{
    wanmi_unit_def unit;
    wanmi_unit_def_init(&unit);
    unit.code = "u";
    wanmi_status status = wanmi_map_builder_unit(builder, &unit, error);
    unit.code = "v";
    unit.parent = "u";
    if (status == WANMI_OK)
        status = wanmi_map_builder_unit(builder, &unit, error);
    wanmi_duty_def duty;
    wanmi_duty_def_init(&duty);
    duty.layer = "cell";
    duty.area = "12";
    duty.role = "网格员";
    duty.unit = "v";
    if (status == WANMI_OK)
        status = wanmi_map_builder_duty(builder, &duty, error);
    wanmi_rule_def rule;
    wanmi_rule_def_init(&rule);
    rule.class_prefix = "01";
    rule.role = "网格长";
    rule.tag = "急";
    rule.unit = "u;v";
    rule.owner = "upkeep=u";
    rule.weekdays = "workday";
    rule.deadline = "4h";
    return status == WANMI_OK ? wanmi_map_builder_rule(builder, &rule, error) : status;
}

static wanmi_status add_times(wanmi_map_builder *builder, wanmi_error *error)
{
    wanmi_calendar_def calendar;
    wanmi_calendar_def_init(&calendar);
    calendar.name = "default";
    calendar.day = "1-5";
    calendar.hours = "08:00-12:00";
    wanmi_status status = wanmi_map_builder_calendar(builder, &calendar, error);
    calendar.day = "2008-10-01/2008-10-07";
    if (status == WANMI_OK)
        status = wanmi_map_builder_calendar(builder, &calendar, error);
    wanmi_deadline_def deadline;
    wanmi_deadline_def_init(&deadline);
    deadline.name = "4h";
    deadline.limit = 4;
    deadline.unit = "working_hour";
    if (status == WANMI_OK)
        status = wanmi_map_builder_deadline(builder, &deadline, error);
    wanmi_escalation_def escalation;
    wanmi_escalation_def_init(&escalation);
    escalation.on = "ack";
    escalation.limit = 1;
    escalation.unit = "working_day";
    escalation.to = "holder";
    escalation.target_role = "督导员";
    escalation.tag = "督办";
    return status == WANMI_OK ? wanmi_map_builder_escalation(builder, &escalation, error) : status;
}

static wanmi_status add_objects(wanmi_map_builder *builder, wanmi_error *error)
{
    wanmi_object_def object;
    wanmi_object_def_init(&object);
    object.code = "L2";
    object.name = "路灯";
    object.x = object.y = 1;
    object.upkeep = "v";
    wanmi_status status = wanmi_map_builder_object(builder, &object, error);
    object.code = "L1";
    return status == WANMI_OK ? wanmi_map_builder_object(builder, &object, error) : status;
}

static wanmi_status build_small(const wanmi_host *host, void *user)
{
    (void)user;
    wanmi_error error;
    wanmi_map_builder *builder = NULL;
    wanmi_map *map = NULL;
    wanmi_status status = wanmi_map_builder_create(host, &builder, &error);
    if (status == WANMI_OK)
        status = add_layers(builder, &error);
    if (status == WANMI_OK)
        status = add_areas(builder, &error);
    if (status == WANMI_OK)
        status = add_tables(builder, &error);
    if (status == WANMI_OK)
        status = add_times(builder, &error);
    if (status == WANMI_OK)
        status = add_objects(builder, &error);
    if (status == WANMI_OK)
        status = wanmi_map_build(builder, NULL, &map, &error);
    if (status != WANMI_OK)
        assert_int_equal(error.status, status);
    assert_int_equal(map != NULL, status == WANMI_OK);
    wanmi_map_builder_free(builder);
    wanmi_map_release(map);
    return status;
}

static void building(void **state)
{
    (void)state;
    int64_t tried = test_fail_each(build_small, NULL);
    print_message("%lld allocations failed in turn\n", (long long)tried);
    assert_true(tried > 80);
}

/* An area whose adding failed can be added again, and is there once. */
static void a_builder_stays_usable(void **state)
{
    (void)state;
    for (int64_t at = 1;; at++) {
        test_memory memory = {0};
        wanmi_host host = test_host(&memory);
        wanmi_error error;
        wanmi_map_builder *builder = test_builder(&host);
        assert_int_equal(add_layers(builder, &error), WANMI_OK);
        memory.fail_at = memory.calls + at;
        wanmi_status status = add_area(builder, "street", "1", "", holed, &error);
        bool failed = memory.calls >= memory.fail_at;
        memory.fail_at = 0;
        assert_int_equal(status, failed ? WANMI_E_MEMORY : WANMI_OK);
        if (failed)
            assert_int_equal(add_area(builder, "street", "1", "", holed, &error), WANMI_OK);
        assert_int_equal(add_area(builder, "street", "2", "", parts, &error), WANMI_OK);
        wanmi_map *map = NULL;
        assert_int_equal(wanmi_map_build(builder, NULL, &map, &error), WANMI_OK);
        assert_int_equal(wanmi_map_area_count(map), 2);
        uint8_t wkb[512];
        assert_int_equal(wanmi_map_area_wkb_size(map, 0), holed.size);
        assert_int_equal(wanmi_map_area_wkb(map, 0, wkb, sizeof wkb), WANMI_OK);
        assert_memory_equal(wkb, holed.bytes, holed.size);
        assert_int_equal(wanmi_map_area_wkb(map, 1, wkb, sizeof wkb), WANMI_OK);
        assert_memory_equal(wkb, parts.bytes, parts.size);
        wanmi_map_builder_free(builder);
        wanmi_map_release(map);
        assert_int_equal(memory.held_blocks, 0);
        if (!failed)
            break;
    }
}

/* GEOS out of memory, or thrown out of its course: an error, and nothing is left
 * (a leak checker looks). */
static void geos_fails(void **state)
{
    (void)state;
    wanmi_error error;
    wanmi_map_builder *builder = test_builder(NULL);
    for (int ring = 1; ring <= 4; ring++) {
        test_wkb wkb = ring <= 2 ? holed : parts;
        rings_fail_in = ring <= 2 ? ring : ring - 2;
        assert_int_equal(add_area(builder, "street", "1", "", wkb, &error), WANMI_E_MAP_GEOMETRY);
        assert_non_null(strstr(error.message, "GEOS cannot judge the polygon"));
        assert_int_equal(rings_fail_in, 0);
    }
    judging_fails = true;
    assert_int_equal(add_area(builder, "street", "1", "", holed, &error), WANMI_E_MAP_GEOMETRY);
    judging_fails = false;
    assert_int_equal(add_area(builder, "street", "1", "", holed, &error), WANMI_OK);
    wanmi_map_builder_free(builder);
}

static int make_shapes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        cells[i] = test_wkb_box(500000 + 100 * i, 0, 500100 + 100 * i, 100);
    const double xy[] = {0, 0, 900, 0, 900, 900, 0, 900, 0, 0, 10, 10, 10, 20, 20, 20, 10, 10};
    const uint32_t points[] = {5, 4};
    holed = test_wkb_polygon(xy, points, 2);
    test_wkb apart[] = {cells[0], cells[2]};
    parts = test_wkb_multi(apart, 2);
    return 0;
}

static int free_shapes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        free(cells[i].bytes);
    free(holed.bytes);
    free(parts.bytes);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(building),
                                       cmocka_unit_test(a_builder_stays_usable),
                                       cmocka_unit_test(geos_fails)};
    return cmocka_run_group_tests(tests, make_shapes, free_shapes);
}
