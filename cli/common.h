/* What the verbs share: exit codes, messages, progress, Ctrl-C, the host. */
#ifndef CLI_COMMON_H
#define CLI_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/io.h"
#include "wanmi/wanmi.h"

enum {
    CLI_DONE = 0,               /* all rows are answered */
    CLI_REJECTED = 1,           /* some rows are rejected, or check found errors */
    CLI_UNUSABLE = 2,           /* usage, or a map or file that cannot be used */
    CLI_SIGNAL = 128            /* stopped by a signal: plus its number */
};

/* The verbs: argv[0] is the verb. */
int cli_grid(int argc, char **argv);
int cli_map(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_index(int argc, char **argv);
int cli_info(int argc, char **argv);
int cli_locate(int argc, char **argv);
int cli_route(int argc, char **argv);
int cli_bench(int argc, char **argv);

/* ---- messages --------------------------------------------------------------------- */

/* "wanmi: ..." on standard error, in a line of its own. Any thread. */
void cli_say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Says what an error says; gives the exit code it means. */
int cli_fail(const wanmi_error *error);
/* The same of a map that was read from `path`, where the error names no file. */
int cli_fail_in(const char *path, const wanmi_error *error);
/* Flushes standard output; 2 with a message where that fails (a full disk). */
int cli_stdout_done(void);

/* ---- stopping ---------------------------------------------------------------------- */

/* SIGINT and SIGTERM ask to stop, once; a second one ends the process as usual. */
void cli_catch_signals(void);
bool cli_stopping(void);
int cli_stop_code(void);        /* 128 + the signal's number */
/* Threads made between these leave the signals to the thread that reads. */
void cli_signals_hold(void);
void cli_signals_let(void);

/* ---- progress ---------------------------------------------------------------------- */

/* On a terminal, a line that is written again and again once a second has passed. */
typedef struct cli_progress {
    const char *verb;
    const char *what;           /* "rows", "areas" */
    int64_t start_ns;
    int64_t shown_ns;
    bool terminal;
} cli_progress;

void cli_progress_start(cli_progress *progress, const char *verb, const char *what);
/* For the library: a wanmi_progress_fn, `user` a cli_progress. */
int cli_progress_step(void *user, uint64_t done, uint64_t total);
/* The same with words in place of numbers. */
int cli_progress_say(cli_progress *progress, const char *words);
void cli_progress_end(cli_progress *progress);

/* ---- problems ----------------------------------------------------------------------- */

/* Bad rows of an input: each is named, the rest goes through. */
typedef struct cli_problems {
    uint64_t count;
    cli_progress progress;
} cli_problems;

/* A wanmi_problem_fn; `user` is a cli_problems. */
void cli_problem(void *user, const wanmi_error *problem);
/* A report that names problems and shows progress. */
void cli_problems_report(cli_problems *problems, wanmi_io_report *report, const char *verb,
                         const char *what);

/* ---- the library ------------------------------------------------------------------- */

/* The host of the command: warnings go to standard error. */
wanmi_host cli_host(void);
/* What a map is opened for. A file that other programs have spoilt may be good
 * enough for one thing and not for another (docs/files.md has the table). */
typedef enum cli_use {
    CLI_TO_SHOW,                /* what can be read is shown */
    CLI_TO_LOCATE,              /* every area must be good */
    CLI_TO_ROUTE                /* also every rule, calendar, deadline and escalation */
} cli_use;

/* Reads a map with progress and names each bad row; refuses it where a row is bad
 * without which its use would give wrong answers. `left_out` is the number of rows
 * that the map does without. Gives -1, or an exit code. */
int cli_open_map(const char *path, cli_use use, const wanmi_host *host, wanmi_map **map,
                 uint64_t *left_out);
/* The exit code of a use whose answers the missing rows may have changed. */
int cli_code_without(int code, uint64_t left_out);
/* The index of a map that was read from `path`: its image where there is one that
 * fits (MAP.wmi, wanmi index), else compiled. An image that does not fit is named. */
wanmi_status cli_open_index(const char *path, wanmi_map *map, const wanmi_index_options *options,
                            wanmi_index **index, wanmi_error *error);
/* The name of a map's image; give it to free(). */
char *cli_image_path(const char *path);
/* Says what is to be warned of a CRS, if anything. */
void cli_warn_crs(const wanmi_crs *crs);
int64_t cli_now_us(void);
int64_t cli_steady_ns(void);
/* Both names mean one file, or would: what is read must not be written over.
 * Never true of standard input and output, devices and pipes. */
bool cli_same_file(const char *a, const char *b);
/* Memory for the command's own tables: ends the process with a message and code
 * 2 where there is none. */
void *cli_memory(void *block, size_t count, size_t size);
/* The instant of --at (may be NULL: now). Gives -1, or an exit code. */
int cli_instant(const char *command, const wanmi_map *map, const char *text, int64_t *instant_us);
/* 1234567 as "1,234,567"; `text` of 32 bytes. Gives `text`. */
const char *cli_count(uint64_t number, char *text);

#endif
