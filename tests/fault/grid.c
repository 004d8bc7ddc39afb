/* Every allocation of a cut and of a check failed in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

#define X 500000.0
#define Y 4420000.0

/* An area with a hole that touches its shell, slivers, a full square. */
static test_wkb wiggly(void)
{
    const double xy[] = {X + 10, Y + 10, X + 330, Y + 5,   X + 320, Y + 230, X + 101, Y + 201,
                         X + 15, Y + 240, X + 10, Y + 10,
                         X + 200, Y + 110, X + 260, Y + 190, X + 190, Y + 180, X + 200, Y + 110};
    const uint32_t points[] = {6, 4};
    return test_wkb_polygon(xy, points, 2);
}

static wanmi_status cut(const wanmi_host *host, void *user)
{
    const test_wkb *wkb = user;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.code = "110101";
    def.wkb = wkb->bytes;
    def.wkb_size = wkb->size;
    wanmi_grid_options o;
    wanmi_grid_options_init(&o);
    o.layout = "6+3";
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    wanmi_map_builder *builder = NULL;
    wanmi_grid_result result;
    wanmi_grid_result_init(&result);
    wanmi_status status = wanmi_map_builder_create(host, &builder, NULL);
    if (status == WANMI_OK)
        status = wanmi_map_builder_meta(builder, &meta, NULL);
    if (status == WANMI_OK)
        status = wanmi_grid_cut(builder, &def, 1, &o, host, &result, NULL);
    assert_true(status == WANMI_OK ? result.cells > 8 : result.cells == 0);
    wanmi_map_builder_free(builder);
    return status;
}

static void cutting_survives_every_failed_allocation(void **state)
{
    (void)state;
    test_wkb wkb = wiggly();
    assert_true(test_fail_each(cut, &wkb) > 100);
    free(wkb.bytes);
}

static void add_box(wanmi_map_builder *builder, wanmi_status *status, const char *layer, const char *code,
                    const char *parent, double west, double south, double east, double north)
{
    test_wkb wkb = test_wkb_box(west, south, east, north);
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    def.wkb = wkb.bytes;
    def.wkb_size = wkb.size;
    if (*status == WANMI_OK)
        *status = wanmi_map_builder_area(builder, &def, NULL);
    free(wkb.bytes);
}

static void count(void *user, const wanmi_finding *finding)
{
    (void)finding;
    ++*(int *)user;
}

/* A gap, an overlap, a crossing, a small cell: every path takes memory. */
static wanmi_status check(const wanmi_host *host, void *user)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    wanmi_layer_def area, cell;
    wanmi_layer_def_init(&area);
    wanmi_layer_def_init(&cell);
    area.name = cell.parent = "area";
    area.level = 1;
    cell.name = "cell";
    wanmi_map_builder *builder = NULL;
    wanmi_map *map = NULL;
    wanmi_status status = wanmi_map_builder_create(host, &builder, NULL);
    if (status == WANMI_OK)
        status = wanmi_map_builder_meta(builder, &meta, NULL);
    if (status == WANMI_OK)
        status = wanmi_map_builder_layer(builder, &area, NULL);
    if (status == WANMI_OK)
        status = wanmi_map_builder_layer(builder, &cell, NULL);
    add_box(builder, &status, "area", "A", NULL, X, Y, X + 200, Y + 200);
    add_box(builder, &status, "cell", "A1", "A", X - 5, Y, X + 100, Y + 100);
    add_box(builder, &status, "cell", "A2", "A", X + 90, Y, X + 200, Y + 100);
    add_box(builder, &status, "cell", "A3", "A", X, Y + 100, X + 20, Y + 120);
    if (status == WANMI_OK)
        status = wanmi_map_build(builder, NULL, &map, NULL);
    uint64_t found = 0;
    int told = 0;
    if (status == WANMI_OK)
        status = wanmi_check(map, NULL, count, &told, &found, NULL);
    *(uint64_t *)user = found;
    assert_true(status == WANMI_OK ? found == 4 && told == 4 : found == 0);
    wanmi_map_release(map);
    wanmi_map_builder_free(builder);
    return status;
}

static void checking_survives_every_failed_allocation(void **state)
{
    (void)state;
    uint64_t found = 0;
    assert_true(test_fail_each(check, &found) > 50);
    assert_int_equal(found, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cutting_survives_every_failed_allocation),
        cmocka_unit_test(checking_survives_every_failed_allocation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
