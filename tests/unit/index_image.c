/* Images of an index: the same answers, each refusal by its name, and files that
 * hold anything. (Long, because one small city serves them all.) */
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "images.h"
#include "shapes.h"

#define UUID "0a1b2c3d-0000-4000-8000-0123456789ab"

static const test_city small = {.seed = 5, .side = 5, .jitter_m = 20, .bends = 3, .drop = 0.1, .overlap = 0.1,
                                .hole = 0.1, .version = 0.2, .places = 12, .snap_m = 20, .uuid = UUID};
/* Squares that are always valid: no spans, hardly any trees. */
static const test_city plain = {.seed = 6, .side = 7, .places = 3, .uuid = UUID};

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static int turn;
    char *path = paths[turn++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", test_folder(), name);
    return path;
}

static wanmi_index *compiled(wanmi_map *map, bool exact_only)
{
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = exact_only;
    assert_int_equal(wanmi_index_create(map, &options, &index, NULL), WANMI_OK);
    return index;
}

/* The image of a city, at `path`. Gives the city. */
static wanmi_map *saved(const test_city *city, const char *path)
{
    wanmi_map *map = test_make_city(city, NULL);
    wanmi_index *index = compiled(map, false);
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_index_save(index, path, &error), WANMI_OK);
    assert_int_equal(error.status, WANMI_OK);
    wanmi_index_release(index);
    return map;
}

static uint64_t answers(wanmi_index *index, wanmi_engine engine, uint64_t seed)
{
    wanmi_status status;
    uint64_t all = test_answers(index, engine, seed, &status);
    assert_int_equal(status, WANMI_OK);
    return all;
}

static wanmi_index *opened(wanmi_map *map, const char *path, const wanmi_index_options *options)
{
    wanmi_index *index = NULL;
    wanmi_error error;
    wanmi_error_clear(&error);
    if (wanmi_index_open(map, path, options, &index, &error) != WANMI_OK)
        fail_msg("%s", error.message);
    return index;
}

/* Refused with this status, naming the file and saying these words; nothing is
 * given. */
static void refused_with(wanmi_map *map, const char *path, const wanmi_index_options *options,
                         wanmi_status status, const char *words)
{
    wanmi_index *index = (wanmi_index *)(void *)map;    /* a mark that must stay */
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status got = wanmi_index_open(map, path, options, &index, &error);
    if (got != status || strstr(error.message, words) == NULL)
        fail_msg("%s: '%s' and not '%s'", wanmi_status_name(got), error.message, words);
    assert_int_equal(error.status, status);
    assert_string_equal(error.file, path);
    assert_ptr_equal(strstr(error.message, path), error.message);
    assert_ptr_equal(index, map);
    assert_int_equal(wanmi_index_open(map, path, options, &index, NULL), status);
}

static void refused(wanmi_map *map, const char *path, const char *words)
{
    refused_with(map, path, NULL, WANMI_E_LOCATE_IMAGE, words);
}

/* ---- the same index --------------------------------------------------------------------- */

static void check_same(wanmi_map *map, wanmi_index *index, const char *path, const wanmi_index_options *options)
{
    wanmi_index *again = opened(map, path, options);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        assert_true(answers(again, WANMI_ENGINE_FAST, seed) == answers(index, WANMI_ENGINE_FAST, seed));
        assert_true(answers(again, WANMI_ENGINE_EXACT, seed) == answers(index, WANMI_ENGINE_EXACT, seed));
    }
    assert_ptr_equal(wanmi_index_map(again), map);
    bool copied = options != NULL && options->copy_image;
    struct stat there;
    assert_int_equal(stat(path, &there), 0);
    uint64_t mapped = wanmi_index_image_bytes(again), file = (uint64_t)there.st_size;
    assert_true(mapped == (copied ? 0 : file));
    assert_true(wanmi_index_bytes(again) > (copied ? file / 2 : 0));
    assert_true(copied || wanmi_index_bytes(again) < 100000);
    /* An opened index is saved as any other. */
    const char *second = path_of("second.wmi");
    assert_int_equal(wanmi_index_save(again, second, NULL), WANMI_OK);
    test_bytes one = test_read_file(path), two = test_read_file(second);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.at, two.at, one.size);
    free(one.at);
    free(two.at);
    unlink(second);
    wanmi_index_release(again);
}

static void opens_with_the_same_answers(void **state)
{
    (void)state;
    test_city cities[] = {small, plain, small};
    cities[2].snap_m = 0, cities[2].version = 0, cities[2].seed = 8;
    for (size_t i = 0; i < sizeof cities / sizeof cities[0]; i++) {
        const char *path = path_of("same.wmi");
        wanmi_map *map = saved(&cities[i], path);
        wanmi_index *index = compiled(map, false);
        assert_true(wanmi_index_image_bytes(index) == 0);
        wanmi_index_options options;
        wanmi_index_options_init(&options);
        check_same(map, index, path, NULL);
        options.verify_image = 1;
        check_same(map, index, path, &options);
        options.copy_image = 1;
        check_same(map, index, path, &options);
        wanmi_index_release(index);
        wanmi_map_release(map);
    }
}

static void exact_only(void **state)
{
    (void)state;
    const char *path = path_of("exact.wmi"), *whole = path_of("whole.wmi");
    wanmi_map *map = saved(&small, whole);
    wanmi_index *index = compiled(map, true);
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.exact_only = 1;
    assert_int_equal(wanmi_index_save(index, path, NULL), WANMI_OK);
    check_same(map, index, path, &options);
    refused(map, path, "only what the exact path needs");
    /* The exact path's part of a whole image. */
    wanmi_index *part = opened(map, whole, &options);
    assert_true(answers(part, WANMI_ENGINE_FAST, 3) == answers(index, WANMI_ENGINE_EXACT, 3));
    wanmi_index_release(part);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* Bytes of an index opened with these charts: more charts, more bytes. */
static uint64_t bytes_with(wanmi_map *map, const char *path, uint32_t charts, uint64_t expected)
{
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.charts = charts;
    wanmi_index *index = opened(map, path, &options);
    uint64_t bytes = wanmi_index_bytes(index);
    assert_true(answers(index, WANMI_ENGINE_FAST, 2) == expected);
    wanmi_index_release(index);
    return bytes;
}

static void charts_are_those_asked_for(void **state)
{
    (void)state;
    enum { WGS84 = 1 << WANMI_DATUM_WGS84, CGCS2000 = 1 << WANMI_DATUM_CGCS2000, GCJ02 = 1 << WANMI_DATUM_GCJ02,
           NONE = 1 << WANMI_DATUM_MAP };
    const char *path = path_of("usual.wmi"), *bare = path_of("bare.wmi");
    wanmi_map *map = saved(&plain, path);
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.charts = NONE;
    assert_int_equal(wanmi_index_create(map, &options, &index, NULL), WANMI_OK);
    assert_int_equal(wanmi_index_save(index, bare, NULL), WANMI_OK);
    uint64_t expected = answers(index, WANMI_ENGINE_FAST, 2);
    wanmi_index_release(index);
    uint64_t none = bytes_with(map, path, NONE, expected), wgs84 = bytes_with(map, path, WGS84, expected);
    uint64_t usual = bytes_with(map, path, 0, expected);
    assert_true(none < wgs84 && wgs84 <= usual);
    assert_true(bytes_with(map, path, CGCS2000, expected) == wgs84);
    assert_true(bytes_with(map, path, WGS84 | CGCS2000 | NONE, expected) == wgs84);
    assert_true(bytes_with(map, path, WGS84 | GCJ02, expected) == usual);
    /* The image of an index without charts: made when asked for. */
    assert_true(bytes_with(map, bare, 0, expected) < wgs84);
    assert_true(bytes_with(map, bare, CGCS2000, expected) > bytes_with(map, bare, NONE, expected));
    options.charts = 64;
    assert_int_equal(wanmi_index_open(map, path, &options, &index, NULL), WANMI_E_ARGUMENT);
    wanmi_map_release(map);
}

static void a_map_without_areas(void **state)
{
    (void)state;
    const char *path = path_of("empty.wmi");
    wanmi_map_builder *builder = NULL;
    assert_int_equal(test_open_builder(NULL, 0, &builder), WANMI_OK);
    test_add_layer(builder, "cell", WANMI_PARTITION, 0, "");
    wanmi_map *map = test_close_builder(builder);
    wanmi_index *index = compiled(map, false);
    assert_int_equal(wanmi_index_save(index, path, NULL), WANMI_OK);
    wanmi_index *again = opened(map, path, NULL);
    uint32_t cell;
    wanmi_where where;
    wanmi_locator *locator = NULL;
    assert_int_equal(wanmi_locator_create(again, WANMI_ENGINE_FAST, &locator, NULL), WANMI_OK);
    assert_int_equal(wanmi_locate_one(locator, WANMI_DATUM_MAP, 1, 2, 0, &cell, &where, NULL), WANMI_OK);
    assert_int_equal(where, WANMI_OUTSIDE);
    wanmi_locator_free(locator);
    wanmi_index_release(again);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

static void the_same_map_gives_the_same_bytes(void **state)
{
    (void)state;
    const char *one = path_of("one.wmi"), *two = path_of("two.wmi");
    wanmi_map *map = saved(&small, one), *again = saved(&small, two);
    test_bytes a = test_read_file(one), b = test_read_file(two);
    assert_int_equal(a.size, b.size);
    assert_memory_equal(a.at, b.at, a.size);
    wanmi_index_release(opened(map, two, NULL));
    free(a.at);
    free(b.at);
    wanmi_map_release(map);
    wanmi_map_release(again);
}

/* A file that is replaced or removed while it is mapped. */
static void what_is_mapped_stays(void **state)
{
    (void)state;
    const char *path = path_of("stays.wmi");
    wanmi_map *map = saved(&small, path);
    wanmi_index *index = opened(map, path, NULL);
    uint64_t before = answers(index, WANMI_ENGINE_FAST, 9);
    wanmi_map *other = saved(&plain, path);
    assert_true(answers(index, WANMI_ENGINE_FAST, 9) == before);
    unlink(path);
    assert_true(answers(index, WANMI_ENGINE_FAST, 9) == before);
    wanmi_index_release(index);
    wanmi_map_release(map);
    wanmi_map_release(other);
}

/* ---- of another map ------------------------------------------------------------------- */

static void refused_for(const test_city *city, const char *path, const char *words)
{
    wanmi_map *map = test_make_city(city, NULL);
    refused(map, path, words);
    wanmi_map_release(map);
}

static void of_another_map(void **state)
{
    (void)state;
    const char *path = path_of("mine.wmi");
    wanmi_map *map = saved(&small, path);
    test_city other = small;
    other.uuid = "0a1b2c3d-0000-4000-8000-0123456789ac";
    refused_for(&other, path, "it is of another map, " UUID ", and this one is 0a1b2c3d-0000-4000-8000-0123456789ac");
    other = small, other.generation = 2;
    refused_for(&other, path, "it is of generation 1 of this map, and this is generation 2");
    other = small, other.seed++;
    refused_for(&other, path, "another map of the same uuid and generation");
    other = small, other.snap_m = 21;
    refused_for(&other, path, "another map of the same uuid and generation");
    other = small, other.uuid = NULL;
    refused_for(&other, path, "it is of another map");
    wanmi_map_release(map);
}

/* Two cells in a street, with everything in hand that an index is made from. */
typedef struct pair {
    const char *crs, *code, *name, *parent;
    double corner;
    int64_t from_us;
    wanmi_layer_kind kind;
} pair;

static wanmi_map *make_pair(const pair *p)
{
    wanmi_map_builder *b = NULL;
    wanmi_map_meta meta;
    wanmi_map_meta_init(&meta);
    meta.uuid = UUID;
    meta.crs = p->crs;
    assert_int_equal(wanmi_map_builder_create(NULL, &b, NULL), WANMI_OK);
    assert_int_equal(wanmi_map_builder_meta(b, &meta, NULL), WANMI_OK);
    test_add_layer(b, "cell", WANMI_PARTITION, 0, "street");
    test_add_layer(b, "street", WANMI_PARTITION, 1, "");
    test_add_layer(b, "place", p->kind, 0, "");
    test_add_box(b, "street", "s", "", 500000, 4400000, 500200, 4400100);
    test_add_box(b, "street", "t", "", 500000, 4400000, 500200, 4400100);
    test_add_box(b, "cell", "a", p->parent, 500000, 4400000, 500100, 4400100);
    test_add_box(b, "cell", p->code, "s", 500100, 4400000, p->corner, 4400100);
    test_area area = {0};
    test_area_box(&area, false, 500050, 4400000, 500150, 4400100);
    test_add_area(b, "place", p->name, "", p->from_us, WANMI_TIME_NONE, &area);
    return test_close_builder(b);
}

static void what_an_index_is_made_from(void **state)
{
    (void)state;
    const char *path = path_of("pair.wmi"), *another = "another map of the same uuid and generation";
    const pair first = {"EPSG:4548", "b", "park", "s", 500200, WANMI_TIME_NONE, WANMI_OVERLAY};
    wanmi_map *map = make_pair(&first);
    wanmi_index *index = compiled(map, false);
    assert_int_equal(wanmi_index_save(index, path, NULL), WANMI_OK);
    pair others[6];
    for (int i = 0; i < 6; i++)
        others[i] = first;
    others[0].corner = nextafter(500200, 0);        /* one bit of one coordinate */
    others[1].from_us = 0;
    others[2].kind = WANMI_PARTITION;
    others[3].parent = "t";
    others[4].crs = "EPSG:4549";
    others[5].code = "A";                           /* before "a": other numbers */
    for (int i = 0; i < 6; i++) {
        wanmi_map *other = make_pair(&others[i]);
        refused(other, path, another);
        wanmi_map_release(other);
    }
    /* A code and a name that leave the order as it was: numbers are all an index has. */
    pair renamed = first;
    renamed.code = "c", renamed.name = "garden";
    wanmi_map *same = make_pair(&renamed);
    wanmi_index_release(opened(same, path, NULL));
    wanmi_map_release(same);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* ---- altered files -------------------------------------------------------------------- */

static void put_u32(test_bytes image, size_t place, uint32_t value)
{
    memcpy(image.at + place, &value, sizeof value);
}

static void refused_bytes(wanmi_map *map, test_bytes image, bool seal, const char *words)
{
    const char *path = path_of("altered.wmi");
    if (seal)
        test_image_seal(image);
    test_write_file(path, image.at, image.size);
    refused(map, path, words);
}

static void each_number_of_the_head(void **state)
{
    (void)state;
    const char *path = path_of("head.wmi");
    wanmi_map *map = saved(&small, path);
    test_bytes whole = test_read_file(path), image = {malloc(whole.size), whole.size};
#define FRESH memcpy(image.at, whole.at, whole.size)
    FRESH, image.at[TEST_IMAGE_MAGIC] ^= 0x80;
    refused_bytes(map, image, true, "it is no image of an index");
    FRESH, put_u32(image, TEST_IMAGE_ORDER, 0x04030201);
    refused_bytes(map, image, false, "a machine of the other byte order");
    FRESH, put_u32(image, TEST_IMAGE_ORDER, 0x04030202);
    refused_bytes(map, image, false, "its head is altered");
    FRESH, put_u32(image, TEST_IMAGE_FORMAT, test_image_u32(image.at, TEST_IMAGE_FORMAT) + 1);
    refused_bytes(map, image, true, "and this version of wanmi reads format");
    FRESH, image.at[TEST_IMAGE_VERSIONS + 6]++;
    refused_bytes(map, image, true, "it was made by wanmi ");
    FRESH, memset(image.at + TEST_IMAGE_VERSIONS, 0xFF, 164);
    refused_bytes(map, image, true, "it was made by ????");
    FRESH, image.at[TEST_IMAGE_UUID]++;
    refused_bytes(map, image, true, "it is of another map, 1a1b2c3d");
    FRESH, image.at[TEST_IMAGE_GENERATION] = 7;
    refused_bytes(map, image, true, "it is of generation 7 of this map");
    FRESH, image.at[TEST_IMAGE_FINGERPRINT]++;
    refused_bytes(map, image, true, "another map of the same uuid and generation");
    FRESH, image.at[TEST_IMAGE_CHECKSUM]++;
    refused_bytes(map, image, false, "its head is altered");
    FRESH, image.at[TEST_IMAGE_SIZE]++;
    refused_bytes(map, image, true, "it is truncated");
    FRESH, put_u32(image, TEST_IMAGE_COUNT, UINT32_MAX);
    refused_bytes(map, image, false, "its head is altered");
    FRESH, put_u32(image, TEST_IMAGE_COUNT, test_image_u32(image.at, TEST_IMAGE_COUNT) - 1);
    refused_bytes(map, image, true, "the index image is refused: ");
#undef FRESH
    free(image.at);
    free(whole.at);
    wanmi_map_release(map);
}

/* Every byte of the head and the rows: its checksum finds it. */
static void each_byte_of_the_head(void **state)
{
    (void)state;
    const char *path = path_of("byte.wmi");
    wanmi_map *map = saved(&plain, path);
    test_bytes image = test_read_file(path);
    size_t top = test_image_top(image.at);
    for (size_t i = 0; i < top; i++) {
        image.at[i] ^= (uint8_t)(1 + i % 255);
        test_write_file(path, image.at, image.size);
        refused(map, path, "the index image is refused: it");
        image.at[i] ^= (uint8_t)(1 + i % 255);
    }
    test_write_file(path, image.at, image.size);
    wanmi_index_release(opened(map, path, NULL));
    free(image.at);
    wanmi_map_release(map);
}

static void each_row(void **state)
{
    (void)state;
    const char *path = path_of("row.wmi");
    wanmi_map *map = saved(&small, path);
    test_bytes whole = test_read_file(path), image = {malloc(whole.size), whole.size};
    uint32_t rows = test_image_u32(whole.at, TEST_IMAGE_COUNT);
    static const uint64_t values[] = {0, 1, 63, 64, 1u << 31, UINT32_MAX, 1ull << 62, UINT64_MAX - 63, UINT64_MAX};
    for (uint32_t r = 0; r < rows; r++)
        for (size_t field = 0; field < TEST_IMAGE_ROW_CHECKSUM; field += 8)
            for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
                size_t place = TEST_IMAGE_ROWS + r * TEST_IMAGE_ROW + field;
                if (test_image_u64(whole.at, place) == values[v])
                    continue;
                memcpy(image.at, whole.at, whole.size);
                memcpy(image.at + place, &values[v], sizeof values[v]);
                test_image_seal(image);
                test_write_file(path, image.at, image.size);
                wanmi_index *index = NULL;
                wanmi_status status = wanmi_index_open(map, path, NULL, &index, NULL);
                assert_true(status == WANMI_E_LOCATE_IMAGE || status == WANMI_OK);
                if (status == WANMI_OK)
                    wanmi_index_release(index);
            }
    free(image.at);
    free(whole.at);
    wanmi_map_release(map);
}

static void truncated(void **state)
{
    (void)state;
    const char *path = path_of("cut.wmi");
    wanmi_map *map = saved(&small, path);
    test_bytes image = test_read_file(path);
    uint32_t rows = test_image_u32(image.at, TEST_IMAGE_COUNT);
    test_random random = {4};
    for (uint32_t i = 0; i < rows + 200; i++) {
        size_t size = i < rows ? test_image_u64(image.at, TEST_IMAGE_ROWS + i * TEST_IMAGE_ROW + TEST_IMAGE_ROW_PLACE)
                      : i % 2 == 0 ? test_below(&random, (uint32_t)test_image_top(image.at) + 1)
                                   : test_below(&random, (uint32_t)image.size);
        test_write_file(path, image.at, size);
        if (size < image.size)
            refused(map, path, "it is truncated");
    }
    test_write_file(path, image.at, image.size - 1);
    refused(map, path, "it is truncated");
    test_write_file(path, "", 0);
    refused(map, path, "it is truncated: 0 bytes are less than its head");
    uint8_t *longer = calloc(1, image.size + 64);
    memcpy(longer, image.at, image.size);
    test_write_file(path, longer, image.size + 64);
    refused(map, path, "it is longer than it was");
    free(longer);
    free(image.at);
    wanmi_map_release(map);
}

static bool in_table(test_bytes image, size_t place)
{
    for (uint32_t r = 0; r < test_image_u32(image.at, TEST_IMAGE_COUNT); r++) {
        const uint8_t *row = image.at + TEST_IMAGE_ROWS + r * TEST_IMAGE_ROW;
        uint64_t first = test_image_u64(row, TEST_IMAGE_ROW_PLACE);
        if (place >= first && place - first < test_image_u64(row, TEST_IMAGE_ROW_COUNT) * test_image_u32(row, 8))
            return true;
    }
    return false;
}

static void a_checksum_finds_each_altered_table(void **state)
{
    (void)state;
    const char *path = path_of("sum.wmi");
    wanmi_map *map = saved(&small, path);
    test_bytes image = test_read_file(path);
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    options.verify_image = 1;
    test_random random = {14};
    for (int i = 0; i < 300; i++) {
        size_t place = test_image_top(image.at) + test_below(&random, (uint32_t)(image.size - test_image_top(image.at)));
        if (!in_table(image, place))
            continue;
        uint8_t kept = image.at[place];
        image.at[place] ^= (uint8_t)(1u << test_below(&random, 8));
        test_write_file(path, image.at, image.size);
        options.copy_image = i % 2;
        refused_with(map, path, &options, WANMI_E_LOCATE_IMAGE, "is altered: its checksum is another");
        image.at[place] = kept;
    }
    free(image.at);
    wanmi_map_release(map);
}

/* Words of the tables set to anything, unverified: refused, or used without harm. */
static void any_words(const test_city *city, int rounds)
{
    const char *path = path_of("any.wmi");
    wanmi_map *map = saved(city, path);
    test_bytes whole = test_read_file(path), image = {malloc(whole.size), whole.size};
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    test_random random = {city->seed};
    uint32_t words = (uint32_t)((whole.size - test_image_top(whole.at)) / 4), used = 0;
    for (int i = 0; i < rounds; i++) {
        memcpy(image.at, whole.at, whole.size);
        for (uint32_t k = 0; k <= test_below(&random, 3); k++) {
            size_t place = test_image_top(whole.at) + 4 * (size_t)test_below(&random, words);
            uint32_t was = test_image_u32(whole.at, place);
            const uint32_t to[] = {was + 1, was - 1, was ^ 1u << test_below(&random, 32), (uint32_t)test_next(&random),
                                   UINT32_MAX, 0, was ^ 0x40000000, was + 0x10000, test_below(&random, 4096)};
            put_u32(image, place, to[test_below(&random, sizeof to / sizeof to[0])]);
        }
        test_write_file(path, image.at, image.size);
        options.copy_image = i % 2;     /* every table in a block of its own: a sanitizer sees its ends */
        wanmi_index *index = NULL;
        wanmi_error error;
        wanmi_status status = wanmi_index_open(map, path, &options, &index, &error);
        if (status != WANMI_OK) {
            assert_int_equal(status, WANMI_E_LOCATE_IMAGE);
            assert_null(index);
            continue;
        }
        used++;
        test_answers(index, WANMI_ENGINE_FAST, (uint64_t)i, &status);
        assert_int_equal(status, WANMI_OK);
        test_answers(index, WANMI_ENGINE_EXACT, (uint64_t)i, &status);
        assert_int_equal(status, WANMI_OK);
        wanmi_index_release(index);
    }
    print_message("%u of %d altered images were used\n", used, rounds);
    free(image.at);
    free(whole.at);
    wanmi_map_release(map);
}

static void any_words_in_its_tables(void **state)
{
    (void)state;
    test_city one = small;
    one.places = 40;
    any_words(&small, 500);
    any_words(&plain, 300);
    any_words(&one, 300);
}

/* ---- files that are none ---------------------------------------------------------------- */

static void no_such_file(void **state)
{
    (void)state;
    wanmi_map *map = test_make_city(&plain, NULL);
    const char *folder = path_of("folder"), *pipe = path_of("pipe");
    refused_with(map, path_of("none.wmi"), NULL, WANMI_E_LOCATE_NO_IMAGE, "there is no index image");
    refused_with(map, path_of("no/folder.wmi"), NULL, WANMI_E_LOCATE_NO_IMAGE, "there is no index image");
    assert_int_equal(mkdir(folder, 0777), 0);
    refused(map, folder, "it is no file");
    assert_int_equal(mkfifo(pipe, 0666), 0);
    refused(map, pipe, "it is no file");
    refused(map, "/dev/null", "it is no file");
    const char *other = path_of("other.txt");
    char text[4096];
    memset(text, 'x', sizeof text);
    test_write_file(other, text, sizeof text);
    refused(map, other, "it is no image of an index");
    if (getuid() != 0) {
        assert_int_equal(chmod(other, 0), 0);
        refused_with(map, other, NULL, WANMI_E_SYSTEM, "Permission denied");
    }
    wanmi_map_release(map);
}

static void arguments_are_checked(void **state)
{
    (void)state;
    const char *path = path_of("argument.wmi");
    wanmi_map *map = saved(&plain, path);
    wanmi_index *index = NULL, *fresh = compiled(map, false);
    wanmi_image_use use = (wanmi_image_use)9;
    wanmi_index_options options;
    wanmi_index_options_init(&options);
    assert_int_equal(wanmi_index_open(NULL, path, NULL, &index, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_open(map, NULL, NULL, &index, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_open(map, "", NULL, &index, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_open(map, path, NULL, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_load(map, path, NULL, NULL, &use, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_load(map, NULL, NULL, &index, &use, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_save(NULL, path, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_save(fresh, NULL, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_save(fresh, "", NULL), WANMI_E_ARGUMENT);
    options.struct_size = sizeof options + 1;
    assert_int_equal(wanmi_index_open(map, path, &options, &index, NULL), WANMI_E_ARGUMENT);
    assert_int_equal(wanmi_index_load(map, path, &options, &index, &use, NULL), WANMI_E_ARGUMENT);
    options.struct_size = offsetof(wanmi_index_options, copy_image);    /* an older caller's */
    options.copy_image = 1;
    assert_int_equal(wanmi_index_open(map, path, &options, &index, NULL), WANMI_OK);
    assert_true(wanmi_index_image_bytes(index) > 0);
    assert_int_equal(use, 9);
    wanmi_index_release(index);
    wanmi_index_release(fresh);
    wanmi_map_release(map);
}

/* ---- saving that fails ------------------------------------------------------------------- */

static void not_saved(const wanmi_index *index, const char *path, const char *words)
{
    wanmi_error error;
    wanmi_error_clear(&error);
    assert_int_equal(wanmi_index_save(index, path, &error), WANMI_E_SYSTEM);
    if (strstr(error.message, words) == NULL || strstr(error.message, path) != error.message)
        fail_msg("%s", error.message);
}

/* Files of the test's folder, to see that nothing is left over. */
static int files_there(void)
{
    char command[160];
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", test_folder());
    FILE *pipe = popen(command, "r");
    int count = -1;
    assert_true(pipe != NULL && fscanf(pipe, "%d", &count) == 1);
    pclose(pipe);
    return count;
}

static void where_nothing_can_be_written(void **state)
{
    (void)state;
    const char *folder = path_of("a_folder");
    wanmi_map *map = test_make_city(&plain, NULL);
    wanmi_index *index = compiled(map, false);
    assert_int_equal(mkdir(folder, 0777), 0);
    int before = files_there();
    not_saved(index, path_of("no/such/folder.wmi"), "no index image can be written there: No such file");
    not_saved(index, folder, "the index image cannot be replaced: Is a directory");
    not_saved(index, "/proc/image.wmi", "no index image can be written there");
    assert_int_equal(chmod(folder, 0555), 0);
    char inside[160];
    snprintf(inside, sizeof inside, "%s/image.wmi", folder);
    if (getuid() != 0)
        not_saved(index, inside, "no index image can be written there: Permission denied");
    assert_int_equal(files_there(), before);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* A full disk, at every step of the way; the image that was there stays. */
static void on_a_full_disk(void **state)
{
    (void)state;
    const char *path = path_of("full.wmi");
    wanmi_map *map = saved(&small, path);
    wanmi_index *index = compiled(map, false);
    test_bytes image = test_read_file(path);
    struct rlimit was, none;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    signal(SIGXFSZ, SIG_IGN);
    none = was;
    int before = files_there();
    for (size_t room = 0; room < image.size; room += image.size / 40 + 1) {
        none.rlim_cur = room;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
        not_saved(index, path, "the index image cannot be written: File too large");
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
        assert_int_equal(files_there(), before);
    }
    wanmi_index_release(opened(map, path, NULL));
    wanmi_index_release(index);
    free(image.at);
    wanmi_map_release(map);
}

static void links_and_permissions_stay(void **state)
{
    (void)state;
    const char *path = path_of("real.wmi"), *link = path_of("link.wmi");
    wanmi_map *map = saved(&plain, path);
    wanmi_index *index = compiled(map, false);
    struct stat there;
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(wanmi_index_save(index, link, NULL), WANMI_OK);
    assert_int_equal(lstat(link, &there), 0);
    assert_true(S_ISLNK(there.st_mode));
    assert_int_equal(stat(path, &there), 0);
    assert_int_equal(there.st_mode & 0777, 0640);
    wanmi_index_release(opened(map, link, NULL));
    wanmi_index_release(index);
    wanmi_map_release(map);
}

/* ---- loading ----------------------------------------------------------------------------- */

static void keep_message(void *user, wanmi_log_level level, const char *message)
{
    char *kept = user;
    assert_int_equal(level, WANMI_LOG_WARNING);
    assert_int_equal(kept[0], '\0');
    snprintf(kept, 1024, "%s", message);
}

static void loads(wanmi_map *map, const char *path, wanmi_image_use expected)
{
    wanmi_index *index = NULL;
    wanmi_image_use use = (wanmi_image_use)9;
    assert_int_equal(wanmi_index_load(map, path, NULL, &index, &use, NULL), WANMI_OK);
    assert_int_equal(use, expected);
    assert_true((wanmi_index_image_bytes(index) > 0) == (expected == WANMI_IMAGE_OPENED));
    answers(index, WANMI_ENGINE_FAST, 1);
    wanmi_index_release(index);
}

static void an_image_is_made_when_there_is_none(void **state)
{
    (void)state;
    static char said[1024];
    const char *path = path_of("load.wmi");
    wanmi_host host;
    wanmi_host_init(&host);
    host.log = (wanmi_log){said, keep_message};
    wanmi_map *map = test_make_city(&small, &host);
    test_city later = small;
    later.generation = 2;
    wanmi_map *next = test_make_city(&later, &host);
    loads(map, path, WANMI_IMAGE_SAVED);
    loads(map, path, WANMI_IMAGE_OPENED);
    assert_string_equal(said, "");
    loads(next, path, WANMI_IMAGE_SAVED);       /* and made anew where it is of another */
    assert_non_null(strstr(said, "it is of generation 1 of this map"));
    said[0] = '\0';
    loads(next, path, WANMI_IMAGE_OPENED);
    assert_string_equal(said, "");
    assert_int_equal(truncate(path, 1000), 0);
    loads(next, path, WANMI_IMAGE_SAVED);
    assert_non_null(strstr(said, "it is truncated"));
    said[0] = '\0';
    loads(next, path_of("no/load.wmi"), WANMI_IMAGE_UNSAVED);
    assert_non_null(strstr(said, "no index image can be written there"));
    said[0] = '\0';
    wanmi_index *index = NULL;
    assert_int_equal(wanmi_index_load(next, path, NULL, &index, NULL, NULL), WANMI_OK);
    wanmi_index_release(index);
    wanmi_map_release(map);
    wanmi_map_release(next);
}

/* ---- several at once ------------------------------------------------------------------------ */

typedef struct worker {
    pthread_t thread;
    wanmi_map *map;
    const char *path;
    uint64_t expected;
    int number;
    bool same;
} worker;

/* Loads, saves and removes one file while the others do. */
static void *load_often(void *user)
{
    worker *w = user;
    for (int i = 0; i < 12; i++) {
        wanmi_index *index = NULL;
        wanmi_status status;
        if (wanmi_index_load(w->map, w->path, NULL, &index, NULL, NULL) != WANMI_OK)
            return NULL;
        uint64_t all = test_answers(index, WANMI_ENGINE_FAST, 4, &status);
        bool saved_again = i % 3 != w->number || wanmi_index_save(index, w->path, NULL) == WANMI_OK;
        wanmi_index_release(index);
        if (all != w->expected || status != WANMI_OK || !saved_again)
            return NULL;
        if (i % 4 == w->number)
            unlink(w->path);
    }
    w->same = true;
    return NULL;
}

static void several_at_once(void **state)
{
    (void)state;
    enum { WORKERS = 3 };
    worker workers[WORKERS];
    const char *path = path_of("shared.wmi");
    wanmi_map *map = test_make_city(&small, NULL);
    wanmi_index *index = compiled(map, false);
    int before = files_there();
    for (int i = 0; i < WORKERS; i++) {
        workers[i] = (worker){.map = map, .path = path, .expected = answers(index, WANMI_ENGINE_FAST, 4), .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, load_often, &workers[i]), 0);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(workers[i].thread, NULL);
        assert_true(workers[i].same);
    }
    unlink(path);
    assert_int_equal(files_there(), before);
    wanmi_index_release(index);
    wanmi_map_release(map);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_with_the_same_answers),
        cmocka_unit_test(exact_only),
        cmocka_unit_test(charts_are_those_asked_for),
        cmocka_unit_test(a_map_without_areas),
        cmocka_unit_test(the_same_map_gives_the_same_bytes),
        cmocka_unit_test(what_is_mapped_stays),
        cmocka_unit_test(of_another_map),
        cmocka_unit_test(what_an_index_is_made_from),
        cmocka_unit_test(each_number_of_the_head),
        cmocka_unit_test(each_byte_of_the_head),
        cmocka_unit_test(each_row),
        cmocka_unit_test(truncated),
        cmocka_unit_test(a_checksum_finds_each_altered_table),
        cmocka_unit_test(any_words_in_its_tables),
        cmocka_unit_test(no_such_file),
        cmocka_unit_test(arguments_are_checked),
        cmocka_unit_test(where_nothing_can_be_written),
        cmocka_unit_test(on_a_full_disk),
        cmocka_unit_test(links_and_permissions_stay),
        cmocka_unit_test(an_image_is_made_when_there_is_none),
        cmocka_unit_test(several_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
