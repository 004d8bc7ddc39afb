/* The fast engine: labels of whole blocks, and what is left over. Internal. */
#ifndef WM_LOCATE_SEARCH_H
#define WM_LOCATE_SEARCH_H

#include "compiled.h"
#include "session.h"

/* Labels of positions, each known to WM_POSITION_DOUBT_M; WM_LABEL_NONE where that
 * is not certain. `count` up to WM_BLOCK. NaN gives WM_LABEL_NONE. */
void wm_search(const wm_compiled *compiled, wm_scratch *scratch, const double *xs, const double *ys,
               size_t count, uint32_t *labels);

/* The answer for a label, where it can be given without PROJ's own x, y: false
 * where it cannot. May need memory: *status. */
bool wm_answer_label(wanmi_locator *locator, uint32_t label, int64_t instant_us, wm_answer *answer,
                     wanmi_status *status, wanmi_error *error);

/* The answer for PROJ's own x, y, from the records of the tiles it touches; by the
 * exact path where they do not decide. */
wanmi_status wm_settle_point(wanmi_locator *locator, double x, double y, int64_t instant_us,
                             wm_answer *answer, wanmi_error *error);

/* Fetches what wm_settle_point will look into for these places of the block, up to
 * WM_FORESEEN. */
enum { WM_FORESEEN = 16 };
void wm_settle_foresee(const wanmi_locator *locator, const uint16_t *places, size_t count);

#endif
