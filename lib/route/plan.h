/* What a plan holds. Internal to lib/route.
 *
 * A plan is the map's rules as integers. Everything that does not depend on the
 * event is worked out once: which rules a class can meet, which areas a rule
 * means, who holds a role for each area.
 */
#ifndef WM_ROUTE_PLAN_H
#define WM_ROUTE_PLAN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"
#include "wanmi/route.h"

#define WM_SHORT_NONE 0xFFFFu           /* role or tag of a delivery: none */
#define WM_ANY_ROLE 0xFFFFFFFFu

/* Entries of wm_office.reach: a run's number, with WM_REACH_ANCESTOR where the
 * run is not the area's own; or one of the two others. */
#define WM_REACH_NOBODY 0xFFFFFFFFu
#define WM_REACH_WALK 0xFFFFFFFEu       /* the answer changes with the instant */
#define WM_REACH_ANCESTOR 0x80000000u

/* Open ends of a validity, so that instants can be compared without asking. */
#define WM_ALWAYS_WAS INT64_MIN
#define WM_FOR_EVER INT64_MAX

/* The duties of one area in one role: `holders[first .. first + count - 1]`,
 * best first. */
typedef struct wm_run {
    uint32_t role;
    int32_t rank;                       /* of the best */
    uint32_t first;
    uint32_t count;
} wm_run;

/* Who holds a role for each area of a layer. */
typedef struct wm_office {
    uint32_t role;                      /* WM_ANY_ROLE: the best duty of any role */
    uint32_t layer;
    uint32_t first_area;
    uint32_t area_count;
    uint32_t most;                      /* the most holders one area has */
    uint32_t *reach;                    /* an entry an area of the layer */
} wm_office;

typedef struct wm_rule {
    int64_t from, to;                   /* valid at from <= instant < to */
    uint32_t layer;                     /* the event must lie in one of the areas first_area .. */
    uint32_t first_area, end_area;      /* .. end_area - 1 of it; WANMI_NONE: anywhere */
    uint32_t source;                    /* WANMI_NONE: any */
    uint32_t unit;                      /* WANMI_NONE: none named */
    uint32_t office;                    /* WANMI_NONE: no role named */
    uint16_t role, tag;
    uint8_t min_severity, priority, flags;
    bool all, last;
} wm_rule;

/* A class prefix that rules name, and the rules that an event can meet whose
 * class has it as its longest one: those of the prefix and of all its own
 * prefixes, in the order of seq. Sorted by text; the first is "". */
typedef struct wm_prefix {
    const char *text;
    uint32_t length;
    uint32_t parent;                    /* the longest other prefix it begins with; "" is its own */
    uint32_t first, count;              /* in lists */
} wm_prefix;

typedef enum wm_layer_use {
    WM_LAYER_CELL,
    WM_LAYER_ANCESTOR,                  /* of the cell layer */
    WM_LAYER_PARTITION,
    WM_LAYER_OVERLAY
} wm_layer_use;

typedef struct wm_layer {
    wm_layer_use use;
    uint32_t first_area, area_count;
} wm_layer;

struct wanmi_plan {
    atomic_uint references;
    wanmi_host host;
    wm_arena arena;                     /* all the arrays below */
    wanmi_map *map;
    wanmi_words *words;

    uint32_t generation;
    uint32_t cell_layer;                /* WANMI_NONE: every event is outside */
    uint32_t fallback_unit;             /* or WANMI_NONE */
    uint32_t layer_count;
    wm_layer layers[WANMI_LAYERS_MAX];

    uint32_t rule_count, prefix_count, office_count, run_count;
    wm_rule *rules;                     /* numbered as in the map */
    wm_prefix *prefixes;
    uint32_t *lists;                    /* rule numbers */
    wm_office *offices;
    uint32_t fallback_office;           /* any role, cell layer; WANMI_NONE without cells */
    uint32_t *first_run;                /* of an area key; one more than there are areas */
    wm_run *runs;
    uint32_t *holders;                  /* units, numbered as the map's duties */
    uint32_t deliveries_max;
};

/* What compiling needs besides: where problems go. */
typedef struct wm_compile {
    wanmi_plan *plan;
    wanmi_problem_fn on_problem;
    void *problem_user;
    uint32_t problems;
    wanmi_error first;                  /* problem */
    wanmi_error *error;
} wm_compile;

/* Says that something is wrong. Gives WANMI_OK when compiling goes on to look for
 * more, else the status to return. */
wanmi_status wm_problem(wm_compile *compile, wanmi_status status, const wm_place *place,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* rules.c: reads the map's rules into plan->rules; offices are asked for. */
wanmi_status wm_compile_rules(wm_compile *compile);

/* classes.c: the table of prefixes; the prefix a class meets. */
wanmi_status wm_compile_classes(wm_compile *compile);
uint32_t wm_class_prefix(const wanmi_plan *plan, const char *text);

/* duties.c: who serves what. */
wanmi_status wm_compile_duties(wm_compile *compile);
/* The office of a role in a layer, made when it is new. */
wanmi_status wm_office_number(wm_compile *compile, uint32_t role, uint32_t layer, uint32_t *office);
/* Fills every office's reach. */
wanmi_status wm_compile_offices(wm_compile *compile);
/* The run that answers for an area of the office's layer at an instant, or NULL. */
const wm_run *wm_office_run(const wanmi_plan *plan, const wm_office *office, uint32_t area,
                            int64_t instant_us, wanmi_step *step);
/* Whether an area has a duty of its own. */
bool wm_has_duty(const wanmi_plan *plan, uint32_t area_key);

/* promise.c: every event in a cell reaches somebody. */
wanmi_status wm_check_promise(wm_compile *compile);

/* bound.c: the most deliveries one event can have. */
wanmi_status wm_compile_bound(wm_compile *compile);

/* depth.c: a number that no point of the layer has more areas than. */
wanmi_status wm_layer_depth(const wanmi_plan *plan, uint32_t layer, uint32_t *depth);

#endif
