/* A search's kernel for any processor. */
#include "kernel_scalar.h"

const wm_kernel wm_kernel_portable = {search, answer};
