/* Where the index's charts lie: all tiles in a datum's own degrees, as PROJ gives
 * them back along their border and within. */
#include "chart.h"

#include <math.h>

#include "base/error.h"
#include "wanmi/crs.h"

/* Points a side of the sample. Between two of them a meridian or a parallel bends
 * by less than the rim that is added. */
enum { SIDE = 33 };

/* The formulas of the offset datums bend every few kilometres and take a
 * microsecond each: some 2 ms a box. A map gets such a chart of up to this many boxes, or, if it is asked
 * for, of up to the second number. */
enum { OFFSET_BOXES = 128, ASKED_BOXES = 1024 };

typedef struct degrees {
    double west, south, east, north;
} degrees;

static void take(degrees *d, double lon, double lat)
{
    if (!isfinite(lon) || !isfinite(lat))
        return;
    d->west = fmin(d->west, lon);
    d->south = fmin(d->south, lat);
    d->east = fmax(d->east, lon);
    d->north = fmax(d->north, lat);
}

/* *found: not where PROJ or the datum has no way back from any place, or the area
 * goes half round the world. */
static wanmi_status area_in_degrees(const wanmi_index *index, wanmi_datum datum, degrees *d, bool *found,
                                    wanmi_error *error)
{
    const wm_plane *p = &index->compiled->plane;
    wanmi_transform *transform = NULL;
    wanmi_status status = wanmi_transform_create(wanmi_map_crs(index->map), &transform, error);
    *d = (degrees){INFINITY, INFINITY, -INFINITY, -INFINITY};
    for (int row = 0; row < SIDE && status == WANMI_OK; row++) {
        double xs[SIDE], ys[SIDE];
        uint8_t reasons[SIDE];
        for (int i = 0; i < SIDE; i++) {
            xs[i] = wm_wall(&p->x, 0) + (double)p->x.count * p->x.step * i / (SIDE - 1);
            ys[i] = wm_wall(&p->y, 0) + (double)p->y.count * p->y.step * row / (SIDE - 1);
        }
        status = wanmi_transform_inverse(transform, datum, SIDE, xs, 0, ys, 0, xs, ys, reasons, error);
        for (int i = 0; i < SIDE && status == WANMI_OK; i++)
            take(d, xs[i], ys[i]);
    }
    wanmi_transform_free(transform);
    double rim = fmax(d->east - d->west, d->north - d->south) / SIDE;
    *d = (degrees){fmax(d->west - rim, -180), fmax(d->south - rim, -90), fmin(d->east + rim, 180),
                   fmin(d->north + rim, 90)};
    *found = d->west <= d->east && d->east - d->west < 180;
    return status;
}

static bool is_offset(wanmi_datum datum)
{
    return datum == WANMI_DATUM_GCJ02 || datum == WANMI_DATUM_BD09;
}

/* No chart is no error: where no polynomial serves, and for a datum that was left
 * out of this build, PROJ's own way answers, or says why it does not. */
static wanmi_status make_chart(wanmi_index *index, wanmi_datum datum, bool asked, wanmi_error *error)
{
    degrees d;
    bool found;
    wanmi_status status = area_in_degrees(index, datum, &d, &found, error);
    wanmi_chart_options options;
    wanmi_chart_options_init(&options);
    options.bound_m = WM_POSITION_DOUBT_M / 2;
    if (is_offset(datum))
        options.boxes_max = asked ? ASKED_BOXES : OFFSET_BOXES;
    if (status == WANMI_OK && found)
        status = wanmi_chart_create(wanmi_map_crs(index->map), datum, d.west, d.south, d.east, d.north,
                                    &options, index->host, &index->charts[datum], error);
    if (status != WANMI_E_CRS_CHART && status != WANMI_E_CRS_DATUM)
        return status;
    if (error != NULL)
        wanmi_error_clear(error);
    return WANMI_OK;
}

uint32_t wm_chart_bits(uint32_t asked)
{
    uint32_t wanted = asked != 0 ? asked : 1u << WANMI_DATUM_WGS84 | 1u << WANMI_DATUM_GCJ02;
    if ((wanted & 1u << WANMI_DATUM_CGCS2000) != 0)     /* one and the same */
        wanted |= 1u << WANMI_DATUM_WGS84;
    return wanted;
}

wanmi_status wm_index_charts(wanmi_index *index, uint32_t asked, wanmi_error *error)
{
    uint32_t wanted = wm_chart_bits(asked);
    static const wanmi_datum datums[] = {WANMI_DATUM_WGS84, WANMI_DATUM_GCJ02, WANMI_DATUM_BD09};
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; i < sizeof datums / sizeof *datums && status == WANMI_OK; i++)
        if ((wanted & 1u << datums[i]) != 0)
            status = make_chart(index, datums[i], asked != 0, error);
    return status;
}
