/* Values that are not of their column. SQLite keeps what it is given, so another
 * program may have put a text, or a fraction, where a whole number is meant; GDAL reads
 * 0, or cuts the fraction off, and says nothing: `priority` = 'low' would be the most
 * urgent there is. Internal to io.
 */
#ifndef WM_IO_MISFITS_H
#define WM_IO_MISFITS_H

#include "base/memory.h"
#include "gdal.h"

/* The first of them in a row. */
typedef struct wm_misfit {
    int64_t row;
    char column[64];
    char value[64];
} wm_misfit;

typedef struct wm_misfits {
    const wanmi_host *host;
    wm_misfit *list;            /* in the order of rows */
    size_t count, room;
} wm_misfits;

/* Looks through those of the columns that hold numbers; what other columns a table has is
 * nobody's business here. Errors: WANMI_E_MEMORY. */
wanmi_status wm_misfits_find(GDALDatasetH data, OGRLayerH table, const char *const *columns, size_t count,
                             wm_gdal *gdal, wm_misfits *misfits, wanmi_error *error);
void wm_misfits_drop(wm_misfits *misfits);

/* That of a row, or NULL. */
const wm_misfit *wm_misfits_of(const wm_misfits *misfits, int64_t row);

#endif
