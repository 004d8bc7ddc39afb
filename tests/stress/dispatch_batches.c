/* Long batches, which are copied otherwise than short ones: every record is whole when the sink sees it,
 * whether the lane spins for it or sleeps, in one band or two, and as rings begin anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "support.h"

enum { ROUNDS = 4000, BATCH_MAX = 1024, GENERATIONS = 3 };

typedef struct taker {
    uint64_t next[2];                   /* the id that comes next, by band */
    uint64_t wrong;
} taker;

/* All of a delivery follows from its id; urgent ones have odd ids. */
static wanmi_delivery delivery_of(uint64_t id)
{
    uint64_t mixed = id * 0x9E3779B97F4A7C15u;
    return (wanmi_delivery){.event_id = id, .user = mixed, .time_us = (int64_t)(mixed >> 7), .due_us = (int64_t)~mixed,
                            .generation = 1 + (uint32_t)(id / 700 % GENERATIONS), .unit = (uint32_t)mixed, .cell = (uint32_t)(mixed >> 32),
                            .rule = (uint32_t)(id + 5), .class_id = (uint32_t)(mixed >> 9), .source_id = (uint32_t)id,
                            .role = (uint16_t)mixed, .tag = (uint16_t)(mixed >> 16),
                            .priority = (uint8_t)(id % 2 == 1 ? 0 : 5), .severity = (uint8_t)(mixed >> 40)};
}

static void take(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    taker *t = user;
    (void)outcomes;
    for (size_t i = 0; i < count; i++) {
        wanmi_delivery wanted = delivery_of(batch[i].event_id);
        uint64_t *next = &t->next[batch[i].priority == 0];
        t->wrong += memcmp(&batch[i], &wanted, sizeof wanted) != 0 || batch[i].event_id != *next;
        *next = batch[i].event_id + 2;
    }
}

static void batches_of(wanmi_wait wait, size_t capacity, size_t batch)
{
    static wanmi_delivery deliveries[BATCH_MAX];
    static uint32_t keys[BATCH_MAX];
    taker t = {.next = {0, 1}};
    wanmi_dispatch_options options;
    wanmi_sink_def def;
    wanmi_dispatch *d;
    wanmi_producer *producer;
    uint32_t sink;
    uint64_t left, id = 0;
    wanmi_dispatch_options_init(&options);
    options.ring_capacity = capacity;
    wanmi_sink_def_init(&def);
    def.name = "s";
    def.deliver = take;
    def.user = &t;
    def.wait = wait;
    def.order = WANMI_ORDER_BATCH;
    def.policy = WANMI_POLICY_BLOCK;
    def.block_us = 60 * 1000 * 1000;
    assert_int_equal(wanmi_dispatch_create(&options, NULL, &d, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_add_sink(d, &def, &sink, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(d, &producer, NULL), WANMI_OK);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < batch; i++, id++) {
            deliveries[i] = delivery_of(id);
            keys[i] = (uint32_t)id;
        }
        assert_int_equal(wanmi_producer_submit(producer, sink, deliveries, keys, batch, NULL), WANMI_OK);
    }
    assert_int_equal(wanmi_dispatch_drain(d, 60000000, &left, NULL), WANMI_OK);
    wanmi_tally sum;
    wanmi_tally_init(&sum);
    assert_int_equal(wanmi_dispatch_snapshot(d, &sum, NULL, 0, NULL), WANMI_OK);
    for (uint32_t g = 1; g <= GENERATIONS; g++) {
        assert_int_equal(wanmi_dispatch_pending_of(d, g, &left, NULL), WANMI_OK);
        assert_int_equal(left, 0);
    }
    wanmi_producer_close(producer);
    wanmi_dispatch_free(d);
    assert_int_equal(t.wrong, 0);
    assert_int_equal(sum.accepted, ROUNDS * batch);
    assert_int_equal(sum.accepted, sum.delivered + sum.dead + sum.pending);
    assert_int_equal(sum.delivered, sum.accepted);
}

static void long_batches_come_whole(void **state)
{
    (void)state;
    static const size_t sizes[] = {63, 64, 65, 200, 1000};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        batches_of(WANMI_WAIT_SPIN, 2048, sizes[i]);
        batches_of(WANMI_WAIT_PARK, 256, sizes[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(long_batches_come_whole)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
