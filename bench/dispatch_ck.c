/* See dispatch_carriers.h: Concurrency Kit's ring for one producer and one consumer,
 * records by value. It takes and gives one record a call. */
#include <stdbool.h>
#include <stdlib.h>

/* Its header promises no C11 without warnings. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wpointer-arith"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-compare"
#include <ck_ring.h>
#pragma GCC diagnostic pop

#include "dispatch_carriers.h"
#include "support.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunused-function"
CK_RING_PROTOTYPE(delivery, wanmi_delivery)
#pragma GCC diagnostic pop

typedef struct ck_link {
    _Alignas(128) ck_ring_t ring;
    wanmi_delivery *buffer;
} ck_link;

typedef struct rings {
    ck_link *links;
    unsigned count, last;
    wanmi_delivery taken[BENCH_TAKEN];
} rings;

static void *open_ck(unsigned producers)
{
    rings *r = bench_memory(sizeof *r);
    r->links = aligned_alloc(128, producers * sizeof *r->links);
    if (r->links == NULL)
        bench_die("no memory");
    r->count = producers;
    r->last = 0;
    for (unsigned i = 0; i < producers; i++) {
        ck_ring_init(&r->links[i].ring, BENCH_RING);
        r->links[i].buffer = aligned_alloc(128, BENCH_RING * sizeof(wanmi_delivery));
        if (r->links[i].buffer == NULL)
            bench_die("no memory");
    }
    return r;
}

static void close_ck(void *way)
{
    rings *r = way;
    for (unsigned i = 0; i < r->count; i++)
        free(r->links[i].buffer);
    free(r->links);
    free(r);
}

static void put_ck(void *way, unsigned producer, const wanmi_delivery *records, size_t count)
{
    ck_link *link = &((rings *)way)->links[producer];
    unsigned rounds = 0;
    for (size_t i = 0; i < count; i++) {
        wanmi_delivery record = records[i];
        while (!CK_RING_ENQUEUE_SPSC(delivery, &link->ring, link->buffer, &record))
            bench_wait(&rounds);
    }
}

static size_t get_ck(void *way, const wanmi_delivery **records)
{
    rings *r = way;
    *records = r->taken;
    for (unsigned i = 0; i < r->count; i++) {
        size_t count = 0;
        r->last = r->last + 1 < r->count ? r->last + 1 : 0;
        ck_link *link = &r->links[r->last];
        while (count < BENCH_TAKEN
               && CK_RING_DEQUEUE_SPSC(delivery, &link->ring, link->buffer, &r->taken[count]))
            count++;
        if (count != 0)
            return count;
    }
    return 0;
}

static void done_ck(void *way, size_t count)
{
    (void)way, (void)count;
}

const bench_carrier *bench_carrier_ck(void)
{
    static const bench_carrier ck = {"ck_ring", open_ck, put_ck, get_ck, done_ck, close_ck};
    return &ck;
}

const char *bench_ck_version(void)
{
    return BENCH_CK_VERSION;
}
