/* Removing sinks where somebody waits: from callbacks, from callbacks of sinks that remove
 * each other, while the dead-letter callback hangs, from what releases; and what is left of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <string.h>

#include "house.h"

/* ---- by callbacks ------------------------------------------------------------------------- */

enum { RING_MAX = 3 };

/* Sinks whose callbacks each remove the next one, once all are inside. */
typedef struct ring {
    wanmi_dispatch *d;
    uint32_t count;
    _Atomic uint32_t inside;
    struct member {
        struct ring *ring;
        uint32_t number, target;
        wanmi_status status;
        wanmi_error error;
    } of[RING_MAX];
} ring;

static void remove_next(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)batch;
    (void)count;
    (void)outcomes;
    struct member *m = user;
    atomic_fetch_add(&m->ring->inside, 1);
    while (atomic_load(&m->ring->inside) < m->ring->count)
        test_nap_us(100);
    m->status = wanmi_dispatch_remove_sink(m->ring->d, m->target, HOUSE_PATIENCE_US, NULL, &m->error);
}

/* `count` sinks in a ring, each with one delivery in its callback; returns when the callbacks
 * have. One more lane than is needed: a removal waits for all lanes of a sink. */
static void run_ring(house *h, ring *r, uint32_t count)
{
    static const char *names[RING_MAX] = {"a", "b", "c"};
    *r = (ring){.d = h->d, .count = count};
    for (uint32_t i = 0; i < count; i++) {
        wanmi_sink_def def = house_def(names[i], NULL);
        r->of[i].ring = r;
        def.deliver = remove_next;
        def.user = &r->of[i];
        def.lanes = 2;
        r->of[i].number = house_add(h, &def);
    }
    for (uint32_t i = 0; i < count; i++)
        r->of[i].target = r->of[(i + 1) % count].number;
    h->removed = true;
    for (uint32_t i = 0; i < count; i++)
        house_submit(h, r->of[i].number, i, 1);
    house_drain(h);
}

/* All but one removal end well, and the one is told that it would wait for itself. Its target is
 * as it was. */
static void check_ring(house *h, const ring *r)
{
    uint32_t refused = RING_MAX;
    for (uint32_t i = 0; i < r->count; i++) {
        if (r->of[i].status == WANMI_OK)
            continue;
        assert_int_equal(r->of[i].status, WANMI_E_DISPATCH_STATE);
        assert_int_equal(refused, RING_MAX);
        refused = i;
    }
    assert_int_not_equal(refused, RING_MAX);
    assert_non_null(strstr(r->of[refused].error.message, "would wait"));
    assert_int_equal(wanmi_dispatch_sink_count(h->d), HOUSE_SINKS + 1);
    assert_non_null(wanmi_dispatch_sink_name(h->d, r->of[refused].target));
    assert_int_equal(house_remove(h, r->of[refused].target, 0), 0);
    assert_int_equal(test_law_of_all(h->d).delivered, r->count);
}

static void test_each_other(void **state)
{
    (void)state;
    house h;
    ring r;
    house_plan(&h);
    house_build(&h);
    run_ring(&h, &r, 2);
    check_ring(&h, &r);
    house_leave(&h);
}

static void test_three_in_a_ring(void **state)
{
    (void)state;
    house h;
    ring r;
    house_plan(&h);
    house_build(&h);
    run_ring(&h, &r, 3);
    check_ring(&h, &r);
    house_leave(&h);
}

static void test_itself(void **state)
{
    (void)state;
    house h;
    ring r;
    house_plan(&h);
    house_build(&h);
    run_ring(&h, &r, 1);
    check_ring(&h, &r);
    house_leave(&h);
}

/* What waits for nobody is not refused: a callback removes a sink in whose callback another thread is. */
static void test_another(void **state)
{
    (void)state;
    house h;
    ring r = {.count = 1};
    house_plan(&h);
    h.defs[0].deliver = remove_next;
    h.defs[0].user = &r.of[0];
    h.removed = true;
    house_build(&h);
    r.d = h.d;
    r.of[0] = (struct member){.ring = &r, .target = 1};
    house_hang_with(&h, 1, 0);
    house_submit(&h, 0, 1, 1);
    while (wanmi_dispatch_sink_count(h.d) != 1)
        test_nap_us(100);
    test_sink_hang(&h.sinks[1], false);
    house_drain(&h);
    assert_int_equal(r.of[0].status, WANMI_OK);
    assert_int_equal(test_law_of_all(h.d).delivered, 2);
    house_leave(&h);
}

typedef struct undertaker {
    wanmi_dispatch *d;
    wanmi_status status;
} undertaker;

static size_t remove_and_write(void *user, const wanmi_dead_letter *letters, size_t count)
{
    undertaker *u = user;
    u->status = wanmi_dispatch_remove_sink(u->d, letters[0].sink, 0, NULL, NULL);
    return count;
}

static void say_dead(void *user, const wanmi_delivery *batch, size_t count, uint8_t *outcomes)
{
    (void)user;
    (void)batch;
    memset(outcomes, WANMI_DEAD, count);
}

static void test_by_the_dead_letters(void **state)
{
    (void)state;
    house h;
    undertaker u = {.status = WANMI_OK};
    house_plan(&h);
    h.options.dead = remove_and_write;
    h.options.dead_user = &u;
    h.defs[0].deliver = say_dead;
    house_build(&h);
    u.d = h.d;
    house_submit(&h, 0, 0, 1);
    house_drain(&h);
    assert_int_equal(u.status, WANMI_E_DISPATCH_STATE);
    assert_int_equal(wanmi_dispatch_sink_count(h.d), 2);
    h.letters.count = 1;                            /* as house_leave expects it */
    house_leave(&h);
}

/* ---- while the dead-letter callback hangs ---------------------------------------------------- */

enum { ROOM = 4, PENDING = 1000, LEASED = 100 };

/* One polled sink with much pending, some of it leased; letters hang. */
static void pend(house *h, int64_t hung_us)
{
    static wanmi_delivery deliveries[LEASED];
    static uint64_t tickets[LEASED];
    size_t count = 0;
    house_plan(h);
    h->options.dead_capacity = ROOM;
    h->options.dead_hung_us = hung_us;
    h->defs[0].deliver = NULL;
    h->defs[0].order = WANMI_ORDER_NONE;
    house_build(h);
    test_letters_hang(&h->letters, true);
    house_submit(h, 0, 0, PENDING);
    assert_int_equal(wanmi_sink_poll(h->d, 0, 60000000, 0, deliveries, tickets, LEASED, &count, NULL), WANMI_OK);
    assert_int_equal(count, LEASED);
}

static void test_letters_hang_and_a_sink_goes(void **state)
{
    (void)state;
    house h;
    pend(&h, 50000);
    assert_int_equal(house_remove(&h, 0, 0), PENDING);      /* ends though they hang */
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.dead_removed, PENDING);
    assert_int_equal(sum.dead_unwritten, PENDING - ROOM);
    assert_int_equal(sum.dead_queued, ROOM);
    test_letters_hang(&h.letters, false);
    house_submit(&h, 1, 0, 10);
    house_drain(&h);
    assert_int_equal(h.letters.count, ROOM);
    house_leave(&h);
}

static void *stop(void *argument)
{
    house *h = argument;
    wanmi_dispatch_stop(h->d);
    return NULL;
}

static void test_letters_hang_and_all_stops(void **state)
{
    (void)state;
    house h;
    pend(&h, 50000);
    pthread_t thread;
    pthread_create(&thread, NULL, stop, &h);
    while (test_law_of_all(h.d).pending != 0)       /* nothing is, though they hang */
        test_nap_us(1000);
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.dead_shutdown, PENDING);
    assert_int_equal(sum.dead_unwritten, PENDING - ROOM);
    test_letters_hang(&h.letters, false);           /* whose callback is waited for */
    pthread_join(thread, NULL);
    assert_int_equal(h.letters.count, ROOM);
    house_leave(&h);
}

/* One that does not hang for so long is waited for: every letter finds room. */
static void test_letters_are_slow(void **state)
{
    (void)state;
    house h;
    pend(&h, 0);
    pthread_t thread;
    pthread_create(&thread, NULL, stop, &h);
    test_letters_await_inside(&h.letters);
    test_nap_us(100000);
    assert_true(test_law_of_all(h.d).pending != 0);
    test_letters_hang(&h.letters, false);
    pthread_join(thread, NULL);
    assert_int_equal(test_law_of_all(h.d).dead_unwritten, 0);
    assert_int_equal(h.letters.count, PENDING);
    house_leave(&h);
}

/* ---- what is left ----------------------------------------------------------------------------- */

static int64_t held(const house *h)
{
    return __atomic_load_n(&h->memory.held_bytes, __ATOMIC_RELAXED);
}

/* Of sinks that are gone nothing stays but their names, and those once: without letters as soon as
 * they are removed, else when the letters are through. */
static void test_memory_goes(void **state)
{
    (void)state;
    house h;
    house_plan(&h);
    house_build(&h);
    wanmi_sink_def def = house_def("guest", &h.sinks[0]);
    house_remove(&h, house_add(&h, &def), 0);
    int64_t before = held(&h);
    for (int i = 0; i < 5; i++) {
        uint32_t sink = house_add(&h, &def);
        assert_true(held(&h) > before);
        house_submit(&h, sink, 0, 100);
        assert_int_equal(house_remove(&h, sink, HOUSE_PATIENCE_US), 0);
        assert_int_equal(held(&h), before);
    }
    def.deliver = NULL;
    test_letters_hang(&h.letters, true);
    for (int i = 0; i < 3; i++) {                   /* at one place, one after another */
        uint32_t sink = house_add(&h, &def);
        house_submit(&h, sink, 0, 100);
        assert_int_equal(house_remove(&h, sink, 0), 100);
    }
    assert_true(held(&h) > before);
    test_letters_hang(&h.letters, false);
    for (int64_t began = house_steady_us(); held(&h) != before;) {
        assert_true(house_steady_us() - began < HOUSE_PATIENCE_US);
        test_nap_us(1000);
    }
    wanmi_tally sum = test_law_of_all(h.d);
    assert_int_equal(sum.delivered, 500);
    assert_int_equal(sum.dead_removed, 300);
    assert_int_equal(sum.dead_queued, 0);
    uint64_t pending = 9;
    assert_int_equal(wanmi_dispatch_pending_of(h.d, 1, &pending, NULL), WANMI_OK);
    assert_int_equal(pending, 0);
    house_leave(&h);
}

/* ---- by what releases ----------------------------------------------------------------------- */

typedef struct heir {
    wanmi_dispatch *d;
    uint32_t number;
    int released;
    wanmi_status status;
} heir;

/* Another of the same name takes its place. */
static void succeed(void *user)
{
    heir *h = user;
    wanmi_sink_def def;
    wanmi_sink_def_init(&def);
    def.name = "a";
    h->released++;
    h->status = wanmi_dispatch_add_sink(h->d, &def, &h->number, NULL);
}

static void check_heir(bool running)
{
    heir h = {.number = WANMI_NONE, .status = WANMI_AGAIN};
    wanmi_sink_def def;
    uint32_t first;
    assert_int_equal(wanmi_dispatch_create(NULL, NULL, &h.d, NULL), WANMI_OK);
    wanmi_sink_def_init(&def);
    def.name = "a";
    def.release = succeed;
    def.user = &h;
    assert_int_equal(wanmi_dispatch_add_sink(h.d, &def, &first, NULL), WANMI_OK);
    if (running)
        assert_int_equal(wanmi_dispatch_start(h.d, NULL), WANMI_OK);
    assert_int_equal(wanmi_dispatch_remove_sink(h.d, first, 0, NULL, NULL), WANMI_OK);
    assert_int_equal(h.released, 1);
    assert_int_equal(h.status, WANMI_OK);
    assert_int_not_equal(h.number, first);
    assert_string_equal(wanmi_dispatch_sink_name(h.d, h.number), "a");
    assert_int_equal(wanmi_dispatch_sink_count(h.d), 1);
    wanmi_dispatch_free(h.d);
}

static void test_release_adds_a_sink(void **state)
{
    (void)state;
    check_heir(true);
    check_heir(false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_other),
        cmocka_unit_test(test_three_in_a_ring),
        cmocka_unit_test(test_itself),
        cmocka_unit_test(test_another),
        cmocka_unit_test(test_by_the_dead_letters),
        cmocka_unit_test(test_letters_hang_and_a_sink_goes),
        cmocka_unit_test(test_letters_hang_and_all_stops),
        cmocka_unit_test(test_letters_are_slow),
        cmocka_unit_test(test_memory_goes),
        cmocka_unit_test(test_release_adds_a_sink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
