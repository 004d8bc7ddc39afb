/* One thread's session. Internal to the room. */
#ifndef WM_LOCATE_SESSION_H
#define WM_LOCATE_SESSION_H

#include <math.h>
#include <string.h>

#include "areas.h"
#include "descent.h"
#include "kernel.h"
#include "own.h"
#include "side.h"
#include "wanmi/crs.h"

/* Where a block's answers go: the caller's columns, NULL where not wanted. */
typedef struct wm_columns {
    uint32_t *cells;                /* never NULL: the session's own where not wanted */
    uint32_t *tuples;
    double *distances;
    uint8_t *wheres;
} wm_columns;

struct wanmi_locator {
    wanmi_index *index;
    const wanmi_host *host;         /* the map's */
    bool fast;                      /* looks into index->compiled */
    wanmi_kernel kernel_number;     /* never AUTO */
    const wm_kernel *kernel;
    wanmi_chart *charts[WM_CHARTS]; /* the index's, or such of the session's own kernel */
    wanmi_chart_view views[WM_CHARTS];
    wanmi_transform *transform;
    wm_areas areas;                 /* opened when first needed */
    wm_sides sides;
    const double *xy;               /* the map's coordinates */
    wm_own own;                     /* tuples that the index does not have */
    wanmi_locator_counts counts;
    uint32_t *candidates;           /* areas of one layer that may cover the point */
    size_t candidate_count, candidate_capacity;
    uint32_t *words;                /* the tuple being written: tuples.h */
    size_t word_capacity;
    _Alignas(64) double xs[WM_BLOCK];
    double ys[WM_BLOCK];
    uint8_t reasons[WM_BLOCK];
    uint8_t covered[WM_BLOCK];      /* x, y are a chart's, not PROJ's own */
    wm_scratch scratch;
    uint32_t labels[WM_BLOCK];
    wm_descent descent;
    uint16_t left[WM_ROOM];         /* places of the block that are not answered yet */
    double gathered_x[WM_BLOCK], gathered_y[WM_BLOCK];
    uint8_t gathered_reasons[WM_BLOCK];
    wm_columns out;                 /* of the block in work */
    uint32_t cells[WM_BLOCK];
};

typedef struct wm_answer {
    uint32_t cell;
    uint32_t tuple;
    wanmi_where where;
    double distance_m;
} wm_answer;

#define WM_REJECTED ((wm_answer){WANMI_NONE, WANMI_NONE, WANMI_REJECTED, NAN})

/* Puts an answer into the block's columns. */
static inline void wm_keep_answer(wanmi_locator *l, size_t at, const wm_answer *answer)
{
    const wm_columns *out = &l->out;
    out->cells[at] = answer->cell;
    if (out->tuples != NULL)
        out->tuples[at] = answer->tuple;
    if (out->distances != NULL)
        out->distances[at] = answer->distance_m;
    if (out->wheres != NULL)
        out->wheres[at] = (uint8_t)answer->where;
}

static inline int64_t wm_instant_at(const wanmi_positions *in, size_t i)
{
    int64_t instant = WANMI_TIME_NONE;
    if (in->time_us != NULL)        /* a stride need not keep the alignment */
        memcpy(&instant, (const char *)in->time_us + i * in->time_stride, sizeof instant);
    return instant != WANMI_TIME_NONE ? instant : in->now_us;
}

/* The answer for one point of the map's plane at one instant: rules 2 to 5 of
 * locate.h. Errors: WANMI_E_MEMORY, WANMI_E_LOCATE_GEOS. */
wanmi_status wm_answer_point(wanmi_locator *locator, double x, double y, int64_t instant_us,
                             wm_answer *answer, wanmi_error *error);

/* Gives an answer without a cell the nearest one, where the map snaps. */
void wm_answer_nearest(const wanmi_index *index, double x, double y, int64_t instant_us,
                       wm_answer *answer);

#endif
