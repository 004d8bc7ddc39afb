/* On which side of an edge a point lies, as GEOS says. Internal to the room.
 *
 * A filter in doubles answers when its sign is beyond doubt; it is then the sign
 * that GEOS gives too. Where the filter cannot be sure GEOSOrientationIndex_r is
 * asked, which makes no geometry: it is what GEOS's own point in polygon asks, so
 * that nearly collinear points get GEOS's answer also where GEOS rounds.
 */
#ifndef WM_LOCATE_SIDE_H
#define WM_LOCATE_SIDE_H

#include <geos_c.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct wm_sides {
    pthread_mutex_t *lock;          /* the index's: held while a context is made or freed */
    GEOSContextHandle_t geos;       /* NULL until the filter first fails */
    uint64_t asked;                 /* how often GEOS was */
    bool failed;                    /* GEOS gave no context or no answer */
} wm_sides;

/* What the filter leaves over. */
int wm_side_by_geos(wm_sides *sides, const double *a, const double *b, double x, double y);
void wm_sides_close(wm_sides *sides);

enum { WM_SIDE_DOUBTFUL = 2 };
/* Source: J. R. Shewchuk, "Adaptive precision floating-point arithmetic", 1997,
 * ccwerrboundA = (3 + 16 e) e with e = 2^-53, rounded up. It holds where nothing
 * underflows: what is nearly that small is doubtful. */
#define WM_SIDE_DOUBT 3.4e-16
#define WM_SIDE_TINY 1e-290

/* Whether products with this coordinate may underflow. GEOS then calls a point collinear
 * with an edge that is beside it: on the other side of a wall through zero, too, where
 * nobody looks for that edge. */
static inline bool wm_side_underflows(double at)
{
    return at != 0 && fabs(at) < 1e-150;
}

/* Whether both products of a side are zero because a factor of each is: the point is
 * an end of the edge, or both are on one upright or level line. */
static inline bool wm_side_is_none(const double *a, const double *b, double x, double y)
{
    return ((a[0] == x) | (b[1] == y)) & ((a[1] == y) | (b[0] == x));
}

/* 1: left of a -> b, -1: right, 0: on the line; or WM_SIDE_DOUBTFUL. */
static inline int wm_side_filter(const double *a, const double *b, double x, double y)
{
    double left = (a[0] - x) * (b[1] - y), right = (a[1] - y) * (b[0] - x);
    double sign = left - right, doubt = WM_SIDE_DOUBT * (fabs(left) + fabs(right)) + WM_SIDE_TINY;
    int side = (sign > doubt) - (sign < -doubt);    /* which of the two cannot be foretold */
    /* Of two zeros GEOS's own filter says 0 too. */
    return side != 0 || wm_side_is_none(a, b, x, y) ? side : WM_SIDE_DOUBTFUL;
}

/* The same without doubt. */
static inline int wm_side(wm_sides *sides, const double *a, const double *b, double x, double y)
{
    int side = wm_side_filter(a, b, x, y);
    return side != WM_SIDE_DOUBTFUL ? side : wm_side_by_geos(sides, a, b, x, y);
}

/* The same in the words of a cut (compiled.h): 1 above the edge's line, -1 below it.
 * Where the line is steep, above is towards greater x. */
static inline int wm_cut_side(bool steep, wm_sides *sides, const double *a, const double *b, double x,
                              double y)
{
    int left = wm_side(sides, a, b, x, y);
    return (steep ? a[1] < b[1] : a[0] > b[0]) ? -left : left;
}

#endif
