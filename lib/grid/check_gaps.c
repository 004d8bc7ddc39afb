/* Gaps: faces that nothing covers, told once each. */
#include <stdlib.h>

#include "layer_work.h"

/* A hole of at least this many m2 that no parent covers is taken for a lake or
 * another city's land: a note. */
#define LAKE_M2 10000.0

static bool remember_gap(wm_check *check, uint32_t layer, const GEOSGeometry *shape)
{
    if (!wm_reserve(check->host, (void **)&check->gaps, &check->gap_room, check->gap_count + 1,
                    sizeof *check->gaps))
        return false;
    GEOSGeometry *copy = GEOSGeom_clone_r(check->geos.context, shape);
    if (copy == NULL)
        return false;
    check->gaps[check->gap_count++] = (wm_gap){layer, copy};
    return true;
}

static bool is_same_or_ancestor(const wm_check *check, uint32_t layer, uint32_t ancestor)
{
    wanmi_layer_info info;
    for (; layer != WANMI_NONE; layer = info.parent) {
        if (layer == ancestor)
            return true;
        wanmi_map_layer(check->map, layer, &info);
    }
    return false;
}

/* Takes what was told of this layer, or of one above it, off `gap`. */
static wanmi_status take_off_told(wm_layer_work *w, GEOSGeometry **gap, wanmi_error *error)
{
    wm_check *check = w->check;
    wm_shape_list told = {0};
    bool stored = true;
    for (size_t i = 0; stored && i < check->gap_count; i++)
        if (is_same_or_ancestor(check, w->areas.layer, check->gaps[i].layer))
            stored = wm_shape_list_add(check, &told, check->gaps[i].shape);
    GEOSGeometry *all = NULL, *rest = NULL;
    if (stored && told.count != 0) {
        all = wm_shape_list_dissolve(check, &told);
        rest = all != NULL ? GEOSDifference_r(check->geos.context, *gap, all) : NULL;
        GEOSGeom_destroy_r(check->geos.context, all);
        GEOSGeom_destroy_r(check->geos.context, *gap);
        *gap = rest;
    }
    wm_shape_list_drop(check, &told);
    if (!stored)
        return wm_error_memory(error);
    return *gap != NULL ? WANMI_OK : wm_check_geos_failed(check, error);
}

static wanmi_status tell_hole(wm_layer_work *w, const GEOSGeometry *gap, double area,
                              wanmi_error *error)
{
    wm_check *check = w->check;
    double reach = check->options.tolerance_m + 0.001;
    GEOSGeometry *around = GEOSBuffer_r(check->geos.context, gap, reach, 1);
    if (around == NULL)
        return wm_check_geos_failed(check, error);
    wanmi_status status = wm_find_met(w, around, error);
    GEOSGeom_destroy_r(check->geos.context, around);
    if (status != WANMI_OK)
        return status;
    wanmi_finding finding = {
        .kind = WANMI_FINDING_GAP,
        .severity = area >= LAKE_M2 ? 1 : 3,
        .layer = w->areas.info.name,
        .code = w->met.count > 0 ? wanmi_map_area_code(check->map, w->met.items[0]) : "",
        .other = w->met.count > 1 ? wanmi_map_area_code(check->map, w->met.items[1]) : "",
        .area_m2 = area};
    status = wm_check_tell(check, &finding, gap, error, "a gap of %.6g m2%s", area,
                           area >= LAKE_M2 ? ", large enough to be a lake or land of others" : "");
    if (status == WANMI_OK && !remember_gap(check, w->areas.layer, gap))
        status = wm_error_memory(error);
    return status;
}

static wanmi_status tell_uncovered(wm_layer_work *w, const GEOSGeometry *gap, double area,
                                   wanmi_error *error)
{
    wm_check *check = w->check;
    wanmi_finding finding = {.kind = WANMI_FINDING_GAP,
                             .severity = 3,
                             .layer = w->areas.info.name,
                             .code = wanmi_map_area_code(check->map, w->parent),
                             .area_m2 = area};
    wanmi_status status = wm_check_tell(check, &finding, gap, error,
                                        "%.6g m2 of this area are in none of its cells", area);
    if (status == WANMI_OK && !remember_gap(check, w->areas.layer, gap))
        status = wm_error_memory(error);
    return status;
}

typedef struct placed {
    const GEOSGeometry *shape;
    double x, y, area;
} placed;

static int compare_placed(const void *left, const void *right)
{
    const placed *a = left, *b = right;
    if (a->y != b->y)
        return a->y > b->y ? -1 : 1;
    return a->x < b->x ? -1 : a->x > b->x;
}

/* One after the other from north to south, whatever order GEOS made them in. */
static wanmi_status tell_parts(wm_layer_work *w, const GEOSGeometry *whole, wanmi_error *error)
{
    GEOSContextHandle_t geos = w->check->geos.context;
    int count = GEOSGetNumGeometries_r(geos, whole);
    placed *parts = wm_alloc(w->check->host, (size_t)count * sizeof *parts);
    wanmi_status status = parts != NULL ? WANMI_OK : wm_error_memory(error);
    for (int i = 0; status == WANMI_OK && i < count; i++) {
        parts[i].shape = GEOSGetGeometryN_r(geos, whole, i);
        if (!GEOSGeom_getYMax_r(geos, parts[i].shape, &parts[i].y) ||
            !GEOSGeom_getXMin_r(geos, parts[i].shape, &parts[i].x) ||
            !GEOSArea_r(geos, parts[i].shape, &parts[i].area))
            status = wm_check_geos_failed(w->check, error);
    }
    if (status == WANMI_OK && count > 0)
        qsort(parts, (size_t)count, sizeof *parts, compare_placed);
    for (int i = 0; status == WANMI_OK && i < count; i++)
        status = w->parent != WANMI_NONE ? tell_uncovered(w, parts[i].shape, parts[i].area, error)
                                         : tell_hole(w, parts[i].shape, parts[i].area, error);
    wm_free(w->check->host, parts, (size_t)count * sizeof *parts);
    return status;
}

wanmi_status wm_tell_gaps(wm_layer_work *w, wanmi_error *error)
{
    if (w->gaps.count == 0)
        return WANMI_OK;
    GEOSGeometry *gap = wm_shape_list_dissolve(w->check, &w->gaps), *thick = NULL;
    double area;
    wanmi_status status = gap != NULL ? WANMI_OK : wm_check_geos_failed(w->check, error);
    if (status == WANMI_OK && w->parent == WANMI_NONE)
        status = take_off_told(w, &gap, error);
    if (status != WANMI_OK) {
        GEOSGeom_destroy_r(w->check->geos.context, gap);
        return status;
    }
    status = wm_check_thick(w->check, gap, &thick, &area, error);
    if (status == WANMI_OK && thick != NULL)
        status = tell_parts(w, thick, error);
    GEOSGeom_destroy_r(w->check->geos.context, thick);
    return status;
}
