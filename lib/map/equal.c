/* Whether two maps say the same, and the first thing in which they do not. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

typedef struct pair {
    const wanmi_map *a, *b;
    wm_place place;
    wanmi_error *difference;
} pair;

static const char *shown(const char *text)
{
    return text[0] != '\0' ? text : "(none)";
}

static bool differ_text(pair *p, const char *what, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return false;
    wm_error_at(p->difference, WANMI_PARTIAL, &p->place, "%s differs: %.120s and %.120s", what,
                shown(a), shown(b));
    return true;
}

static bool differ_number(pair *p, const char *what, int64_t a, int64_t b)
{
    if (a == b)
        return false;
    wm_error_at(p->difference, WANMI_PARTIAL, &p->place, "%s differs: %lld and %lld", what,
                (long long)a, (long long)b);
    return true;
}

static bool differ_real(pair *p, const char *what, double a, double b)
{
    if (a == b)
        return false;
    wm_error_at(p->difference, WANMI_PARTIAL, &p->place, "%s differs: %.17g and %.17g", what, a, b);
    return true;
}

static bool differ_time(pair *p, const char *what, int64_t a, int64_t b)
{
    if (a == b)
        return false;
    char text_a[48], text_b[48];
    wanmi_time_format(p->a->zone, a, text_a, sizeof text_a);
    wanmi_time_format(p->a->zone, b, text_b, sizeof text_b);
    return differ_text(p, what, text_a, text_b) || differ_number(p, what, a, b);
}

/* ---- meta and layers ------------------------------------------------------------ */

static const char *layer_name(const wanmi_map *map, uint32_t layer)
{
    wanmi_layer_info info = {.name = ""};
    wanmi_map_layer(map, layer, &info);
    return info.name;
}

/* The cell layer by its name: one map may name it where the other lets it be
 * found. */
static const char *cell_layer(const wanmi_map *map, const wanmi_map_meta *meta)
{
    return map->cell_layer != WANMI_NONE ? layer_name(map, map->cell_layer) : meta->cell_layer;
}

static bool differ_meta(pair *p)
{
    wanmi_map_meta a, b;
    wanmi_map_read_meta(p->a, &a);
    wanmi_map_read_meta(p->b, &b);
    if (differ_text(p, "uuid", a.uuid, b.uuid) || differ_text(p, "title", a.title, b.title) ||
        differ_text(p, "crs", a.crs, b.crs) || differ_text(p, "operation", a.operation, b.operation) ||
        differ_text(p, "timezone", a.timezone, b.timezone) ||
        differ_text(p, "cell_layer", cell_layer(p->a, &a), cell_layer(p->b, &b)) ||
        differ_text(p, "fallback_unit", a.fallback_unit, b.fallback_unit) ||
        differ_text(p, "code_layout", a.code_layout, b.code_layout))
        return true;
    return differ_real(p, "snap_m", a.snap_m, b.snap_m);
}

static bool differ_layers(pair *p)
{
    if (differ_number(p, "the number of layers", p->a->layer_count, p->b->layer_count))
        return true;
    for (uint32_t i = 0; i < p->a->layer_count; i++) {
        wanmi_layer_info a, b;
        wanmi_map_layer(p->a, i, &a);
        wanmi_map_layer(p->b, i, &b);
        p->place = (wm_place){.layer = a.name};
        if (differ_text(p, "the layer's name", a.name, b.name) ||
            differ_number(p, "the layer's kind", a.kind, b.kind) ||
            differ_number(p, "the layer's level", a.level, b.level) ||
            differ_text(p, "the parent layer", layer_name(p->a, a.parent), layer_name(p->b, b.parent)) ||
            differ_number(p, "the number of areas", a.area_count, b.area_count))
            return true;
    }
    return false;
}

/* ---- areas ---------------------------------------------------------------------- */

static bool differ_shape(pair *p, uint32_t area)
{
    wanmi_area_rings a, b;
    wanmi_map_area_rings(p->a, area, &a);
    wanmi_map_area_rings(p->b, area, &b);
    if (differ_number(p, "the number of parts", a.polygon_count, b.polygon_count) ||
        differ_number(p, "the number of rings", a.ring_count, b.ring_count))
        return true;
    for (uint32_t i = 0; i < a.polygon_count; i++)
        if (differ_number(p, "the number of a part's rings", a.polygons[i + 1] - a.polygons[i],
                          b.polygons[i + 1] - b.polygons[i]))
            return true;
    for (uint32_t r = 0; r < a.ring_count; r++) {
        size_t points = a.points[r + 1] - a.points[r];
        if (differ_number(p, "the number of a ring's points", (int64_t)points,
                          b.points[r + 1] - b.points[r]))
            return true;
        const double *xa = a.xy + 2 * (size_t)a.points[r], *xb = b.xy + 2 * (size_t)b.points[r];
        for (size_t i = 0; i < points; i++) {
            if (memcmp(xa + 2 * i, xb + 2 * i, 2 * sizeof *xa) == 0)
                continue;
            wm_error_at(p->difference, WANMI_PARTIAL, &p->place,
                        "point %zu of ring %u differs: %.17g %.17g and %.17g %.17g", i + 1, r + 1,
                        xa[2 * i], xa[2 * i + 1], xb[2 * i], xb[2 * i + 1]);
            return true;
        }
    }
    return false;
}

static bool differ_areas(pair *p)
{
    /* Layers are alike in number and size, so an index means the same in both. */
    for (uint32_t i = 0; i < p->a->area_count; i++) {
        wanmi_area_info a, b;
        wanmi_map_area(p->a, i, &a);
        wanmi_map_area(p->b, i, &b);
        p->place = (wm_place){.layer = layer_name(p->a, a.layer), .code = a.code};
        if (differ_text(p, "the code", a.code, b.code) || differ_text(p, "the name", a.name, b.name) ||
            differ_text(p, "the parent", a.parent_code, b.parent_code) ||
            differ_text(p, "the grade", a.grade, b.grade) ||
            differ_time(p, "valid_from", a.valid_from_us, b.valid_from_us) ||
            differ_time(p, "valid_to", a.valid_to_us, b.valid_to_us) || differ_shape(p, i))
            return true;
    }
    return false;
}

/* ---- tables --------------------------------------------------------------------- */

static bool differ_units(pair *p)
{
    p->place = (wm_place){0};
    if (differ_number(p, "the number of units", p->a->unit_count, p->b->unit_count))
        return true;
    for (uint32_t i = 0; i < p->a->unit_count; i++) {
        wanmi_unit_info a, b;
        wanmi_map_unit(p->a, i, &a);
        wanmi_map_unit(p->b, i, &b);
        p->place = (wm_place){.code = a.code};
        if (differ_text(p, "the unit's code", a.code, b.code) ||
            differ_text(p, "the unit's name", a.name, b.name) ||
            differ_text(p, "the unit's kind", a.kind, b.kind) ||
            differ_text(p, "the unit's parent", wanmi_map_unit_code(p->a, a.parent),
                        wanmi_map_unit_code(p->b, b.parent)))
            return true;
    }
    return false;
}

static bool differ_duties(pair *p)
{
    p->place = (wm_place){0};
    if (differ_number(p, "the number of duties", p->a->duty_count, p->b->duty_count))
        return true;
    for (uint32_t i = 0; i < p->a->duty_count; i++) {
        const wanmi_duty_info *a = &p->a->duties[i], *b = &p->b->duties[i];
        p->place = (wm_place){.layer = layer_name(p->a, wm_layer_of(p->a, a->area)),
                              .code = wanmi_map_area_code(p->a, a->area)};
        if (differ_text(p, "a duty's area", wanmi_map_area_code(p->a, a->area),
                        wanmi_map_area_code(p->b, b->area)) ||
            differ_text(p, "a duty's layer", p->place.layer,
                        layer_name(p->b, wm_layer_of(p->b, b->area))) ||
            differ_text(p, "a duty's role", wanmi_map_role(p->a, a->role),
                        wanmi_map_role(p->b, b->role)) ||
            differ_number(p, "a duty's rank", a->rank, b->rank) ||
            differ_text(p, "a duty's unit", wanmi_map_unit_code(p->a, a->unit),
                        wanmi_map_unit_code(p->b, b->unit)))
            return true;
    }
    return false;
}

/* The texts of two rows of a table. */
static bool differ_texts(pair *p, int table, const void *a, const void *b)
{
    const wm_kind *kind = &wm_kinds[table];
    for (size_t i = 0; i < kind->column_count; i++)
        if (differ_text(p, kind->columns[i].column, wm_def_text(a, &kind->columns[i]),
                        wm_def_text(b, &kind->columns[i])))
            return true;
    return false;
}

static bool differ_rules(pair *p)
{
    p->place = (wm_place){0};
    uint32_t count = wanmi_map_rule_count(p->a);
    if (differ_number(p, "the number of rules", count, wanmi_map_rule_count(p->b)))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_rule_def a, b;
        wanmi_map_rule(p->a, i, &a);
        wanmi_map_rule(p->b, i, &b);
        char seq[32];
        snprintf(seq, sizeof seq, "rule %d", (int)a.seq);
        p->place = (wm_place){.code = seq};
        if (differ_number(p, "seq", a.seq, b.seq) || differ_texts(p, WM_RULES, &a, &b) ||
            differ_number(p, "min_severity", a.min_severity, b.min_severity) ||
            differ_time(p, "valid_from", a.valid_from_us, b.valid_from_us) ||
            differ_time(p, "valid_to", a.valid_to_us, b.valid_to_us) ||
            differ_number(p, "copy", a.copy, b.copy) ||
            differ_number(p, "priority", a.priority, b.priority) ||
            differ_number(p, "last", a.last, b.last))
            return true;
    }
    return false;
}

static bool differ_calendars(pair *p)
{
    p->place = (wm_place){0};
    uint32_t count = wanmi_map_calendar_count(p->a);
    if (differ_number(p, "the number of calendar rows", count, wanmi_map_calendar_count(p->b)))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_calendar_def a, b;
        wanmi_map_calendar(p->a, i, &a);
        wanmi_map_calendar(p->b, i, &b);
        p->place = (wm_place){.code = a.name};
        if (differ_texts(p, WM_CALENDARS, &a, &b))
            return true;
    }
    return false;
}

static bool differ_deadlines(pair *p)
{
    p->place = (wm_place){0};
    uint32_t count = wanmi_map_deadline_count(p->a);
    if (differ_number(p, "the number of deadlines", count, wanmi_map_deadline_count(p->b)))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_deadline_def a, b;
        wanmi_map_deadline(p->a, i, &a);
        wanmi_map_deadline(p->b, i, &b);
        p->place = (wm_place){.code = a.name};
        if (differ_texts(p, WM_DEADLINES, &a, &b) || differ_number(p, "seq", a.seq, b.seq) ||
            differ_number(p, "min_severity", a.min_severity, b.min_severity) ||
            differ_real(p, "limit", a.limit, b.limit))
            return true;
    }
    return false;
}

static bool differ_escalations(pair *p)
{
    p->place = (wm_place){0};
    uint32_t count = wanmi_map_escalation_count(p->a);
    if (differ_number(p, "the number of escalations", count, wanmi_map_escalation_count(p->b)))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        wanmi_escalation_def a, b;
        wanmi_map_escalation(p->a, i, &a);
        wanmi_map_escalation(p->b, i, &b);
        char seq[32];
        snprintf(seq, sizeof seq, "escalation %d", (int)a.seq);
        p->place = (wm_place){.code = seq};
        if (differ_number(p, "seq", a.seq, b.seq) || differ_texts(p, WM_ESCALATIONS, &a, &b) ||
            differ_number(p, "min_severity", a.min_severity, b.min_severity) ||
            differ_real(p, "limit", a.limit, b.limit) ||
            differ_number(p, "priority", a.priority, b.priority))
            return true;
    }
    return false;
}

static bool differ_objects(pair *p)
{
    static const char *const owners[] = {"the object's authority", "the object's property",
                                         "the object's upkeep"};
    p->place = (wm_place){0};
    if (differ_number(p, "the number of objects", p->a->object_count, p->b->object_count))
        return true;
    for (uint32_t i = 0; i < p->a->object_count; i++) {
        wanmi_object_info a, b;
        wanmi_map_object(p->a, i, &a);
        wanmi_map_object(p->b, i, &b);
        p->place = (wm_place){.code = a.code};
        if (differ_text(p, "the object's code", a.code, b.code) ||
            differ_text(p, "the object's name", a.name, b.name) ||
            differ_text(p, "the object's class", a.class_text, b.class_text) ||
            differ_real(p, "the object's x", a.x, b.x) || differ_real(p, "the object's y", a.y, b.y))
            return true;
        for (size_t o = 0; o < 3; o++)
            if (differ_text(p, owners[o], wanmi_map_unit_code(p->a, a.owners[o]),
                            wanmi_map_unit_code(p->b, b.owners[o])))
                return true;
    }
    return false;
}

static bool differ_tables(pair *p)
{
    return differ_units(p) || differ_duties(p) || differ_rules(p) || differ_calendars(p) ||
           differ_deadlines(p) || differ_escalations(p) || differ_objects(p);
}

wanmi_status wanmi_map_equal(const wanmi_map *a, const wanmi_map *b, wanmi_error *difference)
{
    if (a == NULL || b == NULL)
        return wm_error(difference, WANMI_E_ARGUMENT, "a map is NULL");
    pair p = {.a = a, .b = b, .difference = difference};
    bool differ = differ_meta(&p) || differ_layers(&p) || differ_areas(&p) || differ_tables(&p);
    return differ ? WANMI_PARTIAL : WANMI_OK;
}
