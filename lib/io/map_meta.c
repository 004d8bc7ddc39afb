/* The table wanmi_meta: see map_file.h. */
#include <stddef.h>
#include <string.h>

#include "base/error.h"
#include "map_file.h"

/* Its keys that are texts; numbers stand in read_numbers and wm_meta_write. */
static const struct {
    const char *key;
    size_t at;
} texts[] = {
    {"uuid", offsetof(wanmi_map_meta, uuid)},
    {"title", offsetof(wanmi_map_meta, title)},
    {"crs", offsetof(wanmi_map_meta, crs)},
    {"operation", offsetof(wanmi_map_meta, operation)},
    {"timezone", offsetof(wanmi_map_meta, timezone)},
    {"cell_layer", offsetof(wanmi_map_meta, cell_layer)},
    {"fallback_unit", offsetof(wanmi_map_meta, fallback_unit)},
    {"code_layout", offsetof(wanmi_map_meta, code_layout)},
};
enum { TEXTS = sizeof texts / sizeof texts[0], NUMBERS = 4, KEYS = TEXTS + NUMBERS };

static const char *const numbers[NUMBERS] = {"schema", "snap_m", "generation", "allow_ballpark"};

static int key_number(const char *key)
{
    for (int i = 0; i < TEXTS; i++)
        if (strcmp(texts[i].key, key) == 0)
            return i;
    for (int i = 0; i < NUMBERS; i++)
        if (strcmp(numbers[i], key) == 0)
            return TEXTS + i;
    return -1;
}

const char *wm_kind_text(wanmi_layer_kind kind)
{
    return kind == WANMI_OVERLAY ? "overlay" : "partition";
}

bool wm_kind_parse(const char *text, wanmi_layer_kind *kind)
{
    bool overlay = strcmp(text, "overlay") == 0;
    if (!overlay && strcmp(text, "partition") != 0)
        return false;
    *kind = overlay ? WANMI_OVERLAY : WANMI_PARTITION;
    return true;
}

/* ---- reading ------------------------------------------------------------------------ */

static wanmi_status bad_key(const char *file, int64_t row, const char *key, const char *value,
                            const char *words, wanmi_error *error)
{
    const wm_place place = {.file = file, .layer = "wanmi_meta", .row = row, .value = value};
    return wm_error_at(error, WANMI_E_MAP_META, &place, "%s %s", key, words);
}

static wanmi_status read_rows(OGRLayerH table, int key_column, int value_column, const char *file,
                              const char **values, wm_meta *meta, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while (status == WANMI_OK && (row = OGR_L_GetNextFeature(table)) != NULL) {
        char slot[WM_SLOT], value_slot[WM_SLOT];
        const char *key = wm_field_text(row, key_column, slot);
        const char *value = wm_field_text(row, value_column, value_slot);
        int number = key != NULL ? key_number(key) : -1;
        if (number >= 0 && value == NULL)
            status = bad_key(file, OGR_F_GetFID(row), key, NULL, "has a value that is no text", error);
        else if (number >= 0 && values[number] != NULL)
            status = bad_key(file, OGR_F_GetFID(row), key, value, "is there twice", error);
        else if (number >= 0 && (values[number] = wm_arena_text(&meta->texts, value)) == NULL)
            status = wm_error_memory(error);
        OGR_F_Destroy(row);
    }
    return status;
}

static wanmi_status read_numbers(const char *file, const char *const *values, wanmi_map_meta *meta,
                                 wanmi_error *error)
{
    const char *schema = values[TEXTS], *snap = values[TEXTS + 1];
    const char *generation = values[TEXTS + 2], *ballpark = values[TEXTS + 3];
    const wm_place place = {.file = file, .layer = "wanmi_meta", .value = schema};
    if (schema == NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "the key schema is missing");
    if (strcmp(schema, WM_SCHEMA) != 0)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place,
                           "this version of wanmi reads schema " WM_SCHEMA ", the file has another");
    int32_t number;
    if (snap != NULL && snap[0] != '\0' && !wm_text_number(snap, &meta->snap_m))
        return bad_key(file, 0, "snap_m", snap, "is no number", error);
    if (generation != NULL && generation[0] != '\0') {
        double count;
        if (!wm_text_number(generation, &count) || count < 1 || count > UINT32_MAX ||
            count != (uint32_t)count)
            return bad_key(file, 0, "generation", generation, "is no whole number from 1", error);
        meta->generation = (uint32_t)count;
    }
    if (ballpark != NULL && ballpark[0] != '\0') {
        if (!wm_text_integer(ballpark, &number) || (number != 0 && number != 1))
            return bad_key(file, 0, "allow_ballpark", ballpark, "is neither 0 nor 1", error);
        meta->allow_ballpark = number;
    }
    return WANMI_OK;
}

wanmi_status wm_meta_read(GDALDatasetH data, const char *file, const wanmi_host *host, wm_gdal *gdal,
                          wm_meta *meta, wanmi_error *error)
{
    OGRLayerH table = wm_pkg_table(data, "wanmi_meta");
    const wm_place place = {.file = file};
    if (table == NULL)
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place,
                           "a GeoPackage, but no map: it has no table wanmi_meta");
    int key_column = -1, value_column = -1;
    wanmi_status status = wm_pkg_column(table, file, "key", &key_column, error);
    if (status == WANMI_OK)
        status = wm_pkg_column(table, file, "value", &value_column, error);
    if (status != WANMI_OK)
        return status;
    wm_arena_init(&meta->texts, host);
    wanmi_map_meta_init(&meta->meta);
    const char *values[KEYS] = {NULL};
    wm_gdal_forget(gdal);
    status = read_rows(table, key_column, value_column, file, values, meta, error);
    if (status == WANMI_OK && gdal->failed)
        status = wm_error_at(error, WANMI_E_IO_FORMAT, &place, "wanmi_meta cannot be read: %s",
                             wm_gdal_words(gdal));
    if (status == WANMI_OK)
        status = read_numbers(file, values, &meta->meta, error);
    for (int i = 0; i < TEXTS && status == WANMI_OK; i++)
        if (values[i] != NULL)
            memcpy((char *)&meta->meta + texts[i].at, &values[i], sizeof values[i]);
    if (status != WANMI_OK)
        wm_arena_drop(&meta->texts);
    return status;
}

void wm_meta_drop(wm_meta *meta)
{
    wm_arena_drop(&meta->texts);
}

wanmi_status wm_meta_zone(const wanmi_map_meta *meta, const wanmi_host *host, wanmi_zone **zone,
                          wanmi_error *error)
{
    const char *name = meta->timezone;
    return wanmi_zone_open(name != NULL && name[0] != '\0' ? name : "Asia/Shanghai", host, zone, error);
}

/* ---- writing ------------------------------------------------------------------------ */

static wanmi_status add_key(OGRLayerH table, const char *key, const char *value, const char *file,
                            wm_gdal *gdal, wanmi_error *error)
{
    OGRFeatureH row = wm_pkg_row(table);
    wm_pkg_set(row, "key", key);
    wm_pkg_set(row, "value", value);
    return wm_pkg_add(table, row, file, gdal, error);
}

wanmi_status wm_meta_write(GDALDatasetH data, const wanmi_map_meta *meta, const char *file,
                           wm_gdal *gdal, wanmi_error *error)
{
    static const char *const columns[] = {"key", "value"};
    OGRLayerH table;
    wanmi_status status = wm_pkg_make(data, "wanmi_meta", NULL, wkbNone, columns, 2, file, gdal,
                                       &table, error);
    if (status == WANMI_OK)
        status = add_key(table, "schema", WM_SCHEMA, file, gdal, error);
    for (int i = 0; i < TEXTS && status == WANMI_OK; i++) {
        const char *text;
        memcpy(&text, (const char *)meta + texts[i].at, sizeof text);
        status = add_key(table, texts[i].key, text, file, gdal, error);
    }
    const double values[] = {meta->snap_m, meta->generation, meta->allow_ballpark != 0};
    for (int i = 1; i < NUMBERS && status == WANMI_OK; i++) {
        char text[WM_SLOT];
        wm_number_text(values[i - 1], text);
        status = add_key(table, numbers[i], text, file, gdal, error);
    }
    return status;
}

wanmi_status wm_meta_set(GDALDatasetH data, const char *key, const char *value, const char *file,
                         wm_gdal *gdal, wanmi_error *error)
{
    OGRLayerH table = wm_pkg_table(data, "wanmi_meta");
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while ((row = OGR_L_GetNextFeature(table)) != NULL) {
        if (strcmp(OGR_F_GetFieldAsString(row, OGR_F_GetFieldIndex(row, "key")), key) == 0)
            break;
        OGR_F_Destroy(row);
    }
    if (row == NULL)
        return add_key(table, key, value, file, gdal, error);
    wm_gdal_forget(gdal);
    OGR_F_SetFieldString(row, OGR_F_GetFieldIndex(row, "value"), value);
    bool set = OGR_L_SetFeature(table, row) == OGRERR_NONE;
    OGR_F_Destroy(row);
    OGR_L_ResetReading(table);
    const wm_place place = {.file = file, .layer = "wanmi_meta", .value = value};
    if (!set)
        return wm_error_at(error, WANMI_E_IO_WRITE, &place, "%s cannot be written: %s", key,
                           wm_gdal_words(gdal));
    return WANMI_OK;
}
