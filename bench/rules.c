/* See rules.h. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "support.h"

static void read_layers(bench_rules *r, const wanmi_map *map)
{
    wanmi_layer_info layer;
    for (uint32_t i = 0; i < r->layer_count; i++) {
        wanmi_map_layer(map, i, &layer);
        r->kinds[i] = (uint8_t)layer.kind;
    }
    if (r->cell_layer == WANMI_NONE)
        return;
    wanmi_map_layer(map, r->cell_layer, &layer);
    for (; layer.parent != WANMI_NONE; wanmi_map_layer(map, layer.parent, &layer))
        r->ancestors[r->ancestor_count++] = layer.parent;
}

void bench_rules_open(bench_rules *r, const wanmi_map *map, int64_t instant_us)
{
    *r = (bench_rules){.count = wanmi_map_area_count(map), .layer_count = wanmi_map_layer_count(map),
                       .cell_layer = wanmi_map_cell_layer(map)};
    r->layers = bench_memory(r->count * sizeof *r->layers);
    r->parents = bench_memory(r->count * sizeof *r->parents);
    r->valid = bench_memory(r->count);
    read_layers(r, map);
    for (uint32_t i = 0; i < r->count; i++) {
        wanmi_area_info area;
        wanmi_map_area(map, i, &area);
        r->layers[i] = area.layer;
        r->parents[i] = wanmi_map_area_parent(map, i, instant_us);
        r->valid[i] = (area.valid_from_us == WANMI_TIME_NONE || instant_us >= area.valid_from_us) &&
                      (area.valid_to_us == WANMI_TIME_NONE || instant_us < area.valid_to_us);
    }
}

void bench_rules_close(bench_rules *rules)
{
    free(rules->layers);
    free(rules->parents);
    free(rules->valid);
}

static bool among(uint32_t area, const uint32_t *areas, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (areas[i] == area)
            return true;
    return false;
}

/* Areas are numbered in the order of their codes, within a layer. */
void bench_rules_apply(const bench_rules *r, bench_asked asked, const uint32_t *areas, size_t count,
                       bench_answers *answers, size_t i)
{
    uint32_t best[WANMI_LAYERS_MAX];
    memset(best, 0xFF, r->layer_count * sizeof *best);
    for (size_t k = 0; k < count; k++) {
        uint32_t *lowest = &best[r->layers[areas[k]]];
        if (r->kinds[r->layers[areas[k]]] == WANMI_PARTITION && areas[k] < *lowest)
            *lowest = areas[k];
    }
    uint32_t area = r->cell_layer != WANMI_NONE ? best[r->cell_layer] : WANMI_NONE;
    answers->cells[i] = area;
    if (asked == BENCH_CELLS)
        return;
    for (uint32_t k = 0; k < r->ancestor_count && area != WANMI_NONE; k++) {
        area = r->parents[area];
        if (area != WANMI_NONE && among(area, areas, count))
            best[r->ancestors[k]] = area;
    }
    for (size_t k = 0; k < count; k++)
        if (r->kinds[r->layers[areas[k]]] == WANMI_OVERLAY || best[r->layers[areas[k]]] == areas[k])
            bench_list_area(answers, areas[k]);
    bench_list_end(answers);
}
