/* CSV in: see csv.h. The scanner remembers how far it is, so that a row that
 * arrives in pieces is looked at once; texts are unquoted and ended in place
 * when their row is whole.
 *
 * Longer than most files here: scanning, refusing and going on behind what was
 * refused work on one state, and would be harder to follow apart.
 */
#include "csv.h"

#include <string.h>

/* How many bytes may be read again after quotes that were never closed; beyond
 * it a hostile file would cost a whole window a row. */
#define AGAIN_MAX (64 * (uint64_t)WM_LINE_MAX)

typedef enum scan_state { AT_FIELD, IN_PLAIN, IN_QUOTES, AFTER_QUOTE } scan_state;

/* A field while its row is scanned: places relative to the row's start. */
typedef struct span {
    uint32_t at;
    uint32_t length;
    bool quoted;
} span;

typedef struct scan {
    scan_state state;
    size_t at;                  /* next byte, relative to the row's start */
    size_t field;               /* where the field under way begins */
    size_t count;               /* fields seen, also those beyond the columns */
    bool many_lines;            /* there are quotes, so the row may hold line ends */
} scan;

struct wm_csv {
    const wanmi_host *host;
    wm_window window;
    scan scan;
    span *spans;
    size_t spans_capacity;
    wm_csv_field *fields;
    char **names;
    size_t columns;             /* 0 while the header is read */
    uint64_t row;
    uint64_t line;              /* of the window's first unread byte */
    uint64_t again;             /* bytes read again so far */
    bool skipping;              /* behind a line that was too long, up to its end */
};

typedef enum found { ROW, NEED_MORE, BAD_QUOTE, NO_MEMORY } found;

/* ---- scanning -------------------------------------------------------------------- */

static bool end_field(wm_csv *csv, size_t end)
{
    scan *s = &csv->scan;
    bool quoted = s->state == AFTER_QUOTE;
    if (csv->columns == 0 &&
        !wm_reserve(csv->host, (void **)&csv->spans, &csv->spans_capacity, s->count + 1, sizeof(span)))
        return false;
    if (csv->columns == 0 || s->count < csv->columns) {
        size_t at = s->field + quoted;
        csv->spans[s->count] = (span){(uint32_t)at, (uint32_t)(end - at), quoted};
    }
    s->count++;
    s->state = AT_FIELD;
    s->field = s->at;
    return true;
}

/* Behind a quote inside quotes: a doubled one, or the field's end. */
static found after_quote(wm_csv *csv, const char *row, size_t have, bool *row_ends)
{
    scan *s = &csv->scan;
    size_t quote = s->at - 1;
    char c = row[s->at];
    if (c == '"') {
        s->at++;
        s->state = IN_QUOTES;
        return ROW;
    }
    if (c == '\r') {
        if (s->at + 1 == have && !csv->window.ended)
            return NEED_MORE;
        if (s->at + 1 == have || row[s->at + 1] == '\n') {
            s->at++;
            c = s->at == have ? '\n' : row[s->at];
        }
    }
    if (c != ',' && c != '\n')
        return BAD_QUOTE;
    if (s->at < have)
        s->at++;
    *row_ends = c == '\n';
    return end_field(csv, quote) ? ROW : NO_MEMORY;
}

static found in_plain(wm_csv *csv, const char *row, size_t have, bool *row_ends)
{
    scan *s = &csv->scan;
    size_t at = s->at;
    while (at < have && row[at] != ',' && row[at] != '\n')
        at++;
    s->at = at;
    if (at == have)
        return NEED_MORE;
    s->at++;
    *row_ends = row[at] == '\n';
    bool cr = *row_ends && at > s->field && row[at - 1] == '\r';
    return end_field(csv, at - cr) ? ROW : NO_MEMORY;
}

static found in_quotes(wm_csv *csv, const char *row, size_t have)
{
    scan *s = &csv->scan;
    const char *quote = memchr(row + s->at, '"', have - s->at);
    s->many_lines = true;
    s->at = quote != NULL ? (size_t)(quote - row) + 1 : have;
    if (quote == NULL)
        return NEED_MORE;
    s->state = AFTER_QUOTE;
    return ROW;
}

/* Scans on to the end of the row: ROW with scan.at behind its line end. */
static found scan_row(wm_csv *csv)
{
    scan *s = &csv->scan;
    const char *row = csv->window.bytes + csv->window.start;
    size_t have = csv->window.end - csv->window.start;
    bool row_ends = false;
    while (!row_ends) {
        if (s->at == have)
            return NEED_MORE;
        found f = ROW;
        if (s->state == AT_FIELD) {
            s->state = row[s->at] == '"' ? IN_QUOTES : IN_PLAIN;
            s->at += s->state == IN_QUOTES;
        } else if (s->state == IN_PLAIN) {
            f = in_plain(csv, row, have, &row_ends);
        } else if (s->state == IN_QUOTES) {
            f = in_quotes(csv, row, have);
        } else {
            f = after_quote(csv, row, have, &row_ends);
        }
        if (f != ROW)
            return f;
    }
    return ROW;
}

/* The file ends inside a row: its last line has no line end. */
static found scan_end(wm_csv *csv)
{
    scan *s = &csv->scan;
    if (s->state == IN_QUOTES)
        return BAD_QUOTE;
    size_t end = s->at - (s->state == AFTER_QUOTE);
    const char *row = csv->window.bytes + csv->window.start;
    if (s->state == IN_PLAIN && end > s->field && row[end - 1] == '\r')
        end--;
    return end_field(csv, end) ? ROW : NO_MEMORY;
}

/* ---- rows ------------------------------------------------------------------------ */

static uint64_t count_lines(const char *text, size_t length)
{
    uint64_t lines = 0;
    const char *end = text + length, *at = text;
    while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        lines++;
        at++;
    }
    return lines;
}

/* Leaves `length` bytes behind. */
static void pass(wm_csv *csv, size_t length, bool many_lines)
{
    const char *bytes = csv->window.bytes + csv->window.start;
    if (many_lines)
        csv->line += count_lines(bytes, length);
    else
        csv->line += length != 0 && bytes[length - 1] == '\n';
    csv->window.start += length;
    csv->scan = (scan){0};
}

static wanmi_status refuse(const wm_csv *csv, const wm_csv_row *row, wanmi_error *error,
                           const char *words)
{
    wm_place place = {.file = csv->window.name, .row = (int64_t)row->row};
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "line %llu: %s",
                       (unsigned long long)row->line, words);
}

/* Doubled quotes become one. */
static size_t unquote(char *text, size_t length)
{
    char *quote = memchr(text, '"', length);
    if (quote == NULL)
        return length;
    char *to = quote;
    for (char *from = quote; from < text + length; from++) {
        *to++ = *from;
        from += *from == '"';
    }
    return (size_t)(to - text);
}

static void make_field(wm_csv_field *field, char *row, const span *s)
{
    field->text = row + s->at;
    field->length = s->quoted ? unquote(field->text, s->length) : s->length;
    field->text[field->length] = '\0';
}

/* A row is whole: checks it, and makes its fields. */
static wanmi_status take_row(wm_csv *csv, wm_csv_row *row, wanmi_error *error)
{
    char *bytes = csv->window.bytes + csv->window.start;
    scan done = csv->scan;
    bool valid = wm_text_valid(bytes, done.at);
    pass(csv, done.at, done.many_lines);
    if (!valid)
        return refuse(csv, row, error, "is not UTF-8 text or has a NUL byte"
                      " (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)");
    if (done.count != csv->columns) {
        wm_place place = {.file = csv->window.name, .row = (int64_t)row->row};
        return wm_error_at(error, WANMI_E_IO_ROW, &place, "line %llu: %zu fields where the header has %zu",
                           (unsigned long long)row->line, done.count, csv->columns);
    }
    for (size_t i = 0; i < csv->columns; i++)
        make_field(&csv->fields[i], bytes, &csv->spans[i]);
    row->fields = csv->fields;
    return WANMI_OK;
}

/* Goes on at the next line of the file, or, where too much has been read twice,
 * behind all that was scanned. */
static void recover(wm_csv *csv)
{
    const char *bytes = csv->window.bytes + csv->window.start;
    size_t have = csv->window.end - csv->window.start, scanned = csv->scan.at;
    const char *line_end = memchr(bytes, '\n', scanned < have ? scanned + 1 : have);
    if (line_end == NULL) {
        csv->skipping = true;
        pass(csv, scanned, false);
        return;
    }
    size_t first = (size_t)(line_end - bytes) + 1;
    if (scanned > first)
        csv->again += scanned - first;
    if (csv->again > AGAIN_MAX) {
        csv->skipping = true;
        pass(csv, scanned > first ? scanned : first, true);
    } else {
        pass(csv, first, false);
    }
}

/* Reads more of the file. WANMI_OK: look again. */
static wanmi_status more(wm_csv *csv, bool keep, wanmi_error *error)
{
    return keep ? WANMI_AGAIN : wm_window_fill(&csv->window, error);
}

/* Passes the rest of a line that was refused, and blank lines. WANMI_OK: a row
 * begins here. */
static wanmi_status find_start(wm_csv *csv, bool keep, wanmi_error *error)
{
    for (;;) {
        wm_window *w = &csv->window;
        const char *bytes = w->bytes + w->start;
        size_t have = w->end - w->start;
        if (csv->skipping) {
            const char *line_end = memchr(bytes, '\n', have);
            csv->skipping = line_end == NULL;
            pass(csv, line_end != NULL ? (size_t)(line_end - bytes) + 1 : have, false);
            if (!csv->skipping)
                continue;
        } else if (have >= 1 && bytes[0] == '\n') {
            pass(csv, 1, false);
            continue;
        } else if (have >= 2 && bytes[0] == '\r' && bytes[1] == '\n') {
            pass(csv, 2, false);
            continue;
        } else if (have >= 2 || (have == 1 && bytes[0] != '\r')) {
            return WANMI_OK;
        } else if (w->ended) {
            pass(csv, have, false);
        }
        if (w->ended)
            return WANMI_END;
        wanmi_status status = more(csv, keep, error);
        if (status != WANMI_OK)
            return status;
    }
}

static wanmi_status refuse_found(wm_csv *csv, wm_csv_row *row, found f, wanmi_error *error)
{
    if (f == NO_MEMORY)
        return wm_error_memory(error);
    bool open = csv->scan.state == IN_QUOTES;
    bool quotes = f == BAD_QUOTE || open;
    recover(csv);
    return refuse(csv, row, error, !quotes ? "is longer than 1 MiB"
                                   : open  ? "has a quote that is never closed"
                                           : "has text behind a closing quote");
}

wanmi_status wm_csv_next(wm_csv *csv, bool keep, wm_csv_row *row, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    if (csv->scan.at == 0 && (status = find_start(csv, keep, error)) != WANMI_OK)
        return status;
    for (;;) {
        wm_window *w = &csv->window;
        found f = scan_row(csv);
        if (f == NEED_MORE && w->ended)
            f = scan_end(csv);
        *row = (wm_csv_row){.row = csv->row + 1, .line = csv->line};
        bool too_long = csv->scan.at > WM_LINE_MAX;
        if (f != NEED_MORE || too_long) {
            csv->row++;
            return f == ROW && !too_long ? take_row(csv, row, error)
                                         : refuse_found(csv, row, f, error);
        }
        if ((status = more(csv, keep, error)) != WANMI_OK)
            return status;
    }
}

wanmi_status wm_csv_refuse(const wm_csv *csv, const wm_csv_row *row, ptrdiff_t column,
                           const char *words, wanmi_error *error)
{
    wm_place place = {.file = csv->window.name, .row = (int64_t)row->row,
                      .value = row->fields[column].text};
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "line %llu, column %s: %s",
                       (unsigned long long)row->line, csv->names[column], words);
}

/* ---- opening ----------------------------------------------------------------------- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *copy_name(const wanmi_host *host, char *text, size_t length)
{
    while (length > 0 && is_blank(text[length - 1]))
        text[--length] = '\0';
    while (length > 0 && is_blank(text[0])) {
        text++;
        length--;
    }
    return wm_text_copy(host, text);
}

static wanmi_status bad_header(const wm_csv *csv, wanmi_error *error, const char *words)
{
    wm_place place = {.file = csv->window.name};
    return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "%s", words);
}

/* Finds the whole header line: scan.at is behind it. */
static wanmi_status scan_header(wm_csv *csv, wanmi_error *error)
{
    wm_window *w = &csv->window;
    while (w->end - w->start < 3 && !w->ended) {
        wanmi_status status = wm_window_fill(w, error);
        if (status < 0)
            return status;
    }
    if (w->end - w->start >= 3 && memcmp(w->bytes + w->start, "\xEF\xBB\xBF", 3) == 0)
        w->start += 3;
    wanmi_status status;
    while ((status = find_start(csv, false, error)) == WANMI_AGAIN)
        continue;
    if (status != WANMI_OK)
        return status == WANMI_END ? bad_header(csv, error, "is empty: no header line") : status;
    found f;
    while ((f = scan_row(csv)) == NEED_MORE && csv->scan.at <= WM_LINE_MAX && !w->ended)
        if ((status = wm_window_fill(w, error)) < 0)
            return status;
    if (f == NEED_MORE && w->ended)
        f = scan_end(csv);
    if (f == NO_MEMORY)
        return wm_error_memory(error);
    if (f == BAD_QUOTE)
        return bad_header(csv, error, "the header line has a quote that is not closed");
    return csv->scan.at > WM_LINE_MAX ? bad_header(csv, error, "the header line is longer than 1 MiB")
                                      : WANMI_OK;
}

static wanmi_status read_header(wm_csv *csv, wanmi_error *error)
{
    wanmi_status status = scan_header(csv, error);
    if (status != WANMI_OK)
        return status;
    char *bytes = csv->window.bytes + csv->window.start;
    scan done = csv->scan;
    if (!wm_text_valid(bytes, done.at))
        return bad_header(csv, error, "the header line is not UTF-8 text"
                          " (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)");
    pass(csv, done.at, done.many_lines);
    csv->names = wm_alloc_zero(csv->host, done.count * sizeof *csv->names);
    csv->fields = wm_alloc(csv->host, done.count * sizeof *csv->fields);
    if (csv->names == NULL || csv->fields == NULL) {
        wm_free(csv->host, csv->names, done.count * sizeof *csv->names);
        wm_free(csv->host, csv->fields, done.count * sizeof *csv->fields);
        csv->names = NULL;
        csv->fields = NULL;
        return wm_error_memory(error);
    }
    csv->columns = done.count;
    for (size_t i = 0; i < csv->columns; i++) {
        make_field(&csv->fields[i], bytes, &csv->spans[i]);
        csv->names[i] = copy_name(csv->host, csv->fields[i].text, csv->fields[i].length);
        if (csv->names[i] == NULL)
            return wm_error_memory(error);
    }
    return WANMI_OK;
}

wanmi_status wm_csv_open_window(wm_window *window, const wanmi_host *host, wm_csv **csv,
                                wanmi_error *error)
{
    wm_csv *made = wm_alloc_zero(host, sizeof *made);
    if (made == NULL) {
        wm_window_close(window);
        return wm_error_memory(error);
    }
    made->host = host;
    made->line = 1;
    made->window = *window;
    wanmi_status status = read_header(made, error);
    if (status == WANMI_OK)
        *csv = made;
    else
        wm_csv_close(made);
    return status;
}

wanmi_status wm_csv_open(const char *path, const wanmi_host *host, wm_csv **csv,
                         wanmi_error *error)
{
    wm_window window;
    wanmi_status status = wm_window_open(&window, path, host, error);
    return status == WANMI_OK ? wm_csv_open_window(&window, host, csv, error) : status;
}

wanmi_status wm_csv_open_memory(const char *data, size_t size, const char *name,
                                const wanmi_host *host, wm_csv **csv, wanmi_error *error)
{
    wm_window window;
    wanmi_status status = wm_window_open_memory(&window, data, size, name, host, error);
    return status == WANMI_OK ? wm_csv_open_window(&window, host, csv, error) : status;
}

void wm_csv_close(wm_csv *csv)
{
    if (csv == NULL)
        return;
    for (size_t i = 0; csv->names != NULL && i < csv->columns; i++)
        wm_text_free(csv->host, csv->names[i]);
    wm_free(csv->host, csv->names, csv->columns * sizeof *csv->names);
    wm_free(csv->host, csv->fields, csv->columns * sizeof *csv->fields);
    wm_free(csv->host, csv->spans, csv->spans_capacity * sizeof *csv->spans);
    wm_window_close(&csv->window);
    wm_free(csv->host, csv, sizeof *csv);
}

size_t wm_csv_columns(const wm_csv *csv)
{
    return csv->columns;
}

const char *wm_csv_column(const wm_csv *csv, size_t column)
{
    return csv->names[column];
}

const char *wm_csv_name(const wm_csv *csv)
{
    return csv->window.name;
}

/* The header's names as far as they fit, for the message that one is missing. */
static void list_names(const wm_csv *csv, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < csv->columns && used < size; i++) {
        const char *comma = i != 0 ? ", " : "";
        size_t need = strlen(comma) + strlen(csv->names[i]);
        if (need + sizeof " ..." > size - used) {
            memcpy(text + used, " ...", sizeof " ...");
            return;
        }
        memcpy(text + used, comma, strlen(comma));
        memcpy(text + used + strlen(comma), csv->names[i], strlen(csv->names[i]) + 1);
        used += need;
    }
}

wanmi_status wm_csv_find(const wm_csv *csv, const char *name, bool required, ptrdiff_t *column,
                         wanmi_error *error)
{
    ptrdiff_t at = -1;
    wm_place place = {.file = csv->window.name, .value = name};
    for (size_t i = 0; i < csv->columns; i++) {
        if (strcmp(csv->names[i], name) != 0)
            continue;
        if (at >= 0)
            return wm_error_at(error, WANMI_E_IO_COLUMN, &place, "the header has this column twice");
        at = (ptrdiff_t)i;
    }
    if (at < 0 && required) {
        char names[200];
        list_names(csv, names, sizeof names);
        return wm_error_at(error, WANMI_E_IO_COLUMN, &place,
                           "the header (%s) has no such column", names);
    }
    *column = at;
    return WANMI_OK;
}
