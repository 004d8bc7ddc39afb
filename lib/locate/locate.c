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

static int64_t instant_at(const wanmi_positions *in, size_t i)
{
    int64_t instant = WANMI_TIME_NONE;
    if (in->time_us != NULL)        /* a stride need not keep the alignment */
        memcpy(&instant, (const char *)in->time_us + i * in->time_stride, sizeof instant);
    return instant != WANMI_TIME_NONE ? instant : in->now_us;
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

/* Projects a block: each run of one datum is one call, for PROJ is far quicker
 * that way. An unknown datum rejects its run and nothing else. */
static wanmi_status project(wanmi_locator *l, const wanmi_positions *in, size_t start, size_t count,
                            wanmi_error *error)
{
    for (size_t first = 0, run; first < count; first += run) {
        uint32_t datum = datum_at(in, start + first);
        for (run = 1; first + run < count && datum_at(in, start + first + run) == datum;)
            run++;
        if (datum > WANMI_DATUM_MAP) {
            reject_run(l, first, run, WANMI_REASON_DATUM);
            continue;
        }
        wanmi_status status = wanmi_transform_forward(
            l->transform, (wanmi_datum)datum, run,
            column_at(in->x, in->x_stride, start + first), in->x_stride,
            column_at(in->y, in->y_stride, start + first), in->y_stride,
            l->xs + first, l->ys + first, l->reasons + first, error);
        if (status == WANMI_E_CRS_DATUM)        /* left out of this build */
            reject_run(l, first, run, WANMI_REASON_DATUM);
        else if (status != WANMI_OK)
            return status;
    }
    return WANMI_OK;
}

static void write_hit(const wanmi_locator *l, const wanmi_hits *out, size_t block_at, size_t at,
                      const wm_answer *answer)
{
    if (out->cell != NULL)
        out->cell[at] = answer->cell;
    if (out->tuple != NULL)
        out->tuple[at] = answer->tuple;
    if (out->distance_m != NULL)
        out->distance_m[at] = answer->distance_m;
    if (out->map_x != NULL)
        out->map_x[at] = l->xs[block_at];
    if (out->map_y != NULL)
        out->map_y[at] = l->ys[block_at];
    if (out->where != NULL)
        out->where[at] = (uint8_t)answer->where;
    if (out->reason != NULL)
        out->reason[at] = l->reasons[block_at];
}

static wanmi_status answer_exact(wanmi_locator *l, size_t at, int64_t instant_us, wm_answer *answer,
                                 wanmi_error *error)
{
    l->counts.exact++;
    return wm_answer_point(l, l->xs[at], l->ys[at], instant_us, answer, error);
}

static wanmi_status answer_fast(wanmi_locator *l, size_t at, int64_t instant_us, wm_answer *answer,
                                wanmi_error *error)
{
    wanmi_status status;
    if (!wm_answer_label(l, l->labels[at], instant_us, answer, &status, error))
        return wm_settle_point(l, l->xs[at], l->ys[at], instant_us, answer, error);
    l->counts.certain++;
    return status;
}

static wanmi_status locate_block(wanmi_locator *l, const batch *b, size_t start, size_t count,
                                 wanmi_error *error)
{
    static const wm_answer rejected = {WANMI_NONE, WANMI_NONE, WANMI_REJECTED, NAN};
    wanmi_status status = project(l, &b->in, start, count, error);
    l->counts.positions += count;
    if (l->fast && status == WANMI_OK)
        wm_search(l->index->compiled, &l->scratch, l->xs, l->ys, count, l->labels);
    for (size_t i = 0; i < count && status == WANMI_OK; i++) {
        wm_answer answer = rejected;
        if (l->reasons[i] == WANMI_REASON_NONE) {
            int64_t instant = instant_at(&b->in, start + i);
            status = l->fast ? answer_fast(l, i, instant, &answer, error)
                             : answer_exact(l, i, instant, &answer, error);
        }
        if (status == WANMI_OK)
            write_hit(l, &b->out, i, start + i, &answer);
    }
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

wanmi_status wanmi_locate_one(wanmi_locator *locator, wanmi_datum datum, double x, double y,
                              int64_t instant_us, uint32_t *cell, wanmi_where *where,
                              wanmi_error *error)
{
    if (cell == NULL || where == NULL)
        return wm_error(error, WANMI_E_ARGUMENT, "wanmi_locate_one wants places for cell and where");
    uint8_t found = WANMI_REJECTED;
    wanmi_positions positions;
    wanmi_positions_init(&positions);
    positions.count = 1;
    positions.x = &x;
    positions.y = &y;
    positions.datum = datum;
    positions.now_us = instant_us;
    wanmi_hits hits;
    wanmi_hits_init(&hits);
    hits.cell = cell;
    hits.where = &found;
    wanmi_status status = wanmi_locate(locator, &positions, &hits, error);
    if (status == WANMI_OK)
        *where = (wanmi_where)found;
    return status;
}
