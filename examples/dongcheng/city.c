/* The story's city: see city.h. What a clerk does by `wanmi map ...`. */
#include "city.h"

#include <stdio.h>

static void path_of(char path[512], const char *folder, const char *name)
{
    snprintf(path, 512, "%s/%s.csv", folder, name);
}

static wanmi_status add_layer(const char *folder, const char *map_path, const char *name, int level,
                              const char *parent, wanmi_error *error)
{
    char from[512];
    wanmi_layer_def def;
    wanmi_io_layer_options options;
    path_of(from, folder, name);
    wanmi_layer_def_init(&def);
    def.name = name;
    def.level = level;
    def.parent = parent;
    wanmi_io_layer_options_init(&options);
    options.source = from;
    options.code = "code";
    options.name_field = level > 0 ? "name" : NULL;
    options.parent_field = parent != NULL ? "parent" : NULL;
    options.grade_field = level == 0 ? "grade" : NULL;
    options.datum = "map"; /* x, y in the map's metres */
    return wanmi_io_map_add_layer(map_path, &def, &options, NULL, NULL, NULL, error);
}

static wanmi_status add_tables(const char *folder, const char *map_path, wanmi_error *error)
{
    static const struct {
        wanmi_io_table table;
        const char *name;
    } tables[] = {{WANMI_IO_UNITS, "units"}, {WANMI_IO_DUTIES, "duties"}, {WANMI_IO_CALENDARS, "calendars"},
                  {WANMI_IO_DEADLINES, "deadlines"}, {WANMI_IO_RULES, "rules"}, {WANMI_IO_ESCALATIONS, "escalations"}};
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; i < sizeof tables / sizeof *tables && status == WANMI_OK; i++) {
        char from[512];
        path_of(from, folder, tables[i].name);
        status = wanmi_io_map_add_table(map_path, tables[i].table, from, NULL, NULL, NULL, NULL, error);
    }
    return status;
}

wanmi_status city_open(const char *folder, const char *map_path, wanmi_map **map, wanmi_error *error)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.title = "Dongcheng, a story";
    meta.crs = "EPSG:4548";
    meta.fallback_unit = "CENTRE-C";
    meta.code_layout = "6+3+3+2";
    remove(map_path);
    wanmi_status status = wanmi_io_map_create(map_path, &meta, NULL, error);
    if (status == WANMI_OK)
        status = add_layer(folder, map_path, "street", 2, NULL, error);
    if (status == WANMI_OK)
        status = add_layer(folder, map_path, "community", 1, "street", error);
    if (status == WANMI_OK)
        status = add_layer(folder, map_path, "cell", 0, "community", error);
    if (status == WANMI_OK)
        status = add_tables(folder, map_path, error);
    return status == WANMI_OK ? wanmi_io_map_read(map_path, NULL, NULL, map, error) : status;
}
