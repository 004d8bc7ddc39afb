/* From labels and records to answers: see search.h. */
#include <math.h>

#include "base/error.h"
#include "cover.h"
#include "descent.h"
#include "nearest.h"
#include "rules.h"
#include "search.h"
#include "sort.h"

/* ---- sets of areas ------------------------------------------------------------------- */

static bool add_areas(wanmi_locator *l, wm_list areas)
{
    if (!wm_reserve(l->host, (void **)&l->candidates, &l->candidate_capacity,
                    l->candidate_count + areas.count, sizeof *l->candidates))
        return false;
    for (size_t i = 0; i < areas.count; i++)
        l->candidates[l->candidate_count++] = areas.items[i];
    return true;
}

/* The set that a label stands for. */
static bool add_label(wanmi_locator *l, uint32_t label)
{
    const wm_compiled *c = l->index->compiled;
    uint32_t value = label & WM_LABEL_VALUE;
    bool added = true;
    if ((label & WM_LABEL_SET) != 0)
        return add_areas(l, wm_lists_at(&c->sets, value));
    for (uint32_t layer = 0; layer < l->index->layer_count && added; layer++)
        added = add_areas(l, wm_tuples_areas(&c->tuples, value, layer));
    return added;
}

static void sort_set(wanmi_locator *l)
{
    size_t kept = 0;
    wm_sort_numbers(l->candidates, l->candidate_count);
    for (size_t i = 0; i < l->candidate_count; i++)
        if (kept == 0 || l->candidates[kept - 1] != l->candidates[i])
            l->candidates[kept++] = l->candidates[i];
    l->candidate_count = kept;
}

/* The tuple of the set in candidates. */
static wanmi_status answer_set(wanmi_locator *l, int64_t instant_us, wm_answer *answer, wanmi_error *error)
{
    if (!wm_reserve(l->host, (void **)&l->words, &l->word_capacity,
                    l->index->layer_count + 1 + l->candidate_count, sizeof *l->words))
        return wm_error_memory(error);
    uint32_t cell = wm_rules_apply(l->index, l->candidates, l->candidate_count, instant_us, l->words);
    if (!wm_own_number(&l->own, l->words, &answer->tuple))
        return wm_error_memory(error);
    answer->cell = cell;
    answer->where = cell != WANMI_NONE ? WANMI_INSIDE : WANMI_OUTSIDE;
    answer->distance_m = cell != WANMI_NONE ? 0 : NAN;
    return WANMI_OK;
}

/* ---- labels ----------------------------------------------------------------------------- */

bool wm_answer_label(wanmi_locator *l, uint32_t label, int64_t instant_us, wm_answer *answer,
                     wanmi_status *status, wanmi_error *error)
{
    const wm_compiled *c = l->index->compiled;
    *status = WANMI_OK;
    if (label == WM_LABEL_NONE)
        return false;
    if ((label & WM_LABEL_SET) == 0) {
        uint32_t cell = wm_tuples_cell(&c->tuples, label & WM_LABEL_VALUE);
        bool inside = cell != WANMI_NONE;
        *answer = (wm_answer){cell, label & WM_LABEL_VALUE, inside ? WANMI_INSIDE : WANMI_OUTSIDE,
                              inside ? 0 : NAN};
        return inside || (label & WM_LABEL_FAR) != 0;
    }
    l->candidate_count = 0;
    if (!add_label(l, label)) {
        *status = wm_error_memory(error);
        return true;
    }
    *status = answer_set(l, instant_us, answer, error);
    return *status != WANMI_OK || answer->where == WANMI_INSIDE || l->index->snap_m == 0;
}

/* ---- PROJ's own x, y ---------------------------------------------------------------------- */

/* The tiles a point touches in one direction: from first to last, and whether it is
 * on the wall between the two. */
typedef struct touched {
    int64_t first, last;
    bool on_wall;
} touched;

static touched touched_by(const wm_walls *walls, double at)
{
    int64_t below = wm_wall_below(walls, at);
    bool on_wall = below >= 0 && wm_wall(walls, below) == at;
    return (touched){on_wall ? below - 1 : below, below, on_wall};
}

typedef enum gathered { GATHERED, UNDECIDED, NO_MEMORY } gathered;

static gathered add_record(wanmi_locator *l, uint32_t tree, const wm_tile_point *point)
{
    const wm_compiled *c = l->index->compiled;
    const uint32_t *record = c->records + wm_tree_at(c, tree)[-WM_TREE_RECORD];
    size_t most = (size_t)record[WM_RECORD_AREAS] + record[WM_RECORD_GROUPS];
    if (!wm_reserve(l->host, (void **)&l->candidates, &l->candidate_capacity, l->candidate_count + most,
                    sizeof *l->candidates))
        return NO_MEMORY;
    int64_t count = wm_record_cover(record, point, &l->sides, l->candidates + l->candidate_count);
    if (count < 0)
        return UNDECIDED;
    l->candidate_count += (size_t)count;
    return GATHERED;
}

/* The areas that cover the point as one tile sees it. */
static gathered add_tile(wanmi_locator *l, uint32_t column, uint32_t row, wm_tile_point *point)
{
    const wm_compiled *c = l->index->compiled;
    uint32_t word = wm_tile_word(c, column, row);
    if (word == WM_LABEL_NONE)
        return UNDECIDED;
    if ((word & WM_LABEL) != 0)
        return add_label(l, word) ? GATHERED : NO_MEMORY;
    const wm_plane *p = &c->plane;
    point->reference_x = wm_wall(&p->x, column) + WM_REFERENCE_X * p->x.step;
    point->reference_y = wm_wall(&p->y, row) + WM_REFERENCE_Y * p->y.step;
    return add_record(l, word, point);
}

static gathered add_tiles(wanmi_locator *l, double x, double y)
{
    const wm_plane *p = &l->index->compiled->plane;
    touched columns = touched_by(&p->x, x), rows = touched_by(&p->y, y);
    gathered done = GATHERED;
    for (int64_t row = rows.first; row <= rows.last && done == GATHERED; row++) {
        wm_tile_point point = {.xy = l->xy, .x = x, .y = y,
                               .from_below = rows.on_wall && row == rows.first};
        for (int64_t column = columns.first; column <= columns.last && done == GATHERED; column++)
            if (row >= 0 && row < p->y.count && column >= 0 && column < p->x.count)
                done = add_tile(l, (uint32_t)column, (uint32_t)row, &point);
    }
    return done;
}

/* ---- by the trees of those tiles ------------------------------------------------------ */

static bool descend_tile(const wanmi_locator *l, uint32_t column, uint32_t row, double x, double y,
                         wm_leaves *leaves)
{
    const wm_compiled *c = l->index->compiled;
    const wm_plane *p = &c->plane;
    uint32_t word = wm_tile_word(c, column, row);
    if ((word & WM_LABEL) != 0)
        return wm_leaves_add(leaves, word);
    float uv[2] = {(float)((x - p->x.start) * p->x.per_step - column - 0.5),
                   (float)((y - p->y.start) * p->y.per_step - row - 0.5)};
    return wm_descend(c, l->xy, word, uv, x, y, leaves);
}

static bool descend_tiles(const wanmi_locator *l, double x, double y, wm_leaves *leaves)
{
    const wm_plane *p = &l->index->compiled->plane;
    touched columns = touched_by(&p->x, x), rows = touched_by(&p->y, y);
    bool done = true;
    for (int64_t row = rows.first; row <= rows.last && done; row++)
        for (int64_t column = columns.first; column <= columns.last && done; column++)
            if (row >= 0 && row < p->y.count && column >= 0 && column < p->x.count)
                done = descend_tile(l, (uint32_t)column, (uint32_t)row, x, y, leaves);
    return done;
}

/* ---- memory that will be wanted ---------------------------------------------------------- */

/* A rough tile, for memory to be on its way; gives its word, or a label. */
static uint32_t rough_word(const wm_compiled *c, double x, double y)
{
    const wm_walls *wx = &c->plane.x, *wy = &c->plane.y;
    double column = (x - wx->start) * wx->per_step, row = (y - wy->start) * wy->per_step;
    if (!(column >= 0 && row >= 0 && column < wx->count && row < wy->count))
        return WM_LABEL_NONE;
    return wm_tile_word(c, (uint32_t)column, (uint32_t)row);
}

/* Loads hang on one another before an edge is at hand: they are asked for in step, for
 * several positions at a time. */
void wm_settle_foresee(const wanmi_locator *l, const uint16_t *places, size_t count)
{
    const wm_compiled *c = l->index->compiled;
    for (size_t k = 0; k < count; k++) {
        uint32_t word = rough_word(c, l->xs[places[k]], l->ys[places[k]]);
        if ((word & WM_LABEL) == 0) {
            __builtin_prefetch(wm_tree_at(c, word) - WM_TREE_HEAD);
            __builtin_prefetch(wm_tree_at(c, word) + 14);
        }
    }
}

/* The tuple of all areas in the labels of leaves. */
static wanmi_status answer_leaves(wanmi_locator *l, const wm_leaves *leaves, int64_t instant_us,
                                  wm_answer *answer, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    if (leaves->count == 1) {
        wm_answer_label(l, leaves->labels[0], instant_us, answer, &status, error);
        return status;
    }
    l->candidate_count = 0;
    for (uint32_t i = 0; i < leaves->count; i++)
        if (!add_label(l, leaves->labels[i]))
            return wm_error_memory(error);
    sort_set(l);
    return answer_set(l, instant_us, answer, error);
}

static wanmi_status settle_by_record(wanmi_locator *l, double x, double y, int64_t instant_us,
                                     wm_answer *answer, bool *settled, wanmi_error *error)
{
    l->candidate_count = 0;
    gathered done = add_tiles(l, x, y);
    *settled = done == GATHERED && !l->sides.failed;
    l->sides.failed = false;
    if (done == NO_MEMORY)
        return wm_error_memory(error);
    if (!*settled)
        return WANMI_OK;
    sort_set(l);
    return answer_set(l, instant_us, answer, error);
}

wanmi_status wm_settle_point(wanmi_locator *l, double x, double y, int64_t instant_us, wm_answer *answer,
                             wanmi_error *error)
{
    wm_leaves leaves = {.count = 0};
    wm_answer found = {WANMI_NONE, 0, WANMI_OUTSIDE, NAN};
    bool settled = true;
    wanmi_status status = WANMI_OK;
    if (descend_tiles(l, x, y, &leaves))
        status = answer_leaves(l, &leaves, instant_us, &found, error);
    else
        status = settle_by_record(l, x, y, instant_us, &found, &settled, error);
    if (status != WANMI_OK)
        return status;
    if (!settled) {
        l->counts.exact++;
        return wm_answer_point(l, x, y, instant_us, answer, error);
    }
    wm_answer_nearest(l->index, x, y, instant_us, &found);
    l->counts.settled++;
    *answer = found;
    return WANMI_OK;
}
