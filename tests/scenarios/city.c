/* From the text files of a folder to a map file, and from that to a map, an index
 * and a plan: by wanmi/io.h, as the command does it. */
#include "city.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support.h"
#include "table.h"
#include "wanmi/io.h"

static void must(wanmi_status status, const char *what, const wanmi_error *error)
{
    if (status != WANMI_OK)
        fail_msg("%s: %s: %s", what, wanmi_status_name(status), error->message);
}

static const char *value_of(const table *t, const char *key)
{
    for (size_t i = 0; i < t->rows; i++)
        if (strcmp(table_field(t, i, "key"), key) == 0)
            return table_field(t, i, "value");
    return "";
}

/* map.csv has the keys of wanmi_meta. */
static void create(const char *path, const char *folder)
{
    table t = table_read(folder, "map.csv", true);
    wanmi_map_meta meta;
    wanmi_error error;
    wanmi_map_meta_init(&meta);
    meta.title = value_of(&t, "title");
    meta.crs = value_of(&t, "crs");
    meta.operation = value_of(&t, "operation");
    meta.timezone = value_of(&t, "timezone");
    meta.cell_layer = value_of(&t, "cell_layer");
    meta.fallback_unit = value_of(&t, "fallback_unit");
    meta.code_layout = value_of(&t, "code_layout");
    meta.snap_m = strtod(value_of(&t, "snap_m"), NULL);
    unlink(path);
    must(wanmi_io_map_create(path, &meta, NULL, &error), t.path, &error);
    table_free(&t);
}

static const char *if_there(const table *t, const char *column)
{
    return table_has(t, column) ? column : NULL;
}

/* One row of layers.csv; the areas stand in LAYER.csv. */
static void add_layer(const char *path, const char *folder, const table *layers, size_t row)
{
    wanmi_layer_def def;
    wanmi_io_layer_options options;
    wanmi_error error;
    wanmi_layer_def_init(&def);
    def.name = table_field(layers, row, "name");
    def.kind = strcmp(table_field(layers, row, "kind"), "overlay") == 0 ? WANMI_OVERLAY : WANMI_PARTITION;
    def.level = atoi(table_field(layers, row, "level"));
    def.parent = table_field(layers, row, "parent");
    char file[128];
    snprintf(file, sizeof file, "%s.csv", def.name);
    table areas = table_read(folder, file, true);
    wanmi_io_layer_options_init(&options);
    options.source = areas.path;
    options.code = "code";
    options.name_field = if_there(&areas, "name");
    options.parent_field = if_there(&areas, "parent");
    options.valid_from_field = if_there(&areas, "valid_from");
    options.valid_to_field = if_there(&areas, "valid_to");
    options.grade_field = if_there(&areas, "grade");
    options.buffer = if_there(&areas, "buffer_m");
    options.datum = "map";
    must(wanmi_io_map_add_layer(path, &def, &options, NULL, NULL, NULL, &error), areas.path, &error);
    table_free(&areas);
}

static void add_tables(const char *path, const char *folder)
{
    static const struct { wanmi_io_table table; const char *file; } files[] = {
        {WANMI_IO_UNITS, "units.csv"}, {WANMI_IO_DUTIES, "duties.csv"},
        {WANMI_IO_OBJECTS, "objects.csv"}, {WANMI_IO_CALENDARS, "calendars.csv"},
        {WANMI_IO_DEADLINES, "deadlines.csv"}, {WANMI_IO_RULES, "rules.csv"},
        {WANMI_IO_ESCALATIONS, "escalations.csv"},
    };
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char file[640];
        wanmi_error error;
        snprintf(file, sizeof file, "%s/%s", folder, files[i].file);
        if (access(file, F_OK) == 0)
            must(wanmi_io_map_add_table(path, files[i].table, file, NULL, NULL, NULL, NULL, &error),
                 file, &error);
    }
}

/* A scenario's rules are whole: none that can never match, no role that nobody has. */
static void complain(void *user, const wanmi_error *problem)
{
    print_error("%s\n", problem->message);
    ++*(int *)user;
}

void city_open(city *c, const char *folder, const char *name, wanmi_words *words)
{
    char own[512], path[512];
    wanmi_error error;
    snprintf(own, sizeof own, "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    snprintf(path, sizeof path, "%s/%s.gpkg", test_folder(), name[0] != '\0' ? name : "map");
    create(path, own);
    table layers = table_read(own, "layers.csv", true);
    for (size_t i = 0; i < layers.rows; i++)
        add_layer(path, own, &layers, i);
    table_free(&layers);
    add_tables(path, own);
    c->name = name;
    must(wanmi_io_map_read(path, NULL, NULL, &c->map, &error), own, &error);
    must(wanmi_index_create(c->map, NULL, &c->index, &error), own, &error);
    int complaints = 0;
    must(wanmi_plan_create(c->map, words, complain, &complaints, &c->plan, &error), own, &error);
    assert_int_equal(complaints, 0);
}

void city_close(city *c)
{
    wanmi_plan_release(c->plan);
    wanmi_index_release(c->index);
    wanmi_map_release(c->map);
    *c = (city){.name = ""};
}
