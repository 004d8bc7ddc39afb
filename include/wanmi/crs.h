/* wanmi/crs.h - from a position's datum to the map's x, y, and back.
 *
 * Takes:   longitude and latitude in degrees in a named datum, a CRS by EPSG
 *          code, PROJ string or WKT.
 * Gives:   x (easting) and y (northing) in metres of that CRS, always in this
 *          order whatever the CRS declares.
 * Threads: a wanmi_crs is immutable and shared; a wanmi_transform belongs to
 *          one thread at a time (PROJ objects do).
 *
 * PROJ decides every number. One operation is chosen when the wanmi_crs is
 * made, can be read as text, stored, and given back later, so that the answer
 * of a map does not change with the machine's PROJ database.
 */
#ifndef WANMI_CRS_H
#define WANMI_CRS_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_crs wanmi_crs;
typedef struct wanmi_transform wanmi_transform;

typedef struct wanmi_crs_options {
    size_t struct_size;
    const char *operation;          /* a PROJ pipeline from lon, lat in degrees to x, y in metres;
                                       NULL or "": chosen by wanmi */
    int32_t allow_ballpark;         /* non-zero: accept an operation without a datum shift when there is no other */
    int32_t reserved;
    double west, south, east, north;/* degrees: where the map will lie, to choose among operations;
                                       all 0: the CRS's own area of use */
} wanmi_crs_options;

/* Owns: the caller. Threads: any. Since: 0.1 */
WANMI_API void wanmi_crs_options_init(wanmi_crs_options *options);

/* Makes a CRS from a definition: "EPSG:4548", any PROJ string, any WKT. It must
 * be projected and in metres. Longitude and latitude are taken as EPSG:4490 or
 * EPSG:4326, whichever has an operation to it that is not a ballpark one
 * (EPSG:4490 first for CRSs on the CGCS2000 datum, EPSG:4326 first for others);
 * of several, PROJ's first. A CRS on Beijing 1954 or Xi'an 1980 without an
 * operation given makes a warning, see wanmi_crs_warning: PROJ would convert it
 * without the shift, which is about 67 m near Beijing.
 * Owns: release with wanmi_crs_release. Threads: any.
 * Errors: WANMI_E_CRS_DEFINITION, _DATABASE, _OPERATION, _BALLPARK, _UNITS,
 * WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_crs_create(const char *definition, const wanmi_crs_options *options,
                                        const wanmi_host *host, wanmi_crs **crs, wanmi_error *error);
WANMI_API wanmi_crs *wanmi_crs_retain(wanmi_crs *crs);
WANMI_API void wanmi_crs_release(wanmi_crs *crs);

/* What is known of it. Texts live as long as the crs; "" where there is none. */
WANMI_API const char *wanmi_crs_definition(const wanmi_crs *crs); /* as it was given */
WANMI_API const char *wanmi_crs_name(const wanmi_crs *crs);       /* PROJ's name */
WANMI_API const char *wanmi_crs_operation(const wanmi_crs *crs);  /* the PROJ pipeline: degrees to metres */
WANMI_API const char *wanmi_crs_geographic(const wanmi_crs *crs); /* "EPSG:4490" or "EPSG:4326" */
WANMI_API const char *wanmi_crs_wkt(const wanmi_crs *crs);        /* WKT 2:2019, for files */
WANMI_API const char *wanmi_crs_warning(const wanmi_crs *crs);    /* "" when there is nothing to warn of */
WANMI_API int32_t wanmi_crs_epsg(const wanmi_crs *crs);           /* 0 when it has no EPSG code */
WANMI_API double wanmi_crs_accuracy(const wanmi_crs *crs);        /* metres as PROJ states it; negative: unknown */
WANMI_API int32_t wanmi_crs_is_ballpark(const wanmi_crs *crs);    /* 1 or 0 */

/* A thread's own way to transform: one PROJ context and one PROJ object.
 * Owns: free with wanmi_transform_free, on any one thread at a time. It keeps
 * the crs alive. Errors: WANMI_E_CRS_..., WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_transform_create(wanmi_crs *crs, wanmi_transform **transform,
                                              wanmi_error *error);
WANMI_API void wanmi_transform_free(wanmi_transform *transform);

/* Positions to x, y, `count` of them. Strides are in bytes (0: packed doubles).
 * `datum` is of all of them. Each reason is WANMI_REASON_NONE, or says why that
 * position was rejected; then its x and y are NaN. For WANMI_DATUM_MAP the
 * numbers are copied once they are known to be finite. `xs`/`ys` may be the
 * input arrays themselves when packed. Allocates nothing.
 * Source: PROJ's operation; GCJ-02 and BD-09 are removed first by
 * wanmi_wgs84_from_gcj02 / wanmi_gcj02_from_bd09.
 * Owns: the caller owns all arrays. Threads: the transform's own thread.
 * Errors: WANMI_E_ARGUMENT, WANMI_E_CRS_DATUM. Since: 0.1 */
WANMI_API wanmi_status wanmi_transform_forward(wanmi_transform *transform, wanmi_datum datum,
                                               size_t count, const double *lon, size_t lon_stride,
                                               const double *lat, size_t lat_stride,
                                               double *xs, double *ys, uint8_t *reasons,
                                               wanmi_error *error);

/* The way back: x, y in metres to longitude, latitude in `datum`. Same laws.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_transform_inverse(wanmi_transform *transform, wanmi_datum datum,
                                               size_t count, const double *xs, size_t x_stride,
                                               const double *ys, size_t y_stride,
                                               double *lon, double *lat, uint8_t *reasons,
                                               wanmi_error *error);

/* ---- the offset datums of Chinese web maps ------------------------------------
 * WGS 84 <-> GCJ-02 <-> BD-09, degrees, one position a call. Pure functions.
 * The box they are defined in is 72.004..137.8347 E, 0.8293..55.8271 N, tested
 * on the WGS 84 (or GCJ-02) side given; outside it, and for NaN, they return the
 * reason WANMI_REASON_DATUM_BOX or WANMI_REASON_NOT_FINITE and write NaN.
 * Formulas: docs/accuracy.md, as published for the GCJ-02 "eviltransform" and
 * for BD-09; Krasovsky a = 6378245, e2 = 0.00669342162296594323. The inverses
 * run a fixed number of passes and are within 1e-6 m of the true inverse.
 * In a build with -Dgcj02=disabled they return WANMI_REASON_DATUM and NaN.
 * Threads: any. Since: 0.1 */
WANMI_API wanmi_reason wanmi_gcj02_from_wgs84(double lon, double lat, double *out_lon, double *out_lat);
WANMI_API wanmi_reason wanmi_wgs84_from_gcj02(double lon, double lat, double *out_lon, double *out_lat);
WANMI_API wanmi_reason wanmi_bd09_from_gcj02(double lon, double lat, double *out_lon, double *out_lat);
WANMI_API wanmi_reason wanmi_gcj02_from_bd09(double lon, double lat, double *out_lon, double *out_lat);

/* The datum of a name: wgs84 cgcs2000 gcj02 bd09 map; and back.
 * Errors: WANMI_E_CRS_DATUM naming the text. Threads: any. Since: 0.1 */
WANMI_API wanmi_status wanmi_datum_parse(const char *text, wanmi_datum *datum, wanmi_error *error);
WANMI_API const char *wanmi_datum_name(wanmi_datum datum);

#ifdef __cplusplus
}
#endif
#endif
