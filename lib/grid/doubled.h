/* Areas that share their code with another one at some instant. Internal to grid. */
#ifndef WM_GRID_DOUBLED_H
#define WM_GRID_DOUBLED_H

#include "base/memory.h"
#include "wanmi/map.h"

/* Makes an array of `count` (wm_free it): for each area 0, or 1 + the number of
 * the area that has its code already. It is the one the map would keep: the one
 * valid first, of equal ones the one that comes first. `stride` is that of the
 * areas in bytes. Errors: WANMI_E_MEMORY. */
wanmi_status wm_doubled_find(const wanmi_area_def *areas, size_t count, size_t stride,
                             const wanmi_host *host, size_t **keeper, wanmi_error *error);

#endif
