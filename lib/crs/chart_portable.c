/* A chart's kernel in plain C: what the others must equal, bit by bit. */
#include "chart.h"

static void evaluate_one(const double *box, uint32_t degree, double lon, double lat, double *x,
                         double *y)
{
    const double u = lon - box[0], v = lat - box[1];
    const double *c = box + WM_CHART_HEAD;
    double px = 0, py = 0;
    for (uint32_t power = degree + 1; power-- > 0;) {
        double qx = c[0], qy = c[1];
        c += 2;
        for (uint32_t j = power; j < degree; j++, c += 2) {
            qx = qx * u + c[0];
            qy = qy * u + c[1];
        }
        /* 0 * v + q is q: the other kernels begin with it. */
        px = power == degree ? qx : px * v + qx;
        py = power == degree ? qy : py * v + qy;
    }
    *x = box[2] + px;
    *y = box[3] + py;
}

static void evaluate(const double *box, uint32_t degree, size_t count, const double *lon,
                     const double *lat, double *xs, double *ys)
{
    for (size_t i = 0; i < count; i++) {
        double x, y;
        evaluate_one(box, degree, lon[i], lat[i], &x, &y);
        xs[i] = x;
        ys[i] = y;
    }
}

static bool all_inside(const wm_area *area, size_t count, const double *lon, const double *lat)
{
    bool inside = true;
    for (size_t i = 0; i < count; i++)
        inside &= (lon[i] >= area->west) & (lon[i] <= area->east) & (lat[i] >= area->south) &
                  (lat[i] <= area->north);
    return inside;
}

const wm_chart_code wm_chart_portable = {evaluate, all_inside};
