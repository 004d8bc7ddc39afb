/* What the two formats of streams have in common. Internal to io. */
#ifndef WM_IO_STREAM_IN_H
#define WM_IO_STREAM_IN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

/* The columns of a row, in the order of wanmi_io_columns. */
enum { WM_LON, WM_LAT, WM_ID, WM_TIME, WM_CLASS, WM_SEVERITY, WM_SOURCE, WM_OBJECT, WM_COLUMN_COUNT };

typedef struct wm_names {
    char *text[WM_COLUMN_COUNT];
    bool named[WM_COLUMN_COUNT];        /* by the caller */
    bool required[WM_COLUMN_COUNT];
} wm_names;

/* One row before its values are looked at; the texts are ended by a NUL. */
typedef struct wm_raw {
    uint64_t row;
    uint64_t line;
    const char *text[WM_COLUMN_COUNT];  /* NULL: not there, or a number */
    size_t length[WM_COLUMN_COUNT];
    double number[2];                   /* lon and lat, where is_number */
    bool is_number[2];
} wm_raw;

/* Refuses a row: "FILE: row 7: line 9, column lon: WORDS: 'VALUE'". `column` and
 * `value` may be NULL. Gives WANMI_E_IO_ROW. */
wanmi_status wm_raw_refuse(const char *file, const wm_raw *raw, const char *column,
                           const char *words, const char *value, wanmi_error *error);

#endif
