/* What the verbs share: see common.h. */
#include "common.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "options.h"

/* ---- messages --------------------------------------------------------------------- */

/* A process has one standard error and one Ctrl-C: so these few are its own. */
static bool line_shown;
static volatile sig_atomic_t stop_signal;

void cli_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    flockfile(stderr);
    if (line_shown)
        fputs("\r\033[K", stderr);
    line_shown = false;
    fputs("wanmi: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    funlockfile(stderr);
    va_end(arguments);
}

int cli_fail(const wanmi_error *error)
{
    if (error->status == WANMI_E_CANCELLED && cli_stopping()) {
        cli_say("stopped");
        return cli_stop_code();
    }
    cli_say("%s", error->message[0] != '\0' ? error->message : wanmi_status_name(error->status));
    return CLI_UNUSABLE;
}

int cli_fail_in(const char *path, const wanmi_error *error)
{
    bool placed = error->file[0] == '\0' && error->layer[0] != '\0';
    if (!placed)
        return cli_fail(error);
    cli_say("%s: %s", path, error->message);
    return CLI_UNUSABLE;
}

int cli_stdout_done(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CLI_DONE;
    cli_say("standard output: cannot be written: %s", strerror(errno));
    return CLI_UNUSABLE;
}

/* ---- stopping ---------------------------------------------------------------------- */

static void on_signal(int number)
{
    stop_signal = number;
}

void cli_catch_signals(void)
{
    /* No SA_RESTART: a read that waits for input must return. */
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    /* `| head` ends this end too, quietly, as with other tools. */
    signal(SIGPIPE, SIG_DFL);
}

bool cli_stopping(void)
{
    return stop_signal != 0;
}

int cli_stop_code(void)
{
    return CLI_SIGNAL + stop_signal;
}

static void change_mask(int how)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    pthread_sigmask(how, &set, NULL);
}

void cli_signals_hold(void)
{
    change_mask(SIG_BLOCK);
}

void cli_signals_let(void)
{
    change_mask(SIG_UNBLOCK);
}

/* ---- progress ---------------------------------------------------------------------- */

int64_t cli_steady_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t cli_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

const char *cli_count(uint64_t number, char *text)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number), to = 0;
    for (int i = 0; i < length; i++) {
        if (i != 0 && (length - i) % 3 == 0)
            text[to++] = ',';
        text[to++] = digits[i];
    }
    text[to] = '\0';
    return text;
}

void cli_progress_start(cli_progress *progress, const char *verb, const char *what)
{
    *progress = (cli_progress){.verb = verb, .what = what, .start_ns = cli_steady_ns()};
    progress->terminal = isatty(STDERR_FILENO) == 1;
    progress->shown_ns = progress->start_ns + 800000000; /* nothing in the first second */
}

int cli_progress_step(void *user, uint64_t done, uint64_t total)
{
    cli_progress *p = user;
    char a[32], b[32], rate[32];
    int64_t now = p->terminal ? cli_steady_ns() : 0;
    if (now - p->shown_ns > 200000000) {
        p->shown_ns = now;
        double seconds = (double)(now - p->start_ns) / 1e9;
        cli_count(done, a);
        cli_count(total, b);
        cli_count((uint64_t)((double)done / seconds), rate);
        flockfile(stderr);
        if (total != 0)
            fprintf(stderr, "\r\033[K%s: %s of %s %s, %d %%, %s a second", p->verb, a, b, p->what,
                    (int)(100.0 * (double)done / (double)total), rate);
        else
            fprintf(stderr, "\r\033[K%s: %s %s, %s a second", p->verb, a, p->what, rate);
        fflush(stderr);
        line_shown = true;
        funlockfile(stderr);
    }
    return cli_stopping();
}

int cli_progress_say(cli_progress *progress, const char *words)
{
    int64_t now = progress->terminal ? cli_steady_ns() : 0;
    if (now - progress->shown_ns > 200000000) {
        progress->shown_ns = now;
        flockfile(stderr);
        fprintf(stderr, "\r\033[K%s: %s", progress->verb, words);
        fflush(stderr);
        line_shown = true;
        funlockfile(stderr);
    }
    return cli_stopping();
}

void cli_progress_end(cli_progress *progress)
{
    (void)progress;
    flockfile(stderr);
    if (line_shown)
        fputs("\r\033[K", stderr);
    line_shown = false;
    funlockfile(stderr);
}

/* ---- problems ----------------------------------------------------------------------- */

void cli_problem(void *user, const wanmi_error *problem)
{
    cli_problems *problems = user;
    problems->count++;
    cli_say("%s", problem->message);
}

void cli_problems_report(cli_problems *problems, wanmi_io_report *report, const char *verb,
                         const char *what)
{
    wanmi_io_report_init(report);
    cli_progress_start(&problems->progress, verb, what);
    report->on_problem = cli_problem;
    report->problem_user = problems;
    report->on_progress = cli_progress_step;
    report->progress_user = &problems->progress;
}

/* ---- the library ------------------------------------------------------------------- */

static void write_log(void *user, wanmi_log_level level, const char *message)
{
    (void)user;
    if (level >= WANMI_LOG_WARNING)
        cli_say("%s: %s", level == WANMI_LOG_WARNING ? "warning" : "error", message);
}

wanmi_host cli_host(void)
{
    wanmi_host host;
    wanmi_host_init(&host);
    host.log.write = write_log;
    return host;
}

void cli_warn_crs(const wanmi_crs *crs)
{
    const char *warning = wanmi_crs_warning(crs);
    if (warning[0] != '\0')
        cli_say("warning: %s", warning);
}

char *cli_image_path(const char *path)
{
    size_t size = strlen(path) + sizeof ".wmi";
    char *image = cli_memory(NULL, size, 1);
    snprintf(image, size, "%s.wmi", path);
    return image;
}

wanmi_status cli_open_index(const char *path, wanmi_map *map, const wanmi_index_options *options,
                            wanmi_index **index, wanmi_error *error)
{
    wanmi_error why;
    char *image = cli_image_path(path);
    wanmi_status status = wanmi_index_open(map, image, options, index, &why);
    free(image);
    if (status == WANMI_OK)
        return status;
    if (status != WANMI_E_LOCATE_NO_IMAGE)
        cli_say("%s; the map is compiled (wanmi index makes another image)", why.message);
    return wanmi_index_create(map, options, index, error);
}

bool cli_same_file(const char *a, const char *b)
{
    struct stat of_a, of_b;
    if (a == NULL || b == NULL || strcmp(a, "-") == 0 || strcmp(b, "-") == 0)
        return false;
    bool there = stat(a, &of_a) == 0, too = stat(b, &of_b) == 0;
    if (!there && !too)
        return strcmp(a, b) == 0;
    return there && too && of_a.st_dev == of_b.st_dev && of_a.st_ino == of_b.st_ino &&
           S_ISREG(of_a.st_mode);
}

void *cli_memory(void *block, size_t count, size_t size)
{
    void *fresh = reallocarray(block, count != 0 ? count : 1, size);
    if (fresh == NULL) {
        cli_say("out of memory");
        exit(CLI_UNUSABLE);
    }
    return fresh;
}

int cli_instant(const char *command, const wanmi_map *map, const char *text, int64_t *instant_us)
{
    if (text == NULL) {
        *instant_us = cli_now_us();
        return -1;
    }
    if (wanmi_time_parse(wanmi_map_zone(map), text, instant_us, NULL) == WANMI_OK)
        return -1;
    return cli_usage(command, "'%s' is not a time of ISO 8601, such as 2026-11-22T08:30", text);
}
