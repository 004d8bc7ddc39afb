/* The sweep over a part's rows of tiles, from south to north: see sweep.h.
 *
 * Row by row, each area's edges give the spans of reference points it covers (as a
 * polygon is filled on a screen) and the tiles they cross. A tile with edges is cut
 * (partition.c) and gets a record (cover.h); one without gets the set of its reference
 * point, which is that of all its points. Blocks that no edge crosses get one label,
 * asked in their first row.
 */
#include "sweep.h"

#include <math.h>

#include "sort.h"
#include "wanmi/types.h"

/* Whether an edge may meet the open tile; exact where it runs along a wall. */
static bool may_cross(const wm_part *c, const double *a, const double *b, uint32_t column, uint32_t row)
{
    const wm_plane *p = &c->own.plane;
    return fmin(a[0], b[0]) < wm_wall(&p->x, column + 1) && fmax(a[0], b[0]) > wm_wall(&p->x, column) &&
           fmin(a[1], b[1]) < wm_wall(&p->y, row + 1) && fmax(a[1], b[1]) > wm_wall(&p->y, row);
}

/* ---- one row ------------------------------------------------------------------------ */

static bool push_item(wm_part *c, wm_item it)
{
    if (!wm_reserve(c->host, (void **)&c->items, &c->item_capacity, c->item_count + 1, sizeof *c->items))
        return false;
    c->items[c->item_count++] = it;
    return true;
}

static bool block_is_busy(const wm_part *c, uint32_t column)
{
    return c->edges->busy[wm_block_place(&c->own, column, c->row)] != 0;
}

static uint32_t slot_of(const wm_part *c, uint32_t column)
{
    uint32_t bits = c->own.block_bits, start = c->slot_starts[column >> bits];
    return block_is_busy(c, column) ? start + (column & ((1u << bits) - 1)) : start;
}

static bool push_edge(wm_part *c, wm_entry e)
{
    const double *a = c->edges->xy + 2 * (size_t)e.point;
    wm_tiles columns = wm_edge_columns(&c->own.plane, a, a + 2, c->row);
    for (uint32_t column = columns.first; column <= columns.last; column++)
        if (may_cross(c, a, a + 2, column, c->row) &&
            !push_item(c, (wm_item){slot_of(c, column), e.area, e.point}))
            return false;
    return true;
}

/* The first column whose reference point is to the right of an edge, at the row's
 * reference height. */
static bool push_toggle(wm_part *c, wm_entry e)
{
    const double *a = c->edges->xy + 2 * (size_t)e.point, *b = a + 2;
    const wm_walls *x = &c->own.plane.x;
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
static bool push_span(wm_part *c, uint32_t area, uint32_t first, uint32_t end)
{
    uint32_t size = 1u << c->own.block_bits;
    bool block_row = (c->row & (size - 1)) == 0;
    for (uint32_t column = first, next; column < end; column = next) {
        next = (column / size + 1) * size;
        if (block_is_busy(c, column)) {
            for (; column < next && column < end; column++)
                if (!push_item(c, (wm_item){slot_of(c, column), area, WANMI_NONE}))
                    return false;
        } else if (block_row && column % size == 0 &&
                   !push_item(c, (wm_item){slot_of(c, column), area, WANMI_NONE})) {
            return false;
        }
    }
    return true;
}

/* One area's edges in this row: its items. */
static bool sweep_area(wm_part *c, const wm_entry *entries, size_t count)
{
    c->toggle_count = 0;
    for (size_t i = 0; i < count; i++)
        if (!push_edge(c, entries[i]) || !push_toggle(c, entries[i]))
            return false;
    wm_sort_numbers(c->toggles, c->toggle_count);
    for (size_t i = 0; i + 1 < c->toggle_count; i += 2)
        if (!push_span(c, entries[0].area, c->toggles[i], c->toggles[i + 1]))
            return false;
    return true;
}

static bool sweep_row(wm_part *c)
{
    const wm_entry *entries = c->edges->entries + c->edges->row_starts[c->row];
    size_t count = c->edges->row_starts[c->row + 1] - c->edges->row_starts[c->row];
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
static bool sort_items(wm_part *c)
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

/* The label of places that exactly these areas cover, ascending. */
static wanmi_status label_set(wm_part *c, const uint32_t *areas, size_t count, uint32_t *label)
{
    uint32_t number;
    if (!wm_lists_number(&c->covers, (wm_list){areas, count}, &number))
        return WANMI_E_MEMORY;
    *label = number <= WM_LABEL_VALUE ? WM_LABEL | number : WM_LABEL_NONE;
    return WANMI_OK;
}

static bool has_cell(const wanmi_index *index, const uint32_t *areas, size_t count)
{
    const wm_layer *cells = &index->layers[index->cell_layer];
    for (size_t i = 0; i < count; i++)
        if (areas[i] - cells->first_area < cells->area_count)
            return true;
    return false;
}

/* Whether a box of tiles without a cell has none within snap_m either. */
static bool is_far(const wm_part *c, uint32_t size)
{
    const wanmi_index *index = c->index;
    if (index->cell_layer == WANMI_NONE)
        return true;
    double around = index->snap_m + 1;
    const wm_plane *p = &c->own.plane;
    wm_box window = {wm_wall(&p->x, c->column) - around, wm_wall(&p->y, c->row) - around,
                     wm_wall(&p->x, c->column + (int64_t)size) + around,
                     wm_wall(&p->y, c->row + (int64_t)size) + around};
    wm_walk walk;
    wm_walk_start(&walk, &index->layers[index->cell_layer].tree, window);
    return wm_walk_next(&walk) == WANMI_NONE;
}

static wanmi_status label_place(void *user, double u, double v, uint32_t *label)
{
    wm_part *c = user;
    const wm_plane *p = &c->own.plane;
    c->tile.x = wm_place_in_tile(&p->x, c->column, u);
    c->tile.y = wm_place_in_tile(&p->y, c->row, v);
    *label = WM_LABEL_NONE;
    int64_t count = wm_record_cover(c->own.records + c->record, &c->tile, &c->sides, c->areas);
    if (count < 0)
        return c->sides.failed ? WANMI_E_LOCATE_GEOS : WANMI_OK;
    wm_sort_numbers(c->areas, (size_t)count);
    return label_set(c, c->areas, (size_t)count, label);
}

/* ---- one tile ------------------------------------------------------------------------- */

static size_t group_end(const wm_item *items, size_t first, size_t count)
{
    size_t end = first + 1;
    while (end < count && items[end].area == items[first].area)
        end++;
    return end;
}

static uint32_t *record_room(wm_part *c, size_t words)
{
    wm_compiled *to = &c->own;
    if (to->record_count + words > UINT32_MAX ||
        !wm_reserve(c->host, (void **)&to->records, &to->record_capacity, to->record_count + words,
                    sizeof *to->records))
        return NULL;
    return to->records + to->record_count;
}

/* One area's edges in the tile, run by run; the item after them, if any, says that
 * it covers the reference point. */
static uint32_t *write_group(uint32_t *out, const wm_item *items, size_t count)
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

static bool write_record(wm_part *c, const wm_item *items, size_t count)
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
    c->record = (uint32_t)c->own.record_count;
    c->own.record_count += (size_t)(out - record);
    return true;
}

/* Gives the edges to the partition; *odd where one runs through the reference
 * point, so that no way may start there. */
static bool add_pieces(wm_part *c, const wm_item *items, size_t count, bool *odd)
{
    wm_partition_start(&c->partition, c->column, c->row);
    for (size_t i = 0; i < count; i++) {
        if (items[i].point == WANMI_NONE)
            continue;
        const double *a = c->edges->xy + 2 * (size_t)items[i].point, *b = a + 2;
        *odd = *odd || wm_side(&c->sides, a, b, c->tile.reference_x, c->tile.reference_y) == 0;
        if (!wm_partition_add(&c->partition, items[i].point))
            return false;
    }
    return true;
}

static wanmi_status make_cut_tile(wm_part *c, const wm_item *items, size_t count, uint32_t *word)
{
    bool odd = false;
    if (!wm_reserve(c->host, (void **)&c->areas, &c->area_capacity, count, sizeof *c->areas) ||
        !write_record(c, items, count) || !add_pieces(c, items, count, &odd))
        return WANMI_E_MEMORY;
    *word = WM_LABEL_NONE;
    if (!odd)
        return wm_partition_finish(&c->partition, c->record, word);
    c->own.record_count = c->record;
    return WANMI_OK;
}

/* A box of `size` by `size` tiles that are alike, or one tile. */
static wanmi_status make_tile(wm_part *c, uint32_t slot, uint32_t size, uint32_t *word)
{
    const wm_item *items = c->sorted + c->slot_items[slot];
    size_t count = c->slot_items[slot + 1] - c->slot_items[slot];
    c->tile.reference_x = wm_wall(&c->own.plane.x, c->column) + WM_REFERENCE_X * c->own.plane.x.step;
    for (size_t i = 0; i < count; i++)
        if (items[i].point != WANMI_NONE)
            return make_cut_tile(c, items, count, word);
    if (!wm_reserve(c->host, (void **)&c->areas, &c->area_capacity, count, sizeof *c->areas))
        return WANMI_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        c->areas[i] = items[i].area;
    wanmi_status status = label_set(c, c->areas, count, word);
    bool cell = c->index->cell_layer != WANMI_NONE && has_cell(c->index, c->areas, count);
    if (status == WANMI_OK && *word != WM_LABEL_NONE && !cell && is_far(c, size))
        *word |= WM_LABEL_FAR;
    return status;
}

/* ---- all tiles -------------------------------------------------------------------------- */

static void number_slots(wm_part *c)
{
    uint32_t size = 1u << c->own.block_bits;
    c->slot_count = 0;
    for (uint32_t block = 0; block < c->own.block_columns; block++) {
        c->slot_starts[block] = c->slot_count;
        c->slot_count += block_is_busy(c, block * size) ? size : 1;
    }
}

static wanmi_status make_block_row(wm_part *c, uint32_t block)
{
    wm_compiled *own = &c->own;
    uint32_t size = 1u << own->block_bits, first = block * size, slot = c->slot_starts[block];
    uint32_t *word = &own->blocks[wm_block_place(own, first, c->row)];
    c->column = first;
    if (!block_is_busy(c, first))
        return (c->row & (size - 1)) == 0 ? make_tile(c, slot, size, word) : WANMI_OK;
    wanmi_status status = WANMI_OK;
    for (; status == WANMI_OK && c->column < first + size && c->column < own->plane.x.count; c->column++)
        status = make_tile(c, slot + c->column - first, 1,
                           &own->tiles[wm_tile_place(own, *word, c->column, c->row)]);
    return status;
}

static wanmi_status make_row(wm_part *c)
{
    const wm_walls *y = &c->own.plane.y;
    if ((c->row & ((1u << c->own.block_bits) - 1)) == 0)
        number_slots(c);
    c->tile.reference_y = wm_wall(y, c->row) + WM_REFERENCE_Y * y->step;
    if (!sweep_row(c) || !sort_items(c))
        return WANMI_E_MEMORY;
    wanmi_status status = WANMI_OK;
    for (uint32_t block = 0; block < c->own.block_columns && status == WANMI_OK; block++)
        status = make_block_row(c, block);
    return status == WANMI_OK && c->sides.failed ? WANMI_E_LOCATE_GEOS : status;
}

bool wm_part_open(wm_part *part, const wm_row_edges *edges, const wm_compiled *laid, pthread_mutex_t *lock)
{
    const wanmi_host *host = edges->index->host;
    *part = (wm_part){.index = edges->index, .host = host, .edges = edges, .own = *laid,
                      .sides.lock = lock, .tile.xy = edges->xy};
    part->own.trees = part->own.records = NULL;
    wm_lists_init(&part->covers, host);
    part->partition = (wm_partition){.host = host, .to = &part->own, .xy = edges->xy,
                                     .sides = &part->sides, .label = label_place, .user = part};
    part->slot_starts = wm_alloc_zero(host, wm_product(laid->block_columns, sizeof *part->slot_starts));
    return part->slot_starts != NULL;
}

void wm_part_make(wm_part *part, wm_part_tick tick, void *user)
{
    wanmi_status status = WANMI_OK;
    for (part->row = part->first_row; part->row < part->end_row && status == WANMI_OK; part->row++) {
        if (atomic_load_explicit(part->stop, memory_order_relaxed) ||
            (tick != NULL && part->row % 16 == 0 && tick(user) != 0))
            status = WANMI_E_CANCELLED;
        else
            status = make_row(part);
        atomic_fetch_add_explicit(part->rows_done, 1, memory_order_relaxed);
    }
    if (status != WANMI_OK)
        atomic_store_explicit(part->stop, true, memory_order_relaxed);
    part->status = status;
}

void wm_part_drop(wm_part *part)
{
    const wanmi_host *host = part->host;
    wm_free(host, part->own.trees, part->own.tree_capacity * sizeof *part->own.trees);
    wm_free(host, part->own.records, part->own.record_capacity * sizeof *part->own.records);
    wm_lists_drop(&part->covers);
    wm_free(host, part->slot_starts, part->own.block_columns * sizeof *part->slot_starts);
    wm_free(host, part->items, part->item_capacity * sizeof *part->items);
    wm_free(host, part->sorted, part->sorted_capacity * sizeof *part->sorted);
    wm_free(host, part->slot_items, part->slot_item_capacity * sizeof *part->slot_items);
    wm_free(host, part->toggles, part->toggle_capacity * sizeof *part->toggles);
    wm_free(host, part->areas, part->area_capacity * sizeof *part->areas);
    wm_partition_drop(&part->partition);
    wm_sides_close(&part->sides);
}
