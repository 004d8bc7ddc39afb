/* See shapes.h. */
#include "shapes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void stop(const char *what, const wanmi_error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->message);
    abort();
}

static void *grown(void *items, size_t count, size_t item_size)
{
    void *fresh = realloc(items, count * item_size);
    if (fresh == NULL)
        abort();
    return fresh;
}

void test_area_free(test_area *area)
{
    free(area->xy);
    free(area->ring_ends);
    free(area->part_ends);
    *area = (test_area){0};
}

void test_area_ring(test_area *area, bool hole, const double *xy, size_t count)
{
    area->xy = grown(area->xy, area->points + count + 1, 2 * sizeof *xy);
    memcpy(area->xy + 2 * area->points, xy, 2 * count * sizeof *xy);
    memcpy(area->xy + 2 * (area->points + count), xy, 2 * sizeof *xy);
    area->points += count + 1;
    area->ring_ends = grown(area->ring_ends, area->rings + 1, sizeof *area->ring_ends);
    area->ring_ends[area->rings++] = area->points;
    if (!hole) {
        area->part_ends = grown(area->part_ends, area->parts + 1, sizeof *area->part_ends);
        area->parts++;
    }
    area->part_ends[area->parts - 1] = area->rings;
}

void test_area_box(test_area *area, bool hole, double x0, double y0, double x1, double y1)
{
    test_area_ring(area, hole, (double[]){x0, y0, x1, y0, x1, y1, x0, y1}, 4);
}

void test_area_round(test_area *area, bool hole, double x, double y, double radius, size_t count)
{
    double *xy = grown(NULL, count, 2 * sizeof *xy);
    for (size_t i = 0; i < count; i++) {
        double angle = 2 * M_PI * (double)i / (double)count;
        xy[2 * i] = x + radius * cos(angle);
        xy[2 * i + 1] = y + radius * sin(angle);
    }
    test_area_ring(area, hole, xy, count);
    free(xy);
}

static uint8_t *put(uint8_t *at, const void *value, size_t size)
{
    memcpy(at, value, size);
    return at + size;
}

static uint8_t *put_head(uint8_t *at, uint32_t type, size_t count)
{
    uint32_t number = (uint32_t)count;
    *at++ = 1;
    return put(put(at, &type, 4), &number, 4);
}

uint8_t *test_area_wkb(const test_area *area, size_t *size)
{
    uint8_t *wkb = grown(NULL, 9 + 9 * area->parts + 4 * area->rings + 16 * area->points, 1);
    uint8_t *at = wkb;
    if (area->parts != 1)
        at = put_head(at, 6, area->parts);
    for (size_t p = 0, r = 0, from = 0; p < area->parts; p++) {
        at = put_head(at, 3, area->part_ends[p] - r);
        for (; r < area->part_ends[p]; from = area->ring_ends[r++]) {
            uint32_t points = (uint32_t)(area->ring_ends[r] - from);
            at = put(at, &points, 4);
            at = put(at, area->xy + 2 * from, 16 * (size_t)points);
        }
    }
    *size = (size_t)(at - wkb);
    return wkb;
}

static wanmi_status checked(const char *what, wanmi_status status, const wanmi_error *error)
{
    if (status != WANMI_OK && status != WANMI_E_MEMORY)
        stop(what, error);
    return status;
}

wanmi_status test_add_layer(wanmi_map_builder *builder, const char *name, wanmi_layer_kind kind,
                            int level, const char *parent)
{
    wanmi_error error;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = kind;
    def.level = level;
    def.parent = parent;
    return checked(name, wanmi_map_builder_layer(builder, &def, &error), &error);
}

wanmi_status test_add_area(wanmi_map_builder *builder, const char *layer, const char *code,
                           const char *parent, int64_t from_us, int64_t to_us, test_area *area)
{
    wanmi_error error;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    uint8_t *wkb = test_area_wkb(area, &def.wkb_size);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    def.valid_from_us = from_us;
    def.valid_to_us = to_us;
    def.wkb = wkb;
    wanmi_status status = checked(code, wanmi_map_builder_area(builder, &def, &error), &error);
    free(wkb);
    test_area_free(area);
    return status;
}

wanmi_status test_add_box(wanmi_map_builder *builder, const char *layer, const char *code,
                          const char *parent, double x0, double y0, double x1, double y1)
{
    test_area area = {0};
    test_area_box(&area, false, x0, y0, x1, y1);
    return test_add_area(builder, layer, code, parent, WANMI_TIME_NONE, WANMI_TIME_NONE, &area);
}

static wanmi_status open_named(const wanmi_host *host, double snap_m, const char *uuid,
                               uint32_t generation, wanmi_map_builder **builder)
{
    wanmi_error error;
    wanmi_status status = checked("builder", wanmi_map_builder_create(host, builder, &error), &error);
    if (status != WANMI_OK)
        return status;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.title = "invented";
    meta.crs = "EPSG:4548";
    meta.snap_m = snap_m;
    meta.uuid = uuid;
    meta.generation = generation;
    status = checked("meta", wanmi_map_builder_meta(*builder, &meta, &error), &error);
    if (status != WANMI_OK)
        wanmi_map_builder_free(*builder);
    return status;
}

wanmi_status test_open_builder(const wanmi_host *host, double snap_m, wanmi_map_builder **builder)
{
    return open_named(host, snap_m, NULL, 1, builder);
}

wanmi_map *test_close_builder(wanmi_map_builder *builder)
{
    wanmi_error error;
    wanmi_map *map = NULL;
    checked("build", wanmi_map_build(builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(builder);
    return map;
}

/* ---- a seeded city ------------------------------------------------------------ */

/* Rows are kept until all are drawn, then given in a shuffled order. */
typedef struct row {
    const char *layer;
    char code[24], parent[24];
    int64_t from_us, to_us;
    test_area area;
} row;

typedef struct drawing {
    const test_city *city;
    test_random random;
    row *rows;
    size_t count;
    uint32_t *codes;            /* a permutation: codes say nothing of the place */
} drawing;

static const double WIDTH = 100.1, ORIGIN_X = 499321.7, ORIGIN_Y = 4399217.3;

static row *add_row(drawing *d, const char *layer, const char *parent_format, uint32_t parent)
{
    d->rows = grown(d->rows, d->count + 1, sizeof *d->rows);
    row *r = &d->rows[d->count++];
    *r = (row){.layer = layer, .from_us = WANMI_TIME_NONE, .to_us = WANMI_TIME_NONE};
    if (parent_format != NULL)
        snprintf(r->parent, sizeof r->parent, parent_format, parent);
    return r;
}

static bool lucky(drawing *d, double chance)
{
    return test_uniform(&d->random, 0, 1) < chance;
}

/* Noise that belongs to a node of the fine lattice, so that both cells beside it
 * see the same point. */
static void node(const drawing *d, uint32_t salt, double width, double jitter, uint32_t column,
                 uint32_t line, uint32_t steps, double *xy)
{
    test_random random = {d->city->seed * 977 + salt * 7919 + column * 104729u + line * 1299709u};
    test_next(&random);
    xy[0] = ORIGIN_X + width * column / steps + test_uniform(&random, -jitter, jitter);
    xy[1] = ORIGIN_Y + width * line / steps + test_uniform(&random, -jitter, jitter);
}

static void draw_wiggly(drawing *d, test_area *area, uint32_t salt, double width, double jitter,
                        uint32_t column, uint32_t line)
{
    static const int step_x[] = {1, 0, -1, 0}, step_y[] = {0, 1, 0, -1};
    uint32_t steps = d->city->bends + 1, count = 0;
    double *xy = grown(NULL, (size_t)4 * steps, 2 * sizeof *xy);
    uint32_t x = column * steps, y = line * steps;
    for (int edge = 0; edge < 4; edge++) {
        for (uint32_t i = 0; i < steps; i++) {
            node(d, salt, width, jitter / steps, x, y, steps, xy + (size_t)2 * count++);
            x += (uint32_t)step_x[edge];
            y += (uint32_t)step_y[edge];
        }
    }
    test_area_ring(area, false, xy, count);
    free(xy);
}

static void draw_hole(drawing *d, row *cell, uint32_t number, double x, double y)
{
    char parent[24];
    strcpy(parent, cell->parent);
    size_t corners = 3 + test_below(&d->random, 9);
    test_area_round(&cell->area, true, x, y, 18, corners);
    row *filling = add_row(d, "cell", NULL, 0);
    strcpy(filling->parent, parent);
    snprintf(filling->code, sizeof filling->code, "h%06u", number);
    test_area_round(&filling->area, false, x, y, 18, corners);
    if (test_below(&d->random, 2) == 0)     /* a second part, far away or touching at a point */
        test_area_box(&filling->area, false, x - 18, y + 2000, x + 18, y + 2020);
}

/* Three versions: as drawn, a triangle, as drawn but cut away above. */
static void draw_versions(drawing *d, row *cell, double x, double y)
{
    row first = *cell;
    cell->to_us = TEST_T1;
    row *second = add_row(d, "cell", NULL, 0);
    *second = first;
    second->area = (test_area){0};
    second->from_us = TEST_T1;
    second->to_us = TEST_T2;
    test_area_round(&second->area, false, x, y, 45, 3);
    row *third = add_row(d, "cell", NULL, 0);
    *third = first;
    third->area = (test_area){0};
    third->from_us = TEST_T2;
    test_area_box(&third->area, false, x - 50, y - 50, x + 50, y + 10);
}

static void draw_cell(drawing *d, uint32_t column, uint32_t line)
{
    const test_city *city = d->city;
    uint32_t number = d->codes[line * city->side + column];
    double x = ORIGIN_X + WIDTH * (column + 0.5), y = ORIGIN_Y + WIDTH * (line + 0.5);
    bool dropped = lucky(d, city->drop), blown = lucky(d, city->overlap);
    bool holed = lucky(d, city->hole), versions = lucky(d, city->version);
    if (dropped)
        return;
    row *cell = add_row(d, "cell", "m%u", line / 3 * 1000 + column / 3);
    snprintf(cell->code, sizeof cell->code, "c%06u", number);
    if (blown)
        test_area_round(&cell->area, false, x, y, 80, 5);
    else
        draw_wiggly(d, &cell->area, 0, WIDTH, city->jitter_m, column, line);
    if (holed)
        draw_hole(d, cell, number, x, y);   /* moves the rows: `cell` is gone */
    else if (versions)
        draw_versions(d, cell, x, y);
}

static void draw_coarse(drawing *d, const char *layer, const char *format, const char *parent,
                        uint32_t times, uint32_t parent_times)
{
    uint32_t side = (d->city->side + times - 1) / times;
    for (uint32_t line = 0; line < side; line++) {
        for (uint32_t column = 0; column < side; column++) {
            uint32_t up = times * line / parent_times * 1000 + times * column / parent_times;
            row *r = add_row(d, layer, parent, up);
            snprintf(r->code, sizeof r->code, format, line * 1000 + column);
            /* Another jitter than the cells': borders cross cells on purpose. */
            draw_wiggly(d, &r->area, times, WIDTH * times, d->city->jitter_m, column, line);
        }
    }
}

static void draw_places(drawing *d)
{
    double extent = WIDTH * d->city->side;
    for (uint32_t i = 0; i < d->city->places; i++) {
        row *r = add_row(d, "place", NULL, 0);
        snprintf(r->code, sizeof r->code, "p%u", i);
        double x = ORIGIN_X + test_uniform(&d->random, 0, extent);
        double y = ORIGIN_Y + test_uniform(&d->random, 0, extent);
        double radius = test_uniform(&d->random, 5, extent / 4);
        test_area_round(&r->area, false, x, y, radius, 3 + test_below(&d->random, 62));
        if (i % 3 == 0)
            test_area_round(&r->area, true, x, y, radius / 4, 7);
        if (i % 5 == 0)
            r->from_us = TEST_T1;
    }
}

static void shuffle(drawing *d)
{
    test_random random = {d->city->shuffle};
    for (size_t i = d->count; i > 1 && d->city->shuffle != 0; i--) {
        size_t other = test_below(&random, (uint32_t)i);
        row swap = d->rows[i - 1];
        d->rows[i - 1] = d->rows[other];
        d->rows[other] = swap;
    }
}

static wanmi_status add_layers(wanmi_map_builder *builder, uint64_t order)
{
    static const struct { const char *name, *parent; wanmi_layer_kind kind; int level; } layers[] = {
        {"street", "", WANMI_PARTITION, 2},   {"community", "street", WANMI_PARTITION, 1},
        {"cell", "community", WANMI_PARTITION, 0}, {"place", "", WANMI_OVERLAY, 1},
        {"bureau", "", WANMI_PARTITION, 3}};
    wanmi_status status = WANMI_OK;
    for (uint64_t i = 0; i < 5 && status == WANMI_OK; i++) {
        uint64_t l = (i + order) % 5;
        status = test_add_layer(builder, layers[l].name, layers[l].kind, layers[l].level,
                                layers[l].parent);
    }
    return status;
}

static void draw(drawing *d)
{
    uint32_t cells = d->city->side * d->city->side;
    d->codes = grown(NULL, cells, sizeof *d->codes);
    for (uint32_t i = 0; i < cells; i++) {
        uint32_t other = test_below(&d->random, i + 1);
        d->codes[i] = i;
        uint32_t swap = d->codes[i];
        d->codes[i] = d->codes[other];
        d->codes[other] = swap;
    }
    for (uint32_t i = 0; i < cells; i++)
        draw_cell(d, i % d->city->side, i / d->city->side);
    draw_coarse(d, "community", "m%u", "s%u", 3, 9);
    draw_coarse(d, "street", "s%u", NULL, 9, 1);
    draw_coarse(d, "bureau", "b%u", NULL, 5, 1);
    draw_places(d);
    shuffle(d);
}

wanmi_map *test_make_city(const test_city *city, const wanmi_host *host)
{
    drawing d = {.city = city, .random = {city->seed}};
    draw(&d);
    wanmi_map_builder *builder = NULL;
    wanmi_status status = open_named(host, city->snap_m, city->uuid,
                                     city->generation != 0 ? city->generation : 1, &builder);
    if (status == WANMI_OK)
        status = add_layers(builder, city->shuffle);
    for (size_t i = 0; i < d.count; i++) {
        row *r = &d.rows[i];
        if (status == WANMI_OK)
            status = test_add_area(builder, r->layer, r->code, r->parent, r->from_us, r->to_us,
                                   &r->area);
        test_area_free(&r->area);
    }
    free(d.rows);
    free(d.codes);
    return status == WANMI_OK ? test_close_builder(builder) : NULL;
}

/* ---- points ------------------------------------------------------------------- */

static double offset_of(test_random *random)
{
    double size = pow(10, test_uniform(random, -10, -2));
    return test_below(random, 2) != 0 ? size : -size;
}

static double ulp_around(test_random *random, double value)
{
    uint32_t way = test_below(random, 3);
    return way == 0 ? value : nextafter(value, way == 1 ? -INFINITY : INFINITY);
}

static void uniform_point(test_random *random, const wanmi_map *map, double margin_m, double *x,
                          double *y)
{
    wanmi_area_info info;
    double min_x = INFINITY, min_y = INFINITY, max_x = -INFINITY, max_y = -INFINITY;
    for (uint32_t i = 0; i < wanmi_map_area_count(map); i++) {
        wanmi_map_area(map, i, &info);
        min_x = fmin(min_x, info.min_x), max_x = fmax(max_x, info.max_x);
        min_y = fmin(min_y, info.min_y), max_y = fmax(max_y, info.max_y);
    }
    *x = test_uniform(random, min_x - margin_m, max_x + margin_m);
    *y = test_uniform(random, min_y - margin_m, max_y + margin_m);
}

void test_point_near(test_random *random, const wanmi_map *map, int kind, double margin_m,
                     double *x, double *y)
{
    if (kind == 6) {
        uniform_point(random, map, margin_m, x, y);
        return;
    }
    wanmi_area_rings rings;
    wanmi_map_area_rings(map, test_below(random, wanmi_map_area_count(map)), &rings);
    uint32_t r = test_below(random, rings.ring_count);
    uint32_t at = rings.points[r] + test_below(random, rings.points[r + 1] - rings.points[r] - 1);
    const double *a = rings.xy + 2 * (size_t)at, *b = a + 2;
    double t = kind == 2 ? 0.5 : test_uniform(random, 0, 1);
    double dx = b[0] - a[0], dy = b[1] - a[1], length = hypot(dx, dy);
    *x = a[0];
    *y = a[1];
    if (kind == 1) {
        *x = ulp_around(random, a[0]);
        *y = ulp_around(random, a[1]);
    } else if (kind == 5) {
        *x += offset_of(random);
        *y += offset_of(random);
    } else if (kind >= 2) {
        double aside = kind == 4 ? offset_of(random) / length : 0;
        *x = a[0] + t * dx - aside * dy;
        *y = a[1] + t * dy + aside * dx;
    }
}
