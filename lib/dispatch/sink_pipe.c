/* The pipe sink: one line a delivery to a process, which may crash, hang or stop
 * reading without harm to anybody. How a write goes: sink_feed.h. */
#include <errno.h>
#include <string.h>

#include "sink_feed.h"
#include "sink_outlet.h"
#include "sink_process.h"

struct wanmi_pipe_sink {
    wm_outlet outlet;
    wanmi_pipe_options options;
    char **arguments;                   /* copies, ended by NULL */
    size_t argument_count;
    wm_process process;
    wanmi_pipe_figures figures;
    int64_t start_ns;                   /* not started again before */
    int64_t wait_us;                    /* the next wait */
};

/* ---- starting and ending --------------------------------------------------------------- */

static int start(wanmi_pipe_sink *s)
{
    int problem = wm_process_start(&s->process, s->arguments, s->options.acknowledges != 0,
                                   s->options.quiet != 0);
    s->start_ns = wm_steady_ns(&s->outlet.host) + s->wait_us * 1000;
    s->wait_us = s->wait_us * 2 < s->options.restart_max_us ? s->wait_us * 2 : s->options.restart_max_us;
    s->figures.starts += problem == 0;
    s->figures.starts_failed += problem != 0;
    s->figures.process = s->process.number;
    return problem;
}

/* It was killed. */
static void end(wanmi_pipe_sink *s)
{
    wm_process_close(&s->process, 0);
    s->figures.process = 0;
}

static void tell(wanmi_pipe_sink *s, const char *what)
{
    if (!s->outlet.sick)
        wm_log(&s->outlet.host, WANMI_LOG_WARNING, "%s: %s", s->arguments[0], what);
    s->outlet.sick = true;
}

/* It has taken all of a write: the next wait is the first one again. */
static void is_well(wanmi_pipe_sink *s)
{
    if (s->outlet.sick)
        wm_log(&s->outlet.host, WANMI_LOG_INFO, "%s: takes lines again", s->arguments[0]);
    s->outlet.sick = false;
    s->wait_us = s->options.restart_base_us;
}

/* Whether there is a process to write to. */
static bool is_ready(wanmi_pipe_sink *s)
{
    if (s->process.number != 0 && (wm_process_ended(&s->process) || !wm_process_wait(&s->process, false, 0))) {
        s->figures.ends++;
        tell(s, "has ended, or closed its input");
        wm_process_kill(&s->process);
        end(s);
    }
    if (s->process.number != 0)
        return true;
    if (wm_steady_ns(&s->outlet.host) < s->start_ns)
        return false;
    int problem = start(s);
    if (problem != 0)
        tell(s, strerror(problem));
    return problem == 0;
}

/* ---- a batch ------------------------------------------------------------------------------ */

static void count_unknown(wanmi_pipe_sink *s, const uint8_t *outcomes)
{
    for (size_t i = 0; i < s->outlet.lines.count; i++)
        s->figures.unknown += outcomes[s->outlet.lines.item[i]] == WANMI_UNKNOWN;
}

/* Writes what is gathered. Gives false when the process is gone. */
static bool write_lines(wanmi_pipe_sink *s, uint8_t *outcomes)
{
    static const char *const words[] = {[WM_FATE_ENDED] = "has ended, or closed its input",
                                        [WM_FATE_HUNG] = "takes nothing any more, and was killed",
                                        [WM_FATE_BABBLES] = "wrote what is no acknowledgement, and was killed"};
    wm_feeding f = {.process = &s->process, .lines = &s->outlet.lines, .outcomes = outcomes,
                    .host = &s->outlet.host, .patience_us = s->options.patience_us, .listens = s->options.acknowledges != 0};
    if (s->outlet.lines.count == 0)
        return true;
    wm_fate fate = wm_feed(&f);
    if (fate == WM_FATE_TAKEN) {
        is_well(s);
    } else {
        s->figures.ends += fate == WM_FATE_ENDED;
        s->figures.kills += fate != WM_FATE_ENDED;
        tell(s, words[fate]);
        if (wm_feed_settle(&f, fate, wm_process_kill(&s->process)))
            is_well(s);
        count_unknown(s, outcomes);
        end(s);
    }
    s->outlet.lines.filled = s->outlet.lines.count = 0;
    return fate == WM_FATE_TAKEN;
}

static void write_batch(wanmi_pipe_sink *s, const wanmi_delivery *batch, size_t count,
                        uint8_t *outcomes)
{
    wm_items items = {s->options.line, s->options.line_user, .deliveries = batch};
    memset(outcomes, WANMI_RETRY, count);
    if (!is_ready(s))
        return;
    for (size_t i = 0; i < count; i++) {
        if (wm_lines_full(&s->outlet.lines) && !write_lines(s, outcomes))
            return;
        if (!wm_lines_add(&s->outlet.lines, wm_make_delivery, &items, i))
            outcomes[i] = WANMI_DEAD;
    }
    write_lines(s, outcomes);
}

void wanmi_pipe_sink_deliver(void *sink, const wanmi_delivery *batch, size_t count,
                             uint8_t *outcomes)
{
    wanmi_pipe_sink *s = sink;
    pthread_mutex_lock(&s->outlet.lock);
    write_batch(s, batch, count, outcomes);
    for (size_t i = 0; i < count; i++) {
        s->figures.lines += outcomes[i] == WANMI_DELIVERED;
        s->figures.refused += outcomes[i] == WANMI_DEAD;
    }
    pthread_mutex_unlock(&s->outlet.lock);
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
    wanmi_pipe_options_init(to);
    wanmi_status status = wm_outlet_options(to, sizeof *to, from, "wanmi_pipe_options", error);
    if (status != WANMI_OK)
        return status;
    if (to->line == NULL)
        to->line = wanmi_delivery_line;
    return check(to, error);
}

static bool copy_arguments(wanmi_pipe_sink *s)
{
    size_t count = 0;
    while (s->options.arguments[count] != NULL)
        count++;
    s->arguments = wm_alloc_zero(&s->outlet.host, (count + 1) * sizeof *s->arguments);
    if (s->arguments == NULL)
        return false;
    s->argument_count = count;
    for (size_t i = 0; i < count; i++) {
        s->arguments[i] = wm_text_copy(&s->outlet.host, s->options.arguments[i]);
        if (s->arguments[i] == NULL)
            return false;
    }
    s->options.arguments = NULL;            /* the caller's */
    return true;
}

static void free_all(wanmi_pipe_sink *s)
{
    for (size_t i = 0; i < s->argument_count; i++)
        wm_text_free(&s->outlet.host, s->arguments[i]);
    wm_free(&s->outlet.host, s->arguments, (s->argument_count + 1) * sizeof *s->arguments);
    wm_outlet_free(s);
}

static wanmi_status open_all(wanmi_pipe_sink *s, wanmi_error *error)
{
    if (!copy_arguments(s))
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
    wanmi_pipe_options own;
    void *made = NULL;
    wanmi_status status = read_options(&own, options, error);
    if (status == WANMI_OK)
        status = wm_outlet_make(sizeof(wanmi_pipe_sink), own.line_max, host, &made, error);
    if (status != WANMI_OK)
        return status;
    wanmi_pipe_sink *s = made;
    s->options = own;
    s->wait_us = own.restart_base_us;
    s->process.input = s->process.output = -1;
    s->figures.struct_size = sizeof s->figures;
    status = open_all(s, error);
    if (status == WANMI_OK)
        *sink = s;
    else
        free_all(s);
    return status;
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
    wanmi_status status = wm_outlet_def(sink, name, wanmi_pipe_sink_deliver, release, def, error);
    if (status == WANMI_OK)
        def->attempts_max = 0;
    return status;
}

/* ---- figures ------------------------------------------------------------------------------------ */

void wanmi_pipe_figures_init(wanmi_pipe_figures *figures)
{
    *figures = (wanmi_pipe_figures){.struct_size = sizeof *figures};
}

wanmi_status wanmi_pipe_sink_figures(wanmi_pipe_sink *s, wanmi_pipe_figures *figures,
                                     wanmi_error *error)
{
    if (s == NULL || !wm_outlet_fits(figures, sizeof *figures))
        return wm_error(error, WANMI_E_ARGUMENT, "the sink is NULL, or wanmi_pipe_figures was not "
                                                 "filled by wanmi_pipe_figures_init");
    wm_outlet_figures(&s->outlet, figures, &s->figures);
    return WANMI_OK;
}
