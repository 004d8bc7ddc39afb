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

/* Makes a CRS from a definition: "EPSG:4548", any PROJ string, any WKT, or a CRS's
 * whole name (part of a name, or "4548", is refused: PROJ would guess). It must
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

/* ---- charts: PROJ's answers by polynomials, with a bound -----------------------
 * A chart gives x, y of a datum's longitude and latitude in one area up to a
 * hundred times as fast as PROJ, and no farther from wanmi_transform_forward
 * than its stated bound. The area is cut into equal boxes; in each, x and y are
 * polynomials fitted to the reference. The largest error is measured in every
 * box on a dense sample with its edges, its corners and a rim around it, and a
 * box is used only where the bound is at least a hundred times that error. In
 * other boxes (where PROJ refuses, where the datum's formula has a kink) and
 * outside the area, the caller's transform answers.
 * How it is made and what was measured: docs/accuracy.md. */

typedef struct wanmi_chart wanmi_chart;

typedef struct wanmi_chart_options {
    size_t struct_size;
    double bound_m;                 /* metres; 1e-6 */
    uint32_t degree;                /* of the polynomials, 3 to 8; 0: the lowest that serves */
    uint32_t boxes_max;             /* 1 to 4096; 1024 */
    wanmi_kernel kernel;            /* WANMI_KERNEL_AUTO; another one to have that one or an error */
    uint32_t reserved;              /* zero */
} wanmi_chart_options;

/* Owns: the caller. Threads: any. Since: 0.2 */
WANMI_API void wanmi_chart_options_init(wanmi_chart_options *options);

/* Makes a chart of an area in degrees of `datum` (not WANMI_DATUM_MAP), edges
 * included; one narrower than 0.01 degrees is widened to that. Takes
 * milliseconds for a city, up to some seconds for many boxes. `options` NULL: the
 * defaults. `host` NULL: the C library's memory. Keeps the crs alive.
 * Owns: release with wanmi_chart_release. Threads: any.
 * Errors: WANMI_E_ARGUMENT, WANMI_E_CRS_DATUM, WANMI_E_CRS_CHART (the bound is
 * met in no box, or in none of 32 spread over the area), WANMI_E_UNSUPPORTED (the kernel is not of this processor or
 * build), WANMI_E_CRS_..., WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_chart_create(wanmi_crs *crs, wanmi_datum datum, double west, double south,
                                          double east, double north,
                                          const wanmi_chart_options *options, const wanmi_host *host,
                                          wanmi_chart **chart, wanmi_error *error);
WANMI_API wanmi_chart *wanmi_chart_retain(wanmi_chart *chart);
WANMI_API void wanmi_chart_release(wanmi_chart *chart);

/* Positions to x, y as wanmi_transform_forward with the chart's datum: same
 * strides, same reasons, same law of arrays. `transform` is the thread's own, of
 * the same CRS, for positions that the chart does not cover; where it is NULL
 * they get NaN and WANMI_REASON_UNCOVERED, or the reason that needs no PROJ.
 * `covered` may be NULL; it gets 1 where a polynomial answered, else 0. Every
 * kernel gives the same bits. Allocates nothing.
 * Owns: the caller owns all arrays. Threads: a chart is immutable and shared;
 * the transform's own thread. Errors: WANMI_E_ARGUMENT. Since: 0.2 */
WANMI_API wanmi_status wanmi_chart_forward(const wanmi_chart *chart, wanmi_transform *transform,
                                           size_t count, const double *lon, size_t lon_stride,
                                           const double *lat, size_t lat_stride, double *xs,
                                           double *ys, uint8_t *reasons, uint8_t *covered,
                                           wanmi_error *error);

/* What is known of it. Threads: any. Since: 0.2 */
WANMI_API double wanmi_chart_bound_m(const wanmi_chart *chart);     /* stated: metres */
WANMI_API double wanmi_chart_error_m(const wanmi_chart *chart);     /* the largest seen when it was made */
WANMI_API double wanmi_chart_covered(const wanmi_chart *chart);     /* part of the area, above 0 up to 1 */
WANMI_API uint32_t wanmi_chart_degree(const wanmi_chart *chart);
WANMI_API uint32_t wanmi_chart_box_count(const wanmi_chart *chart); /* boxes that are covered */
WANMI_API uint64_t wanmi_chart_bytes(const wanmi_chart *chart);     /* taken from the host */
WANMI_API wanmi_kernel wanmi_chart_kernel(const wanmi_chart *chart);/* the one in use, never AUTO */
WANMI_API wanmi_datum wanmi_chart_datum(const wanmi_chart *chart);

/* The chart as plain data, for loops that evaluate it themselves.
 *
 * A position with west <= lon <= east and south <= lat <= north lies in column
 * floor((lon - west) * columns_per_degree), at most columns - 1, and row likewise.
 * k = slots[row * columns + column] is its box, or WANMI_NONE where the chart
 * does not cover it. b = boxes + k * stride holds:
 *   b[0] b[1]    the box's middle: longitude and latitude in degrees
 *   b[2] b[3]    x and y in metres, added last: the terms before them are small
 *                and would lose digits beside them
 *   b[4] ...     (degree + 1)(degree + 2) / 2 pairs of coefficients, one of x and
 *                one of y, in metres and degrees, in the order of their use:
 * with u = lon - b[0] and v = lat - b[1], x and y alike,
 *   p = 0; for i = degree .. 0 { q = next; for j = 1 .. degree - i { q = q * u + next } p = p * v + q }
 *   x = b[2] + p
 * (for i = degree there is no p yet: p = q). Every product and sum rounded by
 * itself gives the bits of wanmi_chart_forward; with fused products they differ
 * by less than the bound. */
typedef struct wanmi_chart_view {
    size_t struct_size;
    double west, south, east, north;
    double columns_per_degree, rows_per_degree;
    uint32_t columns, rows;
    uint32_t degree;
    uint32_t stride;                /* doubles of one box: a multiple of 8 */
    uint32_t box_count;
    uint32_t reserved;
    const uint32_t *slots;          /* rows * columns, from the south-west, eastwards first */
    const double *boxes;            /* box_count * stride, aligned to 64 bytes */
    double bound_m;
    double error_m;                 /* the largest seen when it was made. Since 0.2 */
} wanmi_chart_view;

/* The arrays live as long as the chart. Owns: the caller gives `view`. Threads:
 * any. Errors: WANMI_E_ARGUMENT. Since: 0.2 */
WANMI_API void wanmi_chart_view_init(wanmi_chart_view *view);
WANMI_API wanmi_status wanmi_chart_view_of(const wanmi_chart *chart, wanmi_chart_view *view,
                                           wanmi_error *error);

/* Makes a chart of a view's data, such as a file may keep: without fitting again,
 * and with the same bits. The arrays are copied. What they hold is not believed:
 * numbers that would lead outside them are refused, columns_per_degree and
 * rows_per_degree are not read, and the reference is asked at five places of
 * every box. Where it is farther off than the bound (another PROJ, other grids),
 * or the view is none, the answer is WANMI_E_CRS_CHART. `kernel` as in
 * wanmi_chart_options.
 * Owns: release with wanmi_chart_release. Threads: any.
 * Errors: WANMI_E_ARGUMENT, WANMI_E_CRS_DATUM, WANMI_E_CRS_CHART,
 * WANMI_E_UNSUPPORTED, WANMI_E_CRS_..., WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_chart_from_view(wanmi_crs *crs, wanmi_datum datum,
                                             const wanmi_chart_view *view, wanmi_kernel kernel,
                                             const wanmi_host *host, wanmi_chart **chart,
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
