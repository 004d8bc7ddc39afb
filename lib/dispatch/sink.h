/* Sinks: their lanes, the breaker, how they come and go. */
#ifndef WM_DISPATCH_SINK_H
#define WM_DISPATCH_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "figures.h"
#include "lane.h"
#include "link.h"
#include "park.h"
#include "totals.h"
#include "wanmi/dispatch.h"

/* When a sink is not called. */
typedef struct wm_breaker {
    _Atomic uint32_t state;         /* WANMI_SINK_CLOSED, _OPEN, _HALF_OPEN */
    _Atomic uint32_t failures;      /* batches in a row */
    _Atomic int64_t until_ns;       /* when it is tried again */
    _Atomic int64_t wait_us;        /* how long it was open last */
    _Atomic uint64_t opened;        /* times */
} wm_breaker;

struct wm_sink {
    wm_side letters_done;           /* written by the dead-letter thread */
    wanmi_dispatch *dispatch;
    wm_lane *lanes;
    wanmi_sink_def def;             /* lanes, batch_max and so on; name points into the dispatch's texts */
    uint32_t number;
    uint32_t bands, links;          /* links: lanes * bands */
    uint32_t lane_mask;             /* for a number of lanes that is a power of two; else WANMI_NONE */
    _Atomic(wm_block *) *blocks;    /* producers_max places */
    wm_sink *older;                 /* that had the place before and is not yet forgotten */
    _Alignas(WM_LINE_PAIR) wm_breaker breaker;
    wm_park park;                   /* of a polled one: where pollers wait */
    _Atomic uint32_t pollers;       /* calls that use it */
    _Atomic uint32_t poll_turn;     /* the lane that is polled first */
    _Atomic uint64_t slow, hung_calls;          /* callbacks, counted by whoever sees it first */
    wm_sink *remover;               /* whose callback removes it; NULL: none does. Under `control` */
    uint32_t told;                  /* state that the observer knows; the supervisor's */
    _Atomic bool hung;              /* a callback has lasted longer than hung_us; the supervisor's */
    _Atomic bool removing;          /* nothing new comes */
    _Atomic bool ending;            /* what is pending is dead; lanes end when empty */
    _Atomic bool gone;              /* removed: no threads, nothing pending, `last` holds its figures */
    wm_totals last;
    wm_generations last_ended;
};

/* A sink's links of the producer at `index`; NULL: there are none. */
static inline wm_block *wm_block_at(const wm_sink *sink, uint32_t index)
{
    return atomic_load_explicit(&sink->blocks[index], memory_order_acquire);
}

static inline wm_link *wm_link_of(const wm_block *block, const wm_lane *lane, uint32_t band)
{
    return &block->links[lane->number * block->sink->bands + band];
}

static inline bool wm_polled(const wm_sink *sink)
{
    return sink->def.deliver == NULL;
}

/* Whether deliveries of it may have to be parked. */
static inline bool wm_parks(const wm_sink *sink)
{
    return wm_polled(sink) || sink->def.attempts_max != 1;
}

/* sink.c */
wanmi_status wm_sink_read_def(wanmi_sink_def *to, const wanmi_sink_def *from, wanmi_error *error);
/* A sink with its lanes, not yet known to anyone. `name` lives as long as the dispatch. */
wanmi_status wm_sink_make(wanmi_dispatch *d, const wanmi_sink_def *def, const char *name,
                          uint32_t number, wm_sink **made, wanmi_error *error);
/* All that only running lanes and submits need: blocks, parkings, batches. */
void wm_sink_empty(wm_sink *sink);
void wm_sink_free(wm_sink *sink);

/* roster.c */
/* The sink of a number, if it is there. Under `control` or `reading`. */
wm_sink *wm_roster_find(const wanmi_dispatch *d, uint32_t number);
wanmi_status wm_roster_no_sink(uint32_t number, wanmi_error *error);
/* A sink that is there and polled; it stays until wm_sink_leave. */
wanmi_status wm_sink_enter(wanmi_dispatch *d, uint32_t number, wm_sink **sink, wanmi_error *error);
void wm_sink_leave(wm_sink *sink);

/* removal.c */
/* Forgets sinks that are gone and whose letters have all been handled: their memory
 * goes, their figures go into `forgotten`. Under `control`. */
void wm_roster_forget(wanmi_dispatch *d);
/* The dead-letter thread: the same, unless somebody has `control` just now. */
void wm_roster_tidy(wanmi_dispatch *d);
/* Of the calling thread; never 0. */
int32_t wm_thread_id(void);

/* breaker.c */
typedef enum wm_leave { WM_LEAVE_NONE, WM_LEAVE_ONE, WM_LEAVE_ALL } wm_leave;

/* How much the sink may be given now. ONE is a trial: it must be followed by
 * wm_breaker_told or wm_breaker_unused. */
wm_leave wm_breaker_leave(wm_sink *sink);
void wm_breaker_unused(wm_sink *sink);
/* What became of a batch; `fresh`: of what is handed over for the first time. */
void wm_breaker_told(wm_sink *sink, wm_leave leave, bool all_refused, bool fresh);

#endif
