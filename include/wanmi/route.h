/* wanmi/route.h - who receives an event.
 *
 * Takes:   events and where they lie (locate.h), a map's units, duties, rules.
 * Gives:   deliveries.
 * Threads: a wanmi_plan is immutable and shared; a wanmi_router belongs to one
 *          thread at a time.
 *
 * What a rule means (docs/routing.md has the whole language, with examples):
 *   Rules are tried in the order of `seq`. A rule matches an event when all of
 *   its conditions hold: the mode in force is one of `mode`; the event's class
 *   begins with `class`; the event lies in `area` of `layer` (a code; a prefix and
 *   '*'; or any area of the layer when `area` is empty); its source is `source`;
 *   its severity is at least `min_severity`; its time is in valid_from .. valid_to,
 *   on one of `weekdays` and in `hours` (local time in the map's zone); it names an
 *   object one of whose owners is `owner`. After a rule with `last` has matched no
 *   later one is tried.
 *   A rule that matches delivers
 *   - to each of `unit`, if it names any, in no role; and
 *   - to the holders of `role`, if it names one: of the event's own area in
 *     `at_layer` (default: the cell layer), else of that area's nearest ancestor
 *     that has holders of the role. `holders` = best takes the lowest rank (of
 *     equal ranks the lowest unit code), all takes every one of that area. The
 *     roles @authority, @property and @upkeep are held by the owners of the object
 *     that the event names: by nobody, if it names none or that owner is empty.
 *   One unit gets one delivery in one role: the first rule wins, except that a
 *   primary delivery takes the place of a copy.
 *   When no rule made a primary delivery for an event in a cell, it goes to the
 *   best duty of any role of the cell, else of its nearest ancestor that has
 *   one, else to the map's fallback unit (rule FALLBACK). So every event inside
 *   the map reaches somebody; a plan that cannot promise it is refused.
 *   An event outside every cell goes to the map's fallback unit (rule OUTSIDE)
 *   or, if there is none, to nobody: WANMI_REASON_OUTSIDE.
 *   In a layer above the cells the event's area is the one that covers it, else
 *   the cell's ancestor. A snapped event counts as in its cell, and so as in its
 *   cell's ancestors.
 *   A delivery's due time is what the first row of the rule's `deadline` says whose
 *   conditions hold; without one, and for fallbacks, there is none.
 *   An event of WANMI_DATUM_OBJECT is where its object is; without a class of its
 *   own it has its object's.
 */
#ifndef WANMI_ROUTE_H
#define WANMI_ROUTE_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "locate.h"
#include "map.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_plan wanmi_plan;
typedef struct wanmi_router wanmi_router;

/* The most deliveries one event can have; a plan that could make more is
 * refused with WANMI_E_LIMIT. */
#define WANMI_DELIVERIES_MAX 1024

/* Compiles a map's rules, calendars, deadlines and escalations. Keeps map and
 * words alive. With `on_problem` NULL the first problem is the error; else every
 * problem is reported before it. A problem whose status is WANMI_OK is a warning:
 * it hinders nothing, and is looked for only when all else is well and on_problem
 * is given. Warnings name the row of a rule that can match no event (an earlier
 * rule with `last` matches all that it could, its layer has no areas, its calendar
 * no such days, or no object such an owner), of a role that nobody has, and of a
 * mode that is named by one row alone while others share theirs.
 * Owns: release with wanmi_plan_release. Threads: any.
 * Errors: WANMI_E_ROUTE_RULE (a rule, deadline or escalation that cannot be obeyed,
 * by row; also where its calendar has too little working time to reach the limit
 * within ten years), WANMI_E_ROUTE_NOBODY (names the first cell that nobody answers
 * for), WANMI_E_LIMIT (more than WANMI_DELIVERIES_MAX, or 63 modes), WANMI_E_MEMORY.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_plan_create(wanmi_map *map, wanmi_words *words,
                                         wanmi_problem_fn on_problem, void *problem_user,
                                         wanmi_plan **plan, wanmi_error *error);

/* What a check finds in the tables of a map. Texts live during the call that
 * reports it; an unknown one is "". */
typedef struct wanmi_plan_finding {
    int32_t severity;               /* 1 note, 2 warning, 3 error: with one, the map makes no plan */
    wanmi_status status;            /* of the error; WANMI_OK: a note or warning */
    const char *table;              /* wanmi_rules, wanmi_units ...; or the cell layer */
    const char *column;
    const char *value;
    const char *layer;              /* with an area: its layer */
    const char *code;               /* of the area or unit */
    const char *message;            /* whole by itself: names table, row, column and value */
    int64_t row;                    /* of the source; 0: not known */
} wanmi_plan_finding;

typedef void (*wanmi_plan_finding_fn)(void *user, const wanmi_plan_finding *finding);

/* Looks through all that routes, for people who write it, and reports each thing:
 *   errors    what wanmi_plan_create refuses. Where a row is wrong, only the
 *             tables are looked at further, not the rules
 *   warnings  rules that can match no event (no such area, or none valid at
 *             `instant_us`; no such day in the calendar; no object with such an owner;
 *             an earlier rule with `last` matches all that they could); roles that
 *             nobody has; two duties of one area, role and rank where a rule
 *             takes the best; calendars without working hours; escalations that never
 *             apply or find nobody
 *   notes     units that nothing leads to; deadlines and calendars that nothing
 *             names; modes that one row alone names while others share theirs;
 *             rules whose validity is over
 * `instant_us` WANMI_TIME_NONE: the clock's now. `found` (may be NULL) gives the
 * number of findings. A rule is held against single earlier ones, not against
 * several together: ten thousand rules take well under a second.
 * Owns: nothing. Threads: any. Errors: WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_plan_check(wanmi_map *map, int64_t instant_us,
                                        wanmi_plan_finding_fn on_finding, void *user,
                                        uint64_t *found, wanmi_error *error);

WANMI_API wanmi_plan *wanmi_plan_retain(wanmi_plan *plan);
WANMI_API void wanmi_plan_release(wanmi_plan *plan);
WANMI_API wanmi_map *wanmi_plan_map(const wanmi_plan *plan);      /* borrowed */
WANMI_API uint64_t wanmi_plan_bytes(const wanmi_plan *plan);
/* The most deliveries one event can have under this plan. */
WANMI_API uint32_t wanmi_plan_deliveries_max(const wanmi_plan *plan);

/* The object whose code is this word of the plan's words, or WANMI_NONE. Threads:
 * any. Since: 0.2 */
WANMI_API uint32_t wanmi_plan_object(const wanmi_plan *plan, uint32_t object_id);

/* When an event is due under a profile (the `name` of rows of wanmi_deadlines):
 * gives in `deadline` (may be NULL) the index of the row that says it, WANMI_NONE
 * where no row's conditions hold and in `due_us` WANMI_TIME_NONE. `class_id` as in
 * wanmi_event, `cell` an area of the cell layer or WANMI_NONE, `mode` as in
 * wanmi_router_set_mode, `time_us` an instant.
 * Threads: any. Errors: WANMI_E_ARGUMENT (also an unknown profile, class or cell).
 * Since: 0.2 */
WANMI_API wanmi_status wanmi_plan_due(const wanmi_plan *plan, const char *profile, uint32_t class_id,
                                      uint32_t cell, uint8_t severity, const char *mode,
                                      int64_t time_us, int64_t *due_us, uint32_t *deadline,
                                      wanmi_error *error);

typedef enum wanmi_escalation_on {
    WANMI_NOT_ACKNOWLEDGED = 0,
    WANMI_NOT_DONE = 1
} wanmi_escalation_on;

/* One step of a chain. 24 bytes. */
typedef struct wanmi_escalation {
    int64_t at_us;                  /* takes over at this instant if the delivery is not acknowledged, or not done */
    uint32_t unit;
    uint32_t row;                   /* index for wanmi_map_escalation */
    uint16_t role;                  /* in which role; 0xFFFF: in none */
    uint16_t tag;                   /* 0xFFFF: none */
    uint8_t priority;
    uint8_t on;                     /* wanmi_escalation_on */
    uint8_t reserved[2];            /* zero */
} wanmi_escalation;

/* Who takes over when a delivery of this plan's map is not acknowledged or not done
 * in time: a step for each row of wanmi_escalations whose conditions hold, in the
 * order of `seq`.
 *   at       the row's limit after the delivery's time, or after its due time; a
 *            row that counts from the due time of a delivery without one is left out;
 *   unit_parent   the parent of the unit of the step before (of the delivery's);
 *   area_parent   going up from the area where the step before stood, the first
 *            area with holders of `target_role`, else of the delivery's role (in no
 *            role or an owner's: of any). A delivery stands where its unit holds its
 *            role, the cell or the nearest area above it; if nowhere, at the cell;
 *   holder   the same, from the cell's area in `at_layer` on;
 *   unit     `target_unit`.
 * Of several holders it is the best who is not in the chain yet. A unit that is in
 * the chain already (the delivery's own too) is left out, as is a step without one.
 * `mode` as in wanmi_router_set_mode. Gives in `count` all steps, writes
 * `capacity` at most: at most one a row.
 * Owns: the caller gives `steps`. Threads: any. Errors: WANMI_E_ARGUMENT (also a
 * delivery of another generation), WANMI_E_MEMORY; WANMI_PARTIAL: there are more than
 * `capacity`. Since: 0.2 */
WANMI_API wanmi_status wanmi_plan_escalate(const wanmi_plan *plan, const wanmi_delivery *delivery,
                                           const char *mode, wanmi_escalation *steps, size_t capacity,
                                           size_t *count, wanmi_error *error);

/* A thread's session; keeps the plan alive, and the index of the last locator. The
 * locator whose tuples it reads is given with each call and must be of the same map;
 * the first call with another index looks through its cells once (some nanoseconds a cell).
 * Owns: free with wanmi_router_free. Errors: WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_router_create(wanmi_plan *plan, wanmi_router **router, wanmi_error *error);
WANMI_API void wanmi_router_free(wanmi_router *router);

/* Puts a mode in force for the events routed from now on: one word, as rules and
 * deadlines name it; NULL and "" mean "normal", in which a router begins. A mode that no row
 * names is allowed: what asks for no mode holds in it.
 * Threads: the router's own. Errors: WANMI_E_ARGUMENT (a ';' in it). Since: 0.2 */
WANMI_API wanmi_status wanmi_router_set_mode(wanmi_router *router, const char *mode, wanmi_error *error);

/* Which way rules are evaluated: WANMI_ENGINE_FAST, in which a router begins, as they
 * are compiled; WANMI_ENGINE_EXACT one after the other, the reference. Both give the
 * same deliveries. Threads: the router's own. Errors: WANMI_E_ARGUMENT. Since: 0.2 */
WANMI_API wanmi_status wanmi_router_set_engine(wanmi_router *router, wanmi_engine engine,
                                               wanmi_error *error);

/* Which machine code WANMI_ENGINE_FAST runs: of itself the best that the processor
 * carries; all give the same deliveries. WANMI_KERNEL_AUTO: that one again. Another one
 * is for measuring and testing. Threads: the router's own. Errors: WANMI_E_ARGUMENT,
 * WANMI_E_UNSUPPORTED (the kernel is not of this processor or build). Since: 0.2 */
WANMI_API wanmi_status wanmi_router_use_kernel(wanmi_router *router, wanmi_kernel kernel, wanmi_error *error);
WANMI_API wanmi_kernel wanmi_router_kernel(const wanmi_router *router);

/* Where events are, for wanmi_locate: their own x, y and datum; of events that name
 * an object of the map its x, y and WANMI_DATUM_MAP. An unknown object keeps
 * WANMI_DATUM_OBJECT, which the locator rejects and wanmi_route answers with
 * WANMI_REASON_OBJECT.
 * Owns: the caller owns all arrays, of `count` each. Threads: the router's own.
 * Errors: WANMI_E_MEMORY (a class or object first seen). Since: 0.2 */
WANMI_API wanmi_status wanmi_router_places(wanmi_router *router, const wanmi_event *events, size_t count,
                                           double *x, double *y, uint8_t *datums, wanmi_error *error);

/* Routes `count` events whose hits (cell, tuple, where, reason: all needed) the
 * locator has given. `now_us` stands for the time of events without one
 * (WANMI_TIME_NONE: the clock of the map's host, read once).
 * Writes deliveries in the order of the events, those of one event in the order
 * of their rules; `first[i]` .. `first[i+1]` are those of event i (`first` has
 * count + 1 places). An event without deliveries gets its reason in
 * `unrouted[i]` (wanmi_reason), others 0.
 * Stops before the first event whose deliveries might not fit: `done` says how
 * many events were routed, status WANMI_PARTIAL; call again with the rest. A
 * capacity of wanmi_plan_deliveries_max() lets at least one through.
 * Owns: the caller owns all arrays. Threads: the router's own thread.
 * Errors: WANMI_E_ARGUMENT, WANMI_E_MEMORY (a class or object first seen; where events
 * before it were routed, WANMI_PARTIAL). Since: 0.1 */
WANMI_API wanmi_status wanmi_route(wanmi_router *router, const wanmi_locator *locator,
                                   const wanmi_event *events, size_t count, const wanmi_hits *hits,
                                   int64_t now_us, wanmi_delivery *deliveries, size_t capacity,
                                   size_t *first, uint8_t *unrouted, size_t *done,
                                   wanmi_error *error);

/* The first condition of a rule, in the order of the columns, that an event does
 * not fulfil. */
typedef enum wanmi_condition {
    WANMI_CONDITION_NONE = 0,       /* all hold: the rule matches */
    WANMI_CONDITION_MODE = 1,
    WANMI_CONDITION_CLASS = 2,
    WANMI_CONDITION_PLACE = 3,      /* `layer` and `area` */
    WANMI_CONDITION_OWNER = 4,      /* also: the event names no object */
    WANMI_CONDITION_SOURCE = 5,
    WANMI_CONDITION_SEVERITY = 6,
    WANMI_CONDITION_VALIDITY = 7,
    WANMI_CONDITION_TIME = 8,       /* `weekdays` and `hours` */
    WANMI_CONDITION_LAST = 9,       /* not looked at: an earlier rule with `last` has matched */
    WANMI_CONDITION_CELL = 10       /* not looked at: the event lies in no cell */
} wanmi_condition;

/* Why each rule of the map matches one event, or not: `failed` gets a
 * wanmi_condition for each, numbered as in the map; `capacity` is at least their
 * number. `event`, the first of `hits` (cell, tuple, where) and `now_us` as in
 * wanmi_route, which obeys just the rules that get WANMI_CONDITION_NONE here.
 * For a person who asks about one event: it reads every rule.
 * Owns: the caller owns all arrays. Threads: the router's own. Errors:
 * WANMI_E_ARGUMENT (also a class that is not in the words), WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_route_explain(wanmi_router *router, const wanmi_locator *locator,
                                           const wanmi_event *event, const wanmi_hits *hits,
                                           int64_t now_us, uint8_t *failed, size_t capacity,
                                           wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
