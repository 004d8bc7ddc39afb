/* Where the areas of a layer do not fit, and areas that cross their parent.
 *
 * Within a layer the edges that are left (faces.c) bound faces covered once,
 * never (a hole) or several times (overlaps). Between a parent and its children,
 * with the parent's edges turned round, they bound faces where both agree, where
 * only the parent is (a gap, looked for under the cells) or where children are
 * too many (outside the parent, or over each other).
 */
#include <stdlib.h>

#include "layer_work.h"

bool wm_numbers_add(wm_check *check, wm_numbers *numbers, uint32_t number)
{
    if (!wm_reserve(check->host, (void **)&numbers->items, &numbers->room, numbers->count + 1,
                    sizeof *numbers->items))
        return false;
    numbers->items[numbers->count++] = number;
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

void wm_numbers_sort(wm_numbers *numbers)
{
    if (numbers->count != 0)
        qsort(numbers->items, numbers->count, sizeof *numbers->items, compare_numbers);
    size_t kept = 0;
    for (size_t i = 0; i < numbers->count; i++)
        if (kept == 0 || numbers->items[kept - 1] != numbers->items[i])
            numbers->items[kept++] = numbers->items[i];
    numbers->count = kept;
}

bool wm_numbers_has(const wm_numbers *numbers, uint32_t number)
{
    return numbers->count != 0 && bsearch(&number, numbers->items, numbers->count,
                                          sizeof number, compare_numbers) != NULL;
}

/* ---- how often a point is covered --------------------------------------------------- */

static bool count_cover(void *user, uint32_t area)
{
    wm_layer_work *w = user;
    if (w->parent != WANMI_NONE &&
        wanmi_map_area_parent(w->check->map, area, w->check->instant_us) != w->parent)
        return true;
    w->covers += wm_check_covers(w->check, area, w->point);
    return true;
}

static wanmi_status count_covers(wm_layer_work *w, wm_xy p, wanmi_error *error)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(w->check->geos.context, p.x, p.y);
    if (point == NULL)
        return wm_check_geos_failed(w->check, error);
    w->covers = 0;
    w->point = p;
    wanmi_status status = wm_layer_areas_near(w->check, &w->areas, point, count_cover, w, error);
    GEOSGeom_destroy_r(w->check->geos.context, point);
    return status;
}

/* ---- which areas meet a face -------------------------------------------------------- */

static bool meet(void *user, uint32_t area)
{
    wm_layer_work *w = user;
    wm_check *check = w->check;
    if (w->parent != WANMI_NONE &&
        wanmi_map_area_parent(check->map, area, check->instant_us) != w->parent)
        return true;
    GEOSGeometry *shape = wm_check_area_shape(check, area);
    if (shape == NULL)
        return false;
    bool meets = GEOSPreparedIntersects_r(check->geos.context, w->face, shape) != 0;
    GEOSGeom_destroy_r(check->geos.context, shape);
    return !meets || wm_numbers_add(check, &w->met, area);
}

wanmi_status wm_find_met(wm_layer_work *w, const GEOSGeometry *face, wanmi_error *error)
{
    w->met.count = 0;
    w->face = GEOSPrepare_r(w->check->geos.context, face);
    if (w->face == NULL)
        return wm_check_geos_failed(w->check, error);
    wanmi_status status = wm_layer_areas_near(w->check, &w->areas, face, meet, w, error);
    GEOSPreparedGeom_destroy_r(w->check->geos.context, w->face);
    w->face = NULL;
    wm_numbers_sort(&w->met);
    return status;
}

/* ---- a layer in itself -------------------------------------------------------------- */

static wanmi_status visit_layer_face(void *user, const GEOSGeometry *face, wm_xy inside,
                                     wanmi_error *error)
{
    wm_layer_work *w = user;
    wanmi_status status = count_covers(w, inside, error);
    if (status == WANMI_OK && w->covers == 0 && !wm_shape_list_add(w->check, &w->gaps, face))
        status = wm_error_memory(error);
    if (status == WANMI_OK && w->covers > 1)
        status = wm_add_pairs(w, face, error);
    return status;
}

static wanmi_status check_partition(wm_layer_work *w, wanmi_error *error)
{
    w->parent = WANMI_NONE;
    w->edges.count = 0;
    for (size_t i = 0; i < w->areas.count; i++)
        if (!wm_check_add_edges(w->check, &w->edges, w->areas.items[i], false))
            return wm_error_memory(error);
    wm_edges_cancel(&w->edges);
    wanmi_status status = wm_check_faces(w->check, &w->edges, visit_layer_face, w, error);
    if (status == WANMI_OK)
        status = wm_tell_gaps(w, error);
    return status == WANMI_OK ? wm_tell_overlaps(w, error) : status;
}

/* ---- a parent and its children ------------------------------------------------------ */

static wanmi_status visit_family_face(void *user, const GEOSGeometry *face, wm_xy inside,
                                      wanmi_error *error)
{
    wm_layer_work *w = user;
    wanmi_status status = count_covers(w, inside, error);
    if (status != WANMI_OK)
        return status;
    int parent = wm_check_covers(w->check, w->parent, inside);
    if (parent > w->covers && w->is_cell && !wm_shape_list_add(w->check, &w->gaps, face))
        return wm_error_memory(error);
    if (parent >= w->covers)
        return WANMI_OK;
    status = wm_find_met(w, face, error);
    for (size_t i = 0; status == WANMI_OK && i < w->met.count; i++)
        if (!wm_numbers_add(w->check, &w->crossing, w->met.items[i]))
            status = wm_error_memory(error);
    return status;
}

/* `children`: places in areas. */
static wanmi_status check_family(wm_layer_work *w, uint32_t parent, const uint32_t *children,
                                 size_t count, wanmi_error *error)
{
    w->parent = parent;
    w->edges.count = w->crossing.count = 0;
    if (!wm_check_add_edges(w->check, &w->edges, parent, true))
        return wm_error_memory(error);
    for (size_t i = 0; i < count; i++)
        if (!wm_check_add_edges(w->check, &w->edges, w->areas.items[children[i]], false))
            return wm_error_memory(error);
    wm_edges_cancel(&w->edges);
    wanmi_status status = wm_check_faces(w->check, &w->edges, visit_family_face, w, error);
    if (status == WANMI_OK)
        status = wm_tell_gaps(w, error);
    return status == WANMI_OK ? wm_tell_crossings(w, error) : status;
}

static int compare_by_parent(const void *left, const void *right, void *user)
{
    const uint32_t *parents = ((const wm_layer_work *)user)->areas.parents;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (parents[a] != parents[b])
        return parents[a] < parents[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static wanmi_status check_families(wm_layer_work *w, wanmi_error *error)
{
    size_t count = w->areas.count, first = 0;
    wanmi_layer_info parents;
    wanmi_map_layer(w->check->map, w->areas.info.parent, &parents);
    uint32_t *by_parent = wm_alloc(w->check->host, count * sizeof *by_parent);
    if (by_parent == NULL)
        return wm_error_memory(error);
    for (size_t i = 0; i < count; i++)
        by_parent[i] = (uint32_t)i;
    if (count > 1)
        qsort_r(by_parent, count, sizeof *by_parent, compare_by_parent, w);
    wanmi_status status = WANMI_OK;
    uint32_t last = parents.first_area + parents.area_count;
    for (uint32_t p = parents.first_area; status == WANMI_OK && p < last; p++) {
        wanmi_area_info info;
        wanmi_map_area(w->check->map, p, &info);
        size_t end = first;
        while (end < count && w->areas.parents[by_parent[end]] == p)
            end++;
        if (wm_check_is_valid_at(w->check, &info) && (end > first || w->is_cell))
            status = check_family(w, p, by_parent + first, end - first, error);
        if (status == WANMI_OK)
            status = wm_check_step(w->check, end - first, error);
        first = end;
    }
    wm_free(w->check->host, by_parent, count * sizeof *by_parent);
    return status;
}

/* ---- one layer ---------------------------------------------------------------------- */

wanmi_status wm_check_layer_shapes(wm_check *check, uint32_t layer, wanmi_error *error)
{
    wm_layer_work w = {.check = check, .parent = WANMI_NONE,
                       .is_cell = wanmi_map_cell_layer(check->map) == layer};
    wanmi_status status = wm_layer_areas_open(check, layer, &w.areas, error);
    uint64_t before = check->done;
    if (status == WANMI_OK && w.areas.info.parent != WANMI_NONE)
        status = check_families(&w, error);
    if (status == WANMI_OK && w.areas.info.kind == WANMI_PARTITION)
        status = check_partition(&w, error);
    if (status == WANMI_OK)
        status = wm_check_step(check, w.areas.info.area_count - (check->done - before), error);
    wm_shape_list_drop(check, &w.gaps);
    wm_edges_drop(check->host, &w.edges);
    wm_free(check->host, w.pairs, w.pair_room * sizeof *w.pairs);
    wm_free(check->host, w.crossing.items, w.crossing.room * sizeof *w.crossing.items);
    wm_free(check->host, w.met.items, w.met.room * sizeof *w.met.items);
    wm_layer_areas_close(check, &w.areas);
    return status;
}
