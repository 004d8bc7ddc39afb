/* The tables of a map that are no layers: units, duties, rules. One list of
 * columns a table, from which reading, writing, CSV and export are driven.
 * Internal to io.
 */
#ifndef WM_IO_TABLE_H
#define WM_IO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "wanmi/io.h"
#include "wanmi/map.h"

/* A row of any table; only the table's own part means something. */
typedef struct wm_row {
    wanmi_unit_def unit;
    wanmi_duty_def duty;
    wanmi_rule_def rule;
} wm_row;

typedef enum wm_column_kind { WM_COLUMN_TEXT, WM_COLUMN_INTEGER, WM_COLUMN_TIME } wm_column_kind;

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
    size_t code_at;             /* offset of the text that names a row in messages */
    wanmi_status (*add)(wanmi_map_builder *builder, const wm_row *row, wanmi_error *error);
    uint32_t (*count)(const wanmi_map *map);
    wanmi_status (*give)(const wanmi_map *map, uint32_t index, wm_row *row);
} wm_table;

enum { WM_TABLES = 3, WM_COLUMNS_MAX = 24 };
extern const wm_table wm_tables[WM_TABLES];     /* in the order of wanmi_io_table */

const wm_table *wm_table_find(const char *name);
const wm_column *wm_table_column(const wm_table *table, const char *name);

void wm_row_init(wm_row *row);

/* Puts a text into a column: the text itself (which must outlive the row), a
 * number, an instant. "" leaves the default. Errors: WANMI_E_IO_ROW naming
 * column and value. */
wanmi_status wm_row_set(const wm_table *table, const wm_column *column, const char *text,
                        const wanmi_zone *zone, wm_row *row, wanmi_error *error);
void wm_row_number(const wm_table *table, int64_t number, wm_row *row);

/* The text of a column, "" where it is empty. `room` of 48 bytes. */
const char *wm_row_text(const wm_column *column, const wm_row *row, const wanmi_zone *zone,
                        char *room, size_t size);

#endif
