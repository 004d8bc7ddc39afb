/* What the tests of index images share: see images.h. */
#include "images.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { POINTS = 700 };

/* ---- files ------------------------------------------------------------------------------ */

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

test_bytes test_read_file(const char *path)
{
    test_bytes bytes = {NULL, 0};
    FILE *file = fopen(path, "rb");
    must(file != NULL && fseek(file, 0, SEEK_END) == 0, path);
    bytes.size = (size_t)ftell(file);
    rewind(file);
    bytes.at = malloc(bytes.size + 1);
    must(bytes.at != NULL && fread(bytes.at, 1, bytes.size, file) == bytes.size, path);
    fclose(file);
    return bytes;
}

void test_write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    must(file != NULL && (size == 0 || fwrite(bytes, 1, size, file) == size) && fclose(file) == 0, path);
}

uint32_t test_image_u32(const uint8_t *image, size_t place)
{
    uint32_t value;
    memcpy(&value, image + place, sizeof value);
    return value;
}

uint64_t test_image_u64(const uint8_t *image, size_t place)
{
    uint64_t value;
    memcpy(&value, image + place, sizeof value);
    return value;
}

size_t test_image_top(const uint8_t *image)
{
    return TEST_IMAGE_ROWS + (size_t)test_image_u32(image, TEST_IMAGE_COUNT) * TEST_IMAGE_ROW;
}

void test_image_seal(test_bytes image)
{
    memset(image.at + TEST_IMAGE_CHECKSUM, 0, sizeof(uint64_t));
    uint64_t checksum = XXH3_64bits(image.at, test_image_top(image.at));
    memcpy(image.at + TEST_IMAGE_CHECKSUM, &checksum, sizeof checksum);
}

/* ---- answers ---------------------------------------------------------------------------- */

typedef struct columns {
    double x[POINTS], y[POINTS], distance[POINTS];
    int64_t when[POINTS];
    uint32_t cell[POINTS], tuple[POINTS];
    uint8_t where[POINTS], reason[POINTS];
} columns;

static void draw_point(test_random *random, const wanmi_map *map, const double *extent, double *x, double *y)
{
    static const double beside[] = {0, 1e-9, 1e-6, 1e-3, 1, 50};
    double off = beside[test_below(random, 6)];
    wanmi_area_rings rings = {0};
    uint32_t areas = wanmi_map_area_count(map);
    if (test_below(random, 3) == 0 || areas == 0 ||
        wanmi_map_area_rings(map, test_below(random, areas), &rings) != WANMI_OK) {
        *x = test_uniform(random, extent[0] - 100, extent[2] + 100);
        *y = test_uniform(random, extent[1] - 100, extent[3] + 100);
        return;
    }
    uint32_t edges = rings.points[rings.ring_count] - rings.points[0] - 1;
    const double *a = rings.xy + 2 * ((size_t)rings.points[0] + test_below(random, edges));
    double along = test_below(random, 2) == 0 ? 0 : test_uniform(random, 0, 1);
    *x = a[0] + along * (a[2] - a[0]) + test_uniform(random, -off, off);
    *y = a[1] + along * (a[3] - a[1]) + test_uniform(random, -off, off);
}

static void draw_points(const wanmi_map *map, uint64_t seed, columns *c)
{
    static const int64_t instants[] = {0, 1750000000000000, 1900000000000000};
    double extent[4] = {INFINITY, INFINITY, -INFINITY, -INFINITY};
    test_random random = {seed};
    for (uint32_t i = 0; i < wanmi_map_area_count(map); i++) {
        wanmi_area_info info;
        wanmi_map_area(map, i, &info);
        extent[0] = fmin(extent[0], info.min_x), extent[1] = fmin(extent[1], info.min_y);
        extent[2] = fmax(extent[2], info.max_x), extent[3] = fmax(extent[3], info.max_y);
    }
    for (int i = 0; i < POINTS; i++) {
        draw_point(&random, map, extent, &c->x[i], &c->y[i]);
        c->when[i] = instants[test_below(&random, 3)];
    }
}

static uint64_t mix(uint64_t hash, const void *bytes, size_t size)
{
    return XXH3_64bits_withSeed(bytes, size, hash);
}

static uint64_t mix_areas(uint64_t hash, const wanmi_locator *l, uint32_t layers, const columns *c)
{
    for (int i = 0; i < POINTS; i++)
        for (uint32_t layer = 0; layer < layers && c->where[i] != WANMI_REJECTED; layer++) {
            const uint32_t *areas = NULL;
            size_t count = 0;
            must(wanmi_locator_areas(l, c->tuple[i], layer, &areas, &count) == WANMI_OK, "a tuple without areas");
            hash = mix(mix(hash, &count, sizeof count), areas, count * sizeof *areas);
        }
    return hash;
}

static uint64_t ask(wanmi_locator *l, wanmi_datum datum, columns *c, uint64_t hash, wanmi_status *status)
{
    wanmi_positions in;
    wanmi_hits out;
    wanmi_positions_init(&in);
    wanmi_hits_init(&out);
    in.count = POINTS, in.x = c->x, in.y = c->y, in.time_us = c->when, in.datum = datum, in.now_us = 0;
    out.cell = c->cell, out.tuple = c->tuple, out.where = c->where, out.reason = c->reason;
    out.distance_m = c->distance;
    *status = wanmi_locate(l, &in, &out, NULL);
    if (*status != WANMI_OK)
        return hash;
    for (int i = 0; i < POINTS; i++)
        c->distance[i] = isnan(c->distance[i]) ? -1 : c->distance[i];
    hash = mix(mix(hash, c->cell, sizeof c->cell), c->where, sizeof c->where);
    hash = mix(mix(hash, c->reason, sizeof c->reason), c->distance, sizeof c->distance);
    return mix_areas(hash, l, wanmi_map_layer_count(wanmi_index_map(wanmi_locator_index(l))), c);
}

uint64_t test_answers(wanmi_index *index, wanmi_engine engine, uint64_t seed, wanmi_status *status)
{
    wanmi_map *map = wanmi_index_map(index);
    wanmi_locator *locator = NULL;
    wanmi_transform *transform = NULL;
    columns *c = malloc(sizeof *c);
    uint64_t hash = 0;
    must(c != NULL, "no memory");
    *status = wanmi_locator_create(index, engine, &locator, NULL);
    if (*status == WANMI_OK) {
        draw_points(map, seed, c);
        hash = ask(locator, WANMI_DATUM_MAP, c, 0, status);
    }
    if (*status == WANMI_OK)
        *status = wanmi_transform_create(wanmi_map_crs(map), &transform, NULL);
    if (*status == WANMI_OK)
        *status = wanmi_transform_inverse(transform, WANMI_DATUM_WGS84, POINTS, c->x, 0, c->y, 0, c->x, c->y,
                                          c->reason, NULL);
    if (*status == WANMI_OK)
        hash = ask(locator, WANMI_DATUM_WGS84, c, hash, status);
    wanmi_transform_free(transform);
    wanmi_locator_free(locator);
    free(c);
    return hash;
}
