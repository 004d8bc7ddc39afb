/* What a cover set answers at which time. Internal to the room.
 *
 * The instants at which any area of the map begins or ends to count part time into
 * epochs: epoch 0 lies before the first of them, epoch e from instants[e - 1] on. A
 * set's timeline is a list of pairs, an epoch and the label from then on, the first
 * of epoch 0. Sets with very many changes have none: the rules are then applied to
 * the set for each event.
 */
#ifndef WM_LOCATE_TIMELINE_H
#define WM_LOCATE_TIMELINE_H

#include "index.h"
#include "tuples.h"

typedef struct wm_timelines {
    int64_t *instants;              /* ascending */
    uint32_t *starts;               /* by set, and one more: its first pair; NULL: no timelines */
    uint32_t *pairs;
    size_t instant_count, instant_capacity, start_count, pair_count, pair_capacity;
} wm_timelines;

/* Adds to `tuples` those that are new. Gives false when there is no memory; may be
 * dropped all the same. */
bool wm_timelines_make(wm_timelines *timelines, const wanmi_index *index, const wm_lists *sets,
                       wm_tuples *tuples);
void wm_timelines_drop(wm_timelines *timelines, const wanmi_host *host);
uint64_t wm_timelines_bytes(const wm_timelines *timelines);

/* How many of the instants are not after this one. */
uint32_t wm_epoch_of(const wm_timelines *timelines, int64_t instant_us);

/* The label of a set in an epoch; `otherwise` where the set has no timeline. No
 * branch hangs on the epoch, for instants may be mixed. */
static inline uint32_t wm_timeline_label(const wm_timelines *t, uint32_t set, uint32_t epoch,
                                         uint32_t otherwise)
{
    const uint32_t *pair = t->pairs + 2 * (size_t)t->starts[set];
    uint32_t count = t->starts[set + 1] - t->starts[set], found = 0;
    if (count == 0)
        return otherwise;
    for (uint32_t i = 1; i < count; i++)
        found += pair[2 * i] <= epoch;
    return pair[2 * found + 1];
}

#endif
