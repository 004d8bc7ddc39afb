/* The parking of a lane: deliveries that have left their ring and are not ended.
 *
 * They wait to be tried again, stand behind an earlier one of their key that
 * does, or are handed out (in a callback, or leased to whoever polled them). One
 * key of one link with deliveries here is a queue. A heap holds the deliveries whose
 * time is known: the leased ones, and the first of each queue that waits for its
 * next attempt. All memory is taken when the parking is opened; nothing costs more
 * than a way through the heap, however long a queue is.
 *
 * One thread at a time: the lane's own, or whoever holds the lock of a polled one.
 */
#ifndef WM_DISPATCH_PARKING_H
#define WM_DISPATCH_PARKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/dispatch.h"

typedef struct wm_link wm_link;

enum wm_stance { WM_STANCE_FREE, WM_STANCE_WAITS, WM_STANCE_OUT };

typedef struct wm_parked {
    wanmi_delivery delivery;
    int64_t first_us, first_ns;     /* when it was handed over first; before that without meaning */
    int64_t due_ns;                 /* its key in the heap: when its lease ends, or its next attempt may begin */
    int64_t sample_ns;              /* its latency is measured, from then; 0: it is not */
    uint32_t queue;
    uint32_t before, after;         /* in its queue; `after` also chains free ones */
    uint32_t uses;                  /* of this place: an old ticket names another number */
    uint32_t heap;                  /* its place there; WANMI_NONE: not there */
    uint16_t attempts;              /* times handed over */
    uint8_t stance;                 /* enum wm_stance */
    bool lapsed;                    /* its lease ran out: it comes again at once */
} wm_parked;

typedef struct wm_queue {
    wm_link *link;
    uint32_t key;
    uint32_t first, last;           /* WANMI_NONE: the queue is free */
    uint32_t chain;                 /* the next with this hash, or the next free one */
    uint32_t out;                   /* handed out */
    bool alone;                     /* not found by its key: nothing waits behind it */
} wm_queue;

typedef struct wm_parking {
    wm_parked *parked;
    wm_queue *queues;
    uint32_t *buckets, *heap;
    uint32_t capacity, used, heaped;
    uint32_t bucket_mask;
    uint32_t free_parked, free_queue;
} wm_parking;

wanmi_status wm_parking_open(wm_parking *parking, const wanmi_host *host, uint32_t capacity,
                             wanmi_error *error);
void wm_parking_drop(wm_parking *parking, const wanmi_host *host);

static inline uint32_t wm_parking_room(const wm_parking *parking)
{
    return parking->capacity - parking->used;
}

/* The queue of a key; WANMI_NONE: nothing of it is parked. */
uint32_t wm_parking_find(const wm_parking *parking, const wm_link *link, uint32_t key);

/* Appends a delivery to its key's queue, or gives it one of its own (`alone`).
 * There must be room. Gives its place; it is not in the heap yet. */
uint32_t wm_parking_add(wm_parking *parking, wm_link *link, uint32_t key,
                        const wanmi_delivery *delivery, bool alone);

/* Takes one out; its queue goes with the last. */
void wm_parking_remove(wm_parking *parking, uint32_t parked);

/* Puts one into the heap, or moves it there. */
void wm_parking_due(wm_parking *parking, uint32_t parked, int64_t due_ns);
/* Takes it out of the heap, if it is there. */
void wm_parking_hold(wm_parking *parking, uint32_t parked);
/* The one that is due first; WANMI_NONE: none is. */
static inline uint32_t wm_parking_first(const wm_parking *parking)
{
    return parking->heaped != 0 ? parking->heap[0] : WANMI_NONE;
}

#endif
