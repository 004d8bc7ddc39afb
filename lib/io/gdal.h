/* GDAL on a leash: its drivers registered, its words caught instead of printed,
 * its settings changed for this thread and this call only. Internal to io.
 */
#ifndef WM_IO_GDAL_H
#define WM_IO_GDAL_H

#include <stdbool.h>

#include <gdal.h>
#include <ogr_api.h>
#include <ogr_srs_api.h>

#include "wanmi/base.h"

/* One public call's dealings with GDAL: begin, work, end. On the stack. */
typedef struct wm_gdal {
    bool failed;                /* GDAL has reported a failure since wm_gdal_forget */
    char words[512];            /* its first failure, else its last warning */
    char *synchronous;          /* the thread's own setting, put back at the end */
    bool had_synchronous;
} wm_gdal;

void wm_gdal_begin(wm_gdal *gdal);
void wm_gdal_end(wm_gdal *gdal);
void wm_gdal_forget(wm_gdal *gdal);

/* What GDAL said, for the end of a message; never NULL. */
const char *wm_gdal_words(const wm_gdal *gdal);

/* Texts of fields that are no text themselves need room of their own: OGR keeps
 * only the last one. */
enum { WM_SLOT = 64 };

/* The value of a field as text: dates as ISO 8601, whole numbers without
 * fraction or exponent. "" when it is empty or `field` is negative; NULL when it
 * cannot be told exactly (a code of 17 digits that was stored as a float) or is
 * a list. Lives as long as the feature and `slot`. */
const char *wm_field_text(OGRFeatureH feature, int field, char slot[WM_SLOT]);

/* A CRS by EPSG code, PROJ string or WKT; NULL when GDAL cannot read it. (GDAL's
 * own way from any text would also open files and addresses of that name, and
 * the text may come from a stranger's map.) Axes in the order x, y. Release it
 * with OSRRelease. */
OGRSpatialReferenceH wm_srs_read(const char *text);

/* Numbers as text and back, whatever the process's locale says. */
bool wm_text_number(const char *text, double *number);
bool wm_text_integer(const char *text, int32_t *number);
void wm_number_text(double number, char slot[WM_SLOT]);

#endif
