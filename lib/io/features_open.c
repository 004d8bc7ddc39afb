/* Opening a source of features: which file and layer, which fields, which codes,
 * which CRS. See features.h. */
#include <stdio.h>
#include <string.h>

#include <cpl_conv.h>
#include <cpl_string.h>
#include <cpl_vsi.h>

#include "base/error.h"
#include "features.h"

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- file and layer --------------------------------------------------------------------- */

static bool is_there(const char *path)
{
    VSIStatBufL about;
    return VSIStatL(path, &about) == 0;
}

/* "path" or "path:layer": a path that is there wins over the split. */
static wanmi_status split_source(wm_features *f, wanmi_error *error)
{
    const char *source = f->options->source;
    f->path = wm_text_copy(f->host, source);
    if (f->path == NULL)
        return wm_error_memory(error);
    char *colon = strrchr(f->path, ':');
    const wm_place place = {.file = source};
    if (is_there(source))
        return WANMI_OK;
    if (colon != NULL) {
        *colon = '\0';
        if (is_there(f->path)) {
            f->layer_name = colon + 1;
            return WANMI_OK;
        }
    }
    return wm_error_at(error, WANMI_E_IO_OPEN, &place, "no such file");
}

static void layer_names(GDALDatasetH data, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    int count = GDALDatasetGetLayerCount(data);
    for (int i = 0; i < count && used + 1 < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                             OGR_L_GetName(GDALDatasetGetLayer(data, i)));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static wanmi_status choose_layer(wm_features *f, wanmi_error *error)
{
    const wm_place place = {.file = f->path, .layer = f->layer_name};
    char names[300];
    int count = GDALDatasetGetLayerCount(f->data);
    layer_names(f->data, names, sizeof names);
    if (count == 0)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the file holds no layer");
    if (f->layer_name == NULL && count > 1)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place,
                           "the file holds %d layers; name one as FILE:LAYER: %s", count, names);
    for (int i = 0; i < count && f->layer == NULL; i++) {
        OGRLayerH layer = GDALDatasetGetLayer(f->data, i);
        if (f->layer_name == NULL || strcmp(OGR_L_GetName(layer), f->layer_name) == 0)
            f->layer = layer;
    }
    if (f->layer == NULL)
        return wm_error_at(error, WANMI_E_IO_OPEN, &place, "the file has no such layer, but: %s", names);
    return WANMI_OK;
}

static wanmi_status open_file(wm_features *f, wanmi_error *error)
{
    wanmi_status status = split_source(f, error);
    if (status != WANMI_OK)
        return status;
    wm_gdal_forget(f->gdal);
    f->data = GDALOpenEx(f->path, GDAL_OF_VECTOR | GDAL_OF_READONLY | GDAL_OF_VERBOSE_ERROR, NULL, NULL,
                         NULL);
    const wm_place place = {.file = f->path};
    if (f->data == NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "no vector file GDAL can read: %s",
                           wm_gdal_words(f->gdal));
    return choose_layer(f, error);
}

/* ---- fields ------------------------------------------------------------------------------ */

void wm_field_names(OGRLayerH layer, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    OGRFeatureDefnH about = OGR_L_GetLayerDefn(layer);
    int count = OGR_FD_GetFieldCount(about);
    for (int i = 0; i < count && used + 1 < size; i++) {
        int wrote = snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                             OGR_Fld_GetNameRef(OGR_FD_GetFieldDefn(about, i)));
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

static wanmi_status no_field(const wm_features *f, const char *name, const char *why,
                             wanmi_error *error)
{
    const wm_place place = {.file = f->path, .layer = OGR_L_GetName(f->layer), .value = name};
    char names[280];
    wm_field_names(f->layer, names, sizeof names);
    return wm_error_at(error, WANMI_E_IO_COLUMN, &place, "no such field%s (there are: %s)", why, names);
}

static wanmi_status find_fields(wm_features *f, wanmi_error *error)
{
    const wanmi_io_layer_options *o = f->options;
    const char *const names[WM_FEATURE_TEXTS] = {NULL, o->name_field, o->parent_field,
                                                 o->valid_from_field, o->valid_to_field,
                                                 o->grade_field};
    OGRFeatureDefnH about = OGR_L_GetLayerDefn(f->layer);
    f->fields[WM_FEATURE_CODE] = OGR_FD_GetFieldIndex(about, o->code);
    for (int i = WM_FEATURE_CODE + 1; i < WM_FEATURE_TEXTS; i++) {
        f->fields[i] = given(names[i]) ? OGR_FD_GetFieldIndex(about, names[i]) : -1;
        if (given(names[i]) && f->fields[i] < 0)
            return no_field(f, names[i], "", error);
    }
    f->buffer_field = -1;
    if (!given(o->buffer))
        return WANMI_OK;
    f->buffer_field = OGR_FD_GetFieldIndex(about, o->buffer);
    if (f->buffer_field >= 0)
        return WANMI_OK;
    if (!wm_text_number(o->buffer, &f->buffer_m))
        return no_field(f, o->buffer, ", and no number of metres", error);
    if (!(f->buffer_m > 0 && f->buffer_m <= 100000))
        return wm_error(error, WANMI_E_ARGUMENT, "the buffer is not from 0 to 100000 metres: '%s'",
                        o->buffer);
    return WANMI_OK;
}

/* ---- numbers of features, computed codes ---------------------------------------------------- */

static wanmi_status keep_row(wm_features *f, int64_t fid, const char *code, wanmi_error *error)
{
    void *fids = f->fids, *codes = (void *)f->codes;
    if (!wm_reserve(f->host, &fids, &f->fids_room, f->known + 1, sizeof *f->fids))
        return wm_error_memory(error);
    f->fids = fids;
    if (code != NULL) {
        if (!wm_reserve(f->host, &codes, &f->codes_room, f->known + 1, sizeof *f->codes))
            return wm_error_memory(error);
        f->codes = codes;
        if ((f->codes[f->known] = wm_arena_text(&f->texts, code)) == NULL)
            return wm_error_memory(error);
    }
    f->fids[f->known++] = fid;
    return WANMI_OK;
}

/* Without this a feature that `where` chose would be counted among the chosen
 * ones only, and a message would name a row that nobody finds in the file. */
static wanmi_status number_features(wm_features *f, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    OGRFeatureH feature;
    OGR_L_ResetReading(f->layer);
    while (status == WANMI_OK && (feature = OGR_L_GetNextFeature(f->layer)) != NULL) {
        status = keep_row(f, OGR_F_GetFID(feature), NULL, error);
        OGR_F_Destroy(feature);
    }
    return status;
}

/* A name for use in SQL. */
static char *quoted(const wanmi_host *host, const char *name, size_t *size)
{
    *size = 2 * strlen(name) + 3;
    char *text = wm_alloc(host, *size), *end = text;
    if (text == NULL)
        return NULL;
    *end++ = '"';
    for (; *name != '\0'; name++) {
        if (*name == '"')
            *end++ = '"';
        *end++ = *name;
    }
    *end++ = '"';
    *end = '\0';
    return text;
}

static wanmi_status run_sql(wm_features *f, const char *sql, wanmi_error *error)
{
    wm_gdal_forget(f->gdal);
    OGRLayerH result = GDALDatasetExecuteSQL(f->data, sql, NULL, "SQLite");
    if (result == NULL)
        return no_field(f, f->options->code,
                        f->gdal->failed ? ", and no SQL expression either" : "", error);
    wanmi_status status = WANMI_OK;
    OGRFeatureH row;
    while (status == WANMI_OK && (row = OGR_L_GetNextFeature(result)) != NULL) {
        char slot[WM_SLOT];
        const char *code = wm_field_text(row, 1, slot);
        status = keep_row(f, OGR_F_GetFieldAsInteger64(row, 0), code != NULL ? code : "", error);
        OGR_F_Destroy(row);
    }
    const wm_place place = {.file = f->path, .value = f->options->code};
    if (status == WANMI_OK && f->gdal->failed)
        status = wm_error_at(error, WANMI_E_IO_COLUMN, &place, "the expression fails: %s",
                             wm_gdal_words(f->gdal));
    GDALDatasetReleaseResultSet(f->data, result);
    return status;
}

static wanmi_status compute_codes(wm_features *f, wanmi_error *error)
{
    size_t name_size;
    char *name = quoted(f->host, OGR_L_GetName(f->layer), &name_size);
    if (name == NULL)
        return wm_error_memory(error);
    size_t size = strlen(f->options->code) + strlen(name) + 80;
    char *sql = wm_alloc(f->host, size);
    wanmi_status status = WANMI_E_MEMORY;
    if (sql != NULL) {
        /* rowid + 0: as a plain column, which no driver takes for the feature's number. */
        snprintf(sql, size, "SELECT rowid + 0 AS wanmi_row, (%s) AS wanmi_code FROM %s",
                 f->options->code, name);
        status = run_sql(f, sql, error);
    } else {
        wm_error_memory(error);
    }
    wm_free(f->host, sql, size);
    wm_free(f->host, name, name_size);
    return status;
}

static wanmi_status prepare_rows(wm_features *f, wanmi_error *error)
{
    const char *fid = OGR_L_GetFIDColumn(f->layer);
    wanmi_status status = WANMI_OK;
    if (f->fields[WM_FEATURE_CODE] < 0 && strcmp(f->options->code, fid) == 0)
        f->code_is_fid = true;
    else if (f->fields[WM_FEATURE_CODE] < 0)
        status = compute_codes(f, error);
    if (status == WANMI_OK && given(f->options->where) && f->codes == NULL)
        status = number_features(f, error);
    if (status != WANMI_OK || !given(f->options->where))
        return status;
    const wm_place place = {.file = f->path, .value = f->options->where};
    wm_gdal_forget(f->gdal);
    if (OGR_L_SetAttributeFilter(f->layer, f->options->where) != OGRERR_NONE)
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "the choice of features cannot be read: %s",
                           wm_gdal_words(f->gdal));
    return WANMI_OK;
}

/* ---- the whole ----------------------------------------------------------------------------- */

/* GeoJSON has no other CRS by its standard, whatever the numbers in the file are. */
static bool crs_is_implied(const wm_features *f, OGRSpatialReferenceH srs)
{
    const char *driver = GDALGetDriverShortName(GDALGetDatasetDriver(f->data));
    bool json = strncmp(driver, "GeoJSON", 7) == 0 || strcmp(driver, "TopoJSON") == 0;
    const char *datum = srs != NULL ? OSRGetAttrValue(srs, "DATUM", 0) : NULL;
    return json && datum != NULL && strcmp(datum, "WGS_1984") == 0 && OSRIsGeographic(srs);
}

static wanmi_status open_to_map(wm_features *f, wanmi_crs *crs, wanmi_error *error)
{
    OGREnvelope box = {0};
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(f->layer);
    if (OGR_L_GetExtent(f->layer, &box, TRUE) != OGRERR_NONE)
        box = (OGREnvelope){0};
    const wm_source_crs source = {.file = f->path, .srs = srs, .implied = crs_is_implied(f, srs),
                                  .datum = f->options->datum, .x = (box.MinX + box.MaxX) / 2,
                                  .y = (box.MinY + box.MaxY) / 2};
    return wm_to_map_open(&f->to_map, &source, crs, f->host, f->gdal, error);
}

static wanmi_status open_all(wm_features *f, wanmi_crs *crs, wanmi_error *error)
{
    wanmi_status status = open_file(f, error);
    if (status == WANMI_OK)
        status = find_fields(f, error);
    if (status == WANMI_OK)
        status = open_to_map(f, crs, error);
    if (status == WANMI_OK)
        status = prepare_rows(f, error);
    if (status != WANMI_OK)
        return status;
    GIntBig count = OGR_L_GetFeatureCount(f->layer, FALSE);
    f->total = count > 0 ? (uint64_t)count : 0;
    OGR_L_ResetReading(f->layer);
    return WANMI_OK;
}

wanmi_status wm_features_open(wm_features *features, const wanmi_io_layer_options *options,
                              wanmi_crs *crs, const wanmi_zone *zone, const wanmi_host *host,
                              wm_gdal *gdal, wanmi_error *error)
{
    *features = (wm_features){.host = host, .gdal = gdal, .options = options, .zone = zone,
                              .to_map = {.host = host}};
    if (!given(options->source) || !given(options->code))
        return wm_error(error, WANMI_E_ARGUMENT, "a layer needs a source and the field of its codes");
    wm_arena_init(&features->texts, host);
    wanmi_status status = open_all(features, crs, error);
    if (status != WANMI_OK)
        wm_features_close(features);
    return status;
}

void wm_features_close(wm_features *f)
{
    const wanmi_host *host = f->host;
    wm_to_map_close(&f->to_map);
    if (f->data != NULL)
        GDALClose(f->data);
    /* The path was cut at its colon: it is freed at its whole length. */
    if (f->path != NULL)
        wm_free(host, f->path, strlen(f->options->source) + 1);
    wm_free(host, f->fids, f->fids_room * sizeof *f->fids);
    wm_free(host, (void *)f->codes, f->codes_room * sizeof *f->codes);
    wm_arena_drop(&f->texts);
    *f = (wm_features){0};
}
