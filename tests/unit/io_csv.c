/* CSV row by row: what RFC 4180 says, and what is refused, where, and in which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/csv.h"
#include "support.h"

/* ---- everything a text gives, as one text -------------------------------------------- */

typedef struct dump {
    char text[16384];
    size_t used;
} dump;

__attribute__((format(printf, 2, 3))) static void say(dump *d, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int wrote = vsnprintf(d->text + d->used, sizeof d->text - d->used, format, arguments);
    va_end(arguments);
    d->used += (size_t)wrote;
    assert_true(d->used < sizeof d->text);
}

static void dump_rows(dump *d, wm_csv *csv)
{
    wm_csv_row row;
    wanmi_error error;
    wanmi_status status;
    while ((status = wm_csv_next(csv, false, &row, &error)) != WANMI_END) {
        say(d, "%d@%d", (int)row.row, (int)row.line);
        if (status == WANMI_E_IO_ROW) {
            assert_int_equal(error.row, row.row);
            say(d, " ! %s", error.message);
        } else {
            assert_int_equal(status, WANMI_OK);
            for (size_t i = 0; i < wm_csv_columns(csv); i++) {
                assert_int_equal(strlen(row.fields[i].text), row.fields[i].length);
                say(d, "|%s", row.fields[i].text);
            }
        }
        say(d, "\n");
    }
}

static void dump_text(dump *d, const char *text, size_t size)
{
    wanmi_host host;
    wm_csv *csv = NULL;
    wanmi_error error;
    d->used = 0;
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    /* A block of its own size: a byte read too far is seen by a sanitizer. */
    char *copy = malloc(size != 0 ? size : 1);
    memcpy(copy, text, size);
    wanmi_status status = wm_csv_open_memory(copy, size, "t", &host, &csv, &error);
    if (status != WANMI_OK) {
        assert_int_equal(status, WANMI_E_IO_FORMAT);
        say(d, "!! %s", error.message);
    } else {
        for (size_t i = 0; i < wm_csv_columns(csv); i++)
            say(d, "%s%s", i != 0 ? "," : "", wm_csv_column(csv, i));
        say(d, "\n");
        dump_rows(d, csv);
    }
    wm_csv_close(csv);
    free(copy);
    wm_host_drop(&host);
}

static void expect(const char *text, const char *wanted)
{
    dump d;
    dump_text(&d, text, strlen(text));
    assert_string_equal(d.text, wanted);
}

/* ---- what is read ----------------------------------------------------------------------- */

static void test_plain(void **state)
{
    (void)state;
    expect("a,b\n1,2\n3,4\n", "a,b\n1@2|1|2\n2@3|3|4\n");
    expect("a,b\n1,2", "a,b\n1@2|1|2\n");
    expect("a,b\r\n1,2\r\n3,4", "a,b\n1@2|1|2\n2@3|3|4\n");
    expect("a,b\r\n1,2\r", "a,b\n1@2|1|2\n");
    expect("a\n1\n", "a\n1@2|1\n");
    expect("a,b\n,\n", "a,b\n1@2||\n");
    expect("a,b\n", "a,b\n");
    expect("a,b", "a,b\n");
    expect("\xEF\xBB\xBF" "a,b\n1,2\n", "a,b\n1@2|1|2\n");
    expect(" a ,\tb\n 1 ,2\n", "a,b\n1@2| 1 |2\n");
    expect("编号,名称\n甲,东城区\n", "编号,名称\n1@2|甲|东城区\n");
    expect("a,b\n1,5\" pipe\n", "a,b\n1@2|1|5\" pipe\n");
    expect("a,b\n1\r,2\n", "a,b\n1@2|1\r|2\n");
}

static void test_blank_lines(void **state)
{
    (void)state;
    expect("\n\r\na,b\n\n1,2\n\r\n\n3,4\n\n", "a,b\n1@5|1|2\n2@8|3|4\n");
    expect("a\n\"\"\n\n1\n", "a\n1@2|\n2@4|1\n");
}

static void test_quotes(void **state)
{
    (void)state;
    expect("a,b\n\"1\",\"2\"\n", "a,b\n1@2|1|2\n");
    expect("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "a,b\n1@2|x,y|say \"hi\"\n");
    expect("a,b\n\"x\ny\r\nz\",2\n3,4\n", "a,b\n1@2|x\ny\r\nz|2\n2@5|3|4\n");
    expect("a,b\n\"\",\"\"\"\"\n", "a,b\n1@2||\"\n");
    expect("a,b\n1,\"2\"\r\n3,\"4\"", "a,b\n1@2|1|2\n2@3|3|4\n");
    expect("a,b\n1,\"2\"\r", "a,b\n1@2|1|2\n");
    expect("\"a,1\",\"b\nc\"\n1,2\n", "a,1,b\nc\n1@3|1|2\n");
}

static void test_refused(void **state)
{
    (void)state;
    expect("a,b\n1\n1,2,3\n5,6\n", "a,b\n"
           "1@2 ! t: row 1: line 2: 1 fields where the header has 2\n"
           "2@3 ! t: row 2: line 3: 3 fields where the header has 2\n3@4|5|6\n");
    expect("a,b\n\xFF,2\n\xC0\x80,1\n\xED\xA0\x80,1\n\xF5\x80\x80\x80,1\n\xE4\xB8,1\n5,6\n", "a,b\n"
           "1@2 ! t: row 1: line 2: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n2@3 ! t: row 2: line 3: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n"
           "3@4 ! t: row 3: line 4: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n4@5 ! t: row 4: line 5: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n"
           "5@6 ! t: row 5: line 6: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n6@7|5|6\n");
    expect("a,b\n\"1\"x,2\n5,6\n", "a,b\n1@2 ! t: row 1: line 2: has text behind a closing quote\n2@3|5|6\n");
    expect("a,b\n\"1\"\rx,2\n5,6\n",
           "a,b\n1@2 ! t: row 1: line 2: has text behind a closing quote\n2@3|5|6\n");
}

static void test_nul(void **state)
{
    static const char text[] = "a,b\n1\0,2\n5,6\n", head[] = "a\0,b\n1,2\n";
    dump d;
    (void)state;
    dump_text(&d, text, sizeof text - 1);
    assert_string_equal(d.text, "a,b\n1@2 ! t: row 1: line 2: is not UTF-8 text or has a NUL byte (a file in another encoding: convert it, iconv -f GB18030 -t UTF-8)\n2@3|5|6\n");
    dump_text(&d, head, sizeof head - 1);
    assert_non_null(strstr(d.text, "!! t: the header line is not UTF-8 text"));
}

/* One lost quote costs one row, wherever it stands. */
static void test_open_quote(void **state)
{
    (void)state;
    expect("a,b\n1,\"2\n3,4\n5,6\n",
           "a,b\n1@2 ! t: row 1: line 2: has a quote that is never closed\n2@3|3|4\n3@4|5|6\n");
    expect("a,b\n1,2\n3,\"4", "a,b\n1@2|1|2\n2@3 ! t: row 2: line 3: has a quote that is never closed\n");
    expect("a,b\n1,\"2\n\"3\",4\n5,6\n",
           "a,b\n1@2 ! t: row 1: line 2: has text behind a closing quote\n2@3|3|4\n3@4|5|6\n");
}

static void test_header(void **state)
{
    (void)state;
    expect("", "!! t: is empty: no header line");
    expect("\n \n", "\n"); /* a column without a name: nobody asks for it */
    expect("\r\n\r", "!! t: is empty: no header line");
    expect("\xEF\xBB\xBF", "!! t: is empty: no header line");
    expect("a,\"b\n1,2\n", "!! t: the header line has a quote that is not closed");
    dump d;
    dump_text(&d, "\xB1\xE0\xBA\xC5,b\n", 7); /* GB 18030 */
    assert_non_null(strstr(d.text, "iconv -f GB18030"));
}

/* ---- long lines --------------------------------------------------------------------------- */

/* A row of `length` bytes with its line end, between two others. */
static void check_length(size_t length, bool quoted, bool taken)
{
    wanmi_host host;
    wm_csv *csv = NULL;
    wm_csv_row row;
    wanmi_error error;
    char *text = malloc(length + 100);
    size_t head = (size_t)sprintf(text, "a,b\n1,2\n");
    memset(text + head, 'x', length);
    if (quoted) {
        memset(text + head + 1, '\n', 9);
        text[head] = '"';
        text[head + length - 4] = '"';
    }
    text[head + length - 3] = ',';
    text[head + length - 1] = '\n';
    size_t size = head + length + (size_t)sprintf(text + head + length, "5,6\n");
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_csv_open_memory(text, size, "t", &host, &csv, &error), WANMI_OK);
    assert_int_equal(wm_csv_next(csv, false, &row, &error), WANMI_OK);
    wanmi_status status = wm_csv_next(csv, false, &row, &error);
    assert_int_equal(row.row, 2);
    assert_int_equal(row.line, 3);
    assert_int_equal(status, taken ? WANMI_OK : WANMI_E_IO_ROW);
    if (taken)
        assert_int_equal(row.fields[0].length, length - (quoted ? 5 : 3));
    else if (!quoted)
        assert_string_equal(error.message, "t: row 2: line 3: is longer than 1 MiB");
    /* Behind a quoted one the reading goes on at the next line of the file. */
    wanmi_status last = WANMI_OK;
    while ((status = wm_csv_next(csv, false, &row, &error)) != WANMI_END)
        last = status;
    assert_int_equal(last, WANMI_OK);
    assert_int_equal(row.line, quoted ? 13 : 4);
    wm_csv_close(csv);
    wm_host_drop(&host);
    free(text);
}

static void test_long_lines(void **state)
{
    (void)state;
    check_length(10000, false, true);
    check_length(10000, true, true);
    check_length(WM_LINE_MAX, false, true);
    check_length(WM_LINE_MAX, true, true);
    check_length(WM_LINE_MAX + 1, false, false);
    check_length(WM_LINE_MAX + 1, true, false);
    check_length(5 * WM_LINE_MAX, false, false);
    check_length(5 * WM_LINE_MAX, true, false);
}

static void test_long_header(void **state)
{
    dump d;
    (void)state;
    char *text = malloc(2 * WM_LINE_MAX);
    memset(text, 'x', 2 * WM_LINE_MAX);
    dump_text(&d, text, 2 * WM_LINE_MAX);
    assert_string_equal(d.text, "!! t: the header line is longer than 1 MiB");
    free(text);
}

/* Quotes that open at every line's end: each row scans a whole window for
 * nothing, so that without a limit this would take minutes. */
static void test_hostile_quotes(void **state)
{
    (void)state;
    enum { LINES = 2000000 };
    static const char line[] = "a\",\"x\n";
    wanmi_host host;
    wm_csv *csv = NULL;
    wm_csv_row row;
    wanmi_error error;
    wanmi_status status;
    size_t size = 4, rows = 0;
    char *text = malloc(size + LINES * (sizeof line - 1));
    memcpy(text, "a,b\n", size);
    for (int i = 0; i < LINES; i++, size += sizeof line - 1)
        memcpy(text + size, line, sizeof line - 1);
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_csv_open_memory(text, size, "t", &host, &csv, &error), WANMI_OK);
    while ((status = wm_csv_next(csv, false, &row, &error)) != WANMI_END) {
        assert_int_equal(status, WANMI_E_IO_ROW);
        rows++;
    }
    assert_true(rows > 0);
    wm_csv_close(csv);
    wm_host_drop(&host);
    free(text);
}

/* ---- columns, files, memory ------------------------------------------------------------------ */

static void test_find(void **state)
{
    static const char text[] = "a,b,a\n";
    wanmi_host host;
    wm_csv *csv = NULL;
    wanmi_error error;
    ptrdiff_t column = 7;
    (void)state;
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_csv_open_memory(text, sizeof text - 1, "t", &host, &csv, &error), WANMI_OK);
    assert_int_equal(wm_csv_find(csv, "b", true, &column, &error), WANMI_OK);
    assert_int_equal(column, 1);
    assert_int_equal(wm_csv_find(csv, "a", false, &column, &error), WANMI_E_IO_COLUMN);
    assert_string_equal(error.message, "t: the header has this column twice: 'a'");
    assert_int_equal(wm_csv_find(csv, "c", true, &column, &error), WANMI_E_IO_COLUMN);
    assert_string_equal(error.message, "t: the header (a, b, a) has no such column: 'c'");
    assert_int_equal(column, 1);
    assert_int_equal(wm_csv_find(csv, "c", false, &column, &error), WANMI_OK);
    assert_int_equal(column, -1);
    wm_csv_close(csv);
    wm_host_drop(&host);
}

static void test_keep(void **state)
{
    enum { ROWS = 300000 };
    wanmi_host host;
    wm_csv *csv = NULL;
    wm_csv_row row;
    wanmi_error error;
    char *text = malloc(16 * ROWS), expected[16];
    const char *kept[ROWS];
    size_t size = (size_t)sprintf(text, "a\n"), count = 0, total = 0;
    (void)state;
    for (int i = 0; i < ROWS; i++)
        size += (size_t)sprintf(text + size, "%d\n", i);
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_csv_open_memory(text, size, "t", &host, &csv, &error), WANMI_OK);
    for (wanmi_status status = WANMI_OK; status != WANMI_END;) {
        status = wm_csv_next(csv, count != 0, &row, &error);
        if (status == WANMI_OK) {
            kept[count++] = row.fields[0].text;
            continue;
        }
        for (size_t i = 0; i < count; i++) {
            sprintf(expected, "%d", (int)(total + i));
            assert_string_equal(kept[i], expected);
        }
        total += count;
        count = 0;
    }
    assert_int_equal(total, ROWS);
    wm_csv_close(csv);
    wm_host_drop(&host);
    free(text);
}

static void test_files(void **state)
{
    wanmi_host host;
    wm_csv *csv = NULL;
    wanmi_error error;
    (void)state;
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_csv_open("/nowhere/x.csv", &host, &csv, &error), WANMI_E_IO_OPEN);
    assert_string_equal(error.file, "/nowhere/x.csv");
    assert_int_equal(wm_csv_open("/tmp", &host, &csv, &error), WANMI_E_IO_OPEN);
    assert_int_equal(wm_csv_open("/nowhere/x.csv.gz", &host, &csv, &error), WANMI_E_IO_OPEN);
    assert_null(csv);
    wm_host_drop(&host);
}

static wanmi_status work(const wanmi_host *given, void *user)
{
    static const char text[] = "a,b\n1,2\n";
    wanmi_host host;
    wm_csv *csv = NULL;
    wm_csv_row row;
    wanmi_status status = wm_host_copy(&host, given, NULL);
    (void)user;
    if (status != WANMI_OK)
        return status;
    status = wm_csv_open_memory(text, sizeof text - 1, "t", &host, &csv, NULL);
    if (status == WANMI_OK)
        status = wm_csv_next(csv, false, &row, NULL);
    wm_csv_close(csv);
    wm_host_drop(&host);
    return status;
}

static void test_memory_fails(void **state)
{
    (void)state;
    assert_true(test_fail_each(work, NULL) > 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain), cmocka_unit_test(test_blank_lines),
        cmocka_unit_test(test_quotes), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul), cmocka_unit_test(test_open_quote),
        cmocka_unit_test(test_header), cmocka_unit_test(test_long_lines),
        cmocka_unit_test(test_long_header), cmocka_unit_test(test_hostile_quotes),
        cmocka_unit_test(test_find), cmocka_unit_test(test_keep),
        cmocka_unit_test(test_files), cmocka_unit_test(test_memory_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
