/* From the coordinates of a source to the map's x, y. Internal to io.
 *
 * One operation is chosen for a whole source, so that a vertex which two areas
 * share stays the same, bit by bit, in both.
 */
#ifndef WM_IO_TO_MAP_H
#define WM_IO_TO_MAP_H

#include <proj.h>
#include <stdbool.h>

#include "base/memory.h"
#include "gdal.h"
#include "wanmi/crs.h"

typedef struct wm_to_map {
    const wanmi_host *host;
    wanmi_transform *transform; /* NULL: coordinates are taken as they are */
    wanmi_datum datum;
    PJ_CONTEXT *context;        /* of `first`; NULL without one */
    PJ *first;                  /* from the source's CRS to longitude, latitude; NULL: they are that */
    /* What stopped the last change. */
    wanmi_reason reason;
    double bad_x, bad_y;
    size_t bad_vertex;          /* of its ring, from 1 */
} wm_to_map;

/* What is known of a source. */
typedef struct wm_source_crs {
    const char *file;           /* for messages */
    OGRSpatialReferenceH srs;   /* NULL: none */
    bool implied;               /* by the format (GeoJSON), not written in the file */
    const char *datum;          /* as the caller names it; NULL or "": not named */
    double x, y;                /* the middle of its extent, in its CRS */
} wm_source_crs;

/* Errors: WANMI_E_CRS_DATUM, WANMI_E_CRS_OPERATION, _BALLPARK, _DEFINITION,
 * WANMI_E_MEMORY. */
wanmi_status wm_to_map_open(wm_to_map *to, const wm_source_crs *source, wanmi_crs *crs,
                            const wanmi_host *host, wm_gdal *gdal, wanmi_error *error);
void wm_to_map_close(wm_to_map *to);

/* A wm_vertex_fn; `user` is the wm_to_map. */
bool wm_to_map_change(void *user, size_t count, double *x, double *y);

#endif
