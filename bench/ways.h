/* A way to answer: one method, asked one question, beside the others in one run.
 *
 * Two questions are asked. `all layers`: every area that a point lies in; wanmi
 * gives cell and tuple. `cells`: the cell alone, with an index over the cells
 * alone on the other side.
 */
#ifndef BENCH_WAYS_H
#define BENCH_WAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "points.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { BENCH_BATCH = 1024, BENCH_ROUNDS_LIMIT = 64, BENCH_WAYS_MAX = 24 };

typedef enum bench_asked { BENCH_ALL_LAYERS, BENCH_CELLS, BENCH_QUESTIONS } bench_asked;
extern const char *const bench_asked_names[BENCH_QUESTIONS];

/* What came out of one round: areas of point i are areas[starts[i]] up to
 * areas[starts[i + 1]], ascending; or only its cell. */
typedef struct bench_answers {
    size_t count;                   /* points there is room for */
    uint32_t *cells;
    uint32_t *tuples;               /* wanmi's own */
    uint32_t *starts;
    uint32_t *areas;
    size_t done, used, capacity;    /* points closed; areas used and there is room for */
} bench_answers;

void bench_answers_open(bench_answers *answers, size_t count);
void bench_answers_close(bench_answers *answers);
/* Lists are filled point by point: any number of areas, then the end of the point. */
void bench_list_restart(bench_answers *answers);
void bench_list_area(bench_answers *answers, uint32_t area);
void bench_list_end(bench_answers *answers);

typedef struct bench_way bench_way;
struct bench_way {
    const char *method;
    const char *kernel;             /* "none" where it has none */
    bench_asked asked;
    size_t count;                   /* points it is asked */
    size_t batch;                   /* points a call of `ask` */
    bool compared;                  /* its answers mean what the reference's mean */
    bool elsewhere;                 /* works in another process: only the wall's clock tells */
    bool one_a_call;
    void *state;
    void (*ask)(bench_way *way, const bench_points *points, size_t at, size_t count,
                bench_answers *answers);
    /* NULL, or makes what is compared out of what was answered; not timed. */
    void (*expand)(bench_way *way, const bench_points *points, bench_answers *answers);

    bench_answers answers;
    double seconds[BENCH_ROUNDS_LIMIT];
    double ns;                      /* the median, a point */
    size_t differences, checked;    /* answers that differ, of how many */
};

/* Points whose answers differ among those that both were asked. */
void bench_way_compare(bench_way *way, const bench_way *reference);
bool bench_way_same(const bench_way *way, const bench_way *reference, size_t i);

/* ---- wanmi -------------------------------------------------------------------------- */

/* Fills the way for an engine; the locator must outlive it. */
void bench_wanmi_way(bench_way *way, wanmi_locator *locator);

#ifdef __cplusplus
}
#endif
#endif
