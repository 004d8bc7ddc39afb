/* The file sink: its lines, its files, and what others do to them. What a disk does
 * is in fault/sinks.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "sinks.h"
#include "support.h"

static char path[256];
static _Atomic int64_t clock_us = INT64_C(1795300000000000);   /* of the host; some instant of 2026 */

static int64_t now(void *user)
{
    (void)user;
    return clock_us;
}

static wanmi_host clock_host(void)
{
    wanmi_host host;
    wanmi_host_init(&host);
    host.clock.now_us = now;
    return host;
}

/* A fresh path in a fresh folder. */
static const char *fresh(void)
{
    static int number;
    char folder[200];
    snprintf(folder, sizeof folder, "%s/file%d", test_folder(), number++);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/out.ndjson", folder);
    return path;
}

static wanmi_file_options options_of(const char *file)
{
    wanmi_file_options o;
    wanmi_file_options_init(&o);
    o.path = file;
    return o;
}

static wanmi_file_sink *open_with(const wanmi_file_options *o)
{
    wanmi_file_sink *sink = NULL;
    wanmi_host host = clock_host();
    wanmi_error error;
    if (wanmi_file_sink_open(o, &host, &sink, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return sink;
}

static wanmi_file_figures figures_of(wanmi_file_sink *sink)
{
    wanmi_file_figures f;
    wanmi_file_figures_init(&f);
    assert_int_equal(wanmi_file_sink_figures(sink, &f, NULL), WANMI_OK);
    return f;
}

/* All must be taken at once. */
static void hand(wanmi_file_sink *sink, uint64_t first, size_t count, size_t batch)
{
    test_handed h = test_hand(wanmi_file_sink_deliver, sink, first, count, batch, 0, 1000000);
    assert_int_equal(h.delivered, count);
    assert_int_equal(h.retries + h.unknown + h.dead, 0);
}

static size_t lines_in(const char *file)
{
    size_t size, lines = 0;
    char *text = test_read_file(file, &size);
    if (text == NULL)
        return SIZE_MAX;
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    free(text);
    return lines;
}

static const char *rotated(int number)
{
    static char name[300];
    snprintf(name, sizeof name, "%s.%06d", path, number);
    return name;
}

static size_t files_beside(void)
{
    char folder[256];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    DIR *open = opendir(folder);
    assert_non_null(open);
    size_t count = 0;
    for (const struct dirent *e; (e = readdir(open)) != NULL;)
        count += e->d_name[0] != '.';
    closedir(open);
    return count;
}

/* ---- lines ----------------------------------------------------------------------------- */

static void test_line(void **state)
{
    (void)state;
    wanmi_delivery d = {.event_id = 7, .user = UINT64_MAX, .time_us = INT64_C(1795327500000000),
                        .due_us = WANMI_TIME_NONE, .generation = 1, .unit = 3, .cell = WANMI_NONE, .rule = 2,
                        .class_id = 5, .source_id = WANMI_NONE, .role = 0, .tag = 0xFFFF, .priority = 5,
                        .step = WANMI_STEP_DUTY};
    static const char expected[] =
        "{\"event\":7,\"user\":18446744073709551615,\"time\":\"2026-11-22T06:05:00Z\",\"due\":null,"
        "\"generation\":1,\"unit\":3,\"cell\":null,\"rule\":2,\"class\":5,\"source\":null,\"role\":0,"
        "\"tag\":null,\"priority\":5,\"severity\":0,\"step\":\"duty\",\"copy\":false,\"repeat\":false}";
    char buffer[600];
    for (size_t size = 0; size < sizeof buffer; size++) {
        memset(buffer, '#', sizeof buffer);
        assert_int_equal(wanmi_delivery_line(NULL, &d, buffer, size), strlen(expected));
        for (size_t i = size; i < sizeof buffer; i++)
            assert_int_equal(buffer[i], '#');
        if (size >= strlen(expected))
            assert_memory_equal(buffer, expected, strlen(expected));
    }
    assert_int_equal(wanmi_delivery_line(NULL, NULL, buffer, sizeof buffer), 0);
    assert_int_equal(wanmi_delivery_line(NULL, &d, NULL, 5), 0);
    assert_int_equal(wanmi_delivery_line(NULL, &d, NULL, 0), strlen(expected));
}

/* The longest line there is keeps the header's promise. */
static void test_longest_line(void **state)
{
    (void)state;
    wanmi_delivery d;
    memset(&d, 0xFE, sizeof d);
    d.time_us = INT64_C(253402300799999999);
    d.due_us = INT64_C(-62135596799999999);
    d.event_id = d.user = UINT64_MAX;
    d.rule = WANMI_RULE_FALLBACK;
    d.step = WANMI_STEP_FALLBACK;
    char buffer[600];
    size_t length = wanmi_delivery_line(NULL, &d, buffer, sizeof buffer);
    assert_true(length <= 511);
    buffer[length] = '\0';
    assert_non_null(strstr(buffer, "\"rule\":\"fallback\""));
    assert_non_null(strstr(buffer, "\"copy\":false,\"repeat\":true"));
    d.rule = WANMI_RULE_OUTSIDE;
    d.flags = WANMI_DELIVERY_COPY;
    length = wanmi_delivery_line(NULL, &d, buffer, sizeof buffer);
    buffer[length] = '\0';
    assert_non_null(strstr(buffer, "\"rule\":\"outside\""));
    assert_non_null(strstr(buffer, "\"copy\":true,\"repeat\":false"));
}

/* Every fourth is none, too long, or two. */
static size_t odd_line(void *user, const wanmi_delivery *d, char *buffer, size_t size)
{
    (void)user;
    switch (d->event_id % 7) {
    case 1: return 0;
    case 2: memset(buffer, 'x', size); return size + 1;
    case 3: memcpy(buffer, "a\nb", 3); return 3;
    case 4: memset(buffer, 'x', size); return size;     /* just fits */
    default: return wanmi_delivery_line(NULL, d, buffer, size);
    }
}

static void test_refused_lines(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.line = odd_line;
    o.line_max = 1024;
    wanmi_file_sink *sink = open_with(&o);
    test_handed h = test_hand(wanmi_file_sink_deliver, sink, 0, 7000, 500, 0, 100);
    assert_int_equal(h.delivered, 4000);
    assert_int_equal(h.dead, 3000);
    wanmi_file_figures f = figures_of(sink);
    assert_int_equal(f.lines, 4000);
    assert_int_equal(f.refused, 3000);
    assert_int_equal(f.failures, 0);
    wanmi_file_sink_close(sink);
    test_seen seen;
    test_seen_init(&seen, 7000);
    assert_true(test_seen_add(&seen, path));
    assert_int_equal(seen.lines, 4000);
    assert_int_equal(seen.spoilt, 1000);        /* those of x */
    for (size_t i = 0; i < 7000; i++)
        assert_int_equal(seen.times[i], i % 7 == 0 || i % 7 > 4);
    test_seen_drop(&seen);
}

/* ---- files ------------------------------------------------------------------------------- */

static void test_appends(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.sync = WANMI_SYNC_BATCH;
    for (int round = 0; round < 3; round++) {
        wanmi_file_sink *sink = open_with(&o);
        hand(sink, (uint64_t)round * 1000, 1000, 300);
        wanmi_file_figures f = figures_of(sink);
        assert_int_equal(f.lines, 1000);
        assert_int_equal(f.syncs, 4);
        assert_int_equal(f.rotations, 0);
        wanmi_file_sink_close(sink);
    }
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    assert_int_equal(s.st_mode & 0137, 0);
    test_seen seen;
    test_seen_init(&seen, 3000);
    assert_true(test_seen_add(&seen, path));
    assert_int_equal(seen.lines, 3000);
    assert_int_equal(seen.spoilt, 0);
    assert_true(seen.in_order);
    test_seen_drop(&seen);
}

/* A process ended in the middle of a line: that one line is spoilt, no other. */
static void test_torn_end(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    test_write_file(path, "{\"event\":0,\"user\":");
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 1, 9, 4);
    wanmi_file_sink_close(sink);
    test_seen seen;
    test_seen_init(&seen, 10);
    assert_true(test_seen_add(&seen, path));
    assert_int_equal(seen.lines, 10);
    assert_int_equal(seen.spoilt, 1);
    for (size_t i = 1; i < 10; i++)
        assert_int_equal(seen.times[i], 1);
    test_seen_drop(&seen);
}

static void test_rotates_by_bytes(void **state)
{
    (void)state;
    enum { LIMIT = 20000, COUNT = 5000 };
    wanmi_file_options o = options_of(fresh());
    o.rotate_bytes = LIMIT;
    o.sync = WANMI_SYNC_CLOSE;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, COUNT / 2, 700);
    wanmi_file_sink_close(sink);
    sink = open_with(&o);                       /* numbers go on */
    hand(sink, COUNT / 2, COUNT - COUNT / 2, 700);
    size_t files = files_beside();
    wanmi_file_sink_close(sink);
    test_seen seen;
    test_seen_init(&seen, COUNT);
    for (size_t i = 1; i < files; i++) {
        struct stat s;
        assert_int_equal(stat(rotated((int)i), &s), 0);
        assert_true(s.st_size <= LIMIT && s.st_size > LIMIT - 512);
        assert_true(test_seen_add(&seen, rotated((int)i)));
    }
    assert_true(test_seen_add(&seen, path));
    assert_int_equal(seen.lines, COUNT);
    assert_true(seen.in_order);
    assert_true(files > COUNT * 200 / LIMIT);
    test_seen_drop(&seen);
}

/* One line longer than a file may be has a file of its own. */
static void test_rotates_each_line(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.rotate_bytes = 1;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 10, 10);
    assert_int_equal(figures_of(sink).rotations, 9);
    wanmi_file_sink_close(sink);
    assert_int_equal(files_beside(), 10);
    for (int i = 1; i < 10; i++)
        assert_int_equal(lines_in(rotated(i)), 1);
    assert_int_equal(lines_in(path), 1);
}

static void test_keeps_the_newest(void **state)
{
    (void)state;
    char other[300];
    wanmi_file_options o = options_of(fresh());
    static const char *const not_its[] = {".000000", ".00001", ".txt", ".000001x", "2.000001", ""};
    for (size_t i = 0; i < 5; i++) {
        snprintf(other, sizeof other, "%s%s", path, not_its[i]);
        test_write_file(other, "another's\n");
    }
    snprintf(other, sizeof other, "%s.999998", path);   /* numbers may have more digits */
    test_write_file(other, "old\n");
    o.rotate_bytes = 1;
    o.keep = 3;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 8, 3);
    wanmi_file_sink_close(sink);
    assert_int_equal(files_beside(), 5 + 3 + 1);
    assert_int_equal(lines_in(rotated(1000003)), 1);
    assert_int_equal(lines_in(rotated(1000004)), 1);
    assert_int_equal(lines_in(rotated(1000005)), 1);
}

static void test_rotates_by_time(void **state)
{
    (void)state;
    enum { HOUR = 3600 };
    wanmi_file_options o = options_of(fresh());
    o.rotate_us = INT64_C(24) * HOUR * 1000000;
    o.rotate_shift_us = INT64_C(8) * HOUR * 1000000;
    clock_us = INT64_C(1795275000000000);       /* 2026-11-21T15:30:00Z, 23:30 in China */
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 10, 5);
    clock_us += INT64_C(29) * 60 * 1000000;
    hand(sink, 10, 10, 5);
    assert_int_equal(figures_of(sink).rotations, 0);
    clock_us += INT64_C(60) * 1000000;          /* midnight */
    assert_int_equal(lines_in(path), 20);
    hand(sink, 20, 7, 7);
    assert_int_equal(figures_of(sink).rotations, 1);
    assert_int_equal(lines_in(rotated(1)), 20);
    assert_int_equal(lines_in(path), 7);
    clock_us -= INT64_C(5) * 60 * 1000000;      /* a clock set back rotates nothing */
    hand(sink, 27, 1, 1);
    clock_us += INT64_C(24) * HOUR * 1000000 - 2;
    hand(sink, 28, 1, 1);
    assert_int_equal(figures_of(sink).rotations, 1);
    clock_us += INT64_C(72) * HOUR * 1000000;   /* days without lines make no files */
    hand(sink, 29, 1, 1);
    assert_int_equal(figures_of(sink).rotations, 2);
    assert_int_equal(lines_in(rotated(2)), 9);
    wanmi_file_sink_close(sink);
    assert_int_equal(files_beside(), 3);
}

/* A period that ends while nothing comes: the lane sees it. */
static void test_rotates_while_nothing_comes(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.rotate_us = INT64_C(3600) * 1000000;
    wanmi_file_sink *sink = open_with(&o);
    wanmi_dispatch *d = NULL;
    wanmi_producer *p = NULL;
    wanmi_sink_def def;
    uint32_t number, keys[5];
    wanmi_delivery deliveries[5];
    test_deliveries(deliveries, keys, 5, 0);
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &d, NULL), WANMI_OK);
    assert_int_equal(wanmi_file_sink_def(sink, "file", &def, NULL), WANMI_OK);
    assert_int_equal(def.idle_us, 1000000);
    def.idle_us = 20000;
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &number, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_submit(p, number, deliveries, keys, 5, NULL), WANMI_OK);
    while (test_law(d).delivered != 5)
        test_nap_us(1000);
    test_nap_us(50000);
    assert_int_equal(figures_of(sink).rotations, 0);
    for (int i = 1; i <= 2; i++) {                  /* the second time it is empty */
        clock_us += o.rotate_us;
        for (int j = 0; j < 1000 && figures_of(sink).rotations == 0; j++)
            test_nap_us(10000);
        assert_int_equal(figures_of(sink).rotations, 1);
        test_nap_us(i == 2 ? 50000 : 0);
    }
    assert_int_equal(lines_in(rotated(1)), 5);
    assert_int_equal(lines_in(path), 0);
    assert_int_equal(figures_of(sink).rotations, 1);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
}

/* Asked by the host, as for dead letters; and not at all where there are no periods. */
static void test_is_told_to_look(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    wanmi_sink_def def;
    o.rotate_us = INT64_C(3600) * 1000000;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 3, 3);
    wanmi_file_sink_look(sink);
    assert_int_equal(figures_of(sink).rotations, 0);
    clock_us += o.rotate_us;
    wanmi_file_sink_look(sink);
    wanmi_file_sink_look(sink);
    assert_int_equal(figures_of(sink).rotations, 1);
    assert_int_equal(lines_in(rotated(1)), 3);
    hand(sink, 3, 2, 2);
    assert_int_equal(lines_in(path), 2);
    wanmi_file_sink_close(sink);
    o = options_of(fresh());
    sink = open_with(&o);
    assert_int_equal(wanmi_file_sink_def(sink, "file", &def, NULL), WANMI_OK);
    assert_null(def.idle);
    wanmi_file_sink_close(sink);
}

/* What was left by a run of yesterday is rotated by the first line of today. */
static void test_rotates_what_was_left(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.rotate_us = INT64_C(3600) * 1000000;
    test_write_file(path, "old\n");             /* of now, by the system's clock */
    clock_us = INT64_C(4102444800000000);       /* the year 2100 */
    wanmi_file_sink *sink = open_with(&o);
    assert_int_equal(figures_of(sink).rotations, 1);
    hand(sink, 0, 1, 1);
    wanmi_file_sink_close(sink);
    assert_int_equal(lines_in(rotated(1)), 1);
    assert_int_equal(lines_in(path), 1);
    clock_us = INT64_C(1795300000000000);
}

/* ---- what others do ------------------------------------------------------------------------ */

static void test_moved_and_shortened(void **state)
{
    (void)state;
    char moved[300];
    wanmi_file_options o = options_of(fresh());
    o.sync = WANMI_SYNC_BATCH;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 5, 5);
    snprintf(moved, sizeof moved, "%s.moved", path);
    assert_int_equal(rename(path, moved), 0);
    hand(sink, 5, 3, 3);
    assert_int_equal(lines_in(moved), 5);
    assert_int_equal(lines_in(path), 3);
    assert_int_equal(unlink(path), 0);
    hand(sink, 8, 2, 2);
    assert_int_equal(lines_in(path), 2);
    assert_int_equal(truncate(path, 0), 0);
    hand(sink, 10, 4, 4);
    assert_int_equal(lines_in(path), 4);
    assert_int_equal(truncate(path, 30), 0);    /* in the middle of a line */
    hand(sink, 14, 1, 1);
    assert_int_equal(lines_in(path), 2);
    wanmi_file_sink_close(sink);
}

static void refuses(const wanmi_file_options *o, wanmi_status expected, const char *word)
{
    wanmi_file_sink *const untouched = (wanmi_file_sink *)&expected;
    wanmi_file_sink *sink = untouched;
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_file_sink_open(o, NULL, &sink, &error), expected);
    assert_int_equal(error.status, expected);
    assert_ptr_equal(sink, untouched);
    if (strstr(error.message, word) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, word);
    assert_int_equal(wanmi_file_sink_open(o, NULL, &sink, NULL), expected);
}

static void test_refused(void **state)
{
    (void)state;
    wanmi_file_options good = options_of(fresh()), o = good;
    wanmi_file_sink *sink = open_with(&good);
    refuses(&good, WANMI_E_SYSTEM, "another");          /* one file, two sinks */
    wanmi_file_sink_close(sink);
    wanmi_file_sink_close(open_with(&good));
    wanmi_file_sink_close(NULL);
    char fifo[300];
    snprintf(fifo, sizeof fifo, "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    o.path = fifo;
    refuses(&o, WANMI_E_SYSTEM, fifo);
    o.path = test_folder();
    refuses(&o, WANMI_E_SYSTEM, test_folder());
    o.path = "/no/such/folder/out";
    refuses(&o, WANMI_E_SYSTEM, "/no/such/folder/out");
    static const char *const paths[] = {NULL, "", "/tmp/"};
    for (size_t i = 0; i < 3; i++) {
        o = good;
        o.path = paths[i];
        refuses(&o, WANMI_E_ARGUMENT, "path");
    }
    o = good, o.line_max = 1023, refuses(&o, WANMI_E_ARGUMENT, "line_max");
    o = good, o.line_max = 1048577, refuses(&o, WANMI_E_ARGUMENT, "line_max");
    o = good, o.rotate_us = -1, refuses(&o, WANMI_E_ARGUMENT, "rotate_us");
    o = good, o.sync = (wanmi_sync)3, refuses(&o, WANMI_E_ARGUMENT, "sync");
    o = good, o.mode = 01000, refuses(&o, WANMI_E_ARGUMENT, "mode");
    o = good, o.struct_size = 7, refuses(&o, WANMI_E_ARGUMENT, "init");
    o = good, o.struct_size = sizeof o + 1, refuses(&o, WANMI_E_ARGUMENT, "init");
    refuses(NULL, WANMI_E_ARGUMENT, "init");
    assert_int_equal(wanmi_file_sink_open(&good, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_file_figures f;
    wanmi_file_figures_init(&f);
    assert_int_equal(wanmi_file_sink_figures(NULL, &f, NULL), WANMI_E_ARGUMENT);
    wanmi_sink_def def;
    assert_int_equal(wanmi_file_sink_def(NULL, "x", &def, NULL), WANMI_E_ARGUMENT);
}

/* A path without a folder lies in the present one. */
static void test_plain_name(void **state)
{
    (void)state;
    char before[4096];
    assert_non_null(getcwd(before, sizeof before));
    fresh();
    *strrchr(path, '/') = '\0';
    assert_int_equal(chdir(path), 0);
    strcpy(path, "plain");
    wanmi_file_options o = options_of(path);
    o.rotate_bytes = 1;
    o.keep = 1;
    wanmi_file_sink *sink = open_with(&o);
    hand(sink, 0, 3, 3);
    wanmi_file_sink_close(sink);
    assert_int_equal(lines_in(rotated(2)), 1);
    assert_int_equal(lines_in(rotated(1)), SIZE_MAX);
    assert_int_equal(chdir(before), 0);
}

/* ---- dead letters --------------------------------------------------------------------------- */

static void test_dead_letters(void **state)
{
    (void)state;
    wanmi_file_options o = options_of(fresh());
    o.line = odd_line;                  /* letters are written even where no line can be made */
    o.line_max = 1024;
    wanmi_file_sink *sink = open_with(&o);
    wanmi_dead_letter letters[700];
    uint32_t keys[700];
    wanmi_delivery deliveries[700];
    test_deliveries(deliveries, keys, 700, 0);
    for (size_t i = 0; i < 700; i++)
        letters[i] = (wanmi_dead_letter){.delivery = deliveries[i], .first_seen_us = 1, .dead_us = 1000000,
                                         .sink = 3, .sink_name = i == 0 ? "\"ar\\chive\" \xe6\xa1\xa3" : NULL,
                                         .attempts = 8, .reason = WANMI_REASON_ATTEMPTS};
    assert_int_equal(wanmi_file_sink_letters(sink, letters, 700), 700);
    assert_int_equal(wanmi_file_sink_letters(sink, letters, 0), 0);
    assert_int_equal(figures_of(sink).lines, 700);
    wanmi_file_sink_close(sink);
    char *text = test_read_file(path, NULL);
    static const char head[] = "{\"reason\":\"attempts\",\"attempts\":8,\"first_seen\":\"1970-01-01T00:00:00.000001Z\","
                               "\"dead\":\"1970-01-01T00:00:01Z\",\"sink\":3,\"sink_name\":\"\\\"ar\\\\chive\\\" \xe6\xa1\xa3\","
                               "\"delivery\":{\"event\":0,";
    assert_memory_equal(text, head, strlen(head));
    assert_non_null(strstr(text, "\"sink\":3,\"sink_name\":null,\"delivery\":{\"event\":1,"));
    size_t lines = 0;
    for (char *line = text, *end; *line != '\0'; line = end + 1, lines++) {
        end = strchr(line, '\n');
        assert_memory_equal(end - 2, lines % 7 == 4 ? "x}" : "}}", 2);
    }
    assert_int_equal(lines, 700);
    free(text);
}

/* ---- in a dispatch ------------------------------------------------------------------------------ */

static void test_in_a_dispatch(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    char dead_path[300];
    wanmi_file_options o = options_of(fresh()), dead = o;
    snprintf(dead_path, sizeof dead_path, "%s.dead", path);
    dead.path = dead_path;
    o.rotate_bytes = 300000;
    o.line = odd_line;
    o.line_max = 1024;
    wanmi_file_sink *sink = open_with(&o), *letters = open_with(&dead);
    wanmi_dispatch_options d_options;
    wanmi_dispatch_options_init(&d_options);
    d_options.dead = wanmi_file_sink_letters;
    d_options.dead_user = letters;
    d_options.ring_capacity = 1 << 16;
    d_options.dead_capacity = 1 << 16;
    wanmi_dispatch *d = NULL;
    wanmi_producer *p = NULL;
    wanmi_sink_def def;
    uint32_t number;
    uint64_t left;
    assert_int_equal(wanmi_dispatch_create(&d_options, NULL, &d, NULL), WANMI_OK);
    assert_int_equal(wanmi_file_sink_def(sink, "file", &def, NULL), WANMI_OK);
    def.lanes = 3;                      /* they take turns */
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &number, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    wanmi_delivery *deliveries = malloc(COUNT * sizeof *deliveries);
    uint32_t *keys = malloc(COUNT * sizeof *keys);
    test_deliveries(deliveries, keys, COUNT, 0);
    for (size_t i = 0; i < COUNT; i += 500)
        assert_int_equal(wanmi_producer_submit(p, number, deliveries + i, keys + i, 500, NULL), WANMI_OK);
    test_law(d);
    assert_int_equal(wanmi_dispatch_drain(d, 20000000, &left, NULL), WANMI_OK);
    wanmi_tally tally = test_law(d);
    assert_int_equal(tally.accepted, COUNT);
    assert_int_equal(tally.dead_unwritten, 0);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);
    wanmi_file_sink_close(letters);
    size_t lines = lines_in(path);
    for (int i = 1; lines_in(rotated(i)) != SIZE_MAX; i++)
        lines += lines_in(rotated(i));
    assert_int_equal(lines, tally.delivered);
    assert_int_equal(lines_in(dead_path), tally.dead);
    size_t refused = 0;
    for (size_t i = 0; i < COUNT; i++)
        refused += i % 7 >= 1 && i % 7 <= 3;
    assert_int_equal(tally.dead, refused);
    free(deliveries);
    free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line),
        cmocka_unit_test(test_longest_line),
        cmocka_unit_test(test_refused_lines),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_torn_end),
        cmocka_unit_test(test_rotates_by_bytes),
        cmocka_unit_test(test_rotates_each_line),
        cmocka_unit_test(test_keeps_the_newest),
        cmocka_unit_test(test_rotates_by_time),
        cmocka_unit_test(test_rotates_while_nothing_comes),
        cmocka_unit_test(test_is_told_to_look),
        cmocka_unit_test(test_rotates_what_was_left),
        cmocka_unit_test(test_moved_and_shortened),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_plain_name),
        cmocka_unit_test(test_dead_letters),
        cmocka_unit_test(test_in_a_dispatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
