/* Outlets: what the file sink and the pipe sink have in common. Each begins with one. */
#ifndef WM_DISPATCH_SINK_OUTLET_H
#define WM_DISPATCH_SINK_OUTLET_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/memory.h"
#include "sink_lines.h"
#include "wanmi/sinks.h"

typedef struct wm_outlet {
    wanmi_host host;
    pthread_mutex_t lock;               /* lanes take turns; figures */
    wm_lines lines;
    size_t size;                        /* of the whole sink */
    bool sick;                          /* said so in the log */
} wm_outlet;

/* Options or figures as an older caller may have made them: its struct_size (the first
 * field) is none of a later version. */
bool wm_outlet_fits(const void *given, size_t size);
/* Reads options over those of `to`, which their _init has filled. `type` is for the error. */
wanmi_status wm_outlet_options(void *to, size_t size, const void *from, const char *type,
                               wanmi_error *error);
/* A sink of `size` bytes, all else zero. */
wanmi_status wm_outlet_make(size_t size, size_t line_max, const wanmi_host *host, void **sink,
                            wanmi_error *error);
void wm_outlet_free(void *sink);
/* Fills a definition, with ORDER_BATCH. */
wanmi_status wm_outlet_def(void *sink, const char *name, wanmi_deliver_fn deliver,
                           void (*release)(void *user), wanmi_sink_def *def, wanmi_error *error);
/* Copies as much of its figures as the caller knows. */
void wm_outlet_figures(wm_outlet *outlet, void *to, const void *figures);

#endif
