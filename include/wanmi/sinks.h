/* wanmi/sinks.h - sinks that are there already: lines into files, lines to a process.
 *
 * Takes:   deliveries as a dispatch hands them over, and a function that makes a
 *          line of one (wanmi_flow_line, wanmi_delivery_line, or the caller's).
 * Gives:   a wanmi_sink_def, ready for wanmi_dispatch_add_sink.
 * Threads: every function may be called from any thread. Lanes of one sink take
 *          turns, so one lane is enough.
 *
 * Both answer honestly. WANMI_DELIVERED: the line is where the sink's header says.
 * WANMI_RETRY: nobody has got it. WANMI_UNKNOWN: somebody may have got it; it comes
 * again with WANMI_DELIVERY_REPEAT, which the line shows. WANMI_DEAD: no line can
 * be made of it. After the first line of a batch that could not be brought there,
 * none of the batch is: order is kept (so both definitions ask for WANMI_ORDER_BATCH).
 */
#ifndef WANMI_SINKS_H
#define WANMI_SINKS_H

#include <stddef.h>
#include <stdint.h>

#include "base.h"
#include "types.h"
#include "dispatch.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- lines ------------------------------------------------------------------------ */

/* Writes the line of one delivery into `buffer` of `size` bytes, without a line
 * feed (none may be inside either) and without a NUL, and gives its length. More
 * than `size`: it did not fit, and what was written is not used. 0: no line can be
 * made of it. Called on the lane's thread, for one sink never twice at a time. */
typedef size_t (*wanmi_line_fn)(void *user, const wanmi_delivery *delivery, char *buffer,
                                size_t size);

/* The plain line: one JSON object with the record's numbers as they are, times as
 * ISO 8601 in UTC, and null for what is none:
 *   {"event":7,"user":0,"time":"2026-11-22T06:05:00Z","due":null,"generation":1,"unit":3,
 *    "cell":12,"rule":2,"class":5,"source":null,"role":0,"tag":null,"priority":5,
 *    "severity":0,"step":"duty","copy":false,"repeat":false}
 * `rule` is "fallback" or "outside" where no written rule made it. At most 511
 * bytes. `user` is not read. A wanmi_line_fn. Since: 0.3 */
WANMI_API size_t wanmi_delivery_line(void *user, const wanmi_delivery *delivery, char *buffer,
                                     size_t size);

/* ---- files ------------------------------------------------------------------------- */

/* A file that gets one line a delivery, and is followed by another when it is
 * full or old. DELIVERED means: written, whole, to the file; with WANMI_SYNC_BATCH:
 * and on the disk.
 *
 * When the disk is full or fails, what was written of a line is cut off again, and
 * the rest of the batch is answered WANMI_RETRY. Where it cannot even be cut off,
 * a line feed is written before the next line: a reader finds one line that is no
 * JSON. The same after a crash of this process in the middle of a line. When
 * the disk does not confirm (WANMI_SYNC_BATCH), lines of the batch are answered
 * WANMI_UNKNOWN, for a reader may have seen them.
 *
 * Rotation: FILE becomes FILE.000001, FILE.000002 and so on, upwards for ever (the
 * numbers go on from those that are there), and FILE is made anew. A file never
 * exceeds rotate_bytes, unless one line does. A period that ends while no deliveries come
 * is seen by wanmi_file_sink_look, which the lane calls (wanmi_sink_def.idle) after half a period,
 * a second at most; an empty file is not rotated. Where the file cannot be renamed,
 * lines go on into it. A file that others moved away is made anew; one that
 * others shortened is gone on with. Two sinks cannot have one file: it is locked
 * (flock). */
typedef struct wanmi_file_sink wanmi_file_sink;

/* When it is brought to the disk (fdatasync). */
typedef enum wanmi_sync {
    WANMI_SYNC_NEVER = 0,           /* when the system likes: what a crash of the machine leaves is not known */
    WANMI_SYNC_CLOSE = 1,           /* when a file is rotated away or closed */
    WANMI_SYNC_BATCH = 2            /* before a batch is answered, and as CLOSE */
} wanmi_sync;

typedef struct wanmi_file_options {
    size_t struct_size;
    const char *path;               /* of the file; its folder must be there. Copied */
    wanmi_line_fn line;             /* NULL: wanmi_delivery_line */
    void *line_user;
    uint64_t rotate_bytes;          /* 0: size does not matter */
    int64_t rotate_us;              /* length of a period: lines of two periods never stand in one file. Periods
                                       count from 1970-01-01T00:00:00Z; 0: age does not matter */
    int64_t rotate_shift_us;        /* added to the time before: 8 hours let days end at midnight in China */
    uint32_t keep;                  /* rotated files that stay, the newest; 0: all */
    uint32_t line_max;              /* bytes of the longest line, 1024 to 1048576; default 16384 */
    wanmi_sync sync;
    uint32_t mode;                  /* permissions of files it makes; default 0640 */
} wanmi_file_options;

WANMI_API void wanmi_file_options_init(wanmi_file_options *options);

/* Opens the file, or makes it; lines are appended.
 * Owns: close with wanmi_file_sink_close, unless a dispatch has taken it over.
 * Errors: WANMI_E_SYSTEM (cannot be opened, is no file, another sink has it; the
 * error names it), WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.3 */
WANMI_API wanmi_status wanmi_file_sink_open(const wanmi_file_options *options,
                                            const wanmi_host *host, wanmi_file_sink **sink,
                                            wanmi_error *error);
/* Brings it to the disk, unless WANMI_SYNC_NEVER, and closes it. Since: 0.3 */
WANMI_API void wanmi_file_sink_close(wanmi_file_sink *sink);

/* Fills a definition (wanmi_sink_def_init and what this sink needs). After a
 * wanmi_dispatch_add_sink with it that went well, the dispatch owns the sink and
 * closes it (def.release).
 * Owns: `name` must live until add_sink. Errors: WANMI_E_ARGUMENT. Since: 0.3 */
WANMI_API wanmi_status wanmi_file_sink_def(wanmi_file_sink *sink, const char *name,
                                           wanmi_sink_def *def, wanmi_error *error);

/* The callback itself (a wanmi_deliver_fn; `sink` is the wanmi_file_sink), for
 * callers that poll. Since: 0.3 */
WANMI_API void wanmi_file_sink_deliver(void *sink, const wanmi_delivery *batch, size_t count,
                                       uint8_t *outcomes);

/* Writes dead letters (a wanmi_dead_fn; `sink` is the wanmi_file_sink): give it as
 * wanmi_dispatch_options.dead, and close the sink after the dispatch is freed. The
 * line function must give JSON; a delivery that it gives no line for is written
 * by wanmi_delivery_line. Each letter is
 *   {"reason":"attempts","attempts":8,"first_seen":"2026-...Z","dead":"2026-...Z",
 *    "sink":3,"sink_name":"archive","delivery":LINE}
 * Gives how many of the first are written. No lane looks at this file while no letters
 * come: where it is to be rotated then, call wanmi_file_sink_look. Since: 0.3 */
WANMI_API size_t wanmi_file_sink_letters(void *sink, const wanmi_dead_letter *letters,
                                         size_t count);

/* Rotates the file if its period has ended, as the next line would. `sink` is the
 * wanmi_file_sink. Waits for a batch under way. Since: 0.3 */
WANMI_API void wanmi_file_sink_look(void *sink);

typedef struct wanmi_file_figures {
    size_t struct_size;
    uint64_t lines;                 /* written and answered as delivered (or as written letters) */
    uint64_t bytes;                 /* written */
    uint64_t refused;               /* deliveries that no line could be made of */
    uint64_t failures;              /* batches that were not written whole */
    uint64_t unknown;               /* lines answered WANMI_UNKNOWN */
    uint64_t rotations;
    uint64_t rotations_failed;      /* lines went on into the old file */
    uint64_t syncs;
} wanmi_file_figures;

WANMI_API void wanmi_file_figures_init(wanmi_file_figures *figures);
/* Waits for a batch under way. Errors: WANMI_E_ARGUMENT. Since: 0.3 */
WANMI_API wanmi_status wanmi_file_sink_figures(wanmi_file_sink *sink, wanmi_file_figures *figures,
                                               wanmi_error *error);

/* ---- processes ---------------------------------------------------------------------- */

/* A process of its own that gets one line a delivery on its standard input (a
 * pipe). DELIVERED means: with acknowledgements: the process said "ok"; without:
 * it has read the line whole (what it then does with it is its affair).
 *
 * When it ends, crashes, closes its input, or takes nothing for patience_us, it
 * is killed with all of its process group, and lines end so: acknowledged (or
 * read whole): as above; never read: WANMI_RETRY; otherwise WANMI_UNKNOWN. It is
 * started again when deliveries come, after a wait that doubles from
 * restart_base_us to restart_max_us until a batch has been taken; in between all
 * is answered WANMI_RETRY. Nothing of this reaches the host: no SIGPIPE, no
 * descriptor, no thread; its exit is waited for by its own number, so a host that
 * waits for its own children by number is not disturbed.
 *
 * Acknowledgements: for every line, in their order, the process writes one line
 * on its standard output that begins with "ok" (delivered), "retry" or "dead",
 * ended by a line feed. It may gather lines, but at the latest when no more come
 * it must answer. Anything else counts as a crash.
 *
 * The process stands in its own group (a Ctrl-C on the terminal does not reach
 * it), with signals as new, the host's environment and working folder. It should
 * end at the end of its input. */
typedef struct wanmi_pipe_sink wanmi_pipe_sink;

typedef struct wanmi_pipe_options {
    size_t struct_size;
    const char *const *arguments;   /* the program (searched in PATH) and its arguments, ended by NULL. Copied */
    wanmi_line_fn line;             /* NULL: wanmi_delivery_line */
    void *line_user;
    int32_t acknowledges;           /* not 0: it writes acknowledgements */
    int32_t quiet;                  /* not 0: its standard error is /dev/null; 0: the host's. Its standard output,
                                       where it is not read, is /dev/null always */
    uint32_t line_max;              /* bytes of the longest line, 1024 to 1048576; default 16384 */
    uint32_t reserved;
    int64_t patience_us;            /* longest time without a byte read or an acknowledgement; default 10 s */
    int64_t restart_base_us;        /* first wait before it is started again; default 100 ms */
    int64_t restart_max_us;         /* longest; default 30 s */
    int64_t close_us;               /* longest wait for its end at closing, then it is killed; default 5 s */
} wanmi_pipe_options;

WANMI_API void wanmi_pipe_options_init(wanmi_pipe_options *options);

/* Starts the process.
 * Owns: close with wanmi_pipe_sink_close, unless a dispatch has taken it over.
 * Errors: WANMI_E_SYSTEM (cannot be started), WANMI_E_ARGUMENT, WANMI_E_MEMORY. Since: 0.3 */
WANMI_API wanmi_status wanmi_pipe_sink_open(const wanmi_pipe_options *options,
                                            const wanmi_host *host, wanmi_pipe_sink **sink,
                                            wanmi_error *error);
/* Closes its input, waits for its end, at most close_us, then kills it. Since: 0.3 */
WANMI_API void wanmi_pipe_sink_close(wanmi_pipe_sink *sink);

/* As wanmi_file_sink_def; with attempts_max 0, so that only retry_for_us ends the
 * attempts. Since: 0.3 */
WANMI_API wanmi_status wanmi_pipe_sink_def(wanmi_pipe_sink *sink, const char *name,
                                           wanmi_sink_def *def, wanmi_error *error);

/* The callback itself, a wanmi_deliver_fn. Lasts at most about patience_us for
 * every 256 lines. Since: 0.3 */
WANMI_API void wanmi_pipe_sink_deliver(void *sink, const wanmi_delivery *batch, size_t count,
                                       uint8_t *outcomes);

typedef struct wanmi_pipe_figures {
    size_t struct_size;
    uint64_t lines;                 /* answered as delivered */
    uint64_t refused;               /* deliveries that no line could be made of, or answered "dead" */
    uint64_t unknown;               /* lines answered WANMI_UNKNOWN */
    uint64_t starts;                /* of the process */
    uint64_t starts_failed;
    uint64_t ends;                  /* ended by itself, or closed its input */
    uint64_t kills;                 /* killed: no patience left, or what it wrote is no acknowledgement */
    int64_t process;                /* number of the process that runs; 0: none */
} wanmi_pipe_figures;

WANMI_API void wanmi_pipe_figures_init(wanmi_pipe_figures *figures);
/* Waits for a batch under way. Errors: WANMI_E_ARGUMENT. Since: 0.3 */
WANMI_API wanmi_status wanmi_pipe_sink_figures(wanmi_pipe_sink *sink, wanmi_pipe_figures *figures,
                                               wanmi_error *error);

#ifdef __cplusplus
}
#endif
#endif
