/* Adding a layer to a map file. */
#include <math.h>
#include <string.h>

#include "areas.h"
#include "base/error.h"
#include "map_change.h"
#include "shape.h"

typedef struct adding {
    wm_change *change;
    const wanmi_layer_def *def;
    const wanmi_io_layer_options *options;
    wanmi_map_builder *builder;
    OGRLayerH to;
    bool keeps_source;          /* the table holds the source's shapes and their buffers */
    wm_report report;           /* of the source */
    wanmi_io_tally tally;
    /* What was written: rows of the source, ascending, and of the table. */
    int64_t *rows, *fids;
    size_t count, rows_room, fids_room;
    bool failed;                /* a row could not be taken away again */
} adding;

/* ---- one area -------------------------------------------------------------------------------- */

static bool keep_numbers(adding *a, int64_t row, int64_t fid)
{
    const wanmi_host *host = &a->change->host;
    void *rows = a->rows, *fids = a->fids;
    bool kept = wm_reserve(host, &rows, &a->rows_room, a->count + 1, sizeof *a->rows);
    a->rows = rows;
    kept = kept && wm_reserve(host, &fids, &a->fids_room, a->count + 1, sizeof *a->fids);
    a->fids = fids;
    if (!kept)
        return false;
    a->rows[a->count] = row;
    a->fids[a->count++] = fid;
    return true;
}

static wanmi_status add_area(void *user, const wm_feature *feature, const wanmi_area_def *area,
                             wanmi_error *problem)
{
    adding *a = user;
    wanmi_status status = wanmi_map_builder_area(a->builder, area, problem);
    if (status != WANMI_OK)
        return status;
    OGRGeometryH shape = OGR_G_Clone(feature->shape);
    if (!a->keeps_source)
        shape = OGR_G_ForceToMultiPolygon(shape);
    status = wm_areas_add(a->to, area, shape, feature->buffer_m, a->change->zone, a->change->path,
                          &a->change->gdal, problem);
    if (status != WANMI_OK)
        return status;
    /* Rows of the table are numbered from 1 as they are added. */
    return keep_numbers(a, area->row, (int64_t)a->count + 1) ? WANMI_OK : wm_error_memory(problem);
}

/* ---- problems seen only when all is there ------------------------------------------------------ */

static void refuse_row(void *user, int64_t row, const wanmi_error *problem)
{
    adding *a = user;
    size_t low = 0, high = a->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (a->rows[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == a->count || a->rows[low] != row || a->fids[low] == 0)
        return;
    a->failed = a->failed || OGR_L_DeleteFeature(a->to, a->fids[low]) != OGRERR_NONE;
    a->fids[low] = 0;
    a->tally.taken--;
    a->tally.refused++;
    /* Both report the problem and never stop: the caller looks at the count. */
    wm_report_row(&a->report, problem->status, problem, NULL);
}

/* Without skip_invalid one bad area is enough. */
static wanmi_status check_problems(const adding *a, wanmi_error *error)
{
    if (a->report.problems == 0 || a->options->skip_invalid != 0)
        return WANMI_OK;
    const wanmi_error *first = &a->report.first;
    if (error != NULL) {
        *error = *first;
        if (a->report.problems > 1) {
            wm_error(error, first->status, "%llu features cannot be taken and nothing was changed; "
                     "the first: %.500s", (unsigned long long)a->report.problems, first->message);
            memcpy(error->file, first->file, sizeof error->file);
            memcpy(error->layer, first->layer, sizeof error->layer);
            memcpy(error->code, first->code, sizeof error->code);
            memcpy(error->value, first->value, sizeof error->value);
            error->row = first->row;
        }
    }
    return first->status;
}

/* ---- does it lie where the map lies -------------------------------------------------------------- */

typedef struct box {
    double x[2], y[2];
} box;

static void widen(box *b, const wanmi_area_info *area)
{
    b->x[0] = fmin(b->x[0], area->min_x);
    b->y[0] = fmin(b->y[0], area->min_y);
    b->x[1] = fmax(b->x[1], area->max_x);
    b->y[1] = fmax(b->y[1], area->max_y);
}

static void warn(const adding *a, const wanmi_map *map, const box *ours, const box *theirs)
{
    wanmi_transform *transform = NULL;
    if (wanmi_transform_create(wanmi_map_crs(map), &transform, NULL) != WANMI_OK)
        return;
    double lon[4], lat[4];
    uint8_t reasons[4];
    const double x[4] = {ours->x[0], ours->x[1], theirs->x[0], theirs->x[1]};
    const double y[4] = {ours->y[0], ours->y[1], theirs->y[0], theirs->y[1]};
    if (wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 4, x, 0, y, 0, lon, lat, reasons,
                                NULL) == WANMI_OK)
        wm_log(&a->change->host, WANMI_LOG_WARNING,
               "%s: layer %s lies at %.4f %.4f .. %.4f %.4f degrees, away from all other layers at "
               "%.4f %.4f .. %.4f %.4f: wrong datum or swapped axes?", a->change->path, a->def->name,
               lon[0], lat[0], lon[1], lat[1], lon[2], lat[2], lon[3], lat[3]);
    wanmi_transform_free(transform);
}

static void compare_extents(const adding *a, const wanmi_map *map)
{
    box ours = {{INFINITY, -INFINITY}, {INFINITY, -INFINITY}}, theirs = ours;
    uint32_t layer = wanmi_map_find_layer(map, a->def->name), count = wanmi_map_area_count(map);
    wanmi_area_info area;
    for (uint32_t i = 0; i < count; i++)
        if (wanmi_map_area(map, i, &area) == WANMI_OK)
            widen(area.layer == layer ? &ours : &theirs, &area);
    bool both = ours.x[0] <= ours.x[1] && theirs.x[0] <= theirs.x[1];
    if (both && (ours.x[1] < theirs.x[0] || theirs.x[1] < ours.x[0] || ours.y[1] < theirs.y[0] ||
                 theirs.y[1] < ours.y[0]))
        warn(a, map, &ours, &theirs);
}

/* ---- the whole ------------------------------------------------------------------------------------- */

static wanmi_status check_name(adding *a, wanmi_error *error)
{
    wm_change *c = a->change;
    const char *name = a->def->name;
    const wm_place place = {.file = c->path, .layer = name};
    bool listed = wm_change_has_layer(c, name);
    if (listed && a->options->replace == 0)
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place,
                           "the map has this layer already; it can be replaced");
    if (!listed && wm_pkg_table(c->data, name) != NULL)
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place,
                           "the file has another table of this name");
    if (a->keeps_source && a->def->kind != WANMI_OVERLAY)
        return wm_error_at(error, WANMI_E_ARGUMENT, &place, "only overlay layers hold buffers");
    return WANMI_OK;
}

static wanmi_status make_table(adding *a, wanmi_crs *crs, wanmi_error *error)
{
    wm_change *c = a->change;
    wanmi_status status = WANMI_OK;
    if (wm_change_has_layer(c, a->def->name)) {
        status = wm_change_drop_layer_row(c, a->def->name, error);
        if (status == WANMI_OK && wm_pkg_table(c->data, a->def->name) != NULL)
            status = wm_change_drop_table(c, a->def->name, error);
    }
    OGRSpatialReferenceH srs = NULL;
    if (status == WANMI_OK)
        status = wm_layers_add(c->data, a->def, c->path, &c->gdal, error);
    if (status == WANMI_OK)
        status = wm_pkg_srs(crs, &c->gdal, &srs, error);
    if (status != WANMI_OK)
        return status;
    status = wm_pkg_make(c->data, a->def->name, srs, a->keeps_source ? wkbUnknown : wkbMultiPolygon,
                          wm_layer_columns, WM_LAYER_COLUMNS - !a->keeps_source, c->path, &c->gdal,
                          &a->to, error);
    OSRRelease(srs);
    return status;
}

static wanmi_status read_source(adding *a, wanmi_crs *crs, wanmi_error *error)
{
    wm_change *c = a->change;
    wm_features features;
    wanmi_status status = wm_features_open(&features, a->options, crs, c->zone, &c->host, &c->gdal,
                                           error);
    if (status != WANMI_OK)
        return status;
    status = make_table(a, crs, error);
    if (status == WANMI_OK)
        status = wm_areas_each(&features, a->def->name, &a->report, &a->tally, add_area, a, error);
    /* Problems found from here on are still the source's, whose name goes with it. */
    wanmi_map *map = NULL;
    wm_trial trial = {.on_row = refuse_row, .user = a};
    if (status == WANMI_OK)
        status = wm_change_try(c, a->builder, &trial, &map, error);
    if (status == WANMI_OK && a->failed)
        status = wm_error(error, WANMI_E_IO_WRITE, "%s: a row cannot be taken away: %s", c->path,
                          wm_gdal_words(&c->gdal));
    if (status == WANMI_OK)
        status = check_problems(a, error);
    if (status == WANMI_OK)
        compare_extents(a, map);
    wanmi_map_release(map);
    wm_features_close(&features);
    return status;
}

/* The map's own CRS, from its own words. */
static wanmi_status open_crs(const wm_change *c, wanmi_crs **crs, wanmi_error *error)
{
    wanmi_crs_options options;
    wanmi_crs_options_init(&options);
    options.operation = c->meta.meta.operation;
    options.allow_ballpark = c->meta.meta.allow_ballpark;
    return wanmi_crs_create(c->meta.meta.crs, &options, &c->host, crs, error);
}

static wanmi_status add_layer(adding *a, wanmi_error *error)
{
    wm_change *c = a->change;
    a->keeps_source = a->options->buffer != NULL && a->options->buffer[0] != '\0';
    wanmi_crs *crs = NULL;
    wanmi_status status = check_name(a, error);
    if (status == WANMI_OK)
        status = wm_change_builder(c, a->def->name, &a->builder, error);
    if (status == WANMI_OK)
        status = wanmi_map_builder_layer(a->builder, a->def, error);
    if (status == WANMI_OK)
        status = open_crs(c, &crs, error);
    if (status == WANMI_OK)
        status = read_source(a, crs, error);
    if (status == WANMI_OK && a->options->parent_of != NULL && a->options->parent_of[0] != '\0')
        status = wm_change_adopt(c, a->def->name, a->options->parent_of, error);
    wanmi_crs_release(crs);
    wanmi_map_builder_free(a->builder);
    wm_free(&c->host, a->rows, a->rows_room * sizeof *a->rows);
    wm_free(&c->host, a->fids, a->fids_room * sizeof *a->fids);
    return status;
}

wanmi_status wanmi_io_map_add_layer(const char *path, const wanmi_layer_def *def,
                                    const wanmi_io_layer_options *options,
                                    const wanmi_io_report *report, const wanmi_host *host,
                                    wanmi_io_tally *tally, wanmi_error *error)
{
    wanmi_io_layer_options own;
    wanmi_layer_def layer;
    wanmi_layer_def_init(&layer);
    if (def == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the layer's definition is NULL");
    wanmi_status status = wm_take_struct(&layer, sizeof layer, def, "wanmi_layer_def", error);
    if (status == WANMI_OK)
        status = wm_layer_options_take(&own, options, error);
    if (status == WANMI_OK)
        status = wm_tally_check(tally, error);
    if (status != WANMI_OK)
        return status;
    if (layer.name == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the layer has no name");
    wm_change change;
    status = wm_change_begin(&change, path, report, host, error);
    if (status != WANMI_OK)
        return status;
    adding a = {.change = &change, .def = &layer, .options = &own, .report = change.report};
    wanmi_io_tally_init(&a.tally);
    a.report.leave_out = own.skip_invalid != 0;
    status = wm_change_end(&change, add_layer(&a, error), error);
    if (status == WANMI_OK)
        wm_tally_give(tally, &a.tally);
    return status;
}
