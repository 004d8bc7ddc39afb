/* See workload.h. */
#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <geos_c.h>

#include "support.h"

static const double ORIGIN_X = 446000, ORIGIN_Y = 4410000;

typedef struct workload {
    const char *name;
    double width, height;           /* metres */
    unsigned columns, lines;        /* of communities */
    unsigned wide, high;            /* irregular cells; 0: the lattice */
} workload;

static const workload workloads[] = {
    {"W1", 7000, 14500, 10, 20, 0, 0},
    {"W2", 7000, 14500, 10, 20, 69, 145},
    {"W3", 45000, 45000, 64, 62, 0, 0},
    {"W4", 45000, 45000, 64, 62, 453, 456},
};

typedef struct maker {
    const workload *load;
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
    bench_must(wanmi_map_builder_layer(m->builder, &def, &error), &error);
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
    bench_must(wanmi_map_builder_area(m->builder, &def, &error), &error);
    GEOSFree_r(m->geos, wkb);
}

/* A point of a fine lattice moved by noise of its own, the same from every side. */
static void node(uint64_t salt, double width, double height, double jitter, unsigned steps,
                 unsigned x, unsigned y, double *xy)
{
    uint64_t state = salt * 1000003 + (uint64_t)x * 7919 * 104729 + y;
    bench_next(&state);
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
            char code[64];
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

static void make_communities(maker *m)
{
    const workload *w = m->load;
    double width = w->width / w->columns, height = w->height / w->lines;
    for (unsigned i = 0; i < w->columns * w->lines; i++) {
        char code[32];
        GEOSGeometry *shape = wiggly(m, 1, width, height, 12, 24, i % w->columns, i / w->columns);
        snprintf(code, sizeof code, "110101%04u", i + 1);
        add_area(m, "community", code, "", shape);
        if (w->wide == 0)
            cut_lattice(m, shape, code);
        GEOSGeom_destroy_r(m->geos, shape);
    }
}

static void make_irregular(maker *m)
{
    enum { STEPS = 10 };
    const workload *w = m->load;
    for (unsigned i = 0; i < w->wide * w->high; i++) {
        char code[64], parent[32];
        unsigned column = i % w->wide, line = i / w->wide;
        GEOSGeometry *shape = wiggly(m, 2, w->width / w->wide, w->height / w->high, 4, STEPS, column, line);
        unsigned community = line * w->lines / w->high * w->columns + column * w->columns / w->wide;
        snprintf(parent, sizeof parent, "110101%04u", community + 1);
        snprintf(code, sizeof code, "%s%06u", parent, i);
        add_area(m, "cell", code, parent, shape);
        GEOSGeom_destroy_r(m->geos, shape);
    }
}

int bench_is_workload(const char *name)
{
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return 1;
    return 0;
}

wanmi_map *bench_make_map(const char *name, const wanmi_host *host)
{
    wanmi_error error;
    maker m = {.geos = GEOS_init_r()};
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        if (strcmp(workloads[i].name, name) == 0)
            m.load = &workloads[i];
    if (m.load == NULL)
        bench_die("there is no workload %s", name);
    m.writer = GEOSWKBWriter_create_r(m.geos);
    bench_must(wanmi_map_builder_create(host, &m.builder, &error), &error);
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.title = name;
    meta.crs = "EPSG:4548";
    bench_must(wanmi_map_builder_meta(m.builder, &meta, &error), &error);
    add_layer(&m, "cell", 0, "community");
    add_layer(&m, "community", 1, "");
    make_communities(&m);
    if (m.load->wide > 0)
        make_irregular(&m);
    wanmi_map *map = NULL;
    bench_must(wanmi_map_build(m.builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(m.builder);
    GEOSWKBWriter_destroy_r(m.geos, m.writer);
    GEOS_finish_r(m.geos);
    return map;
}
