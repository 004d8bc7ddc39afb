/* Sinks added and removed under load: producers submit to whatever is there, some
 * sinks with callbacks, some polled, while others come and go, snapshots are taken
 * and a dead-letter callback is slow. Afterwards every id of every sink that ever
 * was is looked up: taken by it, dead by its number, or unwritten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "sinks.h"
#include "support.h"

enum { PRODUCERS = 3, PLACES = 4, EACH = 60000, BATCH = 64, GUESTS_MAX = 4000,
       GUESTS_WANTED = 21 };

/* What one sink that ever was has got. */
typedef struct guest {
    _Atomic uint64_t accepted, taken, released;
    uint32_t number;
    bool removed;
} guest;

typedef struct town {
    wanmi_dispatch *d;
    test_letters letters;
    guest guests[GUESTS_MAX];
    uint32_t guest_count;
    _Atomic uint32_t present[PLACES];       /* index of the guest + 1 */
    _Atomic int producing;
    _Atomic bool enough;            /* have come; on a busy machine producers go on until then */
    _Atomic bool done;
    uint64_t left;
} town;

static town t;

static uint8_t mood_of(uint64_t id)
{
    return (uint8_t)(id % 13 == 0 ? WANMI_DEAD : id % 5 == 0 ? WANMI_RETRY : WANMI_DELIVERED);
}

static void deliver(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    guest *g = user;
    for (size_t i = 0; i < count; i++) {
        uint8_t mood = mood_of(batch[i].event_id);
        /* Refused now and then, so that some are parked when the sink goes. */
        if (mood == WANMI_RETRY)
            mood = (batch[i].event_id + (uint64_t)atomic_load(&g->taken)) % 3 != 0 ? WANMI_RETRY : WANMI_DELIVERED;
        outcomes[i] = mood;
        if (mood == WANMI_DELIVERED)
            atomic_fetch_add(&g->taken, 1);
    }
}

static void release(void *user)
{
    atomic_fetch_add(&((guest *)user)->released, 1);
}

static void *produce(void *argument)
{
    uint32_t number = (uint32_t)(uintptr_t)argument;
    test_random random = {number};
    wanmi_delivery deliveries[BATCH];
    uint32_t keys[BATCH];
    wanmi_producer *p = NULL;
    assert_int_equal(wanmi_producer_open(t.d, &p, NULL), WANMI_OK);
    for (uint64_t sent = 0; sent < EACH || !atomic_load(&t.enough);) {
        size_t count = 1 + test_below(&random, BATCH);
        test_deliveries(deliveries, keys, count, ((uint64_t)number << 32) + sent);
        for (uint32_t i = 0; i < PLACES; i++) {
            uint32_t at = atomic_load(&t.present[i]);
            if (at == 0)
                continue;
            guest *g = &t.guests[at - 1];
            wanmi_status status = wanmi_producer_submit(p, g->number, deliveries, keys, count, NULL);
            assert_true(status == WANMI_OK || status == WANMI_E_DISPATCH_SINK);
            if (status == WANMI_OK)
                atomic_fetch_add(&g->accepted, count);
        }
        sent += count;
        if (test_below(&random, 50) == 0) {
            wanmi_producer_close(p);
            while (wanmi_producer_open(t.d, &p, NULL) == WANMI_E_LIMIT)
                test_nap_us(100);
        }
    }
    wanmi_producer_close(p);
    atomic_fetch_sub(&t.producing, 1);
    return NULL;
}

static void *poll(void *argument)
{
    (void)argument;
    wanmi_delivery deliveries[BATCH];
    uint64_t tickets[BATCH];
    uint8_t outcomes[BATCH];
    size_t count, taken;
    while (!atomic_load(&t.done)) {
        uint32_t at = atomic_load(&t.present[PLACES - 1]);
        if (at == 0)
            continue;
        guest *g = &t.guests[at - 1];
        if (wanmi_sink_poll(t.d, g->number, 1000000, 500, deliveries, tickets, BATCH, &count, NULL) != WANMI_OK)
            continue;
        memset(outcomes, WANMI_DELIVERED, count);
        /* The sink may be removed before this: then they are dead, and not taken. */
        if (wanmi_sink_ack(t.d, g->number, tickets, outcomes, count, &taken, NULL) == WANMI_OK)
            atomic_fetch_add(&g->taken, taken);
    }
    return NULL;
}

static void *look(void *argument)
{
    (void)argument;
    uint64_t pending;
    while (!atomic_load(&t.done)) {
        test_law_of_all(t.d);
        assert_int_equal(wanmi_dispatch_pending_of(t.d, 1, &pending, NULL), WANMI_OK);
        assert_true(pending < UINT64_MAX / 2);
        test_nap_us(100);
    }
    return NULL;
}

static void come(uint32_t place)
{
    guest *g = &t.guests[t.guest_count];
    char name[2] = {(char)('a' + place), '\0'};
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = name;
    def.deliver = place == PLACES - 1 ? NULL : deliver;
    def.user = g;
    def.release = release;
    def.lanes = 1 + place % 2;
    def.policy = place == 1 ? WANMI_POLICY_BLOCK : place == 2 ? WANMI_POLICY_DROP_OLDEST : WANMI_POLICY_OVERFLOW;
    def.block_us = 5000;
    def.parked_max = 128;
    def.retry_base_us = 200;
    def.attempts_max = 4;
    def.breaker_open_us = 1000;
    assert_int_equal(wanmi_dispatch_add_sink(t.d, &def, &g->number, NULL), WANMI_OK);
    atomic_store(&t.present[place], ++t.guest_count);
    atomic_store(&t.enough, t.guest_count >= GUESTS_WANTED);
}

static void go(uint32_t place, int64_t drain_us)
{
    uint32_t at = atomic_exchange(&t.present[place], 0);
    uint64_t left = 0;
    assert_int_equal(wanmi_dispatch_remove_sink(t.d, t.guests[at - 1].number, drain_us, &left, NULL), WANMI_OK);
    t.guests[at - 1].removed = true;
    t.left += left;
}

static void check_guests(void)
{
    wanmi_tally sum = test_law_of_all(t.d);
    uint64_t accepted = 0, taken = 0, dead[3] = {0};
    static uint64_t letters_of[GUESTS_MAX];
    for (size_t i = 0; i < t.letters.count; i++) {
        uint32_t j = 0;
        while (j < t.guest_count && t.guests[j].number != t.letters.seen[i].sink)
            j++;
        assert_true(j < t.guest_count);
        letters_of[j]++;
        dead[0] += t.letters.seen[i].reason == WANMI_REASON_REMOVED;
    }
    for (uint32_t i = 0; i < t.guest_count; i++) {
        guest *g = &t.guests[i];
        accepted += g->accepted;
        taken += g->taken;
        assert_int_equal(g->released, g->removed);
        assert_true(g->taken + letters_of[i] <= g->accepted);
    }
    assert_int_equal(sum.accepted, accepted);
    assert_int_equal(sum.delivered, taken);
    assert_int_equal(sum.pending, 0);
    assert_int_equal(sum.dead_removed, t.left);
    assert_int_equal(sum.dead, t.letters.count + sum.dead_unwritten);
    assert_int_equal(sum.dead_queued, 0);
    assert_true(dead[0] > 0 && dead[0] <= t.left);
}

static void test_coming_and_going(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_dispatch_options options;
    wanmi_dispatch_options_init(&options);
    options.ring_capacity = 256;
    options.dead_capacity = 16384;          /* more than a sink may leave: the callback hangs at times */
    options.dead = test_letters_write;
    options.dead_user = &t.letters;
    test_letters_init(&t.letters);
    assert_int_equal(wanmi_dispatch_create(&options, &host, &t.d, NULL), WANMI_OK);
    for (uint32_t i = 0; i < PLACES; i++)
        come(i);
    assert_int_equal(wanmi_dispatch_start(t.d, NULL), WANMI_OK);
    pthread_t threads[PRODUCERS], polling, looking;
    atomic_store(&t.producing, PRODUCERS);
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        pthread_create(&threads[i], NULL, produce, (void *)i);
    pthread_create(&polling, NULL, poll, NULL);
    pthread_create(&looking, NULL, look, NULL);
    test_random random = {9};
    while (atomic_load(&t.producing) != 0 && t.guest_count < GUESTS_MAX) {
        uint32_t place = test_below(&random, PLACES);
        test_letters_hang(&t.letters, test_below(&random, 4) == 0);
        go(place, test_below(&random, 2) == 0 ? 0 : 3000);
        come(place);
        test_letters_hang(&t.letters, false);
        test_nap_us(test_below(&random, 3000));
    }
    for (int i = 0; i < PRODUCERS; i++)
        pthread_join(threads[i], NULL);
    uint64_t left;
    assert_int_equal(wanmi_dispatch_drain(t.d, 20000000, &left, NULL), WANMI_OK);
    atomic_store(&t.done, true);
    pthread_join(polling, NULL);
    pthread_join(looking, NULL);
    assert_true(t.guest_count >= GUESTS_WANTED);
    check_guests();
    wanmi_dispatch_free(t.d);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
    test_letters_drop(&t.letters);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coming_and_going),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
