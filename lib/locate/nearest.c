/* The nearest cell: see nearest.h.
 *
 * Distances are those of GEOS to the last bit: the formula of its
 * algorithm::Distance::pointToSegment, on the map's raw rings. (GEOSDistance_r
 * itself would want a point geometry an event.)
 */
#include "nearest.h"

#include <math.h>

/* Distances closer than this are one distance. */
#define TIE_M 1e-9
/* Windows are wider than the distance by this, so that rounding in x + distance
 * cannot lose a cell; what a window lets through is measured anyway. */
#define SLACK_M 1e-6

static double to_point(double px, double py, double ax, double ay)
{
    double dx = px - ax, dy = py - ay;
    return sqrt(dx * dx + dy * dy);
}

static double to_segment(double px, double py, const double *a, const double *b)
{
    double dx = b[0] - a[0], dy = b[1] - a[1];
    if (dx == 0 && dy == 0)
        return to_point(px, py, a[0], a[1]);
    double length2 = dx * dx + dy * dy;
    double along = ((px - a[0]) * dx + (py - a[1]) * dy) / length2;
    if (along <= 0)
        return to_point(px, py, a[0], a[1]);
    if (along >= 1)
        return to_point(px, py, b[0], b[1]);
    double aside = ((a[1] - py) * dx - (a[0] - px) * dy) / length2;
    return fabs(aside) * sqrt(length2);
}

static double to_rings(const wanmi_index *index, uint32_t area, double x, double y)
{
    wanmi_area_rings rings = {0};
    double nearest = INFINITY;
    if (wanmi_map_area_rings(index->map, area, &rings) != WANMI_OK)
        return nearest;
    for (uint32_t r = 0; r < rings.ring_count; r++) {
        for (uint32_t p = rings.points[r]; p + 1 < rings.points[r + 1]; p++) {
            double d = to_segment(x, y, rings.xy + 2 * (size_t)p, rings.xy + 2 * (size_t)p + 2);
            nearest = d < nearest ? d : nearest;
        }
    }
    return nearest;
}

static wm_box window_around(double x, double y, double reach)
{
    double half = reach + SLACK_M + 4e-16 * (fabs(x) + fabs(y));
    return (wm_box){x - half, y - half, x + half, y + half};
}

/* First the smallest distance: the window shrinks with what is found. */
static double smallest_distance(const wanmi_index *index, double x, double y, int64_t instant_us)
{
    double smallest = INFINITY;
    wm_walk walk;
    wm_walk_start(&walk, &index->layers[index->cell_layer].tree,
                  window_around(x, y, index->snap_m));
    for (uint32_t area; (area = wm_walk_next(&walk)) != WANMI_NONE;) {
        if (!wm_index_valid(index, area, instant_us))
            continue;
        double d = to_rings(index, area, x, y);
        if (d <= index->snap_m && d < smallest) {
            smallest = d;
            walk.window = window_around(x, y, d);
        }
    }
    return smallest;
}

/* Then the lowest area that ties with it. Two passes, because a tie must not
 * depend on the order in which the tree gives its areas. */
uint32_t wm_nearest_cell(const wanmi_index *index, double x, double y, int64_t instant_us,
                         double *distance_m)
{
    double smallest = smallest_distance(index, x, y, instant_us);
    if (smallest > index->snap_m)
        return WANMI_NONE;
    double reach = smallest + TIE_M < index->snap_m ? smallest + TIE_M : index->snap_m;
    uint32_t lowest = WANMI_NONE;
    wm_walk walk;
    wm_walk_start(&walk, &index->layers[index->cell_layer].tree, window_around(x, y, reach));
    for (uint32_t area; (area = wm_walk_next(&walk)) != WANMI_NONE;) {
        if (area >= lowest || !wm_index_valid(index, area, instant_us))
            continue;
        double d = to_rings(index, area, x, y);
        if (d <= reach) {
            lowest = area;
            *distance_m = d;
        }
    }
    return lowest;
}
