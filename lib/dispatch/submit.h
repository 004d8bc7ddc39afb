/* One call of wanmi_producer_submit, between its two files. */
#ifndef WM_DISPATCH_SUBMIT_H
#define WM_DISPATCH_SUBMIT_H

#include "internal.h"

typedef struct wm_call {
    wanmi_producer *producer;
    wm_block *block;
    uint64_t staged;            /* a bit a link: records lie in reserved places */
    uint64_t published;         /* a bit a link: its lane may have to be woken */
    const wanmi_delivery *deliveries;   /* from the one on that found no room, */
    const uint32_t *keys;
    size_t left;                /* so many */
    int64_t submitted_us;       /* WANMI_TIME_NONE until it is needed */
    int64_t until_ns;           /* the end of its patience; 0 until it is needed */
    bool impatient;             /* that end has come */
    bool small;                 /* the call brings few */
} wm_call;

/* The link of a delivery: lane * bands + band. */
static inline uint32_t wm_link_number(const wm_sink *sink, const wanmi_delivery *delivery,
                                      uint32_t key)
{
    uint32_t lane = sink->lane_mask != WANMI_NONE ? key & sink->lane_mask : key % sink->def.lanes;
    return sink->bands == 1 ? lane : lane * 2 + (delivery->priority > sink->def.urgent_max);
}

/* submit.c: publishes all that is staged and wakes who sleeps. */
void wm_call_publish(wm_call *call);

/* room.c */
/* Reserves up to `wanted` places that lie one after another; false: full. */
bool wm_room_reserve(wm_link *link, size_t wanted);
/* Has room made in a full link, for call->deliveries, as its policy says, and
 * reserves it: NONE. Else why the first of them is dead. */
wanmi_reason wm_room_make(wm_call *call, uint32_t number);
/* REJECT: whether all find room now. Nobody else fills these rings. */
bool wm_room_for_all(const wm_call *call, const wanmi_delivery *deliveries, const uint32_t *keys,
                     size_t count);

#endif
