/* The answer for one point: the rules of locate.h in the order they are written
 * there. What each rule means at its edges is in docs/answers.md. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "nearest.h"
#include "session.h"
#include "sort.h"

typedef struct query {
    wanmi_locator *locator;
    double x, y;
    int64_t instant_us;
    wanmi_error *error;
} query;

/* The areas of a layer that count at the instant and whose box holds the point, or
 * nearly so; lowest code first. */
static wanmi_status find_candidates(const query *q, uint32_t layer)
{
    wanmi_locator *l = q->locator;
    wm_walk walk;
    wm_walk_start(&walk, &l->index->layers[layer].tree, (wm_box){q->x, q->y, q->x, q->y});
    l->candidate_count = 0;
    for (uint32_t area; (area = wm_walk_next(&walk)) != WANMI_NONE;) {
        if (!wm_index_valid(l->index, area, q->instant_us))
            continue;
        if (!wm_reserve(l->host, (void **)&l->candidates, &l->candidate_capacity,
                        l->candidate_count + 1, sizeof *l->candidates))
            return wm_error_memory(q->error);
        l->candidates[l->candidate_count++] = area;
    }
    wm_sort_numbers(l->candidates, l->candidate_count);
    return WANMI_OK;
}

/* Leaves only the candidates that cover the point; with `first_only` stops at
 * the first of them. */
static wanmi_status keep_covering(const query *q, bool first_only)
{
    wanmi_locator *l = q->locator;
    size_t kept = 0;
    for (size_t i = 0; i < l->candidate_count; i++) {
        bool covers = false;
        wanmi_status status = wm_areas_cover(&l->areas, l->candidates[i], q->x, q->y, &covers,
                                             q->error);
        if (status != WANMI_OK)
            return status;
        if (covers)
            l->candidates[kept++] = l->candidates[i];
        if (covers && first_only)
            break;
    }
    l->candidate_count = kept;
    return WANMI_OK;
}

/* Puts an area before all others, if it is a candidate: it is then asked first. */
static void put_first(wanmi_locator *l, uint32_t area)
{
    for (size_t i = 0; i < l->candidate_count; i++) {
        if (l->candidates[i] == area) {
            memmove(l->candidates + 1, l->candidates, i * sizeof *l->candidates);
            l->candidates[0] = area;
            return;
        }
    }
}

/* Fills candidates with the answer of one layer. `own` is asked before lower
 * codes: the owner cell's ancestor, or WANMI_NONE. */
static wanmi_status find_layer(const query *q, uint32_t layer, uint32_t own)
{
    wanmi_status status = find_candidates(q, layer);
    if (status != WANMI_OK)
        return status;
    bool partition = q->locator->index->layers[layer].kind == WANMI_PARTITION;
    if (partition && own != WANMI_NONE)
        put_first(q->locator, own);
    return keep_covering(q, partition);
}

static wanmi_status find_owner(const query *q, uint32_t *cell)
{
    wanmi_locator *l = q->locator;
    *cell = WANMI_NONE;
    if (l->index->cell_layer == WANMI_NONE)
        return WANMI_OK;
    wanmi_status status = find_candidates(q, l->index->cell_layer);
    if (status == WANMI_OK)
        status = keep_covering(q, true);
    if (status == WANMI_OK && l->candidate_count > 0)
        *cell = l->candidates[0];
    return status;
}

/* own[layer]: the cell's ancestor there at the instant, or WANMI_NONE. */
static void find_ancestors(const query *q, uint32_t cell, uint32_t *own)
{
    const wanmi_index *index = q->locator->index;
    memset(own, 0xFF, index->layer_count * sizeof *own);
    for (uint32_t i = 0; i < index->ancestor_count && cell != WANMI_NONE; i++) {
        cell = wanmi_map_area_parent(index->map, cell, q->instant_us);
        own[index->ancestors[i]] = cell;
    }
}

static wanmi_status append(const query *q, uint32_t layer, uint32_t used)
{
    wanmi_locator *l = q->locator;
    size_t at = l->index->layer_count + 1 + (size_t)used;
    if (!wm_reserve(l->host, (void **)&l->words, &l->word_capacity, at + l->candidate_count,
                    sizeof *l->words))
        return wm_error_memory(q->error);
    if (l->candidate_count > 0)
        memcpy(l->words + at, l->candidates, l->candidate_count * sizeof *l->words);
    l->words[layer + 1] = used + (uint32_t)l->candidate_count;
    return WANMI_OK;
}

static wanmi_status write_tuple(const query *q, uint32_t cell, uint32_t *tuple)
{
    wanmi_locator *l = q->locator;
    uint32_t own[WANMI_LAYERS_MAX];
    find_ancestors(q, cell, own);
    l->words[0] = 0;                /* there is room: wanmi_locator_create saw to it */
    for (uint32_t layer = 0; layer < l->index->layer_count; layer++) {
        /* The cell's own layer again only where it is an overlay. */
        wanmi_status status = WANMI_OK;
        l->candidate_count = 0;
        if (layer != l->index->cell_layer || l->index->layers[layer].kind == WANMI_OVERLAY)
            status = find_layer(q, layer, own[layer]);
        else if (cell != WANMI_NONE)
            l->candidates[l->candidate_count++] = cell;
        if (status == WANMI_OK)
            status = append(q, layer, l->words[layer]);
        if (status != WANMI_OK)
            return status;
    }
    return wm_own_number(&l->own, l->words, tuple) ? WANMI_OK : wm_error_memory(q->error);
}

void wm_answer_nearest(const wanmi_index *index, double x, double y, int64_t instant_us,
                       wm_answer *answer)
{
    if (answer->cell != WANMI_NONE || index->cell_layer == WANMI_NONE || index->snap_m == 0)
        return;
    answer->cell = wm_nearest_cell(index, x, y, instant_us, &answer->distance_m);
    if (answer->cell != WANMI_NONE)
        answer->where = WANMI_SNAPPED;
}

wanmi_status wm_answer_point(wanmi_locator *locator, double x, double y, int64_t instant_us,
                             wm_answer *answer, wanmi_error *error)
{
    query q = {locator, x, y, instant_us, error};
    wm_answer found = {.where = WANMI_INSIDE, .distance_m = 0};
    wanmi_status status = find_owner(&q, &found.cell);
    if (status == WANMI_OK)
        status = write_tuple(&q, found.cell, &found.tuple);
    if (status != WANMI_OK)
        return status;
    if (found.cell == WANMI_NONE) {
        found.where = WANMI_OUTSIDE;
        found.distance_m = NAN;
        wm_answer_nearest(locator->index, x, y, instant_us, &found);
    }
    *answer = found;
    return WANMI_OK;
}
