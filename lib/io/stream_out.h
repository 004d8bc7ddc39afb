/* The writer's parts. Internal to io. */
#ifndef WM_IO_STREAM_OUT_H
#define WM_IO_STREAM_OUT_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/memory.h"
#include "wanmi/io.h"

typedef struct wm_gpkg wm_gpkg;

struct wanmi_io_writer {
    wanmi_host host;
    wanmi_io_output output;
    char *path;
    char **names;
    wanmi_io_type *types;
    size_t columns;
    locale_t plain;

    int fd;                     /* CSV and NDJSON */
    char *buffer;
    size_t used;

    wm_gpkg *gpkg;
    bool failed;                /* a write failed: a GeoPackage must not take its name */
};

/* A table of a GeoPackage, written under another name beside writer->path. */
wanmi_status wm_gpkg_open(wanmi_io_writer *writer, wanmi_crs *crs, wanmi_error *error);
wanmi_status wm_gpkg_row(wanmi_io_writer *writer, const char *const *values, double x, double y,
                         wanmi_error *error);
/* `keep`: finishes the file and gives it its name; else removes it. */
wanmi_status wm_gpkg_close(wanmi_io_writer *writer, bool keep, wanmi_error *error);

/* Writes one row as text into the buffer. */
wanmi_status wm_csv_write(wanmi_io_writer *writer, const char *const *values, wanmi_error *error);
wanmi_status wm_ndjson_write(wanmi_io_writer *writer, const char *const *values, wanmi_error *error);

/* Appends bytes to the buffer, writing it out when it is full. */
wanmi_status wm_writer_put(wanmi_io_writer *writer, const char *bytes, size_t count,
                           wanmi_error *error);

#endif
