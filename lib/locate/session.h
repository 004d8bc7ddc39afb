/* One thread's session. Internal to the room. */
#ifndef WM_LOCATE_SESSION_H
#define WM_LOCATE_SESSION_H

#include "areas.h"
#include "tuples.h"
#include "wanmi/crs.h"

/* Positions are taken in blocks of this many. */
enum { WM_BLOCK = 1024 };

struct wanmi_locator {
    wanmi_index *index;
    const wanmi_host *host;         /* the map's */
    wanmi_transform *transform;
    wm_areas areas;
    wm_tuples tuples;
    uint32_t *candidates;           /* areas of one layer whose box holds the point */
    size_t candidate_count, candidate_capacity;
    uint32_t *words;                /* the tuple being written: tuples.h */
    size_t word_capacity;
    double xs[WM_BLOCK];
    double ys[WM_BLOCK];
    uint8_t reasons[WM_BLOCK];
};

typedef struct wm_answer {
    uint32_t cell;
    uint32_t tuple;
    wanmi_where where;
    double distance_m;
} wm_answer;

/* The answer for one point of the map's plane at one instant: rules 2 to 5 of
 * locate.h. Errors: WANMI_E_MEMORY, WANMI_E_LOCATE_GEOS. */
wanmi_status wm_answer_point(wanmi_locator *locator, double x, double y, int64_t instant_us,
                             wm_answer *answer, wanmi_error *error);

#endif
