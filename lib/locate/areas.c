/* A session's areas in GEOS: see areas.h. */
#include "areas.h"

#include <string.h>

#include "base/error.h"

#define HAVE_XY (GEOS_VERSION_MAJOR > 3 || (GEOS_VERSION_MAJOR == 3 && GEOS_VERSION_MINOR >= 12))

struct wm_shape {
    wm_box box;                     /* the area's own, exact */
    bool known;                     /* the box is */
    GEOSGeometry *polygon;          /* the prepared one looks into it */
    const GEOSPreparedGeometry *prepared;
#if !HAVE_XY
    GEOSGeometry *probe;
    GEOSCoordSequence *probe_at;
#endif
};

static void keep_message(const char *message, void *user)
{
    wm_areas *areas = user;
    wm_text_fit(areas->message, sizeof areas->message, message);
}

static void lock(wm_areas *areas)
{
    pthread_mutex_lock(&areas->index->geos_lock);
}

static void unlock(wm_areas *areas)
{
    pthread_mutex_unlock(&areas->index->geos_lock);
}

static wanmi_status geos_failed(wm_areas *areas, uint32_t area, wanmi_error *error)
{
    wanmi_area_info info = {.code = ""};
    wanmi_layer_info layer = {.name = ""};
    if (wanmi_map_area(areas->index->map, area, &info) == WANMI_OK)
        wanmi_map_layer(areas->index->map, info.layer, &layer);
    wm_place place = {.layer = layer.name, .code = info.code, .row = info.row};
    return wm_error_at(error, WANMI_E_LOCATE_GEOS, &place, "GEOS failed: %s",
                       areas->message[0] != '\0' ? areas->message : "it says no more");
}

static void shape_clear(wm_areas *areas, wm_shape *shape)
{
    if (shape->prepared != NULL)
        GEOSPreparedGeom_destroy_r(areas->geos, shape->prepared);
    if (shape->polygon != NULL)
        GEOSGeom_destroy_r(areas->geos, shape->polygon);
#if !HAVE_XY
    if (shape->probe != NULL)
        GEOSGeom_destroy_r(areas->geos, shape->probe);
    shape->probe = NULL;
#endif
    shape->polygon = NULL;
    shape->prepared = NULL;
}

#if HAVE_XY

static bool probe_make(wm_areas *areas, wm_shape *shape, double x, double y)
{
    (void)areas, (void)shape, (void)x, (void)y;
    return true;
}

static char probe_covered(wm_areas *areas, wm_shape *shape, double x, double y)
{
    return GEOSPreparedIntersectsXY_r(areas->geos, shape->prepared, x, y);
}

#else

static bool probe_make(wm_areas *areas, wm_shape *shape, double x, double y)
{
    shape->probe = GEOSGeom_createPointFromXY_r(areas->geos, x, y);
    if (shape->probe == NULL)
        return false;
    /* The sequence is the point's own, no copy; it was not made const. */
    shape->probe_at = (GEOSCoordSequence *)GEOSGeom_getCoordSeq_r(areas->geos, shape->probe);
    return shape->probe_at != NULL;
}

static char probe_covered(wm_areas *areas, wm_shape *shape, double x, double y)
{
    if (!GEOSCoordSeq_setXY_r(areas->geos, shape->probe_at, 0, x, y))
        return 2;
    return GEOSPreparedCovers_r(areas->geos, shape->prepared, shape->probe);
}

#endif

static bool shape_make(wm_areas *areas, wm_shape *shape, const uint8_t *wkb, size_t size,
                       double x, double y)
{
    lock(areas);
    areas->message[0] = '\0';
    shape->polygon = GEOSWKBReader_read_r(areas->geos, areas->reader, wkb, size);
    if (shape->polygon != NULL)
        shape->prepared = GEOSPrepare_r(areas->geos, shape->polygon);
    bool done = shape->prepared != NULL && probe_make(areas, shape, x, y);
    if (!done)
        shape_clear(areas, shape);
    unlock(areas);
    return done;
}

/* First touch of an area. */
static wanmi_status prepare(wm_areas *areas, uint32_t area, wm_shape *shape, double x, double y,
                            wanmi_error *error)
{
    const wanmi_host *host = areas->index->host;
    size_t size = wanmi_map_area_wkb_size(areas->index->map, area);
    uint8_t *wkb = wm_alloc(host, size);
    if (wkb == NULL)
        return wm_error_memory(error);
    wanmi_status status = wanmi_map_area_wkb(areas->index->map, area, wkb, size);
    if (status == WANMI_OK && !shape_make(areas, shape, wkb, size, x, y))
        status = geos_failed(areas, area, error);
    wm_free(host, wkb, size);
    return status;
}

/* Exact: GEOS may not be asked for other points (areas.h), and trees give areas
 * whose boxes a point misses. */
static bool in_box(wm_areas *areas, uint32_t area, wm_shape *shape, double x, double y)
{
    wm_box *box = &shape->box;
    if (!shape->known) {
        wanmi_area_info info;
        wanmi_map_area(areas->index->map, area, &info);
        *box = (wm_box){info.min_x, info.min_y, info.max_x, info.max_y};
        shape->known = true;
    }
    return (int)(x >= box->min_x) & (x <= box->max_x) & (y >= box->min_y) & (y <= box->max_y);
}

static wm_shape *shape_of(wm_areas *areas, uint32_t area)
{
    wm_shape **page = &areas->pages[area / WM_PAGE];
    if (*page == NULL) {
        *page = wm_alloc_zero(areas->index->host, WM_PAGE * sizeof **page);
        areas->pages_made += *page != NULL;
    }
    return *page != NULL ? *page + area % WM_PAGE : NULL;
}

wanmi_status wm_areas_cover(wm_areas *areas, uint32_t area, double x, double y, bool *covers,
                            wanmi_error *error)
{
    if (areas->reader == NULL) {
        wanmi_status status = wm_areas_open(areas, error);
        if (status != WANMI_OK)
            return status;
    }
    wm_shape *shape = shape_of(areas, area);
    if (shape == NULL)
        return wm_error_memory(error);
    *covers = false;
    if (!in_box(areas, area, shape, x, y))
        return WANMI_OK;
    if (shape->prepared == NULL) {
        wanmi_status status = prepare(areas, area, shape, x, y, error);
        if (status != WANMI_OK)
            return status;
        areas->prepared++;
    }
    char answer = probe_covered(areas, shape, x, y);
    if (answer != 0 && answer != 1)
        return geos_failed(areas, area, error);
    *covers = answer == 1;
    return WANMI_OK;
}

wanmi_status wm_areas_open(wm_areas *areas, wanmi_error *error)
{
    wanmi_index *index = areas->index;
    *areas = (wm_areas){.index = index, .page_count = index->area_count / WM_PAGE + 1};
    areas->pages = wm_alloc_zero(index->host, areas->page_count * sizeof *areas->pages);
    if (areas->pages == NULL)
        return wm_error_memory(error);
    lock(areas);
    areas->geos = GEOS_init_r();
    if (areas->geos != NULL) {
        GEOSContext_setErrorMessageHandler_r(areas->geos, keep_message, areas);
        areas->reader = GEOSWKBReader_create_r(areas->geos);
    }
    unlock(areas);
    if (areas->reader != NULL)
        return WANMI_OK;
    wanmi_status status = wm_error(error, WANMI_E_LOCATE_GEOS, "GEOS gives no context: %s",
                                   areas->message[0] != '\0' ? areas->message : "it says no more");
    wm_areas_close(areas);
    return status;
}

static void pages_free(wm_areas *areas)
{
    const wanmi_host *host = areas->index->host;
    for (uint32_t p = 0; areas->pages != NULL && p < areas->page_count; p++) {
        wm_shape *page = areas->pages[p];
        for (uint32_t i = 0; page != NULL && i < WM_PAGE; i++)
            shape_clear(areas, &page[i]);
        wm_free(host, page, WM_PAGE * sizeof *page);
    }
    wm_free(host, areas->pages, areas->page_count * sizeof *areas->pages);
}

void wm_areas_close(wm_areas *areas)
{
    if (areas->index == NULL)
        return;
    lock(areas);
    pages_free(areas);
    if (areas->reader != NULL)
        GEOSWKBReader_destroy_r(areas->geos, areas->reader);
    if (areas->geos != NULL)
        GEOS_finish_r(areas->geos);
    unlock(areas);
    *areas = (wm_areas){.index = areas->index};
}

uint64_t wm_areas_bytes(const wm_areas *areas)
{
    return areas->page_count * sizeof *areas->pages +
           (uint64_t)areas->pages_made * WM_PAGE * sizeof **areas->pages;
}
