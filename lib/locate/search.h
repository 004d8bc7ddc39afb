/* The fast engine: labels of whole blocks, and what is left over. Internal. */
#ifndef WM_LOCATE_SEARCH_H
#define WM_LOCATE_SEARCH_H

#include "compiled.h"
#include "session.h"

/* The answer for a label, where it can be given without PROJ's own x, y: false
 * where it cannot. May need memory: *status. */
bool wm_answer_label(wanmi_locator *locator, uint32_t label, int64_t instant_us, wm_answer *answer,
                     wanmi_status *status, wanmi_error *error);

/* Has what wm_settle will look into first on its way from memory. */
void wm_settle_foresee(const wanmi_locator *locator, size_t left);

/* The answers for those places of a block that l->left holds, on PROJ's own x, y, in
 * l->xs and l->ys: by the edges near them, else by the records of the tiles they touch,
 * else by the exact path. `start`: of the block in `in`. */
wanmi_status wm_settle(wanmi_locator *locator, const wanmi_positions *in, size_t start, size_t left,
                       wanmi_error *error);

#endif
