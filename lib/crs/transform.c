/* A thread's own way to transform: batches through one PROJ object.
 *
 * Positions go through a buffer of the session's own, block by block: strided
 * and offset input needs one anyway, and outputs may then be the inputs. Only
 * positions that passed the checks are put there, so PROJ never sees the rest.
 */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "internal.h"
#include "wanmi_config.h"

enum { BLOCK = 1024 };

struct wanmi_transform {
    wanmi_crs *crs;
    wm_proj proj;
    PJ *operation;
    size_t held;                /* of the block, the positions given to PROJ */
    uint32_t rank[BLOCK];       /* where each of them stands in the block */
    double first[BLOCK], second[BLOCK];
};

wanmi_status wanmi_transform_create(wanmi_crs *crs, wanmi_transform **transform, wanmi_error *error)
{
    if (crs == NULL || transform == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a CRS and a place for the transform must be given");
    wanmi_transform *t = wm_alloc(&crs->host, sizeof *t);
    if (t == NULL)
        return wm_error_memory(error);
    wanmi_status status = wm_proj_open(&t->proj, &crs->host, error);
    if (status != WANMI_OK) {
        wm_free(&crs->host, t, sizeof *t);
        return status;
    }
    t->operation = proj_create(t->proj.context, crs->operation);
    if (t->operation == NULL) {
        const wm_place place = {.value = crs->operation};
        status = wm_error_at(error, WANMI_E_CRS_OPERATION, &place,
                             "CRS: the operation cannot be made: %s", wm_proj_complaint(&t->proj));
        wm_proj_close(&t->proj);
        wm_free(&crs->host, t, sizeof *t);
        return status;
    }
    t->crs = wanmi_crs_retain(crs);
    *transform = t;
    return WANMI_OK;
}

void wanmi_transform_free(wanmi_transform *transform)
{
    if (transform == NULL)
        return;
    wanmi_crs *crs = transform->crs;
    proj_destroy(transform->operation);
    wm_proj_close(&transform->proj);
    wm_free(&crs->host, transform, sizeof *transform);
    wanmi_crs_release(crs);
}

const wanmi_crs *wm_transform_crs(const wanmi_transform *transform)
{
    return transform->crs;
}

/* ---- one position -------------------------------------------------------------- */

static wanmi_reason check_degrees(double lon, double lat)
{
    if (!isfinite(lon) || !isfinite(lat))
        return WANMI_REASON_NOT_FINITE;
    if (lon < -180.0 || lon > 180.0)
        return WANMI_REASON_LONGITUDE;
    return lat < -90.0 || lat > 90.0 ? WANMI_REASON_LATITUDE : WANMI_REASON_NONE;
}

wanmi_reason wm_remove_datum(wanmi_datum datum, double *lon, double *lat)
{
    wanmi_reason reason = check_degrees(*lon, *lat);
    if (reason == WANMI_REASON_NONE && datum == WANMI_DATUM_BD09)
        reason = wanmi_gcj02_from_bd09(*lon, *lat, lon, lat);
    if (reason == WANMI_REASON_NONE && (datum == WANMI_DATUM_BD09 || datum == WANMI_DATUM_GCJ02))
        reason = wanmi_wgs84_from_gcj02(*lon, *lat, lon, lat);
    return reason;
}

static wanmi_reason apply_datum(wanmi_datum datum, double *lon, double *lat)
{
    wanmi_reason reason = WANMI_REASON_NONE;
    if (datum == WANMI_DATUM_BD09 || datum == WANMI_DATUM_GCJ02)
        reason = wanmi_gcj02_from_wgs84(*lon, *lat, lon, lat);
    if (reason == WANMI_REASON_NONE && datum == WANMI_DATUM_BD09)
        reason = wanmi_bd09_from_gcj02(*lon, *lat, lon, lat);
    return reason;
}

/* ---- a batch ------------------------------------------------------------------- */

typedef struct batch {
    wanmi_transform *transform;
    wanmi_datum datum;
    PJ_DIRECTION way;
    const char *a, *b;          /* first and second numbers, by bytes */
    size_t a_stride, b_stride;
    double *to_a, *to_b;
    uint8_t *reasons;
} batch;

static double number_at(const char *base, size_t stride, size_t i)
{
    double value;
    memcpy(&value, base + i * stride, sizeof value);
    return value;
}

static wanmi_reason enter(const batch *b, double *first, double *second)
{
    if (b->way == PJ_FWD && b->datum != WANMI_DATUM_MAP)
        return wm_remove_datum(b->datum, first, second);
    return isfinite(*first) && isfinite(*second) ? WANMI_REASON_NONE : WANMI_REASON_NOT_FINITE;
}

static wanmi_reason leave(const batch *b, double *first, double *second)
{
    if (!isfinite(*first) || !isfinite(*second))
        return WANMI_REASON_PROJECTION;
    if (b->way == PJ_INV && b->datum != WANMI_DATUM_MAP)
        return apply_datum(b->datum, first, second);
    return WANMI_REASON_NONE;
}

static void load(const batch *b, size_t from, size_t count)
{
    wanmi_transform *t = b->transform;
    t->held = 0;
    for (size_t i = 0; i < count; i++) {
        double first = number_at(b->a, b->a_stride, from + i);
        double second = number_at(b->b, b->b_stride, from + i);
        wanmi_reason reason = enter(b, &first, &second);
        b->reasons[from + i] = (uint8_t)reason;
        if (reason != WANMI_REASON_NONE)
            continue;
        t->first[t->held] = first;
        t->second[t->held] = second;
        t->rank[t->held++] = (uint32_t)i;
    }
}

static void store(const batch *b, size_t from, size_t count)
{
    wanmi_transform *t = b->transform;
    for (size_t i = from; i < from + count; i++)
        if (b->reasons[i] != WANMI_REASON_NONE)
            b->to_a[i] = b->to_b[i] = NAN;
    for (size_t k = 0; k < t->held; k++) {
        size_t i = from + t->rank[k];
        wanmi_reason reason = leave(b, &t->first[k], &t->second[k]);
        b->reasons[i] = (uint8_t)reason;
        b->to_a[i] = reason == WANMI_REASON_NONE ? t->first[k] : NAN;
        b->to_b[i] = reason == WANMI_REASON_NONE ? t->second[k] : NAN;
    }
}

static void run_block(const batch *b, size_t from, size_t count)
{
    wanmi_transform *t = b->transform;
    load(b, from, count);
    if (b->datum != WANMI_DATUM_MAP && t->held != 0) {
        /* A refusal stays in PROJ's errno and must not touch the next block. */
        proj_errno_reset(t->operation);
        proj_trans_generic(t->operation, b->way, t->first, sizeof(double), t->held, t->second,
                           sizeof(double), t->held, NULL, 0, 0, NULL, 0, 0);
        proj_errno_reset(t->operation);
    }
    store(b, from, count);
}

static wanmi_status check(const batch *b, size_t count, wanmi_error *error)
{
    if (b->transform == NULL ||
        (count != 0 && (b->a == NULL || b->b == NULL || b->to_a == NULL || b->to_b == NULL ||
                        b->reasons == NULL)))
        return wm_error(error, WANMI_E_ARGUMENT, "a transform and all arrays must be given");
    if ((unsigned)b->datum > WANMI_DATUM_MAP)
        return wm_error(error, WANMI_E_CRS_DATUM, "there is no datum number %d", (int)b->datum);
#if !WM_HAVE_GCJ02
    if (b->datum == WANMI_DATUM_GCJ02 || b->datum == WANMI_DATUM_BD09)
        return wm_error(error, WANMI_E_CRS_DATUM, "%s was left out of this build (option gcj02)",
                        wanmi_datum_name(b->datum));
#endif
    return WANMI_OK;
}

static wanmi_status run(batch b, size_t count, wanmi_error *error)
{
    wanmi_status status = check(&b, count, error);
    if (status != WANMI_OK)
        return status;
    b.a_stride = b.a_stride != 0 ? b.a_stride : sizeof(double);
    b.b_stride = b.b_stride != 0 ? b.b_stride : sizeof(double);
    for (size_t from = 0; from < count; from += BLOCK)
        run_block(&b, from, count - from < BLOCK ? count - from : BLOCK);
    return WANMI_OK;
}

wanmi_status wanmi_transform_forward(wanmi_transform *transform, wanmi_datum datum, size_t count,
                                     const double *lon, size_t lon_stride, const double *lat,
                                     size_t lat_stride, double *xs, double *ys, uint8_t *reasons,
                                     wanmi_error *error)
{
    const batch b = {transform, datum, PJ_FWD, (const char *)lon, (const char *)lat,
                     lon_stride, lat_stride, xs, ys, reasons};
    return run(b, count, error);
}

wanmi_status wanmi_transform_inverse(wanmi_transform *transform, wanmi_datum datum, size_t count,
                                     const double *xs, size_t x_stride, const double *ys,
                                     size_t y_stride, double *lon, double *lat, uint8_t *reasons,
                                     wanmi_error *error)
{
    const batch b = {transform, datum, PJ_INV, (const char *)xs, (const char *)ys,
                     x_stride, y_stride, lon, lat, reasons};
    return run(b, count, error);
}
