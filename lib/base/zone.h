/* A time zone's stretches, for rooms that turn many instants into local time.
 * Internal: compiled into libwanmi, never exported. */
#ifndef WM_ZONE_H
#define WM_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "wanmi/base.h"

/* Instants of one offset: from_us <= instant < to_us (INT64_MIN, INT64_MAX: open).
 * Not always the longest such stretch. */
typedef struct wm_stretch {
    int64_t from_us, to_us;
    int64_t offset_us;          /* local time is the instant plus it */
} wm_stretch;

/* The stretch an instant lies in. `zone` NULL means UTC. */
void wm_zone_stretch(const wanmi_zone *zone, int64_t instant_us, wm_stretch *stretch);

/* The instant (seconds, UTC) of a local time of `zone`: the earlier one where it
 * comes twice; where a clock change leaves it out, moved on by the gap, or, with
 * `first_after_gap`, the instant of the change. */
int64_t wm_zone_instant(const wanmi_zone *zone, int64_t local, bool first_after_gap);

#endif
