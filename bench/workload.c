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

/* ---- people --------------------------------------------------------------------------------- */

enum { ROLES = 7, CLASSES = 200 };
static const char *const roles[ROLES] = {"keeper", "police", "fire", "medic", "warden", "party", "volunteer"};

static void add_unit(maker *m, const char *code, const char *parent)
{
    wanmi_error error;
    wanmi_unit_def def;
    wanmi_unit_def_init(&def);
    def.code = code;
    def.name = code;
    def.parent = parent;
    bench_must(wanmi_map_builder_unit(m->builder, &def, &error), &error);
}

/* A unit of every role in every community. */
static void add_duties(maker *m)
{
    const workload *w = m->load;
    wanmi_error error;
    add_unit(m, "CENTRE", "");
    for (unsigned i = 0; i < w->columns * w->lines; i++) {
        char area[32], unit[64];
        snprintf(area, sizeof area, "110101%04u", i + 1);
        for (unsigned r = 0; r < ROLES; r++) {
            wanmi_duty_def def;
            wanmi_duty_def_init(&def);
            snprintf(unit, sizeof unit, "%s-%s", roles[r], area);
            add_unit(m, unit, "CENTRE");
            def.layer = "community";
            def.area = area;
            def.role = roles[r];
            def.unit = unit;
            bench_must(wanmi_map_builder_duty(m->builder, &def, &error), &error);
        }
    }
}

static void add_rule(maker *m, int32_t seq, unsigned class_number, const char *role, int copy)
{
    char class_text[16];
    wanmi_error error;
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    snprintf(class_text, sizeof class_text, "%03u", class_number);
    def.seq = seq;
    def.class_prefix = class_text;
    def.role = role;
    def.at_layer = "community";
    def.copy = copy;
    def.priority = copy ? 7 : class_number % 10 == 0 ? 1 : -1;
    def.tag = class_number % 10 == 0 ? "urgent" : "";
    bench_must(wanmi_map_builder_rule(m->builder, &def, &error), &error);
}

/* One delivery for each class, and a copy for every second. */
static void add_people(maker *m)
{
    add_duties(m);
    for (unsigned i = 0; i < CLASSES; i++) {
        add_rule(m, (int32_t)(2 * i + 1), i, roles[i % ROLES], 0);
        if (i % 2 == 0)
            add_rule(m, (int32_t)(2 * i + 2), i, roles[(i + 1) % ROLES], 1);
    }
}

/* ---- events ----------------------------------------------------------------------------------- */

static double width_of(const char *name, double *height)
{
    size_t i = 0;
    while (strcmp(workloads[i].name, name) != 0)
        i++;
    *height = workloads[i].height;
    return workloads[i].width;
}

void bench_manned_events(const char *name, const wanmi_map *map, wanmi_words *words, uint64_t seed,
                         wanmi_event *events, size_t count)
{
    static const int64_t begins_us = INT64_C(1704067200000000), year_us = INT64_C(366) * 86400 * 1000000;
    wanmi_error error;
    uint32_t classes[CLASSES];
    double height, width = width_of(name, &height);
    wanmi_transform *transform = NULL;
    bench_must(wanmi_transform_create(wanmi_map_crs(map), &transform, &error), &error);
    for (unsigned i = 0; i < CLASSES; i++) {
        char text[16];
        bench_must(wanmi_words_number(words, text, (size_t)snprintf(text, sizeof text, "%03u", i), &classes[i],
                                      &error), &error);
    }
    for (size_t i = 0; i < count; i++) {
        double x = ORIGIN_X + bench_uniform(&seed, 0, width), y = ORIGIN_Y + bench_uniform(&seed, 0, height);
        uint8_t reason;
        events[i] = (wanmi_event){.id = i, .user = bench_next(&seed),
                                  .time_us = begins_us + (int64_t)(bench_next(&seed) % (uint64_t)year_us),
                                  .class_id = classes[bench_next(&seed) % CLASSES], .source_id = WANMI_NONE,
                                  .datum = WANMI_DATUM_WGS84, .severity = (uint8_t)bench_next(&seed)};
        bench_must(wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, 1, &x, 0, &y, 0, &events[i].x,
                                           &events[i].y, &reason, &error), &error);
    }
    wanmi_transform_free(transform);
}

/* ---- the map ---------------------------------------------------------------------------------- */

int bench_is_workload(const char *name)
{
    for (size_t i = 0; i < sizeof workloads / sizeof *workloads; i++)
        if (strcmp(workloads[i].name, name) == 0)
            return 1;
    return 0;
}

static wanmi_map *make_map(const char *name, const wanmi_host *host, uint32_t generation)
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
    meta.generation = generation != 0 ? generation : 1;
    meta.fallback_unit = generation != 0 ? "CENTRE" : "";
    bench_must(wanmi_map_builder_meta(m.builder, &meta, &error), &error);
    add_layer(&m, "cell", 0, "community");
    add_layer(&m, "community", 1, "");
    make_communities(&m);
    if (m.load->wide > 0)
        make_irregular(&m);
    if (generation != 0)
        add_people(&m);
    wanmi_map *map = NULL;
    bench_must(wanmi_map_build(m.builder, NULL, &map, &error), &error);
    wanmi_map_builder_free(m.builder);
    GEOSWKBWriter_destroy_r(m.geos, m.writer);
    GEOS_finish_r(m.geos);
    return map;
}

wanmi_map *bench_make_map(const char *name, const wanmi_host *host)
{
    return make_map(name, host, 0);
}

wanmi_map *bench_make_manned_map(const char *name, const wanmi_host *host, uint32_t generation)
{
    return make_map(name, host, generation);
}
