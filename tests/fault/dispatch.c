/* The dispatch without memory and without threads. pthread_create is replaced
 * in this program, so that any one of them can be made to fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>

#include "sinks.h"
#include "support.h"

static _Atomic int threads_left = 1 << 30;      /* until one fails */
static _Atomic int threads_made;

__attribute__((visibility("default")))
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *argument)
{
    int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    if (atomic_fetch_sub(&threads_left, 1) <= 0)
        return EAGAIN;
    atomic_fetch_add(&threads_made, 1);
    return real(thread, attributes, run, argument);
}

typedef struct house {
    wanmi_dispatch *d;
    wanmi_producer *p;
    test_sink sink;
    test_letters letters;
} house;

static wanmi_status add_sink(house *h, const char *name, uint32_t lanes)
{
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    uint32_t index;
    def.name = name;
    def.lanes = lanes;
    def.deliver = name[0] == 'p' ? NULL : test_sink_deliver;
    def.user = &h->sink;
    return wanmi_dispatch_add_sink(h->d, &def, &index, NULL);
}

static wanmi_status build(house *h, const wanmi_host *host)
{
    wanmi_dispatch_options options;
    wanmi_dispatch_options_init(&options);
    options.ring_capacity = 64;
    options.dead_capacity = 64;
    options.dead = test_letters_write;
    options.dead_user = &h->letters;
    wanmi_status status = wanmi_dispatch_create(&options, host, &h->d, NULL);
    if (status == WANMI_OK)
        status = add_sink(h, "one", 3);
    if (status == WANMI_OK)
        status = add_sink(h, "polled", 1);
    return status;
}

static void init(house *h)
{
    *h = (house){0};
    test_sink_init(&h->sink);
    test_letters_init(&h->letters);
}

static void drop(house *h)
{
    wanmi_producer_close(h->p);
    wanmi_dispatch_free(h->d);
    test_sink_drop(&h->sink);
    test_letters_drop(&h->letters);
}

static wanmi_status submit_some(house *h)
{
    wanmi_delivery deliveries[50];
    uint32_t keys[50];
    uint64_t left;
    test_deliveries(deliveries, keys, 50, 0);
    wanmi_status status = wanmi_producer_submit(h->p, 0, deliveries, keys, 50, NULL);
    if (status == WANMI_OK)
        status = wanmi_dispatch_drain(h->d, 60000000, &left, NULL);
    return status;
}

/* All that may allocate, and then the way of some deliveries. */
static wanmi_status whole_life(const wanmi_host *host, void *user)
{
    (void)user;
    house h;
    init(&h);
    wanmi_status status = build(&h, host);
    if (status == WANMI_OK)
        status = wanmi_dispatch_start(h.d, NULL);
    if (status == WANMI_OK)
        status = wanmi_producer_open(h.d, &h.p, NULL);
    if (status == WANMI_OK)
        status = add_sink(&h, "while it runs", 2);
    if (status == WANMI_OK)
        status = wanmi_dispatch_remove_sink(h.d, 2, 0, NULL, NULL);
    if (status == WANMI_OK)
        status = add_sink(&h, "polled while it runs", 2);
    if (status == WANMI_OK)
        status = submit_some(&h);
    if (h.d != NULL)
        test_law_of_all(h.d);
    drop(&h);
    return status;
}

static void test_no_memory(void **state)
{
    (void)state;
    assert_true(test_fail_each(whole_life, NULL) > 80);
}

/* A sink or producer that could not be made leaves the dispatch as it was. */
static void test_no_memory_once(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    house h;
    init(&h);
    assert_int_equal(build(&h, &host), WANMI_OK);
    memory.fail_at = memory.calls + 3;
    assert_int_equal(add_sink(&h, "three", 2), WANMI_E_MEMORY);
    assert_int_equal(wanmi_dispatch_sink_count(h.d), 2);
    assert_int_equal(add_sink(&h, "three", 2), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_OK);
    memory.fail_at = memory.calls + 4;
    wanmi_producer *const untouched = (wanmi_producer *)&memory;
    h.p = untouched;
    assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_E_MEMORY);
    assert_ptr_equal(h.p, untouched);
    assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_OK);
    assert_int_equal(submit_some(&h), WANMI_OK);
    assert_int_equal(test_law(h.d).delivered, 50);
    drop(&h);
    assert_int_equal(memory.held_blocks, 0);
}

static void test_no_thread(void **state)
{
    (void)state;
    enum { THREADS = 3 + 1 + 1 };               /* lanes, the dead letters' and the supervisor */
    house h;
    init(&h);
    assert_int_equal(build(&h, NULL), WANMI_OK);
    for (int made = 0; made < THREADS; made++) {
        wanmi_error error;
        wanmi_error_clear(&error);
        atomic_store(&threads_made, 0);
        atomic_store(&threads_left, made);
        assert_int_equal(wanmi_dispatch_start(h.d, &error), WANMI_E_SYSTEM);
        assert_int_equal(error.status, WANMI_E_SYSTEM);
        assert_int_equal(atomic_load(&threads_made), made);
        assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_E_DISPATCH_STATE);
        test_law(h.d);
    }
    /* It may be tried again. */
    atomic_store(&threads_left, 1 << 30);
    assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_OK);
    assert_int_equal(submit_some(&h), WANMI_OK);
    assert_int_equal(test_law(h.d).delivered, 50);
    drop(&h);
}

/* A sink whose lanes cannot all be started is not there; the others go on. */
static void test_no_thread_for_a_late_sink(void **state)
{
    (void)state;
    house h;
    init(&h);
    assert_int_equal(build(&h, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_OK);
    for (int made = 0; made < 3; made++) {
        atomic_store(&threads_left, made);
        assert_int_equal(add_sink(&h, "late", 3), WANMI_E_SYSTEM);
        assert_int_equal(wanmi_dispatch_sink_count(h.d), 2);
    }
    atomic_store(&threads_left, 1 << 30);
    assert_int_equal(add_sink(&h, "late", 3), WANMI_OK);
    assert_int_equal(submit_some(&h), WANMI_OK);
    assert_int_equal(test_law(h.d).delivered, 50);
    drop(&h);
}

/* A sink added while all runs, for which memory ends, is not there. */
static void test_no_memory_for_a_late_sink(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    house h;
    init(&h);
    assert_int_equal(build(&h, &host), WANMI_OK);
    assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_OK);
    assert_int_equal(wanmi_producer_open(h.d, &h.p, NULL), WANMI_OK);
    int64_t failed = 0;
    wanmi_status status;
    do {
        memory.fail_at = memory.calls + ++failed;
        status = add_sink(&h, "late", 2);
        assert_int_equal(wanmi_dispatch_sink_count(h.d), status == WANMI_OK ? 3 : 2);
    } while (status == WANMI_E_MEMORY);
    assert_int_equal(status, WANMI_OK);
    assert_true(failed > 10);
    assert_int_equal(submit_some(&h), WANMI_OK);
    assert_int_equal(test_law(h.d).delivered, 50);
    drop(&h);
    assert_int_equal(memory.held_blocks, 0);
}

/* Freed without ever having had its threads. */
static void test_no_thread_and_freed(void **state)
{
    (void)state;
    house h;
    init(&h);
    assert_int_equal(build(&h, NULL), WANMI_OK);
    atomic_store(&threads_left, 2);
    assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_E_SYSTEM);
    atomic_store(&threads_left, 1 << 30);
    drop(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_once),
        cmocka_unit_test(test_no_thread),
        cmocka_unit_test(test_no_thread_for_a_late_sink),
        cmocka_unit_test(test_no_memory_for_a_late_sink),
        cmocka_unit_test(test_no_thread_and_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
