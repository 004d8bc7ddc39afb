/* table.h - the text files of a scenario: CSV with a header line, all in memory. */
#ifndef SCENARIO_TABLE_H
#define SCENARIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct table {
    char path[512];
    size_t rows, columns;
    char **names;               /* of the columns */
    char **fields;              /* row by row */
    size_t *lines;              /* of the file, by row; the header's line is 1 */
    char *text;                 /* what all of them point into */
} table;

/* Reads FOLDER/NAME; ends the test with a message where it is no such table.
 * With `needed` false a file that is not there gives no rows and no columns. */
table table_read(const char *folder, const char *name, bool needed);
void table_free(table *t);
bool table_has(const table *t, const char *column);

/* "" where the table has no such column. */
const char *table_field(const table *t, size_t row, const char *column);

#endif
