/* The tables of an image, and what is checked of each. Internal to the room. */
#ifndef WM_LOCATE_IMAGE_TABLES_H
#define WM_LOCATE_IMAGE_TABLES_H

#include "compiled.h"
#include "index.h"

/* Numbers in the file: never used again for another table. */
enum {
    WM_TABLE_NODES = 1,             /* a layer's tree; part: the layer */
    WM_TABLE_IDS = 2,               /* its areas; part: the layer */
    WM_TABLE_SPANS = 3,             /* where some area is not valid for ever */
    WM_TABLE_PLANE = 4,
    WM_TABLE_BLOCKS = 5,
    WM_TABLE_TILES = 6,
    WM_TABLE_TREES = 7,
    WM_TABLE_RECORDS = 8,
    WM_TABLE_ROWS = 9,              /* of tuples */
    WM_TABLE_SLOTS = 10,            /* of further tuples; part 1: of lists */
    WM_TABLE_STARTS = 11,           /* of lists; part 1: of sets */
    WM_TABLE_AREAS = 12,            /* of lists; part 1: of sets */
    WM_TABLE_CHART = 13,            /* part: the datum */
    WM_TABLE_CHART_SLOTS = 14,
    WM_TABLE_CHART_BOXES = 15,
    WM_TABLE_INSTANTS = 16,         /* of timelines */
    WM_TABLE_TIMELINE_STARTS = 17,
    WM_TABLE_TIMELINES = 18
};

/* The one item of table plane. */
typedef struct wm_image_plane {
    double x_origin, x_first, x_step, y_origin, y_first, y_step;
    uint32_t x_count, y_count, block_bits, block_count;
    uint32_t charts;                /* as they were asked for: wanmi_index_options.charts */
    uint32_t reserved;
} wm_image_plane;

/* The one item of table chart. */
typedef struct wm_image_chart {
    double west, south, east, north, bound_m, error_m;
    uint32_t columns, rows, degree, box_count;
} wm_image_chart;

_Static_assert(sizeof(wm_image_plane) == 72 && sizeof(wm_image_chart) == 64 && sizeof(wm_span) == 16,
               "docs/index-image.md gives these sizes");

/* image_check.c: whether every number that is used as a place leads into its
 * table, and every walk ends. The first reads a layer's tree; the second all the
 * rest but records, and gives the number of a table that does not hold, or 0; the
 * third one record of an index that has an image, before it is used. */
bool wm_check_tree(const wm_layer *layer);
uint32_t wm_check_compiled(const wanmi_index *index);
bool wm_check_record(const wanmi_index *index, uint32_t place);
/* Whether walls can be laid so; by these numbers all others about tiles are computed. */
bool wm_check_plane(const wm_image_plane *plane);

#endif
