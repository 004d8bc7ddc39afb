/* Where the index's chart lies: the degrees of all tiles, as PROJ gives them back
 * along their border and within. */
#include "chart.h"

#include <math.h>

#include "base/error.h"
#include "wanmi/crs.h"

/* Points a side of the sample. Between two of them a meridian or a parallel bends
 * by less than the rim that is added. */
enum { SIDE = 33 };

typedef struct degrees {
    double west, south, east, north;
} degrees;

static bool take(degrees *d, double lon, double lat)
{
    d->west = fmin(d->west, lon);
    d->south = fmin(d->south, lat);
    d->east = fmax(d->east, lon);
    d->north = fmax(d->north, lat);
    return isfinite(lon) && isfinite(lat);
}

/* *found: not where PROJ has no way back, or the area goes half round the world. */
static wanmi_status area_in_degrees(const wanmi_index *index, degrees *d, bool *found, wanmi_error *error)
{
    const wm_plane *p = &index->compiled->plane;
    wanmi_transform *transform = NULL;
    wanmi_status status = wanmi_transform_create(wanmi_map_crs(index->map), &transform, error);
    *d = (degrees){INFINITY, INFINITY, -INFINITY, -INFINITY};
    *found = true;
    for (int row = 0; row < SIDE && status == WANMI_OK; row++) {
        double xs[SIDE], ys[SIDE];
        uint8_t reasons[SIDE];
        for (int i = 0; i < SIDE; i++) {
            xs[i] = wm_wall(&p->x, 0) + (double)p->x.count * p->x.step * i / (SIDE - 1);
            ys[i] = wm_wall(&p->y, 0) + (double)p->y.count * p->y.step * row / (SIDE - 1);
        }
        status = wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, SIDE, xs, 0, ys, 0, xs, ys, reasons,
                                         error);
        for (int i = 0; i < SIDE && status == WANMI_OK; i++)
            *found = take(d, xs[i], ys[i]) && *found;
    }
    wanmi_transform_free(transform);
    double rim = fmax(d->east - d->west, d->north - d->south) / SIDE;
    *d = (degrees){fmax(d->west - rim, -180), fmax(d->south - rim, -90), fmin(d->east + rim, 180),
                   fmin(d->north + rim, 90)};
    *found = *found && d->east - d->west < 180;
    return status;
}

wanmi_status wm_index_chart(wanmi_index *index, wanmi_error *error)
{
    degrees d;
    bool found;
    wanmi_status status = area_in_degrees(index, &d, &found, error);
    if (status != WANMI_OK || !found)
        return status;
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.bound_m = WM_POSITION_DOUBT_M / 2;
    status = wanmi_chart_create(wanmi_map_crs(index->map), WANMI_DATUM_WGS84, d.west, d.south, d.east,
                                d.north, &options, index->host, &index->chart, error);
    if (status != WANMI_E_CRS_CHART)
        return status;
    if (error != NULL)
        wanmi_error_clear(error);
    return WANMI_OK;
}
