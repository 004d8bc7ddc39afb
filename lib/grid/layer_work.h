/* One layer's shapes while they are checked: shared by check_shapes.c (what is
 * compared with what), check_gaps.c and check_overlaps.c. */
#ifndef WM_GRID_LAYER_WORK_H
#define WM_GRID_LAYER_WORK_H

#include "check.h"

typedef struct wm_pair { uint32_t a, b; } wm_pair;

typedef struct wm_numbers {
    uint32_t *items;
    size_t count, room;
} wm_numbers;

typedef struct wm_layer_work {
    wm_check *check;
    wm_layer_areas areas;
    bool is_cell;
    wm_edges edges;
    wm_shape_list gaps;         /* faces that nothing covers */
    wm_pair *pairs;             /* areas that may overlap */
    size_t pair_count, pair_room;
    uint32_t parent;            /* being compared with its children; WANMI_NONE: the layer in itself */
    wm_numbers crossing;        /* children that may cross their parent */
    wm_numbers met;             /* areas that meet a shape, in order */
    /* What the visitors of the tree work on. */
    const GEOSPreparedGeometry *face;
    wm_xy point;
    int covers;
    uint32_t one;
} wm_layer_work;

bool wm_numbers_add(wm_check *check, wm_numbers *numbers, uint32_t number);
/* In order, each once. */
void wm_numbers_sort(wm_numbers *numbers);
/* Of sorted ones. */
bool wm_numbers_has(const wm_numbers *numbers, uint32_t number);

/* Fills work->met with the areas of the layer (the children of work->parent, if
 * that is set) that meet a shape. */
wanmi_status wm_find_met(wm_layer_work *work, const GEOSGeometry *shape, wanmi_error *error);

/* Tells the gaps gathered from faces, from north to south, without what was told
 * already. */
wanmi_status wm_tell_gaps(wm_layer_work *work, wanmi_error *error);

/* Gathers the pairs that may overlap in a face covered several times. */
wanmi_status wm_add_pairs(wm_layer_work *work, const GEOSGeometry *face, wanmi_error *error);
wanmi_status wm_tell_overlaps(wm_layer_work *work, wanmi_error *error);
wanmi_status wm_tell_crossings(wm_layer_work *work, wanmi_error *error);

#endif
