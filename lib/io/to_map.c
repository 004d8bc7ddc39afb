/* From the coordinates of a source to the map's x, y: see to_map.h. */
#include "to_map.h"

#include <math.h>
#include <string.h>

#include <cpl_conv.h>

#include "base/error.h"

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* ---- what the source's CRS is --------------------------------------------------------- */

static const char *const wgs84_names[] = {"WGS_1984", "D_WGS_1984", NULL};
static const char *const cgcs2000_names[] = {"China_2000", "D_China_2000",
                                             "China_Geodetic_Coordinate_System_2000", NULL};

/* Degrees or metres on one of these datums. */
static bool is_on(OGRSpatialReferenceH srs, const char *const *datums)
{
    const char *datum = OSRGetAttrValue(srs, "DATUM", 0);
    for (; datum != NULL && *datums != NULL; datums++)
        if (strcmp(datum, *datums) == 0)
            return true;
    return false;
}

/* Longitude and latitude in degrees on one of these datums. */
static bool is_geographic_on(OGRSpatialReferenceH srs, const char *const *datums)
{
    return is_on(srs, datums) && OSRIsGeographic(srs) && OSRGetPrimeMeridian(srs, NULL) == 0 &&
           fabs(OSRGetAngularUnits(srs, NULL) - 0.017453292519943295) <= 1e-15;
}

static bool is_wgs84(OGRSpatialReferenceH srs)
{
    return is_geographic_on(srs, wgs84_names);
}

static bool is_cgcs2000(OGRSpatialReferenceH srs)
{
    return is_geographic_on(srs, cgcs2000_names);
}

/* WGS 84 and CGCS2000 are taken for equal, which PROJ calls a ballpark operation:
 * so a source on one of them goes to degrees of its own datum. */
static const char *degrees_for(const wm_source_crs *source, wanmi_crs *crs)
{
    if (is_on(source->srs, wgs84_names))
        return "EPSG:4326";
    return is_on(source->srs, cgcs2000_names) ? "EPSG:4490" : wanmi_crs_geographic(crs);
}

static bool is_map_crs(OGRSpatialReferenceH srs, wanmi_crs *crs)
{
    static const char *const options[] = {"IGNORE_DATA_AXIS_TO_SRS_AXIS_MAPPING=YES",
                                          "CRITERION=EQUIVALENT", NULL};
    OGRSpatialReferenceH map = wm_srs_read(wanmi_crs_wkt(crs));
    bool same = map != NULL && OSRIsSameEx(srs, map, options);
    if (map != NULL)
        OSRRelease(map);
    return same;
}

/* ---- another CRS, by PROJ -------------------------------------------------------------- */

static void be_silent(void *user, int level, const char *words)
{
    (void)user, (void)level, (void)words;
}

/* The operation PROJ would take for the middle of the source: without a ballpark
 * one among them, and only with grids that are there. */
static PJ *best_operation(wm_to_map *to, const PJ *from, const PJ *degrees, const wm_source_crs *source,
                          bool ballpark, int *found)
{
    PJ_CONTEXT *c = to->context;
    PJ_OPERATION_FACTORY_CONTEXT *factory = proj_create_operation_factory_context(c, NULL);
    proj_operation_factory_context_set_spatial_criterion(
        c, factory, PROJ_SPATIAL_CRITERION_PARTIAL_INTERSECTION);
    proj_operation_factory_context_set_grid_availability_use(
        c, factory, PROJ_GRID_AVAILABILITY_DISCARD_OPERATION_IF_MISSING_GRID);
    proj_operation_factory_context_set_allow_ballpark_transformations(c, factory, ballpark);
    PJ_OBJ_LIST *list = proj_create_operations(c, from, degrees, factory);
    proj_operation_factory_context_destroy(factory);
    *found = list != NULL ? proj_list_get_count(list) : 0;
    PJ *chosen = NULL;
    if (*found > 0) {
        int best = proj_get_suggested_operation(c, list, PJ_FWD, proj_coord(source->x, source->y, 0, 0));
        PJ *plain = proj_list_get(c, list, best >= 0 ? best : 0);
        chosen = plain != NULL ? proj_normalize_for_visualization(c, plain) : NULL;
        proj_destroy(plain);
    }
    proj_list_destroy(list);
    return chosen;
}

static wanmi_status choose_operation(wm_to_map *to, const PJ *from, wanmi_crs *crs,
                                     const wm_source_crs *source, wanmi_error *error)
{
    const wm_place place = {.file = source->file, .value = proj_get_name(from)};
    const char *name = degrees_for(source, crs);
    PJ *degrees = proj_create(to->context, name);
    if (degrees == NULL)
        return wm_error_at(error, WANMI_E_CRS_DATABASE, &place, "PROJ does not know %s", name);
    int found = 0;
    to->first = best_operation(to, from, degrees, source, false, &found);
    if (to->first == NULL && found == 0)
        proj_destroy(best_operation(to, from, degrees, source, true, &found));
    proj_destroy(degrees);
    if (to->first != NULL)
        return WANMI_OK;
    if (found > 0)
        return wm_error_at(error, WANMI_E_CRS_BALLPARK, &place,
                           "PROJ has only a ballpark operation, without a datum shift, from the "
                           "source's CRS to %s; reproject the file with the right one first", name);
    return wm_error_at(error, WANMI_E_CRS_OPERATION, &place,
                       "PROJ has no operation from the source's CRS to %s", name);
}

static wanmi_status open_other(wm_to_map *to, const wm_source_crs *source, wanmi_crs *crs,
                               wanmi_error *error)
{
    const wm_place place = {.file = source->file};
    static const char *const options[] = {"FORMAT=WKT2_2019", NULL};
    char *wkt = NULL;
    OSRExportToWktEx(source->srs, &wkt, options);
    to->context = proj_context_create();
    PJ *from = NULL;
    if (to->context != NULL && wkt != NULL) {
        proj_log_func(to->context, NULL, be_silent);
        if (to->host->proj_data != NULL)
            proj_context_set_search_paths(to->context, 1, &to->host->proj_data);
        from = proj_create(to->context, wkt);
    }
    CPLFree(wkt);
    if (from == NULL)
        return wm_error_at(error, WANMI_E_CRS_DEFINITION, &place, "PROJ cannot read the source's CRS");
    wanmi_status status = choose_operation(to, from, crs, source, error);
    proj_destroy(from);
    return status;
}

/* ---- the choice ------------------------------------------------------------------------- */

static wanmi_status contradiction(const wm_source_crs *source, wanmi_error *error)
{
    const char *name = OSRGetName(source->srs);
    const wm_place place = {.file = source->file, .value = source->datum};
    return wm_error_at(error, WANMI_E_CRS_DATUM, &place,
                       "the file says its CRS is %s, which contradicts the datum that was named",
                       name != NULL ? name : "another");
}

/* The datum that was named, against what the file says. `as_is`: x, y of the map. */
static wanmi_status named_datum(wm_to_map *to, const wm_source_crs *source, wanmi_crs *crs, bool *as_is,
                                wanmi_error *error)
{
    wanmi_status status = wanmi_datum_parse(source->datum, &to->datum, error);
    if (status != WANMI_OK)
        return status;
    *as_is = to->datum == WANMI_DATUM_MAP;
    if (source->srs == NULL || source->implied)
        return WANMI_OK;
    bool agrees = *as_is ? is_map_crs(source->srs, crs)
                         : (to->datum == WANMI_DATUM_WGS84 || to->datum == WANMI_DATUM_CGCS2000) &&
                               (is_wgs84(source->srs) || is_cgcs2000(source->srs));
    return agrees ? WANMI_OK : contradiction(source, error);
}

static wanmi_status choose(wm_to_map *to, const wm_source_crs *source, wanmi_crs *crs, bool *as_is,
                           wanmi_error *error)
{
    const wm_place place = {.file = source->file};
    *as_is = false;
    if (given(source->datum))
        return named_datum(to, source, crs, as_is, error);
    if (source->srs == NULL)
        return wm_error_at(error, WANMI_E_CRS_DATUM, &place,
                           "the file does not say what its coordinates mean; name the datum: "
                           "wgs84, cgcs2000, gcj02, bd09 or map");
    if (is_map_crs(source->srs, crs))
        *as_is = true;
    else if (is_cgcs2000(source->srs))
        to->datum = WANMI_DATUM_CGCS2000;
    else if (!is_wgs84(source->srs))
        return open_other(to, source, crs, error);
    return WANMI_OK;
}

wanmi_status wm_to_map_open(wm_to_map *to, const wm_source_crs *source, wanmi_crs *crs,
                            const wanmi_host *host, wm_gdal *gdal, wanmi_error *error)
{
    *to = (wm_to_map){.host = host, .datum = WANMI_DATUM_WGS84};
    bool as_is;
    wm_gdal_forget(gdal);
    wanmi_status status = choose(to, source, crs, &as_is, error);
    if (status == WANMI_OK && !as_is)
        status = wanmi_transform_create(crs, &to->transform, error);
    if (status != WANMI_OK)
        wm_to_map_close(to);
    return status;
}

void wm_to_map_close(wm_to_map *to)
{
    wanmi_transform_free(to->transform);
    proj_destroy(to->first);
    proj_context_destroy(to->context);
    *to = (wm_to_map){0};
}

/* ---- vertices --------------------------------------------------------------------------- */

static bool stop(wm_to_map *to, wanmi_reason reason, size_t vertex, double x, double y)
{
    to->reason = reason;
    to->bad_vertex = vertex + 1;
    to->bad_x = x;
    to->bad_y = y;
    return false;
}

/* One by one: PROJ gives every vertex the same answer whatever stands beside it. */
static bool to_degrees(wm_to_map *to, size_t count, double *x, double *y)
{
    for (size_t i = 0; i < count; i++) {
        PJ_COORD degrees = proj_trans(to->first, PJ_FWD, proj_coord(x[i], y[i], 0, HUGE_VAL));
        if (!isfinite(degrees.xy.x) || !isfinite(degrees.xy.y))
            return stop(to, WANMI_REASON_PROJECTION, i, x[i], y[i]);
        x[i] = degrees.xy.x;
        y[i] = degrees.xy.y;
    }
    return true;
}

bool wm_to_map_change(void *user, size_t count, double *x, double *y)
{
    wm_to_map *to = user;
    to->reason = WANMI_REASON_NONE;
    if (to->transform == NULL)
        return true;
    if (to->first != NULL && !to_degrees(to, count, x, y))
        return false;
    /* The transform writes NaN where it refuses; the numbers are needed to name it. */
    enum { BLOCK = 256 };
    uint8_t reasons[BLOCK];
    for (size_t at = 0; at < count; at += BLOCK) {
        size_t n = count - at < BLOCK ? count - at : BLOCK;
        double lon[BLOCK], lat[BLOCK];
        memcpy(lon, x + at, n * sizeof *lon);
        memcpy(lat, y + at, n * sizeof *lat);
        if (wanmi_transform_forward(to->transform, to->datum, n, lon, 0, lat, 0, x + at, y + at,
                                    reasons, NULL) != WANMI_OK)
            return stop(to, WANMI_REASON_DATUM, at, lon[0], lat[0]);
        for (size_t i = 0; i < n; i++)
            if (reasons[i] != WANMI_REASON_NONE)
                return stop(to, (wanmi_reason)reasons[i], at + i, lon[i], lat[i]);
    }
    return true;
}
