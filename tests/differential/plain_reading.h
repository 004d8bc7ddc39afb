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

/* The same with an index and a session of its own; at least one question goes to
 * GEOSCovers_r too. */
void check_map(wanmi_map *map, int rounds, uint64_t seed, uint64_t *wheres);

#endif
