/* A map as GeoJSON and CSV, for people and for tools that know no GeoPackage. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cpl_string.h>

#include "base/error.h"
#include "map_file.h"
#include "shape.h"

typedef struct exporting {
    const wanmi_map *map;
    const wanmi_host *host;
    const char *folder;
    wm_gdal gdal;
    wanmi_transform *transform;
    wm_bytes wkb;
    char *path;                 /* of the file that is being written */
    size_t path_size;
} exporting;

static wanmi_status set_path(exporting *e, const char *name, const char *ending, wanmi_error *error)
{
    wm_free(e->host, e->path, e->path_size);
    e->path_size = strlen(e->folder) + strlen(name) + strlen(ending) + 2;
    e->path = wm_alloc(e->host, e->path_size);
    if (e->path == NULL)
        return wm_error_memory(error);
    snprintf(e->path, e->path_size, "%s/%s%s", e->folder, name, ending);
    return WANMI_OK;
}

static wanmi_status refuse(const exporting *e, const char *words, const char *reason, wanmi_error *error)
{
    const wm_place place = {.file = e->path};
    return wm_error_at(error, WANMI_E_IO_WRITE, &place, "%s: %s", words, reason);
}

/* ---- layers -------------------------------------------------------------------------------------- */

static bool to_degrees(void *user, size_t count, double *x, double *y)
{
    exporting *e = user;
    enum { BLOCK = 256 };
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t n = count - at < BLOCK ? count - at : BLOCK;
        uint8_t reasons[BLOCK];
        if (wanmi_transform_inverse(e->transform, WANMI_DATUM_WGS84, n, x + at, 0, y + at, 0, x + at,
                                    y + at, reasons, NULL) != WANMI_OK)
            return false;
        for (size_t i = 0; i < n; i++)
            if (reasons[i] != WANMI_REASON_NONE)
                return false;
    }
    return true;
}

static wanmi_status area_shape(exporting *e, uint32_t area, OGRGeometryH *shape, wanmi_error *error)
{
    size_t size = wanmi_map_area_wkb_size(e->map, area);
    void *data = e->wkb.data;
    if (!wm_reserve(e->host, &data, &e->wkb.capacity, size, 1))
        return wm_error_memory(error);
    e->wkb.data = data;
    OGRGeometryH made = NULL;
    bool stopped = true;
    wanmi_status status = wanmi_map_area_wkb(e->map, area, e->wkb.data, size);
    if (status == WANMI_OK && OGR_G_CreateFromWkbEx(e->wkb.data, NULL, &made, size) == OGRERR_NONE)
        status = wm_shape_change(made, e->host, to_degrees, e, &stopped);
    if (status == WANMI_OK && !stopped) {
        *shape = made;
        return WANMI_OK;
    }
    OGR_G_DestroyGeometry(made);
    if (status == WANMI_E_MEMORY)
        return wm_error_memory(error);
    return refuse(e, "an area has no longitude and latitude", wanmi_map_area_code(e->map, area), error);
}

static wanmi_status export_area(exporting *e, OGRLayerH to, uint32_t area, wanmi_error *error)
{
    wanmi_area_info info;
    OGRGeometryH shape = NULL;
    wanmi_status status = wanmi_map_area(e->map, area, &info);
    if (status == WANMI_OK)
        status = area_shape(e, area, &shape, error);
    if (status != WANMI_OK)
        return status;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.code = info.code;
    def.name = info.name;
    def.parent = info.parent_code;
    def.grade = info.grade;
    def.valid_from_us = info.valid_from_us;
    def.valid_to_us = info.valid_to_us;
    return wm_areas_add(to, &def, shape, 0, wanmi_map_zone(e->map), e->path, &e->gdal, error);
}

/* RFC 7946: longitude and latitude, outer rings counter-clockwise. Nine digits
 * are a tenth of a millimetre. */
static wanmi_status open_geojson(exporting *e, const char *name, GDALDatasetH *data, OGRLayerH *to,
                                 wanmi_error *error)
{
    wm_gdal_forget(&e->gdal);
    unlink(e->path);
    GDALDriverH driver = GDALGetDriverByName("GeoJSON");
    *data = driver != NULL ? GDALCreate(driver, e->path, 0, 0, 0, GDT_Unknown, NULL) : NULL;
    if (*data == NULL)
        return refuse(e, "cannot be created", wm_gdal_words(&e->gdal), error);
    OGRSpatialReferenceH srs = OSRNewSpatialReference(NULL);
    OSRSetWellKnownGeogCS(srs, "WGS84");
    OSRSetAxisMappingStrategy(srs, OAMS_TRADITIONAL_GIS_ORDER);
    char **options = CSLAddString(NULL, "RFC7946=YES");
    options = CSLAddString(options, "COORDINATE_PRECISION=9");
    *to = GDALDatasetCreateLayer(*data, name, srs, wkbUnknown, options);
    CSLDestroy(options);
    OSRRelease(srs);
    for (int i = 0; i < WM_LAYER_COLUMNS - 1 && *to != NULL; i++) {
        OGRFieldDefnH field = OGR_Fld_Create(wm_layer_columns[i], OFTString);
        if (OGR_L_CreateField(*to, field, FALSE) != OGRERR_NONE)
            *to = NULL;
        OGR_Fld_Destroy(field);
    }
    return *to != NULL ? WANMI_OK : refuse(e, "cannot be written", wm_gdal_words(&e->gdal), error);
}

static wanmi_status export_layer(exporting *e, uint32_t layer, wanmi_error *error)
{
    wanmi_layer_info info;
    wanmi_status status = wanmi_map_layer(e->map, layer, &info);
    if (status == WANMI_OK)
        status = set_path(e, info.name, ".geojson", error);
    if (status != WANMI_OK)
        return status;
    GDALDatasetH data = NULL;
    OGRLayerH to = NULL;
    status = open_geojson(e, info.name, &data, &to, error);
    for (uint32_t i = 0; i < info.area_count && status == WANMI_OK; i++)
        status = export_area(e, to, info.first_area + i, error);
    wm_gdal_forget(&e->gdal);
    if (data != NULL)
        GDALClose(data);
    if (status == WANMI_OK && e->gdal.failed)
        status = refuse(e, "cannot be written", wm_gdal_words(&e->gdal), error);
    return status;
}

/* ---- tables -------------------------------------------------------------------------------------- */

/* RFC 4180. */
static void put_field(FILE *to, const char *text, bool first)
{
    if (!first)
        fputc(',', to);
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fputs(text, to);
        return;
    }
    fputc('"', to);
    for (; *text != '\0'; text++) {
        if (*text == '"')
            fputc('"', to);
        fputc(*text, to);
    }
    fputc('"', to);
}

static wanmi_status put_rows(exporting *e, const wm_table *table, FILE *to, wanmi_error *error)
{
    for (size_t i = 0; i < table->column_count; i++)
        put_field(to, table->columns[i].name, i == 0);
    fputc('\n', to);
    uint32_t count = table->count(e->map);
    for (uint32_t r = 0; r < count; r++) {
        wm_row row;
        table->init(&row);
        wanmi_status status = table->give(e->map, r, &row);
        if (status != WANMI_OK)
            return refuse(e, "a row cannot be had", wanmi_status_name(status), error);
        for (size_t i = 0; i < table->column_count; i++) {
            char room[WM_SLOT];
            put_field(to, wm_row_text(&table->columns[i], &row, wanmi_map_zone(e->map), room), i == 0);
        }
        fputc('\n', to);
    }
    return WANMI_OK;
}

static wanmi_status export_table(exporting *e, const wm_table *table, wanmi_error *error)
{
    wanmi_status status = set_path(e, table->name, ".csv", error);
    if (status != WANMI_OK)
        return status;
    FILE *to = fopen(e->path, "we");
    if (to == NULL)
        return refuse(e, "cannot be created", strerror(errno), error);
    status = put_rows(e, table, to, error);
    bool failed = ferror(to) != 0;
    failed = fclose(to) != 0 || failed;
    if (status == WANMI_OK && failed)
        status = refuse(e, "cannot be written", strerror(errno), error);
    return status;
}

/* ---- the whole ----------------------------------------------------------------------------------- */

static wanmi_status export_all(exporting *e, wanmi_error *error)
{
    const wm_place place = {.file = e->folder};
    if (mkdir(e->folder, 0777) != 0 && errno != EEXIST)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "the folder cannot be made: %s",
                           strerror(errno));
    wanmi_status status = wanmi_transform_create(wanmi_map_crs(e->map), &e->transform, error);
    uint32_t layers = wanmi_map_layer_count(e->map);
    for (uint32_t i = 0; i < layers && status == WANMI_OK; i++)
        status = export_layer(e, i, error);
    for (size_t i = 0; i < WM_TABLES && status == WANMI_OK; i++)
        status = export_table(e, &wm_tables[i], error);
    return status;
}

wanmi_status wanmi_io_map_export(const wanmi_map *map, const char *folder, const wanmi_host *host,
                                 wanmi_error *error)
{
    if (map == NULL || folder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "map or folder is NULL");
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    exporting e = {.map = map, .host = &own, .folder = folder, .wkb = {.host = &own}};
    wm_gdal_begin(&e.gdal);
    status = export_all(&e, error);
    wanmi_transform_free(e.transform);
    wm_bytes_drop(&e.wkb);
    wm_free(&own, e.path, e.path_size);
    wm_gdal_end(&e.gdal);
    wm_host_drop(&own);
    return status;
}
