/* Lanes: one share of a sink's deliveries on its way from the rings to the callback,
 * or to whoever polls. What it takes next, and how long things take.
 */
#ifndef WM_DISPATCH_LANE_H
#define WM_DISPATCH_LANE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "histogram.h"
#include "letters.h"
#include "link.h"
#include "park.h"
#include "parking.h"
#include "totals.h"
#include "wanmi/dispatch.h"

typedef struct wm_seen wm_seen;
typedef struct wm_again wm_again;

/* How long things took, in microseconds. The lane's. */
typedef struct wm_timings {
    wm_histogram latency;           /* of samples: from the submit to the outcome */
    wm_histogram callback;          /* of every callback */
} wm_timings;

typedef struct wm_lane {
    wm_park own_park;
    /* What others read of it: when its callback began, 0 outside of one. */
    _Alignas(WM_LINE_PAIR) _Atomic int64_t callback_began_ns;
    _Atomic int64_t slow_ns, hung_ns;   /* when the last one counted as slow, as hung, began */
    _Atomic uint64_t late;          /* tickets answered too late */
    _Atomic uint64_t again_batches; /* batches of what was parked */
    _Atomic int32_t thread_id;      /* of its thread while that runs; else 0 */
    _Alignas(WM_LINE_PAIR) wm_park *park;       /* its own, or the sink's when that is polled */
    wm_sink *sink;
    uint8_t *outcomes;              /* batch_max of them */
    wm_parking parking;
    wm_seen *seen;                  /* keys of the batch; NULL when they may come again in it */
    wm_again *again;                /* what is handed over once more; NULL when nothing ever is */
    wm_timings *timings;
    int64_t idle_ns;                /* when the sink's idle is called next; 0: not yet known */
    int64_t ended_ns;               /* the last callback, when nothing has been done since but counting; else 0 */
    wm_letters letters;
    wm_generations ended;
    pthread_mutex_t lock;           /* of a polled one: whoever has it is the lane */
    pthread_t thread;
    uint64_t random;
    uint32_t number;                /* in its sink */
    uint32_t turn[WM_BANDS_MAX];    /* the producer whose ring comes next */
    uint32_t urgent_run;            /* urgent batches in a row */
    uint32_t breath;                /* doublings */
    uint32_t breathless;            /* batches until it is tried again whether a breath pays */
    bool few;                       /* the batch before was all that lay there, and not much */
    bool running, stuck;            /* stuck: rings hold what cannot be taken now */
} wm_lane;

/* lane.c */
void *wm_lane_run(void *lane);
/* Ends all that is pending of the lane; gives whether there was any. */
bool wm_lane_bury(wm_lane *lane);

/* batch.c: what both kinds of lanes take from their rings. */
typedef struct wm_run {
    wm_link *link;
    const wanmi_delivery *batch;
    const uint32_t *keys;
    size_t count;
    size_t shown;               /* so many lay there; the others of them wait */
} wm_run;

/* Shows up to `limit` records of a link, whatever waits. */
bool wm_run_show(wm_link *link, size_t limit, wm_run *run);
/* Shows those that may be handed over now; those at the front that must wait are
 * parked before. */
bool wm_run_take(wm_lane *lane, wm_link *link, size_t limit, wm_run *run);
/* The next run of a lane: urgent ones first, producers in turn. */
bool wm_run_next(wm_lane *lane, size_t limit, wm_run *run);
/* DROP_OLDEST: makes room for as many as the producer asked for. */
void wm_run_make_room(wm_lane *lane, wm_link *link);

wm_seen *wm_seen_make(const wanmi_host *host);
void wm_seen_free(const wanmi_host *host, wm_seen *seen);
/* How many keys from the front on are different ones. */
size_t wm_seen_run(wm_seen *seen, const uint32_t *keys, size_t count);

/* timing.c: a latency is sampled on one delivery of a link at a time: the link's first, then
 * the first of a publish that comes 1,024 records after the last sample or finds the lane asleep. */
enum { WM_SAMPLE_EVERY = 1024 };

/* The producer, before it publishes. */
void wm_sample_begin(wm_link *link, const wanmi_host *host);
/* The lane: the sampled record has left the ring. `counts`: with an outcome of the sink. */
void wm_sample_end(wm_lane *lane, wm_link *link, bool counts);
/* The lane, before the ring gives it back: the record `ahead` of those not released is
 * parked, and its sample with it. */
void wm_sample_park(wm_link *link, size_t ahead, wm_parked *parked);
/* The lane: a parked delivery with a sample has ended by an outcome of the sink. */
void wm_sample_parked_end(wm_lane *lane, const wm_parked *parked);

/* Adds a lane's histogram to `counts`; under `reading`. */
void wm_timing_add(const wm_lane *lane, wanmi_timing timing, uint64_t *counts);

static inline void wm_sample_passed(wm_lane *lane, wm_link *link, bool counts)
{
    uint64_t at = atomic_load_explicit(&link->sample_at, memory_order_acquire);
    if (__builtin_expect(at != 0, 0) && wanmi_ring_released(link->ring) >= at)
        wm_sample_end(lane, link, counts);
}

#endif
