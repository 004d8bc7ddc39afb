/* wanmi route: events in, deliveries out, through the real queues and dispatch.
 *
 * A thread of the pool submits a block of rows through its own intake; the sink
 * gives each delivery to the block it came from; when a block has all of its
 * deliveries it is written, in the order of the input. One lane keeps the order
 * of one intake, so the output is the same however many threads there are.
 */
#include "route.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct cli_route_block {
    cli_block in;
    size_t slot;
    wanmi_event events[CLI_BLOCK_ROWS];
    wanmi_receipt receipts[CLI_BLOCK_ROWS];
    uint32_t event_of[CLI_BLOCK_ROWS]; /* of a row; WANMI_NONE: refused */
    size_t event_count;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    wanmi_delivery *got;
    size_t got_count;
    size_t got_capacity;
    size_t dead;
};

enum { COLUMNS = 13 };

/* Longer than any disk waits; a ring that stays full so long is a broken sink. */
static const int64_t BLOCK_US = INT64_C(3600) * 1000000;

/* ---- the sink ------------------------------------------------------------------------ */

static void deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    cli_route_run *r = user;
    (void)outcomes;
    for (size_t i = 0; i < count;) {
        cli_route_block *b = r->blocks[batch[i].user >> 32];
        size_t end = i + 1;
        while (end < count && batch[end].user >> 32 == b->slot)
            end++;
        pthread_mutex_lock(&b->lock);
        size_t need = b->got_count + (end - i);
        if (need > b->got_capacity) {
            b->got_capacity = 2 * need;
            b->got = cli_memory(b->got, b->got_capacity, sizeof *b->got);
        }
        memcpy(b->got + b->got_count, batch + i, (end - i) * sizeof *batch);
        b->got_count = need;
        pthread_cond_signal(&b->changed);
        pthread_mutex_unlock(&b->lock);
        i = end;
    }
}

static size_t bury(void *user, const wanmi_dead_letter *letters, size_t count)
{
    cli_route_run *r = user;
    for (size_t i = 0; i < count; i++) {
        cli_route_block *b = r->blocks[letters[i].delivery.user >> 32];
        pthread_mutex_lock(&b->lock);
        b->dead++;
        pthread_cond_signal(&b->changed);
        pthread_mutex_unlock(&b->lock);
    }
    return count;
}

/* ---- on the threads ------------------------------------------------------------------- */

static void close_session(void *user, void *of)
{
    cli_route_session *s = of;
    (void)user;
    wanmi_intake_close(s->intake);
    wanmi_locator_free(s->locator);
    wanmi_transform_free(s->transform);
    free(s);
}

static wanmi_status open_session(void *user, void **session, wanmi_error *error)
{
    cli_route_run *r = user;
    cli_route_session *s = cli_memory(NULL, 1, sizeof *s);
    *s = (cli_route_session){0};
    wanmi_status status = wanmi_intake_open(r->flow, &s->intake, error);
    if (status == WANMI_OK && r->index != NULL)
        status = wanmi_locator_create(r->index, r->stream.engine, &s->locator, error);
    if (status == WANMI_OK && r->stream.output == WANMI_IO_OUT_GPKG)
        status = wanmi_transform_create(wanmi_map_crs(r->map), &s->transform, error);
    *session = s;
    if (status == WANMI_OK)
        return WANMI_OK;
    close_session(user, s);
    *session = NULL;
    return status;
}

/* The number of a class, source or object; refuses the row where it cannot have one. */
static wanmi_status number(cli_route_run *r, cli_block *in, cli_row *row, const char *column,
                           size_t place, uint32_t *word, wanmi_error *error)
{
    const char *text = cli_block_text(in, place);
    *word = WANMI_NONE;
    if (text[0] == '\0')
        return WANMI_OK;
    wanmi_status status = wanmi_words_number(r->words, text, strlen(text), word, error);
    if (status != WANMI_E_ARGUMENT)
        return status;
    cli_block_refuse(in, row, r->rejects.input, column, "is longer than 64 bytes", text);
    return WANMI_OK;
}

static wanmi_status make_events(cli_route_run *r, cli_route_block *b, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    b->event_count = b->got_count = b->dead = 0;
    for (size_t i = 0; i < b->in.count && status == WANMI_OK; i++) {
        cli_row *row = &b->in.rows[i];
        uint32_t class_id = WANMI_NONE, source_id = WANMI_NONE, object_id = WANMI_NONE;
        if (!row->refused)
            status = number(r, &b->in, row, "class", row->class_text, &class_id, error);
        if (!row->refused && status == WANMI_OK)
            status = number(r, &b->in, row, "source", row->source, &source_id, error);
        if (!row->refused && status == WANMI_OK)
            status = number(r, &b->in, row, "object", row->object, &object_id, error);
        b->event_of[i] = row->refused ? WANMI_NONE : (uint32_t)b->event_count;
        if (row->refused)
            continue;
        b->events[b->event_count++] = (wanmi_event){
            .id = row->row, .user = (uint64_t)b->slot << 32 | i,
            .time_us = row->time_us != WANMI_TIME_NONE ? row->time_us : r->instant_us,
            .x = row->lon, .y = row->lat, .class_id = class_id, .source_id = source_id,
            .object_id = object_id != WANMI_NONE ? object_id : 0,
            .datum = (uint8_t)(object_id != WANMI_NONE ? WANMI_DATUM_OBJECT : r->stream.datum),
            .severity = (uint8_t)row->severity};
    }
    return status;
}

static wanmi_status work(void *user, void *session, void *of, wanmi_error *error)
{
    cli_route_run *r = user;
    cli_route_session *s = session;
    cli_route_block *b = of;
    size_t expected = 0;
    wanmi_status status = make_events(r, b, error);
    if (status == WANMI_OK)
        status = wanmi_flow_submit(s->intake, b->events, b->event_count, b->receipts, NULL, error);
    if (status != WANMI_OK)
        return status;
    for (size_t i = 0; i < b->event_count; i++)
        expected += b->receipts[i].deliveries;
    pthread_mutex_lock(&b->lock);
    while (b->got_count + b->dead < expected)
        pthread_cond_wait(&b->changed, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return WANMI_OK;
}

/* ---- in order ------------------------------------------------------------------------- */

static wanmi_status write_delivery(cli_route_run *r, cli_route_session *s, const cli_route_block *b,
                                   const cli_row *row, const wanmi_delivery *d, wanmi_error *error)
{
    char row_text[24], rule[16], due[40], priority[8], generation[16];
    const wanmi_event event = cli_placed(r->map, r->words, &b->events[b->event_of[row - b->in.rows]]);
    uint32_t area = cli_delivery_area(r->map, s->locator, d, &event);
    double x = NAN, y = NAN;
    uint8_t reason = 0;
    snprintf(row_text, sizeof row_text, "%llu", (unsigned long long)row->row);
    snprintf(priority, sizeof priority, "%u", d->priority);
    snprintf(generation, sizeof generation, "%u", d->generation);
    wanmi_time_format(wanmi_map_zone(r->map), d->due_us, due, sizeof due);
    const char *values[COLUMNS] = {
        row_text, cli_block_text(&b->in, row->id),
        d->cell != WANMI_NONE ? wanmi_map_area_code(r->map, d->cell) : NULL,
        area != WANMI_NONE ? wanmi_map_area_code(r->map, area) : NULL,
        wanmi_map_unit_code(r->map, d->unit),
        d->role != 0xFFFF ? wanmi_map_role(r->map, d->role) : NULL,
        cli_rule_text(r->map, d->rule, rule), wanmi_step_text((wanmi_step)d->step), priority,
        due[0] != '\0' ? due : NULL, (d->flags & WANMI_DELIVERY_COPY) != 0 ? "1" : "0",
        d->tag != 0xFFFF ? wanmi_map_tag(r->map, d->tag) : NULL, generation};
    if (s->transform != NULL)
        wanmi_transform_forward(s->transform, (wanmi_datum)event.datum, 1, &event.x, 0, &event.y, 0, &x,
                                &y, &reason, NULL);
    r->deliveries++;
    return wanmi_io_writer_row(r->writer, values, x, y, error);
}

static wanmi_status reject_row(cli_route_run *r, const cli_route_block *b, const cli_row *row,
                               wanmi_error *error)
{
    if (row->refused) {
        r->refused++;
        return cli_reject_refused(&r->rejects, &b->in, row, error);
    }
    const wanmi_receipt *receipt = &b->receipts[b->event_of[row - b->in.rows]];
    if (receipt->deliveries != 0)
        return WANMI_OK;
    return cli_reject_position(&r->rejects, &b->in, row, (wanmi_reason)receipt->reason, error);
}

static wanmi_status write_block(void *user, void *session, void *of, wanmi_error *error)
{
    cli_route_run *r = user;
    cli_route_block *b = of;
    wanmi_status status = WANMI_OK;
    size_t at = 0;
    for (size_t i = 0; i < b->in.count && status == WANMI_OK; i++) {
        const cli_row *row = &b->in.rows[i];
        status = reject_row(r, b, row, error);
        for (; at < b->got_count && (uint32_t)b->got[at].user == i && status == WANMI_OK; at++)
            status = write_delivery(r, session, b, row, &b->got[at], error);
    }
    r->rejects.rows += b->in.count;
    cli_progress_step(&r->progress, r->rejects.rows, 0);
    return status == WANMI_OK ? wanmi_io_writer_flush(r->writer, error) : status;
}

/* ---- the run ---------------------------------------------------------------------------- */

static wanmi_status read_all(cli_pool *pool, wanmi_io_reader *reader, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    while ((status == WANMI_OK || status == WANMI_AGAIN) && !cli_stopping()) {
        cli_route_block *b = cli_pool_take(pool);
        if (b == NULL)
            return WANMI_OK; /* the pool tells its error at the end */
        status = cli_block_read(&b->in, reader, error);
        if (b->in.count != 0)
            cli_pool_give(pool, b);
    }
    return status > WANMI_OK ? WANMI_OK : status;
}

static void make_blocks(cli_route_run *r)
{
    r->block_count = 2 * (size_t)r->stream.jobs + 1;
    r->blocks = cli_memory(NULL, r->block_count, sizeof(void *));
    for (size_t i = 0; i < r->block_count; i++) {
        cli_route_block *b = r->blocks[i] = cli_memory(NULL, 1, sizeof *b);
        *b = (cli_route_block){.slot = i};
        cli_block_init(&b->in);
        pthread_mutex_init(&b->lock, NULL);
        pthread_cond_init(&b->changed, NULL);
    }
}

static void drop_blocks(cli_route_run *r)
{
    for (size_t i = 0; i < r->block_count; i++) {
        cli_route_block *b = r->blocks[i];
        cli_block_drop(&b->in);
        pthread_mutex_destroy(&b->lock);
        pthread_cond_destroy(&b->changed);
        free(b->got);
        free(b);
    }
    free(r->blocks);
}

static int run_pool(cli_route_run *r, wanmi_io_reader *reader)
{
    const cli_pool_work tasks = {r, open_session, close_session, work, write_block};
    wanmi_error error, later;
    wanmi_error_clear(&error);
    wanmi_error_clear(&later);
    int code = CLI_DONE;
    cli_progress_start(&r->progress, "route", "rows");
    cli_pool *pool = cli_pool_start(&tasks, (size_t)r->stream.jobs, (void **)r->blocks,
                                    r->block_count, &error);
    if (pool == NULL)
        return cli_fail(&error);
    if (read_all(pool, reader, &error) != WANMI_OK)
        code = cli_fail(&error);
    if (cli_pool_finish(pool, &later) != WANMI_OK)
        code = cli_fail(&later);
    cli_progress_end(&r->progress);
    return code;
}

static wanmi_status start_flow(cli_route_run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_flow_options options;
    wanmi_sink_def sink;
    wanmi_flow_options_init(&options);
    options.engine = r->stream.engine;
    options.dispatch.producers_max = (uint32_t)r->stream.jobs;
    options.dispatch.dead = bury;
    options.dispatch.dead_user = r;
    wanmi_sink_def_init(&sink);
    sink.name = "output";
    sink.deliver = deliver;
    sink.user = r;
    sink.lanes = 1;
    sink.policy = WANMI_POLICY_BLOCK;
    sink.block_us = BLOCK_US;
    wanmi_status status = wanmi_flow_create(&options, host, &r->flow, error);
    if (status == WANMI_OK)
        status = cli_open_index(r->stream.map_path, r->map, NULL, &r->index, error);
    if (status == WANMI_OK)
        status = wanmi_flow_set_index(r->flow, r->index, error);
    if (status == WANMI_OK && r->mode != NULL)
        status = wanmi_flow_set_mode(r->flow, r->mode, error);
    if (status == WANMI_OK)
        status = wanmi_flow_add_sink(r->flow, &sink, NULL, NULL, error);
    cli_signals_hold(); /* the flow's threads leave Ctrl-C to this one */
    if (status == WANMI_OK)
        status = wanmi_flow_start(r->flow, error);
    cli_signals_let();
    if (status == WANMI_OK)
        r->words = wanmi_flow_words(r->flow);
    return status;
}

static int open_writer(cli_route_run *r, const wanmi_host *host)
{
    static const char *const names[COLUMNS] = {"row", "id", "cell", "area", "unit", "role", "rule",
                                               "step", "priority", "due", "copy", "tags",
                                               "generation"};
    wanmi_io_type types[COLUMNS] = {WANMI_IO_INTEGER};
    wanmi_error error;
    types[8] = types[10] = types[12] = WANMI_IO_INTEGER;
    wanmi_status status = wanmi_io_writer_open(r->stream.output_path, r->stream.output, names, types,
                                               COLUMNS, wanmi_map_crs(r->map), host, &r->writer, &error);
    return status == WANMI_OK ? -1 : cli_fail(&error);
}

/* Drains the flow, and checks that nothing was lost on the way. */
static int finish_flow(cli_route_run *r, int code)
{
    wanmi_account account;
    uint64_t left = 0;
    wanmi_error error;
    wanmi_account_init(&account);
    wanmi_error_clear(&error);
    if (wanmi_flow_drain(r->flow, BLOCK_US, &left, &error) != WANMI_OK && code < CLI_UNUSABLE)
        code = cli_fail(&error);
    if (wanmi_flow_snapshot(r->flow, &account, NULL, 0, &error) != WANMI_OK)
        return cli_fail(&error);
    if (r->summary || isatty(STDERR_FILENO) == 1)
        cli_route_summary(&account, r->refused, r->deliveries);
    if (code < CLI_UNUSABLE && account.sum.dead != 0) {
        cli_say("%llu deliveries ended dead", (unsigned long long)account.sum.dead);
        code = CLI_UNUSABLE;
    }
    return code;
}

static int run_map(cli_route_run *r, const wanmi_host *host)
{
    wanmi_io_reader *reader = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    int code = cli_instant("route", r->map, r->stream.at, &r->instant_us);
    if (code >= 0)
        return code;
    if (start_flow(r, host, &error) != WANMI_OK)
        return cli_fail_in(r->stream.map_path, &error);
    if (wanmi_io_reader_open(r->stream.path, r->stream.format, &r->stream.columns,
                             wanmi_map_zone(r->map), host, &reader, &error) != WANMI_OK)
        return cli_fail(&error);
    code = cli_rejects_open(&r->rejects, &r->stream, host);
    if (code < 0)
        code = open_writer(r, host);
    if (code < 0)
        code = run_pool(r, reader);
    wanmi_io_reader_close(reader);
    if (r->writer != NULL && wanmi_io_writer_close(r->writer, &error) != WANMI_OK && code == CLI_DONE)
        code = cli_fail(&error);
    code = cli_rejects_close(&r->rejects, code);
    if (r->writer != NULL)
        code = finish_flow(r, code);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

int cli_route(int argc, char **argv)
{
    cli_route_run r = {0};
    cli_option options[CLI_STREAM_OPTIONS];
    const char *operands[2];
    size_t count = 0;
    cli_stream_init(&r.stream, "route");
    size_t n = cli_stream_options(&r.stream, options);
    options[n++] = (cli_option){"class", '\0', "COLUMN", "column of the class (default class)", CLI_TEXT,
                                &r.stream.columns.class_column};
    options[n++] = (cli_option){"severity", '\0', "COLUMN", "column of the severity, 0 to 255 (default severity)",
                                CLI_TEXT, &r.stream.columns.severity};
    options[n++] = (cli_option){"source", '\0', "COLUMN", "column of the source (default source)", CLI_TEXT,
                                &r.stream.columns.source};
    options[n++] = (cli_option){"object", '\0', "COLUMN",
                                "column of the object's code, in place of a position (default object)",
                                CLI_TEXT, &r.stream.columns.object};
    options[n++] = (cli_option){"mode", '\0', "MODE", "the mode in force (default normal)", CLI_TEXT, &r.mode};
    options[n++] = (cli_option){"summary", '\0', NULL, "the account at the end (always on a terminal)",
                                CLI_FLAG, &r.summary};
    const cli_command command = {
        "route", "MAP [FILE]",
        "Events in, deliveries out, through the real queues and dispatch: one row a delivery, in the\n"
        "order of the input. FILE as for locate, with class, severity, source and object: an\n"
        "event that names an object of the map is where that is. `area` is the area whose duty found\n"
        "the unit, `step` how it was found: unit, duty, ancestor, owner or fallback; `rule` is the\n"
        "rule's seq, fallback or outside; `due` when it must be done. An event outside every cell goes to the map's\n"
        "fallback unit, or to the rejects.",
        "wanmi route district.gpkg events.csv --summary -o deliveries.csv", options, n, 1, 2};
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code < 0)
        code = cli_stream_check(&r.stream, operands, count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    uint64_t left_out = 0;
    code = cli_open_map(r.stream.map_path, CLI_TO_ROUTE, &host, &r.map, &left_out);
    if (code < 0) {
        make_blocks(&r);
        code = cli_code_without(run_map(&r, &host), left_out);
        wanmi_flow_free(r.flow);
        drop_blocks(&r);
    }
    wanmi_index_release(r.index);
    wanmi_map_release(r.map);
    return code;
}
