/* The ring, one call after another: every sentence of wanmi/queue.h that does
 * not need two threads (tests/stress/queue.c has those). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "support.h"

static wanmi_ring *made(size_t record_size, size_t capacity)
{
    wanmi_ring *ring = NULL;
    assert_int_equal(wanmi_ring_create(record_size, capacity, NULL, &ring, NULL), WANMI_OK);
    assert_int_equal(wanmi_ring_capacity(ring), capacity);
    assert_int_equal(wanmi_ring_depth(ring), 0);
    return ring;
}

static void refuses(size_t record_size, size_t capacity, wanmi_status expected)
{
    wanmi_ring *const untouched = (wanmi_ring *)&expected, *ring = untouched;
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_ring_create(record_size, capacity, NULL, &ring, &error), expected);
    assert_int_equal(error.status, expected);
    assert_true(error.message[0] != '\0');
    assert_ptr_equal(ring, untouched);
}

static void test_limits(void **state)
{
    (void)state;
    static const size_t capacities[] = {0, 1, 3, 6, 1000, ((size_t)1 << 30) + 1, (size_t)1 << 31,
                                        SIZE_MAX};
    for (size_t i = 0; i < sizeof capacities / sizeof capacities[0]; i++)
        refuses(64, capacities[i], WANMI_E_QUEUE_CAPACITY);
    refuses(0, 64, WANMI_E_ARGUMENT);
    refuses(4097, 64, WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_ring_create(1, 2, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    wanmi_ring_free(made(1, 2));
    wanmi_ring_free(made(4096, 2));
    wanmi_ring_free(NULL);
}

static void test_largest(void **state)
{
    (void)state;
    /* 2^30 records of one byte: the memory is asked for once and not touched. */
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    memory.fail_at = 1;
    wanmi_ring *ring = NULL;
    assert_int_equal(wanmi_ring_create(4096, (size_t)1 << 30, &host, &ring, NULL), WANMI_E_MEMORY);
    assert_null(ring);
    assert_int_equal(memory.calls, 1);
    assert_int_equal(memory.held_blocks, 0);
}

static void test_order_and_wrap(void **state)
{
    (void)state;
    wanmi_ring *ring = made(sizeof(uint64_t), 8);
    uint64_t in = 0, out = 0, records[16];
    for (int round = 0; round < 100; round++) {
        size_t count = (size_t)(round % 9);
        for (size_t i = 0; i < count; i++)
            records[i] = in + i;
        assert_int_equal(wanmi_ring_push(ring, records, count), count);
        in += count;
        assert_int_equal(wanmi_ring_depth(ring), count);
        assert_int_equal(wanmi_ring_pop(ring, records, 16), count);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(records[i], out++);
    }
    assert_int_equal(wanmi_ring_published(ring), in);
    assert_int_equal(wanmi_ring_released(ring), in);
    wanmi_ring_free(ring);
}

static void test_full_and_empty(void **state)
{
    (void)state;
    wanmi_ring *ring = made(1, 4);
    const void *taken;
    void *places;
    char record;
    assert_int_equal(wanmi_ring_take(ring, 4, &taken), 0);
    assert_int_equal(wanmi_ring_pop(ring, &record, 1), 0);
    assert_int_equal(wanmi_ring_push(ring, "abcdef", 6), 4);
    assert_int_equal(wanmi_ring_push(ring, "e", 1), 0);
    assert_int_equal(wanmi_ring_reserve(ring, 1, &places), 0);
    assert_int_equal(wanmi_ring_depth(ring), 4);
    assert_int_equal(wanmi_ring_pop(ring, &record, 1), 1);
    assert_int_equal(record, 'a');
    assert_int_equal(wanmi_ring_push(ring, "ef", 2), 1);
    assert_int_equal(wanmi_ring_take(ring, 0, &taken), 0);
    wanmi_ring_free(ring);
}

static void test_reserve_shows_nothing(void **state)
{
    (void)state;
    wanmi_ring *ring = made(1, 8);
    const void *taken;
    void *places;
    assert_int_equal(wanmi_ring_reserve(ring, 5, &places), 5);
    memcpy(places, "abcde", 5);
    assert_int_equal(wanmi_ring_depth(ring), 0);
    assert_int_equal(wanmi_ring_take(ring, 8, &taken), 0);
    wanmi_ring_publish(ring, 3);                /* the first of them */
    assert_int_equal(wanmi_ring_take(ring, 8, &taken), 3);
    assert_memory_equal(taken, "abc", 3);
    assert_int_equal(wanmi_ring_reserve(ring, 8, &places), 5);
    memcpy(places, "DEFGH", 5);
    wanmi_ring_publish(ring, 5);
    wanmi_ring_release(ring, 3);
    /* The ring's end cuts a run short; the rest comes after. */
    assert_int_equal(wanmi_ring_reserve(ring, 8, &places), 3);
    memcpy(places, "ijk", 3);
    wanmi_ring_publish(ring, 2);
    assert_int_equal(wanmi_ring_take(ring, 8, &taken), 5);
    assert_memory_equal(taken, "DEFGH", 5);
    wanmi_ring_release(ring, 5);
    assert_int_equal(wanmi_ring_take(ring, 8, &taken), 2);
    assert_memory_equal(taken, "ij", 2);
    wanmi_ring_free(ring);
}

static void test_taken_stay_until_released(void **state)
{
    (void)state;
    wanmi_ring *ring = made(1, 4);
    const void *taken, *again;
    assert_int_equal(wanmi_ring_push(ring, "abcd", 4), 4);
    assert_int_equal(wanmi_ring_take(ring, 4, &taken), 4);
    assert_int_equal(wanmi_ring_depth(ring), 4);
    assert_int_equal(wanmi_ring_push(ring, "X", 1), 0);
    wanmi_ring_release(ring, 1);
    assert_int_equal(wanmi_ring_push(ring, "XY", 2), 1);
    assert_memory_equal((const char *)taken + 1, "bcd", 3);
    wanmi_ring_release(ring, 1);                /* the rest in further calls */
    assert_int_equal(wanmi_ring_depth(ring), 3);
    assert_int_equal(wanmi_ring_take(ring, 4, &again), 2);
    assert_memory_equal(again, "cd", 2);
    wanmi_ring_free(ring);
}

/* Every call at random against a plain array. */
static void check_against_model(size_t record_size, size_t capacity, uint64_t seed)
{
    enum { STEPS = 4000 };
    test_random random = {seed};
    wanmi_ring *ring = made(record_size, capacity);
    static unsigned char records[64 * 100];
    uint64_t in = 0, out = 0;
    for (int step = 0; step < STEPS; step++) {
        size_t wanted = test_below(&random, 64), room = capacity - (size_t)(in - out), count;
        void *places;
        const void *taken;
        switch (test_below(&random, 4)) {
        case 0:
            for (size_t i = 0; i < wanted; i++)
                memset(records + i * record_size, (int)((in + i) % 251), record_size);
            count = wanmi_ring_push(ring, records, wanted);
            assert_int_equal(count, wanted < room ? wanted : room);
            in += count;
            break;
        case 1:
            count = wanmi_ring_reserve(ring, wanted, &places);
            assert_true(count <= wanted && count <= room);
            assert_true(count != 0 || wanted == 0 || room == 0);
            for (size_t i = 0; i < count; i++)
                memset((char *)places + i * record_size, (int)((in + i) % 251), record_size);
            wanmi_ring_publish(ring, count);
            in += count;
            break;
        case 2:
            count = wanmi_ring_pop(ring, records, wanted);
            assert_int_equal(count, wanted < in - out ? wanted : in - out);
            for (size_t i = 0; i < count * record_size; i++)
                assert_int_equal(records[i], (out + i / record_size) % 251);
            out += count;
            break;
        default:
            count = wanmi_ring_take(ring, wanted, &taken);
            assert_true(count <= wanted && count <= in - out);
            assert_true(count != 0 || wanted == 0 || in == out);
            for (size_t i = 0; i < count * record_size; i++)
                assert_int_equal(((const unsigned char *)taken)[i], (out + i / record_size) % 251);
            count = count != 0 ? test_below(&random, (uint32_t)count + 1) : 0;
            wanmi_ring_release(ring, count);
            out += count;
        }
        assert_int_equal(wanmi_ring_depth(ring), in - out);
    }
    wanmi_ring_free(ring);
}

static void test_model(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 3, 64, 100};
    for (size_t i = 0; i < 4; i++)
        for (size_t capacity = 2; capacity <= 64; capacity *= 2)
            check_against_model(sizes[i], capacity, i * 100 + capacity);
}

static wanmi_status create_and_free(const wanmi_host *host, void *user)
{
    (void)user;
    wanmi_ring *ring = NULL;
    wanmi_status status = wanmi_ring_create(64, 256, host, &ring, NULL);
    wanmi_ring_free(ring);
    return status;
}

static void test_memory_is_the_hosts(void **state)
{
    (void)state;
    assert_true(test_fail_each(create_and_free, NULL) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_order_and_wrap),
        cmocka_unit_test(test_full_and_empty),
        cmocka_unit_test(test_reserve_shows_nothing),
        cmocka_unit_test(test_taken_stay_until_released),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_memory_is_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
