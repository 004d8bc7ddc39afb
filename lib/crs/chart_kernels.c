/* Which kernel a chart runs. */
#include "base/processor.h"
#include "chart.h"

const wm_chart_code *wm_chart_code_of(wanmi_kernel *kernel)
{
    wanmi_kernel carried = wm_processor_kernel(*kernel);
    if (carried != WANMI_KERNEL_AUTO)
        *kernel = carried;
    switch (carried) {
    case WANMI_KERNEL_PORTABLE: return &wm_chart_portable;
#if defined __x86_64__
    case WANMI_KERNEL_X86_64_V2: return &wm_chart_v2;
    case WANMI_KERNEL_X86_64_V3: return &wm_chart_v3;
    case WANMI_KERNEL_X86_64_V4: return &wm_chart_v4;
#endif
    default: return NULL;
    }
}
