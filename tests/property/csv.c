/* Random tables, written and read back, are the same table. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/csv.h"
#include "support.h"
#include "wanmi/io.h"

enum { COLUMNS = 7, ROWS = 60, TEXT = 64 };

typedef struct table {
    size_t columns;
    size_t rows;
    char names[COLUMNS][TEXT];
    char cells[ROWS][COLUMNS][TEXT];
} table;

/* Texts made of what CSV finds hard. */
static void random_text(test_random *random, char *text)
{
    static const char *const pieces[] = {"a", "b", ",", "\"", "\n", "\r", "\r\n", " ", "\t", "中", "é",
                                         "😀", "\"\"", "0.5", "'", ";"};
    size_t length = 0, wanted = test_below(random, 12);
    text[0] = '\0';
    for (size_t i = 0; i < wanted; i++) {
        const char *piece = pieces[test_below(random, sizeof pieces / sizeof pieces[0])];
        if (length + strlen(piece) + 1 > TEXT)
            break;
        strcpy(text + length, piece);
        length += strlen(piece);
    }
}

static void random_table(test_random *random, table *t)
{
    t->columns = 1 + test_below(random, COLUMNS);
    t->rows = test_below(random, ROWS + 1);
    for (size_t c = 0; c < t->columns; c++)
        snprintf(t->names[c], TEXT, "列 %zu,\"%zu\"", c, c);
    for (size_t r = 0; r < t->rows; r++)
        for (size_t c = 0; c < t->columns; c++)
            random_text(random, t->cells[r][c]);
}

static void write_table(const table *t, const char *path)
{
    const char *names[COLUMNS], *values[COLUMNS];
    wanmi_io_type types[COLUMNS] = {WANMI_IO_TEXT};
    wanmi_io_writer *writer = NULL;
    for (size_t c = 0; c < t->columns; c++)
        names[c] = t->names[c];
    cr_assert_eq(wanmi_io_writer_open(path, WANMI_IO_OUT_CSV, names, types, t->columns, NULL, NULL, &writer, NULL),
                 WANMI_OK);
    for (size_t r = 0; r < t->rows; r++) {
        for (size_t c = 0; c < t->columns; c++)
            values[c] = t->cells[r][c];
        cr_assert_eq(wanmi_io_writer_row(writer, values, 0, 0, NULL), WANMI_OK);
    }
    cr_assert_eq(wanmi_io_writer_close(writer, NULL), WANMI_OK);
}

static void compare(const table *t, wm_csv *csv, uint64_t seed)
{
    wm_csv_row row;
    wanmi_error error;
    cr_assert_eq(wm_csv_columns(csv), t->columns);
    for (size_t c = 0; c < t->columns; c++)
        cr_assert_str_eq(wm_csv_column(csv, c), t->names[c]);
    for (size_t r = 0; r < t->rows; r++) {
        wanmi_status status = wm_csv_next(csv, false, &row, &error);
        cr_assert_eq(status, WANMI_OK, "seed %llu row %zu: %s", (unsigned long long)seed, r, error.message);
        cr_assert_eq(row.row, r + 1);
        for (size_t c = 0; c < t->columns; c++)
            cr_assert_str_eq(row.fields[c].text, t->cells[r][c]);
    }
    cr_assert_eq(wm_csv_next(csv, false, &row, &error), WANMI_END);
}

Test(csv, written_and_read_back)
{
    static table t;
    char path[300];
    wanmi_host host;
    snprintf(path, sizeof path, "%s/t.csv", test_folder());
    cr_assert_eq(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    for (uint64_t seed = 1; seed <= 300; seed++) {
        test_random random = {seed};
        wm_csv *csv = NULL;
        random_table(&random, &t);
        write_table(&t, path);
        cr_assert_eq(wm_csv_open(path, &host, &csv, NULL), WANMI_OK);
        compare(&t, csv, seed);
        wm_csv_close(csv);
    }
    wm_host_drop(&host);
}

/* Whatever bytes come: every row is given or refused, in order, and the reading ends. */
Test(csv, any_bytes)
{
    static const char letters[] = "a,,\"\"\"\n\n\r\xE4\xB8\xAD";
    wanmi_host host;
    char text[200];
    cr_assert_eq(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        test_random random = {seed};
        wm_csv *csv = NULL;
        wm_csv_row row;
        wanmi_status status;
        uint64_t rows = 0, line = 0;
        size_t size = test_below(&random, sizeof text);
        memcpy(text, "a,b\n", 4);
        for (size_t i = 4; i < size; i++)
            text[i] = letters[test_below(&random, sizeof letters)];
        cr_assert_eq(wm_csv_open_memory(text, size < 4 ? 4 : size, "t", &host, &csv, NULL), WANMI_OK);
        while ((status = wm_csv_next(csv, false, &row, NULL)) != WANMI_END) {
            cr_assert(status == WANMI_OK || status == WANMI_E_IO_ROW);
            cr_assert_eq(row.row, ++rows);
            cr_assert(row.line > line, "seed %llu", (unsigned long long)seed);
            line = row.line;
            cr_assert(rows <= size);
        }
        wm_csv_close(csv);
    }
    wm_host_drop(&host);
}
