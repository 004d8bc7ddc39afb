/* Cutting a tile: see partition.h. */
#include "partition.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "wanmi/types.h"

enum { DEPTH_MAX = 48, CUTS_TRIED = 5, EDGES_MAX = 12, LABELS_LOOKED_AT = 64 };

/* The tile and a little more: an edge on its wall must not be lost by rounding. */
static const double HALF = 0.5 + 1e-6;
/* A leaf's label is asked at a point that is farther than this from all its lines:
 * clear of what went with them. */
static const double CLEAR = 1e-6;

/* ---- pieces ------------------------------------------------------------------------- */

/* The part of a piece with nu * u + nv * v <= limit. */
static bool clip(wm_piece *p, double nu, double nv, double limit)
{
    double a = nu * p->au + nv * p->av - limit, b = nu * p->bu + nv * p->bv - limit;
    if (a > 0 && b > 0)
        return false;
    if (a <= 0 && b <= 0)
        return true;
    double t = a / (a - b), u = p->au + t * (p->bu - p->au), v = p->av + t * (p->bv - p->av);
    if (a > 0)
        p->au = u, p->av = v, p->a_is_cut = true;
    else
        p->bu = u, p->bv = v, p->b_is_cut = true;
    return true;
}

static bool push_piece(wm_partition *p, wm_piece piece)
{
    if (!wm_reserve(p->host, (void **)&p->pieces, &p->piece_capacity, p->piece_count + 1,
                    sizeof *p->pieces))
        return false;
    p->pieces[p->piece_count++] = piece;
    return true;
}

static bool push_corner(wm_partition *p, wm_corner corner)
{
    if (!wm_reserve(p->host, (void **)&p->corners, &p->corner_capacity, p->corner_count + 1,
                    sizeof *p->corners))
        return false;
    p->corners[p->corner_count++] = corner;
    return true;
}

/* Half a tile is added last, so that places in far tiles lose nothing before. */
static double in_tile(const wm_walls *walls, double at, uint32_t number)
{
    return (at - walls->start) * walls->per_step - number - 0.5;
}

static const double *edge_of(const wm_partition *p, uint32_t point)
{
    return p->xy + 2 * (size_t)point;
}

static bool same_point(const double *a, const double *b)
{
    return a[0] == b[0] && a[1] == b[1];
}

/* The whole edge in the tile's measure. */
static wm_piece whole_edge(const wm_partition *p, uint32_t point)
{
    const wm_plane *plane = &p->to->plane;
    const double *a = edge_of(p, point), *b = a + 2;
    return (wm_piece){in_tile(&plane->x, a[0], p->column), in_tile(&plane->y, a[1], p->row),
                      in_tile(&plane->x, b[0], p->column), in_tile(&plane->y, b[1], p->row),
                      point, false, false};
}

void wm_partition_start(wm_partition *partition, uint32_t column, uint32_t row)
{
    wm_sapling *t = &partition->tree;
    t->cut_count = t->list_count = t->label_count = 0;
    partition->piece_count = 0;
    partition->column = column;
    partition->row = row;
}

bool wm_partition_add(wm_partition *partition, uint32_t point)
{
    wm_piece edge = whole_edge(partition, point);
    const double *a = edge_of(partition, point);
    if (same_point(a, a + 2))       /* its neighbours say all */
        return true;
    if (!clip(&edge, 1, 0, HALF) || !clip(&edge, -1, 0, HALF) || !clip(&edge, 0, 1, HALF) ||
        !clip(&edge, 0, -1, HALF))
        return true;
    return push_piece(partition, edge);
}

/* ---- lines --------------------------------------------------------------------------- */

/* The line through a piece's whole edge. */
static wm_line line_through(const wm_partition *p, const wm_piece *piece)
{
    wm_piece e = whole_edge(p, piece->point);
    double du = e.bu - e.au, dv = e.bv - e.av;
    bool steep = fabs(dv) > fabs(du);
    double along = steep ? dv : du, across = steep ? du : dv;
    double slope = along == 0 ? 0 : across / along;
    return (wm_line){slope, steep ? e.au - slope * e.av : e.av - slope * e.au, steep};
}

static double above(const wm_line *line, double u, double v)
{
    double along = line->steep ? v : u, across = line->steep ? u : v;
    return across - line->slope * along - line->offset;
}

typedef enum place { IN_LINE, BELOW, ABOVE, CROSSES } place;

static place place_of(const wm_line *line, const wm_piece *p)
{
    double a = above(line, p->au, p->av), b = above(line, p->bu, p->bv);
    bool low = a < -WM_WITHIN_LINE || b < -WM_WITHIN_LINE;
    bool high = a > WM_WITHIN_LINE || b > WM_WITHIN_LINE;
    return low && high ? CROSSES : low ? BELOW : high ? ABOVE : IN_LINE;
}

/* Few pieces cut in two, and sides of a size. Gives the piece's place, or
 * SIZE_MAX. */
static size_t choose_cut(const wm_partition *p, size_t first, size_t count, wm_line *cut)
{
    size_t stride = count / CUTS_TRIED + 1, chosen = SIZE_MAX;
    double best = INFINITY;
    for (size_t tried = first; tried < first + count; tried += stride) {
        double sides[4] = {0};
        wm_line line = line_through(p, &p->pieces[tried]);
        if (place_of(&line, &p->pieces[tried]) != IN_LINE)  /* each cut must take one away */
            continue;
        for (size_t i = first; i < first + count; i++)
            sides[place_of(&line, &p->pieces[i])]++;
        double cost = 2 * sides[CROSSES] + fabs(sides[BELOW] - sides[ABOVE]) - sides[IN_LINE];
        if (cost < best) {
            best = cost;
            chosen = tried;
            *cut = line;
        }
    }
    return chosen;
}

/* ---- which edges a cut stands for -------------------------------------------------------- */

/* The edges that went with a line, each segment once. Where a point is surely on one
 * side of every one of them, nothing lies between it and that side of the line. */
typedef struct bundle {
    uint32_t edges[EDGES_MAX];
    uint32_t count;
    bool is_loose;                  /* something else is there: the sides of the edges decide nothing */
} bundle;

static void add_edge(const wm_partition *p, bundle *to, uint32_t point)
{
    const double *a = edge_of(p, point), *b = a + 2;
    for (uint32_t i = 0; i < to->count; i++) {
        const double *c = edge_of(p, to->edges[i]), *d = c + 2;
        if ((same_point(a, c) && same_point(b, d)) || (same_point(a, d) && same_point(b, c)))
            return;
    }
    if (to->count == EDGES_MAX || point >= WM_CUT_LIST)
        to->is_loose = true;
    else
        to->edges[to->count++] = point;
}

/* A piece that goes off to one side of the line, from an end near it: its edge must lie
 * whole on its own side of an edge of the bundle, or on it. A point beyond all edges of
 * the bundle is then beyond that piece too. */
static bool stays_on(const wm_partition *p, const bundle *with, const wm_line *line, const wm_piece *piece,
                     int side)
{
    const double *c = edge_of(p, piece->point), *d = c + 2;
    for (uint32_t i = 0; i < with->count; i++) {
        const double *a = edge_of(p, with->edges[i]), *b = a + 2;
        if (wm_cut_side(line->steep, p->sides, a, b, c[0], c[1]) != -side &&
            wm_cut_side(line->steep, p->sides, a, b, d[0], d[1]) != -side)
            return true;
    }
    return false;
}

static bool ends_well(const wm_partition *p, const bundle *with, const wm_line *line,
                      const wm_piece *piece, place where)
{
    bool a_near = fabs(above(line, piece->au, piece->av)) <= WM_WITHIN_LINE;
    bool b_near = fabs(above(line, piece->bu, piece->bv)) <= WM_WITHIN_LINE;
    if (!a_near && !b_near)
        return true;
    return !(a_near && piece->a_is_cut) && !(b_near && piece->b_is_cut) &&
           stays_on(p, with, line, piece, where == ABOVE ? 1 : -1);
}

static void bundle_edges(const wm_partition *p, const wm_line *line, size_t chosen, size_t first,
                         size_t count, bundle *to)
{
    *to = (bundle){.count = 0};
    add_edge(p, to, p->pieces[chosen].point);
    for (size_t i = first; i < first + count; i++)
        if (place_of(line, &p->pieces[i]) == IN_LINE)
            add_edge(p, to, p->pieces[i].point);
    for (uint32_t i = 0; i < to->count; i++) {
        const double *a = edge_of(p, to->edges[i]), *b = a + 2;
        to->is_loose = to->is_loose || (line->steep ? a[1] == b[1] : a[0] == b[0]);
    }
    for (size_t i = first; i < first + count && !to->is_loose; i++) {
        place where = place_of(line, &p->pieces[i]);
        if (where == BELOW || where == ABOVE)
            to->is_loose = !ends_well(p, to, line, &p->pieces[i], where);
    }
}

/* One word of it for the tree: an edge, or a list's place, or WANMI_NONE. */
static bool put_bundle(wm_partition *p, const bundle *b, uint32_t *word)
{
    wm_sapling *t = &p->tree;
    *word = WANMI_NONE;
    if (b->is_loose)
        return true;
    *word = b->edges[0];
    if (b->count == 1)
        return true;
    if (!wm_reserve(p->host, (void **)&t->lists, &t->list_capacity, t->list_count + b->count + 1,
                    sizeof *t->lists))
        return false;
    *word = WM_CUT_LIST | (uint32_t)t->list_count;
    t->lists[t->list_count++] = b->count;
    memcpy(t->lists + t->list_count, b->edges, b->count * sizeof *b->edges);
    t->list_count += b->count;
    return true;
}

/* ---- the two sides of a cut ---------------------------------------------------------- */

/* Puts on the stack what lies below (or above) the line. */
static bool push_side(wm_partition *p, const wm_line *cut, size_t first, size_t count, place side)
{
    double nu = cut->steep ? 1 : -cut->slope, nv = cut->steep ? -cut->slope : 1;
    double sign = side == ABOVE ? -1 : 1;
    for (size_t i = first; i < first + count; i++) {
        wm_piece piece = p->pieces[i];
        place where = place_of(cut, &piece);
        if (where != side && where != CROSSES)
            continue;
        if (where == CROSSES)
            clip(&piece, sign * nu, sign * nv, sign * cut->offset);
        if (!push_piece(p, piece))
            return false;
    }
    return true;
}

/* The region's part on that side. Regions are convex. */
static bool push_region(wm_partition *p, const wm_line *cut, size_t first, size_t count, place side)
{
    double sign = side == ABOVE ? 1 : -1;
    for (size_t i = 0; i < count; i++) {
        wm_corner a = p->corners[first + i], b = p->corners[first + (i + 1) % count];
        double da = sign * above(cut, a.u, a.v), db = sign * above(cut, b.u, b.v);
        if (da >= 0 && !push_corner(p, a))
            return false;
        if ((da > 0 && db < 0) || (da < 0 && db > 0)) {
            double t = da / (da - db);
            if (!push_corner(p, (wm_corner){a.u + t * (b.u - a.u), a.v + t * (b.v - a.v)}))
                return false;
        }
    }
    return true;
}

/* A way from the first cut down to a leaf. */
typedef struct way {
    wm_line cuts[DEPTH_MAX];
    uint32_t numbers[DEPTH_MAX];    /* of the cuts, in the tree */
    bool upper[DEPTH_MAX];
    uint32_t depth;
} way;

/* ---- leaves ---------------------------------------------------------------------------- */

/* The code of a label in this tile's list. */
static wanmi_status put_label(wm_partition *p, uint32_t label, uint32_t *code)
{
    wm_sapling *t = &p->tree;
    for (size_t i = t->label_count; i > 0 && t->label_count - i < LABELS_LOOKED_AT; i--) {
        if (t->labels[i - 1] == label) {
            *code = WM_CUT_LABEL | (uint32_t)(i - 1);
            return WANMI_OK;
        }
    }
    /* The list is full: its last place says so, and the exact path answers. */
    if (t->label_count == WM_CUT_LABELS_MAX)
        label = t->labels[t->label_count - 1] = WM_LABEL_NONE;
    else if (!wm_reserve(p->host, (void **)&t->labels, &t->label_capacity, t->label_count + 1,
                         sizeof *t->labels))
        return WANMI_E_MEMORY;
    else
        t->labels[t->label_count++] = label;
    *code = WM_CUT_LABEL | (uint32_t)(t->label_count - 1);
    return WANMI_OK;
}

/* Whether all edges of a cut's list have a place on the same side. */
static bool list_agrees(const wm_partition *p, const uint32_t *list, bool steep, int side, double x,
                        double y)
{
    for (uint32_t i = 1; i <= list[0]; i++) {
        const double *a = edge_of(p, list[i]);
        if (wm_cut_side(steep, p->sides, a, a + 2, x, y) != side)
            return false;
    }
    return true;
}

/* A leaf's label is that of one place in it. It is every point's in the leaf because no
 * edge crosses the straight way from the point to that place: both are on one side of
 * each edge that a cut stands for. (A single edge is the cut's line itself.) Where some
 * edge of a list lies between, a bend by which the border leaves the line, the cut may
 * stand for nothing: points near it are left to the record. */
static void loosen_cuts(wm_partition *p, const way *w, double u, double v)
{
    const wm_plane *plane = &p->to->plane;
    double x = wm_place_in_tile(&plane->x, p->column, u), y = wm_place_in_tile(&plane->y, p->row, v);
    for (uint32_t i = 0; i < w->depth; i++) {
        uint32_t *edges = &p->tree.edges[w->numbers[i]];
        if (*edges != WANMI_NONE && (*edges & WM_CUT_LIST) != 0 &&
            !list_agrees(p, p->tree.lists + (*edges & ~WM_CUT_LIST), w->cuts[i].steep, w->upper[i] ? 1 : -1,
                         x, y))
            *edges = WANMI_NONE;
    }
}

/* Asks the middle of a leaf, if it is clear of all edges. */
static wanmi_status label_leaf(wm_partition *p, const way *w, size_t first, size_t count, uint32_t *code)
{
    wm_corner middle = {0, 0};
    uint32_t label = WM_LABEL_NONE;
    bool is_clear = count >= 3;
    for (size_t i = first; i < first + count; i++) {
        middle.u += p->corners[i].u / (double)count;
        middle.v += p->corners[i].v / (double)count;
    }
    for (uint32_t i = 0; i < w->depth && is_clear; i++) {
        double over = above(&w->cuts[i], middle.u, middle.v);
        is_clear = w->upper[i] ? over > CLEAR : over < -CLEAR;
    }
    wanmi_status status = is_clear ? p->label(p->user, middle.u, middle.v, &label) : WANMI_OK;
    if (label != WM_LABEL_NONE)
        loosen_cuts(p, w, middle.u, middle.v);
    return status == WANMI_OK ? put_label(p, label, code) : status;
}

static wanmi_status cut_region(wm_partition *p, way *w, size_t first_piece, size_t first_corner,
                               uint32_t *code);

/* One side of a cut: its pieces and its region are put on the stacks, and taken
 * off again. */
static wanmi_status cut_side(wm_partition *p, way *w, const wm_line *cut, size_t first_piece,
                             size_t first_corner, place side, uint32_t *code)
{
    size_t pieces = p->piece_count, corners = p->corner_count;
    w->upper[w->depth - 1] = side == ABOVE;
    wanmi_status status = WANMI_E_MEMORY;
    if (push_side(p, cut, first_piece, pieces - first_piece, side) &&
        push_region(p, cut, first_corner, corners - first_corner, side))
        status = cut_region(p, w, pieces, corners, code);
    p->piece_count = pieces;
    p->corner_count = corners;
    return status;
}

/* ---- cuts -------------------------------------------------------------------------------- */

/* Room for a cut, and which edges it stands for. */
static wanmi_status push_cut(wm_partition *p, const bundle *edges, uint32_t *number)
{
    wm_sapling *t = &p->tree;
    if (!wm_reserve(p->host, (void **)&t->cuts, &t->cut_capacity, t->cut_count + 1, sizeof *t->cuts) ||
        !wm_reserve(p->host, (void **)&t->edges, &t->edge_capacity, t->cut_count + 1, sizeof *t->edges) ||
        !put_bundle(p, edges, &t->edges[t->cut_count]))
        return WANMI_E_MEMORY;
    *number = (uint32_t)t->cut_count++;
    return WANMI_OK;
}

static int16_t in_units(double value)
{
    return (int16_t)lrint(fmax(-1, fmin(1, value)) * WM_CUT_UNIT);
}

/* The pieces and corners on top of the stacks, from `first_...` on. Calls itself
 * to DEPTH_MAX at most. */
static wanmi_status cut_region(wm_partition *p, way *w, size_t first_piece, size_t first_corner,
                               uint32_t *code)
{
    size_t pieces = p->piece_count - first_piece, corners = p->corner_count - first_corner;
    if (pieces == 0)
        return label_leaf(p, w, first_corner, corners, code);
    wm_line cut;
    size_t chosen = SIZE_MAX;
    if (w->depth < DEPTH_MAX && corners >= 3 && p->tree.cut_count < WM_CUT_COUNT_MAX)
        chosen = choose_cut(p, first_piece, pieces, &cut);
    if (chosen == SIZE_MAX)         /* no room for a certain answer, or no line: the exact path answers */
        return put_label(p, WM_LABEL_NONE, code);
    bundle edges;
    bundle_edges(p, &cut, chosen, first_piece, pieces, &edges);
    uint32_t number, below = 0, over = 0;
    wanmi_status status = p->sides->failed ? WANMI_E_LOCATE_GEOS : push_cut(p, &edges, &number);
    if (status != WANMI_OK)
        return status;
    w->numbers[w->depth] = number;
    w->cuts[w->depth++] = cut;
    status = cut_side(p, w, &cut, first_piece, first_corner, BELOW, &below);
    if (status == WANMI_OK)
        status = cut_side(p, w, &cut, first_piece, first_corner, ABOVE, &over);
    w->depth--;
    p->tree.cuts[number] = wm_cut_make(in_units(cut.slope), in_units(cut.offset), cut.steep, below, over);
    *code = number;
    return status;
}

/* ---- into the index ------------------------------------------------------------------------ */

/* Where the first cut comes to stand: labels and cuts in as few lines of the cache as can
 * be, for each is a wait where the trees are larger than it. */
static size_t cuts_at(size_t start, const wm_sapling *t)
{
    size_t head = t->label_count + WM_TREE_HEAD, cuts = (start + head + 1) / 2 * 2;
    size_t words = head + 2 * t->cut_count, lines = (words + WM_TREE_LINE - 1) / WM_TREE_LINE;
    if ((cuts - head) % WM_TREE_LINE + words <= lines * WM_TREE_LINE)
        return cuts;
    start = (start + WM_TREE_LINE - 1) / WM_TREE_LINE * WM_TREE_LINE;
    return (start + head + 1) / 2 * 2;
}

/* Labels backwards, cut count, record, cuts, edges, lists: compiled.h. */
static wanmi_status write_tree(wm_partition *p, uint32_t record, uint32_t *word)
{
    wm_sapling *t = &p->tree;
    wm_compiled *to = p->to;
    size_t cuts = cuts_at(to->tree_count, t);
    size_t end = cuts + 3 * t->cut_count + t->list_count;
    if (cuts / 2 >= WM_LABEL ||
        !wm_reserve(p->host, (void **)&to->trees, &to->tree_capacity, end, sizeof *to->trees))
        return WANMI_E_MEMORY;
    uint32_t *out = to->trees + cuts;
    memset(to->trees + to->tree_count, 0, (cuts - to->tree_count) * sizeof *out);
    out[-WM_TREE_RECORD] = record;
    out[-WM_TREE_CUTS] = (uint32_t)t->cut_count;
    for (size_t i = 0; i < t->label_count; i++)
        out[-WM_TREE_LABELS - (ptrdiff_t)i] = t->labels[i];
    memcpy(out, t->cuts, t->cut_count * sizeof *t->cuts);
    memcpy(out + 2 * t->cut_count, t->edges, t->cut_count * sizeof *t->edges);
    if (t->list_count > 0)
        memcpy(out + 3 * t->cut_count, t->lists, t->list_count * sizeof *t->lists);
    to->tree_count = end;
    *word = (uint32_t)(cuts / 2);
    return WANMI_OK;
}

wanmi_status wm_partition_finish(wm_partition *partition, uint32_t record, uint32_t *word)
{
    static const wm_corner square[] = {{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
    way w = {.depth = 0};
    uint32_t code = 0;
    partition->corner_count = 0;
    for (int i = 0; i < 4; i++)
        if (!push_corner(partition, square[i]))
            return WANMI_E_MEMORY;
    wanmi_status status = cut_region(partition, &w, 0, 0, &code);
    *word = WM_LABEL_NONE;
    /* Without a cut there is no tree to lead to the record. */
    return status == WANMI_OK && (code & WM_CUT_LABEL) == 0 ? write_tree(partition, record, word) : status;
}

void wm_partition_drop(wm_partition *partition)
{
    wm_sapling *t = &partition->tree;
    wm_free(partition->host, partition->pieces, partition->piece_capacity * sizeof *partition->pieces);
    wm_free(partition->host, partition->corners, partition->corner_capacity * sizeof *partition->corners);
    wm_free(partition->host, t->cuts, t->cut_capacity * sizeof *t->cuts);
    wm_free(partition->host, t->edges, t->edge_capacity * sizeof *t->edges);
    wm_free(partition->host, t->lists, t->list_capacity * sizeof *t->lists);
    wm_free(partition->host, t->labels, t->label_capacity * sizeof *t->labels);
}
