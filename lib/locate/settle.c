/* From labels and records to answers: see search.h. */
#include <math.h>

#include "base/error.h"
#include "cover.h"
#include "descent.h"
#include "image_tables.h"
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
    if (label == WM_LABEL_NONE || (label & WM_LABEL) == 0)
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

typedef enum gathered { GATHERED, UNDECIDED, NO_MEMORY } gathered;

/* The record of a tile; NULL in an altered file: the exact path needs none. */
static const uint32_t *record_of(const wanmi_index *index, uint32_t tree)
{
    const wm_compiled *c = index->compiled;
    uint32_t place = wm_tree_at(c, tree)[-WM_TREE_RECORD];
    return index->image == NULL || wm_check_record(index, place) ? c->records + place : NULL;
}

static gathered add_record(wanmi_locator *l, uint32_t tree, const wm_tile_point *point)
{
    const uint32_t *record = record_of(l->index, tree);
    if (record == NULL)
        return UNDECIDED;
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
    wm_touched columns = wm_touched_by(&p->x, x), rows = wm_touched_by(&p->y, y);
    gathered done = wm_side_underflows(x) || wm_side_underflows(y) ? UNDECIDED : GATHERED;
    for (int64_t row = rows.first; row <= rows.last && done == GATHERED; row++) {
        wm_tile_point point = {.xy = l->xy, .x = x, .y = y,
                               .from_below = rows.on_wall && row == rows.first};
        for (int64_t column = columns.first; column <= columns.last && done == GATHERED; column++)
            if (row >= 0 && row < p->y.count && column >= 0 && column < p->x.count)
                done = add_tile(l, (uint32_t)column, (uint32_t)row, &point);
    }
    return done;
}

/* The first of them, at least: a record may hold any number. */
static void foresee_edges(const wanmi_locator *l, const uint32_t *record)
{
    enum { LINES_MOST = 64 };
    const uint32_t *group = record + WM_RECORD_HEAD + record[WM_RECORD_AREAS];
    uint32_t lines = 0;
    for (uint32_t g = 0; g < record[WM_RECORD_GROUPS]; g++, group += 2 + 2 * group[1])
        for (uint32_t r = 0; r < group[1]; r++) {
            const double *from = l->xy + 2 * (size_t)group[2 + 2 * r];
            const double *to = from + 2 * (size_t)group[3 + 2 * r];
            wm_touch(to + 1);
            for (; from <= to; from += 8) {
                if (lines++ == LINES_MOST)
                    return;
                wm_touch(from);
            }
        }
}

/* ---- by the leaves that meet a point ------------------------------------------------------ */

/* Whether a tuple with this cell is the answer to its areas and another tuple's
 * together, whose cell comes after it. May say no where the answer is yes. A tuple
 * that is a label leaves no area out, and all its areas are valid always. */
static bool wins(const wanmi_locator *l, uint32_t cell, const uint32_t *row, const uint32_t *other,
                 int64_t instant_us)
{
    const wm_layout *layout = &l->own.layout;
    for (uint32_t layer = 0; layer < layout->layer_count; layer++) {
        bool overlay = wm_is_overlay(layout, layer);
        if (row[layer] == other[layer] || layer == layout->cell_layer ||
            other[layer] == (overlay ? 0 : WANMI_NONE))
            continue;
        if (overlay || row[layer] == WANMI_NONE ||
            wm_rules_of_two(l->index, layer, cell, row[layer], other[layer], instant_us) != row[layer])
            return false;
    }
    return true;
}

/* The tuple among the labels that is the answer to all of them, or WANMI_NONE. On an
 * edge it is nearly always one of the two. */
static uint32_t winner_of(const wanmi_locator *l, const wm_leaves *leaves, int64_t instant_us)
{
    const wm_tuples *tuples = &l->index->compiled->tuples;
    uint32_t best = WANMI_NONE, cell = WANMI_NONE;
    for (uint32_t i = 0; i < leaves->count; i++) {
        if ((leaves->labels[i] & WM_LABEL_SET) != 0)
            return WANMI_NONE;
        uint32_t number = leaves->labels[i] & WM_LABEL_VALUE, own = wm_tuples_cell(tuples, number);
        bool before = own < cell;
        best = before ? number : best;
        cell = before ? own : cell;
    }
    for (uint32_t i = 0; i < leaves->count && best != WANMI_NONE; i++)
        if (!wins(l, cell, wm_tuples_row(tuples, best),
                  wm_tuples_row(tuples, leaves->labels[i] & WM_LABEL_VALUE), instant_us))
            best = WANMI_NONE;
    return best;
}

/* The tuple of all areas in the labels of leaves. */
static wanmi_status answer_leaves(wanmi_locator *l, const wm_leaves *leaves, int64_t instant_us,
                                  wm_answer *answer, wanmi_error *error)
{
    uint32_t winner = winner_of(l, leaves, instant_us);
    if (winner != WANMI_NONE) {
        *answer = (wm_answer){wm_tuples_cell(&l->index->compiled->tuples, winner), winner, WANMI_INSIDE, 0};
        return WANMI_OK;
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

static wanmi_status answer_settled(wanmi_locator *l, double x, double y, const wm_leaves *leaves,
                                   int64_t instant_us, wm_answer *answer, wanmi_error *error)
{
    wm_answer found = {WANMI_NONE, 0, WANMI_OUTSIDE, NAN};
    bool settled = true;
    wanmi_status status =
        leaves->lost ? settle_by_record(l, x, y, instant_us, &found, &settled, error)
                     : answer_leaves(l, leaves, instant_us, &found, error);
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

/* ---- blocks ------------------------------------------------------------------------------- */

void wm_settle_foresee(const wanmi_locator *l, size_t left)
{
    const wm_compiled *c = l->index->compiled;
    for (int deep = 0; deep < 2; deep++) {
        for (size_t k = 0; k < left; k++) {
            size_t i = l->left[k];
            if ((l->labels[i] & WM_LABEL) == 0)
                wm_edges_foresee(c, l->xy, l->labels[i], l->scratch.codes[i], deep);
        }
    }
}

/* Of those points that the edges do not decide, what the records hold of the tiles
 * they are in. */
static void foresee_records(const wanmi_locator *l)
{
    const wm_compiled *c = l->index->compiled;
    const wm_descent *d = &l->descent;
    uint32_t trees[WM_WALKERS], lost = 0;
    for (uint32_t k = 0; k < d->walker_count; k++) {
        trees[lost] = d->walkers[k].word;
        lost += d->leaves[d->walkers[k].point].lost;
    }
    for (uint32_t k = 0; k < lost; k++) {
        size_t place = wm_tree_at(c, trees[k])[-WM_TREE_RECORD];
        if (place < c->record_count)
            wm_touch(c->records + place);
    }
    for (uint32_t k = 0; k < lost; k++) {
        const uint32_t *record = record_of(l->index, trees[k]);
        if (record != NULL)
            foresee_edges(l, record);
    }
}

/* A group's points, each where the search left it. */
static void put_down(wanmi_locator *l, const uint16_t *places, size_t count)
{
    wm_descent *d = &l->descent;
    wm_descent_clear(d);
    for (size_t k = 0; k < count; k++) {
        size_t i = places[k];
        bool stopped = (l->labels[i] & WM_LABEL) == 0;
        if (l->reasons[i] != WANMI_REASON_NONE)
            wm_descent_skip(d, (uint32_t)k);
        else if (stopped)
            wm_descent_resume(d, (uint32_t)k, l->xs[i], l->ys[i],
                              (wm_walker){l->labels[i], {l->scratch.stops[i][0], l->scratch.stops[i][1]},
                                          l->scratch.codes[i], (uint16_t)k});
        else
            wm_descent_enter(d, l->index->compiled, (uint32_t)k, l->xs[i], l->ys[i]);
    }
}

/* Answers those of a group that the edges decided, or the lost ones. */
static wanmi_status answer_group(wanmi_locator *l, const wanmi_positions *in, size_t start,
                                 const uint16_t *places, size_t count, bool lost, wanmi_error *error)
{
    const wm_descent *d = &l->descent;
    wanmi_status status = WANMI_OK;
    for (size_t k = 0; k < count && status == WANMI_OK; k++) {
        size_t i = places[k];
        wm_answer answer = WM_REJECTED;
        if (d->leaves[k].lost != lost)
            continue;
        if (l->reasons[i] == WANMI_REASON_NONE)
            status = answer_settled(l, d->x[k], d->y[k], &d->leaves[k], wm_instant_at(in, start + i), &answer,
                                    error);
        wm_keep_answer(l, i, &answer);
    }
    return status;
}

wanmi_status wm_settle(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t left,
                       wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (size_t from = 0; from < left && status == WANMI_OK; from += WM_GROUP) {
        const uint16_t *places = l->left + from;
        size_t count = left - from < WM_GROUP ? left - from : WM_GROUP;
        put_down(l, places, count);
        wm_descend(&l->descent, l->index->compiled, l->xy);
        foresee_records(l);
        status = answer_group(l, in, start, places, count, false, error);
        if (status == WANMI_OK)
            status = answer_group(l, in, start, places, count, true, error);
    }
    return status;
}
