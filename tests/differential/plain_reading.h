/* A plain reading of docs/answers.md: all areas, no tree, a fresh GEOS point for
 * every question, prepared and unprepared covers, GEOS's own distance. */
#ifndef WM_PLAIN_READING_H
#define WM_PLAIN_READING_H

#include <geos_c.h>

#include "shapes.h"

typedef struct brute {
    const wanmi_map *map;
    GEOSContextHandle_t geos;
    GEOSGeometry **polygons;
    const GEOSPreparedGeometry **prepared;
    wanmi_area_info *infos;
    wanmi_layer_info layers[8];
    uint32_t areas, layer_count, cell_layer;
    double snap_m;
    uint64_t unprepared;        /* questions asked to GEOSCovers_r as well */
} brute;

void brute_open(brute *b, const wanmi_map *map);
void brute_close(brute *b);

/* Locates one batch of points of all kinds and all times by both engines, and
 * answers each a third time; a difference fails the test. Counts the answers by wanmi_where. */
void check_round(brute *b, wanmi_locator *l, wanmi_locator *fast, test_random *random,
                 uint64_t *wheres);

/* The same for points that the test draws itself, up to ROUND; `when` NULL: instant 0. */
enum { ROUND = 3000 };
void check_points(brute *b, wanmi_locator *l, wanmi_locator *fast, const double *xs, const double *ys,
                  const int64_t *when, size_t count, uint64_t *wheres);

/* The fast engine's columns against the exact one's, `expected`: the same bits, and
 * the same areas in every layer. */
void check_fast(wanmi_locator *fast, const wanmi_locator *exact, const wanmi_positions *in,
                const wanmi_hits *expected);

/* An index and a session of each engine. */
typedef struct both {
    wanmi_index *index;
    wanmi_locator *exact, *fast;
} both;

void both_open(both *e, wanmi_map *map);    /* with a chart of every datum */
void both_open_with(both *e, wanmi_map *map, uint32_t charts);
/* Prints and gives how the fast engine found its answers. */
wanmi_locator_counts both_close(both *e);

/* The same as check_round with an index and a session of its own; at least one question goes to
 * GEOSCovers_r too. */
void check_map(wanmi_map *map, int rounds, uint64_t seed, uint64_t *wheres);

#endif
