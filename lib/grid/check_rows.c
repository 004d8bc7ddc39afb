/* What a map's rows say: codes, sizes, parents. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "layout.h"

#define LEAST_M2 1000.0
#define MOST_M2 100000.0

enum { STEP = 256 };

/* One layer's check. */
typedef struct rows {
    wm_check *check;
    wanmi_layer_info layer;
    wm_layout layout;
    bool has_layout;            /* and the layer is the cell layer or above it */
    bool is_cell;
} rows;

static double area_of(wm_check *check, uint32_t area)
{
    wanmi_area_rings rings;
    wm_sum sum = {0, 0};
    if (wanmi_map_area_rings(check->map, area, &rings) != WANMI_OK)
        return NAN;
    for (uint32_t p = 0; p < rings.polygon_count; p++)
        for (uint32_t r = rings.polygons[p]; r < rings.polygons[p + 1]; r++) {
            const wm_xy *points = (const wm_xy *)rings.xy + rings.points[r];
            double part = fabs(wm_ring_area(points, rings.points[r + 1] - rings.points[r] - 1));
            wm_sum_add(&sum, r == rings.polygons[p] ? part : -part);
        }
    return wm_sum_value(&sum);
}

/* A cell has all digits of the layout, an area above it those of some parts. */
static bool fits_layout(const rows *r, const char *code)
{
    if (r->is_cell)
        return wm_is_digits(code, r->layout.ends[r->layout.parts - 1]);
    for (int i = 0; i + 1 < r->layout.parts; i++)
        if (wm_is_digits(code, r->layout.ends[i]))
            return true;
    return false;
}

static wanmi_status check_code(const rows *r, uint32_t area, const wanmi_area_info *info,
                               const char *layout, wanmi_error *error)
{
    if (!r->has_layout || fits_layout(r, info->code))
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_CODE, 2, area, NULL, NAN, error,
                              "the code does not fit the map's layout %s", layout);
}

static wanmi_status check_size(const rows *r, uint32_t area, wanmi_error *error)
{
    double size = r->is_cell ? area_of(r->check, area) : LEAST_M2;
    if (size >= LEAST_M2 && size <= MOST_M2)
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_SIZE, 1, area, NULL, size, error,
                              "the cell has %.6g m2, a cell is %g to %g", size, LEAST_M2, MOST_M2);
}

static wanmi_status check_parent(const rows *r, uint32_t area, const wanmi_area_info *info,
                                 wanmi_error *error)
{
    if (r->layer.parent == WANMI_NONE)
        return WANMI_OK;
    uint32_t parent = wanmi_map_area_parent(r->check->map, area, r->check->instant_us);
    if (info->parent_code[0] == '\0')
        return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 2, area, NULL, NAN, error,
                                  "the area has no parent");
    if (parent == WANMI_NONE)
        return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 3, area, info->parent_code, NAN,
                                  error, "its parent %s is not valid at this instant", info->parent_code);
    const char *code = wanmi_map_area_code(r->check->map, parent);
    if (!r->has_layout || strncmp(info->code, code, strlen(code)) == 0)
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 2, area, code, NAN, error,
                              "the code does not begin with its parent's, %s", code);
}

static wanmi_status check_row(const rows *r, uint32_t area, const char *layout, wanmi_error *error)
{
    wanmi_area_info info;
    wanmi_map_area(r->check->map, area, &info);
    if (!wm_check_is_valid_at(r->check, &info))
        return WANMI_OK;
    wanmi_status status = check_code(r, area, &info, layout, error);
    if (status == WANMI_OK)
        status = check_size(r, area, error);
    return status == WANMI_OK ? check_parent(r, area, &info, error) : status;
}

wanmi_status wm_check_layer_rows(wm_check *check, uint32_t layer, wanmi_error *error)
{
    wanmi_map *map = check->map;
    wanmi_map_meta meta;
    rows r = {.check = check, .is_cell = wanmi_map_cell_layer(map) == layer};
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    wanmi_map_layer(map, layer, &r.layer);
    r.has_layout = (r.is_cell || r.layer.is_cell_ancestor) &&
                   wm_layout_read(&r.layout, meta.code_layout);
    wanmi_status status = WANMI_OK;
    for (uint32_t i = 0; status == WANMI_OK && i < r.layer.area_count; i++) {
        status = check_row(&r, r.layer.first_area + i, meta.code_layout, error);
        if (status == WANMI_OK && (i + 1) % STEP == 0)
            status = wm_check_step(check, STEP, error);
    }
    return status != WANMI_OK ? status : wm_check_step(check, r.layer.area_count % STEP, error);
}
