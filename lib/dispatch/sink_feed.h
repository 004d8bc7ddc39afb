/* One write of the pipe sink: lines given to the process, its acknowledgements heard, and
 * what became of each line. */
#ifndef WM_DISPATCH_SINK_FEED_H
#define WM_DISPATCH_SINK_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/memory.h"
#include "park.h"
#include "sink_lines.h"
#include "sink_process.h"

typedef enum wm_fate { WM_FATE_OPEN, WM_FATE_TAKEN, WM_FATE_ENDED, WM_FATE_HUNG, WM_FATE_BABBLES } wm_fate;

typedef struct wm_feeding {
    wm_process *process;
    const wm_lines *lines;
    uint8_t *outcomes;                  /* by the lines' items */
    const wanmi_host *host;
    int64_t patience_us;
    bool listens;                       /* it acknowledges */
    /* All else begins as zero. */
    size_t sent, unread;                /* bytes */
    size_t answered;                    /* lines */
    int64_t progress_ns;                /* the last time that anything moved */
    wm_wait wait;
} wm_feeding;

/* Gives it the lines, until it has taken all (outcomes are written) or does not any more. */
wm_fate wm_feed(wm_feeding *feeding);
/* The outcomes of a write that failed, told by what is left in the pipe; the process was
 * killed, and `nobody_reads` is what that gave. It may have ended after it took all: gives
 * whether no line is to come again. */
bool wm_feed_settle(wm_feeding *feeding, wm_fate end, bool nobody_reads);

#endif
