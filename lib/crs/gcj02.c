/* GCJ-02 and BD-09, both ways. Formulas: docs/accuracy.md.
 *
 * Errors of the inverse by fixed point shrink more than a hundredfold a pass and
 * end below 1e-8 m, except within some centimetres of 105 E and 35 N: there the
 * square roots in the formula have no slope, and more passes end at 5e-7 m.
 */
#include <math.h>

#include "wanmi/crs.h"
#include "wanmi_config.h"

#if WM_HAVE_GCJ02

enum { GCJ02_PASSES = 8, BD09_PASSES = 6 };

static const double WEST = 72.004, EAST = 137.8347, SOUTH = 0.8293, NORTH = 55.8271;

/* Krasovsky's ellipsoid. */
static const double MAJOR = 6378245.0, E2 = 0.00669342162296594323;

static double offset_north(double x, double y)
{
    double d = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(fabs(x));
    d += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    d += (20.0 * sin(y * M_PI) + 40.0 * sin(y / 3.0 * M_PI)) * 2.0 / 3.0;
    d += (160.0 * sin(y / 12.0 * M_PI) + 320.0 * sin(y * M_PI / 30.0)) * 2.0 / 3.0;
    return d;
}

static double offset_east(double x, double y)
{
    double d = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(fabs(x));
    d += (20.0 * sin(6.0 * x * M_PI) + 20.0 * sin(2.0 * x * M_PI)) * 2.0 / 3.0;
    d += (20.0 * sin(x * M_PI) + 40.0 * sin(x / 3.0 * M_PI)) * 2.0 / 3.0;
    d += (150.0 * sin(x / 12.0 * M_PI) + 300.0 * sin(x / 30.0 * M_PI)) * 2.0 / 3.0;
    return d;
}

/* What GCJ-02 adds to a position, in degrees. */
static void gcj02_offset(double lon, double lat, double *dlon, double *dlat)
{
    double x = lon - 105.0, y = lat - 35.0, radians = lat / 180.0 * M_PI;
    double s = sin(radians), magic = 1.0 - E2 * s * s, root = sqrt(magic);
    *dlat = offset_north(x, y) * 180.0 / (MAJOR * (1.0 - E2) / (magic * root) * M_PI);
    *dlon = offset_east(x, y) * 180.0 / (MAJOR / root * cos(radians) * M_PI);
}

static void bd09_of(double lon, double lat, double *out_lon, double *out_lat)
{
    const double k = M_PI * 3000.0 / 180.0;
    double z = sqrt(lon * lon + lat * lat) + 2e-5 * sin(lat * k);
    double theta = atan2(lat, lon) + 3e-6 * cos(lon * k);
    *out_lon = z * cos(theta) + 0.0065;
    *out_lat = z * sin(theta) + 0.006;
}

/* Also writes the NaN of a rejected position. */
static wanmi_reason check(double lon, double lat, double *out_lon, double *out_lat)
{
    wanmi_reason reason = WANMI_REASON_NONE;
    if (!isfinite(lon) || !isfinite(lat))
        reason = WANMI_REASON_NOT_FINITE;
    else if (lon < WEST || lon > EAST || lat < SOUTH || lat > NORTH)
        reason = WANMI_REASON_DATUM_BOX;
    if (reason != WANMI_REASON_NONE)
        *out_lon = *out_lat = NAN;
    return reason;
}

wanmi_reason wanmi_gcj02_from_wgs84(double lon, double lat, double *out_lon, double *out_lat)
{
    wanmi_reason reason = check(lon, lat, out_lon, out_lat);
    if (reason != WANMI_REASON_NONE)
        return reason;
    double dlon, dlat;
    gcj02_offset(lon, lat, &dlon, &dlat);
    *out_lon = lon + dlon;
    *out_lat = lat + dlat;
    return WANMI_REASON_NONE;
}

wanmi_reason wanmi_wgs84_from_gcj02(double lon, double lat, double *out_lon, double *out_lat)
{
    wanmi_reason reason = check(lon, lat, out_lon, out_lat);
    if (reason != WANMI_REASON_NONE)
        return reason;
    double at_lon = lon, at_lat = lat;
    for (int pass = 0; pass < GCJ02_PASSES; pass++) {
        double dlon, dlat;
        gcj02_offset(at_lon, at_lat, &dlon, &dlat);
        at_lon = lon - dlon;
        at_lat = lat - dlat;
    }
    *out_lon = at_lon;
    *out_lat = at_lat;
    return WANMI_REASON_NONE;
}

wanmi_reason wanmi_bd09_from_gcj02(double lon, double lat, double *out_lon, double *out_lat)
{
    wanmi_reason reason = check(lon, lat, out_lon, out_lat);
    if (reason == WANMI_REASON_NONE)
        bd09_of(lon, lat, out_lon, out_lat);
    return reason;
}

wanmi_reason wanmi_gcj02_from_bd09(double lon, double lat, double *out_lon, double *out_lat)
{
    wanmi_reason reason = check(lon, lat, out_lon, out_lat);
    if (reason != WANMI_REASON_NONE)
        return reason;
    double at_lon = lon - 0.0065, at_lat = lat - 0.006;
    for (int pass = 0; pass < BD09_PASSES; pass++) {
        double back_lon, back_lat;
        bd09_of(at_lon, at_lat, &back_lon, &back_lat);
        at_lon += lon - back_lon;
        at_lat += lat - back_lat;
    }
    *out_lon = at_lon;
    *out_lat = at_lat;
    return WANMI_REASON_NONE;
}

#else

static wanmi_reason left_out(double *out_lon, double *out_lat)
{
    *out_lon = *out_lat = NAN;
    return WANMI_REASON_DATUM;
}

wanmi_reason wanmi_gcj02_from_wgs84(double lon, double lat, double *out_lon, double *out_lat)
{
    (void)lon, (void)lat;
    return left_out(out_lon, out_lat);
}

wanmi_reason wanmi_wgs84_from_gcj02(double lon, double lat, double *out_lon, double *out_lat)
{
    (void)lon, (void)lat;
    return left_out(out_lon, out_lat);
}

wanmi_reason wanmi_bd09_from_gcj02(double lon, double lat, double *out_lon, double *out_lat)
{
    (void)lon, (void)lat;
    return left_out(out_lon, out_lat);
}

wanmi_reason wanmi_gcj02_from_bd09(double lon, double lat, double *out_lon, double *out_lat)
{
    (void)lon, (void)lat;
    return left_out(out_lon, out_lat);
}

#endif
