/* One compiled index a kernel of this processor. */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include "wanmi/wanmi.h"

enum { BENCH_KERNELS_MAX = 5 };

typedef struct bench_kernels {
    size_t count;
    wanmi_index *indexes[BENCH_KERNELS_MAX];
    const char *names[BENCH_KERNELS_MAX];
} bench_kernels;

void bench_kernels_open(bench_kernels *kernels, wanmi_map *map);
void bench_kernels_close(bench_kernels *kernels);

#endif
