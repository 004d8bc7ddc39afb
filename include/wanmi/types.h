/* wanmi/types.h - the plain data that passes between the rooms.
 *
 * Takes:   positions and happenings of a city.
 * Gives:   event -> hit -> delivery -> outcome; records without pointers, that
 *          may be copied with memcpy and lie in arrays (numpy, Go slices).
 * Threads: plain data; wanmi_words is shared and safe.
 *
 * Units: degrees for longitude and latitude, metres for x (easting) and y
 * (northing), microseconds since 1970-01-01T00:00:00Z for instants.
 */
#ifndef WANMI_TYPES_H
#define WANMI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* "no such thing", wherever an index stands. */
#define WANMI_NONE 0xFFFFFFFFu

/* Rule numbers of deliveries that no written rule made. */
#define WANMI_RULE_FALLBACK 0xFFFFFFFEu  /* no rule reached anybody: the area's ancestors, then the map's fallback unit */
#define WANMI_RULE_OUTSIDE 0xFFFFFFFDu   /* outside every cell: the map's fallback unit */

/* What the two numbers of a position mean. */
typedef enum wanmi_datum {
    WANMI_DATUM_WGS84 = 0,          /* longitude, latitude in degrees */
    WANMI_DATUM_CGCS2000 = 1,       /* the same, treated as equal to WGS 84 */
    WANMI_DATUM_GCJ02 = 2,          /* longitude, latitude with the GCJ-02 offset */
    WANMI_DATUM_BD09 = 3,           /* longitude, latitude with the BD-09 offset */
    WANMI_DATUM_MAP = 4,            /* already x, y in the map's CRS, in metres */
    WANMI_DATUM_OBJECT = 5          /* no numbers: the place of the event's object. Only events may have it; to
                                       locate and to project it is an unknown datum */
} wanmi_datum;

/* Which way an answer is found. Both give the same answer for every point;
 * that is the law of this library. */
typedef enum wanmi_engine {
    WANMI_ENGINE_FAST = 0,          /* the compiled index */
    WANMI_ENGINE_EXACT = 1          /* PROJ, R-tree, GEOS covers: the reference */
} wanmi_engine;

/* Which machine code the fast parts run. All give the same bits. */
typedef enum wanmi_kernel {
    WANMI_KERNEL_AUTO = 0,          /* the best that this processor carries */
    WANMI_KERNEL_PORTABLE = 1,      /* plain C: any processor */
    WANMI_KERNEL_X86_64_V2 = 2,     /* SSE4.2: two positions side by side */
    WANMI_KERNEL_X86_64_V3 = 3,     /* AVX2: four */
    WANMI_KERNEL_X86_64_V4 = 4      /* AVX-512: eight */
} wanmi_kernel;

/* Where a position lies with respect to the cell layer. */
typedef enum wanmi_where {
    WANMI_INSIDE = 0,
    WANMI_SNAPPED = 1,              /* in no cell, but one is within the map's snap_m */
    WANMI_OUTSIDE = 2,
    WANMI_REJECTED = 3              /* no answer can be given; the reason says why */
} wanmi_where;

/* Why a position is rejected, or an event refused. */
typedef enum wanmi_reason {
    WANMI_REASON_NONE = 0,
    WANMI_REASON_NOT_FINITE = 1,    /* NaN or infinite */
    WANMI_REASON_LONGITUDE = 2,     /* beyond -180 .. 180 */
    WANMI_REASON_LATITUDE = 3,      /* beyond -90 .. 90 */
    WANMI_REASON_DATUM_BOX = 4,     /* GCJ-02 or BD-09 outside the box they are defined in */
    WANMI_REASON_PROJECTION = 5,    /* PROJ refused the position */
    WANMI_REASON_DATUM = 6,         /* unknown datum, or one left out of this build */
    WANMI_REASON_CLASS = 7,         /* class number that is not in the words */
    WANMI_REASON_SOURCE = 8,        /* source number that is not in the words */
    WANMI_REASON_OUTSIDE = 9,       /* outside every cell and the map has no fallback unit */
    WANMI_REASON_UNWANTED = 10,     /* no sink's subscription wanted any of its deliveries */
    WANMI_REASON_CLOSED = 11,       /* intake had stopped */
    WANMI_REASON_FULL = 12,         /* a ring was full (policy overflow) */
    WANMI_REASON_DEADLINE = 13,     /* a ring stayed full until the deadline (policy block) */
    WANMI_REASON_SINK = 14,         /* the sink answered dead */
    WANMI_REASON_ATTEMPTS = 15,     /* the sink asked for a retry and no attempt is left */
    WANMI_REASON_SHUTDOWN = 16,     /* closed while still pending */
    WANMI_REASON_ERROR = 17,        /* the submit call returned an error, which says more */
    WANMI_REASON_UNCOVERED = 18,    /* outside what a chart covers, and it was given no transform to ask */
    WANMI_REASON_OBJECT = 19,       /* object number that is not in the words, or no object of the map */
    WANMI_REASON_DROPPED = 20,      /* dropped for a newer one (policy drop_oldest) */
    WANMI_REASON_HUNG = 21,         /* a full ring of a sink that hangs (policy block) */
    WANMI_REASON_REMOVED = 22       /* pending when its sink was removed */
} wanmi_reason;

/* The text of a reason, such as "latitude"; never NULL.
 * Owns: the library, static. Threads: any. Since: 0.1 */
WANMI_API const char *wanmi_reason_text(wanmi_reason reason);

/* An event: 64 bytes. */
typedef struct wanmi_event {
    uint64_t id;                    /* the caller's; comes back on every delivery */
    uint64_t user;                  /* the caller's; comes back on every delivery */
    int64_t time_us;                /* when; WANMI_TIME_NONE: the instant of the submit */
    double x;                       /* longitude in degrees, or easting in metres */
    double y;                       /* latitude in degrees, or northing in metres */
    uint32_t class_id;              /* number of the class's text in the words; WANMI_NONE: no class */
    uint32_t source_id;             /* number of the source's text in the words; WANMI_NONE: none */
    uint8_t datum;                  /* wanmi_datum */
    uint8_t severity;               /* 0 (least) to 255 */
    uint8_t reserved[2];            /* zero */
    uint32_t object_id;             /* number of the object's code in the words; read with WANMI_DATUM_OBJECT only,
                                       which then is where the event is: x and y are not read */
    uint8_t reserved_end[8];        /* zero */
} wanmi_event;

/* How a delivery's unit was found. */
typedef enum wanmi_step {
    WANMI_STEP_UNIT = 0,            /* the rule names the unit itself */
    WANMI_STEP_DUTY = 1,            /* a duty of the event's own area */
    WANMI_STEP_ANCESTOR = 2,        /* a duty of an ancestor of that area */
    WANMI_STEP_FALLBACK = 3,        /* the map's fallback unit */
    WANMI_STEP_OWNER = 4            /* an owner of the event's object */
} wanmi_step;

/* The text of a step: "unit", "duty", "ancestor", "fallback", "owner". Since: 0.1 */
WANMI_API const char *wanmi_step_text(wanmi_step step);

/* Bits of wanmi_delivery.flags. */
#define WANMI_DELIVERY_COPY 1u      /* for information: the unit need not act */
#define WANMI_DELIVERY_REPEAT 2u    /* may have come before: a lease of it ran out, or nobody knew what became of it */

/* A delivery: one event addressed to one unit, by one rule, in one role.
 * 64 bytes. Numbers are indices into the map of `generation`. */
typedef struct wanmi_delivery {
    uint64_t event_id;
    uint64_t user;
    int64_t time_us;                /* of the event, never WANMI_TIME_NONE */
    int64_t due_us;                 /* WANMI_TIME_NONE: no deadline */
    uint32_t generation;            /* of the map that decided */
    uint32_t unit;                  /* index of the unit */
    uint32_t cell;                  /* index of the area in the cell layer, or WANMI_NONE */
    uint32_t rule;                  /* index of the rule, or WANMI_RULE_... */
    uint32_t class_id;
    uint32_t source_id;
    uint16_t role;                  /* index of the role, 0xFFFF: none */
    uint16_t tag;                   /* index of the tag, 0xFFFF: none */
    uint8_t priority;               /* 0 (most urgent) to 9; 5 unless a rule says otherwise */
    uint8_t severity;
    uint8_t step;                   /* wanmi_step */
    uint8_t flags;
} wanmi_delivery;

/* What a sink answers for one delivery. */
typedef enum wanmi_outcome {
    WANMI_DELIVERED = 0,
    WANMI_RETRY = 1,                /* not now: it comes again later, or ends dead with REASON_ATTEMPTS */
    WANMI_DEAD = 2,                 /* never; goes to the dead letters */
    WANMI_UNKNOWN = 3               /* as RETRY, but it may have been taken: it comes again with WANMI_DELIVERY_REPEAT */
} wanmi_outcome;

/* ---- words ------------------------------------------------------------------- */

/* A growing list of short texts (classes, sources), each with a number that
 * means the same text for ever: what events bear in place of texts, shared by
 * the producers, plans and filters of one flow and surviving a change of map. */
typedef struct wanmi_words wanmi_words;

/* Owns: free with wanmi_words_release; each wanmi_words_retain wants one more.
 * Threads: all functions may be called from any thread at the same time;
 * reading takes no lock. Errors: WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_words_create(const wanmi_host *host, wanmi_words **words,
                                          wanmi_error *error);
WANMI_API wanmi_words *wanmi_words_retain(wanmi_words *words);
WANMI_API void wanmi_words_release(wanmi_words *words);

/* Gives the number of a text (UTF-8, 1 to 64 bytes), adding it when it is new.
 * Errors: WANMI_E_ARGUMENT (empty, too long, not UTF-8), WANMI_E_LIMIT (more
 * than 1,048,576 texts), WANMI_E_MEMORY. Since: 0.1 */
WANMI_API wanmi_status wanmi_words_number(wanmi_words *words, const char *text, size_t length,
                                          uint32_t *number, wanmi_error *error);

/* Gives a number only if the text is known; else WANMI_NONE. Since: 0.1 */
WANMI_API uint32_t wanmi_words_find(const wanmi_words *words, const char *text, size_t length);

/* The text of a number, ended by a NUL; NULL when there is none. It lives as
 * long as the words. Since: 0.1 */
WANMI_API const char *wanmi_words_text(const wanmi_words *words, uint32_t number);

/* How many there are; numbers are 0 .. count-1. Since: 0.1 */
WANMI_API uint32_t wanmi_words_count(const wanmi_words *words);

#ifdef __cplusplus
}
#endif
#endif
