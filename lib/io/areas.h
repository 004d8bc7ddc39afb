/* From features to areas, one by one. Internal to io. */
#ifndef WM_IO_AREAS_H
#define WM_IO_AREAS_H

#include "features.h"
#include "report.h"

/* Takes one area; its texts and WKB live during the call. A row's own error in
 * `problem` leaves it out. */
typedef wanmi_status (*wm_area_fn)(void *user, const wm_feature *feature, const wanmi_area_def *area,
                                   wanmi_error *problem);

/* Goes through all features. Bad ones go to `report`. */
wanmi_status wm_areas_each(wm_features *features, const char *layer, wm_report *report,
                           wanmi_io_tally *tally, wm_area_fn take, void *user, wanmi_error *error);

/* The options of a caller, whole and checked. */
wanmi_status wm_layer_options_take(wanmi_io_layer_options *to, const wanmi_io_layer_options *given,
                                   wanmi_error *error);

#endif
