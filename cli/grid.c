/* wanmi grid: cuts areas into cells and writes both as a map. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "options.h"

typedef struct run {
    wanmi_io_layer_options source;
    wanmi_map_meta meta;
    wanmi_grid_options cut;
    cli_place origin;
    const char *out;
    bool ballpark;
    bool skip_invalid;

    wanmi_crs *crs;
    wanmi_zone *zone;
    wanmi_io_areas *areas;
    wanmi_map_builder *builder;
    wanmi_map *map;
    cli_problems problems;
    wanmi_grid_result result;
} run;

static wanmi_status read_areas(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_crs_options options;
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_crs_options_init(&options);
    options.operation = r->meta.operation;
    options.allow_ballpark = r->ballpark;
    wanmi_status status = wanmi_crs_create(r->meta.crs, &options, host, &r->crs, error);
    if (status != WANMI_OK)
        return status;
    cli_warn_crs(r->crs);
    r->meta.operation = wanmi_crs_operation(r->crs);
    r->meta.allow_ballpark = r->ballpark;
    status = wanmi_zone_open(r->meta.timezone, host, &r->zone, error);
    if (status != WANMI_OK)
        return status;
    cli_problems_report(&r->problems, &report, "reading the areas", "areas");
    wanmi_io_tally_init(&tally);
    r->source.skip_invalid = r->skip_invalid;
    status = wanmi_io_areas_read(&r->source, r->cut.area_layer, r->crs, r->zone, &report, host,
                                 &r->areas, &tally, error);
    cli_progress_end(&r->problems.progress);
    return status;
}

/* The fallback unit stands in the map with its code for a name, until
 * `wanmi map units --replace` says more of it. */
static wanmi_status add_unit(run *r, wanmi_error *error)
{
    wanmi_unit_def unit;
    if (r->meta.fallback_unit == NULL || r->meta.fallback_unit[0] == '\0')
        return WANMI_OK;
    wanmi_unit_def_init(&unit);
    unit.code = unit.name = r->meta.fallback_unit;
    return wanmi_map_builder_unit(r->builder, &unit, error);
}

/* The grid knows no file: it is named here. */
static void name_file(const run *r, wanmi_error *why)
{
    char message[sizeof why->message];
    if (why->file[0] != '\0' || why->row < 1)
        return;
    snprintf(message, sizeof message, "%.255s: %.380s", r->source.source, why->message);
    memcpy(why->message, message, sizeof message);
}

static void grid_problem(void *user, const wanmi_error *problem)
{
    run *r = user;
    wanmi_error named = *problem;
    name_file(r, &named);
    cli_problem(&r->problems, &named);
}

static wanmi_status cut(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_map_build_options options;
    cli_progress progress;
    wanmi_grid_result_init(&r->result);
    r->meta.cell_layer = r->cut.cell_layer;
    r->meta.code_layout = r->cut.layout;
    cli_progress_start(&progress, "cutting", "areas");
    r->cut.on_progress = cli_progress_step;
    r->cut.progress_user = &progress;
    if (r->skip_invalid) {
        r->cut.on_problem = grid_problem;
        r->cut.problem_user = r;
    }
    wanmi_status status = wanmi_map_builder_create(host, &r->builder, error);
    if (status == WANMI_OK)
        status = wanmi_map_builder_meta(r->builder, &r->meta, error);
    if (status == WANMI_OK)
        status = add_unit(r, error);
    if (status == WANMI_OK)
        status = wanmi_grid_cut(r->builder, wanmi_io_areas_list(r->areas),
                                wanmi_io_areas_count(r->areas), &r->cut, host, &r->result, error);
    wanmi_map_build_options_init(&options);
    options.on_progress = cli_progress_step;
    options.progress_user = &progress;
    if (status == WANMI_OK)
        status = wanmi_map_build(r->builder, &options, &r->map, error);
    cli_progress_end(&progress);
    if (status != WANMI_OK)
        name_file(r, error);
    return status;
}

static wanmi_status write_map(run *r, const wanmi_host *host, wanmi_error *error)
{
    wanmi_io_report report;
    cli_problems_report(&r->problems, &report, "writing the map", "areas");
    report.on_problem = NULL;
    wanmi_status status = wanmi_io_map_write(r->map, r->out, &report, host, error);
    cli_progress_end(&r->problems.progress);
    return status;
}

static int print_result(const run *r)
{
    char areas[32], cells[32], joined[32], small[32];
    const wanmi_grid_result *g = &r->result;
    printf("%s: %s areas, %s cells\n", r->out, cli_count(g->areas, areas), cli_count(g->cells, cells));
    printf("slivers joined to a neighbour: %s, small pieces without one: %s\n",
           cli_count(g->joined, joined), cli_count(g->kept_small, small));
    printf("areas %.6f m2, cells %.6f m2, difference %.9f m2\n", g->area_m2, g->cells_m2,
           g->area_m2 - g->cells_m2);
    return cli_stdout_done();
}

static int run_grid(run *r, const wanmi_host *host)
{
    wanmi_error error;
    wanmi_error_clear(&error);
    if (read_areas(r, host, &error) != WANMI_OK)
        return cli_fail(&error);
    if (r->problems.count != 0 && !r->skip_invalid) {
        cli_say("%llu areas cannot be used; --skip-invalid goes on without them",
                (unsigned long long)r->problems.count);
        return CLI_UNUSABLE;
    }
    if (wanmi_io_areas_count(r->areas) == 0) {
        cli_say("%s: no area is left to be cut", r->source.source);
        return CLI_UNUSABLE;
    }
    if (cut(r, host, &error) != WANMI_OK || write_map(r, host, &error) != WANMI_OK)
        return cli_fail(&error);
    return print_result(r);
}

static void drop(run *r)
{
    wanmi_map_release(r->map);
    wanmi_map_builder_free(r->builder);
    wanmi_io_areas_free(r->areas);
    wanmi_zone_free(r->zone);
    wanmi_crs_release(r->crs);
}

int cli_grid(int argc, char **argv)
{
    run r = {.cut.struct_size = 0};
    wanmi_io_layer_options_init(&r.source);
    wanmi_map_meta_init(&r.meta);
    wanmi_grid_options_init(&r.cut);
    r.meta.timezone = "Asia/Shanghai";
    r.cut.area_layer = "area";
    r.cut.cell_layer = "cell";
    r.cut.layout = "6+3+3+3";
    const cli_option options[] = {
        {"areas", 'a', "FILE", "the areas: any file OGR reads, or FILE:LAYER", CLI_TEXT, &r.source.source, true},
        {"code", 'c', "FIELD", "field of the areas' codes, or an SQL expression", CLI_TEXT, &r.source.code, true},
        {"crs", '\0', "CRS", "of the map: EPSG:4548, a PROJ string or WKT", CLI_TEXT, &r.meta.crs, true},
        {"out", 'o', "MAP", "the map to write", CLI_TEXT, &r.out, true},
        {"layout", '\0', "DIGITS", "parts of the code, the last is the sequence (default 6+3+3+3)", CLI_TEXT,
         &r.cut.layout},
        {"size", 's', "METRES", "edge of the lattice (default 100)", CLI_REAL, &r.cut.size_m},
        {"origin", '\0', "X,Y", "a corner of the lattice (default 0,0)", CLI_PLACE, &r.origin},
        {"min-area", '\0', "M2", "smaller pieces join a neighbour (default 1 % of size x size)", CLI_REAL,
         &r.cut.min_area_m2},
        {"layer", '\0', "NAME", "layer of the areas in the map (default area)", CLI_TEXT, &r.cut.area_layer},
        {"cell-layer", '\0', "NAME", "layer of the cells (default cell)", CLI_TEXT, &r.cut.cell_layer},
        {"name-field", '\0', "FIELD", "field of the areas' names", CLI_TEXT, &r.source.name_field},
        {"where", 'w', "SQL", "takes only areas for which this holds", CLI_TEXT, &r.source.where},
        {"datum", 'd', "D", "of the areas: wgs84, cgcs2000, gcj02, bd09, map (default: the file's CRS)", CLI_TEXT,
         &r.source.datum},
        {"skip-invalid", '\0', NULL, "names invalid areas and goes on without them", CLI_FLAG, &r.skip_invalid},
        {"title", '\0', "TEXT", "title of the map", CLI_TEXT, &r.meta.title},
        {"timezone", '\0', "ZONE", "of the map (default Asia/Shanghai)", CLI_TEXT, &r.meta.timezone},
        {"snap", '\0', "METRES", "positions so near to a cell count as in it (default 0)", CLI_REAL,
         &r.meta.snap_m},
        {"fallback-unit", '\0', "CODE", "the unit that answers where nobody else does", CLI_TEXT,
         &r.meta.fallback_unit},
        {"operation", '\0', "PIPELINE", "PROJ pipeline from degrees to metres (default: chosen)", CLI_TEXT,
         &r.meta.operation},
        {"ballpark", '\0', NULL, "accepts an operation without a datum shift", CLI_FLAG, &r.ballpark},
    };
    const cli_command command = {
        "grid", "",
        "Cuts areas (communities, streets, a district) into cells aligned to the CRS's lattice and\n"
        "writes areas and cells as a map. Cells never cross their area, cover it, and share its nodes;\n"
        "a cell's code is its area's code and a sequence, from north to south, from west to east.",
        "wanmi grid --areas communities.geojson --code code --crs EPSG:4548 -o district.gpkg",
        options, CLI_COUNT(options), 0, 0};
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, NULL, &count);
    if (code >= 0)
        return code;
    if (cli_same_file(r.source.source, r.out))
        return cli_usage("grid", "--out: '%s' is read, so it cannot be written", r.out);
    if (r.origin.given) {
        r.cut.origin_x = r.origin.x;
        r.cut.origin_y = r.origin.y;
    }
    wanmi_host host = cli_host();
    code = run_grid(&r, &host);
    drop(&r);
    return code;
}
