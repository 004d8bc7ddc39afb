/* wanmi/flow.h - the whole way with one handle: events in, deliveries out.
 *
 * Takes:   a map, sinks with subscriptions, events from any number of threads.
 * Gives:   deliveries to the sinks that want them; an account of every event.
 * Threads: a wanmi_intake belongs to one thread at a time; the other functions
 *          may be called from any thread.
 *
 * The laws, true in every snapshot:
 *     submitted = routed + unrouted + refused      (events)
 *     accepted  = delivered + dead + pending       (deliveries, one a sink)
 * routed: at least one delivery was accepted by a sink. unrouted: rejected,
 * outside without a fallback unit, or wanted by no sink's subscription.
 * refused: the events of a submit call that returned an error, or came after
 * intake had stopped.
 *
 * Map and sinks may be changed while events flow. Each submit call works with one
 * map and one set of sinks from its first event to its last: those in force when
 * it began. A change is whole or it is an error that has changed nothing. The
 * old map is freed by itself when no submit works with it and no delivery that is
 * pending, leased or on its way as a dead letter names it.
 *
 * Fork: as in dispatch.h. In a child every function on a handle of its parent
 * answers WANMI_E_DISPATCH_STATE; wanmi_flow_free gives back the memory and waits
 * for nothing, wanmi_intake_close and wanmi_flow_stop do nothing.
 */
#ifndef WANMI_FLOW_H
#define WANMI_FLOW_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "dispatch.h"
#include "locate.h"
#include "map.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_flow wanmi_flow;
typedef struct wanmi_intake wanmi_intake;

/* What happens where a subscription names a unit, role, tag or cell that a map
 * does not have. */
typedef enum wanmi_missing {
    WANMI_MISSING_REFUSE = 0,       /* the map (or the sink) is refused, WANMI_E_FLOW_FILTER; what is in force stays */
    WANMI_MISSING_WARN = 1          /* the name is passed over, and told to the host's log */
} wanmi_missing;

typedef struct wanmi_flow_options {
    size_t struct_size;
    wanmi_engine engine;
    wanmi_missing missing;          /* default WANMI_MISSING_REFUSE */
    size_t batch_max;               /* events routed at once inside a submit; default 1024 */
    wanmi_dispatch_options dispatch;
} wanmi_flow_options;

WANMI_API void wanmi_flow_options_init(wanmi_flow_options *options);

/* What a sink wants; every condition that is set must hold. NULL or "" = any.
 * Lists are separated by ';'. Texts are copied. They are compiled to integer
 * tests against the map in force, anew for each map. */
typedef struct wanmi_subscription {
    size_t struct_size;
    const char *classes;            /* class prefixes */
    const char *units;              /* unit codes; "CODE/" takes that unit and all below it */
    const char *roles;
    const char *sources;
    const char *cells;              /* cell codes; a prefix followed by '*' */
    const char *tags;
    int32_t priority_max;           /* 0 to 9: only this urgent or more; 9 = any */
    int32_t severity_min;           /* 0 to 255 */
    int32_t copies;                 /* 0: primaries and copies; 1: primaries only; 2: copies only */
    int32_t reserved;
} wanmi_subscription;

WANMI_API void wanmi_subscription_init(wanmi_subscription *subscription);

/* Owns: free with wanmi_flow_free. Errors: as wanmi_dispatch_create. Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_create(const wanmi_flow_options *options, const wanmi_host *host,
                                         wanmi_flow **flow, wanmi_error *error);
/* Stops (wanmi_flow_stop) and frees. Intakes must be closed before. Since: 0.1 */
WANMI_API void wanmi_flow_free(wanmi_flow *flow);

/* The words that number the events' classes and sources. Borrowed. Since: 0.1 */
WANMI_API wanmi_words *wanmi_flow_words(const wanmi_flow *flow);

/* Gives the flow its map: compiles index and plan on the caller's thread. May be
 * called again at any time. Before wanmi_flow_start the map takes the place of the one before. After it,
 * while events flow, the subscriptions and a locator and router for each open
 * intake are made as well, and then all is put in force at once: for every submit
 * that begins after this returns. A submit that runs goes on with the old map.
 * Neither intakes nor sinks wait, and no other thread does but one that changes
 * map or sinks as well.
 * A map after the start is of a later generation than the one in force. At most 64
 * maps are alive at a time: a sink that hangs keeps those that its deliveries name.
 * While 64 are, the answer is WANMI_E_LIMIT before anything is compiled, and the account
 * counts it (swaps_put_off): the swap is put off, and the caller offers this map or a
 * later one again, once the account's maps_alive is less.
 * Threads: any. Errors, which all leave the old map in force: WANMI_E_ROUTE_...,
 * WANMI_E_FLOW_MAP (not of a later generation), WANMI_E_FLOW_FILTER (a subscription
 * names what the map does not have), WANMI_E_LIMIT (64 maps are alive),
 * WANMI_E_DISPATCH_STATE (stopped), WANMI_E_CRS_..., WANMI_E_LOCATE_GEOS,
 * WANMI_E_SYSTEM (no thread), WANMI_E_MEMORY. Since: 0.1; after the start: 0.3 */
WANMI_API wanmi_status wanmi_flow_set_map(wanmi_flow *flow, wanmi_map *map, wanmi_error *error);

/* The same with an index that is there already, such as one opened from its image
 * (locate.h): the flow's map is the index's. Since: 0.2 */
WANMI_API wanmi_status wanmi_flow_set_index(wanmi_flow *flow, wanmi_index *index, wanmi_error *error);

/* Frees what nobody uses any more, and waits for what the flow's own thread is
 * freeing; gives in `alive` (may be NULL) how many maps
 * are alive then, the one in force among them. The flow does this by itself, within
 * half a second: this is for who wants to know, or cannot wait.
 * Threads: any. Errors: WANMI_E_ARGUMENT. Since: 0.3 */
WANMI_API wanmi_status wanmi_flow_reclaim(wanmi_flow *flow, uint32_t *alive, wanmi_error *error);

/* Puts a mode in force (see wanmi_router_set_mode; a flow begins in "normal"): for
 * every submit that begins after this returns. A submit that runs goes on in the
 * mode it began in.
 * Threads: any. Errors: WANMI_E_ARGUMENT (a ';' in it, more than WANMI_CODE_MAX
 * bytes), WANMI_E_LIMIT (1,024 different modes), WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_flow_set_mode(wanmi_flow *flow, const char *mode, wanmi_error *error);

/* The map of a generation that deliveries still name; NULL when gone. Borrowed:
 * valid as long as a delivery of that generation is pending: inside a sink's or
 * the dead letters' callback for its deliveries, or under a lease. Takes no lock.
 * Since: 0.1 */
WANMI_API wanmi_map *wanmi_flow_map(const wanmi_flow *flow, uint32_t generation);

/* Writes a delivery as one line of JSON without its line feed and without a NUL,
 * codes in place of numbers by the map of its own generation:
 *   {"id":17,"user":0,"time":"2026-11-22T08:30:00+08:00","class":"0203","source":null,
 *    "severity":0,"cell":"110101001001010","unit":"C1","role":"网格长","rule":"40",
 *    "step":"duty","priority":5,"due":null,"copy":0,"tags":null,"generation":3,"repeat":0}
 * (in one line); names and texts as in the rows of `wanmi route`. Gives the line's
 * length; writes nothing that can be used if that is more than `size`. 0: the
 * delivery's map is gone. `flow` is a wanmi_flow: the function is a wanmi_line_fn
 * (sinks.h).
 * Threads: any, where wanmi_flow_map may be called. Since: 0.3 */
WANMI_API size_t wanmi_flow_line(void *flow, const wanmi_delivery *delivery, char *buffer, size_t size);

/* Adds a sink with its subscription (NULL: everything), before the start or while
 * events flow: then for every submit that begins after this returns. `sink` (may be NULL) is
 * its number, as wanmi_dispatch_add_sink gives it. On an error the sink was not
 * taken: its callbacks, `release` among them, are not called.
 * Errors: WANMI_E_DISPATCH_SINK, _STATE (stopped), WANMI_E_FLOW_FILTER,
 * WANMI_E_ARGUMENT, WANMI_E_MEMORY, WANMI_E_SYSTEM. Since: 0.1; after the start: 0.3 */
WANMI_API wanmi_status wanmi_flow_add_sink(wanmi_flow *flow, const wanmi_sink_def *def,
                                           const wanmi_subscription *subscription, uint32_t *sink,
                                           wanmi_error *error);

/* Removes a sink: a submit that begins after this asks it no more, and to one that runs
 * it wants nothing from here on. Else as wanmi_dispatch_remove_sink. Where that refuses,
 * as it would wait for the callback that asks for it (WANMI_E_DISPATCH_STATE), the flow asks the
 * sink no more all the same; call it again from elsewhere for the rest. Since: 0.3 */
WANMI_API wanmi_status wanmi_flow_remove_sink(wanmi_flow *flow, uint32_t sink, int64_t drain_us,
                                              uint64_t *left, wanmi_error *error);

/* The dispatch of the flow, for wanmi_sink_poll, _ack, _extend and names of sinks.
 * Sinks are added and removed by the flow alone. Borrowed. Since: 0.3 */
WANMI_API wanmi_dispatch *wanmi_flow_dispatch(const wanmi_flow *flow);

/* Compiles the subscriptions and starts the threads.
 * Errors: WANMI_E_FLOW_MAP (no map), WANMI_E_FLOW_FILTER (names a unit, role,
 * tag or cell the map does not have), WANMI_E_SYSTEM. Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_start(wanmi_flow *flow, wanmi_error *error);

/* Opens an intake: a thread's locator, router and rings.
 * Owns: close with wanmi_intake_close. Errors: WANMI_E_LIMIT, WANMI_E_MEMORY,
 * WANMI_E_CRS_..., WANMI_E_DISPATCH_STATE. Since: 0.1 */
WANMI_API wanmi_status wanmi_intake_open(wanmi_flow *flow, wanmi_intake **intake, wanmi_error *error);
WANMI_API void wanmi_intake_close(wanmi_intake *intake);

/* What became of one event. */
typedef struct wanmi_receipt {
    uint32_t cell;                  /* index, or WANMI_NONE */
    uint32_t deliveries;            /* accepted by sinks, one a sink */
    uint8_t where;                  /* wanmi_where */
    uint8_t reason;                 /* wanmi_reason when it was not routed; else 0 */
    uint8_t reserved[2];
    uint32_t generation;            /* of the map that answered; 0 of events refused before they were routed */
} wanmi_receipt;

/* Submits `count` events. One of WANMI_DATUM_OBJECT is where its object is; of an
 * unknown object it is rejected (WANMI_REASON_OBJECT). All are accounted for when it returns; their
 * deliveries are on their way. `receipts` may be NULL, else one an event.
 * Locates and routes on the caller's thread; allocates nothing per event. Events
 * without a time take one instant, read once at the start of the call. The
 * receipts of refused events say WANMI_REASON_CLOSED, _FULL or _ERROR.
 * Sinks of policy REJECT are asked before the others: where one has no room, the
 * events at hand (at most batch_max) that no other such sink has taken are
 * refused, and so are the rest.
 * Threads: the intake's own. Errors: WANMI_E_DISPATCH_CLOSED (all are refused),
 * WANMI_E_DISPATCH_FULL (a sink of policy REJECT), WANMI_E_LOCATE_GEOS, WANMI_E_MEMORY: `done` (may be NULL) says how many from
 * the front were accounted as routed or unrouted, the rest are refused. Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_submit(wanmi_intake *intake, const wanmi_event *events, size_t count,
                                         wanmi_receipt *receipts, size_t *done, wanmi_error *error);

/* As wanmi_dispatch_drain, _stop: intake stops first. An event reaches all the
 * sinks that want it or is refused: a submit that is handing over may end that
 * (drain waits for it until its deadline; stop for a second, then it is cut off,
 * and what became of each event stands in its receipt). Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_drain(wanmi_flow *flow, int64_t deadline_us, uint64_t *left,
                                        wanmi_error *error);
WANMI_API void wanmi_flow_stop(wanmi_flow *flow);

/* The account of events; both laws hold in it. */
typedef struct wanmi_account {
    size_t struct_size;
    uint64_t submitted;
    uint64_t routed;
    uint64_t unrouted;
    uint64_t refused;
    uint64_t inside;                /* of the submitted and not refused: by where they lie */
    uint64_t snapped;
    uint64_t outside;
    uint64_t rejected;
    uint64_t unwanted;              /* of the unrouted: wanted by no subscription */
    uint64_t deliveries;            /* made by the rules, before subscriptions */
    wanmi_tally sum;                /* of all sinks */
    uint64_t swaps;                 /* maps that took the place of another since the start. Since 0.3 */
    uint64_t generation;            /* of the map in force; 0: none yet */
    uint64_t maps_alive;            /* that one, and those before it that are still named */
    uint64_t swaps_put_off;         /* maps answered WANMI_E_LIMIT: 64 were alive. Since 0.3 */
} wanmi_account;

WANMI_API void wanmi_account_init(wanmi_account *account);

/* One consistent snapshot. `sinks` as in wanmi_dispatch_snapshot. Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_snapshot(wanmi_flow *flow, wanmi_account *account,
                                           wanmi_tally *sinks, size_t capacity, wanmi_error *error);

/* The account's `deliveries` by tag: deliveries[i] those of tag i of the map in
 * force, the last those without a tag; those made under earlier maps are counted by
 * the tag's text. (Tags that only earlier maps had stand in wanmi_flow_counters.) Gives in `count` how many figures there are, writes at
 * most `capacity`. Read while events are submitted, their sum may be some
 * batches ahead of or behind an account.
 * Threads: any. Errors: WANMI_PARTIAL when they did not fit. Since: 0.2 */
WANMI_API wanmi_status wanmi_flow_deliveries_by_tag(wanmi_flow *flow, uint64_t *deliveries, size_t capacity,
                                                    size_t *count, wanmi_error *error);

/* As wanmi_dispatch_counters, with the flow's own before them, those by tag with
 * the label `tag`: of all maps that the flow has had. Since: 0.1 */
WANMI_API wanmi_status wanmi_flow_counters(wanmi_flow *flow, wanmi_counter *counters, size_t capacity,
                                           size_t *count, wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
