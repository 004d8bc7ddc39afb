/* flow: sinks that are removed, reject, are polled; the end with work pending; forks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "maps.h"
#include "sinks.h"
#include "support.h"

enum { SINKS_MAX = 4 };

typedef struct scene {
    test_memory memory;
    wanmi_host host;
    wanmi_flow *flow;
    wanmi_intake *intake;
    test_sink sinks[SINKS_MAX];
    uint32_t numbers[SINKS_MAX];
    uint32_t sink_count;
    test_letters letters;
} scene;

static scene s;

static void set_map(uint32_t generation)
{
    test_city city;
    test_city_init(&city);
    city.generation = generation;
    wanmi_map *map = test_city_map(&s.host, &city);
    wanmi_error error;
    if (wanmi_flow_set_map(s.flow, map, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    wanmi_map_release(map);
}

static void open_flow(void)
{
    memset(&s, 0, sizeof s);
    s.host = test_host(&s.memory);
    test_letters_init(&s.letters);
    wanmi_flow_options options;
    wanmi_flow_options_init(&options);
    options.batch_max = 16;
    options.dispatch.ring_capacity = 64;
    options.dispatch.dead = test_letters_write;
    options.dispatch.dead_user = &s.letters;
    assert_int_equal(wanmi_flow_create(&options, &s.host, &s.flow, NULL), WANMI_OK);
    set_map(1);
}

static uint32_t add_sink_as(const char *name, wanmi_policy policy, bool polled, const char *units)
{
    wanmi_sink_def def;
    wanmi_subscription wish;
    wanmi_error error;
    wanmi_sink_def_init(&def);
    wanmi_subscription_init(&wish);
    def.name = name;
    def.lanes = 1;
    def.policy = policy;
    def.deliver = polled ? NULL : test_sink_deliver;
    def.user = &s.sinks[s.sink_count];
    def.retry_base_us = 20000;
    def.block_us = 60000000;
    wish.units = units;
    test_sink_init(&s.sinks[s.sink_count]);
    if (wanmi_flow_add_sink(s.flow, &def, &wish, &s.numbers[s.sink_count], &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return s.sink_count++;
}

static uint32_t add_sink(const char *name)
{
    return add_sink_as(name, WANMI_POLICY_OVERFLOW, false, "");
}

static void start(void)
{
    assert_int_equal(wanmi_flow_start(s.flow, NULL), WANMI_OK);
    assert_int_equal(wanmi_intake_open(s.flow, &s.intake, NULL), WANMI_OK);
}

static void end(void)
{
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow);
    for (uint32_t i = 0; i < s.sink_count; i++)
        test_sink_drop(&s.sinks[i]);
    test_letters_drop(&s.letters);
    assert_int_equal(s.memory.held_blocks, 0);
    assert_false(s.memory.wrong_size);
}

/* In the south-west, class 03: one delivery, to C1. */
static wanmi_event event_of(uint64_t id)
{
    wanmi_event event = {.id = id, .time_us = 5, .x = 500050, .y = 4420050, .source_id = WANMI_NONE,
                         .datum = WANMI_DATUM_MAP};
    assert_int_equal(wanmi_words_number(wanmi_flow_words(s.flow), "03", 2, &event.class_id, NULL), WANMI_OK);
    return event;
}

static wanmi_receipt submit(uint64_t id)
{
    wanmi_event event = event_of(id);
    wanmi_receipt receipt;
    assert_int_equal(wanmi_flow_submit(s.intake, &event, 1, &receipt, NULL, NULL), WANMI_OK);
    return receipt;
}

static wanmi_account account(void)
{
    wanmi_account a;
    wanmi_account_init(&a);
    assert_int_equal(wanmi_flow_snapshot(s.flow, &a, NULL, 0, NULL), WANMI_OK);
    assert_int_equal(a.submitted, a.routed + a.unrouted + a.refused);
    assert_int_equal(a.sum.accepted, a.sum.delivered + a.sum.dead + a.sum.pending);
    return a;
}

static bool pending_becomes(uint64_t pending)
{
    for (int i = 0; i < 30000; i++) {
        if (account().sum.pending == pending)
            return true;
        test_nap_us(1000);
    }
    return false;
}

/* ---- removing ---------------------------------------------------------------------------------- */

static void a_removed_sink_is_asked_no_more(void **state)
{
    (void)state;
    open_flow();
    uint32_t stays = add_sink("stays"), goes = add_sink("goes");
    start();
    wanmi_error error;
    uint64_t left = 99;
    assert_int_equal(submit(1).deliveries, 2);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[goes], 5000000, &left, NULL), WANMI_OK);
    assert_int_equal(left, 0);
    assert_int_equal(s.sinks[goes].count, 1);
    assert_int_equal(submit(2).deliveries, 1);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[goes], 0, NULL, &error), WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, 12345, 0, NULL, &error), WANMI_E_DISPATCH_SINK);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, 0, -1, NULL, &error), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_flow_remove_sink(NULL, 0, 0, NULL, &error), WANMI_E_ARGUMENT);
    /* Another of its name is another sink. */
    uint32_t again = add_sink("goes");
    assert_int_not_equal(s.numbers[again], s.numbers[goes]);
    assert_int_equal(submit(3).deliveries, 2);
    set_map(2);
    assert_int_equal(submit(4).deliveries, 2);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[again], 5000000, NULL, NULL), WANMI_OK);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[stays], 5000000, NULL, NULL), WANMI_OK);
    assert_int_equal(submit(5).reason, WANMI_REASON_UNWANTED);
    assert_int_equal(s.sinks[goes].count, 1);
    assert_int_equal(s.sinks[again].count, 2);
    assert_int_equal(s.sinks[stays].count, 4);
    wanmi_account a = account();
    assert_int_equal(a.sum.delivered, 7);
    assert_int_equal(a.unwanted, 1);
    end();
}

/* When the removal has begun, and has waited as long as it is to. */
static void *let_go_late(void *user)
{
    for (int i = 0; i < 20000 && wanmi_dispatch_sink_count(wanmi_flow_dispatch(s.flow)) != 0; i++)
        test_nap_us(1000);
    test_nap_us(300000);
    test_sink_hang(user, false);
    return NULL;
}

static void what_a_removed_sink_holds_goes_to_the_letters(void **state)
{
    (void)state;
    open_flow();
    uint32_t goes = add_sink("goes");
    start();
    test_sink_hang(&s.sinks[goes], true);
    for (uint64_t id = 1; id <= 20; id++)
        submit(id);
    test_sink_await_inside(&s.sinks[goes], 1);
    pthread_t helper;
    assert_int_equal(pthread_create(&helper, NULL, let_go_late, &s.sinks[goes]), 0);
    uint64_t left = 0;
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[goes], 1000, &left, NULL), WANMI_OK);
    pthread_join(helper, NULL);
    assert_true(left > 0 && left < 20);
    wanmi_account a = account();
    assert_int_equal(a.sum.dead_removed, left);
    assert_int_equal(a.sum.delivered, 20 - left);
    assert_int_equal(a.sum.delivered, s.sinks[goes].count);
    assert_int_equal(a.sum.pending, 0);
    end();
}

/* A submit that is held up by one sink while another that it wants is removed. */
typedef struct held_up {
    wanmi_event events[200];
    wanmi_receipt receipts[200];
    wanmi_status status;
} held_up;

static _Atomic wanmi_status by_itself;

static uint8_t remove_myself(const wanmi_delivery *delivery)
{
    (void)delivery;
    atomic_store(&by_itself, wanmi_flow_remove_sink(s.flow, s.numbers[0], 0, NULL, NULL));
    return WANMI_DELIVERED;
}

static void a_removal_that_was_refused_is_asked_for_again(void **state)
{
    (void)state;
    open_flow();
    uint32_t sink = add_sink("goes");
    s.sinks[sink].outcome = remove_myself;
    start();
    atomic_store(&by_itself, WANMI_OK);
    assert_int_equal(submit(1).deliveries, 1);
    assert_true(pending_becomes(0));
    assert_int_equal(atomic_load(&by_itself), WANMI_E_DISPATCH_STATE);
    assert_int_equal(submit(2).deliveries, 0);        /* it is asked no more */
    assert_int_equal(wanmi_dispatch_sink_count(wanmi_flow_dispatch(s.flow)), 1);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[sink], 0, NULL, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_sink_count(wanmi_flow_dispatch(s.flow)), 0);
    assert_int_equal(wanmi_flow_remove_sink(s.flow, s.numbers[sink], 0, NULL, NULL), WANMI_E_DISPATCH_SINK);
    assert_int_equal(account().sum.delivered, 1);
    end();
}

static void *submit_long(void *user)
{
    held_up *h = user;
    h->status = wanmi_flow_submit(s.intake, h->events, 200, h->receipts, NULL, NULL);
    return NULL;
}

static void *remove_it(void *user)
{
    return wanmi_flow_remove_sink(s.flow, *(const uint32_t *)user, 60000000, NULL, NULL) == WANMI_OK ? user : NULL;
}

static void a_submit_that_runs_goes_on_without_a_removed_sink(void **state)
{
    (void)state;
    static held_up h;
    pthread_t thread, remover;
    void *removed = NULL;
    memset(&h, 0, sizeof h);
    open_flow();
    uint32_t slow = add_sink_as("slow", WANMI_POLICY_BLOCK, false, ""), goes = add_sink("goes");
    start();
    for (uint64_t i = 0; i < 200; i++)
        h.events[i] = event_of(i);
    test_sink_hang(&s.sinks[slow], true);
    assert_int_equal(pthread_create(&thread, NULL, submit_long, &h), 0);
    test_sink_await_inside(&s.sinks[slow], 1);
    assert_int_equal(pthread_create(&remover, NULL, remove_it, &s.numbers[goes]), 0);
    for (int i = 0; i < 30000 && wanmi_dispatch_sink_count(wanmi_flow_dispatch(s.flow)) != 1; i++)
        test_nap_us(1000);
    test_sink_hang(&s.sinks[slow], false);
    pthread_join(remover, &removed);
    assert_non_null(removed);
    pthread_join(thread, NULL);
    assert_int_equal(h.status, WANMI_OK);
    uint64_t promised = 0;
    for (int i = 0; i < 200; i++) {
        assert_true(h.receipts[i].deliveries == 1 || h.receipts[i].deliveries == 2);
        assert_int_equal(h.receipts[i].reason, 0);
        promised += h.receipts[i].deliveries;
    }
    assert_int_equal(h.receipts[199].deliveries, 1);
    assert_true(pending_becomes(0));
    wanmi_account a = account();
    assert_int_equal(a.routed, 200);
    assert_int_equal(a.sum.accepted, promised);
    end();
}

/* ---- rejecting ---------------------------------------------------------------------------------- */

static void a_full_sink_that_rejects_refuses_the_events(void **state)
{
    (void)state;
    open_flow();
    uint32_t other = add_sink_as("other", WANMI_POLICY_BLOCK, false, "");
    uint32_t full = add_sink_as("full", WANMI_POLICY_REJECT, false, "");
    start();
    test_sink_hang(&s.sinks[full], true);
    wanmi_event events[400];
    wanmi_receipt receipts[400];
    size_t done = 0;
    wanmi_error error;
    for (uint64_t i = 0; i < 400; i++)
        events[i] = event_of(i);
    assert_int_equal(wanmi_flow_submit(s.intake, events, 400, receipts, &done, &error), WANMI_E_DISPATCH_FULL);
    /* Parts of 16 to rings of 64. */
    assert_true(done >= 48 && done <= 160 && done % 16 == 0);
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(receipts[i].deliveries, i < done ? 2 : 0);
        assert_int_equal(receipts[i].reason, i < done ? WANMI_REASON_NONE : WANMI_REASON_FULL);
    }
    test_sink_hang(&s.sinks[full], false);
    assert_true(pending_becomes(0));
    wanmi_account a = account();
    assert_int_equal(a.routed, done);
    assert_int_equal(a.refused, 400 - done);
    assert_int_equal(s.sinks[other].count, done);
    assert_int_equal(s.sinks[full].count, done);
    /* There is room again. */
    assert_int_equal(submit(500).deliveries, 2);
    end();
}

/* ---- polling ------------------------------------------------------------------------------------ */

static void a_lease_keeps_its_map(void **state)
{
    (void)state;
    open_flow();
    uint32_t polled = add_sink_as("polled", WANMI_POLICY_OVERFLOW, true, "");
    start();
    submit(1);
    wanmi_delivery delivery;
    uint64_t ticket;
    size_t count = 0, taken = 0;
    wanmi_dispatch *dispatch = wanmi_flow_dispatch(s.flow);
    assert_int_equal(wanmi_sink_poll(dispatch, s.numbers[polled], 60000000, 5000000, &delivery, &ticket, 1, &count,
                                     NULL), WANMI_OK);
    assert_int_equal(count, 1);
    set_map(2);
    set_map(3);
    uint32_t alive = 0;
    assert_int_equal(wanmi_flow_reclaim(s.flow, &alive, NULL), WANMI_OK);
    assert_int_equal(alive, 2);
    char line[1024];
    size_t length = wanmi_flow_line(s.flow, &delivery, line, sizeof line - 1);
    assert_true(length > 0 && length < sizeof line);
    line[length] = '\0';
    assert_non_null(strstr(line, "\"unit\":\"C1\""));
    const uint8_t outcome = WANMI_DELIVERED;
    assert_int_equal(wanmi_sink_ack(dispatch, s.numbers[polled], &ticket, &outcome, 1, &taken, NULL), WANMI_OK);
    assert_int_equal(taken, 1);
    assert_int_equal(wanmi_flow_reclaim(s.flow, &alive, NULL), WANMI_OK);
    assert_int_equal(alive, 1);
    assert_int_equal(wanmi_flow_line(s.flow, &delivery, line, sizeof line), 0);
    end();
}

static uint8_t ask_again(const wanmi_delivery *delivery)
{
    (void)delivery;
    return WANMI_RETRY;
}

static void what_waits_to_be_tried_again_keeps_its_map(void **state)
{
    (void)state;
    open_flow();
    uint32_t sink = add_sink("again");
    start();
    s.sinks[sink].outcome = ask_again;
    submit(1);
    for (int i = 0; i < 30000 && account().sum.parked == 0; i++)
        test_nap_us(1000);
    assert_int_equal(account().sum.pending, 1);
    set_map(2);
    uint32_t alive = 0;
    assert_int_equal(wanmi_flow_reclaim(s.flow, &alive, NULL), WANMI_OK);
    assert_int_equal(alive, 2);
    pthread_mutex_lock(&s.sinks[sink].lock);
    s.sinks[sink].outcome = NULL;
    pthread_mutex_unlock(&s.sinks[sink].lock);
    assert_true(test_sink_await(&s.sinks[sink], 1));
    assert_int_equal(s.sinks[sink].seen[0].generation, 1);
    for (int i = 0; i < 30000 && alive != 1; i++, test_nap_us(1000))
        wanmi_flow_reclaim(s.flow, &alive, NULL);
    assert_int_equal(alive, 1);
    end();
}

/* ---- the end ------------------------------------------------------------------------------------ */

static void a_stop_buries_all_that_is_pending(void **state)
{
    (void)state;
    open_flow();
    uint32_t again = add_sink("again"), polled = add_sink_as("polled", WANMI_POLICY_OVERFLOW, true, "");
    start();
    s.sinks[again].outcome = ask_again;
    for (uint64_t id = 0; id < 10; id++)
        submit(id);
    wanmi_delivery deliveries[3];
    uint64_t tickets[3], left = 0;
    size_t count = 0;
    assert_int_equal(wanmi_sink_poll(wanmi_flow_dispatch(s.flow), s.numbers[polled], 60000000, 5000000, deliveries,
                                     tickets, 1, &count, NULL), WANMI_OK);
    assert_int_equal(wanmi_flow_drain(s.flow, 1000, &left, NULL), WANMI_E_DEADLINE);
    assert_true(left >= 10);
    set_map(2);                         /* a map may still come; it changes nothing of what is pending */
    wanmi_flow_stop(s.flow);
    wanmi_account a = account();
    assert_int_equal(a.sum.accepted, 20);
    assert_int_equal(a.sum.pending, 0);
    assert_int_equal(a.sum.delivered, 0);
    assert_int_equal(a.sum.dead_shutdown, 20 - a.sum.dead_attempts);
    assert_int_equal(s.letters.count, 20);
    for (size_t i = 0; i < s.letters.count; i++)
        assert_int_equal(s.letters.seen[i].delivery.generation, 1);
    assert_int_equal(a.maps_alive, 1);
    end();
}

/* ---- forks --------------------------------------------------------------------------------------- */

/* In the child: which of these is not as the header says; 0: none. */
static int check_child(void)
{
    wanmi_error error;
    wanmi_account a;
    wanmi_intake *intake = NULL;
    wanmi_sink_def def;
    uint64_t left, tags[4];
    uint32_t alive;
    size_t count;
    wanmi_event event = {.id = 1, .x = 500050, .y = 4420050, .class_id = WANMI_NONE, .source_id = WANMI_NONE,
                         .datum = WANMI_DATUM_MAP};
    wanmi_receipt receipt;
    wanmi_account_init(&a);
    wanmi_sink_def_init(&def);
    def.name = "child";
    def.deliver = test_sink_deliver;
    wanmi_map *map = wanmi_flow_map(s.flow, 2);
    if (wanmi_flow_submit(s.intake, &event, 1, &receipt, NULL, &error) != WANMI_E_DISPATCH_STATE)
        return 1;
    if (wanmi_flow_snapshot(s.flow, &a, NULL, 0, &error) != WANMI_E_DISPATCH_STATE)
        return 2;
    if (wanmi_flow_set_map(s.flow, map, &error) != WANMI_E_DISPATCH_STATE)
        return 3;
    if (wanmi_intake_open(s.flow, &intake, &error) != WANMI_E_DISPATCH_STATE || intake != NULL)
        return 4;
    if (wanmi_flow_add_sink(s.flow, &def, NULL, NULL, &error) != WANMI_E_DISPATCH_STATE)
        return 5;
    if (wanmi_flow_remove_sink(s.flow, 0, 0, NULL, &error) != WANMI_E_DISPATCH_STATE)
        return 6;
    if (wanmi_flow_drain(s.flow, 0, &left, &error) != WANMI_E_DISPATCH_STATE)
        return 7;
    if (wanmi_flow_reclaim(s.flow, &alive, &error) != WANMI_E_DISPATCH_STATE)
        return 8;
    if (wanmi_flow_submit(s.intake, &event, 0, NULL, NULL, &error) != WANMI_E_DISPATCH_STATE)
        return 11;
    if (wanmi_flow_set_mode(s.flow, "night", &error) != WANMI_E_DISPATCH_STATE)
        return 12;
    if (wanmi_flow_counters(s.flow, NULL, 0, &count, &error) != WANMI_E_DISPATCH_STATE)
        return 13;
    if (wanmi_flow_deliveries_by_tag(s.flow, tags, 4, &count, &error) != WANMI_E_DISPATCH_STATE)
        return 14;
    if (strstr(error.message, "fork") == NULL)
        return 9;
    wanmi_flow_stop(s.flow);
    wanmi_intake_close(s.intake);
    wanmi_flow_free(s.flow);
    return s.memory.held_blocks == 0 && !s.memory.wrong_size ? 0 : 10;
}

static void a_child_is_told_and_harms_nobody(void **state)
{
    (void)state;
    open_flow();
    uint32_t sink = add_sink("parents");
    start();
    set_map(2);                         /* the keeper runs */
    test_sink_hang(&s.sinks[sink], true);
    submit(1);
    test_sink_await_inside(&s.sinks[sink], 1);
    /* What a thread is freeing while its process forks stays half freed in the child. */
    for (uint32_t alive = 0; alive != 1; usleep(1000))
        assert_int_equal(wanmi_flow_reclaim(s.flow, &alive, NULL), WANMI_OK);
    pid_t child = fork();
    if (child == 0) {
        alarm(40);                      /* it must not wait for anybody */
        _exit(check_child());
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("the child was ended by signal %d", WTERMSIG(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    test_sink_hang(&s.sinks[sink], false);
    assert_int_equal(submit(2).deliveries, 1);
    assert_true(test_sink_await(&s.sinks[sink], 2));
    assert_int_equal(account().sum.accepted, 2);
    end();
}

/* A fork in the middle of another thread's submit. */
static void a_child_cannot_use_an_intake_at_work(void **state)
{
    (void)state;
    static held_up h;
    pthread_t thread;
    memset(&h, 0, sizeof h);
    open_flow();
    uint32_t slow = add_sink_as("slow", WANMI_POLICY_BLOCK, false, "");
    start();
    for (uint64_t i = 0; i < 200; i++)
        h.events[i] = event_of(i);
    test_sink_hang(&s.sinks[slow], true);
    assert_int_equal(pthread_create(&thread, NULL, submit_long, &h), 0);
    test_sink_await_inside(&s.sinks[slow], 1);
    pid_t child = fork();
    if (child == 0) {
        alarm(40);
        wanmi_event event = event_of(1);
        _exit(wanmi_flow_submit(s.intake, &event, 1, NULL, NULL, NULL) != WANMI_E_DISPATCH_STATE);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    test_sink_hang(&s.sinks[slow], false);
    pthread_join(thread, NULL);
    assert_int_equal(h.status, WANMI_OK);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_removed_sink_is_asked_no_more),
        cmocka_unit_test(what_a_removed_sink_holds_goes_to_the_letters),
        cmocka_unit_test(a_removal_that_was_refused_is_asked_for_again),
        cmocka_unit_test(a_submit_that_runs_goes_on_without_a_removed_sink),
        cmocka_unit_test(a_full_sink_that_rejects_refuses_the_events),
        cmocka_unit_test(a_lease_keeps_its_map),
        cmocka_unit_test(what_waits_to_be_tried_again_keeps_its_map),
        cmocka_unit_test(a_stop_buries_all_that_is_pending),
        cmocka_unit_test(a_child_is_told_and_harms_nobody),
        cmocka_unit_test(a_child_cannot_use_an_intake_at_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
