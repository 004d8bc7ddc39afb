/* The same events through flows, one a city, with a sink for each row of
 * subscriptions.csv, or one that takes everything. */
#include "flows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sinks.h"

enum { SINKS_MAX = 16 };
static const int64_t PATIENCE_US = 10000000;

/* A city's flow and what its sinks got. */
typedef struct stream {
    const scenario *s;
    const city *c;
    wanmi_flow *flow;
    const char *names[SINKS_MAX];
    test_sink sinks[SINKS_MAX];
    size_t count;
} stream;

static void must(wanmi_status status, const scenario *s, const wanmi_error *error)
{
    if (status != WANMI_OK)
        fail_msg("%s: %s: %s", s->folder, wanmi_status_name(status), error->message);
}

static void add_sink(stream *st, const char *name, const wanmi_subscription *subscription)
{
    wanmi_sink_def def;
    wanmi_error error;
    assert_true(st->count < SINKS_MAX);
    test_sink *sink = &st->sinks[st->count];
    test_sink_init(sink);
    wanmi_sink_def_init(&def);
    def.name = name;
    def.deliver = test_sink_deliver;
    def.user = sink;
    def.lanes = 1;
    def.policy = WANMI_POLICY_BLOCK;
    def.block_us = PATIENCE_US;
    st->names[st->count++] = name;
    must(wanmi_flow_add_sink(st->flow, &def, subscription, NULL, &error), st->s, &error);
}

static void subscribe(stream *st, size_t row)
{
    const table *t = &st->s->subscriptions;
    wanmi_subscription wanted;
    wanmi_subscription_init(&wanted);
    wanted.classes = table_field(t, row, "classes");
    wanted.units = table_field(t, row, "units");
    wanted.roles = table_field(t, row, "roles");
    wanted.sources = table_field(t, row, "sources");
    wanted.cells = table_field(t, row, "cells");
    wanted.tags = table_field(t, row, "tags");
    wanted.severity_min = atoi(table_field(t, row, "severity_min"));
    wanted.copies = atoi(table_field(t, row, "copies"));
    if (table_field(t, row, "priority_max")[0] != '\0')
        wanted.priority_max = atoi(table_field(t, row, "priority_max"));
    add_sink(st, table_field(t, row, "sink"), &wanted);
}

static void open_stream(stream *st, const scenario *s, const city *c, wanmi_engine engine)
{
    wanmi_flow_options options;
    wanmi_error error;
    *st = (stream){.s = s, .c = c};
    wanmi_flow_options_init(&options);
    options.engine = engine;
    must(wanmi_flow_create(&options, NULL, &st->flow, &error), s, &error);
    must(wanmi_flow_set_map(st->flow, c->map, &error), s, &error);
    for (size_t i = 0; i < s->subscriptions.rows; i++)
        if (strcmp(table_field(&s->subscriptions, i, "city"), c->name) == 0)
            subscribe(st, i);
    if (st->count == 0)
        add_sink(st, "all", NULL);
    must(wanmi_flow_start(st->flow, &error), s, &error);
}

/* Each event by itself, under its own mode. */
static void send_events(stream *st)
{
    const scenario *s = st->s;
    wanmi_intake *intake;
    wanmi_error error;
    must(wanmi_intake_open(st->flow, &intake, &error), s, &error);
    for (size_t row = 0; row < s->events.rows; row++) {
        if (scenario_city(s, row) != st->c)
            continue;
        wanmi_event event = scenario_event(s, row, wanmi_flow_words(st->flow));
        must(wanmi_flow_set_mode(st->flow, table_field(&s->events, row, "mode"), &error), s, &error);
        must(wanmi_flow_submit(intake, &event, 1, NULL, NULL, &error), s, &error);
    }
    wanmi_intake_close(intake);
    uint64_t left = 0;
    must(wanmi_flow_drain(st->flow, PATIENCE_US, &left, &error), s, &error);
    assert_int_equal(left, 0);
}

/* ---- what each sink should have got ---------------------------------------------------- */

static bool names_sink(const char *list, const char *sink)
{
    size_t length = strlen(sink);
    while (list != NULL && *list != '\0') {
        if (strncmp(list, sink, length) == 0 && (list[length] == ';' || list[length] == '\0'))
            return true;
        list = strchr(list, ';');
        list += list != NULL;
    }
    return false;
}

static bool is_theirs(const stream *st, size_t row, size_t sink)
{
    const table *t = &st->s->expected;
    if (table_field(t, row, "unit")[0] == '\0')
        return false;
    return st->s->subscriptions.rows == 0 || names_sink(table_field(t, row, "sinks"), st->names[sink]);
}

/* A sink gets an event's deliveries in no promised order, so they are crossed off. */
static bool cross_off(const stream *st, size_t sink, size_t event, size_t row, bool *crossed)
{
    const table *t = &st->s->expected;
    const test_sink *got = &st->sinks[sink];
    for (size_t i = 0; i < got->count; i++) {
        const wanmi_delivery *d = &got->seen[i];
        if (crossed[i] || d->event_id != event
            || strcmp(wanmi_map_unit_code(st->c->map, d->unit), table_field(t, row, "unit")) != 0
            || strcmp(wanmi_map_role(st->c->map, d->role), table_field(t, row, "role")) != 0)
            continue;
        crossed[i] = true;
        return true;
    }
    print_error("%s:%zu: sink %s did not get %s\n", t->path, t->lines[row], st->names[sink],
                table_field(t, row, "unit"));
    return false;
}

static bool sink_agrees(const stream *st, size_t sink)
{
    const scenario *s = st->s;
    const test_sink *got = &st->sinks[sink];
    bool *crossed = calloc(got->count + 1, sizeof *crossed), agrees = true;
    assert_non_null(crossed);
    for (size_t event = 0; event < s->events.rows; event++) {
        const char *name = table_field(&s->events, event, "event");
        if (scenario_city(s, event) != st->c)
            continue;
        for (size_t row = 0; row < s->expected.rows; row++)
            if (strcmp(table_field(&s->expected, row, "event"), name) == 0 && is_theirs(st, row, sink))
                agrees = cross_off(st, sink, event, row, crossed) && agrees;
    }
    for (size_t i = 0; i < got->count; i++) {
        if (crossed[i])
            continue;
        agrees = false;
        print_error("%s: sink %s got %s of event %s, which no line of expected.csv gives it\n",
                    s->folder, st->names[sink], wanmi_map_unit_code(st->c->map, got->seen[i].unit),
                    table_field(&s->events, got->seen[i].event_id, "event"));
    }
    free(crossed);
    return agrees;
}

/* ---- counters by tag --------------------------------------------------------------------- */

static const city *city_of(const scenario *s, const char *event)
{
    size_t row = 0;
    while (strcmp(table_field(&s->events, row, "event"), event) != 0)
        row++;
    return scenario_city(s, row);
}

/* How many lines of expected.csv, of this city, bear the tag. */
static uint64_t lines_with(const stream *st, const char *tag)
{
    const table *t = &st->s->expected;
    uint64_t count = 0;
    for (size_t i = 0; i < t->rows; i++)
        count += table_field(t, i, "unit")[0] != '\0' && strcmp(table_field(t, i, "tag"), tag) == 0
                 && city_of(st->s, table_field(t, i, "event")) == st->c;
    return count;
}

static bool tags_agree(const stream *st)
{
    enum { TAGS_MAX = 64 };
    uint64_t counted[TAGS_MAX];
    size_t count = 0;
    bool agree = true;
    assert_int_equal(wanmi_flow_deliveries_by_tag(st->flow, counted, TAGS_MAX, &count, NULL), WANMI_OK);
    assert_int_equal(count, wanmi_map_tag_count(st->c->map) + 1);
    for (uint32_t tag = 0; tag < count; tag++) {
        /* The last figure is of those without; there is no text of that number. */
        const char *text = wanmi_map_tag(st->c->map, tag);
        if (counted[tag] == lines_with(st, text))
            continue;
        agree = false;
        print_error("%s: %zu deliveries expected with the tag '%s', %zu counted\n", st->s->folder,
                    (size_t)lines_with(st, text), text, (size_t)counted[tag]);
    }
    return agree;
}

bool flows_agree(const scenario *s, wanmi_engine engine)
{
    static stream st;
    bool agree = true;
    for (size_t c = 0; c < s->city_count; c++) {
        open_stream(&st, s, &s->cities[c], engine);
        send_events(&st);
        agree = tags_agree(&st) && agree;
        wanmi_flow_free(st.flow); /* ends its threads: the sinks are ours */
        for (size_t i = 0; i < st.count; i++) {
            agree = sink_agrees(&st, i) && agree;
            test_sink_drop(&st.sinks[i]);
        }
    }
    return agree;
}
