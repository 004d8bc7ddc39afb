/* Small maps for tests: WKB from coordinates, rows in one call each, and an
 * invented city. Everything here ends the process with a message when it fails:
 * the maps are the tests' ground, not what they test.
 */
#ifndef WM_TEST_MAPS_H
#define WM_TEST_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wanmi/wanmi.h"

/* ---- WKB: little endian, ISO. Give `bytes` to free(). ---------------------------- */

typedef struct test_wkb {
    uint8_t *bytes;
    size_t size;
} test_wkb;

/* `points[r]` points in ring r, coordinates of all rings one after the other;
 * rings must be closed by the caller. */
test_wkb test_wkb_polygon(const double *xy, const uint32_t *points, uint32_t rings);
test_wkb test_wkb_ring(const double *xy, uint32_t points); /* without holes */
test_wkb test_wkb_box(double min_x, double min_y, double max_x, double max_y);
/* Joins polygons; does not free them. */
test_wkb test_wkb_multi(const test_wkb *polygons, uint32_t count);

/* ---- rows ------------------------------------------------------------------------- */

/* Meta with this CRS (NULL: EPSG:4548) and the zone UTC, the rest default. */
void test_add_meta(wanmi_map_builder *builder, const char *crs);
void test_add_layer(wanmi_map_builder *builder, const char *name, wanmi_layer_kind kind,
                    int32_t level, const char *parent);
/* Frees the WKB. */
void test_add_area(wanmi_map_builder *builder, const char *layer, const char *code,
                   const char *parent, test_wkb wkb);
void test_add_box(wanmi_map_builder *builder, const char *layer, const char *code,
                  const char *parent, double min_x, double min_y, double max_x, double max_y);
/* With a validity; WANMI_TIME_NONE: open. Frees the WKB. */
void test_add_version(wanmi_map_builder *builder, const char *layer, const char *code,
                      const char *parent, int64_t from_us, int64_t to_us, test_wkb wkb);
void test_add_unit(wanmi_map_builder *builder, const char *code, const char *parent);
void test_add_duty(wanmi_map_builder *builder, const char *layer, const char *area,
                   const char *role, const char *unit, int32_t rank);
void test_add_rule(wanmi_map_builder *builder, const wanmi_rule_def *rule);

wanmi_map_builder *test_builder(const wanmi_host *host);
/* Builds, without a problem, and frees the builder. */
wanmi_map *test_build(wanmi_map_builder *builder);

/* ---- the invented city -------------------------------------------------------------- */

/* Square cells in `columns` by `rows` (2 or more each), in four communities
 * (quarters; the lower half of an odd number is the smaller one) of two streets
 * (west and east half):
 *
 *   layer      level  codes                          parent
 *   cell       0      9 digits of the street, 3 of the community, 3 of the cell:
 *                     110101001002007; numbered north to south, west to east
 *   community  1      110101001001 (south-west) 110101001002 (north-west)
 *                     110101002001 (south-east) 110101002002 (north-east)
 *   street     2      110101001 (west) 110101002 (east)
 *   school     0      overlay: A and B overlap over the city's middle;
 *                     A is x .. x + 3/4 width, B the eastern 3/4, both full height
 *   relic      0      overlay: R, the whole city with a hole: its middle half each way;
 *                     T, two parts: the south-west and the north-east cell
 *
 * Units: BUREAU (the fallback), its children S1 S2 (streets), their children C1 C2
 * (west) C3 C4 (east), and a P-<cell> for each cell below its community's.
 * Duties: each street 督导员 S1/S2; each community 网格长 C1..C4; each cell but
 * every third (in code order within its community, the 3rd, 6th ...) 网格员 its
 * P-<cell>.
 * Rules: 10 class 01 to 网格员; 20 class 02 to 督导员 at the street, priority 2,
 * tag 急, and a copy of it by 30 to BUREAU; 40 any class to 网格长 at the community.
 */
typedef struct test_city {
    uint32_t columns, rows;     /* 8, 6 */
    double size_m;              /* 100 */
    double x, y;                /* south-west corner: 500000, 4420000 */
    double snap_m;              /* 0 */
    uint32_t generation;        /* 1 */
    const char *crs;            /* "EPSG:4548" */
    bool overlays, people, rules; /* true: overlay layers; units and duties; rules (need people) */
} test_city;

void test_city_init(test_city *city);
void test_city_fill(wanmi_map_builder *builder, const test_city *city);
/* NULL city: the default one. Release with wanmi_map_release. */
wanmi_map *test_city_map(const wanmi_host *host, const test_city *city);

#endif
