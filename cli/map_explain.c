/* wanmi map explain: who would get an event, and why, in words. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "route.h"

typedef struct run {
    cli_place point;
    const char *datum_name;
    const char *class_text;
    const char *source;
    const char *object;
    const char *mode;
    const char *time;
    long severity;

    const char *map_path;
    wanmi_map *map;
    wanmi_index *index;
    wanmi_locator *locator;
    wanmi_words *words;
    wanmi_plan *plan;
    wanmi_router *router;
    wanmi_event event;

    uint32_t cell;
    uint32_t tuple;
    double distance_m;
    double x;
    double y;
    uint8_t where;
    uint8_t reason;
} run;

/* ---- places --------------------------------------------------------------------------- */

static void print_area(const wanmi_map *map, uint32_t area)
{
    wanmi_area_info info;
    if (wanmi_map_area(map, area, &info) == WANMI_OK)
        printf(" %s%s%s%s", info.code, info.name[0] != '\0' ? " (" : "", info.name,
               info.name[0] != '\0' ? ")" : "");
}

static void print_layer(const run *r, uint32_t layer)
{
    wanmi_layer_info info;
    const uint32_t *areas = NULL;
    size_t count = 0;
    if (wanmi_map_layer(r->map, layer, &info) != WANMI_OK)
        return;
    printf("  %-20s", info.name);
    if (layer == wanmi_map_cell_layer(r->map) && r->where == WANMI_SNAPPED) {
        print_area(r->map, r->cell);
        printf(", %.3f m away: snapped", r->distance_m);
    } else if (wanmi_locator_areas(r->locator, r->tuple, layer, &areas, &count) == WANMI_OK) {
        for (size_t i = 0; i < count; i++) {
            if (i != 0)
                putchar(';');
            print_area(r->map, areas[i]);
        }
        if (count == 0)
            printf(" none");
    }
    putchar('\n');
}

static void print_object(const run *r)
{
    static const char *const owners[] = {[WANMI_OWNER_AUTHORITY] = "authority",
                                         [WANMI_OWNER_PROPERTY] = "property",
                                         [WANMI_OWNER_UPKEEP] = "upkeep"};
    wanmi_object_info info;
    printf("  object               %s", r->object);
    if (wanmi_map_object(r->map, wanmi_map_find_object(r->map, r->object), &info) == WANMI_OK) {
        printf("%s%s%s", info.name[0] != '\0' ? " (" : "", info.name, info.name[0] != '\0' ? ")" : "");
        if (r->class_text == NULL && info.class_text[0] != '\0')
            printf(", class %s", info.class_text);
        for (int i = 0; i < 3; i++)
            if (info.owners[i] != WANMI_NONE)
                printf(", %s %s", owners[i], wanmi_map_unit_code(r->map, info.owners[i]));
    }
    putchar('\n');
}

static void print_place(const run *r)
{
    char time[40];
    wanmi_time_format(wanmi_map_zone(r->map), r->event.time_us, time, sizeof time);
    printf("event\n");
    if (r->object != NULL)
        print_object(r);
    else
        printf("  position             %.10g %.10g (%s)\n", r->point.x, r->point.y, r->datum_name);
    if (isfinite(r->x))
        printf("  x y                  %.3f %.3f\n", r->x, r->y);
    printf("  time                 %s\n", time);
    if (r->class_text != NULL || r->object == NULL)
        printf("  class                %s\n", r->class_text != NULL ? r->class_text : "none");
    if (r->source != NULL)
        printf("  source               %s\n", r->source);
    if (r->severity != 0)
        printf("  severity             %ld\n", r->severity);
    printf("  mode                 %s\n", r->mode != NULL ? r->mode : "normal");
    if (r->where == WANMI_REJECTED) {
        printf("rejected: %s\n", wanmi_reason_text((wanmi_reason)r->reason));
        return;
    }
    printf("lies in\n");
    for (uint32_t i = 0; i < wanmi_map_layer_count(r->map); i++)
        print_layer(r, i);
    if (r->where == WANMI_OUTSIDE)
        printf("  which is outside every cell\n");
}

/* ---- deliveries ----------------------------------------------------------------------- */

static void print_condition(const char *what, const char *text)
{
    if (text != NULL && text[0] != '\0')
        printf("%s %s", what, text);
}

static void print_rule(const run *r, const wanmi_delivery *d)
{
    wanmi_rule_def rule;
    char text[16];
    if (d->rule == WANMI_RULE_FALLBACK) {
        printf("no rule reached anybody, so the cell answers for itself");
        return;
    }
    if (d->rule == WANMI_RULE_OUTSIDE) {
        printf("outside every cell");
        return;
    }
    printf("rule %s", cli_rule_text(r->map, d->rule, text));
    if (wanmi_map_rule(r->map, d->rule, &rule) != WANMI_OK)
        return;
    print_condition(", class", rule.class_prefix);
    print_condition(", in layer", rule.layer);
    print_condition(" area", rule.area);
    print_condition(", source", rule.source);
    print_condition(", owner", rule.owner);
    if (rule.min_severity > 0)
        printf(", severity %d or more", (int)rule.min_severity);
    print_condition(", in mode", rule.mode);
    print_condition(", on", rule.weekdays);
    print_condition(", at", rule.hours);
}

static void print_step(const run *r, const wanmi_delivery *d)
{
    const wanmi_event event = cli_placed(r->map, r->words, &r->event);
    uint32_t area = cli_delivery_area(r->map, r->locator, d, &event);
    const char *role = d->role != 0xFFFF ? wanmi_map_role(r->map, d->role) : "";
    if (d->step == WANMI_STEP_UNIT)
        printf("the rule names this unit");
    else if (d->step == WANMI_STEP_FALLBACK)
        printf("the map's fallback unit");
    else if (d->step == WANMI_STEP_OWNER)
        printf("the object's owner, %s", role + 1);
    else {
        wanmi_area_info info = {.layer = 0};
        wanmi_layer_info layer = {.name = ""};
        wanmi_map_area(r->map, area, &info);
        wanmi_map_layer(r->map, info.layer, &layer);
        printf("%s%s has the duty %s in %s",
               d->step == WANMI_STEP_ANCESTOR ? "nobody below it has it, " : "", "the unit", role,
               layer.name);
        print_area(r->map, area);
    }
}

/* When it is due, and which row of which profile says so. */
static void print_due(const run *r, const wanmi_delivery *d)
{
    wanmi_rule_def rule;
    wanmi_deadline_def limit;
    char due[40];
    int64_t due_us;
    uint32_t row = WANMI_NONE;
    wanmi_rule_def_init(&rule);
    wanmi_deadline_def_init(&limit);
    if (wanmi_map_rule(r->map, d->rule, &rule) != WANMI_OK || rule.deadline[0] == '\0')
        return;
    wanmi_plan_due(r->plan, rule.deadline, d->class_id, d->cell, d->severity, r->mode, d->time_us, &due_us,
                   &row, NULL);
    if (wanmi_map_deadline(r->map, row, &limit) != WANMI_OK) {
        printf("     due      never: no limit of %s holds\n", rule.deadline);
        return;
    }
    wanmi_time_format(wanmi_map_zone(r->map), d->due_us, due, sizeof due);
    bool works = strncmp(limit.unit, "working", strlen("working")) == 0;
    printf("     due      %s: %.10g %s%s by %s, seq %d", due, limit.limit, limit.unit,
           limit.limit != 1 ? "s" : "", rule.deadline, (int)limit.seq);
    if (limit.row > 0)
        printf(", row %lld", (long long)limit.row);
    if (works)
        printf(", calendar %s", limit.calendar[0] != '\0' ? limit.calendar : "default");
    putchar('\n');
}

static wanmi_status print_delivery(const run *r, size_t number, const wanmi_delivery *d, wanmi_error *error)
{
    wanmi_unit_info unit = {.name = ""};
    wanmi_map_unit(r->map, d->unit, &unit);
    printf("  %zu. %s%s%s%s%s%s%s\n", number, wanmi_map_unit_code(r->map, d->unit),
           unit.name[0] != '\0' ? " (" : "", unit.name, unit.name[0] != '\0' ? ")" : "",
           d->role != 0xFFFF ? " as " : "", d->role != 0xFFFF ? wanmi_map_role(r->map, d->role) : "",
           (d->flags & WANMI_DELIVERY_COPY) != 0 ? ", a copy for information" : "");
    printf("     why      ");
    print_rule(r, d);
    printf("\n     step     %s: ", wanmi_step_text((wanmi_step)d->step));
    print_step(r, d);
    printf("\n     priority %u", d->priority);
    if (d->tag != 0xFFFF)
        printf(", tag %s", wanmi_map_tag(r->map, d->tag));
    putchar('\n');
    print_due(r, d);
    return cli_explain_chain(r->plan, d, r->mode, error);
}

/* Which rules match, and why the others do not. */
static wanmi_status print_rules(const run *r, const wanmi_hits *hits, wanmi_error *error)
{
    size_t count = wanmi_map_rule_count(r->map);
    uint8_t *failed = cli_memory(NULL, count + 1, 1);
    wanmi_status status = wanmi_route_explain(r->router, r->locator, &r->event, hits, r->event.time_us, failed,
                                              count, error);
    if (status == WANMI_OK)
        cli_explain_rules(r->map, failed);
    free(failed);
    return status;
}

static wanmi_status print_deliveries(const run *r, const wanmi_hits *hits, wanmi_error *error)
{
    size_t capacity = wanmi_plan_deliveries_max(r->plan), first[2] = {0, 0}, done = 0;
    wanmi_delivery *deliveries = cli_memory(NULL, capacity, sizeof *deliveries);
    uint8_t unrouted = 0;
    wanmi_status status = wanmi_route(r->router, r->locator, &r->event, 1, hits, r->event.time_us,
                                      deliveries, capacity, first, &unrouted, &done, error);
    if (status == WANMI_OK) {
        printf("goes to\n");
        for (size_t i = 0; i < first[1] && status == WANMI_OK; i++)
            status = print_delivery(r, i + 1, &deliveries[i], error);
        if (first[1] == 0)
            printf("  nobody: %s\n", wanmi_reason_text((wanmi_reason)unrouted));
    }
    free(deliveries);
    return status;
}

/* ---- the run ----------------------------------------------------------------------------- */

static wanmi_status number(const run *r, const char *text, uint32_t *word, wanmi_error *error)
{
    *word = WANMI_NONE;
    if (text == NULL || text[0] == '\0')
        return WANMI_OK;
    return wanmi_words_number(r->words, text, strlen(text), word, error);
}

static wanmi_status prepare(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_status status = cli_open_index(r->map_path, r->map, NULL, &r->index, error);
    if (status == WANMI_OK)
        status = wanmi_locator_create(r->index, WANMI_ENGINE_FAST, &r->locator, error);
    if (status == WANMI_OK)
        status = wanmi_words_create(host, &r->words, error);
    if (status == WANMI_OK)
        status = number(r, r->class_text, &r->event.class_id, error);
    if (status == WANMI_OK)
        status = number(r, r->source, &r->event.source_id, error);
    if (status == WANMI_OK && r->object != NULL) {
        r->event.datum = WANMI_DATUM_OBJECT;
        status = number(r, r->object, &r->event.object_id, error);
    }
    return status;
}

static wanmi_status explain(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_positions positions;
    wanmi_hits hits;
    wanmi_status status = prepare(r, host, error);
    if (status != WANMI_OK)
        return status;
    const wanmi_event placed = cli_placed(r->map, r->words, &r->event);
    wanmi_positions_init(&positions);
    positions.count = 1;
    positions.x = &placed.x;
    positions.y = &placed.y;
    positions.datum = (wanmi_datum)placed.datum;
    positions.now_us = r->event.time_us;
    wanmi_hits_init(&hits);
    hits = (wanmi_hits){.struct_size = hits.struct_size, .cell = &r->cell, .tuple = &r->tuple,
                        .distance_m = &r->distance_m, .map_x = &r->x, .map_y = &r->y,
                        .where = &r->where, .reason = &r->reason};
    status = wanmi_locate(r->locator, &positions, &hits, error);
    if (status != WANMI_OK)
        return status;
    if (r->where == WANMI_REJECTED && r->event.datum == WANMI_DATUM_OBJECT)
        r->reason = WANMI_REASON_OBJECT;
    print_place(r);
    if (r->where == WANMI_REJECTED)
        return WANMI_OK;
    status = wanmi_plan_create(r->map, r->words, NULL, NULL, &r->plan, error);
    if (status == WANMI_OK)
        status = wanmi_router_create(r->plan, &r->router, error);
    if (status == WANMI_OK)
        status = wanmi_router_set_mode(r->router, r->mode, error);
    if (status == WANMI_OK)
        status = print_rules(r, &hits, error);
    return status == WANMI_OK ? print_deliveries(r, &hits, error) : status;
}

static void drop(run *r)
{
    wanmi_router_free(r->router);
    wanmi_plan_release(r->plan);
    wanmi_words_release(r->words);
    wanmi_locator_free(r->locator);
    wanmi_index_release(r->index);
    wanmi_map_release(r->map);
}

static int run_explain(run *r, const char *path)
{
    wanmi_host host = cli_host();
    wanmi_datum datum = WANMI_DATUM_WGS84;
    wanmi_error error;
    wanmi_error_clear(&error);
    if (wanmi_datum_parse(r->datum_name, &datum, NULL) != WANMI_OK)
        return cli_usage("map explain", "--datum: '%s' is not wgs84, cgcs2000, gcj02, bd09 or map",
                         r->datum_name);
    if (r->point.given == (r->object != NULL))
        return cli_usage("map explain", "one of --point LON LAT and --object CODE must be given");
    if (r->severity < 0 || r->severity > 255)
        return cli_usage("map explain", "--severity: from 0 to 255");
    uint64_t left_out = 0;
    int code = cli_open_map(path, CLI_TO_ROUTE, &host, &r->map, &left_out);
    if (code < 0)
        code = cli_instant("map explain", r->map, r->time, &r->event.time_us);
    if (code >= 0)
        return code;
    r->event.id = 1;
    r->event.x = r->point.x;
    r->event.y = r->point.y;
    r->event.datum = (uint8_t)datum;
    r->event.severity = (uint8_t)r->severity;
    if (explain(r, &host, &error) != WANMI_OK) {
        fflush(stdout);
        return cli_fail_in(path, &error);
    }
    code = cli_stdout_done();
    code = code == CLI_DONE && r->where == WANMI_REJECTED ? CLI_REJECTED : code;
    return cli_code_without(code, left_out);
}

int cli_map_explain(int argc, char **argv)
{
    run r = {.datum_name = "wgs84"};
    const cli_option options[] = {
        {"point", 'p', "LON LAT", "where it happens", CLI_PLACE, &r.point},
        {"object", 'o', "CODE", "the object it happens to, in place of --point", CLI_TEXT, &r.object},
        {"class", '\0', "C", "class of the event", CLI_TEXT, &r.class_text},
        {"time", '\0', "TIME", "when, ISO 8601 (default: now)", CLI_TEXT, &r.time},
        {"severity", '\0', "N", "0 to 255 (default 0)", CLI_WHOLE, &r.severity},
        {"source", '\0', "S", "source of the event", CLI_TEXT, &r.source},
        {"mode", '\0', "MODE", "the mode in force (default normal)", CLI_TEXT, &r.mode},
        {"datum", 'd', "D", "wgs84 (default), cgcs2000, gcj02, bd09 or map (x, y)", CLI_TEXT, &r.datum_name},
    };
    const cli_command command = {
        "map explain", "MAP", "Who would get an event, and why, in words.",
        "wanmi map explain district.gpkg --point 116.4 39.9 --class 0102 --time 2026-11-22T08:30",
        options, CLI_COUNT(options), 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    r.map_path = operands[0];
    code = run_explain(&r, operands[0]);
    drop(&r);
    return code;
}
