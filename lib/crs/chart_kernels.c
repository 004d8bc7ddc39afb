/* Which kernel this processor carries. */
#include "chart.h"

#if defined __x86_64__

/* The features of a level that its compiled code uses; the compiler's own test
 * of a level also asks the operating system for the wide registers. */
static bool carries(wanmi_kernel kernel)
{
    switch (kernel) {
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
        return kernel == WANMI_KERNEL_PORTABLE;
    }
}

static const wm_chart_code *code_of(wanmi_kernel kernel)
{
    switch (kernel) {
    case WANMI_KERNEL_X86_64_V2: return &wm_chart_v2;
    case WANMI_KERNEL_X86_64_V3: return &wm_chart_v3;
    case WANMI_KERNEL_X86_64_V4: return &wm_chart_v4;
    default: return &wm_chart_portable;
    }
}

#else

static bool carries(wanmi_kernel kernel)
{
    return kernel == WANMI_KERNEL_PORTABLE;
}

static const wm_chart_code *code_of(wanmi_kernel kernel)
{
    (void)kernel;
    return &wm_chart_portable;
}

#endif

const wm_chart_code *wm_chart_code_of(wanmi_kernel *kernel)
{
    if (*kernel == WANMI_KERNEL_AUTO) {
        *kernel = WANMI_KERNEL_X86_64_V4;
        while (!carries(*kernel))
            *kernel = (wanmi_kernel)(*kernel - 1);
    }
    return carries(*kernel) ? code_of(*kernel) : NULL;
}
