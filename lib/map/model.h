/* The map's own shape, seen by the files of this room only.
 *
 * Two things stand here: the builder, which keeps rows as they came, and the
 * map, which keeps arrays (structure of arrays, one entry an area) and one block
 * of texts that entries point into by offset.
 */
#ifndef WM_MAP_MODEL_H
#define WM_MAP_MODEL_H

#include <geos_c.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/error.h"
#include "base/memory.h"
#include "wanmi/map.h"

/* ---- shapes: polygons as counts and coordinates (shape.c, wkb.c, valid.c) ------- */

/* Any number of polygons: rings[] holds the points of each ring, polygons[] the
 * rings of each polygon, xy the coordinates of all, two a point. */
typedef struct wm_shape {
    uint32_t *polygons;
    uint32_t *rings;
    double *xy;
    size_t polygon_count, polygon_room;
    size_t ring_count, ring_room;
    size_t point_count, xy_room;
} wm_shape;

void wm_shape_clear(wm_shape *shape);
void wm_shape_drop(wm_shape *shape, const wanmi_host *host);
/* These give false when there is no memory and leave the shape usable. */
bool wm_shape_add_polygon(wm_shape *shape, const wanmi_host *host, uint32_t rings);
/* Gives the place of the ring's coordinates, to be filled; NULL: no memory. */
double *wm_shape_add_ring(wm_shape *shape, const wanmi_host *host, uint32_t points);
bool wm_shape_append(wm_shape *to, const wanmi_host *host, const wm_shape *from);

/* Names a ring for a message: "ring 2", "part 3, ring 1". */
void wm_ring_name(char *text, size_t size, bool many, size_t part, size_t ring);

/* Reads WKB (ISO or EWKB) into an empty shape; refuses what is no polygon, is
 * cut off, or has rings that are too short, unclosed or not finite. */
wanmi_status wm_wkb_read(const uint8_t *wkb, size_t size, const wm_place *place,
                         const wanmi_host *host, wm_shape *shape, wanmi_error *error);

/* Whether GEOS calls the shape valid; its reason, ring and place are the error. */
wanmi_status wm_shape_valid(const wm_shape *shape, wanmi_map_builder *builder,
                            const wm_place *place, wanmi_error *error);

/* ---- texts (text.c) ---------------------------------------------------------------- */

enum {
    WM_TEXT_FREE = 0,           /* UTF-8 without control characters */
    WM_TEXT_NEEDED = 1,         /* not empty */
    WM_TEXT_CODE = 2,           /* no blank at either end, no ';' */
    WM_TEXT_AREA = 4            /* does not end with '*', which means "begins with" in rules */
};

/* Checks one text; `what` names its column in the message. NULL means "". */
wanmi_status wm_text_check(const char *what, const char *text, size_t most, unsigned rules,
                           wanmi_status status, const wm_place *place, wanmi_error *error);
wanmi_status wm_layer_name_check(const char *name, wanmi_error *error);
bool wm_uuid_is(const char *text);
bool wm_layout_is(const char *text);

/* The blank that a text begins or ends with, in bytes; 0: none. */
size_t wm_text_blank(const char *text, size_t length);
size_t wm_text_blank_end(const char *text, size_t length);

/* ---- forms of columns (forms.c) ------------------------------------------------------ */

/* Each gives NULL, or words that say what is wrong with the text. `spans` is of
 * WANMI_HOURS_MAX. */
const char *wm_read_list(const char *text);
const char *wm_read_hours(const char *text, wanmi_hours *spans, size_t *count);
const char *wm_read_days(const char *text, wanmi_days *days);
const char *wm_read_owner(const char *text, wanmi_owner_test *test);
const char *wm_read_role(const char *text);
const char *wm_read_limit_unit(const char *text, wanmi_limit_unit *unit);

/* ---- tables of rules, calendars and so on (kinds.c) ------------------------------------ */

typedef enum wm_form {
    WM_FORM_NONE,
    WM_FORM_LIST,
    WM_FORM_HOURS,
    WM_FORM_WEEKDAYS,           /* days of a rule: no dates */
    WM_FORM_DAYS,               /* days of a calendar: neither workday nor restday */
    WM_FORM_OWNER,
    WM_FORM_ROLE,
    WM_FORM_PLAIN_ROLE,         /* none of an owner */
    WM_FORM_LIMIT_UNIT
} wm_form;

typedef struct wm_text_column {
    const char *column;
    size_t at;                  /* offset in the table's definition */
    size_t most;                /* bytes */
    unsigned rules;
    wm_form form;
} wm_text_column;

typedef struct wm_kind {
    const char *name;
    wanmi_status status;        /* of what is wrong with its rows */
    const wm_text_column *columns;
    size_t column_count;
    size_t size;                /* of a definition */
    size_t row_at;              /* offset of its `row` */
} wm_kind;

enum { WM_RULES, WM_CALENDARS, WM_DEADLINES, WM_ESCALATIONS, WM_OBJECTS, WM_KINDS };
extern const wm_kind wm_kinds[WM_KINDS];

/* A text of a definition; NULL reads as "". */
const char *wm_def_text(const void *def, const wm_text_column *column);
void wm_def_put(void *def, const wm_text_column *column, const char *text);
/* Makes every text that is NULL "". */
void wm_def_clear(const wm_kind *kind, void *def);
wm_place wm_def_place(const wm_kind *kind, const void *def);
/* "table wanmi_rules, row 7: column hours: WORDS: 'VALUE'"; gives the table's status. */
wanmi_status wm_def_wrong(const wm_kind *kind, const void *def, const char *column, const char *value,
                          const char *words, wanmi_error *error);
/* Checks all texts and their forms. */
wanmi_status wm_def_check(const wm_kind *kind, const void *def, wanmi_error *error);
wanmi_status wm_def_range(const wm_kind *kind, const void *def, const char *column, int64_t value,
                          int64_t low, int64_t high, wanmi_error *error);

/* ---- the builder ----------------------------------------------------------------------- */

typedef struct wm_area_row {
    const char *layer, *code, *name, *parent, *grade;
    int64_t valid_from, valid_to, row;
    size_t first_polygon, first_ring, first_point; /* in the builder's shapes */
    uint32_t polygon_count, ring_count, point_count;
} wm_area_row;

/* The rows of one of wm_kinds: an array of its definitions. */
typedef struct wm_rows {
    void *defs;
    size_t count, room;
} wm_rows;

struct wanmi_map_builder {
    wanmi_host host;
    wm_arena texts;
    GEOSContextHandle_t geos;
    char geos_message[256];     /* what GEOS last complained of */
    bool have_meta;
    wanmi_map_meta meta;        /* texts in the arena */
    wanmi_layer_def layers[WANMI_LAYERS_MAX];
    size_t layer_count;
    wm_area_row *areas;
    wanmi_unit_def *units;
    wanmi_duty_def *duties;
    wm_rows rows[WM_KINDS];
    size_t area_count, area_room, unit_count, unit_room;
    size_t duty_count, duty_room;
    wm_shape shapes;            /* of all areas, in the order of `areas` */
    wm_shape scratch;           /* of the area that is being looked at */
};

/* A copy of `text` in the builder's arena, or `last` where it is the same; NULL:
 * no memory. */
const char *wm_builder_text(wanmi_map_builder *builder, const char *text, const char *last);

/* Copies a struct of this or an older version of the header over the defaults in
 * `to`, of `known` bytes. Both begin with struct_size. */
wanmi_status wm_struct_take(void *to, const void *from, size_t known, const char *what,
                            wanmi_error *error);

/* ---- the map ------------------------------------------------------------------------------ */

/* A layer, a unit, a rule: texts are offsets into the map's texts. What an area
 * may have stands in columns of its layer, one entry an area of it, and a column
 * is there only when some area of the layer needs it: a cell weighs what it says. */
typedef struct wm_layer {
    uint32_t name;
    wanmi_layer_kind kind;
    int32_t level;
    uint32_t parent;
    uint32_t first_area;
    uint32_t area_count;
    int32_t is_cell_ancestor;
    uint32_t *names, *grades;   /* texts; NULL: none has one */
    uint32_t *parents;          /* first version of the parent area; NULL: none has one */
    uint32_t *keys;             /* first version of this code; NULL: every code has one version */
    uint32_t *rows;             /* NULL: all are 0, or in long_rows */
    int64_t *long_rows;         /* where a row does not fit into rows */
    int64_t *valid;             /* two: from, to; NULL: all are always valid */
} wm_layer;

typedef struct wm_unit {
    int64_t row;
    uint32_t code, name, kind, parent;
} wm_unit;

/* The rows of one of wm_kinds: definitions for their numbers, and places of
 * their texts. Objects are kept otherwise. */
typedef struct wm_kept {
    void *defs;
    uint32_t *texts;            /* as many a row as the table has text columns */
    uint32_t count;
} wm_kept;

typedef struct wm_object {
    double x, y;
    int64_t row;
    uint32_t code, name, class_text;
    uint32_t owners[3];
} wm_object;

/* A plain area is one ring of few points: its ring's number follows from its own,
 * and its box is found when asked for. The others have an entry each, numbered in
 * the order of areas; one more stands at the end. */
enum { WM_PLAIN_POINTS = 64 };

typedef struct wm_other {
    double box[4];
    uint32_t more_rings;        /* how many rings the areas before it have beyond one each */
    uint32_t first_polygon;     /* into polygons: an area has parts + 1 entries */
} wm_other;

/* Which of 32 areas are no plain ones, and how many such come before these 32. */
typedef struct wm_marks {
    uint32_t bits, before;
} wm_marks;

typedef struct wm_block {
    void *start;
    size_t size;
} wm_block;

enum { WM_BLOCKS_MAX = 32 };

struct wanmi_map {
    wanmi_host host;
    atomic_uint references;
    wm_block blocks[WM_BLOCKS_MAX]; /* every array below, for release and bytes */
    size_t block_count;
    char *texts;
    size_t text_bytes;
    wanmi_crs *crs;
    wanmi_zone *zone;

    uint32_t uuid, title, timezone, cell_layer_name, fallback_code, code_layout, crs_text;
    double snap_m;
    uint32_t generation;
    int32_t allow_ballpark;
    uint32_t cell_layer, fallback_unit;

    uint32_t layer_count, area_count, unit_count, duty_count, role_count, tag_count,
        object_count;
    wm_layer layers[WANMI_LAYERS_MAX];

    uint32_t *code;             /* texts, one an area */
    uint32_t *short_columns;    /* the layers' columns, one after the other */
    int64_t *long_columns;
    uint32_t *duty_start;       /* area_count + 1, into duties; NULL: there are none */

    wm_marks *marks;            /* one for 32 areas */
    wm_other *others;
    uint32_t *polygons;         /* of the others: first ring of each part, relative to the area's */
    uint32_t *points;           /* first point of each ring; one more at the end */
    double *xy;

    wm_unit *units;
    wanmi_duty_info *duties;
    wm_kept kept[WM_KINDS];
    wm_object *objects;
    uint32_t *roles, *tags;     /* texts */
};

/* An array of the map's, released with it; NULL: no memory. */
void *wm_map_block(wanmi_map *map, size_t count, size_t size);

/* ---- areas (areas.c); the area must be there ------------------------------------------- */

uint32_t wm_layer_of(const wanmi_map *map, uint32_t area);
uint32_t wm_area_key(const wanmi_map *map, uint32_t area);
uint32_t wm_area_parent(const wanmi_map *map, uint32_t area);
/* Boxes are four numbers: min_x min_y max_x max_y. */
void wm_area_box(const wanmi_map *map, uint32_t area, double *box);
void wm_points_box(const double *xy, size_t count, double *box);

/* ---- building (build*.c) -------------------------------------------------------------------- */

/* A sorted list of different texts: roles, tags. */
typedef struct wm_set {
    const char **texts;
    size_t count, room;
} wm_set;

bool wm_set_add(wm_set *set, const wanmi_host *host, const char *text);
uint32_t wm_set_find(const wm_set *set, const char *text); /* number or WANMI_NONE */

enum { WM_POOL_SLOTS = 1024 };

/* The map's texts while they grow; texts met again soon are kept once. */
typedef struct wm_pool {
    char *bytes;
    size_t used, room;
    uint32_t slots[WM_POOL_SLOTS];
} wm_pool;

typedef struct wm_build {
    wanmi_map_builder *from;
    wanmi_map *map;
    const wanmi_host *host;     /* the builder's */
    wanmi_map_build_options options;
    wanmi_error *error;         /* the caller's */
    wanmi_error problem;        /* the one that is being reported */
    uint64_t done, total;
    wm_pool pool;
    uint32_t *order;            /* builder's area rows in the map's order */
    uint32_t *scratch;          /* for sorting */
    size_t order_room;
    wm_set roles, tags;
} wm_build;

/* Gives the problem in `build->problem` to the caller: WANMI_OK when it goes to
 * on_problem (the row is then left out), else `status`, with the caller's error. */
wanmi_status wm_report(wm_build *build, wanmi_status status);

/* So many steps are done: tells the caller now and then, who may cancel. */
wanmi_status wm_progress(wm_build *build, uint64_t steps);

/* Puts a text into the map's texts and gives its place. Errors: memory, limit. */
wanmi_status wm_pool_add(wm_build *build, const char *text, uint32_t *place);

/* Puts `items` in order, equal ones staying as they stood. `scratch` is as long. */
typedef int (*wm_compare)(const void *context, uint32_t a, uint32_t b);
void wm_sort(uint32_t *items, uint32_t *scratch, size_t count, wm_compare compare,
             const void *context);

/* Makes build->order and build->scratch long enough and fills order with 0, 1, 2 ... */
wanmi_status wm_order(wm_build *build, size_t count);

/* Areas while they are built: the builder's rows, the layer of each, and how many
 * of them stand in build->order, in the map's order. */
typedef struct wm_area_work {
    wm_build *build;
    const wm_area_row *rows;
    uint8_t *layer_of;
    size_t count;
} wm_area_work;

bool wm_same_code(const wm_area_work *work, uint32_t a, uint32_t b);
wanmi_status wm_build_columns(wm_area_work *work);
wanmi_status wm_build_shapes(wm_area_work *work);

wanmi_status wm_build_areas(wm_build *build);
wanmi_status wm_build_units(wm_build *build);
wanmi_status wm_build_duties(wm_build *build);
/* After these: rules and escalations name calendars and deadlines. */
wanmi_status wm_build_calendars(wm_build *build);
wanmi_status wm_build_deadlines(wm_build *build);
wanmi_status wm_build_rules(wm_build *build);
wanmi_status wm_build_escalations(wm_build *build);
wanmi_status wm_build_objects(wm_build *build);
/* After all that: numbers roles and tags. */
wanmi_status wm_build_words(wm_build *build);

/* Look-ups that the building and the reading share; `texts` are the map's own or
 * the pool's. */
uint32_t wm_find_layer(const wanmi_map *map, const char *texts, const char *name);
uint32_t wm_find_key(const wanmi_map *map, const char *texts, uint32_t layer, const char *code);
uint32_t wm_find_unit(const wanmi_map *map, const char *texts, const char *code);

#endif
