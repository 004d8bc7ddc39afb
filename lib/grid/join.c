/* Slivers join a neighbour: see wm_pieces_join.
 *
 * The smallest cell goes first, to the neighbour it shares the longest border
 * with; what results goes again while it is still too small. A cell is a chain
 * of pieces whose leader, its largest piece, gives it its place in the order.
 * Only small pieces need to know their neighbours: a cell that is still too
 * small has only small pieces.
 */
#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "pieces.h"

/* A border that small piece `from` shares with `to`. */
typedef struct link {
    uint32_t from, to;
    double length;
} link;

typedef struct waiting {
    double area;
    uint32_t piece;
} waiting;

typedef struct joiner {
    wm_pieces *pieces;
    link *links;                /* by `from` */
    size_t link_count, link_room;
    waiting *heap;              /* smallest area first */
    size_t heap_count, heap_room;
    link *borders;              /* scratch: of one cell, by the neighbour's leader */
    size_t border_room;
    double *areas;              /* of the cell, by its leader */
    uint32_t *tails;            /* the last piece of the cell, by its leader */
} joiner;

/* ---- neighbours --------------------------------------------------------------------- */

static bool has_edge(const wm_pieces *p, const wm_piece *piece, wm_xy a, wm_xy b)
{
    if (piece->polygon == WM_PIECE_NONE)
        return true;            /* an untouched square borders on whole walls only */
    const wm_polygons *s = &p->shape;
    size_t last = s->polygon_ends[piece->polygon];
    for (size_t r = wm_polygons_polygon_start(s, piece->polygon); r < last; r++) {
        size_t start = wm_polygons_ring_start(s, r), end = s->ring_ends[r];
        for (size_t i = start; i < end; i++) {
            const wm_xy *q = s->points + i, *w = s->points + (i + 1 < end ? i + 1 : start);
            if (q->x == a.x && q->y == a.y && w->x == b.x && w->y == b.y)
                return true;
        }
    }
    return false;
}

static bool add_link(joiner *j, uint32_t from, uint32_t to, double length)
{
    if (!wm_reserve(j->pieces->host, (void **)&j->links, &j->link_room, j->link_count + 1,
                    sizeof *j->links))
        return false;
    j->links[j->link_count++] = (link){from, to, length};
    return true;
}

/* The square on the other side of an edge of `piece`; false when the edge does
 * not run along a wall. */
static bool other_side(const wm_lattice *l, const wm_piece *piece, const wm_edge *e, int32_t *row,
                       int32_t *column)
{
    *row = piece->row;
    *column = piece->column;
    if (e->a.x == e->b.x && e->a.x == wm_line_x(l, piece->column))
        --*column;
    else if (e->a.x == e->b.x && e->a.x == wm_line_x(l, piece->column + 1))
        ++*column;
    else if (e->a.y == e->b.y && e->a.y == wm_line_y(l, piece->row))
        --*row;
    else if (e->a.y == e->b.y && e->a.y == wm_line_y(l, piece->row + 1))
        ++*row;
    else
        return false;
    return true;
}

static bool link_piece(joiner *j, uint32_t from)
{
    wm_pieces *p = j->pieces;
    p->edges.count = 0;
    if (!wm_piece_edges(p, &p->items[from]))
        return false;
    for (size_t i = 0; i < p->edges.count; i++) {
        const wm_edge *e = &p->edges.items[i];
        int32_t row, column;
        size_t first, count;
        if (!other_side(&p->lattice, &p->items[from], e, &row, &column))
            continue;
        count = wm_pieces_of_square(p, row, column, &first);
        for (size_t k = first; k < first + count; k++)
            if (has_edge(p, &p->items[k], e->b, e->a) &&
                !add_link(j, from, (uint32_t)k, fabs(e->b.x - e->a.x) + fabs(e->b.y - e->a.y)))
                return false;
    }
    return true;
}

/* ---- the smallest first ------------------------------------------------------------- */

static bool is_less(const waiting *a, const waiting *b)
{
    return a->area != b->area ? a->area < b->area : a->piece < b->piece;
}

static bool push(joiner *j, uint32_t piece)
{
    if (!wm_reserve(j->pieces->host, (void **)&j->heap, &j->heap_room, j->heap_count + 1,
                    sizeof *j->heap))
        return false;
    waiting fresh = {j->areas[piece], piece};
    size_t i = j->heap_count++;
    for (; i > 0 && is_less(&fresh, &j->heap[(i - 1) / 2]); i = (i - 1) / 2)
        j->heap[i] = j->heap[(i - 1) / 2];
    j->heap[i] = fresh;
    return true;
}

static waiting pop(joiner *j)
{
    waiting top = j->heap[0], last = j->heap[--j->heap_count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < j->heap_count; i = child) {
        if (child + 1 < j->heap_count && is_less(&j->heap[child + 1], &j->heap[child]))
            child++;
        if (!is_less(&j->heap[child], &last))
            break;
        j->heap[i] = j->heap[child];
    }
    j->heap[i] = last;
    return top;
}

/* ---- joining ------------------------------------------------------------------------ */

static uint32_t leader_of(joiner *j, uint32_t piece)
{
    wm_piece *items = j->pieces->items;
    while (items[piece].leader != piece) {
        items[piece].leader = items[items[piece].leader].leader;
        piece = items[piece].leader;
    }
    return piece;
}

static int compare_links(const void *left, const void *right)
{
    const link *a = left, *b = right;
    if (a->from != b->from)
        return a->from < b->from ? -1 : 1;
    if (a->to != b->to)
        return a->to < b->to ? -1 : 1;
    return a->length < b->length ? -1 : a->length > b->length;
}

static size_t first_link(const joiner *j, uint32_t from)
{
    size_t low = 0, high = j->link_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (j->links[middle].from < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The borders of a cell with other cells, as links from 0 to their leaders. */
static bool collect_borders(joiner *j, uint32_t cell, size_t *count)
{
    wm_pieces *p = j->pieces;
    for (uint32_t piece = cell; piece != WM_PIECE_NONE; piece = p->items[piece].next)
        for (size_t i = first_link(j, piece); i < j->link_count && j->links[i].from == piece; i++) {
            uint32_t other = leader_of(j, j->links[i].to);
            if (other == cell)
                continue;
            if (!wm_reserve(p->host, (void **)&j->borders, &j->border_room, *count + 1,
                            sizeof *j->borders))
                return false;
            j->borders[(*count)++] = (link){0, other, j->links[i].length};
        }
    return true;
}

/* Gives WM_PIECE_NONE where there is no neighbour. */
static bool best_neighbour(joiner *j, uint32_t cell, uint32_t *best)
{
    size_t count = 0;
    *best = WM_PIECE_NONE;
    if (!collect_borders(j, cell, &count))
        return false;
    if (count != 0)
        qsort(j->borders, count, sizeof *j->borders, compare_links);
    double longest = 0;
    for (size_t i = 0; i < count;) {
        double length = 0;
        size_t k = i;
        for (; k < count && j->borders[k].to == j->borders[i].to; k++)
            length += j->borders[k].length;
        if (*best == WM_PIECE_NONE || length > longest) {
            longest = length;
            *best = j->borders[i].to;
        }
        i = k;
    }
    return true;
}

static uint32_t unite(joiner *j, uint32_t a, uint32_t b)
{
    wm_piece *items = j->pieces->items;
    bool a_leads = items[a].area != items[b].area ? items[a].area > items[b].area : a < b;
    uint32_t lead = a_leads ? a : b, other = a_leads ? b : a;
    items[other].leader = lead;
    items[j->tails[lead]].next = other;
    j->tails[lead] = j->tails[other];
    j->areas[lead] += j->areas[other];
    return lead;
}

static bool join_all(joiner *j)
{
    wm_pieces *p = j->pieces;
    while (j->heap_count != 0) {
        waiting w = pop(j);
        uint32_t neighbour;
        if (p->items[w.piece].leader != w.piece || j->areas[w.piece] != w.area)
            continue;           /* it has been joined meanwhile */
        if (!best_neighbour(j, w.piece, &neighbour))
            return false;
        if (neighbour == WM_PIECE_NONE)
            continue;
        uint32_t lead = unite(j, w.piece, neighbour);
        if (j->areas[lead] < p->least && !push(j, lead))
            return false;
    }
    return true;
}

static bool is_small(const wm_pieces *p, size_t piece)
{
    return p->items[piece].polygon != WM_PIECE_NONE && p->items[piece].area < p->least;
}

static bool prepare(joiner *j)
{
    wm_pieces *p = j->pieces;
    j->areas = wm_alloc(p->host, p->count * sizeof *j->areas);
    j->tails = wm_alloc(p->host, p->count * sizeof *j->tails);
    if (j->areas == NULL || j->tails == NULL)
        return false;
    for (size_t i = 0; i < p->count; i++) {
        j->areas[i] = p->items[i].area;
        j->tails[i] = (uint32_t)i;
    }
    for (size_t i = 0; i < p->count; i++)
        if (is_small(p, i) && (!link_piece(j, (uint32_t)i) || !push(j, (uint32_t)i)))
            return false;
    if (j->link_count != 0)
        qsort(j->links, j->link_count, sizeof *j->links, compare_links);
    return true;
}

static void count_cells(joiner *j)
{
    wm_pieces *p = j->pieces;
    p->cells = p->joined = p->kept_small = 0;
    for (size_t i = 0; i < p->count; i++) {
        p->items[i].leader = leader_of(j, (uint32_t)i);
        if (p->items[i].leader != i)
            p->joined++;
        else {
            p->cells++;
            p->kept_small += is_small(p, i) && j->areas[i] < p->least;
        }
    }
}

wanmi_status wm_pieces_join(wm_pieces *pieces, wanmi_error *error)
{
    joiner j = {.pieces = pieces};
    const wanmi_host *host = pieces->host;
    bool done = prepare(&j) && join_all(&j);
    if (done)
        count_cells(&j);
    wm_free(host, j.links, j.link_room * sizeof *j.links);
    wm_free(host, j.heap, j.heap_room * sizeof *j.heap);
    wm_free(host, j.borders, j.border_room * sizeof *j.borders);
    wm_free(host, j.areas, pieces->count * sizeof *j.areas);
    wm_free(host, j.tails, pieces->count * sizeof *j.tails);
    return done ? WANMI_OK : wm_error_memory(error);
}

wanmi_status wm_pieces_cell(wm_pieces *pieces, size_t leader, wm_polygons *cell, wanmi_error *error)
{
    wm_pieces *p = pieces;
    wm_polygons_clear(cell);
    p->edges.count = 0;
    for (uint32_t piece = (uint32_t)leader; piece != WM_PIECE_NONE; piece = p->items[piece].next)
        if (!wm_piece_edges(p, &p->items[piece]))
            return wm_error_memory(error);
    if (p->items[leader].next != WM_PIECE_NONE)
        wm_edges_cancel(&p->edges);
    wanmi_status status = wm_trace(&p->tracer, &p->edges, cell, error);
    if (status == WANMI_OK && cell->polygon_count != 1)
        status = wm_error(error, WANMI_E_GRID_AREA, "a cell of it is not connected");
    return status;
}
