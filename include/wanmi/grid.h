/* wanmi/grid.h - cut areas into cells, and check a map.
 *
 * Takes:   areas in a builder's terms (WKB in metres), a cell size, a code layout.
 * Gives:   cells and their parent areas, with the same nodes; findings.
 * Threads: a call works on the caller's thread and keeps nothing.
 */
#ifndef WANMI_GRID_H
#define WANMI_GRID_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "map.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_grid_options {
    size_t struct_size;
    const char *cell_layer;         /* name; default "cell" */
    const char *area_layer;         /* name; default "area" */
    const char *layout;             /* digits of the code's parts, the last is the sequence: "6+3+3+2"
                                       (14), "6+3+3+3" (15), "6+4+3+3" (16), "6+6+3+3+2" (20); the areas'
                                       codes must have all digits but the sequence's; default "6+3+3+3" */
    double size_m;                  /* edge of the square lattice; default 100 */
    double origin_x, origin_y;      /* a corner of the lattice; default 0, 0 */
    double min_area_m2;             /* smaller pieces join a neighbour of the same area; at most size_m^2;
                                       negative (default): 1 % of size_m^2 */
    int32_t area_level;             /* level of the area layer; default 1 */
    int32_t reserved;
    wanmi_problem_fn on_problem;    /* areas that cannot be cut are reported and left out; NULL: the first ends it */
    void *problem_user;
    wanmi_progress_fn on_progress;
    void *progress_user;
    const char *area_parent_layer;  /* parent layer of the area layer, which the caller adds to the builder;
                                       NULL or "" (default): none, and the areas' own parents are not kept */
} wanmi_grid_options;

WANMI_API void wanmi_grid_options_init(wanmi_grid_options *options);

typedef struct wanmi_grid_result {
    size_t struct_size;
    uint64_t areas;
    uint64_t cells;
    uint64_t joined;                /* slivers that joined a neighbour */
    uint64_t kept_small;            /* pieces below min_area that have no neighbour */
    double area_m2;                 /* of the areas */
    double cells_m2;                /* of the cells */
} wanmi_grid_result;

WANMI_API void wanmi_grid_result_init(wanmi_grid_result *result);

/* Cuts areas into cells and adds two layers to `builder` (which has its meta
 * already): the areas (partition, `area_level`) and the cells (partition, level
 * 0, parent the area layer). Cells follow the lattice x = origin_x + i*size,
 * y = origin_y + j*size, never cross their area, and are connected. Areas are
 * written with the nodes that the lattice cuts into their edges, so that cells
 * of an area cover it to 1e-6 m2, meet node by node and do not overlap, also
 * along an edge that two areas share vertex by vertex.
 * A cell's code is its area's code and a sequence from 1, rows of the lattice
 * from north to south, in a row from west to east; a cell that slivers joined
 * stands where its largest piece lies. docs/grid.md says more.
 * More cells than the sequence digits allow end the cut even with on_problem:
 * the error names the area with the most cells, their number and the layout that
 * would do for all. So does a cut of which every area was left out, with the
 * first problem.
 * Errors: WANMI_E_GRID_LAYOUT (too many cells; a code that does not fit the
 * layout; a text that is no layout), WANMI_E_GRID_AREA (nodes on the lattice's
 * lines make it invalid: a feature thinner than the last bits of its
 * coordinates), WANMI_E_MAP_..., WANMI_E_LIMIT (the lattice is too fine),
 * WANMI_E_MEMORY, WANMI_E_CANCELLED.
 * On an error the builder may hold part of the layers: free it.
 * Threads: the builder's. Since: 0.1 */
WANMI_API wanmi_status wanmi_grid_cut(wanmi_map_builder *builder, const wanmi_area_def *areas,
                                      size_t count, const wanmi_grid_options *options,
                                      const wanmi_host *host, wanmi_grid_result *result,
                                      wanmi_error *error);

/* ---- check ---------------------------------------------------------------------- */

typedef enum wanmi_finding_kind {
    WANMI_FINDING_GAP = 0,          /* a hole between areas of a partition layer, or between cells and their parent */
    WANMI_FINDING_OVERLAP = 1,      /* two areas of a partition layer, valid at the same time, share more than an edge */
    WANMI_FINDING_GEOMETRY = 2,     /* an invalid ring or polygon (also reported by reading) */
    WANMI_FINDING_CODE = 3,         /* missing, doubled, or against the map's code layout */
    WANMI_FINDING_SIZE = 4,         /* a cell far from 10,000 m2 (below 1,000 or above 100,000) */
    WANMI_FINDING_PARENT = 5,       /* an area that crosses its parent, has none, or whose code is not its parent's prefix */
    WANMI_FINDING_DUTY = 6,         /* a duty that points nowhere; areas nobody answers for */
    WANMI_FINDING_RULE = 7,         /* a rule that points nowhere, cannot be carried or never matches (from 7 to 13,
                                       objects aside, told by reading and by wanmi_plan_check) */
    WANMI_FINDING_OTHER = 8,        /* anything else that reading reported */
    WANMI_FINDING_UNIT = 9,         /* a unit that nothing leads to */
    WANMI_FINDING_OBJECT = 10,      /* an object in no cell, or without owners */
    WANMI_FINDING_CALENDAR = 11,
    WANMI_FINDING_DEADLINE = 12,
    WANMI_FINDING_ESCALATION = 13
} wanmi_finding_kind;

/* Text of a kind: gap overlap geometry code size parent duty rule other unit object
 * calendar deadline escalation. Since: 0.1 */
WANMI_API const char *wanmi_finding_text(wanmi_finding_kind kind);

/* One finding; lives during the call that reports it. */
typedef struct wanmi_finding {
    wanmi_finding_kind kind;
    int32_t severity;               /* 1 note, 2 warning, 3 error */
    const char *layer;              /* or table: wanmi_objects ... */
    const char *code;               /* the area, or the row's */
    const char *other;              /* the other area, or "" */
    const char *message;            /* whole by itself */
    int64_t row;                    /* 0: not known */
    double area_m2;                 /* of the gap, the overlap or the cell; NaN: none */
    double x, y;                    /* a place in it, metres; NaN: none */
    double lon, lat;                /* the same in degrees; NaN: none */
    const uint8_t *wkb;             /* its shape in the map's CRS; NULL: none */
    size_t wkb_size;
} wanmi_finding;

typedef void (*wanmi_finding_fn)(void *user, const wanmi_finding *finding);

typedef struct wanmi_check_options {
    size_t struct_size;
    double tolerance_m;             /* 0 to 1,000; gaps and overlaps thinner than this are not findings: default 0.001 */
    int64_t instant_us;             /* areas valid then; WANMI_TIME_NONE: the clock's now */
    wanmi_progress_fn on_progress;
    void *progress_user;
} wanmi_check_options;

WANMI_API void wanmi_check_options_init(wanmi_check_options *options);

/* Looks for what is wrong with a map's areas, and with who acts where, and reports
 * each thing; what is wrong with rules says wanmi_plan_check (route.h). A gap or overlap
 * counts when it is wider than the tolerance: its area is more than tolerance_m
 * times half its perimeter. `found` gives the number of findings.
 * Threads: the caller's; the map is only read.
 * Errors: WANMI_E_LOCATE_GEOS, WANMI_E_MEMORY, WANMI_E_CANCELLED. Since: 0.1 */
WANMI_API wanmi_status wanmi_check(wanmi_map *map, const wanmi_check_options *options,
                                   wanmi_finding_fn on_finding, void *user, uint64_t *found,
                                   wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
