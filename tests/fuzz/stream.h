/* What a stream of rows must hold, whatever its bytes; included by its targets. */
#ifndef FUZZ_STREAM_H
#define FUZZ_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wanmi/io.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every text must be readable to its end, and every row counted once. */
static void read_all(wanmi_io_reader *reader)
{
    wanmi_io_row rows[16];
    uint64_t row = 0;
    wanmi_error error;
    for (;;) {
        size_t count = 0;
        wanmi_status status = wanmi_io_reader_read(reader, rows, 16, &count, &error);
        for (size_t i = 0; i < count; i++) {
            if (rows[i].row != ++row || rows[i].severity < 0 || rows[i].severity > 255)
                abort();
            if (strlen(rows[i].id) + strlen(rows[i].class_text) + strlen(rows[i].source) > (1 << 20))
                abort();
        }
        if (status == WANMI_END)
            return;
        if (status == WANMI_E_IO_ROW && rows[count].row != ++row)
            abort();
        if (status < 0 && status != WANMI_E_IO_ROW)
            abort();
    }
}

static int read_stream(const uint8_t *data, size_t size, wanmi_io_format format)
{
    wanmi_io_reader *reader = NULL;
    wanmi_status status = wanmi_io_reader_open_memory((const char *)data, size, "fuzz", format, NULL, NULL,
                                                      NULL, &reader, NULL);
    if (status == WANMI_OK)
        read_all(reader);
    else if (status != WANMI_E_IO_FORMAT && status != WANMI_E_IO_COLUMN)
        abort();
    wanmi_io_reader_close(reader);
    return 0;
}

#endif
