/* Reads the text files of a scenario: RFC 4180, a header line, no blank lines. */
#include "table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char *read_all(const char *path, bool needed)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL && !needed)
        return NULL;
    if (file == NULL)
        fail_msg("%s: there is no such file", path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    char *text = calloc((size_t)size + 1, 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, file), size);
    fclose(file);
    return text;
}

/* Ends the field at `*at` by a NUL, in place, and moves `*at` behind it; gives
 * whether it was the last of its row. */
static bool next_field(char **at, char **field, size_t *line)
{
    char *read = *at, *write = *at;
    bool quoted = *read == '"';
    *field = write;
    for (read += quoted; *read != '\0'; read++) {
        if (quoted && read[0] == '"' && read[1] != '"') {
            read++;
            break;
        }
        if (!quoted && (*read == ',' || *read == '\n' || *read == '\r'))
            break;
        read += quoted && *read == '"';
        *line += *read == '\n';
        *write++ = *read;
    }
    read += *read == '\r';
    bool last = *read != ',';
    *line += *read == '\n';
    *at = read + (*read != '\0');
    *write = '\0';
    return last;
}

static void add_row(table *t, char **fields, size_t count, size_t line)
{
    if (count != t->columns)
        fail_msg("%s:%zu: %zu fields, the header has %zu", t->path, line, count, t->columns);
    t->fields = realloc(t->fields, (t->rows + 1) * t->columns * sizeof *t->fields);
    t->lines = realloc(t->lines, (t->rows + 1) * sizeof *t->lines);
    assert_non_null(t->fields);
    assert_non_null(t->lines);
    memcpy(t->fields + t->rows * t->columns, fields, t->columns * sizeof *fields);
    t->lines[t->rows++] = line;
}

table table_read(const char *folder, const char *name, bool needed)
{
    enum { MOST = 32 };
    table t = {.rows = 0};
    snprintf(t.path, sizeof t.path, "%s/%s", folder, name);
    t.text = read_all(t.path, needed);
    if (t.text == NULL)
        return t;
    size_t line = 1;
    for (char *at = t.text; *at != '\0';) {
        char *fields[MOST];
        size_t count = 0, from = line;
        bool last;
        do {
            last = next_field(&at, &fields[count++], &line);
            if (count == MOST && !last)
                fail_msg("%s:%zu: more than %d fields", t.path, from, MOST);
        } while (!last);
        if (t.names != NULL) {
            add_row(&t, fields, count, from);
            continue;
        }
        t.columns = count;
        t.names = calloc(count, sizeof *t.names);
        assert_non_null(t.names);
        memcpy(t.names, fields, count * sizeof *fields);
    }
    return t;
}

void table_free(table *t)
{
    free(t->names);
    free(t->fields);
    free(t->lines);
    free(t->text);
    *t = (table){.rows = 0};
}

static size_t column_of(const table *t, const char *column)
{
    size_t at = 0;
    while (at < t->columns && strcmp(t->names[at], column) != 0)
        at++;
    return at;
}

bool table_has(const table *t, const char *column)
{
    return column_of(t, column) < t->columns;
}

const char *table_field(const table *t, size_t row, const char *column)
{
    size_t at = column_of(t, column);
    return at < t->columns ? t->fields[row * t->columns + at] : "";
}
