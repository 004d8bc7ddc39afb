/* What a map's rows say: codes, sizes, parents, duties, rules. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "layout.h"

#define LEAST_M2 1000.0
#define MOST_M2 100000.0

enum { STEP = 256 };

/* One layer's check. */
typedef struct rows {
    wm_check *check;
    wanmi_layer_info layer;
    wm_layout layout;
    bool has_layout;            /* and the layer is the cell layer or above it */
    bool is_cell;
    bool people;                /* the map says who acts */
} rows;

static double area_of(wm_check *check, uint32_t area)
{
    wanmi_area_rings rings;
    wm_sum sum = {0, 0};
    if (wanmi_map_area_rings(check->map, area, &rings) != WANMI_OK)
        return NAN;
    for (uint32_t p = 0; p < rings.polygon_count; p++)
        for (uint32_t r = rings.polygons[p]; r < rings.polygons[p + 1]; r++) {
            const wm_xy *points = (const wm_xy *)rings.xy + rings.points[r];
            double part = fabs(wm_ring_area(points, rings.points[r + 1] - rings.points[r] - 1));
            wm_sum_add(&sum, r == rings.polygons[p] ? part : -part);
        }
    return wm_sum_value(&sum);
}

/* A cell has all digits of the layout, an area above it those of some parts. */
static bool fits_layout(const rows *r, const char *code)
{
    if (r->is_cell)
        return wm_is_digits(code, r->layout.ends[r->layout.parts - 1]);
    for (int i = 0; i + 1 < r->layout.parts; i++)
        if (wm_is_digits(code, r->layout.ends[i]))
            return true;
    return false;
}

static wanmi_status check_code(const rows *r, uint32_t area, const wanmi_area_info *info,
                               const char *layout, wanmi_error *error)
{
    if (!r->has_layout || fits_layout(r, info->code))
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_CODE, 2, area, NULL, NAN, error,
                              "the code does not fit the map's layout %s", layout);
}

static wanmi_status check_size(const rows *r, uint32_t area, wanmi_error *error)
{
    double size = r->is_cell ? area_of(r->check, area) : LEAST_M2;
    if (size >= LEAST_M2 && size <= MOST_M2)
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_SIZE, 1, area, NULL, size, error,
                              "the cell has %.6g m2, a cell is %g to %g", size, LEAST_M2, MOST_M2);
}

static wanmi_status check_parent(const rows *r, uint32_t area, const wanmi_area_info *info,
                                 wanmi_error *error)
{
    if (r->layer.parent == WANMI_NONE)
        return WANMI_OK;
    uint32_t parent = wanmi_map_area_parent(r->check->map, area, r->check->instant_us);
    if (info->parent_code[0] == '\0')
        return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 2, area, NULL, NAN, error,
                                  "the area has no parent");
    if (parent == WANMI_NONE)
        return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 3, area, info->parent_code, NAN,
                                  error, "its parent %s is not valid at this instant", info->parent_code);
    const char *code = wanmi_map_area_code(r->check->map, parent);
    if (!r->has_layout || strncmp(info->code, code, strlen(code)) == 0)
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_PARENT, 2, area, code, NAN, error,
                              "the code does not begin with its parent's, %s", code);
}

static bool has_duty(const wm_check *check, uint32_t area)
{
    for (; area != WANMI_NONE; area = wanmi_map_area_parent(check->map, area, check->instant_us)) {
        wanmi_area_info info;
        uint32_t first, count;
        wanmi_map_area(check->map, area, &info);
        wanmi_map_area_duties(check->map, info.key, &first, &count);
        if (count != 0)
            return true;
    }
    return false;
}

static wanmi_status check_owner(const rows *r, uint32_t area, wanmi_error *error)
{
    if (!r->is_cell || !r->people || wanmi_map_fallback_unit(r->check->map) != WANMI_NONE ||
        has_duty(r->check, area))
        return WANMI_OK;
    return wm_check_tell_area(r->check, WANMI_FINDING_DUTY, 3, area, NULL, NAN, error,
                              "nobody answers for the cell: no duty on it or above it, and the "
                              "map has no fallback unit");
}

static wanmi_status check_row(const rows *r, uint32_t area, const char *layout, wanmi_error *error)
{
    wanmi_area_info info;
    wanmi_map_area(r->check->map, area, &info);
    if (!wm_check_is_valid_at(r->check, &info))
        return WANMI_OK;
    wanmi_status status = check_code(r, area, &info, layout, error);
    if (status == WANMI_OK)
        status = check_size(r, area, error);
    if (status == WANMI_OK)
        status = check_parent(r, area, &info, error);
    return status == WANMI_OK ? check_owner(r, area, error) : status;
}

wanmi_status wm_check_layer_rows(wm_check *check, uint32_t layer, wanmi_error *error)
{
    wanmi_map *map = check->map;
    wanmi_map_meta meta;
    rows r = {.check = check, .is_cell = wanmi_map_cell_layer(map) == layer,
              .people = wanmi_map_unit_count(map) != 0 || wanmi_map_rule_count(map) != 0};
    wanmi_map_meta_init(&meta);
    wanmi_map_read_meta(map, &meta);
    wanmi_map_layer(map, layer, &r.layer);
    r.has_layout = (r.is_cell || r.layer.is_cell_ancestor) &&
                   wm_layout_read(&r.layout, meta.code_layout);
    wanmi_status status = WANMI_OK;
    for (uint32_t i = 0; status == WANMI_OK && i < r.layer.area_count; i++) {
        status = check_row(&r, r.layer.first_area + i, meta.code_layout, error);
        if (status == WANMI_OK && (i + 1) % STEP == 0)
            status = wm_check_step(check, STEP, error);
    }
    return status != WANMI_OK ? status : wm_check_step(check, r.layer.area_count % STEP, error);
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

/* ---- rules -------------------------------------------------------------------------- */

static wanmi_status tell_rule(wm_check *check, const wanmi_rule_def *rule, int32_t severity,
                              const char *words, const char *value, wanmi_error *error)
{
    wanmi_finding finding = {.kind = WANMI_FINDING_RULE, .severity = severity, .layer = rule->layer,
                             .code = rule->area, .row = rule->row, .area_m2 = NAN};
    return wm_check_tell(check, &finding, NULL, error, "rule %d: %s%s%s", (int)rule->seq, words,
                         value[0] != '\0' ? " " : "", value);
}

static bool given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

/* The areas of a layer stand in the order of their codes. */
static bool some_area(const wm_check *check, uint32_t layer, const char *code)
{
    wanmi_layer_info info;
    if (wanmi_map_layer(check->map, layer, &info) != WANMI_OK)
        return true;
    size_t length = strlen(code);
    bool prefix = length > 0 && code[length - 1] == '*';
    length -= prefix;
    uint32_t low = info.first_area, end = low + info.area_count, high = end;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strncmp(wanmi_map_area_code(check->map, middle), code, length) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    for (wanmi_area_info area; low < end; low++) {
        wanmi_map_area(check->map, low, &area);
        if (strncmp(area.code, code, length) != 0)
            break;
        if ((prefix || area.code[length] == '\0') && wm_check_is_valid_at(check, &area))
            return true;
    }
    return false;
}

static bool some_holder(const wm_check *check, const char *role)
{
    return wanmi_map_find_role(check->map, role) != WANMI_NONE;
}

/* Conditions beside class, place, source, severity and validity. */
static bool is_conditional(const wanmi_rule_def *rule)
{
    return given(rule->mode) || given(rule->owner) || given(rule->weekdays) || given(rule->hours);
}

static bool is_for_everything(const wanmi_rule_def *rule)
{
    return rule->last && rule->min_severity <= 0 && !given(rule->class_prefix) &&
           !given(rule->layer) && !given(rule->source) && rule->valid_from_us == WANMI_TIME_NONE &&
           rule->valid_to_us == WANMI_TIME_NONE && !is_conditional(rule);
}

static wanmi_status check_rule(wm_check *check, const wanmi_rule_def *rule, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    if (given(rule->layer) && given(rule->area) &&
        !some_area(check, wanmi_map_find_layer(check->map, rule->layer), rule->area))
        status = tell_rule(check, rule, 2, "it can never apply: no area valid at this instant is",
                           rule->area, error);
    if (status == WANMI_OK && rule->valid_to_us != WANMI_TIME_NONE &&
        rule->valid_to_us <= check->instant_us)
        status = tell_rule(check, rule, 1, "its validity is over", "", error);
    if (status == WANMI_OK && given(rule->role) && !some_holder(check, rule->role))
        status = tell_rule(check, rule, 2, "it reaches nobody: no duty has the role", rule->role,
                           error);
    return status;
}

wanmi_status wm_check_rules(wm_check *check, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    bool hidden = false;
    for (uint32_t i = 0; status == WANMI_OK && i < wanmi_map_rule_count(check->map); i++) {
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        wanmi_map_rule(check->map, i, &rule);
        status = check_rule(check, &rule, error);
        if (status == WANMI_OK && hidden)
            status = tell_rule(check, &rule, 2,
                               "it can never apply: an earlier rule takes every event and is "
                               "the last", "", error);
        hidden = hidden || is_for_everything(&rule);
    }
    return status;
}
