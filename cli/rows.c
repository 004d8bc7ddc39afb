/* Rows in: see rows.h. */
#include "rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ----------------------------------------------------------------------- */

void cli_stream_init(cli_stream *stream, const char *command)
{
    *stream = (cli_stream){.command = command, .path = "-", .datum_name = "wgs84",
                           .engine_name = "fast", .output_name = "csv", .output_path = "-", .jobs = 1};
    wanmi_io_columns_init(&stream->columns);
}

size_t cli_stream_options(cli_stream *s, cli_option *table)
{
    const cli_option shared[] = {
        {"datum", 'd', "D", "wgs84 (default), cgcs2000, gcj02, bd09 or map (x, y)", CLI_TEXT, &s->datum_name},
        {"engine", '\0', "E", "fast (default) or exact; the answers are the same", CLI_TEXT, &s->engine_name},
        {"jobs", 'j', "N", "threads; the order of the output stays (default 1)", CLI_WHOLE, &s->jobs},
        {"at", '\0', "TIME", "the instant of rows without a time (default: now)", CLI_TEXT, &s->at},
        {"input", '\0', "FORMAT", "csv or ndjson (default: by the first byte)", CLI_TEXT, &s->format_name},
        {"output", '\0', "FORMAT", "csv (default), ndjson or gpkg", CLI_TEXT, &s->output_name},
        {"out", 'o', "FILE", "where the output goes (default: standard output)", CLI_TEXT, &s->output_path},
        {"rejects", '\0', "FILE", "names rejected rows in a CSV file, not on standard error", CLI_TEXT,
         &s->rejects_path},
        {"lon", '\0', "COLUMN", "column of the longitude, or x (default lon)", CLI_TEXT, &s->columns.lon},
        {"lat", '\0', "COLUMN", "column of the latitude, or y (default lat)", CLI_TEXT, &s->columns.lat},
        {"id", '\0', "COLUMN", "column of the id (default id; none: the row's number)", CLI_TEXT,
         &s->columns.id},
        {"time", '\0', "COLUMN", "column of the time, ISO 8601 (default time)", CLI_TEXT, &s->columns.time},
    };
    memcpy(table, shared, sizeof shared);
    return CLI_COUNT(shared);
}

static int choose(const cli_stream *s, const char *option, const char *given,
                  const char *const *names, int *value)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (strcmp(names[i], given) != 0)
            continue;
        *value = i;
        return -1;
    }
    return cli_usage(s->command, "--%s: '%s' is not known", option, given);
}

/* A file that is read while it is written would grow for ever, and a map would be gone. */
static int check_outputs(const cli_stream *s)
{
    const char *outputs[] = {s->output_path, s->rejects_path};
    for (size_t i = 0; i < CLI_COUNT(outputs); i++)
        if (cli_same_file(outputs[i], s->map_path) || cli_same_file(outputs[i], s->path))
            return cli_usage(s->command, "%s: '%s' is read, so it cannot be written",
                             i == 0 ? "--out" : "--rejects", outputs[i]);
    if (cli_same_file(s->output_path, s->rejects_path))
        return cli_usage(s->command, "--out and --rejects are the same file");
    return -1;
}

int cli_stream_check(cli_stream *stream, const char **operands, size_t count)
{
    static const char *const formats[] = {"auto", "csv", "ndjson", NULL};
    static const char *const engines[] = {"fast", "exact", NULL};
    static const char *const outputs[] = {"csv", "ndjson", "gpkg", NULL};
    int format = 0, engine = 0, output = 0, code = -1;
    stream->map_path = operands[0];
    if (count > 1)
        stream->path = operands[1];
    if (count > 1 && stream->point.given)
        return cli_usage(stream->command, "takes a file or --point, not both");
    if (stream->format_name != NULL)
        code = choose(stream, "input", stream->format_name, formats, &format);
    if (code < 0)
        code = choose(stream, "engine", stream->engine_name, engines, &engine);
    if (code < 0)
        code = choose(stream, "output", stream->output_name, outputs, &output);
    if (code >= 0)
        return code;
    stream->format = (wanmi_io_format)format;
    stream->engine = (wanmi_engine)engine;
    stream->output = (wanmi_io_output)output;
    if (stream->output == WANMI_IO_OUT_GPKG && strcmp(stream->output_path, "-") == 0)
        return cli_usage(stream->command, "--output gpkg wants -o FILE");
    if (stream->jobs < 1 || stream->jobs > CLI_JOBS_MAX)
        return cli_usage(stream->command, "--jobs: from 1 to %d", CLI_JOBS_MAX);
    if (wanmi_datum_parse(stream->datum_name, &stream->datum, NULL) != WANMI_OK)
        return cli_usage(stream->command, "--datum: '%s' is not wgs84, cgcs2000, gcj02, bd09 or map",
                         stream->datum_name);
    return check_outputs(stream);
}

/* ---- blocks ------------------------------------------------------------------------ */

void cli_block_init(cli_block *block)
{
    *block = (cli_block){.rows = cli_memory(NULL, CLI_BLOCK_ROWS, sizeof(cli_row))};
}

void cli_block_drop(cli_block *block)
{
    free(block->rows);
    free(block->texts);
}

const char *cli_block_text(const cli_block *block, size_t place)
{
    return block->texts + place;
}

static size_t put(cli_block *block, const char *text)
{
    size_t size = strlen(text) + 1, place = block->used;
    if (size > block->capacity - place) {
        block->capacity = 2 * (block->capacity + size);
        block->texts = cli_memory(block->texts, block->capacity, 1);
    }
    memcpy(block->texts + place, text, size);
    block->used += size;
    return place;
}

/* A row without id has its number for one. */
static void add(cli_block *block, const wanmi_io_row *from, const char *reason)
{
    char number[24];
    cli_row *row = &block->rows[block->count++];
    const char *id = from->id;
    if (id[0] == '\0') {
        snprintf(number, sizeof number, "%llu", (unsigned long long)from->row);
        id = number;
    }
    *row = (cli_row){.row = from->row, .line = from->line, .lon = from->lon, .lat = from->lat,
                     .time_us = from->time_us, .severity = from->severity};
    row->id = put(block, id);
    row->class_text = put(block, from->class_text);
    row->source = put(block, from->source);
    row->object = put(block, from->object);
    row->refused = reason != NULL;
    row->reason = reason != NULL ? put(block, reason) : 0;
}

wanmi_status cli_block_read(cli_block *block, wanmi_io_reader *reader, wanmi_error *error)
{
    static const size_t at_once = CLI_BLOCK_ROWS;
    wanmi_io_row *rows = cli_memory(NULL, at_once, sizeof *rows);
    size_t count = 0;
    block->count = 0;
    block->used = 0;
    wanmi_status status = wanmi_io_reader_read(reader, rows, at_once, &count, error);
    for (size_t i = 0; i < count; i++)
        add(block, &rows[i], NULL);
    if (status == WANMI_E_IO_ROW) {
        add(block, &rows[count], error->message);
        status = WANMI_OK;
    }
    free(rows);
    return status;
}

void cli_block_point(cli_block *block, const cli_place *point)
{
    wanmi_io_row row = {.row = 1, .line = 1, .id = "", .class_text = "", .source = "", .object = "",
                        .lon = point->x, .lat = point->y, .time_us = WANMI_TIME_NONE};
    block->count = 0;
    block->used = 0;
    add(block, &row, NULL);
}

void cli_block_refuse(cli_block *block, cli_row *row, const char *input, const char *column,
                      const char *words, const char *value)
{
    char message[512];
    snprintf(message, sizeof message, "%s: row %llu: line %llu, column %s: %s: '%.80s%s'", input,
             (unsigned long long)row->row, (unsigned long long)row->line, column, words, value,
             strlen(value) > 80 ? "..." : "");
    row->refused = true;
    row->reason = put(block, message);
}

/* ---- rejects ----------------------------------------------------------------------- */

int cli_rejects_open(cli_rejects *rejects, const cli_stream *stream, const wanmi_host *host)
{
    static const char *const names[] = {"line", "row", "id", "reason"};
    static const wanmi_io_type types[] = {WANMI_IO_INTEGER, WANMI_IO_INTEGER, WANMI_IO_TEXT,
                                          WANMI_IO_TEXT};
    wanmi_error error;
    *rejects = (cli_rejects){.input = stream->path};
    if (stream->point.given)
        rejects->input = "--point";
    else if (strcmp(stream->path, "-") == 0)
        rejects->input = "standard input";
    if (stream->rejects_path == NULL)
        return -1;
    wanmi_status status = wanmi_io_writer_open(stream->rejects_path, WANMI_IO_OUT_CSV, names, types, 4,
                                               NULL, host, &rejects->writer, &error);
    return status == WANMI_OK ? -1 : cli_fail(&error);
}

wanmi_status cli_reject(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                        const char *reason, const char *words, wanmi_error *error)
{
    char line[24], number[24];
    rejects->rejected++;
    if (rejects->writer == NULL) {
        cli_say("%s: row %llu: line %llu: rejected: %s", rejects->input, (unsigned long long)row->row,
                (unsigned long long)row->line, words);
        return WANMI_OK;
    }
    snprintf(line, sizeof line, "%llu", (unsigned long long)row->line);
    snprintf(number, sizeof number, "%llu", (unsigned long long)row->row);
    const char *values[] = {line, number, cli_block_text(block, row->id), reason};
    return wanmi_io_writer_row(rejects->writer, values, 0, 0, error);
}

wanmi_status cli_reject_refused(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                                wanmi_error *error)
{
    const char *message = cli_block_text(block, row->reason);
    if (rejects->writer == NULL) {
        rejects->rejected++;
        cli_say("%s", message);
        return WANMI_OK;
    }
    /* Line and row have columns of their own here. */
    char place[32];
    int length = snprintf(place, sizeof place, "line %llu", (unsigned long long)row->line);
    const char *words = strstr(message, place);
    words = words != NULL ? words + length : message;
    words += strspn(words, ",: ");
    return cli_reject(rejects, block, row, words, words, error);
}

wanmi_status cli_reject_position(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                                 wanmi_reason reason, wanmi_error *error)
{
    char words[160];
    const char *text = wanmi_reason_text(reason);
    if (reason == WANMI_REASON_OBJECT)
        snprintf(words, sizeof words, "%s: '%.80s'", text, cli_block_text(block, row->object));
    else
        snprintf(words, sizeof words, "%s: '%.10g %.10g'", text, row->lon, row->lat);
    return cli_reject(rejects, block, row, text, words, error);
}

int cli_rejects_close(cli_rejects *rejects, int code)
{
    char rejected[32], rows[32];
    wanmi_error error;
    wanmi_error_clear(&error);
    if (rejects->writer != NULL && wanmi_io_writer_close(rejects->writer, &error) != WANMI_OK)
        code = cli_fail(&error);
    rejects->writer = NULL;
    if (rejects->rejected == 0)
        return code;
    cli_say("%s of %s rows rejected", cli_count(rejects->rejected, rejected),
            cli_count(rejects->rows, rows));
    return code == CLI_DONE ? CLI_REJECTED : code;
}
