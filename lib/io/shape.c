/* From OGR's geometries to the polygons of a map: see shape.h. */
#include "shape.h"

void wm_bytes_drop(wm_bytes *bytes)
{
    wm_free(bytes->host, bytes->data, bytes->capacity);
    bytes->data = NULL;
    bytes->size = bytes->capacity = 0;
}

bool wm_shape_is_flat(OGRGeometryH shape)
{
    switch (OGR_GT_Flatten(OGR_G_GetGeometryType(shape))) {
    case wkbPoint:
    case wkbMultiPoint:
    case wkbLineString:
    case wkbMultiLineString:
    case wkbCircularString:
    case wkbCompoundCurve:
    case wkbMultiCurve:
        return true;
    default:
        return false;
    }
}

bool wm_shape_is_empty(OGRGeometryH shape)
{
    return shape == NULL || OGR_G_IsEmpty(shape);
}

OGRGeometryH wm_shape_plain(OGRGeometryH shape)
{
    if (shape == NULL)
        return NULL;
    OGRGeometryH plain = OGR_G_HasCurveGeometry(shape, FALSE) ? OGR_G_GetLinearGeometry(shape, 0, NULL)
                                                              : OGR_G_Clone(shape);
    if (plain != NULL)
        OGR_G_FlattenTo2D(plain);
    return plain;
}

static bool reserve(wm_bytes *bytes, size_t size)
{
    void *data = bytes->data;
    if (!wm_reserve(bytes->host, &data, &bytes->capacity, size, 1))
        return false;
    bytes->data = data;
    return true;
}

static wanmi_status export_wkb(OGRGeometryH shape, wm_bytes *wkb, const char **words)
{
    size_t size = OGR_G_WkbSizeEx(shape);
    if (!reserve(wkb, size))
        return WANMI_E_MEMORY;
    if (OGR_G_ExportToIsoWkb(shape, wkbNDR, wkb->data) != OGRERR_NONE) {
        *words = "the geometry cannot be written as WKB";
        return WANMI_E_MAP_GEOMETRY;
    }
    wkb->size = size;
    return WANMI_OK;
}

wanmi_status wm_shape_area(OGRGeometryH shape, double buffer_m, wm_gdal *gdal, wm_bytes *wkb,
                           const char **words)
{
    if (shape == NULL) {
        *words = "there is no geometry";
        return WANMI_E_MAP_GEOMETRY;
    }
    if (!(buffer_m > 0)) {
        if (!wm_shape_is_flat(shape))
            return export_wkb(shape, wkb, words);
        *words = "a point or line is no area without a buffer in metres";
        return WANMI_E_MAP_GEOMETRY;
    }
    if (wm_shape_is_empty(shape)) {
        *words = "the geometry is empty";
        return WANMI_E_MAP_GEOMETRY;
    }
    wm_gdal_forget(gdal);
    OGRGeometryH around = OGR_G_Buffer(shape, buffer_m, WM_QUARTER);
    if (around == NULL) {
        *words = wm_gdal_words(gdal);
        return WANMI_E_MAP_GEOMETRY;
    }
    wanmi_status status = export_wkb(around, wkb, words);
    OGR_G_DestroyGeometry(around);
    return status;
}

/* One array of vertices for all rings of a shape. */
typedef struct vertices {
    const wanmi_host *host;
    double *xy;
    size_t capacity;            /* doubles */
    wm_vertex_fn change;
    void *user;
    bool stopped;
} vertices;

static wanmi_status change_points(vertices *v, OGRGeometryH shape)
{
    /* An empty point counts as one point, and would come to lie at 0 0. */
    int count = OGR_G_IsEmpty(shape) ? 0 : OGR_G_GetPointCount(shape);
    if (count <= 0)
        return WANMI_OK;
    size_t n = (size_t)count;
    void *xy = v->xy;
    if (!wm_reserve(v->host, &xy, &v->capacity, 2 * n, sizeof(double)))
        return WANMI_E_MEMORY;
    v->xy = xy;
    double *x = v->xy, *y = v->xy + n;
    OGR_G_GetPoints(shape, x, sizeof *x, y, sizeof *y, NULL, 0);
    if (!v->change(v->user, n, x, y)) {
        v->stopped = true;
        return WANMI_OK;
    }
    OGR_G_SetPoints(shape, count, x, sizeof *x, y, sizeof *y, NULL, 0);
    return WANMI_OK;
}

/* A shape nests as deep as its file says: GDAL itself refuses more than 32 levels. */
static wanmi_status change_parts(vertices *v, OGRGeometryH shape)
{
    int parts = OGR_G_GetGeometryCount(shape);
    if (parts == 0)
        return change_points(v, shape);
    wanmi_status status = WANMI_OK;
    for (int i = 0; i < parts && status == WANMI_OK && !v->stopped; i++)
        status = change_parts(v, OGR_G_GetGeometryRef(shape, i));
    return status;
}

wanmi_status wm_shape_change(OGRGeometryH shape, const wanmi_host *host, wm_vertex_fn change,
                             void *user, bool *stopped)
{
    vertices v = {.host = host, .change = change, .user = user};
    wanmi_status status = change_parts(&v, shape);
    wm_free(host, v.xy, v.capacity * sizeof(double));
    *stopped = v.stopped;
    return status;
}
