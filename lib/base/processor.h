/* What this processor carries. Internal to the library. */
#ifndef WM_PROCESSOR_H
#define WM_PROCESSOR_H

#include <stdbool.h>

#include "wanmi/types.h"

/* The kernel itself, or for WANMI_KERNEL_AUTO the best; WANMI_KERNEL_AUTO where
 * the processor or the build does not carry it, or there is no such number. */
wanmi_kernel wm_processor_kernel(wanmi_kernel wanted);

#endif
