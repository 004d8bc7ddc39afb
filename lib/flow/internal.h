/* What the files of this room share.
 *
 * Three things follow one another from a map to an event:
 *   generation   all that belongs to one map: index, plan, keys of units;
 *   stage        a generation and the subscriptions compiled against it: all that
 *                is in force at an instant. Neither ever changes once it is made;
 *   station      a stage with one thread's own locator, router and scratch.
 * An intake has one station. Whoever works with it takes it out of the intake by
 * an exchange and so owns it: the intake during a submit, or else the thread that
 * changes the map. So a change waits for nobody, a submit works with one stage
 * from its first event to its last, and nothing needs a grace period
 * (docs/decisions/0008-swapping-maps.md).
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

/* A sink's subscription, its texts copied; "" = any. Shared by stages. */
typedef struct wm_wish {
    atomic_uint references;
    size_t size;                        /* of this block, the texts in it */
    const char *sink;                   /* its name */
    uint32_t number;                    /* the dispatch's */
    bool rejects;                       /* its policy is REJECT */
    const char *classes, *units, *roles, *sources, *cells, *tags;
    int32_t priority_max, severity_min, copies;
} wm_wish;

/* The wishes in force, each at a place of its own; NULL: none there. */
typedef wm_wish *wm_wishes[WANMI_SINKS_MAX];

/* Sets of sinks, a bit a place. A delivery is wanted by the sinks whose bit is in
 * the set of its unit, of its role, and so on: one AND a condition, for all
 * sinks at once. */
typedef struct wm_filters {
    uint64_t *units;                    /* by unit */
    uint64_t *roles, *tags;             /* by number; the last is for "none" */
    uint64_t *cells;                    /* by cell - first_cell; NULL: no sink names cells */
    uint32_t unit_count, role_count, tag_count, first_cell, cell_count;
    uint64_t without_cell, without_class, without_source;
    uint64_t priority[10], severity[256], copies[2];
} wm_filters;

/* Copies and checks a subscription (NULL: everything) as far as it can be seen
 * without a map. */
wanmi_status wm_wish_read(const wanmi_host *host, const wanmi_subscription *subscription,
                          const wanmi_sink_def *def, wm_wish **wish, wanmi_error *error);
bool wm_wish_is_plain(const wm_wish *wish);     /* wants everything */
wm_wish *wm_wish_retain(wm_wish *wish);
void wm_wish_release(wm_wish *wish, const wanmi_host *host);

/* Compiles the wishes against a map. What one names and the map does not have is
 * refused, or logged and passed over. */
wanmi_status wm_filters_compile(wm_filters *filters, const wanmi_host *host, const wanmi_map *map,
                                const wm_wishes wishes, wanmi_missing missing, wanmi_error *error);
void wm_filters_drop(wm_filters *filters, const wanmi_host *host);

/* The sinks that want a class, a source, by its text. */
uint64_t wm_wishes_class(const wm_wishes wishes, const char *text);
uint64_t wm_wishes_source(const wm_wishes wishes, const char *text);

/* ---- generations and stages --------------------------------------------------------- */

/* Maps alive at a time: the one in force and those that deliveries still name. */
enum { WM_GENERATIONS_MAX = 64 };

typedef struct wm_generation {
    struct wm_generation *next;         /* in flow->generations */
    uint32_t stages;                    /* made of it and alive */
    uint32_t number;
    const wanmi_host *host;             /* the flow's */
    wanmi_map *map;
    wanmi_index *index;
    wanmi_plan *plan;
    uint32_t *unit_keys;                /* a hash of each unit's code: its lane, whatever the map */
    uint32_t unit_count;
    uint32_t *tags;                     /* number in the flow's ledger of each tag; the last: of none */
    uint32_t tag_count;                 /* without that one */
} wm_generation;

/* `index` NULL: compiled. */
wanmi_status wm_generation_make(const wanmi_host *host, wanmi_map *map, wanmi_index *index,
                                wanmi_words *words, wm_generation **generation, wanmi_error *error);
void wm_generation_free(wm_generation *generation);

/* Maps by generation, which any thread may look up while they change: a number's
 * map does not change as long as a delivery names it. */
typedef struct wm_names {
    _Atomic uint32_t numbers[WM_GENERATIONS_MAX];   /* 0: free */
    _Atomic(wanmi_map *) maps[WM_GENERATIONS_MAX];
} wm_names;

/* One thread at a time adds and removes. Add gives false when there is no place. */
bool wm_names_add(wm_names *names, const wm_generation *generation);
void wm_names_remove(wm_names *names, const wm_generation *generation);
wanmi_map *wm_names_find(const wm_names *names, uint32_t number);

typedef struct wm_stage {
    struct wm_stage *next;              /* in flow->stages */
    uint32_t users;                     /* stations, and one if it is in force */
    uint64_t version;                   /* of the wishes: equal means the same ones */
    wm_generation *generation;
    wm_wishes wishes;
    uint64_t sinks;                     /* a bit for each */
    uint64_t plain;                     /* those that want everything */
    uint64_t rejecting;                 /* those of policy REJECT */
    wm_filters filters;
} wm_stage;

wanmi_status wm_stage_make(wanmi_flow *flow, wm_generation *generation, const wm_wishes wishes,
                           wm_stage **stage, wanmi_error *error);
void wm_stage_free(wm_stage *stage, const wanmi_host *host);

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

/* Deliveries of each tag of a station's map; the last is for none. One thread writes. */
typedef struct wm_tags {
    _Atomic uint64_t *made;
    uint32_t count;
} wm_tags;

wanmi_status wm_tags_make(wm_tags *tags, wm_arena *arena, const wm_generation *generation);
void wm_tags_count(wm_tags *tags, const wanmi_delivery *deliveries, size_t count);

/* A part's deliveries by tag, where these are few. Neighbours often have one tag: counted side
 * by side, they do not wait for each other. */
enum { WM_TAGS_FEW = 32, WM_TAGS_APART = 4 };
typedef struct wm_tag_counts {
    uint32_t of[WM_TAGS_APART][WM_TAGS_FEW];
} wm_tag_counts;
void wm_tags_add(wm_tags *tags, const wm_tag_counts *counts);

/* All tags that the flow's maps have had, by their text; the first is "": none. */
typedef struct wm_ledger_row {
    char *text;                         /* stays as long as the flow */
    uint64_t closed;                    /* of stations that are gone */
    uint64_t sum;                       /* while it is read */
} wm_ledger_row;

typedef struct wm_ledger {
    wm_ledger_row *rows;
    size_t capacity;
    uint32_t count;                     /* shown */
    uint32_t prepared;                  /* there, `count` of them shown */
} wm_ledger;

/* Numbers a generation's tags; those that are new are shown once it is in force. */
wanmi_status wm_ledger_prepare(wanmi_flow *flow, wm_generation *generation);
void wm_ledger_show(wanmi_flow *flow);
void wm_ledger_forget(wanmi_flow *flow);        /* what was prepared and not shown */
void wm_ledger_close(wm_ledger *ledger, const wm_generation *generation, const wm_tags *tags);
void wm_ledger_sum(wanmi_flow *flow);
void wm_ledger_drop(wanmi_flow *flow);

/* ---- flow and intakes --------------------------------------------------------------- */

typedef enum wm_flow_state { WM_FLOW_MADE, WM_FLOW_STARTED, WM_FLOW_STOPPED } wm_flow_state;

/* A mode the flow was in. */
typedef struct wm_mode {
    const char *text;
    struct wm_mode *next;
} wm_mode;

typedef struct wm_station {
    struct wm_station *next, **link;    /* in flow->stations */
    struct wm_station *left;            /* of those that an intake has left */
    wm_stage *stage;
    wanmi_locator *locator;
    wanmi_router *router;
    const char *mode;                   /* the router's, as the flow's was */
    wm_arena arena;                     /* the arrays below */
    size_t capacity;                    /* of the arrays of deliveries */
    wanmi_delivery *deliveries, *gathered;
    uint32_t *keys, *gathered_keys;
    uint64_t *masks;
    wm_tags tags;
    wm_tag_counts tag_counts;           /* of the part that is worked on, where it says so */
} wm_station;

/* The thread that frees what nobody uses any more. */
typedef struct wm_keeper {
    pthread_t thread;
    bool runs;
    bool end;
    pthread_cond_t wake;                /* with flow->lock */
    bool frees;                         /* what it has taken out of the lists, or is about to */
    uint64_t rounds;                    /* times that it did */
    pthread_cond_t freed;               /* once more; with flow->lock */
} wm_keeper;

struct wanmi_flow {
    wanmi_host host;
    wanmi_flow_options options;
    wanmi_words *words;
    wanmi_dispatch *dispatch;
    _Atomic(const char *) mode;         /* in force, one of `modes`; NULL: as in the beginning */
    atomic_bool closed;                 /* intake has stopped */
    wm_names names;
    _Atomic(wm_station *) left;         /* stations that intakes have left */

    /* Held by whoever changes what is in force, however long that takes: the only
     * one who writes `generation`, `stage` and `wishes`. Taken before `lock`. */
    pthread_mutex_t change;
    wm_wishes wishes;
    uint64_t version;                   /* of the wishes */

    pthread_mutex_t lock;               /* of everything below; never held for long */
    wm_flow_state state;
    wm_generation *generation;          /* in force; NULL: no map yet */
    wm_stage *stage;                    /* in force, once started */
    wm_stage *stages;                   /* all that are alive */
    wm_generation *generations;         /* all that are alive */
    uint32_t generation_count;
    uint64_t swaps;                     /* maps put in force since the start */
    uint64_t swaps_put_off;             /* refused: too many maps were alive */
    wm_station *stations;               /* all that are alive */
    wm_ledger ledger;
    wm_keeper keeper;
    wm_arena texts;                     /* of modes */
    wm_mode *modes;
    uint32_t mode_count;
    wanmi_intake *intakes;              /* those open */
    uint32_t intake_count;
    wm_figures closed_figures;          /* of those that are closed */
};

/* The sinks that want each word, as a class or as a source, for words 0 .. known - 1. */
typedef struct wm_word_masks {
    uint64_t *masks;
    size_t capacity;
} wm_word_masks;

struct wanmi_intake {
    wanmi_flow *flow;
    wanmi_intake *next, **link;         /* in flow->intakes */
    wanmi_producer *producer;
    _Atomic(wm_station *) station;      /* NULL: a submit works with it */

    wm_word_masks classes, sources;
    uint32_t words_known;
    uint64_t words_version;             /* of the wishes that were asked */

    wm_arena arena;                     /* the arrays below */
    uint32_t *cells, *tuples;           /* batch_max each */
    uint8_t *where, *reasons, *unrouted;
    double *x, *y;                      /* places of events of which some name objects */
    uint8_t *datums;
    bool names_objects;                 /* some event of the last chunk did */
    size_t *first;                      /* batch_max + 1 */

    wm_figures figures;                 /* the intake's own; shown on the board */
    wm_board board;
    atomic_bool handing_over;           /* deliveries are being given to the sinks */
};

/* intake.c */
void wm_intake_free(wanmi_intake *intake);

/* station.c */
wanmi_status wm_station_make(wanmi_flow *flow, wm_stage *stage, wm_station **station,
                             wanmi_error *error);
void wm_station_free(wm_station *station, const wanmi_host *host);
/* The intake's own thread: takes its station for a submit, and puts it back; if
 * there is another one by now it leaves the old one to be freed. */
wm_station *wm_station_take(wanmi_intake *intake);
void wm_station_put_back(wanmi_intake *intake, wm_station *station);
void wm_station_leave(wanmi_flow *flow, wm_station *station);

/* change.c: puts a stage in force for all open intakes, or leaves all as it was.
 * Under `change`; consumes the stage on success. The last step (may be NULL) is
 * taken, under the lock, when nothing else can fail. */
typedef struct wm_last_step {
    wanmi_status (*take)(void *argument, wanmi_error *error);
    void *argument;
} wm_last_step;

wanmi_status wm_put_in_force(wanmi_flow *flow, wm_stage *stage, const wm_last_step *last,
                             wanmi_error *error);
/* Whether sinks and maps may be changed now. */
wanmi_status wm_may_change(wanmi_flow *flow, wanmi_error *error);

/* flow.c: whether this is a child of the process that made the flow: locks may be
 * held there by threads that are not. Fills the error if it is. */
bool wm_flow_forked(const wanmi_flow *flow, wanmi_error *error);

/* keeper.c */
wanmi_status wm_keeper_start(wanmi_flow *flow, wanmi_error *error);
void wm_keeper_stop(wanmi_flow *flow);
void wm_keeper_wake(wanmi_flow *flow);
/* Frees what nobody uses. Gives how many generations are alive; another thread may
 * still be freeing one that is not. */
uint32_t wm_reclaim(wanmi_flow *flow);

/* mode.c: puts the flow's mode in force for a submit that begins. */
void wm_mode_take_up(const wanmi_flow *flow, wm_station *station);

/* gate.c: a hand-over is whole or not at all. Enter gives false once intake has
 * stopped; who stops it waits for those that have entered. */
bool wm_gate_enter(wanmi_intake *intake);
void wm_gate_leave(wanmi_intake *intake);
void wm_gate_shut(wanmi_flow *flow);
/* Whether all have left within `patience_ns`. */
bool wm_gate_wait(wanmi_flow *flow, int64_t patience_ns);

#endif
