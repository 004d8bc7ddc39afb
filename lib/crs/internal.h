/* What the files of crs share: a PROJ context, a CRS's parts, the handle. */
#ifndef WM_CRS_INTERNAL_H
#define WM_CRS_INTERNAL_H

#include <proj.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/memory.h"
#include "wanmi/crs.h"

/* A PROJ context that prints nothing, uses no network, and keeps PROJ's first
 * complaint for the error's words. */
typedef struct wm_proj {
    PJ_CONTEXT *context;
    char complaint[256];
} wm_proj;

/* `to` must stay where it is until it is closed.
 * Errors: WANMI_E_CRS_DATABASE when proj.db is not found, WANMI_E_MEMORY. */
wanmi_status wm_proj_open(wm_proj *to, const wanmi_host *host, wanmi_error *error);
void wm_proj_close(wm_proj *proj);
/* PROJ's words for what went wrong since the last wm_proj_forget. */
const char *wm_proj_complaint(const wm_proj *proj);
void wm_proj_forget(wm_proj *proj);

/* A definition, read and checked: projected, in metres, easting and northing. */
typedef enum wm_datum_family {
    WM_FAMILY_OTHER,
    WM_FAMILY_CGCS2000,
    WM_FAMILY_BEIJING_1954,     /* PROJ knows no shift from these two to CGCS2000 */
    WM_FAMILY_XIAN_1980
} wm_datum_family;

typedef struct wm_definition {
    PJ *whole;                  /* as given, with its own shift to WGS 84 if it has one */
    PJ *projected;
    PJ *base;                   /* its geographic CRS */
    wm_datum_family family;
} wm_definition;

wanmi_status wm_definition_read(wm_proj *proj, const wanmi_host *host, const char *text,
                                wm_definition *definition, wanmi_error *error);
void wm_definition_drop(wm_definition *definition);

/* The operation from longitude, latitude in degrees to easting, northing. */
typedef struct wm_operation {
    char *pipeline;             /* from the host's memory, wm_text_free */
    char name[256];
    const char *geographic;     /* "EPSG:4490" or "EPSG:4326" */
    double accuracy;
    bool is_ballpark;
} wm_operation;

wanmi_status wm_operation_choose(wm_proj *proj, const wanmi_host *host,
                                 const wm_definition *d, const char *definition,
                                 const wanmi_crs_options *options, wm_operation *operation,
                                 wanmi_error *error);

/* Checks an operation's text by use: degrees in, metres out, and back again. */
wanmi_status wm_operation_check(wm_proj *proj, const wm_definition *definition,
                                const wanmi_crs_options *options, const char *pipeline,
                                wanmi_error *error);

/* In place: a datum's longitude and latitude to WGS 84, after all checks. */
wanmi_reason wm_remove_datum(wanmi_datum datum, double *lon, double *lat);

/* The CRS a transform was made of. */
const wanmi_crs *wm_transform_crs(const wanmi_transform *transform);

struct wanmi_crs {
    wanmi_host host;
    _Atomic uint32_t references;
    wm_arena texts;
    const char *definition, *name, *operation, *geographic, *wkt, *warning;
    int32_t epsg;
    int32_t is_ballpark;
    double accuracy;
};

#endif
