/* See plain.h. */
#include "plain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <geos_c.h>
#include <proj.h>

#include "rules.h"
#include "support.h"

struct bench_plain {
    wanmi_map *map;
    PJ_CONTEXT *proj;
    PJ *operation;
    GEOSContextHandle_t geos;
    GEOSSTRtree *trees[BENCH_QUESTIONS];
    GEOSGeometry **shapes;
    const GEOSPreparedGeometry **prepared;
    uint32_t *ids;                  /* what the trees' items point to */
    uint32_t count;
    bench_rules rules;
    double sink;                    /* so that no round of PROJ is left out by the compiler */
};

/* ---- opening -------------------------------------------------------------------------- */

static void add_area(bench_plain *p, GEOSWKBReader *reader, uint32_t i)
{
    p->ids[i] = i;
    size_t size = wanmi_map_area_wkb_size(p->map, i);
    uint8_t *wkb = bench_memory(size);
    wanmi_map_area_wkb(p->map, i, wkb, size);
    p->shapes[i] = GEOSWKBReader_read_r(p->geos, reader, wkb, size);
    p->prepared[i] = GEOSPrepare_r(p->geos, p->shapes[i]);
    free(wkb);
    if (!p->rules.valid[i])
        return;
    GEOSSTRtree_insert_r(p->geos, p->trees[BENCH_ALL_LAYERS], p->shapes[i], &p->ids[i]);
    if (p->rules.layers[i] == p->rules.cell_layer)
        GEOSSTRtree_insert_r(p->geos, p->trees[BENCH_CELLS], p->shapes[i], &p->ids[i]);
}

bench_plain *bench_plain_open(wanmi_map *map, int64_t instant_us)
{
    bench_plain *p = bench_memory(sizeof *p);
    *p = (bench_plain){.map = map, .count = wanmi_map_area_count(map)};
    p->proj = proj_context_create();
    p->operation = proj_create(p->proj, wanmi_crs_operation(wanmi_map_crs(map)));
    p->geos = GEOS_init_r();
    for (int i = 0; i < BENCH_QUESTIONS; i++)
        p->trees[i] = GEOSSTRtree_create_r(p->geos, 10);
    p->shapes = bench_memory(p->count * sizeof *p->shapes);
    p->prepared = bench_memory(p->count * sizeof *p->prepared);
    p->ids = bench_memory(p->count * sizeof *p->ids);
    bench_rules_open(&p->rules, map, instant_us);
    GEOSWKBReader *reader = GEOSWKBReader_create_r(p->geos);
    for (uint32_t i = 0; i < p->count; i++)
        add_area(p, reader, i);
    GEOSWKBReader_destroy_r(p->geos, reader);
    return p;
}

void bench_plain_close(bench_plain *p)
{
    for (int i = 0; i < BENCH_QUESTIONS; i++)
        GEOSSTRtree_destroy_r(p->geos, p->trees[i]);
    for (uint32_t i = 0; i < p->count; i++) {
        GEOSPreparedGeom_destroy_r(p->geos, p->prepared[i]);
        GEOSGeom_destroy_r(p->geos, p->shapes[i]);
    }
    GEOS_finish_r(p->geos);
    proj_destroy(p->operation);
    proj_context_destroy(p->proj);
    free(p->shapes);
    free(p->prepared);
    free(p->ids);
    bench_rules_close(&p->rules);
    free(p);
}

/* ---- asking ----------------------------------------------------------------------------- */

typedef struct question {
    bench_plain *p;
    GEOSGeometry *point;
    bench_answers *answers;
    uint32_t best[WANMI_LAYERS_MAX];
} question;

static bool covers(const question *q, uint32_t area)
{
    return GEOSPreparedCovers_r(q->p->geos, q->p->prepared[area], q->point) == 1;
}

/* Areas are numbered in the order of their codes, within a layer. */
static void ask_candidate(void *item, void *user)
{
    question *q = user;
    uint32_t area = *(uint32_t *)item, layer = q->p->rules.layers[area];
    if (q->p->rules.kinds[layer] == WANMI_OVERLAY) {
        if (covers(q, area))
            bench_list_area(q->answers, area);
    } else if (area < q->best[layer] && covers(q, area)) {
        q->best[layer] = area;
    }
}

static void ancestors_first(question *q)
{
    const bench_rules *p = &q->p->rules;
    uint32_t area = p->cell_layer != WANMI_NONE ? q->best[p->cell_layer] : WANMI_NONE;
    for (uint32_t i = 0; i < p->ancestor_count && area != WANMI_NONE; i++) {
        area = p->parents[area];
        uint32_t *best = &q->best[p->ancestors[i]];
        if (area != WANMI_NONE && area != *best && covers(q, area))
            *best = area;
    }
}

static void ask_point(question *q, bench_asked asked, size_t i)
{
    memset(q->best, 0xFF, q->p->rules.layer_count * sizeof *q->best);
    GEOSSTRtree_query_r(q->p->geos, q->p->trees[asked], q->point, ask_candidate, q);
    if (asked == BENCH_CELLS) {
        q->answers->cells[i] = q->best[q->p->rules.cell_layer];
        return;
    }
    ancestors_first(q);
    for (uint32_t layer = 0; layer < q->p->rules.layer_count; layer++)
        if (q->best[layer] != WANMI_NONE)
            bench_list_area(q->answers, q->best[layer]);
    bench_list_end(q->answers);
}

static void project(bench_plain *p, const bench_points *points, size_t at, size_t count, double *x, double *y)
{
    memcpy(x, points->x + at, count * sizeof *x);
    memcpy(y, points->y + at, count * sizeof *y);
    if (points->datum != WANMI_DATUM_MAP)
        proj_trans_generic(p->operation, PJ_FWD, x, sizeof *x, count, y, sizeof *y, count, NULL, 0, 0,
                           NULL, 0, 0);
}

static void ask_plain(bench_way *way, const bench_points *points, size_t at, size_t count,
                      bench_answers *answers)
{
    double x[BENCH_BATCH], y[BENCH_BATCH];
    question q = {.p = way->state, .answers = answers};
    project(way->state, points, at, count, x, y);
    if (at == 0)
        bench_list_restart(answers);
    for (size_t i = 0; i < count; i++) {
        /* PROJ refuses with infinities, for which GEOS's tree has no place. */
        if (!isfinite(x[i]) || !isfinite(y[i])) {
            answers->cells[at + i] = WANMI_NONE;
            if (way->asked == BENCH_ALL_LAYERS)
                bench_list_end(answers);
            continue;
        }
        q.point = GEOSGeom_createPointFromXY_r(q.p->geos, x[i], y[i]);
        ask_point(&q, way->asked, at + i);
        GEOSGeom_destroy_r(q.p->geos, q.point);
    }
}

static void ask_proj(bench_way *way, const bench_points *points, size_t at, size_t count,
                     bench_answers *answers)
{
    double x[BENCH_BATCH], y[BENCH_BATCH];
    bench_plain *p = way->state;
    (void)answers;
    project(p, points, at, count, x, y);
    p->sink += x[0] + y[count - 1];
}

void bench_plain_way(bench_way *way, bench_plain *plain)
{
    way->method = "proj+geos";
    way->state = plain;
    way->compared = true;
    way->ask = ask_plain;
}

void bench_proj_way(bench_way *way, bench_plain *plain)
{
    way->method = "proj";
    way->state = plain;
    way->ask = ask_proj;
}
