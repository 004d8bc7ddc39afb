/* Subscriptions: from lists of texts to sets of sinks. */
#include <string.h>

#include "internal.h"

/* ---- lists ------------------------------------------------------------------------ */

typedef struct wm_item {
    const char *text;
    size_t length;
} wm_item;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* The next item of a list separated by ';', without the blanks around it; empty
 * ones are passed over. */
static bool next_item(const char **rest, wm_item *item)
{
    while (**rest != '\0') {
        const char *start = *rest, *end = start + strcspn(start, ";");
        *rest = *end == ';' ? end + 1 : end;
        while (start < end && is_blank(*start))
            start++;
        while (end > start && is_blank(end[-1]))
            end--;
        *item = (wm_item){start, (size_t)(end - start)};
        if (item->length != 0)
            return true;
    }
    return false;
}

static bool is_item(const wm_item *item, const char *text)
{
    return strlen(text) == item->length && memcmp(text, item->text, item->length) == 0;
}

static bool begins_with(const char *text, const wm_item *item)
{
    return strncmp(text, item->text, item->length) == 0;
}

static wanmi_status refuse(wanmi_error *error, const char *sink, const char *what,
                           const wm_item *item)
{
    char value[128];
    size_t length = item->length < sizeof value ? item->length : sizeof value - 1;
    memcpy(value, item->text, length);
    value[length] = '\0';
    const wm_place place = {.value = value};
    return wm_error_at(error, WANMI_E_FLOW_FILTER, &place, "sink %s: the subscription's %s", sink, what);
}

/* ---- reading ---------------------------------------------------------------------- */

void wanmi_subscription_init(wanmi_subscription *subscription)
{
    *subscription = (wanmi_subscription){.struct_size = sizeof *subscription, .priority_max = 9};
}

static wanmi_status check_wish(const wm_wish *wish, const char *sink, wanmi_error *error)
{
    if (wish->priority_max < 0 || wish->priority_max > 9)
        return wm_error(error, WANMI_E_FLOW_FILTER,
                        "sink %s: the subscription's priority_max is 0 to 9, not %d", sink,
                        wish->priority_max);
    if (wish->severity_min < 0 || wish->severity_min > 255)
        return wm_error(error, WANMI_E_FLOW_FILTER,
                        "sink %s: the subscription's severity_min is 0 to 255, not %d", sink,
                        wish->severity_min);
    if (wish->copies < 0 || wish->copies > 2)
        return wm_error(error, WANMI_E_FLOW_FILTER,
                        "sink %s: the subscription's copies is 0, 1 or 2, not %d", sink, wish->copies);
    const char *const lists[] = {wish->classes, wish->units, wish->roles, wish->sources, wish->cells,
                                 wish->tags};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        const char *rest = lists[i];
        wm_item item, whole = {lists[i], strlen(lists[i])};
        if (whole.length != 0 && !next_item(&rest, &item))
            return refuse(error, sink, "list names nothing", &whole);
    }
    return WANMI_OK;
}

static size_t text_size(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 1;
}

/* Puts a text at the place that is free, which it moves on. */
static const char *keep_text(char **place, const char *text)
{
    char *kept = *place;
    size_t size = text_size(text);
    memcpy(kept, text != NULL ? text : "", size);
    *place += size;
    return kept;
}

static wm_wish *copy_wish(const wanmi_host *host, const wanmi_subscription *from,
                          const wanmi_sink_def *def)
{
    size_t size = sizeof(wm_wish) + text_size(def->name) + text_size(from->classes)
                + text_size(from->units) + text_size(from->roles) + text_size(from->sources)
                + text_size(from->cells) + text_size(from->tags);
    wm_wish *wish = wm_alloc_zero(host, size);
    if (wish == NULL)
        return NULL;
    char *place = (char *)(wish + 1);
    atomic_init(&wish->references, 1);
    wish->size = size;
    wish->sink = keep_text(&place, def->name);
    wish->classes = keep_text(&place, from->classes);
    wish->units = keep_text(&place, from->units);
    wish->roles = keep_text(&place, from->roles);
    wish->sources = keep_text(&place, from->sources);
    wish->cells = keep_text(&place, from->cells);
    wish->tags = keep_text(&place, from->tags);
    wish->rejects = def->policy == WANMI_POLICY_REJECT;
    wish->priority_max = from->priority_max;
    wish->severity_min = from->severity_min;
    wish->copies = from->copies;
    return wish;
}

wanmi_status wm_wish_read(const wanmi_host *host, const wanmi_subscription *subscription,
                          const wanmi_sink_def *def, wm_wish **wish, wanmi_error *error)
{
    wanmi_subscription from;
    wanmi_subscription_init(&from);
    if (subscription != NULL) {
        if (subscription->struct_size < sizeof(size_t) || subscription->struct_size > sizeof from)
            return wm_error(error, WANMI_E_ARGUMENT,
                            "wanmi_subscription was not filled by wanmi_subscription_init");
        memcpy(&from, subscription, subscription->struct_size);
    }
    wm_wish *read = copy_wish(host, &from, def);
    if (read == NULL)
        return wm_error_memory(error);
    wanmi_status status = check_wish(read, read->sink, error);
    if (status == WANMI_OK)
        *wish = read;
    else
        wm_wish_release(read, host);
    return status;
}

bool wm_wish_is_plain(const wm_wish *wish)
{
    const char *const lists[] = {wish->classes, wish->units, wish->roles, wish->sources, wish->cells,
                                 wish->tags};
    bool plain = wish->priority_max == 9 && wish->severity_min == 0 && wish->copies == 0;
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        plain &= lists[i][0] == '\0';
    return plain;
}

wm_wish *wm_wish_retain(wm_wish *wish)
{
    if (wish != NULL)
        atomic_fetch_add_explicit(&wish->references, 1, memory_order_relaxed);
    return wish;
}

void wm_wish_release(wm_wish *wish, const wanmi_host *host)
{
    if (wish != NULL && atomic_fetch_sub_explicit(&wish->references, 1, memory_order_acq_rel) == 1)
        wm_free(host, wish, wish->size);
}

/* ---- compiling -------------------------------------------------------------------- */

/* One sink's part of the work. */
typedef struct wm_part {
    wm_filters *filters;
    const wanmi_host *host;
    const wanmi_map *map;
    const wm_wish *wish;
    uint64_t bit;
    wanmi_missing missing;
    wanmi_error *error;
} wm_part;

/* What the map does not have is refused, or told and passed over. */
static wanmi_status miss(const wm_part *part, const char *what, const wm_item *item)
{
    if (part->missing == WANMI_MISSING_REFUSE)
        return refuse(part->error, part->wish->sink, what, item);
    wanmi_error told;
    refuse(&told, part->wish->sink, what, item);
    wm_log(part->host, WANMI_LOG_WARNING, "%s; passed over", told.message);
    return WANMI_OK;
}

static bool is_below(const wanmi_map *map, uint32_t unit, uint32_t top)
{
    while (unit != top && unit != WANMI_NONE) {
        wanmi_unit_info info;
        if (wanmi_map_unit(map, unit, &info) != WANMI_OK)
            return false;
        unit = info.parent;
    }
    return unit == top;
}

static uint32_t find_unit(const wm_part *part, const wm_item *item)
{
    char code[WANMI_CODE_MAX + 1];
    if (item->length >= sizeof code)
        return WANMI_NONE;
    memcpy(code, item->text, item->length);
    code[item->length] = '\0';
    return wanmi_map_find_unit(part->map, code);
}

/* "CODE/" takes the unit and all below it. */
static wanmi_status add_units(const wm_part *part, const wm_item *item)
{
    wm_item code = *item;
    bool tree = code.length > 1 && code.text[code.length - 1] == '/';
    code.length -= tree;
    uint32_t top = find_unit(part, &code);
    if (top == WANMI_NONE)
        return miss(part, "units name a unit that the map does not have", item);
    for (uint32_t i = 0; i < part->filters->unit_count; i++)
        if (i == top || (tree && is_below(part->map, i, top)))
            part->filters->units[i] |= part->bit;
    return WANMI_OK;
}

static wanmi_status add_roles(const wm_part *part, const wm_item *item)
{
    bool found = false;
    for (uint32_t i = 0; i < part->filters->role_count; i++)
        if (is_item(item, wanmi_map_role(part->map, i))) {
            part->filters->roles[i] |= part->bit;
            found = true;
        }
    return found ? WANMI_OK
                 : miss(part, "roles name a role that the map does not have", item);
}

static wanmi_status add_tags(const wm_part *part, const wm_item *item)
{
    bool found = false;
    for (uint32_t i = 0; i < part->filters->tag_count; i++)
        if (is_item(item, wanmi_map_tag(part->map, i))) {
            part->filters->tags[i] |= part->bit;
            found = true;
        }
    return found ? WANMI_OK
                 : miss(part, "tags name a tag that the map does not have", item);
}

static wanmi_status add_cells(const wm_part *part, const wm_item *item)
{
    wm_filters *filters = part->filters;
    wm_item code = *item;
    bool prefix = code.text[code.length - 1] == '*';
    code.length -= prefix;
    bool found = false;
    for (uint32_t i = 0; i < filters->cell_count; i++) {
        const char *of = wanmi_map_area_code(part->map, filters->first_cell + i);
        if (prefix ? begins_with(of, &code) : is_item(&code, of)) {
            filters->cells[i] |= part->bit;
            found = true;
        }
    }
    return found ? WANMI_OK
                 : miss(part, "cells name a cell that the map does not have", item);
}

static void add_to_all(uint64_t *masks, size_t count, uint64_t bit)
{
    for (size_t i = 0; masks != NULL && i < count; i++)
        masks[i] |= bit;
}

/* Lets through what a list names; an empty one lets everything through, also what
 * has no such number (the last of the `count`). */
static wanmi_status compile_list(const wm_part *part, const char *list, uint64_t *masks, size_t count,
                                 wanmi_status (*add)(const wm_part *part, const wm_item *item))
{
    if (list[0] == '\0') {
        add_to_all(masks, count, part->bit);
        return WANMI_OK;
    }
    wm_item item;
    wanmi_status status = WANMI_OK;
    while (status == WANMI_OK && next_item(&list, &item))
        status = add(part, &item);
    return status;
}

static wanmi_status compile_sink(const wm_part *part)
{
    wm_filters *filters = part->filters;
    const wm_wish *wish = part->wish;
    add_to_all(filters->priority, (size_t)wish->priority_max + 1, part->bit);
    add_to_all(filters->severity + wish->severity_min, 256 - (size_t)wish->severity_min, part->bit);
    filters->copies[0] |= wish->copies != 2 ? part->bit : 0;
    filters->copies[1] |= wish->copies != 1 ? part->bit : 0;
    filters->without_class |= wish->classes[0] == '\0' ? part->bit : 0;
    filters->without_source |= wish->sources[0] == '\0' ? part->bit : 0;
    filters->without_cell |= wish->cells[0] == '\0' ? part->bit : 0;
    wanmi_status status = compile_list(part, wish->units, filters->units, filters->unit_count, add_units);
    if (status == WANMI_OK)
        status = compile_list(part, wish->roles, filters->roles, (size_t)filters->role_count + 1, add_roles);
    if (status == WANMI_OK)
        status = compile_list(part, wish->tags, filters->tags, (size_t)filters->tag_count + 1, add_tags);
    if (status == WANMI_OK)
        status = compile_list(part, wish->cells, filters->cells, filters->cell_count, add_cells);
    return status;
}

/* ---- the sets ---------------------------------------------------------------------- */

static uint64_t *make_masks(const wanmi_host *host, size_t count)
{
    size_t size = wm_product(count, sizeof(uint64_t));
    return size != SIZE_MAX ? wm_alloc_zero(host, size) : NULL;
}

static void measure(wm_filters *filters, const wanmi_map *map)
{
    filters->unit_count = wanmi_map_unit_count(map);
    filters->role_count = wanmi_map_role_count(map);
    filters->tag_count = wanmi_map_tag_count(map);
    wanmi_layer_info cells;
    if (wanmi_map_layer(map, wanmi_map_cell_layer(map), &cells) == WANMI_OK) {
        filters->first_cell = cells.first_area;
        filters->cell_count = cells.area_count;
    }
}

static wanmi_status make_sets(wm_filters *filters, const wanmi_host *host, bool by_cell)
{
    filters->units = make_masks(host, filters->unit_count);
    filters->roles = make_masks(host, (size_t)filters->role_count + 1);
    filters->tags = make_masks(host, (size_t)filters->tag_count + 1);
    if (by_cell)
        filters->cells = make_masks(host, filters->cell_count);
    bool made = filters->units != NULL && filters->roles != NULL && filters->tags != NULL
             && (!by_cell || filters->cells != NULL);
    return made ? WANMI_OK : WANMI_E_MEMORY;
}

void wm_filters_drop(wm_filters *filters, const wanmi_host *host)
{
    wm_free(host, filters->units, (size_t)filters->unit_count * sizeof(uint64_t));
    wm_free(host, filters->roles, ((size_t)filters->role_count + 1) * sizeof(uint64_t));
    wm_free(host, filters->tags, ((size_t)filters->tag_count + 1) * sizeof(uint64_t));
    wm_free(host, filters->cells, (size_t)filters->cell_count * sizeof(uint64_t));
    *filters = (wm_filters){0};
}

wanmi_status wm_filters_compile(wm_filters *filters, const wanmi_host *host, const wanmi_map *map,
                                const wm_wishes wishes, wanmi_missing missing, wanmi_error *error)
{
    bool by_cell = false;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        by_cell |= wishes[i] != NULL && wishes[i]->cells[0] != '\0';
    wm_filters fresh = {0};
    measure(&fresh, map);
    wanmi_status status = make_sets(&fresh, host, by_cell);
    if (status != WANMI_OK)
        wm_error_memory(error);
    for (uint32_t i = 0; status == WANMI_OK && i < WANMI_SINKS_MAX; i++) {
        const wm_part part = {&fresh, host, map, wishes[i], (uint64_t)1 << i, missing, error};
        if (wishes[i] != NULL)
            status = compile_sink(&part);
    }
    if (status != WANMI_OK) {
        wm_filters_drop(&fresh, host);
        return status;
    }
    *filters = fresh;
    return WANMI_OK;
}

/* ---- words ------------------------------------------------------------------------- */

static bool wants_class(const wm_wish *wish, const char *text)
{
    const char *rest = wish->classes;
    bool wanted = rest[0] == '\0';
    wm_item item;
    while (!wanted && next_item(&rest, &item))
        wanted = begins_with(text, &item);
    return wanted;
}

static bool wants_source(const wm_wish *wish, const char *text)
{
    const char *rest = wish->sources;
    bool wanted = rest[0] == '\0';
    wm_item item;
    while (!wanted && next_item(&rest, &item))
        wanted = is_item(&item, text);
    return wanted;
}

uint64_t wm_wishes_class(const wm_wishes wishes, const char *text)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        mask |= (uint64_t)(wishes[i] != NULL && wants_class(wishes[i], text)) << i;
    return mask;
}

uint64_t wm_wishes_source(const wm_wishes wishes, const char *text)
{
    uint64_t mask = 0;
    for (uint32_t i = 0; i < WANMI_SINKS_MAX; i++)
        mask |= (uint64_t)(wishes[i] != NULL && wants_source(wishes[i], text)) << i;
    return mask;
}
