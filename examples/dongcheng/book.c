/* The books of the story: see book.h. */
#include "book.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char tables[] =
    "CREATE TABLE cases (id INTEGER PRIMARY KEY, what TEXT, class TEXT, found_at TEXT, cell TEXT,"
    "  state TEXT DEFAULT 'found', returned INTEGER DEFAULT 0);"
    "CREATE TABLE steps (case_id INTEGER, number INTEGER, name TEXT, at TEXT, who TEXT, note TEXT);"
    /* Each subscriber's own record of what reached it. */
    "CREATE TABLE inbox (subscriber TEXT, event INTEGER, case_id INTEGER, unit TEXT, role TEXT, rule TEXT,"
    "  step TEXT, copy INTEGER, tag TEXT, due TEXT, record BLOB, PRIMARY KEY (subscriber, event, unit, role));"
    "CREATE TABLE tasks (event INTEGER, case_id INTEGER, unit TEXT, role TEXT, doer TEXT, due TEXT, due_us INTEGER,"
    "  acknowledged_at TEXT, done_at TEXT, done_us INTEGER, record BLOB, PRIMARY KEY (event, unit, role));"
    "CREATE TABLE takeovers (case_id INTEGER, event INTEGER, seq INTEGER, from_unit TEXT, to_unit TEXT, at TEXT, why TEXT,"
    "  priority INTEGER, tag TEXT, PRIMARY KEY (event, from_unit, seq));"
    "CREATE TABLE dead_letters (subscriber TEXT, event INTEGER, case_id INTEGER, unit TEXT, reason TEXT);"
    "CREATE VIEW evaluation AS SELECT doer AS unit, count(*) AS tasks, sum(done_us IS NOT NULL) AS done,"
    "  sum(coalesce(done_us <= due_us, 1)) AS in_time,"
    "  sum(coalesce(done_us > due_us, 0)) AS overdue,"
    "  sum(doer <> t.unit) AS taken_over, sum(returned) AS returned"
    "  FROM tasks t JOIN cases c ON c.id = t.case_id WHERE t.role <> '监督员' GROUP BY doer;";

static int complain(sqlite3 *book, const char *sql)
{
    fprintf(stderr, "03-dongcheng: %s: %.60s ...\n", sqlite3_errmsg(book), sql);
    return -1;
}

sqlite3 *book_open(const char *path, int fresh)
{
    sqlite3 *book = NULL;
    if (fresh)
        remove(path);
    if (sqlite3_open(path, &book) != SQLITE_OK || sqlite3_busy_timeout(book, 10000) != SQLITE_OK ||
        (fresh && sqlite3_exec(book, tables, NULL, NULL, NULL) != SQLITE_OK)) {
        complain(book, path);
        sqlite3_close(book);
        return NULL;
    }
    return book;
}

/* ---- statements -------------------------------------------------------------------------- */

static sqlite3_stmt *prepare(sqlite3 *book, const char *sql, const char *letters, va_list arguments)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book, sql, -1, &statement, NULL) != SQLITE_OK) {
        complain(book, sql);
        return NULL;
    }
    for (int i = 1; letters[i - 1] != '\0'; i++) {
        if (letters[i - 1] == 't')
            sqlite3_bind_text(statement, i, va_arg(arguments, const char *), -1, SQLITE_TRANSIENT);
        else if (letters[i - 1] == 'i')
            sqlite3_bind_int64(statement, i, va_arg(arguments, int64_t));
        else /* plain data without pointers: it may be kept as it is */
            sqlite3_bind_blob(statement, i, va_arg(arguments, const wanmi_delivery *), sizeof(wanmi_delivery),
                              SQLITE_TRANSIENT);
    }
    return statement;
}

int book_do(sqlite3 *book, const char *sql, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    sqlite3_stmt *statement = prepare(book, sql, letters, arguments);
    va_end(arguments);
    int result = statement != NULL ? sqlite3_step(statement) : SQLITE_ERROR;
    if (statement != NULL && result != SQLITE_DONE)
        complain(book, sql);
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? 0 : -1;
}

int64_t book_number(sqlite3 *book, int64_t otherwise, const char *sql, const char *letters, ...)
{
    va_list arguments;
    va_start(arguments, letters);
    sqlite3_stmt *statement = prepare(book, sql, letters, arguments);
    va_end(arguments);
    if (statement != NULL && sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL)
        otherwise = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return otherwise;
}

int book_step(sqlite3 *book, int64_t id, int number, const char *at, const char *who, const char *note)
{
    static const char *const names[] = {"", "collected", "filed", "dispatched", "handled", "reported back", "checked",
                                        "evaluated"};
    return book_do(book, "INSERT INTO steps VALUES (?, ?, ?, ?, ?, ?)", "iitttt", id, (int64_t)number, names[number],
                   at, who, note);
}

/* ---- what the sinks enter ------------------------------------------------------------------ */

static const char *role_of(const subscriber *s, const wanmi_delivery *d)
{
    return d->role == 0xFFFF ? "" : wanmi_map_role(s->map, d->role);
}

static int enter(const subscriber *s, const wanmi_delivery *d)
{
    char due[40], rule[24] = "fallback";
    wanmi_rule_def def;
    wanmi_time_format(wanmi_map_zone(s->map), d->due_us, due, sizeof due);
    if (d->rule == WANMI_RULE_OUTSIDE)
        strcpy(rule, "outside");
    else if (wanmi_map_rule(s->map, d->rule, &def) == WANMI_OK)
        snprintf(rule, sizeof rule, "%d", (int)def.seq);
    return book_do(s->book, "INSERT OR IGNORE INTO inbox VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", "tiittttittb", s->name,
                   (int64_t)d->event_id, (int64_t)d->user, wanmi_map_unit_code(s->map, d->unit), role_of(s, d), rule,
                   wanmi_step_text((wanmi_step)d->step), (int64_t)(d->flags & WANMI_DELIVERY_COPY),
                   d->tag == 0xFFFF ? "" : wanmi_map_tag(s->map, d->tag), due, d);
}

void subscriber_receive(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    subscriber *s = user;
    int result = book_do(s->book, "BEGIN IMMEDIATE", "");
    for (size_t i = 0; i < count && result == 0; i++)
        result = enter(s, &batch[i]);
    if (result == 0)
        result = book_do(s->book, "COMMIT", "");
    if (result == 0)
        return;
    if (!sqlite3_get_autocommit(s->book))
        book_do(s->book, "ROLLBACK", "");
    memset(outcomes, WANMI_RETRY, count);
}

size_t book_letters(void *user, const wanmi_dead_letter *letters, size_t count)
{
    subscriber *s = user;
    size_t i = 0;
    for (; i < count; i++) {
        const wanmi_delivery *d = &letters[i].delivery;
        const char *unit = wanmi_map_unit_code(s->map, d->unit);
        if (book_do(s->book, "INSERT INTO dead_letters VALUES ('city', ?, ?, ?, ?)", "iitt", (int64_t)d->event_id,
                    (int64_t)d->user, unit, wanmi_reason_text((wanmi_reason)letters[i].reason)) != 0)
            break;
    }
    return i;
}

/* ---- the account ----------------------------------------------------------------------------- */

/* How many places a text takes: characters of three bytes and more take two. */
static int width_of(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        width += c >= 0xE0 ? 2 : (c & 0xC0) != 0x80;
    }
    return width;
}

/* Prints each row of a query, its columns one after the other in this many places. */
static void print_rows(sqlite3 *book, const char *sql, const int *widths, int64_t id)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(book, sql, -1, &statement, NULL) != SQLITE_OK) {
        complain(book, sql);
        return;
    }
    if (sqlite3_bind_parameter_count(statement) > 0)
        sqlite3_bind_int64(statement, 1, id);
    while (sqlite3_step(statement) == SQLITE_ROW) {
        printf("  ");
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *text = (const char *)sqlite3_column_text(statement, i);
            text = text != NULL ? text : "";
            int pad = i + 1 < sqlite3_column_count(statement) ? widths[i] - width_of(text) : 0;
            printf(" %s%*s", text, pad > 0 ? pad : 0, "");
        }
        putchar('\n');
    }
    sqlite3_finalize(statement);
}

void book_print(sqlite3 *book)
{
    static const int case_widths[] = {2, 17, 5, 20, 14, 14}, step_widths[] = {1, 14, 16, 10, 0},
                     inbox_widths[] = {14, 10, 8, 9, 9, 6, 0}, unit_widths[] = {10, 6, 6, 8, 8, 11, 8},
                     letter_widths[] = {8, 5, 12, 0};
    int64_t cases = book_number(book, 0, "SELECT max(id) FROM cases", "");
    for (int64_t id = 1; id <= cases; id++) {
        printf("\ncase");
        print_rows(book, "SELECT id, substr(found_at, 1, 16), class, what, cell, state FROM cases WHERE id = ?", case_widths,
                   id);
        print_rows(book, "SELECT number, name, substr(at, 1, 16), who, note FROM steps WHERE case_id = ? ORDER BY at, rowid",
                   step_widths, id);
        puts("   who was told:  unit       role     rule      how       for    due");
        print_rows(book, "SELECT subscriber, unit, role, rule, step, tag, substr(due, 1, 16) AS due FROM inbox WHERE case_id = ? "
                         "ORDER BY event, subscriber = 'handlers', subscriber DESC, unit", inbox_widths, id);
    }
    puts("\n7  evaluated:\n   unit       tasks  done   in time  overdue  taken over  returned");
    print_rows(book, "SELECT unit, tasks, done, in_time, overdue, taken_over, returned FROM evaluation", unit_widths, 0);
    puts("\ndead letters, to be sent again when the city's platform is well:");
    print_rows(book, "SELECT subscriber, unit, 'case ' || case_id, reason FROM dead_letters ORDER BY event", letter_widths, 0);
}
