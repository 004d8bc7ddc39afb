/* wanmi bench: the harness of bench/, from the command. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "flow.h"
#include "locate.h"
#include "overload.h"
#include "routing.h"
#include "rows.h"
#include "workload.h"

enum { NOT_GIVEN = -1 };

typedef struct bench {
    bench_locate_options locate;
    const char *workloads;          /* W1,W2 */
    const char *map_path, *points_path, *datum_name;
    wanmi_io_columns columns;
    long points, rounds, seed, verify, adversarial, jobs;
    long events, seconds, producers, rate;
    bool no_s2, chaos, quick, overload, sick;
    char *names;                    /* the workloads' names, cut apart */
    cli_progress progress;
} bench;

/* ---- workloads ------------------------------------------------------------------------- */

static int add_workload(bench *b, const char *name)
{
    if (!bench_is_workload(name))
        return cli_usage("bench", "there is no workload '%s': W1, W2, W3 or W4", name);
    if (b->locate.workload_count == BENCH_WORKLOADS_MAX)
        return cli_usage("bench", "at most %d workloads", BENCH_WORKLOADS_MAX);
    b->locate.workloads[b->locate.workload_count++] = name;
    return -1;
}

/* --workload W1,W2 and what stands behind the bench's name: W3 W4. */
static int add_workloads(bench *b, const char **more, size_t count)
{
    char *rest = NULL;
    int code = -1;
    if (b->workloads != NULL) {
        b->names = cli_memory(NULL, strlen(b->workloads) + 1, 1);
        strcpy(b->names, b->workloads);
        for (char *name = strtok_r(b->names, ",", &rest); name != NULL && code < 0;
             name = strtok_r(NULL, ",", &rest))
            code = add_workload(b, name);
    }
    for (size_t i = 0; i < count && code < 0; i++)
        code = add_workload(b, more[i]);
    return code;
}

/* ---- a map and points from files ---------------------------------------------------------- */

static void keep_rows(bench_points *points, size_t *room, const wanmi_io_row *rows, size_t count)
{
    if (*room < points->count + count) {
        *room = 2 * (points->count + count);
        points->x = cli_memory(points->x, *room, sizeof(double));
        points->y = cli_memory(points->y, *room, sizeof(double));
    }
    for (size_t i = 0; i < count; i++) {
        points->x[points->count] = rows[i].lon;
        points->y[points->count++] = rows[i].lat;
    }
}

/* Rows that cannot be read are named and left out. */
static wanmi_status read_rows(wanmi_io_reader *reader, bench_points *points, wanmi_error *error)
{
    enum { AT_ONCE = 1024 };
    wanmi_io_row rows[AT_ONCE];
    size_t count = 0, room = 0;
    wanmi_status status = WANMI_OK;
    while ((status == WANMI_OK || status == WANMI_AGAIN) && !cli_stopping()) {
        status = wanmi_io_reader_read(reader, rows, AT_ONCE, &count, error);
        if (status == WANMI_OK || status == WANMI_AGAIN || status == WANMI_E_IO_ROW)
            keep_rows(points, &room, rows, count);
        if (status == WANMI_E_IO_ROW) {
            cli_say("%s", error->message);
            status = WANMI_OK;
        }
    }
    return status == WANMI_END ? WANMI_OK : status;
}

static int read_points(bench *b, const wanmi_host *host)
{
    bench_points *points = &b->locate.given;
    wanmi_io_reader *reader = NULL;
    wanmi_error error;
    points->set = BENCH_FROM_FILE;
    if (wanmi_datum_parse(b->datum_name, &points->datum, NULL) != WANMI_OK)
        return cli_usage("bench", "--datum: '%s' is not wgs84, cgcs2000, gcj02, bd09 or map", b->datum_name);
    if (points->datum == WANMI_DATUM_GCJ02 || points->datum == WANMI_DATUM_BD09)
        return cli_usage("bench", "--datum: %s has no place here: PROJ, the other side, does not know it",
                         b->datum_name);
    wanmi_status status = wanmi_io_reader_open(b->points_path, WANMI_IO_AUTO, &b->columns,
                                               wanmi_map_zone(b->locate.map), host, &reader, &error);
    if (status == WANMI_OK)
        status = read_rows(reader, points, &error);
    wanmi_io_reader_close(reader);
    if (status != WANMI_OK)
        return cli_fail(&error);
    if (points->count == 0 && !cli_stopping())
        return cli_usage("bench", "%s: no points", b->points_path);
    return -1;
}

static int read_files(bench *b, const wanmi_host *host)
{
    if (b->map_path == NULL)
        return b->points_path == NULL ? -1 : cli_usage("bench", "--points wants --map");
    if (b->locate.workload_count > 0)
        return cli_usage("bench", "takes --map or workloads, not both");
    b->locate.map_name = b->map_path;
    uint64_t left_out = 0;
    int code = cli_open_map(b->map_path, CLI_TO_LOCATE, host, &b->locate.map, &left_out);
    return code < 0 && b->points_path != NULL ? read_points(b, host) : code;
}

/* ---- the run --------------------------------------------------------------------------------- */

static int on_step(void *user, const char *what)
{
    return cli_progress_say(user, what);
}

static int run_locate(bench *b, const char **more, size_t count)
{
    wanmi_host host = cli_host();
    if (b->points < 1 || b->rounds < 1 || b->rounds > BENCH_ROUNDS_LIMIT)
        return cli_usage("bench", "--points-count: from 1; --rounds: from 1 to %d", BENCH_ROUNDS_LIMIT);
    if (b->verify < 0 || b->adversarial < 0 || b->jobs < 1 || b->jobs > CLI_JOBS_MAX)
        return cli_usage("bench", "--verify, --adversarial: from 0; --jobs: from 1 to %d", CLI_JOBS_MAX);
    if (b->verify > 0 && b->locate.plot_path != NULL)
        return cli_usage("bench", "--verify has no times for --plot");
    b->locate.verify = (uint64_t)b->verify;
    b->locate.adversarial = (uint64_t)b->adversarial;
    b->locate.threads = (unsigned)b->jobs;
    b->locate.points = (size_t)b->points;
    b->locate.rounds = (unsigned)b->rounds;
    b->locate.seed = (uint64_t)b->seed;
    b->locate.peers = !b->no_s2;
    b->locate.on_step = on_step;
    b->locate.step_user = &b->progress;
    int code = add_workloads(b, more, count);
    if (code < 0)
        code = read_files(b, &host);
    if (code < 0) {
        cli_progress_start(&b->progress, "bench", "");
        code = bench_locate(&b->locate);
        cli_progress_end(&b->progress);
    }
    free(b->locate.given.x);
    free(b->locate.given.y);
    free(b->names);
    wanmi_map_release(b->locate.map);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

static int run_route(bench *b, size_t more)
{
    if (more > 0)
        return cli_usage("bench", "route makes its own city: it takes no workload");
    if (b->points < 1 || b->rounds < 1 || b->rounds > BENCH_ROUNDS_LIMIT)
        return cli_usage("bench", "--points-count: from 1; --rounds: from 1 to %d", BENCH_ROUNDS_LIMIT);
    bench_route_options options;
    bench_route_options_init(&options);
    options.events = (size_t)b->points;
    options.rounds = (unsigned)b->rounds;
    options.seed = (uint64_t)b->seed;
    options.processor_time = b->locate.processor_time;
    options.json_path = b->locate.json_path;
    return bench_route(&options);
}

static bool stop_asked(void)
{
    return cli_stopping();
}

/* Sinks that get more than they can take, or are sick. */
static int run_strained(const bench *b)
{
    bench_strain_options options;
    bench_strain_options_init(&options);
    if (b->overload && b->sick)
        return cli_usage("bench", "--overload or --sick, not both");
    if (b->seconds < 0 || b->rate < 0 || b->rate > 1000000000)
        return cli_usage("bench", "--seconds, --rate: from 0");
    if (b->rate != 0 && b->overload)
        return cli_usage("bench", "--overload finds its rates itself: it takes no --rate");
    options.rounds = (unsigned)b->rounds;
    options.seconds = b->seconds != 0 ? (double)b->seconds : options.seconds;
    options.rate = b->rate != 0 ? (double)b->rate : options.rate;
    options.json_path = b->locate.json_path;
    options.stopping = stop_asked;
    int code = b->overload ? bench_overload(&options) : bench_sick(&options);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

static int run_dispatch(bench *b, size_t more, bool given)
{
    if (more > 0)
        return cli_usage("bench", "dispatch makes its own records: it takes no workload");
    if (b->points < 1 || b->rounds < 1 || b->rounds > BENCH_ROUNDS_LIMIT)
        return cli_usage("bench", "--points-count: from 1; --rounds: from 1 to %d", BENCH_ROUNDS_LIMIT);
    if (b->overload || b->sick)
        return run_strained(b);
    if (b->seconds != 0 || b->rate != 0)
        return cli_usage("bench", "--seconds, --rate go with --overload or --sick");
    bench_dispatch_options options;
    bench_dispatch_options_init(&options);
    options.rounds = (unsigned)b->rounds;
    options.records = given ? (size_t)b->points : 0;
    options.processor_time = b->locate.processor_time;
    options.json_path = b->locate.json_path;
    options.on_step = on_step;
    options.step_user = &b->progress;
    cli_progress_start(&b->progress, "bench", "");
    int code = bench_dispatch(&options);
    cli_progress_end(&b->progress);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

static int run_chaos(const bench *b)
{
    bench_chaos_options options;
    bench_chaos_options_init(&options);
    if (b->events < 0 || b->seconds < 0 || b->rate < 0 || b->producers < 1 || b->producers > 16)
        return cli_usage("bench", "--events, --seconds, --rate: from 0; --producers: from 1 to 16");
    if (b->events != 0 || b->seconds != 0) {
        options.events = (uint64_t)b->events;
        options.seconds = (double)b->seconds;
    }
    options.producers = (unsigned)b->producers;
    options.rate = (double)b->rate;
    options.seed = (uint64_t)b->seed;
    options.json_path = b->locate.json_path;
    options.stopping = stop_asked;
    return bench_chaos(&options);
}

static int run_flow(bench *b, const char **more, size_t count)
{
    if (b->chaos)
        return count == 0 ? run_chaos(b) : cli_usage("bench", "flow --chaos takes no workload");
    if (b->points < 1 || b->rounds < 1 || b->rounds > BENCH_ROUNDS_LIMIT)
        return cli_usage("bench", "--points-count: from 1; --rounds: from 1 to %d", BENCH_ROUNDS_LIMIT);
    if (b->events != 0 || b->seconds != 0)
        return cli_usage("bench", "--events, --seconds go with --chaos");
    int code = add_workloads(b, more, count);
    if (code >= 0)
        return code;
    if (b->locate.workload_count > 1)
        return cli_usage("bench", "flow takes one workload");
    bench_flow_options options;
    bench_flow_options_init(&options);
    if (b->locate.workload_count == 1)
        options.workload = b->locate.workloads[0];
    options.events = (size_t)b->points;
    options.rounds = (unsigned)b->rounds;
    options.seed = (uint64_t)b->seed;
    options.quick = b->quick;
    options.json_path = b->locate.json_path;
    options.stopping = stop_asked;
    code = bench_flow(&options);
    free(b->names);
    return cli_stopping() && code < CLI_UNUSABLE ? cli_stop_code() : code;
}

/* Before minutes are spent on what cannot be written then. */
static int check_target(const char *path)
{
    if (path == NULL)
        return -1;
    FILE *there = fopen(path, "rb"), *file = fopen(path, "ab");
    int why = errno;
    if (file != NULL)
        fclose(file);
    if (there == NULL && file != NULL)
        remove(path);
    if (there != NULL)
        fclose(there);
    return file != NULL ? -1 : cli_usage("bench", "%s: cannot be written: %s", path, strerror(why));
}

static int run_named(bench *b, const char **operands, size_t count)
{
    int code = check_target(b->locate.json_path);
    if (code < 0)
        code = check_target(b->locate.plot_path);
    if (code >= 0)
        return code;
    static const char *const names[] = {"locate", "route", "dispatch", "flow", NULL};
    if ((b->overload || b->sick) && strcmp(operands[0], "dispatch") != 0)
        return cli_usage("bench", "--overload, --sick go with dispatch");
    bool given = b->points != NOT_GIVEN;
    b->points = given ? b->points : BENCH_POINTS;
    if (strcmp(operands[0], "locate") == 0)
        return run_locate(b, operands + 1, count - 1);
    if (strcmp(operands[0], "route") == 0)
        return run_route(b, count - 1);
    if (strcmp(operands[0], "dispatch") == 0)
        return run_dispatch(b, count - 1, given);
    if (strcmp(operands[0], "flow") == 0)
        return run_flow(b, operands + 1, count - 1);
    const char *nearest = cli_nearest(operands[0], names);
    if (nearest != NULL)
        return cli_usage("bench", "there is no bench '%s' (did you mean %s?)", operands[0], nearest);
    return cli_usage("bench", "there is no bench '%s': locate, route, dispatch or flow", operands[0]);
}

int cli_bench(int argc, char **argv)
{
    bench b = {.datum_name = "wgs84", .points = NOT_GIVEN, .rounds = BENCH_ROUNDS, .seed = 42, .jobs = 1,
               .producers = 3};
    const char *operands[1 + BENCH_WORKLOADS_MAX];
    size_t count = 0;
    bench_locate_options_init(&b.locate);
    wanmi_io_columns_init(&b.columns);
    const cli_option options[] = {
        {"workload", '\0', "W1,W2", "maps of bench/workload.c (default W1,W2,W3,W4)", CLI_TEXT, &b.workloads},
        {"map", '\0', "MAP", "a map in their place", CLI_TEXT, &b.map_path},
        {"points", '\0', "FILE", "positions for the map: CSV or JSON lines (default seeded sets)", CLI_TEXT,
         &b.points_path},
        {"lon", '\0', "COLUMN", "column of the longitude, or x (default lon)", CLI_TEXT, &b.columns.lon},
        {"lat", '\0', "COLUMN", "column of the latitude, or y (default lat)", CLI_TEXT, &b.columns.lat},
        {"datum", '\0', "DATUM", "of those positions: wgs84, cgcs2000 or map (default wgs84)", CLI_TEXT,
         &b.datum_name},
        {"points-count", '\0', "N", "points of a seeded set, events of route and flow (default 1000000), records of dispatch",
         CLI_WHOLE, &b.points},
        {"rounds", '\0', "N", "rounds, of which the median counts (default 5)", CLI_WHOLE, &b.rounds},
        {"verify", '\0', "N", "compares and does not time: N uniform points of each map, N / 20 of other sets",
         CLI_WHOLE, &b.verify},
        {"adversarial", '\0', "N", "of these, as many adversarial ones, as degrees and as x, y", CLI_WHOLE,
         &b.adversarial},
        {"jobs", 'j', "N", "threads that compare (default 1; timing has one)", CLI_WHOLE, &b.jobs},
        {"seed", '\0', "N", "of the seeded sets (default 42)", CLI_WHOLE, &b.seed},
        {"cpu", '\0', NULL, "processor time of the thread, where the machine is busy with other things",
         CLI_FLAG, &b.locate.processor_time},
        {"postgis", '\0', "CONNINFO", "asks a PostGIS server too, such as 'host=/tmp dbname=postgres'", CLI_TEXT,
         &b.locate.postgis},
        {"no-s2", '\0', NULL, "leaves S2 out", CLI_FLAG, &b.no_s2},
        {"quick", '\0', NULL, "flow: one producer, one sink, batches of 256 alone", CLI_FLAG, &b.quick},
        {"chaos", '\0', NULL, "flow: sick sinks, swaps of maps, producers that come and go; matches ids at the end",
         CLI_FLAG, &b.chaos},
        {"overload", '\0', NULL, "dispatch: a sink that is offered 1, 2 and 10 times what it can take", CLI_FLAG,
         &b.overload},
        {"sick", '\0', NULL, "dispatch: three sinks, one of which hangs, fails, or is killed", CLI_FLAG, &b.sick},
        {"seconds", '\0', "N", "of chaos (default 20, or till --events); of each load of overload and sick (default 1)",
         CLI_WHOLE, &b.seconds},
        {"events", '\0', "N", "of chaos: ends when so many are submitted", CLI_WHOLE, &b.events},
        {"rate", '\0', "N", "of chaos: events a second (default as fast as it goes); of sick (default 200000)",
         CLI_WHOLE, &b.rate},
        {"producers", '\0', "N", "of chaos (default 3)", CLI_WHOLE, &b.producers},
        {"json", '\0', "FILE", "the figures as JSON", CLI_TEXT, &b.locate.json_path},
        {"plot", '\0', "FILE", "a picture of them, SVG", CLI_TEXT, &b.locate.plot_path},
    };
    const cli_command command = {
        "bench", "NAME [W1|W2|W3|W4 ...]",
        "Measures on this machine, all sides on the same input in one run. NAME is locate (both engines\n"
        "beside PROJ and GEOS), route (events with known places to deliveries, the rules as they are compiled\n"
        "beside one after the other), dispatch (records through ring and sinks) or flow (the whole way, beside\n"
        "the plain loop that locates, routes and calls).",
        "wanmi bench locate --workload W1 --json locate.json", options, CLI_COUNT(options), 1,
        1 + BENCH_WORKLOADS_MAX};
    int code = cli_parse(&command, argc, argv, operands, &count);
    return code >= 0 ? code : run_named(&b, operands, count);
}
