/* Names of datums, one table. */
#include <string.h>

#include "base/error.h"
#include "wanmi/crs.h"

static const char *const names[] = {
    [WANMI_DATUM_WGS84] = "wgs84",
    [WANMI_DATUM_CGCS2000] = "cgcs2000",
    [WANMI_DATUM_GCJ02] = "gcj02",
    [WANMI_DATUM_BD09] = "bd09",
    [WANMI_DATUM_MAP] = "map",
};

wanmi_status wanmi_datum_parse(const char *text, wanmi_datum *datum, wanmi_error *error)
{
    if (text == NULL || datum == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a name and a place for the datum must be given");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *datum = (wanmi_datum)i;
            return WANMI_OK;
        }
    }
    const wm_place place = {.value = text};
    return wm_error_at(error, WANMI_E_CRS_DATUM, &place,
                       "no datum (known are wgs84, cgcs2000, gcj02, bd09, map)");
}

const char *wanmi_datum_name(wanmi_datum datum)
{
    size_t i = (size_t)datum;
    return i < sizeof names / sizeof names[0] ? names[i] : "unknown";
}
