/* The index's tuples: see tuples.h. */
#include "tuples.h"

#include <string.h>

#include "wanmi/map.h"

static void write_empty_row(const wm_layout *layout, uint32_t *row)
{
    for (uint32_t layer = 0; layer < layout->layer_count; layer++)
        row[layer] = wm_is_overlay(layout, layer) ? 0 : WANMI_NONE;
}

bool wm_tuples_open(wm_tuples *tuples, const wanmi_host *host, const wm_layout *layout)
{
    *tuples = (wm_tuples){.host = host, .layout = *layout};
    wm_lists_init(&tuples->lists, host);
    size_t words = wm_product(1 + (size_t)layout->cell_count, layout->layer_count);
    tuples->rows = wm_alloc(host, wm_product(words, sizeof *tuples->rows));
    if (tuples->rows == NULL)
        return false;
    tuples->capacity = words;
    tuples->count = 1 + layout->cell_count;
    memset(tuples->rows, 0xFF, words * sizeof *tuples->rows);
    write_empty_row(layout, tuples->rows);
    return true;
}

void wm_tuples_drop(wm_tuples *tuples)
{
    wm_free(tuples->host, tuples->rows, tuples->capacity * sizeof *tuples->rows);
    wm_slots_drop(&tuples->further, tuples->host);
    wm_lists_drop(&tuples->lists);
    tuples->rows = NULL;
    tuples->capacity = tuples->count = 0;
}

uint64_t wm_tuples_bytes(const wm_tuples *tuples)
{
    return tuples->capacity * sizeof *tuples->rows + wm_slots_bytes(&tuples->further) +
           wm_lists_bytes(&tuples->lists);
}

static wm_list list_of(const void *keeper, uint32_t number)
{
    const wm_tuples *tuples = keeper;
    return (wm_list){wm_tuples_row(tuples, number), tuples->layout.layer_count};
}

static uint32_t cell_of(const wm_tuples *tuples, const uint32_t *row)
{
    uint32_t layer = tuples->layout.cell_layer;
    if (layer == WANMI_NONE)
        return WANMI_NONE;
    if (!wm_is_overlay(&tuples->layout, layer))
        return row[layer];
    wm_list cells = wm_lists_at(&tuples->lists, row[layer]);
    return cells.count > 0 ? cells.items[0] : WANMI_NONE;
}

uint32_t wm_tuples_further_cell(const wm_tuples *tuples, uint32_t number)
{
    return cell_of(tuples, wm_tuples_row(tuples, number));
}

/* Where a row stands if it is its cell's first. */
static uint32_t first_of(const wm_tuples *tuples, const uint32_t *row)
{
    uint32_t cell = cell_of(tuples, row);
    return cell == WANMI_NONE ? 0 : 1 + cell - tuples->layout.first_cell;
}

uint32_t wm_tuples_find(const wm_tuples *tuples, const uint32_t *row)
{
    wm_list wanted = {row, tuples->layout.layer_count};
    uint32_t first = first_of(tuples, row);
    if (wm_list_equal(list_of(tuples, first), wanted))
        return first;
    return wm_slots_find(&tuples->further, tuples, list_of, wanted);
}

/* Grows by an eighth: there may be very many rows, and few of them further ones. */
static bool reserve_row(wm_tuples *tuples)
{
    size_t layers = tuples->layout.layer_count, needed = ((size_t)tuples->count + 1) * layers;
    if (needed <= tuples->capacity)
        return true;
    size_t fresh = needed + needed / 8 + 16 * layers;
    uint32_t *rows = wm_resize(tuples->host, tuples->rows, tuples->capacity * sizeof *rows,
                               wm_product(fresh, sizeof *rows));
    if (rows == NULL)
        return false;
    tuples->rows = rows;
    tuples->capacity = fresh;
    return true;
}

static bool add_further(wm_tuples *tuples, const uint32_t *row, uint32_t *number)
{
    wm_list list = {row, tuples->layout.layer_count};
    if (tuples->count >= WANMI_NONE - 1 || !reserve_row(tuples) ||
        !wm_slots_room(&tuples->further, tuples->host, tuples, list_of))
        return false;
    *number = tuples->count++;
    memcpy(tuples->rows + *number * list.count, row, list.count * sizeof *row);
    wm_slots_put(&tuples->further, list, *number);
    return true;
}

bool wm_tuples_number(wm_tuples *tuples, const uint32_t *written, uint32_t *number)
{
    const wm_layout *layout = &tuples->layout;
    uint32_t row[WANMI_LAYERS_MAX];
    for (uint32_t layer = 0; layer < layout->layer_count; layer++) {
        wm_list areas = wm_written_layer(written, layout->layer_count, layer);
        if (!wm_is_overlay(layout, layer))
            row[layer] = areas.count > 0 ? areas.items[0] : WANMI_NONE;
        else if (!wm_lists_number(&tuples->lists, areas, &row[layer]))
            return false;
    }
    uint32_t first = first_of(tuples, row), known = wm_tuples_find(tuples, row);
    if (known == WANMI_NONE && wm_tuples_used(tuples, first))
        return add_further(tuples, row, number);
    if (known == WANMI_NONE) {
        memcpy(tuples->rows + (size_t)first * layout->layer_count, row,
               layout->layer_count * sizeof *row);
        known = first;
    }
    *number = known;
    return true;
}

bool wm_tuples_trim(wm_tuples *tuples)
{
    return wm_lists_trim(&tuples->lists) &&
           wm_fit(tuples->host, (void **)&tuples->rows, &tuples->capacity,
                  (size_t)tuples->count * tuples->layout.layer_count, sizeof *tuples->rows);
}
