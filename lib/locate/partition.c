/* Cutting a tile: see partition.h. */
#include "partition.h"

#include <math.h>

#include "base/error.h"
#include "wanmi/types.h"

enum { DEPTH_MAX = 48, CUTS_TRIED = 5 };

/* The tile and a little more: an edge on its wall must not be lost by rounding. */
static const double HALF = 0.5 + 1e-6;

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
        p->au = u, p->av = v;
    else
        p->bu = u, p->bv = v;
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

bool wm_partition_add(wm_partition *partition, wm_piece edge)
{
    if (!clip(&edge, 1, 0, HALF) || !clip(&edge, -1, 0, HALF) || !clip(&edge, 0, 1, HALF) ||
        !clip(&edge, 0, -1, HALF))
        return true;
    return push_piece(partition, edge);
}

/* The line through a piece, as it will be kept. A piece that is a point in all but
 * name takes any line through it. */
static wm_cut line_through(const wm_piece *p)
{
    double du = p->bu - p->au, dv = p->bv - p->av;
    bool steep = fabs(dv) > fabs(du);
    double along = steep ? dv : du, across = steep ? du : dv;
    double slope = fabs(along) < 1e-9 ? 0 : across / along;
    double offset = steep ? p->au - slope * p->av : p->av - slope * p->au;
    return (wm_cut){(float)slope, (float)offset, {steep ? WM_STEEP : 0, 0}};
}

/* As wm_cut_above, in doubles. */
static double above(const wm_cut *cut, double u, double v)
{
    bool steep = (cut->next[0] & WM_STEEP) != 0;
    double along = steep ? v : u, across = steep ? u : v;
    return across - (double)cut->slope * along - (double)cut->offset;
}

typedef enum place { IN_LINE, BELOW, ABOVE, CROSSES } place;

static place place_of(const wm_cut *cut, const wm_piece *p)
{
    double a = above(cut, p->au, p->av), b = above(cut, p->bu, p->bv);
    bool low = a < -WM_WITHIN_LINE || b < -WM_WITHIN_LINE;
    bool high = a > WM_WITHIN_LINE || b > WM_WITHIN_LINE;
    return low && high ? CROSSES : low ? BELOW : high ? ABOVE : IN_LINE;
}

/* Few pieces cut in two, and sides of a size. */
static bool choose_cut(const wm_partition *p, size_t first, size_t count, wm_cut *cut)
{
    size_t stride = count / CUTS_TRIED + 1;
    double best = INFINITY;
    for (size_t tried = first; tried < first + count; tried += stride) {
        double sides[4] = {0};
        wm_cut line = line_through(&p->pieces[tried]);
        if (place_of(&line, &p->pieces[tried]) != IN_LINE)  /* each cut must take one away */
            continue;
        for (size_t i = first; i < first + count; i++)
            sides[place_of(&line, &p->pieces[i])]++;
        double cost = 2 * sides[CROSSES] + fabs(sides[BELOW] - sides[ABOVE]) - sides[IN_LINE];
        if (cost < best) {
            best = cost;
            *cut = line;
        }
    }
    return best < INFINITY;
}

/* Puts on the stack what lies below (or above) the line. */
static bool push_side(wm_partition *p, const wm_cut *cut, size_t first, size_t count, place side)
{
    bool steep = (cut->next[0] & WM_STEEP) != 0, upper = side == ABOVE;
    double nu = steep ? 1 : -(double)cut->slope, nv = steep ? -(double)cut->slope : 1;
    double sign = upper ? -1 : 1;
    for (size_t i = first; i < first + count; i++) {
        wm_piece piece = p->pieces[i];
        place where = place_of(cut, &piece);
        if (where != side && where != CROSSES)
            continue;
        if (where == CROSSES)
            clip(&piece, sign * nu, sign * nv, sign * (double)cut->offset);
        if (!push_piece(p, piece))
            return false;
    }
    return true;
}

/* The region's part on that side. Regions are convex. */
static bool push_region(wm_partition *p, const wm_cut *cut, size_t first, size_t count, place side)
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
    uint32_t cuts[DEPTH_MAX];
    bool upper[DEPTH_MAX];
    uint32_t depth;
} way;

/* Asks the middle of a leaf, if it is a place that the search itself would find to
 * be in this leaf, for certain. */
static wanmi_status label_leaf(wm_partition *p, const way *w, size_t first, size_t count, uint32_t *word)
{
    wm_corner middle = {0, 0};
    *word = WM_LABEL_NONE;
    if (count < 3)
        return WANMI_OK;
    for (size_t i = first; i < first + count; i++) {
        middle.u += p->corners[i].u / (double)count;
        middle.v += p->corners[i].v / (double)count;
    }
    for (uint32_t i = 0; i < w->depth; i++) {
        float over = wm_cut_above(&p->to->cuts[w->cuts[i]], (float[]){(float)middle.u, (float)middle.v});
        if (w->upper[i] ? !(over > p->to->strip) : !(over < -p->to->strip))
            return WANMI_OK;
    }
    return p->label(p->user, middle.u, middle.v, word);
}

static wanmi_status cut_region(wm_partition *p, way *w, size_t first_piece, size_t first_corner,
                               uint32_t *word);

/* One side of a cut: its pieces and its region are put on the stacks, and taken
 * off again. */
static wanmi_status cut_side(wm_partition *p, way *w, const wm_cut *cut, size_t first_piece,
                             size_t first_corner, place side, uint32_t *word)
{
    size_t pieces = p->piece_count, corners = p->corner_count;
    w->upper[w->depth - 1] = side == ABOVE;
    wanmi_status status = WANMI_E_MEMORY;
    if (push_side(p, cut, first_piece, pieces - first_piece, side) &&
        push_region(p, cut, first_corner, corners - first_corner, side))
        status = cut_region(p, w, pieces, corners, word);
    p->piece_count = pieces;
    p->corner_count = corners;
    return status;
}

static wanmi_status push_cut(wm_partition *p, wm_cut cut, uint32_t *number)
{
    wm_compiled *to = p->to;
    if (to->cut_count >= WM_LABEL ||
        !wm_reserve(p->host, (void **)&to->cuts, &to->cut_capacity, to->cut_count + 1, sizeof *to->cuts))
        return WANMI_E_MEMORY;
    *number = (uint32_t)to->cut_count;
    to->cuts[to->cut_count++] = cut;
    return WANMI_OK;
}

/* The pieces and corners on top of the stacks, from `first_...` on. Calls itself
 * to DEPTH_MAX at most. */
static wanmi_status cut_region(wm_partition *p, way *w, size_t first_piece, size_t first_corner,
                               uint32_t *word)
{
    size_t pieces = p->piece_count - first_piece, corners = p->corner_count - first_corner;
    if (pieces == 0)
        return label_leaf(p, w, first_corner, corners, word);
    wm_cut cut;
    *word = WM_LABEL_NONE;
    /* No room for a certain answer, or no line: the exact path answers here. */
    if (w->depth == DEPTH_MAX || corners < 3 || !choose_cut(p, first_piece, pieces, &cut))
        return WANMI_OK;
    uint32_t number, below = 0, over = 0;
    wanmi_status status = push_cut(p, cut, &number);
    if (status != WANMI_OK)
        return status;
    w->cuts[w->depth++] = number;
    status = cut_side(p, w, &cut, first_piece, first_corner, BELOW, &below);
    if (status == WANMI_OK)
        status = cut_side(p, w, &cut, first_piece, first_corner, ABOVE, &over);
    w->depth--;
    p->to->cuts[number].next[0] = cut.next[0] | below;
    p->to->cuts[number].next[1] = over;
    *word = number;
    return status;
}

wanmi_status wm_partition_finish(wm_partition *partition, uint32_t record, uint32_t *word)
{
    static const wm_corner square[] = {{-0.5, -0.5}, {0.5, -0.5}, {0.5, 0.5}, {-0.5, 0.5}};
    way w = {.depth = 0};
    uint32_t header;
    wanmi_status status = push_cut(partition, (wm_cut){0, 0, {record, 0}}, &header);
    partition->corner_count = 0;
    for (int i = 0; i < 4 && status == WANMI_OK; i++)
        if (!push_corner(partition, square[i]))
            status = WANMI_E_MEMORY;
    if (status == WANMI_OK)
        status = cut_region(partition, &w, 0, 0, word);
    partition->piece_count = 0;
    /* Without a cut the word cannot lead to the record. */
    if (status == WANMI_OK && (*word & WM_LABEL) != 0) {
        partition->to->cut_count = header;
        *word = WM_LABEL_NONE;
    }
    return status;
}

void wm_partition_drop(wm_partition *partition)
{
    wm_free(partition->host, partition->pieces, partition->piece_capacity * sizeof *partition->pieces);
    wm_free(partition->host, partition->corners, partition->corner_capacity * sizeof *partition->corners);
}
