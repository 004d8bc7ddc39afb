/* Fuzz target: an index image that holds anything behind a head that fits.
 *
 * Input: edits of the image of an invented city, eight bytes each: where (a word of
 * the file, counted round it) and what. An edit of the head or the rows, or none at
 * all, leaves their checksum right. The image is opened from memory by the copying
 * way, so that every table is a block of its own and its ends are seen, and by the
 * mapping way, and used by both engines. It is refused, or it does no harm.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "images.h"
#include "maps.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EDIT = 8, EDITS_MAX = 64 };

static wanmi_map *map;
static test_bytes whole, image;
static int file;
static char path[64];

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

/* Stars over the city, so that there are trees and records; each third for a time,
 * so that there are sets and timelines. */
static void add_stars(wanmi_map_builder *builder, const test_city *city)
{
    enum { STARS = 9, TIPS = 7 };
    test_add_layer(builder, "star", WANMI_OVERLAY, 0, "");
    for (int star = 0; star < STARS; star++) {
        double xy[4 * TIPS + 2], x = city->x + 55.3 * star, y = city->y + 37.1 * star;
        char code[8];
        for (int i = 0; i <= 2 * TIPS; i++) {
            double angle = 3.14159265358979 / TIPS * (i % (2 * TIPS)), far = i % 2 == 0 ? 61 : 23;
            xy[2 * i] = x + far * cos(angle);
            xy[2 * i + 1] = y + far * sin(angle);
        }
        snprintf(code, sizeof code, "S%d", star);
        test_add_version(builder, "star", code, "", star % 3 == 0 ? 1700000000000000 : WANMI_TIME_NONE,
                         WANMI_TIME_NONE, test_wkb_ring(xy, 2 * TIPS + 1));
    }
}

/* Columns and rows that are no power of two, overlays, holes, snapping. */
static void make_image(void)
{
    test_city city;
    wanmi_index *index = NULL;
    test_city_init(&city);
    city.columns = 5, city.rows = 3, city.snap_m = 7, city.people = city.rules = false;
    wanmi_map_builder *builder = test_builder(NULL);
    test_city_fill(builder, &city);
    add_stars(builder, &city);
    map = test_build(builder);
    must(wanmi_index_create(map, NULL, &index, NULL) == WANMI_OK, "no index");
    snprintf(path, sizeof path, "%s/image.wmi", test_folder());
    must(wanmi_index_save(index, path, NULL) == WANMI_OK, "no image");
    wanmi_index_release(index);
    whole = test_read_file(path);
    image = (test_bytes){malloc(whole.size), whole.size};
    file = memfd_create("image", 0);
    must(image.at != NULL && file >= 0, "no memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
}

static void edit(const uint8_t *data, size_t size)
{
    memcpy(image.at, whole.at, whole.size);
    for (size_t i = 0; i + EDIT <= size && i < EDIT * EDITS_MAX; i += EDIT) {
        uint32_t place, word;
        memcpy(&place, data + i, sizeof place);
        memcpy(&word, data + i + 4, sizeof word);
        memcpy(image.at + place % (whole.size / 4) * 4, &word, sizeof word);
    }
    if (test_image_top(image.at) <= image.size)
        test_image_seal(image);
    must(pwrite(file, image.at, image.size, 0) == (ssize_t)image.size, "the image cannot be written");
}

static void use(bool copy)
{
    wanmi_index_options options;
    wanmi_index *index = NULL;
    wanmi_error error;
    wanmi_index_options_init(&options);
    options.copy_image = copy;
    wanmi_error_clear(&error);
    wanmi_status status = wanmi_index_open(map, path, &options, &index, &error);
    must(status == WANMI_OK || status == WANMI_E_LOCATE_IMAGE, "neither opened nor refused");
    must((status == WANMI_OK) == (index != NULL), "refused with an index, or opened without");
    must(status == WANMI_OK || error.message[0] != '\0', "refused without words");
    if (status != WANMI_OK)
        return;
    for (int engine = WANMI_ENGINE_FAST; engine <= WANMI_ENGINE_EXACT; engine++) {
        test_answers(index, (wanmi_engine)engine, 7, &status);
        must(status == WANMI_OK, "no answers");
    }
    wanmi_index_release(index);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (map == NULL)
        make_image();
    edit(data, size);
    use(true);
    use(false);
    return 0;
}
