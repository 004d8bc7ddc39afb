/* Which areas cover a point of one tile: see cover.h. */
#include "cover.h"

/* ---- one edge, in all cases ------------------------------------------------------------ */

typedef enum answer { AWAY, ON, UNSURE } answer;

static inline bool in_span(double a, double b, double at)
{
    double low = a < b ? a : b, high = a < b ? b : a;
    return (low <= at) & (at <= high);
}

/* The side of the way's corner. An edge along an axis may run through it; the
 * corner is then just above (below) it, or just to its right, as said below. */
static int side_of_corner(const wm_tile_point *p, const double *a, const double *b, wm_sides *sides)
{
    int side = wm_side(sides, a, b, p->reference_x, p->y);
    if (side != 0 || (a[0] != b[0]) == (a[1] != b[1]))
        return side;
    if (a[1] == b[1])
        return (a[0] < b[0]) != p->from_below ? 1 : -1;
    return a[1] < b[1] ? -1 : 1;
}

/* Whether GEOS comes to ask on which side of this edge the point is (RayCrossingCounter):
 * where it does not, its zero, which may be rounded, says nothing. */
static bool geos_meets(const wm_tile_point *p, const double *a, const double *b)
{
    return (a[1] > p->y) != (b[1] > p->y) || wm_side_is_none(a, b, p->x, p->y);
}

/* Whether an edge meets the point, and how often it crosses the way: added to
 * *crossings. The way's corner counts as just above (below) the point's height and
 * just right of the upright, in both its legs alike. */
static answer meet(const wm_tile_point *p, const double *a, const double *b, wm_sides *sides,
                   unsigned *crossings)
{
    /* No branch but the one below: where an edge lies cannot be foretold. */
    bool level = ((a[1] > p->y) | ((a[1] == p->y) & p->from_below)) !=
                 ((b[1] > p->y) | ((b[1] == p->y) & p->from_below));
    bool upright = (a[0] > p->reference_x) != (b[0] > p->reference_x);
    bool near = (int)in_span(a[0], b[0], p->x) & (int)in_span(a[1], b[1], p->y);
    if (!(level | upright | near))
        return AWAY;
    int at_point = (level | near) ? wm_side(sides, a, b, p->x, p->y) : 1;
    if (at_point == 0)
        return near && geos_meets(p, a, b) ? ON : UNSURE;
    if (!(level | upright))
        return AWAY;
    int at_corner = side_of_corner(p, a, b, sides);
    if (at_corner == 0)
        return UNSURE;
    *crossings += level & (at_point != at_corner);
    if (upright)
        *crossings += at_corner != wm_side(sides, a, b, p->reference_x, p->reference_y);
    return AWAY;
}

/* ---- without a branch --------------------------------------------------------------- */

/* What wm_side_filter says, in bits. */
typedef struct sign {
    bool left, none, doubtful;
} sign;

static inline sign sign_of(const double *a, const double *b, double x, double y)
{
    double left = (a[0] - x) * (b[1] - y), right = (a[1] - y) * (b[0] - x);
    double difference = left - right, doubt = WM_SIDE_DOUBT * (fabs(left) + fabs(right)) + WM_SIDE_TINY;
    bool none = wm_side_is_none(a, b, x, y);
    return (sign){difference > doubt, none, !((fabs(difference) > doubt) | none)};
}

typedef struct tally {
    bool odd, on, unsure;
} tally;

/* As meet, for edges that run through neither end of the way nor its corner, which
 * nearly all are; others make it unsure. Which case an edge is cannot be foretold, and
 * a wrong guess costs more than to compute all. */
static inline void count(const wm_tile_point *p, const double *a, const double *b, tally *t)
{
    bool level = ((a[1] > p->y) | ((a[1] == p->y) & p->from_below)) ^
                 ((b[1] > p->y) | ((b[1] == p->y) & p->from_below));
    bool upright = (a[0] > p->reference_x) ^ (b[0] > p->reference_x);
    bool near = (int)in_span(a[0], b[0], p->x) & (int)in_span(a[1], b[1], p->y);
    sign point = sign_of(a, b, p->x, p->y), corner = sign_of(a, b, p->reference_x, p->y);
    sign reference = sign_of(a, b, p->reference_x, p->reference_y);
    t->on |= near & point.none;
    t->unsure |= ((level | near) & (point.doubtful | point.none)) |
                 ((level | upright) & (corner.doubtful | corner.none)) |
                 (upright & (reference.doubtful | reference.none));
    t->odd ^= (level & (point.left ^ corner.left)) ^ (upright & (corner.left ^ reference.left));
}

static tally count_group(const uint32_t *group, const wm_tile_point *p)
{
    tally t = {(group[0] & 1) != 0, false, false};
    const uint32_t *run = group + 2;
    for (uint32_t r = 0; r < group[1]; r++, run += 2) {
        const double *a = p->xy + 2 * (size_t)run[0], *end = a + 2 * (size_t)run[1];
        for (; a < end; a += 2)
            count(p, a, a + 2, &t);
    }
    return t;
}

/* ---- records -------------------------------------------------------------------------- */

/* One area's edges. Gives 1 covered, 0 not, -1 unsure. */
static int group_covers(const uint32_t *group, const wm_tile_point *p, wm_sides *sides)
{
    unsigned crossings = group[0] & 1;
    int unsure = 0;
    const uint32_t *run = group + 2;
    for (uint32_t r = 0; r < group[1]; r++, run += 2) {
        const double *a = p->xy + 2 * (size_t)run[0];
        for (uint32_t e = 0; e < run[1]; e++, a += 2) {
            answer met = meet(p, a, a + 2, sides, &crossings);
            if (met == ON)
                return 1;
            unsure |= met == UNSURE;
        }
    }
    return unsure ? -1 : (int)(crossings & 1);
}

int64_t wm_record_cover(const uint32_t *record, const wm_tile_point *point, wm_sides *sides,
                        uint32_t *areas)
{
    uint32_t whole = record[WM_RECORD_AREAS], groups = record[WM_RECORD_GROUPS];
    int64_t count = 0;
    for (uint32_t i = 0; i < whole; i++)
        areas[count++] = record[WM_RECORD_HEAD + i];
    const uint32_t *group = record + WM_RECORD_HEAD + whole;
    for (uint32_t g = 0; g < groups; g++, group += 2 + 2 * group[1]) {
        tally t = count_group(group, point);
        int covers = t.on || !t.unsure ? t.on | t.odd : group_covers(group, point, sides);
        if (covers < 0 || sides->failed)
            return -1;
        if (covers == 1)
            areas[count++] = group[0] >> 1;
    }
    return count;
}
