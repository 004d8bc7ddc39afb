/* The dispatch itself: its sinks, its producers, its threads and its locks. */
#ifndef WM_DISPATCH_HANDLE_H
#define WM_DISPATCH_HANDLE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "lane.h"
#include "link.h"
#include "park.h"
#include "sink.h"
#include "totals.h"
#include "wanmi/dispatch.h"

typedef enum wm_state { WM_MADE, WM_STARTED, WM_STOPPED } wm_state;

struct wanmi_dispatch {
    wanmi_host host;
    wanmi_host ring_host;           /* the same without texts: rings need none */
    wanmi_dispatch_options options;
    const volatile uint32_t *alive; /* a page that a fork wipes */

    pthread_mutex_t ending;         /* one stop at a time; before `control` */
    pthread_mutex_t control;        /* add_sink, remove_sink, start, and the begin of a stop */
    pthread_mutex_t slots;          /* opening and closing producers; `state`; sinks' numbers */
    pthread_mutex_t reading;        /* one snapshot at a time; no sink is forgotten meanwhile */
    pthread_mutex_t dead_lock;      /* held by the dead-letter thread for each round */
    wm_state state;                 /* written under control and slots, read under either */
    _Atomic uint32_t removals;      /* calls of remove_sink */
    _Atomic uint32_t remembered;    /* sinks that are gone and not yet forgotten */
    _Atomic uint32_t freeing;       /* threads that give back what is still named here */

    wm_arena names;                 /* of sinks: kept to the end; under control */
    const char **name_list;
    size_t name_room, name_count;
    _Atomic(wm_sink *) sinks[WANMI_SINKS_MAX];      /* by place: the last that had it */
    uint32_t uses[WANMI_SINKS_MAX]; /* of each place; under control */
    _Atomic uint32_t sink_count;    /* that are there */
    wanmi_producer **producers;     /* producers_max places */
    _Atomic uint32_t producer_count;/* places filled; a filled one stays */
    wm_totals forgotten;            /* of sinks; under reading */
    wm_generations forgotten_ended; /* the same */

    pthread_t dead_thread, watch_thread;
    bool dead_running, watch_running;
    _Atomic int32_t dead_thread_id; /* 0: it does not run */
    _Atomic int64_t dead_began_ns;  /* when the dead-letter callback began; 0 outside of it */
    wm_park dead_park, watch_park;
    wm_generations letters_ended;   /* the dead-letter thread's */

    /* Read by everyone for each batch, hardly ever written. */
    _Alignas(WM_LINE_PAIR) _Atomic bool closed;     /* intake */
    _Atomic bool stopping;          /* no more callbacks: what is pending is dead */
    _Atomic bool dead_end;          /* the dead-letter thread ends when nothing comes any more */
    _Atomic bool watch_end;         /* the supervisor ends */
};

static inline bool wm_flag(const _Atomic bool *flag)
{
    return atomic_load_explicit(flag, memory_order_acquire);
}

static inline uint32_t wm_producer_count(const wanmi_dispatch *d)
{
    return atomic_load_explicit(&d->producer_count, memory_order_acquire);
}

/* The last sink that had a place, gone or not; NULL: none ever had. */
static inline wm_sink *wm_sink_at(const wanmi_dispatch *d, uint32_t place)
{
    return atomic_load_explicit(&d->sinks[place], memory_order_acquire);
}

/* fork.c */
wanmi_status wm_alive_open(wanmi_dispatch *d, wanmi_error *error);
void wm_alive_drop(wanmi_dispatch *d);
wanmi_status wm_forked_error(wanmi_error *error);

/* Whether this is a child of the process that made the dispatch. */
static inline bool wm_forked(const wanmi_dispatch *d)
{
    return __builtin_expect(*d->alive == 0, 0);
}

/* threads.c: both give 0 or an errno. */
int wm_lanes_start(wm_sink *sink);
int wm_threads_start(wanmi_dispatch *d);
void wm_lanes_end(wm_sink *sink);
void wm_threads_end(wanmi_dispatch *d);

/* supervisor.c: watches callbacks and tells the observer of states. */
void *wm_watch_run(void *dispatch);
/* Has it look at once: a sink has come, or a state has changed. */
void wm_watch_look(wanmi_dispatch *d);
/* A callback that began then lasts, or lasted, so long. Counts it once; gives
 * whether it is hung. */
bool wm_watch_lasts(wm_lane *lane, int64_t began_ns, int64_t ns);

#endif
