/* The pipe sink: one line a delivery to a process, which may crash, hang or stop
 * reading without harm to anybody. Long, for what is written, heard and settled is one
 * account. */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "base/error.h"
#include "base/memory.h"
#include "park.h"
#include "sink_lines.h"
#include "sink_process.h"

/* The longest sleep before looking whether the process is still there. */
enum { LOOK_MS = 50 };

struct wanmi_pipe_sink {
    wanmi_host host;
    pthread_mutex_t lock;               /* lanes take turns; figures */
    wanmi_pipe_options options;
    char **arguments;                   /* copies, ended by NULL */
    size_t argument_count;
    wm_process process;
    wm_lines lines;
    wanmi_pipe_figures figures;
    int64_t start_ns;                   /* not started again before */
    int64_t wait_us;                    /* the next wait */
    bool sick;                          /* said so in the log */
};

/* ---- starting and ending --------------------------------------------------------------- */

static int start(wanmi_pipe_sink *s)
{
    int problem = wm_process_start(&s->process, s->arguments, s->options.acknowledges != 0,
                                   s->options.quiet != 0);
    s->start_ns = wm_steady_ns(&s->host) + s->wait_us * 1000;
    s->wait_us = s->wait_us * 2 < s->options.restart_max_us ? s->wait_us * 2 : s->options.restart_max_us;
    s->figures.starts += problem == 0;
    s->figures.starts_failed += problem != 0;
    return problem;
}

static void tell(wanmi_pipe_sink *s, const char *what)
{
    if (!s->sick)
        wm_log(&s->host, WANMI_LOG_WARNING, "%s: %s", s->arguments[0], what);
    s->sick = true;
}

/* It has taken all of a write: the next wait is the first one again. */
static void is_well(wanmi_pipe_sink *s)
{
    if (s->sick)
        wm_log(&s->host, WANMI_LOG_INFO, "%s: takes lines again", s->arguments[0]);
    s->sick = false;
    s->wait_us = s->options.restart_base_us;
}

/* Whether there is a process to write to. */
static bool is_ready(wanmi_pipe_sink *s)
{
    if (s->process.number != 0 && (wm_process_ended(&s->process) || !wm_process_wait(&s->process, false, 0))) {
        s->figures.ends++;
        tell(s, "has ended, or closed its input");
        wm_process_kill(&s->process);
        wm_process_close(&s->process, 0);
    }
    if (s->process.number != 0)
        return true;
    if (wm_steady_ns(&s->host) < s->start_ns)
        return false;
    int problem = start(s);
    if (problem != 0)
        tell(s, strerror(problem));
    return problem == 0;
}

/* ---- one write ---------------------------------------------------------------------------- */

typedef enum fate { GOES_ON, TAKEN, ENDED, HUNG, BABBLES } fate;

typedef struct feeding {
    wanmi_pipe_sink *sink;
    uint8_t *outcomes;
    size_t sent, unread;                /* bytes */
    size_t answered;                    /* lines */
    int64_t progress_ns;                /* the last time that anything moved */
    wm_wait wait;
} feeding;

/* -1: this is no acknowledgement. */
static int outcome_of(const char *said)
{
    static const char *const words[] = {"ok", "retry", "dead"};
    static const uint8_t outcomes[] = {WANMI_DELIVERED, WANMI_RETRY, WANMI_DEAD};
    size_t length = strcspn(said, " \t\r");
    for (size_t i = 0; i < 3; i++)
        if (strlen(words[i]) == length && memcmp(words[i], said, length) == 0)
            return outcomes[i];
    return -1;
}

/* Takes up what it has acknowledged. `moved` is set when there was something. */
static fate hear_answers(feeding *f, bool *moved)
{
    wm_lines *lines = &f->sink->lines;
    char said[64];
    int heard;
    while ((heard = wm_process_listen(&f->sink->process, said)) == 1) {
        int outcome = outcome_of(said);
        if (outcome < 0 || f->answered == wm_lines_within(lines, f->sent))
            return BABBLES;
        f->outcomes[lines->item[f->answered++]] = (uint8_t)outcome;
        *moved = true;
    }
    return heard < 0 ? ENDED : GOES_ON;
}

static fate send_more(feeding *f, bool *moved)
{
    wm_lines *lines = &f->sink->lines;
    if (f->sent == lines->filled)
        return GOES_ON;
    ssize_t wrote = wm_process_write(&f->sink->process, lines->buffer + f->sent, lines->filled - f->sent);
    if (wrote < 0)
        return ENDED;
    f->sent += (size_t)wrote;
    *moved |= wrote > 0;
    return GOES_ON;
}

static fate step(feeding *f, bool *moved)
{
    wanmi_pipe_sink *s = f->sink;
    bool listens = s->options.acknowledges != 0;
    fate now = send_more(f, moved);
    if (listens && now == GOES_ON)
        now = hear_answers(f, moved);
    if (now != GOES_ON)
        return now;
    size_t unread = wm_process_unread(&s->process);
    *moved |= unread < f->unread;
    f->unread = unread;
    if (f->sent == s->lines.filled && (listens ? f->answered == s->lines.count : unread == 0))
        return TAKEN;
    return GOES_ON;
}

/* Waits for something to do. Nobody tells when a pipe has been emptied: naps. */
static fate wait_for_it(feeding *f)
{
    wanmi_pipe_sink *s = f->sink;
    if (wm_steady_ns(&s->host) - f->progress_ns > s->options.patience_us * 1000)
        return HUNG;
    bool writes = f->sent < s->lines.filled, naps = !writes && s->options.acknowledges == 0;
    if (naps)
        wm_wait_more(&f->wait);
    if (!wm_process_wait(&s->process, writes, naps ? 0 : LOOK_MS))
        return ENDED;
    return wm_process_ended(&s->process) ? ENDED : GOES_ON;
}

static fate feed(feeding *f)
{
    fate now = GOES_ON;
    bool moved = false;
    if (f->sink->options.acknowledges != 0)     /* before it has got anything: that is a babble */
        now = hear_answers(f, &moved);
    while (now == GOES_ON) {
        moved = false;
        now = step(f, &moved);
        if (moved) {
            f->progress_ns = wm_steady_ns(&f->sink->host);
            f->wait = (wm_wait){0};
        } else if (now == GOES_ON) {
            now = wait_for_it(f);
        }
    }
    return now;
}

/* What became of the lines of a write that failed, told by what is left in the pipe. It
 * may have ended after it took all: gives whether none is to come again. */
static bool settle(feeding *f, fate end, bool nobody_reads)
{
    wanmi_pipe_sink *s = f->sink;
    const wm_lines *lines = &s->lines;
    size_t unread = nobody_reads ? wm_process_unread(&s->process) : 0;
    size_t taken = f->sent > unread ? f->sent - unread : 0;
    bool moved, all = true, listens = s->options.acknowledges != 0;
    if (listens && end != BABBLES)          /* what follows a babble cannot be trusted */
        hear_answers(f, &moved);
    for (size_t i = f->answered; i < lines->count; i++) {
        uint8_t *outcome = &f->outcomes[lines->item[i]];
        size_t begin = i != 0 ? lines->end[i - 1] : 0;
        if (begin >= taken)
            *outcome = WANMI_RETRY;
        else if (!listens && nobody_reads && lines->end[i] <= taken)
            *outcome = WANMI_DELIVERED;
        else
            *outcome = WANMI_UNKNOWN;
        s->figures.unknown += *outcome == WANMI_UNKNOWN;
        all &= *outcome == WANMI_DELIVERED;
    }
    return all;
}

static void mark(feeding *f)
{
    const wm_lines *lines = &f->sink->lines;
    for (size_t i = 0; i < lines->count; i++)
        f->outcomes[lines->item[i]] = WANMI_DELIVERED;
}

/* Writes what is gathered. Gives false when the process is gone. */
static bool write_lines(wanmi_pipe_sink *s, uint8_t *outcomes)
{
    static const char *const words[] = {[ENDED] = "has ended, or closed its input",
                                        [HUNG] = "takes nothing any more, and was killed",
                                        [BABBLES] = "wrote what is no acknowledgement, and was killed"};
    feeding f = {.sink = s, .outcomes = outcomes, .progress_ns = wm_steady_ns(&s->host)};
    if (s->lines.count == 0)
        return true;
    fate end = feed(&f);
    if (end == TAKEN) {
        if (s->options.acknowledges == 0)
            mark(&f);
        is_well(s);
    } else {
        s->figures.ends += end == ENDED;
        s->figures.kills += end != ENDED;
        tell(s, words[end]);
        if (settle(&f, end, wm_process_kill(&s->process)))
            is_well(s);
        wm_process_close(&s->process, 0);
    }
    s->lines.filled = s->lines.count = 0;
    return end == TAKEN;
}

/* ---- a batch ------------------------------------------------------------------------------ */

typedef struct items {
    const wanmi_pipe_options *options;
    const wanmi_delivery *deliveries;
} items;

static size_t make_line(void *context, size_t item, char *buffer, size_t size)
{
    const items *i = context;
    return i->options->line(i->options->line_user, &i->deliveries[item], buffer, size);
}

static void write_batch(wanmi_pipe_sink *s, const wanmi_delivery *batch, size_t count,
                        uint8_t *outcomes)
{
    items context = {&s->options, batch};
    memset(outcomes, WANMI_RETRY, count);
    if (!is_ready(s))
        return;
    for (size_t i = 0; i < count; i++) {
        if (wm_lines_full(&s->lines) && !write_lines(s, outcomes))
            return;
        if (!wm_lines_add(&s->lines, make_line, &context, i))
            outcomes[i] = WANMI_DEAD;
    }
    write_lines(s, outcomes);
}

void wanmi_pipe_sink_deliver(void *sink, const wanmi_delivery *batch, size_t count,
                             uint8_t *outcomes)
{
    wanmi_pipe_sink *s = sink;
    pthread_mutex_lock(&s->lock);
    write_batch(s, batch, count, outcomes);
    for (size_t i = 0; i < count; i++) {
        s->figures.lines += outcomes[i] == WANMI_DELIVERED;
        s->figures.refused += outcomes[i] == WANMI_DEAD;
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- opening and closing --------------------------------------------------------------------- */

void wanmi_pipe_options_init(wanmi_pipe_options *options)
{
    *options = (wanmi_pipe_options){.struct_size = sizeof *options, .line_max = WM_LINE_DEFAULT,
                                    .patience_us = 10000000, .restart_base_us = 100000,
                                    .restart_max_us = 30000000, .close_us = 5000000};
}

/* A day: so that nothing made of a wait overflows. */
#define LONGEST_US (INT64_C(86400) * 1000000)

static wanmi_status check(const wanmi_pipe_options *o, wanmi_error *error)
{
    if (o->arguments == NULL || o->arguments[0] == NULL || o->arguments[0][0] == '\0')
        return wm_error(error, WANMI_E_ARGUMENT, "a pipe sink needs a program");
    if (o->line_max < WM_LINE_LEAST || o->line_max > WM_LINE_MOST)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: line_max is %d to %d, not %u", o->arguments[0],
                        WM_LINE_LEAST, WM_LINE_MOST, o->line_max);
    if (o->patience_us < 1 || o->patience_us > LONGEST_US || o->restart_base_us < 1
        || o->restart_base_us > o->restart_max_us || o->restart_max_us > LONGEST_US
        || o->close_us < 0 || o->close_us > LONGEST_US)
        return wm_error(error, WANMI_E_ARGUMENT, "%s: a wait is none, negative or longer than a day, or "
                        "restart_base_us is more than restart_max_us", o->arguments[0]);
    return WANMI_OK;
}

static wanmi_status read_options(wanmi_pipe_options *to, const wanmi_pipe_options *from,
                                 wanmi_error *error)
{
    if (from == NULL || from->struct_size < sizeof(size_t) || from->struct_size > sizeof *from)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_pipe_options was not filled by wanmi_pipe_options_init");
    wanmi_pipe_options_init(to);
    memcpy(to, from, from->struct_size);
    to->struct_size = sizeof *to;
    if (to->line == NULL)
        to->line = wanmi_delivery_line;
    return check(to, error);
}

static bool copy_arguments(wanmi_pipe_sink *s)
{
    size_t count = 0;
    while (s->options.arguments[count] != NULL)
        count++;
    s->arguments = wm_alloc_zero(&s->host, (count + 1) * sizeof *s->arguments);
    if (s->arguments == NULL)
        return false;
    s->argument_count = count;
    for (size_t i = 0; i < count; i++) {
        s->arguments[i] = wm_text_copy(&s->host, s->options.arguments[i]);
        if (s->arguments[i] == NULL)
            return false;
    }
    s->options.arguments = NULL;            /* the caller's */
    return true;
}

static void free_all(wanmi_pipe_sink *s)
{
    wanmi_host host = s->host;
    for (size_t i = 0; i < s->argument_count; i++)
        wm_text_free(&host, s->arguments[i]);
    if (s->arguments != NULL)
        wm_free(&host, s->arguments, (s->argument_count + 1) * sizeof *s->arguments);
    if (s->lines.buffer != NULL)
        wm_lines_drop(&s->lines, &host);
    pthread_mutex_destroy(&s->lock);
    wm_free(&host, s, sizeof *s);
    wm_host_drop(&host);
}

static wanmi_status open_all(wanmi_pipe_sink *s, wanmi_error *error)
{
    if (!copy_arguments(s) || !wm_lines_open(&s->lines, s->options.line_max, &s->host))
        return wm_error_memory(error);
    int problem = start(s);
    wm_place place = {.file = s->arguments[0]};
    if (problem != 0)
        return wm_error_at(error, WANMI_E_SYSTEM, &place, "cannot be started: %s", strerror(problem));
    return WANMI_OK;
}

wanmi_status wanmi_pipe_sink_open(const wanmi_pipe_options *options, const wanmi_host *host,
                                  wanmi_pipe_sink **sink, wanmi_error *error)
{
    if (sink == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the place for the sink is NULL");
    wanmi_pipe_options copy;
    wanmi_status status = read_options(&copy, options, error);
    wanmi_host own;
    if (status == WANMI_OK)
        status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_pipe_sink *s = wm_alloc_zero(&own, sizeof *s);
    if (s == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    s->host = own;
    s->options = copy;
    s->wait_us = copy.restart_base_us;
    s->process.input = s->process.output = -1;
    s->figures.struct_size = sizeof s->figures;
    pthread_mutex_init(&s->lock, NULL);
    status = open_all(s, error);
    if (status != WANMI_OK) {
        free_all(s);
        return status;
    }
    *sink = s;
    return WANMI_OK;
}

void wanmi_pipe_sink_close(wanmi_pipe_sink *s)
{
    if (s == NULL)
        return;
    wm_process_close(&s->process, s->options.close_us);
    free_all(s);
}

static void release(void *sink)
{
    wanmi_pipe_sink_close(sink);
}

wanmi_status wanmi_pipe_sink_def(wanmi_pipe_sink *sink, const char *name, wanmi_sink_def *def,
                                 wanmi_error *error)
{
    if (sink == NULL || name == NULL || def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the sink, its name or its definition is NULL");
    wanmi_sink_def_init(def);
    def->name = name;
    def->deliver = wanmi_pipe_sink_deliver;
    def->user = sink;
    def->release = release;
    def->order = WANMI_ORDER_BATCH;
    def->attempts_max = 0;
    return WANMI_OK;
}

/* ---- figures ------------------------------------------------------------------------------------ */

void wanmi_pipe_figures_init(wanmi_pipe_figures *figures)
{
    *figures = (wanmi_pipe_figures){.struct_size = sizeof *figures};
}

wanmi_status wanmi_pipe_sink_figures(wanmi_pipe_sink *s, wanmi_pipe_figures *figures,
                                     wanmi_error *error)
{
    if (s == NULL || figures == NULL || figures->struct_size < sizeof(size_t)
        || figures->struct_size > sizeof *figures)
        return wm_error(error, WANMI_E_ARGUMENT, "the sink is NULL, or wanmi_pipe_figures was not "
                                                 "filled by wanmi_pipe_figures_init");
    size_t size = figures->struct_size;
    pthread_mutex_lock(&s->lock);
    s->figures.process = s->process.number;
    memcpy(figures, &s->figures, size);
    pthread_mutex_unlock(&s->lock);
    figures->struct_size = size;
    return WANMI_OK;
}
