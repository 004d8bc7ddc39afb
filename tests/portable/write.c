/* write FILE: rounds of questions to the portable kernels, with their answers. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "crs/chart.h"
#include "file.h"
#include "shapes.h"

enum { POSITIONS = 40 * WM_BLOCK - 7, ROOM = 40 * WM_BLOCK };

static void put(FILE *file, const void *items, size_t size)
{
    if (size > 0 && fwrite(items, size, 1, file) != 1) {
        perror("write");
        exit(2);
    }
}

static void must(wanmi_status status)
{
    if (status != WANMI_OK) {
        fprintf(stderr, "write: %s\n", wanmi_status_name(status));
        exit(2);
    }
}

static void draw(const wanmi_map *map, test_random *random, double *xs, double *ys)
{
    static const double strange[] = {NAN, INFINITY, -INFINITY, 0, -0.0, 1e308, -1e308, 5e-324, 4294967296.0};
    for (size_t i = 0; i < ROOM; i++) {
        test_point_near(random, map, (int)(i % TEST_POINT_KINDS), 300, &xs[i], &ys[i]);
        if (i % 50 == 0)
            xs[i] = strange[test_below(random, sizeof strange / sizeof *strange)];
        if (i % 70 == 0)
            ys[i] = strange[test_below(random, sizeof strange / sizeof *strange)];
    }
}

/* One box of degrees, asked all over. */
static void put_chart(FILE *file, const wanmi_chart_view *view, test_random *random)
{
    static double lon[POSITIONS], lat[POSITIONS], xs[POSITIONS], ys[POSITIONS];
    for (size_t i = 0; i < POSITIONS; i++) {
        lon[i] = test_uniform(random, view->west, view->east);
        lat[i] = test_uniform(random, view->south, view->north);
    }
    wm_chart_portable.evaluate(view->boxes, view->degree, POSITIONS, lon, lat, xs, ys);
    put(file, view->boxes, view->stride * sizeof *view->boxes);
    put(file, lon, sizeof lon);
    put(file, lat, sizeof lat);
    put(file, xs, sizeof xs);
    put(file, ys, sizeof ys);
}

static void put_round(FILE *file, const test_city *city, uint32_t degree)
{
    static wm_scratch scratch;
    static double xs[ROOM], ys[ROOM];
    static uint32_t labels[ROOM];
    static portable_stop stops[POSITIONS];
    wanmi_map *map = test_make_city(city, NULL);
    wanmi_index *index = NULL;
    wanmi_chart *chart = NULL;
    wanmi_chart_options options;
    wanmi_chart_view view;
    test_random random = {city->seed};
    must(wanmi_index_create(map, NULL, &index, NULL));
    wanmi_chart_options_init(&options);
    options.degree = degree;
    options.bound_m = 1e6;      /* one box, whatever the degree */
    must(wanmi_chart_create(wanmi_map_crs(map), WANMI_DATUM_WGS84, 116.9, 39.7, 117.1, 39.9, &options, NULL,
                            &chart, NULL));
    wanmi_chart_view_init(&view);
    must(wanmi_chart_view_of(chart, &view, NULL));
    draw(map, &random, xs, ys);
    const wm_compiled *c = index->compiled;
    portable_head head = {PORTABLE_MAGIC, c->plane, c->reach_x, c->reach_y, c->rim_x, c->rim_y, c->strip,
                          c->block_bits, c->block_columns, c->block_rows, c->block_count, view.degree,
                          view.stride, POSITIONS, c->tiles_size, c->tree_count};
    portable_ask(c, &scratch, xs, ys, POSITIONS, labels, stops);
    put(file, &head, sizeof head);
    put(file, c->blocks, (size_t)c->block_columns * c->block_rows * sizeof *c->blocks);
    put(file, c->tiles, c->tiles_size);
    put(file, c->trees, c->tree_count * sizeof *c->trees);
    put(file, xs, sizeof xs);
    put(file, ys, sizeof ys);
    put(file, labels, POSITIONS * sizeof *labels);
    put(file, stops, sizeof stops);
    put_chart(file, &view, &random);
    wanmi_chart_release(chart);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "usage: write FILE\n");
        return 2;
    }
    put_round(file, &(test_city){.seed = 1, .side = 12, .jitter_m = 30, .bends = 4, .drop = 0.1,
                                 .overlap = 0.1, .hole = 0.1, .places = 20}, 3);
    put_round(file, &(test_city){.seed = 2, .side = 20, .version = 0.3, .snap_m = 20, .drop = 0.2}, 5);
    put_round(file, &(test_city){.seed = 3, .side = 3, .jitter_m = 20, .bends = 60}, 8);
    return fclose(file) == 0 ? 0 : 2;
}
