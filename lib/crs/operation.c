/* The one operation from longitude, latitude to easting, northing. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "internal.h"

static const char CGCS2000[] = "EPSG:4490", WGS84[] = "EPSG:4326";

/* ---- choosing ---------------------------------------------------------------- */

static bool has_area(const wanmi_crs_options *options)
{
    return options->west != 0 || options->south != 0 || options->east != 0 || options->north != 0;
}

/* An operation must hold in the whole area (PROJ's strict containment): one for
 * a part of it, such as an oil field's shift, would be wrong in the rest. */
static PJ_OBJ_LIST *candidates(wm_proj *proj, const PJ *from, const PJ *to,
                               const wanmi_crs_options *options)
{
    PJ_CONTEXT *c = proj->context;
    PJ_OPERATION_FACTORY_CONTEXT *factory = proj_create_operation_factory_context(c, NULL);
    if (factory == NULL)
        return NULL;
    proj_operation_factory_context_set_spatial_criterion(c, factory,
                                                         PROJ_SPATIAL_CRITERION_STRICT_CONTAINMENT);
    proj_operation_factory_context_set_grid_availability_use(
        c, factory, PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID);
    if (has_area(options))
        proj_operation_factory_context_set_area_of_interest(c, factory, options->west,
                                                            options->south, options->east,
                                                            options->north);
    PJ_OBJ_LIST *list = proj_create_operations(c, from, to, factory);
    proj_operation_factory_context_destroy(factory);
    return list;
}

/* Takes an operation: its pipeline, in the order lon, lat to easting, northing. */
static wanmi_status take(wm_proj *proj, const wanmi_host *host, const PJ *raw, wm_operation *o,
                         wanmi_error *error)
{
    PJ *normal = proj_normalize_for_visualization(proj->context, raw);
    const char *text = normal != NULL ? proj_as_proj_string(proj->context, normal, PJ_PROJ_5, NULL)
                                      : NULL;
    if (text == NULL) {
        proj_destroy(normal);
        return WANMI_END;
    }
    o->pipeline = wm_text_copy(host, text);
    const char *name = proj_get_name(normal);
    wm_text_fit(o->name, sizeof o->name, name != NULL ? name : "");
    o->accuracy = proj_coordoperation_get_accuracy(proj->context, normal);
    proj_destroy(normal);
    return o->pipeline != NULL ? WANMI_OK : wm_error_memory(error);
}

/* PROJ's first operation that is (or is not) a ballpark one; WANMI_END: none. */
static wanmi_status first(wm_proj *proj, const wanmi_host *host, const PJ *from, const PJ *to,
                          const wanmi_crs_options *options, bool ballpark, wm_operation *o,
                          wanmi_error *error)
{
    PJ_OBJ_LIST *list = candidates(proj, from, to, options);
    int count = list != NULL ? proj_list_get_count(list) : 0;
    wanmi_status status = WANMI_END;
    for (int i = 0; i < count && status == WANMI_END; i++) {
        PJ *one = proj_list_get(proj->context, list, i);
        if (one != NULL && proj_coordoperation_is_instantiable(proj->context, one) &&
            (proj_coordoperation_has_ballpark_transformation(proj->context, one) != 0) == ballpark)
            status = take(proj, host, one, o, error);
        proj_destroy(one);
    }
    proj_list_destroy(list);
    if (status == WANMI_OK)
        o->is_ballpark = ballpark;
    return status;
}

static wanmi_status from_code(wm_proj *proj, const wanmi_host *host, const char *code,
                              const wm_definition *d, const wanmi_crs_options *options,
                              bool ballpark, wm_operation *o, wanmi_error *error)
{
    PJ *from = proj_create(proj->context, code);
    if (from == NULL)
        return WANMI_END;
    wanmi_status status = first(proj, host, from, d->whole, options, ballpark, o, error);
    proj_destroy(from);
    if (status == WANMI_OK)
        o->geographic = code;
    return status;
}

static wanmi_status refuse_ballpark(const wm_definition *d, const char *definition,
                                    const wanmi_crs_options *options, wanmi_error *error)
{
    const wm_place place = {.value = definition};
    const char *old = d->family == WM_FAMILY_BEIJING_1954
                          ? " (Beijing 1954 lies about 67 m away near Beijing)"
                      : d->family == WM_FAMILY_XIAN_1980
                          ? " (Xi'an 1980 lies up to some tens of metres away)" : "";
    return wm_error_at(error, WANMI_E_CRS_BALLPARK, &place,
                       "CRS: PROJ knows no datum shift to it from EPSG:4490 or EPSG:4326, only a "
                       "ballpark operation without one%s. Either give the operation as a PROJ "
                       "pipeline, or allow a ballpark operation, or define the CRS as WKT based on "
                       "CGCS2000 (EPSG:4490)%s", old,
                       has_area(options) ? "" : ", or name the area of the map, for PROJ may know "
                                                "one that holds there");
}

static wanmi_status choose_ballpark(wm_proj *proj, const wanmi_host *host, const wm_definition *d,
                                    const char *definition, const wanmi_crs_options *options,
                                    wm_operation *o, wanmi_error *error)
{
    const char *code = d->family == WM_FAMILY_OTHER ? WGS84 : CGCS2000;
    wanmi_status status = from_code(proj, host, code, d, options, true, o, error);
    if (status == WANMI_OK && !options->allow_ballpark) {
        wm_text_free(host, o->pipeline);
        o->pipeline = NULL;
        return refuse_ballpark(d, definition, options, error);
    }
    if (status != WANMI_END)
        return status;
    const wm_place place = {.value = definition};
    return wm_error_at(error, WANMI_E_CRS_OPERATION, &place,
                       "CRS: PROJ has no operation to it from EPSG:4490 or EPSG:4326%s",
                       has_area(options) ? " in the area given" : "");
}

wanmi_status wm_operation_choose(wm_proj *proj, const wanmi_host *host, const wm_definition *d,
                                 const char *definition, const wanmi_crs_options *options,
                                 wm_operation *operation, wanmi_error *error)
{
    bool is_cgcs2000 = d->family == WM_FAMILY_CGCS2000;
    const char *codes[2] = {is_cgcs2000 ? CGCS2000 : WGS84, is_cgcs2000 ? WGS84 : CGCS2000};
    wm_operation o = {0};
    wanmi_status status = WANMI_END;
    for (int i = 0; i < 2 && status == WANMI_END; i++) {
        status = from_code(proj, host, codes[i], d, options, false, &o, error);
        /* A CGCS2000 that PROJ does not know by its name is CGCS2000 all the
         * same: then only the projection is left to do. */
        if (status == WANMI_END && i == 0 && is_cgcs2000) {
            status = first(proj, host, d->base, d->projected, options, false, &o, error);
            o.geographic = CGCS2000;
        }
    }
    if (status == WANMI_END)
        status = choose_ballpark(proj, host, d, definition, options, &o, error);
    if (status == WANMI_OK)
        *operation = o;
    return status;
}

/* ---- checking ---------------------------------------------------------------- */

/* Longitude of the conversion's natural origin or projection centre. */
static bool origin(wm_proj *proj, const PJ *projected, double *lon, double *lat)
{
    PJ *conversion = proj_crs_get_coordoperation(proj->context, projected);
    int count = conversion != NULL ? proj_coordoperation_get_param_count(proj->context, conversion)
                                   : 0;
    bool found = false;
    for (int i = 0; i < count; i++) {
        const char *name = NULL;
        double value = 0, factor = 0;
        if (!proj_coordoperation_get_param(proj->context, conversion, i, &name, NULL, NULL, &value,
                                           NULL, &factor, NULL, NULL, NULL, NULL) || name == NULL)
            continue;
        double degrees = value * factor * 180.0 / M_PI;
        if (strncasecmp(name, "Longitude of", 12) == 0)
            found = true, *lon = degrees;
    }
    proj_destroy(conversion);
    *lat = 30.0;
    return found;
}

/* A place where the map may lie: the middle of the area given, or of the CRS's
 * area of use, or one on its meridian. */
static void middle(wm_proj *proj, const wm_definition *d, const wanmi_crs_options *options,
                   double *lon, double *lat)
{
    double west = options->west, south = options->south, east = options->east,
           north = options->north;
    if (has_area(options) || proj_get_area_of_use(proj->context, d->projected, &west, &south, &east,
                                                  &north, NULL)) {
        *lon = (west + (east < west ? east + 360.0 : east)) / 2;
        *lon = *lon > 180.0 ? *lon - 360.0 : *lon;
        *lat = (south + north) / 2;
        if (west > -1000 && south > -1000)      /* PROJ says -1000 for "not known" */
            return;
    }
    if (!origin(proj, d->projected, lon, lat))
        *lon = 105.0, *lat = 35.0;
}

static PJ_COORD go(PJ *operation, PJ_DIRECTION way, double a, double b)
{
    proj_errno_reset(operation);
    return proj_trans(operation, way, proj_coord(a, b, 0, 0));
}

/* Metres of easting and northing a step of 1e-4 degrees makes tell whether the
 * axes are in order, the units metres, and the way back is the way back. */
static const char *try_at(PJ *operation, double lon, double lat)
{
    const double step = 1e-4, per_degree = 111320.0;
    PJ_COORD here = go(operation, PJ_FWD, lon, lat);
    PJ_COORD east = go(operation, PJ_FWD, lon + step, lat);
    PJ_COORD north = go(operation, PJ_FWD, lon, lat + step);
    if (!isfinite(here.xy.x) || !isfinite(here.xy.y) || !isfinite(east.xy.x) ||
        !isfinite(north.xy.x))
        return "gives no finite position in the middle of the area";
    double area = (east.xy.x - here.xy.x) * (north.xy.y - here.xy.y) -
                  (east.xy.y - here.xy.y) * (north.xy.x - here.xy.x);
    double ratio = area / (step * per_degree * step * per_degree * cos(lat * M_PI / 180.0));
    if (ratio < 0)
        return "gives northing before easting, or a mirrored plane";
    if (!(ratio > 0.5 && ratio < 100.0))
        return "does not take degrees to metres";
    PJ_COORD back = go(operation, PJ_INV, here.xy.x, here.xy.y);
    if (!(fabs(back.lp.lam - lon) < 1e-6 && fabs(back.lp.phi - lat) < 1e-6))
        return "has no way back";
    return NULL;
}

wanmi_status wm_operation_check(wm_proj *proj, const wm_definition *d,
                                const wanmi_crs_options *options, const char *pipeline,
                                wanmi_error *error)
{
    const wm_place place = {.value = pipeline};
    wm_proj_forget(proj);
    PJ *operation = proj_create(proj->context, pipeline);
    const char *wrong = NULL, *words = "";
    if (operation == NULL)
        wrong = "cannot be made: ", words = wm_proj_complaint(proj);
    else if (proj_is_crs(operation))
        wrong = "is a CRS";
    else if (proj_angular_input(operation, PJ_FWD))
        wrong = "takes radians; let it begin with +step +proj=unitconvert +xy_in=deg +xy_out=rad";
    if (wrong == NULL) {
        double lon, lat;
        middle(proj, d, options, &lon, &lat);
        wrong = try_at(operation, lon, lat);
    }
    wanmi_status status = WANMI_OK;
    if (wrong != NULL)
        status = wm_error_at(error, WANMI_E_CRS_OPERATION, &place, "CRS: the operation %s%s", wrong,
                             words);
    proj_destroy(operation);
    return status;
}
