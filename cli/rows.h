/* Rows in and rows out, as locate and route share them: their options, blocks
 * of rows that outlive the reader's texts, and the rejects.
 */
#ifndef CLI_ROWS_H
#define CLI_ROWS_H

#include "common.h"
#include "options.h"

enum { CLI_BLOCK_ROWS = 4096, CLI_STREAM_OPTIONS = 20, CLI_JOBS_MAX = 256 };

/* What the options say. */
typedef struct cli_stream {
    const char *command;
    const char *map_path;
    const char *path;           /* of the input; "-": standard input */
    wanmi_io_columns columns;
    cli_place point;            /* one position in place of a file */
    const char *format_name;    /* NULL: auto */
    const char *datum_name;
    const char *engine_name;
    const char *output_name;
    const char *output_path;
    const char *rejects_path;
    const char *at;
    long jobs;

    wanmi_io_format format;
    wanmi_datum datum;
    wanmi_engine engine;
    wanmi_io_output output;
} cli_stream;

void cli_stream_init(cli_stream *stream, const char *command);
/* Puts the shared options into a table; gives how many: at most CLI_STREAM_OPTIONS. */
size_t cli_stream_options(cli_stream *stream, cli_option *table);
/* Takes the operands and looks at the values. Gives -1, or an exit code. */
int cli_stream_check(cli_stream *stream, const char **operands, size_t count);

/* ---- blocks ------------------------------------------------------------------------ */

typedef struct cli_row {
    uint64_t row;
    uint64_t line;
    size_t id;                  /* places in the block's texts */
    size_t class_text;
    size_t source;
    size_t object;              /* code, or "" */
    size_t reason;              /* why the row could not be read */
    double lon;
    double lat;
    int64_t time_us;
    int32_t severity;
    bool refused;
} cli_row;

typedef struct cli_block {
    cli_row *rows;              /* CLI_BLOCK_ROWS of them */
    size_t count;
    char *texts;
    size_t used;
    size_t capacity;
} cli_block;

void cli_block_init(cli_block *block);
void cli_block_drop(cli_block *block);
const char *cli_block_text(const cli_block *block, size_t place);

/* Fills a block with what the reader gives at once. A row that cannot be read
 * becomes a refused row. Gives WANMI_END when there is no more, WANMI_AGAIN when
 * a signal came, or an error that ends the reading. */
wanmi_status cli_block_read(cli_block *block, wanmi_io_reader *reader, wanmi_error *error);
/* The one row of --point. */
void cli_block_point(cli_block *block, const cli_place *point);

/* Refuses a row for what one of its columns says. */
void cli_block_refuse(cli_block *block, cli_row *row, const char *input, const char *column,
                      const char *words, const char *value);

/* ---- rejects ----------------------------------------------------------------------- */

/* Names rejected rows on standard error or in a CSV file. */
typedef struct cli_rejects {
    const char *input;
    wanmi_io_writer *writer;    /* NULL: standard error */
    uint64_t rejected;
    uint64_t rows;              /* seen in all */
} cli_rejects;

/* Gives -1, or an exit code. */
int cli_rejects_open(cli_rejects *rejects, const cli_stream *stream, const wanmi_host *host);
/* `reason` is the short text; `words` what standard error says of it. */
wanmi_status cli_reject(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                        const char *reason, const char *words, wanmi_error *error);
wanmi_status cli_reject_refused(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                                wanmi_error *error);
/* "latitude: 91.5" and the like. */
wanmi_status cli_reject_position(cli_rejects *rejects, const cli_block *block, const cli_row *row,
                                 wanmi_reason reason, wanmi_error *error);
/* Closes; says how many there were. Gives `code`, or what is worse. */
int cli_rejects_close(cli_rejects *rejects, int code);

#endif
