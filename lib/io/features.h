/* The features of an OGR file, one by one, in the map's CRS. Internal to io. */
#ifndef WM_IO_FEATURES_H
#define WM_IO_FEATURES_H

#include "base/memory.h"
#include "gdal.h"
#include "to_map.h"
#include "wanmi/io.h"

enum {
    WM_FEATURE_CODE, WM_FEATURE_NAME, WM_FEATURE_PARENT, WM_FEATURE_FROM, WM_FEATURE_TO,
    WM_FEATURE_GRADE, WM_FEATURE_TEXTS
};

typedef struct wm_features {
    const wanmi_host *host;
    wm_gdal *gdal;
    const wanmi_io_layer_options *options;
    const wanmi_zone *zone;
    char *path;                 /* the source without its layer */
    const char *layer_name;     /* in `path`'s block, or NULL */
    GDALDatasetH data;
    OGRLayerH layer;
    int fields[WM_FEATURE_TEXTS]; /* -1: none */
    int buffer_field;           /* -1: none */
    double buffer_m;            /* for all; 0: none */
    bool code_is_fid;
    wm_to_map to_map;
    uint64_t total;             /* features as far as the file tells; 0: not known */

    /* Where features are chosen (where) or codes computed (SQL), the file is gone
     * through once before: numbers and codes in the file's order. */
    wm_arena texts;
    int64_t *fids;
    size_t fids_room;
    const char **codes;         /* NULL unless computed */
    size_t codes_room;
    size_t known, next;
    int64_t row;
} wm_features;

/* One feature; all of it lives until the next call. */
typedef struct wm_feature {
    OGRFeatureH feature;
    char slots[WM_FEATURE_TEXTS][WM_SLOT];
    const char *text[WM_FEATURE_TEXTS];
    int64_t row;                /* in the source, from 1; 0: not known */
    int64_t valid_from_us, valid_to_us;
    double buffer_m;
    OGRGeometryH shape;         /* straight, 2D, in the map's CRS; NULL: none */
} wm_feature;

/* `crs` and `zone` must outlive it. Errors: as wanmi_io_areas_read. */
wanmi_status wm_features_open(wm_features *features, const wanmi_io_layer_options *options,
                              wanmi_crs *crs, const wanmi_zone *zone, const wanmi_host *host,
                              wm_gdal *gdal, wanmi_error *error);
void wm_features_close(wm_features *features);

/* Gives WANMI_END at the end. A feature that is bad by itself gives WANMI_E_IO_ROW
 * or WANMI_E_MAP_...; the next call goes on behind it. The place names row and
 * code, not file and layer. Other errors end the reading: `*fatal` tells. */
wanmi_status wm_features_next(wm_features *features, wm_feature *feature, bool *fatal,
                              wanmi_error *error);
void wm_feature_drop(wm_feature *feature);

/* The names of a table's fields, for messages that ask for another. */
void wm_field_names(OGRLayerH layer, char *text, size_t size);

#endif
