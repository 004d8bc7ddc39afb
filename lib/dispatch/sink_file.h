/* The file sink's file on the disk: opened, appended to, cut, rotated. */
#ifndef WM_DISPATCH_SINK_FILE_H
#define WM_DISPATCH_SINK_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wanmi/sinks.h"

typedef struct wm_file {
    const wanmi_file_options *options;  /* path and the rest, of the sink */
    char *folder;                       /* of the path: "." or ".../" */
    const char *name;                   /* in the folder */
    int descriptor;                     /* -1: there is none now */
    dev_t device;
    ino_t number;
    uint64_t size;                      /* all whole lines, and what others left */
    uint64_t synced;                    /* of it, known to be on the disk */
    int64_t period;                     /* of its lines; of no meaning while it is empty */
    bool torn;                          /* ends inside a line */
    bool rotation_failed;               /* in this batch: not tried again at every line */
    const char *what;                   /* that failed last, with errno in `problem` */
    int problem;
} wm_file;

/* Each gives false when it failed; `what` and `problem` say why. */

/* At the start of a batch: opens it where needed, looks whether it is still the
 * one of that path, and rotates it when a period has ended. `rotated` is set when it did. */
bool wm_file_ready(wm_file *file, int64_t now_us, bool *rotated);
/* Appends; gives how many bytes are in it for good: all, or up to one of the line
 * ends in `ends` (rising, `count` of them), or none. */
size_t wm_file_append(wm_file *file, const char *bytes, const size_t *ends, size_t count);
bool wm_file_sync(wm_file *file);
/* Cuts it back to what is known to be on the disk. */
void wm_file_cut_unsynced(wm_file *file);
/* Renames it and makes a new one. Gives true with `descriptor` still the old one's when
 * it cannot be renamed (rotation_failed is set). */
bool wm_file_rotate(wm_file *file);
void wm_file_close(wm_file *file);

#endif
