/* wanmi info: what a map holds and what its index weighs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "options.h"

/* ---- bytes, counted ------------------------------------------------------------------- */

/* Sums the sizes asked for: what the library keeps, whatever malloc adds. */
static void *counted_alloc(void *user, size_t size, size_t alignment)
{
    void *block = NULL;
    if (posix_memalign(&block, alignment < sizeof(void *) ? sizeof(void *) : alignment, size) != 0)
        return NULL;
    __atomic_add_fetch((int64_t *)user, (int64_t)size, __ATOMIC_RELAXED);
    return block;
}

static void counted_release(void *user, void *block, size_t size, size_t alignment)
{
    (void)alignment;
    free(block);
    __atomic_sub_fetch((int64_t *)user, (int64_t)size, __ATOMIC_RELAXED);
}

static void *counted_resize(void *user, void *block, size_t old_size, size_t size, size_t alignment)
{
    void *fresh = counted_alloc(user, size, alignment);
    if (fresh == NULL)
        return NULL;
    memcpy(fresh, block, old_size < size ? old_size : size);
    counted_release(user, block, old_size, alignment);
    return fresh;
}

/* ---- printing --------------------------------------------------------------------------- */

void cli_print_layers(const wanmi_map *map)
{
    printf("%-24s %12s  %-10s %5s  %s\n", "layer", "areas", "kind", "level", "parent");
    for (uint32_t i = 0; i < wanmi_map_layer_count(map); i++) {
        wanmi_layer_info layer, parent = {.name = ""};
        char areas[32];
        if (wanmi_map_layer(map, i, &layer) != WANMI_OK)
            continue;
        if (layer.parent != WANMI_NONE)
            wanmi_map_layer(map, layer.parent, &parent);
        printf("%-24s %12s  %-10s %5d%s%s%s\n", layer.name, cli_count(layer.area_count, areas),
               layer.kind == WANMI_PARTITION ? "partition" : "overlay", (int)layer.level,
               parent.name[0] != '\0' ? "  " : "", parent.name,
               i == wanmi_map_cell_layer(map) ? "  (the cell layer)" : "");
    }
}

static void print_text(const char *what, const char *text)
{
    if (text != NULL && text[0] != '\0')
        printf("%-14s %s\n", what, text);
}

static void print_meta(const wanmi_map *map)
{
    wanmi_map_meta meta;
    const wanmi_crs *crs = wanmi_map_crs(map);
    wanmi_map_read_meta(map, &meta);
    print_text("title", meta.title);
    print_text("uuid", meta.uuid);
    print_text("crs", meta.crs);
    print_text("", wanmi_crs_name(crs));
    print_text("operation", meta.operation);
    if (wanmi_crs_accuracy(crs) >= 0)
        printf("%-14s %g m, as PROJ states it\n", "accuracy", wanmi_crs_accuracy(crs));
    print_text("timezone", meta.timezone);
    print_text("code layout", meta.code_layout);
    print_text("fallback unit", meta.fallback_unit);
    if (meta.snap_m > 0)
        printf("%-14s %g m\n", "snap", meta.snap_m);
    printf("%-14s %u\n\n", "generation", meta.generation);
}

static void print_tables(const wanmi_map *map)
{
    char text[32];
    printf("\n%-24s %12s\n", "units", cli_count(wanmi_map_unit_count(map), text));
    printf("%-24s %12s\n", "duties", cli_count(wanmi_map_duty_count(map), text));
    printf("%-24s %12s\n", "roles", cli_count(wanmi_map_role_count(map), text));
    printf("%-24s %12s\n", "rules", cli_count(wanmi_map_rule_count(map), text));
}

static void print_bytes(const char *what, uint64_t bytes, uint32_t cells)
{
    char text[32];
    printf("%-24s %12s bytes", what, cli_count(bytes, text));
    if (cells != 0)
        printf(", %.0f a cell", (double)bytes / cells);
    putchar('\n');
}

/* A map that only locates has no plan, and need not have one. */
static void print_plan(wanmi_map *map, const wanmi_host *host, const int64_t *held, uint32_t cells)
{
    wanmi_words *words = NULL;
    wanmi_plan *plan = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    if (wanmi_words_create(host, &words, &error) != WANMI_OK)
        return;
    int64_t before = *held;
    if (wanmi_plan_create(map, words, NULL, NULL, &plan, &error) == WANMI_OK)
        print_bytes("plan", (uint64_t)(*held - before), cells);
    else
        printf("%-24s none: %s\n", "plan", error.message);
    wanmi_plan_release(plan);
    wanmi_words_release(words);
}

static int print_weight(wanmi_map *map, const wanmi_host *host, const int64_t *held)
{
    wanmi_index *index = NULL;
    wanmi_layer_info cells = {0};
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &cells);
    int64_t before = *held;
    print_bytes("\nmap", (uint64_t)before, cells.area_count);
    if (wanmi_index_create(map, NULL, &index, &error) != WANMI_OK)
        return cli_fail(&error);
    print_bytes("index", (uint64_t)(*held - before), cells.area_count);
    print_plan(map, host, held, cells.area_count);
    wanmi_index_release(index);
    return cli_stdout_done();
}

int cli_info(int argc, char **argv)
{
    const cli_command command = {
        "info", "MAP",
        "What a map holds, and what it weighs in memory: bytes asked from the allocator for the\n"
        "map itself, for the index locate compiles from it and for the plan route compiles.",
        "wanmi info district.gpkg", NULL, 0, 1, 1};
    const char *operands[1];
    size_t count = 0;
    int64_t held = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    host.allocator = (wanmi_allocator){&held, counted_alloc, counted_resize, counted_release};
    wanmi_map *map = NULL;
    code = cli_open_map(operands[0], &host, &map);
    if (code < 0) {
        print_meta(map);
        cli_print_layers(map);
        print_tables(map);
        code = print_weight(map, &host, &held);
    }
    wanmi_map_release(map);
    return code;
}
