/* Whether the tables of an image lead nowhere but into each other: see
 * image_tables.h. One pass over all of them but the records, mostly in the order in
 * which they lie.
 *
 * What is held so:
 *   - a label is a tuple that is used or a set that is there;
 *   - a tile's tree, with its labels and lists, is in `trees`, and each cut leads to
 *     a later one, so that every way down ends;
 *   - an edge lies in the map's coordinates;
 *   - an area stands in no other layer than its own.
 * Trees may not overlap more than fits: their sizes are added up, so that a file
 * cannot ask for more work here than it has bytes. Records are used by few positions
 * and are a quarter of a file: each is checked when it is used.
 */
#include <math.h>

#include "cover.h"
#include "image.h"

enum { AHEAD = 12 };                /* tiles */

/* ---- the trees of layers ----------------------------------------------------------------- */

/* The places of a level's last node that no box takes must meet nothing. */
static bool rest_is_empty(const wm_node *node, uint32_t used)
{
    for (uint32_t i = used; i < WM_TREE_FANOUT; i++)
        if (node->min_x[i] != INT16_MAX || node->max_x[i] != INT16_MIN)
            return false;
    return true;
}

bool wm_check_tree(const wm_layer *layer)
{
    const wm_tree *tree = &layer->tree;
    size_t boxes = tree->count;
    for (uint32_t level = 0; level < tree->levels; level++) {
        size_t nodes = (boxes + WM_TREE_FANOUT - 1) / WM_TREE_FANOUT;
        const wm_node *last = &tree->nodes[tree->starts[level] + nodes - 1];
        if (!rest_is_empty(last, (uint32_t)(boxes - (nodes - 1) * WM_TREE_FANOUT)))
            return false;
        boxes = nodes;
    }
    for (uint32_t i = 0; i < tree->count; i++)
        if (tree->ids[i] - layer->first_area >= layer->area_count)
            return false;
    return true;
}

/* ---- the plane ----------------------------------------------------------------------------- */

static bool walls_are_sound(double origin, double first, double step, uint32_t count)
{
    /* So near to the origin that no two walls are one and no rounding hides one. Negated
     * or not, NaN is refused. */
    return step >= 1e-3 && step <= 1e10 && fabs(origin) <= 1e10 && fabs(first) <= 1e12 &&
           fabs(first * step) <= 1e11 && count >= 1 && count <= 1u << 21;
}

/* Kernels count blocks in 31 bits. */
static bool blocks_are_few(const wm_image_plane *p)
{
    uint64_t columns = ((p->x_count - 1) >> p->block_bits) + UINT64_C(1);
    uint64_t rows = ((p->y_count - 1) >> p->block_bits) + UINT64_C(1);
    return columns * rows < UINT64_C(1) << 30;
}

bool wm_check_plane(const wm_image_plane *p)
{
    return walls_are_sound(p->x_origin, p->x_first, p->x_step, p->x_count) &&
           walls_are_sound(p->y_origin, p->y_first, p->y_step, p->y_count) && p->block_bits <= 15 &&
           blocks_are_few(p);
}

/* ---- tuples and lists --------------------------------------------------------------------- */

static bool in_layer(const wanmi_index *index, uint32_t layer, uint32_t area)
{
    return area - index->layers[layer].first_area < index->layers[layer].area_count;
}

static bool lists_are_sound(const wm_lists *lists, uint32_t area_count)
{
    if (lists->count == 1)
        return true;
    if (lists->starts[0] != 0 || lists->starts[1] != 0 || lists->starts[lists->count] != lists->area_capacity)
        return false;
    for (uint32_t n = 1; n < lists->count; n++) {
        uint32_t first = lists->starts[n], end = lists->starts[n + 1];
        if (first >= end || end > lists->area_capacity || lists->areas[end - 1] >= area_count)
            return false;
        for (uint32_t i = first + 1; i < end; i++)
            if (lists->areas[i - 1] >= lists->areas[i])
                return false;
    }
    return true;
}

/* Half of them free, so that looking for what is not there ends soon. */
static bool slots_are_sound(const wm_slots *slots, uint32_t first, uint32_t end)
{
    size_t taken = 0;
    if ((slots->slot_count & (slots->slot_count - 1)) != 0)
        return false;
    for (size_t i = 0; i < slots->slot_count; i++) {
        uint32_t number = slots->numbers[i];
        if (number != WANMI_NONE && (number < first || number >= end))
            return false;
        taken += number != WANMI_NONE;
    }
    return 2 * taken <= slots->slot_count && taken == slots->taken;
}

/* An overlay's list holds areas of that layer: it ascends, so its ends say so. */
static bool word_is_sound(const wanmi_index *index, const wm_tuples *t, uint32_t layer, uint32_t word)
{
    if (!wm_is_overlay(&t->layout, layer))
        return word == WANMI_NONE || in_layer(index, layer, word);
    if (word == 0 || word >= t->lists.count)
        return word == 0;
    wm_list list = wm_lists_at(&t->lists, word);
    return in_layer(index, layer, list.items[0]) && in_layer(index, layer, list.items[list.count - 1]);
}

/* An unused row holds nothing; a cell's own row names that cell; row 0 is empty. */
static bool row_is_sound(const wanmi_index *index, const wm_tuples *t, uint32_t number)
{
    const uint32_t *row = wm_tuples_row(t, number);
    bool used = wm_tuples_used(t, number), sound = true;
    for (uint32_t layer = 0; layer < t->layout.layer_count && sound; layer++) {
        sound = used ? word_is_sound(index, t, layer, row[layer]) : row[layer] == WANMI_NONE;
        if (number == 0)
            sound = row[layer] == (wm_is_overlay(&t->layout, layer) ? 0 : WANMI_NONE);
    }
    if (sound && used && number - 1 < t->layout.cell_count && !wm_is_overlay(&t->layout, t->layout.cell_layer))
        sound = row[t->layout.cell_layer] == t->layout.first_cell + number - 1;
    return sound;
}

static uint32_t check_tuples(const wanmi_index *index, bool *all_used)
{
    const wm_tuples *t = &index->compiled->tuples;
    if (!lists_are_sound(&t->lists, index->area_count) ||
        !lists_are_sound(&index->compiled->sets, index->area_count))
        return WM_TABLE_STARTS;
    if (!slots_are_sound(&t->further, 1 + t->layout.cell_count, t->count) ||
        !slots_are_sound(&t->lists.slots, 1, t->lists.count))
        return WM_TABLE_SLOTS;
    for (uint32_t number = 0; number < t->count; number++) {
        if (!row_is_sound(index, t, number))
            return WM_TABLE_ROWS;
        *all_used = *all_used && wm_tuples_used(t, number);
    }
    return 0;
}

/* ---- records, when one is used ---------------------------------------------------------- */

/* Runs ascend within an area, so that a record asks no edge twice. */
static bool runs_are_sound(uint64_t points, const uint32_t *run, uint32_t count)
{
    uint64_t end = 0;
    for (uint32_t r = 0; r < count; r++, run += 2) {
        if (run[0] < end || run[1] == 0 || (uint64_t)run[0] + run[1] >= points)
            return false;
        end = (uint64_t)run[0] + run[1];
    }
    return true;
}

/* The areas with edges in the tile, ascending. */
static bool groups_are_sound(const wanmi_index *index, uint64_t points, const uint32_t *group, uint64_t room,
                             uint32_t count)
{
    uint32_t next = 0;
    for (uint32_t g = 0; g < count; g++) {
        if (room < 2 || group[1] > (room - 2) / 2)
            return false;
        uint32_t words = 2 + 2 * group[1], area = group[0] >> 1;
        if (area < next || area >= index->area_count || !runs_are_sound(points, group + 2, group[1]))
            return false;
        next = area + 1;
        group += words;
        room -= words;
    }
    return true;
}

bool wm_check_record(const wanmi_index *index, uint32_t place)
{
    const wm_compiled *c = index->compiled;
    if (place >= c->record_count || c->record_count - place < WM_RECORD_HEAD)
        return false;
    const uint32_t *record = c->records + place, *areas = record + WM_RECORD_HEAD;
    uint32_t whole = record[WM_RECORD_AREAS], groups = record[WM_RECORD_GROUPS];
    uint64_t room = c->record_count - place - WM_RECORD_HEAD;
    if (whole > room || (whole > 0 && areas[whole - 1] >= index->area_count))
        return false;
    for (uint32_t i = 1; i < whole; i++)
        if (areas[i - 1] >= areas[i])
            return false;
    return groups_are_sound(index, index->image->points, areas + whole, room - whole, groups);
}

/* ---- labels ------------------------------------------------------------------------------- */

typedef struct checker {
    const wm_compiled *c;
    uint64_t points;
    uint64_t words;                 /* of all trees met */
    bool all_used;                  /* no tuple is unused */
} checker;

static inline bool label_is_sound(const checker *k, uint32_t label)
{
    uint32_t value = label & WM_LABEL_VALUE;
    if (label >> 30 != WM_LABEL >> 30)
        return false;
    if ((label & WM_LABEL_SET) != 0)
        return value < k->c->sets.count || label == WM_LABEL_NONE;
    return value < k->c->tuples.count && (k->all_used || wm_tuples_used(&k->c->tuples, value));
}

/* Each set's pairs begin with epoch 0, epochs ascend and exist, and a label is a
 * tuple's. */
static bool timeline_is_sound(const checker *k, uint32_t set)
{
    const wm_timelines *t = &k->c->timelines;
    const uint32_t first = t->starts[set], end = t->starts[set + 1];
    for (uint32_t i = first; i < end; i++) {
        const uint32_t *pair = t->pairs + 2 * (size_t)i;
        if ((i == first ? pair[0] != 0 : pair[0] <= pair[-2]) || pair[0] > t->instant_count ||
            !label_is_sound(k, pair[1]) || (pair[1] != WM_LABEL_NONE && (pair[1] & WM_LABEL_SET) != 0))
            return false;
    }
    return true;
}

static uint32_t check_timelines(const checker *k)
{
    const wm_compiled *c = k->c;
    const wm_timelines *t = &c->timelines;
    for (size_t i = 1; i < t->instant_count; i++)
        if (t->instants[i - 1] >= t->instants[i])
            return WM_TABLE_INSTANTS;
    if (t->starts == NULL)
        return 0;
    for (uint32_t set = 0; set < c->sets.count; set++)
        if (t->starts[set] > t->starts[set + 1])
            return WM_TABLE_TIMELINE_STARTS;
    if (t->starts[0] != 0 || t->starts[c->sets.count] != t->pair_count)
        return WM_TABLE_TIMELINE_STARTS;
    for (uint32_t set = 0; set < c->sets.count; set++)
        if (!timeline_is_sound(k, set))
            return WM_TABLE_TIMELINES;
    return 0;
}

/* ---- tiles ---------------------------------------------------------------------------------- */

/* One tile's tree: `at` its first cut, words before it and from it on. */
typedef struct tree {
    const uint32_t *at;
    uint64_t before, after;
    uint32_t cuts, labels;
} tree;

/* Whether each cut leads to later cuts or to labels, and how many labels there
 * must be. No branch: which of the two comes cannot be foretold. */
static inline uint32_t wrong_step(uint32_t code, uint32_t own, uint32_t cuts)
{
    return ((code >> 15) ^ 1) & ((uint32_t)(code <= own) | (uint32_t)(code >= cuts));
}

static inline uint32_t labels_to(uint32_t code)
{
    return (code - (WM_CUT_LABEL - 1)) & -(code >> 15);
}

static bool cuts_are_sound(tree *t)
{
    uint32_t wrong = 0, labels = 0;
    for (uint32_t i = 0; i < t->cuts; i++) {
        wm_cut cut = wm_tree_cut(t->at, i);
        uint32_t below = wm_cut_next(cut, false), above = wm_cut_next(cut, true);
        uint32_t one = labels_to(below), two = labels_to(above);
        wrong |= wrong_step(below, i, t->cuts) | wrong_step(above, i, t->cuts);
        labels = one > labels ? one : labels;
        labels = two > labels ? two : labels;
    }
    t->labels = labels;
    return wrong == 0 && t->before >= WM_TREE_HEAD + (uint64_t)labels;
}

static bool labels_are_sound(const checker *k, const tree *t)
{
    bool sound = true;
    for (uint32_t i = 0; i < t->labels && sound; i++)
        sound = label_is_sound(k, wm_tree_label(t->at, i));
    return sound;
}

static bool list_is_sound(checker *k, const tree *t, uint32_t place)
{
    uint64_t from = 3 * (uint64_t)t->cuts + place;
    if (from >= t->after || t->at[from] == 0 || t->at[from] > t->after - from - 1)
        return false;
    uint32_t count = t->at[from];
    k->words += 1 + (uint64_t)count;
    if (k->words > k->c->tree_count)
        return false;
    for (uint32_t i = 1; i <= count; i++)
        if (t->at[from + i] + (uint64_t)1 >= k->points)
            return false;
    return true;
}

/* Edges are looked at together; lists are few. */
static bool edges_are_sound(checker *k, const tree *t)
{
    const uint32_t *edges = t->at + 2 * (uint64_t)t->cuts;
    uint32_t highest = 0, lists = 0;
    for (uint32_t i = 0; i < t->cuts; i++) {
        uint32_t is_list = edges[i] >> 31, edge = edges[i] & (is_list - 1);
        highest = edge > highest ? edge : highest;
        lists |= is_list & (edges[i] != WANMI_NONE);
    }
    bool sound = highest + (uint64_t)1 < k->points;
    for (uint32_t i = 0; lists != 0 && i < t->cuts && sound; i++)
        if ((edges[i] & WM_CUT_LIST) != 0 && edges[i] != WANMI_NONE)
            sound = list_is_sound(k, t, edges[i] & ~WM_CUT_LIST);
    return sound;
}

static bool tree_is_sound(checker *k, uint32_t word)
{
    uint64_t place = 2 * (uint64_t)word, count = k->c->tree_count;
    if (place < WM_TREE_HEAD || place >= count)
        return false;
    tree t = {k->c->trees + place, place, count - place, 0, 0};
    t.cuts = t.at[-WM_TREE_CUTS];
    if (t.cuts == 0 || t.cuts > WM_CUT_COUNT_MAX || 3 * (uint64_t)t.cuts > t.after || !cuts_are_sound(&t))
        return false;
    k->words += WM_TREE_HEAD + 3 * (uint64_t)t.cuts + t.labels;
    return k->words <= count && labels_are_sound(k, &t) && edges_are_sound(k, &t);
}

/* Trees lie in the order in which they were made, which is not that of the tiles: a
 * tree some tiles ahead is asked for. Its place is not yet checked; that is no load. */
static inline void foresee_tree(const wm_compiled *c, uint32_t word)
{
    const char *place = (const char *)((uintptr_t)c->trees + 8 * (uintptr_t)(word & (WM_LABEL - 1)));
    __builtin_prefetch(place - 8);
    __builtin_prefetch(place + 64);
    __builtin_prefetch(place + 128);
}

static uint32_t check_tiles(checker *k)
{
    const wm_compiled *c = k->c;
    for (size_t i = 0; i < (size_t)c->block_columns * c->block_rows; i++) {
        uint32_t word = c->blocks[i];
        if ((word & WM_LABEL) != 0 ? !label_is_sound(k, word) : word >= c->block_count)
            return WM_TABLE_BLOCKS;
    }
    size_t tiles = c->tiles_size / sizeof *c->tiles;
    for (size_t i = 0; i < tiles; i++) {
        uint32_t word = c->tiles[i];
        if (i + AHEAD < tiles)
            foresee_tree(c, c->tiles[i + AHEAD]);
        if ((word & WM_LABEL) != 0 ? !label_is_sound(k, word) : !tree_is_sound(k, word))
            return (word & WM_LABEL) != 0 ? WM_TABLE_TILES : WM_TABLE_TREES;
    }
    return 0;
}

uint32_t wm_check_compiled(const wanmi_index *index)
{
    bool all_used = true;
    uint32_t wrong = check_tuples(index, &all_used);
    checker k = {.c = index->compiled, .points = index->image->points, .all_used = all_used};
    if (wrong == 0)
        wrong = check_timelines(&k);
    return wrong != 0 ? wrong : check_tiles(&k);
}
