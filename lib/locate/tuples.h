/* The index's tuples: the areas of every layer, each different one once. Internal
 * to the room.
 *
 * A tuple is a row of one word a layer: in a partition layer the area, or
 * WANMI_NONE; in an overlay layer the number of a list of areas, 0 for none.
 * Tuple 0 has no area at all. Tuple 1 + i is the first met of those that cell i of
 * the cell layer owns, so that neither its cell nor its place needs keeping; where
 * none was met its row is unused, holds nothing but WANMI_NONE, and equals no
 * tuple. All others come after these, and only they need a hash to be found.
 *
 * A tuple is handed over written out: layer_count + 1 offsets and then the areas:
 * those of layer l are areas[offsets[l]] .. areas[offsets[l + 1] - 1].
 */
#ifndef WM_LOCATE_TUPLES_H
#define WM_LOCATE_TUPLES_H

#include "lists.h"
#include "wanmi/types.h"

/* What is to be known of a map's layers. */
typedef struct wm_layout {
    uint32_t layer_count;
    uint32_t cell_layer;            /* or WANMI_NONE */
    uint32_t first_cell, cell_count;
    uint64_t overlays;              /* a bit a layer */
} wm_layout;

typedef struct wm_tuples {
    const wanmi_host *host;
    wm_layout layout;
    uint32_t *rows;
    size_t capacity;                /* words */
    uint32_t count;                 /* rows, the unused too */
    wm_slots further;               /* of those after the cells' */
    wm_lists lists;
} wm_tuples;

/* Gives false when there is no memory; `tuples` may be dropped all the same. */
bool wm_tuples_open(wm_tuples *tuples, const wanmi_host *host, const wm_layout *layout);
void wm_tuples_drop(wm_tuples *tuples);
uint64_t wm_tuples_bytes(const wm_tuples *tuples);

/* The number of a tuple, new or known. Gives false when there is no memory, and
 * then no number has changed its meaning. */
bool wm_tuples_number(wm_tuples *tuples, const uint32_t *written, uint32_t *number);
/* The number of a known row, or WANMI_NONE. */
uint32_t wm_tuples_find(const wm_tuples *tuples, const uint32_t *row);
/* Gives back what was taken in advance. Gives false when there is no memory. */
bool wm_tuples_trim(wm_tuples *tuples);
/* The cell of a tuple that is not its first. */
uint32_t wm_tuples_further_cell(const wm_tuples *tuples, uint32_t number);

static inline wm_list wm_written_layer(const uint32_t *written, uint32_t layer_count, uint32_t layer)
{
    return (wm_list){written + layer_count + 1 + written[layer], written[layer + 1] - written[layer]};
}

static inline bool wm_is_overlay(const wm_layout *layout, uint32_t layer)
{
    return (layout->overlays >> layer & 1) != 0;
}

static inline const uint32_t *wm_tuples_row(const wm_tuples *tuples, uint32_t number)
{
    return tuples->rows + (size_t)number * tuples->layout.layer_count;
}

/* The areas of one word of a partition layer: the word itself, or none. */
static inline wm_list wm_owner_list(const uint32_t *word)
{
    return (wm_list){word, *word != WANMI_NONE};
}

/* The areas in one layer of a tuple that is used. */
static inline wm_list wm_tuples_areas(const wm_tuples *tuples, uint32_t number, uint32_t layer)
{
    const uint32_t *word = wm_tuples_row(tuples, number) + layer;
    return wm_is_overlay(&tuples->layout, layer) ? wm_lists_at(&tuples->lists, *word)
                                                 : wm_owner_list(word);
}

/* The owner cell of a tuple that is used, or WANMI_NONE. */
static inline uint32_t wm_tuples_cell(const wm_tuples *tuples, uint32_t number)
{
    if (number - 1 < tuples->layout.cell_count)     /* not of 0, which wraps around */
        return tuples->layout.first_cell + number - 1;
    return wm_tuples_further_cell(tuples, number);
}

/* Whether a number below `count` is that of a tuple: its cell's word says so. */
static inline bool wm_tuples_used(const wm_tuples *tuples, uint32_t number)
{
    return number - 1 >= tuples->layout.cell_count ||
           wm_tuples_row(tuples, number)[tuples->layout.cell_layer] != WANMI_NONE;
}

#endif
