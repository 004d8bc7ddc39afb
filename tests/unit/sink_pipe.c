/* The pipe sink: processes that work, crash, hang, babble and go away. Each test's
 * process writes what it took to a file, which is then compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "sinks.h"
#include "support.h"

static char path[256];

static const char *fresh(void)
{
    static int number;
    snprintf(path, sizeof path, "%s/pipe%d", test_folder(), number++);
    return path;
}

static int64_t steady_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A shell with a script, whose $1 is the path. */
static wanmi_pipe_options shell(const char **arguments, const char *script)
{
    wanmi_pipe_options o;
    wanmi_pipe_options_init(&o);
    arguments[0] = "sh";
    arguments[1] = "-c";
    arguments[2] = script;
    arguments[3] = "sh";
    arguments[4] = path;
    arguments[5] = NULL;
    o.arguments = arguments;
    o.restart_base_us = 1000;
    o.restart_max_us = 20000;
    return o;
}

static wanmi_pipe_sink *open_with(const wanmi_pipe_options *o)
{
    wanmi_pipe_sink *sink = NULL;
    wanmi_error error;
    if (wanmi_pipe_sink_open(o, NULL, &sink, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return sink;
}

static wanmi_pipe_figures figures_of(wanmi_pipe_sink *sink)
{
    wanmi_pipe_figures f;
    wanmi_pipe_figures_init(&f);
    assert_int_equal(wanmi_pipe_sink_figures(sink, &f, NULL), WANMI_OK);
    return f;
}

static test_handed hand(wanmi_pipe_sink *sink, uint64_t first, size_t count, size_t batch)
{
    test_handed h = test_hand(wanmi_pipe_sink_deliver, sink, first, count, batch, 500, 100000);
    wanmi_pipe_figures f = figures_of(sink);
    assert_int_equal(h.delivered + h.dead, count);
    assert_int_equal(f.unknown, h.unknown);
    return h;
}

/* How many descriptors this process has. */
static int descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static test_seen seen_in(size_t count)
{
    test_seen seen;
    test_seen_init(&seen, count);
    assert_true(test_seen_add(&seen, path));
    return seen;
}

/* ---- a process that works ------------------------------------------------------------------ */

static void test_reads_all(void **state)
{
    (void)state;
    enum { COUNT = 20000 };
    const char *arguments[6];
    fresh();
    int before = descriptors();
    wanmi_pipe_options o = shell(arguments, "exec cat >\"$1\"");
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, 1000);
    assert_int_equal(h.delivered, COUNT);
    assert_int_equal(h.retries + h.unknown, 0);
    wanmi_pipe_figures f = figures_of(sink);
    assert_int_equal(f.lines, COUNT);
    assert_int_equal(f.starts, 1);
    assert_int_equal(f.ends + f.kills + f.starts_failed + f.refused, 0);
    assert_true(f.process > 0);
    wanmi_pipe_sink_close(sink);
    assert_int_equal(descriptors(), before);
    assert_int_equal(waitpid((pid_t)f.process, NULL, WNOHANG), -1);    /* nothing is left of it */
    assert_int_equal(errno, ECHILD);
    test_seen seen = seen_in(COUNT);
    assert_int_equal(seen.lines, COUNT);
    assert_int_equal(seen.spoilt, 0);
    assert_true(seen.in_order);
    test_seen_drop(&seen);
}

static void test_acknowledges(void **state)
{
    (void)state;
    enum { COUNT = 700 };
    const char *arguments[6];
    fresh();
    /* Of those it reads, every seventh is refused for now and every tenth for ever. */
    wanmi_pipe_options o = shell(arguments,
        "n=0; while read -r l; do n=$((n+1)); if [ $((n % 7)) = 0 ]; then echo retry later;\n"
        "elif [ $((n % 10)) = 0 ]; then echo dead; else echo \"$l\" >>\"$1\"; echo ok; fi; done");
    o.acknowledges = 1;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, 64);
    assert_int_equal(h.unknown, 0);
    assert_true(h.retries >= COUNT / 7);
    assert_true(h.dead >= COUNT / 20);
    wanmi_pipe_figures f = figures_of(sink);
    assert_int_equal(f.lines, h.delivered);
    assert_int_equal(f.refused, h.dead);
    assert_int_equal(f.ends + f.kills, 0);
    wanmi_pipe_sink_close(sink);
    test_seen seen = seen_in(COUNT);
    assert_int_equal(seen.lines, h.delivered);
    for (size_t i = 0; i < COUNT; i++)
        assert_true(seen.times[i] <= 1);
    test_seen_drop(&seen);
}

/* Acknowledgements come when it likes, and its pipe is full meanwhile: no standstill. */
static void test_answers_late(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments,
        "n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; held=\"$held ok\"\n"
        "[ $((n % 100)) = 0 ] && { printf '%s\\n' $held; held=; }; done");
    o.acknowledges = 1;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, 100);
    assert_int_equal(h.delivered, COUNT);
    assert_int_equal(h.batches, COUNT / 100);
    wanmi_pipe_sink_close(sink);
}

static size_t some_lines(void *user, const wanmi_delivery *d, char *buffer, size_t size)
{
    (void)user;
    return d->event_id % 3 == 1 ? 0 : wanmi_delivery_line(NULL, d, buffer, size);
}

static void test_refused_lines(void **state)
{
    (void)state;
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, "exec cat >\"$1\"");
    o.line = some_lines;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, 3000, 700);
    assert_int_equal(h.dead, 1000);
    assert_int_equal(figures_of(sink).refused, 1000);
    wanmi_pipe_sink_close(sink);
    test_seen seen = seen_in(3000);
    assert_int_equal(seen.lines, 2000);
    test_seen_drop(&seen);
}

/* ---- a process that does not ------------------------------------------------------------------ */

/* Nothing is missing, and what stands there twice is marked. */
static void check_none_lost(size_t count)
{
    test_seen seen = seen_in(count);
    for (size_t i = 0; i < count; i++) {
        if (seen.times[i] == 0)
            fail_msg("%zu is lost", i);
        if (seen.plain[i] > 1)
            fail_msg("%zu came %u times without a mark", i, seen.plain[i]);
    }
    test_seen_drop(&seen);
}

/* It is killed from within, having taken the line, before or after it has said so. */
static void crashes(const char *script, bool acknowledges)
{
    enum { COUNT = 200 };
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, script);
    o.acknowledges = acknowledges;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, 50);
    assert_int_equal(h.delivered, COUNT);
    wanmi_pipe_figures f = figures_of(sink);
    assert_true(f.ends >= 5);
    assert_int_equal(f.kills, 0);
    assert_true(f.starts >= f.ends);
    wanmi_pipe_sink_close(sink);
    check_none_lost(COUNT);
}

static void test_crashes_before_the_answer(void **state)
{
    (void)state;
    crashes("n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; [ $n = 30 ] && kill -9 $$; echo ok; done", true);
}

static void test_crashes_after_the_answer(void **state)
{
    (void)state;
    crashes("n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; echo ok; [ $n = 30 ] && kill -9 $$; done", true);
}

/* The shell reads byte by byte: what it has read whole it has written, or will. */
static void test_crashes_without_answers(void **state)
{
    (void)state;
    crashes("n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; [ $n = 30 ] && kill -9 $$; done; true", false);
}

/* Ends by itself, politely, in the middle of a batch. */
static void test_ends_early(void **state)
{
    (void)state;
    crashes("for n in 1 2 3 4 5 6 7; do read -r l && echo \"$l\" >>\"$1\"; done", false);
}

static void test_closes_its_input(void **state)
{
    (void)state;
    crashes("for n in 1 2 3 4 5 6 7; do read -r l && echo \"$l\" >>\"$1\" && echo ok; done; exec <&-; sleep 30", true);
}

/* A process of its own that it started goes with it, and does not hold the pipe. */
static void test_leaves_nobody_behind(void **state)
{
    (void)state;
    crashes("sleep 60 & for n in 1 2 3 4 5 6 7 8 9 10; do read -r l && echo \"$l\" >>\"$1\"; done", false);
}

static void test_hangs(void **state)
{
    (void)state;
    enum { COUNT = 60 };
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments,
        "n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; [ $n = 20 ] && sleep 60; echo ok; done");
    o.acknowledges = 1;
    o.patience_us = 100000;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, 30);
    assert_int_equal(h.delivered, COUNT);
    assert_true(figures_of(sink).kills >= 2);
    assert_true(h.unknown >= 2);
    wanmi_pipe_sink_close(sink);
    check_none_lost(COUNT);
}

/* It does not read at all, and the pipe fills. */
static void test_does_not_read(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    const char *arguments[6];
    fresh();
    /* The first time only. */
    wanmi_pipe_options o = shell(arguments, "[ -e \"$1\" ] || { : >\"$1\"; sleep 60; }; exec cat >>\"$1\"");
    o.patience_us = 1000000;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, COUNT, COUNT);
    assert_int_equal(h.delivered, COUNT);
    assert_int_equal(h.unknown, 0);             /* nobody has read a byte */
    assert_true(h.retries >= COUNT);
    assert_int_equal(figures_of(sink).kills, 1);
    wanmi_pipe_sink_close(sink);
    test_seen seen = seen_in(COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_int_equal(seen.times[i], 1);
    test_seen_drop(&seen);
}

/* Until the script has made its second file. */
static void await_begun(void)
{
    char begun[sizeof path + 8];
    snprintf(begun, sizeof begun, "%s.begun", path);
    for (int i = 0; access(begun, F_OK) != 0; i++) {
        assert_true(i < 20000);
        test_nap_us(1000);
    }
}

static void babbles(const char *script)
{
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, script);
    o.acknowledges = 1;
    o.patience_us = 1000000;
    wanmi_pipe_sink *sink = open_with(&o);
    wanmi_delivery deliveries[20];
    uint32_t keys[20];
    uint8_t outcomes[20];
    test_deliveries(deliveries, keys, 20, 0);
    await_begun();
    wanmi_pipe_sink_deliver(sink, deliveries, 20, outcomes);
    for (size_t i = 0; i < 20; i++)
        assert_true(outcomes[i] == WANMI_RETRY || outcomes[i] == WANMI_UNKNOWN);
    assert_int_equal(figures_of(sink).kills, 1);
    wanmi_pipe_sink_close(sink);
}

static void test_babbles(void **state)
{
    (void)state;
    babbles("echo ok; : >\"$1.begun\"; exec cat >\"$1\"");   /* before it was given anything */
    babbles(": >\"$1.begun\"; read -r l; echo okay; exec cat >\"$1\"");
    babbles(": >\"$1.begun\"; read -r l; echo; exec cat >\"$1\"");
    babbles(": >\"$1.begun\"; read -r l; echo OK; exec cat >\"$1\"");
    /* What follows is not believed either. */
    babbles(": >\"$1.begun\"; read -r l; read -r l; read -r l; printf 'huh\\nok\\nok\\n'; exec cat >\"$1\"");
}

/* ---- starting --------------------------------------------------------------------------------- */

/* Waits double, and nothing is tried in between. */
static void test_waits_before_starting(void **state)
{
    (void)state;
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, "exit 3");
    o.restart_base_us = 40000;
    o.restart_max_us = 160000;
    wanmi_delivery deliveries[5];
    uint32_t keys[5];
    uint8_t outcomes[5];
    test_deliveries(deliveries, keys, 5, 0);
    int64_t began = steady_us();
    wanmi_pipe_sink *sink = open_with(&o);
    wanmi_pipe_figures f = figures_of(sink);
    for (int i = 0; f.starts < 5; i++) {
        assert_true(i < 20000);
        wanmi_pipe_sink_deliver(sink, deliveries, 5, outcomes);
        for (size_t j = 0; j < 5; j++)
            assert_int_equal(outcomes[j], WANMI_RETRY);
        test_nap_us(1000);
        f = figures_of(sink);
    }
    assert_true(steady_us() - began >= 440000); /* at 0, 40, 120, 280, 440 ms at the earliest */
    assert_in_range(f.ends, f.starts - 1, f.starts);
    wanmi_pipe_sink_close(sink);
}

/* A process that ends after each line it took is no sick one: waits do not grow. */
static void test_one_line_each(void **state)
{
    (void)state;
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, "read -r l && echo \"$l\" >>\"$1\"");
    o.restart_max_us = 86400000000;
    wanmi_pipe_sink *sink = open_with(&o);
    test_handed h = hand(sink, 0, 40, 1);       /* or a day, at the 37th */
    assert_int_equal(h.delivered, 40);
    assert_int_equal(h.unknown, 0);
    assert_true(figures_of(sink).starts >= 40);
    wanmi_pipe_sink_close(sink);
    check_none_lost(40);
}

static void refuses(const wanmi_pipe_options *o, wanmi_status expected, const char *word)
{
    wanmi_pipe_sink *const untouched = (wanmi_pipe_sink *)&expected;
    wanmi_pipe_sink *sink = untouched;
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_pipe_sink_open(o, NULL, &sink, &error), expected);
    assert_int_equal(error.status, expected);
    assert_ptr_equal(sink, untouched);
    if (strstr(error.message, word) == NULL)
        fail_msg("'%s' does not say '%s'", error.message, word);
}

static void test_refused(void **state)
{
    (void)state;
    const char *arguments[6], *none[] = {NULL}, *empty[] = {"", NULL}, *missing[] = {"/no/such/program", NULL};
    fresh();
    wanmi_pipe_options good = shell(arguments, "cat"), o = good;
    int before = descriptors();
    o.arguments = missing;
    refuses(&o, WANMI_E_SYSTEM, "/no/such/program");
    o = good, o.arguments = none, refuses(&o, WANMI_E_ARGUMENT, "program");
    o = good, o.arguments = NULL, refuses(&o, WANMI_E_ARGUMENT, "program");
    o = good, o.arguments = empty, refuses(&o, WANMI_E_ARGUMENT, "program");
    o = good, o.line_max = 5, refuses(&o, WANMI_E_ARGUMENT, "line_max");
    o = good, o.patience_us = 0, refuses(&o, WANMI_E_ARGUMENT, "wait");
    o = good, o.restart_base_us = 0, refuses(&o, WANMI_E_ARGUMENT, "wait");
    o = good, o.restart_max_us = o.restart_base_us - 1, refuses(&o, WANMI_E_ARGUMENT, "wait");
    o = good, o.restart_max_us = INT64_MAX, refuses(&o, WANMI_E_ARGUMENT, "wait");
    o = good, o.close_us = -1, refuses(&o, WANMI_E_ARGUMENT, "wait");
    o = good, o.struct_size = 0, refuses(&o, WANMI_E_ARGUMENT, "init");
    refuses(NULL, WANMI_E_ARGUMENT, "init");
    assert_int_equal(wanmi_pipe_sink_open(&good, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_pipe_sink_close(NULL);
    wanmi_pipe_figures f;
    wanmi_pipe_figures_init(&f);
    assert_int_equal(wanmi_pipe_sink_figures(NULL, &f, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_pipe_sink_def(NULL, "x", &(wanmi_sink_def){0}, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(descriptors(), before);
}

/* ---- the host ----------------------------------------------------------------------------------- */

/* A host that has SIGPIPE's default action lives on, its mask is what it was, no
 * SIGPIPE waits for it, and the process has signals as new. */
static void test_signals(void **state)
{
    (void)state;
    const char *arguments[6];
    sigset_t mine, before, after, pending;
    fresh();
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&mine);
    sigaddset(&mine, SIGUSR1);
    sigaddset(&mine, SIGTERM);
    pthread_sigmask(SIG_SETMASK, &mine, &before);
    signal(SIGUSR2, SIG_IGN);
    wanmi_pipe_options o = shell(arguments, "grep -E '^Sig(Blk|Ign)' /proc/self/status >\"$1\"; exit 0");
    wanmi_pipe_sink *sink = open_with(&o);
    wanmi_delivery deliveries[20];
    uint32_t keys[20];
    uint8_t outcomes[20];
    test_deliveries(deliveries, keys, 20, 0);
    for (int i = 0; i < 30; i++) {
        wanmi_pipe_sink_deliver(sink, deliveries, 20, outcomes);
        test_nap_us(2000);
    }
    wanmi_pipe_sink_close(sink);
    sigpending(&pending);
    assert_int_equal(sigismember(&pending, SIGPIPE), 0);
    pthread_sigmask(SIG_SETMASK, &before, &after);
    for (int i = 1; i < 32; i++)
        assert_int_equal(sigismember(&after, i), sigismember(&mine, i));
    signal(SIGUSR2, SIG_DFL);
    char *text = test_read_file(path, NULL);
    assert_non_null(strstr(text, "SigBlk:\t0000000000000000"));
    /* The C library's posix_spawn leaves two numbers of its own (32, 33) ignored. */
    char *ignored = strstr(text, "SigIgn:\t");
    assert_non_null(ignored);
    assert_int_equal(strtoull(ignored + 8, NULL, 16) & 0x7FFFFFFF, 0);
    free(text);
}

/* A process that does not end at the end of its input is killed, in time. */
static void test_close_does_not_wait_for_ever(void **state)
{
    (void)state;
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, "trap '' TERM; while :; do sleep 60; done");
    o.close_us = 100000;
    wanmi_pipe_sink *sink = open_with(&o);
    pid_t process = (pid_t)figures_of(sink).process;
    wanmi_pipe_sink_close(sink);
    assert_int_equal(kill(process, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* A host that waits for any child takes ours away: the sink goes on. */
static void test_host_waits_for_all(void **state)
{
    (void)state;
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments, "read -r l && echo \"$l\" >>\"$1\"");
    wanmi_pipe_sink *sink = open_with(&o);
    wanmi_delivery deliveries[20];
    uint32_t keys[20];
    uint8_t outcome;
    test_deliveries(deliveries, keys, 20, 0);
    for (size_t i = 0; i < 20;) {
        wanmi_pipe_sink_deliver(sink, &deliveries[i], 1, &outcome);
        assert_int_not_equal(outcome, WANMI_DEAD);
        i += outcome == WANMI_DELIVERED;
        test_nap_us(3000);
        while (waitpid(-1, NULL, WNOHANG) > 0)
            ;
    }
    wanmi_pipe_sink_close(sink);
    test_seen seen = seen_in(20);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(seen.times[i], 1);
    test_seen_drop(&seen);
}

/* Its process dies again and again; the other sink of the dispatch does not notice. */
static void test_in_a_dispatch(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    const char *arguments[6];
    fresh();
    wanmi_pipe_options o = shell(arguments,
        "n=0; while read -r l; do n=$((n+1)); echo \"$l\" >>\"$1\"; [ $n = 300 ] && kill -9 $$; echo ok; done");
    o.acknowledges = 1;
    wanmi_pipe_sink *pipe_sink = open_with(&o);
    test_sink other;
    test_sink_init(&other);
    wanmi_dispatch *d = NULL;
    wanmi_producer *p = NULL;
    wanmi_sink_def def;
    uint32_t number, second;
    uint64_t left;
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &d, NULL), WANMI_OK);
    assert_int_equal(wanmi_pipe_sink_def(pipe_sink, "pipe", &def, NULL), WANMI_OK);
    def.batch_max = 100;
    def.retry_base_us = 2000;
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &number, NULL), WANMI_OK);
    wanmi_sink_def_init(&def);
    def.name = "other";
    def.deliver = test_sink_deliver;
    def.user = &other;
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &second, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(d, &p, NULL), WANMI_OK);
    wanmi_delivery deliveries[COUNT];
    uint32_t keys[COUNT];
    test_deliveries(deliveries, keys, COUNT, 0);
    assert_int_equal(wanmi_producer_submit(p, number, deliveries, keys, COUNT, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_submit(p, second, deliveries, keys, COUNT, NULL), WANMI_OK);
    assert_true(test_sink_await(&other, COUNT));
    test_law(d);
    assert_int_equal(wanmi_dispatch_drain(d, 150000000, &left, NULL), WANMI_OK);
    wanmi_tally sum = test_law(d), each[2];
    wanmi_tally_init(&each[0]);
    wanmi_tally_init(&each[1]);
    assert_int_equal(sum.accepted, 2 * COUNT);
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, each, 2, NULL), WANMI_OK);
    assert_int_equal(each[number].delivered, COUNT);
    assert_int_equal(each[number].delivered, figures_of(pipe_sink).lines);
    assert_true(each[number].retried > 0);
    assert_true(figures_of(pipe_sink).ends > 0);
    wanmi_producer_close(p);
    wanmi_dispatch_free(d);             /* closes it */
    test_sink_drop(&other);
    check_none_lost(COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_all),
        cmocka_unit_test(test_acknowledges),
        cmocka_unit_test(test_answers_late),
        cmocka_unit_test(test_refused_lines),
        cmocka_unit_test(test_crashes_before_the_answer),
        cmocka_unit_test(test_crashes_after_the_answer),
        cmocka_unit_test(test_crashes_without_answers),
        cmocka_unit_test(test_ends_early),
        cmocka_unit_test(test_closes_its_input),
        cmocka_unit_test(test_leaves_nobody_behind),
        cmocka_unit_test(test_hangs),
        cmocka_unit_test(test_does_not_read),
        cmocka_unit_test(test_babbles),
        cmocka_unit_test(test_waits_before_starting),
        cmocka_unit_test(test_one_line_each),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_close_does_not_wait_for_ever),
        cmocka_unit_test(test_host_waits_for_all),
        cmocka_unit_test(test_in_a_dispatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
