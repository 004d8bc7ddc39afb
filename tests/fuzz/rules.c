/* Fuzz target: any bytes as rows of the table wanmi_rules over a small city. Each
 * row is taken or refused with words, the plan compiled or refused with words,
 * and what a plan delivers is what the plain evaluation of the rules delivers.
 *
 * A row ends with a line's end, a column with a comma; the columns are those of
 * docs/routing.md in their order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "routing.h"
#include "support.h"

enum { COLUMNS = 21, ROWS_MAX = 64, BYTES_MAX = 8192 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* Splits a row in place; columns that are not there are "". */
static void split(char *row, const char *columns[COLUMNS])
{
    for (int i = 0; i < COLUMNS; i++) {
        columns[i] = row;
        row += strcspn(row, ",");
        if (*row == ',')
            *row++ = '\0';
    }
}

static int32_t number_of(const char *text, int32_t otherwise)
{
    return text[0] != '\0' ? (int32_t)strtol(text, NULL, 10) : otherwise;
}

static int64_t instant_of(const char *text)
{
    int64_t instant = WANMI_TIME_NONE;
    wanmi_time_parse(NULL, text, &instant, NULL);
    return instant;
}

static void add_row(wanmi_map_builder *builder, char *row, int64_t number)
{
    const char *c[COLUMNS];
    split(row, c);
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    def.row = number;
    def.seq = number_of(c[0], (int32_t)number);
    def.mode = c[1];
    def.class_prefix = c[2];
    def.layer = c[3];
    def.area = c[4];
    def.owner = c[5];
    def.source = c[6];
    def.min_severity = number_of(c[7], 0);
    def.valid_from_us = instant_of(c[8]);
    def.valid_to_us = instant_of(c[9]);
    def.weekdays = c[10];
    def.hours = c[11];
    def.role = c[12];
    def.at_layer = c[13];
    def.holders = c[14];
    def.unit = c[15];
    def.copy = number_of(c[16], 0);
    def.priority = number_of(c[17], -1);
    def.deadline = c[18];
    def.tag = c[19];
    def.last = number_of(c[20], 0);
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_map_builder_rule(builder, &def, &error);
    must(status == WANMI_OK || error.message[0] != '\0', "a row is refused without words");
}

static void add_rows(wanmi_map_builder *builder, const uint8_t *data, size_t size)
{
    static char text[BYTES_MAX + 1];
    size = size < BYTES_MAX ? size : BYTES_MAX;
    for (size_t i = 0; i < size; i++)
        text[i] = data[i] != '\0' ? (char)data[i] : ' ';
    text[size] = '\0';
    char *row = text;
    for (int64_t number = 1; number <= ROWS_MAX && *row != '\0'; number++) {
        char *after = row + strcspn(row, "\n");
        if (*after == '\n')
            *after++ = '\0';
        add_row(builder, row, number);
        row = after;
    }
}

static void note(void *user, const wanmi_error *problem)
{
    size_t *problems = user;
    must(problem->message[0] != '\0', "a problem without words");
    *problems += problem->status != WANMI_OK; /* else a warning */
}

/* What rules may name besides: a calendar, profiles, objects and their owners. */
static void add_tables(wanmi_map_builder *builder)
{
    wanmi_unit_def team;
    wanmi_unit_def_init(&team);
    team.code = "TEAM";
    team.kind = "team";
    must(wanmi_map_builder_unit(builder, &team, NULL) == WANMI_OK, "no unit");
    test_add_day(builder, "default", "1-5", "08:00-12:00;14:00-18:00");
    test_add_day(builder, "default", "1970-01-01", "");
    test_add_limit(builder, "p", 1, 3, "working_hour");
    test_add_limit(builder, "q", 1, 2, "working_day");
    wanmi_object_def lamp;
    wanmi_object_def_init(&lamp);
    lamp.code = "lamp";
    lamp.class_text = "0203";
    lamp.x = 500050;
    lamp.y = 4420050;
    lamp.authority = "S1";
    lamp.upkeep = "TEAM";
    must(wanmi_map_builder_object(builder, &lamp, NULL) == WANMI_OK, "no object");
}

static wanmi_map *city(const wanmi_host *host, const uint8_t *data, size_t size)
{
    test_city small;
    test_city_init(&small);
    small.columns = small.rows = 3;
    small.snap_m = 5;
    small.rules = false;
    wanmi_map_builder *builder = test_builder(host);
    test_city_fill(builder, &small);
    add_tables(builder);
    add_rows(builder, data, size);
    wanmi_map_build_options options;
    wanmi_map_build_options_init(&options);
    size_t problems = 0;
    options.on_problem = note;
    options.problem_user = &problems;
    wanmi_map *map = NULL;
    must(wanmi_map_build(builder, &options, &map, NULL) == WANMI_OK, "no map");
    wanmi_map_builder_free(builder);
    return map;
}

static bool has_plan(wanmi_map *map)
{
    wanmi_words *words = NULL;
    wanmi_plan *plan = NULL;
    wanmi_error error;
    size_t problems = 0;
    must(wanmi_words_create(wanmi_map_host(map), &words, NULL) == WANMI_OK, "no words");
    wanmi_status status = wanmi_plan_create(map, words, note, &problems, &plan, &error);
    must((status == WANMI_OK) == (problems == 0), "a plan with problems, or none without");
    must(status == WANMI_OK || status == WANMI_E_ROUTE_RULE || status == WANMI_E_LIMIT, "a wrong status");
    must(status == WANMI_OK || error.message[0] != '\0', "refused without words");
    wanmi_plan_release(plan);
    wanmi_words_release(words);
    return status == WANMI_OK;
}

static void route(test_way *way, const wanmi_event *event)
{
    static wanmi_delivery fast[WANMI_DELIVERIES_MAX], plain[WANMI_DELIVERIES_MAX];
    uint8_t fast_reason, plain_reason;
    test_hit hit;
    test_way_locate(way, event, 1, 0, &hit);
    size_t count = test_way_route(way, event, 0, fast, &fast_reason);
    must(count <= wanmi_plan_deliveries_max(way->plan), "more deliveries than the bound");
    must(count != 0 || fast_reason == WANMI_REASON_OBJECT, "an event reaches nobody");
    must(count == test_plain_route(way, event, &hit, 0, plain, &plain_reason)
         && memcmp(fast, plain, count * sizeof *fast) == 0, "not what the rules say");
}

/* Events over the city, with classes and sources that the rows themselves name. */
static void route_some(test_way *way)
{
    static const double places[][2] = {{50, 50}, {150, 250}, {250, 100}, {303, 150}, {900, 900}};
    for (uint32_t i = 0; i < 10; i++) {
        wanmi_event event = test_event(way, 500000 + places[i % 5][0], 4420000 + places[i % 5][1], "0101",
                                       i % 3 == 0 ? NULL : "12345");
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        wanmi_map_rule(way->map, i, &rule);
        if (rule.class_prefix[0] != '\0')
            wanmi_words_number(way->words, rule.class_prefix, strlen(rule.class_prefix), &event.class_id, NULL);
        if (rule.source[0] != '\0')
            wanmi_words_number(way->words, rule.source, strlen(rule.source), &event.source_id, NULL);
        if (rule.valid_from_us != WANMI_TIME_NONE)
            event.time_us = rule.valid_from_us;
        else if (i % 2 == 0)            /* a Friday evening, Saturday noon, Monday morning ... */
            event.time_us = INT64_C(1762534800000000) + (int64_t)i * 7 * 3600000000;
        event.severity = (uint8_t)rule.min_severity;
        if (i % 4 == 1) {
            event.datum = WANMI_DATUM_OBJECT;
            event.object_id = test_object_event(way, i == 1 ? "lamp" : "bench", NULL).object_id;
        }
        test_way_mode(way, i % 3 == 2 ? "emergency" : NULL);
        route(way, &event);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_map *map = city(&host, data, size);
    if (has_plan(map)) {
        test_way way;
        test_way_open(&way, map);
        route_some(&way);
        test_way_close(&way);
    } else {
        wanmi_map_release(map);
    }
    must(memory.held_blocks == 0 && !memory.wrong_size, "memory is left");
    return 0;
}
