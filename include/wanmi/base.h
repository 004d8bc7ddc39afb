/* wanmi/base.h - what every room stands on: status, error, host, time, counters.
 *
 * Takes:   an allocator, a log and a clock lent by the host program, or none.
 * Gives:   one error model, calendar time in a named zone, a table of counters.
 * Threads: nothing here is shared unless a function says so. The library keeps
 *          no process-wide state, prints nothing and never ends the process.
 *
 * The law of errors, for every function of every header:
 *   - a function that can fail returns a wanmi_status: 0 is done, a negative
 *     number is an error, a positive one is an answer (such as WANMI_AGAIN);
 *   - `error` may be NULL; it belongs to the caller and is filled only when an
 *     error is returned;
 *   - outputs are untouched unless the status is WANMI_OK or says otherwise;
 *   - freeing NULL is allowed and does nothing;
 *   - any function with a status may give WANMI_E_ARGUMENT for a NULL where a
 *     thing must be, or for a struct without its size; "Errors:" lists what else.
 * The law of structs: where a struct opens with `struct_size`, call its _init
 * function first; fields are only ever appended. A size that is none (less than
 * itself, or more than the library knows) is WANMI_E_ARGUMENT.
 */
#ifndef WANMI_BASE_H
#define WANMI_BASE_H

#include <stddef.h>
#include <stdint.h>

#ifndef WANMI_API
#define WANMI_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- version ------------------------------------------------------------ */

#define WANMI_VERSION_MAJOR 0
#define WANMI_VERSION_MINOR 1
#define WANMI_VERSION_PATCH 0

/* The version of the library that runs, as "major.minor.patch".
 * Owns: the library, static. Threads: any. Errors: none. Since: 0.1 */
WANMI_API const char *wanmi_version(void);

/* The versions of what it was linked with, as "wanmi 0.2.0, PROJ 9.1.1, GEOS
 * 3.11.1-CAPI-1.17.1": what a bug report needs.
 * Owns: caller gives `text` of `size` bytes; it is always ended by a NUL.
 * Threads: any. Errors: none. Since: 0.1 */
WANMI_API void wanmi_version_text(char *text, size_t size);

/* ---- status and error ---------------------------------------------------- */

/* One family of a hundred numbers a room. */
typedef enum wanmi_status {
    WANMI_OK = 0,
    WANMI_AGAIN = 1,                /* nothing could be moved now; call again */
    WANMI_END = 2,                  /* there is no more */
    WANMI_PARTIAL = 3,              /* part of the input was done; the count says how much */

    WANMI_E_MEMORY = -1,            /* the allocator gave nothing */
    WANMI_E_ARGUMENT = -2,          /* an argument breaks what the header asks */
    WANMI_E_PARSE = -3,             /* a text is not what it should be */
    WANMI_E_SYSTEM = -4,            /* the operating system refused; the message says why */
    WANMI_E_ZONE = -5,              /* unknown or unreadable time zone */
    WANMI_E_CANCELLED = -6,         /* the caller's progress function asked to stop */
    WANMI_E_DEADLINE = -7,          /* not done by the deadline */
    WANMI_E_LIMIT = -8,             /* a stated limit is reached */
    WANMI_E_UNSUPPORTED = -9,       /* known, but not carried by this version or build */

    WANMI_E_CRS_DEFINITION = -101,  /* text that PROJ cannot read as a CRS */
    WANMI_E_CRS_DATABASE = -102,    /* proj.db is missing or unreadable */
    WANMI_E_CRS_OPERATION = -103,   /* PROJ has no operation between the two */
    WANMI_E_CRS_BALLPARK = -104,    /* only a ballpark operation, and it was not asked for */
    WANMI_E_CRS_UNITS = -105,       /* not a projected CRS in metres */
    WANMI_E_CRS_DATUM = -106,       /* an unknown datum, or one left out of this build */
    WANMI_E_CRS_CHART = -107,       /* no polynomial of a chart meets its bound anywhere in the area */

    WANMI_E_MAP_GEOMETRY = -201,    /* WKB, ring or polygon that is not valid */
    WANMI_E_MAP_CODE = -202,        /* missing, too long or doubled code */
    WANMI_E_MAP_LAYER = -203,       /* unknown, doubled or contradictory layer */
    WANMI_E_MAP_PARENT = -204,      /* parent that is not there, or a loop */
    WANMI_E_MAP_UNIT = -205,        /* unit that is not there or doubled */
    WANMI_E_MAP_DUTY = -206,        /* duty that points nowhere or contradicts another */
    WANMI_E_MAP_RULE = -207,        /* rule that points nowhere or cannot be read */
    WANMI_E_MAP_META = -208,        /* title, CRS, zone, snap or layout that cannot be used */
    WANMI_E_MAP_CALENDAR = -209,    /* row of a calendar that cannot be read, or meets another on one day */
    WANMI_E_MAP_DEADLINE = -210,    /* deadline that cannot be read, points nowhere or is doubled */
    WANMI_E_MAP_ESCALATION = -211,  /* escalation that cannot be read, points nowhere or is doubled */
    WANMI_E_MAP_OBJECT = -212,      /* object without place, with an unknown owner, or doubled */

    WANMI_E_LOCATE_GEOS = -301,     /* GEOS failed; its message is in the error */
    WANMI_E_LOCATE_IMAGE = -302,    /* an index image of another map or version, truncated or altered */
    WANMI_E_LOCATE_NO_IMAGE = -303, /* there is no index image of that name */

    WANMI_E_ROUTE_RULE = -401,      /* a rule, deadline or escalation that a plan cannot obey */
    WANMI_E_ROUTE_NOBODY = -402,    /* some event inside the map would reach nobody */

    WANMI_E_QUEUE_CAPACITY = -501,  /* capacity is zero, too large or no power of two */

    WANMI_E_DISPATCH_SINK = -601,   /* unknown or doubled sink */
    WANMI_E_DISPATCH_CLOSED = -602, /* intake has stopped */
    WANMI_E_DISPATCH_STATE = -603,  /* not allowed in this state (started, stopped ...) */
    WANMI_E_DISPATCH_FULL = -604,   /* there is no room for all of a submit (policy reject) */

    WANMI_E_FLOW_MAP = -701,        /* the flow has no map, or the map is older */
    WANMI_E_FLOW_FILTER = -702,     /* a subscription filter that names unknown things */

    WANMI_E_GRID_LAYOUT = -801,     /* the code layout has too few sequence digits */
    WANMI_E_GRID_AREA = -802,       /* an area that cannot be cut */

    WANMI_E_IO_OPEN = -901,         /* a file that cannot be opened or created */
    WANMI_E_IO_FORMAT = -902,       /* a file that is not what it should be */
    WANMI_E_IO_COLUMN = -903,       /* a column or field that is missing */
    WANMI_E_IO_ROW = -904,          /* a row that cannot be read; the next one can */
    WANMI_E_IO_WRITE = -905         /* writing failed, the disk may be full */
} wanmi_status;

/* What went wrong and where. `message` is whole by itself: it names file,
 * layer, code, row and value where they are known. The other fields say the
 * same for programs; an unknown text is "", an unknown row is -1. Texts that
 * do not fit are cut at a character's boundary. */
typedef struct wanmi_error {
    wanmi_status status;
    int32_t reserved;
    int64_t row;                    /* row of the source, counted from 1 */
    char file[256];
    char layer[64];
    char code[72];
    char value[128];
    char message[640];
} wanmi_error;

/* Makes `error` say "no error".
 * Owns: the caller. Threads: any. Errors: none. Since: 0.1 */
WANMI_API void wanmi_error_clear(wanmi_error *error);

/* The name of a status, such as "WANMI_E_MEMORY"; "unknown" for other numbers.
 * Owns: the library, static. Threads: any. Errors: none. Since: 0.1 */
WANMI_API const char *wanmi_status_name(wanmi_status status);

/* Called once for each thing that is wrong with an input while the rest of the
 * input goes through. `problem` lives only during the call. Called on the
 * thread that called the library. */
typedef void (*wanmi_problem_fn)(void *user, const wanmi_error *problem);

/* Called now and then during long work; `done` of `total` steps (total 0: not
 * known). Returning non-zero asks the work to stop with WANMI_E_CANCELLED. */
typedef int (*wanmi_progress_fn)(void *user, uint64_t done, uint64_t total);

/* ---- what the host lends -------------------------------------------------- */

/* Memory. Sizes in bytes; `alignment` is a power of two. `alloc` gives NULL
 * when there is none. `resize` keeps the first min(old, size) bytes; on NULL
 * the old block stays. `release` gets the size the block was asked with.
 * All functions NULL: the C library's own. Threads: they are called from every
 * thread that uses a handle made with them, at the same time. */
typedef struct wanmi_allocator {
    void *user;
    void *(*alloc)(void *user, size_t size, size_t alignment);
    void *(*resize)(void *user, void *block, size_t old_size, size_t size, size_t alignment);
    void (*release)(void *user, void *block, size_t size, size_t alignment);
} wanmi_allocator;

typedef enum wanmi_log_level {
    WANMI_LOG_DEBUG = 0,
    WANMI_LOG_INFO = 1,
    WANMI_LOG_WARNING = 2,
    WANMI_LOG_ERROR = 3
} wanmi_log_level;

/* Where warnings go. `write` NULL: nowhere. Called from any thread. */
typedef struct wanmi_log {
    void *user;
    void (*write)(void *user, wanmi_log_level level, const char *message);
} wanmi_log;

/* Time. `now_us`: microseconds since 1970-01-01T00:00:00Z (no leap seconds).
 * `steady_ns`: nanoseconds that never go back. NULL: the system's clocks; a
 * test puts its own here. Called from any thread. */
typedef struct wanmi_clock {
    void *user;
    int64_t (*now_us)(void *user);
    int64_t (*steady_ns)(void *user);
} wanmi_clock;

/* All that a host lends, given to the functions that make a handle and copied
 * into it; what the `user` pointers point to must outlive the handle. NULL in
 * place of a host: the C library's memory, no log, the system's clocks. */
typedef struct wanmi_host {
    size_t struct_size;
    wanmi_allocator allocator;
    wanmi_log log;
    wanmi_clock clock;
    const char *proj_data;          /* folder that holds proj.db; NULL: PROJ's own search. Copied. */
    const char *zone_data;          /* folder of TZif files; NULL: /usr/share/zoneinfo. Copied. */
} wanmi_host;

/* Fills the defaults.
 * Owns: the caller. Threads: any. Errors: none. Since: 0.1 */
WANMI_API void wanmi_host_init(wanmi_host *host);

/* ---- time ------------------------------------------------------------------ */

/* An instant that is not given; also the open ends of a validity. */
#define WANMI_TIME_NONE INT64_MIN

typedef struct wanmi_zone wanmi_zone;

/* Opens a time zone of the IANA database by name, such as "Asia/Shanghai", or
 * "UTC", or a fixed offset such as "+08:00". Reads the TZif file (RFC 8536,
 * versions 1 to 4, with its footer for times after the table); the process's
 * own zone (TZ) plays no part.
 * Owns: free with wanmi_zone_free. Threads: immutable, share it.
 * Errors: WANMI_E_ZONE, WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_zone_open(const char *name, const wanmi_host *host,
                                       wanmi_zone **zone, wanmi_error *error);
WANMI_API void wanmi_zone_free(wanmi_zone *zone);

/* Seconds that local time is ahead of UTC at an instant (microseconds, UTC).
 * Threads: any. Errors: none. Since: 0.1 */
WANMI_API int32_t wanmi_zone_offset(const wanmi_zone *zone, int64_t instant_us);

/* Turns a text of ISO 8601 into microseconds since 1970 UTC:
 *   2026-11-22                       local midnight in `zone` (where a clock
 *                                    change leaves midnight out: the first instant of the day)
 *   2026-11-22T08:30[:15[.123456]]   local time in `zone` (in a gap: moved on
 *                                    by the gap; doubled: the earlier one)
 *   ... Z, +08:00, +0800, +08        with its own offset
 * A space may stand for the T. Years 1 to 9999. A fraction has 1 to 9 digits;
 * those after the sixth are dropped. Offsets may have seconds (+08:05:43). `zone` NULL means UTC.
 * Threads: any. Errors: WANMI_E_PARSE naming the text. Since: 0.1 */
WANMI_API wanmi_status wanmi_time_parse(const wanmi_zone *zone, const char *text,
                                        int64_t *instant_us, wanmi_error *error);

/* Writes an instant as 2026-11-22T08:30:15.123456+08:00 (fraction only where
 * there is one; `Z` where zone is NULL). WANMI_TIME_NONE and instants outside
 * the years 1 to 9999 give an empty text.
 * Owns: the caller gives `text`; `size` of 40 always suffices. Since: 0.1 */
WANMI_API void wanmi_time_format(const wanmi_zone *zone, int64_t instant_us,
                                 char *text, size_t size);

/* ---- counters --------------------------------------------------------------- */

typedef enum wanmi_counter_kind {
    WANMI_COUNTER = 0,              /* only grows */
    WANMI_GAUGE = 1,                /* goes up and down */
    WANMI_HISTOGRAM = 2             /* one of the rows of a histogram: see wanmi_counter_part */
} wanmi_counter_kind;

/* Which row of a histogram. Those of one histogram (same name, same labels) stand
 * together: its buckets in rising order of `bound`, then its sum, then its count. */
typedef enum wanmi_counter_part {
    WANMI_PART_VALUE = 0,           /* no histogram: the figure itself */
    WANMI_PART_BUCKET = 1,          /* how many values were at most `bound` (so each holds those before it) */
    WANMI_PART_SUM = 2,             /* the values' sum, in `unit` */
    WANMI_PART_COUNT = 3            /* how many values */
} wanmi_counter_part;

/* `bound` of the last bucket, which holds all. */
#define WANMI_BOUND_NONE UINT64_MAX

/* One figure of one snapshot. Names, units and help texts are stable. */
typedef struct wanmi_counter {
    const char *name;               /* Prometheus style: wanmi_sink_delivered_total */
    const char *unit;               /* events, deliveries, records, bytes ... */
    const char *help;
    const char *sink;               /* label; NULL where it does not apply */
    wanmi_counter_kind kind;
    uint64_t value;
    const char *tag;                /* label; NULL where it does not apply */
    const char *lane;               /* label; NULL where it does not apply */
    uint64_t bound;                 /* WANMI_PART_BUCKET: the largest value in it, or WANMI_BOUND_NONE */
    wanmi_counter_part part;
    int32_t reserved;
} wanmi_counter;

/* Writes counters in the text format of Prometheus (version 0.0.4): HELP and TYPE
 * once a name, then all its rows, labels escaped, a histogram as _bucket{le=...},
 * _sum and _count. `text` is always ended by a NUL when `size` is not 0; `needed`
 * (may be NULL) gets the bytes of the whole text with its NUL.
 * Errors: WANMI_PARTIAL when it did not fit (cut anywhere). Threads: any. Since: 0.1 */
WANMI_API wanmi_status wanmi_counters_prometheus(const wanmi_counter *counters, size_t count,
                                                 char *text, size_t size, size_t *needed);

/* The same as JSON, in the order of the rows: an array of objects
 *   {"name":N,"kind":"counter"|"gauge","unit":U,"help":H,"sink":S,"lane":L,"tag":T,"value":V}
 *   {"name":N,"kind":"histogram",...,"buckets":[{"le":B,"count":C},...,{"le":null,"count":C}],"sum":V,"count":V}
 * with the labels that apply; a row of the array a line. Numbers are whole and may
 * be beyond 2^53. Errors, texts and sizes as above. Since: 0.1 */
WANMI_API wanmi_status wanmi_counters_json(const wanmi_counter *counters, size_t count,
                                           char *text, size_t size, size_t *needed);

#ifdef __cplusplus
}
#endif
#endif
