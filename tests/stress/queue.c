/* The ring with its two threads, and a third that asks for the depth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "support.h"

typedef struct record { uint64_t number, check[7]; } record;

typedef struct run {
    wanmi_ring *ring;
    uint64_t count;
    uint32_t batch_max;
    enum way { COPIED, IN_PLACE, ANY_WAY } way; /* push and pop; reserve and take; both at random */
    bool in_parts;              /* publishes and releases fewer than it reserved and took */
    uint64_t wrong;             /* the consumer's */
    _Atomic bool done;
} run;

static record record_of(uint64_t number)
{
    return (record){number, {~number, number * 3, number * 5, number * 7, number ^ 0x55, number + 1,
                             number << 3}};
}

static void fill(record *records, size_t count, uint64_t first)
{
    for (size_t i = 0; i < count; i++)
        records[i] = record_of(first + i);
}

static uint64_t differ(const record *records, size_t count, uint64_t first)
{
    uint64_t wrong = 0;
    for (size_t i = 0; i < count; i++) {
        record r = record_of(first + i);
        for (int j = 0; j < 7; j++)
            wrong += r.check[j] != records[i].check[j];
        wrong += r.number != records[i].number;
    }
    return wrong;
}

enum { BATCH = 300 };

static bool copies(const run *r, test_random *random)
{
    return r->way == COPIED || (r->way == ANY_WAY && test_below(random, 2) == 0);
}

static size_t part_of(const run *r, test_random *random, size_t count)
{
    return r->in_parts && count > 1 ? 1 + test_below(random, (uint32_t)count) : count;
}

static void *produce(void *argument)
{
    run *r = argument;
    test_random random = {1};
    record batch[BATCH];
    for (uint64_t sent = 0; sent < r->count;) {
        size_t wanted = 1 + test_below(&random, r->batch_max), moved;
        wanted = wanted < r->count - sent ? wanted : (size_t)(r->count - sent);
        void *places;
        if (copies(r, &random)) {
            fill(batch, wanted, sent);
            moved = wanmi_ring_push(r->ring, batch, wanted);
        } else {
            moved = wanmi_ring_reserve(r->ring, wanted, &places);
            fill(places, moved, sent);
            moved = part_of(r, &random, moved);
            wanmi_ring_publish(r->ring, moved);
        }
        sent += moved;
        if (moved == 0)
            sched_yield();
    }
    return NULL;
}

static void *consume(void *argument)
{
    run *r = argument;
    test_random random = {2};
    record batch[BATCH];
    for (uint64_t got = 0; got < r->count;) {
        size_t wanted = 1 + test_below(&random, r->batch_max), moved;
        const void *taken;
        if (copies(r, &random)) {
            moved = wanmi_ring_pop(r->ring, batch, wanted);
            r->wrong += differ(batch, moved, got);
        } else {
            moved = wanmi_ring_take(r->ring, wanted, &taken);
            r->wrong += differ(taken, moved, got);
            moved = part_of(r, &random, moved);
            wanmi_ring_release(r->ring, moved);
        }
        got += moved;
        if (moved == 0)
            sched_yield();
    }
    atomic_store(&r->done, true);
    return NULL;
}

static void move(uint64_t count, size_t capacity, uint32_t batch_max, enum way way, bool in_parts)
{
    run r = {.count = count, .batch_max = batch_max, .way = way, .in_parts = in_parts};
    assert_int_equal(wanmi_ring_create(sizeof(record), capacity, NULL, &r.ring, NULL), WANMI_OK);
    pthread_t producer, consumer;
    pthread_create(&consumer, NULL, consume, &r);
    pthread_create(&producer, NULL, produce, &r);
    uint64_t last_published = 0, last_released = 0;
    while (!atomic_load(&r.done)) {
        uint64_t released = wanmi_ring_released(r.ring), published = wanmi_ring_published(r.ring);
        assert_true(published >= released);
        assert_true(published >= last_published && released >= last_released);
        assert_true(wanmi_ring_depth(r.ring) <= capacity);
        last_published = published;
        last_released = released;
        sched_yield();
    }
    pthread_join(producer, NULL);
    pthread_join(consumer, NULL);
    assert_int_equal(r.wrong, 0);
    assert_int_equal(wanmi_ring_depth(r.ring), 0);
    assert_int_equal(wanmi_ring_published(r.ring), count);
    wanmi_ring_free(r.ring);
}

static void test_copied(void **state)
{
    (void)state;
    move(300000, 256, BATCH, COPIED, false);
    move(50000, 2, 3, COPIED, false);
}

static void test_in_place(void **state)
{
    (void)state;
    move(300000, 256, BATCH, IN_PLACE, false);
    move(300000, 1024, 17, IN_PLACE, false);
    move(50000, 4, 1, IN_PLACE, false);
}

/* What was reserved and not published is reserved again; what was taken and not
 * released is taken again; either side may change its way each time. */
static void test_in_parts(void **state)
{
    (void)state;
    move(200000, 256, BATCH, IN_PLACE, true);
    move(20000, 4, 5, IN_PLACE, true);
    move(200000, 256, BATCH, ANY_WAY, true);
    move(20000, 2, 3, ANY_WAY, true);
}

/* One at a time and many, in rings of two and of thousands. */
static void test_batches(void **state)
{
    (void)state;
    for (uint32_t batch = 1; batch <= 256; batch *= 4)
        for (size_t capacity = 2; capacity <= 4096; capacity *= 16)
            move(capacity < 32 ? 3000 : 30000, capacity, batch, ANY_WAY, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_in_parts),
        cmocka_unit_test(test_batches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
