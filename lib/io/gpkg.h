/* A map's GeoPackage: opened with suspicion, its tables made and filled.
 * Internal to io.
 */
#ifndef WM_IO_GPKG_H
#define WM_IO_GPKG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/memory.h"
#include "gdal.h"
#include "wanmi/map.h"

#define WM_SCHEMA "1"

/* Looks at a file without SQLite, which would meddle with what lies beside it.
 * `name` is what messages call it. Errors: WANMI_E_IO_OPEN (no such file, a
 * folder, no permission), WANMI_E_IO_FORMAT (empty, no SQLite file, no
 * GeoPackage, cut off). */
wanmi_status wm_pkg_check(const char *path, const char *name, wanmi_error *error);

/* Opens a GeoPackage, having looked at it. Errors: the same. */
wanmi_status wm_pkg_open(const char *path, const char *name, bool update, wm_gdal *gdal,
                          GDALDatasetH *data, wanmi_error *error);

/* Makes an empty one with a transaction open; the file must not be there. */
wanmi_status wm_pkg_create(const char *path, const char *name, wm_gdal *gdal, GDALDatasetH *data,
                            wanmi_error *error);

/* Ends the transaction and closes; also after a failure, when `status` is one
 * and nothing is kept. */
wanmi_status wm_pkg_finish(GDALDatasetH data, wanmi_status status, const char *name, wm_gdal *gdal,
                            wanmi_error *error);

/* A table of a name, exactly as it is written; NULL when there is none. */
OGRLayerH wm_pkg_table(GDALDatasetH data, const char *name);

/* The index of a table's column. Errors: WANMI_E_IO_COLUMN naming both. */
wanmi_status wm_pkg_column(OGRLayerH table, const char *file, const char *column, int *index,
                            wanmi_error *error);

/* A new table: attributes when `srs` is NULL. Columns are texts unless their name
 * has a '#' (whole number) or '%' (number) before it. */
wanmi_status wm_pkg_make(GDALDatasetH data, const char *name, OGRSpatialReferenceH srs,
                          OGRwkbGeometryType shape, const char *const *columns, size_t count,
                          const char *file, wm_gdal *gdal, OGRLayerH *table, wanmi_error *error);

/* A row being written: fields by name, "" stays null. */
OGRFeatureH wm_pkg_row(OGRLayerH table);
void wm_pkg_set(OGRFeatureH row, const char *column, const char *text);
void wm_pkg_set_integer(OGRFeatureH row, const char *column, int64_t number);
/* Adds the row and frees it. Errors: WANMI_E_IO_WRITE. */
wanmi_status wm_pkg_add(OGRLayerH table, OGRFeatureH row, const char *file, wm_gdal *gdal,
                         wanmi_error *error);

/* The SRS of a map's CRS, for feature tables. Errors: WANMI_E_CRS_DEFINITION. */
wanmi_status wm_pkg_srs(wanmi_crs *crs, wm_gdal *gdal, OGRSpatialReferenceH *srs,
                         wanmi_error *error);

#endif
