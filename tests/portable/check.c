/* check FILE: asks what `write` asked on another machine, and compares bit by bit. It
 * needs nothing of the library but the portable kernels themselves. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crs/chart.h"
#include "file.h"

typedef struct reader {
    FILE *file;
    uint64_t compared, differ;
} reader;

static void *take(reader *r, size_t count, size_t size)
{
    void *items = calloc(count + 1, size);
    if (items == NULL || (count > 0 && fread(items, size, count, r->file) != count)) {
        fprintf(stderr, "check: the file is cut short\n");
        exit(2);
    }
    return items;
}

static void compare(reader *r, const char *what, const void *here, const void *there, size_t count,
                    size_t size)
{
    const char *a = here, *b = there;
    for (size_t i = 0; i < count; i++, a += size, b += size) {
        r->compared++;
        if (memcmp(a, b, size) == 0)
            continue;
        if (r->differ++ < 10)
            fprintf(stderr, "check: %s of position %zu differs\n", what, i);
    }
}

static void check_labels(reader *r, const portable_head *h)
{
    static wm_scratch scratch;
    size_t n = h->position_count, padded = (n + WM_BLOCK - 1) / WM_BLOCK * WM_BLOCK;
    uint32_t *blocks = take(r, (size_t)h->block_columns * h->block_rows, sizeof *blocks);
    uint32_t *tiles = take(r, h->tiles_size / sizeof *tiles, sizeof *tiles);
    uint32_t *trees = take(r, h->tree_count, sizeof *trees);
    double *xs = take(r, padded, sizeof *xs), *ys = take(r, padded, sizeof *ys);
    uint32_t *expected = take(r, n, sizeof *expected), *labels = calloc(padded, sizeof *labels);
    portable_stop *stopped = take(r, n, sizeof *stopped), *stops = calloc(n, sizeof *stops);
    wm_compiled c = portable_compiled(h, blocks, tiles, trees);
    portable_ask(&c, &scratch, xs, ys, n, labels, stops);
    compare(r, "the label", labels, expected, n, sizeof *labels);
    compare(r, "the stop", stops, stopped, n, sizeof *stops);
    void *all[] = {blocks, tiles, trees, xs, ys, expected, labels, stopped, stops};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void check_chart(reader *r, const portable_head *h)
{
    size_t n = h->position_count;
    double *box = take(r, h->box_size, sizeof *box);
    double *lon = take(r, n, sizeof *lon), *lat = take(r, n, sizeof *lat);
    double *xs = take(r, n, sizeof *xs), *ys = take(r, n, sizeof *ys);
    wm_chart_portable.evaluate(box, h->degree, n, lon, lat, lon, lat);
    compare(r, "the chart's x", lon, xs, n, sizeof *xs);
    compare(r, "the chart's y", lat, ys, n, sizeof *ys);
    void *all[] = {box, lon, lat, xs, ys};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

int main(int argc, char **argv)
{
    reader r = {argc == 2 ? fopen(argv[1], "rb") : NULL, 0, 0};
    portable_head head;
    if (r.file == NULL) {
        fprintf(stderr, "usage: check FILE\n");
        return 2;
    }
    while (fread(&head, sizeof head, 1, r.file) == 1) {
        if (head.magic != PORTABLE_MAGIC) {
            fprintf(stderr, "check: not a file of `write`\n");
            return 2;
        }
        check_labels(&r, &head);
        check_chart(&r, &head);
    }
    fclose(r.file);
    printf("%llu answers compared, %llu differ\n", (unsigned long long)r.compared,
           (unsigned long long)r.differ);
    return r.differ == 0 && r.compared > 0 ? 0 : 1;
}
