/* A change of a map file: see map_change.h; creating a map, dropping from it. */
#include "map_change.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"

/* ---- begin and end ----------------------------------------------------------------------- */

static wanmi_status open_copy(wm_change *c, wanmi_error *error)
{
    wanmi_status status = wm_pkg_open(c->replace.file, c->path, true, &c->gdal, &c->data, error);
    if (status == WANMI_OK)
        status = wm_meta_read(c->data, c->path, &c->host, &c->gdal, &c->meta, error);
    if (status == WANMI_OK)
        status = wm_meta_zone(&c->meta.meta, &c->host, &c->zone, error);
    const wm_place place = {.file = c->path};
    if (status == WANMI_OK && wm_pkg_table(c->data, "wanmi_layers") == NULL)
        status = wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the map has no table wanmi_layers");
    return status;
}

static wanmi_status begin(wm_change *c, wanmi_error *error)
{
    wanmi_status status = wm_pkg_check(c->path, c->path, error);
    if (status != WANMI_OK)
        return status;
    status = wm_replace_begin(&c->replace, c->path, true, &c->host, error);
    return status == WANMI_OK ? open_copy(c, error) : status;
}

static void drop(wm_change *c)
{
    wanmi_zone_free(c->zone);
    if (c->meta.texts.host != NULL)
        wm_meta_drop(&c->meta);
    if (c->replace.host != NULL)
        wm_replace_end(&c->replace);
    wm_gdal_end(&c->gdal);
    wm_host_drop(&c->host);
}

wanmi_status wm_change_begin(wm_change *c, const char *path, const wanmi_io_report *report,
                             const wanmi_host *host, wanmi_error *error)
{
    *c = (wm_change){.path = path, .report = {.file = path}};
    wanmi_io_report_init(&c->report.to);
    if (path == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "path is NULL");
    wanmi_status status = wm_take_struct(&c->report.to, sizeof c->report.to, report,
                                         "wanmi_io_report", error);
    if (status == WANMI_OK)
        status = wm_host_copy(&c->host, host, error);
    if (status != WANMI_OK)
        return status;
    wm_gdal_begin(&c->gdal);
    status = begin(c, error);
    if (status != WANMI_OK) {
        wm_pkg_finish(c->data, status, path, &c->gdal, NULL);
        drop(c);
    }
    return status;
}

wanmi_status wm_change_builder(wm_change *c, const char *without, wanmi_map_builder **builder,
                               wanmi_error *error)
{
    wm_report lenient = {.file = c->path, .leave_out = true};
    wanmi_io_report_init(&lenient.to);
    /* The copy, in which nothing is changed yet: the file itself may be another by now. */
    const wm_load load = {.path = c->replace.file, .name = c->path, .host = &c->host,
                          .gdal = &c->gdal, .report = &lenient, .without = without, .without_rows = true};
    wanmi_map_builder *made = NULL;
    wanmi_status status = wanmi_map_builder_create(&c->host, &made, error);
    if (status == WANMI_OK)
        status = wm_map_load(&load, made, error);
    if (status != WANMI_OK) {
        wanmi_map_builder_free(made);
        return status;
    }
    *builder = made;
    return WANMI_OK;
}

static void not_changed(wanmi_error *error)
{
    if (error == NULL)
        return;
    char text[sizeof error->message];
    snprintf(text, sizeof text, "not changed, because it would be no good map: %.580s", error->message);
    wm_text_fit(error->message, sizeof error->message, text);
}

/* Reads the copy as anybody would. */
static wanmi_status read_back(wm_change *c, wanmi_error *error)
{
    wm_report strict = {.file = c->path};
    wanmi_io_report_init(&strict.to);
    strict.to.on_progress = c->report.to.on_progress;
    strict.to.progress_user = c->report.to.progress_user;
    const wm_load load = {.path = c->replace.file, .name = c->path, .host = &c->host,
                          .gdal = &c->gdal, .report = &strict};
    wanmi_map *map = NULL;
    wanmi_status status = wm_map_open(&load, &map, error);
    wanmi_map_release(map);
    if (status != WANMI_OK && !wm_is_fatal(status))
        status = wm_change_worse(c, error);
    if (status != WANMI_OK && !wm_is_fatal(status))
        not_changed(error);
    return status;
}

wanmi_status wm_change_end(wm_change *c, wanmi_status status, wanmi_error *error)
{
    char generation[16];
    snprintf(generation, sizeof generation, "%u", c->meta.meta.generation + 1);
    if (status == WANMI_OK && c->meta.meta.generation == UINT32_MAX)
        status = wm_error(error, WANMI_E_LIMIT, "%s: the map's generations are used up", c->path);
    if (status == WANMI_OK)
        status = wm_meta_set(c->data, "generation", generation, c->path, &c->gdal, error);
    else if (status != WANMI_OK && !wm_is_fatal(status))
        wm_error_add_file(error, c->path);
    status = wm_pkg_finish(c->data, status, c->path, &c->gdal, error);
    if (status == WANMI_OK)
        status = read_back(c, error);
    if (status == WANMI_OK)
        status = wm_replace_commit(&c->replace, error);
    drop(c);
    return status;
}

/* ---- trying ------------------------------------------------------------------------------- */

static void sort_out(void *user, const wanmi_error *problem)
{
    wm_trial *trial = user;
    if (problem->row > 0)
        trial->on_row(trial->user, problem->row, problem);
}

wanmi_status wm_change_try(const wm_change *c, wanmi_map_builder *builder, wm_trial *trial,
                           wanmi_map **map, wanmi_error *error)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    options.on_problem = sort_out;
    options.problem_user = trial;
    options.on_progress = c->report.to.on_progress;
    options.progress_user = c->report.to.progress_user;
    wanmi_map *made = NULL;
    wanmi_status status = wanmi_map_build(builder, &options, &made, error);
    if (status == WANMI_OK && map != NULL)
        *map = made;
    else
        wanmi_map_release(made);
    return status;
}

/* ---- tables and layers ---------------------------------------------------------------------- */

wanmi_status wm_change_drop_table(wm_change *c, const char *name, wanmi_error *error)
{
    const wm_place place = {.file = c->path, .layer = name};
    int count = GDALDatasetGetLayerCount(c->data);
    for (int i = 0; i < count; i++) {
        if (strcmp(OGR_L_GetName(GDALDatasetGetLayer(c->data, i)), name) != 0)
            continue;
        wm_gdal_forget(&c->gdal);
        if (GDALDatasetDeleteLayer(c->data, i) == OGRERR_NONE)
            return WANMI_OK;
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "cannot be removed: %s",
                           wm_gdal_words(&c->gdal));
    }
    return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "the map has no layer or table of this name");
}

/* The row of wanmi_layers that names a layer; NULL: none. Destroy it. */
static OGRFeatureH find_layer_row(const wm_change *c, const char *name)
{
    OGRLayerH table = wm_pkg_table(c->data, "wanmi_layers");
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while ((row = OGR_L_GetNextFeature(table)) != NULL) {
        int field = OGR_F_GetFieldIndex(row, "name");
        if (field >= 0 && strcmp(OGR_F_GetFieldAsString(row, field), name) == 0)
            break;
        OGR_F_Destroy(row);
    }
    OGR_L_ResetReading(table);
    return row;
}

bool wm_change_has_layer(const wm_change *c, const char *name)
{
    OGRFeatureH row = find_layer_row(c, name);
    if (row != NULL)
        OGR_F_Destroy(row);
    return row != NULL;
}

wanmi_status wm_change_drop_layer_row(wm_change *c, const char *name, wanmi_error *error)
{
    OGRFeatureH row = find_layer_row(c, name);
    if (row == NULL)
        return WANMI_OK;
    GIntBig fid = OGR_F_GetFID(row);
    OGR_F_Destroy(row);
    const wm_place place = {.file = c->path, .layer = name};
    wm_gdal_forget(&c->gdal);
    if (OGR_L_DeleteFeature(wm_pkg_table(c->data, "wanmi_layers"), fid) != OGRERR_NONE)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "cannot be removed: %s",
                           wm_gdal_words(&c->gdal));
    return WANMI_OK;
}

static wanmi_status drop_from(wm_change *c, const char *name, wanmi_error *error)
{
    const wm_place place = {.file = c->path, .layer = name};
    if (strcmp(name, "wanmi_meta") == 0 || strcmp(name, "wanmi_layers") == 0)
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "no map is left without this table");
    wanmi_status status = wm_change_drop_table(c, name, error);
    if (status == WANMI_OK)
        status = wm_change_drop_layer_row(c, name, error);
    /* A map that goes on naming it could not be read. */
    if (status == WANMI_OK && strcmp(c->meta.meta.cell_layer, name) == 0)
        status = wm_meta_set(c->data, "cell_layer", "", c->path, &c->gdal, error);
    return status;
}

wanmi_status wanmi_io_map_drop(const char *path, const char *name, const wanmi_host *host,
                               wanmi_error *error)
{
    if (name == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "name is NULL");
    wm_change change;
    wanmi_status status = wm_change_begin(&change, path, NULL, host, error);
    if (status != WANMI_OK)
        return status;
    return wm_change_end(&change, drop_from(&change, name, error), error);
}

/* ---- meta ------------------------------------------------------------------------------------- */

static wanmi_status check_key(const char *path, const char *key, wanmi_error *error)
{
    static const char *const free_keys[] = {"title", "timezone", "cell_layer", "fallback_unit",
                                            "code_layout", "snap_m"};
    for (size_t i = 0; i < sizeof free_keys / sizeof *free_keys; i++)
        if (strcmp(key, free_keys[i]) == 0)
            return WANMI_OK;
    const wm_place place = {.file = path, .layer = "wanmi_meta", .value = key};
    return wm_error_at(error, WANMI_E_MAP_META, &place,
                       "only title, timezone, cell_layer, fallback_unit, code_layout and snap_m can be set");
}

wanmi_status wanmi_io_map_set(const char *path, const char *key, const char *value,
                              const wanmi_host *host, wanmi_error *error)
{
    if (key == NULL || value == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "key or value is NULL");
    wm_change change;
    wanmi_status status = wm_change_begin(&change, path, NULL, host, error);
    if (status != WANMI_OK)
        return status;
    status = check_key(path, key, error);
    if (status == WANMI_OK)
        status = wm_meta_set(change.data, key, value, path, &change.gdal, error);
    return wm_change_end(&change, status, error);
}

/* ---- a new map ------------------------------------------------------------------------------- */

static wanmi_status empty_map(const wanmi_map_meta *meta, const wanmi_host *host, wanmi_map **map,
                              wanmi_error *error)
{
    wanmi_map_builder *builder = NULL;
    wanmi_status status = wanmi_map_builder_create(host, &builder, error);
    if (status == WANMI_OK)
        status = wanmi_map_builder_meta(builder, meta, error);
    if (status == WANMI_OK)
        status = wanmi_map_build(builder, NULL, map, error);
    wanmi_map_builder_free(builder);
    return status;
}

wanmi_status wanmi_io_map_create(const char *path, const wanmi_map_meta *meta, const wanmi_host *host,
                                 wanmi_error *error)
{
    if (path == NULL || meta == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "path or meta is NULL");
    struct stat there;
    const wm_place place = {.file = path};
    if (lstat(path, &there) == 0)
        return wm_error_at(error, WANMI_E_IO_OPEN, &place, "exists already");
    wanmi_map *map = NULL;
    wanmi_status status = empty_map(meta, host, &map, error);
    if (status == WANMI_OK)
        status = wanmi_io_map_write(map, path, NULL, host, error);
    wanmi_map_release(map);
    return status;
}

wanmi_status wm_change_run(wm_change *c, const char *table, const char *sql, const char *trouble,
                           wanmi_error *error)
{
    wm_gdal_forget(&c->gdal);
    OGRLayerH result = GDALDatasetExecuteSQL(c->data, sql, NULL, NULL);
    if (result != NULL)
        GDALDatasetReleaseResultSet(c->data, result);
    if (!c->gdal.failed)
        return WANMI_OK;
    const wm_place place = {.file = c->path, .layer = table};
    return wm_error_at(error, WANMI_E_IO_WRITE, &place, "%s: %s", trouble, wm_gdal_words(&c->gdal));
}
