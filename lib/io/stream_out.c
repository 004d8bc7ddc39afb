/* Streams out: rows to CSV, NDJSON or a table of a GeoPackage.
 *
 * CSV and NDJSON go straight to the file under its own name: whoever follows it
 * sees the rows as they come, and what was answered stays when a run is stopped.
 * A GeoPackage takes its name when it is whole.
 */
#include "stream_out.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "source.h"

enum { BUFFER = 64 * 1024 };

static wanmi_status cannot(const wanmi_io_writer *w, wanmi_status status, const char *words,
                           wanmi_error *error)
{
    wm_place place = {.file = w->path};
    return wm_error_at(error, status, &place, "%s: %s", words, strerror(errno));
}

/* ---- bytes ------------------------------------------------------------------------ */

static wanmi_status write_all(wanmi_io_writer *w, const char *bytes, size_t count, wanmi_error *error)
{
    while (count != 0) {
        ssize_t wrote = write(w->fd, bytes, count);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote < 0)
            return cannot(w, WANMI_E_IO_WRITE, "cannot be written", error);
        bytes += wrote;
        count -= (size_t)wrote;
    }
    return WANMI_OK;
}

wanmi_status wanmi_io_writer_flush(wanmi_io_writer *writer, wanmi_error *error)
{
    if (writer == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "no writer");
    size_t used = writer->used;
    writer->used = 0;
    return used != 0 ? write_all(writer, writer->buffer, used, error) : WANMI_OK;
}

wanmi_status wm_writer_put(wanmi_io_writer *writer, const char *bytes, size_t count,
                           wanmi_error *error)
{
    if (count > BUFFER - writer->used) {
        wanmi_status status = wanmi_io_writer_flush(writer, error);
        if (status != WANMI_OK)
            return status;
        if (count > BUFFER)
            return write_all(writer, bytes, count, error);
    }
    memcpy(writer->buffer + writer->used, bytes, count);
    writer->used += count;
    return WANMI_OK;
}

/* ---- opening ------------------------------------------------------------------------ */

static void drop(wanmi_io_writer *w)
{
    for (size_t i = 0; w->names != NULL && i < w->columns; i++)
        wm_text_free(&w->host, w->names[i]);
    wm_free(&w->host, w->names, w->columns * sizeof *w->names);
    wm_free(&w->host, w->types, w->columns * sizeof *w->types);
    wm_free(&w->host, w->buffer, BUFFER);
    wm_text_free(&w->host, w->path);
    if (w->plain != (locale_t)0)
        freelocale(w->plain);
    wanmi_host host = w->host;
    wm_free(&host, w, sizeof *w);
    wm_host_drop(&host);
}

static bool copy_columns(wanmi_io_writer *w, const char *const *names, const wanmi_io_type *types)
{
    w->names = wm_alloc_zero(&w->host, w->columns * sizeof *w->names);
    w->types = wm_alloc(&w->host, w->columns * sizeof *w->types);
    if (w->names == NULL || w->types == NULL)
        return false;
    memcpy(w->types, types, w->columns * sizeof *types);
    for (size_t i = 0; i < w->columns; i++)
        if ((w->names[i] = wm_text_copy(&w->host, names[i])) == NULL)
            return false;
    return true;
}

static wanmi_status make(const char *path, wanmi_io_output output, const char *const *names,
                         const wanmi_io_type *types, size_t columns, const wanmi_host *host,
                         wanmi_io_writer **writer, wanmi_error *error)
{
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_io_writer *w = wm_alloc_zero(&own, sizeof *w);
    if (w == NULL) {
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    w->host = own;
    w->output = output;
    w->columns = columns;
    w->fd = -1;
    w->path = wm_text_copy(&w->host, strcmp(path, "-") == 0 ? "standard output" : path);
    w->buffer = wm_alloc(&w->host, BUFFER);
    w->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (w->path == NULL || w->buffer == NULL || w->plain == (locale_t)0 ||
        !copy_columns(w, names, types)) {
        drop(w);
        return wm_error_memory(error);
    }
    *writer = w;
    return WANMI_OK;
}

static wanmi_status start(wanmi_io_writer *w, const char *path, wanmi_crs *crs, wanmi_error *error)
{
    if (w->output == WANMI_IO_OUT_GPKG)
        return wm_gpkg_open(w, crs, error);
    w->fd = strcmp(path, "-") == 0 ? STDOUT_FILENO
                                   : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (w->fd < 0)
        return cannot(w, WANMI_E_IO_OPEN, "cannot be created", error);
    return w->output == WANMI_IO_OUT_CSV ? wm_csv_write(w, (const char *const *)w->names, error)
                                         : WANMI_OK;
}

static wanmi_status check(const char *path, wanmi_io_output output, const char *const *names,
                          const wanmi_io_type *types, size_t columns, wanmi_error *error)
{
    if (path == NULL || names == NULL || types == NULL || columns == 0 ||
        output < WANMI_IO_OUT_CSV || output > WANMI_IO_OUT_GPKG)
        return wm_error(error, WANMI_E_ARGUMENT, "a writer needs a path, columns and a known format");
    if (output == WANMI_IO_OUT_GPKG && strcmp(path, "-") == 0)
        return wm_error(error, WANMI_E_ARGUMENT, "a GeoPackage needs a file, not standard output");
    for (size_t i = 0; i < columns; i++)
        if (names[i] == NULL || types[i] < WANMI_IO_TEXT || types[i] > WANMI_IO_INTEGER)
            return wm_error(error, WANMI_E_ARGUMENT, "column %zu needs a name and a known type", i + 1);
    return WANMI_OK;
}

wanmi_status wanmi_io_writer_open(const char *path, wanmi_io_output output, const char *const *names,
                                  const wanmi_io_type *types, size_t columns, wanmi_crs *crs,
                                  const wanmi_host *host, wanmi_io_writer **writer,
                                  wanmi_error *error)
{
    wanmi_io_writer *w = NULL;
    if (writer == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a writer needs a place");
    wanmi_status status = check(path, output, names, types, columns, error);
    if (status == WANMI_OK)
        status = make(path, output, names, types, columns, host, &w, error);
    if (status != WANMI_OK)
        return status;
    status = start(w, path, crs, error);
    if (status != WANMI_OK) {
        if (w->fd > STDERR_FILENO)
            close(w->fd);
        drop(w);
        return status;
    }
    *writer = w;
    return WANMI_OK;
}

/* ---- rows --------------------------------------------------------------------------- */

wanmi_status wanmi_io_writer_row(wanmi_io_writer *writer, const char *const *values, double x,
                                 double y, wanmi_error *error)
{
    if (writer == NULL || values == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a writer needs values");
    for (size_t i = 0; i < writer->columns; i++) {
        wm_place place = {.file = writer->path};
        if (values[i] != NULL && !wm_text_valid(values[i], strlen(values[i])))
            return wm_error_at(error, WANMI_E_ARGUMENT, &place, "column %s: is not UTF-8 text",
                               writer->names[i]);
    }
    if (writer->output == WANMI_IO_OUT_GPKG) {
        wanmi_status status = wm_gpkg_row(writer, values, x, y, error);
        writer->failed = writer->failed || status == WANMI_E_IO_WRITE;
        return status;
    }
    return writer->output == WANMI_IO_OUT_CSV ? wm_csv_write(writer, values, error)
                                              : wm_ndjson_write(writer, values, error);
}

/* Pipes and terminals have no disk to wait for. */
static bool on_disk(int fd)
{
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

wanmi_status wanmi_io_writer_close(wanmi_io_writer *writer, wanmi_error *error)
{
    if (writer == NULL)
        return WANMI_OK;
    wanmi_status status = writer->gpkg != NULL ? wm_gpkg_close(writer, !writer->failed, error)
                                               : wanmi_io_writer_flush(writer, error);
    if (writer->failed && status == WANMI_OK) {
        wm_place place = {.file = writer->path};
        status = wm_error_at(error, WANMI_E_IO_WRITE, &place, "is not kept: not all rows were written");
    }
    if (writer->fd >= 0) {
        if (status == WANMI_OK && !on_disk(writer->fd))
            status = cannot(writer, WANMI_E_IO_WRITE, "cannot be written", error);
        if (writer->fd > STDERR_FILENO && close(writer->fd) != 0 && status == WANMI_OK)
            status = cannot(writer, WANMI_E_IO_WRITE, "cannot be written", error);
    }
    drop(writer);
    return status;
}
