/* What the files of this room share.
 *
 *   producer ──link (ring)──▶ lane ──▶ the sink's callback, or whoever polls
 *      │                       ▲ │
 *      │                       │ └─▶ parking (tried again, waiting behind, leased)
 *      └───────letters (ring)──┴───▶ the dead-letter thread ──▶ the dead callback
 *
 * A link is one producer's ring to one band of one lane, with the figures of both
 * ends. Every ring has one writer and one reader at a time; nothing on the way of
 * a sink with a callback takes a lock.
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
#include "histogram.h"
#include "park.h"
#include "parking.h"
#include "wanmi/dispatch.h"
#include "wanmi/queue.h"

typedef struct wm_sink wm_sink;

enum { WM_GENERATIONS = 64, WM_BANDS_MAX = 2, WM_SLOT_BITS = 6 };

/* One thread's way to the dead-letter thread. Letters are written into reserved
 * places (staged) and published together with the figures that count them. */
typedef struct wm_letters {
    wanmi_ring *ring;               /* NULL: nobody takes dead letters */
    wm_park *reader;
    wanmi_dead_letter *places;
    size_t room, staged;
    bool sent;                      /* since the last look at the reader's flag */
} wm_letters;

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

typedef struct wm_seen wm_seen;
typedef struct wm_again wm_again;

/* Counts by generation % WM_GENERATIONS; one writer. */
typedef struct wm_generations {
    _Atomic uint64_t count[WM_GENERATIONS];
} wm_generations;

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
    _Alignas(WM_LINE_PAIR) wm_park *park;       /* its own, or the sink's when that is polled */
    wm_sink *sink;
    uint8_t *outcomes;              /* batch_max of them */
    wm_parking parking;
    wm_seen *seen;                  /* keys of the batch; NULL when they may come again in it */
    wm_again *again;                /* what is handed over once more; NULL when nothing ever is */
    wm_timings *timings;
    int64_t ended_ns;               /* the last callback, when nothing has been done since but counting; else 0 */
    wm_letters letters;
    wm_generations ended;
    pthread_mutex_t lock;           /* of a polled one: whoever has it is the lane */
    pthread_t thread;
    uint64_t random;
    uint32_t number;                /* in its sink */
    uint32_t turn[WM_BANDS_MAX];    /* the producer whose ring comes next */
    uint32_t urgent_run;            /* urgent batches in a row */
    bool running, stuck;            /* stuck: rings hold what cannot be taken now */
} wm_lane;

/* When a sink is not called. */
typedef struct wm_breaker {
    _Atomic uint32_t state;         /* WANMI_SINK_CLOSED, _OPEN, _HALF_OPEN */
    _Atomic uint32_t failures;      /* batches in a row */
    _Atomic int64_t until_ns;       /* when it is tried again */
    _Atomic int64_t wait_us;        /* how long it was open last */
    _Atomic uint64_t opened;        /* times */
} wm_breaker;

/* Sums of figures. */
typedef struct wm_totals {
    wm_figures figures;             /* `index` unused */
    uint64_t published, released;
    uint64_t again_batches, late, opened, slow, hung;
} wm_totals;

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
    uint32_t told;                  /* state that the observer knows; the supervisor's */
    _Atomic bool hung;              /* a callback has lasted longer than hung_us; the supervisor's */
    _Atomic bool removing;          /* nothing new comes */
    _Atomic bool ending;            /* what is pending is dead; lanes end when empty */
    _Atomic bool gone;              /* removed: no threads, nothing pending, `last` holds its figures */
    wm_totals last;
    wm_generations last_ended;
};

struct wanmi_producer {
    _Alignas(WM_LINE_PAIR) _Atomic uint64_t in_submit;      /* the call's number, the sink's place, and whether it runs */
    wanmi_dispatch *dispatch;
    _Atomic(wm_block *) blocks[WANMI_SINKS_MAX];            /* by the sink's place */
    wm_letters letters;
    wm_generations accepted, ended;         /* ended: dead without a letter */
    bool open;                      /* under `slots` */
};

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

/* A sink's links of the producer at `index`; NULL: there are none. */
static inline wm_block *wm_block_at(const wm_sink *sink, uint32_t index)
{
    return atomic_load_explicit(&sink->blocks[index], memory_order_acquire);
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

/* An answer that asks for another attempt. */
static inline bool wm_refused(uint8_t outcome)
{
    return outcome == WANMI_RETRY || outcome == WANMI_UNKNOWN;
}

static inline uint32_t wm_generation_place(const wanmi_delivery *delivery)
{
    return delivery->generation % WM_GENERATIONS;
}

static inline void wm_generations_add(wm_generations *g, uint32_t place, uint64_t more)
{
    uint64_t count = atomic_load_explicit(&g->count[place], memory_order_relaxed);
    atomic_store_explicit(&g->count[place], count + more, memory_order_release);
}

/* Adds the counts of another. */
void wm_generations_sum(wm_generations *to, const wm_generations *from);
/* Adds a run of deliveries, each to its generation. */
void wm_generations_add_run(wm_generations *g, const wanmi_delivery *deliveries, size_t count);

/* fork.c */
wanmi_status wm_alive_open(wanmi_dispatch *d, wanmi_error *error);
void wm_alive_drop(wanmi_dispatch *d);
wanmi_status wm_forked_error(wanmi_error *error);

/* Whether this is a child of the process that made the dispatch. */
static inline bool wm_forked(const wanmi_dispatch *d)
{
    return __builtin_expect(*d->alive == 0, 0);
}

/* sink.c */
wanmi_status wm_sink_read_def(wanmi_sink_def *to, const wanmi_sink_def *from, wanmi_error *error);
/* A sink with its lanes, not yet known to anyone. `name` lives as long as the dispatch. */
wanmi_status wm_sink_make(wanmi_dispatch *d, const wanmi_sink_def *def, const char *name,
                          uint32_t number, wm_sink **made, wanmi_error *error);
/* All that only running lanes and submits need: blocks, parkings, batches. */
void wm_sink_empty(wm_sink *sink);
void wm_sink_free(wm_sink *sink);

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

static inline wm_link *wm_link_of(const wm_block *block, const wm_lane *lane, uint32_t band)
{
    return &block->links[lane->number * block->sink->bands + band];
}

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

/* roster.c: sinks that come and go. */
/* Forgets sinks that are gone and whose letters have all been handled: their
 * figures go into `forgotten`. Under `control`. */
void wm_roster_forget(wanmi_dispatch *d);
/* A sink that is there and polled; it stays until wm_sink_leave. */
wanmi_status wm_sink_enter(wanmi_dispatch *d, uint32_t number, wm_sink **sink, wanmi_error *error);
void wm_sink_leave(wm_sink *sink);

/* producer.c */
void wm_producer_free(wanmi_producer *producer);
/* Whether any producer is inside a submit. After `closed` is set and this has
 * given false once, nothing more is accepted. */
bool wm_any_in_submit(wanmi_dispatch *d);

/* threads.c: both give 0 or an errno. */
int wm_lanes_start(wm_sink *sink);
int wm_threads_start(wanmi_dispatch *d);
void wm_lanes_end(wm_sink *sink);
void wm_threads_end(wanmi_dispatch *d);

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

/* supervisor.c: watches callbacks and tells the observer of states. */
void *wm_watch_run(void *dispatch);
/* Has it look at once: a sink has come, or a state has changed. */
void wm_watch_look(wanmi_dispatch *d);
/* A callback that began then lasts, or lasted, so long. Counts it once; gives
 * whether it is hung. */
bool wm_watch_lasts(wm_lane *lane, int64_t began_ns, int64_t ns);

/* settle.c */
typedef struct wm_times {
    int64_t began_us, ended_us, began_ns, ended_ns;
} wm_times;

/* What became of the first records of a batch, not yet in the figures. */
typedef struct wm_part {
    size_t count, delivered, sink, attempts, parked, unwritten;
    size_t dead;                    /* counted in `figure` */
    enum wm_figure figure;
} wm_part;

/* Settles a run by lane->outcomes; gives how many were refused. */
size_t wm_settle_run(wm_lane *lane, const wm_run *run, int64_t began_ns);
/* A run ends dead. Waits for room for the letters when `patient`. */
void wm_run_bury(wm_lane *lane, const wm_run *run, enum wm_figure figure, wanmi_reason reason,
                 bool patient);
void wm_wake_dead(wm_lane *lane);

/* again.c: what is in the parking. */
wm_again *wm_again_make(const wanmi_host *host);
void wm_again_free(const wanmi_host *host, wm_again *again);
/* The wait after a number of attempts. */
int64_t wm_backoff_ns(wm_lane *lane, uint32_t attempts);
/* A batch of what is due, handed out; 0: nothing is. */
size_t wm_again_gather(wm_lane *lane, size_t limit, const wanmi_delivery **batch);
/* Settles that batch by lane->outcomes; gives how many were refused. */
size_t wm_again_settle(wm_lane *lane);
/* The queue that may be handed out now; leases that ran out are ended on the way. */
uint32_t wm_again_first(wm_lane *lane, int64_t now_ns);
/* Hands one out: counted in `to` from now on. */
void wm_again_out(wm_lane *lane, uint32_t at, enum wm_figure to, int64_t now_ns);
/* The answer for one that is out and counted in `from`. */
void wm_again_answer(wm_lane *lane, uint32_t at, enum wm_figure from, uint8_t outcome,
                     int64_t now_ns);
/* Ends the leases of a queue that have run out. */
void wm_again_expire(wm_lane *lane, uint32_t queue, int64_t now_ns);
/* Says when a queue comes next, after anything of it has changed. */
void wm_again_next(wm_lane *lane, uint32_t queue, int64_t now_ns);
void wm_again_bury(wm_lane *lane, enum wm_figure figure, wanmi_reason reason);

/* breaker.c */
typedef enum wm_leave { WM_LEAVE_NONE, WM_LEAVE_ONE, WM_LEAVE_ALL } wm_leave;

/* How much the sink may be given now. ONE is a trial: it must be followed by
 * wm_breaker_told or wm_breaker_unused. */
wm_leave wm_breaker_leave(wm_sink *sink);
void wm_breaker_unused(wm_sink *sink);
/* What became of a batch; `fresh`: of what is handed over for the first time. */
void wm_breaker_told(wm_sink *sink, wm_leave leave, bool all_refused, bool fresh);

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
/* Totals of all sinks that ever were and, in the order of places, of those that
 * are there with their descriptions: `count` places, both may be NULL. Gives how
 * many are there. */
typedef struct wm_described {
    uint32_t number;
    wanmi_sink_state state;
    const char *name;
    const wm_sink *sink;                /* of use under `reading` only */
} wm_described;

uint32_t wm_totals_read(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                        wm_described *described, uint32_t count);
/* The same under `reading`. */
uint32_t wm_totals_read_held(wanmi_dispatch *d, wm_totals *all, wm_totals *sinks,
                             wm_described *described, uint32_t count);
wanmi_sink_state wm_state_of(const wm_sink *sink);
/* The totals of one sink, and those of its links alone; under `reading`. */
void wm_totals_of(wm_sink *sink, wm_totals *totals);
void wm_totals_of_links(wm_sink *sink, wm_totals *totals);
uint64_t wm_totals_pending(const wm_totals *totals);
wanmi_tally wm_tally_of(const wm_totals *totals, const wm_described *described);
void wm_totals_add(wm_totals *to, const wm_totals *from);

#endif
