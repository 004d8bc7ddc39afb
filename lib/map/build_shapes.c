/* The shapes of a map's areas: coordinates, rings, parts, and the boxes that are
 * kept. */
#include <string.h>

#include "model.h"

static bool is_plain(const wm_area_row *row)
{
    return row->polygon_count == 1 && row->ring_count == 1 && row->point_count <= WM_PLAIN_POINTS;
}

static const wm_area_row *row_of(const wm_area_work *work, size_t area)
{
    return &work->rows[work->build->order[area]];
}

static wanmi_status take_arrays(const wm_area_work *work)
{
    wanmi_map *map = work->build->map;
    size_t others = 0, polygons = 0, rings = 0, points = 0;
    for (size_t a = 0; a < work->count; a++) {
        const wm_area_row *row = row_of(work, a);
        rings += row->ring_count;
        points += row->point_count;
        others += !is_plain(row);
        polygons += is_plain(row) ? 0 : (size_t)row->polygon_count + 1;
    }
    if ((map->marks = wm_map_block(map, (work->count + 31) / 32, sizeof *map->marks)) == NULL ||
        (map->others = wm_map_block(map, others + 1, sizeof *map->others)) == NULL ||
        (map->polygons = wm_map_block(map, polygons, sizeof *map->polygons)) == NULL ||
        (map->points = wm_map_block(map, rings + 1, sizeof *map->points)) == NULL ||
        (map->xy = wm_map_block(map, points, 2 * sizeof *map->xy)) == NULL)
        return wm_error_memory(work->build->error);
    map->points[0] = 0;
    return WANMI_OK;
}

/* How many of everything the areas before this one have. */
typedef struct place {
    uint32_t others, polygons, rings;
} place;

/* The entry of the next area that is not plain begins here. */
static void open_other(wanmi_map *map, const place *at, uint32_t area)
{
    map->others[at->others] =
        (wm_other){.more_rings = at->rings - area, .first_polygon = at->polygons};
}

static void put_other(wanmi_map *map, place *at, uint32_t area, const wm_area_row *row,
                      const wm_shape *shapes)
{
    uint32_t *polygons = map->polygons + at->polygons;
    polygons[0] = 0;
    for (uint32_t p = 0; p < row->polygon_count; p++)
        polygons[p + 1] = polygons[p] + shapes->polygons[row->first_polygon + p];
    wm_points_box(shapes->xy + 2 * row->first_point, row->point_count, map->others[at->others].box);
    map->marks[area / 32].bits |= UINT32_C(1) << area % 32;
    at->polygons += row->polygon_count + 1;
    at->others++;
}

static void put_shape(wanmi_map *map, place *at, uint32_t area, const wm_area_row *row,
                      const wm_shape *shapes)
{
    if (area % 32 == 0)
        map->marks[area / 32] = (wm_marks){.before = at->others};
    uint32_t *points = map->points + at->rings;
    for (uint32_t r = 0; r < row->ring_count; r++)
        points[r + 1] = points[r] + shapes->rings[row->first_ring + r];
    memcpy(map->xy + 2 * (size_t)points[0], shapes->xy + 2 * row->first_point,
           2 * (size_t)row->point_count * sizeof *map->xy);
    if (!is_plain(row))
        put_other(map, at, area, row, shapes);
    at->rings += row->ring_count;
    if (!is_plain(row))
        open_other(map, at, area + 1);
}

wanmi_status wm_build_shapes(wm_area_work *work)
{
    wanmi_map *map = work->build->map;
    place at = {0};
    wanmi_status status = take_arrays(work);
    if (status != WANMI_OK)
        return status;
    open_other(map, &at, 0);
    for (uint32_t a = 0; a < work->count; a++)
        put_shape(map, &at, a, row_of(work, a), &work->build->from->shapes);
    return WANMI_OK;
}
