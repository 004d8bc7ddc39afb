/* See points.h. */
#include "points.h"

#include <math.h>
#include <stdlib.h>

#include "support.h"

enum { HOT_SPOTS = 1000, VEHICLES = 1000, RIM = 64 };
static const double HOT_SPREAD_M = 30, STEP_M = 8, TURN = 0.3, TAU = 6.283185307179586;

const char *const bench_set_names[BENCH_SETS + 1] = {"uniform", "clustered", "adversarial", "trajectory", "file"};

typedef struct vehicle {
    double x, y, heading;
} vehicle;

struct bench_source {
    wanmi_map *map;
    wanmi_transform *transform;
    double min_x, min_y, max_x, max_y;
    double west, south, east, north;
    double shares[HOT_SPOTS];       /* of all hot spots up to this one */
};

/* ---- degrees and metres ------------------------------------------------------------ */

/* x, y to longitude and latitude, in place. What has none takes the place of the
 * one before it: no workload has such points, some real maps have few. */
static void to_degrees(bench_source *s, size_t count, double *xs, double *ys)
{
    wanmi_error error;
    uint8_t *reasons = bench_memory(count);
    bench_must(wanmi_transform_inverse(s->transform, WANMI_DATUM_WGS84, count, xs, 0, ys, 0, xs, ys,
                                       reasons, &error), &error);
    for (size_t i = 0; i < count; i++) {
        if (reasons[i] == WANMI_REASON_NONE)
            continue;
        xs[i] = i > 0 ? xs[i - 1] : (s->west + s->east) / 2;
        ys[i] = i > 0 ? ys[i - 1] : (s->south + s->north) / 2;
    }
    free(reasons);
}

static void find_box(bench_source *s)
{
    s->min_x = s->min_y = INFINITY;
    s->max_x = s->max_y = -INFINITY;
    for (uint32_t i = 0; i < wanmi_map_area_count(s->map); i++) {
        wanmi_area_info area;
        wanmi_map_area(s->map, i, &area);
        s->min_x = fmin(s->min_x, area.min_x);
        s->min_y = fmin(s->min_y, area.min_y);
        s->max_x = fmax(s->max_x, area.max_x);
        s->max_y = fmax(s->max_y, area.max_y);
    }
    if (!(s->min_x <= s->max_x))
        bench_die("the map has no areas");
}

/* The box in degrees: of places all along its rim. */
static void find_degrees(bench_source *s)
{
    double x[4 * RIM], y[4 * RIM];
    uint8_t reasons[4 * RIM];
    wanmi_error error;
    for (int i = 0; i < RIM; i++) {
        double part = (double)i / (RIM - 1), along = s->min_x + part * (s->max_x - s->min_x);
        double up = s->min_y + part * (s->max_y - s->min_y);
        x[4 * i] = x[4 * i + 1] = along;
        y[4 * i] = s->min_y;
        y[4 * i + 1] = s->max_y;
        y[4 * i + 2] = y[4 * i + 3] = up;
        x[4 * i + 2] = s->min_x;
        x[4 * i + 3] = s->max_x;
    }
    bench_must(wanmi_transform_inverse(s->transform, WANMI_DATUM_WGS84, 4 * RIM, x, 0, y, 0, x, y, reasons,
                                       &error), &error);
    s->west = s->south = INFINITY;
    s->east = s->north = -INFINITY;
    for (int i = 0; i < 4 * RIM; i++) {     /* NaN, where PROJ refuses, changes nothing */
        s->west = fmin(s->west, x[i]);
        s->east = fmax(s->east, x[i]);
        s->south = fmin(s->south, y[i]);
        s->north = fmax(s->north, y[i]);
    }
}

bench_source *bench_source_open(wanmi_map *map)
{
    wanmi_error error;
    bench_source *s = bench_memory(sizeof *s);
    *s = (bench_source){.map = map};
    bench_must(wanmi_transform_create(wanmi_map_crs(map), &s->transform, &error), &error);
    find_box(s);
    find_degrees(s);
    double sum = 0;
    for (int i = 0; i < HOT_SPOTS; i++)
        s->shares[i] = sum += 1.0 / (i + 1);
    return s;
}

void bench_source_close(bench_source *source)
{
    wanmi_transform_free(source->transform);
    free(source);
}

/* ---- the sets, in metres ------------------------------------------------------------ */

static void uniform(const bench_source *s, uint64_t seed, bench_points *p)
{
    for (size_t i = 0; i < p->count; i++) {
        p->x[i] = bench_uniform(&seed, s->min_x, s->max_x);
        p->y[i] = bench_uniform(&seed, s->min_y, s->max_y);
    }
}

static uint32_t any_area(const bench_source *s, uint64_t *seed)
{
    return (uint32_t)(bench_next(seed) % wanmi_map_area_count(s->map));
}

/* Which hot spot: by bisection. */
static int hot_spot(const bench_source *s, uint64_t *seed)
{
    double share = bench_uniform(seed, 0, s->shares[HOT_SPOTS - 1]);
    int low = 0, high = HOT_SPOTS - 1;
    while (low < high) {
        int middle = (low + high) / 2;
        if (s->shares[middle] < share)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void clustered(const bench_source *s, uint64_t seed, bench_points *p)
{
    double x[HOT_SPOTS], y[HOT_SPOTS];
    for (int i = 0; i < HOT_SPOTS; i++) {
        wanmi_area_info area;
        wanmi_map_area(s->map, any_area(s, &seed), &area);
        x[i] = (area.min_x + area.max_x) / 2;
        y[i] = (area.min_y + area.max_y) / 2;
    }
    for (size_t i = 0; i < p->count; i++) {
        int spot = hot_spot(s, &seed);
        double far = HOT_SPREAD_M * sqrt(-2 * log(1 - bench_uniform(&seed, 0, 1)));
        double turn = bench_uniform(&seed, 0, TAU);
        p->x[i] = x[spot] + far * cos(turn);
        p->y[i] = y[spot] + far * sin(turn);
    }
}

static double some_ulps(uint64_t *seed, double at)
{
    uint64_t draw = bench_next(seed);
    for (unsigned i = 0; i < draw % 3; i++)
        at = nextafter(at, (draw & 1024) != 0 ? INFINITY : -INFINITY);
    return at;
}

/* An edge of any ring of any area, as two points. */
static const double *any_edge(const bench_source *s, uint64_t *seed)
{
    wanmi_area_rings rings;
    wanmi_map_area_rings(s->map, any_area(s, seed), &rings);
    const uint32_t *ring = rings.points + bench_next(seed) % rings.ring_count;
    uint32_t edge = ring[0] + (uint32_t)(bench_next(seed) % (ring[1] - ring[0] - 1));
    return rings.xy + 2 * (size_t)edge;
}

/* A third each: on the edge, a few ulps beside it, 1e-10 to 1e-2 m beside it; half
 * of them at its start, the others anywhere along. */
static void adversarial(const bench_source *s, uint64_t seed, bench_points *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const double *a = any_edge(s, &seed), *b = a + 2;
        double along = i % 2 == 0 ? bench_uniform(&seed, 0, 1) : 0;
        double beside = i % 3 != 2 ? 0 : pow(10, bench_uniform(&seed, -10, -2));
        double turn = bench_uniform(&seed, 0, TAU);
        p->x[i] = a[0] + along * (b[0] - a[0]) + beside * cos(turn);
        p->y[i] = a[1] + along * (b[1] - a[1]) + beside * sin(turn);
    }
}

/* The ulps of the adversarial ones, in the numbers that are asked. */
static void beside_by_ulps(uint64_t seed, bench_points *p)
{
    for (size_t i = 1; i < p->count; i += 3) {
        p->x[i] = some_ulps(&seed, p->x[i]);
        p->y[i] = some_ulps(&seed, p->y[i]);
    }
}

static void drive(const bench_source *s, uint64_t *seed, vehicle *v)
{
    double step = bench_uniform(seed, 0, STEP_M);
    v->heading += bench_uniform(seed, -TURN, TURN);
    double x = v->x + step * cos(v->heading), y = v->y + step * sin(v->heading);
    if (x < s->min_x || x > s->max_x || y < s->min_y || y > s->max_y) {
        v->heading += TAU / 2;      /* it turns round at the border */
        return;
    }
    v->x = x;
    v->y = y;
}

static void trajectory(const bench_source *s, uint64_t seed, bench_points *p)
{
    vehicle *fleet = bench_memory(VEHICLES * sizeof *fleet);
    for (int i = 0; i < VEHICLES; i++)
        fleet[i] = (vehicle){bench_uniform(&seed, s->min_x, s->max_x),
                             bench_uniform(&seed, s->min_y, s->max_y), bench_uniform(&seed, 0, TAU)};
    for (size_t i = 0; i < p->count; i++) {
        vehicle *v = &fleet[i % VEHICLES];
        drive(s, &seed, v);
        p->x[i] = v->x;
        p->y[i] = v->y;
    }
    free(fleet);
}

void bench_source_fill(bench_source *source, uint64_t seed, bench_points *points)
{
    switch (points->set) {
    case BENCH_CLUSTERED:
        clustered(source, seed, points);
        break;
    case BENCH_ADVERSARIAL:
        adversarial(source, seed, points);
        break;
    case BENCH_TRAJECTORY:
        trajectory(source, seed, points);
        break;
    default:
        uniform(source, seed, points);
    }
    if (points->datum != WANMI_DATUM_MAP)
        to_degrees(source, points->count, points->x, points->y);
    if (points->set == BENCH_ADVERSARIAL)
        beside_by_ulps(seed, points);
}

void bench_source_degrees(bench_source *source, uint64_t seed, size_t count, double *lon, double *lat)
{
    for (size_t i = 0; i < count; i++) {
        lon[i] = bench_uniform(&seed, source->west, source->east);
        lat[i] = bench_uniform(&seed, source->south, source->north);
    }
}
