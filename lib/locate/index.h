/* What a map becomes for locating, immutable and shared. Internal to the room. */
#ifndef WM_LOCATE_INDEX_H
#define WM_LOCATE_INDEX_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "tree.h"
#include "tuples.h"
#include "wanmi/locate.h"

/* A tree a layer, not one for all: a district's box among cells would widen
 * every node it falls into, and each layer's candidates are wanted apart. */
typedef struct wm_layer {
    wm_tree tree;
    wanmi_layer_kind kind;
    uint32_t first_area;
    uint32_t area_count;
} wm_layer;

typedef struct wm_span {
    int64_t from_us, to_us;         /* from included, to excluded; WANMI_TIME_NONE: open */
} wm_span;

typedef struct wm_compiled wm_compiled;
typedef struct wm_image wm_image;

/* Datums that can have a chart. */
enum { WM_CHARTS = WANMI_DATUM_MAP };

/* The datum whose chart and whose way by PROJ serve a datum: WGS 84 and CGCS2000 are
 * treated as equal. */
static inline uint32_t wm_chart_datum(uint32_t datum)
{
    return datum == WANMI_DATUM_CGCS2000 ? WANMI_DATUM_WGS84 : datum;
}

struct wanmi_index {
    atomic_uint references;
    wanmi_map *map;
    const wanmi_host *host;         /* the map's, which outlives the index */
    wm_layer *layers;
    wm_box extent;                  /* of all areas; known while compiling */
    wm_span *spans;                 /* by area; NULL when every area always counts */
    uint32_t layer_count;
    uint32_t area_count;
    uint32_t cell_layer;            /* or WANMI_NONE */
    uint32_t ancestor_count;
    uint32_t ancestors[WANMI_LAYERS_MAX]; /* layers from the cell's parent upward */
    double snap_m;
    wm_compiled *compiled;          /* NULL: every engine takes the exact path */
    wanmi_chart *charts[WM_CHARTS]; /* over the areas, by wm_chart_datum; NULL: PROJ projects all */
    uint32_t charts_asked;          /* wanmi_index_options.charts */
    wm_image *image;                /* the file that holds trees, spans and what is compiled; NULL: the host does */
    pthread_mutex_t geos_lock;      /* held while a session makes or frees GEOS objects: areas.h */
};

/* What tuples need to know of the layers. */
wm_layout wm_index_layout(const wanmi_index *index);
/* The options whole. Errors: WANMI_E_ARGUMENT. */
wanmi_status wm_index_options_take(wanmi_index_options *to, const wanmi_index_options *from,
                                   wanmi_error *error);
/* An index that knows its map's layers and nothing of their areas: no trees, no
 * spans. Release with wanmi_index_release. Errors: WANMI_E_MEMORY. */
wanmi_status wm_index_new(wanmi_map *map, wanmi_index **index, wanmi_error *error);

/* Whether an area counts at an instant. */
static inline bool wm_index_valid(const wanmi_index *index, uint32_t area, int64_t instant_us)
{
    if (index->spans == NULL)
        return true;
    wm_span span = index->spans[area];
    return span.from_us <= instant_us &&    /* TIME_NONE is the smallest number */
           (span.to_us == WANMI_TIME_NONE || instant_us < span.to_us);
}

#endif
