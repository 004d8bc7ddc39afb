/* wanmi info: what a map holds and what its index weighs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "map.h"
#include "options.h"
#include "wanmi/arena.h"

/* ---- bytes, counted ------------------------------------------------------------------- */

/* Bytes now held of an allocator: an arena of jemalloc where there is one, which
 * counts each block by its size class; else malloc, by the sizes asked for. */
typedef struct meter {
    wanmi_allocator allocator;
    int64_t asked;
    bool arena;
} meter;

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

/* `m` stays where it is until meter_close. */
static void meter_open(meter *m)
{
    m->asked = 0;
    m->arena = wanmi_arena_open(&m->allocator, NULL) == WANMI_OK;
    if (!m->arena)
        m->allocator = (wanmi_allocator){&m->asked, counted_alloc, counted_resize, counted_release};
}

static uint64_t meter_bytes(const meter *m)
{
    return m->arena ? wanmi_arena_bytes(&m->allocator)
                    : (uint64_t)__atomic_load_n(&m->asked, __ATOMIC_RELAXED);
}

static void meter_close(meter *m)
{
    if (m->arena)
        wanmi_arena_close(&m->allocator);
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

void cli_print_tables(const wanmi_map *map)
{
    const struct {
        const char *name;
        uint32_t count;
    } tables[] = {{"units", wanmi_map_unit_count(map)}, {"duties", wanmi_map_duty_count(map)},
                  {"roles", wanmi_map_role_count(map)}, {"rules", wanmi_map_rule_count(map)},
                  {"objects", wanmi_map_object_count(map)},
                  {"calendar rows", wanmi_map_calendar_count(map)},
                  {"deadlines", wanmi_map_deadline_count(map)},
                  {"escalations", wanmi_map_escalation_count(map)}};
    char text[32];
    for (size_t i = 0; i < CLI_COUNT(tables); i++)
        if (i < 4 || tables[i].count != 0)
            printf("%-24s %12s\n", tables[i].name, cli_count(tables[i].count, text));
}

static void print_bytes(const char *what, uint64_t bytes, uint32_t cells)
{
    char text[32];
    printf("%-24s %12s bytes", what, cli_count(bytes, text));
    if (cells != 0)
        printf(", %.0f a cell", (double)bytes / cells);
    putchar('\n');
}

/* What the allocator holds beyond the bytes its owner knows of. */
static void print_beyond(const char *what, uint64_t held, uint64_t known, uint32_t cells)
{
    if (held > known)
        print_bytes(what, held - known, cells);
}

/* `held` are the map, its CRS and its zone. */
static void print_map_bytes(const wanmi_map *map, const meter *m, uint64_t held, uint32_t cells)
{
    uint64_t points = 0, codes = 0, known = wanmi_map_bytes(map);
    for (uint32_t i = 0; i < wanmi_map_area_count(map); i++) {
        wanmi_area_rings rings;
        wanmi_map_area_rings(map, i, &rings);
        points += rings.points[rings.ring_count] - rings.points[0];
        codes += strlen(wanmi_map_area_code(map, i)) + 1;
    }
    uint64_t coordinates = points * 2 * sizeof(double);
    print_bytes("map", held, cells);
    print_bytes("  coordinates", coordinates, cells);
    /* A code met twice may be kept once. */
    if (coordinates + codes <= known) {
        print_bytes("  codes", codes, cells);
        print_bytes("  all else it says", known - coordinates - codes, cells);
    }
    print_beyond(m->arena ? "  CRS, zone, size classes" : "  CRS, zone", held, known, cells);
}

/* An index for the exact path alone is the boxes of the other. */
static void print_index_bytes(wanmi_map *map, const wanmi_index *index, const meter *m,
                              uint64_t held, uint32_t cells)
{
    wanmi_index_options options;
    wanmi_index *boxes = NULL;
    uint64_t known = wanmi_index_bytes(index);
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    print_bytes("index", held, cells);
    if (wanmi_index_create(map, &options, &boxes, NULL) == WANMI_OK) {
        print_bytes("  boxes, exact path", wanmi_index_bytes(boxes), cells);
        print_bytes("  tiles, fast path", known - wanmi_index_bytes(boxes), cells);
    }
    wanmi_index_release(boxes);
    print_beyond(m->arena ? "  size classes" : "  all else", held, known, cells);
}

/* A map that only locates has no plan, and need not have one. */
static void print_plan(wanmi_map *map, const wanmi_host *host, const meter *m, uint32_t cells)
{
    wanmi_words *words = NULL;
    wanmi_plan *plan = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    if (wanmi_words_create(host, &words, &error) != WANMI_OK)
        return;
    uint64_t before = meter_bytes(m);
    if (wanmi_plan_create(map, words, NULL, NULL, &plan, &error) == WANMI_OK)
        print_bytes("plan", meter_bytes(m) - before, cells);
    else
        printf("%-24s none: %s\n", "plan", error.message);
    wanmi_plan_release(plan);
    wanmi_words_release(words);
}

static wanmi_status make_index(wanmi_map *map, wanmi_index **index, wanmi_error *error)
{
    wanmi_index_options options;
    cli_progress progress;
    wanmi_index_options_init(&options);
    options.on_progress = cli_progress_step;
    options.progress_user = &progress;
    cli_progress_start(&progress, "making the index", "steps");
    wanmi_status status = wanmi_index_create(map, &options, index, error);
    cli_progress_end(&progress);
    return status;
}

/* Whether there is an image of the index, and whether it fits. */
static void print_image(const char *path, wanmi_map *map, uint32_t cells)
{
    char *image = cli_image_path(path);
    wanmi_index *index = NULL;
    wanmi_error error;
    wanmi_status status = wanmi_index_open(map, image, NULL, &index, &error);
    if (status == WANMI_OK)
        print_bytes("index image", wanmi_index_image_bytes(index), cells);
    else if (status == WANMI_E_LOCATE_NO_IMAGE)
        printf("%-24s none; wanmi index makes one\n", "index image");
    else
        printf("%-24s %s\n", "index image", error.message);
    wanmi_index_release(index);
    free(image);
}

static int print_weight(const char *path, wanmi_map *map, const wanmi_host *host, const meter *m)
{
    wanmi_index *index = NULL;
    wanmi_layer_info cells = {0};
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_map_layer(map, wanmi_map_cell_layer(map), &cells);
    uint64_t held = meter_bytes(m);
    putchar('\n');
    print_map_bytes(map, m, held, cells.area_count);
    if (make_index(map, &index, &error) != WANMI_OK)
        return cli_fail(&error);
    uint64_t both = meter_bytes(m);
    print_index_bytes(map, index, m, both - held, cells.area_count);
    print_bytes("map and index", both, cells.area_count);
    print_image(path, map, cells.area_count);
    print_plan(map, host, m, cells.area_count);
    printf("%-24s %s\n", "counted by", m->arena ? "jemalloc, each block by its size class"
                                               : "the sizes asked for (built without jemalloc)");
    wanmi_index_release(index);
    return cli_stdout_done();
}

int cli_info(int argc, char **argv)
{
    const cli_command command = {
        "info", "MAP",
        "What a map holds, and what it weighs in memory: bytes that the allocator hands out for\n"
        "the map itself, for the index locate compiles from it and for the plan route compiles.\n"
        "What a session of locate keeps besides, and GEOS and PROJ by their own malloc, is not in it.",
        "wanmi info district.gpkg", NULL, 0, 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    wanmi_map *map = NULL;
    uint64_t left_out = 0;
    meter m;
    meter_open(&m);
    host.allocator = m.allocator;
    code = cli_open_map(operands[0], CLI_TO_SHOW, &host, &map, &left_out);
    if (code < 0) {
        print_meta(map);
        cli_print_layers(map);
        putchar('\n');
        cli_print_tables(map);
        code = cli_code_without(print_weight(operands[0], map, &host, &m), left_out);
    }
    wanmi_map_release(map);
    meter_close(&m);
    return code;
}
