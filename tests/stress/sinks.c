/* The file sink and the pipe sink under many threads, the process killed from
 * outside again and again: nothing is lost, what comes twice is marked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lines.h"
#include "sinks.h"
#include "support.h"

enum { THREADS = 3, EACH = 3000 };

typedef struct work {
    wanmi_deliver_fn deliver;
    void *sink;
    uint64_t first;
    test_handed handed;
} work;

static void *hand(void *argument)
{
    work *w = argument;
    w->handed = test_hand(w->deliver, w->sink, w->first, EACH, 64, 300, 1000000);
    return NULL;
}

static _Atomic bool done;

static void join_all(pthread_t *threads, const work *works)
{
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(works[i].handed.delivered, EACH);
    }
    atomic_store(&done, true);
}

static void start_all(pthread_t *threads, work *works, wanmi_deliver_fn deliver, void *sink)
{
    atomic_store(&done, false);
    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){deliver, sink, (uint64_t)i * EACH, {0}};
        assert_int_equal(pthread_create(&threads[i], NULL, hand, &works[i]), 0);
    }
}

/* The process writes its number beside its lines; asking the sink for it would wait
 * for its lock, which the threads hardly ever leave. */
static void *kill_now_and_then(void *pid_path)
{
    while (!atomic_load(&done)) {
        char *text = test_read_file(pid_path, NULL);
        int number = text != NULL ? atoi(text) : 0;
        free(text);
        if (number > 1)
            kill(number, SIGKILL);
        test_nap_us(5000);
    }
    return NULL;
}

/* A process that is killed in the middle of a line writes half of it (a file's page ends
 * there), so the next one begins with a line feed. Such lines come again. */
static void check_none_lost(const char *path, bool exactly)
{
    test_seen seen;
    test_seen_init(&seen, (size_t)THREADS * EACH);
    assert_true(test_seen_add(&seen, path));
    for (size_t i = 0; i < seen.count; i++) {
        if (seen.times[i] == 0 || seen.plain[i] > 1 || (exactly && seen.times[i] != 1))
            fail_msg("%zu came %u times, %u of them without a mark", i, seen.times[i], seen.plain[i]);
    }
    test_seen_drop(&seen);
}

static void test_killed_from_outside(void **state)
{
    (void)state;
    char path[200], pid_path[208];
    snprintf(path, sizeof path, "%s/pipe", test_folder());
    snprintf(pid_path, sizeof pid_path, "%s.pid", path);
    const char *arguments[] = {"sh", "-c", "echo >>\"$1\"; echo $$ >\"$1.pid\"; while read -r l; do echo \"$l\" >>\"$1\"; echo ok; done", "sh", path, NULL};
    wanmi_pipe_options o;
    wanmi_pipe_options_init(&o);
    o.arguments = arguments;
    o.acknowledges = 1;
    o.restart_base_us = 500;
    o.restart_max_us = 2000;
    wanmi_pipe_sink *sink = NULL;
    assert_int_equal(wanmi_pipe_sink_open(&o, NULL, &sink, NULL), WANMI_OK);
    pthread_t threads[THREADS], killer;
    work works[THREADS];
    start_all(threads, works, wanmi_pipe_sink_deliver, sink);
    assert_int_equal(pthread_create(&killer, NULL, kill_now_and_then, pid_path), 0);
    join_all(threads, works);
    pthread_join(killer, NULL);
    wanmi_pipe_figures f;
    wanmi_pipe_figures_init(&f);
    wanmi_pipe_sink_figures(sink, &f, NULL);
    assert_true(f.ends >= 3);
    assert_int_equal(f.kills, 0);
    assert_int_equal(f.lines, (uint64_t)THREADS * EACH);
    wanmi_pipe_sink_close(sink);
    check_none_lost(path, false);
}

static void *read_figures(void *sink)
{
    wanmi_file_figures f;
    wanmi_file_figures_init(&f);
    uint64_t before = 0;
    while (!atomic_load(&done)) {
        assert_int_equal(wanmi_file_sink_figures(sink, &f, NULL), WANMI_OK);
        assert_true(f.lines >= before);
        before = f.lines;
        test_nap_us(100);
    }
    return NULL;
}

static void test_many_threads_one_file(void **state)
{
    (void)state;
    char path[200];
    snprintf(path, sizeof path, "%s/file", test_folder());
    wanmi_file_options o;
    wanmi_file_options_init(&o);
    o.path = path;
    wanmi_file_sink *sink = NULL;
    assert_int_equal(wanmi_file_sink_open(&o, NULL, &sink, NULL), WANMI_OK);
    pthread_t threads[THREADS], reader;
    work works[THREADS];
    start_all(threads, works, wanmi_file_sink_deliver, sink);
    assert_int_equal(pthread_create(&reader, NULL, read_figures, sink), 0);
    join_all(threads, works);
    pthread_join(reader, NULL);
    wanmi_file_sink_close(sink);
    check_none_lost(path, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_from_outside),
        cmocka_unit_test(test_many_threads_one_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
