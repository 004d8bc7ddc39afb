/* The builder: keeps meta, layers and areas as they come. Units and duties
 * are in builder_tables.c, rules and what goes with them in builder_routing.c, the
 * building itself in build.c. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>

#include "model.h"

void wanmi_map_meta_init(wanmi_map_meta *meta)
{
    *meta = (wanmi_map_meta){.struct_size = sizeof *meta, .uuid = "", .title = "", .crs = "",
                             .operation = "", .timezone = "", .cell_layer = "",
                             .fallback_unit = "", .code_layout = "", .generation = 1};
}

void wanmi_layer_def_init(wanmi_layer_def *def)
{
    *def = (wanmi_layer_def){.struct_size = sizeof *def, .name = "", .parent = ""};
}

void wanmi_area_def_init(wanmi_area_def *def)
{
    *def = (wanmi_area_def){.struct_size = sizeof *def, .layer = "", .code = "", .name = "",
                            .parent = "", .grade = "", .valid_from_us = WANMI_TIME_NONE,
                            .valid_to_us = WANMI_TIME_NONE};
}

static void keep_geos_message(const char *message, void *user)
{
    wanmi_map_builder *builder = user;
    wm_text_fit(builder->geos_message, sizeof builder->geos_message, message);
}

wanmi_status wanmi_map_builder_create(const wanmi_host *host, wanmi_map_builder **builder,
                                      wanmi_error *error)
{
    if (builder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
    wanmi_host own;
    wanmi_status status = wm_host_copy(&own, host, error);
    if (status != WANMI_OK)
        return status;
    wanmi_map_builder *fresh = wm_alloc_zero(&own, sizeof *fresh);
    GEOSContextHandle_t geos = fresh != NULL ? GEOS_init_r() : NULL;
    if (geos == NULL) {
        wm_free(&own, fresh, sizeof *fresh);
        wm_host_drop(&own);
        return wm_error_memory(error);
    }
    fresh->host = own;
    fresh->geos = geos;
    GEOSContext_setErrorMessageHandler_r(geos, keep_geos_message, fresh);
    wm_arena_init(&fresh->texts, &fresh->host);
    wanmi_map_meta_init(&fresh->meta);
    *builder = fresh;
    return WANMI_OK;
}

void wanmi_map_builder_free(wanmi_map_builder *builder)
{
    if (builder == NULL)
        return;
    wanmi_host host = builder->host;
    GEOS_finish_r(builder->geos);
    wm_shape_drop(&builder->shapes, &host);
    wm_shape_drop(&builder->scratch, &host);
    wm_free(&host, builder->areas, builder->area_room * sizeof *builder->areas);
    wm_free(&host, builder->units, builder->unit_room * sizeof *builder->units);
    wm_free(&host, builder->duties, builder->duty_room * sizeof *builder->duties);
    for (int i = 0; i < WM_KINDS; i++)
        wm_free(&host, builder->rows[i].defs, builder->rows[i].room * wm_kinds[i].size);
    wm_arena_drop(&builder->texts);
    wm_free(&host, builder, sizeof *builder);
    wm_host_drop(&host);
}

wanmi_status wm_struct_take(void *to, const void *from, size_t known, const char *what,
                            wanmi_error *error)
{
    size_t given = 0;
    if (from != NULL)
        memcpy(&given, from, sizeof given);
    if (given < sizeof given || given > known)
        return wm_error(error, WANMI_E_ARGUMENT, "%s was not filled by its _init function", what);
    memcpy(to, from, given);
    return WANMI_OK;
}

const char *wm_builder_text(wanmi_map_builder *builder, const char *text, const char *last)
{
    if (text == NULL)
        return "";
    if (last != NULL && strcmp(text, last) == 0)
        return last;
    return wm_arena_text(&builder->texts, text);
}

/* ---- meta ----------------------------------------------------------------------- */

enum { DEFINITION_MAX = 65535, SNAP_MAX = 1000 };

static wanmi_status check_meta_texts(const wanmi_map_meta *m, wanmi_error *error)
{
    const struct {
        const char *what, *text;
        size_t most;
        unsigned rules;
    } texts[] = {
        {"title", m->title, WANMI_NAME_MAX, WM_TEXT_FREE},
        {"operation", m->operation, DEFINITION_MAX, WM_TEXT_FREE},
        {"timezone", m->timezone, 63, WM_TEXT_FREE},
        {"cell_layer", m->cell_layer, 63, WM_TEXT_CODE},
        {"fallback_unit", m->fallback_unit, WANMI_CODE_MAX, WM_TEXT_CODE},
    };
    const wm_place nowhere = {0};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        wanmi_status status = wm_text_check(texts[i].what, texts[i].text, texts[i].most,
                                            texts[i].rules, WANMI_E_MAP_META, &nowhere, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

static wanmi_status check_meta(const wanmi_map_meta *m, wanmi_error *error)
{
    wanmi_status status = check_meta_texts(m, error);
    if (status != WANMI_OK)
        return status;
    if (!given(m->crs))
        return wm_error(error, WANMI_E_MAP_META, "the map's CRS is missing");
    /* WKT comes in many lines, so only its length is looked at; PROJ reads it. */
    if (strlen(m->crs) > DEFINITION_MAX)
        return wm_error(error, WANMI_E_MAP_META, "the CRS's definition is longer than %d bytes",
                        DEFINITION_MAX);
    wm_place place = {.value = m->uuid};
    if (given(m->uuid) && !wm_uuid_is(m->uuid))
        return wm_error_at(error, WANMI_E_MAP_META, &place,
                           "uuid is not 8-4-4-4-12 hexadecimal digits");
    place.value = m->code_layout;
    if (given(m->code_layout) && !wm_layout_is(m->code_layout))
        return wm_error_at(error, WANMI_E_MAP_META, &place,
                           "code_layout is not digits 1 to 9 joined by '+', such as 6+3+3+3");
    if (!(m->snap_m >= 0 && m->snap_m <= SNAP_MAX))
        return wm_error(error, WANMI_E_MAP_META, "snap_m is not from 0 to %d: %g", SNAP_MAX,
                        m->snap_m);
    if (m->generation == 0)
        return wm_error(error, WANMI_E_MAP_META, "generation is 0; the first one is 1");
    return WANMI_OK;
}

/* RFC 4122, version 4. */
static wanmi_status random_uuid(char *text, size_t size, wanmi_error *error)
{
    uint8_t b[16];
    if (getrandom(b, sizeof b, 0) != (ssize_t)sizeof b)
        return wm_error(error, WANMI_E_SYSTEM, "the system gives no random numbers for a uuid");
    b[6] = (uint8_t)((b[6] & 0x0F) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3F) | 0x80);
    snprintf(text, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
             b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
             b[13], b[14], b[15]);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_meta(wanmi_map_builder *builder, const wanmi_map_meta *meta,
                                    wanmi_error *error)
{
    if (builder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
    wanmi_map_meta m;
    wanmi_map_meta_init(&m);
    wanmi_status status = wm_struct_take(&m, meta, sizeof m, "wanmi_map_meta", error);
    if (status == WANMI_OK)
        status = check_meta(&m, error);
    char uuid[37];
    if (status == WANMI_OK && !given(m.uuid)) {
        status = random_uuid(uuid, sizeof uuid, error);
        m.uuid = uuid;
    }
    if (status != WANMI_OK)
        return status;
    if (!given(m.timezone))
        m.timezone = "Asia/Shanghai";
    const char **texts[] = {&m.uuid, &m.title, &m.crs, &m.operation, &m.timezone, &m.cell_layer,
                            &m.fallback_unit, &m.code_layout};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if ((*texts[i] = wm_builder_text(builder, *texts[i], NULL)) == NULL)
            return wm_error_memory(error);
    builder->meta = m;
    builder->have_meta = true;
    return WANMI_OK;
}

/* ---- layers --------------------------------------------------------------------- */

static wanmi_status check_layer(const wanmi_map_builder *builder, const wanmi_layer_def *def,
                                wanmi_error *error)
{
    wanmi_status status = wm_layer_name_check(def->name, error);
    if (status != WANMI_OK)
        return status;
    const wm_place place = {.layer = def->name};
    if (def->kind != WANMI_PARTITION && def->kind != WANMI_OVERLAY)
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "kind %d is neither partition nor overlay",
                           (int)def->kind);
    if (def->level < 0 || def->level > 1000)
        return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "level %d is not from 0 to 1000",
                           (int)def->level);
    status = wm_text_check("parent layer", def->parent, 63, WM_TEXT_CODE, WANMI_E_MAP_LAYER, &place,
                           error);
    if (status != WANMI_OK)
        return status;
    /* The tables of a GeoPackage do not tell Cell from cell. */
    for (size_t i = 0; i < builder->layer_count; i++)
        if (strcasecmp(builder->layers[i].name, def->name) == 0)
            return wm_error_at(error, WANMI_E_MAP_LAYER, &place, "there is a layer %s already",
                               builder->layers[i].name);
    if (builder->layer_count == WANMI_LAYERS_MAX)
        return wm_error_at(error, WANMI_E_LIMIT, &place, "a map has %d layers at most",
                           WANMI_LAYERS_MAX);
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_layer(wanmi_map_builder *builder, const wanmi_layer_def *def,
                                     wanmi_error *error)
{
    if (builder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
    wanmi_layer_def d;
    wanmi_layer_def_init(&d);
    wanmi_status status = wm_struct_take(&d, def, sizeof d, "wanmi_layer_def", error);
    if (status == WANMI_OK)
        status = check_layer(builder, &d, error);
    if (status != WANMI_OK)
        return status;
    d.name = wm_builder_text(builder, d.name, NULL);
    d.parent = wm_builder_text(builder, d.parent, NULL);
    if (d.name == NULL || d.parent == NULL)
        return wm_error_memory(error);
    builder->layers[builder->layer_count++] = d;
    return WANMI_OK;
}

/* ---- areas ---------------------------------------------------------------------- */

static wanmi_status take_area(wanmi_area_def *d, const wanmi_map_builder *builder,
                              const wanmi_area_def *def, wanmi_error *error)
{
    if (builder == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "builder is NULL");
    wanmi_area_def_init(d);
    return wm_struct_take(d, def, sizeof *d, "wanmi_area_def", error);
}

static wanmi_status check_shape(wanmi_map_builder *builder, const wanmi_area_def *d,
                                wanmi_error *error)
{
    const wm_place place = {.layer = d->layer, .code = d->code, .row = d->row};
    wanmi_status status = wm_wkb_read(d->wkb, d->wkb_size, &place, &builder->host,
                                      &builder->scratch, error);
    if (status == WANMI_OK)
        status = wm_shape_valid(&builder->scratch, builder, &place, error);
    return status;
}

static wanmi_status check_area(wanmi_map_builder *builder, const wanmi_area_def *d,
                               wanmi_error *error)
{
    wm_place place = {.row = d->row};
    wanmi_status status = wm_text_check("layer", d->layer, 63, WM_TEXT_NEEDED | WM_TEXT_CODE,
                                        WANMI_E_MAP_LAYER, &place, error);
    if (status != WANMI_OK)
        return status;
    place.layer = d->layer;
    status = wm_text_check("code", d->code, WANMI_CODE_MAX,
                           WM_TEXT_NEEDED | WM_TEXT_CODE | WM_TEXT_AREA, WANMI_E_MAP_CODE, &place,
                           error);
    if (status != WANMI_OK)
        return status;
    place.code = d->code;
    status = wm_text_check("name", d->name, WANMI_NAME_MAX, WM_TEXT_FREE, WANMI_E_ARGUMENT, &place,
                           error);
    if (status == WANMI_OK)
        status = wm_text_check("parent", d->parent, WANMI_CODE_MAX, WM_TEXT_CODE,
                               WANMI_E_MAP_PARENT, &place, error);
    if (status == WANMI_OK)
        status = wm_text_check("grade", d->grade, WANMI_CODE_MAX, WM_TEXT_FREE, WANMI_E_ARGUMENT,
                               &place, error);
    if (status == WANMI_OK && d->valid_from_us != WANMI_TIME_NONE &&
        d->valid_to_us != WANMI_TIME_NONE && d->valid_from_us >= d->valid_to_us)
        status = wm_error_at(error, WANMI_E_ARGUMENT, &place, "valid_to is not later than valid_from");
    return status == WANMI_OK ? check_shape(builder, d, error) : status;
}

wanmi_status wanmi_map_builder_check_area(wanmi_map_builder *builder, const wanmi_area_def *def,
                                          wanmi_error *error)
{
    wanmi_area_def d;
    wanmi_status status = take_area(&d, builder, def, error);
    return status == WANMI_OK ? check_shape(builder, &d, error) : status;
}

/* Offsets of the map's arrays are 32 bits wide. */
static wanmi_status check_room(const wanmi_map_builder *builder, wanmi_error *error)
{
    const wm_shape *kept = &builder->shapes, *more = &builder->scratch;
    const size_t most = UINT32_MAX / 2;
    if (builder->area_count + 1 > most || kept->polygon_count + more->polygon_count > most ||
        kept->ring_count + more->ring_count > most ||
        kept->point_count + more->point_count > UINT32_MAX - 1)
        return wm_error(error, WANMI_E_LIMIT, "the map has too many areas, rings or points");
    return WANMI_OK;
}

wanmi_status wanmi_map_builder_area(wanmi_map_builder *builder, const wanmi_area_def *def,
                                    wanmi_error *error)
{
    wanmi_area_def d;
    wanmi_status status = take_area(&d, builder, def, error);
    if (status == WANMI_OK)
        status = check_area(builder, &d, error);
    if (status == WANMI_OK)
        status = check_room(builder, error);
    if (status != WANMI_OK)
        return status;
    const wm_shape *kept = &builder->shapes, *more = &builder->scratch;
    const wm_area_row none = {.layer = ""};
    const wm_area_row *last =
        builder->area_count != 0 ? &builder->areas[builder->area_count - 1] : &none;
    wm_area_row row = {
        .layer = wm_builder_text(builder, d.layer, last->layer),
        .code = wm_builder_text(builder, d.code, last->code),
        .name = wm_builder_text(builder, d.name, last->name),
        .parent = wm_builder_text(builder, d.parent, last->parent),
        .grade = wm_builder_text(builder, d.grade, last->grade),
        .valid_from = d.valid_from_us, .valid_to = d.valid_to_us, .row = d.row,
        .first_polygon = kept->polygon_count, .first_ring = kept->ring_count,
        .first_point = kept->point_count, .polygon_count = (uint32_t)more->polygon_count,
        .ring_count = (uint32_t)more->ring_count, .point_count = (uint32_t)more->point_count};
    if (row.layer == NULL || row.code == NULL || row.name == NULL || row.parent == NULL ||
        row.grade == NULL ||
        !wm_reserve(&builder->host, (void **)&builder->areas, &builder->area_room,
                    builder->area_count + 1, sizeof row) ||
        !wm_shape_append(&builder->shapes, &builder->host, more))
        return wm_error_memory(error);
    builder->areas[builder->area_count++] = row;
    return WANMI_OK;
}
