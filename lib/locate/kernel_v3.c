/* A search's kernel for x86-64-v3. */
#include "kernel_scalar.h"

const wm_kernel wm_kernel_v3 = {search, answer};
