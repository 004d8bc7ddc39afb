/* Which rules a class can meet: a sorted table of prefixes, each with its rules. */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

/* The lists of all prefixes together; a plan of sane rules has thousands. */
enum { LISTS_MAX = 1 << 26 };

static int by_text(const void *a, const void *b)
{
    return strcmp(((const wm_prefix *)a)->text, ((const wm_prefix *)b)->text);
}

static bool begins_with(const char *text, const wm_prefix *prefix)
{
    return strncmp(text, prefix->text, prefix->length) == 0;
}

static const char *class_of(const wanmi_plan *plan, uint32_t rule)
{
    wanmi_rule_def def;
    wanmi_rule_def_init(&def);
    wanmi_map_rule(plan->map, rule, &def);
    return def.class_prefix != NULL ? def.class_prefix : "";
}

/* The last prefix that is not above `text` in the order of bytes. */
static uint32_t not_above(const wanmi_plan *plan, const char *text)
{
    uint32_t low = 0, high = plan->prefix_count;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(plan->prefixes[middle].text, text) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* All prefixes of a text lie on the way up from its neighbour below: what is
 * between a prefix and the text begins with the prefix too. */
uint32_t wm_class_prefix(const wanmi_plan *plan, const char *text)
{
    uint32_t at = not_above(plan, text);
    while (!begins_with(text, &plan->prefixes[at]))
        at = plan->prefixes[at].parent;
    return at;
}

static const char *class_of_deadline(const wanmi_plan *plan, uint32_t deadline)
{
    wanmi_deadline_def def;
    wanmi_deadline_def_init(&def);
    wanmi_map_deadline(plan->map, deadline, &def);
    return def.class_prefix != NULL ? def.class_prefix : "";
}

static wanmi_status make_prefixes(wanmi_plan *plan)
{
    uint32_t deadlines = wanmi_map_deadline_count(plan->map);
    size_t count = (size_t)plan->rule_count + deadlines + 1;
    wm_prefix *prefixes = wm_arena_alloc(&plan->arena, wm_product(count, sizeof *prefixes));
    if (prefixes == NULL)
        return WANMI_E_MEMORY;
    prefixes[0] = (wm_prefix){.text = ""};
    for (size_t i = 1; i < count; i++) {
        const char *text = i <= plan->rule_count
                         ? class_of(plan, (uint32_t)i - 1)
                         : class_of_deadline(plan, (uint32_t)i - 1 - plan->rule_count);
        prefixes[i] = (wm_prefix){.text = text, .length = (uint32_t)strlen(text)};
    }
    qsort(prefixes, count, sizeof *prefixes, by_text);
    uint32_t kept = 1;
    for (size_t i = 1; i < count; i++) {
        if (strcmp(prefixes[i].text, prefixes[kept - 1].text) == 0)
            continue;
        wm_prefix fresh = prefixes[i];
        fresh.parent = kept - 1;
        while (!begins_with(fresh.text, &prefixes[fresh.parent]))
            fresh.parent = prefixes[fresh.parent].parent;
        prefixes[kept++] = fresh;
    }
    plan->prefixes = prefixes;
    plan->prefix_count = kept;
    prefixes[0].has_rules = true;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        prefixes[not_above(plan, class_of(plan, i))].has_rules = true;
    return WANMI_OK;
}

void wm_class_range(const wanmi_plan *plan, const char *text, uint32_t *first, uint32_t *end)
{
    *first = *end = not_above(plan, text);
    while (*end < plan->prefix_count && begins_with(plan->prefixes[*end].text, &plan->prefixes[*first]))
        ++*end;
}

/* Adds a rule to every prefix that begins with its class: they stand together. */
static uint64_t add_rule(wanmi_plan *plan, uint32_t rule, bool write)
{
    uint32_t at, end;
    uint64_t added = 0;
    wm_class_range(plan, class_of(plan, rule), &at, &end);
    for (; at < end; at++) {
        wm_prefix *prefix = &plan->prefixes[at];
        if (!prefix->has_rules)
            continue;
        if (write)
            plan->lists[prefix->first + prefix->count] = rule;
        prefix->count++;
        added++;
    }
    return added;
}

static void write_lists(wanmi_plan *plan)
{
    uint32_t first = 0;
    for (uint32_t i = 0; i < plan->prefix_count; i++) {
        plan->prefixes[i].first = first;
        first += plan->prefixes[i].count;
        plan->prefixes[i].count = 0;
    }
    for (uint32_t i = 0; i < plan->rule_count; i++)
        add_rule(plan, i, true);
    for (uint32_t i = 1; i < plan->prefix_count; i++) {
        wm_prefix *prefix = &plan->prefixes[i];
        if (prefix->has_rules)
            continue;
        prefix->first = plan->prefixes[prefix->parent].first;
        prefix->count = plan->prefixes[prefix->parent].count;
    }
}

wanmi_status wm_compile_classes(wm_compile *compile)
{
    wanmi_plan *plan = compile->plan;
    wanmi_status status = make_prefixes(plan);
    if (status != WANMI_OK)
        return status;
    uint64_t entries = 0;
    for (uint32_t i = 0; i < plan->rule_count && entries <= LISTS_MAX; i++)
        entries += add_rule(plan, i, false);
    if (entries > LISTS_MAX) {
        const wm_place place = {.layer = "wanmi_rules"};
        return wm_problem(compile, WANMI_E_LIMIT, &place,
                          "too many rules for too many classes: their lists have more than %d entries",
                          (int)LISTS_MAX);
    }
    plan->lists = wm_arena_alloc(&plan->arena, entries * sizeof *plan->lists);
    if (plan->lists == NULL)
        return WANMI_E_MEMORY;
    write_lists(plan);
    return WANMI_OK;
}
