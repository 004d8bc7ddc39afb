/* Ring and waiting between two threads on the processor that runs this, or that an
 * emulator plays: counts what went wrong. scripts/check-aarch64 builds it with the
 * orders of the sources and with weaker ones.
 * usage: machine MILLISECONDS      gives 0: nothing went wrong */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/memory.h"
#include "dispatch/park.h"
#include "wanmi/queue.h"

/* What the ring asks of base. */
wanmi_status wm_error(wanmi_error *error, wanmi_status status, const char *format, ...)
{
    (void)error, (void)format;
    return status;
}

wanmi_status wm_error_memory(wanmi_error *error)
{
    (void)error;
    return WANMI_E_MEMORY;
}

wanmi_status wm_host_copy(wanmi_host *to, const wanmi_host *from, wanmi_error *error)
{
    (void)from, (void)error;
    memset(to, 0, sizeof *to);
    return WANMI_OK;
}

void wm_host_drop(wanmi_host *host)
{
    (void)host;
}

size_t wm_product(size_t count, size_t size)
{
    return count * size;
}

void *wm_alloc_aligned(const wanmi_host *host, size_t size, size_t alignment)
{
    (void)host;
    return aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void wm_free_aligned(const wanmi_host *host, void *block, size_t size, size_t alignment)
{
    (void)host, (void)size, (void)alignment;
    free(block);
}

static int64_t steady_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Mostly both run at the same time; else the other must be let. */
static void wait_a_little(unsigned *rounds)
{
    if (++*rounds % 1024 == 0)
        sched_yield();
}

/* ---- the ring: words that all bear their record's number ---------------------------------- */

typedef struct record {
    uint64_t word[8];
} record;

typedef struct ring_run {
    wanmi_ring *ring;
    _Atomic bool end;
    uint64_t moved, wrong;
} ring_run;

static void *produce(void *argument)
{
    ring_run *r = argument;
    unsigned rounds = 0;
    for (uint64_t number = 0; !atomic_load_explicit(&r->end, memory_order_relaxed);) {
        void *places;
        size_t count = wanmi_ring_reserve(r->ring, 7, &places);
        if (count == 0)
            wait_a_little(&rounds);
        for (size_t i = 0; i < count; i++, number++)
            for (int j = 0; j < 8; j++)
                ((record *)places)[i].word[j] = number;
        wanmi_ring_publish(r->ring, count);
    }
    return NULL;
}

static void *consume(void *argument)
{
    ring_run *r = argument;
    unsigned rounds = 0;
    while (!atomic_load_explicit(&r->end, memory_order_relaxed)) {
        const void *taken;
        size_t count = wanmi_ring_take(r->ring, 7, &taken);
        if (count == 0)
            wait_a_little(&rounds);
        for (size_t i = 0; i < count; i++, r->moved++)
            for (int j = 0; j < 8; j++)
                r->wrong += ((const record *)taken)[i].word[j] != r->moved;
        wanmi_ring_release(r->ring, count);
    }
    return NULL;
}

static uint64_t try_ring(long ms)
{
    ring_run r = {0};
    pthread_t producer, consumer;
    if (wanmi_ring_create(sizeof(record), 16, NULL, &r.ring, NULL) != WANMI_OK)
        return 1;
    pthread_create(&producer, NULL, produce, &r);
    pthread_create(&consumer, NULL, consume, &r);
    for (int64_t began = steady_ms(); steady_ms() - began < ms;)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&r.end, true);
    pthread_join(producer, NULL);
    pthread_join(consumer, NULL);
    wanmi_ring_free(r.ring);
    printf("ring: %llu records, %llu wrong words", (unsigned long long)r.moved, (unsigned long long)r.wrong);
    return r.wrong + (r.moved == 0);
}

/* ---- waiting: each of two announces, fences and looks for the other --------------------------
 * One of them must see the other (park.h). They meet again and again, by a count. */

typedef struct meeting {
    wm_park park[2];                    /* `word` is what each announces */
    _Alignas(128) _Atomic uint64_t arrived;
    _Atomic bool end;
    bool seen[2];
    uint64_t met, missed;
} meeting;

typedef struct guest {
    meeting *meeting;
    int number;
} guest;

static bool meet(meeting *m, uint64_t goal)
{
    unsigned rounds = 0;
    atomic_fetch_add(&m->arrived, 1);
    for (; atomic_load(&m->arrived) < goal; wait_a_little(&rounds))
        if (atomic_load(&m->end))
            return false;
    return true;
}

static void *come(void *argument)
{
    guest *g = argument;
    meeting *m = g->meeting;
    for (uint64_t goal = 2; meet(m, goal); goal += 4) {
        atomic_store_explicit(&m->park[g->number].word, WM_PARK_SLEEPS, memory_order_relaxed);
        wm_park_fence();
        m->seen[g->number] = wm_park_sleeps(&m->park[1 - g->number]);
        if (!meet(m, goal + 2))
            break;
        if (g->number == 0) {
            m->met++;
            m->missed += !m->seen[0] && !m->seen[1];
        }
        /* Nobody comes again before both have gone by here. */
        atomic_store(&m->park[g->number].word, 0);
    }
    return NULL;
}

static uint64_t try_meeting(long ms)
{
    static meeting m;
    guest guests[2] = {{&m, 0}, {&m, 1}};
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, come, &guests[i]);
    for (int64_t began = steady_ms(); steady_ms() - began < ms;)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    atomic_store(&m.end, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("; meetings: %llu, %llu missed\n", (unsigned long long)m.met, (unsigned long long)m.missed);
    return m.missed + (m.met == 0);
}

int main(int argc, char **argv)
{
    long ms = argc > 1 ? strtol(argv[1], NULL, 10) : 1000;
    uint64_t wrong = try_ring(ms);
    wrong += try_meeting(ms);
    return wrong != 0;
}
