/* A map file as a whole: its meta, and all its rows into a builder. Internal to io. */
#ifndef WM_IO_MAP_FILE_H
#define WM_IO_MAP_FILE_H

#include "gpkg.h"
#include "report.h"
#include "table.h"

/* ---- wanmi_meta (map_meta.c) -------------------------------------------------------- */

/* What the table says, with its texts. */
typedef struct wm_meta {
    wm_arena texts;
    wanmi_map_meta meta;
} wm_meta;

/* Errors: WANMI_E_IO_FORMAT (no such table, another schema), _COLUMN, WANMI_E_MAP_META. */
wanmi_status wm_meta_read(GDALDatasetH data, const char *file, const wanmi_host *host, wm_gdal *gdal,
                          wm_meta *meta, wanmi_error *error);
void wm_meta_drop(wm_meta *meta);
/* Makes the table and fills it. */
wanmi_status wm_meta_write(GDALDatasetH data, const wanmi_map_meta *meta, const char *file,
                           wm_gdal *gdal, wanmi_error *error);
/* Changes the value of a key, adding it when it is not there. */
wanmi_status wm_meta_set(GDALDatasetH data, const char *key, const char *value, const char *file,
                         wm_gdal *gdal, wanmi_error *error);

/* Its zone, also where it names none. */
wanmi_status wm_meta_zone(const wanmi_map_meta *meta, const wanmi_host *host, wanmi_zone **zone,
                          wanmi_error *error);

/* Texts of a layer's kind. */
const char *wm_kind_text(wanmi_layer_kind kind);
bool wm_kind_parse(const char *text, wanmi_layer_kind *kind);

/* ---- reading (map_read.c) -------------------------------------------------------------- */

typedef struct wm_load {
    const char *path;           /* what is opened */
    const char *name;           /* what messages call it */
    const wanmi_host *host;
    wm_gdal *gdal;
    wm_report *report;
    const char *without;        /* a layer or table that is not read; may be NULL */
    bool without_rows;          /* rows are given to the builder without their numbers */
} wm_load;

/* Fills a builder from a file. Errors: as wanmi_io_map_read. */
wanmi_status wm_map_load(const wm_load *load, wanmi_map_builder *builder, wanmi_error *error);

/* Builds, naming the file in every problem. */
wanmi_status wm_map_finish(wanmi_map_builder *builder, wm_report *report, wanmi_map **map,
                           wanmi_error *error);

/* Reads a file and builds its map. */
wanmi_status wm_map_open(const wm_load *load, wanmi_map **map, wanmi_error *error);

/* ---- writing (map_write.c) --------------------------------------------------------------- */

/* The columns of a layer's table; an overlay that keeps points and lines has one
 * more, the buffer. */
enum { WM_LAYER_COLUMNS = 7 };
extern const char *const wm_layer_columns[WM_LAYER_COLUMNS];

wanmi_status wm_layers_add(GDALDatasetH data, const wanmi_layer_def *def, const char *file,
                           wm_gdal *gdal, wanmi_error *error);
wanmi_status wm_tables_make(GDALDatasetH data, const wm_table *table, const char *file, wm_gdal *gdal,
                            OGRLayerH *made, wanmi_error *error);
wanmi_status wm_tables_add(OGRLayerH to, const wm_table *table, const wm_row *row,
                           const wanmi_zone *zone, const char *file, wm_gdal *gdal,
                           wanmi_error *error);
/* A row of a layer's table. The shape is given away; buffer_m 0 is none. */
wanmi_status wm_areas_add(OGRLayerH to, const wanmi_area_def *area, OGRGeometryH shape,
                          double buffer_m, const wanmi_zone *zone, const char *file, wm_gdal *gdal,
                          wanmi_error *error);
/* Writes a whole map to a file that is not there. */
wanmi_status wm_map_save(const wanmi_map *map, const char *path, const char *name,
                         const wanmi_host *host, const wm_report *report, wm_gdal *gdal,
                         wanmi_error *error);

#endif
