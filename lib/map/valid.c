/* Asks GEOS whether a shape is a valid polygon, and names the ring when not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

/* Where a shape's next ring stands, for walking part by part. */
typedef struct shape_walk {
    const wm_shape *shape;
    size_t ring, point;
} shape_walk;

static GEOSGeometry *next_ring(GEOSContextHandle_t geos, shape_walk *walk)
{
    uint32_t points = walk->shape->rings[walk->ring++];
    const double *xy = walk->shape->xy + 2 * walk->point;
    walk->point += points;
    GEOSCoordSequence *line = GEOSCoordSeq_copyFromBuffer_r(geos, xy, points, 0, 0);
    return line != NULL ? GEOSGeom_createLinearRing_r(geos, line) : NULL;
}

static void destroy_all(GEOSContextHandle_t geos, GEOSGeometry **items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        GEOSGeom_destroy_r(geos, items[i]);
}

/* `room` has places for all rings of the polygon. */
static GEOSGeometry *next_polygon(GEOSContextHandle_t geos, shape_walk *walk, uint32_t rings,
                                  GEOSGeometry **room)
{
    for (uint32_t r = 0; r < rings; r++) {
        if ((room[r] = next_ring(geos, walk)) == NULL) {
            destroy_all(geos, room, r);
            return NULL;
        }
    }
    /* Takes the rings, also when it fails. */
    return GEOSGeom_createPolygon_r(geos, room[0], room + 1, rings - 1);
}

/* `room` has places for all parts and, behind them, the rings of one. */
static GEOSGeometry *whole(GEOSContextHandle_t geos, const wm_shape *shape, GEOSGeometry **room)
{
    shape_walk walk = {.shape = shape};
    for (size_t p = 0; p < shape->polygon_count; p++) {
        room[p] = next_polygon(geos, &walk, shape->polygons[p], room + shape->polygon_count);
        if (room[p] == NULL) {
            destroy_all(geos, room, p);
            return NULL;
        }
    }
    if (shape->polygon_count == 1)
        return room[0];
    return GEOSGeom_createCollection_r(geos, GEOS_MULTIPOLYGON, room,
                                       (unsigned)shape->polygon_count);
}

static double distance_to_segment(double x, double y, const double *a, const double *b)
{
    double dx = b[0] - a[0], dy = b[1] - a[1], length = dx * dx + dy * dy;
    double t = length > 0 ? ((x - a[0]) * dx + (y - a[1]) * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(a[0] + t * dx - x, a[1] + t * dy - y);
}

/* The ring that passes nearest to x, y: the one GEOS means. */
static void nearest_ring(const wm_shape *shape, double x, double y, char *name, size_t size)
{
    double best = INFINITY;
    const double *xy = shape->xy;
    size_t ring = 0;
    for (size_t p = 0; p < shape->polygon_count; p++) {
        for (size_t r = 0; r < shape->polygons[p]; r++, ring++) {
            for (uint32_t i = 0; i + 1 < shape->rings[ring]; i++) {
                double d = distance_to_segment(x, y, xy + 2 * i, xy + 2 * i + 2);
                if (d < best) {
                    best = d;
                    wm_ring_name(name, size, shape->polygon_count > 1, p, r);
                }
            }
            xy += 2 * (size_t)shape->rings[ring];
        }
    }
}

static wanmi_status report_invalid(const wm_shape *shape, GEOSContextHandle_t geos,
                                   const char *reason, const GEOSGeometry *at,
                                   const wm_place *place, wanmi_error *error)
{
    const char *words = reason != NULL ? reason : "GEOS calls the polygon invalid";
    double x, y;
    if (at == NULL || GEOSGeomGetX_r(geos, at, &x) != 1 || GEOSGeomGetY_r(geos, at, &y) != 1)
        return wm_error_at(error, WANMI_E_MAP_GEOMETRY, place, "%s", words);
    char name[64] = "";
    nearest_ring(shape, x, y, name, sizeof name);
    return wm_error_at(error, WANMI_E_MAP_GEOMETRY, place, "%s: %s at %.3f %.3f", name, words, x, y);
}

static wanmi_status ask(const wm_shape *shape, wanmi_map_builder *builder, GEOSGeometry **room,
                        const wm_place *place, wanmi_error *error)
{
    GEOSContextHandle_t geos = builder->geos;
    char *reason = NULL;
    GEOSGeometry *at = NULL;
    char valid = 2;
    builder->geos_message[0] = '\0';
    GEOSGeometry *geometry = whole(geos, shape, room);
    if (geometry != NULL)
        valid = GEOSisValidDetail_r(geos, geometry, 0, &reason, &at);
    wanmi_status status = WANMI_OK;
    if (valid == 0)
        status = report_invalid(shape, geos, reason, at, place, error);
    else if (valid != 1)
        status = wm_error_at(error, WANMI_E_MAP_GEOMETRY, place, "GEOS cannot judge the polygon: %s",
                             builder->geos_message);
    if (reason != NULL)
        GEOSFree_r(geos, reason);
    GEOSGeom_destroy_r(geos, at);
    GEOSGeom_destroy_r(geos, geometry);
    return status;
}

wanmi_status wm_shape_valid(const wm_shape *shape, wanmi_map_builder *builder,
                            const wm_place *place, wanmi_error *error)
{
    GEOSGeometry *few[16], **room = few;
    size_t size = (shape->polygon_count + shape->ring_count) * sizeof few[0];
    if (size > sizeof few && (room = wm_alloc(&builder->host, size)) == NULL)
        return wm_error_memory(error);
    wanmi_status status = ask(shape, builder, room, place, error);
    if (room != few)
        wm_free(&builder->host, room, size);
    return status;
}
