/* Areas of a map: their order, versions and parents. Columns and shapes have files
 * of their own. */
#include <string.h>

#include "model.h"

/* Finds every row's layer and puts the rows that have one into build->order. */
static wanmi_status find_layers(wm_area_work *work)
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
    const wm_area_work *work = context;
    const wm_area_row *p = &work->rows[a], *q = &work->rows[b];
    if (work->layer_of[a] != work->layer_of[b])
        return work->layer_of[a] < work->layer_of[b] ? -1 : 1;
    int order = strcmp(p->code, q->code);
    if (order != 0)
        return order;
    return (p->valid_from > q->valid_from) - (p->valid_from < q->valid_from);
}

bool wm_same_code(const wm_area_work *work, uint32_t a, uint32_t b)
{
    return work->layer_of[a] == work->layer_of[b] &&
           strcmp(work->rows[a].code, work->rows[b].code) == 0;
}

static wanmi_status doubled(wm_area_work *work, const wm_area_row *first, const wm_area_row *second)
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
static wanmi_status drop_doubled(wm_area_work *work)
{
    uint32_t *order = work->build->order;
    size_t kept = 0;
    for (size_t i = 0; i < work->count; i++) {
        uint32_t row = order[i];
        if (kept != 0 && wm_same_code(work, order[kept - 1], row)) {
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

/* ---- parents -------------------------------------------------------------------- */

static wanmi_status put_parent(wm_area_work *work, uint32_t area, const wm_area_row *row)
{
    wm_build *build = work->build;
    wanmi_map *map = build->map;
    if (row->parent[0] == '\0')
        return WANMI_OK;
    const wm_place place = {.layer = row->layer, .code = row->code, .row = row->row,
                            .value = row->parent};
    wm_layer *own = &map->layers[work->layer_of[build->order[area]]];
    uint32_t layer = own->parent;
    /* Where the layer's own parent is not there, that has been said once for all. */
    bool said = build->from->layers[own - map->layers].parent[0] != '\0';
    if (layer == WANMI_NONE && said)
        return WANMI_OK;
    if (layer == WANMI_NONE)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "it names a parent, but its layer has no parent layer"));
    uint32_t parent = wm_find_key(map, build->pool.bytes, layer, row->parent);
    if (parent == WANMI_NONE)
        return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_PARENT, &place,
                                            "its parent is not in layer %s",
                                            build->from->layers[layer].name));
    own->parents[area - own->first_area] = parent;
    return WANMI_OK;
}

static wanmi_status put_parents(wm_area_work *work)
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
        double box[4];
        wm_area_box(map, a, box);
        if (box[0] < -180 || box[2] > 180 || box[1] < -90 || box[3] > 90)
            return;
    }
    if (map->area_count != 0)
        wm_log(build->host, WANMI_LOG_WARNING,
               "the areas' coordinates look like degrees; a map's are metres");
}

static wanmi_status build_areas(wm_area_work *work)
{
    wm_build *build = work->build;
    wanmi_status status = find_layers(work);
    if (status == WANMI_OK) {
        wm_sort(build->order, build->scratch, work->count, compare_rows, work);
        status = drop_doubled(work);
    }
    if (status == WANMI_OK)
        status = wm_build_columns(work);
    if (status == WANMI_OK)
        status = wm_build_shapes(work);
    if (status == WANMI_OK)
        status = put_parents(work);
    if (status == WANMI_OK)
        warn_of_degrees(build);
    return status;
}

wanmi_status wm_build_areas(wm_build *build)
{
    wm_area_work work = {.build = build, .rows = build->from->areas};
    wanmi_status status = wm_order(build, build->from->area_count);
    if (status != WANMI_OK)
        return status;
    if ((work.layer_of = wm_alloc(build->host, build->from->area_count)) == NULL)
        return wm_error_memory(build->error);
    status = build_areas(&work);
    wm_free(build->host, work.layer_of, build->from->area_count);
    return status;
}
