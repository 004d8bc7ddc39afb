/* From the areas that cover a point to the answer, as docs/answers.md says, for
 * all who find the covering areas in ways of their own: lowest code of a partition
 * layer, the owner cell's ancestors first, all areas of an overlay.
 */
#ifndef BENCH_RULES_H
#define BENCH_RULES_H

#include "ways.h"

typedef struct bench_rules {
    uint32_t count, layer_count, cell_layer;
    uint32_t *layers, *parents;     /* by area; parents at the instant */
    uint8_t *valid;                 /* by area, at the instant */
    uint8_t kinds[WANMI_LAYERS_MAX];
    uint32_t ancestors[WANMI_LAYERS_MAX], ancestor_count; /* above the cell layer, lowest first */
} bench_rules;

void bench_rules_open(bench_rules *rules, const wanmi_map *map, int64_t instant_us);
void bench_rules_close(bench_rules *rules);

/* Adds the answer to a point that `areas` cover (any order, all valid). */
void bench_rules_apply(const bench_rules *rules, bench_asked asked, const uint32_t *areas, size_t count,
                       bench_answers *answers, size_t i);

#endif
