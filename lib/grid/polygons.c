/* Polygons while they are worked on: see polygons.h. */
#include "polygons.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

/* ---- GEOS --------------------------------------------------------------------------- */

static void keep_message(const char *message, void *user)
{
    wm_grid_geos *geos = user;
    wm_text_fit(geos->message, sizeof geos->message, message);
}

wanmi_status wm_grid_geos_open(wm_grid_geos *geos, wanmi_error *error)
{
    *geos = (wm_grid_geos){.context = GEOS_init_r()};
    if (geos->context == NULL)
        return wm_error_memory(error);
    GEOSContext_setErrorMessageHandler_r(geos->context, keep_message, geos);
    geos->reader = GEOSWKBReader_create_r(geos->context);
    if (geos->reader == NULL) {
        wm_grid_geos_close(geos);
        return wm_error_memory(error);
    }
    return WANMI_OK;
}

void wm_grid_geos_close(wm_grid_geos *geos)
{
    if (geos->reader != NULL)
        GEOSWKBReader_destroy_r(geos->context, geos->reader);
    if (geos->context != NULL)
        GEOS_finish_r(geos->context);
    *geos = (wm_grid_geos){0};
}

/* ---- growing ------------------------------------------------------------------------ */

void wm_polygons_init(wm_polygons *shape, const wanmi_host *host)
{
    *shape = (wm_polygons){.host = host};
}

void wm_polygons_clear(wm_polygons *shape)
{
    shape->point_count = shape->ring_count = shape->polygon_count = 0;
}

void wm_polygons_drop(wm_polygons *shape)
{
    wm_free(shape->host, shape->points, shape->point_room * sizeof *shape->points);
    wm_free(shape->host, shape->ring_ends, shape->ring_room * sizeof *shape->ring_ends);
    wm_free(shape->host, shape->polygon_ends, shape->polygon_room * sizeof *shape->polygon_ends);
    *shape = (wm_polygons){.host = shape->host};
}

bool wm_polygons_add_point(wm_polygons *shape, double x, double y)
{
    if (shape->point_count >= UINT32_MAX ||
        !wm_reserve(shape->host, (void **)&shape->points, &shape->point_room,
                    shape->point_count + 1, sizeof *shape->points))
        return false;
    shape->points[shape->point_count++] = (wm_xy){x, y};
    return true;
}

bool wm_polygons_end_ring(wm_polygons *shape)
{
    if (!wm_reserve(shape->host, (void **)&shape->ring_ends, &shape->ring_room,
                    shape->ring_count + 1, sizeof *shape->ring_ends))
        return false;
    shape->ring_ends[shape->ring_count++] = (uint32_t)shape->point_count;
    return true;
}

bool wm_polygons_end_polygon(wm_polygons *shape)
{
    if (!wm_reserve(shape->host, (void **)&shape->polygon_ends, &shape->polygon_room,
                    shape->polygon_count + 1, sizeof *shape->polygon_ends))
        return false;
    shape->polygon_ends[shape->polygon_count++] = (uint32_t)shape->ring_count;
    return true;
}

size_t wm_polygons_ring_start(const wm_polygons *shape, size_t ring)
{
    return ring == 0 ? 0 : shape->ring_ends[ring - 1];
}

size_t wm_polygons_polygon_start(const wm_polygons *shape, size_t polygon)
{
    return polygon == 0 ? 0 : shape->polygon_ends[polygon - 1];
}

/* ---- from WKB ----------------------------------------------------------------------- */

static bool is_last(const wm_polygons *shape, size_t start, double x, double y)
{
    const wm_xy *last = shape->point_count > start ? shape->points + shape->point_count - 1 : NULL;
    return last != NULL && last->x == x && last->y == y;
}

static bool add_buffer(wm_polygons *shape, const double *xy, unsigned count)
{
    size_t start = shape->point_count;
    for (unsigned i = 0; i + 1 < count; i++)
        if (!is_last(shape, start, xy[2 * i], xy[2 * i + 1]) &&
            !wm_polygons_add_point(shape, xy[2 * i], xy[2 * i + 1]))
            return false;
    while (shape->point_count > start + 1 && is_last(shape, start, xy[0], xy[1]))
        shape->point_count--;
    return wm_polygons_end_ring(shape);
}

static wanmi_status add_ring(wm_polygons *shape, wm_grid_geos *geos, const GEOSGeometry *ring,
                             wanmi_error *error)
{
    const GEOSCoordSequence *seq = GEOSGeom_getCoordSeq_r(geos->context, ring);
    unsigned count = 0;
    if (seq == NULL || !GEOSCoordSeq_getSize_r(geos->context, seq, &count))
        return wm_error(error, WANMI_E_GRID_AREA, "GEOS: %s", geos->message);
    size_t bytes = (size_t)count * 2 * sizeof(double);
    double *xy = wm_alloc(shape->host, bytes);
    if (xy == NULL)
        return wm_error_memory(error);
    wanmi_status status = WANMI_OK;
    if (!GEOSCoordSeq_copyToBuffer_r(geos->context, seq, xy, 0, 0))
        status = wm_error(error, WANMI_E_GRID_AREA, "GEOS: %s", geos->message);
    else if (!add_buffer(shape, xy, count))
        status = wm_error_memory(error);
    wm_free(shape->host, xy, bytes);
    return status;
}

static wanmi_status add_polygon(wm_polygons *shape, wm_grid_geos *geos, const GEOSGeometry *polygon,
                                wanmi_error *error)
{
    int holes = GEOSGetNumInteriorRings_r(geos->context, polygon);
    wanmi_status status = add_ring(shape, geos, GEOSGetExteriorRing_r(geos->context, polygon), error);
    for (int i = 0; status == WANMI_OK && i < holes; i++)
        status = add_ring(shape, geos, GEOSGetInteriorRingN_r(geos->context, polygon, i), error);
    if (status == WANMI_OK && !wm_polygons_end_polygon(shape))
        status = wm_error_memory(error);
    return status;
}

wanmi_status wm_polygons_read(wm_polygons *shape, wm_grid_geos *geos, const uint8_t *wkb, size_t size,
                           wanmi_error *error)
{
    wm_polygons_clear(shape);
    GEOSGeometry *geometry = GEOSWKBReader_read_r(geos->context, geos->reader, wkb, size);
    if (geometry == NULL)
        return wm_error(error, WANMI_E_GRID_AREA, "GEOS: %s", geos->message);
    wanmi_status status = WANMI_OK;
    int type = GEOSGeomTypeId_r(geos->context, geometry);
    if ((type != GEOS_POLYGON && type != GEOS_MULTIPOLYGON) ||
        GEOSisEmpty_r(geos->context, geometry))
        status = wm_error(error, WANMI_E_GRID_AREA, "not a polygon, or empty");
    int parts = status == WANMI_OK ? GEOSGetNumGeometries_r(geos->context, geometry) : 0;
    for (int i = 0; status == WANMI_OK && i < parts; i++) {
        const GEOSGeometry *part = GEOSGetGeometryN_r(geos->context, geometry, i);
        if (!GEOSisEmpty_r(geos->context, part))
            status = add_polygon(shape, geos, part, error);
    }
    GEOSGeom_destroy_r(geos->context, geometry);
    return status;
}

/* ---- to WKB ------------------------------------------------------------------------- */

static size_t put(uint8_t *wkb, size_t at, const void *value, size_t size)
{
    if (wkb != NULL)
        memcpy(wkb + at, value, size);
    return at + size;
}

static size_t put_number(uint8_t *wkb, size_t at, size_t number)
{
    uint32_t n = (uint32_t)number;
    uint8_t bytes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
    return put(wkb, at, bytes, 4);
}

static size_t put_double(uint8_t *wkb, size_t at, double value)
{
    uint64_t bits;
    uint8_t bytes[8];
    memcpy(&bits, &value, sizeof bits);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> (8 * i));
    return put(wkb, at, bytes, 8);
}

static size_t put_polygon(const wm_polygons *shape, size_t polygon, uint8_t *wkb, size_t at)
{
    size_t first = wm_polygons_polygon_start(shape, polygon), end = shape->polygon_ends[polygon];
    at = put(wkb, at, "\1", 1);
    at = put_number(wkb, at, 3);
    at = put_number(wkb, at, end - first);
    for (size_t r = first; r < end; r++) {
        size_t start = wm_polygons_ring_start(shape, r), count = shape->ring_ends[r] - start;
        at = put_number(wkb, at, count + 1);
        for (size_t i = 0; i <= count; i++) {
            const wm_xy *p = shape->points + start + (i < count ? i : 0);
            at = put_double(wkb, at, p->x);
            at = put_double(wkb, at, p->y);
        }
    }
    return at;
}

size_t wm_polygons_write(const wm_polygons *shape, size_t first, size_t count, uint8_t *wkb)
{
    size_t at = 0;
    if (count != 1) {
        at = put(wkb, at, "\1", 1);
        at = put_number(wkb, at, 6);
        at = put_number(wkb, at, count);
    }
    for (size_t p = first; p < first + count; p++)
        at = put_polygon(shape, p, wkb, at);
    return at;
}

/* ---- measures ----------------------------------------------------------------------- */

void wm_sum_add(wm_sum *sum, double term)
{
    double fresh = sum->sum + term;
    if (fabs(sum->sum) >= fabs(term))
        sum->rest += (sum->sum - fresh) + term;
    else
        sum->rest += (term - fresh) + sum->sum;
    sum->sum = fresh;
}

double wm_sum_value(const wm_sum *sum)
{
    return sum->sum + sum->rest;
}

static void add_product(wm_sum *sum, double a, double b)
{
    double product = a * b;
    wm_sum_add(sum, product);
    wm_sum_add(sum, fma(a, b, -product));
}

double wm_ring_area(const wm_xy *points, size_t count)
{
    /* The first point is a local origin: city coordinates have seven digits
     * before the point that would cancel. */
    wm_sum twice = {0, 0};
    for (size_t i = 1; i + 1 < count; i++) {
        double ax = points[i].x - points[0].x, ay = points[i].y - points[0].y;
        double bx = points[i + 1].x - points[0].x, by = points[i + 1].y - points[0].y;
        add_product(&twice, ax, by);
        add_product(&twice, -ay, bx);
    }
    return wm_sum_value(&twice) / 2;
}

double wm_polygons_polygon_area(const wm_polygons *shape, size_t polygon)
{
    size_t first = wm_polygons_polygon_start(shape, polygon), end = shape->polygon_ends[polygon];
    wm_sum sum = {0, 0};
    for (size_t r = first; r < end; r++) {
        size_t start = wm_polygons_ring_start(shape, r);
        double area = fabs(wm_ring_area(shape->points + start, shape->ring_ends[r] - start));
        wm_sum_add(&sum, r == first ? area : -area);
    }
    return wm_sum_value(&sum);
}

int wm_ring_turn(const wm_grid_geos *geos, const wm_xy *points, size_t count)
{
    /* At the lowest of the leftmost points a simple ring turns as a whole. */
    size_t k = 0;
    for (size_t i = 1; i < count; i++)
        if (points[i].x < points[k].x || (points[i].x == points[k].x && points[i].y < points[k].y))
            k = i;
    const wm_xy *a = points + (k + count - 1) % count, *b = points + k,
                   *c = points + (k + 1) % count;
    return count < 3 ? 0 : GEOSOrientationIndex_r(geos->context, a->x, a->y, b->x, b->y, c->x, c->y);
}

int wm_ring_side(const wm_grid_geos *geos, const wm_xy *ring, size_t count, wm_xy p)
{
    bool inside = false;
    for (size_t i = 0; i < count; i++) {
        const wm_xy *a = ring + i, *b = ring + (i + 1 < count ? i + 1 : 0);
        if ((a->y > p.y && b->y > p.y) || (a->y < p.y && b->y < p.y))
            continue;
        int side = GEOSOrientationIndex_r(geos->context, a->x, a->y, b->x, b->y, p.x, p.y);
        if (side == 0 && fmin(a->x, b->x) <= p.x && p.x <= fmax(a->x, b->x))
            return 0;
        if ((a->y > p.y) != (b->y > p.y) && (a->y < b->y ? side > 0 : side < 0))
            inside = !inside;
    }
    return inside ? 1 : -1;
}
