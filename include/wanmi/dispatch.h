/* wanmi/dispatch.h - deliveries to sinks, none lost, all counted.
 *
 * Takes:   deliveries, each for one sink, from any number of producers.
 * Gives:   batches to each sink's callback; the rest to the dead letters.
 * Threads: a wanmi_producer belongs to one thread at a time; the other functions
 *          may be called from any thread. Callbacks run on threads that the
 *          dispatch owns: one a lane, one for the dead letters.
 *
 * The law, true in every snapshot, for every sink and in sum:
 *     accepted = delivered + dead + pending
 * accepted: given to wanmi_producer_submit for that sink and not refused.
 * pending is measured from the rings and the batches in callbacks, never
 * computed from the others. A dead letter that cannot be written counts as dead
 * and as dead_unwritten.
 *
 * Order: deliveries with the same lane key, of one producer, reach a sink in
 * the order they were submitted. Each sink has its own lanes, rings and threads:
 * a sink that hangs or fails leaves the others alone, unless its policy is BLOCK.
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

#define WANMI_SINKS_MAX 64
#define WANMI_LANES_MAX 64

/* What happens when a sink's ring is full. */
typedef enum wanmi_policy {
    WANMI_POLICY_OVERFLOW = 0,      /* the delivery goes to the dead letters, REASON_FULL; others go on */
    WANMI_POLICY_BLOCK = 1          /* the producer waits, at most block_us a submit call; then dead, REASON_DEADLINE */
} wanmi_policy;

/* The sink's callback. Gets `count` deliveries of one lane; writes one outcome a
 * delivery (they come filled with WANMI_DELIVERED). Runs on the lane's thread;
 * lanes of one sink call it at the same time. The array lives during the call. */
typedef void (*wanmi_deliver_fn)(void *user, const wanmi_delivery *batch, size_t count,
                                 uint8_t *outcomes);

typedef struct wanmi_sink_def {
    size_t struct_size;
    const char *name;               /* 1 to 63 bytes of UTF-8 without control characters; unique */
    wanmi_deliver_fn deliver;
    void *user;
    uint32_t lanes;                 /* 1 to 64 */
    uint32_t batch_max;             /* records a callback, 1 to 65536; default 1024 */
    wanmi_policy policy;
    int32_t reserved;
    int64_t block_us;               /* BLOCK: longest wait of one submit call, microseconds */
} wanmi_sink_def;

WANMI_API void wanmi_sink_def_init(wanmi_sink_def *def);

/* A delivery that ended dead. */
typedef struct wanmi_dead_letter {
    wanmi_delivery delivery;
    int64_t first_seen_us;          /* when it was submitted (overflow) or first handed over */
    int64_t dead_us;
    uint32_t sink;                  /* index of the sink */
    uint16_t attempts;              /* callbacks that saw it */
    uint16_t reason;                /* wanmi_reason */
} wanmi_dead_letter;

/* Where dead letters go. Returns how many of the first were written; the others
 * count as dead_unwritten. Runs on the dead-letter thread. */
typedef size_t (*wanmi_dead_fn)(void *user, const wanmi_dead_letter *letters, size_t count);

typedef struct wanmi_dispatch_options {
    size_t struct_size;
    size_t ring_capacity;           /* records of one producer's ring to one lane; power of two; default 16384 */
    size_t dead_capacity;           /* letters of one thread's ring to the dead-letter thread; default 4096 */
    uint32_t producers_max;         /* open, or closed and not yet empty, at the same time; 1 to 65536; default 64 */
    uint32_t reserved;
    wanmi_dead_fn dead;             /* NULL: dead letters are counted as unwritten */
    void *dead_user;
} wanmi_dispatch_options;

WANMI_API void wanmi_dispatch_options_init(wanmi_dispatch_options *options);

/* Owns: free with wanmi_dispatch_free. Errors: WANMI_E_MEMORY, WANMI_E_ARGUMENT,
 * WANMI_E_QUEUE_CAPACITY. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_create(const wanmi_dispatch_options *options,
                                             const wanmi_host *host, wanmi_dispatch **dispatch,
                                             wanmi_error *error);
/* Stops as wanmi_dispatch_stop does with no time left, and frees. Producers must
 * be closed before. Since: 0.1 */
WANMI_API void wanmi_dispatch_free(wanmi_dispatch *dispatch);

/* Adds a sink; before wanmi_dispatch_start. `sink` is its index from 0.
 * Errors: WANMI_E_DISPATCH_SINK, _STATE, WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_add_sink(wanmi_dispatch *dispatch, const wanmi_sink_def *def,
                                               uint32_t *sink, wanmi_error *error);

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

/* Submits `count` deliveries to one sink. `keys[i]` chooses the lane (keys[i] %
 * lanes): give equal keys what must keep its order. On WANMI_OK all are accepted:
 * each will be delivered or dead. On an error none is.
 * Allocates nothing; wait-free under OVERFLOW.
 * Errors: WANMI_E_DISPATCH_CLOSED, WANMI_E_DISPATCH_SINK, WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_producer_submit(wanmi_producer *producer, uint32_t sink,
                                             const wanmi_delivery *deliveries, const uint32_t *keys,
                                             size_t count, wanmi_error *error);

/* Stops intake, then waits until nothing is pending, no dead letter is on its
 * way and no submit is running, or `deadline_us` microseconds have passed (0:
 * look once). `left` is what is pending then. May be called again.
 * Errors: WANMI_E_DEADLINE with `left` filled, WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_drain(wanmi_dispatch *dispatch, int64_t deadline_us,
                                            uint64_t *left, wanmi_error *error);

/* Stops intake and the threads. What is still pending goes to the dead letters
 * with REASON_SHUTDOWN. Waits for callbacks that run, so it must not be called
 * from one. Since: 0.1 */
WANMI_API void wanmi_dispatch_stop(wanmi_dispatch *dispatch);

/* Figures of one sink, or of all in sum; the law holds in them. They are sums
 * over the rings. Each ring is read whole: mostly of one instant, and under a
 * load that never lets up with its producer a little later than its lane, never
 * earlier. At rest all is of one instant. */
typedef struct wanmi_tally {
    size_t struct_size;
    uint64_t accepted;
    uint64_t delivered;
    uint64_t dead;
    uint64_t pending;               /* queued + in_callback */
    uint64_t queued;
    uint64_t in_callback;
    uint64_t dead_full;             /* dead by reason: a full ring */
    uint64_t dead_deadline;         /* a ring that stayed full */
    uint64_t dead_sink;             /* the sink answered dead */
    uint64_t dead_attempts;         /* no attempt left */
    uint64_t dead_shutdown;         /* pending when stopped */
    uint64_t dead_unwritten;        /* of the dead: the letter is not written */
    uint64_t dead_queued;           /* of the dead: the letter is on its way */
    uint64_t batches;               /* callbacks made */
} wanmi_tally;

WANMI_API void wanmi_tally_init(wanmi_tally *tally);

/* One consistent snapshot: `sinks` (may be NULL) gets one tally a sink, at most
 * `capacity`; `sum` is that of all sinks. Fill each with wanmi_tally_init. Stops
 * neither producers nor sinks, and ends also while callbacks hang.
 * Errors: WANMI_E_ARGUMENT. Threads: any. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_snapshot(wanmi_dispatch *dispatch, wanmi_tally *sum,
                                               wanmi_tally *sinks, size_t capacity,
                                               wanmi_error *error);
WANMI_API uint32_t wanmi_dispatch_sink_count(const wanmi_dispatch *dispatch);
WANMI_API const char *wanmi_dispatch_sink_name(const wanmi_dispatch *dispatch, uint32_t sink);

/* The figures of a snapshot as named counters (the table in
 * lib/dispatch/counters.c; docs/counters.md is made from it). Writes at most
 * `capacity`, gives the whole number in `count`. The texts live as long as the
 * dispatch. Errors: WANMI_PARTIAL when there are more. Since: 0.1 */
WANMI_API wanmi_status wanmi_dispatch_counters(wanmi_dispatch *dispatch, wanmi_counter *counters,
                                               size_t capacity, size_t *count, wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
