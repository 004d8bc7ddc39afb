/* The rows of a layer's table to a builder: see map_read.h. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "map_read.h"

enum { BUFFER_MAX = 100000 };   /* metres */

enum { CODE, NAME, PARENT, VALID_FROM, VALID_TO, GRADE, BUFFER };

typedef struct area_columns {
    const wanmi_layer_def *layer;
    int index[BUFFER + 1];
} area_columns;

static wanmi_status find_area_columns(const wm_reading *r, OGRLayerH table, area_columns *columns,
                                      wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < BUFFER && status == WANMI_OK; i++)
        status = wm_read_column(r, table, wm_layer_columns[i], &columns->index[i], error);
    columns->index[BUFFER] = OGR_FD_GetFieldIndex(OGR_L_GetLayerDefn(table), "buffer_m");
    return status;
}

static wanmi_status read_instant(const wm_reading *r, const char *text, int64_t *instant,
                                 const char *column, const wm_place *at, wanmi_error *problem)
{
    wm_place place = *at;
    place.value = text;
    if (text == NULL || (text[0] != '\0' &&
                         wanmi_time_parse(r->zone, text, instant, NULL) != WANMI_OK))
        return wm_error_at(problem, WANMI_E_IO_ROW, &place, "%s is no date or time of ISO 8601",
                           column);
    return WANMI_OK;
}

static wanmi_status read_buffer(const area_columns *columns, OGRFeatureH row, double *buffer_m,
                                const wm_place *place, wanmi_error *problem)
{
    *buffer_m = 0;
    int index = columns->index[BUFFER];
    if (index < 0 || !OGR_F_IsFieldSetAndNotNull(row, index))
        return WANMI_OK;
    double value = OGR_F_GetFieldAsDouble(row, index);
    if (!(value >= 0 && value <= BUFFER_MAX))
        return wm_error_at(problem, WANMI_E_IO_ROW, place, "buffer_m is not from 0 to %d metres: %g",
                           BUFFER_MAX, value);
    if (value > 0 && columns->layer->kind != WANMI_OVERLAY)
        return wm_error_at(problem, WANMI_E_MAP_GEOMETRY, place,
                           "only overlay layers hold buffers: buffer_m %g", value);
    *buffer_m = value;
    return WANMI_OK;
}

static wanmi_status read_shape(wm_reading *r, OGRFeatureH row, double buffer_m, const wm_place *place,
                               wanmi_area_def *def, wanmi_error *problem)
{
    OGRGeometryH shape = OGR_F_GetGeometryRef(row), plain = NULL;
    if (shape != NULL && (buffer_m > 0 || OGR_G_HasCurveGeometry(shape, FALSE)))
        shape = plain = wm_shape_plain(shape);
    const char *words = "";
    wanmi_status status = wm_shape_area(shape, buffer_m, r->load->gdal, &r->wkb, &words);
    OGR_G_DestroyGeometry(plain);
    if (status == WANMI_E_MEMORY)
        return wm_error_memory(problem);
    if (status != WANMI_OK)
        return wm_error_at(problem, status, place, "%s", words);
    def->wkb = r->wkb.data;
    def->wkb_size = r->wkb.size;
    return WANMI_OK;
}

static wanmi_status take_area(wm_reading *r, const area_columns *columns, OGRFeatureH row,
                              wanmi_error *problem)
{
    char slots[BUFFER][WM_SLOT];
    const char *text[BUFFER];
    wm_place place = {.layer = columns->layer->name, .row = wm_read_number(r, row)};
    for (int i = 0; i < BUFFER; i++)
        if ((text[i] = wm_field_text(row, columns->index[i], slots[i])) == NULL)
            return wm_error_at(problem, WANMI_E_IO_ROW, &place, "%s is a value that is no exact text",
                               wm_layer_columns[i]);
    place.code = text[CODE];
    wanmi_status status = wm_read_check(r, &r->misfits, row, columns->layer->name, problem);
    if (status != WANMI_OK)
        return status;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = columns->layer->name;
    def.code = text[CODE];
    def.name = text[NAME];
    def.parent = text[PARENT];
    def.grade = text[GRADE];
    def.row = place.row;
    double buffer_m = 0;
    status = read_instant(r, text[VALID_FROM], &def.valid_from_us, "valid_from", &place,
                          problem);
    if (status == WANMI_OK)
        status = read_instant(r, text[VALID_TO], &def.valid_to_us, "valid_to", &place, problem);
    if (status == WANMI_OK)
        status = read_buffer(columns, row, &buffer_m, &place, problem);
    if (status == WANMI_OK)
        status = read_shape(r, row, buffer_m, &place, &def, problem);
    return status == WANMI_OK ? wanmi_map_builder_area(r->builder, &def, problem) : status;
}

/* A table in another CRS would give numbers that mean something else. */
static wanmi_status check_srs(const wm_reading *r, OGRLayerH table, wanmi_error *error)
{
    OGRSpatialReferenceH srs = OGR_L_GetSpatialRef(table);
    if (srs == NULL || r->srs == NULL || OSRIsLocal(srs))
        return WANMI_OK;
    const char *theirs = OSRGetAuthorityCode(srs, NULL), *ours = OSRGetAuthorityCode(r->srs, NULL);
    bool differs = OSRIsGeographic(srs) ||
                   (theirs != NULL && ours != NULL && strcmp(theirs, ours) != 0);
    if (!differs)
        return WANMI_OK;
    const char *name = OSRGetName(srs);
    const wm_place place = {.file = r->load->name, .layer = OGR_L_GetName(table),
                            .value = name != NULL ? name : ""};
    return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "the table is not in the map's CRS %s, but in",
                       OSRGetName(r->srs));
}

wanmi_status wm_read_areas(wm_reading *r, const wanmi_layer_def *layer, OGRLayerH table,
                               wanmi_error *error)
{
    area_columns columns = {.layer = layer};
    wanmi_error problem;
    wanmi_status status = check_srs(r, table, &problem);
    if (status != WANMI_OK)
        return wm_report_row(r->load->report, status, &problem, error);
    status = find_area_columns(r, table, &columns, error);
    static const char *const numbers[] = {"buffer_m"};
    if (status == WANMI_OK)
        status = wm_read_misfits(r, table, numbers, 1, &r->misfits, error);
    if (status != WANMI_OK || columns.index[CODE] < 0)
        return status;
    OGRFeatureH row;
    OGR_L_ResetReading(table);
    while (status == WANMI_OK && (row = wm_read_next(r, table)) != NULL) {
        status = wm_report_row(r->load->report, take_area(r, &columns, row, &problem), &problem, error);
        OGR_F_Destroy(row);
        if (status == WANMI_OK)
            status = wm_read_step(r, error);
    }
    return status == WANMI_OK ? wm_read_damage(r, layer->name, error) : status;
}
