/* An area as WKB again: ISO, little endian, every coordinate as it was given. */
#include <string.h>

#include "model.h"

enum { HEAD = 5, COUNT = 4, POLYGON = 3, MULTIPOLYGON = 6 };

static size_t wkb_size(const wanmi_area_rings *r)
{
    size_t points = r->points[r->ring_count] - r->points[0];
    size_t size = r->polygon_count * (size_t)(HEAD + COUNT) + r->ring_count * (size_t)COUNT +
                  points * 2 * sizeof(double);
    return r->polygon_count > 1 ? size + HEAD + COUNT : size;
}

static uint8_t *put_u32(uint8_t *to, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

static uint8_t *put_head(uint8_t *to, uint32_t type)
{
    *to++ = 1; /* little endian */
    return put_u32(to, type);
}

static uint8_t *put_ring(uint8_t *to, const double *xy, uint32_t points)
{
    to = put_u32(to, points);
    for (size_t i = 0; i < 2 * (size_t)points; i++) {
        uint64_t bits;
        memcpy(&bits, &xy[i], sizeof bits);
        for (int k = 0; k < 8; k++)
            *to++ = (uint8_t)(bits >> (8 * k));
    }
    return to;
}

size_t wanmi_map_area_wkb_size(const wanmi_map *map, uint32_t area)
{
    wanmi_area_rings r;
    return wanmi_map_area_rings(map, area, &r) == WANMI_OK ? wkb_size(&r) : 0;
}

wanmi_status wanmi_map_area_wkb(const wanmi_map *map, uint32_t area, uint8_t *wkb, size_t size)
{
    wanmi_area_rings r;
    if (wkb == NULL || wanmi_map_area_rings(map, area, &r) != WANMI_OK || size < wkb_size(&r))
        return WANMI_E_ARGUMENT;
    if (r.polygon_count > 1) {
        wkb = put_head(wkb, MULTIPOLYGON);
        wkb = put_u32(wkb, r.polygon_count);
    }
    for (uint32_t p = 0; p < r.polygon_count; p++) {
        wkb = put_head(wkb, POLYGON);
        wkb = put_u32(wkb, r.polygons[p + 1] - r.polygons[p]);
        for (uint32_t i = r.polygons[p]; i < r.polygons[p + 1]; i++)
            wkb = put_ring(wkb, r.xy + 2 * (size_t)r.points[i], r.points[i + 1] - r.points[i]);
    }
    return WANMI_OK;
}
