/* Areas drawn by hand or by a seed, and maps made of them by the API.
 *
 * A test that wants to know an answer must know the polygons apart from the
 * library, so the rings are kept here as they were drawn.
 */
#ifndef WM_SHAPES_H
#define WM_SHAPES_H

#include "support.h"

/* A (multi)polygon while it is drawn. Zero it first. */
typedef struct test_area {
    double *xy;
    size_t *ring_ends;          /* points up to the end of each ring */
    size_t *part_ends;          /* rings up to the end of each part */
    size_t points, rings, parts;
} test_area;

void test_area_free(test_area *area);
/* Adds a ring of `count` points (closed for you). `hole`: of the last part;
 * otherwise it opens a new part. */
void test_area_ring(test_area *area, bool hole, const double *xy, size_t count);
void test_area_box(test_area *area, bool hole, double x0, double y0, double x1, double y1);
/* A round hole or part of `count` points. */
void test_area_round(test_area *area, bool hole, double x, double y, double radius, size_t count);
/* WKB of it; free() it. */
uint8_t *test_area_wkb(const test_area *area, size_t *size);

/* Adding to a builder; each ends the process with the library's words if it is
 * refused, unless the status may be refused for want of memory: it is returned. */
wanmi_status test_add_layer(wanmi_map_builder *builder, const char *name, wanmi_layer_kind kind,
                            int level, const char *parent);
wanmi_status test_add_area(wanmi_map_builder *builder, const char *layer, const char *code,
                           const char *parent, int64_t from_us, int64_t to_us, test_area *area);
wanmi_status test_add_box(wanmi_map_builder *builder, const char *layer, const char *code,
                          const char *parent, double x0, double y0, double x1, double y1);

/* A builder with meta set: EPSG:4548, the given snap. */
wanmi_status test_open_builder(const wanmi_host *host, double snap_m, wanmi_map_builder **builder);

/* Builds, frees the builder. NULL only for want of memory. */
wanmi_map *test_close_builder(wanmi_map_builder *builder);

/* What a seeded map is made of. Its middle is near x 500,000, y 4,400,000; cells
 * are about 100 m wide. Layers: cell (partition, parent community), community
 * (partition, parent street), street (partition), place (overlay), bureau
 * (partition, no ancestor). */
typedef struct test_city {
    uint64_t seed;
    uint32_t side;              /* cells a side */
    double jitter_m;            /* corners and edge points off their lattice; 0: squares */
    uint32_t bends;             /* points between two corners */
    double drop;                /* part of the cells left out: gaps */
    double overlap;             /* part of the cells blown up over their neighbours */
    double hole;                /* part of the cells with a hole, filled by another cell */
    double version;             /* part of the cells with three versions in time */
    uint32_t places;            /* overlay areas */
    double snap_m;
    uint64_t shuffle;           /* order in which rows are given; no part of the map */
    const char *uuid;           /* NULL: a random one */
    uint32_t generation;        /* 0: 1 */
} test_city;

/* Instants at which versions change. */
#define TEST_T1 1700000000000000
#define TEST_T2 1800000000000000

wanmi_map *test_make_city(const test_city *city, const wanmi_host *host);

/* Points near an edge or vertex of an area, or anywhere in a box: `kind` 0 a
 * vertex, 1 one ulp around a vertex, 2 the middle of an edge, 3 on an edge, 4
 * beside an edge at 1e-10 .. 1e-2 m, 5 beside a vertex likewise, 6 uniform. */
enum { TEST_POINT_KINDS = 7 };
void test_point_near(test_random *random, const wanmi_map *map, int kind, double margin_m,
                     double *x, double *y);

#endif
