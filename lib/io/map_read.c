/* From a map file to a builder, and to a map: see map_file.h. */
#include <string.h>

#include "base/error.h"
#include "map_read.h"

/* ---- what all tables share ----------------------------------------------------------- */

wanmi_status wm_read_column(const wm_reading *r, OGRLayerH table, const char *column, int *index,
                            wanmi_error *error)
{
    wanmi_error problem;
    wanmi_status status = wm_pkg_column(table, r->load->name, column, index, &problem);
    return wm_report_row(r->load->report, status, &problem, error);
}

wanmi_status wm_read_damage(const wm_reading *r, const char *table, wanmi_error *error)
{
    const wm_place place = {.file = r->load->name, .layer = table};
    if (!r->load->gdal->failed)
        return WANMI_OK;
    return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the table cannot be read: %s",
                       wm_gdal_words(r->load->gdal));
}

int64_t wm_read_number(const wm_reading *r, OGRFeatureH row)
{
    return r->load->without_rows ? 0 : OGR_F_GetFID(row);
}

OGRFeatureH wm_read_next(const wm_reading *r, OGRLayerH table)
{
    wm_gdal_forget(r->load->gdal);
    return OGR_L_GetNextFeature(table);
}

wanmi_status wm_read_misfits(const wm_reading *r, OGRLayerH table, const char *const *columns, size_t count,
                             wm_misfits *misfits, wanmi_error *error)
{
    wm_misfits_drop(misfits);
    return wm_misfits_find(r->data, table, columns, count, r->load->gdal, misfits, error);
}

wanmi_status wm_read_check(const wm_reading *r, const wm_misfits *misfits, OGRFeatureH row,
                           const char *layer, wanmi_error *problem)
{
    const wm_misfit *misfit = wm_misfits_of(misfits, OGR_F_GetFID(row));
    if (misfit == NULL)
        return WANMI_OK;
    const wm_place place = {.layer = layer, .row = wm_read_number(r, row), .column = misfit->column,
                            .value = misfit->value};
    return wm_error_at(problem, WANMI_E_IO_ROW, &place, "no number as this column holds them");
}

wanmi_status wm_read_step(wm_reading *r, wanmi_error *error)
{
    return wm_report_progress(r->load->report, ++r->done, r->total, error);
}

static bool is_left_out(const wm_reading *r, const char *name)
{
    return r->load->without != NULL && strcmp(r->load->without, name) == 0;
}

/* ---- layers ------------------------------------------------------------------------- */

enum { LAYER_NAME, LAYER_KIND, LAYER_LEVEL, LAYER_PARENT, LAYER_COLUMNS };

/* The layer of a row of wanmi_layers; its texts lie in the row and `slots`. */
static wanmi_status take_layer(const wm_reading *r, OGRFeatureH row, const int *index,
                               char slots[][WM_SLOT], wanmi_layer_def *def, wanmi_error *problem)
{
    const char *text[LAYER_COLUMNS];
    wm_place place = {.row = OGR_F_GetFID(row)};
    wanmi_status status = wm_read_check(r, &r->of_layers, row, "wanmi_layers", problem);
    if (status != WANMI_OK)
        return status;
    for (int i = 0; i < LAYER_COLUMNS; i++)
        if ((text[i] = wm_field_text(row, index[i], slots[i])) == NULL)
            return wm_error_at(problem, WANMI_E_IO_ROW, &place, "a value that is no text");
    place.layer = text[LAYER_NAME];
    wanmi_layer_def_init(def);
    def->name = text[LAYER_NAME];
    def->parent = text[LAYER_PARENT];
    place.value = text[LAYER_KIND];
    if (!wm_kind_parse(text[LAYER_KIND], &def->kind))
        return wm_error_at(problem, WANMI_E_MAP_LAYER, &place, "kind is neither partition nor overlay");
    place.value = text[LAYER_LEVEL];
    if (!wm_text_integer(text[LAYER_LEVEL], &def->level))
        return wm_error_at(problem, WANMI_E_MAP_LAYER, &place, "level is no whole number");
    if (is_left_out(r, def->name))
        return WANMI_OK;
    return wanmi_map_builder_layer(r->builder, def, problem);
}

static wanmi_status read_layer_row(wm_reading *r, OGRFeatureH row, const int *index, wanmi_error *error)
{
    char slots[LAYER_COLUMNS][WM_SLOT];
    wanmi_layer_def def;
    wanmi_error problem;
    uint64_t before = r->load->report->problems;
    wanmi_status status = wm_report_row(r->load->report,
                                        take_layer(r, row, index, slots, &def, &problem), &problem,
                                        error);
    if (status != WANMI_OK || r->load->report->problems != before || is_left_out(r, def.name))
        return status;
    OGRLayerH table = wm_pkg_table(r->data, def.name);
    const wm_place place = {.file = r->load->name, .layer = def.name};
    if (table != NULL)
        return wm_read_areas(r, &def, table, error);
    status = wm_error_at(&problem, WANMI_E_MAP_LAYER, &place,
                         "wanmi_layers names it, but the file has no table of that name");
    return wm_report_row(r->load->report, status, &problem, error);
}

static wanmi_status read_layers(wm_reading *r, wanmi_error *error)
{
    static const char *const names[LAYER_COLUMNS] = {"name", "kind", "level", "parent"};
    OGRLayerH table = wm_pkg_table(r->data, "wanmi_layers");
    const wm_place place = {.file = r->load->name};
    if (table == NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the map has no table wanmi_layers");
    int index[LAYER_COLUMNS];
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < LAYER_COLUMNS && status == WANMI_OK; i++)
        status = wm_pkg_column(table, r->load->name, names[i], &index[i], error);
    if (status == WANMI_OK)
        status = wm_read_misfits(r, table, names, LAYER_COLUMNS, &r->of_layers, error);
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while (status == WANMI_OK && (row = wm_read_next(r, table)) != NULL) {
        status = read_layer_row(r, row, index, error);
        OGR_F_Destroy(row);
    }
    return status == WANMI_OK ? wm_read_damage(r, "wanmi_layers", error) : status;
}

/* ---- units, duties, rules and so on ----------------------------------------------------------- */

/* Gives in `usable` whether rows can be told apart without what is not there. */
static wanmi_status find_columns(const wm_reading *r, OGRLayerH from, const wm_table *table, int *index,
                                 bool *usable, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    *usable = true;
    for (size_t i = 0; i < table->column_count && status == WANMI_OK; i++) {
        status = wm_read_column(r, from, table->columns[i].name, &index[i], error);
        if (index[i] < 0 && table->columns[i].needed)
            *usable = false;
    }
    return status;
}

static wanmi_status take_row(wm_reading *r, const wm_table *table, OGRFeatureH from, const int *index,
                             wanmi_error *problem)
{
    char slots[WM_COLUMNS_MAX][WM_SLOT];
    wm_row row;
    wanmi_status status = wm_read_check(r, &r->misfits, from, table->name, problem);
    if (status != WANMI_OK)
        return status;
    table->init(&row);
    wm_row_number(table, wm_read_number(r, from), &row);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *text = wm_field_text(from, index[i], slots[i]);
        const wm_place place = {.row = wm_read_number(r, from)};
        if (text == NULL)
            return wm_error_at(problem, WANMI_E_IO_ROW, &place, "column %s: a value that is no text",
                               table->columns[i].name);
        status = wm_row_set(table, &table->columns[i], text, r->zone, &row, problem);
        if (status != WANMI_OK)
            return status;
    }
    return table->add(r->builder, &row, problem);
}

static wanmi_status read_table(wm_reading *r, const wm_table *table, wanmi_error *error)
{
    OGRLayerH from = wm_pkg_table(r->data, table->name);
    if (from == NULL || is_left_out(r, table->name))
        return WANMI_OK;
    int index[WM_COLUMNS_MAX];
    bool usable;
    wanmi_status status = find_columns(r, from, table, index, &usable, error);
    const char *names[WM_COLUMNS_MAX];
    for (size_t i = 0; i < table->column_count; i++)
        names[i] = table->columns[i].name;
    if (status == WANMI_OK && usable)
        status = wm_read_misfits(r, from, names, table->column_count, &r->misfits, error);
    if (status != WANMI_OK || !usable)
        return status;
    wanmi_error problem;
    OGRFeatureH row;
    OGR_L_ResetReading(from);
    r->load->report->table = table->name;
    while (status == WANMI_OK && (row = wm_read_next(r, from)) != NULL) {
        status = wm_report_row(r->load->report, take_row(r, table, row, index, &problem), &problem,
                               error);
        OGR_F_Destroy(row);
        if (status == WANMI_OK)
            status = wm_read_step(r, error);
    }
    r->load->report->table = NULL;
    return status == WANMI_OK ? wm_read_damage(r, table->name, error) : status;
}

/* ---- the whole ---------------------------------------------------------------------- */

static void count_rows(wm_reading *r)
{
    int tables = GDALDatasetGetLayerCount(r->data);
    for (int i = 0; i < tables; i++) {
        GIntBig count = OGR_L_GetFeatureCount(GDALDatasetGetLayer(r->data, i), FALSE);
        r->total += count > 0 ? (uint64_t)count : 0;
    }
}

static wanmi_status read_all(wm_reading *r, wanmi_error *error)
{
    count_rows(r);
    r->srs = wm_srs_read(r->meta.meta.crs);
    wanmi_status status = wanmi_map_builder_meta(r->builder, &r->meta.meta, error);
    if (status == WANMI_OK)
        status = wm_meta_zone(&r->meta.meta, r->load->host, &r->zone, error);
    if (status == WANMI_OK)
        status = read_layers(r, error);
    for (size_t i = 0; i < WM_TABLES && status == WANMI_OK; i++)
        status = read_table(r, &wm_tables[i], error);
    wm_bytes_drop(&r->wkb);
    wm_misfits_drop(&r->misfits);
    wm_misfits_drop(&r->of_layers);
    wanmi_zone_free(r->zone);
    if (r->srs != NULL)
        OSRRelease(r->srs);
    return status;
}

wanmi_status wm_map_load(const wm_load *load, wanmi_map_builder *builder, wanmi_error *error)
{
    wm_reading r = {.load = load, .builder = builder, .wkb = {.host = load->host},
                 .of_layers = {.host = load->host}, .misfits = {.host = load->host}};
    wanmi_status status = wm_pkg_open(load->path, load->name, false, load->gdal, &r.data, error);
    if (status != WANMI_OK)
        return status;
    status = wm_meta_read(r.data, load->name, load->host, load->gdal, &r.meta, error);
    if (status == WANMI_OK) {
        status = read_all(&r, error);
        wm_meta_drop(&r.meta);
    }
    GDALClose(r.data);
    if (status != WANMI_OK)
        wm_error_add_file(error, load->name);
    return status;
}

static void pass_on(void *user, const wanmi_error *problem)
{
    wm_report_row(user, problem->status, problem, NULL);
}

wanmi_status wm_map_finish(wanmi_map_builder *builder, wm_report *report, wanmi_map **map,
                           wanmi_error *error)
{
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    if (report->to.on_problem != NULL || report->leave_out) {
        options.on_problem = pass_on;
        options.problem_user = report;
    }
    options.on_progress = report->to.on_progress;
    options.progress_user = report->to.progress_user;
    wanmi_status status = wanmi_map_build(builder, &options, map, error);
    if (status != WANMI_OK && !wm_is_fatal(status))
        wm_error_add_file(error, report->file);
    return status;
}

wanmi_status wm_map_open(const wm_load *load, wanmi_map **map, wanmi_error *error)
{
    wanmi_map_builder *builder = NULL;
    wanmi_status status = wanmi_map_builder_create(load->host, &builder, error);
    if (status == WANMI_OK)
        status = wm_map_load(load, builder, error);
    if (status == WANMI_OK)
        status = wm_map_finish(builder, load->report, map, error);
    wanmi_map_builder_free(builder);
    return status;
}

static wanmi_status read_map(const char *path, const wanmi_io_report *report, const wanmi_host *host,
                             wanmi_map **map, wanmi_error *error)
{
    wm_report to = {.file = path};
    wanmi_io_report_init(&to.to);
    wanmi_status status = wm_take_struct(&to.to, sizeof to.to, report, "wanmi_io_report", error);
    if (status != WANMI_OK)
        return status;
    wm_gdal gdal;
    wm_gdal_begin(&gdal);
    const wm_load load = {.path = path, .name = path, .host = host, .gdal = &gdal, .report = &to};
    status = wm_map_open(&load, map, error);
    wm_gdal_end(&gdal);
    return status;
}

wanmi_status wanmi_io_map_read(const char *path, const wanmi_io_report *report,
                               const wanmi_host *host, wanmi_map **map, wanmi_error *error)
{
    if (path == NULL || map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "path or map is NULL");
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    status = read_map(path, report, &own, map, error);
    wm_host_drop(&own);
    return status;
}
