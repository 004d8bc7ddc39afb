/* What a delivery's numbers mean, and the account of a run. */
#include <stdio.h>

#include "route.h"

static bool holds(const wanmi_map *map, uint32_t area, uint32_t unit, uint32_t role)
{
    wanmi_area_info info;
    uint32_t first = 0, count = 0;
    if (wanmi_map_area(map, area, &info) != WANMI_OK)
        return false;
    wanmi_map_area_duties(map, info.key, &first, &count);
    for (uint32_t i = 0; i < count; i++) {
        wanmi_duty_info duty;
        if (wanmi_map_duty(map, first + i, &duty) == WANMI_OK && duty.unit == unit && duty.role == role)
            return true;
    }
    return false;
}

/* The area, or its nearest ancestor, in which the unit has the role. */
static uint32_t holder_area(const wanmi_map *map, uint32_t area, const wanmi_delivery *d)
{
    uint32_t role = d->role == 0xFFFF ? WANMI_NONE : d->role;
    while (area != WANMI_NONE && !holds(map, area, d->unit, role))
        area = wanmi_map_area_parent(map, area, d->time_us);
    return area;
}

/* The layer a rule asks duties in. */
static uint32_t rule_layer(const wanmi_map *map, uint32_t rule)
{
    wanmi_rule_def def;
    if (rule >= wanmi_map_rule_count(map) || wanmi_map_rule(map, rule, &def) != WANMI_OK ||
        def.at_layer == NULL || def.at_layer[0] == '\0')
        return wanmi_map_cell_layer(map);
    return wanmi_map_find_layer(map, def.at_layer);
}

bool cli_rules_need_locator(const wanmi_map *map)
{
    for (uint32_t i = 0; i < wanmi_map_rule_count(map); i++)
        if (rule_layer(map, i) != wanmi_map_cell_layer(map))
            return true;
    return false;
}

/* The cell's ancestor in a layer, or WANMI_NONE. */
static uint32_t ancestor_in(const wanmi_map *map, uint32_t layer, const wanmi_delivery *d)
{
    uint32_t area = d->cell;
    wanmi_area_info info;
    while (area != WANMI_NONE && wanmi_map_area(map, area, &info) == WANMI_OK && info.layer != layer)
        area = wanmi_map_area_parent(map, area, d->time_us);
    return area;
}

/* Among the areas of a layer that cover the event. A snapped event counts as in
 * its cell, so it is not asked here for layers above the cells. */
static uint32_t located_area(const wanmi_map *map, wanmi_locator *locator, uint32_t layer,
                             const wanmi_delivery *d, const wanmi_event *event)
{
    uint32_t tuple = WANMI_NONE;
    uint8_t where = WANMI_REJECTED;
    wanmi_layer_info info = {0};
    wanmi_positions positions;
    wanmi_hits hits;
    const uint32_t *areas = NULL;
    size_t count = 0;
    wanmi_positions_init(&positions);
    positions.count = 1;
    positions.x = &event->x;
    positions.y = &event->y;
    positions.time_us = &d->time_us;
    positions.datum = (wanmi_datum)event->datum;
    wanmi_hits_init(&hits);
    hits.tuple = &tuple;
    hits.where = &where;
    wanmi_map_layer(map, layer, &info);
    if (wanmi_locate(locator, &positions, &hits, NULL) != WANMI_OK ||
        (where == WANMI_SNAPPED && info.is_cell_ancestor != 0) ||
        wanmi_locator_areas(locator, tuple, layer, &areas, &count) != WANMI_OK)
        return WANMI_NONE;
    for (size_t i = 0; i < count; i++) {
        uint32_t area = holder_area(map, areas[i], d);
        if (area != WANMI_NONE)
            return area;
    }
    return WANMI_NONE;
}

wanmi_event cli_placed(const wanmi_map *map, const wanmi_words *words, const wanmi_event *event)
{
    wanmi_event placed = *event;
    wanmi_object_info object;
    const char *code = wanmi_words_text(words, event->object_id);
    if (event->datum == WANMI_DATUM_OBJECT && code != NULL &&
        wanmi_map_object(map, wanmi_map_find_object(map, code), &object) == WANMI_OK) {
        placed.x = object.x;
        placed.y = object.y;
        placed.datum = WANMI_DATUM_MAP;
    }
    return placed;
}

uint32_t cli_delivery_area(const wanmi_map *map, wanmi_locator *locator, const wanmi_delivery *delivery,
                           const wanmi_event *event)
{
    if (delivery->step != WANMI_STEP_DUTY && delivery->step != WANMI_STEP_ANCESTOR)
        return WANMI_NONE;
    uint32_t layer = rule_layer(map, delivery->rule), area = WANMI_NONE;
    if (layer == wanmi_map_cell_layer(map))
        return holder_area(map, delivery->cell, delivery);
    if (locator != NULL)
        area = located_area(map, locator, layer, delivery, event);
    return area != WANMI_NONE ? area : holder_area(map, ancestor_in(map, layer, delivery), delivery);
}

const char *cli_rule_text(const wanmi_map *map, uint32_t rule, char *text)
{
    wanmi_rule_def def;
    if (rule == WANMI_RULE_FALLBACK)
        snprintf(text, 16, "fallback");
    else if (rule == WANMI_RULE_OUTSIDE)
        snprintf(text, 16, "outside");
    else if (wanmi_map_rule(map, rule, &def) == WANMI_OK)
        snprintf(text, 16, "%d", (int)def.seq);
    else
        text[0] = '\0';
    return text;
}

static void line(const char *what, uint64_t number)
{
    char text[32];
    if (number != 0)
        fprintf(stderr, "    %-22s %15s\n", what, cli_count(number, text));
}

void cli_route_summary(const wanmi_account *account, uint64_t refused_rows, uint64_t written)
{
    const wanmi_tally *sum = &account->sum;
    char a[32];
    bool events = account->submitted == account->routed + account->unrouted + account->refused;
    bool deliveries = sum->accepted == sum->delivered + sum->dead + sum->pending;
    fprintf(stderr, "events                     %15s\n", cli_count(account->submitted, a));
    line("routed", account->routed);
    line("unrouted", account->unrouted);
    line("refused", account->refused);
    line("inside a cell", account->inside);
    line("snapped to a cell", account->snapped);
    line("outside every cell", account->outside);
    line("position rejected", account->rejected);
    line("rows not readable", refused_rows);
    fprintf(stderr, "deliveries                 %15s\n", cli_count(sum->accepted, a));
    line("delivered", sum->delivered);
    line("dead", sum->dead);
    line("pending", sum->pending);
    fprintf(stderr, "rows written               %15s\n", cli_count(written, a));
    fprintf(stderr, "submitted = routed + unrouted + refused: %s\n", events ? "holds" : "BROKEN");
    fprintf(stderr, "accepted = delivered + dead + pending:   %s\n", deliveries ? "holds" : "BROKEN");
}
