/* Rows as a table of a GeoPackage, by GDAL. Written under another name beside
 * the file, which takes its place once it is whole. */
#include <cpl_error.h>
#include <gdal.h>
#include <math.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "number.h"
#include "replace.h"
#include "stream_out.h"

enum { ROWS_A_TRANSACTION = 50000 };

struct wm_gpkg {
    GDALDatasetH file;
    OGRLayerH layer;
    OGRFeatureH feature;        /* used for every row */
    char *path;                 /* the name while it is written */
    uint64_t rows;
    bool points;
};

static wanmi_status failed(const wanmi_io_writer *w, wanmi_status status, const char *words,
                           wanmi_error *error)
{
    wm_place place = {.file = w->path};
    const char *why = CPLGetLastErrorMsg();
    return wm_error_at(error, status, &place, "%s%s%s", words, why[0] != '\0' ? ": " : "", why);
}

/* The table is named as the file, without folder and ending. */
static void table_name(const char *path, char *name, size_t size)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base);
    wm_text_fit(name, size < length + 1 ? size : length + 1, base);
}

/* A name for a column of the format's own that no given column has. */
static void free_name(const wanmi_io_writer *w, const char *option, const char *wanted, char *text,
                      size_t size)
{
    char name[32];
    int number = 0;
    bool taken = true;
    while (taken) {
        if (number == 0)
            snprintf(name, sizeof name, "%s", wanted);
        else
            snprintf(name, sizeof name, "%s_%d", wanted, number);
        taken = false;
        for (size_t i = 0; i < w->columns; i++)
            taken = taken || strcasecmp(w->names[i], name) == 0;
        number++;
    }
    snprintf(text, size, "%s=%s", option, name);
}

static bool make_layer(wanmi_io_writer *w, wanmi_crs *crs)
{
    wm_gpkg *g = w->gpkg;
    char name[128], fid[64], geometry[64];
    table_name(w->path, name, sizeof name);
    free_name(w, "FID", "fid", fid, sizeof fid);
    free_name(w, "GEOMETRY_NAME", "geom", geometry, sizeof geometry);
    char *options[] = {fid, geometry, NULL};
    OGRSpatialReferenceH reference = NULL;
    if (crs != NULL) {
        reference = OSRNewSpatialReference(NULL);
        if (OSRSetFromUserInput(reference, wanmi_crs_wkt(crs)) != OGRERR_NONE) {
            OSRDestroySpatialReference(reference);
            return false;
        }
    }
    g->points = crs != NULL;
    g->layer = GDALDatasetCreateLayer(g->file, name, reference, crs != NULL ? wkbPoint : wkbNone,
                                      options);
    if (reference != NULL)
        OSRDestroySpatialReference(reference);
    for (size_t i = 0; i < w->columns && g->layer != NULL; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(w->names[i], w->types[i] == WANMI_IO_REAL ? OFTReal
                                             : w->types[i] == WANMI_IO_INTEGER ? OFTInteger64
                                                                               : OFTString);
        OGRErr made = OGR_L_CreateField(g->layer, field, FALSE);
        OGR_Fld_Destroy(field);
        if (made != OGRERR_NONE)
            return false;
    }
    return g->layer != NULL;
}

static bool create(wanmi_io_writer *w, wanmi_crs *crs)
{
    wm_gpkg *g = w->gpkg;
    GDALDriverH driver = GDALGetDriverByName("GPKG");
    if (driver == NULL)
        return false;
    g->file = GDALCreate(driver, g->path, 0, 0, 0, GDT_Unknown, NULL);
    if (g->file == NULL || !make_layer(w, crs))
        return false;
    g->feature = OGR_F_Create(OGR_L_GetLayerDefn(g->layer));
    return GDALDatasetStartTransaction(g->file, FALSE) == OGRERR_NONE;
}

wanmi_status wm_gpkg_open(wanmi_io_writer *writer, wanmi_crs *crs, wanmi_error *error)
{
    wanmi_status status = wm_replace_allowed(writer->path, error);
    if (status != WANMI_OK)
        return status;
    size_t size = strlen(writer->path) + 64;
    wm_gpkg *g = wm_alloc_zero(&writer->host, sizeof *g);
    char *path = wm_alloc(&writer->host, size);
    if (g == NULL || path == NULL) {
        wm_free(&writer->host, g, sizeof *g);
        wm_free(&writer->host, path, size);
        return wm_error_memory(error);
    }
    snprintf(path, size, "%s.%ld.part.gpkg", writer->path, (long)getpid());
    unlink(path);
    g->path = wm_text_copy(&writer->host, path);
    wm_free(&writer->host, path, size);
    writer->gpkg = g;
    if (g->path == NULL) {
        wm_free(&writer->host, g, sizeof *g);
        writer->gpkg = NULL;
        return wm_error_memory(error);
    }
    GDALAllRegister();
    CPLErrorReset();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (!create(writer, crs))
        status = failed(writer, WANMI_E_IO_OPEN, "cannot be created", error);
    CPLPopErrorHandler();
    if (status != WANMI_OK)
        wm_gpkg_close(writer, false, NULL);
    return status;
}

static bool set_field(const wanmi_io_writer *w, int column, const char *text)
{
    OGRFeatureH feature = w->gpkg->feature;
    double number;
    if (text == NULL || (w->types[column] != WANMI_IO_TEXT && text[0] == '\0')) {
        OGR_F_SetFieldNull(feature, column);
        return true;
    }
    if (w->types[column] == WANMI_IO_TEXT) {
        OGR_F_SetFieldString(feature, column, text);
        return true;
    }
    if (!wm_number_parse(text, strlen(text), w->plain, &number))
        return false;
    if (!isfinite(number))
        OGR_F_SetFieldNull(feature, column);
    else if (w->types[column] == WANMI_IO_INTEGER)
        OGR_F_SetFieldInteger64(feature, column, strtoll(text, NULL, 10));
    else
        OGR_F_SetFieldDouble(feature, column, number);
    return true;
}

static bool write_feature(wm_gpkg *g, double x, double y)
{
    OGRGeometryH point = NULL;
    if (g->points && isfinite(x) && isfinite(y)) {
        point = OGR_G_CreateGeometry(wkbPoint);
        OGR_G_SetPoint_2D(point, 0, x, y);
    }
    OGR_F_SetGeometryDirectly(g->feature, point);
    OGR_F_SetFID(g->feature, OGRNullFID);
    if (OGR_L_CreateFeature(g->layer, g->feature) != OGRERR_NONE)
        return false;
    if (++g->rows % ROWS_A_TRANSACTION != 0)
        return true;
    return GDALDatasetCommitTransaction(g->file) == OGRERR_NONE &&
           GDALDatasetStartTransaction(g->file, FALSE) == OGRERR_NONE;
}

wanmi_status wm_gpkg_row(wanmi_io_writer *writer, const char *const *values, double x, double y,
                         wanmi_error *error)
{
    for (size_t i = 0; i < writer->columns; i++) {
        wm_place place = {.file = writer->path, .value = values[i]};
        if (!set_field(writer, (int)i, values[i]))
            return wm_error_at(error, WANMI_E_ARGUMENT, &place, "column %s: is not a number",
                               writer->names[i]);
    }
    CPLErrorReset();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    wanmi_status status = write_feature(writer->gpkg, x, y)
                              ? WANMI_OK
                              : failed(writer, WANMI_E_IO_WRITE, "cannot be written", error);
    CPLPopErrorHandler();
    return status;
}

wanmi_status wm_gpkg_close(wanmi_io_writer *writer, bool keep, wanmi_error *error)
{
    wm_gpkg *g = writer->gpkg;
    wanmi_status status = WANMI_OK;
    CPLErrorReset();
    CPLPushErrorHandler(CPLQuietErrorHandler);
    if (g->feature != NULL)
        OGR_F_Destroy(g->feature);
    bool whole = keep && GDALDatasetCommitTransaction(g->file) == OGRERR_NONE;
    if (g->file != NULL)
        GDALClose(g->file);
    if (keep && (!whole || CPLGetLastErrorType() >= CE_Failure))
        status = failed(writer, WANMI_E_IO_WRITE, "cannot be written", error);
    else if (keep && rename(g->path, writer->path) != 0)
        status = failed(writer, WANMI_E_IO_WRITE, "cannot take its name", error);
    CPLPopErrorHandler();
    if (!keep || status != WANMI_OK)
        unlink(g->path);
    wm_text_free(&writer->host, g->path);
    wm_free(&writer->host, g, sizeof *g);
    writer->gpkg = NULL;
    return status;
}
