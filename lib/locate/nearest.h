/* The nearest cell to a point that no cell covers. Internal to the room. */
#ifndef WM_LOCATE_NEAREST_H
#define WM_LOCATE_NEAREST_H

#include "index.h"

/* Of the cells valid at the instant and within the map's snap_m, the nearest;
 * of those within 1 nm of the nearest, the lowest. Gives WANMI_NONE when there is
 * none, else its own distance in metres. Allocates nothing. */
uint32_t wm_nearest_cell(const wanmi_index *index, double x, double y, int64_t instant_us,
                         double *distance_m);

#endif
