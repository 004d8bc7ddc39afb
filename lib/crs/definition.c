/* A CRS by its definition: is it projected, in metres, and on which datum. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "internal.h"

enum { EPSG_CGCS2000 = 1043, EPSG_BEIJING_1954 = 6214, EPSG_XIAN_1980 = 6610 };

static wanmi_status wrong(wanmi_error *error, wanmi_status status, const char *text,
                          const char *words, const char *detail)
{
    const wm_place place = {.value = text};
    return wm_error_at(error, status, &place, "CRS: %s%s", words, detail);
}

/* PROJ takes "+proj=tmerc ..." for an operation unless it is told that it is a CRS. */
static wanmi_status create(wm_proj *proj, const wanmi_host *host, const char *text, PJ **made,
                           wanmi_error *error)
{
    bool is_proj_string = strstr(text, "proj=") != NULL && strchr(text, '[') == NULL &&
                          strchr(text, '{') == NULL && strstr(text, "proj=pipeline") == NULL;
    if (!is_proj_string || strstr(text, "type=crs") != NULL) {
        *made = proj_create(proj->context, text);
        return WANMI_OK;
    }
    size_t size = strlen(text) + sizeof " +type=crs";
    char *whole = wm_alloc(host, size);
    if (whole == NULL)
        return wm_error_memory(error);
    snprintf(whole, size, "%s +type=crs", text);
    *made = proj_create(proj->context, whole);
    wm_free(host, whole, size);
    return WANMI_OK;
}

static const char *kind_of(PJ_TYPE type)
{
    switch (type) {
    case PJ_TYPE_GEODETIC_CRS:
    case PJ_TYPE_GEOCENTRIC_CRS:
        return "it is geocentric, and a projected CRS in metres is wanted";
    case PJ_TYPE_GEOGRAPHIC_2D_CRS:
    case PJ_TYPE_GEOGRAPHIC_3D_CRS:
        return "it is geographic (degrees), and a projected CRS in metres is wanted";
    case PJ_TYPE_COMPOUND_CRS:
        return "it is compound; give its horizontal part alone";
    case PJ_TYPE_VERTICAL_CRS:
        return "it is vertical, and a projected CRS in metres is wanted";
    default:
        return "it is no projected CRS";
    }
}

/* Bit 0: east, bit 1: north; 0: any other direction. */
static int axis(wm_proj *proj, const PJ *system, int index, double *metres)
{
    const char *direction = NULL;
    if (!proj_cs_get_axis_info(proj->context, system, index, NULL, NULL, &direction, metres, NULL,
                               NULL, NULL) || direction == NULL)
        return 0;
    return strcmp(direction, "east") == 0 ? 1 : strcmp(direction, "north") == 0 ? 2 : 0;
}

static wanmi_status check_axes(wm_proj *proj, const PJ *crs, const char *text, wanmi_error *error)
{
    PJ *system = proj_crs_get_coordinate_system(proj->context, crs);
    int count = system != NULL ? proj_cs_get_axis_count(proj->context, system) : 0;
    double metres[2] = {0, 0};
    int directions = 0;
    for (int i = 0; i < 2 && i < count; i++)
        directions |= axis(proj, system, i, &metres[i]);
    proj_destroy(system);
    if (count != 2)
        return wrong(error, WANMI_E_CRS_UNITS, text, "two axes are wanted", "");
    if (metres[0] != 1.0 || metres[1] != 1.0) {
        char unit[64];
        snprintf(unit, sizeof unit, " (its unit is %.10g m)", metres[0]);
        return wrong(error, WANMI_E_CRS_UNITS, text, "its axes are not in metres", unit);
    }
    if (directions != 3)
        return wrong(error, WANMI_E_CRS_UNITS, text, "its axes are not east and north", "");
    return WANMI_OK;
}

static bool has(const char *text, const char *part)
{
    return text != NULL && strcasestr(text, part) != NULL;
}

static bool is_cgcs2000_name(const char *name)
{
    static const char *const known[] = {"CGCS2000", "CGCS_2000", "CGCS 2000", "China 2000",
        "China_2000", "China Geodetic Coordinate System 2000", "China_Geodetic_Coordinate_System_2000"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (has(name, known[i]))
            return true;
    return false;
}

static bool is_epsg(const PJ *object, int code)
{
    const char *authority = proj_get_id_auth_name(object, 0), *text = proj_get_id_code(object, 0);
    char wanted[16];
    snprintf(wanted, sizeof wanted, "%d", code);
    return authority != NULL && text != NULL && strcasecmp(authority, "EPSG") == 0 &&
           strcmp(text, wanted) == 0;
}

/* A name is believed only with the ellipsoid that belongs to it. */
static bool has_ellipsoid(wm_proj *proj, const PJ *base, double major, double inverse_flattening)
{
    double a = 0, f = 0;
    PJ *ellipsoid = proj_get_ellipsoid(proj->context, base);
    bool known = ellipsoid != NULL && proj_ellipsoid_get_parameters(proj->context, ellipsoid, &a,
                                                                    NULL, NULL, &f);
    proj_destroy(ellipsoid);
    return known && fabs(a - major) < 1e-3 && fabs(f - inverse_flattening) < 1e-6;
}

static wm_datum_family family_of(wm_proj *proj, const PJ *base)
{
    PJ *datum = proj_crs_get_datum(proj->context, base);
    if (datum == NULL)
        datum = proj_crs_get_datum_ensemble(proj->context, base);
    const char *name = datum != NULL ? proj_get_name(datum) : NULL, *crs_name = proj_get_name(base);
    wm_datum_family family = WM_FAMILY_OTHER;
    if (datum != NULL && is_epsg(datum, EPSG_CGCS2000))
        family = WM_FAMILY_CGCS2000;
    else if ((is_cgcs2000_name(name) || is_cgcs2000_name(crs_name)) &&
             has_ellipsoid(proj, base, 6378137.0, 298.257222101))
        family = WM_FAMILY_CGCS2000;
    else if ((datum != NULL && is_epsg(datum, EPSG_BEIJING_1954)) || has(name, "Beijing"))
        family = WM_FAMILY_BEIJING_1954;
    else if ((datum != NULL && is_epsg(datum, EPSG_XIAN_1980)) || has(name, "Xian") ||
             has(name, "Xi'an"))
        family = WM_FAMILY_XIAN_1980;
    proj_destroy(datum);
    return family;
}

static bool is_projected(const PJ *crs)
{
    return crs != NULL && proj_get_type(crs) == PJ_TYPE_PROJECTED_CRS;
}

/* PROJ takes any other text for part of a name and gives the one CRS that has
 * it: "4548" would be a map of Antarctica, "SCAR IMW ST45-48". */
static bool is_guess(const PJ *crs, const char *text)
{
    const char *name = proj_get_name(crs);
    return strpbrk(text, ":=[{") == NULL && (name == NULL || strcasecmp(name, text) != 0);
}

static wanmi_status fill(wm_proj *proj, const char *text, wm_definition *d, wanmi_error *error)
{
    if (is_guess(d->whole, text))
        return wrong(error, WANMI_E_CRS_DEFINITION, text,
                     "it is no code such as EPSG:4548, no PROJ string, no WKT and no CRS's whole name", "");
    if (!proj_is_crs(d->whole))
        return wrong(error, WANMI_E_CRS_DEFINITION, text, "PROJ reads it as something else", "");
    d->projected = proj_get_type(d->whole) == PJ_TYPE_BOUND_CRS
                       ? proj_get_source_crs(proj->context, d->whole)
                       : proj_clone(proj->context, d->whole);
    if (!is_projected(d->projected))
        return wrong(error, WANMI_E_CRS_UNITS, text,
                     kind_of(d->projected != NULL ? proj_get_type(d->projected) : PJ_TYPE_UNKNOWN), "");
    d->base = proj_crs_get_geodetic_crs(proj->context, d->projected);
    if (d->base == NULL)
        return wrong(error, WANMI_E_CRS_DEFINITION, text, "it has no geographic CRS below it", "");
    d->family = family_of(proj, d->base);
    return check_axes(proj, d->projected, text, error);
}

wanmi_status wm_definition_read(wm_proj *proj, const wanmi_host *host, const char *text,
                                wm_definition *definition, wanmi_error *error)
{
    wm_definition d = {0};
    wanmi_status status = create(proj, host, text, &d.whole, error);
    if (status != WANMI_OK)
        return status;
    if (d.whole == NULL)
        return wrong(error, WANMI_E_CRS_DEFINITION, text, "PROJ cannot read it: ",
                     wm_proj_complaint(proj));
    status = fill(proj, text, &d, error);
    if (status != WANMI_OK) {
        wm_definition_drop(&d);
        return status;
    }
    *definition = d;
    return WANMI_OK;
}

void wm_definition_drop(wm_definition *definition)
{
    proj_destroy(definition->base);
    proj_destroy(definition->projected);
    proj_destroy(definition->whole);
    *definition = (wm_definition){0};
}
