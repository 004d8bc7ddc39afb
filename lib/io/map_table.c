/* Adding the rows of a CSV file to a map's table. */
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
    wm_report report;           /* of the CSV file */
    wanmi_io_tally tally;
    wm_arena texts;
    const wm_column **columns;  /* one a column of the file */
    size_t column_count;
    new_row *rows;
    size_t count, room;
    bool found_bad;             /* in the trial that runs */
} adding;

/* ---- the file's columns ----------------------------------------------------------------------- */

static wanmi_status unknown_column(const adding *a, const char *name, wanmi_error *error)
{
    char names[320] = "";
    size_t used = 0;
    for (size_t i = 0; i < a->table->column_count && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 a->table->columns[i].name);
    const wm_place place = {.file = a->csv_path, .value = name};
    return wm_error_at(error, WANMI_E_IO_COLUMN, &place,
                       "not a column of %s, whose columns are %s", a->table->name, names);
}

static wanmi_status match_columns(adding *a, const wm_csv *csv, wanmi_error *error)
{
    a->column_count = wm_csv_columns(csv);
    a->columns = wm_alloc_zero(&a->change->host, wm_product(a->column_count, sizeof *a->columns));
    if (a->columns == NULL)
        return wm_error_memory(error);
    for (size_t i = 0; i < a->column_count; i++) {
        const char *name = wm_csv_column(csv, i);
        a->columns[i] = wm_table_column(a->table, name);
        if (a->columns[i] == NULL)
            return unknown_column(a, name, error);
    }
    /* Also finds a column that is there twice. */
    for (size_t i = 0; i < a->table->column_count; i++) {
        ptrdiff_t at;
        wanmi_status status = wm_csv_find(csv, a->table->columns[i].name, a->table->columns[i].needed,
                                          &at, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

/* ---- the file's rows ---------------------------------------------------------------------------- */

static wanmi_status take_row(adding *a, const wm_csv *csv, const wm_csv_row *from, wanmi_error *problem)
{
    static const char *const words[] = {"", "no whole number", "no date or time of ISO 8601"};
    new_row to = {.number = (int64_t)from->row};
    wm_row_init(&to.row);
    wm_row_number(a->table, to.number, &to.row);
    for (size_t i = 0; i < a->column_count; i++) {
        const wm_csv_field *field = &from->fields[i];
        const char *text = wm_arena_text_n(&a->texts, field->text, field->length);
        if (text == NULL)
            return wm_error_memory(problem);
        if (wm_row_set(a->table, a->columns[i], text, a->change->zone, &to.row, NULL) != WANMI_OK)
            return wm_csv_refuse(csv, from, (ptrdiff_t)i, words[a->columns[i]->kind], problem);
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

static wanmi_status read_file(adding *a, wanmi_error *error)
{
    wm_csv *csv = NULL;
    wanmi_status status = wm_csv_open(a->csv_path, &a->change->host, &csv, error);
    if (status != WANMI_OK)
        return status;
    status = match_columns(a, csv, error);
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

static wanmi_status add_table(adding *a, wanmi_error *error)
{
    wm_arena_init(&a->texts, &a->change->host);
    wanmi_status status = read_file(a, error);
    if (status == WANMI_OK)
        status = try_rows(a, error);
    if (status == WANMI_OK)
        status = write_rows(a, error);
    wm_arena_drop(&a->texts);
    wm_free(&a->change->host, a->columns, a->column_count * sizeof *a->columns);
    wm_free(&a->change->host, a->rows, a->room * sizeof *a->rows);
    return status;
}

wanmi_status wanmi_io_map_add_table(const char *path, wanmi_io_table table, const char *csv_path,
                                    int32_t replace, const wanmi_io_report *report,
                                    const wanmi_host *host, wanmi_io_tally *tally,
                                    wanmi_error *error)
{
    if ((unsigned)table >= WM_TABLES)
        return wm_error(error, WANMI_E_ARGUMENT, "table %d is none of units, duties, rules", (int)table);
    if (csv_path == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "csv_path is NULL");
    wanmi_status status = wm_tally_check(tally, error);
    if (status != WANMI_OK)
        return status;
    wm_change change;
    status = wm_change_begin(&change, path, report, host, error);
    if (status != WANMI_OK)
        return status;
    adding a = {.change = &change, .table = &wm_tables[table], .csv_path = csv_path,
                .replace = replace != 0, .report = change.report};
    a.report.file = csv_path;
    wanmi_io_tally_init(&a.tally);
    status = wm_change_end(&change, add_table(&a, error), error);
    if (status == WANMI_OK)
        wm_tally_give(tally, &a.tally);
    return status;
}
