/* Reads polygons from WKB: ISO and EWKB, both byte orders, Z and M left out.
 *
 * Why not GEOS's own reader: it throws at an unclosed ring without saying which
 * one, it does not know M before 3.12, and it believes a count before it looks
 * whether the bytes are there. This walker believes nothing: a count is held
 * against the bytes that are left before anything is made from it.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

enum {
    WKB_POLYGON = 3,
    WKB_MULTIPOLYGON = 6,
    EWKB_FLAGS_SHIFT = 28,      /* Z 8, M 4, SRID 2 */
    SHORTEST_RING = 4           /* points: a triangle, closed */
};

/* Metres. No projected CRS of the earth has such numbers; squares and sums of
 * smaller ones stay exact enough everywhere. */
static const double FARTHEST = 1e9;

typedef struct wkb_cursor {
    const uint8_t *at, *end;
    bool swap;                  /* the part being read has the other byte order */
    unsigned dimensions;
    uint32_t type;
    bool many;
    size_t part, ring;
    const wm_place *place;
    const wanmi_host *host;
    wm_shape *shape;
    wanmi_error *error;
} wkb_cursor;

static const char *type_name(uint32_t type)
{
    static const char *const names[] = {
        "of type 0", "a Point", "a LineString", "a Polygon", "a MultiPoint",
        "a MultiLineString", "a MultiPolygon", "a GeometryCollection", "a CircularString",
        "a CompoundCurve", "a CurvePolygon", "a MultiCurve", "a MultiSurface", "a Curve",
        "a Surface", "a PolyhedralSurface", "a TIN", "a Triangle"};
    return type < sizeof names / sizeof names[0] ? names[type] : "of an unknown type";
}

static wanmi_status bad(const wkb_cursor *c, const char *words)
{
    return wm_error_at(c->error, WANMI_E_MAP_GEOMETRY, c->place, "%s", words);
}

static wanmi_status bad_ring(const wkb_cursor *c, const char *words)
{
    char name[64];
    wm_ring_name(name, sizeof name, c->many, c->part, c->ring);
    return wm_error_at(c->error, WANMI_E_MAP_GEOMETRY, c->place, "%s %s", name, words);
}

static wanmi_status cut_off(const wkb_cursor *c)
{
    return bad(c, "the WKB is cut off");
}

static size_t left(const wkb_cursor *c)
{
    return (size_t)(c->end - c->at);
}

static uint32_t take_u32(wkb_cursor *c)
{
    uint32_t value;
    memcpy(&value, c->at, sizeof value);
    c->at += sizeof value;
    return c->swap ? __builtin_bswap32(value) : value;
}

static double take_double(wkb_cursor *c)
{
    uint64_t bits;
    memcpy(&bits, c->at, sizeof bits);
    c->at += sizeof bits;
    if (c->swap)
        bits = __builtin_bswap64(bits);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Byte order, type and, in EWKB, the SRID. */
static wanmi_status take_head(wkb_cursor *c)
{
    if (left(c) < 5)
        return cut_off(c);
    uint8_t order = *c->at++;
    if (order > 1)
        return bad(c, "the WKB begins with neither of the two byte orders");
    const uint16_t one = 1;
    bool host_is_little = *(const uint8_t *)&one == 1;
    c->swap = (order == 1) != host_is_little;
    uint32_t word = take_u32(c), flags = word >> EWKB_FLAGS_SHIFT;
    word &= 0x0FFFFFFF;
    uint32_t iso = word / 1000; /* 1 Z, 2 M, 3 ZM */
    if (flags & 2u) {
        if (left(c) < 4)
            return cut_off(c);
        c->at += 4;
    }
    bool has_z = (flags & 8u) || iso == 1 || iso == 3;
    bool has_m = (flags & 4u) || iso == 2 || iso == 3;
    c->dimensions = 2 + has_z + has_m;
    c->type = iso <= 3 ? word % 1000 : UINT32_MAX;
    return WANMI_OK;
}

static wanmi_status check_ring(const wkb_cursor *c, const double *xy, uint32_t points)
{
    for (uint32_t i = 0; i < points; i++) {
        double x = xy[2 * i], y = xy[2 * i + 1];
        if (fabs(x) <= FARTHEST && fabs(y) <= FARTHEST)
            continue;
        bool finite = isfinite(x) && isfinite(y);
        char words[128];
        snprintf(words, sizeof words, "has a coordinate that is %s at point %u: %.17g %.17g",
                 finite ? "farther than 1e9 m" : "not finite", i + 1, x, y);
        return bad_ring(c, words);
    }
    if (points < SHORTEST_RING) {
        char words[64];
        snprintf(words, sizeof words, "has %u point%s; at least 4 are needed", points,
                 points == 1 ? "" : "s");
        return bad_ring(c, words);
    }
    const double *last = xy + 2 * ((size_t)points - 1);
    if (xy[0] != last[0] || xy[1] != last[1]) {
        char words[160];
        snprintf(words, sizeof words, "is not closed: it begins at %.17g %.17g and ends at %.17g %.17g",
                 xy[0], xy[1], last[0], last[1]);
        return bad_ring(c, words);
    }
    return WANMI_OK;
}

static wanmi_status take_ring(wkb_cursor *c)
{
    if (left(c) < 4)
        return cut_off(c);
    uint32_t points = take_u32(c);
    if (points == 0)
        return bad_ring(c, "has 0 points; at least 4 are needed");
    if (points > left(c) / (c->dimensions * sizeof(double)))
        return bad_ring(c, "says it has more points than the WKB has bytes for");
    double *xy = wm_shape_add_ring(c->shape, c->host, points);
    if (xy == NULL)
        return wm_error_memory(c->error);
    for (uint32_t i = 0; i < points; i++) {
        xy[2 * i] = take_double(c);
        xy[2 * i + 1] = take_double(c);
        c->at += (c->dimensions - 2) * sizeof(double);
    }
    return check_ring(c, xy, points);
}

static wanmi_status take_polygon(wkb_cursor *c)
{
    if (left(c) < 4)
        return cut_off(c);
    uint32_t rings = take_u32(c);
    if (rings == 0) {
        char words[48] = "the polygon is empty";
        if (c->many)
            snprintf(words, sizeof words, "part %zu is empty", c->part + 1);
        return bad(c, words);
    }
    if (rings > left(c) / 4)
        return bad(c, "the WKB says it has more rings than it has bytes for");
    if (!wm_shape_add_polygon(c->shape, c->host, rings))
        return wm_error_memory(c->error);
    for (c->ring = 0; c->ring < rings; c->ring++) {
        wanmi_status status = take_ring(c);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status take_parts(wkb_cursor *c)
{
    if (left(c) < 4)
        return cut_off(c);
    uint32_t parts = take_u32(c);
    if (parts == 0)
        return bad(c, "the multipolygon is empty");
    if (parts > left(c) / 9)
        return bad(c, "the WKB says it has more parts than it has bytes for");
    c->many = parts > 1;
    for (c->part = 0; c->part < parts; c->part++) {
        wanmi_status status = take_head(c);
        if (status == WANMI_OK && c->type != WKB_POLYGON)
            status = wm_error_at(c->error, WANMI_E_MAP_GEOMETRY, c->place,
                                 "part %zu is %s, not a polygon", c->part + 1, type_name(c->type));
        if (status == WANMI_OK)
            status = take_polygon(c);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

wanmi_status wm_wkb_read(const uint8_t *wkb, size_t size, const wm_place *place,
                         const wanmi_host *host, wm_shape *shape, wanmi_error *error)
{
    wkb_cursor c = {.at = wkb, .end = wkb != NULL ? wkb + size : NULL, .place = place,
                    .host = host, .shape = shape, .error = error};
    wm_shape_clear(shape);
    if (wkb == NULL || size == 0)
        return bad(&c, "there is no geometry");
    wanmi_status status = take_head(&c);
    if (status != WANMI_OK)
        return status;
    if (c.type == WKB_POLYGON)
        status = take_polygon(&c);
    else if (c.type == WKB_MULTIPOLYGON)
        status = take_parts(&c);
    else
        return wm_error_at(error, WANMI_E_MAP_GEOMETRY, place, "the geometry is %s, not a polygon",
                           type_name(c.type));
    if (status == WANMI_OK && c.at != c.end)
        return wm_error_at(error, WANMI_E_MAP_GEOMETRY, place,
                           "bytes are left over behind the WKB: %zu", left(&c));
    return status;
}
