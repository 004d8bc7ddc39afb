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
#include "calendar.h"
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

/* Days and hours at which a rule is in force, in local time. */
typedef struct wm_when {
    wanmi_days_kind days;               /* ANY, WEEK, WORK or REST */
    uint32_t weekdays;                  /* bit 0 is Monday */
    uint32_t calendar;                  /* with WORK and REST */
    wm_pattern hours;                   /* none: all day */
} wm_when;

/* What an owner of the event's object must be: one of a range of units (they are
 * sorted by code), and of a kind. */
typedef struct wm_owner {
    int32_t place;                      /* a wanmi_owner; -1: any of the three */
    uint32_t first_unit, end_unit;
    uint32_t kind;                      /* in unit_kinds; WANMI_NONE: any */
} wm_owner;

/* Sets of modes: a bit for each word that rows name, in the order of
 * wanmi_plan.modes, and one for all other modes. */
typedef uint64_t wm_modes;
#define WM_MODES_MAX 63u
#define WM_ALL_MODES UINT64_MAX

/* So much of a unit of time. */
typedef struct wm_limit {
    wanmi_limit_unit unit;
    uint32_t calendar;                  /* of working hours and days */
    int64_t amount;                     /* microseconds, or whole days */
} wm_limit;

/* One row of wanmi_deadlines, numbered as in the map. */
typedef struct wm_deadline {
    wm_modes modes;
    wm_limit limit;
    uint32_t first_prefix, end_prefix;  /* the classes it is for, see wm_class_range */
    uint16_t grade;                     /* 0: any */
    uint8_t min_severity;
} wm_deadline;

/* Deadlines first .. first + count - 1, in the order of seq. */
typedef struct wm_profile {
    const char *name;
    uint32_t first, count;
} wm_profile;

/* What deadlines ask of an event. */
typedef struct wm_case {
    uint32_t prefix;                    /* of its class */
    uint32_t cell;                      /* or WANMI_NONE */
    wm_modes mode;
    uint8_t severity;
} wm_case;

typedef struct wm_rule {
    int64_t from, to;                   /* valid at from <= instant < to */
    wm_modes modes;
    const wm_when *when;                /* NULL: always */
    const wm_owner *owner;              /* NULL: not asked for */
    uint32_t layer;                     /* the event must lie in one of the areas first_area .. */
    uint32_t first_area, end_area;      /* .. end_area - 1 of it; WANMI_NONE: anywhere */
    uint32_t source;                    /* WANMI_NONE: any */
    uint32_t first_unit, unit_count;    /* in rule_units */
    uint32_t office;                    /* WANMI_NONE: no role named, or an owner's */
    uint32_t profile;                   /* WANMI_NONE: no deadline */
    int32_t owner_role;                 /* a wanmi_owner that receives it; -1: none */
    uint16_t role, tag;
    uint8_t min_severity, priority, flags;
    bool all, last;
} wm_rule;

/* A rule as numbers alone, for quick.c: 64 bytes. What numbers do not say is left to
 * the plain evaluation: of conditions where `asks_more` is set, of receivers where
 * `kind` is PLAIN. */
typedef enum wm_move_kind { WM_MOVE_UNIT, WM_MOVE_HOLDER, WM_MOVE_PLAIN } wm_move_kind;

typedef struct wm_move {
    int64_t from, until;                /* both included */
    wm_modes modes;
    uint32_t first_area, area_count;    /* of the layer `place` */
    uint32_t source, source_mask;       /* mask 0: any source */
    uint32_t target;                    /* a unit; the slot of a roster */
    uint32_t profile;
    uint16_t role, tag;
    uint8_t min_severity, priority, flags;
    uint8_t kind;                       /* wm_move_kind */
    uint8_t place;                      /* WM_ANYWHERE: not asked for */
    uint8_t at_layer;                   /* of the roster */
    bool asks_more, last;
} wm_move;

#define WM_ANYWHERE 0xFFu

/* Who is the best holder for each area of a layer, side by side for all roles that
 * are asked for there: a few units an event, from one line of the cache. Bits as in
 * wm_office.reach, units in place of runs. */
typedef struct wm_roster {
    uint32_t slots;
    uint32_t stride;
    uint32_t *units;                    /* an area's begin at (area - first_area) * stride */
} wm_roster;

/* A class prefix that rules or deadlines name, and the rules that an event can meet whose
 * class has it as its longest one: those of the prefix and of all its own
 * prefixes, in the order of seq. Sorted by text; the first is "". */
typedef struct wm_prefix {
    const char *text;
    uint32_t length;
    uint32_t parent;                    /* the longest other prefix it begins with; "" is its own */
    uint32_t first, count;              /* in lists */
    bool has_rules;                     /* of its own; else it shares its parent's list */
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
    wm_move *moves;                     /* one a rule */
    wm_roster rosters[WANMI_LAYERS_MAX];
    bool is_asked[WANMI_LAYERS_MAX];    /* moves ask for the area that covers an event */
    struct wm_programs *programs;       /* program.h; NULL: there are none */

    wm_calendars calendars;
    uint32_t mode_count;
    const char *modes[WM_MODES_MAX];
    uint32_t *rule_units;
    uint32_t *unit_kinds;               /* of each unit: a number of its kind; NULL: no rule asks */
    uint32_t object_count;

    wm_deadline *deadlines;
    wm_profile *profiles;               /* sorted by name */
    const char **grades;                /* that deadlines name, numbered from 1 */
    uint16_t *cell_grades;              /* of each cell; NULL: no deadline asks */
    uint32_t profile_count, grade_count;

    struct wm_escalation *escalations;  /* numbered as in the map */
    uint32_t escalation_count;
};

/* What compiling needs besides: where problems go. */
typedef struct wm_compile {
    uint32_t units_read;                /* of rules */
    uint32_t mode_rows[WM_MODES_MAX];   /* rows that name each mode, and the first of them */
    wm_place mode_place[WM_MODES_MAX];
    wanmi_plan *plan;
    wanmi_problem_fn on_problem;
    void *problem_user;
    uint32_t problems;
    wanmi_error first;                  /* problem */
    bool checking;                      /* for wanmi_plan_check: everything goes to on_finding */
    wanmi_plan_finding_fn on_finding;
    void *finding_user;
    uint64_t found;
    int64_t instant_us;                 /* of the check */
    const char *area_layer;             /* layer of the area whose code the place of a warning has */
    wanmi_error *error;
} wm_compile;

/* Says that something is wrong. Gives WANMI_OK when compiling goes on to look for
 * more, else the status to return. */
wanmi_status wm_problem(wm_compile *compile, wanmi_status status, const wm_place *place,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Says what hinders nothing; the problem's status is WANMI_OK. */
void wm_warn(wm_compile *compile, const wm_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same of what need not be wrong at all. */
void wm_note(wm_compile *compile, const wm_place *place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* plan.c: makes a plan, or says in `compile` what is wrong. */
wanmi_status wm_plan_make(wm_compile *compile, wanmi_map *map, wanmi_words *words, wanmi_plan **plan);

/* check_tables.c: units, duties, calendars, deadlines and escalations that lead
 * nowhere. Errors: memory. */
wanmi_status wm_check_tables(wm_compile *compile, const wanmi_map *map);

/* modes.c: the set that a column `mode` of a row names. */
wanmi_status wm_modes_read(wm_compile *compile, const char *list, const wm_place *place, wm_modes *modes);
/* The set of the one mode that is in force; NULL and "" mean "normal". */
wm_modes wm_mode_of(const wanmi_plan *plan, const char *mode);
void wm_warn_of_modes(wm_compile *compile);

/* when.c: the columns weekdays and hours. */
wanmi_status wm_when_read(wm_compile *compile, const wanmi_rule_def *def, const wm_place *place,
                          const wm_when **when);
bool wm_when_holds(const wanmi_plan *plan, const wm_when *when, wm_local local);
/* Whether its hours of a local day count, those behind the next midnight too. */
bool wm_when_day(const wanmi_plan *plan, const wm_when *when, int64_t day);

/* owners.c: the column owner. */
wanmi_status wm_owner_read(wm_compile *compile, const wanmi_rule_def *def, const wm_place *place,
                           const wm_owner **owner);
bool wm_owner_holds(const wanmi_plan *plan, const wm_owner *owner, const uint32_t owners[3]);

/* deadline.c: limits and profiles. */
wanmi_status wm_limit_read(wm_compile *compile, double amount, const char *unit, const char *calendar,
                           const wm_place *place, wm_limit *limit);
/* When a limit that runs from an instant is over; WANMI_TIME_NONE where the
 * instant is out of all calendars. */
int64_t wm_limit_end(const wanmi_plan *plan, const wm_limit *limit, wm_clock *clock, int64_t instant_us);
wanmi_status wm_compile_deadlines(wm_compile *compile);
/* What they ask of classes and cells, once the prefixes are there. */
wanmi_status wm_compile_conditions(wm_compile *compile);
uint32_t wm_profile_find(const wanmi_plan *plan, const char *name);
/* The first deadline of a profile whose conditions hold, or WANMI_NONE. */
uint32_t wm_deadline_of(const wanmi_plan *plan, const wm_profile *profile, const wm_case *of);
/* The same for a cell of this grade. */
uint32_t wm_deadline_for(const wanmi_plan *plan, const wm_profile *profile, const wm_case *of, uint16_t grade);

/* never.c: warnings of rules that can match no event. */
wanmi_status wm_warn_of_rules(wm_compile *compile);

/* escalate.c: the rows of wanmi_escalations. */
wanmi_status wm_compile_escalations(wm_compile *compile);

/* rules.c: reads the map's rules into plan->rules; offices are asked for. */
wanmi_status wm_compile_rules(wm_compile *compile);
/* The number of a tag; "" gives WM_SHORT_NONE. */
uint16_t wm_tag_of(const wanmi_map *map, const char *tag);

/* classes.c: the table of prefixes; the prefix a class meets. */
wanmi_status wm_compile_classes(wm_compile *compile);
uint32_t wm_class_prefix(const wanmi_plan *plan, const char *text);
/* The prefixes first .. end - 1 are those of the classes that begin with `text`,
 * which must be one itself. */
void wm_class_range(const wanmi_plan *plan, const char *text, uint32_t *first, uint32_t *end);

static inline bool wm_is_cell(const wanmi_plan *plan, uint32_t area)
{
    return plan->cell_layer != WANMI_NONE
        && area - plan->layers[plan->cell_layer].first_area < plan->layers[plan->cell_layer].area_count;
}

/* duties.c: who serves what. */
wanmi_status wm_compile_duties(wm_compile *compile);
/* The office of a role in a layer, made when it is new. */
wanmi_status wm_office_number(wm_compile *compile, uint32_t role, uint32_t layer, uint32_t *office);
/* Fills every office's reach. */
wanmi_status wm_compile_offices(wm_compile *compile);
/* The run that answers for an area of the office's layer at an instant, or NULL. */
const wm_run *wm_office_run(const wanmi_plan *plan, const wm_office *office, uint32_t area,
                            int64_t instant_us, wanmi_step *step);
/* The holders of a role (WM_ANY_ROLE: the best duty of any) of one area alone; NULL:
 * there are none. */
const wm_run *wm_own_run(const wanmi_plan *plan, uint32_t role, uint32_t area);
/* Whether an area has a duty of its own. */
bool wm_has_duty(const wanmi_plan *plan, uint32_t area_key);

/* The area that an area has above it in a layer all its time (program.h). */
uint32_t wm_steady_ancestor(const wanmi_plan *plan, uint32_t area, uint32_t layer);

/* moves.c: the entry of a roster for the n-th best holder (from 0). */
uint32_t wm_roster_entry(const wanmi_plan *plan, uint32_t reach, uint32_t nth);
/* Rules as numbers, after the programs. Errors: memory. */
wanmi_status wm_compile_moves(wm_compile *compile);

/* promise.c: every event in a cell reaches somebody. */
wanmi_status wm_check_promise(wm_compile *compile);

/* bound.c: the most deliveries one event can have. */
wanmi_status wm_compile_bound(wm_compile *compile);

/* depth.c: a number that no point of the layer has more areas than. */
wanmi_status wm_layer_depth(const wanmi_plan *plan, uint32_t layer, uint32_t *depth);

#endif
