/* 03-dongcheng: the 万米单元网格 process from the first report to the evaluation.
 *
 * usage: 03-dongcheng FOLDER MAP BOOK
 * Makes MAP from the tables in FOLDER (examples/dongcheng, where no name is real), tells
 * a story of six cases, keeps it in the SQLite file BOOK, and prints the account.
 *
 * The seven steps of a case: 1 collected, 2 filed, 3 dispatched, 4 handled, 5 reported
 * back, 6 checked and closed, 7 evaluated. wanmi says who is told, by when, and who takes
 * over; the supervision centre (which files and checks) and the command centre (which
 * dispatches) hear of every case independently, each by its own sink. A third one, the
 * city's platform, hangs all day: its deliveries end as dead letters and nobody waits.
 * The clock is the story's: the library never looks at one. */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dongcheng/book.h"
#include "dongcheng/city.h"

typedef struct report {
    const char *what, *class_text, *source;
    double x, y;
    uint8_t severity;
} report;

/* Cases 1 to 6. Where they lie: dongcheng/cell.csv. */
static const report reports[] = {
    {"exposed rubbish", "0101", "监督员", 448050, 4420050, 50},
    {"broken road surface", "0102", "监督员", 448250, 4420150, 50},
    {"rubbish on an edge", "0101", "监督员", 448100, 4420050, 50},  /* of two cells: the lower code has it */
    {"illegal building", "0201", "热线", 448250, 4420050, 120},
    {"rubbish elsewhere", "0101", "热线", 448600, 4420050, 50},     /* in no cell */
    {"fallen tree", "0701", "热线", 448150, 4420150, 50},           /* no rule names this class */
};

typedef enum deed { FOUND, FILED, DISPATCHED, ACKNOWLEDGED, DONE, PASSED, FAILED, PASSED_ON } deed;

/* What people do, in the order of time. A check is asked for when somebody is done. */
static const struct act {
    const char *at;
    deed deed;
    int64_t id;
    const char *who;
} acts[] = {
    {"2005-09-05T09:00", FOUND, 5, "hotline"},      {"2005-09-05T09:00", FOUND, 6, "hotline"},
    {"2005-09-05T09:10", PASSED_ON, 5, "CENTRE-C"}, {"2005-09-05T09:15", FILED, 6, "CENTRE-S"},
    {"2005-09-05T09:20", DISPATCHED, 6, "CENTRE-C"}, {"2005-09-05T10:00", FOUND, 1, "J01"},
    {"2005-09-05T10:12", FILED, 1, "CENTRE-S"},     {"2005-09-05T10:25", DISPATCHED, 1, "CENTRE-C"},
    {"2005-09-05T10:40", ACKNOWLEDGED, 1, "SAN-1"}, {"2005-09-05T11:00", DONE, 6, "STREET-1"},
    {"2005-09-05T11:40", PASSED, 6, "J03"},         {"2005-09-05T11:50", FOUND, 3, "J01"},
    {"2005-09-05T14:05", FILED, 3, "CENTRE-S"},     {"2005-09-05T14:10", DISPATCHED, 3, "CENTRE-C"},
    {"2005-09-05T14:30", DONE, 1, "SAN-1"},         {"2005-09-05T15:00", DONE, 3, "SAN-1"},
    {"2005-09-05T15:10", PASSED, 1, "J01"},         {"2005-09-05T15:30", FAILED, 3, "J01"},
    {"2005-09-05T17:00", DONE, 3, "SAN-1"},         {"2005-09-05T17:00", FOUND, 2, "J02"},
    {"2005-09-05T17:20", PASSED, 3, "J01"},         {"2005-09-05T17:25", FILED, 2, "CENTRE-S"},
    {"2005-09-05T17:40", DISPATCHED, 2, "CENTRE-C"}, {"2005-09-05T17:50", ACKNOWLEDGED, 2, "SAN-2"},
    /* SAN-2 does nothing more: at noon of the 6th the street takes over. */
    {"2005-09-06T14:30", DONE, 2, "STREET-2"},      {"2005-09-06T15:00", PASSED, 2, "J02"},
    {"2005-09-30T16:00", FOUND, 4, "hotline"},      {"2005-09-30T16:10", FILED, 4, "CENTRE-S"},
    {"2005-09-30T16:15", DISPATCHED, 4, "CENTRE-C"}, {"2005-09-30T18:10", DONE, 4, "STREET-2"},
    {"2005-10-13T16:00", DONE, 4, "ENFORCE"},       {"2005-10-13T17:00", PASSED, 4, "J02"},
};

enum { SUPERVISION, COMMAND, HANDLERS, CITY, SINKS };

typedef struct story {
    wanmi_map *map;
    wanmi_flow *flow;
    wanmi_intake *intake;
    wanmi_plan *plan;               /* for the chains of takeovers */
    sqlite3 *book;
    subscriber subscribers[SINKS];  /* CITY's connection writes the dead letters */
    int64_t events;                 /* submitted so far */
    wanmi_error error;
} story;

/* ---- the sick subscriber ----------------------------------------------------------------- */

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int open;
} gate;

/* Hangs until the gate is opened, then gives up. */
static void city_hangs(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch;
    gate *g = user;
    pthread_mutex_lock(&g->lock);
    while (!g->open)
        pthread_cond_wait(&g->changed, &g->lock);
    pthread_mutex_unlock(&g->lock);
    memset(outcomes, WANMI_DEAD, count);
}

static void gate_open(gate *g)
{
    pthread_mutex_lock(&g->lock);
    g->open = 1;
    pthread_cond_broadcast(&g->changed);
    pthread_mutex_unlock(&g->lock);
}

/* ---- events --------------------------------------------------------------------------------- */

static int fail(story *s)
{
    fprintf(stderr, "03-dongcheng: %s\n", s->error.message);
    return -1;
}

/* Waits until the well have what they were sent. The sick one keeps its own. */
static int settle(story *s)
{
    wanmi_account account;
    wanmi_tally sinks[SINKS];
    for (int i = 0; i < 10000; i++) {
        uint64_t pending = 0;
        wanmi_account_init(&account);
        for (int k = 0; k < SINKS; k++)
            wanmi_tally_init(&sinks[k]);
        if (wanmi_flow_snapshot(s->flow, &account, sinks, SINKS, &s->error) != WANMI_OK)
            return fail(s);
        for (int k = 0; k < CITY; k++)
            pending += sinks[k].pending;
        if (pending == 0)
            return 0;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    fprintf(stderr, "03-dongcheng: the well subscribers did not come to an end\n");
    return -1;
}

static int submit(story *s, int64_t id, const report *r, const char *class_text, int64_t now, const char **cell)
{
    wanmi_words *words = wanmi_flow_words(s->flow);
    wanmi_receipt receipt;
    wanmi_event event = {.id = (uint64_t)++s->events, .user = (uint64_t)id, .time_us = now, .x = r->x, .y = r->y,
                         .datum = WANMI_DATUM_MAP, .severity = r->severity};
    if (wanmi_words_number(words, class_text, strlen(class_text), &event.class_id, &s->error) != WANMI_OK ||
        wanmi_words_number(words, r->source, strlen(r->source), &event.source_id, &s->error) != WANMI_OK ||
        wanmi_flow_submit(s->intake, &event, 1, &receipt, NULL, &s->error) != WANMI_OK)
        return fail(s);
    *cell = receipt.cell == WANMI_NONE ? "" : wanmi_map_area_code(s->map, receipt.cell);
    return settle(s);
}

static int collect(story *s, const struct act *a, int64_t now)
{
    const report *r = &reports[a->id - 1];
    const char *cell;
    return submit(s, a->id, r, r->class_text, now, &cell) != 0 ||
           book_do(s->book, "INSERT INTO cases (id, what, class, found_at, cell) VALUES (?, ?, ?, ?, ?)", "itttt", a->id,
                   r->what, r->class_text, a->at, cell) != 0 ||
           book_step(s->book, a->id, 1, a->at, a->who, cell[0] != '\0' ? "" : "in no cell of the grid") != 0;
}

/* ---- the centres ------------------------------------------------------------------------------ */

static int set_state(story *s, int64_t id, const char *state)
{
    return book_do(s->book, "UPDATE cases SET state = ? WHERE id = ?", "ti", state, id);
}

/* A centre acts on what its own sink has entered, and on nothing else. */
static int centre_acts(story *s, const struct act *a, int number, const char *name, const char *state)
{
    static const char *const notes[] = {"", "in time", "late"};
    int64_t note = book_number(s->book, -1, "SELECT CASE WHEN due = '' THEN 0 WHEN ? <= substr(due, 1, 16) THEN 1 ELSE 2 END "
                               "FROM inbox WHERE subscriber = ? AND case_id = ?", "tti", a->at, name, a->id);
    if (note < 0) {
        fprintf(stderr, "03-dongcheng: %s has not heard of case %" PRId64 "\n", name, a->id);
        return -1;
    }
    return book_step(s->book, a->id, number, a->at, a->who, notes[note]) != 0 || set_state(s, a->id, state) != 0;
}

/* What reached those who act becomes their tasks. */
static int make_tasks(story *s, int64_t id)
{
    sqlite3_stmt *from = NULL;
    int result = sqlite3_prepare_v2(s->book, "SELECT event, unit, role, due, record FROM inbox WHERE subscriber = 'handlers' "
                                    "AND case_id = ?", -1, &from, NULL) == SQLITE_OK ? 0 : -1;
    sqlite3_bind_int64(from, 1, id);
    while (result == 0 && sqlite3_step(from) == SQLITE_ROW) {
        wanmi_delivery d;
        memcpy(&d, sqlite3_column_blob(from, 4), sizeof d);
        const char *unit = (const char *)sqlite3_column_text(from, 1), *role = (const char *)sqlite3_column_text(from, 2);
        result = book_do(s->book, "INSERT OR IGNORE INTO tasks (event, case_id, unit, role, doer, due, due_us, record) "
                         "VALUES (?, ?, ?, ?, ?, ?, nullif(?, ?), ?)", "iittttiib", (int64_t)d.event_id, id, unit, role, unit,
                         (const char *)sqlite3_column_text(from, 3), d.due_us, (int64_t)WANMI_TIME_NONE, &d);
    }
    sqlite3_finalize(from);
    return result;
}

/* Done: reported back to the command centre, and when nobody has anything left to do the
 * supervision centre sends a supervisor to look (an event of class 09 at the same place). */
static int finish(story *s, const struct act *a, int64_t now)
{
    const char *cell;
    if (book_do(s->book, "UPDATE tasks SET done_at = ?, done_us = ? WHERE case_id = ? AND doer = ? AND done_us IS NULL",
                "tiit", a->at, now, a->id, a->who) != 0 || sqlite3_changes(s->book) != 1 ||
        book_step(s->book, a->id, 4, a->at, a->who, "") != 0 ||
        book_step(s->book, a->id, 5, a->at, "CENTRE-C", "") != 0)
        return -1;
    if (book_number(s->book, 0, "SELECT count(*) FROM tasks WHERE case_id = ? AND done_us IS NULL", "i", a->id) != 0)
        return 0;
    return submit(s, a->id, &reports[a->id - 1], "0901", now, &cell) != 0 || make_tasks(s, a->id) != 0;
}

static int check(story *s, const struct act *a, int64_t now)
{
    if (book_do(s->book, "UPDATE tasks SET done_at = ?, done_us = ? WHERE case_id = ? AND doer = ? AND done_us IS NULL",
                "tiit", a->at, now, a->id, a->who) != 0 || sqlite3_changes(s->book) != 1)
        return -1;
    if (a->deed == PASSED)
        return book_step(s->book, a->id, 6, a->at, a->who, "closed") != 0 || set_state(s, a->id, "closed") != 0;
    return book_step(s->book, a->id, 6, a->at, a->who, "not well done: returned") != 0 ||
           book_do(s->book, "UPDATE tasks SET done_at = NULL, done_us = NULL WHERE case_id = ? AND role <> '监督员'", "i",
                   a->id) != 0 ||
           book_do(s->book, "UPDATE cases SET returned = returned + 1 WHERE id = ?", "i", a->id) != 0;
}

/* ---- takeovers ---------------------------------------------------------------------------------- */

static int take_over(story *s, const wanmi_delivery *d, const wanmi_escalation *e)
{
    char at[40], note[120];
    wanmi_escalation_def def;
    const char *from = wanmi_map_unit_code(s->map, d->unit), *to = wanmi_map_unit_code(s->map, e->unit);
    wanmi_map_escalation(s->map, e->row, &def);
    wanmi_time_format(wanmi_map_zone(s->map), e->at_us, at, sizeof at);
    snprintf(note, sizeof note, "takes over from %s: %s", from, e->on == WANMI_NOT_DONE ? "not done when due" : "no answer");
    if (book_do(s->book, "INSERT OR IGNORE INTO takeovers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", "iiittttit", (int64_t)d->user,
                (int64_t)d->event_id, (int64_t)def.seq, from, to, at, e->on == WANMI_NOT_DONE ? "not done" : "not acknowledged",
                (int64_t)e->priority, e->tag == 0xFFFF ? "" : wanmi_map_tag(s->map, e->tag)) != 0)
        return -1;
    if (sqlite3_changes(s->book) == 0)
        return 0; /* known already */
    return book_do(s->book, "UPDATE tasks SET doer = ? WHERE event = ? AND unit = ?", "tit", to, (int64_t)d->event_id,
                   from) != 0 ||
           book_step(s->book, (int64_t)d->user, 3, at, to, note) != 0;
}

/* The library says who takes over and when; to look at the clock is ours. */
static int look_at_the_clock(story *s, int64_t now)
{
    sqlite3_stmt *open = NULL;
    int result = sqlite3_prepare_v2(s->book, "SELECT record, acknowledged_at IS NOT NULL FROM tasks WHERE done_us IS NULL", -1,
                                    &open, NULL) == SQLITE_OK ? 0 : -1;
    while (result == 0 && sqlite3_step(open) == SQLITE_ROW) {
        wanmi_delivery d;
        wanmi_escalation chain[8];
        size_t count = 0;
        memcpy(&d, sqlite3_column_blob(open, 0), sizeof d);
        if (wanmi_plan_escalate(s->plan, &d, NULL, chain, 8, &count, &s->error) != WANMI_OK)
            result = fail(s);
        for (size_t i = 0; i < count && result == 0; i++) {
            int answered = chain[i].on == WANMI_NOT_ACKNOWLEDGED && sqlite3_column_int(open, 1);
            if (chain[i].at_us <= now && !answered)
                result = take_over(s, &d, &chain[i]);
        }
    }
    sqlite3_finalize(open);
    return result;
}

/* ---- the story ------------------------------------------------------------------------------------ */

static int perform(story *s, const struct act *a)
{
    int64_t now;
    if (wanmi_time_parse(wanmi_map_zone(s->map), a->at, &now, &s->error) != WANMI_OK)
        return fail(s);
    if (look_at_the_clock(s, now) != 0)
        return -1;
    switch (a->deed) {
    case FOUND: return collect(s, a, now);
    case FILED: return centre_acts(s, a, 2, "supervision", "filed");
    case DISPATCHED: return centre_acts(s, a, 3, "command", "dispatched") != 0 || make_tasks(s, a->id) != 0;
    case ACKNOWLEDGED:
        return book_do(s->book, "UPDATE tasks SET acknowledged_at = ? WHERE case_id = ? AND doer = ?", "tit", a->at, a->id,
                       a->who);
    case DONE: return finish(s, a, now);
    case PASSED_ON: return centre_acts(s, a, 6, "command", "passed on");
    default: return check(s, a, now);
    }
}

static wanmi_status add_sinks(story *s, gate *g, const char *path)
{
    static const wanmi_subscription wanted[SINKS] = {
        {.units = "CENTRE-S"}, {.units = "CENTRE-C"}, {.copies = 1}, {.units = "CITY"}};
    static const char *const names[SINKS] = {"supervision", "command", "handlers", "city"};
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < SINKS && status == WANMI_OK; i++) {
        wanmi_subscription subscription;
        wanmi_sink_def def;
        wanmi_subscription_init(&subscription);
        subscription.units = wanted[i].units;
        subscription.copies = wanted[i].copies;
        wanmi_sink_def_init(&def);
        s->subscribers[i] = (subscriber){names[i], book_open(path, 0), s->map};
        def.name = names[i];
        def.lanes = 1;
        def.deliver = i == CITY ? city_hangs : subscriber_receive;
        def.user = i == CITY ? (void *)g : &s->subscribers[i];
        status = s->subscribers[i].book == NULL ? WANMI_E_SYSTEM
                                                : wanmi_flow_add_sink(s->flow, &def, &subscription, NULL, &s->error);
    }
    return status;
}

static int begin(story *s, gate *g, const char *path)
{
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.dispatch.dead = book_letters;
    options.dispatch.dead_user = &s->subscribers[CITY];
    s->book = book_open(path, 1);
    wanmi_status status = s->book == NULL ? WANMI_E_SYSTEM : wanmi_flow_create(&options, NULL, &s->flow, &s->error);
    if (status == WANMI_OK)
        status = wanmi_flow_set_map(s->flow, s->map, &s->error);
    if (status == WANMI_OK)
        status = wanmi_plan_create(s->map, wanmi_flow_words(s->flow), NULL, NULL, &s->plan, &s->error);
    if (status == WANMI_OK)
        status = add_sinks(s, g, path);
    if (status == WANMI_OK)
        status = wanmi_flow_start(s->flow, &s->error);
    if (status == WANMI_OK)
        status = wanmi_intake_open(s->flow, &s->intake, &s->error);
    return status == WANMI_OK ? 0 : fail(s);
}

/* The day's end: the sick one lets go, and every delivery is accounted for. */
static int end(story *s, gate *g)
{
    static const char *const names[SINKS] = {"supervision", "command", "handlers", "city"};
    wanmi_account account;
    wanmi_tally sinks[SINKS];
    uint64_t left = 0;
    gate_open(g);
    wanmi_account_init(&account);
    for (int i = 0; i < SINKS; i++)
        wanmi_tally_init(&sinks[i]);
    if (wanmi_flow_drain(s->flow, 10000000, &left, &s->error) != WANMI_OK ||
        wanmi_flow_snapshot(s->flow, &account, sinks, SINKS, &s->error) != WANMI_OK)
        return fail(s);
    for (int64_t id = 1; id <= (int64_t)(sizeof reports / sizeof *reports); id++)
        book_step(s->book, id, 7, acts[sizeof acts / sizeof *acts - 1].at, "CENTRE-S", "");
    book_print(s->book);
    puts("\nnothing was lost:");
    for (int i = 0; i < SINKS; i++)
        printf("   %-12s %" PRIu64 " accepted = %" PRIu64 " delivered + %" PRIu64 " dead + %" PRIu64 " pending\n", names[i],
               sinks[i].accepted, sinks[i].delivered, sinks[i].dead, sinks[i].pending);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: 03-dongcheng FOLDER MAP BOOK\n");
        return 2;
    }
    story s = {0};
    gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    int result = city_open(argv[1], argv[2], &s.map, &s.error) == WANMI_OK ? 0 : fail(&s);
    if (result == 0)
        result = begin(&s, &g, argv[3]);
    for (size_t i = 0; i < sizeof acts / sizeof *acts && result == 0; i++)
        if ((result = perform(&s, &acts[i])) != 0)
            fprintf(stderr, "03-dongcheng: the story stops at %s, case %" PRId64 "\n", acts[i].at, acts[i].id);
    if (result == 0)
        result = end(&s, &g);
    gate_open(&g);
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow); /* ends the threads that write by the connections below */
    wanmi_plan_release(s.plan);
    for (int i = 0; i < SINKS; i++)
        sqlite3_close(s.subscribers[i].book);
    sqlite3_close(s.book);
    wanmi_map_release(s.map);
    return result == 0 ? 0 : 2;
}
