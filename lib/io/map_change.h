/* A change of a map file: begun on a copy, tried, and put in the old one's place
 * only when the whole is a good map. Internal to io.
 */
#ifndef WM_IO_MAP_CHANGE_H
#define WM_IO_MAP_CHANGE_H

#include "map_file.h"
#include "replace.h"

typedef struct wm_change {
    const char *path;
    wanmi_host host;
    wm_gdal gdal;
    wm_replace replace;
    GDALDatasetH data;          /* the copy, in a transaction */
    wm_meta meta;
    wanmi_zone *zone;
    wm_report report;           /* the caller's */
} wm_change;

/* Copies and opens; `report` may be NULL. After an error nothing is to be ended. */
wanmi_status wm_change_begin(wm_change *change, const char *path, const wanmi_io_report *report,
                             const wanmi_host *host, wanmi_error *error);

/* A builder filled with what is good of what the map holds, without one layer or
 * table and without row numbers: so that a problem with a row number is of a new row. */
wanmi_status wm_change_builder(wm_change *change, const char *without, wanmi_map_builder **builder,
                               wanmi_error *error);

/* With WANMI_OK: counts the generation on, reads the copy back as a map, and
 * replaces the file, unless something is wrong that was not so before. Else drops
 * all. Gives the status, or what went wrong. */
wanmi_status wm_change_end(wm_change *change, wanmi_status status, wanmi_error *error);

/* The copy is no good map: the first problem that the file does not have (map_worse.c).
 * WANMI_OK: there is none. Errors: also those of reading either. */
wanmi_status wm_change_worse(wm_change *change, wanmi_error *error);

/* Finding what new rows do wrong among the old ones. */
typedef struct wm_trial {
    void (*on_row)(void *user, int64_t row, const wanmi_error *problem); /* a new row */
    void *user;
} wm_trial;

/* Builds; `map` may be NULL. Whether what was there before suffers is found in the
 * end, by reading the copy back. */
wanmi_status wm_change_try(const wm_change *change, wanmi_map_builder *builder, wm_trial *trial,
                           wanmi_map **map, wanmi_error *error);

/* Takes a layer's table and its row of wanmi_layers away. */
wanmi_status wm_change_drop_table(wm_change *change, const char *name, wanmi_error *error);
wanmi_status wm_change_drop_layer_row(wm_change *change, const char *name, wanmi_error *error);
/* Runs a statement of SQL on the copy; `trouble` begins the words of its error. */
wanmi_status wm_change_run(wm_change *change, const char *table, const char *sql, const char *trouble,
                           wanmi_error *error);

/* Makes `parent` the parent layer of `child`, and each area of `child` one of the
 * area of `parent` whose code begins its own; of several the longest. */
wanmi_status wm_change_adopt(wm_change *change, const char *parent, const char *child, wanmi_error *error);
/* Whether wanmi_layers names it. */
bool wm_change_has_layer(const wm_change *change, const char *name);

#endif
