/* From the areas that cover a point to its tuple: rules 3 and 5 of locate.h.
 * Internal to the room. */
#ifndef WM_LOCATE_RULES_H
#define WM_LOCATE_RULES_H

#include "index.h"

/* `areas`: all that cover the point, whenever valid, ascending. Writes the tuple
 * of the instant (tuples.h; there is room for layer_count + 1 + count words) and
 * gives the owner cell, or WANMI_NONE. */
uint32_t wm_rules_apply(const wanmi_index *index, const uint32_t *areas, size_t count,
                        int64_t instant_us, uint32_t *words);

/* The owner in a partition layer where only these two areas of it cover the point, and
 * `cell` owns it. */
uint32_t wm_rules_of_two(const wanmi_index *index, uint32_t layer, uint32_t cell, uint32_t one,
                         uint32_t two, int64_t instant_us);

/* Whether the cell's own ancestor decides among areas of one layer. Which one it is
 * may hang on ancestors between that do not cover the point. */
bool wm_rules_choice(const wanmi_index *index, const uint32_t *areas, size_t count);

/* Whether the answer of a set of areas may change with the instant. */
bool wm_rules_timed(const wanmi_index *index, const uint32_t *areas, size_t count);

#endif
