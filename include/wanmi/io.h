/* wanmi/io.h - files: maps as GeoPackage, layers from any OGR format, streams
 * of positions and events as CSV and NDJSON. In its own library, libwanmi_io.
 *
 * Takes:   paths (UTF-8), "-" for standard input or output where a stream is meant.
 * Gives:   builders filled, maps written, rows in and rows out.
 * Threads: a handle belongs to one thread at a time. GDAL's drivers are
 *          registered on first use; nothing else is kept between calls.
 *
 * Map files are changed whole: a new file is written beside the old one and
 * takes its name when it is complete, so that a reader never sees half a map.
 * Tables, columns and layers that wanmi does not know are kept.
 */
#ifndef WANMI_IO_H
#define WANMI_IO_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "map.h"
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- maps --------------------------------------------------------------------- */

/* How bad rows and long work are reported; NULL in its place: the first bad row
 * is the error, no progress. */
typedef struct wanmi_io_report {
    size_t struct_size;
    wanmi_problem_fn on_problem;    /* given: each bad row is reported and left out, the rest goes through */
    void *problem_user;
    wanmi_progress_fn on_progress;
    void *progress_user;
} wanmi_io_report;

WANMI_API void wanmi_io_report_init(wanmi_io_report *report);

/* Reads a map file and builds it. What other programs have spoilt is a problem each
 * row, or once a column or table that is not there. With on_problem the caller gets a
 * map without those rows and decides what it is good for: without an area positions
 * are answered as if nothing were there, without a rule events go elsewhere.
 * Owns: release with wanmi_map_release.
 * Errors: WANMI_E_IO_OPEN (no such file), WANMI_E_IO_FORMAT (no GeoPackage,
 * truncated, no wanmi_meta), WANMI_E_IO_COLUMN, WANMI_E_MAP_..., WANMI_E_MEMORY.
 * Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_read(const char *path, const wanmi_io_report *report,
                                         const wanmi_host *host, wanmi_map **map, wanmi_error *error);

/* Writes a map to a new file (an old one of that name is replaced once the new
 * one is complete). Errors: WANMI_E_IO_WRITE, WANMI_E_IO_OPEN. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_write(const wanmi_map *map, const char *path,
                                          const wanmi_io_report *report, const wanmi_host *host,
                                          wanmi_error *error);

/* Makes an empty map file. Errors: WANMI_E_IO_OPEN (exists already),
 * WANMI_E_CRS_..., WANMI_E_MAP_META. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_create(const char *path, const wanmi_map_meta *meta,
                                           const wanmi_host *host, wanmi_error *error);

/* How the features of an OGR source become areas. */
typedef struct wanmi_io_layer_options {
    size_t struct_size;
    const char *source;             /* path, or path:layer */
    const char *code;               /* field, or an SQL expression (SQLite dialect) */
    const char *name_field;         /* these may be NULL */
    const char *parent_field;
    const char *valid_from_field;
    const char *valid_to_field;
    const char *grade_field;
    const char *buffer;             /* field or metres; for points and lines, 64 segments a quarter circle */
    const char *where;              /* SQL WHERE on the source */
    const char *datum;              /* wgs84 cgcs2000 gcj02 bd09 map; NULL: what the source's CRS says */
    const char *parent_of;          /* adding a layer: a layer that is there and gets this one as its parent;
                                       its areas belong to the area whose code begins theirs (the longest) */
    int32_t skip_invalid;           /* 1: an invalid area is reported and left out; 0: and the import is refused */
    int32_t replace;                /* 1: take the place of a layer of that name */
} wanmi_io_layer_options;

WANMI_API void wanmi_io_layer_options_init(wanmi_io_layer_options *options);

/* What was taken and left. */
typedef struct wanmi_io_tally {
    size_t struct_size;
    uint64_t read;
    uint64_t taken;
    uint64_t refused;
} wanmi_io_tally;

WANMI_API void wanmi_io_tally_init(wanmi_io_tally *tally);

/* Areas from an OGR source, as definitions in a CRS: reprojected vertex by
 * vertex. The areas of one source, to be given to wanmi_grid_cut or to a builder.
 * `layer` is the name they get. Invalid areas are reported through `report` and
 * left out (when it has on_problem) or are the error.
 * Owns: free with wanmi_io_areas_free; the definitions live as long.
 * Errors: WANMI_E_IO_OPEN, _FORMAT, _COLUMN, WANMI_E_CRS_DATUM (a source without
 * CRS needs a datum; one that contradicts it is an error), WANMI_E_MAP_GEOMETRY. Since: 0.1 */
typedef struct wanmi_io_areas wanmi_io_areas;
WANMI_API wanmi_status wanmi_io_areas_read(const wanmi_io_layer_options *options, const char *layer,
                                           wanmi_crs *crs, const wanmi_zone *zone,
                                           const wanmi_io_report *report, const wanmi_host *host,
                                           wanmi_io_areas **areas, wanmi_io_tally *tally,
                                           wanmi_error *error);
WANMI_API void wanmi_io_areas_free(wanmi_io_areas *areas);
WANMI_API size_t wanmi_io_areas_count(const wanmi_io_areas *areas);
WANMI_API const wanmi_area_def *wanmi_io_areas_list(const wanmi_io_areas *areas);

/* Adds a layer to a map file. The first layer of level 0 becomes the cell layer
 * unless the map names another.
 * Errors: as wanmi_io_areas_read, WANMI_E_MAP_LAYER (exists, and no replace). Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_add_layer(const char *path, const wanmi_layer_def *def,
                                              const wanmi_io_layer_options *options,
                                              const wanmi_io_report *report, const wanmi_host *host,
                                              wanmi_io_tally *tally, wanmi_error *error);

typedef enum wanmi_io_table {
    WANMI_IO_UNITS = 0,
    WANMI_IO_DUTIES = 1,
    WANMI_IO_RULES = 2,
    WANMI_IO_OBJECTS = 3,
    WANMI_IO_CALENDARS = 4,
    WANMI_IO_DEADLINES = 5,
    WANMI_IO_ESCALATIONS = 6
} wanmi_io_table;

typedef struct wanmi_io_table_options {
    size_t struct_size;
    const char *datum;              /* objects: of the columns lon and lat: wgs84 (default) cgcs2000 gcj02 bd09 */
    int32_t replace;                /* 1: empty the table first */
    int32_t reserved;
} wanmi_io_table_options;

WANMI_API void wanmi_io_table_options_init(wanmi_io_table_options *options);

/* Adds the rows of a CSV file (header line with the table's columns, in any
 * order; columns that are not the table's are an error) to a map file. Objects
 * have the columns x and y of the map's CRS, or lon and lat in their place,
 * which are projected once. Every row that is bad by itself or against the map is
 * reported with file, row, column and value, and left out. `options` may be NULL.
 * Errors: WANMI_E_IO_OPEN, _FORMAT, _COLUMN, WANMI_E_CRS_DATUM (unknown, or given
 * without lon and lat), WANMI_E_IO_ROW without on_problem. Since: 0.1; the options
 * and what follows rules since 0.2 */
WANMI_API wanmi_status wanmi_io_map_add_table(const char *path, wanmi_io_table table,
                                              const char *csv_path,
                                              const wanmi_io_table_options *options,
                                              const wanmi_io_report *report, const wanmi_host *host,
                                              wanmi_io_tally *tally, wanmi_error *error);

/* Removes a layer or table (by its name in the file) from a map file.
 * Errors: WANMI_E_MAP_LAYER when there is none. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_drop(const char *path, const char *name, const wanmi_host *host,
                                         wanmi_error *error);

/* Changes one key of a map file's wanmi_meta: title, timezone, cell_layer,
 * fallback_unit, code_layout or snap_m. The others are the map's identity or
 * are bound to its coordinates.
 * Errors: WANMI_E_MAP_META (another key; a value the map cannot have). Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_set(const char *path, const char *key, const char *value,
                                        const wanmi_host *host, wanmi_error *error);

/* Writes a map as GeoJSON (one file a layer, longitude and latitude) and CSV
 * (one file a table) into a folder, made if it is not there. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_map_export(const wanmi_map *map, const char *folder,
                                           const wanmi_host *host, wanmi_error *error);

/* ---- streams in: positions and events ---------------------------------------------- */

typedef enum wanmi_io_format {
    WANMI_IO_AUTO = 0,              /* by the first byte that is not blank: '{' is NDJSON, else CSV */
    WANMI_IO_CSV = 1,               /* RFC 4180: header, quotes, CRLF or LF, byte-order mark allowed */
    WANMI_IO_NDJSON = 2             /* one JSON object a line, or one GeoJSON Point feature a line */
} wanmi_io_format;

/* Names of the columns; NULL: the default. */
typedef struct wanmi_io_columns {
    size_t struct_size;
    const char *lon;                /* "lon" */
    const char *lat;                /* "lat" */
    const char *id;                 /* "id" */
    const char *time;               /* "time" */
    const char *class_column;       /* "class" */
    const char *severity;           /* "severity" */
    const char *source;             /* "source" */
    const char *object;             /* "object": code of the object that an event names in place of a position */
} wanmi_io_columns;

WANMI_API void wanmi_io_columns_init(wanmi_io_columns *columns);

/* One row, as texts and numbers. The texts live until the next read call. */
typedef struct wanmi_io_row {
    uint64_t row;                   /* data rows, counted from 1 */
    uint64_t line;                  /* line of the file, counted from 1 */
    const char *id;                 /* text, as it came in; "" when there is none */
    const char *class_text;
    const char *source;
    double lon;
    double lat;
    int64_t time_us;                /* WANMI_TIME_NONE: none */
    int32_t severity;               /* 0 when there is none */
    int32_t reserved;
    const char *object;             /* "" when there is none; with one lon and lat may be missing: NaN */
} wanmi_io_row;

typedef struct wanmi_io_reader wanmi_io_reader;

/* Opens a stream. Columns `lon` and `lat` must be there unless `object` is; a column
 * that was named by the caller must be there too. Longest line: 1 MiB.
 * Owns: close with wanmi_io_reader_close. `zone` (may be NULL: UTC) is for times
 * without offset and must outlive the reader.
 * Errors: WANMI_E_IO_OPEN, _COLUMN, _FORMAT. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_reader_open(const char *path, wanmi_io_format format,
                                            const wanmi_io_columns *columns, const wanmi_zone *zone,
                                            const wanmi_host *host, wanmi_io_reader **reader,
                                            wanmi_error *error);
/* The same over memory, which must outlive the reader: for tests and fuzzing. */
WANMI_API wanmi_status wanmi_io_reader_open_memory(const char *data, size_t size, const char *name,
                                                   wanmi_io_format format, const wanmi_io_columns *columns,
                                                   const wanmi_zone *zone, const wanmi_host *host,
                                                   wanmi_io_reader **reader, wanmi_error *error);
WANMI_API void wanmi_io_reader_close(wanmi_io_reader *reader);

/* Reads up to `capacity` rows. Gives `count` (0 and WANMI_END at the end). A row
 * that cannot be read ends the batch with WANMI_E_IO_ROW: `count` rows before it
 * are good, rows[count] holds its row, line and (as far as known) id, `error`
 * names file, line, column and value, and the next call goes on behind it.
 * A batch also ends where the input has no more for now, as a pipe does.
 * WANMI_AGAIN: a signal interrupted the wait; call again or stop.
 * Errors: WANMI_E_IO_ROW, WANMI_E_SYSTEM (reading failed). Since: 0.1 */
WANMI_API wanmi_status wanmi_io_reader_read(wanmi_io_reader *reader, wanmi_io_row *rows, size_t capacity,
                                            size_t *count, wanmi_error *error);

/* ---- streams out ---------------------------------------------------------------------- */

typedef enum wanmi_io_output {
    WANMI_IO_OUT_CSV = 0,
    WANMI_IO_OUT_NDJSON = 1,
    WANMI_IO_OUT_GPKG = 2           /* needs a path; points where x, y are given */
} wanmi_io_output;

typedef enum wanmi_io_type {
    WANMI_IO_TEXT = 0,
    WANMI_IO_REAL = 1,
    WANMI_IO_INTEGER = 2
} wanmi_io_type;

typedef struct wanmi_io_writer wanmi_io_writer;

/* Opens a table for writing: `names` and `types` of its columns. For GPKG, `crs`
 * (may be NULL: no geometry) is the CRS of the points. CSV and NDJSON go to the
 * file as they come, so that it can be followed; a GeoPackage takes its name,
 * and the place of an older file, when it is closed without an error. "-" is
 * standard output (not for GPKG).
 * Owns: wanmi_io_writer_close, which says whether all is on disk.
 * Errors: WANMI_E_IO_OPEN, WANMI_E_ARGUMENT. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_writer_open(const char *path, wanmi_io_output output,
                                            const char *const *names, const wanmi_io_type *types,
                                            size_t columns, wanmi_crs *crs, const wanmi_host *host,
                                            wanmi_io_writer **writer, wanmi_error *error);

/* Writes one row: one text a column; NULL is empty (null). REAL and INTEGER
 * columns get texts that are numbers; "", NaN and infinities are null (in CSV
 * they are written as they are). `x`, `y` NaN: no point.
 * Errors: WANMI_E_IO_WRITE, WANMI_E_ARGUMENT (no number, not UTF-8). Since: 0.1 */
WANMI_API wanmi_status wanmi_io_writer_row(wanmi_io_writer *writer, const char *const *values,
                                           double x, double y, wanmi_error *error);
/* Gives what is still in memory to the system: CSV and NDJSON only, nothing to
 * do for GPKG. Errors: WANMI_E_IO_WRITE. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_writer_flush(wanmi_io_writer *writer, wanmi_error *error);
/* Writes the rest and closes; the writer is freed also where it fails. Since: 0.1 */
WANMI_API wanmi_status wanmi_io_writer_close(wanmi_io_writer *writer, wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
