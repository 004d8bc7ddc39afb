/* The index's charts: fast x, y over the areas. Internal to the room. */
#ifndef WM_LOCATE_CHART_H
#define WM_LOCATE_CHART_H

#include "compiled.h"

/* Fills index->charts, or leaves them NULL where none can be had: the fast engine is
 * then as quick as PROJ. `asked`: wanmi_index_options.charts.
 * Errors: WANMI_E_MEMORY, WANMI_E_CRS_... */
wanmi_status wm_index_charts(wanmi_index *index, uint32_t asked, wanmi_error *error);

/* The datums that are meant by wanmi_index_options.charts, a bit each. */
uint32_t wm_chart_bits(uint32_t asked);

#endif
