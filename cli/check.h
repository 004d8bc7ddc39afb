/* The parts of wanmi check: findings kept, written as JSON and as a page. */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include <jansson.h>

#include "common.h"

enum { CLI_NOTE = 1, CLI_WARNING = 2, CLI_ERROR = 3 };

typedef struct cli_finding {
    wanmi_finding_kind kind;
    int32_t severity;
    char *table;                /* of the map's tables, or "" */
    char *column;
    char *value;
    char *layer;
    char *code;
    char *other;
    char *message;
    int64_t row;
    double area_m2;
    double x, y;
    double lon, lat;
    uint8_t *wkb;               /* NULL: none */
    size_t wkb_size;
} cli_finding;

typedef struct cli_findings {
    cli_finding *list;
    size_t count;
    size_t capacity;
    uint64_t of_severity[CLI_ERROR + 1];
} cli_findings;

/* What was checked, and how. */
typedef struct cli_checked {
    const char *path;
    wanmi_map *map;
    double tolerance_m;
    int64_t instant_us;
    cli_findings findings;
    cli_progress progress;
} cli_checked;

/* ---- check_findings.c ----------------------------------------------------------------- */

/* A wanmi_finding_fn; `user` is a cli_findings. */
void cli_findings_add(void *user, const wanmi_finding *finding);
/* A wanmi_plan_finding_fn; `user` is a cli_findings. */
void cli_findings_plan(void *user, const wanmi_plan_finding *finding);
/* A wanmi_problem_fn: what reading says becomes a finding too. */
void cli_findings_problem(void *user, const wanmi_error *problem);
/* Degrees for those that have only x, y. */
void cli_findings_degrees(cli_findings *findings, wanmi_crs *crs);
/* Errors first. */
void cli_findings_sort(cli_findings *findings);
void cli_findings_print(const cli_findings *findings);
void cli_findings_drop(cli_findings *findings);
const char *cli_severity_text(int32_t severity);

/* The whole as JSON; the reference is the caller's. */
json_t *cli_checked_json(const cli_checked *checked);
/* Writes JSON to a file. Gives -1, or an exit code. */
int cli_json_write(const char *path, const json_t *json);

/* ---- check_page.c ---------------------------------------------------------------------- */

/* Writes one page that needs no network. Gives -1, or an exit code. */
int cli_page_write(const char *path, const cli_checked *checked);

/* ---- check_shape.c --------------------------------------------------------------------- */

/* A list of rings as JSON: [[x, y, x, y ...] ...], relative to an origin, in
 * steps of `step` metres. Points nearer than `tolerance` to the line through
 * their neighbours are left out (Douglas, Peucker 1973). `points` counts them. */
typedef struct cli_drawing {
    double origin_x, origin_y;
    double step;
    double tolerance;
    uint64_t points;
} cli_drawing;

json_t *cli_draw_area(cli_drawing *drawing, const wanmi_map *map, uint32_t area);
/* NULL where the WKB is no polygon. */
json_t *cli_draw_wkb(cli_drawing *drawing, const uint8_t *wkb, size_t size);

/* ---- check_page.html, embedded ----------------------------------------------------------- */

extern const char cli_page_html[];

#endif
