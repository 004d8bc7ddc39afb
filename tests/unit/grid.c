/* Cutting: numbering, layouts, slivers, what is kept of an area, and every error. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "maps.h"
#include "support.h"

#define X 500000.0
#define Y 4420000.0

/* One area to be cut, and what came of it. */
typedef struct job {
    wanmi_grid_options options;
    wanmi_area_def areas[4];
    test_wkb wkb[4];
    size_t count;
    wanmi_grid_result result;
    wanmi_error error;
    wanmi_error problems[4];
    size_t problem_count;
    wanmi_map *map;
    uint32_t cell_layer;
} job;

static job new_job(const char *layout)
{
    job j = {.count = 0};
    wanmi_grid_options_init(&j.options);
    wanmi_grid_result_init(&j.result);
    j.options.layout = layout;
    return j;
}

static wanmi_area_def *add(job *j, const char *code, test_wkb wkb)
{
    wanmi_area_def *def = &j->areas[j->count];
    wanmi_area_def_init(def);
    def->code = code;
    def->wkb = wkb.bytes;
    def->wkb_size = wkb.size;
    def->row = (int64_t)j->count + 11;
    j->wkb[j->count++] = wkb;
    return def;
}

static void note(void *user, const wanmi_error *problem)
{
    job *j = user;
    j->problems[j->problem_count++] = *problem;
}

static wanmi_status run(job *j)
{
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    if (j->options.area_parent_layer != NULL) {
        test_add_layer(builder, j->options.area_parent_layer, WANMI_PARTITION, 5, "");
        test_add_box(builder, j->options.area_parent_layer, "P", "", X, Y, X + 1000, Y + 1000);
    }
    wanmi_status status =
        wanmi_grid_cut(builder, j->areas, j->count, &j->options, NULL, &j->result, &j->error);
    for (size_t i = 0; i < j->count; i++)
        free(j->wkb[i].bytes);
    if (status != WANMI_OK) {
        wanmi_map_builder_free(builder);
        return status;
    }
    j->map = test_build(builder);
    j->cell_layer = wanmi_map_find_layer(j->map, j->options.cell_layer);
    return status;
}

static void run_well(job *j)
{
    if (run(j) != WANMI_OK)
        fail_msg("%s", j->error.message);
}

static wanmi_area_info cell_of(const job *j, const char *code)
{
    uint32_t cell = wanmi_map_find_area(j->map, j->cell_layer, code, WANMI_TIME_NONE);
    if (cell == WANMI_NONE)
        fail_msg("there is no cell %s", code);
    wanmi_area_info info;
    wanmi_map_area(j->map, cell, &info);
    return info;
}

static void expect_box(const job *j, const char *code, double west, double south, double east, double north)
{
    wanmi_area_info c = cell_of(j, code);
    if (c.min_x != west || c.min_y != south || c.max_x != east || c.max_y != north)
        fail_msg("cell %s is %.17g %.17g %.17g %.17g", code, c.min_x, c.min_y, c.max_x, c.max_y);
}

static double area_of(const job *j, const char *code)
{
    wanmi_area_rings rings;
    uint32_t cell = wanmi_map_find_area(j->map, j->cell_layer, code, WANMI_TIME_NONE);
    wanmi_map_area_rings(j->map, cell, &rings);
    double twice = 0;
    for (uint32_t r = rings.polygons[0]; r < rings.polygons[1]; r++) {
        const double *xy = rings.xy + 2 * (size_t)rings.points[r];
        double part = 0;
        for (uint32_t i = 0; i + 1 < rings.points[r + 1] - rings.points[r]; i++)
            part += (xy[2 * i] - X) * (xy[2 * i + 3] - Y) - (xy[2 * i + 2] - X) * (xy[2 * i + 1] - Y);
        twice += r == rings.polygons[0] ? fabs(part) : -fabs(part);
    }
    return twice / 2;
}

/* ---- numbering ---------------------------------------------------------------------- */

static void rows_run_north_to_south_and_west_to_east(void **state)
{
    (void)state;
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_box(X + 50, Y + 50, X + 250, Y + 180));
    run_well(&j);
    assert_int_equal(j.result.areas, 1);
    assert_int_equal(j.result.cells, 6);
    expect_box(&j, "11010101", X + 50, Y + 100, X + 100, Y + 180);
    expect_box(&j, "11010102", X + 100, Y + 100, X + 200, Y + 180);
    expect_box(&j, "11010103", X + 200, Y + 100, X + 250, Y + 180);
    expect_box(&j, "11010104", X + 50, Y + 50, X + 100, Y + 100);
    expect_box(&j, "11010105", X + 100, Y + 50, X + 200, Y + 100);
    expect_box(&j, "11010106", X + 200, Y + 50, X + 250, Y + 100);
    assert_true(j.result.area_m2 == 26000 && j.result.cells_m2 == 26000);
    wanmi_map_release(j.map);
}

static void layouts_of_14_15_16_and_20_digits(void **state)
{
    (void)state;
    const struct { const char *layout, *area, *cell; } cases[] = {
        {"6+3+3+2", "110101001002", "11010100100201"},
        {"6+3+3+3", "110101001002", "110101001002001"},
        {"6+4+3+3", "1101010001002", "1101010001002001"},
        {"6+6+3+3+2", "020103110101001002", "02010311010100100201"},
        {"6+5", "110101", "11010100001"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        job j = new_job(cases[i].layout);
        add(&j, cases[i].area, test_wkb_box(X, Y, X + 100, Y + 100));
        run_well(&j);
        wanmi_area_info c = cell_of(&j, cases[i].cell);
        assert_string_equal(c.parent_code, cases[i].area);
        assert_string_equal(c.name, "");
        assert_int_equal(j.result.cells, 1);
        wanmi_map_release(j.map);
    }
}

static void the_lattice_may_stand_elsewhere(void **state)
{
    (void)state;
    job j = new_job("6+2");
    j.options.size_m = 30;
    j.options.origin_x = 7;
    j.options.origin_y = -11;
    add(&j, "110101", test_wkb_box(X, Y, X + 40, Y + 40));
    run_well(&j);
    /* lines at 7 + 30 i: 499987 500017 500047; -11 + 30 j: 4419979 4420009 4420039 4420069 */
    assert_int_equal(j.result.cells, 6);
    expect_box(&j, "11010101", X, Y + 39, X + 17, Y + 40);
    expect_box(&j, "11010104", X + 17, Y + 9, X + 40, Y + 39);
    wanmi_map_release(j.map);
}

/* ---- slivers ------------------------------------------------------------------------ */

static void a_sliver_joins_the_longest_border(void **state)
{
    (void)state;
    /* In the square (1,0) only 0.5 m x 100 m at its western wall. */
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_box(X, Y, X + 100.5, Y + 100));
    run_well(&j);
    assert_int_equal(j.result.cells, 1);
    assert_int_equal(j.result.joined, 1);
    assert_int_equal(j.result.kept_small, 0);
    expect_box(&j, "11010101", X, Y, X + 100.5, Y + 100);
    assert_true(area_of(&j, "11010101") == 10050);
    wanmi_map_release(j.map);
}

/* Two whole squares, north-west and south-east of a corner, and a sliver of
 * width by height in the square north-east of it, that borders on both. */
static void check_choice(double width, double height, bool joins_western)
{
    double e = X + 100 + width, n = Y + 100 + height;
    const double xy[] = {X, Y + 100, X + 100, Y + 100, X + 100, Y, X + 200, Y, X + 200, Y + 100,
                         e, Y + 100, e, n, X + 100, n, X + 100, Y + 200, X, Y + 200, X, Y + 100};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_ring(xy, 11));
    run_well(&j);
    assert_int_equal(j.result.cells, 2);
    assert_int_equal(j.result.joined, 1);
    assert_true(fabs(area_of(&j, "11010101") - 10000 - (joins_western ? width * height : 0)) < 1e-6);
    assert_true(fabs(area_of(&j, "11010102") - 10000 - (joins_western ? 0 : width * height)) < 1e-6);
    wanmi_map_release(j.map);
}

static void of_two_neighbours_the_longer_border_wins_then_the_first(void **state)
{
    (void)state;
    check_choice(0.5, 40, true);
    check_choice(40, 0.5, false);
    check_choice(5, 5, true);
}

static void a_sliver_is_kept_when_asked(void **state)
{
    (void)state;
    job j = new_job("6+2");
    j.options.min_area_m2 = 0;
    add(&j, "110101", test_wkb_box(X, Y, X + 100.5, Y + 100));
    run_well(&j);
    assert_int_equal(j.result.cells, 2);
    assert_int_equal(j.result.joined, 0);
    wanmi_map_release(j.map);
}

static void a_chain_of_slivers_ends_in_one_that_is_large_enough(void **state)
{
    (void)state;
    /* A strip 0.2 m high along 5 squares, a block at its eastern end. */
    const double xy[] = {X, Y, X + 500, Y, X + 500, Y + 60, X + 450, Y + 60, X + 450, Y + 0.2, X, Y + 0.2, X, Y};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_ring(xy, 7));
    run_well(&j);
    assert_int_equal(j.result.cells, 1);
    assert_int_equal(j.result.joined, 4);
    assert_true(fabs(area_of(&j, "11010101") - (450 * 0.2 + 50 * 60)) < 1e-6);
    wanmi_map_release(j.map);
}

static void small_pieces_join_among_themselves_or_stay(void **state)
{
    (void)state;
    /* A strip of 6 squares' length with 40 m2 a square: together enough at 100 m2 each. */
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_box(X, Y, X + 600, Y + 0.4));
    add(&j, "110102", test_wkb_box(X, Y + 500, X + 5, Y + 505)); /* 25 m2, alone */
    run_well(&j);
    assert_int_equal(j.result.areas, 2);
    assert_int_equal(j.result.kept_small, 1);
    assert_int_equal(j.result.cells + j.result.joined, 7);
    assert_true(j.result.cells >= 2 && j.result.cells <= 3);
    for (uint64_t i = 1; i < j.result.cells; i++) {
        char code[16];
        snprintf(code, sizeof code, "1101010%d", (int)i);
        assert_true(area_of(&j, code) >= 100);
    }
    assert_true(fabs(j.result.cells_m2 - 265) < 1e-6 && fabs(j.result.area_m2 - 265) < 1e-6);
    wanmi_map_release(j.map);
}

static void a_point_is_no_border(void **state)
{
    (void)state;
    /* A 5 m square that touches a large one in a corner of the lattice only. */
    test_wkb parts[2] = {test_wkb_box(X, Y, X + 100, Y + 100), test_wkb_box(X + 100, Y + 100, X + 105, Y + 105)};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_multi(parts, 2));
    run_well(&j);
    assert_int_equal(j.result.cells, 2);
    assert_int_equal(j.result.kept_small, 1);
    expect_box(&j, "11010101", X + 100, Y + 100, X + 105, Y + 105);
    free(parts[0].bytes);
    free(parts[1].bytes);
    wanmi_map_release(j.map);
}

static void several_pieces_of_one_square_are_several_cells(void **state)
{
    (void)state;
    /* A comb: two teeth reach from the row below into one square. */
    const double xy[] = {X, Y + 50, X + 100, Y + 50, X + 100, Y + 180, X + 60, Y + 180, X + 60, Y + 80,
                         X + 40, Y + 80, X + 40, Y + 150, X, Y + 150, X, Y + 50};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_ring(xy, 9));
    run_well(&j);
    assert_int_equal(j.result.cells, 3);
    expect_box(&j, "11010101", X + 60, Y + 100, X + 100, Y + 180); /* the northern tooth */
    expect_box(&j, "11010102", X, Y + 100, X + 40, Y + 150);
    expect_box(&j, "11010103", X, Y + 50, X + 100, Y + 100);
    wanmi_map_release(j.map);
}

/* ---- what is kept of an area -------------------------------------------------------- */

static void areas_keep_their_words_and_cells_their_validity(void **state)
{
    (void)state;
    job j = new_job("6+2");
    j.options.area_layer = "community";
    j.options.cell_layer = "grid";
    j.options.area_level = 2;
    j.options.area_parent_layer = "street";
    wanmi_area_def *def = add(&j, "110101", test_wkb_box(X, Y, X + 200, Y + 100));
    def->name = "东";
    def->parent = "P";
    def->grade = "A";
    def->valid_from_us = 1000;
    def->valid_to_us = 2000;
    run_well(&j);
    uint32_t layer = wanmi_map_find_layer(j.map, "community");
    wanmi_layer_info info;
    wanmi_map_layer(j.map, layer, &info);
    assert_int_equal(info.level, 2);
    assert_int_equal(info.kind, WANMI_PARTITION);
    wanmi_area_info area;
    wanmi_map_area(j.map, info.first_area, &area);
    assert_string_equal(area.name, "东");
    assert_string_equal(area.parent_code, "P");
    assert_string_equal(area.grade, "A");
    assert_int_equal(area.row, 11);
    wanmi_map_layer(j.map, j.cell_layer, &info);
    assert_int_equal(info.parent, layer);
    assert_int_equal(wanmi_map_cell_layer(j.map), j.cell_layer);
    wanmi_area_info cell = cell_of(&j, "11010102");
    assert_int_equal(cell.valid_from_us, 1000);
    assert_int_equal(cell.valid_to_us, 2000);
    wanmi_map_release(j.map);
}

static void an_area_keeps_its_points_and_gets_the_lattice_s(void **state)
{
    (void)state;
    const double xy[] = {X + 50, Y + 50, X + 150, Y + 50, X + 150, Y + 80, X + 50, Y + 80, X + 50, Y + 50};
    const double expected[] = {X + 50,  Y + 50, X + 100, Y + 50, X + 150, Y + 50, X + 150, Y + 80,
                               X + 100, Y + 80, X + 50,  Y + 80, X + 50,  Y + 50};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_ring(xy, 5));
    run_well(&j);
    wanmi_area_rings rings;
    wanmi_layer_info info;
    wanmi_map_layer(j.map, wanmi_map_find_layer(j.map, "area"), &info);
    wanmi_map_area_rings(j.map, info.first_area, &rings);
    assert_int_equal(rings.points[1] - rings.points[0], 7);
    assert_memory_equal(rings.xy + 2 * (size_t)rings.points[0], expected, sizeof expected);
    wanmi_map_release(j.map);
}

/* ---- errors ------------------------------------------------------------------------- */

static void too_many_cells_name_the_layout_that_does(void **state)
{
    (void)state;
    for (int with_problems = 0; with_problems < 2; with_problems++) {
        job j = new_job("6+1");
        if (with_problems) {
            j.options.on_problem = note;
            j.options.problem_user = &j;
        }
        add(&j, "110101", test_wkb_box(X, Y, X + 1000, Y + 100));       /* 10 cells */
        add(&j, "110102", test_wkb_box(X, Y + 100, X + 1000, Y + 1300)); /* 120 */
        add(&j, "110103", test_wkb_box(X, Y - 100, X + 900, Y));        /* 9 */
        j.result.cells = 77;
        assert_int_equal(run(&j), WANMI_E_GRID_LAYOUT);
        assert_string_equal(j.error.code, "110102");
        assert_int_equal(j.error.row, 12);
        assert_non_null(strstr(j.error.message, "120 cells"));
        assert_non_null(strstr(j.error.message, "6+3 would do"));
        assert_int_equal(j.result.cells, 77);
    }
    job j = new_job("6+1");
    add(&j, "110103", test_wkb_box(X, Y, X + 900, Y + 100)); /* exactly as many as fit */
    run_well(&j);
    assert_int_equal(j.result.cells, 9);
    wanmi_map_release(j.map);
}

static void codes_that_do_not_fit_the_layout(void **state)
{
    (void)state;
    const char *bad[] = {"11010", "1101011", "11010A", "", NULL};
    for (size_t i = 0; i < 5; i++) {
        job j = new_job("6+2");
        add(&j, bad[i], test_wkb_box(X, Y, X + 100, Y + 100));
        wanmi_status status = run(&j);
        assert_true(status == WANMI_E_GRID_LAYOUT || status == WANMI_E_MAP_CODE);
        assert_non_null(strstr(j.error.message, "row 11"));
        if (bad[i] != NULL && bad[i][0] != '\0') {
            assert_int_equal(status, WANMI_E_GRID_LAYOUT);
            assert_non_null(strstr(j.error.message, bad[i]));
            assert_non_null(strstr(j.error.message, "6+2"));
        }
    }
}

static void texts_that_are_no_layout(void **state)
{
    (void)state;
    const char *bad[] = {"", "6", "6+", "+3", "6+0", "6++3", "6+3 ", "a+3", "6+10", "-6+3",
                         "9+9+9+9+9+9+9+9"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        job j = new_job(bad[i]);
        add(&j, "110101", test_wkb_box(X, Y, X + 100, Y + 100));
        if (run(&j) != WANMI_E_GRID_LAYOUT)
            fail_msg("'%s' was taken for a layout", bad[i]);
        assert_string_equal(j.error.value, bad[i]);
    }
}

static void bad_areas_are_reported_and_the_rest_is_cut(void **state)
{
    (void)state;
    const double bow[] = {X, Y, X + 100, Y + 100, X + 100, Y, X, Y + 100, X, Y};
    const double not_finite[] = {X, Y, X + 100, NAN, X + 100, Y + 100, X, Y};
    job j = new_job("6+2");
    j.options.on_problem = note;
    j.options.problem_user = &j;
    add(&j, "110101", test_wkb_ring(bow, 5));
    add(&j, "110102", test_wkb_box(X, Y, X + 100, Y + 100));
    add(&j, "11010", test_wkb_box(X, Y, X + 100, Y + 100));
    add(&j, "110104", test_wkb_ring(not_finite, 4));
    run_well(&j);
    assert_int_equal(j.problem_count, 3);
    assert_int_equal(j.problems[0].status, WANMI_E_MAP_GEOMETRY);
    assert_int_equal(j.problems[0].row, 11);
    assert_string_equal(j.problems[0].code, "110101");
    assert_int_equal(j.problems[1].status, WANMI_E_GRID_LAYOUT);
    assert_int_equal(j.problems[1].row, 13);
    assert_int_equal(j.problems[2].status, WANMI_E_MAP_GEOMETRY);
    assert_int_equal(j.problems[2].row, 14);
    assert_int_equal(j.result.areas, 1);
    assert_int_equal(j.result.cells, 1);
    wanmi_map_release(j.map);
}

static void a_doubled_code_is_cut_once(void **state)
{
    (void)state;
    for (int with_problems = 0; with_problems < 2; with_problems++) {
        job j = new_job("6+2");
        if (with_problems) {
            j.options.on_problem = note;
            j.options.problem_user = &j;
        }
        add(&j, "110101", test_wkb_box(X, Y, X + 100, Y + 100));
        add(&j, "110102", test_wkb_box(X + 100, Y, X + 200, Y + 100));
        add(&j, "110101", test_wkb_box(X + 200, Y, X + 300, Y + 100));
        if (with_problems)
            run_well(&j);
        else
            assert_int_equal(run(&j), WANMI_E_MAP_CODE);
        const wanmi_error *why = with_problems ? &j.problems[0] : &j.error;
        assert_int_equal(j.problem_count, with_problems);
        assert_int_equal(why->status, WANMI_E_MAP_CODE);
        assert_int_equal(why->row, 13);
        assert_non_null(strstr(why->message, "code 110101: the code is doubled: row 11 has it already"));
        if (with_problems) {
            assert_int_equal(j.result.areas, 2);
            wanmi_map_release(j.map);
        }
    }
}

static void the_first_bad_area_is_the_error_otherwise(void **state)
{
    (void)state;
    for (int with_problems = 0; with_problems < 2; with_problems++) {
        const double bow[] = {X, Y, X + 100, Y + 100, X + 100, Y, X, Y + 100, X, Y};
        job j = new_job("6+2");
        if (with_problems) {    /* nothing is left to be cut */
            j.options.on_problem = note;
            j.options.problem_user = &j;
        }
        add(&j, "110101", test_wkb_ring(bow, 5));
        assert_int_equal(run(&j), WANMI_E_MAP_GEOMETRY);
        assert_int_equal(j.error.row, 11);
        assert_string_equal(j.error.code, "110101");
    }
}

static void an_area_too_thin_to_bear_nodes(void **state)
{
    (void)state;
    /* 1e-9 m wide, the step of these coordinates: nodes fall on each other. */
    const double xy[] = {X, Y, X + 950, Y + 313, X, Y + 1e-9, X, Y};
    job j = new_job("6+2");
    add(&j, "110101", test_wkb_ring(xy, 4));
    assert_int_equal(run(&j), WANMI_E_GRID_AREA);
    assert_int_equal(j.error.row, 11);
    assert_non_null(strstr(j.error.message, "thin"));
}

static void a_lattice_that_is_too_fine(void **state)
{
    (void)state;
    job j = new_job("6+9");
    j.options.size_m = 0.01;
    add(&j, "110101", test_wkb_box(X, Y, X + 1e6, Y + 1e6));
    assert_int_equal(run(&j), WANMI_E_LIMIT);
    assert_non_null(strstr(j.error.message, "110101"));
}

static int stop(void *user, uint64_t done, uint64_t total)
{
    (void)total;
    return done >= *(uint64_t *)user;
}

static void progress_and_cancel(void **state)
{
    (void)state;
    for (uint64_t at = 0; at < 3000; at += 1500) {
        job j = new_job("6+4");
        j.options.on_progress = stop;
        j.options.progress_user = &at;
        add(&j, "110101", test_wkb_box(X, Y, X + 6000, Y + 5000));
        assert_int_equal(run(&j), WANMI_E_CANCELLED);
    }
    uint64_t never = UINT64_MAX;
    job j = new_job("6+4");
    j.options.on_progress = stop;
    j.options.progress_user = &never;
    add(&j, "110101", test_wkb_box(X, Y, X + 6000, Y + 5000));
    run_well(&j);
    assert_int_equal(j.result.cells, 3000);
    wanmi_map_release(j.map);
}

static void bad_arguments(void **state)
{
    (void)state;
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    wanmi_grid_options o;
    for (int i = 0; i < 10; i++) {
        wanmi_grid_options_init(&o);
        switch (i) {
        case 0: o.size_m = 0; break;
        case 1: o.size_m = -100; break;
        case 2: o.size_m = NAN; break;
        case 3: o.origin_x = INFINITY; break;
        case 4: o.min_area_m2 = 10001; break;
        case 5: o.min_area_m2 = NAN; break;
        case 6: o.area_level = 0; break;
        case 7: o.struct_size = 0; break;
        case 8: o.struct_size = sizeof o + 1; break;
        case 9: o.cell_layer = NULL; break;
        }
        assert_int_equal(wanmi_grid_cut(builder, NULL, 0, &o, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    }
    wanmi_grid_result result = {.struct_size = 0};
    assert_int_equal(wanmi_grid_cut(builder, NULL, 0, NULL, NULL, &result, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_grid_cut(NULL, NULL, 0, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_grid_cut(builder, NULL, 1, NULL, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_grid_cut(builder, NULL, 0, NULL, NULL, NULL, NULL), WANMI_OK);
    wanmi_map_builder_free(builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_run_north_to_south_and_west_to_east),
        cmocka_unit_test(layouts_of_14_15_16_and_20_digits),
        cmocka_unit_test(the_lattice_may_stand_elsewhere),
        cmocka_unit_test(a_sliver_joins_the_longest_border),
        cmocka_unit_test(of_two_neighbours_the_longer_border_wins_then_the_first),
        cmocka_unit_test(a_sliver_is_kept_when_asked),
        cmocka_unit_test(a_chain_of_slivers_ends_in_one_that_is_large_enough),
        cmocka_unit_test(small_pieces_join_among_themselves_or_stay),
        cmocka_unit_test(a_point_is_no_border),
        cmocka_unit_test(several_pieces_of_one_square_are_several_cells),
        cmocka_unit_test(areas_keep_their_words_and_cells_their_validity),
        cmocka_unit_test(an_area_keeps_its_points_and_gets_the_lattice_s),
        cmocka_unit_test(too_many_cells_name_the_layout_that_does),
        cmocka_unit_test(codes_that_do_not_fit_the_layout),
        cmocka_unit_test(texts_that_are_no_layout),
        cmocka_unit_test(bad_areas_are_reported_and_the_rest_is_cut),
        cmocka_unit_test(a_doubled_code_is_cut_once),
        cmocka_unit_test(the_first_bad_area_is_the_error_otherwise),
        cmocka_unit_test(an_area_too_thin_to_bear_nodes),
        cmocka_unit_test(a_lattice_that_is_too_fine),
        cmocka_unit_test(progress_and_cancel),
        cmocka_unit_test(bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
