/* See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <geos_c.h>

enum { COLUMNS = 10, LINES = 20 };          /* communities */

static const double ORIGIN_X = 446000, ORIGIN_Y = 4410000, EXTENT_X = 7000, EXTENT_Y = 14500;

static void check(wanmi_status status, const wanmi_error *error)
{
    if (status == WANMI_OK)
        return;
    fprintf(stderr, "bench: %s\n", error->message);
    exit(1);
}

void *bench_memory(size_t size)
{
    void *block = malloc(size);
    if (block == NULL) {
        fprintf(stderr, "bench: no memory for %zu bytes\n", size);
        exit(1);
    }
    return block;
}

static uint64_t next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

double bench_uniform(uint64_t *state, double low, double high)
{
    return low + (high - low) * ((double)(next(state) >> 11) * 0x1p-53);
}

typedef struct maker {
    wanmi_map_builder *builder;
    GEOSContextHandle_t geos;
    GEOSWKBWriter *writer;
} maker;

static void add_layer(maker *m, const char *name, int32_t level, const char *parent)
{
    wanmi_error error;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = WANMI_PARTITION;
    def.level = level;
    def.parent = parent;
    check(wanmi_map_builder_layer(m->builder, &def, &error), &error);
}

static void add_area(maker *m, const char *layer, const char *code, const char *parent,
                     const GEOSGeometry *shape)
{
    wanmi_error error;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = layer;
    def.code = code;
    def.parent = parent;
    unsigned char *wkb = GEOSWKBWriter_write_r(m->geos, m->writer, shape, &def.wkb_size);
    def.wkb = wkb;
    check(wanmi_map_builder_area(m->builder, &def, &error), &error);
    GEOSFree_r(m->geos, wkb);
}

/* A point of a fine lattice moved by noise of its own, the same from every side. */
static void node(uint64_t salt, double width, double height, double jitter, unsigned steps,
                 unsigned x, unsigned y, double *xy)
{
    uint64_t state = salt * 1000003 + (uint64_t)x * 7919 * 104729 + y;
    next(&state);
    xy[0] = ORIGIN_X + width * x / steps + bench_uniform(&state, -jitter, jitter);
    xy[1] = ORIGIN_Y + height * y / steps + bench_uniform(&state, -jitter, jitter);
}

static GEOSGeometry *wiggly(maker *m, uint64_t salt, double width, double height, double jitter,
                            unsigned steps, unsigned column, unsigned line)
{
    static const int step_x[] = {1, 0, -1, 0}, step_y[] = {0, 1, 0, -1};
    unsigned x = column * steps, y = line * steps, count = 4 * steps;
    double *xy = bench_memory((count + 1) * 2 * sizeof *xy);
    for (unsigned i = 0; i < count; i++) {
        node(salt, width, height, jitter, steps, x, y, xy + 2 * (size_t)i);
        x += (unsigned)step_x[i / steps];
        y += (unsigned)step_y[i / steps];
    }
    memcpy(xy + 2 * (size_t)count, xy, 2 * sizeof *xy);
    GEOSCoordSequence *sequence = GEOSCoordSeq_copyFromBuffer_r(m->geos, xy, count + 1, 0, 0);
    free(xy);
    return GEOSGeom_createPolygon_r(m->geos, GEOSGeom_createLinearRing_r(m->geos, sequence), NULL, 0);
}

static GEOSGeometry *square(maker *m, double x0, double y0, double x1, double y1)
{
    double xy[10] = {x0, y0, x1, y0, x1, y1, x0, y1, x0, y0};
    GEOSCoordSequence *sequence = GEOSCoordSeq_copyFromBuffer_r(m->geos, xy, 5, 0, 0);
    return GEOSGeom_createPolygon_r(m->geos, GEOSGeom_createLinearRing_r(m->geos, sequence), NULL, 0);
}

static int is_area(maker *m, const GEOSGeometry *shape)
{
    double size = 0;
    int type = GEOSGeomTypeId_r(m->geos, shape);
    return (type == GEOS_POLYGON || type == GEOS_MULTIPOLYGON) &&
           GEOSArea_r(m->geos, shape, &size) == 1 && size > 1;
}

/* The lattice squares of one community, cut at its border. */
static void cut_lattice(maker *m, const GEOSGeometry *community, const char *community_code)
{
    static const double SIDE = 100;
    double x0, y0, x1, y1;
    unsigned sequence = 0;
    GEOSGeom_getXMin_r(m->geos, community, &x0);
    GEOSGeom_getYMin_r(m->geos, community, &y0);
    GEOSGeom_getXMax_r(m->geos, community, &x1);
    GEOSGeom_getYMax_r(m->geos, community, &y1);
    for (double y = ORIGIN_Y + SIDE * floor((y0 - ORIGIN_Y) / SIDE); y < y1; y += SIDE) {
        for (double x = ORIGIN_X + SIDE * floor((x0 - ORIGIN_X) / SIDE); x < x1; x += SIDE) {
            char code[32];
            GEOSGeometry *box = square(m, x, y, x + SIDE, y + SIDE);
            GEOSGeometry *piece = GEOSIntersection_r(m->geos, box, community);
            if (is_area(m, piece)) {
                snprintf(code, sizeof code, "%s%03u", community_code, ++sequence);
                add_area(m, "cell", code, community_code, piece);
            }
            GEOSGeom_destroy_r(m->geos, piece);
            GEOSGeom_destroy_r(m->geos, box);
        }
    }
}

static void make_communities(maker *m, int with_lattice)
{
    double width = EXTENT_X / COLUMNS, height = EXTENT_Y / LINES;
    for (unsigned i = 0; i < COLUMNS * LINES; i++) {
        char code[16];
        GEOSGeometry *shape = wiggly(m, 1, width, height, 12, 24, i % COLUMNS, i / COLUMNS);
        snprintf(code, sizeof code, "110101%03u", i + 1);
        add_area(m, "community", code, "", shape);
        if (with_lattice)
            cut_lattice(m, shape, code);
        GEOSGeom_destroy_r(m->geos, shape);
    }
}

static void make_irregular(maker *m)
{
    enum { WIDE = 69, HIGH = 145, STEPS = 10 };
    for (unsigned i = 0; i < WIDE * HIGH; i++) {
        char code[32], parent[16];
        unsigned column = i % WIDE, line = i / WIDE;
        GEOSGeometry *shape = wiggly(m, 2, EXTENT_X / WIDE, EXTENT_Y / HIGH, 4, STEPS, column, line);
        unsigned community = line * LINES / HIGH * COLUMNS + column * COLUMNS / WIDE;
        snprintf(parent, sizeof parent, "110101%03u", community + 1);
        snprintf(code, sizeof code, "%s%06u", parent, i);
        add_area(m, "cell", code, parent, shape);
        GEOSGeom_destroy_r(m->geos, shape);
    }
}

wanmi_map *bench_make_map(const char *workload)
{
    wanmi_error error;
    maker m = {.geos = GEOS_init_r()};
    m.writer = GEOSWKBWriter_create_r(m.geos);
    check(wanmi_map_builder_create(NULL, &m.builder, &error), &error);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.title = workload;
    meta.crs = "EPSG:4548";
    check(wanmi_map_builder_meta(m.builder, &meta, &error), &error);
    add_layer(&m, "cell", 0, "community");
    add_layer(&m, "community", 1, "");
    int irregular = strcmp(workload, "W2") == 0;
    make_communities(&m, !irregular);
    if (irregular)
        make_irregular(&m);
    wanmi_map *map = NULL;
    check(wanmi_map_build(m.builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(m.builder);
    GEOSWKBWriter_destroy_r(m.geos, m.writer);
    GEOS_finish_r(m.geos);
    return map;
}

void bench_uniform_points(wanmi_map *map, uint64_t seed, size_t count, double *lon, double *lat)
{
    wanmi_error error;
    wanmi_transform *transform = NULL;
    uint8_t *reasons = bench_memory(count);
    for (size_t i = 0; i < count; i++) {
        lon[i] = bench_uniform(&seed, ORIGIN_X, ORIGIN_X + EXTENT_X);
        lat[i] = bench_uniform(&seed, ORIGIN_Y, ORIGIN_Y + EXTENT_Y);
    }
    check(wanmi_transform_create(wanmi_map_crs(map), &transform, &error), &error);
    check(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, count, lon, 0, lat, 0, lon, lat,
                                  reasons, &error), &error);
    wanmi_transform_free(transform);
    free(reasons);
}
