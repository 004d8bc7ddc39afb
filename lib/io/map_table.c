/* Adding the rows of a CSV file to a map's table. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "csv.h"
#include "map_change.h"

/* A row of the file that is good so far. */
typedef struct new_row {
    wm_row row;                 /* texts in the arena */
    int64_t number;
    bool bad;
} new_row;

typedef struct adding {
    wm_change *change;
    const wm_table *table;
    const char *csv_path;
    bool replace;
    wanmi_transform *transform; /* of objects given by lon, lat; else NULL */
    wanmi_datum datum;
    size_t lon, lat;            /* their columns in the file */
    wm_report report;           /* of the CSV file */
    wanmi_io_tally tally;
    wm_arena texts;
    const wm_column **columns;  /* one a column of the file */
    size_t column_count;
    new_row *rows;
    size_t count, room;
    bool found_bad;             /* in the trial that runs */
} adding;

/* What stands in place of an object's x and y until it is projected. */
static const wm_column lon_column = {"lon", WM_COLUMN_REAL, offsetof(wanmi_object_def, x), false};
static const wm_column lat_column = {"lat", WM_COLUMN_REAL, offsetof(wanmi_object_def, y), false};

/* ---- the file's columns ----------------------------------------------------------------------- */

static wanmi_status unknown_column(const adding *a, const char *name, wanmi_error *error)
{
    char names[320] = "";
    size_t used = 0;
    for (size_t i = 0; i < a->table->column_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 a->table->columns[i].name);
    const wm_place place = {.file = a->csv_path, .value = name};
    /* As spreadsheets of some countries write it. */
    const char *other = strpbrk(name, ";\t") != NULL ? " (and the file's columns must be separated by ',')" : "";
    return wm_error_at(error, WANMI_E_IO_COLUMN, &place,
                       "not a column of %s, whose columns are %s%s", a->table->name, names, other);
}

static const wm_column *find_column(const adding *a, const char *name)
{
    bool objects = a->table == &wm_tables[WANMI_IO_OBJECTS];
    if (objects && strcmp(name, lon_column.name) == 0)
        return &lon_column;
    if (objects && strcmp(name, lat_column.name) == 0)
        return &lat_column;
    return wm_table_column(a->table, name);
}

/* With lon, lat there is no x, y. Also finds a column that is there twice. */
static wanmi_status check_columns(adding *a, const wm_csv *csv, wanmi_error *error)
{
    bool degrees = false;
    for (size_t i = 0; i < a->column_count; i++)
        degrees = degrees || a->columns[i] == &lon_column || a->columns[i] == &lat_column;
    ptrdiff_t at, lon = -1, lat = -1;
    wanmi_status status = WANMI_OK;
    if (degrees)
        status = wm_csv_find(csv, lon_column.name, true, &lon, error);
    if (degrees && status == WANMI_OK)
        status = wm_csv_find(csv, lat_column.name, true, &lat, error);
    for (size_t i = 0; i < a->table->column_count && status == WANMI_OK; i++) {
        const wm_column *c = &a->table->columns[i];
        bool place = degrees && (c->at == lon_column.at || c->at == lat_column.at);
        status = wm_csv_find(csv, c->name, c->needed && !place, &at, error);
        const wm_place where = {.file = a->csv_path, .value = c->name};
        if (status == WANMI_OK && place && at >= 0)
            status = wm_error_at(error, WANMI_E_IO_COLUMN, &where, "this column stands beside lon and lat");
    }
    a->lon = lon >= 0 ? (size_t)lon : SIZE_MAX;
    a->lat = lat >= 0 ? (size_t)lat : SIZE_MAX;
    return status;
}

static wanmi_status match_columns(adding *a, const wm_csv *csv, wanmi_error *error)
{
    a->column_count = wm_csv_columns(csv);
    a->columns = wm_alloc_zero(&a->change->host, wm_product(a->column_count, sizeof *a->columns));
    if (a->columns == NULL)
        return wm_error_memory(error);
    for (size_t i = 0; i < a->column_count; i++) {
        const char *name = wm_csv_column(csv, i);
        a->columns[i] = find_column(a, name);
        if (a->columns[i] == NULL)
            return unknown_column(a, name, error);
    }
    return check_columns(a, csv, error);
}

/* ---- objects by longitude and latitude --------------------------------------------------------- */

static wanmi_status check_datum(adding *a, const char *name, wanmi_error *error)
{
    const wm_place place = {.value = name};
    if (name == NULL || name[0] == '\0')
        return WANMI_OK;
    wanmi_status status = wanmi_datum_parse(name, &a->datum, error);
    if (status == WANMI_OK && (a->datum == WANMI_DATUM_MAP || a->table != &wm_tables[WANMI_IO_OBJECTS]))
        status = wm_error_at(error, WANMI_E_CRS_DATUM, &place,
                             "a datum is of objects with lon and lat; x and y need none");
    return status;
}

static wanmi_status open_transform(adding *a, bool datum_given, wanmi_error *error)
{
    const wm_change *c = a->change;
    if (a->lon == SIZE_MAX) {
        const wm_place place = {.file = a->csv_path, .value = wanmi_datum_name(a->datum)};
        return !datum_given ? WANMI_OK
                            : wm_error_at(error, WANMI_E_CRS_DATUM, &place,
                                          "a datum is given, but the file has no columns lon and lat");
    }
    wanmi_crs *crs = NULL;
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = c->meta.meta.operation;
    options.allow_ballpark = c->meta.meta.allow_ballpark;
    wanmi_status status = wanmi_crs_create(c->meta.meta.crs, &options, &c->host, &crs, error);
    if (status == WANMI_OK)
        status = wanmi_transform_create(crs, &a->transform, error);
    wanmi_crs_release(crs);
    return status;
}

/* A row's longitude and latitude, which stand in x and y, become x and y. */
static wanmi_status project(const adding *a, const wm_csv *csv, const wm_csv_row *from,
                            wanmi_object_def *object, wanmi_error *problem)
{
    uint8_t reason = WANMI_REASON_NONE;
    if (isnan(object->x) || isnan(object->y))
        return wm_csv_refuse(csv, from, (ptrdiff_t)(isnan(object->x) ? a->lon : a->lat), "is missing",
                             problem);
    wanmi_status status = wanmi_transform_forward(a->transform, a->datum, 1, &object->x, 0, &object->y, 0,
                                                  &object->x, &object->y, &reason, problem);
    if (status != WANMI_OK || reason == WANMI_REASON_NONE)
        return status;
    char words[64];
    snprintf(words, sizeof words, "no position: %s", wanmi_reason_text((wanmi_reason)reason));
    return wm_csv_refuse(csv, from, (ptrdiff_t)(reason == WANMI_REASON_LATITUDE ? a->lat : a->lon), words,
                         problem);
}

/* ---- the file's rows ---------------------------------------------------------------------------- */

static wanmi_status take_row(adding *a, const wm_csv *csv, const wm_csv_row *from, wanmi_error *problem)
{
    new_row to = {.number = (int64_t)from->row};
    a->table->init(&to.row);
    wm_row_number(a->table, to.number, &to.row);
    for (size_t i = 0; i < a->column_count; i++) {
        const wm_csv_field *field = &from->fields[i];
        const char *text = wm_arena_text_n(&a->texts, field->text, field->length);
        if (text == NULL)
            return wm_error_memory(problem);
        if (wm_row_set(a->table, a->columns[i], text, a->change->zone, &to.row, NULL) != WANMI_OK)
            return wm_csv_refuse(csv, from, (ptrdiff_t)i, wm_column_words(a->columns[i], text), problem);
    }
    if (a->transform != NULL) {
        wanmi_status status = project(a, csv, from, &to.row.object, problem);
        if (status != WANMI_OK)
            return status;
    }
    void *rows = a->rows;
    if (!wm_reserve(&a->change->host, &rows, &a->room, a->count + 1, sizeof *a->rows))
        return wm_error_memory(problem);
    a->rows = rows;
    a->rows[a->count++] = to;
    return WANMI_OK;
}

static wanmi_status read_rows(adding *a, wm_csv *csv, wanmi_error *error)
{
    for (;;) {
        wm_csv_row from;
        wanmi_error problem;
        wanmi_status row = wm_csv_next(csv, false, &from, &problem);
        if (row == WANMI_END)
            return WANMI_OK;
        if (row == WANMI_AGAIN)
            continue;
        if (row == WANMI_E_SYSTEM) {
            if (error != NULL)
                *error = problem;
            return row;
        }
        a->tally.read++;
        if (row == WANMI_OK)
            row = take_row(a, csv, &from, &problem);
        a->tally.refused += row != WANMI_OK;
        wanmi_status status = wm_report_row(&a->report, row, &problem, error);
        if (status != WANMI_OK)
            return status;
    }
}

static wanmi_status read_file(adding *a, bool datum_given, wanmi_error *error)
{
    wm_csv *csv = NULL;
    wanmi_status status = wm_csv_open(a->csv_path, &a->change->host, &csv, error);
    if (status != WANMI_OK)
        return status;
    status = match_columns(a, csv, error);
    if (status == WANMI_OK)
        status = open_transform(a, datum_given, error);
    if (status == WANMI_OK)
        status = read_rows(a, csv, error);
    wm_csv_close(csv);
    return status;
}

/* ---- against the map ------------------------------------------------------------------------------ */

static void refuse_row(void *user, int64_t number, const wanmi_error *problem)
{
    adding *a = user;
    size_t low = 0, high = a->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (a->rows[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == a->count || a->rows[low].number != number || a->rows[low].bad)
        return;
    a->rows[low].bad = a->found_bad = true;
    a->tally.refused++;
    wm_report_row(&a->report, problem->status, problem, NULL);
}

static wanmi_status fill_builder(adding *a, wanmi_map_builder *builder, wanmi_error *error)
{
    for (size_t i = 0; i < a->count; i++) {
        wanmi_error problem;
        if (a->rows[i].bad)
            continue;
        wanmi_status row = a->table->add(builder, &a->rows[i].row, &problem);
        if (row == WANMI_OK)
            continue;
        a->rows[i].bad = true;
        a->tally.refused++;
        wanmi_status status = wm_report_row(&a->report, row, &problem, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status try_once(adding *a, wanmi_error *error)
{
    wanmi_map_builder *builder = NULL;
    wm_trial trial = {.on_row = refuse_row, .user = a};
    a->found_bad = false;
    wanmi_status status = wm_change_builder(a->change, a->replace ? a->table->name : NULL, &builder,
                                            error);
    if (status == WANMI_OK)
        status = fill_builder(a, builder, error);
    if (status == WANMI_OK)
        status = wm_change_try(a->change, builder, &trial, NULL, error);
    wanmi_map_builder_free(builder);
    return status;
}

/* A row that is left out may have been another one's parent: so again, until
 * nothing more is found. Every round but the last takes a row away. */
static wanmi_status try_rows(adding *a, wanmi_error *error)
{
    wanmi_status status;
    do {
        status = try_once(a, error);
        bool stops = a->found_bad && a->report.to.on_problem == NULL;
        if (status == WANMI_OK && stops) {
            status = a->report.first.status;
            if (error != NULL)
                *error = a->report.first;
        }
    } while (status == WANMI_OK && a->found_bad);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------- */

static wanmi_status empty_table(const adding *a, wanmi_error *error)
{
    wm_change *c = a->change;
    char sql[64];
    snprintf(sql, sizeof sql, "DELETE FROM %s", a->table->name);
    return wm_change_run(c, a->table->name, sql, "cannot be emptied", error);
}

static wanmi_status write_rows(adding *a, wanmi_error *error)
{
    wm_change *c = a->change;
    OGRLayerH to = wm_pkg_table(c->data, a->table->name);
    wanmi_status status = WANMI_OK;
    if (to == NULL)
        status = wm_tables_make(c->data, a->table, c->path, &c->gdal, &to, error);
    else if (a->replace)
        status = empty_table(a, error);
    for (size_t i = 0; i < a->count && status == WANMI_OK; i++) {
        if (a->rows[i].bad)
            continue;
        status = wm_tables_add(to, a->table, &a->rows[i].row, c->zone, c->path, &c->gdal, error);
        a->tally.taken++;
    }
    return status;
}

static wanmi_status add_table(adding *a, const char *datum, wanmi_error *error)
{
    wm_arena_init(&a->texts, &a->change->host);
    wanmi_status status = check_datum(a, datum, error);
    if (status == WANMI_OK)
        status = read_file(a, datum != NULL && datum[0] != '\0', error);
    if (status == WANMI_OK)
        status = try_rows(a, error);
    if (status == WANMI_OK)
        status = write_rows(a, error);
    wanmi_transform_free(a->transform);
    wm_arena_drop(&a->texts);
    wm_free(&a->change->host, a->columns, a->column_count * sizeof *a->columns);
    wm_free(&a->change->host, a->rows, a->room * sizeof *a->rows);
    return status;
}

wanmi_status wanmi_io_map_add_table(const char *path, wanmi_io_table table, const char *csv_path,
                                    const wanmi_io_table_options *options,
                                    const wanmi_io_report *report, const wanmi_host *host,
                                    wanmi_io_tally *tally, wanmi_error *error)
{
    if ((unsigned)table >= WM_TABLES)
        return wm_error(error, WANMI_E_ARGUMENT, "table %d is none of wanmi_io_table", (int)table);
    if (csv_path == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "csv_path is NULL");
    wanmi_io_table_options own;
    wanmi_io_table_options_init(&own);
    wanmi_status status = wm_take_struct(&own, sizeof own, options, "wanmi_io_table_options", error);
    if (status == WANMI_OK)
        status = wm_tally_check(tally, error);
    if (status != WANMI_OK)
        return status;
    wm_change change;
    status = wm_change_begin(&change, path, report, host, error);
    if (status != WANMI_OK)
        return status;
    adding a = {.change = &change, .table = &wm_tables[table], .csv_path = csv_path,
                .replace = own.replace != 0, .report = change.report};
    a.report.file = csv_path;
    wanmi_io_tally_init(&a.tally);
    status = wm_change_end(&change, add_table(&a, own.datum, error), error);
    if (status == WANMI_OK)
        wm_tally_give(tally, &a.tally);
    return status;
}
