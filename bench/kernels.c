/* See kernels.h. */
#include "kernels.h"

#include "support.h"

void bench_kernels_open(bench_kernels *kernels, wanmi_map *map)
{
    wanmi_error error;
    *kernels = (bench_kernels){.count = 1, .names = {"auto"}};
    bench_must(wanmi_index_create(map, NULL, &kernels->indexes[0], &error), &error);
}

void bench_kernels_close(bench_kernels *kernels)
{
    for (size_t i = 0; i < kernels->count; i++)
        wanmi_index_release(kernels->indexes[i]);
}
