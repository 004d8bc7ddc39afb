/* Which areas of a layer the rules tell apart. */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* More different places than these are not compared: each stretch between two ends
 * is then a class of its own. */
enum { PLACES_MAX = 2048 };

typedef struct wm_range {
    uint32_t first, end;
} wm_range;

/* The ranges of areas that rules ask for, each once, and all their ends. */
typedef struct wm_ranges {
    wm_range *list;
    uint32_t *ends;
    size_t count, end_count;
} wm_ranges;

static int by_range(const void *a, const void *b)
{
    const wm_range *x = a, *y = b;
    if (x->first != y->first)
        return x->first < y->first ? -1 : 1;
    return (x->end > y->end) - (x->end < y->end);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void collect(const wanmi_plan *plan, uint32_t layer, wm_ranges *ranges)
{
    size_t count = 0, kept = 0, ends = 0;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (plan->rules[i].layer == layer)
            ranges->list[count++] = (wm_range){plan->rules[i].first_area, plan->rules[i].end_area};
    qsort(ranges->list, count, sizeof *ranges->list, by_range);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || by_range(&ranges->list[i], &ranges->list[kept - 1]) != 0)
            ranges->list[kept++] = ranges->list[i];
    ranges->count = kept;
    for (size_t i = 0; i < kept; i++) {
        ranges->ends[ends++] = ranges->list[i].first;
        ranges->ends[ends++] = ranges->list[i].end;
    }
    qsort(ranges->ends, ends, sizeof *ranges->ends, by_number);
    for (size_t i = 0; i < ends; i++)
        if (i == 0 || ranges->ends[i] != ranges->ends[ranges->end_count - 1])
            ranges->ends[ranges->end_count++] = ranges->ends[i];
}

/* The class of the areas from one end on: which of the ranges hold it. */
static bool class_from(const wm_ranges *ranges, uint32_t area, wm_pool *pool, uint32_t *number)
{
    uint32_t holds[PLACES_MAX / 32] = {0};
    if (ranges->count > PLACES_MAX)
        return wm_pool_put(pool, &area, 1, number);
    for (size_t i = 0; i < ranges->count; i++)
        if (area >= ranges->list[i].first && area < ranges->list[i].end)
            holds[i / 32] |= (uint32_t)1 << i % 32;
    return wm_pool_put(pool, holds, PLACES_MAX / 32, number);
}

static bool fill(const wm_layer *areas, const wm_ranges *ranges, wm_pool *pool, uint32_t *classes)
{
    uint32_t number = 0, at = areas->first_area, end = at + areas->area_count;
    if (!class_from(ranges, WANMI_NONE - 1, pool, &number))     /* 0: in none */
        return false;
    for (size_t i = 0; i <= ranges->end_count; i++) {
        uint32_t until = i < ranges->end_count ? ranges->ends[i] : end;
        for (; at < until && at < end; at++)
            classes[at - areas->first_area] = number;
        if (i < ranges->end_count && !class_from(ranges, ranges->ends[i], pool, &number))
            return false;
    }
    return true;
}

wanmi_status wm_make_classes(wm_compile *compile, uint32_t layer, uint32_t **classes)
{
    const wanmi_plan *plan = compile->plan;
    const wanmi_host *host = &plan->host;
    const wm_layer *areas = &plan->layers[layer];
    size_t list_size = wm_product(plan->rule_count, sizeof(wm_range)), ends_size = 2 * list_size;
    size_t classes_size = areas->area_count * sizeof **classes;
    wm_ranges ranges = {.list = wm_alloc(host, list_size), .ends = wm_alloc(host, ends_size)};
    uint32_t *fresh = wm_alloc(host, classes_size);
    wm_pool pool;
    wm_pool_init(&pool, host);
    bool made = ranges.list != NULL && ranges.ends != NULL && fresh != NULL;
    if (made)
        collect(plan, layer, &ranges);
    made = made && fill(areas, &ranges, &pool, fresh);
    wm_pool_drop(&pool);
    wm_free(host, ranges.list, list_size);
    wm_free(host, ranges.ends, ends_size);
    if (!made)
        wm_free(host, fresh, classes_size);
    else
        *classes = fresh;
    return made ? WANMI_OK : WANMI_E_MEMORY;
}
