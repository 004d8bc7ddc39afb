/* 01-locate: which cell and which community a position lies in.
 * usage: 01-locate MAP LON LAT        (degrees, WGS 84) */
#include <stdio.h>
#include <stdlib.h>
#include <wanmi/io.h>
#include <wanmi/wanmi.h>

static int fail(const wanmi_error *error)
{
    fprintf(stderr, "01-locate: %s\n", error->message);
    return 2;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: 01-locate MAP LON LAT\n");
        return 2;
    }
    wanmi_error error;
    wanmi_map *map = NULL;
    wanmi_index *index = NULL;
    wanmi_locator *locator = NULL;
    wanmi_io_report report;
    wanmi_io_report_init(&report);
    if (wanmi_io_map_read(argv[1], &report, NULL, &map, &error) != WANMI_OK ||
        wanmi_index_create(map, NULL, &index, &error) != WANMI_OK ||
        wanmi_locator_create(index, WANMI_ENGINE_FAST, &locator, &error) != WANMI_OK)
        return fail(&error);

    uint32_t cell = WANMI_NONE;
    wanmi_where where = WANMI_REJECTED;
    if (wanmi_locate_one(locator, WANMI_DATUM_WGS84, strtod(argv[2], NULL), strtod(argv[3], NULL),
                         WANMI_TIME_NONE, &cell, &where, &error) != WANMI_OK)
        return fail(&error);
    if (cell == WANMI_NONE)
        puts("in no cell");
    else
        printf("cell %s, parent %s\n", wanmi_map_area_code(map, cell),
               wanmi_map_area_code(map, wanmi_map_area_parent(map, cell, WANMI_TIME_NONE)));
    wanmi_locator_free(locator);
    wanmi_index_release(index);
    wanmi_map_release(map);
    return 0;
}
