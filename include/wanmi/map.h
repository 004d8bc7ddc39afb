/* wanmi/map.h - the model: layers, areas, units, duties, rules, calendars,
 * deadlines, escalations, objects.
 *
 * Takes:   polygons as WKB in the map's CRS (metres), codes as text, tables row
 *          by row, in any order.
 * Gives:   a validated, immutable map that all threads share.
 * Threads: a builder belongs to one thread at a time; a map is immutable and
 *          counted: retain and release it from any thread.
 *
 * A bad row is refused by name (layer, code, row, value) and the builder goes
 * on: the caller decides whether the rest is good enough. What can only be seen
 * when all is there (parents, duties, doubled codes) is found by
 * wanmi_map_build, which reports each problem in turn.
 *
 * Order: inside a layer areas are sorted by code, compared as bytes, then by
 * valid_from. So an area's index says which of two has the lower code. Areas of
 * all layers share one numbering; those of a layer are consecutive.
 */
#ifndef WANMI_MAP_H
#define WANMI_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "crs.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_map wanmi_map;
typedef struct wanmi_map_builder wanmi_map_builder;

/* Longest texts, in bytes of UTF-8. */
#define WANMI_CODE_MAX 64
#define WANMI_NAME_MAX 255
#define WANMI_LAYERS_MAX 64
#define WANMI_LIST_MAX 4095         /* of a list of words joined by ';' */
#define WANMI_HOURS_MAX 32          /* spans of one column `hours` */

typedef enum wanmi_layer_kind {
    WANMI_PARTITION = 0,            /* areas meet at edges: a point has one owner */
    WANMI_OVERLAY = 1               /* areas may overlap: a point has any number */
} wanmi_layer_kind;

/* ---- definitions: what a builder is given; every text is copied -------------- */

/* The table wanmi_meta. NULL and "" mean the same: not given. */
typedef struct wanmi_map_meta {
    size_t struct_size;
    const char *uuid;               /* 8-4-4-4-12; "": a random one is made */
    const char *title;
    const char *crs;                /* must be given: EPSG code, PROJ string or WKT */
    const char *operation;          /* PROJ pipeline; "": chosen */
    const char *timezone;           /* IANA name; "": "Asia/Shanghai" */
    const char *cell_layer;         /* "": the first partition of level 0 */
    const char *fallback_unit;      /* code of a unit; "": none */
    const char *code_layout;        /* such as "6+3+3+2"; "": codes have no declared parts */
    double snap_m;                  /* metres; 0: no snapping */
    uint32_t generation;            /* 1 or more */
    int32_t allow_ballpark;         /* as in wanmi_crs_options */
} wanmi_map_meta;

WANMI_API void wanmi_map_meta_init(wanmi_map_meta *meta);

typedef struct wanmi_layer_def {
    size_t struct_size;
    const char *name;               /* 1 to 63 bytes, letters, digits, _ - and non-ASCII; unique, capitals
                                       or not; not wanmi_... gpkg_... rtree_... sqlite_..., nor id, status,
                                       distance_m */
    wanmi_layer_kind kind;
    int32_t level;                  /* 0 is the cell, higher is coarser */
    const char *parent;             /* name of the parent layer; "": none */
} wanmi_layer_def;

WANMI_API void wanmi_layer_def_init(wanmi_layer_def *def);

typedef struct wanmi_area_def {
    size_t struct_size;
    const char *layer;
    const char *code;               /* unique in the layer at any instant */
    const char *name;
    const char *parent;             /* code in the parent layer; "": none */
    const char *grade;
    int64_t valid_from_us;          /* included; WANMI_TIME_NONE: always was */
    int64_t valid_to_us;            /* excluded; WANMI_TIME_NONE: for ever */
    const uint8_t *wkb;             /* (multi)polygon, 2D or more; only x, y are kept */
    size_t wkb_size;
    int64_t row;                    /* row in the source, for messages; 0: not known */
} wanmi_area_def;

WANMI_API void wanmi_area_def_init(wanmi_area_def *def);

typedef struct wanmi_unit_def {
    size_t struct_size;
    const char *code;
    const char *name;
    const char *kind;               /* free text: organisation, team, post, person ... */
    const char *parent;             /* code of a unit; "": none */
    int64_t row;
} wanmi_unit_def;

WANMI_API void wanmi_unit_def_init(wanmi_unit_def *def);

typedef struct wanmi_duty_def {
    size_t struct_size;
    const char *layer;
    const char *area;               /* code; all versions of that code */
    const char *role;
    const char *unit;               /* code */
    int32_t rank;                   /* 1 is the best */
    int32_t reserved;
    int64_t row;
} wanmi_duty_def;

WANMI_API void wanmi_duty_def_init(wanmi_duty_def *def);

/* One row of wanmi_rules; route.h says what a rule means. Empty texts mean
 * "any" in conditions and "none" elsewhere; `unit` or `role` must be given. The forms of `mode`, `unit`,
 * `weekdays`, `hours`, `owner` and of roles that begin with '@' stand below
 * under "forms"; a row that breaks one is refused by the builder. */
typedef struct wanmi_rule_def {
    size_t struct_size;
    int32_t seq;                    /* order; unique */
    int32_t min_severity;           /* 0 to 255 */
    const char *mode;               /* list of words: in force only in these modes */
    const char *class_prefix;       /* column `class` */
    const char *layer;
    const char *area;               /* code, or prefix followed by '*' */
    const char *owner;              /* as wanmi_owner_parse reads it */
    const char *source;
    int64_t valid_from_us;
    int64_t valid_to_us;
    const char *weekdays;           /* as wanmi_days_parse reads it; no dates */
    const char *hours;              /* as wanmi_hours_parse reads it */
    const char *role;               /* "@authority", "@property", "@upkeep": the owner of the event's object */
    const char *at_layer;
    const char *holders;            /* "best" (default) or "all" */
    const char *unit;               /* list of codes, none of them twice */
    int32_t copy;                   /* 1: for information */
    int32_t priority;               /* 0 to 9; -1: 5 */
    const char *deadline;           /* name of rows of wanmi_deadlines */
    const char *tag;
    int32_t last;                   /* 1: no later rule is looked at */
    int32_t reserved;
    int64_t row;
} wanmi_rule_def;

WANMI_API void wanmi_rule_def_init(wanmi_rule_def *def);

/* One row of wanmi_calendars: the working hours of some days of a calendar. A
 * date wins over a range of dates, that over weekdays; a day that no row names
 * is a day of rest. Two rows alike in kind must not meet on one day. */
typedef struct wanmi_calendar_def {
    size_t struct_size;
    const char *name;               /* of the calendar */
    const char *day;                /* weekdays ("1-5"), a date ("2008-10-01") or a range of dates with both ends
                                       included ("2008-10-01/2008-10-07"), as wanmi_days_parse reads it */
    const char *hours;              /* as wanmi_hours_parse reads it, none across midnight; "": a day of rest */
    int64_t row;
} wanmi_calendar_def;

WANMI_API void wanmi_calendar_def_init(wanmi_calendar_def *def);

/* One row of wanmi_deadlines. A profile is all rows of one name: the first row in
 * the order of `seq` whose conditions hold says the limit; where none holds
 * there is no due time. */
typedef struct wanmi_deadline_def {
    size_t struct_size;
    const char *name;
    int32_t seq;                    /* unique in its profile */
    int32_t min_severity;           /* 0 to 255 */
    const char *class_prefix;       /* column `class`; "": any */
    const char *grade;              /* of the event's cell, the whole text; "": any */
    const char *mode;               /* list of words; "": any */
    double limit;                   /* above 0, up to 100,000; whole unless in hours */
    const char *unit;               /* as wanmi_limit_unit_parse reads it */
    const char *calendar;           /* of working hours and days only; "": the one named "default" */
    int64_t row;
} wanmi_deadline_def;

WANMI_API void wanmi_deadline_def_init(wanmi_deadline_def *def);

/* One row of wanmi_escalations: who takes over when a delivery is not
 * acknowledged or not done in time. All rows whose conditions hold make the
 * chain, in the order of `seq`. */
typedef struct wanmi_escalation_def {
    size_t struct_size;
    int32_t seq;                    /* unique */
    int32_t min_severity;           /* 0 to 255 */
    const char *class_prefix;       /* column `class`; "": any */
    const char *role;               /* of the delivery; "": any */
    const char *mode;               /* list of words; "": any */
    const char *on;                 /* "ack": not acknowledged; "done": not done */
    const char *since;              /* column `from`: what the limit counts from: "event" (default) or "due" */
    double limit;                   /* 0 to 100,000; whole unless in hours */
    const char *unit;               /* as wanmi_limit_unit_parse reads it */
    const char *calendar;           /* of working hours and days only; "": the one named "default" */
    const char *to;                 /* "unit_parent", "area_parent", "holder" or "unit" */
    const char *target_role;        /* with holder (needed) and area_parent ("": the delivery's) */
    const char *at_layer;           /* with holder; "": the cell layer */
    const char *target_unit;        /* with unit (needed): a code */
    int32_t priority;               /* 0 to 9; -1: the delivery's */
    int32_t reserved;
    const char *tag;                /* "": the delivery's */
    int64_t row;
} wanmi_escalation_def;

WANMI_API void wanmi_escalation_def_init(wanmi_escalation_def *def);

/* One row of wanmi_objects: a thing with a place and up to three owners. */
typedef struct wanmi_object_def {
    size_t struct_size;
    const char *code;               /* unique */
    const char *name;
    const char *class_text;         /* column `class` */
    double x;                       /* metres in the map's CRS; must be given */
    double y;
    const char *authority;          /* codes of units; "": none */
    const char *property;
    const char *upkeep;
    int64_t row;
} wanmi_object_def;

WANMI_API void wanmi_object_def_init(wanmi_object_def *def);

/* ---- forms: what the texts of some columns say ----------------------------------
 * The builder checks them; who reads a map gets the same numbers from the same
 * functions. Blanks around words, dates and times do not count.
 * All: Owns: the caller. Threads: any. Errors: WANMI_E_PARSE with the text, and
 * words that say what is wrong with it. Since: 0.2 */

/* Walks a list of words joined by ';' (columns `mode` and `unit`): gives the word
 * that begins at byte `*at` and moves `*at` behind it; begin with 0. The word is
 * not ended by a NUL. WANMI_END: there are no more; an empty text has none.
 * Errors: WANMI_E_PARSE (an empty word). */
WANMI_API wanmi_status wanmi_list_next(const char *list, size_t *at, const char **word,
                                       size_t *length, wanmi_error *error);

/* A span of a day, in minutes after its local midnight; from_minute is included,
 * to_minute is not. 0 <= from_minute < 1440, from_minute < to_minute. One that
 * crosses midnight belongs to the day on which it begins: to_minute is above 1440. */
typedef struct wanmi_hours {
    int32_t from_minute;
    int32_t to_minute;
} wanmi_hours;

/* Reads spans such as "08:00-12:00;14:00-18:00" (',' is allowed too): 00:00 to
 * 24:00, one digit suffices for the hour; an end that is not later than its
 * begin is on the next day (22:00-06:00). They come in the order of time and do
 * not overlap. An empty text has none. `capacity` of WANMI_HOURS_MAX always
 * suffices. Errors: WANMI_E_PARSE; WANMI_E_LIMIT (more than `capacity`). */
WANMI_API wanmi_status wanmi_hours_parse(const char *text, wanmi_hours *spans, size_t capacity,
                                         size_t *count, wanmi_error *error);

typedef enum wanmi_days_kind {
    WANMI_DAYS_ANY = 0,             /* an empty text */
    WANMI_DAYS_WEEK = 1,            /* the weekdays of `weekdays` */
    WANMI_DAYS_WORK = 2,            /* "workday": days with working hours in `calendar` */
    WANMI_DAYS_REST = 3,            /* "restday": days without */
    WANMI_DAYS_RANGE = 4,           /* dates from first_day to last_day */
    WANMI_DAYS_DATE = 5             /* one date: first_day, equal to last_day */
} wanmi_days_kind;

typedef struct wanmi_days {
    wanmi_days_kind kind;
    uint32_t weekdays;              /* bit 0 is Monday ... bit 6 Sunday */
    int64_t first_day;              /* days since 1970-01-01, both included */
    int64_t last_day;
    char calendar[256];             /* with WANMI_DAYS_WORK and _REST; "default" unless named */
} wanmi_days;

/* Reads weekdays ("1-5", "mon;wed-fri", "sat-mon"; 1 is Monday; ',' is allowed
 * too), "workday" or "restday" (of a calendar: "workday@school"), a date, or two
 * dates joined by '/'. */
WANMI_API wanmi_status wanmi_days_parse(const char *text, wanmi_days *days, wanmi_error *error);

/* Places of an object's owners. */
typedef enum wanmi_owner {
    WANMI_OWNER_AUTHORITY = 0,      /* "authority" or "主管": who is in charge of it */
    WANMI_OWNER_PROPERTY = 1,       /* "property" or "权属": whose it is */
    WANMI_OWNER_UPKEEP = 2          /* "upkeep" or "养护": who keeps it up */
} wanmi_owner;

typedef enum wanmi_owner_match {
    WANMI_OWNER_ANY = 0,            /* an empty text: no condition, not even that there is an object */
    WANMI_OWNER_CODE = 1,           /* the owner's code is `text` */
    WANMI_OWNER_PREFIX = 2,         /* the owner's code begins with `text`, which may be empty */
    WANMI_OWNER_KIND = 3            /* the owner unit's `kind` is `text` */
} wanmi_owner_match;

typedef struct wanmi_owner_test {
    wanmi_owner_match match;
    int32_t owner;                  /* a wanmi_owner, or -1: any of the three */
    char text[256];
} wanmi_owner_test;

/* Reads a condition on owners: "CODE", "CODE*" or "@UNITKIND" of any owner, or
 * with the owner before it: "upkeep=CODE", "upkeep=CODE*", "upkeep=@UNITKIND". */
WANMI_API wanmi_status wanmi_owner_parse(const char *text, wanmi_owner_test *test, wanmi_error *error);

/* Reads the role of an owner: "@authority", "@property", "@upkeep". Every other
 * text that begins with '@' is an error; one that does not gives WANMI_END. */
WANMI_API wanmi_status wanmi_owner_role_parse(const char *role, wanmi_owner *owner, wanmi_error *error);

typedef enum wanmi_limit_unit {
    WANMI_URGENT_HOUR = 0,          /* runs round the clock */
    WANMI_WORKING_HOUR = 1,
    WANMI_WORKING_DAY = 2,
    WANMI_NATURAL_DAY = 3
} wanmi_limit_unit;

/* Reads "urgent_hour", "working_hour", "working_day", "natural_day". */
WANMI_API wanmi_status wanmi_limit_unit_parse(const char *text, wanmi_limit_unit *unit, wanmi_error *error);

/* ---- building ------------------------------------------------------------------ */

/* Owns: free with wanmi_map_builder_free. Errors: WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_map_builder_create(const wanmi_host *host,
                                                wanmi_map_builder **builder, wanmi_error *error);
WANMI_API void wanmi_map_builder_free(wanmi_map_builder *builder);

/* Each adds one thing and copies it; on an error nothing is added and the
 * builder stays usable. Only what can be seen in the row itself is checked here:
 * texts, numbers, and for areas the geometry: WKB that cannot be read, rings
 * of fewer than four points, unclosed rings, coordinates that are not finite or
 * beyond 1e9 m, and polygons GEOS calls invalid (its reason and place are in the message).
 * Errors: WANMI_E_MAP_..., WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_map_builder_meta(wanmi_map_builder *builder,
                                              const wanmi_map_meta *meta, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_layer(wanmi_map_builder *builder,
                                               const wanmi_layer_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_area(wanmi_map_builder *builder,
                                              const wanmi_area_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_unit(wanmi_map_builder *builder,
                                              const wanmi_unit_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_duty(wanmi_map_builder *builder,
                                              const wanmi_duty_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_rule(wanmi_map_builder *builder,
                                              const wanmi_rule_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_calendar(wanmi_map_builder *builder,
                                                  const wanmi_calendar_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_deadline(wanmi_map_builder *builder,
                                                  const wanmi_deadline_def *def, wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_escalation(wanmi_map_builder *builder,
                                                    const wanmi_escalation_def *def,
                                                    wanmi_error *error);
WANMI_API wanmi_status wanmi_map_builder_object(wanmi_map_builder *builder,
                                                const wanmi_object_def *def, wanmi_error *error);

/* Checks a polygon alone, as wanmi_map_builder_area does. `def` needs only
 * layer, code, row and wkb. Errors: as there. Since: 0.1 */
WANMI_API wanmi_status wanmi_map_builder_check_area(wanmi_map_builder *builder,
                                                    const wanmi_area_def *def, wanmi_error *error);

typedef struct wanmi_map_build_options {
    size_t struct_size;
    wanmi_problem_fn on_problem;    /* NULL: the first problem ends the build with its error.
                                       Given: each problem is reported, its row is left out, and the
                                       build goes on */
    void *problem_user;
    wanmi_progress_fn on_progress;
    void *progress_user;
} wanmi_map_build_options;

WANMI_API void wanmi_map_build_options_init(wanmi_map_build_options *options);

/* Makes the map: resolves parents, duties and rules, sorts, numbers, and checks
 * the whole: doubled codes (per instant), unknown parents, loops among units,
 * duties, rules, deadlines, escalations and objects that point nowhere, two
 * duties alike, doubled seq, two rows of a calendar on one day. With on_problem a row
 * that fails is left out (a layer, area or unit whose parent is not there or
 * makes a loop keeps its place without a parent). The builder is left as it was.
 * A cell layer or fallback unit that meta names may come later: it is missed only
 * when there is another partition of level 0, or any unit; so may a deadline or
 * calendar that a row names: it is missed only when the map has any.
 * `options` may be NULL.
 * Owns: release with wanmi_map_release. Threads: the builder's thread.
 * Errors: WANMI_E_MAP_..., WANMI_E_CRS_..., WANMI_E_ZONE, WANMI_E_MEMORY,
 * WANMI_E_CANCELLED. Since: 0.1 */
WANMI_API wanmi_status wanmi_map_build(wanmi_map_builder *builder,
                                       const wanmi_map_build_options *options,
                                       wanmi_map **map, wanmi_error *error);

WANMI_API wanmi_map *wanmi_map_retain(wanmi_map *map);
WANMI_API void wanmi_map_release(wanmi_map *map);

/* ---- reading --------------------------------------------------------------------
 * All read functions: Threads: any. Errors: an index out of range gives "",
 * WANMI_NONE, or WANMI_E_ARGUMENT. Texts and arrays live as long as the map. */

/* Fills `meta` with the map's own texts (they live as long as the map), as they
 * were given: for what is used, ask wanmi_map_cell_layer and _fallback_unit. Only
 * `operation` is the one that is used. Since: 0.1 */
WANMI_API void wanmi_map_read_meta(const wanmi_map *map, wanmi_map_meta *meta);
WANMI_API wanmi_crs *wanmi_map_crs(const wanmi_map *map);         /* borrowed */
WANMI_API const wanmi_zone *wanmi_map_zone(const wanmi_map *map); /* borrowed */
WANMI_API uint32_t wanmi_map_generation(const wanmi_map *map);
/* What the host lent to the builder: indexes and plans made from the map take
 * their memory and their clock there too. Borrowed; lives as long as the map. */
WANMI_API const wanmi_host *wanmi_map_host(const wanmi_map *map);
WANMI_API uint32_t wanmi_map_fallback_unit(const wanmi_map *map); /* index or WANMI_NONE */

typedef struct wanmi_layer_info {
    const char *name;
    wanmi_layer_kind kind;
    int32_t level;
    uint32_t parent;                /* index of the parent layer, or WANMI_NONE */
    uint32_t first_area;            /* its areas are first_area .. first_area + area_count - 1 */
    uint32_t area_count;
    int32_t is_cell_ancestor;       /* 1: reached from the cell layer by parents */
} wanmi_layer_info;

WANMI_API uint32_t wanmi_map_layer_count(const wanmi_map *map);
WANMI_API uint32_t wanmi_map_cell_layer(const wanmi_map *map);    /* index or WANMI_NONE (no layer of level 0) */
WANMI_API uint32_t wanmi_map_find_layer(const wanmi_map *map, const char *name);
WANMI_API wanmi_status wanmi_map_layer(const wanmi_map *map, uint32_t layer, wanmi_layer_info *info);

typedef struct wanmi_area_info {
    const char *code;
    const char *name;
    const char *parent_code;
    const char *grade;
    int64_t valid_from_us;
    int64_t valid_to_us;
    int64_t row;
    uint32_t layer;
    uint32_t parent;                /* first version of the parent area, or WANMI_NONE */
    uint32_t key;                   /* first version of this code in this layer: equal for all versions */
    uint32_t polygon_count;
    double min_x, min_y, max_x, max_y; /* metres */
} wanmi_area_info;

WANMI_API uint32_t wanmi_map_area_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_area(const wanmi_map *map, uint32_t area, wanmi_area_info *info);
WANMI_API const char *wanmi_map_area_code(const wanmi_map *map, uint32_t area);

/* What of an area hangs on time, without the rest: quick, for loops over all areas.
 * Errors: WANMI_E_ARGUMENT. Since: 0.2 */
typedef struct wanmi_area_version {
    int64_t valid_from_us;
    int64_t valid_to_us;
    uint32_t key;                   /* first version of this code in this layer */
    uint32_t parent;                /* first version of the parent area, or WANMI_NONE */
} wanmi_area_version;

WANMI_API wanmi_status wanmi_map_area_version(const wanmi_map *map, uint32_t area,
                                              wanmi_area_version *version);

/* The area of a code in a layer, valid at an instant (WANMI_TIME_NONE: the
 * first version whenever valid), or WANMI_NONE. */
WANMI_API uint32_t wanmi_map_find_area(const wanmi_map *map, uint32_t layer, const char *code,
                                       int64_t instant_us);

/* The parent of an area at an instant, or WANMI_NONE. */
WANMI_API uint32_t wanmi_map_area_parent(const wanmi_map *map, uint32_t area, int64_t instant_us);

/* Bytes of an area's WKB (ISO, little endian, MultiPolygon if it has more than
 * one part, else Polygon), and the WKB itself: byte for byte the coordinates
 * that were given. Errors: WANMI_E_ARGUMENT (index, too small). */
WANMI_API size_t wanmi_map_area_wkb_size(const wanmi_map *map, uint32_t area);
WANMI_API wanmi_status wanmi_map_area_wkb(const wanmi_map *map, uint32_t area, uint8_t *wkb, size_t size);

/* The raw rings, kept once: ring `r` of an area is xy[2*points[r]] ..
 * xy[2*points[r+1]-1], closed. polygons[p] is the first ring of part p, rings
 * after it are its holes; polygons[polygon_count] is the number of rings. */
typedef struct wanmi_area_rings {
    uint32_t polygon_count;
    uint32_t ring_count;
    const uint32_t *polygons;       /* polygon_count + 1, relative to this area's first ring */
    const uint32_t *points;         /* ring_count + 1, absolute into xy */
    const double *xy;               /* the map's one coordinate array */
} wanmi_area_rings;

WANMI_API wanmi_status wanmi_map_area_rings(const wanmi_map *map, uint32_t area, wanmi_area_rings *rings);

typedef struct wanmi_unit_info {
    const char *code;
    const char *name;
    const char *kind;
    uint32_t parent;
    int64_t row;
} wanmi_unit_info;

/* Units are sorted by code. */
WANMI_API uint32_t wanmi_map_unit_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_unit(const wanmi_map *map, uint32_t unit, wanmi_unit_info *info);
WANMI_API const char *wanmi_map_unit_code(const wanmi_map *map, uint32_t unit);
WANMI_API uint32_t wanmi_map_find_unit(const wanmi_map *map, const char *code);

typedef struct wanmi_duty_info {
    uint32_t area;                  /* the key (first version) of the area */
    uint32_t unit;
    uint32_t role;
    int32_t rank;
    int64_t row;
} wanmi_duty_info;

/* Duties are sorted by area key, role, rank, unit. The duties of an area are
 * first .. first + count - 1 of wanmi_map_area_duties. */
WANMI_API uint32_t wanmi_map_duty_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_duty(const wanmi_map *map, uint32_t duty, wanmi_duty_info *info);
WANMI_API void wanmi_map_area_duties(const wanmi_map *map, uint32_t area_key, uint32_t *first, uint32_t *count);

/* Roles and tags are numbered from 0 in the order of their texts' bytes. */
WANMI_API uint32_t wanmi_map_role_count(const wanmi_map *map);
WANMI_API const char *wanmi_map_role(const wanmi_map *map, uint32_t role);
WANMI_API uint32_t wanmi_map_find_role(const wanmi_map *map, const char *role);
WANMI_API uint32_t wanmi_map_tag_count(const wanmi_map *map);
WANMI_API const char *wanmi_map_tag(const wanmi_map *map, uint32_t tag);

/* Rules are sorted by seq. `def` is filled with texts that live as long as the
 * map. */
WANMI_API uint32_t wanmi_map_rule_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_rule(const wanmi_map *map, uint32_t rule, wanmi_rule_def *def);

/* Calendars are sorted by name, then weekdays before ranges before dates, each in
 * the order of time; deadlines by name and seq; escalations by seq. `def` as with
 * rules. Roles and tags of escalations are numbered with the others. Since: 0.2 */
WANMI_API uint32_t wanmi_map_calendar_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_calendar(const wanmi_map *map, uint32_t calendar, wanmi_calendar_def *def);
WANMI_API uint32_t wanmi_map_deadline_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_deadline(const wanmi_map *map, uint32_t deadline, wanmi_deadline_def *def);
WANMI_API uint32_t wanmi_map_escalation_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_escalation(const wanmi_map *map, uint32_t escalation,
                                            wanmi_escalation_def *def);

typedef struct wanmi_object_info {
    const char *code;
    const char *name;
    const char *class_text;
    double x, y;                    /* metres */
    uint32_t owners[3];             /* units, by wanmi_owner; WANMI_NONE: none */
    int64_t row;
} wanmi_object_info;

/* Objects are sorted by code. Since: 0.2 */
WANMI_API uint32_t wanmi_map_object_count(const wanmi_map *map);
WANMI_API wanmi_status wanmi_map_object(const wanmi_map *map, uint32_t object, wanmi_object_info *info);
WANMI_API const char *wanmi_map_object_code(const wanmi_map *map, uint32_t object);
WANMI_API uint32_t wanmi_map_find_object(const wanmi_map *map, const char *code);

/* Whether two maps say the same: meta (with uuid), layers, areas with every
 * coordinate bit, units, duties, rules, calendars, deadlines, escalations,
 * objects; not the rows they came from, nor the
 * generation, nor allow_ballpark. WANMI_OK: equal. WANMI_PARTIAL: `difference` names the first one.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_map_equal(const wanmi_map *a, const wanmi_map *b, wanmi_error *difference);

/* Bytes the map keeps, its CRS and zone not counted. Since: 0.1 */
WANMI_API uint64_t wanmi_map_bytes(const wanmi_map *map);

#ifdef __cplusplus
}
#endif
#endif
