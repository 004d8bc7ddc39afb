/* Fuzz target: a stream of positions and events as CSV. */
#include "stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return read_stream(data, size, WANMI_IO_CSV);
}
