/* From a map file to a builder, and to a map: see map_file.h. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "map_file.h"
#include "misfits.h"
#include "shape.h"

typedef struct reading {
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
} reading;

enum { BUFFER_MAX = 100000 };   /* metres */

/* A column that is not there is one problem of the table; where it is reported its
 * rows are read as if it were empty. */
static wanmi_status find_column(const reading *r, OGRLayerH table, const char *column, int *index,
                                wanmi_error *error)
{
    wanmi_error problem;
    wanmi_status status = wm_pkg_column(table, r->load->name, column, index, &problem);
    return wm_report_row(r->load->report, status, &problem, error);
}

/* After a loop over rows: whether GDAL stopped because of damage. */
static wanmi_status check_damage(const reading *r, const char *table, wanmi_error *error)
{
    const wm_place place = {.file = r->load->name, .layer = table};
    if (!r->load->gdal->failed)
        return WANMI_OK;
    return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the table cannot be read: %s",
                       wm_gdal_words(r->load->gdal));
}

static int64_t row_number(const reading *r, OGRFeatureH row)
{
    return r->load->without_rows ? 0 : OGR_F_GetFID(row);
}

/* The next row, or NULL; forgets what GDAL said of the row before. */
static OGRFeatureH next_row(const reading *r, OGRLayerH table)
{
    wm_gdal_forget(r->load->gdal);
    return OGR_L_GetNextFeature(table);
}

static wanmi_status find_misfits(const reading *r, OGRLayerH table, const char *const *columns, size_t count,
                                 wm_misfits *misfits, wanmi_error *error)
{
    wm_misfits_drop(misfits);
    return wm_misfits_find(r->data, table, columns, count, r->load->gdal, misfits, error);
}

static wanmi_status check_numbers(const reading *r, const wm_misfits *misfits, OGRFeatureH row,
                                  const char *layer, wanmi_error *problem)
{
    const wm_misfit *misfit = wm_misfits_of(misfits, OGR_F_GetFID(row));
    if (misfit == NULL)
        return WANMI_OK;
    const wm_place place = {.layer = layer, .row = row_number(r, row), .column = misfit->column,
                            .value = misfit->value};
    return wm_error_at(problem, WANMI_E_IO_ROW, &place, "no number as this column holds them");
}

static wanmi_status step(reading *r, wanmi_error *error)
{
    return wm_report_progress(r->load->report, ++r->done, r->total, error);
}

static bool is_left_out(const reading *r, const char *name)
{
    return r->load->without != NULL && strcmp(r->load->without, name) == 0;
}

/* ---- areas -------------------------------------------------------------------------- */

enum { CODE, NAME, PARENT, VALID_FROM, VALID_TO, GRADE, BUFFER };

typedef struct area_columns {
    const wanmi_layer_def *layer;
    int index[BUFFER + 1];
} area_columns;

static wanmi_status find_area_columns(const reading *r, OGRLayerH table, area_columns *columns,
                                      wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < BUFFER && status == WANMI_OK; i++)
        status = find_column(r, table, wm_layer_columns[i], &columns->index[i], error);
    columns->index[BUFFER] = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(table), "buffer_m");
    return status;
}

static wanmi_status read_instant(const reading *r, const char *text, int64_t *instant,
                                 const char *column, const wm_place *at, wanmi_error *problem)
{
    wm_place place = *at;
    place.value = text;
    if (text == NULL || (text[0] != '\0' &&
                         wanmi_time_parse(r->zone, text, instant, NULL) != WANMI_OK))
        return wm_error_at(problem, WANMI_E_IO_ROW, &place, "%s is no date or time of ISO 8601",
                           column);
    return WANMI_OK;
}

static wanmi_status read_buffer(const area_columns *columns, OGRFeatureH row, double *buffer_m,
                                const wm_place *place, wanmi_error *problem)
{
    *buffer_m = 0;
    int index = columns->index[BUFFER];
    if (index < 0 || !OGR_F_IsFieldSetAndNotNull(row, index))
        return WANMI_OK;
    double value = OGR_F_GetFieldAsDouble(row, index);
    if (!(value >= 0 && value <= BUFFER_MAX))
        return wm_error_at(problem, WANMI_E_IO_ROW, place, "buffer_m is not from 0 to %d metres: %g",
                           BUFFER_MAX, value);
    if (value > 0 && columns->layer->kind != WANMI_OVERLAY)
        return wm_error_at(problem, WANMI_E_MAP_GEOMETRY, place,
                           "only overlay layers hold buffers: buffer_m %g", value);
    *buffer_m = value;
    return WANMI_OK;
}

static wanmi_status read_shape(reading *r, OGRFeatureH row, double buffer_m, const wm_place *place,
                               wanmi_area_def *def, wanmi_error *problem)
{
    OGRGeometryH shape = OGR_F_GetGeometryRef(row), plain = NULL;
    if (shape != NULL && (buffer_m > 0 || OGR_G_HasCurveGeometry(shape, FALSE)))
        shape = plain = wm_shape_plain(shape);
    const char *words = "";
    wanmi_status status = wm_shape_area(shape, buffer_m, r->load->gdal, &r->wkb, &words);
    OGR_G_DestroyGeometry(plain);
    if (status == WANMI_E_MEMORY)
        return wm_error_memory(problem);
    if (status != WANMI_OK)
        return wm_error_at(problem, status, place, "%s", words);
    def->wkb = r->wkb.data;
    def->wkb_size = r->wkb.size;
    return WANMI_OK;
}

static wanmi_status take_area(reading *r, const area_columns *columns, OGRFeatureH row,
                              wanmi_error *problem)
{
    char slots[BUFFER][WM_SLOT];
    const char *text[BUFFER];
    wm_place place = {.layer = columns->layer->name, .row = row_number(r, row)};
    for (int i = 0; i < BUFFER; i++)
        if ((text[i] = wm_field_text(row, columns->index[i], slots[i])) == NULL)
            return wm_error_at(problem, WANMI_E_IO_ROW, &place, "%s is a value that is no exact text",
                               wm_layer_columns[i]);
    place.code = text[CODE];
    wanmi_status status = check_numbers(r, &r->misfits, row, columns->layer->name, problem);
    if (status != WANMI_OK)
        return status;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = columns->layer->name;
    def.code = text[CODE];
    def.name = text[NAME];
    def.parent = text[PARENT];
    def.grade = text[GRADE];
    def.row = place.row;
    double buffer_m = 0;
    status = read_instant(r, text[VALID_FROM], &def.valid_from_us, "valid_from", &place,
                          problem);
    if (status == WANMI_OK)
        status = read_instant(r, text[VALID_TO], &def.valid_to_us, "valid_to", &place, problem);
    if (status == WANMI_OK)
        status = read_buffer(columns, row, &buffer_m, &place, problem);
    if (status == WANMI_OK)
        status = read_shape(r, row, buffer_m, &place, &def, problem);
    return status == WANMI_OK ? wanmi_map_builder_area(r->builder, &def, problem) : status;
}

/* A table in another CRS would give numbers that mean something else. */
static wanmi_status check_srs(const reading *r, OGRLayerH table, wanmi_error *error)
{
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(table);
    if (srs == NULL || r->srs == NULL || OSRIsLocal(srs))
        return WANMI_OK;
    const char *theirs = OSRGetAuthorityCode(srs, NULL), *ours = OSRGetAuthorityCode(r->srs, NULL);
    bool differs = OSRIsGeographic(srs) ||
                   (theirs != NULL && ours != NULL && strcmp(theirs, ours) != 0);
    if (!differs)
        return WANMI_OK;
    const char *name = OSRGetName(srs);
    const wm_place place = {.file = r->load->name, .layer = OGR_L_GetName(table),
                            .value = name != NULL ? name : ""};
    return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "the table is not in the map's CRS %s, but in",
                       OSRGetName(r->srs));
}

static wanmi_status read_areas(reading *r, const wanmi_layer_def *layer, OGRLayerH table,
                               wanmi_error *error)
{
    area_columns columns = {.layer = layer};
    wanmi_error problem;
    wanmi_status status = check_srs(r, table, &problem);
    if (status != WANMI_OK)
        return wm_report_row(r->load->report, status, &problem, error);
    status = find_area_columns(r, table, &columns, error);
    static const char *const numbers[] = {"buffer_m"};
    if (status == WANMI_OK)
        status = find_misfits(r, table, numbers, 1, &r->misfits, error);
    if (status != WANMI_OK || columns.index[CODE] < 0)
        return status;
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while (status == WANMI_OK && (row = next_row(r, table)) != NULL) {
        status = wm_report_row(r->load->report, take_area(r, &columns, row, &problem), &problem, error);
        OGR_F_Destroy(row);
        if (status == WANMI_OK)
            status = step(r, error);
    }
    return status == WANMI_OK ? check_damage(r, layer->name, error) : status;
}

/* ---- layers ------------------------------------------------------------------------- */

enum { LAYER_NAME, LAYER_KIND, LAYER_LEVEL, LAYER_PARENT, LAYER_COLUMNS };

/* The layer of a row of wanmi_layers; its texts lie in the row and `slots`. */
static wanmi_status take_layer(const reading *r, OGRFeatureH row, const int *index,
                               char slots[][WM_SLOT], wanmi_layer_def *def, wanmi_error *problem)
{
    const char *text[LAYER_COLUMNS];
    wm_place place = {.row = OGR_F_GetFID(row)};
    wanmi_status status = check_numbers(r, &r->of_layers, row, "wanmi_layers", problem);
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

static wanmi_status read_layer_row(reading *r, OGRFeatureH row, const int *index, wanmi_error *error)
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
        return read_areas(r, &def, table, error);
    status = wm_error_at(&problem, WANMI_E_MAP_LAYER, &place,
                         "wanmi_layers names it, but the file has no table of that name");
    return wm_report_row(r->load->report, status, &problem, error);
}

static wanmi_status read_layers(reading *r, wanmi_error *error)
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
        status = find_misfits(r, table, names, LAYER_COLUMNS, &r->of_layers, error);
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while (status == WANMI_OK && (row = next_row(r, table)) != NULL) {
        status = read_layer_row(r, row, index, error);
        OGR_F_Destroy(row);
    }
    return status == WANMI_OK ? check_damage(r, "wanmi_layers", error) : status;
}

/* ---- units, duties, rules and so on ----------------------------------------------------------- */

/* Gives in `usable` whether rows can be told apart without what is not there. */
static wanmi_status find_columns(const reading *r, OGRLayerH from, const wm_table *table, int *index,
                                 bool *usable, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    *usable = true;
    for (size_t i = 0; i < table->column_count && status == WANMI_OK; i++) {
        status = find_column(r, from, table->columns[i].name, &index[i], error);
        if (index[i] < 0 && table->columns[i].needed)
            *usable = false;
    }
    return status;
}

static wanmi_status take_row(reading *r, const wm_table *table, OGRFeatureH from, const int *index,
                             wanmi_error *problem)
{
    char slots[WM_COLUMNS_MAX][WM_SLOT];
    wm_row row;
    wanmi_status status = check_numbers(r, &r->misfits, from, table->name, problem);
    if (status != WANMI_OK)
        return status;
    table->init(&row);
    wm_row_number(table, row_number(r, from), &row);
    for (size_t i = 0; i < table->column_count; i++) {
        const char *text = wm_field_text(from, index[i], slots[i]);
        const wm_place place = {.row = row_number(r, from)};
        if (text == NULL)
            return wm_error_at(problem, WANMI_E_IO_ROW, &place, "column %s: a value that is no text",
                               table->columns[i].name);
        status = wm_row_set(table, &table->columns[i], text, r->zone, &row, problem);
        if (status != WANMI_OK)
            return status;
    }
    return table->add(r->builder, &row, problem);
}

static wanmi_status read_table(reading *r, const wm_table *table, wanmi_error *error)
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
        status = find_misfits(r, from, names, table->column_count, &r->misfits, error);
    if (status != WANMI_OK || !usable)
        return status;
    wanmi_error problem;
    OGRFeatureH row;
    OGR_L_ResetReading(from);
    r->load->report->table = table->name;
    while (status == WANMI_OK && (row = next_row(r, from)) != NULL) {
        status = wm_report_row(r->load->report, take_row(r, table, row, index, &problem), &problem,
                               error);
        OGR_F_Destroy(row);
        if (status == WANMI_OK)
            status = step(r, error);
    }
    r->load->report->table = NULL;
    return status == WANMI_OK ? check_damage(r, table->name, error) : status;
}

/* ---- the whole ---------------------------------------------------------------------- */

static void count_rows(reading *r)
{
    int tables = GDALDatasetGetLayerCount(r->data);
    for (int i = 0; i < tables; i++) {
        GIntBig count = OGR_L_GetFeatureCount(GDALDatasetGetLayer(r->data, i), FALSE);
        r->total += count > 0 ? (uint64_t)count : 0;
    }
}

static wanmi_status read_all(reading *r, wanmi_error *error)
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
    reading r = {.load = load, .builder = builder, .wkb = {.host = load->host},
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
