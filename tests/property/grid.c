/* Cells of random areas: whatever is cut, cells and area are the same edges.
 *
 * The sharpest thing that can be said of a cut is said exactly, without any
 * tolerance: the directed edges of an area's cells, opposite pairs taken away,
 * are the directed edges of the area as it was written. With every cell valid
 * and connected that is: no gap, no overlap, all nodes shared.
 */
#include <criterion/criterion.h>
#include <geos_c.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "support.h"

typedef struct edge { double ax, ay, bx, by; } edge;
typedef struct edges {
    edge *items;
    size_t count, room;
} edges;

/* ---- GEOS for the test's own use ---------------------------------------------------- */

static char last_message[512];

static void keep(const char *message, void *user)
{
    (void)user;
    snprintf(last_message, sizeof last_message, "%s", message);
}

static GEOSContextHandle_t geos(void)
{
    static GEOSContextHandle_t context;
    if (context == NULL) {
        context = GEOS_init_r();
        GEOSContext_setErrorMessageHandler_r(context, keep, NULL);
    }
    return context;
}

static test_wkb to_wkb(const GEOSGeometry *g)
{
    GEOSWKBWriter *writer = GEOSWKBWriter_create_r(geos());
    test_wkb wkb = {0};
    unsigned char *bytes = GEOSWKBWriter_write_r(geos(), writer, g, &wkb.size);
    GEOSWKBWriter_destroy_r(geos(), writer);
    cr_assert(bytes != NULL);
    wkb.bytes = malloc(wkb.size);
    memcpy(wkb.bytes, bytes, wkb.size);
    GEOSFree_r(geos(), bytes);
    return wkb;
}

static GEOSGeometry *from_map(const wanmi_map *map, uint32_t area)
{
    size_t size = wanmi_map_area_wkb_size(map, area);
    uint8_t *wkb = malloc(size);
    cr_assert_eq(wanmi_map_area_wkb(map, area, wkb, size), WANMI_OK);
    GEOSWKBReader *reader = GEOSWKBReader_create_r(geos());
    GEOSGeometry *g = GEOSWKBReader_read_r(geos(), reader, wkb, size);
    GEOSWKBReader_destroy_r(geos(), reader);
    free(wkb);
    return g;
}

static GEOSGeometry *polygon_of(const double *xy, unsigned points)
{
    GEOSCoordSequence *seq = GEOSCoordSeq_copyFromBuffer_r(geos(), xy, points, 0, 0);
    return GEOSGeom_createPolygon_r(geos(), GEOSGeom_createLinearRing_r(geos(), seq), NULL, 0);
}

static double area_of(const GEOSGeometry *g)
{
    double area = 0;
    cr_assert(GEOSArea_r(geos(), g, &area));
    return area;
}

/* ---- edges -------------------------------------------------------------------------- */

static double ring_twice(const double *xy, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i + 1 < n; i++)
        sum += (xy[2 * i] - xy[0]) * (xy[2 * i + 3] - xy[1]) - (xy[2 * i + 2] - xy[0]) * (xy[2 * i + 1] - xy[1]);
    return sum;
}

/* Adds an area's edges, itself on their left (or on their right: `minus`). */
static void add_edges(edges *list, const wanmi_map *map, uint32_t area, bool minus)
{
    wanmi_area_rings rings;
    cr_assert_eq(wanmi_map_area_rings(map, area, &rings), WANMI_OK);
    for (uint32_t p = 0; p < rings.polygon_count; p++)
        for (uint32_t r = rings.polygons[p]; r < rings.polygons[p + 1]; r++) {
            const double *xy = rings.xy + 2 * (size_t)rings.points[r];
            uint32_t n = rings.points[r + 1] - rings.points[r];
            bool turn = (ring_twice(xy, n) > 0) != (r == rings.polygons[p]);
            for (uint32_t i = 0; i + 1 < n; i++) {
                if (list->count == list->room)
                    list->items = realloc(list->items, (list->room = 2 * list->room + 64) * sizeof(edge));
                const double *a = xy + 2 * i, *b = a + 2;
                cr_assert(a[0] != b[0] || a[1] != b[1], "a point of %s repeats", wanmi_map_area_code(map, area));
                list->items[list->count++] = turn != minus ? (edge){b[0], b[1], a[0], a[1]}
                                                           : (edge){a[0], a[1], b[0], b[1]};
            }
        }
}

static bool is_forward(const edge *e)
{
    return e->ax != e->bx ? e->ax < e->bx : e->ay < e->by;
}

static int compare(const void *left, const void *right)
{
    const edge *a = left, *b = right;
    edge f = is_forward(a) ? *a : (edge){a->bx, a->by, a->ax, a->ay};
    edge g = is_forward(b) ? *b : (edge){b->bx, b->by, b->ax, b->ay};
    double differences[4] = {f.ax - g.ax, f.ay - g.ay, f.bx - g.bx, f.by - g.by};
    for (int i = 0; i < 4; i++)
        if (differences[i] != 0)
            return differences[i] < 0 ? -1 : 1;
    return 0;
}

/* Takes away opposite pairs. */
static void cancel(edges *list)
{
    qsort(list->items, list->count, sizeof(edge), compare);
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (kept > 0 && compare(&list->items[kept - 1], &list->items[i]) == 0 &&
            is_forward(&list->items[kept - 1]) != is_forward(&list->items[i]))
            kept--;
        else
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
}

/* ---- what holds of every cut -------------------------------------------------------- */

typedef struct trial {
    const char *name;
    GEOSGeometry **areas;
    size_t count;
    double size, origin_x, origin_y, least;
    bool may_refuse;            /* areas that no coordinate can bear may be refused, by name */
    uint64_t cells, refused;    /* out */
} trial;

static void count_problem(void *user, const wanmi_error *problem)
{
    trial *t = user;
    t->refused++;
    cr_assert(t->may_refuse, "%s: %s", t->name, problem->message);
    cr_assert_eq(problem->status, WANMI_E_GRID_AREA, "%s: %s", t->name, problem->message);
    cr_assert(problem->row > 0 && problem->code[0] != '\0');
}

static wanmi_map *cut(trial *t, wanmi_grid_result *result)
{
    wanmi_area_def *defs = calloc(t->count, sizeof *defs);
    test_wkb *wkb = calloc(t->count, sizeof *wkb);
    char (*codes)[24] = calloc(t->count, sizeof *codes);
    for (size_t i = 0; i < t->count; i++) {
        wanmi_area_def_init(&defs[i]);
        snprintf(codes[i], sizeof codes[i], "%06zu", i + 1);
        wkb[i] = to_wkb(t->areas[i]);
        defs[i].code = codes[i];
        defs[i].row = (int64_t)i + 1;
        defs[i].wkb = wkb[i].bytes;
        defs[i].wkb_size = wkb[i].size;
    }
    wanmi_grid_options o;
    wanmi_grid_options_init(&o);
    o.layout = "6+6";
    o.size_m = t->size;
    o.origin_x = t->origin_x;
    o.origin_y = t->origin_y;
    o.min_area_m2 = t->least;
    o.on_problem = count_problem;
    o.problem_user = t;
    wanmi_map_builder *builder = test_builder(NULL);
    test_add_meta(builder, NULL);
    wanmi_error error;
    wanmi_grid_result_init(result);
    wanmi_status status = wanmi_grid_cut(builder, defs, t->count, &o, NULL, result, &error);
    if (status == WANMI_E_GRID_AREA && t->may_refuse && t->refused == t->count) {
        wanmi_map_builder_free(builder);
        builder = NULL;
    } else
        cr_assert_eq(status, WANMI_OK, "%s: %s", t->name, error.message);
    for (size_t i = 0; i < t->count; i++)
        free(wkb[i].bytes);
    free(wkb);
    free(defs);
    free(codes);
    return builder != NULL ? test_build(builder) : NULL;
}

/* No two cells share more than an edge: asked of GEOS, as a second opinion. */
static void check_disjoint(const trial *t, GEOSGeometry **cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const GEOSPreparedGeometry *one = GEOSPrepare_r(geos(), cells[i]);
        for (size_t k = i + 1; k < count; k++) {
            if (GEOSPreparedIntersects_r(geos(), one, cells[k]) != 1)
                continue;
            cr_assert_eq(GEOSRelatePattern_r(geos(), cells[i], cells[k], "2********"), 0,
                         "%s: cells %zu and %zu overlap", t->name, i, k);
        }
        GEOSPreparedGeom_destroy_r(geos(), one);
    }
}

/* Rows from north to south, in a row west to east: by the square of the cell's
 * inner point, which is the cell's own square where nothing was joined. */
static void check_order(const trial *t, GEOSGeometry **cells, size_t count)
{
    double last_row = INFINITY, last_column = -INFINITY;
    for (size_t i = 0; i < count; i++) {
        GEOSGeometry *p = GEOSPointOnSurface_r(geos(), cells[i]);
        double x, y;
        GEOSGeomGetX_r(geos(), p, &x);
        GEOSGeomGetY_r(geos(), p, &y);
        GEOSGeom_destroy_r(geos(), p);
        double row = floor((y - t->origin_y) / t->size), column = floor((x - t->origin_x) / t->size);
        cr_assert(row < last_row || (row == last_row && column >= last_column),
                  "%s: cell %zu is out of order", t->name, i);
        last_row = row;
        last_column = column;
    }
}

static void check_sizes(const trial *t, GEOSGeometry **cells, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        double west, east, south, north;
        GEOSGeom_getXMin_r(geos(), cells[i], &west);
        GEOSGeom_getXMax_r(geos(), cells[i], &east);
        GEOSGeom_getYMin_r(geos(), cells[i], &south);
        GEOSGeom_getYMax_r(geos(), cells[i], &north);
        double slack = 4e-16 * fmax(fabs(east), fabs(north)) + 1e-12;
        cr_assert(east - west <= t->size + slack && north - south <= t->size + slack);
        double line = t->origin_x + floor(((west + east) / 2 - t->origin_x) / t->size) * t->size;
        cr_assert((line - slack <= west && east <= line + t->size + slack) || east - west <= slack,
                  "%s: cell %zu lies across a lattice line", t->name, i);
    }
}

static void check_area(trial *t, const wanmi_map *map, const wanmi_layer_info *cell_layer, uint32_t area)
{
    const char *code = wanmi_map_area_code(map, area);
    edges list = {0};
    GEOSGeometry **cells = NULL;
    size_t count = 0;
    double sum = 0;
    for (uint32_t c = cell_layer->first_area; c < cell_layer->first_area + cell_layer->area_count; c++) {
        wanmi_area_info info;
        wanmi_map_area(map, c, &info);
        if (info.parent != area)
            continue;
        char expected[16];
        snprintf(expected, sizeof expected, "%s%06zu", code, count + 1);
        cr_assert_str_eq(info.code, expected);
        cr_assert_eq(info.polygon_count, 1, "%s: cell %s is not connected", t->name, info.code);
        add_edges(&list, map, c, false);
        cells = realloc(cells, (count + 1) * sizeof *cells);
        cells[count] = from_map(map, c);
        cr_assert_eq(GEOSisValid_r(geos(), cells[count]), 1, "%s: cell %s: %s", t->name, info.code, last_message);
        sum += area_of(cells[count++]);
    }
    GEOSGeometry *whole = from_map(map, area);
    cr_assert(fabs(sum - area_of(whole)) < 1e-6 + 1e-15 * sum, "%s: %s: cells %.9f, area %.9f", t->name,
              code, sum, area_of(whole));
    add_edges(&list, map, area, true);
    cancel(&list);
    cr_assert_eq(list.count, 0, "%s: %s: %zu edges of cells and area differ, first %.17g %.17g",
                 t->name, code, list.count, list.items[0].ax, list.items[0].ay);
    check_disjoint(t, cells, count);
    if (t->least == 0) {
        check_sizes(t, cells, count);
        if (t->origin_x == 0 && t->size == 100)
            check_order(t, cells, count);
    }
    t->cells += count;
    for (size_t i = 0; i < count; i++)
        GEOSGeom_destroy_r(geos(), cells[i]);
    GEOSGeom_destroy_r(geos(), whole);
    free(cells);
    free(list.items);
}

/* The area as written lies where it was given, to the last bits. */
static void check_moved(const trial *t, const wanmi_map *map, uint32_t area, const GEOSGeometry *given)
{
    GEOSGeometry *written = from_map(map, area);
    double distance = NAN, reach;
    cr_assert(GEOSHausdorffDistance_r(geos(), written, given, &distance));
    GEOSGeom_getXMax_r(geos(), given, &reach);
    cr_assert(distance <= 2e-15 * fmax(fabs(reach), 5e6), "%s: moved by %g", t->name, distance);
    GEOSGeom_destroy_r(geos(), written);
}

/* wanmi_check finds nothing in what was cut but sizes, and the areas' own holes. */
static void note_finding(void *user, const wanmi_finding *f)
{
    const trial *t = user;
    cr_assert(f->kind == WANMI_FINDING_SIZE ||
                  (f->kind == WANMI_FINDING_GAP && strcmp(f->layer, "area") == 0),
              "%s: %s", t->name, f->message);
}

static void check_findings(trial *t, wanmi_map *map)
{
    wanmi_error error;
    uint64_t found;
    cr_assert_eq(wanmi_check(map, NULL, note_finding, t, &found, &error), WANMI_OK, "%s: %s", t->name,
                 error.message);
}

static void check_trial(trial *t)
{
    wanmi_grid_result result;
    wanmi_map *map = cut(t, &result);
    if (map == NULL)
        return;
    wanmi_layer_info cells, areas;
    wanmi_map_layer(map, wanmi_map_find_layer(map, "cell"), &cells);
    wanmi_map_layer(map, wanmi_map_find_layer(map, "area"), &areas);
    cr_assert_eq(result.cells, cells.area_count);
    cr_assert_eq(result.areas, areas.area_count);
    cr_assert_eq(areas.area_count + t->refused, t->count);
    cr_assert(fabs(result.cells_m2 - result.area_m2) < 1e-6 + 1e-15 * result.area_m2, "%s: %.9f %.9f",
              t->name, result.cells_m2, result.area_m2);
    for (uint32_t a = areas.first_area; a < areas.first_area + areas.area_count; a++) {
        check_area(t, map, &cells, a);
        check_moved(t, map, a, t->areas[atoi(wanmi_map_area_code(map, a)) - 1]);
    }
    cr_assert_eq(t->cells, result.cells);
    static unsigned trials;
    if (trials++ % 4 == 0)      /* each makes a CRS of its own, which takes a while */
        check_findings(t, map);
    wanmi_map_release(map);
}

static void check_one(const char *name, GEOSGeometry *g, double size, double origin, double least)
{
    cr_assert(g != NULL, "%s: %s", name, last_message);
    cr_assert_eq(GEOSisValid_r(geos(), g), 1, "%s: the test's own area is wrong: %s", name, last_message);
    trial t = {.name = name, .areas = &g, .count = 1, .size = size, .origin_x = origin,
               .origin_y = origin, .least = least};
    check_trial(&t);
    GEOSGeom_destroy_r(geos(), g);
}

/* ---- random areas ------------------------------------------------------------------- */

static GEOSGeometry *star(test_random *random, double x, double y, double radius)
{
    enum { MOST = 64 };
    double xy[2 * (MOST + 1)];
    unsigned n = 4 + test_below(random, MOST - 4);
    for (unsigned i = 0; i < n; i++) {
        double angle = 2 * M_PI * (i + test_uniform(random, 0.1, 0.9)) / n;
        double r = radius * test_uniform(random, 0.3, 1);
        xy[2 * i] = x + r * cos(angle);
        xy[2 * i + 1] = y + r * sin(angle);
    }
    xy[2 * n] = xy[0];
    xy[2 * n + 1] = xy[1];
    return polygon_of(xy, n + 1);
}

static GEOSGeometry *only_polygons(GEOSGeometry *g)
{
    int type = GEOSGeomTypeId_r(geos(), g);
    if (type == GEOS_POLYGON || type == GEOS_MULTIPOLYGON)
        return g;
    GEOSGeometry *clean = GEOSBuffer_r(geos(), g, 0, 8);
    GEOSGeom_destroy_r(geos(), g);
    return clean;
}

/* Stars on each other by exclusive or: holes, islands, several parts. */
static GEOSGeometry *blot(test_random *random, double x, double y, double radius)
{
    GEOSGeometry *g = star(random, x, y, radius);
    for (uint32_t more = test_below(random, 4); more > 0; more--) {
        GEOSGeometry *s = star(random, x + test_uniform(random, -radius, radius),
                               y + test_uniform(random, -radius, radius),
                               radius * test_uniform(random, 0.1, 0.8));
        GEOSGeometry *both = GEOSSymDifference_r(geos(), g, s);
        GEOSGeom_destroy_r(geos(), s);
        GEOSGeom_destroy_r(geos(), g);
        g = only_polygons(both);
    }
    return g;
}

Test(grid, blots_with_holes_and_parts)
{
    test_random random = {1};
    for (int i = 0; i < 120; i++) {
        double x = i % 2 == 0 ? 449000 : 39500000, y = 4417000;
        double size = i % 3 == 0 ? 100 : test_uniform(&random, 30, 300);
        double origin = i % 3 == 0 ? 0 : test_uniform(&random, -1000, 1000);
        double least = i % 4 == 0 ? 0 : size * size * test_uniform(&random, 0, i % 4 == 1 ? 1 : 0.1);
        check_one("blot", blot(&random, x + test_uniform(&random, 0, 100), y, 400), size, origin, least);
    }
}

Test(grid, areas_smaller_than_a_square)
{
    test_random random = {2};
    for (int i = 0; i < 100; i++) {
        double radius = pow(10, test_uniform(&random, -3, 1.5));
        double x = 4490 * 100 + test_uniform(&random, -1, 1) * radius;
        check_one("small", blot(&random, x, 4417000, radius), 100, 0, i % 2 == 0 ? -1 : 0);
    }
}

/* Pixels: every vertex on a lattice line or corner, edges along lattice lines,
 * parts that touch in a corner, holes that touch their shell. */
Test(grid, pixels_on_the_lattice)
{
    test_random random = {3};
    for (int i = 0; i < 60; i++) {
        enum { SIDE = 8 };
        double step = i % 3 == 0 ? 100 : i % 3 == 1 ? 50 : 25, x = 39500000, y = 4417000;
        GEOSGeometry *parts[SIDE * SIDE];
        unsigned count = 0;
        for (int r = 0; r < SIDE; r++)
            for (int c = 0; c < SIDE; c++) {
                double w = x + c * step, s = y + r * step, e = w + step, n = s + step;
                double box[] = {w, s, e, s, e, n, w, n, w, s};
                if (test_below(&random, 100) < 55)
                    parts[count++] = polygon_of(box, 5);
            }
        GEOSGeometry *all = GEOSGeom_createCollection_r(geos(), GEOS_MULTIPOLYGON, parts, count);
        GEOSGeometry *g = GEOSUnaryUnion_r(geos(), all);
        GEOSGeom_destroy_r(geos(), all);
        check_one("pixels", g, 100, 0, i % 2 == 0 ? 0 : 4000);
    }
}

/* Triangles with whole coordinates: vertices on lattice corners, edges through
 * lattice corners, vertices that lie exactly in the middle of another edge. */
Test(grid, triangles_of_whole_coordinates)
{
    test_random random = {4};
    for (int i = 0; i < 80; i++) {
        GEOSGeometry *g = NULL;
        for (int k = 0; k < 12; k++) {
            double c[6];
            for (int m = 0; m < 6; m++)
                c[m] = 50.0 * test_below(&random, 13) + (m % 2 == 0 ? 500000 : 4400000);
            double twice = (c[2] - c[0]) * (c[5] - c[1]) - (c[4] - c[0]) * (c[3] - c[1]);
            if (twice == 0)
                continue;
            double ring[] = {c[0], c[1], c[2], c[3], c[4], c[5], c[0], c[1]};
            GEOSGeometry *triangle = polygon_of(ring, 4);
            GEOSGeometry *both = g == NULL ? triangle : GEOSSymDifferencePrec_r(geos(), g, triangle, 1);
            if (g != NULL) {
                GEOSGeom_destroy_r(geos(), g);
                GEOSGeom_destroy_r(geos(), triangle);
            }
            g = only_polygons(both);
        }
        if (i % 4 == 0)
            check_one("triangles", g, 100, 0, 0);
        else
            check_one("triangles", g, i % 4 == 1 ? 100 : 33.3, i % 4 == 1 ? 0 : 0.1, i % 4 == 2 ? -1 : 500);
    }
}

/* A hole whose vertex lies exactly on a slanted edge of its shell, far from any
 * of the shell's own vertices: once that edge has nodes, the touch must stay. */
Test(grid, a_hole_that_touches_the_middle_of_an_edge)
{
    for (int k = 1; k < 40; k++) {
        double shell[] = {0, 0, 800, 200, 0, 600, 0, 0};
        double x = 20.0 * k - 1, y = x / 4; /* on the first edge, exactly */
        if (x > 560)
            break;
        double hole[] = {x, y, x + 8, y + 60, x - 8, y + 60, x, y};
        GEOSGeometry *ring = GEOSGeom_createLinearRing_r(
            geos(), GEOSCoordSeq_copyFromBuffer_r(geos(), hole, 4, 0, 0));
        GEOSGeometry *outer = GEOSGeom_createLinearRing_r(
            geos(), GEOSCoordSeq_copyFromBuffer_r(geos(), shell, 4, 0, 0));
        GEOSGeometry *g = GEOSGeom_createPolygon_r(geos(), outer, &ring, 1);
        check_one("touching hole", g, 33.3, 0.1, k % 2 == 0 ? 0 : -1);
    }
}

/* Needles: from wide ones down to widths that coordinates can hardly bear. Where
 * nodes make one invalid it is refused by name; else all of the above holds. */
Test(grid, very_thin_areas)
{
    test_random random = {5};
    uint64_t refused = 0, cut_well = 0;
    for (int i = 0; i < 300; i++) {
        double width = pow(10, test_uniform(&random, -10, 0));
        double x = i % 2 == 0 ? 500000 : 39500000, y = 4417000;
        double dx = test_uniform(&random, -900, 900), dy = test_uniform(&random, -900, 900);
        double length = hypot(dx, dy), nx = -dy / length * width, ny = dx / length * width;
        double ring[] = {x, y, x + dx, y + dy, x + dx + nx, y + dy + ny, x + nx, y + ny, x, y};
        GEOSGeometry *g = polygon_of(ring, 5);
        if (GEOSisValid_r(geos(), g) == 1) {
            trial t = {.name = "needle", .areas = &g, .count = 1, .size = 100, .least = i % 3 == 0 ? -1 : 0,
                       .may_refuse = width < 1e-7};
            check_trial(&t);
            refused += t.refused;
            cut_well += t.cells;
        }
        GEOSGeom_destroy_r(geos(), g);
    }
    cr_assert(cut_well > 1000);
    cr_log_info("needles refused: %llu", (unsigned long long)refused);
}

/* ---- partitions --------------------------------------------------------------------- */

enum { ACROSS = 3, WIGGLES = 12 };

typedef struct line { double xy[2 * (WIGGLES + 1)]; } line;

static void wiggle(test_random *random, line *l, double ax, double ay, double bx, double by, double swing)
{
    for (int i = 0; i <= WIGGLES; i++) {
        double t = (double)i / WIGGLES, s = i == 0 || i == WIGGLES ? 0 : swing;
        l->xy[2 * i] = ax + (bx - ax) * t + test_uniform(random, -s, s);
        l->xy[2 * i + 1] = ay + (by - ay) * t + test_uniform(random, -s, s);
    }
    l->xy[2 * WIGGLES] = bx;
    l->xy[2 * WIGGLES + 1] = by;
}

static void append(double *xy, unsigned *n, const line *l, bool backwards)
{
    for (int i = 0; i < WIGGLES; i++) {
        int k = backwards ? WIGGLES - i : i;
        xy[2 * *n] = l->xy[2 * k];
        xy[2 * *n + 1] = l->xy[2 * k + 1];
        ++*n;
    }
}

/* ACROSS x ACROSS areas that share their wiggly borders vertex by vertex. */
static void make_partition(test_random *random, double x, double y, double step, GEOSGeometry **areas)
{
    line flat[ACROSS + 1][ACROSS], steep[ACROSS][ACROSS + 1];
    for (int r = 0; r <= ACROSS; r++)
        for (int c = 0; c <= ACROSS; c++) {
            double px = x + c * step, py = y + r * step, outer = r == 0 || r == ACROSS ? 0 : step / 40;
            if (c < ACROSS)
                wiggle(random, &flat[r][c], px, py, px + step, py, outer);
            if (r < ACROSS)
                wiggle(random, &steep[r][c], px, py, px, py + step, c == 0 || c == ACROSS ? 0 : step / 40);
        }
    for (int r = 0; r < ACROSS; r++)
        for (int c = 0; c < ACROSS; c++) {
            double xy[2 * (4 * WIGGLES + 1)];
            unsigned n = 0;
            append(xy, &n, &flat[r][c], false);
            append(xy, &n, &steep[r][c + 1], false);
            append(xy, &n, &flat[r + 1][c], true);
            append(xy, &n, &steep[r][c], true);
            xy[2 * n] = xy[0];
            xy[2 * n + 1] = xy[1];
            areas[r * ACROSS + c] = polygon_of(xy, n + 1);
        }
}

/* Edges of all areas of a layer that no neighbour has are on the outer border:
 * so nodes are shared across areas too. */
static void check_layer_closes(const wanmi_map *map, const char *name, double x, double y, double side)
{
    wanmi_layer_info layer;
    wanmi_map_layer(map, wanmi_map_find_layer(map, name), &layer);
    edges list = {0};
    for (uint32_t a = 0; a < layer.area_count; a++)
        add_edges(&list, map, layer.first_area + a, false);
    cancel(&list);
    cr_assert(list.count > 0);
    for (size_t i = 0; i < list.count; i++) {
        const edge *e = &list.items[i];
        bool outer = (e->ax == e->bx && (e->ax == x || e->ax == x + side)) ||
                     (e->ay == e->by && (e->ay == y || e->ay == y + side));
        cr_assert(outer, "layer %s: an edge at %.17g %.17g has no partner", name, e->ax, e->ay);
    }
    free(list.items);
}

Test(grid, partitions_share_nodes_across_areas)
{
    test_random random = {6};
    for (int i = 0; i < 12; i++) {
        GEOSGeometry *areas[ACROSS * ACROSS];
        double x = i % 2 == 0 ? 448990 : 39500010, y = 4417020, step = i % 3 == 0 ? 600 : 310;
        make_partition(&random, x, y, step, areas);
        trial t = {.name = "partition", .areas = areas, .count = ACROSS * ACROSS,
                   .size = i % 4 == 0 ? 100 : 77.7, .origin_x = i % 4 == 0 ? 0 : 0.3,
                   .least = i % 2 == 0 ? 0 : -1};
        check_trial(&t);
        wanmi_grid_result result;
        t.refused = 0;
        wanmi_map *map = cut(&t, &result);
        check_layer_closes(map, "area", x, y, ACROSS * step);
        check_layer_closes(map, "cell", x, y, ACROSS * step);
        wanmi_map_release(map);
        for (int k = 0; k < ACROSS * ACROSS; k++)
            GEOSGeom_destroy_r(geos(), areas[k]);
    }
}
