/* Fuzz target: any bytes as WKB, which the builder takes or refuses with words,
 * in memory that the input is worth. */
#include <stdio.h>
#include <stdlib.h>

#include "support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s\n", what);
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    test_memory memory = {0};
    wanmi_host host = test_host(&memory);
    wanmi_map_builder *builder = NULL;
    must(wanmi_map_builder_create(&host, &builder, NULL) == WANMI_OK, "no builder");
    wanmi_area_def def;
    wanmi_area_def_init(&def);
    def.layer = "cell";
    def.code = "1";
    def.wkb = data;
    def.wkb_size = size;
    wanmi_error error;
    wanmi_error_clear(&error);
    wanmi_status checked = wanmi_map_builder_check_area(builder, &def, &error);
    must(checked == WANMI_OK || checked == WANMI_E_MAP_GEOMETRY, "neither taken nor refused");
    must(checked == WANMI_OK || error.message[0] != '\0', "refused without words");
    must(wanmi_map_builder_area(builder, &def, NULL) == checked, "checked and added differ");
    /* A count that the bytes do not bear out must not cost memory. */
    must(memory.held_bytes < (int64_t)(64 * size + 65536), "more memory than the input is worth");
    wanmi_map_builder_free(builder);
    must(memory.held_blocks == 0 && !memory.wrong_size, "memory is left");
    return 0;
}
