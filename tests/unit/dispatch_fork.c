/* After a fork: in the child every function on the parent's handle says so, and
 * giving the memory back waits for nothing; the parent goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "house.h"

static int released;

static void release(void *user)
{
    (void)user;
    released++;
}

/* The number of the first thing that is not as it should be; 0: all is. */
static int look_around(house *h)
{
    uint64_t left = 9, tickets[1], pending;
    uint32_t number = 77, numbers[8];
    size_t count;
    uint8_t outcome = WANMI_DELIVERED;
    wanmi_delivery delivery;
    wanmi_producer *p = NULL;
    wanmi_tally sum;
    wanmi_counter counter;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_tally_init(&sum);
    const wanmi_status all[] = {
        wanmi_producer_submit(h->p, 0, house_deliveries, house_keys, 1, &error),
        wanmi_producer_open(h->d, &p, NULL),
        wanmi_dispatch_add_sink(h->d, &h->defs[0], &number, NULL),
        wanmi_dispatch_remove_sink(h->d, 0, 0, NULL, NULL),
        wanmi_dispatch_start(h->d, NULL),
        wanmi_dispatch_drain(h->d, 1000000, &left, NULL),
        wanmi_dispatch_snapshot(h->d, &sum, NULL, 0, NULL),
        wanmi_dispatch_counters(h->d, &counter, 1, &count, NULL),
        wanmi_dispatch_pending_of(h->d, 1, &pending, NULL),
        wanmi_sink_poll(h->d, 1, 1000, 0, &delivery, tickets, 1, &count, NULL),
        wanmi_sink_ack(h->d, 1, tickets, &outcome, 1, NULL, NULL),
        wanmi_sink_extend(h->d, 1, tickets, 1, 1000, NULL, NULL),
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != WANMI_E_DISPATCH_STATE)
            return (int)i + 1;
    if (error.status != WANMI_E_DISPATCH_STATE || strstr(error.message, "forked") == NULL)
        return 50;
    if (wanmi_dispatch_sinks(h->d, numbers, 8) != 0 || wanmi_dispatch_sink_name(h->d, 0) != NULL)
        return 51;
    wanmi_dispatch_stop(h->d);
    wanmi_producer_close(h->p);
    wanmi_dispatch_free(h->d);
    return h->memory.held_blocks != 0 ? 52 : h->memory.wrong_size ? 53 : released != 0 ? 54 : 0;
}

static void test_child(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    h.defs[0].release = release;
    h.defs[1].deliver = NULL;
    house_build(&h);
    released = 0;
    house_hang_with(&h, 0, 0);                  /* a callback is running, and locks may be held */
    house_submit(&h, 1, 0, 10);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        if (child == 0) {
            alarm(20);                          /* a child that hangs */
            _exit(look_around(&h));
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    /* The parent knows nothing of it. */
    test_sink_hang(&h.sinks[0], false);
    house_submit(&h, 0, 1, 99);
    assert_true(test_sink_await(&h.sinks[0], 100));
    wanmi_delivery deliveries[10];
    uint64_t tickets[10];
    size_t count = 0;
    assert_int_equal(wanmi_sink_poll(h.d, 1, 1000000, 1000000, deliveries, tickets, 10, &count, NULL), WANMI_OK);
    assert_int_equal(released, 0);
    house_leave(&h);
    assert_int_equal(released, 1);
}

/* A process that forks while another of its threads gives back a removed sink. */
static house *forking;
static wanmi_allocator below;
static int forked_status;

static void release_and_fork(void *user, void *block, size_t size, size_t alignment)
{
    below.release(user, block, size, alignment);
    if (forking == NULL)
        return;
    house *h = forking;
    forking = NULL;
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        wanmi_dispatch_free(h->d);
        _exit(0);
    }
    waitpid(child, &forked_status, 0);
}

static void test_child_of_a_removal(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    below = h.host.allocator;
    h.host.allocator.release = release_and_fork;
    house_build(&h);
    house_submit(&h, 1, 0, 10);
    forking = &h;
    h.removed = true;
    forked_status = -1;
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, 1, 1000000, NULL, NULL), WANMI_OK);
    assert_null(forking);
    assert_true(WIFEXITED(forked_status));
    assert_int_equal(WEXITSTATUS(forked_status), 0);
    house_leave(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_child),
        cmocka_unit_test(test_child_of_a_removal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
