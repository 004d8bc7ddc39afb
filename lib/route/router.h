/* A thread's session. Internal to lib/route. */
#ifndef WM_ROUTE_ROUTER_H
#define WM_ROUTE_ROUTER_H

#include "plan.h"

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

struct wanmi_router {
    wanmi_plan *plan;
    wm_modes mode;
    wm_clock clock;
    uint32_t *classes;                  /* class number -> prefix, or WM_UNSEEN */
    size_t class_capacity;
    wm_seen_object *objects;            /* by word */
    size_t object_capacity;
    uint32_t words_known;               /* words there were when last asked */
    uint64_t event;                     /* counts events, for `presence` */
    wm_presence presence[WANMI_LAYERS_MAX];
};

/* seen.c: looks up the words of events that are new to this router. Errors: memory. */
wanmi_status wm_see(wanmi_router *router, const wanmi_event *events, size_t count);
/* Whether a number is in the words; they only grow. */
bool wm_is_word(wanmi_router *router, uint32_t number);
/* Whether a class is in the words, or WANMI_NONE; after wm_see. */
bool wm_has_seen_class(const wanmi_router *router, uint32_t class_id);
/* The object that an event names, after wm_see; NULL: it names none, or an unknown one. */
const wm_seen_object *wm_object_of(const wanmi_router *router, const wanmi_event *event);

#endif
