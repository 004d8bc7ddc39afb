/* The features of an OGR file: see features.h. Opening is in features_open.c. */
#include "features.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "shape.h"

enum { BUFFER_MAX = 100000 };   /* metres */

static const char *const words[WM_FEATURE_TEXTS] = {"code", "name", "parent", "valid_from",
                                                    "valid_to", "grade"};

/* Which feature of the file this is, and the code that was computed for it. */
static size_t find_row(wm_features *f, int64_t fid)
{
    for (size_t tried = 0; tried < f->known; tried++, f->next++) {
        if (f->next >= f->known)
            f->next = 0;
        if (f->fids[f->next] == fid)
            return f->next++;
    }
    return SIZE_MAX;
}

static wanmi_status take_texts(wm_features *f, wm_feature *to, wanmi_error *error)
{
    for (int i = 0; i < WM_FEATURE_TEXTS; i++)
        to->text[i] = wm_field_text(to->feature, f->fields[i], to->slots[i]);
    to->row = ++f->row;
    if (f->fids != NULL) {
        size_t at = find_row(f, OGR_F_GetFID(to->feature));
        to->row = at != SIZE_MAX ? (int64_t)at + 1 : 0;
        if (f->codes != NULL)
            to->text[WM_FEATURE_CODE] = at != SIZE_MAX ? f->codes[at] : "";
    }
    if (f->code_is_fid) {
        wm_number_text((double)OGR_F_GetFID(to->feature), to->slots[WM_FEATURE_CODE]);
        to->text[WM_FEATURE_CODE] = to->slots[WM_FEATURE_CODE];
    }
    const wm_place place = {.row = to->row, .code = to->text[WM_FEATURE_CODE]};
    for (int i = 0; i < WM_FEATURE_TEXTS; i++)
        if (to->text[i] == NULL)
            return wm_error_at(error, WANMI_E_IO_ROW, &place,
                               "%s: the field's value is a list, or a number too long to be exact",
                               words[i]);
    return WANMI_OK;
}

static wanmi_status take_instant(wm_features *f, const wm_feature *from, int text, int64_t *instant,
                                 wanmi_error *error)
{
    const char *value = from->text[text];
    *instant = WANMI_TIME_NONE;
    if (value[0] == '\0' || wanmi_time_parse(f->zone, value, instant, NULL) == WANMI_OK)
        return WANMI_OK;
    const wm_place place = {.row = from->row, .code = from->text[WM_FEATURE_CODE], .value = value};
    return wm_error_at(error, WANMI_E_IO_ROW, &place, "%s is no date or time of ISO 8601", words[text]);
}

static wanmi_status take_buffer(wm_features *f, wm_feature *to, wanmi_error *error)
{
    char slot[WM_SLOT];
    to->buffer_m = f->buffer_m;
    if (f->buffer_field < 0)
        return WANMI_OK;
    const char *value = wm_field_text(to->feature, f->buffer_field, slot);
    if (value != NULL && value[0] == '\0')
        return WANMI_OK;
    double metres;
    const wm_place place = {.row = to->row, .code = to->text[WM_FEATURE_CODE], .value = value};
    if (value == NULL || !wm_text_number(value, &metres) || !(metres >= 0 && metres <= BUFFER_MAX))
        return wm_error_at(error, WANMI_E_IO_ROW, &place, "the buffer is not from 0 to %d metres",
                           BUFFER_MAX);
    to->buffer_m = metres;
    return WANMI_OK;
}

static wanmi_status refused_vertex(const wm_features *f, const wm_feature *from, wanmi_error *error)
{
    const wm_to_map *to = &f->to_map;
    const wm_place place = {.row = from->row, .code = from->text[WM_FEATURE_CODE]};
    bool swapped = to->reason == WANMI_REASON_LATITUDE && fabs(to->bad_y) <= 180 &&
                   fabs(to->bad_x) <= 90;
    return wm_error_at(error, WANMI_E_MAP_GEOMETRY, &place, "vertex %zu at %.9g %.9g: %s%s",
                       to->bad_vertex, to->bad_x, to->bad_y, wanmi_reason_text(to->reason),
                       swapped ? "; are longitude and latitude swapped?" : "");
}

static wanmi_status take_shape(wm_features *f, wm_feature *to, wanmi_error *error)
{
    OGRGeometryH shape = OGR_F_GetGeometryRef(to->feature);
    to->shape = wm_shape_plain(shape);
    if (to->shape == NULL)
        return WANMI_OK;
    bool stopped = false;
    wanmi_status status = wm_shape_change(to->shape, f->host, wm_to_map_change, &f->to_map, &stopped);
    if (status != WANMI_OK)
        return wm_error_memory(error);
    return stopped ? refused_vertex(f, to, error) : WANMI_OK;
}

wanmi_status wm_features_next(wm_features *f, wm_feature *feature, bool *fatal, wanmi_error *error)
{
    *fatal = false;
    *feature = (wm_feature){.row = 0};
    wm_gdal_forget(f->gdal);
    feature->feature = OGR_L_GetNextFeature(f->layer);
    if (feature->feature == NULL) {
        const wm_place place = {.file = f->path};
        *fatal = f->gdal->failed;
        if (!f->gdal->failed)
            return WANMI_END;
        return wm_error_at(error, WANMI_E_IO_FORMAT, &place, "cannot be read further: %s",
                           wm_gdal_words(f->gdal));
    }
    wanmi_status status = take_texts(f, feature, error);
    if (status == WANMI_OK)
        status = take_instant(f, feature, WM_FEATURE_FROM, &feature->valid_from_us, error);
    if (status == WANMI_OK)
        status = take_instant(f, feature, WM_FEATURE_TO, &feature->valid_to_us, error);
    if (status == WANMI_OK)
        status = take_buffer(f, feature, error);
    if (status == WANMI_OK)
        status = take_shape(f, feature, error);
    *fatal = status == WANMI_E_MEMORY;
    return status;
}

void wm_feature_drop(wm_feature *feature)
{
    OGR_G_DestroyGeometry(feature->shape);
    if (feature->feature != NULL)
        OGR_F_Destroy(feature->feature);
    feature->shape = NULL;
    feature->feature = NULL;
}
