/* wanmi check: looks for what is wrong with a map, or with a file of areas. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "options.h"

typedef struct run {
    cli_checked checked;
    const char *html;
    const char *json;
    const char *at;
    /* For a file that is no map. */
    const char *crs_text;
    const char *kind;
    wanmi_io_layer_options source;
    wanmi_crs *crs;
    wanmi_zone *zone;
    wanmi_io_areas *areas;
    wanmi_map_builder *builder;
} run;

/* ---- reading --------------------------------------------------------------------------- */

static void report_to_findings(run *r, wanmi_io_report *report)
{
    wanmi_io_report_init(report);
    report->on_problem = cli_findings_problem;
    report->problem_user = &r->checked.findings;
    report->on_progress = cli_progress_step;
    report->progress_user = &r->checked.progress;
}

static wanmi_status read_map(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_io_report report;
    report_to_findings(r, &report);
    cli_progress_start(&r->checked.progress, "reading the map", "areas");
    wanmi_status status = wanmi_io_map_read(r->checked.path, &report, host, &r->checked.map, error);
    cli_progress_end(&r->checked.progress);
    return status;
}

/* A layer is named as its file. */
static void layer_name(const char *path, char *name, size_t size)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    snprintf(name, size, "%.*s", (int)strcspn(base, ".:"), base);
    for (char *c = name; *c != '\0'; c++)
        if (strchr(" ()&'+,;=@[]", *c) != NULL)
            *c = '_';
}

static wanmi_status read_areas(run *r, const char *layer, const wanmi_host *host, wanmi_error *error)
{
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_status status = wanmi_crs_create(r->crs_text, NULL, host, &r->crs, error);
    if (status == WANMI_OK)
        status = wanmi_zone_open("Asia/Shanghai", host, &r->zone, error);
    if (status != WANMI_OK)
        return status;
    cli_warn_crs(r->crs);
    report_to_findings(r, &report);
    wanmi_io_tally_init(&tally);
    r->source.source = r->checked.path;
    r->source.skip_invalid = 1;
    cli_progress_start(&r->checked.progress, "reading the areas", "areas");
    status = wanmi_io_areas_read(&r->source, layer, r->crs, r->zone, &report, host, &r->areas, &tally,
                                 error);
    cli_progress_end(&r->checked.progress);
    return status;
}

/* A map of this one layer, of level 1: no cells, so nothing is asked of cells. */
static wanmi_status build_map(run *r, const char *layer, const wanmi_host *host, wanmi_error *error)
{
    wanmi_map_meta meta;
    wanmi_layer_def def;
    wanmi_map_build_options options;
    wanmi_map_meta_init(&meta);
    meta.crs = r->crs_text;
    meta.operation = wanmi_crs_operation(r->crs);
    wanmi_layer_def_init(&def);
    def.name = layer;
    def.kind = strcmp(r->kind, "overlay") == 0 ? WANMI_OVERLAY : WANMI_PARTITION;
    def.level = 1;
    wanmi_status status = wanmi_map_builder_create(host, &r->builder, error);
    if (status == WANMI_OK)
        status = wanmi_map_builder_meta(r->builder, &meta, error);
    if (status == WANMI_OK)
        status = wanmi_map_builder_layer(r->builder, &def, error);
    const wanmi_area_def *areas = wanmi_io_areas_list(r->areas);
    for (size_t i = 0; status == WANMI_OK && i < wanmi_io_areas_count(r->areas); i++) {
        wanmi_error problem;
        wanmi_error_clear(&problem);
        if (wanmi_map_builder_area(r->builder, &areas[i], &problem) != WANMI_OK)
            cli_findings_problem(&r->checked.findings, &problem);
    }
    wanmi_map_build_options_init(&options);
    options.on_problem = cli_findings_problem;
    options.problem_user = &r->checked.findings;
    return status == WANMI_OK ? wanmi_map_build(r->builder, &options, &r->checked.map, error) : status;
}

static wanmi_status read_file(run *r, const wanmi_host *host, wanmi_error *error)
{
    char layer[64];
    layer_name(r->checked.path, layer, sizeof layer);
    wanmi_status status = read_areas(r, layer, host, error);
    return status == WANMI_OK ? build_map(r, layer, host, error) : status;
}

/* ---- the run ----------------------------------------------------------------------------- */

static bool routes(const wanmi_map *map)
{
    return wanmi_map_unit_count(map) > 0 || wanmi_map_duty_count(map) > 0 || wanmi_map_rule_count(map) > 0;
}

static wanmi_status look(run *r, wanmi_error *error)
{
    wanmi_check_options options;
    uint64_t found = 0;
    wanmi_check_options_init(&options);
    options.tolerance_m = r->checked.tolerance_m;
    options.instant_us = r->checked.instant_us;
    options.on_progress = cli_progress_step;
    options.progress_user = &r->checked.progress;
    cli_progress_start(&r->checked.progress, "checking", "areas");
    wanmi_status status = wanmi_check(r->checked.map, &options, cli_findings_add, &r->checked.findings,
                                      &found, error);
    cli_progress_end(&r->checked.progress);
    /* A file of areas has no tables to look through; a map without any is for locating. */
    if (status != WANMI_OK || r->crs_text != NULL || !routes(r->checked.map))
        return status;
    return wanmi_plan_check(r->checked.map, r->checked.instant_us, cli_findings_plan, &r->checked.findings,
                            NULL, error);
}

static int report(run *r)
{
    const cli_findings *f = &r->checked.findings;
    char found[32], errors[32], warnings[32], notes[32];
    int code = -1;
    cli_findings_print(f);
    printf("%s: %s findings: %s errors, %s warnings, %s notes\n", r->checked.path,
           cli_count(f->count, found), cli_count(f->of_severity[CLI_ERROR], errors),
           cli_count(f->of_severity[CLI_WARNING], warnings), cli_count(f->of_severity[CLI_NOTE], notes));
    if (r->json != NULL) {
        json_t *json = cli_checked_json(&r->checked);
        code = cli_json_write(r->json, json);
        json_decref(json);
    }
    if (code < 0 && r->html != NULL)
        code = cli_page_write(r->html, &r->checked);
    if (code < 0)
        code = cli_stdout_done();
    return code == CLI_DONE && f->of_severity[CLI_ERROR] != 0 ? CLI_REJECTED : code;
}

static int run_check(run *r)
{
    wanmi_host host = cli_host();
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = r->crs_text != NULL ? read_file(r, &host, &error) : read_map(r, &host, &error);
    if (status != WANMI_OK) {
        cli_findings_print(&r->checked.findings);
        fflush(stdout);
        return cli_fail(&error);
    }
    int code = cli_instant("check", r->checked.map, r->at, &r->checked.instant_us);
    if (code >= 0)
        return code;
    if (look(r, &error) != WANMI_OK)
        return cli_fail(&error);
    cli_findings_degrees(&r->checked.findings, wanmi_map_crs(r->checked.map));
    cli_findings_sort(&r->checked.findings);
    return report(r);
}

static void drop(run *r)
{
    cli_findings_drop(&r->checked.findings);
    wanmi_map_release(r->checked.map);
    wanmi_map_builder_free(r->builder);
    wanmi_io_areas_free(r->areas);
    wanmi_zone_free(r->zone);
    wanmi_crs_release(r->crs);
}

int cli_check(int argc, char **argv)
{
    run r = {.kind = "partition", .checked.tolerance_m = 0.001};
    wanmi_io_layer_options_init(&r.source);
    const cli_option options[] = {
        {"tolerance", 't', "METRES", "thinner gaps and overlaps are no findings (default 0.001)", CLI_REAL,
         &r.checked.tolerance_m},
        {"html", '\0', "FILE", "writes a page that shows the findings on a map", CLI_TEXT, &r.html},
        {"json", '\0', "FILE", "writes the findings as JSON", CLI_TEXT, &r.json},
        {"at", '\0', "TIME", "checks the areas valid then (default: now)", CLI_TEXT, &r.at},
        {"crs", '\0', "CRS", "the file is no map but areas, to be checked in this CRS", CLI_TEXT, &r.crs_text},
        {"code", 'c', "FIELD", "with --crs: field of the codes, or an SQL expression", CLI_TEXT, &r.source.code},
        {"name-field", '\0', "FIELD", "with --crs: field of the names", CLI_TEXT, &r.source.name_field},
        {"datum", 'd', "D", "with --crs: wgs84, cgcs2000, gcj02, bd09 or map", CLI_TEXT, &r.source.datum},
        {"where", 'w', "SQL", "with --crs: takes only areas for which this holds", CLI_TEXT, &r.source.where},
        {"layer-kind", '\0', "KIND", "with --crs: partition (default) or overlay", CLI_TEXT, &r.kind},
    };
    const cli_command command = {
        "check", "MAP|FILE",
        "Looks for gaps, overlaps, invalid rings, wrong or doubled codes, cells far from 10,000 m2,\n"
        "areas across their parent; in a map also for areas nobody answers for, rules that can never\n"
        "match, units nobody uses, and whatever else its tables say in vain. With --crs and --code it\n"
        "checks the areas of any file OGR reads. Exit code 1 when there is a finding of severity error.",
        "wanmi check district.gpkg --html check.html", options, CLI_COUNT(options), 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    if ((r.crs_text == NULL) != (r.source.code == NULL))
        return cli_usage("check", "a file that is no map wants --crs and --code");
    if (strcmp(r.kind, "partition") != 0 && strcmp(r.kind, "overlay") != 0)
        return cli_usage("check", "--layer-kind: '%s' is not partition or overlay", r.kind);
    r.checked.path = operands[0];
    if (cli_same_file(r.html, operands[0]) || cli_same_file(r.json, operands[0]))
        return cli_usage("check", "'%s' is read, so it cannot be written", operands[0]);
    if (cli_same_file(r.html, r.json))
        return cli_usage("check", "--html and --json are the same file");
    code = run_check(&r);
    drop(&r);
    return code;
}
