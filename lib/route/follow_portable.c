/* Programs run in plain C, for any processor; and which code a router runs. */
#include "base/processor.h"
#include "follow.h"

size_t wm_follow_portable(wm_work *work, const wm_batch *batch)
{
    return wm_follow_batch(work, batch);
}

wm_follow_fn wm_follow_of(wanmi_kernel *kernel)
{
    wanmi_kernel carried = wm_processor_kernel(*kernel);
    if (carried != WANMI_KERNEL_AUTO)
        *kernel = carried;
    switch (carried) {
    case WANMI_KERNEL_AUTO: return NULL;
#if defined __x86_64__
    case WANMI_KERNEL_X86_64_V3: return wm_follow_v3;
    case WANMI_KERNEL_X86_64_V4: return wm_follow_v4;
#endif
    default: return wm_follow_portable;
    }
}
