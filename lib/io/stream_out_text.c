/* One row as a line of CSV (RFC 4180, LF) or of NDJSON. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "stream_out.h"

/* ---- CSV ---------------------------------------------------------------------------- */

static wanmi_status put_quoted(wanmi_io_writer *w, const char *text, wanmi_error *error)
{
    wanmi_status status = wm_writer_put(w, "\"", 1, error);
    while (status == WANMI_OK) {
        const char *quote = strchr(text, '"');
        if (quote == NULL)
            break;
        status = wm_writer_put(w, text, (size_t)(quote - text) + 1, error);
        if (status == WANMI_OK)
            status = wm_writer_put(w, "\"", 1, error);
        text = quote + 1;
    }
    if (status == WANMI_OK)
        status = wm_writer_put(w, text, strlen(text), error);
    return status == WANMI_OK ? wm_writer_put(w, "\"", 1, error) : status;
}

/* Blanks at the ends of a header's names would be lost, so they are quoted with
 * the rest: readers differ in what they cut off. */
static bool needs_quotes(const char *text, size_t length, bool alone)
{
    return text[strcspn(text, ",\"\r\n")] != '\0' || (alone && length == 0) ||
           (length != 0 && (text[0] == ' ' || text[length - 1] == ' '));
}

wanmi_status wm_csv_write(wanmi_io_writer *writer, const char *const *values, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; i < writer->columns && status == WANMI_OK; i++) {
        const char *text = values[i] != NULL ? values[i] : "";
        size_t length = strlen(text);
        if (i != 0)
            status = wm_writer_put(writer, ",", 1, error);
        if (status != WANMI_OK)
            return status;
        /* A lone empty value is written "", for an empty line is no row. */
        status = needs_quotes(text, length, writer->columns == 1)
                     ? put_quoted(writer, text, error)
                     : wm_writer_put(writer, text, length, error);
    }
    return status == WANMI_OK ? wm_writer_put(writer, "\n", 1, error) : status;
}

/* ---- NDJSON ------------------------------------------------------------------------- */

static wanmi_status put_text(wanmi_io_writer *w, const char *text, wanmi_error *error)
{
    wanmi_status status = wm_writer_put(w, "\"", 1, error);
    while (*text != '\0' && status == WANMI_OK) {
        const char *end = text;
        while (*end != '"' && *end != '\\' && (unsigned char)*end >= ' ')
            end++;
        status = wm_writer_put(w, text, (size_t)(end - text), error);
        text = end;
        if (*text == '\0' || status != WANMI_OK)
            break;
        char escaped[8] = {'\\', *text, '\0'};
        if (*text == '\n')
            escaped[1] = 'n';
        else if ((unsigned char)*text < ' ')
            snprintf(escaped, sizeof escaped, "\\u%04x", (unsigned)*text);
        status = wm_writer_put(w, escaped, strlen(escaped), error);
        text++;
    }
    return status == WANMI_OK ? wm_writer_put(w, "\"", 1, error) : status;
}

static wanmi_status put_number(wanmi_io_writer *w, const char *text, wanmi_error *error)
{
    double number = NAN;
    char fresh[40];
    wm_number_parse(text, strlen(text), w->plain, &number);
    if (!isfinite(number))
        text = "null";
    else if (!wm_number_is_json(text)) {
        locale_t before = uselocale(w->plain);
        snprintf(fresh, sizeof fresh, "%.17g", number);
        uselocale(before);
        text = fresh;
    }
    return wm_writer_put(w, text, strlen(text), error);
}

/* Before anything of the row is written: half a row would spoil the next one. */
static wanmi_status check_numbers(const wanmi_io_writer *w, const char *const *values,
                                  wanmi_error *error)
{
    double number;
    for (size_t i = 0; i < w->columns; i++) {
        const char *text = values[i];
        wm_place place = {.file = w->path, .value = text};
        if (w->types[i] != WANMI_IO_TEXT && text != NULL && text[0] != '\0' &&
            !wm_number_parse(text, strlen(text), w->plain, &number))
            return wm_error_at(error, WANMI_E_ARGUMENT, &place, "column %s: is not a number",
                               w->names[i]);
    }
    return WANMI_OK;
}

wanmi_status wm_ndjson_write(wanmi_io_writer *writer, const char *const *values, wanmi_error *error)
{
    wanmi_status status = check_numbers(writer, values, error);
    for (size_t i = 0; i < writer->columns && status == WANMI_OK; i++) {
        const char *text = values[i];
        bool number = writer->types[i] != WANMI_IO_TEXT;
        status = wm_writer_put(writer, i == 0 ? "{" : ",", 1, error);
        if (status == WANMI_OK)
            status = put_text(writer, writer->names[i], error);
        if (status == WANMI_OK)
            status = wm_writer_put(writer, ":", 1, error);
        if (status != WANMI_OK)
            break;
        if (text == NULL || (number && text[0] == '\0'))
            status = wm_writer_put(writer, "null", 4, error);
        else
            status = number ? put_number(writer, text, error) : put_text(writer, text, error);
    }
    return status == WANMI_OK ? wm_writer_put(writer, "}\n", 2, error) : status;
}
