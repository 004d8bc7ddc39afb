/* Findings: kept, printed, and as JSON. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "options.h"

static char *copy(const char *text)
{
    size_t size = strlen(text != NULL ? text : "") + 1;
    return memcpy(cli_memory(NULL, size, 1), text != NULL ? text : "", size);
}

static cli_finding *next(cli_findings *f, int32_t severity)
{
    if (f->count == f->capacity) {
        f->capacity = f->capacity != 0 ? 2 * f->capacity : 64;
        f->list = cli_memory(f->list, f->capacity, sizeof *f->list);
    }
    f->of_severity[severity >= CLI_NOTE && severity <= CLI_ERROR ? severity : CLI_ERROR]++;
    return &f->list[f->count++];
}

static const struct { const char *name; wanmi_finding_kind kind; } tables[] = {
    {"wanmi_units", WANMI_FINDING_UNIT},           {"wanmi_duties", WANMI_FINDING_DUTY},
    {"wanmi_rules", WANMI_FINDING_RULE},           {"wanmi_objects", WANMI_FINDING_OBJECT},
    {"wanmi_calendars", WANMI_FINDING_CALENDAR},   {"wanmi_deadlines", WANMI_FINDING_DEADLINE},
    {"wanmi_escalations", WANMI_FINDING_ESCALATION},
};

/* What names a place is a layer, or one of the map's tables, which no layer is called as. */
static bool is_table(const char *name)
{
    return strncmp(name, "wanmi_", strlen("wanmi_")) == 0;
}

static const char *table_of(const char *name)
{
    return is_table(name) ? name : "";
}

static const char *layer_of(const char *name)
{
    return is_table(name) ? "" : name;
}

static wanmi_finding_kind kind_of(wanmi_status status, const char *table)
{
    for (size_t i = 0; i < CLI_COUNT(tables); i++)
        if (strcmp(tables[i].name, table) == 0)
            return tables[i].kind;
    switch (status) {
    case WANMI_E_MAP_GEOMETRY: return WANMI_FINDING_GEOMETRY;
    case WANMI_E_MAP_CODE: return WANMI_FINDING_CODE;
    case WANMI_E_MAP_PARENT: return WANMI_FINDING_PARENT;
    case WANMI_E_MAP_DUTY:
    case WANMI_E_ROUTE_NOBODY: return WANMI_FINDING_DUTY;
    case WANMI_E_MAP_UNIT: return WANMI_FINDING_UNIT;
    case WANMI_E_MAP_RULE:
    case WANMI_E_ROUTE_RULE: return WANMI_FINDING_RULE;
    default: return WANMI_FINDING_OTHER;
    }
}

void cli_findings_add(void *user, const wanmi_finding *finding)
{
    cli_finding *to = next(user, finding->severity);
    *to = (cli_finding){
        .kind = finding->kind, .severity = finding->severity, .table = copy(table_of(finding->layer)),
        .column = copy(""), .value = copy(""), .layer = copy(layer_of(finding->layer)),
        .code = copy(finding->code), .other = copy(finding->other), .message = copy(finding->message),
        .row = finding->row, .area_m2 = finding->area_m2, .x = finding->x, .y = finding->y,
        .lon = finding->lon, .lat = finding->lat};
    if (finding->wkb == NULL)
        return;
    to->wkb = cli_memory(NULL, finding->wkb_size, 1);
    to->wkb_size = finding->wkb_size;
    memcpy(to->wkb, finding->wkb, finding->wkb_size);
}

void cli_findings_plan(void *user, const wanmi_plan_finding *finding)
{
    cli_finding *to = next(user, finding->severity);
    /* An error of the whole plan names a cell, in the place of the table. */
    const char *layer = finding->layer[0] != '\0' ? finding->layer : layer_of(finding->table);
    *to = (cli_finding){
        .kind = kind_of(finding->status, finding->table), .severity = finding->severity,
        .table = copy(table_of(finding->table)), .column = copy(finding->column),
        .value = copy(finding->value), .layer = copy(layer), .code = copy(finding->code),
        .other = copy(""), .message = copy(finding->message), .row = finding->row, .area_m2 = NAN,
        .x = NAN, .y = NAN, .lon = NAN, .lat = NAN};
}

/* GEOS names the place of what is wrong at the end of its words: " at X Y". */
static void find_place(const char *message, double *x, double *y)
{
    const char *at = NULL;
    int end = 0;
    for (const char *next_at = strstr(message, " at "); next_at != NULL; next_at = strstr(at + 1, " at "))
        at = next_at;
    if (at == NULL || sscanf(at, " at %lf %lf%n", x, y, &end) != 2 || at[end] != '\0')
        *x = *y = NAN;
}

void cli_findings_problem(void *user, const wanmi_error *problem)
{
    cli_finding *to = next(user, CLI_ERROR);
    *to = (cli_finding){
        .kind = kind_of(problem->status, problem->layer), .severity = CLI_ERROR,
        .table = copy(table_of(problem->layer)), .column = copy(""), .value = copy(problem->value),
        .layer = copy(layer_of(problem->layer)), .code = copy(problem->code), .other = copy(""), .message = copy(problem->message),
        .row = problem->row > 0 ? problem->row : 0, .area_m2 = NAN, .x = NAN, .y = NAN, .lon = NAN,
        .lat = NAN};
    if (to->kind == WANMI_FINDING_GEOMETRY)
        find_place(to->message, &to->x, &to->y);
}

void cli_findings_degrees(cli_findings *findings, wanmi_crs *crs)
{
    wanmi_transform *transform = NULL;
    if (wanmi_transform_create(crs, &transform, NULL) != WANMI_OK)
        return;
    for (size_t i = 0; i < findings->count; i++) {
        cli_finding *f = &findings->list[i];
        uint8_t reason = 0;
        if (isfinite(f->x) && isfinite(f->y) && !isfinite(f->lon))
            wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 1, &f->x, 0, &f->y, 0, &f->lon, &f->lat,
                                    &reason, NULL);
    }
    wanmi_transform_free(transform);
}

const char *cli_severity_text(int32_t severity)
{
    return severity >= CLI_ERROR ? "error" : severity == CLI_WARNING ? "warning" : "note";
}

/* Errors before warnings before notes; else as they were found. */
void cli_findings_sort(cli_findings *findings)
{
    cli_finding *sorted = cli_memory(NULL, findings->count, sizeof *sorted);
    size_t at = 0;
    for (int32_t severity = CLI_ERROR; severity >= CLI_NOTE; severity--)
        for (size_t i = 0; i < findings->count; i++)
            if (findings->list[i].severity == severity)
                sorted[at++] = findings->list[i];
    free(findings->list);
    findings->list = sorted;
    findings->count = findings->capacity = at;
}

void cli_findings_print(const cli_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const cli_finding *f = &findings->list[i];
        printf("%-7s  %-10s  %s", cli_severity_text(f->severity), wanmi_finding_text(f->kind), f->message);
        if (isfinite(f->lon) && isfinite(f->lat))
            printf("  [%.7f %.7f]", f->lon, f->lat);
        putchar('\n');
    }
}

void cli_findings_drop(cli_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        cli_finding *f = &findings->list[i];
        free(f->table);
        free(f->column);
        free(f->value);
        free(f->layer);
        free(f->code);
        free(f->other);
        free(f->message);
        free(f->wkb);
    }
    free(findings->list);
}

/* ---- JSON ------------------------------------------------------------------------------- */

static void set_number(json_t *object, const char *name, double number)
{
    json_object_set_new(object, name, isfinite(number) ? json_real(number) : json_null());
}

static json_t *finding_json(const cli_finding *f)
{
    json_t *object = json_object();
    json_object_set_new(object, "kind", json_string(wanmi_finding_text(f->kind)));
    json_object_set_new(object, "severity", json_string(cli_severity_text(f->severity)));
    json_object_set_new(object, "table", json_string(f->table));
    json_object_set_new(object, "column", json_string(f->column));
    json_object_set_new(object, "value", json_string(f->value));
    json_object_set_new(object, "layer", json_string(f->layer));
    json_object_set_new(object, "code", json_string(f->code));
    json_object_set_new(object, "other", json_string(f->other));
    json_object_set_new(object, "row", f->row > 0 ? json_integer(f->row) : json_null());
    set_number(object, "area_m2", f->area_m2);
    set_number(object, "x", f->x);
    set_number(object, "y", f->y);
    set_number(object, "lon", f->lon);
    set_number(object, "lat", f->lat);
    json_object_set_new(object, "message", json_string(f->message));
    return object;
}

static json_t *counts_json(const cli_findings *findings)
{
    json_t *counts = json_object();
    for (int kind = WANMI_FINDING_GAP; kind <= WANMI_FINDING_ESCALATION; kind++) {
        json_int_t count = 0;
        for (size_t i = 0; i < findings->count; i++)
            count += (int)findings->list[i].kind == kind;
        json_object_set_new(counts, wanmi_finding_text((wanmi_finding_kind)kind), json_integer(count));
    }
    return counts;
}

static json_t *layers_json(const wanmi_map *map)
{
    json_t *list = json_array();
    for (uint32_t i = 0; i < wanmi_map_layer_count(map); i++) {
        wanmi_layer_info info;
        json_t *layer = json_object();
        wanmi_map_layer(map, i, &info);
        json_object_set_new(layer, "name", json_string(info.name));
        json_object_set_new(layer, "kind", json_string(info.kind == WANMI_OVERLAY ? "overlay" : "partition"));
        json_object_set_new(layer, "level", json_integer(info.level));
        json_object_set_new(layer, "areas", json_integer(info.area_count));
        json_array_append_new(list, layer);
    }
    return list;
}

json_t *cli_checked_json(const cli_checked *checked)
{
    char time[40];
    wanmi_map_meta meta;
    const cli_findings *f = &checked->findings;
    json_t *whole = json_object(), *list = json_array();
    wanmi_map_read_meta(checked->map, &meta);
    wanmi_time_format(wanmi_map_zone(checked->map), checked->instant_us, time, sizeof time);
    json_object_set_new(whole, "file", json_string(checked->path));
    json_object_set_new(whole, "title", json_string(meta.title != NULL ? meta.title : ""));
    json_object_set_new(whole, "crs", json_string(wanmi_crs_name(wanmi_map_crs(checked->map))));
    json_object_set_new(whole, "instant", json_string(time));
    json_object_set_new(whole, "tolerance_m", json_real(checked->tolerance_m));
    json_object_set_new(whole, "layers", layers_json(checked->map));
    json_object_set_new(whole, "counts", counts_json(f));
    for (size_t i = 0; i < f->count; i++)
        json_array_append_new(list, finding_json(&f->list[i]));
    json_object_set_new(whole, "findings", list);
    return whole;
}

int cli_json_write(const char *path, const json_t *json)
{
    FILE *file = fopen(path, "w");
    if (file == NULL) {
        cli_say("%s: cannot be created: %s", path, strerror(errno));
        return CLI_UNUSABLE;
    }
    bool good = json_dumpf(json, file, JSON_INDENT(1)) == 0 && fputc('\n', file) != EOF;
    good = fclose(file) == 0 && good;
    if (!good)
        cli_say("%s: cannot be written: %s", path, strerror(errno));
    return good ? -1 : CLI_UNUSABLE;
}
