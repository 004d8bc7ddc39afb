/* wanmi/locate.h - which areas a position lies in.
 *
 * Takes:   positions (degrees in a datum, or x, y of the map), instants.
 * Gives:   for each: the cell, the status, the distance where it was snapped,
 *          and a tuple: the areas of every layer.
 * Threads: a wanmi_index is immutable and shared; a wanmi_locator belongs to
 *          one thread at a time and holds its PROJ and GEOS contexts.
 *
 * The answer (docs/answers.md):
 *   1. the datum is removed and PROJ gives x, y (crs.h);
 *   2. an R-tree over the areas' boxes gives candidates, GEOS covers decides: a
 *      point on the boundary is inside;
 *   3. in a partition layer the owner is the covering area with the lowest code;
 *      in a layer that is an ancestor of the cell layer the owner cell's own
 *      ancestor wins if it covers the point too; in an overlay layer the answer
 *      is every covering area, in code order;
 *   4. no cell covers it: outside; with snap_m > 0 the nearest cell within that
 *      distance, snapped; distances within 1 nm tie, to the lowest code;
 *   5. only areas valid at the instant count;
 *   6. what cannot be answered is rejected with a reason, never guessed.
 *
 * So says the reference, WANMI_ENGINE_EXACT. WANMI_ENGINE_FAST looks into a
 * compiled index instead and gives the same answers, every column of them but the
 * tuples' numbers; how, and why it cannot differ: docs/index.md.
 */
#ifndef WANMI_LOCATE_H
#define WANMI_LOCATE_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "map.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct wanmi_index wanmi_index;
typedef struct wanmi_locator wanmi_locator;

typedef struct wanmi_index_options {
    size_t struct_size;
    int32_t exact_only;             /* non-zero: only what the exact path needs; every session then takes it */
    uint32_t charts;                /* datums that positions will come in, see below; 0: the usual ones */
    int32_t threads;                /* that compile, the caller's among them; 0: as many as are of use, 8 at most */
    int32_t reserved;               /* zero */
    wanmi_progress_fn on_progress;  /* NULL: none; called on the caller's thread */
    void *progress_user;
    int32_t verify_image;           /* non-zero: opening an image compares its checksums too. Since 0.2 */
    int32_t copy_image;             /* non-zero: an image is read into the host's memory, not mapped. Since 0.2 */
} wanmi_index_options;

/* charts: a bit 1 << wanmi_datum each. These datums get a chart over the map's areas
 * (crs.h), by which the fast engine projects them; the others go the slow way by
 * PROJ, with the same answers. The usual ones are WGS 84 with CGCS2000 (one chart,
 * some 1 ms and 600 bytes), and GCJ-02 with up to 128 boxes, enough for 100 x 100 km:
 * 7 ms and 1.5 kB for a district, 0.1 s and 20 kB for 45 x 45 km, 0.4 s and 80 kB at
 * most. BD-09 must be asked for: 0.2 s and 40 kB for a district, 1.5 s and 400 kB for
 * 45 x 45 km. A datum asked for gets up to 1,024 boxes, which may take seconds.
 * 1 << WANMI_DATUM_MAP alone: no chart. */

WANMI_API void wanmi_index_options_init(wanmi_index_options *options);

/* Compiles a map for locating. Keeps the map alive. `options` NULL: the defaults.
 * Owns: release with wanmi_index_release. Threads: any; the index is immutable.
 * Errors: WANMI_E_ARGUMENT, WANMI_E_MEMORY, WANMI_E_CANCELLED, WANMI_E_LOCATE_GEOS.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_index_create(wanmi_map *map, const wanmi_index_options *options,
                                          wanmi_index **index, wanmi_error *error);
WANMI_API wanmi_index *wanmi_index_retain(wanmi_index *index);
WANMI_API void wanmi_index_release(wanmi_index *index);
WANMI_API wanmi_map *wanmi_index_map(const wanmi_index *index);   /* borrowed */
/* Taken from the host for it; neither the map's nor an image's mapped bytes. */
WANMI_API uint64_t wanmi_index_bytes(const wanmi_index *index);

/* ---- images: an index kept in a file --------------------------------------------
 * Compiling a large map takes seconds; an image of its index is opened in
 * milliseconds. An image is derived: it can always be thrown away. It belongs to
 * one map (its uuid, its generation, and a fingerprint of all that an index is
 * made from: layers, rings to the last bit, validities, parents, CRS, operation,
 * snap_m), to one version of wanmi, PROJ and GEOS, and to one byte order; for
 * anything else it is refused. A map built by API without a uuid gets a random
 * one, so that its images fit no later process.
 *
 * What opening promises of a file that holds anything at all, by mistake or on
 * purpose: it is refused, or it is used without a read or write outside the file
 * and without an endless loop. The head has a checksum that is always compared;
 * each table has one that is compared where `verify_image` asks for it. Without
 * that, a table that was altered may pass, and its answers are then wrong: where
 * others may write the file, verify, and trust it as far as you trust them (a
 * checksum is no signature).
 *
 * An image is mapped read-only, and so shared by all processes that open it. A
 * file that is mapped must not be written in place or cut short: what was checked
 * would be other bytes, and a page that is gone ends the process with SIGBUS.
 * wanmi_index_save never does that: it writes another file and renames it, and
 * what is mapped stays what it was. Where others may write in place, as on some
 * network file systems, set `copy_image`.
 *
 * Byte format: docs/index-image.md. */

/* Writes the image of an index, whole or not at all: beside `path` first, then on
 * disk, then renamed. A link is followed. An index of `exact_only` gives an image
 * of only that.
 * Threads: any. Errors: WANMI_E_ARGUMENT, WANMI_E_SYSTEM (cannot be written; the
 * message says why), WANMI_E_MEMORY, WANMI_E_LIMIT. Since: 0.2 */
WANMI_API wanmi_status wanmi_index_save(const wanmi_index *index, const char *path, wanmi_error *error);

/* Opens an image for this map, by mapping it. Options as for wanmi_index_create:
 * with `exact_only` the rest of the image is not looked at; `charts` 0 takes those
 * that it holds, and charts asked for that it was not made with are made now. Keeps
 * the map alive; the file may be replaced or removed meanwhile.
 * Owns: release with wanmi_index_release. Threads: any.
 * Errors: WANMI_E_LOCATE_NO_IMAGE, WANMI_E_LOCATE_IMAGE (refused; the message
 * names the file and says which: of another map, of another version, truncated,
 * altered ...), WANMI_E_SYSTEM, WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.2 */
WANMI_API wanmi_status wanmi_index_open(wanmi_map *map, const char *path,
                                        const wanmi_index_options *options, wanmi_index **index,
                                        wanmi_error *error);

/* What became of the image. */
typedef enum wanmi_image_use {
    WANMI_IMAGE_OPENED = 0,         /* it fitted */
    WANMI_IMAGE_SAVED = 1,          /* compiled, and saved for the next time */
    WANMI_IMAGE_UNSAVED = 2         /* compiled, but the file could not be written */
} wanmi_image_use;

/* Opens the image if there is one that fits, else compiles the map and saves it
 * there. An image that is refused, or cannot be written, is no error: the reason
 * goes to the host's log (as a warning, but for a file that is not there), and the
 * index is made all the same. `use` may be NULL.
 * Owns: release with wanmi_index_release. Threads: any.
 * Errors: as wanmi_index_create. Since: 0.2 */
WANMI_API wanmi_status wanmi_index_load(wanmi_map *map, const char *path,
                                        const wanmi_index_options *options, wanmi_index **index,
                                        wanmi_image_use *use, wanmi_error *error);

/* Bytes of the image that this index has mapped; 0 when it has none. Since: 0.2 */
WANMI_API uint64_t wanmi_index_image_bytes(const wanmi_index *index);

/* A thread's session. Keeps the index alive. Prepared geometries are made when
 * first needed and kept in the session; the fast engine seldom needs any.
 * Owns: free with wanmi_locator_free. Threads: any; sessions of one index may be
 * made and used at the same time (they take turns at making GEOS objects).
 * Errors: WANMI_E_MEMORY, WANMI_E_ARGUMENT, WANMI_E_CRS_..., WANMI_E_LOCATE_GEOS.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_locator_create(wanmi_index *index, wanmi_engine engine,
                                            wanmi_locator **locator, wanmi_error *error);
WANMI_API void wanmi_locator_free(wanmi_locator *locator);
WANMI_API wanmi_index *wanmi_locator_index(const wanmi_locator *locator); /* borrowed */

/* Which machine code the session runs: of itself the best that the processor carries;
 * all give the same answers. WANMI_KERNEL_AUTO: that one again. Another one is for
 * measuring and testing; where the index's charts run another kernel the session makes
 * its own of their data.
 * Threads: the locator's own thread. Errors: WANMI_E_ARGUMENT; WANMI_E_UNSUPPORTED (the
 * kernel is not of this processor or build, or too small for the index);
 * WANMI_E_MEMORY, WANMI_E_CRS_...; the session then goes on as before. Since: 0.2 */
WANMI_API wanmi_status wanmi_locator_use_kernel(wanmi_locator *locator, wanmi_kernel kernel,
                                                wanmi_error *error);
WANMI_API wanmi_kernel wanmi_locator_kernel(const wanmi_locator *locator);  /* never AUTO */

/* Input columns. Strides are in bytes; 0 means packed. */
typedef struct wanmi_positions {
    size_t struct_size;
    size_t count;
    const double *x;                /* longitude in degrees, or x in metres */
    const double *y;
    const int64_t *time_us;         /* NULL: every position takes `now_us` */
    const uint8_t *datums;          /* NULL: every position is in `datum` */
    size_t x_stride;
    size_t y_stride;
    size_t time_stride;
    size_t datum_stride;
    wanmi_datum datum;
    int32_t reserved;
    int64_t now_us;                 /* for positions without a time; WANMI_TIME_NONE: the clock, read once */
} wanmi_positions;

WANMI_API void wanmi_positions_init(wanmi_positions *positions);

/* Output columns, `count` long and packed; NULL: not wanted. */
typedef struct wanmi_hits {
    size_t struct_size;
    uint32_t *cell;                 /* index of the area in the cell layer, or WANMI_NONE */
    uint32_t *tuple;                /* for wanmi_locator_areas; WANMI_NONE when rejected */
    double *distance_m;             /* to the cell when snapped; 0 inside; NaN otherwise */
    double *map_x;                  /* x, y in the map's CRS; NaN when rejected */
    double *map_y;
    uint8_t *where;                 /* wanmi_where */
    uint8_t *reason;                /* wanmi_reason, why rejected */
} wanmi_hits;

WANMI_API void wanmi_hits_init(wanmi_hits *hits);

/* Locates positions. Makes no GEOS or PROJ object and allocates nothing per
 * event; the session's memory grows only when an area, a tuple, or more areas one
 * over the other than before are met for the first time.
 * Owns: the caller owns all columns. Threads: the locator's own thread.
 * Errors: WANMI_E_ARGUMENT; WANMI_E_MEMORY, WANMI_E_LOCATE_GEOS: the columns may be
 * written in part, the session stays usable. Positions that are rejected are
 * answers, not errors. Since: 0.1 */
WANMI_API wanmi_status wanmi_locate(wanmi_locator *locator, const wanmi_positions *positions,
                                    const wanmi_hits *hits, wanmi_error *error);

/* One position a call: the same answer as wanmi_locate with one position, by a shorter
 * way where it is certain. `cell` and `where` must be given. Since: 0.1 */
WANMI_API wanmi_status wanmi_locate_one(wanmi_locator *locator, wanmi_datum datum, double x, double y,
                                        int64_t instant_us, uint32_t *cell, wanmi_where *where,
                                        wanmi_error *error);

/* The areas of a tuple in one layer, in code order: at most one in a partition
 * layer. In the cell layer of a snapped position: none (the cell is in `cell`).
 * Equal tuples of one locator mean equal areas in all layers.
 * Owns: the session; the array lives until the locator is freed.
 * Threads: the locator's own thread. Errors: WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_locator_areas(const wanmi_locator *locator, uint32_t tuple, uint32_t layer,
                                           const uint32_t **areas, size_t *count);

/* The lowest area of a tuple in a layer, or WANMI_NONE. Since: 0.1 */
WANMI_API uint32_t wanmi_locator_area(const wanmi_locator *locator, uint32_t tuple, uint32_t layer);
/* The same of many tuples at once, which memory answers side by side.
 * Owns: the caller owns both arrays. Threads: the locator's own thread. Since: 0.2 */
WANMI_API void wanmi_locator_area_each(const wanmi_locator *locator, const uint32_t *tuples, size_t count,
                                       uint32_t layer, uint32_t *areas);

/* The tuple of a cell that the index met first: of nearly all its points, where areas of other
 * layers have few edges within cells. It is the same for all locators of the index, and so are
 * its areas. WANMI_NONE: the index has none, or this is no cell.
 * Threads: any, while the locator lives. Since: 0.2 */
WANMI_API uint32_t wanmi_locator_cell_tuple(const wanmi_locator *locator, uint32_t cell);

/* Bytes the session keeps, GEOS's own not counted. Since: 0.1 */
WANMI_API uint64_t wanmi_locator_bytes(const wanmi_locator *locator);

/* How a session's answers were found, since it was made. Positions that were not
 * rejected = certain + settled + exact. */
typedef struct wanmi_locator_counts {
    size_t struct_size;
    uint64_t positions;             /* asked, rejected ones too */
    uint64_t certain;               /* far enough from every edge for an approximate x, y */
    uint64_t settled;               /* decided on PROJ's x, y among the edges of their tile */
    uint64_t exact;                 /* by the exact path */
    uint64_t orientations;          /* questions that only GEOS's orientation test could answer */
    uint64_t prepared;              /* areas for which GEOS objects were made */
} wanmi_locator_counts;

WANMI_API void wanmi_locator_counts_init(wanmi_locator_counts *counts);
/* Threads: the locator's own thread. Errors: WANMI_E_ARGUMENT. Since: 0.2 */
WANMI_API wanmi_status wanmi_locator_count(const wanmi_locator *locator, wanmi_locator_counts *counts);

#ifdef __cplusplus
}
#endif
#endif
