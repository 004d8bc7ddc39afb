/* The parking of a lane against a plain list: what stands in each queue and in what
 * order, which delivery is due first, and that places and queues come back. Compiled
 * with the room's own parking.c, for nothing of it is exported. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "base/memory.h"
#include "dispatch/internal.h"
#include "support.h"

enum { CAPACITY = 50, LINKS = 3, KEYS = 7, STEPS = 200000 };

/* In the order they were added. */
typedef struct listed {
    uint32_t place, link, key;
    uint64_t id;
    bool alone, timed;
} listed;

typedef struct model {
    listed list[CAPACITY];
    uint32_t count;
    uint64_t next_id;
    uint64_t tickets[CAPACITY];         /* the last number of each place */
} model;

static wm_link links[LINKS];

static void add(wm_parking *p, model *m, test_random *random)
{
    listed l = {.link = test_below(random, LINKS), .key = test_below(random, KEYS), .id = m->next_id++,
                .alone = test_below(random, 4) == 0};
    wanmi_delivery delivery = {.event_id = l.id};
    l.place = wm_parking_add(p, &links[l.link], l.key, &delivery, l.alone);
    assert_in_range(l.place, 0, CAPACITY - 1);
    for (uint32_t i = 0; i < m->count; i++)
        assert_int_not_equal(m->list[i].place, l.place);
    assert_true(p->parked[l.place].uses > m->tickets[l.place]);
    m->tickets[l.place] = p->parked[l.place].uses;
    m->list[m->count++] = l;
}

static void remove_one(wm_parking *p, model *m, test_random *random)
{
    uint32_t i = test_below(random, m->count);
    wm_parking_remove(p, m->list[i].place);
    memmove(&m->list[i], &m->list[i + 1], (--m->count - i) * sizeof *m->list);
}

static void change_time(wm_parking *p, model *m, test_random *random, bool timed)
{
    listed *l = &m->list[test_below(random, m->count)];
    if (timed)
        wm_parking_due(p, l->place, test_below(random, 1000));
    else
        wm_parking_hold(p, l->place);
    l->timed = timed;
}

/* Each queue holds what the list says, in its order; nothing else is there. */
static void check_queues(const wm_parking *p, const model *m)
{
    assert_int_equal(p->used, m->count);
    assert_int_equal(wm_parking_room(p), CAPACITY - m->count);
    for (uint32_t link = 0; link < LINKS; link++)
        for (uint32_t key = 0; key < KEYS; key++) {
            uint32_t queue = wm_parking_find(p, &links[link], key), before = WANMI_NONE;
            uint32_t at = queue != WANMI_NONE ? p->queues[queue].first : WANMI_NONE;
            for (uint32_t i = 0; i < m->count; i++) {
                if (m->list[i].link != link || m->list[i].key != key || m->list[i].alone)
                    continue;
                assert_int_equal(at, m->list[i].place);
                assert_int_equal(p->parked[at].delivery.event_id, m->list[i].id);
                assert_int_equal(p->parked[at].before, before);
                before = at;
                at = p->parked[at].after;
            }
            assert_int_equal(at, WANMI_NONE);
            assert_true((queue == WANMI_NONE) == (before == WANMI_NONE));
        }
    for (uint32_t i = 0; i < m->count; i++) {
        const wm_queue *q = &p->queues[p->parked[m->list[i].place].queue];
        assert_ptr_equal(q->link, &links[m->list[i].link]);
        assert_int_equal(q->key, m->list[i].key);
        if (m->list[i].alone)
            assert_true(q->first == m->list[i].place && q->last == m->list[i].place);
    }
}

/* Those that were given a time are in the heap, the others not; its first is due no
 * later than any. */
static void check_heap(const wm_parking *p, const model *m)
{
    uint32_t first = wm_parking_first(p), in_heap = 0;
    for (uint32_t i = 0; i < m->count; i++) {
        const wm_parked *parked = &p->parked[m->list[i].place];
        assert_true((parked->heap != WANMI_NONE) == m->list[i].timed);
        if (!m->list[i].timed)
            continue;
        in_heap++;
        assert_int_equal(p->heap[parked->heap], m->list[i].place);
        assert_true(p->parked[first].due_ns <= parked->due_ns);
    }
    assert_int_equal(p->heaped, in_heap);
    assert_true((first == WANMI_NONE) == (in_heap == 0));
}

static void test_against_a_list(void **state)
{
    (void)state;
    test_memory memory = {0};
    wanmi_host lent = test_host(&memory), host;
    wm_parking p;
    model m = {.count = 0};
    test_random random = {5};
    assert_int_equal(wm_host_copy(&host, &lent, NULL), WANMI_OK);
    assert_int_equal(wm_parking_open(&p, &host, CAPACITY, NULL), WANMI_OK);
    for (int step = 0; step < STEPS; step++) {
        uint32_t draw = test_below(&random, 10);
        /* Fills up and empties in turn. */
        bool filling = step / 500 % 2 == 0;
        if (draw < (filling ? 5u : 2u) && m.count < CAPACITY)
            add(&p, &m, &random);
        else if (draw < 7 && m.count != 0 && (!filling || draw == 6))
            remove_one(&p, &m, &random);
        else if (m.count != 0)
            change_time(&p, &m, &random, draw < 9);
        if (step % 7 == 0) {
            check_queues(&p, &m);
            check_heap(&p, &m);
        }
    }
    wm_parking_drop(&p, &host);
    wm_host_drop(&host);
    assert_int_equal(memory.held_blocks, 0);
    assert_false(memory.wrong_size);
}

/* Taken by their due times, they come in that order. */
static void test_due_in_order(void **state)
{
    (void)state;
    wanmi_host host;
    wm_parking p;
    test_random random = {6};
    assert_int_equal(wm_host_copy(&host, NULL, NULL), WANMI_OK);
    assert_int_equal(wm_parking_open(&p, &host, 1000, NULL), WANMI_OK);
    wanmi_delivery delivery = {0};
    for (uint32_t i = 0; i < 1000; i++)
        wm_parking_due(&p, wm_parking_add(&p, &links[0], i / 10, &delivery, false), test_below(&random, 100000));
    int64_t last = -1;
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t first = wm_parking_first(&p);
        assert_true(p.parked[first].due_ns >= last);
        last = p.parked[first].due_ns;
        if (i % 2 == 0)
            wm_parking_hold(&p, first);
        else
            wm_parking_remove(&p, first);
    }
    assert_int_equal(wm_parking_first(&p), WANMI_NONE);
    assert_int_equal(p.used, 500);
    wm_parking_drop(&p, &host);
    wm_host_drop(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_a_list),
        cmocka_unit_test(test_due_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
