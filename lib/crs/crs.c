/* The handle of a CRS: made once, immutable, shared. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "internal.h"

void wanmi_crs_options_init(wanmi_crs_options *options)
{
    *options = (wanmi_crs_options){.struct_size = sizeof *options};
}

static wanmi_status copy_options(const wanmi_crs_options *from, wanmi_crs_options *to,
                                 wanmi_error *error)
{
    wanmi_crs_options_init(to);
    if (from == NULL)
        return WANMI_OK;
    if (from->struct_size < sizeof(size_t) || from->struct_size > sizeof *to)
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_crs_options was not filled by wanmi_crs_options_init");
    memcpy(to, from, from->struct_size);
    /* Negated, so that NaN is refused too. */
    if (!(to->west >= -180 && to->west <= 180 && to->east >= -180 && to->east <= 180 &&
          to->south >= -90 && to->north <= 90 && to->south <= to->north))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the area west %g, south %g, east %g, north %g is not in degrees", to->west,
                        to->south, to->east, to->north);
    return WANMI_OK;
}

/* Copies a text; *whole tells whether all copies so far were made. */
static const char *keep(wanmi_crs *crs, const char *text, bool *whole)
{
    const char *copy = wm_arena_text(&crs->texts, text);
    *whole = *whole && copy != NULL;
    return copy;
}

static int32_t epsg_of(const PJ *crs)
{
    const char *authority = proj_get_id_auth_name(crs, 0), *code = proj_get_id_code(crs, 0);
    if (authority == NULL || code == NULL || strcasecmp(authority, "EPSG") != 0)
        return 0;
    long number = strtol(code, NULL, 10);
    return number > 0 && number < 1000000 ? (int32_t)number : 0;
}

static void write_warning(const wm_definition *d, const wm_operation *o, char *text, size_t size)
{
    text[0] = '\0';
    if (d->family != WM_FAMILY_BEIJING_1954 && d->family != WM_FAMILY_XIAN_1980)
        return;
    const char *datum = d->family == WM_FAMILY_BEIJING_1954 ? "Beijing 1954" : "Xi'an 1980";
    if (o->is_ballpark)
        snprintf(text, size, "the CRS stands on %s, and PROJ converts longitude and latitude to it "
                 "without the datum shift (about 67 m near Beijing for Beijing 1954): give the "
                 "operation with the local 4 or 7 parameters", datum);
    else
        snprintf(text, size, "the CRS stands on %s; the shift is PROJ's '%s' with a stated accuracy "
                 "of %g m: give the operation with the local 4 or 7 parameters if that is too "
                 "coarse", datum, o->name, o->accuracy);
}

static wanmi_status describe(wanmi_crs *crs, wm_proj *proj, const char *definition,
                             const wm_definition *d, const wm_operation *o, const char *warning,
                             wanmi_error *error)
{
    bool whole = true;
    const char *const one_line[] = {"MULTILINE=NO", NULL};
    const char *name = proj_get_name(d->whole);
    crs->definition = keep(crs, definition, &whole);
    crs->name = keep(crs, name, &whole);
    crs->wkt = keep(crs, proj_as_wkt(proj->context, d->whole, PJ_WKT2_2019, one_line), &whole);
    crs->operation = keep(crs, o->pipeline, &whole);
    crs->warning = keep(crs, warning, &whole);
    crs->geographic = o->geographic;
    crs->epsg = epsg_of(d->whole);
    crs->accuracy = o->accuracy;
    crs->is_ballpark = o->is_ballpark ? 1 : 0;
    return whole ? WANMI_OK : wm_error_memory(error);
}

static wanmi_status given_operation(const wanmi_host *host, const wm_definition *d,
                                    const char *pipeline, wm_operation *o, wanmi_error *error)
{
    *o = (wm_operation){.accuracy = -1.0};
    o->geographic = d->family == WM_FAMILY_CGCS2000 ? "EPSG:4490" : "EPSG:4326";
    o->pipeline = wm_text_copy(host, pipeline);
    return o->pipeline != NULL ? WANMI_OK : wm_error_memory(error);
}

static wanmi_status fill_from(wanmi_crs *crs, wm_proj *proj, const char *definition,
                              const wm_definition *d, const wanmi_crs_options *options,
                              wanmi_error *error)
{
    wm_operation o = {0};
    char warning[640] = "";
    bool is_given = options->operation != NULL && options->operation[0] != '\0';
    wanmi_status status =
        is_given ? given_operation(&crs->host, d, options->operation, &o, error)
                 : wm_operation_choose(proj, &crs->host, d, definition, options, &o, error);
    if (status != WANMI_OK)
        return status;
    if (!is_given)
        write_warning(d, &o, warning, sizeof warning);
    status = wm_operation_check(proj, d, options, o.pipeline, error);
    if (status == WANMI_OK)
        status = describe(crs, proj, definition, d, &o, warning, error);
    wm_text_free(&crs->host, o.pipeline);
    return status;
}

static wanmi_status fill(wanmi_crs *crs, const char *definition, const wanmi_crs_options *options,
                         wanmi_error *error)
{
    wm_proj proj;
    wm_definition d;
    wanmi_status status = wm_proj_open(&proj, &crs->host, error);
    if (status != WANMI_OK)
        return status;
    status = wm_definition_read(&proj, &crs->host, definition, &d, error);
    if (status == WANMI_OK) {
        status = fill_from(crs, &proj, definition, &d, options, error);
        wm_definition_drop(&d);
    }
    wm_proj_close(&proj);
    return status;
}

wanmi_status wanmi_crs_create(const char *definition, const wanmi_crs_options *options,
                              const wanmi_host *host, wanmi_crs **crs, wanmi_error *error)
{
    if (definition == NULL || definition[0] == '\0' || crs == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "a definition and a place for the CRS must be given");
    wanmi_crs_options chosen;
    wanmi_host copy;
    wanmi_status status = copy_options(options, &chosen, error);
    if (status == WANMI_OK)
        status = wm_host_copy(&copy, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_crs *made = wm_alloc_zero(&copy, sizeof *made);
    if (made == NULL) {
        wm_host_drop(&copy);
        return wm_error_memory(error);
    }
    made->host = copy;
    atomic_init(&made->references, 1);
    wm_arena_init(&made->texts, &made->host);
    status = fill(made, definition, &chosen, error);
    if (status != WANMI_OK) {
        wanmi_crs_release(made);
        return status;
    }
    if (made->warning[0] != '\0')
        wm_log(&made->host, WANMI_LOG_WARNING, "CRS %s: %s", made->definition, made->warning);
    *crs = made;
    return WANMI_OK;
}

wanmi_crs *wanmi_crs_retain(wanmi_crs *crs)
{
    if (crs != NULL)
        atomic_fetch_add_explicit(&crs->references, 1, memory_order_relaxed);
    return crs;
}

void wanmi_crs_release(wanmi_crs *crs)
{
    if (crs == NULL || atomic_fetch_sub_explicit(&crs->references, 1, memory_order_acq_rel) != 1)
        return;
    wm_arena_drop(&crs->texts);
    wanmi_host host = crs->host;
    wm_free(&host, crs, sizeof *crs);
    wm_host_drop(&host);
}

const char *wanmi_crs_definition(const wanmi_crs *crs)
{
    return crs->definition;
}

const char *wanmi_crs_name(const wanmi_crs *crs)
{
    return crs->name;
}

const char *wanmi_crs_operation(const wanmi_crs *crs)
{
    return crs->operation;
}

const char *wanmi_crs_geographic(const wanmi_crs *crs)
{
    return crs->geographic;
}

const char *wanmi_crs_wkt(const wanmi_crs *crs)
{
    return crs->wkt;
}

const char *wanmi_crs_warning(const wanmi_crs *crs)
{
    return crs->warning;
}

int32_t wanmi_crs_epsg(const wanmi_crs *crs)
{
    return crs->epsg;
}

double wanmi_crs_accuracy(const wanmi_crs *crs)
{
    return crs->accuracy;
}

int32_t wanmi_crs_is_ballpark(const wanmi_crs *crs)
{
    return crs->is_ballpark;
}
