/* Nodes where a vertex lies exactly on an edge: see wm_touches_add.
 *
 * A sweep from west to east: edges in the order of their western ends, vertices
 * in the order of their x; an edge is looked at while the sweep is over it.
 */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "lattice.h"

typedef struct side {
    wm_xy a, b;
    double west, east;
    uint32_t index;             /* of the ring point it starts at */
} side;

typedef struct touch {
    uint32_t edge;
    double along;               /* from the edge's start, to put touches in order */
    wm_xy p;
} touch;

typedef struct sweep {
    const wanmi_host *host;
    side *sides;
    wm_xy *vertices;
    uint32_t *active;
    size_t count, active_count;
    touch *touches;
    size_t touch_count, touch_room;
} sweep;

static int compare_sides(const void *left, const void *right)
{
    const side *a = left, *b = right;
    if (a->west != b->west)
        return a->west < b->west ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int compare_vertices(const void *left, const void *right)
{
    const wm_xy *a = left, *b = right;
    return a->x < b->x ? -1 : a->x > b->x;
}

static int compare_touches(const void *left, const void *right)
{
    const touch *a = left, *b = right;
    if (a->edge != b->edge)
        return a->edge < b->edge ? -1 : 1;
    return a->along < b->along ? -1 : a->along > b->along;
}

static void fill(sweep *s, const wm_polygons *from)
{
    for (size_t r = 0; r < from->ring_count; r++) {
        size_t start = wm_polygons_ring_start(from, r), end = from->ring_ends[r];
        for (size_t i = start; i < end; i++) {
            wm_xy a = from->points[i], b = from->points[i + 1 < end ? i + 1 : start];
            s->sides[i] = (side){a, b, fmin(a.x, b.x), fmax(a.x, b.x), (uint32_t)i};
            s->vertices[i] = a;
        }
    }
    qsort(s->sides, s->count, sizeof *s->sides, compare_sides);
    qsort(s->vertices, s->count, sizeof *s->vertices, compare_vertices);
}

static bool is_end(const side *e, const wm_xy *p)
{
    return (e->a.x == p->x && e->a.y == p->y) || (e->b.x == p->x && e->b.y == p->y);
}

static bool try_vertex(sweep *s, const wm_grid_geos *geos, const wm_xy *p)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->active_count; i++) {
        const side *e = &s->sides[s->active[i]];
        if (e->east < p->x)
            continue;
        s->active[kept++] = s->active[i];
        if (p->y < fmin(e->a.y, e->b.y) || p->y > fmax(e->a.y, e->b.y) || is_end(e, p) ||
            GEOSOrientationIndex_r(geos->context, e->a.x, e->a.y, e->b.x, e->b.y, p->x, p->y) != 0)
            continue;
        if (!wm_reserve(s->host, (void **)&s->touches, &s->touch_room, s->touch_count + 1,
                        sizeof *s->touches))
            return false;
        s->touches[s->touch_count++] =
            (touch){e->index, fabs(p->x - e->a.x) + fabs(p->y - e->a.y), *p};
    }
    s->active_count = kept;
    return true;
}

static bool find_touches(sweep *s, const wm_grid_geos *geos, const wm_polygons *from)
{
    fill(s, from);
    for (size_t v = 0, e = 0; v < s->count; v++) {
        for (; e < s->count && s->sides[e].west <= s->vertices[v].x; e++)
            s->active[s->active_count++] = (uint32_t)e;
        if (!try_vertex(s, geos, &s->vertices[v]))
            return false;
    }
    if (s->touch_count != 0)
        qsort(s->touches, s->touch_count, sizeof *s->touches, compare_touches);
    return true;
}

static bool copy_with_touches(wm_polygons *to, const wm_polygons *from, const sweep *s)
{
    size_t t = 0;
    for (size_t p = 0; p < from->polygon_count; p++) {
        for (size_t r = wm_polygons_polygon_start(from, p); r < from->polygon_ends[p]; r++) {
            for (size_t i = wm_polygons_ring_start(from, r); i < from->ring_ends[r]; i++) {
                if (!wm_polygons_add_point(to, from->points[i].x, from->points[i].y))
                    return false;
                for (; t < s->touch_count && s->touches[t].edge == i; t++) {
                    const wm_xy *last = &to->points[to->point_count - 1], *q = &s->touches[t].p;
                    if ((last->x != q->x || last->y != q->y) && !wm_polygons_add_point(to, q->x, q->y))
                        return false;
                }
            }
            if (!wm_polygons_end_ring(to))
                return false;
        }
        if (!wm_polygons_end_polygon(to))
            return false;
    }
    return true;
}

wanmi_status wm_touches_add(wm_polygons *to, const wm_polygons *from, const wm_grid_geos *geos,
                            wanmi_error *error)
{
    wm_polygons_clear(to);
    size_t n = from->point_count;
    sweep s = {.host = from->host, .count = n};
    s.sides = wm_alloc(s.host, n * sizeof *s.sides);
    s.vertices = wm_alloc(s.host, n * sizeof *s.vertices);
    s.active = wm_alloc(s.host, n * sizeof *s.active);
    bool done = s.sides != NULL && s.vertices != NULL && s.active != NULL &&
                find_touches(&s, geos, from) && copy_with_touches(to, from, &s);
    wm_free(s.host, s.sides, n * sizeof *s.sides);
    wm_free(s.host, s.vertices, n * sizeof *s.vertices);
    wm_free(s.host, s.active, n * sizeof *s.active);
    wm_free(s.host, s.touches, s.touch_room * sizeof *s.touches);
    return done ? WANMI_OK : wm_error_memory(error);
}
