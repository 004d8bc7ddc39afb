/* Streams in: positions and events, row by row, from CSV or NDJSON.
 *
 * The texts of a batch lie in the window over the file: a batch ends where the
 * window would have to move, so nothing is copied.
 */
#include "stream_in.h"

#include <locale.h>
#include <math.h>
#include <string.h>

#include "csv.h"
#include "ndjson.h"
#include "number.h"
#include "wanmi/io.h"

struct wanmi_io_reader {
    wanmi_host host;
    wm_names names;
    wm_csv *csv;                /* or else: */
    wm_ndjson ndjson;
    ptrdiff_t columns[WM_COLUMN_COUNT]; /* of the CSV; -1: not there */
    const wanmi_zone *zone;
    locale_t plain;
};

void wanmi_io_columns_init(wanmi_io_columns *columns)
{
    *columns = (wanmi_io_columns){.struct_size = sizeof *columns};
}

wanmi_status wm_raw_refuse(const char *file, const wm_raw *raw, const char *column,
                           const char *words, const char *value, wanmi_error *error)
{
    wm_place place = {.file = file, .row = (int64_t)raw->row, .value = value};
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "line %llu%s%s: %s",
                       (unsigned long long)raw->line, column != NULL ? ", column " : "",
                       column != NULL ? column : "", words);
}

/* ---- opening --------------------------------------------------------------------- */

static wanmi_status copy_names(wanmi_io_reader *r, const wanmi_io_columns *given, wanmi_error *error)
{
    static const char *const usual[WM_COLUMN_COUNT] = {"lon", "lat", "id", "time", "class",
                                                       "severity", "source", "object"};
    wanmi_io_columns columns;
    wanmi_io_columns_init(&columns);
    if (given != NULL) {
        if (given->struct_size < sizeof given->struct_size || given->struct_size > sizeof columns)
            return wm_error(error, WANMI_E_ARGUMENT,
                            "wanmi_io_columns was not filled by wanmi_io_columns_init");
        memcpy(&columns, given, given->struct_size);
    }
    const char *named[WM_COLUMN_COUNT] = {columns.lon, columns.lat, columns.id, columns.time,
                                          columns.class_column, columns.severity, columns.source,
                                          columns.object};
    for (int i = 0; i < WM_COLUMN_COUNT; i++) {
        r->names.named[i] = named[i] != NULL;
        r->names.required[i] = i <= WM_LAT || named[i] != NULL;
        r->names.text[i] = wm_text_copy(&r->host, named[i] != NULL ? named[i] : usual[i]);
        if (r->names.text[i] == NULL)
            return wm_error_memory(error);
    }
    return WANMI_OK;
}

static wanmi_status start(wanmi_io_format format, const wanmi_io_columns *columns,
                          const wanmi_zone *zone, const wanmi_host *host, wanmi_io_reader **reader,
                          wanmi_error *error)
{
    if (reader == NULL || format < WANMI_IO_AUTO || format > WANMI_IO_NDJSON)
        return wm_error(error, WANMI_E_ARGUMENT, "a reader needs a place and a known format");
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_io_reader *r = wm_alloc_zero(&own, sizeof *r);
    if (r == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    r->host = own;
    r->zone = zone;
    r->ndjson.window = (wm_window){.host = &r->host, .fd = -1};
    r->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    status = r->plain != (locale_t)0 ? copy_names(r, columns, error) : wm_error_memory(error);
    if (status != WANMI_OK)
        wanmi_io_reader_close(r);
    else
        *reader = r;
    return status;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Reads until a byte that says the format is there; passes a byte-order mark. */
static wanmi_status first_byte(wm_window *w, char *first, wanmi_error *error)
{
    for (;;) {
        size_t at = w->start, mark = w->start + 3;
        if (w->end - at >= 3 && memcmp(w->bytes + at, "\xEF\xBB\xBF", 3) == 0)
            at = mark;
        while (at < w->end && is_blank(w->bytes[at]))
            at++;
        bool maybe_mark = w->end - w->start < 3;
        if (w->ended || at - w->start > WM_LINE_MAX || (at < w->end && !maybe_mark)) {
            *first = at < w->end ? w->bytes[at] : '\0';
            return WANMI_OK;
        }
        wanmi_status status = wm_window_fill(w, error);
        if (status < 0)
            return status;
    }
}

static wanmi_status start_csv(wanmi_io_reader *r, wm_window *window, wanmi_error *error)
{
    wanmi_status status = wm_csv_open_window(window, &r->host, &r->csv, error);
    /* Events that name objects need no position. */
    ptrdiff_t object = -1;
    if (status == WANMI_OK)
        status = wm_csv_find(r->csv, r->names.text[WM_OBJECT], false, &object, error);
    for (int i = WM_LON; i <= WM_LAT; i++)
        r->names.required[i] = object < 0 || r->names.named[i];
    for (int i = 0; i < WM_COLUMN_COUNT && status == WANMI_OK; i++)
        status = wm_csv_find(r->csv, r->names.text[i], r->names.required[i], &r->columns[i], error);
    return status;
}

static wanmi_status start_ndjson(wanmi_io_reader *r, wm_window *window, wanmi_error *error)
{
    if (window->end - window->start >= 3 &&
        memcmp(window->bytes + window->start, "\xEF\xBB\xBF", 3) == 0)
        window->start += 3;
    wm_ndjson_start(&r->ndjson, window);
    return wm_ndjson_look(&r->ndjson, error);
}

/* The window is taken over. */
static wanmi_status open_window(wanmi_io_reader *made, wm_window *window, wanmi_io_format format,
                                wanmi_io_reader **reader, wanmi_error *error)
{
    char first = '\0';
    wanmi_status status = first_byte(window, &first, error);
    bool json = format == WANMI_IO_NDJSON ||
                (format == WANMI_IO_AUTO && (first == '{' || first == 0x1E));
    if (status == WANMI_OK && format == WANMI_IO_AUTO && first == '[') {
        wm_place place = {.file = window->name};
        status = wm_error_at(error, WANMI_E_IO_FORMAT, &place, "a JSON array, not one object a line");
    }
    if (status != WANMI_OK)
        wm_window_close(window);
    else
        status = json ? start_ndjson(made, window, error) : start_csv(made, window, error);
    if (status != WANMI_OK)
        wanmi_io_reader_close(made);
    else
        *reader = made;
    return status;
}

wanmi_status wanmi_io_reader_open(const char *path, wanmi_io_format format,
                                  const wanmi_io_columns *columns, const wanmi_zone *zone,
                                  const wanmi_host *host, wanmi_io_reader **reader,
                                  wanmi_error *error)
{
    wanmi_io_reader *made = NULL;
    wm_window window;
    if (path == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a reader needs a path");
    wanmi_status status = start(format, columns, zone, host, reader != NULL ? &made : NULL, error);
    if (status != WANMI_OK)
        return status;
    status = wm_window_open(&window, path, &made->host, error);
    if (status == WANMI_OK)
        return open_window(made, &window, format, reader, error);
    wanmi_io_reader_close(made);
    return status;
}

wanmi_status wanmi_io_reader_open_memory(const char *data, size_t size, const char *name,
                                         wanmi_io_format format, const wanmi_io_columns *columns,
                                         const wanmi_zone *zone, const wanmi_host *host,
                                         wanmi_io_reader **reader, wanmi_error *error)
{
    wanmi_io_reader *made = NULL;
    wm_window window;
    if ((data == NULL && size != 0) || name == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a reader needs data and a name for it");
    wanmi_status status = start(format, columns, zone, host, reader != NULL ? &made : NULL, error);
    if (status != WANMI_OK)
        return status;
    status = wm_window_open_memory(&window, data, size, name, &made->host, error);
    if (status == WANMI_OK)
        return open_window(made, &window, format, reader, error);
    wanmi_io_reader_close(made);
    return status;
}

void wanmi_io_reader_close(wanmi_io_reader *reader)
{
    if (reader == NULL)
        return;
    wm_csv_close(reader->csv);
    wm_ndjson_close(&reader->ndjson);
    for (int i = 0; i < WM_COLUMN_COUNT; i++)
        wm_text_free(&reader->host, reader->names.text[i]);
    if (reader->plain != (locale_t)0)
        freelocale(reader->plain);
    wanmi_host host = reader->host;
    wm_free(&host, reader, sizeof *reader);
    wm_host_drop(&host);
}

/* ---- rows ------------------------------------------------------------------------ */

static const char *file_name(const wanmi_io_reader *r)
{
    return r->csv != NULL ? wm_csv_name(r->csv) : r->ndjson.window.name;
}

static wanmi_status refuse(const wanmi_io_reader *r, const wm_raw *raw, int column,
                           const char *words, wanmi_error *error)
{
    return wm_raw_refuse(file_name(r), raw, r->names.text[column], words, raw->text[column], error);
}

static wanmi_status take_degrees(const wanmi_io_reader *r, const wm_raw *raw, int column,
                                 double *number, wanmi_error *error)
{
    if (raw->is_number[column]) {
        *number = raw->number[column];
        return WANMI_OK;
    }
    *number = NAN;
    if (raw->length[column] == 0 && raw->length[WM_OBJECT] != 0)
        return WANMI_OK;
    if (raw->length[column] == 0)
        return refuse(r, raw, column, "is empty", error);
    if (!wm_number_parse(raw->text[column], raw->length[column], r->plain, number))
        return refuse(r, raw, column, "is not a number", error);
    return WANMI_OK;
}

/* Fills what is known of a row also where it is refused: its id goes out again. */
static wanmi_status make_row(const wanmi_io_reader *r, const wm_raw *raw, wanmi_io_row *row,
                             wanmi_error *error)
{
    *row = (wanmi_io_row){.row = raw->row, .line = raw->line, .time_us = WANMI_TIME_NONE};
    row->id = raw->text[WM_ID] != NULL ? raw->text[WM_ID] : "";
    row->class_text = raw->text[WM_CLASS] != NULL ? raw->text[WM_CLASS] : "";
    row->source = raw->text[WM_SOURCE] != NULL ? raw->text[WM_SOURCE] : "";
    row->object = raw->text[WM_OBJECT] != NULL ? raw->text[WM_OBJECT] : "";
    wanmi_status status = take_degrees(r, raw, WM_LON, &row->lon, error);
    if (status == WANMI_OK)
        status = take_degrees(r, raw, WM_LAT, &row->lat, error);
    if (status == WANMI_OK && raw->length[WM_TIME] != 0 &&
        wanmi_time_parse(r->zone, raw->text[WM_TIME], &row->time_us, NULL) != WANMI_OK)
        status = refuse(r, raw, WM_TIME, "is not a time of ISO 8601", error);
    long severity = 0;
    if (status == WANMI_OK && raw->length[WM_SEVERITY] != 0 &&
        !wm_whole_parse(raw->text[WM_SEVERITY], 255, &severity))
        status = refuse(r, raw, WM_SEVERITY, "is not a whole number from 0 to 255", error);
    row->severity = (int32_t)severity;
    return status;
}

static wanmi_status next_csv(wanmi_io_reader *r, bool keep, wm_raw *raw, wanmi_error *error)
{
    wm_csv_row row = {0};
    wanmi_status status = wm_csv_next(r->csv, keep, &row, error);
    *raw = (wm_raw){.row = row.row, .line = row.line};
    for (int i = 0; i < WM_COLUMN_COUNT && status == WANMI_OK; i++) {
        if (r->columns[i] < 0)
            continue;
        raw->text[i] = row.fields[r->columns[i]].text;
        raw->length[i] = row.fields[r->columns[i]].length;
    }
    return status;
}

wanmi_status wanmi_io_reader_read(wanmi_io_reader *reader, wanmi_io_row *rows, size_t capacity,
                                  size_t *count, wanmi_error *error)
{
    if (reader == NULL || rows == NULL || capacity == 0 || count == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a reader needs rows to fill and a count");
    size_t done = 0;
    wanmi_status status = WANMI_OK;
    while (done < capacity && status == WANMI_OK) {
        wm_raw raw;
        status = reader->csv != NULL
                     ? next_csv(reader, done != 0, &raw, error)
                     : wm_ndjson_next(&reader->ndjson, done != 0, &reader->names, &raw, error);
        if (status != WANMI_OK && status != WANMI_E_IO_ROW)
            break;
        wanmi_status made = make_row(reader, &raw, &rows[done], status == WANMI_OK ? error : NULL);
        if (status == WANMI_OK)
            status = made;
        done += status == WANMI_OK;
    }
    *count = done;
    return done != 0 && status > WANMI_OK ? WANMI_OK : status;
}
