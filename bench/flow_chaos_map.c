/* Maps and events of the chaos: from an event's id alone follows what each map must
 * make of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow_chaos.h"
#include "support.h"

static const double ORIGIN_X = 500000, ORIGIN_Y = 4420000, WIDTH = 800;
enum { QUARTERS = 4 };              /* each way */

static void must(wanmi_status status, const wanmi_error *error)
{
    bench_must(status, error);
}

/* ---- maps ------------------------------------------------------------------------------------------ */

/* A square as WKB in this machine's order of bytes. */
static size_t write_square(unsigned char *wkb, double x, double y, double side)
{
    double ring[10] = {x, y, x + side, y, x + side, y + side, x, y + side, x, y};
    uint32_t head[3] = {3, 1, 5};
    wkb[0] = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
    memcpy(wkb + 1, head, sizeof head);
    memcpy(wkb + 1 + sizeof head, ring, sizeof ring);
    return 1 + sizeof head + sizeof ring;
}

static void add_squares(wanmi_map_builder *b, const char *layer, unsigned wide, bool quarters)
{
    wanmi_error error;
    double side = WIDTH / wide;
    for (unsigned i = 0; i < wide * wide; i++) {
        unsigned char wkb[128];
        char code[32], parent[32] = "";
        unsigned x = i % wide, y = i / wide;
        wanmi_area_def def;
        wanmi_area_def_init(&def);
        if (quarters) {
            snprintf(code, sizeof code, "q%02u", i);
        } else {
            snprintf(parent, sizeof parent, "q%02u", y * QUARTERS / wide * QUARTERS + x * QUARTERS / wide);
            snprintf(code, sizeof code, "%s%04u", parent, i);
        }
        def.layer = layer;
        def.code = code;
        def.parent = parent;
        def.wkb_size = write_square(wkb, ORIGIN_X + x * side, ORIGIN_Y + y * side, side);
        def.wkb = wkb;
        must(wanmi_map_builder_area(b, &def, &error), &error);
    }
}

static void add_layer(wanmi_map_builder *b, const char *name, int32_t level, const char *parent)
{
    wanmi_error error;
    wanmi_layer_def def;
    wanmi_layer_def_init(&def);
    def.name = name;
    def.kind = WANMI_PARTITION;
    def.level = level;
    def.parent = parent;
    must(wanmi_map_builder_layer(b, &def, &error), &error);
}

/* Units that are of no use but to number the others anew. */
static void add_people(wanmi_map_builder *b, uint32_t generation)
{
    wanmi_error error;
    char code[32], area[32];
    wanmi_unit_def unit;
    wanmi_unit_def_init(&unit);
    unit.code = "CENTRE";
    must(wanmi_map_builder_unit(b, &unit, &error), &error);
    for (unsigned i = 0; i < generation % 7; i++) {
        snprintf(code, sizeof code, "A%u", i);
        unit.code = code;
        must(wanmi_map_builder_unit(b, &unit, &error), &error);
    }
    for (unsigned i = 0; i < QUARTERS * QUARTERS; i++) {
        wanmi_duty_def duty;
        wanmi_duty_def_init(&duty);
        snprintf(code, sizeof code, "K%02u", i);
        snprintf(area, sizeof area, "q%02u", i);
        unit.code = code;
        must(wanmi_map_builder_unit(b, &unit, &error), &error);
        duty.layer = "quarter";
        duty.area = area;
        duty.role = "keeper";
        duty.unit = code;
        must(wanmi_map_builder_duty(b, &duty, &error), &error);
    }
}

/* Each class to its keeper, the first urgently; the second to the centre as well. */
static void add_rules(wanmi_map_builder *b)
{
    wanmi_error error;
    for (int i = 0; i <= CHAOS_CLASSES; i++) {
        char class_text[8];
        wanmi_rule_def rule;
        wanmi_rule_def_init(&rule);
        snprintf(class_text, sizeof class_text, "%02d", i < CHAOS_CLASSES ? i : 1);
        rule.seq = i + 1;
        rule.class_prefix = class_text;
        rule.role = i < CHAOS_CLASSES ? "keeper" : "";
        rule.at_layer = i < CHAOS_CLASSES ? "quarter" : "";
        rule.unit = i < CHAOS_CLASSES ? "" : "CENTRE";
        rule.copy = i == CHAOS_CLASSES;
        rule.priority = i == 0 ? 0 : 5;
        must(wanmi_map_builder_rule(b, &rule, &error), &error);
    }
}

wanmi_map *chaos_map(uint32_t generation, const wanmi_host *host)
{
    wanmi_error error;
    wanmi_map_builder *b;
    wanmi_map_meta meta;
    wanmi_map *map = NULL;
    must(wanmi_map_builder_create(host, &b, &error), &error);
    wanmi_map_meta_init(&meta);
    meta.crs = "EPSG:4548";
    meta.timezone = "UTC";
    meta.fallback_unit = "CENTRE";
    meta.generation = generation;
    must(wanmi_map_builder_meta(b, &meta, &error), &error);
    add_layer(b, "cell", 0, "quarter");
    add_layer(b, "quarter", 1, "");
    add_squares(b, "cell", generation % 2 == 0 ? 8 : 16, false);
    add_squares(b, "quarter", QUARTERS, true);
    add_people(b, generation);
    add_rules(b);
    must(wanmi_map_build(b, NULL, &map, &error), &error);
    wanmi_map_builder_free(b);
    return map;
}

/* ---- events ------------------------------------------------------------------------------------------ */

void chaos_classes(wanmi_words *words, uint32_t *classes)
{
    wanmi_error error;
    for (int i = 0; i < CHAOS_CLASSES; i++) {
        char text[8];
        must(wanmi_words_number(words, text, (size_t)snprintf(text, sizeof text, "%02d", i), &classes[i], &error),
             &error);
    }
}

/* A little wider than the map: some are outside. */
static void place_of(uint64_t id, double *x, double *y)
{
    uint64_t state = id;
    *x = ORIGIN_X + bench_uniform(&state, -10, WIDTH + 10);
    *y = ORIGIN_Y + bench_uniform(&state, -10, WIDTH + 10);
}

wanmi_event chaos_event(uint64_t id, const uint32_t *classes)
{
    wanmi_event event = {.id = id, .time_us = 5, .class_id = classes[id % CHAOS_CLASSES], .source_id = WANMI_NONE,
                         .datum = WANMI_DATUM_MAP};
    place_of(id, &event.x, &event.y);
    return event;
}

bool chaos_is_right(const wanmi_map *map, const wanmi_delivery *d)
{
    double x, y;
    place_of(d->event_id, &x, &y);
    const char *unit = wanmi_map_unit_code(map, d->unit);
    bool inside = x >= ORIGIN_X && x <= ORIGIN_X + WIDTH && y >= ORIGIN_Y && y <= ORIGIN_Y + WIDTH;
    if (wanmi_map_generation(map) != d->generation || inside != (d->cell != WANMI_NONE))
        return false;
    if (!inside || (d->flags & WANMI_DELIVERY_COPY) != 0)
        return strcmp(unit, "CENTRE") == 0;
    wanmi_area_info cell;
    char keeper[8];
    unsigned column = (unsigned)((x - ORIGIN_X) / WIDTH * QUARTERS), line = (unsigned)((y - ORIGIN_Y) / WIDTH * QUARTERS);
    snprintf(keeper, sizeof keeper, "K%02u", (line * QUARTERS + column) % 100);
    return wanmi_map_area(map, d->cell, &cell) == WANMI_OK && x >= cell.min_x && x <= cell.max_x && y >= cell.min_y
        && y <= cell.max_y && strcmp(unit, keeper) == 0;
}
