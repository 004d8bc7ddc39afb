/* wanmi locate: positions in, areas out. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool.h"
#include "rows.h"

/* Columns that are no layers. */
enum { BEFORE = 1, AFTER = 2 };

typedef struct run {
    cli_stream stream;
    wanmi_map *map;
    wanmi_index *index;
    wanmi_io_writer *writer;
    cli_rejects rejects;
    cli_progress progress;
    int64_t instant_us;
    uint32_t layers;
    uint32_t cell_layer;
    const char **values;        /* of the row that is written */
    char *joined;               /* codes of overlays of that row */
    size_t joined_capacity;
} run;

typedef struct block {
    cli_block in;
    double lon[CLI_BLOCK_ROWS];
    double lat[CLI_BLOCK_ROWS];
    int64_t time_us[CLI_BLOCK_ROWS];
    uint32_t cell[CLI_BLOCK_ROWS];
    uint32_t tuple[CLI_BLOCK_ROWS];
    double distance_m[CLI_BLOCK_ROWS];
    double x[CLI_BLOCK_ROWS];
    double y[CLI_BLOCK_ROWS];
    uint8_t where[CLI_BLOCK_ROWS];
    uint8_t reason[CLI_BLOCK_ROWS];
} block;

static const char *const where_texts[] = {"inside", "snapped", "outside", "rejected"};

/* ---- on the threads ------------------------------------------------------------------ */

static wanmi_status open_session(void *user, void **session, wanmi_error *error)
{
    run *r = user;
    wanmi_locator *locator = NULL;
    wanmi_status status = wanmi_locator_create(r->index, r->stream.engine, &locator, error);
    *session = locator;
    return status;
}

static void close_session(void *user, void *session)
{
    (void)user;
    wanmi_locator_free(session);
}

static wanmi_status work(void *user, void *session, void *of, wanmi_error *error)
{
    const run *r = user;
    block *b = of;
    wanmi_positions positions;
    wanmi_hits hits;
    for (size_t i = 0; i < b->in.count; i++) {
        const cli_row *row = &b->in.rows[i];
        b->lon[i] = row->refused ? NAN : row->lon;
        b->lat[i] = row->refused ? NAN : row->lat;
        b->time_us[i] = row->time_us;
    }
    wanmi_positions_init(&positions);
    positions.count = b->in.count;
    positions.x = b->lon;
    positions.y = b->lat;
    positions.time_us = b->time_us;
    positions.datum = r->stream.datum;
    positions.now_us = r->instant_us;
    wanmi_hits_init(&hits);
    hits.cell = b->cell;
    hits.tuple = b->tuple;
    hits.distance_m = b->distance_m;
    hits.map_x = b->x;
    hits.map_y = b->y;
    hits.where = b->where;
    hits.reason = b->reason;
    return wanmi_locate(session, &positions, &hits, error);
}

/* ---- in order ------------------------------------------------------------------------ */

/* Codes of a layer's areas, joined by ';'. Their place in `joined`, for it may move. */
static size_t join(run *r, size_t at, const uint32_t *areas, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *code = wanmi_map_area_code(r->map, areas[i]);
        size_t length = strlen(code);
        if (r->joined_capacity - at < length + 2) {
            r->joined_capacity = 2 * r->joined_capacity + length + 2;
            r->joined = cli_memory(r->joined, r->joined_capacity, 1);
        }
        if (i != 0)
            r->joined[at++] = ';';
        memcpy(r->joined + at, code, length + 1);
        at += length;
    }
    return at + 1;
}

static void layer_values(run *r, const wanmi_locator *locator, const block *b, size_t i)
{
    size_t at = 0, starts[WANMI_LAYERS_MAX];
    for (uint32_t layer = 0; layer < r->layers; layer++) {
        const uint32_t *areas = NULL;
        size_t count = 0;
        const char **value = &r->values[BEFORE + layer];
        starts[layer] = SIZE_MAX;
        *value = NULL;
        if (layer == r->cell_layer) {
            if (b->cell[i] != WANMI_NONE)
                *value = wanmi_map_area_code(r->map, b->cell[i]);
        } else if (wanmi_locator_areas(locator, b->tuple[i], layer, &areas, &count) == WANMI_OK) {
            if (count == 1)
                *value = wanmi_map_area_code(r->map, areas[0]);
            if (count > 1) {
                starts[layer] = at;
                at = join(r, at, areas, count);
            }
        }
    }
    for (uint32_t layer = 0; layer < r->layers; layer++)
        if (starts[layer] != SIZE_MAX)
            r->values[BEFORE + layer] = r->joined + starts[layer];
}

static wanmi_status write_row(run *r, const wanmi_locator *locator, const block *b, size_t i,
                              wanmi_error *error)
{
    char distance[40];
    const cli_row *row = &b->in.rows[i];
    bool rejected = row->refused || b->where[i] == WANMI_REJECTED;
    wanmi_status status = WANMI_OK;
    r->values[0] = cli_block_text(&b->in, row->id);
    if (rejected)
        memset(r->values + BEFORE, 0, r->layers * sizeof *r->values);
    else
        layer_values(r, locator, b, i);
    r->values[BEFORE + r->layers] = where_texts[rejected ? WANMI_REJECTED : b->where[i]];
    r->values[BEFORE + r->layers + 1] = NULL;
    if (!rejected && isfinite(b->distance_m[i])) {
        snprintf(distance, sizeof distance, b->distance_m[i] == 0 ? "%.0f" : "%.6f", b->distance_m[i]);
        r->values[BEFORE + r->layers + 1] = distance;
    }
    if (row->refused)
        status = cli_reject_refused(&r->rejects, &b->in, row, error);
    else if (rejected)
        status = cli_reject_position(&r->rejects, &b->in, row, (wanmi_reason)b->reason[i], error);
    return status == WANMI_OK ? wanmi_io_writer_row(r->writer, r->values, b->x[i], b->y[i], error)
                              : status;
}

static wanmi_status write_block(void *user, void *session, void *of, wanmi_error *error)
{
    run *r = user;
    block *b = of;
    wanmi_status status = WANMI_OK;
    for (size_t i = 0; i < b->in.count && status == WANMI_OK; i++)
        status = write_row(r, session, b, i, error);
    r->rejects.rows += b->in.count;
    cli_progress_step(&r->progress, r->rejects.rows, 0);
    /* Whoever waits at the other end of a pipe sees each block as it is done. */
    return status == WANMI_OK ? wanmi_io_writer_flush(r->writer, error) : status;
}

/* ---- the run --------------------------------------------------------------------------- */

static wanmi_status read_all(run *r, cli_pool *pool, wanmi_io_reader *reader, wanmi_error *error)
{
    wanmi_status status = WANMI_OK;
    while (status == WANMI_OK && !cli_stopping()) {
        block *b = cli_pool_take(pool);
        if (b == NULL)
            return WANMI_OK; /* the pool tells its error at the end */
        if (reader == NULL) {
            cli_block_point(&b->in, &r->stream.point);
            status = WANMI_END;
        } else {
            status = cli_block_read(&b->in, reader, error);
        }
        if (b->in.count != 0)
            cli_pool_give(pool, b);
        if (status == WANMI_AGAIN)
            status = WANMI_OK;
    }
    return status == WANMI_END ? WANMI_OK : status;
}

static int run_pool(run *r, wanmi_io_reader *reader)
{
    const cli_pool_work tasks = {r, open_session, close_session, work, write_block};
    size_t jobs = (size_t)r->stream.jobs, count = 2 * jobs + 1;
    void **blocks = cli_memory(NULL, count, sizeof *blocks);
    wanmi_error error;
    wanmi_error_clear(&error);
    for (size_t i = 0; i < count; i++) {
        blocks[i] = cli_memory(NULL, 1, sizeof(block));
        cli_block_init(&((block *)blocks[i])->in);
    }
    cli_progress_start(&r->progress, "locate", "rows");
    int code = CLI_DONE;
    cli_pool *pool = cli_pool_start(&tasks, jobs, blocks, count, &error);
    if (pool == NULL) {
        code = cli_fail(&error);
    } else {
        wanmi_error later;
        wanmi_error_clear(&later);
        if (read_all(r, pool, reader, &error) != WANMI_OK)
            code = cli_fail(&error);
        if (cli_pool_finish(pool, &later) != WANMI_OK)
            code = cli_fail(&later);
    }
    cli_progress_end(&r->progress);
    for (size_t i = 0; i < count; i++) {
        cli_block_drop(&((block *)blocks[i])->in);
        free(blocks[i]);
    }
    free(blocks);
    return code;
}

static int open_writer(run *r, const wanmi_host *host)
{
    size_t columns = BEFORE + r->layers + AFTER;
    wanmi_io_type *types = cli_memory(NULL, columns, sizeof *types);
    const char **names = cli_memory(NULL, columns, sizeof *names);
    wanmi_error error;
    r->values = cli_memory(NULL, columns, sizeof *r->values);
    memset(types, 0, columns * sizeof *types);
    names[0] = "id";
    for (uint32_t i = 0; i < r->layers; i++) {
        wanmi_layer_info info;
        wanmi_map_layer(r->map, i, &info);
        names[BEFORE + i] = info.name;
    }
    names[BEFORE + r->layers] = "status";
    names[BEFORE + r->layers + 1] = "distance_m";
    types[BEFORE + r->layers + 1] = WANMI_IO_REAL;
    wanmi_status status = wanmi_io_writer_open(r->stream.output_path, r->stream.output, names, types,
                                               columns, wanmi_map_crs(r->map), host, &r->writer, &error);
    free(types);
    free(names);
    return status == WANMI_OK ? -1 : cli_fail(&error);
}

static int run_map(run *r, const wanmi_host *host)
{
    wanmi_io_reader *reader = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    int code = cli_instant("locate", r->map, r->stream.at, &r->instant_us);
    if (code >= 0)
        return code;
    r->layers = wanmi_map_layer_count(r->map);
    r->cell_layer = wanmi_map_cell_layer(r->map);
    /* Compiling pays for itself after some thousand positions, not for one. */
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    /* A chart of BD-09 takes longer than PROJ for many a file. */
    options.charts = 1u << (r->stream.datum != WANMI_DATUM_BD09 ? r->stream.datum : WANMI_DATUM_MAP);
    options.exact_only = r->stream.engine == WANMI_ENGINE_EXACT || r->stream.point.given;
    if (cli_open_index(r->stream.map_path, r->map, &options, &r->index, &error) != WANMI_OK)
        return cli_fail(&error);
    if (!r->stream.point.given &&
        wanmi_io_reader_open(r->stream.path, r->stream.format, &r->stream.columns,
                             wanmi_map_zone(r->map), host, &reader, &error) != WANMI_OK)
        return cli_fail(&error);
    code = cli_rejects_open(&r->rejects, &r->stream, host);
    if (code < 0)
        code = open_writer(r, host);
    if (code < 0)
        code = run_pool(r, reader);
    wanmi_io_reader_close(reader);
    if (r->writer != NULL && wanmi_io_writer_close(r->writer, &error) != WANMI_OK && code == CLI_DONE)
        code = cli_fail(&error);
    code = cli_rejects_close(&r->rejects, code);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

static void drop(run *r)
{
    free(r->values);
    free(r->joined);
    wanmi_index_release(r->index);
    wanmi_map_release(r->map);
}

int cli_locate(int argc, char **argv)
{
    run r = {0};
    cli_option options[CLI_STREAM_OPTIONS];
    const char *operands[2];
    size_t count = 0;
    cli_stream_init(&r.stream, "locate");
    size_t option_count = cli_stream_options(&r.stream, options);
    options[option_count++] = (cli_option){"point", '\0', "LON LAT", "one position in place of a file",
                                           CLI_PLACE, &r.stream.point};
    const cli_command command = {
        "locate", "MAP [FILE]",
        "Positions in, areas out: one row an input row, with its id, one column a layer (codes,\n"
        "joined by ';' in overlays), status (inside, snapped, outside, rejected) and distance_m.\n"
        "FILE is CSV with a header, or JSON objects or GeoJSON points, one a line; '-' or nothing\n"
        "is standard input.",
        "wanmi locate district.gpkg positions.csv --jobs 2 -o answers.csv",
        options, option_count, 1, 2};
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code < 0)
        code = cli_stream_check(&r.stream, operands, count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    uint64_t left_out = 0;      /* of rows that play no part in locating */
    code = cli_open_map(r.stream.map_path, CLI_TO_LOCATE, &host, &r.map, &left_out);
    if (code < 0)
        code = run_map(&r, &host);
    drop(&r);
    return code;
}
