/* Where areas do not fit: the tools of the shape checks.
 *
 * Take the directed edges of all areas and strike out those that two neighbours
 * run along in opposite directions. Where areas meet node by node nothing is
 * left but the outer border, however many areas there are. What is left runs
 * exactly between places covered a different number of times; cut into faces, a
 * point of each face says which. So the work grows with what is wrong, not with
 * the map.
 */
#include <math.h>
#include <string.h>

#include "check.h"

/* ---- areas of a layer --------------------------------------------------------------- */

wanmi_status wm_layer_areas_open(wm_check *check, uint32_t layer, wm_layer_areas *areas,
                                 wanmi_error *error)
{
    *areas = (wm_layer_areas){.layer = layer};
    wanmi_map_layer(check->map, layer, &areas->info);
    size_t room = areas->info.area_count;
    areas->items = wm_alloc(check->host, room * sizeof *areas->items);
    areas->parents = wm_alloc(check->host, room * sizeof *areas->parents);
    areas->room = room;
    if (areas->items == NULL || areas->parents == NULL)
        return wm_error_memory(error);
    for (uint32_t a = areas->info.first_area; a < areas->info.first_area + room; a++) {
        wanmi_area_info info;
        wanmi_map_area(check->map, a, &info);
        if (!wm_check_is_valid_at(check, &info))
            continue;
        areas->parents[areas->count] = wanmi_map_area_parent(check->map, a, check->instant_us);
        areas->items[areas->count++] = a;
    }
    return WANMI_OK;
}

void wm_layer_areas_close(wm_check *check, wm_layer_areas *areas)
{
    if (areas->tree != NULL)
        GEOSSTRtree_destroy_r(check->geos.context, areas->tree);
    wm_free(check->host, areas->items, areas->room * sizeof *areas->items);
    wm_free(check->host, areas->parents, areas->room * sizeof *areas->parents);
}

static bool plant_tree(wm_check *check, wm_layer_areas *areas)
{
    GEOSContextHandle_t geos = check->geos.context;
    areas->tree = GEOSSTRtree_create_r(geos, 10);
    if (areas->tree == NULL)
        return false;
    for (size_t i = 0; i < areas->count; i++) {
        wanmi_area_info info;
        wanmi_map_area(check->map, areas->items[i], &info);
        GEOSGeometry *box =
            GEOSGeom_createRectangle_r(geos, info.min_x, info.min_y, info.max_x, info.max_y);
        if (box == NULL)
            return false;
        GEOSSTRtree_insert_r(geos, areas->tree, box, &areas->items[i]);
        GEOSGeom_destroy_r(geos, box); /* the tree keeps only its envelope */
    }
    return true;
}

typedef struct visitor {
    wm_area_fn visit;
    void *user;
    bool failed;
} visitor;

static void visit_item(void *item, void *user)
{
    visitor *v = user;
    if (!v->failed)
        v->failed = !v->visit(v->user, *(const uint32_t *)item);
}

wanmi_status wm_layer_areas_near(wm_check *check, wm_layer_areas *areas, const GEOSGeometry *shape,
                                 wm_area_fn visit, void *user, wanmi_error *error)
{
    if (areas->tree == NULL && !plant_tree(check, areas))
        return wm_check_geos_failed(check, error);
    visitor v = {visit, user, false};
    GEOSSTRtree_query_r(check->geos.context, areas->tree, shape, visit_item, &v);
    return v.failed ? wm_error_memory(error) : WANMI_OK;
}

/* ---- edges and points --------------------------------------------------------------- */

static bool add_ring(wm_check *check, wm_edges *edges, const wm_xy *points, size_t count,
                     bool is_shell, bool on_right)
{
    bool left = wm_ring_turn(&check->geos, points, count) > 0;
    bool turn = (left != is_shell) != on_right;
    for (size_t i = 0; i < count; i++) {
        wm_xy a = points[i], b = points[i + 1]; /* the map's rings are closed */
        if (a.x == b.x && a.y == b.y)
            continue;
        if (!wm_edges_add(check->host, edges, turn ? b : a, turn ? a : b))
            return false;
    }
    return true;
}

bool wm_check_add_edges(wm_check *check, wm_edges *edges, uint32_t area, bool on_right)
{
    wanmi_area_rings rings;
    if (wanmi_map_area_rings(check->map, area, &rings) != WANMI_OK)
        return false;
    const wm_xy *points = (const wm_xy *)rings.xy;
    for (uint32_t p = 0; p < rings.polygon_count; p++)
        for (uint32_t r = rings.polygons[p]; r < rings.polygons[p + 1]; r++)
            if (!add_ring(check, edges, points + rings.points[r],
                          rings.points[r + 1] - rings.points[r] - 1, r == rings.polygons[p], on_right))
                return false;
    return true;
}

bool wm_check_covers(wm_check *check, uint32_t area, wm_xy p)
{
    wanmi_area_rings rings;
    if (wanmi_map_area_rings(check->map, area, &rings) != WANMI_OK)
        return false;
    const wm_xy *points = (const wm_xy *)rings.xy;
    for (uint32_t k = 0; k < rings.polygon_count; k++) {
        bool inside = true;
        for (uint32_t r = rings.polygons[k]; inside && r < rings.polygons[k + 1]; r++) {
            int side = wm_ring_side(&check->geos, points + rings.points[r],
                                    rings.points[r + 1] - rings.points[r] - 1, p);
            inside = r == rings.polygons[k] ? side >= 0 : side <= 0;
        }
        if (inside)
            return true;
    }
    return false;
}

/* ---- faces -------------------------------------------------------------------------- */

/* The mean width: area over half the border. */
static double thickness(wm_check *check, const GEOSGeometry *shape, double *area)
{
    double border = 0;
    if (!GEOSArea_r(check->geos.context, shape, area) ||
        !GEOSLength_r(check->geos.context, shape, &border) || border == 0)
        return 0;
    return *area / (border / 2);
}

static void destroy_list(wm_check *check, GEOSGeometry **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        GEOSGeom_destroy_r(check->geos.context, list[i]);
}

static GEOSGeometry *make_line(wm_check *check, const wm_edge *e)
{
    double xy[4] = {e->a.x, e->a.y, e->b.x, e->b.y};
    GEOSCoordSequence *seq = GEOSCoordSeq_copyFromBuffer_r(check->geos.context, xy, 2, 0, 0);
    return seq != NULL ? GEOSGeom_createLineString_r(check->geos.context, seq) : NULL;
}

/* The edges as one geometry; NULL with `failed` false: no memory. */
static GEOSGeometry *make_lines(wm_check *check, const wm_edges *edges, bool *failed)
{
    GEOSGeometry **lines = wm_alloc(check->host, edges->count * sizeof *lines);
    GEOSGeometry *all = NULL;
    size_t made = 0;
    *failed = false;
    if (lines == NULL)
        return NULL;
    while (made < edges->count && (lines[made] = make_line(check, &edges->items[made])) != NULL)
        made++;
    if (made == edges->count)
        all = GEOSGeom_createCollection_r(check->geos.context, GEOS_MULTILINESTRING, lines,
                                          (unsigned)made);
    else
        destroy_list(check, lines, made);
    wm_free(check->host, lines, edges->count * sizeof *lines);
    *failed = all == NULL;
    return all;
}

/* Nodes lines, or dissolves faces. GEOS has several ways to node what is all but
 * the same line; the last, on a grid far finer than the tolerance, cannot fail. */
static GEOSGeometry *unite(wm_check *check, const GEOSGeometry *all)
{
    GEOSGeometry *one = GEOSUnaryUnion_r(check->geos.context, all);
    if (one != NULL)
        return one;
    double grid = exp2(floor(log2(fmax(check->options.tolerance_m, 1e-5) / 64)));
    return GEOSUnaryUnionPrec_r(check->geos.context, all, grid);
}

static wanmi_status visit_faces(wm_check *check, const GEOSGeometry *faces, wm_face_fn visit,
                                void *user, wanmi_error *error)
{
    GEOSContextHandle_t geos = check->geos.context;
    int count = GEOSGetNumGeometries_r(geos, faces);
    wanmi_status status = WANMI_OK;
    for (int i = 0; status == WANMI_OK && i < count; i++) {
        const GEOSGeometry *face = GEOSGetGeometryN_r(geos, faces, i);
        double area;
        wm_xy inside;
        if (thickness(check, face, &area) <= check->options.tolerance_m / 4)
            continue;
        GEOSGeometry *point = GEOSPointOnSurface_r(geos, face);
        if (point == NULL || GEOSGeomGetX_r(geos, point, &inside.x) != 1 ||
            GEOSGeomGetY_r(geos, point, &inside.y) != 1)
            status = wm_check_geos_failed(check, error);
        else
            status = visit(user, face, inside, error);
        GEOSGeom_destroy_r(geos, point);
    }
    return status;
}

wanmi_status wm_check_faces(wm_check *check, const wm_edges *edges, wm_face_fn visit, void *user,
                            wanmi_error *error)
{
    GEOSContextHandle_t geos = check->geos.context;
    bool failed;
    if (edges->count == 0)
        return WANMI_OK;
    GEOSGeometry *lines = make_lines(check, edges, &failed);
    if (lines == NULL)
        return failed ? wm_check_geos_failed(check, error) : wm_error_memory(error);
    GEOSGeometry *noded = unite(check, lines);
    GEOSGeom_destroy_r(geos, lines);
    const GEOSGeometry *parts[1] = {noded};
    GEOSGeometry *faces = noded != NULL ? GEOSPolygonize_r(geos, parts, 1) : NULL;
    wanmi_status status = faces != NULL ? visit_faces(check, faces, visit, user, error)
                                        : wm_check_geos_failed(check, error);
    GEOSGeom_destroy_r(geos, faces);
    GEOSGeom_destroy_r(geos, noded);
    return status;
}

/* ---- what is thick enough ----------------------------------------------------------- */

static wanmi_status collect_thick(wm_check *check, const GEOSGeometry *shape, wm_shape_list *list,
                                  double *area_m2, wanmi_error *error)
{
    int count = GEOSGetNumGeometries_r(check->geos.context, shape);
    for (int i = 0; i < count; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(check->geos.context, shape, i);
        double area;
        if (GEOSGeomTypeId_r(check->geos.context, part) != GEOS_POLYGON ||
            thickness(check, part, &area) <= check->options.tolerance_m)
            continue;
        *area_m2 += area;
        if (!wm_shape_list_add(check, list, part))
            return wm_error_memory(error);
    }
    return WANMI_OK;
}

wanmi_status wm_check_thick(wm_check *check, GEOSGeometry *shape, GEOSGeometry **thick,
                            double *area_m2, wanmi_error *error)
{
    *thick = NULL;
    *area_m2 = 0;
    if (shape == NULL)
        return wm_check_geos_failed(check, error);
    wm_shape_list list = {0};
    wanmi_status status = collect_thick(check, shape, &list, area_m2, error);
    GEOSGeom_destroy_r(check->geos.context, shape);
    if (status == WANMI_OK && list.count == 1)
        *thick = list.items[--list.count];
    else if (status == WANMI_OK && list.count > 1) {
        *thick = GEOSGeom_createCollection_r(check->geos.context, GEOS_MULTIPOLYGON, list.items,
                                             (unsigned)list.count);
        list.count = 0;         /* the collection has them, or has destroyed them */
        if (*thick == NULL)
            status = wm_check_geos_failed(check, error);
    }
    wm_shape_list_drop(check, &list);
    return status;
}

bool wm_shape_list_add(wm_check *check, wm_shape_list *list, const GEOSGeometry *shape)
{
    if (!wm_reserve(check->host, (void **)&list->items, &list->room, list->count + 1,
                    sizeof *list->items))
        return false;
    GEOSGeometry *copy = GEOSGeom_clone_r(check->geos.context, shape);
    if (copy == NULL)
        return false;
    list->items[list->count++] = copy;
    return true;
}

void wm_shape_list_drop(wm_check *check, wm_shape_list *list)
{
    destroy_list(check, list->items, list->count);
    wm_free(check->host, list->items, list->room * sizeof *list->items);
    *list = (wm_shape_list){0};
}

GEOSGeometry *wm_shape_list_dissolve(wm_check *check, wm_shape_list *list)
{
    GEOSGeometry *all = GEOSGeom_createCollection_r(check->geos.context, GEOS_GEOMETRYCOLLECTION,
                                                    list->items, (unsigned)list->count);
    list->count = 0;
    if (all == NULL)
        return NULL;
    GEOSGeometry *one = unite(check, all);
    GEOSGeom_destroy_r(check->geos.context, all);
    return one;
}
