/* Shapes for the page: rings, simplified and rounded, as lists of numbers. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- simplifying ---------------------------------------------------------------------- */

static double distance_to_line(const double *xy, size_t a, size_t b, size_t p)
{
    double ax = xy[2 * a], ay = xy[2 * a + 1];
    double dx = xy[2 * b] - ax, dy = xy[2 * b + 1] - ay;
    double px = xy[2 * p] - ax, py = xy[2 * p + 1] - ay;
    double length = dx * dx + dy * dy;
    double t = length > 0 ? (px * dx + py * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(px - t * dx, py - t * dy);
}

/* Marks the points to keep; its own stack, for rings may be very long. */
static void simplify(const double *xy, size_t count, double tolerance, bool *keep)
{
    size_t *stack = cli_memory(NULL, 2 * count + 2, sizeof *stack), depth = 0;
    memset(keep, 0, count * sizeof *keep);
    keep[0] = keep[count - 1] = true;
    stack[depth++] = 0;
    stack[depth++] = count - 1;
    while (depth != 0) {
        size_t last = stack[--depth], first = stack[--depth], worst = first;
        double most = tolerance;
        for (size_t i = first + 1; i < last; i++) {
            double d = distance_to_line(xy, first, last, i);
            if (d > most) {
                most = d;
                worst = i;
            }
        }
        if (worst == first)
            continue;
        keep[worst] = true;
        stack[depth++] = first;
        stack[depth++] = worst;
        stack[depth++] = worst;
        stack[depth++] = last;
    }
    free(stack);
}

static void append(json_t *list, const cli_drawing *d, double x, double y)
{
    json_array_append_new(list, json_real(round((x - d->origin_x) / d->step) * d->step));
    json_array_append_new(list, json_real(round((y - d->origin_y) / d->step) * d->step));
}

/* A ring that becomes a line or a point is left out: NULL. */
static json_t *draw_ring(cli_drawing *d, const double *xy, size_t count)
{
    if (count < 3)
        return NULL;
    bool *keep = cli_memory(NULL, count, sizeof *keep);
    json_t *list = json_array();
    /* Its ends are one point, so a ring is simplified in two halves. */
    size_t half = count / 2, kept = 0;
    simplify(xy, half + 1, d->tolerance, keep);
    simplify(xy + 2 * half, count - half, d->tolerance, keep + half);
    for (size_t i = 0; i < count; i++) {
        if (!keep[i])
            continue;
        append(list, d, xy[2 * i], xy[2 * i + 1]);
        kept++;
    }
    free(keep);
    d->points += kept;
    if (kept > 3)
        return list;
    json_decref(list);
    return NULL;
}

json_t *cli_draw_area(cli_drawing *drawing, const wanmi_map *map, uint32_t area)
{
    wanmi_area_rings rings;
    json_t *list = json_array();
    if (wanmi_map_area_rings(map, area, &rings) != WANMI_OK)
        return list;
    for (uint32_t r = 0; r < rings.ring_count; r++) {
        uint32_t first = rings.points[r];
        json_t *ring = draw_ring(drawing, rings.xy + 2 * (size_t)first, rings.points[r + 1] - first);
        if (ring != NULL)
            json_array_append_new(list, ring);
    }
    return list;
}

/* ---- WKB -------------------------------------------------------------------------------- */

typedef struct reader {
    const uint8_t *at;
    const uint8_t *end;
    bool bad;
} reader;

static uint32_t number(reader *r)
{
    uint32_t value = 0;
    if (r->end - r->at < 4) {
        r->bad = true;
        return 0;
    }
    for (int i = 3; i >= 0; i--)
        value = value << 8 | r->at[i];
    r->at += 4;
    return value;
}

/* Only what the library writes: little endian, two coordinates a point. */
static uint32_t type(reader *r)
{
    if (r->at >= r->end || *r->at != 1) {
        r->bad = true;
        return 0;
    }
    r->at++;
    return number(r);
}

static void draw_polygon(cli_drawing *d, reader *r, json_t *list)
{
    uint32_t rings = number(r);
    for (uint32_t i = 0; i < rings && !r->bad; i++) {
        size_t count = number(r);
        if (r->bad || count > (size_t)(r->end - r->at) / (2 * sizeof(double))) {
            r->bad = true;
            return;
        }
        double *xy = cli_memory(NULL, count, 2 * sizeof *xy);
        memcpy(xy, r->at, count * 2 * sizeof *xy);
        r->at += count * 2 * sizeof *xy;
        json_t *ring = draw_ring(d, xy, count);
        if (ring != NULL)
            json_array_append_new(list, ring);
        free(xy);
    }
}

json_t *cli_draw_wkb(cli_drawing *drawing, const uint8_t *wkb, size_t size)
{
    enum { POLYGON = 3, MULTI_POLYGON = 6, COLLECTION = 7 };
    reader r = {wkb, wkb + size, wkb == NULL};
    json_t *list = json_array();
    uint32_t outer = r.bad ? 0 : type(&r), parts = 1;
    if (outer == MULTI_POLYGON || outer == COLLECTION)
        parts = number(&r);
    for (uint32_t i = 0; i < parts && !r.bad; i++) {
        uint32_t inner = outer == POLYGON ? outer : type(&r);
        if (inner != POLYGON)
            break;
        draw_polygon(drawing, &r, list);
    }
    if (json_array_size(list) != 0)
        return list;
    json_decref(list);
    return NULL;
}
