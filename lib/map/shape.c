/* Polygons as counts and coordinates: see model.h. */
#include <stdio.h>
#include <string.h>

#include "model.h"

void wm_shape_clear(wm_shape *shape)
{
    shape->polygon_count = shape->ring_count = shape->point_count = 0;
}

void wm_shape_drop(wm_shape *shape, const wanmi_host *host)
{
    wm_free(host, shape->polygons, shape->polygon_room * sizeof *shape->polygons);
    wm_free(host, shape->rings, shape->ring_room * sizeof *shape->rings);
    wm_free(host, shape->xy, shape->xy_room * sizeof *shape->xy);
    *shape = (wm_shape){0};
}

bool wm_shape_add_polygon(wm_shape *shape, const wanmi_host *host, uint32_t rings)
{
    if (!wm_reserve(host, (void **)&shape->polygons, &shape->polygon_room,
                    shape->polygon_count + 1, sizeof *shape->polygons))
        return false;
    shape->polygons[shape->polygon_count++] = rings;
    return true;
}

double *wm_shape_add_ring(wm_shape *shape, const wanmi_host *host, uint32_t points)
{
    if (!wm_reserve(host, (void **)&shape->rings, &shape->ring_room, shape->ring_count + 1,
                    sizeof *shape->rings) ||
        !wm_reserve(host, (void **)&shape->xy, &shape->xy_room, 2 * (shape->point_count + points),
                    sizeof *shape->xy))
        return NULL;
    double *place = shape->xy + 2 * shape->point_count;
    shape->rings[shape->ring_count++] = points;
    shape->point_count += points;
    return place;
}

bool wm_shape_append(wm_shape *to, const wanmi_host *host, const wm_shape *from)
{
    if (!wm_reserve(host, (void **)&to->polygons, &to->polygon_room,
                    to->polygon_count + from->polygon_count, sizeof *to->polygons) ||
        !wm_reserve(host, (void **)&to->rings, &to->ring_room, to->ring_count + from->ring_count,
                    sizeof *to->rings) ||
        !wm_reserve(host, (void **)&to->xy, &to->xy_room, 2 * (to->point_count + from->point_count),
                    sizeof *to->xy))
        return false;
    memcpy(to->polygons + to->polygon_count, from->polygons,
           from->polygon_count * sizeof *to->polygons);
    memcpy(to->rings + to->ring_count, from->rings, from->ring_count * sizeof *to->rings);
    memcpy(to->xy + 2 * to->point_count, from->xy, 2 * from->point_count * sizeof *to->xy);
    to->polygon_count += from->polygon_count;
    to->ring_count += from->ring_count;
    to->point_count += from->point_count;
    return true;
}

void wm_ring_name(char *text, size_t size, bool many, size_t part, size_t ring)
{
    if (many)
        snprintf(text, size, "part %zu, ring %zu", part + 1, ring + 1);
    else
        snprintf(text, size, "ring %zu", ring + 1);
}
