/* A search's kernel for x86-64-v2. */
#include "kernel_scalar.h"

const wm_kernel wm_kernel_v2 = {search, answer};
