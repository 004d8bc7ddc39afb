/* A file that is changed whole: written beside the old one under another name,
 * put on disk, then renamed over it. Internal to io.
 */
#ifndef WM_IO_REPLACE_H
#define WM_IO_REPLACE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "base/memory.h"

typedef struct wm_replace {
    const wanmi_host *host;
    const char *path;           /* as the caller names it */
    char *target;               /* links followed, so that a link stays one */
    char *folder;               /* of this change alone, beside the target */
    char *file;                 /* in it: what will take the target's name */
    struct stat before;         /* of the target */
    bool existed;
} wm_replace;

/* Makes the folder; `file` is not there yet. With `copy` the old file is copied
 * to it. Refuses while another program has the target open with changes that
 * stand in a file of their own (SQLite's -wal and -journal).
 * Errors: WANMI_E_IO_OPEN, WANMI_E_IO_WRITE, WANMI_E_MEMORY. */
wanmi_status wm_replace_begin(wm_replace *replace, const char *path, bool copy,
                              const wanmi_host *host, wanmi_error *error);

/* Puts `file` on disk and gives it the target's name; refuses where the target
 * has been changed by somebody else since the beginning. Errors: WANMI_E_IO_WRITE. */
wanmi_status wm_replace_commit(wm_replace *replace, wanmi_error *error);

/* A name that stands for a folder, a device or a pipe cannot be given to a file:
 * a rename would take the device away. Errors: WANMI_E_IO_WRITE. */
wanmi_status wm_replace_allowed(const char *path, wanmi_error *error);

/* Removes what is left; after a commit and after a failure alike. */
void wm_replace_end(wm_replace *replace);

#endif
