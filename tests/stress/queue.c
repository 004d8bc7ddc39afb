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
    bool in_place;              /* reserve and take instead of push and pop */
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

static void *produce(void *argument)
{
    run *r = argument;
    test_random random = {1};
    record batch[BATCH];
    for (uint64_t sent = 0; sent < r->count;) {
        size_t wanted = 1 + test_below(&random, r->batch_max), moved;
        wanted = wanted < r->count - sent ? wanted : (size_t)(r->count - sent);
        void *places;
        if (r->in_place) {
            moved = wanmi_ring_reserve(r->ring, wanted, &places);
            fill(places, moved, sent);
            wanmi_ring_publish(r->ring, moved);
        } else {
            fill(batch, wanted, sent);
            moved = wanmi_ring_push(r->ring, batch, wanted);
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
        if (r->in_place) {
            moved = wanmi_ring_take(r->ring, wanted, &taken);
            r->wrong += differ(taken, moved, got);
            wanmi_ring_release(r->ring, moved);
        } else {
            moved = wanmi_ring_pop(r->ring, batch, wanted);
            r->wrong += differ(batch, moved, got);
        }
        got += moved;
        if (moved == 0)
            sched_yield();
    }
    atomic_store(&r->done, true);
    return NULL;
}

static void move(uint64_t count, size_t capacity, uint32_t batch_max, bool in_place)
{
    run r = {.count = count, .batch_max = batch_max, .in_place = in_place};
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
    move(300000, 256, BATCH, false);
    move(100000, 2, 3, false);
}

static void test_in_place(void **state)
{
    (void)state;
    move(300000, 256, BATCH, true);
    move(300000, 1024, 17, true);
    move(100000, 4, 1, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_copied),
        cmocka_unit_test(test_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
