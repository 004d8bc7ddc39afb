/* Tuples as rows: how they are numbered, found again and kept (lib/locate/tuples.h, own.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "locate/own.h"
#include "support.h"

/* Three layers: cells (partition, areas 10 .. 13), places (overlay), streets (partition). */
enum { CELL, PLACE, STREET, LAYERS, FIRST_CELL = 10, CELLS = 4 };

static const wm_layout town = {LAYERS, CELL, FIRST_CELL, CELLS, 1 << PLACE};
/* The same with cells that may lie one over the other. */
static const wm_layout overlaid = {LAYERS, CELL, FIRST_CELL, CELLS, 1 << CELL | 1 << PLACE};
static const wm_layout without_cells = {LAYERS, WANMI_NONE, 0, 0, 1 << PLACE};

static wanmi_host host;

/* Written out: areas of each layer; WANMI_NONE ends a list early. */
typedef struct written {
    uint32_t words[LAYERS + 1 + 2 * LAYERS];
} written;

static written write_out(uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e)
{
    const uint32_t given[LAYERS][2] = {{a, b}, {c, d}, {e, WANMI_NONE}};
    written w = {{0}};
    uint32_t used = 0;
    for (uint32_t layer = 0; layer < LAYERS; layer++) {
        for (int i = 0; i < 2; i++)
            if (given[layer][i] != WANMI_NONE)
                w.words[LAYERS + 1 + used++] = given[layer][i];
        w.words[layer + 1] = used;
    }
    return w;
}

#define NO WANMI_NONE

static uint32_t number_of(wm_tuples *t, written w)
{
    uint32_t number = 12345;
    assert_true(wm_tuples_number(t, w.words, &number));
    return number;
}

static uint32_t own_number_of(wm_own *own, written w)
{
    uint32_t number = 12345;
    assert_true(wm_own_number(own, w.words, &number));
    return number;
}

static void assert_list(wm_list list, size_t count, uint32_t first, uint32_t second)
{
    assert_int_equal(list.count, count);
    assert_true(count < 1 || list.items[0] == first);
    assert_true(count < 2 || list.items[1] == second);
}

static void a_cells_first_tuple_has_its_number(void **state)
{
    (void)state;
    wm_tuples t;
    assert_true(wm_tuples_open(&t, &host, &town));
    assert_int_equal(t.count, 1 + CELLS);
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, NO)), 0);
    assert_int_equal(number_of(&t, write_out(12, NO, 20, 21, 30)), 1 + 2);
    assert_int_equal(number_of(&t, write_out(10, NO, NO, NO, 30)), 1 + 0);
    assert_int_equal(number_of(&t, write_out(12, NO, NO, NO, 30)), 1 + CELLS);    /* its second */
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, 30)), 2 + CELLS);
    assert_int_equal(number_of(&t, write_out(12, NO, 20, 21, 30)), 1 + 2);        /* met again */
    assert_int_equal(number_of(&t, write_out(12, NO, NO, NO, 30)), 1 + CELLS);
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, 30)), 2 + CELLS);
    assert_int_equal(t.count, 3 + CELLS);
    assert_int_equal(wm_tuples_cell(&t, 0), WANMI_NONE);
    assert_int_equal(wm_tuples_cell(&t, 1 + 2), 12);
    assert_int_equal(wm_tuples_cell(&t, 1 + CELLS), 12);
    assert_int_equal(wm_tuples_cell(&t, 2 + CELLS), WANMI_NONE);
    assert_list(wm_tuples_areas(&t, 3, CELL), 1, 12, 0);
    assert_list(wm_tuples_areas(&t, 3, PLACE), 2, 20, 21);
    assert_list(wm_tuples_areas(&t, 3, STREET), 1, 30, 0);
    assert_list(wm_tuples_areas(&t, 2 + CELLS, CELL), 0, 0, 0);
    assert_list(wm_tuples_areas(&t, 2 + CELLS, PLACE), 0, 0, 0);
    wm_tuples_drop(&t);
}

static void an_unused_row_equals_no_tuple(void **state)
{
    (void)state;
    for (int overlay = 0; overlay < 2; overlay++) {
        wm_tuples t;
        assert_true(wm_tuples_open(&t, &host, overlay ? &overlaid : &town));
        number_of(&t, write_out(11, NO, NO, NO, NO));
        for (uint32_t number = 0; number < t.count; number++)
            assert_int_equal(wm_tuples_used(&t, number), number == 0 || number == 2);
        if (!overlay)
            assert_int_equal(wm_tuples_find(&t, (uint32_t[]){12, 0, NO}), NO);
        wm_own own;
        wm_own_init(&own, &host, &t.layout, &t);
        wm_list areas;
        for (uint32_t layer = 0; layer < LAYERS; layer++) {
            assert_false(wm_own_areas(&own, 1, layer, &areas));
            assert_false(wm_own_areas(&own, 3, layer, &areas));
            assert_false(wm_own_areas(&own, t.count, layer, &areas));
            assert_true(wm_own_areas(&own, 0, layer, &areas));
            assert_true(wm_own_areas(&own, 2, layer, &areas));
        }
        /* A cell that the index never met is the session's own. */
        assert_int_equal(own_number_of(&own, write_out(12, NO, NO, NO, NO)), t.count);
        assert_true(wm_own_areas(&own, t.count, CELL, &areas));
        assert_list(areas, 1, 12, 0);
        wm_own_drop(&own);
        wm_tuples_drop(&t);
    }
}

static void cells_of_an_overlay_are_the_lowest_of_their_list(void **state)
{
    (void)state;
    wm_tuples t;
    assert_true(wm_tuples_open(&t, &host, &overlaid));
    assert_int_equal(number_of(&t, write_out(11, 13, NO, NO, 30)), 1 + 1);
    assert_int_equal(number_of(&t, write_out(11, NO, NO, NO, 30)), 1 + CELLS);
    assert_int_equal(number_of(&t, write_out(13, NO, NO, NO, 30)), 1 + 3);
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, 30)), 2 + CELLS);
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, NO)), 0);
    assert_int_equal(wm_tuples_cell(&t, 2), 11);
    assert_int_equal(wm_tuples_cell(&t, 1 + CELLS), 11);
    assert_int_equal(wm_tuples_cell(&t, 2 + CELLS), WANMI_NONE);
    assert_list(wm_tuples_areas(&t, 2, CELL), 2, 11, 13);
    assert_list(wm_tuples_areas(&t, 1 + CELLS, CELL), 1, 11, 0);
    assert_false(wm_tuples_used(&t, 1));
    assert_false(wm_tuples_used(&t, 3));
    wm_tuples_drop(&t);
}

static void a_map_may_have_no_cells(void **state)
{
    (void)state;
    wm_tuples t;
    assert_true(wm_tuples_open(&t, &host, &without_cells));
    assert_int_equal(number_of(&t, write_out(NO, NO, NO, NO, NO)), 0);
    assert_int_equal(number_of(&t, write_out(10, NO, 20, NO, NO)), 1);
    assert_int_equal(number_of(&t, write_out(10, NO, 21, NO, NO)), 2);
    assert_int_equal(number_of(&t, write_out(10, NO, 20, NO, NO)), 1);
    assert_int_equal(wm_tuples_cell(&t, 1), WANMI_NONE);
    assert_true(wm_tuples_used(&t, 1));
    wm_tuples_drop(&t);
}

/* Many lists and many further rows, so that both hashes grow and collide. */
static void many_are_told_apart(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    wm_tuples t;
    assert_true(wm_tuples_open(&t, &host, &town));
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t place = 100 + i / 2, cell = FIRST_CELL + i % CELLS;
            uint32_t number = number_of(&t, write_out(cell, NO, place, place + 1 + i % 2, i));
            assert_int_equal(number, 1 + i);  /* the cells' first ones come first here */
        }
    assert_int_equal(t.count, 1 + MANY);
    assert_int_equal(t.lists.count, 1 + MANY);
    uint64_t before = wm_tuples_bytes(&t);
    assert_true(wm_tuples_trim(&t));
    assert_true(wm_tuples_bytes(&t) < before);
    assert_int_equal(t.capacity, (1 + MANY) * LAYERS);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(wm_tuples_cell(&t, 1 + i), FIRST_CELL + i % CELLS);
        assert_list(wm_tuples_areas(&t, 1 + i, PLACE), 2, 100 + i / 2, 101 + i / 2 + i % 2);
        assert_list(wm_tuples_areas(&t, 1 + i, STREET), 1, i, 0);
    }
    wm_tuples_drop(&t);
}

static void a_sealed_list_is_still_there(void **state)
{
    (void)state;
    wm_lists lists;
    uint32_t one, two, again;
    wm_lists_init(&lists, &host);
    assert_true(wm_lists_number(&lists, (wm_list){(uint32_t[]){5}, 1}, &one));
    assert_true(wm_lists_number(&lists, (wm_list){(uint32_t[]){5, 6}, 2}, &two));
    assert_true(wm_lists_number(&lists, (wm_list){(uint32_t[]){5}, 1}, &again));
    assert_int_equal(one, 1);
    assert_int_equal(two, 2);
    assert_int_equal(again, 1);
    assert_int_equal(wm_lists_find(&lists, (wm_list){(uint32_t[]){6}, 1}), WANMI_NONE);
    assert_int_equal(wm_lists_find(&lists, (wm_list){NULL, 0}), 0);
    wm_lists_seal(&lists);
    assert_true(wm_lists_trim(&lists));
    assert_int_equal(wm_lists_bytes(&lists), (4 + 3) * sizeof(uint32_t));
    assert_list(wm_lists_at(&lists, 0), 0, 0, 0);
    assert_list(wm_lists_at(&lists, 1), 1, 5, 0);
    assert_list(wm_lists_at(&lists, 2), 2, 5, 6);
    wm_lists_drop(&lists);
}

/* What a session gets for a known tuple takes no memory; for its own, the arrays stay. */
static void a_sessions_own(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static const uint32_t *kept[MANY];
    test_memory memory = {0};
    wanmi_host raw = test_host(&memory), counted;
    assert_int_equal(wm_host_copy(&counted, &raw, NULL), WANMI_OK);
    wm_tuples t;
    assert_true(wm_tuples_open(&t, &host, &town));
    number_of(&t, write_out(10, NO, 20, NO, 30));
    number_of(&t, write_out(10, NO, 21, NO, 30));
    wm_own own;
    wm_own_init(&own, &counted, &town, &t);
    wm_list areas;
    assert_int_equal(own_number_of(&own, write_out(10, NO, 20, NO, 30)), 1);
    assert_int_equal(own_number_of(&own, write_out(10, NO, 21, NO, 30)), 1 + CELLS);
    assert_int_equal(own_number_of(&own, write_out(NO, NO, NO, NO, NO)), 0);
    assert_int_equal(memory.calls, 0);
    for (uint32_t i = 0; i < MANY; i++) {   /* the first has a list that the index knows */
        assert_int_equal(own_number_of(&own, write_out(11, NO, 20 + i, NO, 30)), t.count + i);
        assert_true(wm_own_areas(&own, t.count + i, PLACE, &areas));
        assert_list(areas, 1, 20 + i, 0);
        kept[i] = areas.items;
    }
    int64_t calls = memory.calls;
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(own_number_of(&own, write_out(11, NO, 20 + i, NO, 30)), t.count + i);
        assert_true(wm_own_areas(&own, t.count + i, PLACE, &areas));
        assert_ptr_equal(areas.items, kept[i]);
        assert_true(wm_own_areas(&own, t.count + i, CELL, &areas));
        assert_list(areas, 1, 11, 0);
        assert_true(wm_own_areas(&own, t.count + i, STREET, &areas));
        assert_list(areas, 1, 30, 0);
    }
    assert_int_equal(memory.calls, calls);
    assert_int_equal(own.lists.count, MANY - 2);
    assert_false(wm_own_areas(&own, t.count + MANY, CELL, &areas));
    assert_false(wm_own_areas(&own, WANMI_NONE, CELL, &areas));
    wm_own_drop(&own);
    wm_tuples_drop(&t);
    wm_host_drop(&counted);
    assert_int_equal(memory.held_blocks, 0);
}

/* Without an index's tuples all are the session's, counted from 0. */
static void a_session_alone(void **state)
{
    (void)state;
    wm_own own;
    wm_list areas;
    wm_own_init(&own, &host, &town, NULL);
    assert_false(wm_own_areas(&own, 0, CELL, &areas));
    assert_int_equal(own_number_of(&own, write_out(12, NO, 20, 21, 30)), 0);
    assert_int_equal(own_number_of(&own, write_out(NO, NO, NO, NO, NO)), 1);
    assert_int_equal(own_number_of(&own, write_out(12, NO, 20, 21, 30)), 0);
    assert_true(wm_own_areas(&own, 0, PLACE, &areas));
    assert_list(areas, 2, 20, 21);
    assert_true(wm_own_areas(&own, 1, PLACE, &areas));
    assert_int_equal(areas.count, 0);
    wm_own_drop(&own);
}

static wanmi_status work(const wanmi_host *raw, void *user)
{
    (void)user;
    wanmi_host copy;
    if (wm_host_copy(&copy, raw, NULL) != WANMI_OK)
        return WANMI_E_MEMORY;
    wm_tuples t;
    wm_own own = {0};
    uint32_t number;
    bool done = wm_tuples_open(&t, &copy, &town);
    for (uint32_t i = 0; i < 40 && done; i++)
        done = wm_tuples_number(&t, write_out(10, NO, i, NO, 30).words, &number);
    done = done && wm_tuples_trim(&t);
    wm_own_init(&own, &copy, &town, done ? &t : NULL);
    for (uint32_t i = 0; i < 80 && done; i++)
        done = wm_own_number(&own, write_out(10, NO, i, NO, 30).words, &number) &&
               number == (i == 0 ? 1 : CELLS + i);
    wm_own_drop(&own);
    wm_tuples_drop(&t);
    wm_host_drop(&copy);
    return done ? WANMI_OK : WANMI_E_MEMORY;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(test_fail_each(work, NULL) > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cells_first_tuple_has_its_number),
        cmocka_unit_test(an_unused_row_equals_no_tuple),
        cmocka_unit_test(cells_of_an_overlay_are_the_lowest_of_their_list),
        cmocka_unit_test(a_map_may_have_no_cells),
        cmocka_unit_test(many_are_told_apart),
        cmocka_unit_test(a_sealed_list_is_still_there),
        cmocka_unit_test(a_sessions_own),
        cmocka_unit_test(a_session_alone),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return wm_host_copy(&host, NULL, NULL) == WANMI_OK ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
