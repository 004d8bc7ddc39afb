/* What the files of this room share.
 *
 *   producer ──link (ring)──▶ lane ──▶ the sink's callback
 *      └───────letters (ring)───┴────▶ the dead-letter thread ──▶ the dead callback
 *
 * A link is one producer's ring to one lane, with the figures of both ends.
 * Every ring has one writer and one reader; nothing on the way takes a lock.
 */
#ifndef WM_DISPATCH_INTERNAL_H
#define WM_DISPATCH_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "figures.h"
#include "park.h"
#include "wanmi/dispatch.h"
#include "wanmi/queue.h"

typedef struct wm_sink wm_sink;

/* One thread's way to the dead-letter thread. Letters are written into reserved
 * places (staged) and published together with the figures that count them. */
typedef struct wm_letters {
    wanmi_ring *ring;               /* NULL: nobody takes dead letters */
    wm_park *reader;
    wanmi_dead_letter *places;
    size_t room, staged;
    bool sent;                      /* since the last look at the reader's flag */
} wm_letters;

typedef struct wm_link {
    wm_side producer, lane;         /* who writes it */
    /* The producer's: places reserved in the ring and filled so far. */
    _Alignas(WM_LINE_PAIR) wanmi_delivery *places;
    size_t room, staged;
    wanmi_ring *ring;
} wm_link;

typedef struct wm_lane {
    wm_park park;
    _Alignas(WM_LINE_PAIR) wm_sink *sink;
    uint8_t *outcomes;              /* batch_max of them */
    wm_letters letters;
    pthread_t thread;
    uint32_t number;                /* in its sink */
    uint32_t index;                 /* among all lanes: the place of its link in a producer */
    bool running;
} wm_lane;

struct wm_sink {
    wm_side letters_done;           /* written by the dead-letter thread */
    wanmi_dispatch *dispatch;
    wm_lane *lanes;
    wanmi_sink_def def;             /* lanes, batch_max and so on; name points below */
    uint32_t index;
    uint32_t first_lane;            /* index of lanes[0] */
    char name[64];
};

struct wanmi_producer {
    _Alignas(WM_LINE_PAIR) _Atomic uint32_t in_submit;
    wanmi_dispatch *dispatch;
    wm_link *links;                 /* one a lane, in the order of wm_lane.index */
    wm_letters letters;
    bool open;                      /* under `slots` */
};

typedef enum wm_state { WM_MADE, WM_STARTED, WM_STOPPED } wm_state;

struct wanmi_dispatch {
    wanmi_host host;
    wanmi_host ring_host;           /* the same without texts: rings need none */
    wanmi_dispatch_options options;

    pthread_mutex_t control;        /* add_sink, start, stop */
    pthread_mutex_t slots;          /* opening and closing producers; `state` */
    pthread_mutex_t reading;        /* one snapshot at a time */
    wm_state state;                 /* written under control and slots, read under either */

    wm_sink *sinks[WANMI_SINKS_MAX];
    _Atomic uint32_t sink_count;
    uint32_t lane_count;            /* of all sinks */
    wanmi_producer **producers;     /* producers_max places */
    _Atomic uint32_t producer_count;/* places filled; a filled one stays */

    pthread_t dead_thread;
    bool dead_running;
    wm_park dead_park;

    /* Read by everyone for each batch, hardly ever written. */
    _Alignas(WM_LINE_PAIR) _Atomic bool closed;     /* intake */
    _Atomic bool stopping;          /* no more callbacks: what is pending is dead */
    _Atomic bool lanes_end;         /* nothing comes any more: lanes end when empty */
    _Atomic bool dead_end;          /* the same for the dead-letter thread */
};

static inline bool wm_flag(const _Atomic bool *flag)
{
    return atomic_load_explicit(flag, memory_order_acquire);
}

static inline uint32_t wm_producer_count(const wanmi_dispatch *d)
{
    return atomic_load_explicit(&d->producer_count, memory_order_acquire);
}

/* sink.c */
void wm_sink_free(wm_sink *sink);

/* producer.c */
void wm_producer_free(wanmi_producer *producer);
/* Whether any producer is inside a submit. After `closed` is set and this has
 * given false once, nothing more is accepted. */
bool wm_any_in_submit(wanmi_dispatch *d);

/* lane.c */
void *wm_lane_run(void *lane);

/* letters.c */
wanmi_status wm_letters_open(wm_letters *letters, wanmi_dispatch *d, wanmi_error *error);
void wm_letters_drop(wm_letters *letters);
/* A place for one more letter of the next `wanted`. NULL: what is staged must be
 * published first or, when nothing is staged, there is no room. */
wanmi_dead_letter *wm_letters_place(wm_letters *letters, size_t wanted);
/* Publishes what is staged; inside the opened side that counts it. */
void wm_letters_publish(wm_letters *letters, wm_side *side);
/* After a fence: wakes the reader if letters were sent. */
void wm_letters_look(wm_letters *letters);
void *wm_dead_run(void *dispatch);

/* tally.c */
typedef struct wm_totals {
    wm_figures figures;             /* `index` unused */
    uint64_t published, released;
} wm_totals;

/* Totals of each sink (`sinks` may be NULL) and of all. */
void wm_totals_read(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks, uint32_t count);

#endif
