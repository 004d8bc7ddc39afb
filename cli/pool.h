/* Threads that work on blocks of rows, while the blocks go out in the order in
 * which they came in: so the number of threads never shows in the output.
 */
#ifndef CLI_POOL_H
#define CLI_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "common.h"

typedef struct cli_pool cli_pool;

typedef struct cli_pool_work {
    void *user;
    /* A thread's session. Runs on the thread that uses it. */
    wanmi_status (*open)(void *user, void **session, wanmi_error *error);
    void (*close)(void *user, void *session);
    /* Works on one block. Any thread, several at a time. */
    wanmi_status (*work)(void *user, void *session, void *block, wanmi_error *error);
    /* Writes one block out: in order, one at a time, on the thread that worked on it. */
    wanmi_status (*write)(void *user, void *session, void *block, wanmi_error *error);
} cli_pool_work;

/* Starts `jobs` threads. `blocks` (2 * jobs of them or more) are the caller's.
 * Gives NULL, with `error` filled, where that fails. */
cli_pool *cli_pool_start(const cli_pool_work *work, size_t jobs, void **blocks, size_t block_count,
                         wanmi_error *error);

/* A block that is free, waiting for one; NULL when the work has failed. */
void *cli_pool_take(cli_pool *pool);
/* Hands a block taken last to the threads. */
void cli_pool_give(cli_pool *pool, void *block);

/* Waits until all blocks are written, ends the threads and frees the pool.
 * Gives the first error. */
wanmi_status cli_pool_finish(cli_pool *pool, wanmi_error *error);

#endif
