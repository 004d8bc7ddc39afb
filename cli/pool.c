/* Threads over blocks: see pool.h. One lock; blocks are thousands of rows. */
#include "pool.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct cli_pool {
    cli_pool_work work;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t *threads;
    size_t thread_count;
    size_t opened;              /* threads that have tried to open their session */

    void **free_blocks;
    size_t free_count;
    void **waiting;             /* a ring of `block_count` places */
    size_t block_count;
    uint64_t given;
    uint64_t taken;
    uint64_t written;           /* also the number of the block whose turn it is */

    bool closing;
    wanmi_status status;
    wanmi_error error;
};

/* Under the lock. */
static void fail(cli_pool *p, wanmi_status status, const wanmi_error *error)
{
    if (p->status == WANMI_OK) {
        p->status = status;
        p->error = *error;
    }
    pthread_cond_broadcast(&p->changed);
}

/* The next block and its number, or NULL when there will be none. */
static void *next_block(cli_pool *p, uint64_t *number)
{
    void *block = NULL;
    pthread_mutex_lock(&p->lock);
    while (p->taken == p->given && !p->closing && p->status == WANMI_OK)
        pthread_cond_wait(&p->changed, &p->lock);
    if (p->taken < p->given && p->status == WANMI_OK) {
        *number = p->taken++;
        block = p->waiting[*number % p->block_count];
    }
    pthread_mutex_unlock(&p->lock);
    return block;
}

/* Whose turn it is has the output alone. False: the work has failed. */
static bool wait_turn(cli_pool *p, uint64_t number)
{
    pthread_mutex_lock(&p->lock);
    while (p->written != number && p->status == WANMI_OK)
        pthread_cond_wait(&p->changed, &p->lock);
    bool good = p->status == WANMI_OK;
    pthread_mutex_unlock(&p->lock);
    return good;
}

static void done(cli_pool *p, void *block, wanmi_status status, const wanmi_error *error)
{
    pthread_mutex_lock(&p->lock);
    if (status == WANMI_OK) {
        p->written++;
        p->free_blocks[p->free_count++] = block;
        pthread_cond_broadcast(&p->changed);
    } else {
        fail(p, status, error);
    }
    pthread_mutex_unlock(&p->lock);
}

static void *run(void *of)
{
    cli_pool *p = of;
    void *session = NULL, *block;
    uint64_t number = 0;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status status = p->work.open(p->work.user, &session, &error);
    pthread_mutex_lock(&p->lock);
    p->opened++;
    if (status != WANMI_OK)
        fail(p, status, &error);
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    while (status == WANMI_OK && (block = next_block(p, &number)) != NULL) {
        status = p->work.work(p->work.user, session, block, &error);
        if (status == WANMI_OK) {
            if (!wait_turn(p, number))
                break;
            status = p->work.write(p->work.user, session, block, &error);
        }
        done(p, block, status, &error);
    }
    if (session != NULL)
        p->work.close(p->work.user, session);
    return NULL;
}

/* Ends the threads that run, and frees. */
static void end(cli_pool *p)
{
    pthread_mutex_lock(&p->lock);
    p->closing = true;
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->thread_count; i++)
        pthread_join(p->threads[i], NULL);
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
    free(p->threads);
    free(p->free_blocks);
    free(p->waiting);
    free(p);
}

static void start_threads(cli_pool *p, size_t jobs)
{
    int result = 0;
    cli_signals_hold();
    while (p->thread_count < jobs && result == 0) {
        result = pthread_create(&p->threads[p->thread_count], NULL, run, p);
        p->thread_count += result == 0;
    }
    cli_signals_let();
    pthread_mutex_lock(&p->lock);
    if (result != 0) {
        wanmi_error error = {.status = WANMI_E_SYSTEM, .row = -1, .message = "no thread can be started"};
        fail(p, WANMI_E_SYSTEM, &error);
    }
    while (p->opened < p->thread_count)
        pthread_cond_wait(&p->changed, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

cli_pool *cli_pool_start(const cli_pool_work *work, size_t jobs, void **blocks, size_t block_count,
                         wanmi_error *error)
{
    cli_pool *p = cli_memory(NULL, 1, sizeof *p);
    *p = (cli_pool){.work = *work, .block_count = block_count, .free_count = block_count};
    p->threads = cli_memory(NULL, jobs, sizeof *p->threads);
    p->free_blocks = cli_memory(NULL, block_count, sizeof(void *));
    p->waiting = cli_memory(NULL, block_count, sizeof(void *));
    memcpy(p->free_blocks, blocks, block_count * sizeof(void *));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    start_threads(p, jobs);
    if (p->status == WANMI_OK)
        return p;
    *error = p->error;
    end(p);
    return NULL;
}

void *cli_pool_take(cli_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->free_count == 0 && pool->status == WANMI_OK)
        pthread_cond_wait(&pool->changed, &pool->lock);
    void *block = pool->status == WANMI_OK ? pool->free_blocks[--pool->free_count] : NULL;
    pthread_mutex_unlock(&pool->lock);
    return block;
}

void cli_pool_give(cli_pool *pool, void *block)
{
    pthread_mutex_lock(&pool->lock);
    pool->waiting[pool->given++ % pool->block_count] = block;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->lock);
}

wanmi_status cli_pool_finish(cli_pool *pool, wanmi_error *error)
{
    pthread_mutex_lock(&pool->lock);
    while (pool->written < pool->given && pool->status == WANMI_OK)
        pthread_cond_wait(&pool->changed, &pool->lock);
    wanmi_status status = pool->status;
    if (status != WANMI_OK)
        *error = pool->error;
    pthread_mutex_unlock(&pool->lock);
    end(pool);
    return status;
}
