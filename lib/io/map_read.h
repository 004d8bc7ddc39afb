/* A map file being read: what its layers' tables and the others have in common.
 * Internal to io.
 */
#ifndef WM_IO_MAP_READ_H
#define WM_IO_MAP_READ_H

#include "map_file.h"
#include "misfits.h"
#include "shape.h"

typedef struct wm_reading {
    const wm_load *load;
    wanmi_map_builder *builder;
    GDALDatasetH data;
    wm_meta meta;
    wanmi_zone *zone;
    OGRSpatialReferenceH srs;   /* of the map; NULL where GDAL cannot read it */
    wm_bytes wkb;
    wm_misfits of_layers;       /* of wanmi_layers */
    wm_misfits misfits;         /* of the table that is read */
    uint64_t done, total;
} wm_reading;

/* A column that is not there is one problem of the table; where it is reported its
 * rows are read as if it were empty. */
wanmi_status wm_read_column(const wm_reading *r, OGRLayerH table, const char *column, int *index,
                            wanmi_error *error);

/* The next row, or NULL; forgets what GDAL said of the row before. */
OGRFeatureH wm_read_next(const wm_reading *r, OGRLayerH table);
/* Its number for the builder. */
int64_t wm_read_number(const wm_reading *r, OGRFeatureH row);
/* After a row: tells the progress. */
wanmi_status wm_read_step(wm_reading *r, wanmi_error *error);
/* After all rows: whether GDAL stopped because of damage. */
wanmi_status wm_read_damage(const wm_reading *r, const char *table, wanmi_error *error);

/* Before the rows: finds values that are not of these columns. For each row: is it one? */
wanmi_status wm_read_misfits(const wm_reading *r, OGRLayerH table, const char *const *columns, size_t count,
                             wm_misfits *misfits, wanmi_error *error);
wanmi_status wm_read_check(const wm_reading *r, const wm_misfits *misfits, OGRFeatureH row,
                           const char *layer, wanmi_error *problem);

/* The areas of a layer that the builder has (map_read_areas.c). */
wanmi_status wm_read_areas(wm_reading *r, const wanmi_layer_def *layer, OGRLayerH table, wanmi_error *error);

#endif
