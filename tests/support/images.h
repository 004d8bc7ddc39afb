/* What the tests of index images share: files, the head's checksum, and all the
 * answers of an index in one number.
 */
#ifndef WM_TEST_IMAGES_H
#define WM_TEST_IMAGES_H

#include "support.h"

/* The first bytes of an image: docs/index-image.md. */
enum {
    TEST_IMAGE_MAGIC = 0,
    TEST_IMAGE_ORDER = 8,
    TEST_IMAGE_FORMAT = 12,
    TEST_IMAGE_CHECKSUM = 16,
    TEST_IMAGE_SIZE = 24,
    TEST_IMAGE_FINGERPRINT = 32,
    TEST_IMAGE_GENERATION = 40,
    TEST_IMAGE_UUID = 44,
    TEST_IMAGE_VERSIONS = 84,
    TEST_IMAGE_COUNT = 248,
    TEST_IMAGE_ROWS = 256,
    TEST_IMAGE_ROW = 40,            /* id, part, item size, 0, count, place, checksum */
    TEST_IMAGE_ROW_COUNT = 16,
    TEST_IMAGE_ROW_PLACE = 24,
    TEST_IMAGE_ROW_CHECKSUM = 32
};

typedef struct test_bytes {
    uint8_t *at;
    size_t size;
} test_bytes;

/* A whole file; free `at`. Ends the process where it cannot. */
test_bytes test_read_file(const char *path);
void test_write_file(const char *path, const void *bytes, size_t size);

uint32_t test_image_u32(const uint8_t *image, size_t place);
uint64_t test_image_u64(const uint8_t *image, size_t place);
/* Where the head with its rows ends. */
size_t test_image_top(const uint8_t *image);
/* Makes the head's checksum fit again. Only for a table_count that the file bears. */
void test_image_seal(test_bytes image);

/* One number for what an index answers to some hundred positions of all kinds, as
 * x, y and as degrees, at three instants: every column, and the areas of every
 * layer. `status` gets the first error, if any. */
uint64_t test_answers(wanmi_index *index, wanmi_engine engine, uint64_t seed, wanmi_status *status);

#endif
