/* From features to areas: see areas.h; and the areas of a source as a list. */
#include "areas.h"

#include <string.h>

#include "base/error.h"
#include "shape.h"

wanmi_status wm_layer_options_take(wanmi_io_layer_options *to, const wanmi_io_layer_options *given,
                                   wanmi_error *error)
{
    wanmi_io_layer_options_init(to);
    if (given == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the layer's options are NULL");
    return wm_take_struct(to, sizeof *to, given, "wanmi_io_layer_options", error);
}

/* ---- one by one ------------------------------------------------------------------------- */

static wanmi_status make_area(wm_features *features, const wm_feature *feature, const char *layer,
                              wm_bytes *wkb, wanmi_area_def *area, wanmi_error *problem)
{
    wanmi_area_def_init(area);
    area->layer = layer;
    area->code = feature->text[WM_FEATURE_CODE];
    area->name = feature->text[WM_FEATURE_NAME];
    area->parent = feature->text[WM_FEATURE_PARENT];
    area->grade = feature->text[WM_FEATURE_GRADE];
    area->valid_from_us = feature->valid_from_us;
    area->valid_to_us = feature->valid_to_us;
    area->row = feature->row;
    const char *words = "";
    wanmi_status status = wm_shape_area(feature->shape, feature->buffer_m, features->gdal, wkb, &words);
    const wm_place place = {.row = area->row, .code = area->code};
    if (status == WANMI_E_MEMORY)
        return wm_error_memory(problem);
    if (status != WANMI_OK)
        return wm_error_at(problem, status, &place, "%s", words);
    area->wkb = wkb->data;
    area->wkb_size = wkb->size;
    return WANMI_OK;
}

typedef struct each {
    wm_features *features;
    const char *layer;
    wm_area_fn take;
    void *user;
    wm_bytes wkb;
    bool end, fatal;
} each;

static wanmi_status take_next(each *e, wanmi_error *problem)
{
    wm_feature feature;
    wanmi_area_def area;
    wanmi_status status = wm_features_next(e->features, &feature, &e->fatal, problem);
    e->end = status == WANMI_END;
    if (status == WANMI_OK)
        status = make_area(e->features, &feature, e->layer, &e->wkb, &area, problem);
    if (status == WANMI_OK)
        status = e->take(e->user, &feature, &area, problem);
    wm_feature_drop(&feature);
    return status;
}

wanmi_status wm_areas_each(wm_features *features, const char *layer, wm_report *report,
                           wanmi_io_tally *tally, wm_area_fn take, void *user, wanmi_error *error)
{
    each e = {.features = features, .layer = layer, .take = take, .user = user,
              .wkb = {.host = features->host}};
    report->file = features->path;
    report->table = layer;
    wanmi_status status = WANMI_OK;
    while (status == WANMI_OK) {
        wanmi_error problem;
        wanmi_status row = take_next(&e, &problem);
        if (e.end)
            break;
        if (e.fatal) {
            status = row;
            if (error != NULL)
                *error = problem;
            break;
        }
        tally->read++;
        tally->refused += row != WANMI_OK;
        tally->taken += row == WANMI_OK;
        status = wm_report_row(report, row, &problem, error);
        if (status == WANMI_OK)
            status = wm_report_progress(report, tally->read, features->total, error);
    }
    wm_bytes_drop(&e.wkb);
    return status;
}

/* ---- the list ----------------------------------------------------------------------------- */

struct wanmi_io_areas {
    wanmi_host host;
    wm_arena arena;             /* texts and WKB */
    wanmi_area_def *defs;
    size_t count, room;
};

typedef struct listing {
    wanmi_io_areas *areas;
    wanmi_map_builder *checker;
} listing;

static wanmi_status check_code(const wanmi_area_def *area, wanmi_error *problem)
{
    const wm_place place = {.layer = area->layer, .row = area->row, .code = area->code};
    if (area->code[0] == '\0')
        return wm_error_at(problem, WANMI_E_MAP_CODE, &place, "code is missing");
    if (strlen(area->code) > WANMI_CODE_MAX)
        return wm_error_at(problem, WANMI_E_MAP_CODE, &place, "code is longer than %d bytes",
                           WANMI_CODE_MAX);
    return WANMI_OK;
}

static wanmi_status keep_area(void *user, const wm_feature *feature, const wanmi_area_def *area,
                              wanmi_error *problem)
{
    (void)feature;
    listing *l = user;
    wanmi_io_areas *areas = l->areas;
    wanmi_status status = check_code(area, problem);
    if (status == WANMI_OK)
        status = wanmi_map_builder_check_area(l->checker, area, problem);
    if (status != WANMI_OK)
        return status;
    wanmi_area_def def = *area;
    const char **texts[] = {&def.layer, &def.code, &def.name, &def.parent, &def.grade};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if ((*texts[i] = wm_arena_text(&areas->arena, *texts[i])) == NULL)
            return wm_error_memory(problem);
    uint8_t *wkb = wm_arena_alloc(&areas->arena, area->wkb_size);
    void *defs = areas->defs;
    if (wkb == NULL || !wm_reserve(&areas->host, &defs, &areas->room, areas->count + 1, sizeof def))
        return wm_error_memory(problem);
    areas->defs = defs;
    def.wkb = memcpy(wkb, area->wkb, area->wkb_size);
    areas->defs[areas->count++] = def;
    return WANMI_OK;
}

static wanmi_status make_list(const wanmi_host *host, wanmi_io_areas **areas, wanmi_error *error)
{
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_io_areas *made = wm_alloc_zero(&own, sizeof *made);
    if (made == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    made->host = own;
    wm_arena_init(&made->arena, &made->host);
    *areas = made;
    return WANMI_OK;
}

void wanmi_io_areas_free(wanmi_io_areas *areas)
{
    if (areas == NULL)
        return;
    wanmi_host host = areas->host;
    wm_arena_drop(&areas->arena);
    wm_free(&host, areas->defs, areas->room * sizeof *areas->defs);
    wm_free(&host, areas, sizeof *areas);
    wm_host_drop(&host);
}

size_t wanmi_io_areas_count(const wanmi_io_areas *areas)
{
    return areas != NULL ? areas->count : 0;
}

const wanmi_area_def *wanmi_io_areas_list(const wanmi_io_areas *areas)
{
    return areas != NULL ? areas->defs : NULL;
}

static wanmi_status fill_list(wanmi_io_areas *list, const wanmi_io_layer_options *options,
                              const char *layer, wanmi_crs *crs, const wanmi_zone *zone,
                              wm_report *report, wanmi_io_tally *tally, wanmi_error *error)
{
    listing l = {.areas = list};
    wm_features features;
    wm_gdal gdal;
    wanmi_status status = wanmi_map_builder_create(&list->host, &l.checker, error);
    if (status != WANMI_OK)
        return status;
    wm_gdal_begin(&gdal);
    status = wm_features_open(&features, options, crs, zone, &list->host, &gdal, error);
    if (status == WANMI_OK) {
        status = wm_areas_each(&features, layer, report, tally, keep_area, &l, error);
        wm_features_close(&features);
    }
    wm_gdal_end(&gdal);
    wanmi_map_builder_free(l.checker);
    if (status != WANMI_OK && !wm_is_fatal(status))
        wm_error_add_file(error, options->source);
    return status;
}

wanmi_status wanmi_io_areas_read(const wanmi_io_layer_options *options, const char *layer,
                                 wanmi_crs *crs, const wanmi_zone *zone,
                                 const wanmi_io_report *report, const wanmi_host *host,
                                 wanmi_io_areas **areas, wanmi_io_tally *tally, wanmi_error *error)
{
    if (layer == NULL || crs == NULL || areas == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "layer, crs or areas is NULL");
    wanmi_io_layer_options own;
    wanmi_io_tally count;
    wanmi_io_tally_init(&count);
    wm_report to = {.table = layer};
    wanmi_io_report_init(&to.to);
    wanmi_status status = wm_layer_options_take(&own, options, error);
    if (status == WANMI_OK)
        status = wm_take_struct(&to.to, sizeof to.to, report, "wanmi_io_report", error);
    if (status == WANMI_OK)
        status = wm_tally_check(tally, error);
    wanmi_io_areas *list = NULL;
    if (status == WANMI_OK)
        status = make_list(host, &list, error);
    if (status != WANMI_OK)
        return status;
    to.leave_out = own.skip_invalid != 0;
    status = fill_list(list, &own, layer, crs, zone, &to, &count, error);
    if (status != WANMI_OK) {
        wanmi_io_areas_free(list);
        return status;
    }
    *areas = list;
    wm_tally_give(tally, &count);
    return WANMI_OK;
}
