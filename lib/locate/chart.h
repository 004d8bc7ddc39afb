/* The index's chart: fast x, y over the areas. Internal to the room. */
#ifndef WM_LOCATE_CHART_H
#define WM_LOCATE_CHART_H

#include "compiled.h"

/* Fills index->chart, or leaves it NULL where no chart can be had: the fast engine
 * is then as quick as PROJ. Errors: WANMI_E_MEMORY, WANMI_E_CRS_... */
wanmi_status wm_index_chart(wanmi_index *index, wanmi_error *error);

#endif
