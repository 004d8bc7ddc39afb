/* Columns in, columns out: wanmi_locate works through them in blocks. */
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "search.h"

void wanmi_positions_init(wanmi_positions *positions)
{
    *positions = (wanmi_positions){.struct_size = sizeof *positions, .now_us = WANMI_TIME_NONE};
}

void wanmi_hits_init(wanmi_hits *hits)
{
    *hits = (wanmi_hits){.struct_size = sizeof *hits};
}

/* One call: both structs whole (an older caller's are shorter), strides set. */
typedef struct batch {
    wanmi_positions in;
    wanmi_hits out;
} batch;

static bool batch_fill(batch *b, const wanmi_positions *positions, const wanmi_hits *hits)
{
    wanmi_positions_init(&b->in);
    wanmi_hits_init(&b->out);
    if (positions->struct_size < sizeof(size_t) || positions->struct_size > sizeof b->in ||
        hits->struct_size < sizeof(size_t) || hits->struct_size > sizeof b->out)
        return false;
    memcpy(&b->in, positions, positions->struct_size);
    memcpy(&b->out, hits, hits->struct_size);
    if (b->in.x_stride == 0)
        b->in.x_stride = sizeof *b->in.x;
    if (b->in.y_stride == 0)
        b->in.y_stride = sizeof *b->in.y;
    if (b->in.time_stride == 0)
        b->in.time_stride = sizeof *b->in.time_us;
    if (b->in.datum_stride == 0)
        b->in.datum_stride = sizeof *b->in.datums;
    return true;
}

static uint32_t datum_at(const wanmi_positions *in, size_t i)
{
    return in->datums != NULL ? in->datums[i * in->datum_stride] : (uint32_t)in->datum;
}

static const double *column_at(const double *column, size_t stride, size_t i)
{
    return (const double *)(const void *)((const char *)column + i * stride);
}

static void reject_run(wanmi_locator *l, size_t first, size_t count, wanmi_reason reason)
{
    for (size_t i = first; i < first + count; i++) {
        l->xs[i] = l->ys[i] = NAN;
        l->reasons[i] = (uint8_t)reason;
    }
}

/* One run of a datum, by PROJ. */
static wanmi_status project_run(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t first,
                                size_t count, wanmi_error *error)
{
    wanmi_status status = wanmi_transform_forward(
        l->transform, (wanmi_datum)datum_at(in, start + first), count,
        column_at(in->x, in->x_stride, start + first), in->x_stride,
        column_at(in->y, in->y_stride, start + first), in->y_stride,
        l->xs + first, l->ys + first, l->reasons + first, error);
    if (status != WANMI_E_CRS_DATUM)
        return status;
    reject_run(l, first, count, WANMI_REASON_DATUM);    /* left out of this build */
    return WANMI_OK;
}

/* The same by the datum's chart: near enough to PROJ's where it is covered. */
static wanmi_status chart_run(wanmi_locator *l, const wanmi_chart *chart, const wanmi_positions *in,
                              size_t start, size_t first, size_t count, wanmi_error *error)
{
    return wanmi_chart_forward(
        chart, l->transform, count, column_at(in->x, in->x_stride, start + first), in->x_stride,
        column_at(in->y, in->y_stride, start + first), in->y_stride, l->xs + first, l->ys + first,
        l->reasons + first, l->covered + first, error);
}

/* Projects a block: each run of one datum is one call, for both ways are far
 * quicker so. An unknown datum rejects its run and nothing else. */
static wanmi_status project(wanmi_locator *l, const batch *b, size_t start, size_t count,
                            wanmi_error *error)
{
    const wanmi_positions *in = &b->in;
    bool own = !l->fast || b->out.map_x != NULL || b->out.map_y != NULL;    /* PROJ's own x, y */
    for (size_t first = 0, run; first < count; first += run) {
        uint32_t datum = datum_at(in, start + first);
        run = in->datums == NULL ? count - first : 1;
        while (first + run < count && datum_at(in, start + first + run) == datum)
            run++;
        wanmi_status status = WANMI_OK;
        const wanmi_chart *chart =
            own || datum >= WM_CHARTS ? NULL : l->charts[wm_chart_datum(datum)];
        memset(l->covered + first, 0, run);
        if (datum > WANMI_DATUM_MAP)
            reject_run(l, first, run, WANMI_REASON_DATUM);
        else if (chart != NULL)
            status = chart_run(l, chart, in, start, first, run, error);
        else
            status = project_run(l, in, start, first, run, error);
        if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static wanmi_status answer_exact(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t count,
                                 wanmi_error *error)
{
    for (size_t i = 0; i < count; i++) {
        wm_answer answer = WM_REJECTED;
        wanmi_status status = WANMI_OK;
        if (l->reasons[i] == WANMI_REASON_NONE) {
            l->counts.exact++;
            status = wm_answer_point(l, l->xs[i], l->ys[i], wm_instant_at(in, start + i), &answer, error);
        }
        if (status != WANMI_OK)
            return status;
        wm_keep_answer(l, i, &answer);
    }
    return WANMI_OK;
}

/* Sets of areas that count at different times become their tuples of the events'
 * instants. Those of a batch are often alike: their epoch is looked for once. */
static void resolve_sets(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t count)
{
    const wm_timelines *timelines = &l->index->compiled->timelines;
    int64_t last = WANMI_TIME_NONE;
    uint32_t epoch = 0;
    if (timelines->starts == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        uint32_t label = l->labels[i];
        if ((label & (WM_LABEL | WM_LABEL_SET)) != (WM_LABEL | WM_LABEL_SET) || label == WM_LABEL_NONE)
            continue;
        int64_t instant = wm_instant_at(in, start + i);
        if (instant != last)
            epoch = wm_epoch_of(timelines, instant);
        last = instant;
        l->labels[i] = wm_timeline_label(timelines, label & WM_LABEL_VALUE, epoch, label);
    }
}

/* Tuples that are not their cell's first: their cell stands in their row. Keeps the
 * others in l->left. */
static size_t answer_further(wanmi_locator *l, size_t left)
{
    const wm_tuples *tuples = &l->index->compiled->tuples;
    size_t kept = 0;
    for (size_t k = 0; k < left; k++) {
        uint32_t i = l->left[k], label = l->labels[i], cell = WANMI_NONE;
        if ((label & (WM_LABEL | WM_LABEL_SET)) == WM_LABEL)
            cell = wm_tuples_cell(tuples, label & WM_LABEL_VALUE);
        l->out.cells[i] = cell;
        l->left[kept] = (uint16_t)i;
        kept += cell == WANMI_NONE;
    }
    return kept;
}

/* Labels that tell a cell or that there is none, which nearly all do. Gives how many
 * do not: their places are in l->left. */
static size_t answer_cells(wanmi_locator *l, size_t count)
{
    const wm_columns *out = &l->out;
    size_t left = l->kernel->answer(&l->index->compiled->tuples.layout, l->labels, count, out->cells,
                                    out->tuples, l->left);
    left = answer_further(l, left);
    for (size_t i = 0; out->wheres != NULL && i < count; i++)
        out->wheres[i] = out->cells[i] != WANMI_NONE ? WANMI_INSIDE : WANMI_OUTSIDE;
    for (size_t i = 0; out->distances != NULL && i < count; i++)
        out->distances[i] = out->cells[i] != WANMI_NONE ? 0 : NAN;
    return left;
}

/* Answers what a label can and the rejected; keeps in l->left what wants PROJ's own
 * x, y. */
static wanmi_status answer_labels(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t *left,
                                  wanmi_error *error)
{
    size_t kept = 0;
    for (size_t k = 0; k < *left; k++) {
        size_t i = l->left[k];
        wm_answer answer = WM_REJECTED;
        wanmi_status status = WANMI_OK;
        if (l->reasons[i] == WANMI_REASON_NONE &&
            !wm_answer_label(l, l->labels[i], wm_instant_at(in, start + i), &answer, &status, error)) {
            l->left[kept++] = (uint16_t)i;
            continue;
        }
        if (status != WANMI_OK)
            return status;
        wm_keep_answer(l, i, &answer);
        l->counts.certain += l->reasons[i] == WANMI_REASON_NONE;
    }
    *left = kept;
    return WANMI_OK;
}

/* PROJ's own x, y for those of l->left that the chart of a datum answered: gathered,
 * so that PROJ is asked once. */
static wanmi_status project_left_of(wanmi_locator *l, const wanmi_positions *in, uint32_t datum,
                                    size_t start, size_t left, wanmi_error *error)
{
    uint32_t *at = l->scratch.who;  /* the search is done */
    size_t count = 0;
    for (size_t k = 0; k < left; k++) {
        size_t i = l->left[k];
        if (!l->covered[i] || wm_chart_datum(datum_at(in, start + i)) != datum)
            continue;
        memcpy(&l->gathered_x[count], column_at(in->x, in->x_stride, start + i), sizeof(double));
        memcpy(&l->gathered_y[count], column_at(in->y, in->y_stride, start + i), sizeof(double));
        at[count++] = (uint32_t)i;
    }
    if (count == 0)
        return WANMI_OK;
    wanmi_status status = wanmi_transform_forward(l->transform, (wanmi_datum)datum, count, l->gathered_x, 0,
                                                  l->gathered_y, 0, l->gathered_x, l->gathered_y,
                                                  l->gathered_reasons, error);
    for (size_t k = 0; k < count && status == WANMI_OK; k++) {
        l->xs[at[k]] = l->gathered_x[k];
        l->ys[at[k]] = l->gathered_y[k];
        l->reasons[at[k]] = l->gathered_reasons[k];
    }
    return status;
}

/* The same for all datums among them. */
static wanmi_status project_left(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t left,
                                 wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    for (uint32_t datum = 0; datum < WM_CHARTS && status == WANMI_OK; datum++)
        if (l->charts[datum] != NULL &&
            (in->datums != NULL || wm_chart_datum((uint32_t)in->datum) == datum))
            status = project_left_of(l, in, datum, start, left, error);
    return status;
}

static wanmi_status answer_fast(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t count,
                                wanmi_error *error)
{
    l->kernel->search(l->index->compiled, &l->scratch, l->xs, l->ys, count, l->labels);
    resolve_sets(l, in, start, count);
    size_t left = answer_cells(l, count);
    l->counts.certain += count - left;
    if (left == 0)
        return WANMI_OK;
    wanmi_status status = answer_labels(l, in, start, &left, error);
    if (status == WANMI_OK)
        wm_settle_foresee(l, left);
    if (status == WANMI_OK)
        status = project_left(l, in, start, left, error);
    if (status == WANMI_OK)
        status = wm_settle(l, in, start, left, error);
    return status;
}

static void copy_out(void *column, size_t at, const void *from, size_t count, size_t size)
{
    if (column != NULL)
        memcpy((char *)column + at * size, from, count * size);
}

/* Answers go straight into the caller's columns. */
static void point_columns(wanmi_locator *l, const wanmi_hits *out, size_t start)
{
    l->out = (wm_columns){.cells = l->cells};
    if (out->cell != NULL)
        l->out.cells = out->cell + start;
    if (out->tuple != NULL)
        l->out.tuples = out->tuple + start;
    if (out->distance_m != NULL)
        l->out.distances = out->distance_m + start;
    if (out->where != NULL)
        l->out.wheres = out->where + start;
}

static void write_hits(const wanmi_locator *l, const wanmi_hits *out, size_t at, size_t count)
{
    copy_out(out->map_x, at, l->xs, count, sizeof *l->xs);
    copy_out(out->map_y, at, l->ys, count, sizeof *l->ys);
    copy_out(out->reason, at, l->reasons, count, sizeof *l->reasons);
}

/* Has the block after this one on its way from memory, as the charts do for degrees.
 * Callers that go through long columns in batches of a block have it behind this one,
 * too; for others nothing but a little of the memory's time is lost: what is asked for
 * in advance may lie anywhere. */
static void foresee_block(const wanmi_positions *in, size_t start)
{
    enum { LINE = 64, SIZE = WM_BLOCK * sizeof(double) };
    if (in->datums != NULL || in->datum != WANMI_DATUM_MAP || in->x_stride != sizeof(double)
        || in->y_stride != sizeof(double))
        return;
    uintptr_t x = (uintptr_t)in->x + start * sizeof(double), y = (uintptr_t)in->y + start * sizeof(double);
    for (size_t at = 0; at < SIZE; at += LINE) {
        __builtin_prefetch((const void *)(x + at));
        __builtin_prefetch((const void *)(y + at));
    }
}

static wanmi_status locate_block(wanmi_locator *l, const batch *b, size_t start, size_t count,
                                 wanmi_error *error)
{
    wanmi_status status = project(l, b, start, count, error);
    point_columns(l, &b->out, start);
    if (count == WM_BLOCK)
        foresee_block(&b->in, start + count);
    l->counts.positions += count;
    if (status == WANMI_OK)
        status = l->fast ? answer_fast(l, &b->in, start, count, error)
                         : answer_exact(l, &b->in, start, count, error);
    if (status == WANMI_OK)
        write_hits(l, &b->out, start, count);
    return status;
}

wanmi_status wanmi_locate(wanmi_locator *locator, const wanmi_positions *positions,
                          const wanmi_hits *hits, wanmi_error *error)
{
    batch b;
    if (locator == NULL || positions == NULL || hits == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_locate wants a locator, positions and hits");
    if (!batch_fill(&b, positions, hits))
        return wm_error(error, WANMI_E_ARGUMENT,
                        "positions or hits were not filled by wanmi_positions_init, wanmi_hits_init");
    if (b.in.count > 0 && (b.in.x == NULL || b.in.y == NULL))
        return wm_error(error, WANMI_E_ARGUMENT, "positions have no column x or y");
    if (b.in.now_us == WANMI_TIME_NONE)
        b.in.now_us = wm_now_us(locator->host);
    wanmi_status status = WANMI_OK;
    for (size_t start = 0; start < b.in.count && status == WANMI_OK; start += WM_BLOCK) {
        size_t left = b.in.count - start;
        status = locate_block(locator, &b, start, left < WM_BLOCK ? left : WM_BLOCK, error);
    }
    return status;
}
