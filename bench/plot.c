/* See plot.h. */
#include "plot.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 960, LEFT = 180, RIGHT = 130, BAR = 18, GAP = 44, TOP = 70, DECADES = 7 };
static const double LEAST_NS = 0.1;
static const char *const colours[] = {"#4e79a7", "#e15759", "#9c9c9c"};

static double place(double ns)
{
    double decades = log10(fmax(ns, LEAST_NS) / LEAST_NS);
    return LEFT + (WIDTH - LEFT - RIGHT) * fmin(decades / DECADES, 1);
}

static const char *text(const json_t *row, const char *key)
{
    const char *value = json_string_value(json_object_get(row, key));
    return value != NULL ? value : "";
}

static bool same_panel(const json_t *a, const json_t *b)
{
    return strcmp(text(a, "workload"), text(b, "workload")) == 0 &&
           strcmp(text(a, "points"), text(b, "points")) == 0 && strcmp(text(a, "datum"), text(b, "datum")) == 0;
}

/* Texts of a map's file may hold anything. */
static void put_text(FILE *file, const char *words)
{
    for (; *words != '\0'; words++) {
        switch (*words) {
        case '<': fputs("&lt;", file); break;
        case '>': fputs("&gt;", file); break;
        case '&': fputs("&amp;", file); break;
        default: fputc(*words, file);
        }
    }
}

static const char *colour_of(const char *method)
{
    if (strncmp(method, "floor", 5) == 0)
        return colours[2];
    return strcmp(method, "fast") == 0 || strcmp(method, "exact") == 0 || strcmp(method, "wanmi-one") == 0
               ? colours[1] : colours[0];
}

static void put_bar(FILE *file, const json_t *row, int y)
{
    const char *method = text(row, "method"), *kernel = text(row, "kernel");
    double ns = json_number_value(json_object_get(row, "median_ns"));
    double ratio = json_number_value(json_object_get(row, "ratio"));
    fprintf(file, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 8, y + BAR - 5);
    put_text(file, method);
    if (strcmp(kernel, "none") != 0 && strcmp(kernel, "") != 0) {
        fputc(' ', file);
        put_text(file, kernel);
    }
    fprintf(file, "</text><rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>", LEFT, y,
            place(ns) - LEFT, BAR - 4, colour_of(method));
    fprintf(file, "<text x=\"%.1f\" y=\"%d\">%.*f ns, %.*f×</text>\n", place(ns) + 5, y + BAR - 5,
            ns < 100 ? 1 : 0, ns, ratio < 10 ? 2 : 0, ratio);
}

static void put_scale(FILE *file, int from, int to)
{
    for (int decade = 0; decade <= DECADES; decade++) {
        double ns = LEAST_NS * pow(10, decade), x = place(ns);
        fprintf(file, "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ddd\"/>", x, from, x, to);
        fprintf(file, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#777\">%.10g ns</text>\n", x,
                from - 6, ns);
    }
}

static int height_of(const json_t *rows, const char *asked)
{
    const json_t *row, *last = NULL;
    size_t i;
    int height = TOP;
    json_array_foreach(rows, i, row) {
        if (strcmp(text(row, "asked"), asked) != 0)
            continue;
        height += (last == NULL || !same_panel(row, last) ? GAP : 0) + BAR;
        last = row;
    }
    return height + 30;
}

static void put_panels(FILE *file, const json_t *rows, const char *asked)
{
    const json_t *row, *last = NULL;
    size_t i;
    int y = TOP;
    json_array_foreach(rows, i, row) {
        if (strcmp(text(row, "asked"), asked) != 0)
            continue;
        if (last == NULL || !same_panel(row, last)) {
            y += GAP;
            fprintf(file, "<text x=\"16\" y=\"%d\" font-weight=\"bold\">", y - 8);
            put_text(file, text(row, "workload"));
            fprintf(file, ": %s points (%s)</text>\n", text(row, "points"), text(row, "datum"));
        }
        put_bar(file, row, y);
        y += BAR;
        last = row;
    }
}

int bench_plot(const json_t *rows, const char *title, const char *path)
{
    static const char *const asked = "all layers";
    int height = height_of(rows, asked);
    FILE *file = fopen(path, "w");
    if (file != NULL) {
        fprintf(file, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                      "font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%%\" height=\"100%%\" "
                      "fill=\"white\"/>\n<text x=\"16\" y=\"24\" font-size=\"15\">", WIDTH, height);
        put_text(file, "Locating, all layers: nanoseconds a point, and times the reference (proj+geos)");
        fputs("</text>\n<text x=\"16\" y=\"44\" fill=\"#555\">", file);
        put_text(file, title);
        fputs("</text>\n", file);
        put_scale(file, TOP + 8, height - 10);
        put_panels(file, rows, asked);
        fputs("</svg>\n", file);
    }
    if (file == NULL || ferror(file) | fclose(file)) {
        fprintf(stderr, "bench: %s cannot be written\n", path);
        return 2;
    }
    return 0;
}
