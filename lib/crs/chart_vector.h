/* A chart's kernel for several positions side by side. The file that includes
 * this says how many: WM_LANES doubles in one register. The order of products
 * and sums is chart_portable.c's, none are fused, so the bits are the same.
 */
#ifndef WM_CHART_VECTOR_H
#define WM_CHART_VECTOR_H

#include <string.h>

#include "chart.h"

enum {
    STEP = 2 * WM_LANES,        /* two registers of positions share each load of a coefficient */
    FEW = 2                     /* positions that are sooner done one by one */
};

typedef double lanes __attribute__((vector_size(8 * WM_LANES)));
typedef int64_t marks __attribute__((vector_size(8 * WM_LANES)));

static inline lanes load(const double *from)
{
    lanes all;
    memcpy(&all, from, sizeof all);
    return all;
}

static inline void store(double *to, lanes all)
{
    memcpy(to, &all, sizeof all);
}

/* One step of Horner's rule for x and y of two registers. */
typedef struct sums {
    lanes x0, x1, y0, y1;
} sums;

/* c - 0 is c for every c, -0 too (0 + c is not): one load, no sum. */
static inline __attribute__((always_inline)) sums first(const double *c)
{
    const lanes zero = {0};
    return (sums){c[0] - zero, c[0] - zero, c[1] - zero, c[1] - zero};
}

static inline __attribute__((always_inline)) sums times_plus(sums p, lanes f0, lanes f1, sums q)
{
    return (sums){p.x0 * f0 + q.x0, p.x1 * f1 + q.x1, p.y0 * f0 + q.y0, p.y1 * f1 + q.y1};
}

/* `degree` is a constant where this is called: all loops are unrolled. */
static inline __attribute__((always_inline)) void evaluate_step(const double *box, int degree,
                                                               const double *lon, const double *lat,
                                                               double *xs, double *ys)
{
    const lanes u0 = load(lon) - box[0], u1 = load(lon + WM_LANES) - box[0];
    const lanes v0 = load(lat) - box[1], v1 = load(lat + WM_LANES) - box[1];
    const double *c = box + WM_CHART_HEAD;
    sums p = first(c);
    c += 2;
#pragma GCC unroll 16
    for (int power = degree - 1; power >= 0; power--) {
        sums q = first(c);
        c += 2;
#pragma GCC unroll 16
        for (int j = power; j < degree; j++, c += 2)
            q = times_plus(q, u0, u1, first(c));
        p = times_plus(p, v0, v1, q);
    }
    store(xs, box[2] + p.x0);
    store(xs + WM_LANES, box[2] + p.x1);
    store(ys, box[3] + p.y0);
    store(ys + WM_LANES, box[3] + p.y1);
}

/* Has the same step of the next block on its way from memory, while there is something to
 * compute. What is asked for in advance may lie anywhere. */
static inline void foresee(const double *step)
{
    enum { LINE = 8, AHEAD = 1024 };
    for (int at = 0; at < STEP; at += LINE)
        __builtin_prefetch((const void *)((uintptr_t)step + (size_t)(AHEAD + at) * sizeof *step));
}

static inline __attribute__((always_inline)) void evaluate_all(const double *box, int degree,
                                                              size_t count, const double *lon,
                                                              const double *lat, double *xs,
                                                              double *ys)
{
    size_t i = 0;
    for (; i + STEP <= count; i += STEP) {
        foresee(lon + i);
        foresee(lat + i);
        evaluate_step(box, degree, lon + i, lat + i, xs + i, ys + i);
    }
    if (count - i <= FEW) {
        wm_chart_portable.evaluate(box, (uint32_t)degree, count - i, lon + i, lat + i, xs + i, ys + i);
        return;
    }
    double rest[4][STEP] = {{0}};
    memcpy(rest[0], lon + i, (count - i) * sizeof *lon);
    memcpy(rest[1], lat + i, (count - i) * sizeof *lat);
    evaluate_step(box, degree, rest[0], rest[1], rest[2], rest[3]);
    memcpy(xs + i, rest[2], (count - i) * sizeof *xs);
    memcpy(ys + i, rest[3], (count - i) * sizeof *ys);
}

static void evaluate(const double *box, uint32_t degree, size_t count, const double *lon,
                     const double *lat, double *xs, double *ys)
{
    switch (degree) {
    case 3: evaluate_all(box, 3, count, lon, lat, xs, ys); break;
    case 4: evaluate_all(box, 4, count, lon, lat, xs, ys); break;
    case 5: evaluate_all(box, 5, count, lon, lat, xs, ys); break;
    case 6: evaluate_all(box, 6, count, lon, lat, xs, ys); break;
    case 7: evaluate_all(box, 7, count, lon, lat, xs, ys); break;
    default: evaluate_all(box, 8, count, lon, lat, xs, ys); break;
    }
}

static bool all_inside(const wm_area *area, size_t count, const double *lon, const double *lat)
{
    marks inside = ~(marks){0};
    size_t i = 0;
    for (; i + WM_LANES <= count; i += WM_LANES) {
        lanes a = load(lon + i), b = load(lat + i);
        inside &= (a >= area->west) & (a <= area->east) & (b >= area->south) & (b <= area->north);
    }
    int64_t all = -1;
    for (int k = 0; k < WM_LANES; k++)
        all &= inside[k];
    return all != 0 && wm_chart_portable.all_inside(area, count - i, lon + i, lat + i);
}

#endif
