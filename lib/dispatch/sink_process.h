/* The pipe sink's process: started, fed, listened to, ended. */
#ifndef WM_DISPATCH_SINK_PROCESS_H
#define WM_DISPATCH_SINK_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wanmi/base.h"

typedef struct wm_process {
    pid_t number;                       /* 0: none runs */
    int input, output;                  /* our ends, which do not block; output -1: nobody listens */
    char heard[512];                    /* of which `from` to `to` is still to be looked at */
    size_t from, to;
    char said[64];                      /* the beginning of the line it is writing */
    size_t said_length;
} wm_process;

/* Starts it with pipes. Gives 0, or the errno of what failed. */
int wm_process_start(wm_process *process, char *const *arguments, bool listen, bool quiet);

/* Writes what it takes now. Gives the bytes, 0 when its pipe is full; -1: it reads no more. */
ssize_t wm_process_write(wm_process *process, const char *bytes, size_t size);

/* Bytes that stand in its input unread. */
size_t wm_process_unread(const wm_process *process);

/* What it has said: a whole line, cut to 63 bytes, ended by a NUL. 1: a line; 0: none
 * yet; -1: it says no more. */
int wm_process_listen(wm_process *process, char said[64]);

/* Waits until it can be written to (`write`), has said something or has closed an
 * end, `wait_ms` at most. Gives false when it has closed its input. */
bool wm_process_wait(wm_process *process, bool write, int wait_ms);

/* Whether it has ended; it stays to be waited for. */
bool wm_process_ended(const wm_process *process);

/* Kills it and its group, and waits until nobody holds its input any more (200 ms at most). Its
 * input stays, so that what is unread can be asked. Gives whether nobody holds it. */
bool wm_process_kill(wm_process *process);

/* Closes the pipes; waits for its end, `wait_us` at most, then kills it. */
void wm_process_close(wm_process *process, int64_t wait_us);

#endif
