/* CSV after RFC 4180, row by row, in place: a header line, commas, quotes that
 * may hold commas, line ends and doubled quotes; CRLF or LF; a byte-order mark
 * before and a missing line end behind are allowed. UTF-8 only. Internal to io.
 *
 * A row that cannot be read is refused alone and the reading goes on behind it:
 * a wrong number of fields, a line longer than WM_LINE_MAX, a NUL byte, text
 * that is not UTF-8, text behind a closing quote. After a quote that is never
 * closed the reading goes on at the next line of the file, so that one lost
 * quote costs one row. Blank lines are skipped and not counted as rows.
 */
#ifndef WM_IO_CSV_H
#define WM_IO_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "source.h"

typedef struct wm_csv wm_csv;

/* One field: `text` is ended by a NUL and may be written over. */
typedef struct wm_csv_field {
    char *text;
    size_t length;
} wm_csv_field;

typedef struct wm_csv_row {
    uint64_t row;               /* data rows, from 1; refused ones are counted */
    uint64_t line;              /* the row's first line in the file, from 1 */
    const wm_csv_field *fields; /* one a column of the header */
} wm_csv_row;

/* Opens a path ("-": standard input; ".gz" is unpacked) and reads the header.
 * `host` (from wm_host_copy) must outlive it.
 * Errors: WANMI_E_IO_OPEN, WANMI_E_IO_FORMAT (empty, no UTF-8), WANMI_E_SYSTEM,
 * WANMI_E_MEMORY. */
wanmi_status wm_csv_open(const char *path, const wanmi_host *host, wm_csv **csv,
                         wanmi_error *error);
wanmi_status wm_csv_open_memory(const char *data, size_t size, const char *name,
                                const wanmi_host *host, wm_csv **csv, wanmi_error *error);
/* The same from a window whose first bytes may have been read already; it is
 * taken over, also where this fails. */
wanmi_status wm_csv_open_window(wm_window *window, const wanmi_host *host, wm_csv **csv,
                                wanmi_error *error);
void wm_csv_close(wm_csv *csv);

/* The header's names, blanks around them left out. */
size_t wm_csv_columns(const wm_csv *csv);
const char *wm_csv_column(const wm_csv *csv, size_t column);
const char *wm_csv_name(const wm_csv *csv);

/* The column of a name, or -1 where there is none and it is not required.
 * Errors: WANMI_E_IO_COLUMN: required and missing, or there twice. */
wanmi_status wm_csv_find(const wm_csv *csv, const char *name, bool required, ptrdiff_t *column,
                         wanmi_error *error);

/* Reads the next row. `row` and its texts live until the next call; with
 * `keep`, the texts (not the array of fields) of earlier rows live on too: the
 * call gives WANMI_AGAIN instead of reading more of the file, until it is
 * called without.
 * Gives WANMI_END at the end, WANMI_AGAIN also when a signal interrupted the wait.
 * Errors: WANMI_E_IO_ROW (`row` has row and line; the next call goes on behind
 * it), WANMI_E_SYSTEM. */
wanmi_status wm_csv_next(wm_csv *csv, bool keep, wm_csv_row *row, wanmi_error *error);

/* Refuses a row because of one of its fields: "FILE: row 7: line 9, column lon:
 * WORDS: 'VALUE'". Gives WANMI_E_IO_ROW. */
wanmi_status wm_csv_refuse(const wm_csv *csv, const wm_csv_row *row, ptrdiff_t column,
                           const char *words, wanmi_error *error);

#endif
