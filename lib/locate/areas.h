/* A session's areas in GEOS: whether one covers a point. Internal to the room.
 *
 * An area's polygon is made and prepared when first asked for and kept. Asking
 * makes no GEOS object. GEOS 3.12 has GEOSPreparedIntersectsXY_r for that. 3.11
 * wants a point geometry, so each area keeps one, its probe, whose coordinate is
 * overwritten in place. What makes this right in 3.11.1 (read in its source,
 * held by tests/differential/locate.c):
 *   - PreparedPolygon::covers compares the cached envelopes first. The probe's
 *     was computed at its first use, from a point in this area's box, so it
 *     passes for ever; it may only be asked for points in the area's own box,
 *     which is kept beside it.
 *     A rectangle is answered by that comparison alone, and for points in its
 *     box that is the right answer.
 *   - then IndexedPointInAreaLocator takes the coordinate as it is now.
 * One probe for all areas would be wrong: its cached envelope would lie outside
 * the next area's box and covers would be refused unseen.
 *
 * Making and freeing a GEOS geometry counts on one process-wide number that is
 * not atomic (the default GeometryFactory's). The index's lock keeps its
 * sessions apart there. GEOS only looks at the number to destroy factories that
 * asked for it, which the default one never does, so two indexes at once, or a
 * host that makes geometries itself, do no harm either.
 */
#ifndef WM_LOCATE_AREAS_H
#define WM_LOCATE_AREAS_H

#include <geos_c.h>

#include "index.h"

typedef struct wm_shape wm_shape;

enum { WM_PAGE = 256 };

typedef struct wm_areas {
    wanmi_index *index;
    GEOSContextHandle_t geos;
    GEOSWKBReader *reader;
    wm_shape **pages;               /* of WM_PAGE areas each; NULL until one of them is needed */
    uint32_t page_count;
    uint32_t pages_made;
    uint64_t prepared;              /* areas met so far */
    char message[320];              /* GEOS's last error */
} wm_areas;

/* Before: all zero but `index`. The first question opens it otherwise. */
wanmi_status wm_areas_open(wm_areas *areas, wanmi_error *error);
void wm_areas_close(wm_areas *areas);
uint64_t wm_areas_bytes(const wm_areas *areas);

/* Whether `area` covers a point. One that is not in its box makes no polygon.
 * Errors: WANMI_E_MEMORY, WANMI_E_LOCATE_GEOS. */
wanmi_status wm_areas_cover(wm_areas *areas, uint32_t area, double x, double y, bool *covers,
                            wanmi_error *error);

#endif
