/* Which tables an index is written as, and made of again.
 *
 * An index made of an image points into it, and is freed as any other once
 * wm_image_let_go has taken these pointers away. What follows from other numbers
 * (places of walls, counts of blocks, bounds) is not kept but computed, and must
 * agree with the tables' sizes.
 */
#include "image_tables.h"

#include <string.h>

#include "base/error.h"
#include "chart.h"
#include "image.h"
#include "wanmi/crs.h"

static const struct {
    uint32_t id;
    const char *name;
} names[] = {
    {WM_TABLE_NODES, "nodes"}, {WM_TABLE_IDS, "ids"}, {WM_TABLE_SPANS, "spans"}, {WM_TABLE_PLANE, "plane"},
    {WM_TABLE_BLOCKS, "blocks"}, {WM_TABLE_TILES, "tiles"}, {WM_TABLE_TREES, "trees"},
    {WM_TABLE_RECORDS, "records"}, {WM_TABLE_ROWS, "rows"}, {WM_TABLE_SLOTS, "slots"},
    {WM_TABLE_STARTS, "starts"}, {WM_TABLE_AREAS, "areas"}, {WM_TABLE_CHART, "chart"},
    {WM_TABLE_CHART_SLOTS, "chart slots"}, {WM_TABLE_CHART_BOXES, "chart boxes"},
    {WM_TABLE_INSTANTS, "instants"}, {WM_TABLE_TIMELINE_STARTS, "timeline starts"},
    {WM_TABLE_TIMELINES, "timelines"},
};

const char *wm_table_name(uint32_t id)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].id == id)
            return names[i].name;
    return "unknown";
}

/* ---- writing ---------------------------------------------------------------------------- */

static void add(wm_tables *tables, uint32_t id, uint32_t part, size_t item_size, const void *items,
                uint64_t count)
{
    tables->list[tables->count++] = (wm_table){id, part, (uint32_t)item_size, count, items};
}

static size_t start_count(const wm_lists *lists)
{
    return lists->count > 1 ? (size_t)lists->count + 1 : 0;
}

static void add_lists(wm_tables *tables, uint32_t part, const wm_lists *lists)
{
    size_t starts = start_count(lists);
    add(tables, WM_TABLE_STARTS, part, sizeof *lists->starts, lists->starts, starts);
    add(tables, WM_TABLE_AREAS, part, sizeof *lists->areas, lists->areas,
        starts > 0 ? lists->starts[lists->count] : 0);
}

static void add_slots(wm_tables *tables, uint32_t part, const wm_slots *slots)
{
    add(tables, WM_TABLE_SLOTS, part, sizeof *slots->numbers, slots->numbers, slots->slot_count);
}

static void add_timelines(wm_tables *tables, const wm_timelines *t)
{
    add(tables, WM_TABLE_INSTANTS, 0, sizeof *t->instants, t->instants, t->instant_count);
    add(tables, WM_TABLE_TIMELINE_STARTS, 0, sizeof *t->starts, t->starts, t->start_count);
    add(tables, WM_TABLE_TIMELINES, 0, 2 * sizeof *t->pairs, t->pairs, t->pair_count);
}

static wm_image_plane plane_of(const wm_compiled *c, uint32_t charts)
{
    const wm_walls *x = &c->plane.x, *y = &c->plane.y;
    return (wm_image_plane){x->origin, x->first, x->step, y->origin, y->first, y->step,
                            x->count, y->count, c->block_bits, c->block_count, charts, 0};
}

static void add_compiled(wm_tables *tables, const wm_compiled *c, const wm_image_plane *plane)
{
    const wm_tuples *t = &c->tuples;
    add(tables, WM_TABLE_PLANE, 0, sizeof *plane, plane, 1);
    add(tables, WM_TABLE_BLOCKS, 0, sizeof *c->blocks, c->blocks, (uint64_t)c->block_columns * c->block_rows);
    add(tables, WM_TABLE_TILES, 0, sizeof *c->tiles, c->tiles, c->tiles_size / sizeof *c->tiles);
    add(tables, WM_TABLE_TREES, 0, sizeof *c->trees, c->trees, c->tree_count);
    add(tables, WM_TABLE_RECORDS, 0, sizeof *c->records, c->records, c->record_count);
    add(tables, WM_TABLE_ROWS, 0, sizeof *t->rows, t->rows, (uint64_t)t->count * t->layout.layer_count);
    add_slots(tables, 0, &t->further);
    add_slots(tables, 1, &t->lists.slots);
    add_lists(tables, 0, &t->lists);
    add_lists(tables, 1, &c->sets);
    add_timelines(tables, &c->timelines);
}

static void add_chart(wm_tables *tables, const wanmi_chart *chart, wm_image_chart *kept)
{
    wanmi_chart_view v;
    uint32_t part = (uint32_t)wanmi_chart_datum(chart);
    wanmi_chart_view_init(&v);
    wanmi_chart_view_of(chart, &v, NULL);
    *kept = (wm_image_chart){v.west, v.south, v.east, v.north, v.bound_m, v.error_m,
                             v.columns, v.rows, v.degree, v.box_count};
    add(tables, WM_TABLE_CHART, part, sizeof *kept, kept, 1);
    add(tables, WM_TABLE_CHART_SLOTS, part, sizeof *v.slots, v.slots, (uint64_t)v.columns * v.rows);
    add(tables, WM_TABLE_CHART_BOXES, part, v.stride * sizeof *v.boxes, v.boxes, v.box_count);
}

void wm_image_list(const wanmi_index *index, wm_tables *tables)
{
    for (uint32_t i = 0; i < index->layer_count; i++) {
        const wm_tree *tree = &index->layers[i].tree;
        add(tables, WM_TABLE_NODES, i, sizeof *tree->nodes, tree->nodes, tree->node_count);
        add(tables, WM_TABLE_IDS, i, sizeof *tree->ids, tree->ids, tree->count);
    }
    if (index->spans != NULL)
        add(tables, WM_TABLE_SPANS, 0, sizeof *index->spans, index->spans, index->area_count);
    if (index->compiled != NULL) {
        tables->plane = plane_of(index->compiled, index->charts_asked);
        add_compiled(tables, index->compiled, &tables->plane);
    }
    for (int datum = 0; datum < WM_CHARTS; datum++)
        if (index->charts[datum] != NULL)
            add_chart(tables, index->charts[datum], &tables->charts[datum]);
}

/* ---- reading ---------------------------------------------------------------------------- */

typedef struct reader {
    wanmi_index *index;
    const wm_image *image;
    wanmi_error *error;
} reader;

static wanmi_status wrong_table(const reader *r, uint32_t id, const char *words)
{
    return wm_image_refuse(r->image->path, r->error, "table '%s' %s", wm_table_name(id), words);
}

static wanmi_status find(const reader *r, uint32_t id, uint32_t part, size_t item_size, const wm_table **table)
{
    *table = wm_image_find(r->image, id, part, item_size);
    return *table != NULL ? WANMI_OK : wrong_table(r, id, "is missing");
}

/* A table that must be there with this many items. */
static wanmi_status take(const reader *r, uint32_t id, uint32_t part, size_t item_size, uint64_t count,
                         const void **items)
{
    const wm_table *table;
    wanmi_status status = find(r, id, part, item_size, &table);
    if (status != WANMI_OK)
        return status;
    if (table->count != count)
        return wrong_table(r, id, "has not the size it should have");
    *items = table->items;
    return WANMI_OK;
}

static wanmi_status take_words(const reader *r, uint32_t id, uint32_t part, uint64_t count, uint32_t **words)
{
    return take(r, id, part, sizeof **words, count, (const void **)words);
}

/* As many words as there are. */
static wanmi_status take_all(const reader *r, uint32_t id, uint32_t part, uint32_t **words, size_t *count)
{
    const wm_table *table;
    wanmi_status status = find(r, id, part, sizeof **words, &table);
    if (status != WANMI_OK)
        return status;
    *words = (uint32_t *)table->items;
    *count = (size_t)table->count;
    return WANMI_OK;
}

static wanmi_status adopt_layer(const reader *r, uint32_t number)
{
    wm_layer *layer = &r->index->layers[number];
    wm_tree tree = {.count = 0};
    if (layer->area_count > 0)
        wm_tree_lay_out(&tree, layer->area_count);
    wanmi_status status = take(r, WM_TABLE_NODES, number, sizeof *tree.nodes, tree.node_count,
                               (const void **)&tree.nodes);
    if (status == WANMI_OK)
        status = take_words(r, WM_TABLE_IDS, number, tree.count, &tree.ids);
    if (status != WANMI_OK)
        return status;
    layer->tree = tree;
    return wm_check_tree(layer) ? WANMI_OK : wrong_table(r, WM_TABLE_NODES, "leads outside itself");
}

static wanmi_status adopt_spans(const reader *r)
{
    if (wm_image_find(r->image, WM_TABLE_SPANS, 0, sizeof *r->index->spans) == NULL)
        return WANMI_OK;
    return take(r, WM_TABLE_SPANS, 0, sizeof *r->index->spans, r->index->area_count,
                (const void **)&r->index->spans);
}

static wanmi_status adopt_lists(const reader *r, uint32_t part, wm_lists *lists)
{
    size_t starts;
    wm_lists_init(lists, r->index->host);
    wanmi_status status = take_all(r, WM_TABLE_STARTS, part, &lists->starts, &starts);
    if (status == WANMI_OK)
        status = take_all(r, WM_TABLE_AREAS, part, &lists->areas, &lists->area_capacity);
    if (status != WANMI_OK)
        return status;
    if (starts > WANMI_NONE || starts == 1 || starts == 2)
        return wrong_table(r, WM_TABLE_STARTS, "has not the size it should have");
    lists->start_capacity = starts;
    lists->count = starts > 0 ? (uint32_t)starts - 1 : 1;
    return WANMI_OK;
}

static wanmi_status adopt_timelines(const reader *r, uint32_t sets, wm_timelines *t)
{
    const wm_table *instants, *pairs;
    wanmi_status status = find(r, WM_TABLE_INSTANTS, 0, sizeof *t->instants, &instants);
    if (status == WANMI_OK)
        status = find(r, WM_TABLE_TIMELINES, 0, 2 * sizeof *t->pairs, &pairs);
    if (status == WANMI_OK)
        status = take_words(r, WM_TABLE_TIMELINE_STARTS, 0, sets > 1 ? (uint64_t)sets + 1 : 0, &t->starts);
    if (status != WANMI_OK)
        return status;
    t->instants = (int64_t *)instants->items;
    t->instant_count = (size_t)instants->count;
    t->pairs = (uint32_t *)pairs->items;
    t->pair_count = (size_t)pairs->count;
    t->start_count = sets > 1 ? (size_t)sets + 1 : 0;
    if (t->start_count == 0)
        t->starts = NULL;
    return WANMI_OK;
}

static wanmi_status adopt_slots(const reader *r, uint32_t part, wm_slots *slots)
{
    wanmi_status status = take_all(r, WM_TABLE_SLOTS, part, &slots->numbers, &slots->slot_count);
    for (size_t i = 0; status == WANMI_OK && i < slots->slot_count; i++)
        slots->taken += slots->numbers[i] != WANMI_NONE;
    return status;
}

static wanmi_status adopt_tuples(const reader *r, wm_tuples *t)
{
    size_t words;
    t->host = r->index->host;
    t->layout = wm_index_layout(r->index);
    wanmi_status status = adopt_lists(r, 0, &t->lists);
    if (status == WANMI_OK)
        status = adopt_slots(r, 0, &t->further);
    if (status == WANMI_OK)
        status = adopt_slots(r, 1, &t->lists.slots);
    if (status == WANMI_OK)
        status = take_all(r, WM_TABLE_ROWS, 0, &t->rows, &words);
    if (status != WANMI_OK)
        return status;
    uint32_t layers = t->layout.layer_count;
    if (words % layers != 0 || words / layers >= WANMI_NONE || words / layers < 1 + (size_t)t->layout.cell_count)
        return wrong_table(r, WM_TABLE_ROWS, "has not the size it should have");
    t->count = (uint32_t)(words / layers);
    t->capacity = words;
    return WANMI_OK;
}

static wm_walls walls_of(double origin, double first, double step, uint32_t count)
{
    wm_walls walls = {.origin = origin, .first = first, .step = step, .count = count, .per_step = 1 / step};
    walls.start = wm_wall(&walls, 0);
    return walls;
}

static wanmi_status adopt_plane(const reader *r, wm_compiled *c)
{
    const wm_image_plane *p = NULL;
    wanmi_status status = take(r, WM_TABLE_PLANE, 0, sizeof *p, 1, (const void **)&p);
    if (status != WANMI_OK)
        return status;
    if (!wm_check_plane(p))
        return wrong_table(r, WM_TABLE_PLANE, "holds numbers that no walls can have");
    c->plane.x = walls_of(p->x_origin, p->x_first, p->x_step, p->x_count);
    c->plane.y = walls_of(p->y_origin, p->y_first, p->y_step, p->y_count);
    wm_compiled_bound(c, r->index->snap_m);
    c->block_bits = p->block_bits;
    c->block_columns = ((p->x_count - 1) >> p->block_bits) + 1;
    c->block_rows = ((p->y_count - 1) >> p->block_bits) + 1;
    c->block_count = p->block_count;
    r->index->charts_asked = p->charts;
    return WANMI_OK;
}

static wanmi_status adopt_compiled(const reader *r)
{
    wm_compiled *c = wm_alloc_zero(r->index->host, sizeof *c);
    if (c == NULL)
        return wm_error_memory(r->error);
    r->index->compiled = c;
    wanmi_status status = adopt_plane(r, c);
    if (status == WANMI_OK)
        status = take_words(r, WM_TABLE_BLOCKS, 0, (uint64_t)c->block_columns * c->block_rows, &c->blocks);
    if (status == WANMI_OK)
        status = take_words(r, WM_TABLE_TILES, 0, (uint64_t)c->block_count << (2 * c->block_bits), &c->tiles);
    c->tiles_size = ((size_t)c->block_count << (2 * c->block_bits)) * sizeof *c->tiles;
    if (status == WANMI_OK)
        status = take_all(r, WM_TABLE_TREES, 0, &c->trees, &c->tree_count);
    if (status == WANMI_OK)
        status = take_all(r, WM_TABLE_RECORDS, 0, &c->records, &c->record_count);
    if (status == WANMI_OK)
        status = adopt_lists(r, 1, &c->sets);
    if (status == WANMI_OK)
        status = adopt_tuples(r, &c->tuples);
    if (status == WANMI_OK)
        status = adopt_timelines(r, c->sets.count, &c->timelines);
    if (status != WANMI_OK)
        return status;
    uint32_t wrong = wm_check_compiled(r->index);
    return wrong == 0 ? WANMI_OK : wrong_table(r, wrong, "leads outside what it may lead to");
}

/* The boxes' size is the chart's stride, whatever that is. */
static const wm_table *boxes_of(const reader *r, uint32_t part)
{
    for (uint32_t i = 0; i < r->image->tables.count; i++) {
        const wm_table *t = &r->image->tables.list[i];
        if (t->id == WM_TABLE_CHART_BOXES && t->part == part)
            return t;
    }
    return NULL;
}

static wanmi_status view_chart(const reader *r, uint32_t part, const wm_image_chart *kept, wanmi_chart_view *v)
{
    const wm_table *boxes = boxes_of(r, part);
    if (boxes == NULL || boxes->count != kept->box_count)
        return wrong_table(r, WM_TABLE_CHART_BOXES, "has not the size it should have");
    if (!(kept->bound_m <= WM_POSITION_DOUBT_M / 2))
        return wrong_table(r, WM_TABLE_CHART, "has a wider bound than an index needs");
    wanmi_chart_view_init(v);
    v->west = kept->west, v->south = kept->south, v->east = kept->east, v->north = kept->north;
    v->columns = kept->columns, v->rows = kept->rows, v->degree = kept->degree;
    v->box_count = kept->box_count, v->stride = (uint32_t)(boxes->item_size / sizeof *v->boxes);
    v->bound_m = kept->bound_m, v->error_m = kept->error_m;
    v->boxes = boxes->items;
    return take_words(r, WM_TABLE_CHART_SLOTS, part, (uint64_t)v->columns * v->rows, (uint32_t **)&v->slots);
}

/* Where PROJ does not bear the chart out, other grids are here than were where it was
 * made. A datum that was left out of this build has no chart. */
static wanmi_status adopt_chart(const reader *r, wanmi_datum datum)
{
    const wm_image_chart *kept = NULL;
    wanmi_chart_view view;
    wanmi_error why;
    uint32_t part = (uint32_t)datum;
    if (wm_image_find(r->image, WM_TABLE_CHART, part, sizeof *kept) == NULL)
        return WANMI_OK;
    wanmi_status status = take(r, WM_TABLE_CHART, part, sizeof *kept, 1, (const void **)&kept);
    if (status == WANMI_OK)
        status = view_chart(r, part, kept, &view);
    if (status != WANMI_OK)
        return status;
    status = wanmi_chart_from_view(wanmi_map_crs(r->index->map), datum, &view, WANMI_KERNEL_AUTO, r->index->host,
                                   &r->index->charts[datum], &why);
    if (status == WANMI_E_CRS_CHART)
        return wm_image_refuse(r->image->path, r->error, "%s", why.message);
    if (status == WANMI_OK || status == WANMI_E_CRS_DATUM)
        return WANMI_OK;
    if (r->error != NULL)
        *r->error = why;
    return status;
}

/* Those that the caller wants: all, where none is named. What is named and was not
 * asked for when the image was made is made now. */
static wanmi_status adopt_charts(const reader *r, uint32_t asked)
{
    uint32_t held = r->index->charts_asked != 0 ? wm_chart_bits(r->index->charts_asked) : 0;
    uint32_t missing = asked != 0 ? wm_chart_bits(asked) & ~held : 0;
    missing &= ~(1u << WANMI_DATUM_CGCS2000 | 1u << WANMI_DATUM_MAP);   /* these have none of their own */
    wanmi_status status = WANMI_OK;
    for (uint32_t datum = 0; datum < WM_CHARTS && status == WANMI_OK; datum++) {
        if (asked != 0 && (wm_chart_bits(asked) >> datum & 1) == 0)
            continue;
        status = adopt_chart(r, (wanmi_datum)datum);
        if (r->index->charts[datum] != NULL)
            missing &= ~(1u << datum);
    }
    if (asked != 0)
        r->index->charts_asked = asked;
    return status == WANMI_OK && missing != 0 ? wm_index_charts(r->index, missing, r->error) : status;
}

wanmi_status wm_image_adopt(wanmi_index *index, wm_image *image, const wanmi_index_options *options,
                            wanmi_error *error)
{
    reader r = {index, image, error};
    index->image = image;
    wanmi_status status = adopt_spans(&r);
    for (uint32_t i = 0; i < index->layer_count && status == WANMI_OK; i++)
        status = adopt_layer(&r, i);
    if (status != WANMI_OK || options->exact_only || index->area_count == 0)
        return status;
    if (wm_image_find(image, WM_TABLE_PLANE, 0, sizeof(wm_image_plane)) == NULL)
        return wm_image_refuse(image->path, error, "it holds only what the exact path needs");
    status = adopt_compiled(&r);
    return status == WANMI_OK ? adopt_charts(&r, options->charts) : status;
}

static void forget_lists(wm_lists *lists)
{
    *lists = (wm_lists){.host = lists->host, .count = 1};
}

void wm_image_let_go(wanmi_index *index)
{
    for (uint32_t i = 0; index->layers != NULL && i < index->layer_count; i++)
        index->layers[i].tree = (wm_tree){.count = 0};
    index->spans = NULL;
    if (index->compiled != NULL) {
        wm_compiled *c = index->compiled;
        c->blocks = c->tiles = c->trees = c->records = c->tuples.rows = NULL;
        c->tuples.further = (wm_slots){.slot_count = 0};
        forget_lists(&c->tuples.lists);
        forget_lists(&c->sets);
        c->timelines = (wm_timelines){.instants = NULL};
    }
    wm_image_close(index->image);
    index->image = NULL;
}

uint64_t wm_image_adopted_bytes(const wanmi_index *index)
{
    return wm_image_bytes(index->image) + (index->compiled != NULL ? sizeof *index->compiled : 0);
}
