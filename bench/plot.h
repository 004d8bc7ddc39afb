/* A picture of a run: bars of nanoseconds a point, on a logarithmic scale. */
#ifndef BENCH_PLOT_H
#define BENCH_PLOT_H

#include <jansson.h>

/* Draws the rows of one question as SVG, one panel a workload and set of points.
 * Gives 0, or 2 with a message where the file cannot be written. */
int bench_plot(const json_t *rows, const char *title, const char *path);

#endif
