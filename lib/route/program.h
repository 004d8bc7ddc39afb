/* Rules as programs: what is the same for all cells of one signature and one class is
 * worked out once, what changes from event to event is one mask a question. Internal
 * to the room; docs/routing.md tells how it goes together.
 *
 * A cell's *signature* says which places of rules it lies in and which roles have
 * holders there. [signature][prefix of the class] is a *program*: up to 64 *steps*, each
 * a delivery but for the unit, whose place in the cell's row it knows. Whether a step
 * is taken depends on the event: each of its numbers (mode and severity, source, local
 * day and hour, instant) is a *value*, and a program has for each a *gate*, a row
 * of masks of its steps, one for every value. And-ing four masks answers all
 * conditions of all rules at once.
 *
 * Only events inside a cell whose areas above are the cell's own, that name no object,
 * in the years 2000 to 2100, go this way; and a step that is not so simple (an overlay,
 * an owner, holders that change with the instant) sends the event to quick.c.
 */
#ifndef WM_ROUTE_PROGRAM_H
#define WM_ROUTE_PROGRAM_H

#include "plan.h"
#include "pool.h"
#include "worktime.h"

typedef enum wm_gate { WM_GATE_TIER, WM_GATE_SOURCE, WM_GATE_HOURS, WM_GATE_DATES, WM_GATES } wm_gate;

/* Bits of what is odd about an event: quick.c must do it; nobody is told what to do. */
enum { WM_ODD_EVENT = 1, WM_ODD_NOBODY = 2 };

enum { WM_STEPS_MAX = 64, WM_SLOTS_MAX = 64, WM_VALUES_MAX = 4096 };

/* Where the unit of a step stands in wm_programs.units: by itself, in the cell's row, in
 * its home's row. */
typedef enum wm_base { WM_BASE_NAMED, WM_BASE_CELL, WM_BASE_HOME, WM_BASES } wm_base;

/* A delivery to be, laid out as a delivery's second half. Where that has the unit, the cell
 * and the words, there stands where the unit and the due time come from. 32 bytes. */
typedef struct wm_step {
    uint32_t generation;
    uint32_t slot;                      /* of the unit, from its base on */
    uint32_t dues;                      /* first of wm_programs.dues */
    uint32_t rule;
    uint32_t base;                      /* wm_base */
    uint32_t reserved;
    uint16_t role, tag;
    uint8_t priority, severity, step, flags;    /* severity: 0 */
} wm_step;

/* 64 bytes: a line of the cache. Masks of steps. */
typedef struct wm_program {
    uint32_t first_step;                /* of wm_programs.order */
    uint32_t gates[WM_GATES];           /* rows of masks */
    uint32_t is_rare;                   /* has steps that are hard, or groups */
    uint64_t primary;                   /* no copies */
    uint64_t lasts;                     /* the last steps of rules with `last` */
    uint64_t hard;                      /* quick.c must do the event */
    uint64_t twins;                     /* one unit in one role: only the first is taken */
    uint32_t first_group;               /* of wm_programs.groups: more twins, and then steps that may be one */
    uint16_t twin_groups, mixed_groups; /* unit in one role: of more than one of these quick.c must do the event */
} wm_program;

/* A program of which nothing is asked: the steps that are always taken. */
typedef struct wm_fixed {
    uint64_t mask;
    uint32_t first_step;                /* of wm_programs.order */
    uint32_t odd;                       /* WM_ODD_... */
} wm_fixed;

/* Modes and severities: a tier is a mode and the highest threshold that is reached. */
typedef struct wm_tiers {
    uint32_t ranks, count;
    uint8_t thresholds[256];            /* of each rank; the first is 0 */
    uint32_t rank_of[256];              /* of each severity */
} wm_tiers;

/* Sources that rules name, numbered from 1. */
typedef struct wm_sources {
    uint32_t words, count;              /* sources; their words are below `words` */
    uint32_t *numbers;                  /* of words, and one more: 0 */
} wm_sources;

/* Local time without a search: at most one change of clocks in each of equal parts of
 * the century. */
typedef struct wm_change {
    int64_t at_us;
    uint32_t before, reserved;          /* number of the stretch before it */
} wm_change;

typedef struct wm_seasons {
    wm_change *changes;                 /* NULL: nobody asks */
    int64_t *offsets_us;                /* of stretches */
    uint32_t bits;
    bool is_one;                        /* the clock is never changed */
} wm_seasons;

/* Local days alike in all that rules ask of them, and minutes alike. A value is
 * kind * segments + segment. */
typedef struct wm_times {
    uint16_t *kinds;                    /* of local days from WM_DAYS_FIRST on; NULL: no rule asks */
    uint32_t *days;                     /* one of each kind, counted as the kinds */
    uint32_t segments, count;           /* segments; values (1: no rule asks, or too many) */
    uint16_t minutes[WM_DAY_MINUTES + 1];   /* the first of each segment */
    uint16_t segment_of[WM_DAY_MINUTES];
} wm_times;
enum { WM_DAYS_FIRST = WM_COUNTED_FIRST - 4, WM_DAYS = WM_CENTURY_DAYS + 8 };

/* Instants between which no rule begins or ends. A value is how many are over. */
typedef struct wm_dates {
    int64_t *breaks;                    /* one more stands behind the last, for ever away */
    uint16_t *before;                   /* breaks before each of equal parts of the century */
    uint32_t count;                     /* of values; 1: no rule asks, or too many */
} wm_dates;
enum { WM_DATE_BITS = 38 };

/* How a due time comes about: what is kept of the instant (all or nothing), and what is
 * added. One of the three counts says that this is not all; each is 0 or 1, so that
 * counting is adding. 32 bytes. */
typedef struct wm_due {
    int64_t keep, add;
    uint16_t is_days, is_work, is_work_days;
    uint16_t reserved;
    uint32_t seconds;                   /* of work; 0: they cannot be counted so */
    uint32_t reserved_end;
} wm_due;

/* Cells that have the same areas above them have one *home*. All that is looked up by
 * cell lies in one array of words:
 *   a row a cell: signature and home in one word; a unit a slot of the cells' offices;
 *   a row a home: its areas in the watched layers; a unit a slot of their offices;
 *   two words a cell: the unit and the step of its fallback;
 *   the units that rules name. */
struct wm_programs {
    uint32_t *units;
    uint32_t first_cell, stride;
    uint32_t first_home, home_stride, signature_bits;
    uint32_t first_fallback, first_named;
    uint32_t watched_count;
    uint8_t watched[WANMI_LAYERS_MAX];  /* layers above the cells of which rules ask */

    uint32_t columns;                   /* of the table: one a prefix, and one for classes that are not known */
    uint32_t *table;                    /* programs: [signature][column] */
    uint32_t *signature_grades;         /* the grade of the cells of each signature */
    wm_program *programs;               /* the first is for events that quick.c must do */
    uint32_t *order;                    /* numbers of the programs' steps, shifted by WM_ORDER_BITS */
    wm_step *steps;                     /* each once; those of fallbacks first */
    uint64_t *masks;
    uint64_t *groups;                   /* of steps */
    wm_fixed *fixed;                    /* of programs; NULL: some ask something of events */
    uint32_t signature_count, program_count;

    wm_tiers tiers;
    wm_sources sources;
    wm_seasons seasons;
    wm_times times;
    wm_dates dates;

    uint16_t *dues;                     /* numbers of limits, by tier and grade */
    wm_due *limits;                     /* 0: no due time; then one a deadline */
    const wm_worktime **sums;           /* of each of them; NULL: none */
    uint32_t grades;
    bool has_dues;                      /* some delivery may have a due time */
    bool has_later;                     /* and some is more than a sum */
    bool needs_day, needs_stretch;      /* due times do: of a working or a natural day */
};

enum { WM_ORDER_BITS = 6 };              /* room for an event's place in a block */
enum { WM_CELL_SLOTS = 1 };               /* of a cell's row the slots begin here */

/* An area that a cell has in a layer above it at every instant of its time; WANMI_NONE:
 * none; WM_AREA_VARIES. */
#define WM_AREA_VARIES 0xFFFFFFFEu

/* programs.c: makes plan->programs; NULL where the plan's rules do not suit. Errors:
 * memory. */
wanmi_status wm_compile_programs(wm_compile *compile);

/* values.c: what is asked of events, as values; `suits` says whether they are not too
 * many. The limits must be known. Errors: memory. */
wanmi_status wm_make_values(wm_compile *compile, struct wm_programs *programs, bool *suits);
uint32_t wm_value_count(const struct wm_programs *programs, wm_gate gate);
/* Whether a rule asks of these values at all, and whether one of them suits it. */
bool wm_asks_value(const wm_rule *rule, wm_gate gate);
bool wm_value_suits(const wanmi_plan *plan, const struct wm_programs *programs, const wm_rule *rule,
                    wm_gate gate, uint32_t value);

/* ---- values of an event (inline: the inner loop) ---------------------------------- */

static inline uint32_t wm_source_value(const wm_sources *sources, uint32_t source)
{
    return sources->numbers[source < sources->words ? source : sources->words];
}

/* The number of the stretch of local time. */
static inline uint32_t wm_season_of(const wm_seasons *seasons, int64_t instant_us)
{
    const wm_change *change = &seasons->changes[(uint64_t)(instant_us - WM_CENTURY_FIRST_US) >> seasons->bits];
    return change->before + (instant_us >= change->at_us);
}

static inline uint32_t wm_dates_value(const wm_dates *dates, int64_t instant_us)
{
    uint32_t value = dates->before[(uint64_t)(instant_us - WM_CENTURY_FIRST_US) >> WM_DATE_BITS];
    while (instant_us >= dates->breaks[value])
        value++;
    return value;
}

#endif
