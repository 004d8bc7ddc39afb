/* Which versions run. */
#include <geos_c.h>
#include <proj.h>
#include <stdio.h>

#include "wanmi/base.h"
#include "wanmi_config.h"

const char *wanmi_version(void)
{
    return WM_VERSION;
}

void wanmi_version_text(char *text, size_t size)
{
    if (size != 0)
        snprintf(text, size, "wanmi %s, PROJ %s, GEOS %s", WM_VERSION, proj_info().version,
                 GEOSversion());
}
