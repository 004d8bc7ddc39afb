/* Bytes from a file, standard input, a gzip file or memory, seen through a
 * window that slides over them. Internal to io.
 */
#ifndef WM_IO_SOURCE_H
#define WM_IO_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/memory.h"

/* Longest line of a stream, in bytes. */
#define WM_LINE_MAX ((size_t)1 << 20)

typedef struct wm_window {
    const wanmi_host *host;
    char *name;                 /* for messages */
    int fd;                     /* -1: not a file descriptor */
    void *gzip;                 /* GDAL's handle of a .gz file, or NULL */
    bool gzip_bad;              /* it cannot be read on from here */
    const char *memory;         /* what is left of a memory source */
    size_t memory_left;
    bool ended;                 /* the source has no more */

    char *bytes;                /* the unread ones are bytes[start .. end - 1]; one more may be written */
    size_t start;
    size_t end;
} wm_window;

/* Opens a path: "-" is standard input, a name ending in ".gz" is read through
 * GDAL's gzip. `host` must outlive the window.
 * Errors: WANMI_E_IO_OPEN, WANMI_E_MEMORY. */
wanmi_status wm_window_open(wm_window *window, const char *path, const wanmi_host *host,
                            wanmi_error *error);
wanmi_status wm_window_open_memory(wm_window *window, const char *data, size_t size,
                                   const char *name, const wanmi_host *host, wanmi_error *error);
void wm_window_close(wm_window *window);

/* Moves the unread bytes to the front and reads once more, so that a pipe gives
 * what it has. The unread bytes must be fewer than WM_LINE_MAX + 1. Sets `ended`
 * where there is no more. Bytes may have moved even when it fails.
 * Gives WANMI_AGAIN when a signal interrupted the wait. Errors: WANMI_E_SYSTEM. */
wanmi_status wm_window_fill(wm_window *window, wanmi_error *error);

/* Whether a text is UTF-8 without NUL bytes. */
bool wm_text_valid(const char *text, size_t length);

#endif
