/* Runs one scenario, a folder of text files: README.md beside this file says what
 * they hold. The events are routed by both engines and sent through a flow with
 * the scenario's subscriptions; what is expected was written by hand.
 *
 * usage: scenario-run FOLDER
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "flows.h"
#include "scenario.h"

static const char *given_folder;
static scenario given;

static int open_given(void **state)
{
    (void)state;
    scenario_open(&given, given_folder);
    return 0;
}

static int close_given(void **state)
{
    (void)state;
    scenario_close(&given);
    return 0;
}

/* ---- what is expected of an event, and what came -------------------------------------- */

static void expect(const scenario *s, size_t row, lines *all)
{
    const char *event = table_field(&s->events, row, "event");
    const table *t = &s->expected;
    all->count = 0;
    for (size_t i = 0; i < t->rows; i++) {
        char due[40];
        if (strcmp(table_field(t, i, "event"), event) != 0)
            continue;
        local_form(scenario_city(s, row), table_field(t, i, "due"), t->path, due);
        lines_add(all, t->lines[i], "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s", table_field(t, i, "cell"),
                  table_field(t, i, "unit"), table_field(t, i, "role"), table_field(t, i, "rule"),
                  table_field(t, i, "step"), table_field(t, i, "priority"), due,
                  table_field(t, i, "copy"), table_field(t, i, "tag"), table_field(t, i, "reason"));
    }
}

static void rule_text(const wanmi_map *map, uint32_t rule, char text[16])
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    if (rule == WANMI_RULE_FALLBACK || rule == WANMI_RULE_OUTSIDE)
        snprintf(text, 16, "%s", rule == WANMI_RULE_FALLBACK ? "fallback" : "outside");
    else if (wanmi_map_rule(map, rule, &def) == WANMI_OK)
        snprintf(text, 16, "%d", def.seq);
    else
        snprintf(text, 16, "?");
}

static void came(const city *c, const wanmi_delivery *d, lines *all)
{
    char rule[16], due[40];
    rule_text(c->map, d->rule, rule);
    local_text(c, d->due_us, due);
    lines_add(all, 0, "%s,%s,%s,%s,%s,%d,%s,%d,%s,", wanmi_map_area_code(c->map, d->cell),
              wanmi_map_unit_code(c->map, d->unit), wanmi_map_role(c->map, d->role), rule,
              wanmi_step_text((wanmi_step)d->step), d->priority, due,
              (d->flags & WANMI_DELIVERY_COPY) != 0, wanmi_map_tag(c->map, d->tag));
}

/* ---- routing ------------------------------------------------------------------------- */

/* Events of one city in one mode that follow one another go in one call. */
typedef struct run {
    size_t first, count;
    const city *c;
    const char *mode;
} run;

static bool next_run(const scenario *s, run *r)
{
    r->first += r->count;
    r->count = 0;
    while (r->first + r->count < s->events.rows) {
        size_t row = r->first + r->count;
        const city *c = scenario_city(s, row);
        const char *mode = table_field(&s->events, row, "mode");
        if (r->count != 0 && (c != r->c || strcmp(mode, r->mode) != 0))
            break;
        r->c = c;
        r->mode = mode;
        r->count++;
    }
    return r->count != 0;
}

enum { RUN_MAX = 256, DELIVERIES = RUN_MAX * LINES_MAX };

/* The outputs of one run. */
typedef struct routed {
    wanmi_event events[RUN_MAX];
    wanmi_delivery deliveries[DELIVERIES];
    size_t first[RUN_MAX + 1];
    uint8_t unrouted[RUN_MAX];
} routed;

static void route_run(const scenario *s, const run *r, wanmi_engine engine, routed *out)
{
    wanmi_locator *locator;
    wanmi_router *router;
    wanmi_error error;
    uint32_t cell[RUN_MAX], tuple[RUN_MAX];
    uint8_t where[RUN_MAX], reason[RUN_MAX], datums[RUN_MAX];
    double x[RUN_MAX], y[RUN_MAX];
    int64_t times[RUN_MAX];
    assert_true(r->count <= RUN_MAX);
    for (size_t i = 0; i < r->count; i++) {
        out->events[i] = scenario_event(s, r->first + i, s->words);
        times[i] = out->events[i].time_us;
    }
    assert_int_equal(wanmi_locator_create(r->c->index, engine, &locator, &error), WANMI_OK);
    assert_int_equal(wanmi_router_create(r->c->plan, &router, &error), WANMI_OK);
    assert_int_equal(wanmi_router_set_mode(router, r->mode, &error), WANMI_OK);
    assert_int_equal(wanmi_router_places(router, out->events, r->count, x, y, datums, &error), WANMI_OK);
    wanmi_positions positions;
    wanmi_hits hits;
    wanmi_positions_init(&positions);
    wanmi_hits_init(&hits);
    positions.count = r->count;
    positions.x = x, positions.y = y, positions.datums = datums, positions.time_us = times;
    hits.cell = cell, hits.tuple = tuple, hits.where = where, hits.reason = reason;
    assert_int_equal(wanmi_locate(locator, &positions, &hits, &error), WANMI_OK);
    size_t done;
    assert_int_equal(wanmi_route(router, locator, out->events, r->count, &hits, WANMI_TIME_NONE,
                                 out->deliveries, DELIVERIES, out->first, out->unrouted, &done, &error),
                     WANMI_OK);
    wanmi_router_free(router);
    wanmi_locator_free(locator);
}

static bool event_agrees(const scenario *s, const run *r, const routed *out, size_t i)
{
    static lines expected, got;
    size_t row = r->first + i;
    expect(s, row, &expected);
    got.count = 0;
    for (size_t d = out->first[i]; d < out->first[i + 1]; d++)
        came(r->c, &out->deliveries[d], &got);
    if (out->unrouted[i] != 0)
        lines_add(&got, 0, ",,,,,,,,,%s", wanmi_reason_text((wanmi_reason)out->unrouted[i]));
    return lines_agree(&expected, &got, &s->expected, s->events.lines[row],
                       table_field(&s->events, row, "event"));
}

static void routes_with(wanmi_engine engine)
{
    static routed out;
    bool agree = true;
    run r = {.first = 0};
    while (next_run(&given, &r)) {
        route_run(&given, &r, engine, &out);
        for (size_t i = 0; i < r.count; i++)
            agree = event_agrees(&given, &r, &out, i) && agree;
    }
    assert_true(agree);
}

static void routes_exact(void **state)
{
    (void)state;
    routes_with(WANMI_ENGINE_EXACT);
}

static void routes_fast(void **state)
{
    (void)state;
    routes_with(WANMI_ENGINE_FAST);
}

/* ---- chains of takeovers ------------------------------------------------------------------ */

static void expect_chain(const scenario *s, const city *c, const char *event, const wanmi_delivery *d,
                         lines *all)
{
    const table *t = &s->escalations;
    all->count = 0;
    for (size_t i = 0; i < t->rows; i++) {
        char at[40];
        if (strcmp(table_field(t, i, "event"), event) != 0
            || strcmp(table_field(t, i, "unit"), wanmi_map_unit_code(c->map, d->unit)) != 0
            || strcmp(table_field(t, i, "role"), wanmi_map_role(c->map, d->role)) != 0)
            continue;
        local_form(c, table_field(t, i, "at"), t->path, at);
        lines_add(all, t->lines[i], "%s,%s,%s,%s,%s,%s", table_field(t, i, "seq"), at,
                  table_field(t, i, "to"), table_field(t, i, "on"), table_field(t, i, "priority"),
                  table_field(t, i, "tag"));
    }
}

static void chain_of(const city *c, const wanmi_delivery *d, const char *mode, lines *all)
{
    wanmi_escalation steps[LINES_MAX];
    wanmi_error error;
    size_t count = 0;
    all->count = 0;
    if (wanmi_plan_escalate(c->plan, d, mode, steps, LINES_MAX, &count, &error) != WANMI_OK)
        fail_msg("%s: %s", c->name, error.message);
    for (size_t i = 0; i < count; i++) {
        wanmi_escalation_def def;
        char at[40];
        wanmi_escalation_def_init(&def);
        assert_int_equal(wanmi_map_escalation(c->map, steps[i].row, &def), WANMI_OK);
        local_text(c, steps[i].at_us, at);
        lines_add(all, 0, "%d,%s,%s,%s,%d,%s", def.seq, at, wanmi_map_unit_code(c->map, steps[i].unit),
                  steps[i].on == WANMI_NOT_DONE ? "done" : "ack", steps[i].priority,
                  wanmi_map_tag(c->map, steps[i].tag));
    }
}

/* Every chain, of deliveries that have none too; and no line may be left over. */
static void chains(void **state)
{
    static routed out;
    static lines expected, got;
    bool agree = true;
    size_t lines_met = 0;
    (void)state;
    run r = {.first = 0};
    while (next_run(&given, &r)) {
        route_run(&given, &r, WANMI_ENGINE_FAST, &out);
        for (size_t d = 0; d < out.first[r.count]; d++) {
            size_t row = out.deliveries[d].event_id;
            const char *event = table_field(&given.events, row, "event");
            expect_chain(&given, r.c, event, &out.deliveries[d], &expected);
            chain_of(r.c, &out.deliveries[d], r.mode, &got);
            lines_met += expected.count;
            agree = lines_agree(&expected, &got, &given.escalations, given.events.lines[row], event) && agree;
        }
    }
    assert_true(agree);
    assert_int_equal(lines_met, given.escalations.rows);
}

/* ---- subscriptions --------------------------------------------------------------------- */

static void sinks_get_theirs(void **state)
{
    (void)state;
    bool exact = flows_agree(&given, WANMI_ENGINE_EXACT);
    assert_true(flows_agree(&given, WANMI_ENGINE_FAST) && exact);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: scenario-run FOLDER\n");
        return 2;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(routes_exact),
        cmocka_unit_test(routes_fast),
        cmocka_unit_test(chains),
        cmocka_unit_test(sinks_get_theirs),
    };
    given_folder = argv[1];
    return cmocka_run_group_tests_name(given_folder, tests, open_given, close_given);
}
