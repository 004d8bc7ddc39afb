/* From OGR's geometries to the polygons of a map. Internal to io. */
#ifndef WM_IO_SHAPE_H
#define WM_IO_SHAPE_H

#include "base/memory.h"
#include "gdal.h"

/* Bytes that grow. */
typedef struct wm_bytes {
    const wanmi_host *host;
    uint8_t *data;
    size_t size;
    size_t capacity;
} wm_bytes;

void wm_bytes_drop(wm_bytes *bytes);

/* The segments of a quarter circle in a buffer. */
enum { WM_QUARTER = 64 };

bool wm_shape_is_flat(OGRGeometryH shape);      /* points and lines: no area by themselves */
bool wm_shape_is_empty(OGRGeometryH shape);     /* NULL too */

/* A copy with straight segments, x and y only; a NULL shape gives NULL.
 * Coordinates are taken bit by bit. */
OGRGeometryH wm_shape_plain(OGRGeometryH shape);

/* Little-endian WKB of the area a shape stands for: the polygon itself, or its
 * buffer where `buffer_m` > 0. `words` says why there is none.
 * Errors: WANMI_E_MAP_GEOMETRY, WANMI_E_MEMORY. */
wanmi_status wm_shape_area(OGRGeometryH shape, double buffer_m, wm_gdal *gdal, wm_bytes *wkb,
                           const char **words);

/* Changes all vertices, ring by ring. `change` gives false to stop. */
typedef bool (*wm_vertex_fn)(void *user, size_t count, double *x, double *y);
wanmi_status wm_shape_change(OGRGeometryH shape, const wanmi_host *host, wm_vertex_fn change,
                             void *user, bool *stopped);

#endif
