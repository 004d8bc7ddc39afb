/* Who acts where: areas nobody answers for, duties of areas that have ended,
 * objects in no cell or without owners. What rules say is route's to check. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { STEP = 256 };

/* ---- areas nobody answers for --------------------------------------------------------- */

/* Told once for the highest area below which no cell has a duty of its own or of an
 * ancestor: one finding for a street, not one for each of its thousand cells. */
typedef struct service {
    wm_check *check;
    wanmi_layer_info cells;
    uint8_t *served;            /* of each area: some cell in it has somebody */
    uint32_t *unserved;         /* of each such highest area: its cells */
} service;

static uint32_t parent_of(const service *s, uint32_t area)
{
    return wanmi_map_area_parent(s->check->map, area, s->check->instant_us);
}

static bool has_duty(const service *s, uint32_t area)
{
    for (; area != WANMI_NONE; area = parent_of(s, area)) {
        wanmi_area_version version;
        uint32_t first, count;
        wanmi_map_area_version(s->check->map, area, &version);
        wanmi_map_area_duties(s->check->map, version.key, &first, &count);
        if (count != 0)
            return true;
    }
    return false;
}

static bool is_valid_cell(const service *s, uint32_t cell)
{
    wanmi_area_version v;
    int64_t now = s->check->instant_us;
    return wanmi_map_area_version(s->check->map, cell, &v) == WANMI_OK &&
           (v.valid_from_us == WANMI_TIME_NONE || v.valid_from_us <= now) &&
           (v.valid_to_us == WANMI_TIME_NONE || now < v.valid_to_us);
}

static void mark(service *s)
{
    uint32_t end = s->cells.first_area + s->cells.area_count;
    for (uint32_t cell = s->cells.first_area; cell < end; cell++) {
        if (!is_valid_cell(s, cell) || !has_duty(s, cell))
            continue;
        for (uint32_t area = cell; area != WANMI_NONE && !s->served[area]; area = parent_of(s, area))
            s->served[area] = 1;
    }
    for (uint32_t cell = s->cells.first_area; cell < end; cell++) {
        if (!is_valid_cell(s, cell) || s->served[cell])
            continue;
        uint32_t highest = cell;
        for (uint32_t up = parent_of(s, cell); up != WANMI_NONE && !s->served[up]; up = parent_of(s, up))
            highest = up;
        s->unserved[highest]++;
    }
}

static wanmi_status tell_unserved(service *s, wanmi_error *error)
{
    wanmi_map *map = s->check->map;
    uint32_t fallback = wanmi_map_fallback_unit(map);
    wanmi_status status = WANMI_OK;
    for (uint32_t a = 0; status == WANMI_OK && a < wanmi_map_area_count(map); a++) {
        if (s->unserved[a] == 0)
            continue;
        bool is_cell = a - s->cells.first_area < s->cells.area_count;
        char cells[64];
        snprintf(cells, sizeof cells, is_cell ? "the cell" : "%u of its cells", s->unserved[a]);
        if (fallback != WANMI_NONE)
            status = wm_check_tell_area(s->check, WANMI_FINDING_DUTY, 1, a, NULL, NAN, error,
                                        "nobody answers for %s: no duty there or above; what no rule "
                                        "sends elsewhere goes to the fallback unit %s", cells,
                                        wanmi_map_unit_code(map, fallback));
        else
            status = wm_check_tell_area(s->check, WANMI_FINDING_DUTY, 2, a, NULL, NAN, error,
                                        "nobody answers for %s: no duty there or above, and the map has "
                                        "no fallback unit", cells);
    }
    return status;
}

static wanmi_status tell_no_duties(wm_check *check, wanmi_error *error)
{
    uint32_t fallback = wanmi_map_fallback_unit(check->map);
    wanmi_finding finding = {.kind = WANMI_FINDING_DUTY, .severity = fallback != WANMI_NONE ? 1 : 2,
                             .area_m2 = NAN};
    return wm_check_tell(check, &finding, NULL, error,
                         "nobody answers for any cell: the map has no duties%s%s",
                         fallback != WANMI_NONE ? "; what no rule sends elsewhere goes to the fallback unit "
                                                : ", and no fallback unit",
                         fallback != WANMI_NONE ? wanmi_map_unit_code(check->map, fallback) : "");
}

wanmi_status wm_check_service(wm_check *check, wanmi_error *error)
{
    const wanmi_map *map = check->map;
    service s = {.check = check};
    if (wanmi_map_layer(map, wanmi_map_cell_layer(map), &s.cells) != WANMI_OK ||
        s.cells.area_count == 0 ||
        (wanmi_map_unit_count(map) == 0 && wanmi_map_rule_count(map) == 0))
        return WANMI_OK;
    if (wanmi_map_duty_count(map) == 0)
        return tell_no_duties(check, error);
    size_t areas = wanmi_map_area_count(map);
    s.served = wm_alloc_zero(check->host, areas);
    s.unserved = wm_alloc_zero(check->host, areas * sizeof *s.unserved);
    wanmi_status status = WANMI_E_MEMORY;
    if (s.served != NULL && s.unserved != NULL) {
        mark(&s);
        status = tell_unserved(&s, error);
    } else {
        wm_error_memory(error);
    }
    wm_free(check->host, s.served, areas);
    wm_free(check->host, s.unserved, areas * sizeof *s.unserved);
    return status;
}

/* ---- duties ------------------------------------------------------------------------- */

static bool any_version_valid(const wm_check *check, uint32_t key)
{
    wanmi_area_info info;
    for (uint32_t a = key; wanmi_map_area(check->map, a, &info) == WANMI_OK && info.key == key; a++)
        if (wm_check_is_valid_at(check, &info))
            return true;
    return false;
}

wanmi_status wm_check_duties(wm_check *check, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (uint32_t d = 0; status == WANMI_OK && d < wanmi_map_duty_count(check->map); d++) {
        wanmi_duty_info duty;
        wanmi_area_info area;
        wanmi_layer_info layer;
        wanmi_map_duty(check->map, d, &duty);
        if (any_version_valid(check, duty.area))
            continue;
        wanmi_map_area(check->map, duty.area, &area);
        wanmi_map_layer(check->map, area.layer, &layer);
        wanmi_finding finding = {.kind = WANMI_FINDING_DUTY, .severity = 1, .layer = layer.name,
                                 .code = area.code,
                                 .other = wanmi_map_unit_code(check->map, duty.unit),
                                 .row = duty.row, .area_m2 = NAN};
        status = wm_check_tell(check, &finding, NULL, error,
                               "the duty %s of unit %s is for an area that is not valid at this "
                               "instant", wanmi_map_role(check->map, duty.role), finding.other);
    }
    return status;
}

/* ---- objects -------------------------------------------------------------------------- */

typedef struct place {
    wm_check *check;
    wm_xy point;
    bool inside;
} place;

static bool is_inside(void *user, uint32_t area)
{
    place *p = user;
    if (!p->inside && wm_check_covers(p->check, area, p->point))
        p->inside = true;
    return true;
}

static wanmi_status tell_object(wm_check *check, const wanmi_object_info *object, int32_t severity,
                                const char *words, wanmi_error *error)
{
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(check->geos.context, object->x, object->y);
    if (point == NULL)
        return wm_check_geos_failed(check, error);
    wanmi_finding finding = {.kind = WANMI_FINDING_OBJECT, .severity = severity, .layer = "wanmi_objects",
                             .code = object->code, .row = object->row, .area_m2 = NAN};
    wanmi_status status = wm_check_tell(check, &finding, point, error, "%s", words);
    GEOSGeom_destroy_r(check->geos.context, point);
    return status;
}

static wanmi_status check_object(wm_check *check, wm_layer_areas *cells, const wanmi_object_info *object,
                                 wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    place at = {check, {object->x, object->y}, false};
    GEOSGeometry *point = GEOSGeom_createPointFromXY_r(check->geos.context, object->x, object->y);
    if (point == NULL)
        return wm_check_geos_failed(check, error);
    if (cells->count != 0)
        status = wm_layer_areas_near(check, cells, point, is_inside, &at, error);
    GEOSGeom_destroy_r(check->geos.context, point);
    if (status == WANMI_OK && !at.inside)
        status = tell_object(check, object, 2, "the object lies in no cell", error);
    bool owned = false;
    for (int i = 0; i < 3; i++)
        owned |= object->owners[i] != WANMI_NONE;
    if (status == WANMI_OK && !owned)
        status = tell_object(check, object, 1, "the object has no owner", error);
    return status;
}

wanmi_status wm_check_objects(wm_check *check, wanmi_error *error)
{
    uint32_t count = wanmi_map_object_count(check->map), layer = wanmi_map_cell_layer(check->map);
    wm_layer_areas cells = {0};
    if (count == 0 || layer == WANMI_NONE)
        return WANMI_OK;
    wanmi_status status = wm_layer_areas_open(check, layer, &cells, error);
    for (uint32_t i = 0; status == WANMI_OK && i < count; i++) {
        wanmi_object_info object;
        wanmi_map_object(check->map, i, &object);
        status = check_object(check, &cells, &object, error);
        if (status == WANMI_OK && (i + 1) % STEP == 0)
            status = wm_check_step(check, STEP, error);
    }
    wm_layer_areas_close(check, &cells);
    return status != WANMI_OK ? status : wm_check_step(check, count % STEP, error);
}
