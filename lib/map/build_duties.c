/* Duties of a map: what they point to and their order; the numbers of roles and
 * tags. */
#include <string.h>

#include "model.h"

static wanmi_status duty_problem(wm_build *build, const wanmi_duty_def *def, const char *column,
                                 const char *value, const char *words)
{
    const wm_place place = {.layer = "wanmi_duties", .row = def->row, .column = column, .value = value};
    return wm_report(build, wm_error_at(&build->problem, WANMI_E_MAP_DUTY, &place,
                                        "duty in area %s of layer %s: %s", def->area, def->layer, words));
}

/* ---- duties --------------------------------------------------------------------- */

/* What a duty's codes mean; WANMI_NONE in `area`: it is left out. */
typedef struct duty_work {
    wanmi_duty_info *found;     /* one entry a row of the builder */
    const wanmi_duty_def *defs;
    const wm_set *roles;
} duty_work;

static wanmi_status resolve_duty(wm_build *build, const wanmi_duty_def *def, wanmi_duty_info *duty)
{
    const wanmi_map *map = build->map;
    const char *texts = build->pool.bytes;
    *duty = (wanmi_duty_info){.area = WANMI_NONE, .rank = def->rank, .row = def->row};
    uint32_t layer = wm_find_layer(map, texts, def->layer);
    if (layer == WANMI_NONE)
        return duty_problem(build, def, "layer", def->layer, "the map has no such layer");
    uint32_t area = wm_find_key(map, texts, layer, def->area);
    if (area == WANMI_NONE)
        return duty_problem(build, def, "area", def->area, "the layer has no such area");
    if ((duty->unit = wm_find_unit(map, texts, def->unit)) == WANMI_NONE)
        return duty_problem(build, def, "unit", def->unit, "there is no such unit");
    if (!wm_set_add(&build->roles, build->host, def->role))
        return wm_error_memory(build->error);
    duty->area = area;
    return WANMI_OK;
}

static int compare_number(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

/* By area, role, unit, so that two alike stand side by side; row order decides
 * which comes first. */
static int compare_alike(const void *context, uint32_t a, uint32_t b)
{
    const duty_work *work = context;
    const wanmi_duty_info *p = &work->found[a], *q = &work->found[b];
    int order = compare_number(p->area, q->area);
    if (order == 0)
        order = strcmp(work->defs[a].role, work->defs[b].role);
    return order != 0 ? order : compare_number(p->unit, q->unit);
}

static int compare_duties(const void *context, uint32_t a, uint32_t b)
{
    const duty_work *work = context;
    const wanmi_duty_info *p = &work->found[a], *q = &work->found[b];
    int order = compare_number(p->area, q->area);
    if (order == 0)
        order = strcmp(work->defs[a].role, work->defs[b].role);
    if (order == 0)
        order = (p->rank > q->rank) - (p->rank < q->rank);
    return order != 0 ? order : compare_number(p->unit, q->unit);
}

static wanmi_status drop_alike(wm_build *build, duty_work *work, size_t *count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++) {
        uint32_t row = build->order[i];
        if (kept == 0 || compare_alike(work, build->order[kept - 1], row) != 0) {
            build->order[kept++] = row;
            continue;
        }
        const wanmi_duty_def *def = &work->defs[row];
        wanmi_status status = duty_problem(build, def, "unit", def->unit,
                                           "this unit has this role here already");
        if (status != WANMI_OK)
            return status;
    }
    *count = kept;
    return WANMI_OK;
}

static wanmi_status put_duties(wm_build *build, const duty_work *work, size_t count)
{
    wanmi_map *map = build->map;
    map->duties = wm_map_block(map, count, sizeof *map->duties);
    if (map->duties == NULL)
        return wm_error_memory(build->error);
    if (count == 0)
        return WANMI_OK;
    map->duty_start = wm_map_block(map, (size_t)map->area_count + 1, sizeof *map->duty_start);
    if (map->duty_start == NULL)
        return wm_error_memory(build->error);
    map->duty_count = (uint32_t)count;
    uint32_t duty = 0;
    for (uint32_t a = 0; a < map->area_count; a++) {
        map->duty_start[a] = duty;
        for (; duty < count && work->found[build->order[duty]].area == a; duty++)
            map->duties[duty] = work->found[build->order[duty]];
    }
    map->duty_start[map->area_count] = duty;
    return WANMI_OK;
}

static wanmi_status build_duties(wm_build *build, duty_work *work)
{
    size_t kept = 0;
    for (size_t i = 0; i < build->from->duty_count; i++) {
        wanmi_status status = resolve_duty(build, &work->defs[i], &work->found[i]);
        if (status == WANMI_OK)
            status = wm_progress(build, 1);
        if (status != WANMI_OK)
            return status;
        if (work->found[i].area != WANMI_NONE)
            build->order[kept++] = (uint32_t)i;
    }
    wm_sort(build->order, build->scratch, kept, compare_alike, work);
    wanmi_status status = drop_alike(build, work, &kept);
    if (status != WANMI_OK)
        return status;
    wm_sort(build->order, build->scratch, kept, compare_duties, work);
    status = put_duties(build, work, kept);
    /* Roles get their numbers in wm_build_words, when all are known; until then a
     * duty's role is the row it came from. */
    for (uint32_t d = 0; d < kept && status == WANMI_OK; d++)
        build->map->duties[d].role = build->order[d];
    return status;
}

wanmi_status wm_build_duties(wm_build *build)
{
    size_t count = build->from->duty_count;
    if (count > UINT32_MAX / 2)
        return wm_error(build->error, WANMI_E_LIMIT, "the map has too many duties");
    wanmi_status status = wm_order(build, count);
    if (status != WANMI_OK)
        return status;
    duty_work work = {.defs = build->from->duties};
    size_t size = wm_product(count, sizeof *work.found);
    if ((work.found = wm_alloc(build->host, size)) == NULL)
        return wm_error_memory(build->error);
    status = build_duties(build, &work);
    wm_free(build->host, work.found, size);
    return status;
}

/* ---- roles and tags -------------------------------------------------------------- */

static wanmi_status put_words(wm_build *build, const wm_set *set, const char *what,
                              uint32_t **words, uint32_t *count)
{
    /* A delivery has 16 bits for each; 0xFFFF is "none". */
    if (set->count >= 0xFFFF)
        return wm_error(build->error, WANMI_E_LIMIT, "the map has more than 65,534 %s", what);
    if ((*words = wm_map_block(build->map, set->count, sizeof **words)) == NULL)
        return wm_error_memory(build->error);
    for (size_t i = 0; i < set->count; i++) {
        wanmi_status status = wm_pool_add(build, set->texts[i], &(*words)[i]);
        if (status != WANMI_OK)
            return status;
    }
    *count = (uint32_t)set->count;
    return WANMI_OK;
}

wanmi_status wm_build_words(wm_build *build)
{
    wanmi_map *map = build->map;
    wanmi_status status = put_words(build, &build->roles, "roles", &map->roles, &map->role_count);
    if (status == WANMI_OK)
        status = put_words(build, &build->tags, "tags", &map->tags, &map->tag_count);
    for (uint32_t d = 0; d < map->duty_count && status == WANMI_OK; d++)
        map->duties[d].role = wm_set_find(&build->roles, build->from->duties[map->duties[d].role].role);
    return status;
}
