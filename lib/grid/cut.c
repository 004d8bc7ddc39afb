/* Cutting areas into cells: wanmi_grid_cut.
 *
 * One area's way: read and check ▶ nodes where vertices touch edges (touch.c) ▶
 * nodes where edges cross the lattice (lattice.c) ▶ pieces (pieces.c) ▶ slivers
 * joined (join.c) ▶ numbered and given to the builder (here).
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "doubled.h"
#include "layout.h"
#include "pieces.h"
#include "wanmi/grid.h"

enum { PROGRESS_STEP = 1024 };

typedef struct cutter {
    wanmi_map_builder *builder;
    wanmi_host host;
    wanmi_grid_options options;
    wm_layout layout;
    wm_lattice lattice;
    wm_grid_geos geos;
    wm_polygons given, touched, cell;
    size_t *keeper;             /* doubled.h */
    size_t keeper_count;
    wm_noded noded;
    wm_pieces pieces;
    uint8_t *wkb;
    size_t wkb_room;
    wanmi_grid_result result;
    wm_sum area_m2, cells_m2;
    uint64_t done, expected;    /* cells, for progress */
    uint64_t most_cells;        /* of an area that has more than the layout allows */
    uint64_t row_of_most;
    char code_of_most[WANMI_CODE_MAX + 1];
} cutter;

void wanmi_grid_options_init(wanmi_grid_options *options)
{
    *options = (wanmi_grid_options){.struct_size = sizeof *options,
                                    .cell_layer = "cell",
                                    .area_layer = "area",
                                    .layout = "6+3+3+3",
                                    .size_m = 100,
                                    .min_area_m2 = -1,
                                    .area_level = 1};
}

void wanmi_grid_result_init(wanmi_grid_result *result)
{
    *result = (wanmi_grid_result){.struct_size = sizeof *result};
}

/* ---- what was asked ----------------------------------------------------------------- */

static wanmi_status read_options(cutter *c, const wanmi_grid_options *given, wanmi_error *error)
{
    wanmi_grid_options *o = &c->options;
    wanmi_grid_options_init(o);
    if (given != NULL) {
        if (given->struct_size < sizeof(size_t) || given->struct_size > sizeof *o)
            return wm_error(error, WANMI_E_ARGUMENT,
                            "wanmi_grid_options was not filled by wanmi_grid_options_init");
        memcpy(o, given, given->struct_size);
    }
    if (o->cell_layer == NULL || o->area_layer == NULL || o->layout == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "the layers' names and the layout must be given");
    if (!(o->size_m >= 0.01 && o->size_m <= 1e7) || !isfinite(o->origin_x) || !isfinite(o->origin_y))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "the lattice needs a size from 0.01 to 10,000,000 m and a finite origin");
    double whole = o->size_m * o->size_m;
    if (o->min_area_m2 < 0)
        o->min_area_m2 = whole / 100;
    if (!(o->min_area_m2 <= whole))
        return wm_error(error, WANMI_E_ARGUMENT, "the least area must be 0 to one square, %.9g m2",
                        whole);
    if (o->area_level < 1)
        return wm_error(error, WANMI_E_ARGUMENT, "the areas' level must be 1 or more");
    if (!wm_layout_read(&c->layout, o->layout) || c->layout.parts < 2)
        return wm_error_at(error, WANMI_E_GRID_LAYOUT, &(wm_place){.value = o->layout},
                           "a code layout is two or more numbers of digits, 1 to 9 each and 64 "
                           "together at most, such as 6+3+3+3");
    c->lattice = (wm_lattice){o->origin_x, o->origin_y, o->size_m};
    return WANMI_OK;
}

static wanmi_status add_layers(cutter *c, wanmi_error *error)
{
    wanmi_layer_def area, cell;
    wanmi_layer_def_init(&area);
    wanmi_layer_def_init(&cell);
    area.name = c->options.area_layer;
    area.kind = cell.kind = WANMI_PARTITION;
    area.level = c->options.area_level;
    area.parent = c->options.area_parent_layer;
    cell.name = c->options.cell_layer;
    cell.level = 0;
    cell.parent = c->options.area_layer;
    wanmi_status status = wanmi_map_builder_layer(c->builder, &area, error);
    return status != WANMI_OK ? status : wanmi_map_builder_layer(c->builder, &cell, error);
}

/* ---- progress ----------------------------------------------------------------------- */

static wanmi_status tell_progress(cutter *c, wanmi_error *error)
{
    const wanmi_grid_options *o = &c->options;
    uint64_t total = c->done > c->expected ? c->done : c->expected;
    if (o->on_progress != NULL && o->on_progress(o->progress_user, c->done, total) != 0)
        return wm_error(error, WANMI_E_CANCELLED, "cutting was cancelled");
    return WANMI_OK;
}

/* About as many cells as squares go into the areas; bad areas are told later. */
static wanmi_status expect(cutter *c, const wanmi_area_def *areas, size_t count, size_t stride,
                           wanmi_error *error)
{
    double squares = 0;
    for (size_t i = 0; i < count; i++) {
        const wanmi_area_def *def = (const void *)((const char *)areas + i * stride);
        if (def->wkb == NULL)
            continue;
        wanmi_status status = wm_polygons_read(&c->given, &c->geos, def->wkb, def->wkb_size, error);
        if (status == WANMI_E_MEMORY)
            return status;
        for (size_t p = 0; status == WANMI_OK && p < c->given.polygon_count; p++)
            squares += wm_polygons_polygon_area(&c->given, p) / (c->lattice.size * c->lattice.size);
    }
    c->expected = squares < 1e15 ? (uint64_t)squares + count : 0;
    return WANMI_OK;
}

/* ---- giving to the builder ---------------------------------------------------------- */

static wanmi_status add_shape(cutter *c, const wm_polygons *shape, wanmi_area_def *def,
                              bool only_check, wanmi_error *error)
{
    size_t size = wm_polygons_write(shape, 0, shape->polygon_count, NULL);
    if (!wm_reserve(&c->host, (void **)&c->wkb, &c->wkb_room, size, 1))
        return wm_error_memory(error);
    wm_polygons_write(shape, 0, shape->polygon_count, c->wkb);
    def->wkb = c->wkb;
    def->wkb_size = size;
    return only_check ? wanmi_map_builder_check_area(c->builder, def, error)
                      : wanmi_map_builder_area(c->builder, def, error);
}

static wanmi_status add_cell(cutter *c, const wanmi_area_def *area, size_t leader, uint64_t sequence,
                             wanmi_error *error)
{
    char code[WANMI_CODE_MAX + 1];
    snprintf(code, sizeof code, "%s%0*" PRIu64, area->code, c->layout.sequence_digits, sequence);
    wanmi_status status = wm_pieces_cell(&c->pieces, leader, &c->cell, error);
    if (status != WANMI_OK)
        return status;
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = c->options.cell_layer;
    def.code = code;
    def.parent = area->code;
    def.valid_from_us = area->valid_from_us;
    def.valid_to_us = area->valid_to_us;
    wm_sum_add(&c->cells_m2, wm_polygons_polygon_area(&c->cell, 0));
    return add_shape(c, &c->cell, &def, false, error);
}

static wanmi_status add_cells(cutter *c, const wanmi_area_def *area, wanmi_error *error)
{
    uint64_t sequence = 0;
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; status == WANMI_OK && i < c->pieces.count; i++) {
        if (c->pieces.items[i].leader != i)
            continue;
        status = add_cell(c, area, i, ++sequence, error);
        if (++c->done % PROGRESS_STEP == 0 && status == WANMI_OK)
            status = tell_progress(c, error);
    }
    return status;
}

/* ---- one area ----------------------------------------------------------------------- */

static wanmi_status node_area(cutter *c, const wanmi_area_def *def, wanmi_error *error)
{
    wanmi_status status = wm_polygons_read(&c->given, &c->geos, def->wkb, def->wkb_size, error);
    if (status == WANMI_OK)
        status = wm_touches_add(&c->touched, &c->given, &c->geos, error);
    if (status == WANMI_OK)
        status = wm_noded_make(&c->noded, &c->lattice, &c->geos, &c->touched, error);
    return status;
}

/* Its errors are of this area, so it can be left out and the rest go on. */
static wanmi_status prepare_area(cutter *c, wanmi_area_def *def, wanmi_error *error)
{
    const wm_place at = {.layer = def->layer, .code = def->code, .row = def->row};
    wanmi_status status = wanmi_map_builder_check_area(c->builder, def, error);
    if (status != WANMI_OK)
        return status;
    if (def->code == NULL || !wm_is_digits(def->code, c->layout.area_digits))
        return wm_error_at(error, WANMI_E_GRID_LAYOUT, &at,
                           "layout %s asks for a code of %d digits, this one has %zu bytes",
                           c->options.layout, c->layout.area_digits,
                           def->code != NULL ? strlen(def->code) : 0);
    wanmi_error why;
    status = node_area(c, def, &why);
    if (status == WANMI_OK)
        status = add_shape(c, &c->noded.shape, def, true, &why);
    if (status == WANMI_E_MAP_GEOMETRY)
        return wm_error_at(error, WANMI_E_GRID_AREA, &at,
                           "a feature of it is too thin to bear nodes where the lattice crosses "
                           "it: %s", why.message);
    if (status == WANMI_OK)
        status = wm_pieces_cut(&c->pieces, &c->noded, &why);
    if (status == WANMI_OK)
        status = wm_pieces_join(&c->pieces, &why);
    return status == WANMI_OK ? status : wm_error_at(error, status, &at, "%s", why.message);
}

static void remember_most(cutter *c, const wanmi_area_def *def)
{
    if (c->pieces.cells <= c->most_cells)
        return;
    c->most_cells = c->pieces.cells;
    c->row_of_most = (uint64_t)def->row;
    wm_text_fit(c->code_of_most, sizeof c->code_of_most, def->code);
}

static wanmi_status add_area(cutter *c, wanmi_area_def *def, wanmi_error *error)
{
    wanmi_status status = add_shape(c, &c->noded.shape, def, false, error);
    if (status == WANMI_OK)
        status = add_cells(c, def, error);
    if (status != WANMI_OK)
        return status;
    c->result.areas++;
    c->result.cells += c->pieces.cells;
    c->result.joined += c->pieces.joined;
    c->result.kept_small += c->pieces.kept_small;
    wm_sum_add(&c->area_m2, c->noded.area);
    return WANMI_OK;
}

static bool is_of_one_area(wanmi_status status)
{
    return status == WANMI_E_MAP_GEOMETRY || status == WANMI_E_MAP_CODE ||
           status == WANMI_E_GRID_AREA || status == WANMI_E_GRID_LAYOUT || status == WANMI_E_ARGUMENT;
}

static wanmi_status check_code(const cutter *c, size_t number, const wanmi_area_def *areas,
                               size_t stride, const wanmi_area_def *def, wanmi_error *error)
{
    if (c->keeper[number] == 0)
        return WANMI_OK;
    const wanmi_area_def *kept = (const void *)((const char *)areas + (c->keeper[number] - 1) * stride);
    const wm_place place = {.layer = def->layer, .code = def->code, .row = def->row};
    if (kept->row > 0)
        return wm_error_at(error, WANMI_E_MAP_CODE, &place, "the code is doubled: row %" PRId64 " has it already",
                           kept->row);
    return wm_error_at(error, WANMI_E_MAP_CODE, &place, "the code is doubled: another area has it already");
}

/* An area with too many cells is fatal, but the others are still counted: the
 * error should name a layout that does for all. */
static wanmi_status cut_area(cutter *c, const wanmi_area_def *areas, size_t stride, size_t number,
                             wanmi_error *first, wanmi_error *error)
{
    const wanmi_grid_options *o = &c->options;
    wanmi_error why;
    wanmi_area_def area, *def = &area;
    wanmi_area_def_init(def);
    memcpy(def, (const char *)areas + number * stride, stride);
    def->struct_size = sizeof *def;
    def->layer = o->area_layer;
    if (o->area_parent_layer == NULL || o->area_parent_layer[0] == '\0')
        def->parent = NULL;
    wanmi_error_clear(&why);
    wanmi_status status = check_code(c, number, areas, stride, def, &why);
    if (status == WANMI_OK)
        status = prepare_area(c, def, &why);
    if (status == WANMI_OK && c->pieces.cells > c->layout.most)
        remember_most(c, def);
    if (status == WANMI_OK && c->most_cells == 0)
        status = add_area(c, def, &why);
    if (status != WANMI_OK && o->on_problem != NULL && is_of_one_area(status)) {
        if (first->status == WANMI_OK)
            *first = why;
        o->on_problem(o->problem_user, &why);
        return tell_progress(c, error);
    }
    if (status != WANMI_OK && error != NULL)
        *error = why;
    return status != WANMI_OK ? status : tell_progress(c, error);
}

static wanmi_status too_many(const cutter *c, wanmi_error *error)
{
    char fits[256];
    wm_layout_that_does(c->options.layout, c->most_cells, fits, sizeof fits);
    return wm_error_at(error, WANMI_E_GRID_LAYOUT,
                       &(wm_place){.layer = c->options.area_layer, .code = c->code_of_most,
                                   .row = (int64_t)c->row_of_most},
                       "%" PRIu64 " cells, but layout %s numbers %" PRIu64 "; %s would do",
                       c->most_cells, c->options.layout, c->layout.most, fits);
}

static wanmi_status cut_all(cutter *c, const wanmi_area_def *areas, size_t count, wanmi_error *error)
{
    size_t stride = count != 0 ? areas->struct_size : 0;
    if (count != 0 && (stride < sizeof stride || stride > sizeof *areas))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_area_def was not filled by wanmi_area_def_init");
    wanmi_error first;
    wanmi_error_clear(&first);
    wanmi_status status = add_layers(c, error);
    if (status == WANMI_OK && c->options.on_progress != NULL)
        status = expect(c, areas, count, stride, error);
    if (status == WANMI_OK) {
        status = wm_doubled_find(areas, count, stride, &c->host, &c->keeper, error);
        c->keeper_count = count + 1;
    }
    for (size_t i = 0; status == WANMI_OK && i < count; i++)
        status = cut_area(c, areas, stride, i, &first, error);
    if (status == WANMI_OK && c->most_cells != 0)
        return too_many(c, error);
    if (status == WANMI_OK && c->result.areas == 0 && first.status != WANMI_OK) {
        if (error != NULL)
            *error = first;     /* nothing was cut: a map without areas would hide that */
        return first.status;
    }
    return status;
}

/* ---- the whole ---------------------------------------------------------------------- */

static wanmi_status open_cutter(cutter *c, const wanmi_grid_options *options, const wanmi_host *host,
                                wanmi_error *error)
{
    wanmi_status status = wm_host_copy(&c->host, host, error);
    if (status != WANMI_OK)
        return status;
    wm_polygons_init(&c->given, &c->host);
    wm_polygons_init(&c->touched, &c->host);
    wm_polygons_init(&c->cell, &c->host);
    wm_noded_init(&c->noded, &c->host);
    status = read_options(c, options, error);
    if (status == WANMI_OK)
        status = wm_grid_geos_open(&c->geos, error);
    wm_pieces_init(&c->pieces, &c->host, &c->geos, &c->lattice, c->options.min_area_m2);
    return status;
}

static void close_cutter(cutter *c)
{
    if (c->host.struct_size == 0)
        return;
    wm_pieces_drop(&c->pieces);
    wm_noded_drop(&c->noded);
    wm_polygons_drop(&c->given);
    wm_polygons_drop(&c->touched);
    wm_polygons_drop(&c->cell);
    wm_free(&c->host, c->wkb, c->wkb_room);
    wm_free(&c->host, c->keeper, c->keeper_count * sizeof *c->keeper);
    wm_grid_geos_close(&c->geos);
    wm_host_drop(&c->host);
}

wanmi_status wanmi_grid_cut(wanmi_map_builder *builder, const wanmi_area_def *areas, size_t count,
                            const wanmi_grid_options *options, const wanmi_host *host,
                            wanmi_grid_result *result, wanmi_error *error)
{
    if (builder == NULL || (areas == NULL && count != 0))
        return wm_error(error, WANMI_E_ARGUMENT, "a builder and areas must be given");
    if (result != NULL && (result->struct_size < sizeof(size_t) || result->struct_size > sizeof *result))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "wanmi_grid_result was not filled by wanmi_grid_result_init");
    cutter c = {.builder = builder};
    wanmi_grid_result_init(&c.result);
    wanmi_status status = open_cutter(&c, options, host, error);
    if (status == WANMI_OK)
        status = cut_all(&c, areas, count, error);
    if (status == WANMI_OK && result != NULL) {
        c.result.area_m2 = wm_sum_value(&c.area_m2);
        c.result.cells_m2 = wm_sum_value(&c.cells_m2);
        size_t size = result->struct_size;
        memcpy(result, &c.result, size);
        result->struct_size = size;
    }
    close_cutter(&c);
    return status;
}
