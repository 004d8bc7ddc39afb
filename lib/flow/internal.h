/* What the files of this room share.
 *
 * A generation is all that belongs to one map: index, plan, subscriptions as
 * integer tests. It never changes and is counted; an intake works with one for a
 * whole submit. So a change of map is a change of the generation that intakes
 * pick up, and no event sees half of two.
 */
#ifndef WM_FLOW_INTERNAL_H
#define WM_FLOW_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "wanmi/flow.h"
#include "wanmi/locate.h"
#include "wanmi/route.h"

/* ---- subscriptions --------------------------------------------------------------- */

/* A sink's subscription, its texts copied; "" = any. */
typedef struct wm_wish {
    const char *classes, *units, *roles, *sources, *cells, *tags;
    int32_t priority_max, severity_min, copies;
} wm_wish;

/* Sets of sinks, a bit a sink. A delivery is wanted by the sinks whose bit is in
 * the set of its unit, of its role, and so on: one AND a condition, for all
 * sinks at once. */
typedef struct wm_filters {
    uint64_t *units;                    /* by unit */
    uint64_t *roles, *tags;             /* by number; the last is for "none" */
    uint64_t *cells;                    /* by cell - first_cell; NULL: no sink names cells */
    uint32_t unit_count, role_count, tag_count, first_cell, cell_count;
    uint64_t all;
    uint64_t without_cell, without_class, without_source;
    uint64_t priority[10], severity[256], copies[2];
} wm_filters;

/* Copies and checks a subscription (NULL: everything) as far as it can be seen
 * without a map. */
wanmi_status wm_wish_read(wm_arena *arena, const wanmi_subscription *subscription, const char *sink,
                          wm_wish *wish, wanmi_error *error);

/* Compiles the wishes of `count` sinks against a map. Names unknown things. */
wanmi_status wm_filters_compile(wm_filters *filters, const wanmi_host *host, const wanmi_map *map,
                                const wm_wish *wishes, const wanmi_dispatch *dispatch,
                                wanmi_error *error);
void wm_filters_drop(wm_filters *filters, const wanmi_host *host);

/* The sinks that want a class, a source, by its text. */
uint64_t wm_wishes_class(const wm_wish *wishes, uint32_t count, const char *text);
uint64_t wm_wishes_source(const wm_wish *wishes, uint32_t count, const char *text);

/* ---- generations ------------------------------------------------------------------ */

typedef struct wm_generation {
    atomic_uint references;
    const wanmi_host *host;             /* the flow's */
    wanmi_map *map;
    wanmi_index *index;
    wanmi_plan *plan;
    uint32_t *unit_keys;                /* a hash of each unit's code: its lane, whatever the map */
    uint32_t unit_count;
    wm_filters filters;
} wm_generation;

/* `index` NULL: compiled. */
wanmi_status wm_generation_make(const wanmi_host *host, wanmi_map *map, wanmi_index *index,
                                wanmi_words *words, wm_generation **generation, wanmi_error *error);
wm_generation *wm_generation_retain(wm_generation *generation);
void wm_generation_release(wm_generation *generation);

/* ---- the account ------------------------------------------------------------------ */

enum {
    WM_SUBMITTED, WM_ROUTED, WM_UNROUTED, WM_REFUSED, WM_INSIDE, WM_SNAPPED, WM_OUTSIDE,
    WM_REJECTED, WM_UNWANTED, WM_MADE, WM_FIGURES
};

typedef struct wm_figures {
    uint64_t value[WM_FIGURES];
} wm_figures;

/* One writer's figures, which others read whole. The writer fills the copy that
 * is not shown and then shows it; it never waits, and a reader begins again only
 * if the writer showed two newer ones meanwhile. */
typedef struct wm_board {
    _Atomic uint64_t version;           /* of the copy shown: copies[version & 1] */
    _Atomic uint64_t copies[2][WM_FIGURES];
} wm_board;

void wm_board_show(wm_board *board, const wm_figures *figures);
void wm_board_read(wm_board *board, wm_figures *figures);
void wm_figures_add(wm_figures *to, const wm_figures *from);

/* ---- deliveries by tag ------------------------------------------------------------- */

/* Deliveries of each tag of the map; the last is for none. One thread writes. */
typedef struct wm_tags {
    _Atomic uint64_t *made;
    uint32_t count;
} wm_tags;

wanmi_status wm_tags_make(wm_tags *tags, wm_arena *arena, const wm_generation *generation);
void wm_tags_count(wm_tags *tags, const wanmi_delivery *deliveries, size_t count);
void wm_tags_add(wm_tags *to, const wm_tags *from);

/* ---- flow and intakes --------------------------------------------------------------- */

typedef enum wm_flow_state { WM_FLOW_MADE, WM_FLOW_STARTED, WM_FLOW_STOPPED } wm_flow_state;

/* A mode the flow was in. */
typedef struct wm_mode {
    const char *text;
    struct wm_mode *next;
} wm_mode;

struct wanmi_flow {
    wanmi_host host;
    wanmi_flow_options options;
    wanmi_words *words;
    wanmi_dispatch *dispatch;
    _Atomic(wm_generation *) current;
    _Atomic(const char *) mode;         /* in force, one of `modes`; NULL: as in the beginning */
    atomic_bool closed;                 /* intake has stopped */

    pthread_mutex_t lock;               /* of everything below, and of changes of `current` */
    wm_flow_state state;
    wm_arena texts;                     /* of wishes and modes, and closed_tags */
    wm_mode *modes;
    uint32_t mode_count;
    wm_wish wishes[WANMI_SINKS_MAX];
    wanmi_intake *intakes;              /* those open */
    wm_figures closed_figures;          /* of those that are closed */
    wm_tags closed_tags;                /* made at the start */
};

/* The sinks that want each word, as a class or as a source, for words 0 .. known - 1. */
typedef struct wm_word_masks {
    uint64_t *masks;
    size_t capacity;
} wm_word_masks;

struct wanmi_intake {
    wanmi_flow *flow;
    wanmi_intake *next, **link;         /* in flow->intakes */
    wm_generation *generation;
    wanmi_locator *locator;
    wanmi_router *router;
    wanmi_producer *producer;

    const char *mode;                   /* the router's, as the flow's was */

    wm_word_masks classes, sources;
    uint32_t words_known;

    wm_arena arena;                     /* the arrays below */
    uint32_t *cells, *tuples;           /* batch_max each */
    uint8_t *where, *reasons, *unrouted;
    double *x, *y;                      /* places of events of which some name objects */
    uint8_t *datums;
    size_t *first;                      /* batch_max + 1 */
    size_t capacity;                    /* of the arrays of deliveries */
    wanmi_delivery *deliveries, *gathered;
    uint32_t *keys, *gathered_keys;
    uint64_t *masks;

    wm_figures figures;                 /* the intake's own; shown on the board */
    wm_board board;
    wm_tags tags;
    atomic_bool handing_over;           /* deliveries are being given to the sinks */
};

/* mode.c: puts the flow's mode in force for a submit that begins. */
void wm_mode_take_up(wanmi_intake *intake);

/* gate.c: a hand-over is whole or not at all. Enter gives false once intake has
 * stopped; who stops it waits for those that have entered. */
bool wm_gate_enter(wanmi_intake *intake);
void wm_gate_leave(wanmi_intake *intake);
void wm_gate_shut(wanmi_flow *flow);
/* Whether all have left within `patience_ns`. */
bool wm_gate_wait(wanmi_flow *flow, int64_t patience_ns);

#endif
