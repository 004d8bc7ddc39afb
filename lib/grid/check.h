/* Checking a map: what its parts share. */
#ifndef WM_GRID_CHECK_H
#define WM_GRID_CHECK_H

#include "base/error.h"
#include "polygons.h"
#include "trace.h"
#include "wanmi/grid.h"

/* A gap that was told, so that a finer layer does not tell it again. */
typedef struct wm_gap {
    uint32_t layer;
    GEOSGeometry *shape;
} wm_gap;

typedef struct wm_check {
    wanmi_map *map;
    const wanmi_host *host;
    wanmi_check_options options;
    int64_t instant_us;
    wm_grid_geos geos;
    GEOSWKBWriter *writer;
    wanmi_transform *transform;
    wanmi_finding_fn on_finding;
    void *user;
    uint64_t found, done, total;
    wm_gap *gaps;
    size_t gap_count, gap_room;
} wm_check;

wanmi_status wm_check_geos_failed(const wm_check *check, wanmi_error *error);

/* Counts work; asks whether to go on. */
wanmi_status wm_check_step(wm_check *check, uint64_t steps, wanmi_error *error);

bool wm_check_is_valid_at(const wm_check *check, const wanmi_area_info *area);

/* An area as GEOS holds it; destroy it. NULL: no memory, or GEOS failed. */
GEOSGeometry *wm_check_area_shape(wm_check *check, uint32_t area);

/* Tells one finding: kind, severity, layer, code, other, row and area_m2 are the
 * caller's; place and WKB come from `shape` (may be NULL). */
wanmi_status wm_check_tell(wm_check *check, wanmi_finding *finding, const GEOSGeometry *shape,
                           wanmi_error *error, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* The same about an area, with its code, layer, row and shape. */
wanmi_status wm_check_tell_area(wm_check *check, wanmi_finding_kind kind, int32_t severity,
                                uint32_t area, const char *other, double area_m2, wanmi_error *error,
                                const char *format, ...) __attribute__((format(printf, 8, 9)));

/* Gaps and overlaps of a layer, areas that cross their parent. */
wanmi_status wm_check_layer_shapes(wm_check *check, uint32_t layer, wanmi_error *error);
/* Codes, sizes, missing parents of a layer. */
wanmi_status wm_check_layer_rows(wm_check *check, uint32_t layer, wanmi_error *error);
wanmi_status wm_check_duties(wm_check *check, wanmi_error *error);
wanmi_status wm_check_service(wm_check *check, wanmi_error *error);
wanmi_status wm_check_objects(wm_check *check, wanmi_error *error);

/* ---- shapes ------------------------------------------------------------------------- */

/* The areas of a layer that are valid, with a tree over their boxes. */
typedef struct wm_layer_areas {
    uint32_t layer;
    wanmi_layer_info info;
    uint32_t *items, *parents;  /* by place; parents at the instant */
    size_t count, room;
    GEOSSTRtree *tree;          /* made when first asked; holds items' addresses */
} wm_layer_areas;

wanmi_status wm_layer_areas_open(wm_check *check, uint32_t layer, wm_layer_areas *areas,
                                 wanmi_error *error);
void wm_layer_areas_close(wm_check *check, wm_layer_areas *areas);

/* Asks `visit` for each area whose box meets that of `shape`; false ends it with
 * no memory. */
typedef bool (*wm_area_fn)(void *user, uint32_t area);
wanmi_status wm_layer_areas_near(wm_check *check, wm_layer_areas *areas, const GEOSGeometry *shape,
                                 wm_area_fn visit, void *user, wanmi_error *error);

/* Adds an area's edges, itself on their left, or on their right. */
bool wm_check_add_edges(wm_check *check, wm_edges *edges, uint32_t area, bool on_right);
/* Whether a point lies in an area, border included. */
bool wm_check_covers(wm_check *check, uint32_t area, wm_xy p);

/* The faces between edges that did not cancel: `visit` gets each that is not far
 * thinner than the tolerance, with a point in it. */
typedef wanmi_status (*wm_face_fn)(void *user, const GEOSGeometry *face, wm_xy inside,
                                   wanmi_error *error);
wanmi_status wm_check_faces(wm_check *check, const wm_edges *edges, wm_face_fn visit, void *user,
                            wanmi_error *error);

/* Gives the parts of `shape` that are thicker than the tolerance, as one geometry
 * with its area; NULL where there are none. Takes `shape`, which may be NULL:
 * then GEOS has failed. */
wanmi_status wm_check_thick(wm_check *check, GEOSGeometry *shape, GEOSGeometry **thick,
                            double *area_m2, wanmi_error *error);

/* A growing list of geometries that can be dissolved into one. */
typedef struct wm_shape_list {
    GEOSGeometry **items;
    size_t count, room;
} wm_shape_list;
/* Adds a copy; false when there is no memory. */
bool wm_shape_list_add(wm_check *check, wm_shape_list *list, const GEOSGeometry *shape);
void wm_shape_list_drop(wm_check *check, wm_shape_list *list);
/* Gives NULL when GEOS failed. The list is empty afterwards. */
GEOSGeometry *wm_shape_list_dissolve(wm_check *check, wm_shape_list *list);

#endif
