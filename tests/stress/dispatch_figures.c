/* Figures of one writer read by another thread: whole, and to an end, whether
 * the writer is quick, slow inside its change, or at rest. Compiled with the
 * room's own figures.c and park.c, for nothing of them is exported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "dispatch/figures.h"
#include "dispatch/park.h"
#include "support.h"

typedef struct writer {
    wm_side side;
    wanmi_ring *ring;
    int slow;                   /* turns of a loop inside each change */
    _Atomic bool stop;
} writer;

/* In every state that may be seen: accepted = published + 2, delivered = 2 accepted. */
static void *write_always(void *argument)
{
    writer *w = argument;
    void *places;
    while (!atomic_load_explicit(&w->stop, memory_order_relaxed)) {
        wm_side_open(&w->side);
        wm_side_add(&w->side, WM_ACCEPTED, 1);
        for (int i = 0; i < w->slow; i++)
            wm_pause();
        if (wanmi_ring_reserve(w->ring, 1, &places) != 0)
            wanmi_ring_publish(w->ring, 1);
        wm_side_set(&w->side, WM_DELIVERED, 2 * wm_side_get(&w->side, WM_ACCEPTED));
        wm_side_close(&w->side);
        const void *taken;
        wanmi_ring_release(w->ring, wanmi_ring_take(w->ring, 1, &taken));
    }
    return NULL;
}

static void check(const wm_figures *f)
{
    assert_int_equal(f->value[WM_ACCEPTED], f->index + 2);
    assert_int_equal(f->value[WM_DELIVERED], 2 * f->value[WM_ACCEPTED]);
}

static writer *writer_of(int slow)
{
    static writer w;
    assert_int_equal(wanmi_ring_create(8, 64, NULL, &w.ring, NULL), WANMI_OK);
    wm_side_init(&w.side, w.ring, wanmi_ring_published);
    wm_side_open(&w.side);
    wm_side_set(&w.side, WM_ACCEPTED, 2);
    wm_side_set(&w.side, WM_DELIVERED, 4);
    wm_side_close(&w.side);
    w.slow = slow;
    atomic_store(&w.stop, false);
    return &w;
}

/* Gives how many readings had to be handed over. */
static uint64_t read_while_writing(int slow, int readings)
{
    writer *w = writer_of(slow);
    pthread_t thread;
    pthread_create(&thread, NULL, write_always, w);
    uint64_t handed = 0, last = 0, began = wm_side_version(&w->side);
    while (wm_side_version(&w->side) == began)
        ;
    for (int i = 0; i < readings; i++) {
        wm_figures f;
        uint64_t version = wm_side_read(&w->side, &f);
        check(&f);
        assert_true(f.value[WM_ACCEPTED] >= last);
        last = f.value[WM_ACCEPTED];
        handed += (version & 1) != 0;
    }
    atomic_store(&w->stop, true);
    pthread_join(thread, NULL);
    wm_figures f;
    assert_int_equal(wm_side_read(&w->side, &f), wm_side_version(&w->side));
    check(&f);
    wanmi_ring_free(w->ring);
    return handed;
}

static void test_quick_writer(void **state)
{
    (void)state;
    read_while_writing(0, 200000);
}

/* Almost always inside a change: nothing could be read but for the copies. */
static void test_handed_over(void **state)
{
    (void)state;
    assert_true(read_while_writing(20000, 200) > 0);
}

static void test_at_rest(void **state)
{
    (void)state;
    writer *w = writer_of(0);
    wm_figures f;
    uint64_t version = wm_side_version(&w->side);
    assert_int_equal(wm_side_read(&w->side, &f), version);
    check(&f);
    wanmi_ring_free(w->ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quick_writer),
        cmocka_unit_test(test_handed_over),
        cmocka_unit_test(test_at_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
