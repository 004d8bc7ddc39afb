/* Overlaps of two areas, and what of an area lies outside its parent. A face
 * only says where to look; GEOS says what two areas share. */
#include <stdlib.h>

#include "layer_work.h"

enum { STEP = 1024 };

static bool boxes_overlap(const wanmi_area_info *a, const wanmi_area_info *b)
{
    return a->min_x < b->max_x && b->min_x < a->max_x && a->min_y < b->max_y && b->min_y < a->max_y;
}

static bool add_pair(void *user, uint32_t other)
{
    wm_layer_work *w = user;
    wanmi_area_info a, b;
    if (other <= w->one || !wm_numbers_has(&w->met, other))
        return true;
    wanmi_map_area(w->check->map, w->one, &a);
    wanmi_map_area(w->check->map, other, &b);
    if (!boxes_overlap(&a, &b))
        return true;
    if (!wm_reserve(w->check->host, (void **)&w->pairs, &w->pair_room, w->pair_count + 1,
                    sizeof *w->pairs))
        return false;
    w->pairs[w->pair_count++] = (wm_pair){w->one, other};
    return true;
}

/* All pairs among the areas that meet a face covered several times: the face may
 * run over the border between two areas that both overlap a third. */
wanmi_status wm_add_pairs(wm_layer_work *w, const GEOSGeometry *face, wanmi_error *error)
{
    wanmi_status status = wm_find_met(w, face, error);
    for (size_t i = 0; status == WANMI_OK && i < w->met.count; i++) {
        wanmi_area_info info;
        w->one = w->met.items[i];
        wanmi_map_area(w->check->map, w->one, &info);
        GEOSGeometry *box = GEOSGeom_createRectangle_r(w->check->geos.context, info.min_x, info.min_y,
                                                       info.max_x, info.max_y);
        if (box == NULL)
            return wm_check_geos_failed(w->check, error);
        status = wm_layer_areas_near(w->check, &w->areas, box, add_pair, w, error);
        GEOSGeom_destroy_r(w->check->geos.context, box);
    }
    return status;
}

static int compare_pairs(const void *left, const void *right)
{
    const wm_pair *a = left, *b = right;
    if (a->a != b->a)
        return a->a < b->a ? -1 : 1;
    return a->b < b->b ? -1 : a->b > b->b;
}

/* `of` runs GEOSIntersection_r or GEOSDifference_r on two areas. */
static wanmi_status combine(wm_check *check, uint32_t a, uint32_t b,
                            GEOSGeometry *(*of)(GEOSContextHandle_t, const GEOSGeometry *,
                                                const GEOSGeometry *),
                            GEOSGeometry **thick, double *area, wanmi_error *error)
{
    GEOSGeometry *one = wm_check_area_shape(check, a), *two = wm_check_area_shape(check, b);
    wanmi_status status;
    if (one == NULL || two == NULL)
        status = wm_error_memory(error);
    else
        status = wm_check_thick(check, of(check->geos.context, one, two), thick, area, error);
    GEOSGeom_destroy_r(check->geos.context, one);
    GEOSGeom_destroy_r(check->geos.context, two);
    return status;
}

static wanmi_status tell_overlap(wm_layer_work *w, wm_pair p, wanmi_error *error)
{
    wm_check *check = w->check;
    GEOSGeometry *thick = NULL;
    double area;
    wanmi_status status = combine(check, p.a, p.b, GEOSIntersection_r, &thick, &area, error);
    if (status != WANMI_OK || thick == NULL)
        return status;
    wanmi_area_info info;
    wanmi_map_area(check->map, p.a, &info);
    wanmi_finding finding = {.kind = WANMI_FINDING_OVERLAP,
                             .severity = 3,
                             .layer = w->areas.info.name,
                             .code = info.code,
                             .other = wanmi_map_area_code(check->map, p.b),
                             .row = info.row,
                             .area_m2 = area};
    status = wm_check_tell(check, &finding, thick, error, "overlaps %s by %.6g m2", finding.other,
                           area);
    GEOSGeom_destroy_r(check->geos.context, thick);
    return status;
}

wanmi_status wm_tell_overlaps(wm_layer_work *w, wanmi_error *error)
{
    if (w->pair_count != 0)
        qsort(w->pairs, w->pair_count, sizeof *w->pairs, compare_pairs);
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; status == WANMI_OK && i < w->pair_count; i++) {
        if (i > 0 && compare_pairs(&w->pairs[i - 1], &w->pairs[i]) == 0)
            continue;
        status = tell_overlap(w, w->pairs[i], error);
        if (status == WANMI_OK && i % STEP == 0)
            status = wm_check_step(w->check, 0, error);
    }
    return status;
}

static wanmi_status tell_crossing(wm_layer_work *w, uint32_t child, wanmi_error *error)
{
    wm_check *check = w->check;
    GEOSGeometry *thick = NULL;
    double area;
    wanmi_status status = combine(check, child, w->parent, GEOSDifference_r, &thick, &area, error);
    if (status != WANMI_OK || thick == NULL)
        return status;
    wanmi_area_info info;
    wanmi_map_area(check->map, child, &info);
    wanmi_finding finding = {.kind = WANMI_FINDING_PARENT,
                             .severity = 3,
                             .layer = w->areas.info.name,
                             .code = info.code,
                             .other = wanmi_map_area_code(check->map, w->parent),
                             .row = info.row,
                             .area_m2 = area};
    status = wm_check_tell(check, &finding, thick, error, "%.6g m2 of it lie outside its parent %s",
                           area, finding.other);
    GEOSGeom_destroy_r(check->geos.context, thick);
    return status;
}

wanmi_status wm_tell_crossings(wm_layer_work *w, wanmi_error *error)
{
    wm_numbers_sort(&w->crossing);
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; status == WANMI_OK && i < w->crossing.count; i++)
        status = tell_crossing(w, w->crossing.items[i], error);
    return status;
}
