/* wanmi/dispatch.h - deliveries to sinks, none lost, all counted.
 *
 * Takes:   deliveries, each for one sink, from any number of producers.
 * Gives:   batches to each sink's callback, or to whoever polls it; the rest to
 *          the dead letters.
 * Threads: a wanmi_producer belongs to one thread at a time; the other functions
 *          may be called from any thread. Callbacks run on threads that the
 *          dispatch owns: one a lane, one for the dead letters, one supervisor.
 *
 * The law, true in every snapshot, for every sink and in sum:
 *     accepted = delivered + dead + pending
 * accepted: given to wanmi_producer_submit for that sink and not refused.
 * pending = queued + in_callback + parked + leased, each measured: from the
 * rings, the batches in callbacks and the lists of what waits, never computed
 * from the others. A dead letter that cannot be written counts as dead and as
 * dead_unwritten.
 *
 * Order: deliveries with the same key, of one producer and one band (urgent or
 * ordinary, so inside each priority), reach a sink in the order they were
 * submitted, also when some of them are tried again: see wanmi_order.
 * Each sink has its own lanes, rings and threads: a sink that hangs or fails
 * leaves the others alone, unless its policy is BLOCK or REJECT.
 *
 * Fork: threads do not survive a fork. In a child every function on a handle of
 * its parent answers WANMI_E_DISPATCH_STATE; wanmi_dispatch_free gives back the
 * memory (none of it, where a thread of the parent was just removing a sink) and
 * waits for nothing, wanmi_producer_close and _stop do nothing.
 */
#ifndef WANMI_DISPATCH_H
#define WANMI_DISPATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_dispatch wanmi_dispatch;
typedef struct wanmi_producer wanmi_producer;

#define WANMI_SINKS_MAX 64              /* at the same time */
#define WANMI_LANES_MAX 32
#define WANMI_PARKED_MAX 1048576        /* the most that wanmi_sink_def.parked_max may be */

/* What happens when a sink's ring is full. */
typedef enum wanmi_policy {
    WANMI_POLICY_OVERFLOW = 0,      /* the delivery goes to the dead letters, REASON_FULL; others go on */
    WANMI_POLICY_BLOCK = 1,         /* the producer waits, at most block_us a submit call; then dead, REASON_DEADLINE.
                                       It does not wait for a sink that hangs: dead, REASON_HUNG */
    WANMI_POLICY_DROP_OLDEST = 2,   /* the oldest in the ring go to the dead letters, REASON_DROPPED. The lane does
                                       it, between two callbacks; one submit call waits 2 ms for it, then (or at
                                       once when the lane's callback has lasted that long) as OVERFLOW */
    WANMI_POLICY_REJECT = 3         /* wanmi_producer_submit answers WANMI_E_DISPATCH_FULL and accepts nothing */
} wanmi_policy;

/* What a batch may hold, and who waits while a delivery is tried again. A key
 * here is one key of one producer in one band. */
typedef enum wanmi_order {
    WANMI_ORDER_UNIT = 0,           /* strict: a batch holds at most one delivery of a key; whatever the sink answers,
                                       its effects stay in order. Batches end where a key comes again */
    WANMI_ORDER_BATCH = 1,          /* a batch may hold several of a key, in order. A sink that answers RETRY for one
                                       and wants order answers RETRY for its later ones as well; what it answers is
                                       believed. Later batches wait for the key */
    WANMI_ORDER_NONE = 2            /* nothing waits: a delivery that is tried again is overtaken */
} wanmi_order;

/* How a lane without work waits. */
typedef enum wanmi_wait {
    /* Spins, yields, then sleeps: after ten microseconds or so; where work tends to come sooner than in 64 of
     * them, after up to 70. Where few come at a time, one after another, it lets up to a few microseconds pass
     * between two batches, so that more come together. */
    WANMI_WAIT_PARK = 0,
    WANMI_WAIT_YIELD = 1,           /* spins, then yields the processor again and again; else as PARK */
    WANMI_WAIT_SPIN = 2             /* spins: a processor of its own for each lane */
} wanmi_wait;

/* How a sink does. */
typedef enum wanmi_sink_state {
    WANMI_SINK_CLOSED = 0,          /* the breaker is closed: all goes its way */
    WANMI_SINK_OPEN = 1,            /* the breaker is open: no callbacks until its time has passed */
    WANMI_SINK_HALF_OPEN = 2,       /* one delivery is being tried */
    WANMI_SINK_HUNG = 3             /* a callback has not returned for hung_us */
} wanmi_sink_state;

/* The sink's callback. Gets `count` deliveries of one lane; writes one outcome a
 * delivery (they come filled with WANMI_DELIVERED). Runs on the lane's thread;
 * lanes of one sink call it at the same time. The array lives during the call. */
typedef void (*wanmi_deliver_fn)(void *user, const wanmi_delivery *batch, size_t count,
                                 uint8_t *outcomes);

typedef struct wanmi_sink_def {
    size_t struct_size;
    const char *name;               /* 1 to 63 bytes of UTF-8 without control characters; unique */
    wanmi_deliver_fn deliver;       /* NULL: the sink is polled (wanmi_sink_poll) and has no threads */
    void *user;
    void (*release)(void *user);    /* may be NULL: called once, after the last callback, when the sink is removed or
                                       the dispatch freed */
    uint32_t lanes;                 /* 1 to 32; default 1 */
    uint32_t batch_max;             /* records a callback, 1 to 65536; default 1024. Under ORDER_UNIT at most 1024 */
    wanmi_policy policy;
    wanmi_order order;
    wanmi_wait wait;
    int32_t urgent_max;             /* priorities up to this are urgent: they overtake the others, though after eight
                                       urgent batches in a row an ordinary one is served. -1: none is; default 1 */
    int64_t block_us;               /* BLOCK: longest wait of one submit call, microseconds */

    uint32_t attempts_max;          /* times that a delivery is handed over in all, 1 to 65535; 0: no limit but
                                       retry_for_us; default 8 */
    uint32_t parked_max;            /* deliveries of one lane that wait to be tried again, stand behind one that does,
                                       or are leased; 1 to 2^20, default 4096. No more go in: then the lane takes
                                       nothing from its rings, and the policy decides when these are full */
    int64_t retry_base_us;          /* wait before the second attempt, doubled for each further one; default 100 ms.
                                       Each wait is between half and the whole of that, at random */
    int64_t retry_max_us;           /* the longest such wait; default 30 s */
    int64_t retry_for_us;           /* no attempt begins later than this after the first; default 10 min */

    uint32_t breaker_failures;      /* batches in a row in which every outcome was RETRY or UNKNOWN open the breaker (one
                                       delivery that is refused again does not count); 0: never; default 5 */
    uint32_t reserved;
    int64_t breaker_open_us;        /* then no callback for so long; default 1 s, doubled each time the one delivery
                                       that is tried next, a new one if there is any, fails as well, up to 30 s */
    int64_t slow_us;                /* a callback that lasts longer is counted slow; default 1 s; 0: nobody watches */
    int64_t hung_us;                /* ... and hung: see WANMI_SINK_HUNG; default 10 s */

    void (*idle)(void *user);       /* may be NULL: called by each lane that has nothing to do, about every idle_us, for
                                       what has to be done when no deliveries come. A callback like the other: never
                                       together with it on one lane, watched, waited for. Not of a polled sink */
    int64_t idle_us;                /* 0: never; default 0 */
} wanmi_sink_def;

WANMI_API void wanmi_sink_def_init(wanmi_sink_def *def);

/* A delivery that ended dead. */
typedef struct wanmi_dead_letter {
    wanmi_delivery delivery;
    int64_t first_seen_us;          /* when it was first handed over; of one that never was: when it was submitted, if
                                       it found no room, else when it died */
    int64_t dead_us;
    uint32_t sink;                  /* number of the sink */
    uint16_t attempts;              /* times it was handed over; 65535: or more */
    uint16_t reason;                /* wanmi_reason */
    const char *sink_name;          /* of the sink, also when it is removed since; lives as long as the dispatch */
} wanmi_dead_letter;

/* Where dead letters go. Returns how many of the first were written; the others
 * count as dead_unwritten. Runs on the dead-letter thread. */
typedef size_t (*wanmi_dead_fn)(void *user, const wanmi_dead_letter *letters, size_t count);

/* Called when the state of a sink has changed, on the supervisor thread; changes
 * that follow each other fast may be told as one. */
typedef void (*wanmi_state_fn)(void *user, uint32_t sink, wanmi_sink_state state);

typedef struct wanmi_dispatch_options {
    size_t struct_size;
    size_t ring_capacity;           /* records of one producer's ring to one band of one lane; power of two; default
                                       16384 */
    size_t dead_capacity;           /* letters of one thread's ring to the dead-letter thread; default 4096 */
    uint32_t producers_max;         /* open, or closed and not yet empty, at the same time; 1 to 65536; default 64 */
    uint32_t reserved;
    wanmi_dead_fn dead;             /* NULL: dead letters are counted as unwritten */
    void *dead_user;
    wanmi_state_fn on_state;        /* may be NULL */
    void *state_user;
    int64_t dead_hung_us;           /* a dead-letter callback that lasts longer is not waited for any more: letters that
                                       find no room meanwhile are unwritten. Default 10 s; 0: always waited for */
} wanmi_dispatch_options;

WANMI_API void wanmi_dispatch_options_init(wanmi_dispatch_options *options);

/* Owns: free with wanmi_dispatch_free. Errors: WANMI_E_MEMORY, WANMI_E_ARGUMENT,
 * WANMI_E_QUEUE_CAPACITY, WANMI_E_SYSTEM (no page that a fork wipes: Linux before
 * 4.14). Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_create(const wanmi_dispatch_options *options,
                                             const wanmi_host *host, wanmi_dispatch **dispatch,
                                             wanmi_error *error);
/* Stops as wanmi_dispatch_stop does with no time left, and frees. Producers must
 * be closed before, and no call may be running. Since: 0.1 */
WANMI_API void wanmi_dispatch_free(wanmi_dispatch *dispatch);

/* Adds a sink, before the start or while all runs: producers that are open get
 * their rings to it. `sink` is its number, which stays its own: a number of a
 * removed sink is never given again. As long as none is removed they count from 0.
 * Errors: WANMI_E_DISPATCH_SINK (name taken, or 64 there already), _STATE,
 * WANMI_E_ARGUMENT, WANMI_E_MEMORY, WANMI_E_SYSTEM. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_add_sink(wanmi_dispatch *dispatch, const wanmi_sink_def *def,
                                               uint32_t *sink, wanmi_error *error);

/* Removes a sink: from now on submits to it answer WANMI_E_DISPATCH_SINK. Waits
 * until nothing of it is pending, at most `drain_us` microseconds; what is then
 * left goes to the dead letters, REASON_REMOVED, and `left` (may be NULL) is how many.
 * Waits for callbacks of the sink that run, and for room for these letters (see
 * dead_hung_us). Its figures stay in the sum of snapshots; its memory goes at once, or
 * when the last of its letters has gone through the dead-letter callback.
 * A callback may remove another sink, but not one whose removal would wait for that
 * callback: its own sink, or one whose callback is removing its own just then (or
 * removes one whose callback does, and so on). That, and any removal by the
 * dead-letter callback, is WANMI_E_DISPATCH_STATE, and changes nothing. What is not
 * seen: a callback that waits for another thread that removes its sink.
 * Errors: WANMI_E_DISPATCH_SINK, _STATE (stopped; see above), WANMI_E_ARGUMENT. Since: 0.3 */
WANMI_API wanmi_status wanmi_dispatch_remove_sink(wanmi_dispatch *dispatch, uint32_t sink,
                                                  int64_t drain_us, uint64_t *left,
                                                  wanmi_error *error);

/* Starts the threads. Errors: WANMI_E_SYSTEM, _STATE. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_start(wanmi_dispatch *dispatch, wanmi_error *error);

/* Opens a producer: its rings to every lane of every sink. Closing it leaves
 * what it has published to be delivered.
 * Owns: close with wanmi_producer_close, before the dispatch is freed.
 * Errors: WANMI_E_DISPATCH_STATE (not started), WANMI_E_LIMIT (producers_max),
 * WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_producer_open(wanmi_dispatch *dispatch, wanmi_producer **producer,
                                           wanmi_error *error);
WANMI_API void wanmi_producer_close(wanmi_producer *producer);

/* Submits `count` deliveries to one sink. `keys[i]` names what must keep its
 * order (the unit) and chooses the lane (keys[i] % lanes). On WANMI_OK all are
 * accepted: each will be delivered or dead. On an error none is.
 * Allocates nothing; wait-free under OVERFLOW and REJECT.
 * Errors: WANMI_E_DISPATCH_CLOSED, WANMI_E_DISPATCH_SINK, WANMI_E_DISPATCH_FULL
 * (policy REJECT: there is not room for all), WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_producer_submit(wanmi_producer *producer, uint32_t sink,
                                             const wanmi_delivery *deliveries, const uint32_t *keys,
                                             size_t count, wanmi_error *error);

/* ---- polling ----------------------------------------------------------------------
 *
 * A sink without a callback is polled, by any number of threads. What a poll
 * gives is leased: whoever polled answers each ticket in time, or the delivery
 * comes again, in its order, with WANMI_DELIVERY_REPEAT, as one attempt more.
 * While a delivery is leased, later ones of its key wait (under ORDER_BATCH those
 * of the same poll do not; under ORDER_NONE none does). Leases that ran out are
 * seen by the next call that polls or answers. */

/* Takes up to `capacity` deliveries, with a ticket each, leased for `lease_us`.
 * Where there are none, waits up to `wait_us` microseconds (0: not at all).
 * Errors: WANMI_AGAIN (none came), WANMI_E_DISPATCH_SINK (unknown, removed, has a
 * callback), WANMI_E_DISPATCH_STATE (not started), WANMI_E_DISPATCH_CLOSED
 * (stopped), WANMI_E_ARGUMENT. `count` is 0 with WANMI_AGAIN. Since: 0.3 */
WANMI_API wanmi_status wanmi_sink_poll(wanmi_dispatch *dispatch, uint32_t sink, int64_t lease_us,
                                       int64_t wait_us, wanmi_delivery *deliveries,
                                       uint64_t *tickets, size_t capacity, size_t *count,
                                       wanmi_error *error);

/* Answers: outcomes[i] (wanmi_outcome) for tickets[i]. `taken` (may be NULL) is how
 * many counted; the others were late (their lease had run out, or they were
 * answered before): those are ignored, and counted in the tally.
 * Errors: as wanmi_sink_poll. Since: 0.3 */
WANMI_API wanmi_status wanmi_sink_ack(wanmi_dispatch *dispatch, uint32_t sink,
                                      const uint64_t *tickets, const uint8_t *outcomes,
                                      size_t count, size_t *taken, wanmi_error *error);

/* Makes leases last `lease_us` from now. `taken` as above. Since: 0.3 */
WANMI_API wanmi_status wanmi_sink_extend(wanmi_dispatch *dispatch, uint32_t sink,
                                         const uint64_t *tickets, size_t count, int64_t lease_us,
                                         size_t *taken, wanmi_error *error);

/* ---- the end ------------------------------------------------------------------------ */

/* Stops intake, then waits until nothing is pending, no dead letter is on its
 * way and no submit is running, or `deadline_us` microseconds have passed (0:
 * look once). `left` is what is pending then. May be called again.
 * Errors: WANMI_E_DEADLINE with `left` filled, WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_drain(wanmi_dispatch *dispatch, int64_t deadline_us,
                                            uint64_t *left, wanmi_error *error);

/* Stops intake and the threads. What is still pending (queued, parked, leased)
 * goes to the dead letters with REASON_SHUTDOWN. Waits for callbacks that run, so
 * it must not be called from one, and ends no sooner than they do, the dead-letter
 * callback included: what is theirs may be freed afterwards. But nothing is pending
 * any more as soon as the sinks' callbacks have returned, at the latest when a
 * dead-letter callback has hung for dead_hung_us. A callback that adds or removes a sink
 * meanwhile gets WANMI_E_DISPATCH_STATE. Since: 0.1 */
WANMI_API void wanmi_dispatch_stop(wanmi_dispatch *dispatch);

/* ---- figures ------------------------------------------------------------------------ */

/* Figures of one sink, or of all in sum; the law holds in them. They are sums
 * over the rings. Each ring is read whole: mostly of one instant, and under a
 * load that never lets up with its producer a little later than its lane, never
 * earlier. At rest all is of one instant. */
typedef struct wanmi_tally {
    size_t struct_size;
    uint64_t accepted;
    uint64_t delivered;
    uint64_t dead;
    uint64_t pending;               /* queued + in_callback + parked + leased */
    uint64_t queued;
    uint64_t in_callback;
    uint64_t parked;                /* waiting to be tried again, or behind one that is */
    uint64_t leased;                /* polled and not yet answered */
    uint64_t dead_full;             /* dead by reason: a full ring */
    uint64_t dead_deadline;         /* a ring that stayed full */
    uint64_t dead_sink;             /* the sink answered dead */
    uint64_t dead_attempts;         /* no attempt left */
    uint64_t dead_shutdown;         /* pending when stopped */
    uint64_t dead_dropped;          /* dropped for newer ones */
    uint64_t dead_hung;             /* a full ring of a sink that hangs */
    uint64_t dead_removed;          /* pending when the sink was removed */
    uint64_t dead_unwritten;        /* of the dead: the letter is not written */
    uint64_t dead_queued;           /* of the dead: the letter is on its way */
    uint64_t batches;               /* callbacks made, or polls that gave something */
    uint64_t retried;               /* answers RETRY that led to a further attempt */
    uint64_t repeated;              /* leases that ran out */
    uint64_t late;                  /* tickets answered too late */
    uint64_t breaker_opened;        /* times */
    uint64_t slow;                  /* callbacks that lasted longer than slow_us, */
    uint64_t hung;                  /* ... than hung_us */
    uint32_t sink;                  /* number of the sink; WANMI_NONE in the sum */
    uint32_t state;                 /* wanmi_sink_state; in the sum: the highest */
} wanmi_tally;

WANMI_API void wanmi_tally_init(wanmi_tally *tally);

/* One consistent snapshot: `sinks` (may be NULL) gets one tally for each sink that
 * is there, in the order of their places, at most `capacity`; `sum` is that of
 * all sinks that ever were. Fill each with wanmi_tally_init. Stops neither
 * producers nor sinks, and ends also while callbacks hang.
 * Errors: WANMI_E_ARGUMENT. Threads: any. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_snapshot(wanmi_dispatch *dispatch, wanmi_tally *sum,
                                               wanmi_tally *sinks, size_t capacity,
                                               wanmi_error *error);

/* What is timed, lane by lane. */
typedef enum wanmi_timing {
    WANMI_TIMING_LATENCY = 0,       /* from the submit to the outcome, with all attempts. Of samples: of each ring one
                                       delivery at a time: the first, and then one that finds the lane asleep, or comes
                                       1,024 after the last. Deliveries that end without an answer of the sink (full,
                                       dropped, shutdown ...) do not count */
    WANMI_TIMING_CALLBACK = 1       /* how long callbacks last; of every one. Polled sinks have none */
} wanmi_timing;

/* Microseconds. A value is rounded up, by at most 1/128 (each up to 256 us is exact); the
 * sum is within 0.4 %. */
typedef struct wanmi_times {
    size_t struct_size;
    uint64_t count;
    uint64_t sum_us;
    uint64_t p50_us;                /* half of all are at most this; 0: there are none */
    uint64_t p90_us;
    uint64_t p99_us;
    uint64_t p999_us;
    uint64_t max_us;
} wanmi_times;

WANMI_API void wanmi_times_init(wanmi_times *times);

/* The times of one lane of a sink, or of all its lanes (WANMI_NONE), since it was
 * added. Stops nobody. Errors: WANMI_E_DISPATCH_SINK, WANMI_E_ARGUMENT. Threads: any. Since: 0.3 */
WANMI_API wanmi_status wanmi_dispatch_times(wanmi_dispatch *dispatch, uint32_t sink, uint32_t lane,
                                            wanmi_timing timing, wanmi_times *times,
                                            wanmi_error *error);

/* How many sinks there are. Since: 0.1 */
WANMI_API uint32_t wanmi_dispatch_sink_count(const wanmi_dispatch *dispatch);
/* Their numbers, in the order of their places: writes at most `capacity`, gives
 * how many there are. Since: 0.3 */
WANMI_API uint32_t wanmi_dispatch_sinks(const wanmi_dispatch *dispatch, uint32_t *numbers,
                                        uint32_t capacity);
/* NULL when there is no such sink. Lives as long as the dispatch. Since: 0.1 */
WANMI_API const char *wanmi_dispatch_sink_name(const wanmi_dispatch *dispatch, uint32_t sink);

/* How many deliveries may still name a generation: accepted, and neither ended nor
 * (when dead) gone through the dead-letter callback. Counted by generation % 64,
 * so it may be too high, never too low, for what was accepted before the call.
 * Errors: WANMI_E_ARGUMENT. Threads: any. Since: 0.3 */
WANMI_API wanmi_status wanmi_dispatch_pending_of(wanmi_dispatch *dispatch, uint32_t generation,
                                                 uint64_t *pending, wanmi_error *error);

/* The figures of one snapshot as named counters and gauges of each sink, then the
 * histograms of each of its lanes (the table in lib/dispatch/counters.c;
 * docs/counters.md is made from it). Writes at most `capacity`, gives the whole
 * number in `count`. The texts live as long as the
 * dispatch. Errors: WANMI_PARTIAL when there are more. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_counters(wanmi_dispatch *dispatch, wanmi_counter *counters,
                                               size_t capacity, size_t *count, wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
