/* See kernels.h. */
#include "kernels.h"

#include "support.h"

static const char *const names[] = {"auto", "portable", "x86-64-v2", "x86-64-v3", "x86-64-v4"};

static wanmi_locator *session(wanmi_index *index)
{
    wanmi_error error;
    wanmi_locator *locator = NULL;
    bench_must(wanmi_locator_create(index, WANMI_ENGINE_FAST, &locator, &error), &error);
    return locator;
}

void bench_kernels_open(bench_kernels *kernels, wanmi_index *index)
{
    wanmi_locator *best = session(index);
    wanmi_kernel automatic = wanmi_locator_kernel(best);
    *kernels = (bench_kernels){.count = 1, .locators = {best}, .names = {names[automatic]}};
    for (int kernel = WANMI_KERNEL_X86_64_V4; kernel >= WANMI_KERNEL_PORTABLE; kernel--) {
        if (kernel == (int)automatic)
            continue;
        wanmi_locator *locator = session(index);
        if (wanmi_locator_use_kernel(locator, (wanmi_kernel)kernel, NULL) == WANMI_OK) {
            kernels->names[kernels->count] = names[kernel];
            kernels->locators[kernels->count++] = locator;
        } else {
            wanmi_locator_free(locator);    /* not of this processor */
        }
    }
}

void bench_kernels_close(bench_kernels *kernels)
{
    for (size_t i = 0; i < kernels->count; i++)
        wanmi_locator_free(kernels->locators[i]);
}
