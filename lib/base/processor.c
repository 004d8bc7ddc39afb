/* What this processor carries: see processor.h. */
#include "processor.h"

#if defined __x86_64__

/* The features of a level that its compiled code uses; the compiler's own test
 * of a level also asks the operating system for the wide registers. */
static bool carries(wanmi_kernel kernel)
{
    switch (kernel) {
    case WANMI_KERNEL_PORTABLE:
        return true;
    case WANMI_KERNEL_X86_64_V2:
        return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    case WANMI_KERNEL_X86_64_V3:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
               __builtin_cpu_supports("bmi2");
    case WANMI_KERNEL_X86_64_V4:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
               __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512vl") && carries(WANMI_KERNEL_X86_64_V3);
    default:
        return false;
    }
}

#else

static bool carries(wanmi_kernel kernel)
{
    return kernel == WANMI_KERNEL_PORTABLE;
}

#endif

wanmi_kernel wm_processor_kernel(wanmi_kernel wanted)
{
    if (wanted != WANMI_KERNEL_AUTO)
        return carries(wanted) ? wanted : WANMI_KERNEL_AUTO;
    wanmi_kernel best = WANMI_KERNEL_X86_64_V4;
    while (!carries(best))
        best = (wanmi_kernel)(best - 1);
    return best;
}
