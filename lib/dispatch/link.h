/* Links and producers. A link is one producer's ring to one band of one lane, with
 * the figures of both ends: the producer fills it, the lane empties it.
 */
#ifndef WM_DISPATCH_LINK_H
#define WM_DISPATCH_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "figures.h"
#include "letters.h"
#include "parking.h"
#include "totals.h"
#include "wanmi/dispatch.h"
#include "wanmi/queue.h"

enum { WM_BANDS_MAX = 2, WM_SLOT_BITS = 6 };

struct wm_link {
    wm_side producer, lane;         /* who writes it */
    /* The producer's: places reserved in the ring and filled so far. */
    _Alignas(WM_LINE_PAIR) wanmi_delivery *places;
    uint32_t *key_places;
    size_t room, staged;
    size_t unsampled;               /* records since the last sample began */
    /* Hardly ever written. */
    _Alignas(WM_LINE_PAIR) wanmi_ring *ring;
    uint32_t *keys;                 /* beside the ring: the key of each of its records */
    size_t mask;                    /* capacity - 1 */
    _Atomic uint32_t room_wanted;   /* DROP_OLDEST: the producer asks the lane for that many free places */
    /* One delivery's time at a time: the producer notes when it published the
     * record of index sample_at - 1; the lane sets 0 when it has gone beyond it. On
     * lines of their own, for both write here and both read the line above. */
    _Alignas(WM_LINE_PAIR) _Atomic uint64_t sample_at;
    _Atomic int64_t sample_ns;
    /* The lane's. */
    _Alignas(WM_LINE_PAIR) _Atomic uint32_t parked;     /* deliveries of it in the parking */
};

/* A producer's links to one sink: lane * bands + band. */
typedef struct wm_block {
    wm_sink *sink;
    wm_link *links;
} wm_block;

struct wanmi_producer {
    _Alignas(WM_LINE_PAIR) _Atomic uint64_t in_submit;      /* the call's number, the sink's place, and whether it runs */
    wanmi_dispatch *dispatch;
    _Atomic(wm_block *) blocks[WANMI_SINKS_MAX];            /* by the sink's place */
    wm_letters letters;
    wm_generations accepted, ended;         /* ended: dead without a letter */
    bool open;                      /* under `slots` */
};

/* Deliveries of a link that are in the parking: written by its lane. */
static inline uint32_t wm_link_parked_count(const wm_link *link)
{
    return atomic_load_explicit(&link->parked, memory_order_relaxed);
}

static inline void wm_link_parked(wm_link *link, int more)
{
    atomic_store_explicit(&link->parked, wm_link_parked_count(link) + (uint32_t)more,
                          memory_order_release);
}

static inline uint32_t wm_place_of(uint32_t number)
{
    return number & (WANMI_SINKS_MAX - 1);
}

/* wanmi_producer.in_submit: a call's number, then the place, then a bit that says
 * that it runs. A call that has ended looks unlike every other. */
static inline uint64_t wm_submit_begins(uint64_t last, uint32_t place)
{
    return ((last >> (WM_SLOT_BITS + 1)) + 1) << (WM_SLOT_BITS + 1) | place << 1 | 1;
}

static inline bool wm_submit_runs(uint64_t call)
{
    return (call & 1) != 0;
}

static inline uint32_t wm_submit_place(uint64_t call)
{
    return wm_place_of((uint32_t)(call >> 1));
}

/* block.c */
void wm_block_free(wm_block *block);
/* Makes the links of a sink to all producers, or of a producer to all sinks; under
 * `slots`. On an error those made are freed with the sink, or by wm_blocks_drop. */
wanmi_status wm_blocks_of_sink(wm_sink *sink, wanmi_error *error);
wanmi_status wm_blocks_of_producer(wanmi_producer *producer, wanmi_error *error);
void wm_blocks_drop(wanmi_producer *producer);
/* Gives the sinks' lanes what was made for a producer. */
void wm_blocks_join(wanmi_producer *producer, uint32_t index);
/* Lets submits find a sink, or no longer. */
void wm_blocks_show(wm_sink *sink, bool show);
/* Waits for the submits to a place that run now. */
void wm_submits_end(wanmi_dispatch *d, uint32_t place);

/* producer.c */
void wm_producer_free(wanmi_producer *producer);
/* Whether any producer is inside a submit. After `closed` is set and this has
 * given false once, nothing more is accepted. */
bool wm_any_in_submit(wanmi_dispatch *d);

#endif
