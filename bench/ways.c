/* See ways.h: answers, comparing, and wanmi's own ways. */
#include "ways.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

const char *const bench_asked_names[BENCH_QUESTIONS] = {"all layers", "cells"};

/* ---- answers ------------------------------------------------------------------------ */

void bench_answers_open(bench_answers *answers, size_t count)
{
    *answers = (bench_answers){.count = count, .capacity = 4 * count + 64};
    answers->cells = bench_memory(count * sizeof(uint32_t));
    answers->tuples = bench_memory(count * sizeof(uint32_t));
    answers->starts = bench_memory((count + 1) * sizeof(uint32_t));
    answers->areas = bench_memory(answers->capacity * sizeof(uint32_t));
    answers->starts[0] = 0;
}

void bench_answers_close(bench_answers *answers)
{
    free(answers->cells);
    free(answers->tuples);
    free(answers->starts);
    free(answers->areas);
    *answers = (bench_answers){0};
}

void bench_list_restart(bench_answers *answers)
{
    answers->done = answers->used = 0;
}

void bench_list_area(bench_answers *answers, uint32_t area)
{
    if (answers->used == answers->capacity) {
        answers->capacity *= 2;
        answers->areas = bench_memory_more(answers->areas, answers->capacity * sizeof(uint32_t));
    }
    answers->areas[answers->used++] = area;
}

void bench_list_end(bench_answers *answers)
{
    uint32_t *list = answers->areas + answers->starts[answers->done];
    size_t count = answers->used - answers->starts[answers->done];
    for (size_t i = 1; i < count; i++) {
        uint32_t area = list[i];
        size_t to = i;
        for (; to > 0 && list[to - 1] > area; to--)
            list[to] = list[to - 1];
        list[to] = area;
    }
    answers->starts[++answers->done] = (uint32_t)answers->used;
}

static bool same_list(const bench_answers *a, const bench_answers *b, size_t i)
{
    uint32_t count = a->starts[i + 1] - a->starts[i];
    return count == b->starts[i + 1] - b->starts[i] &&
           memcmp(a->areas + a->starts[i], b->areas + b->starts[i], count * sizeof(uint32_t)) == 0;
}

bool bench_way_same(const bench_way *way, const bench_way *reference, size_t i)
{
    const bench_answers *a = &way->answers, *b = &reference->answers;
    return way->asked == BENCH_CELLS ? a->cells[i] == b->cells[i] : same_list(a, b, i);
}

void bench_way_compare(bench_way *way, const bench_way *reference)
{
    way->checked = way->count < reference->count ? way->count : reference->count;
    way->differences = 0;
    for (size_t i = 0; i < way->checked; i++)
        way->differences += !bench_way_same(way, reference, i);
}

/* ---- wanmi -------------------------------------------------------------------------- */

static void positions_of(const bench_points *points, size_t at, size_t count, wanmi_positions *positions)
{
    wanmi_positions_init(positions);
    positions->count = count;
    positions->x = points->x + at;
    positions->y = points->y + at;
    positions->datum = points->datum;
    positions->now_us = points->instant_us;
}

static void ask_wanmi(bench_way *way, const bench_points *points, size_t at, size_t count,
                      bench_answers *answers)
{
    wanmi_error error;
    wanmi_positions positions;
    wanmi_hits hits;
    positions_of(points, at, count, &positions);
    wanmi_hits_init(&hits);
    hits.cell = answers->cells + at;
    if (way->asked == BENCH_ALL_LAYERS)
        hits.tuple = answers->tuples + at;
    bench_must(wanmi_locate(way->state, &positions, &hits, &error), &error);
}

static void ask_wanmi_one(bench_way *way, const bench_points *points, size_t at, size_t count,
                          bench_answers *answers)
{
    wanmi_error error;
    wanmi_where where;
    for (size_t i = at; i < at + count; i++)
        if (wanmi_locate_one(way->state, points->datum, points->x[i], points->y[i], points->instant_us,
                             &answers->cells[i], &where, &error) != WANMI_OK)
            bench_die("%s", error.message);
}

static void expand_tuples(bench_way *way, bench_answers *answers)
{
    const wanmi_map *map = wanmi_index_map(wanmi_locator_index(way->state));
    bench_list_restart(answers);
    for (size_t i = 0; i < way->count; i++) {
        for (uint32_t layer = 0; layer < wanmi_map_layer_count(map); layer++) {
            const uint32_t *areas = NULL;
            size_t count = 0;
            if (answers->tuples[i] != WANMI_NONE &&
                wanmi_locator_areas(way->state, answers->tuples[i], layer, &areas, &count) != WANMI_OK)
                bench_die("a tuple without areas");
            for (size_t k = 0; k < count; k++)
                bench_list_area(answers, areas[k]);
        }
        bench_list_end(answers);
    }
}

/* The reference does not snap: a snapped cell is no cell to it. Asked again for
 * that, with `where`. */
static void forget_snapped(bench_way *way, const bench_points *points, bench_answers *answers)
{
    uint8_t *where = bench_memory(way->count);
    wanmi_error error;
    wanmi_positions positions;
    wanmi_hits hits;
    positions_of(points, 0, way->count, &positions);
    wanmi_hits_init(&hits);
    hits.where = where;
    bench_must(wanmi_locate(way->state, &positions, &hits, &error), &error);
    for (size_t i = 0; i < way->count; i++)
        if (where[i] == WANMI_SNAPPED)
            answers->cells[i] = WANMI_NONE;
    free(where);
}

static void expand_wanmi(bench_way *way, const bench_points *points, bench_answers *answers)
{
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(wanmi_index_map(wanmi_locator_index(way->state)), &meta);
    if (way->asked == BENCH_ALL_LAYERS)
        expand_tuples(way, answers);
    else if (meta.snap_m > 0)
        forget_snapped(way, points, answers);
}

void bench_wanmi_way(bench_way *way, wanmi_locator *locator)
{
    way->state = locator;
    way->compared = true;
    way->ask = way->one_a_call ? ask_wanmi_one : ask_wanmi;
    way->expand = expand_wanmi;
}
