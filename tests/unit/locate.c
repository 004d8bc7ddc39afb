/* Each sentence of locate.h, by both engines. (Long, because one invented town serves them all.) */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shapes.h"

/* Two streets side by side, each of one community of two cells; codes run
 * against the order of place, so that the lowest code is no accident:
 *
 *      x  0       100      200      300      400
 *         | cell d | cell c | cell b | cell a |
 *         | street z        | street y        |
 *
 * bureau: one area over all; place: p1, p2, p3 overlap in the middle. */
typedef struct town {
    wanmi_map *map;
    wanmi_index *index;
    wanmi_locator *locator;
    uint32_t cell, street, bureau, place;   /* layers */
} town;

static int64_t ticking_clock(void *user)
{
    return ++*(int64_t *)user;
}

static wanmi_map_builder *town_builder(const wanmi_host *host, double snap_m)
{
    wanmi_map_builder *b = NULL;
    assert_int_equal(test_open_builder(host, snap_m, &b), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_add_layer(b, "bureau", WANMI_PARTITION, 2, "");
    test_add_layer(b, "place", WANMI_OVERLAY, 1, "");
    test_add_box(b, "street", "z", "", 0, 0, 200, 100);
    test_add_box(b, "street", "y", "", 200, 0, 400, 100);
    test_add_box(b, "cell", "d", "z", 0, 0, 100, 100);
    test_add_box(b, "cell", "c", "z", 100, 0, 200, 100);
    test_add_box(b, "cell", "b", "y", 200, 0, 300, 100);
    test_add_box(b, "cell", "a", "y", 300, 0, 400, 100);
    test_add_box(b, "bureau", "w", "", -1000, -1000, 1000, 1000);
    test_add_box(b, "place", "p3", "", 90, 40, 250, 60);
    test_add_box(b, "place", "p1", "", 150, 40, 250, 60);
    test_add_box(b, "place", "p2", "", 150, 0, 160, 100);
    return b;
}

/* All tests run once with each. */
static wanmi_engine engine;

static void town_open_with(town *t, wanmi_map *map, const wanmi_index_options *options)
{
    t->map = map;
    assert_non_null(map);
    assert_int_equal(wanmi_index_create(map, options, &t->index, NULL), WANMI_OK);
    assert_int_equal(wanmi_locator_create(t->index, engine, &t->locator, NULL), WANMI_OK);
    t->cell = wanmi_map_find_layer(map, "cell");
    t->street = wanmi_map_find_layer(map, "street");
    t->bureau = wanmi_map_find_layer(map, "bureau");
    t->place = wanmi_map_find_layer(map, "place");
}

static void town_open(town *t, wanmi_map *map)
{
    town_open_with(t, map, NULL);
}

static void town_close(town *t)
{
    wanmi_locator_free(t->locator);
    wanmi_index_release(t->index);
    wanmi_map_release(t->map);
}

static town town_of(double snap_m)
{
    town t;
    town_open(&t, test_close_builder(town_builder(NULL, snap_m)));
    return t;
}

/* One position with every column. */
typedef struct found {
    uint32_t cell, tuple;
    uint8_t where, reason;
    double distance_m, map_x, map_y;
} found;

static found ask_at(const town *t, wanmi_datum datum, double x, double y, int64_t instant)
{
    found f;
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = 1, in.x = &x, in.y = &y, in.datum = datum, in.now_us = instant;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = &f.cell, out.tuple = &f.tuple, out.where = &f.where, out.reason = &f.reason;
    out.distance_m = &f.distance_m, out.map_x = &f.map_x, out.map_y = &f.map_y;
    assert_int_equal(wanmi_locate(t->locator, &in, &out, NULL), WANMI_OK);
    return f;
}

static found ask(const town *t, double x, double y)
{
    return ask_at(t, WANMI_DATUM_MAP, x, y, 0);
}

static const char *code_in(const town *t, found f, uint32_t layer)
{
    return wanmi_map_area_code(t->map, wanmi_locator_area(t->locator, f.tuple, layer));
}

/* ---- index and session --------------------------------------------------------- */

static void index_keeps_the_map(void **state)
{
    (void)state;
    wanmi_map *map = test_close_builder(town_builder(NULL, 0));
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    assert_int_equal(wanmi_index_create(map, NULL, &index, NULL), WANMI_OK);
    assert_ptr_equal(wanmi_index_map(index), map);
    assert_true(wanmi_index_bytes(index) > 10 * sizeof(double) * 4);
    wanmi_map_release(map);
    assert_ptr_equal(wanmi_index_retain(index), index);
    wanmi_index_release(index);
    assert_int_equal(wanmi_locator_create(index, engine, &locator, NULL), WANMI_OK);
    wanmi_index_release(index);
    assert_ptr_equal(wanmi_locator_index(locator), index);
    uint32_t cell;
    wanmi_where where;
    assert_int_equal(wanmi_locate_one(locator, WANMI_DATUM_MAP, 50, 50, 0, &cell, &where, NULL),
                     WANMI_OK);
    assert_string_equal(wanmi_map_area_code(wanmi_index_map(index), cell), "d");
    wanmi_locator_free(locator);
}

static void freeing_nothing(void **state)
{
    (void)state;
    wanmi_index_release(NULL);
    wanmi_locator_free(NULL);
    assert_null(wanmi_index_retain(NULL));
}

static void bad_arguments_of_handles(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_error error;
    wanmi_index *index = (wanmi_index *)&t;
    wanmi_locator *locator = (wanmi_locator *)&t;
    assert_int_equal(wanmi_index_create(NULL, NULL, &index, &error), WANMI_E_ARGUMENT);
    assert_int_equal(error.status, WANMI_E_ARGUMENT);
    assert_true(strlen(error.message) > 10);
    assert_int_equal(wanmi_index_create(t.map, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_create(NULL, WANMI_ENGINE_EXACT, &locator, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_create(t.index, WANMI_ENGINE_EXACT, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_create(t.index, (wanmi_engine)7, &locator, &error), WANMI_E_ARGUMENT);
    assert_ptr_equal(index, &t);
    assert_ptr_equal(locator, &t);
    town_close(&t);
}

static int stop_after_two(void *user, uint64_t done, uint64_t total)
{
    assert_true(done < total);
    return ++*(int *)user == 2;
}

static void options_of_an_index(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_index *index = (wanmi_index *)&t;
    wanmi_error error;
    wanmi_index_options options = {.struct_size = 0};
    assert_int_equal(wanmi_index_create(t.map, &options, &index, &error), WANMI_E_ARGUMENT);
    wanmi_index_options_init(&options);
    options.struct_size++;
    assert_int_equal(wanmi_index_create(t.map, &options, &index, &error), WANMI_E_ARGUMENT);
    wanmi_index_options_init(&options);
    int calls = 0;
    options.on_progress = stop_after_two;
    options.progress_user = &calls;
    assert_int_equal(wanmi_index_create(t.map, &options, &index, &error), WANMI_E_CANCELLED);
    assert_int_equal(error.status, WANMI_E_CANCELLED);
    assert_int_equal(calls, 2);
    assert_ptr_equal(index, &t);
    options.struct_size = offsetof(wanmi_index_options, on_progress);      /* an older caller's */
    options.exact_only = 1;
    assert_int_equal(wanmi_index_create(t.map, &options, &index, &error), WANMI_OK);
    assert_true(wanmi_index_bytes(index) < wanmi_index_bytes(t.index));
    wanmi_index_release(index);
    town_close(&t);
}

static uint64_t bytes_with_charts(wanmi_map *map, uint32_t charts)
{
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.charts = charts;
    assert_int_equal(wanmi_index_create(map, &options, &index, NULL), WANMI_OK);
    uint64_t bytes = wanmi_index_bytes(index);
    wanmi_index_release(index);
    return bytes;
}

static void charts_of_an_index(void **state)
{
    (void)state;
    double lon, lat;
    town t = town_of(0);            /* at the equator: not in the box of GCJ-02 */
    wanmi_map *city = test_make_city(&(test_city){.seed = 1, .side = 4}, NULL);
    wanmi_index *index = (wanmi_index *)&t;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    assert_int_equal(options.charts, 0);
    options.charts = 1u << (WANMI_DATUM_MAP + 1);
    assert_int_equal(wanmi_index_create(t.map, &options, &index, NULL), WANMI_E_ARGUMENT);
    assert_ptr_equal(index, &t);
    bool offset = wanmi_gcj02_from_wgs84(116, 39, &lon, &lat) == WANMI_REASON_NONE;
    uint64_t none = bytes_with_charts(city, 1u << WANMI_DATUM_MAP);
    uint64_t wgs84 = bytes_with_charts(city, 1u << WANMI_DATUM_WGS84);
    uint64_t both = bytes_with_charts(city, 1u << WANMI_DATUM_WGS84 | 1u << WANMI_DATUM_GCJ02);
    uint64_t bd09 = bytes_with_charts(city, 1u << WANMI_DATUM_BD09);
    assert_true(none < wgs84 && wgs84 < none + 2000);
    assert_int_equal(bytes_with_charts(city, 1u << WANMI_DATUM_CGCS2000), wgs84);
    assert_true(offset ? both > wgs84 : both == wgs84);
    assert_true(offset ? bd09 > none : bd09 == none);
    assert_int_equal(bytes_with_charts(city, 0), both);
    assert_int_equal(bytes_with_charts(t.map, 0), bytes_with_charts(t.map, 1u << WANMI_DATUM_WGS84));
    wanmi_map_release(city);
    town_close(&t);
}

static void counts_of_a_session(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_locator_counts counts = {.struct_size = 0};
    assert_int_equal(wanmi_locator_count(t.locator, &counts), WANMI_E_ARGUMENT);
    wanmi_locator_counts_init(&counts);
    assert_int_equal(wanmi_locator_count(NULL, &counts), WANMI_E_ARGUMENT);
    ask(&t, 20, 20);                /* in a cell */
    ask(&t, 100, 50);               /* on an edge */
    ask(&t, NAN, 50);
    assert_int_equal(wanmi_locator_count(t.locator, &counts), WANMI_OK);
    assert_int_equal(counts.positions, 3);
    assert_int_equal(counts.certain + counts.settled + counts.exact, 2);
    assert_int_equal(counts.certain, engine == WANMI_ENGINE_FAST);
    assert_int_equal(counts.settled, engine == WANMI_ENGINE_FAST);
    assert_true((counts.prepared > 0) == (engine == WANMI_ENGINE_EXACT));
    town_close(&t);
}

static void both_engines_answer(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_locator *fast = NULL;
    uint32_t cell;
    wanmi_where where;
    assert_int_equal(wanmi_locator_create(t.index, WANMI_ENGINE_FAST, &fast, NULL), WANMI_OK);
    assert_int_equal(wanmi_locate_one(fast, WANMI_DATUM_MAP, 100, 50, 0, &cell, &where, NULL), WANMI_OK);
    assert_int_equal(cell, ask(&t, 100, 50).cell);
    wanmi_locator_free(fast);
    town_close(&t);
}

/* ---- the answer ------------------------------------------------------------------ */

static void inside_a_cell(void **state)
{
    (void)state;
    town t = town_of(0);
    found f = ask(&t, 50, 50);
    assert_int_equal(f.where, WANMI_INSIDE);
    assert_int_equal(f.reason, WANMI_REASON_NONE);
    assert_true(f.distance_m == 0 && f.map_x == 50 && f.map_y == 50);
    assert_string_equal(wanmi_map_area_code(t.map, f.cell), "d");
    assert_string_equal(code_in(&t, f, t.cell), "d");
    assert_string_equal(code_in(&t, f, t.street), "z");
    assert_string_equal(code_in(&t, f, t.bureau), "w");
    assert_int_equal(wanmi_locator_area(t.locator, f.tuple, t.place), WANMI_NONE);
    town_close(&t);
}

/* Less than a step of the tree outside: the box itself is looked at, and nothing is
 * asked of GEOS that it need not answer. */
static void just_outside_of_a_cell(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_locator_counts counts;
    wanmi_locator_counts_init(&counts);
    assert_int_equal(ask(&t, 350, 100.0001).where, WANMI_OUTSIDE);
    assert_int_equal(wanmi_locator_count(t.locator, &counts), WANMI_OK);
    assert_true(counts.prepared <= 1);      /* the bureau, which covers it */
    for (double beside = 1e-12; beside < 0.1; beside *= 10) {
        assert_int_equal(ask(&t, 350, 100).where, WANMI_INSIDE);
        assert_int_equal(ask(&t, 50, 100).where, WANMI_INSIDE);
        assert_int_equal(ask(&t, 400 + beside, 50).where, WANMI_OUTSIDE);
        assert_int_equal(ask(&t, 350, 100 + beside).where, WANMI_OUTSIDE);
        assert_int_equal(ask(&t, 50, -beside).where, WANMI_OUTSIDE);
        assert_int_equal(ask(&t, -beside, 50).where, WANMI_OUTSIDE);
    }
    town_close(&t);
}

static void a_border_belongs_to_the_lowest_code(void **state)
{
    (void)state;
    town t = town_of(0);
    assert_string_equal(code_in(&t, ask(&t, 100, 50), t.cell), "c");
    assert_string_equal(code_in(&t, ask(&t, 100, 0), t.cell), "c");     /* a corner */
    assert_string_equal(code_in(&t, ask(&t, 300, 100), t.cell), "a");
    assert_string_equal(code_in(&t, ask(&t, nextafter(100, 0), 50), t.cell), "d");
    assert_string_equal(code_in(&t, ask(&t, 0, 0), t.cell), "d");       /* the outer border */
    town_close(&t);
}

static void overlapping_cells_have_one_owner(void **state)
{
    (void)state;
    wanmi_map_builder *b = town_builder(NULL, 0);
    test_add_box(b, "cell", "B", "", 90, 10, 110, 20);      /* "B" < "b": bytes, not letters */
    town t;
    town_open(&t, test_close_builder(b));
    found f = ask(&t, 95, 15);
    const uint32_t *areas;
    size_t count;
    assert_string_equal(code_in(&t, f, t.cell), "B");
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, t.cell, &areas, &count), WANMI_OK);
    assert_int_equal(count, 1);
    town_close(&t);
}

/* On x = 200 cells c (of street z) and b (of y) meet; b owns. Were a cell "Z" of
 * street z to own the border, street z must answer, though y is the lower code. */
static void the_owners_ancestor_wins(void **state)
{
    (void)state;
    wanmi_map_builder *b = town_builder(NULL, 0);
    test_add_box(b, "cell", "Z", "z", 150, 100, 200, 150);
    test_add_box(b, "street", "x", "", 150, 120, 200, 150);
    town t;
    town_open(&t, test_close_builder(b));
    assert_string_equal(code_in(&t, ask(&t, 200, 50), t.cell), "b");
    assert_string_equal(code_in(&t, ask(&t, 200, 50), t.street), "y");
    assert_string_equal(code_in(&t, ask(&t, 200, 100), t.cell), "Z");
    assert_string_equal(code_in(&t, ask(&t, 200, 100), t.street), "z");
    /* ... but only where it covers the point too; else the lowest that does. */
    assert_string_equal(code_in(&t, ask(&t, 170, 130), t.cell), "Z");
    assert_string_equal(code_in(&t, ask(&t, 170, 130), t.street), "x");
    assert_int_equal(wanmi_locator_area(t.locator, ask(&t, 170, 110).tuple, t.street), WANMI_NONE);
    town_close(&t);
}

/* Ancestors of ancestors, and another layer that is none: there the lowest wins. */
static void ancestors_two_layers_up(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "city", WANMI_PARTITION, 2, "");
    test_add_layer(b, "other", WANMI_PARTITION, 2, "");
    test_add_layer(b, "street", WANMI_PARTITION, 1, "city");
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_box(b, "city", "1", "", 0, 0, 100, 100);
    test_add_box(b, "city", "2", "", 100, 0, 200, 100);
    test_add_box(b, "other", "1", "", 0, 0, 100, 100);
    test_add_box(b, "other", "2", "", 100, 0, 200, 100);
    test_add_box(b, "street", "1", "1", 0, 0, 100, 100);
    test_add_box(b, "street", "2", "2", 100, 0, 200, 100);
    test_add_box(b, "cell", "9", "1", 0, 0, 100, 100);
    test_add_box(b, "cell", "8", "2", 100, 0, 200, 100);
    town t;
    town_open(&t, test_close_builder(b));
    found f = ask(&t, 100, 50);
    assert_string_equal(code_in(&t, f, t.cell), "8");
    assert_string_equal(code_in(&t, f, t.street), "2");
    assert_string_equal(code_in(&t, f, wanmi_map_find_layer(t.map, "city")), "2");
    assert_string_equal(code_in(&t, f, wanmi_map_find_layer(t.map, "other")), "1");
    town_close(&t);
}

static void overlays_give_all_in_code_order(void **state)
{
    (void)state;
    town t = town_of(0);
    const uint32_t *areas;
    size_t count;
    found f = ask(&t, 155, 50);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, t.place, &areas, &count), WANMI_OK);
    assert_int_equal(count, 3);
    assert_string_equal(wanmi_map_area_code(t.map, areas[0]), "p1");
    assert_string_equal(wanmi_map_area_code(t.map, areas[1]), "p2");
    assert_string_equal(wanmi_map_area_code(t.map, areas[2]), "p3");
    assert_string_equal(code_in(&t, f, t.place), "p1");
    f = ask(&t, 100, 60);                                   /* on p3's border */
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, t.place, &areas, &count), WANMI_OK);
    assert_int_equal(count, 1);
    town_close(&t);
}

/* More overlays one over the other than the session had room for at first. */
static void a_pile_of_overlays(void **state)
{
    (void)state;
    enum { PILE = 300 };
    wanmi_map_builder *b = town_builder(NULL, 0);
    char code[16];
    for (int i = 0; i < PILE; i++) {
        snprintf(code, sizeof code, "q%03d", (i * 7) % PILE);
        test_add_box(b, "place", code, "", -i, 70, 50 + i, 90);
    }
    town t;
    town_open(&t, test_close_builder(b));
    const uint32_t *areas;
    size_t count;
    found f = ask(&t, 20, 80);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, t.place, &areas, &count), WANMI_OK);
    assert_int_equal(count, PILE);
    for (int i = 0; i < PILE; i++) {
        snprintf(code, sizeof code, "q%03d", i);
        assert_string_equal(wanmi_map_area_code(t.map, areas[i]), code);
    }
    town_close(&t);
}

static void outside_of_every_cell(void **state)
{
    (void)state;
    town t = town_of(0);
    found f = ask(&t, -0.001, 50);
    assert_int_equal(f.where, WANMI_OUTSIDE);
    assert_int_equal(f.cell, WANMI_NONE);
    assert_true(isnan(f.distance_m));
    assert_true(f.map_x == -0.001);
    assert_int_equal(wanmi_locator_area(t.locator, f.tuple, t.cell), WANMI_NONE);
    assert_string_equal(code_in(&t, f, t.bureau), "w");     /* other layers still answer */
    town_close(&t);
}

static void snapping(void **state)
{
    (void)state;
    town t = town_of(12.5);
    found f = ask(&t, -12.5, 50);                           /* exactly snap_m counts */
    assert_int_equal(f.where, WANMI_SNAPPED);
    assert_true(f.distance_m == 12.5);
    assert_string_equal(wanmi_map_area_code(t.map, f.cell), "d");
    assert_int_equal(wanmi_locator_area(t.locator, f.tuple, t.cell), WANMI_NONE);
    assert_int_equal(ask(&t, nextafter(-12.5, -13), 50).where, WANMI_OUTSIDE);
    assert_true(ask(&t, 403, 104).distance_m == 5);         /* a corner: 3, 4, 5 */
    assert_string_equal(wanmi_map_area_code(t.map, ask(&t, 100, 105).cell), "c");   /* a tie */
    assert_string_equal(wanmi_map_area_code(t.map, ask(&t, 100 - 1e-3, 105).cell), "d");
    /* 5 against sqrt(25 + 8.1e-9): 0.81 nm apart is a tie, to the lowest code. */
    assert_string_equal(wanmi_map_area_code(t.map, ask(&t, 100 - 9e-5, 105).cell), "c");
    assert_int_equal(ask(&t, 50, 50).where, WANMI_INSIDE);
    town_close(&t);
}

/* A gap inside a cell snaps to the hole's own border. */
static void snapping_in_a_hole(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 3, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_area a = {0};
    test_area_box(&a, false, 0, 0, 100, 100);
    test_area_box(&a, true, 40, 40, 60, 60);
    test_add_area(b, "cell", "o", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    town t;
    town_open(&t, test_close_builder(b));
    assert_int_equal(ask(&t, 40, 50).where, WANMI_INSIDE);
    assert_int_equal(ask(&t, 42, 50).where, WANMI_SNAPPED);
    assert_true(ask(&t, 42, 50).distance_m == 2);
    assert_int_equal(ask(&t, 50, 50).where, WANMI_OUTSIDE);
    town_close(&t);
}

static void snapping_heeds_time(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 30, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_area a = {0};
    test_area_box(&a, false, 0, 0, 10, 10);
    test_add_area(b, "cell", "near", "", TEST_T1, TEST_T2, &a);
    test_area_box(&a, false, -20, 0, -10, 10);
    test_add_area(b, "cell", "far", "", WANMI_TIME_NONE, WANMI_TIME_NONE, &a);
    town t;
    town_open(&t, test_close_builder(b));
    assert_true(ask_at(&t, WANMI_DATUM_MAP, 11, 5, TEST_T1).distance_m == 1);
    assert_true(ask_at(&t, WANMI_DATUM_MAP, 11, 5, TEST_T1 - 1).distance_m == 21);
    assert_true(ask_at(&t, WANMI_DATUM_MAP, 11, 5, TEST_T2).distance_m == 21);
    town_close(&t);
}

/* ---- time ---------------------------------------------------------------------------- */

static wanmi_map *map_in_time(const wanmi_host *host)
{
    wanmi_map_builder *b = NULL;
    test_open_builder(host, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_area a = {0};
    test_area_box(&a, false, 0, 0, 10, 10);
    test_add_area(b, "cell", "1", "s", WANMI_TIME_NONE, TEST_T1, &a);
    test_area_box(&a, false, 0, 0, 20, 10);
    test_add_area(b, "cell", "1", "s", TEST_T1, TEST_T2, &a);
    test_area_box(&a, false, 0, 0, 10, 10);
    test_add_area(b, "street", "s", "", WANMI_TIME_NONE, TEST_T1, &a);
    test_area_box(&a, false, 0, 0, 20, 10);
    test_add_area(b, "street", "s", "", TEST_T1, WANMI_TIME_NONE, &a);
    test_area_box(&a, false, 0, 0, 20, 10);
    test_add_area(b, "street", "a", "", TEST_T1, WANMI_TIME_NONE, &a);
    return test_close_builder(b);
}

static void only_what_is_valid_counts(void **state)
{
    (void)state;
    town t;
    town_open(&t, map_in_time(NULL));
    uint32_t first = wanmi_map_find_area(t.map, t.cell, "1", 0);
    uint32_t second = wanmi_map_find_area(t.map, t.cell, "1", TEST_T1);
    assert_int_not_equal(first, second);
    assert_int_equal(ask_at(&t, WANMI_DATUM_MAP, 5, 5, TEST_T1 - 1).cell, first);
    assert_int_equal(ask_at(&t, WANMI_DATUM_MAP, 5, 5, TEST_T1).cell, second);
    assert_int_equal(ask_at(&t, WANMI_DATUM_MAP, 15, 5, TEST_T1 - 1).where, WANMI_OUTSIDE);
    assert_int_equal(ask_at(&t, WANMI_DATUM_MAP, 15, 5, TEST_T2 - 1).cell, second);
    assert_int_equal(ask_at(&t, WANMI_DATUM_MAP, 15, 5, TEST_T2).where, WANMI_OUTSIDE);
    /* The owner's ancestor is the version of that instant. */
    found f = ask_at(&t, WANMI_DATUM_MAP, 15, 5, TEST_T1);
    assert_string_equal(code_in(&t, f, t.street), "s");
    assert_int_equal(wanmi_locator_area(t.locator, f.tuple, t.street),
                     wanmi_map_find_area(t.map, t.street, "s", TEST_T1));
    town_close(&t);
}

static void the_clock_is_read_once_a_call(void **state)
{
    (void)state;
    int64_t ticks = TEST_T1 - 2;
    wanmi_host host;
    wanmi_host_init(&host);
    host.clock.user = &ticks;
    host.clock.now_us = ticking_clock;
    town t;
    town_open(&t, map_in_time(&host));
    ticks = TEST_T1 - 2;            /* the next reading is T1 - 1, the one after it T1 */
    double x[3] = {15, 15, 15}, y[3] = {5, 5, 5};
    int64_t times[3] = {WANMI_TIME_NONE, TEST_T1, WANMI_TIME_NONE};
    uint8_t where[3];
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = 3, in.x = x, in.y = y, in.time_us = times, in.datum = WANMI_DATUM_MAP;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.where = where;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);
    assert_int_equal(where[0], WANMI_OUTSIDE);
    assert_int_equal(where[1], WANMI_INSIDE);
    assert_int_equal(where[2], WANMI_OUTSIDE);
    assert_true(ticks == TEST_T1 - 1);
    in.now_us = TEST_T1;            /* given: the clock is left alone */
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);
    assert_int_equal(where[0], WANMI_INSIDE);
    assert_true(ticks == TEST_T1 - 1);
    town_close(&t);
}

/* ---- positions ------------------------------------------------------------------------ */

static void rejected(const town *t, wanmi_datum datum, double x, double y, wanmi_reason reason)
{
    found f = ask_at(t, datum, x, y, 0);
    assert_int_equal(f.where, WANMI_REJECTED);
    assert_int_equal(f.reason, reason);
    assert_int_equal(f.cell, WANMI_NONE);
    assert_int_equal(f.tuple, WANMI_NONE);
    assert_true(isnan(f.distance_m) && isnan(f.map_x) && isnan(f.map_y));
}

static void what_cannot_be_answered_is_rejected(void **state)
{
    (void)state;
    town t = town_of(50);
    rejected(&t, WANMI_DATUM_WGS84, NAN, 39, WANMI_REASON_NOT_FINITE);
    rejected(&t, WANMI_DATUM_MAP, 5, INFINITY, WANMI_REASON_NOT_FINITE);
    rejected(&t, WANMI_DATUM_WGS84, 180.0001, 39, WANMI_REASON_LONGITUDE);
    rejected(&t, WANMI_DATUM_CGCS2000, 116, -90.0001, WANMI_REASON_LATITUDE);
    rejected(&t, (wanmi_datum)9, 116, 39, WANMI_REASON_DATUM);
    rejected(&t, WANMI_DATUM_OBJECT, 116, 39, WANMI_REASON_DATUM);
    rejected(&t, (wanmi_datum)-1, 116, 39, WANMI_REASON_DATUM);
    double x, y;
    if (wanmi_gcj02_from_wgs84(116, 39, &x, &y) == WANMI_REASON_NONE) {
        rejected(&t, WANMI_DATUM_GCJ02, 2.3, 48.8, WANMI_REASON_DATUM_BOX);
        rejected(&t, WANMI_DATUM_BD09, 2.3, 48.8, WANMI_REASON_DATUM_BOX);
    } else {
        rejected(&t, WANMI_DATUM_GCJ02, 116, 39, WANMI_REASON_DATUM);
    }
    town_close(&t);
}

/* A cell around a place in Beijing, asked for in every datum at once. */
static void datums_of_one_call(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_add_box(b, "cell", "1", "", 448000, 4416000, 450000, 4418000);
    town t;
    town_open(&t, test_close_builder(b));
    double lon = 0, lat = 0, x0 = 449000, y0 = 4417000;
    uint8_t reason;
    wanmi_transform *transform = NULL;
    assert_int_equal(wanmi_transform_create(wanmi_map_crs(t.map), &transform, NULL), WANMI_OK);
    assert_int_equal(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 1, &x0, 0, &y0, 0, &lon,
                                             &lat, &reason, NULL), WANMI_OK);
    wanmi_transform_free(transform);
    double gcj_lon, gcj_lat, bd_lon, bd_lat;
    bool have_gcj = wanmi_gcj02_from_wgs84(lon, lat, &gcj_lon, &gcj_lat) == WANMI_REASON_NONE;
    wanmi_bd09_from_gcj02(gcj_lon, gcj_lat, &bd_lon, &bd_lat);
    double xs[8] = {lon, x0, gcj_lon, lon, lon, bd_lon, 200, x0};
    double ys[8] = {lat, y0, gcj_lat, lat, lat, bd_lat, lat, y0};
    uint8_t datums[8] = {0, 4, 2, 200, 1, 3, 0, 4}, where[8], reasons[8];
    double map_x[8], map_y[8];
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = 8, in.x = xs, in.y = ys, in.datums = datums, in.now_us = 0;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.where = where, out.reason = reasons, out.map_x = map_x, out.map_y = map_y;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);
    for (int i = 0; i < 8; i++) {
        bool offset = datums[i] == WANMI_DATUM_GCJ02 || datums[i] == WANMI_DATUM_BD09;
        bool good = i != 3 && i != 6 && (have_gcj || !offset);
        assert_int_equal(where[i], good ? WANMI_INSIDE : WANMI_REJECTED);
        if (good)
            assert_true(fabs(map_x[i] - x0) < 1e-5 && fabs(map_y[i] - y0) < 1e-5);
    }
    assert_int_equal(reasons[3], WANMI_REASON_DATUM);
    assert_int_equal(reasons[6], WANMI_REASON_LONGITUDE);
    town_close(&t);
}

/* The columns of an array of events, more than one block of them. */
static void strided_columns(void **state)
{
    (void)state;
    enum { MANY = 2500 };
    town t = town_of(0);
    wanmi_event *events = calloc(MANY, sizeof *events);
    uint32_t *cells = malloc(MANY * sizeof *cells);
    test_random random = {3};
    for (int i = 0; i < MANY; i++)
        events[i] = (wanmi_event){.x = test_uniform(&random, -100, 500), .y = 50, .time_us = i,
                                  .datum = WANMI_DATUM_MAP};
    wanmi_positions in;
    wanmi_positions_init(&in);
    in.count = MANY, in.x = &events->x, in.y = &events->y, in.time_us = &events->time_us;
    in.datums = &events->datum;
    in.x_stride = in.y_stride = in.time_stride = in.datum_stride = sizeof *events;
    wanmi_hits out;
    wanmi_hits_init(&out);
    out.cell = cells;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(cells[i], ask(&t, events[i].x, events[i].y).cell);
    free(events);
    free(cells);
    town_close(&t);
}

static void bad_arguments_of_locate(void **state)
{
    (void)state;
    town t = town_of(0);
    wanmi_error error;
    wanmi_positions in;
    wanmi_hits out;
    wanmi_positions_init(&in);
    wanmi_hits_init(&out);
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);       /* nothing to do */
    double x = 50, y = 50;
    in.count = 1;
    in.datum = WANMI_DATUM_MAP;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, &error), WANMI_E_ARGUMENT);
    in.x = &x;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_E_ARGUMENT);
    in.y = &y;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);       /* no column wanted */
    assert_int_equal(wanmi_locate(NULL, &in, &out, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locate(t.locator, NULL, &out, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locate(t.locator, &in, NULL, NULL), WANMI_E_ARGUMENT);
    in.struct_size = 0;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_E_ARGUMENT);
    in.struct_size = sizeof in + 8;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_E_ARGUMENT);
    in.struct_size = sizeof in;
    uint32_t cell = 77;
    uint8_t where = 99;
    out.cell = &cell;
    out.where = &where;
    out.struct_size = offsetof(wanmi_hits, where);  /* an older caller: it knows no `where` */
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_OK);
    assert_int_equal(where, 99);
    assert_string_equal(wanmi_map_area_code(t.map, cell), "d");
    out.struct_size = sizeof out + 8;
    assert_int_equal(wanmi_locate(t.locator, &in, &out, NULL), WANMI_E_ARGUMENT);
    town_close(&t);
}

static void one_position_a_call(void **state)
{
    (void)state;
    town t = town_of(10);
    uint32_t cell = 5;
    wanmi_where where = WANMI_OUTSIDE;
    assert_int_equal(wanmi_locate_one(t.locator, WANMI_DATUM_MAP, 405, 50, WANMI_TIME_NONE, &cell,
                                      &where, NULL), WANMI_OK);
    assert_int_equal(where, WANMI_SNAPPED);
    assert_string_equal(wanmi_map_area_code(t.map, cell), "a");
    assert_int_equal(wanmi_locate_one(t.locator, WANMI_DATUM_WGS84, 116, 91, 0, &cell, &where, NULL),
                     WANMI_OK);
    assert_int_equal(where, WANMI_REJECTED);
    assert_int_equal(cell, WANMI_NONE);
    assert_int_equal(wanmi_locate_one(t.locator, WANMI_DATUM_MAP, 1, 1, 0, NULL, &where, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locate_one(t.locator, WANMI_DATUM_MAP, 1, 1, 0, &cell, NULL, NULL),
                     WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locate_one(NULL, WANMI_DATUM_MAP, 1, 1, 0, &cell, &where, NULL),
                     WANMI_E_ARGUMENT);
    town_close(&t);
}

/* ---- tuples ------------------------------------------------------------------------------ */

static void equal_tuples_share_a_number(void **state)
{
    (void)state;
    town t = town_of(0);
    assert_int_equal(ask(&t, 10, 10).tuple, ask(&t, 20, 70).tuple);
    assert_int_not_equal(ask(&t, 10, 10).tuple, ask(&t, 110, 10).tuple);
    assert_int_not_equal(ask(&t, 110, 10).tuple, ask(&t, 155, 10).tuple);   /* another place */
    assert_int_equal(ask(&t, 5000, 0).tuple, ask(&t, 0, 5000).tuple);       /* nothing anywhere */
    town_close(&t);
}

static void arrays_of_tuples_stay(void **state)
{
    (void)state;
    enum { MANY = 3000 };
    wanmi_map_builder *b = NULL;
    char code[16];
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    for (int i = 0; i < MANY; i++) {
        snprintf(code, sizeof code, "%05d", i);
        test_add_box(b, "cell", code, "", i, 0, i + 1, 1);
    }
    town t;
    wanmi_index_options options;    /* without tuples of the index's own: all are the session's */
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    town_open_with(&t, test_close_builder(b), &options);
    const uint32_t **kept = malloc(MANY * sizeof *kept);
    uint64_t bytes = wanmi_locator_bytes(t.locator);
    for (uint32_t i = 0; i < MANY; i++) {
        size_t count;
        found f = ask(&t, i + 0.5, 0.5);
        assert_int_equal(f.tuple, i);
        assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, t.cell, &kept[i], &count), WANMI_OK);
        assert_int_equal(count, 1);
    }
    assert_true(wanmi_locator_bytes(t.locator) > bytes);
    bytes = wanmi_locator_bytes(t.locator);
    for (uint32_t i = 0; i < MANY; i++) {
        const uint32_t *areas;
        size_t count;
        assert_int_equal(ask(&t, i + 0.25, 0.5).tuple, i);
        wanmi_locator_areas(t.locator, i, t.cell, &areas, &count);
        assert_ptr_equal(areas, kept[i]);
        assert_int_equal(*kept[i], i);
    }
    assert_int_equal(wanmi_locator_bytes(t.locator), bytes);    /* nothing new, nothing kept */
    free(kept);
    town_close(&t);
}

static void bad_arguments_of_tuples(void **state)
{
    (void)state;
    town t = town_of(0);
    const uint32_t *areas;
    size_t count;
    found f = ask(&t, 10, 10);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, 4, &areas, &count), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple + 100, 0, &areas, &count), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_areas(t.locator, WANMI_NONE, 0, &areas, &count), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, 0, NULL, &count), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_areas(t.locator, f.tuple, 0, &areas, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_locator_area(t.locator, WANMI_NONE, 0), WANMI_NONE);
    assert_int_equal(wanmi_locator_area(t.locator, f.tuple, 99), WANMI_NONE);
    town_close(&t);
}

/* Where cells lie one over the other only the lowest is ever an owner: the number that
 * waits for the other is no tuple's. */
static void a_cell_never_met_has_no_tuple(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    const uint32_t *areas, cells[] = {WANMI_NONE, 0, WANMI_NONE, 2};
    size_t count;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_add_layer(b, "place", WANMI_OVERLAY, 1, "");
    test_add_box(b, "cell", "a", "", 0, 0, 10, 10);
    test_add_box(b, "cell", "b", "", 0, 0, 10, 10);
    test_add_box(b, "cell", "c", "", 10, 0, 20, 10);
    town t;
    town_open(&t, test_close_builder(b));
    assert_int_equal(ask(&t, 15, 5).tuple, 3);
    assert_int_equal(ask(&t, 5, 5).tuple, 1);
    for (uint32_t tuple = 0; tuple < 6; tuple++)
        for (uint32_t layer = 0; layer < 2; layer++) {
            bool known = tuple == 0 || tuple == 1 || tuple == 3;
            uint32_t cell = known && layer == t.cell ? cells[tuple] : WANMI_NONE;
            assert_int_equal(wanmi_locator_areas(t.locator, tuple, layer, &areas, &count),
                             known ? WANMI_OK : WANMI_E_ARGUMENT);
            assert_int_equal(wanmi_locator_area(t.locator, tuple, layer), cell);
        }
    /* The same, asked by the cell; and of what is none. */
    for (uint32_t cell = 0; cell < 4; cell++)
        assert_int_equal(wanmi_locator_cell_tuple(t.locator, cell), cell == 0 || cell == 2 ? cell + 1 : WANMI_NONE);
    assert_int_equal(wanmi_locator_cell_tuple(t.locator, WANMI_NONE), WANMI_NONE);
    town_close(&t);
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    test_open_builder(NULL, 0, &b);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "");
    test_add_box(b, "cell", "a", "", 0, 0, 10, 10);
    town_open_with(&t, test_close_builder(b), &options);
    assert_int_equal(wanmi_locator_cell_tuple(t.locator, 0), WANMI_NONE);
    town_close(&t);
}

/* ---- unusual maps -------------------------------------------------------------------------- */

static void a_map_without_cells(void **state)
{
    (void)state;
    wanmi_map_builder *b = NULL;
    test_open_builder(NULL, 100, &b);
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_add_layer(b, "place", WANMI_OVERLAY, 1, "");       /* and this one has no areas */
    test_add_box(b, "street", "s", "", 0, 0, 10, 10);
    town t;
    town_open(&t, test_close_builder(b));
    found f = ask(&t, 5, 5);
    assert_int_equal(f.where, WANMI_OUTSIDE);
    assert_int_equal(f.cell, WANMI_NONE);
    assert_string_equal(code_in(&t, f, t.street), "s");
    town_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_keeps_the_map),
        cmocka_unit_test(freeing_nothing),
        cmocka_unit_test(bad_arguments_of_handles),
        cmocka_unit_test(options_of_an_index),
        cmocka_unit_test(charts_of_an_index),
        cmocka_unit_test(counts_of_a_session),
        cmocka_unit_test(both_engines_answer),
        cmocka_unit_test(inside_a_cell),
        cmocka_unit_test(just_outside_of_a_cell),
        cmocka_unit_test(a_border_belongs_to_the_lowest_code),
        cmocka_unit_test(overlapping_cells_have_one_owner),
        cmocka_unit_test(the_owners_ancestor_wins),
        cmocka_unit_test(ancestors_two_layers_up),
        cmocka_unit_test(overlays_give_all_in_code_order),
        cmocka_unit_test(a_pile_of_overlays),
        cmocka_unit_test(outside_of_every_cell),
        cmocka_unit_test(snapping),
        cmocka_unit_test(snapping_in_a_hole),
        cmocka_unit_test(snapping_heeds_time),
        cmocka_unit_test(only_what_is_valid_counts),
        cmocka_unit_test(the_clock_is_read_once_a_call),
        cmocka_unit_test(what_cannot_be_answered_is_rejected),
        cmocka_unit_test(datums_of_one_call),
        cmocka_unit_test(strided_columns),
        cmocka_unit_test(bad_arguments_of_locate),
        cmocka_unit_test(one_position_a_call),
        cmocka_unit_test(equal_tuples_share_a_number),
        cmocka_unit_test(arrays_of_tuples_stay),
        cmocka_unit_test(bad_arguments_of_tuples),
        cmocka_unit_test(a_cell_never_met_has_no_tuple),
        cmocka_unit_test(a_map_without_cells),
    };
    engine = WANMI_ENGINE_EXACT;
    int failed = cmocka_run_group_tests_name("exact", tests, NULL, NULL);
    engine = WANMI_ENGINE_FAST;
    return cmocka_run_group_tests_name("fast", tests, NULL, NULL) + failed;
}
