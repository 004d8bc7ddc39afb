/* wanmi index: compiles a map once and keeps the result beside it. */
#include <stdio.h>
#include <stdlib.h>

#include "options.h"
#include "common.h"

static int print_file(const char *image, const wanmi_index *index, const char *words)
{
    char text[32];
    printf("%s: %s bytes%s\n", image, cli_count(wanmi_index_image_bytes(index), text), words);
    return cli_stdout_done();
}

/* Opened again, as locate and route will. */
static int open_made(const char *image, wanmi_map *map, bool check)
{
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_error error;
    wanmi_index_options_init(&options);
    options.verify_image = check;
    wanmi_status status = wanmi_index_open(map, image, &options, &index, &error);
    if (status == WANMI_E_LOCATE_IMAGE) {
        cli_fail(&error);
        return CLI_REJECTED;
    }
    if (status != WANMI_OK)
        return cli_fail(&error);
    int code = print_file(image, index, check ? ", fits the map, its checksums hold" : "");
    wanmi_index_release(index);
    return code;
}

static int make(const char *image, wanmi_map *map)
{
    wanmi_index *index = NULL;
    wanmi_index_options options;
    wanmi_error error;
    cli_progress progress;
    wanmi_index_options_init(&options);
    options.on_progress = cli_progress_step;
    options.progress_user = &progress;
    cli_progress_start(&progress, "making the index", "steps");
    wanmi_status status = wanmi_index_create(map, &options, &index, &error);
    cli_progress_end(&progress);
    if (status == WANMI_OK)
        status = wanmi_index_save(index, image, &error);
    wanmi_index_release(index);
    return status == WANMI_OK ? open_made(image, map, false) : cli_fail(&error);
}

int cli_index(int argc, char **argv)
{
    bool check = false;
    const cli_option options[] = {
        {"check", '\0', NULL, "makes nothing; tells whether the image fits and is whole", CLI_FLAG, &check}};
    const cli_command command = {
        "index", "MAP",
        "Compiles the index that locate and route use, and keeps it beside the map as MAP.wmi,\n"
        "from where they open it at once. An image of another map or of another state of this\n"
        "one is never used; it can be thrown away at any time.",
        "wanmi index district.gpkg", options, CLI_COUNT(options), 1, 1};
    const char *operands[1];
    size_t count = 0;
    int code = cli_parse(&command, argc, argv, operands, &count);
    if (code >= 0)
        return code;
    wanmi_host host = cli_host();
    wanmi_map *map = NULL;
    uint64_t left_out = 0;
    char *image = cli_image_path(operands[0]);
    code = cli_open_map(operands[0], CLI_TO_LOCATE, &host, &map, &left_out);
    if (code < 0)
        code = check ? open_made(image, map, true) : make(image, map);
    free(image);
    wanmi_map_release(map);
    return code;
}
