/* A map written whole to a new GeoPackage: see map_file.h. */
#include <string.h>

#include "base/error.h"
#include "map_file.h"
#include "replace.h"
#include "shape.h"

const char *const wm_layer_columns[WM_LAYER_COLUMNS] = {"code", "name", "parent", "valid_from",
                                                        "valid_to", "grade", "%buffer_m"};

typedef struct writing {
    const wanmi_map *map;
    const char *file;           /* as messages name it */
    const wanmi_host *host;
    const wm_report *report;
    wm_gdal *gdal;
    GDALDatasetH data;
    OGRSpatialReferenceH srs;
    wm_bytes wkb;
    uint64_t done, total;
} writing;

static wanmi_status step(writing *w, wanmi_error *error)
{
    return wm_report_progress(w->report, ++w->done, w->total, error);
}

/* ---- layers ------------------------------------------------------------------------- */

static wanmi_status make_layers_table(GDALDatasetH data, const char *file, wm_gdal *gdal,
                                      wanmi_error *error)
{
    static const char *const columns[] = {"name", "kind", "#level", "parent"};
    OGRLayerH table;
    return wm_pkg_make(data, "wanmi_layers", NULL, wkbNone, columns, 4, file, gdal, &table, error);
}

wanmi_status wm_layers_add(GDALDatasetH data, const wanmi_layer_def *def, const char *file,
                           wm_gdal *gdal, wanmi_error *error)
{
    OGRLayerH table = wm_pkg_table(data, "wanmi_layers");
    OGRFeatureH row = wm_pkg_row(table);
    wm_pkg_set(row, "name", def->name);
    wm_pkg_set(row, "kind", wm_kind_text(def->kind));
    wm_pkg_set_integer(row, "level", def->level);
    wm_pkg_set(row, "parent", def->parent);
    return wm_pkg_add(table, row, file, gdal, error);
}

wanmi_status wm_areas_add(OGRLayerH to, const wanmi_area_def *area, OGRGeometryH shape,
                          double buffer_m, const wanmi_zone *zone, const char *file, wm_gdal *gdal,
                          wanmi_error *error)
{
    char instant[48];
    OGRFeatureH row = wm_pkg_row(to);
    wm_pkg_set(row, "code", area->code);
    wm_pkg_set(row, "name", area->name);
    wm_pkg_set(row, "parent", area->parent);
    wm_pkg_set(row, "grade", area->grade);
    wanmi_time_format(zone, area->valid_from_us, instant, sizeof instant);
    wm_pkg_set(row, "valid_from", instant);
    wanmi_time_format(zone, area->valid_to_us, instant, sizeof instant);
    wm_pkg_set(row, "valid_to", instant);
    int buffer = OGR_F_GetFieldIndex(row, "buffer_m");
    if (buffer_m > 0 && buffer >= 0)
        OGR_F_SetFieldDouble(row, buffer, buffer_m);
    OGR_F_SetGeometryDirectly(row, shape);
    return wm_pkg_add(to, row, file, gdal, error);
}

/* A table is all polygons or all multipolygons: a mixed one is against the
 * format, and QGIS would not edit it. */
static wanmi_status area_shape(writing *w, uint32_t area, bool many, OGRGeometryH *shape,
                               wanmi_error *error)
{
    size_t size = wanmi_map_area_wkb_size(w->map, area);
    void *data = w->wkb.data;
    if (!wm_reserve(w->host, &data, &w->wkb.capacity, size, 1))
        return wm_error_memory(error);
    w->wkb.data = data;
    wanmi_status status = wanmi_map_area_wkb(w->map, area, w->wkb.data, size);
    if (status != WANMI_OK)
        return wm_error(error, status, "the WKB of area %u cannot be had", area);
    OGRGeometryH made = NULL;
    if (OGR_G_CreateFromWkbEx(w->wkb.data, NULL, &made, size) != OGRERR_NONE || made == NULL)
        return wm_error(error, WANMI_E_IO_WRITE, "GDAL cannot take the WKB of area %s",
                        wanmi_map_area_code(w->map, area));
    *shape = many ? OGR_G_ForceToMultiPolygon(made) : made;
    return WANMI_OK;
}

static wanmi_status write_area(writing *w, OGRLayerH to, uint32_t area, bool many, wanmi_error *error)
{
    wanmi_area_info info;
    OGRGeometryH shape = NULL;
    wanmi_status status = wanmi_map_area(w->map, area, &info);
    if (status == WANMI_OK)
        status = area_shape(w, area, many, &shape, error);
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
    return wm_areas_add(to, &def, shape, 0, wanmi_map_zone(w->map), w->file, w->gdal, error);
}

static bool has_many_parts(const wanmi_map *map, const wanmi_layer_info *layer)
{
    wanmi_area_info area;
    for (uint32_t i = 0; i < layer->area_count; i++)
        if (wanmi_map_area(map, layer->first_area + i, &area) == WANMI_OK && area.polygon_count > 1)
            return true;
    return layer->area_count == 0;
}

static wanmi_status write_layer(writing *w, uint32_t index, wanmi_error *error)
{
    wanmi_layer_info info, parent = {.name = ""};
    wanmi_status status = wanmi_map_layer(w->map, index, &info);
    if (status == WANMI_OK && info.parent != WANMI_NONE)
        status = wanmi_map_layer(w->map, info.parent, &parent);
    if (status != WANMI_OK)
        return status;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = info.name;
    def.kind = info.kind;
    def.level = info.level;
    def.parent = parent.name;
    bool many = has_many_parts(w->map, &info);
    OGRLayerH to;
    status = wm_layers_add(w->data, &def, w->file, w->gdal, error);
    if (status == WANMI_OK)
        status = wm_pkg_make(w->data, info.name, w->srs, many ? wkbMultiPolygon : wkbPolygon,
                              wm_layer_columns, WM_LAYER_COLUMNS - 1, w->file, w->gdal, &to, error);
    for (uint32_t i = 0; i < info.area_count && status == WANMI_OK; i++) {
        status = write_area(w, to, info.first_area + i, many, error);
        if (status == WANMI_OK)
            status = step(w, error);
    }
    return status;
}

/* ---- units, duties, rules and so on ----------------------------------------------------------- */

wanmi_status wm_tables_make(GDALDatasetH data, const wm_table *table, const char *file, wm_gdal *gdal,
                            OGRLayerH *made, wanmi_error *error)
{
    char texts[WM_COLUMNS_MAX][WM_SLOT];
    const char *columns[WM_COLUMNS_MAX];
    for (size_t i = 0; i < table->column_count; i++) {
        wm_column_kind kind = table->columns[i].kind;
        bool whole = kind == WM_COLUMN_INTEGER || kind == WM_COLUMN_DIGIT, marked = whole || kind == WM_COLUMN_REAL;
        texts[i][0] = whole ? '#' : '%';
        wm_text_fit(texts[i] + marked, WM_SLOT - 1, table->columns[i].name);
        columns[i] = texts[i];
    }
    return wm_pkg_make(data, table->name, NULL, wkbNone, columns, table->column_count, file, gdal,
                        made, error);
}

wanmi_status wm_tables_add(OGRLayerH to, const wm_table *table, const wm_row *row,
                           const wanmi_zone *zone, const char *file, wm_gdal *gdal,
                           wanmi_error *error)
{
    char room[WM_SLOT];
    OGRFeatureH feature = wm_pkg_row(to);
    for (size_t i = 0; i < table->column_count; i++)
        wm_pkg_set(feature, table->columns[i].name,
                    wm_row_text(&table->columns[i], row, zone, room));
    return wm_pkg_add(to, feature, file, gdal, error);
}

static wanmi_status write_table(writing *w, const wm_table *table, wanmi_error *error)
{
    OGRLayerH to;
    wanmi_status status = wm_tables_make(w->data, table, w->file, w->gdal, &to, error);
    uint32_t count = table->count(w->map);
    for (uint32_t i = 0; i < count && status == WANMI_OK; i++) {
        wm_row row;
        table->init(&row);
        status = table->give(w->map, i, &row);
        if (status == WANMI_OK)
            status = wm_tables_add(to, table, &row, wanmi_map_zone(w->map), w->file, w->gdal, error);
        if (status == WANMI_OK)
            status = step(w, error);
    }
    return status;
}

/* ---- the whole ---------------------------------------------------------------------- */

static wanmi_status write_all(writing *w, wanmi_error *error)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(w->map, &meta);
    w->total = wanmi_map_area_count(w->map);
    for (size_t i = 0; i < WM_TABLES; i++)
        w->total += wm_tables[i].count(w->map);
    wanmi_status status = wm_meta_write(w->data, &meta, w->file, w->gdal, error);
    if (status == WANMI_OK)
        status = make_layers_table(w->data, w->file, w->gdal, error);
    uint32_t layers = wanmi_map_layer_count(w->map);
    for (uint32_t i = 0; i < layers && status == WANMI_OK; i++)
        status = write_layer(w, i, error);
    for (size_t i = 0; i < WM_TABLES && status == WANMI_OK; i++)
        status = write_table(w, &wm_tables[i], error);
    return status;
}

wanmi_status wm_map_save(const wanmi_map *map, const char *path, const char *name,
                         const wanmi_host *host, const wm_report *report, wm_gdal *gdal,
                         wanmi_error *error)
{
    writing w = {.map = map, .file = name, .host = host, .report = report, .gdal = gdal,
                 .wkb = {.host = host}};
    wanmi_status status = wm_pkg_srs(wanmi_map_crs(map), gdal, &w.srs, error);
    if (status != WANMI_OK)
        return status;
    status = wm_pkg_create(path, name, gdal, &w.data, error);
    if (status == WANMI_OK)
        status = wm_pkg_finish(w.data, write_all(&w, error), name, gdal, error);
    wm_bytes_drop(&w.wkb);
    OSRRelease(w.srs);
    return status;
}

static wanmi_status write_map(const wanmi_map *map, const char *path, const wanmi_io_report *report,
                              const wanmi_host *host, wanmi_error *error)
{
    wm_report to = {.file = path};
    wanmi_io_report_init(&to.to);
    wanmi_status status = wm_take_struct(&to.to, sizeof to.to, report, "wanmi_io_report", error);
    if (status != WANMI_OK)
        return status;
    wm_replace replace;
    status = wm_replace_begin(&replace, path, false, host, error);
    if (status == WANMI_OK) {
        wm_gdal gdal;
        wm_gdal_begin(&gdal);
        status = wm_map_save(map, replace.file, path, host, &to, &gdal, error);
        wm_gdal_end(&gdal);
    }
    if (status == WANMI_OK)
        status = wm_replace_commit(&replace, error);
    wm_replace_end(&replace);
    return status;
}

wanmi_status wanmi_io_map_write(const wanmi_map *map, const char *path,
                                const wanmi_io_report *report, const wanmi_host *host,
                                wanmi_error *error)
{
    if (map == NULL || path == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "map or path is NULL");
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    status = write_map(map, path, report, &own, error);
    wm_host_drop(&own);
    return status;
}
