/* A thread's session. Internal to lib/route. */
#ifndef WM_ROUTE_ROUTER_H
#define WM_ROUTE_ROUTER_H

#include "program.h"

#define WM_UNSEEN 0xFFFFFFFEu

/* The areas of one event in one layer, looked up once an event. */
typedef struct wm_presence {
    uint64_t event;                     /* the event they are of */
    const uint32_t *areas;
    size_t count;
    uint32_t one;                       /* where `areas` points when the router found it */
} wm_presence;

/* What a word means as the code of an object. */
typedef struct wm_seen_object {
    uint32_t object;                    /* WM_UNSEEN; WANMI_NONE: there is no such object */
    uint32_t class_id;                  /* of its class; WANMI_NONE: it has none */
} wm_seen_object;

typedef struct wm_work wm_work;
typedef struct wm_batch wm_batch;

struct wanmi_router {
    wanmi_plan *plan;
    size_t (*follow)(wm_work *work, const wm_batch *batch);    /* by programs, for this processor */
    wanmi_kernel kernel;
    wm_modes mode;
    wanmi_engine engine;
    wm_clock clock;
    uint32_t *classes;                  /* class number -> prefix, or WM_UNSEEN */
    size_t class_capacity;
    wm_seen_object *objects;            /* by word */
    size_t object_capacity;
    uint32_t words_known;               /* words there were when last asked */
    wanmi_index *index;                 /* that it knows; NULL: none yet */
    bool is_homely;                     /* a cell's first tuple is its number + tuple_of_cell and has the areas of its home */
    uint32_t tuple_of_cell;
    uint64_t event;                     /* counts events, for `presence` */
    wm_presence presence[WANMI_LAYERS_MAX];
};

/* One event on its way. */
struct wm_work {
    wanmi_router *router;
    const wanmi_plan *plan;
    const wanmi_locator *locator;
    const wanmi_event *event;
    int64_t instant_us;
    uint32_t cell, tuple;
    wanmi_where where;
    uint32_t class_id;                  /* the event's; without one its object's */
    const wm_seen_object *object;       /* NULL: the event names none */
    bool has_owners, has_local;
    uint32_t owners[3];                 /* of the object, when a rule has asked */
    wm_local local;                     /* the instant, when a rule has asked */
    wanmi_delivery *deliveries;
    size_t count;
    bool lacks_memory;                  /* for words that were new */
};

/* What a delivery says besides the event: who, by which rule, in which role. */
typedef struct wm_address {
    uint32_t unit, rule;
    uint32_t profile;                   /* WANMI_NONE: no deadline */
    uint16_t role, tag;
    uint8_t priority, flags;
    wanmi_step step;
} wm_address;

/* One call: what is given, and where it goes. */
struct wm_batch {
    const wanmi_event *events;
    size_t count;
    const wanmi_hits *hits;
    int64_t now_us;
    wanmi_delivery *deliveries;
    size_t capacity;
    size_t *first;
    uint8_t *unrouted;
};

/* Events are looked at in blocks of this many by compiled code. */
enum { WM_BLOCK = 1 << WM_ORDER_BITS };

/* The areas that cover the events of a block, in the layers that rules ask for. */
typedef struct wm_cover {
    uint32_t areas[WANMI_LAYERS_MAX][WM_BLOCK];
} wm_cover;

/* router.c: the plain evaluation. The i-th event is taken up, its deliveries to begin
 * at the place `used`. */
void wm_take_event(wm_work *work, const wm_batch *batch, size_t i, size_t used);
/* The reason is NONE when there is a delivery. */
wanmi_reason wm_route_one(wm_work *work, wanmi_reason rejected);
bool wm_matches(wm_work *work, const wm_rule *rule);
void wm_obey(wm_work *work, const wm_rule *rule);
void wm_fall_back(wm_work *work);
bool wm_has_primary(const wm_work *work);
void wm_deliver(wm_work *work, const wm_address *to);
int64_t wm_due_of(wm_work *work, uint32_t profile);
const wm_presence *wm_presence_in(const wm_work *work, uint32_t layer);

/* home.c: looks at an index that is new to the router. */
void wm_meet_index(wanmi_router *router, const wanmi_locator *locator);

/* quick.c: the same deliveries by moves. Gives how many events were routed. */
size_t wm_route_quickly(wm_work *work, const wm_batch *batch);
/* Only the i-th, whose areas stand at `at` of the cover, its deliveries to begin at the
 * place `used`; their number is in work. */
wanmi_reason wm_route_quickly_one(wm_work *work, const wm_batch *batch, size_t i, size_t used,
                                  const wm_cover *cover, size_t at);
/* What covers the events `from` .. `from + count - 1`. */
void wm_look_around(const wm_work *work, const wm_batch *batch, size_t from, size_t count, wm_cover *cover);

/* follow_*.c: the same by programs, of which the plan must have some; each for other
 * processors. */
typedef size_t (*wm_follow_fn)(wm_work *work, const wm_batch *batch);
size_t wm_follow_portable(wm_work *work, const wm_batch *batch);
size_t wm_follow_v3(wm_work *work, const wm_batch *batch);
size_t wm_follow_v4(wm_work *work, const wm_batch *batch);
/* The code of a kernel, which becomes another than AUTO; NULL where this processor or
 * build does not carry it. */
wm_follow_fn wm_follow_of(wanmi_kernel *kernel);

/* seen.c: looks up the words of events that are new to this router. Errors: memory. */
wanmi_status wm_see(wanmi_router *router, const wanmi_event *events, size_t count);
/* Whether a number is in the words; they only grow. */
bool wm_is_word(wanmi_router *router, uint32_t number);
/* Whether a class is in the words, or WANMI_NONE; after wm_see. */
bool wm_has_seen_class(const wanmi_router *router, uint32_t class_id);
/* The object that an event names, after wm_see; NULL: it names none, or an unknown one. */
const wm_seen_object *wm_object_of(const wanmi_router *router, const wanmi_event *event);

#endif
