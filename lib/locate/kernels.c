/* Which kernel a session's search runs. */
#include "base/processor.h"
#include "kernel.h"

/* The wide kernels count tiles in 32 bits. */
static bool is_small(const wm_compiled *compiled)
{
    return compiled == NULL || compiled->tiles_size / sizeof *compiled->tiles < UINT32_MAX;
}

bool wm_blocks_in_order(const wm_compiled *c)
{
    size_t count = (size_t)c->block_columns * c->block_rows, in_order = 0;
    for (size_t i = 0; i < count; i++)
        in_order += c->blocks[i] == i;
    return in_order == count;
}

const wm_kernel *wm_kernel_of(const wm_compiled *compiled, wanmi_kernel *kernel)
{
    if (*kernel == WANMI_KERNEL_AUTO && !is_small(compiled))
        *kernel = WANMI_KERNEL_PORTABLE;
    wanmi_kernel carried = wm_processor_kernel(*kernel);
    if (carried > WANMI_KERNEL_PORTABLE && !is_small(compiled))
        return NULL;
    if (carried != WANMI_KERNEL_AUTO)
        *kernel = carried;
    switch (carried) {
    case WANMI_KERNEL_PORTABLE: return &wm_kernel_portable;
#if defined __x86_64__
    case WANMI_KERNEL_X86_64_V2: return &wm_kernel_v2;
    case WANMI_KERNEL_X86_64_V3: return &wm_kernel_v3;
    case WANMI_KERNEL_X86_64_V4: return &wm_kernel_v4;
#endif
    default: return NULL;
    }
}
