/* See results.h. */
#include "results.h"

#include <stdio.h>

#include "plot.h"
#include "support.h"

void bench_results_open(bench_results *results)
{
    bench_machine_read(&results->machine);
    results->maps = json_array();
    results->rows = json_array();
}

static double a_cell(const bench_weight *w, double amount)
{
    return w->cells > 0 ? amount / w->cells : 0;
}

void bench_results_map(bench_results *results, const bench_weight *w)
{
    double bytes = (double)(w->map_bytes + w->index_bytes);
    printf("\n%s: %u cells, %u areas; map made in %.2f s, index in %.1f ms, %.2f us a cell\n", w->workload,
           w->cells, w->areas, w->map_seconds, 1e3 * w->index_seconds, a_cell(w, 1e6 * w->index_seconds));
    printf("%s: bytes a cell: map %.0f + index %.0f = %.0f\n", w->workload,
           a_cell(w, (double)w->map_bytes), a_cell(w, (double)w->index_bytes), a_cell(w, bytes));
    json_array_append_new(results->maps,
        json_pack("{ss sI sI sI sI sf sf sf sf}", "workload", w->workload, "cells", (json_int_t)w->cells,
                  "areas", (json_int_t)w->areas, "map_bytes", (json_int_t)w->map_bytes, "index_bytes",
                  (json_int_t)w->index_bytes, "bytes_a_cell", a_cell(w, bytes), "map_s", w->map_seconds,
                  "build_ms", 1e3 * w->index_seconds, "build_us_a_cell",
                  a_cell(w, 1e6 * w->index_seconds)));
}

static void print_row(const bench_way *way, double ratio)
{
    printf("  %-13s %-10s %10.2f ns %9.1f M/s %9.2f", way->method, way->kernel, way->ns, 1e3 / way->ns, ratio);
    if (way->compared)
        printf("  %10zu of %zu\n", way->differences, way->checked);
    else
        printf("  %10s\n", "-");
}

static json_t *row_of(const char *workload, const bench_points *points, const bench_way *way, double ratio)
{
    json_t *differences = way->compared ? json_integer((json_int_t)way->differences) : json_null();
    return json_pack("{ss ss ss sI ss ss si sf sf so ss ss sI}", "bench", "locate", "workload", workload,
                     "points", bench_set_names[points->set], "count", (json_int_t)way->count, "method",
                     way->method, "kernel", way->kernel, "threads", 1, "median_ns", way->ns, "ratio", ratio,
                     "differences", differences, "asked", bench_asked_names[way->asked], "datum",
                     wanmi_datum_name(points->datum), "compared", (json_int_t)way->checked);
}

void bench_results_rows(bench_results *results, const char *workload, const bench_points *points,
                        const bench_way *ways, size_t count)
{
    printf("\n%s, %s points (%s), %s\n  %-13s %-10s %13s %13s %9s  %10s\n", workload,
           bench_set_names[points->set], wanmi_datum_name(points->datum), bench_asked_names[ways[0].asked],
           "method", "kernel", "a point", "rate", "ratio", "differences");
    for (size_t i = 0; i < count; i++) {
        double ratio = ways[0].ns / ways[i].ns;
        print_row(&ways[i], ratio);
        json_array_append_new(results->rows, row_of(workload, points, &ways[i], ratio));
    }
    fflush(stdout);
}

void bench_results_verified(bench_results *results, const char *workload, const char *points, wanmi_datum datum,
                            const bench_way *way, uint64_t checked, uint64_t differences)
{
    json_array_append_new(results->rows,
        json_pack("{ss ss ss sI ss ss si sn sn sI ss ss sI ss}", "bench", "locate", "workload", workload, "points",
                  points, "count", (json_int_t)checked, "method", way->method, "kernel", way->kernel, "threads", 1,
                  "median_ns", "ratio", "differences", (json_int_t)differences, "asked", "all layers", "datum",
                  wanmi_datum_name(datum), "compared", (json_int_t)checked, "reference", "oracle"));
}

static int draw(const bench_results *results, const char *path)
{
    char title[1024];
    const bench_machine *m = &results->machine;
    snprintf(title, sizeof title, "%s, %s, %s; %s; %s", m->processor, m->level, m->compiler, m->versions,
             m->date);
    return bench_plot(results->rows, title, path);
}

int bench_results_close(bench_results *results, const char *path, const char *plot_path)
{
    int code = plot_path != NULL ? draw(results, plot_path) : 0;
    json_t *all = json_pack("{so so so}", "machine", bench_machine_json(&results->machine), "maps",
                            results->maps, "results", results->rows);
    if (all == NULL)
        bench_die("no memory for the results");
    if (path != NULL && json_dump_file(all, path, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) != 0) {
        fprintf(stderr, "bench: %s cannot be written\n", path);
        code = 2;
    }
    json_decref(all);
    return code;
}
