/* The tables of a map that are no layers: units, duties, rules and so on. One list
 * of columns a table, from which reading, writing, CSV and export are driven.
 * Internal to io.
 */
#ifndef WM_IO_TABLE_H
#define WM_IO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "gdal.h"
#include "wanmi/io.h"
#include "wanmi/map.h"

/* A row of a table: the definition of that table. */
typedef union wm_row {
    wanmi_unit_def unit;
    wanmi_duty_def duty;
    wanmi_rule_def rule;
    wanmi_object_def object;
    wanmi_calendar_def calendar;
    wanmi_deadline_def deadline;
    wanmi_escalation_def escalation;
} wm_row;

typedef enum wm_column_kind {
    WM_COLUMN_TEXT,
    WM_COLUMN_INTEGER,
    WM_COLUMN_DIGIT,            /* a whole number; a negative one is empty */
    WM_COLUMN_TIME,
    WM_COLUMN_REAL              /* NaN is empty */
} wm_column_kind;

typedef struct wm_column {
    const char *name;
    wm_column_kind kind;
    size_t at;                  /* offset in wm_row */
    bool needed;                /* a CSV file without it makes no sense */
} wm_column;

typedef struct wm_table {
    const char *name;
    const wm_column *columns;
    size_t column_count;
    size_t row_at;              /* offset of the field `row` in wm_row */
    void (*init)(wm_row *row);
    wanmi_status (*add)(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error);
    uint32_t (*count)(const wanmi_map *map);
    wanmi_status (*give)(const wanmi_map *map, uint32_t index, wm_row *row);
} wm_table;

enum { WM_TABLES = 7, WM_COLUMNS_MAX = 24 };
extern const wm_table wm_tables[WM_TABLES];     /* in the order of wanmi_io_table */

const wm_table *wm_table_find(const char *name);
const wm_column *wm_table_column(const wm_table *table, const char *name);

/* What is wrong with a text that is not of a column's kind: "no whole number", "is missing". */
const char *wm_column_words(const wm_column *column, const char *text);

/* Puts a text into a column: the text itself (which must outlive the row), a
 * number, an instant. "" leaves the default, but a whole number that is needed must be
 * there: an order of 0 would be guessed. Errors: WANMI_E_IO_ROW naming column and value. */
wanmi_status wm_row_set(const wm_table *table, const wm_column *column, const char *text,
                        const wanmi_zone *zone, wm_row *row, wanmi_error *error);
void wm_row_number(const wm_table *table, int64_t number, wm_row *row);

/* The text of a column, "" where it is empty. `room` of WM_SLOT bytes. */
const char *wm_row_text(const wm_column *column, const wm_row *row, const wanmi_zone *zone,
                        char room[WM_SLOT]);

#endif
