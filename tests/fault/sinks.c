/* The file sink on a disk that fails, and both sinks without memory, descriptors
 * and processes. The system's calls are replaced in this program, so that any one
 * of them can be made to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"
#include "sinks.h"
#include "support.h"

/* What the disk does. Each `..._left` counts calls that still work; -1: all do. */
static struct {
    int64_t room;               /* bytes that still go on it; -1: any number */
    int64_t chop;               /* a write writes no more than so many bytes; 0: all */
    int syncs_left, cuts_left, renames_left, opens_left, spawns_left;
    bool interrupts;            /* every second call is interrupted */
    int calls;
} disk;

static void disk_works(void)
{
    memset(&disk, -1, sizeof disk);
    disk.chop = 0;
    disk.interrupts = false;
}

static bool allowed(int *left)
{
    if (*left == 0)
        return false;
    *left -= *left > 0;
    return true;
}

#define VISIBLE __attribute__((visibility("default")))

static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static bool interrupted(void)
{
    if (!disk.interrupts || disk.calls++ % 2 == 1)
        return false;
    errno = EINTR;
    return true;
}

VISIBLE ssize_t write(int to, const void *bytes, size_t size)
{
    ssize_t (*call)(int, const void *, size_t);
    *(void **)&call = real("write");
    struct stat s;
    if (fstat(to, &s) != 0 || !S_ISREG(s.st_mode))
        return call(to, bytes, size);
    if (interrupted())
        return -1;
    if (disk.chop != 0 && (int64_t)size > disk.chop)
        size = (size_t)disk.chop;
    if (disk.room == 0) {
        errno = ENOSPC;
        return -1;
    }
    if (disk.room > 0 && (int64_t)size > disk.room)
        size = (size_t)disk.room;
    disk.room -= disk.room > 0 ? (int64_t)size : 0;
    return call(to, bytes, size);
}

VISIBLE int fdatasync(int of)
{
    if (interrupted())
        return -1;
    if (!allowed(&disk.syncs_left)) {
        errno = EIO;
        return -1;
    }
    return fsync(of);
}

VISIBLE int ftruncate(int of, off_t size)
{
    int (*call)(int, off_t);
    *(void **)&call = real("ftruncate64");
    if (interrupted())
        return -1;
    if (!allowed(&disk.cuts_left)) {
        errno = EIO;
        return -1;
    }
    return call(of, size);
}

VISIBLE int rename(const char *from, const char *to)
{
    int (*call)(const char *, const char *);
    *(void **)&call = real("rename");
    if (!allowed(&disk.renames_left)) {
        errno = EACCES;
        return -1;
    }
    return call(from, to);
}

VISIBLE int open(const char *path, int flags, ...)
{
    int (*call)(const char *, int, ...);
    *(void **)&call = real("open64");
    va_list arguments;
    va_start(arguments, flags);
    int mode = (flags & O_CREAT) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    if ((flags & O_CREAT) != 0 && !allowed(&disk.opens_left)) {
        errno = EMFILE;
        return -1;
    }
    return call(path, flags, mode);
}

VISIBLE int posix_spawnp(pid_t *number, const char *file, const posix_spawn_file_actions_t *actions,
                         const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
    int (*call)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
                char *const[], char *const[]);
    *(void **)&call = real("posix_spawnp");
    if (!allowed(&disk.spawns_left))
        return EAGAIN;
    return call(number, file, actions, attributes, arguments, environment);
}

/* ---- files ---------------------------------------------------------------------------------- */

enum { COUNT = 40 };

static char path[256];

static const char *fresh(void)
{
    static int number;
    char folder[200];
    snprintf(folder, sizeof folder, "%s/fault%d", test_folder(), number++);
    assert_int_equal(mkdir(folder, 0700), 0);
    snprintf(path, sizeof path, "%s/out", folder);
    disk_works();
    return path;
}

static wanmi_file_sink *open_file(wanmi_sync sync, uint64_t rotate_bytes)
{
    wanmi_file_options o;
    wanmi_file_options_init(&o);
    o.path = fresh();
    o.sync = sync;
    o.rotate_bytes = rotate_bytes;
    wanmi_file_sink *sink = NULL;
    assert_int_equal(wanmi_file_sink_open(&o, NULL, &sink, NULL), WANMI_OK);
    return sink;
}

static wanmi_file_figures figures_of(wanmi_file_sink *sink)
{
    wanmi_file_figures f;
    wanmi_file_figures_init(&f);
    assert_int_equal(wanmi_file_sink_figures(sink, &f, NULL), WANMI_OK);
    return f;
}

/* All files of this path. */
static test_seen seen_in_all(void)
{
    test_seen seen;
    char name[300];
    test_seen_init(&seen, COUNT);
    for (int i = 1; i < 1000; i++) {
        snprintf(name, sizeof name, "%s.%06d", path, i);
        if (!test_seen_add(&seen, name))
            break;
    }
    test_seen_add(&seen, path);
    return seen;
}

static void check_each_once(size_t spoilt)
{
    test_seen seen = seen_in_all();
    assert_int_equal(seen.spoilt, spoilt);
    assert_true(seen.in_order);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen.times[i], 1);
    test_seen_drop(&seen);
}

/* One batch of all; gives how many were delivered. The outcomes must be what is in
 * the files: delivered ones first, in order, then only `rest`. */
static size_t one_batch(wanmi_file_sink *sink, uint8_t rest)
{
    wanmi_delivery deliveries[COUNT];
    uint32_t keys[COUNT];
    uint8_t outcomes[COUNT];
    test_deliveries(deliveries, keys, COUNT, 0);
    memset(outcomes, WANMI_DELIVERED, sizeof outcomes);
    wanmi_file_sink_deliver(sink, deliveries, COUNT, outcomes);
    size_t delivered = 0;
    while (delivered < COUNT && outcomes[delivered] == WANMI_DELIVERED)
        delivered++;
    for (size_t i = delivered; i < COUNT; i++)
        assert_int_equal(outcomes[i], rest);
    return delivered;
}

/* The disk is full after every number of bytes; then there is room again. */
static void test_full_disk(void **state)
{
    (void)state;
    for (int64_t room = 0; room < 12000; room += 53) {
        wanmi_file_sink *sink = open_file(WANMI_SYNC_NEVER, room % 2 != 0 ? 3000 : 0);
        disk.room = room;
        disk.chop = room % 3 == 0 ? 100 : 0;
        disk.interrupts = room % 5 == 0;
        size_t delivered = one_batch(sink, WANMI_RETRY);
        test_seen seen = seen_in_all();
        assert_int_equal(seen.lines, delivered);
        assert_int_equal(seen.spoilt, 0);
        assert_int_equal(figures_of(sink).failures, delivered < COUNT);
        test_seen_drop(&seen);
        disk.room = -1;
        test_handed h = test_hand(wanmi_file_sink_deliver, sink, delivered, COUNT - delivered, 7, 0, 100);
        assert_int_equal(h.delivered, COUNT - delivered);
        wanmi_file_sink_close(sink);
        check_each_once(0);
    }
}

/* What was begun of a line cannot be cut off: it is one spoilt line, no more. */
static void test_full_disk_that_cannot_be_cut(void **state)
{
    (void)state;
    size_t torn = 0;
    for (int64_t room = 1; room < 2000; room += 37) {
        wanmi_file_sink *sink = open_file(WANMI_SYNC_NEVER, 0);
        disk.room = room;
        disk.cuts_left = 0;
        size_t delivered = one_batch(sink, WANMI_RETRY);
        assert_true(delivered < COUNT);
        assert_int_equal(one_batch(sink, WANMI_RETRY), 0);      /* not even the line feed fits */
        disk.room = -1;
        test_handed h = test_hand(wanmi_file_sink_deliver, sink, delivered, COUNT - delivered, 7, 0, 100);
        assert_int_equal(h.delivered, COUNT - delivered);
        wanmi_file_sink_close(sink);
        test_seen seen = seen_in_all();
        torn += seen.spoilt;
        assert_true(seen.spoilt <= 1);
        test_seen_drop(&seen);
        check_each_once(seen.spoilt);
    }
    assert_true(torn > 40);
}

/* The disk does not confirm: nothing is called delivered, and repeats are marked. */
static void test_no_sync(void **state)
{
    (void)state;
    for (int syncs = 0; syncs < 3; syncs++)
        for (int cuts = -1; cuts < 1; cuts++) {
            wanmi_file_sink *sink = open_file(WANMI_SYNC_BATCH, 3000);
            disk.syncs_left = syncs;
            disk.cuts_left = cuts;
            size_t delivered = 0, unknown = 0;
            wanmi_delivery deliveries[COUNT];
            uint32_t keys[COUNT];
            uint8_t outcomes[COUNT];
            test_deliveries(deliveries, keys, COUNT, 0);
            wanmi_file_sink_deliver(sink, deliveries, COUNT, outcomes);
            while (delivered < COUNT && outcomes[delivered] == WANMI_DELIVERED)
                delivered++;
            while (delivered + unknown < COUNT && outcomes[delivered + unknown] == WANMI_UNKNOWN)
                unknown++;
            for (size_t i = delivered + unknown; i < COUNT; i++)
                assert_int_equal(outcomes[i], WANMI_RETRY);
            assert_true(unknown > 0 && unknown < 20);       /* of one file */
            assert_true((delivered > 0) == (syncs > 0));
            assert_int_equal(figures_of(sink).unknown, unknown);
            disk_works();
            for (size_t i = delivered; i < COUNT; i++)
                deliveries[i].flags = i < delivered + unknown ? WANMI_DELIVERY_REPEAT : 0;
            wanmi_file_sink_deliver(sink, deliveries + delivered, COUNT - delivered, outcomes);
            for (size_t i = 0; i < COUNT - delivered; i++)
                assert_int_equal(outcomes[i], WANMI_DELIVERED);
            wanmi_file_sink_close(sink);
            test_seen seen = seen_in_all();
            for (size_t i = 0; i < COUNT; i++) {
                bool doubtful = i >= delivered && i < delivered + unknown;
                assert_int_equal(seen.times[i], doubtful && cuts == 0 ? 2 : 1);
                assert_int_equal(seen.times[i] - seen.plain[i], doubtful);
            }
            test_seen_drop(&seen);
        }
}

/* Written before the disk filled, and not confirmed either: not delivered. */
static void test_full_and_no_sync(void **state)
{
    (void)state;
    wanmi_file_sink *sink = open_file(WANMI_SYNC_BATCH, 0);
    disk.room = 2000;
    disk.syncs_left = 0;
    wanmi_delivery deliveries[COUNT];
    uint32_t keys[COUNT];
    uint8_t outcomes[COUNT];
    test_deliveries(deliveries, keys, COUNT, 0);
    wanmi_file_sink_deliver(sink, deliveries, COUNT, outcomes);
    assert_int_equal(outcomes[0], WANMI_UNKNOWN);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(outcomes[i] == WANMI_UNKNOWN || outcomes[i] == WANMI_RETRY);
    assert_int_equal(outcomes[COUNT - 1], WANMI_RETRY);
    wanmi_file_sink_close(sink);
}

/* A file that cannot be renamed is gone on with; renamed as soon as it can be. */
static void test_no_rename(void **state)
{
    (void)state;
    wanmi_file_sink *sink = open_file(WANMI_SYNC_CLOSE, 1500);
    disk.renames_left = 0;
    test_handed h = test_hand(wanmi_file_sink_deliver, sink, 0, 20, 20, 0, 10);
    assert_int_equal(h.delivered, 20);
    assert_int_equal(h.batches, 1);
    assert_int_equal(figures_of(sink).rotations, 0);
    assert_int_equal(figures_of(sink).rotations_failed, 1);
    disk_works();
    h = test_hand(wanmi_file_sink_deliver, sink, 20, 20, 20, 0, 10);
    assert_int_equal(h.delivered, 20);
    assert_true(figures_of(sink).rotations > 1);
    wanmi_file_sink_close(sink);
    check_each_once(0);
}

/* Renamed, and then no new one: refused until there is one. */
static void test_no_new_file(void **state)
{
    (void)state;
    for (int opens = 0; opens < 5; opens++) {
        wanmi_file_sink *sink = open_file(WANMI_SYNC_BATCH, 1500);
        disk.opens_left = opens;
        size_t delivered = one_batch(sink, WANMI_RETRY);
        assert_true(delivered > 0 && delivered < COUNT);
        assert_int_equal(one_batch(sink, WANMI_RETRY), 0);
        disk_works();
        test_handed h = test_hand(wanmi_file_sink_deliver, sink, delivered, COUNT - delivered, 9, 0, 100);
        assert_int_equal(h.delivered, COUNT - delivered);
        wanmi_file_sink_close(sink);
        check_each_once(0);
    }
}

/* Letters that are not written are not counted as written. */
static void test_letters_on_a_full_disk(void **state)
{
    (void)state;
    wanmi_file_sink *sink = open_file(WANMI_SYNC_NEVER, 0);
    wanmi_dead_letter letters[600];
    memset(letters, 0, sizeof letters);
    for (size_t i = 0; i < 600; i++)
        letters[i].delivery.event_id = i;
    disk.room = 100000;
    size_t written = wanmi_file_sink_letters(sink, letters, 600);
    assert_true(written > 256 && written < 600);
    size_t size, lines = 0;
    char *text = test_read_file(path, &size);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    assert_int_equal(lines, written);
    assert_int_equal(text[size - 1], '\n');
    free(text);
    disk.room = 0;
    assert_int_equal(wanmi_file_sink_letters(sink, letters, 600), 0);
    wanmi_file_sink_close(sink);
}

/* ---- memory, descriptors, processes ------------------------------------------------------------ */

static wanmi_status file_life(const wanmi_host *host, void *user)
{
    (void)user;
    wanmi_file_options o;
    wanmi_file_options_init(&o);
    o.path = path;
    wanmi_file_sink *sink = NULL;
    wanmi_status status = wanmi_file_sink_open(&o, host, &sink, NULL);
    if (status == WANMI_OK)
        assert_int_equal(test_hand(wanmi_file_sink_deliver, sink, 0, 5, 5, 0, 5).delivered, 5);
    wanmi_file_sink_close(sink);
    return status;
}

static wanmi_status pipe_life(const wanmi_host *host, void *user)
{
    (void)user;
    static const char *const arguments[] = {"cat", "-u", NULL};
    wanmi_pipe_options o;
    wanmi_pipe_options_init(&o);
    o.arguments = arguments;
    wanmi_pipe_sink *sink = NULL;
    wanmi_status status = wanmi_pipe_sink_open(&o, host, &sink, NULL);
    if (status == WANMI_OK)
        assert_int_equal(test_hand(wanmi_pipe_sink_deliver, sink, 0, 5, 5, 0, 5).delivered, 5);
    wanmi_pipe_sink_close(sink);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    fresh();
    assert_true(test_fail_each(file_life, NULL) >= 4);
    assert_true(test_fail_each(pipe_life, NULL) >= 5);
}

/* At opening it is said; later the process is tried again. */
static void test_no_process(void **state)
{
    (void)state;
    fresh();
    static const char *const arguments[] = {"sh", "-c", "read -r l", NULL};
    wanmi_pipe_options o;
    wanmi_pipe_options_init(&o);
    o.arguments = arguments;
    o.restart_base_us = 1000;
    o.restart_max_us = 4000;
    wanmi_pipe_sink *sink = NULL;
    wanmi_error error;
    disk.spawns_left = 0;
    assert_int_equal(wanmi_pipe_sink_open(&o, NULL, &sink, &error), WANMI_E_SYSTEM);
    assert_null(sink);
    disk.spawns_left = 1;
    assert_int_equal(wanmi_pipe_sink_open(&o, NULL, &sink, &error), WANMI_OK);
    test_handed h = test_hand(wanmi_pipe_sink_deliver, sink, 0, 10, 1, 2000, 20);
    assert_true(h.delivered <= 1 && h.retries >= 18);
    disk.spawns_left = -1;
    h = test_hand(wanmi_pipe_sink_deliver, sink, 0, 10, 1, 2000, 2000);
    assert_int_equal(h.delivered, 10);
    wanmi_pipe_figures f;
    wanmi_pipe_figures_init(&f);
    assert_int_equal(wanmi_pipe_sink_figures(sink, &f, NULL), WANMI_OK);
    assert_true(f.starts_failed >= 5);
    wanmi_pipe_sink_close(sink);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_full_disk_that_cannot_be_cut),
        cmocka_unit_test(test_no_sync),
        cmocka_unit_test(test_full_and_no_sync),
        cmocka_unit_test(test_no_rename),
        cmocka_unit_test(test_no_new_file),
        cmocka_unit_test(test_letters_on_a_full_disk),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_process),
    };
    disk_works();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
