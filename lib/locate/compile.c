/* Compiling: a sweep over the rows of tiles, from south to north.
 *
 * First every edge is put down for the rows it passes, and the blocks it passes
 * are marked. Then, row by row, each area's edges give the spans of reference
 * points it covers (as a polygon is filled on a screen) and the tiles they cross.
 * A tile with edges is cut (partition.c) and gets a record (cover.h); one without
 * gets the answer of its reference point, which is that of all its points. Blocks
 * that no edge crosses get one answer, asked in their first row.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "compiled.h"
#include "cover.h"
#include "partition.h"
#include "rules.h"
#include "sort.h"
#include "wanmi/types.h"

enum { BLOCK_BITS_MIN = 4, BLOCK_BITS_MAX = 10, BLOCKS_WANTED = 1 << 18 };

/* Nearer than this to a wall, in metres, an edge may be on either side of it by
 * rounding; and what a stated position may be off. */
static const double NEAR_M = 1e-6;

typedef struct entry {
    uint32_t area, point;           /* the edge from this point to the next */
} entry;

/* What happens in one tile of the row: an edge (point) or, with point WANMI_NONE,
 * an area that covers the reference point. */
typedef struct item {
    uint32_t slot, area, point;
} item;

typedef struct compiler {
    const wanmi_index *index;
    const wanmi_host *host;
    wm_compiled *to;
    const double *xy;
    wm_sides sides;
    wm_partition partition;
    entry *entries;                 /* by row */
    size_t *row_starts;             /* rows + 1 */
    size_t entry_count;
    uint8_t *busy;                  /* by block: an edge crosses it */
    uint32_t *slot_starts;          /* of the row of blocks, by block column: its first slot */
    uint32_t slot_count;
    item *items, *sorted;
    size_t item_count, item_capacity, sorted_capacity;
    uint32_t *slot_items;           /* slot_count + 1 */
    size_t slot_item_capacity;
    uint32_t *toggles;
    size_t toggle_count, toggle_capacity;
    uint32_t *areas;                /* a set */
    size_t area_capacity;
    uint32_t *words;                /* a tuple being written */
    size_t word_capacity;
    wm_tile_point tile;             /* of the tile in work */
    uint32_t column, row;
    uint32_t record;
} compiler;

/* ---- where an edge passes --------------------------------------------------------- */

typedef struct span {
    uint32_t first, last;
} span;

/* The numbers of tiles between two places, with a little room on either side. */
static span between(const wm_walls *walls, double low, double high)
{
    double first = floor((low - NEAR_M - walls->start) * walls->per_step);
    double last = floor((high + NEAR_M - walls->start) * walls->per_step);
    double end = walls->count - 1.0;
    return (span){(uint32_t)(first < 0 ? 0 : first > end ? end : first),
                  (uint32_t)(last < 0 ? 0 : last > end ? end : last)};
}

static span rows_of(const compiler *c, const double *a, const double *b)
{
    return between(&c->to->plane.y, fmin(a[1], b[1]), fmax(a[1], b[1]));
}

/* The columns an edge passes inside one row. */
static span columns_of(const compiler *c, const double *a, const double *b, uint32_t row)
{
    const wm_walls *y = &c->to->plane.y;
    if (a[1] > b[1]) {
        const double *swap = a;
        a = b;
        b = swap;
    }
    double low = wm_wall(y, row) - NEAR_M, high = wm_wall(y, row + 1) + NEAR_M;
    double x0 = a[0], x1 = b[0], slope = b[1] > a[1] ? (b[0] - a[0]) / (b[1] - a[1]) : 0;
    if (a[1] < low)
        x0 += (low - a[1]) * slope;
    if (b[1] > high)
        x1 += (high - b[1]) * slope;
    /* Rounding may carry a place beyond the edge's ends, never the edge itself. */
    double left = fmin(a[0], b[0]), right = fmax(a[0], b[0]);
    return between(&c->to->plane.x, fmax(left, fmin(x0, x1)), fmin(right, fmax(x0, x1)));
}

/* Whether an edge may meet the open tile; exact where it runs along a wall. */
static bool may_cross(const compiler *c, const double *a, const double *b, uint32_t column, uint32_t row)
{
    const wm_plane *p = &c->to->plane;
    return fmin(a[0], b[0]) < wm_wall(&p->x, column + 1) && fmax(a[0], b[0]) > wm_wall(&p->x, column) &&
           fmin(a[1], b[1]) < wm_wall(&p->y, row + 1) && fmax(a[1], b[1]) > wm_wall(&p->y, row);
}

/* Marks the blocks whose tiles may differ: an edge along a wall inside a block parts
 * them without crossing one. */
static void mark_busy(compiler *c, const double *a, const double *b, uint32_t row)
{
    const wm_plane *p = &c->to->plane;
    uint32_t bits = c->to->block_bits;
    span columns = columns_of(c, a, b, row);
    int64_t size = 1 << bits, south = (int64_t)(row >> bits) * size;
    if (fmin(a[1], b[1]) >= wm_wall(&p->y, south + size) || fmax(a[1], b[1]) <= wm_wall(&p->y, south))
        return;
    for (uint32_t block = columns.first >> bits; block <= columns.last >> bits; block++) {
        int64_t west = (int64_t)block * size;
        if (fmin(a[0], b[0]) < wm_wall(&p->x, west + size) && fmax(a[0], b[0]) > wm_wall(&p->x, west))
            c->busy[(row >> bits) * c->to->block_columns + block] = 1;
    }
}

/* ---- every edge by its rows -------------------------------------------------------- */

typedef void (*edge_fn)(compiler *c, uint32_t area, uint32_t point);

static void for_each_edge(compiler *c, edge_fn edge)
{
    for (uint32_t area = 0; area < c->index->area_count; area++) {
        wanmi_area_rings rings;
        wanmi_map_area_rings(c->index->map, area, &rings);
        c->xy = rings.xy;
        for (uint32_t r = 0; r < rings.ring_count; r++)
            for (uint32_t p = rings.points[r]; p + 1 < rings.points[r + 1]; p++)
                edge(c, area, p);
    }
}

static void count_edge(compiler *c, uint32_t area, uint32_t point)
{
    (void)area;
    const double *a = c->xy + 2 * (size_t)point;
    span rows = rows_of(c, a, a + 2);
    for (uint32_t row = rows.first; row <= rows.last; row++)
        c->row_starts[row + 1]++;
}

static void put_edge(compiler *c, uint32_t area, uint32_t point)
{
    const double *a = c->xy + 2 * (size_t)point;
    span rows = rows_of(c, a, a + 2);
    for (uint32_t row = rows.first; row <= rows.last; row++) {
        c->entries[c->row_starts[row]++] = (entry){area, point};
        mark_busy(c, a, a + 2, row);
    }
}

/* Counting sort: areas ascend within each row. */
static bool sort_edges(compiler *c)
{
    size_t rows = c->to->plane.y.count;
    c->row_starts = wm_alloc_zero(c->host, wm_product(rows + 2, sizeof *c->row_starts));
    c->busy = wm_alloc_zero(c->host, wm_product(c->to->block_columns, c->to->block_rows));
    if (c->row_starts == NULL || c->busy == NULL)
        return false;
    for_each_edge(c, count_edge);
    for (size_t row = 0; row < rows; row++)
        c->row_starts[row + 1] += c->row_starts[row];
    c->entry_count = c->row_starts[rows];
    c->entries = wm_alloc(c->host, wm_product(c->entry_count, sizeof *c->entries));
    if (c->entries == NULL)
        return false;
    for_each_edge(c, put_edge);     /* leaves each start at its end: the next row's start */
    memmove(c->row_starts + 1, c->row_starts, rows * sizeof *c->row_starts);
    c->row_starts[0] = 0;
    return true;
}

/* ---- one row ------------------------------------------------------------------------ */

static bool push_item(compiler *c, item it)
{
    if (!wm_reserve(c->host, (void **)&c->items, &c->item_capacity, c->item_count + 1, sizeof *c->items))
        return false;
    c->items[c->item_count++] = it;
    return true;
}

static bool block_is_busy(const compiler *c, uint32_t column)
{
    return c->busy[wm_block_place(c->to, column, c->row)] != 0;
}

static uint32_t slot_of(const compiler *c, uint32_t column)
{
    uint32_t bits = c->to->block_bits, start = c->slot_starts[column >> bits];
    return block_is_busy(c, column) ? start + (column & ((1u << bits) - 1)) : start;
}

static bool push_edge(compiler *c, entry e)
{
    const double *a = c->xy + 2 * (size_t)e.point;
    span columns = columns_of(c, a, a + 2, c->row);
    for (uint32_t column = columns.first; column <= columns.last; column++)
        if (may_cross(c, a, a + 2, column, c->row) &&
            !push_item(c, (item){slot_of(c, column), e.area, e.point}))
            return false;
    return true;
}

/* The first column whose reference point is to the right of an edge, at the row's
 * reference height. */
static bool push_toggle(compiler *c, entry e)
{
    const double *a = c->xy + 2 * (size_t)e.point, *b = a + 2;
    const wm_walls *x = &c->to->plane.x;
    double y = c->tile.reference_y;
    if ((a[1] > y) == (b[1] > y))
        return true;
    double at = a[0] + (y - a[1]) * ((b[0] - a[0]) / (b[1] - a[1]));
    double place = (at - x->start) * x->per_step - WM_REFERENCE_X, nearest = nearbyint(place);
    double column = ceil(place);
    if (fabs(place - nearest) < 1e-4 && nearest >= 0 && nearest < x->count) {
        double reference = wm_wall(x, (int64_t)nearest) + WM_REFERENCE_X * x->step;
        int side = wm_side(&c->sides, a, b, reference, y);
        column = (a[1] < b[1] ? side < 0 : side > 0) ? nearest : nearest + 1;
    }
    if (!wm_reserve(c->host, (void **)&c->toggles, &c->toggle_capacity, c->toggle_count + 1,
                    sizeof *c->toggles))
        return false;
    c->toggles[c->toggle_count++] = (uint32_t)(column < 0 ? 0 : column > x->count ? x->count : column);
    return true;
}

/* A span of reference points: tile by tile in busy blocks, else once a block. */
static bool push_span(compiler *c, uint32_t area, uint32_t first, uint32_t end)
{
    uint32_t size = 1u << c->to->block_bits;
    bool block_row = (c->row & (size - 1)) == 0;
    for (uint32_t column = first, next; column < end; column = next) {
        next = (column / size + 1) * size;
        if (block_is_busy(c, column)) {
            for (; column < next && column < end; column++)
                if (!push_item(c, (item){slot_of(c, column), area, WANMI_NONE}))
                    return false;
        } else if (block_row && column % size == 0 &&
                   !push_item(c, (item){slot_of(c, column), area, WANMI_NONE})) {
            return false;
        }
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, two = *(const uint32_t *)b;
    return (one > two) - (one < two);
}

/* One area's edges in this row: its items. */
static bool sweep_area(compiler *c, const entry *entries, size_t count)
{
    c->toggle_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!push_edge(c, entries[i]) || !push_toggle(c, entries[i]))
            return false;
    if (c->toggle_count > 1)    /* without any there is no array either */
        qsort(c->toggles, c->toggle_count, sizeof *c->toggles, compare_numbers);
    for (size_t i = 0; i + 1 < c->toggle_count; i += 2)
        if (!push_span(c, entries[0].area, c->toggles[i], c->toggles[i + 1]))
            return false;
    return true;
}

static bool sweep_row(compiler *c)
{
    const entry *entries = c->entries + c->row_starts[c->row];
    size_t count = c->row_starts[c->row + 1] - c->row_starts[c->row];
    c->item_count = 0;
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && entries[end].area == entries[first].area;)
            end++;
        if (!sweep_area(c, entries + first, end - first))
            return false;
    }
    return true;
}

/* By slot; stable, so that areas ascend in each and an area's edges stand together
 * before its cover. */
static bool sort_items(compiler *c)
{
    if (!wm_reserve(c->host, (void **)&c->slot_items, &c->slot_item_capacity,
                    (size_t)c->slot_count + 2, sizeof *c->slot_items) ||
        !wm_reserve(c->host, (void **)&c->sorted, &c->sorted_capacity, c->item_count + 1,
                    sizeof *c->sorted))
        return false;
    memset(c->slot_items, 0, (c->slot_count + 2) * sizeof *c->slot_items);
    for (size_t i = 0; i < c->item_count; i++)
        c->slot_items[c->items[i].slot + 2]++;
    for (uint32_t s = 0; s < c->slot_count; s++)
        c->slot_items[s + 1] += c->slot_items[s];
    for (size_t i = 0; i < c->item_count; i++)
        c->sorted[c->slot_items[c->items[i].slot + 1]++] = c->items[i];
    return true;
}

/* ---- labels -------------------------------------------------------------------------- */

static wanmi_status number_set(compiler *c, const uint32_t *areas, size_t count, uint32_t *label)
{
    uint32_t number;
    if (!wm_lists_number(&c->to->sets, (wm_list){areas, count}, &number))
        return WANMI_E_MEMORY;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | WM_LABEL_SET | number : WM_LABEL_NONE;
    return WANMI_OK;
}

static wanmi_status number_tuple(compiler *c, uint32_t cell, uint32_t *label)
{
    uint32_t number;
    if (!wm_tuples_number(&c->to->tuples, c->words, &number))
        return WANMI_E_MEMORY;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | number : WM_LABEL_NONE;
    if (cell == WANMI_NONE && c->index->snap_m == 0 && number <= WM_LABEL_VALUE)
        *label |= WM_LABEL_FAR;
    return WANMI_OK;
}

/* The label of places that exactly these areas cover, ascending. A tuple stands for
 * its set only where it leaves none of it out: points on walls are answered from
 * the sets of several tiles, and settled points look into them. */
static wanmi_status label_set(compiler *c, const uint32_t *areas, size_t count, uint32_t *label)
{
    uint32_t layers = c->index->layer_count;
    if (wm_rules_timed(c->index, areas, count))
        return number_set(c, areas, count, label);
    if (!wm_reserve(c->host, (void **)&c->words, &c->word_capacity, layers + 1 + count, sizeof *c->words))
        return WANMI_E_MEMORY;
    uint32_t cell = wm_rules_apply(c->index, areas, count, 0, c->words);
    if (c->words[layers] != count)
        return number_set(c, areas, count, label);
    return number_tuple(c, cell, label);
}

/* Marks the label of a box of tiles without a cell, where no cell is within snap_m. */
static uint32_t mark_far(const compiler *c, uint32_t label, uint32_t size)
{
    const wanmi_index *index = c->index;
    bool tuple = label != WM_LABEL_NONE && (label & WM_LABEL_SET) == 0;
    if (!tuple || index->cell_layer == WANMI_NONE ||
        wm_tuples_cell(&c->to->tuples, label & WM_LABEL_VALUE) != WANMI_NONE)
        return label;
    double around = index->snap_m + 1;
    const wm_plane *p = &c->to->plane;
    wm_box window = {wm_wall(&p->x, c->column) - around, wm_wall(&p->y, c->row) - around,
                     wm_wall(&p->x, c->column + (int64_t)size) + around,
                     wm_wall(&p->y, c->row + (int64_t)size) + around};
    wm_walk walk;
    wm_walk_start(&walk, &index->layers[index->cell_layer].tree, window);
    return wm_walk_next(&walk) == WANMI_NONE ? label | WM_LABEL_FAR : label;
}

static wanmi_status label_place(void *user, double u, double v, uint32_t *label)
{
    compiler *c = user;
    const wm_plane *p = &c->to->plane;
    c->tile.x = wm_wall(&p->x, c->column) + (u + 0.5) * p->x.step;
    c->tile.y = wm_wall(&p->y, c->row) + (v + 0.5) * p->y.step;
    *label = WM_LABEL_NONE;
    int64_t count = wm_record_cover(c->to->records + c->record, &c->tile, &c->sides, c->areas);
    if (count < 0)
        return c->sides.failed ? WANMI_E_LOCATE_GEOS : WANMI_OK;
    wm_sort_numbers(c->areas, (size_t)count);
    return label_set(c, c->areas, (size_t)count, label);
}

/* ---- one tile ------------------------------------------------------------------------- */

static size_t group_end(const item *items, size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count && items[end].area == items[first].area)
        end++;
    return end;
}

static uint32_t *record_room(compiler *c, size_t words)
{
    wm_compiled *to = c->to;
    if (to->record_count + words > UINT32_MAX ||
        !wm_reserve(c->host, (void **)&to->records, &to->record_capacity, to->record_count + words,
                    sizeof *to->records))
        return NULL;
    return to->records + to->record_count;
}

/* One area's edges in the tile, run by run; the item after them, if any, says that
 * it covers the reference point. */
static uint32_t *write_group(uint32_t *out, const item *items, size_t count)
{
    uint32_t covers = items[count - 1].point == WANMI_NONE, *runs = out + 1;
    *out = items[0].area * 2 + covers;
    *runs = 0;
    out += 2;
    for (size_t i = 0; i < count - covers; i++) {
        if (i > 0 && items[i].point == items[i - 1].point + 1) {
            out[-1]++;
        } else {
            *out++ = items[i].point;
            *out++ = 1;
            ++*runs;
        }
    }
    return out;
}

static bool write_record(compiler *c, const item *items, size_t count)
{
    uint32_t *record = record_room(c, WM_RECORD_HEAD + 4 * count);
    if (record == NULL)
        return false;
    uint32_t *out = record + WM_RECORD_HEAD;
    record[WM_RECORD_AREAS] = record[WM_RECORD_GROUPS] = 0;
    for (size_t first = 0, end; first < count; first = end) {
        end = group_end(items, first, count);
        if (items[first].point == WANMI_NONE) {
            *out++ = items[first].area;
            record[WM_RECORD_AREAS]++;
        }
    }
    for (size_t first = 0, end; first < count; first = end) {
        end = group_end(items, first, count);
        if (items[first].point != WANMI_NONE) {
            out = write_group(out, items + first, end - first);
            record[WM_RECORD_GROUPS]++;
        }
    }
    c->record = (uint32_t)c->to->record_count;
    c->to->record_count += (size_t)(out - record);
    return true;
}

/* Gives the edges to the partition; *odd where one runs through the reference
 * point, so that no way may start there. */
static bool add_pieces(compiler *c, const item *items, size_t count, bool *odd)
{
    wm_partition_start(&c->partition, c->column, c->row);
    for (size_t i = 0; i < count; i++) {
        if (items[i].point == WANMI_NONE)
            continue;
        const double *a = c->xy + 2 * (size_t)items[i].point, *b = a + 2;
        *odd = *odd || wm_side(&c->sides, a, b, c->tile.reference_x, c->tile.reference_y) == 0;
        if (!wm_partition_add(&c->partition, items[i].point))
            return false;
    }
    return true;
}

static wanmi_status make_cut_tile(compiler *c, const item *items, size_t count, uint32_t *word)
{
    bool odd = false;
    if (!wm_reserve(c->host, (void **)&c->areas, &c->area_capacity, count, sizeof *c->areas) ||
        !write_record(c, items, count) || !add_pieces(c, items, count, &odd))
        return WANMI_E_MEMORY;
    *word = WM_LABEL_NONE;
    if (!odd)
        return wm_partition_finish(&c->partition, c->record, word);
    c->to->record_count = c->record;
    return WANMI_OK;
}

static wanmi_status make_tile(compiler *c, uint32_t slot, uint32_t size, uint32_t *word)
{
    const item *items = c->sorted + c->slot_items[slot];
    size_t count = c->slot_items[slot + 1] - c->slot_items[slot];
    c->tile.reference_x = wm_wall(&c->to->plane.x, c->column) + WM_REFERENCE_X * c->to->plane.x.step;
    for (size_t i = 0; i < count; i++)
        if (items[i].point != WANMI_NONE)
            return make_cut_tile(c, items, count, word);
    if (!wm_reserve(c->host, (void **)&c->areas, &c->area_capacity, count, sizeof *c->areas))
        return WANMI_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        c->areas[i] = items[i].area;
    wanmi_status status = label_set(c, c->areas, count, word);
    if (status == WANMI_OK)
        *word = mark_far(c, *word, size);
    return status;
}

/* ---- all tiles -------------------------------------------------------------------------- */

static void number_slots(compiler *c)
{
    uint32_t size = 1u << c->to->block_bits;
    c->slot_count = 0;
    for (uint32_t block = 0; block < c->to->block_columns; block++) {
        c->slot_starts[block] = c->slot_count;
        c->slot_count += block_is_busy(c, block * size) ? size : 1;
    }
}

static wanmi_status make_block_row(compiler *c, uint32_t block)
{
    wm_compiled *to = c->to;
    uint32_t size = 1u << to->block_bits, first = block * size, slot = c->slot_starts[block];
    uint32_t *word = &to->blocks[wm_block_place(to, first, c->row)];
    bool first_row = (c->row & (size - 1)) == 0;
    c->column = first;
    if (!block_is_busy(c, first))
        return first_row ? make_tile(c, slot, size, word) : WANMI_OK;
    if (first_row)
        *word = to->block_count++;
    wanmi_status status = WANMI_OK;
    for (; status == WANMI_OK && c->column < first + size && c->column < to->plane.x.count; c->column++)
        status = make_tile(c, slot + c->column - first, 1,
                           &to->tiles[wm_tile_place(to, *word, c->column, c->row)]);
    return status;
}

static wanmi_status make_row(compiler *c)
{
    const wm_walls *y = &c->to->plane.y;
    if ((c->row & ((1u << c->to->block_bits) - 1)) == 0)
        number_slots(c);
    c->tile.reference_y = wm_wall(y, c->row) + WM_REFERENCE_Y * y->step;
    if (!sweep_row(c) || !sort_items(c))
        return WANMI_E_MEMORY;
    wanmi_status status = WANMI_OK;
    for (uint32_t block = 0; block < c->to->block_columns && status == WANMI_OK; block++)
        status = make_block_row(c, block);
    return status == WANMI_OK && c->sides.failed ? WANMI_E_LOCATE_GEOS : status;
}

static wanmi_status make_rows(compiler *c, const wanmi_index_options *options)
{
    uint32_t rows = c->to->plane.y.count;
    for (c->row = 0; c->row < rows; c->row++) {
        if (options->on_progress != NULL && c->row % 16 == 0 &&
            options->on_progress(options->progress_user, c->row, rows) != 0)
            return WANMI_E_CANCELLED;
        wanmi_status status = make_row(c);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static bool lay_blocks(compiler *c)
{
    wm_compiled *to = c->to;
    uint64_t columns, rows;
    for (to->block_bits = BLOCK_BITS_MIN;; to->block_bits++) {
        uint32_t size = 1u << to->block_bits;
        columns = (to->plane.x.count + size - 1) / size;
        rows = (to->plane.y.count + size - 1) / size;
        if (columns * rows <= BLOCKS_WANTED || to->block_bits == BLOCK_BITS_MAX)
            break;
    }
    to->block_columns = (uint32_t)columns;
    to->block_rows = (uint32_t)rows;
    to->blocks = wm_alloc_zero(c->host, wm_product(columns * rows, sizeof *to->blocks));
    c->slot_starts = wm_alloc_zero(c->host, wm_product(columns, sizeof *c->slot_starts));
    return to->blocks != NULL && c->slot_starts != NULL;
}

/* Tiles beyond the last column and row are never asked for. */
static bool lay_tiles(compiler *c)
{
    wm_compiled *to = c->to;
    size_t busy = 0;
    for (size_t i = 0; i < (size_t)to->block_columns * to->block_rows; i++)
        busy += c->busy[i];
    to->tiles_size = wm_product(busy << (2 * to->block_bits), sizeof *to->tiles);
    to->tiles = wm_alloc(c->host, to->tiles_size);
    if (to->tiles != NULL)
        for (size_t i = 0; i < to->tiles_size / sizeof *to->tiles; i++)
            to->tiles[i] = WM_LABEL_NONE;
    return to->tiles != NULL;
}

static wanmi_status compile(compiler *c, const wanmi_index_options *options)
{
    if (!wm_plane_choose(c->index, &c->to->plane))
        return WANMI_E_MEMORY;
    wm_compiled_bound(c->to, c->index->snap_m);
    if (!lay_blocks(c) || !sort_edges(c) || !lay_tiles(c))
        return WANMI_E_MEMORY;
    c->tile.xy = c->xy;
    c->partition = (wm_partition){.host = c->host, .to = c->to, .xy = c->xy, .sides = &c->sides,
                                  .label = label_place, .user = c};
    wanmi_status status = make_rows(c, options);
    return status == WANMI_OK && !wm_compiled_trim(c->host, c->to) ? WANMI_E_MEMORY : status;
}

static void compiler_drop(compiler *c)
{
    const wanmi_host *host = c->host;
    size_t blocks = (size_t)c->to->block_columns * c->to->block_rows;
    wm_free(host, c->entries, c->entry_count * sizeof *c->entries);
    wm_free(host, c->row_starts, (c->to->plane.y.count + (size_t)2) * sizeof *c->row_starts);
    wm_free(host, c->busy, blocks);
    wm_free(host, c->slot_starts, c->to->block_columns * sizeof *c->slot_starts);
    wm_free(host, c->items, c->item_capacity * sizeof *c->items);
    wm_free(host, c->sorted, c->sorted_capacity * sizeof *c->sorted);
    wm_free(host, c->slot_items, c->slot_item_capacity * sizeof *c->slot_items);
    wm_free(host, c->toggles, c->toggle_capacity * sizeof *c->toggles);
    wm_free(host, c->areas, c->area_capacity * sizeof *c->areas);
    wm_free(host, c->words, c->word_capacity * sizeof *c->words);
    wm_partition_drop(&c->partition);
    wm_sides_close(&c->sides);
}

static wanmi_status say(wanmi_status status, wanmi_error *error)
{
    switch (status) {
    case WANMI_OK: return WANMI_OK;
    case WANMI_E_MEMORY: return wm_error_memory(error);
    case WANMI_E_CANCELLED: return wm_error(error, status, "compiling was asked to stop");
    default: return wm_error(error, status, "GEOS gives no answer on which side of an edge a point lies");
    }
}

wanmi_status wm_compile(wanmi_index *index, const wanmi_index_options *options, wanmi_error *error)
{
    const wanmi_host *host = index->host;
    wm_compiled *fresh = wm_alloc_zero(host, sizeof *fresh);
    if (fresh == NULL)
        return wm_error_memory(error);
    wm_lists_init(&fresh->sets, host);
    wm_layout layout = wm_index_layout(index);
    compiler c = {.index = index, .host = host, .to = fresh, .sides.lock = &index->geos_lock};
    wanmi_status status = WANMI_E_MEMORY;
    if (wm_tuples_open(&fresh->tuples, host, &layout))
        status = compile(&c, options);
    compiler_drop(&c);
    if (status != WANMI_OK) {
        wm_compiled_free(host, fresh);
        return say(status, error);
    }
    index->compiled = fresh;
    return WANMI_OK;
}
