/* wanmi map: makes and changes a map; thin over wanmi/io.h. */
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "map.h"
#include "options.h"

/* ---- create ------------------------------------------------------------------------- */

static int map_create(int argc, char **argv)
{
    wanmi_map_meta meta;
    bool ballpark = false;
    wanmi_map_meta_init(&meta);
    const cli_option options[] = {
        {"crs", '\0', "CRS", "EPSG:4548, a PROJ string or WKT; projected, in metres", CLI_TEXT, &meta.crs, true},
        {"title", '\0', "TEXT", "title of the map", CLI_TEXT, &meta.title},
        {"cell-layer", '\0', "NAME", "the cell layer (default: the first layer of level 0)", CLI_TEXT,
         &meta.cell_layer},
        {"fallback-unit", '\0', "CODE", "the unit that answers where nobody else does", CLI_TEXT,
         &meta.fallback_unit},
        {"snap", '\0', "METRES", "positions so near to a cell count as in it (default 0)", CLI_REAL, &meta.snap_m},
        {"timezone", '\0', "ZONE", "of the map (default Asia/Shanghai)", CLI_TEXT, &meta.timezone},
        {"layout", '\0', "DIGITS", "parts of the cells' codes, such as 6+3+3+3", CLI_TEXT, &meta.code_layout},
        {"operation", '\0', "PIPELINE", "PROJ pipeline from degrees to metres (default: chosen)", CLI_TEXT,
         &meta.operation},
        {"ballpark", '\0', NULL, "accepts an operation without a datum shift", CLI_FLAG, &ballpark},
    };
    const cli_command command = {"map create", "MAP", "Makes an empty map file.",
                                 "wanmi map create city.gpkg --crs EPSG:4548 --fallback-unit CENTRE",
                                 options, CLI_COUNT(options), 1, 1};
    const char *operands[1];
    size_t count = 0;
    wanmi_error error;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_error_clear(&error);
    wanmi_host host = cli_host();
    meta.allow_ballpark = ballpark;
    return wanmi_io_map_create(operands[0], &meta, &host, &error) == WANMI_OK ? CLI_DONE
                                                                               : cli_fail(&error);
}

/* ---- layer --------------------------------------------------------------------------- */

enum { LEVEL_MAX = 1000 };

typedef struct layer_run {
    wanmi_layer_def def;
    wanmi_io_layer_options source;
    const char *kind;
    long level;
    bool skip_invalid;
    bool replace;
} layer_run;

static int say_tally(const char *what, const wanmi_io_tally *tally)
{
    char read[32], taken[32], refused[32];
    printf("%s: %s read, %s taken, %s refused\n", what, cli_count(tally->read, read),
           cli_count(tally->taken, taken), cli_count(tally->refused, refused));
    return cli_stdout_done();
}

static int add_layer(const char *map, layer_run *r)
{
    wanmi_host host = cli_host();
    cli_problems problems = {0};
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_error error;
    r->def.kind = strcmp(r->kind, "overlay") == 0 ? WANMI_OVERLAY : WANMI_PARTITION;
    r->def.level = (int32_t)r->level;
    r->source.skip_invalid = r->skip_invalid;
    r->source.replace = r->replace;
    wanmi_error_clear(&error);
    wanmi_io_tally_init(&tally);
    cli_problems_report(&problems, &report, "reading the layer", "areas");
    wanmi_status status = wanmi_io_map_add_layer(map, &r->def, &r->source, &report, &host, &tally, &error);
    cli_progress_end(&problems.progress);
    if (status != WANMI_OK)
        return cli_fail(&error);
    return say_tally(r->def.name, &tally);
}

static int map_layer(int argc, char **argv)
{
    layer_run r = {0};
    wanmi_layer_def_init(&r.def);
    wanmi_io_layer_options_init(&r.source);
    const cli_option options[] = {
        {"name", 'n', "NAME", "of the layer", CLI_TEXT, &r.def.name, true},
        {"kind", 'k', "KIND", "partition (areas meet at edges) or overlay (may overlap)", CLI_TEXT, &r.kind, true},
        {"level", 'l', "LEVEL", "0 is the cell, higher is coarser", CLI_WHOLE, &r.level, true},
        {"from", 'f', "FILE[:LAYER]", "any file OGR reads", CLI_TEXT, &r.source.source, true},
        {"code", 'c', "FIELD", "field of the codes, or an SQL expression", CLI_TEXT, &r.source.code, true},
        {"name-field", '\0', "FIELD", "field of the names", CLI_TEXT, &r.source.name_field},
        {"parent-layer", '\0', "NAME", "the layer above", CLI_TEXT, &r.def.parent},
        {"parent-field", '\0', "FIELD", "field of the parents' codes", CLI_TEXT, &r.source.parent_field},
        {"parent-of", '\0', "NAME", "a layer that gets this one as its parent, area by area by the codes' prefix",
         CLI_TEXT, &r.source.parent_of},
        {"valid-from-field", '\0', "FIELD", "field of the first instant of validity", CLI_TEXT,
         &r.source.valid_from_field},
        {"valid-to-field", '\0', "FIELD", "field of the instant validity ends", CLI_TEXT, &r.source.valid_to_field},
        {"grade-field", '\0', "FIELD", "field of the grade", CLI_TEXT, &r.source.grade_field},
        {"buffer", '\0', "FIELD-OR-M", "field or metres around points and lines", CLI_TEXT, &r.source.buffer},
        {"datum", 'd', "D", "wgs84, cgcs2000, gcj02, bd09 or map (default: the file's CRS)", CLI_TEXT,
         &r.source.datum},
        {"where", 'w', "SQL", "takes only features for which this holds", CLI_TEXT, &r.source.where},
        {"skip-invalid", '\0', NULL, "names invalid areas and goes on without them", CLI_FLAG, &r.skip_invalid},
        {"replace", '\0', NULL, "takes the place of a layer of that name", CLI_FLAG, &r.replace},
    };
    const cli_command command = {
        "map layer", "MAP", "Adds a layer from any file OGR reads, brought vertex by vertex into the map's CRS.",
        "wanmi map layer city.gpkg --name district --kind partition --level 3 --from districts.geojson "
        "--code adcode --datum gcj02",
        options, CLI_COUNT(options), 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    if (strcmp(r.kind, "partition") != 0 && strcmp(r.kind, "overlay") != 0)
        return cli_usage("map layer", "--kind: '%s' is not partition or overlay", r.kind);
    if (r.level < 0 || r.level > LEVEL_MAX)
        return cli_usage("map layer", "--level: from 0 to %d", LEVEL_MAX);
    return add_layer(operands[0], &r);
}

/* ---- tables -------------------------------------------------------------------------- */

static int map_table(int argc, char **argv, wanmi_io_table table, const char *name, const char *columns)
{
    const char *from = NULL;
    bool replace = false;
    wanmi_io_table_options how;
    wanmi_io_table_options_init(&how);
    char verb[32], about[400], example[96];
    snprintf(verb, sizeof verb, "map %s", name);
    snprintf(about, sizeof about, "Adds the rows of a CSV file with the columns\n  %s\n"
             "in any order. Bad rows are named and left out, the others go in.", columns);
    snprintf(example, sizeof example, "wanmi map %s city.gpkg --from %s.csv", name, name);
    const cli_option options[] = {
        {"from", 'f', "CSV", "the rows; - is standard input", CLI_TEXT, &from, true},
        {"replace", '\0', NULL, "empties the table first", CLI_FLAG, &replace},
        {"datum", 'd', "D", "of lon and lat: wgs84 (default), cgcs2000, gcj02 or bd09", CLI_TEXT, &how.datum},
    };
    /* Only objects have a place. */
    size_t known = CLI_COUNT(options) - (table != WANMI_IO_OBJECTS);
    const cli_command command = {verb, "MAP", about, example, options, known, 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    cli_problems problems = {0};
    wanmi_io_report report;
    wanmi_io_tally tally;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_io_tally_init(&tally);
    cli_problems_report(&problems, &report, "reading the table", "rows");
    how.replace = replace;
    wanmi_status status = wanmi_io_map_add_table(operands[0], table, from, &how, &report, &host, &tally,
                                                 &error);
    cli_progress_end(&problems.progress);
    if (status != WANMI_OK)
        return cli_fail(&error);
    code = say_tally(name, &tally);
    return code == CLI_DONE && tally.refused != 0 ? CLI_REJECTED : code;
}

static int map_units(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_UNITS, "units", "code, name, kind, parent");
}

static int map_duties(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_DUTIES, "duties", "layer, area, role, unit, rank");
}

static int map_rules(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_RULES, "rules",
                     "seq, mode, class, layer, area, owner, source, min_severity, valid_from, valid_to,\n"
                     "  weekdays, hours, role, at_layer, holders, unit, copy, priority, deadline, tag, last");
}

static int map_objects(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_OBJECTS, "objects",
                     "code, name, class, x, y (or lon, lat), authority, property, upkeep");
}

static int map_calendars(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_CALENDARS, "calendars", "name, day, hours");
}

static int map_deadlines(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_DEADLINES, "deadlines",
                     "name, seq, class, grade, mode, min_severity, limit, unit, calendar");
}

static int map_escalations(int argc, char **argv)
{
    return map_table(argc, argv, WANMI_IO_ESCALATIONS, "escalations",
                     "seq, class, role, min_severity, mode, on, from, limit, unit, calendar,\n"
                     "  to, target_role, at_layer, target_unit, priority, tag");
}

/* ---- list, set, drop, export ---------------------------------------------------------------- */

static int map_list(int argc, char **argv)
{
    const cli_command command = {"map list", "MAP", "What is in a map: its layers and tables.",
                                 "wanmi map list city.gpkg", NULL, 0, 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    wanmi_map *map = NULL;
    uint64_t left_out = 0;
    code = cli_open_map(operands[0], CLI_TO_SHOW, &host, &map, &left_out);
    if (code < 0) {
        cli_print_layers(map);
        cli_print_tables(map);
        code = cli_code_without(cli_stdout_done(), left_out);
    }
    wanmi_map_release(map);
    return code;
}

static int map_set(int argc, char **argv)
{
    const cli_command command = {"map set", "MAP KEY VALUE",
                                 "Sets title, timezone, cell_layer, fallback_unit, code_layout or snap_m.",
                                 "wanmi map set city.gpkg snap_m 5", NULL, 0, 3, 3};
    const char *operands[3];
    size_t count = 0;
    wanmi_error error;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_error_clear(&error);
    wanmi_host host = cli_host();
    return wanmi_io_map_set(operands[0], operands[1], operands[2], &host, &error) == WANMI_OK
               ? CLI_DONE
               : cli_fail(&error);
}

static int map_drop(int argc, char **argv)
{
    const cli_command command = {"map drop", "MAP NAME",
                                 "Removes a layer or a table: units, duties, rules, objects, calendars,\n"
                                 "deadlines or escalations.",
                                 "wanmi map drop city.gpkg school", NULL, 0, 2, 2};
    /* Their names in the file; a layer may have the short one. */
    static const char *const tables[] = {"wanmi_units", "wanmi_duties", "wanmi_rules", "wanmi_objects",
                                         "wanmi_calendars", "wanmi_deadlines", "wanmi_escalations"};
    const char *operands[2];
    size_t count = 0;
    wanmi_error error;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_error_clear(&error);
    wanmi_host host = cli_host();
    wanmi_status status = wanmi_io_map_drop(operands[0], operands[1], &host, &error);
    for (size_t i = 0; i < CLI_COUNT(tables) && status == WANMI_E_MAP_LAYER; i++)
        if (strcmp(operands[1], tables[i] + strlen("wanmi_")) == 0)
            status = wanmi_io_map_drop(operands[0], tables[i], &host, &error);
    return status == WANMI_OK ? CLI_DONE : cli_fail(&error);
}

static int map_export(int argc, char **argv)
{
    const cli_command command = {"map export", "MAP DIR",
                                 "Writes a map as GeoJSON, one file a layer, and CSV, one file a table.",
                                 "wanmi map export city.gpkg city", NULL, 0, 2, 2};
    const char *operands[2];
    size_t count = 0;
    wanmi_error error;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_error_clear(&error);
    wanmi_host host = cli_host();
    wanmi_map *map = NULL;
    uint64_t left_out = 0;
    code = cli_open_map(operands[0], CLI_TO_SHOW, &host, &map, &left_out);
    if (code < 0)
        code = wanmi_io_map_export(map, operands[1], &host, &error) == WANMI_OK ? CLI_DONE
                                                                                 : cli_fail(&error);
    code = cli_code_without(code, left_out);
    wanmi_map_release(map);
    return code;
}

/* ---- the verb -------------------------------------------------------------------------- */

typedef struct map_verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *about;
} map_verb;

static const map_verb verbs[] = {
    {"create", map_create, "an empty map"},
    {"layer", map_layer, "adds a layer of areas from any file OGR reads"},
    {"units", map_units, "adds units from a CSV file"},
    {"duties", map_duties, "adds duties from a CSV file"},
    {"rules", map_rules, "adds rules from a CSV file"},
    {"objects", map_objects, "adds objects (things with a place and owners) from a CSV file"},
    {"calendars", map_calendars, "adds working hours and holidays from a CSV file"},
    {"deadlines", map_deadlines, "adds deadlines from a CSV file"},
    {"escalations", map_escalations, "adds who takes over from a CSV file"},
    {"list", map_list, "what is in it"},
    {"set", map_set, "changes the title, zone, cell layer, fallback unit, code layout or snapping"},
    {"drop", map_drop, "removes a layer or table"},
    {"export", map_export, "the same as GeoJSON and CSV"},
    {"explain", cli_map_explain, "who would get what, and why"},
};

static int help(void)
{
    printf("usage: wanmi map VERB MAP ...\n\nMakes and changes a map, which is one GeoPackage.\n\n");
    for (size_t i = 0; i < CLI_COUNT(verbs); i++)
        printf("  %-11s %s\n", verbs[i].name, verbs[i].about);
    printf("\n  wanmi map VERB --help   the options of each\n");
    return cli_stdout_done();
}

int cli_map(int argc, char **argv)
{
    const char *names[CLI_COUNT(verbs) + 1] = {NULL};
    if (argc < 2)
        return cli_usage("map", "wants a verb: create layer units duties rules objects calendars deadlines "
                         "escalations list set drop export explain");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help();
    for (size_t i = 0; i < CLI_COUNT(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0)
            return verbs[i].run(argc - 1, argv + 1);
        names[i] = verbs[i].name;
    }
    const char *nearest = cli_nearest(argv[1], names);
    if (nearest != NULL)
        return cli_usage("map", "unknown verb '%s' (did you mean %s?)", argv[1], nearest);
    return cli_usage("map", "unknown verb '%s'", argv[1]);
}
