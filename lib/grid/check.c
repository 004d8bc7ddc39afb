/* Checking a map: wanmi_check, and how findings are told. */
#include "check.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *wanmi_finding_text(wanmi_finding_kind kind)
{
    static const char *const texts[] = {"gap",    "overlap",  "geometry", "code",   "size",
                                        "parent", "duty",     "rule",     "other",  "unit",
                                        "object", "calendar", "deadline", "escalation"};
    return (unsigned)kind < sizeof texts / sizeof *texts ? texts[kind] : "other";
}

void wanmi_check_options_init(wanmi_check_options *options)
{
    *options = (wanmi_check_options){.struct_size = sizeof *options,
                                     .tolerance_m = 0.001,
                                     .instant_us = WANMI_TIME_NONE};
}

/* ---- small helpers ------------------------------------------------------------------ */

wanmi_status wm_check_geos_failed(const wm_check *check, wanmi_error *error)
{
    return wm_error(error, WANMI_E_LOCATE_GEOS, "GEOS: %s",
                    check->geos.message[0] != '\0' ? check->geos.message : "failed without a word");
}

wanmi_status wm_check_step(wm_check *check, uint64_t steps, wanmi_error *error)
{
    check->done += steps;
    if (check->done > check->total)
        check->total = check->done;
    const wanmi_check_options *o = &check->options;
    if (o->on_progress != NULL && o->on_progress(o->progress_user, check->done, check->total) != 0)
        return wm_error(error, WANMI_E_CANCELLED, "checking was cancelled");
    return WANMI_OK;
}

bool wm_check_is_valid_at(const wm_check *check, const wanmi_area_info *area)
{
    return (area->valid_from_us == WANMI_TIME_NONE || area->valid_from_us <= check->instant_us) &&
           (area->valid_to_us == WANMI_TIME_NONE || check->instant_us < area->valid_to_us);
}

GEOSGeometry *wm_check_area_shape(wm_check *check, uint32_t area)
{
    size_t size = wanmi_map_area_wkb_size(check->map, area);
    uint8_t *wkb = wm_alloc(check->host, size);
    if (wkb == NULL)
        return NULL;
    GEOSGeometry *shape = NULL;
    if (wanmi_map_area_wkb(check->map, area, wkb, size) == WANMI_OK)
        shape = GEOSWKBReader_read_r(check->geos.context, check->geos.reader, wkb, size);
    wm_free(check->host, wkb, size);
    return shape;
}

/* ---- telling ------------------------------------------------------------------------ */

static void find_place(wm_check *check, wanmi_finding *finding, const GEOSGeometry *shape)
{
    finding->x = finding->y = finding->lon = finding->lat = NAN;
    GEOSGeometry *point = shape != NULL ? GEOSPointOnSurface_r(check->geos.context, shape) : NULL;
    if (point == NULL)
        return;
    if (GEOSGeomGetX_r(check->geos.context, point, &finding->x) != 1 ||
        GEOSGeomGetY_r(check->geos.context, point, &finding->y) != 1)
        finding->x = finding->y = NAN;
    GEOSGeom_destroy_r(check->geos.context, point);
    double lon = NAN, lat = NAN;
    uint8_t reason = 0;
    if (isfinite(finding->x) &&
        wanmi_transform_inverse(check->transform, WANMI_DATUM_WGS84, 1, &finding->x, 0, &finding->y, 0,
                                &lon, &lat, &reason, NULL) == WANMI_OK) {
        finding->lon = lon;
        finding->lat = lat;
    }
}

__attribute__((format(printf, 5, 0)))
static wanmi_status tell(wm_check *check, wanmi_finding *finding, const GEOSGeometry *shape,
                         wanmi_error *error, const char *format, va_list arguments)
{
    char words[512], message[700];
    vsnprintf(words, sizeof words, format, arguments);
    const char *layer = finding->layer != NULL ? finding->layer : "";
    const char *code = finding->code != NULL ? finding->code : "";
    char row[32] = "";
    bool table = strncmp(layer, "wanmi_", strlen("wanmi_")) == 0;
    if (table && finding->row > 0)
        snprintf(row, sizeof row, ", row %lld", (long long)finding->row);
    snprintf(message, sizeof message, "%s%s%s%s%s%s%s",
             table ? "table " : layer[0] != '\0' ? "layer " : "", layer, row,
             layer[0] == '\0' || code[0] == '\0' ? "" : table ? ", code " : ", ", code,
             layer[0] != '\0' ? ": " : "", words);
    finding->layer = layer;
    finding->code = code;
    finding->other = finding->other != NULL ? finding->other : "";
    finding->message = message;
    find_place(check, finding, shape);
    unsigned char *wkb = NULL;
    size_t size = 0;
    if (shape != NULL)
        wkb = GEOSWKBWriter_write_r(check->geos.context, check->writer, shape, &size);
    if (shape != NULL && wkb == NULL)
        return wm_check_geos_failed(check, error);
    finding->wkb = wkb;
    finding->wkb_size = size;
    check->found++;
    if (check->on_finding != NULL)
        check->on_finding(check->user, finding);
    if (wkb != NULL)
        GEOSFree_r(check->geos.context, wkb);
    return WANMI_OK;
}

wanmi_status wm_check_tell(wm_check *check, wanmi_finding *finding, const GEOSGeometry *shape,
                           wanmi_error *error, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    wanmi_status status = tell(check, finding, shape, error, format, arguments);
    va_end(arguments);
    return status;
}

wanmi_status wm_check_tell_area(wm_check *check, wanmi_finding_kind kind, int32_t severity,
                                uint32_t area, const char *other, double area_m2, wanmi_error *error,
                                const char *format, ...)
{
    wanmi_area_info info;
    wanmi_layer_info layer;
    wanmi_map_area(check->map, area, &info);
    wanmi_map_layer(check->map, info.layer, &layer);
    GEOSGeometry *shape = wm_check_area_shape(check, area);
    if (shape == NULL)
        return wm_error_memory(error);
    wanmi_finding finding = {.kind = kind, .severity = severity, .layer = layer.name,
                             .code = info.code, .other = other, .row = info.row, .area_m2 = area_m2};
    va_list arguments;
    va_start(arguments, format);
    wanmi_status status = tell(check, &finding, shape, error, format, arguments);
    va_end(arguments);
    GEOSGeom_destroy_r(check->geos.context, shape);
    return status;
}

/* ---- the whole ---------------------------------------------------------------------- */

typedef struct ordered { uint32_t layer; int32_t level; } ordered;

/* Coarse layers first: a hole in one of them is not told again by a finer one. */
static int compare_layers(const void *left, const void *right)
{
    const ordered *a = left, *b = right;
    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    return a->layer < b->layer ? -1 : a->layer > b->layer;
}

static wanmi_status check_all(wm_check *check, wanmi_error *error)
{
    ordered order[WANMI_LAYERS_MAX];
    uint32_t count = wanmi_map_layer_count(check->map);
    for (uint32_t i = 0; i < count; i++) {
        wanmi_layer_info info;
        wanmi_map_layer(check->map, i, &info);
        order[i] = (ordered){i, info.level};
    }
    qsort(order, count, sizeof *order, compare_layers);
    wanmi_status status = wm_check_step(check, 0, error);
    for (uint32_t i = 0; status == WANMI_OK && i < count; i++)
        status = wm_check_layer_shapes(check, order[i].layer, error);
    for (uint32_t i = 0; status == WANMI_OK && i < count; i++)
        status = wm_check_layer_rows(check, order[i].layer, error);
    if (status == WANMI_OK)
        status = wm_check_service(check, error);
    if (status == WANMI_OK)
        status = wm_check_duties(check, error);
    if (status == WANMI_OK)
        status = wm_check_objects(check, error);
    return status;
}

static wanmi_status read_options(wm_check *check, const wanmi_check_options *given, wanmi_error *error)
{
    wanmi_check_options_init(&check->options);
    if (given != NULL) {
        if (given->struct_size < sizeof(size_t) || given->struct_size > sizeof *given)
            return wm_error(error, WANMI_E_ARGUMENT,
                            "wanmi_check_options was not filled by wanmi_check_options_init");
        memcpy(&check->options, given, given->struct_size);
    }
    if (!(check->options.tolerance_m >= 0 && check->options.tolerance_m <= 1000))
        return wm_error(error, WANMI_E_ARGUMENT, "the tolerance must be 0 to 1,000 m");
    check->instant_us = check->options.instant_us != WANMI_TIME_NONE ? check->options.instant_us
                                                                     : wm_now_us(check->host);
    return WANMI_OK;
}

static wanmi_status open_check(wm_check *check, const wanmi_check_options *options, wanmi_error *error)
{
    wanmi_status status = read_options(check, options, error);
    if (status == WANMI_OK)
        status = wm_grid_geos_open(&check->geos, error);
    if (status != WANMI_OK)
        return status;
    check->writer = GEOSWKBWriter_create_r(check->geos.context);
    if (check->writer == NULL)
        return wm_error_memory(error);
    return wanmi_transform_create(wanmi_map_crs(check->map), &check->transform, error);
}

static void close_check(wm_check *check)
{
    for (size_t i = 0; i < check->gap_count; i++)
        GEOSGeom_destroy_r(check->geos.context, check->gaps[i].shape);
    wm_free(check->host, check->gaps, check->gap_room * sizeof *check->gaps);
    wanmi_transform_free(check->transform);
    if (check->writer != NULL)
        GEOSWKBWriter_destroy_r(check->geos.context, check->writer);
    wm_grid_geos_close(&check->geos);
}

wanmi_status wanmi_check(wanmi_map *map, const wanmi_check_options *options,
                         wanmi_finding_fn on_finding, void *user, uint64_t *found,
                         wanmi_error *error)
{
    if (map == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a map must be given");
    wm_check check = {.map = map, .host = wanmi_map_host(map), .on_finding = on_finding,
                      .user = user,
                      .total = 2 * (uint64_t)wanmi_map_area_count(map) + wanmi_map_object_count(map)};
    wanmi_status status = open_check(&check, options, error);
    if (status == WANMI_OK)
        status = check_all(&check, error);
    if (status == WANMI_OK && found != NULL)
        *found = check.found;
    close_check(&check);
    return status;
}
