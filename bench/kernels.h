/* The fast engine with each kernel that this processor and build carry, one
 * session each, the automatic one first.
 */
#ifndef BENCH_KERNELS_H
#define BENCH_KERNELS_H

#include <stddef.h>

#include "wanmi/wanmi.h"

enum { BENCH_KERNELS_MAX = 4 };

typedef struct bench_kernels {
    size_t count;
    wanmi_locator *locators[BENCH_KERNELS_MAX];
    const char *names[BENCH_KERNELS_MAX];
} bench_kernels;

void bench_kernels_open(bench_kernels *kernels, wanmi_index *index);
void bench_kernels_close(bench_kernels *kernels);

#endif
