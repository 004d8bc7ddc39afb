/* Directed edges to polygons: see trace.h.
 *
 * Edges have the area on their left and meet only at their ends. At a node
 * where several rings touch, a walk takes the first way out clockwise from the
 * way it came: so it goes round one connected part of the area. Where such a
 * walk meets itself, a loop is cut off: the outline of a hole that touches.
 * The only arithmetic is GEOS's exact orientation.
 */
#include "trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

#define NOWHERE UINT32_MAX

struct wm_tracer_ring {
    size_t ring;                /* in tracer->rings */
    uint32_t walk;
    uint32_t shell;             /* of a hole: index in the list */
    bool is_shell;
    double area;
    double min_x, min_y, max_x, max_y;
};

static int compare_points(const wm_xy *a, const wm_xy *b)
{
    if (a->x != b->x)
        return a->x < b->x ? -1 : 1;
    return a->y < b->y ? -1 : a->y > b->y;
}

static int compare_edges(const void *left, const void *right)
{
    const wm_edge *a = left, *b = right;
    int order = compare_points(&a->a, &b->a);
    return order != 0 ? order : compare_points(&a->b, &b->b);
}

/* ---- lists of edges ----------------------------------------------------------------- */

bool wm_edges_add(const wanmi_host *host, wm_edges *edges, wm_xy a, wm_xy b)
{
    if (!wm_reserve(host, (void **)&edges->items, &edges->room, edges->count + 1,
                    sizeof *edges->items))
        return false;
    edges->items[edges->count++] = (wm_edge){a, b};
    return true;
}

void wm_edges_drop(const wanmi_host *host, wm_edges *edges)
{
    wm_free(host, edges->items, edges->room * sizeof *edges->items);
    *edges = (wm_edges){0};
}

bool wm_edges_add_polygon(const wanmi_host *host, wm_edges *edges, const wm_polygons *shape,
                          size_t polygon)
{
    for (size_t r = wm_polygons_polygon_start(shape, polygon); r < shape->polygon_ends[polygon]; r++) {
        size_t start = wm_polygons_ring_start(shape, r), count = shape->ring_ends[r] - start;
        const wm_xy *p = shape->points + start;
        for (size_t i = 0; i < count; i++)
            if (!wm_edges_add(host, edges, p[i], p[i + 1 < count ? i + 1 : 0]))
                return false;
    }
    return true;
}

static wm_edge canonical(const wm_edge *edge)
{
    return compare_points(&edge->a, &edge->b) <= 0 ? *edge : (wm_edge){edge->b, edge->a};
}

static int compare_undirected(const void *left, const void *right)
{
    wm_edge a = canonical(left), b = canonical(right);
    return compare_edges(&a, &b);
}

void wm_edges_cancel(wm_edges *edges)
{
    if (edges->count != 0)
        qsort(edges->items, edges->count, sizeof *edges->items, compare_undirected);
    size_t kept = 0;
    for (size_t i = 0; i < edges->count; i++) {
        wm_edge *last = kept > 0 ? &edges->items[kept - 1] : NULL;
        if (last != NULL && compare_undirected(last, &edges->items[i]) == 0 &&
            compare_points(&last->a, &edges->items[i].b) == 0)
            kept--;
        else
            edges->items[kept++] = edges->items[i];
    }
    edges->count = kept;
}

/* ---- which edge comes next ---------------------------------------------------------- */

/* The first edge that starts at `p`, or count. */
static size_t find_start(const wm_edges *edges, const wm_xy *p)
{
    size_t low = 0, high = edges->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_points(&edges->items[middle].a, p) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < edges->count && compare_points(&edges->items[low].a, p) == 0 ? low : edges->count;
}

static int orientation(const wm_tracer *t, const wm_xy *a, const wm_xy *b, const wm_xy *c)
{
    return GEOSOrientationIndex_r(t->geos->context, a->x, a->y, b->x, b->y, c->x, c->y);
}

/* Clockwise from the way back v -> u: 0 the right half, 1 straight on, 2 the
 * left half, 3 the way back itself. */
static int half(const wm_tracer *t, const wm_xy *u, const wm_xy *v, const wm_xy *w)
{
    int side = orientation(t, v, u, w);
    if (side != 0)
        return side < 0 ? 0 : 2;
    double along = (u->x - v->x) * (w->x - v->x) + (u->y - v->y) * (w->y - v->y);
    return along < 0 ? 1 : 3;
}

/* Whether v -> w comes before v -> best, clockwise from v -> u. */
static bool comes_before(const wm_tracer *t, const wm_xy *u, const wm_xy *v,
                         const wm_xy *w, const wm_xy *best)
{
    int a = half(t, u, v, w), b = half(t, u, v, best);
    return a != b ? a < b : orientation(t, v, w, best) < 0;
}

static size_t choose_next(const wm_tracer *t, const wm_edges *edges, size_t edge)
{
    const wm_edge *in = &edges->items[edge];
    size_t best = find_start(edges, &in->b);
    for (size_t k = best + 1; k < edges->count; k++) {
        const wm_edge *out = &edges->items[k];
        if (compare_points(&out->a, &in->b) != 0)
            break;
        if (comes_before(t, &in->a, &in->b, &out->b, &edges->items[best].b))
            best = k;
    }
    return best;
}

static wanmi_status broken(wanmi_error *error)
{
    return wm_error(error, WANMI_E_GRID_AREA, "its edges do not close up to polygons");
}

/* next[] must be a permutation, or the edges are no boundary. `place` counts. */
static wanmi_status link_edges(wm_tracer *t, const wm_edges *edges, wanmi_error *error)
{
    memset(t->place, 0, edges->count * sizeof *t->place);
    for (size_t i = 0; i < edges->count; i++) {
        size_t next = choose_next(t, edges, i);
        if (next == edges->count || t->place[next]++ != 0)
            return broken(error);
        t->next[i] = (uint32_t)next;
    }
    return WANMI_OK;
}

/* ---- walks to simple rings ---------------------------------------------------------- */

static wanmi_status close_ring(wm_tracer *t, const wm_edges *edges, const uint32_t *path,
                               size_t length, uint32_t walk, wanmi_error *error)
{
    size_t start = t->rings.point_count;
    for (size_t i = 0; i < length; i++) {
        wm_xy p = edges->items[path[i]].a;
        if (!wm_polygons_add_point(&t->rings, p.x, p.y))
            return wm_error_memory(error);
    }
    if (!wm_polygons_end_ring(&t->rings) ||
        !wm_reserve(t->host, (void **)&t->list, &t->list_room, t->list_count + 1, sizeof *t->list))
        return wm_error_memory(error);
    const wm_xy *points = t->rings.points + start;
    int turn = wm_ring_turn(t->geos, points, length);
    if (turn == 0)
        return broken(error);
    wm_tracer_ring ring = {t->rings.ring_count - 1, walk, NOWHERE, turn > 0,
                           fabs(wm_ring_area(points, length)),
                           points[0].x, points[0].y, points[0].x, points[0].y};
    for (size_t i = 1; i < length; i++) {
        ring.min_x = fmin(ring.min_x, points[i].x);
        ring.max_x = fmax(ring.max_x, points[i].x);
        ring.min_y = fmin(ring.min_y, points[i].y);
        ring.max_y = fmax(ring.max_y, points[i].y);
    }
    t->list[t->list_count++] = ring;
    return WANMI_OK;
}

/* The first edge of the node an edge starts at stands for that node. */
static size_t node_of(const wm_edges *edges, size_t edge)
{
    while (edge > 0 && compare_points(&edges->items[edge - 1].a, &edges->items[edge].a) == 0)
        edge--;
    return edge;
}

/* Follows one walk from `first`, cutting loops off; place[node] is the node's
 * place in the walk. */
static wanmi_status follow(wm_tracer *t, const wm_edges *edges, size_t first, wanmi_error *error)
{
    size_t length = 0, edge = first;
    do {
        size_t node = node_of(edges, edge);
        if (t->place[node] != NOWHERE) {
            size_t from = t->place[node];
            wanmi_status status =
                close_ring(t, edges, t->walk + from, length - from, (uint32_t)first, error);
            if (status != WANMI_OK)
                return status;
            while (length > from)
                t->place[node_of(edges, t->walk[--length])] = NOWHERE;
        }
        t->place[node] = (uint32_t)length;
        t->walk[length++] = (uint32_t)edge;
        size_t next = t->next[edge];
        t->next[edge] = NOWHERE;
        edge = next;
    } while (edge != first);
    wanmi_status status = WANMI_OK;
    size_t from = t->place[node_of(edges, first)];
    if (from == NOWHERE)
        return broken(error);
    status = close_ring(t, edges, t->walk + from, length - from, (uint32_t)first, error);
    while (length > 0)
        t->place[node_of(edges, t->walk[--length])] = NOWHERE;
    return status;
}

/* ---- rings to polygons -------------------------------------------------------------- */

static bool shell_holds(const wm_tracer *t, const wm_tracer_ring *shell, const wm_tracer_ring *hole)
{
    if (shell->min_x > hole->min_x || shell->max_x < hole->max_x || shell->min_y > hole->min_y ||
        shell->max_y < hole->max_y)
        return false;
    size_t s = wm_polygons_ring_start(&t->rings, shell->ring);
    size_t h = wm_polygons_ring_start(&t->rings, hole->ring);
    for (size_t i = h; i < t->rings.ring_ends[hole->ring]; i++) {
        int side = wm_ring_side(t->geos, t->rings.points + s, t->rings.ring_ends[shell->ring] - s,
                                t->rings.points[i]);
        if (side != 0)
            return side > 0;
    }
    return false;
}

/* A hole that its own walk ties to a shell is that shell's; any other is of the
 * smallest shell around it. */
static wanmi_status find_shells(wm_tracer *t, wanmi_error *error)
{
    size_t shells = 0, only = 0;
    for (size_t i = 0; i < t->list_count; i++)
        if (t->list[i].is_shell)
            shells++, only = i;
    for (size_t i = 0; i < t->list_count; i++) {
        wm_tracer_ring *hole = &t->list[i];
        if (hole->is_shell)
            continue;
        if (shells == 1)
            hole->shell = (uint32_t)only;
        for (size_t s = 0; hole->shell == NOWHERE && s < t->list_count; s++)
            if (t->list[s].is_shell && t->list[s].walk == hole->walk)
                hole->shell = (uint32_t)s;
        double smallest = INFINITY;
        bool tied = hole->shell != NOWHERE;
        for (size_t s = 0; !tied && s < t->list_count; s++)
            if (t->list[s].is_shell && t->list[s].area < smallest &&
                shell_holds(t, &t->list[s], hole)) {
                smallest = t->list[s].area;
                hole->shell = (uint32_t)s;
            }
        if (hole->shell == NOWHERE)
            return broken(error);
    }
    return WANMI_OK;
}

static bool copy_ring(wm_tracer *t, const wm_tracer_ring *ring, wm_polygons *out)
{
    size_t end = t->rings.ring_ends[ring->ring];
    for (size_t i = wm_polygons_ring_start(&t->rings, ring->ring); i < end; i++)
        if (!wm_polygons_add_point(out, t->rings.points[i].x, t->rings.points[i].y))
            return false;
    return wm_polygons_end_ring(out);
}

static bool write_polygons(wm_tracer *t, wm_polygons *out)
{
    for (size_t s = 0; s < t->list_count; s++) {
        if (!t->list[s].is_shell)
            continue;
        if (!copy_ring(t, &t->list[s], out))
            return false;
        for (size_t h = 0; h < t->list_count; h++)
            if (!t->list[h].is_shell && t->list[h].shell == s && !copy_ring(t, &t->list[h], out))
                return false;
        if (!wm_polygons_end_polygon(out))
            return false;
    }
    return true;
}

/* ---- the whole ---------------------------------------------------------------------- */

void wm_tracer_init(wm_tracer *tracer, const wanmi_host *host, const wm_grid_geos *geos)
{
    *tracer = (wm_tracer){.host = host, .geos = geos};
    wm_polygons_init(&tracer->rings, host);
}

void wm_tracer_drop(wm_tracer *tracer)
{
    wm_free(tracer->host, tracer->next, tracer->next_room * sizeof *tracer->next);
    wm_free(tracer->host, tracer->place, tracer->place_room * sizeof *tracer->place);
    wm_free(tracer->host, tracer->walk, tracer->walk_room * sizeof *tracer->walk);
    wm_free(tracer->host, tracer->list, tracer->list_room * sizeof *tracer->list);
    wm_polygons_drop(&tracer->rings);
    *tracer = (wm_tracer){0};
}

static bool make_room(wm_tracer *t, size_t count)
{
    return count < NOWHERE &&
           wm_reserve(t->host, (void **)&t->next, &t->next_room, count, sizeof *t->next) &&
           wm_reserve(t->host, (void **)&t->place, &t->place_room, count, sizeof *t->place) &&
           wm_reserve(t->host, (void **)&t->walk, &t->walk_room, count, sizeof *t->walk);
}

wanmi_status wm_trace(wm_tracer *tracer, wm_edges *edges, wm_polygons *out, wanmi_error *error)
{
    wm_tracer *t = tracer;
    t->list_count = 0;
    wm_polygons_clear(&t->rings);
    if (edges->count == 0)
        return WANMI_OK;
    if (!make_room(t, edges->count))
        return wm_error_memory(error);
    qsort(edges->items, edges->count, sizeof *edges->items, compare_edges);
    wanmi_status status = link_edges(t, edges, error);
    if (status == WANMI_OK)
        memset(t->place, 0xFF, edges->count * sizeof *t->place);
    for (size_t i = 0; status == WANMI_OK && i < edges->count; i++)
        if (t->next[i] != NOWHERE)
            status = follow(t, edges, i, error);
    if (status == WANMI_OK)
        status = find_shells(t, error);
    if (status == WANMI_OK && !write_polygons(t, out))
        status = wm_error_memory(error);
    return status;
}
