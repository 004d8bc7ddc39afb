/* What the map's builder takes for a polygon, and the words with which it refuses
 * the rest. The inputs are those of the fuzz corpus, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

static test_wkb corpus(const char *name)
{
    char relative[128];
    snprintf(relative, sizeof relative, "tests/fuzz/corpus/wkb/%s", name);
    FILE *file = fopen(test_source(relative), "rb");
    assert_non_null(file);
    test_wkb wkb = {malloc(1 << 16), 0};
    wkb.size = fread(wkb.bytes, 1, 1 << 16, file);
    fclose(file);
    return wkb;
}

static wanmi_status add(wanmi_map_builder *builder, test_wkb wkb, wanmi_error *error)
{
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = "cell";
    def.code = "110101001001007";
    def.row = 42;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    wanmi_error_clear(error);
    wanmi_status checked = wanmi_map_builder_check_area(builder, &def, error);
    wanmi_status added = wanmi_map_builder_area(builder, &def, error);
    assert_int_equal(checked, added);
    return added;
}

static void takes_what_is_valid(void **state)
{
    (void)state;
    static const char *const names[] = {
        "square", "hole", "big-endian", "multi", "multi-one", "z-iso", "m-iso", "zm-iso", "z-ewkb",
        "zm-srid-ewkb", "multi-srid-ewkb", "touching-holes", "repeated-points", "minus-zero",
        "tiny-coordinates", "city"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        wanmi_map_builder *builder = test_builder(NULL);
        wanmi_error error;
        test_wkb wkb = corpus(names[i]);
        if (add(builder, wkb, &error) != WANMI_OK)
            fail_msg("%s: %s", names[i], error.message);
        free(wkb.bytes);
        wanmi_map_builder_free(builder);
    }
}

static void refuses_with_words(void **state)
{
    (void)state;
    static const struct {
        const char *name, *words;
    } cases[] = {
        {"nothing", "there is no geometry"},
        {"one-byte", "the WKB is cut off"},
        {"order-7", "neither of the two byte orders"},
        {"type-0", "the geometry is of type 0, not a polygon"},
        {"type-unknown", "the geometry is of an unknown type"},
        {"type-4003", "the geometry is of an unknown type"},
        {"point", "the geometry is a Point, not a polygon"},
        {"line", "the geometry is a LineString"},
        {"collection", "the geometry is a GeometryCollection"},
        {"nested-deep", "the geometry is a GeometryCollection"},
        {"curve-polygon", "the geometry is a CurvePolygon"},
        {"multi-of-points", "part 1 is a Point, not a polygon"},
        {"multi-of-collection", "part 1 is a GeometryCollection"},
        {"multi-nested", "part 1 is a MultiPolygon"},
        {"empty", "the polygon is empty"},
        {"empty-multi", "the multipolygon is empty"},
        {"empty-part", "part 2 is empty"},
        {"ring-0", "ring 2 has 0 points"},
        {"ring-1", "ring 2 has 1 point;"},
        {"ring-3", "ring 1 has 3 points;"},
        {"unclosed", "ring 1 is not closed: it begins at 0 0 and ends at 0 100"},
        {"unclosed-by-an-ulp", "ring 1 is not closed"},
        {"nan", "ring 1 has a coordinate that is not finite at point 3: nan 100"},
        {"nan-closed", "not finite at point 1"},
        {"infinite", "not finite at point 3: 100 -inf"},
        {"huge-coordinates", "farther than 1e9 m at point 2"},
        {"huge-points", "ring 1 says it has more points than the WKB has bytes for"},
        {"huge-rings", "more rings than it has bytes for"},
        {"huge-signed", "more rings than it has bytes for"},
        {"huge-parts", "more parts than it has bytes for"},
        {"left-over", "bytes are left over behind the WKB: 1"},
        {"bow-tie", "ring 1: Self-intersection at 50.000 50.000"},
        {"figure-of-eight", "ring 1: Ring Self-intersection at 50.000 50.000"},
        {"spike", "ring 1: Self-intersection at 150.000 0.000"},
        {"flat", "ring 1: Self-intersection"},
        {"one-place", "ring 1: Too few points in geometry component at 7.000 7.000"},
        {"hole-outside", "ring 2: Hole lies outside shell at 525.000 25.000"},
        {"hole-is-shell", "Self-intersection"},
        {"holes-nested", "ring 3: Holes are nested"},
        {"parts-overlap", "part 1, ring 1: Self-intersection"},
        {"parts-alike", "part 1, ring 1: Self-intersection"},
    };
    wanmi_map_builder *builder = test_builder(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wanmi_error error;
        test_wkb wkb = corpus(cases[i].name);
        assert_int_equal(add(builder, wkb, &error), WANMI_E_MAP_GEOMETRY);
        assert_int_equal(error.status, WANMI_E_MAP_GEOMETRY);
        assert_string_equal(error.layer, "cell");
        assert_string_equal(error.code, "110101001001007");
        assert_int_equal(error.row, 42);
        if (strstr(error.message, cases[i].words) == NULL)
            fail_msg("%s: '%s' is not in '%s'", cases[i].name, cases[i].words, error.message);
        assert_non_null(strstr(error.message, "layer cell, row 42, code 110101001001007: "));
        free(wkb.bytes);
    }
    wanmi_map_builder_free(builder);
}

static void refuses_every_cut(void **state)
{
    (void)state;
    wanmi_map_builder *builder = test_builder(NULL);
    static const char *const names[] = {"hole", "multi", "zm-srid-ewkb", "big-endian"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        test_wkb whole = corpus(names[i]);
        for (size_t size = 0; size < whole.size; size++) {
            /* In a block of its own, so that a sanitizer sees a byte read too far. */
            test_wkb cut = {malloc(size + 1), size};
            memcpy(cut.bytes, whole.bytes, size);
            wanmi_error error;
            assert_int_equal(add(builder, cut, &error), WANMI_E_MAP_GEOMETRY);
            assert_null(strstr(error.message, "left over")); /* it was not read past its end */
            free(cut.bytes);
        }
        free(whole.bytes);
    }
    wanmi_map_builder_free(builder);
}

/* A refused area leaves the builder as it was: the next one is the map's first. */
static void goes_on_after_a_refusal(void **state)
{
    (void)state;
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    wanmi_error error;
    test_wkb bad = corpus("parts-overlap"), good = corpus("hole");
    assert_int_equal(add(builder, bad, &error), WANMI_E_MAP_GEOMETRY);
    assert_int_equal(add(builder, good, &error), WANMI_OK);
    wanmi_map *map = test_build(builder);
    assert_int_equal(wanmi_map_area_count(map), 1);
    assert_int_equal(wanmi_map_area_wkb_size(map, 0), good.size);
    wanmi_map_release(map);
    free(bad.bytes);
    free(good.bytes);
}

/* Z, M, SRID and byte order go; x and y stay bit by bit, -0 too. */
static void keeps_x_and_y_alone(void **state)
{
    (void)state;
    static const char *const same[] = {"z-iso", "m-iso", "zm-iso", "z-ewkb", "zm-srid-ewkb",
                                       "multi-srid-ewkb", "square"};
    test_wkb square = corpus("square");
    const size_t count = sizeof same / sizeof same[0];
    for (size_t i = 0; i <= count; i++) {
        const char *name = i < count ? same[i] : "minus-zero";
        wanmi_map_builder *builder = test_builder(NULL);
        test_add_meta(builder, NULL);
        test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
        wanmi_error error;
        test_wkb wkb = corpus(name), expected = i < count ? square : wkb;
        assert_int_equal(add(builder, wkb, &error), WANMI_OK);
        wanmi_map *map = test_build(builder);
        uint8_t back[256];
        assert_int_equal(wanmi_map_area_wkb_size(map, 0), expected.size);
        assert_int_equal(wanmi_map_area_wkb(map, 0, back, expected.size - 1), WANMI_E_ARGUMENT);
        assert_int_equal(wanmi_map_area_wkb(map, 0, back, sizeof back), WANMI_OK);
        assert_memory_equal(back, expected.bytes, expected.size);
        wanmi_map_release(map);
        free(wkb.bytes);
    }
    free(square.bytes);
}

/* More rings and parts than fit beside the stack's own. */
static void names_a_ring_among_many(void **state)
{
    (void)state;
    enum { HOLES = 40 };
    double xy[2 * 5 * (HOLES + 1)];
    uint32_t points[HOLES + 1];
    for (int h = 0; h <= HOLES; h++) {
        double x = h == 0 ? 0 : 10 * h, w = h == 0 ? 1000 : 5, y = h == 0 ? 0 : 10;
        const double box[] = {x, y, x + w, y, x + w, y + w, x, y + w, x, y};
        memcpy(xy + 10 * h, box, sizeof box);
        points[h] = 5;
    }
    wanmi_map_builder *builder = test_builder(NULL);
    wanmi_error error;
    test_wkb good = test_wkb_polygon(xy, points, HOLES + 1);
    assert_int_equal(add(builder, good, &error), WANMI_OK);
    xy[10 * 33 + 2 * 2] -= 8; /* ring 34 crosses itself */
    test_wkb bad = test_wkb_polygon(xy, points, HOLES + 1);
    assert_int_equal(add(builder, bad, &error), WANMI_E_MAP_GEOMETRY);
    assert_non_null(strstr(error.message, "ring 34: "));
    test_wkb both[] = {test_wkb_box(5000, 0, 5001, 1), bad};
    test_wkb multi = test_wkb_multi(both, 2);
    assert_int_equal(add(builder, multi, &error), WANMI_E_MAP_GEOMETRY);
    assert_non_null(strstr(error.message, "part 2, ring 34: "));
    free(both[0].bytes);
    free(multi.bytes);
    free(bad.bytes);
    free(good.bytes);
    wanmi_map_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_what_is_valid), cmocka_unit_test(refuses_with_words),
        cmocka_unit_test(refuses_every_cut), cmocka_unit_test(goes_on_after_a_refusal),
        cmocka_unit_test(keeps_x_and_y_alone), cmocka_unit_test(names_a_ring_among_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
