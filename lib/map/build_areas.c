/* Areas of a map: their order, versions, parents, boxes and coordinates. */
#include <math.h>
#include <string.h>

#include "model.h"

typedef struct area_work {
    wm_build *build;
    const wm_area_row *rows;    /* the builder's */
    uint8_t *layer_of;          /* layer of each of these rows */
    size_t count;               /* rows in build->order */
} area_work;

/* Finds every row's layer and puts the rows that have one into build->order. */
static wanmi_status find_layers(area_work *work)
{
    wm_build *build = work->build;
    const char *last = NULL;
    uint32_t layer = WANMI_NONE;
    size_t kept = 0;
    for (size_t i = 0; i < build->from->area_count; i++) {
        const wm_area_row *row = &work->rows[i];
        if (row->layer != last)
            layer = wm_find_layer(build->map, build->pool.bytes, last = row->layer);
        wanmi_status status = wm_progress(build, 1);
        if (status == WANMI_OK && layer == WANMI_NONE) {
            const wm_place place = {.layer = row->layer, .code = row->code, .row = row->row};
            status = wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_LAYER, &place,
                                                  "the map has no such layer"));
        } else if (status == WANMI_OK) {
            work->layer_of[i] = (uint8_t)layer;
            build->order[kept++] = (uint32_t)i;
        }
        if (status != WANMI_OK)
            return status;
    }
    work->count = kept;
    return WANMI_OK;
}

static int compare_rows(const void *context, uint32_t a, uint32_t b)
{
    const area_work *work = context;
    const wm_area_row *p = &work->rows[a], *q = &work->rows[b];
    if (work->layer_of[a] != work->layer_of[b])
        return work->layer_of[a] < work->layer_of[b] ? -1 : 1;
    int order = strcmp(p->code, q->code);
    if (order != 0)
        return order;
    return (p->valid_from > q->valid_from) - (p->valid_from < q->valid_from);
}

static bool same_code(const area_work *work, uint32_t a, uint32_t b)
{
    return work->layer_of[a] == work->layer_of[b] &&
           strcmp(work->rows[a].code, work->rows[b].code) == 0;
}

static wanmi_status doubled(area_work *work, const wm_area_row *first, const wm_area_row *second)
{
    wm_build *build = work->build;
    const wm_place place = {.layer = second->layer, .code = second->code, .row = second->row};
    bool timed = first->valid_from != WANMI_TIME_NONE || first->valid_to != WANMI_TIME_NONE ||
                 second->valid_from != WANMI_TIME_NONE || second->valid_to != WANMI_TIME_NONE;
    const char *words = timed ? "the code is doubled: its validity overlaps with"
                              : "the code is doubled:";
    wanmi_status status;
    if (first->row > 0)
        status = wm_error_at(&build->problem, WANMI_E_MAP_CODE, &place, "%s row %lld %s", words,
                             (long long)first->row, timed ? "of the same code" : "has it already");
    else
        status = wm_error_at(&build->problem, WANMI_E_MAP_CODE, &place, "%s %s", words,
                             timed ? "another area of the same code" : "another area has it already");
    return wm_report(build, status);
}

/* Of two versions of a code that are valid at one instant, the one that begins
 * later is left out (of equal ones the later row). */
static wanmi_status drop_doubled(area_work *work)
{
    uint32_t *order = work->build->order;
    size_t kept = 0;
    for (size_t i = 0; i < work->count; i++) {
        uint32_t row = order[i];
        if (kept != 0 && same_code(work, order[kept - 1], row)) {
            const wm_area_row *before = &work->rows[order[kept - 1]];
            /* Every instant is after WANMI_TIME_NONE, the lowest number there is. */
            if (before->valid_to == WANMI_TIME_NONE || work->rows[row].valid_from < before->valid_to) {
                wanmi_status status = doubled(work, before, &work->rows[row]);
                if (status != WANMI_OK)
                    return status;
                continue;
            }
        }
        order[kept++] = row;
    }
    work->count = kept;
    return WANMI_OK;
}

/* ---- arrays --------------------------------------------------------------------- */

static bool take_blocks(wanmi_map *map, size_t areas, size_t polygons, size_t rings, size_t points)
{
    return (map->code = wm_map_block(map, areas, sizeof *map->code)) != NULL &&
           (map->name = wm_map_block(map, areas, sizeof *map->name)) != NULL &&
           (map->parent_code = wm_map_block(map, areas, sizeof *map->parent_code)) != NULL &&
           (map->grade = wm_map_block(map, areas, sizeof *map->grade)) != NULL &&
           (map->valid_from = wm_map_block(map, areas, sizeof *map->valid_from)) != NULL &&
           (map->valid_to = wm_map_block(map, areas, sizeof *map->valid_to)) != NULL &&
           (map->row = wm_map_block(map, areas, sizeof *map->row)) != NULL &&
           (map->parent = wm_map_block(map, areas, sizeof *map->parent)) != NULL &&
           (map->key = wm_map_block(map, areas, sizeof *map->key)) != NULL &&
           (map->layer = wm_map_block(map, areas, sizeof *map->layer)) != NULL &&
           (map->box = wm_map_block(map, areas, 4 * sizeof *map->box)) != NULL &&
           (map->polygon_start = wm_map_block(map, areas + 1, sizeof *map->polygon_start)) != NULL &&
           (map->ring_start = wm_map_block(map, areas + 1, sizeof *map->ring_start)) != NULL &&
           (map->polygons = wm_map_block(map, polygons + areas, sizeof *map->polygons)) != NULL &&
           (map->points = wm_map_block(map, rings + 1, sizeof *map->points)) != NULL &&
           (map->xy = wm_map_block(map, points, 2 * sizeof *map->xy)) != NULL;
}

static wanmi_status take_arrays(area_work *work)
{
    size_t polygons = 0, rings = 0, points = 0;
    for (size_t i = 0; i < work->count; i++) {
        const wm_area_row *row = &work->rows[work->build->order[i]];
        polygons += row->polygon_count;
        rings += row->ring_count;
        points += row->point_count;
    }
    wanmi_map *map = work->build->map;
    if (!take_blocks(map, work->count, polygons, rings, points))
        return wm_error_memory(work->build->error);
    map->area_count = (uint32_t)work->count;
    map->polygon_start[0] = map->ring_start[0] = map->points[0] = 0;
    return WANMI_OK;
}

static wanmi_status put_texts(area_work *work, uint32_t area, const wm_area_row *row)
{
    wanmi_map *map = work->build->map;
    wanmi_status status = wm_pool_add(work->build, row->code, &map->code[area]);
    if (status == WANMI_OK)
        status = wm_pool_add(work->build, row->name, &map->name[area]);
    if (status == WANMI_OK)
        status = wm_pool_add(work->build, row->grade, &map->grade[area]);
    return status;
}

static void put_shape(wanmi_map *map, uint32_t area, const wm_area_row *row, const wm_shape *shapes)
{
    uint32_t *polygons = map->polygons + map->polygon_start[area];
    map->polygon_start[area + 1] = map->polygon_start[area] + row->polygon_count + 1;
    polygons[0] = 0;
    for (uint32_t p = 0; p < row->polygon_count; p++)
        polygons[p + 1] = polygons[p] + shapes->polygons[row->first_polygon + p];
    uint32_t *points = map->points + map->ring_start[area];
    map->ring_start[area + 1] = map->ring_start[area] + row->ring_count;
    for (uint32_t r = 0; r < row->ring_count; r++)
        points[r + 1] = points[r] + shapes->rings[row->first_ring + r];
    memcpy(map->xy + 2 * (size_t)points[0], shapes->xy + 2 * row->first_point,
           2 * (size_t)row->point_count * sizeof *map->xy);
}

static void put_box(wanmi_map *map, uint32_t area)
{
    const uint32_t *points = map->points;
    double *box = map->box + 4 * (size_t)area;
    box[0] = box[1] = INFINITY;
    box[2] = box[3] = -INFINITY;
    for (size_t i = points[map->ring_start[area]]; i < points[map->ring_start[area + 1]]; i++) {
        double x = map->xy[2 * i], y = map->xy[2 * i + 1];
        box[0] = x < box[0] ? x : box[0];
        box[1] = y < box[1] ? y : box[1];
        box[2] = x > box[2] ? x : box[2];
        box[3] = y > box[3] ? y : box[3];
    }
}

static wanmi_status put_areas(area_work *work)
{
    wm_build *build = work->build;
    wanmi_map *map = build->map;
    for (uint32_t a = 0; a < map->area_count; a++) {
        uint32_t from = build->order[a];
        const wm_area_row *row = &work->rows[from];
        map->layer[a] = work->layer_of[from];
        map->layers[map->layer[a]].area_count++;
        map->key[a] = a != 0 && same_code(work, build->order[a - 1], from) ? map->key[a - 1] : a;
        map->valid_from[a] = row->valid_from;
        map->valid_to[a] = row->valid_to;
        map->row[a] = row->row;
        map->parent[a] = WANMI_NONE;
        map->parent_code[a] = 0;
        put_shape(map, a, row, &build->from->shapes);
        put_box(map, a);
        wanmi_status status = put_texts(work, a, row);
        if (status != WANMI_OK)
            return status;
    }
    for (uint32_t i = 1; i < map->layer_count; i++)
        map->layers[i].first_area = map->layers[i - 1].first_area + map->layers[i - 1].area_count;
    return WANMI_OK;
}

/* ---- parents -------------------------------------------------------------------- */

static wanmi_status put_parent(area_work *work, uint32_t area, const wm_area_row *row)
{
    wm_build *build = work->build;
    wanmi_map *map = build->map;
    if (row->parent[0] == '\0')
        return WANMI_OK;
    const wm_place place = {.layer = row->layer, .code = row->code, .row = row->row,
                            .value = row->parent};
    uint32_t layer = map->layers[map->layer[area]].parent;
    if (layer == WANMI_NONE)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "it names a parent, but its layer has no parent layer"));
    uint32_t parent = wm_find_key(map, build->pool.bytes, layer, row->parent);
    if (parent == WANMI_NONE)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "its parent is not in layer %s",
                                            build->from->layers[layer].name));
    map->parent[area] = parent;
    map->parent_code[area] = map->code[parent];
    return WANMI_OK;
}

static wanmi_status put_parents(area_work *work)
{
    wm_build *build = work->build;
    for (uint32_t a = 0; a < build->map->area_count; a++) {
        wanmi_status status = put_parent(work, a, &work->rows[build->order[a]]);
        if (status == WANMI_OK)
            status = wm_progress(build, 1);
        if (status != WANMI_OK)
            return status;
    }
    /* Rows left out were steps as well. */
    return wm_progress(build, build->from->area_count - build->map->area_count);
}

/* Longitude and latitude where metres should be make a map in which nothing is
 * ever found: worth a word. */
static void warn_of_degrees(const wm_build *build)
{
    const wanmi_map *map = build->map;
    for (uint32_t a = 0; a < map->area_count; a++) {
        const double *box = map->box + 4 * (size_t)a;
        if (box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90)
            return;
    }
    if (map->area_count != 0)
        wm_log(build->host, WANMI_LOG_WARNING,
               "the areas' coordinates look like degrees; a map's are metres");
}

static wanmi_status build_areas(area_work *work)
{
    wm_build *build = work->build;
    wanmi_status status = find_layers(work);
    if (status == WANMI_OK) {
        wm_sort(build->order, build->scratch, work->count, compare_rows, work);
        status = drop_doubled(work);
    }
    if (status == WANMI_OK)
        status = take_arrays(work);
    if (status == WANMI_OK)
        status = put_areas(work);
    if (status == WANMI_OK)
        status = put_parents(work);
    if (status == WANMI_OK)
        warn_of_degrees(build);
    return status;
}

wanmi_status wm_build_areas(wm_build *build)
{
    area_work work = {.build = build, .rows = build->from->areas};
    wanmi_status status = wm_order(build, build->from->area_count);
    if (status != WANMI_OK)
        return status;
    if ((work.layer_of = wm_alloc(build->host, build->from->area_count)) == NULL)
        return wm_error_memory(build->error);
    status = build_areas(&work);
    wm_free(build->host, work.layer_of, build->from->area_count);
    return status;
}
