/* Gaps and overlaps of a layer, and areas that cross their parent.
 *
 * Within a layer the edges that are left (faces.c) bound faces covered once,
 * never (a hole) or several times (overlaps). Between a parent and its children,
 * with the parent's edges turned round, they bound faces where both agree, where
 * only the parent is (a gap, looked for under the cells) or where children are
 * too many (outside the parent, or over each other).
 */
#include <math.h>
#include <stdlib.h>

#include "check.h"

/* A hole of at least this many m2 that no parent covers is taken for a lake or
 * another city's land: a note. */
#define LAKE_M2 10000.0

enum { STEP = 1024 };

typedef struct pair { uint32_t a, b; } pair;

typedef struct pairs {
    pair *items;
    size_t count, room;
} pairs;

/* One layer's check. */
typedef struct work {
    wm_check *check;
    wm_layer_areas areas;
    bool is_cell;
    wm_edges edges;
    wm_shape_list gaps;         /* faces that nothing covers */
    pairs pairs;                /* areas that may overlap */
    uint32_t parent;            /* being compared with its children */
    int covers;                 /* scratch of counting */
    wm_xy point;
    const GEOSPreparedGeometry *face;
    uint32_t one;               /* scratch of pairing */
    uint32_t *crossing;         /* children that may cross their parent */
    size_t crossing_count, crossing_room;
    uint32_t *met;              /* areas that meet a face */
    size_t met_count, met_room;
    uint32_t *by_parent;        /* places in areas, by parent */
} work;

static bool add_number(wm_check *check, uint32_t **items, size_t *count, size_t *room, uint32_t number)
{
    if (!wm_reserve(check->host, (void **)items, room, *count + 1, sizeof **items))
        return false;
    (*items)[(*count)++] = number;
    return true;
}

static int compare_numbers(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return a < b ? -1 : a > b;
}

static size_t sort_numbers(uint32_t *items, size_t count)
{
    if (count != 0)
        qsort(items, count, sizeof *items, compare_numbers);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || items[kept - 1] != items[i])
            items[kept++] = items[i];
    return kept;
}

/* ---- how often a point is covered ------------------------------------------------------- */

static bool count_cover(void *user, uint32_t area)
{
    work *w = user;
    if (w->parent != WANMI_NONE &&
        wanmi_map_area_parent(w->check->map, area, w->check->instant_us) != w->parent)
        return true;
    w->covers += wm_check_covers(w->check, area, w->point);
    return true;
}

static wanmi_status count_covers(work *w, wm_xy p, wanmi_error *error)
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

/* ---- which areas meet a face ---------------------------------------------------------------- */

static bool meet(void *user, uint32_t area)
{
    work *w = user;
    wm_check *check = w->check;
    if (w->parent != WANMI_NONE &&
        wanmi_map_area_parent(check->map, area, check->instant_us) != w->parent)
        return true;
    GEOSGeometry *shape = wm_check_area_shape(check, area);
    if (shape == NULL)
        return false;
    bool meets = GEOSPreparedIntersects_r(check->geos.context, w->face, shape) != 0;
    GEOSGeom_destroy_r(check->geos.context, shape);
    return !meets || add_number(check, &w->met, &w->met_count, &w->met_room, area);
}

static wanmi_status find_met(work *w, const GEOSGeometry *face, wanmi_error *error)
{
    w->met_count = 0;
    w->face = GEOSPrepare_r(w->check->geos.context, face);
    if (w->face == NULL)
        return wm_check_geos_failed(w->check, error);
    wanmi_status status = wm_layer_areas_near(w->check, &w->areas, face, meet, w, error);
    GEOSPreparedGeom_destroy_r(w->check->geos.context, w->face);
    w->face = NULL;
    w->met_count = sort_numbers(w->met, w->met_count);
    return status;
}

/* ---- gaps ------------------------------------------------------------------------------------ */

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

/* Takes off what was told of this layer or of one above it. Takes `gap`. */
static GEOSGeometry *take_off_told(work *w, GEOSGeometry *gap)
{
    wm_check *check = w->check;
    for (size_t i = 0; gap != NULL && i < check->gap_count; i++) {
        if (!is_same_or_ancestor(check, w->areas.layer, check->gaps[i].layer) ||
            GEOSIntersects_r(check->geos.context, gap, check->gaps[i].shape) == 0)
            continue;
        GEOSGeometry *rest = GEOSDifference_r(check->geos.context, gap, check->gaps[i].shape);
        GEOSGeom_destroy_r(check->geos.context, gap);
        gap = rest;
    }
    return gap;
}

static wanmi_status tell_hole(work *w, const GEOSGeometry *gap, double area, wanmi_error *error)
{
    wm_check *check = w->check;
    GEOSGeometry *around = GEOSBuffer_r(check->geos.context, gap, check->options.tolerance_m + 0.001, 1);
    if (around == NULL)
        return wm_check_geos_failed(check, error);
    wanmi_status status = find_met(w, around, error);
    GEOSGeom_destroy_r(check->geos.context, around);
    if (status != WANMI_OK)
        return status;
    wanmi_finding finding = {
        .kind = WANMI_FINDING_GAP,
        .severity = area >= LAKE_M2 ? 1 : 3,
        .layer = w->areas.info.name,
        .code = w->met_count > 0 ? wanmi_map_area_code(check->map, w->met[0]) : "",
        .other = w->met_count > 1 ? wanmi_map_area_code(check->map, w->met[1]) : "",
        .area_m2 = area};
    status = wm_check_tell(check, &finding, gap, error, "a gap of %.6g m2%s", area,
                           area >= LAKE_M2 ? ", large enough to be a lake or land of others" : "");
    if (status == WANMI_OK && !remember_gap(check, w->areas.layer, gap))
        status = wm_error_memory(error);
    return status;
}

static wanmi_status tell_uncovered(work *w, const GEOSGeometry *gap, double area, wanmi_error *error)
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
static wanmi_status tell_parts(work *w, const GEOSGeometry *whole, wanmi_error *error)
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

static wanmi_status tell_gaps(work *w, wanmi_error *error)
{
    if (w->gaps.count == 0)
        return WANMI_OK;
    GEOSGeometry *gap = wm_shape_list_dissolve(w->check, &w->gaps), *thick;
    double area;
    if (w->parent == WANMI_NONE)
        gap = take_off_told(w, gap);
    wanmi_status status = wm_check_thick(w->check, gap, &thick, &area, error);
    if (status == WANMI_OK && thick != NULL)
        status = tell_parts(w, thick, error);
    GEOSGeom_destroy_r(w->check->geos.context, thick);
    return status;
}

/* ---- overlaps ------------------------------------------------------------------------------------ */

static bool boxes_overlap(const wanmi_area_info *a, const wanmi_area_info *b)
{
    return a->min_x < b->max_x && b->min_x < a->max_x && a->min_y < b->max_y && b->min_y < a->max_y;
}

static bool add_pair(void *user, uint32_t other)
{
    work *w = user;
    wanmi_area_info a, b;
    if (other <= w->one || bsearch(&other, w->met, w->met_count, sizeof other, compare_numbers) == NULL)
        return true;
    wanmi_map_area(w->check->map, w->one, &a);
    wanmi_map_area(w->check->map, other, &b);
    if (!boxes_overlap(&a, &b))
        return true;
    if (!wm_reserve(w->check->host, (void **)&w->pairs.items, &w->pairs.room, w->pairs.count + 1,
                    sizeof *w->pairs.items))
        return false;
    w->pairs.items[w->pairs.count++] = (pair){w->one, other};
    return true;
}

/* All pairs among the areas that meet a face covered several times: the face may
 * run over the border between two areas that both overlap a third. */
static wanmi_status add_pairs(work *w, const GEOSGeometry *face, wanmi_error *error)
{
    wanmi_status status = find_met(w, face, error);
    for (size_t i = 0; status == WANMI_OK && i < w->met_count; i++) {
        wanmi_area_info info;
        w->one = w->met[i];
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
    const pair *a = left, *b = right;
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

static wanmi_status tell_overlap(work *w, pair p, wanmi_error *error)
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
    status = wm_check_tell(check, &finding, thick, error, "overlaps %s by %.6g m2", finding.other, area);
    GEOSGeom_destroy_r(check->geos.context, thick);
    return status;
}

static wanmi_status tell_overlaps(work *w, wanmi_error *error)
{
    pairs *p = &w->pairs;
    if (p->count != 0)
        qsort(p->items, p->count, sizeof *p->items, compare_pairs);
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; status == WANMI_OK && i < p->count; i++) {
        if (i > 0 && compare_pairs(&p->items[i - 1], &p->items[i]) == 0)
            continue;
        status = tell_overlap(w, p->items[i], error);
        if (status == WANMI_OK && i % STEP == 0)
            status = wm_check_step(w->check, 0, error);
    }
    return status;
}

static wanmi_status visit_layer_face(void *user, const GEOSGeometry *face, wm_xy inside,
                                     wanmi_error *error)
{
    work *w = user;
    wanmi_status status = count_covers(w, inside, error);
    if (status == WANMI_OK && w->covers == 0 && !wm_shape_list_add(w->check, &w->gaps, face))
        status = wm_error_memory(error);
    if (status == WANMI_OK && w->covers > 1)
        status = add_pairs(w, face, error);
    return status;
}

static wanmi_status check_partition(work *w, wanmi_error *error)
{
    w->parent = WANMI_NONE;
    w->edges.count = 0;
    for (size_t i = 0; i < w->areas.count; i++)
        if (!wm_check_add_edges(w->check, &w->edges, w->areas.items[i], false))
            return wm_error_memory(error);
    wm_edges_cancel(&w->edges);
    wanmi_status status = wm_check_faces(w->check, &w->edges, visit_layer_face, w, error);
    if (status == WANMI_OK)
        status = tell_gaps(w, error);
    return status == WANMI_OK ? tell_overlaps(w, error) : status;
}

/* ---- a parent and its children --------------------------------------------------------------------- */

static wanmi_status visit_family_face(void *user, const GEOSGeometry *face, wm_xy inside,
                                      wanmi_error *error)
{
    work *w = user;
    wanmi_status status = count_covers(w, inside, error);
    if (status != WANMI_OK)
        return status;
    int parent = wm_check_covers(w->check, w->parent, inside);
    if (parent > w->covers && w->is_cell && !wm_shape_list_add(w->check, &w->gaps, face))
        return wm_error_memory(error);
    if (parent >= w->covers)
        return WANMI_OK;
    status = find_met(w, face, error);
    for (size_t i = 0; status == WANMI_OK && i < w->met_count; i++)
        if (!add_number(w->check, &w->crossing, &w->crossing_count, &w->crossing_room, w->met[i]))
            status = wm_error_memory(error);
    return status;
}

static wanmi_status tell_crossing(work *w, uint32_t child, wanmi_error *error)
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
    status = wm_check_tell(check, &finding, thick, error, "%.6g m2 of it lie outside its parent %s", area,
                           finding.other);
    GEOSGeom_destroy_r(check->geos.context, thick);
    return status;
}

/* `children`: places in areas. */
static wanmi_status check_family(work *w, uint32_t parent, const uint32_t *children, size_t count,
                                 wanmi_error *error)
{
    w->parent = parent;
    w->edges.count = w->crossing_count = 0;
    if (!wm_check_add_edges(w->check, &w->edges, parent, true))
        return wm_error_memory(error);
    for (size_t i = 0; i < count; i++)
        if (!wm_check_add_edges(w->check, &w->edges, w->areas.items[children[i]], false))
            return wm_error_memory(error);
    wm_edges_cancel(&w->edges);
    wanmi_status status = wm_check_faces(w->check, &w->edges, visit_family_face, w, error);
    if (status == WANMI_OK)
        status = tell_gaps(w, error);
    w->crossing_count = sort_numbers(w->crossing, w->crossing_count);
    for (size_t i = 0; status == WANMI_OK && i < w->crossing_count; i++)
        status = tell_crossing(w, w->crossing[i], error);
    return status;
}

static int compare_by_parent(const void *left, const void *right, void *user)
{
    const uint32_t *parents = ((const work *)user)->areas.parents;
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    if (parents[a] != parents[b])
        return parents[a] < parents[b] ? -1 : 1;
    return a < b ? -1 : a > b;
}

static wanmi_status check_families(work *w, wanmi_error *error)
{
    size_t count = w->areas.count, first = 0;
    wanmi_layer_info parents;
    wanmi_map_layer(w->check->map, w->areas.info.parent, &parents);
    w->by_parent = wm_alloc(w->check->host, count * sizeof *w->by_parent);
    if (w->by_parent == NULL)
        return wm_error_memory(error);
    for (size_t i = 0; i < count; i++)
        w->by_parent[i] = (uint32_t)i;
    if (count > 1)
        qsort_r(w->by_parent, count, sizeof *w->by_parent, compare_by_parent, w);
    wanmi_status status = WANMI_OK;
    for (uint32_t p = parents.first_area; status == WANMI_OK && p < parents.first_area + parents.area_count; p++) {
        wanmi_area_info info;
        wanmi_map_area(w->check->map, p, &info);
        size_t end = first;
        while (end < count && w->areas.parents[w->by_parent[end]] == p)
            end++;
        if (wm_check_is_valid_at(w->check, &info) && (end > first || w->is_cell))
            status = check_family(w, p, w->by_parent + first, end - first, error);
        if (status == WANMI_OK)
            status = wm_check_step(w->check, end - first, error);
        first = end;
    }
    wm_free(w->check->host, w->by_parent, count * sizeof *w->by_parent);
    return status;
}

/* ---- one layer ------------------------------------------------------------------------------------------ */

wanmi_status wm_check_layer_shapes(wm_check *check, uint32_t layer, wanmi_error *error)
{
    work w = {.check = check, .is_cell = wanmi_map_cell_layer(check->map) == layer, .parent = WANMI_NONE};
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
    wm_free(check->host, w.pairs.items, w.pairs.room * sizeof *w.pairs.items);
    wm_free(check->host, w.crossing, w.crossing_room * sizeof *w.crossing);
    wm_free(check->host, w.met, w.met_room * sizeof *w.met);
    wm_layer_areas_close(check, &w.areas);
    return status;
}
